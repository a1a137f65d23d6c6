"""Ionosphere, time offset and Earth orientation records of navigation files: header lines of versions 2 and 3, records of version 4.

The sign of a time offset follows its label: BDUT is BDT - UTC, GLUT the time of system R - UTC (that is -tau_c, the number that
``CORR TO SYSTEM TIME`` of RINEX 2 holds too); whole seconds are left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs
from armillary.core.navigation_messages import CorrectionRecord, SystemTimeOffset
from armillary.core.scales import from_calendar, from_day, from_week, to_day
from armillary.io.loss_log import LossLog
from armillary.io.rinex_header import HeaderLine, float_field, int_field, text_field
from armillary.io.rinex_nav_layouts import CORRECTION_LAYOUTS, IONOSPHERE_KINDS, LABEL_SYSTEMS, SYSTEM_SCALE, UTC_NAMES, WEEK_ORIGINS, Layout
from armillary.io.rinex_nav_scan import Scan, grouped, sound_records, text_of

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["EOP_UNITS", "header_ionosphere", "header_time_offsets", "record_corrections", "with_day"]

_ARCSECOND = math.pi / (180 * 3600)
_DAY = float(NS_PER_DAY // NS_PER_SECOND)
EOP_UNITS = tuple(unit / _DAY**power for unit in (_ARCSECOND, _ARCSECOND, 1.0) for power in range(3))
"""File units of the nine Earth orientation numbers (arcseconds and seconds, per day and per day squared) in SI."""

_KLOBUCHAR = tuple(f"{name}{i}" for name in ("alpha", "beta") for i in range(4))
_VERSION_2_LABEL = "GLUT"


def header_ionosphere(lines: Iterable[HeaderLine], log: LossLog) -> tuple[CorrectionRecord, ...]:
    """The ionosphere parameters of a header; the A and B lines of one satellite and time mark make one Klobuchar record."""
    records: list[CorrectionRecord] = []
    halves: dict[tuple[str, str, int | None], tuple[int, str]] = {}
    for line in lines:
        if line.label in ("ION ALPHA", "ION BETA"):
            label, start = ("GPSA" if line.label == "ION ALPHA" else "GPSB"), 2
        elif line.label == "IONOSPHERIC CORR":
            label, start = text_field(line.content, 0, 4), 5
        else:
            continue
        numbers = _four(line.content, start)
        system = LABEL_SYSTEMS.get(label[:3])
        if numbers is None or system is None:
            log.add(line.number, f"ionosphere parameters that cannot be read: {line.content.strip()!r}")
            continue
        mark = text_field(line.content, 54, 55) if start == 5 else ""
        number = int_field(line.content, 56, 58) if start == 5 else None
        sat = ord(system) * 100 + number if number and 0 < number < 100 else None
        if label[3:] not in ("A", "B"):
            values = tuple(x for x in numbers if not math.isnan(x))
            records.append(CorrectionRecord("NEQN", system, label, values, sat=sat, source=mark))
            continue
        values = (*numbers, *(math.nan,) * 4) if label[3:] == "A" else (*(math.nan,) * 4, *numbers)
        key = (system, mark, sat)
        waiting = halves.get(key)
        if waiting is not None and waiting[1] != label:
            index = halves.pop(key)[0]
            joined = tuple(b if math.isnan(a) else a for a, b in zip(records[index].values, values, strict=True))
            records[index] = replace(records[index], label=f"{label[:3]}A", values=joined)
        else:
            halves[key] = (len(records), label)
            records.append(CorrectionRecord("KLOB", system, label, values, sat=sat, source=mark))
    return tuple(records)


def _four(content: str, start: int) -> tuple[float, ...] | None:
    """Four numbers D12.4, a blank is NaN; None where there is something else."""
    found = []
    for k in range(4):
        text = content[start + 12 * k : start + 12 * k + 12]
        value = float_field(text, 0, 12) if text.strip() else math.nan
        if value is None:
            return None
        found.append(value)
    return tuple(found) if not all(math.isnan(x) for x in found) else None


def with_day(records: Iterable[CorrectionRecord], day: int | None, *, reference: Reference | None = None) -> tuple[CorrectionRecord, ...]:
    """Records whose time mark (A to X: the hour) becomes an instant of the file's ``day`` (since 1970-01-01, in the system's scale)."""
    dated = []
    for record in records:
        hour = ord(record.source) - ord("A") if len(record.source) == 1 else -1
        if day is not None and 0 <= hour < 24:
            epochs = from_day(day, hour * 3600 * NS_PER_SECOND, SYSTEM_SCALE[record.system], reference=reference)
            record = replace(record, tai_ns=int(epochs.tai_ns[0]))
        dated.append(record)
    return tuple(dated)


def header_time_offsets(lines: Iterable[HeaderLine], log: LossLog, *, reference: Reference | None = None) -> tuple[SystemTimeOffset, ...]:
    """The time offsets of a header, of all versions."""
    offsets = []
    for line in lines:
        read = _OFFSET_LINES.get(line.label)
        if read is not None:
            offset = read(line.content, reference)
            if offset is None:
                log.add(line.number, f"a time offset that cannot be read: {line.content.strip()!r}")
            else:
                offsets.append(offset)
    return tuple(offsets)


def _time_system_corr(content: str, reference: Reference | None) -> SystemTimeOffset | None:
    label = text_field(content, 0, 4)
    a0, a1 = float_field(content, 5, 22), float_field(content, 22, 38)
    second, week = int_field(content, 38, 45), int_field(content, 45, 50)
    number = int_field(content, 57, 59)
    if len(label) != 4 or a0 is None:
        return None
    utc = UTC_NAMES[number] if number is not None and 0 <= number < len(UTC_NAMES) else "" if number is None else str(number)
    return SystemTimeOffset(label, a0, a1 or 0.0, 0.0, _week_instant(label, week, second, reference), text_field(content, 51, 56), utc)


def _week_instant(label: str, week: int | None, second: int | None, reference: Reference | None) -> int | None:
    """TAI nanoseconds of a week and second as a label counts them; None where both are zero or blank (unknown)."""
    if label[:2] not in WEEK_ORIGINS or not (week or second) or not 0 <= (week or 0) < 9999 or abs(second or 0) > 10_000_000:
        return None
    scale, origin = WEEK_ORIGINS[label[:2]]
    ns = (second or 0) * NS_PER_SECOND
    if scale == "UTC":
        # Weeks of UTC are counted with those of GPST (RINEX 3.05 table A5).
        day, _ = to_day(from_week((week or 0) + origin, 0, "GPST"), "GPST")
        return int(from_day(day + ns // NS_PER_DAY, ns % NS_PER_DAY, "UTC", reference=reference).tai_ns[0])
    return int(from_week((week or 0) + origin, ns, scale).tai_ns[0])


def _delta_utc(content: str, reference: Reference | None) -> SystemTimeOffset | None:
    a0, a1 = float_field(content, 3, 22), float_field(content, 22, 41)
    if a0 is None:
        return None
    instant = _week_instant("GPUT", int_field(content, 50, 59), int_field(content, 41, 50), reference)
    return SystemTimeOffset("GPUT", a0, a1 or 0.0, 0.0, instant)


def _corr_to_system_time(content: str, reference: Reference | None) -> SystemTimeOffset | None:
    date = [int_field(content, 6 * i, 6 * i + 6) for i in range(3)]
    a0 = float_field(content, 21, 40)
    if a0 is None:
        return None
    year, month, day = (part or 0 for part in date)
    if not (1980 <= year < 2200 and 1 <= month <= 12 and 1 <= day <= 31):
        return SystemTimeOffset(_VERSION_2_LABEL, a0, 0.0, 0.0, None)
    return SystemTimeOffset(_VERSION_2_LABEL, a0, 0.0, 0.0, int(from_calendar(year, month, day, scale="UTC", reference=reference).tai_ns[0]))


_OFFSET_LINES = {"TIME SYSTEM CORR": _time_system_corr, "DELTA-UTC: A0,A1,T,W": _delta_utc, "CORR TO SYSTEM TIME": _corr_to_system_time}


@dataclass(frozen=True, slots=True)
class _Reading:
    """What every record of one file is read with."""

    scan: Scan
    log: LossLog
    reference: Reference | None


def record_corrections(
    scan: Scan, log: LossLog, skipped: dict[str, int], *, reference: Reference | None = None
) -> tuple[tuple[CorrectionRecord, ...], tuple[CorrectionRecord, ...], tuple[SystemTimeOffset, ...]]:
    """(ionosphere, Earth orientation, time offsets) of the ION, EOP and STO records of a version 4 file, each once."""
    reading = _Reading(scan, log, reference)
    ionosphere: dict[CorrectionRecord, None] = {}
    orientation: dict[CorrectionRecord, None] = {}
    offsets: dict[SystemTimeOffset, None] = {}
    for (record_type, letter, word), index in grouped(scan):
        if record_type == "EPH":
            continue
        if record_type not in ("ION", "EOP", "STO") or letter not in SYSTEM_SCALE:
            name = f"{record_type} {letter} {word}".strip()
            skipped[name] = skipped.get(name, 0) + len(index)
        elif record_type == "STO":
            offsets.update(dict.fromkeys(_offsets(reading, index, (letter, word))))
        elif record_type == "EOP":
            orientation.update(dict.fromkeys(_corrections(reading, index, ("EOP", letter, word))))
        else:
            kind = IONOSPHERE_KINDS.get((letter, word), "KLOB")
            ionosphere.update(dict.fromkeys(_corrections(reading, index, (kind, letter, word))))
    return tuple(ionosphere), tuple(orientation), tuple(offsets)


def _epochs(scan: Scan, index: NDArray[np.int64], letter: str, reference: Reference | None) -> Epochs:
    return from_day(scan.day[index], scan.ns_of_day[index], SYSTEM_SCALE[letter], reference=reference)


def _sats(scan: Scan, index: NDArray[np.int64]) -> list[int | None]:
    return [int(s) * 100 + int(n) if n > 0 else None for s, n in zip(scan.system[index], scan.number[index], strict=True)]


def _layout_for(kind: str, lines: int) -> Layout:
    layouts = CORRECTION_LAYOUTS[kind]
    return next((layout for layout in layouts if len(layout.lines) == lines), layouts[0])


def _corrections(reading: _Reading, index: NDArray[np.int64], key: tuple[str, str, str]) -> Iterable[CorrectionRecord]:
    kind, letter, word = key
    scan = reading.scan
    for lines in np.unique(scan.rows[index]):
        layout = _layout_for(kind, int(lines))
        some, values = sound_records(scan, index[scan.rows[index] == lines], layout, reading.log)
        fields = {name: values[:, i, j].tolist() for i, line in enumerate(layout.lines) for j, name in enumerate(line) if name}
        sent, region = fields.pop("transmission_s", None), fields.pop("region", None)
        units = EOP_UNITS if kind == "EOP" else (1.0,) * len(fields)
        numbers = [[x * unit for x in column] for column, unit in zip(fields.values(), units, strict=True)]
        epochs = _epochs(scan, some, letter, reading.reference).tai_ns.tolist()
        for i, (sat, tai_ns) in enumerate(zip(_sats(scan, some), epochs, strict=True)):
            yield CorrectionRecord(
                kind,
                letter,
                f"{'EOP' if kind == 'EOP' else 'ION'} {letter} {word}",
                _trimmed([column[i] for column in numbers], kind),
                tai_ns,
                sat,
                text_of(scan.subtype[some[i]]),
                sent[i] if sent and not math.isnan(sent[i]) else None,
                int(region[i]) if region and not math.isnan(region[i]) else None,
            )


def _trimmed(values: list[float], kind: str) -> tuple[float, ...]:
    """The numbers up to the last that is not blank; Klobuchar parameters are always eight."""
    while kind != "KLOB" and values and math.isnan(values[-1]):
        values.pop()
    return tuple(values)


def _offsets(reading: _Reading, index: NDArray[np.int64], key: tuple[str, str]) -> Iterable[SystemTimeOffset]:
    scan, (letter, word) = reading.scan, key
    some, values = sound_records(scan, index, CORRECTION_LAYOUTS["STO"][0], reading.log)
    epochs = _epochs(scan, some, letter, reading.reference).tai_ns.tolist()
    for i, (sat, tai_ns) in enumerate(zip(_sats(scan, some), epochs, strict=True)):
        start = int(scan.row_start[scan.first_row[some[i]]])
        text = scan.data[start : start + 80].split(b"\n")[0].decode("latin-1")
        label = text_field(text, 24, 42)
        sent, a0, a1, a2 = values[i, 1].tolist()
        if len(label) != 4 or math.isnan(a0):
            reading.log.add(int(scan.line[some[i]]), "a time offset record without label or offset", int(scan.last_line[some[i]]))
            continue
        source = f"{letter}{sat % 100:02d} {word}" if sat is not None else f"{letter} {word}"
        yield SystemTimeOffset(
            label,
            a0,
            0.0 if math.isnan(a1) else a1,
            0.0 if math.isnan(a2) else a2,
            tai_ns,
            source,
            text_field(text, 62, 80),
            None if math.isnan(sent) else sent,
            text_field(text, 43, 61),
        )
