"""Sum and interpolation of tidal displacements."""

from __future__ import annotations

import time

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.geodesy import to_enu
from armillary.core.ocean_loading import StationLoading
from armillary.core.scales import from_iso
from armillary.core.sun_moon import sun_and_moon
from armillary.navigation.precise_point.displacement import station_displacement
from armillary.navigation.precise_point.pole_tide import pole_tide
from armillary.navigation.precise_point.solid_tide import solid_tide

BOULDER_M = np.array([-1288398.6, -4721696.9, 4078625.3])
DAY = Epochs(from_iso("2023-01-01", "GPST").tai_ns + np.arange(2880) * 30_000_000_000)


# Reykjavik, CSR4.0, as printed with the IERS program HARDISP: a station with as much loading as any.
AMPLITUDE_M = [
    [0.02359, 0.01481, 0.00448, 0.00419, 0.00273, 0.00033, 0.00088, 0.00005, 0.00081, 0.00034, 0.00034],
    [0.00514, 0.00280, 0.00089, 0.00078, 0.00106, 0.00074, 0.00035, 0.00018, 0.00004, 0.00001, 0.00003],
    [0.00209, 0.00077, 0.00051, 0.00021, 0.00151, 0.00066, 0.00047, 0.00019, 0.00014, 0.00008, 0.00006],
]
PHASE_DEG = [
    [78.5, 102.3, 76.3, 104.1, -52.0, -160.4, -52.6, -128.0, -174.8, -175.7, -178.1],
    [54.2, 93.8, 38.9, 96.9, 2.3, -12.5, 3.1, -31.6, -144.4, -122.6, -173.5],
    [156.2, -167.1, 141.9, -164.9, 155.9, 178.7, 155.6, -168.5, 177.7, 178.7, 179.7],
]
REYKJAVIK = StationLoading("REYK", np.array(AMPLITUDE_M), np.radians(PHASE_DEG))
REYKJAVIK_M = np.array([2587384.4, -1043033.5, 5716564.4])


def test_ocean_loading_goes_up_west_and_south():
    epochs = from_iso(["2009-06-25T00:00:00", "2009-06-25T05:00:00"], "UTC")
    moved = to_enu(station_displacement(REYKJAVIK_M, epochs, ocean=REYKJAVIK, solid=False, pole=False), origin_m=REYKJAVIK_M)
    # Printed as up, south, west: (-26.799, -0.581, -4.764) and (38.862, 1.557, 5.044) mm; see tests/core/test_ocean_loading.py for the tolerance.
    assert moved == pytest.approx(np.array([[4.764, 0.581, -26.799], [-5.044, -1.557, 38.862]]) * 1e-3, abs=1.2e-5)


def test_interpolation_of_ocean_loading():
    direct = REYKJAVIK.displacement_m(DAY)
    moved = to_enu(station_displacement(REYKJAVIK_M, DAY, ocean=REYKJAVIK, solid=False, pole=False), origin_m=REYKJAVIK_M)
    assert np.abs(moved - np.stack([-direct[:, 1], -direct[:, 2], direct[:, 0]], 1)).max() < 1e-9


def test_interpolation_keeps_a_hundredth_of_a_micrometre():
    direct = solid_tide(BOULDER_M, DAY, *sun_and_moon(DAY)) + pole_tide(BOULDER_M, DAY)
    assert np.abs(station_displacement(BOULDER_M, DAY) - direct).max() < 1e-8


def test_parts_can_be_left_out():
    whole = station_displacement(BOULDER_M, DAY[:3])
    solid, pole = station_displacement(BOULDER_M, DAY[:3], pole=False), station_displacement(BOULDER_M, DAY[:3], solid=False)
    assert whole == pytest.approx(solid + pole, abs=1e-14)
    assert pole == pytest.approx(pole_tide(BOULDER_M, DAY[:3]), abs=1e-9)
    assert not station_displacement(BOULDER_M, DAY[:3], solid=False, pole=False).any()


def test_a_tide_has_the_size_of_a_tide():
    up = station_displacement(BOULDER_M, DAY) @ (BOULDER_M / np.linalg.norm(BOULDER_M))
    assert 0.15 < np.ptp(up) < 0.5 and np.abs(up).max() < 0.35


def test_across_a_leap_second_it_is_smooth():
    epochs = Epochs(from_iso("2016-12-31T23:50:00", "UTC").tai_ns + np.arange(1200) * 1_000_000_000)
    steps = np.diff(station_displacement(BOULDER_M, epochs), axis=0)
    assert np.abs(np.diff(steps, axis=0)).max() < 1e-8


def test_a_day_is_fast():
    station_displacement(REYKJAVIK_M, DAY, ocean=REYKJAVIK)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        station_displacement(REYKJAVIK_M, DAY, ocean=REYKJAVIK)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.03  # 8 ms on the machine it was written on
