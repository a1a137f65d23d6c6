"""The two-level least squares of single-point positioning: biases from all epochs, then every epoch by itself.

The unknowns of each epoch are eliminated from the normal equations of the globals (code biases held over the file); with the globals known an
epoch is solved alone. What an epoch is made of stands in :mod:`armillary.navigation.epoch_kernels`.
"""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.epoch_kernels import ATMOSPHERE, dilutions, local_normal, room, rows_of_epoch, touch
from armillary.navigation.least_squares_kernels import backward, cholesky, forward

OUTLIER = 4
"""State of a row that failed the residual test (:mod:`armillary.navigation.links` has the others)."""
SOLVED, TOO_FEW, SINGULAR, POOR_GEOMETRY, INCONSISTENT = 0, 1, 2, 3, 4
"""Flags, uint8 per epoch."""

_SUSPECT = 2.0 / 3.0
"""Share of the residual limit that holds in an epoch whose chi-square test fails: several faults hide each other's residuals."""


@njit(cache=True, nogil=True)
def accumulate(problem, first, last, stride, share, big_normal, big_rhs):
    """Add the epochs first, first + stride, ... below last to the normal equations of the globals, their own unknowns eliminated.

    ``share`` (at most 1) scales what an epoch contributes: neighbouring epochs repeat the same slow errors and are not independent.
    """
    n_systems = problem[4]
    n_local = 3 + n_systems + ATMOSPHERE
    rows = room(problem, first, last)
    _, obs, gi, gc, _ = rows
    normal, rhs = np.empty((n_local, n_local)), np.empty(n_local)
    n_global = big_rhs.size
    slot, touched, mixed = np.empty(n_global, np.int64), np.empty(n_global, np.int64), np.empty((n_global, n_local))
    for g in range(n_global):
        slot[g] = -1
    for e in range(first, last, stride):
        m = rows_of_epoch(problem, e, rows)
        present = local_normal(problem, e, m, rows, normal, rhs)
        if m < 3 + present + 1 or not cholesky(normal, n_local):
            continue
        n_touched = touch(m, n_local, rows, slot, touched, mixed)
        for q in range(m):
            for t in range(gi.shape[1]):
                g = gi[q, t]
                if g < 0:
                    continue
                c = share * gc[q, t]
                big_rhs[g] += c * obs[q]
                for u in range(gi.shape[1]):
                    if gi[q, u] >= 0:
                        big_normal[g, gi[q, u]] += c * gc[q, u]
        forward(normal, n_local, rhs)
        for p in range(n_touched):
            forward(normal, n_local, mixed[p])
            slot[touched[p]] = -1
        for p in range(n_touched):
            big_rhs[touched[p]] -= share * dot(mixed[p], rhs, n_local)
            for q in range(p + 1):
                s = share * dot(mixed[p], mixed[q], n_local)
                big_normal[touched[p], touched[q]] -= s
                if q != p:
                    big_normal[touched[q], touched[p]] -= s


@njit(cache=True)
def dot(a, b, n):
    """Sum of the products of the first n numbers."""
    s = 0.0
    for i in range(n):
        s += a[i] * b[i]
    return s


@njit(cache=True)
def chi_square_limit(freedom):
    """The square sum that ``freedom`` unit normal residuals pass once in 100,000 (Wilson and Hilferty 1931; 11 % high at one degree, 2 % at ten)."""
    if freedom < 1.0:
        return np.inf
    a = 2.0 / (9.0 * freedom)
    return freedom * (1.0 - a + 4.264890793922825 * math.sqrt(a)) ** 3


@njit(cache=True)
def known_removed(m, rows, globals_):
    """Take the globals out of the observations of an epoch."""
    _, obs, gi, gc, _ = rows
    for q in range(m):
        for t in range(gi.shape[1]):
            if gi[q, t] >= 0:
                obs[q] -= gc[q, t] * globals_[gi[q, t]]


@njit(cache=True)
def worst_residual(m, n_local, rows, normal, rhs, column, statistic):
    """(largest normalised residual, its row); the square sum of all goes to statistic[0]. ``normal`` holds the factor, ``rhs`` the solution."""
    jac, obs, _, _, row_of = rows
    worst, worst_row = 0.0, -1
    statistic[0] = 0.0
    for q in range(m):
        v = obs[q] - dot(jac[q], rhs, n_local)
        statistic[0] += v * v
        for i in range(n_local):
            column[i] = jac[q, i]
        forward(normal, n_local, column)
        h = dot(column, column, n_local)
        # a row that alone decides an unknown has no residual to test
        if h < 0.9999 and abs(v) / math.sqrt(1.0 - h) > worst:
            worst, worst_row = abs(v) / math.sqrt(1.0 - h), row_of[q]
    return worst, worst_row


@njit(cache=True)
def settled(problem, e, rows, local, globals_, w_limit, statistic):
    """Solve one epoch, excluding its worst satellite while the residual test fails; returns (rows used, flag).

    ``local``: normal (the Cholesky factor on return), rhs (the solution on return), column.
    """
    state, n_systems, prior, prior_sigma = problem[1], problem[4], problem[12], problem[13]
    normal, rhs, column = local
    n_local = 3 + n_systems + ATMOSPHERE
    while True:
        m = rows_of_epoch(problem, e, rows)
        known_removed(m, rows, globals_)
        present = local_normal(problem, e, m, rows, normal, rhs)
        n_sats = 0
        for q in range(m):
            n_sats += q == 0 or rows[4][q] != rows[4][q - 1]
        if n_sats < 3 + present:
            return m, TOO_FEW
        if not cholesky(normal, n_local):
            return m, SINGULAR
        forward(normal, n_local, rhs)
        backward(normal, n_local, rhs)
        worst, worst_row = worst_residual(m, n_local, rows, normal, rhs, column, statistic)
        for i in range(ATMOSPHERE):
            statistic[0] += ((rhs[3 + n_systems + i] - prior[e, i]) / prior_sigma[e, i]) ** 2
        # as many priors as unknowns of the atmosphere
        statistic[1] = m - 3 - present
        limit = w_limit if statistic[0] < chi_square_limit(statistic[1]) else _SUSPECT * w_limit
        if worst <= limit:
            return m, SOLVED
        if n_sats <= 3 + present + 1:
            return m, INCONSISTENT
        state[worst_row] = OUTLIER


