"""Compact RINEX (Hatanaka) bodies to RINEX text: one pass over the bytes, one satellite line at a time.

Every index into ``data`` is safe because the range given ends in a line feed and no loop steps over one; every index into the state is
checked against the declared sizes. Source of the format: Y. Hatanaka, "A Compression Format and Tools for GNSS Observation Data",
Bulletin of the Geographical Survey Institute 55 (2008).
"""

from __future__ import annotations

import numpy as np

from armillary.io.crinex_text_kernels import (
    AMPERSAND,
    BROKEN,
    FEED,
    GREATER,
    LARGEST_OBSERVATION,
    MISSING,
    SPACE,
    epoch_key,
    feed_line,
    line_end,
    read_arcs,
    read_flags,
    read_picoseconds,
    repair,
    room,
    unsigned,
    write_epoch,
    write_satellite,
)
from armillary.jit import njit

__all__ = ["BAD_ARC", "BAD_EPOCH", "BAD_EVENT", "CUT_OFF", "EPOCH_CAPACITY", "LINES_SHIFTED", "NOT_STARTED", "decode"]

BAD_ARC, BAD_EPOCH, LINES_SHIFTED, NOT_STARTED, CUT_OFF, BAD_EVENT = 1, 2, 3, 4, 5, 6
"""Why something was lost."""

EPOCH_CAPACITY = 4096
"""An epoch line has at most 41 + 3 x 999 characters."""


@njit
def _satellites(text, first, n, types, slots, fresh, seen, stamp):
    """Fills the state row of each satellite listed and whether it was absent in the epoch before (``seen`` lacks ``stamp`` - 1).

    False when a name is none, is unknown to the header or stands twice.
    """
    if first + 3 * n > text.size:
        return False
    for k in range(n):
        letter = text[first + 3 * k]
        number = unsigned(text, first + 3 * k + 1, first + 3 * k + 3)
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
        n = unsigned(data, at + 3, at + 6)
        if n < 0 or n > widest or letter < 65 or letter > 90:
            return False
        types[letter] = n
        return True
    n = unsigned(data, at, at + 6)
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
        end = line_end(data, at)
        good = _types_line(data, at, end, version, types, label, widest)
        out = room(out, o, end - at + 1)
        begin = o
        for i in range(at, end):
            out[o] = data[i]
            o += 1
        o = feed_line(out, begin, o)
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
    got = read_arcs(data, at, depth[0, :1], order[0, :1], diff[0, :1], 10 ** (decimals + 2) - 1)
    if got < 0:
        for i in range(at, line_end(data, at)):
            if data[i] == SPACE:  # a satellite's line
                return out, o, at, line, n_losses, LINES_SHIFTED
        depth[0, 0] = BROKEN
        n_losses = _lose(losses, n_losses, line, line, BAD_ARC, 0)
        pico[:] = SPACE
        at = line_end(data, at)
    else:
        end = read_picoseconds(data, got, pico)
        if end < 0:
            return out, o, at, line, n_losses, LINES_SHIFTED
        at = end
    at += 1
    line += 1
    out = room(out, o, 200 + 6 * n_sats)
    o = write_epoch(out, o, text, version, n_sats, depth[0, 0] >= 0, diff[0, 0, 0], pico)
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
        got = read_arcs(data, at, depth[row, :n], order[row], diff[row], LARGEST_OBSERVATION)
        if got < 0:
            depth[row, -1 - got : n] = BROKEN
            flags[row] = SPACE
            n_losses = _lose(losses, n_losses, line, line, BAD_ARC, row)
            at = line_end(data, at)
        else:
            at = read_flags(data, got, flags[row, : 2 * n])
        at += 1
        line += 1
        out = room(out, o, 17 * n + 8)
        if version == 3:
            for i in range(3):
                out[o + i] = text[41 + 3 * k + i]
            o += 3
        o = write_satellite(out, o, n, version, depth[row], diff[row], flags[row])
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
            at = line_end(data, at) + 1
            line += 1
            continue
        if data[at] == FEED and _only_blank(data, at, stop):
            break
        end = line_end(data, at)
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
            size = repair(text, 0, data, at, end)
            text[0] = GREATER if version == 3 else SPACE
        else:
            size = repair(text, size, data, at, end)
        flag = text[28 + shift]
        n_sats = unsigned(text, 29 + shift, 32 + shift)
        if starts and size >= 0 and 50 <= flag <= 54 and n_sats >= 0:
            if lost_why:
                n_losses = _lose(losses, n_losses, lost_from, line - 1, lost_why, -1)
                lost_why = 0
            mark = o
            out = room(out, o, 160)
            for i in range(80):
                out[o + i] = text[i]
            o = feed_line(out, mark, o + 80)
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
        key = epoch_key(text, shift)
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
