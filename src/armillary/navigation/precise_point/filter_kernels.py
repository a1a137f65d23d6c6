"""Sequential filter of precise point positioning on floats, and the combination of a forward and a backward pass.

State: position east, north, up (0-2), zenith wet delay (3), gradients north and east (4, 5), receiver clock (6), offset of every further
clock group (7 ...), then an ambiguity for every satellite in work, in any order: one that ends is replaced by the last, so that loops run over
neighbours in memory. All in metres. The model of a row is z = partial . (state 0-5) + clock + offset of its group + ambiguity (phase only).
"""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.precise_point.fixing_kernels import candidates, fix

TROPOSPHERE, CLOCK, FIRST_OFFSET = 3, 6, 7
"""Where states stand."""
UNUSED, USED, CODE_ONLY, PHASE_ONLY, REJECTED = 0, 1, 2, 3, 4
"""What became of a row."""
_CLOCK_SIGMA_M = 300.0
_OFFSET_SIGMA_M = 300.0
"""Codes give a first value to some metres; a larger sigma would cost digits of the covariance."""
_AMBIGUITY_SIGMA_M = 100.0
_LEAST_SHARE = 0.1
"""A residual with less redundancy than this share of its variance says nothing about itself."""
_MOST_ATTEMPTS = 25


@njit(cache=True, nogil=True)
def _median(values, n):
    """The middle one of the first n values, which are sorted in place."""
    if n == 0:
        return np.nan
    part = np.sort(values[:n])
    return part[n // 2] if n % 2 else 0.5 * (part[n // 2 - 1] + part[n // 2])


@njit(cache=True, nogil=True)
def _forget(x, p, n, i, value, variance):
    """Give state ``i`` a new value that owes nothing to any other."""
    for j in range(n):
        p[i, j] = 0.0
        p[j, i] = 0.0
    x[i] = value
    p[i, i] = variance


@njit(cache=True, nogil=True)
def _remove(x, p, n, i, owner, slot):
    """Take the ambiguity at ``i`` out; the last one takes its place. Returns the number of states left."""
    last = n - 1
    slot[owner[i]] = -1
    if i != last:
        for j in range(n):
            p[i, j] = p[last, j]
        for j in range(n):
            p[j, i] = p[j, last]
        p[i, i] = p[last, last]
        x[i] = x[last]
        owner[i] = owner[last]
        slot[owner[i]] = i
    return last


@njit(cache=True, nogil=True, fastmath=True)
def _update(x, p, n, index, h, count, z, variance, ph):
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
def _design(partial, r, group, slot, with_phase, index, h):
    """Fill the states a row depends on and their factors; returns how many."""
    for k in range(6):
        index[k] = k
        h[k] = partial[r, k]
    index[6], h[6] = CLOCK, 1.0
    count = 7
    if group > 0:
        index[count], h[count] = FIRST_OFFSET + group - 1, 1.0
        count += 1
    if with_phase:
        index[count], h[count] = slot, 1.0
        count += 1
    return count


@njit(cache=True, nogil=True)
def _residual(x, p, index, h, count, z, variance):
    """What is left of an observation after the update, over its standard deviation."""
    v, taken = z, 0.0
    for k in range(count):
        v -= h[k] * x[index[k]]
        for m in range(count):
            taken += h[k] * h[m] * p[index[k], index[m]]
    return v, v / math.sqrt(max(variance - taken, _LEAST_SHARE * variance))


@njit(cache=True, nogil=True)
def _predict(x, p, n, n_groups, dt, settings):
    """The states after ``dt`` seconds: walks grow, the clock and a moving position are forgotten."""
    position_sigma, position_walk, zenith_walk, gradient_walk, offset_walk = settings[0], settings[1], settings[2], settings[3], settings[4]
    if position_walk < 0.0:
        for i in range(3):
            _forget(x, p, n, i, 0.0, position_sigma * position_sigma)
    else:
        for i in range(3):
            p[i, i] += position_walk * position_walk * dt
    p[3, 3] += zenith_walk * zenith_walk * dt
    p[4, 4] += gradient_walk * gradient_walk * dt
    p[5, 5] += gradient_walk * gradient_walk * dt
    for g in range(1, n_groups):
        p[FIRST_OFFSET + g - 1, FIRST_OFFSET + g - 1] += offset_walk * offset_walk * dt
    for i in range(6 + n_groups, n):
        p[i, i] += settings[7] * settings[7] * dt


@njit(cache=True, nogil=True)
def _first_clocks(x, p, n, n_groups, begin, end, usable, group, z_code, z_phase, slot, satellite_of, known, work):
    """A first value of the clock, and of the offset of every group that has none yet, from medians of what is observed."""
    # the clock from the group that is known and has most rows
    best, most = -1, 0
    for g in range(n_groups):
        if g > 0 and not known[g] and known[0]:
            continue
        count = 0
        for r in range(begin, end):
            if usable[r] and group[r] == g and not math.isnan(z_code[r]):
                count += 1
        if count > most:
            best, most = g, count
    if best < 0:
        return
    count = 0
    for r in range(begin, end):
        if usable[r] and group[r] == best and not math.isnan(z_code[r]):
            work[count] = z_code[r]
            count += 1
    offset = x[FIRST_OFFSET + best - 1] if best > 0 else 0.0
    clock = _median(work, count) - offset
    _forget(x, p, n, CLOCK, clock, _CLOCK_SIGMA_M * _CLOCK_SIGMA_M)
    known[0] = True
    for g in range(1, n_groups):
        if known[g]:
            continue
        count = 0
        for r in range(begin, end):
            if usable[r] and group[r] == g and not math.isnan(z_code[r]):
                work[count] = z_code[r] - clock
                count += 1
        if count > 0:
            _forget(x, p, n, FIRST_OFFSET + g - 1, _median(work, count), _OFFSET_SIGMA_M * _OFFSET_SIGMA_M)
            known[g] = True


@njit(cache=True, nogil=True)
def run(
    order,
    time_s,
    offsets,
    usable,
    satellite_of,
    group,
    arc,
    z_code,
    z_phase,
    variance_code,
    variance_phase,
    partial,
    n_groups,
    settings,
    gap_s,
    limit,
    free_resets,
    solution,
    covariance,
    status,
    residual,
    final_arc,
    count_used,
    kept_x,
    kept_p,
    kept_n,
    kept_arc,
    mode,
    smoothed,
    smoothed_covariance,
    wide,
    integer_group,
    narrow,
    share,
    wide_step,
    fixed,
    fixed_covariance,
    fixed_count,
):
    """Filter the epochs that ``order`` lists.

    order: int64[m] epochs, forward or backward; settings: sigma of position (m), its walk (m per square root of s; negative: forgotten at every
    epoch), walks of zenith delay, gradients and group offsets, sigmas of the first zenith delay and gradients, walk of ambiguities. ``limit``:
    normalised residual beyond which a code is left out, a phase gets a new ambiguity (where ``free_resets``) and is then left out.
    solution: float64[n_epochs, base], covariance: float64[n_epochs, base, base], base = 6 + n_groups; status: uint8[n_rows]; residual:
    float64[n_rows, 2]; final_arc: int32[n_rows], the arc that each phase was used in; count_used: int32[n_epochs], satellites with phase.
    mode 1 keeps every state after its epoch in kept_*; mode 2 (a pass in the other direction) combines what is kept with its own prediction,
    which knows the other side of the epoch only, into ``smoothed``.
    wide: float64[n_rows] wide lanes in cycles; integer_group: int64[n_sats], satellites whose ambiguities differ by integers (-1: none), with their
    narrow lanes and shares of the wide lane (:mod:`armillary.navigation.precise_point.fixing_kernels`); wide_step: independent codes per epoch;
    fixed: states with integers held, fixed_count: int32[n_epochs] how many. Returns the number of arcs.
    """
    base = 6 + n_groups
    most = kept_x.shape[1] if mode > 0 else 0
    n_sats = 0
    widest = 0
    next_arc = 0
    for r in range(len(satellite_of)):
        n_sats = max(n_sats, satellite_of[r] + 1)
        next_arc = max(next_arc, arc[r] + 1)
    for e in range(len(offsets) - 1):
        widest = max(widest, offsets[e + 1] - offsets[e])
    size = base + n_sats
    x, p = np.zeros(size), np.zeros((size, size))
    x_before, p_before = np.zeros(size), np.zeros((size, size))
    ph, work = np.zeros(size), np.zeros(max(widest, 1))
    index, h = np.zeros(10, np.int64), np.zeros(10)
    slot = np.full(max(n_sats, 1), -1, np.int64)
    owner = np.full(size, -1, np.int64)
    arc_of, own_arc = np.full(max(n_sats, 1), -1, np.int64), np.full(max(n_sats, 1), -1, np.int64)
    seen_s = np.zeros(max(n_sats, 1))
    wide_sum, wide_weight = np.zeros(max(n_sats, 1)), np.zeros(max(n_sats, 1))
    any_integer = False
    for s in range(n_sats):
        any_integer = any_integer or integer_group[s] >= 0
    to, ref = np.zeros(max(n_sats, 1), np.int64), np.zeros(max(n_sats, 1), np.int64)
    scale, lanes, between = np.zeros(max(n_sats, 1)), np.zeros(max(n_sats, 1)), np.zeros((max(n_sats, 1), max(n_sats, 1)))
    known = np.zeros(n_groups, np.bool_)
    with_code, with_phase = np.zeros(max(widest, 1), np.bool_), np.zeros(max(widest, 1), np.bool_)
    was_reset = np.zeros(max(widest, 1), np.bool_)
    selected_f, selected_b = np.zeros(size, np.int64), np.zeros(size, np.int64)
    n = base
    for i in range(3):
        p[i, i] = settings[0] * settings[0]
    p[3, 3] = settings[5] * settings[5]
    p[4, 4] = p[5, 5] = settings[6] * settings[6]
    before_s = math.nan
    for q in range(len(order)):
        e = order[q]
        begin, end = offsets[e], offsets[e + 1]
        dt = 0.0 if math.isnan(before_s) else abs(time_s[e] - before_s)
        before_s = time_s[e]
        _predict(x, p, n, n_groups, dt, settings)
        i = base
        while i < n:
            if abs(time_s[e] - seen_s[owner[i]]) > gap_s:
                n = _remove(x, p, n, i, owner, slot)
            else:
                i += 1
        _first_clocks(x, p, n, n_groups, begin, end, usable, group, z_code, z_phase, slot, satellite_of, known, work)
        if mode == 2 and kept_n[e] > 0:
            _combine(
                *(x, p, n, n_groups, owner, own_arc, settings[1] >= 0.0),
                *(kept_x[e], kept_p[e], kept_n[e], kept_arc[e], selected_f, selected_b, smoothed[e], smoothed_covariance[e]),
            )
        if not known[0]:
            continue
        for r in range(begin, end):
            s = satellite_of[r]
            good = usable[r] and not math.isnan(partial[r, 0]) and (group[r] == 0 or known[group[r]])
            with_code[r - begin] = good and not math.isnan(z_code[r])
            with_phase[r - begin] = good and not math.isnan(z_phase[r]) and arc[r] >= 0
            was_reset[r - begin] = False
            if not with_phase[r - begin]:
                continue
            fresh = slot[s] < 0
            if fresh:
                slot[s] = n
                owner[n] = s
                n += 1
            if fresh or arc_of[s] != arc[r]:
                own_arc[s] = arc[r]
                arc_of[s] = arc[r]
                wide_sum[s] = wide_weight[s] = 0.0
                first = z_phase[r] - z_code[r] if with_code[r - begin] else z_phase[r] - x[CLOCK]
                _forget(x, p, n, slot[s], first, _AMBIGUITY_SIGMA_M * _AMBIGUITY_SIGMA_M)
            seen_s[s] = time_s[e]
        x_before[:n] = x[:n]
        p_before[:n, :n] = p[:n, :n]
        for attempt in range(_MOST_ATTEMPTS):
            for kind in range(2):
                for r in range(begin, end):
                    if kind == 0 and with_code[r - begin]:
                        count = _design(partial, r, group[r], 0, False, index, h)
                        _update(x, p, n, index, h, count, z_code[r], variance_code[r], ph)
                    elif kind == 1 and with_phase[r - begin]:
                        count = _design(partial, r, group[r], slot[satellite_of[r]], True, index, h)
                        _update(x, p, n, index, h, count, z_phase[r], variance_phase[r], ph)
            worst, worst_row, worst_kind = limit, -1, 0
            for r in range(begin, end):
                if with_code[r - begin]:
                    count = _design(partial, r, group[r], 0, False, index, h)
                    residual[r, 0], w = _residual(x, p, index, h, count, z_code[r], variance_code[r])
                    if abs(w) > worst:
                        worst, worst_row, worst_kind = abs(w), r, 0
                if with_phase[r - begin]:
                    count = _design(partial, r, group[r], slot[satellite_of[r]], True, index, h)
                    residual[r, 1], w = _residual(x, p, index, h, count, z_phase[r], variance_phase[r])
                    if abs(w) > worst:
                        worst, worst_row, worst_kind = abs(w), r, 1
            if worst_row < 0 or attempt == _MOST_ATTEMPTS - 1:
                break
            x[:n] = x_before[:n]
            p[:n, :n] = p_before[:n, :n]
            k = worst_row - begin
            s = satellite_of[worst_row]
            if worst_kind == 0:
                with_code[k] = False
            elif free_resets and not was_reset[k]:
                was_reset[k] = True
                own_arc[s] = next_arc
                next_arc += 1
                wide_sum[s] = wide_weight[s] = 0.0
                first = z_phase[worst_row] - z_code[worst_row] if with_code[k] else z_phase[worst_row] - x[CLOCK]
                _forget(x, p, n, slot[s], first, _AMBIGUITY_SIGMA_M * _AMBIGUITY_SIGMA_M)
                x_before[slot[s]] = x[slot[s]]
                p_before[:n, :n] = p[:n, :n]
            else:
                with_phase[k] = False
        phases = codes = 0
        for r in range(begin, end):
            k = r - begin
            if not with_code[k]:
                residual[r, 0] = np.nan
            if not with_phase[k]:
                residual[r, 1] = np.nan
            else:
                final_arc[r] = own_arc[satellite_of[r]]
            codes += with_code[k]
            phases += with_phase[k]
            if with_code[k]:
                status[r] = USED if with_phase[k] else CODE_ONLY
            else:
                status[r] = PHASE_ONLY if with_phase[k] else (REJECTED if usable[r] else UNUSED)
        count_used[e] = phases
        if phases + codes == 0:
            continue
        if any_integer:
            for r in range(begin, end):
                s = satellite_of[r]
                if with_phase[r - begin] and integer_group[s] >= 0 and not math.isnan(wide[r]):
                    weight = wide_step * partial[r, 2] * partial[r, 2]
                    wide_sum[s] += weight * wide[r]
                    wide_weight[s] += weight
            count = candidates(
                *(begin, end, with_phase, satellite_of, partial, slot, integer_group, narrow, share),
                *(wide_sum, wide_weight, x, p, to, ref, scale, lanes, between),
            )
            fixed_count[e], _ = fix(x, p, base, count, to, ref, scale, lanes, between, fixed[e], fixed_covariance[e])
        for i in range(base):
            solution[e, i] = x[i]
            for j in range(base):
                covariance[e, i, j] = p[i, j]
        if mode == 1 and n <= most:
            kept_n[e] = n
            for i in range(n):
                kept_x[e, i] = x[i]
                kept_arc[e, i] = own_arc[owner[i]] if i >= base else -1
                for j in range(n):
                    kept_p[e, i, j] = p[i, j]
    return next_arc


@njit(cache=True, nogil=True)
def _combine(x, p, n, n_groups, owner, own_arc, still, fx, fp, fn, farc, of_f, of_b, smoothed, smoothed_covariance):
    """States after an epoch in one direction with what the other direction knows before it: only states that last are in both.

    Of the sum of both covariances the Cholesky factor L gives y = L^-1 (difference) and W = L^-1 (covariance of common with wanted states).
    """
    base = 6 + n_groups
    m = 0
    if still:
        for i in range(3):
            of_f[m] = of_b[m] = i
            m += 1
    for i in range(3, base):
        if i != CLOCK:
            of_f[m] = of_b[m] = i
            m += 1
    for i in range(base, fn):
        for j in range(base, n):
            if own_arc[owner[j]] == farc[i]:
                of_f[m], of_b[m] = i, j
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
