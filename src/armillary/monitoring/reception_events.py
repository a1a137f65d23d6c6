"""What the course of a station's reception tells of its surroundings: weak signals, strong multipath, bursts of slips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_SECOND
from armillary.core.table import Table
from armillary.monitoring.event_rows import SLIP_BURST, STRONG_MULTIPATH, WEAK_SIGNALS, Event, EventRules, runs
from armillary.monitoring.quality_course import COURSE_STEP_S

__all__ = ["reception_events"]

_FEWEST_SATELLITES = 3
"""One satellite alone says nothing of the station."""
_STRONGEST_FIRST = (WEAK_SIGNALS, STRONG_MULTIPATH, SLIP_BURST)
Mask = NDArray[np.bool_]


def reception_events(station: str, course: Table, *, rules: EventRules | None = None) -> list[Event]:
    """Events of one station from its ``course`` (:func:`armillary.monitoring.quality_course.course`); several signals at one time make one event."""
    if not len(course):
        return []
    chosen = rules or EventRules()
    enough = course["satellites"] >= _FEWEST_SATELLITES
    weak = enough & (course["cn0_change_db"] <= -chosen.weak_db)
    rough = enough & (course["mp_ratio"] >= chosen.multipath_multiple) & (course["mp_median_m"] >= chosen.multipath_m)
    found = _spans(station, WEAK_SIGNALS, course, weak, chosen, lambda rows: f"C/N0 {_middle(rows['cn0_change_db']):+.1f} dB from the usual")
    found += _spans(
        station,
        STRONG_MULTIPATH,
        course,
        rough,
        chosen,
        lambda rows: f"code multipath {_middle(rows['mp_ratio']):.1f} times the usual, median {_middle(rows['mp_median_m']):.2f} m",
    )
    slips = _bursts(course, chosen)
    found += _spans(
        station, SLIP_BURST, course, slips, chosen, lambda rows: f"{int(rows['slips'].sum())} slips of up to {rows['slipped'].max()} satellites"
    )
    return _explained(found)


def _explained(events: list[Event]) -> list[Event]:
    """Without what another event explains: weak signals scatter more, and slips cannot be told from codes that scatter."""
    out: list[Event] = []
    for rank, kind in enumerate(_STRONGEST_FIRST):
        for e in (e for e in events if e.kind == kind):
            over = next((i for i, o in enumerate(out) if o.kind in _STRONGEST_FIRST[:rank] and _within(e, o)), None)
            if over is None:
                out.append(e)
            else:
                out[over] = replace(out[over], evidence=f"{out[over].evidence}; therefore {e.kind}, {e.evidence}")
    return out


def _within(inner: Event, outer: Event) -> bool:
    """Whether one event lies within another, ten minutes more allowed."""
    more = int(2.0 * COURSE_STEP_S * NS_PER_SECOND)
    return inner.start_ns >= outer.start_ns - more and inner.end_ns <= outer.end_ns + more


def _bursts(course: Table, rules: EventRules) -> Mask:
    """Rows of five minutes in which slips of a signal are a burst.

    Usual is the share of slips outside of candidates, or the middle of all spans where that is more: a station that slips all day has no burst.
    """
    many = course["slipped"] >= rules.slip_satellites
    share = course["slips"] / course["observed"]
    signals = np.char.add(course["constellation"].astype(np.str_), course["signal"].astype(np.str_))
    often = np.zeros(len(course))
    for signal in np.unique(signals[many]):
        mine = signals == signal
        rest = mine & ~many
        often[mine] = max(course["slips"][rest].sum() / max(course["observed"][rest].sum(), 1), float(np.median(share[mine])))
    return np.asarray(many & (share > rules.slip_multiple * often))


def _spans(station: str, kind: str, course: Table, mask: Mask, rules: EventRules, words: Callable[[Table], str]) -> list[Event]:
    """Events from the rows of ``mask`` of all signals together: five-minute spans that follow each other with at most one missing."""
    rows = course.where(mask)
    starts = np.unique(rows["tai_ns"]).astype(np.int64)
    out = []
    for run in runs(starts, gap_s=2.0 * COURSE_STEP_S, least=rules.least_bins):
        first, last = starts[run][0], starts[run][-1]
        mine = rows.where((rows["tai_ns"] >= first) & (rows["tai_ns"] <= last))
        names = " ".join(dict.fromkeys(f"{c} {s}" for c, s in zip(mine["constellation"].tolist(), mine["signal"].tolist(), strict=True)))
        end = int(mine["end_tai_ns"].max())
        minutes = (end - int(first)) / NS_PER_SECOND / 60.0
        out.append(Event(kind, station, "", int(first), end, f"{names}: {words(mine)}, for {minutes:.0f} min"))
    return out


def _middle(values: NDArray[Any]) -> float:
    return float(np.median(values))
