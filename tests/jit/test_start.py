"""Commands whose kernels are kept start without Numba."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import armillary
from armillary.services.simulate import simulate

pytestmark = pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="here Numba itself keeps machine code")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Half an hour of the demo."""
    return dict(simulate("demo", out=tmp_path_factory.mktemp("demo"), hours=0.5).files)


def imported(*words: str | Path) -> set[str]:
    """Top-level packages that a Python process imports; it runs twice, so that everything is compiled."""
    for _ in range(2):
        done = subprocess.run([sys.executable, "-X", "importtime", *map(str, words)], capture_output=True, text=True, timeout=300, check=True)
    return {name.split(".")[0] for name in re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", done.stderr, re.MULTILINE)}


@pytest.mark.slow
def test_the_first_compilation_on_a_machine_is_told_from_later_ones(files: dict[str, Path], tmp_path: Path) -> None:
    """In a copy without kernels the first command says what takes so long, one that needs more says less, the same again nothing."""
    package = tmp_path / "copy" / "armillary"
    shutil.copytree(Path(armillary.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    environment = {**os.environ, "PYTHONPATH": str(package.parent), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def said(*words: str | Path) -> list[str]:
        command = [sys.executable, "-m", "armillary", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True, env=environment, cwd=tmp_path)
        return [line for line in done.stderr.splitlines() if "compiling" in line]

    few, more = ("info", files["navigation"]), ("info", files["WUHR"])
    assert said(*few) == ["armillary: compiling inner loops, once for this machine (a few seconds each) ..."]
    assert said(*more) == ["armillary: compiling an inner loop ..."]
    assert said(*few) == said(*more) == []


@pytest.mark.slow
def test_positioning_is_imported_without_numba_and_llvmlite() -> None:
    assert not imported("-c", "import armillary.navigation.positioning") & {"numba", "llvmlite", "scipy"}


def test_help_needs_no_numbers() -> None:
    assert not imported("-m", "armillary", "--help") & {"numpy", "numba", "llvmlite"}


@pytest.mark.slow
def test_positions_are_computed_without_numba(files: dict[str, Path]) -> None:
    names = imported("-m", "armillary", "position", files["WUHR"], "--nav", files["navigation"])
    assert "llvmlite" in names and not names & {"numba", "scipy"}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["info", "convert"])
def test_files_are_read_and_written_without_numba(files: dict[str, Path], tmp_path: Path, command: str) -> None:
    names = imported("-m", "armillary", command, files["WUHR"], *([tmp_path / "out.rnx"] if command == "convert" else []))
    assert "llvmlite" in names and "numba" not in names
