"""Compact RINEX (Hatanaka) bodies to RINEX text: one pass over the bytes, one satellite line at a time.

Every index into ``data`` is safe because the range given ends in a line feed and no loop steps over one; every index into the state is
checked against the declared sizes. Source of the format: Y. Hatanaka, "A Compression Format and Tools for GNSS Observation Data",
Bulletin of the Geographical Survey Institute 55 (2008).
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = [
    "BAD_ARC",
    "BAD_EPOCH",
    "BAD_EVENT",
    "CUT_OFF",
    "EPOCH_CAPACITY",
    "HIGHEST_ORDER",
    "LINES_SHIFTED",
    "NOT_STARTED",
    "decode",
]

BAD_ARC, BAD_EPOCH, LINES_SHIFTED, NOT_STARTED, CUT_OFF, BAD_EVENT = 1, 2, 3, 4, 5, 6
"""Why something was lost."""

HIGHEST_ORDER = 5
"""Highest order of differences any program writes; a larger digit is damage."""

EPOCH_CAPACITY = 4096
"""An epoch line has at most 41 + 3 x 999 characters."""

MISSING, BROKEN = -1, -2
LARGEST_OBSERVATION = 9_999_999_999_999
"""What F14.3 can hold, in thousandths."""

FEED, SPACE, AMPERSAND, MINUS, DOT, ZERO, NINE, GREATER = 10, 32, 38, 45, 46, 48, 57, 62

_THREE = np.array([ord(c) for i in range(1000) for c in f"{i:03d}"], np.uint8)


@njit
def _line_end(data, at):
    while data[at] != FEED:
        at += 1
    return at


@njit
def _unsigned(text, first, last):
    """The number in text[first:last], leading blanks allowed; -1 when it is anything else."""
    value = 0
    digits = 0
    for i in range(first, last):
        c = text[i]
        if ZERO <= c <= NINE:
            value = value * 10 + (np.int64(c) - ZERO)
            digits += 1
        elif c != SPACE or digits:
            return -1
    return value if digits else -1


@njit
def _repair(text, size, data, at, end):
    """Applies one differenced text line; the new size, or -1 when the line is longer than any epoch line."""
    n = end - at
    if n > text.size:
        return -1
    for i in range(n):
        c = data[at + i]
        if c != SPACE:
            text[i] = SPACE if c == AMPERSAND else c
    return max(size, n)


@njit
def _epoch_key(text, shift):
    """A number that grows with the epoch (0.1 us), -1 when the date is none."""
    year = _unsigned(text, 1 + shift // 3, 3 + shift)
    month = _unsigned(text, 4 + shift, 6 + shift)
    day = _unsigned(text, 7 + shift, 9 + shift)
    hour = _unsigned(text, 10 + shift, 12 + shift)
    minute = _unsigned(text, 13 + shift, 15 + shift)
    second = _unsigned(text, 15 + shift, 18 + shift)
    fraction = _unsigned(text, 19 + shift, 26 + shift)
    if year < 0 or not 1 <= month <= 12 or not 1 <= day <= 31 or not 0 <= hour <= 24 or not 0 <= minute <= 60:
        return -1
    if not 0 <= second <= 61 or fraction < 0 or text[18 + shift] != DOT:
        return -1
    if shift == 0:
        year += 1900 if year >= 80 else 2000
    minutes = (((year * 12 + month) * 31 + day) * 24 + hour) * 60 + minute
    return minutes * 610_000_000 + second * 10_000_000 + fraction


@njit
def _satellites(text, first, n, types, slots, fresh, seen, stamp):
    """Fills the state row of each satellite listed and whether it was absent in the epoch before (``seen`` lacks ``stamp`` - 1).

    False when a name is none, is unknown to the header or stands twice.
    """
    if first + 3 * n > text.size:
        return False
    for k in range(n):
        letter = text[first + 3 * k]
        number = _unsigned(text, first + 3 * k + 1, first + 3 * k + 3)
        if letter >= types.size or types[letter] < 0 or number < 1:
            return False
        row = (0 if letter == SPACE else np.int64(letter) - 64) * 100 + number
        if seen[row] == stamp:
            return False
        fresh[k] = seen[row] != stamp - 1
        seen[row] = stamp
        slots[k] = row
    return True


@njit
def _arcs(data, at, depth, order, diff, largest):
    """Reads the numeric fields of one line into the arcs of one row.

    Returns where the text after them starts, or -1 - j when field j is damaged; a damaged field leaves its line's later fields unread.
    """
    for j in range(depth.size):
        c = data[at]
        if c == FEED:
            depth[j] = MISSING
            continue
        if c == SPACE:
            depth[j] = MISSING
            at += 1
            continue
        starts = data[at + 1] == AMPERSAND
        if starts:
            if c < ZERO or c > ZERO + HIGHEST_ORDER:
                return -1 - j
            order[j] = c - ZERO
            at += 2
            c = data[at]
        negative = c == MINUS
        if negative:
            at += 1
            c = data[at]
        value = np.int64(0)
        begin = at
        while ZERO <= c <= NINE and at - begin < 18:
            value = value * 10 + (np.int64(c) - ZERO)
            at += 1
            c = data[at]
        if at == begin or (c != SPACE and c != FEED):
            return -1 - j
        if c == SPACE:
            at += 1
        if negative:
            value = -value
        if starts:
            depth[j] = 0
            diff[j, 0] = value
        else:
            d = depth[j]
            if d == BROKEN:
                continue
            if d == MISSING:
                return -1 - j
            if d < order[j]:
                d += 1
                depth[j] = d
            diff[j, d] = value
            for k in range(d, 0, -1):
                diff[j, k - 1] += diff[j, k]
        if diff[j, 0] > largest or -diff[j, 0] > largest // 10:
            return -1 - j
    return at


@njit
def _thousandths(out, end, value):
    """Writes F14.3 right-aligned before ``end`` over blanks, without a zero before the point, as the format's own tools do."""
    rest = np.uint64(-value if value < 0 else value)
    whole = rest // np.uint64(1000)
    t = np.int64(rest - whole * np.uint64(1000)) * 3
    out[end - 3] = _THREE[t]
    out[end - 2] = _THREE[t + 1]
    out[end - 1] = _THREE[t + 2]
    out[end - 4] = DOT
    p = end - 4
    while whole >= np.uint64(1000):
        rest = whole
        whole = rest // np.uint64(1000)
        t = np.int64(rest - whole * np.uint64(1000)) * 3
        p -= 3
        out[p] = _THREE[t]
        out[p + 1] = _THREE[t + 1]
        out[p + 2] = _THREE[t + 2]
    small = np.int64(whole)
    while small > 0:
        p -= 1
        out[p] = ZERO + small % 10
        small //= 10
    if value < 0:
        out[p - 1] = MINUS


