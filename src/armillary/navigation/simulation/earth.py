"""The simulated Earth: rotation, shape, Sun and Moon. Written apart from the library's own frames, geodesy and constants on purpose.

The Earth turns uniformly about a fixed pole; precession, nutation, polar motion and tides are left out (they cancel: satellites and stations
live in the same world). Angles in radians, lengths in metres, times in seconds.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "EARTH_RADIUS_M",
    "EARTH_RATE_RAD_S",
    "J2",
    "LIGHT_SPEED_M_S",
    "MU_M3_S2",
    "east_north_up",
    "moon_position_m",
    "position_m",
    "rotate_z",
    "rotation_angle_rad",
    "sun_position_m",
]

Array = NDArray[np.float64]

LIGHT_SPEED_M_S = 299_792_458.0
MU_M3_S2 = 3.986004418e14
EARTH_RADIUS_M = 6_378_137.0
FLATTENING = 1.0 / 298.257223563
EARTH_RATE_RAD_S = 7.2921151467e-5
J2 = 1.0826257e-3


def rotation_angle_rad(days_since_j2000: float, t_s: ArrayLike) -> Array:
    """Angle from the inertial x axis to the prime meridian ``t_s`` seconds after an instant given in days since 2000-01-01T12:00.

    The angle at that instant is the Earth rotation angle of the IERS Conventions (2010), eq. 5.15, with UT1 = UTC.
    """
    start = 2.0 * np.pi * ((0.7790572732640 + 1.00273781191135448 * days_since_j2000) % 1.0)
    return np.asarray(start + EARTH_RATE_RAD_S * np.asarray(t_s, np.float64))


def rotate_z(vector: Array, angle_rad: ArrayLike) -> Array:
    """``vector`` [..., 3] turned counter-clockwise by ``angle_rad`` [...] about z (Earth-fixed to inertial for the rotation angle)."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    x, y, z = vector[..., 0], vector[..., 1], vector[..., 2]
    return np.stack(np.broadcast_arrays(c * x - s * y, s * x + c * y, z), axis=-1)


def position_m(latitude_rad: float, longitude_rad: float, height_m: float) -> Array:
    """Earth-fixed position [3] of geodetic coordinates on the WGS 84 ellipsoid."""
    e2 = FLATTENING * (2.0 - FLATTENING)
    n = EARTH_RADIUS_M / np.sqrt(1.0 - e2 * np.sin(latitude_rad) ** 2)
    across = (n + height_m) * np.cos(latitude_rad)
    return np.array([across * np.cos(longitude_rad), across * np.sin(longitude_rad), (n * (1.0 - e2) + height_m) * np.sin(latitude_rad)])


def east_north_up(latitude_rad: float, longitude_rad: float) -> Array:
    """Rows are the unit vectors east, north, up [3, 3] in Earth-fixed axes."""
    sp, cp, sl, cl = np.sin(latitude_rad), np.cos(latitude_rad), np.sin(longitude_rad), np.cos(longitude_rad)
    return np.array([[-sl, cl, 0.0], [-sp * cl, -sp * sl, cp], [cp * cl, cp * sl, sp]])


def sun_position_m(days_since_j2000: ArrayLike) -> Array:
    """Inertial position of the Sun [n, 3], good to about 0.02 degrees (Astronomical Almanac, low-precision formulas)."""
    d = np.atleast_1d(np.asarray(days_since_j2000, np.float64))
    g = np.radians(357.529 + 0.98560028 * d)
    longitude = np.radians(280.459 + 0.98564736 * d + 1.915 * np.sin(g) + 0.020 * np.sin(2 * g))
    distance = 1.495978707e11 * (1.00014 - 0.01671 * np.cos(g) - 0.00014 * np.cos(2 * g))
    return np.asarray(distance[:, None] * _from_ecliptic(longitude, np.zeros_like(longitude)))


def moon_position_m(days_since_j2000: ArrayLike) -> Array:
    """Inertial position of the Moon [n, 3], good to about 0.3 degrees (Astronomical Almanac, low-precision formulas)."""
    century = np.atleast_1d(np.asarray(days_since_j2000, np.float64)) / 36525.0

    def series(terms: tuple[tuple[float, float, float], ...]) -> Array:
        return np.asarray(sum(a * np.sin(np.radians(p + rate * century)) for a, p, rate in terms))

    longitude = 218.32 + 481267.881 * century + series(_MOON_LONGITUDE)
    latitude = series(_MOON_LATITUDE)
    parallax = 0.9508 + series(_MOON_PARALLAX)
    return (EARTH_RADIUS_M / np.sin(np.radians(parallax)))[:, None] * _from_ecliptic(np.radians(longitude), np.radians(latitude))


_MOON_LONGITUDE = (
    (6.29, 135.0, 477198.87),
    (-1.27, 259.3, -413335.36),
    (0.66, 235.7, 890534.22),
    (0.21, 269.9, 954397.74),
    (-0.19, 357.5, 35999.05),
    (-0.11, 186.5, 966404.03),
)
_MOON_LATITUDE = ((5.13, 93.3, 483202.02), (0.28, 228.2, 960400.89), (-0.28, 318.3, 6003.15), (-0.17, 217.6, -407332.21))
# Cosine terms: the phase is moved by 90 degrees.
_MOON_PARALLAX = ((0.0518, 225.0, 477198.87), (0.0095, 349.3, -413335.36), (0.0078, 325.7, 890534.22), (0.0028, 359.9, 954397.74))


def _from_ecliptic(longitude_rad: Array, latitude_rad: Array) -> Array:
    """Equatorial unit vectors [n, 3] of ecliptic directions."""
    tilt = np.radians(23.439)
    x, y, z = np.cos(latitude_rad) * np.cos(longitude_rad), np.cos(latitude_rad) * np.sin(longitude_rad), np.sin(latitude_rad)
    return np.stack([x, np.cos(tilt) * y - np.sin(tilt) * z, np.sin(tilt) * y + np.cos(tilt) * z], axis=-1)
