"""Where satellites stand as seen from a receiver on the Earth."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.atmosphere_kernels import layer, niell, zenith_delays

_C = 299792458.0
_EARTH_RATE = 7.2921151467e-5
_A = 6378137.0
_E2 = 6.69437999014e-3
_SHELL_1000_KM = 6.878
"""Radius of the ionospheric shell: an angle at the Earth's centre times this is a distance along the shell."""


@njit(cache=True)
def geodetic(x, y, z, out):
    """Latitude, longitude (rad) and height (m) on the GRS 80 ellipsoid into out; 5 fixed iterations (1e-9 m below 50 km)."""
    p = math.hypot(x, y)
    latitude = math.atan2(z, p * (1.0 - _E2))
    n = _A
    for _ in range(5):
        s = math.sin(latitude)
        n = _A / math.sqrt(1.0 - _E2 * s * s)
        latitude = math.atan2(z + _E2 * n * s, p)
    s = math.sin(latitude)
    n = _A / math.sqrt(1.0 - _E2 * s * s)
    out[0] = latitude
    out[1] = math.atan2(y, x)
    out[2] = p * math.cos(latitude) + z * s - _A * _A / n


@njit(cache=True)
def rotated(x, y, tau):
    """A satellite position of the transmission frame in the Earth-fixed frame of reception, tau seconds later (Sagnac)."""
    angle = _EARTH_RATE * tau
    return x + angle * y - 0.5 * angle * angle * x, y - angle * x - 0.5 * angle * angle * y


@njit(cache=True)
def geometry(epoch_of, satellite_m, position, day_of_year, line, elevation, azimuth, computed_m, ionosphere, wet):
    """What each row sees from the linearisation point of its epoch.

    line: float64[n, 3] out, unit vector receiver to satellite, east north up; computed_m: float64[n] out, range with Sagnac plus modelled
    troposphere; ionosphere: float64[n, 3] out, slant factor and the pierce point's distance north and east in units of 1000 km; wet: float64[n]
    out, wet mapping. NaN where the satellite or the position is missing.
    """
    place = np.empty(3)
    zenith = np.empty(2)
    mapping = np.empty(2)
    shell = np.empty(2)
    last = -1
    for r in range(len(epoch_of)):
        e = epoch_of[r]
        if e != last:
            last = e
            geodetic(position[e, 0], position[e, 1], position[e, 2], place)
            zenith_delays(place[0], place[2], day_of_year, zenith)
            sin_lat, cos_lat = math.sin(place[0]), math.cos(place[0])
            sin_lon, cos_lon = math.sin(place[1]), math.cos(place[1])
        dx, dy, dz = satellite_m[r, 0] - position[e, 0], satellite_m[r, 1] - position[e, 1], satellite_m[r, 2] - position[e, 2]
        tau = math.sqrt(dx * dx + dy * dy + dz * dz) / _C
        if math.isnan(tau):
            elevation[r] = azimuth[r] = computed_m[r] = np.nan
            continue
        rho = 0.0
        for _ in range(2):
            sx, sy = rotated(satellite_m[r, 0], satellite_m[r, 1], tau)
            dx, dy = sx - position[e, 0], sy - position[e, 1]
            rho = math.sqrt(dx * dx + dy * dy + dz * dz)
            tau = rho / _C
        ux, uy, uz = dx / rho, dy / rho, dz / rho
        east = -sin_lon * ux + cos_lon * uy
        north = -sin_lat * cos_lon * ux - sin_lat * sin_lon * uy + cos_lat * uz
        up = cos_lat * cos_lon * ux + cos_lat * sin_lon * uy + sin_lat * uz
        line[r, 0], line[r, 1], line[r, 2] = east, north, up
        elevation[r] = math.asin(min(1.0, max(-1.0, up)))
        azimuth[r] = math.atan2(east, north)
        niell(elevation[r], place[0], place[2], day_of_year, mapping)
        computed_m[r] = rho + zenith[0] * mapping[0] + zenith[1] * mapping[1]
        wet[r] = mapping[1]
        layer(max(elevation[r], 0.0), shell)
        ionosphere[r, 0] = shell[0]
        ionosphere[r, 1] = shell[1] * math.cos(azimuth[r]) * _SHELL_1000_KM
        ionosphere[r, 2] = shell[1] * math.sin(azimuth[r]) * _SHELL_1000_KM
