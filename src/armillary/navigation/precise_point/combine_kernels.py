"""Two passes of the filter in opposite directions become one answer, on floats."""

from __future__ import annotations

import numpy as np

from armillary.jit import njit
from armillary.navigation.precise_point.condition_kernels import condition
from armillary.navigation.precise_point.state_kernels import CLOCK, FIRST_OFFSET

_UNKNOWN_M2 = 1e8
"""No offset of a clock group that was seen is known so badly."""


@njit(cache=True, nogil=True)
def combine(x, p, n, n_groups, size, owner, own_arc, still, fx, fp, fn, farc, smoothed, smoothed_covariance):
    """States after an epoch in one direction with what the other direction knows before it: only states that last are in both.

    What the other direction knows is the condition that the states in both differ by nothing, known as badly as both covariances together say.
    """
    base = 6 + n_groups
    of_f, of_b = np.zeros(n + base, np.int64), np.zeros(n + base, np.int64)
    m = 0
    if still:
        for i in range(3):
            of_f[m] = of_b[m] = i
            m += 1
    for i in range(3, base):
        if i != CLOCK:
            of_f[m] = of_b[m] = i
            m += 1
    for i in range(base, fn, size):
        for j in range(base, n, size):
            if own_arc[owner[j]] == farc[i]:
                for k in range(size):
                    of_f[m], of_b[m] = i + k, j + k
                    m += 1
                break
    low = np.zeros((m, m))
    y = np.zeros(m)
    w = np.zeros((m, base))
    for a in range(m):
        for b in range(a + 1):
            low[a, b] = fp[of_f[a], of_f[b]] + p[of_b[a], of_b[b]]
        y[a] = x[of_b[a]] - fx[of_f[a]]
        for i in range(base):
            w[a, i] = fp[of_f[a], i]
    if not condition(fx, fp, base, low, y, w, m, smoothed, smoothed_covariance):
        smoothed[:base] = np.nan
        smoothed_covariance[:base, :base] = np.nan
    for i in range(FIRST_OFFSET, base):
        if smoothed_covariance[i, i] > _UNKNOWN_M2:
            smoothed[i] = np.nan
