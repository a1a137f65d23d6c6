"""The writer of SP3-c and SP3-d: 60 columns, or 80 where standard deviations or flags are known."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from armillary.core.precise import PreciseOrbits
from armillary.core.satellites import unpack
from armillary.core.scales import to_day
from armillary.errors import InputError

__all__ = ["TIME_SYSTEM_CODES", "write"]

TIME_SYSTEM_CODES = {"GPST": "GPS", "UTC": "UTC", "GST": "GAL", "BDT": "BDT", "QZSST": "QZS", "TAI": "TAI"}
"""Scale -> columns 10-12 of the first %c line."""

_DAY_OF_WEEK_ZERO = 3657
"""1980-01-06 in days since 1970-01-01: weeks in line 2 count from there whatever the time system."""
_MJD_1970 = 40587
_PER_LINE = 17
_FEWEST_LINES = 5
_LARGEST = {"c": 85, "d": 999}
_FEWEST_COMMENTS = 4
_COMMENT_WIDTH = {"c": 57, "d": 77}
_WIDTHS = (2, 2, 2, 3)
_NO_CLOCK = " 999999.999999"
_NO_VECTOR = "      0.000000" * 3


def write(orbits: PreciseOrbits, *, version: str = "d") -> bytes:
    """The file, SP3-``version`` (c or d). Values that came from a file come out with the same digits.

    NaN becomes 0 0 0 and 999999.999999. Raises InputError for another version, more satellites than it holds (85 or 999), more than four
    comments or longer ones than it holds (version c), values beyond a field's width and a time scale the format has no word for.
    """
    if version not in _LARGEST:
        raise InputError(f"SP3 version {version!r} is not written; c and d are")
    if len(orbits.sat) > _LARGEST[version]:
        raise InputError(f"SP3-{version} holds {_LARGEST[version]} satellites, these are {len(orbits.sat)}")
    if orbits.time_scale not in TIME_SYSTEM_CODES:
        raise InputError(f"SP3 has no word for the time scale {orbits.time_scale}; it has {' '.join(TIME_SYSTEM_CODES)}")
    if not len(orbits.epochs):
        raise InputError("SP3 needs at least one epoch")
    day, ns = to_day(orbits.epochs, orbits.time_scale)
    starts = [_calendar(d, n) for d, n in zip(day.tolist(), ns.tolist(), strict=True)]
    lines = _header(orbits, version, starts[0], (int(day[0]), int(ns[0])))
    tables = [_lines("P", orbits, orbits.position_m / 1e3, orbits.clock_s * 1e6)]
    if orbits.velocity_m_s is not None:
        rate = orbits.clock_rate_s_s
        tables.append(_lines("V", orbits, orbits.velocity_m_s * 10, np.full(orbits.clock_s.shape, np.nan) if rate is None else rate * 1e10))
    for e, start in enumerate(starts):
        lines.append(f"*  {start}")
        for s in range(len(orbits.sat)):
            lines.extend(table[s][e] for table in tables)
    return "\n".join([*lines, "EOF", ""]).encode("latin-1", "replace")


def _calendar(day: int, ns: int) -> str:
    """Year to seconds in columns 4-31: the last digit is 1e-8 s."""
    year, month, date = str(np.datetime64(day, "D")).split("-")
    hour, rest = divmod(ns, 3_600_000_000_000)
    hour, rest = (hour, rest) if hour < 24 else (23, rest + 3_600_000_000_000)
    minute, rest = divmod(rest, 60_000_000_000)
    minute, rest = (minute, rest) if minute < 60 else (59, rest + 60_000_000_000)
    ticks = (rest + 5) // 10
    return f"{year} {int(month):2d} {int(date):2d} {hour:2d} {minute:2d} {ticks // 100_000_000:2d}.{ticks % 100_000_000:08d}"


def _header(orbits: PreciseOrbits, version: str, start: str, first: tuple[int, int]) -> list[str]:
    day, ns = first
    kind = "P" if orbits.velocity_m_s is None else "V"
    week, weekday = divmod(day - _DAY_OF_WEEK_ZERO, 7)
    seconds = weekday * 86400 + ns // 1_000_000_000
    fraction = (ns % 1_000_000_000 + 5) // 10
    interval = orbits.interval_s if orbits.interval_s > 0 else 0.0
    words = f"{orbits.data_used:>5.5s} {orbits.frame:5.5s} {orbits.orbit_type:3.3s} {orbits.agency:>4.4s}"
    lines = [
        f"#{version}{kind}{start} {len(orbits.epochs):7d} {words}",
        f"## {week:4d} {seconds:6d}.{fraction:08d} {interval:14.8f} {day + _MJD_1970:5d} {ns / 86_400e9:15.13f}",
        *_satellites(orbits),
        f"%c {orbits.file_type or _file_type(orbits):2.2s} cc {TIME_SYSTEM_CODES[orbits.time_scale]} ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc",
        "%c cc cc ccc ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc",
        f"%f {orbits.base_position:10.7f} {orbits.base_clock:12.9f} {0:14.11f} {0:18.15f}",
        f"%f {0:10.7f} {0:12.9f} {0:14.11f} {0:18.15f}",
        *["%i    0    0    0    0      0      0      0      0         0"] * 2,
    ]
    comments = list(orbits.comments)
    width = _COMMENT_WIDTH[version]
    if version == "c" and (len(comments) > _FEWEST_COMMENTS or any(len(c) > width for c in comments)):
        raise InputError(f"SP3-c holds {_FEWEST_COMMENTS} comments of {width} characters: shorten them, or write version d")
    comments += [""] * (_FEWEST_COMMENTS - len(comments))
    return lines + [f"/* {comment[:width]}" for comment in comments]


def _file_type(orbits: PreciseOrbits) -> str:
    """The system letter when there is one, M when mixed."""
    letters = {name[0] for name in unpack(orbits.sat)}
    return letters.pop() if len(letters) == 1 else "M"


def _satellites(orbits: PreciseOrbits) -> list[str]:
    """The + and ++ lines."""
    names = [str(name) for name in unpack(orbits.sat)]
    codes = [0] * len(names) if orbits.accuracy_exponent is None else orbits.accuracy_exponent.tolist()
    rows = max(_FEWEST_LINES, -(-len(names) // _PER_LINE))
    fill = rows * _PER_LINE - len(names)
    shown = [*names, *["  0"] * fill]
    accuracy = [*(f"{code:3d}" for code in codes), *["  0"] * fill]
    head = [f"+  {len(names):3d}   "] + ["+        "] * (rows - 1)
    lines = [head[r] + "".join(shown[r * _PER_LINE : (r + 1) * _PER_LINE]) for r in range(rows)]
    return lines + ["++       " + "".join(accuracy[r * _PER_LINE : (r + 1) * _PER_LINE]) for r in range(rows)]


def _lines(kind: str, orbits: PreciseOrbits, vector: NDArray[np.float64], clock: NDArray[np.float64]) -> list[list[str]]:
    """Records [n_sats][n_epochs]; ``vector`` in km or dm/s, ``clock`` in 1e-6 s or 1e-10 s/s."""
    if np.nanmax(np.abs(vector), initial=0.0) >= 9_999_999.9999995 or np.nanmax(np.abs(clock), initial=0.0) >= 999_999:
        raise InputError("a coordinate or clock is too large for SP3 (10 million km, 1 second)")
    suffixes = _suffixes(orbits) if kind == "P" else None
    table = []
    for s, name in enumerate(unpack(orbits.sat)):
        row = []
        for e, (x, y, z) in enumerate(vector[s].tolist()):
            place = f"{x:14.6f}{y:14.6f}{z:14.6f}" if x == x and y == y and z == z else _NO_VECTOR
            c = clock[s, e]
            row.append(f"{kind}{name}{place}{c:14.6f}" if c == c else f"{kind}{name}{place}{_NO_CLOCK}")
        table.append([text + end for text, end in zip(row, suffixes[s], strict=True)] if suffixes else row)
    return table


def _suffixes(orbits: PreciseOrbits) -> list[list[str]] | None:
    """Columns 61-80 of every position record, or None where nothing is known."""
    if orbits.sigma_exponent is None and not orbits.flags.any():
        return None
    sigma = np.full((*orbits.flags.shape, 4), -1) if orbits.sigma_exponent is None else orbits.sigma_exponent
    return [
        [_suffix(exponents, flag) for exponents, flag in zip(row, flags, strict=True)]
        for row, flags in zip(sigma.tolist(), orbits.flags.tolist(), strict=True)
    ]


def _suffix(exponents: list[int], flag: int) -> str:
    x, y, z, c = (f"{min(value, 10**width - 1):{width}d}" if value >= 0 else " " * width for value, width in zip(exponents, _WIDTHS, strict=True))
    marks = f"{'E' if flag & 1 else ' '}{'P' if flag & 2 else ' '}  {'M' if flag & 4 else ' '}{'P' if flag & 8 else ' '}"
    return f" {x} {y} {z} {c} {marks}"
