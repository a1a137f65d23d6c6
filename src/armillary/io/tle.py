"""Two-line element sets, with or without a line for the name (two and three lines).

Columns after CelesTrak, "NORAD Two-Line Element Set Format"; numbers beyond 99999 in the five-character form (a letter for the first two digits).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from armillary.core.element_sets import ElementSets
from armillary.core.scales import from_day
from armillary.errors import FormatError
from armillary.io.loss_log import LossLog
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "read"]

NAME = "two-line element sets"

_FIRST = re.compile(r"1 [\dA-HJ-NP-Z ][\d ]{4}[A-Z ] .{8} \d\d[\d ]{3}\.\d{8} [ +-][\d.]{9} [ +-]\d{5}[ +-]\d [ +-]\d{5}[ +-]\d [\d ] [\d ]{4}\d")
_SECOND = re.compile(r"2 [\dA-HJ-NP-Z ][\d ]{4} [\d ]{3}\.\d{4} [\d ]{3}\.\d{4} \d{7} [\d ]{3}\.\d{4} [\d ]{3}\.\d{4} [\d ]{2}\.\d{8}[\d ]{5}\d")
_LENGTH = 69
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_NS_PER_FRACTION = 864_000
"""Nanoseconds in a hundred-millionth of a day."""


def SNIFF(head: bytes) -> bool:
    """Whether the first lines, comments aside, are a set of two lines, or a name and a set."""
    lines = [line for line in head.decode("latin-1").split("\n") if line.strip() and not line.startswith("#")][:3]
    return any(_FIRST.match(a) and _SECOND.match(b) for a, b in pairwise(lines))


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> ElementSets:
    """All sets whose two lines belong together and have the check sums they say.

    Raises FormatError when no set can be read, and in strict mode at the first damage.
    """
    log = LossLog(source.path, strict=strict)
    found = list(_sets(source.data.decode("latin-1").split("\n"), log))
    if not found:
        raise FormatError(source.path, 0, "no set of two lines with elements was found")
    when = np.array([_epoch(first) for _, first, _ in found], np.int64)
    epochs = from_day(when[:, 0], when[:, 1], "UTC", reference=reference)
    catalogue = np.array([_number(first) for _, first, _ in found], np.int64)
    return ElementSets(tuple(row[0] for row in found), catalogue, epochs, tuple(row[1:] for row in found), log.losses(), source.path)


def _sets(text: Sequence[str], log: LossLog) -> Iterator[tuple[str, str, str]]:
    """Name and two lines of each sound set; everything else but comments and empty lines is noted."""
    name, named, at = "", 0, 0
    while at < len(text):
        line = text[at].rstrip()
        at += 1
        if not line or line.startswith("#"):
            continue
        if not line.startswith(("1 ", "2 ")):
            if name:
                log.add(named, "a name without elements")
            name, named = line.removeprefix("0 ").strip(), at
            continue
        second = text[at].rstrip() if at < len(text) else ""
        wrong = _damage(line, second)
        if wrong:
            log.add(at, wrong)
        else:
            yield name, line[:_LENGTH], second[:_LENGTH]
            at += 1
        name = ""
    if name:
        log.add(named, "a name without elements")


def _damage(first: str, second: str) -> str:
    """What is wrong with two lines; empty where nothing is."""
    if not _FIRST.match(first):
        return "not the first line of a set" if first.startswith("1 ") else "a second line without the first"
    if not _SECOND.match(second):
        return "the second line of the set is missing or damaged"
    if first[2:7] != second[2:7]:
        return "the two lines are of different objects"
    if not all(_checked(line[:_LENGTH]) for line in (first, second)):
        return "a check sum is wrong"
    if not 1 <= int(first[20:23]) <= 366 or not first[2:7].strip():
        return "a day of the year from 1 to 366 and a catalogue number are needed"
    if 57 <= int(first[18:20]) < 72:
        return "elements from before 1972, when UTC began, are not read"
    return ""


def _checked(line: str) -> bool:
    return sum(int(c) if c.isdigit() else c == "-" for c in line[:-1]) % 10 == int(line[-1])


def _number(first: str) -> int:
    text = first[2:7].strip()
    return int(text) if text.isdigit() else (10 + _LETTERS.index(text[0])) * 10_000 + int(text[1:].replace(" ", "") or 0)


def _epoch(first: str) -> tuple[int, int]:
    """Days since 1970 and nanoseconds of the day, UTC."""
    year = int(first[18:20])
    january = np.datetime64(f"{year + (1900 if year >= 57 else 2000)}-01-01").astype("datetime64[D]").astype(int)
    return int(january) + int(first[20:23]) - 1, int(first[24:32]) * _NS_PER_FRACTION
