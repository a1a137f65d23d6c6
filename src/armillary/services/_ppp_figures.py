"""Precise solutions in figures: a row of plain values per member, and the table that people see."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.table import Table
from armillary.navigation.precise_point import tables
from armillary.navigation.precise_point.convergence import LIMITS_M, Convergence
from armillary.navigation.precise_point.estimate import FilterOptions, PreciseSolution
from armillary.navigation.precise_point.rows import PreciseRows
from armillary.navigation.solution_tables import gain_of_joining
from armillary.services._ppp_settings import PppSettings

__all__ = ["gain_of", "row_of", "summary_of"]

Floats = NDArray[np.float64]
_SHOWN = ("member", "solved", "e_m", "n_m", "u_m", "sigma_e_m", "sigma_n_m", "sigma_u_m", "rms_3d_m", "p95_3d_m", "mean_satellites")


def row_of(solution: PreciseSolution, options: FilterOptions, at: Floats | None, skip_h: float, found: Convergence | None) -> dict[str, Any]:
    """One member in plain values: errors of the last epoch where the marker stands still, else means and root mean squares."""
    good = tables.solved(solution) & (solution.observed.rows.time_s >= skip_h * 3600.0)
    answer: dict[str, Any] = {
        "member": str(solution.observed.federation),
        "mode": "static" if options.static else "kinematic",
        **_figures(solution, good, at, last=options.static),
        "sessions": 0 if found is None else found.sessions,
        "convergence_min": {} if found is None else {f"{limit:.2f}": m for limit, m in zip(LIMITS_M, found.median_min, strict=True)},
        "reached": {} if found is None else {f"{limit:.2f}": r for limit, r in zip(LIMITS_M, found.reached, strict=True)},
    }
    whole = tables.held(solution)
    if (good & (solution.fixed > 0)).any():
        answer["fixed"] = {
            **_figures(whole, good & (solution.fixed > 0), at, last=options.static),
            "float_rms_3d_m": _figures(solution, good & (solution.fixed > 0), at, last=options.static)["rms_3d_m"],
            "share": float((good & (solution.fixed > 0)).sum() / good.sum()),
            "mean_ambiguities": float(solution.fixed[good & (solution.fixed > 0)].mean()),
        }
    return answer


def _figures(solution: PreciseSolution, good: NDArray[np.bool_], at: Floats | None, *, last: bool) -> dict[str, Any]:
    """Position, standard deviations and errors over good epochs: of the last one, or of all."""
    figures: dict[str, Any] = {
        "solved": int(good.sum()),
        **dict.fromkeys(("e_m", "n_m", "u_m", "sigma_e_m", "sigma_n_m", "sigma_u_m", "rms_3d_m", "p95_3d_m", "mean_satellites"), nan),
        "position_m": None,
    }
    if not good.any():
        return figures

    def of(values: Floats) -> list[float]:
        return [float(v) for v in (values[-1] if last else values.mean(axis=0))]

    sigma = np.sqrt(np.maximum(np.einsum("nii->ni", solution.covariance[good][:, :3, :3]), 0.0))
    figures |= {"mean_satellites": float(solution.satellites[good].mean()), "position_m": of(tables.marker_m(solution)[good])}
    figures |= dict(zip(("sigma_e_m", "sigma_n_m", "sigma_u_m"), of(sigma if last else np.median(sigma, axis=0)[None]), strict=True))
    if at is not None:
        error = tables.errors_m(solution, at)[good]
        distance = np.linalg.norm(error, axis=1)
        figures |= dict(zip(("e_m", "n_m", "u_m"), of(error), strict=True))
        figures |= {"rms_3d_m": float(np.sqrt(np.mean(distance**2))), "p95_3d_m": float(np.percentile(distance, 95))}
    return figures


def summary_of(answers: Sequence[dict[str, Any]]) -> Table:
    """Rows of plain values as the table that people see."""
    return Table({name: np.array([row[name] for row in answers]) for name in _SHOWN})


def gain_of(epochs: Table, rows: PreciseRows, settings: PppSettings) -> dict[str, Any] | None:
    """What joining brought in kinematic errors after the hours that are skipped; None where there is nothing to compare."""
    if not settings.kinematic or epochs.epochs is None:
        return None
    start_ns = int(rows.signals.epochs.tai_ns[0]) + round(settings.skip_h * 3.6e12)
    later = epochs.where(epochs.epochs.tai_ns >= start_ns)
    return gain_of_joining(later) if len(later) else None
