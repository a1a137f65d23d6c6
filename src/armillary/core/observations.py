"""Observations of one receiver: columns plus row offsets, one block per constellation.

A dense epoch x satellite x code cube is half empty on real files; a block per system is 90 % full, and one epoch is a slice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss

__all__ = ["ObservationBlock", "ObservationEvent", "ObservationHeader", "Observations"]


@dataclass(frozen=True, slots=True, eq=False)
class ObservationBlock:
    """All rows of one system. Row r belongs to epoch e when ``offsets[e] <= r < offsets[e + 1]``."""

    system: str
    """RINEX system letter."""
    codes: tuple[str, ...]
    """RINEX 3 observation codes, one per row of ``values``, such as C2I (code, m), L2I (phase, cycles), D2I (Doppler, Hz), S2I (dB-Hz)."""
    offsets: NDArray[np.int64]
    """int64[n_epochs + 1]."""
    sat: NDArray[np.int16]
    """int16[n_rows], packed satellites (:mod:`armillary.core.satellites`), ascending inside an epoch."""
    values: NDArray[np.float64]
    """float64[n_codes, n_rows], scale factors removed, NaN where missing (blank or .000 in the file)."""
    lli: NDArray[np.uint8]
    """uint8[n_codes, n_rows], loss-of-lock indicator, 0 where blank."""
    ssi: NDArray[np.uint8]
    """uint8[n_codes, n_rows], signal strength digit, 0 where blank."""

    def column(self, code: str) -> NDArray[np.float64]:
        """Values of one code, float64[n_rows]; KeyError names the codes there are."""
        try:
            return np.asarray(self.values[self.codes.index(code)])
        except ValueError:
            raise KeyError(f"{code} is not observed for system {self.system}; there are {' '.join(self.codes)}") from None


@dataclass(frozen=True, slots=True)
class ObservationEvent:
    """An event record (epoch flag 2 to 5): where it stands and the header lines it carried."""

    epoch_index: int
    """Index of the first observation epoch after the event."""
    flag: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObservationHeader:
    """What the header says; empty strings and NaN where it is silent."""

    version: float = 3.05
    marker: str = ""
    marker_number: str = ""
    marker_type: str = ""
    observer: str = ""
    agency: str = ""
    receiver_number: str = ""
    receiver: str = ""
    receiver_version: str = ""
    antenna_number: str = ""
    antenna: str = ""
    """Antenna type with radome, such as ``NOV750.R4      NONE``."""
    position_m: tuple[float, float, float] | None = None
    """Approximate marker position, Earth-fixed."""
    antenna_delta_hen_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Antenna reference point above the marker: height, east, north."""
    interval_s: float = float("nan")
    time_scale: str = "GPST"
    glonass_channels: Mapping[int, int] = field(default_factory=dict)
    """Slot number -> FDMA frequency number, from GLONASS SLOT / FRQ #."""
    glonass_code_phase_bias_m: Mapping[str, float] = field(default_factory=dict)
    """Code -> bias in metres, from GLONASS COD/PHS/BIS."""
    leap_seconds: int | None = None
    phase_shifts: tuple[str, ...] = ()
    scale_factors: tuple[str, ...] = ()
    program: str = ""
    run_by: str = ""
    date: str = ""
    comments: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    """Header lines kept as they stand because no field above holds them."""


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """One observation file (or several of one station, joined)."""

    header: ObservationHeader
    epochs: Epochs
    """n_epochs receiver time tags, ascending, converted from the header's time scale."""
    epoch_flags: NDArray[np.uint8]
    """uint8[n_epochs]: 0 as it should be, 1 power failure before this epoch."""
    clock_offset_s: NDArray[np.float64]
    """float64[n_epochs], receiver clock offset of the epoch line, NaN where blank."""
    blocks: Mapping[str, ObservationBlock]
    """System letter -> block, in the order of first appearance in the header."""
    events: tuple[ObservationEvent, ...] = ()
    losses: tuple[Loss, ...] = ()
    path: str = ""

    def between(self, begin_ns: int, end_ns: int) -> Observations:
        """The part from TAI nanosecond ``begin_ns`` up to, not including, ``end_ns``; itself where that is all of it. Losses stay."""
        first, last = (int(i) for i in np.searchsorted(self.epochs.tai_ns, (begin_ns, end_ns)))
        if last - first == len(self.epochs):
            return self
        return replace(
            self,
            epochs=Epochs(self.epochs.tai_ns[first:last]),
            epoch_flags=self.epoch_flags[first:last],
            clock_offset_s=self.clock_offset_s[first:last],
            blocks={letter: _part(block, first, last) for letter, block in self.blocks.items()},
            events=tuple(replace(e, epoch_index=e.epoch_index - first) for e in self.events if first <= e.epoch_index < last),
        )


def _part(block: ObservationBlock, first: int, last: int) -> ObservationBlock:
    """The rows of epochs ``first`` to ``last - 1``."""
    begin, end = int(block.offsets[first]), int(block.offsets[last])
    return replace(
        block,
        offsets=block.offsets[first : last + 1] - begin,
        sat=block.sat[begin:end],
        values=np.ascontiguousarray(block.values[:, begin:end]),
        lli=np.ascontiguousarray(block.lli[:, begin:end]),
        ssi=np.ascontiguousarray(block.ssi[:, begin:end]),
    )
