"""Precise orbits and clocks from tables (SP3, RINEX clock files).

Positions are interpolated by a Lagrange polynomial through the nodes around the instant (11 by default; fewer towards the end of a stretch, where
a long polynomial of rounded positions strays: 7 nodes of 5 min keep a centimetre half an interval outside, 11 do not), velocities are its derivative.
Clocks are linear between two neighbouring nodes and never across a gap or an announced event. Tables hold the effect-free clock: the relativistic
term -2 r.v / c^2 is added here. Positions are those of the centre of mass: the caller applies antenna offsets.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary._lazy import lazy_module
from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.precise import PreciseClocks, PreciseOrbits
from armillary.errors import InputError
from armillary.orbits.clock_interpolation import interpolation_variance_s2, walk_s2_s
from armillary.orbits.state import SATELLITE_LIMIT, OrbitState, delays_of, empty_state, rows_of

__all__ = ["PreciseOrbit"]

_kernels: Any = lazy_module("armillary.orbits.sp3_table_kernels")

CLOCK_EVENT, MANOEUVRE = 1, 4
"""Bits of ``PreciseOrbits.flags``."""
GAP = 2.5
"""Nodes further apart than this many intervals do not belong together: one missing node is bridged, two are not."""

REACH_NS = 150 * NS_PER_SECOND
"""Furthest extrapolation: 7 nodes of 5 min, rounded to the millimetre, err there by about a centimetre."""


@dataclass(frozen=True, slots=True, eq=False)
class _Nodes:
    """Nodes of all satellites of one table, one after another."""

    offsets: NDArray[np.int64]
    grid_ns: NDArray[np.int64]
    values: NDArray[np.float64]
    joined: NDArray[np.bool_]
    """bool[n]: this node and the next belong together."""
    step_ns: int


def _nodes(epochs: Epochs, values: NDArray[np.float64], broken: NDArray[np.bool_], interval_s: float) -> _Nodes:
    """The finite nodes of ``values`` [sats, epochs, ...]; ``broken`` [sats, epochs] forbids interpolation between a node and the one before it."""
    good = np.isfinite(values) if values.ndim == 2 else np.isfinite(values).all(axis=2)
    sat, epoch = np.nonzero(good)
    grid = epochs.tai_ns[epoch]
    step = max(round(interval_s * NS_PER_SECOND), 1)
    joined = np.zeros(len(grid), np.bool_)
    joined[:-1] = (np.diff(sat) == 0) & (np.diff(grid) <= GAP * step)
    marks = np.cumsum(broken, axis=1, dtype=np.int64)[sat, epoch]
    joined[:-1] &= np.diff(marks) == 0
    offsets = np.searchsorted(sat, np.arange(values.shape[0] + 1)).astype(np.int64)
    return _Nodes(offsets, np.ascontiguousarray(grid), np.ascontiguousarray(values[good]), joined, step)


def _stretches(joined: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For every node, where the stretch of joined nodes it belongs to begins and ends (excluded), int64[n] each."""
    n = len(joined)
    starts = np.flatnonzero(np.concatenate([[True], ~joined[:-1]])) if n else np.empty(0, np.int64)
    lengths = np.diff(np.concatenate([starts, [n]]))
    return np.repeat(starts, lengths).astype(np.int64), np.repeat(starts + lengths, lengths).astype(np.int64)


def _interval(given_s: float, epochs: Epochs) -> float:
    """The interval of a table: as given, else the usual distance of its epochs."""
    if given_s > 0.0 or len(epochs) < 2:
        return given_s if given_s > 0.0 else 1.0
    return float(np.median(np.diff(epochs.tai_ns))) * 1e-9


def _on_satellites(sat: NDArray[np.int16], table_sat: NDArray[np.int16], values: NDArray[Any]) -> NDArray[Any]:
    """The rows of ``values`` for ``sat``; rows of satellites that the table lacks are NaN."""
    result = np.full((len(sat), *values.shape[1:]), np.nan)
    _, mine, theirs = np.intersect1d(sat, table_sat, return_indices=True)
    result[mine] = values[theirs]
    return result


@dataclass(frozen=True, slots=True, eq=False)
class _Prepared:
    """What the kernels look up."""

    slot_of: NDArray[np.int32]
    orbits: _Nodes
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    clocks: _Nodes
    limits: tuple[int, int, int]
    """Most and fewest nodes, nanoseconds of reach beyond a stretch."""


