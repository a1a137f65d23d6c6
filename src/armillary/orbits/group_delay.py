"""Group delays: what a broadcast clock lacks for one signal, looked up in the facts of each constellation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation, GroupDelay
from armillary.core.navigation_messages import MessageTable
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.orbits.state import OrbitState

__all__ = ["group_delay_s", "rule_for"]


_LARGEST_S = 1e-6
"""No message holds a larger delay (the widest field ends at 0.12 us): a number beyond is damage of the file, and the delay unknown."""


def rule_for(constellation: Constellation, kind: str, code: str) -> GroupDelay | None:
    """The rule of ``constellation`` for observation ``code`` under a message ``kind`` (the longest that matches), or None."""
    fitting = [rule for rule in constellation.group_delays if rule.kind == kind and code.startswith(rule.code)]
    return max(fitting, key=lambda rule: len(rule.code), default=None)


def _of_table(table: MessageTable, constellation: Constellation, code: str) -> NDArray[np.float64]:
    missing = np.full(len(table), np.nan)
    rule = rule_for(constellation, table.kind, code)
    if rule is None:
        return missing
    terms = (factor * table.columns.get(column, missing) for column, factor in rule.terms)
    delay = np.asarray(sum(terms, start=np.zeros(len(table))))
    return np.where(np.abs(delay) > _LARGEST_S, np.nan, delay)


def group_delay_s(orbit: BroadcastOrbit, state: OrbitState, code: str) -> NDArray[np.float64]:
    """Seconds, float64[n], to subtract from ``state.clock_s`` for the observation ``code`` (RINEX 3, such as C2I), whatever the systems.

    NaN where the message does not serve the code or lacks the delay.
    """
    columns = (_of_table(table, constellation, code) for table, constellation in zip(orbit.tables, orbit.constellations, strict=True))
    return orbit.per_message(columns)[state.message]
