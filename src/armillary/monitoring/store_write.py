"""Rows into the bytes of a Parquet file: sorted, typed and encoded by the layout, with their provenance in the metadata."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary._lazy import optional_module
from armillary.core.epochs import Epochs
from armillary.core.satellites import unpack_one
from armillary.core.table import Table, declared_columns
from armillary.monitoring.provenance import Provenance
from armillary.monitoring.store_layout import KINDS, SCHEMA, StoreColumn, kind_of, table_layouts

__all__ = ["METADATA", "arrow_rows", "content_digest", "parquet_bytes", "stored_metadata"]

METADATA = b"armillary"
"""Key of the provenance in a file's metadata; the value is a JSON object."""
ROW_GROUP = 122_880
"""Rows that are skipped or read together: the vector of work DuckDB gives one thread."""
COMPRESSION_LEVEL = 6


def arrow_rows(table: str, key: str, rows: Table | Mapping[str, ArrayLike]) -> Any:
    """The rows as an Arrow table in the order and types of the layout, absent columns null.

    From a :class:`~armillary.core.table.Table` come ``tai_ns`` and ``sat`` where no column has that name; ``station`` is the key where
    nothing else is given. Columns beyond the layout are kept when ``core/columns.csv`` declares them. ValueError for undeclared columns and
    for columns of different lengths.
    """
    arrow = optional_module("pyarrow", "store")
    given = _columns(rows)
    layout = {column.name: column for column in table_layouts()[table]}
    undeclared = sorted(set(given) - set(layout) - set(declared_columns()))
    if undeclared:
        raise ValueError(f"{table}: columns not declared in columns.csv: {', '.join(undeclared)}")
    length = max((len(values) for values in given.values()), default=0)
    uneven = {name: len(values) for name, values in given.items() if len(values) != length}
    if uneven:
        raise ValueError(f"{table}: {length} rows, but {uneven}")
    if "station" in layout and "station" not in given:
        given["station"] = np.full(length, key)
    columns = [*layout.values(), *(StoreColumn(name, kind_of(given[name])) for name in given if name not in layout)]
    arrays = [_array(column, given.get(column.name), length) for column in columns]
    schema = arrow.schema([_field(column) for column in columns])
    return _sorted(arrow.Table.from_arrays(arrays, schema=schema), columns)


def content_digest(rows: Any) -> str:
    """SHA-256 of Arrow ``rows``: equal rows, equal text."""
    arrow = optional_module("pyarrow", "store")
    digest = hashlib.sha256()
    with arrow.PythonFile(_Sink(digest), mode="w") as sink, arrow.ipc.new_stream(sink, rows.schema) as stream:
        stream.write_table(rows.combine_chunks())
    return digest.hexdigest()


def parquet_bytes(table: str, day: str, key: str, rows: Any, source: Provenance) -> bytes:
    """A whole Parquet file of Arrow ``rows`` with zstd, the layout's encodings, page checksums, and the provenance in its metadata."""
    arrow, parquet = optional_module("pyarrow", "store"), optional_module("pyarrow.parquet", "store")
    layout = _layout_of(table, rows)
    about = {"schema": SCHEMA, "table": table, "day": day, "key": key, "rows": rows.num_rows, "content": content_digest(rows), **source.to_json()}
    order = [(column.name, "ascending") for column in _ordered(layout)]
    sink = arrow.BufferOutputStream()
    with parquet.ParquetWriter(
        sink,
        rows.schema,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=[column.name for column in layout if KINDS[column.kind].encoding is None],
        column_encoding={column.name: encoding for column in layout if (encoding := KINDS[column.kind].encoding) is not None},
        sorting_columns=parquet.SortingColumn.from_ordering(rows.schema, order) if order else None,
        store_decimal_as_integer=True,
        write_page_checksum=True,
    ) as writer:
        writer.write_table(rows, ROW_GROUP)
        writer.add_key_value_metadata({METADATA: json.dumps(about, sort_keys=True).encode()})
    return bytes(sink.getvalue())


