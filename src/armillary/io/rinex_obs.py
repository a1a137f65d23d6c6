"""RINEX observation files, versions 2.10 to 4.02, as text. Hatanaka files are decoded first, by their own module.

Two passes over the bytes: one finds records, one fills columns. RINEX 2 types become RINEX 3 codes (:mod:`armillary.io.rinex_obs_codes`).
A value is missing where the file has blanks or zero; a Doppler of exactly 0.000 Hz cannot be told from that and is missing too.
Values are the correctly rounded quotient of integers, so they equal ``float(text)``. Sources: RINEX 2.11, 2.12, 3.05, 4.02.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.loss import Loss
from armillary.core.observations import ObservationBlock, ObservationEvent, Observations
from armillary.core.scales import from_day
from armillary.errors import FormatError, LimitError
from armillary.io.rinex_header import HeaderLine, RinexHeader, is_rinex, parse_header
from armillary.io.rinex_obs_codes import lent_again
from armillary.io.rinex_obs_header import Layout, observation_header, observation_layout
from armillary.io.rinex_obs_write import save, write

if TYPE_CHECKING:
    from armillary.core.epochs import Epochs
    from armillary.core.reference import Reference
    from armillary.io.source import Source

kernels = lazy_module("armillary.io.rinex_obs_kernels")
fill_kernels = lazy_module("armillary.io.rinex_obs_fill_kernels")
text_kernels = lazy_module("armillary.io.rinex_text_kernels")

__all__ = ["NAME", "SNIFF", "read", "read_text", "save", "write"]

NAME = "RINEX observations"

MOST_EVENTS = 10_000
"""Event records that change the observation types; each costs a look at the header lines it carries."""

FREE_VALUES = 20_000_000
VALUES_PER_BYTE = 2
"""A column may be mostly missing, but a file may not ask for more than FREE_VALUES + VALUES_PER_BYTE * size values."""

_REASONS = (
    "an epoch that cannot be read: it is left out with its satellites",
    "lines that belong to no readable epoch",
    "the epoch line promises another number of satellites than follow",
    "an event record with fewer header lines than it promises",
    "a line without a satellite at its beginning",
    "a satellite of a system without observation types",
    "a value that is not a number of form F14.3",
    "a satellite that stands twice in one epoch: the first is kept",
    "the epoch is cut off",
    "damage up to here that is not listed one by one",
    "more than 999 satellites in one epoch",
)
"""Words for the reasons that :mod:`armillary.io.rinex_obs_kernels` numbers."""


def SNIFF(head: bytes) -> bool:
    """Whether the file starts as RINEX observations."""
    return is_rinex(head, "O")


def read(source: Source, *, strict: bool = False, reference: Reference | None = None, systems: str | None = None) -> Observations:
    """The observations of a RINEX file; see :func:`read_text`."""
    return read_text(source.data, source.path, strict=strict, reference=reference, systems=systems)


def read_text(
    data: bytes | NDArray[np.uint8],
    path: str,
    *,
    strict: bool = False,
    reference: Reference | None = None,
    losses: tuple[Loss, ...] = (),
    systems: str | None = None,
) -> Observations:
    """The observations in RINEX text held as bytes (or uint8[n], not copied).

    ``losses`` are put before those found here; ``systems`` are the letters of the systems to keep (all by default). Raises FormatError where
    there is no usable header, or at the first damage when ``strict``; LimitError where the columns would be far larger than the file.
    """
    octets = np.frombuffer(data, np.uint8) if not isinstance(data, np.ndarray) else data.view()
    octets.flags.writeable = False
    header = parse_header(octets.data, path)
    about, header_losses = observation_header(header)
    layout, layout_losses = observation_layout(header.lines, header.version)
    if not layout.codes:
        raise FormatError(path, 0, "the header has no list of observation types")
    scan = _scan(octets, header, layout, path)
    epochs, keep, order_losses = _ascending(scan, about.time_scale, path, reference)
    blocks, fill_losses = _blocks(octets, scan, keep, path, systems)
    found = (*losses, *header.losses, *header_losses, *layout_losses, *scan.losses, *order_losses, *fill_losses)
    found = tuple(sorted(found, key=lambda loss: loss.first_line))
    if strict and found:
        raise FormatError(path, found[0].first_line, found[0].reason)
    records = scan.records[keep]
    return Observations(
        header=about,
        epochs=epochs,
        epoch_flags=records[:, kernels.FLAG].astype(np.uint8),
        clock_offset_s=scan.clocks[keep],
        blocks=MappingProxyType(blocks),
        events=_events(octets, scan, keep),
        losses=found,
        path=path,
    )


@dataclass(slots=True)
class _Scan:
    """Records and rows of a whole file, and the layouts in force: layout ``k`` holds for records from ``starts[k]`` on."""

    layouts: list[Layout]
    starts: list[int]
    losses: list[Loss]
    records: NDArray[np.int64]
    clocks: NDArray[np.float64]
    rows: NDArray[np.int64]


def _scan(octets: NDArray[np.uint8], header: RinexHeader, layout: Layout, path: str) -> _Scan:
    layouts, starts, losses = [layout], [0], list[Loss]()
    parts: list[tuple[Any, ...]] = []
    at, line, n_records, n_rows = header.body_offset, header.body_line, 0, 0
    while True:
        records, clocks, rows, found, at, line = _scan_part(octets, header, layouts[-1], at, line)
        records[:, kernels.FIRST_ROW] += n_rows
        parts.append((records, clocks[:, 0], rows))
        losses += _worded(found)
        n_records, n_rows = n_records + len(records), n_rows + len(rows)
        if at >= octets.size or not len(records):
            break
        if len(parts) > MOST_EVENTS:
            raise LimitError(f"{path}: the observation types change more than {MOST_EVENTS} times")
        changed, not_understood = observation_layout(_event_lines(octets, records[-1]), header.version, layouts[-1])
        losses += not_understood
        layouts.append(changed)
        starts.append(n_records)
    columns = parts[0] if len(parts) == 1 else tuple(np.concatenate(column) for column in zip(*parts, strict=True))
    return _Scan(layouts, starts, losses, *columns)


def _scan_part(octets: NDArray[np.uint8], header: RinexHeader, layout: Layout, at: int, line: int) -> tuple[Any, ...]:
    known = np.zeros(128, np.uint8)
    known[[ord(letter) for letter in layout.codes]] = 1
    size = 64 + (octets.size - at) // 16_000
    if header.version >= 3:
        words = octets[: octets.size & ~7].view(np.uint64)
        return tuple(kernels.scan_marked(octets, words, at, line, known, size))
    lines_per_satellite = (layout.fields_per_satellite + 4) // 5
    default = ord(header.system if header.system in layout.codes else "G")
    return tuple(kernels.scan_unmarked(octets, at, line, known, size, lines_per_satellite, default))


def _worded(losses: NDArray[np.int64]) -> list[Loss]:
    return [Loss(first, last, _REASONS[reason]) for first, last, reason in losses.tolist()]


def _ascending(scan: _Scan, scale: str, path: str, reference: Reference | None) -> tuple[Epochs, NDArray[np.intp], list[Loss]]:
    """Epochs in strictly ascending order, the records they come from, and a loss for each that repeats or goes back.

    The longest ascending chain is kept, so that one wrong date far ahead does not take all after it along.
    """
    flags = scan.records[:, kernels.FLAG]
    keep = np.flatnonzero(flags <= 1)
    chosen = scan.records[keep]
    epochs = from_day(chosen[:, kernels.DAY], chosen[:, kernels.NS], scale, reference=reference)
    if len(keep) < 2 or bool(np.all(np.diff(epochs.tai_ns) > 0)):
        return epochs, keep, []
    chain = _longest_ascending(epochs.tai_ns.tolist())
    dropped = np.setdiff1d(np.arange(len(keep)), chain)
    losses = [Loss(line, line, "an epoch that repeats or goes back in time is left out") for line in chosen[dropped, kernels.LINE].tolist()]
    return epochs[chain], keep[chain], losses


def _longest_ascending(values: list[int]) -> NDArray[np.intp]:
    """Indices of a longest strictly ascending subsequence (patience sorting; of equal ones the first)."""
    tails: list[int] = []
    at: list[int] = []
    before: list[int] = []
    for i, value in enumerate(values):
        j = bisect_left(tails, value)
        before.append(at[j - 1] if j else -1)
        if j == len(tails):
            tails.append(value)
            at.append(i)
        elif value < tails[j]:
            tails[j], at[j] = value, i
    chain = []
    i = at[-1]
    while i >= 0:
        chain.append(i)
        i = before[i]
    return np.array(chain[::-1], np.intp)


def _blocks(
    octets: NDArray[np.uint8], scan: _Scan, keep: NDArray[np.intp], path: str, systems: str | None
) -> tuple[dict[str, ObservationBlock], list[Loss]]:
    """One block per system that has rows and is wanted, in header order."""
    records = scan.records[keep]
    used = _row_mask(records, len(scan.rows))
    rows_of = np.bincount(scan.rows[used, kernels.SAT] // 100, minlength=128)
    union: dict[str, list[str]] = {}
    for layout in scan.layouts:
        for letter, codes in layout.codes.items():
            if rows_of[ord(letter)] and (systems is None or letter in systems):
                known = union.setdefault(letter, [])
                known += [code for code in codes if code is not None and code not in known]
    letters = [letter for letter, codes in union.items() if codes]
    counts = np.array([(len(union[letter]), rows_of[ord(letter)]) for letter in letters], np.int64).reshape(-1, 2)
    total = int(np.sum(counts[:, 0] * counts[:, 1]))
    if total > FREE_VALUES + VALUES_PER_BYTE * octets.size:
        raise LimitError(f"{path}: {octets.size} bytes ask for {total} observation values")
    return _filled(octets, scan, keep, {letter: tuple(union[letter]) for letter in letters}, counts)


def _row_mask(records: NDArray[np.int64], n_rows: int) -> NDArray[np.bool_]:
    """Which rows belong to the records."""
    edge = np.zeros(n_rows + 1, np.int64)
    np.add.at(edge, records[:, kernels.FIRST_ROW], 1)
    np.add.at(edge, records[:, kernels.FIRST_ROW] + records[:, kernels.N_ROWS], -1)
    return np.asarray(np.cumsum(edge[:-1]) > 0)


def _filled(
    octets: NDArray[np.uint8], scan: _Scan, keep: NDArray[np.intp], codes: dict[str, tuple[str, ...]], counts: NDArray[np.int64]
) -> tuple[dict[str, ObservationBlock], list[Loss]]:
    sizes = counts[:, 0] * counts[:, 1]
    where = np.column_stack([np.cumsum(sizes) - sizes, counts[:, 1], np.cumsum(counts[:, 1]) - counts[:, 1]]).astype(np.int64)
    total = int(sizes.sum())
    values, digits = np.full(total, np.nan), np.zeros((2, total), np.uint8)
    sats = np.zeros(int(counts[:, 1].sum()), np.int16)
    offsets = np.zeros((len(codes), len(keep) + 1), np.int64)
    losses: list[Loss] = []
    bounds = [*np.searchsorted(keep, scan.starts).tolist(), len(keep)]
    for layout, first, last in zip(scan.layouts, bounds[:-1], bounds[1:], strict=True):
        if first < last and codes:
            tables = _tables(layout, codes)
            part = scan.records[keep[first:last]]
            losses += _worded(fill_kernels.fill(octets, part, scan.rows, *tables, first, offsets, values, digits, sats, where))
    blocks = {}
    for k, (letter, names) in enumerate(codes.items()):
        shape, start, row0 = (int(counts[k, 0]), int(counts[k, 1])), int(where[k, 0]), int(where[k, 2])
        piece = slice(start, start + shape[0] * shape[1])
        block = ObservationBlock(
            letter,
            names,
            offsets[k],
            sats[row0 : row0 + shape[1]],
            values[piece].reshape(shape),
            digits[0, piece].reshape(shape),
            digits[1, piece].reshape(shape),
        )
        blocks[letter] = _pruned(block, everywhere=scan.layouts[0].fields_per_satellite > 0)
    return {letter: block for letter, block in blocks.items() if len(block.sat)}, losses


def _tables(layout: Layout, codes: dict[str, tuple[str, ...]]) -> tuple[NDArray[Any], ...]:
    """What the kernel needs to know of a layout: line form, column of each field, scale factors, system of each letter."""
    width = max([1, layout.fields_per_satellite, *(len(fields) for fields in layout.codes.values())])
    columns, factors, base = np.full((len(codes), width), -2, np.int64), np.ones((len(codes), width)), np.full(128, -1, np.int64)
    for k, (letter, names) in enumerate(codes.items()):
        base[ord(letter)] = k
        for j, code in enumerate(layout.codes.get(letter, ())):
            columns[k, j] = -1 if code is None else names.index(code)
            factors[k, j] = layout.factor(letter, code)
    form = np.array([0, 5] if layout.fields_per_satellite else [3, width + 1], np.int64)
    return form, columns, factors, base


def _pruned(block: ObservationBlock, *, everywhere: bool) -> ObservationBlock:
    """The block without the room that repeated satellites left; and, for a list of types that all systems share, without unused codes.

    There the phases of a band belong to one of the codes that are left.
    """
    n = int(block.offsets[-1])
    if n < len(block.sat):
        block = replace(block, sat=block.sat[:n].copy(), values=block.values[:, :n].copy(), lli=block.lli[:, :n].copy(), ssi=block.ssi[:, :n].copy())
    if not everywhere:
        return block
    seen: NDArray[np.bool_] = np.asarray(~np.isnan(block.values).all(axis=1))
    if bool(seen.all()):
        return block
    codes = lent_again([code for code, there in zip(block.codes, seen.tolist(), strict=True) if there], block.system)
    return replace(block, codes=codes, values=block.values[seen], lli=block.lli[seen], ssi=block.ssi[seen])


def _event_lines(octets: NDArray[np.uint8], record: NDArray[np.int64]) -> list[HeaderLine]:
    """The header lines that an event record carries."""
    at, count, number = int(record[kernels.LINES_AT]), int(record[kernels.N_LINES]), int(record[kernels.LINE]) + 1
    lines = []
    for k in range(count):
        stop = text_kernels.end_of_line(octets, at)
        text = octets[at : min(stop, at + 200)].tobytes().decode("latin-1").rstrip("\r")
        lines.append(HeaderLine(number + k, f"{text[:60]:<60}", text[60:80].strip()))
        at = stop + 1
    return lines


def _events(octets: NDArray[np.uint8], scan: _Scan, keep: NDArray[np.intp]) -> tuple[ObservationEvent, ...]:
    indices = np.flatnonzero(scan.records[:, kernels.FLAG] >= 2)
    following = np.searchsorted(keep, indices)
    return tuple(
        ObservationEvent(int(index), int(record[kernels.FLAG]), tuple(line.text for line in _event_lines(octets, record)))
        for index, record in zip(following, scan.records[indices], strict=True)
    )
