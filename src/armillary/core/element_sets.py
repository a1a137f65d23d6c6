"""Mean orbital elements as published in catalogues of space objects (two-line element sets)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss

__all__ = ["ElementSets"]


@dataclass(frozen=True, slots=True, eq=False)
class ElementSets:
    """Element sets of one file, in its order; an object may have several."""

    names: tuple[str, ...]
    """As the file names them; empty where it does not."""
    catalogue: NDArray[np.int64]
    """int64[n], catalogue numbers (letters of the five-character form resolved)."""
    epochs: Epochs
    """[n], of the elements."""
    lines: tuple[tuple[str, str], ...]
    """The two lines of each set: they are defined together with the model that reads them (SGP4)."""
    losses: tuple[Loss, ...] = ()
    path: str = ""

    def __len__(self) -> int:
        return len(self.names)
