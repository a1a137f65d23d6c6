"""Navigation messages as RINEX 3.05 or 4.02 text, laid out by the tables that the reader uses.

Numbers are written with 13 significant digits (D19.12): what was read from a file comes back bit for bit, other doubles are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs
from armillary.core.navigation_messages import CorrectionRecord, MessageTable, Navigation, SystemTimeOffset
from armillary.core.satellites import unpack_one
from armillary.core.scales import to_calendar, to_day, to_week
from armillary.errors import InputError
from armillary.io.rinex_header import header_line
from armillary.io.rinex_nav_corrections import EOP_UNITS
from armillary.io.rinex_nav_layouts import (
    CLASSIC_KINDS,
    COLUMN_SCALE,
    CORRECTION_LAYOUTS,
    DEFAULT_MESSAGE,
    LABEL_SYSTEMS,
    LAYOUTS,
    SYSTEM_SCALE,
    TRANSMISSION_COLUMNS,
    UTC_NAMES,
    WEEK_ORIGINS,
    Layout,
)

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["VERSIONS", "left_out", "write"]

VERSIONS = (3.05, 4.02)
"""Versions that can be written."""

_BLANK = " " * 19
_SUNDAY = 3
_OFFSET_SYSTEMS = {"GP": "G", "GL": "R", "GA": "E", "BD": "C", "QZ": "J", "IR": "I", "SB": "S"}
_LABEL_OF = {system: label for label, system in LABEL_SYSTEMS.items()}


def left_out(navigation: Navigation, *, version: float) -> Mapping[str, int]:
    """What :func:`write` cannot put into a version: kind -> number of messages or records; empty for version 4.02."""
    if _is_modern(version):
        return {}
    counts = {f"{s} {kind}": len(table) for (s, kind), table in navigation.messages.items() if kind not in CLASSIC_KINDS.get(s, ())}
    for record in (*navigation.ionosphere, *navigation.earth_orientation):
        if not _classic_correction(record):
            name = f"{record.system} {record.kind}"
            counts[name] = counts.get(name, 0) + 1
    return counts


def write(navigation: Navigation, *, version: float = 3.05, reference: Reference | None = None) -> bytes:
    """RINEX text of version 3.05 or 4.02, one record after the other by system, kind and satellite.

    Version 3.05 has no place for modern messages, Earth orientation and some ionosphere models (:func:`left_out` counts them), gives
    ionosphere parameters five digits, and no quadratic term and no time of transmission of time offsets. Columns that a table lacks are
    left blank, except times, which follow from its epochs. Raises InputError for another version, an infinite number or a reference
    epoch that is not a whole second.
    """
    modern = _is_modern(version)
    lines = list(_header_lines(navigation, version, modern, reference))
    body: list[str] = []
    if modern:
        spare = _any_epoch(navigation)
        body += _offset_records(navigation.time_offsets, spare, reference)
        body += _correction_records((*navigation.earth_orientation, *navigation.ionosphere), spare, reference)
    for (system, kind), table in navigation.messages.items():
        if modern or kind in CLASSIC_KINDS.get(system, ()):
            body += _message_records(table, modern, reference)
    return b"".join(lines) + "".join(f"{line}\n" for line in body).encode("ascii", "replace")


def _is_modern(version: float) -> bool:
    if version not in VERSIONS:
        raise InputError(f"navigation files are written in RINEX {' or '.join(map(str, VERSIONS))}, not {version}")
    return version >= 4


def _classic_correction(record: CorrectionRecord) -> bool:
    return (record.kind == "KLOB" and record.system in _LABEL_OF) or (record.kind == "NEQN" and record.system == "E")


# Header


def _header_lines(navigation: Navigation, version: float, modern: bool, reference: Reference | None) -> Iterator[bytes]:
    header = navigation.header
    letters = {system for system, _ in navigation.messages}
    system = next(iter(letters)) if len(letters) == 1 and header.system in letters else "M"
    yield header_line(f"{version:9.2f}           {'NAVIGATION DATA':<20}{system}", "RINEX VERSION / TYPE")
    yield header_line(f"{header.program[:20]:<20}{header.run_by[:20]:<20}{header.date[:20]:<20}", "PGM / RUN BY / DATE")
    for comment in header.comments:
        yield header_line(comment, "COMMENT")
    for text in header.other:
        yield header_line(text[:60], text[60:80].strip())
    if not modern:
        for record in navigation.ionosphere:
            for content in _ionosphere_contents(record, reference):
                yield header_line(content, "IONOSPHERIC CORR")
        for offset in navigation.time_offsets:
            yield header_line(_offset_content(offset, reference), "TIME SYSTEM CORR")
    if header.leap_seconds is not None:
        yield header_line(f"{header.leap_seconds:6d}", "LEAP SECONDS")
    yield header_line("", "END OF HEADER")


def _ionosphere_contents(record: CorrectionRecord, reference: Reference | None) -> Iterator[str]:
    if not _classic_correction(record):
        return
    mark = record.source if len(record.source) == 1 else _hour_mark(record, reference)
    tail = f" {mark:1} {record.sat % 100:02d}" if record.sat is not None else f" {mark:1}"
    if record.kind == "NEQN":
        parts = {"GAL": record.values[:4]}
    else:
        label = _LABEL_OF[record.system]
        parts = {f"{label}A": record.values[:4], f"{label}B": record.values[4:8]}
    for label, values in parts.items():
        if not all(math.isnan(x) for x in values):
            numbers = "".join(_number(x, 12, 4) for x in values)
            yield f"{label:<4} {numbers:<48}{tail}"


def _hour_mark(record: CorrectionRecord, reference: Reference | None) -> str:
    if record.tai_ns is None:
        return ""
    _, ns = to_day(Epochs(np.array([record.tai_ns])), SYSTEM_SCALE[record.system], reference=reference)
    return chr(ord("A") + min(int(ns[0]) // (3600 * NS_PER_SECOND), 23))


def _offset_content(offset: SystemTimeOffset, reference: Reference | None) -> str:
    week, second = _week_and_second(offset, reference)
    utc = offset.utc_id if offset.utc_id.isdigit() else str(UTC_NAMES.index(offset.utc_id)) if offset.utc_id in UTC_NAMES[1:] else ""
    a0, a1 = _number(offset.a0_s, 17, 10), _number(offset.a1_s_s, 16, 9)
    return f"{offset.label:<4} {a0}{a1} {second:6d} {week:4d} {offset.source.split(' ')[0][:5]:<5} {utc:>2}"


def _week_and_second(offset: SystemTimeOffset, reference: Reference | None) -> tuple[int, int]:
    """Week and second as the label counts them; zeros where the reference is not known."""
    if offset.reference_tai_ns is None or offset.label[:2] not in WEEK_ORIGINS:
        return 0, 0
    scale, origin = WEEK_ORIGINS[offset.label[:2]]
    epochs = Epochs(np.array([offset.reference_tai_ns]))
    if scale == "UTC":
        day, ns = to_day(epochs, "UTC", reference=reference)
        week, day_of_week = divmod(int(day[0]) - _first_week_day(), 7)
        return week - origin, day_of_week * 86400 + int(ns[0]) // NS_PER_SECOND
    week_array, ns = to_week(epochs, scale)
    return int(week_array[0]) - origin, int(ns[0]) // NS_PER_SECOND


def _first_week_day() -> int:
    """Day since 1970-01-01 on which week 0 of GPST begins."""
    return 3657


# Numbers


def _number(value: float, width: int = 19, digits: int = 12) -> str:
    """A number in a field, blank for NaN; exponents of three digits take one digit of the mantissa."""
    if math.isnan(value):
        return " " * width
    if math.isinf(value):
        raise InputError("an infinite number cannot be written to a navigation file")
    text = f"{value:{width}.{digits}E}"
    return text if len(text) <= width else f"{value:{width}.{digits - 1}E}"


def _texts(column: NDArray[np.float64]) -> list[str]:
    return [_number(value) for value in column.tolist()]


# Records


def _message_records(table: MessageTable, modern: bool, reference: Reference | None) -> list[str]:
    """The lines of one table."""
    key = (table.system, table.kind)
    if key not in LAYOUTS:
        raise InputError(f"no record layout for {table.system} {table.kind} messages is known")
    layout = LAYOUTS[key]
    scale = SYSTEM_SCALE[table.system]
    blank = [_BLANK] * len(table)
    columns = {name: _texts(_in_file_units(table, name, scale, reference)) for name in layout.columns}
    fields = [[columns[name] if name else blank for name in line] for line in layout.lines]
    names = [unpack_one(sat) for sat in table.sat.tolist()]
    heads = [f"{name} {stamp}" for name, stamp in zip(names, _stamps(table.reference, scale, reference), strict=True)]
    rows: list[Iterable[str]] = [map("".join, zip(heads, *fields[0][1:], strict=True))]
    rows += [map("".join, zip(["    "] * len(table), *line, strict=True)) for line in fields[1:]]
    if modern:
        rows.insert(0, [f"> EPH {name} {table.kind}" for name in names])
    return [line for record in zip(*rows, strict=True) for line in record]


def _in_file_units(table: MessageTable, name: str, scale: str, reference: Reference | None) -> NDArray[np.float64]:
    """float64[n]: a column as the file has it; times that the table lacks as a column follow from its epochs."""
    if name in table.columns:
        return np.asarray(table.columns[name], np.float64) / COLUMN_SCALE.get(name, 1.0)
    if name == "toe_s":
        return _second_of_week(table.ephemeris, scale, reference)
    if name in TRANSMISSION_COLUMNS:
        return np.where(table.transmission_known, _second_of_week(table.transmission, scale, reference), np.nan)
    if name == "week" and scale != "UTC":
        # Only the week counter of BDT has its own origin in these files; the others are aligned with GPST.
        return np.asarray(to_week(table.ephemeris, scale if scale == "BDT" else "GPST")[0], np.float64)
    return np.full(len(table), np.nan)


def _second_of_week(epochs: Epochs, scale: str, reference: Reference | None) -> NDArray[np.float64]:
    day, ns = to_day(epochs, scale, reference=reference)
    return np.asarray(((day - _SUNDAY) % 7 * NS_PER_DAY + ns) / NS_PER_SECOND)


def _stamps(epochs: Epochs, scale: str, reference: Reference | None) -> list[str]:
    """``2023 01 01 00 00 00`` for each epoch."""
    date = to_calendar(epochs, scale, reference=reference)
    if np.any(date.ns):
        raise InputError("the reference epoch of a navigation message must be a whole second")
    parts = [part.tolist() for part in (date.year, date.month, date.day, date.hour, date.minute, date.second)]
    return [f"{y:04d} {mo:02d} {d:02d} {h:02d} {mi:02d} {s:02d}" for y, mo, d, h, mi, s in zip(*parts, strict=True)]


def _any_epoch(navigation: Navigation) -> int:
    """TAI nanoseconds that stand in for a missing reference epoch: of the first message, or the beginning of GPST."""
    firsts = [int(table.reference.tai_ns.min()) for table in navigation.messages.values() if len(table)]
    return min(firsts, default=(_first_week_day() * 86400 + 19) * NS_PER_SECOND) // NS_PER_SECOND * NS_PER_SECOND


def _offset_records(offsets: Sequence[SystemTimeOffset], spare: int, reference: Reference | None) -> Iterator[str]:
    for offset in offsets:
        source, _, message = offset.source.partition(" ")
        letter = source[:1] if source[:1] in SYSTEM_SCALE else _OFFSET_SYSTEMS.get(offset.label[:2], "G")
        tai_ns = spare if offset.reference_tai_ns is None else offset.reference_tai_ns
        stamp = _stamps(Epochs(np.array([tai_ns])), SYSTEM_SCALE[letter], reference)[0]
        satellite = source if source[:1] == letter and len(source) in (1, 3) else letter
        yield f"> STO {satellite:<3} {message or DEFAULT_MESSAGE[letter]}"
        yield f"    {stamp} {offset.label:<18} {offset.sbas_id[:18]:<18} {offset.utc_id[:18]:<18}"
        sent = math.nan if offset.transmission_s is None else offset.transmission_s
        yield "    " + "".join(map(_number, (sent, offset.a0_s, offset.a1_s_s, offset.a2_s_s2)))


def _correction_records(records: Sequence[CorrectionRecord], spare: int, reference: Reference | None) -> Iterator[str]:
    for record in records:
        words = record.label.split()
        named = len(words) == 3 and words[0] in ("ION", "EOP")
        message = words[2] if named else DEFAULT_MESSAGE.get(record.system, "LNAV")
        satellite = unpack_one(record.sat) if record.sat is not None else f"{record.system:<3}"
        yield f"> {'EOP' if record.kind == 'EOP' else 'ION'} {satellite} {message:<4} {record.source if named else ''}".rstrip()
        tai_ns = spare if record.tai_ns is None else record.tai_ns
        stamp = _stamps(Epochs(np.array([tai_ns])), SYSTEM_SCALE[record.system], reference)[0]
        fields = _correction_fields(record)
        for i, line in enumerate(_correction_layout(record).lines):
            numbers = "".join(_number(fields.get(name, math.nan)) for name in line[i == 0 :])
            yield f"    {stamp}{numbers}" if i == 0 else f"    {numbers}"


def _correction_layout(record: CorrectionRecord) -> Layout:
    layouts = CORRECTION_LAYOUTS[record.kind]
    return next((layout for layout in layouts if len(_value_names(layout)) >= len(record.values)), layouts[-1])


def _value_names(layout: Layout) -> list[str]:
    return [name for name in layout.columns if name not in ("transmission_s", "region")]


def _correction_fields(record: CorrectionRecord) -> dict[str, float]:
    """Field name -> number as the file has it."""
    units = EOP_UNITS if record.kind == "EOP" else (1.0,) * len(record.values)
    fields = {name: x / unit for name, x, unit in zip(_value_names(_correction_layout(record)), record.values, units, strict=False)}
    if record.transmission_s is not None:
        fields["transmission_s"] = record.transmission_s
    if record.region is not None:
        fields["region"] = float(record.region)
    return fields
