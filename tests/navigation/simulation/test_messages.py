from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.registry import by_letter
from armillary.core.scales import to_calendar, to_week
from armillary.navigation.simulation.earth import LIGHT_SPEED_M_S, rotate_z
from armillary.navigation.simulation.messages import make_messages
from armillary.navigation.simulation.run import Simulation
from armillary.navigation.simulation.scenario import Scenario
from armillary.navigation.simulation.sky import TrueSky, make_sky
from armillary.orbits.broadcast import BroadcastOrbit

T = np.arange(0.0, 7200.0, 120.0)


def instants(sky: TrueSky, t_s: np.ndarray) -> Epochs:
    return Epochs(sky.origin.tai_ns[0] + np.rint(t_s * 1e9).astype(np.int64))


Fitted = tuple[TrueSky, BroadcastOrbit]


def fitted(scenario: Scenario, *, error: float, quantised: bool) -> Fitted:
    changed = replace(scenario, sky=replace(scenario.sky, broadcast_error_scale=error, quantised=quantised))
    sky = make_sky(changed, 1)
    return sky, BroadcastOrbit.from_navigation(make_messages(changed, sky, ()).navigation, causal=True)


@pytest.fixture(scope="module")
def exact(quiet_scenario: Scenario) -> Fitted:
    return fitted(quiet_scenario, error=0.0, quantised=False)


@pytest.fixture(scope="module")
def rounded(quiet_scenario: Scenario) -> Fitted:
    return fitted(quiet_scenario, error=0.0, quantised=True)


@pytest.fixture(scope="module")
def wrong(quiet_scenario: Scenario) -> Fitted:
    return fitted(quiet_scenario, error=1.0, quantised=False)


