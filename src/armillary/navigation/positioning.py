"""One station's observations against a set of orbits: links once on the union, then an answer for each member of the federation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.federation import Federation
from armillary.core.geodesy import from_enu
from armillary.core.navigation_messages import Navigation
from armillary.core.observations import Observations
from armillary.navigation.links import LinkOptions, Links, link
from armillary.navigation.models import IonospherePrior
from armillary.navigation.signals import SignalRows, first_signal, signal_rows
from armillary.navigation.single_point import EstimatorOptions, Solution, solve
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.orbits.group_delay import group_delay_s
from armillary.orbits.state import Orbit, OrbitState

__all__ = ["MemberAnswer", "PositioningOptions", "Tracked", "channels_of", "locate", "track"]

_FARTHEST_CHANNEL = 24
"""GLONASS used channels 1 to 24 until 1998 and has used -7 to 6 since 2005; a number beyond is damage."""


@dataclass(frozen=True, slots=True)
class PositioningOptions:
    """How a station is located."""

    links: LinkOptions
    estimator: EstimatorOptions
    threads: int = 2
    """How many members are solved at a time; it changes no figure."""


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """A station's links to every satellite of the union."""

    links: Links
    states: OrbitState


@dataclass(frozen=True, slots=True, eq=False)
class MemberAnswer:
    """The answer of one member: its solution and the Earth-fixed marker positions, float64[n_epochs, 3] (NaN unsolved)."""

    federation: Federation
    solution: Solution
    position_m: NDArray[np.float64]


def channels_of(navigation: Navigation) -> dict[int, int]:
    """Frequency-division channels by packed satellite, the most frequent one of its messages."""
    found: dict[int, int] = {}
    for table in navigation.messages.values():
        if "frequency_number" not in table.columns:
            continue
        channel = table.columns["frequency_number"]
        for sat in np.unique(table.sat):
            mine = channel[(table.sat == sat) & (np.abs(channel) <= _FARTHEST_CHANNEL)]
            if len(mine):
                values, counts = np.unique(mine.astype(int), return_counts=True)
                found[int(sat)] = int(values[np.argmax(counts)])
    return found


def track(federation: Federation, observations: Observations, orbit: Orbit, channels: dict[int, int], options: PositioningOptions) -> Tracked:
    """Links of every system of ``federation``, computed once."""
    rows = signal_rows(federation, observations, channels=channels)
    rows = first_signal(rows) if options.links.signals == 1 else rows
    code = np.where(np.isfinite(rows.code_m[:, 0]), rows.code_m[:, 0], rows.code_m[:, 1])
    states = orbit.state_at_transmission(rows.sat, rows.epochs[rows.epoch_of], code)
    delay = _delays(rows, orbit, states)
    return Tracked(link(rows, states, delay, options.links, np.zeros(3)), states)


def locate(
    links: Links,
    prior: IonospherePrior,
    members: Sequence[Federation],
    options: PositioningOptions,
    *,
    progress: Callable[[str, float], None] | None = None,
) -> list[MemberAnswer]:
    """An answer for each member from the links of the union, as a model of the ionosphere (:mod:`armillary.navigation.models`) gives them."""

    def answer(member: Federation) -> MemberAnswer:
        chosen = np.array([c in member.constellations for c in links.rows.constellations])
        solution = solve(links, chosen, prior.mean, prior.sigma, options.estimator)
        return MemberAnswer(member, solution, _positions(links, solution))

    # the kernels release the interpreter; the joint answer is the longest, so it starts first
    with ThreadPoolExecutor(max_workers=min(len(members), options.threads)) as pool:
        order = sorted(range(len(members)), key=lambda i: -len(members[i]))
        waiting = {i: pool.submit(answer, members[i]) for i in order}
        answers = []
        for i, member in enumerate(members):
            answers.append(waiting[i].result())
            if progress is not None:
                progress(f"solving {member}", (i + 1) / len(members))
    return answers


def _delays(rows: SignalRows, orbit: Orbit, states: OrbitState) -> NDArray[np.float64]:
    """Group delays of both signals of each row, float64[n, 2]; zero for orbits whose clocks already refer to the ionosphere-free pair."""
    delay = np.full((len(rows.sat), 2), np.nan)
    if not isinstance(orbit, BroadcastOrbit):
        return delay
    for j in (0, 1):
        codes = np.array([pair[j] for pair in rows.signals])
        for code in np.unique(codes):
            if code:
                mine = (codes == code)[rows.satellite_of]
                delay[mine, j] = group_delay_s(orbit, states, str(code))[mine]
    return delay


def _positions(links: Links, solution: Solution) -> NDArray[np.float64]:
    """Earth-fixed positions from the offsets at the linearisation points."""
    offset = np.where((solution.flag == 0)[:, None], solution.solution[:, :3], np.nan)
    start = np.where(np.isnan(links.position_m), 6.4e6, links.position_m)
    return np.asarray(links.position_m + from_enu(offset, origin_m=start), np.float64)
