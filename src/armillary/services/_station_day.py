"""One station on one day: read, located, its quality told, kept in the store. The unit of work that workers are given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import radians
from typing import Any

import numpy as np

from armillary._lazy import lazy_module
from armillary.core.coordinates import StationCoordinates
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.observations import Observations
from armillary.core.table import Table
from armillary.errors import InputError, OutOfRangeError
from armillary.io.reading import read
from armillary.monitoring import events as event_log
from armillary.monitoring.observation_rows import observation_rows
from armillary.monitoring.provenance import InputFile, Provenance
from armillary.monitoring.quality import StationQuality, station_quality
from armillary.monitoring.store import Rows, Store
from armillary.monitoring.time_offset import Route
from armillary.navigation import solution_tables
from armillary.navigation.error_figures import error_figures
from armillary.navigation.links import LinkOptions
from armillary.navigation.positioning import PositioningOptions, channels_of
from armillary.navigation.single_point import EstimatorOptions
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.services._catalogue import day_bounds_ns
from armillary.services._contents import content, navigation_of
from armillary.services._inputs import Files
from armillary.services._ppp_store import key_of, rows_of_day
from armillary.services._precise_day import KINEMATIC, STATIC, PreciseDay, precise_day
from armillary.services._precise_product import NO_PRODUCT, PreciseProduct
from armillary.services._sites import Site, site_of
from armillary.services._truth import Truth, coordinate_of, place_given
from armillary.services.position import FAR_M, Located, PositionAnswer, distance_from_truth_m, locate_station, measured_against, middle_m
from armillary.services.time_offset import received_routes

joining: Any = lazy_module("armillary.io.joining")

__all__ = ["MASK_DEG", "MEDIAN", "QUALITY_MASK_DEG", "StationAssessment", "StationTask", "settings_of", "station_day"]

MASK_DEG = 5.0
QUALITY_MASK_DEG = 10.0
MEDIAN = "the day's median of all systems together (scatter, not accuracy)"
_QUALITY_COLUMNS = ("station", "constellation", "signal", "completeness", "gaps", "slips", "mp_rms_m", "cn0_mean_dbhz")
_KEPT_COLUMNS = ("member", "flag", "satellites_used", "x_m", "y_m", "z_m", "east_m", "north_m", "up_m")
"""Of every epoch, what the page draws; all of it is in the store."""


@dataclass(frozen=True, slots=True)
class StationTask:
    """What to assess, as paths: whoever does it reads the files."""

    federation: Federation
    day: str
    """YYYY-MM-DD, GPS time."""
    name: str
    observations: Mapping[str, tuple[str, ...]]
    """Path -> every day on which the file is assessed."""
    navigation: tuple[str, ...]
    coordinates: tuple[str, ...]
    inputs: tuple[InputFile, ...]
    """Every file above by content, for the store."""
    store: str
    tables: tuple[str, ...] = ()
    """Tables of stations."""
    precise: PreciseProduct = NO_PRODUCT
    precise_inputs: tuple[InputFile, ...] = ()
    """Every file above and of the product by content, for precise positions in the store."""
    keep_observations: bool = False
    """Whether every observation goes into the store."""
    subsets: bool = False
    """Whether every combination of the systems is located, not only each alone and all together."""
    threads: int = 1
    """How many threads may work on it: one where stations are done side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class StationAssessment:
    """What one station says on one day."""

    name: str
    position: PositionAnswer
    """Its epochs hold what a page draws; all columns are in the store."""
    quality: StationQuality
    position_m: tuple[float, float, float]
    """Best known marker position, Earth-fixed."""
    positioning: tuple[dict[str, Any], ...]
    """A row per member: the summary, the solved share, percentiles and errors by hour."""
    events: Table
    routes: Mapping[str, Sequence[Route]]
    """Pair of systems (second-first) -> what the receiver says of their offset."""
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    site: Site = field(default_factory=Site)
    precise: PreciseDay | None = None
    precise_warnings: tuple[str, ...] = ()

    @property
    def operator(self) -> str:
        """Who owns it; empty where not known."""
        return self.site.operator

    @property
    def host(self) -> str:
        """On whose ground it stands; empty where not known."""
        return self.site.host

    @property
    def hosted(self) -> bool | None:
        """Whether it stands on another's ground than its operator's; None where that is not known."""
        return self.site.hosted


