"""Cycle slips between two phases of one satellite, on floats."""

from __future__ import annotations

import math

from armillary.jit import njit

_LEAST_JUMP_M = 0.03
"""Departure of L1 - L2 from its course that always counts as noise. One cycle of both carriers, unseen by the wide lane, is 0.04 to 0.06 m."""
_MOST_JUMP_M = 0.12
"""Departure that is a slip however noisy the course was: below one cycle of either carrier."""
_NOISE_FACTOR = 5.0
_FIRST_NOISE_M = 0.012
_RATE_M_S = 1.5e-4
"""How much a slant delay may change its rate from epoch to epoch, times the interval: matters where epochs are minutes apart."""
_LEVEL_GAIN, _RATE_GAIN = 0.5, 0.15
"""How much a new difference moves the course: enough for an ionosphere that bends, and less than its noise."""
_LEAST_WIDE_CYCLES, _MOST_WIDE_CYCLES = 1.3, 2.5
"""Departure of the wide lane from its running mean that always counts as noise of the codes, and that is a slip however noisy they were."""
_FIRST_WIDE_CYCLES = 0.5
_NOTHING, _BEFORE = -1, -2
"""No arc yet, and one that may go on from before."""


@njit(cache=True, nogil=True)
def arcs(order, satellite_of, time_s, code, phase, frequency, slipped, max_gap_s, before, after, arc, jump, goes_on):
    """Number the arcs of unbroken phase on both signals. Rows are visited as ``order`` lists them: by satellite, then time.

    arc: int32[n] out, -1 where a phase is missing. The first difference of the phases is compared with its course (level and rate), within
    what it was seen to scatter; the wide lane with its running mean. jump: float64[n] out, departure of the difference over what counts as noise
    (0 where there was nothing to compare with). before, after: float64[n_sats, 9], what is known of each satellite at the beginning (NaN: nothing)
    and at the end; goes_on: int32[n_sats] out, the arc that goes on from before, -1 for none. Returns the number of arcs.
    """
    n_arcs = 0
    last_sat = -1
    last_time = 0.0
    current = -1
    level = rate = wide_mean = noise2 = wide2 = 0.0
    wide_count = count = 0
    lost = False
    for q in range(len(order)):
        r = order[q]
        s = satellite_of[r]
        if s != last_sat:
            lost = False
            last_sat = s
            noise2, wide2 = _FIRST_NOISE_M**2, _FIRST_WIDE_CYCLES**2
            current = _NOTHING
            if not math.isnan(before[s, 0]):
                current = _BEFORE
                level, rate, noise2, wide_mean, wide2 = before[s, 0], before[s, 1], before[s, 2], before[s, 3], before[s, 4]
                count, wide_count, last_time = int(before[s, 5]), int(before[s, 6]), before[s, 7]
                lost = before[s, 8] > 0.0
                after[s, :] = before[s, :]
        lost = lost or slipped[r]
        jump[r] = 0.0
        if math.isnan(phase[r, 0] + phase[r, 1]):
            arc[r] = -1
            after[s, 8] = 1.0 if lost else 0.0
            continue
        f1, f2 = frequency[r, 0], frequency[r, 1]
        difference = phase[r, 0] - phase[r, 1]
        narrow = (f1 * code[r, 0] + f2 * code[r, 1]) / (f1 + f2)
        wide = ((f1 * phase[r, 0] - f2 * phase[r, 1]) / (f1 - f2) - narrow) * (f1 - f2) / 299792458.0
        dt = max(time_s[r] - last_time, 1e-3)
        off = difference - level - rate * dt
        wide_off = wide - wide_mean if wide_count > 0 else math.nan
        new = current == _NOTHING or lost or dt > max_gap_s
        if not new:
            if count < 2:  # before the rate is known only a gross jump tells
                limit = _MOST_JUMP_M + 1e-3 * dt
            else:
                factor = _NOISE_FACTOR * (2.0 if count < 5 else 1.0)  # a rate from two differences is noisy
                limit = min(max(_LEAST_JUMP_M, factor * math.sqrt(noise2)), _MOST_JUMP_M) + _RATE_M_S * dt
            jump[r] = abs(off) / limit
            wide_limit = min(max(_LEAST_WIDE_CYCLES, _NOISE_FACTOR * math.sqrt(wide2)), _MOST_WIDE_CYCLES)
            new = jump[r] > 1.0 or (not math.isnan(wide_off) and abs(wide_off) > wide_limit)
        if new:
            current = n_arcs
            n_arcs += 1
            wide_count = count = 0
            wide_mean = rate = 0.0
            level = difference
        elif current == _BEFORE:
            current = n_arcs
            n_arcs += 1
            goes_on[s] = current
        if new:
            pass
        elif count < 2:
            rate = (difference - level) / dt
            level = difference
        else:
            noise2 += max(0.05, 1.0 / count) * (off * off - noise2)
            level += rate * dt + _LEVEL_GAIN * off
            rate += _RATE_GAIN * off / dt
        count += 1
        if not math.isnan(wide):
            if wide_count > 0:
                wide2 += 0.05 * (wide_off * wide_off - wide2)
            wide_count += 1
            wide_mean += (wide - wide_mean) / min(wide_count, 60)
        last_time = time_s[r]
        lost = False
        arc[r] = current
        after[s, 0], after[s, 1], after[s, 2], after[s, 3], after[s, 4] = level, rate, noise2, wide_mean, wide2
        after[s, 5], after[s, 6], after[s, 7], after[s, 8] = count, wide_count, last_time, 0.0
    return n_arcs
