"""Troposphere and thin layer against published values and formulas written here a second time."""

from __future__ import annotations

from math import acos, asin, cos, pi, radians, sin, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.navigation import atmosphere_kernels as kernels

LATITUDE = st.floats(-pi / 2, pi / 2)
HEIGHT = st.floats(-100.0, 9000.0)
DAY = st.floats(1.0, 366.0)


def two(function, *arguments: float) -> np.ndarray:
    out = np.empty(2)
    function(*arguments, out)
    return out


@pytest.mark.parametrize(
    ("day", "latitude_deg", "height_m", "elevation_deg", "dry", "wet"),
    [
        # the unit test of RTKLIB (t_atmos.c, tropmapf), 2007-01-16 06:00 and 2030-12-31 23:59:59
        (16.25, 35.0, 100.0, 75.0, 1.035184526466435, 1.035233787448654),
        (16.25, 35.0, 100.0, 3.0, 14.643271711748200, 16.455045694559484),
        (16.25, 35.0, 100.0, 60.0, 1.154226397147367, 1.154481126139610),
        (16.25, 35.0, 100.0, 90.0, 1.0, 1.0),
        (365 + 86399 / 86400, 35.0, 100.0, 75.0, 1.035184415128022, 1.035233787448654),
        (16.25, -80.0, 1000.0, 75.0, 1.035186155749051, 1.035230548304367),
        (16.25, 10.0, 0.0, 75.0, 1.035181919429758, 1.035233200318210),
    ],
)
def test_mapping_of_niell_agrees_with_rtklib(day: float, latitude_deg: float, height_m: float, elevation_deg: float, dry: float, wet: float) -> None:
    # printed to 15 digits; the same formula in another order of operations
    assert two(kernels.niell, radians(elevation_deg), radians(latitude_deg), height_m, day) == pytest.approx([dry, wet], abs=1e-12)


def test_mapping_of_niell_at_le_mans() -> None:
    # Mercier and Perosanz (2011), as the tests of Orekit quote it: 48 N, 68 m, 1 January, 5 deg; printed to two decimals
    assert two(kernels.niell, radians(5.0), radians(48.0), 68.0, 1.0) == pytest.approx([10.16, 10.75], abs=0.005)


def test_standard_atmosphere_has_2_3_metres() -> None:
    # Davis et al. (1985): 2.2768 mm per hPa at 45 deg and sea level; between the seasons the climate there has 1015.75 hPa
    mean_day = 28.0 + 365.25 / 4
    assert two(kernels.zenith_delays, radians(45.0), 0.0, mean_day)[0] == pytest.approx(2.2768e-3 * 1015.75, rel=1e-6)


def climate(latitude_deg: float, height_m: float, day: float) -> tuple[float, float]:
    """Zenith delays of RTCA DO-229D, A.4.2.4, at 45 or 75 deg: hydrostatic from k1 there, not from Saastamoinen."""
    mean, season = {
        45.0: ((1015.75, 283.15, 11.66, 5.58e-3, 2.57), (-2.25, 11.0, 7.24, 0.32e-3, 0.46)),
        75.0: ((1013.00, 263.65, 4.11, 4.53e-3, 1.55), (-0.50, 14.5, 3.39, 0.62e-3, 0.30)),
    }[abs(latitude_deg)]
    start = 28.0 if latitude_deg > 0 else 211.0
    p, t, e, beta, decay = (m - s * cos(2 * pi * (day - start) / 365.25) for m, s in zip(mean, season, strict=True))
    dry = 1e-6 * 77.604 * 287.054 * p / 9.784
    wet = 1e-6 * 382000.0 * 287.054 / (9.784 * (decay + 1) - beta * 287.054) * e / t
    base = 1 - beta * height_m / t
    return dry * base ** (9.80665 / (287.054 * beta)), wet * base ** ((decay + 1) * 9.80665 / (287.054 * beta) - 1)


@pytest.mark.parametrize("latitude_deg", [45.0, -45.0, 75.0, -75.0])
@pytest.mark.parametrize("height_m", [0.0, 500.0, 3000.0])
@pytest.mark.parametrize("day", [1.0, 100.0, 211.0])
def test_zenith_delays_follow_the_climate_of_do_229(latitude_deg: float, height_m: float, day: float) -> None:
    dry, wet = two(kernels.zenith_delays, radians(latitude_deg), height_m, day)
    expected = climate(latitude_deg, height_m, day)
    # gravity: DO-229 takes one value everywhere, Saastamoinen one for latitude and height (0.27 %)
    assert dry == pytest.approx(expected[0], rel=4e-3)
    # the southern winter: DO-229 has its middle on day 211, here it is half a year of 182.6 days after day 28 (0.3 % in autumn)
    assert wet == pytest.approx(expected[1], rel=4e-3)


@given(LATITUDE, HEIGHT, DAY)
def test_zenith_delays_are_of_the_size_of_an_atmosphere(latitude_rad: float, height_m: float, day: float) -> None:
    dry, wet = two(kernels.zenith_delays, latitude_rad, height_m, day)
    assert 0.6 < dry < 2.4
    assert 0.0 < wet < 0.4


@given(LATITUDE, HEIGHT, DAY, st.floats(0.04, pi / 2), st.floats(0.001, 0.5))
def test_mapping_grows_towards_the_horizon(latitude_rad: float, height_m: float, day: float, elevation_rad: float, more: float) -> None:
    low, high = (two(kernels.niell, e, latitude_rad, height_m, day) for e in (elevation_rad, min(elevation_rad + more, pi / 2)))
    assert (low >= high - 1e-12).all()
    # one at the zenith to rounding, and never above the cosecant
    assert (high >= 1 - 1e-12).all()
    assert (low <= 1.0 / sin(elevation_rad) + 1e-9).all()


@given(st.floats(0.0, pi / 2))
def test_thin_layer_is_the_modified_single_layer_of_code(elevation_rad: float) -> None:
    # Schaer (1999): 1 / cos z', sin z' = R / (R + H) sin(0.9782 z), R = 6371 km, H = 506.7 km
    factor, angle = two(kernels.layer, elevation_rad)
    zenith = acos(sin(elevation_rad))
    assert factor == pytest.approx(1 / cos(asin(6371.0 / 6877.7 * sin(0.9782 * zenith))), rel=1e-12)
    # the pierce point by geometry: where the ray meets the sphere
    along = -6371.0 * sin(elevation_rad) + sqrt((6371.0 * sin(elevation_rad)) ** 2 + 6877.7**2 - 6371.0**2)
    # 1e-7 rad is 0.6 m on the ground; the arc cosine of a number near one carries that much rounding
    assert angle == pytest.approx(acos(min(1.0, (6371.0 + along * sin(elevation_rad)) / 6877.7)), abs=1e-7)


def test_nowhere_is_no_place_in_the_tables() -> None:
    """An epoch without a position asked for a row of the climate tables far outside them: whatever lay in memory there, or the end of the program."""
    assert np.isnan(two(kernels.zenith_delays, float("nan"), 100.0, 28.0)).all()
    assert np.isnan(two(kernels.niell, 0.5, float("nan"), 100.0, 28.0)).all()
    # without machine code an index that is no number raises instead of reading on: the same function, run by the interpreter with its bounds
    between = kernels._between.function
    assert np.isnan(between(kernels._WET, float("nan"), 0))
