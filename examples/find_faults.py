"""Were the faults that the simulator put in found? ``find_faults.py TRUTH.json ASSESSMENT.json`` compares the two; part of ``make demo``.

A fault counts as found when the event log has an event of a kind that names it, of the same satellite or station, at the same time. Everything in
the log that no fault explains is listed too. The exit status is 1 when a fault was not found.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import shorten
from typing import Any

NAMED = {
    "clock_jump": ("clock jump", "satellite fault"),
    "clock_ramp": ("clock ramp", "satellite fault"),
    "wrong_ephemeris": ("ephemeris jump", "satellite fault"),
    "late_unhealthy": ("unhealthy", "clock jump", "satellite fault"),
    "unhealthy": ("unhealthy",),
    "missing_upload": ("missing upload", "no current message"),
    "range_step": ("range fault",),
    "station_outage": ("station gap",),
    "receiver_clock_jump": ("receiver clock jump",),
    "interference": ("weak signals",),
    "multipath": ("strong multipath",),
    "slip_burst": ("slip burst",),
}
"""Injected fault -> the kinds of event that name it, the most telling one first."""
LATE = {"missing_upload": timedelta(hours=2.5)}
"""The last message stays in use for as long as it is valid."""
EARLY = timedelta(minutes=10)
TAI_TO_GPST = timedelta(seconds=19)
Row = dict[str, Any]


def main(truth_path: str, assessment_path: str) -> int:
    """Print the comparison; 1 when a fault was not found."""
    truth = json.loads(Path(truth_path).read_text(encoding="utf-8"))
    events = [_clocked(event) for event in json.loads(Path(assessment_path).read_text(encoding="utf-8"))["events"]]
    start = datetime.fromisoformat(truth["start_gpst"])
    explained: set[int] = set()
    lines, lost = [], 0
    for fault in truth["faults"]:
        where = fault["sat"] or fault["station"]
        first, last = (start + timedelta(seconds=fault[key]) for key in ("start_s", "end_s"))
        near = [i for i, event in enumerate(events) if _meets(event, fault, first, last)]
        explained |= set(near)
        best = next((events[i] for kind in NAMED[fault["kind"]] for i in near if events[i]["kind"] == kind), None)
        lost += best is None
        found = "NOT FOUND" if best is None else best["kind"]
        when = "" if best is None else _span(best["from"], best["to"])
        also = sorted({events[i]["kind"] for i in near} - {found})
        lines.append((fault["kind"].replace("_", " "), where, _span(first, last), found, when, ", ".join(also)))
    _table(("injected", "where", "from - to", "found as", "from - to", "and as"), lines)
    rest = [event for i, event in enumerate(events) if i not in explained]
    print(f"\n{len(lines) - lost} of {len(lines)} injected faults were found and named.", end=" ")
    print(f"{len(rest)} events of the log are none of them{':' if rest else '.'}")
    for event in rest:
        whom = " ".join(filter(None, (event["sat"], event["station"])))
        print(f"  {event['kind']}  {whom}  {_span(event['from'], event['to'])}  {shorten(event['evidence'], 90, placeholder=' ...')}")
    return 1 if lost else 0


def _clocked(event: Row) -> Row:
    epoch = datetime(1970, 1, 1)
    first, last = (epoch + timedelta(microseconds=event[key] // 1000) - TAI_TO_GPST for key in ("start_tai_ns", "end_tai_ns"))
    return event | {"from": first, "to": last}


def _meets(event: Row, fault: Row, first: datetime, last: datetime) -> bool:
    """Whether an event may be a fault: the same satellite, else the same station, and a time in common."""
    same = event["sat"] == fault["sat"] if fault["sat"] else event["station"] == fault["station"] and not event["sat"]
    if fault["sat"] and fault["station"] != "every":
        same = same and event["station"] == fault["station"]
    if fault["kind"] == "receiver_clock_jump":
        last = first
    return same and event["from"] <= last + EARLY and event["to"] >= first - EARLY and event["from"] >= first - EARLY - LATE.get(fault["kind"], EARLY)


def _span(first: datetime, last: datetime) -> str:
    return f"{first:%H:%M} - {last:%H:%M}" if last.date() == first.date() else f"{first:%H:%M} - 24:00"


def _table(heads: tuple[str, ...], lines: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[k]) for row in (heads, *lines)) for k in range(len(heads))]
    for row in (heads, *lines):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
