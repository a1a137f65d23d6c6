"""Epoch-wise positions from codes of any set of systems.

Every epoch has its own position, clocks and ionosphere; code biases of satellites and receiver hold over the file
(:mod:`armillary.navigation.biases`). Two passes: biases from all epochs, epochs with the biases, excluded rows left out, biases again, epochs
again. The causal answer estimates the biases from the past only. A member of a federation is a mask over the links; nothing here knows which
systems there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.navigation.biases import BiasLayout, bias_layout
from armillary.navigation.contradiction import SHORT_S, Units, contradicting, many_fail, normalised_biases, normalised_misfit, units_of
from armillary.navigation.links import BELOW_MASK, CONTRADICTS, OUTLIER, USED, Links, groups_of

kernels: Any = lazy_module("armillary.navigation.single_point_kernels")

__all__ = ["EstimatorOptions", "Solution", "solve"]

_FITS = 1.5
_MORE, _MOST_APART = 1.5, 0.1
"""Arcs are believed to be wrong when that costs at most so many times the rows that epochs alone exclude, and this share of all rows."""
_UNKNOWN = 1e4
"""What the variance of a bias grows by that nothing is known of beforehand after all."""


@dataclass(frozen=True, slots=True)
class EstimatorOptions:
    """How epochs are solved. Sigmas in metres."""

    satellite_biases: bool = True
    causal: bool = False
    w_limit: float = 4.5
    """Normalised residual that excludes a satellite: 4.5 sigma is passed by chance 7 times in a million."""
    bias_limit: float = 7.0
    """Normalised bias that sets an arc apart: broadcast errors have heavy tails, 5.3 is the most of 15,000 on eight real stations."""
    bias_suspect: float = 4.5
    """Normalised bias of a satellite from which on its arcs are looked at one by one."""
    max_pdop: float = 30.0
    layer_sigma_m: float = 0.1
    layer_share: float = 0.05
    """Ionosphere that a vertical value with gradients does not explain, at the zenith: a constant and a share of the vertical delay."""
    wet_sigma_m: float = 0.06
    """Error of a climatological zenith delay."""
    most_adapted: float = 25.0
    """By how much the variance of a satellite that fits badly may grow; 1 holds all variances as they are stated."""
    correlation_s: float = 7200.0
    """Time over which broadcast orbit and clock errors repeat themselves: they follow the orbit and its half-day harmonics."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """The answer of one member. n_epochs epochs, n rows, s systems of the union (in its order)."""

    solution: NDArray[np.float64]
    """float64[n_epochs, 7 + s]: offset east, north, up from the linearisation point (m), s clocks (m), vertical ionosphere, its north and east
    gradient (m, m per 1000 km), wet zenith correction (m); NaN where unsolved."""
    covariance: NDArray[np.float64]
    dop: NDArray[np.float64]
    """float64[n_epochs, 5]: GDOP, PDOP, HDOP, VDOP, TDOP."""
    flag: NDArray[np.uint8]
    state: NDArray[np.uint8]
    residual_m: NDArray[np.float64]
    statistic: NDArray[np.float64]
    """float64[n_epochs, 2]: weighted square sum of residuals and its degrees of freedom."""
    biases: BiasLayout
    bias_m: NDArray[np.float64]
    bias_covariance: NDArray[np.float64]


def solve(
    links: Links, systems: NDArray[np.bool_], prior: NDArray[np.float64], prior_sigma: NDArray[np.float64], options: EstimatorOptions
) -> Solution:
    """Positions of the member whose systems are marked in ``systems`` (bool[s]).

    ``prior``, ``prior_sigma``: float64[n_epochs, 3], vertical ionosphere (m at 1575.42 MHz) and gradients (m per 1000 km).
    """
    work = _Work(links, systems, prior, prior_sigma, options)
    if options.causal:
        work.run_causal()
    else:
        work.run_file()
    return work.result()


def independent(span_s: float, correlation_s: float) -> float:
    """How many independent values the mean of an error is worth that repeats itself for ``correlation_s``: one for a moment, span / time for long.

    Of an exponential correlation whose integral over both sides is ``correlation_s`` (variance of a time average, e.g. Priestley 1981, 5.3.2).
    """
    tau = 0.5 * correlation_s
    if span_s < 1e-3 * tau:
        return 1.0
    return span_s**2 / (2.0 * tau * (span_s + tau * math.expm1(-span_s / tau)))


class _Work:
    """Arrays of one member while it is solved."""

    def __init__(
        self, links: Links, systems: NDArray[np.bool_], prior: NDArray[np.float64], prior_sigma: NDArray[np.float64], options: EstimatorOptions
    ) -> None:
        rows = links.rows
        self.links, self.options = links, options
        mine = systems[rows.constellation_of]
        self.state = links.state.copy()
        self.state[~mine[rows.satellite_of]] = BELOW_MASK + 100
        self.outside = self.state == BELOW_MASK + 100
        self.layout = bias_layout(links, mine, satellite_biases=options.satellite_biases)
        place = {name: i for i, name in enumerate(self.layout.names)}
        self.own = np.array([[place.get(f"satellite {i}{j}", -1) for j in ("", " second")] for i in range(len(mine))], np.int64).reshape(-1, 2)
        self.system_of = rows.constellation_of[rows.satellite_of].astype(np.int64)
        self.satellite_of = rows.satellite_of.astype(np.int64)
        n_epochs, n_local = len(rows.epochs), 7 + len(rows.constellations)
        self.n_systems = len(rows.constellations)
        self.prior = np.concatenate([prior, np.zeros((n_epochs, 1))], axis=1)
        self.prior_sigma = np.concatenate([prior_sigma, np.full((n_epochs, 1), options.wet_sigma_m)], axis=1)
        self.variance = links.variance_m2.copy()
        if options.satellite_biases:
            self.variance[:, 0] *= 1.0 - np.array([group.slow_share for _, group in groups_of(rows)])[rows.satellite_of]
        self.expected = self.variance.copy()
        self.prior_variance = self.layout.sigma_m**2
        self.bias_variance = self.prior_variance.copy()
        self.layer_sigma = options.layer_sigma_m + options.layer_share * np.abs(prior[:, 0])
        self.solution = np.full((n_epochs, n_local), np.nan)
        self.covariance = np.full((n_epochs, n_local, n_local), np.nan)
        self.dop = np.full((n_epochs, 5), np.nan)
        self.flag = np.ones(n_epochs, np.uint8)
        self.residual = np.full((len(rows.sat), 2), np.nan)
        self.statistic = np.full((n_epochs, 2), np.nan)
        n = len(self.layout.names)
        self.normal, self.rhs = np.zeros((n, n)), np.zeros(n)
        self.bias, self.bias_covariance = np.zeros(n), np.diag(self.layout.sigma_m**2)
        tai = rows.epochs.tai_ns
        self.step_s = float(np.median(np.diff(tai))) * 1e-9 if n_epochs > 1 else options.correlation_s
        self.stride = max(1, round(120.0 / self.step_s))
        self.repeated = min(1.0, self.stride * self.step_s / options.correlation_s)
        count = np.bincount(self.satellite_of[self.state == USED]) / self.stride
        usual = max(1.0, float(np.median(count[count > 0]))) if count.any() else 1.0
        self.share = min(1.0, independent(usual * self.stride * self.step_s, options.correlation_s) / usual)

    def _problem(self) -> tuple[Any, ...]:
        """What the kernels know of all epochs, in the order of :mod:`armillary.navigation.epoch_kernels`."""
        k = self.links
        return (
            k.rows.offsets, self.state, self.system_of, self.satellite_of, self.n_systems, k.z_m, k.k, k.line, k.ionosphere, k.wet,
            self.variance, self.layer_sigma, self.prior, self.prior_sigma, self.layout.index, self.layout.coefficient,
        )  # fmt: skip

    def accumulate(self, first: int, last: int) -> None:
        """Let epochs first to last - 1 speak about the biases."""
        # the first of epochs that repeat each other counts in full
        share = (1.0 if first == 0 else self.repeated) if self.options.causal else self.share
        kernels.accumulate(self._problem(), first, last, self.stride, share, self.normal, self.rhs)

    def settle(self) -> None:
        """Biases from what was accumulated and their priors."""
        if len(self.bias):
            self.bias_covariance = np.asarray(np.linalg.inv(self.normal + np.diag(1.0 / self.bias_variance)), np.float64)
            self.bias = self.bias_covariance @ self.rhs

    def epochs(self, first: int, last: int, stride: int = 1) -> None:
        """Solve epochs first, first + stride ... below last with the biases as they stand."""
        out = (self.solution, self.covariance, self.dop, self.flag, self.residual, self.statistic)
        limits = (self.options.w_limit, self.options.max_pdop)
        kernels.solve_epochs(self._problem(), first, last, stride, self.bias, self.bias_covariance, *limits, out)

    def learn_biases(self) -> None:
        """Biases from all epochs, as the rows stand."""
        self.normal[:], self.rhs[:] = 0.0, 0.0
        self.accumulate(0, len(self.flag))
        self.settle()

    def without_contradictions(self, kept: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The state of rows once arcs that contradict all others are left out; ``kept``: before epochs were solved. Biases and epochs go with it.

        What breaks no arc, as a jump of a satellite's clock, is no bias of an arc: where arcs explain it only with many more rows than single
        epochs do, these were right.
        """
        tried, usable = self.state.copy(), kept == USED
        before = self.prior_variance.copy(), self.bias_variance.copy()
        self.state[:] = kept
        units = units_of(self.links, self.layout, self.own, self.prior_variance)
        if not self.set_apart(units):
            self.state[:] = tried
            return kept
        self.learn_biases()
        self.relearn(self.state.copy())
        self.readmit(units.unit_of)
        found, after = self.state.copy(), (self.prior_variance, self.bias_variance)
        # the other explanation: biases without what single epochs excluded, and what they exclude then
        self.state[:], (self.prior_variance, self.bias_variance) = tried, before
        self.learn_biases()
        self.state[:] = kept
        self.epochs(0, len(self.flag), self.stride)
        single = self.stride * int((self.state[usable] != USED).sum())
        if int((found[usable] != USED).sum()) > _MORE * single + _MOST_APART * int(usable.sum()):
            return kept
        self.state[:], (self.prior_variance, self.bias_variance) = found, after
        self.learn_biases()
        self.epochs(0, len(self.flag), self.stride)
        return found

    def relearn(self, kept: NDArray[np.uint8]) -> None:
        """Biases without what single epochs exclude now; the state is what was ``kept`` again."""
        self.epochs(0, len(self.flag), self.stride)
        self.learn_biases()
        self.state[:] = kept

    def set_apart(self, units: Units) -> bool:
        """Leave out arcs that contradict all others; whether anything contradicts.

        A bias of the receiver that contradicts what is known beforehand is learnt freely from then on: receivers differ more than codes fail.
        """
        n = len(units.variance)
        normal, rhs = np.zeros((n, n)), np.zeros(n)
        problem = list(self._problem())
        problem[3], problem[14], problem[15] = units.unit_of, units.index, units.coefficient
        kernels.accumulate(tuple(problem), 0, len(self.flag), self.stride, self.share, normal, rhs)
        apart, freed = contradicting(units, normal, rhs, self.options.bias_limit)
        self.prior_variance[freed] *= _UNKNOWN
        self.bias_variance[freed] *= _UNKNOWN
        wrong = np.isin(units.unit_of, apart)
        # short arcs tell nothing themselves: they stand by the long ones of their satellite
        wrong |= ~units.long[units.unit_of] & np.isin(self.satellite_of, self.satellite_of[wrong])
        self.state[(self.state == USED) & wrong] = CONTRADICTS
        return len(apart) + len(freed) > 0

    def readmit(self, unit_of: NDArray[np.int64]) -> None:
        """Take rows that were set apart back in where they agree with what all others say, as most rows of their arc do."""
        state = self.state.copy()
        self.epochs(0, len(self.flag))
        self.state[:] = state
        rows = np.flatnonzero(state == CONTRADICTS)
        own = self.own[self.satellite_of[rows]]
        before = np.append(self.prior_variance, 0.0)[own]
        variance = self.expected[rows] + np.stack([before[:, 0], np.zeros(len(rows)), before[:, 1]], axis=1)
        misfit = normalised_misfit(self.links, rows, self.layout, self.bias, variance, self.solution, self.covariance)
        # sky and codes leave a few epochs in which a fault looks like something else, and others that tell nothing
        unit = unit_of[rows]
        total, told, agree = (np.bincount(unit, weights=w) for w in (np.ones(len(rows)), ~np.isnan(misfit), misfit < self.options.w_limit))
        sound = ((agree > 0.5 * told) & (told > 0.25 * total))[unit]
        self.state[rows[sound]] = np.where(misfit[sound] >= self.options.w_limit, OUTLIER, USED)

    def run_file(self) -> None:
        """Biases from the whole file; twice, the second time without what the first excluded."""
        n_epochs = len(self.flag)
        kept = self.state.copy()
        self.learn_biases()
        # the epochs that speak about the biases are enough to learn which satellites and codes to trust
        self.epochs(0, n_epochs, self.stride)
        if self.is_suspect(kept):
            kept = self.without_contradictions(kept)
        self.learn_layer(0, n_epochs)
        self.learn_satellites()
        self.learn_biases()
        self.state[:] = kept
        self.epochs(0, n_epochs)

    def is_suspect(self, kept: NDArray[np.uint8]) -> bool:
        """Whether biases or rows look as if some codes were wrong for long; ``kept``: the state before epochs were solved."""
        if len(self.flag) * self.step_s < SHORT_S:
            return False
        size = normalised_biases(self.bias, self.bias_variance, np.diag(self.bias_covariance))
        tried = (kept == USED) & (self.links.rows.epoch_of % self.stride == 0)
        return bool(size.max(initial=0.0) > self.options.bias_suspect) or many_fail(self.links.arc, tried, tried & (self.state == OUTLIER))

    def run_causal(self) -> None:
        """Biases of an epoch from the epochs before it; of the first epochs, which have none before them, from themselves."""
        offsets = self.links.rows.offsets
        self.accumulate(0, min(self.stride, len(self.flag)))
        self.settle()
        self.normal[:], self.rhs[:] = 0.0, 0.0
        for first in range(0, len(self.flag), self.stride):
            last = min(first + self.stride, len(self.flag))
            rows = slice(offsets[first], offsets[last])
            # what is not known yet of a satellite's own bias is noise of its codes: it has just risen, or the file has just begun
            self.variance[rows, 0] = self.expected[rows, 0] + self.unknown()[self.satellite_of[rows]]
            self.epochs(first, last)
            self.variance[rows, 0] = self.expected[rows, 0]
            self.accumulate(first, last)
            self.settle()
            self.learn_layer(first, last)

    def unknown(self) -> NDArray[np.float64]:
        """Variance of each satellite's own bias as it is known now, float64[n_sats]; zero where it has none."""
        variance = np.append(np.diag(self.bias_covariance), 0.0)
        return np.asarray(variance[self.own[:, 0]], np.float64)

    def learn_satellites(self) -> None:
        """Let satellites that fit badly count less: broadcast errors have heavier tails than any one sigma per group says.

        The mean square of a satellite's residuals and of its own bias, each over what was expected, scales its variance: by 1 below
        ``_FITS``, by at most ``most_adapted``.
        """
        used = (self.state == USED) & np.isfinite(self.residual[:, 0])
        expected = self.expected[used, 0] + self.expected[used, 1]
        n_sats = len(self.layout.index)
        count = np.bincount(self.satellite_of[used], minlength=n_sats)
        square = np.bincount(self.satellite_of[used], weights=self.residual[used, 0] ** 2 / expected, minlength=n_sats) / np.maximum(count, 1)
        factor = np.ones(n_sats)
        for i in np.flatnonzero(count):
            own = self.own[i, 0]
            bias = float(self.bias[own] ** 2 / self.prior_variance[own]) if own >= 0 else 0.0
            factor[i] = np.clip(0.5 * (square[i] + bias) / _FITS, 1.0, self.options.most_adapted)
            if own >= 0:
                self.bias_variance[own] = self.prior_variance[own] * factor[i]
        self.variance[:, 0] = self.expected[:, 0] * factor[self.satellite_of]

    def learn_layer(self, first: int, last: int) -> None:
        """How unsure the thin layer is follows how much of it there is; what is seen in epochs first to last - 1 serves them and all later ones."""
        vertical = self.solution[first:last, 3 + self.n_systems]
        seen = np.isfinite(vertical)
        if seen.any():
            usual = float(np.median(vertical[seen]))
            places = np.arange(last - first)
            between = np.interp(places, places[seen], vertical[seen])
            self.layer_sigma[first:last] = self.options.layer_sigma_m + self.options.layer_share * np.abs(between)
            self.layer_sigma[last:] = self.options.layer_sigma_m + self.options.layer_share * abs(usual)

    def result(self) -> Solution:
        self.residual[self.state != USED] = np.nan
        return Solution(
            solution=self.solution,
            covariance=self.covariance,
            dop=self.dop,
            flag=self.flag,
            state=np.where(self.outside, BELOW_MASK + 100, self.state).astype(np.uint8),
            residual_m=self.residual,
            statistic=self.statistic,
            biases=self.layout,
            bias_m=self.bias,
            bias_covariance=self.bias_covariance,
        )
