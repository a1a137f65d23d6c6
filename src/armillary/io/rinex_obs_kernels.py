"""Records of RINEX observation text, versions 2, 3 and 4: where epochs, events and satellite lines stand.

Bytes are uint8, offsets int64. Losses are rows (first line, last line, reason) with the reasons numbered below; the caller words them.
Fixed columns are those of RINEX 2.11 table A2 and RINEX 3.05 table A3.
"""

from __future__ import annotations

import numpy as np

from armillary.io.rinex_text_kernels import TEN, day_and_ns, decimal, end_of_line, end_of_long_line, nanoseconds, satellite, trimmed, whole
from armillary.jit import njit

BAD_EPOCH = 0
ORPHAN = 1
WRONG_COUNT = 2
SHORT_EVENT = 3
BAD_SATELLITE = 4
UNKNOWN_SYSTEM = 5
BAD_VALUE = 6
DUPLICATE = 7
CUT_OFF = 8
MORE = 9
TOO_MANY = 10

MOST_SATELLITES = 999

MOST_LOSSES = 4096

# Columns of the record table.
FLAG, LINE, DAY, NS, FIRST_ROW, N_ROWS, LINES_AT, N_LINES = 0, 1, 2, 3, 4, 5, 6, 7
RECORD_WIDTH = 8
# Columns of the row table.
AT, SIZE, SAT, ROW_LINE = 0, 1, 2, 3
ROW_WIDTH = 4


@njit(cache=True)
def add_loss(losses, n, first, last, reason):
    """The new number of losses; neighbours with one reason become one, and a full table ends in MORE."""
    if n > 0 and losses[n - 1, 2] == reason and losses[n - 1, 1] + 1 >= first and reason != WRONG_COUNT:
        if last > losses[n - 1, 1]:
            losses[n - 1, 1] = last
        return n
    if n >= MOST_LOSSES:
        if last > losses[n - 1, 1]:
            losses[n - 1, 1] = last
        losses[n - 1, 2] = MORE
        return n
    losses[n, 0] = first
    losses[n, 1] = last
    losses[n, 2] = reason
    return n + 1


@njit(cache=True)
def grown(table):
    """A copy of a table with twice the rows."""
    bigger = np.empty((2 * table.shape[0], table.shape[1]), table.dtype)
    # Element by element: a slice assignment takes Numba seconds to compile (it brings its error message along).
    for i in range(table.shape[0]):
        for j in range(table.shape[1]):
            bigger[i, j] = table[i, j]
    return bigger


@njit(cache=True)
def changes_types(data, at, end):
    """Whether a header line redefines observation types or scale factors: ``SYS / # ...``, ``SYS / SCALE ...``, ``# / TYPES ...``."""
    if end - at < 70:
        return False
    if data[at + 60] == 35:
        return True
    return data[at + 60] == 83 and data[at + 61] == 89 and data[at + 62] == 83 and (data[at + 66] == 35 or data[at + 67] == 67)


@njit(cache=True)
def skip_event(data, at, line, count, next_mark):
    """(offset, lines read, whether types change) past the header lines of an event record; stops at a line that begins with ``next_mark``."""
    k = 0
    changed = False
    while k < count and at < data.size and data[at] != next_mark:
        stop = end_of_line(data, at)
        changed = changed or changes_types(data, at, trimmed(data, at, stop))
        at = stop + 1
        k += 1
    return at, k, changed


