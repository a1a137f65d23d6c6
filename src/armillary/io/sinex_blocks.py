"""What SINEX and Bias-SINEX share: named blocks of lines, and dates written as year, day of year and second."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from armillary.core.scales import from_day
from armillary.io.loss_log import LossLog

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["Blocks", "Instants", "fortran_float", "sinex_instant"]

_BLOCK = re.compile(rb"^\+([A-Z0-9]+/[A-Z0-9_]+)", re.MULTILINE)
_EPOCH = re.compile(r"\s*(\d{2}|\d{4}):(\d{3}):(\d{5})\s*")


class Blocks:
    """The lines of named blocks; blocks that nobody asks for cost nothing."""

    def __init__(self, data: bytes, log: LossLog, names: tuple[str, ...], *, ending: bytes) -> None:
        self.data = data
        self.spans: dict[str, tuple[int, int]] = {}
        for match in _BLOCK.finditer(data):
            name = match[1]
            if name.decode() not in names or name.decode() in self.spans:
                continue
            stop = data.find(b"\n-" + name, match.end())
            if stop < 0:
                log.add(data.count(b"\n", 0, match.start()) + 1, f"block {name.decode()} has no end: the file may be cut off")
            self.spans[name.decode()] = (match.start(), len(data) if stop < 0 else stop)
        if ending not in data[-400:]:
            log.add(data.count(b"\n") + 1, f"{ending.decode()} is missing: the file may be cut off")

    def lines(self, name: str) -> Iterator[tuple[int, str]]:
        """(line number, text) of the block's data lines."""
        if name not in self.spans:
            return
        start, stop = self.spans[name]
        number = self.data.count(b"\n", 0, start) + 1
        for text in self.data[start:stop].decode("latin-1").split("\n")[1:]:
            number += 1
            if text[:1] == " " and text.strip():
                yield number, text.rstrip("\r")


def sinex_instant(text: str, reference: Reference | None = None, *, scale: str = "UTC") -> int | None:
    """TAI nanoseconds of ``YY:DDD:SSSSS`` or ``YYYY:DDD:SSSSS``; 0 for an open end (day 000), None when it is neither.

    >>> sinex_instant("80:006:00000", scale="GPST")
    315964819000000000
    """
    match = _EPOCH.fullmatch(text)
    if not match:
        return None
    year, day, second = (int(part) for part in match.groups())
    if len(match[1]) == 2:
        year += 1900 if year > 50 else 2000
    if day == 0:
        return 0
    if day > 366 or second > 86_400 or not 1972 <= year < 2200:
        return None
    first = int(np.datetime64(f"{year:04d}-01-01", "D").astype(np.int64))
    return int(from_day(first + day - 1, second * 1_000_000_000, scale, reference=reference).tai_ns[0])


class Instants:
    """Remembers instants by their text: a file repeats few of them many times."""

    def __init__(self, scale: str, reference: Reference | None) -> None:
        self.scale, self.reference = scale, reference
        self.known: dict[str, int | None] = {}

    def __call__(self, text: str) -> int | None:
        """As :func:`sinex_instant`."""
        if text not in self.known:
            self.known[text] = sinex_instant(text, self.reference, scale=self.scale)
        return self.known[text]


def fortran_float(text: str) -> float:
    """The number, with D for the exponent too; ValueError when it is none."""
    return float(text.replace("D", "E").replace("d", "e"))
