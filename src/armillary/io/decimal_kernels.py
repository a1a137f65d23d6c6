"""Numbers written as fixed-width text, read from bytes without making a string.

A value is ``mantissa / 10**k`` with an integer mantissa, so it comes out correctly rounded whenever the mantissa is below 2**53 and
0 <= k <= 22 (both are then exact in binary and one division rounds once): the same double as Python's ``float``.
"""

from __future__ import annotations

import numpy as np

from armillary.jit import njit

__all__ = ["day_number", "decimal", "integer", "line_end"]

_POWERS = 10.0 ** np.arange(23)
_BLANK, _BAD = 1, 2


@njit(cache=True, nogil=True)
def line_end(data, start):
    """Offset of the line feed that ends the line at ``start`` (or the size of the data)."""
    n = len(data)
    i = start
    while i < n and data[i] != 10:
        i += 1
    return i


@njit(cache=True, nogil=True)
def integer(data, first, last):
    """(value, state) of the integer in bytes first <= i < last: state 0 good, 1 blank, 2 not a number."""
    value = 0
    sign = 1
    digits = 0
    closed = False
    for i in range(first, last):
        c = data[i]
        if 48 <= c <= 57:
            if closed or digits > 17:
                return 0, _BAD
            value = value * 10 + (c - 48)
            digits += 1
        elif c == 32 or c == 13:
            closed = digits > 0
        elif (c == 45 or c == 43) and digits == 0:
            sign = -1 if c == 45 else 1
        else:
            return 0, _BAD
    return sign * value, 0 if digits else _BLANK


@njit(cache=True, nogil=True)
def decimal(data, first, last, shift):
    """(value * 10**-shift, state) of the decimal (``12.5``, ``-1.2E-03``, ``1.2D+00``) in bytes first <= i < last.

    state 0 good, 1 blank, 2 not a number.
    """
    mantissa = 0
    power = 0
    sign = 1.0
    digits = 0
    point = False
    i = first
    while i < last and data[i] == 32:
        i += 1
    if i < last and (data[i] == 45 or data[i] == 43):
        sign = -1.0 if data[i] == 45 else 1.0
        i += 1
    while i < last:
        c = data[i]
        if 48 <= c <= 57:
            if mantissa < 100_000_000_000_000_000:
                mantissa = mantissa * 10 + (c - 48)
                power -= point
            else:
                power += not point
            digits += 1
        elif c == 46 and not point:
            point = True
        else:
            break
        i += 1
    if digits == 0:
        while i < last and (data[i] == 32 or data[i] == 13):
            i += 1
        return np.nan, _BLANK if i >= last and not point and sign == 1.0 else _BAD
    if i < last and (data[i] == 69 or data[i] == 68 or data[i] == 101 or data[i] == 100):
        stop = i + 1
        while stop < last and data[stop] != 32 and data[stop] != 13:
            stop += 1
        exponent, state = integer(data, i + 1, stop)
        if state or exponent < -400 or exponent > 400:
            return np.nan, _BAD
        power += exponent
        i = stop
    while i < last:
        if data[i] != 32 and data[i] != 13:
            return np.nan, _BAD
        i += 1
    power -= shift
    value = sign * mantissa
    while power < -22:
        value /= _POWERS[22]
        power += 22
    while power > 22:
        value *= _POWERS[22]
        power -= 22
    return (value / _POWERS[-power] if power < 0 else value * _POWERS[power]), 0


@njit(cache=True, nogil=True)
def day_number(year, month, day):
    """Days since 1970-01-01 of a date of the proleptic Gregorian calendar (exact integers; -2**40 when there is no such date).

    Valid for 1972 (UTC as it is now starts there) to 2199 (int64 nanoseconds end in 2262).
    """
    if year < 1972 or year > 2199 or month < 1 or month > 12 or day < 1:
        return -(1 << 40)
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    length = 31 - (month == 4 or month == 6 or month == 9 or month == 11)
    if month == 2:
        length = 28 + leap
    if day > length:
        return -(1 << 40)
    y = year - (month <= 2)
    era = y // 400
    year_of_era = y - era * 400
    day_of_year = (153 * (month + (9 if month <= 2 else -3)) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468
