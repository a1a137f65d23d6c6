"""What went wrong, where and when: an event log from what stations and precise products saw.

A row has a kind (:data:`KINDS`), the station (empty where no single station is meant), the satellite (empty where none is), the first and the last
instant, and the evidence in words. What nobody observed is ``unobserved``: it is never counted against a satellite.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.scales import from_iso
from armillary.core.table import Table
from armillary.monitoring.event_rows import (
    CLOCK_JUMP,
    CLOCK_RAMP,
    EPHEMERIS_JUMP,
    KINDS,
    MISSING_UPLOAD,
    NO_MESSAGE,
    POWER_FAILURE,
    RANGE_FAULT,
    RECEIVER_CLOCK,
    SATELLITE_FAULT,
    SPACE_FAULT,
    STATION_GAP,
    STRONG_MULTIPATH,
    UNHEALTHY,
    UNOBSERVED,
    WEAK_SIGNALS,
    Event,
    EventRules,
    event_table,
    events_of,
    runs,
)
from armillary.monitoring.quality import StationQuality
from armillary.monitoring.reception_events import reception_events
from armillary.monitoring.signal_in_space import Status

__all__ = ["KINDS", "EventRules", "confirmed", "excluded_events", "joined", "quality_events", "runs", "signal_in_space_events", "unobserved_events"]

_EDGE_NS = 3600 * NS_PER_SECOND
"""Less of a day than this without observations is told by the station's quality, not by an event."""

_RESIDUAL_TEST = "failed the residual test"
_SUPPORTING = (UNHEALTHY, CLOCK_JUMP, CLOCK_RAMP, EPHEMERIS_JUMP)
_ORBIT = ("radial_m", "along_m", "cross_m")
_FEWEST_MESSAGES = 10
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


def excluded_events(excluded: Table, member: str, interval_s: float, *, station: str = "", rules: EventRules | None = None) -> Table:
    """Range faults that one station saw.

    ``excluded`` has a row per satellite and epoch that was left out of a position (:class:`armillary.services.position.PositionAnswer`), with
    epochs; ``member`` is the answer looked at: the largest one tests best. ``interval_s`` is the interval of the observations, ``station``
    the name to note.
    """
    chosen = rules or EventRules()
    rows = excluded.where((excluded["member"] == member) & (excluded["reason"] == _RESIDUAL_TEST))
    tai_ns = _instants(rows)
    events = []
    for sat in np.unique(rows["sat"]).tolist():
        mine = np.flatnonzero(rows["sat"] == sat)
        mine = mine[np.argsort(tai_ns[mine], kind="stable")]
        for run in runs(tai_ns[mine], gap_s=max(chosen.gap_s, 1.5 * interval_s), least=chosen.least_epochs):
            at = mine[run]
            elevation = np.degrees(rows["elevation_rad"][at])
            evidence = f"{len(at)} epochs failed the residual test, elevation {elevation.min():.0f} to {elevation.max():.0f} deg"
            events.append(Event(RANGE_FAULT, station, str(sat), int(tai_ns[at[0]]), int(tai_ns[at[-1]]), evidence))
    return event_table(events)


def signal_in_space_events(series: Table, *, rules: EventRules | None = None) -> Table:
    """What broadcast messages against precise products show of each satellite.

    ``series`` is that of :func:`armillary.monitoring.signal_in_space_tables.series`, of one or several products; what several products show at
    the same time is one event.
    """
    chosen = rules or EventRules()
    events: list[Event] = []
    for product in dict.fromkeys(series["reference"].tolist()):
        rows = series.where(series["reference"] == product)
        order = np.lexsort((rows["tai_ns"], rows["sat"]))
        ordered = Table({name: column[order] for name, column in rows.columns.items()})
        events += _of_product(str(product), ordered, chosen)
    return event_table(_gathered(_same(events, chosen.gap_s)))


