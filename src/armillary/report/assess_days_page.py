"""The page of several assessed days: a row per day and member, a picture of the days, and a way to the page of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary import __version__
from armillary.report.assess_words import member_title, number
from armillary.report.palette import lighter, member_colours
from armillary.report.svg import Scale, drawing, marks, segments, text, ticks, y_axis
from armillary.services._earlier import EarlierDay
from armillary.services.assess import AssessmentOfDays

__all__ = ["days_page", "earlier_list"]

_WIDTH, _TOP, _BOTTOM = 960.0, 28.0, 250.0
_MOST_DATES = 12


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A figure of the summary through the days."""

    column: str
    factor: float
    name: str
    unit: str
    title: str


_CODES = _Drawn("p95_3d_m", 1.0, "3D 95 %", "metres", "Errors by day")
_PRECISE = _Drawn("precise_rms_3d_m", 100.0, "3D RMS of precise positions", "centimetres", "Precise positions by day")


def days_page(answer: AssessmentOfDays, at: Path) -> str:
    """The page as text; it stands at ``at`` and links to those in the folders of days."""
    systems = member_title(str(answer.federation))
    title = f"{systems}: {len(answer.folders)} days assessed"
    rows = "".join(_row(row, answer, at) for row in answer.summary.rows())
    warned = "".join(f"<li>{escape(words)}</li>" for words in (*answer.failures, *answer.warnings))
    scatter = f"<p>{escape(answer.remarks[0][:1].upper() + answer.remarks[0][1:])}.</p>" if answer.scatter else ""
    style = files("armillary.report").joinpath("page.css").read_text(encoding="utf-8") + _colours(answer)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title><style>{style}</style></head>\n<body>'
        f'<header><h1>{escape(title)}</h1><p class="under">{escape(answer.title)}</p></header>\n<main>'
        f'<section id="days"><h2>Errors by day</h2>{scatter}'
        f"<figure>{_picture(answer, _CODES)}<figcaption><b>Data:</b> 3D error below which 95 % of epochs lie, median over the stations of each day. "
        f"<b>Method:</b> single-point positions from codes and broadcast messages, each system alone and all together. "
        f"Medians are over the same stations for every system. The gain is that of the 3D 95 % error over the best system alone, on the same epochs. "
        f"A line joins days that follow each other.</figcaption></figure>{_precise(answer)}"
        f'<div class="scroll" tabindex="0" role="region" aria-label="Days"><table><thead><tr>{_heads(answer)}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
        f"{earlier_list(answer.earlier, answer.out)}"
        f"{f'<h2>Warnings</h2><ul class=plain>{warned}</ul>' if warned else ''}</main>\n"
        f"<footer>Made by armillary {escape(__version__)}. Medians over the stations of a day; all rows are in the store.</footer></body></html>\n"
    )


def earlier_list(days: Sequence[EarlierDay], at: Path) -> str:
    """Links from a page in the folder ``at`` to days that an earlier run left there; empty where there are none."""
    links = "".join(
        f'<li><a href="{escape(item.page.relative_to(at).as_posix(), quote=True)}">{escape(item.day)}</a>: {escape(member_title(item.systems))}</li>'
        for item in days
    )
    words = "Not of this run: their pages stay as they were written, their rows are in the store."
    return f'<section id="earlier"><h2>From an earlier run</h2><p>{words}</p><ul class="plain">{links}</ul></section>' if links else ""


def _row(row: dict[str, Any], answer: AssessmentOfDays, at: Path) -> str:
    day, member = str(row["day"]), str(row["member"])
    link = (answer.folders[day] / "report.html").relative_to(at.parent).as_posix()
    cells = [f'<td class=k><a href="{escape(link, quote=True)}">{day}</a></td>', f"<td class=k>{escape(member_title(member))}</td>"]
    cells += [f"<td class=n>{row['stations']}</td>"]
    cells += [f"<td class=n>{escape(number(row[name]))}</td>" for name in ("solved_percent", "rms_3d_m", "p95_3d_m")]
    joint, gain = member == _members(answer)[-1], answer.gains.get(day, nan)
    cells.append(f"<td class=n>{f'× {gain:.2f}' if isfinite(gain) else '–'}</td>" if joint else "<td></td>")
    if _PRECISE.column in row:
        minutes = row["precise_10cm_min"]
        cells.append(f"<td class=n>{escape(number(100.0 * row[_PRECISE.column], digits=1))}</td>")
        cells.append(f"<td class=n>{'never' if minutes == inf else escape(number(minutes, digits=0))}</td>")
    cells.append(f"<td class=n>{answer.events.get(day, '–')}</td>" if joint else "<td></td>")
    return f"<tr>{''.join(cells)}</tr>"


