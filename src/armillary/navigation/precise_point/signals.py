"""Which signals precise point positioning takes: those that the satellite clocks were made from, as far as the receiver has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.biases import Biases
from armillary.core.constellation import Constellation
from armillary.core.federation import Federation
from armillary.core.observations import Observations
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.satellites import unpack
from armillary.navigation.signals import SignalRows, signal_rows

__all__ = ["PreciseSignals", "precise_signals"]


@dataclass(frozen=True, slots=True, eq=False)
class PreciseSignals:
    """Observations with the satellites' code biases taken off."""

    rows: SignalRows
    biased: NDArray[np.bool_]
    """bool[n_sats]: the codes are not those of the clocks, and no bias file says how they differ."""
    notes: tuple[str, ...]


def precise_signals(federation: Federation, observations: Observations, *, channels: dict[int, int], biases: Sequence[Biases] = ()) -> PreciseSignals:
    """Signals of every satellite on the two bands of the clocks, code biases (OSB or DSB of ``biases``) subtracted."""
    references = {c.letter: _references(c, biases) for c in federation}
    liked = Federation(tuple(_liking(c, references[c.letter]) for c in federation), federation.networks)
    rows = signal_rows(liked, observations, channels=channels)
    code = rows.code_m.copy()
    biased = np.zeros(len(rows.satellites), np.bool_)
    unknown: dict[tuple[str, str, str], list[str]] = {}
    middle = observations.epochs[len(observations.epochs) // 2] if len(observations.epochs) else None
    for i, (sat, pair) in enumerate(zip(rows.satellites.tolist(), rows.signals, strict=True)):
        if not all(pair):
            continue
        letter = chr(sat // 100)
        mine = rows.satellite_of == i
        for j, observed in enumerate(pair):
            bias_m = _bias_m(biases, sat, observed, references[letter], middle)
            if np.isnan(bias_m):
                if observed not in {pair[j] for pair in references[letter]}:
                    biased[i] = True
                    unknown.setdefault((letter, observed, references[letter][0][j]), []).append(str(unpack(np.array([sat], np.int16))[0]))
                continue
            code[mine, j] -= bias_m
    notes = tuple(
        f"{letter}: codes {observed} of {len(sats)} satellites are not those of the clocks ({wanted}) and no bias file relates them: they weigh less"
        for (letter, observed, wanted), sats in unknown.items()
    )
    return PreciseSignals(replace(rows, code_m=code), biased, notes)


def _references(constellation: Constellation, biases: Sequence[Biases]) -> tuple[tuple[str, str], ...]:
    """Pairs of code signals that satellite clocks refer to: as the bias files say, else the convention of the IGS for this system."""
    for given in biases:
        for letter, first, second in given.clock_reference:
            if letter == constellation.letter:
                return ((first, second),)
    return constellation.clock_signals


def _liking(constellation: Constellation, references: Sequence[tuple[str, str]]) -> Constellation:
    """The same system with the reference signals liked best."""
    if not references:
        return constellation
    first = dict.fromkeys((*(a for a, _ in references), *constellation.first_signals))
    second = dict.fromkeys((*(b for _, b in references), *constellation.second_signals))
    bands = dict.fromkeys((*((a[1], b[1]) for a, b in references), *constellation.combinations))
    return replace(constellation, first_signals=tuple(first), second_signals=tuple(second), combinations=tuple(bands))


def _bias_m(biases: Sequence[Biases], sat: int, observed: str, references: Sequence[tuple[str, str]], when: object) -> float:
    """Metres to subtract from a code: its OSB, else its DSB against a reference code of the same band; NaN where nothing is known."""
    for given in biases:
        value = given.find(sat, (observed,), epoch=when)  # type: ignore[arg-type]
        if np.isfinite(value):
            return value * SPEED_OF_LIGHT_M_S
        for pair in references:
            for wanted in pair:
                if wanted[1] == observed[1] and wanted != observed:
                    value = given.find(sat, (observed, wanted), epoch=when)  # type: ignore[arg-type]
                    if np.isfinite(value):
                        return value * SPEED_OF_LIGHT_M_S
    return float("nan")
