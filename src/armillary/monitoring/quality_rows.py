"""The observations of one system as the measures of quality need them: rows with instant and satellite, signals with code, phase and strength."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.core.observations import Observations
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.monitoring.sky_view import Instants

__all__ = ["Signal", "SystemRows", "system_rows"]

POWER_FAILURE = 1
"""Epoch flag of a receiver that was off since the epoch before."""
LOSS_OF_LOCK = 1
"""Bit of the loss-of-lock indicator."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One code with the phase of the same carrier; n rows, NaN where absent."""

    name: str
    """Observation code of the code, such as C2I."""
    band: str
    code_m: Floats
    phase_m: Floats
    """Metres, without ambiguity; of another attribute of the same band where this code has no phase of its own."""
    own_phase: bool
    tracked: NDArray[np.bool_]
    """bool[n], that phase is there, in metres or not."""
    strength_dbhz: Floats
    lost: NDArray[np.bool_]
    """bool[n], loss of lock told by the receiver."""
    frequency_hz: Floats
    """float64[m], per satellite; NaN where its channel is not known."""

    @property
    def received(self) -> NDArray[np.bool_]:
        """bool[n]: the code is there, and its phase where the receiver gives one."""
        there = np.isfinite(self.code_m)
        return there & self.tracked if self.own_phase else there


@dataclass(frozen=True, slots=True, eq=False)
class SystemRows:
    """All rows of one system; n rows, m satellites."""

    constellation: Constellation
    sat: NDArray[np.int16]
    """int16[m], packed, ascending: satellites with a row."""
    satellite_of: NDArray[np.int32]
    """int32[n], index into ``sat``."""
    instant_of: NDArray[np.int64]
    """int64[n], index into the instants of the station, missing ones counted."""
    order: NDArray[np.int64]
    """int64[n], rows by satellite, then time."""
    time_s: Floats
    restarted: NDArray[np.bool_]
    """bool[n], the receiver was off before the epoch of the row."""
    signals: tuple[Signal, ...]
    """Those received at least once."""
    silent: tuple[str, ...]
    """Codes that the file declares and never holds."""


def system_rows(constellation: Constellation, observations: Observations, instants: Instants, channels: Mapping[int, int]) -> SystemRows | None:
    """The rows of one system, None where the file has none.

    ``channels`` maps packed satellites to frequency-division channels; the observation header's own table wins.
    """
    block = observations.blocks.get(constellation.letter)
    if block is None or not len(block.sat):
        return None
    epoch_of = np.repeat(np.arange(len(block.offsets) - 1), np.diff(block.offsets))
    sat, satellite_of = np.unique(block.sat, return_inverse=True)
    header = {ord(constellation.letter) * 100 + slot: k for slot, k in observations.header.glonass_channels.items()}
    known = {**channels, **header}
    carriers = {band.digit: np.array([_carrier_hz(band.frequency_hz, band.step_hz, known.get(int(s))) for s in sat]) for band in constellation.bands}
    lines = {code: (np.where(v == 0.0, np.nan, v), lli) for code, v, lli in zip(block.codes, block.values, block.lli, strict=True)}
    signals, silent = [], []
    for code in block.codes:
        if code[0] != "C":
            continue
        if code[1] not in carriers or not np.isfinite(lines[code][0]).any():
            silent.append(code)
            continue
        signals.append(_signal(code, lines, carriers[code[1]], satellite_of))
    instant_of = instants.position[epoch_of]
    return SystemRows(
        constellation=constellation,
        sat=sat,
        satellite_of=satellite_of.astype(np.int32),
        instant_of=instant_of,
        order=np.lexsort((instant_of, satellite_of)),
        time_s=instants.all.seconds_since(instants.all[0])[instant_of],
        restarted=observations.epoch_flags[epoch_of] == POWER_FAILURE,
        signals=tuple(signals),
        silent=tuple(silent),
    )


def _carrier_hz(frequency_hz: float, step_hz: float, channel: int | None) -> float:
    if not step_hz:
        return frequency_hz
    return float("nan") if channel is None else frequency_hz + channel * step_hz


def _signal(code: str, lines: Mapping[str, tuple[Floats, NDArray[np.uint8]]], frequency_hz: Floats, satellite_of: NDArray[np.intp]) -> Signal:
    own = "L" + code[1:]
    of_band = [own, *(name for name in lines if name[:2] == own[:2] and name != own)]
    phase = next((name for name in of_band if name in lines and np.isfinite(lines[name][0]).any()), None)
    n = len(satellite_of)
    cycles, lli = lines[phase] if phase else (np.full(n, np.nan), np.zeros(n, np.uint8))
    strength = lines.get("S" + code[1:])
    return Signal(
        name=code,
        band=code[1],
        code_m=lines[code][0],
        phase_m=cycles * (SPEED_OF_LIGHT_M_S / frequency_hz)[satellite_of],
        own_phase=phase == own,
        tracked=np.isfinite(cycles),
        strength_dbhz=np.full(n, np.nan) if strength is None else strength[0],
        lost=(lli & LOSS_OF_LOCK) != 0,
        frequency_hz=frequency_hz,
    )
