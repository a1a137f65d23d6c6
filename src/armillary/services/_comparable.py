"""Which stations of a day can be compared across systems: each system alone and all together must have been measured there alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Generic, Protocol, TypeVar

import numpy as np

from armillary.core.epochs import NS_PER_SECOND
from armillary.services._station_day import MEDIAN
from armillary.services.position import PositionAnswer

__all__ = ["Comparison", "comparable", "uses_every_system"]

ENOUGH_S = 3600.0
"""So long observed, or this share of the longest station's time, makes a station of the day."""
ENOUGH_SHARE = 0.1


class Located(Protocol):
    """A station of an assessment."""

    @property
    def name(self) -> str: ...
    @property
    def position(self) -> PositionAnswer | None: ...


Of = TypeVar("Of", bound=Located)


@dataclass(frozen=True, slots=True)
class Comparison(Generic[Of]):
    """The stations whose figures may stand side by side."""

    stations: tuple[Of, ...]
    left_out: tuple[tuple[str, str], ...]
    """Name and reason of every other station."""
    alike: bool
    """False where no station serves every system: ``stations`` are then all, and columns are of different stations."""


def comparable(stations: Sequence[Of]) -> Comparison[Of]:
    """The stations at which every member has positions for a tenth of the epochs, observed for an hour or a tenth of the longest time.

    Where some of them have a known coordinate, those whose errors are scatter about their own median are left out.
    """
    longest = max((_observed_s(station) for station in stations), default=0.0)
    reasons = {station.name: _reason(station, longest) for station in stations}
    good = [station for station in stations if not reasons[station.name]]
    known = [station for station in good if _has_truth(station)]
    if known:
        reasons |= {station.name: "no known coordinate: its errors are scatter about its own median" for station in good if not _has_truth(station)}
    left_out = tuple((name, reason) for name, reason in reasons.items() if reason)
    return Comparison(tuple(known or good or stations), left_out, bool(good))


def uses_every_system(station: Located, member: str) -> bool:
    """Whether a joint answer at a station rests on every system in it, not on those that were there."""
    solved = {row["member"]: row["solved"] for row in station.position.summary.rows()} if station.position is not None else {}
    return all(solved.get(name, 0) > 0 for name in member.split("+"))


def _reason(station: Located, longest_s: float) -> str:
    """Why a station cannot be compared; empty where it can."""
    position = station.position
    if position is None or not len(position.observed):
        return "no positions"
    every = list(position.summary.rows())
    rows = [row for row in every if "+" not in row["member"] or row is every[-1]]  # not other combinations: they have what a system in them has
    enough = max(ENOUGH_SHARE * len(position.observed), 1.0)
    lacking = [row["member"] for row in rows if row["solved"] < enough or not isfinite(row["p95_3d_m"])]
    if lacking:
        return f"no or hardly any positions by {' and '.join(lacking)}"
    observed_s = _observed_s(station)
    return f"observed for {observed_s / 60.0:.0f} minutes only" if observed_s < min(ENOUGH_S, ENOUGH_SHARE * longest_s) else ""


def _observed_s(station: Located) -> float:
    """Epochs times their usual interval."""
    observed = station.position.observed.tai_ns if station.position is not None else np.empty(0, np.int64)
    return len(observed) * float(np.median(np.diff(observed))) / NS_PER_SECOND if len(observed) > 1 else 0.0


def _has_truth(station: Located) -> bool:
    truth = station.position.truth if station.position is not None else None
    return truth is not None and truth.source != MEDIAN