def settings_of(federation: Federation, *, subsets: bool) -> dict[str, str | float | bool]:
    """What the store says of how rows were computed; subsets only where they were asked for, so that older rows stay what they are."""
    about: dict[str, str | float | bool] = {"systems": str(federation), "mask_deg": MASK_DEG, "quality_mask_deg": QUALITY_MASK_DEG}
    return about | {"subsets": True} if subsets else about


def station_day(task: StationTask) -> StationAssessment | InputError:
    """Assess one station on one day and put its positions, residuals and quality into the store.

    The error of files that cannot be used is returned, not raised: one bad file must not end the work of others. StoreError is raised.
    """
    try:
        return _assessed(task)
    except (InputError, OutOfRangeError) as error:
        return InputError(f"{task.name}: {error}")


def _assessed(task: StationTask) -> StationAssessment:
    observations, losses, warnings = _observations(task)
    files = Files(observations, navigation_of(task.navigation), None, None, (), losses)
    found = _located(task, files, _known(task, observations))
    quality, place = _quality(task.federation, files, found.answer.truth)
    _keep(task, found, quality, observations)
    position = found.answer
    precise, told = _precise(task, files, position.truth)
    return StationAssessment(
        name=task.name,
        position=replace(position, epochs=_drawn(position.epochs), clocks=_none(position.clocks), biases=_none(position.biases), losses={}),
        quality=quality,
        position_m=place or (0.0, 0.0, 0.0),
        positioning=tuple(_positioning_rows(task.name, position)),
        events=_events(task.day, task.name, position, quality),
        routes=received_routes(task.federation, task.name, found),
        losses=losses,
        warnings=(*warnings, *(f"{task.name}: {text}" for text in position.warnings)),
        site=site_of(task.name, observations, [content(path) for path in task.tables]),
        precise=precise,
        precise_warnings=told,
    )


def _precise(task: StationTask, files: Files, truth: Truth | None) -> tuple[PreciseDay | None, tuple[str, ...]]:
    """Precise positions by the product of the day, which go into the store, and warnings."""
    if task.precise.reason:
        return None, ()
    known = None if truth is None or truth.source == MEDIAN else truth
    found, answers, warnings = precise_day(task.federation, files, task.precise, known, subsets=task.subsets, threads=task.threads)
    store = Store.existing(task.store)
    for answer, settings in zip(answers, (KINEMATIC, STATIC), strict=False):
        about = replace(settings, subsets=task.subsets).about(task.federation)
        named = replace(answer, station=task.name)
        store.put_many(task.day, key_of(named), rows_of_day(named, task.day), source=Provenance(task.precise_inputs, about))
    return found, warnings


def _observations(task: StationTask) -> tuple[Observations, dict[str, Sequence[Loss]], list[str]]:
    """The epochs of the day from all files, what of the files could not be used, and warnings."""
    parts, losses, warnings = [], {}, []
    for path, days in task.observations.items():
        part = read(path, systems=task.federation.letters)
        if part.losses:
            losses[path] = part.losses
        if not len(part.epochs):
            reason = next((f": {loss.reason} (line {loss.first_line})" for loss in part.losses), "")
            raise InputError(f"{path}: no epoch could be read{reason}")
        inside = part.between(*day_bounds_ns(task.day))
        if len(inside.epochs):
            parts.append(inside)
        beyond = 0 if task.day != days[0] else len(part.epochs) - sum(len(part.between(*day_bounds_ns(day)).epochs) for day in days)
        if beyond:
            warnings.append(f"{path}: {beyond} of {len(part.epochs)} epochs are not of {' or '.join(days)} (GPS time) and were not assessed")
    if not parts:
        raise InputError(f"{', '.join(task.observations)}: no epoch lies in {task.day} (GPS time)")
    if len({part.header.marker.upper() for part in parts}) > 1:  # one station written in two lengths
        parts = [replace(part, header=replace(part.header, marker=task.name)) for part in parts]
    joined = parts[0] if len(parts) == 1 else joining.join_observations(parts)
    repeated = joined.losses[sum(len(part.losses) for part in parts) :] if len(parts) > 1 else ()
    # one name in every table, whatever case the receiver writes
    joined = replace(joined, header=replace(joined.header, marker=task.name))
    return joined, losses, [*warnings, *(f"{task.name}: {loss.reason}" for loss in repeated)]


