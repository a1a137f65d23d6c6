"""Where in a receiver antenna each signal arrives, by the calibration of its type.

Calibrations are of a few frequencies, mostly L1 and L2 of GPS; a signal between or beside them takes what lies on the straight line in frequency
between the two nearest, and what lies beyond the outermost takes that of the outermost (a line would run away from it).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.antennas import Antenna, AntennaSet, PhaseCenter, RadomeWarning
from armillary.core.registry import by_letter
from armillary.errors import InputError
from armillary.navigation.precise_point.antenna_frames import frame_of, ranked, realisation

__all__ = ["ReceiverAntenna", "receiver_antenna", "receiver_terms"]

_kernels: Any = lazy_module("armillary.navigation.precise_point.receiver_kernels")

Floats = NDArray[np.float64]

_SAME_HZ = 1.5e6
"""Frequencies this near are the same for an antenna: channels of GLONASS lie within 7 MHz and get their own values from the line."""


@dataclass(frozen=True, slots=True, eq=False)
class ReceiverAntenna:
    """One calibrated antenna on a common grid."""

    name: str
    frequency_hz: Floats
    """float64[n_f], ascending; empty where the antenna is taken as a point."""
    offset_m: Floats
    """float64[n_f, 3]: north, east, up from the antenna reference point."""
    variation_m: Floats
    """float64[n_f, n_azimuth, n_zenith]: azimuths 0 to 360 deg (both), zenith angles 0 to 90 deg, every 5 deg each."""
    by_azimuth: bool
    """False where only the mean over azimuth is calibrated."""
    frame: str
    source: str
    notes: tuple[str, ...]


_AZIMUTHS = np.radians(np.arange(0.0, 361.0, 5.0))
_ZENITHS = np.radians(np.arange(0.0, 91.0, 5.0))


def receiver_antenna(
    name: str,
    sets: Sequence[AntennaSet],
    frame: str = "",
    *,
    serial: str = "",
    letters: str = "",
    missing: Literal["error", "zero"] = "error",
) -> ReceiverAntenna:
    """The calibration of an antenna named as in the header of an observation file (``TRM57971.00     NONE``).

    Of several sets that have it, the one of the realisation nearest to ``frame`` (that of the orbits) is taken, and the radome asked for before
    none. ``letters`` are the systems used: what is not calibrated for them is noted. Raises InputError where no set has the antenna, unless
    ``missing`` is ``zero``: then the antenna is a point at its reference point, and a note says so.
    """
    order = ranked(realisation(frame))
    found: list[tuple[int, int, Antenna, str, str]] = []
    for at, given in enumerate(sets):
        if not given.absolute:
            continue
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", RadomeWarning)
            try:
                antenna = given.find_receiver(name, serial)
            except InputError:
                continue
        own = frame_of(antenna, given)
        # A later set wins among equals, as a user names the general file first.
        found.append((2 * order.index(own) + 20 * bool(caught), -at, antenna, own, PurePath(given.path).name or "antenna set"))
    if not found:
        if missing == "error":
            where = ", ".join(PurePath(given.path).name for given in sets) or "no set"
            raise InputError(f"receiver antenna {' '.join(name.split())!r} is in none of the antenna files ({where})")
        note = f"receiver antenna {' '.join(name.split())!r} is not calibrated: taken as a point (centimetres to decimetres of height)"
        return ReceiverAntenna(name, np.empty(0), np.empty((0, 3)), np.empty((0, len(_AZIMUTHS), len(_ZENITHS))), False, "", "none", (note,))
    _, _, antenna, own, file = min(found, key=lambda item: item[:2])
    return _prepared(antenna, own, file, realisation(frame), name, letters)


def receiver_terms(antenna: ReceiverAntenna, elevation_rad: Floats, azimuth_rad: Floats, frequency_hz: Floats) -> Floats:
    """Metres, float64[n, 2], to be added to the distance between satellite and antenna reference point.

    elevation, azimuth (clockwise from north): float64[n]; frequency_hz: float64[n, 2]. NaN where elevation, azimuth or frequency is.
    """
    out = np.empty((len(elevation_rad), 2))
    given = (np.ascontiguousarray(a, np.float64) for a in (elevation_rad, azimuth_rad, frequency_hz))
    _kernels.receiver(antenna.frequency_hz, antenna.offset_m, antenna.variation_m, *given, out)
    return out


def _prepared(antenna: Antenna, own: str, file: str, orbit_frame: str, name: str, letters: str) -> ReceiverAntenna:
    centres = _by_frequency(antenna.frequencies)
    if not centres:
        raise InputError(f"the calibration of {antenna.type} {antenna.radome} in {file} has no frequency that is known here")
    frequencies = sorted(centres)
    chosen = [centres[f][1] for f in frequencies]
    azimuth, zenith = np.meshgrid(_AZIMUTHS, _ZENITHS, indexing="ij")
    variation = np.array([c.variation(zenith, azimuth) for c in chosen])
    notes = []
    asked = name.split()[-1] if len(name.split()) > 1 else "NONE"
    if antenna.radome != asked:
        notes.append(f"receiver antenna {antenna.type} is not calibrated with radome {asked}: that of radome {antenna.radome} stands in")
    if orbit_frame and own and own != orbit_frame:
        notes.append(f"the calibration of receiver antenna {antenna.type} ({file}) belongs to {own}, the orbits to {orbit_frame}")
    there = {key[0] for key in antenna.frequencies}
    lacking = [letter for letter in letters if letter not in there]
    if lacking:
        bands = " ".join(centres[f][0] for f in frequencies)
        notes.append(f"receiver antenna {antenna.type} is calibrated at {bands}: for {' '.join(lacking)} lines in frequency between these stand in")
    by_azimuth = any(c.azimuth_rad is not None for c in chosen)
    if not by_azimuth:
        notes.append(f"receiver antenna {antenna.type} is calibrated without azimuth")
    return ReceiverAntenna(name, np.array(frequencies), np.array([c.offset_m for c in chosen]), variation, by_azimuth, own, file, tuple(notes))


def _by_frequency(frequencies: Mapping[str, PhaseCenter]) -> dict[float, tuple[str, PhaseCenter]]:
    """Hertz -> ANTEX name and calibration, one of those that are the same for an antenna; GPS first, as others are often copies of it."""
    out: dict[float, tuple[str, PhaseCenter]] = {}
    for key in sorted(frequencies, key=lambda k: ("GECJISR".find(k[0]), k)):
        system = by_letter().get(key[0])
        band = next((b for b in system.bands if b.digit == key[1:].lstrip("0")), None) if system else None
        if band is not None and all(abs(band.frequency_hz - f) > _SAME_HZ for f in out):
            out[band.frequency_hz] = key, frequencies[key]
    return out
