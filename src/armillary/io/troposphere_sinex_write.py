"""Troposphere SINEX 2.00 as text: delays to hundredths, gradients to thousandths of a millimetre."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.geodesy import to_geodetic
from armillary.core.scales import to_day
from armillary.core.troposphere import TroposphereSeries
from armillary.errors import InputError

__all__ = ["GRADIENTS", "SIGMA", "TIME_SYSTEMS", "ZENITH", "write"]

ZENITH, SIGMA = "TROTOT", "STDDEV"
GRADIENTS = ("TGNTOT", "TGETOT")
TIME_SYSTEMS = {"G": "GPST", "R": "UTC", "E": "GST", "C": "BDT", "J": "QZSST", "GPS": "GPST", "UTC": "UTC", "TAI": "TAI", "": "GPST"}
"""TIME SYSTEM of TROP/DESCRIPTION -> scale."""
_SYSTEM_OF = {"GPST": "G", "UTC": "UTC", "GST": "E", "BDT": "C", "QZSST": "J", "TAI": "TAI"}
_WIDTH = 8
_OWN = frozenset({"TROPO PARAMETER NAMES", "TROPO PARAMETER UNITS", "TROPO PARAMETER WIDTH", "TROPO SAMPLING INTERVAL", "TIME SYSTEM"})
"""Keywords that follow from the series itself; those of version 1 for the same begin with ``SOLUTION_FIELDS`` and ``SAMPLING TROP``."""
_RULE = "*" + "-" * 79


def write(series: TroposphereSeries) -> bytes:
    """The file, version 2.00, stations one after the other in the order of their rows; gradients where any is known.

    Raises InputError where a name has no nine characters, an epoch no whole second in the time scale of the series, a figure no room, a zenith delay
    is not known, or there is no row.
    """
    _check(series)
    known = bool(np.isfinite(series.gradient_north_m).any() or np.isfinite(series.gradient_east_m).any())
    names = [ZENITH, SIGMA, *(word for name in GRADIENTS for word in (name, SIGMA))][: 6 if known else 2]
    epochs = _dates(series.epochs, series.time_scale)
    span = (epochs[int(np.argmin(series.epochs.tai_ns))], epochs[int(np.argmax(series.epochs.tai_ns))])
    agency = f"{''.join(series.agency.split()) or 'XXX':3.3s}"
    created = "0000:000:00000" if series.created_ns is None else _dates(Epochs(np.array([series.created_ns], np.int64)), "UTC")[0]
    lines = [f"%=TRO 2.00 {agency} {created} {agency} {span[0]} {span[1]} P MIX"]
    reference = series.reference or (("DESCRIPTION", "Zenith delays of the troposphere"), ("SOFTWARE", "armillary"))
    lines += _block(
        "FILE/REFERENCE", "*INFO_TYPE_________ INFO" + "_" * 56, [f" {_line(key):18.18s} {_line(value):.60s}" for key, value in reference]
    )
    lines += _block("TROP/DESCRIPTION", "*_________KEYWORD_____________ __VALUE(S)" + "_" * 39, _description(series, names))
    lines += _block("SITE/ID", "*STATION__ PT __DOMES__ T _STATION_DESCRIPTION__ _LONGITUDE _LATITUDE_ _HGT_ELI_", _sites(series))
    lines += _block(
        "SITE/COORDINATES",
        "*STATION__ PT SOLN T __DATA_START__ __DATA_END____ __STA_X_____ __STA_Y_____ __STA_Z_____ SYSTEM REMRK",
        _coordinates(series, span),
    )
    lines += _block(
        "TROP/SOLUTION", "*STATION__ ____EPOCH_____ " + " ".join(f"{name:>{_WIDTH}s}" for name in names), _rows(series, epochs, len(names))
    )
    return "\n".join([*lines, "%=ENDTRO", ""]).encode("latin-1", "replace")


def _check(series: TroposphereSeries) -> None:
    if not len(series):
        raise InputError("a troposphere SINEX file needs a zenith delay: there is none")
    if series.time_scale not in _SYSTEM_OF:
        raise InputError(f"troposphere SINEX has no word for the time scale {series.time_scale}; it has {' '.join(_SYSTEM_OF)}")
    wrong = [name for name in (*series.stations, *series.site) if not 1 <= len(name) <= 9 or len(name.split()) != 1 or not name.isascii()]
    if wrong:
        raise InputError(f"a station name in troposphere SINEX has one to nine characters without blanks: {wrong[0]!r}")
    if not np.isfinite(series.zenith_delay_m).all():
        raise InputError(f"{series.station[int(np.argmin(np.isfinite(series.zenith_delay_m)))]}: a zenith delay is not known; leave out such rows")


def _block(name: str, heading: str, lines: Sequence[str]) -> list[str]:
    return [_RULE, f"+{name}", heading, *lines, f"-{name}"] if lines else []


def _description(series: TroposphereSeries, names: Sequence[str]) -> list[str]:
    steps = [np.diff(series.epochs.tai_ns[series.station == name]) for name in series.stations]
    step = np.concatenate(steps)
    values, counts = np.unique(step[step > 0], return_counts=True)
    own = [("TROPO SAMPLING INTERVAL", f"{values[np.argmax(counts)] / NS_PER_SECOND:g}")] if len(values) else []
    own += [
        ("TIME SYSTEM", _SYSTEM_OF[series.time_scale]),
        ("TROPO PARAMETER NAMES", " ".join(f"{name:>{_WIDTH}s}" for name in names)),
        ("TROPO PARAMETER UNITS", " ".join(f"{'1e+03':>{_WIDTH}s}" for _ in names)),
        ("TROPO PARAMETER WIDTH", " ".join(f"{_WIDTH:{_WIDTH}d}" for _ in names)),
    ]
    given = [(k, v) for k, v in series.description if k not in _OWN and not k.startswith(("SOLUTION_FIELDS", "SAMPLING TROP"))]
    return [f" {_line(key):29.29s} {_line(value)}" for key, value in given] + [f" {key:29s} {value}" for key, value in own]


def _line(text: str) -> str:
    """The text on one line and without runs of blanks."""
    return " ".join(text.split())


def _sites(series: TroposphereSeries) -> list[str]:
    """Every station with its place in degrees, east from Greenwich, and metres above the ellipsoid, where that is known."""
    domes, places = dict(zip(series.site, series.domes, strict=False)), {}
    if series.position_m is not None:
        at = to_geodetic(series.position_m)
        angles = np.degrees([np.mod(at.longitude_rad, 2.0 * np.pi), at.latitude_rad]).T.tolist()
        words = (f"{lon:10.6f} {lat:10.6f} {h:9.3f}" for (lon, lat), h in zip(angles, np.atleast_1d(at.height_m).tolist(), strict=True))
        places = dict(zip(series.site, words, strict=True))
    return [f" {name:9s}  A {domes.get(name) or '-' * 9:9.9s} P {'':22s} {places.get(name, '')}".rstrip() for name in series.stations]


def _coordinates(series: TroposphereSeries, span: tuple[str, str]) -> list[str]:
    if series.position_m is None:
        return []
    frame = series.frame.split()[0] if series.frame.strip() else "------"
    lines = []
    for name, (x, y, z) in zip(series.site, series.position_m.tolist(), strict=True):
        place = f"{x:12.3f} {y:12.3f} {z:12.3f}"
        if len(place) > 38 or not np.isfinite((x, y, z)).all():
            raise InputError(f"{name}: its coordinates {x:g} {y:g} {z:g} have no room in troposphere SINEX")
        lines.append(f" {name:9s}  A    1 P {span[0]} {span[1]} {place} {frame:6.6s}")
    return lines


def _rows(series: TroposphereSeries, epochs: Sequence[str], count: int) -> list[str]:
    columns = (
        *((series.zenith_delay_m, 2), (series.zenith_delay_sigma_m, 2)),
        *((series.gradient_north_m, 3), (series.gradient_north_sigma_m, 3), (series.gradient_east_m, 3), (series.gradient_east_sigma_m, 3)),
    )
    words = [[f"{value:{_WIDTH}.{digits}f}" for value in (1e3 * column).tolist()] for column, digits in columns[:count]]
    lines = []
    for name, epoch, *figures in zip(series.station.tolist(), epochs, *words, strict=True):
        text = " ".join(figures)
        if len(text) > (_WIDTH + 1) * count - 1:
            raise InputError(f"{name}: a figure has no room in {_WIDTH} characters of millimetres: {text.strip()}")
        lines.append(f" {name:9s} {epoch} {text.replace('nan', 'NaN')}")
    return lines


def _dates(epochs: Epochs, scale: str) -> list[str]:
    """``YYYY:DDD:SSSSS``; InputError where an epoch is no whole second."""
    day, ns = to_day(epochs, scale)
    if (ns % NS_PER_SECOND).any():
        raise InputError(
            f"epochs of troposphere SINEX are whole seconds; {ns[ns % NS_PER_SECOND != 0][0] / NS_PER_SECOND:.9f} s of a day in {scale} is none"
        )
    dates = day.astype("datetime64[D]")
    years = dates.astype("datetime64[Y]")
    of_year = (dates - years.astype("datetime64[D]")).astype(np.int64) + 1
    seconds = ns // NS_PER_SECOND
    return [f"{y}:{d:03d}:{s:05d}" for y, d, s in zip(years.astype(str).tolist(), of_year.tolist(), seconds.tolist(), strict=True)]