@njit(cache=True)
def residuals(problem, m, rows, globals_, solution, residual):
    """Residuals of the rows of an epoch in metres, as observed less computed, into residual[row, signal]."""
    _, _, system_of, satellite_of, n_systems, z, k, line, ionosphere, wet, _, _, _, _, index, coefficient = problem
    row_of = rows[4]
    vertical = 3 + n_systems
    for q in range(m):
        r = row_of[q]
        j = 1 if (q > 0 and row_of[q - 1] == r) or math.isnan(z[r, 0]) else 0
        v = z[r, j]
        s = satellite_of[r]
        for t in range(index.shape[2]):
            if index[s, j, t] >= 0:
                v -= coefficient[s, j, t] * globals_[index[s, j, t]]
        v += line[r, 0] * solution[0] + line[r, 1] * solution[1] + line[r, 2] * solution[2] - solution[3 + system_of[r]]
        slant = k[r, j] * ionosphere[r, 0]
        v -= slant * (solution[vertical] + ionosphere[r, 1] * solution[vertical + 1] + ionosphere[r, 2] * solution[vertical + 2])
        residual[r, j] = v - wet[r] * solution[vertical + 3]


@njit(cache=True)
def covariance_of(m, n_local, rows, local, known, n_wanted, covariance):
    """Covariance of the unknowns of an epoch; for the first ``n_wanted`` with the uncertainty of the globals.

    ``local``: the Cholesky factor and a column; ``known``: covariance of the globals, slot, touched, mixed, gain.
    """
    normal, _, column = local
    global_covariance, slot, touched, mixed, gain = known
    for j in range(n_local):
        for i in range(n_local):
            column[i] = 1.0 if i == j else 0.0
        forward(normal, n_local, column)
        backward(normal, n_local, column)
        for i in range(n_local):
            covariance[i, j] = column[i]
    n_touched = touch(m, n_local, rows, slot, touched, mixed)
    for p in range(n_touched):
        slot[touched[p]] = -1
        for i in range(n_wanted):
            gain[i, p] = dot(covariance[i], mixed[p], n_local)
    for i in range(n_wanted):
        for p in range(n_touched):
            s = 0.0
            for q in range(n_touched):
                s += gain[i, q] * global_covariance[touched[q], touched[p]]
            for j in range(n_wanted):
                column[j] = s * gain[j, p]
            for j in range(n_wanted):
                mixed[p, j] = column[j]
        for j in range(n_wanted):
            s = 0.0
            for p in range(n_touched):
                s += mixed[p, j]
            covariance[i, j] += s


@njit(cache=True, nogil=True)
def solve_epochs(problem, first, last, stride, globals_, global_covariance, w_limit, max_pdop, out):
    """Solve epochs with the globals known, excluding satellites whose normalised residual passes ``w_limit``, worst first.

    Where the chi-square test of an epoch fails, two thirds of that limit are enough. ``out`` is the tuple of
    solution float64[n_epochs, 7 + n_systems]; covariance float64[n_epochs, same, same], uncertainty of the globals included for position and clocks;
    dop float64[n_epochs, 5]; flag uint8[n_epochs]; residual float64[n, 2], metres, of used rows; statistic float64[n_epochs, 2], weighted
    square sum and degrees of freedom. The problem's state is set to OUTLIER on excluded rows. With ``stride`` above 1 only every stride-th
    epoch is solved, without covariance and dilutions: enough to learn from.
    """
    solution, covariance, dop, flag, residual, statistic = out
    n_systems = problem[4]
    n_local = 3 + n_systems + ATMOSPHERE
    rows = room(problem, first, last)
    local = (np.empty((n_local, n_local)), np.empty(n_local), np.empty(n_local))
    n_global = globals_.size
    slot, touched = np.empty(n_global, np.int64), np.empty(n_global, np.int64)
    known = (global_covariance, slot, touched, np.empty((n_global, n_local)), np.empty((n_local, n_global)))
    for g in range(n_global):
        slot[g] = -1
    for e in range(first, last, stride):
        for i in range(n_local):
            solution[e, i] = np.nan
            for j in range(n_local):
                covariance[e, i, j] = np.nan
        for i in range(5):
            dop[e, i] = np.nan
        m, flag[e] = settled(problem, e, rows, local, globals_, w_limit, statistic[e])
        if flag[e] == TOO_FEW or flag[e] == SINGULAR:
            statistic[e, 0] = statistic[e, 1] = np.nan
            continue
        for i in range(n_local):
            solution[e, i] = local[1][i]
        residuals(problem, m, rows, globals_, solution[e], residual)
        if stride > 1:
            continue
        covariance_of(m, n_local, rows, local, known, 3 + n_systems, covariance[e])
        if not dilutions(problem, e, local[0], local[2], dop[e]):
            flag[e] = SINGULAR
        elif dop[e, 1] > max_pdop and flag[e] == SOLVED:
            flag[e] = POOR_GEOMETRY
