"""Small normal equations: the Cholesky factor in place, and both triangular solutions."""

from __future__ import annotations

import math

from armillary.jit import njit


@njit(cache=True)
def cholesky(a, n):
    """Replace the lower triangle of a[:n, :n] by its Cholesky factor; False when not positive definite."""
    for j in range(n):
        s = a[j, j]
        for p in range(j):
            s -= a[j, p] * a[j, p]
        if not s > 1e-14 * abs(a[j, j]) or not s > 0.0:
            return False
        d = math.sqrt(s)
        a[j, j] = d
        for i in range(j + 1, n):
            t = a[i, j]
            for p in range(j):
                t -= a[i, p] * a[j, p]
            a[i, j] = t / d
    return True


@njit(cache=True)
def forward(factor, n, b):
    """Solve L y = b in place."""
    for i in range(n):
        s = b[i]
        for p in range(i):
            s -= factor[i, p] * b[p]
        b[i] = s / factor[i, i]


@njit(cache=True)
def backward(factor, n, b):
    """Solve L' x = y in place."""
    for i in range(n - 1, -1, -1):
        s = b[i]
        for p in range(i + 1, n):
            s -= factor[p, i] * b[p]
        b[i] = s / factor[i, i]
