"""The pictures of stations and positions in an assessment, each with its data, method and source; a picture that nothing was given for says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import cos, isfinite, radians, sin

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.geodesy import to_enu, to_geodetic
from armillary.core.scales import from_iso
from armillary.core.table import Table
from armillary.report.assess_types import AssessedStation, Assessment
from armillary.report.assess_words import detailed, member_title, members_of, number
from armillary.report.coastlines import coastlines
from armillary.report.palette import JOINT, member_colours, other_colours
from armillary.report.svg import Scale, circle, drawing, line, marks, text, ticks, x_axis, y_axis
from armillary.services._content import plural
from armillary.services.position import PositionAnswer

__all__ = [
    "WIDTH",
    "Figure",
    "coast",
    "colour_classes",
    "colours",
    "hour_scale",
    "hours_of",
    "legend_of",
    "letters_of",
    "position_errors",
    "position_scatter",
    "sky_views",
    "station_map",
]

WIDTH = 960.0
SERIES_DOTS = 720
"""Most dots of one member in one panel."""
OTHER_OWNERS = ("o1", "o2", "o3")
"""Colour classes of operators that run none of the systems assessed."""
_HOUR_NS = NS_PER_DAY // 24
_DIRECTIONS = (("east_m", "East"), ("north_m", "North"), ("up_m", "Up"))


@dataclass(frozen=True, slots=True)
class Figure:
    """One picture or several small ones side by side."""

    title: str
    images: tuple[str, ...]
    """SVG; empty: nothing was given, and ``data`` says why."""
    data: str
    method: str = ""
    source: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    """Colour class and words."""
    layout: str = "wide"


def colour_classes(answer: Assessment) -> dict[str, str]:
    """Member -> CSS class of its colour, and ``class -> colour`` rules in :mod:`armillary.report.assess_page`."""
    return {member: f"m{i}" for i, member in enumerate(members_of(answer))}


def legend_of(answer: Assessment, *, joint: bool = True) -> tuple[tuple[str, str], ...]:
    """Colour class and title of each system, and of all together if ``joint``."""
    return tuple((kind, member_title(member)) for member, kind in colour_classes(answer).items() if joint or "+" not in member)


def letters_of(answer: Assessment) -> dict[str, str]:
    """RINEX letter -> colour class of the system."""
    classes = colour_classes(answer)
    return {c.letter: classes[c.name] for c in answer.federation}


@lru_cache(maxsize=8)
def _day_start_ns(day: str) -> int:
    return int(from_iso(day[:10] + "T00:00:00", "GPST").tai_ns[0])


def hours_of(answer: Assessment, epochs: Epochs | NDArray[np.int64]) -> NDArray[np.float64]:
    """Hours of the day in GPS time."""
    ns = epochs.tai_ns if isinstance(epochs, Epochs) else epochs
    return np.asarray((ns - _day_start_ns(answer.day)) / _HOUR_NS, np.float64)


def hour_scale(hours: NDArray[np.float64], start: float, end: float) -> tuple[Scale, list[float]]:
    """A scale that holds the hours, and the ticks of its axis."""
    known = hours[np.isfinite(hours)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 24.0)
    if high - low > 12.0:
        low, high = np.floor(low / 3) * 3, np.ceil(high / 3) * 3
        return Scale(low, high, start, end), [float(h) for h in np.arange(low, high + 0.1, 3.0)]
    low, high = (low, high) if high - low > 0.05 else (low - 0.5, high + 0.5)
    return Scale(low, high, start, end), ticks(low, high, 8)


def station_map(answer: Assessment) -> Figure:
    """Where the stations stand; a ring marks one hosted by another operator's country."""
    placed = [s for s in answer.stations if s.position_m is not None and all(isfinite(x) for x in s.position_m)]
    title = "Where the stations stand"
    if not placed:
        return Figure(title, (), "No station with a known place was given.")
    places = [to_geodetic(np.array(station.position_m)) for station in placed]
    spots = np.degrees([[float(place.longitude_rad), float(place.latitude_rad)] for place in places])
    x, y, height = _window(spots)
    parts = [coast(x, y, "landfill", closed=True)]
    parts += [line(0, float(y(d)), WIDTH, float(y(d))) for d in range(-60, 90, 30)]
    parts += [line(float(x(d)), 0, float(x(d)), height) for d in range(-150, 180, 30)]
    dots = [(float(x(lon)), float(y(lat))) for lon, lat in spots]
    used = [(across - 12, across + 12, down + 4.5) for across, down in dots]
    names_drawn = []
    owners = _owner_classes(answer, placed)
    for station, (lon, lat), (across, down) in zip(placed, spots.tolist(), dots, strict=True):
        kind = owners[station.operator]
        where = f"{station.name}: {lat:.2f}°, {lon:.2f}°; operator {station.operator or 'not given'}, host {station.host or 'not given'}"
        parts.append(circle(across, down, 6, kind=f"fill {kind}", title=where))
        if station.hosted:
            parts.append(circle(across, down, 10, kind=f"ring {kind}"))
        names_drawn.append(_label(station.name, across, down, used))
    parts += names_drawn
    names = ", ".join(s.name for s in placed)
    hosts = [f"{s.name}: {s.operator or 'operator not given'}, hosted by {s.host or 'not given'}" for s in placed if s.operator or s.host]
    abroad = sum(bool(s.hosted) for s in placed)
    data = f"{plural(len(placed), 'station')}, {abroad} of them hosted by another. {'; '.join(hosts)}".strip()
    legend = tuple((kind, operator or "operator not known") for operator, kind in owners.items())
    told = sorted({station.site.said_by for station in placed if station.site.said_by})
    source = f"operators and hosts: {', '.join(told) or 'not given'}; coastlines: Natural Earth 1:110m, reduced."
    image = drawing(WIDTH, height, parts, label=f"Map with {plural(len(placed), 'station')}: {names}")
    return Figure(title, (image,), data, "Dot: station, in the colour of its operator; ring: hosted on another's ground.", source, legend)


