"""A station-day that several modules take hours of."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.core.observations import Observations
from armillary.io.reading import read
from armillary.orbits.sp3_table import PreciseOrbit


@pytest.fixture(scope="session")
def nist_day(data_dir: Path) -> Observations:
    """NIST on 2023-01-01, GLONASS and BeiDou."""
    found = read(data_dir / "gnss/2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz", systems="RC")
    assert isinstance(found, Observations)
    return found


@pytest.fixture(scope="session")
def orbit(data_dir: Path) -> PreciseOrbit:
    """Orbits and clocks of Wuhan for that day."""
    day = data_dir / "gnss/2023-001"
    return PreciseOrbit(read(day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"), read(day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"))
