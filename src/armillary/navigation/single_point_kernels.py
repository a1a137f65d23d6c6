"""Single-point positioning on floats: geometry, and the two-level least squares of epochs and file-wide biases.

Level one has the unknowns of one epoch: position (3), a clock per system (n_systems), vertical ionosphere, its north and east gradient, and
a wet zenith correction. Level two has what holds over the file: satellite and receiver code biases ("globals"). Each epoch's
unknowns are eliminated from the normal equations of the globals; with the globals known every epoch is solved by itself.
"""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.atmosphere_kernels import layer, niell, zenith_delays

_C = 299792458.0
_EARTH_RATE = 7.2921151467e-5
_A = 6378137.0
_E2 = 6.69437999014e-3

USED, BELOW_MASK, NO_ORBIT, NO_CODE, OUTLIER = 0, 1, 2, 3, 4
"""Reasons, uint8 per row."""
SOLVED, TOO_FEW, SINGULAR, POOR_GEOMETRY, INCONSISTENT = 0, 1, 2, 3, 4
"""Flags, uint8 per epoch."""


@njit(cache=True)
def cholesky(a, n):
    """Replace the lower triangle of a[:n, :n] by its Cholesky factor; False when not positive definite."""
    for j in range(n):
        s = a[j, j]
        for p in range(j):
            s -= a[j, p] * a[j, p]
        if not s > 1e-14 * abs(a[j, j]) or not s > 0.0:
            return False
        d = math.sqrt(s)
        a[j, j] = d
        for i in range(j + 1, n):
            t = a[i, j]
            for p in range(j):
                t -= a[i, p] * a[j, p]
            a[i, j] = t / d
    return True


@njit(cache=True)
def forward(factor, n, b):
    """Solve L y = b in place."""
    for i in range(n):
        s = b[i]
        for p in range(i):
            s -= factor[i, p] * b[p]
        b[i] = s / factor[i, i]


@njit(cache=True)
def backward(factor, n, b):
    """Solve L' x = y in place."""
    for i in range(n - 1, -1, -1):
        s = b[i]
        for p in range(i + 1, n):
            s -= factor[p, i] * b[p]
        b[i] = s / factor[i, i]


@njit(cache=True)
def geodetic(x, y, z, out):
    """Latitude, longitude (rad) and height (m) on the GRS 80 ellipsoid into out; 5 fixed iterations (1e-9 m below 50 km)."""
    p = math.hypot(x, y)
    latitude = math.atan2(z, p * (1.0 - _E2))
    n = _A
    for _ in range(5):
        s = math.sin(latitude)
        n = _A / math.sqrt(1.0 - _E2 * s * s)
        latitude = math.atan2(z + _E2 * n * s, p)
    s = math.sin(latitude)
    n = _A / math.sqrt(1.0 - _E2 * s * s)
    out[0] = latitude
    out[1] = math.atan2(y, x)
    out[2] = p * math.cos(latitude) + z * s - _A * _A / n


@njit(cache=True)
def rotated(x, y, tau):
    """A satellite position of the transmission frame in the Earth-fixed frame of reception, tau seconds later (Sagnac)."""
    angle = _EARTH_RATE * tau
    return x + angle * y - 0.5 * angle * angle * x, y - angle * x - 0.5 * angle * angle * y


