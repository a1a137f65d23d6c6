"""Time scales: where text, weeks and calendar dates become :class:`~armillary.core.epochs.Epochs` and back.

A scale's reading is the pair (day since 1970-01-01, nanoseconds elapsed in that day). The day of a positive leap second has 86,401 seconds in
UTC and GLONASST, so the pair is exact inside the leap second too. UTC inserts it as 23:59:60; GLONASST (UTC + 3 h) reads 02:59:60 in the middle of
its next day, after which its clock face lags the elapsed seconds of that day by one: calendar functions know, pairs count elapsed time.

UTC is offered from 1972 on (before, it had a variable rate): earlier epochs raise OutOfRangeError. Beyond the expiry of the leap-second table
(:attr:`Reference.leap_seconds_valid_until`) the last known offset is used and StaleTableWarning says so.

Exact for every scale but UT1 and TDB, which are rounded to the nanosecond of a model: UT1 from the Earth orientation table (observed days: 10 us;
no sub-daily tides, 50 us), TDB from the series of Fairhead & Bretagnon 1990 at the geocentre (:func:`erfa.dtdb`: about 10 ns to a
numerical ephemeris, and 2 us more with height and place on Earth, which are left out).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary._lazy import lazy_module
from armillary.core.calendar import DateTimes, date_of_day, day_of_date, format_iso, format_rinex, parse_iso
from armillary.core.earth_orientation import OrientationValues
from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs
from armillary.core.leap_seconds import LeapSeconds, StaleTableWarning
from armillary.core.reference import Reference
from armillary.errors import InputError, OutOfRangeError

__all__ = [
    "FIXED_OFFSET_NS",
    "SCALES",
    "WEEK_EPOCH_DAY",
    "earth_orientation_at",
    "from_calendar",
    "from_datetime64",
    "from_day",
    "from_iso",
    "from_week",
    "offset_s",
    "resolve_week",
    "to_calendar",
    "to_datetime64",
    "to_day",
    "to_iso",
    "to_rinex",
    "to_week",
]

erfa = lazy_module("erfa")

Integers = NDArray[np.int64]

FIXED_OFFSET_NS = {
    "TAI": 0,
    "TT": 32_184_000_000,
    "GPST": -19 * NS_PER_SECOND,
    "GST": -19 * NS_PER_SECOND,
    "QZSST": -19 * NS_PER_SECOND,
    "BDT": -33 * NS_PER_SECOND,
}
"""Scale -> (reading of the scale) - TAI, nanoseconds, for scales that keep a constant offset."""

_UTC_ZONE_NS = {"UTC": 0, "GLONASST": 3 * 3600 * NS_PER_SECOND}
"""Scales with leap seconds -> their clock face ahead of UTC."""

SCALES = (*FIXED_OFFSET_NS, *_UTC_ZONE_NS, "UT1", "TDB")
"""Every scale by name."""

WEEK_EPOCH_DAY = {"GPST": 3657, "QZSST": 3657, "GST": 10825, "BDT": 13149}
"""Scale -> day since 1970-01-01 on which its week 0 starts: 1980-01-06, 1999-08-22, 2006-01-01.

