"""Range errors of a day in the words of performance standards: figures that :func:`~armillary.monitoring.standards.verdicts` takes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from armillary.core.registry import constellations
from armillary.core.table import Table

__all__ = ["range_errors"]

_LEAST_EPOCHS = 20
"""Of a satellite: with fewer, one epoch alone is more than five per cent."""
_LEAST_SATELLITES = 4
"""Of a constellation at an epoch: fewer give no position."""
_NOT_IN_USE = ("no message", "stale", "unhealthy")


def range_errors(series: Table) -> dict[tuple[str, str], float]:
    """System and quantity -> value, from the rows of a signal-in-space comparison (its ``series``).

    Of several precise products the one that compares most rows counts. An error beyond the outlier limits of the comparison is as bad as any: it is
    taken as infinite. For each system (``sisre`` is the root mean square over the users who see a satellite, metres):

    ``sisre_satellite_p95_m``
        95 % of each satellite's errors are no larger; the worst satellite.
    ``sisre_pooled_p95_m``
        The same over all satellites and epochs in one.
    ``sisre_constellation_p95_m``
        The same for the root mean square over the satellites of an epoch.
    ``satellites_operational``
        Satellites that a healthy, current message was received of, median over the epochs.

    Quantities without enough data are left out.
    """
    compared = series["status"] == "compared" if len(series) else np.zeros(0, np.bool_)
    if not compared.any():
        return {}
    products, count = np.unique(series["reference"][compared], return_counts=True)
    rows = series.where(series["reference"] == products[count.argmax()])
    letters = rows["sat"].astype("U1")
    found: dict[tuple[str, str], float] = {}
    for constellation in constellations().values():
        mine = rows.where(letters == constellation.letter)
        if len(mine):
            found |= {(constellation.name, quantity): value for quantity, value in _of_system(mine).items()}
    return found


def _of_system(rows: Table) -> dict[str, float]:
    status = rows["status"]
    out = {}
    in_use = ~np.isin(status, _NOT_IN_USE)
    epochs, epoch = np.unique(rows["tai_ns"], return_inverse=True)
    out["satellites_operational"] = float(np.median(np.bincount(epoch[in_use], minlength=len(epochs))))
    judged = (status == "compared") | (status == "outlier")
    if judged.sum() < _LEAST_EPOCHS:
        return out
    error_m = np.where(status == "outlier", np.inf, rows["sisre_m"])[judged]
    out["sisre_pooled_p95_m"] = _p95(error_m)
    _, satellite = np.unique(rows["sat"][judged], return_inverse=True)
    each = [error_m[satellite == i] for i in np.flatnonzero(np.bincount(satellite) >= _LEAST_EPOCHS)]
    if each:
        out["sisre_satellite_p95_m"] = max(map(_p95, each))
    satellites = np.bincount(epoch[judged], minlength=len(epochs))
    full = satellites >= _LEAST_SATELLITES
    if full.sum() >= _LEAST_EPOCHS:
        squares = np.bincount(epoch[judged], error_m**2, len(epochs))
        out["sisre_constellation_p95_m"] = _p95(np.sqrt(squares[full] / satellites[full]))
    return out


def _p95(values: NDArray[np.float64]) -> float:
    """The smallest value that 95 % do not exceed (no interpolation: it may be infinite)."""
    return float(np.quantile(values, 0.95, method="inverted_cdf"))
