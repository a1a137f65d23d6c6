"""An assessment as one self-contained HTML page: the answer first, then the pictures, then what it was made from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from importlib.resources import files
from math import isfinite
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from armillary import __version__
from armillary.core.epochs import Epochs
from armillary.core.scales import to_iso
from armillary.io.saving import save_bytes
from armillary.report import assess_charts as charts
from armillary.report import assess_figures as figures
from armillary.report import assess_hosting as hosts
from armillary.report import assess_precise as precise
from armillary.report.assess_columns import ADDED, AVAILABLE, DEPTH, GROUPS, LIMITS, OFFSETS, POSITIONS, PRECISE, SIGNALS, STATE
from armillary.report.assess_days_page import days_page, earlier_list
from armillary.report.assess_figures import Figure
from armillary.report.assess_limit_words import MEANING, quantity_words
from armillary.report.assess_types import Assessment
from armillary.report.assess_words import (
    NOT_SEEN,
    Cell,
    Verdict,
    detailed,
    headline,
    left_out,
    member_title,
    members_of,
    not_detailed,
    number,
    pair_title,
    verdicts,
)
from armillary.report.palette import lighter
from armillary.services.assess import AssessmentOfDays

__all__ = ["page", "write"]

_CHIPS = {"met": "good", "better together": "good", "missed": "bad", "worse together": "bad", "pending": "wait"}
_VERDICTS = ("met", "missed", "pending", NOT_SEEN)
_SECTIONS = (
    *(
        ("stations", "Stations"),
        ("hosting", "Hosting"),
        ("positioning", "Positioning"),
        ("precise", "Precise positioning"),
        ("signal-in-space", "Signal in space"),
        ("availability", "Availability and geometry"),
    ),
    *(("time-offset", "Time offsets"), ("quality", "Station quality"), ("events", "Health and events"), ("standards", "Published limits")),
    ("inputs", "Inputs"),
)
_SHARES = frozenset({"completeness"})
"""Columns of shares, printed in percent."""
_TITLES = {"member": member_title, "added": member_title, "constellation": member_title, "pair": pair_title}
"""Columns of names, and how these are printed."""
_WIDE = frozenset({"quantity", "conditions", "note"})
"""Columns of sentences."""
_MOST_EVENTS = 200
_MOST_DOUBTS = 4
_DOUBT = re.compile(r"\b(position|coordinate)")
_ADDED = "What one system more brings: errors on the epochs that both solve, median over the stations that compare; geometry over the globe"
_SHORT = 20
"""Characters of an entry that is kept on one line."""
_SOME, _MANY = 6, 10
"""Columns of a table that is wider than a phone, and of one that is wider than a small screen."""
_SHORT_TABLE = 12
"""Rows of a table that is printed on one sheet, under its caption."""


def write(answer: Assessment | AssessmentOfDays, path: Path) -> None:
    """Write the page of a day, or that of several days with links to those, to ``path``, UTF-8; it needs nothing outside itself.

    InputError names the file if it cannot be written.
    """
    save_bytes((days_page(answer, path) if isinstance(answer, AssessmentOfDays) else page(answer)).encode(), path)


def page(answer: Assessment) -> str:
    """The page as text."""
    systems = member_title(members_of(answer)[-1])
    title = f"Joint service assessment of {answer.day}: {systems}"
    style = files("armillary.report").joinpath("page.css").read_text(encoding="utf-8") + _colour_rules(answer)
    sections = {
        "stations": _stations(answer),
        "hosting": _hosting(answer),
        "positioning": _positioning(answer),
        "precise": _precise(answer),
        "signal-in-space": _signal_in_space(answer),
        "availability": _availability(answer),
        "time-offset": _time_offset(answer),
        "quality": _quality(answer),
        "events": _events(answer),
        "standards": _standards(answer),
        "inputs": _inputs(answer),
    }
    body = "".join(
        f'<section id="{key}" aria-labelledby="h-{key}"><h2 id="h-{key}">{name}</h2>{sections[key]}</section>\n' for key, name in _SECTIONS
    )
    links = "".join(f'<li><a href="#{key}">{name}</a></li>' for key, name in _SECTIONS)
    earlier = earlier_list(answer.earlier, answer.earlier[0].folder.parent) if answer.earlier else ""
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title><style>{style}</style></head>\n<body>'
        f'<a class="skip" href="#answer">To the answer</a><header><h1>{escape(systems)}: joint service assessment</h1>'
        f'<p class="under">{_scope(answer)}</p></header>\n<main><section id="answer" aria-label="The answer">'
        f'<p class="lead">{escape(headline(answer))}</p>{_warned(answer)}{_verdict_table(answer)}</section>\n'
        f'<nav aria-label="Sections"><ul>{links}</ul></nav>\n{body}{earlier}</main>\n'
        f"<footer>Made by armillary {escape(__version__)} from the files under Inputs. {NOT_SEEN.capitalize()} means that nothing was there to be "
        f"measured, not that the service was unavailable.</footer></body></html>\n"
    )


def _warned(answer: Assessment) -> str:
    """How many warnings there are, and those about positions in full: a figure below may not mean what it seems to."""
    every = (*answer.failures, *answer.warnings)
    if not every:
        return ""
    doubtful = [words for words in every if _DOUBT.search(" ".join(part for part in words.split() if "/" not in part))]  # not in names of folders
    said = "".join(f"<li>{escape(words)}</li>" for words in doubtful[:_MOST_DOUBTS])
    count = f'<a href="#warnings">{len(every)} warning{"s" if len(every) > 1 else ""}</a>'
    precise_ones = sum(words.startswith("PPP, ") for words in every)
    plain_ones = sum(not words.startswith("PPP, ") for words in doubtful)
    kinds = [f"{n} of them about {what}" for n, what in ((plain_ones, "positions"), (precise_ones, "precise positions")) if n]
    told = f", {', '.join(kinds) or 'none of them about positions'}{':' if doubtful else '.'}"
    return f'<div class="warned{" doubt" if doubtful else ""}">{count}{told}{f"<ul class=plain>{said}</ul>" if said else ""}</div>'


def _scope(answer: Assessment) -> str:
    stations = len(answer.stations)
    return escape(f"{answer.day} (GPS time) · {stations} station{'s' if stations != 1 else ''} · {len(answer.inputs)} input files")


def _colour_rules(answer: Assessment) -> str:
    light = figures.colours(answer)
    dark = {kind: lighter(colour) for kind, colour in light.items()} | {"ink": "#e8ecf1"}
    ramp = "".join(f".r{i}{{fill:{colour};--c:{colour}}}" for i, colour in enumerate(charts.RAMP))
    paper = "".join(f".{kind}{{--c:{colour}}}" for kind, colour in light.items())
    night = "".join(f".{kind}{{--c:{colour}}}" for kind, colour in dark.items())
    return f"{ramp}{paper}@media screen and (prefers-color-scheme:dark){{{night}}}"


def _chip(word: str, *, before: str = "") -> str:
    if not word:
        return ""
    meaning = f' title="{escape(MEANING[word], quote=True)}"' if word in MEANING else ""
    return f'<span class="chip {_CHIPS.get(word, "")}"{meaning}>{before}{escape(word)}</span>'


def _verdict_table(answer: Assessment) -> str:
    members = members_of(answer)
    classes = figures.colour_classes(answer)
    names = [member_title(member) for member in members]
    heads = "".join(f'<th scope="col"><span class="swatch {classes[m]}"></span>{escape(name)}</th>' for m, name in zip(members, names, strict=True))
    joined = len(members) > 1
    gain = '<th scope="col" class="gain">Gain of joining</th>' if joined else ""
    rows = "".join(_verdict_row(verdict, names, joined=joined) for verdict in verdicts(answer))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Verdict per service"><table class="answer"><thead><tr>'
        f'<th scope="col">Service</th>'
        f"{heads}{gain}</tr></thead><tbody>{rows}</tbody></table></div>{_pending_said(rows)}"
    )


def _pending_said(rows: str) -> str:
    """What a pending badge means, where there is one."""
    return f'<p class="under small">Limit pending: {MEANING["pending"][:1].lower()}{MEANING["pending"][1:]}</p>' if ">limit pending<" in rows else ""


def _verdict_row(verdict: Verdict, names: Sequence[str], *, joined: bool) -> str:
    cells = "".join(f'<td data-of="{escape(name, quote=True)}">{_cell(cell)}</td>' for name, cell in zip(names, verdict.cells, strict=True))
    gain = f'<td class="gain" data-of="Gain">{_cell(verdict.gain)}</td>' if joined else ""
    return f'<tr><th scope="row"><a href="#{verdict.section}">{escape(verdict.service)}</a></th>{cells}{gain}</tr>'


def _cell(cell: Cell) -> str:
    main = _chip(cell.main) if cell.main == NOT_SEEN else f"<b>{escape(cell.main)}</b>"
    small = f"<small>{escape(cell.small)}</small>" if cell.small else ""
    verdict = _chip(cell.verdict, before="limit ") if cell.verdict in _VERDICTS else _chip(cell.verdict)
    return f"<div>{main} {verdict}{small}</div>"


def _figure(figure: Figure) -> str:
    title = escape(figure.title)
    if not figure.images:
        return f'<h3>{title}</h3><p class="given-not"><b>Not given.</b> {escape(figure.data)}</p>'
    legend = "".join(f'<span><span class="swatch {kind}"></span>{escape(words)}</span>' for kind, words in figure.legend)
    words = "".join(
        f"<b>{name}:</b> {escape(value)} " for name, value in (("Data", figure.data), ("Method", figure.method), ("Source", figure.source)) if value
    )
    if figure.layout == "wide":
        images = f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(figure.title, quote=True)}">{figure.images[0]}</div>'
    else:
        images = f'<div class="several {figure.layout}">{"".join(f"<div>{image}</div>" for image in figure.images)}</div>'
    key = f'<div class="legend">{legend}</div>' if legend else ""
    return f"<figure><h3>{title}</h3>{key}{images}<figcaption>{words}</figcaption></figure>"


def _side_by_side(several: Iterable[Figure]) -> str:
    """Pictures of one kind: below each other on a screen, two in a row on paper."""
    return f'<div class="twos">{"".join(f"<div>{_figure(figure)}</div>" for figure in several)}</div>'


def _table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str], caption: str) -> str:
    """Rows as a table for reading: columns that the rows have, figures to the right."""
    kept = list(rows)
    names = [name for name in columns if not kept or name in kept[0]]
    numeric = {name: any(isinstance(row[name], int | float) and not isinstance(row[name], bool) for row in kept) for name in names}
    heads = "".join(f'<th scope="col"{" class=n" if numeric[name] else ""}>{escape(columns[name])}</th>' for name in names)
    body = "".join("<tr>" + "".join(_entry(name, row[name], numeric=numeric[name]) for name in names) + "</tr>" for row in kept)
    said = escape(caption, quote=True)
    short = " class=short" if len(kept) <= _SHORT_TABLE else ""
    many = " cols many" if len(names) >= _MANY else " cols" if len(names) >= _SOME else ""
    return (
        f'<div class="scroll{many}" tabindex="0" role="region" aria-label="{said}"><table{short}><caption>{said}</caption><thead>'
        f"<tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _entry(name: str, value: Any, *, numeric: bool) -> str:
    if name == "verdict":
        return f"<td>{_chip(str(value))}</td>"
    if name in _WIDE:
        return f"<td class=w>{escape(quantity_words(str(value)) if name == 'quantity' else str(value))}</td>"
    if isinstance(value, bool):
        words = "yes" if value else "no"
    elif isinstance(value, float):
        words = "–" if not isfinite(value) else number(100.0 * value if name in _SHARES else value)
    else:
        words = _TITLES[name](str(value)) if name in _TITLES else str(value)
    kind = " class=n" if numeric else " class=k" if len(words) <= _SHORT else ""
    return f"<td{kind}>{escape(words)}</td>"


def _stations(answer: Assessment) -> str:
    words = not_detailed(answer)
    return _figure(figures.station_map(answer)) + (f"<p>{escape(words)}</p>" if words else "") + _figure(figures.sky_views(answer))


def _hosting(answer: Assessment) -> str:
    drawn = "".join(_figure(figure) for figure in hosts.depth_bars(answer))
    said = sorted({station.site.said_by for station in answer.stations if station.site.said_by})
    known = f"Operators and hosts by {', '.join(said)}." if said else "No file says who owns or hosts the stations."
    rows = hosts.state_rows(answer)
    state = _table(rows, STATE, f"State of the stations, those hosted abroad first; 3D error of all systems together. {known}") if rows else ""
    depth = _table(hosts.depth_rows(answer.hosting), DEPTH, "Stations that see a satellite, by geometry and as received") if answer.hosting else ""
    return f"<p>{escape(known)}</p>{drawn}{state}{depth}"


def _positioning(answer: Assessment) -> str:
    words = left_out(answer)
    parts = [f"<p>{escape(words)}</p>"] if words else []
    parts += [_figure(hosts.errors_by_hour(answer))]
    rows = [
        {"station": station.name, "epochs": len(station.position.observed), **row}
        for station in detailed(answer)
        if station.position is not None
        for row in station.positioning
    ]
    parts.append(
        _table(rows, POSITIONS, "Errors of each station; the text below its picture names the position they are measured against") if rows else ""
    )
    parts.append(_side_by_side(figures.position_errors(answer, station) for station in detailed(answer)))
    added = _table(answer.additions, ADDED, _ADDED) if answer.additions else ""
    return added + "".join(parts) + _figure(figures.position_scatter(answer))


def _precise(answer: Assessment) -> str:
    stations = [station for station in detailed(answer) if station.precise is not None]
    if not stations:
        why = answer.precise.reason or "no station was solved; the warnings say why"
        return f'<p class="given-not"><b>Not given.</b> Precise positions are unobserved: {escape(why)}.</p>'
    caption = (
        f"Precise point positioning with {answer.precise.name}: kinematic once converged, minutes of cold starts, and the error of a static day at "
        f"its end. {precise.against(stations)}"
    )
    table = _table(precise.precise_rows(stations), PRECISE, caption)
    drawn = _side_by_side(precise.precise_errors(answer, station) for station in stations)
    return _figure(precise.convergence_curves(answer, stations)) + table + drawn


def _signal_in_space(answer: Assessment) -> str:
    given = answer.signal_in_space
    drawn = "".join(_figure(figure) for figure in charts.sisre_bars(answer))
    if given is None:
        return drawn
    caption = "Groups of satellites, root mean squares; radial, along and cross without antenna offset"
    lines = "".join(f"<li>{escape(words)}</li>" for words in (*given.remarks, *given.warnings))
    return drawn + _table(given.groups.where(given.groups["n_orbit"] > 0).rows(), GROUPS, caption) + f'<ul class="plain quiet">{lines}</ul>'


def _availability(answer: Assessment) -> str:
    drawn = "".join(_figure(figure) for figure in charts.availability_maps(answer))
    if answer.availability is None:
        return drawn
    lines = "".join(f"<li>{escape(words)}</li>" for words in (*answer.availability.remarks, *answer.availability.warnings))
    return _table(answer.availability.summary.rows(), AVAILABLE, answer.availability.title) + drawn + f'<ul class="plain quiet">{lines}</ul>'


def _time_offset(answer: Assessment) -> str:
    drawn = _figure(charts.offset_routes(answer))
    return drawn + (_table(answer.time_offset.rows(), OFFSETS, "Offsets by pair and route") if len(answer.time_offset) else "")


def _quality(answer: Assessment) -> str:
    if not answer.stations:
        return '<p class="given-not"><b>Not given.</b> No observation file was given.</p>'
    drawn = _side_by_side(charts.signal_bars(answer, station) for station in detailed(answer))
    rows = [row for station in detailed(answer) if station.quality is not None for row in station.quality.signals.rows()]
    table = f"<details><summary>Every signal in figures</summary>{_table(rows, SIGNALS, 'Signals of the stations')}</details>" if rows else ""
    return drawn + table


def _events(answer: Assessment) -> str:
    drawn = _figure(charts.event_timeline(answer))
    rows = list(answer.events.rows())
    if not rows:
        return drawn
    said = [
        {
            "kind": row["kind"],
            "where": " ".join(part for part in (str(row["sat"]), str(row["station"])) if part) or "network",
            "from": _clock(row["start_tai_ns"]),
            "to": _clock(row["end_tai_ns"]),
            "evidence": row["evidence"],
        }
        for row in rows[:_MOST_EVENTS]
    ]
    heads = {"kind": "Event", "where": "Where", "from": "From, GPST", "to": "To, GPST", "evidence": "Evidence"}
    more = f", the first {_MOST_EVENTS} of {len(rows)}" if len(rows) > _MOST_EVENTS else ""
    return drawn + _table(said, heads, f"Event log{more}")


def _clock(tai_ns: int) -> str:
    return str(to_iso(Epochs(np.array([tai_ns], np.int64)), "GPST", 0)[0])[:19].replace("T", " ")


def _standards(answer: Assessment) -> str:
    if not len(answer.standards):
        return '<p class="given-not"><b>Not given.</b> No published limit was held against this day.</p>'
    words = " ".join(f"{word.capitalize()}: {meaning[:1].lower()}{meaning[1:]}" for word, meaning in MEANING.items())
    return f"<p>{words}</p>" + _table(map(_with_unit, answer.standards.rows()), LIMITS, "Limits held against the day")


def _with_unit(row: Mapping[str, Any]) -> dict[str, Any]:
    """A limit and its measurement in words: a dash where the limit is not known, unobserved where nothing was measured."""
    unit = {"percent": "%"}.get(str(row["unit"]), str(row["unit"]))
    limit = f"{row['limit']:.4g} {unit}" if isfinite(row["limit"]) else "–"
    measured = f"{row['measured']:.4g} {unit}" if isfinite(row["measured"]) else NOT_SEEN
    table = f"table {row['table']}" if str(row["table"]).startswith("not ") else row["table"]
    return {**row, "document": f"{row['document']}, {table}", "limit": limit, "measured": measured}


def _inputs(answer: Assessment) -> str:
    files_read = "".join(
        f"<tr><td>{escape(PurePath(item.path).name)}</td><td>{escape(item.role)}</td><td>{escape(item.what)}</td>"
        f'<td class="code">{escape(item.sha256[:16])}</td></tr>'
        for item in answer.inputs
    )
    table = (
        '<div class="scroll" tabindex="0" role="region" aria-label="Input files"><table><caption>Files that were read</caption><thead><tr>'
        '<th scope="col">File</th><th scope="col">Role</th><th scope="col">Content</th><th scope="col">SHA-256, first 16</th></tr></thead>'
        f"<tbody>{files_read}</tbody></table></div>"
    )
    if not answer.inputs:
        table = '<p class="given-not"><b>Not given.</b> The answer names no input file.</p>'
    warned = "".join(f"<li>{escape(words)}</li>" for words in (*answer.failures, *answer.warnings))
    return table + (f'<h3 id="warnings">Warnings</h3><ul class="plain">{warned}</ul>' if warned else "")
