"""The best known position of a station, from the command line or from a coordinate solution."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

import numpy as np

from armillary.core.coordinates import StationCoordinates
from armillary.core.epochs import Epochs
from armillary.core.observations import Observations
from armillary.core.scales import to_iso
from armillary.core.stations import Network, Station
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.services._kinds import kind_of

__all__ = ["Truth", "coordinate_of", "place_given", "stations_named", "truth_of"]


_NEAREST_M, _FARTHEST_M = 6.3e6, 5.0e7
"""From below the poles to beyond geostationary height."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A marker position and where it comes from."""

    position_m: tuple[float, float, float]
    source: str


def truth_of(text: str | None, observations: Observations) -> Truth | None:
    """The truth named by ``text``: three numbers, a coordinate file (moved to the day where it gives velocities) or a table that has the station."""
    if text is None:
        return None
    numbers = _numbers(text)
    if numbers is not None:
        if not _NEAREST_M < sum(number * number for number in numbers) ** 0.5 < _FARTHEST_M:
            raise InputError(f"--truth {text}: is not on the Earth; expected geocentric X,Y,Z in metres (not latitude and longitude)")
        return Truth(numbers, "the position given")
    solution = read(Path(text))
    if isinstance(solution, Network):
        place = place_given(observations.header.marker, (solution,))
        if place is None:
            there = stations_named(observations.header.marker, (solution,))
            if there:
                raise InputError(
                    f"{text}: has the station {there[0][1].name} but no coordinates of it (x_m,y_m,z_m or latitude_deg,longitude_deg,height_m)"
                )
            shown = ", ".join([station.name for station in solution][:12])
            raise InputError(f"{text}: has no place of a station {observations.header.marker!r}; it has {len(solution)}: {shown}")
        return place
    if not isinstance(solution, StationCoordinates):
        raise InputError(f"{text}: holds {kind_of(solution)}; a truth is X,Y,Z in metres, a SINEX coordinate file or a table of stations")
    return coordinate_of(solution, observations.header.marker, observations.epochs[len(observations.epochs) // 2])


def coordinate_of(solution: StationCoordinates, marker: str, when: Epochs) -> Truth:
    """The place of a station in a coordinate file at an instant, with what bears on how well it fits. InputError where it is not there."""
    row = solution.row(marker[:9], when)
    x, y, z = (float(v) for v in solution.position_at(marker[:9], when))
    frame = f", {solution.frame}" if solution.frame else ""
    still = "" if np.isfinite(solution.velocity_m_s[row]).all() else f", not moved to {to_iso(when, 'UTC', 0)[0][:10]}: it has no velocity"
    return Truth((x, y, z), f"{Path(solution.path).name} ({solution.code[row]}{frame}, epoch {to_iso(solution.epoch[row], 'UTC', 0)[0][:10]}{still})")


def place_given(name: str, networks: Sequence[Network]) -> Truth | None:
    """The place of a station in the first table that has one."""
    for network, station in stations_named(name, networks):
        if all(isfinite(x) for x in station.position_m):
            frame = f", {station.frame}" if station.frame else ""
            return Truth(station.position_m, f"{Path(network.name).name} (place given{frame})")
    return None


def stations_named(name: str, networks: Sequence[Network]) -> list[tuple[Network, Station]]:
    """Stations called ``name``, in full first, then by its first four characters."""
    marker = name.strip().upper()
    every = [(network, station) for network in networks for station in network]
    full = [(network, station) for network, station in every if station.name == marker[:9] or station.name == marker]
    return full or [(network, station) for network, station in every if station.name[:4] == marker[:4] and 4 in (len(station.name), len(marker))]


def _numbers(text: str) -> tuple[float, float, float] | None:
    parts = text.split(",")
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return None
    if len(values) != 3:
        raise InputError(f"--truth {text!r}: expected three numbers X,Y,Z in metres, got {len(values)}")
    return values[0], values[1], values[2]
