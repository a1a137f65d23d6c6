"""What the troposphere does to the rays of one station: hydrostatic delay, mapping factors and gradients.

delay = hydrostatic zenith delay * hydrostatic factor + wet zenith delay * wet factor + north gradient * north factor + east gradient * east factor.
The hydrostatic delay is modelled, the wet one and the gradients are for the filter to estimate.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core.epochs import Epochs
from armillary.core.geodesy import to_geodetic
from armillary.navigation.precise_point.climate import Climate, climate_at, year_phase_rad
from armillary.navigation.precise_point.troposphere_kernels import mapped_factors, niell_factors

__all__ = ["SlantFactors", "Weather", "global_air", "gradient_factors", "hydrostatic_zenith_m", "slant_factors", "weather"]

Floats = NDArray[np.float64]
MappingName = Literal["global", "niell"]
PressureName = Literal["global", "standard"]

_DAYS_FROM_28_JANUARY = 28.0
_WET_B, _WET_C = 0.00146, 0.04391
_HYDROSTATIC_B = 0.0029
_HYDROSTATIC_C = {False: (0.062, 0.005, 0.001, 0.0), True: (0.062, 0.007, 0.002, np.pi)}
"""South of the equator or not -> c0, c11, c10 and phase of the third coefficient of the Global Mapping Functions."""
_LOWEST_RAD = 0.035
"""Elevations below 2 deg are held there: the factors go on, but nothing is known of them."""
_GRADIENT_C = 0.0032


class Weather(NamedTuple):
    """At a station."""

    pressure_hpa: float
    temperature_k: float
    height_m: float
    """Above the geoid."""


class SlantFactors(NamedTuple):
    """What the delay of each ray is made of."""

    hydrostatic_zenith_m: float
    hydrostatic: Floats
    """float64[n]"""
    wet: Floats
    """float64[n]"""
    north: Floats
    """float64[n]: metres of delay per metre of gradient."""
    east: Floats
    """float64[n]"""


def slant_factors(
    position_m: ArrayLike,
    epochs: Epochs,
    elevation_rad: ArrayLike,
    azimuth_rad: ArrayLike,
    *,
    mapping: MappingName = "global",
    pressure: PressureName = "global",
) -> SlantFactors:
    """Hydrostatic zenith delay and factors of rays, float64[n] each, from a station at ``position_m`` [3] (Earth-fixed).

    ``epochs`` say the season: that of their middle serves all rays. ``mapping`` is the Global Mapping Functions or Niell's, ``pressure`` that of the
    climate of the place or of a standard atmosphere (:func:`weather`). Elevations below 2 degrees are held there.
    """
    place = to_geodetic(position_m)
    latitude, longitude, height = float(place.latitude_rad), float(place.longitude_rad), float(place.height_m)
    phase = year_phase_rad(epochs)
    elevation = np.maximum(np.asarray(elevation_rad, np.float64), _LOWEST_RAD)
    air = weather(position_m, epochs, pressure=pressure)
    if mapping == "niell":
        dry, wet = np.empty(elevation.shape), np.empty(elevation.shape)
        day = _DAYS_FROM_28_JANUARY + phase * 365.25 / (2 * np.pi)
        niell_factors(np.ascontiguousarray(elevation), latitude, height, day, dry, wet)
    else:
        dry, wet = _global_mapping(elevation, latitude, longitude, air.height_m, phase)
    north, east = gradient_factors(elevation, azimuth_rad)
    return SlantFactors(float(hydrostatic_zenith_m(air.pressure_hpa, latitude, air.height_m)), dry, wet, north, east)


def weather(position_m: ArrayLike, epochs: Epochs, *, pressure: PressureName = "global") -> Weather:
    """Pressure and temperature at a station at ``position_m`` [3] (Earth-fixed), and its height above the geoid.

    ``global``: Global Pressure and Temperature for the season of the middle of ``epochs``. ``standard``: 1013.25 hPa and 288.15 K at the geoid. The
    geoid is that of degree nine of the same model. Without it pressure is 0.12 hPa off per metre, which is 0.27 mm of zenith delay; the filter takes
    nearly all of it for water vapour, and the height feels 0.02 mm.
    """
    place = to_geodetic(position_m)
    climate = climate_at(float(place.latitude_rad), float(place.longitude_rad), year_phase_rad(epochs))
    height = float(place.height_m) - climate.geoid_m
    if pressure == "standard":
        return Weather(1013.25 * (1 - 2.2557e-5 * height) ** 5.2568, 288.15 - 0.0065 * height, height)
    return Weather(float(_pressure_hpa(climate.pressure_hpa, height)), climate.temperature_k - 0.0065 * height, height)


def _pressure_hpa(at_geoid_hpa: ArrayLike, height_m: ArrayLike) -> Floats:
    """Pressure at heights above the geoid; far above any air there is none."""
    return np.asarray(np.asarray(at_geoid_hpa) * np.maximum(1 - 0.0000226 * np.asarray(height_m), 0.0) ** 5.225)


def hydrostatic_zenith_m(pressure_hpa: ArrayLike, latitude_rad: ArrayLike, height_m: ArrayLike) -> Floats:
    """Zenith delay of the dry air above a station whose pressure is known: Saastamoinen in the form of Davis et al. (1985), good to 0.5 mm.

    ``height_m`` is above the geoid.

    >>> round(float(hydrostatic_zenith_m(1013.25, 0.7853981633974483, 0.0)), 4)
    2.307
    """
    gravity = 1 - 0.00266 * np.cos(2 * np.asarray(latitude_rad)) - 0.28e-6 * np.asarray(height_m)
    return np.asarray(0.0022768 * np.asarray(pressure_hpa) / gravity)


def gradient_factors(elevation_rad: ArrayLike, azimuth_rad: ArrayLike) -> tuple[Floats, Floats]:
    """North and east factors, float64[n] each, of Chen & Herring (1997): cos or sin of the azimuth over (sin e tan e + 0.0032)."""
    elevation, azimuth = np.asarray(elevation_rad, np.float64), np.asarray(azimuth_rad, np.float64)
    slope = 1.0 / (np.sin(elevation) * np.tan(elevation) + _GRADIENT_C)
    return np.asarray(slope * np.cos(azimuth)), np.asarray(slope * np.sin(azimuth))


def global_air(position_m: Floats, epochs: Epochs) -> Floats:
    """Air by Global Pressure and Temperature and coefficients of the Global Mapping Functions, as the kernel of ranges takes them.

    float64[n_epochs, 8] for ``position_m`` float64[n_epochs, 3] (Earth-fixed): hydrostatic zenith delay, a, b, c of the hydrostatic and of the wet
    factor, height above the geoid; NaN where there is no position. The climate is that of cells of a tenth of a degree.
    """
    place = to_geodetic(np.where(np.isfinite(position_m), position_m, 6.4e6))
    cell = np.rint(np.degrees(np.stack([place.latitude_rad, place.longitude_rad], axis=1)) * 10.0)
    first, of = np.unique(cell, axis=0, return_index=True, return_inverse=True)[1:]
    phase = year_phase_rad(epochs)
    rows = np.empty((len(first), 8))
    for i, at in enumerate(first):
        latitude, longitude = float(place.latitude_rad[at]), float(place.longitude_rad[at])
        climate = climate_at(latitude, longitude, phase)
        rows[i] = climate.pressure_hpa, *_global_coefficients(climate, latitude, phase), climate.geoid_m
    out = rows[of.reshape(-1)]
    out[:, 7] = np.asarray(place.height_m) - out[:, 7]
    out[:, 0] = hydrostatic_zenith_m(_pressure_hpa(out[:, 0], out[:, 7]), place.latitude_rad, out[:, 7])
    out[~np.isfinite(position_m[:, 0])] = np.nan
    return out


def _global_coefficients(climate: Climate, latitude_rad: float, phase_rad: float) -> tuple[float, float, float, float, float, float]:
    """a, b, c of the hydrostatic and of the wet factor of the Global Mapping Functions."""
    c0, c11, c10, shift = _HYDROSTATIC_C[latitude_rad < 0]
    c = c0 + ((np.cos(phase_rad + shift) + 1) * c11 / 2 + c10) * (1 - np.cos(latitude_rad))
    return climate.hydrostatic_a, _HYDROSTATIC_B, float(c), climate.wet_a, _WET_B, _WET_C


def _global_mapping(elevation: Floats, latitude_rad: float, longitude_rad: float, height_m: float, phase_rad: float) -> tuple[Floats, Floats]:
    """Hydrostatic and wet factor of the Global Mapping Functions."""
    coefficients = _global_coefficients(climate_at(latitude_rad, longitude_rad, phase_rad), latitude_rad, phase_rad)
    dry, wet = np.empty(elevation.shape), np.empty(elevation.shape)
    mapped_factors(np.ascontiguousarray(elevation), np.array([0.0, *coefficients, height_m]), dry, wet)
    return dry, wet
