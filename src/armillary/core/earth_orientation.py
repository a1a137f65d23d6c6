"""Polar motion, UT1, length of day and celestial pole offsets by day, from IERS files.

Formats: rapid service ``finals2000A`` (Bulletin A columns: one series throughout; they agree with C04 as well as the Bulletin B columns do and
much better before 1995) and the C04 series of 2014 and 2020. Values between days: four-point Lagrange interpolation, UT1 as UT1 - TAI so that a
leap second is no step. The diurnal and semi-diurnal ocean-tide terms (up to 1 mas and 0.05 ms; IERS Conventions 2010, 8.2) are not added.
"""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armillary.errors import FormatError, LimitError, OutOfRangeError

__all__ = ["EarthOrientation", "OrientationValues", "read_earth_orientation"]

_MJD_OF_UNIX_DAY_0 = 40587
_ARCSECOND_RAD = np.pi / 648_000
_MAX_BYTES = 64 << 20
"""Twelve times the longest series in use."""

Floats = NDArray[np.float64]


class OrientationValues(NamedTuple):
    """Earth orientation at given instants, float64[n] each."""

    xp_rad: Floats
    yp_rad: Floats
    ut1_minus_utc_s: Floats
    dx_rad: Floats
    dy_rad: Floats
    lod_s: Floats


@dataclass(frozen=True, slots=True, eq=False)
class EarthOrientation:
    """One row per day at 0 h UTC, without gaps; float64[n] columns."""

    day: NDArray[np.int64]
    """int64[n] days since 1970-01-01 (UTC)."""
    xp_rad: Floats
    yp_rad: Floats
    ut1_minus_utc_s: Floats
    dx_rad: Floats
    """Celestial pole offset to IAU 2006/2000A; 0 where the file has none (predictions of the far future; below 0.5 mas)."""
    dy_rad: Floats
    lod_s: Floats
    """Excess length of day; from the slope of UT1 where the file has none."""
    predicted: NDArray[np.bool_]
    """bool[n]: a prediction, not an observation."""
    offsets_known: NDArray[np.bool_]
    """bool[n]: the file gives dX and dY."""
    source: str = ""

    @staticmethod
    def constant(first_day: int, last_day: int, *, values: OrientationValues | None = None) -> EarthOrientation:
        """A table that holds the same ``values`` (one number each; None: all zero) from ``first_day`` to ``last_day``, days since 1970-01-01.

        For simulations far in the future and for published examples: UT1-UTC held constant is no prediction.
        """
        day = np.arange(first_day, last_day + 1)
        given = values if values is not None else (0.0,) * 6
        xp, yp, ut1, dx, dy, excess = (np.full(len(day), float(value)) for value in given)
        true = np.ones(len(day), np.bool_)
        return EarthOrientation(day, xp, yp, ut1, dx, dy, excess, true, true, "constant Earth orientation")

    @property
    def range_text(self) -> str:
        """First and last day, and the last observed day, in words."""
        first, last = (np.datetime64(int(day), "D") for day in self.day[[0, -1]])
        observed = self.day[~self.predicted]
        tail = f", observed to {np.datetime64(int(observed[-1]), 'D')}" if len(observed) else ""
        return f"{self.source} covers {first} to {last} UTC{tail}"

    def interpolated(self, day: NDArray[np.int64], fraction: Floats, tai_minus_utc_s: Floats, node_tai_minus_utc_s: Floats) -> OrientationValues:
        """Values at UTC ``day`` + ``fraction`` (of the day's own length: 86,401 s with a leap second).

        ``tai_minus_utc_s`` float64[n] is in force at the instants, ``node_tai_minus_utc_s`` float64[len(self.day)] at the table's days.
        Raises OutOfRangeError with the mask of instants that the table does not cover.
        """
        index = np.asarray(day - self.day[0], np.int64)
        outside = (index < 0) | (index > len(self.day) - 1) | ((index == len(self.day) - 1) & (fraction > 0))
        if outside.any():
            raise OutOfRangeError(
                f"{int(outside.sum())} of {len(outside)} epochs lie outside the Earth orientation table: {self.range_text}", outside
            )
        start = np.clip(index - 1, 0, len(self.day) - 4)
        weights = _lagrange_weights(index - start + fraction)
        rows = start[:, None] + np.arange(4)
        ut1_minus_tai = self.ut1_minus_utc_s - node_tai_minus_utc_s
        columns = (self.xp_rad, self.yp_rad, ut1_minus_tai, self.dx_rad, self.dy_rad, self.lod_s)
        xp, yp, ut1, dx, dy, excess = (np.einsum("ij,ij->i", column[rows], weights) for column in columns)
        return OrientationValues(xp, yp, ut1 + tai_minus_utc_s, dx, dy, excess)


def _lagrange_weights(x: Floats) -> Floats:
    """Weights, float64[n, 4], of the cubic through nodes 0, 1, 2, 3 at ``x``."""
    a, b, c, d = x, x - 1, x - 2, x - 3
    return np.stack([-b * c * d / 6, a * c * d / 2, -a * b * d / 2, a * b * c / 6], axis=1)


