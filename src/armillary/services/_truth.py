"""The best known position of a station, from the command line or from a coordinate solution."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from armillary.core.coordinates import StationCoordinates
from armillary.core.observations import Observations
from armillary.core.scales import to_iso
from armillary.errors import InputError
from armillary.io.reading import read

__all__ = ["Truth", "truth_of"]


_NEAREST_M, _FARTHEST_M = 6.3e6, 5.0e7
"""From below the poles to beyond geostationary height."""


@dataclass(frozen=True, slots=True)
class Truth:
    """A marker position and where it comes from."""

    position_m: tuple[float, float, float]
    source: str


def truth_of(text: str | None, observations: Observations) -> Truth | None:
    """The truth named by ``text``: three numbers, or a coordinate file that has the station (moved to the day where it gives velocities)."""
    if text is None:
        return None
    numbers = _numbers(text)
    if numbers is not None:
        if not _NEAREST_M < sum(number * number for number in numbers) ** 0.5 < _FARTHEST_M:
            raise InputError(f"--truth {text}: is not on the Earth; expected geocentric X,Y,Z in metres (not latitude and longitude)")
        return Truth(numbers, "the position given")
    solution = read(Path(text))
    if not isinstance(solution, StationCoordinates):
        raise InputError(f"{text}: holds {type(solution).__name__}; a truth is X,Y,Z in metres or a SINEX coordinate file")
    when = observations.epochs[len(observations.epochs) // 2]
    marker = observations.header.marker[:9]
    row = solution.row(marker, when)
    x, y, z = (float(v) for v in solution.position_at(marker, when))
    return Truth((x, y, z), f"{Path(text).name} ({solution.code[row]}, epoch {to_iso(solution.epoch[row], 'UTC', 0)[0][:10]})")


def _numbers(text: str) -> tuple[float, float, float] | None:
    parts = text.split(",")
    try:
        values = [float(part) for part in parts]
    except ValueError:
        return None
    if len(values) != 3:
        raise InputError(f"--truth {text!r}: expected three numbers X,Y,Z in metres, got {len(values)}")
    return values[0], values[1], values[2]
