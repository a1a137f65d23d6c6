"""Tabulated orbits and clocks, as SP3 and RINEX clock files carry them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss

__all__ = ["PreciseClocks", "PreciseOrbits"]


@dataclass(frozen=True, slots=True, eq=False)
class PreciseOrbits:
    """Satellite positions and clocks at common epochs."""

    epochs: Epochs
    """n_epochs, ascending, without duplicates."""
    sat: NDArray[np.int16]
    """int16[n_sats], packed, ascending."""
    position_m: NDArray[np.float64]
    """float64[n_sats, n_epochs, 3], Earth-fixed, NaN where bad or absent (0 0 0 in the file)."""
    clock_s: NDArray[np.float64]
    """float64[n_sats, n_epochs], NaN where bad or absent (999999 in the file)."""
    velocity_m_s: NDArray[np.float64] | None
    clock_rate_s_s: NDArray[np.float64] | None
    flags: NDArray[np.uint8]
    """uint8[n_sats, n_epochs]: 1 clock event (E), 2 clock predicted (P), 4 manoeuvre (M), 8 orbit predicted (P)."""
    sigma_exponent: NDArray[np.int16] | None
    """int16[n_sats, n_epochs, 4] exponents of x, y, z and clock standard deviations; -1 where blank; None where the file has none."""
    time_scale: str
    frame: str
    """Coordinate system as the header says, such as IGS20."""
    interval_s: float
    version: str = "d"
    agency: str = ""
    orbit_type: str = ""
    data_used: str = ""
    file_type: str = ""
    accuracy_exponent: NDArray[np.int16] | None = None
    """int16[n_sats], header accuracy codes; 0 unknown."""
    base_position: float = 1.25
    base_clock: float = 1.025
    comments: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    path: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PreciseClocks:
    """Satellite (AS) and receiver (AR) clocks of a RINEX clock file."""

    epochs: Epochs
    """n_epochs, ascending, the union over all records."""
    sat: NDArray[np.int16]
    bias_s: NDArray[np.float64]
    """float64[n_sats, n_epochs], NaN where absent."""
    sigma_s: NDArray[np.float64]
    """float64[n_sats, n_epochs], NaN where absent."""
    receivers: tuple[str, ...]
    receiver_bias_s: NDArray[np.float64]
    """float64[n_receivers, n_epochs]."""
    time_scale: str
    interval_s: float
    version: float = 3.0
    agency: str = ""
    frame: str = ""
    antenna_model: str = ""
    """From SYS / PCVS APPLIED, such as IGS20_2238."""
    bias_source: str = ""
    comments: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    path: str = ""
