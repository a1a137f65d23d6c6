from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.navigation.simulation.kepler_fit import FitFrame, fit_kepler, kepler_columns, kepler_position

MU, RATE = 3.986005e14, 7.2921151467e-5
ANGLE = st.floats(-3.1, 3.1)


def unknowns(e: float, perigee: float, mean: float, i: float, node: float) -> np.ndarray:
    small = [4e-9, 1e-10, -8e-9, 1e-6, 5e-6, 250.0, -60.0, 1e-7, -1e-7]
    return np.array([5153.6, e * np.cos(perigee), e * np.sin(perigee), perigee + mean, i, node, *small])[:, None, None]


def inertial_state(p: np.ndarray, toe_s: np.ndarray, frame: FitFrame) -> tuple[np.ndarray, np.ndarray]:
    """Position at toe and inertial velocity in Earth-fixed axes, by differences."""
    h = 1.0
    before, now, after = np.moveaxis(kepler_position(p, np.array([-h, 0.0, h]), toe_s[:, None], frame), -2, 0)
    return now, (after - before) / (2.0 * h) + np.cross([0.0, 0.0, frame.rate_rad_s], now)


@settings(max_examples=25, deadline=None)
@given(e=st.floats(1e-4, 0.02), perigee=ANGLE, mean=ANGLE, i=st.floats(0.6, 1.2), node=ANGLE, toe=st.floats(0.0, 604_000.0))
def test_fit_returns_to_positions_of_known_elements(e: float, perigee: float, mean: float, i: float, node: float, toe: float) -> None:
    frame, toe_s = FitFrame(MU, RATE), np.array([toe])
    since = np.arange(-7200.0, 7201.0, 900.0)
    p = unknowns(e, perigee, mean, i, node)
    target = kepler_position(p, since, toe_s[:, None], frame)
    _, worst = fit_kepler(target, since, toe_s, inertial_state(p, toe_s, frame), frame)
    # The weak prior on nearly inseparable parameters costs some tenths of a millimetre.
    assert worst.max() < 2e-3


@pytest.mark.parametrize("inclination", [0.03, 0.087])
def test_geostationary_form_fits_too(inclination: float) -> None:
    frame, toe_s = FitFrame(3.986004418e14, 7.292115e-5, np.radians(5.0)), np.array([300_000.0])
    p = unknowns(3e-4, 1.0, 2.0, inclination, 0.5)
    p[0] = 6493.4
    since = np.arange(-3600.0, 7201.0, 900.0)
    target = kepler_position(p, since, toe_s[:, None], frame)
    _, worst = fit_kepler(target, since, toe_s, inertial_state(p, toe_s, frame), frame)
    assert worst.max() < 5e-3


def test_a_geostationary_satellite_in_the_equator_stays_over_its_longitude() -> None:
    """A circular equatorial orbit has 5 degrees of inclination in the turned plane; undone, it must stand still over the ground."""
    frame = FitFrame(3.986004418e14, 7.292115e-5, np.radians(5.0))
    a = (frame.mu_m3_s2 / frame.rate_rad_s**2) ** (1.0 / 3.0)
    p = np.zeros((15, 1, 1))
    p[0], p[4] = np.sqrt(a), np.radians(5.0)
    # Half a turn of longitude from the date line, so that it does not wrap.
    p[3], p[5] = 1.0, np.pi
    position = kepler_position(p, np.array([-3600.0, 0.0, 7200.0]), np.zeros((1, 1)), frame)[0, 0]
    assert np.abs(position[:, 2]).max() < 1e-3
    assert np.ptp(np.arctan2(position[:, 1], position[:, 0])) < 1e-10


def test_columns_hold_angles_within_half_a_turn() -> None:
    columns = kepler_columns(unknowns(0.01, 3.0, 3.0, 1.0, 9.0))
    assert all(np.abs(columns[name]).max() <= np.pi for name in ("m0_rad", "omega0_rad", "omega_rad"))
    assert columns["e"] == pytest.approx(0.01)
