"""Calendar dates as files write them, refused where there is no such date (the scales themselves let parts roll over)."""

from __future__ import annotations

from calendar import monthrange
from typing import TYPE_CHECKING

from armillary.core.scales import from_calendar

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["instant_ns"]

_YEARS = range(1972, 2200)
"""UTC as it is now starts in 1972; int64 nanoseconds end in 2262."""


def instant_ns(date: tuple[int, int, int], time: tuple[int, int, int, int], scale: str, reference: Reference | None = None) -> int | None:
    """TAI nanoseconds of (year, month, day) and (hour, minute, second, nanosecond) in ``scale``; None where there is none such.

    Hour 24 is the next midnight, second 60 goes on into the next minute where it is no leap second.

    >>> instant_ns((1980, 1, 6), (0, 0, 0, 0), "GPST")
    315964819000000000
    >>> instant_ns((2023, 2, 29), (0, 0, 0, 0), "GPST") is None
    True
    """
    year, month, day = date
    hour, minute, second, ns = time
    if year not in _YEARS or not 1 <= month <= 12 or not 1 <= day <= monthrange(year, month)[1]:
        return None
    if not (0 <= hour <= 24 and 0 <= minute < 60 and 0 <= second <= 60 and 0 <= ns < 1_000_000_000):
        return None
    return int(from_calendar(year, month, day, hour, minute, second, ns, scale=scale, reference=reference).tai_ns[0])
