"""Arcs of phase where epochs are minutes apart."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.navigation.precise_point.rows import longest_gap_s


@pytest.mark.parametrize(("step_s", "longest_s"), [(1.0, 300.0), (30.0, 300.0), (300.0, 450.0)])
def test_neighbouring_epochs_belong_together(step_s: float, longest_s: float) -> None:
    uneven = 1e-7 * (np.arange(288) % 2)
    assert longest_gap_s(step_s * np.arange(288) + uneven) == pytest.approx(longest_s)


def test_one_epoch_has_no_distance() -> None:
    assert longest_gap_s(np.zeros(1)) == 300.0
