"""What one system more brings to each combination: positions on the epochs that both solve, and geometry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.federation import Federation
from armillary.services._comparable import comparable
from armillary.services._station_day import StationAssessment
from armillary.services.availability import AvailabilityAnswer
from armillary.services.position import PositionAnswer

__all__ = ["additions"]

_ENOUGH = 20
"""A 95th percentile of fewer epochs says nothing."""


def additions(federation: Federation, stations: Sequence[StationAssessment], sky: AvailabilityAnswer | None) -> tuple[dict[str, Any], ...]:
    """A row per combination that was located and system that is not in it; none where only each alone and all together were.

    ``member`` and ``added``; ``gain_p95_3d``: how many times smaller the 3D 95 % error is on the epochs that both solve, median over the
    stations that compare; ``solved``: epochs gained at these together; ``mean_points`` and ``worst_points`` of the time with good geometry;
    ``gain_pdop``: how many times smaller the median PDOP is. NaN where nothing is known.
    """
    fair = comparable(stations)
    names = dict.fromkeys(str(name) for station in stations for name in station.position.summary["member"])
    if not set(names) - {str(member) for member in federation.alone_and_joint()}:
        return ()
    errors = [_errors(station.position) for station in fair.stations]
    geometry = {} if sky is None else {str(row["member"]): row for row in sky.summary.rows()}
    return tuple(_row(*step, errors, geometry) for step in _steps(federation, names))


def _steps(federation: Federation, names: dict[str, None]) -> Iterator[tuple[str, str, str]]:
    """Member, system added and both together, small members first."""
    for member in federation.subsets():
        for system in federation:
            together = "+".join(c.name for c in federation if c in member.constellations or c is system)
            if system not in member.constellations and str(member) in names and together in names:
                yield str(member), system.name, together


Errors = dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]


def _errors(position: PositionAnswer) -> Errors:
    """Member -> instants and 3D errors in metres of the epochs it solves."""
    table = position.epochs
    if table.epochs is None:
        return {}
    distance = np.sqrt(sum(table[axis] ** 2 for axis in ("east_m", "north_m", "up_m")))
    solved = (table["flag"] == 0) & np.isfinite(distance)
    return {
        str(name): (table.epochs.tai_ns[mine], distance[mine]) for name in position.summary["member"] for mine in [solved & (table["member"] == name)]
    }


def _row(member: str, added: str, together: str, stations: Sequence[Errors], geometry: dict[str, Any]) -> dict[str, Any]:
    gains = [_gain(errors[member], errors[together]) for errors in stations if member in errors and together in errors]
    before, after = geometry.get(member), geometry.get(together)
    points = {"mean_points": "mean_percent", "worst_points": "worst_percent"}
    return {
        "member": member,
        "added": added,
        "gain_p95_3d": float(np.median(known)) if (known := [gain for gain, _ in gains if isfinite(gain)]) else nan,
        "solved": sum(count for _, count in gains),
        **{name: nan if before is None or after is None else after[column] - before[column] for name, column in points.items()},
        "gain_pdop": nan if before is None or after is None or not isfinite(before["median_pdop"]) else before["median_pdop"] / after["median_pdop"],
    }


def _gain(one: tuple[NDArray[np.int64], NDArray[np.float64]], other: tuple[NDArray[np.int64], NDArray[np.float64]]) -> tuple[float, int]:
    """By how much the errors of the other are smaller on the instants of both, and how many instants it has more."""
    _, mine, its = np.intersect1d(one[0], other[0], assume_unique=True, return_indices=True)
    if len(mine) < _ENOUGH:
        return nan, len(other[0]) - len(one[0])
    before, after = np.percentile(one[1][mine], 95), np.percentile(other[1][its], 95)
    return float(before / after) if after > 0.0 else nan, len(other[0]) - len(one[0])
