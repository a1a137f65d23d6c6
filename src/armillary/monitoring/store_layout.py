"""What a store looks like on the disk: tables, columns and their encodings, folders, and the version of all that.

``store_tables.csv`` lists the columns of each table, how each is kept (a kind of :data:`KINDS`) and its place in the sort order; units and
meanings are those of ``core/columns.csv``. A column may be added there without a new schema version: older files read as null.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.scales import to_iso
from armillary.errors import InputError

__all__ = ["KINDS", "SCHEMA", "SUFFIX", "Kind", "StoreColumn", "day_of", "file_of", "kind_of", "slot_of", "table_layouts"]

SCHEMA = 1
"""Version of this layout; raised when what is stored cannot be read by the rules of the version before."""
SUFFIX = ".parquet"
SLOTS = 64
"""Locks of a store: writers of keys with different slots never wait for each other."""
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Kind:
    """How a column is kept: Arrow type and Parquet encoding (None: dictionary), and the SQL type a view shows."""

    arrow: str
    encoding: str | None
    sql: str
    shown: str = ""
    """SQL type of the view where it is not the stored one."""


_DELTA, _SPLIT = "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"
KINDS = {
    "text": Kind("string", None, "VARCHAR"),
    "tai": Kind("int64", _DELTA, "BIGINT"),
    "fixed3": Kind("decimal128(18, 3)", _DELTA, "DECIMAL(18, 3)", "DOUBLE"),
    "f64": Kind("float64", _SPLIT, "DOUBLE"),
    "f32": Kind("float32", _SPLIT, "FLOAT"),
    "i64": Kind("int64", _DELTA, "BIGINT"),
    "i32": Kind("int32", None, "INTEGER"),
    "i16": Kind("int16", None, "SMALLINT"),
    "i8": Kind("int8", None, "TINYINT"),
    "bool": Kind("bool_", "PLAIN", "BOOLEAN"),
}
"""``fixed3``: thousandths of the unit, exactly what observation files print; neighbouring values differ by little, so differences are short."""


@dataclass(frozen=True, slots=True)
class StoreColumn:
    """One column of a stored table; ``order`` is its place in the sort order, 0 for none."""

    name: str
    kind: str
    order: int = 0


@cache
def table_layouts() -> Mapping[str, tuple[StoreColumn, ...]]:
    """The columns of every stored table, by table name."""
    found: dict[str, list[StoreColumn]] = {}
    with files("armillary.monitoring").joinpath("store_tables.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            found.setdefault(row["table"], []).append(StoreColumn(row["column"], row["kind"], int(row["order"] or 0)))
    return MappingProxyType({name: tuple(columns) for name, columns in found.items()})


def kind_of(values: Any) -> str:
    """The kind in which a column without a layout of its own is kept, from its numpy type; ValueError for a type that has none."""
    dtype = np.asarray(values).dtype
    kind = {"f": "f64", "i": "i64", "u": "i64", "b": "bool", "U": "text", "O": "text"}.get(dtype.kind)
    if kind is None:
        raise ValueError(f"the store keeps numbers, booleans and text, not {dtype}")
    return kind


def day_of(epochs: Epochs) -> str:
    """The day, YYYY-MM-DD in GPS time, in which most of ``epochs`` lie, as their median; ValueError where there are none.

    >>> day_of(Epochs(np.array([1_672_531_219_000_000_000])))
    '2023-01-01'
    """
    if not len(epochs):
        raise ValueError("no epochs, so no day")
    middle = np.sort(epochs.tai_ns)[len(epochs) // 2]
    return str(to_iso(Epochs(np.array([middle])), "GPST")[0])[:10]


def file_of(folder: Path, table: str, day: str, key: str) -> Path:
    """The file that holds the rows of ``table`` for one day and key; InputError where they cannot make a file name.

    >>> file_of(Path("s"), "positions", "2023-01-01", "NIST00USA").as_posix()
    's/positions/day=2023-01-01/NIST00USA.parquet'
    """
    if table not in table_layouts():
        raise InputError(f"the store has no table {table!r}; there are {', '.join(table_layouts())}")
    name = quote(key, safe="+ ")
    name = f"%{ord(name[0]):02X}{name[1:]}" if name[:1] in {".", "_", " "} else name
    if not name or len(name) > LONGEST_NAME:
        raise InputError(f"{key[:40]!r} cannot name stored rows: 1 to {LONGEST_NAME} characters are expected")
    try:
        iso = str(np.datetime64(day, "D"))
    except ValueError:
        iso = ""
    if iso != day:
        raise InputError(f"{day!r} is not a day written YYYY-MM-DD")
    return folder / table / f"day={day}" / (name + SUFFIX)


def slot_of(day: str, key: str) -> int:
    """Which of the locks guards the rows of one day and key."""
    return zlib.crc32(f"{day}/{key}".encode()) % SLOTS
