"""Parquet: the columns of the CSV form, dictionary-encoded text, instants as timestamps with their scale in the metadata."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from armillary._lazy import optional_module
from armillary.core.table import declared_columns
from armillary.report.solutions import Solution
from armillary.report.solutions._rows import readable_columns

__all__ = ["write"]


def write(solution: Solution, path: Path) -> list[Path]:
    """Write one file and return its path; each column's unit and meaning are in its metadata. MissingExtraError without pyarrow."""
    arrow = optional_module("pyarrow", "parquet")
    columns = readable_columns(solution.station, solution.epochs)
    columns["epoch"] = columns["epoch"].astype("datetime64[ms]")
    fields, arrays = [], []
    for name, column in columns.items():
        array = arrow.array(column.tolist() if column.dtype.kind == "U" else np.ascontiguousarray(column))
        array = array.dictionary_encode() if column.dtype.kind == "U" else array
        declared = declared_columns()[name]
        meaning = {"unit": declared.unit, "frame": declared.frame, "meaning": "instant in GPS time" if name == "epoch" else declared.meaning}
        fields.append(arrow.field(name, array.type, metadata=meaning))
        arrays.append(array)
    table = arrow.Table.from_arrays(arrays, schema=arrow.schema(fields))
    optional_module("pyarrow.parquet", "parquet").write_table(table, path)
    return [path]
