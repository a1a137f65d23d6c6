"""A day of station files becomes an assessed, stored, illustrated report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isnan, radians
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.observations import Observations
from armillary.core.plain import dumps
from armillary.core.scales import to_day, to_iso
from armillary.core.table import Table
from armillary.errors import InputError
from armillary.io.saving import save_bytes
from armillary.monitoring import events as event_log
from armillary.monitoring.provenance import Provenance
from armillary.monitoring.quality import StationQuality, station_quality
from armillary.monitoring.standards import verdicts
from armillary.monitoring.store import Store
from armillary.monitoring.store_layout import day_of
from armillary.navigation import solution_tables
from armillary.navigation.links import LinkOptions
from armillary.navigation.positioning import PositioningOptions, channels_of
from armillary.navigation.single_point import EstimatorOptions
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.services._gathered import Gathered, InputRole, gather
from armillary.services._inputs import Files
from armillary.services._orbit_sources import source_of
from armillary.services._truth import Truth
from armillary.services.availability import AvailabilityAnswer, availability_of
from armillary.services.position import Located, PositionAnswer, locate_station
from armillary.services.signal_in_space import SignalInSpaceAnswer, assess_signal_in_space, pair_products
from armillary.services.time_offset import offset_table

__all__ = ["AssessmentAnswer", "StationAssessment", "assess"]

_MASK_DEG = 5.0
_QUALITY_MASK_DEG = 10.0
_MEDIAN = "the day's median of all systems together (scatter, not accuracy)"
_NETWORK = "network"
"""Key of stored rows that are of no single station."""
_PERCENTILES = (50, 95, 99)
_QUALITY_COLUMNS = ("station", "constellation", "signal", "completeness", "gaps", "slips", "mp_rms_m", "cn0_mean_dbhz")
Report = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, eq=False)
class StationAssessment:
    """What one station says."""

    name: str
    position: PositionAnswer
    quality: StationQuality
    position_m: tuple[float, float, float]
    """Best known marker position, Earth-fixed."""
    operator: str = ""
    host: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class AssessmentAnswer:
    """A day assessed for each system of a federation alone and all together."""

    out: Path
    day: str
    federation: Federation
    inputs: tuple[InputRole, ...]
    stations: tuple[StationAssessment, ...]
    signal_in_space: SignalInSpaceAnswer | None
    availability: AvailabilityAnswer | None
    time_offset: Table
    events: Table
    standards: Table
    warnings: tuple[str, ...] = ()
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)

    @property
    def summary(self) -> Table:
        """Positioning: a row per station and member."""
        tables = [station.position.summary for station in self.stations]
        names = np.repeat([station.name for station in self.stations], [len(table) for table in tables])
        return Table({"station": names} | {name: np.concatenate([table[name] for table in tables]) for name in tables[0].columns})

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        return f"{self.day}: {len(self.stations)} stations, {self.federation}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        counts = {v: int((self.standards["verdict"] == v).sum()) for v in ("met", "missed", "unobserved", "pending")}
        return (f"{len(self.events)} events; thresholds: " + ", ".join(f"{n} {v}" for v, n in counts.items()), f"in {self.out}")

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        space = {} if self.signal_in_space is None else self.signal_in_space.to_json()
        return {
            "day": self.day,
            "systems": str(self.federation),
            "inputs": [asdict(item.file) | {"path": item.path, "what": item.what, "role": item.role} for item in self.inputs],
            "positioning": [row for station in self.stations for row in _positioning_rows(station)],
            "signal_in_space": [_known_only(row) for row in space.get("signal_in_space", [])],
            "availability": [] if self.availability is None else list(self.availability.summary.rows()),
            "time_offset": list(self.time_offset.rows()),
            "quality": [row for station in self.stations for row in station.quality.signals.rows()],
            "events": list(self.events.rows()),
            "standards": list(self.standards.rows()),
            "warnings": list(self.warnings),
        }


def assess(
    federation: Federation,
    paths: Annotated[Sequence[Path], "Files or folders of anything: observations, navigation, SP3, clocks, ANTEX, SINEX."],
    *,
    out: Annotated[Path, "Folder for report.html, assessment.json and the store."],
    progress: Report | None = None,
) -> AssessmentAnswer:
    """Positions, signal in space, availability, time offsets, quality, events and standards of a day, for each system alone and all together.

    Roles of files are found by reading them. Writes assessment.json and store/ into the folder, and report.html at the command line.

    $ armillary assess DAY/ --out assessed --systems glonass+beidou
    """
    told = progress or _nobody
    store = Store.open(_folder(out) / "store")
    told("reading", 0.0)
    given = gather(paths, systems=federation.letters)
    told("reading", 1.0)
    located = {}
    for i, (name, observations) in enumerate(given.stations.items()):
        located[name] = _located(federation, given, name, observations)
        told("positions", (i + 1) / len(given.stations))
    answer = _assessed(federation, given, located, out, told)
    _keep(store, answer, given, located)
    save_bytes((dumps(answer, indent=1) + "\n").encode(), out / "assessment.json")
    return answer


def _nobody(what: str, fraction: float) -> None:
    """Progress that nobody watches."""


def _folder(out: Path) -> Path:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{out}: cannot be made ({error.strerror})") from None
    return out


def _located(federation: Federation, given: Gathered, name: str, observations: Observations) -> Located:
    """Positions of one station by broadcast messages, against the best known coordinate, else against the day's median."""
    files = Files(observations, given.navigation, None, None, (), given.losses)
    options = PositioningOptions(LinkOptions(radians(_MASK_DEG), "full-arc"), EstimatorOptions())
    members = federation.alone_and_joint()
    known = _known(given, name, observations)
    found = locate_station(federation, files, known, members, options=options)
    if known is not None:
        return found
    middle = _median(found.answer)
    if middle is None:
        return found
    return locate_station(federation, files, Truth(middle, _MEDIAN), members, options=options)


