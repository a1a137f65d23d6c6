"""Navigation files: reading 9 MB of version 3 and 10 MB of version 4, writing the same messages.

georinex, where it is installed, reads one system of the version 3 file; it reads no version 4.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from armillary.io import rinex_nav
from armillary.io.source import Source

Opener = Callable[[str], Source]
FILES = {3: "gnss/2023-001/BRDC00IGS_R_20230010000_01D_MN.rnx.gz", 4: "rinex4/BRD400DLR_S_20230710000_01D_MN.rnx.gz"}


@pytest.mark.parametrize("version", FILES)
def test_read(benchmark: Any, source_of: Opener, version: int) -> None:
    given = source_of(FILES[version])
    navigation = benchmark.pedantic(rinex_nav.read, (given,), rounds=9, warmup_rounds=2)
    benchmark.extra_info["megabytes"] = len(given.data) / 1e6
    assert not navigation.losses


@pytest.mark.parametrize(("version", "written"), [(3, 3.05), (4, 4.02)])
def test_write(benchmark: Any, source_of: Opener, version: int, written: float) -> None:
    navigation = rinex_nav.read(source_of(FILES[version]))
    assert benchmark.pedantic(rinex_nav.write, (navigation,), {"version": written}, rounds=5, warmup_rounds=1)


def test_read_by_georinex(benchmark: Any, source_of: Opener, tmp_path: Path) -> None:
    georinex = pytest.importorskip("georinex")
    given = source_of(FILES[3])
    path = tmp_path / "BRDC.rnx"
    path.write_bytes(given.data)
    benchmark.pedantic(georinex.load, (path,), {"use": "G"}, rounds=1)
