"""What one pass over a navigation file found, and which of its records are whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.io.loss_log import LossLog
from armillary.io.rinex_nav_layouts import Layout

__all__ = ["REASONS", "Scan", "grouped", "sound_records", "text_of"]

REASONS = (
    "",
    "the epoch of the record is not a date and time",
    "a line is neither the start of a record nor part of one",
    "the line belongs to no record",
    "a header line among the data",
    "the satellite number is not 1 to 99",
    "the record has {rows} lines, its kind has {lines}",
    "the record holds a field that is not a number",
)
"""What damaged a record or lost a line, by the number the kernel gives; the last three are found afterwards."""

_BAD, _UNDECIDED = 2, 3
_NUMBER, _LINES, _FIELDS = 5, 6, 7
_EPH = int.from_bytes(b"EPH", "big")
_FIELD = 19
_MOST_RUNS = 2000
"""Runs of damaged records of one kind that are named one by one."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over the data found; see :func:`armillary.io.rinex_nav_kernels.records`."""

    data: bytes
    major: int
    record: NDArray[np.int64]
    values: NDArray[np.float64]
    state: NDArray[np.uint8]
    row_start: NDArray[np.int64]

    first_row = property(lambda self: self.record[:, 0])
    rows = property(lambda self: self.record[:, 1])
    line = property(lambda self: self.record[:, 2])
    last_line = property(lambda self: self.record[:, 3])
    system = property(lambda self: self.record[:, 4])
    number = property(lambda self: self.record[:, 5])
    record_type = property(lambda self: self.record[:, 6])
    message = property(lambda self: self.record[:, 7])
    subtype = property(lambda self: self.record[:, 8])
    day = property(lambda self: self.record[:, 9])
    ns_of_day = property(lambda self: self.record[:, 10])
    damage = property(lambda self: self.record[:, 11])


def sound_records(scan: Scan, index: NDArray[np.int64], layout: Layout, log: LossLog) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """(index int64[m], values float64[m, lines, 4]) of the whole records among ``index``; the others are noted in ``log``."""
    rows, number = scan.rows[index], scan.number[index]
    reasons = np.array(scan.damage[index])
    reasons[((number < 1) & (scan.record_type[index] == _EPH)) | (number > 99)] = _NUMBER
    reasons[(rows < layout.required) | (rows > len(layout.lines))] = _LINES
    reasons = np.where(scan.damage[index] > 0, scan.damage[index], reasons)
    _note(scan, index, reasons, len(layout.lines), log)
    index = index[reasons == 0]
    values, state = _record_values(scan, index, layout)
    used = np.array([[bool(name) for name in line] for line in layout.lines])
    bad = ((state == _BAD) & used).any(axis=(1, 2))
    _note(scan, index, np.where(bad, _FIELDS, 0), len(layout.lines), log)
    return index[~bad], values[~bad]


def _note(scan: Scan, index: NDArray[np.int64], reasons: NDArray[np.int64], lines: int, log: LossLog) -> None:
    """Notes the records with a reason that is not 0; neighbours with the same one as a run."""
    at = np.nonzero(reasons)[0]
    if not len(at):
        return
    lost, reason, rows = index[at], reasons[at], scan.rows[index[at]]
    apart = (np.diff(lost) != 1) | (np.diff(reason) != 0) | (np.diff(rows) != 0)
    firsts = np.concatenate([[0], np.nonzero(apart)[0] + 1])
    lasts = np.concatenate([firsts[1:] - 1, [len(at) - 1]])
    for first, last in zip(firsts[:_MOST_RUNS].tolist(), lasts[:_MOST_RUNS].tolist(), strict=True):
        text = REASONS[reason[first]].format(rows=rows[first], lines=lines)
        log.add(int(scan.line[lost[first]]), text, int(scan.last_line[lost[last]]))
    if len(firsts) > _MOST_RUNS:
        log.add(int(scan.line[lost[firsts[_MOST_RUNS]]]), "further damaged records", int(scan.last_line[lost[-1]]))


def _record_values(scan: Scan, index: NDArray[np.int64], layout: Layout) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """(values float64[n, lines, 4], state uint8[n, lines, 4]) of records; lines that a record lacks are NaN."""
    lines = np.arange(len(layout.lines))
    there = lines < scan.rows[index, None]
    rows = np.where(there, scan.first_row[index, None] + lines, 0)
    values, state = scan.values[rows], scan.state[rows]
    values[~there], state[~there] = np.nan, 1
    _settle(scan, rows, values, state)
    return values, state


def _settle(scan: Scan, rows: NDArray[np.int64], values: NDArray[np.float64], state: NDArray[np.uint8]) -> None:
    """Reads in place, with Python's own parser, the few numbers the kernel left undecided."""
    base = 3 if scan.major == 2 else 4
    for i, j, k in zip(*np.nonzero(state == _UNDECIDED), strict=True):
        start = int(scan.row_start[rows[i, j]]) + base + 19 * int(k)
        text = scan.data[start : start + _FIELD].split(b"\n")[0].decode("latin-1").strip()
        value, found = _number(text)
        values[i, j, k], state[i, j, k] = value, found


def _number(text: str) -> tuple[float, int]:
    try:
        value = float(text.replace("D", "E").replace("d", "e"))
    except ValueError:
        return np.nan, _BAD
    return (value, 0) if np.isfinite(value) else (np.nan, _BAD)


def text_of(number: int) -> str:
    """The word that the kernel knows by a number."""
    return int(number).to_bytes(8, "big").lstrip(b"\0").decode("latin-1")


def grouped(scan: Scan) -> Iterable[tuple[tuple[str, str, str], NDArray[np.int64]]]:
    """Records (ascending indices) by record type, system letter and the message named in the file."""
    if not len(scan.record):
        return
    keys = np.stack([scan.record_type, scan.system, scan.message])
    order = np.lexsort(keys[::-1])
    starts = np.nonzero(np.diff(keys[:, order], axis=1).any(axis=0))[0] + 1
    for index in np.split(order, starts):
        record_type, system, message = keys[:, index[0]].tolist()
        yield (text_of(record_type), chr(system) if 32 < system < 127 else "?", text_of(message)), index
