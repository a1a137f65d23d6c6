"""Climate, zenith delay and mapping against the cases printed with the routines of the IERS."""

from __future__ import annotations

import time
from math import cos, pi, radians, sin, tan

import numpy as np
import pytest

from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.geodesy import from_geodetic
from armillary.core.scales import from_iso
from armillary.navigation.atmosphere_kernels import niell, zenith_delays
from armillary.navigation.precise_point.climate import climate_at, year_phase_rad
from armillary.navigation.precise_point.range_kernels import ranges
from armillary.navigation.precise_point.troposphere import _global_mapping, global_air, gradient_factors, hydrostatic_zenith_m, slant_factors, weather

GREEN_BANK = 0.6708665767, -1.393397187
"""Latitude and longitude, radians."""
MJD_55055 = Epochs(np.array([(55055 - 40587) * NS_PER_DAY]))
"""As TAI: the half minute to UTC is a millionth of a year."""
DAY = Epochs(from_iso("2023-01-01", "GPST").tai_ns + np.arange(2880) * 30_000_000_000)
BOULDER_M = np.array([-1288398.6, -4721696.9, 4078625.3])


def test_pressure_temperature_and_geoid_at_green_bank():
    # Printed with GPT since 2011 (before, its head held other numbers, of another place): an ellipsoidal height of 812.546 m.
    air = weather(from_geodetic(*GREEN_BANK, 812.546), MJD_55055)
    assert air.pressure_hpa == pytest.approx(918.0710638757363995, abs=1e-9)
    assert air.temperature_k - 273.15 == pytest.approx(19.31914181012882992, abs=1e-9)
    assert 812.546 - air.height_m == pytest.approx(-42.19185643717770517, abs=1e-8)


def test_global_mapping_at_green_bank():
    # Printed with GMF: 844.715 m, zenith distance 1.278564131 rad.
    elevation = np.array([pi / 2 - 1.278564131])
    dry, wet = _global_mapping(elevation, *GREEN_BANK, 844.715, year_phase_rad(MJD_55055))
    assert dry[0] == pytest.approx(3.425245519339138678, abs=1e-10)
    assert wet[0] == pytest.approx(3.449589116182419257, abs=1e-10)


@pytest.mark.parametrize("latitude_deg, longitude_deg", [(-35.3, 149.1), (69.3, 16.0), (0.0, -60.0), (-77.8, 166.7), (45.0, 90.0)])
def test_global_mapping_is_near_that_of_niell(latitude_deg, longitude_deg):
    # Boehm et al. (2006) find the two apart by what 10 mm of height are: some parts in a thousand at 5 deg, up to 1 % in the Antarctic.
    position = from_geodetic(radians(latitude_deg), radians(longitude_deg), 100.0)
    elevation = np.radians([90.0, 30.0, 15.0, 7.0])
    found = [slant_factors(position, DAY, elevation, 0.0 * elevation, mapping=name) for name in ("global", "niell")]
    for ours, other in ((found[0].hydrostatic, found[1].hydrostatic), (found[0].wet, found[1].wet)):
        assert ours[0] == pytest.approx(1.0, abs=1e-12) and other[0] == pytest.approx(1.0, abs=1e-12)
        assert ours == pytest.approx(other, rel=1.5e-2) and (ours[1:] != other[1:]).all()


def test_niell_is_that_of_the_kernel():
    elevation = np.radians([3.0, 15.0, 80.0])
    factors = slant_factors(BOULDER_M, DAY[:1], elevation, elevation, mapping="niell")
    out = np.empty(2)
    for i, value in enumerate(elevation):
        niell(value, radians(39.9950), 1648.5, 1.0, out)
        # 1 January is day 1; the phase counts from 28 January 1980 in years of 365.25 days, half a day apart by now.
        assert (factors.hydrostatic[i], factors.wet[i]) == pytest.approx(tuple(out), rel=2e-5)


def test_zenith_delay_of_a_known_pressure():
    # Davis et al. (1985): 2.2768 mm per hPa at 45 deg and sea level, 0.27 % more at the poles than at the equator each way.
    assert hydrostatic_zenith_m(1000.0, pi / 4, 0.0) == pytest.approx(2.2768, rel=1e-12)
    assert hydrostatic_zenith_m(1000.0, 0.0, 0.0) / 2.2768 == pytest.approx(1 / (1 - 0.00266), rel=1e-12)


@pytest.mark.parametrize("latitude_deg, height_m", [(-70.0, 50.0), (-20.0, 3000.0), (0.0, 10.0), (40.0, 1650.0), (65.0, 300.0)])
def test_hydrostatic_delay_is_near_that_of_another_climate(latitude_deg, height_m):
    position = from_geodetic(radians(latitude_deg), 1.0, height_m)
    out = np.empty(2)
    zenith_delays(radians(latitude_deg), height_m, 1.0, out)  # the climate of DO-229: five latitudes, no longitudes, no geoid
    found = [slant_factors(position, DAY, [1.0], [0.0], pressure=name).hydrostatic_zenith_m for name in ("global", "standard")]
    # The geoid, up to 100 m, is 27 mm; the Antarctic has 40 hPa less than DO-229 knows, 93 mm.
    assert found[0] == pytest.approx(out[0], abs=0.1) and found[1] == pytest.approx(out[0], abs=0.1) and found[0] != found[1]


