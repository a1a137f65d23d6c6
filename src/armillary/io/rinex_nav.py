"""RINEX navigation files, versions 2.10 to 4.02, single systems and mixed: broadcast messages as columns.

One file may be several concatenated (a header among the data begins a new part, of whatever version); repeated records are kept once.
Sources: RINEX 2.11, 3.05 and 4.02 (IGS/RTCM). Damage costs the records it touches: they are in ``losses`` with their lines.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from armillary._lazy import lazy_module
from armillary.core.loss import Loss
from armillary.core.navigation_messages import MessageTable, Navigation, NavigationHeader
from armillary.errors import FormatError, LimitError
from armillary.io.loss_log import LossLog
from armillary.io.rinex_header import RinexHeader, int_field, is_rinex, parse_header, text_field
from armillary.io.rinex_nav_corrections import header_ionosphere, header_time_offsets, record_corrections, with_day
from armillary.io.rinex_nav_layouts import RINEX2_LETTERS, TRANSMISSION_COLUMNS
from armillary.io.rinex_nav_scan import REASONS, Scan
from armillary.io.rinex_nav_tables import joined, message_tables, without_repeats
from armillary.io.rinex_nav_write import left_out, write

if TYPE_CHECKING:
    from armillary.core.reference import Reference
    from armillary.io.source import Source

kernels = lazy_module("armillary.io.rinex_nav_kernels")

__all__ = ["NAME", "SNIFF", "left_out", "merge", "read", "write"]

NAME = "RINEX navigation"

_TYPES = "".join(RINEX2_LETTERS)
_SKIPPED_SYSTEM = "S"
"""Geostationary augmentation messages are counted, not read."""
_MOST_PARTS = 1000
_UNDERSTOOD = {
    "COMMENT",
    "CORR TO SYSTEM TIME",
    "DELTA-UTC: A0,A1,T,W",
    "ION ALPHA",
    "ION BETA",
    "IONOSPHERIC CORR",
    "LEAP SECONDS",
    "PGM / RUN BY / DATE",
    "TIME SYSTEM CORR",
}


@dataclass(frozen=True, slots=True)
class _Part:
    """A header and the bytes of its data: ``offset`` to ``end`` of the file."""

    header: RinexHeader
    offset: int
    end: int
    line: int


def SNIFF(head: bytes) -> bool:
    """Whether the start of a file is that of a RINEX navigation file."""
    return is_rinex(head, _TYPES)


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> Navigation:
    """The broadcast messages of a navigation file.

    Damaged records are left out and named in ``losses``; ``strict`` raises FormatError at the first. Raises FormatError when there is
    no header that can be read, or its version or type is not one of navigation messages, LimitError beyond 1000 concatenated files.
    """
    log = LossLog(source.path, strict=strict)
    parts = [_read_part(part, source, log, reference) for part in _parts(source, log, strict=strict)]
    result = parts[0] if len(parts) == 1 else _united(parts, ignoring=())
    return replace(result, losses=log.losses(), path=source.path)


def _parts(source: Source, log: LossLog, *, strict: bool) -> list[_Part]:
    """The concatenated files that a file is made of; mostly one."""
    data = source.data
    header = parse_header(data, source.path, strict=strict)
    _check(header, source.path)
    parts: list[_Part] = []
    offset, line = header.body_offset, header.body_line
    for loss in header.losses:
        log.add(loss.first_line, loss.reason, loss.last_line)
    while True:
        start = _next_header(data, offset)
        parts.append(_Part(header, offset, start, line))
        if start == len(data):
            return parts
        if len(parts) == _MOST_PARTS:
            raise LimitError(f"{source.path}: holds more than {_MOST_PARTS} concatenated files")
        before = line + data.count(b"\n", offset, start) - 1
        try:
            header = parse_header(memoryview(data)[start:], source.path)
            _check(header, source.path)
        except FormatError as error:
            log.add(before + 1, f"a header among the data cannot be read: {error.text}", before + 1 + data.count(b"\n", start))
            return parts
        for loss in header.losses:
            log.add(loss.first_line + before, loss.reason, loss.last_line + before)
        offset, line = start + header.body_offset, header.body_line + before


def _next_header(data: bytes, offset: int) -> int:
    """Offset of the next line that begins a RINEX header, or the size of the data."""
    at = offset
    while True:
        at = data.find(b"RINEX VERSION / TYPE", at)
        if at < 0:
            return len(data)
        start = at - 60
        if start >= offset and data[start - 1] == 10 and b"\n" not in data[start:at] and is_rinex(data[start : start + 81], _TYPES):
            return start
        at += 1


def _check(header: RinexHeader, path: str) -> None:
    major = int(header.version)
    if not 2 <= major <= 4:
        raise FormatError(path, 1, f"version {header.version:g} of RINEX, 2 to 4 can be read")
    if (major == 2 and header.type_letter not in RINEX2_LETTERS) or (major > 2 and header.type_letter != "N"):
        raise FormatError(path, 1, f"{header.type_letter!r} is not a navigation file type of RINEX {header.version:g}")


def _read_part(part: _Part, source: Source, log: LossLog, reference: Reference | None) -> Navigation:
    header = part.header
    major = int(header.version)
    letter = RINEX2_LETTERS[header.type_letter] if major == 2 else "\0"
    window = np.frombuffer(source.data, np.uint8, count=part.end)
    record, bits, state, row_start, lost = kernels.records(window, part.offset, part.line, major, ord(letter), ord(_SKIPPED_SYSTEM))
    scan = Scan(source.data, major, record, bits.view(np.float64), state, row_start)
    skipped: dict[str, int] = {}
    losses = LossLog(source.path, strict=False)
    for first, last, reason in lost.tolist():
        losses.add(first, REASONS[reason], last)
    tables = message_tables(scan, losses, skipped, reference=reference)
    ionosphere, orientation, offsets = record_corrections(scan, losses, skipped, reference=reference)
    for loss in _in_order(losses):
        log.add(loss.first_line, loss.reason, loss.last_line)
    dated = record[record[:, 9] > 0, 9]
    day = int(np.median(dated)) if len(dated) else None
    return Navigation(
        _header(header),
        MappingProxyType(tables),
        with_day(header_ionosphere(header.lines, log), day, reference=reference) + ionosphere,
        orientation,
        header_time_offsets(header.lines, log, reference=reference) + offsets,
        MappingProxyType(skipped),
    )


def _in_order(log: LossLog) -> list[Loss]:
    """Losses in the order of their lines."""
    return sorted(log.losses(), key=lambda loss: loss.first_line)


def _header(header: RinexHeader) -> NavigationHeader:
    run = header.first("PGM / RUN BY / DATE")
    leap = header.first("LEAP SECONDS")
    return NavigationHeader(
        version=header.version,
        system=header.system[:1] or RINEX2_LETTERS.get(header.type_letter, "G") if header.version < 3 else header.system[:1] or "M",
        program=text_field(run.content, 0, 20) if run else "",
        run_by=text_field(run.content, 20, 40) if run else "",
        date=text_field(run.content, 40, 60) if run else "",
        leap_seconds=int_field(leap.content, 0, 6) if leap else None,
        comments=tuple(line.content.rstrip() for line in header.all("COMMENT")),
        other=tuple(line.text for line in header.lines if line.label not in _UNDERSTOOD),
    )


def merge(navigations: Iterable[Navigation]) -> Navigation:
    """Several navigation files as one: of several stations, or of consecutive days.

    Messages of one satellite and kind that agree in everything but when they were heard are kept once (the earliest); those that
    differ are all kept. The header is that of the first. Raises ValueError when there is none.
    """
    return _united(list(navigations), ignoring=TRANSMISSION_COLUMNS)


def _united(parts: list[Navigation], ignoring: Iterable[str]) -> Navigation:
    if not parts:
        raise ValueError("merge takes at least one navigation file")
    if len(parts) == 1:
        return parts[0]
    skipped: dict[str, int] = {}
    for part in parts:
        for name, count in part.skipped.items():
            skipped[name] = skipped.get(name, 0) + count
    tables: dict[tuple[str, str], MessageTable] = {}
    for key in sorted({key for part in parts for key in part.messages}):
        every = joined(part.messages[key] for part in parts if key in part.messages)
        tables[key] = without_repeats(every, ignoring=ignoring)
        if len(tables[key]) < len(every):
            name = f"{key[0]} {key[1]} repeated"
            skipped[name] = skipped.get(name, 0) + len(every) - len(tables[key])
    return Navigation(
        parts[0].header,
        MappingProxyType(tables),
        tuple(dict.fromkeys(record for part in parts for record in part.ionosphere)),
        tuple(dict.fromkeys(record for part in parts for record in part.earth_orientation)),
        tuple(dict.fromkeys(offset for part in parts for offset in part.time_offsets)),
        MappingProxyType(skipped),
        tuple(loss for part in parts for loss in part.losses),
        ", ".join(dict.fromkeys(part.path for part in parts if part.path)),
    )
