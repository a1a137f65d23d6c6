"""RINEX observation text to columns and back: a day of one station with six systems, 32.9 MB.

Beside pyrtklib5 and sidereon when they can be imported: install them into an environment of their own and put its site-packages on PYTHONPATH.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.core.observations import Observations
from armillary.io import rinex_obs
from armillary.io.reading import read


@pytest.fixture(scope="module")
def observations(station_day: Path) -> Observations:
    return read(station_day)


def test_read_by_armillary(benchmark, station_day: Path) -> None:
    found = benchmark.pedantic(read, (station_day,), rounds=7, warmup_rounds=1)
    assert sum(len(block.sat) for block in found.blocks.values()) == 130_799


def test_write_by_armillary(benchmark, observations: Observations) -> None:
    text = benchmark.pedantic(rinex_obs.write, (observations,), rounds=7, warmup_rounds=1)
    assert len(text) > 32_000_000


def test_read_by_pyrtklib5(benchmark, station_day: Path) -> None:
    rtklib = pytest.importorskip("pyrtklib5")

    def load() -> int:
        found = rtklib.obs_t()
        rtklib.readrnx(str(station_day), 1, "", found, rtklib.nav_t(), rtklib.sta_t())
        return int(found.n)

    assert benchmark.pedantic(load, rounds=3, warmup_rounds=1) > 100_000


def test_read_by_sidereon(benchmark, station_day: Path) -> None:
    sidereon = pytest.importorskip("sidereon")
    benchmark.pedantic(sidereon.load_rinex_obs, (str(station_day),), rounds=3, warmup_rounds=1)
