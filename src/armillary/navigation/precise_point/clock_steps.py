"""Receivers that keep their clock near system time by whole milliseconds, and tell it in the codes alone: phases follow, so that none ends."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.navigation.signals import SignalRows

__all__ = ["clock_steps_m"]

Floats = NDArray[np.float64]
_MILLISECOND_M = 1e-3 * SPEED_OF_LIGHT_M_S
_FEWEST, _AGREEING, _SPREAD_M = 4, 0.8, 30.0
"""So many satellites, and such a share of those that went on, tell the same step, to the noise of codes and what ionospheres do meanwhile."""


def clock_steps_m(rows: SignalRows) -> Floats:
    """Metres to add to the phases of every epoch, float64[n_epochs], so that they step with the codes; 0 where codes and phases go together."""
    n_epochs = len(rows.epochs)
    away = rows.code_m[:, 0] - rows.phase_m[:, 0]
    known = np.flatnonzero(np.isfinite(away))
    order = known[np.lexsort((rows.epoch_of[known], rows.satellite_of[known]))]
    before, after = order[:-1], order[1:]
    next_to = (rows.satellite_of[before] == rows.satellite_of[after]) & (rows.epoch_of[after] - rows.epoch_of[before] == 1)
    change, epoch = away[after[next_to]] - away[before[next_to]], rows.epoch_of[after[next_to]]
    whole = np.rint(change / _MILLISECOND_M)
    steps = np.zeros(n_epochs)
    large = np.flatnonzero((whole != 0) & (np.abs(change - whole * _MILLISECOND_M) < _SPREAD_M))
    count = np.bincount(epoch, minlength=n_epochs)
    for e in np.unique(epoch[large]).tolist():
        told, times = np.unique(whole[large[epoch[large] == e]], return_counts=True)
        if times.max() >= max(_FEWEST, _AGREEING * count[e]):
            steps[e] = told[times.argmax()] * _MILLISECOND_M
    return np.asarray(np.cumsum(steps))
