"""Cycle slips and code multipath of the signals of one system.

A signal is compared with a partner: the code and phase of another band of the same satellite. Phases that part (geometry-free and wide-lane
combinations, :func:`armillary.navigation.smoothing_kernels.arcs`) have slipped; the code less the phases, free of geometry, clocks, troposphere and
ionosphere, is the code's multipath and noise once the mean of each arc is taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.monitoring.quality_rows import Signal, SystemRows

smoothing: Any = lazy_module("armillary.navigation.smoothing_kernels")

__all__ = ["SignalTrack", "track_signals"]

ENOUGH = 0.9
"""A partner serves when it is there with the signal in at least this share of the rows of the most present one."""
SHORTEST_ARC = 10
"""Rows; the mean of a shorter arc takes most of its multipath away."""
LONGEST_PAUSE = 10
"""Intervals after which an arc ends, at least a minute."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SignalTrack:
    """What was made of one signal; n rows, m satellites."""

    signal: Signal
    partners: tuple[str, ...]
    """Per satellite, the signal it was compared with; empty text for none."""
    slipped: NDArray[np.bool_]
    """bool[n], the phase broke between the neighbouring instant before and this row."""
    multipath_m: Floats
    """float64[n], mean of each arc removed, scaled for the degree of freedom that takes; NaN where it cannot be told."""


@dataclass(frozen=True, slots=True, eq=False)
class _Compared:
    """One signal against a partner per satellite."""

    partner: NDArray[np.int64]
    """int64[m], index of the partner among the signals, -1 for none."""
    arc: NDArray[np.int32]
    """int32[n], number of the arc, -1 where there is none."""
    dual: NDArray[np.bool_]
    """bool[n], both are there."""
    linked: NDArray[np.bool_]
    """bool[n], the neighbouring instant before was compared in the same way."""
    broken: NDArray[np.bool_]
    """bool[n], the phase broke since then."""
    partner_phase_m: Floats


def track_signals(rows: SystemRows, code_offset_m: Floats, steered: NDArray[np.bool_]) -> tuple[SignalTrack, ...]:
    """Slips and multipath of every signal of ``rows``.

    ``code_offset_m`` float64[instants] is taken from the codes (jumps that phases did not follow); at ``steered`` instants (bool[instants]) nothing
    counts as a slip.
    """
    if not rows.signals:
        return ()
    shift = code_offset_m[rows.instant_of]
    codes = np.stack([s.code_m - shift for s in rows.signals])
    phases = np.stack([s.phase_m for s in rows.signals])
    before = _row_before(rows)
    quiet = steered[rows.instant_of] | rows.restarted
    return tuple(_track(rows, i, codes, phases, before, quiet) for i in range(len(rows.signals)))


def _track(rows: SystemRows, i: int, codes: Floats, phases: Floats, before: NDArray[np.int64], quiet: NDArray[np.bool_]) -> SignalTrack:
    signal = rows.signals[i]
    first, second = _partners(rows, i, codes, phases)
    best = _compare(rows, i, first, codes, phases, before)
    slipped = best.broken
    if (second >= 0).any():
        other = _compare(rows, i, second, codes, phases, before)
        # a slip of the partner breaks one comparison, a slip of the signal itself both
        slipped = slipped & (other.broken | ~(other.linked & other.dual))
    told = signal.lost & signal.tracked & (before >= 0) & signal.tracked[before]
    partners = tuple(rows.signals[p].name if p >= 0 else "" for p in first)
    return SignalTrack(signal, partners, (slipped | told) & ~quiet, _multipath(rows, i, best, codes, phases))


def _row_before(rows: SystemRows) -> NDArray[np.int64]:
    """int64[n], the row of the same satellite at the instant before, -1 for none."""
    first, second = rows.order[:-1], rows.order[1:]
    near = (rows.satellite_of[first] == rows.satellite_of[second]) & (rows.instant_of[second] - rows.instant_of[first] == 1)
    before = np.full(len(rows.order), -1)
    before[second[near]] = first[near]
    return before


