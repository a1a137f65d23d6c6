"""Troposphere and the thin-layer ionosphere on floats: metres, radians, days."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit

# Climate of DO-229 (the table of UNB3): rows are latitudes 15, 30, 45, 60, 75 deg; columns pressure hPa, temperature K, water vapour
# pressure hPa, temperature lapse rate K/m, water vapour lapse rate. Mean, then seasonal amplitude.
_CLIMATE_MEAN = np.array(
    [
        [1013.25, 299.65, 26.31, 6.30e-3, 2.77],
        [1017.25, 294.15, 21.79, 6.05e-3, 3.15],
        [1015.75, 283.15, 11.66, 5.58e-3, 2.57],
        [1011.75, 272.15, 6.78, 5.39e-3, 1.81],
        [1013.00, 263.65, 4.11, 4.53e-3, 1.55],
    ]
)
_CLIMATE_SEASON = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0],
        [-3.75, 7.0, 8.85, 0.25e-3, 0.33],
        [-2.25, 11.0, 7.24, 0.32e-3, 0.46],
        [-1.75, 15.0, 5.36, 0.81e-3, 0.74],
        [-0.50, 14.5, 3.39, 0.62e-3, 0.30],
    ]
)
# Niell (1996): columns a, b, c of the continued fraction at the same latitudes.
_DRY_MEAN = np.array(
    [
        [1.2769934e-3, 2.9153695e-3, 62.610505e-3],
        [1.2683230e-3, 2.9152299e-3, 62.837393e-3],
        [1.2465397e-3, 2.9288445e-3, 63.721774e-3],
        [1.2196049e-3, 2.9022565e-3, 63.824265e-3],
        [1.2045996e-3, 2.9024912e-3, 64.258455e-3],
    ]
)
_DRY_SEASON = np.array(
    [
        [0.0, 0.0, 0.0],
        [1.2709626e-5, 2.1414979e-5, 9.0128400e-5],
        [2.6523662e-5, 3.0160779e-5, 4.3497037e-5],
        [3.4000452e-5, 7.2562722e-5, 84.795348e-5],
        [4.1202191e-5, 11.723375e-5, 170.37206e-5],
    ]
)
_WET = np.array(
    [
        [5.8021897e-4, 1.4275268e-3, 4.3472961e-2],
        [5.6794847e-4, 1.5138625e-3, 4.6729510e-2],
        [5.8118019e-4, 1.4572752e-3, 4.3908931e-2],
        [5.9727542e-4, 1.5007428e-3, 4.4626982e-2],
        [6.1641693e-4, 1.7599082e-3, 5.4736038e-2],
    ]
)
HEIGHT = (2.53e-5, 5.49e-3, 1.14e-3)

_LAYER_RADIUS_RATIO = 6371.0 / (6371.0 + 506.7)
_LAYER_ALPHA = 0.9782
"""Modified single-layer mapping of the CODE ionosphere maps: shell at 506.7 km, zenith angle scaled by 0.9782."""


@njit(cache=True)
def _between(table, latitude_rad, column):
    """The table's column at a latitude, linear between its rows and constant beyond them; nowhere, it is not a number."""
    x = abs(latitude_rad) * 180.0 / math.pi / 15.0 - 1.0
    if math.isnan(x):
        # as a whole number it would be a row far outside the table
        return x
    if x <= 0.0:
        return table[0, column]
    if x >= 4.0:
        return table[4, column]
    i = int(x)
    return table[i, column] + (x - i) * (table[i + 1, column] - table[i, column])


@njit(cache=True)
def _season(latitude_rad, day_of_year, first_day):
    phase = 2.0 * math.pi * (day_of_year - first_day) / 365.25
    return math.cos(phase) if latitude_rad >= 0.0 else math.cos(phase + math.pi)


