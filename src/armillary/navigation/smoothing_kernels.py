"""Carrier-smoothed code: arcs of unbroken phase, and the code levelled on them without ionospheric divergence."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

_GEOMETRY_FREE_JUMP_M = 0.12
"""Second difference of L1 - L2 between epochs that breaks an arc: above ionospheric noise at 30 s, below 3 cycles of any pair."""
_WIDE_LANE_JUMP_CYCLES = 2.5
"""Departure of the wide lane from its running mean; code noise at low elevation stays below 2 cycles."""
_SINGLE_JUMP_M = 15.0
"""Departure of code minus phase from its running mean when there is one frequency."""


@njit(cache=True)
def arcs(order, satellite_of, time_s, code, phase, frequency, slipped, max_gap_s, arc):
    """Number the arcs of unbroken phase. Rows are visited as ``order`` lists them: by satellite, then time.

    arc: int32[n] out, -1 where a row has no phase. Returns the number of arcs.
    """
    n_arcs = 0
    last_sat = -1
    last_time = 0.0
    current = -1
    gf_last = gf_rate = mw_mean = cp_mean = 0.0
    mw_count = 0
    dual_before = False
    for q in range(len(order)):
        r = order[q]
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
        new = satellite_of[r] != last_sat or slipped[r] or time_s[r] - last_time > max_gap_s or dual != dual_before
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
        arc[r] = current
    return n_arcs


@njit(cache=True)
def level(order, arc, n_arcs, code, phase, frequency, weight, causal, window, smoothed, count):
    """Smoothed code from arcs.

    smoothed: float64[n, 2] out (the code itself where there is no phase); count: float64[n, 2] out, effective number of codes averaged.
    With two phases the combination L_j + 2 k_j (L1 - L2) / (k2 - k1), k_j = (f1 / f_j)^2, carries the ionosphere with the sign of a code; with one,
    the mean runs over the last ``window`` codes, because code and phase diverge. ``causal`` uses the past of the arc only.
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
        if a < 0:
            continue
        if math.isnan(phase[r, 1]) or math.isnan(code[r, 1]):
            # one phase: exponential window on code minus phase
            w = min(weights[a] + 1.0, window)
            difference = code[r, 0] - phase[r, 0]
            if weights[a] == 0.0:
                sums[a, 0] = difference
            else:
                sums[a, 0] += (difference - sums[a, 0]) / w
            weights[a] = w
            smoothed[r, 0] = phase[r, 0] + sums[a, 0]
            count[r, 0] = w
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
