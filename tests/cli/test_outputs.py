"""What goes to standard output and what to standard error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from armillary.cli import outputs
from armillary.core.table import Table

WRITTEN = (Path("a.tro"), Path("a_glonass.tro"), Path("store"))


@dataclass(frozen=True)
class Answer:
    """An answer whose service wrote files."""

    written: tuple[Path, ...] = WRITTEN
    title: str = "nist  a title"
    remarks: tuple[str, ...] = ("a remark",)

    @property
    def summary(self) -> Table:
        return Table({"member": np.array(["glonass"])})

    def to_json(self) -> dict[str, str]:
        return {"a": "b"}


@pytest.mark.parametrize("json", [False, True])
def test_files_that_a_service_wrote_are_named_on_standard_error(json: bool, capsys: pytest.CaptureFixture[str]) -> None:
    outputs.show("nothing", Answer(), outputs.Wanted(json=json))
    said = capsys.readouterr()
    assert said.err == "armillary: wrote a.tro a_glonass.tro store\n" and "a.tro" not in said.out
    assert json or (said.out.startswith("nist  a title\n") and said.out.endswith("a remark\n"))


def test_nothing_is_said_of_files_where_none_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    outputs.show("nothing", Answer(written=(), remarks=("a remark",)), outputs.Wanted())
    said = capsys.readouterr()
    assert said.err == "" and said.out.endswith("a remark\n")


def test_a_title_is_no_wider_than_the_screen(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    outputs.show("nothing", Answer(title="word " * 30, remarks=("other " * 30,)), outputs.Wanted())
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 40 and sum(line.count("word") for line in lines) == 30 == sum(line.count("other") for line in lines)
