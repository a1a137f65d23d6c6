"""RINEX observation text to columns and back: a day of one station with six systems, 32.9 MB.

Beside pyrtklib5 and sidereon when they can be imported: install them into an environment of their own and put its site-packages on PYTHONPATH.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from armillary.core.observations import Observations
from armillary.io import crinex, rinex_obs
from armillary.io.reading import read
from armillary.io.source import load_source

FILE = "gnss/2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The day as plain RINEX text."""
    given = os.environ.get("ARMILLARY_DATA")
    packed = (Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data") / FILE
    if not packed.exists():
        pytest.skip(f"the real data set is not at {packed}; set ARMILLARY_DATA to its folder")
    text = tmp_path_factory.mktemp("obs") / "day.rnx"
    text.write_bytes(bytes(crinex.decode(load_source(packed)).data))
    return text


@pytest.fixture(scope="module")
def observations(path: Path) -> Observations:
    return read(path)


def test_read_by_armillary(benchmark, path: Path) -> None:
    found = benchmark.pedantic(read, (path,), rounds=7, warmup_rounds=1)
    assert sum(len(block.sat) for block in found.blocks.values()) == 130_799


def test_write_by_armillary(benchmark, observations: Observations) -> None:
    text = benchmark.pedantic(rinex_obs.write, (observations,), rounds=7, warmup_rounds=1)
    assert len(text) > 32_000_000


def test_read_by_pyrtklib5(benchmark, path: Path) -> None:
    rtklib = pytest.importorskip("pyrtklib5")

    def load() -> int:
        found = rtklib.obs_t()
        rtklib.readrnx(str(path), 1, "", found, rtklib.nav_t(), rtklib.sta_t())
        return int(found.n)

    assert benchmark.pedantic(load, rounds=3, warmup_rounds=1) > 100_000


def test_read_by_sidereon(benchmark, path: Path) -> None:
    sidereon = pytest.importorskip("sidereon")
    benchmark.pedantic(sidereon.load_rinex_obs, (str(path),), rounds=3, warmup_rounds=1)
