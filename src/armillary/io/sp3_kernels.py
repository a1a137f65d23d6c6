"""One pass over the records of an SP3 file. Columns as in the SP3-d document of 2016 (tables of the epoch, P, EP, V and EV records)."""

from __future__ import annotations

import numpy as np

from armillary.io.decimal_kernels import day_number, decimal, integer, line_end
from armillary.jit import njit

__all__ = ["records"]

_RUNS = 1000
# Reasons, in the order of armillary.io.sp3.REASONS.
_EPOCH, _CUT, _SATELLITE, _NUMBER, _KIND, _ORPHAN, _REST = range(7)
_NS = 1_000_000_000


@njit(cache=True, nogil=True)
def _count(data, start):
    """Upper bounds of the numbers of epochs and records: a record is no shorter than its three coordinates."""
    n = len(data)
    epochs = 0
    records = 0
    i = start
    while i < n:
        end = line_end(data, i)
        if data[i] == 42:
            epochs += end - i >= 20
        elif data[i] == 80 or data[i] == 86:
            records += end - i >= 46
        i = end + 1
    return epochs, records


@njit(cache=True, nogil=True)
def _epoch(data, i, end):
    """(day, ns of day, good) of an epoch record."""
    year, s0 = integer(data, i + 3, i + 7)
    month, s1 = integer(data, i + 8, i + 10)
    day, s2 = integer(data, i + 11, i + 13)
    hour, s3 = integer(data, i + 14, i + 16)
    minute, s4 = integer(data, i + 17, i + 19)
    # F11.8 seconds in units of 1e-8 s, so that nanoseconds stay exact.
    second, s5 = decimal(data, i + 20, min(end, i + 31), -8)
    number = day_number(year, month, day)
    good = s0 + s1 + s2 + s3 + s4 + s5 == 0 and number > -(1 << 39)
    good = good and 0 <= hour < 24 and 0 <= minute < 60 and 0.0 <= second < 61e8
    if not good:
        return 0, 0, False
    return number, (hour * 3600 + minute * 60) * _NS + np.int64(np.rint(second)) * 10, True


@njit(cache=True, nogil=True)
def _note(runs, n_runs, line, reason):
    """Adds one lost line to the runs of lost lines; returns their number."""
    if n_runs and runs[n_runs - 1, 2] == reason and (runs[n_runs - 1, 1] == line - 1 or reason == _REST):
        runs[n_runs - 1, 1] = line
        return n_runs
    if n_runs >= _RUNS - 1:
        reason = _REST
    runs[n_runs, 0] = line
    runs[n_runs, 1] = line
    runs[n_runs, 2] = reason
    return n_runs + 1


@njit(cache=True, nogil=True)
def _satellite(data, i):
    """Packed satellite of columns 2-4 (a blank letter is the first system's, as in version a), or -1."""
    letter = np.int64(data[i + 1])
    if letter == 32 or 48 <= letter <= 57:
        number, state = integer(data, i + 1, i + 4)
        letter = 71
    else:
        number, state = integer(data, i + 2, i + 4)
    if state or number < 1 or number > 99 or letter < 65 or letter > 90:
        return -1
    return letter * 100 + number


@njit(cache=True, nogil=True)
def _optional(data, i, end, first, last):
    """The exponent in columns first < c <= last of the line at i, -1 when blank or absent."""
    if end - i < last:
        return -1
    value, state = integer(data, i + first, i + last)
    return value if state == 0 and 0 <= value < 1000 else -1


@njit(cache=True, nogil=True)
def _flags(data, i, end):
    """Columns 75, 76, 79, 80 as bits 1, 2, 4, 8."""
    flags = 0
    if end - i > 74:
        flags |= 1 * (data[i + 74] == 69)
        if end - i > 75:
            flags |= 2 * (data[i + 75] == 80)
        if end - i > 78:
            flags |= 4 * (data[i + 78] == 77)
        if end - i > 79:
            flags |= 8 * (data[i + 79] == 80)
    return flags


