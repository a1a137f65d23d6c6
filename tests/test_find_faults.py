"""The comparison of injected faults with an event log that ``make demo`` ends with: it finds what is there, and fails for what is not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from armillary.core.federation import federation
from armillary.core.scales import from_iso
from armillary.services.assess import assess
from armillary.services.simulate import simulate

SCRIPT = Path(__file__).resolve().parents[1] / "examples" / "find_faults.py"
START = "2025-06-21T00:00:00"


def event(kind: str, start_h: float, end_h: float, *, sat: str = "", station: str = "") -> dict[str, Any]:
    zero = int(from_iso([START], "GPST").tai_ns[0])
    first, last = (zero + round(h * 3600e9) for h in (start_h, end_h))
    return {"kind": kind, "sat": sat, "station": station, "start_tai_ns": first, "end_tai_ns": last, "evidence": "made up"}


def fault(kind: str, start_h: float, end_h: float, *, sat: str = "", station: str = "every") -> dict[str, Any]:
    return {"kind": kind, "sat": sat, "station": station, "start_s": 3600.0 * start_h, "end_s": 3600.0 * end_h}


def compared(folder: Path, faults: list[dict[str, Any]], events: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    (folder / "truth.json").write_text(json.dumps({"start_gpst": START, "faults": faults}))
    (folder / "assessment.json").write_text(json.dumps({"events": events}))
    return run(folder / "truth.json", folder / "assessment.json")


def run(truth: Path, assessment: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(SCRIPT), str(truth), str(assessment)], capture_output=True, text=True, check=False)


def test_a_fault_of_the_same_kind_satellite_and_time_is_found(tmp_path: Path) -> None:
    events = [
        event("clock jump", 2.95, 3.0, sat="R01"),
        event("satellite fault", 3.0, 3.7, sat="R01"),
        event("station gap", 8.0, 8.5, station="BBBB"),
    ]
    done = compared(tmp_path, [fault("clock_jump", 3.0, 3.75, sat="R01")], events)
    assert done.returncode == 0 and "1 of 1 injected faults were found and named. 1 events of the log are none of them" in done.stdout
    line = next(line for line in done.stdout.splitlines() if line.startswith("clock jump"))
    assert line.split("  ")[0:2] == ["clock jump", "R01"] and "02:57 - 03:00" in line and line.endswith("satellite fault")


@pytest.mark.parametrize(
    "wrong",
    [
        event("clock jump", 3.0, 3.1, sat="R02"),
        event("clock jump", 8.0, 8.1, sat="R01"),
        event("unhealthy", 3.0, 3.7, sat="R01"),
        event("clock jump", 1.0, 9.0, sat="R01"),
    ],
    ids=["another satellite", "another time", "another kind", "begins long before"],
)
def test_what_is_another_satellite_time_or_kind_is_not_the_fault(tmp_path: Path, wrong: dict[str, Any]) -> None:
    done = compared(tmp_path, [fault("clock_jump", 3.0, 3.75, sat="R01")], [wrong])
    assert done.returncode == 1 and "NOT FOUND" in done.stdout and "0 of 1 injected" in done.stdout


def test_a_fault_of_a_station_is_not_that_of_another_nor_of_a_satellite(tmp_path: Path) -> None:
    events = [event("slip burst", 1.0, 1.5, station="BBBB"), event("range fault", 1.0, 1.5, sat="C21", station="AAAA")]
    assert compared(tmp_path, [fault("slip_burst", 1.0, 1.5, station="AAAA")], events).returncode == 1
    assert compared(tmp_path, [fault("slip_burst", 1.0, 1.5, station="BBBB")], events).returncode == 0
    assert compared(tmp_path, [fault("range_step", 1.0, 1.5, sat="C21", station="BBBB")], events).returncode == 1
    assert compared(tmp_path, [fault("range_step", 1.0, 1.5, sat="C21", station="AAAA")], events).returncode == 0


@pytest.mark.slow
def test_every_fault_of_the_demo_is_found_and_few_others(tmp_path: Path) -> None:
    simulate("network-faults", out=tmp_path / "day")
    assess(federation("glonass+beidou"), [tmp_path / "day"], out=tmp_path / "out")
    done = run(tmp_path / "day" / "truth.json", tmp_path / "out" / "assessment.json")
    assert done.returncode == 0, done.stdout
    assert "12 of 12 injected faults were found and named" in done.stdout
    # satellites at low elevations, and one beside the hour of multipath; a day of twelve stations has no false event of any other kind
    false = [line.split("  ")[1] for line in done.stdout.splitlines() if line.startswith("  ")]
    assert len(false) <= 6 and set(false) <= {"range fault", "satellite fault"}
