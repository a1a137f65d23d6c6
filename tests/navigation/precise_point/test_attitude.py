"""Yaw angles against published ones, and axes against vector products."""

from __future__ import annotations

import math

import numpy as np
import pytest

from armillary.core.satellite_types import Vehicle
from armillary.navigation.precise_point.attitude import LAWS, attitude, law_of
from armillary.navigation.precise_point.attitude_kernels import modelled_yaw, nominal_yaw

_EARTH_RATE = 7.2921151467e-5

# Yaw angles of J. Kouba's reference routine eclips (December 2017, with the corrections of L. Maisonobe), as published among the test resources of
# Orekit: type, turn, before (-1) or after (+1) noon or midnight, angular rate rad/s, beta deg, Sun-Earth-satellite angle deg, yaw deg.
_PUBLISHED = [
    ("GLONASS-M", "midnight", -1, 1.55119e-04, 1.52932, 168.70471, -91.4357),
    ("GLONASS-M", "midnight", -1, 1.55117e-04, 1.52568, 171.86201, -6.2308),
    ("GLONASS-M", "midnight", 1, 1.55097e-04, 1.50744, 171.86589, -6.1551),
    ("GLONASS-M", "midnight", -1, 1.54967e-04, -1.50801, 168.71693, 91.1122),
    ("GLONASS-M", "midnight", 1, 1.54823e-04, -1.48361, 171.87996, 6.0615),
    ("GLONASS-M", "noon", -1, 1.55078e-04, 0.01318, 1.59926, -45.0411),
    ("GLONASS-M", "noon", 1, 1.55078e-04, 0.00906, 1.59923, -135.0409),
    ("GLONASS-M", "noon", 1, 1.55078e-04, 0.00494, 4.79762, -179.9409),
    ("BLOCK IIR-M", "noon", 1, 1.47334e-04, 1.51667, 2.14592, -116.0619),
    ("BLOCK IIR-M", "noon", -1, 1.47259e-04, 1.52040, 2.14829, -45.0575),
    ("BLOCK IIR-M", "noon", 1, 1.47404e-04, 1.51295, 4.80016, -161.6062),
    ("BLOCK IIR-B", "midnight", 1, 1.49049e-04, 1.50980, 177.84636, -64.3570),
    ("BLOCK IIR-B", "midnight", -1, 1.49049e-04, 1.50630, 177.84881, -135.5488),
    ("BLOCK IIF", "midnight", -1, 1.45903e-04, -1.50600, 169.37284, 156.6603),
    ("BLOCK IIF", "midnight", -1, 1.45906e-04, -1.49955, 177.87697, 99.4912),
    ("BLOCK IIF", "midnight", 1, 1.45910e-04, -1.49095, 169.37472, 23.2749),
    ("BLOCK IIF", "midnight", -1, 1.46942e-04, 1.48678, 169.29197, -157.2518),
    ("BLOCK IIF", "midnight", 1, 1.46984e-04, 1.51499, 169.28660, -22.8113),
    ("BLOCK IIF", "noon", -1, 1.45925e-04, -1.52107, 2.13910, 43.7651),
    ("BLOCK IIF", "noon", 1, 1.45927e-04, -1.51712, 2.13630, 83.2920),
    ("BLOCK IIF", "noon", 1, 1.45930e-04, -1.50919, 7.67025, 162.3484),
    ("BLOCK IIF", "noon", 1, 1.45932e-04, -1.50523, 10.63556, 171.8175),
    ("BLOCK IIF", "noon", 1, 1.46524e-04, -0.00560, 1.50936, -19.5335),
    ("BLOCK IIF", "noon", 1, 1.46576e-04, -0.01112, 7.54856, -98.7338),
    ("GALILEO-1", "midnight", -1, 1.23979e-04, 1.47778, 163.33025, -174.8419),
    ("GALILEO-1", "midnight", -1, 1.23976e-04, 1.48134, 165.87266, -173.9000),
    ("GALILEO-1", "midnight", -1, 1.23967e-04, 1.49202, 173.44213, -164.2124),
    ("GALILEO-1", "midnight", -1, 1.23962e-04, 1.49916, 178.03059, -122.6770),
    ("GALILEO-1", "midnight", 1, 1.23953e-04, 1.50990, 173.43842, -15.8468),
    ("BEIDOU-2M", "midnight", -1, 1.35725e-04, -1.48431, 170.09230, -0.0721),
    ("BLOCK IIA", "noon", 1, 1.45605e-04, 1.50923, 2.12791, -88.6266),
]
_WITHIN_DEG = {"BLOCK IIA": 2.0}
"""Rows give beta at their own time, the routine keeps that of the turn's start: 0.3 deg. The rate of a Block IIA is its own there, a mean here."""


@pytest.mark.parametrize("row", _PUBLISHED, ids=lambda row: f"{row[0]} {row[1]} {row[4]:.2f} {row[5]:.1f}")
def test_yaw_is_the_published_one(row):
    name, turn, side, rate, beta_deg, angle_deg, expected = row
    beta, angle = math.radians(beta_deg), math.radians(angle_deg)
    middle, sign = (0.0, -1.0) if turn == "midnight" else (math.pi, 1.0)
    mu = middle + side * math.acos(sign * math.cos(angle) / math.cos(beta))
    yaw, _ = modelled_yaw(LAWS[name], beta, mu, rate)
    difference = (math.degrees(yaw) - expected + 180.0) % 360.0 - 180.0
    assert abs(difference) < _WITHIN_DEG.get(name, 0.3)


