"""One station through precise point positioning: files become rows, rows become solutions, solutions become an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from math import nan, radians
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.antennas import AntennaSet
from armillary.core.biases import Biases
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.ocean_loading import OceanLoading, StationLoading
from armillary.core.table import Table
from armillary.errors import InputError
from armillary.navigation.positioning import channels_of
from armillary.navigation.precise_point import tables
from armillary.navigation.precise_point.continuing import Continuation
from armillary.navigation.precise_point.convergence import LIMITS_M, Convergence, convergence
from armillary.navigation.precise_point.estimate import FilterOptions, Observed, PreciseSolution, observed_by, solve, solve_both_ways
from armillary.navigation.precise_point.rows import PreciseRows
from armillary.navigation.precise_point.station import Corrections, station_model
from armillary.navigation.precise_point.type_check import doubtful_types
from armillary.navigation.solution_tables import gain_of_joining
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.services._contents import content
from armillary.services._earth import earth_orientation
from armillary.services._inputs import Files, read_files
from armillary.services._kinds import kind_of
from armillary.services._ppp_answer import PppAnswer
from armillary.services._ppp_state import known_before, leave, state_file
from armillary.services._products import need_phases, need_products, product_remarks
from armillary.services._truth import Truth, truth_of

__all__ = ["Modelled", "PppProducts", "PppSettings", "known_place", "located", "modelled", "read_and_model"]

Floats = NDArray[np.float64]
_DOUBTED_M, _DOUBTED_SIGMAS = 0.3, 5.0
"""Farther from a truth than ten years of plate motion and what is not modelled: it is doubted."""
Report = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class PppSettings:
    """How a station is solved; plain values, so that the store can say what rows were computed with."""

    kinematic: bool = False
    smoothed: bool = False
    mask_deg: float = 7.0
    skip_h: float = 0.0
    sessions_h: float | None = None
    sessions_every_h: float = 1.0
    subsets: bool = False
    residuals: bool = False
    uncombined: bool = False
    """Both signals for themselves with slant ionospheres, instead of their ionosphere-free combination."""
    without: tuple[str, ...] = ()
    """Corrections left out."""

    @property
    def mode(self) -> str:
        """``static`` or ``kinematic``."""
        return "kinematic" if self.kinematic else "static"

    def about(self, federation: Federation) -> dict[str, Any]:
        """What the store says of how rows were computed: what bears on them, not what the answer tells besides."""
        kept = {name: value for name, value in asdict(self).items() if name in ("kinematic", "smoothed", "mask_deg", "subsets", "uncombined")}
        kept |= {"without": list(self.without)} if self.without else {}
        return {"systems": str(federation), "service": "ppp", **kept}


@dataclass(frozen=True, slots=True)
class PppProducts:
    """What comes beside observations, as paths."""

    sp3: tuple[Path, ...]
    clk: tuple[Path, ...] = ()
    antex: tuple[Path, ...] = ()
    erp: Path | None = None
    bias: tuple[Path, ...] = ()
    blq: Path | None = None
    nav: tuple[Path, ...] = ()

    @property
    def roles(self) -> dict[str, tuple[Path, ...]]:
        """Role of an input -> its files."""
        one = {"earth orientation": self.erp, "ocean loading": self.blq}
        found = {"orbits": self.sp3, "clocks": self.clk, "antennas": self.antex, "biases": self.bias, "navigation": self.nav}
        return found | {role: (path,) for role, path in one.items() if path is not None}


@dataclass(frozen=True, slots=True, eq=False)
class Modelled:
    """A station's rows, and as every member uses them."""

    federation: Federation
    files: Files
    rows: PreciseRows
    observed: tuple[Observed, ...]
    notes: tuple[str, ...] = ()
    before: Continuation | None = None
    """What an earlier run knows."""


