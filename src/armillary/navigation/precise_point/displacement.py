"""How far tides move a station from its conventional coordinates."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.geodesy import from_enu
from armillary.core.ocean_loading import StationLoading
from armillary.core.reference import Reference
from armillary.core.sun_moon import sun_and_moon
from armillary.core.time_grid import on_time_grid
from armillary.navigation.precise_point.pole_tide import pole_tide
from armillary.navigation.precise_point.solid_tide import solid_tide

__all__ = ["station_displacement"]

Floats = NDArray[np.float64]

_GRID_NS = 600 * NS_PER_SECOND
"""Ten-minute instants are interpolated to 1e-8 m (tests/navigation/precise_point/test_displacement.py)."""


def station_displacement(
    position_m: ArrayLike,
    epochs: Epochs,
    *,
    reference: Reference | None = None,
    ocean: StationLoading | None = None,
    solid: bool = True,
    pole: bool = True,
) -> Floats:
    """Metres, float64[n, 3], along the Earth-fixed axes, to be added to the conventional (tide-free, as in the ITRF) position of a station.

    ``position_m`` [3], Earth-fixed, may be off by kilometres: the sum changes by some micrometres. ``solid`` is the solid Earth tide, ``pole`` the
    solid Earth pole tide, ``ocean`` the coefficients of the station's ocean tide loading (None: it is left out). OutOfRangeError where ``epochs``, or
    instants up to half an hour around them, lie outside the Earth orientation table.
    """
    position = np.asarray(position_m, np.float64)

    def evaluate(instants: Epochs) -> Floats:
        moved = np.zeros((len(instants), 3))
        if solid:
            moved += solid_tide(position, instants, *sun_and_moon(instants, reference), reference=reference)
        if pole:
            moved += pole_tide(position, instants, reference=reference)
        if ocean is not None:
            up, west, south = ocean.displacement_m(instants, reference=reference).T
            moved += from_enu(np.stack([-west, -south, up], axis=1), origin_m=position)
        return moved

    return on_time_grid(epochs, _GRID_NS, evaluate)
