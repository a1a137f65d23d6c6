"""The commands that armillary has, run as a person runs them, on a quarter of an hour of a simulated station."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from armillary.cli.main import application
from armillary.report.solutions import suffixes


def armillary(*words: object, status: int = 0) -> Result:
    """Run a command line in this process; the exit status must be ``status``, and nothing but an exit may leave it."""
    arguments = [str(word) for word in words]
    done = CliRunner().invoke(application(arguments), arguments, prog_name="armillary")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == status, done.stderr
    return done


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Observation file, navigation file and true position X,Y,Z."""
    folder = tmp_path_factory.mktemp("station")
    answer = json.loads(armillary("simulate", "demo", "--out", folder, "--hours", "0.25", "--json").stdout)
    observations = Path(answer["stations"][0]["file"])
    truth = ",".join(str(metres) for metres in answer["stations"][0]["position_m"])
    return observations, Path(answer["files"]["navigation"]), truth


@pytest.mark.slow
def test_position_json_has_what_scripts_rely_on(station: tuple[Path, Path, str]) -> None:
    observations, navigation, truth = station
    done = armillary("position", observations, "--nav", navigation, "--truth", truth, "--json")
    answer = json.loads(done.stdout)
    assert answer["epochs"] == 30
    assert [row["member"] for row in answer["answers"]] == ["glonass", "beidou", "glonass+beidou"]
    keys = {"member", "solved", "e_rms_m", "n_rms_m", "u_rms_m", "h95_m", "v95_m", "rms_3d_m", "p95_3d_m", "mean_satellites"}
    for row in answer["answers"]:
        assert keys <= set(row)
        assert row["solved"] == 30
        assert row["rms_3d_m"] < 10.0  # code positions of a simulated open sky are a few metres off; a mistake of convention is tens
    assert answer["gain"]["member"] == "glonass+beidou"


def test_without_truth_error_fields_are_null(station: tuple[Path, Path, str]) -> None:
    observations, navigation, _ = station
    answer = json.loads(armillary("position", observations, "--nav", navigation, "--json", "--systems", "beidou").stdout)
    assert answer["truth"] is None and answer["gain"] is None
    (row,) = answer["answers"]
    assert row["rms_3d_m"] is None and row["solved"] == 30


def test_people_see_a_row_per_member_and_the_gain(station: tuple[Path, Path, str]) -> None:
    observations, navigation, truth = station
    lines = armillary("position", observations, "--nav", navigation, "--truth", truth).stdout.splitlines()
    assert [line.split()[0] for line in lines[3:6]] == ["glonass", "beidou", "glonass+beidou"]
    assert lines[6].startswith("gain of joining")


@pytest.mark.slow
def test_position_writes_every_format_and_a_picture(station: tuple[Path, Path, str], tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    pytest.importorskip("pyarrow")
    observations, navigation, truth = station
    for suffix in suffixes():
        out = tmp_path / f"s{suffix}"
        done = armillary("position", observations, "--nav", navigation, "--truth", truth, "--residuals", "--out", out)
        assert out.stat().st_size > 0
        assert str(out) in done.stderr
    with (tmp_path / "s.csv").open(newline="") as f:
        assert len(list(csv.DictReader(f))) == 90
    for name in ("clocks", "residuals", "biases"):
        assert (tmp_path / f"s_{name}.csv").stat().st_size > 100
        assert (tmp_path / f"s_{name}.parquet").stat().st_size > 100
    armillary("position", observations, "--nav", navigation, "--plot", tmp_path / "p.png")
    assert (tmp_path / "p.png").read_bytes()[:4] == b"\x89PNG"


def test_mistakes_are_one_clear_line(station: tuple[Path, Path, str], tmp_path: Path) -> None:
    observations, navigation, _ = station
    web_page = tmp_path / "login.rnx"
    web_page.write_text("<!DOCTYPE html><html><body>Please log in</body></html>\n")
    for words, said in (
        (("position", tmp_path / "missing.rnx", "--nav", navigation), "missing.rnx"),
        (("position", web_page, "--nav", navigation), "login.rnx"),
        (("position", navigation, "--nav", navigation), navigation.name),
        (("position", observations), "--nav"),
        (("position", observations, "--nav", navigation, "--truth", "1,2"), "--truth"),
        (("position", observations, "--nav", navigation, "--out", tmp_path / "a.xlsx"), ".csv"),
        (("info", tmp_path / "missing.rnx"), "missing.rnx"),
    ):
        error = armillary(*words, status=2).stderr
        assert said in error and error.startswith("armillary: ") and error.count("\n") == 1, error


@pytest.mark.parametrize(
    ("option", "name", "said"),
    [
        ("--out", "", "--out: an empty name was given"),
        ("--plot", "", "--plot: an empty name was given"),
        ("--out", "folder", "folder: is a folder; --out takes the name of a file, whose suffix says the format: .csv"),
        ("--out", "folder.csv", "folder.csv: is a folder"),
        ("--plot", "folder", "folder: is a folder; --plot takes the name of a file, whose suffix says the format: .png"),
        ("--out", "plain", "plain: the name has no suffix, which says the format; there are .csv"),
        ("--plot", "plain", "plain: the name has no suffix, which says the format; there are .png"),
        ("--plot", "plain.gif", "plain.gif: no picture format is called '.gif'; there are .png"),
    ],
)
def test_what_is_no_name_of_an_output_is_told(tmp_path: Path, option: str, name: str, said: str) -> None:
    for folder in ("folder", "folder.csv"):
        (tmp_path / folder).mkdir()
    # the inputs are not there: whoever looked at them first would say so
    error = armillary("position", "n.rnx", "--nav", "b.rnx", option, tmp_path / name if name else "", status=2).stderr
    assert said in error and error.count("\n") == 1


@pytest.mark.parametrize("words", [("assess", "n.rnx", "--out"), ("simulate", "demo", "--hours", "0.1", "--out")])
def test_an_empty_folder_name_is_not_where_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]) -> None:
    monkeypatch.chdir(tmp_path)
    assert "--out: an empty name was given" in armillary(*words, "", status=2).stderr
    assert not list(tmp_path.iterdir())


def test_every_command_has_help_with_an_example() -> None:
    text = armillary("--help").stdout
    commands = [line.split()[0] for line in text.split("Commands:")[1].splitlines() if line.startswith("  ") and line[2] != " "]
    assert {"convert", "formats", "info", "position", "simulate"} <= set(commands)
    for name in commands:
        assert f"$ armillary {name}" in armillary(name, "--help").stdout


def test_info_and_formats_know_what_the_simulator_writes(station: tuple[Path, Path, str]) -> None:
    observations, navigation, _ = station
    answer = json.loads(armillary("info", observations, navigation, "--json").stdout)
    assert [file["kind"] for file in answer["files"]] == ["observations", "navigation"]
    assert "rinex_obs" in {row["format"] for row in json.loads(armillary("formats", "--json").stdout)["rows"]}
