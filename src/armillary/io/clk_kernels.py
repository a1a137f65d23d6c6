"""One pass over the records of a RINEX clock file (columns of versions 2.0 to 3.02, or those of 3.04, which are five further right)."""

from __future__ import annotations

import numpy as np

from armillary.io.decimal_kernels import day_number, decimal, integer, line_end
from armillary.jit import njit

__all__ = ["records"]

_RUNS = 1000
# Reasons, in the order of armillary.io.clk.REASONS.
_KIND, _NAME, _EPOCH, _NUMBER, _CUT, _REST = range(6)
_WIDER = 5
_SHORTEST = 40
_NS = 1_000_000_000


@njit(cache=True, nogil=True)
def _note(runs, n_runs, line, reason):
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
def _epoch(data, i):
    """(day, ns of day, good) of a date that starts at byte i and takes 26 columns."""
    year, s0 = integer(data, i, i + 4)
    month, s1 = integer(data, i + 4, i + 7)
    day, s2 = integer(data, i + 7, i + 10)
    hour, s3 = integer(data, i + 10, i + 13)
    minute, s4 = integer(data, i + 13, i + 16)
    # Seconds in units of 1e-6 s, so that nanoseconds stay exact.
    second, s5 = decimal(data, i + 16, i + 26, -6)
    number = day_number(year, month, day)
    good = s0 + s1 + s2 + s3 + s4 + s5 == 0 and number > -(1 << 39)
    good = good and 0 <= hour < 24 and 0 <= minute < 60 and 0.0 <= second < 61e6
    if not good:
        return 0, 0, False
    return number, (hour * 3600 + minute * 60) * _NS + np.int64(np.rint(second)) * 1000, True


@njit(cache=True, nogil=True)
def _same(data, i, j, width):
    for k in range(width):
        if data[i + k] != data[j + k]:
            return False
    return True


@njit(cache=True, nogil=True)
def _name(data, i, width):
    """Up to nine characters as seven bits each, first character highest, without blanks around them."""
    key = 0
    for k in range(width):
        c = np.int64(data[i + k])
        if 32 < c < 128:
            key = (key << 7) | c
        elif c != 32:
            return -1
    return key if key else -1


@njit(cache=True, nogil=True)
def _satellite(data, i):
    """Packed satellite in three bytes, or -1."""
    letter = np.int64(data[i])
    if letter == 32:
        letter = 71
    number, state = integer(data, i + 1, i + 3)
    if state or number < 1 or letter < 65 or letter > 90:
        return -1
    return letter * 100 + number


@njit(cache=True, nogil=True)
def records(data, start, first_line, wide):
    """Everything after the header; ``wide`` says which columns to try first.

    Returns epochs int64[n, 2] (day, ns of day; one entry whenever the text changes), keys int64[m, 4] (epoch index, packed satellite or
    station name, whether a satellite, line), values float64[m, 2] (bias, sigma) in seconds, runs of lost lines int64[k, 3], and the counts of
    CR, DR and MS records, the last line.
    """
    n = len(data)
    upper = 0
    i = start
    while i < n:
        end = line_end(data, i)
        upper += end - i >= _SHORTEST
        i = end + 1
    epochs = np.empty((upper, 2), np.int64)
    keys = np.empty((upper, 4), np.int64)
    values = np.empty((upper, 2), np.float64)
    runs = np.empty((_RUNS, 3), np.int64)
    skipped = np.zeros(3, np.int64)
    n_epochs, n_records, n_runs, continuation = 0, 0, 0, 0
    previous = -1
    shift = _WIDER if wide else 0
    line = first_line
    i = start
    while i < n:
        end = line_end(data, i)
        following = end + 1
        while end > i and (data[end - 1] == 32 or data[end - 1] == 13):
            end -= 1
        first = data[i] if end > i else 32
        second = data[i + 1] if end > i + 1 else 32
        satellite = first == 65 and second == 83
        other = -1
        if (first == 67 or first == 68) and second == 82:
            other = first - 67
        elif first == 77 and second == 83:
            other = 2
        if continuation > 0 and (first == 32 or first == 45 or 48 <= first <= 57):
            continuation -= 1
        elif satellite or (first == 65 and second == 82) or other >= 0:
            continuation = 0
            if end - i < _SHORTEST:
                n_runs = _note(runs, n_runs, line, _CUT)
            else:
                good = previous >= 0 and end - i >= shift + 37 and _same(data, i + shift + 8, previous, 26)
                if not good:
                    day, ns, good = _epoch(data, i + shift + 8) if end - i >= shift + 37 else (0, 0, False)
                    if not good and end - i >= _WIDER - shift + 37:
                        day, ns, good = _epoch(data, i + _WIDER - shift + 8)
                        if good:
                            shift = _WIDER - shift
                    if good:
                        previous = i + shift + 8
                        epochs[n_epochs, 0] = day
                        epochs[n_epochs, 1] = ns
                        n_epochs += 1
                if not good:
                    n_runs = _note(runs, n_runs, line, _EPOCH)
                else:
                    count, state = integer(data, i + shift + 34, i + shift + 37)
                    continuation = (count + 1) // 4 if state == 0 and 2 < count < 100 else 0
                    if other >= 0:
                        skipped[other] += 1
                    else:
                        key = _satellite(data, i + 3) if satellite else _name(data, i + 3, 4 + shift)
                        bias, s0 = decimal(data, i + shift + 37, min(end, i + shift + 59), 0)
                        sigma, s1 = np.nan, 0
                        if count > 1 and end > i + shift + 59:
                            sigma, s1 = decimal(data, i + shift + 59, end, 0)
                        if key < 0:
                            n_runs = _note(runs, n_runs, line, _NAME)
                        elif end < i + shift + 59 and following > n:
                            n_runs = _note(runs, n_runs, line, _CUT)
                        elif state or s0 or s1 == 2:
                            n_runs = _note(runs, n_runs, line, _NUMBER)
                        else:
                            keys[n_records, 0] = n_epochs - 1
                            keys[n_records, 1] = key
                            keys[n_records, 2] = satellite
                            keys[n_records, 3] = line
                            values[n_records, 0] = bias
                            values[n_records, 1] = sigma
                            n_records += 1
        elif end > i:
            continuation = 0
            n_runs = _note(runs, n_runs, line, _KIND)
        i = following
        line += 1
    return epochs[:n_epochs], keys[:n_records], values[:n_records], runs[:n_runs], skipped, line - 1
