"""Which realisation of the terrestrial frame a calibration of antennas belongs to, and typical offsets of types of satellites."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import PurePath
from typing import NamedTuple

import numpy as np

from armillary.core.antennas import Antenna, AntennaSet
from armillary.core.epochs import Epochs
from armillary.core.scales import from_iso

__all__ = ["FRAMES", "TypeOffset", "frame_at", "frame_of", "ranked", "realisation", "type_offsets"]

FRAMES = ("IGS05", "IGS08", "IGS14", "IGS20")
"""In the order of time."""
_YEARS = re.compile(r"(?:IGS|IGB|IGC|ESA|ITRF?|ITR)[ -]?(?:20)?(05|08|14|20)(?!\d)", re.IGNORECASE)
_BEGAN = (("IGS20", "2022-11-27"), ("IGS14", "2017-01-29"), ("IGS08", "2011-04-17"), ("IGS05", "2006-11-05"))
"""Days on which the products of the IGS went over."""


class TypeOffset(NamedTuple):
    """The offset that is typical for a type of satellite."""

    offset_m: tuple[float, float, float]
    frames: tuple[str, ...]
    """Realisations it belongs to."""
    tolerance_m: float
    """How far the ionosphere-free z of a satellite of the type may lie from it."""
    source: str


def realisation(name: str) -> str:
    """IGS05 to IGS20 for the name of an orbit's frame, of a calibration or of a file; empty where none is in it.

    >>> realisation("IGb14"), realisation("ITRF2020"), realisation("WGS84")
    ('IGS14', 'IGS20', '')
    """
    found = _YEARS.search(name)
    return f"IGS{found[1]}" if found else ""


def frame_of(antenna: Antenna, given: AntennaSet) -> str:
    """The realisation of a calibration: from its own code (IGS20_2270), the comments of its file, or the name of the file; empty if unknown."""
    return realisation(antenna.sinex_code) or _of_set(given)


@cache
def _of_set(given: AntennaSet) -> str:
    return next((f for f in map(realisation, (*given.comments, PurePath(given.path).name)) if f), "")


def frame_at(epoch: Epochs) -> str:
    """The realisation that products of the IGS were given in at an epoch."""
    when = int(epoch.tai_ns[0])
    return next((frame for frame, day in _BEGAN if when >= int(from_iso(day, "GPST").tai_ns[0])), FRAMES[0])


def ranked(frame: str) -> tuple[str, ...]:
    """Realisations from the most to the least fitting: the one named, newer ones from the nearest on, older ones, and calibrations of none.

    A newer realisation knows every satellite that the older one knew, and better.

    >>> ranked("IGS14")
    ('IGS14', 'IGS20', 'IGS08', 'IGS05', '')
    """
    at = FRAMES.index(frame) if frame in FRAMES else len(FRAMES) - 1
    return (*FRAMES[at:], *reversed(FRAMES[:at]), "")


@cache
def type_offsets() -> dict[tuple[str, str], TypeOffset]:
    """(type, ANTEX frequency) -> offset."""
    with files("armillary.constellations").joinpath("satellite_type_offsets.csv").open(encoding="utf-8") as f:
        return {
            (row["type"], row["frequency"]): TypeOffset(
                (float(row["x_mm"]) * 1e-3, float(row["y_mm"]) * 1e-3, float(row["z_mm"]) * 1e-3),
                tuple(row["frames"].split()),
                float(row["tolerance_mm"]) * 1e-3,
                row["source"],
            )
            for row in csv.DictReader(f)
        }


def typical(type_name: str, names: Sequence[str]) -> tuple[TypeOffset, ...] | None:
    """The typical offsets of a type at ANTEX frequencies; None where one is not known."""
    known = type_offsets()
    found = tuple(known[type_name, name] for name in names if (type_name, name) in known)
    return found if len(found) == len(names) else None


def ionosphere_free_z(z_m: Sequence[float], frequency_hz: Sequence[float]) -> float:
    """The z of the ionosphere-free combination of two frequencies."""
    f1, f2 = np.square(frequency_hz)
    return float((f1 * z_m[0] - f2 * z_m[1]) / (f1 - f2))
