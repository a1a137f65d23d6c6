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
from armillary.services._assessment import summary_of_days
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


def test_precise_positions_have_their_picture_and_columns(answer: AssessmentOfDays, tmp_path: Path) -> None:
    assert "PPP" not in days_page(answer, tmp_path / "report.html")
    rms = np.full(len(answer.summary), np.nan)
    rms[:6] = [0.104, 0.078, 0.036, 0.1, 0.08, 0.04]  # two days with a product, two without
    minutes = np.where(np.isnan(rms), np.nan, 20.0)
    minutes[1] = np.inf
    columns = {name: answer.summary[name] for name in answer.summary.columns}
    summary = Table(columns | {"precise_rms_3d_m": rms, "precise_10cm_min": minutes})
    told = replace(answer, summary=summary, products=dict.fromkeys(DAYS[:2], "WUM0MGXFIN"))
    page = days_page(told, tmp_path / "report.html")
    assert page.count("<svg") == 2 and "with WUM0MGXFIN," in page and f"No precise orbits and clocks: {DAYS[2]}, {DAYS[3]}." in page
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row)[-3:-1] for row in re.findall(r"<tr>(.*?)</tr>", page.partition("<tbody>")[2])]
    assert rows[:3] == [["10.4", "20"], ["7.8", "never"], ["3.6", "20"]] and rows[6:] == [["unobserved", "unobserved"]] * 6
    assert told.to_json()["days"][0]["product"] == "WUM0MGXFIN" and told.to_json()["days"][3]["product"] is None


def test_days_too_short_for_cold_starts_have_errors_and_no_minutes(answer: AssessmentOfDays, tmp_path: Path) -> None:
    rows = [
        {"day": day, "member": member, "stations": 1, "solved_percent": 100.0, "rms_3d_m": 1.0, "p95_3d_m": 2.0}
        | {"precise_rms_3d_m": 0.05, "precise_10cm_min": float("nan")}
        for day in DAYS
        for member in MEMBERS
    ]
    page = days_page(replace(answer, summary=summary_of_days(rows), products=dict.fromkeys(DAYS, "WUM0MGXFIN")), tmp_path / "report.html")
    assert page.count("<td class=n>5.0</td><td class=n>unobserved</td>") == len(rows)
    without = summary_of_days([{name: value for name, value in row.items() if not name.startswith("precise")} for row in rows])
    assert not [name for name in without.columns if name.startswith("precise")]
