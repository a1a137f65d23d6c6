"""Zenith delays of the troposphere and their gradients at stations, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss

__all__ = ["TroposphereSeries"]


@dataclass(frozen=True, slots=True, eq=False)
class TroposphereSeries:
    """One row per station and epoch.

    The delay in a direction is the zenith delay mapped to its elevation, and the gradients mapped, times cosine (north) and sine (east) of azimuth.
    """

    station: NDArray[np.str_]
    """str[n], nine characters at most."""
    epochs: Epochs
    """[n]."""
    zenith_delay_m: NDArray[np.float64]
    """float64[n], total: hydrostatic and wet."""
    zenith_delay_sigma_m: NDArray[np.float64]
    """float64[n], NaN where not given, as every column below."""
    gradient_north_m: NDArray[np.float64]
    """float64[n], total; positive where the delay is larger to the north."""
    gradient_north_sigma_m: NDArray[np.float64]
    gradient_east_m: NDArray[np.float64]
    """float64[n], total; positive where the delay is larger to the east."""
    gradient_east_sigma_m: NDArray[np.float64]
    site: tuple[str, ...] = ()
    """Stations with coordinates, each once."""
    position_m: NDArray[np.float64] | None = None
    """float64[len(site), 3], Earth-fixed; None where there is no site."""
    domes: tuple[str, ...] = ()
    """As long as ``site``, empty words where not known."""
    frame: str = ""
    """Of the positions, such as IGS20."""
    time_scale: str = "GPST"
    """In which a file counts its epochs."""
    agency: str = ""
    description: tuple[tuple[str, str], ...] = ()
    """Keywords and values: mapping function, a-priori model, elevation mask, ..."""
    reference: tuple[tuple[str, str], ...] = ()
    """Keywords and values: what made it, from what."""
    created_ns: int | None = None
    """TAI nanoseconds; None where not known."""
    losses: tuple[Loss, ...] = ()
    path: str = ""

    def __len__(self) -> int:
        return len(self.station)

    @property
    def stations(self) -> tuple[str, ...]:
        """The stations that have delays, in the order of the rows."""
        return tuple(dict.fromkeys(self.station.tolist()))

    def rows(self, station: str) -> NDArray[np.intp]:
        """Rows of a station, in the order of the series; a name of four characters finds the longer one that begins with it."""
        name = station.upper()
        chosen = np.char.startswith(self.station, name) if len(name) == 4 else self.station == name
        return np.flatnonzero(chosen)
