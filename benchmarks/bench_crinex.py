"""Compact RINEX to text and to observations, beside the reference tool (package ``hatanaka``)."""

from __future__ import annotations

import os
from pathlib import Path

import hatanaka
import pytest

from armillary.io import crinex
from armillary.io.reading import read
from armillary.io.source import Source, load_source

FILE = "gnss/2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz"


@pytest.fixture(scope="module")
def path() -> Path:
    """A day of one station with six systems, 4.0 MB as .crx.gz, 32.9 MB as text."""
    given = os.environ.get("ARMILLARY_DATA")
    found = (Path(given) if given else Path(__file__).resolve().parents[2] / "shared" / "data") / FILE
    if not found.exists():
        pytest.skip(f"the real data set is not at {found}; set ARMILLARY_DATA to its folder")
    return found


@pytest.fixture(scope="module")
def source(path: Path) -> Source:
    return load_source(path)


def test_text_by_armillary(benchmark, source: Source) -> None:
    text = benchmark.pedantic(crinex.decode, (source,), rounds=5, warmup_rounds=1)
    assert len(text.data) == 32_942_787


def test_text_by_hatanaka(benchmark, source: Source) -> None:
    text = benchmark.pedantic(hatanaka.crx2rnx, (source.data,), rounds=5, warmup_rounds=1)
    assert len(text) == 32_942_787


def test_file_to_observations_by_armillary(benchmark, path: Path) -> None:
    found = benchmark.pedantic(read, (path,), rounds=5, warmup_rounds=1)
    assert len(found.epochs) == 2880


def test_file_to_text_by_hatanaka(benchmark, path: Path) -> None:
    packed = path.read_bytes()
    text = benchmark.pedantic(hatanaka.decompress, (packed,), rounds=5, warmup_rounds=1)
    assert len(text) == 32_942_787
