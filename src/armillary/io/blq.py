"""BLQ files: coefficients of ocean tide loading, as the service of Onsala Space Observatory writes them.

No document defines the format; its head does: lines with ``$$`` are comments, among them the order of the columns; a line with a station's name
begins its block of three rows of amplitudes (radial, west, south; metres) and three of Greenwich phase lags (degrees), eleven waves each.
"""

from __future__ import annotations

import re
from math import isfinite, radians
from typing import TYPE_CHECKING

import numpy as np

from armillary.core.ocean_loading import CONSTITUENTS, OceanLoading, StationLoading
from armillary.errors import FormatError
from armillary.io.loss_log import LossLog
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "read"]

NAME = "BLQ ocean loading"

_COLUMNS = len(CONSTITUENTS)
_ROWS = 6
_LARGEST_M, _LARGEST_DEG = 1.0, 360.0
"""Ocean loading is centimetres, 0.1 m at most: a metre is another unit."""

_ORDER = re.compile(r"\$\$\s*COLUMN ORDER:(.*)", re.IGNORECASE)
_MASS = re.compile(r"\$\$\s*CMC:\s*(YES|NO)\b", re.IGNORECASE)
_PLACE = re.compile(r"lon/lat:\s*(\S+)\s+(\S+)(?:\s+(\S+))?", re.IGNORECASE)


def SNIFF(head: bytes) -> bool:
    """Whether lines begin with ``$$`` and one of them names the columns, or a block of eleven numbers a row follows a name and such lines."""
    lines = [line for line in head.decode("latin-1").split("\n") if line.strip()]
    commented = [line.startswith("$$") for line in lines[:2]]
    if not any(commented):
        return False
    return any(_ORDER.match(line) for line in lines if line.startswith("$$")) or any(_numbers(line) for line in lines[:-1])


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> OceanLoading:
    """The stations in the order of the file, amplitudes in metres and phases in radians, columns in the order of ``CONSTITUENTS``.

    Raises FormatError when the columns are other waves than the eleven, when no station is readable, and in strict mode at the first damage. A
    station with damage is left out and named in ``losses``; of a station given twice the first is kept.
    """
    reader = _Reader(source.path, LossLog(source.path, strict=strict))
    for number, line in enumerate(source.data.decode("latin-1").split("\n"), 1):
        reader.take(number, line.rstrip())
    reader.end_block()
    if not reader.stations:
        raise FormatError(source.path, 0, f"no station with six rows of {_COLUMNS} numbers")
    return OceanLoading(tuple(reader.stations.values()), reader.center_of_mass, tuple(reader.comments), reader.log.losses(), source.path)


class _Reader:
    """Lines one after the other; a block ends where the next name stands."""

    def __init__(self, path: str, log: LossLog) -> None:
        self.path, self.log = path, log
        self.stations: dict[str, StationLoading] = {}
        self.comments: list[str] = []
        self.center_of_mass: bool | None = None
        self.order = list(range(_COLUMNS))
        self.name, self.first_line, self.damaged = "", 0, False
        self.rows: list[list[float]] = []
        self.notes: list[str] = []
        self.place = (float("nan"),) * 3

    def take(self, number: int, line: str) -> None:
        if line.startswith("$$"):
            self._comment(number, line)
        elif line.strip():
            row = _numbers(line)
            if row is not None and self.name:
                self._row(number, row)
            elif row is not None:
                self.log.add(number, "a row of coefficients before the name of a station")
            elif self.name and len(self.rows) < _ROWS and _looks_like_numbers(line):
                self._spoil(number, f"not {_COLUMNS} numbers, but {len(line.split())} words: {line.strip()[:40]!r}")
            else:
                self.end_block()
                self.name, self.first_line = line.strip()[:60], number

    def end_block(self) -> None:
        """Takes the station whose rows were collected."""
        if self.name and not self.damaged:
            if len(self.rows) != _ROWS:
                self.log.add(self.first_line, f"station {self.name} has {len(self.rows)} rows of coefficients, not {_ROWS}")
            elif self.name.upper() in self.stations:
                self.log.add(self.first_line, f"station {self.name} is given twice: the first was kept")
            else:
                table = np.array(self.rows)[:, self.order]
                longitude, latitude, height = self.place
                self.stations[self.name.upper()] = StationLoading(
                    name=self.name,
                    amplitude_m=table[:3],
                    phase_rad=np.radians(table[3:]),
                    longitude_rad=radians(longitude),
                    latitude_rad=radians(latitude),
                    height_m=height,
                    comments=tuple(self.notes),
                )
        self.name, self.damaged, self.rows, self.notes = "", False, [], []
        self.place = (float("nan"),) * 3

    def _comment(self, number: int, line: str) -> None:
        text = line[2:].strip()
        if text:
            (self.notes if self.name else self.comments).append(text)
        if match := _ORDER.match(line):
            names = match[1].upper().split()
            if sorted(names) != sorted(CONSTITUENTS):
                raise FormatError(self.path, number, f"columns {' '.join(names)[:60]!r}, expected {' '.join(CONSTITUENTS)} in any order")
            self.order = [names.index(name) for name in CONSTITUENTS]
        elif match := _MASS.match(line):
            self.center_of_mass = match[1].upper() == "YES"
        elif self.name and (match := _PLACE.search(line)):
            self.place = _place(match)

    def _row(self, number: int, row: list[float]) -> None:
        phases = len(self.rows) >= _ROWS // 2
        limit, unit = (_LARGEST_DEG, "degrees") if phases else (_LARGEST_M, "metres")
        lowest = -limit if phases else 0.0
        if len(self.rows) >= _ROWS:
            self._spoil(number, f"station {self.name} has more than {_ROWS} rows of coefficients")
        elif not all(lowest <= value <= limit for value in row):
            self._spoil(number, f"{'phases' if phases else 'amplitudes'} of station {self.name} are not {lowest:g} to {limit:g} {unit}")
        else:
            self.rows.append(row)

    def _spoil(self, number: int, reason: str) -> None:
        if not self.damaged:
            self.log.add(number, f"{reason}; station {self.name} is left out")
        self.damaged = True


def _numbers(line: str) -> list[float] | None:
    """The eleven numbers of a row; None for any other line."""
    words = line.split()
    if len(words) != _COLUMNS:
        return None
    try:
        values = [float(word) for word in words]
    except ValueError:
        return None
    return values if all(isfinite(value) for value in values) else None


def _looks_like_numbers(line: str) -> bool:
    """Whether a line was meant as a row: names are one to three words."""
    return len(line.split()) > 4


def _place(match: re.Match[str]) -> tuple[float, float, float]:
    """Longitude, latitude (degrees) and height (metres); NaN where there is no such place on the ground."""
    values = []
    for text, limit in zip(match.groups(), (360.0, 90.0, 1e4), strict=True):
        try:
            value = float(text or "nan")
        except ValueError:
            value = float("nan")
        values.append(value if abs(value) <= limit else float("nan"))
    return values[0], values[1], values[2]
