"""The pictures and tables of stations in an assessment: whose they are, how they are, what those hosted abroad bring, and errors by hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import isfinite, nan
from typing import Any

import numpy as np

from armillary.core.table import Table
from armillary.report.assess_figures import WIDTH, Figure, legend_of, letters_of
from armillary.report.assess_types import Assessment
from armillary.report.assess_words import member_title, members_of, number
from armillary.report.svg import Scale, drawing, line, rect, text, ticks, y_axis
from armillary.services._content import plural
from armillary.services._hosting import HostingAnswer, station_row

__all__ = ["HOUR_STEPS_M", "depth_bars", "depth_rows", "errors_by_hour", "state_rows"]

HOUR_STEPS_M = (0.3, 0.5, 0.8, 1.2, 2.0, 3.0, 5.0)
"""Limits of the classes of errors by hour."""
_CELL = 13.0
_ROW = 17.0
_SOURCE = "station table, observation and navigation files under Inputs."


def state_rows(answer: Assessment) -> list[dict[str, Any]]:
    """A row per station: whose, where, and its state of the day; those hosted abroad first."""
    rows = [station_row(station) for station in answer.stations if station.position is not None and station.quality is not None]
    for row in rows:
        row["hosting"] = {None: "not known", True: "hosted", False: "home"}[row["hosted"]]
        row["operator"], row["host"] = row["operator"] or "not known", row["host"] or "not known"
        row["longest_gap_min"] = row["longest_gap_s"] / 60.0
    return sorted(rows, key=lambda row: (row["hosting"] != "hosted", row["operator"], row["station"]))


def depth_rows(hosting: HostingAnswer) -> list[dict[str, Any]]:
    """A row per set of stations and system: depth by geometry and as received."""
    received = {(row["station_set"], row["constellation"]): row for row in hosting.received.summary.rows()}
    out = []
    for row in hosting.visible.summary.rows():
        got = received[row["station_set"], row["constellation"]]
        out.append(
            {
                "station_set": row["station_set"],
                "station_count": row["station_count"],
                "constellation": row["constellation"],
                "satellites": row["satellites"],
                "depth_visible": row["depth_mean"],
                "depth_mean": got["depth_mean"],
                "unseen_percent": got["unseen_percent"],
                "seen_twice_percent": got["seen_twice_percent"],
                "longest_unseen_h": got["longest_unseen_s"] / 3600.0,
            }
        )
    return out


def depth_bars(answer: Assessment) -> list[Figure]:
    """Per satellite how many stations receive it and what share of its orbit none does: a picture for each operator with stations hosted abroad."""
    title = "What hosted stations bring"
    if answer.hosting is None:
        return [Figure(title, (), "Tracking depth needs navigation files and the places of the stations.")]
    sets = answer.hosting.received.sets
    pairs = [(name.removesuffix(", home"), name, f"{name} and hosted") for name in sets if f"{name} and hosted" in sets]
    if not pairs:
        told = "No operator is known to have stations both at home and hosted by another; a table of stations can say who owns and who hosts each."
        return [Figure(title, (), told)]
    return [_depth_figure(answer, answer.hosting, *pair) for pair in pairs]


def _depth_figure(answer: Assessment, hosting: HostingAnswer, operator: str, home: str, both: str) -> Figure:
    by_sat = {name: _of_set(hosting.received.satellites, name) for name in (home, both)}
    sats = list(by_sat[both])
    image = _columns(operator, sats, by_sat[home], by_sat[both], letters_of(answer))
    names = {name: ", ".join(hosting.stations[i].name for i in hosting.received.sets[name]) for name in (home, both)}
    rows = [row for row in hosting.received.summary.rows() if row["station_set"] in (home, both)]
    said = "; ".join(
        f"{member_title(row['constellation'])} {'at home' if row['station_set'] == home else 'with hosted stations'}: "
        f"{row['depth_mean']:.2f} stations, {row['unseen_percent']:.1f} % unseen"
        for row in sorted(rows, key=lambda row: str(row["constellation"]))
    )
    instants = len(hosting.received.depth.instants)
    data = f"home: {names[home]}; home and hosted: {names[both]}; {instants} instants every {hosting.step_s / 60.0:g} minutes. {said}."
    method = (
        f"A satellite is seen where a station received any of its signals above {hosting.mask_deg:g}°. Top: mean number of stations, pale with "
        "those at home alone, full what hosted ones add. Bottom: share of the time at which none receives it, outline with those at home alone, "
        "full with hosted ones."
    )
    return Figure(f"What hosted stations bring: {operator}", (image,), data, method, _SOURCE, legend_of(answer, joint=False))


def _of_set(table: Table, name: str) -> dict[str, Mapping[str, Any]]:
    return {str(row["sat"]): row for row in table.rows() if row["station_set"] == name}


def _columns(
    operator: str, sats: Sequence[str], home: Mapping[str, Mapping[str, Any]], both: Mapping[str, Mapping[str, Any]], letters: Mapping[str, str]
) -> str:
    most = max([float(both[sat]["depth_mean"]) for sat in sats] or [1.0])
    depth, unseen = Scale(0, 1.05 * max(most, 0.1), 190, 26), Scale(0, 100, 348, 248)
    parts = y_axis(depth, 44, WIDTH - 4, values=ticks(0, 1.05 * max(most, 0.1)), words="stations that receive it, mean")
    parts += y_axis(unseen, 44, WIDTH - 4, values=(0, 25, 50, 75, 100), words="share of the time received by none, %")
    pitch = min((WIDTH - 52) / max(len(sats), 1), 40.0)
    wide = pitch * 0.74
    for k, sat in enumerate(sats):
        x, kind = 48 + k * pitch, letters.get(sat[:1], "ink")
        before, after = (float(rows[sat]["depth_mean"]) if sat in rows else nan for rows in (home, both))
        low, high = (float(rows[sat]["unseen_percent"]) if sat in rows else nan for rows in (both, home))
        words = f"{sat}: {number(before)} stations at home, {number(after)} with hosted ones; unseen {number(high, '%', 1)}, {number(low, '%', 1)}"
        if isfinite(before):
            parts.append(rect(x, float(depth(before)), wide, 190 - float(depth(before)), kind=f"faint {kind}", title=words))
            parts.append(rect(x, float(depth(after)), wide, float(depth(before)) - float(depth(after)), kind=f"fill {kind}", title=words))
            parts.append(rect(x, float(unseen(high)), wide, 348 - float(unseen(high)), kind=f"hollow {kind}", title=words))
        parts.append(rect(x, float(unseen(low)), wide, 348 - float(unseen(low)), kind=f"fill {kind}", title=words))
        middle = x + wide / 2 + 4
        parts.append(f'<text transform="translate({middle:.1f} 355) rotate(-90)" class="tq" text-anchor="end">{sat}</text>')
    parts += [line(44, y, WIDTH - 4, y, kind="ax") for y in (190, 348)]
    gained = [float(both[sat]["depth_mean"]) - float(home[sat]["depth_mean"]) for sat in sats if sat in home]
    more = number(float(np.mean(gained)) if gained else nan)
    words = f"Tracking depth of {len(sats)} satellites by stations of {operator}: hosted stations add {more} on average"
    return drawing(WIDTH, 388, parts, label=words)


def errors_by_hour(answer: Assessment) -> Figure:
    """Root mean square of the 3D error of each hour: a row per station, a picture per member."""
    title = "3D errors by hour"
    located = [station for station in answer.stations if station.position is not None and station.position.truth is not None]
    if not located:
        return Figure(title, (), "No station has a position to compare with: errors by hour are unobserved.")
    images = []
    for member in members_of(answer):
        rows = []
        for station in located:
            rows += [(station.name, row["d3_rms_by_hour_m"]) for row in station.positioning if row["member"] == member]
        images.append(_hours(member, rows))
    steps = [f"{a:g}–{b:g} m" for a, b in pairwise(HOUR_STEPS_M)]
    words = (f"below {HOUR_STEPS_M[0]:g} m", *steps, f"{HOUR_STEPS_M[-1]:g} m and more")
    legend = tuple((f"r{7 - i}", said) for i, said in enumerate(words))
    sources = sorted({station.position.truth.source for station in located if station.position is not None and station.position.truth is not None})
    data = f"{plural(len(located), 'station')} against {'; '.join(sources[:3])}{' and others' if len(sources) > 3 else ''}."
    method = "Root mean square of the 3D errors of the epochs solved in each hour of GPS time; outlined: no epoch was solved."
    return Figure(title, tuple(images), data, method, "observation and navigation files under Inputs.", legend, "maps")


def _hours(member: str, rows: Sequence[tuple[str, Sequence[float]]]) -> str:
    left, top = 46.0, 38.0
    parts = [text(0, 14, member_title(member), kind="tb")]
    for hour in range(0, 25, 6):
        parts.append(text(left + hour * _CELL, top - 6, f"{hour} h", kind="tq", anchor="middle"))
    for k, (name, errors) in enumerate(rows):
        y = top + k * _ROW
        parts.append(text(0, y + 12, name[:5], kind="tq"))
        for hour, error in enumerate(errors):
            x = left + hour * _CELL
            level = 7 - int(np.searchsorted(HOUR_STEPS_M, error, side="right")) if isfinite(error) else None
            kind = "none" if level is None else f"r{level}"
            parts.append(rect(x, y, _CELL - 1, _ROW - 1, kind=kind, title=f"{name}, {hour} to {hour + 1} h: {number(error, 'm')}"))
    known = [error for _, errors in rows for error in errors if isfinite(error)]
    words = (
        f"{member_title(member)}: errors of {plural(len(rows), 'station')} by hour, median {number(float(np.median(known)) if known else nan, 'm')}"
    )
    if known:
        name, hour, error = max(((n, h, e) for n, errors in rows for h, e in enumerate(errors) if isfinite(e)), key=lambda found: found[2])
        words += f", largest {error:.2f} m at {name} in hour {hour}"
    return drawing(left + 24 * _CELL + 18, top + len(rows) * _ROW + 4, parts, label=words)
