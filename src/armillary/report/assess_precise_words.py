"""Precise positions in words for the first screen: a figure and its explanation per member, and the gain."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, isfinite

from armillary.services._precise_day import PreciseDay
from armillary.services._precise_figures import MemberFigures, PreciseFigures, centimetres, minutes_words, precise_figures

__all__ = ["precise_cells"]

Words = tuple[str, str]
_NOT_SEEN = "unobserved"
_NOTABLE = 0.02


def precise_cells(members: Sequence[str], days: Sequence[PreciseDay], reason: str) -> tuple[list[Words], tuple[str, str, str]]:
    """Per member the 3D error once converged and the minutes to 10 cm; for the gain also whether joining helps."""
    found = precise_figures(members, days)
    if found is None:
        return [(_NOT_SEEN, reason) for _ in members], ("–", "", "")
    several = f"median of {found.stations} stations, " if found.stations > 1 else ""
    skip_h = days[0].kinematic.skip_h
    about = " about the static position (no known coordinate)" if found.agreement else ""
    return [_cell(found.members[name], several, skip_h, about) for name in members], _gain(found, len(members))


def _cell(of: MemberFigures, several: str, skip_h: float, about: str) -> Words:
    if not isfinite(of.rms_3d_m):
        return _NOT_SEEN, f"no position after {skip_h:g} h"
    small = f"{several}3D RMS after {skip_h:g} h, kinematic{about}"
    if of.starts:
        small += f"; 10 cm {minutes_words(of.minutes)} ({100 * of.reached:.0f} % of {of.starts} cold starts)"
    return centimetres(of.rms_3d_m), small


def _gain(found: PreciseFigures, count: int) -> tuple[str, str, str]:
    if count < 2:
        return "–", "", ""
    if not isfinite(found.gain_rms):
        return _NOT_SEEN, "no station has precise positions by every system", ""
    word = "better together" if found.gain_rms > 1 + _NOTABLE else "worse together" if found.gain_rms < 1 - _NOTABLE else "no change"
    small = "3D RMS over the best alone, same epochs"
    if found.gain_minutes == inf:
        small += "; only together to 10 cm"
    elif isfinite(found.gain_minutes):
        small += f"; to 10 cm × {found.gain_minutes:.1f} sooner"
    return f"× {found.gain_rms:.2f}", small, word
