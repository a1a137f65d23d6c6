"""Solutions as files: one format per file, named like the suffix it writes.

A format is a module with ``write(solution, path)`` that returns the paths it wrote. Add ``xyz.py`` and ``--out name.xyz`` works.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from armillary.core.table import Table
from armillary.errors import InputError

__all__ = ["COMPANIONS", "Solution", "places", "suffixes", "unknown_suffix", "write", "writer_for"]

COMPANIONS = ("clocks", "excluded", "biases", "residuals", "troposphere", "ionosphere")
"""Tables of an answer beside its epochs, which formats for tables write as ``name_clocks.suffix`` and so on."""


class Solution(Protocol):
    """What can be written: epochs of one station for one or more members."""

    @property
    def station(self) -> str:
        """Station marker name."""

    @property
    def epochs(self) -> Table:
        """One row per member and epoch: position, covariance, geodetic position, dilutions, satellites, flag (see columns.csv)."""

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""


def suffixes() -> tuple[str, ...]:
    """The suffixes that can be written, sorted.

    >>> ".csv" in suffixes()
    True
    """
    return tuple(sorted("." + info.name for info in pkgutil.iter_modules(__path__) if not info.name.startswith("_")))


def unknown_suffix(path: Path, what: str) -> str:
    """What is wrong with a name whose suffix no format of ``what`` has.

    >>> unknown_suffix(Path("result"), "solution")
    'the name has no suffix, which says the format'
    """
    return f"no {what} format is called {path.suffix.lower()!r}" if path.suffix else "the name has no suffix, which says the format"


def writer_for(path: Path) -> ModuleType:
    """The format that the suffix of ``path`` names; InputError lists the suffixes there are."""
    suffix = path.suffix.lower()
    if suffix not in suffixes():
        raise InputError(f"{path}: {unknown_suffix(path, 'solution')}; there are {' '.join(suffixes())}")
    return importlib.import_module(f"{__name__}.{suffix[1:]}")


def places(path: Path, members: Iterable[str] = ()) -> list[Path]:
    """Every path that a format may write for ``--out path``: the file, the other tables beside it, and files of ``members``.

    >>> [place.name for place in places(Path("run.pos"), ["beidou"])][-2:]
    ['run_ionosphere.pos', 'run_beidou.pos']
    """
    return [path, *(path.with_name(f"{path.stem}_{name}{path.suffix}") for name in (*COMPANIONS, *members))]


def write(solution: Solution, path: Path) -> list[Path]:
    """Write ``solution`` in the format of the suffix of ``path`` and return the files written; InputError where that cannot be done."""
    writer = writer_for(path)
    try:
        return list(writer.write(solution, path))
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
