"""Time scales: where text, weeks and calendar dates become :class:`~armillary.core.epochs.Epochs` and back.

A scale's reading is the pair (day since 1970-01-01, nanosecond of day); on the day of a positive leap second UTC and GLONASST
have 86,401 seconds, so the pair is exact inside the leap second too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["FIXED_OFFSET_NS", "from_day"]

FIXED_OFFSET_NS = {
    "TAI": 0,
    "TT": 32_184_000_000,
    "GPST": -19 * NS_PER_SECOND,
    "GST": -19 * NS_PER_SECOND,
    "QZSST": -19 * NS_PER_SECOND,
    "BDT": -33 * NS_PER_SECOND,
}
"""Scale -> (reading of the scale) - TAI, nanoseconds, for scales that keep a constant offset."""


def from_day(day: ArrayLike, ns_of_day: ArrayLike, scale: str, *, reference: Reference | None = None) -> Epochs:
    """Epochs from days since 1970-01-01 and nanoseconds of day (int64[n] each) read in ``scale``."""
    day, ns_of_day = np.asarray(day, np.int64), np.asarray(ns_of_day, np.int64)
    return Epochs(day * NS_PER_DAY + ns_of_day - FIXED_OFFSET_NS[scale])