@njit
def _clock(out, end, value, decimals):
    """Writes a clock offset right-aligned before ``end`` over blanks."""
    rest = -value if value < 0 else value
    p = end
    for _ in range(decimals):
        p -= 1
        out[p] = ZERO + rest % 10
        rest //= 10
    p -= 1
    out[p] = DOT
    while rest > 0:
        p -= 1
        out[p] = ZERO + rest % 10
        rest //= 10
    if value < 0:
        out[p - 1] = MINUS


@njit
def _feed(out, begin, o):
    """Ends a line at ``o`` without its trailing blanks."""
    while o > begin and out[o - 1] == SPACE:
        o -= 1
    out[o] = FEED
    return o + 1


@njit
def _all_digits(pico):
    for c in pico:
        if not ZERO <= c <= NINE:
            return False
    return pico.size > 0


@njit
def _picoseconds(data, at, pico):
    """Applies the differenced text of the picoseconds of version 3.1 from ``at``; where the line ends, or -1 when it cannot be that text."""
    if pico.size == 0 or data[at - 1] != SPACE:  # no such field in this line: the next one is not a difference
        pico[:] = SPACE
        return at if data[at] == FEED else -1
    end = _flags(data, at, pico)
    for i in range(at, end):
        if i - at >= pico.size or not (data[i] == SPACE or data[i] == AMPERSAND or ZERO <= data[i] <= NINE):
            return -1
    return end