GST counts its own weeks; files that write its weeks aligned to the 1980 count (RINEX does) are read with scale ``GPST``, which has the same seconds.
"""

_NS_PER_MINUTE = 60 * NS_PER_SECOND
_NS_PER_WEEK = 7 * NS_PER_DAY
_TT_MINUS_TAI_NS = FIXED_OFFSET_NS["TT"]
_LIMIT_DAY = 106_750
"""Days from 1970 that int64 nanoseconds hold: 1677-09-23 to 2262-04-10."""


def from_day(day: ArrayLike, ns_of_day: ArrayLike, scale: str, *, reference: Reference | None = None) -> Epochs:
    """Epochs from days since 1970-01-01 and nanoseconds elapsed in the day (int64[n] each) read in ``scale``.

    Nanoseconds beyond the day's length go on into the next. Raises InputError for an unknown scale, OutOfRangeError (with mask) for days outside
    1677 to 2262, before 1972 in UTC and GLONASST, and outside the Earth orientation table in UT1.

    >>> from_day(3657, 0, "GPST")
    Epochs(1980-01-06T00:00:19.000000000 TAI)
    """
    day, ns_of_day = np.atleast_1d(np.asarray(day, np.int64)), np.asarray(ns_of_day, np.int64)
    _check_days(day)
    if scale in FIXED_OFFSET_NS:
        return Epochs(day * NS_PER_DAY + (ns_of_day - FIXED_OFFSET_NS[scale]))
    if scale == "UTC":
        return Epochs(_utc_midnight_tai_ns(day, _leap_table(reference)) + ns_of_day)
    if scale == "GLONASST":  # its midnight comes before that of UTC, with a leap second between the two if there is one
        leap = _leap_table(reference)
        return Epochs(_utc_midnight_tai_ns(day, leap) - _inserted_before_ns(day, leap) - _UTC_ZONE_NS[scale] + ns_of_day)
    _check_scale(scale)
    return _from_modelled(day * NS_PER_DAY + ns_of_day, scale, reference)


def to_day(epochs: Epochs, scale: str, *, reference: Reference | None = None) -> tuple[Integers, Integers]:
    """Days since 1970-01-01 and nanoseconds elapsed in the day, int64[n] each, read in ``scale``; errors as in :func:`from_day`.

    >>> [part.tolist() for part in to_day(from_day(17166, 86400_500_000_000, "UTC"), "UTC")]  # half a second into a leap second
    [[17166], [86400500000000]]
    """
    if scale in _UTC_ZONE_NS:
        leap = _leap_table(reference)
        day, ns = _utc_day(epochs.tai_ns, leap)
        if scale == "UTC":
            return day, ns
        evening = NS_PER_DAY - _UTC_ZONE_NS[scale]
        morning = ns < evening
        return day + ~morning, ns + np.where(morning, _UTC_ZONE_NS[scale] + _inserted_before_ns(day, leap), -evening)
    day, ns = np.divmod(epochs.tai_ns + _reading_minus_tai_ns(epochs, scale, reference), NS_PER_DAY)
    return day, ns


def from_calendar(
    year: ArrayLike,
    month: ArrayLike,
    day: ArrayLike,
    hour: ArrayLike = 0,
    minute: ArrayLike = 0,
    second: ArrayLike = 0,
    ns: ArrayLike = 0,
    *,
    scale: str,
    reference: Reference | None = None,
) -> Epochs:
    """Epochs from what a clock of ``scale`` shows (integers, scalar or [n]); errors as in :func:`from_day`.

    Second 60 is the leap second where there is one; elsewhere, as every part beyond its range, it goes on into the next minute.

    >>> from_calendar(2016, 12, 31, 23, 59, 60, scale="UTC") == from_calendar(2017, 1, 1, 2, 59, 60, scale="GLONASST")
    True
    """
    days = day_of_date(year, month, day)
    minutes = np.asarray(hour, np.int64) * 60 + np.asarray(minute, np.int64)
    ns_of_minute = np.asarray(second, np.int64) * NS_PER_SECOND + np.asarray(ns, np.int64)
    if scale in _UTC_ZONE_NS:
        carry, minutes = np.divmod(minutes - _UTC_ZONE_NS[scale] // _NS_PER_MINUTE, 1440)
        days, scale = days + carry, "UTC"
    return from_day(days, minutes * _NS_PER_MINUTE + ns_of_minute, scale, reference=reference)


def to_calendar(epochs: Epochs, scale: str, *, reference: Reference | None = None) -> DateTimes:
    """What a clock of ``scale`` shows: year, month, day, hour, minute, second (60 inside a leap second), nanosecond, int64[n] each."""
    day, ns = to_day(epochs, "UTC" if scale in _UTC_ZONE_NS else scale, reference=reference)
    minute = np.minimum(ns // _NS_PER_MINUTE, 1439)
    second, ns = np.divmod(ns - minute * _NS_PER_MINUTE, NS_PER_SECOND)
    if scale in _UTC_ZONE_NS:
        carry, minute = np.divmod(minute + _UTC_ZONE_NS[scale] // _NS_PER_MINUTE, 1440)
        day = day + carry
    hour, minute = np.divmod(minute, 60)
    return DateTimes(*date_of_day(day), hour, minute, second, ns)


def from_week(week: ArrayLike, ns_of_week: ArrayLike, scale: str) -> Epochs:
    """Epochs from full week numbers and nanoseconds of week (integers, scalar or [n]) of a scale of :data:`WEEK_EPOCH_DAY`.

    >>> from_week(1356, 14_000_000_000, "GPST") == from_week(0, 0, "BDT")
    True
    """
    return from_day(_week_epoch(scale) + 7 * np.asarray(week, np.int64), ns_of_week, scale)


def to_week(epochs: Epochs, scale: str) -> tuple[Integers, Integers]:
    """Full week numbers and nanoseconds of week, int64[n] each; negative weeks lie before the scale's week 0."""
    since = epochs.tai_ns - (_week_epoch(scale) * NS_PER_DAY - FIXED_OFFSET_NS[scale])
    week, ns = np.divmod(since, _NS_PER_WEEK)
    return week, ns


