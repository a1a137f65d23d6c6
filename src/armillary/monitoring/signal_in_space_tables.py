"""Signal-in-space errors as tables: every satellite and epoch, and figures per satellite, group and system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.antennas import AntennaSet
from armillary.core.satellites import unpack_one
from armillary.core.table import Table
from armillary.monitoring.antenna_offsets import RadialOffset, radial_offsets
from armillary.monitoring.line_of_sight import orbit_error_m, signal_in_space_error_m, worst_user_error_m
from armillary.monitoring.signal_in_space import Differences, Status, clock_pair

__all__ = ["Errors", "by_group", "by_satellite", "by_system", "evaluate", "series"]

Floats = NDArray[np.float64]

_COUNTED = {
    "n_stale": (Status.STALE, Status.NO_MESSAGE),
    "n_unhealthy": (Status.UNHEALTHY,),
    "n_no_reference": (Status.NO_REFERENCE,),
    "n_no_clock": (Status.NO_CLOCK,),
    "n_outlier": (Status.OUTLIER,),
}
_WORDS = np.array([status.name.lower().replace("_", " ") for status in Status])


@dataclass(frozen=True, slots=True, eq=False)
class Errors:
    """Differences with antenna offsets and the errors a user sees."""

    differences: Differences
    offsets: Mapping[int, RadialOffset]
    """By packed satellite; those not named are unknown."""
    corrected_m: Floats
    """float64[n], radial error at the antenna; NaN where the offset is unknown."""
    orbit_sisre_m: Floats
    sisre_m: Floats
    """float64[n], NaN where orbit or clock were not compared."""
    worst_user_m: Floats
    """float64[n], as ``sisre_m``."""


def evaluate(differences: Differences, antennas: Sequence[AntennaSet], mask_rad: float) -> Errors:
    """Antenna offsets applied and errors along the line of sight, for users who see the satellite above ``mask_rad``.

    Where the offset of a satellite is unknown, the mean radial error of such satellites of its group stands in for it.
    """
    d = differences
    offsets = _offsets(d, antennas)
    table = np.full(int(d.sat.max(initial=0)) + 1, np.nan)
    for sat, offset in offsets.items():
        table[sat] = offset.offset_m
    corrected = d.orbit_m[:, 0] + table[d.sat]
    with_orbit = (d.status == Status.COMPARED) | (d.status == Status.NO_CLOCK)
    unknown = with_orbit & np.isnan(corrected)
    count = np.bincount(d.group[unknown], minlength=len(d.groups))
    mean = np.bincount(d.group[unknown], d.orbit_m[unknown, 0], len(d.groups)) / np.maximum(count, 1)
    error = d.orbit_m.copy()
    error[:, 0] = np.where(np.isnan(corrected), error[:, 0] - mean[d.group], corrected)
    rows = np.flatnonzero(with_orbit)
    orbit, full, worst = np.full((3, len(d)), np.nan)
    orbit[rows] = orbit_error_m(error[rows], d.radius_m[rows], mask_rad)
    rows = np.flatnonzero(d.status == Status.COMPARED)
    full[rows] = signal_in_space_error_m(error[rows], d.clock_m[rows], d.radius_m[rows], mask_rad)
    worst[rows] = worst_user_error_m(error[rows], d.clock_m[rows], d.radius_m[rows], mask_rad)
    return Errors(d, offsets, corrected, orbit, full, worst)


def _offsets(d: Differences, antennas: Sequence[AntennaSet]) -> dict[int, RadialOffset]:
    found: dict[int, RadialOffset] = {}
    if not antennas or not len(d):
        return found
    middle = d.epochs[len(d.epochs) // 2]
    systems = {key.constellation.name: key.constellation for key in d.groups}
    sats = [int(sat) for sat in np.unique(d.sat)]
    for constellation in systems.values():
        mine = [sat for sat in sats if chr(sat // 100) == constellation.letter]
        found |= radial_offsets(antennas, constellation, clock_pair(constellation), mine, middle)
    return found


def series(errors: Errors) -> Table:
    """A row per satellite and epoch, satellite by satellite: errors, what the message said of itself, and what became of the row."""
    d = errors.differences
    names = {int(sat): unpack_one(sat) for sat in np.unique(d.sat)}
    table = np.full(int(d.sat.max(initial=0)) + 1, "", "U3")
    for sat, name in names.items():
        table[sat] = name
    columns = {
        "reference": np.full(len(d), d.product),
        "tai_ns": d.epochs.tai_ns,
        "sat": table[d.sat],
        "constellation": np.array([key.constellation.name for key in d.groups], "U16")[d.group],
        "group": np.array([key.group for key in d.groups], "U24")[d.group],
        "status": _WORDS[d.status],
        "radial_m": d.orbit_m[:, 0],
        "along_m": d.orbit_m[:, 1],
        "cross_m": d.orbit_m[:, 2],
        "clock_m": d.clock_m,
        "radial_corrected_m": errors.corrected_m,
        "orbit_sisre_m": errors.orbit_sisre_m,
        "sisre_m": errors.sisre_m,
        "worst_user_m": errors.worst_user_m,
        "age_s": d.age_s,
        "accuracy_m": d.accuracy_m,
    }
    return Table(columns, d.epochs, d.sat)


def by_satellite(errors: Errors) -> Table:
    """A row per satellite."""
    d = errors.differences
    sats, first, key = np.unique(d.sat, return_index=True, return_inverse=True)
    groups = [d.groups[i] for i in d.group[first]]
    columns = {
        "reference": np.full(len(sats), d.product),
        "constellation": np.array([group.constellation.name for group in groups], "U16"),
        "group": np.array([group.group for group in groups], "U24"),
        "sat": np.array([unpack_one(sat) for sat in sats], "U3"),
        **_figures(errors, key, len(sats)),
        "antenna": np.array([errors.offsets[int(sat)].source if int(sat) in errors.offsets else "" for sat in sats], "U64"),
    }
    return Table(columns, sat=sats.astype(np.int16))


def by_group(errors: Errors) -> Table:
    """A row per group of satellites, in the order of the constellations' facts."""
    groups = errors.differences.groups
    return _collected(errors, errors.differences.group.astype(np.int64), [(g.constellation.name, g.group) for g in groups])


