"""Ellipsoids, geodetic coordinates, local east-north-up axes, azimuth and elevation.

All functions take arrays of any leading shape with the vector last. Latitudes are geodetic, positive north; longitudes positive east in (-pi, pi];
azimuths run from north over east in [0, 2 pi).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "CGCS2000",
    "ELLIPSOIDS",
    "GRS80",
    "PZ90_11",
    "WGS84",
    "AzimuthElevation",
    "Ellipsoid",
    "Geodetic",
    "azimuth_elevation",
    "enu_rotation",
    "from_enu",
    "from_geodetic",
    "to_enu",
    "to_geodetic",
]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Ellipsoid:
    """A reference ellipsoid with the gravity parameter and rotation rate that are defined with it."""

    name: str
    semi_major_axis_m: float
    inverse_flattening: float
    gravity_parameter_m3_s2: float
    """GM of the Earth with its atmosphere."""
    rotation_rate_rad_s: float
    source: str

    @property
    def semi_minor_axis_m(self) -> float:
        """Polar radius."""
        return self.semi_major_axis_m * (1 - 1 / self.inverse_flattening)

    @property
    def eccentricity_squared(self) -> float:
        """First eccentricity, squared."""
        flattening = 1 / self.inverse_flattening
        return flattening * (2 - flattening)


GRS80 = Ellipsoid("GRS80", 6378137.0, 298.257222101, 3.986005e14, 7.292115e-5, "Moritz, Geodetic Reference System 1980, J. Geodesy 74 (2000)")
WGS84 = Ellipsoid("WGS84", 6378137.0, 298.257223563, 3.986004418e14, 7.292115e-5, "NGA.STND.0036 (2014), table 3.1")
PZ90_11 = Ellipsoid("PZ-90.11", 6378136.0, 298.25784, 3.986004418e14, 7.292115e-5, "PZ-90.11 reference document (2014), table 1")
CGCS2000 = Ellipsoid("CGCS2000", 6378137.0, 298.257222101, 3.986004418e14, 7.292115e-5, "BDS-SIS-ICD-B1C-1.0 (2017), section 3.2")

ELLIPSOIDS = {ellipsoid.name: ellipsoid for ellipsoid in (GRS80, WGS84, PZ90_11, CGCS2000)}
"""Ellipsoids by name."""


class Geodetic(NamedTuple):
    """Geodetic coordinates, float64 of one shape."""

    latitude_rad: Floats
    longitude_rad: Floats
    height_m: Floats
    """Above the ellipsoid."""


class AzimuthElevation(NamedTuple):
    """Direction and distance seen from a place, float64 of one shape."""

    azimuth_rad: Floats
    elevation_rad: Floats
    """Above the plane normal to the ellipsoid's vertical; no refraction."""
    distance_m: Floats


_DEEP_FRACTION = 0.5
"""Geocentric radius, in semi-major axes, below which the fast iteration gives way to bisection."""
_BOWRING_ROUNDS = 3
"""Each round gains three to four digits of the angle; from 0.5 a outwards three reach rounding (tests/core/test_geodesy.py)."""
_BISECTION_ROUNDS = 56


def to_geodetic(position_m: ArrayLike, ellipsoid: Ellipsoid = WGS84) -> Geodetic:
    """Geodetic coordinates of Earth-fixed positions float64[..., 3].

    Good to the rounding of the coordinates (some 1e-9 m at the surface, 2e-8 m at geostationary height), at the poles, on the axis and deep
    inside too; nearer to the centre than 43 km several points of the ellipsoid lie straight above and the nearest is taken. Bowring's iteration
    on the reduced latitude (Survey Review 23, 1976); within half the radius bisection.

    >>> to_geodetic([6378137.0 + 100.0, 0.0, 0.0]).height_m
    array(100.)
    """
    position = np.asarray(position_m, np.float64)
    x, y, z = position[..., 0], position[..., 1], position[..., 2]
    p = np.hypot(x, y)
    up, out = _normal(p, z, ellipsoid)
    a, e2 = ellipsoid.semi_major_axis_m, ellipsoid.eccentricity_squared
    height = p * out + z * up - a * np.sqrt(1 - e2 * up * up)
    return Geodetic(np.arctan2(up, out), np.arctan2(y, x), np.asarray(height))


def _normal(p: Floats, z: Floats, ellipsoid: Ellipsoid) -> tuple[Floats, Floats]:
    """Sine and cosine of the geodetic latitude of points at distance ``p`` from the axis and ``z`` above the equator."""
    a, b, e2 = ellipsoid.semi_major_axis_m, ellipsoid.semi_minor_axis_m, ellipsoid.eccentricity_squared
    deep = p * p + z * z < (_DEEP_FRACTION * a) ** 2
    sin_b, cos_b = a * z, b * p
    for _ in range(_BOWRING_ROUNDS):
        norm = np.hypot(sin_b, cos_b)
        norm = np.where(norm > 0, norm, 1.0)
        sin_b, cos_b = sin_b / norm, cos_b / norm
        up, out = z + e2 * (a * a / b) * sin_b**3, p - e2 * a * cos_b**3
        sin_b, cos_b = b * up, a * out
    if np.any(deep):
        up, out = np.array(up), np.array(out)
        up[deep], out[deep] = _deep_normal(np.asarray(p)[deep], np.asarray(z)[deep], ellipsoid)
    norm = np.hypot(up, out)
    return up / norm, out / norm


