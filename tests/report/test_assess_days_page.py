"""The page of several assessed days: lines, gains and events are those of the days there are."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.core.table import Table
from armillary.report.assess_days_page import days_page
from armillary.services.assess import AssessmentOfDays

DAYS = ("2020-06-25", "2020-06-26", "2020-06-28", "2020-07-02")
MEMBERS = ("glonass", "beidou", "glonass+beidou")


@pytest.fixture
def answer(tmp_path: Path) -> AssessmentOfDays:
    """Four days, of which only the first two follow each other; on the last nothing can be compared."""
    n = len(DAYS) * len(MEMBERS)
    summary = Table(
        {
            "day": np.repeat(DAYS, len(MEMBERS)),
            "member": np.tile(MEMBERS, len(DAYS)),
            "stations": np.full(n, 2),
            **{name: np.linspace(1.0, 2.0, n) for name in ("solved_percent", "rms_3d_m", "p95_3d_m")},
        }
    )
    events, gains = (dict(zip(DAYS, values, strict=True)) for values in ((7, 0, 3, 41), (1.25, 0.97, 1.1, float("nan"))))
    return AssessmentOfDays(tmp_path, federation("glonass+beidou"), summary, {day: tmp_path / day for day in DAYS}, events=events, gains=gains)


def test_a_line_joins_only_days_that_follow_each_other(answer: AssessmentOfDays, tmp_path: Path) -> None:
    lines = re.findall(r'<path class="trace d\d" d="([^"]*)"', days_page(answer, tmp_path / "report.html"))
    assert len(lines) == 3
    assert all((line.count("M"), line.count("L")) == (3, 1) for line in lines)  # one pair, two days by themselves


def test_events_and_gain_stand_once_a_day(answer: AssessmentOfDays, tmp_path: Path) -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", days_page(answer, tmp_path / "report.html").partition("<tbody>")[2])
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row)[-2:] for row in rows]
    assert cells[2::3] == [["× 1.25", "7"], ["× 0.97", "0"], ["× 1.10", "3"], ["–", "41"]]
    assert cells[0::3] == cells[1::3] == [["", ""]] * 4


def test_scatter_is_told(answer: AssessmentOfDays, tmp_path: Path) -> None:
    assert "scatter" not in days_page(answer, tmp_path / "report.html")
    told = days_page(replace(answer, scatter=("PULC",)), tmp_path / "report.html")
    assert "<p>Errors of PULC are about the day&#x27;s median, no usable coordinate: scatter, not accuracy.</p>" in told
