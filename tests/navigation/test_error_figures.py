"""Percentiles and hours of made-up errors, against plain counting."""

from __future__ import annotations

import math

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.scales import from_iso
from armillary.core.table import Table
from armillary.navigation.error_figures import error_figures

START_NS = int(from_iso(["2025-06-21T00:00:00"], "GPST").tai_ns[0])


def epochs(east_m: np.ndarray, step_s: float, *, flag: int = 0) -> Table:
    n = len(east_m)
    columns = {"member": np.full(n, "a"), "flag": np.full(n, flag), "east_m": east_m, "north_m": np.zeros(n), "up_m": 2.0 * east_m}
    return Table(columns, Epochs(START_NS + (np.arange(n) * step_s * 1e9).astype(np.int64)))


def test_percentiles_are_those_of_a_straight_line() -> None:
    figures = error_figures(epochs(np.arange(101.0), 60.0), "a", 202)
    assert figures["solved_percent"] == 50.0
    assert [figures[f"h{p}_m"] for p in (50, 95, 99)] == pytest.approx([50.0, 95.0, 99.0])
    assert figures["v95_m"] == pytest.approx(190.0) and figures["d395_m"] == pytest.approx(95.0 * math.sqrt(5.0))


def test_every_hour_has_its_own_figure() -> None:
    # an epoch every half hour: 1 m in even hours, 3 m in odd ones; nothing after noon
    east = np.where(np.arange(24) // 2 % 2 == 0, 1.0, 3.0)
    by_hour = error_figures(epochs(east, 1800.0), "a", 48)["d3_rms_by_hour_m"]
    assert by_hour[:12] == pytest.approx([math.sqrt(5.0) * (1.0 if h % 2 == 0 else 3.0) for h in range(12)])
    assert len(by_hour) == 24 and all(math.isnan(value) for value in by_hour[12:])


def test_what_was_not_solved_has_no_figures() -> None:
    figures = error_figures(epochs(np.ones(5), 60.0, flag=1), "a", 5)
    assert figures["solved_percent"] == 0.0 and math.isnan(figures["h95_m"])
