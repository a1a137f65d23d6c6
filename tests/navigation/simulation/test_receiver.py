"""Observations against a second computation from the same truth, by another route: Earth-fixed with the rotation of the signal's flight."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.navigation.simulation.atmosphere import DELAY_M_HZ2_TECU, slant_tecu, trace_troposphere, utc_second_of_day, weather_at
from armillary.navigation.simulation.earth import EARTH_RATE_RAD_S, LIGHT_SPEED_M_S, east_north_up
from armillary.navigation.simulation.run import Simulation, simulate_scenario
from armillary.navigation.simulation.scenario import Scenario, parse_scenario
from armillary.navigation.simulation.sky import generator

C = LIGHT_SPEED_M_S


def cells(simulation: Simulation, letter: str) -> tuple[np.ndarray, np.ndarray]:
    """Epoch and row of the sky of every row of a block."""
    block = simulation.observations["AAAA"].blocks[letter]
    epoch = np.repeat(np.arange(len(block.offsets) - 1), np.diff(block.offsets))
    return epoch, np.searchsorted(simulation.sky.sat, block.sat)


def modelled(simulation: Simulation, letter: str) -> dict[str, np.ndarray]:
    """Code of every signal computed anew, metres: light time and Earth rotation in Earth-fixed axes, satellite by satellite."""
    sky, truth = simulation.sky, simulation.stations["AAAA"]
    scenario = simulation.scenario
    place = (np.radians(30.5), np.radians(114.4))
    axes = east_north_up(*place)
    receiver = np.array(truth.position_m) + 1.5 * axes[2]
    block = simulation.observations["AAAA"].blocks[letter]
    epoch, row = cells(simulation, letter)
    t = epoch * scenario.interval_s - truth.clock_s[epoch]
    out = np.empty((3, len(t)))
    look = np.empty((2, len(t)))
    for k in np.unique(row):
        mine = row == k
        tau = np.full(mine.sum(), 0.08)
        for _ in range(6):
            sent = t[mine] - tau
            fixed = sky.earth_fixed(sent)[0][:, k]
            turn = EARTH_RATE_RAD_S * tau
            # The Earth-fixed axes of reception: turned on by omega tau since the signal left.
            x = np.cos(turn) * fixed[:, 0] + np.sin(turn) * fixed[:, 1]
            y = -np.sin(turn) * fixed[:, 0] + np.cos(turn) * fixed[:, 1]
            to = np.stack([x, y, fixed[:, 2]], axis=-1) - receiver
            tau = np.linalg.norm(to, axis=-1) / C
        r, v = sky.motion.state(sent)
        relativity = -2.0 * np.sum(r[:, k] * v[:, k], axis=-1) / C**2
        out[0, mine] = C * tau
        out[1, mine] = C * (sky.clock_s(sent)[:, k] + sky.offset_s(sent)[:, k] + relativity)
        enu = to @ axes.T
        look[0, mine] = np.arctan2(enu[:, 0], enu[:, 1])
        look[1, mine] = np.arcsin(enu[:, 2] / (C * tau))
    weather = weather_at(
        scenario.troposphere, 50.0, place[0], day_of_year=sky.days_since_j2000 % 365.25, draw=generator(simulation.seed, "AAAA", "weather")
    )
    dry, wet = trace_troposphere(weather).mapping(look[1])
    out[2] = truth.zenith_hydrostatic_m[epoch] * dry + truth.zenith_wet_m[epoch] * wet
    electrons = slant_tecu(scenario.ionosphere, place, (look[0], look[1]), utc_second_of_day(sky, t))
    frequency = {}
    for code in block.codes:
        band = sky.systems[sky.system_of[row[0]]].band(code[1])
        frequency[code] = band.frequency_hz + band.step_hz * sky.channel[row]
    common = out[0] + C * truth.clock_s[epoch] - out[1] + out[2]
    result = {"elevation": look[1]}
    for code in (c for c in block.codes if c[0] == "C"):
        ionosphere = DELAY_M_HZ2_TECU / frequency[code] ** 2 * electrons
        delay = np.array([sky.delay_m[k][code[1]] + truth.code_bias_m[f"{letter} {sky.groups[k].bias_group}"][code] for k in row])
        if code in truth.channel_bias_m and letter == "R":
            delay = delay + np.array([truth.channel_bias_m[code][str(sky.channel[k])] for k in row])
        result[code] = common + ionosphere + delay
        result["L" + code[1:]] = (common - ionosphere) * frequency[code] / C
    return result


@pytest.mark.parametrize("letter", "RCGE")
def test_observations_without_noise_are_the_truth_to_the_millimetre(quiet: Simulation, letter: str) -> None:
    block = quiet.observations["AAAA"].blocks[letter]
    expected = modelled(quiet, letter)
    assert len(block.sat) > 100
    _, row = cells(quiet, letter)
    for code in (c for c in block.codes if c[0] == "C"):
        # Half of the last digit of the format, and rounding of 2e7 m.
        assert np.abs(block.column(code) - expected[code]).max() < 0.6e-3
        cycles = block.column("L" + code[1:]) - expected["L" + code[1:]]
        for k in np.unique(row):
            # One whole number of cycles per arc, here half a millimetre and 1e-8 of 2e7 m in cycles.
            assert np.ptp(cycles[row == k]) < 0.003
            assert abs(cycles[row == k][0] - round(cycles[row == k][0])) < 0.003


@pytest.mark.parametrize("letter", "RCGE")
def test_noise_is_what_is_stated(quiet: Simulation, noisy: Simulation, letter: str) -> None:
    block, exact = (s.observations["AAAA"].blocks[letter] for s in (noisy, quiet))
    assert np.array_equal(block.sat, exact.sat)
    zenith = noisy.scenario.systems[noisy.sky.systems[[s.letter for s in noisy.sky.systems].index(letter)].name].code_noise_m
    codes = [c for c in block.codes if c[0] == "C"]
    for j, code in enumerate(codes):
        strength = block.column("S" + code[1:])
        sigma = zenith[j] * 10.0 ** (((50.0, 47.0)[j] - strength) / 20.0)
        scaled = (block.column(code) - exact.column(code)) / sigma
        # Some 1000 values: the standard deviation is known to 2.5 %, the mean to 3 %.
        assert np.std(scaled) == pytest.approx(1.0, abs=0.09)
        assert np.mean(scaled) == pytest.approx(0.0, abs=0.13)


def test_strength_falls_with_elevation(quiet: Simulation) -> None:
    elevation = modelled(quiet, "C")["elevation"]
    strength = quiet.observations["AAAA"].blocks["C"].column("S2I")
    assert strength[elevation > 1.2].mean() - strength[elevation < 0.25].mean() > 5.0


def test_doppler_is_the_rate_of_the_phase(two_systems: Scenario) -> None:
    blocks = simulate_scenario(replace(two_systems, hours=0.05, interval_s=1.0)).observations["AAAA"].blocks
    for block, sat in ((b, s) for b in blocks.values() for s in np.unique(b.sat)):
        mine = block.sat == sat
        code = next(c for c in block.codes if c[0] == "L")
        phase, doppler = block.column(code)[mine], block.column("D" + code[1:])[mine]
        # Central differences over 2 s: a third derivative of 1e-3 m/s3 at most, the clock's walk of 0.05 ns and three decimals.
        assert np.abs(doppler[1:-1] + (phase[2:] - phase[:-2]) / 2.0).max() < 0.1


def test_phase_and_code_part_by_twice_the_ionosphere(quiet: Simulation) -> None:
    """Divergence between the frequencies follows their squares exactly."""
    block = quiet.observations["AAAA"].blocks["G"]
    f1, f2 = 1575.42e6, 1227.60e6
    for sat in np.unique(block.sat)[:4]:
        mine = block.sat == sat
        apart1 = block.column("C1C")[mine] - block.column("L1C")[mine] * C / f1
        apart2 = block.column("C2W")[mine] - block.column("L2W")[mine] * C / f2
        ratio = apart2 * f2**2 - apart1 * f1**2
        assert np.ptp(ratio) / f2**2 < 0.005


def test_slips_and_losses_are_flagged(two_systems: Scenario, quiet: Simulation) -> None:
    station = two_systems.stations[0]
    rough = replace(station.receiver, slips_per_hour=5.0, outages_per_hour=2.0)
    simulation = simulate_scenario(replace(two_systems, stations=(replace(station, receiver=rough),)))
    block, calm = simulation.observations["AAAA"].blocks["C"], quiet.observations["AAAA"].blocks["C"]
    assert len(block.sat) < len(calm.sat)
    assert simulation.stations["AAAA"].slips > 50 and quiet.stations["AAAA"].slips == 0
    epoch, _ = cells(simulation, "C")
    calm_epoch, _ = cells(quiet, "C")
    where = {key: i for i, key in enumerate(zip(calm_epoch.tolist(), calm.sat.tolist(), strict=True))}
    same = np.array([where[key] for key in zip(epoch.tolist(), block.sat.tolist(), strict=True)])
    j = block.codes.index("L2I")
    jump = block.values[j] - calm.values[calm.codes.index("L2I")][same]
    for sat in np.unique(block.sat):
        mine = block.sat == sat
        changed = np.abs(np.diff(jump[mine])) > 0.5
        flagged = block.lli[j][mine][1:] == 1
        # Every change is flagged; a fresh arc may by chance keep its count.
        assert not (changed & ~flagged).any() and block.lli[j][mine][0] == 0


def test_millisecond_jumps_keep_the_clock_small_and_hit_code_and_phase_alike(two_systems: Scenario) -> None:
    station = two_systems.stations[0]
    receiver = replace(station.receiver, clock_rate_ns_s=900.0, millisecond_jumps=True)
    simulation = simulate_scenario(replace(two_systems, stations=(replace(station, receiver=receiver),)))
    clock = simulation.stations["AAAA"].clock_s
    jumps = np.flatnonzero(np.abs(np.diff(clock)) > 0.5e-3)
    assert len(jumps) > 3 and np.abs(clock).max() <= 0.5e-3
    block = simulation.observations["AAAA"].blocks["C"]
    epoch, _ = cells(simulation, "C")
    sat = block.sat[epoch == jumps[0]][0]
    code = block.column("C2I")[block.sat == sat]
    phase = block.column("L2I")[block.sat == sat] * C / 1561.098e6
    at = jumps[0] - epoch[block.sat == sat][0]
    # Range rates of up to 1 km/s change the range by 60 km a minute; a millisecond is 300 km.
    assert abs(code[at + 1] - code[at]) > 200e3
    assert (code[at + 1] - code[at]) == pytest.approx(phase[at + 1] - phase[at], abs=0.1)


def test_same_seed_same_numbers_other_seed_others(two_systems: Scenario, quiet: Simulation) -> None:
    again = simulate_scenario(two_systems).observations["AAAA"].blocks["R"].values
    other = simulate_scenario(two_systems, seed=8).observations["AAAA"].blocks["R"].values
    first = quiet.observations["AAAA"].blocks["R"].values
    assert np.array_equal(first, again)
    assert first.shape != other.shape or not np.array_equal(first, other)


def test_another_station_or_system_changes_nothing_for_the_first(two_systems: Scenario, quiet: Simulation) -> None:
    second = replace(two_systems.stations[0], name="BBBB", latitude_deg=60.0)
    simulation = simulate_scenario(replace(two_systems, stations=(second, two_systems.stations[0])))
    assert np.array_equal(simulation.observations["AAAA"].blocks["C"].column("C2I"), quiet.observations["AAAA"].blocks["C"].column("C2I"))


def test_station_gaps_leave_no_epochs(two_systems: Scenario) -> None:
    station = replace(two_systems.stations[0], gaps_h=((0.5, 1.0),))
    observations = simulate_scenario(replace(two_systems, stations=(station,))).observations["AAAA"]
    assert len(observations.epochs) == 90
    assert np.diff(observations.epochs.tai_ns).max() == 31 * 60 * 10**9
    for block in observations.blocks.values():
        assert len(block.offsets) == 91 and block.offsets[-1] == len(block.sat)


def test_mask_is_kept(two_systems: Scenario) -> None:
    receiver = replace(two_systems.stations[0].receiver, mask_deg=25.0)
    simulation = simulate_scenario(replace(two_systems, stations=(replace(two_systems.stations[0], receiver=receiver),)))
    assert np.degrees(modelled(simulation, "R")["elevation"].min()) > 24.99


def test_one_epoch_is_enough() -> None:
    text = """
title = "one"
start = "2025-06-21T00:00:00"
hours = 0.01
interval_s = 36
seed = 1
[system.qzss]
[[station]]
name = "A"
latitude_deg = 30
longitude_deg = 135
"""
    observations = simulate_scenario(parse_scenario(text, path="one.toml")).observations["A"]
    assert len(observations.epochs) == 1 and len(observations.blocks["J"].sat) > 0
