"""Real files, read once."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.core.navigation_messages import Navigation
from armillary.core.precise import PreciseClocks, PreciseOrbits
from armillary.io import clk, rinex_nav, sp3
from armillary.io.source import load_source

DAY = "2023-001"


@pytest.fixture(scope="session")
def broadcast_day(data_dir: Path) -> Navigation:
    return rinex_nav.read(load_source(str(data_dir / "gnss" / DAY / "BRDC00IGS_R_20230010000_01D_MN.rnx.gz")))


@pytest.fixture(scope="session")
def station_day(data_dir: Path) -> Navigation:
    return rinex_nav.read(load_source(str(data_dir / "gnss" / "2020-177" / "ESBC00DNK_R_20201770000_01D_MN.rnx.gz")))


@pytest.fixture(scope="session")
def modern_day(data_dir: Path) -> Navigation:
    return rinex_nav.read(load_source(str(data_dir / "rinex4" / "BRD400DLR_S_20230710000_01D_MN.rnx.gz")))


@pytest.fixture(scope="session")
def wuhan(data_dir: Path) -> PreciseOrbits:
    return sp3.read(load_source(str(data_dir / "gnss" / DAY / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz")))


@pytest.fixture(scope="session")
def wuhan_clocks(data_dir: Path) -> PreciseClocks:
    return clk.read(load_source(str(data_dir / "gnss" / DAY / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz")))


@pytest.fixture(scope="session")
def moscow(data_dir: Path) -> PreciseOrbits:
    return sp3.read(load_source(str(data_dir / "gnss" / "2020-177" / "Sta21114.sp3.gz")))


@pytest.fixture(scope="session")
def potsdam(data_dir: Path) -> PreciseOrbits:
    return sp3.read(load_source(str(data_dir / "gnss" / DAY / "GFZ0MGXRAP_20230010000_01D_05M_ORB.SP3.gz")))


@pytest.fixture(scope="session")
def bern(data_dir: Path) -> PreciseOrbits:
    return sp3.read(load_source(str(data_dir / "gnss" / DAY / "COD0MGXFIN_20230010000_01D_05M_ORB.SP3.gz")))
