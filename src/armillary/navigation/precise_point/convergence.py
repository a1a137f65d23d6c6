"""How long a cold filter takes to become good, over many sessions of one file."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from armillary.navigation.precise_point.estimate import FilterOptions, Observed, solve
from armillary.navigation.precise_point.tables import errors_m

__all__ = ["LIMITS_M", "Convergence", "convergence"]

LIMITS_M = (0.30, 0.10, 0.05)
_STAY_S = 600.0
"""The error has to stay below a limit for so long."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Convergence:
    """Minutes until the 3D error stays below each of :data:`LIMITS_M` for ten minutes."""

    sessions: int
    median_min: tuple[float | None, ...]
    """Median over all sessions, one that never gets there counted as infinite; None where most never do."""
    reached: tuple[float, ...]
    """Share of sessions that get there."""
    since_s: Floats
    """float64[m], seconds since the start of a session."""
    error_m: Floats
    """float64[sessions, m], 3D errors, NaN where there is no position."""

    def share_m(self, percent: float) -> Floats:
        """The error that so many per cent of the sessions stay below, float64[m]: infinite for one without a position; NaN if too many have none."""
        if not self.sessions:
            return np.full(len(self.since_s), np.nan)
        worst = np.sort(np.where(np.isfinite(self.error_m), self.error_m, np.inf), axis=0)
        found = worst[min(int(np.ceil(percent / 100.0 * self.sessions)), self.sessions) - 1]
        return np.where(np.isfinite(found), found, np.nan)


def convergence(observed: Observed, options: FilterOptions, truth_m: Floats, *, hours: float, every_h: float = 1.0) -> Convergence:
    """Filters that start from nothing every ``every_h`` and run for ``hours``, as long as the file lasts."""
    time_s = observed.rows.time_s
    interval_s = _interval(time_s)
    count = max(round(hours * 3600.0 / interval_s), 1) if interval_s > 0.0 else 0
    since_s = interval_s * np.arange(count, dtype=np.float64)
    times, errors = [], []
    start = 0.0
    while len(time_s) and start + hours * 3600.0 <= time_s[-1] + interval_s + 1e-6:
        first, last = (int(i) for i in np.searchsorted(time_s, (start, start + hours * 3600.0)))
        if last > first:
            found = solve(observed, options, first=first, last=last)
            error = np.linalg.norm(errors_m(found, truth_m)[first:last], axis=1)
            times.append([_reached(time_s[first:last], error, limit) for limit in LIMITS_M])
            errors.append(_on_grid(time_s[first:last] - start, error, since_s))
        start += every_h * 3600.0
    if not times:
        return Convergence(0, (None,) * len(LIMITS_M), (0.0,) * len(LIMITS_M), since_s, np.empty((0, len(since_s))))
    table = np.array(times)
    middle = tuple(float(m) if isfinite(m) else None for m in np.median(table, axis=0))
    return Convergence(len(table), middle, tuple(float(r) for r in np.isfinite(table).mean(axis=0)), since_s, np.array(errors))


def _on_grid(since_s: Floats, error_m: Floats, grid_s: Floats) -> Floats:
    """Errors at the times of the grid, NaN where none was observed."""
    out = np.full(len(grid_s), np.nan)
    if len(grid_s) > 1:
        slot = np.rint(since_s / grid_s[1]).astype(np.int64)
        inside = slot < len(out)
        out[slot[inside]] = error_m[inside]
    return out


def _interval(time_s: Floats) -> float:
    return float(np.median(np.diff(time_s))) if len(time_s) > 1 else 0.0


def _reached(time_s: Floats, error_m: Floats, limit_m: float) -> float:
    """Minutes from the first epoch until the error begins to stay below a limit; infinite where it never does."""
    begun = inf
    for t, good in zip(time_s.tolist(), (error_m < limit_m).tolist(), strict=True):
        if not good:
            begun = inf
        elif begun == inf:
            begun = t
        elif t - begun >= _STAY_S - 1e-6:
            return float(begun - time_s[0]) / 60.0
    return inf
