"""A table of stations that people write by hand: who owns each station, who hosts it, and where it stands; CSV with a line of headings.

The headings are :data:`COLUMNS`, in any order; only ``station`` and one more are needed. Separators are commas, semicolons or tabs, whichever the
headings have; lines that begin with ``#`` are remarks. A place is given as ``x_m, y_m, z_m`` or as ``latitude_deg, longitude_deg, height_m``; where
neither is given the position is NaN, and only operator and host are known. Numbers may have a decimal comma where commas do not separate values.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from math import hypot, isfinite, nan, radians
from typing import TYPE_CHECKING

from armillary.core.geodesy import from_geodetic
from armillary.core.stations import Network, Station
from armillary.errors import FormatError, LimitError
from armillary.io.loss_log import LossLog
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["ALMOST", "COLUMNS", "NAME", "SNIFF", "read", "write"]

NAME = "station table (CSV: station, operator, host, place)"

COLUMNS: Mapping[str, str] = {
    "station": "marker name as in the observation files, four or nine characters",
    "operator": "who owns the equipment, written like the operator of a constellation where it is one",
    "host": "on whose ground it stands: a country or an organisation",
    "operator_country": "the operator's own country where it runs no constellation that armillary knows; a station hosted elsewhere is a hosted one",
    "x_m": "Earth-fixed position of the marker",
    "y_m": "",
    "z_m": "",
    "latitude_deg": "or the same as latitude, longitude and height above the ellipsoid",
    "longitude_deg": "",
    "height_m": "",
    "frame": "frame of the position, such as ITRF2020",
    "place": "for people; not used",
}
"""Heading -> what stands below it."""

_MOST = 100_000
_CARTESIAN, _GEODETIC = ("x_m", "y_m", "z_m"), ("latitude_deg", "longitude_deg", "height_m")
_LIKE = 0.8
"""How alike (:mod:`difflib`) a misspelled heading is to the one that was meant."""
_RADIUS_M = (6.3e6, 6.4e6)
"""A place on the ground lies this far from the Earth's centre."""
_NOWHERE = (nan, nan, nan)


def SNIFF(head: bytes) -> bool:
    """Whether the first line that is no remark holds ``station`` and nothing but known headings."""
    return _headings(head.decode("utf-8-sig", "replace").split("\n")[: -1 if b"\n" in head else None]) is not None


def ALMOST(head: bytes) -> str | None:
    """What keeps a file from being a table of stations where its first line is mostly that of one; None for other files."""
    found = _first_line(head.decode("utf-8-sig", "replace").split("\n"))
    names = [] if found is None else found[1]
    unknown = [name for name in names[: 2 * len(COLUMNS)] if name not in COLUMNS]
    meant = [name for name in unknown if get_close_matches(name, COLUMNS, 1, _LIKE)]
    if not 2 <= len(names) <= 2 * len(COLUMNS) or 2 * (len(unknown) - len(meant)) > len(names):
        return None
    twice = sorted({name for name in names if names.count(name) > 1})
    wrong = [f"{name!r} is no heading of one" for name in unknown] + [f"{name!r} is there twice" for name in twice]
    wrong += [] if "station" in names else ["there is no heading 'station'"]
    return f"looks like a table of stations, but {', '.join(wrong)}; its headings are station and some of {', '.join(list(COLUMNS)[1:])}"


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> Network:
    """The stations, in the order of the file; a position that is not given is NaN, a frame that is not given empty.

    A line without a name, with a place that is not on the ground, with more values than headings, or of a station that was there before (the first
    line counts) is a loss (FormatError in strict mode).
    Raises FormatError when no line holds a station, and LimitError for more than a hundred thousand.
    """
    log = LossLog(source.path, strict=strict)
    lines = bytes(source.data).decode("utf-8-sig", "replace").split("\n")
    found = _headings(lines)
    if found is None:
        raise FormatError(source.path, 0, f"the headings must be station and some of {', '.join(COLUMNS)}")
    first, names, separator = found
    stations: dict[str, Station] = {}
    lines_of: dict[str, int] = {}
    for number, values in _rows(lines, first, separator):
        try:
            station = _station(_row(names, values, separator))
        except ValueError as error:
            log.add(number, str(error))
            continue
        if station.name in stations:
            log.add(number, f"station {station.name} is there twice; line {lines_of[station.name]} counts")
            continue
        if len(stations) >= _MOST:
            raise LimitError(f"{source.path}: more than {_MOST} stations")
        stations[station.name], lines_of[station.name] = station, number
    if not stations:
        for loss in log.losses()[:1]:
            raise FormatError(source.path, loss.first_line, f"no line holds a station; this one: {loss.reason}")
        raise FormatError(source.path, first, "no line below the headings holds a station")
    return Network(source.path, tuple(stations.values()), log.losses())