def test_standard_atmosphere():
    # ICAO: 898.75 hPa and 281.65 K at 1000 m.
    geoid = climate_at(*GREEN_BANK, 0.0).geoid_m
    air = weather(from_geodetic(*GREEN_BANK, 1000.0 + geoid), MJD_55055, pressure="standard")
    assert (air.pressure_hpa, air.temperature_k, air.height_m) == (pytest.approx(898.75, abs=0.05), pytest.approx(281.65), pytest.approx(1000.0))


def test_gradients():
    elevation, azimuth = np.radians([5.0, 45.0, 89.999]), np.radians([0.0, 90.0, 180.0])
    north, east = gradient_factors(elevation, azimuth)
    assert north[0] == pytest.approx(1 / (sin(radians(5)) * tan(radians(5)) + 0.0032)) and abs(east[0]) < 1e-12
    assert east[1] == pytest.approx(1 / (sin(pi / 4) + 0.0032)) and abs(north[1]) < 1e-12
    assert abs(north[2]) < 1e-4 and abs(cos(azimuth[2])) == 1.0  # at the zenith a gradient does nothing


def test_low_elevations_are_held():
    factors = slant_factors(BOULDER_M, DAY, np.radians([-10.0, 0.0, 1.0, 2.1]), np.zeros(4))
    assert (
        np.isfinite(factors.hydrostatic).all() and factors.hydrostatic[0] == factors.hydrostatic[1] == factors.hydrostatic[2] > factors.hydrostatic[3]
    )


@pytest.mark.parametrize("mapping", ["global", "niell"])
def test_a_day_of_forty_satellites_is_fast(mapping):
    elevation = np.linspace(0.1, 1.5, 2880 * 40)
    slant_factors(BOULDER_M, DAY, elevation, elevation, mapping=mapping)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        slant_factors(BOULDER_M, DAY, elevation, elevation, mapping=mapping)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.03  # 6 and 9 ms on the machine it was written on


def test_the_kernel_of_ranges_maps_as_the_functions_do():
    """Two receivers far apart, a third without a position; a satellite overhead and some lower ones for each epoch."""
    places = np.array([BOULDER_M, from_geodetic(radians(-35.3), radians(149.1), 650.0), [np.nan] * 3])
    epochs = DAY[:3]
    air = global_air(places, epochs)
    assert np.isnan(air[2]).all()
    n = 40
    epoch_of = np.repeat(np.arange(3, dtype=np.int32), n)
    rng = np.random.default_rng(5)
    up = places[epoch_of] / np.linalg.norm(places[epoch_of], axis=1)[:, None]
    satellite = np.ascontiguousarray(2.6e7 * up + rng.uniform(-2.2e7, 2.2e7, (3 * n, 3)))
    reception, line, partial = np.full((3 * n, 3), np.nan), np.full((3 * n, 3), np.nan), np.full((3 * n, 6), np.nan)
    elevation, azimuth, modelled, zenith = np.full(3 * n, np.nan), np.full(3 * n, np.nan), np.full(3 * n, np.nan), np.full((3, 2), np.nan)
    plain = modelled.copy(), partial.copy(), zenith.copy()
    day = np.full(3, 1.0)
    ranges(epoch_of, satellite, places, day, air, reception, line, elevation, azimuth, modelled, partial, zenith)
    ranges(epoch_of, satellite, places, day, np.empty((0, 8)), reception, line, elevation, azimuth, *plain)
    for e in range(2):
        mine = (epoch_of == e) & (elevation > radians(3.0))
        assert mine.sum() > 10
        found, niell_s = (
            slant_factors(places[e], epochs, elevation[mine], azimuth[mine], mapping=name, pressure="global") for name in ("global", "niell")
        )
        # the climate is that of a cell of a tenth of a degree: a tenth of a millimetre of delay, some millionths of a factor
        assert zenith[e, 0] == pytest.approx(found.hydrostatic_zenith_m, abs=2e-4)
        assert partial[mine, 3] == pytest.approx(found.wet, rel=2e-5)
        delay, other = (
            zenith[e, 0] * found.hydrostatic + zenith[e, 1] * found.wet,
            plain[2][e, 0] * niell_s.hydrostatic + plain[2][e, 1] * niell_s.wet,
        )
        assert modelled[mine] - plain[0][mine] == pytest.approx(delay - other, abs=4e-3)  # of 2 to 40 m
    assert np.isnan(modelled[epoch_of == 2]).all()
