"""The course of reception against plain loops over random rows."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.monitoring.quality_course import _different, _medians

RNG = np.random.default_rng(11)


@pytest.mark.parametrize("n", [1, 7, 40_000])
def test_medians_by_key(n: int) -> None:
    key = RNG.integers(0, n, 500)
    values = np.where(RNG.random(500) < 0.1, np.nan, RNG.normal(size=500))
    median, count = _medians(values, key, n)
    for k in {*key.tolist(), 0, n - 1}:
        mine = values[(key == k) & np.isfinite(values)]
        assert count[k] == len(mine)
        assert median[k] == pytest.approx(np.median(mine)) if len(mine) else np.isnan(median[k])


def test_different_satellites_by_span() -> None:
    span, satellite = RNG.integers(0, 9, 200), RNG.integers(0, 30, 200)
    expected = [len(set(satellite[span == k].tolist())) for k in range(9)]
    assert _different(span, satellite, 9).tolist() == expected
    assert _different(span[:0], satellite[:0], 3).tolist() == [0, 0, 0]
