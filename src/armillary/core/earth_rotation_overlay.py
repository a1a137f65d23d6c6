"""Earth rotation of one product laid over a table of Earth orientation: pole and UT1 that belong to the orbits, on the days they cover.

What is laid over is the difference between the product and the table at the epochs of the product (mostly noon), on a straight line between two of
them and along the difference of the rates for half a day before the first and after the last. A day further it is held, so that cubics through
four nights of the table meet the product at noon: within 25 microarcseconds and 5 microseconds on a week of the IGS, which is how much neighbouring
days of such a product scatter.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.earth_rotation_series import EarthRotationSeries
from armillary.core.epochs import NS_PER_DAY
from armillary.core.reference import Reference
from armillary.core.scales import earth_orientation_at, to_day
from armillary.errors import InputError, OutOfRangeError

__all__ = ["with_series"]

Floats = NDArray[np.float64]

_HALF_DAY, _HELD_DAYS = 0.5, 1.0
_SECONDS = 86_400.0
_MOST_POLE_RAD, _MOST_UT1_S = np.pi / 648_000 * 0.05, 0.02
"""Predictions of a year err by as much; more is another quantity, unit or day."""


def with_series(reference: Reference, series: EarthRotationSeries) -> Reference:
    """``reference`` with the pole and UT1 of ``series`` on its days. InputError where the two contradict each other or have no day in common."""
    table = reference.earth_orientation
    good = np.isfinite(series.x_pole_rad) & np.isfinite(series.y_pole_rad)
    if not good.any():
        raise InputError(f"{series.path}: no epoch with a pole")
    epochs = series.epochs[good]
    try:
        known = earth_orientation_at(epochs, reference=reference)
        before, after = (earth_orientation_at(epochs.shifted(side * 3600.0), reference=reference) for side in (-1, 1))
    except OutOfRangeError as error:
        raise InputError(f"{series.path}: {error}") from None
    day, ns = to_day(epochs, "UTC", reference=reference)
    at = day + ns / NS_PER_DAY
    xp, yp = series.x_pole_rad[good] - known.xp_rad, series.y_pole_rad[good] - known.yp_rad
    ut1 = series.ut1_minus_utc_s[good] - known.ut1_minus_utc_s
    x_rate = series.x_pole_rate_rad_s[good] - (after.xp_rad - before.xp_rad) / 7200.0
    y_rate = series.y_pole_rate_rad_s[good] - (after.yp_rad - before.yp_rad) / 7200.0
    if max(np.abs(xp).max(), np.abs(yp).max()) > _MOST_POLE_RAD or (np.isfinite(ut1).any() and np.nanmax(np.abs(ut1)) > _MOST_UT1_S):
        raise InputError(f"{series.path}: pole or UT1 are not those of these days ({table.source} differs by more than 50 mas or 20 ms)")
    near = np.abs(table.day[:, None] - at[None, :]).min(axis=1) <= _HALF_DAY + _HELD_DAYS
    return replace(
        reference,
        earth_orientation_table=replace(
            table,
            xp_rad=table.xp_rad + _laid(table.day, near, at, xp, x_rate * _SECONDS),
            yp_rad=table.yp_rad + _laid(table.day, near, at, yp, y_rate * _SECONDS),
            ut1_minus_utc_s=table.ut1_minus_utc_s + _laid(table.day, near, at, ut1, np.zeros(len(at))),
            source=f"{series.path} over {table.source}",
        ),
    )


def _laid(day: NDArray[np.int64], near: NDArray[np.bool_], at: Floats, difference: Floats, rate_day: Floats) -> Floats:
    """What to add to the table at each of its days."""
    out = np.zeros(len(day))
    known = np.isfinite(difference)
    if not known.any():
        return out
    at, difference, rate = at[known], difference[known], np.nan_to_num(rate_day[known])
    t = day[near].astype(np.float64)
    value = np.interp(t, at, difference)
    value += np.where(t < at[0], np.maximum(t - at[0], -_HALF_DAY) * rate[0], 0.0)
    value += np.where(t > at[-1], np.minimum(t - at[-1], _HALF_DAY) * rate[-1], 0.0)
    out[near] = value
    return out
