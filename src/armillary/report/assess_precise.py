"""Precise positions in an assessment: words of the first screen, errors through the day, convergence of cold starts, and a table."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.report.assess_figures import WIDTH, Figure, colour_classes, hour_scale, hours_of, legend_of
from armillary.report.assess_types import AssessedStation, Assessment
from armillary.report.assess_words import member_title
from armillary.report.svg import Scale, circle, drawing, line, marks, segments, text, ticks, x_axis, y_axis
from armillary.services._precise_day import PreciseDay
from armillary.services._precise_figures import centimetres, minutes_words

__all__ = ["against", "convergence_curves", "precise_errors", "precise_rows"]

_DOTS = 360
"""Most dots of one member in one panel."""
_DIRECTIONS = (("east_m", "East"), ("north_m", "North"), ("up_m", "Up"))
_LEAST_CM = 5.0
_SMALL = 400.0
"""Width of a picture that stands beside others."""
_LOWEST_M, _HIGHEST_M = 0.01, 10.0
_LIMITS_M = (0.30, 0.10, 0.05)
_SOURCE = "observation files, precise orbits and clocks, and antenna calibrations under Inputs."


def precise_rows(stations: Sequence[AssessedStation]) -> list[dict[str, Any]]:
    """A row per station and member: kinematic and static beside each other, lengths in centimetres and millimetres."""
    out = []
    for station in stations:
        if station.precise is None:
            continue
        still = {row["member"]: row for row in station.precise.static.answers}
        for row in station.precise.kinematic.answers:
            minutes = {f"to_{100 * limit:.0f}_min": _minutes(row, f"{limit:.2f}") for limit in _LIMITS_M}
            out.append(
                {
                    "station": station.name,
                    "member": row["member"],
                    "solved": row["solved"],
                    "rms_cm": 100.0 * row["rms_3d_m"],
                    "p95_cm": 100.0 * row["p95_3d_m"],
                    **minutes,
                    "reached_percent": 100.0 * row["reached"].get("0.10", nan),
                    **{f"static_{key[0]}_mm": 1000.0 * still[row["member"]][key] for key in ("e_m", "n_m", "u_m")},
                    "mean_satellites": row["mean_satellites"],
                }
            )
    return out


def _minutes(row: dict[str, Any], limit: str) -> float | str:
    """Whole minutes: medians over a dozen starts are not better than that."""
    if not row["sessions"]:
        return nan
    minutes = row["convergence_min"][limit]
    return "never" if minutes is None else "< 1" if minutes < 0.5 else max(round(minutes), 1)


def against(stations: Sequence[AssessedStation]) -> str:
    """What errors of these stations are measured against, in a sentence."""
    named = {station.precise.about for station in stations if station.precise is not None}
    if len(named) == 1 and (name := named.pop()):
        return f"Errors are measured against {name}."
    return "The text below each station's picture names the position that its errors are measured against."


def precise_errors(answer: Assessment, station: AssessedStation) -> Figure:
    """East, north and up through the day."""
    title = f"{station.name}: precise positions through the day"
    day = station.precise
    tracks = [] if day is None else _tracks(answer, day)
    if day is None or not tracks:
        return Figure(title, (), f"{station.name} has no precise position.")
    x, hours_at = hour_scale(np.concatenate([hours for _, hours, _ in tracks]), 58.0, WIDTH - 12)
    later = [enu[hours >= day.kinematic.skip_h + hours[0]] for _, hours, enu in tracks]
    limit = max([_LEAST_CM, *(1.1 * float(np.percentile(np.abs(enu), 97)) for enu in later if len(enu))])
    parts, step = [], 1
    for i, (_, name) in enumerate(_DIRECTIONS):
        top = 24.0 + 158.0 * i
        y = Scale(-limit, limit, top + 126, top)
        parts += x_axis(x, top, top + 126, values=hours_at) if i == 2 else [line(float(x(h)), top, float(x(h)), top + 126) for h in hours_at]
        parts += y_axis(y, 58.0, WIDTH - 12, values=ticks(-limit, limit, 5), words=f"{name}, centimetres")
        for kind, hours, enu in tracks:
            step = max(1, len(hours) // _DOTS)
            inside = np.abs(enu[::step, i]) <= limit
            parts.append(marks(x(hours[::step][inside]), y(enu[::step, i][inside]), kind=kind))
    parts.append(text(WIDTH / 2, 512, "hour of the day, GPS time", kind="tq", anchor="middle"))
    said = _said(answer, day)
    every = f" Every {step}th epoch is drawn." if step > 1 else ""
    method = (
        f"Kinematic precise point positioning with {day.product}, forward from a cold start: a position for every epoch. "
        f"Against {day.about}. Figures leave out the first {day.kinematic.skip_h:g} h.{every}"
    )
    image = drawing(WIDTH, 520, parts, label=f"{title}. {said}")
    return Figure(title, (image,), said, method, _SOURCE, legend_of(answer))


def _tracks(answer: Assessment, day: PreciseDay) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    """Colour class, hours and east, north, up in centimetres of the solved epochs of each member."""
    out = []
    for member, kind in colour_classes(answer).items():
        epochs = day.kinematic.epochs
        rows = epochs.where((epochs["member"] == member) & (epochs["flag"] == 0))
        if len(rows) and rows.epochs is not None:
            out.append((kind, hours_of(answer, rows.epochs), 100.0 * np.stack([rows[name] for name, _ in _DIRECTIONS], axis=1)))
    return out


def _said(answer: Assessment, day: PreciseDay) -> str:
    known = colour_classes(answer)
    rows = [row for row in day.kinematic.answers if row["member"] in known]
    return "; ".join(f"{member_title(r['member'])}: 3D RMS {centimetres(r['rms_3d_m'])}, 95 % {centimetres(r['p95_3d_m'])}" for r in rows) + "."


def convergence_curves(answer: Assessment, stations: Sequence[AssessedStation]) -> Figure:
    """The middle of the errors of cold starts by the minutes since, a picture per station."""
    title = "How fast a cold start becomes good"
    started = [(station.name, station.precise) for station in stations if station.precise is not None and _has_starts(station.precise)]
    if not started:
        return Figure(title, (), "No station was observed long enough for a cold start of three hours.")
    wide = WIDTH if len(started) == 1 else _SMALL
    images = tuple(_curves(answer, name, day, wide) for name, day in started)
    hours, every = _longest_min(started[-1][1]) / 60.0, started[-1][1].sessions_every_h
    names = ", ".join(name for name, _ in started)
    data = f"{names}; starts from nothing every {every:g} h, each for {hours:.0f} h (armillary ppp --sessions-h {hours:.0f}: every hour)."
    method = (
        "Line: median over the starts of the 3D error so many minutes after, kinematic; a start without a position counts as infinitely wrong. "
        "Circle: median of the minutes until the error stays below 10 cm for ten minutes; the table has them in figures."
    )
    return Figure(title, images, data, method, _SOURCE, legend_of(answer), "wide" if len(images) == 1 else "several")


def _has_starts(day: PreciseDay) -> bool:
    return any(curve is not None and curve.sessions for curve in day.kinematic.convergence)


def _longest_min(day: PreciseDay) -> float:
    """Minutes of a cold start."""
    return max(float(curve.since_s[-1]) / 60.0 for curve in day.kinematic.convergence if curve is not None and len(curve.since_s))


def _curves(answer: Assessment, name: str, day: PreciseDay, width: float) -> str:
    longest, end = _longest_min(day), width - 8.0
    x, y = Scale(0.0, longest, 46, end), Scale(np.log10(_LOWEST_M), np.log10(_HIGHEST_M), 250, 26)
    parts = [text(0, 14, f"{name}: 3D error, metres", kind="tb")]
    parts += x_axis(x, 26, 250, values=ticks(0.0, longest, 6 if width == _SMALL else 12), words="minutes after a cold start")
    for level in (0.01, 0.1, 1.0, 10.0):
        place = float(y(np.log10(level)))
        parts += [line(46, place, end, place), text(40, place + 4, f"{level:g}", kind="tq", anchor="end")]
    for level in _LIMITS_M:
        place = float(y(np.log10(level)))
        parts.append(line(46, place, end, place, kind="none"))
    kinds, said, circles = colour_classes(answer), [], []
    for row, curve in zip(day.kinematic.answers, day.kinematic.convergence, strict=True):
        if curve is None or not curve.sessions or row["member"] not in kinds:
            continue
        minutes = row["convergence_min"]["0.10"]
        said.append(f"{member_title(row['member'])} 10 cm {minutes_words(float('inf') if minutes is None else minutes)}")
        minute, error = _thinned(curve.since_s / 60.0, curve.share_m(50.0))
        shown = np.where(np.isfinite(error), np.log10(np.clip(error, _LOWEST_M, _HIGHEST_M)), nan)
        parts.append(segments(x(minute), y(shown), kind=f"bar {kinds[row['member']]}"))
        if minutes is not None and minutes <= longest:
            circles.append(circle(float(x(minutes)), float(y(-1.0)), 5, kind=f"ring {kinds[row['member']]}", title=said[-1]))
    parts += circles
    parts += [text(end - 2, float(y(np.log10(level))) - 3, f"{100 * level:.0f} cm", kind="tq halo", anchor="end") for level in _LIMITS_M]
    return drawing(width, 292, parts, label=f"Convergence at {name}: {', '.join(said)}")


def _thinned(minute: NDArray[np.float64], error: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points that stand at least a third of a minute apart at first, then a minute."""
    kept = [0] if len(minute) else []
    for i, _ in pairwise(range(len(minute))):
        if kept and minute[i] - minute[kept[-1]] >= (0.3 if minute[i] < 30.0 else 1.0):
            kept.append(i)
    return minute[kept], error[kept]
