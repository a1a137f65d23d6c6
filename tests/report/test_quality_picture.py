"""The picture of observation quality is drawn with and without orbits and strengths."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.core.federation import federation
from armillary.monitoring.quality import station_quality
from armillary.report.quality_picture import draw
from armillary.services.quality import QualityAnswer
from tests.monitoring.made_observations import Made
from tests.monitoring.test_quality import NAMES, Overhead

pytest.importorskip("matplotlib")
PAIR = federation("glonass+beidou")


@pytest.mark.slow
def test_two_stations_with_and_without_orbits(tmp_path: Path) -> None:
    made = Made({"2I": 0.4, "6I": 0.2}, n_epochs=60, absent=[("2I", 20, 0, 60), ("6I", 20, 0, 60)]).observations()
    orbit = Overhead(NAMES, [])
    answer = QualityAnswer(
        {"A": station_quality(PAIR, made, orbit=orbit, satellites=orbit.satellites), "B": station_quality(PAIR, made)},
    )
    draw(answer, tmp_path / "quality.svg")
    text = (tmp_path / "quality.svg").read_text(encoding="utf-8")
    assert "<svg" in text and len(text) > 20_000


@pytest.mark.slow
def test_a_station_without_signals_is_drawn_too(tmp_path: Path) -> None:
    answer = QualityAnswer({"A": station_quality(federation("galileo"), Made({"2I": 0.4}, n_epochs=5).observations())})
    draw(answer, tmp_path / "quality.png")
    assert (tmp_path / "quality.png").read_bytes()[:4] == b"\x89PNG"
