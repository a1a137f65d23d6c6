"""Terms of transmitting antennas against distances and dipoles computed in another way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.navigation.precise_point.attitude import attitude
from armillary.navigation.precise_point.satellite_antennas import NADIR_STEP_RAD, SatelliteAntennas
from armillary.navigation.precise_point.transmitter import transmitter_terms

_EARTH_RATE = 7.2921151467e-5
STATION = np.array([-1_288_398.6, -4_721_696.9, 4_078_625.3])
SUN = np.array([1.2e11, -7.0e10, 5.5e10])


def antennas(n, rng, laws=0):
    """Made antennas: offsets within 3 m, variations of centimetres."""
    return SatelliteAntennas(
        np.arange(1, n + 1, dtype=np.int16),
        ("",) * n,
        ("",) * n,
        rng.uniform(-3.0, 3.0, (n, 2, 3)),
        np.arange(41) * NADIR_STEP_RAD,
        rng.uniform(-0.02, 0.02, (n, 2, 41)),
        np.full(n, laws, np.int8),
        ("",) * n,
        ("",) * n,
        np.ones(n, bool),
        (),
    )


def sky(n, rng):
    """Satellites above the horizon of STATION: positions and Earth-fixed velocities."""
    up = STATION / np.linalg.norm(STATION)
    direction = rng.normal(size=(20 * n, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    direction = direction[direction @ up > 0.35][:n]
    position = direction * 26_500e3
    velocity = np.cross(rng.normal(size=(n, 3)), direction)
    velocity *= 3_880.0 / np.linalg.norm(velocity, axis=1)[:, None]
    return position, velocity - np.cross([0.0, 0.0, _EARTH_RATE], position)


def test_the_range_is_that_from_the_phase_centre():
    rng = np.random.default_rng(2)
    n = 60
    made = replace(antennas(n, rng), variation_m=np.zeros((n, 2, 41)))
    position, velocity = sky(n, rng)
    terms = transmitter_terms(made, np.arange(n, dtype=np.int32), position, velocity, np.tile(SUN, (n, 1)), np.tile(STATION, (n, 1)))
    # Body axes here from vector products with the Sun, the distance from both points in full.
    z = -position / np.linalg.norm(position, axis=1)[:, None]
    y = np.cross(z, SUN)
    y /= np.linalg.norm(y, axis=1)[:, None]
    x = np.cross(y, z)
    for f in range(2):
        o = made.offset_m[:, f]
        centre = position + o[:, :1] * x + o[:, 1:2] * y + o[:, 2:] * z
        expected = np.linalg.norm(STATION - centre, axis=1) - np.linalg.norm(STATION - position, axis=1)
        np.testing.assert_allclose(terms.range_m[:, f], expected, atol=2e-6)  # 3 m across the line of sight bend it by 2e-7 m


def test_variations_are_added_by_nadir_angle():
    rng = np.random.default_rng(3)
    n = 60
    made = replace(antennas(n, rng), offset_m=np.zeros((n, 2, 3)))
    position, velocity = sky(n, rng)
    terms = transmitter_terms(made, np.arange(n, dtype=np.int32), position, velocity, np.tile(SUN, (n, 1)), np.tile(STATION, (n, 1)))
    line = STATION - position
    cosine = -np.sum(line * position, axis=1) / np.linalg.norm(line, axis=1) / np.linalg.norm(position, axis=1)
    nadir = np.degrees(np.arccos(cosine))
    assert 5 < nadir.max() < 14.3  # asin(6371 / 26500) = 13.9 deg
    np.testing.assert_allclose(np.degrees(terms.nadir_rad), nadir, atol=1e-5)
    for i in range(n):
        np.testing.assert_allclose(terms.range_m[i, 1], np.interp(nadir[i], np.arange(41) * 0.5, made.variation_m[i, 1]), atol=1e-7)


def _wu(x, y, k, receiver_x, receiver_y):
    """Wu et al. (1993) as printed: an arc cosine with the sign of a triple product; cycles."""
    there = x - k * (k @ x) - np.cross(k, y)
    here = receiver_x - k * (k @ receiver_x) + np.cross(k, receiver_y)
    angle = np.arccos(np.clip(there @ here / np.linalg.norm(there) / np.linalg.norm(here), -1.0, 1.0))
    return np.sign(k @ np.cross(there, here)) * angle / (2 * np.pi)


def test_wind_up_is_that_of_the_dipoles():
    rng = np.random.default_rng(4)
    n = 80
    position, velocity = sky(n, rng)
    terms = transmitter_terms(antennas(n, rng), np.arange(n, dtype=np.int32), position, velocity, np.tile(SUN, (n, 1)), np.tile(STATION, (n, 1)))
    axes = attitude(np.zeros(n, np.int8), position, velocity, np.tile(SUN, (n, 1))).axes
    up = STATION / (np.array([6_378_137.0, 6_378_137.0, 6_356_752.314]) ** 2)  # gradient of the ellipsoid: its normal, at sea level
    up /= np.linalg.norm(up)
    east = np.cross([0.0, 0.0, 1.0], up)
    east /= np.linalg.norm(east)
    north = np.cross(up, east)
    for i in range(n):
        k = (STATION - position[i]) / np.linalg.norm(STATION - position[i])
        expected = _wu(axes[i, 0], axes[i, 1], k, north, -east)
        difference = terms.wind_up_cycles[i] - expected
        assert abs(difference - round(difference)) < 1e-6


def test_a_satellite_that_turns_around_winds_the_phase_up_by_a_cycle_for_each_turn():
    # The Sun is led around a satellite overhead: the satellite follows it, twice around, and the phase with it.
    n = 721
    around = np.linspace(0.0, 4 * np.pi, n)
    position = np.tile([26_500e3, 0.0, 0.0], (n, 1))
    velocity = np.tile([0.0, 3_880.0 - _EARTH_RATE * 26_500e3, 0.0], (n, 1))
    sun = 1.5e11 * np.stack([np.full(n, 0.2), np.cos(around), np.sin(around)], axis=1)
    receiver = np.tile([6_378_137.0, 0.0, 0.0], (n, 1))
    made = antennas(1, np.random.default_rng(0))
    terms = transmitter_terms(made, np.zeros(n, np.int32), position, velocity, sun, receiver)
    wind_up = terms.wind_up_cycles
    assert abs(wind_up[0]) <= 0.5
    assert np.abs(np.diff(wind_up)).max() < 0.01
    assert abs(abs(wind_up[-1] - wind_up[0]) - 2.0) < 1e-9


def test_wind_up_goes_on_across_gaps_and_keeps_satellites_apart():
    rng = np.random.default_rng(6)
    n, epochs = 4, 300
    made = antennas(n, rng)
    start, velocity = sky(n, rng)
    alone = []
    rows = {"sat": [], "position": [], "velocity": [], "sun": []}
    for e in range(epochs):
        for s in range(n):
            if s == 2 and 100 < e < 180:
                continue
            angle = 2 * np.pi * e / epochs
            rows["sat"].append(s)
            rows["position"].append(start[s])
            rows["velocity"].append(velocity[s])
            rows["sun"].append(1.5e11 * np.array([np.cos(angle), np.sin(angle), 0.3]))
    sat = np.array(rows["sat"], np.int32)
    given = [np.array(rows[key]) for key in ("position", "velocity", "sun")]
    together = transmitter_terms(made, sat, *given, np.tile(STATION, (len(sat), 1)))
    for s in range(n):
        mine = sat == s
        alone = transmitter_terms(made, sat[mine], *(g[mine] for g in given), np.tile(STATION, (mine.sum(), 1)))
        np.testing.assert_array_equal(together.wind_up_cycles[mine], alone.wind_up_cycles)
        if s != 2:
            assert np.abs(np.diff(alone.wind_up_cycles)).max() < 0.2
        else:
            assert np.abs(np.diff(alone.wind_up_cycles)).max() <= 0.5


def test_rows_without_a_position_are_nan():
    rng = np.random.default_rng(7)
    position, velocity = sky(3, rng)
    position[1] = np.nan
    made = antennas(3, rng)
    index = np.array([0, 1, -1], np.int32)
    terms = transmitter_terms(made, index, position, velocity, np.tile(SUN, (3, 1)), np.tile(STATION, (3, 1)))
    np.testing.assert_array_equal(np.isnan(terms.range_m[:, 0]), [False, True, True])
    np.testing.assert_array_equal(np.isnan(terms.wind_up_cycles), [False, True, True])
    assert not terms.in_shadow[1:].any() and not terms.doubtful.any()


def test_a_block_iia_is_doubtful_in_shadow_and_half_an_hour_after():
    # An orbit in the plane of the Sun, beta = 1 deg: minutes from the middle of the shadow.
    minutes = np.arange(-60, 120)
    rate = 2 * np.pi / 43_082.0
    angle = rate * 60.0 * minutes
    normal_up = np.radians(1.0)
    position = 26_560e3 * np.stack([-np.cos(angle), -np.sin(angle), np.zeros_like(angle)], axis=1)
    motion = 26_560e3 * rate * np.stack([np.sin(angle), -np.cos(angle), np.zeros_like(angle)], axis=1)
    fixed = motion - np.cross([0.0, 0.0, _EARTH_RATE], position)
    sun = np.tile(1.5e11 * np.array([np.cos(normal_up), 0.0, np.sin(normal_up)]), (len(angle), 1))
    made = antennas(1, np.random.default_rng(8), laws=3)
    terms = transmitter_terms(made, np.zeros(len(angle), np.int32), position, fixed, sun, np.tile(STATION, (len(angle), 1)))
    half = np.degrees(np.arcsin(6378.137 / 26_560)) / np.degrees(rate * 60.0)  # minutes: a shadow of 55 min
    assert terms.in_shadow[np.abs(minutes) < half - 1].all() and not terms.in_shadow[np.abs(minutes) > half + 1].any()
    assert terms.doubtful[(minutes > -half + 2) & (minutes < half + 28)].all()
    assert not terms.doubtful[(minutes < -half - 3) | (minutes > half + 33)].any()


def test_a_type_without_a_law_is_doubtful_only_where_nominal_yaw_is_fast():
    # beta = 1 deg, noon at the first row: nominal yaw is fastest there, n / tan(beta) = 0.48 deg/s, and below 0.09 deg/s beyond 2.1 deg of the orbit
    # (n tan b / (sin^2 + tan^2 b) = 0.09 deg/s at 2.09 deg).
    angle = np.radians([0.0, 1.5, 2.0, 2.2, 10.0, 90.0])
    rate = 2 * np.pi / 43_082.0
    position = 26_560e3 * np.stack([np.cos(angle), np.sin(angle), np.zeros(6)], axis=1)
    motion = 26_560e3 * rate * np.stack([-np.sin(angle), np.cos(angle), np.zeros(6)], axis=1)
    sun = np.tile(1.5e11 * np.array([np.cos(np.radians(1)), 0.0, np.sin(np.radians(1))]), (6, 1))
    given = (position, motion - np.cross([0.0, 0.0, _EARTH_RATE], position), sun, np.tile(STATION, (6, 1)))
    index = np.zeros(6, np.int32)
    terms = transmitter_terms(antennas(1, np.random.default_rng(1)), index, *given)
    np.testing.assert_array_equal(terms.doubtful, [True, True, True, False, False, False])
    assert not terms.off_nominal.any()
    assert not transmitter_terms(antennas(1, np.random.default_rng(1), laws=6), index, *given).doubtful.any()


@pytest.mark.parametrize("n", [0, 1])
def test_few_rows_are_no_trouble(n):
    made = antennas(2, np.random.default_rng(9))
    position, velocity = sky(2, np.random.default_rng(9))
    terms = transmitter_terms(made, np.zeros(n, np.int32), position[:n], velocity[:n], np.tile(SUN, (n, 1)), np.tile(STATION, (n, 1)))
    assert terms.range_m.shape == (n, 2)
