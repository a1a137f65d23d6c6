"""Instants as one int64 array of TAI nanoseconds.

Nanoseconds since 1970-01-01T00:00:00 TAI: sortable, joinable, exact, and ``tai_ns.view("datetime64[ns]")`` reads as TAI.
A time scale is named only where text, weeks or calendar dates come in or go out (:mod:`armillary.core.scales`).
Clock biases and travel times stay separate float seconds: a float Julian date would keep only 40 microseconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["NS_PER_DAY", "NS_PER_SECOND", "Epochs"]

NS_PER_SECOND = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_SECOND


@dataclass(frozen=True, slots=True, eq=False)
class Epochs:
    """Instants: ``tai_ns`` int64[n], nanoseconds since 1970-01-01T00:00:00 TAI."""

    tai_ns: NDArray[np.int64]

    def __post_init__(self) -> None:
        array = np.atleast_1d(np.asarray(self.tai_ns))
        if array.dtype != np.int64:
            if array.dtype.kind not in "iu":
                raise TypeError(f"Epochs takes integer TAI nanoseconds, not {array.dtype}")
            array = array.astype(np.int64)
        object.__setattr__(self, "tai_ns", array)

    def __len__(self) -> int:
        return len(self.tai_ns)

    def __getitem__(self, index: int | slice | NDArray[Any]) -> Epochs:
        return Epochs(self.tai_ns[index])

    def __iter__(self) -> Iterator[Epochs]:
        return (Epochs(np.array([t])) for t in self.tai_ns)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Epochs) and np.array_equal(self.tai_ns, other.tai_ns)

    def __repr__(self) -> str:
        if not len(self):
            return "Epochs([])"
        first, last = self.tai_ns[[0, -1]].view("datetime64[ns]")
        return f"Epochs({first} TAI)" if len(self) == 1 else f"Epochs({len(self)}: {first} ... {last} TAI)"

    def seconds_since(self, origin: Epochs | int) -> NDArray[np.float64]:
        """Seconds, float64[n], since ``origin`` (one epoch, or its TAI nanoseconds); keeps 15 ps over a day.

        >>> e = Epochs(np.array([0, 1_500_000_000]))
        >>> e.seconds_since(e[0])
        array([0. , 1.5])
        """
        start = int(origin.tai_ns[0]) if isinstance(origin, Epochs) else int(origin)
        difference = self.tai_ns - start
        whole = difference // NS_PER_SECOND
        return np.asarray(whole + (difference - whole * NS_PER_SECOND) * 1e-9, np.float64)

    def shifted(self, seconds: ArrayLike) -> Epochs:
        """The instants moved by ``seconds`` (float, scalar or [n]), rounded to the nanosecond.

        >>> Epochs(np.array([0])).shifted(1.5).tai_ns
        array([1500000000])
        """
        seconds = np.asarray(seconds, np.float64)
        whole = np.floor(seconds)
        return Epochs(self.tai_ns + whole.astype(np.int64) * NS_PER_SECOND + np.rint((seconds - whole) * 1e9).astype(np.int64))

    @classmethod
    def concatenate(cls, parts: Sequence[Epochs]) -> Epochs:
        """All instants of ``parts``, in the order given."""
        return cls(np.concatenate([p.tai_ns for p in parts]) if parts else np.empty(0, np.int64))
