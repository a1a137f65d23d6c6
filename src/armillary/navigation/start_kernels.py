"""A robust position per epoch from one code per satellite, needing no a-priori position, on floats."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.atmosphere_kernels import zenith_delays
from armillary.navigation.geometry_kernels import geodetic, rotated
from armillary.navigation.least_squares_kernels import backward, cholesky, forward

_C = 299792458.0
_WINTER_DAY = 28.0
_NEAREST_M, _FARTHEST_M = 6.2e6, 7.5e6
"""Distances from the Earth's centre between which there can be a troposphere, and elevations mean something."""
_ITERATIONS = 20
_ROBUST_ITERATIONS = 40
_PLAIN_ITERATIONS = 6
_ROBUST_SCALE_M = 20.0
"""Residuals beyond it count by their size, not their square."""
CONVERGED, WANDERING, SINGULAR = 0, 1, 2


@njit(cache=True)
def _surroundings(current, scene):
    """Up (3) and zenith delay into scene; a zenith delay of zero says that this is no place on Earth."""
    radius = math.sqrt(current[0] ** 2 + current[1] ** 2 + current[2] ** 2)
    scene[3] = 0.0
    if not (_NEAREST_M < radius < _FARTHEST_M):
        return
    place = np.empty(3)
    zenith = np.empty(2)
    geodetic(current[0], current[1], current[2], place)
    zenith_delays(place[0], place[2], _WINTER_DAY, zenith)
    scene[0] = math.cos(place[0]) * math.cos(place[1])
    scene[1] = math.cos(place[0]) * math.sin(place[1])
    scene[2] = math.sin(place[0])
    scene[3] = zenith[0] + zenith[1]


@njit(cache=True)
def _see(r, range_m, satellite_m, clock_m, current, scene, unit):
    """Residual of a code in metres, and the sine of the elevation (1 where there is no horizon); unit: direction of the satellite, out."""
    tau = min(max((range_m[r] - clock_m) / _C, 0.05), 0.2)
    sx, sy = rotated(satellite_m[r, 0], satellite_m[r, 1], tau)
    dx, dy, dz = sx - current[0], sy - current[1], satellite_m[r, 2] - current[2]
    rho = math.sqrt(dx * dx + dy * dy + dz * dz)
    unit[0], unit[1], unit[2] = dx / rho, dy / rho, dz / rho
    residual = range_m[r] - rho - clock_m
    if scene[3] == 0.0:
        return residual, 1.0
    sine = max(unit[0] * scene[0] + unit[1] * scene[1] + unit[2] * scene[2], 0.05)
    return residual - scene[3] / (sine + 0.01), sine


@njit(cache=True)
def _tell(a, b, skip, system_of, present):
    """Satellites there are, and how many of them are needed for a position; present: satellites of each system."""
    for s in range(len(present)):
        present[s] = 0
    count = 0
    for r in range(a, b):
        if not skip[r]:
            present[system_of[r]] += 1
            count += 1
    needed = 3
    for s in range(len(present)):
        needed += present[s] > 0
    return count, needed


@njit(cache=True)
def _fit(a, b, skip, system_of, range_m, satellite_m, sigma_m, robust, state, present, scene, normal, rhs):
    """Least squares from ``state`` (position and clocks), improved in place; ``robust``: least sizes instead of least squares beyond some metres.

    ``normal`` is left with its factor.
    """
    n = len(rhs)
    row = np.empty(n)
    unit = np.empty(3)
    _tell(a, b, skip, system_of, present)
    for iteration in range(_ROBUST_ITERATIONS if robust else _ITERATIONS):
        _surroundings(state, scene)
        for i in range(n):
            rhs[i] = 0.0
            for j in range(i + 1):
                normal[i, j] = 0.0
        for r in range(a, b):
            if skip[r]:
                continue
            s = 3 + system_of[r]
            y, sine = _see(r, range_m, satellite_m, state[s], state, scene, unit)
            w = sine / sigma_m[r]
            if robust and iteration >= _PLAIN_ITERATIONS:
                w = 1.0 / math.sqrt(max(abs(y) / _ROBUST_SCALE_M, 1.0))
            for i in range(n):
                row[i] = 0.0
            row[0], row[1], row[2], row[s] = -unit[0] * w, -unit[1] * w, -unit[2] * w, w
            for i in range(n):
                if row[i] != 0.0:
                    rhs[i] += row[i] * y * w
                    for j in range(i + 1):
                        normal[i, j] += row[i] * row[j]
        for s in range(n - 3):
            if present[s] == 0:
                normal[3 + s, 3 + s] = 1.0
        if not cholesky(normal, n):
            return SINGULAR
        forward(normal, n, rhs)
        backward(normal, n, rhs)
        for i in range(n):
            state[i] += rhs[i]
        if abs(rhs[0]) + abs(rhs[1]) + abs(rhs[2]) < 1e-2:
            return CONVERGED
    return WANDERING


@njit(cache=True)
def _largest(a, b, skip, system_of, range_m, satellite_m, state, scene):
    """The largest residual in metres and its row."""
    unit = np.empty(3)
    size, size_row = 0.0, -1
    for r in range(a, b):
        if not skip[r]:
            y, _ = _see(r, range_m, satellite_m, state[3 + system_of[r]], state, scene, unit)
            if abs(y) > size:
                size, size_row = abs(y), r
    return size, size_row