def read_earth_orientation(path: str | Path) -> EarthOrientation:
    """The table in an IERS ``finals2000A`` or C04 file (``.gz`` too). FormatError where it is neither or has gaps, LimitError beyond 64 MiB."""
    name = str(path)
    data = _bytes_of(name)
    lines = data.splitlines()
    for reader in (_finals, _c04):
        table = reader(name, lines)
        if table is not None:
            return table
    raise FormatError(name, 0, "expected an Earth orientation series: IERS finals2000A or EOP C04")


def _bytes_of(name: str) -> bytes:
    with Path(name).open("rb") as raw:
        data = raw.read(_MAX_BYTES + 1)
    if data[:2] == b"\x1f\x8b":
        try:
            with gzip.open(name) as packed:
                data = packed.read(_MAX_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise FormatError(name, 0, f"damaged gzip file: {error}") from None
    if len(data) > _MAX_BYTES:
        raise LimitError(f"{name}: more than {_MAX_BYTES >> 20} MiB of Earth orientation")
    return data


def _column(name: str, table: NDArray[np.bytes_], start: int, end: int) -> Floats:
    """Bytes ``start`` to ``end`` (1-based, as the format descriptions count) of every line as numbers; a blank is NaN."""
    text = np.ascontiguousarray(table[:, start - 1 : end]).view(f"S{end - start + 1}").reshape(-1)
    blank = np.char.str_len(np.char.strip(text)) == 0
    try:
        return np.where(blank, b"nan", text).astype(np.float64)
    except ValueError as error:
        raise FormatError(name, 0, f"columns {start} to {end}: {error}") from None


_FINALS_LINE = re.compile(rb"[ \d]{6} [ \d]{5}\.\d\d [IP].{40}[IP]")


def _finals(name: str, lines: list[bytes]) -> EarthOrientation | None:
    if not lines or not _FINALS_LINE.match(lines[0]):
        return None
    width = 187
    table = np.frombuffer(b"".join(line[:width].ljust(width) for line in lines), "S1").reshape(-1, width)
    table = table[(table[:, 16] != b" ") & (table[:, 57] != b" ")]
    mjd, ut1, lod_ms = _column(name, table, 8, 15), _column(name, table, 59, 68), _column(name, table, 80, 86)
    xp, yp = _column(name, table, 19, 27), _column(name, table, 38, 46)
    dx, dy = _column(name, table, 98, 106) * 1e-3, _column(name, table, 117, 125) * 1e-3
    return _table(name, mjd, (xp, yp, ut1, dx, dy, lod_ms * 1e-3), (table[:, 16] == b"P") | (table[:, 57] == b"P"))


_C04_COLUMNS = {
    12: (3, 4, 5, 6, 8, 9, 7),
    16: (3, 4, 5, 6, 8, 9, 7),
    21: (4, 5, 6, 7, 8, 9, 12),
}
"""Numbers per line -> columns of MJD, x, y, UT1-UTC, dX, dY, excess length of day: series of 2014 (without or with errors), series of 2020."""


def _c04(name: str, lines: list[bytes]) -> EarthOrientation | None:
    rows = [line for line in lines if line[:4].isdigit()]
    if not rows:
        return None
    width = len(rows[0].split())
    if width not in _C04_COLUMNS:
        return None
    try:
        numbers = np.array(b" ".join(rows).split(), "S16").astype(np.float64).reshape(-1, width)
    except ValueError as error:
        raise FormatError(name, 0, f"expected {width} numbers in every row: {error}") from None
    mjd, xp, yp, ut1, dx, dy, excess = (numbers[:, column] for column in _C04_COLUMNS[width])
    return _table(name, mjd, (xp, yp, ut1, dx, dy, excess), np.zeros(len(mjd), np.bool_))


def _table(name: str, mjd: Floats, columns: tuple[Floats, ...], predicted: NDArray[np.bool_]) -> EarthOrientation:
    xp, yp, ut1, dx, dy, excess = columns
    if len(mjd) < 4 or not np.all(np.diff(mjd) == 1) or not np.all(np.isfinite(mjd) & np.isfinite(xp) & np.isfinite(yp) & np.isfinite(ut1)):
        raise FormatError(name, 0, "expected at least four consecutive days with polar motion and UT1-UTC")
    offsets_known = np.isfinite(dx) & np.isfinite(dy)
    slope = np.gradient(ut1)
    slope -= np.rint(slope * 2) / 2  # a leap second beside the day puts a half second into its central difference
    return EarthOrientation(
        mjd.astype(np.int64) - _MJD_OF_UNIX_DAY_0,
        xp * _ARCSECOND_RAD,
        yp * _ARCSECOND_RAD,
        ut1,
        np.where(offsets_known, dx, 0.0) * _ARCSECOND_RAD,
        np.where(offsets_known, dy, 0.0) * _ARCSECOND_RAD,
        np.where(np.isfinite(excess), excess, -slope),
        predicted,
        offsets_known,
        Path(name).name,
    )