@njit(cache=True)
def geometry(epoch_of, satellite_m, position, day_of_year, line, elevation, azimuth, computed_m, ionosphere, wet):
    """What each row sees from the linearisation point of its epoch.

    line: float64[n, 3] out, unit vector receiver to satellite, east north up; computed_m: float64[n] out, range with Sagnac plus modelled
    troposphere; ionosphere: float64[n, 3] out, slant factor and the pierce point's distance north and east in units of 1000 km; wet: float64[n]
    out, wet mapping. NaN where the satellite or the position is missing.
    """
    place = np.empty(3)
    zenith = np.empty(2)
    mapping = np.empty(2)
    shell = np.empty(2)
    last = -1
    for r in range(len(epoch_of)):
        e = epoch_of[r]
        if e != last:
            last = e
            geodetic(position[e, 0], position[e, 1], position[e, 2], place)
            zenith_delays(place[0], place[2], day_of_year, zenith)
            sin_lat, cos_lat = math.sin(place[0]), math.cos(place[0])
            sin_lon, cos_lon = math.sin(place[1]), math.cos(place[1])
        dx, dy, dz = satellite_m[r, 0] - position[e, 0], satellite_m[r, 1] - position[e, 1], satellite_m[r, 2] - position[e, 2]
        tau = math.sqrt(dx * dx + dy * dy + dz * dz) / _C
        if math.isnan(tau):
            elevation[r] = azimuth[r] = computed_m[r] = np.nan
            continue
        rho = 0.0
        for _ in range(2):
            sx, sy = rotated(satellite_m[r, 0], satellite_m[r, 1], tau)
            dx, dy = sx - position[e, 0], sy - position[e, 1]
            rho = math.sqrt(dx * dx + dy * dy + dz * dz)
            tau = rho / _C
        ux, uy, uz = dx / rho, dy / rho, dz / rho
        east = -sin_lon * ux + cos_lon * uy
        north = -sin_lat * cos_lon * ux - sin_lat * sin_lon * uy + cos_lat * uz
        up = cos_lat * cos_lon * ux + cos_lat * sin_lon * uy + sin_lat * uz
        line[r, 0], line[r, 1], line[r, 2] = east, north, up
        elevation[r] = math.asin(min(1.0, max(-1.0, up)))
        azimuth[r] = math.atan2(east, north)
        niell(elevation[r], place[0], place[2], day_of_year, mapping)
        computed_m[r] = rho + zenith[0] * mapping[0] + zenith[1] * mapping[1]
        wet[r] = mapping[1]
        layer(max(elevation[r], 0.0), shell)
        ionosphere[r, 0] = shell[0]
        ionosphere[r, 1] = shell[1] * math.cos(azimuth[r]) * 6.878
        ionosphere[r, 2] = shell[1] * math.sin(azimuth[r]) * 6.878


@njit(cache=True)
def _rows_of_epoch(
    a, b, state, system_of, satellite_of, n_systems, z, k, line, ionosphere, wet, variance, layer_sigma, index, coefficient, jac, obs, gi, gc, row_of
):
    """Whitened rows of one epoch; returns their number.

    variance: float64[n, 3]: common part (orbit, clock), first code, second code. index, coefficient: [n_sats, 2, K] globals of each signal of each
    satellite. Two signals of a satellite share the common part and the ionospheric residual, hence the 2 x 2 factor.
    """
    m = 0
    n_terms = index.shape[2]
    vertical = 3 + n_systems
    for r in range(a, b):
        if state[r] != 0:
            continue
        s = satellite_of[r]
        sigma_layer = layer_sigma * ionosphere[r, 0]
        first_w = 0.0
        cross = 0.0
        for j in range(2):
            if math.isnan(z[r, j]):
                continue
            total = variance[r, 0] + variance[r, 1 + j] + (sigma_layer * k[r, j]) ** 2
            for i in range(vertical + 4):
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
            if first_w > 0.0:
                # conditional on the first signal: remove the part that is predicted by it
                total -= cross * cross
                other = m - 1
                for i in range(vertical + 4):
                    jac[m, i] -= cross * jac[other, i]
                obs[m] -= cross * obs[other]
                for t in range(n_terms):
                    gi[m, n_terms + t] = gi[other, t]
                    gc[m, n_terms + t] = -cross * gc[other, t]
            scale = 1.0 / math.sqrt(total)
            for i in range(vertical + 4):
                jac[m, i] *= scale
            obs[m] *= scale
            for t in range(2 * n_terms):
                gc[m, t] *= scale
            if j == 0:
                first_w = scale
                cross = (variance[r, 0] + sigma_layer * sigma_layer * k[r, 0] * k[r, 1]) * scale
            row_of[m] = r
            m += 1
    return m


