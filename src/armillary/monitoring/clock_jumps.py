"""Jumps of a receiver's clock: all satellites at once, in the codes alone or in codes and phases together.

A receiver that keeps its clock near system time by whole milliseconds either moves only its codes (then code minus phase jumps, the same for every
satellite) or codes and phases alike (then only the course of the codes shows it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.monitoring.quality_rows import SystemRows

__all__ = ["ClockJumps", "clock_jumps"]

LEAST_SATELLITES = 4
AGREEING = 0.8
"""Share of the satellites that must tell the same jump: a slip is one satellite's, a reset of all phases differs from satellite to satellite."""
LEAST_JUMP_M = 30.0
"""0.1 microseconds: above code noise and multipath, below anything a receiver corrects on purpose."""
SPREAD_M = 10.0
MILLISECOND_M = 1e-3 * SPEED_OF_LIGHT_M_S
WHOLE = 1e-3
"""A jump that is a whole number of milliseconds within this share of one is taken as exactly that."""
ROUGHLY_WHOLE = 0.2
"""The same for jumps seen in the course of the codes, which the change of the range rate and of the satellites in view blurs by some 20 km."""
LONGEST_STEP_S = 60.0
"""Over longer steps the range itself changes too unevenly to show a jump of codes and phases together."""
NEIGHBOURS = 3
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ClockJumps:
    """k jumps in ascending order."""

    instant: NDArray[np.int64]
    """int64[k], index of the first instant after the jump."""
    jump_s: Floats
    """float64[k], what was added to the pseudoranges, in seconds."""
    with_phase: NDArray[np.bool_]
    """bool[k], whether the phases jumped too."""

    def code_offset_m(self, n: int) -> Floats:
        """Sum of the jumps that phases did not follow, float64[n] per instant: subtract it from codes to join them."""
        steps = np.zeros(n)
        alone = ~self.with_phase
        steps[self.instant[alone]] = self.jump_s[alone] * SPEED_OF_LIGHT_M_S
        return np.cumsum(steps)


def clock_jumps(systems: Sequence[SystemRows], n_instants: int, interval_s: float) -> ClockJumps:
    """Every jump between neighbouring instants at which four or more satellites were received."""
    steps = [_steps(rows) for rows in systems if rows.signals]
    instant = np.concatenate([np.empty(0, np.int64), *(s[0] for s in steps)])
    range_m = np.concatenate([np.empty(0), *(s[1] for s in steps)])
    against_m = np.concatenate([np.empty(0), *(s[2] for s in steps)])
    at, size = _alone(instant, against_m, n_instants)
    both_at, both_size = _together(instant, range_m, n_instants) if interval_s <= LONGEST_STEP_S else (at[:0], size[:0])
    fresh = ~np.isin(both_at, at)
    where = np.concatenate([at, both_at[fresh]])
    order = np.argsort(where, kind="stable")
    flags = np.concatenate([np.zeros(len(at), np.bool_), np.ones(int(fresh.sum()), np.bool_)])
    return ClockJumps(where[order], np.concatenate([size, both_size[fresh]])[order], flags[order])


def _steps(rows: SystemRows) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Between neighbouring instants of each satellite: instant after, change of the code, change of code less phase (metres)."""
    signal = max(rows.signals, key=lambda s: int(np.isfinite(s.code_m + s.phase_m).sum()))
    first, second = rows.order[:-1], rows.order[1:]
    near = (rows.satellite_of[first] == rows.satellite_of[second]) & (rows.instant_of[second] - rows.instant_of[first] == 1)
    first, second = first[near], second[near]
    change = signal.code_m[second] - signal.code_m[first]
    against = change - (signal.phase_m[second] - signal.phase_m[first])
    there = np.isfinite(against)
    return rows.instant_of[second][there], change[there], against[there]


def _medians(instant: NDArray[np.int64], values: Floats, n: int) -> tuple[Floats, NDArray[np.int64]]:
    """Middle value at each instant, float64[n] (NaN for none), and how many there were."""
    order = np.lexsort((values, instant))
    count = np.bincount(instant, minlength=n)
    start = np.cumsum(count) - count
    out = np.full(n, np.nan)
    there = count > 0
    out[there] = values[order][(start + count // 2)[there]]
    return out, count


def _alone(instant: NDArray[np.int64], against_m: Floats, n: int) -> tuple[NDArray[np.int64], Floats]:
    middle, count = _medians(instant, against_m, n)
    agree = np.bincount(instant[np.abs(against_m - middle[instant]) < SPREAD_M], minlength=n)
    found = (count >= LEAST_SATELLITES) & (agree >= AGREEING * count) & (np.abs(np.nan_to_num(middle)) > LEAST_JUMP_M)
    at = np.flatnonzero(found)
    whole = np.rint(middle[at] / MILLISECOND_M)
    exact = (whole != 0) & (np.abs(middle[at] / MILLISECOND_M - whole) < WHOLE)
    return at, np.where(exact, 1e-3 * whole, middle[at] / SPEED_OF_LIGHT_M_S)


def _together(instant: NDArray[np.int64], range_m: Floats, n: int) -> tuple[NDArray[np.int64], Floats]:
    middle, count = _medians(instant, range_m, n)
    known = np.flatnonzero(count >= LEAST_SATELLITES)
    if len(known) <= 2 * NEIGHBOURS:
        return known[:0], middle[:0]
    course = np.pad(middle[known], NEIGHBOURS, mode="reflect")
    usual = np.median(np.lib.stride_tricks.sliding_window_view(course, 2 * NEIGHBOURS + 1), axis=1)
    jump = (middle[known] - usual) / MILLISECOND_M
    whole = np.rint(jump)
    found = (whole != 0) & (np.abs(jump - whole) < ROUGHLY_WHOLE)
    return known[found], 1e-3 * whole[found]
