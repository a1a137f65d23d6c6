"""Carrier-smoothed code: arcs of unbroken phase, and the code levelled on them without ionospheric divergence."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit

_GEOMETRY_FREE_JUMP_M = 0.12
"""Second difference of L1 - L2 between epochs that breaks an arc, with 1 mm/s added: above ionospheric noise, below a cycle of either carrier or four
of both at 30 s. Of three of both on the closest pair a levelled code would keep 6 cm."""
_WIDE_LANE_JUMP_CYCLES = 2.5
"""Departure of the wide lane from its running mean; code noise at low elevation stays below 2 cycles."""
_SINGLE_JUMP_M = 15.0
"""Departure of code minus phase from its running mean when there is one frequency."""
_WINDOW_S = 300.0
"""Time constant of the window with one frequency. The fitted line leaves the curvature of the divergence, d'' tau^2: 0.1 to 0.2 m at 300 s for a
slant delay that swings by 10 m in a pass of 6 h; the codes it averages (4 tau, independent after 100 s of multipath) leave 0.3 of their sigma."""
_CODE_SIGMA_M = 0.3
_DIVERGENCE_SIGMA_M_S = 1.5e-3
"""How fast code and phase part, twice the rate of the slant delay: 12 m in 2 h while a satellite rises is 3.3 mm/s."""


@njit(cache=True)
def arcs(order, satellite_of, time_s, code, phase, frequency, slipped, max_gap_s, arc):
    """Number the arcs of unbroken phase. Rows are visited as ``order`` lists them: by satellite, then time.

    arc: int32[n] out, -1 where a row has no phase. A slip that is told at a row that cannot be used splits at the next one that can. Returns the
    number of arcs.
    """
    n_arcs = 0
    last_sat = -1
    last_time = 0.0
    current = -1
    gf_last = gf_rate = mw_mean = cp_mean = 0.0
    mw_count = 0
    dual_before = False
    lost = False
    for q in range(len(order)):
        r = order[q]
        if satellite_of[r] != last_sat:
            lost = False
        lost = lost or slipped[r]
        dual = not math.isnan(phase[r, 0] + phase[r, 1] + code[r, 0] + code[r, 1])
        single = not math.isnan(phase[r, 0] + code[r, 0])
        if not (dual or single):
            arc[r] = -1
            continue
        f1, f2 = frequency[r, 0], frequency[r, 1]
        gf = mw = cp = 0.0
        if dual:
            gf = phase[r, 0] - phase[r, 1]
            narrow = (f1 * code[r, 0] + f2 * code[r, 1]) / (f1 + f2)
            wide = (f1 * phase[r, 0] - f2 * phase[r, 1]) / (f1 - f2)
            mw = (wide - narrow) * (f1 - f2) / 299792458.0
        else:
            cp = code[r, 0] - phase[r, 0]
        new = satellite_of[r] != last_sat or lost or time_s[r] - last_time > max_gap_s or dual != dual_before
        if not new:
            dt = time_s[r] - last_time
            if dual:
                new = abs(gf - gf_last - gf_rate * dt) > _GEOMETRY_FREE_JUMP_M + 1e-3 * dt or abs(mw - mw_mean) > _WIDE_LANE_JUMP_CYCLES
            else:
                new = abs(cp - cp_mean) > _SINGLE_JUMP_M
        if new:
            current = n_arcs
            n_arcs += 1
            mw_count = 0
            mw_mean = mw
            cp_mean = cp
            gf_rate = 0.0
        elif dual:
            dt = max(time_s[r] - last_time, 1e-3)
            gf_rate = 0.7 * gf_rate + 0.3 * (gf - gf_last) / dt
        mw_count += 1
        mw_mean += (mw - mw_mean) / min(mw_count, 60)
        cp_mean += (cp - cp_mean) / min(mw_count, 20)
        gf_last = gf
        last_time = time_s[r]
        last_sat = satellite_of[r]
        dual_before = dual
        lost = False
        arc[r] = current
    return n_arcs


@njit(cache=True)
def level(order, arc, n_arcs, code, phase, frequency, weight, causal, smoothed, count):
    """Smoothed code from arcs with two phases.

    smoothed: float64[n, 2] out (the code itself where there are not two phases); count: float64[n, 2] out, effective number of codes averaged.
    The combination L_j + 2 k_j (L1 - L2) / (k2 - k1), k_j = (f1 / f_j)^2, carries the ionosphere with the sign of a code. ``causal`` uses the past of
    the arc only.
    """
    sums = np.zeros((max(n_arcs, 1), 2))
    weights = np.zeros(max(n_arcs, 1))
    n = len(order)
    bent = np.empty((n, 2))
    for q in range(n):
        r = order[q]
        smoothed[r, 0], smoothed[r, 1] = code[r, 0], code[r, 1]
        count[r, 0] = count[r, 1] = 1.0
        a = arc[r]
        if a < 0 or math.isnan(phase[r, 1]) or math.isnan(code[r, 1]):
            continue
        k2 = (frequency[r, 0] / frequency[r, 1]) ** 2
        ionosphere = (phase[r, 0] - phase[r, 1]) / (k2 - 1.0)
        bent[r, 0] = phase[r, 0] + 2.0 * ionosphere
        bent[r, 1] = phase[r, 1] + 2.0 * k2 * ionosphere
        sums[a, 0] += weight[r] * (code[r, 0] - bent[r, 0])
        sums[a, 1] += weight[r] * (code[r, 1] - bent[r, 1])
        weights[a] += weight[r]
        if causal:
            smoothed[r, 0] = bent[r, 0] + sums[a, 0] / weights[a]
            smoothed[r, 1] = bent[r, 1] + sums[a, 1] / weights[a]
            count[r, 0] = count[r, 1] = weights[a] / weight[r]
    if causal:
        return
    for q in range(n):
        r = order[q]
        a = arc[r]
        if a >= 0 and not (math.isnan(phase[r, 1]) or math.isnan(code[r, 1])):
            smoothed[r, 0] = bent[r, 0] + sums[a, 0] / weights[a]
            smoothed[r, 1] = bent[r, 1] + sums[a, 1] / weights[a]
            count[r, 0] = count[r, 1] = weights[a] / weight[r]


@njit(cache=True)
def _advance(sums, h):
    """Move sums of weights, weights times time and time squared, values, values times time, to an origin ``h`` seconds on, and let them fade."""
    g = math.exp(-h / _WINDOW_S)
    sums[2] = g * (sums[2] - 2.0 * h * sums[1] + h * h * sums[0])
    sums[1] = g * (sums[1] - h * sums[0])
    sums[0] *= g
    sums[4] = g * (sums[4] - h * sums[3])
    sums[3] *= g
    sums[7] = g * g * (sums[7] - 2.0 * h * sums[6] + h * h * sums[5])
    sums[6] = g * g * (sums[6] - h * sums[5])
    sums[5] *= g * g


@njit(cache=True)
def level_single(order, arc, time_s, code, phase, weight, redundancy, causal, smoothed, count):
    """Smoothed first code of rows with one phase only; other rows of ``smoothed`` and ``count`` (float64[n, 2] both) stay as they are.

    Code minus phase drifts by twice the ionosphere: around every epoch a line is fitted to it, with weights that fade exponentially on both sides
    (``causal``: on the past side), so that a steady drift leaves no lag. Its slope is held to what an ionosphere can do; ``redundancy`` says how
    many neighbouring codes share their multipath. count: effective number of codes averaged.
    """
    ridge = redundancy * (_CODE_SIGMA_M / _DIVERGENCE_SIGMA_M_S) ** 2
    n = len(order)
    past = np.zeros((n, 8))
    sums = np.zeros(8)
    for backwards in range(1 if causal else 2):
        last_arc = -1
        last_time = 0.0
        for step in range(n):
            q = n - 1 - step if backwards else step
            r = order[q]
            if arc[r] < 0 or not (math.isnan(phase[r, 1]) or math.isnan(code[r, 1])):
                continue
            if arc[r] != last_arc:
                last_arc = arc[r]
                sums[:] = 0.0
            else:
                _advance(sums, abs(time_s[r] - last_time))
            last_time = time_s[r]
            if backwards:
                # times run against the arc here: what is odd in time changes its sign
                for i in range(8):
                    past[q, i] += -sums[i] if i in (1, 4, 6) else sums[i]
            difference = code[r, 0] - phase[r, 0]
            sums[0] += weight[r]
            sums[3] += weight[r] * difference
            sums[5] += weight[r]
            if not backwards:
                for i in range(8):
                    past[q, i] = sums[i]
    for q in range(n):
        r = order[q]
        if arc[r] < 0 or not (math.isnan(phase[r, 1]) or math.isnan(code[r, 1])):
            continue
        s = past[q]
        determinant = s[0] * (s[2] + ridge) - s[1] * s[1]
        a, b = (s[2] + ridge) / determinant, -s[1] / determinant
        smoothed[r, 0] = phase[r, 0] + a * s[3] + b * s[4]
        count[r, 0] = 1.0 / (weight[r] * (a * a * s[5] + 2.0 * a * b * s[6] + b * b * s[7]))
