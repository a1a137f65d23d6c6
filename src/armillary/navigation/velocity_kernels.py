"""Velocities from range rates, one least squares per epoch."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.least_squares_kernels import backward, cholesky, forward

_LIMIT_SIGMA = 5.0
_NOISE_M_S = 0.03
"""Doppler noise at the zenith."""
_FEWEST = 5


@njit(cache=True)
def velocities(offsets, state, line, elevation, rate_m_s, scale, velocity, size):
    """East, north, up velocity and clock drift (m/s) of each epoch.

    rate_m_s: float64[n], observed range rate less what satellite motion, satellite clock and Earth rotation make of a receiver at rest; NaN absent.
    velocity: float64[n_epochs, 4] out, NaN where fewer than five satellites have a Doppler or their geometry does not tell. size: float64[n] out,
    normalised residuals of the first fit of each epoch, NaN where unused. The satellite with the largest normalised residual is left out while it
    stands out from noise that is ``scale`` times as usual, or from what the others of its epoch show without it.
    """
    normal = np.empty((4, 4))
    rhs = np.empty(4)
    row = np.empty(4)
    skip = np.empty(len(state), np.bool_)
    for e in range(len(offsets) - 1):
        a, b = offsets[e], offsets[e + 1]
        count = 0
        for r in range(a, b):
            skip[r] = state[r] != 0 or math.isnan(rate_m_s[r])
            count += not skip[r]
            size[r] = np.nan
        first = True
        for i in range(4):
            velocity[e, i] = np.nan
        while count >= _FEWEST:
            for i in range(4):
                rhs[i] = 0.0
                for j in range(i + 1):
                    normal[i, j] = 0.0
            for r in range(a, b):
                if skip[r]:
                    continue
                w = math.sin(elevation[r]) / _NOISE_M_S
                row[0], row[1], row[2], row[3] = -line[r, 0] * w, -line[r, 1] * w, -line[r, 2] * w, w
                for i in range(4):
                    rhs[i] += row[i] * rate_m_s[r] * w
                    for j in range(i + 1):
                        normal[i, j] += row[i] * row[j]
            if not cholesky(normal, 4):
                break
            forward(normal, 4, rhs)
            backward(normal, 4, rhs)
            for i in range(4):
                velocity[e, i] = rhs[i]
            worst, worst_r, total = 0.0, -1, 0.0
            for r in range(a, b):
                if skip[r]:
                    continue
                w = math.sin(elevation[r]) / _NOISE_M_S
                row[0], row[1], row[2], row[3] = -line[r, 0] * w, -line[r, 1] * w, -line[r, 2] * w, w
                v = rate_m_s[r] * w
                for i in range(4):
                    v -= row[i] * rhs[i]
                total += v * v
                forward(normal, 4, row)
                shown = 1.0
                for i in range(4):
                    shown -= row[i] * row[i]
                if shown > 1e-6:
                    v = abs(v) / math.sqrt(shown)
                    if first:
                        size[r] = v
                    if v > worst:
                        worst, worst_r = v, r
            first = False
            if worst_r < 0 or count == _FEWEST:
                break
            others = math.sqrt(max(total - worst * worst, 0.0) / (count - _FEWEST))
            if worst <= _LIMIT_SIGMA * max(1.0, min(scale, others)):
                break
            skip[worst_r] = True
            count -= 1
