"""Errors of the positions of one station in figures: shares, percentiles and the course through the day."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.scales import to_day
from armillary.core.table import Table

__all__ = ["PERCENTILES", "error_figures"]

PERCENTILES = (50, 95, 99)
_HOUR_NS = 3_600_000_000_000
Floats = NDArray[np.float64]


def error_figures(epochs: Table, member: str, observed: int) -> dict[str, Any]:
    """Figures of one member from the table of epochs (:func:`armillary.navigation.solution_tables.epoch_table`) of a day.

    ``solved_percent`` of ``observed`` epochs; ``h50_m`` to ``d399_m``: percentiles of horizontal, vertical and 3D errors; ``d3_rms_by_hour_m``: 24
    root mean squares by hour of GPS time. NaN where there is no truth or nothing was solved.
    """
    mine = epochs.where((epochs["member"] == member) & (epochs["flag"] == 0))
    errors = {"h": np.hypot(mine["east_m"], mine["north_m"]), "v": np.abs(mine["up_m"])}
    errors["d3"] = np.hypot(errors["h"], errors["v"])
    figures: dict[str, Any] = {"solved_percent": 100.0 * len(mine) / max(observed, 1)}
    for name, values in errors.items():
        figures |= {f"{name}{p}_m": _percentile(values, p) for p in PERCENTILES}
    hours = to_day(mine.epochs, "GPST")[1] // _HOUR_NS if mine.epochs is not None and len(mine) else np.empty(0, np.int64)
    return figures | {"d3_rms_by_hour_m": [_rms(errors["d3"][hours == hour]) for hour in range(24)]}


def _percentile(values: Floats, percent: int) -> float:
    known = values[np.isfinite(values)]
    return float(np.percentile(known, percent)) if len(known) else float("nan")


def _rms(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")
