"""What a row of precise point positioning is compared with: range, relativity, troposphere, and partial derivatives, on floats."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.atmosphere_kernels import mapped, niell, zenith_delays
from armillary.navigation.geometry_kernels import geodetic

_C = 299792458.0
_EARTH_RATE = 7.2921151467e-5
_SCHWARZSCHILD_M = 8.870055e-3
"""2 GM / c^2 of the Earth."""
_GRADIENT_C = 0.0032
"""Chen and Herring (1997): gradients map with 1 / (sin e tan e + 0.0032)."""


@njit(cache=True, nogil=True)
def ranges(epoch_of, satellite_m, receiver_m, day_of_year, air, reception_m, line, elevation, azimuth, modelled_m, partial, zenith_m):
    """Model every row from the antenna of its epoch.

    air: float64[n_epochs, 8], hydrostatic zenith delay, coefficients of the hydrostatic and the wet mapping, height above the geoid; empty for
    Niell's mapping and the climate of DO-229.

    satellite_m: float64[n, 3] at transmission in the frame of that instant; receiver_m: float64[n_epochs, 3] antenna reference points.
    reception_m: float64[n, 3] out, the satellite in the frame of reception; line: float64[n, 3] out, unit vector to the satellite, Earth-fixed;
    modelled_m: float64[n] out, geometric range, Shapiro delay and a priori troposphere; partial: float64[n, 6] out, by position east, north, up,
    zenith wet delay, gradients north and east; zenith_m: float64[n_epochs, 2] out, a priori hydrostatic and wet zenith delays.
    """
    place, zenith, mapping = np.empty(3), np.empty(2), np.empty(2)
    last = -1
    sin_lat = cos_lat = sin_lon = cos_lon = radius = 0.0
    for r in range(len(epoch_of)):
        e = epoch_of[r]
        if e != last:
            last = e
            x, y, z = receiver_m[e, 0], receiver_m[e, 1], receiver_m[e, 2]
            geodetic(x, y, z, place)
            zenith_delays(place[0], place[2], day_of_year[e], zenith)
            if len(air):
                zenith[0] = air[e, 0]
            zenith_m[e, 0], zenith_m[e, 1] = zenith[0], zenith[1]
            sin_lat, cos_lat = math.sin(place[0]), math.cos(place[0])
            sin_lon, cos_lon = math.sin(place[1]), math.cos(place[1])
            radius = math.sqrt(x * x + y * y + z * z)
        sx, sy, sz = satellite_m[r, 0], satellite_m[r, 1], satellite_m[r, 2]
        dx, dy, dz = sx - x, sy - y, sz - z
        rho = math.sqrt(dx * dx + dy * dy + dz * dz)
        if math.isnan(rho):
            elevation[r] = azimuth[r] = modelled_m[r] = np.nan
            partial[r, 0] = np.nan
            continue
        for _ in range(3):
            angle = _EARTH_RATE * rho / _C
            sine, cosine = math.sin(angle), math.cos(angle)
            rx, ry = cosine * sx + sine * sy, cosine * sy - sine * sx
            dx, dy = rx - x, ry - y
            rho = math.sqrt(dx * dx + dy * dy + dz * dz)
        reception_m[r, 0], reception_m[r, 1], reception_m[r, 2] = rx, ry, sz
        ux, uy, uz = dx / rho, dy / rho, dz / rho
        line[r, 0], line[r, 1], line[r, 2] = ux, uy, uz
        east = -sin_lon * ux + cos_lon * uy
        north = -sin_lat * cos_lon * ux - sin_lat * sin_lon * uy + cos_lat * uz
        up = cos_lat * cos_lon * ux + cos_lat * sin_lon * uy + sin_lat * uz
        elevation[r] = math.asin(min(1.0, max(-1.0, up)))
        azimuth[r] = math.atan2(east, north)
        if len(air):
            mapped(elevation[r], air[e], mapping)
        else:
            niell(elevation[r], place[0], place[2], day_of_year[e], mapping)
        far = math.sqrt(rx * rx + ry * ry + sz * sz)
        shapiro = _SCHWARZSCHILD_M * math.log((far + radius + rho) / (far + radius - rho))
        modelled_m[r] = rho + shapiro + zenith[0] * mapping[0] + zenith[1] * mapping[1]
        partial[r, 0], partial[r, 1], partial[r, 2] = -east, -north, -up
        partial[r, 3] = mapping[1]
        level = math.sqrt(max(1.0 - up * up, 0.0))
        if up > 0.02 and level > 0.0:
            gradient = 1.0 / (up * up / level + _GRADIENT_C)
            partial[r, 4], partial[r, 5] = gradient * north / level, gradient * east / level
        else:
            partial[r, 4] = partial[r, 5] = 0.0


@njit(cache=True, nogil=True)
def code_variances(satellite_of, elevation, sigma_m, bias_sigma_m, interval_share, information, out):
    """Variances of codes whose satellites each have a constant bias of unknown size: float64[n] out.

    After k codes an unknown constant with sigma b and noise s leave b^2 + s^2 / k: the code that adds the difference in information between k - 1 and
    k gets this variance, so that codes of one satellite together never say more than its bias lets them. ``interval_share``: how much of a
    code is independent of the one before. information: float64[n_sats], what codes of each satellite have said so far, goes on.
    """
    for r in range(len(satellite_of)):
        sine = math.sin(max(elevation[r], 0.02))
        noise = sigma_m[r] * sigma_m[r] * 0.5 * (1.0 + 1.0 / (sine * sine))
        if math.isnan(noise):
            out[r] = np.nan
            continue
        s = satellite_of[r]
        before = information[s]
        information[s] += interval_share / noise
        bias = bias_sigma_m[r] * bias_sigma_m[r]
        told_before = before / (1.0 + bias * before)
        told = information[s] / (1.0 + bias * information[s])
        out[r] = 1.0 / max(told - told_before, 1e-9)
