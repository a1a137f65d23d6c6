"""Ionospheric delays of broadcast models on floats: metres at 1575.42 MHz, radians, seconds."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit

_C = 299792458.0
_METRES_PER_TECU = 40.3e16 / 1575.42e6**2
"""Delay at 1575.42 MHz of 1e16 electrons per square metre."""

# Nine-coefficient global model (BDS-SIS-ICD-B1C 1.0, 7.8). Degree and order of the broadcast coefficients and of the
# forecast ones (a negative order goes with the sine of the longitude), the periods of the forecast in days, and its cosine and sine amplitudes in
# TECU: a row per period (the first row of the cosines is the constant), a column per forecast coefficient.
_BROADCAST_DEGREE = np.array([0, 1, 1, 1, 2, 2, 2, 2, 2])
_BROADCAST_ORDER = np.array([0, 0, 1, -1, 0, 1, -1, 2, -2])
_FORECAST_DEGREE = np.array([3, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5])
_FORECAST_ORDER = np.array([0, 1, -1, 2, -2, 3, -3, 0, 1, -1, 2, -2, 0, 1, -1, 2, -2])
_PERIOD_DAYS = np.array([1.0, 0.5, 0.33, 14.6, 27.0, 121.6, 182.51, 365.25, 4028.71, 2014.35, 1342.90, 1007.18])
_FORECAST_COSINE = np.array(
    [
        [-0.61, -1.31, -2.00, -0.03, 0.15, -0.48, -0.40, 2.28, -0.16, -0.21, -0.10, -0.13, 0.21, 0.68, 1.06, 0.00, -0.12],
        [-0.51, -0.43, 0.34, -0.01, 0.17, 0.02, -0.06, 0.30, 0.44, -0.28, -0.31, -0.17, 0.04, 0.39, -0.12, 0.12, 0.00],
        [-0.06, -0.05, 0.06, 0.17, 0.15, 0.00, 0.11, -0.05, -0.16, 0.02, 0.11, 0.04, 0.12, 0.07, 0.02, -0.14, -0.14],
        [0.01, -0.03, 0.01, -0.01, 0.05, -0.03, 0.05, -0.03, -0.01, 0.00, -0.08, -0.04, 0.00, -0.02, -0.03, 0.00, -0.03],
        [-0.01, 0.00, 0.01, 0.00, 0.01, 0.00, -0.01, -0.01, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
        [0.00, 0.00, 0.03, 0.01, 0.02, 0.01, 0.00, -0.02, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
        [-0.19, -0.02, 0.12, -0.10, 0.06, 0.00, -0.02, -0.08, -0.02, -0.07, 0.01, 0.03, 0.15, 0.06, -0.05, -0.03, -0.10],
        [-0.18, 0.06, -0.55, -0.02, 0.09, -0.08, 0.00, 0.86, -0.18, -0.05, -0.07, 0.04, 0.14, -0.03, 0.37, -0.11, -0.12],
        [1.09, -0.14, -0.21, 0.52, 0.27, 0.00, 0.11, 0.17, 0.23, 0.35, -0.05, 0.02, -0.60, 0.02, 0.01, 0.27, 0.32],
        [-0.34, -0.09, -1.22, 0.05, 0.15, -0.29, -0.17, 1.58, -0.06, -0.15, 0.00, 0.13, 0.28, -0.08, 0.62, -0.01, -0.04],
        [-0.13, 0.07, -0.37, 0.05, 0.06, -0.11, -0.07, 0.46, 0.00, -0.04, 0.01, 0.07, 0.09, -0.05, 0.15, -0.01, 0.01],
        [-0.06, 0.13, -0.07, 0.03, 0.02, -0.05, -0.05, 0.01, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
        [-0.03, 0.08, -0.01, 0.04, 0.01, -0.02, -0.02, -0.04, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
    ]
)
_FORECAST_SINE = np.array(
    [
        [0.23, -0.20, -0.31, 0.16, -0.03, 0.02, 0.04, 0.18, 0.34, 0.45, 0.19, -0.25, -0.12, 0.18, 0.40, -0.09, 0.21],
        [0.02, -0.08, -0.06, -0.11, 0.15, -0.14, 0.01, 0.01, 0.04, -0.14, -0.05, 0.08, 0.08, -0.01, 0.01, 0.11, -0.12],
        [0.00, -0.02, -0.03, -0.05, -0.01, -0.07, -0.03, -0.01, 0.02, -0.01, 0.03, -0.10, 0.01, 0.05, -0.01, 0.04, 0.00],
        [0.00, -0.02, 0.01, 0.00, -0.01, 0.01, 0.00, -0.02, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
        [0.01, 0.00, 0.00, 0.01, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
        [-0.09, 0.07, 0.03, 0.06, 0.09, 0.01, 0.02, 0.00, -0.04, -0.02, -0.01, 0.01, -0.10, 0.00, -0.01, 0.02, 0.05],
        [0.15, -0.31, 0.13, 0.05, -0.09, -0.03, 0.06, -0.36, 0.08, 0.05, 0.06, -0.02, -0.05, 0.06, -0.20, 0.04, 0.07],
        [0.50, -0.08, -0.38, 0.36, 0.14, 0.04, 0.00, 0.25, 0.17, 0.27, -0.03, -0.03, -0.32, -0.10, 0.20, 0.10, 0.30],
        [0.00, -0.11, -0.22, 0.01, 0.02, -0.03, -0.01, 0.49, -0.03, -0.02, 0.01, 0.02, 0.04, -0.04, 0.16, -0.02, -0.01],
        [0.05, 0.03, 0.07, 0.02, -0.01, 0.03, 0.02, -0.04, -0.01, -0.01, 0.02, 0.03, 0.02, -0.04, -0.04, -0.01, 0.00],
        [0.03, -0.02, 0.04, -0.01, -0.03, 0.02, 0.01, 0.04, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
        [0.04, -0.02, -0.04, 0.00, -0.01, 0.00, 0.01, 0.07, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00, 0.00],
    ]
)
_NORM = np.array(
    [[math.sqrt((2 - (m == 0)) * (2 * n + 1) * math.factorial(n - m) / math.factorial(n + m)) if m <= n else 0.0 for m in range(4)] for n in range(6)]
)
_POLE_LATITUDE = math.radians(80.27)
_POLE_LONGITUDE = math.radians(-72.58)
_SHELL_RATIO = 6378.0 / (6378.0 + 400.0)
_ZENITH_SCALE = 0.9782
"""The authors' own program maps with the modified single layer (zenith angle scaled by 0.9782, as CODE does), and its published check values are of
that form. The interface document prints the plain single layer, 2 % more below 40 deg of elevation; the modified one is the better slab."""


@njit(cache=True)
def pierce(latitude_rad, longitude_rad, elevation_rad, azimuth_rad, ratio, out):
    """Latitude and longitude where the line of sight crosses a shell, into out[0], out[1]; ``ratio``: the Earth's radius over the shell's."""
    psi = math.pi / 2.0 - elevation_rad - math.asin(ratio * math.cos(elevation_rad))
    sin_p = math.sin(latitude_rad) * math.cos(psi) + math.cos(latitude_rad) * math.sin(psi) * math.cos(azimuth_rad)
    sin_p = min(1.0, max(-1.0, sin_p))
    out[0] = math.asin(sin_p)
    # atan2 rather than an arc sine: beyond the pole the longitude turns by more than 90 deg
    out[1] = longitude_rad + math.atan2(
        math.sin(psi) * math.sin(azimuth_rad) * math.cos(latitude_rad), math.cos(psi) - math.sin(latitude_rad) * sin_p
    )


@njit(cache=True)
def pierce_rows(latitude_rad, longitude_rad, elevation_rad, azimuth_rad, ratio, out):
    """Pierce points of rows, float64[n, 2] out; NaN below the horizon."""
    for r in range(len(out)):
        if elevation_rad[r] >= 0.0:
            pierce(latitude_rad[r], longitude_rad[r], elevation_rad[r], azimuth_rad[r], ratio, out[r])
        else:
            out[r, 0] = out[r, 1] = np.nan


@njit(cache=True)
def klobuchar(alpha_beta, latitude_rad, longitude_rad, elevation_rad, azimuth_rad, second_of_day):
    """Slant delay, metres at 1575.42 MHz, of the eight-coefficient model of IS-GPS-200 (geomagnetic pierce point, 350 km)."""
    semi = 1.0 / math.pi
    e = elevation_rad * semi
    psi = 0.0137 / (e + 0.11) - 0.022
    phi = latitude_rad * semi + psi * math.cos(azimuth_rad)
    phi = min(max(phi, -0.416), 0.416)
    lam = longitude_rad * semi + psi * math.sin(azimuth_rad) / math.cos(phi * math.pi)
    magnetic = phi + 0.064 * math.cos((lam - 1.617) * math.pi)
    t = (43200.0 * lam + second_of_day) % 86400.0
    amplitude = alpha_beta[0] + magnetic * (alpha_beta[1] + magnetic * (alpha_beta[2] + magnetic * alpha_beta[3]))
    period = alpha_beta[4] + magnetic * (alpha_beta[5] + magnetic * (alpha_beta[6] + magnetic * alpha_beta[7]))
    x = 2.0 * math.pi * (t - 50400.0) / max(period, 72000.0)
    slant = 1.0 + 16.0 * (0.53 - e) ** 3
    bulge = max(amplitude, 0.0) * (1.0 - x * x / 2.0 + x**4 / 24.0) if abs(x) < 1.57 else 0.0
    return _C * slant * (5e-9 + bulge)


@njit(cache=True)
def klobuchar_geographic(alpha_beta, latitude_rad, longitude_rad, elevation_rad, azimuth_rad, second_of_day):
    """Slant delay, metres at 1561.098 MHz, of the eight-coefficient form with a geographic pierce point at 375 km (BDS-SIS-ICD B1I 5.2.4.7)."""
    ratio = 6378.0 / (6378.0 + 375.0)
    place = np.empty(2)
    pierce(latitude_rad, longitude_rad, elevation_rad, azimuth_rad, ratio, place)
    f = abs(place[0] / math.pi)
    t = (second_of_day + place[1] * 43200.0 / math.pi) % 86400.0
    amplitude = max(alpha_beta[0] + f * (alpha_beta[1] + f * (alpha_beta[2] + f * alpha_beta[3])), 0.0)
    period = min(max(alpha_beta[4] + f * (alpha_beta[5] + f * (alpha_beta[6] + f * alpha_beta[7])), 72000.0), 172800.0)
    vertical = 5e-9
    if abs(t - 50400.0) < period / 4.0:
        vertical += amplitude * math.cos(2.0 * math.pi * (t - 50400.0) / period)
    return _C * vertical / math.sqrt(1.0 - (ratio * math.cos(elevation_rad)) ** 2)


@njit(cache=True)
def klobuchar_rows(geographic, alpha_beta, set_of, latitude_rad, longitude_rad, elevation_rad, azimuth_rad, second_of_day, out):
    """Slant delays, metres at 1575.42 MHz, of rows with their own place, direction and time: float64[n] each.

    ``geographic`` picks the form; alpha_beta: float64[n_sets, 8]; set_of: int64[n], the set of each row. NaN below the horizon.
    """
    for r in range(len(out)):
        if not elevation_rad[r] >= 0.0:
            out[r] = np.nan
            continue
        chosen = alpha_beta[set_of[r]]
        if geographic:
            delay = klobuchar_geographic(chosen, latitude_rad[r], longitude_rad[r], elevation_rad[r], azimuth_rad[r], second_of_day[r])
            out[r] = delay * (1561.098 / 1575.42) ** 2
        else:
            out[r] = klobuchar(chosen, latitude_rad[r], longitude_rad[r], elevation_rad[r], azimuth_rad[r], second_of_day[r])


@njit(cache=True)
def bdgim_forecast(mjd, out):
    """The 17 coefficients that are not broadcast, TECU, float64[17] out; ``mjd`` is the odd hour they are meant for."""
    for j in range(len(out)):
        out[j] = _FORECAST_COSINE[0, j]
    for k in range(len(_PERIOD_DAYS)):
        phase = 2.0 * math.pi * mjd / _PERIOD_DAYS[k]
        cosine, sine = math.cos(phase), math.sin(phase)
        for j in range(len(out)):
            out[j] += _FORECAST_COSINE[k + 1, j] * cosine + _FORECAST_SINE[k, j] * sine


@njit(cache=True)
def _legendre(sin_p, cos_p, out):
    """Associated Legendre functions up to degree 5 and order 3, normalised, float64[6, 4] out."""
    for m in range(4):
        out[m, m] = 1.0 if m == 0 else out[m - 1, m - 1] * (2 * m - 1) * cos_p
        out[m + 1, m] = sin_p * (2 * m + 1) * out[m, m]
        for n in range(m + 2, 6):
            out[n, m] = ((2 * n - 1) * sin_p * out[n - 1, m] - (n + m - 1) * out[n - 2, m]) / (n - m)
    for n in range(6):
        for m in range(min(n, 3) + 1):
            out[n, m] *= _NORM[n, m]


@njit(cache=True)
def _sun_fixed(latitude_rad, longitude_rad, mjd, out):
    """Geomagnetic latitude, and geomagnetic longitude from the mean Sun's meridian, into out[0], out[1]."""
    sin_pole, cos_pole = math.sin(_POLE_LATITUDE), math.cos(_POLE_LATITUDE)
    east = longitude_rad - _POLE_LONGITUDE
    sin_m = sin_pole * math.sin(latitude_rad) + cos_pole * math.cos(latitude_rad) * math.cos(east)
    sin_m = min(1.0, max(-1.0, sin_m))
    longitude = math.atan2(math.cos(latitude_rad) * math.sin(east) * cos_pole, sin_pole * sin_m - math.sin(latitude_rad))
    sun = math.pi * (1.0 - 2.0 * (mjd - math.floor(mjd))) - _POLE_LONGITUDE
    out[0] = math.asin(sin_m)
    out[1] = longitude - math.atan2(math.sin(sun), sin_pole * math.cos(sun))


