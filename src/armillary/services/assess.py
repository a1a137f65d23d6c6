"""A day of station files becomes an assessed, stored, illustrated report.

From Python: ``finished`` is called with every answer that gets a page, and a script that asks for several workers needs
``if __name__ == "__main__":``, as every script with processes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from armillary.core.federation import Federation
from armillary.core.plain import dumps
from armillary.core.table import Table
from armillary.errors import InputError
from armillary.io.saving import save_bytes
from armillary.monitoring import events as event_log
from armillary.monitoring.provenance import Provenance
from armillary.monitoring.range_errors import range_errors
from armillary.monitoring.standards import verdicts
from armillary.monitoring.store import Store
from armillary.services._additions import additions
from armillary.services._assessment import AssessmentAnswer, AssessmentOfDays, about_median, gain_of_day, rows_of_day, summary_of_days
from armillary.services._catalogue import Catalogue, InputRole, catalogue
from armillary.services._comparable import comparable, uses_every_system
from armillary.services._earlier import earlier_days
from armillary.services._engine import Task, engine_named
from armillary.services._hosting import hosting_of
from armillary.services._network_day import NetworkDay, NetworkTask, network_day
from armillary.services._precise_product import PRODUCT_ROLES, PreciseProduct, chosen_product, why_unused
from armillary.services._station_day import MEDIAN, StationAssessment, StationTask, settings_of, station_day
from armillary.services._telling import Report, nobody, said_once
from armillary.services.availability import AvailabilityAnswer
from armillary.services.signal_in_space import SignalInSpaceAnswer
from armillary.services.time_offset import offset_table

__all__ = ["AssessmentAnswer", "AssessmentOfDays", "assess"]

_NETWORK = "network"
"""Key of stored rows that are of no single station."""
_SHARED = ("navigation", "coordinates", "stations", *PRODUCT_ROLES)
_MOST_REASONS = 3
_BESIDE = ("biases", "ocean loading", "earth orientation")
"""Roles that serve precise positions only."""


def assess(
    federation: Federation,
    paths: Annotated[
        Sequence[Path], "Files or folders of anything: observations, navigation, SP3, CLK, ANTEX, BIA, ERP, BLQ, SINEX, tables of stations."
    ],
    *,
    out: Annotated[Path, "Folder for report.html, assessment.json and the store."],
    engine: Annotated[str, "Who does station-days: local, dask (workers of its own), or dask:ADDRESS of a scheduler."] = "local",
    workers: Annotated[int | None, "Number of processes; one per processor by default."] = None,
    keep_observations: Annotated[bool, "Keep every observation in the store, for the view observations (about ten bytes a row)."] = False,
    subsets: Annotated[bool, "Positions and availability of every combination of the systems, not only of each alone and of all together."] = False,
    progress: Report | None = None,
    finished: Callable[[Any], None] | None = None,
) -> AssessmentAnswer | AssessmentOfDays:
    """Positions, signal in space, availability, time offsets, quality, events and standards of a day, for each system alone and all together.

    Roles of files are found by reading them. Writes assessment.json and store/ into the folder, and report.html at the command line; where
    files are of several days, each day gets a folder of its own in it.

    A station that cannot be assessed does not end the work of others; where its files were named themselves the exit status is 2.

    $ armillary assess DAY/ --out assessed --systems glonass+beidou
    """
    told = progress or nobody
    replaced = _replaced(out, federation)
    if engine.startswith("dask"):  # workers may stand in other folders
        paths, out = [path.absolute() for path in paths], out.absolute()
    store = Store.open(_folder(out) / "store")
    days = _Days()
    with engine_named(engine, workers) as doing:
        if any(path.is_dir() for path in paths):  # most folders hold several stations: workers start while it is looked through
            doing.warm()
        given = catalogue(paths, notes=replaced, out=out, several=doing.warm, progress=lambda share: told("reading", share))
        if not any(item.role == "navigation" for item in given.inputs):
            why = "no navigation file was given: positions need the broadcast messages of the day"
            raise InputError("; ".join((why, *given.warnings[len(replaced) :][:_MOST_REASONS])))
        job = _Job(given, federation, store, out, keep_observations, subsets)
        for answer in _by_day(job, doing.run(_tasks(job), job.number), told, days.unusable):
            if not job.several:
                answer = replace(answer, earlier=earlier_days(out, ()))
            _keep(store, answer, settings_of(federation, subsets=subsets))
            save_bytes((dumps(answer, indent=1) + "\n").encode(), _folder(answer.out) / "assessment.json")
            if finished is not None:
                finished(answer)
            days.add(answer)
    if days.last is None:
        raise InputError("; ".join(item.reason for item in sorted(days.unusable)))
    if not job.several:
        return days.last
    all_days = days.answer(job)
    save_bytes((dumps(all_days, indent=1) + "\n").encode(), out / "assessment.json")
    if finished is not None:
        finished(all_days)
    return all_days


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What is assessed, and how."""

    given: Catalogue
    federation: Federation
    store: Store
    out: Path
    keep_observations: bool
    subsets: bool
    products: dict[str, PreciseProduct] = field(default_factory=dict)
    """Day -> what precise positions are made with, of the days begun."""

    def product(self, day: str) -> PreciseProduct:
        """What precise positions of a day are made with."""
        if day not in self.products:
            roles = {role: [item.path for item in self.given.of(day, role)] for role in PRODUCT_ROLES}
            self.products[day] = chosen_product(self.federation, day, roles)
        return self.products[day]

    def unused(self, day: str | None = None) -> tuple[str, ...]:
        """Files that serve precise positions only and none of a day (None: of any day), with the reason."""
        days = list(self.given.by_day) if day is None else [day]
        products = [self.product(other) for other in days]
        used = frozenset[str]().union(*(product.paths for product in products))
        given = self.given.of(day, *_BESIDE) if day is not None and self.several else self.given.inputs
        left = [item for item in given if item.role in _BESIDE and item.path not in used]
        return tuple(f"{item.path}: {item.what}, not used: {why_unused(item.path, products)}" for item in left)

    @property
    def several(self) -> bool:
        """Whether there are several days."""
        return len(self.given.by_day) > 1

    @property
    def number(self) -> int:
        """Tasks: the stations of each day, and what is of no station."""
        return sum(len(stations) + 1 for stations in self.given.by_day.values())


