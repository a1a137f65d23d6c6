"""SINEX station coordinates, versions 1 to 2: https://www.iers.org/SharedDocs/Publikationen/EN/IERS/Documents/ac/sinex/sinex_v202_pdf.pdf.

Positions, velocities and site logs are read; covariance matrices are passed over without being looked at. Epochs are UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from armillary.core.coordinates import ALWAYS_NS, NEVER_NS, Equipment, StationCoordinates
from armillary.core.epochs import Epochs
from armillary.errors import FormatError
from armillary.io.loss_log import LossLog
from armillary.io.sinex_blocks import Blocks, Instants, fortran_float
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "read"]

NAME = "SINEX station coordinates"

SECONDS_PER_YEAR = 31_557_600.0
"""SINEX velocities are per Julian year."""

_BLOCKS = (
    "FILE/REFERENCE",
    "FILE/COMMENT",
    "SITE/ID",
    "SITE/RECEIVER",
    "SITE/ANTENNA",
    "SITE/ECCENTRICITY",
    "SOLUTION/EPOCHS",
    "SOLUTION/APRIORI",
    "SOLUTION/ESTIMATE",
)
_FRAME = re.compile(r"\b(IG[Sbc]\d\d|IGS[bc]\d\d|ITRF(?:19|20)?\d\d|CGCS2000|SLRF\d{4}|ETRF\d{2,4})\b")
_PARAMETERS = {"STAX": 0, "STAY": 1, "STAZ": 2, "VELX": 3, "VELY": 4, "VELZ": 5}
_UNITS = {"m": 1.0, "": 1.0, "m/y": 1.0, "mm": 1e-3, "mm/y": 1e-3, "cm": 1e-2, "km": 1e3}


def SNIFF(head: bytes) -> bool:
    """Whether the file starts with ``%=SNX``."""
    return head.startswith(b"%=SNX")


@dataclass(slots=True)
class _Row:
    code: str
    point: str
    solution: str
    epoch_ns: int
    value: list[float] = field(default_factory=lambda: [np.nan] * 6)
    sigma: list[float] = field(default_factory=lambda: [np.nan] * 6)
    estimated: bool = True


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> StationCoordinates:
    """Positions in metres and velocities in metres per second, with sigmas, equipment and data intervals.

    A-priori values stand in only for stations without an estimate. Raises FormatError when the first line is not SINEX's, and in strict mode at
    the first damage.
    """
    log = LossLog(source.path, strict=strict)
    if not SNIFF(source.data[:10]):
        raise FormatError(source.path, 1, "a SINEX file starts with %=SNX")
    blocks, instants = Blocks(source.data, log, _BLOCKS, ending=b"%ENDSNX"), Instants("UTC", reference)
    rows = _solution(blocks, "SOLUTION/ESTIMATE", log, instants)
    known = {(row.code, row.point, row.solution) for row in rows}
    for row in _solution(blocks, "SOLUTION/APRIORI", log, instants):
        if (row.code, row.point, row.solution) not in known:
            row.estimated = False
            rows.append(row)
    complete = [row for row in rows if not np.isnan(row.value[:3]).any()]
    for row in rows:
        if np.isnan(row.value[:3]).any():
            log.add(0, f"station {row.code} lacks one of its three coordinates")
    head = source.data.split(b"\n", 1)[0].decode("latin-1")
    description = [text for _, text in blocks.lines("FILE/REFERENCE")]
    comments = [text for _, text in blocks.lines("FILE/COMMENT")]
    stated = _FRAME.search("\n".join(description + comments))
    return _coordinates(
        complete,
        _data_intervals(blocks, log, instants),
        _domes(blocks),
        {
            "frame": stated[0] if stated else "",
            "agency": head[11:14].strip(),
            "description": next((t[19:].strip() for t in description if t.startswith(" DESCRIPTION")), ""),
            "equipment": _equipment(blocks, log, instants),
            "comments": tuple(t.strip() for t in comments),
            "losses": log.losses(),
            "path": source.path,
        },
    )


def _solution(blocks: Blocks, block: str, log: LossLog, instants: Instants) -> list[_Row]:
    """One row per station, point, solution and epoch of the block."""
    rows: dict[tuple[str, str, str, str], _Row] = {}
    for number, text in blocks.lines(block):
        place = _PARAMETERS.get(text[7:13].strip())
        if place is None:
            continue
        code, point, solution = text[14:18].strip().upper(), text[19:21].strip(), text[22:26].strip()
        when, unit, value, sigma = text[27:39], text[40:44].strip(), text[47:68], text[69:80]
        instant = instants(when)
        try:
            numbers = fortran_float(value), fortran_float(sigma) if sigma.strip() else float("nan")
        except ValueError:
            numbers = (float("nan"), float("nan"))
        if not code or instant is None or unit not in _UNITS or not np.isfinite(numbers[0]):
            log.add(number, f"not a {block} line: index, type, code, point, solution, epoch, unit, constraint, value, sigma were expected")
            continue
        row = rows.setdefault((code, point, solution, when), _Row(code, point, solution, instant))
        scale = _UNITS[unit] / (SECONDS_PER_YEAR if place > 2 else 1.0)
        row.value[place], row.sigma[place] = numbers[0] * scale, numbers[1] * scale
    return list(rows.values())


def _data_intervals(blocks: Blocks, log: LossLog, instants: Instants) -> dict[tuple[str, str, str], tuple[int, int]]:
    """(code, point, solution) -> TAI nanoseconds of first and last data."""
    found = {}
    for number, text in blocks.lines("SOLUTION/EPOCHS"):
        first, last = instants(text[16:28]), instants(text[29:41])
        if first is None or last is None:
            log.add(number, "not a SOLUTION/EPOCHS line: code, point, solution, technique and three epochs were expected")
            continue
        found[text[1:5].strip().upper(), text[6:8].strip(), text[9:13].strip()] = (first or NEVER_NS, last or ALWAYS_NS)
    return found


def _domes(blocks: Blocks) -> dict[tuple[str, str], str]:
    return {(text[1:5].strip().upper(), text[6:8].strip()): text[9:18].strip() for _, text in blocks.lines("SITE/ID")}


def _equipment(blocks: Blocks, log: LossLog, instants: Instants) -> tuple[Equipment, ...]:
    found = []
    for kind in ("receiver", "antenna", "eccentricity"):
        block = f"SITE/{kind.upper()}"
        for number, text in blocks.lines(block):
            first, last = instants(text[16:28]), instants(text[29:41])
            offsets = (0.0, 0.0, 0.0)
            good = first is not None and last is not None
            if good and kind == "eccentricity":
                try:
                    up, north, east = (float(text[at : at + 8]) for at in (46, 55, 64))
                    offsets, good = (north, east, up), text[42:45] == "UNE"
                except ValueError:
                    good = False
            if not good:
                log.add(number, f"not a {block} line")
                continue
            name, serial, firmware = ("", "", "") if kind == "eccentricity" else (text[42:62].rstrip(), text[63:68].strip(), text[69:80].strip())
            begin, end = first or NEVER_NS, last or ALWAYS_NS
            found.append(Equipment(kind, text[1:5].strip().upper(), text[6:8].strip(), begin, end, name, serial, firmware, offsets))
    return tuple(found)


def _coordinates(
    rows: list[_Row], intervals: dict[tuple[str, str, str], tuple[int, int]], domes: dict[tuple[str, str], str], rest: dict[str, object]
) -> StationCoordinates:
    value = np.array([row.value for row in rows], np.float64).reshape(-1, 6)
    sigma = np.array([row.sigma for row in rows], np.float64).reshape(-1, 6)
    span = [intervals.get((row.code, row.point, row.solution), (NEVER_NS, ALWAYS_NS)) for row in rows]
    return StationCoordinates(
        code=np.array([row.code for row in rows], "U9"),
        point=np.array([row.point for row in rows], "U2"),
        solution=np.array([row.solution for row in rows], "U4"),
        domes=np.array([domes.get((row.code, row.point), "") for row in rows], "U9"),
        epoch=Epochs(np.array([row.epoch_ns for row in rows], np.int64)),
        position_m=value[:, :3],
        sigma_m=sigma[:, :3],
        velocity_m_s=value[:, 3:],
        velocity_sigma_m_s=sigma[:, 3:],
        estimated=np.array([row.estimated for row in rows], bool),
        valid_from_ns=np.array([first for first, _ in span], np.int64),
        valid_until_ns=np.array([last for _, last in span], np.int64),
        **rest,  # type: ignore[arg-type]
    )
