"""Observation files sorted into runs: a station through days that follow each other and that the products hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from armillary.core.epochs import NS_PER_SECOND
from armillary.errors import InputError
from armillary.monitoring.provenance import InputFile, input_file
from armillary.services._catalogue import catalogue, day_bounds_ns
from armillary.services._contents import content

__all__ = ["Run", "Runs", "one_file", "station_runs"]

_ENOUGH_NS = 600 * NS_PER_SECOND
"""A file of orbits that reaches less than this into a day does not hold it: many end with the first epoch of the next day."""


@dataclass(frozen=True, slots=True)
class Run:
    """One station through consecutive days."""

    station: str
    """Empty: the marker in the file."""
    observations: tuple[Path, ...]
    inputs: tuple[InputFile, ...]
    named: bool = True
    """Whether a file of it was named itself, not found in a folder."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Every run, and what is to be said of files that are in none."""

    runs: tuple[Run, ...]
    notes: tuple[str, ...] = ()
    not_covered: tuple[tuple[str, bool], ...] = ()
    """Stations and days that the products do not hold, in words, and whether a file of them was named itself."""


def one_file(path: Path) -> Runs:
    """The run of the only file that was given."""
    try:
        return Runs((Run("", (path,), (input_file(path, role="observations"),)),))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def station_runs(paths: Sequence[Path], products: Sequence[Sequence[Path]], *, progress: Callable[[float], None] | None = None) -> Runs:
    """The runs of several files, or folders and all below them; ``products`` are kinds of files (orbits, clocks) each of which must hold a day.

    Days of a station that follow each other are one run. InputError where there is no observation file, or a file named itself cannot be read.
    """
    given = catalogue(paths, progress=progress)
    for item in given.inputs:
        if item.path in given.named and item.role != "observations":
            raise InputError(f"{item.path}: holds {item.what}, but a RINEX observation file was expected")
    covered = _Covered(products)
    by_station: dict[str, list[str]] = {}
    for day, stations in given.by_day.items():
        for name in stations:
            by_station.setdefault(name, []).append(day)
    runs, missing = [], []
    for name, days in sorted(by_station.items()):
        for day in days:
            if not covered(day):
                named = not given.named.isdisjoint(item.path for item in given.by_day[day][name])
                missing.append((f"{name} on {day}: the orbits and clocks given hold nothing of that day", named))
        for together in _consecutive([day for day in days if covered(day)]):
            files = {item.path: item for day in together for item in given.by_day[day][name]}
            named = not given.named.isdisjoint(files)
            runs.append(Run(name, tuple(map(Path, files)), tuple(item.file for item in files.values()), named))
    if not runs:
        raise InputError("; ".join(words for words, _ in missing))
    # a folder holds what a station-day needs besides: that is no reason to warn
    return Runs(tuple(runs), given.notes, tuple(missing))


def _consecutive(days: Sequence[str]) -> list[list[str]]:
    """Days in order, those that follow each other together.

    >>> _consecutive(["2023-12-30", "2023-12-31", "2024-01-01", "2024-01-03"])
    [['2023-12-30', '2023-12-31', '2024-01-01'], ['2024-01-03']]
    """
    groups: list[list[str]] = []
    for day in days:
        if groups and np.datetime64(day) - np.datetime64(groups[-1][-1]) == np.timedelta64(1, "D"):
            groups[-1].append(day)
        else:
            groups.append([day])
    return groups


class _Covered:
    """Whether every kind of products holds a day."""

    def __init__(self, products: Sequence[Sequence[Path]]) -> None:
        self._spans = [[_span(path) for path in kind] for kind in products if kind]

    def __call__(self, day: str) -> bool:
        begin, end = day_bounds_ns(day)
        return all(any(min(last, end) - max(first, begin) >= _ENOUGH_NS for first, last in spans) for spans in self._spans)


def _span(path: Path) -> tuple[int, int]:
    """First and last instant of a table of orbits or clocks; nothing where it has none."""
    epochs = getattr(content(str(path)), "epochs", None)
    return (int(epochs.tai_ns[0]), int(epochs.tai_ns[-1])) if epochs is not None and len(epochs) else (0, 0)
