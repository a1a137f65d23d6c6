"""What an assessment says in words: a verdict per service for each system alone and all together, and the gain.

A figure that nothing was observed for is ``unobserved``; a verdict against a limit is taken from the answer's table of standards, never made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from armillary.core.registry import constellations
from armillary.report.assess_depth_words import depth_words
from armillary.report.assess_precise_words import precise_cells
from armillary.report.assess_time_words import agreement, best_route, what_sigma_lacks
from armillary.report.assess_types import AssessedStation, Assessment
from armillary.services._comparable import Comparison, comparable

__all__ = [
    "MOST_DETAILED",
    "NOT_SEEN",
    "Cell",
    "Verdict",
    "detailed",
    "headline",
    "left_out",
    "member_title",
    "members_of",
    "not_detailed",
    "number",
    "pair_title",
    "verdicts",
]

NOT_SEEN = "unobserved"
MOST_DETAILED = 16
"""So many stations keep a page of a day below 4 MB."""
Row = dict[str, Any]
_KEYS = {
    "Availability": ("pdop", "availability", "readiness"),
    "Positioning": ("position", "velocity"),
    "Time offset": ("utc", "time"),
    "Signal in space": ("sisre", "urre", "urae", "range"),
}
"""Service -> how the keys of the quantities in standards that belong to it begin."""
_KINDS_SHOWN = 7
_NOTABLE = 0.02
"""A change of less than this share is no gain and no loss."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What one member gives: the figure, what it is, and a verdict against limits (or empty)."""

    main: str
    small: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One service: a cell per member, then what joining brought (empty for one system)."""

    service: str
    section: str
    cells: tuple[Cell, ...]
    gain: Cell


def detailed(answer: Assessment) -> list[AssessedStation]:
    """The stations that are drawn one by one: all of a small network; of a large one those whose positions err most, in order of names."""
    if len(answer.stations) <= MOST_DETAILED:
        return list(answer.stations)
    worst = sorted(answer.stations, key=_joint_error, reverse=True)[:MOST_DETAILED]
    return sorted(worst, key=lambda station: station.name)


def not_detailed(answer: Assessment) -> str:
    """A sentence about stations that are not drawn one by one; empty where all are."""
    if len(answer.stations) <= MOST_DETAILED:
        return ""
    return (
        f"Of {len(answer.stations)} stations the {MOST_DETAILED} with the largest 3D 95 % errors of all systems together are drawn one by one; "
        f"the state of every station is in the table under Hosting, every figure in assessment.json and in the store."
    )


def _joint_error(station: AssessedStation) -> float:
    """3D 95 % error of all systems together; without a position it is the worst of all."""
    error = float(station.position.summary["p95_3d_m"][-1]) if station.position is not None and len(station.position.summary) else nan
    return error if isfinite(error) else inf


def member_title(member: str) -> str:
    """As printed: ``A + B``; the name itself where a system is not known."""
    known = constellations()
    return " + ".join(known[name].title if name in known else name for name in member.split("+"))


def members_of(answer: Assessment) -> tuple[str, ...]:
    """Each system alone, then all together."""
    return tuple(str(member) for member in answer.federation.alone_and_joint())


def number(value: float | None, unit: str = "", digits: int = 2) -> str:
    """A figure with its unit, ``unobserved`` where there is none.

    >>> number(1.234, "m"), number(float("nan"), "m")
    ('1.23 m', 'unobserved')
    """
    if value is None or not isfinite(value):
        return NOT_SEEN
    return f"{value:.{digits}f}{' ' if unit else ''}{unit}"


def verdicts(answer: Assessment) -> list[Verdict]:
    """A row per service, in the order of the page."""
    makers = (_positioning, _precise, _signal_in_space, _availability, _time, _quality, _hosting, _events, _standards)
    return [make(answer) for make in makers]


def headline(answer: Assessment) -> str:
    """The answer of the day in one or two sentences."""
    fair = comparable(answer.stations)
    rows = _positions(fair)
    members = members_of(answer)
    joint = members[-1]
    error = _middle(row["p95_3d_m"] for row in rows.get(joint, []))
    where = f"at {len(fair.stations)} stations" if len(fair.stations) > 1 else f"at {fair.stations[0].name}" if fair.stations else ""
    if fair.stations and len(fair.stations) < len(answer.stations):
        where += f" (of {len(answer.stations)}, those that compare)"
    out = []
    if isfinite(error):
        gain = _middle(g["p95_3d_m"] for g in _gains(fair))
        told = f", {_better(gain)} {_best_alone(fair)} on the same epochs" if isfinite(gain) and fair.alike else ""
        of = " of their median (no known coordinate)" if _scatter(fair) else ""
        out.append(f"{member_title(joint)} {where}: 95 % of positions lie within {number(error, 'm')} (3D){of}{told}.")
    else:
        out.append(f"{member_title(joint)}: position errors are {NOT_SEEN}.")
    if not fair.alike and len(members) > 1 and rows:
        out.append("No station has positions by every system: the systems are not compared.")
    if answer.availability is not None and answer.availability.gain is not None:
        share = float(answer.availability.summary["mean_percent"][-1])
        gain_of = answer.availability.gain
        points, smaller = gain_of["mean_percent"], gain_of["median_pdop"]
        over = (
            f"{points:+.1f} points over" if abs(points) >= 0.05 else f"PDOP {smaller:.2f} times smaller than" if isfinite(smaller) else "the same as"
        )
        out.append(f"Good geometry {share:.1f} % of the time over the globe, {over} the best alone.")
    limits = [str(row["verdict"]) for row in answer.standards.rows()]
    if limits:
        rest = ", ".join(f"{limits.count(word)} {word}" for word in (NOT_SEEN, "pending") if word in limits)
        out.append(f"Published limits: {limits.count('met')} met, {limits.count('missed')} missed{f', {rest}' if rest else ''}.")
    if len(answer.events):
        out.append(f"{len(answer.events)} event{'s' if len(answer.events) > 1 else ''} logged.")
    return " ".join(out)


def _scatter(fair: Comparison[AssessedStation]) -> bool:
    """Whether errors are about the median of the positions themselves, at any station."""
    truths = [station.position.truth for station in fair.stations if station.position is not None]
    return any(truth is not None and "median" in truth.source for truth in truths)


def left_out(answer: Assessment) -> str:
    """A sentence about stations that are not in the medians of the first screen; empty where all are."""
    fair = comparable(answer.stations)
    if not fair.alike and len(members_of(answer)) > 1 and fair.stations:
        return "No station has positions by every system: the figures of the first screen are of different stations and cannot be compared."
    if not fair.left_out:
        return ""
    told = "; ".join(f"{name}: {_with_titles(reason)}" for name, reason in fair.left_out)
    count = f"{len(fair.stations)} of {len(answer.stations)} stations"
    return f"Medians of the first screen are over {count}, the same for every system. Not in them: {told}."


def _with_titles(reason: str) -> str:
    return " ".join(member_title(word) if word.split("+")[0] in constellations() else word for word in reason.split(" "))


def _best_alone(fair: Comparison[AssessedStation]) -> str:
    """The system that does best alone, by name; with how often where stations differ."""
    best = []
    for station in fair.stations:
        rows = [] if station.position is None else [row for row in station.position.summary.rows() if "+" not in row["member"]]
        known = [row for row in rows if isfinite(row["p95_3d_m"])]
        if known:
            best.append(str(min(known, key=lambda row: row["p95_3d_m"])["member"]))
    ordered = sorted(set(best), key=lambda member: -best.count(member))
    if len(ordered) == 1:
        return f"{member_title(ordered[0])}, the best alone,"
    return f"the best alone ({', '.join(f'{member_title(member)} at {best.count(member)}' for member in ordered)})"


def _better(factor: float) -> str:
    if factor > 1.0 + _NOTABLE:
        return f"{factor:.2f} times better than"
    return f"{1.0 / factor:.2f} times worse than" if factor < 1.0 - _NOTABLE else "the same as"


def _middle(values: Iterable[float]) -> float:
    known = [value for value in values if isfinite(value)]
    return float(np.median(known)) if known else nan


def _factor(gain: float, what: str) -> Cell:
    if not isfinite(gain):
        return Cell(NOT_SEEN, what)
    word = "better together" if gain > 1.0 + _NOTABLE else "worse together" if gain < 1.0 - _NOTABLE else "no change"
    return Cell(f"× {gain:.2f}", what, word)


def _points(points: float, what: str) -> Cell:
    word = "better together" if points > 0.05 else "worse together" if points < -0.05 else "no change"
    return Cell(f"{points:+.1f} points", what, word)


def _positions(fair: Comparison[AssessedStation]) -> dict[str, list[Row]]:
    """Member -> a row of the summary per station."""
    out: dict[str, list[Row]] = {}
    for station in fair.stations:
        if station.position is not None:
            for row in station.position.summary.rows():
                out.setdefault(row["member"], []).append(row | {"epochs": len(station.position.observed)})
    return out


def _gains(fair: Comparison[AssessedStation]) -> list[dict[str, Any]]:
    return [gain for station in fair.stations if station.position is not None and (gain := station.position.gain) is not None]


def _met(answer: Assessment, member: str, service: str) -> str:
    """The verdict of the limits of one member that belong to a service: missed if any is, else met if any is; or empty."""
    found = [row["verdict"] for row in answer.standards.rows() if row["member"] == member and _service_of(str(row["quantity"])) == service]
    return next((verdict for verdict in ("missed", "met", "pending", NOT_SEEN) if verdict in found), "")


def _service_of(quantity: str) -> str:
    return next((service for service, keys in _KEYS.items() if quantity.startswith(keys)), "")


def _positioning(answer: Assessment) -> Verdict:
    fair = comparable(answer.stations)
    rows = _positions(fair)
    count = f"{len(fair.stations)} of {len(answer.stations)}" if len(fair.stations) < len(answer.stations) else f"{len(fair.stations)}"
    several = f"median of {count} stations, " if len(fair.stations) > 1 else f"{fair.stations[0].name}, " if len(answer.stations) > 1 else ""
    cells = []
    for member in members_of(answer):
        mine = rows.get(member, [])
        epochs = sum(row["epochs"] for row in mine)
        share = 100.0 * sum(row["solved"] for row in mine) / epochs if epochs else nan
        error = number(_middle(row["p95_3d_m"] for row in mine), "m")
        horizontal = number(_middle(row["h95_m"] for row in mine), "m")
        small = f"{several}3D 95 %; horizontal {horizontal}; solved {number(share, '%', 1)}" if mine else "no observation file served it"
        cells.append(Cell(error, small, _met(answer, member, "Positioning")))
    if not fair.alike:
        return Verdict("Positioning", "positioning", tuple(cells), Cell(NOT_SEEN, "no station has positions by every system") if rows else Cell("–"))
    gains = _gains(fair)
    epochs_gained = sum(int(gain["solved"]) for gain in gains)
    gain = _factor(_middle(g["p95_3d_m"] for g in gains), f"3D 95 % over {_best_alone(fair)} same epochs; {epochs_gained:+d} epochs solved")
    return Verdict("Positioning", "positioning", tuple(cells), gain)


def _precise(answer: Assessment) -> Verdict:
    days = [station.precise for station in answer.stations if station.precise is not None]
    cells, gain = precise_cells(members_of(answer), days, answer.precise.reason or "no station was solved")
    return Verdict("Precise positioning", "precise", tuple(Cell(*words) for words in cells), Cell(*gain))


def _signal_in_space(answer: Assessment) -> Verdict:
    members = members_of(answer)
    if answer.signal_in_space is None or not len(answer.signal_in_space.systems):
        none = Cell(NOT_SEEN, "no precise orbits were given")
        return Verdict("Signal in space", "signal-in-space", tuple(none for _ in members), Cell("–"))
    rows = [row for row in answer.signal_in_space.systems.rows() if row["n"]]
    first = _most_compared(rows)
    best = {row["constellation"]: row for row in rows if row["reference"] == first}
    cells = []
    for member in members:
        mine = [best[name] for name in member.split("+") if name in best]
        n = sum(row["n"] for row in mine)
        pooled = (sum(row["n"] * row["sisre_rms_m"] ** 2 for row in mine) / n) ** 0.5 if n else nan
        small = f"SISRE RMS against {first}; {sum(row['satellites'] for row in mine)} satellites" if mine else "not compared"
        cells.append(Cell(number(pooled, "m"), small, _met(answer, member, "Signal in space")))
    alone = [row["satellites"] for row in best.values()]
    gain = Cell(f"{sum(alone) - max(alone):+d} satellites", "over the larger system; each keeps its own errors") if len(alone) > 1 else Cell("–")
    return Verdict("Signal in space", "signal-in-space", tuple(cells), gain)


def _most_compared(rows: Sequence[Row]) -> str:
    """The product with most epochs of satellites compared, clocks included."""
    count: dict[str, int] = {}
    for row in rows:
        count[row["reference"]] = count.get(row["reference"], 0) + row["n"]
    return max(count, key=lambda name: count[name], default="")


def _availability(answer: Assessment) -> Verdict:
    members = members_of(answer)
    maps = answer.availability
    if maps is None:
        return Verdict("Availability", "availability", tuple(Cell(NOT_SEEN, "no orbits were given") for _ in members), Cell("–"))
    rows = {row["member"]: row for row in maps.summary.rows()}
    cells = []
    for member in members:
        if member not in rows:
            cells.append(Cell(NOT_SEEN))
            continue
        row = rows[member]
        small = f"PDOP ≤ {maps.limit_pdop:g} above {maps.mask_deg:g}°; worst place {row['worst_percent']:.1f} %; median PDOP {row['median_pdop']:.2f}"
        cells.append(Cell(number(row["mean_percent"], "%", 1), small, _met(answer, member, "Availability")))
    gain = maps.gain
    told = Cell("–") if gain is None else _points(gain["mean_percent"], f"mean; {gain['worst_percent']:+.1f} at the worst place")
    return Verdict("Availability", "availability", tuple(cells), told)


def _time(answer: Assessment) -> Verdict:
    rows = list(answer.time_offset.rows())
    cells = []
    names = [c.name for c in answer.federation]
    for member in members_of(answer):
        joint = "+" in member
        mine = [row for row in rows if (_between(row["pair"], names) if joint else row["pair"] == f"utc-{member}")]
        if not mine:
            cells.append(Cell(NOT_SEEN, "no route" if joint else "no route to UTC"))
            continue
        best = best_route(mine)
        routes = f"{best['route']}{what_sigma_lacks(str(best['route']))}{agreement(mine) if joint else ''}"
        small = f"{pair_title(best['pair'])} ± {number(best['sigma_ns'], 'ns', 1)}; {routes}"
        cells.append(Cell(f"{best['offset_ns']:+.1f} ns", small, _met(answer, member, "Time offset")))
    compared = sum(_between(row["pair"], names) for row in rows)
    gain = Cell(f"{compared} route{'s' if compared != 1 else ''}", "between the systems, compared") if len(names) > 1 else Cell("–")
    return Verdict("Time offset", "time-offset", tuple(cells), gain)


def _between(pair: str, names: Sequence[str]) -> bool:
    return all(part in names for part in pair.split("-"))


def pair_title(pair: str) -> str:
    """The systems of a pair ``second-first`` as printed: ``B − A``; a time scale that is no system in capitals."""
    known = constellations()
    return " − ".join(known[part].title if part in known else part.upper() for part in pair.split("-"))


def _quality(answer: Assessment) -> Verdict:
    tables = [station.quality.signals for station in answer.stations if station.quality is not None]
    rows = [row for table in tables for row in table.rows()]
    cells = []
    for member in members_of(answer):
        mine = [row for row in rows if row["constellation"] in member.split("+")]
        expected = sum(row["expected"] for row in mine)
        share = 100.0 * sum(row["observed"] for row in mine) / expected if expected else nan
        mp = number(_middle(row["mp_rms_m"] for row in mine), "m")
        slips = sum(row["slips"] for row in mine)
        small = f"received of what was expected; {len({row['signal'] for row in mine})} signals, multipath {mp}, {slips} slips"
        cells.append(Cell(number(share, "%", 1), small if mine else "nothing was received"))
    alone = [len({(row["constellation"], row["signal"]) for row in rows if row["constellation"] == c.name}) for c in answer.federation]
    gain = Cell(f"{sum(alone) - max(alone):+d} signals", "over the system with more") if len(alone) > 1 else Cell("–")
    return Verdict("Station quality", "quality", tuple(cells), gain)


def _hosting(answer: Assessment) -> Verdict:
    members = members_of(answer)
    if answer.hosting is None:
        none = Cell(NOT_SEEN, "no orbits, or no places of stations")
        return Verdict("Tracking depth", "hosting", tuple(none for _ in members), Cell("–"))
    cells, gain = depth_words(answer.hosting, answer.federation, members)
    return Verdict("Tracking depth", "hosting", tuple(Cell(*words) for words in cells), Cell(*gain))


def _events(answer: Assessment) -> Verdict:
    rows = list(answer.events.rows())
    letters = {c.name: c.letter for c in answer.federation}
    cells = []
    for member in members_of(answer):
        mine = [row for row in rows if "+" in member or str(row["sat"])[:1] == letters.get(member)]
        kinds = sorted({str(row["kind"]) for row in mine})
        told = ", ".join(kinds[:_KINDS_SHOWN]) + (f" and {len(kinds) - _KINDS_SHOWN} kinds more" if len(kinds) > _KINDS_SHOWN else "")
        cells.append(Cell(f"{len(mine)} event{'s' if len(mine) != 1 else ''}", told or "nothing was logged"))
    return Verdict("Health and events", "events", tuple(cells), Cell("–"))


def _standards(answer: Assessment) -> Verdict:
    rows = list(answer.standards.rows())
    cells = []
    for member in members_of(answer):
        mine = [row["verdict"] for row in rows if row["member"] == member]
        if not mine:
            cells.append(Cell("–", "no published limit is held against it"))
            continue
        rest = ", ".join(f"{mine.count(word)} {word}" for word in ("pending", NOT_SEEN) if word in mine)
        verdict = next(word for word in ("missed", "met", "pending", NOT_SEEN) if word in mine)
        cells.append(Cell(f"{mine.count('met')} met, {mine.count('missed')} missed", rest, verdict))
    return Verdict("Published limits", "standards", tuple(cells), Cell("–"))
