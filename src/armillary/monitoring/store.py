"""The embedded store: what was assessed, as sorted Parquet files by day that any tool reads, replaced whole and never half.

A store is a folder. Rows are put by table, day and key (a station, a product); putting the same again changes nothing, putting others
replaces them. Processes may write at the same time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from numpy.typing import ArrayLike

from armillary.core.table import Table
from armillary.errors import StoreError
from armillary.monitoring import store_files, store_read, store_write
from armillary.monitoring.provenance import Provenance, code_version
from armillary.monitoring.store_layout import SCHEMA, file_of, slot_of

__all__ = ["Rows", "Store", "Stored"]

Rows = Table | Mapping[str, ArrayLike]
SIGN = "store.json"
FORMAT = "armillary store"


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of rows that were put."""

    table: str
    rows: int
    state: Literal["added", "replaced", "unchanged"]
    path: Path


@dataclass(frozen=True, slots=True)
class Store:
    """A store at ``folder``; get one from :meth:`open` or :meth:`existing`."""

    folder: Path

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Store:
        """The store at ``path``, made where there is none, with what a killed process left finished.

        StoreError where the folder cannot be written, holds something else, or is of a version that this code does not know.
        """
        folder = Path(path)
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            if not (folder / SIGN).exists():
                if any(not child.name.startswith((".", SIGN)) for child in folder.iterdir()):
                    raise StoreError(str(folder), "this folder holds other things and is no store")
                sign = {"format": FORMAT, "schema": SCHEMA, "made_by": code_version()}
                store_files.write_whole((json.dumps(sign) + "\n").encode(), folder / SIGN)
        _check_sign(folder)
        store = cls(folder)
        with _told(folder):
            store._recover()
        return store

    @classmethod
    def existing(cls, path: str | PathLike[str]) -> Store:
        """The store at ``path`` for reading, which may be on a disk that cannot be written; StoreError where there is none."""
        folder = Path(path)
        if not (folder / SIGN).is_file():
            raise StoreError(str(folder), "there is no store here (a store is a folder with a file store.json)")
        _check_sign(folder)
        store = cls(folder)
        with suppress(OSError):  # a disk for reading only: `unfinished` tells
            store._recover()
        return store

    @property
    def unfinished(self) -> bool:
        """Whether several tables were being replaced together when a process was killed, and this one may not finish that."""
        return bool(store_files.unfinished(self.folder))

    def has(self, table: str, day: str, key: str, *, source: Provenance) -> bool:
        """Whether rows of the same inputs, settings and code are there and sound, so that computing them again would change nothing."""
        return _same_source(file_of(self.folder, table, day, key), source) is not None

    def put(self, table: str, day: str, key: str, rows: Rows, *, source: Provenance) -> Stored:
        """Rows of ``table`` for one ``day`` (YYYY-MM-DD, GPS time) and ``key``, in place of those that were there.

        ``rows`` must be all rows of that table, day and key. See :meth:`put_many`.
        """
        return self.put_many(day, key, {table: rows}, source=source)[0]

    def put_many(self, day: str, key: str, tables: Mapping[str, Rows], *, source: Provenance) -> tuple[Stored, ...]:
        """Rows of several tables for one day and key: after it all are there; a process killed at any moment leaves all old or all new.

        Tables whose inputs, settings, code version and rows are those already there are left alone. StoreError where the disk is full or
        cannot be written: nothing has changed then. InputError for an unknown table, ValueError for undeclared or uneven columns.
        """
        prepared = {name: (file_of(self.folder, name, day, key), store_write.arrow_rows(name, key, rows)) for name, rows in tables.items()}
        slot = slot_of(day, key)
        with _told(self.folder), store_files.exclusive(self.folder, slot):
            store_files.finish(self.folder, slot)
            states = {name: _state(path, rows, source) for name, (path, rows) in prepared.items()}
            contents = {
                path: store_write.parquet_bytes(name, day, key, rows, source)
                for name, (path, rows) in prepared.items()
                if states[name] != "unchanged"
            }
            store_files.replace_all(self.folder, slot, contents)
            for name in prepared:  # after the rename: a table is never missed that was not there yet
                store_files.keep(self.folder, name)
        return tuple(Stored(name, rows.num_rows, states[name], path) for name, (path, rows) in prepared.items())

    def query(self, sql: str, *, limit: int | None = None) -> store_read.Rows:
        """What ``sql`` gives over the views; see :func:`armillary.monitoring.store_read.query`."""
        return store_read.query(self.folder, sql, limit=limit)

    def damaged(self) -> dict[Path, str]:
        """Every file that cannot be read or fails its checksums, with what is wrong; reads the whole store."""
        return store_read.damaged(self.folder)

    def _recover(self) -> None:
        for slot in store_files.unfinished(self.folder):
            with store_files.exclusive(self.folder, slot, wait=False) as held:
                if held:
                    store_files.finish(self.folder, slot)


def _state(path: Path, rows: Any, source: Provenance) -> Literal["added", "replaced", "unchanged"]:
    if not path.exists():
        return "added"
    about = _same_source(path, source)
    return "unchanged" if about is not None and about.get("content") == store_write.content_digest(rows) else "replaced"


def _same_source(path: Path, source: Provenance) -> Mapping[str, Any] | None:
    """What a stored file says of its rows, when they are from ``source`` and the file is sound; None otherwise."""
    about = store_write.stored_metadata(path)
    same = about is not None and about.get("schema") == SCHEMA and about.get("identity") == source.identity
    return about if same and not store_read.fault(path) else None


def _check_sign(folder: Path) -> None:
    try:
        sign = json.loads((folder / SIGN).read_bytes())
        known, schema = sign["format"] == FORMAT, sign["schema"]
    except OSError as error:
        raise StoreError(str(folder / SIGN), f"cannot be read ({error.strerror})") from None
    except (ValueError, KeyError, TypeError):
        known, schema = False, None
    if not known or not isinstance(schema, int):
        raise StoreError(str(folder / SIGN), "this is not the sign of an armillary store")
    if schema > SCHEMA:
        raise StoreError(str(folder), f"the store has schema version {schema}, this armillary {code_version()} knows {SCHEMA}: update armillary")
    if schema < SCHEMA:
        raise StoreError(str(folder), f"the store has schema version {schema}, from before {SCHEMA}: assess into a new folder")


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Trouble with the disk, told as StoreError."""
    try:
        yield
    except OSError as error:
        where = str(error.filename or folder)
        raise StoreError(where, f"cannot be written ({error.strerror or error}); what was stored before stands untouched") from None
