"""Comma-separated values: every row of every member, epochs in GPS time, angles in degrees, empty cells where there is no value."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.report.solutions import Solution
from armillary.report.solutions._rows import readable_columns

__all__ = ["write"]

DECIMALS = {"m": 4, "m2": 6, "s": 4, "deg": 10, "dop": 2}
"""Last word of a column name -> decimals; a hundredth of a millimetre of arc and a tenth of a millimetre of length."""


def write(solution: Solution, path: Path) -> list[Path]:
    """Write one file and return its path."""
    columns = readable_columns(solution.station, solution.epochs)
    cells = [_texts(name, column) for name, column in columns.items()]
    lines = [",".join(columns), *map(",".join, zip(*cells, strict=True))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    return [path]


def _texts(name: str, column: NDArray[Any]) -> list[str]:
    if column.dtype.kind != "f":
        return [_quoted(str(value)) for value in column.tolist()]
    decimals = DECIMALS.get("dop" if name.endswith("dop") else name.rsplit("_", 1)[-1], 6)
    return [f"{value:.{decimals}f}" if np.isfinite(value) else "" for value in column.tolist()]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n') else text
