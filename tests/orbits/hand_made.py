"""Messages made by hand for the tests of this folder."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.navigation_messages import MessageTable, Navigation, NavigationHeader
from armillary.core.satellites import pack


def table(
    names: list[str], kind: str, reference: Epochs, *, transmission: Epochs | None = None, **columns: float | NDArray[np.float64]
) -> MessageTable:
    n = len(names)
    sat = pack(names)
    return MessageTable(
        system=names[0][0],
        kind=kind,
        sat=sat,
        reference=reference,
        ephemeris=reference,
        transmission=transmission or reference,
        transmission_known=np.full(n, transmission is not None),
        columns={name: np.broadcast_to(np.asarray(value, np.float64), (n,)).copy() for name, value in columns.items()},
    )


def navigation(*tables: MessageTable) -> Navigation:
    return Navigation(NavigationHeader(), {(t.system, t.kind): t for t in tables})
