"""True satellite motion: an inertial numerical integration held as Chebyshev polynomials.

Forces: the Earth's point mass and oblateness (J2), the Sun and the Moon as point masses. Integrated by Picard iteration on Chebyshev
nodes (Clenshaw & Norton 1963; Bai & Junkins 2011), all satellites at once; nothing of :mod:`armillary.orbits` is used.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

from armillary.navigation.simulation.earth import EARTH_RADIUS_M, J2, MU_M3_S2, moon_position_m, sun_position_m

__all__ = ["Motion", "attraction_of_sun_and_moon", "integrate"]

Array = NDArray[np.float64]

_SUN_MU = 1.32712440018e20
_MOON_MU = 4.902800066e12
_SEGMENT_S = 3600.0
_DEGREE = 15
"""One hour is at most half a radian of a 12 h orbit: degree 15 leaves nothing above rounding."""
_ROUNDS = 24
_CONVERGED_M = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Inertial trajectories of n satellites from ``start_s`` on, one polynomial of degree 15 per hour."""

    start_s: float
    position: Array
    """float64[n_segments, degree + 1, n, 3], Chebyshev coefficients, metres."""
    velocity: Array
    """The same for metres per second."""

    def state(self, t_s: Array) -> tuple[Array, Array]:
        """Inertial positions and velocities, each [n_times, n, 3], at ``t_s`` (any order) within the integrated span; ValueError beyond it."""
        t_s = np.asarray(t_s, np.float64)
        segment = np.floor((t_s - self.start_s) / _SEGMENT_S).astype(np.int64)
        n_segments = len(self.position)
        if t_s.size and (segment.min() < 0 or segment.max() > n_segments):
            raise ValueError(f"the trajectory covers {self.start_s} to {self.start_s + n_segments * _SEGMENT_S} s")
        segment = np.minimum(segment, n_segments - 1)
        x = 2.0 * (t_s - self.start_s - segment * _SEGMENT_S) / _SEGMENT_S - 1.0
        basis = chebyshev.chebvander(x, _DEGREE)
        n = self.position.shape[2]
        r, v = np.empty((len(t_s), n, 3)), np.empty((len(t_s), n, 3))
        for k in np.unique(segment):
            rows = segment == k
            r[rows] = np.tensordot(basis[rows], self.position[k], 1)
            v[rows] = np.tensordot(basis[rows], self.velocity[k], 1)
        return r, v


def attraction_of_sun_and_moon(position_m: Array, days_since_j2000: Array) -> Array:
    """Tidal acceleration [n_times, n, 3] of Sun and Moon on satellites at inertial ``position_m`` [n_times, n, 3], times [n_times]."""
    total = np.zeros_like(position_m)
    bodies = ((_SUN_MU, sun_position_m(days_since_j2000)), (_MOON_MU, moon_position_m(days_since_j2000)))
    for mu, body in bodies:
        to_body = body[:, None, :] - position_m
        total += mu * (to_body / _cube(to_body) - (body / _cube(body))[:, None, :])
    return total


def _cube(vector: Array) -> Array:
    return np.asarray(np.sum(vector * vector, axis=-1, keepdims=True) ** 1.5)


def _acceleration(r: Array, days_since_j2000: Array) -> Array:
    """Acceleration [n_times, n, 3] m/s2 at inertial positions [n_times, n, 3]."""
    r2 = np.sum(r * r, axis=-1, keepdims=True)
    central = -MU_M3_S2 / r2**1.5
    oblate = 1.5 * J2 * EARTH_RADIUS_M**2 / r2
    z2 = r[..., 2:] ** 2 / r2
    # d/dx, d/dy take (1 - 5 z2/r2), d/dz takes (3 - 5 z2/r2).
    factor = np.concatenate([1.0 - 5.0 * z2, 1.0 - 5.0 * z2, 3.0 - 5.0 * z2], axis=-1)
    return np.asarray(central * r * (1.0 + oblate * factor) + attraction_of_sun_and_moon(r, days_since_j2000))


def integrate(position_m: Array, velocity_m_s: Array, *, days_since_j2000: float, from_s: float, to_s: float) -> Motion:
    """Trajectories of satellites with inertial states [n, 3] at t = 0, covering ``from_s`` <= 0 to ``to_s``.

    ``days_since_j2000`` is the instant t = 0. The span is widened to whole hours.
    """
    back, ahead = max(0, int(np.ceil(-from_s / _SEGMENT_S))), max(1, int(np.ceil(to_s / _SEGMENT_S)))
    parts: list[tuple[Array, Array]] = []
    r, v = position_m, velocity_m_s
    for k in range(back):
        # A segment run backwards: the polynomial argument is mirrored afterwards (odd coefficients change sign).
        p, q = _segment(r, v, days_since_j2000 - k * _SEGMENT_S / 86400.0, -_SEGMENT_S)
        r, v = p.sum(axis=0), q.sum(axis=0)
        mirror = (-1.0) ** np.arange(_DEGREE + 1)[:, None, None]
        parts.insert(0, (p * mirror, q * mirror))
    r, v = position_m, velocity_m_s
    for k in range(ahead):
        p, q = _segment(r, v, days_since_j2000 + k * _SEGMENT_S / 86400.0, _SEGMENT_S)
        r, v = p.sum(axis=0), q.sum(axis=0)
        parts.append((p, q))
    return Motion(-back * _SEGMENT_S, np.stack([p for p, _ in parts]), np.stack([q for _, q in parts]))


_NODES = -np.cos(np.pi * np.arange(_DEGREE + 1) / _DEGREE)
_TO_COEFFICIENTS = np.linalg.inv(chebyshev.chebvander(_NODES, _DEGREE))
_INTEGRAL = np.stack([chebyshev.chebint(row, lbnd=-1.0)[: _DEGREE + 1] for row in np.eye(_DEGREE + 1)], axis=1)
"""Coefficients of the integral from -1, cut at the degree, of a series given by its coefficients."""
_FROM_COEFFICIENTS = chebyshev.chebvander(_NODES, _DEGREE)


def _segment(r0: Array, v0: Array, start_days: float, length_s: float) -> tuple[Array, Array]:
    """Chebyshev coefficients [degree + 1, n, 3] of position and velocity over a segment that starts at state ``r0, v0``."""
    half = 0.5 * length_s
    days = start_days + half * (_NODES + 1.0) / 86400.0
    r = _circular_guess(r0, v0, half * (_NODES + 1.0))
    one = np.zeros((_DEGREE + 1, 1, 1))
    one[0] = 1.0
    for _ in range(_ROUNDS):
        acceleration = np.tensordot(_TO_COEFFICIENTS, _acceleration(r, days), 1)
        velocity = half * np.tensordot(_INTEGRAL, acceleration, 1) + one * v0
        position = half * np.tensordot(_INTEGRAL, velocity, 1) + one * r0
        r_next = np.tensordot(_FROM_COEFFICIENTS, position, 1)
        change = float(np.abs(r_next - r).max())
        r = r_next
        if change < _CONVERGED_M:
            break
    return position, velocity


def _circular_guess(r0: Array, v0: Array, t_s: Array) -> Array:
    """Positions [n_times, n, 3] of uniform circular motion through a state: within some kilometres, enough to start from."""
    radius = np.linalg.norm(r0, axis=-1, keepdims=True)
    rate = np.linalg.norm(np.cross(r0, v0), axis=-1, keepdims=True) / radius**2
    angle = rate[None] * t_s[:, None, None]
    return np.asarray(r0[None] * np.cos(angle) + (v0 / rate)[None] * np.sin(angle))
