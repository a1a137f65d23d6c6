"""Parquet: the columns of the CSV form, dictionary-encoded text, instants as timestamps with their scale in the metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from armillary._lazy import optional_module
from armillary.core.table import Table, declared_columns
from armillary.report.solutions import Solution
from armillary.report.solutions._rows import companions, readable_columns

__all__ = ["write"]


def write(solution: Solution, path: Path) -> list[Path]:
    """Write the epochs into ``path`` and the other tables beside it; return the paths. MissingExtraError without pyarrow.

    Each column's unit, frame and meaning are in its metadata.
    """
    tables = {path: solution.epochs, **dict(companions(solution, path))}
    for target, table in tables.items():
        optional_module("pyarrow.parquet", "parquet").write_table(_arrow_table(solution.station, table), target)
    return list(tables)


def _arrow_table(station: str, table: Table) -> Any:
    arrow = optional_module("pyarrow", "parquet")
    fields, arrays = [], []
    for name, column in readable_columns(station, table).items():
        if name == "epoch":
            column = column.astype("datetime64[ms]")
        array = arrow.array(column.tolist() if column.dtype.kind == "U" else np.ascontiguousarray(column))
        array = array.dictionary_encode() if column.dtype.kind == "U" else array
        declared = declared_columns()[name]
        meaning = {"unit": declared.unit, "frame": declared.frame, "meaning": "instant in GPS time" if name == "epoch" else declared.meaning}
        fields.append(arrow.field(name, array.type, metadata=meaning))
        arrays.append(array)
    return arrow.Table.from_arrays(arrays, schema=arrow.schema(fields))
