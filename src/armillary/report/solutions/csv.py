"""Comma-separated values: every row of every member, epochs in GPS time, angles in degrees, empty cells where there is no value.

Receiver clocks, excluded satellites, code biases and residuals (where the answer keeps them) go beside it: ``name_clocks.csv`` and so on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.table import declared_columns
from armillary.report.solutions import Solution
from armillary.report.solutions._rows import companions, readable_columns

__all__ = ["write"]

DECIMALS = {"m": 4, "m2": 6, "m/s": 4, "s": 12, "deg": 10, "dop": 2}
"""Unit -> decimals: a tenth of a millimetre of length (and of light), a hundredth of arc on the ground."""


def write(solution: Solution, path: Path) -> list[Path]:
    """Write the epochs into ``path`` and the other tables beside it; return the paths."""
    tables = {path: solution.epochs, **dict(companions(solution, path))}
    for target, table in tables.items():
        columns = readable_columns(solution.station, table)
        cells = [_texts(name, column) for name, column in columns.items()]
        lines = [",".join(columns), *map(",".join, zip(*cells, strict=True))]
        target.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return list(tables)


def _texts(name: str, column: NDArray[Any]) -> list[str]:
    if column.dtype.kind != "f":
        return [_quoted(str(value)) for value in column.tolist()]
    unit = declared_columns()[name].unit
    decimals = DECIMALS.get("dop" if name.endswith("dop") else unit, 6)
    return [f"{value:.{decimals}f}" if np.isfinite(value) else "" for value in column.tolist()]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text
