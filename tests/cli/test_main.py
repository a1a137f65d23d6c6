from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Callable

import pytest
from typer.testing import Result

import armillary as package

Run = Callable[..., Result]


def test_help_lists_services_with_their_summaries(armillary: Run) -> None:
    text = armillary("--help").stdout
    assert "measure" in text and "Measure files with every system." in text
    assert "things" in text
    assert "joint" not in text and "declare" not in text


def test_only_the_service_asked_for_is_imported(armillary: Run) -> None:
    armillary("things")
    assert "made_up_services.things" in sys.modules
    assert "made_up_services.measure" not in sys.modules


def test_version(armillary: Run) -> None:
    assert armillary("--version").stdout == f"armillary {package.__version__}\n"


def test_options_come_from_the_signature(armillary: Run) -> None:
    text = armillary("measure", "--help").stdout
    for option in ("--systems", "--nav", "--mask-deg", "--model", "--truth", "--all-pairs", "--rounded", "--no-rounded", "--json"):
        assert option in text, option
    assert "--no-all-pairs" not in text
    assert "--reference" not in text and "--progress" not in text
    assert "--out" not in text  # the answer has no epochs
    assert "Navigation files." in text and "$ armillary measure a.rnx --nav b.rnx" in text
    assert ">>>" not in text and ":func:" not in text


def test_defaults_reach_the_service(armillary: Run) -> None:
    given = json.loads(armillary("measure", "a.rnx", "--json").stdout)
    assert given == {
        "systems": "glonass+beidou",
        "files": ["a.rnx"],
        "nav": [],
        "mask_deg": 5.0,
        "model": "good",
        "truth": None,
        "all_pairs": False,
        "rounded": True,
        "nothing": None,
        "count": 3,
    }


def test_everything_given_reaches_the_service(armillary: Run) -> None:
    words = "measure a.rnx b.rnx --nav c --nav d --mask-deg 10 --model plain --truth -1.5,-2,3 --all-pairs --no-rounded --systems beidou,gps --json"
    given = json.loads(armillary(*words.split()).stdout)
    assert given["files"] == ["a.rnx", "b.rnx"]
    assert given["nav"] == ["c", "d"]
    assert (given["mask_deg"], given["model"], given["truth"]) == (10.0, "plain", "-1.5,-2,3")
    assert (given["all_pairs"], given["rounded"], given["systems"]) == (True, False, "beidou+gps")


def test_people_get_a_table_with_units(armillary: Run) -> None:
    lines = armillary("measure", "a.rnx").stdout.splitlines()
    assert "member" in lines[0] and "e rms" in lines[0]
    assert lines[1].strip() == "m"
    assert "1.235" in lines[2] and "-" in lines[3] and "2880" in lines[2]


def test_a_table_is_one_json_object(armillary: Run) -> None:
    assert json.loads(armillary("things", "--json").stdout) == {"rows": [{"format": "a", "reads": True}]}


def test_bad_input_is_one_line_and_status_2(armillary: Run) -> None:
    done = armillary("measure", "missing.rnx")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", "armillary: missing.rnx: no such file\n")


def test_a_file_that_is_not_there_is_bad_input_too(armillary: Run) -> None:
    done = armillary("measure", "nowhere/gone.rnx")
    assert done.exit_code == 2
    assert done.stderr == "armillary: nowhere/gone.rnx: No such file or directory\n"


def test_an_unknown_system_lists_those_there_are(armillary: Run) -> None:
    done = armillary("measure", "a.rnx", "--systems", "glonas")
    assert done.exit_code == 2
    assert "glonass" in done.stderr and "beidou" in done.stderr


@pytest.mark.parametrize("words", [["measure", "a", "--model", "other"], ["measure", "a", "--mask-deg", "x"], ["measure"], ["nothing"]])
def test_usage_errors_are_status_2(armillary: Run, words: list[str]) -> None:
    assert armillary(*words).exit_code == 2


@pytest.mark.parametrize("words", [["measure", ""], ["measure", "a", ""], ["measure", "a", "--nav", "b", "--nav", ""]])
def test_an_empty_name_is_no_path(armillary: Run, words: list[str]) -> None:
    done = armillary(*words)
    name = "--nav" if "--nav" in words else "FILES"
    assert (
        (done.exit_code, done.stdout) == (2, "")
        and done.stderr.startswith(f"armillary: {name}: an empty name was given")
        and done.stderr.count("\n") == 1
    )


def test_interruption_is_status_130(armillary: Run) -> None:
    assert armillary("measure", "stop.rnx").exit_code == 130


def test_losses_are_said_once_per_file_on_standard_error(armillary: Run) -> None:
    done = armillary("measure", "damaged.rnx", "--json")
    assert done.exit_code == 0
    assert done.stderr == "armillary: warning: damaged.rnx: 3 lines in 2 places were not used; lines 3-4: cut short; ...\n"
    json.loads(done.stdout)


def test_what_could_not_be_had_is_said_beside_the_answer_and_is_status_2(armillary: Run) -> None:
    done = armillary("measure", "partly.rnx", "--json")
    assert (done.exit_code, done.stderr) == (2, "armillary: missing: b\narmillary: missing: c\n")
    assert json.loads(done.stdout)["files"] == ["partly.rnx"]


def test_a_closed_pipe_is_quiet() -> None:
    done = subprocess.run(
        f"{sys.executable} -m armillary formats --json | head -c 1", shell=True, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr and "Broken" not in done.stderr


@pytest.mark.slow
def test_help_is_quick() -> None:
    bare = min(_processor_seconds("-c", "pass") for _ in range(3))
    # Measured 0.09 s of processor time; a person notices 0.2 s, and machines differ.
    assert min(_processor_seconds("-m", "armillary", "--help") for _ in range(3)) - bare < 0.2


def _processor_seconds(*words: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *words], check=True, capture_output=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
