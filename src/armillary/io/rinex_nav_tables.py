"""From the scanned records of a navigation file to message tables: which kind, which columns, which instants.

Instants are resolved in readings of the system's scale: a reference or transmission time given as seconds of the week is the one
nearest to the clock reference epoch. The week numbers of the file are not needed for it (some writers number weeks otherwise).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs
from armillary.core.navigation_messages import MessageTable
from armillary.core.scales import from_day
from armillary.io.loss_log import LossLog
from armillary.io.rinex_nav_layouts import (
    CLASSIC_KINDS,
    COLUMN_SCALE,
    GEOSTATIONARY_NUMBERS,
    LAYOUTS,
    SYSTEM_SCALE,
    TRANSMISSION_COLUMNS,
    Layout,
)
from armillary.io.rinex_nav_scan import Scan, grouped, sound_records

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["joined", "message_tables", "sorted_table", "without_repeats"]

_NS_PER_WEEK = 7 * NS_PER_DAY
_SUNDAY = 3
"""1970-01-04 was a Sunday: weeks begin on days that leave 3 when divided by 7, in every system."""
_FRAME_NEAR_NS = 3 * 3600 * NS_PER_SECOND
"""A frame that carries a state vector is sent within half an hour of its reference time."""


def message_tables(scan: Scan, log: LossLog, skipped: dict[str, int], *, reference: Reference | None = None) -> dict[tuple[str, str], MessageTable]:
    """The message tables of a scan by (system letter, kind); what is left out is counted in ``skipped`` or noted in ``log``."""
    tables: dict[tuple[str, str], MessageTable] = {}
    for (record_type, system, message), index in grouped(scan):
        if record_type != "EPH":
            continue
        # Versions 2 and 3 name no kind: the first classic one stands for all.
        kind = message if scan.major == 4 else CLASSIC_KINDS.get(system, ("",))[0]
        layout = LAYOUTS.get((system, kind))
        if layout is None:
            _count(skipped, f"{system} {kind}".strip(), len(index))
            continue
        index, values = sound_records(scan, index, layout, log)
        for name, part in _classic_parts(scan, (system, kind), index, values):
            if len(index[part]):
                key = (system, name)
                table = _table(scan, key, index[part], values[part], reference)
                kept = without_repeats(table)
                _count(skipped, f"{system} {name} repeated", len(table) - len(kept))
                tables[key] = kept
    return tables


def _count(skipped: dict[str, int], name: str, number: int) -> None:
    if number:
        skipped[name] = skipped.get(name, 0) + number


def _classic_parts(
    scan: Scan, key: tuple[str, str], index: NDArray[np.int64], values: NDArray[np.float64]
) -> Iterable[tuple[str, NDArray[np.bool_]]]:
    """Splits records of versions 2 and 3 into the kinds they are of."""
    system, kind = key
    kinds = CLASSIC_KINDS.get(system, ())
    if scan.major == 4 or len(kinds) < 2:
        yield kind, np.ones(len(index), bool)
        return
    if system in GEOSTATIONARY_NUMBERS:
        second = np.isin(scan.number[index], list(GEOSTATIONARY_NUMBERS[system]))
    else:
        # Data source word: bit 0 or 2 first kind, bit 1 second kind (RINEX 3.05 table A8); neither set reads as the first.
        sources = _fields(LAYOUTS[key], values)["data_sources"]
        second = np.where(np.abs(sources) < 1024, sources, 0).astype(np.int64) & 0b111 == 0b010
    yield kinds[0], ~second
    yield kinds[1], second


def _fields(layout: Layout, values: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """Column name -> float64[n], in SI units."""
    columns = {}
    for i, line in enumerate(layout.lines):
        for j, name in enumerate(line):
            if name:
                with np.errstate(over="ignore"):
                    columns[name] = np.ascontiguousarray(values[:, i, j] * COLUMN_SCALE.get(name, 1.0))
    return columns


def _table(scan: Scan, key: tuple[str, str], index: NDArray[np.int64], values: NDArray[np.float64], reference: Reference | None) -> MessageTable:
    """One message table, sorted; repeats still in it."""
    system, kind = key
    columns = _fields(LAYOUTS[key], values)
    if "frequency_number" in columns:
        # Some receivers write the signed byte without its sign: 249 is -7.
        channel = columns["frequency_number"]
        columns["frequency_number"] = np.where(channel > 127, channel - 256.0, channel)
    scale = SYSTEM_SCALE[system]
    day, ns = scan.day[index], scan.ns_of_day[index]
    toc = from_day(day, ns, scale, reference=reference)
    second_of_week = (day - _SUNDAY) % 7 * NS_PER_DAY + ns
    offset, known = _seconds_after(columns.get("toe_s"), second_of_week, _NS_PER_WEEK)
    toe = _moved(day, ns, np.where(known, offset, 0), scale, reference)
    sent = next((columns[name] for name in TRANSMISSION_COLUMNS if name in columns), None)
    offset, known = _seconds_after(sent, second_of_week, _NS_PER_WEEK)
    if "message_frame_s" in columns:
        # RINEX 2, and some writers of RINEX 3, count from midnight instead of the start of the UTC week; the column has the latter.
        from_midnight, sane = _seconds_after(sent, ns, NS_PER_DAY)
        other = sane & ((scan.major == 2) | ~known | (np.abs(offset) > _FRAME_NEAR_NS))
        offset, known = np.where(other, from_midnight, offset), known | other
        columns["message_frame_s"] = np.asarray(np.where(other, (second_of_week + offset) % _NS_PER_WEEK / NS_PER_SECOND, sent), np.float64)
    known = known & (np.abs(offset) <= NS_PER_DAY)
    transmission = _moved(day, ns, np.where(known, offset, 0), scale, reference)
    sat = (scan.system[index] * 100 + scan.number[index]).astype(np.int16)
    return sorted_table(MessageTable(system, kind, sat, toc, toe, transmission, known, columns))


def _seconds_after(
    seconds: NDArray[np.float64] | None, reading_ns: NDArray[np.int64], modulus_ns: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """(nanoseconds from a reading to the nearest instant that reads ``seconds`` of the period, whether there is one).

    Values more than one period outside of the period mean "unknown" (writers put 0.9999E+09).
    """
    if seconds is None:
        return np.zeros_like(reading_ns), np.zeros(len(reading_ns), bool)
    period = modulus_ns / NS_PER_SECOND
    known = np.isfinite(seconds) & (seconds > -period) & (seconds < 2 * period)
    ns = np.rint(np.where(known, seconds, 0.0) * 1e9).astype(np.int64)
    offset = (ns - reading_ns + modulus_ns // 2) % modulus_ns - modulus_ns // 2
    return offset, known


def _moved(day: NDArray[np.int64], ns: NDArray[np.int64], offset_ns: NDArray[np.int64], scale: str, reference: Reference | None) -> Epochs:
    """Epochs of readings moved by an offset; a reading within a leap second that does not move keeps its second 60."""
    carry = np.where(offset_ns == 0, 0, (ns + offset_ns) // NS_PER_DAY)
    return from_day(day + carry, ns + offset_ns - carry * NS_PER_DAY, scale, reference=reference)


def sorted_table(table: MessageTable) -> MessageTable:
    """The same messages by satellite, transmission time and reference time."""
    order = np.lexsort((table.reference.tai_ns, table.transmission.tai_ns, table.sat))
    return _chosen(table, order)


def _chosen(table: MessageTable, index: NDArray[np.int64]) -> MessageTable:
    return replace(
        table,
        sat=table.sat[index],
        reference=table.reference[index],
        ephemeris=table.ephemeris[index],
        transmission=table.transmission[index],
        transmission_known=table.transmission_known[index],
        columns={name: column[index] for name, column in table.columns.items()},
    )


def without_repeats(table: MessageTable, *, ignoring: Iterable[str] = ()) -> MessageTable:
    """The table with each message once: the first (earliest sent) of those that agree in everything but the columns ``ignoring``."""
    ignored = set(ignoring)
    names = [name for name in table.columns if name not in ignored]
    rows = np.empty((len(table), len(names) + 2), np.int64)
    rows[:, 0], rows[:, 1] = table.sat, table.reference.tai_ns
    for i, name in enumerate(names):
        # Adding 0.0 makes the two zeros equal; one NaN stands for all.
        column = table.columns[name] + 0.0
        rows[:, 2 + i] = np.where(np.isnan(column), np.nan, column).view(np.int64)
    _, first = np.unique(_digest(rows), return_index=True)
    if len(first) == len(table):
        return table
    _, first = np.unique(rows, axis=0, return_index=True)
    return table if len(first) == len(table) else _chosen(table, np.sort(first))


def _digest(rows: NDArray[np.int64]) -> NDArray[np.uint64]:
    """uint64[n]: rows that are equal have equal digests."""
    digest = np.zeros(len(rows), np.uint64)
    for column in rows.view(np.uint64).T:
        digest = (digest ^ column) * np.uint64(0x9E3779B97F4A7C15)
        digest ^= digest >> np.uint64(29)
    return digest


def joined(parts: Iterable[MessageTable]) -> MessageTable:
    """Tables of one system and kind as one; a column that a part lacks is NaN there."""
    tables = list(parts)
    names: Mapping[str, None] = dict.fromkeys(name for table in tables for name in table.columns)
    return sorted_table(
        MessageTable(
            tables[0].system,
            tables[0].kind,
            np.concatenate([t.sat for t in tables]),
            Epochs.concatenate([t.reference for t in tables]),
            Epochs.concatenate([t.ephemeris for t in tables]),
            Epochs.concatenate([t.transmission for t in tables]),
            np.concatenate([t.transmission_known for t in tables]),
            {name: np.concatenate([t.columns.get(name, np.full(len(t), np.nan)) for t in tables]) for name in names},
        )
    )
