"""One epoch of single-point positioning: its whitened rows, its normal equations, its dilutions.

The unknowns of an epoch are position (3, east north up from the linearisation point), a clock per system, vertical ionosphere, its north and east
gradient, and a wet zenith correction. What holds over the file, code biases of satellites and receiver, are the "globals".

A problem is the tuple of
offsets int64[n_epochs + 1], state uint8[n], system_of int64[n], satellite_of int64[n], n_systems, z float64[n, 2], k float64[n, 2],
line float64[n, 3], ionosphere float64[n, 3], wet float64[n], variance float64[n, 3], layer_sigma float64[n_epochs], prior float64[n_epochs, 4],
prior_sigma float64[n_epochs, 4], index int64[n_sats, 2, K], coefficient float64[n_sats, 2, K]
with meanings as in :class:`armillary.navigation.links.Links` and :class:`armillary.navigation.biases.BiasLayout`.
"""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.least_squares_kernels import cholesky, forward

ATMOSPHERE = 4
"""Unknowns of an epoch besides position and clocks."""


@njit(cache=True)
def room(problem, first, last):
    """Arrays for the rows of the largest epoch of a span: Jacobian, observation, indices and coefficients of globals, row of each."""
    offsets, n_systems, n_terms = problem[0], problem[4], problem[14].shape[2]
    most = 0
    for e in range(first, last):
        if offsets[e + 1] - offsets[e] > most:
            most = offsets[e + 1] - offsets[e]
    size = 2 * most + 2
    n_local = 3 + n_systems + ATMOSPHERE
    jac = np.empty((size, n_local))
    return jac, np.empty(size), np.empty((size, 2 * n_terms), np.int64), np.empty((size, 2 * n_terms)), np.empty(size, np.int64)


@njit(cache=True)
def rows_of_epoch(problem, e, rows):
    """Whitened rows of epoch ``e`` into ``rows`` (see :func:`room`); returns their number.

    Two signals of a satellite share the slow orbit and clock error and the ionospheric residual: the second row is what the first does not predict.
    """
    offsets, state, system_of, satellite_of, n_systems, z, k, line, ionosphere, wet, variance, layer_sigma, _, _, index, coefficient = problem
    jac, obs, gi, gc, row_of = rows
    m = 0
    n_terms = index.shape[2]
    vertical = 3 + n_systems
    for r in range(offsets[e], offsets[e + 1]):
        if state[r] != 0:
            continue
        s = satellite_of[r]
        sigma_layer = layer_sigma[e] * ionosphere[r, 0]
        first_scale = 0.0
        cross = 0.0
        for j in range(2):
            if math.isnan(z[r, j]):
                continue
            total = variance[r, 0] + variance[r, 1 + j] + (sigma_layer * k[r, j]) ** 2
            for i in range(vertical + ATMOSPHERE):
                jac[m, i] = 0.0
            jac[m, 0], jac[m, 1], jac[m, 2] = -line[r, 0], -line[r, 1], -line[r, 2]
            jac[m, 3 + system_of[r]] = 1.0
            slant = k[r, j] * ionosphere[r, 0]
            jac[m, vertical] = slant
            jac[m, vertical + 1] = slant * ionosphere[r, 1]
            jac[m, vertical + 2] = slant * ionosphere[r, 2]
            jac[m, vertical + 3] = wet[r]
            obs[m] = z[r, j]
            for t in range(n_terms):
                gi[m, t] = index[s, j, t]
                gc[m, t] = coefficient[s, j, t]
                gi[m, n_terms + t] = -1
                gc[m, n_terms + t] = 0.0
            if first_scale > 0.0:
                total -= cross * cross
                before = m - 1
                for i in range(vertical + ATMOSPHERE):
                    jac[m, i] -= cross * jac[before, i]
                obs[m] -= cross * obs[before]
                for t in range(n_terms):
                    gi[m, n_terms + t] = gi[before, t]
                    gc[m, n_terms + t] = -cross * gc[before, t]
            scale = 1.0 / math.sqrt(total)
            for i in range(vertical + ATMOSPHERE):
                jac[m, i] *= scale
            obs[m] *= scale
            for t in range(2 * n_terms):
                gc[m, t] *= scale
            if j == 0:
                first_scale = scale
                cross = (variance[r, 0] + sigma_layer * sigma_layer * k[r, 0] * k[r, 1]) * scale
            row_of[m] = r
            m += 1
    return m


