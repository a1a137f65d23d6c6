"""IGS Earth rotation files, version 2: https://files.igs.org/pub/data/format/erp.txt (Kouba and Mireault, 1998)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from armillary.core.earth_rotation_series import EarthRotationSeries
from armillary.core.epochs import Epochs
from armillary.core.scales import from_day
from armillary.errors import FormatError
from armillary.io.loss_log import LossLog
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "read"]

NAME = "IGS Earth rotation parameters"

_MICROARCSECOND = np.pi / 180 / 3600 * 1e-6
_TENTH_MICROSECOND = 1e-7
_MJD_1970 = 40587
_MJD_RANGE = (41317.0, 80000.0)
"""1972-01-01 (UTC as it is now starts there) to 2077."""

_COLUMNS = {
    "x_pole_rad": (("xpole", "x", "xp", "x-p"), _MICROARCSECOND),
    "y_pole_rad": (("ypole", "y", "yp", "y-p"), _MICROARCSECOND),
    "ut1_minus_utc_s": (("ut1-utc", "utc"), _TENTH_MICROSECOND),
    "length_of_day_s": (("lod",), _TENTH_MICROSECOND),
    "x_pole_sigma_rad": (("xsig", "sx"), _MICROARCSECOND),
    "y_pole_sigma_rad": (("ysig", "sy"), _MICROARCSECOND),
    "ut1_sigma_s": (("utsig", "ut1sig", "sut"), _TENTH_MICROSECOND),
    "length_of_day_sigma_s": (("lodsig", "lsig", "slod"), _TENTH_MICROSECOND),
    "x_pole_rate_rad_s": (("xrt", "xrat", "xdot"), _MICROARCSECOND / 86400),
    "y_pole_rate_rad_s": (("yrt", "yrat", "ydot"), _MICROARCSECOND / 86400),
}
"""Field -> names of its column (lower case) and the unit that version 2 prescribes."""


def SNIFF(head: bytes) -> bool:
    """Whether the first line is ``version 2`` and a line of column names with MJD follows."""
    lines = head.decode("latin-1").lower().split("\n")
    return lines[0].split()[:1] == ["version"] and any(_is_heading(line) for line in lines[1:])


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> EarthRotationSeries:
    """The series in radians, seconds and radians per second, ascending, epochs read as UTC.

    Columns are found by their names. Raises FormatError when the first line or the column names are not there, when the version is not 2 (its
    units are other ones), and in strict mode at the first damage.
    """
    log = LossLog(source.path, strict=strict)
    lines = source.data.decode("latin-1").split("\n")
    if lines[0].lower().split() != ["version", "2"]:
        raise FormatError(source.path, 1, "an IGS Earth rotation file of version 2 says so in its first line")
    start = next((i for i, line in enumerate(lines) if i and _is_heading(line.lower())), None)
    if start is None:
        raise FormatError(source.path, 0, "a line with the names of the columns (MJD, Xpole, ...) was expected")
    names = lines[start].lower().split()
    comments = [line.strip() for line in lines[1:start] if line.strip()]
    found: dict[int, list[float]] = {}
    for number, line in enumerate(lines[start + 1 :], start + 2):
        words = line.split()
        if not words or (not found and not _is_number(words[0])):
            continue
        row = _numbers(words, len(names))
        if row is None or not _MJD_RANGE[0] <= row[0] < _MJD_RANGE[1]:
            log.add(number, f"not a line of numbers under {' '.join(names[:5])} ...")
            continue
        # A ten-millionth of a day is the last digit anyone writes.
        ticks = round(row[0] * 10_000_000)
        if ticks in found:
            log.add(number, "an epoch given twice: the first was kept")
        else:
            found[ticks] = row
    order = sorted(found)
    table = np.array([found[t] for t in order], np.float64).reshape(len(order), len(names))
    day, rest = np.divmod(np.array(order, np.int64), 10_000_000)
    epochs = from_day(day - _MJD_1970, rest * 8_640_000, "UTC", reference=reference) if order else Epochs(np.empty(0, np.int64))
    columns = {key: _column(table, names, spellings, unit) for key, (spellings, unit) in _COLUMNS.items()}
    return EarthRotationSeries(epochs=epochs, **columns, comments=tuple(comments), losses=log.losses(), path=source.path)


def _is_heading(line: str) -> bool:
    words = line.split()
    return "mjd" in words[:1] and len(words) > 4


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True


def _numbers(words: list[str], count: int) -> list[float] | None:
    try:
        values = [float(word) for word in words]
    except ValueError:
        return None
    return values if len(values) == count and np.isfinite(values).all() else None


def _column(table: NDArray[np.float64], names: list[str], spellings: tuple[str, ...], unit: float) -> NDArray[np.float64]:
    place = next((names.index(s) for s in spellings if s in names), None)
    return np.full(len(table), np.nan) if place is None else np.asarray(table[:, place] * unit)
