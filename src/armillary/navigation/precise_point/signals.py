"""Which signals precise point positioning takes: those that the satellite clocks were made from, as far as the receiver has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armillary.core.biases import Biases
from armillary.core.constellation import Constellation
from armillary.core.epochs import Epochs
from armillary.core.federation import Federation
from armillary.core.observations import Observations
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.satellites import unpack
from armillary.core.scales import from_iso
from armillary.navigation.links import groups_of
from armillary.navigation.precise_point.biases_at import biases_at
from armillary.navigation.precise_point.channels import channel_notes, fitting_channels
from armillary.navigation.precise_point.clock_steps import clock_steps_m
from armillary.navigation.signals import SignalRows, signal_rows

__all__ = ["PreciseSignals", "precise_signals"]

_ENOUGH = 0.75
"""From this share of the epochs on the codes of the clocks are taken: three that agree say more than four of a signal that is metres off."""


@dataclass(frozen=True, slots=True, eq=False)
class PreciseSignals:
    """Observations with the satellites' code biases taken off."""

    rows: SignalRows
    biased: NDArray[np.bool_]
    """bool[n_sats]: the codes are not those of the clocks, and no bias file, or only one of another day, says how they differ."""
    integer_group: NDArray[np.int64]
    """int64[n_sats]: ambiguities of satellites with the same number differ by integers, as far as the products say so; -1 where they do not."""
    wide_bias_cycles: NDArray[np.float64]
    """float64[n_sats], to be added to the wide lane."""
    notes: tuple[str, ...]
    stepped_m: float = 0.0
    """What the receiver's codes stepped from its phases until the last epoch."""