def write(network: Network) -> bytes:
    """The stations as a table, positions to a tenth of a millimetre.

    >>> print(write(Network("", (Station("WUHR", (-2267750.0, 5009154.0, 3221294.0), operator="Roscosmos", host="China"),))).decode(), end="")
    station,operator,host,operator_country,x_m,y_m,z_m,frame
    WUHR,Roscosmos,China,,-2267750.0000,5009154.0000,3221294.0000,ITRF2020
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("station", "operator", "host", "operator_country", *_CARTESIAN, "frame"))
    for s in network:
        place = [f"{v:.4f}" if isfinite(v) else "" for v in s.position_m]
        writer.writerow((s.name, s.operator, s.host, s.operator_country, *place, s.frame))
    return out.getvalue().encode()


def _headings(lines: list[str]) -> tuple[int, list[str], str] | None:
    """Number of lines up to the headings, the headings and what separates them; None where there are none, or others than those of stations."""
    found = _first_line(lines)
    if found is None:
        return None
    names = found[1]
    known = "station" in names and len(names) > 1 and len(set(names)) == len(names) and set(names) <= set(COLUMNS)
    return found if known else None


def _first_line(lines: list[str]) -> tuple[int, list[str], str] | None:
    """The first line that is no remark, as headings."""
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        separator = next((c for c in ";\t" if c in line), ",")
        names = [name.strip().strip('"').lower() for name in line.split(separator)]
        return (number, names, separator)
    return None


def _rows(lines: list[str], first: int, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and values of every line below the headings that is neither empty nor a remark; a quoted value ends with its line."""
    for number, line in enumerate(lines[first:], first + 1):
        if line.strip() and not line.startswith("#"):
            try:
                yield number, next(csv.reader([line], delimiter=separator), [])
            except csv.Error:  # longer than any value can be
                yield number, []


def _row(names: list[str], values: list[str], separator: str) -> dict[str, str]:
    """Heading -> value; ValueError where values stand beyond the last heading, for then others may stand below the wrong ones."""
    if any(value.strip() for value in values[len(names) :]):
        hint = "; a value with a comma in it, such as a decimal comma, needs quotes, or ; between the values" if separator == "," else ""
        raise ValueError(f"{len(values)} values below {len(names)} headings{hint}")
    return dict(zip(names, values, strict=False))


def _station(row: Mapping[str, str]) -> Station:
    """ValueError says what is wrong with a row."""
    given = {key: value.strip() for key, value in row.items() if value.strip()}
    name = given.get("station", "").upper()
    if not 1 <= len(name) <= 60:
        raise ValueError("a line without the name of a station")
    operator, host, country, frame = (given.get(key, "")[:200] for key in ("operator", "host", "operator_country", "frame"))
    return Station(name, _place(given), frame, operator=operator, host=host, operator_country=country)


def _place(given: Mapping[str, str]) -> tuple[float, float, float]:
    for keys in (_CARTESIAN, _GEODETIC):
        there = [key for key in keys if key in given]
        if not there:
            continue
        if len(there) < 3:
            raise ValueError(f"a place needs {', '.join(keys)}")
        a, b, c = (_number(key, given[key]) for key in keys)
        if keys is _GEODETIC:
            if not (abs(a) <= 90.0 and abs(b) <= 360.0 and -1e3 <= c <= 1e4):
                raise ValueError(f"latitude {a:g}, longitude {b:g}, height {c:g} is no place on the ground")
            a, b, c = (float(v) for v in from_geodetic(radians(a), radians(b), c))
        if not _RADIUS_M[0] < hypot(a, b, c) < _RADIUS_M[1]:
            raise ValueError("the coordinates are no place on the ground, in metres from the Earth's centre")
        return a, b, c
    return _NOWHERE


def _number(heading: str, text: str) -> float:
    """A number, with a decimal comma where it has one comma and no point; ValueError for anything else."""
    try:
        return float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        raise ValueError(f"{heading} {text!r} is no number") from None
