"""What an assessment answers: one day, or several days together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isfinite, isnan, nan
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.table import Table
from armillary.services._catalogue import InputRole
from armillary.services._comparable import comparable
from armillary.services._content import plural
from armillary.services._earlier import EarlierDay, earlier_words
from armillary.services._hosting import HostingAnswer, station_row
from armillary.services._precise_figures import precise_figures, precise_words
from armillary.services._precise_product import NO_PRODUCT, PreciseProduct
from armillary.services._station_day import MEDIAN, StationAssessment
from armillary.services.availability import AvailabilityAnswer
from armillary.services.signal_in_space import SignalInSpaceAnswer

__all__ = ["AssessmentAnswer", "AssessmentOfDays", "about_median", "gain_of_day", "rows_of_day", "scatter_words", "summary_of_days"]

_MOST_NAMED = 8
"""So many stations are named in one line."""


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
    hosting: HostingAnswer | None = None
    precise: PreciseProduct = NO_PRODUCT
    """The product that precise positions were made with, or why there are none."""
    additions: tuple[dict[str, Any], ...] = ()
    """What one system more brings to each combination (:func:`armillary.services._additions.additions`)."""
    warnings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    """Stations whose files were named themselves and could not be assessed, with the reason; of stations found in folders warnings tell."""
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)
    earlier: tuple[EarlierDay, ...] = ()
    """Days in the same folder that an earlier run left; of a day among several they are told with all days."""

    @property
    def summary(self) -> Table:
        """Positioning: a row per station and member."""
        tables = [station.position.summary for station in self.stations]
        names = np.repeat([station.name for station in self.stations], [len(table) for table in tables])
        return Table({"station": names} | {name: np.concatenate([table[name] for table in tables]) for name in tables[0].columns})

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        return f"{self.day}: {plural(len(self.stations), 'station')}, {self.federation}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        counts = {v: int((self.standards["verdict"] == v).sum()) for v in ("met", "missed", "unobserved", "pending")}
        about = scatter_words(about_median(self.stations))
        return (
            *about,
            f"{plural(len(self.events), 'event')}; thresholds: " + ", ".join(f"{n} {v}" for v, n in counts.items()),
            *_gain_words(gain_of_day(self)),
            f"in {self.out}",
            *precise_words(
                [str(member) for member in self.federation.alone_and_joint()],
                [station.precise for station in self.stations if station.precise is not None],
            ),
            *earlier_words(self.earlier),
        )

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        space = {} if self.signal_in_space is None else self.signal_in_space.to_json()
        return {
            "day": self.day,
            "systems": str(self.federation),
            "inputs": [asdict(item.file) | {"path": item.path, "what": item.what, "role": item.role} for item in self.inputs],
            "stations": [station_row(station) for station in self.stations],
            "hosting": None if self.hosting is None else self.hosting.to_json(),
            "positioning": [row for station in self.stations for row in station.positioning],
            "precise_positioning": [
                {"station": station.name, **row} for station in self.stations if station.precise is not None for row in station.precise.rows
            ],
            "gain": [
                {"station": station.name, "positions": kind, **gain}
                for station in self.stations
                for kind, gain in (("code", station.position.gain), ("precise", None if station.precise is None else station.precise.gain))
                if gain is not None
            ],
            "additions": list(self.additions),
            "signal_in_space": [_known_only(row) for row in space.get("signal_in_space", [])],
            "availability": [] if self.availability is None else list(self.availability.summary.rows()),
            "time_offset": list(self.time_offset.rows()),
            "quality": [row for station in self.stations for row in station.quality.signals.rows()],
            "events": list(self.events.rows()),
            "standards": list(self.standards.rows()),
            "warnings": list(self.warnings),
            "failures": list(self.failures),
        }


@dataclass(frozen=True, slots=True, eq=False)
class AssessmentOfDays:
    """Several days assessed, each in a folder of its own, all in one store."""

    out: Path
    federation: Federation
    summary: Table
    """A row per day and member."""
    folders: Mapping[str, Path]
    """Day -> where its report and assessment lie."""
    warnings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    """As of one day."""
    scatter: tuple[str, ...] = ()
    """Stations of any day whose errors are about their own median."""
    events: Mapping[str, int] = field(default_factory=dict)
    """Day -> how many events were logged."""
    gains: Mapping[str, float] = field(default_factory=dict)
    """Day -> by how much the 3D error below which 95 % lie is smaller with all systems than with the best alone, on the same epochs: median over
    the stations that can be compared, NaN where there is none."""
    products: Mapping[str, str] = field(default_factory=dict)
    """Day -> the product that its precise positions were made with; empty where there are none."""
    earlier: tuple[EarlierDay, ...] = ()
    """Days in the same folder that are not of this run."""

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        days = list(self.folders)
        return f"{days[0]} to {days[-1]}: {len(days)} days, {self.federation}; medians over stations"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        return (*scatter_words(self.scatter), f"each day in a folder of {self.out}, all in {self.out / 'store'}", *earlier_words(self.earlier))

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        members: dict[str, list[dict[str, Any]]] = {}
        for row in self.summary.rows():
            members.setdefault(row.pop("day"), []).append(row)
        days = [
            {
                "day": day,
                "folder": str(folder),
                "members": members[day],
                "events": self.events.get(day),
                "gain_p95_3d": self.gains.get(day),
                "product": self.products.get(day) or None,
            }
            for day, folder in self.folders.items()
        ]
        earlier = [{"day": item.day, "folder": str(item.folder), "systems": item.systems} for item in self.earlier]
        told = {"warnings": list(self.warnings), "failures": list(self.failures)}
        return {"systems": str(self.federation), "days": days, "earlier": earlier, **told}


def about_median(stations: Sequence[StationAssessment]) -> list[str]:
    """Stations without a known coordinate: their errors say how positions scatter."""
    truths = ((station.name, station.position.truth) for station in stations)
    return [name for name, truth in truths if truth is None or truth.source == MEDIAN]


def scatter_words(names: Sequence[str]) -> tuple[str, ...]:
    """A sentence about errors that are none; nothing where every station has a known coordinate."""
    if not names:
        return ()
    shown = ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else "")
    return (f"errors of {shown} are about the day's median, no usable coordinate: scatter, not accuracy",)


def rows_of_day(answer: AssessmentAnswer) -> list[dict[str, Any]]:
    """A row per member located: medians over the stations that can be compared.

    ``precise_rms_3d_m``: kinematic precise positions once converged, NaN where there are none; ``precise_10cm_min``: minutes until a cold start is
    good to 10 cm, infinite where most never are.
    """
    rows = []
    stations = comparable(answer.stations).stations
    members = list(dict.fromkeys(str(name) for station in answer.stations for name in station.position.summary["member"]))
    precise = precise_figures(members, [station.precise for station in answer.stations if station.precise is not None])
    for member in members:
        mine = [row for station in stations for row in station.positioning if row["member"] == member]
        rows.append(
            {
                "day": answer.day,
                "member": member,
                "stations": sum(row["solved"] > 0 for row in mine),
                **{name: _middle([row[name] for row in mine]) for name in ("solved_percent", "rms_3d_m", "p95_3d_m")},
                "precise_rms_3d_m": nan if precise is None else precise.members[member].rms_3d_m,
                "precise_10cm_min": nan if precise is None else precise.members[member].minutes,
            }
        )
    return rows


def summary_of_days(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Rows of all days in order, without the columns of precise positions where no day has any."""
    ordered = sorted(rows, key=lambda row: str(row["day"]))
    columns = {name: np.array([row[name] for row in ordered]) for name in ordered[0]}
    precise = [name for name in columns if name.startswith("precise_")]
    seen = any(not np.isnan(columns[name]).all() for name in precise)
    return Table({name: values for name, values in columns.items() if seen or name not in precise})


def gain_of_day(answer: AssessmentAnswer) -> float:
    """How many times smaller the 3D 95 % error of all together is than that of the best alone, median over stations that compare; NaN if none."""
    fair = comparable(answer.stations)
    gains = [gain for station in fair.stations if fair.alike and (gain := station.position.gain) is not None]
    return _middle([float(gain["p95_3d_m"]) for gain in gains])


def _gain_words(gain: float) -> tuple[str, ...]:
    return (f"gain of joining over the best alone, positions by codes: 3D 95 % x{gain:.2f}, median over stations",) if isfinite(gain) else ()


def _middle(values: Sequence[float]) -> float:
    """The median of those that are known, NaN where none is."""
    known = [value for value in values if isfinite(value)]
    return float(np.median(known)) if known else nan


def _known_only(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without the figures that are not known, such as corrected ones where no antenna offset is."""
    return {name: value for name, value in row.items() if not (isinstance(value, float) and isnan(value))}
