"""One pass over the records of a RINEX navigation file, versions 2, 3 and 4.

A record ends where the next one begins, so that a lost or added line damages one record only. Fields are D19.12 at fixed columns;
what they mean is decided afterwards (rinex_nav_layouts).
"""

from __future__ import annotations

import numpy as np

from armillary.io.decimal_kernels import day_number, integer, line_end
from armillary.io.exact_decimal_kernels import BLANK, decimal_bits
from armillary.jit import njit

__all__ = ["records"]

# Columns of the record array.
_FIRST_ROW, _ROWS, _LINE, _LAST_LINE, _SYSTEM, _NUMBER, _TYPE, _MESSAGE, _SUBTYPE, _DAY, _NS, _DAMAGE = range(12)
# Reasons, in the order of armillary.io.rinex_nav_scan.REASONS.
_SOUND, _EPOCH, _STRANGE, _ORPHAN, _HEADER = range(5)
_NS_PER_SECOND = 1_000_000_000
_EPH = (69 << 16) | (80 << 8) | 72
_FIRST_DAY = 3652  # 1980-01-01: no system is older


@njit(cache=True, nogil=True)
def _word(data, first, last, end):
    """Up to seven characters of a line as one integer, first character highest, blanks at the end left out."""
    word = 0
    for i in range(first, min(last, end)):
        if data[i] != 32:
            word = (word << 8) | data[i]
    return word


@njit(cache=True, nogil=True)
def _epoch(data, at, end, old):
    """(day, ns of day, good) of an epoch that begins with the year at byte ``at``."""
    if end - at < 18:
        return 0, 0, False
    if old:
        year, s0 = integer(data, at, at + 2)
        year += 1900 if year >= 80 else 2000
        month, s1 = integer(data, at + 3, at + 5)
        day, s2 = integer(data, at + 6, at + 8)
        hour, s3 = integer(data, at + 9, at + 11)
        minute, s4 = integer(data, at + 12, at + 14)
        second, s5 = integer(data, at + 14, at + 17)
        tenth, s6 = integer(data, at + 18, min(at + 19, end))
        ns = second * _NS_PER_SECOND + tenth * 100_000_000
        good = s0 + s1 + s2 + s3 + s4 + s5 == 0 and s6 != 2 and (data[at + 17] == 46 or data[at + 17] == 32)
    else:
        year, s0 = integer(data, at, at + 4)
        month, s1 = integer(data, at + 5, at + 7)
        day, s2 = integer(data, at + 8, at + 10)
        hour, s3 = integer(data, at + 11, at + 13)
        minute, s4 = integer(data, at + 14, at + 16)
        second, s5 = integer(data, at + 17, min(at + 19, end))
        ns = second * _NS_PER_SECOND
        good = s0 + s1 + s2 + s3 + s4 + s5 == 0
    number = day_number(year, month, day)
    good = good and number >= _FIRST_DAY and 0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 61
    if not good:
        return 0, 0, False
    return number, (hour * 3600 + minute * 60) * _NS_PER_SECOND + ns, True


@njit(cache=True, nogil=True)
def _fields(data, at, end, base, first, bits, state, row):
    """Reads fields ``first`` to 3 of a line into one row."""
    for k in range(4):
        start = at + base + 19 * k
        if k < first or start >= end:
            bits[row, k], state[row, k] = np.uint64(0x7FF8000000000000), BLANK
        else:
            bits[row, k], state[row, k] = decimal_bits(data, start, min(start + 19, end))


@njit(cache=True, nogil=True)
def _note(lost, n, line, reason):
    """Adds a line to the runs of lost lines; returns their number. The last run takes what does not fit."""
    if n and lost[n - 1, 1] == line - 1 and lost[n - 1, 2] == reason:
        lost[n - 1, 1] = line
        return n
    if n == len(lost):
        lost[n - 1, 1] = line
        return n
    lost[n, 0], lost[n, 1], lost[n, 2] = line, line, reason
    return n + 1


@njit(cache=True, nogil=True)
def _open(record, row, line, system, number, record_type):
    """Begins a record."""
    record[:] = 0
    record[_FIRST_ROW], record[_LINE], record[_LAST_LINE] = row, line, line
    record[_SYSTEM], record[_NUMBER], record[_TYPE] = system, number, record_type


@njit(cache=True, nogil=True)
def _upper(c):
    return 65 <= c <= 90


@njit(cache=True, nogil=True)
def _starts(data, at, end, version, letter):
    """Whether a line begins a record (versions 2 and 3) or gives the satellite of one (version 4)."""
    if version == 2:
        return end - at >= 22 and 48 <= data[at + 1] <= 57 and (data[at] == 32 or 48 <= data[at] <= 57) and data[at + 2] == 32
    return (
        end - at >= 22 and _upper(data[at]) and 48 <= data[at + 2] <= 57 and (data[at + 1] == 32 or 48 <= data[at + 1] <= 57) and data[at + 3] == 32
    )


