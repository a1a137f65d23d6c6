from __future__ import annotations

import json
from pathlib import Path

import pytest

import armillary
from armillary.errors import InputError
from armillary.services.simulate import SimulationAnswer, simulate


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> SimulationAnswer:
    return simulate("demo", out=tmp_path_factory.mktemp("demo"), hours=0.5)


def test_demo_has_a_station_hosted_by_each_operator(answer: SimulationAnswer) -> None:
    stations = {(row["operator"], row["host"]) for row in answer.to_json()["stations"]}
    assert stations == {("Roscosmos", "China"), ("China Satellite Navigation Office", "Russia")}


def test_answer_is_plain_json_and_names_files_that_exist(answer: SimulationAnswer) -> None:
    told = json.loads(json.dumps(answer.to_json(), allow_nan=False))
    assert told["scenario"] == "demo" and told["hours"] == 0.5
    assert all(Path(path).is_file() for path in told["files"].values())
    assert all(set(row["satellites"]) == {"R", "C", "G", "E"} and row["epochs"] == 60 for row in told["stations"])


def test_lines_name_stations_owners_and_files(answer: SimulationAnswer) -> None:
    text = str(answer)
    assert "Roscosmos, hosted by China" in text
    assert all(str(path) in text for what, path in answer.files.items() if "truth of" not in what)


def test_files_are_known_to_read(answer: SimulationAnswer) -> None:
    kinds = [type(armillary.read(answer.files[what])).__name__ for what in ("WUHR", "navigation", "orbits")]
    assert kinds == ["Observations", "Navigation", "PreciseOrbits"]


def test_a_scenario_file_of_ones_own(tmp_path: Path) -> None:
    own = tmp_path / "mine.toml"
    own.write_text(
        'title = "Mine"\nstart = "2025-01-01T00:00:00"\nhours = 0.1\ninterval_s = 60\nseed = 3\n[system.glonass]\n'
        '[[station]]\nname = "MINE"\nlatitude_deg = 55\nlongitude_deg = 37\n[[fault]]\nkind = "clock_jump"\nsatellite = "R:highest"\n'
        "start_h = 0\nend_h = 1\nsize_m = 5\n"
    )
    answer = simulate(str(own), out=tmp_path / "out", seed=4)
    assert answer.to_json()["seed"] == 4 and answer.to_json()["faults"] == 1
    assert any("fault clock_jump on R" in line for line in answer.lines())


def test_unknown_scenarios_and_files_in_the_way_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a file nor one of demo"):
        simulate("nowhere", out=tmp_path)
    taken = tmp_path / "taken"
    taken.write_text("")
    with pytest.raises(InputError, match="is a file"):
        simulate("demo", out=taken)


def test_progress_ends_at_one(tmp_path: Path) -> None:
    said: list[tuple[str, float]] = []
    simulate("demo", out=tmp_path, hours=0.02, progress=lambda what, fraction: said.append((what, fraction)))
    assert {what for what, _ in said} == {"simulating", "writing"}
    assert [fraction for what, fraction in said if what == "simulating"][-1] == 1.0
