"""The table of describers: from what a reader returned to what ``armillary info`` says.

A describer is registered with ``@describe.register`` for the core type it takes; a type without one is told by its counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Protocol

from armillary.services._content import Lines, Span
from armillary.services._kinds import kind_of

__all__ = ["Content", "Description", "PlainContent", "describe"]


class Content(Protocol):
    """What a description holds besides the stretch of time: a frozen dataclass that can speak to people."""

    def lines(self) -> Lines:
        """Labels and values for people."""


@dataclass(frozen=True, slots=True)
class Description:
    """What one file holds: ``kind`` is a word, ``version`` that of its format (empty where the format has none)."""

    kind: str
    version: str
    span: Span | None
    content: Content


@dataclass(frozen=True, slots=True)
class PlainContent:
    """Counts of a type that has no describer of its own."""

    counts: dict[str, int]

    def lines(self) -> Lines:
        """Labels and values for people."""
        return [(name.replace("_", " "), str(count)) for name, count in self.counts.items()]


@singledispatch
def describe(value: Any) -> Description:
    """What ``value``, the core type that a reader returned, holds."""
    fields = getattr(value, "__dataclass_fields__", {})
    counts = {name: len(getattr(value, name)) for name in fields if hasattr(getattr(value, name), "__len__") and name not in ("losses", "path")}
    return Description(kind_of(value), str(getattr(value, "version", "")), None, PlainContent(counts))
