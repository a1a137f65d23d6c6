"""Kinds, rules and rows of an event log, and spans of instants that follow each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.satellites import pack_one
from armillary.core.table import Table
from armillary.monitoring.standards import fault_limits_m

__all__ = ["KINDS", "Event", "EventRules", "event_table", "events_of", "runs"]

RANGE_FAULT, SPACE_FAULT, SATELLITE_FAULT = "range fault", "signal-in-space fault", "satellite fault"
UNHEALTHY, NO_MESSAGE, UNOBSERVED = "unhealthy", "no current message", "unobserved"
CLOCK_JUMP, CLOCK_RAMP, EPHEMERIS_JUMP, MISSING_UPLOAD = "clock jump", "clock ramp", "ephemeris jump", "missing upload"
STATION_GAP, RECEIVER_CLOCK, POWER_FAILURE = "station gap", "receiver clock jump", "power failure"
WEAK_SIGNALS, STRONG_MULTIPATH, SLIP_BURST = "weak signals", "strong multipath", "slip burst"
KINDS: Mapping[str, str] = MappingProxyType(
    {
        SATELLITE_FAULT: "a range fault that two stations saw, or one station and the comparison with precise orbits and clocks",
        RANGE_FAULT: "a satellite failed the residual test at one station",
        SPACE_FAULT: "broadcast orbit or clock beyond the limit against a precise product",
        UNHEALTHY: "the message says that the satellite must not be used",
        NO_MESSAGE: "no message that was collected serves the time: not sent, or received by nobody",
        MISSING_UPLOAD: "one message stayed in use much longer than is usual in its system",
        CLOCK_JUMP: "the broadcast clock jumped against a precise one",
        CLOCK_RAMP: "the broadcast clock ran away from a precise one",
        EPHEMERIS_JUMP: "the broadcast orbit jumped from one message to the next",
        STATION_GAP: "a station delivered nothing",
        RECEIVER_CLOCK: "the clock of a receiver jumped",
        POWER_FAILURE: "a receiver was off",
        WEAK_SIGNALS: "a station received all satellites of a signal more weakly than is usual there",
        STRONG_MULTIPATH: "the codes of all satellites scattered at a station much more than is usual there",
        SLIP_BURST: "the phases of several satellites slipped at a station, many more than is usual there",
        UNOBSERVED: "nothing is known of the satellites, or of the station, at that time",
    }
)
"""Kind of event -> what it says."""

_COLUMNS = ("kind", "station", "sat", "start_tai_ns", "end_tai_ns", "evidence")
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class EventRules:
    """When something is an event. Rules of our own unless they say otherwise."""

    least_epochs: int = 3
    """Epochs that must fail the residual test: one or two are noise, multipath or a slip."""
    least_steps: int = 2
    """The same for rows of a comparison with a precise product, which are minutes apart."""
    gap_s: float = 300.0
    """What is interrupted no longer than this (or one and a half intervals) is one event; so far apart may witnesses of one fault be."""
    accuracy_multiple: float = 5.0
    """A signal-in-space error beyond this multiple of the accuracy in the message is a fault: normal errors get there once in two million."""
    limit_m: Mapping[str, float] = field(default_factory=fault_limits_m)
    """System letter -> range error that is a fault by the standard of the system."""
    clock_jump_m: float = 3.0
    ephemeris_jump_m: float = 10.0
    jump_multiple: float = 8.0
    """A jump exceeds the limit in metres and this multiple of the satellite's usual change from one message to the next."""
    least_served: float = 0.75
    """Where fewer satellites of a system have a current message, the files do not cover the globe: those without one are unobserved."""
    ramp_steps: int = 3
    """Jumps of a clock in the same direction, one after the other, that make a ramp."""
    upload_multiple: float = 3.0
    upload_s: float = 10_800.0
    """An upload is missing where a message is in use for longer than this and than the multiple of the time usual in its system."""
    weak_db: float = 4.0
    """Signals are weak where the median C/N0 of the satellites is this much below the usual of the same elevations."""
    multipath_multiple: float = 3.0
    multipath_m: float = 0.3
    """Multipath is strong where its median exceeds this and the multiple of the usual of the same elevations."""
    slip_satellites: int = 3
    slip_multiple: float = 8.0
    """Slips are a burst where this many satellites slip in five minutes, together this many times as often as is usual for the signal."""
    least_bins: int = 2
    """Spans of five minutes that make an event of reception."""


@dataclass(frozen=True, slots=True)
class Event:
    """One row: a kind, a station and a satellite (empty where none is meant), the first and the last instant (TAI), and the evidence."""

    kind: str
    station: str
    sat: str
    start_ns: int
    end_ns: int
    evidence: str


def runs(tai_ns: Integers, *, gap_s: float, least: int = 1) -> list[slice]:
    """Where ascending instants int64[n] follow each other with gaps up to ``gap_s``: slices of ``least`` or more instants."""
    if not len(tai_ns):
        return []
    cuts = np.flatnonzero(np.diff(tai_ns) > gap_s * NS_PER_SECOND) + 1
    edges = [0, *cuts.tolist(), len(tai_ns)]
    return [slice(a, b) for a, b in pairwise(edges) if b - a >= least]


def events_of(table: Table) -> list[Event]:
    """The rows of a log."""
    return [Event(*(row[name] for name in _COLUMNS)) for row in table.rows()]


def event_table(events: Iterable[Event]) -> Table:
    """A row per event in order of time; ``epochs`` are the first instants and ``sat`` is packed (0 for none)."""
    rows = sorted(events, key=lambda e: (e.start_ns, e.end_ns, e.kind, e.sat, e.station))
    start = np.array([e.start_ns for e in rows], np.int64)
    columns = {
        "kind": np.array([e.kind for e in rows], np.str_),
        "station": np.array([e.station for e in rows], np.str_),
        "sat": np.array([e.sat for e in rows], np.str_),
        "start_tai_ns": start,
        "end_tai_ns": np.array([e.end_ns for e in rows], np.int64),
        "evidence": np.array([e.evidence for e in rows], np.str_),
    }
    return Table(columns, Epochs(start), np.array([pack_one(e.sat) if e.sat else 0 for e in rows], np.int16))
