"""The picture of precise positions, from made-up answers whose errors are known."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.table import Table
from armillary.navigation.precise_point.convergence import Convergence
from armillary.report import position_picture
from armillary.report.ppp_picture import draw

pytest.importorskip("matplotlib")

MEMBERS = ("glonass", "beidou", "glonass+beidou")
SINCE_S = np.arange(360) * 30.0


def courses(sessions: int, start_m: float) -> Convergence:
    """Sessions whose errors fall with time: session k is k + 1 times as bad as the first."""
    error = start_m * (1 + np.arange(sessions))[:, None] / (1.0 + SINCE_S / 60.0)
    return Convergence(sessions, (5.0, 20.0, None), (1.0, 1.0, 0.4), SINCE_S, error)


def answer(
    made: Any, *, mode: str = "kinematic", sessions: int = 0, truth: bool = True, names: Sequence[str] = MEMBERS, rms_m: float = 0.0371
) -> Any:
    """What the service would answer."""
    epochs = made.epochs
    good = epochs["flag"] == 0
    zenith = {"member": epochs["member"][good], "zenith_total_m": np.full(good.sum(), 2.4), "zenith_sigma_m": np.full(good.sum(), 0.01)}
    rows = [
        {
            "member": name,
            "solved": 39,
            **dict.fromkeys(("e_m", "n_m", "u_m"), 0.0123),
            **dict.fromkeys(("sigma_e_m", "sigma_n_m", "sigma_u_m"), 0.004),
            "rms_3d_m": rms_m,
            "p95_3d_m": 0.0642 / 0.0371 * rms_m,
            "sessions": sessions,
            "convergence_min": {"0.30": 5.0, "0.10": 20.0, "0.05": None} if sessions else {},
        }
        for name in names
    ]
    return SimpleNamespace(
        station="TEST00XYZ",
        mode=mode,
        smoothed=False,
        skip_h=0.0,
        truth=SimpleNamespace(source="made up") if truth else None,
        epochs=epochs,
        uncombined=False,
        troposphere=Table(zenith, epochs.epochs[good]),
        answers=rows,
        convergence=tuple(courses(sessions, 1.0) for _ in names) if sessions else (None,) * len(names),
    )


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Any], str]:
    """What is written in a picture."""
    monkeypatch.setitem(position_picture.STYLE, "svg.fonttype", "none")

    def written(given: Any) -> str:
        draw(given, tmp_path / "a.svg")
        return (tmp_path / "a.svg").read_text()

    return written


@pytest.mark.slow
def test_kinematic_figures_and_convergence(solution: Any, words: Callable[[Any], str]) -> None:
    text = words(answer(solution, sessions=10))
    for wanted in (
        "TEST00XYZ",
        "2020-06-25",
        "kinematic",
        "GLONASS + BeiDou",
        "3.7 cm",
        "6.4 cm",
        "20 min",
        "Convergence of 10 cold starts",
        "truth: made up",
    ):
        assert wanted in text, wanted
    joint = solution.epochs.where((solution.epochs["member"] == "glonass+beidou") & (solution.epochs["flag"] == 0))
    assert f"{100 * np.sqrt(np.mean(joint['east_m'] ** 2)):.1f} cm" in text


@pytest.mark.slow
def test_static_tells_the_end_and_without_sessions_the_error_since_the_start(solution: Any, words: Callable[[Any], str]) -> None:
    text = words(answer(solution, mode="static", truth=False))
    for wanted in ("static", "at the end", "12, 12, 12 mm", "Error since the beginning of the file", "no truth"):
        assert wanted in text, wanted
    assert "cold starts" not in text and "to 10 cm" not in text


def every_combination(made: Any, systems: str) -> tuple[Any, list[str]]:
    """What is made up for all together, for every combination of systems."""
    names = [str(member) for member in federation(systems).members(subsets=True)]
    joint = made.epochs.where(made.epochs["member"] == "glonass+beidou")
    columns = {name: np.tile(joint[name], len(names)) for name in joint.columns} | {"member": np.repeat(names, len(joint))}
    return replace(made, epochs=Table(columns, Epochs(np.tile(joint.epochs.tai_ns, len(names))))), names


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["kinematic", "static"])
@pytest.mark.parametrize("systems", ["gps+glonass+beidou+galileo", "gps+glonass+beidou+galileo+qzss+navic"])
def test_of_every_combination_the_picture_has_each_alone_and_all_together(
    solution: Any, words: Callable[[Any], str], systems: str, mode: str
) -> None:
    made, names = every_combination(solution, systems)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns where a picture has no room
        text = words(answer(made, names=names, mode=mode, sessions=10 if mode == "kinematic" else 0))
    count = systems.count("+") + 1
    assert f"{len(names) - count - 1} further combinations: --json" in text
    assert text.count(">39<") == count + 1  # a row of figures each
    assert f"all {count} together" in text and not re.search(rf"all [2-{count - 1}] together", text)
    lines = re.findall(r">([^<]*)</", text)
    named = " ".join(line for line in lines if re.fullmatch(r"(GPS|GLONASS|BeiDou|Galileo|QZSS|NavIC)( \+ \w+)*( \+)?", line))
    assert re.search(r"GPS \+ GLONASS \+.* BeiDou.* \+.* Galileo", named)  # in full, on one line or on more


@pytest.mark.slow
def test_errors_of_metres_are_told_in_metres(solution: Any, words: Callable[[Any], str]) -> None:
    text = words(answer(solution, rms_m=15.478))
    assert "15.48 m" in text and "26.78 m" in text and "1547" not in text


@pytest.mark.slow
def test_where_no_epoch_counts_words_say_so(solution: Any, words: Callable[[Any], str]) -> None:
    given = answer(solution, rms_m=float("nan"))
    given.skip_h = 2.0
    text = words(given)
    assert text.count("no position after the first 2 h") == 3 and text.count(">none<") == 6 and "nan" not in text


@pytest.mark.slow
def test_a_short_file_has_plain_numbers_at_its_axis(made_up: Any, words: Callable[[Any], str]) -> None:
    text = words(answer(made_up(8), truth=False))
    assert "10^{" not in text and "\N{MULTIPLICATION SIGN}" not in text and "mathdefault" not in text
    assert ">2<" in text and ">0.5<" in text


@pytest.mark.slow
def test_the_caption_is_broken_before_the_edge(solution: Any, words: Callable[[Any], str]) -> None:
    given = answer(solution)
    given.truth.source, given.skip_h = " ".join(["coordinates"] * 12), 0.1
    lines = [line for line in re.findall(r">([^<]*)</", words(given)) if line.count("coordinates") > 1]
    assert sum(line.count("coordinates") for line in lines) == 12 and max(map(len, lines)) <= 84


@pytest.mark.slow
@pytest.mark.parametrize(("smoothed", "direction"), [(False, "forward"), (True, "both directions")])
def test_the_title_says_model_and_direction(solution: Any, words: Callable[[Any], str], smoothed: bool, direction: str) -> None:
    given = answer(solution)
    given.smoothed = smoothed
    assert f"precise positions, kinematic, {direction}, ionosphere-free" in words(given)
    given.uncombined = True
    assert f"precise positions, kinematic, {direction}, uncombined" in words(given)


@pytest.mark.slow
def test_an_answer_without_a_position_is_drawn(made_up: Any, tmp_path: Path) -> None:
    empty = made_up(4)
    empty.epochs["flag"][:] = 1
    draw(answer(empty), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"


def test_share_of_sessions() -> None:
    found = courses(10, 1.0)
    # errors at the start are 1 to 10 m: five sessions are at 5 m or below, nine at 9 m
    assert found.share_m(50.0)[0] == 5.0
    assert found.share_m(90.0)[0] == 9.0
    holed = Convergence(2, (None,) * 3, (0.0,) * 3, SINCE_S[:2], np.array([[np.nan, 1.0], [2.0, 3.0]]))
    # a session without a position is not below anything
    np.testing.assert_equal(holed.share_m(90.0), [np.nan, 3.0])
    np.testing.assert_equal(holed.share_m(50.0), [2.0, 1.0])
