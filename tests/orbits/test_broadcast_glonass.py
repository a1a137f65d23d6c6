"""Position-velocity messages: the published example, fine steps, another integrator, and continuity."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import armillary.orbits.broadcast_glonass_kernels as kernels
from armillary.core.epochs import Epochs
from armillary.core.navigation_messages import Navigation
from armillary.core.registry import constellation
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.orbits.broadcast_glonass import LUNI_SOLAR_COLUMNS, STATE_COLUMNS, gravity_model, usable
from armillary.orbits.state import STALE
from tests.orbits.hand_made import navigation, table

MODEL = gravity_model(constellation("glonass"))
# ICD GLONASS CDMA, General Description 1.0 (2016), appendix J.2.2: t_b = 11700 s, wanted at 12300 s.
EXAMPLE = np.array([7003.008789, -12206.626953, 21280.765625, 0.7835417, 2.8042530, 1.3525150]) * 1e3
EXAMPLE_LUNI_SOLAR = np.array([0.0, 1.7e-9, -5.41e-9]) * 1e3
ANSWER_M = np.array([7523.174853, -10506.962176, 21999.239866]) * 1e3
ANSWER_M_S = np.array([0.95012609, 2.85568710, 1.04068137]) * 1e3
T_B = Epochs(np.array([1_672_531_200 * 10**9]))


def message(luni_solar: NDArray[np.float64] = EXAMPLE_LUNI_SOLAR, **more: float) -> Navigation:
    columns = dict(zip((*STATE_COLUMNS, *LUNI_SOLAR_COLUMNS), (*EXAMPLE, *luni_solar), strict=True))
    return navigation(table(["R07"], "FDMA", T_B, **columns, clock_bias_s=2.0e-5, relative_frequency_bias=9e-13, health=0.0, **more))


def test_published_example():
    """The answer printed in the interface document is that without its printed luni-solar accelerations, to the rounding of the input."""
    state = BroadcastOrbit.from_navigation(message(np.zeros(3))).state(8207, T_B.shifted(600.0))
    # 1.2 cm: the document integrates with 7.2921151467e-5 rad/s, this message's own ICD gives 7.292115e-5; 600 s of that at 1.3e7 m is 1.1 cm.
    assert np.abs(state.position_m[0] - ANSWER_M).max() < 0.012
    # Inputs are rounded to 1e-4 m/s, the answer to 1e-5.
    assert np.abs(state.velocity_m_s[0] - ANSWER_M_S).max() < 2e-4
    pulled = BroadcastOrbit.from_navigation(message()).state(8207, T_B.shifted(600.0))
    # What the accelerations add over 600 s is a t^2 / 2, changed by less than a percent by the gravity gradient.
    assert pulled.position_m[0] - state.position_m[0] == pytest.approx(0.5 * EXAMPLE_LUNI_SOLAR * 600.0**2, rel=0.01, abs=0.01)


def test_dense_solution_is_a_millimetre_from_fine_steps():
    orbit = BroadcastOrbit.from_navigation(message())
    start = np.concatenate([EXAMPLE, EXAMPLE_LUNI_SOLAR])
    for t in (-1080.0, -900.0, -431.7, -0.3, 0.0, 59.9, 60.0, 333.3, 900.0, 1080.0):
        fine = np.array(kernels.integrate(start, t, 1.0, MODEL))
        state = orbit.state(8207, T_B.shifted(t))
        # Runge-Kutta with 60 s: 0.7 mm after 900 s was measured over 22 real messages; 1 mm is what is promised.
        assert np.abs(state.position_m[0] - fine[:3]).max() < 1e-3
        assert np.abs(state.velocity_m_s[0] - fine[3:]).max() < 5e-6


@pytest.mark.slow
def test_another_integrator_agrees():
    scipy = pytest.importorskip("scipy.integrate")
    mu, j2, radius, rate = MODEL

    def motion(_: float, s: NDArray[np.float64]) -> NDArray[np.float64]:
        x, y, z, u, v, w = s
        r = np.sqrt(x * x + y * y + z * z)
        k = 1.5 * j2 * mu * radius**2 / r**5
        return np.array(
            [
                *(u, v, w),
                -mu * x / r**3 - k * x * (1 - 5 * z * z / r**2) + rate**2 * x + 2 * rate * v,
                -mu * y / r**3 - k * y * (1 - 5 * z * z / r**2) + rate**2 * y - 2 * rate * u,
                -mu * z / r**3 - k * z * (3 - 5 * z * z / r**2),
            ]
        ) + np.concatenate([np.zeros(3), EXAMPLE_LUNI_SOLAR])

    other = scipy.solve_ivp(motion, (0.0, 900.0), EXAMPLE, method="DOP853", rtol=1e-13, atol=1e-6).y[:, -1]
    state = BroadcastOrbit.from_navigation(message()).state(8207, T_B.shifted(900.0))
    assert np.abs(state.position_m[0] - other[:3]).max() < 1e-3


def test_clock_has_no_relativity_added():
    orbit = BroadcastOrbit.from_navigation(message())
    state = orbit.state(8207, T_B.shifted(500.0))
    assert state.clock_s[0] == pytest.approx(2.0e-5 + 9e-13 * 500.0, abs=1e-18)
    assert state.clock_drift_s_s[0] == 9e-13


def test_transmission_instant_solves_the_implicit_equation():
    orbit = BroadcastOrbit.from_navigation(message())
    sent = orbit.state_at_transmission(8207, T_B.shifted(100.0), 2.0e7)
    again = orbit.state(8207, T_B.shifted(100.0 - 2.0e7 / 299_792_458.0 - sent.clock_s[0]))
    # Epochs are rounded to 1 ns: 4e-6 m at 4 km/s.
    assert np.abs(sent.position_m - again.position_m).max() < 5e-6


def test_outside_the_lifetime_is_stale():
    orbit = BroadcastOrbit.from_navigation(message())
    state = orbit.state(8207, T_B.shifted(1081.0))
    assert state.flag[0] == STALE
    assert np.isnan(state.position_m).all()


@pytest.mark.real_data
def test_neighbouring_messages_meet(broadcast_day: Navigation):
    """Half-way between two t_b the two messages give the same place: a wrong scale or sign of anything would show as hundreds of metres."""
    messages = broadcast_day.messages["R", "FDMA"]
    same = (np.diff(messages.sat) == 0) & (np.diff(messages.ephemeris.tai_ns) == 1800 * 10**9)
    first = np.flatnonzero(same & (messages.columns["health"][:-1] == 0))
    states = np.stack([messages.columns[name] for name in (*STATE_COLUMNS, *LUNI_SOLAR_COLUMNS)], axis=-1)
    ahead = np.array([kernels.integrate(states[row], 900.0, 60.0, MODEL)[:3] for row in first])
    back = np.array([kernels.integrate(states[row + 1], -900.0, 60.0, MODEL)[:3] for row in first])
    distance = np.linalg.norm(ahead - back, axis=1)
    # Messages are rounded to 0.5 m and 1 mm/s (0.9 m after 900 s), and their forecasts differ by metres where an upload falls between.
    assert np.median(distance) < 2.0
    assert np.percentile(distance, 99) < 15.0


@pytest.mark.parametrize(("column", "value"), [("clock_bias_s", -1e25), ("ax_m_s2", 1e300), ("relative_frequency_bias", 1.0)])
def test_number_no_frame_can_hold_leaves_the_frame_out(column, value):
    state = {"x_m": 2.55e7, "y_m": 0.0, "z_m": 0.0, "vx_m_s": 0.0, "vy_m_s": 1e3, "vz_m_s": 3e3, "clock_bias_s": 1e-4}
    frames = table(["R01", "R02"], "FDMA", Epochs(np.repeat(T_B.tai_ns, 2)), **(state | {column: np.array([state.get(column, 0.0), value])}))
    assert usable(frames).tolist() == [True, False]
