"""Answers in the values that JSON knows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any

from armillary.core.table import Table

__all__ = ["dumps", "plain"]


def dumps(value: Any, indent: int | None = None) -> str:
    """``value`` as JSON text."""
    return json.dumps(plain(value), indent=indent, allow_nan=False, ensure_ascii=False)


def plain(value: Any) -> Any:
    """``value`` as JSON takes it: tables become lists of rows, arrays lists, NaN and infinity null.

    >>> plain({"a": (1.5, float("nan"))})
    {'a': [1.5, None]}
    """
    if hasattr(value, "to_json"):
        return plain(value.to_json())
    if isinstance(value, Table):
        return [plain(row) for row in value.rows()]
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return str(value)
