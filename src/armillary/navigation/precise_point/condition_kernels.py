"""States that are normal, under the condition that other combinations of them have given values, on floats."""

from __future__ import annotations

import math

from armillary.jit import njit


@njit(cache=True, nogil=True)
def condition(x, p, base, low, y, w, m, conditioned, covariance):
    """States 0 to ``base`` - 1 of mean ``x`` and covariance ``p`` where ``m`` combinations are known; False where their covariance is not one.

    ``low`` (m, m): covariance of the combinations in its lower triangle, ``y``: known less expected, ``w`` (m, base): covariance of combinations
    with states. With the Cholesky factor L of ``low``, made in place, y becomes L^-1 y and w becomes L^-1 w: states x + w'y with covariance p - w'w.
    """
    for a in range(m):
        for b in range(a):
            total = low[a, b]
            for k in range(b):
                total -= low[a, k] * low[b, k]
            low[a, b] = total / low[b, b]
        total = low[a, a]
        for k in range(a):
            total -= low[a, k] * low[a, k]
        if not total > 0.0:
            return False
        low[a, a] = math.sqrt(total)
    for a in range(m):
        for k in range(a):
            y[a] -= low[a, k] * y[k]
            for i in range(base):
                w[a, i] -= low[a, k] * w[k, i]
        y[a] /= low[a, a]
        for i in range(base):
            w[a, i] /= low[a, a]
    for i in range(base):
        total = x[i]
        for a in range(m):
            total += w[a, i] * y[a]
        conditioned[i] = total
        for j in range(base):
            total = p[i, j]
            for a in range(m):
                total -= w[a, i] * w[a, j]
            covariance[i, j] = total
    return True
