"""Answers of positioning as tables with declared columns, one row per member and epoch (or satellite)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.geodesy import enu_rotation, from_enu, to_enu, to_geodetic
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.satellites import unpack
from armillary.core.table import Table
from armillary.navigation.links import REASONS, USED, Links
from armillary.navigation.positioning import MemberAnswer

__all__ = ["against", "bias_table", "clock_table", "epoch_table", "excluded_table", "gain_of_joining", "residual_table", "summary_table"]


def epoch_table(
    links: Links,
    answers: Sequence[MemberAnswer],
    velocities: Sequence[NDArray[np.float64]],
    *,
    truth_m: NDArray[np.float64] | None,
    antenna_enu_m: NDArray[np.float64],
) -> Table:
    """Every epoch of every member: marker position, covariance, velocity, dilutions, satellites and flag.

    ``antenna_enu_m``: float64[3], antenna above the marker; ``truth_m``: float64[3], the marker's known position, or None.
    """
    n_epochs = len(links.rows.epochs)
    parts: dict[str, list[NDArray[np.float64]]] = {}
    for answer, velocity in zip(answers, velocities, strict=True):
        for name, column in _epoch_columns(links, answer, velocity, truth_m, antenna_enu_m).items():
            parts.setdefault(name, []).append(column)
    columns = {name: np.concatenate(column) for name, column in parts.items()}
    member = np.repeat([str(a.federation) for a in answers], n_epochs)
    return Table({"member": member, **columns}, epochs=Epochs(np.tile(links.rows.epochs.tai_ns, len(answers))))


def against(epochs: Table, truth_m: NDArray[np.float64]) -> Table:
    """The same epochs with the errors of the marker against another truth, float64[3], Earth-fixed."""
    marker = np.stack([epochs[f"{axis}_m"] for axis in "xyz"], axis=1)
    error = to_enu(marker - truth_m, origin_m=truth_m)
    columns = {**epochs.columns, **{name: error[:, i] for i, name in enumerate(_ERRORS)}}
    return Table(columns, epochs.epochs, epochs.sat, epochs.offsets)


def _epoch_columns(
    links: Links, answer: MemberAnswer, velocity: NDArray[np.float64], truth_m: NDArray[np.float64] | None, antenna_enu_m: NDArray[np.float64]
) -> dict[str, NDArray[Any]]:
    solution, rows = answer.solution, links.rows
    antenna = answer.position_m
    marker = antenna - from_enu(np.broadcast_to(antenna_enu_m, antenna.shape), origin_m=np.where(np.isnan(antenna), 6.4e6, antenna))
    place = to_geodetic(marker)
    rotation = enu_rotation(place.latitude_rad, place.longitude_rad)
    fixed = np.swapaxes(rotation, -1, -2) @ solution.covariance[:, :3, :3] @ rotation
    error = np.full(marker.shape, np.nan) if truth_m is None else to_enu(marker - truth_m, origin_m=truth_m)
    solved = solution.flag == 0
    n_epochs = len(rows.epochs)
    used = np.bincount(rows.epoch_of[solution.state == USED], minlength=n_epochs)
    out = np.bincount(rows.epoch_of[(solution.state != USED) & (solution.state < len(REASONS))], minlength=n_epochs)
    columns: dict[str, NDArray[Any]] = {f"{axis}_m": marker[:, i] for i, axis in enumerate("xyz")}
    columns |= {f"cov_{'xyz'[i]}{'xyz'[j]}_m2": fixed[:, i, j] for i, j in ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))}
    columns |= {"latitude_rad": place.latitude_rad, "longitude_rad": place.longitude_rad, "height_m": place.height_m}
    columns |= {name: error[:, i] for i, name in enumerate(_ERRORS)}
    columns |= {name: velocity[:, i] for i, name in enumerate(("vx_m_s", "vy_m_s", "vz_m_s"))}
    columns |= {name: np.where(solved, solution.dop[:, i], np.nan) for i, name in enumerate(("gdop", "pdop", "hdop", "vdop", "tdop"))}
    columns |= {"satellites_used": used, "satellites_excluded": out, "flag": solution.flag}
    return columns


def clock_table(links: Links, answers: Sequence[MemberAnswer]) -> Table:
    """Receiver clock against each system's time, and inter-system offsets against the first system of the member; solved epochs only."""
    epochs = links.rows.epochs
    union = links.rows.constellations
    parts: list[tuple[str, str, NDArray[np.int64], NDArray[np.float64]]] = []
    for answer in answers:
        solution = answer.solution
        first = 3 + union.index(answer.federation.constellations[0])
        seen = _seen(links, solution.state, len(union))
        for constellation in answer.federation:
            i = 3 + union.index(constellation)
            clock = solution.solution[:, i]
            good = (solution.flag == 0) & seen[:, i - 3] & seen[:, first - 3]
            variance = solution.covariance[:, i, i]
            between = variance + solution.covariance[:, first, first] - 2.0 * solution.covariance[:, i, first]
            both = np.stack([clock, np.sqrt(variance), clock - solution.solution[:, first], np.sqrt(np.maximum(between, 0.0))], axis=1)
            parts.append((str(answer.federation), constellation.letter, np.flatnonzero(good), both[good] / SPEED_OF_LIGHT_M_S))
    values = np.concatenate([p[3] for p in parts]) if parts else np.empty((0, 4))
    where = np.concatenate([p[2] for p in parts]) if parts else np.empty(0, np.int64)
    return Table(
        {
            "member": np.concatenate([np.full(len(p[2]), p[0]) for p in parts]),
            "system": np.concatenate([np.full(len(p[2]), p[1]) for p in parts]),
            **{name: values[:, i] for i, name in enumerate(("clock_s", "sigma_s", "isb_s", "isb_sigma_s"))},
        },
        epochs=epochs[where],
    )


