"""SQL over the files of a store, by DuckDB in this process: reading only, and nothing but the store.

A view per table, there even when nothing was stored. Besides the stored columns each has ``day``, and beside every instant in TAI nanoseconds
(``tai_ns``, ``start_tai_ns``) the same as a timestamp in GPS time (``epoch``, ``start_epoch``). The view ``inputs`` says which files each
stored table came from.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armillary._lazy import optional_module
from armillary.core.scales import from_day
from armillary.errors import ArmillaryError, InputError, StoreError
from armillary.monitoring import store_files
from armillary.monitoring.store_layout import KINDS, SUFFIX, table_layouts

__all__ = ["INPUTS", "Rows", "damaged", "fault", "query", "views"]

INPUTS = "inputs"
ATTEMPTS = 3
"""Runs of a query before it asks writers to wait."""
DAY = "day="
FILES = f"{DAY}*/*{SUFFIX}"
_INPUT_FIELDS = '[{"name": "VARCHAR", "sha256": "VARCHAR", "bytes": "BIGINT", "role": "VARCHAR"}]'
_INPUT_COLUMNS = {
    "table_name": "VARCHAR",
    "day": "DATE",
    "key": "VARCHAR",
    "name": "VARCHAR",
    "role": "VARCHAR",
    "sha256": "VARCHAR",
    "bytes": "BIGINT",
    "rows": "BIGINT",
    "version": "VARCHAR",
    "settings": "VARCHAR",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """What a query gave: column names (made distinct), and as many rows of plain Python values as were wanted."""

    columns: tuple[str, ...]
    values: Sequence[tuple[Any, ...]]
    more: bool = False
    """Whether there are more rows than were wanted."""


def views() -> tuple[str, ...]:
    """The names of all views."""
    return (*table_layouts(), INPUTS)


def query(folder: Path, sql: str, *, limit: int | None = None) -> Rows:
    """The rows that one SELECT over the :func:`views` of the store at ``folder`` gives, at most ``limit``.

    All rows are of one state of the store: where files were replaced meanwhile the query is run again, at last with writers waiting.
    InputError tells in one line what is wrong with the SQL, StoreError which file of the store is damaged, which folder
    of it cannot be read, and which table is gone.
    """
    misleading = [part for part in folder.resolve().parts if "=" in part]
    if misleading:
        raise StoreError(str(folder), f"readers of Parquet take the folder {misleading[0]!r} for a column; move the store to a path without '='")
    named = tuple(name for name in views() if re.search(rf"\b{name}\b", sql, re.IGNORECASE))
    mentioned = named or views()
    _check_there(folder, tuple(table_layouts()) if INPUTS in named else named)
    for _ in range(ATTEMPTS):
        before = _stamps(folder, mentioned)
        trouble, rows = None, Rows((), ())
        try:
            rows = _run(folder, sql, mentioned, limit)
        except ArmillaryError as error:
            trouble = error
        if not store_files.unfinished(folder) and all(_stamp(path) == stamp for path, stamp in before.items()):
            if trouble is not None:
                raise trouble
            return rows
    with store_files.standing_still(folder):
        return _run(folder, sql, mentioned, limit)


def _run(folder: Path, sql: str, mentioned: Sequence[str], limit: int | None) -> Rows:
    duckdb = optional_module("duckdb", "store")
    with duckdb.connect(":memory:", config={"python_enable_replacements": "false"}) as connection:
        _check_statement(connection, duckdb, sql)
        with _told(folder, duckdb):
            for name in mentioned:
                connection.execute(f"CREATE VIEW {name} AS {_inputs_sql(folder) if name == INPUTS else _view_sql(folder, name)}")
            _confine(connection, folder)
            found = connection.execute(sql)
            names = _distinct([column[0] for column in found.description])
            rows = found.fetchall() if limit is None else found.fetchmany(limit + 1)
    wanted = rows if limit is None else rows[:limit]
    return Rows(names, wanted, len(wanted) < len(rows))


def _stamps(folder: Path, mentioned: Sequence[str]) -> dict[Path, tuple[int, ...]]:
    """What tells whether a file was replaced. DuckDB opens a file several times, and must find the same one each time."""
    tables = tuple(table_layouts()) if INPUTS in mentioned else mentioned
    return {path: _stamp(path) for path in _files(folder, tables)}


def _stamp(path: Path) -> tuple[int, ...]:
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size


def damaged(folder: Path, *, tables: Sequence[str] = ()) -> dict[Path, str]:
    """Every Parquet file of ``tables`` (all by default) that cannot be read or fails its checksums, with what is wrong."""
    return {path: text for path in _files(folder, tables or tuple(table_layouts())) if (text := fault(path))}


def fault(path: Path) -> str:
    """What is wrong with the Parquet file at ``path``, all of which is read and checked against its checksums; empty where it is sound."""
    arrow, parquet = optional_module("pyarrow", "store"), optional_module("pyarrow.parquet", "store")
    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as content:
            for _ in content.iter_batches():
                pass
    except (arrow.ArrowException, OSError) as error:
        return _first_line(error) or type(error).__name__
    return ""


def _check_statement(connection: Any, duckdb: Any, sql: str) -> None:
    """One SELECT: statements that write files or change settings go no further than here."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise InputError(f"SQL: {_first_line(error)}") from None
    if [s.type for s in statements] != [duckdb.StatementType.SELECT]:
        raise InputError("SQL: one SELECT (or DESCRIBE, SUMMARIZE, SHOW TABLES) is expected; a store is only read")


