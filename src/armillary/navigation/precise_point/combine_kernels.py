"""Two passes of the filter in opposite directions become one answer, on floats."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.precise_point.state_kernels import CLOCK, FIRST_OFFSET

_UNKNOWN_M2 = 1e8
"""No offset of a clock group that was seen is known so badly."""


@njit(cache=True, nogil=True)
def combine(x, p, n, n_groups, size, owner, own_arc, still, fx, fp, fn, farc, smoothed, smoothed_covariance):
    """States after an epoch in one direction with what the other direction knows before it: only states that last are in both.

    Of the sum of both covariances the Cholesky factor L gives y = L^-1 (difference) and W = L^-1 (covariance of common with wanted states).
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
    for a in range(m):
        for b in range(a):
            total = low[a, b]
            for k in range(b):
                total -= low[a, k] * low[b, k]
            low[a, b] = total / low[b, b]
        total = low[a, a]
        for k in range(a):
            total -= low[a, k] * low[a, k]
        low[a, a] = math.sqrt(total) if total > 0.0 else np.nan
    for a in range(m):
        for k in range(a):
            y[a] -= low[a, k] * y[k]
            for i in range(base):
                w[a, i] -= low[a, k] * w[k, i]
        y[a] /= low[a, a]
        for i in range(base):
            w[a, i] /= low[a, a]
    for i in range(base):
        total = fx[i]
        for a in range(m):
            total += w[a, i] * y[a]
        smoothed[i] = total
        for j in range(base):
            total = fp[i, j]
            for a in range(m):
                total -= w[a, i] * w[a, j]
            smoothed_covariance[i, j] = total
    for i in range(FIRST_OFFSET, base):
        if smoothed_covariance[i, i] > _UNKNOWN_M2:
            smoothed[i] = np.nan
