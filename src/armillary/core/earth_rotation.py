"""Rotation between Earth-fixed and celestial axes: GCRF by the IAU 2006/2000A precession-nutation (CIO based), TEME by the 1982 sidereal time.

Chain (IERS Conventions 2010, 5.4.1): GCRF = Q(X + dX, Y + dY, s) R3(-ERA) W(xp, yp, s') ITRF. The full series of X, Y and s costs 60 us an epoch;
the functions without ``_full`` interpolate them (six-point Lagrange on a 6 h grid, X and Y carry nutation terms down to some days) and stay within
0.1 mm of the full chain at geostationary distance. Earth orientation comes from ``reference``; its sub-daily ocean tides (0.5 mas, 2 cm at the
ground) are not modelled.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.earth_orientation import OrientationValues
from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs
from armillary.core.reference import Reference
from armillary.core.scales import earth_orientation_at, to_day

__all__ = [
    "CelestialPole",
    "EarthRotation",
    "celestial_pole",
    "celestial_pole_full",
    "itrf_to_gcrf",
    "itrf_to_teme",
    "rotation_itrf_to_gcrf",
    "rotation_itrf_to_gcrf_full",
    "rotation_itrf_to_teme",
]

erfa = lazy_module("erfa")

Floats = NDArray[np.float64]

_JD_OF_UNIX_DAY_0 = 2440587.5
_EARTH_RATE_RAD_S = 7.292115146706979e-5
"""Rotation of the Earth against the stars at zero excess length of day: 2 pi 1.00273781191135448 / 86400 (IAU 2000 Earth rotation angle)."""

_GRID_NS = NS_PER_DAY // 4
_NODES = np.arange(-2, 4)
_COEFFICIENTS = np.linalg.inv(np.vander(_NODES.astype(np.float64), increasing=True))
"""Row k: what the power u^k contributes to the weight of each node."""
_POWERS = np.arange(len(_NODES))


class CelestialPole(NamedTuple):
    """Coordinates of the celestial intermediate pole in GCRF and the CIO locator, model only (without dX, dY); float64[n]."""

    x: Floats
    y: Floats
    s_rad: Floats
    x_rate_s: Floats
    """Per second."""
    y_rate_s: Floats


class EarthRotation(NamedTuple):
    """Rotation to celestial axes and the Earth's angular velocity seen from them."""

    rotation: Floats
    """float64[n, 3, 3]: celestial = rotation @ Earth-fixed."""
    angular_velocity_rad_s: Floats
    """float64[n, 3] along the celestial axes: velocity = rotation @ Earth-fixed velocity + angular_velocity x celestial position."""


def _julian_days(epochs: Epochs, scale: str) -> tuple[Floats, Floats]:
    day, ns = to_day(epochs, scale)
    return np.asarray(_JD_OF_UNIX_DAY_0 + day, np.float64), ns / NS_PER_DAY


def _ut1_julian_days(epochs: Epochs, orientation: OrientationValues, reference: Reference | None) -> tuple[Floats, Floats]:
    day, ns = to_day(epochs, "UTC", reference=reference)
    return np.asarray(_JD_OF_UNIX_DAY_0 + day, np.float64), (ns + orientation.ut1_minus_utc_s * 1e9) / NS_PER_DAY


def celestial_pole_full(epochs: Epochs) -> CelestialPole:
    """The pole by the full IAU 2006/2000A series at every epoch; rates by the interpolation of :func:`celestial_pole`."""
    x, y, s = erfa.xys06a(*_julian_days(epochs, "TT"))
    return CelestialPole(x, y, s, *celestial_pole(epochs)[3:])


