"""Tables on a screen: no line wider than it, nothing cut, and what had no room is named."""

from __future__ import annotations

import re

import numpy as np
import pytest

from armillary.cli.people_table import print_sentence, print_table
from armillary.core.table import Table

MEMBERS = ("glonass", "beidou", "galileo", "glonass+beidou+galileo")
FIGURES = ("e_rms_m", "n_rms_m", "u_rms_m", "h95_m", "v95_m", "rms_3d_m", "p95_3d_m")
LONG = "all satellites in operation together, healthy signals; seen in one quotation only"


def positions() -> Table:
    figures = {name: np.array([1234.5678 + k, 0.5, np.nan, 12.25]) for k, name in enumerate(FIGURES)}
    return Table({"member": np.array(MEMBERS), "solved": np.array([2880, 2880, 0, 2880]), **figures, "mean_satellites": np.array([7.1, 9, 0, 25])})


def printed(table: Table, width: int | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.delenv("COLUMNS", raising=False)
    if width is not None:
        monkeypatch.setenv("COLUMNS", str(width))
    print_table(table)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [40, 50, 60, 70, 80, 100, 120, 200, None])
def test_no_line_is_wider_and_every_column_is_there_or_named(
    width: int | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 80 columns names of members ended in dots, and figures were cut."""
    lines = printed(positions(), width, capsys, monkeypatch)
    begin = next((i for i, line in enumerate(lines) if re.match(r"\d+ further column", line)), len(lines))
    further = re.match(r"(\d+) further columns? \((.*)\): a wider screen or --json", " ".join(line.strip() for line in lines[begin:]))
    drawn = lines[:begin]
    assert begin == len(lines) or further
    assert all(len(line) <= (width or 200) for line in lines) and "…" not in "".join(lines)
    named = further.group(2).split(", ") if further else []
    assert not further or int(further.group(1)) == len(named)
    *_, last = drawn
    assert last.startswith("glonass+beidou+galileo") and len(last.split()) + len(named) == len(positions().columns)
    assert "1240.568" in drawn[-4] or "p95 3d" in named  # its last figure but one
    assert not (width is None or width >= 120) or not named


def test_what_matters_most_leaves_last(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(positions(), 60, capsys, monkeypatch)
    further = " ".join(lines[-2:])
    assert "1239.568" in lines[-6] and "1240.568" in lines[-6] and "e rms, n rms" in further and "3d" not in further


def test_sentences_are_wrapped_and_whole(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    table = Table({"quantity": np.array(["sisre_m", "utc_offset_ns"]), "conditions": np.array([LONG, "none"])})
    lines = printed(table, 50, capsys, monkeypatch)
    assert all(len(line) <= 50 for line in lines) and " ".join(" ".join(line[13:].split()) for line in lines[1:-1]).split() == LONG.split()
    assert "further" not in lines[-1] and lines[-1].split() == ["utc_offset_ns", "none"]


def test_one_column_wider_than_the_screen_is_folded(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    lines = printed(Table({"quantity": np.array(["x" * 70])}), 30, capsys, monkeypatch)
    assert "".join(line.strip() for line in lines) == "quantity" + "x" * 70 and all(len(line) <= 30 for line in lines)


TITLE = (
    "nist  2023-01-01T00:00:00 to 2023-01-01T23:59:30 GPST, 2880 epochs; static, forward; no truth is known: errors are against the answer at the end"
)


@pytest.mark.parametrize("width", [40, 80, None])
def test_titles_and_remarks_are_wrapped_to_the_screen_and_whole_in_a_pipe(
    width: int | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    if width is not None:
        monkeypatch.setenv("COLUMNS", str(width))
    print_sentence(TITLE)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1 if width is None else len(lines) > 1 and all(len(line) <= width for line in lines)
    assert " ".join(lines).split() == TITLE.split()


def test_no_word_is_cut_where_none_fits(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "12")
    print_sentence("see /a/long/folder-of/names.csv there\nand here")
    assert "/a/long/folder-of/names.csv" in capsys.readouterr().out