def _known(task: StationTask, observations: Observations) -> Truth | None:
    """The position of the station in the coordinate file that serves best on the day, moved by its velocity; else that in a table of stations.

    An estimate goes before an a-priori value, a solution whose data interval holds the day before others, then the nearest epoch counts.
    """
    when = observations.epochs[len(observations.epochs) // 2]
    rows: dict[str, int] = {}
    for path in task.coordinates:
        try:
            rows[path] = content(path).row(task.name[:9], when)
        except InputError:
            continue
    if not rows:
        return place_given(task.name, [content(path) for path in task.tables])
    best = min(rows, key=lambda path: content(path).unfitness(rows[path], when))
    solution: StationCoordinates = content(best)
    return coordinate_of(solution, task.name, when)


def _located(task: StationTask, files: Files, known: Truth | None) -> Located:
    """Positions by broadcast messages, against the best known coordinate, else against the day's median."""
    options = PositioningOptions(LinkOptions(radians(MASK_DEG), "full-arc"), EstimatorOptions(), task.threads)
    found = locate_station(task.federation, files, known, task.federation.members(subsets=task.subsets), options=options)
    middle = middle_m(found.answer)
    if middle is None or not (known is None or distance_from_truth_m(found.answer) > FAR_M):
        return found
    return measured_against(found, Truth(middle, MEDIAN))  # a coordinate of another place is warned about and not used


def _quality(federation: Federation, files: Files, truth: Truth | None) -> tuple[StationQuality, tuple[float, float, float] | None]:
    """How well the station received every signal, and where it stands as well as that is known."""
    orbit = BroadcastOrbit.from_navigation(files.navigation)
    place = None if truth is None else truth.position_m
    quality = station_quality(
        federation,
        files.observations,
        orbit=orbit if orbit.tables else None,
        satellites=orbit.satellites if orbit.tables else None,
        channels=channels_of(files.navigation),
        position_m=place,
        mask_rad=radians(QUALITY_MASK_DEG),
    )
    return quality, place or files.observations.header.position_m


def _events(day: str, name: str, position: PositionAnswer, quality: StationQuality) -> Table:
    """What went wrong at the station, and when it was not observed at all."""
    interval_s = float(np.median(np.diff(position.observed.tai_ns))) * 1e-9 if len(position.observed) > 1 else 30.0
    member = str(position.summary["member"][-1])
    found = event_log.joined(
        [
            event_log.excluded_events(position.excluded, member, interval_s),
            event_log.quality_events(quality, observed=position.observed),
            event_log.unobserved_events(name, position.observed, *day_bounds_ns(day)),
        ]
    )
    return Table({**found.columns, "station": np.full(len(found), name)})


def _keep(task: StationTask, found: Located, quality: StationQuality, observations: Observations) -> None:
    """Positions, residuals of all systems together, quality, and where they are asked for the observations themselves into the store."""
    tables: dict[str, Rows] = {
        "positions": found.answer.epochs,
        "residuals": solution_tables.residual_table(found.links, found.members[-1:]),
        "quality": Table({name: quality.signals[name] for name in _QUALITY_COLUMNS}),
    }
    if task.keep_observations:
        tables["observations"] = observation_rows(observations)
    Store.existing(task.store).put_many(
        task.day, task.name, tables, source=Provenance(task.inputs, settings_of(task.federation, subsets=task.subsets))
    )


def _drawn(epochs: Table) -> Table:
    return Table({name: epochs[name] for name in _KEPT_COLUMNS if name in epochs.columns}, epochs.epochs, epochs.sat, epochs.offsets)


def _none(table: Table) -> Table:
    """The columns of a table without its rows."""
    return table.where(np.zeros(len(table), np.bool_))


def _positioning_rows(name: str, position: PositionAnswer) -> list[dict[str, Any]]:
    """A row per member: the summary, the solved share, and percentiles of the errors against the truth, over the day and by hour."""
    about = None if position.truth is None else position.truth.source
    return [
        {"station": name, **row, **error_figures(position.epochs, row["member"], len(position.observed)), "truth": about}
        for row in position.summary.rows()
    ]
