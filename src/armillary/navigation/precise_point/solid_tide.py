"""Solid Earth tide of a station: IERS Conventions (2010), 7.1.1, both steps; the permanent tide stays in, as in the coordinates of the ITRF.

Step 1 moves the station with the tidal potential of Sun and Moon, degrees 2 and 3, by Love and Shida numbers that depend on latitude, with the
parts out of phase (mantle anelasticity). Step 2 corrects for what depends on frequency: 31 diurnal and five long-period tides (tables 7.3a and 7.3b).
Step 3 of the Conventions, which would take the permanent tide out, is not done: "conventional tide-free" coordinates are meant.

The formulas are those of the text; constants and series of arguments, which the text does not print, are those of the IERS routine DEHANTTIDEINEL,
which this agrees with to 1e-12 m in its published cases. It is no IERS software.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.reference import Reference
from armillary.core.scales import to_day

__all__ = ["solid_tide"]

Floats = NDArray[np.float64]

_EARTH_RADIUS_M = 6378136.6
_SUN_MASS, _MOON_MASS = 332946.0482, 0.0123000371
"""In masses of the Earth."""
_H2, _H2_LATITUDE, _L2, _L2_LATITUDE = 0.6078, -0.0006, 0.0847, 0.0002
_H3, _L3 = 0.292, 0.015
_OUT_OF_PHASE = {1: (-0.0025, -0.0007), 2: (-0.0022, -0.0007)}
"""Order -> imaginary parts of h and l."""
_L1 = {1: 0.0012, 2: 0.0024}
"""Order -> l of the term that is no gradient of the potential."""

# Multiples of s, h, p, N', ps (tau has 1); radial in and out of phase, transverse in and out of phase, millimetres.
_DIURNAL = np.array(
    [
        [-3, 0, 2, 0, 0, -0.01, 0.0, 0.0, 0.0],
        [-3, 2, 0, 0, 0, -0.01, 0.0, 0.0, 0.0],
        [-2, 0, 1, -1, 0, -0.02, 0.0, 0.0, 0.0],
        [-2, 0, 1, 0, 0, -0.08, 0.0, -0.01, 0.01],
        [-2, 2, -1, 0, 0, -0.02, 0.0, 0.0, 0.0],
        [-1, 0, 0, -1, 0, -0.10, 0.0, 0.0, 0.0],
        [-1, 0, 0, 0, 0, -0.51, 0.0, -0.02, 0.03],
        [-1, 2, 0, 0, 0, 0.01, 0.0, 0.0, 0.0],
        [0, -2, 1, 0, 0, 0.01, 0.0, 0.0, 0.0],
        [0, 0, -1, 0, 0, 0.02, 0.0, 0.0, 0.0],
        [0, 0, 1, 0, 0, 0.06, 0.0, 0.0, 0.0],
        [0, 0, 1, 1, 0, 0.01, 0.0, 0.0, 0.0],
        [0, 2, -1, 0, 0, 0.01, 0.0, 0.0, 0.0],
        [1, -3, 0, 0, 1, -0.06, 0.0, 0.0, 0.0],
        [1, -2, 0, -1, 0, 0.01, 0.0, 0.0, 0.0],
        [1, -2, 0, 0, 0, -1.23, -0.07, 0.06, 0.01],
        [1, -1, 0, 0, -1, 0.02, 0.0, 0.0, 0.0],
        [1, -1, 0, 0, 1, 0.04, 0.0, 0.0, 0.0],
        [1, 0, 0, -1, 0, -0.22, 0.01, 0.01, 0.0],
        [1, 0, 0, 0, 0, 12.00, -0.80, -0.67, -0.03],
        [1, 0, 0, 1, 0, 1.73, -0.12, -0.10, 0.0],
        [1, 0, 0, 2, 0, -0.04, 0.0, 0.0, 0.0],
        [1, 1, 0, 0, -1, -0.50, -0.01, 0.03, 0.0],
        [1, 1, 0, 0, 1, 0.01, 0.0, 0.0, 0.0],
        [0, 1, 0, 1, -1, -0.01, 0.0, 0.0, 0.0],
        [1, 2, -2, 0, 0, -0.01, 0.0, 0.0, 0.0],
        [1, 2, 0, 0, 0, -0.11, 0.01, 0.01, 0.0],
        [2, -2, 1, 0, 0, -0.01, 0.0, 0.0, 0.0],
        [2, 0, -1, 0, 0, -0.02, 0.0, 0.0, 0.0],
    ]
)
_LONG_PERIOD = np.array(
    [
        [0, 0, 0, 1, 0, 0.47, 0.16, 0.23, 0.07],
        [0, 2, 0, 0, 0, -0.20, -0.11, -0.12, -0.05],
        [1, 0, -1, 0, 0, -0.11, -0.09, -0.08, -0.04],
        [2, 0, 0, 0, 0, -0.13, -0.15, -0.11, -0.07],
        [2, 0, 0, 1, 0, -0.05, -0.06, -0.05, -0.03],
    ]
)

# Degrees; coefficients of powers of TT Julian centuries since J2000. s of date is the series s plus the general precession.
_S = (218.31664563, 481267.88194, -0.0014663889, 0.00000185139)
_PRECESSION = (0.0, 1.396971278, 0.000308889, 0.000000021, 0.000000007)
_SIDEREAL = (280.4606184, 36000.7700536, 0.00038793, -0.0000000258)
_H = (280.46645, 36000.7697489, 0.00030322222, 0.000000020, -0.00000000654)
_P = (83.35324312, 4069.01363525, -0.01032172222, -0.0000124991, 0.00000005263)
_N = (234.95544499, 1934.13626197, -0.00207561111, -0.00000213944, 0.00000001650)
_PS = (282.93734098, 1.71945766667, 0.00045688889, -0.00000001778, -0.00000000334)

_DAY_OF_J2000 = 10957.5
"""Days from 1970-01-01 to 2000-01-01T12:00."""


def solid_tide(position_m: ArrayLike, epochs: Epochs, sun_m: ArrayLike, moon_m: ArrayLike, *, reference: Reference | None = None) -> Floats:
    """Displacement, float64[n, 3], Earth-fixed metres, of a station at ``position_m`` [3] (Earth-fixed), to be added to its tide-free coordinates.

    ``sun_m`` and ``moon_m`` are geocentric Earth-fixed positions [n, 3] (:func:`armillary.core.sun_moon.sun_and_moon`). ``reference`` gives leap
    seconds.
    """
    place = _Place(np.asarray(position_m, np.float64))
    moved = np.zeros((len(epochs), 3))
    for mass, body in ((_SUN_MASS, sun_m), (_MOON_MASS, moon_m)):
        moved += _potential_tide(place, mass, np.asarray(body, np.float64))
    return moved + place.to_earth_fixed(_frequency_dependence(place, epochs, reference))


class _Place:
    """Spherical coordinates and local axes of a station."""

    def __init__(self, position_m: Floats) -> None:
        self.up = position_m / np.linalg.norm(position_m)
        self.longitude_rad = float(np.arctan2(position_m[1], position_m[0]))
        self.sin_lat = float(self.up[2])
        self.cos_lat = float(np.hypot(self.up[0], self.up[1]))
        sin_lon, cos_lon = np.sin(self.longitude_rad), np.cos(self.longitude_rad)
        self.north = np.array([-self.sin_lat * cos_lon, -self.sin_lat * sin_lon, self.cos_lat])
        self.east = np.array([-sin_lon, cos_lon, 0.0])

    @property
    def sin_2lat(self) -> float:
        return 2 * self.sin_lat * self.cos_lat

    @property
    def cos_2lat(self) -> float:
        return self.cos_lat**2 - self.sin_lat**2

    @property
    def legendre(self) -> float:
        """P20 of the sine of latitude."""
        return 1.5 * self.sin_lat**2 - 0.5

    def to_earth_fixed(self, up_north_east: tuple[Floats, Floats, Floats]) -> Floats:
        up, north, east = (part[:, None] for part in up_north_east)
        return np.asarray(up * self.up + north * self.north + east * self.east)


def _potential_tide(place: _Place, mass: float, body_m: Floats) -> Floats:
    """Step 1 for one body: equations 7.5, 7.6, 7.8, 7.9, 7.10 and 7.11."""
    distance = np.linalg.norm(body_m, axis=1)
    toward = body_m / distance[:, None]
    scale = mass * _EARTH_RADIUS_M * (_EARTH_RADIUS_M / distance) ** 3
    cosine = toward @ place.up
    across = toward - cosine[:, None] * place.up
    h2 = _H2 + _H2_LATITUDE * place.legendre
    l2 = _L2 + _L2_LATITUDE * place.legendre
    third = scale * _EARTH_RADIUS_M / distance
    radial = scale * h2 * (1.5 * cosine**2 - 0.5) + third * _H3 * (2.5 * cosine**3 - 1.5 * cosine)
    transverse = scale * 3 * l2 * cosine + third * _L3 * (7.5 * cosine**2 - 1.5)
    moved = radial[:, None] * place.up + transverse[:, None] * across
    return np.asarray(moved + place.to_earth_fixed(_small_parts(place, scale, toward)))


def _small_parts(place: _Place, scale: Floats, toward: Floats) -> tuple[Floats, Floats, Floats]:
    """Up, north and east of the parts out of phase and of l(1), diurnal and semi-diurnal."""
    sin_body, cos_body = toward[:, 2], np.hypot(toward[:, 0], toward[:, 1])
    hour = place.longitude_rad - np.arctan2(toward[:, 1], toward[:, 0])
    sin_lat, cos_lat = place.sin_lat, place.cos_lat
    diurnal = scale * 3 * sin_body * cos_body
    semi = scale * 3 * cos_body**2
    (h_1, l_1), (h_2, l_2) = _OUT_OF_PHASE[1], _OUT_OF_PHASE[2]
    sin_1, cos_1, sin_2, cos_2 = np.sin(hour), np.cos(hour), np.sin(2 * hour), np.cos(2 * hour)
    up = -h_1 / 2 * diurnal * place.sin_2lat * sin_1 - h_2 / 4 * semi * cos_lat**2 * sin_2
    north = -l_1 * diurnal * place.cos_2lat * sin_1 + l_2 / 4 * semi * place.sin_2lat * sin_2
    east = -l_1 * diurnal * sin_lat * cos_1 - l_2 / 2 * semi * cos_lat * cos_2
    north += -_L1[1] * diurnal * sin_lat**2 * cos_1 - _L1[2] / 2 * semi * sin_lat * cos_lat * cos_2
    east += _L1[1] * diurnal * sin_lat * place.cos_2lat * sin_1 - _L1[2] / 2 * semi * sin_lat**2 * cos_lat * sin_2
    return up, north, east


def _frequency_dependence(place: _Place, epochs: Epochs, reference: Reference | None) -> tuple[Floats, Floats, Floats]:
    """Step 2, up, north and east: equations 7.12 and 7.13."""
    tau, arguments = _arguments_rad(epochs, reference)
    angle = (tau + place.longitude_rad)[:, None] + arguments @ _DIURNAL[:, :5].T
    sine, cosine = np.sin(angle), np.cos(angle)
    radial, radial_out, along, along_out = _DIURNAL[:, 5:].T * 1e-3
    up = place.sin_2lat * (sine @ radial + cosine @ radial_out)
    north = place.cos_2lat * (sine @ along + cosine @ along_out)
    east = place.sin_lat * (cosine @ along - sine @ along_out)
    angle = arguments @ _LONG_PERIOD[:, :5].T
    sine, cosine = np.sin(angle), np.cos(angle)
    radial, radial_out, along, along_out = _LONG_PERIOD[:, 5:].T * 1e-3
    up += place.legendre * (cosine @ radial + sine @ radial_out)
    north += place.sin_2lat * (cosine @ along + sine @ along_out)
    return up, north, east


def _arguments_rad(epochs: Epochs, reference: Reference | None) -> tuple[Floats, Floats]:
    """The mean lunar time tau, float64[n], and s, h, p, N', ps, float64[n, 5]."""
    day, ns = to_day(epochs, "TT")
    t = (day - _DAY_OF_J2000 + ns / NS_PER_DAY) / 36525
    _, utc_ns = to_day(epochs, "UTC", reference=reference)
    s = _polynomial(_S, t)
    tau = utc_ns / NS_PER_DAY * 360 + _polynomial(_SIDEREAL, t) - s
    others = [_polynomial(series, t) for series in (_H, _P, _N, _PS)]
    columns = np.stack([s + _polynomial(_PRECESSION, t), *others], axis=1)
    return np.radians(tau), np.radians(columns)


def _polynomial(coefficients: tuple[float, ...], t: Floats) -> Floats:
    return np.asarray(np.polynomial.polynomial.polyval(t, np.array(coefficients)), np.float64)
