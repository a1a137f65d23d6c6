"""How far apart two system times are, by every route there is: broadcast offsets, alone or chained, and receivers that see both systems.

A broadcast offset ``ABCD`` is time AB minus time CD. Routes between two systems are the chains of such offsets, up to three long, through other
systems and UTC. A receiver that solves a clock for each system sees the same difference plus its own delay between the two kinds of signal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from statistics import fmean, pstdev

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.core.epochs import Epochs
from armillary.core.navigation_messages import SystemTimeOffset
from armillary.core.table import Table
from armillary.errors import InputError

__all__ = ["Route", "broadcast_routes", "receiver_route", "receivers_together", "route_table"]

_LONGEST_CHAIN = 3
_UNSTATED_SIGMA_S = 10e-9
"""Of one broadcast offset that is given once: what operators promise for their offset to UTC is 20 to 30 ns at 95 % or two sigma."""
_DISAGREE = 3.0
_FEWEST_STATIONS = 2
_PAIR = " ionosphere-free"


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One answer: time of the second system minus time of the first, seconds."""

    name: str
    offset_s: float
    sigma_s: float
    kind: str
    """``broadcast``, ``receiver`` (which holds the receiver's own delays) or ``network`` (several receivers together)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """The mean of all records of one offset: time ``a`` minus time ``b``."""

    a: str
    b: str
    offset_s: float
    sigma_s: float


def broadcast_routes(start: str, goal: str, offsets: Sequence[SystemTimeOffset], epoch: Epochs) -> list[Route]:
    """Every chain of broadcast offsets from one time to another at ``epoch`` (one instant), shortest first; times have their label names (GL)."""
    steps = _steps(offsets, int(epoch.tai_ns[0]))
    routes = []
    for chain in sorted(_chains(start, goal, steps, (start,)), key=len):
        offset = sum(sign * step.offset_s for step, sign in chain)
        sigma = sum(step.sigma_s**2 for step, _ in chain) ** 0.5
        names = " ".join(step.a + step.b for step, _ in chain)
        routes.append(Route(f"broadcast {names}", offset, sigma, "broadcast"))
    return routes


def receiver_route(
    station: str,
    first: Constellation,
    second: Constellation,
    clocks: Table,
    member: str,
    *,
    pair_delay_s: Mapping[str, tuple[float, float]] | None = None,
) -> Route | None:
    """The difference of a receiver's clocks, median over the solved epochs of ``member``; None where it never solved both.

    ``clocks``: as :func:`armillary.navigation.solution_tables.clock_table` makes it. ``pair_delay_s``: system letter -> seconds to add to its clock,
    and their sigma, so that it refers to the ionosphere-free pair of signals, as precise and most published offsets do.
    """
    delay = pair_delay_s or {}
    chosen = clocks["member"] == member
    if clocks.epochs is None:
        raise InputError("a receiver's clocks need one instant per row")
    series = {}
    for constellation in (first, second):
        mine = chosen & (clocks["system"] == constellation.letter)
        series[constellation.letter] = (clocks.epochs.tai_ns[mine], clocks["clock_s"][mine] + delay.get(constellation.letter, (0.0, 0.0))[0])
    difference = _matched(series[second.letter], series[first.letter])
    if not len(difference):
        return None
    # a clock that reads the receiver against system time: receiver - second, less receiver - first, is first - second
    spread = 1.4826 * float(np.median(np.abs(difference - np.median(difference))))
    sigma = float(np.sqrt(spread**2 + sum(delay.get(c.letter, (0.0, 0.0))[1] ** 2 for c in (first, second))))
    return Route(f"receiver {station}" + (_PAIR if delay else ""), -float(np.median(difference)), sigma, "receiver")


def receivers_together(routes: Sequence[Route]) -> list[Route]:
    """What several stations say together, for each of the two kinds of receiver route that at least two stations gave: their median.

    Its sigma is that of a median of the stations' offsets, whose scatter is the scatter of receiver delays. What all receivers of the network have
    in common stays in it: codes alone cannot tell that from the offset itself.
    """
    together = []
    for suffix in ("", _PAIR):
        offset = np.array([r.offset_s for r in routes if _is_receiver(r, suffix)])
        if len(offset) < _FEWEST_STATIONS:
            continue
        own = max(r.sigma_s for r in routes if _is_receiver(r, suffix))
        spread = max(float(np.std(offset, ddof=1)), own)
        together.append(
            Route(f"{len(offset)} receivers together{suffix}", float(np.median(offset)), spread * (np.pi / 2 / len(offset)) ** 0.5, "network")
        )
    return together


def _is_receiver(route: Route, suffix: str) -> bool:
    return route.kind == "receiver" and route.name.endswith(_PAIR) == bool(suffix)


def route_table(routes: Sequence[Route]) -> Table:
    """Routes as a table.

    ``agrees`` is False where a route differs from the weighted mean of the broadcast ones by more than three sigma. ``receiver_bias_ns`` is what a
    station's receiver differs by from all of them together, NaN for other routes.
    """
    offset = np.array([route.offset_s for route in routes])
    sigma = np.array([route.sigma_s for route in routes])
    broadcast = np.array([route.kind == "broadcast" for route in routes], np.bool_)
    agrees = np.ones(len(routes), np.bool_)
    if broadcast.any():
        weight = 1.0 / np.maximum(sigma[broadcast], 1e-12) ** 2
        mean = float((offset[broadcast] * weight).sum() / weight.sum())
        agrees = np.abs(offset - mean) <= _DISAGREE * np.hypot(sigma, weight.sum() ** -0.5)
    middle = {r.name.endswith(_PAIR): r.offset_s for r in routes if r.kind == "network"}
    bias = [route.offset_s - middle.get(route.name.endswith(_PAIR), nan) if route.kind == "receiver" else nan for route in routes]
    return Table(
        {
            "route": np.array([route.name for route in routes], np.str_),
            "offset_ns": offset * 1e9,
            "sigma_ns": sigma * 1e9,
            "receiver_bias_ns": np.array(bias) * 1e9,
            "agrees": agrees,
        }
    )


def _steps(offsets: Sequence[SystemTimeOffset], tai_ns: int) -> list[_Step]:
    """One step per label: the mean at the instant over all its records, with their scatter or what is usual for one alone."""
    values: dict[str, list[float]] = {}
    for record in offsets:
        elapsed = 0.0 if record.reference_tai_ns is None else (tai_ns - record.reference_tai_ns) * 1e-9
        values.setdefault(record.label, []).append(record.a0_s + elapsed * (record.a1_s_s + elapsed * record.a2_s_s2))
    steps = []
    for label, found in values.items():
        if len(label) == 4 and any(found):  # an offset of exactly zero in every record is a field left empty
            sigma = max(pstdev(found), _UNSTATED_SIGMA_S / len(found) ** 0.5)
            steps.append(_Step(label[:2], label[2:], fmean(found), sigma))
    return steps


def _chains(at: str, goal: str, steps: Sequence[_Step], seen: tuple[str, ...]) -> Iterator[list[tuple[_Step, int]]]:
    """Chains of steps from one time to another that pass no time twice; the sign makes the sum goal - start."""
    for step in steps:
        for near, far, sign in ((step.a, step.b, -1), (step.b, step.a, 1)):
            if near != at or far in seen:
                continue
            if far == goal:
                yield [(step, sign)]
            elif len(seen) < _LONGEST_CHAIN:
                for rest in _chains(far, goal, steps, (*seen, far)):
                    yield [(step, sign), *rest]


def _matched(a: tuple[NDArray[np.int64], NDArray[np.float64]], b: tuple[NDArray[np.int64], NDArray[np.float64]]) -> NDArray[np.float64]:
    """Differences of two series at the instants both have."""
    _, i, j = np.intersect1d(a[0], b[0], return_indices=True)
    return a[1][i] - b[1][j]
