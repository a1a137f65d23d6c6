"""A day assessed: the simulator's network with known faults, and a real station-day with three products."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from armillary.core.federation import federation
from armillary.errors import InputError
from armillary.services.assess import AssessmentAnswer, assess
from armillary.services.query import query
from armillary.services.simulate import simulate

PAIR = federation("glonass+beidou")
KEYS = {"day", "systems", "inputs", "positioning", "signal_in_space", "availability", "time_offset", "quality", "events", "standards", "warnings"}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[AssessmentAnswer, Path]:
    folder = tmp_path_factory.mktemp("assessed")
    simulate("demo", out=folder / "day", hours=3.0, interval_s=60.0)
    return assess(PAIR, [folder / "day"], out=folder / "out"), folder


def test_folders_are_searched_and_roles_found_by_reading(simulated: tuple[AssessmentAnswer, Path]) -> None:
    answer, _ = simulated
    roles = sorted(item.role for item in answer.inputs)
    assert roles.count("observations") == 2 and "navigation" in roles and "orbits" in roles
    # the truth files of the simulator are no format of the trade: named, not used, not fatal
    assert any(item.role in ("not read", "not used") for item in answer.inputs)
    assert {station.name for station in answer.stations} == {"WUHR", "PULC"}


def test_json_has_every_part(simulated: tuple[AssessmentAnswer, Path]) -> None:
    _, folder = simulated
    written = json.loads((folder / "out" / "assessment.json").read_text())
    assert set(written) == KEYS and written["day"] == "2025-06-21"
    assert {row["member"] for row in written["positioning"]} == {"glonass", "beidou", "glonass+beidou"}
    assert written["signal_in_space"] and written["availability"] and written["quality"] and written["standards"]
    assert all(row["truth"].startswith("the day's median") for row in written["positioning"])
    assert {row["verdict"] for row in written["standards"]} <= {"met", "missed", "unobserved", "pending"}


def test_scatter_about_a_median_meets_no_standard(simulated: tuple[AssessmentAnswer, Path]) -> None:
    answer, _ = simulated
    rows = [row for row in answer.standards.rows() if row["quantity"].startswith("position_")]
    assert all(row["verdict"] in ("unobserved", "pending") for row in rows)


def test_the_same_files_again_add_nothing(simulated: tuple[AssessmentAnswer, Path]) -> None:
    _, folder = simulated
    count = "select count(*) as n from positions"
    before = query(count, store=folder / "out" / "store").to_json()
    assert before[0]["n"] == 2 * 3 * 180
    assess(PAIR, [folder / "day"], out=folder / "out")
    assert query(count, store=folder / "out" / "store").to_json() == before


def test_nothing_to_assess_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of the trade\n")
    with pytest.raises(InputError, match="no observation file"):
        assess(PAIR, [tmp_path], out=tmp_path / "out")


@pytest.mark.real_data
def test_a_real_station_day(data_dir: Path, tmp_path: Path) -> None:
    day = data_dir / "gnss" / "2023-001"
    paths = [next(day.glob("NIST*01D_30S*")), *day.glob("BRDC*"), *day.glob("WUM*"), data_dir / "gnss/coordinates/igs22P22264.ssc.gz"]
    answer = assess(PAIR, [*paths, *(data_dir / "products").glob("*.atx*")], out=tmp_path).to_json()
    groups = {row["group"]: row for row in answer["signal_in_space"]}
    # published sizes of the day, no antenna offset: see reference of tests/monitoring/test_signal_in_space.py
    assert abs(groups["GLONASS"]["along_rms_m"] - 2.48) < 0.5 and abs(groups["BDS-3 MEO"]["cross_rms_m"] - 0.49) < 0.1
    joint = next(row for row in answer["positioning"] if row["member"] == "glonass+beidou")
    assert joint["solved_percent"] == 100.0 and joint["rms_3d_m"] < 1.0 and "igs22P22264" in joint["truth"]
    routes = {row["route"]: row for row in answer["time_offset"] if row["pair"] == "beidou-glonass"}
    assert abs(routes["receiver NIST ionosphere-free"]["offset_ns"] - 24.6) < 4.0
    assert len(answer["quality"]) >= 8 and all(0 < row["completeness"] <= 1 for row in answer["quality"])
    assert all(math.isfinite(row["mean_percent"]) for row in answer["availability"])
