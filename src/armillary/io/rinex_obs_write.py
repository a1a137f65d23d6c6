"""RINEX observation files, versions 3.05 and 4.02: writing. What is read back equals what was written.

Values are rounded to the 0.001 of the format (finer with the header's scale factors), epochs to 100 ns. A value that rounds to 0.000
reads back as missing, because the format has no other way to tell. Event records keep their lines but not their time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.observations import ObservationBlock, ObservationEvent, ObservationHeader, Observations
from armillary.core.satellites import unpack_one
from armillary.core.scales import to_rinex
from armillary.errors import InputError
from armillary.io.rinex_header import HeaderLine, header_line, padded
from armillary.io.rinex_obs_header import SCALES, TEXT_FIELDS, observation_layout
from armillary.io.saving import save_bytes

kernels = lazy_module("armillary.io.rinex_obs_write_kernels")

__all__ = ["VERSIONS", "save", "write"]

VERSIONS = (3.05, 4.02)

_CODES_PER_LINE = 13
_SLOTS_PER_LINE = 8
_TIME_SYSTEMS = {scale: name for name, scale in reversed(tuple(SCALES.items()))}
_OLD_LABELS = ("WAVELENGTH FACT L1/2", "RINEX VERSION / TYPE")
_LAYOUT_LABELS = ("SYS / # / OBS TYPES", "SYS / SCALE FACTOR", "# / TYPES OF OBSERV")


def save(observations: Observations, path: str | PathLike[str], *, version: float = 3.05) -> None:
    """Writes a file (gzip-compressed when the name ends in ``.gz``), complete or not at all; raises as :func:`write`, and InputError."""
    save_bytes(write(observations, version=version), path)


def write(observations: Observations, *, version: float = 3.05) -> bytes:
    """The observations as RINEX text of version 3.05 or 4.02.

    Raises InputError for another version, for a value that does not fit F14.3, and for more than 999 satellites in one epoch.
    """
    if version not in VERSIONS:
        raise InputError(f"RINEX version {version} observations are not written; {' and '.join(map(str, VERSIONS))} are")
    scale = observations.header.time_scale if observations.header.time_scale in _TIME_SYSTEMS else "GPST"
    pieces: list[bytes | memoryview] = [*_header(observations, version, scale)]
    texts = [_rows(block, _factors(observations.header, block)) for block in observations.blocks.values()]
    heads = _epoch_lines(observations, scale)
    events: dict[int, list[ObservationEvent]] = {}
    for event in observations.events:
        events.setdefault(event.epoch_index, []).append(event)
    for e, head in enumerate(heads):
        if e in events:
            pieces += [line for event in events[e] for line in _event(event)]
        pieces.append(head)
        pieces += [text[starts[e] : starts[e + 1]] for text, starts in texts]
    pieces += [line for event in events.get(len(heads), ()) for line in _event(event)]
    return b"".join(pieces)


def _rows(block: ObservationBlock, factors: NDArray[np.float64]) -> tuple[memoryview, list[int]]:
    """All satellite lines of a block, and where the lines of each epoch begin (n_epochs + 1 offsets)."""
    out = np.empty(max(1, len(block.sat) * (4 + 16 * len(block.codes))), np.uint8)
    ends = np.zeros(len(block.sat) + 1, np.int64)
    columns = (np.ascontiguousarray(column) for column in (block.values, block.lli, block.ssi, block.sat))
    bad = kernels.format_rows(*columns, factors, out, ends[1:])
    if bad >= 0:
        values = dict(zip(block.codes, block.values[:, bad].tolist(), strict=True))
        raise InputError(f"{unpack_one(block.sat[bad])}: a value does not fit the 14 columns of RINEX: {values}")
    return out.data, ends[block.offsets].tolist()


def _factors(header: ObservationHeader, block: ObservationBlock) -> NDArray[np.float64]:
    """What each code's values are multiplied by: as the header's scale-factor lines say."""
    lines = [HeaderLine(0, f"{text:<60}", "SYS / # / OBS TYPES") for text in _type_lines(block)]
    lines += [HeaderLine(0, f"{text:<60}", "SYS / SCALE FACTOR") for text in header.scale_factors]
    layout, _ = observation_layout(lines, VERSIONS[0])
    return np.array([layout.factor(block.system, code) for code in block.codes], np.float64)


def _epoch_lines(observations: Observations, scale: str) -> list[bytes]:
    count = np.zeros(len(observations.epochs), np.int64)
    for block in observations.blocks.values():
        count += np.diff(block.offsets)
    if count.size and count.max() > 999:
        raise InputError(f"one epoch has {count.max()} satellites; RINEX holds 999")
    dates = to_rinex(observations.epochs, scale).tolist()
    rows = zip(dates, observations.epoch_flags.tolist(), count.tolist(), observations.clock_offset_s.tolist(), strict=True)
    return [f"> {_spaced(date)}  {flag}{n:3d}{_clock(clock)}\n".encode() for date, flag, n, clock in rows]


def _spaced(date: str) -> str:
    """``YYYY MM DD hh mm`` and the seconds right-aligned in eleven columns."""
    return f"{date[:16]}{date[16:].strip():>11}"


def _clock(offset_s: float) -> str:
    if offset_s != offset_s:
        return ""
    text = f"{offset_s:15.12f}"
    if len(text) > 15:
        text = f"{offset_s:15.{max(0, 26 - len(text))}f}"
    return f"      {text}"


def _event(event: ObservationEvent) -> Iterator[bytes]:
    """An event record with its lines; lines that set observation types are left out, because the file has one set for all epochs."""
    lines = [line for line in event.lines if line[60:80].strip() not in _LAYOUT_LABELS]
    if lines or not event.lines:
        yield f"> {'':29}{event.flag}{len(lines):3d}\n".encode()
        yield from (f"{line}\n".encode("latin-1", "replace") for line in lines)


def _header(observations: Observations, version: float, scale: str) -> Iterator[bytes]:
    header, systems = observations.header, list(observations.blocks)
    kind = "M" if len(systems) != 1 else systems[0]
    yield header_line(f"{version:9.2f}{'':11}{'OBSERVATION DATA':20}{kind}", "RINEX VERSION / TYPE")
    for label, columns in TEXT_FIELDS:
        content = b"".join(padded(getattr(header, name), stop - start) for name, start, stop in columns).ljust(60)
        if content.strip() or label in ("PGM / RUN BY / DATE", "MARKER NAME", "OBSERVER / AGENCY"):
            yield content + label.encode() + b"\n"
    yield from (header_line(comment, "COMMENT") for comment in header.comments)
    yield from _places(header)
    for block in observations.blocks.values():
        yield from (header_line(text, "SYS / # / OBS TYPES") for text in _type_lines(block))
    if len(observations.epochs):
        for at, label in ((0, "TIME OF FIRST OBS"), (-1, "TIME OF LAST OBS")):
            yield header_line(_instant(str(to_rinex(observations.epochs[at], scale)[0]), _TIME_SYSTEMS[scale]), label)
    if header.interval_s > 0:
        yield header_line(f"{header.interval_s:10.3f}", "INTERVAL")
    yield from (header_line(text, "SYS / SCALE FACTOR") for text in header.scale_factors)
    yield from (header_line(text, "SYS / PHASE SHIFT") for text in header.phase_shifts)
    yield from _frequency_division(header)
    if header.leap_seconds is not None:
        yield header_line(f"{header.leap_seconds:6d}", "LEAP SECONDS")
    for line in header.other:
        if line[60:80].strip() not in _OLD_LABELS:
            yield header_line(line[:60], line[60:80].strip())
    yield header_line("", "END OF HEADER")


def _places(header: ObservationHeader) -> Iterator[bytes]:
    if header.position_m is not None:
        yield header_line("".join(f"{x:14.4f}" for x in header.position_m), "APPROX POSITION XYZ")
    yield header_line("".join(f"{x:14.4f}" for x in header.antenna_delta_hen_m), "ANTENNA: DELTA H/E/N")


def _type_lines(block: ObservationBlock) -> list[str]:
    starts = range(0, max(1, len(block.codes)), _CODES_PER_LINE)
    lines = ["".join(f" {code:3}" for code in block.codes[at : at + _CODES_PER_LINE]) for at in starts]
    return [f"{block.system}  {len(block.codes):3d}{lines[0]}", *(f"      {line}" for line in lines[1:])]


def _instant(text: str, time_system: str) -> str:
    year, month, day, hour, minute, second = text.split()
    return f"  {year}{int(month):6d}{int(day):6d}{int(hour):6d}{int(minute):6d}{float(second):13.7f}     {time_system}"


def _frequency_division(header: ObservationHeader) -> Iterable[bytes]:
    """Frequency numbers and code-phase biases, eight and four to a line."""
    slots = [f"R{slot:02d} {channel:2d} " for slot, channel in header.glonass_channels.items()]
    for at in range(0, len(slots), _SLOTS_PER_LINE):
        lead = f"{len(slots):3d} " if at == 0 else "    "
        yield header_line(lead + "".join(slots[at : at + _SLOTS_PER_LINE]), "GLONASS SLOT / FRQ #")
    biases = [f" {code:3} {bias:8.3f}" for code, bias in header.glonass_code_phase_bias_m.items()]
    for at in range(0, len(biases), 4):
        yield header_line("".join(biases[at : at + 4]), "GLONASS COD/PHS/BIS")
