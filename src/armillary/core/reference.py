"""Reference data, loaded once and passed: leap seconds, Earth orientation, antennas, planets.

Nothing here is global: a function takes ``reference`` and a test can hold two at once. ``None`` means :meth:`Reference.builtin`, the
tables of the installed ``astropy-iers-data`` package (IERS Bulletin C leap seconds; IERS rapid service Earth orientation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import astropy_iers_data
import numpy as np

from armillary.core.earth_orientation import EarthOrientation, read_earth_orientation
from armillary.core.leap_seconds import LeapSeconds, read_leap_seconds

__all__ = ["Reference"]


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """Tables that other computations need. Build one with :meth:`builtin` or :meth:`load`."""

    leap_seconds: LeapSeconds
    earth_orientation_table: EarthOrientation | None = None
    """Given by the user; None means the built-in one, read when first asked for."""
    antennas: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Antenna name -> calibration."""
    planets: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    """Body name -> ephemeris."""

    @staticmethod
    def builtin() -> Reference:
        """The tables of the installed ``astropy-iers-data``, read once per process."""
        return _builtin()

    @staticmethod
    def load(*, earth_orientation: str | Path | None = None, leap_seconds: str | Path | None = None) -> Reference:
        """Tables from the user's files (``.gz`` too); what is not named stays built in. FormatError where a file is not what it should be."""
        leap = read_leap_seconds(leap_seconds) if leap_seconds is not None else _builtin().leap_seconds
        table = read_earth_orientation(earth_orientation) if earth_orientation is not None else None
        return Reference(leap, table)

    @property
    def earth_orientation(self) -> EarthOrientation:
        """Polar motion, UT1 and celestial pole offsets by day."""
        return self.earth_orientation_table if self.earth_orientation_table is not None else _builtin_earth_orientation()

    @property
    def leap_seconds_valid_until(self) -> np.datetime64:
        """The day (UTC) on which the leap-second table expires: it may lack leap seconds after that."""
        return np.datetime64(self.leap_seconds.valid_until_day, "D")


@cache
def _builtin() -> Reference:
    return Reference(read_leap_seconds(astropy_iers_data.IERS_LEAP_SECOND_FILE))


@cache
def _builtin_earth_orientation() -> EarthOrientation:
    return read_earth_orientation(astropy_iers_data.IERS_A_FILE)
