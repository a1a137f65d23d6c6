"""Satellite lines of RINEX observation text into columns: F14.3 values and their two digits."""

from __future__ import annotations

import numpy as np

from armillary.io.rinex_obs_kernels import AT, BAD_VALUE, DUPLICATE, FIRST_ROW, MOST_LOSSES, N_ROWS, ROW_LINE, SAT, SIZE, add_loss
from armillary.io.rinex_text_kernels import TEN, decimal, end_of_line, trimmed
from armillary.jit import njit


@njit(cache=True, nogil=True)
def fill(data, records, rows, layout, codes, factors, base, epoch0, offsets, values, digits, sats, values_base):
    """Parses the rows of consecutive epochs into columns; returns losses int64[k, 3].

    ``layout``: prefix columns of a satellite line and fields per line. ``codes``: int64[n_systems, width], the column of each field in the
    system's block, -1 for a field to skip, -2 past the last. ``factors``: float64, same shape. ``base``: int64[128], the system index of a
    letter. ``offsets``: int64[n_systems, n_epochs + 1], of which columns ``epoch0 + 1`` on are written. ``values``: flat float64, the block
    of a system begins at ``values_base[s, 0]`` with ``values_base[s, 1]`` rows to a code; ``digits``: uint8[2, ...] of the same layout;
    ``sats``: int16, rows of a system begin at ``values_base[s, 2]``.
    """
    prefix, per_line = layout[0], layout[1]
    losses = np.empty((MOST_LOSSES, 3), np.int64)
    n_losses = 0
    order = np.empty(64, np.int64)
    width = codes.shape[1]
    for e in range(records.shape[0]):
        first = records[e, FIRST_ROW]
        count = records[e, N_ROWS]
        if count > order.size:
            order = np.empty(2 * count, np.int64)
        for i in range(count):
            sat = rows[first + i, SAT]
            j = i
            while j > 0 and rows[order[j - 1], SAT] > sat:
                order[j] = order[j - 1]
                j -= 1
            order[j] = first + i
        for s in range(offsets.shape[0]):
            offsets[s, epoch0 + e + 1] = offsets[s, epoch0 + e]
        previous = 0
        for i in range(count):
            r = order[i]
            sat = rows[r, SAT]
            line = rows[r, ROW_LINE]
            if sat == previous:
                n_losses = add_loss(losses, n_losses, line, line, DUPLICATE)
                continue
            previous = sat
            s = base[sat // 100]
            if s < 0:
                continue
            row = offsets[s, epoch0 + e + 1]
            offsets[s, epoch0 + e + 1] = row + 1
            sats[values_base[s, 2] + row] = sat
            start = values_base[s, 0] + row
            stride = values_base[s, 1]
            at = rows[r, AT]
            last = at + rows[r, SIZE]
            end = last
            if per_line < width:
                end = end_of_line(data, at)
                end = trimmed(data, at, end if end < last else last)
            field = at + prefix
            of_line = 0
            for k in range(width):
                column = codes[s, k]
                if column == -2:
                    break
                if of_line == per_line:
                    at = end_of_line(data, at) + 1
                    if at >= last:
                        break
                    end = end_of_line(data, at)
                    end = trimmed(data, at, end if end < last else last)
                    field = at
                    of_line = 0
                    line += 1
                of_line += 1
                if field < end and column >= 0:
                    at_value = start + column * stride
                    status, mantissa, decimals = fixed(data, field, end)
                    if status == 2:
                        n_losses = add_loss(losses, n_losses, line, line, BAD_VALUE)
                    elif mantissa != 0:
                        values[at_value] = mantissa / (TEN[decimals] * factors[s, k])
                    for d in range(2):
                        if field + 14 + d < end:
                            c = data[field + 14 + d]
                            if 48 <= c <= 57:
                                digits[d, at_value] = c - 48
                            elif c != 32:
                                n_losses = add_loss(losses, n_losses, line, line, BAD_VALUE)
                elif field >= end and per_line >= width:
                    break
                field += 16
    return losses[:n_losses]


@njit(cache=True, inline="always")
def fixed(data, at, end):
    """(status, mantissa, decimals) of an F14.3 field; the usual form by the short way, and damaged where the line ends inside it."""
    if at + 14 <= end and data[at + 10] == 46:
        mantissa = np.int64(0)
        i = at
        while i < at + 10 and data[i] == 32:
            i += 1
        negative = i < at + 10 and data[i] == 45
        if negative:
            i += 1
        good = True
        while i < at + 10:
            c = np.int64(data[i]) - 48
            good = good and 0 <= c <= 9
            mantissa = mantissa * 10 + c
            i += 1
        for j in range(11, 14):
            c = np.int64(data[at + j]) - 48
            good = good and 0 <= c <= 9
            mantissa = mantissa * 10 + c
        if good:
            return 0, -mantissa if negative else mantissa, 3
    status, mantissa, decimals = decimal(data, at, at + 14, end)
    if status == 0 and ((at + 14 > end and decimals != 3) or decimals == 0):
        return 2, np.int64(0), 0
    return status, mantissa, decimals
