"""Arcs whose codes contradict all others for so long that they would spoil the biases of a file.

What is known of a bias beforehand (zero, with a sigma) is an observation like any other, so it has a normalised residual: the bias over the root of
what the data took from its variance (the test of Baarda 1968). Of all hypotheses that one bias is off, the right one has the largest expectation,
however its error spread into the others. A fault of codes breaks the arc of its satellite, so every arc gets biases of its own here: hours are
found as well as days.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.navigation.biases import BiasLayout
from armillary.navigation.links import Links

__all__ = ["SHORT_S", "Units", "contradicting", "many_fail", "normalised_biases", "normalised_misfit", "units_of"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
_SHARE, _FEWEST, _MANY = 0.25, 3, 15
"""Share of the rows of an arc and their number, or their number alone, that fail by chance in no arc of a station as it should be."""
SHORT_S = 1200.0
"""Arcs shorter than this share their biases with the other short ones of their satellite: they would tell little of one of their own."""
_UNKNOWN = 1e4
"""What the variance of a bias grows by that nothing is known of beforehand after all."""
_TELLS = 9.0
"""Variance of a solution over that of a row from which on a fault that the row hides would be lost in the solution."""


@dataclass(frozen=True, slots=True, eq=False)
class Units:
    """Biases as in a layout, but those of satellites once for each of their arcs."""

    unit_of: Integers
    """int64[n], unit of each row."""
    index: Integers
    coefficient: Floats
    variance: Floats
    """float64[n_biases], known beforehand."""
    long: NDArray[np.bool_]
    """bool[n_units], whether it is an arc; the others hold what is too short, one for each satellite."""
    own: Integers
    """int64[n_units, 2], the biases on both signals and on the second one of each unit, -1 where it has none."""


def units_of(links: Links, layout: BiasLayout, own: Integers, variance: Floats) -> Units:
    """Units of all rows; ``own``: int64[n_sats, 2], as in Units for satellites, ``variance``: float64[n_biases], beforehand."""
    rows = links.rows
    time_s = rows.epochs.seconds_since(rows.epochs[0])[rows.epoch_of]
    n_arcs = int(links.arc.max(initial=-1)) + 1
    first, last = np.full(n_arcs, np.inf), np.full(n_arcs, -np.inf)
    known = links.arc >= 0
    np.minimum.at(first, links.arc[known], time_s[known])
    np.maximum.at(last, links.arc[known], time_s[known])
    long = known & np.append(last - first >= SHORT_S, False)[links.arc]
    keys, unit_of = np.unique(np.where(long, links.arc + len(rows.satellites), rows.satellite_of), return_inverse=True)
    sat = np.zeros(len(keys), np.int64)
    sat[unit_of] = rows.satellite_of
    index, each = layout.index[sat].copy(), np.full((len(keys), 2), -1, np.int64)
    grown = [variance]
    total = len(variance)
    for j in (0, 1):
        there = own[sat, j] >= 0
        each[there, j] = total + np.arange(there.sum())
        index = np.where((index == own[sat, j][:, None, None]) & (index >= 0), each[:, j][:, None, None], index)
        grown.append(variance[own[sat, j][there]])
        total += int(there.sum())
    coefficient = np.ascontiguousarray(layout.coefficient[sat])
    return Units(unit_of.astype(np.int64), np.ascontiguousarray(index), coefficient, np.concatenate(grown), keys >= len(rows.satellites), each)


def contradicting(units: Units, normal: Floats, rhs: Floats, limit: float) -> tuple[Integers, Integers]:
    """Units with a normalised bias above ``limit``, and other such biases.

    The worst comes first; of what was found nothing is taken for known when the next is looked for.
    ``normal``, ``rhs``: normal equations of the biases without what is known beforehand.
    """
    variance = units.variance.copy()
    covariance = np.linalg.inv(normal + np.diag(1.0 / variance))
    found = np.zeros(len(units.own), np.bool_)
    freed: list[int] = []

    def free(g: int) -> None:
        nonlocal covariance
        weight = 1.0 / (_UNKNOWN * variance[g]) - 1.0 / variance[g]
        column = covariance[:, g].copy()
        covariance -= np.outer(column, column) * (weight / (1.0 + weight * column[g]))
        variance[g] *= _UNKNOWN

    while True:
        size = normalised_biases(covariance @ rhs, variance, np.diag(covariance))
        of_unit = np.where(found, 0.0, np.append(size, 0.0)[units.own].max(axis=1, initial=0.0))
        size[units.own[found].ravel()] = 0.0
        size[freed] = 0.0
        if not size.max(initial=0.0) > limit:
            return np.flatnonzero(found), np.array(freed, np.int64)
        # what is alone in its group of signals has nothing that tells its bias from that of the group
        if of_unit.max() >= 0.99 * size.max():
            worst = int(np.argmax(of_unit))
            found[worst] = True
            for g in units.own[worst][units.own[worst] >= 0]:
                free(int(g))
        else:
            freed.append(int(np.argmax(size)))
            free(freed[-1])


def normalised_biases(bias_m: Floats, variance_before: Floats, variance_after: Floats) -> Floats:
    """Sizes of biases over the standard deviation that a prior of zero lets expect of their estimates; 0 where nothing was learnt. All float64[n]."""
    learnt = variance_before - variance_after
    told = learnt > 1e-6 * variance_before
    return np.where(told, np.abs(bias_m) / np.sqrt(np.where(told, learnt, 1.0)), 0.0)


def normalised_misfit(
    links: Links, rows: NDArray[np.int64], layout: BiasLayout, bias_m: Floats, variance_m2: Floats, solution: Floats, covariance: Floats
) -> Floats:
    """How far rows that had no part in the solution of their epochs are from it, in standard deviations of the worse signal; float64[n].

    ``rows``: int64[n]; ``bias_m``: all biases as they stand; ``variance_m2``: float64[n, 3], as ``Links.variance_m2``, with what is not known of the
    biases. ``solution``, ``covariance``: of all epochs, as in :class:`armillary.navigation.single_point.Solution`.
    NaN where the epoch has no solution, or one so much less certain than the row that it tells nothing.
    """
    r = links.rows
    epoch, sat = r.epoch_of[rows], r.satellite_of[rows]
    n_systems = len(r.constellations)
    misfit = np.full((len(rows), 2), np.nan)
    for j in (0, 1):
        slant = links.k[rows, j] * links.ionosphere[rows, 0]
        jacobian = np.zeros((len(rows), 7 + n_systems))
        jacobian[:, :3] = -links.line[rows]
        jacobian[np.arange(len(rows)), 3 + r.constellation_of[sat]] = 1.0
        jacobian[:, 3 + n_systems] = slant
        jacobian[:, 4 + n_systems : 6 + n_systems] = slant[:, None] * links.ionosphere[rows, 1:]
        jacobian[:, 6 + n_systems] = links.wet[rows]
        known = np.append(bias_m, 0.0)[layout.index[sat, j]]
        computed = np.sum(layout.coefficient[sat, j] * known, axis=1) + np.sum(jacobian * solution[epoch], axis=1)
        of_row = variance_m2[:, 0] + variance_m2[:, 1 + j]
        of_solution = np.einsum("ri,rij,rj->r", jacobian, covariance[epoch], jacobian)
        variance = np.where(of_solution < _TELLS * of_row, of_row + of_solution, np.nan)
        misfit[:, j] = np.abs(links.z_m[rows, j] - computed) / np.sqrt(variance)
    both = ~np.isnan(links.z_m[rows]).any(axis=1)
    return np.asarray(np.where(both, misfit.max(axis=1), np.fmax(misfit[:, 0], misfit[:, 1])), np.float64)


def many_fail(arc: NDArray[np.int32], asked: NDArray[np.bool_], failed: NDArray[np.bool_]) -> bool:
    """Whether more rows of some arc failed than chance lets fail. All of the rows, [n]."""
    if not failed.any():
        return False
    n_arcs = int(arc.max()) + 2
    n_asked, n_failed = np.bincount(arc[asked] + 1, minlength=n_arcs), np.bincount(arc[failed] + 1, minlength=n_arcs)
    return bool(((n_failed >= _MANY) | (n_failed >= _FEWEST) & (n_failed > _SHARE * n_asked)).any())
