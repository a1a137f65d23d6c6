"""Precise positions of one station from modelled rows: a filter forward, a smoothed answer from both directions, and cold sessions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.federation import Federation
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.navigation.links import REFERENCE_FREQUENCY_HZ, groups_of
from armillary.navigation.precise_point.memory import Memory
from armillary.navigation.precise_point.rows import PreciseRows, ionosphere_free, longest_gap_s
from armillary.navigation.signals import SignalRows

kernels: Any = lazy_module("armillary.navigation.precise_point.filter_kernels")
ranges: Any = lazy_module("armillary.navigation.precise_point.range_kernels")

__all__ = ["FilterOptions", "Observed", "PreciseSolution", "fresh", "observed_by", "solve", "solve_both_ways"]

Floats = NDArray[np.float64]
_CODE_TIME_S = 60.0
"""Correlation time of code multipath: codes closer than this are not independent."""
_NOTHING_KNOWN_M = 1.0
_STRETCH = 1500
"""Epochs whose states are all kept at a time: half a day at 30 s, some tens of megabytes."""
_ROUNDING_S = 1e-3
_BIASED = 5.0
"""Factor of the unknown constant of codes that no bias file relates to those of the clocks."""


@dataclass(frozen=True, slots=True)
class FilterOptions:
    """What the filter believes beforehand; standard deviations in metres, walks in metres per square root of a second."""

    static: bool
    position_sigma_m: float = 100.0
    zenith_walk: float = 8e-5
    """5 mm per root of an hour, as zenith delays are seen to walk on ordinary days."""
    gradient_walk: float = 5e-6
    """0.3 mm per root of an hour."""
    offset_walk: float = 1e-4
    zenith_sigma_m: float = 0.15
    gradient_sigma_m: float = 1e-3
    slant_walk: float = 0.05
    """Of slant ionospheres at 1575.42 MHz, where they are estimated: more than quiet ones do, so that they bind nothing."""
    ambiguity_walk: float = 1e-4
    """Orbit and clock errors of a satellite change along an arc: its ambiguity follows them."""
    limit: float = 4.5
    """Normalised residual that is not believed."""
    integers: bool = True
    """Hold ambiguities at integers beside the float solution, where products say that they are."""

    @property
    def settings(self) -> Floats:
        """As the kernel takes them."""
        walk = 0.0 if self.static else -1.0
        walks = (walk, self.zenith_walk, self.gradient_walk, self.offset_walk)
        return np.array([self.position_sigma_m, *walks, self.zenith_sigma_m, self.gradient_sigma_m, self.ambiguity_walk, self.slant_walk])


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """Rows as one member of a federation uses them."""

    rows: PreciseRows
    federation: Federation
    usable: NDArray[np.bool_]
    group: NDArray[np.int64]
    """int64[n], clock group; 0 is the reference."""
    groups: tuple[str, ...]
    z_m: Floats
    """float64[n, 2] ionosphere-free code and phase, or float64[n, 4] codes, then phases of two signals; observed minus modelled."""
    level_m: Floats
    """float64[n], ionosphere-free code."""
    delay: Floats
    """float64[n_sats, 2], ionospheric delay of each signal over that of 1575.42 MHz."""
    code_sigma_m: Floats
    """float64[n], noise of codes at the zenith."""
    code_unknown_m: Floats
    """float64[n], standard deviation of the constant that the codes of a satellite share."""
    phase_variance_m2: Floats
    """float64[n], of the ionosphere-free phase."""

    @property
    def uncombined(self) -> bool:
        """Whether both signals stand for themselves."""
        return bool(self.z_m.shape[1] == 4)

    def variances_m2(self, first: int, last: int, information: Floats) -> Floats:
        """As ``z_m``: for both signals so that their ionosphere-free combination has the variance it has in the other model."""
        both = np.stack([self.code_variances_m2(first, last, information), self.phase_variance_m2], axis=1)
        if not self.uncombined:
            return both
        one, two = _factors(self.rows.signals)
        return np.repeat(both / (one**2 + two**2)[:, None], 2, axis=1)

    def code_variances_m2(self, first: int, last: int, information: Floats) -> Floats:
        """float64[n]: of codes in epochs ``first`` to ``last`` - 1; those of one satellite together never say more than their constant lets them.

        ``information``: float64[n_sats], what they have said so far; it grows.
        """
        rows = self.rows
        out = np.full(len(self.level_m), np.nan)
        chosen = slice(*rows.signals.offsets[[first, last]])
        elevation = np.where(np.isfinite(self.level_m), rows.elevation_rad, np.nan)[chosen]
        given = (rows.signals.satellite_of[chosen], elevation, self.code_sigma_m[chosen], self.code_unknown_m[chosen])
        ranges.code_variances(*given, self.step_share, information, out[chosen])
        return out

    @property
    def step_share(self) -> float:
        """How much of a code is independent of the one of the epoch before."""
        time_s = self.rows.time_s
        return min(1.0, float(np.median(np.diff(time_s))) / _CODE_TIME_S) if len(time_s) > 1 else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class PreciseSolution:
    """States after every epoch; NaN where nothing was solved. base = 6 + number of clock groups."""

    observed: Observed
    state: Floats
    """float64[n_epochs, base]: east, north, up from the a priori position, zenith wet delay from its a priori value, gradients north and east,
    receiver clock, offsets of the further groups (NaN before a group is seen); metres."""
    covariance: Floats
    """float64[n_epochs, base, base]."""
    status: NDArray[np.uint8]
    """uint8[n]: what became of each row (:mod:`armillary.navigation.precise_point.filter_kernels`)."""
    residual_m: Floats
    """float64[n, 2], ionosphere-free code and phase after the epoch."""
    arc: NDArray[np.int32]
    """int32[n], arcs as the filter used them."""
    satellites: NDArray[np.int32]
    """int32[n_epochs], satellites whose phase was used."""
    fixed_state: Floats
    """float64[n_epochs, base], states with ambiguities held at integers; NaN where none could be."""
    fixed_covariance: Floats
    fixed: NDArray[np.int32]
    """int32[n_epochs], ambiguities held."""
    slant_m: Floats
    """float64[n, 2], slant ionosphere at 1575.42 MHz, with the code biases of satellite and receiver, and its standard deviation; NaN where not
    estimated."""
    memory: Memory
    """What the forward filter knows after its last epoch."""


def observed_by(member: Federation, rows: PreciseRows, *, uncombined: bool = False, groups_before: Sequence[str] = ()) -> Observed:
    """The rows of the systems of ``member`` as observations with variances and clock groups: ionosphere-free, or of both signals.

    ``groups_before`` are clock groups of an earlier file, whose order is kept.
    """
    signals = rows.signals
    groups = groups_of(signals)
    letters = {c.letter for c in member}
    of_member = np.array([c.letter in letters for c, _ in groups], np.bool_)
    usable = rows.usable & of_member[signals.satellite_of] if len(groups) else rows.usable
    names = [group.bias_group for _, group in groups]
    count = {name: 0 for c in member for name in dict.fromkeys(g.bias_group for g in c.groups)}
    for i, used in enumerate(np.bincount(signals.satellite_of[usable], minlength=len(names)).tolist()):
        if used:
            count[names[i]] = count.get(names[i], 0) + used
    ordered = sorted((name for name, used in count.items() if used), key=lambda name: -count[name])
    ordered = [*groups_before, *(name for name in ordered if name not in groups_before)] or ["none"]
    number = {name: i for i, name in enumerate(ordered)}
    group = np.array([number.get(name, 0) for name in names], np.int64)[signals.satellite_of] if names else np.empty(0, np.int64)
    phase_sigma = np.array([g.precise_phase_sigma_m for _, g in groups])
    code_sigma = np.array([g.precise_code_sigma_m for _, g in groups]).reshape(-1, 2)
    unknown = code_sigma[:, 1] * np.where(rows.biased, _BIASED, 1.0)
    of = signals.satellite_of
    sine = np.sin(np.maximum(np.nan_to_num(rows.elevation_rad), 0.02))
    extra = rows.extra_variance_m2 if len(rows.extra_variance_m2) else 0.0
    level = np.where(usable, ionosphere_free(signals, rows.code_m), np.nan)
    with_phase = (usable & (rows.arc >= 0))[:, None]
    if uncombined:
        both = usable & np.isfinite(level)
        z = np.concatenate([np.where(both[:, None], rows.code_m, np.nan), np.where(with_phase, rows.phase_m, np.nan)], axis=1)
    else:
        z = np.stack([level, np.where(with_phase[:, 0], ionosphere_free(signals, rows.phase_m), np.nan)], axis=1)
    return Observed(
        rows=rows,
        federation=member,
        usable=usable,
        group=group,
        groups=tuple(ordered),
        z_m=z,
        level_m=level,
        delay=_delays(signals),
        code_sigma_m=code_sigma[of, 0],
        code_unknown_m=unknown[of],
        phase_variance_m2=phase_sigma[of] ** 2 * 0.5 * (1.0 + 1.0 / sine**2) + extra,
    )


def fresh(observed: Observed, options: FilterOptions) -> Memory:
    """A memory that knows nothing but what the options believe beforehand."""
    sigmas = (options.position_sigma_m, options.zenith_sigma_m, options.gradient_sigma_m)
    return Memory.fresh(len(observed.rows.signals.satellites), len(observed.groups), 3 if observed.uncombined else 1, sigmas)


def solve(observed: Observed, options: FilterOptions, *, first: int = 0, last: int | None = None, memory: Memory | None = None) -> PreciseSolution:
    """The filter over epochs ``first`` to ``last`` - 1, from nothing, or from what it knew before (``memory``, which is changed)."""
    last = len(observed.rows.signals.epochs) if last is None else last
    memory = memory if memory is not None else fresh(observed, options)
    run = _Run(observed, options, observed.variances_m2(first, last, memory.information), memory)
    run.over(np.arange(first, last), observed.rows.arc, free_resets=True)
    return run.solution()


def solve_both_ways(observed: Observed, options: FilterOptions) -> tuple[PreciseSolution, PreciseSolution]:
    """The filter forward, and the smoothed solution: what both directions know of every epoch.

    The states of all epochs of a day at 1 Hz would take gigabytes: forward, what the filter knows is kept now and then; backward, stretches
    between are filtered forward once more, with the arcs that are known by then.
    """
    n_epochs = len(observed.rows.signals.epochs)
    stretches = [np.arange(a, min(a + _STRETCH, n_epochs)) for a in range(0, n_epochs, _STRETCH)]
    memory = fresh(observed, options)
    variances = observed.variances_m2(0, n_epochs, memory.information)
    ahead = _Run(observed, options, variances, memory)
    marks = []
    for stretch in stretches:
        marks.append(memory.copy())
        marks[-1].arc_of[:] = memory.own_arc  # arcs are counted as the filter used them then
        ahead.over(stretch, observed.rows.arc, free_resets=True)
    forward = ahead.solution()
    # what is believed beforehand is in the forward pass already
    unbiased = replace(options, zenith_sigma_m=_NOTHING_KNOWN_M, gradient_sigma_m=_NOTHING_KNOWN_M)
    back = _Run(observed, unbiased, variances, fresh(observed, unbiased))
    size = 6 + len(observed.groups) + (3 if observed.uncombined else 1) * _most_at_once(observed)
    kept = _Kept.room(min(_STRETCH, n_epochs), size, n_epochs, len(observed.groups))
    again = _Run(observed, options, variances, memory)
    for stretch, mark in zip(reversed(stretches), reversed(marks), strict=True):
        kept.n[:] = 0
        again.go_on_from(mark).over(stretch, forward.arc, free_resets=False, kept=kept, mode=1)
        back.over(stretch[::-1].copy(), forward.arc, free_resets=False, kept=kept, mode=2)
    missing = ~np.isfinite(kept.smoothed[:, 0])
    smoothed = replace(
        back.solution(),
        state=np.where(missing[:, None], forward.state, kept.smoothed),
        covariance=np.where(missing[:, None, None], forward.covariance, kept.smoothed_covariance),
        arc=forward.arc,
        fixed_state=forward.fixed_state,
        fixed_covariance=forward.fixed_covariance,
        fixed=forward.fixed,
        memory=forward.memory,
    )
    return forward, smoothed


@dataclass(frozen=True, slots=True, eq=False)
class _Kept:
    """What passes over a stretch of epochs leave for the pass in the other direction, and what both together say of all epochs."""

    x: Floats
    p: Floats
    n: NDArray[np.int64]
    arc: NDArray[np.int32]
    smoothed: Floats
    smoothed_covariance: Floats

    @staticmethod
    def room(stretch: int, size: int, n_epochs: int, n_groups: int) -> _Kept:
        base = 6 + n_groups
        return _Kept(
            np.empty((stretch, size)),
            np.empty((stretch, size, size)),
            np.zeros(stretch, np.int64),
            np.empty((stretch, size), np.int32),
            np.full((n_epochs, base), np.nan),
            np.full((n_epochs, base, base), np.nan),
        )


class _Run:
    """One direction over the epochs, in one stretch or several; ``memory`` goes from one to the next."""

    def __init__(self, observed: Observed, options: FilterOptions, variances_m2: Floats, memory: Memory) -> None:
        n, n_epochs, base = len(observed.rows.signals.sat), len(observed.rows.signals.epochs), 6 + len(observed.groups)
        self._observed, self._options, self._variances, self._memory = observed, options, variances_m2, memory
        self._state, self._covariance = np.full((n_epochs, base), np.nan), np.full((n_epochs, base, base), np.nan)
        self._fixed, self._fixed_covariance = np.full_like(self._state, np.nan), np.full_like(self._covariance, np.nan)
        self._status, self._residual, self._arc = np.zeros(n, np.uint8), np.full(observed.z_m.shape, np.nan), np.full(n, -1, np.int32)
        self._used, self._held, self._slant = np.zeros(n_epochs, np.int32), np.zeros(n_epochs, np.int32), np.full((n, 2), np.nan)
        self._next_arc = int(observed.rows.arc.max(initial=-1)) + 1
        integer = observed.rows.integer_group
        self._lanes = (
            observed.rows.wide_cycles,
            integer if options.integers else np.full_like(integer, -1),
            *_lanes(observed.rows.signals),
            observed.step_share,
        )
        self._gap_s = longest_gap_s(observed.rows.time_s)

    def go_on_from(self, memory: Memory) -> _Run:
        """The same with another memory."""
        self._memory = memory
        return self

    def over(self, order: NDArray[np.int64], arc: NDArray[np.int32], *, free_resets: bool, kept: _Kept | None = None, mode: int = 0) -> None:
        """Filter the epochs of ``order``; modes as in the kernel."""
        observed, rows = self._observed, self._observed.rows
        signals = rows.signals
        kept = kept if kept is not None else _Kept.room(1, 1, 1, len(observed.groups))
        self._next_arc = kernels.run(
            (order, rows.time_s, signals.offsets, observed.usable, signals.satellite_of, observed.group, arc, rows.partial),
            (observed.z_m, self._variances, observed.level_m, observed.delay, self._options.settings),
            self._memory.arrays(),
            (
                *(self._state, self._covariance, self._status, self._residual, self._arc, self._used, self._slant),
                *(self._fixed, self._fixed_covariance, self._held),
            ),
            (kept.x, kept.p, kept.n, kept.arc, kept.smoothed, kept.smoothed_covariance, int(order.min(initial=len(signals.epochs)))),
            self._lanes,
            *(self._gap_s, self._options.limit, free_resets, mode, self._next_arc),
        )

    def solution(self) -> PreciseSolution:
        """What was found."""
        residual = self._residual
        if self._observed.uncombined:
            signals = self._observed.rows.signals
            residual = np.stack([ionosphere_free(signals, residual[:, :2]), ionosphere_free(signals, residual[:, 2:])], axis=1)
        found = (self._state, self._covariance, self._status, residual, self._arc, self._used)
        return PreciseSolution(self._observed, *found, self._fixed, self._fixed_covariance, self._held, self._slant, self._memory)


def _most_at_once(observed: Observed) -> int:
    """Satellites that have states at one time, at most: those that were seen no longer ago than one may be away."""
    rows, of = observed.rows, observed.rows.signals.satellite_of
    seen = np.flatnonzero(observed.usable)
    seen = seen[np.argsort(of[seen], kind="stable")]  # of one satellite after the other, in time
    if not len(seen):
        return 0
    time_s = rows.time_s[rows.signals.epoch_of[seen]]
    gap_s = longest_gap_s(rows.time_s) + _ROUNDING_S
    away = (np.diff(of[seen]) != 0) | (np.diff(time_s) > gap_s)
    begin, end = time_s[np.r_[True, away]], time_s[np.r_[away, True]] + gap_s
    return int((np.searchsorted(np.sort(begin), begin, "right") - np.searchsorted(np.sort(end), begin, "left")).max())


def _lanes(signals: SignalRows) -> tuple[Floats, Floats]:
    """Narrow lane c / (f1 + f2) and share of the wide lane c f2 / (f1^2 - f2^2) in the ionosphere-free ambiguity, metres, float64[n_sats] each."""
    n = len(signals.satellites)
    frequency = np.full((n, 2), np.nan)
    frequency[signals.satellite_of] = signals.frequency_hz
    f1, f2 = frequency.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return SPEED_OF_LIGHT_M_S / (f1 + f2), SPEED_OF_LIGHT_M_S * f2 / (f1**2 - f2**2)


def _factors(signals: SignalRows) -> tuple[Floats, Floats]:
    """Factors of both signals in the ionosphere-free combination, float64[n] each."""
    a, b = signals.frequency_hz[:, 0] ** 2, signals.frequency_hz[:, 1] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return a / (a - b), -b / (a - b)


def _delays(signals: SignalRows) -> Floats:
    """Ionospheric delay of each signal over that of 1575.42 MHz, float64[n_sats, 2]; 0 where there is no signal."""
    frequency = np.zeros((len(signals.satellites), 2))
    frequency[signals.satellite_of] = signals.frequency_hz
    with np.errstate(divide="ignore"):
        return np.where(frequency > 0, (REFERENCE_FREQUENCY_HZ / frequency) ** 2, 0.0)
