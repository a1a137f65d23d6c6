"""An answer's table on a screen: whole where it fits, else without the columns that matter least, which are then named."""

from __future__ import annotations

import math
import os
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from armillary._lazy import lazy_module
from armillary.core.table import Table, declared_columns

__all__ = ["PIPED_WIDTH", "print_sentence", "print_table"]

rich_console = lazy_module("rich.console")
rich_table = lazy_module("rich.table")

PIPED_WIDTH = 200
"""Characters of a line that goes into a pipe, where COLUMNS says nothing."""
PROSE = 24
"""Sentences are wrapped into so many characters before a column is left out."""
_LEAST_FIRST = (
    *("worst_percent_offset_known", "median_pdop_offset_known", "mean_percent_offset_known", "median_vdop", "median_hdop", "mean_in_view"),
    *("within_accuracy_percent", "accuracy_mean_m", "radial_mean_m", "radial_corrected_rms_m", "orbit_sisre_rms_m"),
    *("cross_rms_m", "along_rms_m", "radial_rms_m", "worst_user_p95_m", "clock_rms_m"),
    *("n_rms_m", "e_rms_m", "u_rms_m", "mean_satellites", "v95_m", "h95_m", "observations_per_slip", "expected", "observed", "receiver_bias_ns"),
    *("known_from", "note", "source", "conditions", "table", "document"),
)
"""Columns that a narrow screen does without, least important first; after them those farthest to the right."""


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    name: str
    heading: str
    unit: str
    cells: Sequence[str]
    right: bool

    @property
    def longest(self) -> int:
        return max([len(cell) for cell in self.cells] + [0])

    @property
    def needs(self) -> int:
        """The least width in which no word and no number is cut."""
        words = [*self.heading.split(), self.unit]
        sentences = not self.right and self.longest > PROSE and any(" " in cell for cell in self.cells)
        words += [word for cell in self.cells for word in cell.split()] if sentences else self.cells
        return max([len(word) for word in words] + ([PROSE] if sentences else []))

    @property
    def wants(self) -> int:
        """The width in which nothing is wrapped."""
        return max(self.longest, len(self.heading), len(self.unit))


def print_table(table: Table) -> None:
    """Print a table in the width of the screen, of ``COLUMNS`` or of :data:`PIPED_WIDTH`; a line below says which columns had no room."""
    console = rich_console.Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = PIPED_WIDTH
    columns = _columns(table)
    shown, gap = _fitting(columns, console.width)
    console.print(_drawn(shown, _widths(shown, console.width, gap), gap))
    left_out = [column.heading for column in columns if column not in shown]
    if left_out:
        print_sentence(f"{len(left_out)} further column{'s' if len(left_out) > 1 else ''} ({', '.join(left_out)}): a wider screen or --json")


def print_sentence(text: str) -> None:
    """Print a title or a remark, wrapped between words to the screen or to ``COLUMNS``; in one piece into a pipe, where programs look for it."""
    console = rich_console.Console()
    if not console.is_terminal and "COLUMNS" not in os.environ:
        print(text)
        return
    for line in text.split("\n"):
        if len(line) <= console.width:
            print(line)
        else:
            print(textwrap.fill(line, max(console.width, 1), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False))


def _columns(table: Table) -> list[_Column]:
    found = []
    for name, column in table.columns.items():
        unit = declared_columns()[name].unit
        cells = [_cell(value, unit) for value in column.tolist()]
        found.append(_Column(name, name.removesuffix("_" + unit.replace("/", "_")).replace("_", " "), unit, cells, column.dtype.kind in "iuf"))
    return found


def _cell(value: Any, unit: str) -> str:
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.3e}" if abs(value) >= 1e6 else f"{value:.3f}" if unit else f"{value:.1f}"
    return "yes" if value is True else "no" if value is False else str(value)


def _fitting(columns: Sequence[_Column], width: int) -> tuple[list[_Column], int]:
    """The columns that there is room for, in their order, and the space between them; one at least."""
    for gap in (2, 1):
        if _total(columns, gap) <= width:
            return list(columns), gap
    order: Mapping[str, int] = {name: i for i, name in enumerate(_LEAST_FIRST)}
    last = len(_LEAST_FIRST) + len(columns)
    leaving = sorted(columns, key=lambda column: order.get(column.name, last - columns.index(column)))
    gone: list[_Column] = []
    for column in leaving[:-1]:
        if _total([c for c in columns if c not in gone], 1) <= width:
            break
        gone.append(column)
    for column in reversed(gone):  # a narrow one may still have room where a wide one had not
        if _total([c for c in columns if c not in gone or c is column], 1) <= width:
            gone.remove(column)
    return [column for column in columns if column not in gone], 1


def _total(columns: Sequence[_Column], gap: int) -> int:
    return sum(column.needs for column in columns) + gap * (len(columns) - 1)


def _widths(columns: Sequence[_Column], width: int, gap: int) -> list[int]:
    """What each column gets: what it needs, and of what is left what it wants, those that want least first."""
    widths = [column.needs for column in columns]
    spare = width - _total(columns, gap)
    for i in sorted(range(len(columns)), key=lambda i: columns[i].wants - widths[i]):
        more = max(min(columns[i].wants - widths[i], spare), 0)
        widths[i], spare = widths[i] + more, spare - more
    if spare < 0:  # one column, wider than the screen: its words are folded
        widths[0] = max(widths[0] + spare, 1)
    return widths


def _drawn(columns: Sequence[_Column], widths: Sequence[int], gap: int) -> Any:
    drawn = rich_table.Table(box=None, pad_edge=False, collapse_padding=gap == 1, header_style="bold")
    units = any(column.unit for column in columns)
    for column, width in zip(columns, widths, strict=True):
        heading = f"{column.heading}\n[dim]{column.unit}[/dim]" if units else column.heading
        drawn.add_column(heading, justify="right" if column.right else "left", width=width, overflow="fold")
    for cells in zip(*(column.cells for column in columns), strict=True):
        drawn.add_row(*cells)
    return drawn
