"""Rotational deformation by polar motion (the solid Earth pole tide): IERS Conventions (2010), 7.1.4, with the secular pole of the update of 2018.

The ocean pole tide (7.1.5; 2 mm at most) needs a map of coefficients of 0.5 degrees that is not part of this package, and is left out.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.reference import Reference
from armillary.core.scales import earth_orientation_at

__all__ = ["pole_tide", "secular_pole_rad"]

Floats = NDArray[np.float64]

_ARCSECOND = np.pi / 648_000
_J2000_TAI_NS = 946_727_967_816_000_000
_RADIAL_M, _TRANSVERSE_M = 0.033, 0.009
"""Per arc second of polar motion, from h2 = 0.6207 and l2 = 0.0836."""


def secular_pole_rad(epochs: Epochs) -> tuple[Floats, Floats]:
    """The conventional secular pole, x and y, float64[n]: 55.0 + 1.677 (t - 2000) and 320.5 + 3.460 (t - 2000) milliarcseconds."""
    years = (epochs.tai_ns - _J2000_TAI_NS) / NS_PER_DAY / 365.25
    return (0.0550 + 0.001677 * years) * _ARCSECOND, (0.3205 + 0.003460 * years) * _ARCSECOND


def pole_tide(position_m: ArrayLike, epochs: Epochs, *, reference: Reference | None = None) -> Floats:
    """Displacement, float64[n, 3], Earth-fixed metres, of a station at ``position_m`` [3] (Earth-fixed).

    OutOfRangeError (mask) outside the Earth orientation table.
    """
    x, y, z = np.asarray(position_m, np.float64)
    orientation = earth_orientation_at(epochs, reference=reference)
    mean_x, mean_y = secular_pole_rad(epochs)
    m1, m2 = (orientation.xp_rad - mean_x) / _ARCSECOND, -(orientation.yp_rad - mean_y) / _ARCSECOND
    longitude, colatitude = np.arctan2(y, x), np.arctan2(np.hypot(x, y), z)
    along, across = m1 * np.cos(longitude) + m2 * np.sin(longitude), m1 * np.sin(longitude) - m2 * np.cos(longitude)
    up = -_RADIAL_M * np.sin(2 * colatitude) * along
    south = -_TRANSVERSE_M * np.cos(2 * colatitude) * along
    east = _TRANSVERSE_M * np.cos(colatitude) * across
    # Local axes of the sphere, as the coefficients are: those of the ellipsoid would turn 25 mm by 0.2 degrees.
    rotation = np.array(
        [
            [-np.sin(longitude), np.cos(longitude), 0.0],
            [np.cos(colatitude) * np.cos(longitude), np.cos(colatitude) * np.sin(longitude), -np.sin(colatitude)],
            [np.sin(colatitude) * np.cos(longitude), np.sin(colatitude) * np.sin(longitude), np.cos(colatitude)],
        ]
    )
    return np.asarray(np.stack([east, south, up], axis=1) @ rotation)
