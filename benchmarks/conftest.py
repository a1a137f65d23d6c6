"""The files that benchmarks measure on; what is absent is skipped."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from armillary.io import crinex
from armillary.io.source import Source, load_source
from tests.conftest import data_dir

__all__ = ["data_dir", "packed_day", "source_of", "station_day"]

DAY = "gnss/2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz"


@pytest.fixture(scope="session")
def source_of(data_dir: Path) -> Callable[[str], Source]:
    """A gzipped file of the data set as a format module is given it: unpacked."""

    def source(name: str) -> Source:
        path = data_dir / name
        if not path.exists():
            pytest.skip(f"{path} is absent")
        return Source(path.name, gzip.decompress(path.read_bytes()))

    return source


@pytest.fixture(scope="session")
def packed_day(data_dir: Path) -> Path:
    """A day of one station with six systems every 30 s: 4.0 MB as .crx.gz, 32.9 MB as text."""
    return data_dir / DAY


@pytest.fixture(scope="session")
def station_day(packed_day: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same day as plain RINEX."""
    text = tmp_path_factory.mktemp("day") / "ESBC00DNK_R_20201770000_01D_30S_MO.rnx"
    text.write_bytes(bytes(crinex.decode(load_source(packed_day)).data))
    return text
