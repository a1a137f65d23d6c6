"""The picture of precise positions, from made-up answers whose errors are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

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


def answer(made: Any, *, mode: str = "kinematic", sessions: int = 0, truth: bool = True) -> Any:
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
            "rms_3d_m": 0.0371,
            "p95_3d_m": 0.0642,
            "sessions": sessions,
            "convergence_min": {"0.30": 5.0, "0.10": 20.0, "0.05": None} if sessions else {},
        }
        for name in MEMBERS
    ]
    return SimpleNamespace(
        station="TEST00XYZ",
        mode=mode,
        smoothed=False,
        skip_h=0.0,
        truth=SimpleNamespace(source="made up") if truth else None,
        epochs=epochs,
        troposphere=Table(zenith, epochs.epochs[good]),
        answers=rows,
        convergence=tuple(courses(sessions, 1.0) for _ in MEMBERS) if sessions else (None,) * 3,
    )


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[Any], str]:
    """What is written in a picture."""
    monkeypatch.setitem(position_picture.STYLE, "svg.fonttype", "none")

    def written(given: Any) -> str:
        draw(given, tmp_path / "a.svg")
        return (tmp_path / "a.svg").read_text()

    return written


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


def test_static_tells_the_end_and_without_sessions_the_error_since_the_start(solution: Any, words: Callable[[Any], str]) -> None:
    text = words(answer(solution, mode="static", truth=False))
    for wanted in ("static", "at the end", "12, 12, 12 mm", "Error since the beginning of the file", "no truth"):
        assert wanted in text, wanted
    assert "cold starts" not in text and "to 10 cm" not in text


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
