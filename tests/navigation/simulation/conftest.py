"""One small run that many tests look at: two hours, four systems, one station, no noise; and the scenario it came from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from armillary.navigation.simulation.run import Simulation, simulate_scenario
from armillary.navigation.simulation.scenario import Scenario, parse_scenario

TEXT = """
title = "quiet"
start = "2025-06-21T22:00:00"
hours = 2
interval_s = 60
seed = 7

[sky]
broadcast_error_scale = 1.0

[receiver]
noise_scale = 0
multipath_m = 0
slips_per_hour = 0
outages_per_hour = 0
antenna_height_m = 1.5

[system.glonass]
time_offset_ns = 30
channel_bias_m = -0.1
channel_bias_sigma_m = 0.2

[system.beidou]
time_offset_ns = -20
time_offset_rate_ns_day = 5

[system.gps]

[system.galileo]
time_offset_ns = 4

[[station]]
name = "AAAA"
latitude_deg = 30.5
longitude_deg = 114.4
height_m = 50
operator = "Roscosmos"
host = "China"
"""


@pytest.fixture(scope="session")
def quiet_scenario() -> Scenario:
    return parse_scenario(TEXT, path="quiet.toml")


@pytest.fixture(scope="session")
def quiet(quiet_scenario: Scenario) -> Simulation:
    return simulate_scenario(quiet_scenario)


@pytest.fixture(scope="session")
def two_systems(quiet_scenario: Scenario) -> Scenario:
    """The same world with two systems only: what they hold is the same, and it is quicker."""
    return replace(quiet_scenario, systems={name: quiet_scenario.systems[name] for name in ("glonass", "beidou")})


@pytest.fixture(scope="session")
def noisy(quiet_scenario: Scenario) -> Simulation:
    """The same world, with noise but without multipath."""
    station = quiet_scenario.stations[0]
    return simulate_scenario(replace(quiet_scenario, stations=(replace(station, receiver=replace(station.receiver, noise_scale=1.0)),)))
