"""SP3 precise orbits, versions a to d: https://files.igs.org/pub/data/format/sp3d.pdf (Hilla, 2016).

Text is kilometres and microseconds with six decimals; an integer count of the last digit divided by an exact power of ten gives the
nearest double, so that a file read and written again shows the same digits.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.epochs import Epochs
from armillary.core.precise import PreciseOrbits
from armillary.core.scales import from_day
from armillary.errors import FormatError, LimitError
from armillary.io.loss_log import LossLog
from armillary.io.source import Source
from armillary.io.sp3_write import write

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "TIME_SYSTEMS", "read", "write"]

NAME = "SP3 precise orbits"

kernels = lazy_module("armillary.io.sp3_kernels")

TIME_SYSTEMS = {
    "GPS": "GPST",
    "UTC": "UTC",
    "GLO": "UTC",
    "GAL": "GST",
    "BDT": "BDT",
    "BDS": "BDT",
    "QZS": "QZSST",
    "IRN": "GPST",
    "TAI": "TAI",
    "ccc": "GPST",
    "": "GPST",
}
"""Columns 10-12 of the first %c line -> scale. GLO is "the UTC of that system" (no three hours); the scale of IRN keeps GPST's seconds."""

REASONS = (
    "not an epoch record (year, month, day, hour, minute, second were expected)",
    "a record that is cut short",
    "no satellite in columns 2-4",
    "a coordinate or a clock is not a number",
    "not a record of this format",
    "a record before any readable epoch",
    "further damage of several kinds",
)

FREE_CELLS = 2_000_000
CELLS_PER_RECORD = 50
"""A table of satellites by epochs may be this much larger than the records in it; more is a contrived file."""

LARGEST_HEADER = 1 << 20
"""Bytes before the first epoch that are read as header; records are looked for in what follows."""

_FILLERS = {"", "0", "00"}
_END = b"\n*"


def SNIFF(head: bytes) -> bool:
    """Whether a file starts as SP3 does: ``#``, a version letter, P or V, a year."""
    return len(head) > 6 and head[:1] == b"#" and head[1:2] in b"abcd" and head[2:3] in b"PV " and head[3:7].strip().isdigit()


@dataclass(slots=True)
class _Header:
    version: str = "d"
    declared_epochs: int | None = None
    data_used: str = ""
    frame: str = ""
    orbit_type: str = ""
    agency: str = ""
    interval_s: float = np.nan
    file_type: str = ""
    time_system: str = ""
    base_position: float = 0.0
    base_clock: float = 0.0
    sats: list[int] = field(default_factory=list)
    accuracy: list[int] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> PreciseOrbits:
    """Positions in metres (Earth-fixed, the header's frame), clocks in seconds, velocities and clock rates where the file has them.

    0 0 0 positions and 999999 clocks become NaN; correlation records (EP, EV) are read over. Raises FormatError when the first line or
    the time system is not SP3's, in strict mode at the first damage, and LimitError for a table far larger than the records in it.
    """
    log = LossLog(source.path, strict=strict)
    if not SNIFF(source.data[:80]):
        raise FormatError(source.path, 1, "an SP3 file starts with #a, #b, #c or #d and P or V")
    body = _body(source.data)
    text = source.data[:body].decode("latin-1")
    header = _header(text.split("\n"), log)
    scale = _scale(header, source.path)
    data = np.frombuffer(source.data, np.uint8)
    found = kernels.records(data, body, text.count("\n") + 1)
    epochs, keys, values, exponents, runs, (last_line, ended, _) = found
    for first, last, reason in runs.tolist():
        log.add(first, REASONS[reason], last)
    if not ended:
        log.add(last_line, "no EOF record: the file may be cut off")
    if header.declared_epochs is not None and header.declared_epochs > len(epochs):
        log.add(1, f"the header announces {header.declared_epochs} epochs, the file holds {len(epochs)}")
    instants = from_day(epochs[:, 0], epochs[:, 1], scale, reference=reference).tai_ns
    unique, index = np.unique(instants, return_inverse=True)
    if len(unique) < len(instants):
        again = np.setdiff1d(np.arange(len(instants)), np.unique(instants, return_index=True)[1])
        for line in epochs[again, 2].tolist():
            log.add(line, "an epoch given twice: the later records were kept")
    cells = _cells(keys, index, len(unique), log)
    return _orbits(Epochs(unique), cells, values, exponents, header, scale, log)


def _body(data: bytes) -> int:
    """Offset of the first epoch record; without one in the longest header taken for one, the end of that."""
    found = data.find(_END, 0, LARGEST_HEADER) + 1
    if found or len(data) <= LARGEST_HEADER:
        return found or len(data)
    return data.rfind(b"\n", 0, LARGEST_HEADER) + 1 or len(data)


@dataclass(frozen=True, slots=True)
class _Cells:
    sat: NDArray[np.int16]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    is_velocity: NDArray[np.bool_]
    flags: NDArray[np.uint8]
    shape: tuple[int, int]


