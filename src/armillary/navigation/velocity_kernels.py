"""Velocities from range rates, one least squares per epoch."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.single_point_kernels import backward, cholesky, forward

_LIMIT_SIGMA = 4.0
_NOISE_M_S = 0.03
"""Doppler noise at the zenith."""


@njit(cache=True)
def velocities(offsets, state, line, elevation, rate_m_s, velocity):
    """East, north, up velocity and clock drift (m/s) of each epoch.

    rate_m_s: float64[n], observed range rate less what satellite motion, satellite clock and Earth rotation make of a receiver at rest; NaN absent.
    velocity: float64[n_epochs, 4] out, NaN where fewer than five satellites have a Doppler or one system's clock cannot be told apart.
    """
    normal = np.empty((4, 4))
    rhs = np.empty(4)
    row = np.empty(4)
    for e in range(len(offsets) - 1):
        velocity[e, :] = np.nan
        a, b = offsets[e], offsets[e + 1]
        limit = 1e9
        for round_ in range(3):
            normal[:] = 0.0
            rhs[:] = 0.0
            count = 0
            for r in range(a, b):
                if state[r] != 0 or math.isnan(rate_m_s[r]):
                    continue
                w = math.sin(elevation[r]) / _NOISE_M_S
                row[0], row[1], row[2], row[3] = -line[r, 0] * w, -line[r, 1] * w, -line[r, 2] * w, w
                y = rate_m_s[r] * w
                if round_:
                    v = y
                    for i in range(4):
                        v -= row[i] * velocity[e, i]
                    if abs(v) > limit:
                        continue
                count += 1
                for i in range(4):
                    rhs[i] += row[i] * y
                    for j in range(i + 1):
                        normal[i, j] += row[i] * row[j]
            if count < 5 or not cholesky(normal, 4):
                velocity[e, :] = np.nan
                break
            forward(normal, 4, rhs)
            backward(normal, 4, rhs)
            for i in range(4):
                velocity[e, i] = rhs[i]
            # robust scale of this epoch's residuals sets the limit of the next round
            total = 0.0
            for r in range(a, b):
                if state[r] != 0 or math.isnan(rate_m_s[r]):
                    continue
                w = math.sin(elevation[r]) / _NOISE_M_S
                v = rate_m_s[r] * w - w * rhs[3]
                for i in range(3):
                    v += line[r, i] * w * rhs[i]
                total += min(v * v, limit * limit)
            limit = _LIMIT_SIGMA * max(1.0, math.sqrt(total / max(count - 4, 1)))
