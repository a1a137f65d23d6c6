"""Which law a type of satellite turns by, and its body axes.

Axes are those of the IGS for every type: z to the Earth, y = z cross Sun, x = y cross z, so that x is on the sunny side. Nominal yaw keeps this;
near noon and midnight of an orbit, when the Sun is low over its plane, it would ask for turns faster than a satellite can make or than it can
see the Sun for. What each type does there:

========================  ======================================================================================  ==================
type                      law                                                                                     known from
========================  ======================================================================================  ==================
GPS II, IIA               turns on at 0.12 deg/s through the shadow; rows doubtful until 30 min after it          Kouba (2009)
GPS IIR                   lags behind at 0.20 deg/s at noon and midnight                                          Kouba (2009)
GPS IIF                   noon: lags at 0.11 deg/s (the other way round for -0.9 < beta < 0 deg); steady in       Dilssner (2010)
                          shadow
GLONASS-M                 shadow: 0.25 deg/s until it has the yaw of the exit; noon: centred, 0.25 deg/s          Dilssner (2011)
Galileo IOV               auxiliary Sun vector within 15 and 2 deg                                                GSA metadata
Galileo FOC               cosine of 5656 s within 10 deg where abs(beta) < 4.1 deg                                GSA metadata
BeiDou-2 MEO, IGSO        orbit normal where abs(beta) < 4 deg                                                    Montenbruck (2015)
BeiDou GEO                orbit normal always                                                                     Montenbruck (2015)
BeiDou-3 by CAST, I06     cosine of 3090 s (MEO) or 5740 s (IGSO) within 6 deg where abs(beta) < 3 deg            Wang et al. (2018)
BeiDou-3 MEO by SECM      beta kept away from zero where abs(beta) < 3 deg                                        recalled
QZS-1                     orbit normal where abs(beta) < 20 deg                                                   recalled
GLONASS-K, GPS III, rest  nominal: no law found; rows doubtful where that is faster than 0.09 deg/s                pending
========================  ======================================================================================  ==================

Every row is computed from where satellite and Sun are, with no memory: where beta changes its sign within a turn, the sense of that turn changes
with it (once in half a year for a plane).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.satellite_types import Vehicle

__all__ = ["LAWS", "Attitude", "attitude", "law_of"]

_kernels: Any = lazy_module("armillary.navigation.precise_point.transmitter_kernels")

LAWS = {
    "BLOCK II": 3,
    "BLOCK IIA": 3,
    "BLOCK IIR-A": 4,
    "BLOCK IIR-B": 4,
    "BLOCK IIR-M": 4,
    "BLOCK IIF": 5,
    "GLONASS-M": 6,
    "GALILEO-1": 7,
    "GALILEO-2": 8,
    "BEIDOU-2G": 1,
    "BEIDOU-2I": 2,
    "BEIDOU-2M": 2,
    "BEIDOU-3G-CAST": 1,
    "BEIDOU-3M-CAST": 9,
    "BEIDOU-3SM-CAST": 9,
    "BEIDOU-3I": 10,
    "BEIDOU-3SI-CAST": 10,
    "BEIDOU-3M-SECM": 11,
    "BEIDOU-3SI-SECM": 11,
    "QZSS": 12,
    "QZSS-2G": 1,
}
"""Type as in ANTEX -> number of the law in ``attitude_kernels.modelled_yaw``; types not named keep nominal yaw (0)."""
_OF_VEHICLES = {"C017": 10, "C019": 10, "C015": 9}
"""Satellites that turn otherwise than their type: BeiDou-2 I06 and I07, and M06 (recalled: since autumn 2017)."""


def law_of(vehicle: Vehicle | None) -> int:
    """The number of the law; nominal yaw for an unknown satellite."""
    if vehicle is None:
        return 0
    return _OF_VEHICLES.get(vehicle.space_vehicle, LAWS.get(vehicle.type, 0))


@dataclass(frozen=True, slots=True, eq=False)
class Attitude:
    """How satellites were turned, per row."""

    axes: NDArray[np.float64]
    """float64[n, 3, 3]: rows are body x, y and z along Earth-fixed axes."""
    beta_rad: NDArray[np.float64]
    """Elevation of the Sun above the orbital plane."""
    mu_rad: NDArray[np.float64]
    """Angle in the orbit from midnight."""
    yaw_rad: NDArray[np.float64]
    in_shadow: NDArray[np.bool_]
    off_nominal: NDArray[np.bool_]


def attitude(laws: NDArray[np.int8], position_m: NDArray[np.float64], velocity_m_s: NDArray[np.float64], sun_m: NDArray[np.float64]) -> Attitude:
    """The axes of satellites by their laws (int8[n]); positions, velocities and the Sun Earth-fixed, float64[n, 3]."""
    n = len(laws)
    axes, angles, state = np.empty((n, 3, 3)), np.empty((n, 4)), np.empty(n, np.uint8)
    given = (np.ascontiguousarray(a, np.float64) for a in (position_m, velocity_m_s, sun_m))
    _kernels.all_axes(np.ascontiguousarray(laws, np.int8), *given, axes, angles, state)
    return Attitude(axes, angles[:, 0].copy(), angles[:, 1].copy(), angles[:, 2].copy(), (state & 1) != 0, (state & 2) != 0)
