"""ANTEX antenna calibrations, versions 1.3 and 1.4: https://files.igs.org/pub/station/general/antex14.txt.

Rows of variations are wider than the label column, so that what a line is follows from where it stands, not from columns 61-80 alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from armillary.core.antennas import Antenna, AntennaSet, PhaseCenter
from armillary.core.coordinates import ALWAYS_NS, NEVER_NS
from armillary.core.satellites import pack_one
from armillary.errors import FormatError
from armillary.io.dates import instant_ns
from armillary.io.loss_log import LossLog
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "read"]

NAME = "ANTEX antenna calibrations"

_MILLIMETRE = 1e-3
_SATELLITE = re.compile(r"[A-Z]\d\d")
_LARGEST_GRID = 100_000
"""Nodes of a pattern; one degree by one degree over the sphere is 65,341."""


def SNIFF(head: bytes) -> bool:
    """Whether the first line says ANTEX."""
    return head.split(b"\n", 1)[0][60:80].strip() == b"ANTEX VERSION / SYST"


class _DamageError(Exception):
    """An antenna that cannot be used; the message says why."""


@dataclass(slots=True)
class _Frequency:
    name: str
    offset_mm: list[float] = field(default_factory=list)
    mean: list[float] = field(default_factory=list)
    rows: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Block:
    """One antenna being read."""

    first_line: int
    type_line: str = ""
    method: str = ""
    sinex_code: str = ""
    dazi_deg: float = 0.0
    zenith_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    valid_from_ns: int = NEVER_NS
    valid_until_ns: int = ALWAYS_NS
    frequencies: list[_Frequency] = field(default_factory=list)


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> AntennaSet:
    """Every antenna of the file, offsets and variations in metres, angles in radians; intervals are read as GPST, as the format says.

    An antenna with damage is left out and noted. Raises FormatError when the first line is not ANTEX's, in strict mode at the first damage.
    """
    log = LossLog(source.path, strict=strict)
    if not SNIFF(source.data[:200]):
        raise FormatError(source.path, 1, "an ANTEX file says ANTEX VERSION / SYST in its first line")
    lines = source.data.decode("latin-1").split("\n")
    antennas: list[Antenna] = []
    comments: list[str] = []
    absolute, header_lines = True, len(lines)
    for number, line in enumerate(lines, 1):
        label = line[60:80].strip()
        if label == "COMMENT":
            comments.append(line[:60].rstrip())
        elif label == "PCV TYPE / REFANT":
            absolute = line[:1] != "R"
        elif label == "END OF HEADER":
            header_lines = number
            break
    else:
        log.add(0, "END OF HEADER is missing")
    reader = _Reader(reference)
    for number, line in enumerate(lines[header_lines:], header_lines + 1):
        try:
            antenna = reader.line(number, line)
        except _DamageError as damage:
            first, last = reader.leave(number)
            log.add(first, f"an antenna left out: {damage} (line {number})", last)
            continue
        if antenna is not None:
            antennas.append(antenna)
    if reader.first_line:
        log.add(reader.first_line, "an antenna without END OF ANTENNA: the file may be cut off", len(lines))
    version, system = lines[0][:8].strip(), lines[0][20:21].strip()
    try:
        version_number = float(version)
    except ValueError:
        version_number = float("nan")
    return AntennaSet(tuple(antennas), absolute, version_number, system, tuple(comments), log.losses(), source.path)


class _Reader:
    """Takes lines one after the other and gives an antenna when one is complete."""

    def __init__(self, reference: Reference | None) -> None:
        self.reference = reference
        self.block: _Block | None = None
        self.frequency: _Frequency | None = None
        self.skipping = False
        """Inside a section of rms values."""
        self.dropped = False
        self.unfinished = 0
        """First line of an antenna that another one started in."""

    @property
    def first_line(self) -> int:
        return self.block.first_line if self.block else 0

    def leave(self, number: int) -> tuple[int, int]:
        """Leaves the damaged antenna; returns its lines so far. Lines up to the next start are not looked at."""
        if self.unfinished:
            first, self.unfinished = self.unfinished, 0
            return first, number - 1
        first = self.first_line or number
        self.block, self.frequency, self.skipping, self.dropped = None, None, False, True
        return first, number

    def line(self, number: int, line: str) -> Antenna | None:
        """Takes one line; _DamageError when it does not belong where it stands."""
        if self.frequency is not None and self.frequency.offset_mm and line[:20].strip() and line[60:80].strip() not in _ENDS:
            if line[60:80].strip() != "COMMENT":
                self.frequency.rows.append((number, line))
            return None
        label, content = line[60:80].strip(), line[:60]
        if label == "START OF ANTENNA":
            self.unfinished = self.first_line
            self.block, self.frequency, self.skipping, self.dropped = _Block(number), None, False, False
            if self.unfinished:
                raise _DamageError("END OF ANTENNA is missing")
            return None
        if self.dropped or not line.strip() or label == "COMMENT":
            return None
        if self.block is None:
            raise _DamageError("START OF ANTENNA was expected")
        if label == "END OF ANTENNA":
            antenna = _antenna(self.block)
            self.block, self.frequency = None, None
            return antenna
        if label == "START OF FREQ RMS":
            self.skipping = True
        elif label == "END OF FREQ RMS":
            self.skipping = False
        elif not self.skipping:
            self._field(self.block, label, content)
        return None

    def _field(self, block: _Block, label: str, content: str) -> None:
        assert block is not None
        try:
            if label == "TYPE / SERIAL NO":
                block.type_line = f"{content:60s}"
            elif label == "METH / BY / # / DATE":
                block.method = content[:20].strip()
            elif label == "SINEX CODE":
                block.sinex_code = content[:10].strip()
            elif label == "DAZI":
                block.dazi_deg = float(content[2:8])
            elif label == "ZEN1 / ZEN2 / DZEN":
                block.zenith_deg = (float(content[2:8]), float(content[8:14]), float(content[14:20]))
            elif label == "# OF FREQUENCIES":
                pass  # Extracts are cut without mending it: the sections themselves count.
            elif label == "VALID FROM":
                block.valid_from_ns = _instant(content, self.reference)
            elif label == "VALID UNTIL":
                block.valid_until_ns = _instant(content, self.reference)
            elif label == "START OF FREQUENCY":
                self.frequency = _Frequency(content[3:6])
                block.frequencies.append(self.frequency)
            elif label == "NORTH / EAST / UP" and self.frequency is not None:
                self.frequency.offset_mm = [float(content[at : at + 10]) for at in (0, 10, 20)]
            elif label == "END OF FREQUENCY":
                self.frequency = None
            else:
                raise _DamageError(f"a line of no known kind ({label or content.strip()[:20]!r})")
        except ValueError:
            raise _DamageError(f"{label} is not readable") from None


_ENDS = {"END OF FREQUENCY", "END OF ANTENNA", "START OF ANTENNA", "START OF FREQUENCY", "START OF FREQ RMS"}


def _instant(content: str, reference: Reference | None) -> int:
    year, month, day, hour, minute = (int(content[at : at + 6].strip() or 0) for at in (0, 6, 12, 18, 24))
    whole, _, decimals = content[30:43].strip().partition(".")
    ns = int((decimals + "000000000")[:9])
    instant = instant_ns((year, month, day), (hour, minute, int(whole or 0), ns), "GPST", reference)
    if instant is None:
        raise _DamageError("a date that does not exist")
    return instant


def _antenna(block: _Block) -> Antenna:
    serial, vehicle, cospar = block.type_line[20:40].strip(), block.type_line[40:50].strip(), block.type_line[50:60].strip()
    if not block.type_line.strip():
        raise _DamageError("TYPE / SERIAL NO is missing")
    if not block.frequencies:
        raise _DamageError("it has no frequency")
    is_satellite = bool(_SATELLITE.fullmatch(serial) and (vehicle or cospar))
    return Antenna(
        type=block.type_line[: 20 if is_satellite else 16].strip(),
        radome="" if is_satellite else block.type_line[16:20].strip() or "NONE",
        serial="" if is_satellite else serial,
        sat=pack_one(serial) if is_satellite else 0,
        space_vehicle=vehicle,
        cospar=cospar,
        valid_from_ns=block.valid_from_ns,
        valid_until_ns=block.valid_until_ns,
        frequencies={f.name: _phase_center(block, f) for f in block.frequencies},
        method=block.method,
        sinex_code=block.sinex_code,
    )


def _nodes(first: float, last: float, step: float, what: str) -> NDArray[np.float64]:
    """Angles in degrees from first to last, both included."""
    count = (last - first) / step if step > 0 else -1.0
    if not 0 <= count < _LARGEST_GRID or abs(count - round(count)) > 1e-6:
        raise _DamageError(f"{what} from {first} to {last} by {step} degrees")
    return np.asarray(first + step * np.arange(round(count) + 1), np.float64)


def _phase_center(block: _Block, frequency: _Frequency) -> PhaseCenter:
    zenith = _nodes(*block.zenith_deg, "zenith angles")
    if len(frequency.offset_mm) != 3 or not np.isfinite(frequency.offset_mm).all():
        raise _DamageError(f"{frequency.name} has no NORTH / EAST / UP")
    azimuth = _nodes(0.0, 360.0, block.dazi_deg, "azimuths") if block.dazi_deg > 0 else None
    expected = 1 + (0 if azimuth is None else len(azimuth))
    if len(frequency.rows) != expected:
        raise _DamageError(f"{frequency.name} has {len(frequency.rows)} rows of variations, {expected} were expected")
    if frequency.rows[0][1][3:8] != "NOAZI":
        raise _DamageError(f"{frequency.name} does not start with NOAZI")
    rows = np.array([_row(line, len(zenith)) for _, line in frequency.rows]) * _MILLIMETRE
    if azimuth is not None and [line[:8].strip() for _, line in frequency.rows[1:]] != [f"{a:.1f}" for a in azimuth]:
        raise _DamageError(f"{frequency.name}: azimuths do not run from 0 to 360 by {block.dazi_deg}")
    return PhaseCenter(
        offset_m=np.array(frequency.offset_mm) * _MILLIMETRE,
        zenith_rad=np.radians(zenith),
        variation_m=rows[0],
        azimuth_rad=None if azimuth is None else np.radians(azimuth),
        variation_by_azimuth_m=None if azimuth is None else rows[1:],
    )


def _row(line: str, count: int) -> list[float]:
    """The values of a row: eight columns each from column 9 (they may touch)."""
    words = line[8:].split()
    if len(words) != count:
        words = [line[8 + 8 * i : 16 + 8 * i] for i in range(count)]
        if line[8 + 8 * count :].strip():
            raise _DamageError(f"a row of more than {count} values")
    try:
        values = list(map(float, words))
    except ValueError:
        raise _DamageError(f"a row with fewer than {count} numbers") from None
    if not all(map(isfinite, values)):
        raise _DamageError("a row with a number that is not finite")
    return values