@njit(cache=True, nogil=True)
def records(data, start, first_line):
    """Everything after the header.

    Returns epochs int64[n, 3] (day, ns of day, line), record keys int64[m, 5] (epoch index, packed satellite, 80 for P or 86 for V,
    flags, line), values float64[m, 4] in metres and seconds (V: metres per second and seconds per second), exponents int16[m, 4], runs of lost
    lines int64[k, 3] (first, last, reason), and (last line, whether EOF was seen, correlation records seen).
    """
    max_epochs, max_records = _count(data, start)
    epochs = np.empty((max_epochs, 3), np.int64)
    keys = np.empty((max_records, 5), np.int64)
    values = np.empty((max_records, 4), np.float64)
    exponents = np.empty((max_records, 4), np.int16)
    runs = np.empty((_RUNS, 3), np.int64)
    n_epochs, n_records, n_runs, n_correlations = 0, 0, 0, 0
    in_epoch = False
    ended = False
    n = len(data)
    i = start
    line = first_line
    while i < n:
        end = line_end(data, i)
        following = end + 1
        # Blanks and a carriage return at the end say nothing.
        while end > i and (data[end - 1] == 32 or data[end - 1] == 13):
            end -= 1
        kind = data[i] if end > i else 32
        if kind == 80 or kind == 86:
            sat = _satellite(data, i) if end - i >= 46 else -1
            if end - i < 46 or 46 < end - i < 60:
                n_runs = _note(runs, n_runs, line, _CUT)
            elif sat < 0:
                n_runs = _note(runs, n_runs, line, _SATELLITE)
            elif not in_epoch:
                n_runs = _note(runs, n_runs, line, _ORPHAN)
            else:
                # Kilometres to metres, microseconds to seconds; dm/s to m/s, 1e-4 microseconds per second to s/s.
                space = -3 if kind == 80 else 1
                clock = 6 if kind == 80 else 10
                x, s0 = decimal(data, i + 4, i + 18, space)
                y, s1 = decimal(data, i + 18, i + 32, space)
                z, s2 = decimal(data, i + 32, i + 46, space)
                c, s3 = decimal(data, i + 46, min(end, i + 60), clock)
                if s0 + s1 + s2 > 0 or s3 == 2:
                    n_runs = _note(runs, n_runs, line, _NUMBER)
                else:
                    if x == 0.0 and y == 0.0 and z == 0.0:
                        x = y = z = np.nan
                    if abs(c) >= (0.999999 if kind == 80 else 0.999999e-4):
                        c = np.nan
                    keys[n_records, 0] = n_epochs - 1
                    keys[n_records, 1] = sat
                    keys[n_records, 2] = kind
                    keys[n_records, 3] = _flags(data, i, end)
                    keys[n_records, 4] = line
                    values[n_records, 0] = x
                    values[n_records, 1] = y
                    values[n_records, 2] = z
                    values[n_records, 3] = c
                    exponents[n_records, 0] = _optional(data, i, end, 61, 63)
                    exponents[n_records, 1] = _optional(data, i, end, 64, 66)
                    exponents[n_records, 2] = _optional(data, i, end, 67, 69)
                    exponents[n_records, 3] = _optional(data, i, end, 70, 73)
                    n_records += 1
        elif kind == 42:
            in_epoch = False
            if end - i >= 20:
                day, ns, in_epoch = _epoch(data, i, end)
            if in_epoch:
                epochs[n_epochs, 0] = day
                epochs[n_epochs, 1] = ns
                epochs[n_epochs, 2] = line
                n_epochs += 1
            else:
                n_runs = _note(runs, n_runs, line, _EPOCH)
        elif kind == 69:
            if end - i >= 3 and data[i + 1] == 79 and data[i + 2] == 70:
                ended = True
                line += 1
                break
            n_correlations += 1
            if end - i < 2 or (data[i + 1] != 80 and data[i + 1] != 86):
                n_runs = _note(runs, n_runs, line, _KIND)
        elif end > i and not (kind == 47 and end - i > 1 and data[i + 1] == 42):
            n_runs = _note(runs, n_runs, line, _KIND)
        i = following
        line += 1
    return (
        epochs[:n_epochs],
        keys[:n_records],
        values[:n_records],
        exponents[:n_records],
        runs[:n_runs],
        (line - 1, ended, n_correlations),
    )