@njit
def _write_epoch(out, o, text, version, n_sats, has_clock, clock, pico):
    begin = o
    first, width, decimals = (41, 41, 12) if version == 3 else (32, 68, 9)
    for i in range(width + 21):
        out[o + i] = text[i] if i < first else SPACE
    if version == 1:
        for i in range(32, 32 + 3 * min(n_sats, 12)):
            out[o + i] = text[i]
    if has_clock:
        end = width + (15 if version == 3 else 12)
        _clock(out, o + end, clock, decimals)
        width = end
    if _all_digits(pico):
        for i in range(5):
            out[o + 57 + i] = pico[i]
        width = 62
    o = _feed(out, begin, o + width)
    if version == 1:
        for k in range(12, n_sats):
            if k % 12 == 0:
                for i in range(32):
                    out[o + i] = SPACE
                o += 32
            for i in range(3):
                out[o + i] = text[32 + 3 * k + i]
            o += 3
            if k % 12 == 11 or k == n_sats - 1:
                out[o] = FEED
                o += 1
    return o


@njit
def _write_satellite(out, o, n, version, depth, diff, flags):
    """The fields of one satellite from ``o``; RINEX 2 breaks the line after five and gives missing values no flags."""
    begin = o
    if version == 3:
        begin = o - 3
    for j in range(n):
        if version == 1 and j % 5 == 0 and j:
            o = _feed(out, begin, o)
            begin = o
        for i in range(16):
            out[o + i] = SPACE
        if depth[j] >= 0:
            _thousandths(out, o + 14, diff[j, 0])
        if depth[j] >= 0 or (version == 3 and depth[j] == MISSING):
            out[o + 14] = flags[2 * j]
            out[o + 15] = flags[2 * j + 1]
        else:
            # In version 1 a missing value takes its flags with it: the next ones are not differences.
            flags[2 * j] = SPACE
            flags[2 * j + 1] = SPACE
        o += 16
    return _feed(out, begin, o)


@njit
def _flags(data, at, flags):
    """Applies the differenced text of the flags; returns where the line ends."""
    i = 0
    while data[at] != FEED:
        if i < flags.size:
            c = data[at]
            if c != SPACE:
                flags[i] = SPACE if c == AMPERSAND else c
        i += 1
        at += 1
    return at


@njit
def _room(out, o, more):
    """``out``, or a larger copy when fewer than ``more`` bytes are left."""
    if o + more <= out.size:
        return out
    larger = np.empty(2 * out.size + more, np.uint8)
    larger[:o] = out[:o]
    return larger


@njit
def _lose(losses, n, first, last, reason, row):
    if n < losses.shape[0]:
        losses[n, 0] = first
        losses[n, 1] = last
        losses[n, 2] = reason
        losses[n, 3] = row
    return n + 1


@njit
def _is_label(data, at, end, label):
    if end - at < 60 + label.size:
        return False
    for i in range(label.size):
        if data[at + 60 + i] != label[i]:
            return False
    return True


@njit
def _types_line(data, at, end, version, types, label, widest):
    """Takes over a new number of observation types from a header line inside the data; False when it is out of range."""
    if not _is_label(data, at, end, label):
        return True
    if version == 3:
        letter = data[at]
        if letter == SPACE:
            return True
        n = _unsigned(data, at + 3, at + 6)
        if n < 0 or n > widest or letter < 65 or letter > 90:
            return False
        types[letter] = n
        return True
    n = _unsigned(data, at, at + 6)
    if n > widest:
        return False
    if n >= 0:
        types[SPACE] = n
        types[65:91] = n
    return True


@njit
def _event(data, at, stop, line, n_lines, marker, version, types, label, widest, out, o):
    """Copies the lines of an event record: (out, o, at, line, whether it was whole)."""
    for _ in range(n_lines):
        if at >= stop or data[at] == marker:
            return out, o, at, line, False
        end = _line_end(data, at)
        good = _types_line(data, at, end, version, types, label, widest)
        out = _room(out, o, end - at + 1)
        begin = o
        for i in range(at, end):
            out[o] = data[i]
            o += 1
        o = _feed(out, begin, o)
        at = end + 1
        line += 1
        if not good:
            return out, o, at, line, False
    return out, o, at, line, True


