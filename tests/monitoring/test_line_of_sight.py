"""Weights of orbit errors, against the published table and against users all over the Earth."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.errors import InputError
from armillary.monitoring.line_of_sight import EARTH_RADIUS_M, signal_in_space_error_m, weights, worst_user_error_m

# Semi-major axis in km, then wR and wAC for masks of 0 and 5 deg (the values for 0 deg round to those of Montenbruck et al. 2015: 0.98 and 1/49 for
# GPS, 0.98 and 1/45 for GLONASS, 0.98 and 1/54, 0.99 and 1/126 for BeiDou, 0.98 and 1/61 for Galileo, the second being the square of wAC).
TABLE = [
    (25_508, 0.9775, 0.1491, 0.9787, 0.1453),
    (26_560, 0.9793, 0.1430, 0.9804, 0.1394),
    (27_906, 0.9814, 0.1359, 0.9823, 0.1325),
    (29_600, 0.9835, 0.1279, 0.9843, 0.1247),
    (42_164, 0.9920, 0.0890, 0.9924, 0.0868),
]


@pytest.mark.parametrize("row", TABLE)
def test_published_weights(row: tuple[float, ...]) -> None:
    # 1e-4: the table has four digits.
    assert weights(row[0] * 1e3) == pytest.approx(row[1:3], abs=1e-4)
    assert weights(row[0] * 1e3, np.radians(5)) == pytest.approx(row[3:], abs=1e-4)


@pytest.mark.parametrize("mask_deg", [0.0, 15.0])
@pytest.mark.parametrize("radius_m", [7_500e3, 26_560e3, 42_164e3])
def test_weights_are_means_over_users_that_see_the_satellite(radius_m: float, mask_deg: float) -> None:
    height = (np.arange(400_000) + 0.5) / 200_000 - 1.0  # slices of equal height of a sphere have equal areas (Archimedes)
    user = EARTH_RADIUS_M * np.stack([np.sqrt(1.0 - height**2), np.zeros_like(height), height], axis=1)
    sight = np.array([0.0, 0.0, radius_m]) - user
    distance = np.linalg.norm(sight, axis=1)
    seen = (sight * user).sum(axis=1) >= distance * EARTH_RADIUS_M * np.sin(np.radians(mask_deg))
    cosine = sight[seen, 2] / distance[seen]
    radial, across = weights(radius_m, np.radians(mask_deg))
    # The last slice in view is counted whole or not at all: a 20,000th of those that see a low orbit.
    assert radial == pytest.approx(np.sqrt(np.mean(cosine**2)), abs=2e-5)
    assert across == pytest.approx(np.sqrt(np.mean(1 - cosine**2) / 2), abs=2e-5)


def test_error_of_a_clock_and_a_radial_error_cancel() -> None:
    radial, _ = weights(26_560e3)
    error = np.array([[1.0, 0.0, 0.0]])
    assert signal_in_space_error_m(error, np.array([float(radial)]), np.array([26_560e3]), 0.0) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("radius_m", "mask_rad"), [(6.0e6, 0.0), (np.nan, 0.0), (2.6e7, -0.1), (2.6e7, 1.6)])
def test_impossible_geometry_is_refused(radius_m: float, mask_rad: float) -> None:
    with pytest.raises(InputError):
        weights(radius_m, mask_rad)


@pytest.mark.parametrize("mask_deg", [0.0, 5.0])
def test_the_worst_user_is_the_worst_of_users_all_over_the_earth(mask_deg: float) -> None:
    """Errors along the true directions from the satellite to 40,000 users: none is worse, and one comes near."""
    rng = np.random.default_rng(5)
    i = np.arange(40_000) + 0.5
    height, turn = 1.0 - 2.0 * i / len(i), np.pi * (1.0 + 5.0**0.5) * i  # spread evenly over the sphere by the golden angle
    side = np.sqrt(1.0 - height**2)
    user = EARTH_RADIUS_M * np.stack([height, side * np.cos(turn), side * np.sin(turn)], axis=1)
    for radius_m in (7_500e3, 26_560e3, 42_164e3):
        sight = np.array([radius_m, 0.0, 0.0]) - user  # the radial direction is x, along and cross are y and z
        distance = np.linalg.norm(sight, axis=1)
        seen = (sight * user).sum(axis=1) >= distance * EARTH_RADIUS_M * np.sin(np.radians(mask_deg))
        direction = sight[seen] / distance[seen, np.newaxis]
        for scale in ((1.0, 1.0, 1.0), (0.1, 5.0, 5.0), (5.0, 0.1, 0.1)):
            error, clock = rng.normal(size=3) * scale, float(rng.normal())
            expected = np.abs(direction @ error - clock).max()
            worst = float(worst_user_error_m(error[np.newaxis], np.array([clock]), np.array([radius_m]), np.radians(mask_deg))[0])
            assert expected <= worst + 1e-9
            assert worst == pytest.approx(expected, rel=0.02)  # users are 1.1 deg apart
