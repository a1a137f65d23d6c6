"""Modules that are imported when first touched, so that a command pays only for what it computes."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

from armillary.errors import MissingExtraError

__all__ = ["lazy_module", "optional_module"]


class _Lazy(ModuleType):
    """Stands in for a module until an attribute is asked for."""

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self.__name__), name)


def lazy_module(name: str) -> Any:
    """The module ``name``, imported at its first use (kernels: Numba takes 0.3 s to load)."""
    return _Lazy(name)


def optional_module(name: str, extra: str) -> Any:
    """The module ``name``, or MissingExtraError naming the extra of armillary that brings it."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        if error.name is not None and name.split(".")[0] != error.name.split(".")[0]:
            raise
        raise MissingExtraError(name, extra) from None
