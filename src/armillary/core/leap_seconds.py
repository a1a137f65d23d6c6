"""TAI - UTC since 1972, from the IERS leap-second file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armillary.core.calendar import day_of_date
from armillary.errors import FormatError

__all__ = ["LeapSeconds", "StaleTableWarning", "read_leap_seconds"]

_UNIX_EPOCH_MJD = 40587
_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december")
_EXPIRY = re.compile(r"File expires on\s+(\d{1,2})\s+([A-Za-z]+)\s+(\d{4})")


class StaleTableWarning(UserWarning):
    """An epoch lies beyond the day on which the leap-second table expires: its UTC may be wrong by whole seconds."""


@dataclass(frozen=True, slots=True, eq=False)
class LeapSeconds:
    """Steps of TAI - UTC, ascending. Before the first step UTC had a variable rate and is not offered."""

    day: NDArray[np.int64]
    """int64[m] days since 1970-01-01 (UTC) at whose start the step takes effect."""
    tai_minus_utc_s: NDArray[np.int64]
    """int64[m] from that day on."""
    valid_until_day: int
    """Days since 1970-01-01: the table says nothing about leap seconds from this day on."""
    source: str = ""


def read_leap_seconds(path: str | Path) -> LeapSeconds:
    """The table in an IERS ``Leap_Second.dat`` file (columns MJD, day, month, year, TAI - UTC). FormatError where it is not one."""
    name = str(path)
    text = Path(path).read_text("ascii", errors="replace")
    rows: list[tuple[int, int]] = []
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        try:
            mjd, dom, month, year, offset = float(words[0]), *(int(word) for word in words[1:5])
        except ValueError:
            raise FormatError(name, number, f"expected MJD, day, month, year and TAI-UTC, found {line.strip()!r}") from None
        day = int(day_of_date(year, month, dom))
        if mjd - _UNIX_EPOCH_MJD != day:
            raise FormatError(name, number, f"MJD {mjd} is not the date {year}-{month:02d}-{dom:02d}")
        if rows and day <= rows[-1][0]:
            raise FormatError(name, number, "dates do not ascend")
        rows.append((day, offset))
    expiry = _EXPIRY.search(text)
    if not rows or expiry is None or expiry[2].lower() not in _MONTHS:
        raise FormatError(name, 0, "expected an IERS leap-second table with its expiry date ('File expires on 28 June 2027')")
    until = int(day_of_date(int(expiry[3]), _MONTHS.index(expiry[2].lower()) + 1, int(expiry[1])))
    columns = np.array(rows, np.int64)
    return LeapSeconds(np.ascontiguousarray(columns[:, 0]), np.ascontiguousarray(columns[:, 1]), until, Path(path).name)