@njit(cache=True)
def local_normal(problem, e, m, rows, normal, rhs):
    """Normal equations of the unknowns of epoch ``e`` with the priors of the last four; returns how many systems are present."""
    n_systems, prior, prior_sigma = problem[4], problem[12], problem[13]
    jac, obs = rows[0], rows[1]
    n_local = 3 + n_systems + ATMOSPHERE
    for i in range(n_local):
        rhs[i] = 0.0
        for j in range(i + 1):
            normal[i, j] = 0.0
    for q in range(m):
        for i in range(n_local):
            v = jac[q, i]
            if v != 0.0:
                rhs[i] += v * obs[q]
                for j in range(i + 1):
                    normal[i, j] += v * jac[q, j]
    present = 0
    for s in range(3, 3 + n_systems):
        if normal[s, s] == 0.0:
            normal[s, s] = 1.0
        else:
            present += 1
    for i in range(ATMOSPHERE):
        w = 1.0 / prior_sigma[e, i] ** 2
        normal[3 + n_systems + i, 3 + n_systems + i] += w
        rhs[3 + n_systems + i] += w * prior[e, i]
    return present


@njit(cache=True)
def touch(m, n_local, rows, slot, touched, mixed):
    """Which globals the rows of an epoch see, and mixed[p] = sum of coefficient times Jacobian of the p-th; returns how many.

    ``slot``: int64[n_globals], -1 everywhere on entry; set to places on return, for the caller to clear.
    """
    jac, _, gi, gc, _ = rows
    n_touched = 0
    for q in range(m):
        for t in range(gi.shape[1]):
            g = gi[q, t]
            if g < 0:
                continue
            if slot[g] < 0:
                slot[g] = n_touched
                touched[n_touched] = g
                for i in range(n_local):
                    mixed[n_touched, i] = 0.0
                n_touched += 1
            p = slot[g]
            for i in range(n_local):
                mixed[p, i] += gc[q, t] * jac[q, i]
    return n_touched


@njit(cache=True)
def dilutions(problem, e, normal, column, out):
    """GDOP, PDOP, HDOP, VDOP, TDOP of the used satellites of an epoch into ``out``, unit weights, one clock per system; False when singular."""
    offsets, state, system_of, line = problem[0], problem[1], problem[2], problem[7]
    n = 3 + problem[4]
    for i in range(n):
        for j in range(n):
            normal[i, j] = 0.0
    for r in range(offsets[e], offsets[e + 1]):
        if state[r] != 0:
            continue
        s = 3 + system_of[r]
        for i in range(3):
            for j in range(i + 1):
                normal[i, j] += line[r, i] * line[r, j]
            normal[s, i] -= line[r, i]
        normal[s, s] += 1.0
    absent = 0
    for s in range(3, n):
        if normal[s, s] == 0.0:
            normal[s, s] = 1.0
            absent += 1
    if not cholesky(normal, n):
        return False
    trace = 0.0
    for j in range(n):
        for i in range(n):
            column[i] = 1.0 if i == j else 0.0
        forward(normal, n, column)
        d = 0.0
        for i in range(n):
            d += column[i] * column[i]
        if j < 3:
            out[2 + j] = d
        trace += d
    east, north, up = out[2], out[3], out[4]
    clocks = trace - absent - east - north - up
    out[1] = math.sqrt(east + north + up)
    out[4] = math.sqrt(clocks) if clocks > 0.0 else 0.0
    out[0] = math.sqrt(east + north + up + (clocks if clocks > 0.0 else 0.0))
    out[2] = math.sqrt(east + north)
    out[3] = math.sqrt(up)
    return True