def stored_metadata(path: Path) -> Mapping[str, Any] | None:
    """What the file at ``path`` says of its rows; None where there is no file, or none that can be read."""
    arrow, parquet = optional_module("pyarrow", "store"), optional_module("pyarrow.parquet", "store")
    try:
        found = parquet.read_metadata(path).metadata or {}
        about = json.loads(found[METADATA])
    except (OSError, arrow.ArrowException, KeyError, ValueError):
        return None
    return about if isinstance(about, dict) else None


class _Sink:
    """A file to write to that only takes the digest of what is written."""

    closed = False

    def __init__(self, digest: Any) -> None:
        self._digest = digest

    def write(self, data: Any) -> int:
        self._digest.update(data)
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def _columns(rows: Table | Mapping[str, ArrayLike]) -> dict[str, NDArray[Any]]:
    if not isinstance(rows, Table):
        return {name: np.atleast_1d(np.asarray(values)) for name, values in rows.items()}
    columns = dict(rows.columns)
    if rows.epochs is not None and "tai_ns" not in columns:
        columns["tai_ns"] = _per_row(rows.epochs, rows.offsets)
    if rows.sat is not None and "sat" not in columns:
        columns["sat"] = rows.sat
    return columns


def _per_row(epochs: Epochs, offsets: NDArray[np.int64] | None) -> NDArray[np.int64]:
    return epochs.tai_ns if offsets is None else np.repeat(epochs.tai_ns, np.diff(offsets))


def _array(column: StoreColumn, values: NDArray[Any] | None, length: int) -> Any:
    arrow = optional_module("pyarrow", "store")
    target = _arrow_type(column)
    if values is None:
        return arrow.nulls(length, target)
    if column.name == "sat" and values.dtype.kind in "iu":
        distinct, which = np.unique(values, return_inverse=True)
        values = np.array([unpack_one(sat) for sat in distinct], "U3")[which]
    if column.kind == "fixed3":
        return _thousandths(np.asarray(values, np.float64), target)
    if column.kind in {"f32", "f64"}:
        values = values.astype(np.dtype(KINDS[column.kind].arrow), copy=False)
    if values.dtype.kind == "U":
        return arrow.array(values.tolist(), target)
    return arrow.array(np.ascontiguousarray(values), from_pandas=True).cast(target)


def _thousandths(values: NDArray[np.float64], target: Any) -> Any:
    """``values`` rounded to 0.001 as decimals, NaN as null: 128-bit integers, of which the upper half repeats the sign."""
    arrow = optional_module("pyarrow", "store")
    known = np.isfinite(values)
    low = np.rint(np.where(known, values, 0.0) * 1000.0).astype(np.int64)
    both = np.ascontiguousarray(np.stack([low, low >> 63], axis=1))
    valid = arrow.py_buffer(np.packbits(known, bitorder="little"))
    return arrow.Array.from_buffers(target, len(values), [valid, arrow.py_buffer(both)])


def _arrow_type(column: StoreColumn) -> Any:
    arrow = optional_module("pyarrow", "store")
    return arrow.decimal128(18, 3) if column.kind == "fixed3" else getattr(arrow, KINDS[column.kind].arrow)()


def _field(column: StoreColumn) -> Any:
    declared = declared_columns().get(column.name)
    about = {} if declared is None else {"unit": declared.unit, "frame": declared.frame, "meaning": declared.meaning}
    return optional_module("pyarrow", "store").field(column.name, _arrow_type(column), metadata=about)


def _sorted(rows: Any, columns: Sequence[StoreColumn]) -> Any:
    compute = optional_module("pyarrow.compute", "store")
    order = [(column.name, "ascending") for column in _ordered(columns)]
    return rows.take(compute.sort_indices(rows, sort_keys=order)).combine_chunks() if order and rows.num_rows else rows


def _ordered(columns: Sequence[StoreColumn]) -> list[StoreColumn]:
    return sorted((column for column in columns if column.order), key=lambda column: column.order)


def _layout_of(table: str, rows: Any) -> list[StoreColumn]:
    known = {column.name: column for column in table_layouts()[table]}
    names = {"string": "text", "int64": "i64", "double": "f64", "bool": "bool"}
    return [known.get(f.name) or StoreColumn(f.name, names[str(f.type)]) for f in rows.schema]
