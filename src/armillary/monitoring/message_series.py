"""What broadcast messages say of themselves, without anything to compare them with: health, age, and whether a message serves at all.

The table is as that of :func:`armillary.monitoring.signal_in_space_tables.series`, without errors, so that the same event log reads both.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from armillary.core.constellation import Constellation
from armillary.core.epochs import Epochs
from armillary.core.satellites import unpack_one
from armillary.core.table import Table
from armillary.monitoring.signal_in_space import Status
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.orbits.state import EXCLUDED, NO_DATA, STALE, UNHEALTHY

__all__ = ["MESSAGES", "message_series"]

MESSAGES = "messages"
"""Stands in the column ``reference``."""
_ERRORS = ("radial_m", "along_m", "cross_m", "clock_m", "radial_corrected_m", "orbit_sisre_m", "sisre_m", "worst_user_m")


def message_series(broadcast: BroadcastOrbit, constellations: Sequence[Constellation], instants: Epochs) -> Table:
    """A row per satellite of ``constellations`` and instant (ascending).

    ``status`` is ``no message``, ``stale`` or ``unhealthy``, and ``no reference`` where the message may be used.
    """
    letters = [ord(c.letter) for c in constellations if c.letter]
    sats = broadcast.satellites[np.isin(broadcast.satellites // 100, letters)]
    sat, epochs = np.repeat(sats, len(instants)), Epochs(np.tile(instants.tai_ns, len(sats)))
    sent = broadcast.state(sat, epochs)
    lost = ~np.isfinite(sent.position_m).all(axis=1)
    status = np.select(
        [sent.flag & (NO_DATA | EXCLUDED) != 0, (sent.flag & STALE != 0) | lost, sent.flag & UNHEALTHY != 0],
        [_word(Status.NO_MESSAGE), _word(Status.STALE), _word(Status.UNHEALTHY)],
        _word(Status.NO_REFERENCE),
    )
    names = np.array([unpack_one(s) for s in sats], "U3")
    columns = {
        "reference": np.full(len(sat), MESSAGES),
        "tai_ns": epochs.tai_ns,
        "sat": np.repeat(names, len(instants)),
        "status": status.astype(np.str_),
        **dict.fromkeys(_ERRORS, np.full(len(sat), np.nan)),
        "age_s": sent.age_s,
        "accuracy_m": sent.accuracy_m,
    }
    return Table(columns, epochs, sat.astype(np.int16))


def _word(status: Status) -> str:
    return status.name.lower().replace("_", " ")