def _owner_classes(answer: Assessment, stations: Sequence[AssessedStation]) -> dict[str, str]:
    """Operator -> colour class: that of the system it runs, else further ones in turn."""
    classes = colour_classes(answer)
    of_system = {c.operator: classes[c.name] for c in answer.federation}
    operators = sorted({station.operator for station in stations})
    others = [operator for operator in operators if operator and operator not in of_system]
    spare = dict(zip(others, OTHER_OWNERS, strict=False))
    return {operator: of_system.get(operator, spare.get(operator, "ink")) for operator in operators}


def _window(spots: NDArray[np.float64]) -> tuple[Scale, Scale, float]:
    """The part of the world map that holds longitudes and latitudes (degrees, [n, 2]) with room around them, and its height."""
    west, south = spots.min(axis=0)
    east, north = spots.max(axis=0)
    wide = min(360.0, max(1.35 * (east - west), 2.2 * 1.5 * (north - south), 120.0))
    high = wide / 2.2
    left = min(max((west + east - wide) / 2, -180.0), 180.0 - wide)
    top = max(min((south + north + high) / 2, 90.0), high - 90.0)
    height = WIDTH / 2.2
    return Scale(left, left + wide, 0, WIDTH), Scale(top, top - high, 0, height), height


def _label(name: str, x: float, y: float, used: list[tuple[float, float, float]]) -> str:
    """A name beside its dot, moved until it covers no other name."""
    width = 8.2 * len(name) + 6
    left = x + width + 12 > WIDTH
    anchor = "end" if left else "start"
    start = x - 13 - width if left else x + 13
    place = y + 4.5
    for step in (0, 16, -16, 32, -32, 48, -48, 64, -64):
        place = y + 4.5 + step
        if all(abs(place - other) >= 15 or start + width < begin or start > end for begin, end, other in used):
            break
    used.append((start, start + width, place))
    return text(x - 13 if left else x + 13, place, name, kind="tb halo", anchor=anchor)


@lru_cache(maxsize=4)
def coast(x: Scale, y: Scale, kind: str, *, closed: bool = False) -> str:
    """Coastlines as one path; a page has several maps of one size."""
    d = []
    for shore in coastlines():
        places = np.stack([x(shore[:, 0]), y(shore[:, 1])], axis=1).round(1)
        d.append("M" + "L".join(f"{a:g} {b:g}" for a, b in places.tolist()) + ("Z" if closed else ""))
    return f'<path class="{kind}" d="{"".join(d)}"/>'


