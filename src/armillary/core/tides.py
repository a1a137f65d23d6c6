"""The tide-generating potential: 342 waves of degree 2 with their arguments.

``tides.csv`` has one row per wave: multiples of the Doodson arguments and the amplitude of Hartmann & Wenzel (1995) in the normalisation of
Cartwright & Tayler (metres of equilibrium tide), as the IERS Conventions (2010), 7.1.2, use them for ocean loading.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.reference import Reference
from armillary.core.scales import to_day

__all__ = ["Waves", "doodson_arguments_rad", "frequency_per_day", "waves"]

erfa = lazy_module("erfa")

Floats = NDArray[np.float64]

_DAY_OF_J2000 = 10957.5
"""Days from 1970-01-01 to 2000-01-01T12:00."""

_L, _L_PRIME, _F, _D, _OMEGA = 0.0362916471, 0.0027377786, 0.0367481951, 0.0338631920, -0.0001470938
"""Cycles per day of the arguments of Delaunay."""
_DOODSON_PER_DAY = np.array([1.0 - _D, _F + _OMEGA, _F + _OMEGA - _D, _F + _OMEGA - _L, -_OMEGA, _F + _OMEGA - _D - _L_PRIME])


class Waves(NamedTuple):
    """The table."""

    doodson: NDArray[np.int64]
    """int64[342, 6]: multiples of tau, s, h, p, N', ps; the first is the species (0 long period, 1 diurnal, 2 semi-diurnal)."""
    amplitude_m: Floats
    """float64[342], with sign."""


@cache
def waves() -> Waves:
    """The 342 waves, semi-diurnal ones first, the largest of each species first."""
    text = files("armillary.core").joinpath("tides.csv").read_text("utf-8")
    rows = list(csv.reader(text.splitlines()))[1:]
    return Waves(np.array([[int(value) for value in row[:6]] for row in rows], np.int64), np.array([float(row[6]) for row in rows]))


def frequency_per_day(doodson: NDArray[np.int64]) -> Floats:
    """Cycles per day, float64[n], of waves with Doodson multiples [n, 6].

    >>> round(24 / float(frequency_per_day(np.array([[2, 0, 0, 0, 0, 0]]))[0]), 4)  # hours, M2
    12.4206
    """
    return np.asarray(doodson @ _DOODSON_PER_DAY)


def doodson_arguments_rad(epochs: Epochs, *, reference: Reference | None = None) -> Floats:
    """tau, s, h, p, N', ps, float64[n, 6], from the Delaunay arguments of the IERS Conventions (2003 on) and UTC."""
    day, ns = to_day(epochs, "TT")
    t = (day - _DAY_OF_J2000 + ns / NS_PER_DAY) / 36525
    _, utc_ns = to_day(epochs, "UTC", reference=reference)
    moon, sun, latitude, elongation, node = erfa.fal03(t), erfa.falp03(t), erfa.faf03(t), erfa.fad03(t), erfa.faom03(t)
    s = latitude + node
    h = s - elongation
    return np.stack([utc_ns / NS_PER_DAY * 2 * np.pi - elongation, s, h, s - moon, -node, h - sun], axis=1)
