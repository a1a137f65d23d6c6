"""What pages tell people to type: files of the simulator have the names it gives them, the Python of tutorials runs and says something."""

from __future__ import annotations

import re
from math import isfinite
from pathlib import Path
from typing import Any

import pytest

from armillary.navigation.simulation.scenario import load_scenario
from armillary.services.simulate import simulate
from tests.test_architecture import PAGES, REPOSITORY

TUTORIALS = sorted((REPOSITORY / "docs" / "tutorials").glob("*.md"))
MADE = re.compile(r"[\w/.-]*?(\w{4}00XXX_U_\w+\.(?:rnx|SP3))")
"""The name of a file of the simulator."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds ``demo``: its whole day, of which a few epochs are enough here, under the names that all epochs have."""
    folder = tmp_path_factory.mktemp("pages")
    simulate("demo", out=folder / "demo", interval_s=900.0)
    assert load_scenario("demo").interval_s == 30.0
    for path in sorted((folder / "demo").glob("*_15M_MO.rnx")):
        path.rename(path.with_name(path.name.replace("_15M_", "_30S_")))
    return folder


@pytest.mark.slow
def test_files_of_the_simulator_are_called_what_it_calls_them(demo: Path) -> None:
    there = {path.name for path in (demo / "demo").iterdir()}
    named = {(page.name, name) for page in PAGES for name in MADE.findall(page.read_text(encoding="utf-8"))}
    assert {page for page, _ in named} >= {"first-position.md", "simulate.md"}
    assert {name for _, name in named} <= there, sorted(name for name in named if name[1] not in there)


@pytest.mark.slow
@pytest.mark.parametrize("page", TUTORIALS, ids=lambda page: page.stem)
def test_the_python_of_a_tutorial_runs_as_it_stands(page: Path, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(demo)
    blocks = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    known: dict[str, Any] = {}
    for block in blocks:
        exec(compile(block, page.name, "exec"), known)
    if page.stem == "first-ppp":
        assert blocks and [row["member"] for row in known["answer"].answers] == ["glonass", "beidou", "glonass+beidou"]
        assert all(row["solved"] > 0 for row in known["answer"].answers)
    if page.stem == "first-position":
        assert blocks and all(isfinite(known["answer"].gain[key]) for key in ("rms_3d_m", "p95_3d_m", "solved"))


@pytest.mark.slow
def test_the_python_of_the_readme_gives_figures(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its example runs on files of any name: here on those of the demo."""
    monkeypatch.chdir(demo / "demo")
    (block,) = re.findall(r"^```python\n(.*?)^```", (REPOSITORY / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    for stand_in, pattern in (("STATION.crx.gz", "WUHR*_MO.rnx"), ("BROADCAST.rnx.gz", "*_MN.rnx")):
        assert stand_in in block
        block = block.replace(stand_in, next(Path().glob(pattern)).name)
    known: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), known)
    assert all(isfinite(known["answer"].gain[key]) for key in ("rms_3d_m", "p95_3d_m", "solved"))


def test_the_readme_shows_what_no_fault_explains() -> None:
    """As many events as the line above them says, not that line's first half only."""
    block = (REPOSITORY / "README.md").read_text(encoding="utf-8").partition("<!-- faults -->")[2].partition("<!-- end of faults -->")[0]
    count = re.search(r"were found and named\. (\d+) events of the log are none of them", block)
    assert count is not None and int(count[1]) == len(re.findall(r"^  \S", block, re.MULTILINE))
