from __future__ import annotations

import numpy as np
import pytest

from armillary.core.registry import constellation
from armillary.core.satellites import unpack_one
from armillary.navigation.simulation.atmosphere import (
    DELAY_M_HZ2_TECU,
    Weather,
    klobuchar_records,
    pierce_point,
    slant_tecu,
    trace_troposphere,
    vertical_tecu,
    weather_at,
)
from armillary.navigation.simulation.scenario import Ionosphere, Scenario, Troposphere
from armillary.navigation.simulation.sky import make_sky

STANDARD = Weather(pressure_hpa=1013.25, temperature_k=288.15, vapour_hpa=8.5, height_m=0.0, latitude_rad=np.radians(45.0))


def test_zenith_delays_are_those_of_the_standard_atmosphere() -> None:
    table = trace_troposphere(STANDARD)
    # Saastamoinen: 2.2768 mm/hPa times 1013.25 hPa; the refraction constants of the two differ by 0.1 %.
    assert table.hydrostatic_m == pytest.approx(2.307, abs=0.004)
    # About 10 mm per hPa of surface vapour.
    assert table.wet_m == pytest.approx(0.085, abs=0.02)


# Hydrostatic and wet ratios of ray traces through radiosonde profiles at 45 degrees latitude (Niell 1996, values of his functions).
@pytest.mark.parametrize(("elevation_deg", "hydrostatic", "wet"), [(5.0, 10.15, 10.75), (10.0, 5.56, 5.66), (30.0, 1.992, 1.997), (90.0, 1.0, 1.0)])
def test_mapping_is_near_that_of_real_profiles(elevation_deg: float, hydrostatic: float, wet: float) -> None:
    ratios = trace_troposphere(STANDARD).mapping(np.radians([elevation_deg]))
    # An exponential layer is not a radiosonde: one per cent at 5 degrees.
    assert ratios[0][0] == pytest.approx(hydrostatic, rel=0.012)
    assert ratios[1][0] == pytest.approx(wet, rel=0.012)


def test_bending_is_traced_to_convergence() -> None:
    """The flat limit: far from the horizon the excess of a thin layer is its zenith value over the sine."""
    table = trace_troposphere(STANDARD)
    elevation = np.radians([60.0, 80.0])
    # Curvature takes 1/sin down by (H/R) cot^2 / sin: 0.04 % at 60 degrees for 8 km.
    assert table.mapping(elevation)[0] * np.sin(elevation) == pytest.approx([1.0, 1.0], abs=6e-4)


def test_climate_has_summers_and_cold_poles() -> None:
    calm = Troposphere(pressure_sigma_hpa=0.0, temperature_sigma_c=0.0)

    def at(latitude_deg: float, day: float, height_m: float = 0.0) -> Weather:
        return weather_at(calm, height_m, float(np.radians(latitude_deg)), day_of_year=day, draw=np.random.default_rng(1))

    assert at(60, 197).temperature_k - at(60, 15).temperature_k == pytest.approx(31.2, abs=0.5)
    assert at(-60, 15).temperature_k > at(-60, 197).temperature_k
    # Standard pressure at 1500 m is 845.6 hPa at 15 C at sea level; warmer air falls off more slowly.
    assert at(45, 100, 1500.0).pressure_hpa == pytest.approx(846.0, abs=4.0)


def test_pierce_point_of_the_zenith_is_above_the_station() -> None:
    latitude, longitude, cosine = pierce_point((0.5, 1.0), np.array([0.3]), np.array([np.pi / 2]), 420e3)
    assert (latitude[0], longitude[0], cosine[0]) == pytest.approx((0.5, 1.0, 1.0))


def test_pierce_point_lies_on_the_ray() -> None:
    """Checked by walking along the ray in a sphere until the shell."""
    radius, shell = 6_371_000.0, 420e3
    latitude, longitude, azimuth, elevation = 0.6, 2.0, 1.1, 0.25
    up = np.array([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)])
    east = np.array([-np.sin(longitude), np.cos(longitude), 0.0])
    ray = np.cos(elevation) * (np.sin(azimuth) * east + np.cos(azimuth) * np.cross(up, east)) + np.sin(elevation) * up
    b = radius * np.sin(elevation)
    length = -b + np.sqrt(b * b + (radius + shell) ** 2 - radius**2)
    point = radius * up + length * ray
    got = pierce_point((latitude, longitude), np.array([azimuth]), np.array([elevation]), shell)
    assert got[0][0] == pytest.approx(np.arcsin(point[2] / (radius + shell)), abs=1e-12)
    assert got[1][0] == pytest.approx(np.arctan2(point[1], point[0]), abs=1e-12)
    assert got[2][0] == pytest.approx(ray @ point / (radius + shell), abs=1e-12)


def test_day_curve_peaks_where_stated_and_crests_stand_beside_the_equator() -> None:
    model = Ionosphere(disturbance_tecu=0.0)
    utc = np.arange(0.0, 86_400.0, 600.0)
    here = vertical_tecu(model, np.array(0.3), np.array(0.0), utc)
    assert utc[np.argmax(here)] == pytest.approx(14 * 3600.0, abs=601.0)
    latitude = np.radians(np.arange(-60.0, 61.0))
    noon = vertical_tecu(model, latitude, np.array(0.0), np.array(14 * 3600.0))
    assert np.degrees(abs(latitude[np.argmax(noon)])) == pytest.approx(15.0, abs=2.0)
    assert slant_tecu(model, (0.3, 0.0), (np.array([0.0]), np.array([np.pi / 2])), np.array([50_400.0]))[0] == pytest.approx(here.max())


@pytest.mark.parametrize(("name", "label"), [("gps", "GPSA"), ("beidou", "BDSA")])
def test_broadcast_coefficients_follow_the_true_peak_to_a_third(quiet_scenario: Scenario, name: str, label: str) -> None:
    """The model of IS-GPS-200, 20.3.3.5.2.5, written out: at the local peak the delay is night + amplitude."""
    system = constellation(name)
    digit = system.first_signals[0][1]
    sky = make_sky(quiet_scenario, 1)
    record = klobuchar_records(quiet_scenario, sky, system, (label, digit, name == "gps"))
    assert record.label == label and record.system == system.letter and unpack_one(int(sky.sat[0]))
    per_tecu = DELAY_M_HZ2_TECU / system.band(digit).frequency_hz ** 2
    latitude = np.radians(np.arange(-50.0, 51.0, 10.0))
    longitude = 1.617 * np.pi - np.pi / 2  # where geomagnetic and geographic latitude agree
    utc = (14.0 - np.degrees(longitude) / 15.0) * 3600.0
    truth = vertical_tecu(quiet_scenario.ionosphere, latitude, np.array(longitude), np.array(utc)) * per_tecu
    amplitude = np.polynomial.polynomial.polyval(latitude / np.pi, record.values[:4])
    model = (5e-9 + amplitude) * 299_792_458.0
    # A cubic cannot follow two crests, and 10 % were put on top: about half of the delay at worst, a quarter on average (as in reality).
    assert np.sqrt(np.mean((model - truth) ** 2)) < 0.35 * np.sqrt(np.mean(truth**2))