def celestial_pole(epochs: Epochs) -> CelestialPole:
    """The pole interpolated from the full series at six-hourly instants, computed where needed."""
    cell, rest = np.divmod(epochs.tai_ns, _GRID_NS)
    cells, which = np.unique(cell, return_inverse=True)
    grid = np.unique(cells[:, None] + _NODES)
    values = np.stack(erfa.xys06a(*_julian_days(Epochs(grid * _GRID_NS), "TT")), axis=1)
    rows = np.searchsorted(grid, cells)[which][:, None] + _NODES
    u = rest / _GRID_NS
    weights = u[:, None] ** _POWERS @ _COEFFICIENTS
    slopes = (u[:, None] ** _POWERS[:-1] * _POWERS[1:]) @ _COEFFICIENTS[1:] / (_GRID_NS / NS_PER_SECOND)
    found = values[rows]
    x, y, s = np.einsum("ij,ijk->ki", weights, found)
    x_rate, y_rate = np.einsum("ij,ijk->ki", slopes, found[:, :, :2])
    return CelestialPole(x, y, s, x_rate, y_rate)


def _itrf_to_gcrf(epochs: Epochs, pole: CelestialPole, reference: Reference | None) -> EarthRotation:
    orientation = earth_orientation_at(epochs, reference=reference)
    x, y = pole.x + orientation.dx_rad, pole.y + orientation.dy_rad
    tt = _julian_days(epochs, "TT")
    polar_motion = erfa.pom00(orientation.xp_rad, orientation.yp_rad, erfa.sp00(*tt))
    angle = erfa.era00(*_ut1_julian_days(epochs, orientation, reference))
    to_itrf = erfa.c2tcio(erfa.c2ixys(x, y, pole.s_rad), angle, polar_motion)
    axis = np.stack([x, y, np.sqrt(1 - x * x - y * y)], axis=1)
    rate = _EARTH_RATE_RAD_S * (1 - orientation.lod_s / 86400)
    drift = np.stack([-pole.y_rate_s, pole.x_rate_s, np.zeros_like(x)], axis=1)  # the pole itself moves: 0.3 mm/s at geostationary distance
    return EarthRotation(np.swapaxes(to_itrf, 1, 2), axis * rate[:, None] + drift)


def itrf_to_gcrf(epochs: Epochs, *, reference: Reference | None = None) -> EarthRotation:
    """Rotation ITRF -> GCRF and its angular velocity, [n]. OutOfRangeError (mask) outside the Earth orientation table."""
    return _itrf_to_gcrf(epochs, celestial_pole(epochs), reference)


def rotation_itrf_to_gcrf(epochs: Epochs, *, reference: Reference | None = None) -> Floats:
    """Rotations float64[n, 3, 3]: GCRF = rotation @ ITRF. OutOfRangeError (mask) outside the Earth orientation table."""
    return itrf_to_gcrf(epochs, reference=reference).rotation


def rotation_itrf_to_gcrf_full(epochs: Epochs, *, reference: Reference | None = None) -> Floats:
    """As :func:`rotation_itrf_to_gcrf` with the full precession-nutation series at every epoch: the check of the fast path."""
    return _itrf_to_gcrf(epochs, celestial_pole_full(epochs), reference).rotation


def itrf_to_teme(epochs: Epochs, *, reference: Reference | None = None) -> EarthRotation:
    """Rotation ITRF -> TEME (true equator, mean equinox of SGP4) and its angular velocity, [n]; the axes count as inertial at each instant.

    TEME = R3(-GMST82(UT1)) W(xp, yp) ITRF: Vallado, Crawford, Hujsak & Kelso, AIAA 2006-6753, appendix C. OutOfRangeError as above.
    """
    orientation = earth_orientation_at(epochs, reference=reference)
    polar_motion = erfa.pom00(orientation.xp_rad, orientation.yp_rad, 0.0)
    sidereal = erfa.gmst82(*_ut1_julian_days(epochs, orientation, reference))
    to_itrf = erfa.c2tcio(np.broadcast_to(np.eye(3), (len(epochs), 3, 3)), sidereal, polar_motion)
    rate = np.zeros((len(epochs), 3))
    rate[:, 2] = _EARTH_RATE_RAD_S * (1 - orientation.lod_s / 86400)
    return EarthRotation(np.swapaxes(to_itrf, 1, 2), rate)


def rotation_itrf_to_teme(epochs: Epochs, *, reference: Reference | None = None) -> Floats:
    """Rotations float64[n, 3, 3]: TEME = rotation @ ITRF; see :func:`itrf_to_teme`."""
    return itrf_to_teme(epochs, reference=reference).rotation
