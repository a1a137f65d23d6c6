"""Tabulated orbits and clocks, as SP3 and RINEX clock files carry them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss
from armillary.errors import InputError

__all__ = ["PreciseClocks", "PreciseOrbits", "merge"]


@dataclass(frozen=True, slots=True, eq=False)
class PreciseOrbits:
    """Satellite positions and clocks at common epochs."""

    epochs: Epochs
    """n_epochs, ascending, without duplicates."""
    sat: NDArray[np.int16]
    """int16[n_sats], packed, ascending."""
    position_m: NDArray[np.float64]
    """float64[n_sats, n_epochs, 3], Earth-fixed, NaN where bad or absent (0 0 0 in the file)."""
    clock_s: NDArray[np.float64]
    """float64[n_sats, n_epochs], NaN where bad or absent (999999 in the file)."""
    velocity_m_s: NDArray[np.float64] | None
    clock_rate_s_s: NDArray[np.float64] | None
    flags: NDArray[np.uint8]
    """uint8[n_sats, n_epochs]: 1 clock event (E), 2 clock predicted (P), 4 manoeuvre (M), 8 orbit predicted (P)."""
    sigma_exponent: NDArray[np.int16] | None
    """int16[n_sats, n_epochs, 4] exponents of x, y, z and clock standard deviations; -1 where blank; None where the file has none."""
    time_scale: str
    frame: str
    """Coordinate system as the header says, such as IGS20."""
    interval_s: float
    version: str = "d"
    agency: str = ""
    orbit_type: str = ""
    data_used: str = ""
    file_type: str = ""
    accuracy_exponent: NDArray[np.int16] | None = None
    """int16[n_sats], header accuracy codes; 0 unknown."""
    base_position: float = 1.25
    base_clock: float = 1.025
    comments: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PreciseClocks:
    """Satellite (AS) and receiver (AR) clocks of a RINEX clock file."""

    epochs: Epochs
    """n_epochs, ascending, the union over all records."""
    sat: NDArray[np.int16]
    bias_s: NDArray[np.float64]
    """float64[n_sats, n_epochs], NaN where absent."""
    sigma_s: NDArray[np.float64]
    """float64[n_sats, n_epochs], NaN where absent."""
    receivers: tuple[str, ...]
    receiver_bias_s: NDArray[np.float64]
    """float64[n_receivers, n_epochs]."""
    time_scale: str
    interval_s: float
    version: float = 3.0
    receiver_sigma_s: NDArray[np.float64] | None = None
    """float64[n_receivers, n_epochs], NaN where absent."""
    skipped: tuple[tuple[str, int], ...] = ()
    """Records of other kinds (CR, DR, MS) and how many of each were read over."""
    agency: str = ""
    frame: str = ""
    antenna_model: str = ""
    """From SYS / PCVS APPLIED, such as IGS20_2238."""
    bias_source: str = ""
    wide_lane_cycles: Mapping[int, float] = field(default_factory=dict)
    """Packed satellite -> cycles to add to its wide lane (Melbourne-Wuebbena) to make it whole but for the receiver: integer-clock products."""
    comments: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    path: str = ""


Product = TypeVar("Product", PreciseOrbits, PreciseClocks)


def merge(parts: Sequence[Product]) -> Product:
    """One table of the union of satellites (and receivers) and epochs of several, such as the days around midnight.

    Where two parts hold a satellite at the same epoch, the later part in the list wins whole (its NaN too); header fields are those of the
    last part. A comment says when frames differ (a change of realisation moves positions by millimetres), or centres. Raises InputError for no part.
    """
    if not parts:
        raise InputError("nothing to merge: at least one product is needed")
    if len(parts) == 1:
        return parts[0]
    epochs = np.unique(np.concatenate([part.epochs.tai_ns for part in parts]))
    last = parts[-1]
    frames = list(dict.fromkeys(part.frame for part in parts if part.frame))
    agencies = list(dict.fromkeys(part.agency for part in parts if part.agency))
    notes: tuple[str, ...] = ()
    if len(frames) > 1:
        notes += (f"merged from parts in the frames {', '.join(frames)}; {last.frame} is named",)
    if len(agencies) > 1:
        notes += (f"merged from parts of {', '.join(agencies)}; {last.agency} is named",)
    joined = {
        "epochs": Epochs(epochs),
        "comments": tuple(dict.fromkeys(c for part in parts for c in part.comments)) + notes,
        "losses": tuple(loss for part in parts for loss in part.losses),
        "path": ", ".join(dict.fromkeys(part.path for part in parts if part.path)),
    }
    if isinstance(last, PreciseOrbits):
        return replace(last, **joined, **_merged_orbits(parts, epochs))  # type: ignore[arg-type]
    return replace(last, **joined, **_merged_clocks(parts, epochs))  # type: ignore[arg-type]


def _merged_orbits(parts: Sequence[PreciseOrbits], epochs: NDArray[np.int64]) -> dict[str, object]:
    sat = np.unique(np.concatenate([part.sat for part in parts]))
    shape = (len(sat), len(epochs))
    rows = [np.searchsorted(sat, part.sat) for part in parts]
    columns = [np.searchsorted(epochs, part.epochs.tai_ns) for part in parts]

    def table(get: Callable[[PreciseOrbits], NDArray[np.generic] | None], fill: float, dtype: type, tail: tuple[int, ...] = ()) -> object:
        found = [get(part) for part in parts]
        if all(array is None for array in found):
            return None
        out: NDArray[np.generic] = np.full((*shape, *tail), fill, dtype)
        for row, column, array in zip(rows, columns, found, strict=True):
            out[np.ix_(row, column)] = fill if array is None else array
        return out

    accuracy = np.zeros(len(sat), np.int16)
    for row, part in zip(rows, parts, strict=True):
        accuracy[row] = 0 if part.accuracy_exponent is None else part.accuracy_exponent
    return {
        "sat": sat,
        "position_m": table(lambda p: p.position_m, np.nan, np.float64, (3,)),
        "clock_s": table(lambda p: p.clock_s, np.nan, np.float64),
        "velocity_m_s": table(lambda p: p.velocity_m_s, np.nan, np.float64, (3,)),
        "clock_rate_s_s": table(lambda p: p.clock_rate_s_s, np.nan, np.float64),
        "flags": table(lambda p: p.flags, 0, np.uint8),
        "sigma_exponent": table(lambda p: p.sigma_exponent, -1, np.int16, (4,)),
        "accuracy_exponent": accuracy,
    }


def _merged_clocks(parts: Sequence[PreciseClocks], epochs: NDArray[np.int64]) -> dict[str, object]:
    sat = np.unique(np.concatenate([part.sat for part in parts]))
    receivers = sorted({name for part in parts for name in part.receivers})
    place = {name: i for i, name in enumerate(receivers)}
    bias, sigma = np.full((2, len(sat), len(epochs)), np.nan)
    receiver_bias, receiver_sigma = np.full((2, len(receivers), len(epochs)), np.nan)
    for part in parts:
        columns = np.searchsorted(epochs, part.epochs.tai_ns)
        cells = np.ix_(np.searchsorted(sat, part.sat), columns)
        bias[cells], sigma[cells] = part.bias_s, part.sigma_s
        cells = np.ix_(np.array([place[name] for name in part.receivers], np.int64), columns)
        receiver_bias[cells] = part.receiver_bias_s
        receiver_sigma[cells] = np.nan if part.receiver_sigma_s is None else part.receiver_sigma_s
    skipped: dict[str, int] = {}
    for part in parts:
        for kind, count in part.skipped:
            skipped[kind] = skipped.get(kind, 0) + count
    return {
        "sat": sat,
        "bias_s": bias,
        "sigma_s": sigma,
        "receivers": tuple(receivers),
        "receiver_bias_s": receiver_bias,
        "receiver_sigma_s": receiver_sigma,
        "skipped": tuple(sorted(skipped.items())),
    }
