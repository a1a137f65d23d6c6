"""Compact RINEX to text and to observations, beside the reference tool (package ``hatanaka``)."""

from __future__ import annotations

from pathlib import Path

import hatanaka
import pytest

from armillary.io import crinex
from armillary.io.reading import read
from armillary.io.source import Source, load_source


@pytest.fixture(scope="module")
def source(packed_day: Path) -> Source:
    return load_source(packed_day)


def test_text_by_armillary(benchmark, source: Source) -> None:
    text = benchmark.pedantic(crinex.decode, (source,), rounds=5, warmup_rounds=1)
    assert len(text.data) == 32_942_787


def test_text_by_hatanaka(benchmark, source: Source) -> None:
    text = benchmark.pedantic(hatanaka.crx2rnx, (source.data,), rounds=5, warmup_rounds=1)
    assert len(text) == 32_942_787


def test_file_to_observations_by_armillary(benchmark, packed_day: Path) -> None:
    found = benchmark.pedantic(read, (packed_day,), rounds=5, warmup_rounds=1)
    assert len(found.epochs) == 2880


def test_file_to_text_by_hatanaka(benchmark, packed_day: Path) -> None:
    packed = packed_day.read_bytes()
    text = benchmark.pedantic(hatanaka.decompress, (packed,), rounds=5, warmup_rounds=1)
    assert len(text) == 32_942_787
