"""Compact RINEX (Hatanaka) observation files, versions 1.0, 3.0 and 3.1: decoded to RINEX text, which the one observation parser reads.

The text equals that of the format's own tools byte for byte. A damaged line costs what depends on it and no more: a bad number the arcs
of its satellite until they start anew, a bad epoch line everything until the next line that starts anew (``>`` in version 3, ``&`` in
version 1). Source: Y. Hatanaka, "A Compression Format and Tools for GNSS Observation Data", Bulletin of the GSI 55 (2008).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.loss import Loss
from armillary.core.satellites import unpack_one
from armillary.errors import FormatError, LimitError
from armillary.io import rinex_obs
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.observations import Observations
    from armillary.core.reference import Reference

kernels = lazy_module("armillary.io.crinex_kernels")

__all__ = ["NAME", "SNIFF", "RinexText", "decode", "read"]

NAME = "Hatanaka compact RINEX observations"

LARGEST_EXPANSION = 32
"""Text may be this many times the compact size (real files: 3 to 4), and 1 MiB besides."""

MOST_TYPES = 300
"""Observation types of one system (real files: up to 32)."""

KEPT_LOSSES = 1000

_TITLE, _END = b"COMPACT RINEX FORMAT", b"END OF HEADER"
_LABELS = {1: b"# / TYPES OF OBSERV", 3: b"SYS / # / OBS TYPES"}
_VERSIONS = {b"1.0": (1, 0), b"3.0": (3, 0), b"3.1": (3, 5)}
"""Version -> its generation, and the number of digits of the picoseconds that follow the clock offset (3.1 serves RINEX 4.02)."""
_ROWS = 2700
"""One state row per letter (blank, A to Z) and number 0 to 99."""

_REASONS = {
    1: "is damaged; the values that follow from it are left out until they start anew",
    2: "the epoch line is damaged; nothing can be told until the next epoch that starts anew",
    3: "lines are missing, doubled or out of place; nothing can be told until the next epoch that starts anew",
    4: "differences without the epoch they start from",
    5: "the file ends inside an epoch",
    6: "the event record is cut off or damaged",
}


@dataclass(frozen=True, slots=True, eq=False)
class RinexText:
    """What a compact file decodes to."""

    data: NDArray[np.uint8]
    """uint8[n], RINEX text."""
    losses: tuple[Loss, ...]
    """Lines of the compact file that were not used."""
    header_lines: int
    """Lines of the RINEX header; the compact file has two more."""
    marks: NDArray[np.int64]
    """int64[n_records, 2]: offset in ``data`` of each epoch or event record, and the line of the compact file where it starts."""

    def compact_line(self, line: int) -> int:
        """The line of the compact file from which line ``line`` of the text came (of its record, where lines do not match one to one)."""
        if line <= self.header_lines or not len(self.marks):
            return line + 2 if line else 0
        record = int(np.searchsorted(self._record_lines(), line, "right")) - 1
        return int(self.marks[max(record, 0), 1])

    def _record_lines(self) -> NDArray[np.int64]:
        """int64[n_records], the line of the text where each record starts."""
        return np.searchsorted(np.flatnonzero(self.data == 10), self.marks[:, 0]) + 1


def SNIFF(head: bytes) -> bool:
    """Whether the first line is that of a compact RINEX file."""
    return _TITLE in head[:60]


def read(source: Source, *, strict: bool = False, reference: Reference | None = None, systems: str | None = None) -> Observations:
    """The observations of a compact file, of all systems or those whose letters ``systems`` holds; losses carry its own line numbers.

    Raises FormatError (not such a file; with ``strict``, the first damage) and LimitError (expands beyond any real file).
    """
    text = decode(source, strict=strict)
    try:
        found = rinex_obs.read_text(text.data, source.path, strict=strict, reference=reference, systems=systems)
    except FormatError as error:
        raise FormatError(source.path, text.compact_line(error.line), error.text) from error
    inner = (Loss(text.compact_line(loss.first_line), text.compact_line(loss.last_line), loss.reason) for loss in found.losses)
    return replace(found, losses=tuple(sorted((*text.losses, *inner), key=lambda loss: loss.first_line)))


def decode(source: Source, *, strict: bool = False) -> RinexText:
    """The RINEX text of a compact file, with all complete epochs that can be told.

    Raises as :func:`read`.
    """
    data = source.data.replace(b"\r\n", b"\n") if b"\r" in source.data[:4096] else source.data
    version, digits, begin = _preamble(source.path, data)
    header_end = _header_end(source.path, data, begin)
    types, widest = _types(source.path, data, version, begin, header_end)
    header = b"".join(line.rstrip() + b"\n" for line in data[begin:header_end].split(b"\n")[:-1])
    body_end = max(data.rfind(b"\n") + 1, header_end)
    body_line = data.count(b"\n", 0, header_end) + 1
    limit = LARGEST_EXPANSION * len(data) + (1 << 20)
    depth = np.full((_ROWS, widest), -1, np.int8)
    raw = np.empty((KEPT_LOSSES, 4), np.int64)
    out, size, marks, n_marks, n_losses, line = kernels.decode(
        np.frombuffer(data, np.uint8),
        np.frombuffer(header, np.uint8),
        header_end,
        body_end,
        body_line,
        version,
        types,
        np.frombuffer(_LABELS[version], np.uint8),
        depth,
        np.zeros((_ROWS, widest), np.int8),
        np.zeros((_ROWS, widest, 6), np.int64),
        np.full((_ROWS, 2 * widest), 32, np.uint8),
        np.full(digits, 32, np.uint8),
        raw,
        limit,
        max(4 * (body_end - header_end), 1 << 16),
    )
    if size > limit:
        raise LimitError(f"{source.path}: {len(data)} bytes expand to more than {limit}, over {LARGEST_EXPANSION} times as many")
    losses = tuple(_losses(raw[:n_losses], n_losses, int(line), body_end < len(data)))
    if strict and losses:
        raise FormatError(source.path, losses[0].first_line, losses[0].reason)
    return RinexText(out[:size], losses, header.count(b"\n"), marks[:n_marks])


def _preamble(path: str, data: bytes) -> tuple[int, int, int]:
    """Generation of the compact format (1 or 3), digits of its picoseconds, and where its own two header lines end."""
    first = data.find(b"\n", 0, 200) + 1
    second = data.find(b"\n", first, first + 200) + 1
    if not SNIFF(data[:80]) or not first or not second:
        raise FormatError(path, 1, "is not a compact RINEX file: two header lines, the first with COMPACT RINEX FORMAT, were expected")
    text = data[:20].strip()
    if text not in _VERSIONS:
        known = ", ".join(version.decode() for version in _VERSIONS)
        raise FormatError(path, 1, f"compact RINEX version {text.decode('ascii', 'replace')!r}; known are {known}")
    return (*_VERSIONS[text], second)


def _header_end(path: str, data: bytes, begin: int) -> int:
    """Where the line after END OF HEADER starts."""
    label = data.find(_END, begin)
    end = data.find(b"\n", label) + 1
    if label < 0 or not end:
        raise FormatError(path, 0, "has no END OF HEADER line")
    return end


def _types(path: str, data: bytes, version: int, begin: int, header_end: int) -> tuple[NDArray[np.int64], int]:
    """Number of observation types by system letter, int64[128] (-1 where not declared), and the largest number anywhere in the file."""
    types = np.full(128, -1, np.int64)
    widest = 1
    for at in _label_lines(data, _LABELS[version], begin):
        letter, text = (data[at : at + 1], data[at + 3 : at + 6]) if version == 3 else (b" ", data[at : at + 6])
        if not text.strip() or (version == 3 and not b"A" <= letter <= b"Z"):
            continue
        if not text.strip().isdigit() or int(text) > MOST_TYPES:
            if at >= header_end:
                continue  # the decoder reports it where it stands
            raise FormatError(
                path, data.count(b"\n", 0, at) + 1, f"{text.decode('ascii', 'replace')!r} observation types; 0 to {MOST_TYPES} were expected"
            )
        widest = max(widest, int(text))
        if at < header_end:
            where = letter[0] if version == 3 else [32, *range(65, 91)]
            types[where] = int(text)
    if (types < 0).all():
        raise FormatError(path, 0, f"has no header line {_LABELS[version].decode()}")
    return types, widest


def _label_lines(data: bytes, label: bytes, begin: int) -> Iterator[int]:
    """Where the lines start that have ``label`` in columns 61 to 80."""
    found = data.find(label, begin)
    while found >= 0:
        at = data.rfind(b"\n", 0, found) + 1
        if found - at == 60:
            yield at
        found = data.find(label, found + 1)


def _losses(raw: NDArray[np.int64], n_losses: int, line: int, unfinished: bool) -> Iterator[Loss]:
    """The decoder's list of damage in words; ``unfinished`` says that the last line, number ``line``, has no end."""
    for first, last, reason, row in raw.tolist():
        text = _REASONS[reason]
        if reason == kernels.BAD_ARC:
            text = f"the clock offset {text}" if not row else f"satellite {_name(row)} {text}"
        yield Loss(first, last, text)
    if n_losses > len(raw):
        yield Loss(int(raw[-1, 1]), line - 1, f"and {n_losses - len(raw)} more damaged places")
    if unfinished:
        yield Loss(line, line, "the file ends inside a line")


def _name(row: int) -> str:
    return unpack_one((row // 100 + 64) * 100 + row % 100) if row >= 100 else f"{row:2d}"
