"""The pole tide against the centrifugal potential it comes from."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from armillary.core.earth_orientation import EarthOrientation, OrientationValues
from armillary.core.geodesy import from_geodetic
from armillary.core.reference import Reference
from armillary.core.scales import from_iso
from armillary.navigation.precise_point.pole_tide import pole_tide, secular_pole_rad

ARCSECOND = np.pi / 648_000
EPOCH = from_iso("2020-01-01T12:00:00", "TT")
XP, YP = 0.3, 0.1
REFERENCE = dataclasses.replace(
    Reference.builtin(),
    earth_orientation_table=EarthOrientation.constant(
        18_000, 19_000, values=OrientationValues(*np.array([XP * ARCSECOND, YP * ARCSECOND, 0, 0, 0, 0]))
    ),
)


def potential(position: np.ndarray, m1: float, m2: float) -> float:
    """Centrifugal potential of the axis (m1, m2, 1) against that of the axis (0, 0, 1), m2/s2; m in arc seconds."""
    rate = 7.292115e-5
    axis = np.array([m1 * ARCSECOND, m2 * ARCSECOND, 1.0])
    # m1 and m2 are the pole's own angles; terms of their square are 1e-12.
    turned = float(position @ position * (axis @ axis) - (position @ axis) ** 2)
    still = float(position @ position - position[2] ** 2)
    return rate**2 / 2 * (turned - still - float(position @ position) * (m1**2 + m2**2) * ARCSECOND**2)


@pytest.mark.parametrize("latitude_deg, longitude_deg", [(40.0, -105.0), (-35.0, 149.0), (0.0, 30.0), (69.0, 19.0), (-89.0, 10.0)])
def test_love_numbers_times_the_potential(latitude_deg, longitude_deg):
    position = from_geodetic(np.radians(latitude_deg), np.radians(longitude_deg))
    # IERS Conventions 2010, updated in 2018: xs = 55.0 + 1.677 dt, ys = 320.5 + 3.460 dt milliarcseconds, dt = 20 years.
    m1, m2 = XP - (0.0550 + 0.03354), -(YP - (0.3205 + 0.0692))
    up = position / np.linalg.norm(position)
    radius, gravity = 6371e3, 9.80
    place = up * radius
    slope = np.array([(potential(place + d, m1, m2) - potential(place - d, m1, m2)) / 2000 for d in 1000 * np.eye(3)])
    across = slope - (slope @ up) * up
    expected = 0.6207 * potential(place, m1, m2) / gravity * up + 0.0836 * radius * across / gravity
    # -33 and -9 mm per arc second are rounded; the mean radius and gravity serve everywhere: 0.4 mm of 12.
    assert pole_tide(position, EPOCH, reference=REFERENCE)[0] == pytest.approx(expected, abs=2e-4)


def test_secular_pole_of_2000():
    x, y = secular_pole_rad(from_iso("2000-01-01T12:00:00", "TT"))
    assert (x[0] / ARCSECOND, y[0] / ARCSECOND) == (pytest.approx(0.055), pytest.approx(0.3205))
