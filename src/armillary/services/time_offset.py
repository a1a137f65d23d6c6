"""How far apart system times are, by every route the files know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from math import radians
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from armillary._lazy import lazy_module
from armillary.core.constellation import Constellation
from armillary.core.epochs import Epochs
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.navigation_messages import SystemTimeOffset
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.table import Table
from armillary.monitoring.time_offset import Route, broadcast_routes, receiver_route, receivers_together, route_table
from armillary.navigation import solution_tables
from armillary.navigation.links import LinkOptions, Links
from armillary.navigation.positioning import MemberAnswer, PositioningOptions
from armillary.navigation.single_point import EstimatorOptions
from armillary.services._inputs import Files, read_files
from armillary.services.position import Located, locate_station

joining: Any = lazy_module("armillary.io.joining")

__all__ = ["TimeOffsetAnswer", "offset_table", "received_routes", "time_offset"]

_COMMON = {"gpst": "GP", "utc": "UT"}
"""Times that every system is compared with, and what labels call them."""
_MASK_RAD = radians(5.0)


@dataclass(frozen=True, slots=True, eq=False)
class TimeOffsetAnswer:
    """Offsets between the times of a federation's systems, and of each to GPS time and UTC."""

    summary: Table
    """A row per pair and route."""
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        return {"time_offset": list(self.summary.rows())}


def time_offset(
    federation: Federation,
    observations: Annotated[Sequence[Path], "Observation files, one station each."],
    *,
    nav: Annotated[Sequence[Path], "Broadcast navigation files; repeat for several."] = (),
    progress: Callable[[str, float], None] | None = None,
) -> TimeOffsetAnswer:
    """Offsets between system times: broadcast ones, chained through other systems and UTC, and what receivers see (their own delays included).

    $ armillary time-offset STATION.crx.gz --nav BROADCAST.rnx.gz
    """
    stations = _by_station([(path, read_files([path], systems=federation.letters, nav=nav)) for path in observations])
    options = PositioningOptions(LinkOptions(_MASK_RAD, "full-arc"), EstimatorOptions())
    located = {}
    for i, (name, files) in enumerate(stations.items()):
        located[name] = locate_station(federation, files, None, [federation], options=options)
        if progress is not None:
            progress(f"receiver {name}", (i + 1) / len(stations))
    first = next(iter(stations.values()))
    middle = first.observations.epochs[len(first.observations.epochs) // 2]
    losses = {path: found for files in stations.values() for path, found in files.losses.items()}
    received = [received_routes(federation, name, found) for name, found in located.items()]
    return TimeOffsetAnswer(offset_table(federation, first.navigation.time_offsets, middle, received), losses)


def _by_station(read: Sequence[tuple[Path, Files]]) -> dict[str, Files]:
    """Marker (name of the file where it has none) -> its files, joined."""
    found: dict[str, Files] = {}
    for path, files in read:
        name = files.observations.header.marker.strip().upper() or path.name
        before = found.get(name)
        if before is not None:
            joined = joining.join_observations([before.observations, files.observations])
            files = replace(before, observations=joined, losses={**before.losses, **files.losses})
        found[name] = files
    return found


def offset_table(
    federation: Federation, navigation_offsets: Sequence[SystemTimeOffset], epoch: Epochs, received: Iterable[Mapping[str, Sequence[Route]]]
) -> Table:
    """Every route between the systems of a federation, to GPS time and to UTC: broadcast at one instant, and by :func:`received_routes`."""
    pairs = list(combinations(federation.constellations, 2))
    routes = {f"{b.name}-{a.name}": broadcast_routes(a.time_label, b.time_label, navigation_offsets, epoch) for a, b in pairs}
    for name, label in _COMMON.items():
        others = federation if all(c.time_label != label for c in federation) else ()  # of a system in the federation there is a pair already
        routes |= {f"{name}-{c.name}": broadcast_routes(c.time_label, label, navigation_offsets, epoch) for c in others}
    for found in received:
        for pair, ways in found.items():
            routes[pair] += ways
    for ways in routes.values():
        ways += receivers_together(ways)
    return _joined({pair: route_table(ways) for pair, ways in routes.items() if ways})


def received_routes(federation: Federation, station: str, found: Located) -> dict[str, list[Route]]:
    """Pair of systems (second-first) -> what one located station's receiver says of their offset."""
    pairs = combinations(federation.constellations, 2)
    return {f"{b.name}-{a.name}": _received(station, found.links, found.members[-1], (a, b)) for a, b in pairs}


def _received(station: str, links: Links, answer: MemberAnswer, pair: tuple[Constellation, Constellation]) -> list[Route]:
    """What one receiver says: on the ionosphere-free pair, and on its first signals."""
    clocks = solution_tables.clock_table(links, [answer])
    member = str(answer.federation)
    delays = {c.letter: _pair_delay_s(links, answer, c) for c in pair}
    known = {letter: delay for letter, delay in delays.items() if delay is not None}
    found = [receiver_route(station, *pair, clocks, member, pair_delay_s=known) if len(known) == len(delays) else None]
    return [route for route in (*found, receiver_route(station, *pair, clocks, member)) if route is not None]


def _pair_delay_s(links: Links, answer: MemberAnswer, constellation: Constellation) -> tuple[float, float] | None:
    """What turns the clock of first signals into that of ionosphere-free pairs, and its sigma, seconds.

    It is (1 - a) times the receiver's bias of the second signal, a = k2 / (k2 - k1).
    """
    rows, solution = links.rows, answer.solution
    mine = rows.constellation_of[rows.satellite_of] == rows.constellations.index(constellation)
    both = mine & (rows.frequency_hz > 0).all(axis=1)
    names = [i for i, name in enumerate(solution.biases.names) if name.startswith(f"receiver {constellation.letter} ") and "-" in name.split()[-1]]
    if not both.any() or not names:
        return None
    a = float(np.median(links.k[both, 1] / (links.k[both, 1] - links.k[both, 0])))
    widest = max(names, key=lambda i: float(np.sum(solution.biases.index[:, 1, :] == i)))
    sigma_m = float(solution.bias_covariance[widest, widest]) ** 0.5
    return (1.0 - a) * float(solution.bias_m[widest]) / SPEED_OF_LIGHT_M_S, abs(1.0 - a) * sigma_m / SPEED_OF_LIGHT_M_S


def _joined(tables: Mapping[str, Table]) -> Table:
    """All pairs under one heading."""
    pair = np.repeat(np.array(list(tables), np.str_), [len(table) for table in tables.values()])
    columns = (
        {
            name: np.concatenate([table[name] for table in tables.values()])
            for name in ("route", "offset_ns", "sigma_ns", "receiver_bias_ns", "agrees")
        }
        if tables
        else {}
    )
    return Table({"pair": pair, **columns})