@njit
def _only_blank(data, at, stop):
    for i in range(at, stop):
        if data[i] != FEED and data[i] != SPACE:
            return False
    return True


@njit
def _observations(data, at, stop, line, marker, version, n_sats, text, slots, fresh, types, state, losses, n_losses, out, o):
    """One epoch after its first line: (out, o, at, line, n_losses, 0 or why the epoch cannot be used)."""
    depth, order, diff, flags, pico = state
    if at >= stop:
        return out, o, at, line, n_losses, CUT_OFF
    if data[at] == marker:
        return out, o, at, line, n_losses, LINES_SHIFTED
    decimals = 12 if version == 3 else 9
    got = _arcs(data, at, depth[0, :1], order[0, :1], diff[0, :1], 10 ** (decimals + 2) - 1)
    if got < 0:
        for i in range(at, _line_end(data, at)):
            if data[i] == SPACE:  # a satellite's line
                return out, o, at, line, n_losses, LINES_SHIFTED
        depth[0, 0] = BROKEN
        n_losses = _lose(losses, n_losses, line, line, BAD_ARC, 0)
        pico[:] = SPACE
        at = _line_end(data, at)
    else:
        end = _picoseconds(data, got, pico)
        if end < 0:
            return out, o, at, line, n_losses, LINES_SHIFTED
        at = end
    at += 1
    line += 1
    out = _room(out, o, 200 + 6 * n_sats)
    o = _write_epoch(out, o, text, version, n_sats, depth[0, 0] >= 0, diff[0, 0, 0], pico)
    for k in range(n_sats):
        if at >= stop:
            return out, o, at, line, n_losses, CUT_OFF
        if data[at] == marker:
            return out, o, at, line, n_losses, LINES_SHIFTED
        row = slots[k]
        n = types[SPACE if row < 100 else row // 100 + 64]
        if fresh[k]:
            depth[row] = MISSING
            flags[row] = SPACE
        got = _arcs(data, at, depth[row, :n], order[row], diff[row], LARGEST_OBSERVATION)
        if got < 0:
            depth[row, -1 - got : n] = BROKEN
            flags[row] = SPACE
            n_losses = _lose(losses, n_losses, line, line, BAD_ARC, row)
            at = _line_end(data, at)
        else:
            at = _flags(data, got, flags[row, : 2 * n])
        at += 1
        line += 1
        out = _room(out, o, 17 * n + 8)
        if version == 3:
            for i in range(3):
                out[o + i] = text[41 + 3 * k + i]
            o += 3
        o = _write_satellite(out, o, n, version, depth[row], diff[row], flags[row])
    return out, o, at, line, n_losses, 0


@njit(cache=True, nogil=True)
def decode(data, header, begin, stop, line, version, types, label, depth, order, diff, flags, pico, losses, limit, first_size):
    """RINEX text of a compact file: ``header``, then the decoded body.

    ``data[begin:stop]`` is the body, ends in a line feed, and its first line has number ``line``; ``version`` is 1 or 3;
    ``types`` int64[128] the number of observation types by letter, -1 for a letter not declared; the state arrays have a row per
    satellite (row 0 is the clock) and a column per type, ``pico`` five bytes for version 3.1, else none. Stops early when the text
    passes ``limit`` bytes.

    Returns (out, size, marks, n_marks, n_losses, line after the last): ``marks`` has [offset in out, line of the compact file] of
    every record written, ``losses`` is filled with [first line, last line, reason, row].
    """
    marker = GREATER if version == 3 else AMPERSAND
    shift = 3 if version == 3 else 0
    widest = depth.shape[1]
    out = np.empty(header.size + first_size, np.uint8)
    out[: header.size] = header
    marks = np.empty((4096, 2), np.int64)
    text = np.full(EPOCH_CAPACITY, SPACE, np.uint8)
    slots = np.zeros(999, np.int64)
    fresh = np.zeros(999, np.bool_)
    seen = np.zeros(2800, np.int64)
    state = (depth, order, diff, flags, pico)
    at, o, n_marks, n_losses = begin, header.size, 0, 0
    size, key, stamp = 0, -1, 0
    synced = False
    lost_from, lost_why = 0, 0
    undo, undo_line, undo_marks, undo_losses = -1, 0, 0, 0
    while at < stop and o <= limit:
        starts = data[at] == marker
        if version == 3 and data[at] == AMPERSAND:
            at = _line_end(data, at) + 1
            line += 1
            continue
        if data[at] == FEED and _only_blank(data, at, stop):
            break
        end = _line_end(data, at)
        if not starts and not synced:
            if not lost_why:
                lost_from, lost_why = line, NOT_STARTED
            at = end + 1
            line += 1
            continue
        first_line = line
        plain = data[at] == SPACE
        if starts:
            text[:] = SPACE
            size = _repair(text, 0, data, at, end)
            text[0] = GREATER if version == 3 else SPACE
        else:
            size = _repair(text, size, data, at, end)
        flag = text[28 + shift]
        n_sats = _unsigned(text, 29 + shift, 32 + shift)
        if starts and size >= 0 and 50 <= flag <= 54 and n_sats >= 0:
            if lost_why:
                n_losses = _lose(losses, n_losses, lost_from, line - 1, lost_why, -1)
                lost_why = 0
            mark = o
            out = _room(out, o, 160)
            for i in range(80):
                out[o + i] = text[i]
            o = _feed(out, mark, o + 80)
            out, o, at, line, whole = _event(data, end + 1, stop, line + 1, n_sats, marker, version, types, label, widest, out, o)
            if whole:
                if n_marks == marks.shape[0]:
                    marks = np.concatenate((marks, np.empty_like(marks)))
                marks[n_marks, 0] = mark
                marks[n_marks, 1] = first_line
                n_marks += 1
            else:
                o = mark
                n_losses = _lose(losses, n_losses, first_line, line - 1, BAD_EVENT, -1)
            undo = -1
            continue
        earlier = key
        key = _epoch_key(text, shift)
        good = size >= 0 and (flag == 48 or flag == 49) and 0 <= n_sats and key >= 0 and (starts or key > earlier)
        good = good and text[0] == (GREATER if version == 3 else SPACE)
        if good:
            # After a start nobody was there in the epoch before: the stamp skips one.
            stamp += 2 if starts else 1
            good = _satellites(text, 41 if version == 3 else 32, n_sats, types, slots, fresh, seen, stamp)
        if not good:
            synced = False
            # A line that cannot be an epoch line, after an epoch that seemed whole, means that lines of that epoch are gone or too many.
            shifted = undo >= 0 and not starts and (not plain or end == at)
            if not lost_why:
                lost_from, lost_why = line, BAD_EPOCH
                if shifted:
                    o, n_marks, n_losses = undo, undo_marks, undo_losses
                    lost_from, lost_why = undo_line, LINES_SHIFTED
            undo = -1
            at = end + 1
            line += 1
            continue
        if lost_why:
            n_losses = _lose(losses, n_losses, lost_from, line - 1, lost_why, -1)
            lost_why = 0
        if starts:
            depth[0, 0] = MISSING
        synced = True
        mark, mark_losses = o, n_losses
        out, o, at, line, n_losses, why = _observations(
            data, end + 1, stop, line + 1, marker, version, n_sats, text, slots, fresh, types, state, losses, n_losses, out, o
        )
        if why:
            o, n_losses = mark, mark_losses
            synced = False
            undo = -1
            lost_from, lost_why = first_line, why
            continue
        if n_marks == marks.shape[0]:
            marks = np.concatenate((marks, np.empty_like(marks)))
        undo, undo_line, undo_marks, undo_losses = mark, first_line, n_marks, mark_losses
        marks[n_marks, 0] = mark
        marks[n_marks, 1] = first_line
        n_marks += 1
    if lost_why:
        n_losses = _lose(losses, n_losses, lost_from, line - 1, lost_why, -1)
    return out, o, marks, n_marks, n_losses, line
