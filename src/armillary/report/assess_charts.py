"""The pictures of services in an assessment: ranges, geometry, time, signals and events, each with its data, method and source."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from armillary.navigation.availability import FREE
from armillary.report.assess_figures import WIDTH, Figure, coast, colour_classes, hour_scale, hours_of, legend_of, letters_of
from armillary.report.assess_types import AssessedStation, Assessment
from armillary.report.assess_words import member_title, number, pair_title
from armillary.report.svg import Scale, circle, drawing, error_bar, line, rect, text, ticks, x_axis, y_axis
from armillary.services._content import plural
from armillary.services.availability import AvailabilityAnswer

__all__ = ["RAMP", "availability_maps", "event_timeline", "offset_routes", "signal_bars", "sisre_bars"]

_SHARE_STEPS = (50.0, 70.0, 80.0, 90.0, 95.0, 99.0, 99.9)
_PDOP_STEPS = (1.0, 1.25, 1.5, 2.0, 2.5, 3.5, 6.0)
RAMP = ("#440154", "#46327e", "#365c8d", "#277f8e", "#1fa187", "#4ac16d", "#a0da39", "#fde725")
"""Viridis in eight steps, low to high: told apart with any colour vision and in grey."""


def sisre_bars(answer: Assessment) -> list[Figure]:
    """SISRE of every satellite, a picture per precise product."""
    title = "Signal-in-space range error by satellite"
    given = answer.signal_in_space
    if given is None or not len(given.satellites):
        return [Figure(title, (), "No precise orbits to compare with were given.")]
    letters, out = letters_of(answer), []
    for reference in dict.fromkeys(str(name) for name in given.satellites["reference"]):
        rows = [r for r in given.satellites.rows() if r["reference"] == reference and r["sat"][:1] in letters]
        seen = [r for r in rows if r["n"] and isfinite(r["sisre_rms_m"])]
        if not seen:
            out.append(Figure(f"{title}, {reference}", (), f"{reference} and the messages have no satellite with a clock in common."))
            continue
        none = [r["sat"] for r in rows if r not in seen]
        image = _columns([(r["sat"], r["sisre_rms_m"], r["sisre_p95_m"], letters[r["sat"][:1]]) for r in seen], reference)
        lacking = f" Not compared: {', '.join(none)}." if none else ""
        data = f"{sum(r['n'] for r in seen)} epochs of {len(seen)} satellites against {reference}.{lacking}"
        method = "Bar: root mean square; mark: 95 %. " + " ".join(f"{rule[:1].upper()}{rule[1:]}." for rule in given.rules)
        out.append(Figure(f"{title}, {reference}", (image,), data, method, f"broadcast messages and {reference}.", legend_of(answer, joint=False)))
    return out


def _columns(rows: Sequence[tuple[str, float, float, str]], reference: str) -> str:
    top = max(max(level, high if isfinite(high) else 0.0) for _, level, high, _ in rows)
    y = Scale(0, 1.04 * top, 240, 26)
    parts = y_axis(y, 44, WIDTH - 4, values=ticks(0, 1.04 * top), words="metres")
    pitch = min((WIDTH - 52) / len(rows), 40.0)
    for k, (sat, level, high, kind) in enumerate(rows):
        x = 48 + k * pitch
        words = f"{sat}: {level:.2f} m, 95 % {high:.2f} m"
        parts.append(rect(x, float(y(level)), pitch * 0.72, 240 - float(y(level)), kind=f"fill {kind}", title=words))
        if isfinite(high):
            parts.append(line(x, float(y(high)), x + pitch * 0.72, float(y(high)), kind=f"bar {kind}"))
        middle = x + pitch * 0.36 + 4
        parts.append(f'<text transform="translate({middle:.1f} 247) rotate(-90)" class="tq" text-anchor="end">{sat}</text>')
    parts.append(line(44, 240, WIDTH - 4, 240, kind="ax"))
    worst = max(rows, key=lambda row: row[1])
    best = min(rows, key=lambda row: row[1])
    words = f"Bars of {len(rows)} satellites against {reference}: best {best[0]} {best[1]:.2f} m, worst {worst[0]} {worst[1]:.2f} m"
    return drawing(WIDTH, 282, parts, label=words)


def availability_maps(answer: Assessment) -> list[Figure]:
    """Share of time with good geometry, and median PDOP, for each member."""
    maps = answer.availability
    if maps is None:
        return [Figure("Availability and geometry", (), "No orbits for the constellations were given.")]
    source = f"orbits: {maps.orbits}; coastlines: Natural Earth."
    rows, columns = maps.geometry.places.shape
    if rows < 2:
        return [Figure("Availability and geometry", (), "The places of the answer are no grid; see the figures above.")]
    span = f"{len(maps.times)} epochs, {rows} × {columns} places."
    method = f"Share of time with PDOP ≤ {maps.limit_pdop:g} above {maps.mask_deg:g}°, each system's receiver clock free."
    shares = 100.0 * maps.geometry.available[:, FREE]
    share = Figure("Share of time with good geometry", _maps(maps, shares, _SHARE_STEPS), span, method, source, _steps(_SHARE_STEPS, "%"), "maps")
    dops = maps.geometry.median_pdop[:, FREE]
    flipped = tuple((f"r{7 - i}", words) for i, (_, words) in enumerate(_steps(_PDOP_STEPS, "")))
    dop = Figure("Median PDOP", _maps(maps, dops, _PDOP_STEPS, high_is_bad=True), span, "Median over the day.", source, flipped, "maps")
    return [share, dop]


def _steps(steps: Sequence[float], unit: str) -> tuple[tuple[str, str], ...]:
    between = [f"{a:g}–{b:g} {unit}" for a, b in pairwise(steps)]
    return tuple((f"r{i}", words.strip()) for i, words in enumerate((f"below {steps[0]:g} {unit}", *between, f"{steps[-1]:g} {unit} and more")))


def _maps(maps: AvailabilityAnswer, values: NDArray[np.float64], steps: Sequence[float], *, high_is_bad: bool = False) -> tuple[str, ...]:
    places = maps.geometry.places
    rows, columns = places.shape
    images = []
    names = list(maps.geometry.members)
    for member in (name for name in names if "+" not in name or name == names[-1]):  # other combinations are in the table
        k = names.index(member)
        level = np.searchsorted(steps, values[k].reshape(rows, columns), side="right")
        level = 7 - level if high_is_bad else level
        x, y = Scale(-180, 180, 0, 360), Scale(90, -90, 22, 202)
        latitude = np.degrees(places.latitude_rad).reshape(rows, columns)[:, 0]
        edges = np.concatenate([[-90.0], (latitude[1:] + latitude[:-1]) / 2, [90.0]])
        longitude = np.degrees(places.longitude_rad).reshape(rows, columns)[0]
        half = 180.0 / columns
        left, right = (np.clip(x(longitude + side * half), x.start, x.end) for side in (-1, 1))
        bands = y(edges)
        parts = [text(0, 14, member_title(member), kind="tb")]
        for i in range(rows):
            starts = np.flatnonzero(np.diff(level[i], prepend=-1))
            ends = np.append(starts[1:], columns)
            high, low = f"{bands[i + 1] - 0.2:.1f}", f"{bands[i] + 0.2:.1f}"
            cells = zip(level[i, starts].tolist(), left[starts].tolist(), right[ends - 1].tolist(), strict=True)
            parts += [f'<path class="r{of}" d="M{a:.1f} {high}H{b + 0.3:.1f}V{low}H{a:.1f}z"/>' for of, a, b in cells]
        parts.append(coast(x, y, "shore"))
        row = next(r for r in maps.summary.rows() if r["member"] == member)
        said = f"{member_title(member)}: {row['mean_percent']:.1f} % on average, {row['worst_percent']:.1f} % at the worst place"
        images.append(drawing(360, 202, parts, label=f"World map, {said}, median PDOP {row['median_pdop']:.2f}"))
    return tuple(images)


def offset_routes(answer: Assessment) -> Figure:
    """Offsets between system times by every route."""
    title = "Time offsets by route"
    rows = [row for row in answer.time_offset.rows() if isfinite(row["offset_ns"])]
    if not rows:
        return Figure(title, (), "No route to any offset was found in the files.")
    ends = [row["offset_ns"] + side * (row["sigma_ns"] if isfinite(row["sigma_ns"]) else 0.0) for row in rows for side in (-1, 1)]
    low, high = min(0.0, *ends), max(0.0, *ends)
    pad = max(0.06 * (high - low), 1.0)
    x = Scale(low - pad, high + pad, 350, WIDTH - 150)
    pairs = list(dict.fromkeys(row["pair"] for row in rows))
    bottom = 10.0 + 24.0 * (len(rows) + len(pairs))
    parts = x_axis(x, 6, bottom, values=ticks(x.low, x.high), words="offset, nanoseconds; bar: one standard deviation")
    parts.append(line(float(x(0)), 6, float(x(0)), bottom, kind="ax"))
    y = 0.0
    for pair in pairs:
        y += 24.0
        parts.append(text(0, y, pair_title(pair), kind="tb"))
        for row in (r for r in rows if r["pair"] == pair):
            y += 24.0
            kind = "mj" if row["agrees"] else "bad"
            at = float(x(row["offset_ns"]))
            half = row["sigma_ns"] / (x.high - x.low) * (x.end - x.start) if isfinite(row["sigma_ns"]) else 0.0
            parts += [text(14, y, row["route"][:46]), error_bar(at, y - 4, half, kind=kind), circle(at, y - 4, 5, kind=f"fill {kind}")]
            agree = "" if row["agrees"] else "  disagrees"
            parts.append(text(WIDTH, y, f"{row['offset_ns']:+.1f} ± {number(row['sigma_ns'], '', 1)}{agree}", kind="tx", anchor="end"))
    label = "; ".join(f"{pair_title(row['pair'])} by {row['route']}: {row['offset_ns']:+.1f} ns" for row in rows)
    method = (
        "Second system time less the first, as named. A receiver's route holds that receiver's own delays between the systems, its sigma does not."
    )
    source = "time corrections of the navigation files; clocks that the stations estimate."
    return Figure(title, (drawing(WIDTH, bottom + 46, parts, label=label),), f"{plural(len(rows), 'route')}.", method, source)


def signal_bars(answer: Assessment, station: AssessedStation) -> Figure:
    """Completeness and multipath of every signal."""
    title = f"{station.name}: quality by signal"
    rows = [] if station.quality is None else list(station.quality.signals.rows())
    classes = colour_classes(answer)
    if not rows:
        return Figure(title, (), f"No observations of {station.name} were received above the mask.")
    top = max([row["mp_rms_m"] for row in rows if isfinite(row["mp_rms_m"])] or [0.1])
    whole, multipath = Scale(0, 100, 150, 480), Scale(0, 1.05 * top, 590, WIDTH - 62)
    bottom = 30.0 + 23.0 * len(rows)
    parts = [text(150, 14, "completeness, %", kind="tq"), text(590, 14, "multipath and noise, metres RMS", kind="tq")]
    parts += [*x_axis(whole, 22, bottom, values=(0, 25, 50, 75, 100)), *x_axis(multipath, 22, bottom, values=ticks(0, 1.05 * top, 5))]
    for k, row in enumerate(rows):
        y = 27.0 + 23.0 * k
        kind = f"fill {classes.get(row['constellation'], 'mj')}"
        parts.append(text(0, y + 13, f"{member_title(row['constellation'])} {row['signal']}"))
        percent = 100.0 * row["completeness"]
        parts += [rect(150, y, float(whole(percent)) - 150, 16, kind=kind), text(488, y + 13, f"{percent:.1f}", kind="tq")]
        mp = row["mp_rms_m"]
        if isfinite(mp):
            parts.append(rect(590, y, float(multipath(mp)) - 590, 16, kind=kind))
        parts.append(text(float(multipath(mp)) + 6 if isfinite(mp) else 596, y + 13, number(mp), kind="tq"))
    label = "; ".join(f"{row['constellation']} {row['signal']}: {100 * row['completeness']:.1f} %, {number(row['mp_rms_m'], 'm')}" for row in rows)
    data = f"{len(rows)} signals of {station.name}; basis of completeness: {', '.join(sorted({row['basis'] for row in rows}))}."
    method = "Share of the epochs at which healthy satellites were expected; multipath from code less phases, mean of each arc removed."
    legend = legend_of(answer, joint=False)
    return Figure(title, (drawing(WIDTH, bottom + 24, parts, label=f"{title}: {label}"),), data, method, "observation files under Inputs.", legend)


def event_timeline(answer: Assessment) -> Figure:
    """What happened when, a lane per place and kind."""
    title = "Events through the day"
    rows = list(answer.events.rows())
    if not rows:
        return Figure(title, (), "No event was logged. What was not observed cannot be in the log.")
    lanes: dict[tuple[str, str], list[dict[str, object]]] = {}
    for row in rows:
        where = " ".join(part for part in (str(row["sat"]), str(row["station"])) if part) or "network"
        lanes.setdefault((str(row["kind"]), where), []).append(row)
    shown = sorted(lanes)[:60]
    letters = letters_of(answer)
    ns = np.array([[row["start_tai_ns"], row["end_tai_ns"]] for row in rows], np.int64)
    x, hours_at = hour_scale(np.append(hours_of(answer, ns).ravel(), [0.0, 24.0]), 300, WIDTH - 16)
    bottom = 12.0 + 22.0 * len(shown)
    parts = x_axis(x, 6, bottom, values=hours_at, words="hour of the day, GPS time")
    for k, (kind, where) in enumerate(shown):
        y = 10.0 + 22.0 * k
        if k % 2:
            parts.append(rect(0, y - 2, WIDTH - 16, 22, kind="lane"))
        parts += [text(0, y + 14, kind[:24]), text(290, y + 14, where[:18], kind="tq", anchor="end")]
        colour = letters.get(where[:1], "ink") if lanes[kind, where][0]["sat"] else "ink"
        for row in lanes[kind, where]:
            a, b = (x.at(h) for h in hours_of(answer, np.array([row["start_tai_ns"], row["end_tai_ns"]], np.int64)).tolist())
            parts.append(rect(a - (1.5 if b - a < 3 else 0), y + 3, max(b - a, 3.0), 12, kind=f"fill {colour}", title=str(row["evidence"])))
    more = f" {len(lanes) - len(shown)} lanes more are in the table only." if len(lanes) > len(shown) else ""
    label = f"Timeline of {len(rows)} events: " + "; ".join(f"{kind} {where}" for kind, where in shown[:20])
    legend = (*legend_of(answer, joint=False), ("ink", "station or network"))
    method = f"A bar from the first to the last instant of an event; the table tells the evidence.{more}"
    return Figure(
        title, (drawing(WIDTH, bottom + 46, parts, label=label),), f"{plural(len(rows), 'event')}.", method, "all files under Inputs.", legend
    )
