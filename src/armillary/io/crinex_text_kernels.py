"""The pieces of compact RINEX text: differenced text lines and numeric arcs read, RINEX lines written.

Every reader stops at a line feed, so a range that ends in one is never left; see :mod:`armillary.io.crinex_kernels`.
"""

from __future__ import annotations

import numpy as np

from armillary.jit import njit

__all__ = [
    "AMPERSAND",
    "BROKEN",
    "FEED",
    "GREATER",
    "HIGHEST_ORDER",
    "LARGEST_OBSERVATION",
    "MISSING",
    "SPACE",
    "epoch_key",
    "feed_line",
    "line_end",
    "read_arcs",
    "read_flags",
    "read_picoseconds",
    "repair",
    "room",
    "unsigned",
    "write_epoch",
    "write_satellite",
]

HIGHEST_ORDER = 5
"""Highest order of differences any program writes; a larger digit is damage."""

MISSING, BROKEN = -1, -2
LARGEST_OBSERVATION = 9_999_999_999_999
"""What F14.3 can hold, in thousandths."""

FEED, SPACE, AMPERSAND, MINUS, DOT, ZERO, NINE, GREATER = 10, 32, 38, 45, 46, 48, 57, 62

_THREE = np.array([ord(c) for i in range(1000) for c in f"{i:03d}"], np.uint8)


@njit
def line_end(data, at):
    while data[at] != FEED:
        at += 1
    return at


@njit
def unsigned(text, first, last):
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
def repair(text, size, data, at, end):
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
def epoch_key(text, shift):
    """A number that grows with the epoch (0.1 us), -1 when the date is none."""
    year = unsigned(text, 1 + shift // 3, 3 + shift)
    month = unsigned(text, 4 + shift, 6 + shift)
    day = unsigned(text, 7 + shift, 9 + shift)
    hour = unsigned(text, 10 + shift, 12 + shift)
    minute = unsigned(text, 13 + shift, 15 + shift)
    second = unsigned(text, 15 + shift, 18 + shift)
    fraction = unsigned(text, 19 + shift, 26 + shift)
    if year < 0 or not 1 <= month <= 12 or not 1 <= day <= 31 or not 0 <= hour <= 24 or not 0 <= minute <= 60:
        return -1
    if not 0 <= second <= 61 or fraction < 0 or text[18 + shift] != DOT:
        return -1
    if shift == 0:
        year += 1900 if year >= 80 else 2000
    minutes = (((year * 12 + month) * 31 + day) * 24 + hour) * 60 + minute
    return minutes * 610_000_000 + second * 10_000_000 + fraction


@njit
def read_arcs(data, at, depth, order, diff, largest):
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
def feed_line(out, begin, o):
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
def read_picoseconds(data, at, pico):
    """Applies the differenced text of the picoseconds of version 3.1 from ``at``; where the line ends, or -1 when it cannot be that text."""
    if pico.size == 0 or data[at - 1] != SPACE:  # no such field in this line: the next one is not a difference
        pico[:] = SPACE
        return at if data[at] == FEED else -1
    end = read_flags(data, at, pico)
    for i in range(at, end):
        if i - at >= pico.size or not (data[i] == SPACE or data[i] == AMPERSAND or ZERO <= data[i] <= NINE):
            return -1
    return end


@njit
def write_epoch(out, o, text, version, n_sats, has_clock, clock, pico):
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
    o = feed_line(out, begin, o + width)
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
def write_satellite(out, o, n, version, depth, diff, flags):
    """The fields of one satellite from ``o``; RINEX 2 breaks the line after five and gives missing values no flags."""
    begin = o
    if version == 3:
        begin = o - 3
    for j in range(n):
        if version == 1 and j % 5 == 0 and j:
            o = feed_line(out, begin, o)
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
    return feed_line(out, begin, o)


@njit
def read_flags(data, at, flags):
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
def room(out, o, more):
    """``out``, or a larger copy when fewer than ``more`` bytes are left."""
    if o + more <= out.size:
        return out
    larger = np.empty(2 * out.size + more, np.uint8)
    larger[:o] = out[:o]
    return larger
