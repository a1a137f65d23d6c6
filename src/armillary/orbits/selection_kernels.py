"""Which broadcast message serves an instant.

Rows of one satellite and one kind are a run sorted by reference time, then transmission time. ``limits`` holds, per row in nanoseconds, how long
before and after its reference the message serves, and the age at which it fits best.
"""

from __future__ import annotations

from armillary.jit import njit

__all__ = ["latest_transmitted", "nearest", "select"]


@njit(cache=True, nogil=True)
def nearest(start, end, t, reference, limits):
    """The row of start..end that serves ``t`` with the age nearest to its best one (the latest issue among equals), or -1."""
    target = t - limits[start, 2]
    low, high = start, end
    while low < high:
        middle = (low + high) >> 1
        if reference[middle] <= target:
            low = middle + 1
        else:
            high = middle
    best, cost = -1, 0
    if low > start:
        age = t - reference[low - 1]
        if -limits[low - 1, 0] <= age <= limits[low - 1, 1]:
            best, cost = low - 1, target - reference[low - 1]
    if low < end:
        while low + 1 < end and reference[low + 1] == reference[low]:
            low += 1
        age = t - reference[low]
        if -limits[low, 0] <= age <= limits[low, 1] and (best < 0 or reference[low] - target < cost):
            best = low
    return best


@njit(cache=True, nogil=True)
def latest_transmitted(start, end, t, reference, transmission, limits):
    """The row of start..end transmitted last at or before ``t`` that still serves it, or -1: what a real-time user had."""
    best = -1
    for row in range(start, end):
        age = t - reference[row]
        if transmission[row] <= t and -limits[row, 0] <= age <= limits[row, 1] and (best < 0 or transmission[row] >= transmission[best]):
            best = row
    return best


@njit(cache=True, nogil=True)
def select(slot, t, runs, reference, transmission, limits, causal):
    """The row that serves satellite ``slot`` at ``t``, kinds tried in order of preference; -1 where it has no message, -2 where none serves."""
    found = -1
    for rank in range(runs.shape[1]):
        start, end = runs[slot, rank, 0], runs[slot, rank, 1]
        if start == end:
            continue
        row = latest_transmitted(start, end, t, reference, transmission, limits) if causal else nearest(start, end, t, reference, limits)
        if row >= 0:
            return row
        found = -2
    return found
