"""Numba without SciPy: the command line starts a third of a second sooner.

Numba loads the whole of ``scipy.linalg`` at its first call, where SciPy is installed, only to learn whether it may offer linear algebra inside
kernels. No kernel here uses any. While the command line runs, Numba is told that there is none; everyone else imports SciPy as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

__all__ = ["install"]


class _NoScipyForNumba(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname == "scipy" and _asked_by("numba"):
            raise ImportError("not for Numba", name=fullname)
        return None


def _asked_by(package: str) -> bool:
    """Whether the innermost frame outside the import system belongs to ``package``."""
    frame = sys._getframe(2)
    while frame is not None and frame.f_globals.get("__name__", "").startswith(("importlib", "_frozen_importlib")):
        frame = frame.f_back  # type: ignore[assignment]
    name = "" if frame is None else str(frame.f_globals.get("__name__", ""))
    return name.split(".")[0] == package


def install() -> None:
    """Keep SciPy from Numba for the rest of this process."""
    sys.meta_path.insert(0, _NoScipyForNumba())