@njit(cache=True)
def _local_normal(m, n_local, n_systems, jac, obs, prior, prior_sigma, normal, rhs):
    """Normal equations of one epoch with the priors of its last four unknowns; returns how many systems are present."""
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
    for s in range(n_systems):
        if normal[3 + s, 3 + s] == 0.0:
            normal[3 + s, 3 + s] = 1.0
        else:
            present += 1
    for i in range(4):
        w = 1.0 / prior_sigma[i] ** 2
        normal[3 + n_systems + i, 3 + n_systems + i] += w
        rhs[3 + n_systems + i] += w * prior[i]
    return present


@njit(cache=True, nogil=True)
def accumulate(
    first,
    last,
    stride,
    share,
    offsets,
    state,
    system_of,
    satellite_of,
    n_systems,
    z,
    k,
    line,
    ionosphere,
    wet,
    variance,
    layer_sigma,
    prior,
    prior_sigma,
    index,
    coefficient,
    big_normal,
    big_rhs,
):
    """Add the epochs first, first + stride, ... below last to the normal equations of the globals, their own unknowns eliminated.

    ``share`` (at most 1) scales what an epoch contributes: neighbouring epochs repeat the same slow errors and are not independent.
    """
    most = 0
    for e in range(first, last):
        most = max(most, offsets[e + 1] - offsets[e])
    n_local = 3 + n_systems + 4
    n_terms = index.shape[2]
    jac = np.empty((2 * most + 2, n_local))
    obs = np.empty(2 * most + 2)
    gi = np.empty((2 * most + 2, 2 * n_terms), np.int64)
    gc = np.empty((2 * most + 2, 2 * n_terms))
    row_of = np.empty(2 * most + 2, np.int64)
    normal = np.empty((n_local, n_local))
    rhs = np.empty(n_local)
    n_global = len(big_rhs)
    slot = np.full(n_global, -1, np.int64)
    touched = np.empty(n_global, np.int64)
    mixed = np.empty((n_global, n_local))
    for e in range(first, last, stride):
        a, b = offsets[e], offsets[e + 1]
        m = _rows_of_epoch(
            a,
            b,
            state,
            system_of,
            satellite_of,
            n_systems,
            z,
            k,
            line,
            ionosphere,
            wet,
            variance,
            layer_sigma[e],
            index,
            coefficient,
            jac,
            obs,
            gi,
            gc,
            row_of,
        )
        present = _local_normal(m, n_local, n_systems, jac, obs, prior[e], prior_sigma[e], normal, rhs)
        if m < 3 + present + 1 or not cholesky(normal, n_local):
            continue
        n_touched = 0
        for q in range(m):
            for t in range(2 * n_terms):
                g = gi[q, t]
                if g >= 0 and slot[g] < 0:
                    slot[g] = n_touched
                    touched[n_touched] = g
                    for i in range(n_local):
                        mixed[n_touched, i] = 0.0
                    n_touched += 1
        for q in range(m):
            for t in range(2 * n_terms):
                g = gi[q, t]
                if g < 0:
                    continue
                c = gc[q, t]
                big_rhs[g] += share * c * obs[q]
                p = slot[g]
                for i in range(n_local):
                    mixed[p, i] += c * jac[q, i]
                for u in range(2 * n_terms):
                    h = gi[q, u]
                    if h >= 0:
                        big_normal[g, h] += share * c * gc[q, u]
        forward(normal, n_local, rhs)
        for p in range(n_touched):
            forward(normal, n_local, mixed[p])
        for p in range(n_touched):
            g = touched[p]
            s = 0.0
            for i in range(n_local):
                s += mixed[p, i] * rhs[i]
            big_rhs[g] -= share * s
            for q in range(p + 1):
                s = 0.0
                for i in range(n_local):
                    s += mixed[p, i] * mixed[q, i]
                h = touched[q]
                big_normal[g, h] -= share * s
                if h != g:
                    big_normal[h, g] -= share * s
        for p in range(n_touched):
            slot[touched[p]] = -1


_SUSPECT = 2.0 / 3.0
"""Share of the residual limit that holds in an epoch whose chi-square test fails: several faults hide each other's residuals."""


