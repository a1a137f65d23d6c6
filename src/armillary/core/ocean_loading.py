"""Displacement of stations by the weight of ocean tides, from coefficients of eleven waves per station.

The admittance (loading divided by equilibrium tide) of the eleven waves is interpolated in frequency, per species, to the 342 waves of
:mod:`armillary.core.tides`, as the IERS Conventions (2010), 7.1.2, recommend: cubic splines with the slopes of parabolas at the ends, straight lines
between the three long-period waves, and constant beyond the outermost ones. With the time argument of their program HARDISP (UTC for TT) this
agrees with its printed examples to their last digit, a micrometre; it is no IERS software.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss
from armillary.core.reference import Reference
from armillary.core.tides import doodson_arguments_rad, frequency_per_day, waves

__all__ = ["CONSTITUENTS", "OceanLoading", "StationLoading"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

CONSTITUENTS = {
    "M2": (2, 0, 0, 0, 0, 0),
    "S2": (2, 2, -2, 0, 0, 0),
    "N2": (2, -1, 0, 1, 0, 0),
    "K2": (2, 2, 0, 0, 0, 0),
    "K1": (1, 1, 0, 0, 0, 0),
    "O1": (1, -1, 0, 0, 0, 0),
    "P1": (1, 1, -2, 0, 0, 0),
    "Q1": (1, -2, 0, 1, 0, 0),
    "MF": (0, 2, 0, 0, 0, 0),
    "MM": (0, 1, 0, -1, 0, 0),
    "SSA": (0, 0, 2, 0, 0, 0),
}
"""Waves whose coefficients a station has, in the order of the columns: name -> Doodson multiples."""

_SPECIES_PHASE_RAD = np.array([np.pi, np.pi / 2, 0.0])
"""Added to the argument of a wave of species 0, 1, 2 so that a positive amplitude of the table is a positive tide."""


@dataclass(frozen=True, slots=True, eq=False)
class StationLoading:
    """Coefficients of one station: displacements up, west and south."""

    name: str
    """As in the file; the first four letters mostly are the station code."""
    amplitude_m: Floats
    """float64[3, 11], rows up, west, south, columns as :data:`CONSTITUENTS`."""
    phase_rad: Floats
    """float64[3, 11], Greenwich phase lags, positive lagging."""
    longitude_rad: float = float("nan")
    latitude_rad: float = float("nan")
    height_m: float = float("nan")
    """NaN where the file does not say."""
    comments: tuple[str, ...] = ()

    def displacement_m(self, epochs: Epochs, *, reference: Reference | None = None) -> Floats:
        """Up, west and south, float64[n, 3], metres, to be added to the station's position. ``reference`` gives leap seconds."""
        doodson, amplitude = waves()
        admittance = _interpolated(self.amplitude_m * np.exp(-1j * self.phase_rad))
        argument = doodson_arguments_rad(epochs, reference=reference) @ doodson.T + _SPECIES_PHASE_RAD[doodson[:, 0]]
        load = amplitude[:, None] * admittance.T
        return np.asarray(np.cos(argument) @ load.real - np.sin(argument) @ load.imag)


@dataclass(frozen=True, slots=True, eq=False)
class OceanLoading:
    """Coefficients of several stations, from one file."""

    stations: tuple[StationLoading, ...]
    center_of_mass: bool | None = None
    """Whether the motion of the centre of mass of the tides is in the coefficients; None where the file does not say."""
    comments: tuple[str, ...] = field(default=())
    losses: tuple[Loss, ...] = ()
    path: str = ""

    def __len__(self) -> int:
        return len(self.stations)

    def find(self, name: str) -> StationLoading | None:
        """The station with a name in any case: the same name, else the same first four letters; None where there is none."""
        wanted = name.strip().upper()
        known = [(station.name.upper(), station) for station in self.stations]
        same = [station for word, station in known if word == wanted] or [station for word, station in known if word.split()[0] == wanted]
        begins = [station for word, station in known if len(wanted) >= 4 and word[:4] == wanted[:4]]
        return next(iter(same + begins), None)


def _interpolated(load: Complexes) -> Complexes:
    """Admittance, complex128[3, 342], of all waves from the loading, complex128[3, 11], of the constituents."""
    doodson, amplitude = waves()
    given = np.array(list(CONSTITUENTS.values()))
    which = np.array([np.flatnonzero((doodson == row).all(axis=1))[0] for row in given])
    ratio = load / np.abs(amplitude[which])
    frequency, known = frequency_per_day(doodson), frequency_per_day(given)
    out = np.empty((len(load), len(doodson)), np.complex128)
    for species in (0, 1, 2):
        columns = np.flatnonzero(given[:, 0] == species)
        columns = columns[np.argsort(known[columns])]
        rows = doodson[:, 0] == species
        x, y = known[columns], ratio[:, columns]
        inside = np.clip(frequency[rows], x[0], x[-1])
        out[:, rows] = _spline(x, y, inside) if len(x) > 3 else _lines(x, y, inside)
    return out


def _lines(x: Floats, y: Complexes, at: Floats) -> Complexes:
    """Straight lines between the points, complex128[3, n]."""
    return np.stack([np.interp(at, x, row.real) + 1j * np.interp(at, x, row.imag) for row in y])


def _spline(x: Floats, y: Complexes, at: Floats) -> Complexes:
    """Cubic spline through points (x, y[k]), complex128[3, n], with the slopes of the parabolas through the three outermost points at the ends."""
    n, step, slope = len(x), np.diff(x), np.diff(y, axis=1) / np.diff(x)
    bend = np.diff(slope, axis=1) / (x[2:] - x[:-2])
    first, last = slope[:, 0] - bend[:, 0] * step[0], slope[:, -1] + bend[:, -1] * step[-1]
    matrix, right = np.zeros((n, n)), np.empty((n, len(y)), np.complex128)
    matrix[0, :2], matrix[-1, -2:] = (2 * step[0], step[0]), (step[-1], 2 * step[-1])
    right[0], right[-1] = 6 * (slope[:, 0] - first), 6 * (last - slope[:, -1])
    for i in range(1, n - 1):
        matrix[i, i - 1 : i + 2] = step[i - 1], 2 * (step[i - 1] + step[i]), step[i]
        right[i] = 6 * (slope[:, i] - slope[:, i - 1])
    second = np.linalg.solve(matrix, right).T
    cell = np.clip(np.searchsorted(x, at, "right") - 1, 0, n - 2)
    width, after, before = step[cell], at - x[cell], x[cell + 1] - at
    cubic = (second[:, cell] * before**3 + second[:, cell + 1] * after**3) / (6 * width)
    linear_after = after * (y[:, cell + 1] / width - second[:, cell + 1] * width / 6)
    linear_before = before * (y[:, cell] / width - second[:, cell] * width / 6)
    return np.asarray(cubic + linear_after + linear_before)