def by_system(errors: Errors) -> Table:
    """A row per system; ``group`` is its title."""
    groups = errors.differences.groups
    names = list(dict.fromkeys((g.constellation.name, g.constellation.title) for g in groups))
    of_group = np.array([names.index((g.constellation.name, g.constellation.title)) for g in groups], np.int64)
    return _collected(errors, of_group[errors.differences.group], names)


def _collected(errors: Errors, key: NDArray[np.int64], names: Sequence[tuple[str, str]]) -> Table:
    columns = {
        "reference": np.full(len(names), errors.differences.product),
        "constellation": np.array([constellation for constellation, _ in names], "U16"),
        "group": np.array([group for _, group in names], "U24"),
        "satellites": _satellites(errors, key, len(names)),
        **_figures(errors, key, len(names)),
        "antenna": np.array([_antenna_note(errors, key == i) for i in range(len(names))], "U200"),
    }
    return Table(columns)


def _satellites(errors: Errors, key: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """How many satellites were compared at all, int64[n]."""
    rows = np.isfinite(errors.orbit_sisre_m)
    pairs = np.unique(key[rows] * 100_000 + errors.differences.sat[rows])
    return np.bincount(pairs // 100_000, minlength=n)


def _antenna_note(errors: Errors, mine: NDArray[np.bool_]) -> str:
    """What was done about antenna offsets, for a person."""
    sats = [int(sat) for sat in np.unique(errors.differences.sat[mine & np.isfinite(errors.orbit_sisre_m)])]
    known = [errors.offsets[sat] for sat in sats if sat in errors.offsets]
    if not sats:
        return ""
    if not known:
        return "unknown: radial mean taken away in SISRE"
    sources = ", ".join(dict.fromkeys(offset.source for offset in known))
    rest = "" if len(known) == len(sats) else "; radial mean of the others taken away in SISRE"
    return f"{len(known)} of {len(sats)} from {sources}{rest}"


def _figures(errors: Errors, key: NDArray[np.int64], n: int) -> dict[str, NDArray[Any]]:
    """Counts and figures for each of ``n`` keys (int64 per row)."""
    d = errors.differences
    full, orbit = d.status == Status.COMPARED, np.isfinite(errors.orbit_sisre_m)
    said = full & np.isfinite(d.accuracy_m)
    counts = {name: np.bincount(key[np.isin(d.status, kinds)], minlength=n) for name, kinds in _COUNTED.items()}
    return {
        "n": np.bincount(key[full], minlength=n),
        "n_orbit": np.bincount(key[orbit], minlength=n),
        **counts,
        "radial_mean_m": _mean(d.orbit_m[:, 0], orbit, key, n),
        "radial_rms_m": _rms(d.orbit_m[:, 0], orbit, key, n),
        "along_rms_m": _rms(d.orbit_m[:, 1], orbit, key, n),
        "cross_rms_m": _rms(d.orbit_m[:, 2], orbit, key, n),
        "clock_rms_m": _rms(d.clock_m, full, key, n),
        "orbit_sisre_rms_m": _rms(errors.orbit_sisre_m, orbit, key, n),
        "sisre_rms_m": _rms(errors.sisre_m, full, key, n),
        "sisre_p95_m": _p95(errors.sisre_m, full, key, n),
        "worst_user_p95_m": _p95(errors.worst_user_m, full, key, n),
        "worst_user_max_m": _max(errors.worst_user_m, full, key, n),
        "radial_corrected_mean_m": _mean(errors.corrected_m, orbit & np.isfinite(errors.corrected_m), key, n),
        "radial_corrected_rms_m": _rms(errors.corrected_m, orbit & np.isfinite(errors.corrected_m), key, n),
        "accuracy_mean_m": _mean(d.accuracy_m, said, key, n),
        "within_accuracy_percent": _mean(np.where(errors.sisre_m <= d.accuracy_m, 100.0, 0.0), said, key, n),
    }


def _mean(values: Floats, rows: NDArray[np.bool_], key: NDArray[np.int64], n: int) -> Floats:
    count = np.bincount(key[rows], minlength=n)
    total = np.bincount(key[rows], values[rows], n)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _rms(values: Floats, rows: NDArray[np.bool_], key: NDArray[np.int64], n: int) -> Floats:
    return np.sqrt(_mean(np.where(rows, values, 0.0) ** 2, rows, key, n))


def _max(values: Floats, rows: NDArray[np.bool_], key: NDArray[np.int64], n: int) -> Floats:
    most = np.full(n, -np.inf)
    np.maximum.at(most, key[rows], values[rows])
    return np.where(np.isfinite(most), most, np.nan)


def _p95(values: Floats, rows: NDArray[np.bool_], key: NDArray[np.int64], n: int) -> Floats:
    """95 % of the values of each key are smaller (linear between order statistics)."""
    order = np.lexsort((values[rows], key[rows]))
    ordered, edges = values[rows][order], np.searchsorted(key[rows][order], np.arange(n + 1))
    result = np.full(n, np.nan)
    for i in np.flatnonzero(np.diff(edges)):
        result[i] = np.quantile(ordered[edges[i] : edges[i + 1]], 0.95)
    return result
