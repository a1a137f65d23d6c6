"""The climate of a place from spherical harmonics of degree nine: a mean and a yearly wave that is largest around 28 January.

Pressure, temperature and geoid: Global Pressure and Temperature (Boehm, Heinkelmann & Schuh 2007, J. Geodesy 81). First coefficients of the mapping
functions: Global Mapping Functions (Boehm, Niell, Tregoning & Schuh 2006, GRL 33). Both are fits to 40-year reanalyses or years of weather models of
the ECMWF, and part of the IERS Conventions (2010), chapter 9; ``climate.csv`` has their coefficients.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_DAY, Epochs

__all__ = ["Climate", "climate_at", "year_phase_rad"]

Floats = NDArray[np.float64]

_QUANTITIES = ("pressure", "temperature", "hydrostatic", "wet")
_UNIX_DAY_OF_PHASE_0 = 44239 - 40587 + 27
"""1980-01-28, the day from which Niell (1996) counts the year."""


class Climate(NamedTuple):
    """What a place has at sea level, and the geoid there."""

    geoid_m: float
    """Height of the geoid above the ellipsoid, of degree nine: 4.5 m RMS and 19 m at most from EGM2008 to degree 120."""
    pressure_hpa: float
    """At the geoid."""
    temperature_k: float
    """At the geoid."""
    hydrostatic_a: float
    """First coefficient of the hydrostatic continued fraction."""
    wet_a: float
    """First coefficient of the wet one."""


def year_phase_rad(epochs: Epochs) -> float:
    """Angle of the yearly wave at the middle of ``epochs``, 0 on 28 January 1980."""
    day = float(np.mean(epochs.tai_ns / NS_PER_DAY))
    return 2 * np.pi * (day - _UNIX_DAY_OF_PHASE_0) / 365.25


def climate_at(latitude_rad: float, longitude_rad: float, phase_rad: float) -> Climate:
    """The climate at a geodetic place and an angle of the yearly wave."""
    table = _table()
    waves_cos, waves_sin = _harmonics(latitude_rad, longitude_rad)

    def sum_of(name: str) -> float:
        return float(table[f"{name}_cos"] @ waves_cos + table[f"{name}_sin"] @ waves_sin)

    now = {name: sum_of(f"{name}_mean") + sum_of(f"{name}_season") * float(np.cos(phase_rad)) for name in _QUANTITIES}
    return Climate(sum_of("geoid"), now["pressure"], now["temperature"] + 273.15, now["hydrostatic"] * 1e-5, now["wet"] * 1e-5)


@cache
def _table() -> dict[str, Floats]:
    """Column -> float64[55], degree by degree and order by order."""
    text = files("armillary.navigation.precise_point").joinpath("climate.csv").read_text("utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def _harmonics(latitude_rad: float, longitude_rad: float) -> tuple[Floats, Floats]:
    """P_nm(sin latitude) times cos and sin of m longitude, float64[55] each; Legendre functions neither normalised nor signed."""
    table = _table()
    degree, order = table["degree"].astype(int), table["order"].astype(int)
    top = int(degree.max())
    sine, cosine = np.sin(latitude_rad), np.cos(latitude_rad)
    legendre = np.zeros((top + 1, top + 1))
    legendre[0, 0] = 1.0
    for n in range(1, top + 1):
        legendre[n, n] = (2 * n - 1) * cosine * legendre[n - 1, n - 1]
        legendre[n, n - 1] = (2 * n - 1) * sine * legendre[n - 1, n - 1]
        for m in range(n - 1):
            legendre[n, m] = ((2 * n - 1) * sine * legendre[n - 1, m] - (n + m - 1) * legendre[n - 2, m]) / (n - m)
    values = legendre[degree, order]
    return values * np.cos(order * longitude_rad), values * np.sin(order * longitude_rad)
