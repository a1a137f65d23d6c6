"""One run: the sky, its messages and every station of a scenario, and the files it becomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from armillary.core.navigation_messages import Navigation
from armillary.core.observations import Observations
from armillary.core.scales import to_calendar
from armillary.core.stations import Network, Station
from armillary.errors import InputError
from armillary.io import rinex_nav, rinex_obs, sp3, station_table
from armillary.navigation.simulation.faults import InjectedFault, resolve_faults
from armillary.navigation.simulation.messages import make_messages
from armillary.navigation.simulation.receiver import StationTruth, observe
from armillary.navigation.simulation.scenario import Scenario
from armillary.navigation.simulation.signals import Site
from armillary.navigation.simulation.sky import TrueSky, make_sky
from armillary.navigation.simulation.truth import TRUE_FRAME, precise_orbits, truth_document, truth_rows

__all__ = ["Simulation", "file_names", "shortened", "simulate_scenario", "write_simulation"]

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """What a run made, and what is true in it."""

    scenario: Scenario
    seed: int
    sky: TrueSky
    navigation: Navigation
    observations: Mapping[str, Observations]
    """Station name -> observations."""
    stations: Mapping[str, StationTruth]
    faults: tuple[InjectedFault, ...]
    fit_error_m: Mapping[str, float]
    """``letter kind`` -> largest distance between fitted and intended orbits of Kepler messages, before rounding."""


def simulate_scenario(scenario: Scenario, *, seed: int | None = None, progress: Progress | None = None) -> Simulation:
    """Run a scenario; the same scenario and ``seed`` (the scenario's own when None) give the same numbers everywhere."""
    seed = scenario.seed if seed is None else seed
    if not 0 <= seed < 2**63:
        raise InputError(f"a seed is a whole number from 0 to 2^63 - 1, not {seed}")
    say: Progress = progress or (lambda what, fraction: None)
    parts = len(scenario.stations) + 1
    sky = make_sky(scenario, seed)
    faults = resolve_faults(scenario, sky)
    sent = make_messages(scenario, sky, faults)
    say("simulating", 1.0 / parts)
    received = {}
    for k, plan in enumerate(scenario.stations):
        received[plan.name] = observe(Site(scenario, sky, plan, seed), faults)
        say("simulating", (k + 2.0) / parts)
    observations = {name: r.observations for name, r in received.items()}
    return Simulation(scenario, seed, sky, sent.navigation, observations, {n: r.truth for n, r in received.items()}, faults, sent.fit_error_m)


def write_simulation(simulation: Simulation, out: Path, *, progress: Progress | None = None) -> dict[str, Path]:
    """Write the run into the folder ``out`` (made if absent); what each file is -> its path.

    Per station one RINEX 3.05 observation file and a table of its truth; one merged navigation file, the true orbits as SP3, ``truth.json``, and
    ``stations.csv`` with operators, hosts and true positions.
    """
    say: Progress = progress or (lambda what, fraction: None)
    out.mkdir(parents=True, exist_ok=True)
    written = {what: out / name for what, name in file_names(simulation.scenario).items()}
    for k, (name, observations) in enumerate(simulation.observations.items()):
        written[name].write_bytes(rinex_obs.write(observations))
        written[f"truth of {name}"].write_text(truth_rows(simulation.scenario, simulation.stations[name]), encoding="utf-8")
        say("writing", (k + 1.0) / len(simulation.observations))
    written["navigation"].write_bytes(rinex_nav.write(simulation.navigation))
    written["orbits"].write_bytes(sp3.write(precise_orbits(simulation.scenario, simulation.sky, simulation.faults)))
    written["stations"].write_bytes(station_table.write(_network(simulation)))
    document = truth_document(
        simulation.scenario, simulation.seed, simulation.sky, simulation.stations, simulation.faults, simulation.fit_error_m
    ) | {"files": {what: path.name for what, path in written.items()}}
    written["truth"].write_text(json.dumps(document, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return written


def file_names(scenario: Scenario) -> dict[str, str]:
    """What each file of a run is -> its name, in the order in which they are written."""
    span = _span(scenario)
    names: dict[str, str] = {}
    for station in (plan.name for plan in scenario.stations):
        name = f"{station[:4].upper():0<4}00XXX_U_{span}_{_unit(scenario.interval_s)}_MO.rnx"
        names[station] = f"{station}_{name}" if name in names.values() else name
        names[f"truth of {station}"] = f"truth-{station}.csv"
    names |= {"navigation": f"BRDC00XXX_U_{span}_MN.rnx", "orbits": f"TRUE00XXX_U_{span}_05M_ORB.SP3"}
    return names | {"stations": "stations.csv", "truth": "truth.json"}


def _network(simulation: Simulation) -> Network:
    plans = {name: truth.plan for name, truth in simulation.stations.items()}
    places = {name: truth.position_m for name, truth in simulation.stations.items()}
    made = (Station(name, places[name], TRUE_FRAME, operator=plan.operator, host=plan.host) for name, plan in plans.items())
    return Network(simulation.scenario.name, tuple(made))


def shortened(scenario: Scenario, *, hours: float | None, interval_s: float | None) -> Scenario:
    """The scenario with another length or interval; InputError where that cannot be."""
    changed = replace(
        scenario, hours=scenario.hours if hours is None else hours, interval_s=scenario.interval_s if interval_s is None else interval_s
    )
    if not (0 < changed.hours <= 192 and 0.1 <= changed.interval_s <= 3600 and changed.hours * 3600 >= changed.interval_s):
        raise InputError(f"{changed.hours} h at {changed.interval_s} s cannot be simulated: up to 192 h, 0.1 to 3600 s, at least one epoch")
    return changed


def _span(scenario: Scenario) -> str:
    """Start and length as in RINEX 3 file names."""
    year, month, day, hour, minute, *_ = (int(x[0]) for x in to_calendar(scenario.origin, "GPST"))
    of_year = int((np.datetime64(f"{year:04d}-{month:02d}-{day:02d}") - np.datetime64(f"{year:04d}-01-01")).astype(np.int64)) + 1
    minutes = max(1, round(scenario.hours * 60.0))
    length = (
        f"{minutes // 1440:02d}D"
        if minutes % 1440 == 0
        else f"{minutes // 60:02d}H"
        if minutes % 60 == 0 and minutes < 6000
        else f"{min(minutes, 99):02d}M"
    )
    return f"{year:04d}{of_year:03d}{hour:02d}{minute:02d}_{length}"


def _unit(interval_s: float) -> str:
    """Interval as in RINEX 3 file names."""
    if interval_s < 1.0:
        return f"{round(1.0 / interval_s):02d}Z"
    return f"{round(interval_s):02d}S" if interval_s < 100.0 else f"{round(interval_s / 60.0):02d}M"
