"""Answers of precise point positioning as tables: epochs, zenith delays, clocks, residuals, and errors in figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.geodesy import enu_rotation, from_enu, to_enu, to_geodetic
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.satellites import unpack
from armillary.core.table import Table
from armillary.navigation.precise_point.estimate import PreciseSolution

__all__ = ["clock_table", "epoch_table", "errors_m", "held", "ionosphere_table", "marker_m", "residual_table", "solved", "troposphere_table"]

Floats = NDArray[np.float64]
_FEWEST = 4
"""Satellites with phase that make a position."""
_TOO_FEW = 1
_CLOCK = 6


def solved(solution: PreciseSolution) -> NDArray[np.bool_]:
    """bool[n_epochs]: the epoch has a position."""
    return np.asarray(np.isfinite(solution.state[:, 0]) & (solution.satellites >= _FEWEST))


def held(solution: PreciseSolution) -> PreciseSolution:
    """The solution with ambiguities held at integers, in the place of the float one; NaN where none are held."""
    return replace(solution, state=solution.fixed_state, covariance=solution.fixed_covariance)


def marker_m(solution: PreciseSolution) -> Floats:
    """Positions of the marker, float64[n_epochs, 3], Earth-fixed, NaN where there is none."""
    start = solution.observed.rows.position_m
    known = np.isfinite(start[:, 0])
    offset = np.where(solved(solution)[:, None], solution.state[:, :3], np.nan)
    return np.asarray(start + from_enu(offset, origin_m=np.where(known[:, None], start, 6.4e6)), np.float64)


def errors_m(solution: PreciseSolution, truth_m: Floats) -> Floats:
    """East, north, up of the marker from ``truth_m`` [3], float64[n_epochs, 3]."""
    return to_enu(marker_m(solution) - truth_m, origin_m=truth_m)


def epoch_table(solutions: Sequence[PreciseSolution], truth_m: Floats | None) -> Table:
    """A row per member and epoch: marker, covariance, errors against the truth, zenith delay and gradients, satellites, flag."""
    parts: dict[str, list[NDArray[np.generic]]] = {}
    for solution in solutions:
        marker, good = marker_m(solution), solved(solution)
        place = to_geodetic(marker)
        rotation = enu_rotation(place.latitude_rad, place.longitude_rad)
        fixed = np.swapaxes(rotation, -1, -2) @ solution.covariance[:, :3, :3] @ rotation
        error = np.full(marker.shape, np.nan) if truth_m is None else to_enu(marker - truth_m, origin_m=truth_m)
        columns: dict[str, NDArray[np.generic]] = {"member": np.full(len(marker), str(solution.observed.federation))}
        columns |= {f"{axis}_m": marker[:, i] for i, axis in enumerate("xyz")}
        columns |= {f"cov_{'xyz'[i]}{'xyz'[j]}_m2": fixed[:, i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))}
        columns |= {"latitude_rad": place.latitude_rad, "longitude_rad": place.longitude_rad, "height_m": place.height_m}
        columns |= {name: error[:, i] for i, name in enumerate(("east_m", "north_m", "up_m"))}
        columns |= {"satellites_used": solution.satellites, "flag": np.where(good, 0, _TOO_FEW)}
        for name, column in columns.items():
            parts.setdefault(name, []).append(column)
    times = np.concatenate([s.observed.rows.signals.epochs.tai_ns for s in solutions])
    return Table({name: np.concatenate(column) for name, column in parts.items()}, epochs=Epochs(times))


def troposphere_table(solutions: Sequence[PreciseSolution]) -> Table:
    """Zenith total delay and gradients at solved epochs."""
    parts = []
    for solution in solutions:
        good = solved(solution)
        state, covariance = solution.state[good], solution.covariance[good]
        zenith = solution.observed.rows.zenith_m[good]
        columns = {
            "member": np.full(int(good.sum()), str(solution.observed.federation)),
            "zenith_total_m": zenith.sum(axis=1) + state[:, 3],
            "zenith_hydrostatic_m": zenith[:, 0],
            "zenith_sigma_m": np.sqrt(covariance[:, 3, 3]),
            "gradient_north_m": state[:, 4],
            "gradient_east_m": state[:, 5],
            "gradient_north_sigma_m": np.sqrt(covariance[:, 4, 4]),
            "gradient_east_sigma_m": np.sqrt(covariance[:, 5, 5]),
        }
        parts.append((columns, solution.observed.rows.signals.epochs.tai_ns[good]))
    return _joined(parts)


def clock_table(solutions: Sequence[PreciseSolution]) -> Table:
    """Receiver clock by group of satellites at solved epochs, seconds against the time scale of the products, and against the first group."""
    parts = []
    for solution in solutions:
        good = solved(solution)
        state, covariance = solution.state[good], solution.covariance[good]
        for g, name in enumerate(solution.observed.groups):
            clock, variance = state[:, _CLOCK].copy(), covariance[:, _CLOCK, _CLOCK].copy()
            offset, offset_variance = np.zeros(len(state)), np.zeros(len(state))
            if g:
                i = _CLOCK + g
                offset, offset_variance = state[:, i], covariance[:, i, i]
                clock += offset
                variance += offset_variance + 2.0 * covariance[:, _CLOCK, i]
            columns = {
                "member": np.full(len(state), str(solution.observed.federation)),
                "group": np.full(len(state), name),
                "clock_s": clock / SPEED_OF_LIGHT_M_S,
                "sigma_s": np.sqrt(np.maximum(variance, 0.0)) / SPEED_OF_LIGHT_M_S,
                "isb_s": offset / SPEED_OF_LIGHT_M_S,
                "isb_sigma_s": np.sqrt(np.maximum(offset_variance, 0.0)) / SPEED_OF_LIGHT_M_S,
            }
            seen = np.isfinite(clock)  # a group has no clock before it is seen
            parts.append(({name: column[seen] for name, column in columns.items()}, solution.observed.rows.signals.epochs.tai_ns[good][seen]))
    return _joined(parts)


def residual_table(solutions: Sequence[PreciseSolution]) -> Table:
    """What is left of the ionosphere-free codes and phases, a row per satellite and epoch that was used."""
    return _by_satellite(solutions, lambda solution: dict(zip(("code_residual_m", "phase_residual_m"), solution.residual_m.T, strict=True)))


def ionosphere_table(solutions: Sequence[PreciseSolution]) -> Table:
    """Slant ionospheres, a row per satellite and epoch; they hold the code biases of satellite and receiver, which are the same all day."""
    return _by_satellite(solutions, lambda solution: dict(zip(("slant_ionosphere_m", "slant_sigma_m"), solution.slant_m.T, strict=True)))


def _by_satellite(solutions: Sequence[PreciseSolution], columns_of: Callable[[PreciseSolution], dict[str, Floats]]) -> Table:
    """Columns of rows, where any of them is known."""
    parts = []
    for solution in solutions:
        rows, found = solution.observed.rows, columns_of(solution)
        known = np.isfinite(np.stack(list(found.values()))).any(axis=0)
        columns = {
            "member": np.full(int(known.sum()), str(solution.observed.federation)),
            "sat": unpack(rows.signals.sat[known]),
            "elevation_rad": rows.elevation_rad[known],
            "azimuth_rad": rows.azimuth_rad[known],
            **{name: column[known] for name, column in found.items()},
        }
        parts.append((columns, rows.signals.epochs.tai_ns[rows.signals.epoch_of[known]]))
    return _joined(parts)


def _joined(parts: Sequence[tuple[dict[str, NDArray[np.generic]], NDArray[np.int64]]]) -> Table:
    if not parts:
        return Table({}, epochs=Epochs(np.empty(0, np.int64)))
    return Table(
        {name: np.concatenate([columns[name] for columns, _ in parts]) for name in parts[0][0]},
        epochs=Epochs(np.concatenate([times for _, times in parts])),
    )