def _seen(links: Links, state: NDArray[np.uint8], n_systems: int) -> NDArray[np.bool_]:
    """Whether an epoch uses any satellite of a system, bool[n_epochs, n_systems]."""
    rows = links.rows
    used = state == USED
    key = rows.epoch_of[used].astype(np.int64) * n_systems + rows.constellation_of[rows.satellite_of[used]]
    return np.bincount(key, minlength=len(rows.epochs) * n_systems).reshape(-1, n_systems) > 0


def excluded_table(links: Links, answers: Sequence[MemberAnswer]) -> Table:
    """Satellites in view that were left out, with the reason."""
    rows = links.rows
    chosen = [np.flatnonzero((a.solution.state != USED) & (a.solution.state < len(REASONS))) for a in answers]
    where = np.concatenate(chosen)
    reasons = np.array(REASONS)
    return Table(
        {
            "member": np.repeat([str(a.federation) for a in answers], [len(c) for c in chosen]),
            "sat": _names(rows.sat[where]),
            "elevation_rad": links.elevation_rad[where],
            "reason": np.concatenate([reasons[a.solution.state[c]] for a, c in zip(answers, chosen, strict=True)]),
        },
        epochs=rows.epochs[rows.epoch_of[where]],
        sat=rows.sat[where],
    )


def residual_table(links: Links, answers: Sequence[MemberAnswer]) -> Table:
    """Residuals of every used code."""
    rows = links.rows
    signal = np.array([list(pair) for pair in rows.signals]).reshape(-1, 2)
    parts = []
    for answer in answers:
        r, j = np.nonzero(np.isfinite(answer.solution.residual_m))
        sigma = np.sqrt(links.variance_m2[r, 0] + links.variance_m2[r, 1 + j])
        parts.append((str(answer.federation), r, signal[rows.satellite_of[r], j], answer.solution.residual_m[r, j], sigma))
    where = np.concatenate([p[1] for p in parts])
    return Table(
        {
            "member": np.repeat([p[0] for p in parts], [len(p[1]) for p in parts]),
            "sat": _names(rows.sat[where]),
            "signal": np.concatenate([p[2] for p in parts]),
            "residual_m": np.concatenate([p[3] for p in parts]),
            "sigma_m": np.concatenate([p[4] for p in parts]),
            "azimuth_rad": links.azimuth_rad[where],
            "elevation_rad": links.elevation_rad[where],
        },
        epochs=rows.epochs[rows.epoch_of[where]],
        sat=rows.sat[where],
    )


def bias_table(links: Links, answers: Sequence[MemberAnswer]) -> Table:
    """Code biases held over the file, with their standard deviation."""
    parts = []
    for answer in answers:
        s = answer.solution
        names = [_bias_name(links, name) for name in s.biases.names]
        parts.append((np.full(len(names), str(answer.federation)), np.array(names), s.bias_m, np.sqrt(np.diag(s.bias_covariance))))
    return Table(
        {
            "member": np.concatenate([p[0] for p in parts]),
            "bias": np.concatenate([p[1] for p in parts]),
            "bias_m": np.concatenate([p[2] for p in parts]),
            "sigma_m": np.concatenate([p[3] for p in parts]),
        }
    )


