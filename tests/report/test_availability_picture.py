from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.report import availability_picture
from armillary.report.availability_picture import draw
from armillary.report.coastlines import coastlines
from armillary.services.availability import availability

pytest.importorskip("matplotlib")


@pytest.mark.slow
@pytest.mark.parametrize("mask_deg", [5.0, 40.0, 85.0])  # all served, some places never, no place ever
def test_svg_names_every_member_with_its_figures(mask_deg: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(availability_picture.STYLE, "svg.fonttype", "none")
    answer = availability(federation("glonass+beidou"), mask_deg=mask_deg, grid_deg=15.0, step_s=3600.0)
    draw(answer, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    for name in ("GLONASS", "BeiDou", "GLONASS + BeiDou", f"above {mask_deg:g}°", "median PDOP", "% of the time"):
        assert name in text
    worst = float(answer.summary["worst_percent"][0])
    assert f"worst {'100' if worst == 100.0 else f'{worst:.1f}'} %" in text


@pytest.mark.slow
def test_of_many_members_the_first_and_all_together_are_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(availability_picture.STYLE, "svg.fonttype", "none")
    draw(availability(federation("glonass+beidou+gps"), grid_deg=30.0, step_s=7200.0), tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert "GLONASS + BeiDou + GPS" in text and ">GPS " not in text


def test_coastlines_lie_on_the_globe_and_do_not_jump() -> None:
    for line in coastlines():
        assert np.abs(line[:, 0]).max() <= 180.0 and np.abs(line[:, 1]).max() <= 90.0
        assert np.abs(np.diff(line[:, 0])).max() < 90.0


@pytest.mark.parametrize(
    ("place", "land"),
    [((30.0, 0.0), True), ((-60.0, -10.0), True), ((134.0, -24.0), True), ((100.0, 60.0), True), ((-30.0, 0.0), False), ((80.0, -10.0), False)],
)
def test_coastlines_enclose_the_land(place: tuple[float, float], land: bool) -> None:
    """Africa, America, Australia and Asia are inside of a line, the middle of the Atlantic and of the Indian Ocean are not."""
    from matplotlib.path import Path as Outline

    assert any(Outline(line).contains_point(place) for line in coastlines()) == land