def quality_events(quality: StationQuality, *, observed: Epochs | None = None, rules: EventRules | None = None) -> Table:
    """Gaps, clock jumps, power failures, weak signals, strong multipath and bursts of slips of one station.

    With ``observed``, the epochs of its observations, gaps are exact; without, they come from the tracks, five minutes apart.
    """
    chosen = rules or EventRules()
    if not len(quality.station):
        return event_table([])
    (about,) = quality.station.rows()
    name = str(about["station"])
    events = [
        Event(RECEIVER_CLOCK, name, "", int(row["tai_ns"]), int(row["tai_ns"]), f"{1e3 * row['jump_s']:+.6g} ms in {row['jumped']}")
        for row in quality.jumps.rows()
    ]
    events += reception_events(name, quality.course, rules=chosen)
    limit_s = max(chosen.gap_s, 1.5 * float(about["interval_s"]))
    if observed is not None:
        tai_ns = np.sort(observed.tai_ns)
        events += [_gap(name, int(tai_ns[k]), int(tai_ns[k + 1])) for k in np.flatnonzero(np.diff(tai_ns) > limit_s * NS_PER_SECOND)]
    else:
        events += _silences(name, quality.tracks, limit_s)
    if about["power_failures"]:
        first, last = from_iso([about["first_epoch"], about["last_epoch"]], "GPST").tai_ns.tolist()
        events.append(Event(POWER_FAILURE, name, "", first, last, f"{about['power_failures']} times between the first and the last epoch"))
    return event_table(events)


def confirmed(events: Table, *, rules: EventRules | None = None) -> Table:
    """The same log with faults that have two witnesses made one row each, a ``satellite fault`` without a station.

    Witnesses are stations and the comparison with precise products; a station's range fault is also confirmed by an unhealthy flag or a jump
    of the satellite at the same time, which keep their own rows. A fault that one station alone saw stays that station's ``range fault``.
    """
    tolerance = int((rules or EventRules()).gap_s * NS_PER_SECOND)
    every = events_of(events)
    faults = [e for e in every if e.kind in (RANGE_FAULT, SPACE_FAULT)]
    out = [e for e in every if e.kind not in (RANGE_FAULT, SPACE_FAULT)]
    supporting = [e for e in out if e.kind in _SUPPORTING]
    alone: list[Event] = []
    for cluster in _clusters(faults, tolerance):
        start, end = min(e.start_ns for e in cluster), max(e.end_ns for e in cluster)
        support = [e for e in supporting if e.sat == cluster[0].sat and e.start_ns <= end + tolerance and e.end_ns >= start - tolerance]
        stations = sorted({e.station for e in cluster if e.station})
        witnesses = [
            *stations,
            *(["precise products"] if any(e.kind == SPACE_FAULT for e in cluster) else []),
            *dict.fromkeys(e.kind for e in support),
        ]
        if len(witnesses) < 2 or not stations:
            alone += cluster
            continue
        details = "; ".join(f"{e.station or 'precise products'}: {e.evidence}" for e in cluster)
        out.append(Event(SATELLITE_FAULT, "", cluster[0].sat, start, end, f"witnesses {', '.join(witnesses)}; {details}"))
    return event_table(_explained(out, alone, tolerance))


def _explained(events: Sequence[Event], alone: Sequence[Event], tolerance_ns: int) -> list[Event]:
    """``events`` and the range faults that one station ``alone`` saw; those within weak signals or strong multipath there are evidence of these."""
    left, inside = list(alone), dict[int, list[Event]]()
    for i, e in enumerate(events):
        if e.kind in (WEAK_SIGNALS, STRONG_MULTIPATH):
            mine = [f for f in left if f.station == e.station and f.start_ns >= e.start_ns - tolerance_ns and f.end_ns <= e.end_ns + tolerance_ns]
            left = [f for f in left if f not in mine]
            inside[i] = mine
    out = []
    for i, e in enumerate(events):
        names = sorted({f.sat for f in inside.get(i, ())})
        out.append(replace(e, evidence=f"{e.evidence}; there {' '.join(names)} failed the residual test") if names else e)
    return [*out, *left]


def unobserved_events(name: str, observed: Epochs, begin_ns: int, end_ns: int) -> Table:
    """The parts of a day (from ``begin_ns`` up to ``end_ns``, TAI) before the first and after the last epoch of a station, if longer than an hour."""
    if not len(observed):
        return event_table([])
    first, last = int(observed.tai_ns[0]), int(observed.tai_ns[-1])
    hours = (last - first) / NS_PER_SECOND / 3600
    length = f"{hours:.1f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes" if hours * 60 >= 1 else f"{hours * 3600:.0f} seconds"
    text = f"the files of {name} hold {len(observed)} epochs in {length} of this day"
    spans = [(begin_ns, first), (last, end_ns - 1)]
    return event_table([Event(UNOBSERVED, name, "", a, b, text) for a, b in spans if b - a > _EDGE_NS])


