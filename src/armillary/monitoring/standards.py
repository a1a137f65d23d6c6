"""What performance standards promise, and whether a measurement keeps it.

Thresholds stand in ``standards.csv`` with their document and table. A row whose document was not read, or whose table was not found, is not
``verified`` and leads to no verdict: it is ``pending``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import isnan, nan

import numpy as np

from armillary.core.registry import constellations
from armillary.core.table import Table

__all__ = ["Threshold", "fault_limits_m", "standards", "verdicts"]

RANGE_FAULT = "range_error_fault_m"
_DTYPES = {"limit": np.float64, "measured": np.float64, "verified": np.bool_}
_COLUMNS = ("document", "table", "member", "quantity", "limit", "measured", "unit", "conditions", "verdict", "verified", "note")


@dataclass(frozen=True, slots=True)
class Threshold:
    """One figure of one document."""

    document: str
    table: str
    """Table or paragraph; says so where it was not found or not noted."""
    system: str
    """Name of the system it is about."""
    quantity: str
    """Key under which a measurement is given to :func:`verdicts`."""
    sense: str
    """``max``: the measurement must not exceed the limit; ``min``: it must reach it."""
    limit: float
    """NaN where the document's figure is not known."""
    unit: str
    conditions: str
    percentile: float
    """Of the quantity, 0 to 100; NaN where none is stated."""
    verified: bool
    """Whether the figure was read in the document itself (or in the page that sets the rule)."""
    note: str

    def verdict(self, measured: float) -> str:
        """``pending`` without a verified limit, ``unobserved`` without a measurement (NaN), else ``met`` or ``missed``."""
        if not self.verified or isnan(self.limit):
            return "pending"
        if isnan(measured):
            return "unobserved"
        return "met" if (measured <= self.limit if self.sense == "max" else measured >= self.limit) else "missed"


@cache
def standards() -> tuple[Threshold, ...]:
    """Every threshold, in the order of the file."""
    with files("armillary.monitoring").joinpath("standards.csv").open(encoding="utf-8") as f:
        return tuple(
            Threshold(
                **{name: row[name] for name in ("document", "table", "system", "quantity", "sense", "unit", "conditions", "note")},
                limit=_number(row["limit"]),
                percentile=_number(row["percentile"]),
                verified=row["verified"] == "yes",
            )
            for row in csv.DictReader(f)
        )


def verdicts(measured: Mapping[tuple[str, str], float], *, systems: Iterable[str]) -> Table:
    """A row per threshold of ``systems`` (names), and per joint member that was measured, with its verdict.

    ``measured`` maps member (a system, or several joined by ``+``) and quantity to the value, in the unit of the threshold. A joint member is held
    against the standard of every system in it. Verdicts are ``met``, ``missed``, ``unobserved`` (nothing was measured) and ``pending`` (the limit is
    not verified).
    """
    wanted = set(systems)
    rows = []
    for threshold in standards():
        if threshold.system not in wanted:
            continue
        joint = [m for m, quantity in measured if quantity == threshold.quantity and "+" in m and threshold.system in m.split("+")]
        for member in (threshold.system, *dict.fromkeys(joint)):
            value = float(measured.get((member, threshold.quantity), nan))
            about = (threshold.document, threshold.table, member, threshold.quantity, threshold.limit, value, threshold.unit)
            rows.append((*about, threshold.conditions, threshold.verdict(value), threshold.verified, threshold.note))
    columns = zip(*rows, strict=True) if rows else ((),) * len(_COLUMNS)
    return Table({name: np.array(column, _DTYPES.get(name, np.str_)) for name, column in zip(_COLUMNS, columns, strict=True)})


def fault_limits_m() -> dict[str, float]:
    """System letter -> range error that a standard calls a fault, metres; the lowest verified one of each system."""
    letters = {c.name: c.letter for c in constellations().values()}
    out: dict[str, float] = {}
    for threshold in standards():
        letter = letters.get(threshold.system)
        if threshold.quantity == RANGE_FAULT and threshold.verified and letter:
            out[letter] = min(threshold.limit, out.get(letter, threshold.limit))
    return out


def _number(text: str) -> float:
    return float(text) if text else nan