@njit(cache=True)
def _told(a, b, skip, system_of, range_m, satellite_m, sigma_m, state, scene, normal):
    """The row whose residual is largest for what its geometry lets show of an error: a satellite that pulls the position has a small residual.

    ``normal`` holds the factor of the last fit; -1 where no row shows anything.
    """
    n = len(state)
    row = np.empty(n)
    unit = np.empty(3)
    most, most_row = 0.0, -1
    for r in range(a, b):
        if skip[r]:
            continue
        s = 3 + system_of[r]
        y, sine = _see(r, range_m, satellite_m, state[s], state, scene, unit)
        w = sine / sigma_m[r]
        for i in range(n):
            row[i] = 0.0
        row[0], row[1], row[2], row[s] = -unit[0] * w, -unit[1] * w, -unit[2] * w, w
        forward(normal, n, row)
        shown = 1.0
        for i in range(n):
            shown -= row[i] * row[i]
        if shown > 1e-6 and abs(y) * w / math.sqrt(shown) > most:
            most, most_row = abs(y) * w / math.sqrt(shown), r
    return most_row


@njit(cache=True)
def _agree(a, b, skip, system_of, range_m, satellite_m, sigma_m, limit_m, guess, robust, state, present, scene, normal, rhs, residual_m):
    """Exclude until the others agree; returns how many are out, or -1 where nothing agrees. state: float64[3 + n_systems] out."""
    for i in range(len(state)):
        state[i] = guess[i] if i < 3 else 0.0
    if robust:
        if _fit(a, b, skip, system_of, range_m, satellite_m, sigma_m, True, state, present, scene, normal, rhs) == SINGULAR:
            return -1
        while True:
            count, needed = _tell(a, b, skip, system_of, present)
            size, worst = _largest(a, b, skip, system_of, range_m, satellite_m, state, scene)
            if size <= limit_m or count <= needed + 1:
                break
            skip[worst] = True
    while True:
        count, needed = _tell(a, b, skip, system_of, present)
        if count < needed:
            return -1
        how = _fit(a, b, skip, system_of, range_m, satellite_m, sigma_m, False, state, present, scene, normal, rhs)
        if how == SINGULAR:
            return -1
        size, worst = _largest(a, b, skip, system_of, range_m, satellite_m, state, scene)
        if how == CONVERGED and (size <= limit_m or count <= needed + 1):
            break
        told = _told(a, b, skip, system_of, range_m, satellite_m, sigma_m, state, scene, normal)
        if told < 0 or count <= needed + 1:
            return -1
        skip[told] = True
        if how == WANDERING:
            for i in range(len(state)):
                state[i] = 0.0
    unit = np.empty(3)
    out = 0
    for r in range(a, b):
        residual_m[r] = np.nan
        if not math.isnan(range_m[r] + satellite_m[r, 0]) and present[system_of[r]] > 0:
            residual_m[r], _ = _see(r, range_m, satellite_m, state[3 + system_of[r]], state, scene, unit)
            out += abs(residual_m[r]) > limit_m
    return out


@njit(cache=True)
def start_positions(offsets, system_of, n_systems, range_m, satellite_m, sigma_m, limit_m, guess, position, residual_m):
    """A robust position per epoch from one code per satellite, needing no a-priori position.

    range_m: float64[n], code corrected for satellite clock, NaN unusable. guess: float64[3], zeros when unknown. position: float64[n_epochs, 3] out,
    NaN unsolved. residual_m: float64[n] out, of every code whose system has a clock, those left out included; NaN elsewhere.

    Where residuals beyond ``limit_m`` remain, satellites are left out in two ways: one after another as their geometry tells, which finds one or
    two faults of any size; and all that a fit of least sizes leaves beyond the limit, which finds several large ones. The way that leaves out fewer
    is taken.
    """
    n = 3 + n_systems
    normal = np.empty((n, n))
    rhs = np.empty(n)
    scene = np.empty(4)
    state = np.empty(n)
    present = np.zeros(n_systems, np.int64)
    last = guess.copy()
    skip = np.empty(len(range_m), np.bool_)
    residual = np.empty(len(range_m))
    for e in range(len(offsets) - 1):
        a, b = offsets[e], offsets[e + 1]
        for i in range(3):
            position[e, i] = np.nan
        for r in range(a, b):
            residual_m[r] = np.nan
        fewest = -1
        for way in range(4):
            # ways 0 and 1 from the last position, 2 and 3 from the centre of the Earth
            known = last[0] != 0.0 or last[1] != 0.0 or last[2] != 0.0
            if way < 2 and not known:
                continue
            if way == 2:
                if fewest >= 0:
                    break
                last[0] = last[1] = last[2] = 0.0
            for r in range(a, b):
                skip[r] = math.isnan(range_m[r]) or math.isnan(satellite_m[r, 0])
            out = _agree(
                a, b, skip, system_of, range_m, satellite_m, sigma_m, limit_m, last, way % 2 == 1, state, present, scene, normal, rhs, residual
            )
            if out >= 0 and (fewest < 0 or out < fewest):
                fewest = out
                for i in range(3):
                    position[e, i] = state[i]
                for r in range(a, b):
                    residual_m[r] = residual[r]
            if 0 <= fewest <= 1:
                break
        if fewest >= 0:
            for i in range(3):
                last[i] = position[e, i]
