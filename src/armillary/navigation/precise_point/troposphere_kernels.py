"""Mapping factors of many directions on floats: metres, radians, days."""

from __future__ import annotations

import numpy as np

from armillary.jit import njit
from armillary.navigation.atmosphere_kernels import mapped, niell


@njit(cache=True)
def niell_factors(elevation_rad, latitude_rad, height_m, day_of_year, dry, wet):
    """Hydrostatic and wet factors of Niell (1996) of every elevation, into ``dry`` and ``wet``; elevations below 2 deg are held at 2 deg."""
    both = np.empty(2)
    for i in range(len(elevation_rad)):
        niell(elevation_rad[i], latitude_rad, height_m, day_of_year, both)
        dry[i] = both[0]
        wet[i] = both[1]


@njit(cache=True)
def mapped_factors(elevation_rad, air, dry, wet):
    """Hydrostatic and wet factors of coefficients (as the kernel of ranges takes them) of every elevation, into ``dry`` and ``wet``."""
    both = np.empty(2)
    for i in range(len(elevation_rad)):
        mapped(elevation_rad[i], air, both)
        dry[i] = both[0]
        wet[i] = both[1]
