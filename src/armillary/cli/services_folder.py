"""Which names are services: a look at the folder."""

from __future__ import annotations

import importlib
from pathlib import Path

__all__ = ["is_service"]


def is_service(name: str, package: str = "armillary.services") -> bool:
    """Whether ``package`` has a file for a service of this name."""
    plain = name.isidentifier() and not name.startswith("_")
    return plain and any((Path(folder) / f"{name}.py").exists() for folder in importlib.import_module(package).__path__)
