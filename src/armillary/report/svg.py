"""Small drawings as inline SVG that take their colours from the page, so that they are right in light, dark and print.

Everything here returns SVG text. Coordinates are user units; classes (``ax``, ``gr``, ``tq`` ...) are those of ``page.css``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from math import ceil, floor, isfinite, log10

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Scale", "circle", "drawing", "error_bar", "line", "marks", "rect", "segments", "text", "ticks", "x_axis", "y_axis"]


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high`` to places from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: ArrayLike) -> NDArray[np.float64]:
        """Places of values.

        >>> float(Scale(0, 10, 100, 200)(5))
        150.0
        """
        share = (np.asarray(value, np.float64) - self.low) / (self.high - self.low)
        return np.asarray(self.start + share * (self.end - self.start))

    def at(self, value: float) -> float:
        """The place of one value, kept within the ends."""
        place = float(self(value))
        return min(max(place, min(self.start, self.end)), max(self.start, self.end))


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values from ``low`` to ``high``, at most about ``most``.

    >>> ticks(0.0, 9.0)
    [0.0, 2.0, 4.0, 6.0, 8.0]
    """
    span = high - low
    if not (isfinite(span) and span > 0.0):
        return [low]
    raw = span / most
    power = 10.0 ** floor(log10(raw))
    step = next(power * m for m in (1.0, 2.0, 2.5, 5.0, 10.0) if power * m >= raw * (1 - 1e-9))
    first = ceil(low / step - 1e-9)
    last = floor(high / step + 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def drawing(width: float, height: float, parts: Sequence[str], *, label: str) -> str:
    """An image with a text alternative."""
    head = f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label, quote=True)}" xmlns="http://www.w3.org/2000/svg">'
    return head + "".join(parts) + "</svg>"


def text(x: float, y: float, words: str, *, kind: str = "tx", anchor: str = "start") -> str:
    """One line of words."""
    where = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}"{where}>{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, *, kind: str = "gr") -> str:
    """A straight line."""
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" class="{kind}"/>'


def rect(x: float, y: float, width: float, height: float, *, kind: str, title: str = "") -> str:
    """A filled box; ``title`` shows when pointed at."""
    inside = f"<title>{escape(title)}</title></rect>" if title else "</rect>"
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0.0):.1f}" height="{max(height, 0.0):.1f}" class="{kind}">{inside}'


def circle(x: float, y: float, radius: float, *, kind: str, title: str = "") -> str:
    """A circle; ``title`` shows when pointed at."""
    inside = f"<title>{escape(title)}</title></circle>" if title else "</circle>"
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" class="{kind}">{inside}'


def marks(x: ArrayLike, y: ArrayLike, *, kind: str) -> str:
    """Many dots as one path; the class gives their size. Places that are not finite are left out."""
    across, down = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(y, np.float64))
    kept = np.isfinite(across) & np.isfinite(down)
    right, below = np.rint(across[kept] * 10.0).astype(np.int64), np.rint(down[kept] * 10.0).astype(np.int64)
    words = _tenths()
    if len(right) and (min(right.min(), below.min()) < 0 or max(right.max(), below.max()) >= len(words)):  # outside any drawing
        places = [f"M{a / 10:g} {b / 10:g}h0" for a, b in sorted(set(zip(right.tolist(), below.tolist(), strict=True)))]
    else:
        places = [f"M{words[place >> 32]} {words[place & 0xFFFFFFFF]}h0" for place in np.unique((right << 32) + below).tolist()]
    return f'<path class="dot {kind}" d="{"".join(places)}"/>'


@lru_cache(maxsize=1)
def _tenths() -> list[str]:
    """Every place of a drawing in words: they are made once, not for each of a hundred thousand dots."""
    return [f"{tenth / 10:g}" for tenth in range(10_000)]


def segments(x: ArrayLike, y: ArrayLike, *, kind: str) -> str:
    """A broken line; a place that is not finite interrupts it."""
    out, pen = [], "M"
    for a, b in zip(np.asarray(x, np.float64).tolist(), np.asarray(y, np.float64).tolist(), strict=True):
        if isfinite(a) and isfinite(b):
            out.append(f"{pen}{a:.1f} {b:.1f}")
            pen = "L"
        else:
            pen = "M"
    return f'<path class="{kind}" d="{"".join(out)}"/>'


def error_bar(x: float, y: float, half: float, *, kind: str) -> str:
    """A level bar with ends about a place."""
    d = f"M{x - half:.1f} {y:.1f}H{x + half:.1f}M{x - half:.1f} {y - 4:.1f}v8M{x + half:.1f} {y - 4:.1f}v8"
    return f'<path d="{d}" class="bar {kind}"/>'


def x_axis(scale: Scale, top: float, bottom: float, *, values: Sequence[float], words: str = "", suffix: str = "") -> list[str]:
    """Upright grid lines with their values below, and what they mean."""
    out = []
    for value in values:
        x = float(scale(value))
        out += [line(x, top, x, bottom), text(x, bottom + 17, f"{value:g}{suffix}", kind="tq", anchor="middle")]
    out.append(line(scale.start, bottom, scale.end, bottom, kind="ax"))
    if words:
        out.append(text((scale.start + scale.end) / 2, bottom + 36, words, kind="tq", anchor="middle"))
    return out


def y_axis(scale: Scale, left: float, right: float, *, values: Sequence[float], words: str = "") -> list[str]:
    """Level grid lines with their values at the left, and what they mean above."""
    out = []
    for value in values:
        y = float(scale(value))
        out += [line(left, y, right, y), text(left - 7, y + 4, f"{value:g}", kind="tq", anchor="end")]
    if words:
        out.append(text(left, min(scale.start, scale.end) - 9, words, kind="tq"))
    return out
