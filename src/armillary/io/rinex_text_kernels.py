"""Columns of RINEX text as bytes: lines, whole and decimal numbers, dates, satellites. Never reads past the end of the line it is given."""

from __future__ import annotations

import numpy as np

from armillary.jit import njit

TEN = 10.0 ** np.arange(23)


@njit(cache=True, inline="always")
def end_of_line(data, at):
    """Offset of the line feed, or of the end of the data."""
    n = data.size
    while at < n and data[at] != 10:
        at += 1
    return at


_ONES = np.uint64(0x0101010101010101)
_TOPS = np.uint64(0x8080808080808080)
_FEEDS = np.uint64(0x0A0A0A0A0A0A0A0A)


@njit(cache=True, inline="always")
def end_of_long_line(data, words, at):
    """As :func:`end_of_line`, eight bytes at a time. ``words``: the data as uint64, cut to whole words."""
    n = data.size
    while at < n and at & 7:
        if data[at] == 10:
            return at
        at += 1
    word = at >> 3
    while word < words.size:
        # a byte of v is zero where the data has a line feed; the test finds a zero byte in a word
        v = words[word] ^ _FEEDS
        if (v - _ONES) & ~v & _TOPS:
            break
        word += 1
    at = max_of(at, word << 3)
    while at < n and data[at] != 10:
        at += 1
    return at


@njit(cache=True, inline="always")
def max_of(a, b):
    """The larger of two numbers (Numba's own ``max`` takes long to compile)."""
    return a if a > b else b


@njit(cache=True)
def trimmed(data, at, stop):
    """End of a line without carriage return, trailing blanks, NUL and control-Z."""
    while stop > at and (data[stop - 1] == 13 or data[stop - 1] == 32 or data[stop - 1] == 0 or data[stop - 1] == 26):
        stop -= 1
    return stop


@njit(cache=True)
def whole(data, at, stop, end):
    """A non-negative whole number in columns at:stop of a line that ends at ``end``; -1 where blank, -2 where damaged."""
    stop = stop if stop < end else end
    value = -1
    closed = False
    for i in range(at, stop):
        c = data[i]
        if c == 32:
            closed = value >= 0
        elif 48 <= c <= 57 and not closed:
            value = (0 if value < 0 else value) * 10 + np.int64(c) - 48
        else:
            return -2
    return value


@njit(cache=True)
def decimal(data, at, stop, end):
    """(status, mantissa, decimals) of a number in columns at:stop: status 0 a number, 1 blank, 2 damaged."""
    stop = stop if stop < end else end
    while at < stop and data[at] == 32:
        at += 1
    while stop > at and data[stop - 1] == 32:
        stop -= 1
    if at >= stop:
        return 1, 0, 0
    negative = data[at] == 45
    if negative or data[at] == 43:
        at += 1
    mantissa = np.int64(0)
    decimals = -1
    digits = 0
    for i in range(at, stop):
        c = data[i]
        if 48 <= c <= 57:
            mantissa = mantissa * 10 + np.int64(c) - 48
            digits += 1
            if decimals >= 0:
                decimals += 1
        elif c == 46 and decimals < 0:
            decimals = 0
        else:
            return 2, 0, 0
    if digits == 0 or digits > 18:
        return 2, 0, 0
    return 0, -mantissa if negative else mantissa, decimals if decimals > 0 else 0


@njit(cache=True)
def nanoseconds(data, at, stop, end):
    """Seconds of minute in columns at:stop as nanoseconds; -1 where damaged. Digits past the ninth are dropped."""
    status, mantissa, decimals = decimal(data, at, stop, end)
    if status != 0 or mantissa < 0 or decimals > 15:
        return -1
    for _ in range(decimals, 9):
        mantissa *= 10
    for _ in range(9, decimals):
        mantissa //= 10
    return mantissa


@njit(cache=True)
def days_from_civil(year, month, day):
    """Days since 1970-01-01 of a Gregorian date; -1 where there is no such date in 1980 to 2199."""
    if year < 1980 or year > 2199 or month < 1 or month > 12 or day < 1:
        return -1
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    last = 30 if month == 4 or month == 6 or month == 9 or month == 11 else 31
    if month == 2:
        last = 29 if leap else 28
    if day > last:
        return -1
    y = year - (1 if month <= 2 else 0)
    era = y // 400
    of_era = y - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


@njit(cache=True)
def day_and_ns(year, month, day, hour, minute, second_ns):
    """(day, nanosecond of day), day -1 where invalid. A second 60 is let through at 23:59 only: a leap second."""
    number = days_from_civil(year, month, day)
    limit = 61_000_000_000 if hour == 23 and minute == 59 else 60_000_000_000
    if number < 0 or hour < 0 or hour > 23 or minute < 0 or minute > 59 or second_ns < 0 or second_ns >= limit:
        return -1, 0
    return number, (hour * 60 + minute) * 60_000_000_000 + second_ns


@njit(cache=True)
def satellite(data, at, end, default):
    """The packed satellite in three columns, 0 where there is none. A blank letter stands for ``default``, a blank digit for 0."""
    if end - at < 3:
        return 0
    letter = default if data[at] == 32 else np.int64(data[at])
    if letter < 65 or letter > 90:
        return 0
    tens = 0 if data[at + 1] == 32 else np.int64(data[at + 1]) - 48
    ones = np.int64(data[at + 2]) - 48
    if tens < 0 or tens > 9 or ones < 0 or ones > 9 or tens * 10 + ones == 0:
        return 0
    return letter * 100 + tens * 10 + ones