def differences(sky: TrueSky, orbit: BroadcastOrbit, letter: str) -> tuple[np.ndarray, np.ndarray]:
    """What the library evaluates minus what the messages shall describe: distance and clock (m), [n, n_times]."""
    r, v = sky.motion.state(T)
    intended = rotate_z(r + sky.broadcast_offset(T), -sky.earth_angle_rad(T)[:, None])
    clock = sky.clock_s(T) + sky.relativity_s(r, v) + sky.error.at(T)[..., 3] / LIGHT_SPEED_M_S
    distances, clocks = [], []
    for k in np.flatnonzero(sky.sat // 100 == ord(letter)):
        state = orbit.state(np.full(len(T), sky.sat[k]), instants(sky, T))
        assert not state.flag.any()
        distances.append(np.linalg.norm(state.position_m - intended[:, k], axis=-1))
        clocks.append((state.clock_s - clock[:, k]) * LIGHT_SPEED_M_S + reference_delay_m(sky, k, letter))
    return np.array(distances), np.array(clocks)


def reference_delay_m(sky: TrueSky, k: int, letter: str) -> float:
    """Equipment delay of what the clock refers to: L1; B3I; L1/L2; E1/E5b (the kind that is tried first)."""
    delay = sky.delay_m[k]
    if letter in "RC":
        return delay["1" if letter == "R" else "6"]
    first, second = {"G": ("1", "2"), "E": ("1", "7")}[letter]
    system = by_letter()[letter]
    gamma = (system.band(first).frequency_hz / system.band(second).frequency_hz) ** 2
    return (gamma * delay[first] - delay[second]) / (gamma - 1.0)


# Fifteen parameters cannot follow Sun and Moon over 3 to 4 h better than this; position-velocity messages hold their pull for 15 min.
@pytest.mark.parametrize(("letter", "largest_m", "rms_m"), [("R", 0.15, 0.04), ("C", 0.25, 0.06), ("G", 0.8, 0.2), ("E", 0.4, 0.12)])
def test_library_evaluates_exact_messages_to_the_fit_error(exact: Fitted, letter: str, largest_m: float, rms_m: float) -> None:
    distance, clock = differences(*exact, letter)
    assert distance.max() < largest_m and np.sqrt(np.mean(distance**2)) < rms_m
    # A clock term from fitted e and E errs by some centimetres of e sqrt(a) sin E.
    assert np.abs(clock).max() < 0.05


# Rounding of the messages on top: 2^-11 km, 2^-20 km/s over 15 min, 2^-30 s, 2^-31 s.
@pytest.mark.parametrize(("letter", "largest_m", "clock_m"), [("R", 1.3, 0.4), ("C", 0.35, 0.1), ("G", 0.9, 0.3), ("E", 0.5, 0.1)])
def test_library_evaluates_rounded_messages_within_their_steps(rounded: Fitted, letter: str, largest_m: float, clock_m: float) -> None:
    distance, clock = differences(*rounded, letter)
    assert distance.max() < largest_m
    assert np.abs(clock).max() < clock_m


@pytest.mark.parametrize("letter", "RCGE")
def test_broadcast_minus_truth_is_the_stated_error(wrong: Fitted, letter: str) -> None:
    distance, clock = differences(*wrong, letter)
    # As without errors, and what a constant drift cannot follow of the waves within two hours of a geostationary clock.
    assert distance.max() < 1.0
    assert np.sqrt(np.mean(clock**2)) < 0.35


@pytest.mark.slow
def test_line_of_sight_error_has_the_stated_size(quiet_scenario: Scenario) -> None:
    """Over many satellites and seeds the error towards the Earth has the group's standard deviation."""
    ratios = []
    for seed in range(6):
        sky = make_sky(quiet_scenario, seed)
        error = sky.error.at(np.arange(0.0, 43_200.0, 3600.0))
        share = np.array([0.98, 0.14, 0.14])
        square = (error[..., 0] * share[0] - error[..., 3]) ** 2 + (error[..., 1] * share[1]) ** 2 + (error[..., 2] * share[2]) ** 2
        ratios.append(square / np.array([g.signal_in_space_sigma_m for g in sky.groups]) ** 2)
    # 6 x 102 satellites: the mean square is known to about 6 %; the waves are drawn from half-normal amplitudes.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.15)


def test_fit_errors_are_told(quiet: Simulation) -> None:
    assert set(quiet.fit_error_m) == {"C D1", "C D2", "G LNAV", "E INAV", "E FNAV"}
    assert max(quiet.fit_error_m.values()) < 1.0


def test_messages_cover_the_run_with_complete_columns(quiet: Simulation) -> None:
    for table in quiet.navigation.messages.values():
        assert all(np.isfinite(column).all() and len(column) == len(table) for column in table.columns.values())
        order = np.lexsort((table.reference.tai_ns, table.transmission.tai_ns, table.sat))
        assert np.array_equal(order, np.arange(len(table)))
        assert (table.transmission.tai_ns <= quiet.sky.origin.tai_ns[0]).any()
        assert (table.reference.tai_ns >= quiet.sky.origin.tai_ns[0] + 7200 * 10**9).any()


def test_reference_times_stand_on_the_grid_of_their_scale(quiet: Simulation) -> None:
    fdma = quiet.navigation.messages["R", "FDMA"]
    *_, minute, second, ns = to_calendar(fdma.reference, "UTC")
    assert set(minute.tolist()) == {15, 45} and not second.any() and not ns.any()
    for key, scale, step in ((("C", "D1"), "BDT", 3600), (("G", "LNAV"), "GPST", 7200), (("E", "INAV"), "GST", 1800)):
        table = quiet.navigation.messages[key]
        week, ns_of_week = to_week(table.reference, scale)
        assert not (ns_of_week % (step * 10**9)).any()
        assert np.array_equal(table.columns["toe_s"] * 1e9, ns_of_week)
        if scale == "BDT":
            assert np.array_equal(table.columns["week"], week)


def test_toe_wraps_at_the_end_of_a_week(quiet: Simulation) -> None:
    """The run crosses from Saturday to Sunday."""
    table = quiet.navigation.messages["G", "LNAV"]
    assert set(np.diff(np.unique(table.columns["week"]))) == {1.0}
    assert table.columns["toe_s"].min() == 0.0 and table.columns["toe_s"].max() < 604_800.0


def test_group_delays_are_differences_of_equipment_delays(quiet: Simulation) -> None:
    sky = quiet.sky
    d1 = quiet.navigation.messages["C", "D1"]
    for sat, tgd1 in zip(d1.sat, d1.columns["tgd1_s"], strict=True):
        delay = sky.delay_m[int(np.searchsorted(sky.sat, sat))]
        # Steps of 0.1 ns.
        assert tgd1 * LIGHT_SPEED_M_S == pytest.approx(delay["2"] - delay["6"], abs=0.016)


def test_time_offsets_are_own_time_minus_common(quiet: Simulation) -> None:
    offsets = {o.label: o for o in quiet.navigation.time_offsets}
    assert offsets["BDUT"].a0_s == pytest.approx(-20e-9) and offsets["GLUT"].a0_s == pytest.approx(30e-9)
    assert offsets["BDUT"].a1_s_s == pytest.approx(5e-9 / 86_400)
