"""Tabulated orbits and clocks: Lagrange interpolation with analytic velocity, linear clocks, nothing across gaps.

Nodes of all satellites stand one after another; those of satellite ``slot`` are ``offsets[slot]`` to ``offsets[slot + 1]``. ``left`` and ``right``
bound, for every node, the stretch without a gap it belongs to (node numbers, right excluded).
"""

from __future__ import annotations

from math import isnan

import numpy as np

from armillary.jit import njit
from armillary.orbits.flag_kernels import BAD_INPUT, NO_CLOCK, NO_DATA, STALE

__all__ = ["evaluate", "lagrange", "locate"]

C2 = 299_792_458.0**2
_CLOCK_REACH_NS = 1_000_000_000
"""A signal received at the first node left 0.07 s (0.13 s from geosynchronous orbits) before it: a clock may be led on so far, and no farther."""


@njit(cache=True, nogil=True)
def locate(grid, start, end, t, step):
    """The last of start..end whose ``grid`` value is at or before ``t`` (start - 1: none); ``step`` is the usual spacing, for a first guess."""
    if t < grid[start]:
        return start - 1
    guess = min(start + (t - grid[start]) // step, end - 1)
    if grid[guess] <= t and (guess + 1 == end or grid[guess + 1] > t):
        return guess
    low, high = start, end
    while low < high:
        middle = (low + high) >> 1
        if grid[middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low - 1


@njit(cache=True, nogil=True, error_model="numpy")
def lagrange(start, count, t, fraction_s, grid, xyz, before, before_rate, value, rate):
    """Fill ``value`` and ``rate`` [3] with the polynomial through nodes start..start + count at ``t`` ns + ``fraction_s``, and its derivative.

    Products of (x - x_k) before and after each node give basis functions and derivatives without a division, so nothing is singular at a node.
    ``before`` and ``before_rate`` are work space [>= count].
    """
    scale = (grid[start + count - 1] - grid[start]) * 1e-9 / (count - 1)
    x = ((t - grid[start]) * 1e-9 + fraction_s) / scale
    product, product_rate = 1.0, 0.0
    for k in range(count):
        before[k], before_rate[k] = product, product_rate
        d = x - (grid[start + k] - grid[start]) * 1e-9 / scale
        product_rate = product_rate * d + product
        product *= d
    after, after_rate = 1.0, 0.0
    for axis in range(3):
        value[axis] = 0.0
        rate[axis] = 0.0
    for k in range(count - 1, -1, -1):
        xk = (grid[start + k] - grid[start]) * 1e-9 / scale
        weight = 1.0
        for j in range(count):
            if j != k:
                weight *= xk - (grid[start + j] - grid[start]) * 1e-9 / scale
        basis = before[k] * after / weight
        slope = (before_rate[k] * after + before[k] * after_rate) / (weight * scale)
        for axis in range(3):
            value[axis] += basis * xyz[start + k, axis]
            rate[axis] += slope * xyz[start + k, axis]
        d = x - xk
        after_rate = after_rate * d + after
        after *= d


@njit(cache=True, nogil=True)
def _window(node, t, grid, left, right, most, least):
    """First node and number of nodes for an instant in the stretch of ``node``: centred, fewer at an edge, never fewer than ``least``."""
    first, last = left[node], right[node]
    nearest = node
    if node + 1 < last and t - grid[node] > grid[node + 1] - t:
        nearest = node + 1
    half = most // 2
    room = min(nearest - first, last - 1 - nearest)
    count = most if room >= half else max(least, min(most, 2 * room + 1))
    count = min(count, last - first)
    start = min(max(nearest - count // 2, first), last - count)
    return start, count


@njit(cache=True, nogil=True, error_model="numpy")
def _clock(slot, t, delay, offsets, grid, bias, joined, step):
    """Clock and drift at ``t`` ns - ``delay``, linear between two nodes that belong together; NaN elsewhere.

    Up to ``_CLOCK_REACH_NS`` before the first and behind the last node the drift of the neighbouring interval leads on.
    """
    start, end = offsets[slot], offsets[slot + 1]
    if start == end:
        return np.nan, np.nan
    at = t - int(delay * 1e9)
    node = locate(grid, start, end, at, step)
    if node < start and grid[start] - at <= _CLOCK_REACH_NS:
        node = start
    elif node + 1 == end and node > start and joined[node - 1] and at - grid[node] <= _CLOCK_REACH_NS:
        node -= 1
    if node < start:
        return np.nan, np.nan
    if node + 1 == end or not joined[node]:
        if at == grid[node]:
            return bias[node], np.nan
        return np.nan, np.nan
    drift = (bias[node + 1] - bias[node]) / ((grid[node + 1] - grid[node]) * 1e-9)
    return bias[node] + drift * ((t - grid[node]) * 1e-9 - delay), drift


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate(
    sat,
    t_ns,
    delay_s,
    at_transmission,
    slot_of,
    offsets,
    grid,
    left,
    right,
    xyz,
    step,
    limits,
    clock_offsets,
    clock_grid,
    bias,
    joined,
    clock_step,
    pos,
    vel,
    clock,
    rate,
    flag,
    age,
):
    """Fill the outputs of every row whose satellite has a slot here. ``limits``: most nodes, fewest nodes, nanoseconds of extrapolation allowed."""
    most, least, beyond = limits
    before, before_rate = np.empty(most), np.empty(most)
    value, slope = np.empty(3), np.empty(3)
    for i in range(sat.shape[0]):
        slot = slot_of[sat[i]]
        if slot < 0:
            continue
        delay = delay_s[i] if at_transmission else 0.0
        if isnan(delay):
            flag[i] = BAD_INPUT
            continue
        start, end = offsets[slot], offsets[slot + 1]
        if start == end:
            flag[i] = NO_DATA
            continue
        own, drift = _clock(slot, t_ns[i], delay, clock_offsets, clock_grid, bias, joined, clock_step)
        if at_transmission and not isnan(own):
            delay += own
            own, drift = _clock(slot, t_ns[i], delay, clock_offsets, clock_grid, bias, joined, clock_step)
        t = t_ns[i] - int(delay * 1e9)
        node = locate(grid, start, end, t, step)
        if node < start:
            node = start
        # Outside the stretch of this node: within reach of its end, or of the start of the next one.
        if t > grid[node] and node + 1 == right[node] and node + 1 < end and grid[node + 1] - t <= beyond:
            node += 1
        if right[node] - left[node] < least or t > grid[right[node] - 1] + beyond or t < grid[left[node]] - beyond:
            flag[i] = STALE
            continue
        first, count = _window(node, t, grid, left, right, most, least)
        lagrange(first, count, t_ns[i], -delay, grid, xyz, before, before_rate, value, slope)
        relativity = -2.0 * (value[0] * slope[0] + value[1] * slope[1] + value[2] * slope[2]) / C2
        shift = relativity if at_transmission else 0.0
        for axis in range(3):
            pos[i, axis] = value[axis] - slope[axis] * shift
            vel[i, axis] = slope[axis]
        clock[i] = own + relativity
        rate[i] = drift
        flag[i] = NO_CLOCK if isnan(own) else 0
        nearest = node
        if node + 1 < right[node] and t - grid[node] > grid[node + 1] - t:
            nearest = node + 1
        age[i] = (t_ns[i] - grid[nearest]) * 1e-9 - delay
