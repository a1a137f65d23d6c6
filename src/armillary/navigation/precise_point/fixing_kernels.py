"""Whole ambiguities of one epoch: wide lanes from averaged codes and phases, narrow lanes by integer least squares, and what they do to the states.

Between satellites of one group the receiver's part of every bias cancels: the one highest in the sky is the reference. The ionosphere-free
ambiguity is narrow N1 + share N_wide, with narrow = c / (f1 + f2) and share = c f2 / (f1^2 - f2^2), metres.
"""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.precise_point.condition_kernels import condition
from armillary.navigation.precise_point.integer_kernels import factor, nearest, reduce

_LEAST_SINE = 0.17
"""Satellites below ten degrees do not take part."""
_WIDE_NOISE_CYCLES = 0.6
"""Of one wide lane at the zenith, codes of a minute counted as one."""
_WIDE_SIGMA_CYCLES = 0.12
_WIDE_AWAY_CYCLES = 0.25
_FEWEST = 4
_SUCCESS = 0.99
_RATIO = 2.0
_TRIES = 6


@njit(cache=True, nogil=True)
def success(q, n):
    """Probability that rounding the decorrelated ambiguities one after another gives the true integers."""
    low, d, work, z = np.zeros((n, n)), np.zeros(n), q[:n, :n].copy(), np.eye(n)
    if not factor(work, n, low, d):
        return 0.0
    reduce(low, d, z, n)
    share = 1.0
    for i in range(n):
        share *= math.erf(0.5 / math.sqrt(2.0 * d[i]))
    return share


@njit(cache=True, nogil=True)
def candidates(begin, end, used, satellite_of, partial, slot, integer_group, narrow, share, wide_sum, wide_weight, x, p, first, other, scale, a, q):
    """Differences to the reference of each group whose wide lane is known: states first and other, narrow lanes scale, float
    ambiguities a, their covariance q.

    Returns how many.
    """
    count = 0
    n_groups = 0
    for r in range(begin, end):
        n_groups = max(n_groups, integer_group[satellite_of[r]] + 1)
    for g in range(n_groups):
        best, highest = -1, _LEAST_SINE
        for r in range(begin, end):
            s = satellite_of[r]
            if used[r - begin] and integer_group[s] == g and -partial[r, 2] > highest and _wide_sigma(wide_weight[s]) < _WIDE_SIGMA_CYCLES:
                best, highest = s, -partial[r, 2]
        if best < 0:
            continue
        base = wide_sum[best] / wide_weight[best]
        for r in range(begin, end):
            s = satellite_of[r]
            if s == best or not used[r - begin] or integer_group[s] != g or -partial[r, 2] < _LEAST_SINE:
                continue
            if not _wide_sigma(wide_weight[s]) < _WIDE_SIGMA_CYCLES:
                continue
            wide = wide_sum[s] / wide_weight[s] - base
            whole = math.floor(wide + 0.5)
            if abs(wide - whole) > _WIDE_AWAY_CYCLES:
                continue
            first[count], other[count], scale[count] = slot[s], slot[best], narrow[s]
            a[count] = (x[slot[s]] - x[slot[best]] - share[s] * whole) / narrow[s]
            count += 1
    for i in range(count):
        for j in range(count):
            si, sj = first[i], first[j]
            ri, rj = other[i], other[j]
            q[i, j] = (p[si, sj] - p[si, rj] - p[ri, sj] + p[ri, rj]) / (scale[i] * scale[j])
    return count


@njit(cache=True, nogil=True)
def _wide_sigma(weight):
    return _WIDE_NOISE_CYCLES / math.sqrt(weight) if weight > 0.0 else math.inf


@njit(cache=True, nogil=True)
def fix(x, p, base, count, first, other, scale, a, q, fixed, fixed_covariance):
    """Hold as many differences as can be trusted at their integers; returns how many (0: none) and the ratio of the second to the best.

    Those known worst are left out until the probability of success and the ratio are large enough.
    """
    best, distance = np.zeros((2, max(count, 1))), np.zeros(2)
    ratio = 0.0
    for _ in range(_TRIES):
        if count < _FEWEST:
            return 0, ratio
        good = success(q, count) >= _SUCCESS
        if good and nearest(a, q, count, best, distance):
            ratio = distance[1] / max(distance[0], 1e-12)
            if ratio >= _RATIO:
                if _held(x, p, base, count, first, other, scale, a, q, best[0], fixed, fixed_covariance):
                    return count, ratio
                return 0, ratio
        worst = 0
        for i in range(1, count):
            if q[i, i] > q[worst, worst]:
                worst = i
        count = _leave_out(worst, count, first, other, scale, a, q)
    return 0, ratio


@njit(cache=True, nogil=True)
def _leave_out(k, count, first, other, scale, a, q):
    for i in range(k, count - 1):
        first[i], other[i], scale[i], a[i] = first[i + 1], other[i + 1], scale[i + 1], a[i + 1]
    for i in range(count):
        for j in range(k, count - 1):
            q[i, j] = q[i, j + 1]
    for i in range(k, count - 1):
        for j in range(count):
            q[i, j] = q[i + 1, j]
    return count - 1


@njit(cache=True, nogil=True)
def _held(x, p, base, count, first, other, scale, a, q, whole, fixed, fixed_covariance):
    """States 0 to base - 1 under the condition that the differences are whole."""
    low, y, w = np.zeros((count, count)), np.zeros(count), np.zeros((count, base))
    for i in range(count):
        for j in range(i + 1):
            low[i, j] = q[i, j]
        y[i] = whole[i] - a[i]
        for k in range(base):
            w[i, k] = (p[first[i], k] - p[other[i], k]) / scale[i]
    return condition(x, p, base, low, y, w, count, fixed, fixed_covariance)
