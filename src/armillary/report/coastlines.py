"""Coastlines for small world maps: Natural Earth 1:110m (public domain), reduced to what a map a hand wide can show (some 0.4 degrees).

``examples/make_coastlines.py`` makes the file from a package that carries Natural Earth.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

__all__ = ["coastlines"]


@cache
def coastlines() -> tuple[NDArray[np.float64], ...]:
    """Lines float64[n, 2], longitude and latitude in degrees; closed, or cut at the date line.

    >>> max(float(np.abs(line[:, 0]).max()) for line in coastlines())
    180.0
    """
    with files("armillary.report").joinpath("coastlines.csv").open(encoding="utf-8") as file:
        return tuple(np.array(line.split(), np.float64).reshape(-1, 2) / 10.0 for line in file if not line.startswith("#"))