def resolve_week(truncated_week: ArrayLike, modulus: int, near: Epochs, scale: str) -> Integers:
    """Full week numbers, int64[n], that equal ``truncated_week`` modulo ``modulus`` and lie nearest to ``near`` (one epoch, or [n]).

    Broadcast week counters are short: 10 bits (1024), 12 bits (4096) or 13 bits (8192).

    >>> resolve_week(1, 1024, from_calendar(2019, 4, 15, scale="GPST"), "GPST")
    array([2049])
    """
    close = to_week(near, scale)[0]
    half = modulus // 2
    return np.asarray(close + (np.asarray(truncated_week, np.int64) - close + half) % modulus - half)


def from_iso(texts: str | Sequence[str] | NDArray[np.str_], scale: str, *, reference: Reference | None = None) -> Epochs:
    """Epochs from ISO 8601 texts (one or [n]) read in ``scale``: date, or date and time with up to nine decimals; ``Z`` only with UTC.

    Raises InputError for a text that does not fit, and for second 60 where ``scale`` has no leap second.

    >>> from_iso("2016-12-31T23:59:60.5Z", "UTC")
    Epochs(2017-01-01T00:00:36.500000000 TAI)
    """
    when, zulu = parse_iso(texts)
    if zulu.any() and scale != "UTC":
        raise InputError(f"a text that ends in Z is UTC, but was to be read in {scale}")
    epochs = from_calendar(*when, scale=scale, reference=reference)
    if (when.second == 60).any() and not np.array_equal(to_calendar(epochs, scale, reference=reference).second, when.second):
        raise InputError(f"second 60 where {scale} has no leap second")
    return epochs


def to_iso(epochs: Epochs, scale: str, digits: int = 9, *, reference: Reference | None = None) -> NDArray[np.str_]:
    """``YYYY-MM-DDThh:mm:ss.fff``, str[n], read in ``scale``, rounded to ``digits`` (0 to 9) decimals.

    >>> str(to_iso(from_week(0, 0, "GPST"), "UTC", 0)[0])
    '1980-01-06T00:00:00'
    """
    return format_iso(_rounded_calendar(epochs, scale, digits, reference), digits)


def to_rinex(epochs: Epochs, scale: str, digits: int = 7, *, reference: Reference | None = None) -> NDArray[np.str_]:
    """``YYYY MM DD hh mm ss.fffffff``, str[n], as RINEX 3 and 4 write it, rounded to ``digits`` decimals (0: as in navigation records).

    >>> str(to_rinex(from_calendar(2020, 6, 25, 0, 0, 30, scale="GPST"), "GPST")[0])
    '2020 06 25 00 00 30.0000000'
    """
    return format_rinex(_rounded_calendar(epochs, scale, digits, reference), digits)