def _confine(connection: Any, folder: Path) -> None:
    """From here on SQL sees no file outside the store, and cannot change that."""
    inside = str(folder.resolve()) + "/"
    connection.execute(f"SET allowed_directories = [{_quoted(inside)}, {_quoted(_escaped(inside))}]")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def _view_sql(folder: Path, table: str) -> str:
    layout = table_layouts()[table]
    typed = ", ".join(f'NULL::{KINDS[column.kind].sql} AS "{column.name}"' for column in layout)
    stored = f"SELECT NULL::DATE AS day, {typed} WHERE false"
    if _files(folder, (table,)):
        where = _quoted(f"{_escaped(str(folder.resolve()))}/{table}/{FILES}")
        stored += (
            f" UNION ALL BY NAME SELECT * FROM read_parquet({where}, union_by_name = true, hive_partitioning = true, hive_types = {{'day': DATE}})"
        )
    behind_tai_ns = (from_day(0, 0, "GPST").tai_ns[0]).item()
    shown = [f'"{c.name}"::{KINDS[c.kind].shown} AS "{c.name}"' for c in layout if KINDS[c.kind].shown]
    instants = [f'make_timestamp_ns("{c.name}" - {behind_tai_ns}) AS "{c.name.replace("tai_ns", "epoch")}"' for c in layout if c.kind == "tai"]
    replaced = f" REPLACE ({', '.join(shown)})" if shown else ""
    return f"SELECT {', '.join([f'*{replaced}', *instants])} FROM ({stored})"


def _inputs_sql(folder: Path) -> str:
    tables = [table for table in table_layouts() if _files(folder, (table,))]
    if not tables:
        return "SELECT " + ", ".join(f"NULL::{kind} AS {name}" for name, kind in _INPUT_COLUMNS.items()) + " WHERE false"
    patterns = ", ".join(_quoted(f"{_escaped(str(folder.resolve()))}/{table}/{FILES}") for table in tables)
    # other metadata is no JSON, and the order in which a database applies conditions is its own
    said = f"SELECT TRY_CAST(decode(value) AS JSON) AS about FROM parquet_kv_metadata([{patterns}]) WHERE decode(key) = 'armillary'"
    each = f"SELECT about, unnest(from_json(about->'$.inputs', {_quoted(_INPUT_FIELDS)})) AS input FROM ({said})"
    sources = {name: f"about->>'$.{name}'" for name in _INPUT_COLUMNS} | {"table_name": "about->>'$.table'"}
    sources |= {name: f"input.{name}" for name in ("name", "role", "sha256", "bytes")}
    columns = ", ".join(f"({sources[name]})::{kind} AS {name}" for name, kind in _INPUT_COLUMNS.items())
    return f"SELECT {columns} FROM ({each})"


def _files(folder: Path, tables: Sequence[str]) -> list[Path]:
    """Every file of ``tables``, in order; StoreError where a folder that is there cannot be read, for its rows would be missing unnoticed."""
    days = [day for table in tables for day in _inside(folder / table, folder) if day.name.startswith(DAY) and not day.is_file()]
    return [path for day in days for path in _inside(day, folder) if path.name.endswith(SUFFIX)]


def _inside(place: Path, folder: Path) -> list[Path]:
    """What lies in a folder of the store at ``folder``; nothing where there is no such folder."""
    try:
        return sorted(place / name for name in os.listdir(place)) if os.path.lexists(place) else []
    except OSError as error:
        raise StoreError(str(place), f"this folder of the store cannot be read ({error.strerror})") from None


def _check_there(folder: Path, tables: Sequence[str]) -> None:
    """StoreError where a table that was stored is there no more: it is not as if nothing had been stored."""
    for table in tables:
        if not os.path.lexists(folder / table) and store_files.was_kept(folder, table):
            raise StoreError(str(folder / table), "this table was stored and is gone; assess into the store again, or bring the folder back")


@contextmanager
def _told(folder: Path, duckdb: Any) -> Iterator[None]:
    """DuckDB's errors as ours: a file that is at fault is named, otherwise it is the SQL."""
    try:
        yield
    except duckdb.CatalogException as error:
        raise InputError(f"SQL: {_first_line(error)} Views: {', '.join(views())}") from None
    except (duckdb.ParserException, duckdb.BinderException) as error:
        raise InputError(f"SQL: {_first_line(error)}") from None
    except duckdb.Error as error:
        for path, text in damaged(folder).items():
            raise StoreError(str(path), f"this file of the store is damaged ({text}); assess its day again, and it is replaced") from None
        raise InputError(f"SQL: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    """What went wrong and DuckDB's suggestion, without the repeated query."""
    lines = [line.strip() for line in str(error).split("\n")]
    told = lines[: lines.index("")] if "" in lines else lines
    return " ".join(line for line in told if line and not re.match(r"LINE \d+:|\^", line))


def _distinct(names: Sequence[str]) -> tuple[str, ...]:
    found: list[str] = []
    for name in names:
        tries = (name if i == 0 else f"{name}_{i}" for i in range(len(names) + 1))
        found.append(next(candidate for candidate in tries if candidate not in found))
    return tuple(found)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escaped(path: str) -> str:
    """``path`` with the marks of patterns taken literally."""
    return re.sub(r"([*?\[])", r"[\1]", path)
