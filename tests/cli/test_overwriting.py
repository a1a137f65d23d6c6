"""What a command reads is never what it writes: refused in one line, before anything is computed, and the file stays what it was."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

import pytest

from armillary.cli.overwriting import inputs_of
from armillary.core.federation import federation
from armillary.errors import InputError
from armillary.services.simulate import simulate
from tests.cli.test_commands import armillary

STATIONS = "station,operator,x_m,y_m,z_m\nNIST,NIST,-1288398.575,-4721696.936,4078625.349\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Inputs that no command could compute with: whoever gets beyond the check says something else."""
    for name in ("n.rnx", "b.rnx"):
        (tmp_path / name).write_text("not observations\n")
    for name in ("st.csv", "run_clocks.csv", "run_beidou.csv"):
        (tmp_path / name).write_text(STATIONS)
    (tmp_path / "linked.csv").symlink_to(tmp_path / "st.csv")
    os.link(tmp_path / "st.csv", tmp_path / "hard.csv")
    (tmp_path / "picture.png").symlink_to(tmp_path / "n.rnx")
    return tmp_path


@pytest.mark.parametrize(
    ("truth", "option", "out"),
    [
        ("st.csv", "--out", "st.csv"),
        ("linked.csv", "--out", "st.csv"),
        ("st.csv", "--out", "linked.csv"),
        ("st.csv", "--out", "hard.csv"),
        ("st.csv", "--out", "../{}/st.csv"),
        ("run_clocks.csv", "--out", "run.csv"),
        ("run_beidou.csv", "--out", "run.csv"),
        ("st.csv", "--plot", "picture.png"),
    ],
)
def test_an_output_that_is_an_input_is_refused(folder: Path, truth: str, option: str, out: str) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    words = ("position", folder / "n.rnx", "--nav", folder / "b.rnx", "--truth", folder / truth, option, folder / out.format(folder.name))
    error = armillary(*words, status=2).stderr
    assert "is an input of this command" in error and error.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize("option", ["--troposphere", "--clocks"])
def test_a_series_does_not_replace_an_input(folder: Path, option: str) -> None:
    before = {path: path.read_bytes() for path in folder.iterdir()}
    error = armillary("ppp", folder / "n.rnx", "--sp3", folder / "b.rnx", "--truth", folder / "st.csv", option, folder / "hard.csv", status=2).stderr
    assert "hard.csv: is an input of this command (st.csv)" in error and error.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_other_outputs_beside_the_inputs_are_not_refused(folder: Path) -> None:
    words = ("position", folder / "n.rnx", "--nav", folder / "b.rnx", "--truth", folder / "st.csv", "--out", folder / "other.csv")
    assert "n.rnx: no known format" in armillary(*words, status=2).stderr


def test_a_page_does_not_replace_what_it_was_made_from(folder: Path) -> None:
    (folder / "2023-01-01").mkdir()
    for name in ("report.html", "2023-01-01/assessment.json"):
        (folder / name).symlink_to(folder / "st.csv")
        assert "is an input" in armillary("assess", folder / "n.rnx", folder / "st.csv", "--out", folder, status=2).stderr
        (folder / name).unlink()


def test_a_scenario_is_not_replaced_by_what_it_makes(tmp_path: Path) -> None:
    scenario = tmp_path / "truth.json"
    scenario.write_text(files("armillary.navigation.simulation").joinpath("scenarios", "demo.toml").read_text(encoding="utf-8"))
    said = armillary("simulate", scenario, "--out", tmp_path, status=2).stderr
    assert "is the scenario and would be overwritten" in said and [path.name for path in tmp_path.iterdir()] == ["truth.json"]
    with pytest.raises(InputError, match="another folder"):
        simulate(str(scenario), out=tmp_path)


def test_inputs_are_whatever_names_a_file(folder: Path) -> None:
    given = {
        "files": (folder / "n.rnx", folder / "missing"),
        "truth": str(folder / "st.csv"),
        "federation": federation("gps"),
        "out": folder / "b.rnx",
    }
    assert list(inputs_of(given)) == [("files", folder / "n.rnx"), ("truth", folder / "st.csv")]
    assert not list(inputs_of({"truth": "1,2,3", "text": "x" * 5000, "nul": "a\0b", "number": 3.0, "nothing": None, "folder": folder}))
