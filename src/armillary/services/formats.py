"""Which file formats are known."""

from __future__ import annotations

import numpy as np

from armillary.core.table import Table
from armillary.io import reading

__all__ = ["formats"]


def formats() -> Table:
    """The file formats that armillary knows, and whether it reads and writes them.

    A file is recognised by its content, whatever its name, compressed or not.

    $ armillary formats

    >>> "rinex_obs" in formats()["format"]
    True
    """
    known = reading.formats()
    return Table(
        {
            "format": np.array([module.__name__.rsplit(".", 1)[-1] for module in known]),
            "title": np.array([module.NAME for module in known]),
            "reads": np.array([hasattr(module, "read") for module in known]),
            "writes": np.array([hasattr(module, "write") for module in known]),
        }
    )