def _prepare(orbits: PreciseOrbits, clocks: PreciseClocks | None, nodes: int, edge_nodes: int | None) -> _Prepared:
    interval_s = _interval(orbits.interval_s, orbits.epochs)
    if edge_nodes is None:
        edge_nodes = min(nodes, 7 + 2 * max(int(interval_s - 1.0) // 300, 0))
    if not 2 <= edge_nodes <= nodes <= 31:
        raise InputError(f"2 <= edge_nodes <= nodes <= 31 is needed; got {edge_nodes} and {nodes}")
    positions = _nodes(orbits.epochs, orbits.position_m, (orbits.flags & MANOEUVRE) != 0, interval_s)
    if clocks is None:
        biases = _nodes(orbits.epochs, orbits.clock_s, (orbits.flags & CLOCK_EVENT) != 0, interval_s)
    else:
        on_orbit = _on_satellites(orbits.sat, clocks.sat, clocks.bias_s)
        biases = _nodes(clocks.epochs, on_orbit, np.zeros(on_orbit.shape, np.bool_), _interval(clocks.interval_s, clocks.epochs))
    slot_of = np.full(SATELLITE_LIMIT, -1, np.int32)
    slot_of[orbits.sat] = np.arange(len(orbits.sat))
    left, right = _stretches(positions.joined)
    return _Prepared(slot_of, positions, left, right, biases, (nodes, edge_nodes, min(positions.step_ns // 2, REACH_NS)))


@dataclass(frozen=True, slots=True, eq=False)
class PreciseOrbit:
    """Orbits and clocks from tables; implements :class:`armillary.orbits.state.Orbit`.

    Clocks come from the column of the orbit table unless ``clocks`` is given. Several days are joined first (:func:`armillary.core.precise.merge`).
    InputError unless 2 <= ``edge_nodes`` <= ``nodes`` <= 31. States reach beyond the last node by half an interval, 150 s at most.
    """

    orbits: PreciseOrbits
    clocks: PreciseClocks | None = None
    nodes: int = 11
    """Size of the window inside a stretch without gaps."""
    edge_nodes: int | None = None
    """Least size of the window at the end of a stretch, and the fewest nodes that are used at all: by default 7 for intervals up to 5 min and two
    more for each 5 min above (rounding grows with the nodes, truncation with the interval)."""
    _prepared: _Prepared = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_prepared", _prepare(self.orbits, self.clocks, self.nodes, self.edge_nodes))

    @property
    def frame(self) -> str:
        """Frame of the positions, as the table names it."""
        return self.orbits.frame

    @property
    def wide_lane_cycles(self) -> Mapping[int, float]:
        """Wide-lane biases of satellites that integer clocks bring (packed satellite -> cycles); empty for others."""
        return {} if self.clocks is None else self.clocks.wide_lane_cycles

    @property
    def antenna_model(self) -> str:
        """The antenna calibrations that the clocks were made with, as their file says; the frame of the orbits where it does not."""
        return (self.clocks.antenna_model if self.clocks is not None else "") or self.orbits.frame

    @property
    def satellites(self) -> NDArray[np.int16]:
        """Packed satellites, int16[n] ascending, of the table."""
        return self.orbits.sat

    def state(self, sat: ArrayLike, epochs: Epochs) -> OrbitState:
        """States at ``epochs`` [n] (or one) of packed satellites ``sat`` [n] (or one)."""
        return self._evaluate(*rows_of(sat, epochs), None)

    def state_at_transmission(self, sat: ArrayLike, reception: Epochs, pseudorange_m: ArrayLike) -> OrbitState:
        """States when the signals left: ``reception`` (receiver time) - pseudorange / c - satellite clock; no rotation of the Earth is applied."""
        sats, t_ns = rows_of(sat, reception)
        return self._evaluate(sats, t_ns, delays_of(pseudorange_m, len(sats)))

    @property
    def clock_interval_s(self) -> float:
        """Usual distance of the nodes of the clocks."""
        return self._prepared.clocks.step_ns / NS_PER_SECOND

    def clock_interpolation_sigma_s(self, sat: ArrayLike, epochs: Epochs) -> NDArray[np.float64]:
        """Standard deviation of interpolated clocks about the true ones, seconds, float64[n]; rows as in :meth:`state`, NaN without a clock.

        It is told by the table (:mod:`armillary.orbits.clock_interpolation`): nothing on a node, most in the middle between two. A satellite with
        too few nodes is given what the worst of its system has.
        """
        sats, t_ns = rows_of(sat, epochs)
        p = self._prepared
        walk = walk_s2_s(p.clocks.offsets, p.clocks.grid_ns, p.clocks.values, p.clocks.joined)
        system = self.orbits.sat // 100
        for letter in np.unique(system[np.isnan(walk)]).tolist():
            of_system = walk[system == letter]
            known = of_system if np.isfinite(of_system).any() else walk
            walk[(system == letter) & np.isnan(walk)] = np.nanmax(known, initial=0.0)
        slot = p.slot_of[sats].astype(np.int64)
        return np.sqrt(interpolation_variance_s2(slot, t_ns, p.clocks.offsets, p.clocks.grid_ns, p.clocks.joined, walk))

    def _evaluate(self, sat: NDArray[np.int16], t_ns: NDArray[np.int64], delay_s: NDArray[np.float64] | None) -> OrbitState:
        out = empty_state(len(sat))
        p = self._prepared
        o, c = p.orbits, p.clocks
        _kernels.evaluate(
            *(sat, t_ns, np.empty(0) if delay_s is None else delay_s, delay_s is not None),
            *(p.slot_of, o.offsets, o.grid_ns, p.left, p.right, o.values, o.step_ns, p.limits),
            *(c.offsets, c.grid_ns, c.values, c.joined, c.step_ns),
            *(out.position_m, out.velocity_m_s, out.clock_s, out.clock_drift_s_s, out.flag, out.age_s),
        )
        return out