def summary_table(epochs: Table) -> Table:
    """One row per member: solved epochs, errors against the truth (NaN without one) and mean satellites."""
    ordered = _members(epochs)
    return Table({"member": np.array(ordered), **_statistics([epochs.where(epochs["member"] == name) for name in ordered])})


_ERRORS = ("east_m", "north_m", "up_m")
ERROR_FIGURES = ("e_rms_m", "n_rms_m", "u_rms_m", "h95_m", "v95_m", "rms_3d_m", "p95_3d_m")
"""Columns of the summary that a gain is told for."""


def gain_of_joining(epochs: Table) -> dict[str, float | int | str] | None:
    """What the last member (all together) brings over the best single one; None where fewer than two are alone.

    Per error figure a factor, above 1 where joining is better, between errors over the same epochs: those that the best single member solved.
    ``best_...`` names that member for each figure; ``solved``: epochs gained over the single member that solved most.
    """
    names = _members(epochs)
    alone = [name for name in names if "+" not in name]
    if len(alone) < 2 or len(alone) == len(names):
        return None
    solved = {name: epochs["flag"][epochs["member"] == name] == 0 for name in (*alone, names[-1])}
    joint = epochs.where(epochs["member"] == names[-1])
    both = {name: joint.where(solved[name] & solved[names[-1]]) for name in alone}
    single = {name: _error_statistics(epochs.where((epochs["member"] == name) & (epochs["flag"] == 0))) for name in alone}
    shared = {name: _error_statistics(rows) for name, rows in both.items()}
    gain: dict[str, float | int | str] = {"member": names[-1]}
    for figure in ERROR_FIGURES:
        known = [name for name in alone if np.isfinite(single[name][figure])]
        best = min(known, key=lambda name: single[name][figure], default=None)
        gain[figure] = float("nan") if best is None or not shared[best][figure] else single[best][figure] / shared[best][figure]
        gain[f"best_{figure.removesuffix('_m')}"] = best or ""
    gain["solved"] = int(solved[names[-1]].sum()) - max(int(solved[name].sum()) for name in alone)
    return gain


def _members(epochs: Table) -> list[str]:
    """Members in the order in which they appear."""
    names, first = np.unique(epochs["member"], return_index=True)
    return [str(name) for name in names[np.argsort(first)]]


def _statistics(parts: Sequence[Table]) -> dict[str, NDArray[np.float64]]:
    rows = [_error_statistics(part.where(part["flag"] == 0)) for part in parts]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _error_statistics(solved: Table) -> dict[str, float]:
    """Root mean squares include the mean: they are errors against the truth, not scatter."""
    enu = np.stack([solved["east_m"], solved["north_m"], solved["up_m"]], axis=1)
    enu = enu[np.isfinite(enu).all(axis=1)]
    nan = float("nan")

    def percentile(values: NDArray[np.float64]) -> float:
        return float(np.percentile(values, 95)) if len(values) else nan

    distance = np.linalg.norm(enu, axis=1)
    squares = (enu**2).mean(axis=0) if len(enu) else np.full(3, nan)
    return {
        "solved": len(solved),
        "e_rms_m": float(squares[0] ** 0.5),
        "n_rms_m": float(squares[1] ** 0.5),
        "u_rms_m": float(squares[2] ** 0.5),
        "h95_m": percentile(np.hypot(enu[:, 0], enu[:, 1])),
        "v95_m": percentile(np.abs(enu[:, 2])),
        "rms_3d_m": float(squares.sum() ** 0.5),
        "p95_3d_m": percentile(distance),
        "mean_satellites": float(solved["satellites_used"].mean()) if len(solved) else nan,
    }


def _names(sats: NDArray[np.int16]) -> NDArray[np.str_]:
    unique, inverse = np.unique(sats, return_inverse=True)
    return unpack(unique)[inverse]


def _bias_name(links: Links, name: str) -> str:
    kind, *rest = name.split(" ")
    if kind != "satellite":
        return name
    return " ".join([str(unpack(links.rows.satellites[int(rest[0]) : int(rest[0]) + 1])[0]), *rest[1:]])
