"""States of precise point positioning on floats: what is kept, added, forgotten and updated.

State: position east, north, up (0-2), zenith wet delay (3), gradients north and east (4, 5), receiver clock (6), offset of every further
clock group (7 ...), then a block for every satellite in work, in any order: one that ends is replaced by the last, so that loops run over
neighbours in memory. A block holds one ionosphere-free ambiguity, or the slant ionosphere and the ambiguities of two signals. All in metres.
"""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit

CLOCK, FIRST_OFFSET = 6, 7
"""Where states stand."""
LEAST_SHARE = 0.1
"""A residual with less redundancy than this share of its variance says nothing about itself."""
_CLOCK_SIGMA_M = 300.0
_OFFSET_SIGMA_M = 300.0
"""Codes give a first value to some metres; a larger sigma would cost digits of the covariance."""
AMBIGUITY_SIGMA_M = 100.0
IONOSPHERE_SIGMA_M = 100.0


@njit(cache=True, nogil=True)
def median(values, n):
    """The middle one of the first n values."""
    if n == 0:
        return np.nan
    part = np.sort(values[:n])
    return part[n // 2] if n % 2 else 0.5 * (part[n // 2 - 1] + part[n // 2])


@njit(cache=True, nogil=True)
def forget(x, p, n, i, value, variance):
    """Give state ``i`` a new value that owes nothing to any other."""
    for j in range(n):
        p[i, j] = 0.0
        p[j, i] = 0.0
    x[i] = value
    p[i, i] = variance


@njit(cache=True, nogil=True)
def remove(x, p, n, i, size, owner, slot):
    """Take the block that begins at ``i`` out; the last one takes its place. Returns the number of states left."""
    last = n - size
    slot[owner[i]] = -1
    if i != last:
        for k in range(size):
            for j in range(n):
                p[i + k, j] = p[last + k, j]
        for k in range(size):
            for j in range(n):
                p[j, i + k] = p[j, last + k]
            x[i + k] = x[last + k]
        owner[i] = owner[last]
        slot[owner[i]] = i
    return last


@njit(cache=True, nogil=True, fastmath=True)
def update(x, p, n, index, h, count, z, variance, ph):
    """One observation: z = sum h[k] x[index[k]], with its variance."""
    for i in range(n):
        ph[i] = 0.0
    for k in range(count):
        row, factor = index[k], h[k]
        for i in range(n):
            ph[i] += p[row, i] * factor
    s = variance
    v = z
    for k in range(count):
        s += h[k] * ph[index[k]]
        v -= h[k] * x[index[k]]
    for i in range(n):
        gain = ph[i] / s
        x[i] += gain * v
        for j in range(n):
            p[i, j] -= gain * ph[j]


@njit(cache=True, nogil=True)
def design(partial, r, group, slot, size, kind, delay, index, h):
    """Fill the states that observation ``kind`` of a row depends on and their factors; returns how many.

    size 1: kinds are the ionosphere-free code and phase; size 3: codes and phases of two signals, ``delay`` their ionospheric factors [2].
    """
    for k in range(6):
        index[k] = k
        h[k] = partial[r, k]
    index[6], h[6] = CLOCK, 1.0
    count = 7
    if group > 0:
        index[count], h[count] = FIRST_OFFSET + group - 1, 1.0
        count += 1
    if size == 1:
        if kind == 1:
            index[count], h[count] = slot, 1.0
            count += 1
    else:
        signal = kind % 2
        index[count], h[count] = slot, delay[signal] if kind < 2 else -delay[signal]
        count += 1
        if kind >= 2:
            index[count], h[count] = slot + 1 + signal, 1.0
            count += 1
    return count


@njit(cache=True, nogil=True)
def left(x, p, index, h, count, z, variance):
    """What is left of an observation after the update, and that over its standard deviation."""
    v, taken = z, 0.0
    for k in range(count):
        v -= h[k] * x[index[k]]
        for m in range(count):
            taken += h[k] * h[m] * p[index[k], index[m]]
    return v, v / math.sqrt(max(variance - taken, LEAST_SHARE * variance))


@njit(cache=True, nogil=True)
def predict(x, p, n, n_groups, size, dt, settings):
    """The states after ``dt`` seconds: walks grow, the clock and a moving position are forgotten."""
    if settings[1] < 0.0:
        for i in range(3):
            forget(x, p, n, i, 0.0, settings[0] * settings[0])
    else:
        for i in range(3):
            p[i, i] += settings[1] * settings[1] * dt
    p[3, 3] += settings[2] * settings[2] * dt
    p[4, 4] += settings[3] * settings[3] * dt
    p[5, 5] += settings[3] * settings[3] * dt
    for i in range(FIRST_OFFSET, 6 + n_groups):
        p[i, i] += settings[4] * settings[4] * dt
    for i in range(6 + n_groups, n, size):
        if size == 1:
            p[i, i] += settings[7] * settings[7] * dt
            continue
        p[i, i] += settings[8] * settings[8] * dt
        for j in range(1, 3):  # orbits and clocks are the same for both signals
            for k in range(1, 3):
                p[i + j, i + k] += settings[7] * settings[7] * dt


@njit(cache=True, nogil=True)
def begin(x, p, n, at, size, z, r, codes, clock, delay):
    """First values of the block at ``at`` from the observations of a row; ``codes``: whether its codes may be used."""
    if size == 1:
        value = z[r, 1] - z[r, 0] if codes else z[r, 1] - clock
        forget(x, p, n, at, value, AMBIGUITY_SIGMA_M * AMBIGUITY_SIGMA_M)
        return
    ionosphere = (z[r, 1] - z[r, 0]) / (delay[1] - delay[0]) if codes else 0.0
    forget(x, p, n, at, ionosphere, IONOSPHERE_SIGMA_M * IONOSPHERE_SIGMA_M)
    for j in range(2):
        level = z[r, j] - delay[j] * ionosphere if codes else clock
        forget(x, p, n, at + 1 + j, z[r, 2 + j] + delay[j] * ionosphere - level, AMBIGUITY_SIGMA_M * AMBIGUITY_SIGMA_M)


@njit(cache=True, nogil=True)
def renew(x, p, n, at, size, z, r, codes, clock, delay):
    """New ambiguities for the block at ``at``; its ionosphere stays."""
    if size == 1:
        begin(x, p, n, at, size, z, r, codes, clock, delay)
        return
    for j in range(2):
        level = z[r, j] - delay[j] * x[at] if codes else clock
        forget(x, p, n, at + 1 + j, z[r, 2 + j] + delay[j] * x[at] - level, AMBIGUITY_SIGMA_M * AMBIGUITY_SIGMA_M)


@njit(cache=True, nogil=True)
def first_clocks(x, p, n, n_groups, first, last, usable, group, level, known, work):
    """A first value of the clock, and of the offset of every group that has none yet, from medians of the codes of rows first to last - 1.

    level: float64[n_rows], ionosphere-free codes. A group whose offset is known goes before others. False where there are no codes.
    """
    best, most = -1, 0
    for pass_ in range(2):
        if best >= 0:
            break
        for g in range(n_groups):
            if pass_ == 0 and g > 0 and not known[g] and known[0]:
                continue
            count = 0
            for r in range(first, last):
                if usable[r] and group[r] == g and not math.isnan(level[r]):
                    count += 1
            if count > most:
                best, most = g, count
    if best < 0:
        return False
    count = 0
    for r in range(first, last):
        if usable[r] and group[r] == best and not math.isnan(level[r]):
            work[count] = level[r]
            count += 1
    offset = x[FIRST_OFFSET + best - 1] if best > 0 else 0.0
    clock = median(work, count) - offset
    forget(x, p, n, CLOCK, clock, _CLOCK_SIGMA_M * _CLOCK_SIGMA_M)
    known[0] = True
    for g in range(1, n_groups):
        if known[g]:
            continue
        count = 0
        for r in range(first, last):
            if usable[r] and group[r] == g and not math.isnan(level[r]):
                work[count] = level[r] - clock
                count += 1
        if count > 0:
            forget(x, p, n, FIRST_OFFSET + g - 1, median(work, count), _OFFSET_SIGMA_M * _OFFSET_SIGMA_M)
            known[g] = True
    return True
