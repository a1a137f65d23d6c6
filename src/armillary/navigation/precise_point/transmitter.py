"""What the antennas of satellites add to distances from their centres of mass, and how they wind the phase up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.navigation.precise_point.satellite_antennas import NADIR_STEP_RAD, SatelliteAntennas

__all__ = ["TransmitterTerms", "transmitter_terms"]

_kernels: Any = lazy_module("armillary.navigation.precise_point.transmitter_kernels")

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class TransmitterTerms:
    """Per row; NaN (False) where position, velocity or receiver are NaN."""

    range_m: Floats
    """float64[n, 2], to be added to the geometric distance from the centre of mass, per frequency: offset on the line of sight and variation."""
    wind_up_cycles: Floats
    """float64[n], to be added to the modelled phase in cycles; continuous for each satellite, its first value within half a cycle of 0."""
    nadir_rad: Floats
    """Angle at the satellite between the Earth's centre and the receiver."""
    beta_rad: Floats
    """Elevation of the Sun above the orbital plane."""
    in_shadow: NDArray[np.bool_]
    off_nominal: NDArray[np.bool_]
    """The yaw is not the nominal one."""
    doubtful: NDArray[np.bool_]
    """The yaw is not known well: a GPS II or IIA in a turn, in shadow or within 30 min after it; a type without a known law (GPS III, GLONASS-K)
    where nominal yaw is faster than 0.09 deg/s."""


def transmitter_terms(
    antennas: SatelliteAntennas,
    satellite_of: NDArray[np.int32],
    position_m: Floats,
    velocity_m_s: Floats,
    sun_m: Floats,
    receiver_m: Floats,
) -> TransmitterTerms:
    """The terms of rows in the order of time (a satellite's own rows must ascend).

    ``satellite_of``: int32[n], index into ``antennas`` (negative: none). Positions and velocities of the centres of mass float64[n, 3], Earth-fixed
    at reception (rotated by the travel time), the velocity along these axes relative to the Earth; the Sun and the receiver Earth-fixed, geocentric.
    """
    n = len(satellite_of)
    range_m, state = np.empty((n, 2)), np.empty(n, np.uint8)
    wind_up, nadir, beta = np.empty(n), np.empty(n), np.empty(n)
    satellite_of = np.ascontiguousarray(satellite_of, np.int32)
    given = (np.ascontiguousarray(a, np.float64) for a in (position_m, velocity_m_s, sun_m, receiver_m))
    tables = (np.ascontiguousarray(antennas.offset_m), NADIR_STEP_RAD, np.ascontiguousarray(antennas.variation_m))
    _kernels.transmitter(antennas.law, *tables, satellite_of, *given, range_m, wind_up, nadir, beta, state)
    return TransmitterTerms(range_m, wind_up, nadir, beta, (state & 1) != 0, (state & 2) != 0, (state & 4) != 0)