@dataclass(slots=True, eq=False)
class _Days:
    """What is kept of every day, however many there are."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    scatter: set[str] = field(default_factory=set)
    events: dict[str, int] = field(default_factory=dict)
    gains: dict[str, float] = field(default_factory=dict)
    unusable: list[_Unusable] = field(default_factory=list)
    last: AssessmentAnswer | None = None

    def add(self, answer: AssessmentAnswer) -> None:
        """Keep what the overview tells of a day."""
        self.rows += rows_of_day(answer)
        self.scatter |= set(about_median(answer.stations))
        self.events[answer.day], self.gains[answer.day] = len(answer.events), gain_of_day(answer)
        self.last = answer

    def answer(self, job: _Job) -> AssessmentOfDays:
        """The overview."""
        days, unusable = sorted(self.events), sorted(self.unusable)
        return AssessmentOfDays(
            out=job.out,
            federation=job.federation,
            summary=summary_of_days(self.rows),
            folders={day: job.out / day for day in days},
            warnings=(*job.given.warnings, *job.unused(), *_reasons(unusable, named=False)),
            failures=_reasons(unusable, named=True),
            scatter=tuple(sorted(self.scatter)),
            events={day: self.events[day] for day in days},
            gains={day: self.gains[day] for day in days},
            products={day: job.product(day).name for day in days},
            earlier=earlier_days(job.out, days),
        )


@dataclass(frozen=True, slots=True, order=True)
class _Unusable:
    """A station that could not be assessed on one day."""

    day: str
    reason: str
    named: bool
    """Whether a file of it was named itself, not found in a folder."""


def _reasons(items: Sequence[_Unusable], *, named: bool) -> tuple[str, ...]:
    return tuple(item.reason for item in items if item.named == named)


def _replaced(out: Path, federation: Federation) -> tuple[str, ...]:
    """A warning where a folder holds an assessment of other systems."""
    try:
        before = json.loads((out / "assessment.json").read_bytes()).get("systems")
    except (OSError, ValueError, AttributeError):
        return ()
    same = before is None or before == str(federation)
    return () if same else (f"{out} held an assessment of {before}: its pages and stored rows of these days are replaced",)


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: cannot be made ({error.strerror})") from None
    return out


def _tasks(job: _Job) -> Iterator[Task]:
    """Day after day: what is of no station first, because it takes long, then every station."""
    given, federation = job.given, job.federation
    assessed_on = _days_of_files(given)
    threads = 1 if sum(map(len, given.by_day.values())) > 1 else 2
    for day, stations in given.by_day.items():
        shared = {role: tuple(item.path for item in given.of(day, role)) for role in _SHARED}
        product = job.product(day)
        of_product = tuple(item.file for item in given.of(day, *PRODUCT_ROLES) if item.path in product.paths)
        network = NetworkTask(federation, day, shared["navigation"], shared["orbits"], shared["clocks"], shared["antennas"], job.subsets)
        yield Task(f"{day} signal in space", network_day, network)
        inputs = tuple(item.file for item in given.of(day, "navigation", "coordinates", "stations"))
        # the largest first, so that workers end together
        for name, files in sorted(stations.items(), key=lambda item: -sum(part.file.octets for part in item[1])):
            task = StationTask(
                federation=federation,
                day=day,
                name=name,
                observations={item.path: assessed_on[item.path] for item in files},
                navigation=shared["navigation"],
                coordinates=shared["coordinates"],
                tables=shared["stations"],
                inputs=(*(item.file for item in files), *inputs),
                store=str(job.store.folder),
                keep_observations=job.keep_observations,
                subsets=job.subsets,
                threads=threads,
                precise=job.product(day),
                precise_inputs=(*(item.file for item in files), *inputs, *of_product),
            )
            yield Task(f"{day} {name}", station_day, task)


def _days_of_files(given: Catalogue) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for day, stations in given.by_day.items():
        for files in stations.values():
            for item in files:
                found[item.path] = (*found.get(item.path, ()), day)
    return found


def _by_day(job: _Job, answers: Iterator[tuple[Task, Any]], told: Report, unusable: list[_Unusable]) -> Iterator[AssessmentAnswer]:
    """Days as they are complete; stations that could not be assessed go into ``unusable``."""
    given, number = job.given, job.number
    stations: dict[str, list[StationAssessment]] = {day: [] for day in given.by_day}
    networks: dict[str, NetworkDay] = {}
    failed: dict[str, list[_Unusable]] = {day: [] for day in given.by_day}
    for i, (task, answer) in enumerate(answers):
        day = task.argument.day
        if isinstance(answer, NetworkDay):
            networks[day] = answer
        elif isinstance(answer, InputError):
            failed[day].append(_Unusable(day, str(answer), not given.named.isdisjoint(task.argument.observations)))
        else:
            stations[day].append(answer)
        told("stations", (i + 1) / number)
        if day in networks and len(stations[day]) + len(failed[day]) == len(given.by_day[day]):
            # in order of names, whoever was done first
            network, heard, bad = networks.pop(day), sorted(stations.pop(day), key=lambda s: s.name), sorted(failed.pop(day))
            unusable += bad
            if heard:
                yield _assessed(job, day, heard, network, bad)


def _assessed(job: _Job, day: str, stations: list[StationAssessment], network: NetworkDay, failed: Sequence[_Unusable]) -> AssessmentAnswer:
    """A day from what its stations and products said."""
    federation, space, sky = job.federation, network.signal_in_space, network.availability
    offsets = offset_table(federation, network.time_offsets, network.middle, [station.routes for station in stations])
    parts = [] if space is None else [event_log.signal_in_space_events(space.series)]
    parts += [] if network.messages is None else [event_log.signal_in_space_events(_while_observed(network.messages, stations))]
    inputs = _inputs_of(job, day)
    heard = (text for station in stations for text in station.warnings)
    precise = tuple(f"PPP, {words}" for words in said_once([(station.name, station.precise_warnings) for station in stations]))
    return AssessmentAnswer(
        out=job.out / day if job.several else job.out,
        day=day,
        federation=federation,
        inputs=inputs,
        stations=tuple(stations),
        signal_in_space=space,
        availability=sky,
        time_offset=offsets,
        events=event_log.confirmed(event_log.joined([*parts, *(station.events for station in stations)])),
        hosting=None if network.tracks is None else hosting_of(federation, stations, network.tracks),
        additions=additions(federation, stations, sky),
        precise=job.product(day),
        standards=verdicts(_measured(federation, stations, space, sky, offsets), systems=[c.name for c in federation]),
        warnings=(*job.given.warnings, *job.unused(day), *_reasons(failed, named=False), *heard, *network.warnings, *precise),
        failures=_reasons(failed, named=True),
        losses={item.path: item.losses for item in inputs if item.losses} | {path: lost for s in stations for path, lost in s.losses.items()},
    )


def _while_observed(rows: Table, stations: Sequence[StationAssessment]) -> Table:
    """The rows between the first and the last observation of any station: what lies outside was not looked at."""
    first, last = (limit([limit(s.position.observed.tai_ns) for s in stations if len(s.position.observed)], default=0) for limit in (min, max))
    return rows.where((rows["tai_ns"] >= first) & (rows["tai_ns"] <= last))


def _inputs_of(job: _Job, day: str) -> tuple[InputRole, ...]:
    """Every file that a day was assessed from, in the order given, and those that serve no day."""
    given = job.given
    used = {item.path for item in given.of(day, *_SHARED) if item.role not in _BESIDE} | job.product(day).paths
    used |= {item.path for items in given.by_day[day].values() for item in items}
    return tuple(item for item in given.inputs if item.path in used or item.role in ("not used", "not read"))


def _measured(
    federation: Federation, stations: Sequence[StationAssessment], space: SignalInSpaceAnswer | None, sky: AvailabilityAnswer | None, offsets: Table
) -> dict[tuple[str, str], float]:
    """What was measured, by each system alone and by all, and quantity; where several stations measure the same, the worst of those that compare."""
    members = {str(member) for member in federation.alone_and_joint()}
    found: dict[tuple[str, str], float] = {}

    def worst(member: str, quantity: str, value: float) -> None:
        if np.isfinite(value):
            found[member, quantity] = max(value, found.get((member, quantity), -np.inf))

    for station in comparable(stations).stations:
        if station.position.truth is None or station.position.truth.source == MEDIAN:
            continue
        for row in station.position.summary.rows():
            if row["member"] not in members or not uses_every_system(station, row["member"]):
                continue
            worst(row["member"], "position_site_h95_m", row["h95_m"])
            worst(row["member"], "position_site_v95_m", row["v95_m"])
    if space is not None:
        found |= range_errors(space.series)
    if sky is not None:
        for row in (row for row in sky.summary.rows() if row["member"] in members):
            found[row["member"], "pdop_availability_mean_percent"] = row["mean_percent"]
            found[row["member"], "pdop_availability_worst_percent"] = row["worst_percent"]
    for row in offsets.rows():
        if row["pair"].startswith("utc-") and row["route"].count(" ") == 1:
            worst(row["pair"].removeprefix("utc-"), "utc_offset_ns", abs(row["offset_ns"]))
    return found


def _keep(store: Store, answer: AssessmentAnswer, settings: Mapping[str, Any]) -> None:
    """What is of no station into the store, under one key; stations are there already."""
    source = Provenance(tuple(item.file for item in answer.inputs if item.role not in ("not used", "not read", *_BESIDE)), settings)
    network: dict[str, Table] = {"time_offset": answer.time_offset, "events": answer.events}
    if answer.signal_in_space is not None:
        network["signal_in_space"] = answer.signal_in_space.series
    store.put_many(answer.day, _NETWORK, network, source=source)
