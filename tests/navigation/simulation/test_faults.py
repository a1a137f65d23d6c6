from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.core.satellites import pack_one, unpack_one
from armillary.errors import FormatError
from armillary.navigation.simulation.run import Simulation, simulate_scenario
from armillary.navigation.simulation.scenario import Fault, Scenario
from armillary.navigation.simulation.truth import precise_orbits


def with_faults(scenario: Scenario, *faults: Fault) -> Simulation:
    return simulate_scenario(replace(scenario, faults=faults))


def change(simulation: Simulation, quiet: Simulation, code: str, letter: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a fault did to a code: difference to the quiet run, its hours, its satellites."""
    a, b = (s.observations["AAAA"].blocks[letter] for s in (simulation, quiet))
    hours = np.repeat(np.arange(len(a.offsets) - 1) / 60.0, np.diff(a.offsets))
    return a.column(code) - b.column(code), hours, a.sat


def test_a_clock_jump_moves_one_satellite_in_its_span_on_all_signals(two_systems: Scenario, quiet: Simulation) -> None:
    simulation = with_faults(two_systems, Fault("clock_jump", 0.5, 1.0, "C:highest", size_m=40.0))
    sat = simulation.faults[0].sat
    for code in ("C2I", "C6I"):
        difference, hours, sats = change(simulation, quiet, code, "C")
        # The span is kept in true time; the receiver's clock is 50 us off.
        inside = (sats == sat) & (hours > 0.51) & (hours < 0.99)
        assert inside.sum() > 20
        assert difference[inside] == pytest.approx(40.0, abs=1.1e-3)
        assert not difference[(sats != sat) | (hours < 0.49) | (hours > 1.01)].any()
    phase, hours, sats = change(simulation, quiet, "L2I", "C")
    inside = (sats == sat) & (hours > 0.51) & (hours < 0.99)
    assert phase[inside] * 299_792_458.0 / 1561.098e6 == pytest.approx(40.0, abs=2e-3)


def test_a_ramp_grows_with_time(two_systems: Scenario, quiet: Simulation) -> None:
    simulation = with_faults(two_systems, Fault("clock_ramp", 0.5, 1.5, "R:highest", rate_m_s=0.01))
    difference, hours, sats = change(simulation, quiet, "C1C", "R")
    inside = (sats == simulation.faults[0].sat) & (hours > 0.51) & (hours < 1.49)
    assert difference[inside] == pytest.approx(0.01 * 3600.0 * (hours[inside] - 0.5), abs=2e-3)


def test_a_range_step_is_seen_at_one_station_only(two_systems: Scenario) -> None:
    stations = (two_systems.stations[0], replace(two_systems.stations[0], name="BBBB"))
    two = replace(two_systems, stations=stations)
    calm, simulation = simulate_scenario(two), with_faults(two, Fault("range_step", 0.5, 1.0, "R:highest", size_m=25.0))
    assert simulation.faults[0].station == "AAAA"
    same = [np.array_equal(calm.observations[n].blocks["R"].values, simulation.observations[n].blocks["R"].values) for n in ("AAAA", "BBBB")]
    assert same == [False, True]


def test_a_late_flag_comes_after_its_delay(two_systems: Scenario, quiet: Simulation) -> None:
    simulation = with_faults(two_systems, Fault("late_unhealthy", 0.25, 2.0, "R:highest", size_m=60.0, delay_h=0.5))
    fault = simulation.faults[0]
    table = simulation.navigation.messages["R", "FDMA"]
    sent_h = table.transmission.seconds_since(simulation.sky.origin) / 3600.0
    bad = table.columns["health"] != 0.0
    assert bad.any() and set(table.sat[bad].tolist()) == {fault.sat}
    assert sent_h[bad].min() >= 0.75 and sent_h[bad].max() < 2.0
    difference, hours, sats = change(simulation, quiet, "C1C", "R")
    assert (difference[(sats == fault.sat) & (hours > 0.26)] > 59.9).all()


def test_a_wrong_ephemeris_moves_only_messages_sent_in_its_span(two_systems: Scenario, quiet: Simulation) -> None:
    simulation = with_faults(two_systems, Fault("wrong_ephemeris", 0.5, 1.5, "R:highest", size_m=800.0))
    a, b = (s.navigation.messages["R", "FDMA"] for s in (simulation, quiet))
    moved = np.linalg.norm(np.stack([a.columns[f"{x}_m"] - b.columns[f"{x}_m"] for x in "xyz"]), axis=0)
    sent_h = a.transmission.seconds_since(simulation.sky.origin) / 3600.0
    wrong = (a.sat == simulation.faults[0].sat) & (sent_h >= 0.5) & (sent_h < 1.5)
    assert wrong.sum() == 2
    # Steps of 2^-11 km in each axis.
    assert moved[wrong] == pytest.approx(800.0, abs=1.0)
    assert not moved[~wrong].any()
    assert np.array_equal(simulation.observations["AAAA"].blocks["R"].values, quiet.observations["AAAA"].blocks["R"].values)


def test_a_missing_upload_leaves_the_messages_of_its_span_out(two_systems: Scenario, quiet: Simulation) -> None:
    simulation = with_faults(two_systems, Fault("missing_upload", 0.5, 1.5, "R:highest"))
    a, b = (s.navigation.messages["R", "FDMA"] for s in (simulation, quiet))
    mine = b.sat == simulation.faults[0].sat
    sent_h = b.transmission.seconds_since(quiet.sky.origin) / 3600.0
    lost = mine & (sent_h >= 0.5) & (sent_h < 1.5)
    assert lost.sum() == 2 and len(a.sat) == len(b.sat) - 2
    assert np.array_equal(a.columns["x_m"], b.columns["x_m"][~lost]) and a.transmission == b.transmission[~lost]


def test_an_outage_silences_its_station_only(two_systems: Scenario) -> None:
    stations = (two_systems.stations[0], replace(two_systems.stations[0], name="BBBB"))
    simulation = with_faults(replace(two_systems, stations=stations), Fault("station_outage", 0.5, 1.0, station="BBBB"))
    hours = {name: o.epochs.seconds_since(simulation.sky.origin) / 3600.0 for name, o in simulation.observations.items()}
    assert len(hours["AAAA"]) == 120 and len(hours["BBBB"]) == 90
    assert not ((hours["BBBB"] >= 0.5) & (hours["BBBB"] < 1.0)).any()


def test_a_receiver_clock_jump_moves_all_codes_and_phases_alike(two_systems: Scenario, quiet: Simulation) -> None:
    simulation = with_faults(two_systems, Fault("receiver_clock_jump", 0.5, 2.0, size_m=299_792.458))
    for letter, code in (("C", "C2I"), ("R", "C1C")):
        difference, hours, _ = change(simulation, quiet, code, letter)
        # a millisecond; satellites move by up to a metre meanwhile
        assert difference[hours >= 0.5] == pytest.approx(299_792.458, abs=1.5)
        assert not difference[hours < 0.49].any()
    phase, hours, _ = change(simulation, quiet, "L2I", "C")
    assert phase[hours >= 0.5] * 299_792_458.0 / 1561.098e6 == pytest.approx(299_792.458, abs=1.5)
    assert simulation.stations["AAAA"].clock_s[-1] - quiet.stations["AAAA"].clock_s[-1] == pytest.approx(1e-3, rel=1e-12)


def test_interference_takes_strength_from_all_signals_in_its_span(two_systems: Scenario, quiet: Simulation) -> None:
    simulation = with_faults(two_systems, Fault("interference", 0.5, 1.0, loss_db=12.0))
    for letter, code in (("C", "S2I"), ("R", "S2C")):
        difference, hours, _ = change(simulation, quiet, code, letter)
        inside = (hours >= 0.5) & (hours < 1.0)
        assert difference[inside] == pytest.approx(-12.0, abs=2e-3) and not difference[~inside].any()


def test_multipath_scatters_the_codes_as_much_as_it_says(two_systems: Scenario, quiet: Simulation) -> None:
    simulation = with_faults(two_systems, Fault("multipath", 0.5, 1.5, size_m=2.0))
    difference, hours, _ = change(simulation, quiet, "C2I", "C")
    inside = (hours >= 0.5) & (hours < 1.5)
    # 2 m at 30 degrees, 0.2 m at the zenith, 6 m at the horizon
    assert 0.5 < difference[inside].std() < 5.0 and not difference[~inside].any()


def test_a_burst_of_slips_is_flagged_and_counted(two_systems: Scenario, quiet: Simulation) -> None:
    simulation = with_faults(two_systems, Fault("slip_burst", 0.5, 1.0, slips_per_hour=30.0))
    a, b = (s.observations["AAAA"].blocks["C"] for s in (simulation, quiet))
    column = a.codes.index("L2I")
    hours = np.repeat(np.arange(len(a.offsets) - 1) / 60.0, np.diff(a.offsets))
    inside = (hours >= 0.5) & (hours < 1.0)
    flagged = (a.lli[column] != 0) & (b.lli[column] == 0)
    # 30 an hour, one epoch a minute: every second row
    assert 0.4 < flagged[inside].mean() < 0.6 and not flagged[~inside].any()
    assert simulation.stations["AAAA"].slips > quiet.stations["AAAA"].slips + 100


def test_clocks_that_fail_for_everybody_fail_in_the_precise_product_too(two_systems: Scenario) -> None:
    jump = Fault("clock_jump", 0.5, 1.0, "C:highest", size_m=30.0)
    for fault, expected in ((jump, 30.0), (replace(jump, station="AAAA"), 0.0)):
        simulation = with_faults(two_systems, fault)
        whole, faulty = (precise_orbits(two_systems, simulation.sky, faults) for faults in ((), simulation.faults))
        hours = whole.epochs.seconds_since(simulation.sky.origin) / 3600.0
        slow_m = (whole.clock_s - faulty.clock_s) * 299_792_458.0
        inside = (hours >= 0.5) & (hours < 1.0)
        assert slow_m[np.ix_(whole.sat == simulation.faults[0].sat, inside)] == pytest.approx(expected, abs=1e-4)
        assert not slow_m[:, ~inside].any()


def test_several_faults_add_up(two_systems: Scenario, quiet: Simulation) -> None:
    one = Fault("clock_jump", 0.5, 1.0, "C:highest", size_m=40.0)
    simulation = with_faults(two_systems, one, replace(one, size_m=-15.0), Fault("unhealthy", 0.0, 1.0, "C:highest"))
    difference, _, sats = change(simulation, quiet, "C2I", "C")
    assert difference[sats == simulation.faults[0].sat].max() == pytest.approx(25.0, abs=1.1e-3)


def test_highest_satellite_is_in_view_all_the_time_of_the_fault(two_systems: Scenario) -> None:
    simulation = with_faults(two_systems, *(Fault("clock_jump", 0.5, 1.5, f"{letter}:highest", size_m=1.0) for letter in "RC"))
    for fault in simulation.faults:
        block = simulation.observations["AAAA"].blocks[unpack_one(fault.sat)[0]]
        assert (block.sat == fault.sat).sum() > 60


def test_a_satellite_may_be_named(two_systems: Scenario) -> None:
    assert with_faults(two_systems, Fault("clock_jump", 0.0, 1.0, "R05", size_m=1.0)).faults[0].sat == pack_one("R05")


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault("gremlin", 0.0, 1.0, "R01"), "clock_jump, clock_ramp"),
        (Fault("clock_jump", 1.0, 1.0, "R01"), "before it starts"),
        (Fault("clock_jump", 0.0, 1.0, "R77"), "not simulated"),
        (Fault("clock_jump", 0.0, 1.0, ""), "not simulated"),
        (Fault("clock_jump", 0.0, 1.0, "J:highest"), "no satellite of system"),
        (Fault("clock_jump", 0.0, 1.0, "R01", station="ZZZZ"), "AAAA"),
        (Fault("multipath", 0.0, 1.0, "R01", size_m=1.0), "one of a station"),
    ],
)
def test_faults_that_cannot_be_are_refused(two_systems: Scenario, fault: Fault, says: str) -> None:
    with pytest.raises(FormatError) as caught:
        with_faults(two_systems, fault)
    assert says in str(caught.value)