@njit(cache=True)
def bdgim_vertical(alpha, forecast, latitude_rad, longitude_rad, mjd):
    """Vertical electron content, TECU, above a geographic place. alpha: float64[9], broadcast; forecast: float64[17] of bdgim_forecast."""
    place, p = np.empty(2), np.zeros((6, 4))
    _sun_fixed(latitude_rad, longitude_rad, mjd, place)
    _legendre(math.sin(place[0]), math.cos(place[0]), p)
    total = 0.0
    for i in range(9):
        m = _BROADCAST_ORDER[i]
        total += alpha[i] * p[_BROADCAST_DEGREE[i], abs(m)] * (math.cos(m * place[1]) if m >= 0 else math.sin(-m * place[1]))
    for i in range(17):
        m = _FORECAST_ORDER[i]
        total += forecast[i] * p[_FORECAST_DEGREE[i], abs(m)] * (math.cos(m * place[1]) if m >= 0 else math.sin(-m * place[1]))
    # the floor of the authors' program: harmonics of low degree may undershoot at night
    share = 10.0 if alpha[0] > 35.0 else 8.0 if alpha[0] > 20.0 else 6.0 if alpha[0] > 12.0 else 4.0
    return max(total, alpha[0] / share)


@njit(cache=True)
def bdgim(alpha, forecast, latitude_rad, longitude_rad, elevation_rad, azimuth_rad, mjd):
    """Slant delay, metres at 1575.42 MHz, of the nine-coefficient global model. mjd: Modified Julian Date in the scale of the broadcasting system."""
    place = np.empty(2)
    pierce(latitude_rad, longitude_rad, elevation_rad, azimuth_rad, _SHELL_RATIO, place)
    sin_z = _SHELL_RATIO * math.sin(_ZENITH_SCALE * (math.pi / 2.0 - elevation_rad))
    return _METRES_PER_TECU * bdgim_vertical(alpha, forecast, place[0], place[1], mjd) / math.sqrt(1.0 - sin_z * sin_z)


@njit(cache=True)
def bdgim_rows(alpha, set_of, latitude_rad, longitude_rad, elevation_rad, azimuth_rad, mjd, out):
    """Slant delays of rows, metres at 1575.42 MHz, float64[n] out; alpha: float64[n_sets, 9]; set_of: int64[n]. NaN below the horizon."""
    forecast = np.empty(17)
    hour = -1.0
    for r in range(len(out)):
        if not elevation_rad[r] >= 0.0:
            out[r] = np.nan
            continue
        # forecasts serve from even hour to even hour, with the value of the odd hour between
        middle = (math.floor(mjd[r] * 12.0) + 0.5) / 12.0
        if middle != hour:
            hour = middle
            bdgim_forecast(hour, forecast)
        out[r] = bdgim(alpha[set_of[r]], forecast, latitude_rad[r], longitude_rad[r], elevation_rad[r], azimuth_rad[r], mjd[r])
