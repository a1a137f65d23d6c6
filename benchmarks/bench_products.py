"""Precise products: SP3 orbits, RINEX clocks and the smaller files, from decompressed content to arrays.

pyrtklib5 reads the same SP3 and clock files, from disk, where it is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.io import antex, bias, clk, ionex, sinex, sp3
from armillary.io.source import Source

Opener = Callable[[str], Source]
ORBITS = {
    "289 x 116": "gnss/2023-001/COD0MGXFIN_20230010000_01D_05M_ORB.SP3.gz",
    "288 x 124": "gnss/2023-001/GFZ0MGXRAP_20230010000_01D_05M_ORB.SP3.gz",
    "289 x 90": "gnss/2020-177/COD0MGXFIN_20201770000_01D_05M_ORB.SP3.gz",
}
CLOCKS = {
    "17 MB": "gnss/2020-177/GRG0MGXFIN_20201770000_01D_30S_CLK.CLK.gz",
    "21 MB": "gnss/2023-001/WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz",
}
OTHERS = {
    "antex 2.7 MB": (antex, "products/igs05.atx.gz"),
    "ionex 25 maps": (ionex, "gnss/2019-045/codg0450.19i.gz"),
    "bias 13900": (bias, "gnss/2019-045/COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz"),
    "sinex 585 stations": (sinex, "gnss/coordinates/igs22P22264.ssc.gz"),
}


@pytest.mark.parametrize("size", ORBITS)
def test_read_sp3(benchmark: Any, source_of: Opener, size: str) -> None:
    given = source_of(ORBITS[size])
    orbits = benchmark.pedantic(sp3.read, (given,), rounds=15, warmup_rounds=2)
    assert not orbits.losses


def test_write_sp3(benchmark: Any, source_of: Opener) -> None:
    orbits = sp3.read(source_of(ORBITS["288 x 124"]))
    assert benchmark.pedantic(sp3.write, (orbits,), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("size", CLOCKS)
def test_read_clk(benchmark: Any, source_of: Opener, size: str) -> None:
    given = source_of(CLOCKS[size])
    clocks = benchmark.pedantic(clk.read, (given,), rounds=9, warmup_rounds=2)
    assert not clocks.losses


@pytest.mark.parametrize("name", OTHERS)
def test_read_other(benchmark: Any, source_of: Opener, name: str) -> None:
    module, file = OTHERS[name]
    product = benchmark.pedantic(module.read, (source_of(file),), rounds=7, warmup_rounds=1)
    assert not product.losses


@pytest.mark.parametrize("size", ORBITS)
def test_read_sp3_by_pyrtklib5(benchmark: Any, source_of: Opener, tmp_path: Path, size: str) -> None:
    rtklib = pytest.importorskip("pyrtklib5")
    path = tmp_path / "orbits.sp3"
    path.write_bytes(source_of(ORBITS[size]).data)
    benchmark.pedantic(lambda: rtklib.readsp3(str(path), rtklib.nav_t(), 0), rounds=7, warmup_rounds=1)


@pytest.mark.parametrize("size", CLOCKS)
def test_read_clk_by_pyrtklib5(benchmark: Any, source_of: Opener, tmp_path: Path, size: str) -> None:
    rtklib = pytest.importorskip("pyrtklib5")
    path = tmp_path / "clocks.clk"
    path.write_bytes(source_of(CLOCKS[size]).data)
    benchmark.pedantic(lambda: rtklib.readrnxc(str(path), rtklib.nav_t()), rounds=5, warmup_rounds=1)
