"""How a station's reception went through the day: every five minutes what was usual there and what was not.

Each row of observations is held against what is usual at the station for the same signal at the same elevation, and for the same satellite, so that
satellites that rise, set or send more power change nothing; and the middle of all satellites is taken, so that one satellite changes nothing either.
Without orbits nothing is usual: only slips are counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.table import Table
from armillary.monitoring.quality_signals import SignalTrack
from armillary.monitoring.sky_view import Instants

__all__ = ["COURSE_STEP_S", "Tracked", "course"]

COURSE_STEP_S = 300.0
_BIN_DEG = 5
_FEWEST = 20
"""Observations of a signal in a bin of elevation that make something usual."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tracked:
    """One signal of one system at the station; n rows."""

    constellation: str
    track: SignalTrack
    satellite_of: NDArray[np.int64]
    instant_of: NDArray[np.int64]
    counted: NDArray[np.bool_]
    """bool[n], above the mask."""
    elevation_rad: Floats
    """float64[n], NaN where not known."""


def course(signals: Iterable[Tracked], instants: Instants) -> Table:
    """A row per signal and five minutes in which it was received above the mask.

    Rows and satellites received, slips and satellites that slipped, C/N0 less the usual (dB), size of code multipath over the usual and in metres
    (medians); ``tai_ns`` and ``end_tai_ns`` are the first and last instant.
    """
    stride = max(1, round(COURSE_STEP_S / instants.interval_s)) if instants.interval_s > 0 else 1
    parts = [columns for signal in signals if (columns := _signal(signal, instants, stride)) is not None]
    return Table({name: np.concatenate([part[name] for part in parts]) if parts else np.empty(0) for name in _COLUMNS})


_COLUMNS = (
    *("constellation", "signal", "tai_ns", "end_tai_ns", "observed", "satellites", "slips", "slipped"),
    *("cn0_change_db", "mp_ratio", "mp_median_m"),
)


def _signal(tracked: Tracked, instants: Instants, stride: int) -> dict[str, NDArray[Any]] | None:
    """The columns of one signal, None where it was not received."""
    signal = tracked.track.signal
    used = np.flatnonzero(signal.received & tracked.counted)
    if not len(used):
        return None
    level = np.nan_to_num(np.degrees(tracked.elevation_rad[used]) // _BIN_DEG, nan=-1.0).astype(np.int64)
    satellite, slipped = tracked.satellite_of[used].astype(np.int64), tracked.track.slipped[used]
    strength = signal.strength_dbhz[used]
    size = np.abs(tracked.track.multipath_m[used])
    change = strength - _usual(strength, level)
    change -= _usual(change, satellite)
    with np.errstate(divide="ignore", invalid="ignore"):  # codes without any noise exist in simulations
        ratio = size / _usual(size, level)
        ratio /= _usual(ratio, satellite)
    bins, span = np.unique(tracked.instant_of[used] // stride, return_inverse=True)
    n = len(bins)
    first, last = bins * stride, np.minimum((bins + 1) * stride, len(instants.all)) - 1
    return {
        "constellation": np.full(n, tracked.constellation),
        "signal": np.full(n, signal.name),
        "tai_ns": instants.all.tai_ns[first],
        "end_tai_ns": instants.all.tai_ns[last],
        "observed": np.bincount(span, minlength=n),
        "satellites": _different(span, satellite, n),
        "slips": np.bincount(span[slipped], minlength=n),
        "slipped": _different(span[slipped], satellite[slipped], n),
        "cn0_change_db": _medians(change, span, n)[0],
        "mp_ratio": _medians(ratio, span, n)[0],
        "mp_median_m": _medians(size, span, n)[0],
    }


def _different(span: NDArray[np.int64], satellite: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """How many satellites there are in each span, int64[n]."""
    most = int(satellite.max(initial=0)) + 1
    return np.bincount(np.unique(span * most + satellite) // most, minlength=n)


def _usual(values: Floats, level: NDArray[np.int64]) -> Floats:
    """For each row the median of all rows at its level; NaN where there are few, or where the level is not known (below 0)."""
    known = level >= 0
    n = int(level.max(initial=0)) + 1
    median, count = _medians(values[known], level[known], n)
    median[count < _FEWEST] = np.nan
    out = np.full(len(values), np.nan)
    out[known] = median[level[known]]
    return out


def _medians(values: Floats, key: NDArray[np.int64], n: int) -> tuple[Floats, NDArray[np.int64]]:
    """Median of the finite values of each key, float64[n] (NaN for none), and their number."""
    finite = np.isfinite(values)
    value, of = values[finite], key[finite].astype(np.int16 if n < 2**15 else np.int64)  # short keys are sorted fastest
    by_value = np.argsort(value)
    order = by_value[np.argsort(of[by_value], kind="stable")]
    count = np.bincount(of, minlength=n)
    there = np.flatnonzero(count)
    start = (np.cumsum(count) - count)[there]
    out = np.full(n, np.nan)
    out[there] = 0.5 * (value[order[start + (count[there] - 1) // 2]] + value[order[start + count[there] // 2]])
    return out, count
