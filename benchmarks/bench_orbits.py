"""State evaluations per second on real messages and tables, rows in the order of a station file (every satellite at an epoch, then the next)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.io import clk, rinex_nav, sp3
from armillary.io.source import load_source
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.orbits.sp3_table import PreciseOrbit

ROWS = 500_000
DAY = "gnss/2023-001"


def rows(sats: np.ndarray, start_ns: int) -> tuple[np.ndarray, Epochs]:
    """``ROWS`` rows over 23 h."""
    per_epoch = len(sats)
    epochs = start_ns + np.linspace(0, 82_800, ROWS // per_epoch).astype(np.int64) * 10**9
    return np.tile(sats, len(epochs)), Epochs(np.repeat(epochs, per_epoch))


@pytest.fixture(scope="module")
def navigation(data_dir: Path):
    return rinex_nav.read(load_source(str(data_dir / DAY / "BRDC00IGS_R_20230010000_01D_MN.rnx.gz")))


@pytest.mark.parametrize("letter", ["G", "E", "C", "R"])
@pytest.mark.parametrize("question", ["state", "state_at_transmission"])
def test_broadcast(benchmark, navigation, letter, question):
    orbit = BroadcastOrbit.from_navigation(navigation)
    sats = orbit.satellites[orbit.satellites // 100 == ord(letter)]
    sat, epochs = rows(sats, int(navigation.messages["R", "FDMA"].ephemeris.tai_ns.min()) + 1800 * 10**9)
    more = () if question == "state" else (np.full(len(sat), 2.3e7),)
    benchmark.extra_info["rows"] = len(sat)
    benchmark(getattr(orbit, question), sat, epochs, *more)
    benchmark.extra_info["million_per_second"] = round(len(sat) / benchmark.stats.stats.median / 1e6, 2)


def test_prepare_a_day(benchmark, navigation):
    benchmark(BroadcastOrbit.from_navigation, navigation)


@pytest.mark.parametrize("clocks", ["of the orbit file", "30 s"])
def test_tables(benchmark, data_dir: Path, clocks):
    orbits = sp3.read(load_source(str(data_dir / DAY / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz")))
    fast = clk.read(load_source(str(data_dir / DAY / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"))) if clocks == "30 s" else None
    orbit = PreciseOrbit(orbits, fast)
    sat, epochs = rows(orbit.satellites, int(orbits.epochs.tai_ns[0]) + 60 * 10**9)
    benchmark(orbit.state_at_transmission, sat, epochs, np.full(len(sat), 2.3e7))
    benchmark.extra_info["million_per_second"] = round(len(sat) / benchmark.stats.stats.median / 1e6, 2)