def _cells(keys: NDArray[np.int64], index: NDArray[np.int64], n_epochs: int, log: LossLog) -> _Cells:
    """Where each record goes in the table of satellites by epochs."""
    present = np.zeros(10_000, bool)
    present[keys[:, 1]] = True
    sat = np.flatnonzero(present)
    place = np.zeros(10_000, np.int64)
    place[sat] = np.arange(len(sat))
    size = len(sat) * n_epochs
    if size > FREE_CELLS and size > CELLS_PER_RECORD * len(keys):
        raise LimitError(f"{log.path}: {len(keys)} records would fill a table of {len(sat)} satellites by {n_epochs} epochs")
    row, column, is_velocity = place[keys[:, 1]], index.ravel()[keys[:, 0]], keys[:, 2] == ord("V")
    for chosen in (~is_velocity, is_velocity):
        last = np.full(size, -1, np.int64)
        cell = (row * n_epochs + column)[chosen]
        order = np.arange(len(cell))
        last[cell] = order
        same_epoch = keys[chosen, 0][last[cell]] == keys[chosen, 0]
        for line in keys[chosen, 4][(last[cell] != order) & same_epoch].tolist():
            log.add(line, "a satellite given twice at one epoch: the later record was kept")
    return _Cells(sat.astype(np.int16), row, column, is_velocity, keys[:, 3].astype(np.uint8), (len(sat), n_epochs))


def _orbits(
    epochs: Epochs, cells: _Cells, values: NDArray[np.float64], exponents: NDArray[np.int16], header: _Header, scale: str, log: LossLog
) -> PreciseOrbits:
    position, clock = _table(cells, values, ~cells.is_velocity)
    moving = bool(cells.is_velocity.any())
    velocity, rate = _table(cells, values, cells.is_velocity) if moving else (None, None)
    flags = np.zeros(cells.shape, np.uint8)
    chosen = ~cells.is_velocity
    flags[cells.row[chosen], cells.column[chosen]] = cells.flags[chosen]
    sigma = None
    if (exponents[chosen] >= 0).any():
        sigma = np.full((*cells.shape, 4), -1, np.int16)
        sigma[cells.row[chosen], cells.column[chosen]] = exponents[chosen]
    accuracy = dict(zip(header.sats, header.accuracy, strict=False))
    return PreciseOrbits(
        epochs=epochs,
        sat=cells.sat,
        position_m=position,
        clock_s=clock,
        velocity_m_s=velocity,
        clock_rate_s_s=rate,
        flags=flags,
        sigma_exponent=sigma,
        time_scale=scale,
        frame=header.frame,
        interval_s=_interval(header, epochs),
        version=header.version,
        agency=header.agency,
        orbit_type=header.orbit_type,
        data_used=header.data_used,
        file_type=header.file_type,
        accuracy_exponent=np.array([accuracy.get(int(s), 0) for s in cells.sat], np.int16),
        base_position=header.base_position,
        base_clock=header.base_clock,
        comments=tuple(header.comments),
        losses=log.losses(),
        path=log.path,
    )


def _table(cells: _Cells, values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Vectors [n_sats, n_epochs, 3] and clocks [n_sats, n_epochs] of the chosen records, NaN elsewhere; later records win."""
    vector, clock = np.full((*cells.shape, 3), np.nan), np.full(cells.shape, np.nan)
    row, column = cells.row[chosen], cells.column[chosen]
    vector[row, column], clock[row, column] = values[chosen, :3], values[chosen, 3]
    return vector, clock


def _interval(header: _Header, epochs: Epochs) -> float:
    if header.interval_s > 0 or len(epochs) < 2:
        return header.interval_s
    return float(np.median(np.diff(epochs.tai_ns))) / 1e9


def _scale(header: _Header, path: str) -> str:
    try:
        return TIME_SYSTEMS[header.time_system]
    except KeyError:
        known = " ".join(sorted(code for code in TIME_SYSTEMS if code))
        raise FormatError(path, 0, f"time system {header.time_system!r} is not known; there are {known}") from None


def _header(lines: list[str], log: LossLog) -> _Header:
    """The header's fields; lines that are none of its own are noted."""
    header = _Header(version=lines[0][1], declared_epochs=_integer(lines[0][32:39]))
    header.data_used, header.frame = lines[0][39:45].strip(), lines[0][45:51].strip()
    header.orbit_type, header.agency = lines[0][51:55].strip(), lines[0][55:60].strip()
    seen: set[str] = set()
    for number, line in enumerate(lines[1:], 2):
        kind = line[:2]
        if kind == "##":
            header.interval_s = _number(line[24:38])
        elif kind in ("+ ", "++", "+"):
            _add_satellites(header, line, accuracy=kind == "++")
        elif kind == "/*":
            header.comments.append(line[3:].rstrip())
        elif kind == "%c" and kind not in seen:
            header.file_type, header.time_system = line[3:5].strip(), line[9:12].strip()
        elif kind == "%f" and kind not in seen:
            header.base_position, header.base_clock = (x if x > 0 else 0.0 for x in (_number(line[3:13]), _number(line[14:26])))
        elif kind not in ("%c", "%f", "%i") and line.strip():
            log.add(number, "not a header line of this format")
        seen.add(kind)
    return header


def _add_satellites(header: _Header, line: str, *, accuracy: bool) -> None:
    """The satellites (or their accuracy codes) of a ``+`` or ``++`` line: 17 fields of three columns from column 10."""
    for at in range(9, 60, 3):
        text = line[at : at + 3].strip()
        if accuracy:
            header.accuracy.append(_integer(text) or 0)
        elif text not in _FILLERS:
            letter, number = (text[0], text[1:]) if text[0].isalpha() else ("G", text)
            header.sats.append(ord(letter) * 100 + (_integer(number) or 0))


def _integer(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:
        return None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")
