"""Which commands there are, without importing any: services are found by their files and read as text."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

__all__ = ["service_summaries", "summary_in"]


def summary_in(source: str, name: str) -> str | None:
    r"""First paragraph of the docstring of the top-level function ``name`` in ``source``, on one line; None where there is no such function.

    >>> summary_in('def info(a): "What files hold."', "info")
    'What files hold.'
    """
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name == name:
            paragraph = (ast.get_docstring(node) or "").split("\n\n")[0]
            return " ".join(paragraph.split()).replace("``", "")
    return None


def service_summaries(package: str = "armillary.services") -> dict[str, str]:
    """Command name -> one-line summary, for every file of ``package`` that defines a function of its own name."""
    files = sorted(path for folder in importlib.import_module(package).__path__ for path in Path(folder).glob("[a-z]*.py"))
    found = {path.stem: summary_in(path.read_text(encoding="utf-8"), path.stem) for path in files}
    return {name: summary for name, summary in found.items() if summary is not None}
