"""Sum and interpolation of tidal displacements."""

from __future__ import annotations

import time

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.scales import from_iso
from armillary.core.sun_moon import sun_and_moon
from armillary.navigation.precise_point.displacement import station_displacement
from armillary.navigation.precise_point.pole_tide import pole_tide
from armillary.navigation.precise_point.solid_tide import solid_tide

BOULDER_M = np.array([-1288398.6, -4721696.9, 4078625.3])
DAY = Epochs(from_iso("2023-01-01", "GPST").tai_ns + np.arange(2880) * 30_000_000_000)


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
    station_displacement(BOULDER_M, DAY)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        station_displacement(BOULDER_M, DAY)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.03  # 4 ms on the machine it was written on
