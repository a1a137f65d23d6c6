"""Answers as named columns whose meaning is declared once, in ``columns.csv``.

Documentation, store, HTTP and command-line headings all come from that declaration: name, unit, frame, meaning.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs

__all__ = ["Column", "Table", "declared_columns"]


@dataclass(frozen=True, slots=True)
class Column:
    """The declaration of one column."""

    name: str
    unit: str
    frame: str
    meaning: str


@cache
def declared_columns() -> Mapping[str, Column]:
    """Every declared column by name."""
    with files("armillary.core").joinpath("columns.csv").open(encoding="utf-8") as f:
        return MappingProxyType({row["name"]: Column(**row) for row in csv.DictReader(f)})


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Named columns of one length, with optional epochs, satellites and row offsets per epoch.

    ``columns`` maps a declared name to an array whose first axis is the row. ``epochs`` has one instant per row, or, with ``offsets``
    (int64[n_epochs + 1]), one per group of rows. ValueError names an undeclared or ill-sized column.
    """

    columns: Mapping[str, NDArray[Any]]
    epochs: Epochs | None = None
    sat: NDArray[np.int16] | None = None
    offsets: NDArray[np.int64] | None = None
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        undeclared = [name for name in self.columns if name not in declared_columns()]
        if undeclared:
            raise ValueError(f"columns not declared in columns.csv: {', '.join(undeclared)}")
        sizes = {name: len(column) for name, column in self.columns.items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(f"columns differ in length: {sizes}")

    def __repr__(self) -> str:
        return f"Table({len(self)} rows: {', '.join(self.columns)})"

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()))) if self.columns else 0

    def __getitem__(self, name: str) -> NDArray[Any]:
        try:
            return self.columns[name]
        except KeyError:
            raise KeyError(f"no column {name!r}; there are {', '.join(self.columns)}") from None

    def where(self, mask: NDArray[np.bool_]) -> Table:
        """The rows where ``mask`` (bool[n]) holds; row offsets are dropped."""
        epochs = self.epochs[mask] if self.epochs is not None and self.offsets is None else None
        sat = None if self.sat is None else self.sat[mask]
        return Table({k: v[mask] for k, v in self.columns.items()}, epochs, sat, None, self.notes)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Rows as dictionaries of plain Python values (for borders, not for loops that compute)."""
        lists = {name: column.tolist() for name, column in self.columns.items()}
        return (dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True))
