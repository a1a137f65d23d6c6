"""The true ionosphere and troposphere, and the broadcast ionosphere coefficients that follow the first only roughly.

Written apart from the library's estimation models: another shell height, another day curve, a ray-traced troposphere.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.core.epochs import NS_PER_SECOND
from armillary.core.navigation_messages import CorrectionRecord
from armillary.core.scales import to_day
from armillary.navigation.simulation.earth import EARTH_RADIUS_M
from armillary.navigation.simulation.scenario import Ionosphere, Scenario, Troposphere
from armillary.navigation.simulation.sky import TrueSky

__all__ = [
    "DELAY_M_HZ2_TECU",
    "TroposphereTable",
    "Weather",
    "klobuchar_records",
    "pierce_point",
    "slant_tecu",
    "trace_troposphere",
    "utc_second_of_day",
    "vertical_tecu",
    "weather_at",
]

Array = NDArray[np.float64]
DELAY_M_HZ2_TECU = 40.3e16
"""First-order delay of one TECU times the frequency squared."""
_SHELL_RADIUS_M = 6_371_000.0
_WAVES = ((300e3, 25.0, 20.0), (420e3, 160.0, 31.0), (650e3, 250.0, 47.0))
"""Travelling disturbances: wavelength m, heading deg, period min."""


def pierce_point(station: tuple[float, float], azimuth_rad: Array, elevation_rad: Array, shell_height_m: float) -> tuple[Array, Array, Array]:
    """Latitude and longitude (rad) where rays cross the shell, and the cosine of the zenith angle there."""
    latitude, longitude = station
    sine = _SHELL_RADIUS_M * np.cos(elevation_rad) / (_SHELL_RADIUS_M + shell_height_m)
    angle = np.pi / 2.0 - elevation_rad - np.arcsin(sine)
    at = np.arcsin(np.sin(latitude) * np.cos(angle) + np.cos(latitude) * np.sin(angle) * np.cos(azimuth_rad))
    east = np.arctan2(np.sin(angle) * np.sin(azimuth_rad) * np.cos(latitude), np.cos(angle) - np.sin(latitude) * np.sin(at))
    return at, longitude + east, np.sqrt(1.0 - sine * sine)


def vertical_tecu(model: Ionosphere, latitude_rad: Array, longitude_rad: Array, utc_day_s: Array) -> Array:
    """Vertical electron content, TECU, at places and times (seconds of the UTC day; arrays that broadcast)."""
    local_h = utc_day_s / 3600.0 + np.degrees(longitude_rad) / 15.0
    from_peak = (local_h - model.peak_local_time_h + 12.0) % 24.0 - 12.0
    day = np.clip(np.cos(np.pi * from_peak / 15.0), 0.0, None) ** 1.3
    degrees = np.degrees(np.abs(latitude_rad))
    crests = model.crest * np.exp(-(((degrees - 16.0) / 9.0) ** 2))
    background = np.exp(-((degrees / 48.0) ** 2))
    waves = np.zeros(np.broadcast_shapes(np.shape(latitude_rad), np.shape(utc_day_s)))
    if model.disturbance_tecu:
        north, east = _SHELL_RADIUS_M * latitude_rad, _SHELL_RADIUS_M * np.cos(latitude_rad) * longitude_rad
        for length, heading, period in _WAVES:
            ahead = north * np.cos(np.radians(heading)) + east * np.sin(np.radians(heading))
            waves = waves + np.sin(2.0 * np.pi * (ahead / length - utc_day_s / (60.0 * period)))
    return np.asarray(model.night_tecu * (0.4 + 0.6 * background) + model.day_tecu * day * (background + crests) + model.disturbance_tecu * waves)


def slant_tecu(model: Ionosphere, station: tuple[float, float], look: tuple[Array, Array], utc_day_s: Array) -> Array:
    """Electron content along rays; ``look`` is azimuth and elevation (rad), ``station`` latitude and longitude (rad)."""
    latitude, longitude, cosine = pierce_point(station, look[0], look[1], model.shell_height_m)
    return np.asarray(vertical_tecu(model, latitude, longitude, utc_day_s) / cosine)


def klobuchar_records(scenario: Scenario, sky: TrueSky, system: Constellation, form: tuple[str, str, bool]) -> CorrectionRecord:
    """Coefficients whose amplitude polynomial is fitted to the true day curve between 60 S and 60 N, then made wrong as the scenario says.

    ``form``: RINEX label, band digit, whether latitudes are geomagnetic. The period is held at 28 h and the night at 5 ns, as the form has it.
    """
    label, digit, geomagnetic = form
    model = scenario.ionosphere
    seconds_per_tecu = DELAY_M_HZ2_TECU / system.band(digit).frequency_hz ** 2 / 299_792_458.0
    latitude = np.radians(np.linspace(-60.0, 60.0, 41))
    longitude = np.radians(np.arange(0.0, 360.0, 15.0))
    # At the peak of the local day everywhere.
    utc = (model.peak_local_time_h - np.degrees(longitude) / 15.0) * 3600.0
    at_peak = vertical_tecu(model, latitude[:, None], longitude[None, :], utc[None, :]) * seconds_per_tecu - 5e-9
    magnetic = latitude[:, None] / np.pi + (0.064 * np.cos(longitude - 1.617 * np.pi)[None, :] if geomagnetic else np.zeros((1, len(longitude))))
    alpha = np.polynomial.polynomial.polyfit(magnetic.ravel(), at_peak.ravel(), 3) * (1.0 + model.coefficient_error)
    step = 2.0 ** np.array([-30.0, -27.0, -24.0, -24.0])
    alpha = np.rint(alpha / step) * step + 0.0
    values = (*(float(a) for a in alpha), 100_352.0, 0.0, 0.0, 0.0)
    return CorrectionRecord("KLOB", system.letter, label, values, int(sky.origin.tai_ns[0]), None)


def utc_second_of_day(sky: TrueSky, t_s: Array) -> Array:
    """Seconds of the UTC day, running on past midnight, at seconds since the first epoch."""
    return np.asarray(to_day(sky.origin, "UTC")[1][0] / NS_PER_SECOND + t_s)


@dataclass(frozen=True, slots=True, eq=False)
class TroposphereTable:
    """Ray-traced delays of one station: zenith delays at t = 0 and the ratios to them by sine of elevation."""

    hydrostatic_m: float
    wet_m: float
    sine: Array
    hydrostatic_ratio: Array
    wet_ratio: Array

    def mapping(self, elevation_rad: Array) -> tuple[Array, Array]:
        """Hydrostatic and wet ratios to the zenith delay at geometric elevations above 2 degrees."""
        s = np.sin(elevation_rad)
        # Ratios times the sine vary little: interpolated so, the error stays below 1e-5.
        return np.interp(s, self.sine, self.hydrostatic_ratio * self.sine) / s, np.interp(s, self.sine, self.wet_ratio * self.sine) / s


_HYDROSTATIC_SCALE_M = 8_000.0
_WET_SCALE_M = 2_200.0
_TOP_M = 120_000.0


@dataclass(frozen=True, slots=True)
class Weather:
    """Surface conditions at one station."""

    pressure_hpa: float
    temperature_k: float
    vapour_hpa: float
    height_m: float
    latitude_rad: float


def weather_at(model: Troposphere, height_m: float, latitude_rad: float, *, day_of_year: float, draw: np.random.Generator) -> Weather:
    """The mean of latitude and season, moved by the day's weather.

    The means are round numbers after climate tables: 29 C at sea level on the equator, 33 sin^2(latitude) less elsewhere, a yearly wave of
    18 sin(latitude) C that peaks in mid-July in the north; 6.5 K less per kilometre; pressure by the hydrostatic law of that lapse rate.
    """
    season = 18.0 * np.sin(latitude_rad) * np.cos(2.0 * np.pi * (day_of_year - 197.0) / 365.25)
    sea_k = 302.15 - 33.0 * np.sin(latitude_rad) ** 2 + season + model.temperature_offset_c + draw.normal(0.0, model.temperature_sigma_c)
    sea_hpa = model.pressure_hpa + draw.normal(0.0, model.pressure_sigma_hpa)
    kelvin = sea_k - 0.0065 * height_m
    pressure = sea_hpa * (kelvin / sea_k) ** 5.2559
    # Saturation by Magnus.
    vapour = 6.1094 * np.exp(17.625 * (kelvin - 273.15) / (kelvin - 30.11)) * model.humidity
    return Weather(float(pressure), float(kelvin), float(vapour), height_m, latitude_rad)


def trace_troposphere(weather: Weather) -> TroposphereTable:
    """Rays through two exponential layers of refractivity (dry scale height 8 km, wet 2.2 km) about a station.

    Surface refractivity after Smith & Weintraub (1953), each ray by the integrals of Snell's law in a sphere. The zenith delay of the dry
    layer is that of hydrostatic balance: 77.6e-6 K/hPa times the gas constant of dry air times pressure over gravity in the air column.
    """
    gravity = 9.784 * (1.0 - 0.00266 * np.cos(2.0 * weather.latitude_rad) - 2.8e-7 * weather.height_m)
    hydrostatic = 77.6e-6 * 287.054 * weather.pressure_hpa / gravity
    wet_surface = 1e-6 * (-5.6 * weather.vapour_hpa / weather.temperature_k + 3.75e5 * weather.vapour_hpa / weather.temperature_k**2)
    layers = ((hydrostatic / _HYDROSTATIC_SCALE_M, _HYDROSTATIC_SCALE_M), (wet_surface, _WET_SCALE_M))
    start = np.radians(np.concatenate([np.arange(1.0, 12.0, 0.1), np.arange(12.0, 30.0, 0.5), np.arange(30.0, 90.1, 2.0)]))
    elevation, dry = _ray_excess(layers[:1], start, EARTH_RADIUS_M + weather.height_m)
    elevation_both, both = _ray_excess(layers, start, EARTH_RADIUS_M + weather.height_m)
    sine = np.sin(np.minimum(elevation, np.pi / 2.0))
    wet = np.interp(sine, np.sin(np.minimum(elevation_both, np.pi / 2.0)), both * np.sin(elevation_both)) / sine - dry
    return TroposphereTable(float(dry[-1]), float(wet[-1]), sine, dry / dry[-1], wet / wet[-1])


@cache
def _heights() -> tuple[Array, Array]:
    """Nodes and weights of an integral over height: Gauss-Legendre in its square root, dense where the air is."""
    x, w = np.polynomial.legendre.leggauss(128)
    root = 0.5 * (x + 1.0) * np.sqrt(_TOP_M)
    return root**2, w * np.sqrt(_TOP_M) * root


def _ray_excess(layers: tuple[tuple[float, float], ...], apparent_rad: Array, radius_m: float) -> tuple[Array, Array]:
    """Geometric elevation of a satellite at 26,000 km and optical path minus distance, for rays that leave at ``apparent_rad``."""
    height, weight = _heights()
    r = radius_m + height
    n = 1.0 + sum(surface * np.exp(-height / scale) for surface, scale in layers)
    n0 = 1.0 + sum(surface for surface, _ in layers)
    k = (n0 * radius_m * np.cos(apparent_rad))[:, None]
    across = np.sqrt((n * r) ** 2 - k**2)
    optical = (n**2 * r / across) @ weight
    angle = (k / (r * across)) @ weight
    top, far = radius_m + _TOP_M, 26_000e3
    k0 = k[:, 0]
    leaving, arriving = np.sqrt(top**2 - k0**2), np.sqrt(far**2 - k0**2)
    angle = angle + np.arccos(k0 / far) - np.arccos(k0 / top)
    optical = optical + arriving - leaving
    distance = np.sqrt((far - radius_m) ** 2 + 4.0 * far * radius_m * np.sin(angle / 2.0) ** 2)
    elevation = np.arctan2(far * np.cos(angle) - radius_m, far * np.sin(angle))
    return elevation, optical - distance
