"""Station files with known truth, made up by a simulator."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from armillary.core.satellites import unpack_one
from armillary.errors import InputError
from armillary.navigation.simulation.run import Simulation, file_names, shortened, simulate_scenario, write_simulation
from armillary.navigation.simulation.scenario import load_scenario

__all__ = ["SimulationAnswer", "simulate"]


@dataclass(frozen=True, slots=True, eq=False)
class SimulationAnswer:
    """What was simulated and where it stands."""

    simulation: Simulation
    files: dict[str, Path]
    """What -> path: each station's name (observations), ``truth of <station>``, ``navigation``, ``orbits``, ``stations``, ``truth``."""

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        scenario = self.simulation.scenario
        return {
            "scenario": scenario.name,
            "title": scenario.title,
            "seed": self.simulation.seed,
            "start_gpst": scenario.start,
            "hours": scenario.hours,
            "interval_s": scenario.interval_s,
            "stations": [self._station(name) for name in self.simulation.stations],
            "faults": len(self.simulation.faults),
            "files": {what: str(path) for what, path in self.files.items()},
        }

    def _station(self, name: str) -> dict[str, Any]:
        truth, observed = self.simulation.stations[name], self.simulation.observations[name]
        return {
            "station": name,
            "operator": truth.plan.operator,
            "host": truth.plan.host,
            "position_m": list(truth.position_m),
            "epochs": len(observed.epochs),
            "satellites": {letter: len(set(block.sat.tolist())) for letter, block in observed.blocks.items()},
            "file": str(self.files[name]),
        }

    def lines(self) -> list[str]:
        """The answer for people."""
        scenario = self.simulation.scenario
        systems = ", ".join(system.title for system in self.simulation.sky.systems)
        span = f"{scenario.hours:g} h from {scenario.start} GPST every {scenario.interval_s:g} s"
        out = [f"{scenario.title}: {span}, {systems}, seed {self.simulation.seed}"]
        for name in self.simulation.stations:
            row = self._station(name)
            counts = " ".join(f"{letter}{count}" for letter, count in row["satellites"].items())
            owner = f"{row['operator'] or 'nobody named'}, hosted by {row['host'] or 'nobody named'}"
            out.append(f"  {name}  {owner}; {row['epochs']} epochs, satellites {counts}")
            out.append(f"    {row['file']}")
        for fault in self.simulation.faults:
            where = f"at {fault.station}" if fault.station else "everywhere"
            what = f"{fault.kind} on {unpack_one(fault.sat)}" if fault.sat else fault.kind
            out.append(f"  fault {what} {where}, {fault.start_s / 3600.0:g} to {fault.end_s / 3600.0:g} h")
        out += [f"  {what}: {self.files[what]}" for what in ("navigation", "orbits", "stations", "truth")]
        return out

    def __str__(self) -> str:
        return "\n".join(self.lines())


def simulate(
    scenario: Annotated[str, "Name of a built-in scenario (demo, faults, open-sky, urban, solar-maximum, network, network-faults), or a TOML file."],
    *,
    out: Annotated[Path, "Folder for the files; made if it does not exist."],
    seed: Annotated[int | None, "Another seed than the scenario's own."] = None,
    hours: Annotated[float | None, "Another length than the scenario's own, hours."] = None,
    interval_s: Annotated[float | None, "Another interval than the scenario's own, seconds."] = None,
    progress: Callable[[str, float], None] | None = None,
) -> SimulationAnswer:
    """Observation and navigation files of made-up stations, with a file that says what is true.

    Stations, satellites, atmosphere, clocks, noise and injected faults are those of a scenario; the same seed gives the same files.

    $ armillary simulate demo --out demo
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; --out takes a folder")
    plan = shortened(load_scenario(scenario), hours=hours, interval_s=interval_s)
    given = Path(scenario)
    if given.is_file():
        for name in file_names(plan).values():
            if (out / name).exists() and given.samefile(out / name):
                raise InputError(f"{out / name}: is the scenario and would be overwritten; simulate into another folder")
    simulation = simulate_scenario(plan, seed=seed, progress=progress)
    return SimulationAnswer(simulation, write_simulation(simulation, out, progress=progress))
