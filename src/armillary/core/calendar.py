"""Gregorian dates and their text, as integer columns; knows nothing of time scales (:mod:`armillary.core.scales` does)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.errors import InputError

__all__ = ["DateTimes", "date_of_day", "day_of_date", "format_iso", "format_rinex", "parse_iso"]

Integers = NDArray[np.int64]


class DateTimes(NamedTuple):
    """Calendar readings, int64[n] each; ``second`` is 60 inside a leap second."""

    year: Integers
    month: Integers
    day: Integers
    hour: Integers
    minute: Integers
    second: Integers
    ns: Integers
    """Nanosecond of the second."""


def day_of_date(year: ArrayLike, month: ArrayLike, day: ArrayLike) -> Integers:
    """Days since 1970-01-01, int64[n], of proleptic Gregorian dates. Months and days beyond their range roll over.

    >>> int(day_of_date(1980, 1, 6))
    3657
    """
    months = (np.asarray(year, np.int64) - 1970) * 12 + np.asarray(month, np.int64) - 1
    first = np.asarray(months).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.asarray(first + np.asarray(day, np.int64) - 1)


def date_of_day(day: ArrayLike) -> tuple[Integers, Integers, Integers]:
    """Year, month and day of month, int64[n] each, of days since 1970-01-01.

    >>> [int(part) for part in date_of_day(3657)]
    [1980, 1, 6]
    """
    date = np.asarray(day, np.int64).astype("datetime64[D]")
    month = date.astype("datetime64[M]")
    months = month.astype(np.int64)
    return months // 12 + 1970, months % 12 + 1, (date - month.astype("datetime64[D]")).astype(np.int64) + 1


def _digits(out: NDArray[np.uint32], start: int, width: int, value: Integers) -> None:
    rest = value.astype(np.int64)
    for column in range(start + width - 1, start - 1, -1):
        tens = rest // 10
        out[:, column] = rest - 10 * tens + ord("0")
        rest = tens


def _from_layout(layout: str, fields: Sequence[tuple[int, int, Integers]]) -> NDArray[np.uint32]:
    out = np.empty((len(fields[0][2]), len(layout)), np.uint32)
    out[:] = np.frombuffer(layout.encode("utf-32-le"), np.uint32)
    for start, width, value in fields:
        _digits(out, start, width, value)
    return out


def _as_text(codes: NDArray[np.uint32]) -> NDArray[np.str_]:
    return np.ascontiguousarray(codes).view(f"<U{codes.shape[1]}").reshape(-1)


def _fields(when: DateTimes, starts: Sequence[int], digits: int) -> list[tuple[int, int, Integers]]:
    widths = (4, 2, 2, 2, 2, 2)
    fields = [(start, width, value) for start, width, value in zip(starts, widths, when[:6], strict=True)]
    if digits:
        fields.append((starts[5] + 3, digits, when.ns // 10 ** (9 - digits)))
    return fields


def format_iso(when: DateTimes, digits: int) -> NDArray[np.str_]:
    """``YYYY-MM-DDThh:mm:ss.fff``, str[n], with ``digits`` (0 to 9) decimals; digits beyond are cut, not rounded. Years 0 to 9999."""
    layout = "0000-00-00T00:00:00" + ("." + "0" * digits if digits else "")
    return _as_text(_from_layout(layout, _fields(when, (0, 5, 8, 11, 14, 17), digits)))


def format_rinex(when: DateTimes, digits: int) -> NDArray[np.str_]:
    """``YYYY MM DD hh mm ss.fffffff``, str[n], as RINEX writes it.

    With decimals the seconds are Fortran ``F`` (no leading zero: observation records), without they are ``I2.2`` (navigation records).
    """
    layout = "0000 00 00 00 00 00" + ("." + "0" * digits if digits else "")
    codes = _from_layout(layout, _fields(when, (0, 5, 8, 11, 14, 17), digits))
    if digits:
        codes[codes[:, 17] == ord("0"), 17] = ord(" ")
    return _as_text(codes)


_ISO_FIELDS = ((0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2))
_ISO_MARKS = ((4, "-"), (7, "-"), (10, "T "), (13, ":"), (16, ":"))
_ISO_LIMITS = ((1, 12), (1, 31), (0, 23), (0, 59), (0, 60))
_ISO_TEMPLATE = "0000-00-00T00:00:00.000000000"


def parse_iso(texts: str | Sequence[str] | NDArray[np.str_]) -> tuple[DateTimes, NDArray[np.bool_]]:
    """Readings of ISO 8601 texts, and whether each ended in ``Z`` (bool[n]).

    Accepts ``YYYY-MM-DD``, ``YYYY-MM-DDThh:mm``, ``YYYY-MM-DDThh:mm:ss`` and up to nine decimals, ``T`` or a blank between, ``Z`` or nothing
    at the end, and second 60 at the end of any minute. Raises InputError with the first text that does not fit.
    """
    given = np.atleast_1d(np.asarray(texts, np.str_))
    stripped = np.char.strip(given)
    zulu = np.char.endswith(stripped, "Z")
    stripped = np.where(zulu, np.char.rstrip(stripped, "Z"), stripped)
    length = np.char.str_len(stripped)
    good = (length == 10) | (length == 16) | (length == 19) | ((length > 20) & (length <= 29))
    width = len(_ISO_TEMPLATE)
    codes = np.ascontiguousarray(stripped.astype(f"<U{width}")).view(np.uint32).reshape(-1, width)
    template = np.frombuffer(_ISO_TEMPLATE.encode("utf-32-le"), np.uint32)
    codes = np.where(np.arange(width) < length[:, None], codes, template)
    for column, marks in (*_ISO_MARKS, (19, ".")):
        good &= np.isin(codes[:, column], [ord(mark) for mark in marks])
    numbers = codes.astype(np.int64) - ord("0")
    is_digit = (numbers >= 0) & (numbers <= 9)
    for start, size in (*_ISO_FIELDS, (20, 9)):
        good &= is_digit[:, start : start + size].all(axis=1)
    values = [numbers[:, start : start + size] @ 10 ** np.arange(size - 1, -1, -1) for start, size in (*_ISO_FIELDS, (20, 9))]
    for value, (low, high) in zip(values[1:6], _ISO_LIMITS, strict=True):
        good &= (value >= low) & (value <= high)
    good[good] &= date_of_day(day_of_date(*(value[good] for value in values[:3])))[2] == values[2][good]
    if not good.all():
        raise InputError(f"not a date and time: {str(given[~good][0])!r}; expected YYYY-MM-DDThh:mm:ss with up to nine decimals")
    return DateTimes(*values), zulu
