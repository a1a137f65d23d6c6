"""The header that all RINEX files share: lines of 60 columns of content and 20 columns of label, up to END OF HEADER.

RINEX clock 3.04 has 65 columns of content: the first line tells. Used by the observation, navigation and clock formats.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from armillary.core.loss import Loss
from armillary.errors import FormatError, LimitError

__all__ = ["HeaderLine", "RinexHeader", "float_field", "header_line", "int_field", "is_rinex", "padded", "parse_header", "text_field"]

T = TypeVar("T", int, float)
END = "END OF HEADER"
LONGEST_LINE = 4096
MOST_LINES = 200_000
_FIRST_LABEL = b"RINEX VERSION / TYPE"
_LABEL = re.compile(r"(?=.*[A-Z]{3})[A-Z#][A-Za-z0-9 /#&().:,*+_-]*")
_LABEL_COLUMNS = (60, 65)
_PATIENCE = 20
"""So many lines in a row without a label mean that the header is over."""


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """One header line: its number in the file, columns 1-60 (1-65) padded with blanks, and its label without padding."""

    number: int
    content: str
    label: str

    @property
    def text(self) -> str:
        """The line as it stood, without trailing blanks."""
        return f"{self.content}{self.label}".rstrip()


@dataclass(frozen=True, slots=True)
class RinexHeader:
    """A header and where the data begin."""

    version: float
    type_letter: str
    """Column 21 of the first line: O observations, N navigation, C clocks, ..."""
    system: str
    """Column 41 of the first line: a system letter, M for several, or empty."""
    lines: tuple[HeaderLine, ...]
    """All lines but the first (version and type) and END OF HEADER."""
    body_offset: int
    """Byte at which the data begin."""
    body_line: int
    """Number (1-based) of the first line of data."""
    losses: tuple[Loss, ...] = ()

    def first(self, label: str) -> HeaderLine | None:
        """The first line with a label, or None."""
        return next((line for line in self.lines if line.label == label), None)

    def all(self, label: str) -> tuple[HeaderLine, ...]:
        """Every line with a label, in file order."""
        return tuple(line for line in self.lines if line.label == label)


def is_rinex(head: bytes, types: str) -> bool:
    """Whether the start of a file is a RINEX header of one of the type letters (``"O"``, ``"NGH"``, ...); false for Hatanaka files."""
    for line in head[:2000].split(b"\n", 6)[:6]:
        if line[60:80].startswith(b"CRINEX"):
            return False
        if _FIRST_LABEL in (line[60:80], line[65:85]):
            return chr(line[20]) in types
    return False


def parse_header(data: bytes | memoryview, path: str, *, strict: bool = False) -> RinexHeader:
    """The header of RINEX text.

    Lines without a label and a missing END OF HEADER are losses (FormatError when ``strict``). Raises FormatError when there is no
    version line or a line never ends, LimitError beyond 200,000 header lines.
    """
    view = memoryview(data).cast("B")
    size = 1 << 16
    while True:
        head = bytes(view[:size])
        found = _walk(head, path, complete=size >= len(view))
        if found is not None:
            break
        size *= 4
    if strict and found.losses:
        loss = found.losses[0]
        raise FormatError(path, loss.first_line, loss.reason)
    return found


def _walk(head: bytes, path: str, *, complete: bool) -> RinexHeader | None:
    """The header in the first bytes of a file, or None when more bytes are needed."""
    lines: list[HeaderLine] = []
    odd: list[HeaderLine] = []
    losses: list[Loss] = []
    odd_offset = at = 0
    number = 1
    column = next((c for c in _LABEL_COLUMNS if any(x[c : c + 20] == _FIRST_LABEL for x in head[:2000].split(b"\n", 6))), 60)
    while at < len(head):
        stop = head.find(b"\n", at, at + LONGEST_LINE)
        if stop < 0:
            if len(head) - at >= LONGEST_LINE:
                raise FormatError(path, number, f"a header line has more than {LONGEST_LINE} characters")
            if not complete:
                return None
            stop = len(head)
        line = _split(head[at:stop], number, column)
        if line.label == END:
            losses += _unlabelled(odd)
            return _finish(lines, losses, path, min(stop + 1, len(head)), number + 1)
        if not line.content.startswith(">") and _LABEL.fullmatch(line.label):
            losses += _unlabelled(odd)
            odd = []
            lines.append(line)
            if len(lines) > MOST_LINES:
                raise LimitError(f"{path}: the header has more than {MOST_LINES} lines")
        else:
            odd_offset = odd_offset if odd else at
            odd.append(line)
            if len(odd) > _PATIENCE or line.content.startswith(">"):
                break
        at, number = stop + 1, number + 1
    else:
        if not complete:
            return None
    first = odd[0].number if odd else number
    losses.append(Loss(first, first, f"{END} is missing: the data were taken to begin here"))
    return _finish(lines, losses, path, odd_offset if odd else len(head), first)


def _split(raw: bytes, number: int, column: int) -> HeaderLine:
    # Columns are bytes: text in another encoding is put right in text_field.
    text = raw.rstrip(b"\r").decode("latin-1")
    return HeaderLine(number, text[:column].ljust(column), text[column : column + 20].strip())


def _unlabelled(lines: list[HeaderLine]) -> list[Loss]:
    return [Loss(line.number, line.number, "a header line without a label") for line in lines if line.text]


def _finish(lines: list[HeaderLine], losses: list[Loss], path: str, offset: int, number: int) -> RinexHeader:
    top = next((line for line in lines if line.label == _FIRST_LABEL.decode()), None)
    if top is None:
        raise FormatError(path, 1, "no RINEX VERSION / TYPE line")
    version = float_field(top.content, 0, 9)
    if version is None or not 1.0 <= version < 10.0:
        raise FormatError(path, top.number, f"{top.content[:9].strip()!r} is not a RINEX version")
    rest = tuple(line for line in lines if line is not top)
    return RinexHeader(version, top.content[20], top.content[40].strip(), rest, offset, number, tuple(losses))


def text_field(content: str, start: int, stop: int) -> str:
    """Columns ``start`` to ``stop`` (0-based, half-open) without padding; UTF-8 is put right."""
    field = content[start:stop].strip()
    if field.isascii():
        return field
    try:
        return field.encode("latin-1").decode("utf-8").strip()
    except UnicodeError:
        return field


def float_field(content: str, start: int, stop: int) -> float | None:
    """A number (D exponents too), or None where the columns hold none or it is not finite."""
    return _number(content[start:stop].strip().replace("D", "E").replace("d", "e"), float)


def int_field(content: str, start: int, stop: int) -> int | None:
    """A whole number, or None where the columns hold none."""
    return _number(content[start:stop].strip(), int)


def _number(text: str, kind: Callable[[str], T]) -> T | None:
    if not text or len(text) > 40 or not text.isascii() or "_" in text:
        return None
    try:
        value = kind(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def padded(text: str, width: int) -> bytes:
    """Text as exactly ``width`` bytes of UTF-8: cut between characters or filled with blanks; line ends become blanks."""
    encoded = " ".join(text.splitlines()).encode("utf-8", "replace")[:width]
    return encoded.decode("utf-8", "ignore").encode().ljust(width)


def header_line(content: str, label: str) -> bytes:
    """One header line as bytes with its line end: 60 bytes of content, then the label."""
    return padded(content, 60) + label.encode("ascii", "replace") + b"\n"
