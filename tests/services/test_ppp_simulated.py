"""Precise points of made-up stations whose place is known to the millimetre: runs everywhere, without real files.

The simulator integrates orbits, solves light times and traces rays by other means than the models here, and knows no tides, antennas or wind-up.
What is left of the height is its air: two exponential layers do not bend rays as the mean atmosphere behind mapping functions does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.errors import InputError
from armillary.services.ppp import PppAnswer, ppp
from armillary.services.simulate import SimulationAnswer, simulate

BOTH = "glonass+beidou"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SimulationAnswer:
    return simulate("demo", out=tmp_path_factory.mktemp("ppp"), hours=8.0)


def run(made: SimulationAnswer, station: str = "WUHR", **more: Any) -> PppAnswer:
    given = {"sp3": [made.files["orbits"]], "truth": str(made.files["stations"]), "without": ["all"], **more}
    return ppp(federation(BOTH), [made.files[station]], **given)


@pytest.mark.slow
@pytest.mark.parametrize("station", ["WUHR", "PULC"])
def test_static_without_gps(made: SimulationAnswer, station: str) -> None:
    answer = run(made, station).answers[-1]
    # eight hours of float ambiguities
    assert abs(answer["e_m"]) < 0.010
    assert abs(answer["n_m"]) < 0.010
    assert abs(answer["u_m"]) < 0.050


@pytest.mark.slow
def test_kinematic_without_gps_and_what_joining_brings(made: SimulationAnswer) -> None:
    rows = {row["member"]: row for row in run(made, kinematic=True, skip_h=2.0).answers}
    assert rows[BOTH]["rms_3d_m"] < 0.05
    assert rows[BOTH]["rms_3d_m"] < min(rows["glonass"]["rms_3d_m"], rows["beidou"]["rms_3d_m"])
    assert rows[BOTH]["solved"] == 6 * 120


@pytest.mark.slow
def test_zenith_delay_is_the_true_one(made: SimulationAnswer) -> None:
    table = run(made, smoothed=True).troposphere
    mine = table.where(table["member"] == BOTH)
    truth = np.genfromtxt(made.files["truth of WUHR"], delimiter=",", names=True, dtype=None, encoding="utf-8")
    zenith = truth["zenith_hydrostatic_m"] + truth["zenith_wet_m"]
    assert len(zenith) == len(mine)
    # height and zenith delay take 3 : 1 from each other
    assert np.abs(mine["zenith_total_m"] - zenith)[120:].max() < 0.02


@pytest.mark.slow
def test_corrections_that_simulated_files_lack_are_seen(made: SimulationAnswer) -> None:
    right = run(made).answers[-1]
    for kept in ("solid-tide", "satellite-antenna"):
        others = [name for name in ("solid-tide", "pole-tide", "wind-up", "satellite-antenna", "receiver-antenna") if name != kept]
        wrong = run(made, without=others)
        shift = np.array([wrong.answers[-1][key] - right[key] for key in ("e_m", "n_m", "u_m")])
        assert np.linalg.norm(shift) > 0.02, kept
        assert wrong.warnings[0] == f"left out: {', '.join(others)}"


@pytest.mark.slow
def test_a_correction_that_does_not_exist_is_named(made: SimulationAnswer) -> None:
    with pytest.raises(InputError, match=r"--without tide: expected one of solid-tide, .* or all"):
        run(made, without=["tide"])


@pytest.mark.slow
def test_observations_every_second(tmp_path: Path) -> None:
    fast = simulate("demo", out=tmp_path, hours=0.25, interval_s=1.0)
    answer = run(fast)
    both = answer.answers[-1]
    assert both["solved"] == 900
    # a quarter of an hour of float ambiguities: measured in 20 minutes 2, 1, 4 cm; said to be 3 cm
    assert max(abs(both["e_m"]), abs(both["n_m"]), abs(both["u_m"])) < 0.15
    # frequency numbers of the header are right, and range passes slowly enough at 1 s for a careless check to doubt them
    assert not any("frequency number" in text for text in answer.warnings)
