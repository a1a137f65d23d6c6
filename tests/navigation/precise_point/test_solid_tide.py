"""The solid Earth tide against the cases that the IERS publishes with its routine DEHANTTIDEINEL."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.core.scales import from_iso
from armillary.core.sun_moon import sun_and_moon
from armillary.navigation.precise_point.solid_tide import solid_tide

CASES = {
    "2009-04-13": (
        (4075578.385, 931852.890, 4801570.154),
        (137859926952.015, 54228127881.4350, 23509422341.6960),
        (-179996231.920342, -312468450.131567, -169288918.592160),
        (0.07700420357108125891, 0.06304056321824967613, 0.05516568152597246810),
    ),
    "2012-07-13": (
        (1112189.660, -4842955.026, 3985352.284),
        (-54537460436.2357, 130244288385.279, 56463429031.5996),
        (300396716.912, 243238281.451, 120548075.939),
        (-0.02036831479592075833, 0.05658254776225972449, -0.07597679676871742227),
    ),
    "2015-07-15": (
        (1112200.5696, -4842957.8511, 3985345.9122),
        (100210282451.6279, 103055630398.3160, 56855096480.4475),
        (369817604.4348, 1897917.5258, 120804980.8284),
        (0.00509570869172363845, 0.0828663025983528700, -0.0636634925404189617),
    ),
    # The Sun of the fourth case is ten times too near, and its printed answer a copy of the third. This is what the routine itself answers.
    "2017-01-15": (
        (1112152.8166, -4842857.5435, 3985496.1783),
        (8382471154.1312895, 10512408445.356153, -5360583240.3763866),
        (380934092.93550891, 2871428.1904491195, 79015680.553570181),
        (-18.217357581922339, -23.505348376537949, 12.097611382175685),
    ),
}

# A fifth case, of a program that uses the routine, with Sun and Moon of a JPL ephemeris at that instant.
ALL_REAL = (
    "2019-07-18T04:59:12",
    (2587384.1007872052, -1043033.5652423096, 5716564.3449383173),
    (-40911673203.204002, 135847503359.17343, 54660205331.259735),
    (202952994.54523405, -319652979.70541549, -135514223.45872557),
    (-0.055604179909806005, 0.023200565840749199, -0.12297592439382479),
)


@pytest.mark.parametrize("when", CASES)
def test_published_cases(when):
    station, sun, moon, expected = CASES[when]
    # Rounding of the last digits: a millionth of a nanometre per metre.
    assert solid_tide(station, from_iso(when, "UTC"), [sun], [moon])[0] == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_a_case_in_the_middle_of_a_day():
    when, station, sun, moon, expected = ALL_REAL
    assert solid_tide(station, from_iso(when, "UTC"), [sun], [moon])[0] == pytest.approx(expected, rel=1e-11, abs=1e-12)


def test_with_our_own_sun_and_moon():
    when, station, _, _, expected = ALL_REAL
    epoch = from_iso(when, "UTC")
    # 5 km of the Moon's position are 4e-5 of 0.14 m: 6 micrometres.
    assert solid_tide(station, epoch, *sun_and_moon(epoch))[0] == pytest.approx(expected, abs=1e-5)


def test_many_epochs_are_the_same_as_one_at_a_time():
    epochs = from_iso([f"2023-01-01T{hour:02d}:00:00" for hour in range(24)], "GPST")
    sun, moon = sun_and_moon(epochs)
    station = (-1288398.6, -4721696.9, 4078625.3)
    together = solid_tide(station, epochs, sun, moon)
    one_by_one = [solid_tide(station, epoch, sun[[i]], moon[[i]])[0] for i, epoch in enumerate(epochs)]
    assert together == pytest.approx(np.array(one_by_one), abs=1e-15)


def test_at_the_poles_of_the_earth_it_is_finite():
    epoch = from_iso("2023-01-01", "GPST")
    for z in (6356752.0, -6356752.0):
        assert np.isfinite(solid_tide((0.0, 0.0, z), epoch, *sun_and_moon(epoch))).all()
