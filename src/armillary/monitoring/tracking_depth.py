"""How many stations see each satellite, and what stations hosted abroad add to those at home.

A station stands at home when its host is its operator, or the country of a system that its operator runs; it is hosted elsewhere. Seen is every
satellite above the mask, whatever its health: a network has to watch the unhealthy ones too. Instants without an orbit are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan, radians
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.federation import Federation
from armillary.core.geodesy import enu_rotation, to_geodetic
from armillary.core.registry import constellations
from armillary.core.satellites import unpack_one
from armillary.core.stations import Station
from armillary.core.table import Table
from armillary.errors import InputError
from armillary.orbits.state import NO_CLOCK, UNHEALTHY, Orbit

__all__ = [
    "Hosting",
    "SatelliteTracks",
    "TrackingDepth",
    "at_home",
    "hosting",
    "hosting_by",
    "satellite_tracks",
    "seen_from",
    "station_sets",
    "tracking_depth",
]

MASK_RAD = radians(10.0)
ALL_STATIONS = "all stations"


@dataclass(frozen=True, slots=True, eq=False)
class SatelliteTracks:
    """Satellites over time: m satellites, n instants."""

    instants: Epochs
    sat: NDArray[np.int16]
    """int16[m], packed, ascending."""
    known: NDArray[np.bool_]
    """bool[m, n], an orbit serves."""
    position_m: NDArray[np.float64]
    """float64[m, n, 3], Earth-fixed; 0 where not known."""

    def between(self, first_ns: int, last_ns: int) -> SatelliteTracks:
        """The instants from ``first_ns`` to ``last_ns`` (TAI)."""
        kept = (self.instants.tai_ns >= first_ns) & (self.instants.tai_ns <= last_ns)
        return SatelliteTracks(self.instants[kept], self.sat, self.known[:, kept], self.position_m[:, kept])


@dataclass(frozen=True, slots=True, eq=False)
class TrackingDepth:
    """Stations over time: m satellites, n instants."""

    instants: Epochs
    sat: NDArray[np.int16]
    """int16[m], packed, ascending."""
    known: NDArray[np.bool_]
    """bool[m, n], an orbit serves."""
    seen_by: NDArray[np.bool_]
    """bool[stations, m, n]."""

    def depth(self, stations: Sequence[int]) -> NDArray[np.int16]:
        """int16[m, n], how many of the stations with these indices see each satellite; -1 where its orbit is not known."""
        count = self.seen_by[list(stations)].sum(axis=0).astype(np.int16)
        return np.where(self.known, count, np.int16(-1))


@dataclass(frozen=True, slots=True, eq=False)
class Hosting:
    """What each set of stations sees of each system."""

    depth: TrackingDepth
    sets: Mapping[str, Sequence[int]]
    """Name of a set -> indices of its stations."""
    summary: Table
    """A row per set and system."""
    satellites: Table
    """A row per set and satellite."""


def at_home(station: Station) -> bool:
    """Whether a station stands on its operator's own ground.

    >>> at_home(Station("MOSR", (0.0, 0.0, 6.4e6), operator="Roscosmos", host="Russia"))
    True
    >>> at_home(Station("CHNR", (0.0, 0.0, 6.4e6), operator="Roscosmos", host="China"))
    False
    """
    grounds = {c.country for c in constellations().values() if c.operator == station.operator}
    return station.host in grounds or not station.hosted


def station_sets(stations: Sequence[Station]) -> dict[str, list[int]]:
    """Name -> indices: for each operator its stations at home and all its stations; then all stations.

    An operator without stations abroad, or without any at home, has one set; so has a network of one operator, and an operator of stations whose
    host is not known.
    """
    out: dict[str, list[int]] = {}
    for operator in dict.fromkeys(s.operator for s in stations if s.operator):
        mine = [i for i, s in enumerate(stations) if s.operator == operator]
        if not all(stations[i].host for i in mine):
            out[operator] = mine
            continue
        home = [i for i in mine if at_home(stations[i])]
        if home and len(home) < len(mine):
            out[f"{operator}, home"] = home
            out[f"{operator}, home and hosted"] = mine
        else:
            out[f"{operator}, {'home' if home else 'hosted'}"] = mine
    if not any(len(mine) == len(stations) for mine in out.values()):
        out[ALL_STATIONS] = list(range(len(stations)))
    return out


def tracking_depth(
    stations: Sequence[Station], orbit: Orbit, satellites: Iterable[int], instants: Epochs, *, mask_rad: float = MASK_RAD
) -> TrackingDepth:
    """Which of ``stations`` see which of the packed ``satellites`` at ``instants``; geometric, no light time."""
    return seen_from(stations, satellite_tracks(orbit, satellites, instants), mask_rad=mask_rad)


def satellite_tracks(orbit: Orbit, satellites: Iterable[int], instants: Epochs) -> SatelliteTracks:
    """Where the packed ``satellites`` are at ``instants``, whatever their health."""
    sats = np.unique(np.array(list(satellites), np.int16))
    m, n = len(sats), len(instants)
    state = orbit.state(np.repeat(sats, n), Epochs(np.tile(instants.tai_ns, m)))
    usable = np.isin(state.flag, (0, UNHEALTHY, NO_CLOCK, UNHEALTHY | NO_CLOCK))
    known = (usable & np.isfinite(state.position_m).all(axis=1)).reshape(m, n)
    return SatelliteTracks(instants, sats, known, np.where(known.reshape(-1, 1), state.position_m, 0.0).reshape(m, n, 3))


def seen_from(stations: Sequence[Station], tracks: SatelliteTracks, *, mask_rad: float = MASK_RAD) -> TrackingDepth:
    """Which of ``stations`` see which satellites where these are known to be."""
    m, n = tracks.known.shape
    where = tracks.position_m.reshape(-1, 3)
    seen = np.zeros((len(stations), m, n), np.bool_)
    for i, station in enumerate(stations):
        place = to_geodetic(station.position_m)
        up = enu_rotation(place.latitude_rad, place.longitude_rad)[2]
        away = where - np.array(station.position_m)
        seen[i] = (away @ up >= np.sin(mask_rad) * np.linalg.norm(away, axis=1)).reshape(m, n) & tracks.known
    return TrackingDepth(tracks.instants, tracks.sat, tracks.known, seen)


def hosting(
    federation: Federation,
    stations: Sequence[Station],
    orbit: Orbit,
    satellites: Iterable[int],
    instants: Epochs,
    *,
    mask_rad: float = MASK_RAD,
) -> Hosting:
    """Tracking depth of every system of ``federation`` with the stations of each set of :func:`station_sets`.

    ``instants`` are evenly spaced; InputError without stations.
    """
    if not stations:
        raise InputError("tracking depth needs stations")
    letters = [ord(c.letter) for c in federation if c.letter]
    return hosting_by(
        federation, stations, tracking_depth(stations, orbit, [s for s in satellites if int(s) // 100 in letters], instants, mask_rad=mask_rad)
    )


def hosting_by(federation: Federation, stations: Sequence[Station], depth: TrackingDepth) -> Hosting:
    """The same from a tracking depth that is there already: by geometry, or by what stations received."""
    instants, sets = depth.instants, station_sets(stations)
    step_s = float(np.median(np.diff(instants.tai_ns))) / NS_PER_SECOND if len(instants) > 1 else nan
    rows: list[dict[str, Any]] = []
    single: list[dict[str, Any]] = []
    for name, indices in sets.items():
        count = depth.depth(indices)
        for c in federation:
            mine = depth.sat // 100 == (ord(c.letter) if c.letter else -1)
            if (count[mine] >= 0).any():
                about = {"station_set": name, "station_count": len(indices), "constellation": c.name}
                rows.append({**about, "satellites": int((count[mine] >= 0).any(axis=1).sum()), **_figures(count[mine], step_s)})
                single += [
                    {**about, "sat": unpack_one(depth.sat[k]), **_figures(count[k : k + 1], step_s)}
                    for k in np.flatnonzero(mine)
                    if (count[k] >= 0).any()
                ]
    return Hosting(depth, sets, _table(("station_set", "station_count", "constellation", "satellites"), rows), _table(_SATELLITE, single))


_SATELLITE = ("station_set", "station_count", "constellation", "sat")
_FIGURES = ("depth_mean", "unseen_percent", "seen_twice_percent", "longest_unseen_s")


def _figures(count: NDArray[np.int16], step_s: float) -> dict[str, float]:
    """Figures of depths int16[m, n] (-1 not known): shares are of the orbits that are known."""
    known = count[count >= 0]
    place = np.arange(1, count.shape[1] + 1)
    before = np.maximum.accumulate(np.where(count == 0, 0, place), axis=1)  # the last instant that was not unseen
    longest = int((place - before).max(initial=0))
    return {
        "depth_mean": float(known.mean()),
        "unseen_percent": 100.0 * float(np.mean(known == 0)),
        "seen_twice_percent": 100.0 * float(np.mean(known >= 2)),
        "longest_unseen_s": longest * step_s if longest else 0.0,
    }


def _table(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Table:
    return Table({name: np.array([row[name] for row in rows], None if rows else np.float64) for name in (*names, *_FIGURES)})
