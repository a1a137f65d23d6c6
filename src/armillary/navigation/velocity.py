"""Receiver velocity from Doppler."""

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


def range_rates(links: Links) -> NDArray[np.float64]:
    """Observed range rate less that of a receiver at rest with a perfect clock, float64[n], m/s; NaN without Doppler."""
    rows = links.rows
    station = links.position_m[rows.epoch_of]
    toward = links.satellite_m - station
    unit = toward / np.linalg.norm(toward, axis=1, keepdims=True)
    computed = np.einsum("ij,ij->i", unit, links.satellite_m_s)
    # rate of the Sagnac term for a receiver at rest on the Earth
    computed += _EARTH_RATE_RAD_S / SPEED_OF_LIGHT_M_S * (links.satellite_m_s[:, 0] * station[:, 1] - links.satellite_m_s[:, 1] * station[:, 0])
    return np.asarray(rows.doppler_m_s - computed + SPEED_OF_LIGHT_M_S * links.clock_drift_s_s, np.float64)


def doppler_velocity(links: Links, state: NDArray[np.uint8], rates_m_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Earth-fixed velocity of each epoch from the rows used (``state`` 0), float64[n_epochs, 3], m/s; NaN where it cannot be told."""
    out = np.full((len(links.rows.epochs), 4), np.nan)
    kernels.velocities(links.rows.offsets, state, links.line, links.elevation_rad, rates_m_s, out)
    start = np.where(np.isnan(links.position_m), 6.4e6, links.position_m)
    return np.asarray(from_enu(out[:, :3], origin_m=start), np.float64)
