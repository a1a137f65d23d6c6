"""Precise positions of all stations of a day in a few figures: each system alone, all together, and what joining brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from armillary.services._precise_day import PreciseDay

__all__ = ["MemberFigures", "PreciseFigures", "centimetres", "minutes_words", "precise_figures", "precise_words"]

_LIMIT = "0.10"


@dataclass(frozen=True, slots=True)
class MemberFigures:
    """One member, kinematic, medians over the stations."""

    rms_3d_m: float
    """Once converged; NaN where nothing was solved."""
    minutes: float
    """Until a cold start is good to 10 cm; infinite where most never are, NaN where there was no cold start."""
    reached: float
    """Share of the cold starts that get there."""
    starts: int
    """Cold starts of all stations."""


@dataclass(frozen=True, slots=True)
class PreciseFigures:
    """All members over the same stations."""

    members: dict[str, MemberFigures]
    stations: int
    """Stations that the figures are of."""
    alike: bool
    """Whether every one of them has positions by every member."""
    agreement: bool = False
    """Whether errors of any of them are against its own static position."""
    gain_rms: float = nan
    """Factor between the errors of the best alone and of all together on the same epochs, median over the stations."""
    gain_minutes: float = nan
    """Factor between the minutes to 10 cm; infinite where only all together get there."""


def precise_figures(members: Sequence[str], days: Sequence[PreciseDay]) -> PreciseFigures | None:
    """Figures over the stations that have positions by every member, else over all; None where no station was solved."""
    if not days:
        return None
    rows = [{row["member"]: row for row in day.kinematic.answers} for day in days]
    good = [i for i, row in enumerate(rows) if all(isfinite(row[name]["rms_3d_m"]) for name in members)]
    chosen = good or list(range(len(rows)))
    found = {name: _of([rows[i][name] for i in chosen]) for name in members}
    agreement = any(days[i].agreement for i in chosen)
    if len(members) < 2 or not good:
        return PreciseFigures(found, len(chosen), bool(good), agreement)
    gains = [gain["rms_3d_m"] for i in chosen if (gain := days[i].gain) is not None]
    best, joint = min(found[name].minutes for name in members[:-1]), found[members[-1]].minutes
    sooner = nan if not isfinite(joint) or best != best else inf if best == inf else best / max(joint, 0.5)
    return PreciseFigures(found, len(chosen), True, agreement, _middle(gains), sooner)


def _of(rows: Sequence[dict[str, Any]]) -> MemberFigures:
    told = [row for row in rows if row["sessions"]]
    minutes = [inf if row["convergence_min"][_LIMIT] is None else float(row["convergence_min"][_LIMIT]) for row in told]
    starts = [int(row["sessions"]) for row in told]
    reached = [float(row["reached"][_LIMIT]) for row in told]
    share = float(np.average(reached, weights=starts)) if starts else nan
    return MemberFigures(
        _middle([float(row["rms_3d_m"]) for row in rows]),
        float(np.median(minutes)) if minutes else nan,
        share,
        sum(starts),
    )


def _middle(values: Sequence[float]) -> float:
    known = [value for value in values if isfinite(value)]
    return float(np.median(known)) if known else nan


def precise_words(members: Sequence[str], days: Sequence[PreciseDay]) -> tuple[str, ...]:
    """A line below the table of an assessment; nothing where no station was solved.

    The median over stations is named as such where there are several.
    """
    found = precise_figures(members, days)
    if found is None:
        return ()
    told = ", ".join(f"{name} {centimetres(of.rms_3d_m)}, 10 cm {minutes_words(of.minutes)}" for name, of in found.members.items())
    middle = f", medians of {found.stations} stations" if found.stations > 1 else ""
    middle += ", about static positions of their own" if found.agreement else ""
    return (f"precise point positions with {days[0].product}{middle}, 3D RMS after {days[0].kinematic.skip_h:g} h: {told}",)


def centimetres(metres: float) -> str:
    """As people read small errors.

    >>> centimetres(0.0285), centimetres(1.234), centimetres(float("nan"))
    ('2.9 cm', '123 cm', 'unobserved')
    """
    if not isfinite(metres):
        return "unobserved"
    return f"{100 * metres:.1f} cm" if metres < 0.995 else f"{100 * metres:.0f} cm"


def minutes_words(minutes: float) -> str:
    """How long it takes.

    >>> minutes_words(18.75), minutes_words(float("inf")), minutes_words(float("nan"))
    ('in 19 min', 'never', 'not tried')
    """
    if minutes != minutes:
        return "not tried"
    return "never" if minutes == inf else f"in {minutes:.0f} min" if minutes >= 10 else f"in {minutes:.1f} min"