def _heads(answer: AssessmentOfDays) -> str:
    heads = ["Stations", "Solved, %", "3D RMS, m", "3D 95 %, m", "Gain of joining"]
    heads += ["PPP 3D RMS, cm", "PPP to 10 cm, min"] if _PRECISE.column in answer.summary.columns else []
    words = "".join(f'<th scope="col" class=n>{head}</th>' for head in (*heads, "Events"))
    return f'<th scope="col">Day</th><th scope="col">Systems</th>{words}'


def _precise(answer: AssessmentOfDays) -> str:
    """Precise positions through the days; empty where no day has any."""
    if _PRECISE.column not in answer.summary.columns:
        return ""
    products = sorted({name for name in answer.products.values() if name})
    missing = [day for day in answer.folders if not answer.products.get(day)]
    without = f" No precise orbits and clocks: {escape(', '.join(missing))}." if missing else ""
    return (
        f"<h3>Precise positions</h3><figure>{_picture(answer, _PRECISE)}<figcaption><b>Data:</b> 3D root mean square error of kinematic precise "
        f"point positions once converged, median over the stations of each day.{without} <b>Method:</b> precise point positioning with "
        f"{escape(', '.join(products))}, forward from a cold start each day, against the known coordinate of the station, else its own static "
        f"position (agreement, not accuracy). Minutes in the table are those until a cold start is good to 10 cm, median over starts through the day."
        f"</figcaption></figure>"
    )


def _picture(answer: AssessmentOfDays, what: _Drawn) -> str:
    """A line per member through the days."""
    days = list(answer.folders)
    error = what.factor * answer.summary[what.column]
    known = error[np.isfinite(error)]
    top = 1.1 * float(known.max()) if len(known) else 1.0
    x, y = Scale(0.0, max(len(days) - 1.0, 1.0), 60.0, _WIDTH - 20.0), Scale(0.0, top, _BOTTOM, _TOP)
    parts = y_axis(y, 60.0, _WIDTH - 20.0, values=ticks(0.0, top, 5), words=f"{what.name}, {what.unit}")
    step = -(-len(days) // _MOST_DATES)
    for i in range(0, len(days), step):
        anchor = "start" if i == 0 else "end" if i == len(days) - 1 else "middle"
        parts.append(text(float(x(i)), _BOTTOM + 18, days[i], kind="tq", anchor=anchor))
    for i, member in enumerate(_members(answer)):
        mine = answer.summary["member"] == member
        when, value = answer.summary["day"][mine], y(error[mine])
        place = np.array([days.index(str(day)) for day in when], np.float64)
        parts.append(segments(*_with_gaps(when, x(place), value), kind=f"trace d{i}"))
        parts.append(marks(x(place), value, kind=f"big d{i}"))
    key = "".join(f'<span><span class="swatch d{i}"></span>{escape(member_title(m))}</span>' for i, m in enumerate(_members(answer)))
    said = "; ".join(f"{member_title(m)} {_span(error[answer.summary['member'] == m], what.unit)}" for m in _members(answer))
    image = drawing(_WIDTH, _BOTTOM + 30, parts, label=f"{what.title}, {what.name}: {said}")
    return f'<div class="legend">{key}</div><div class="scroll" tabindex="0" role="region" aria-label="{what.title}">{image}</div>'


def _with_gaps(days: NDArray[np.str_], x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A line through days in order, interrupted where a day is missing between two."""
    missing = 1 + np.flatnonzero(np.diff(days.astype("datetime64[D]")) > np.timedelta64(1, "D"))
    return np.insert(x, missing, np.nan), np.insert(y, missing, np.nan)


def _span(errors: NDArray[np.float64], unit: str) -> str:
    values = [float(v) for v in errors if isfinite(v)]
    return f"{number(min(values))} to {number(max(values))} {unit}" if values else "unobserved"


def _members(answer: AssessmentOfDays) -> list[str]:
    return [str(member) for member in answer.federation.alone_and_joint()]


def _colours(answer: AssessmentOfDays) -> str:
    shades = [member_colours(_members(answer))[member] for member in _members(answer)]
    light = "".join(f".d{i}{{--c:{shade}}}" for i, shade in enumerate(shades))
    dark = "".join(f".d{i}{{--c:{lighter(shade)}}}" for i, shade in enumerate(shades))
    return f"{light}@media screen and (prefers-color-scheme:dark){{{dark}}}.trace{{stroke:var(--c);fill:none;stroke-width:1.5}}"
