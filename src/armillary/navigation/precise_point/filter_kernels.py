"""Sequential filter of precise point positioning on floats (states: :mod:`armillary.navigation.precise_point.state_kernels`)."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.precise_point.combine_kernels import combine
from armillary.navigation.precise_point.fixing_kernels import candidates, fix
from armillary.navigation.precise_point.state_kernels import CLOCK, begin, design, first_clocks, left, predict, remove, renew, update

UNUSED, USED, CODE_ONLY, PHASE_ONLY, REJECTED = 0, 1, 2, 3, 4
"""What became of a row."""
_MOST_ATTEMPTS = 25


@njit(cache=True, nogil=True)
def _process(x, p, n, size, first, last, taken, partial, group, slot, satellite_of, delay, z, variance, index, h, ph):
    """Update the states with all observations of rows first to last - 1 that are taken, codes first."""
    for kind in range(z.shape[1]):
        for r in range(first, last):
            if taken[r - first, kind]:
                s = satellite_of[r]
                count = design(partial, r, group[r], slot[s], size, kind, delay[s], index, h)
                update(x, p, n, index, h, count, z[r, kind], variance[r, kind], ph)


@njit(cache=True, nogil=True)
def _judge(x, p, size, first, last, taken, partial, group, slot, satellite_of, delay, z, variance, index, h, residual, limit):
    """Residuals of all observations that are taken; the row and kind whose normalised residual is the largest beyond the limit (row -1: none)."""
    worst, worst_row, worst_kind = limit, -1, 0
    for r in range(first, last):
        s = satellite_of[r]
        for kind in range(z.shape[1]):
            if not taken[r - first, kind]:
                residual[r, kind] = np.nan
                continue
            count = design(partial, r, group[r], slot[s], size, kind, delay[s], index, h)
            residual[r, kind], w = left(x, p, index, h, count, z[r, kind], variance[r, kind])
            if abs(w) > worst:
                worst, worst_row, worst_kind = abs(w), r, kind
    return worst_row, worst_kind


@njit(cache=True, nogil=True)
def _forget(x, p, n, base, size, owner, slot, seen_s, now_s, gap_s):
    """Remove the states of satellites that were away for too long; gives the number of states left."""
    i = base
    while i < n:
        if abs(now_s - seen_s[owner[i]]) > gap_s:
            n = remove(x, p, n, i, size, owner, slot)
        else:
            i += size
    return n


@njit(cache=True, nogil=True)
def _take(e, rows, given, memory, n, size, taken, was_reset):
    """What is used of an epoch, with states for satellites that are new and phases that begin anew; gives the number of states then."""
    _, time_s, offsets, usable, satellite_of, group, arc, partial = rows
    z, _, _, delay, _ = given
    x, p, slot, owner, arc_of, own_arc, seen_s, known, wide_sum, wide_weight, _ = memory
    first, half = offsets[e], z.shape[1] // 2
    for r in range(first, offsets[e + 1]):
        s, k = satellite_of[r], r - first
        good = usable[r] and not math.isnan(partial[r, 0]) and (group[r] == 0 or known[group[r]])
        phases = good and arc[r] >= 0
        codes = good
        for j in range(half):
            phases = phases and not math.isnan(z[r, half + j])
            codes = codes and not math.isnan(z[r, j])
        fresh = slot[s] < 0
        for j in range(half):
            # an ionosphere that no phase follows would be new at every epoch
            taken[k, j] = codes and (size == 1 or phases or not fresh)
            taken[k, half + j] = phases
        was_reset[k] = False
        if not phases:
            continue
        if fresh:
            slot[s] = n
            owner[n] = s
            n += size
            begin(x, p, n, slot[s], size, z, r, codes, x[CLOCK], delay[s])
        elif arc_of[s] != arc[r]:
            renew(x, p, n, slot[s], size, z, r, codes, x[CLOCK], delay[s])
        if fresh or arc_of[s] != arc[r]:
            own_arc[s] = arc_of[s] = arc[r]
            wide_sum[s] = wide_weight[s] = 0.0
        seen_s[s] = time_s[e]
    return n


@njit(cache=True, nogil=True)
def _settle(e, rows, given, memory, n, size, taken, was_reset, room, residual, limit, free_resets, next_arc):
    """Update the states with an epoch until no residual is beyond the limit; gives the number of the next arc."""
    _, _, offsets, _, satellite_of, group, _, partial = rows
    z, variance, _, delay, _ = given
    x, p, slot, _, _, own_arc, _, _, wide_sum, wide_weight, _ = memory
    x_before, p_before, ph, index, h = room
    first, last, half = offsets[e], offsets[e + 1], z.shape[1] // 2
    x_before[:n] = x[:n]
    p_before[:n, :n] = p[:n, :n]
    for attempt in range(_MOST_ATTEMPTS):
        _process(x, p, n, size, first, last, taken, partial, group, slot, satellite_of, delay, z, variance, index, h, ph)
        row, kind = _judge(x, p, size, first, last, taken, partial, group, slot, satellite_of, delay, z, variance, index, h, residual, limit)
        if row < 0 or attempt == _MOST_ATTEMPTS - 1:
            break
        x[:n] = x_before[:n]
        p[:n, :n] = p_before[:n, :n]
        k, s = row - first, satellite_of[row]
        if kind < half:
            for j in range(half):
                taken[k, j] = False
        elif free_resets and not was_reset[k]:
            was_reset[k] = True
            own_arc[s] = next_arc
            next_arc += 1
            wide_sum[s] = wide_weight[s] = 0.0
            renew(x, p, n, slot[s], size, z, row, taken[k, 0], x[CLOCK], delay[s])
            x_before[:n] = x[:n]
            p_before[:n, :n] = p[:n, :n]
        else:
            for j in range(half):
                taken[k, half + j] = False
    return next_arc


@njit(cache=True, nogil=True)
def _note(e, rows, memory, taken, half, status, final_arc, slant):
    """What became of the rows of an epoch; gives how many phases and codes were used."""
    _, _, offsets, usable, satellite_of, _, _, _ = rows
    x, p, slot, _, _, own_arc, _, _, _, _, _ = memory
    phases = codes = 0
    for r in range(offsets[e], offsets[e + 1]):
        k, s = r - offsets[e], satellite_of[r]
        codes += taken[k, 0]
        phases += taken[k, half]
        if taken[k, half]:
            final_arc[r] = own_arc[s]
            if half > 1:
                slant[r, 0], slant[r, 1] = x[slot[s]], math.sqrt(max(p[slot[s], slot[s]], 0.0))
        if taken[k, 0]:
            status[r] = USED if taken[k, half] else CODE_ONLY
        else:
            status[r] = PHASE_ONLY if taken[k, half] else (REJECTED if usable[r] else UNUSED)
    return phases, codes


@njit(cache=True, nogil=True)
def _hold(e, rows, memory, lanes, base, with_phase, room, fixed, fixed_covariance):
    """States of an epoch with ambiguities held at integers; gives how many."""
    _, _, offsets, _, satellite_of, _, _, partial = rows
    x, p, slot, _, _, _, _, _, wide_sum, wide_weight, _ = memory
    wide, integer_group, narrow, share, wide_step = lanes
    of_one, of_ref, scale, whole, between = room
    first, last = offsets[e], offsets[e + 1]
    for r in range(first, last):
        s = satellite_of[r]
        if with_phase[r - first] and integer_group[s] >= 0 and not math.isnan(wide[r]):
            weight = wide_step * partial[r, 2] * partial[r, 2]
            wide_sum[s] += weight * wide[r]
            wide_weight[s] += weight
    count = candidates(
        *(first, last, with_phase, satellite_of, partial, slot, integer_group, narrow, share),
        *(wide_sum, wide_weight, x, p, of_one, of_ref, scale, whole, between),
    )
    held, _ = fix(x, p, base, count, of_one, of_ref, scale, whole, between, fixed[e], fixed_covariance[e])
    return held


@njit(cache=True, nogil=True)
def run(rows, given, memory, result, kept, lanes, gap_s, limit, free_resets, mode, next_arc):
    """Filter the epochs that ``rows[0]`` lists, forward or backward.

    rows: order int64[m], time_s float64[n_epochs], offsets int64[n_epochs + 1], usable bool[n], satellite_of int32[n], group int64[n], arc int32[n],
    partial float64[n, 6]. given: z float64[n, 2 size'] observations (codes, then phases; 2 or 4), variance alike, level float64[n] ionosphere-free
    codes, delay float64[n_sats, 2] ionospheric factors, settings: sigma of position (m), its walk (m per square root of s; negative: forgotten at
    every epoch), walks of zenith delay, gradients and group offsets, sigmas of the first zenith delay and gradients, walks of ambiguities and of
    slant ionospheres. memory: what the filter knows between epochs (:class:`armillary.navigation.precise_point.memory.Memory`).
    result: solution float64[n_epochs, base], covariance float64[n_epochs, base, base], base = 6 + number of groups; status uint8[n]; residual as z;
    final_arc int32[n], the arc that each phase was used in; count_used int32[n_epochs], satellites with phase; slant float64[n, 2] ionosphere and its
    standard deviation; fixed and fixed_covariance: states with integers held, fixed_count int32[n_epochs] how many.
    lanes: wide float64[n] cycles, integer_group int64[n_sats] (-1: none), narrow and share (:mod:`.fixing_kernels`), independent codes per epoch.
    ``limit``: normalised residual beyond which a code is left out, a phase gets new ambiguities (where ``free_resets``) and is then left out.
    mode 1 keeps every state after its epoch in ``kept``; mode 2 (a pass in the other direction) combines what is kept with its own prediction,
    which knows the other side of the epoch only; kept_from: the epoch that ``kept`` begins with. Arcs that the filter begins are numbered from
    ``next_arc``; returns the number after the last.
    """
    order, time_s, offsets, usable, _, group, _, _ = rows
    z, _, level, _, settings = given
    x, p, slot, owner, _, own_arc, seen_s, known, _, _, scalars = memory
    solution, covariance, status, residual, final_arc, count_used, slant, fixed, fixed_covariance, fixed_count = result
    kept_x, kept_p, kept_n, kept_arc, smoothed, smoothed_covariance, kept_from = kept
    n_groups, n_sats, full = len(known), len(slot), len(x)
    base = 6 + n_groups
    size, half = (1 if z.shape[1] == 2 else 3), z.shape[1] // 2
    widest, any_integer = 1, False
    for e in range(len(offsets) - 1):
        widest = max(widest, offsets[e + 1] - offsets[e])
    for s in range(n_sats):
        any_integer = any_integer or lanes[1][s] >= 0
    work = np.zeros(widest)
    room = np.zeros(full), np.zeros((full, full)), np.zeros(full), np.zeros(12, np.int64), np.zeros(12)
    taken, was_reset = np.zeros((widest, z.shape[1]), np.bool_), np.zeros(widest, np.bool_)
    pairs = n_sats + 1 if any_integer else 1
    for_pairs = np.zeros(pairs, np.int64), np.zeros(pairs, np.int64), np.zeros(pairs), np.zeros(pairs), np.zeros((pairs, pairs))
    n, before_s = int(scalars[0]), scalars[1]
    for e in order:
        first, last = offsets[e], offsets[e + 1]
        dt = 0.0 if math.isnan(before_s) else abs(time_s[e] - before_s)
        before_s = time_s[e]
        predict(x, p, n, n_groups, size, dt, settings)
        n = _forget(x, p, n, base, size, owner, slot, seen_s, time_s[e], gap_s)
        clocked = first_clocks(x, p, n, n_groups, first, last, usable, group, level, known, work)
        at = e - kept_from
        if mode == 2 and kept_n[at] > 0:
            combine(
                *(x, p, n, n_groups, size, owner, own_arc, settings[1] >= 0.0),
                *(kept_x[at], kept_p[at], kept_n[at], kept_arc[at], smoothed[e], smoothed_covariance[e]),
            )
        if not clocked:  # phases cannot do without: the clock may be anywhere
            continue
        n = _take(e, rows, given, memory, n, size, taken, was_reset)
        next_arc = _settle(e, rows, given, memory, n, size, taken, was_reset, room, residual, limit, free_resets, next_arc)
        phases, codes = _note(e, rows, memory, taken, half, status, final_arc, slant)
        count_used[e] = phases
        if phases + codes == 0:
            continue
        if any_integer and size == 1:
            fixed_count[e] = _hold(e, rows, memory, lanes, base, taken[:, half], for_pairs, fixed, fixed_covariance)
        solution[e, :] = x[:base]
        covariance[e, :, :] = p[:base, :base]
        for g in range(1, n_groups):
            if not known[g]:
                solution[e, 6 + g] = np.nan
        if mode == 1 and n <= kept_x.shape[1]:
            kept_n[at] = n
            kept_x[at, :n] = x[:n]
            kept_p[at, :n, :n] = p[:n, :n]
            for i in range(base, n, size):
                kept_arc[at, i] = own_arc[owner[i]]
    scalars[0], scalars[1] = n, before_s
    return next_arc
