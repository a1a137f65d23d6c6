"""A plain list of stations: a four- or nine-character name and three Earth-fixed coordinates in metres per line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from armillary.core.stations import Network, Station
from armillary.errors import FormatError
from armillary.io.loss_log import LossLog
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "read"]

NAME = "station list (name X Y Z)"

_NUMBER = r"[-+]?\d{1,8}(?:\.\d*)?"
_LINE = re.compile(rf"([A-Z0-9]{{4}}(?:\d\d[A-Z]{{3}})?)[ \t]+({_NUMBER})[ \t]+({_NUMBER})[ \t]+({_NUMBER})\s*")

_RADIUS_M = (6.3e6, 6.4e6)
"""A place on the ground lies this far from the Earth's centre."""


def SNIFF(head: bytes) -> bool:
    """Whether the first lines (up to five whole ones, at least one) are all places on the ground."""
    text = head.decode("latin-1")
    lines = [line for line in text.split("\n")[: -1 if "\n" in text else None] if line.strip()][:5]
    return bool(lines) and all(_station(line) is not None for line in lines)


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> Network:
    """The stations, named by the file; frame and epoch are unknown (an empty frame), positions are in metres.

    Raises FormatError when no line is a place on the ground, and in strict mode at the first line that is not.
    """
    log = LossLog(source.path, strict=strict)
    stations = []
    for number, line in enumerate(source.data.decode("latin-1").split("\n"), 1):
        station = _station(line)
        if station is not None:
            stations.append(station)
        elif line.strip() and not line.startswith("#"):
            log.add(number, "not a name and three coordinates in metres of a place on the ground")
    if not stations:
        raise FormatError(source.path, 0, "no line is a name and three coordinates in metres")
    return Network(source.path, tuple(stations), log.losses())


def _station(line: str) -> Station | None:
    match = _LINE.fullmatch(line)
    if not match:
        return None
    x, y, z = (float(match[i]) for i in (2, 3, 4))
    on_ground = _RADIUS_M[0] < (x * x + y * y + z * z) ** 0.5 < _RADIUS_M[1]
    return Station(match[1], (x, y, z), frame="") if on_ground else None