@njit(cache=True, nogil=True)
def records(data, start, line, version, letter, skipped):
    """(records int64[n, 12], bits uint64[rows, 4], state uint8[rows, 4], row_start int64[rows], lost int64[m, 3]).

    ``version`` is 2, 3 or 4; ``letter`` the system of a version 2 file; fields of system ``skipped`` are not read.
    """
    size = len(data) - start
    most_rows = size // 5 + 1
    found = np.empty((size // 12 + 1, 12), np.int64)
    bits = np.empty((most_rows, 4), np.uint64)
    state = np.empty((most_rows, 4), np.uint8)
    row_start = np.empty(most_rows, np.int64)
    lost = np.empty((1000, 3), np.int64)
    n = rows = n_lost = 0
    base = 3 if version == 2 else 4
    open_record = False
    at = start
    while at < len(data):
        stop = line_end(data, at)
        end = stop - 1 if stop > at and data[stop - 1] == 13 else stop
        length = end - at
        if length < 4:
            if length > 0 and _word(data, at, end, end) != 0:
                n_lost = _note(lost, n_lost, line, _STRANGE)
                if open_record:
                    found[n - 1, _DAMAGE] = _STRANGE
        elif length > 62 and _upper(data[at + 60]) and _upper(data[at + 61]):
            # A header label where a number would end: a comment, or the rest of another file's header.
            if not (data[at + 60] == 67 and data[at + 61] == 79 and data[at + 62] == 77):
                n_lost = _note(lost, n_lost, line, _HEADER)
        elif version == 4 and data[at] == 62:
            open_record = length >= 12
            if open_record:
                number, _ = integer(data, at + 7, at + 9)
                _open(found[n], rows, line, data[at + 6], number, _word(data, at + 2, at + 5, end))
                found[n, _MESSAGE] = _word(data, at + 10, at + 14, end)
                found[n, _SUBTYPE] = _word(data, at + 15, at + 19, end)
                n += 1
            else:
                n_lost = _note(lost, n_lost, line, _STRANGE)
        elif version != 4 and _starts(data, at, end, version, letter):
            day, ns, good = _epoch(data, at + base, end, version == 2)
            number, _ = integer(data, at, at + 2) if version == 2 else integer(data, at + 1, at + 3)
            system = letter if version == 2 else np.int64(data[at])
            record = found[n]
            _open(record, rows, line, system, number, _EPH)
            record[_ROWS], record[_DAY], record[_NS], record[_DAMAGE] = 1, day, ns, _SOUND if good else _EPOCH
            n += 1
            open_record = True
            row_start[rows] = at
            if system != skipped:
                _fields(data, at, end, base, 1, bits, state, rows)
            rows += 1
        elif open_record and version == 4 and found[n - 1, _ROWS] == 0:
            record = found[n - 1]
            named = _starts(data, at, end, 4, letter)
            other = named and (record[_SYSTEM] != data[at] or record[_NUMBER] != integer(data, at + 1, at + 3)[0])
            day, ns, good = _epoch(data, at + 4, end, False)
            if other or named != (record[_TYPE] == _EPH):
                record[_DAMAGE] = _STRANGE
            elif not good:
                record[_DAMAGE] = _EPOCH
            record[_DAY], record[_NS], record[_ROWS], record[_LAST_LINE] = day, ns, 1, line
            row_start[rows] = at
            if record[_SYSTEM] != skipped or record[_TYPE] != _EPH:
                _fields(data, at, end, 4, 1, bits, state, rows)
            rows += 1
        elif open_record and data[at] == 32 and data[at + 1] == 32 and data[at + 2] == 32:
            record = found[n - 1]
            row_start[rows] = at
            if record[_SYSTEM] != skipped or record[_TYPE] != _EPH:
                _fields(data, at, end, base, 0, bits, state, rows)
            record[_ROWS] += 1
            record[_LAST_LINE] = line
            rows += 1
        elif open_record:
            # A line that is neither number nor start shifts what follows: the record cannot be trusted.
            if found[n - 1, _DAMAGE] == _SOUND:
                found[n - 1, _DAMAGE] = _STRANGE
            found[n - 1, _LAST_LINE] = line
        else:
            n_lost = _note(lost, n_lost, line, _ORPHAN)
        line += 1
        at = stop + 1
    return found[:n], bits[:rows], state[:rows], row_start[:rows], lost[:n_lost]