def read_and_model(
    federation: Federation,
    observations: Sequence[Path],
    products: PppProducts,
    settings: PppSettings,
    *,
    told: Report | None = None,
    state: Path | None = None,
) -> Modelled:
    """Observation files of one station with the products; these are read once per process. InputError where they do not fit together.

    ``state``: a folder of what earlier runs know (:mod:`armillary.services._ppp_state`).
    """
    files = read_files(observations, systems=federation.letters, nav=products.nav, sp3=products.sp3, clk=products.clk, keep=True)
    need_products(federation, files)
    losses = dict(files.losses)
    loading, notes = _loading(products.blq, files, losses)
    reference, said = earth_orientation(products.erp, files.observations.epochs)
    left_out = settings.without
    given = Corrections(
        antennas=_all_of(products.antex, AntennaSet, "an ANTEX file", losses),
        biases=_all_of(products.bias, Biases, "a Bias-SINEX file", losses),
        ocean=loading,
        reference=reference,
        channels=channels_of(files.navigation),
        mask_rad=radians(settings.mask_deg),
        moving=settings.kinematic,
        solid_tide="solid-tide" not in left_out,
        pole_tide="pole-tide" not in left_out,
        wind_up="wind-up" not in left_out,
        satellite_antenna="satellite-antenna" not in left_out,
        receiver_antenna="receiver-antenna" not in left_out,
    )
    if told is not None:
        told("modelling", 0.2)
    lacking = (f"left out: {', '.join(left_out)}",) if left_out else ()
    place = None if state is None else state_file(state, files.observations.header.marker)
    before = None if place is None else known_before(place, settings.about(federation), files.observations.epochs)
    return modelled(federation, replace(files, losses=losses), given, settings, notes=(*lacking, *notes, *said), before=before)


def modelled(
    federation: Federation,
    files: Files,
    given: Corrections,
    settings: PppSettings,
    *,
    notes: tuple[str, ...] = (),
    before: Continuation | None = None,
) -> Modelled:
    """As :func:`read_and_model`, for content already read. InputError where no epoch has a position."""
    assert files.orbits is not None
    orbit = PreciseOrbit(files.orbits, files.clocks)
    model = station_model(federation, files.observations, orbit, given, going_on=before)
    rows = model.rows
    need_phases(rows, files)
    doubts = [] if settings.kinematic or not given.satellite_antenna else [str(doubt) for doubt in doubtful_types(model)]
    members = federation.subsets() if settings.subsets else federation.alone_and_joint()
    observed = tuple(
        observed_by(member, rows, uncombined=settings.uncombined, groups_before=() if before is None else before.groups(str(member)))
        for member in members
    )
    remarks = product_remarks(federation, rows, files, orbit, given.biases)
    return Modelled(federation, files, rows, observed, (*notes, *rows.notes, *doubts, *remarks), before)


def located(
    given: Modelled,
    settings: PppSettings,
    known: Truth | None,
    *,
    told: Report | None = None,
    threads: int = 1,
    warnings: tuple[str, ...] = (),
    state: Path | None = None,
) -> PppAnswer:
    """The answer of one station: every member solved, with errors against the truth or, without one, against all systems together at the end.

    What is known after the last epoch goes into the folder ``state``.
    """
    options = FilterOptions(static=not settings.kinematic)
    told = told or _nobody
    span_h = float(given.rows.time_s[-1]) / 3600.0

    def run(member: Observed) -> PreciseSolution:
        if settings.smoothed:
            return solve_both_ways(member, options)[1]
        return solve(member, options, memory=None if given.before is None else given.before.memory(member, options))

    solutions = _side_by_side(
        run,
        given.observed,
        threads,
        lambda share: told("filtering", 0.4 + 0.3 * share),
    )
    at = _against(known, given.observed[-1], None if settings.kinematic or settings.smoothed else solutions[-1])
    found: list[Convergence | None] = [None] * len(solutions)
    hours = settings.sessions_h
    if hours is not None and at is not None:
        found = list(
            _side_by_side(
                lambda member: convergence(member, options, at, hours=hours, every_h=settings.sessions_every_h),
                given.observed,
                threads,
                lambda share: told("cold sessions", 0.7 + 0.3 * share),
            )
        )
    answers = tuple(_row(s, options, at, settings.skip_h, c) for s, c in zip(solutions, found, strict=True))
    files = given.files
    if state is not None:
        station = files.observations.header.marker
        leave(state_file(state, station), station, settings.about(given.federation), given.rows, solutions)
    assert files.orbits is not None
    epochs = tables.epoch_table(solutions, at)
    return PppAnswer(
        station=files.observations.header.marker,
        mode=settings.mode,
        smoothed=settings.smoothed,
        truth=known,
        summary=_summary(answers),
        answers=answers,
        epochs=epochs,
        troposphere=tables.troposphere_table(solutions),
        clocks=tables.clock_table(solutions),
        observed=files.observations.epochs,
        residuals=tables.residual_table(solutions) if settings.residuals else None,
        ionosphere=tables.ionosphere_table(solutions) if settings.uncombined else None,
        convergence=tuple(found),
        losses=files.losses,
        warnings=(*warnings, *given.notes, *_doubted(known, answers[-1]), *_too_short(settings.sessions_h, found, span_h)),
        skip_h=settings.skip_h,
        frame=files.orbits.frame,
        uncombined=settings.uncombined,
        gain=_gain(epochs, given.rows, settings),
    )


