"""What every orbit model answers: states in an Earth-fixed frame, with flags where physics or data say no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core.epochs import Epochs
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.orbits.flag_kernels import BAD_INPUT, EXCLUDED, NO_CLOCK, NO_DATA, STALE, UNHEALTHY

__all__ = [
    "BAD_INPUT",
    "EXCLUDED",
    "FLAG_MEANINGS",
    "NO_CLOCK",
    "NO_DATA",
    "SATELLITE_LIMIT",
    "STALE",
    "UNHEALTHY",
    "Orbit",
    "OrbitState",
    "delays_of",
    "empty_state",
    "rows_of",
]

SATELLITE_LIMIT = 9_200
"""Packed satellites lie below ord("Z") * 100 + 100, so a table of this size finds them."""

FLAG_MEANINGS = {
    NO_DATA: "no message or table for this satellite",
    UNHEALTHY: "the satellite says it must not be used (the state is given)",
    STALE: "no message serves this instant, or it lies outside the table or in a gap",
    NO_CLOCK: "no clock at this instant (the position is given)",
    BAD_INPUT: "the pseudorange is not a number",
    EXCLUDED: "left out by the caller",
}
"""Bit of a flag -> what it means."""


@dataclass(frozen=True, slots=True, eq=False)
class OrbitState:
    """States of n satellites at n instants; rows without an answer are NaN and flagged."""

    position_m: NDArray[np.float64]
    """float64[n, 3], Earth-fixed in the frame of the instant itself: the rotation of the Earth during a signal's flight is not applied."""
    velocity_m_s: NDArray[np.float64]
    """float64[n, 3], of the Earth-fixed position."""
    clock_s: NDArray[np.float64]
    """float64[n], satellite clock - system time, with the relativistic effect of eccentricity, before any group delay."""
    clock_drift_s_s: NDArray[np.float64]
    flag: NDArray[np.uint8]
    """uint8[n], 0 good, else the bits NO_DATA, UNHEALTHY, STALE, NO_CLOCK, BAD_INPUT, EXCLUDED."""
    message: NDArray[np.int32]
    """int32[n], which broadcast message, for :meth:`BroadcastOrbit.column` and the like; -1 for none."""
    accuracy_m: NDArray[np.float64]
    """float64[n], as the source states it for its own data (broadcast URA or SISA); NaN where it says nothing."""
    age_s: NDArray[np.float64]
    """float64[n], instant - orbit reference of the message, or distance to the nearest table node (sign kept)."""

    def __len__(self) -> int:
        return len(self.flag)

    @property
    def good(self) -> NDArray[np.bool_]:
        """bool[n]: no flag at all."""
        return np.asarray(self.flag == 0)


class Orbit(Protocol):
    """Any model of orbits and satellite clocks."""

    def state(self, sat: ArrayLike, epochs: Epochs) -> OrbitState:
        """States at ``epochs`` [n] (or one) of packed satellites ``sat`` [n] (or one)."""

    def state_at_transmission(self, sat: ArrayLike, reception: Epochs, pseudorange_m: ArrayLike) -> OrbitState:
        """States at the instants the signals left: reception - pseudorange / c - satellite clock. No rotation of the Earth is applied."""


def rows_of(sat: ArrayLike, epochs: Epochs) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Satellites int16[n] and TAI nanoseconds int64[n], contiguous, after one of the two was repeated to the length of the other.

    ValueError when the lengths do not fit or a number cannot be a packed satellite.
    """
    sats, t_ns = np.broadcast_arrays(np.atleast_1d(np.asarray(sat, np.int16)), epochs.tai_ns)
    if len(sats) and not 0 <= sats.min() <= sats.max() < SATELLITE_LIMIT:
        raise ValueError(f"packed satellites lie between 0 and {SATELLITE_LIMIT - 1}; got {sats.min()} to {sats.max()}")
    return np.ascontiguousarray(sats), np.ascontiguousarray(t_ns)


def delays_of(pseudorange_m: ArrayLike, n: int) -> NDArray[np.float64]:
    """Pseudorange / c, seconds, float64[n] contiguous; one pseudorange is repeated."""
    return np.ascontiguousarray(np.broadcast_to(np.asarray(pseudorange_m, np.float64), (n,)) / SPEED_OF_LIGHT_M_S)


def empty_state(n: int) -> OrbitState:
    """A state of n rows, all NaN and flagged NO_DATA, for a model to fill."""
    return OrbitState(
        position_m=np.full((n, 3), np.nan),
        velocity_m_s=np.full((n, 3), np.nan),
        clock_s=np.full(n, np.nan),
        clock_drift_s_s=np.full(n, np.nan),
        flag=np.full(n, NO_DATA, np.uint8),
        message=np.full(n, -1, np.int32),
        accuracy_m=np.full(n, np.nan),
        age_s=np.full(n, np.nan),
    )
