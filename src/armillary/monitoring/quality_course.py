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
    rows = [row for signal in signals for row in _signal(signal, instants, stride)]
    return Table({name: np.array([row[name] for row in rows], None if rows else np.float64) for name in _COLUMNS})


_COLUMNS = (
    *("constellation", "signal", "tai_ns", "end_tai_ns", "observed", "satellites", "slips", "slipped"),
    *("cn0_change_db", "mp_ratio", "mp_median_m"),
)


def _signal(tracked: Tracked, instants: Instants, stride: int) -> list[dict[str, Any]]:
    signal = tracked.track.signal
    used = np.flatnonzero(signal.received & tracked.counted)
    if not len(used):
        return []
    level = np.nan_to_num(np.degrees(tracked.elevation_rad[used]) // _BIN_DEG, nan=-1.0).astype(np.int64)
    satellite, slipped = tracked.satellite_of[used], tracked.track.slipped[used]
    strength = signal.strength_dbhz[used]
    size = np.abs(tracked.track.multipath_m[used])
    change = strength - _usual(strength, level)
    change -= _usual(change, satellite)
    with np.errstate(divide="ignore", invalid="ignore"):  # codes without any noise exist in simulations
        ratio = size / _usual(size, level)
        ratio /= _usual(ratio, satellite)
    bins = tracked.instant_of[used] // stride
    order = np.argsort(bins, kind="stable")
    edges = np.flatnonzero(np.diff(bins[order], prepend=-1, append=-1))
    last = len(instants.all) - 1
    out = []
    for a, b in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        mine = order[a:b]
        first = int(bins[mine[0]]) * stride
        out.append(
            {
                "constellation": tracked.constellation,
                "signal": signal.name,
                "tai_ns": int(instants.all.tai_ns[first]),
                "end_tai_ns": int(instants.all.tai_ns[min(first + stride - 1, last)]),
                "observed": b - a,
                "satellites": len(np.unique(satellite[mine])),
                "slips": int(slipped[mine].sum()),
                "slipped": len(np.unique(satellite[mine][slipped[mine]])),
                "cn0_change_db": _median(change[mine]),
                "mp_ratio": _median(ratio[mine]),
                "mp_median_m": _median(size[mine]),
            }
        )
    return out


def _usual(values: Floats, level: NDArray[np.int64]) -> Floats:
    """For each row the median of all rows at its level; NaN where there are few, or where the level is not known (below 0)."""
    out = np.full(len(values), np.nan)
    known = np.isfinite(values)
    for k in np.unique(level[known & (level >= 0)]).tolist():
        same = level == k
        if (same & known).sum() >= _FEWEST:
            out[same] = np.median(values[same & known])
    return out


def _median(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else float("nan")
