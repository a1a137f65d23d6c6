"""Positions of a station day: the whole command, as a person waits for it, beside ``rnx2rtkp`` of RTKLIB when that is installed.

Three answers (each system alone and both) against the joint one alone of the other program, on the same plain files, in the same run.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

NAVIGATION = "gnss/2020-177/ESBC00DNK_R_20201770000_01D_MN.rnx.gz"


@pytest.fixture(scope="module")
def files(data_dir: Path, station_day: Path) -> tuple[Path, Path]:
    """Observations and navigation as plain text."""
    navigation = station_day.with_name("broadcast.rnx")
    navigation.write_bytes(gzip.decompress((data_dir / NAVIGATION).read_bytes()))
    return station_day, navigation


@pytest.mark.parametrize("systems", ["glonass+beidou", "gps+glonass+galileo+beidou+qzss"])
def test_position(benchmark: Any, files: tuple[Path, Path], systems: str) -> None:
    observations, navigation = files
    words = ["position", observations, "--nav", navigation, "--systems", systems, "--mask-deg", "10", "--json"]
    benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-m", "armillary", *words], check=True, capture_output=True), rounds=5, warmup_rounds=1
    )


def test_peer_rnx2rtkp(benchmark: Any, files: tuple[Path, Path], tmp_path: Path) -> None:
    program = shutil.which("rnx2rtkp")
    if program is None:
        pytest.skip("rnx2rtkp is not installed")
    words = [program, "-p", "0", "-sys", "R,C", "-m", "10", "-o", str(tmp_path / "out.pos"), *map(str, files)]
    # It prints every epoch.
    benchmark.pedantic(lambda: subprocess.run(words, check=True, capture_output=True), rounds=3, warmup_rounds=1)


def test_help(benchmark: Any) -> None:
    benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-m", "armillary", "--help"], check=True, capture_output=True), rounds=10, warmup_rounds=1
    )