def position_errors(answer: Assessment, station: AssessedStation) -> Figure:
    """East, north and up through the day."""
    title = f"{station.name}: position errors through the day"
    tracks = _tracks(answer, station.position)
    if station.position is None or not tracks:
        return Figure(title, (), f"{station.name} has no solved epoch: position errors are unobserved.")
    solved = np.concatenate([hours for _, hours, _ in tracks])
    x, hours_at = hour_scale(solved, 58.0, WIDTH - 12)
    level = _limit([enu[:, :2] for _, _, enu in tracks])
    limits = (level, level, _limit([enu[:, 2:] for _, _, enu in tracks]))
    parts, step = [], 1
    for i, ((_, name), limit) in enumerate(zip(_DIRECTIONS, limits, strict=True)):
        top = 24.0 + 158.0 * i
        y = Scale(-limit, limit, top + 126, top)
        parts += x_axis(x, top, top + 126, values=hours_at) if i == 2 else [line(float(x(h)), top, float(x(h)), top + 126) for h in hours_at]
        parts += y_axis(y, 58.0, WIDTH - 12, values=ticks(-limit, limit, 5), words=f"{name}, metres")
        for kind, hours, enu in tracks:
            step = max(1, len(hours) // SERIES_DOTS)
            inside = np.abs(enu[::step, i]) <= limit
            parts.append(marks(x(hours[::step][inside]), y(enu[::step, i][inside]), kind=kind))
    parts.append(text(WIDTH / 2, 512, "hour of the day, GPS time", kind="tq", anchor="middle"))
    image = drawing(WIDTH, 520, parts, label=f"{title}. {_error_words(station.position)}")
    every = f" Every {step}th epoch is drawn." if step > 1 else ""
    method = f"{_about(station.position)} Single-point positions from codes, each system alone and all together.{every}"
    data = f"{len(station.position.observed)} epochs of {station.name}. {_error_words(station.position)}"
    return Figure(title, (image,), data, method, "observation and navigation files under Inputs.", legend_of(answer))


def position_scatter(answer: Assessment) -> Figure:
    """East and north of every station; the circle holds 95 % of the epochs."""
    title = "Scatter on the ground"
    images, names = [], []
    for station in detailed(answer):
        tracks = _tracks(answer, station.position)
        if not tracks:
            continue
        names.append(station.name)
        wide = 1.1 * max(float(np.percentile(np.hypot(enu[:, 0], enu[:, 1]), 97)) for _, _, enu in tracks)
        limit = max(wide, 0.1)
        x, y = Scale(-limit, limit, 40, 390), Scale(-limit, limit, 375, 25)
        at = ticks(-limit, limit, 5)
        parts = [*x_axis(x, 25, 375, values=at, words="East, metres"), *y_axis(y, 40, 390, values=at, words=f"{station.name}: north, metres")]
        said = []
        for kind, _, enu in tracks:
            step = max(1, len(enu) // SERIES_DOTS)
            part = enu[::step]
            inside = (np.abs(part[:, :2]) <= limit).all(axis=1)
            parts.append(marks(x(part[inside, 0]), y(part[inside, 1]), kind=kind))
            radius = float(np.percentile(np.hypot(enu[:, 0], enu[:, 1]), 95))
            said.append(f"{radius:.2f} m")
            if radius <= limit:
                parts.append(circle(float(x(0)), float(y(0)), radius / limit * 175, kind=f"ring {kind}"))
        images.append(
            drawing(400, 420, parts, label=f"{station.name}: 95 % of horizontal errors within {', '.join(said)} (in the order of the legend)")
        )
    if not images:
        return Figure(title, (), "No station has a solved epoch: position errors are unobserved.")
    about = _about(next(s.position for s in answer.stations if s.position is not None))
    data = f"the same epochs as above, {', '.join(names)}."
    method = f"{about} Circles hold 95 % of all epochs; the widest 3 % may lie outside the frame."
    return Figure(title, tuple(images), data, method, "observation and navigation files under Inputs.", legend_of(answer), "several")


def _tracks(answer: Assessment, position: PositionAnswer | None) -> list[tuple[str, NDArray[np.float64], NDArray[np.float64]]]:
    """Colour class, hours and east, north, up in metres of the solved epochs of each member."""
    if position is None or position.epochs.epochs is None:
        return []
    out = []
    middle = None if position.truth is not None else _median_place(position.epochs)
    for member, kind in colour_classes(answer).items():
        rows = position.epochs.where((position.epochs["member"] == member) & (position.epochs["flag"] == 0))
        if not len(rows) or rows.epochs is None:
            continue
        if middle is None:
            enu = np.stack([rows[name] for name, _ in _DIRECTIONS], axis=1)
        else:
            enu = to_enu(np.stack([rows[axis] for axis in ("x_m", "y_m", "z_m")], axis=1) - middle, origin_m=middle)
        good = np.isfinite(enu).all(axis=1)
        if good.any():
            out.append((kind, hours_of(answer, rows.epochs)[good], enu[good]))
    return out


def _median_place(epochs: Table) -> NDArray[np.float64]:
    """Median position of the last member, all together."""
    solved = epochs.where((epochs["flag"] == 0) & (epochs["member"] == epochs["member"][-1]))
    return np.array([np.median(solved[axis]) if len(solved) else np.nan for axis in ("x_m", "y_m", "z_m")])


def _about(position: PositionAnswer) -> str:
    if position.truth is None:
        return "Against the day's median position of all systems together (no known coordinate was given)."
    return f"Against {position.truth.source}."


def _error_words(position: PositionAnswer) -> str:
    """Of each system alone and of all together; other combinations are in the table."""
    every = list(position.summary.rows())
    rows = [row for row in every if "+" not in row["member"] or row is every[-1]]
    return "; ".join(f"{member_title(r['member'])}: 3D RMS {number(r['rms_3d_m'], 'm')}, 95 % {number(r['p95_3d_m'], 'm')}" for r in rows) + "."


def _limit(parts: Sequence[NDArray[np.float64]]) -> float:
    """Half-width of an axis, metres: 99.5 % of every member's errors."""
    return max(0.1, *(1.1 * float(np.percentile(np.abs(part), 99.5)) for part in parts))


def sky_views(answer: Assessment) -> Figure:
    """Where satellites were received, and where they were missed."""
    title = "The sky of each station"
    letters, images = letters_of(answer), []
    for station in detailed(answer):
        tracks = None if station.quality is None else station.quality.tracks
        if tracks is not None and tracks.sat is not None and len(tracks):
            images.append(_sky(station.name, tracks, letters))
    if not images:
        return Figure(title, (), "No orbits for the sky of any station were given.")
    legend = (*legend_of(answer, joint=False), ("ink", "expected above 10° and not received"))
    data = f"{plural(len(images), 'station')}, every five minutes."
    method = "Centre: zenith; rim: horizon; north is up. A dot is a satellite received on any signal."
    return Figure(title, tuple(images), data, method, "broadcast or precise orbits under Inputs.", legend, "several")


def _sky(name: str, tracks: Table, letters: dict[str, str]) -> str:
    middle, radius = 190.0, 165.0
    parts = [circle(middle, middle + 12, radius * (90 - e) / 90, kind="gr") for e in (0, 30, 60)]
    parts += [line(middle - radius, middle + 12, middle + radius, middle + 12), line(middle, middle + 12 - radius, middle, middle + 12 + radius)]
    azimuth, elevation = np.radians(tracks["azimuth_deg"]), tracks["elevation_deg"]
    reach = radius * (90.0 - elevation) / 90.0
    x, y = middle + reach * np.sin(azimuth), middle + 12 - reach * np.cos(azimuth)
    letter = np.asarray(tracks["sat"]).astype("U1")
    received = tracks["received"].astype(bool)
    for key, kind in letters.items():
        chosen = (letter == key) & received
        parts.append(marks(x[chosen], y[chosen], kind=kind))
    known = np.isin(letter, list(letters))
    missed = known & ~received & (elevation >= 10.0)
    parts.append(marks(x[missed], y[missed], kind="missed"))
    for azimuth_deg, word in ((0, "N"), (90, "E"), (180, "S"), (270, "W")):
        a = radians(azimuth_deg)
        parts.append(text(middle + (radius + 12) * sin(a), middle + 16.5 - (radius + 12) * cos(a), word, kind="tq", anchor="middle"))
    parts += [text(middle + 4, middle + 12 - radius * (90 - e) / 90 + 13, f"{e}°", kind="tq halo") for e in (30, 60)]
    parts.append(text(0, 14, name, kind="tb"))
    share = 100.0 * float(received[known & (elevation >= 10.0)].mean()) if (known & (elevation >= 10.0)).any() else float("nan")
    return drawing(380, 385, parts, label=f"Skyplot of {name}: {number(share, '%', 1)} of places above 10 degrees received")


def colours(answer: Assessment) -> dict[str, str]:
    """Colour class -> colour on white paper; ``mj`` is the colour of the joint answer."""
    by_member = member_colours(members_of(answer))
    others = dict(zip(OTHER_OWNERS, other_colours(members_of(answer), len(OTHER_OWNERS)), strict=True))
    return others | {kind: by_member[member] for member, kind in colour_classes(answer).items()} | {"mj": JOINT, "bad": "#b3261e", "ink": "#1b1f24"}