@njit(cache=True)
def zenith_delays(latitude_rad, height_m, day_of_year, out):
    """Hydrostatic and wet zenith delay, metres, into out[0], out[1]: Saastamoinen on the climate of DO-229."""
    season = _season(latitude_rad, day_of_year, 28.0)
    p0 = _between(_CLIMATE_MEAN, latitude_rad, 0) - _between(_CLIMATE_SEASON, latitude_rad, 0) * season
    t0 = _between(_CLIMATE_MEAN, latitude_rad, 1) - _between(_CLIMATE_SEASON, latitude_rad, 1) * season
    e0 = _between(_CLIMATE_MEAN, latitude_rad, 2) - _between(_CLIMATE_SEASON, latitude_rad, 2) * season
    beta = _between(_CLIMATE_MEAN, latitude_rad, 3) - _between(_CLIMATE_SEASON, latitude_rad, 3) * season
    lam = _between(_CLIMATE_MEAN, latitude_rad, 4) - _between(_CLIMATE_SEASON, latitude_rad, 4) * season
    g, rd, gm = 9.80665, 287.054, 9.784
    h = min(max(height_m, -500.0), 20000.0)
    base = max(1.0 - beta * h / t0, 1e-3)
    pressure = p0 * base ** (g / (rd * beta))
    out[0] = 0.0022768 * pressure / (1.0 - 0.00266 * math.cos(2.0 * latitude_rad) - 0.28e-6 * h)
    wet_sea = 1e-6 * 382000.0 * rd / (gm * (lam + 1.0) - beta * rd) * e0 / t0
    out[1] = wet_sea * base ** ((lam + 1.0) * g / (rd * beta) - 1.0)


@njit(cache=True)
def fraction(sin_e, a, b, c):
    """Marini's form of a mapping factor, one at the zenith."""
    return (1.0 + a / (1.0 + b / (1.0 + c))) / (sin_e + a / (sin_e + b / (sin_e + c)))


@njit(cache=True)
def niell(elevation_rad, latitude_rad, height_m, day_of_year, out):
    """Hydrostatic and wet mapping factors of Niell (1996) into out[0], out[1]; elevations below 2 deg are held at 2 deg."""
    sin_e = math.sin(max(elevation_rad, 0.035))
    season = _season(latitude_rad, day_of_year, 28.0)
    a = _between(_DRY_MEAN, latitude_rad, 0) - _between(_DRY_SEASON, latitude_rad, 0) * season
    b = _between(_DRY_MEAN, latitude_rad, 1) - _between(_DRY_SEASON, latitude_rad, 1) * season
    c = _between(_DRY_MEAN, latitude_rad, 2) - _between(_DRY_SEASON, latitude_rad, 2) * season
    height_term = (1.0 / sin_e - fraction(sin_e, HEIGHT[0], HEIGHT[1], HEIGHT[2])) * height_m * 1e-3
    out[0] = fraction(sin_e, a, b, c) + height_term
    out[1] = fraction(sin_e, _between(_WET, latitude_rad, 0), _between(_WET, latitude_rad, 1), _between(_WET, latitude_rad, 2))


@njit(cache=True)
def mapped(elevation_rad, air, out):
    """Hydrostatic and wet factors of coefficients into out[0], out[1]; elevations below 2 deg are held at 2 deg.

    air: a, b, c of the hydrostatic and of the wet factor in air[1:7], height above the geoid for Niell's correction in air[7].
    """
    sin_e = math.sin(max(elevation_rad, 0.035))
    height_term = (1.0 / sin_e - fraction(sin_e, HEIGHT[0], HEIGHT[1], HEIGHT[2])) * air[7] * 1e-3
    out[0] = fraction(sin_e, air[1], air[2], air[3]) + height_term
    out[1] = fraction(sin_e, air[4], air[5], air[6])


@njit(cache=True)
def layer(elevation_rad, out):
    """Thin-layer ionosphere: out[0] slant factor, out[1] angle at the Earth's centre from the station to the pierce point, radians."""
    zenith = math.pi / 2.0 - elevation_rad
    sin_z = _LAYER_RADIUS_RATIO * math.sin(_LAYER_ALPHA * zenith)
    out[0] = 1.0 / math.sqrt(1.0 - sin_z * sin_z)
    out[1] = zenith - math.asin(_LAYER_RADIUS_RATIO * math.sin(zenith))
