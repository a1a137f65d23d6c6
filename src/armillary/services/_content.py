"""What a file holds, in typed pieces: stretches of time, satellites and signals per system. Shared by the describers of :mod:`info`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.registry import by_letter
from armillary.core.satellites import unpack_one
from armillary.core.scales import to_iso
from armillary.errors import OutOfRangeError

__all__ = [
    "Gap",
    "Lines",
    "SatelliteList",
    "Signal",
    "Span",
    "counted",
    "instant",
    "numbers",
    "plural",
    "reach",
    "satellite_lists",
    "seconds",
    "span",
    "system_title",
]

Lines = list[tuple[str, str]]
"""Labels and values for people; an empty label continues the line above."""

LISTED_GAPS = 100

GAP_FACTOR = 1.5
"""Neighbouring epochs further apart than this many intervals have a gap between them."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Missing epochs: ``after`` and ``before`` are the epochs around them."""

    after: str
    before: str
    missing_epochs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time as its epochs show it, whatever the header says."""

    first: str
    last: str
    scale: str
    n_epochs: int
    interval_s: float | None
    """Most frequent distance of neighbouring epochs; None for fewer than two."""
    n_gaps: int
    longest_gap_s: float
    missing_epochs: int
    gaps: tuple[Gap, ...]
    """The first 100."""

    def lines(self) -> Lines:
        """Labels and values for people."""
        first, last = (text.replace("T", " ") for text in (self.first, self.last))
        if self.n_epochs == 1:
            return [("epoch", f"{first} {self.scale}")]
        out = [("first epoch", f"{first} {self.scale}"), ("last epoch", f"{last} {self.scale}")]
        if self.interval_s is None:
            return out
        out.append(("epochs", f"{self.n_epochs}, every {seconds(self.interval_s)}"))
        if self.n_gaps:
            longest = max(self.gaps, key=lambda gap: gap.seconds)
            where = f" after {longest.after.replace('T', ' ')}" if longest.seconds >= self.longest_gap_s else ""
            text = f"{self.n_gaps}, {self.missing_epochs} epochs missing, the longest {seconds(self.longest_gap_s)}{where}"
            out.append(("gaps", text))
        else:
            out.append(("gaps", "none"))
        return out


@dataclass(frozen=True, slots=True)
class Signal:
    """One observation code: the share of the system's satellite-epochs that have a value."""

    code: str
    completeness: float
    satellites: int
    """How many satellites have it at all."""


@dataclass(frozen=True, slots=True)
class SatelliteList:
    """The satellites of one system."""

    system: str
    title: str
    satellites: tuple[str, ...]

    def lines(self) -> Lines:
        """Labels and values for people."""
        return [(self.title, f"{plural(len(self.satellites), 'satellite')}: {numbers(self.satellites)}")]


def system_title(letter: str) -> str:
    """The name of a system by its RINEX letter; the letter itself where no constellation is known for it."""
    known = by_letter().get(letter)
    return known.title if known else f"system {letter}"


def numbers(names: Sequence[str]) -> str:
    """Satellite names in short.

    >>> numbers(("C06", "C07", "C08", "C11"))
    'C06-C08 C11'
    """
    parts: list[list[str]] = []
    for name in names:
        if parts and parts[-1][-1][0] == name[0] and int(parts[-1][-1][1:]) + 1 == int(name[1:]):
            parts[-1].append(name)
        else:
            parts.append([name])
    return " ".join(f"{p[0]}-{p[-1]}" if len(p) > 2 else " ".join(p) for p in parts)


def plural(n: int, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "satellite"), plural(3, "message")
    ('1 satellite', '3 messages')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"


def counted(counts: Mapping[str, int]) -> str:
    """Names with their counts, in one line.

    >>> counted({"BDUT": 3, "GLUT": 1})
    'BDUT 3, GLUT 1'
    """
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def satellite_lists(sats: NDArray[np.int16] | Iterable[int]) -> tuple[SatelliteList, ...]:
    """Packed satellites by system, letters ascending."""
    unique = sorted({int(sat) for sat in sats})
    names = [unpack_one(sat) for sat in unique]
    letters = list(dict.fromkeys(name[0] for name in names))
    return tuple(SatelliteList(letter, system_title(letter), tuple(n for n in names if n[0] == letter)) for letter in letters)


def seconds(value: float) -> str:
    """A length of time in words of fit size.

    >>> seconds(30.0), seconds(5400.0), seconds(0.05), seconds(172800.0)
    ('30 s', '1.5 h', '0.05 s', '2 d')
    """
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if value >= (2 if unit == "d" else 1) * size and value > 90:
            return f"{value / size:.4g} {unit}"
    return f"{value:.4g} s"


def instant(tai_ns: int, scale: str) -> tuple[str, str]:
    """ISO text of an instant and the scale it is in: ``scale``, or TAI for an instant that ``scale``'s tables do not cover."""
    epoch = Epochs(np.array([tai_ns]))
    try:
        text = str(to_iso(epoch, scale, 9)[0])
    except OutOfRangeError:
        scale, text = "TAI", str(to_iso(epoch, "TAI", 9)[0])
    return text.rstrip("0").rstrip("."), scale


def span(epochs: Epochs, scale: str) -> Span | None:
    """What epochs in ascending order say of themselves; None for no epochs."""
    ns = epochs.tai_ns
    if not len(ns):
        return None
    first, used = instant(int(ns[0]), scale)
    last = instant(int(ns[-1]), used)[0]
    if len(ns) < 2:
        return Span(first, last, used, 1, None, 0, 0.0, 0, ())
    steps = np.diff(ns)
    values, counts = np.unique(steps, return_counts=True)
    interval = int(values[np.argmax(counts)])
    wide = np.flatnonzero(steps > GAP_FACTOR * interval)
    missing = np.rint(steps[wide] / interval).astype(np.int64) - 1
    gaps = tuple(
        Gap(instant(int(ns[i]), used)[0], instant(int(ns[i + 1]), used)[0], int(n), float(steps[i]) / NS_PER_SECOND)
        for i, n in zip(wide[:LISTED_GAPS].tolist(), missing.tolist(), strict=False)
    )
    longest = float(steps[wide].max()) / NS_PER_SECOND if len(wide) else 0.0
    return Span(first, last, used, len(ns), interval / NS_PER_SECOND, len(wide), longest, int(missing.sum()), gaps)


def reach(tai_ns: NDArray[np.int64], scale: str) -> Span:
    """The stretch that reference epochs of many satellites cover; they have no common interval."""
    unique = np.unique(tai_ns)
    first, used = instant(int(unique[0]), scale)
    return Span(first, instant(int(unique[-1]), used)[0], used, len(unique), None, 0, 0.0, 0, ())