@pytest.mark.parametrize("law", [8, 9, 10])
@pytest.mark.parametrize("centre", [0.0, math.pi])
@pytest.mark.parametrize("beta_deg", [-2.5, -0.3, 0.3, 2.5])
def test_turns_along_a_cosine_are_continuous_where_they_begin_and_end(law, centre, beta_deg):
    # Periods were published apart from the angles: the turn ends on nominal yaw only if both are of one orbit (Galileo 14.08 h,
    # BeiDou MEO 12.89 h, IGSO 23.93 h).
    period_h, half_deg = {8: (14.08, 10.0), 9: (12.8875, 6.0), 10: (23.934, 6.0)}[law]
    rate, beta = 2 * math.pi / (period_h * 3600), math.radians(beta_deg)
    half = math.acos(math.cos(math.radians(half_deg)) / math.cos(beta)) if law == 8 else math.radians(half_deg)
    inside, departs = modelled_yaw(law, beta, centre + half * 0.9999, rate)
    outside, stays = modelled_yaw(law, beta, centre + half * 1.0001, rate)
    assert departs and not stays
    assert abs(math.degrees(inside - outside)) < 0.5
    middle, _ = modelled_yaw(law, beta, centre, rate)
    assert abs(abs(math.degrees(middle)) - 90.0) < 5.0  # of Galileo, whose arc gets shorter with beta while the period stays


@pytest.mark.parametrize("law", sorted(set(LAWS.values()) - {1}))
def test_far_from_noon_and_midnight_yaw_is_nominal(law):
    beta = math.radians(25.0)
    for mu in np.radians([-120.0, -60.0, 60.0, 120.0]):
        yaw, departs = modelled_yaw(law, beta, mu, 1.5e-4)
        assert yaw == nominal_yaw(beta, mu) and not departs


@pytest.mark.slow
def test_no_type_turns_faster_than_it_can_in_its_modelled_turns():
    # deg/s; laws with a smooth turn may use what their types can do (about 0.2 deg/s). The steps where the sense changes at beta = 0 are left out.
    for law, limit in ((3, 0.121), (4, 0.201), (5, 0.111), (6, 0.251), (7, 0.25), (8, 0.25), (9, 0.25), (10, 0.25)):
        for beta_deg in (-3.7, -1.5, -0.5, 0.5, 1.5, 3.7):
            mu = np.linspace(-np.pi, np.pi, 4_321)
            both = [modelled_yaw(law, math.radians(beta_deg), m, 1.4585e-4) for m in mu]
            yaw, departs = np.array([b[0] for b in both]), np.array([b[1] for b in both])
            seconds = (mu[1] - mu[0]) / 1.4585e-4
            speed = np.abs(np.degrees(np.angle(np.exp(1j * np.diff(yaw))))) / seconds
            inside = departs[1:] & departs[:-1]
            if law == 3:
                inside &= np.abs(mu[1:]) > 0.8  # after a shadow a Block IIA comes back in an unknown way: flagged, not modelled
            assert not inside.any() or speed[inside].max() < limit, (law, beta_deg)


def test_axes_are_those_of_vector_products_with_the_sun():
    rng = np.random.default_rng(5)
    position = rng.normal(size=(200, 3))
    position *= 26_560e3 / np.linalg.norm(position, axis=1)[:, None]
    velocity = np.cross(rng.normal(size=(200, 3)), position)
    velocity *= 3_870.0 / np.linalg.norm(velocity, axis=1)[:, None]
    fixed = velocity - np.cross([0.0, 0.0, _EARTH_RATE], position)
    sun = np.tile([1.0e11, -9.0e10, 5.0e10], (200, 1))
    found = attitude(np.zeros(200, np.int8), position, fixed, sun)
    z = -position / np.linalg.norm(position, axis=1)[:, None]
    y = np.cross(z, sun)
    y /= np.linalg.norm(y, axis=1)[:, None]
    x = np.cross(y, z)
    np.testing.assert_allclose(found.axes, np.stack([x, y, z], axis=1), atol=1e-9)
    normal = np.cross(position, velocity)
    normal /= np.linalg.norm(normal, axis=1)[:, None]
    np.testing.assert_allclose(np.sin(found.beta_rad), normal @ sun[0] / np.linalg.norm(sun[0]), atol=1e-12)
    assert not found.off_nominal.any()
    # In shadow is who stands behind the Earth and within its radius of the axis away from the Sun.
    along = position @ sun[0] / np.linalg.norm(sun[0])
    across = np.sqrt(26_560e3**2 - along**2)
    np.testing.assert_array_equal(found.in_shadow, (along < 0) & (across < 6_378_137.0))
    assert found.in_shadow.any()


def test_orbit_normal_axes_lie_along_the_motion():
    position, velocity = np.array([[42_164e3, 0.0, 0.0]]), np.array([[0.0, 0.0, 100.0]])
    found = attitude(np.array([1], np.int8), position, velocity, np.array([[1e11, 1e11, 0.0]]))
    motion = np.array([0.0, _EARTH_RATE * 42_164e3, 100.0])
    np.testing.assert_allclose(found.axes[0, 0], motion / np.linalg.norm(motion), atol=1e-12)
    np.testing.assert_allclose(found.axes[0, 2], [-1.0, 0.0, 0.0], atol=1e-12)
    assert found.off_nominal[0]


def test_a_vehicle_may_turn_otherwise_than_its_type():
    of_type = Vehicle(6709, "C009", "BEIDOU-2I", 0, 1, True, "")
    own = Vehicle(6713, "C017", "BEIDOU-2I", 0, 1, True, "")
    assert law_of(of_type) == 2
    assert law_of(own) == 10
    assert law_of(None) == 0
