"""Things found by their folder: every module of a package that defines a given name.

The constellations are the modules of :mod:`armillary.constellations` that define ``CONSTELLATION``; a new file is a new system.
Third parties add theirs through the entry-point group ``armillary.constellations``.
"""

from __future__ import annotations

import glob
import importlib
import os
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType, ModuleType

from armillary._lazy import lazy_module
from armillary.core.constellation import Constellation
from armillary.errors import InputError

metadata = lazy_module("importlib.metadata")

__all__ = ["by_letter", "constellation", "constellations", "modules_with", "third_party"]


def modules_with(package: str, attribute: str) -> Iterator[ModuleType]:
    """Modules of ``package`` (by name order), then those of the entry-point group of the same name, that define ``attribute``."""
    folder = importlib.import_module(package)
    for info in sorted(pkgutil.iter_modules(folder.__path__), key=lambda i: i.name):
        if not info.name.startswith("_") and not info.name.endswith("kernels"):
            module = importlib.import_module(f"{package}.{info.name}")
            if hasattr(module, attribute):
                yield module
    for module in third_party(package):
        if hasattr(module, attribute):
            yield module


def third_party(group: str) -> Iterator[ModuleType]:
    """What other installed packages offer under the entry-point group ``group``."""
    if _is_offered(group):
        for point in metadata.entry_points(group=group):
            yield point.load()


@cache
def _is_offered(group: str) -> bool:
    """Whether any installed package names the group: a look at small files, where ``importlib.metadata`` costs 15 ms of every start."""
    wanted = f"[{group}]"
    for folder in sys.path:
        for path in glob.iglob(os.path.join(glob.escape(folder), "*-info", "entry_points.txt")):
            with open(path, encoding="utf-8", errors="replace") as file:
                if wanted in file.read():
                    return True
    return False


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
