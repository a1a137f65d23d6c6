"""Which satellite stood under a name (``R22``) when, and of what type it is: a dated table.

Names are reused: slot 22 of GLONASS was a GLONASS-M until June 2022 and a GLONASS-K1 from October 2022 on, and no observation or orbit file says
so. Antennas and attitudes follow the type. Rows stand in ``constellations/satellite_types.csv``, types named as in ANTEX.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from armillary.core.coordinates import ALWAYS_NS
from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.satellites import pack_one
from armillary.core.scales import from_iso

__all__ = ["KNOWN_UNTIL", "SatelliteTypes", "Vehicle", "satellite_types"]

KNOWN_UNTIL = {"G": "2026-05-01", "R": "2024-02-07", "E": "2024-02-07", "C": "2024-02-07", "J": "2024-02-07"}
"""System letter -> day up to which rows with an open end were seen in a source; later satellites and changes may be missing."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One satellite under one name during one interval."""

    sat: int
    """Packed name."""
    space_vehicle: str
    """Such as R806."""
    type: str
    """As in ANTEX: GLONASS-K1, BEIDOU-3M-CAST, BLOCK IIF."""
    from_ns: int
    """TAI nanoseconds."""
    until_ns: int
    """TAI nanoseconds, excluded; the largest int64 where open."""
    confirmed: bool
    """False where the source leaves it open, or the row is from memory."""
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class SatelliteTypes:
    """A dated table of satellites."""

    vehicles: tuple[Vehicle, ...]
    """In the order of names, then of time; intervals of one name do not overlap."""

    def at(self, sat: int, epoch: Epochs) -> Vehicle | None:
        """The satellite under a packed name at an epoch, or None where the table has none.

        >>> from armillary.core.scales import from_iso
        >>> found = satellite_types().at(pack_one("R22"), from_iso("2023-01-01", "GPST"))
        >>> found.type, found.space_vehicle
        ('GLONASS-K1', 'R806')
        """
        when = int(epoch.tai_ns[0])
        for vehicle in self.vehicles:
            if vehicle.sat == sat and vehicle.from_ns <= when < vehicle.until_ns:
                return vehicle
        return None

    def ever(self, sat: int, space_vehicle: str) -> bool:
        """Whether a satellite stood under the packed name at any time."""
        return any(v.sat == sat and v.space_vehicle == space_vehicle for v in self.vehicles)


@cache
def satellite_types() -> SatelliteTypes:
    """The table that comes with armillary."""
    with files("armillary.constellations").joinpath("satellite_types.csv").open(encoding="utf-8") as f:
        return SatelliteTypes(tuple(_vehicles(csv.DictReader(f))))


def _vehicles(rows: Iterable[dict[str, str]]) -> Iterable[Vehicle]:
    for row in rows:
        begins, ends = _instant_ns(row["from"]), row["until"]
        # A day without a time of day is meant to its end.
        until = ALWAYS_NS if not ends else _instant_ns(ends) + (0 if "T" in ends else NS_PER_DAY)
        yield Vehicle(pack_one(row["satellite"]), row["space_vehicle"], row["type"], begins, until, row["confirmed"] == "yes", row["source"])


def _instant_ns(text: str) -> int:
    return int(from_iso(text if len(text) != 16 else f"{text}:00", "GPST").tai_ns[0])
