"""Station coordinates as a solution gives them: where each marker was, when, how surely, and what stood on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss
from armillary.core.stations import Station
from armillary.errors import InputError

__all__ = ["ALWAYS_NS", "NEVER_NS", "Equipment", "StationCoordinates"]

NEVER_NS = int(np.iinfo(np.int64).min)
"""Start of an interval that is open to the past (TAI nanoseconds)."""
ALWAYS_NS = int(np.iinfo(np.int64).max)
"""End of an interval that is open to the future (TAI nanoseconds)."""


@dataclass(frozen=True, slots=True)
class Equipment:
    """What a log says stood at a site from ``valid_from_ns`` to ``valid_until_ns`` (TAI)."""

    kind: str
    """receiver, antenna or eccentricity."""
    code: str
    point: str
    valid_from_ns: int
    valid_until_ns: int
    type: str = ""
    """Receiver type, or antenna type with its radome in columns 17-20."""
    serial: str = ""
    firmware: str = ""
    north_east_up_m: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of an eccentricity: from the marker to the antenna reference point."""


@dataclass(frozen=True, slots=True, eq=False)
class StationCoordinates:
    """Marker positions, one row per station, point and solution number."""

    code: NDArray[np.str_]
    """str[n], four characters (nine in newer files)."""
    point: NDArray[np.str_]
    solution: NDArray[np.str_]
    domes: NDArray[np.str_]
    """str[n], such as 10002M006."""
    epoch: Epochs
    """[n], to which the position refers."""
    position_m: NDArray[np.float64]
    """float64[n, 3], Earth-fixed."""
    sigma_m: NDArray[np.float64]
    """float64[n, 3], NaN where not given."""
    velocity_m_s: NDArray[np.float64]
    """float64[n, 3], NaN where not estimated."""
    velocity_sigma_m_s: NDArray[np.float64]
    """float64[n, 3], NaN where not given."""
    estimated: NDArray[np.bool_]
    """bool[n], False where only an a-priori value is there."""
    valid_from_ns: NDArray[np.int64]
    """int64[n], TAI nanoseconds: first data of the solution; NEVER_NS where not given."""
    valid_until_ns: NDArray[np.int64]
    """int64[n], TAI nanoseconds: last data of the solution; ALWAYS_NS where not given."""
    frame: str = ""
    """As the file states it (IGS20, ITRF2020); empty when it does not."""
    agency: str = ""
    description: str = ""
    equipment: tuple[Equipment, ...] = ()
    comments: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    path: str = ""

    def __len__(self) -> int:
        return len(self.code)

    def row(self, code: str, epoch: Epochs | None = None) -> int:
        """The row that answers for a station at an epoch; InputError names what there is.

        Estimates go before a-priori values; then the solution whose data interval holds the epoch, then the nearest (without an epoch: the last).
        The name may be the four- or the nine-character one, in any case.
        """
        rows = self._rows(code)
        if epoch is None:
            rows = rows[self.estimated[rows]] if self.estimated[rows].any() else rows
            return int(rows[np.argmax(self.epoch.tai_ns[rows])])
        best: int = min(rows.tolist(), key=lambda row: self.unfitness(row, epoch))
        return best

    def unfitness(self, row: int, epoch: Epochs) -> tuple[bool, bool, int]:
        """How little a row serves at an epoch, to be compared with other rows, of other solutions too: the least serves best.

        Whether it is an a-priori value only, whether the epoch is outside its data interval, and the distance of its own epoch in nanoseconds.
        """
        when = int(epoch.tai_ns[0])
        inside = int(self.valid_from_ns[row]) <= when <= int(self.valid_until_ns[row])
        return not bool(self.estimated[row]), not inside, abs(int(self.epoch.tai_ns[row]) - when)

    def find(self, code: str, epoch: Epochs | None = None) -> Station:
        """The station as a place: its position at the solution's own epoch, and its velocity (zero where none was estimated).

        Rows are chosen, and InputError raised, as :meth:`row` says.
        """
        row = self.row(code, epoch)
        x, y, z = self.position_m[row].tolist()
        vx, vy, vz = np.nan_to_num(self.velocity_m_s[row]).tolist()
        return Station(str(self.code[row]), (x, y, z), self.frame, self.epoch[row], (vx, vy, vz))

    def position_at(self, code: str, epoch: Epochs) -> NDArray[np.float64]:
        """float64[3], the position moved to ``epoch`` by the estimated velocity (not moved where there is none)."""
        row = self.row(code, epoch)
        elapsed = float((epoch[0]).seconds_since(self.epoch[row])[0])
        return np.asarray(self.position_m[row] + elapsed * np.nan_to_num(self.velocity_m_s[row]))

    def equipment_at(self, kind: str, code: str, epoch: Epochs) -> Equipment | None:
        """The receiver, antenna or eccentricity in use at an epoch, or None; the site-log entry that began last wins."""
        when, name = int(epoch.tai_ns[0]), code.upper()
        return _last_begun([e for e in self.equipment if e.kind == kind and _same_site(e.code, name) and e.valid_from_ns <= when <= e.valid_until_ns])

    def _rows(self, code: str) -> NDArray[np.intp]:
        name = code.strip().upper()
        for wanted in (name, name[:4]):
            rows = np.flatnonzero(self.code == wanted)
            if len(rows):
                return rows
        if len(name) == 4:
            rows = np.flatnonzero(np.char.startswith(self.code, name)) if len(self.code) else rows
            if len(rows):
                return rows
        shown = ", ".join(sorted({str(c) for c in self.code})[:12])
        raise InputError(f"{self.path or 'the solution'} has no station {code!r}; it has {len(set(self.code.tolist()))}: {shown} ...")


def _same_site(code: str, name: str) -> bool:
    return code == name or code == name[:4] or code[:4] == name


def _last_begun(found: Sequence[Equipment]) -> Equipment | None:
    return max(found, key=lambda e: e.valid_from_ns) if found else None
