"""Hardware delays of satellites and receivers by signal, as columns.

OSB: of one observable; DSB: of the first minus the second; ISB: of a system's receiver delay. A code bias is subtracted from the observation.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss

__all__ = ["Biases"]


@dataclass(frozen=True, slots=True, eq=False)
class Biases:
    """One row per bias and interval."""

    kind: NDArray[np.str_]
    """str[n]: OSB, DSB or ISB."""
    sat: NDArray[np.int16]
    """int16[n], packed; number 0 where the row is of a whole system (C00), 0 where no system is named."""
    space_vehicle: NDArray[np.str_]
    station: NDArray[np.str_]
    """str[n], nine characters at most; empty for a satellite's own delay."""
    observable_1: NDArray[np.str_]
    """str[n], RINEX 3 observation code."""
    observable_2: NDArray[np.str_]
    """str[n], empty for OSB."""
    valid_from_ns: NDArray[np.int64]
    """int64[n], TAI nanoseconds."""
    valid_until_ns: NDArray[np.int64]
    """int64[n], TAI nanoseconds."""
    bias_s: NDArray[np.float64]
    """float64[n], NaN where given in cycles."""
    sigma_s: NDArray[np.float64]
    bias_cycles: NDArray[np.float64]
    """float64[n], NaN where given in seconds."""
    sigma_cycles: NDArray[np.float64]
    slope_s_s: NDArray[np.float64]
    """float64[n], at the middle of the interval; 0 where not given."""
    time_scale: str = "GPST"
    absolute: bool = True
    """BIAS_MODE ABSOLUTE (OSB) against RELATIVE (DSB)."""
    clock_reference: tuple[tuple[str, str, str], ...] = ()
    """(system letter, first, second): the observables whose ionosphere-free pair the satellite clocks refer to."""
    antenna_model: str = ""
    """APC_MODEL, such as IGS20."""
    agency: str = ""
    description: tuple[tuple[str, str], ...] = ()
    """Keywords and values of BIAS/DESCRIPTION."""
    comments: tuple[str, ...] = field(default=())
    losses: tuple[Loss, ...] = ()
    path: str = ""

    def __len__(self) -> int:
        return len(self.kind)

    def rows(self, *, sat: int | None = None, station: str = "", epoch: Epochs | None = None) -> NDArray[np.intp]:
        """Rows of a satellite (None: of any) and a station (empty: of none) that hold at an epoch (None: at any), in file order."""
        chosen = self.station == station.upper()
        if sat is not None:
            chosen &= self.sat == sat
        if epoch is not None:
            when = int(epoch.tai_ns[0])
            # An interval ends where the next begins: the end is not in it.
            chosen &= (self.valid_from_ns <= when) & (when < self.valid_until_ns)
        return np.flatnonzero(chosen)

    def find(self, sat: int, observables: tuple[str, str] | tuple[str], *, station: str = "", epoch: Epochs | None = None) -> float:
        """Seconds, NaN where there is none: the OSB of ``(code,)``, or the DSB of ``(first, second)``.

        A DSB given the other way round is returned with its sign changed; of several rows the last in the file counts.
        """
        rows = self.rows(sat=sat, station=station, epoch=epoch)
        first, second = (*observables, "")[:2]
        for one, two, sign in ((first, second, 1.0), (second, first, -1.0)):
            match = rows[(self.observable_1[rows] == one) & (self.observable_2[rows] == two) & np.isfinite(self.bias_s[rows])]
            if len(match):
                return sign * float(self.bias_s[match[-1]])
        return float("nan")
