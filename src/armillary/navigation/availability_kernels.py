"""Dilution of precision at many places and instants for several selections of systems at once."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit

_SINGULAR = 1e-10
"""Determinant below which four or more lines of sight tell no position (they lie on a cone); PDOP is then beyond some thousands."""


@njit(cache=True, nogil=True)
def squared(xx, xy, xz, yy, yz, zz):
    """Sum of the first two and the third diagonal element of the inverse of a symmetric matrix; infinite where it has none."""
    cofactor_x = yy * zz - yz * yz
    cofactor_y = xx * zz - xz * xz
    cofactor_z = xx * yy - xy * xy
    determinant = xx * cofactor_x - xy * (xy * zz - yz * xz) + xz * (xy * yz - yy * xz)
    if determinant <= _SINGULAR:
        return math.inf, math.inf
    return (cofactor_x + cofactor_y) / determinant, cofactor_z / determinant


@njit(cache=True, nogil=True)
def count(histogram, member, kind, value, bins_per_unit, weight):
    """``value``, after ``weight`` was added to its bin; the last bin takes all that lies beyond."""
    last = histogram.shape[2] - 1
    place = last
    if value * bins_per_unit < last:
        place = int(value * bins_per_unit)
    histogram[member, kind, place] += weight
    return value


@njit(cache=True, nogil=True)
def dilutions(position_m, edges, point_m, axes, weight, members, limits, available, in_view, dop, histogram):
    """Fill availability, satellites in view, PDOP and its distribution for each member, point and epoch.

    position_m: float64[epochs, sats, 3], Earth-fixed, NaN where not usable; satellites edges[s]:edges[s + 1] belong to system s.
    point_m: float64[points, 3]; axes: float64[points, 3, 3], rows east, north, up; weight: float64[points].
    members: uint8[members, systems], 1 where the system takes part. limits: sine of the mask (0 to 1), largest PDOP, bins per unit of DOP.
    available: int64[members, 2, points] out, epochs within the limit, with a clock for each system and with the offsets known.
    in_view: int64[members, points] out, satellites summed over epochs. dop: float32[members, 4, points, epochs] out: PDOP, HDOP, VDOP with a
    clock for each system, PDOP with the offsets known. histogram: float64[members, 4, bins], their distributions, added to.

    With s_k the sum of the n_k lines of sight of system k and A_k the sum of their outer products, the position block of the normal matrix with
    a clock for each system eliminated is sum_k (A_k - s_k s_k' / n_k); with one clock it is A - s s' / n of all.
    """
    sin_mask, largest, bins_per_unit = limits
    squared_mask, squared_limit = sin_mask * sin_mask, largest * largest
    n_systems = len(edges) - 1
    sums = np.empty((n_systems, 9))
    for p in range(point_m.shape[0]):
        px, py, pz = point_m[p, 0], point_m[p, 1], point_m[p, 2]
        ex, ey, ez = axes[p, 0, 0], axes[p, 0, 1], axes[p, 0, 2]
        nx, ny, nz = axes[p, 1, 0], axes[p, 1, 1], axes[p, 1, 2]
        ux, uy, uz = axes[p, 2, 0], axes[p, 2, 1], axes[p, 2, 2]
        for m in range(members.shape[0]):
            available[m, 0, p] = available[m, 1, p] = in_view[m, p] = 0
        for t in range(position_m.shape[0]):
            for k in range(n_systems):
                seen = e1 = n1 = u1 = ee = en = eu = nn = nu = 0.0
                for i in range(edges[k], edges[k + 1]):
                    dx, dy, dz = position_m[t, i, 0] - px, position_m[t, i, 1] - py, position_m[t, i, 2] - pz
                    u = ux * dx + uy * dy + uz * dz
                    if u > 0.0:
                        square = dx * dx + dy * dy + dz * dz
                        if u * u >= squared_mask * square:
                            inverse = 1.0 / math.sqrt(square)
                            e = (ex * dx + ey * dy + ez * dz) * inverse
                            n = (nx * dx + ny * dy + nz * dz) * inverse
                            u *= inverse
                            seen += 1.0
                            e1 += e
                            n1 += n
                            u1 += u
                            ee += e * e
                            en += e * n
                            eu += e * u
                            nn += n * n
                            nu += n * u
                sums[k, 0], sums[k, 1], sums[k, 2], sums[k, 3] = seen, e1, n1, u1
                sums[k, 4], sums[k, 5], sums[k, 6], sums[k, 7], sums[k, 8] = ee, en, eu, nn, nu
            for m in range(members.shape[0]):
                seen = e1 = n1 = u1 = ee = en = eu = nn = nu = 0.0
                clocks = cee = cen = ceu = cnn = cnu = cuu = 0.0
                for k in range(n_systems):
                    if members[m, k] and sums[k, 0] > 0.0:
                        clocks += 1.0
                        seen += sums[k, 0]
                        e1 += sums[k, 1]
                        n1 += sums[k, 2]
                        u1 += sums[k, 3]
                        ee += sums[k, 4]
                        en += sums[k, 5]
                        eu += sums[k, 6]
                        nn += sums[k, 7]
                        nu += sums[k, 8]
                        part = 1.0 / sums[k, 0]
                        cee += sums[k, 1] * sums[k, 1] * part
                        cen += sums[k, 1] * sums[k, 2] * part
                        ceu += sums[k, 1] * sums[k, 3] * part
                        cnn += sums[k, 2] * sums[k, 2] * part
                        cnu += sums[k, 2] * sums[k, 3] * part
                        cuu += sums[k, 3] * sums[k, 3] * part
                uu = seen - ee - nn
                in_view[m, p] += int(seen)
                h2 = v2 = known = math.inf
                if seen - clocks > 2.5:
                    h2, v2 = squared(ee - cee, en - cen, eu - ceu, nn - cnn, nu - cnu, uu - cuu)
                if clocks < 1.5:
                    known = h2 + v2
                elif seen > 3.5:
                    part = 1.0 / seen
                    h, v = squared(
                        ee - e1 * e1 * part, en - e1 * n1 * part, eu - e1 * u1 * part, nn - n1 * n1 * part, nu - n1 * u1 * part, uu - u1 * u1 * part
                    )
                    known = h + v
                free = h2 + v2
                available[m, 0, p] += free <= squared_limit
                available[m, 1, p] += known <= squared_limit
                dop[m, 0, p, t] = count(histogram, m, 0, math.sqrt(free), bins_per_unit, weight[p])
                dop[m, 1, p, t] = count(histogram, m, 1, math.sqrt(h2), bins_per_unit, weight[p])
                dop[m, 2, p, t] = count(histogram, m, 2, math.sqrt(v2), bins_per_unit, weight[p])
                dop[m, 3, p, t] = count(histogram, m, 3, math.sqrt(known), bins_per_unit, weight[p])