def _deep_normal(p: Floats, z: Floats, ellipsoid: Ellipsoid) -> tuple[Floats, Floats]:
    """Outward normal (not of unit length) at the nearest point (a cos t, b sin t) of the ellipse, by bisection.

    The foot point solves a p sin t - b z cos t = (a^2 - b^2) sin t cos t; in the quadrant of (p, |z|) the left minus the right side runs from
    negative to positive through the nearest one. The angle itself is bisected so that both ends keep full precision.
    """
    a, b = ellipsoid.semi_major_axis_m, ellipsoid.semi_minor_axis_m
    low, high = np.zeros_like(p), np.full_like(p, np.pi / 2)
    for _ in range(_BISECTION_ROUNDS):
        middle = (low + high) / 2
        sin_t, cos_t = np.sin(middle), np.cos(middle)
        beyond = a * p * sin_t - b * np.abs(z) * cos_t > (a * a - b * b) * sin_t * cos_t
        low, high = np.where(beyond, low, middle), np.where(beyond, middle, high)
    return np.copysign(np.sin(high) / b, z), np.cos(high) / a


def from_geodetic(latitude_rad: ArrayLike, longitude_rad: ArrayLike, height_m: ArrayLike = 0.0, ellipsoid: Ellipsoid = WGS84) -> Floats:
    """Earth-fixed positions float64[..., 3], metres, of geodetic coordinates (broadcast against each other).

    >>> from_geodetic(0.0, 0.0, 100.0)
    array([6378237.,       0.,       0.])
    """
    latitude, longitude, height = np.broadcast_arrays(*(np.asarray(value, np.float64) for value in (latitude_rad, longitude_rad, height_m)))
    up, out = np.sin(latitude), np.cos(latitude)
    prime_vertical = ellipsoid.semi_major_axis_m / np.sqrt(1 - ellipsoid.eccentricity_squared * up * up)
    p = (prime_vertical + height) * out
    z = (prime_vertical * (1 - ellipsoid.eccentricity_squared) + height) * up
    return np.stack([p * np.cos(longitude), p * np.sin(longitude), z], axis=-1)


def enu_rotation(latitude_rad: ArrayLike, longitude_rad: ArrayLike) -> Floats:
    """Rotations float64[..., 3, 3] from Earth-fixed to local axes: rows are east, north and up.

    >>> enu_rotation(0.0, 0.0).tolist()
    [[-0.0, 1.0, 0.0], [-0.0, -0.0, 1.0], [1.0, 0.0, 0.0]]
    """
    latitude, longitude = np.broadcast_arrays(np.asarray(latitude_rad, np.float64), np.asarray(longitude_rad, np.float64))
    sin_lat, cos_lat, sin_lon, cos_lon = np.sin(latitude), np.cos(latitude), np.sin(longitude), np.cos(longitude)
    rows = (
        (-sin_lon, cos_lon, np.zeros_like(sin_lon)),
        (-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat),
        (cos_lat * cos_lon, cos_lat * sin_lon, sin_lat),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _rotation_at(origin_m: ArrayLike, ellipsoid: Ellipsoid) -> Floats:
    place = to_geodetic(origin_m, ellipsoid)
    return enu_rotation(place.latitude_rad, place.longitude_rad)


def to_enu(vector: ArrayLike, *, origin_m: ArrayLike, ellipsoid: Ellipsoid = WGS84) -> Floats:
    """Earth-fixed difference vectors float64[..., 3] along east, north and up at ``origin_m`` (Earth-fixed, [3] or [..., 3]).

    The vector is rotated only: subtract the origin first to get a position relative to it.
    """
    return np.asarray(np.einsum("...ij,...j->...i", _rotation_at(origin_m, ellipsoid), np.asarray(vector, np.float64)))


def from_enu(vector: ArrayLike, *, origin_m: ArrayLike, ellipsoid: Ellipsoid = WGS84) -> Floats:
    """Earth-fixed vectors float64[..., 3] of east-north-up vectors at ``origin_m``: the inverse of :func:`to_enu`."""
    return np.asarray(np.einsum("...ji,...j->...i", _rotation_at(origin_m, ellipsoid), np.asarray(vector, np.float64)))


def azimuth_elevation(target_m: ArrayLike, station_m: ArrayLike, ellipsoid: Ellipsoid = WGS84) -> AzimuthElevation:
    """Where Earth-fixed targets [..., 3] stand in the sky of Earth-fixed stations ([3] or [..., 3]); geometric, no light time.

    >>> round(float(azimuth_elevation([26e6, 0.0, 0.0], [6378137.0, 0.0, 0.0]).elevation_rad), 6)
    1.570796
    """
    station = np.asarray(station_m, np.float64)
    local = to_enu(np.asarray(target_m, np.float64) - station, origin_m=station, ellipsoid=ellipsoid)
    east, north, up = local[..., 0], local[..., 1], local[..., 2]
    level = np.hypot(east, north)
    return AzimuthElevation(np.arctan2(east, north) % (2 * np.pi), np.arctan2(up, level), np.hypot(level, up))