def _gain(epochs: Table, rows: PreciseRows, settings: PppSettings) -> dict[str, Any] | None:
    """What joining brought in kinematic errors after the hours that are skipped."""
    if not settings.kinematic or epochs.epochs is None:
        return None
    start_ns = int(rows.signals.epochs.tai_ns[0]) + round(settings.skip_h * 3.6e12)
    return gain_of_joining(epochs.where(epochs.epochs.tai_ns >= start_ns))


def _doubted(known: Truth | None, joint: dict[str, Any]) -> tuple[str, ...]:
    """A truth that all systems together contradict."""
    if known is None or joint["position_m"] is None:
        return ()
    distance_m = float(np.linalg.norm(np.subtract(joint["position_m"], known.position_m)))
    sigma_m = float(np.linalg.norm([joint["sigma_e_m"], joint["sigma_n_m"], joint["sigma_u_m"]]))
    if distance_m < max(_DOUBTED_M, _DOUBTED_SIGMAS * sigma_m):
        return ()
    said = f"{distance_m:.2f} m" if distance_m < 1000.0 else f"{distance_m / 1e3:.1f} km"
    return (f"all systems together are {said} from the truth ({known.source}): is it the coordinate of this marker, in its frame and of this time?",)


def _too_short(hours: float | None, found: Sequence[Convergence | None], span_h: float) -> tuple[str, ...]:
    if hours is None or any(c is not None and c.sessions for c in found):
        return ()
    return (f"no cold session of {hours:g} h fits into {span_h:.2f} h of observations",)


def _side_by_side(run: Callable[[Observed], Any], members: Sequence[Observed], threads: int, told: Callable[[float], None]) -> list[Any]:
    """What ``run`` makes of every member; the kernels release the interpreter."""
    if threads == 1:
        return [run(member) for member in members]
    with ThreadPoolExecutor(threads) as pool:
        done = []
        for i, answer in enumerate(pool.map(run, members)):
            done.append(answer)
            told((i + 1) / len(members))
    return done


def _nobody(what: str, share: float) -> None:
    """Progress that nobody watches."""


def known_place(truth: str | None, files: Files, *, alone: bool) -> tuple[Truth | None, tuple[str, ...]]:
    """The truth of the station; of several stations one may be missing in the file, which is a note, of one station it is an InputError."""
    try:
        return truth_of(truth, files.observations), ()
    except InputError as error:
        if alone:
            raise
        return None, (f"no truth: {error}",)


def _all_of(paths: Sequence[Path], kind: type[Any], wanted: str, losses: dict[str, Sequence[Loss]]) -> tuple[Any, ...]:
    """What files hold, which must be of a kind; lines that were not used go to ``losses``."""
    found = []
    for path in paths:
        held = content(str(path))
        if not isinstance(held, kind):
            raise InputError(f"{path}: holds {kind_of(held)}, but {wanted} was expected")
        losses[str(path)] = held.losses
        found.append(held)
    return tuple(found)


def _loading(path: Path | None, files: Files, losses: dict[str, Sequence[Loss]]) -> tuple[StationLoading | None, tuple[str, ...]]:
    """The station's ocean tide loading."""
    if path is None:
        return None, ()
    (held,) = _all_of((path,), OceanLoading, "a BLQ file of ocean tide loading", losses)
    found = held.find(files.observations.header.marker[:4])
    if found is None:
        return None, (f"{path}: has no station {files.observations.header.marker[:4]}: ocean tide loading is left out",)
    return found, ()


def _against(known: Truth | None, joint: Observed, still: PreciseSolution | None) -> Floats | None:
    """What errors are against: the truth, else the static answer of all systems together at the end; None where there is none."""
    if known is not None:
        return np.array(known.position_m)
    still = still or solve(joint, FilterOptions(static=True))
    good = np.flatnonzero(tables.solved(still))
    return tables.marker_m(still)[good[-1]] if len(good) else None


def _row(solution: PreciseSolution, options: FilterOptions, at: Floats | None, skip_h: float, found: Convergence | None) -> dict[str, Any]:
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


_SHOWN = ("member", "solved", "e_m", "n_m", "u_m", "sigma_e_m", "sigma_n_m", "sigma_u_m", "rms_3d_m", "p95_3d_m", "mean_satellites")


def _summary(answers: Sequence[dict[str, Any]]) -> Table:
    return Table({name: np.array([row[name] for row in answers]) for name in _SHOWN})