def from_datetime64(values: ArrayLike, scale: str, *, reference: Reference | None = None) -> Epochs:
    """Epochs from datetime64 labels (any unit, scalar or [n]) read in ``scale``. NaT raises InputError; else errors as in :func:`from_day`."""
    labels = np.atleast_1d(np.asarray(values, "datetime64"))
    if np.isnat(labels).any():
        raise InputError("not a time: NaT among the datetime64 values")
    _check_days(labels.astype("datetime64[D]").astype(np.int64))
    day, ns = np.divmod(labels.astype("datetime64[ns]").view(np.int64), NS_PER_DAY)
    minute, ns_of_minute = np.divmod(ns, _NS_PER_MINUTE)
    if scale not in _UTC_ZONE_NS:
        return from_day(day, ns, scale, reference=reference)
    carry, minute = np.divmod(minute - _UTC_ZONE_NS[scale] // _NS_PER_MINUTE, 1440)
    return from_day(day + carry, minute * _NS_PER_MINUTE + ns_of_minute, "UTC", reference=reference)


def to_datetime64(epochs: Epochs, scale: str, *, reference: Reference | None = None) -> NDArray[np.datetime64]:
    """datetime64[ns] labels, [n], of what a clock of ``scale`` shows.

    Such labels have no second 60: inside a leap second they repeat those of the second that follows, as POSIX time does.

    >>> str(to_datetime64(from_iso("2016-12-31T23:59:60.25", "UTC"), "UTC")[0])
    '2017-01-01T00:00:00.250000000'
    """
    zone = _UTC_ZONE_NS.get(scale, 0)
    day, ns = to_day(epochs, "UTC" if scale in _UTC_ZONE_NS else scale, reference=reference)
    return np.asarray(day * NS_PER_DAY + ns + zone).view("datetime64[ns]")


def offset_s(epochs: Epochs, scale_a: str, scale_b: str, *, reference: Reference | None = None) -> NDArray[np.float64]:
    """Reading of ``scale_a`` minus reading of ``scale_b`` at the same instants, seconds, float64[n].

    >>> offset_s(from_calendar(2020, 1, 1, scale="GPST"), "GPST", "UTC")
    array([18.])
    """
    difference = _reading_minus_tai_ns(epochs, scale_a, reference) - _reading_minus_tai_ns(epochs, scale_b, reference)
    return np.asarray(np.broadcast_to(difference, len(epochs)) / 1e9)


def earth_orientation_at(epochs: Epochs, *, reference: Reference | None = None) -> OrientationValues:
    """Earth orientation interpolated to ``epochs``, float64[n] each. OutOfRangeError (mask, range of the table) outside it."""
    reference = reference if reference is not None else Reference.builtin()
    leap, table = _leap_table(reference), reference.earth_orientation
    index = _leap_index(epochs.tai_ns, leap)
    day, ns = _utc_day(epochs.tai_ns, leap)
    length = NS_PER_DAY + _inserted_before_ns(day + 1, leap)
    node = leap.tai_minus_utc_s[np.clip(np.searchsorted(leap.day, table.day, "right") - 1, 0, None)]
    return table.interpolated(day, ns / length, leap.tai_minus_utc_s[index].astype(np.float64), node.astype(np.float64))


def _check_days(day: Integers) -> None:
    outside = np.abs(day) > _LIMIT_DAY
    if outside.any():
        raise OutOfRangeError(f"days outside 1677-09-23 to 2262-04-10: {day[outside][0]} days from 1970-01-01", outside)


def _check_scale(scale: str) -> None:
    if scale not in SCALES:
        raise InputError(f"no time scale is called {scale!r}; there are {', '.join(SCALES)}")


def _week_epoch(scale: str) -> int:
    if scale not in WEEK_EPOCH_DAY:
        raise InputError(f"weeks are counted in {', '.join(WEEK_EPOCH_DAY)}, not in {scale!r}")
    return WEEK_EPOCH_DAY[scale]


def _leap_table(reference: Reference | None) -> LeapSeconds:
    return (reference if reference is not None else Reference.builtin()).leap_seconds


def _leap_index(tai_ns: Integers, leap: LeapSeconds) -> Integers:
    """Row of the table in force at each instant; OutOfRangeError before the first."""
    start = leap.day * NS_PER_DAY + leap.tai_minus_utc_s * NS_PER_SECOND
    return _checked_rows(np.searchsorted(start, tai_ns, "right") - 1, tai_ns // NS_PER_DAY, leap)


def _checked_rows(rows: NDArray[np.intp], day: Integers, leap: LeapSeconds) -> Integers:
    outside = rows < 0
    if outside.any():
        first = np.datetime64(int(leap.day[0]), "D")
        raise OutOfRangeError(f"{int(outside.sum())} of {len(outside)} epochs lie before {first}, from when UTC is offered", outside)
    if len(day) and day.max() >= leap.valid_until_day:
        until = np.datetime64(leap.valid_until_day, "D")
        text = f"the leap-second table ends on {until}: UTC of later epochs assumes no further leap second"
        warnings.warn(text, StaleTableWarning, stacklevel=4)
    return rows


def _utc_midnight_tai_ns(day: Integers, leap: LeapSeconds) -> Integers:
    rows = _checked_rows(np.searchsorted(leap.day, day, "right") - 1, day, leap)
    return np.asarray(day * NS_PER_DAY + leap.tai_minus_utc_s[rows] * NS_PER_SECOND)


def _inserted_before_ns(day: Integers, leap: LeapSeconds) -> Integers:
    """Leap seconds inserted at the end of the day before ``day``, nanoseconds."""
    rows = np.minimum(np.searchsorted(leap.day, day), len(leap.day) - 1)
    steps = np.diff(leap.tai_minus_utc_s, prepend=leap.tai_minus_utc_s[0]) * NS_PER_SECOND
    return np.asarray(np.where(leap.day[rows] == day, steps[rows], 0))


def _utc_day(tai_ns: Integers, leap: LeapSeconds) -> tuple[Integers, Integers]:
    rows = _leap_index(tai_ns, leap)
    utc_ns = tai_ns - leap.tai_minus_utc_s[rows] * NS_PER_SECOND
    next_step = np.append(leap.day[1:], np.iinfo(np.int64).max)[rows]
    day = np.minimum(utc_ns // NS_PER_DAY, next_step - 1)
    return day, utc_ns - day * NS_PER_DAY


def _reading_minus_tai_ns(epochs: Epochs, scale: str, reference: Reference | None) -> Integers:
    """Clock face minus TAI, nanoseconds, int64 (0-dimensional where constant)."""
    if scale in FIXED_OFFSET_NS:
        return np.asarray(FIXED_OFFSET_NS[scale], np.int64)
    if scale == "TDB":
        return _TT_MINUS_TAI_NS + _tdb_minus_tt_ns(epochs.tai_ns)
    _check_scale(scale)
    leap = _leap_table(reference)
    utc = -leap.tai_minus_utc_s[_leap_index(epochs.tai_ns, leap)] * NS_PER_SECOND
    if scale == "UT1":
        return np.asarray(utc + np.rint(earth_orientation_at(epochs, reference=reference).ut1_minus_utc_s * 1e9).astype(np.int64))
    return np.asarray(utc + _UTC_ZONE_NS[scale])


def _tdb_minus_tt_ns(tai_ns: Integers) -> Integers:
    day, ns = np.divmod(tai_ns + _TT_MINUS_TAI_NS, NS_PER_DAY)
    return np.asarray(np.rint(erfa.dtdb(2440587.5 + day, ns / NS_PER_DAY, 0.0, 0.0, 0.0, 0.0) * 1e9), np.int64)


def _from_modelled(reading_ns: Integers, scale: str, reference: Reference | None) -> Epochs:
    """Fixed-point solution of reading = TAI + offset(TAI): the offset drifts by at most 1e-7 (UT1), so three rounds reach the nanosecond."""
    first = np.asarray(_TT_MINUS_TAI_NS)
    if scale == "UT1":  # the leap seconds of the reading itself are within a second of the truth
        leap = _leap_table(reference)
        first = -leap.tai_minus_utc_s[_leap_index(reading_ns, leap)] * NS_PER_SECOND
    tai_ns = reading_ns - first
    for _ in range(3):
        tai_ns = reading_ns - _reading_minus_tai_ns(Epochs(tai_ns), scale, reference)
    return Epochs(tai_ns)


def _rounded_calendar(epochs: Epochs, scale: str, digits: int, reference: Reference | None) -> DateTimes:
    if not 0 <= digits <= 9:
        raise InputError(f"digits must lie between 0 and 9, not {digits}")
    when = to_calendar(epochs, scale, reference=reference)
    unit = 10 ** (9 - digits)
    if unit == 1:
        return when
    shift = (when.ns + unit // 2) // unit * unit - when.ns
    return to_calendar(Epochs(epochs.tai_ns + shift), scale, reference=reference)
