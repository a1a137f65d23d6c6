"""Troposphere SINEX, versions 1 and 2.00 (Pacione and Douša, 2017, SINEX_TRO V2.00): zenith delays and gradients of stations.

Fields are told by their names and separated by blanks, because programs that write such files disagree about columns. Version 2 says in which
multiple of its unit each parameter is; version 1 has millimetres. Epochs are in the time system of the file, GPS time where it names none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.troposphere import TroposphereSeries
from armillary.errors import FormatError
from armillary.io.loss_log import LossLog
from armillary.io.sinex_blocks import Blocks, Instants, fortran_float, sinex_instant
from armillary.io.source import Source
from armillary.io.troposphere_sinex_write import GRADIENTS, SIGMA, TIME_SYSTEMS, ZENITH, write

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "read", "write"]

NAME = "troposphere SINEX"

_SOLUTION = "TROP/SOLUTION"
_PLACES = ("SITE/COORDINATES", "TROP/STA_COORDINATES", "TROP/COORDINATES")
"""Version 2, version 1, and what one program writes."""
_BLOCKS = ("FILE/REFERENCE", "TROP/DESCRIPTION", "SITE/ID", *_PLACES, _SOLUTION)
_NAMES = ("TROPO PARAMETER NAMES", "SOLUTION_FIELDS_1")
_UNITS = "TROPO PARAMETER UNITS"
_SIGMAS = frozenset({SIGMA, "STDEV", "SIGMA", "SIG"})
_HEADING = re.compile(rb"^\*(?:SITE|STATION)_*[ \t]+_*EPOCH_*[ \t]+(\S[^\r\n]{0,400})", re.MULTILINE)
_MILLI = 1000.0
_DOMES = re.compile(r"\d{5}[MS]\d{3}")
_NUMBER = re.compile(r"[-+]?\d+\.\d*")


def SNIFF(head: bytes) -> bool:
    """Whether the file starts with ``%=TRO``."""
    return head.startswith(b"%=TRO")


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> TroposphereSeries:
    """Every epoch of every station, lengths in metres.

    Raises FormatError when the first line is not that of troposphere SINEX, when the file does not say what its columns are or has no total zenith
    delay among them, and in strict mode at the first damage.
    """
    log = LossLog(source.path, strict=strict)
    if not SNIFF(source.data[:10]):
        raise FormatError(source.path, 1, "a troposphere SINEX file starts with %=TRO")
    blocks = Blocks(source.data, log, _BLOCKS, ending=b"ENDTRO")
    if source.data.count(b"\n+TROP/SOLUTION") > 1:
        log.add(0, "of several TROP/SOLUTION blocks only the first was read")
    description = _pairs(blocks, "TROP/DESCRIPTION", 30)
    system = next((value.split()[0] for name, value in description if name == "TIME SYSTEM" and value), "")
    if system not in TIME_SYSTEMS:
        raise FormatError(source.path, 0, f"time system {system[:20]!r} is not known; there are {' '.join(s for s in TIME_SYSTEMS if s)}")
    places = _Places(blocks, log)
    station, instants, values = _solution(blocks, log, _columns(source, blocks), Instants(TIME_SYSTEMS[system], reference))
    delay, delay_sigma, north, north_sigma, east, east_sigma = values
    head = source.data.split(b"\n", 1)[0].decode("latin-1").split()
    return TroposphereSeries(
        station=station,
        epochs=Epochs(instants),
        zenith_delay_m=delay,
        zenith_delay_sigma_m=delay_sigma,
        gradient_north_m=north,
        gradient_north_sigma_m=north_sigma,
        gradient_east_m=east,
        gradient_east_sigma_m=east_sigma,
        site=tuple(places.position_m),
        position_m=np.array(list(places.position_m.values()), np.float64) if places.position_m else None,
        domes=tuple(places.domes.get(site, "") for site in places.position_m),
        frame=places.frame,
        time_scale=TIME_SYSTEMS[system],
        agency=head[2] if len(head) > 2 else "",
        description=description,
        reference=_pairs(blocks, "FILE/REFERENCE", 19),
        created_ns=(sinex_instant(head[3], reference) or None) if len(head) > 3 else None,
        losses=log.losses(),
        path=source.path,
    )


def _pairs(blocks: Blocks, block: str, width: int) -> tuple[tuple[str, str], ...]:
    """Keywords and values; the value begins after ``width`` characters, or where two blanks are."""
    found = []
    for _, text in blocks.lines(block):
        parts = re.split(r"\s{2,}", text.strip(), maxsplit=1)
        key, value = parts if len(parts) == 2 else (text[:width].strip(), text[width:].strip())
        found.append((key, value))
    return tuple(found)


class _Places:
    """Coordinates and DOMES numbers of the stations, by name."""

    def __init__(self, blocks: Blocks, log: LossLog) -> None:
        self.position_m: dict[str, tuple[float, float, float]] = {}
        self.frame = ""
        sites = (text.split() for _, text in blocks.lines("SITE/ID"))
        self.domes = {words[0].upper(): words[2] for words in sites if len(words) > 2 and _DOMES.fullmatch(words[2])}
        for block in _PLACES:
            for number, text in blocks.lines(block):
                words = text.split()
                at = next((i for i, word in enumerate(words) if _NUMBER.fullmatch(word)), len(words))
                if len(words) < at + 3 or not at or len(words[0]) > 9 or not all(_NUMBER.fullmatch(word) for word in words[at : at + 3]):
                    log.add(number, f"not a {block} line: station, point, solution, technique, X, Y, Z and frame were expected")
                    continue
                x, y, z = (float(word) for word in words[at : at + 3])
                self.position_m.setdefault(words[0].upper(), (x, y, z))
                self.frame = self.frame or (words[at + 3] if len(words) > at + 3 else "")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Which words of a line, after station and epoch, are the six that are kept (-1: none), and what they are divided by."""

    place: tuple[int, ...]
    factor: tuple[float, ...]
    least: int
    """Words that a line has to have."""


