"""From the centre of mass of a satellite to the antenna that its broadcast orbit speaks of.

Only the component towards the Earth (body z) is used, as a radial shift: in nominal attitude z points to the centre of the Earth, while x and y turn
with the Sun and average out in along-track and cross-track over a day (up to half a metre, mostly below 0.2 m).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from armillary.core.antennas import Antenna, AntennaSet
from armillary.core.constellation import Constellation
from armillary.core.epochs import Epochs

__all__ = ["RadialOffset", "orbit_bands", "radial_offsets"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RadialOffset:
    """How far below the centre of mass the antenna of a satellite stands."""

    offset_m: float
    source: str
    """Name of the file."""
    began_ns: int
    """Since when the calibration holds, TAI nanoseconds."""


def orbit_bands(constellation: Constellation, pair: tuple[str, str]) -> tuple[str, ...]:
    """Band digits whose phase centre the broadcast orbit refers to: one where the broadcast clock refers to one signal, else the pair of bands.

    An operator determines orbit and clock from the same signals. The clock refers to one signal where a message corrects it for all others.
    ``pair`` are the observation codes of the ionosphere-free combination.
    """
    rules = [rule for rule in constellation.group_delays if rule.kind == constellation.message_kinds[0]]
    own, corrected = {rule.code[1] for rule in rules if not rule.terms}, {rule.code[1] for rule in rules if rule.terms}
    return tuple(own) if len(own) == 1 and corrected else (pair[0][1], pair[1][1])


def radial_offsets(
    antennas: Sequence[AntennaSet], constellation: Constellation, pair: tuple[str, str], sats: Sequence[int], epoch: Epochs
) -> dict[int, RadialOffset]:
    """Offsets of the satellites (packed) that are known at ``epoch``; of several sets, the calibration that began last (of equals, the newer set's).

    A calibration that gives several bands one and the same offset holds an ionosphere-free mean: it does not say where the phase centre of a
    single band is, and is not used for a broadcast orbit that refers to one.
    """
    bands = orbit_bands(constellation, pair)
    found: dict[int, RadialOffset] = {}
    newest_first = sorted(antennas, key=lambda given: max((a.valid_from_ns for a in given.antennas if a.sat), default=0), reverse=True)
    for sat in sats:
        for given in newest_first:
            antenna = given.find_satellite(sat, epoch)
            offset = None if antenna is None else _offset(antenna, constellation, bands)
            if antenna is None or offset is None:
                continue
            if sat not in found or antenna.valid_from_ns > found[sat].began_ns:
                found[sat] = RadialOffset(offset, PurePath(given.path).name or "antenna set", antenna.valid_from_ns)
    return found


def _offset(antenna: Antenna, constellation: Constellation, bands: tuple[str, ...]) -> float | None:
    names = [f"{constellation.letter}{int(band):02d}" for band in bands]
    if any(name not in antenna.frequencies for name in names):
        return None
    along_z = [float(antenna.frequencies[name].offset_m[2]) for name in names]
    if len(bands) == 1:
        every = {float(center.offset_m[2]) for center in antenna.frequencies.values()}
        return None if len(antenna.frequencies) > 1 and len(every) == 1 else along_z[0]
    f1, f2 = (constellation.band(band).frequency_hz for band in bands)
    return (f1**2 * along_z[0] - f2**2 * along_z[1]) / (f1**2 - f2**2)