def joined(parts: Sequence[Table]) -> Table:
    """The events of several tables in order of time."""
    return event_table([event for part in parts for event in events_of(part)])


def _of_product(product: str, rows: Table, rules: EventRules) -> list[Event]:
    """Events of one product; rows are satellite by satellite, in order of time."""
    tai_ns, sat = rows["tai_ns"].astype(np.int64), rows["sat"]
    steps = np.diff(tai_ns)[sat[1:] == sat[:-1]]
    step_s = float(np.median(steps)) / NS_PER_SECOND if len(steps) else 0.0
    gap_s = max(rules.gap_s, 1.5 * step_s)
    states = {status: rows["status"] == status.name.lower().replace("_", " ") for status in Status}
    fault = states[Status.OUTLIER] | _beyond(rows, states[Status.COMPARED], rules)
    blind = _blind(rows, states, rules)
    states[Status.STALE] = states[Status.STALE] & ~blind
    events = _blind_events(tai_ns, sat, blind, gap_s, rules)
    events += _jumps(product, rows, states[Status.COMPARED] | states[Status.OUTLIER], gap_s, rules)
    events += _missing_uploads(rows, ~(states[Status.STALE] | states[Status.NO_MESSAGE]), step_s, rules)
    for name in np.unique(sat).tolist():
        mine = np.flatnonzero(sat == name)

        def found(mask: Mask, mine: Integers = mine) -> Iterable[Integers]:
            at = mine[mask[mine]]
            return (at[run] for run in runs(tai_ns[at], gap_s=gap_s, least=rules.least_steps))

        def event(kind: str, at: Integers, evidence: str, name: str = str(name)) -> Event:
            return Event(kind, "", name, int(tai_ns[at[0]]), int(tai_ns[at[-1]]), evidence)

        events += [event(UNHEALTHY, at, f"the message says so at {len(at)} epochs of {step_s:g} s") for at in found(states[Status.UNHEALTHY])]
        events += [event(UNOBSERVED, at, "no message of the satellite among those given") for at in found(states[Status.NO_MESSAGE])]
        events += [event(SPACE_FAULT, at, _fault_evidence(product, rows, at, states[Status.OUTLIER])) for at in found(fault)]
        for at in found(states[Status.STALE]):
            early = at[0] == mine[0]
            text = "before the first message among those given" if early else f"no message serves {len(at)} epochs of {step_s:g} s"
            events.append(event(UNOBSERVED if early else NO_MESSAGE, at, text))
    return events


def _blind(rows: Table, states: Mapping[Status, Mask], rules: EventRules) -> Mask:
    """Rows of instants at which too few satellites of the row's system have a current message to say anything of the others."""
    _, key = np.unique(np.stack([rows["tai_ns"].astype(np.int64), _letter_codes(rows["sat"])]), axis=1, return_inverse=True)
    key = key.ravel()
    stale = np.bincount(key, states[Status.STALE].astype(np.float64))
    known = np.bincount(key, (~states[Status.NO_MESSAGE]).astype(np.float64))
    return np.asarray((stale > (1.0 - rules.least_served) * known)[key], np.bool_)


def _blind_events(tai_ns: Integers, sat: NDArray[np.str_], blind: Mask, gap_s: float, rules: EventRules) -> list[Event]:
    """One event per system and span; the satellite is the system's letter until :func:`_gathered` takes it."""
    text = f"fewer than {100.0 * rules.least_served:g} % of the satellites have a current message: the navigation files do not cover the globe"
    events = []
    letters = sat.astype("U1")
    for letter in np.unique(letters[blind]).tolist():
        when = np.unique(tai_ns[blind & (letters == letter)])
        spans = [when[run] for run in runs(when, gap_s=gap_s, least=rules.least_steps)]
        events += [Event(UNOBSERVED, "", str(letter), int(span[0]), int(span[-1]), text) for span in spans]
    return events


def _letter_codes(sat: NDArray[np.str_]) -> Integers:
    return np.unique(sat.astype("U1"), return_inverse=True)[1].astype(np.int64)


def _beyond(rows: Table, compared: Mask, rules: EventRules) -> Mask:
    """Rows whose error for the worst user exceeds the standard's limit, or whose mean over users the multiple of the stated accuracy."""
    letters = rows["sat"].astype("U1")
    standard = np.full(len(rows), np.inf)
    for letter, limit in rules.limit_m.items():
        standard[letters == letter] = limit
    stated = rules.accuracy_multiple * rows["accuracy_m"]
    return np.asarray(compared & ((rows["worst_user_m"] > standard) | (rows["sisre_m"] > stated)), np.bool_)