@njit(cache=True, nogil=True)
def scan_marked(data, words, at, line, known, clocks_size):
    """Records of RINEX 3 and 4 text from ``at`` (line number ``line``) up to the end or past an event that changes the types.

    ``words``: the data as uint64. ``known``: uint8[128], 1 for system letters with types. Returns records int64[n, 8], clocks float64[n],
    rows int64[m, 4], losses int64[k, 3], and the offset and line to go on from.
    """
    n = data.size
    records = np.empty((clocks_size, RECORD_WIDTH), np.int64)
    clocks = np.empty((clocks_size, 1))
    rows = np.empty((clocks_size * 16, ROW_WIDTH), np.int64)
    losses = np.empty((MOST_LOSSES, 3), np.int64)
    n_records = n_rows = n_losses = 0
    while at < n:
        stop = end_of_line(data, at)
        end = trimmed(data, at, stop)
        if data[at] != 62:
            if end > at:
                n_losses = add_loss(losses, n_losses, line, line, ORPHAN)
            at = stop + 1
            line += 1
            continue
        head = line
        flag = whole(data, at + 29, at + 32, end)
        flag = 0 if flag == -1 else flag
        count = whole(data, at + 32, at + 35, end)
        year = whole(data, at + 1, at + 6, end)
        day, ns = day_and_ns(
            year,
            whole(data, at + 6, at + 9, end),
            whole(data, at + 9, at + 12, end),
            whole(data, at + 12, at + 15, end),
            whole(data, at + 15, at + 18, end),
            nanoseconds(data, at + 18, at + 29, end),
        )
        status, mantissa, decimals = decimal(data, at + 35, at + 56, end)
        at = stop + 1
        line += 1
        if n_records == records.shape[0]:
            records = grown(records)
            clocks = grown(clocks)
        record = records[n_records]
        record[FLAG] = flag
        record[LINE] = head
        record[DAY] = day
        record[NS] = ns
        record[FIRST_ROW] = n_rows
        record[N_ROWS] = 0
        record[LINES_AT] = at
        record[N_LINES] = 0
        if 2 <= flag <= 5:
            at, k, changed = skip_event(data, at, line, count, 62)
            line += k
            record[N_LINES] = k
            n_records += 1
            if k < count or count < 0:
                n_losses = add_loss(losses, n_losses, head, line - 1, SHORT_EVENT)
            if changed:
                break
            continue
        wanted = day >= 0 and 0 <= flag <= 1
        first = n_rows
        k = 0
        while at < n and data[at] != 62:
            stop = end_of_long_line(data, words, at)
            end = trimmed(data, at, stop)
            if end > at:
                k += 1
                if wanted:
                    sat = satellite(data, at, end, 0)
                    if sat == 0:
                        n_losses = add_loss(losses, n_losses, line, line, BAD_SATELLITE)
                    elif known[sat // 100] == 0:
                        n_losses = add_loss(losses, n_losses, line, line, UNKNOWN_SYSTEM)
                    elif n_rows - first == MOST_SATELLITES:
                        n_losses = add_loss(losses, n_losses, line, line, TOO_MANY)
                    else:
                        if n_rows == rows.shape[0]:
                            rows = grown(rows)
                        rows[n_rows, AT] = at
                        rows[n_rows, SIZE] = end - at
                        rows[n_rows, SAT] = sat
                        rows[n_rows, ROW_LINE] = line
                        n_rows += 1
            at = stop + 1
            line += 1
        if flag < 0 or flag > 6 or (day < 0 and flag != 6):
            n_losses = add_loss(losses, n_losses, head, line - 1, BAD_EPOCH)
        elif flag != 6:
            record[N_ROWS] = n_rows - first
            clocks[n_records, 0] = mantissa / TEN[decimals] if status == 0 else np.nan
            if status == 2:
                n_losses = add_loss(losses, n_losses, head, head, BAD_VALUE)
            n_records += 1
            if k != count:
                n_losses = add_loss(losses, n_losses, head, head, WRONG_COUNT)
    return records[:n_records], clocks[:n_records], rows[:n_rows], losses[:n_losses], at, line


@njit(cache=True)
def epoch_line(data, at, end):
    """(kind, day, ns, flag, count) of a RINEX 2 line: kind 0 no epoch line, 1 with a date, 2 an event without a date."""
    if end - at < 29 or data[at] != 32 or (data[at + 18] != 46 and data[at + 18] != 32):
        return 0, -1, 0, -1, -1
    blank = data[at + 18] == 32
    if blank:
        for i in range(at, at + 26):
            if data[i] != 32:
                return 0, -1, 0, -1, -1
    flag = whole(data, at + 26, at + 29, end)
    flag = 0 if flag == -1 else flag
    count = whole(data, at + 29, at + 32, end)
    if blank:
        return (2 if 2 <= flag <= 5 and count >= 0 else 0), -1, 0, flag, count
    if flag < 0 or flag > 6 or count == -2:
        return 0, -1, 0, -1, -1
    year = whole(data, at + 1, at + 3, end)
    year += 1900 if year >= 80 else 2000
    day, ns = day_and_ns(
        year,
        whole(data, at + 3, at + 6, end),
        whole(data, at + 6, at + 9, end),
        whole(data, at + 9, at + 12, end),
        whole(data, at + 12, at + 15, end),
        nanoseconds(data, at + 15, at + 26, end),
    )
    return (1 if day >= 0 or 2 <= flag <= 5 else 0), day, ns, flag, count if count > 0 else 0


@njit(cache=True)
def skip_event_unmarked(data, at, count):
    """As ``skip_event`` for RINEX 2: stops early at an epoch line with a date."""
    k = 0
    changed = False
    while k < count and at < data.size:
        stop = end_of_line(data, at)
        end = trimmed(data, at, stop)
        if epoch_line(data, at, end)[0] == 1:
            break
        changed = changed or changes_types(data, at, end)
        at = stop + 1
        k += 1
    return at, k, changed


@njit(cache=True, nogil=True)
def scan_unmarked(data, at, line, known, clocks_size, lines_per_sat, default):
    """Records of RINEX 2 text; arguments and results as :func:`scan_marked`, and the letter that a blank one stands for."""
    n = data.size
    records = np.empty((clocks_size, RECORD_WIDTH), np.int64)
    clocks = np.empty((clocks_size, 1))
    rows = np.empty((clocks_size * 16, ROW_WIDTH), np.int64)
    losses = np.empty((MOST_LOSSES, 3), np.int64)
    n_records = n_rows = n_losses = 0
    sats = np.empty(1000, np.int64)
    while at < n:
        stop = end_of_line(data, at)
        end = trimmed(data, at, stop)
        kind, day, ns, flag, count = epoch_line(data, at, end)
        if kind == 0:
            if end > at:
                n_losses = add_loss(losses, n_losses, line, line, ORPHAN)
            at = stop + 1
            line += 1
            continue
        head = line
        if n_records == records.shape[0]:
            records = grown(records)
            clocks = grown(clocks)
        record = records[n_records]
        record[FLAG] = flag
        record[LINE] = head
        record[DAY] = day
        record[NS] = ns
        record[FIRST_ROW] = n_rows
        record[N_ROWS] = 0
        record[LINES_AT] = stop + 1
        record[N_LINES] = 0
        if 2 <= flag <= 5:
            at, k, changed = skip_event_unmarked(data, stop + 1, count)
            line += 1 + k
            record[N_LINES] = k
            n_records += 1
            if k < count:
                n_losses = add_loss(losses, n_losses, head, line - 1, SHORT_EVENT)
            if changed:
                break
            continue
        status, mantissa, decimals = decimal(data, at + 68, at + 80, end)
        clocks[n_records, 0] = mantissa / TEN[decimals] if status == 0 else np.nan
        if status == 2:
            n_losses = add_loss(losses, n_losses, head, head, BAD_VALUE)
        # The satellite list: twelve to a line, the rest on lines that are blank up to column 32.
        complete = True
        line += 1
        for s in range(count):
            if s > 0 and s % 12 == 0:
                at = stop + 1
                if at >= n:
                    complete = False
                    break
                stop = end_of_line(data, at)
                end = trimmed(data, at, stop)
                line += 1
                if epoch_line(data, at, end)[0] == 1:
                    complete = False
                    stop = at - 1
                    line -= 1
                    break
            sats[s] = satellite(data, at + 32 + 3 * (s % 12), end, default)
        at = stop + 1
        if not complete:
            n_losses = add_loss(losses, n_losses, head, line - 1, BAD_EPOCH)
            continue
        for s in range(count):
            first_line = line
            first_at = at
            last_end = at
            k = 0
            while k < lines_per_sat and at < n:
                stop = end_of_line(data, at)
                end = trimmed(data, at, stop)
                if epoch_line(data, at, end)[0] == 1:
                    break
                last_end = end
                at = stop + 1
                line += 1
                k += 1
            if k < lines_per_sat:
                complete = False
            if k > 0 and flag != 6:
                if sats[s] == 0:
                    n_losses = add_loss(losses, n_losses, first_line, line - 1, BAD_SATELLITE)
                elif known[sats[s] // 100] == 0:
                    n_losses = add_loss(losses, n_losses, first_line, line - 1, UNKNOWN_SYSTEM)
                else:
                    if n_rows == rows.shape[0]:
                        rows = grown(rows)
                    rows[n_rows, AT] = first_at
                    rows[n_rows, SIZE] = last_end - first_at
                    rows[n_rows, SAT] = sats[s]
                    rows[n_rows, ROW_LINE] = first_line
                    n_rows += 1
            if not complete:
                break
        if flag != 6:
            record[N_ROWS] = n_rows - record[FIRST_ROW]
            n_records += 1
        if not complete:
            n_losses = add_loss(losses, n_losses, head, line - 1, CUT_OFF)
    return records[:n_records], clocks[:n_records], rows[:n_rows], losses[:n_losses], at, line
