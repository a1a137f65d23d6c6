"""Nominal constellations: geometry of a Walker pattern, ground tracks, motion."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.registry import constellation, constellations
from armillary.orbits.state import BAD_INPUT, NO_DATA
from armillary.orbits.walker import EARTH_ROTATION_RAD_S, NominalConstellation, slot_angles

ORIGIN = Epochs(np.array([1_672_531_200 * 10**9]))


def test_every_nominal_number_is_a_satellite_of_its_group():
    for system in constellations().values():
        for nominal in system.nominal_orbits:
            assert len(nominal.numbers) <= nominal.total
            for number in nominal.numbers:
                group = system.group_of(number)
                assert group is not None
                assert group.name == nominal.group


def test_walker_pattern_is_even():
    raan, u = slot_angles(constellation("beidou").nominal_orbits[0])
    assert sorted({round(float(np.degrees(x))) for x in raan}) == [0, 120, 240]
    # 24/3/1: 8 in a plane, 45 deg apart, 15 deg from plane to plane.
    assert np.degrees(np.diff(u[:8])) == pytest.approx(np.full(7, 45.0))
    assert np.degrees(u[8] - u[0]) == pytest.approx(15.0)


def test_geostationary_and_inclined_satellites_stay_at_their_longitudes():
    nominal = NominalConstellation.of(constellation("beidou"), origin=ORIGIN)
    hours = ORIGIN.shifted(np.arange(0, 86_400, 600.0))
    stationary = nominal.state(6760, hours)
    longitude = np.degrees(np.arctan2(stationary.position_m[:, 1], stationary.position_m[:, 0]))
    assert longitude == pytest.approx(np.full(144, 80.0), abs=1e-6)
    assert np.abs(stationary.velocity_m_s).max() < 1e-6
    for sat in (6738, 6739, 6740):
        track = nominal.state(sat, hours).position_m
        up = (track[:-1, 2] < 0) & (track[1:, 2] >= 0)
        crossing = np.degrees(np.arctan2(track[:-1, 1], track[:-1, 0]))[up]
        # Ten minutes of motion about the node: 118 E within 2 deg.
        assert crossing == pytest.approx([118.0], abs=2.0)


def test_velocity_is_the_derivative_of_position():
    nominal = NominalConstellation.of(*constellations().values(), origin=ORIGIN)
    when = ORIGIN.shifted(4567.0)
    a, b = (nominal.state(nominal.satellites, when.shifted(h)).position_m for h in (-0.5, 0.5))
    state = nominal.state(nominal.satellites, when)
    # h^2/24 of the third derivative: 2e-6 m/s.
    assert np.abs(state.velocity_m_s - (b - a)).max() < 1e-5
    assert (state.flag == 0).all()


def test_period_and_radius_of_medium_orbits():
    nominal = NominalConstellation.of(constellation("glonass"), origin=ORIGIN)
    start = nominal.state(8201, ORIGIN).position_m[0]
    # 17 revolutions in 8 sidereal days: the ground track repeats (the nominal radius is rounded to a kilometre: 0.1 deg in 8 days).
    later = nominal.state(8201, ORIGIN.shifted(8 * 2 * np.pi / EARTH_ROTATION_RAD_S)).position_m[0]
    assert np.linalg.norm(start) == pytest.approx(25_508e3)
    angle = np.degrees(np.arccos(start @ later / np.linalg.norm(start) ** 2))
    assert angle < 1.0


def test_flags():
    nominal = NominalConstellation.of(constellation("glonass"), origin=ORIGIN)
    assert nominal.state(8230, ORIGIN).flag[0] == NO_DATA
    assert nominal.state_at_transmission(8201, ORIGIN, np.nan).flag[0] == BAD_INPUT