def _known(given: Gathered, name: str, observations: Observations) -> Truth | None:
    """The position of a station in the coordinate files, moved to the day where they give velocities."""
    when = observations.epochs[len(observations.epochs) // 2]
    for solution in given.coordinates:
        try:
            row = solution.row(name[:9], when)
        except InputError:
            continue
        x, y, z = (float(v) for v in solution.position_at(name[:9], when))
        return Truth((x, y, z), f"{Path(solution.path).name} ({solution.code[row]}, epoch {to_iso(solution.epoch[row], 'UTC', 0)[0][:10]})")
    return None


def _median(answer: PositionAnswer) -> tuple[float, float, float] | None:
    rows = answer.epochs.where((answer.epochs["member"] == answer.summary["member"][-1]) & (answer.epochs["flag"] == 0))
    if not len(rows):
        return None
    x, y, z = (float(np.median(rows[axis])) for axis in ("x_m", "y_m", "z_m"))
    return x, y, z


def _assessed(federation: Federation, given: Gathered, located: Mapping[str, Located], out: Path, told: Report) -> AssessmentAnswer:
    """Everything but the positions, from content already read."""
    orbit = BroadcastOrbit.from_navigation(given.navigation)
    first = next(iter(given.stations.values()))
    middle = first.epochs[len(first.epochs) // 2]
    stations = tuple(_station(federation, given, orbit, name, found) for name, found in located.items())
    told("signal in space", 0.0)
    space, unused = _space(federation, given)
    told("signal in space", 1.0)
    sky = _availability(federation, given, middle, told)
    offsets = offset_table(federation, given.navigation.time_offsets, middle, located)
    events = _events(stations, space)
    missing = tuple(f"{name}: {text}" for name, found in located.items() for text in found.answer.warnings)
    return AssessmentAnswer(
        out=out,
        day=day_of(middle),
        federation=federation,
        inputs=given.inputs,
        stations=stations,
        signal_in_space=space,
        availability=sky,
        time_offset=offsets,
        events=events,
        standards=verdicts(_measured(stations, space, sky, offsets), systems=[c.name for c in federation]),
        warnings=(*given.warnings, *missing, *unused, *(() if space is None else space.warnings), *(() if sky is None else sky.warnings)),
        losses=given.losses,
    )


def _station(federation: Federation, given: Gathered, orbit: BroadcastOrbit, name: str, found: Located) -> StationAssessment:
    truth = found.answer.truth
    place = None if truth is None else truth.position_m
    quality = station_quality(
        federation,
        given.stations[name],
        orbit=orbit if orbit.tables else None,
        satellites=orbit.satellites if orbit.tables else None,
        channels=channels_of(given.navigation),
        position_m=place,
        mask_rad=radians(_QUALITY_MASK_DEG),
    )
    return StationAssessment(name, found.answer, quality, place or given.stations[name].header.position_m or (0.0, 0.0, 0.0))


def _space(federation: Federation, given: Gathered) -> tuple[SignalInSpaceAnswer | None, tuple[str, ...]]:
    """Broadcast against every precise product, or None where either is not given."""
    if not given.orbits or not given.navigation.messages:
        return None, ("signal in space is unobserved: it needs navigation files and precise orbits",)
    products, unused = pair_products(given.orbits, given.clocks)
    causal = BroadcastOrbit.from_navigation(given.navigation, causal=True)
    return assess_signal_in_space(federation, causal, products, given.antennas), tuple(unused)


def _availability(federation: Federation, given: Gathered, middle: Epochs, told: Report) -> AvailabilityAnswer | None:
    """Geometry of the whole day by the day's own messages, with their health."""
    if not given.navigation.messages:
        return None
    _, ns_of_day = to_day(middle, "GPST")
    start = middle.tai_ns[0] - ns_of_day[0]
    times = Epochs(start + np.arange(0, 86_400, 600, dtype=np.int64) * 1_000_000_000)
    members = federation.alone_and_joint()
    return availability_of(source_of(given.navigation, None), members, times, mask_deg=_MASK_DEG, progress=told)


def _events(stations: Sequence[StationAssessment], space: SignalInSpaceAnswer | None) -> Table:
    """What went wrong, when, and what shows it: stations and signal in space together, faults seen by several marked as such."""
    parts = [] if space is None else [event_log.signal_in_space_events(space.series)]
    for station in stations:
        observed = station.position.observed
        interval_s = float(np.median(np.diff(observed.tai_ns))) * 1e-9 if len(observed) > 1 else 30.0
        member = str(station.position.summary["member"][-1])
        parts.append(_of_station(event_log.excluded_events(station.position.excluded, member, interval_s), station.name))
        parts.append(_of_station(event_log.quality_events(station.quality), station.name))
    return event_log.confirmed(event_log.joined(parts))


def _of_station(events: Table, name: str) -> Table:
    return Table({**events.columns, "station": np.full(len(events), name)})


def _positioning_rows(station: StationAssessment) -> list[dict[str, Any]]:
    """A row per member: the summary, the solved share, and percentiles of the errors against the truth, over the day and by hour."""
    rows = []
    epochs = station.position.epochs
    for summary in station.position.summary.rows():
        mine = epochs.where((epochs["member"] == summary["member"]) & (epochs["flag"] == 0))
        row = {"station": station.name, **summary, "solved_percent": 100.0 * summary["solved"] / max(len(station.position.observed), 1)}
        errors = {"h": np.hypot(mine["east_m"], mine["north_m"]), "v": np.abs(mine["up_m"])}
        errors["d3"] = np.hypot(errors["h"], errors["v"])
        for name, values in errors.items():
            row |= {f"{name}{p}_m": _percentile(values, p) for p in _PERCENTILES}
        hours = to_day(mine.epochs, "GPST")[1] // 3_600_000_000_000 if mine.epochs is not None and len(mine) else np.empty(0, np.int64)
        row["d3_rms_by_hour_m"] = [_rms(errors["d3"][hours == hour]) for hour in range(24)]
        truth = station.position.truth
        rows.append(row | {"truth": None if truth is None else truth.source})
    return rows


def _known_only(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without the figures that are not known, such as corrected ones where no antenna offset is."""
    return {name: value for name, value in row.items() if not (isinstance(value, float) and isnan(value))}


def _percentile(values: NDArray[np.float64], percent: int) -> float:
    known = values[np.isfinite(values)]
    return float(np.percentile(known, percent)) if len(known) else float("nan")


def _rms(values: NDArray[np.float64]) -> float:
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else float("nan")


def _measured(
    stations: Sequence[StationAssessment], space: SignalInSpaceAnswer | None, sky: AvailabilityAnswer | None, offsets: Table
) -> dict[tuple[str, str], float]:
    """What was measured, by member and quantity; where several stations measure the same, the worst of them."""
    found: dict[tuple[str, str], float] = {}

    def worst(member: str, quantity: str, value: float) -> None:
        if np.isfinite(value):
            found[member, quantity] = max(value, found.get((member, quantity), -np.inf))

    for station in stations:
        if station.position.truth is None or station.position.truth.source == _MEDIAN:
            continue
        for row in station.position.summary.rows():
            worst(row["member"], "position_h95_m", row["h95_m"])
            worst(row["member"], "position_v95_m", row["v95_m"])
    if sky is not None:
        for row in sky.summary.rows():
            found[row["member"], "pdop_availability_mean_percent"] = row["mean_percent"]
            found[row["member"], "pdop_availability_worst_percent"] = row["worst_percent"]
    for row in offsets.rows():
        if row["pair"].startswith("utc-") and row["route"].count(" ") == 1:
            worst(row["pair"].removeprefix("utc-"), "utc_offset_ns", abs(row["offset_ns"]))
    return found


def _keep(store: Store, answer: AssessmentAnswer, given: Gathered, located: Mapping[str, Located]) -> None:
    """Everything into the store: per station what it says, and what is of no station under one key."""
    shared = given.inputs_of("navigation", "coordinates")
    settings = {"systems": str(answer.federation), "mask_deg": _MASK_DEG, "quality_mask_deg": _QUALITY_MASK_DEG}
    for station in answer.stations:
        source = Provenance((*given.station_inputs[station.name], *shared), settings)
        found = located[station.name]
        tables = {
            "positions": station.position.epochs,
            "residuals": solution_tables.residual_table(found.links, found.members[-1:]),
            "quality": Table({name: station.quality.signals[name] for name in _QUALITY_COLUMNS}),
        }
        store.put_many(answer.day, station.name, tables, source=source)
    source = Provenance(tuple(item.file for item in given.inputs if item.role not in ("not used", "not read")), settings)
    network: dict[str, Table] = {"time_offset": answer.time_offset, "events": answer.events}
    if answer.signal_in_space is not None:
        network["signal_in_space"] = answer.signal_in_space.series
    store.put_many(answer.day, _NETWORK, network, source=source)
