"""One station through precise point positioning: files become rows, rows become solutions, solutions become an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from math import radians
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.antennas import AntennaSet
from armillary.core.biases import Biases
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.ocean_loading import OceanLoading, StationLoading
from armillary.errors import InputError
from armillary.navigation.positioning import channels_of
from armillary.navigation.precise_point import tables
from armillary.navigation.precise_point.continuing import Continuation
from armillary.navigation.precise_point.convergence import Convergence, convergence
from armillary.navigation.precise_point.estimate import FilterOptions, Observed, PreciseSolution, observed_by, solve, solve_both_ways
from armillary.navigation.precise_point.rows import PreciseRows
from armillary.navigation.precise_point.station import Corrections, station_model
from armillary.navigation.precise_point.type_check import doubtful_types
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.services._contents import content
from armillary.services._earth import earth_orientation
from armillary.services._inputs import Files, read_files
from armillary.services._kinds import all_of
from armillary.services._ppp_answer import PppAnswer
from armillary.services._ppp_figures import gain_of, row_of, summary_of
from armillary.services._ppp_settings import CORRECTIONS, PppProducts, PppSettings
from armillary.services._ppp_state import known_before, leave, state_file
from armillary.services._products import need_phases, need_products, product_remarks
from armillary.services._telling import Report, nobody
from armillary.services._truth import Truth, truth_of

__all__ = ["Modelled", "answered", "distance_m", "known_place", "loading_of", "located", "modelled", "read_and_model", "solved_by"]

Floats = NDArray[np.float64]
_DOUBTED_M, _DOUBTED_SIGMAS = 0.3, 5.0
"""Farther from a truth than ten years of plate motion and what is not modelled: it is doubted."""


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
    told: Report = nobody,
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
    made: dict[str, Any] = {name.replace("-", "_"): name not in left_out for name in CORRECTIONS}
    given = Corrections(
        antennas=all_of(products.antex, AntennaSet, "an ANTEX file", losses, _kept_content),
        biases=all_of(products.bias, Biases, "a Bias-SINEX file", losses, _kept_content),
        ocean=loading,
        reference=reference,
        channels=channels_of(files.navigation),
        mask_rad=radians(settings.mask_deg),
        moving=settings.kinematic,
        mapping=settings.mapping,
        **made,
    )
    told("modelling", 0.2)
    lacking = (f"left out: {', '.join(left_out)}",) if left_out else ()
    place = None if state is None else state_file(state, files.observations.header.marker)
    before = None if place is None else known_before(place, files.observations.header.marker, settings.about(federation), files.observations.epochs)
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
    told: Report = nobody,
    threads: int = 1,
    warnings: tuple[str, ...] = (),
    state: Path | None = None,
) -> PppAnswer:
    """The answer of one station: every member solved, with errors against the truth or, without one, against all systems together at the end.

    What is known after the last epoch goes into the folder ``state``.
    """
    solutions = solved_by(given, settings, told=told, threads=threads)
    if state is not None:
        station = given.files.observations.header.marker
        leave(state_file(state, station), station, settings.about(given.federation), given.rows, solutions)
    return answered(given, settings, solutions, known, told=told, threads=threads, warnings=warnings)


def solved_by(given: Modelled, settings: PppSettings, *, told: Report = nobody, threads: int = 1) -> list[PreciseSolution]:
    """Every member solved."""
    options = _options(settings)

    def run(member: Observed) -> PreciseSolution:
        if settings.smoothed:
            return solve_both_ways(member, options)[1]
        return solve(member, options, memory=None if given.before is None else given.before.memory(member, options))

    return _side_by_side(run, given.observed, threads, lambda share: told("filtering", 0.4 + 0.3 * share))


def answered(
    given: Modelled,
    settings: PppSettings,
    solutions: Sequence[PreciseSolution],
    known: Truth | None,
    *,
    told: Report = nobody,
    threads: int = 1,
    warnings: tuple[str, ...] = (),
) -> PppAnswer:
    """Solutions as an answer, with cold sessions where they are asked for."""
    options, files = _options(settings), given.files
    at = _against(known, given.observed[-1], None if settings.kinematic or settings.smoothed else solutions[-1])
    found: list[Convergence | None] = [None] * len(solutions)
    hours = settings.sessions_h
    if hours is not None and at is not None:
        found = _side_by_side(
            lambda member: convergence(member, options, at, hours=hours, every_h=settings.sessions_every_h),
            given.observed,
            threads,
            lambda share: told("cold sessions", 0.7 + 0.3 * share),
        )
    answers = tuple(row_of(s, options, at, settings.skip_h, c) for s, c in zip(solutions, found, strict=True))
    epochs = tables.epoch_table(solutions, at)
    assert files.orbits is not None
    return PppAnswer(
        station=files.observations.header.marker,
        mode=settings.mode,
        smoothed=settings.smoothed,
        truth=known,
        summary=summary_of(answers),
        answers=answers,
        epochs=epochs,
        troposphere=tables.troposphere_table(solutions),
        clocks=tables.clock_table(solutions),
        observed=files.observations.epochs,
        residuals=tables.residual_table(solutions) if settings.residuals else None,
        ionosphere=tables.ionosphere_table(solutions) if settings.uncombined else None,
        convergence=tuple(found),
        losses=files.losses,
        warnings=(*warnings, *given.notes, *_doubted(known, answers[-1]), *_too_short(settings.sessions_h, found, given.rows)),
        skip_h=settings.skip_h,
        frame=files.orbits.frame,
        uncombined=settings.uncombined,
        mapping=settings.mapping,
        gain=gain_of(epochs, given.rows, settings),
    )


def _options(settings: PppSettings) -> FilterOptions:
    return FilterOptions(static=not settings.kinematic)


def distance_m(known: Truth | None, joint: dict[str, Any]) -> float | None:
    """How far the row of all systems together is from a truth, where that is farther than the row can be wrong; None where it is not."""
    if known is None or joint["position_m"] is None:
        return None
    distance = float(np.linalg.norm(np.subtract(joint["position_m"], known.position_m)))
    sigma_m = float(np.linalg.norm([joint["sigma_e_m"], joint["sigma_n_m"], joint["sigma_u_m"]]))
    return None if distance < max(_DOUBTED_M, _DOUBTED_SIGMAS * sigma_m) else distance


def _doubted(known: Truth | None, joint: dict[str, Any]) -> tuple[str, ...]:
    """A truth that all systems together contradict."""
    far = distance_m(known, joint)
    if far is None or known is None:
        return ()
    said = f"{far:.2f} m" if far < 1000.0 else f"{far / 1e3:.1f} km"
    return (f"all systems together are {said} from the truth ({known.source}): is it the coordinate of this marker, in its frame and of this time?",)


def _too_short(hours: float | None, found: Sequence[Convergence | None], rows: PreciseRows) -> tuple[str, ...]:
    if hours is None or any(c is not None and c.sessions for c in found):
        return ()
    return (f"no cold session of {hours:g} h fits into {float(rows.time_s[-1]) / 3600.0:.2f} h of observations",)


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


def known_place(truth: str | None, files: Files, *, alone: bool) -> tuple[Truth | None, tuple[str, ...]]:
    """The truth of the station; of several stations one may be missing in the file, which is a note, of one station it is an InputError."""
    try:
        return truth_of(truth, files.observations), ()
    except InputError as error:
        if alone:
            raise
        return None, (f"no truth: {error}",)


def _kept_content(path: Path) -> Any:
    """Read once per process."""
    return content(str(path))


def _loading(path: Path | None, files: Files, losses: dict[str, Sequence[Loss]]) -> tuple[StationLoading | None, tuple[str, ...]]:
    """The station's ocean tide loading."""
    if path is None:
        return None, ()
    return loading_of(all_of((path,), OceanLoading, "a BLQ file of ocean tide loading", losses, _kept_content), files.observations.header.marker)


def loading_of(given: Sequence[OceanLoading], station: str) -> tuple[StationLoading | None, tuple[str, ...]]:
    """Ocean tide loading of a station from the first file that has it, and what is said where files are given and none has."""
    found = next((one for held in given if (one := held.find(station[:4])) is not None), None)
    if found is not None or not given:
        return found, ()
    return None, (f"ocean tide loading is left out: {' '.join(Path(held.path).name for held in given)} has no station {station[:4]}",)


def _against(known: Truth | None, joint: Observed, still: PreciseSolution | None) -> Floats | None:
    """What errors are against: the truth, else the static answer of all systems together at the end; None where there is none."""
    if known is not None:
        return np.array(known.position_m)
    still = still or solve(joint, FilterOptions(static=True))
    good = np.flatnonzero(tables.solved(still))
    return tables.marker_m(still)[good[-1]] if len(good) else None
