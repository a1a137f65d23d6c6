"""Earth rotation parameters of one product, as a series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss

__all__ = ["EarthRotationSeries"]


@dataclass(frozen=True, slots=True, eq=False)
class EarthRotationSeries:
    """Pole, UT1 and length of day, float64[n] each; NaN where the file has no such column."""

    epochs: Epochs
    """n, ascending."""
    x_pole_rad: NDArray[np.float64]
    y_pole_rad: NDArray[np.float64]
    ut1_minus_utc_s: NDArray[np.float64]
    length_of_day_s: NDArray[np.float64]
    """Excess over 86400 s, per day."""
    x_pole_sigma_rad: NDArray[np.float64]
    y_pole_sigma_rad: NDArray[np.float64]
    ut1_sigma_s: NDArray[np.float64]
    length_of_day_sigma_s: NDArray[np.float64]
    x_pole_rate_rad_s: NDArray[np.float64]
    y_pole_rate_rad_s: NDArray[np.float64]
    comments: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    path: str = ""

    def __len__(self) -> int:
        return len(self.epochs)
