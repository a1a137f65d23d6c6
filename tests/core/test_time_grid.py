from __future__ import annotations

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.time_grid import on_time_grid

STEP_NS = 300_000_000_000


def test_polynomials_of_degree_five_are_exact_and_grid_instants_keep_their_values():
    epochs = Epochs(np.array([-7 * STEP_NS, 0, 1, STEP_NS // 3, 5 * STEP_NS, 17 * STEP_NS - 1]))
    found = on_time_grid(epochs, STEP_NS, lambda nodes: np.stack([(nodes.tai_ns / STEP_NS) ** k for k in range(6)], 1).reshape(-1, 2, 3))
    expected = np.stack([(epochs.tai_ns / STEP_NS) ** k for k in range(6)], 1).reshape(-1, 2, 3)
    assert found == pytest.approx(expected, rel=1e-10, abs=1e-8)


def test_only_instants_around_the_epochs_are_evaluated():
    asked = []
    on_time_grid(Epochs(np.array([0, 1000 * STEP_NS])), STEP_NS, lambda nodes: asked.extend(nodes.tai_ns // STEP_NS) or np.zeros((len(nodes), 1)))
    assert asked == [*range(-2, 4), *range(998, 1004)]


def test_no_epochs_give_no_rows():
    assert on_time_grid(Epochs(np.empty(0, np.int64)), STEP_NS, lambda nodes: np.zeros((len(nodes), 3))).shape == (0, 3)
