"""What does the store hold? Asked in SQL."""

from __future__ import annotations

import csv as comma_separated
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from armillary.errors import InputError
from armillary.monitoring.store import Store

__all__ = ["QueryAnswer", "query"]

SHOWN, WIDEST = 100, 60
"""Rows that people see of an answer, and characters of the widest cell."""


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """The rows of an answer."""

    columns: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]
    as_csv: bool = False
    warnings: tuple[str, ...] = ()

    def to_json(self) -> list[dict[str, Any]]:
        """The rows as a list of objects; instants and days as ISO 8601 text."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.values]

    def csv(self) -> str:
        """The rows as comma-separated values under their names; empty where there is no value."""
        text = io.StringIO()
        writer = comma_separated.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows(self.values)
        return text.getvalue().rstrip("\n")

    def lines(self) -> list[str]:
        """The rows as an aligned table, the first hundred of them, with a note where there are more."""
        cells = [[_cell(value) for value in row] for row in self.values[:SHOWN]]
        widths = [max(map(len, (name, *(row[i] for row in cells)))) for i, name in enumerate(self.columns)]
        right = [all(isinstance(row[i], int | float | None) for row in self.values[:SHOWN]) for i in range(len(self.columns))]
        aligned = [
            "  ".join(text.rjust(w) if r else text.ljust(w) for text, w, r in zip(row, widths, right, strict=True)).rstrip()
            for row in [list(self.columns), *cells]
        ]
        count = len(self.values)
        note = f"{count} row{'s' * (count != 1)}"
        return [*aligned, note if count <= SHOWN else f"the first {SHOWN} of {note}; --json and --csv give all"]

    def __str__(self) -> str:
        return self.csv() if self.as_csv else "\n".join(self.lines())


def query(
    sql: Annotated[str, "One SELECT, or DESCRIBE or SUMMARIZE of a view."],
    *,
    store: Annotated[Path, "Folder of the store: DIR/store, where DIR is what an assessment wrote."],
    csv: Annotated[bool, "Comma-separated values instead of a table."] = False,
    limit: Annotated[int, "At most this many rows; 0 for all."] = 100_000,
) -> QueryAnswer:
    """What a store holds, asked in SQL.

    Views: observations, positions, residuals, precise_positions, troposphere, receiver_clocks, signal_in_space, quality, time_offset, events, and
    inputs (which file made which rows).

    $ armillary query "SELECT sat, count(*) AS n FROM residuals GROUP BY sat" --store DIR/store
    """
    if limit < 0:
        raise InputError(f"--limit {limit}: expected a number of rows, or 0 for all")
    opened = Store.existing(store)
    found = opened.query(sql, limit=limit or None)
    warnings = []
    if found.more:
        warnings.append(f"only the first {limit} rows are given; --limit 0 gives all")
    if opened.unfinished:
        warnings.append(f"{store}: tables are being replaced, or were when a process was killed; they may differ by one assessment")
    return QueryAnswer(found.columns, tuple(tuple(map(_plain, row)) for row in found.values), csv, tuple(warnings))


def _plain(value: Any) -> Any:
    """A value of the database as JSON and CSV take it."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    text = " ".join((f"{value:.6g}" if isinstance(value, float) else str(value)).split())
    return text if len(text) <= WIDEST else text[: WIDEST - 3] + "..."