def _columns(source: Source, blocks: Blocks) -> _Columns:
    """As the description names them, else as the heading of the block does; FormatError where neither does or there is no zenith delay."""
    names: list[str] = []
    units: list[str] = []
    for _, text in blocks.lines("TROP/DESCRIPTION"):
        words = text.strip()
        for key in _NAMES:
            if words.startswith(key) and not names:
                names = words[len(key) :].split()
        if words.startswith(_UNITS):
            units = words[len(_UNITS) :].split()
    heading = _HEADING.search(source.data)
    if not names and heading is not None:
        names = heading[1].decode("latin-1").split()
    if ZENITH not in names:
        said = " ".join(names)[:60] or "nothing"
        raise FormatError(source.path, 0, f"a total zenith delay ({ZENITH}) was expected among the parameters; the file names {said}")
    place = []
    for name in (ZENITH, *GRADIENTS):
        at = names.index(name) if name in names else -1
        followed = at >= 0 and at + 1 < len(names) and names[at + 1] in _SIGMAS
        place += [at, at + 1 if followed else -1]
    return _Columns(tuple(place), tuple(_factor(source.path, units, at) for at in place), max(place) + 1)


def _factor(path: str, units: Sequence[str], at: int) -> float:
    if at < 0 or not units:
        return _MILLI
    try:
        factor = fortran_float(units[at])
    except (ValueError, IndexError):
        factor = 0.0
    if not 1e-3 <= factor <= 1e9:
        raise FormatError(path, 0, f"{_UNITS}: a factor such as 1e+03 was expected for each parameter, not {' '.join(units)[:60]!r}")
    return factor


def _solution(
    blocks: Blocks, log: LossLog, columns: _Columns, instants: Instants
) -> tuple[np.ndarray[tuple[int], np.dtype[np.str_]], np.ndarray[tuple[int], np.dtype[np.int64]], np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    """Station and instant of every row, and the six columns (float64[6, n], metres)."""
    stations: list[str] = []
    times: list[int] = []
    rows: list[list[float]] = []
    wanted = [(at, 1.0 / factor) for at, factor in zip(columns.place, columns.factor, strict=True)]
    nan = float("nan")
    for number, text in blocks.lines(_SOLUTION):
        station, epoch, *words = (*text.split(maxsplit=columns.least + 2), "")
        row = None
        if len(words) > columns.least:  # the last is the empty one above
            try:
                row = [fortran_float(words[at]) * scale if at >= 0 else nan for at, scale in wanted]
            except ValueError:
                row = None
        instant = instants(epoch)
        if row is None or not instant or not np.isfinite(row[0]) or len(station) > 9:
            log.add(number, "not a TROP/SOLUTION line: station, epoch and a number for each parameter were expected")
            continue
        stations.append(station.upper())
        times.append(instant)
        rows.append(row)
    values = np.array(rows, np.float64).reshape(-1, 6).T
    return np.array(stations, "U9"), np.array(times, np.int64), np.where(np.isfinite(values), values, nan)