def _fault_evidence(product: str, rows: Table, at: Integers, outlier: Mask) -> str:
    far = int(outlier[at].sum())
    orbit = np.sqrt(sum(np.nan_to_num(rows[name][at].astype(np.float64)) ** 2 for name in _ORBIT))
    clock = np.abs(np.nan_to_num(rows["clock_m"][at]))
    said = rows["accuracy_m"][at]
    accuracy = f", accuracy in the message {np.nanmax(said):g} m" if np.isfinite(said).any() else ""
    beyond = f", {far} of them beyond the outlier limits" if far else ""
    return f"against {product}: {len(at)} epochs{beyond}, orbit error up to {orbit.max():.1f} m, clock up to {clock.max():.1f} m{accuracy}"


def _jumps(product: str, rows: Table, compared: Mask, gap_s: float, rules: EventRules) -> list[Event]:
    """Clock and ephemeris jumps between neighbouring rows that were compared."""
    tai_ns, sat = rows["tai_ns"].astype(np.int64), rows["sat"]
    near = (sat[1:] == sat[:-1]) & compared[1:] & compared[:-1] & (np.diff(tai_ns) <= gap_s * NS_PER_SECOND)
    fresh = near & (np.diff(_reference_s(rows)) != 0)
    clock = np.abs(np.diff(rows["clock_m"]))
    orbit = np.sqrt(sum(np.diff(rows[name].astype(np.float64)) ** 2 for name in _ORBIT))
    signed_m = np.diff(rows["clock_m"])
    events = []
    for kind, change, least_m, where in ((CLOCK_JUMP, clock, rules.clock_jump_m, near), (EPHEMERIS_JUMP, orbit, rules.ephemeris_jump_m, fresh)):
        found: list[int] = []
        usual: dict[str, float] = {}
        for k in np.flatnonzero(where & (change > least_m)).tolist():
            name = str(sat[k])
            mine = fresh & (sat[1:] == name)
            usual.setdefault(name, float(np.nanmedian(change[mine])) if mine.any() else 0.0)
            if change[k] > rules.jump_multiple * usual[name]:
                found.append(k)
        for steps in _in_a_row(found, signed_m) if kind == CLOCK_JUMP else [[k] for k in found]:
            name, often = str(sat[steps[0]]), f"(usually {usual[str(sat[steps[0]])]:.2f} m)"
            start, end = int(tai_ns[steps[0]]), int(tai_ns[steps[-1] + 1])
            if len(steps) >= rules.ramp_steps:
                minutes = (end - start) / NS_PER_SECOND / 60.0
                text = f"against {product}: {signed_m[steps].sum():+.1f} m in {minutes:.0f} min, up to {change[steps].max():.1f} m a step {often}"
                events.append(Event(CLOCK_RAMP, "", name, start, end, text))
                continue
            for k in steps:
                when = "with a new message" if fresh[k] else "within one message"
                text = f"against {product}: {change[k]:.1f} m {when} {often}"
                events.append(Event(kind, "", name, int(tai_ns[k]), int(tai_ns[k + 1]), text))
    return events


def _in_a_row(found: Sequence[int], signed_m: NDArray[np.float64]) -> list[list[int]]:
    """Neighbouring steps in the same direction, together."""
    out: list[list[int]] = []
    for k in found:
        if out and out[-1][-1] == k - 1 and signed_m[k] * signed_m[k - 1] > 0.0:
            out[-1].append(k)
        else:
            out.append([k])
    return out


