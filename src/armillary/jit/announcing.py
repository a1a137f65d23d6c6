"""Whom to tell that a kernel is being compiled."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["announce"]

announce: list[Callable[[str], None]] = []
"""Called with the name of a kernel before it is compiled, which takes seconds: the command line says so."""
