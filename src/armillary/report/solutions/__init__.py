"""Solutions as files: one format per file, named like the suffix it writes.

A format is a module with ``write(solution, path)`` that returns the paths it wrote. Add ``xyz.py`` and ``--out name.xyz`` works.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from armillary.core.table import Table
from armillary.errors import InputError

__all__ = ["Solution", "suffixes", "write", "writer_for"]


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


def writer_for(path: Path) -> ModuleType:
    """The format that the suffix of ``path`` names; InputError lists the suffixes there are."""
    suffix = path.suffix.lower()
    if suffix not in suffixes():
        raise InputError(f"{path}: no solution format is called {suffix or 'nothing'!r}; there are {' '.join(suffixes())}")
    return importlib.import_module(f"{__name__}.{suffix[1:]}")


def write(solution: Solution, path: Path) -> list[Path]:
    """Write ``solution`` in the format of the suffix of ``path`` and return the files written; InputError where that cannot be done."""
    writer = writer_for(path)
    try:
        return list(writer.write(solution, path))
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror or error}") from None
