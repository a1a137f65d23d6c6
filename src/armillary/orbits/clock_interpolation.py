"""How far a satellite clock strays from the straight line between two nodes of its table.

A clock that walks at random with the rate of variance q moves off the line between nodes at distance T by a variance q T u (1 - u) at the fraction
u of the interval (a Brownian bridge), and the second differences of its nodes have the variance 2 q T: the table itself tells q. On a day of Wuhan
clocks thinned from 30 s to 300 s the line misses the clock at the midpoints by 25.7 mm (GLONASS, median of satellites), 32.9 (GPS), 3.6 (BeiDou) and
3.2 mm (Galileo); second differences of the thinned table say 27.5, 22.7, 3.5 and 3.1 mm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["interpolation_variance_s2", "walk_s2_s"]

_TO_SIGMA = 1.4826
"""From the median of absolute values to the standard deviation of a normal distribution."""
_FEWEST = 8
"""Second differences that tell a variance."""


def walk_s2_s(
    offsets: NDArray[np.int64], grid_ns: NDArray[np.int64], values_s: NDArray[np.float64], joined: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Variance of the walk of each satellite's clock, seconds squared per second, float64[n_sats]; NaN where there are too few nodes.

    Nodes of satellite i are ``offsets[i]`` to ``offsets[i + 1]`` - 1, ``joined`` [n] tells that a node and the next belong together. The median is
    taken, so that a jump of the clock or a bad node does not speak for the day.
    """
    walk = np.full(len(offsets) - 1, np.nan)
    for i, (first, end) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True)):
        if end - first < _FEWEST + 2:
            continue
        step = np.diff(grid_ns[first:end]) * 1e-9
        rate = np.diff(values_s[first:end]) / step
        good = joined[first : end - 2] & joined[first + 1 : end - 1]
        if good.sum() < _FEWEST:
            continue
        # rates of neighbouring intervals a and b differ by the variance q (1 / a + 1 / b)
        normal = np.diff(rate)[good] / np.sqrt(1.0 / step[:-1] + 1.0 / step[1:])[good]
        walk[i] = (_TO_SIGMA * np.median(np.abs(normal))) ** 2
    return walk


def interpolation_variance_s2(
    slot: NDArray[np.int64],
    t_ns: NDArray[np.int64],
    offsets: NDArray[np.int64],
    grid_ns: NDArray[np.int64],
    joined: NDArray[np.bool_],
    walk: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Variance about its line of the clock of satellite ``slot`` [n] (negative: not in the table) at ``t_ns`` [n], float64[n]; NaN: no clock.

    Just outside the first and the last node, where the line is led on, it is q t (1 + t / T).
    """
    variance = np.full(len(slot), np.nan)
    for i in np.unique(slot[slot >= 0]).tolist():
        first, end = int(offsets[i]), int(offsets[i + 1])
        if end - first < 2:
            continue
        mine = np.flatnonzero(slot == i)
        grid = grid_ns[first:end]
        node = np.clip(np.searchsorted(grid, t_ns[mine], side="right") - 1, 0, len(grid) - 2)
        after, before = (t_ns[mine] - grid[node]) * 1e-9, (grid[node + 1] - t_ns[mine]) * 1e-9
        found = walk[i] * np.abs(after * before) / (after + before)
        on_node = (after == 0.0) | (before == 0.0)
        variance[mine] = np.where(joined[first:end][node] | on_node, found, np.nan)
    return variance