def precise_signals(
    federation: Federation,
    observations: Observations,
    *,
    channels: dict[int, int],
    biases: Sequence[Biases] = (),
    wide_lane_cycles: Mapping[int, float] | None = None,
    stepped_m: float = 0.0,
) -> PreciseSignals:
    """Signals of every satellite on the two bands of the clocks, code and phase biases (OSB, or DSB of codes, of ``biases``) subtracted.

    ``wide_lane_cycles`` are those of integer clocks (:class:`armillary.core.precise.PreciseClocks`); ``stepped_m``: what the receiver's codes stepped
    from its phases in earlier files.
    """
    middle = observations.epochs[len(observations.epochs) // 2] if len(observations.epochs) else None
    at = biases_at(biases, middle)
    known = {c.letter: _References.of(c, (*at.own, *at.near), middle) for c in federation}
    liked = Federation(tuple(_liking(c, known[c.letter].every) for c in federation), federation.networks)
    checked = _check_channels(federation, observations, channels)
    rows = signal_rows(liked, observations, channels=checked.channels, enough=_ENOUGH)
    code, phase = rows.code_m.copy(), rows.phase_m
    if checked.contradicted:
        phase = np.where(np.isin(rows.sat, checked.contradicted)[:, None], np.nan, phase)
    references = [known[c.letter].groups.get(g.bias_group, known[c.letter].usual) for c, g in groups_of(rows)]
    biased = np.zeros(len(rows.satellites), np.bool_)
    changed: set[int] = set()
    by_files = np.zeros((len(rows.satellites), 2), np.bool_)
    unknown: dict[tuple[str, str, str], list[str]] = {}
    for i, (sat, pair) in enumerate(zip(rows.satellites.tolist(), rows.signals, strict=True)):
        if not all(pair):
            continue
        letter = chr(sat // 100)
        mine = rows.satellite_of == i
        of_day = _biases_m(at.own, sat, pair, references[i], middle)
        by_files[i] = np.isfinite(of_day)
        # those of other days only where the day's files say nothing: the two may tell the same from another reference
        near = not np.isfinite(of_day).any()
        for j, (observed, bias_m) in enumerate(zip(pair, _biases_m(at.near, sat, pair, references[i], middle) if near else of_day, strict=True)):
            of_clocks = observed in {pair[j] for pair in references[i]}
            biased[i] |= not of_clocks and (near or np.isnan(bias_m))
            if np.isnan(bias_m):
                if not of_clocks:
                    unknown.setdefault((letter, observed, references[i][0][j]), []).append(str(unpack(np.array([sat], np.int16))[0]))
                continue
            code[mine, j] -= bias_m
            changed.add(sat)
    notes = tuple(
        f"{letter}: codes {observed} of {len(sats)} satellites are not those of the clocks ({wanted}) and no bias file relates them: they weigh less"
        for (letter, observed, wanted), sats in unknown.items()
    )
    rows = replace(rows, code_m=code, phase_m=phase)
    steps = stepped_m + clock_steps_m(rows)
    rows = replace(rows, phase_m=rows.phase_m + steps[rows.epoch_of][:, None])
    phase, by_bias = _unbiased_phases(rows, at.own)
    # wide lanes need codes and phases by one solution: both codes by the file of the phases, or neither where integer clocks bring them
    by_bias &= set(np.flatnonzero(by_files.all(axis=1)).tolist())
    by_clock = {sat: cycles for sat, cycles in (wide_lane_cycles or {}).items() if sat not in changed}
    group, wide = _integer_groups(rows, references, by_clock, by_bias)
    return PreciseSignals(
        replace(rows, phase_m=phase), biased, group, wide, (*checked.notes, *at.notes, *notes), float(steps[-1]) if len(steps) else stepped_m
    )


def _unbiased_phases(rows: SignalRows, biases: Sequence[Biases]) -> tuple[NDArray[np.float64], set[int]]:
    """Phases with their OSB subtracted, where both phases of a satellite have one, the same at both ends; and the indices of these satellites."""
    phase, whole = rows.phase_m, set()
    ends = [rows.epochs[np.array([k])] for k in (0, -1)] if len(rows.epochs) else []
    for i, (sat, pair) in enumerate(zip(rows.satellites.tolist(), rows.phases, strict=True)):
        found, other = [_phase_biases(biases, sat, pair, when) for when in ends] if all(pair) else ([np.nan], [np.nan])
        if np.isfinite(found).all() and found == other:
            phase = phase.copy() if phase is rows.phase_m else phase
            phase[rows.satellite_of == i] -= SPEED_OF_LIGHT_M_S * np.array(found)
            whole.add(i)
    return phase, whole


def _phase_biases(biases: Sequence[Biases], sat: int, pair: tuple[str, str], when: Epochs) -> list[float]:
    """OSB of two phases, seconds; NaN where there is none."""
    return [next((v for b in biases if np.isfinite(v := b.find(sat, (name,), epoch=when))), np.nan) for name in pair]


def _integer_groups(
    rows: SignalRows, references: Sequence[Sequence[tuple[str, str]]], wide_lane_cycles: Mapping[int, float], by_bias: set[int]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Groups of satellites whose ambiguities differ by integers, and what to add to their wide lanes."""
    n = len(rows.satellites)
    group, wide = np.full(n, -1, np.int64), np.zeros(n)
    names: dict[tuple[str, str, str], int] = {}
    divided = {c.letter for c in rows.constellations if any(band.step_hz for band in c.bands)}  # receiver phases differ between channels
    for i, (sat, pair) in enumerate(zip(rows.satellites.tolist(), rows.signals, strict=True)):
        letter = chr(sat // 100)
        by_clock = sat in wide_lane_cycles and pair in references[i]
        if letter in divided or not all(pair) or not (by_clock or i in by_bias):
            continue
        group[i] = names.setdefault((letter, *pair), len(names))
        wide[i] = wide_lane_cycles[sat] if by_clock and i not in by_bias else 0.0
    return group, wide


class _Channels(NamedTuple):
    channels: dict[int, int]
    contradicted: list[int]
    notes: tuple[str, ...]


def _check_channels(federation: Federation, observations: Observations, channels: dict[int, int]) -> _Channels:
    """Numbers of header and messages against the phases: what is missing is told by them, what contradicts them is not believed."""
    known = dict(channels)
    wrong: dict[int, tuple[int, int]] = {}
    missing: dict[int, int | None] = {}
    step_s = float(np.median(np.diff(observations.epochs.tai_ns))) * 1e-9 if len(observations.epochs) > 1 else 30.0
    for constellation in federation:
        block = observations.blocks.get(constellation.letter)
        if block is None or not any(band.step_hz for band in constellation.bands):
            continue
        given = channels | {ord(constellation.letter) * 100 + slot: k for slot, k in observations.header.glonass_channels.items()}
        fitting = fitting_channels(constellation, block, step_s)
        for sat in np.unique(block.sat).tolist():
            fits = fitting.get(sat)
            if sat not in given:
                missing[sat] = fits
                known |= {} if fits is None else {sat: fits}
            elif fits is not None and fits != given[sat]:
                wrong[sat] = given[sat], fits
    return _Channels(known, list(wrong), channel_notes(wrong, missing))


class _References(NamedTuple):
    """Pairs of code signals that satellite clocks of a system refer to."""

    usual: tuple[tuple[str, str], ...]
    groups: dict[str, tuple[tuple[str, str], ...]]
    """Groups of satellites (``bias_group``) with other ones."""

    @property
    def every(self) -> tuple[tuple[str, str], ...]:
        """All pairs, those of groups first: satellites that lack them have the usual ones."""
        return tuple(dict.fromkeys((*(pair for pairs in self.groups.values() for pair in pairs), *self.usual)))

    @staticmethod
    def of(constellation: Constellation, biases: Sequence[Biases], when: Epochs | None) -> _References:
        """As the bias files say, else the convention of the IGS for this system and day."""
        for given in biases:
            told = tuple((first, second) for letter, first, second in given.clock_reference if letter == constellation.letter and first and second)
            if told:
                return _References(told, {})
        if when is None:
            return _References(constellation.clock_signals, {})
        since = [s for s in constellation.clock_switches if from_iso(s.since, "GPST").tai_ns[0] <= when.tai_ns[0]]
        return _References(constellation.clock_signals, {s.bias_group: s.signals for s in since})


def _liking(constellation: Constellation, references: Sequence[tuple[str, str]]) -> Constellation:
    """The same system with the reference signals liked best."""
    if not references:
        return constellation
    first = dict.fromkeys((*(a for a, _ in references), *constellation.first_signals))
    second = dict.fromkeys((*(b for _, b in references), *constellation.second_signals))
    bands = dict.fromkeys((*((a[1], b[1]) for a, b in references), *constellation.combinations))
    return replace(constellation, first_signals=tuple(first), second_signals=tuple(second), combinations=tuple(bands))


def _biases_m(
    biases: Sequence[Biases], sat: int, pair: tuple[str, str], references: Sequence[tuple[str, str]], when: Epochs | None
) -> tuple[float, float]:
    """Metres to subtract from both codes: their OSB where both have one, else each one's DSB against a reference code of its band; NaN for unknown.

    The OSB of reference codes is not zero, only that of their ionosphere-free combination: one of two taken off would leave the codes metres off.
    """
    absolute = [next((v for b in biases if np.isfinite(v := b.find(sat, (code,), epoch=when))), np.nan) for code in pair]
    found = absolute if np.isfinite(absolute).all() else [_difference_s(biases, sat, code, references, when) for code in pair]
    return SPEED_OF_LIGHT_M_S * found[0], SPEED_OF_LIGHT_M_S * found[1]


def _difference_s(biases: Sequence[Biases], sat: int, observed: str, references: Sequence[tuple[str, str]], when: Epochs | None) -> float:
    """A code against the first reference code of its band, by DSB or by two OSB of one file, seconds; NaN where nothing is known or it is that code.

    Of several pairs that clocks may refer to all are brought to the first: the other way round some satellites would go one way and some the other.
    """
    wanted = next((code for pair in references for code in pair if code[1] == observed[1]), observed)
    if wanted == observed:
        return float("nan")
    for given in biases:
        own, other = given.find(sat, (observed,), epoch=when), given.find(sat, (wanted,), epoch=when)
        for value in (given.find(sat, (observed, wanted), epoch=when), own - other):
            if np.isfinite(value):
                return value
    return float("nan")
