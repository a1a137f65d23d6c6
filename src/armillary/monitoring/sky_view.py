"""Which satellites stood above a station and when: the measure of what a receiver should have received.

Orbits are evaluated every few minutes and joined by cubic Hermite arcs: at 300 s that leaves less than a metre of a navigation satellite's orbit,
1e-7 rad seen from the ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.geodesy import enu_rotation, to_geodetic
from armillary.errors import LimitError
from armillary.orbits.state import NO_CLOCK, UNHEALTHY, Orbit

__all__ = ["Instants", "SkyView", "full_instants", "sky_view"]

NODE_STEP_S = 300.0
GAP_FACTOR = 1.5
"""Neighbouring epochs further apart than this many intervals have missing ones between them."""
MOST_INSTANTS = 2_000_000
"""A day at 20 Hz; a file that spans more at its own interval is refused before memory is filled."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Instants:
    """The epochs of a file with those that its interval says are missing between the first and the last."""

    all: Epochs
    """[n], observed and missing ones, ascending."""
    position: NDArray[np.int64]
    """int64[n_epochs], place of each observed epoch in ``all``."""
    interval_s: float
    """Most frequent distance of neighbours; NaN for fewer than two epochs."""
    longest_gap_s: float
    """Longest distance of neighbouring observed epochs where epochs are missing between them; 0 without missing ones."""

    @property
    def missing(self) -> int:
        """How many instants were not observed."""
        return len(self.all) - len(self.position)


@dataclass(frozen=True, slots=True, eq=False)
class SkyView:
    """Satellites over a station: m satellites, n instants."""

    sat: NDArray[np.int16]
    """int16[m], packed, ascending."""
    elevation_rad: NDArray[np.float32]
    """float32[m, n]; NaN where no message or table serves."""
    azimuth_rad: NDArray[np.float32]
    """float32[m, n]."""
    healthy: NDArray[np.bool_]
    """bool[m, n]: an orbit serves and the satellite does not say that it must not be used."""


def full_instants(epochs: Epochs) -> Instants:
    """The epochs and the missing ones between them; LimitError when there are too many to be one file's."""
    t = epochs.tai_ns
    steps = np.diff(t)
    there = steps[steps > 0]
    if not len(there):
        return Instants(epochs, np.arange(len(t)), float("nan"), 0.0)
    values, counts = np.unique(there, return_counts=True)
    interval = int(values[np.argmax(counts)])
    n_missing = np.where(steps > GAP_FACTOR * interval, np.rint(steps / interval).astype(np.int64) - 1, 0)
    total = len(t) + int(n_missing.sum())
    if total > MOST_INSTANTS:
        raise LimitError(f"{total} epochs from the first to the last at the interval of {interval / NS_PER_SECOND:g} s; the most is {MOST_INSTANTS}")
    position = np.concatenate([[0], np.cumsum(n_missing + 1)])
    filled = np.empty(total, np.int64)
    filled[position] = t
    after = np.repeat(np.flatnonzero(n_missing), n_missing[n_missing > 0])
    place = np.delete(np.arange(total), position)
    filled[place] = t[after] + (place - position[after]) * interval
    longest = float(steps[n_missing > 0].max()) / NS_PER_SECOND if n_missing.any() else 0.0
    return Instants(Epochs(filled), position, interval / NS_PER_SECOND, longest)


def sky_view(orbit: Orbit, sats: NDArray[np.int16], instants: Epochs, position_m: tuple[float, float, float]) -> SkyView:
    """Directions of the packed satellites ``sats`` at ``instants`` (ascending) from an Earth-fixed position.

    Between two nodes a satellite is healthy when it is at both.
    """
    sats = np.unique(np.asarray(sats, np.int16))
    m, n = len(sats), len(instants)
    elevation, azimuth = np.full((m, n), np.nan, np.float32), np.full((m, n), np.nan, np.float32)
    healthy = np.zeros((m, n), np.bool_)
    if not m or not n:
        return SkyView(sats, elevation, azimuth, healthy)
    nodes = _nodes(instants)
    state = orbit.state(np.repeat(sats, len(nodes)), Epochs(np.tile(nodes.tai_ns, m)))
    placed = (np.isfinite(state.position_m).all(axis=1) & np.isin(state.flag, (0, UNHEALTHY, NO_CLOCK, UNHEALTHY | NO_CLOCK))).reshape(m, -1)
    fit = placed & ((state.flag & UNHEALTHY) == 0).reshape(m, -1)
    arc = _Arc.between(nodes, instants)
    station = np.array(position_m)
    place = to_geodetic(station)
    local = enu_rotation(place.latitude_rad, place.longitude_rad)
    for k in range(m):
        known = placed[k, arc.first] & placed[k, arc.second]
        if not known.any():
            continue
        mine = slice(k * len(nodes), (k + 1) * len(nodes))
        east, north, up = local @ (arc.at(state.position_m[mine], state.velocity_m_s[mine], known) - station).T
        elevation[k, known] = np.arctan2(up, np.hypot(east, north))
        azimuth[k, known] = np.arctan2(east, north) % (2 * np.pi)
        healthy[k] = fit[k, arc.first] & fit[k, arc.second]
    return SkyView(sats, elevation, azimuth, healthy)


def _nodes(instants: Epochs) -> Epochs:
    """The instants themselves where they are few or far apart, else nodes that enclose them."""
    first, last = int(instants.tai_ns[0]), int(instants.tai_ns[-1])
    count = int((last - first) // int(NODE_STEP_S * NS_PER_SECOND)) + 2
    if count >= len(instants):
        return instants
    step = -((first - last) // (count - 1))
    return Epochs(first + step * np.arange(count))


@dataclass(frozen=True, slots=True, eq=False)
class _Arc:
    """Weights of the nodes around each instant."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    weights: Floats
    """float64[4, n]: of both positions and both velocities."""

    @classmethod
    def between(cls, nodes: Epochs, instants: Epochs) -> _Arc:
        """Nodes before and after each instant, and the Hermite weights."""
        last = len(nodes) - 1
        first = np.clip(np.searchsorted(nodes.tai_ns, instants.tai_ns, side="right") - 1, 0, max(last - 1, 0))
        exact = nodes.tai_ns[first] == instants.tai_ns
        second = np.where(exact, first, np.minimum(first + 1, last))
        ends = instants.tai_ns == nodes.tai_ns[second]
        first = np.where(ends, second, first)
        width = (nodes.tai_ns[second] - nodes.tai_ns[first]) / NS_PER_SECOND
        u = np.where(width > 0, (instants.tai_ns - nodes.tai_ns[first]) / NS_PER_SECOND / np.where(width > 0, width, 1.0), 0.0)
        v = 1.0 - u
        return cls(first, second, np.stack([v * v * (1 + 2 * u), u * u * (1 + 2 * v), width * u * v * v, -width * u * u * v]))

    def at(self, position_m: Floats, velocity_m_s: Floats, chosen: NDArray[np.bool_]) -> Floats:
        """Positions float64[n_chosen, 3]."""
        a, b, (p, q, r, s) = self.first[chosen], self.second[chosen], self.weights[:, chosen, None]
        return np.asarray(p * position_m[a] + q * position_m[b] + r * velocity_m_s[a] + s * velocity_m_s[b])
