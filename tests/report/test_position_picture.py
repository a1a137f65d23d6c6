from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.report import position_picture
from armillary.report.palette import member_colours
from armillary.report.position_picture import draw

from .test_ppp_picture import every_combination

pytest.importorskip("matplotlib")

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.slow
def test_picture_is_drawn(solution: Any, tmp_path: Path) -> None:
    draw(solution, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes()[:8] == PNG


@pytest.mark.slow
def test_svg_names_every_member_and_the_figures_of_the_made_up_errors(solution: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(position_picture.STYLE, "svg.fonttype", "none")
    draw(solution, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert "TEST00XYZ" in text and "2020-06-25" in text
    for name in ("GLONASS", "BeiDou", "GLONASS + BeiDou"):
        assert name in text
    joint = solution.epochs.where((solution.epochs["member"] == "glonass+beidou") & (solution.epochs["flag"] == 0))
    rms = np.sqrt(np.mean(joint["east_m"] ** 2 + joint["north_m"] ** 2 + joint["up_m"] ** 2))
    assert f"{rms:.2f} m" in text


@pytest.mark.slow
def test_without_a_truth_errors_are_about_the_median(made_up: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(position_picture.STYLE, "svg.fonttype", "none")
    unknown = made_up(20)
    for name in ("east_m", "north_m", "up_m"):
        unknown.epochs[name][:] = np.nan
    draw(unknown, tmp_path / "a.svg")
    assert "about the median position" in (tmp_path / "a.svg").read_text()


@pytest.mark.slow
def test_a_picture_without_a_solved_epoch_is_drawn(made_up: Any, tmp_path: Path) -> None:
    empty = made_up(4)
    empty.epochs["flag"][:] = 1
    draw(empty, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 0


def test_together_has_its_own_colour_and_alone_keeps_its_place() -> None:
    two, three = member_colours(["a", "b", "a+b"]), member_colours(["a", "b", "c", "a+b+c"])
    assert two["a"] == three["a"] and two["b"] == three["b"]
    assert two["a+b"] == three["a+b+c"] not in (two["a"], two["b"])


@pytest.mark.slow
def test_of_every_combination_each_alone_and_all_together_are_drawn(solution: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(position_picture.STYLE, "svg.fonttype", "none")
    made, _ = every_combination(solution, "gps+glonass+beidou+galileo+qzss+navic")
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns where a picture has no room
        draw(made, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    assert "56 further combinations: --json" in text and text.count(">39<") == 7
    assert "all 6 together" in text and "all 5 together" not in text
