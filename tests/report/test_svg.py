"""Dots of a drawing: each place once, the same words whether inside the drawing or not."""

from __future__ import annotations

import re

import numpy as np
import pytest

from armillary.report.svg import marks


def places(svg: str) -> list[tuple[float, float]]:
    return [(float(a), float(b)) for a, b in re.findall(r"M(-?[\d.]+) (-?[\d.]+)h0", svg)]


@pytest.mark.parametrize("shift", [0.0, -350.0, 1200.0])
def test_every_place_is_drawn_once_to_a_tenth(shift: float) -> None:
    rng = np.random.default_rng(3)
    x, y = np.round(rng.uniform(shift, shift + 700.0, 500), 3), np.round(rng.uniform(shift, shift + 400.0, 500), 3)
    drawn = places(marks(np.concatenate([x, x, [np.nan]]), np.concatenate([y, y, [1.0]]), kind="sa"))
    assert drawn == sorted({(round(a, 1), round(b, 1)) for a, b in zip(np.rint(x * 10) / 10, np.rint(y * 10) / 10, strict=True)})
    assert len(drawn) > 490


def test_no_place_at_all_is_an_empty_path() -> None:
    assert marks([], [], kind="sa") == '<path class="dot sa" d=""/>'
