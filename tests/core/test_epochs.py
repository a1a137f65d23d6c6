from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.epochs import NS_PER_DAY, Epochs


def test_floats_are_refused() -> None:
    with pytest.raises(TypeError, match="integer TAI nanoseconds"):
        Epochs(np.array([1.5]))  # type: ignore[arg-type]


@given(st.integers(-(10**18), 10**18), st.floats(-86400, 86400))
def test_shift_and_difference_are_inverse(tai_ns: int, seconds: float) -> None:
    start = Epochs(np.array([tai_ns]))
    back = start.shifted(seconds).seconds_since(start)
    assert abs(back[0] - seconds) <= 5.1e-10  # half a nanosecond of rounding, and 15 ps of float64 over a day


def test_views_read_as_tai() -> None:
    assert str(Epochs(np.array([NS_PER_DAY])).tai_ns.view("datetime64[ns]")[0]).startswith("1970-01-02T00:00:00")


def test_indexing_iterating_joining() -> None:
    epochs = Epochs(np.arange(5))
    assert [int(e.tai_ns[0]) for e in epochs[epochs.tai_ns > 2]] == [3, 4]
    assert Epochs.concatenate([epochs[:2], epochs[2:]]) == epochs
    assert len(Epochs.concatenate([])) == 0
    assert repr(Epochs.concatenate([])) == "Epochs([])"
