"""Which thresholds of performance standards are known."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import isnan
from typing import Any

import numpy as np

from armillary.core.table import Table
from armillary.monitoring.standards import Threshold
from armillary.monitoring.standards import standards as known_thresholds

__all__ = ["StandardsAnswer", "standards"]

_SIGNS = {"max": "<=", "min": ">="}


@dataclass(frozen=True, slots=True)
class StandardsAnswer:
    """Thresholds of performance standards."""

    thresholds: tuple[Threshold, ...]

    @property
    def summary(self) -> Table:
        """A row per threshold, for people."""
        rows = self.thresholds
        return Table(
            {
                "document": np.array([row.document for row in rows]),
                "table": np.array([row.table for row in rows]),
                "constellation": np.array([row.system for row in rows]),
                "quantity": np.array([row.quantity for row in rows]),
                "limit": np.array([_limit(row) for row in rows]),
                "verified": np.array([row.verified for row in rows]),
                "known_from": np.array([row.known_from for row in rows]),
                "conditions": np.array(["; ".join(filter(None, (row.conditions, row.note))) for row in rows]),
            }
        )

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        open_rows = sum(not row.verified for row in self.thresholds)
        return (
            f"{open_rows} of {len(self.thresholds)} are not verified: no verdict is given on them",
            "--json adds the address of each figure's source",
        )

    def to_json(self) -> dict[str, Any]:
        """The thresholds in plain values (NaN for a limit or a percentile that is not known)."""
        return {"standards": [asdict(row) | {"verified": row.verified} for row in self.thresholds]}


def standards() -> StandardsAnswer:
    """The thresholds of performance standards that assessments are held against, with document and table.

    A threshold that was read neither in its document nor in quotations that bear each other out is not verified: no verdict is given on it.

    $ armillary standards

    >>> "BDS OS PS v3.0" in standards().summary["document"]
    True
    """
    return StandardsAnswer(known_thresholds())


def _limit(row: Threshold) -> str:
    if isnan(row.limit):
        return "not known"
    percentile = "" if isnan(row.percentile) else f" ({row.percentile:g} %)"
    return f"{_SIGNS[row.sense]} {row.limit:g} {row.unit}".rstrip() + percentile
