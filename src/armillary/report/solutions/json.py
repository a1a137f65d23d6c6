"""JSON: the object that ``--json`` prints."""

from __future__ import annotations

from pathlib import Path

from armillary.core.plain import dumps
from armillary.report.solutions import Solution

__all__ = ["write"]


def write(solution: Solution, path: Path) -> list[Path]:
    """Write one file and return its path; a value that is not a number becomes null."""
    path.write_text(dumps(solution, indent=1) + "\n", encoding="utf-8")
    return [path]
