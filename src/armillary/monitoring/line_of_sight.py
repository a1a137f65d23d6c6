"""How much of an orbit error reaches a user: as a mean over everybody who sees the satellite, and for the one whom it hits hardest.

Users stand evenly on a sphere; with the angle eta between the direction to a user and the direction to the centre of the Earth, seen from the
satellite, the weight of the radial error is wR = sqrt<cos^2 eta>, that of along-track and cross-track errors wAC = sqrt<sin^2 eta / 2>. Means
are over the part of the sphere that sees the satellite above the mask.

Source: Montenbruck, Steigenberger, Hauschild (2015), Broadcast versus precise ephemerides: a multi-GNSS perspective.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.errors import InputError

__all__ = ["EARTH_RADIUS_M", "orbit_error_m", "signal_in_space_error_m", "weights", "worst_user_error_m"]

EARTH_RADIUS_M = 6_378_137.0
"""Radius of the sphere of users, the equatorial radius of the Earth."""
_NODES, _QUADRATURE = np.polynomial.legendre.leggauss(32)

Floats = NDArray[np.float64]


def weights(radius_m: ArrayLike, mask_rad: float = 0.0) -> tuple[Floats, Floats]:
    """Weights wR and wAC, each float64[...] in the shape of ``radius_m`` (distance of the satellite from the centre of the Earth).

    Users see the satellite at ``mask_rad`` or higher. InputError for an orbit inside the Earth or a mask outside 0 to 90 deg.

    >>> radial, across = weights(25_508e3)
    >>> round(float(radial), 4), round(float(across), 4)
    (0.9775, 0.1491)
    """
    radius = np.asarray(radius_m, np.float64)
    if not 0.0 <= mask_rad < np.pi / 2:
        raise InputError(f"the elevation mask must lie from 0 to below 90 deg; got {np.degrees(mask_rad):g} deg")
    if not (np.isfinite(radius) & (radius > EARTH_RADIUS_M)).all():
        raise InputError(f"weights need orbits above {EARTH_RADIUS_M / 1e3:.0f} km from the centre; got {radius.min() / 1e3:.0f} km")
    ratio = (EARTH_RADIUS_M / radius)[..., np.newaxis]
    # Central angle of the edge of the cap; its area element is d(cos psi).
    edge = np.cos(np.arccos(ratio * np.cos(mask_rad)) - mask_rad)
    cosine = 0.5 * (1.0 + edge) + 0.5 * (1.0 - edge) * _NODES
    adjacent, squared = 1.0 - ratio * cosine, 1.0 + ratio**2 - 2.0 * ratio * cosine
    mean = (adjacent**2 / squared) @ _QUADRATURE / 2.0
    return np.sqrt(mean), np.sqrt((1.0 - mean) / 2.0)


def orbit_error_m(error_m: Floats, radius_m: Floats, mask_rad: float) -> Floats:
    """Orbit-only error along the line of sight, root mean square over users, metres, float64[n].

    ``error_m`` is float64[n, 3], radial, along, cross; ``radius_m`` float64[n] or one.
    """
    radial, across = weights(radius_m, mask_rad)
    return np.asarray(np.sqrt((radial * error_m[:, 0]) ** 2 + across**2 * (error_m[:, 1] ** 2 + error_m[:, 2] ** 2)))


def signal_in_space_error_m(error_m: Floats, clock_m: Floats, radius_m: Floats, mask_rad: float) -> Floats:
    """Signal-in-space range error, root mean square over users, metres, float64[n]: orbit and clock (in metres, float64[n]) together."""
    radial, across = weights(radius_m, mask_rad)
    return np.asarray(np.sqrt((radial * error_m[:, 0] - clock_m) ** 2 + across**2 * (error_m[:, 1] ** 2 + error_m[:, 2] ** 2)))


def worst_user_error_m(error_m: Floats, clock_m: Floats, radius_m: Floats, mask_rad: float) -> Floats:
    """The largest range error, without sign, of any user who sees the satellite at ``mask_rad`` or higher, metres, float64[n].

    ``error_m`` is float64[n, 3], radial R, along, cross; ``clock_m`` float64[n]. A user at the angle eta has the range error
    R cos(eta) + S sin(eta) - clock, with S between plus and minus the length of along and cross as one goes round. It is largest straight below the
    satellite, at the rim, or where its derivative vanishes: tan(eta) = S / R.
    """
    radius = np.asarray(radius_m, np.float64)
    rim = np.arcsin(np.minimum(EARTH_RADIUS_M * np.cos(mask_rad) / radius, 1.0))
    radial, across = error_m[:, 0], np.hypot(error_m[:, 1], error_m[:, 2])
    with np.errstate(invalid="ignore"):
        turning = np.clip(np.arctan2(across, np.abs(radial)), 0.0, rim)
    worst = np.zeros(len(radial))
    for eta in (np.zeros_like(rim), rim, turning):
        for side in (across, -across):
            worst = np.maximum(worst, np.abs(radial * np.cos(eta) + side * np.sin(eta) - clock_m))
    return worst
