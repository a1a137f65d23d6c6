"""Things found by their folder: every module of a package that defines a given name.

The constellations are the modules of :mod:`armillary.constellations` that define ``CONSTELLATION``; a new file is a new system.
Third parties add theirs through the entry-point group ``armillary.constellations``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from armillary._lazy import lazy_module
from armillary.core.constellation import Constellation
from armillary.errors import InputError

metadata = lazy_module("importlib.metadata")

__all__ = ["by_letter", "constellation", "constellations", "modules_with"]


def modules_with(package: str, attribute: str) -> Iterator[ModuleType]:
    """Modules of ``package`` (by name order), then those of the entry-point group of the same name, that define ``attribute``."""
    folder = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda i: i.name):
        if not info.name.startswith("_") and not info.name.endswith("kernels"):
            module = importlib.import_module(f"{package}.{info.name}")
            if hasattr(module, attribute):
                yield module
    for point in metadata.entry_points(group=package):
        module = point.load()
        if hasattr(module, attribute):
            yield module


@cache
def constellations() -> Mapping[str, Constellation]:
    """Every known constellation by its lower-case name.

    >>> sorted(constellations())[:2]
    ['beidou', 'galileo']
    """
    found = [module.CONSTELLATION for module in modules_with("armillary.constellations", "CONSTELLATION")]
    return MappingProxyType({c.name: c for c in found})


def constellation(name: str) -> Constellation:
    """The constellation with a name (any case) or a RINEX letter; InputError lists those there are."""
    known = constellations()
    if name.lower() in known:
        return known[name.lower()]
    letters = by_letter()
    if name in letters:
        return letters[name]
    raise InputError(f"no constellation is called {name!r}; there are {', '.join(sorted(known))}")


@cache
def by_letter() -> Mapping[str, Constellation]:
    """Constellations that RINEX knows, by system letter."""
    return MappingProxyType({c.letter: c for c in constellations().values() if c.letter})