def _partners(rows: SystemRows, i: int, codes: Floats, phases: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Per satellite, the partner that adds least noise among those mostly there, and the most present one of a third band; int64[m], -1 for none."""
    signal, m = rows.signals[i], len(rows.sat)
    others = [j for j, s in enumerate(rows.signals) if s.band != signal.band]
    none = np.full(m, -1)
    if not others:
        return none, none
    mine = np.isfinite(codes[i] + phases[i])
    count = np.stack([np.bincount(rows.satellite_of[mine & np.isfinite(codes[j] + phases[j])], minlength=m) for j in others])
    frequency = np.stack([rows.signals[j].frequency_hz for j in others])
    serves = (count > 0) & np.isfinite(frequency + signal.frequency_hz)
    noise = np.where(serves & (count >= ENOUGH * count.max(axis=0)), _phase_noise(signal.frequency_hz, frequency), np.inf)
    index = np.array(others)
    first = np.where(np.isfinite(noise).any(axis=0), index[np.argmin(noise, axis=0)], -1)
    bands = np.array([rows.signals[j].band for j in others])
    band_of = np.array([s.band for s in rows.signals])
    third = np.where(serves & (bands[:, None] != band_of[first][None, :]) & (first >= 0), count, 0)
    return first, np.where(third.any(axis=0), index[np.argmax(third, axis=0)], -1)


def _factor(frequency_hz: Floats, partner_hz: Floats) -> Floats:
    """Twice the ionosphere of the signal per metre that the two phases part: 2 f_p^2 / (f^2 - f_p^2)."""
    return np.asarray(2.0 * partner_hz**2 / (frequency_hz**2 - partner_hz**2))


def _phase_noise(frequency_hz: Floats, partner_hz: Floats) -> Floats:
    """How much phase noise the combination carries: MP = P - L - k (L - L_p)."""
    k = _factor(frequency_hz, partner_hz)
    return np.asarray(np.hypot(1.0 + k, k))


def _chosen(values: Floats, partner: NDArray[np.int64], satellite_of: NDArray[np.int32]) -> Floats:
    """Values float64[n] of each row's partner out of float64[signals, n]."""
    who = partner[satellite_of]
    return np.where(who >= 0, values[who, np.arange(len(satellite_of))], np.nan)


def _compare(rows: SystemRows, i: int, partner: NDArray[np.int64], codes: Floats, phases: Floats, before: NDArray[np.int64]) -> _Compared:
    n = len(rows.order)
    frequencies = np.stack([s.frequency_hz for s in rows.signals])
    partner_hz = np.where(partner >= 0, frequencies[partner, np.arange(len(partner))], 0.0)
    code = np.stack([codes[i], _chosen(codes, partner, rows.satellite_of)], axis=-1)
    phase = np.stack([phases[i], _chosen(phases, partner, rows.satellite_of)], axis=-1)
    frequency = np.stack([rows.signals[i].frequency_hz, partner_hz], axis=-1)[rows.satellite_of]
    step_s = float(np.median(np.diff(np.unique(rows.time_s)))) if n > 1 and rows.time_s.max() > rows.time_s.min() else 1.0
    slipped = (rows.signals[i].lost & np.isfinite(phases[i])) | rows.restarted
    arc = np.full(n, -1, np.int32)
    smoothing.arcs(rows.order, rows.satellite_of, rows.time_s, code, phase, frequency, slipped, max(LONGEST_PAUSE * step_s, 60.0), arc)
    dual = np.isfinite(code + phase).all(axis=1)
    linked = (before >= 0) & (arc >= 0) & (arc[before] >= 0) & (dual == dual[before])
    return _Compared(partner, arc, dual, linked, linked & (arc != arc[before]), phase[:, 1])


def _multipath(rows: SystemRows, i: int, compared: _Compared, codes: Floats, phases: Floats) -> Floats:
    partner_hz = np.stack([s.frequency_hz for s in rows.signals])[compared.partner, np.arange(len(rows.sat))]
    factor = np.where(compared.partner >= 0, _factor(rows.signals[i].frequency_hz, np.where(compared.partner >= 0, partner_hz, 0.0)), np.nan)
    raw = codes[i] - phases[i] - factor[rows.satellite_of] * (phases[i] - compared.partner_phase_m)
    out = np.full(len(raw), np.nan)
    used = compared.dual & (compared.arc >= 0) & np.isfinite(raw)
    arc = compared.arc[used]
    if not len(arc):
        return out
    count = np.bincount(arc)
    # sums of whole ambiguities would cost digits: each arc is taken from its first value
    starts = np.zeros(len(count))
    starts[arc[::-1]] = raw[used][::-1]
    value = raw[used] - starts[arc]
    mean = np.bincount(arc, value) / np.maximum(count, 1)
    scale = np.sqrt(count / np.maximum(count - 1, 1))
    out[used] = np.where(count[arc] >= SHORTEST_ARC, (value - mean[arc]) * scale[arc], np.nan)
    return out
