"""The adaptive Lempel-Ziv coding of Unix compress (.Z): codes of 9 to 16 bits, least significant bit first.

Layout: 1F 9D, a byte with the largest code width in bits 0-4 and "table may be cleared" in bit 7, then codes in groups of eight.
When the width changes or the table is cleared, the rest of the group is padding. Source: compress(1) of BSD, public description.
"""

from __future__ import annotations

import numpy as np

from armillary.jit import njit

__all__ = ["uncompress"]


@njit(cache=True, nogil=True)
def uncompress(data, out, limit):
    """(bytes decoded, 0 or 1 when the data is damaged). With an empty ``out`` only counts, up to just past ``limit``."""
    if data.size < 3:
        return 0, 1
    widest = data[2] & 0x1F
    clears = (data[2] & 0x80) != 0
    if widest < 9 or widest > 16:
        return 0, 1
    prefix = np.zeros(1 << 16, np.int32)
    suffix = np.zeros(1 << 16, np.uint8)
    length = np.ones(1 << 16, np.int64)
    first = np.zeros(1 << 16, np.uint8)
    for i in range(256):
        suffix[i] = i
        first[i] = i
    filling = out.size > 0
    free = 257 if clears else 256
    width = 9
    top = 511
    bit = 24
    group = 24
    n_bits = data.size * 8
    previous = -1
    done = 0
    while True:
        if free > top and width < widest:
            bit = _next_group(bit, group, width)
            group = bit
            width += 1
            top = (1 << width) - 1
        if bit + width > n_bits:
            return done, 0
        code = 0
        byte = bit >> 3
        for k in range(3):
            if byte + k < data.size:
                code |= np.int64(data[byte + k]) << (8 * k)
        code = (code >> (bit & 7)) & ((1 << width) - 1)
        bit += width
        if previous < 0:
            if code > 255:
                return done, 1
            if filling:
                out[done] = code
            done += 1
            previous = code
            continue
        if clears and code == 256:
            # The first code after a clearing makes no entry: entry 256 is a dummy that nothing can name.
            free = 256
            bit = _next_group(bit, group, width)
            group = bit
            width = 9
            top = 511
            continue
        if code > free or (code == free and free >= (1 << widest)):
            return done, 1
        size = length[code] if code < free else length[previous] + 1
        if filling:
            at = done + size - 1
            walk = code
            if code == free:
                out[at] = first[previous]
                at -= 1
                walk = previous
            while at >= done:
                out[at] = suffix[walk]
                walk = prefix[walk]
                at -= 1
        if free < (1 << widest):
            prefix[free] = previous
            suffix[free] = first[code] if code < free else first[previous]
            first[free] = first[previous]
            length[free] = length[previous] + 1
            free += 1
        previous = code
        done += size
        if done > limit:
            return done, 0


@njit(cache=True)
def _next_group(bit, group, width):
    used = bit - group
    step = width * 8
    return group + ((used + step - 1) // step) * step