@njit(cache=True)
def chi_square_limit(freedom):
    """The square sum that ``freedom`` unit normal residuals pass once in 100,000 (Wilson and Hilferty 1931; 11 % high at one degree, 2 % at ten)."""
    if freedom < 1.0:
        return np.inf
    a = 2.0 / (9.0 * freedom)
    return freedom * (1.0 - a + 4.264890793922825 * math.sqrt(a)) ** 3


@njit(cache=True, nogil=True)
def solve_epochs(
    first,
    last,
    stride,
    offsets,
    state,
    system_of,
    satellite_of,
    n_systems,
    z,
    k,
    line,
    ionosphere,
    wet,
    variance,
    layer_sigma,
    prior,
    prior_sigma,
    index,
    coefficient,
    globals_,
    global_covariance,
    w_limit,
    max_pdop,
    solution,
    covariance,
    dop,
    flag,
    residual,
    statistic,
):
    """Solve every epoch with the globals known, excluding satellites whose normalised residual passes ``w_limit``, worst first.

    Where the chi-square test of an epoch fails, two thirds of that limit are enough. solution: float64[n_epochs, 7 + n_systems] out; covariance:
    float64[n_epochs, same, same] out, uncertainty of the globals included; dop: float64[n_epochs, 5] out (GDOP, PDOP, HDOP, VDOP, TDOP, unit
    weights, one clock per system); residual: float64[n, 2] out, metres, of used rows; state: OUTLIER set on excluded rows; statistic:
    float64[n_epochs, 2] out, weighted residual sum and degrees of freedom. With ``stride`` above 1 only every stride-th epoch is solved, without
    covariance and dilutions: enough to learn from.
    """
    most = 0
    for e in range(first, last):
        most = max(most, offsets[e + 1] - offsets[e])
    n_local = 3 + n_systems + 4
    n_terms = index.shape[2]
    jac = np.empty((2 * most + 2, n_local))
    obs = np.empty(2 * most + 2)
    white = np.empty(2 * most + 2)
    gi = np.empty((2 * most + 2, 2 * n_terms), np.int64)
    gc = np.empty((2 * most + 2, 2 * n_terms))
    row_of = np.empty(2 * most + 2, np.int64)
    normal = np.empty((n_local, n_local))
    inverse = np.empty((n_local, n_local))
    rhs = np.empty(n_local)
    column = np.empty(n_local)
    n_global = len(globals_)
    slot = np.full(n_global, -1, np.int64)
    touched = np.empty(n_global, np.int64)
    mixed = np.empty((n_global, n_local))
    gain = np.empty((n_local, n_global))
    for e in range(first, last, stride):
        a, b = offsets[e], offsets[e + 1]
        solution[e, :] = np.nan
        covariance[e, :, :] = np.nan
        dop[e, :] = np.nan
        statistic[e, :] = np.nan
        flag[e] = TOO_FEW
        while True:
            m = _rows_of_epoch(
                a,
                b,
                state,
                system_of,
                satellite_of,
                n_systems,
                z,
                k,
                line,
                ionosphere,
                wet,
                variance,
                layer_sigma[e],
                index,
                coefficient,
                jac,
                obs,
                gi,
                gc,
                row_of,
            )
            for q in range(m):
                for t in range(2 * n_terms):
                    if gi[q, t] >= 0:
                        obs[q] -= gc[q, t] * globals_[gi[q, t]]
            present = _local_normal(m, n_local, n_systems, jac, obs, prior[e], prior_sigma[e], normal, rhs)
            n_sats = 0
            for q in range(m):
                n_sats += q == 0 or row_of[q] != row_of[q - 1]
            if n_sats < 3 + present:
                flag[e] = TOO_FEW
                break
            if not cholesky(normal, n_local):
                flag[e] = SINGULAR
                break
            forward(normal, n_local, rhs)
            backward(normal, n_local, rhs)
            flag[e] = SOLVED
            total = 0.0
            worst, worst_row = 0.0, -1
            for q in range(m):
                v = obs[q]
                for i in range(n_local):
                    v -= jac[q, i] * rhs[i]
                    column[i] = jac[q, i]
                white[q] = v
                total += v * v
                forward(normal, n_local, column)
                h = 0.0
                for i in range(n_local):
                    h += column[i] * column[i]
                if h < 0.9999:
                    w = abs(v) / math.sqrt(1.0 - h)
                    if w > worst:
                        worst, worst_row = w, row_of[q]
            for i in range(4):
                total += ((rhs[3 + n_systems + i] - prior[e, i]) / prior_sigma[e, i]) ** 2
            statistic[e, 0] = total
            statistic[e, 1] = m + 4 - (3 + present + 4)
            limit = w_limit if total < chi_square_limit(statistic[e, 1]) else _SUSPECT * w_limit
            if worst > limit and n_sats > 3 + present + 1:
                state[worst_row] = OUTLIER
                continue
            if worst > limit:
                flag[e] = INCONSISTENT
            break
        if flag[e] != SOLVED and flag[e] != INCONSISTENT:
            continue
        for i in range(n_local):
            solution[e, i] = rhs[i]
        # row residuals, metres
        for q in range(m):
            r = row_of[q]
            j = 1 if (q > 0 and row_of[q - 1] == r) or math.isnan(z[r, 0]) else 0
            v = z[r, j]
            for t in range(n_terms):
                g = index[satellite_of[r], j, t]
                if g >= 0:
                    v -= coefficient[satellite_of[r], j, t] * globals_[g]
            v += line[r, 0] * rhs[0] + line[r, 1] * rhs[1] + line[r, 2] * rhs[2] - rhs[3 + system_of[r]]
            slant = k[r, j] * ionosphere[r, 0]
            vertical = 3 + n_systems
            v -= slant * (rhs[vertical] + ionosphere[r, 1] * rhs[vertical + 1] + ionosphere[r, 2] * rhs[vertical + 2]) + wet[r] * rhs[vertical + 3]
            residual[r, j] = v
        if stride > 1:
            continue
        for j in range(n_local):
            for i in range(n_local):
                column[i] = 1.0 if i == j else 0.0
            forward(normal, n_local, column)
            backward(normal, n_local, column)
            for i in range(n_local):
                inverse[i, j] = column[i]
        n_touched = 0
        for q in range(m):
            for t in range(2 * n_terms):
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
        for p in range(n_touched):
            slot[touched[p]] = -1
            for i in range(n_local):
                s = 0.0
                for j in range(n_local):
                    s += inverse[i, j] * mixed[p, j]
                gain[i, p] = s
        for i in range(n_local):
            for j in range(n_local):
                covariance[e, i, j] = inverse[i, j]
        # uncertainty of the globals, for position and clocks only: nothing downstream reads it for the atmosphere
        for i in range(3 + n_systems):
            for p in range(n_touched):
                s = 0.0
                for q in range(n_touched):
                    s += gain[i, q] * global_covariance[touched[q], touched[p]]
                for j in range(3 + n_systems):
                    covariance[e, i, j] += s * gain[j, p]
        if not _dops(a, b, state, system_of, n_systems, line, normal, column, dop[e]):
            flag[e] = SINGULAR
        elif dop[e, 1] > max_pdop and flag[e] == SOLVED:
            flag[e] = POOR_GEOMETRY


@njit(cache=True)
def _dops(a, b, state, system_of, n_systems, line, normal, column, out):
    """GDOP, PDOP, HDOP, VDOP, TDOP of the used satellites, unit weights, from lines in east, north, up."""
    n = 3 + n_systems
    for i in range(n):
        for j in range(n):
            normal[i, j] = 0.0
    for r in range(a, b):
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
    out[1] = math.sqrt(east + north + up)
    out[4] = math.sqrt(max(trace - absent - east - north - up, 0.0))
    out[0] = math.sqrt(max(trace - absent, 0.0))
    out[2] = math.sqrt(east + north)
    out[3] = math.sqrt(up)
    return True
