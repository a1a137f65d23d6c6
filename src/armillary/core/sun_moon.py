"""Where the Sun and the Moon are, seen from the Earth.

Sun: ERFA's ``epv00`` (Bretagnon's VSOP2000, shortened; 4.6 km RMS and 13.4 km at most against DE405, 1900 to 2100). Moon: ERFA's ``moon98``
(Meeus 1998 after Chapront's ELP 2000-82; 2.9 arc seconds and 6.1 km RMS, 18 arc seconds and 32 km at most against ELP/MPP02, 1950 to 2100). In
the solid Earth tide that is 0.02 mm RMS and 0.1 mm at most, in the direction of the Sun 0.02 arc seconds. Positions are geometric: where the
bodies are, not where their light comes from.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.earth_rotation import rotation_itrf_to_gcrf
from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.reference import Reference
from armillary.core.scales import to_day
from armillary.core.time_grid import on_time_grid

__all__ = ["SunMoon", "sun_and_moon", "sun_and_moon_gcrf"]

erfa = lazy_module("erfa")

Floats = NDArray[np.float64]

_JD_OF_UNIX_DAY_0 = 2440587.5
_ASTRONOMICAL_UNIT_M = 149_597_870_700.0
_GRID_NS = NS_PER_DAY // 12
"""Two-hourly instants are interpolated to a few centimetres for the Moon (tests/core/test_sun_moon.py)."""


class SunMoon(NamedTuple):
    """Geocentric positions, float64[n, 3]."""

    sun_m: Floats
    moon_m: Floats


def sun_and_moon(epochs: Epochs, reference: Reference | None = None) -> SunMoon:
    """Geocentric positions along the Earth-fixed axes (ITRF), metres. OutOfRangeError (mask) outside the Earth orientation table."""
    to_itrf = np.swapaxes(rotation_itrf_to_gcrf(epochs, reference=reference), 1, 2)
    sun, moon = sun_and_moon_gcrf(epochs)
    return SunMoon(np.einsum("nij,nj->ni", to_itrf, sun), np.einsum("nij,nj->ni", to_itrf, moon))


def sun_and_moon_gcrf(epochs: Epochs) -> SunMoon:
    """Geocentric positions along the axes of GCRF, metres."""
    both = on_time_grid(epochs, _GRID_NS, _series)
    return SunMoon(both[:, 0], both[:, 1])


def _series(epochs: Epochs) -> Floats:
    """Sun and Moon, float64[n, 2, 3], metres. TT serves as TDB: the difference of 2 ms is 60 m of the Sun."""
    day, ns = to_day(epochs, "TT")
    when = _JD_OF_UNIX_DAY_0 + day, ns / NS_PER_DAY
    around_sun, _ = erfa.epv00(*when)
    return np.stack([-around_sun["p"], erfa.moon98(*when)["p"]], axis=1) * _ASTRONOMICAL_UNIT_M
