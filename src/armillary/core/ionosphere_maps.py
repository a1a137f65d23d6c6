"""Maps of the vertical total electron content on a thin shell, and what they say at a place and time."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss

__all__ = ["IonosphereMaps", "StationBias"]

_RAD_PER_NS = 2 * np.pi / 86_400e9


@dataclass(frozen=True, slots=True)
class StationBias:
    """A receiver's differential code bias as an ionosphere file carries it."""

    system: str
    station: str
    domes: str
    bias_s: float
    sigma_s: float


@dataclass(frozen=True, slots=True, eq=False)
class IonosphereMaps:
    """Vertical electron content, in TECU (1e16 electrons per square metre), at common epochs on one grid."""

    epochs: Epochs
    """n_maps, ascending."""
    latitude_rad: NDArray[np.float64]
    """float64[n_lat], ascending."""
    longitude_rad: NDArray[np.float64]
    """float64[n_lon], ascending, east positive."""
    height_m: float
    """Of the shell above the base radius."""
    base_radius_m: float
    tec_tecu: NDArray[np.float64]
    """float64[n_maps, n_lat, n_lon], NaN where not available (9999 in the file)."""
    rms_tecu: NDArray[np.float64] | None
    """float64[n_maps, n_lat, n_lon], NaN where not available; None where the file has none."""
    mapping_function: str = ""
    """COSZ, QFAC or NONE as the file says."""
    elevation_cutoff_rad: float = 0.0
    interval_s: float = 0.0
    sat: NDArray[np.int16] = field(default_factory=lambda: np.empty(0, np.int16))
    """int16[n_sats], packed: satellites with a differential code bias."""
    satellite_bias_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    """float64[n_sats], first minus second signal of the file's convention."""
    satellite_bias_sigma_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    station_biases: tuple[StationBias, ...] = ()
    description: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    path: str = ""

    def vertical_tec(self, epochs: Epochs, latitude_rad: ArrayLike, longitude_rad: ArrayLike) -> NDArray[np.float64]:
        """TECU, float64[n], at pierce points (n of each, or one epoch for all): see :meth:`interpolated`."""
        return self.interpolated(self.tec_tecu, epochs, latitude_rad, longitude_rad)

    def interpolated(self, maps: NDArray[np.float64], epochs: Epochs, latitude_rad: ArrayLike, longitude_rad: ArrayLike) -> NDArray[np.float64]:
        """Values of ``maps`` (``tec_tecu`` or ``rms_tecu``), float64[n]; NaN before the first and after the last map.

        Bilinear in each of the two maps around the time, each turned with the Sun to that time, and linear between them: the third of the
        interpolations that the IONEX document names. Latitudes beyond the grid take its last row; use geocentric latitude, as the maps do.
        """
        when, latitude, longitude = np.broadcast_arrays(epochs.tai_ns, np.asarray(latitude_rad), np.asarray(longitude_rad))
        times = self.epochs.tai_ns
        if len(times) == 0:
            return np.full(when.shape, np.nan)
        first = np.clip(np.searchsorted(times, when, "right") - 1, 0, max(len(times) - 2, 0))
        second = np.minimum(first + 1, len(times) - 1)
        span = np.maximum(times[second] - times[first], 1)
        share = (when - times[first]) / span
        before = self._bilinear(maps, first, latitude, longitude + (when - times[first]) * _RAD_PER_NS)
        after = self._bilinear(maps, second, latitude, longitude + (when - times[second]) * _RAD_PER_NS)
        # A neighbour that is not needed must not spread its gaps.
        value = np.where(share == 0, before, np.where(share == 1, after, before * (1 - share) + after * share))
        return np.where((when >= times[0]) & (when <= times[-1]), value, np.nan)

    def _bilinear(
        self, maps: NDArray[np.float64], index: NDArray[np.intp], latitude: NDArray[np.float64], longitude: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        rows, columns = self.latitude_rad, self.longitude_rad
        turned = columns[0] + np.mod(longitude - columns[0], 2 * np.pi)
        row = np.clip(np.searchsorted(rows, latitude, "right") - 1, 0, len(rows) - 2)
        column = np.clip(np.searchsorted(columns, turned, "right") - 1, 0, len(columns) - 1)
        # A grid that stops short of 360 degrees goes on with its first column.
        following = np.where(column + 1 < len(columns), column + 1, 0)
        width = np.where(column + 1 < len(columns), columns[following] - columns[column], columns[0] + 2 * np.pi - columns[column])
        q = np.where(width > 0, (turned - columns[column]) / np.where(width > 0, width, 1.0), 0.0)
        p = np.clip((latitude - rows[row]) / (rows[row + 1] - rows[row]), 0.0, 1.0)
        low = maps[index, row, column] * (1 - q) + maps[index, row, following] * q
        high = maps[index, row + 1, column] * (1 - q) + maps[index, row + 1, following] * q
        return np.asarray(low * (1 - p) + high * p)
