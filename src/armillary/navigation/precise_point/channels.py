"""Which frequency channel fits the phases of a satellite of frequency division: the number in a header may be wrong, or missing.

Between two epochs of an arc code and phase grow by the same range (but for the ionosphere, a millionth of it), so that cycles of phase over metres
of code tell the carrier. A channel is 3.5e-4 of it: 35 m in a range that changed by 100 km.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Band, Constellation
from armillary.core.observations import ObservationBlock
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.satellites import unpack_one

__all__ = ["channel_notes", "fitting_channels"]

_LAG_S = 300.0
"""Time between the two epochs that are compared: long enough that the noise of codes is small against the range that passes."""
_FEWEST = 20
_CERTAIN = 0.3
"""Distance from a whole number, and quarter-to-quarter scatter of its median, in channels, below which a number is believed."""


def fitting_channels(constellation: Constellation, block: ObservationBlock, step_s: float) -> dict[int, int]:
    """Packed satellite -> the channel that its codes and phases of one band agree on; satellites that do not tell are left out.

    ``step_s``: usual distance of the epochs.
    """
    found: dict[int, int] = {}
    lag = max(round(_LAG_S / max(step_s, 1e-3)), 1)
    for sat in np.unique(block.sat).tolist():
        rows = np.flatnonzero(block.sat == sat)
        for code in (*constellation.first_signals, *constellation.second_signals):
            band = constellation.band(code[1])
            phase = "L" + code[1:]
            if not band.step_hz or code not in block.codes or phase not in block.codes:
                continue
            k = _channel(block.column(code)[rows], block.column(phase)[rows], band, lag)
            if k is not None:
                found[sat] = k
                break
    return found


def channel_notes(wrong: dict[int, tuple[int, int]], missing: dict[int, int | None]) -> tuple[str, ...]:
    """What a user should know. ``wrong``: satellite -> number given and number that fits; ``missing``: satellite -> number that fits, if any does."""
    notes = []
    if wrong:
        told = ", ".join(f"{unpack_one(sat)} is given as {given}, {fits} fits" for sat, (given, fits) in wrong.items())
        notes.append(f"frequency numbers contradict the phases, which are left out: {told}")
    if derived := {sat: k for sat, k in missing.items() if k is not None}:
        told = ", ".join(f"{unpack_one(sat)} {k}" for sat, k in derived.items())
        notes.append(f"frequency numbers are neither in the header nor in messages; taken are those that fit the phases: {told}")
    if unknown := [sat for sat, k in missing.items() if k is None]:
        names = " ".join(_names(unknown))
        notes.append(f"no frequency number of {names} is in the header or in messages and none can be told from the phases: only codes are used")
    return tuple(notes)


def _names(sats: Iterable[int]) -> list[str]:
    return [unpack_one(sat) for sat in sats]


def _channel(code_m: NDArray[np.float64], phase_cycles: NDArray[np.float64], band: Band, lag: int) -> int | None:
    """The whole number of the channel, None where the data do not tell it."""
    good = np.isfinite(code_m) & np.isfinite(phase_cycles) & (code_m != 0.0) & (phase_cycles != 0.0)
    code, phase = code_m[good], phase_cycles[good]
    if len(code) < lag + _FEWEST:
        return None
    metres, cycles = code[lag:] - code[:-lag], phase[lag:] - phase[:-lag]
    # cycles of the middle of the band too many or too few, against the range in cycles of one channel's difference
    excess = cycles - metres * band.frequency_hz / SPEED_OF_LIGHT_M_S
    scale = metres * band.step_hz / SPEED_OF_LIGHT_M_S
    told = scale != 0.0
    if told.sum() < _FEWEST:
        return None
    ratio, weight = excess[told] / scale[told], np.abs(scale[told])
    low, middle, high = _weighted_quantiles(ratio, weight, (0.25, 0.5, 0.75))
    k = round(middle)
    # neighbouring differences overlap: as many say something of their own as there are lags
    scatter = (high - low) / np.sqrt(len(ratio) / lag)
    return k if abs(middle - k) < _CERTAIN and scatter < _CERTAIN else None


def _weighted_quantiles(values: NDArray[np.float64], weights: NDArray[np.float64], shares: tuple[float, ...]) -> list[float]:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return [float(values[order[np.searchsorted(reached, share * reached[-1])]]) for share in shares]
