"""Receiver velocity from Doppler, or from the change of phase where a receiver gives no Doppler."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.geodesy import from_enu
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.navigation.links import Links

kernels: Any = lazy_module("armillary.navigation.velocity_kernels")

__all__ = ["doppler_velocity", "range_rates"]

_EARTH_RATE_RAD_S = 7.2921151467e-5
_MEDIAN_OF_NORMAL = 0.6745
_LONGEST_STEP_S = 30.0
"""Epochs farther apart give a mean velocity that says little of the instant; at 30 s the third derivative of the range adds 3 mm/s."""


def range_rates(links: Links, *, ahead: bool = True) -> NDArray[np.float64]:
    """Observed range rate less that of a receiver at rest with a perfect clock, float64[n], m/s; NaN without Doppler and phase.

    Without Doppler the phases of the epochs before and after tell it; without looking ``ahead``, those of the epoch before and of this one, which is
    the mean velocity of the step.
    """
    rows = links.rows
    station = links.position_m[rows.epoch_of]
    toward = links.satellite_m - station
    unit = toward / np.linalg.norm(toward, axis=1, keepdims=True)
    at_rest = np.einsum("ij,ij->i", unit, links.satellite_m_s) - SPEED_OF_LIGHT_M_S * links.clock_drift_s_s
    # rate of the Sagnac term for a receiver at rest on the Earth
    at_rest += _EARTH_RATE_RAD_S / SPEED_OF_LIGHT_M_S * (links.satellite_m_s[:, 0] * station[:, 1] - links.satellite_m_s[:, 1] * station[:, 0])
    rates = rows.doppler_m_s - at_rest
    return np.asarray(np.where(np.isfinite(rates), rates, _phase_rates(links, at_rest, 2 if ahead else 1)), np.float64)


def _phase_rates(links: Links, at_rest: NDArray[np.float64], steps: int) -> NDArray[np.float64]:
    """Range rate less ``at_rest`` from phases one or two steps apart within one arc, in the middle or at the end, float64[n]; NaN at ends of arcs."""
    rows = links.rows
    rates = np.full(len(rows.sat), np.nan)
    if len(rows.epochs) <= steps or np.isfinite(rows.doppler_m_s).all():
        return rates
    order = np.lexsort((rows.epoch_of, rows.satellite_of))
    before, after = order[:-steps], order[steps:]
    arc, epoch = links.arc, rows.epoch_of
    time_s = rows.epochs.seconds_since(rows.epochs[0])
    span = time_s[epoch[after]] - time_s[epoch[before]]
    together = (arc[before] >= 0) & (arc[before] == arc[after]) & (epoch[after] - epoch[before] == steps) & (span <= steps * _LONGEST_STEP_S)
    with np.errstate(divide="ignore", invalid="ignore"):
        change = (rows.phase_m[after, 0] - rows.phase_m[before, 0]) / span
    here, modelled = (order[1:-1], at_rest[order[1:-1]]) if steps == 2 else (after, 0.5 * (at_rest[before] + at_rest[after]))
    rates[here[together]] = (change - modelled)[together]
    return rates


def doppler_velocity(links: Links, state: NDArray[np.uint8], rates_m_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Earth-fixed velocity of each epoch from the rows used (``state`` 0), float64[n_epochs, 3], m/s; NaN where it cannot be told.

    Wrong Dopplers are left out, one after another.
    """
    out, size = np.full((len(links.rows.epochs), 4), np.nan), np.full(len(state), np.nan)
    given = (links.rows.offsets, state, links.line, links.elevation_rad, rates_m_s)
    kernels.velocities(*given, np.inf, out, size)
    if np.isfinite(size).any():
        # receivers differ: the file says how noisy its Doppler usually is
        kernels.velocities(*given, float(np.nanmedian(size)) / _MEDIAN_OF_NORMAL, out, size)
    start = np.where(np.isnan(links.position_m), 6.4e6, links.position_m)
    return np.asarray(from_enu(out[:, :3], origin_m=start), np.float64)
