"""Integer least squares on floats: the two integer vectors nearest to a float one in the metric of its covariance.

LAMBDA (Teunissen 1995) with the reduction and the shrinking search of MLAMBDA (Chang, Yang and Zhou 2005): the covariance is factored as L' D L with
L unit lower triangular, decorrelated by integer transformations, and searched depth first in an ellipsoid that shrinks to the second best.
"""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit

_MOST_STEPS = 200_000
"""Of the search: a covariance that needs more says nothing about integers."""


@njit(cache=True, nogil=True)
def factor(q, n, low, d):
    """q[:n, :n] = L' D L. False where q is not positive definite; ``q`` is overwritten."""
    for i in range(n - 1, -1, -1):
        if not q[i, i] > 0.0:
            return False
        d[i] = q[i, i]
        for j in range(i + 1):
            low[i, j] = q[i, j] / d[i]
        for j in range(i):
            for k in range(j + 1):
                q[j, k] -= low[i, k] * low[i, j] * d[i]
    return True


@njit(cache=True, nogil=True)
def _round_row(low, z, n, i, j):
    """Subtract from column j the whole part that row i has of it, in L and in the transformation."""
    whole = math.floor(low[i, j] + 0.5)
    if whole != 0.0:
        for k in range(i, n):
            low[k, j] -= whole * low[k, i]
        for k in range(n):
            z[k, j] -= whole * z[k, i]


@njit(cache=True, nogil=True)
def reduce(low, d, z, n):
    """Decorrelate: z (the identity before) becomes the integer transformation, a_new = z' a."""
    j = n - 2
    last = n - 2
    while j >= 0:
        if j <= last:
            for i in range(j + 1, n):
                _round_row(low, z, n, i, j)
        delta = d[j] + low[j + 1, j] ** 2 * d[j + 1]
        if delta + 1e-12 < d[j + 1]:
            eta, lam = d[j] / delta, d[j + 1] * low[j + 1, j] / delta
            d[j] = eta * d[j + 1]
            d[j + 1] = delta
            for k in range(j):
                first, second = low[j, k], low[j + 1, k]
                low[j, k] = -low[j + 1, j] * first + second
                low[j + 1, k] = eta * first + lam * second
            low[j + 1, j] = lam
            for k in range(j + 2, n):
                low[k, j], low[k, j + 1] = low[k, j + 1], low[k, j]
            for k in range(n):
                z[k, j], z[k, j + 1] = z[k, j + 1], z[k, j]
            last = j
            j = n - 2
        else:
            j -= 1


@njit(cache=True, nogil=True)
def search(low, d, a, n, best, distance):
    """The two integer vectors nearest to ``a`` into best[2, n], their squared distances into distance[2]. False where the search was given up."""
    s = np.zeros((n, n))
    conditional, integer, step, partial = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    found = 0
    worst = 1e300
    k = n - 1
    conditional[k] = a[k]
    integer[k] = math.floor(a[k] + 0.5)
    y = a[k] - integer[k]
    step[k] = 1.0 if y >= 0.0 else -1.0
    for _ in range(_MOST_STEPS):
        total = partial[k] + y * y / d[k]
        if total < worst:
            if k != 0:
                k -= 1
                partial[k] = total
                for i in range(k + 1):
                    s[k, i] = s[k + 1, i] + (integer[k + 1] - conditional[k + 1]) * low[k + 1, i]
                conditional[k] = a[k] + s[k, k]
                integer[k] = math.floor(conditional[k] + 0.5)
                y = conditional[k] - integer[k]
                step[k] = 1.0 if y >= 0.0 else -1.0
                continue
            if found < 2:
                at = found
                found += 1
            else:
                at = 0 if distance[0] > distance[1] else 1
            distance[at] = total
            for i in range(n):
                best[at, i] = integer[i]
            if found == 2:
                worst = max(distance[0], distance[1])
        else:
            if k == n - 1:
                if found == 2 and distance[0] > distance[1]:
                    distance[0], distance[1] = distance[1], distance[0]
                    for i in range(n):
                        best[0, i], best[1, i] = best[1, i], best[0, i]
                return found == 2
            k += 1
        integer[k] += step[k]
        y = conditional[k] - integer[k]
        step[k] = -step[k] - (1.0 if step[k] > 0.0 else -1.0)
    return False


@njit(cache=True, nogil=True)
def nearest(a, q, n, best, distance):
    """The two integer vectors nearest to a[:n] in the metric of the covariance q[:n, :n], best[2, n], with squared distances; False for none."""
    low, d, work = np.zeros((n, n)), np.zeros(n), q[:n, :n].copy()
    if not factor(work, n, low, d):
        return False
    z = np.eye(n)
    reduce(low, d, z, n)
    turned, found = np.zeros(n), np.zeros((2, n))
    for j in range(n):
        total = 0.0
        for i in range(n):
            total += z[i, j] * a[i]
        turned[j] = total
    if not search(low, d, turned, n, found, distance):
        return False
    # back: z' a = found, solved by elimination (z is unimodular, so the answer is whole)
    m = z.T.copy()
    for c in range(2):
        x, right = m.copy(), found[c].copy()
        for i in range(n):
            pivot = i
            for r in range(i + 1, n):
                if abs(x[r, i]) > abs(x[pivot, i]):
                    pivot = r
            if pivot != i:
                for k in range(n):
                    x[i, k], x[pivot, k] = x[pivot, k], x[i, k]
                right[i], right[pivot] = right[pivot], right[i]
            for r in range(i + 1, n):
                factor_of = x[r, i] / x[i, i]
                if factor_of != 0.0:
                    for k in range(i, n):
                        x[r, k] -= factor_of * x[i, k]
                    right[r] -= factor_of * right[i]
        for i in range(n - 1, -1, -1):
            total = right[i]
            for k in range(i + 1, n):
                total -= x[i, k] * best[c, k]
            best[c, i] = math.floor(total / x[i, i] + 0.5)
    return True