def _missing_uploads(rows: Table, served: Mask, step_s: float, rules: EventRules) -> list[Event]:
    """Messages in use for much longer than is usual in their system."""
    kept = np.flatnonzero(served & np.isfinite(rows["age_s"]))
    if not len(kept):
        return []
    tai_ns, sat, reference = rows["tai_ns"].astype(np.int64)[kept], rows["sat"][kept], _reference_s(rows)[kept]
    starts = np.flatnonzero(np.r_[True, (sat[1:] != sat[:-1]) | (reference[1:] != reference[:-1])])
    ends = np.r_[starts[1:], len(kept)] - 1
    in_use_s = (tai_ns[ends] - tai_ns[starts]) / NS_PER_SECOND + step_s
    letters = sat[starts].astype("U1")
    events = []
    for letter in np.unique(letters).tolist():
        mine = np.flatnonzero(letters == letter)
        if len(mine) < _FEWEST_MESSAGES:
            continue
        usual_s = float(np.median(in_use_s[mine]))
        for k in mine[in_use_s[mine] > max(rules.upload_s, rules.upload_multiple * usual_s)].tolist():
            text = f"one message in use for {in_use_s[k] / 60.0:.0f} min, usually {usual_s / 60.0:.0f} min"
            events.append(Event(MISSING_UPLOAD, "", str(sat[starts[k]]), int(tai_ns[starts[k]]), int(tai_ns[ends[k]]), text))
    return events


def _reference_s(rows: Table) -> NDArray[np.float64]:
    """Whole seconds of the orbit reference of each row's message, counted from the first row's instant; -inf without a message."""
    tai_ns = rows["tai_ns"].astype(np.int64)
    since_s = (tai_ns - (tai_ns[0] if len(tai_ns) else 0)) / NS_PER_SECOND
    return np.where(np.isfinite(rows["age_s"]), np.rint(since_s - np.nan_to_num(rows["age_s"])), -1e15)


def _same(events: Sequence[Event], gap_s: float) -> list[Event]:
    """What several products show of one satellite at one time, as one event."""
    out = []
    for kind in dict.fromkeys(e.kind for e in events):
        for cluster in _clusters([e for e in events if e.kind == kind], int(gap_s * NS_PER_SECOND) if kind in (SPACE_FAULT, UNHEALTHY) else 0):
            evidence = "; ".join(dict.fromkeys(e.evidence for e in cluster))
            out.append(Event(kind, "", cluster[0].sat, min(e.start_ns for e in cluster), max(e.end_ns for e in cluster), evidence))
    return out


def _gathered(events: Sequence[Event]) -> list[Event]:
    """Unobserved spans that many satellites of a system share, as one event that lists them: it is the files that begin late or are missing."""
    shared: dict[tuple[str, int, int, str], list[Event]] = {}
    for e in events:
        if e.kind == UNOBSERVED:
            shared.setdefault((e.sat[:1], e.start_ns, e.end_ns, e.evidence), []).append(e)
    out = [e for e in events if e.kind != UNOBSERVED]
    for (_, start, end, evidence), same in shared.items():
        alone = len(same) == 1 and len(same[0].sat) > 1
        out.append(same[0] if alone else Event(UNOBSERVED, "", "", start, end, f"{' '.join(e.sat for e in same)}: {evidence}"))
    return out


def _clusters(events: Sequence[Event], tolerance_ns: int) -> list[list[Event]]:
    """Events of one satellite that overlap, or nearly."""
    out: list[list[Event]] = []
    end = 0
    for e in sorted(events, key=lambda e: (e.sat, e.start_ns, e.end_ns, e.station)):
        if out and out[-1][0].sat == e.sat and e.start_ns <= end + tolerance_ns:
            out[-1].append(e)
            end = max(end, e.end_ns)
        else:
            out.append([e])
            end = e.end_ns
    return out


def _gap(station: str, before_ns: int, after_ns: int) -> Event:
    text = f"no epochs for {(after_ns - before_ns) / NS_PER_SECOND:g} s: unobserved"
    return Event(STATION_GAP, station, "", before_ns, after_ns, text)


def _silences(station: str, tracks: Table, limit_s: float) -> list[Event]:
    """Instants of the tracks at which no satellite at all was received."""
    tai_ns, inverse = np.unique(_instants(tracks), return_inverse=True)
    silent = tai_ns[np.bincount(inverse, tracks["received"].astype(np.float64), len(tai_ns)) == 0] if len(tracks) else tai_ns
    step_s = float(np.median(np.diff(tai_ns))) / NS_PER_SECOND if len(tai_ns) > 1 else 0.0
    return [
        Event(STATION_GAP, station, "", int(silent[run][0]), int(silent[run][-1]), f"nothing received at {len(silent[run])} instants: unobserved")
        for run in runs(silent, gap_s=max(limit_s, 1.5 * step_s))
    ]


def _instants(table: Table) -> Integers:
    return table.epochs.tai_ns if table.epochs is not None else np.empty(0, np.int64)
