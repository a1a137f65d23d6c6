"""Smooth functions of time that are dear to evaluate, from values at regular instants."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs

__all__ = ["on_time_grid"]

Floats = NDArray[np.float64]

_NODES = np.arange(-2, 4)
_COEFFICIENTS = np.linalg.inv(np.vander(_NODES.astype(np.float64), increasing=True))
"""Row k: what the power u^k contributes to the weight of each node."""
_POWERS = np.arange(len(_NODES))


def on_time_grid(epochs: Epochs, step_ns: int, evaluate: Callable[[Epochs], Floats]) -> Floats:
    """``evaluate(epochs)``, float64[n, ...], from its values at multiples of ``step_ns`` (TAI) by six-point Lagrange interpolation.

    ``evaluate`` is called once, with the instants around the epochs only: up to two steps before the first and three after the last. An epoch on an
    instant of the grid gets its value. The error is about 0.005 (2 pi step / period)^6 of the amplitude of a wave of that period.

    >>> t = Epochs(np.array([50, 250]))
    >>> on_time_grid(t, 100, lambda nodes: nodes.tai_ns[:, None] ** 2.0)[:, 0].round(6).tolist()
    [2500.0, 62500.0]
    """
    cell, rest = np.divmod(epochs.tai_ns, step_ns)
    cells, which = np.unique(cell, return_inverse=True)
    grid = np.unique(cells[:, None] + _NODES)
    values = evaluate(Epochs(grid * step_ns))
    rows = np.searchsorted(grid, cells)[which][:, None] + _NODES
    weights = (rest / step_ns)[:, None] ** _POWERS @ _COEFFICIENTS
    return np.asarray(np.einsum("ij,ij...->i...", weights, values[rows]), np.float64)
