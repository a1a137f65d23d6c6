"""What performance standards promise, and whether a measurement keeps it.

Thresholds stand in ``standards.csv`` with their document, table and source. A row whose figure was read neither in its document nor in quotations
that bear each other out is not ``verified`` and leads to no verdict: it is ``pending``.
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
ENOUGH = ("document", "quotations")
"""What a figure must be known from to be verified."""
_DTYPES = {"limit": np.float64, "measured": np.float64, "verified": np.bool_}
_TEXTS = ("document", "table", "system", "quantity", "sense", "unit", "conditions", "known_from", "source", "note")
_COLUMNS = ("document", "table", "member", "quantity", "limit", "measured", "unit", "conditions", "verdict", "verified", "source", "note")


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
    one_sided: bool
    """Whether a measurement may be worse than what the limit speaks of (a station's own errors, satellites that the files miss): within the
    limit it is kept, beyond it nothing is said."""
    known_from: str
    """How the figure is known. ``document``: read there, or in the issuer's own page; ``quotations``: in two independent quotations, or in one word
    for word with its conditions; ``quotation``: in one; ``report``: in the press; ``none``."""
    source: str
    """Address of the document, or of the page where the figure was read."""
    note: str

    @property
    def verified(self) -> bool:
        """Whether that is enough for a verdict."""
        return self.known_from in ENOUGH

    def verdict(self, measured: float) -> str:
        """``pending`` without a verified limit, ``unobserved`` without a measurement (NaN) that decides, else ``met`` or ``missed``."""
        if not self.verified or isnan(self.limit):
            return "pending"
        if isnan(measured):
            return "unobserved"
        if measured <= self.limit if self.sense == "max" else measured >= self.limit:
            return "met"
        return "unobserved" if self.one_sided else "missed"


@cache
def standards() -> tuple[Threshold, ...]:
    """Every threshold, in the order of the file."""
    with files("armillary.monitoring").joinpath("standards.csv").open(encoding="utf-8") as f:
        return tuple(
            Threshold(
                **{name: row[name] for name in _TEXTS},
                limit=_number(row["limit"]),
                percentile=_number(row["percentile"]),
                one_sided=row["one_sided"] == "yes",
            )
            for row in csv.DictReader(f)
        )


def verdicts(measured: Mapping[tuple[str, str], float], *, systems: Iterable[str]) -> Table:
    """A row per threshold of ``systems`` (names), and per joint member that was measured, with its verdict.

    ``measured`` maps member (a system, or several joined by ``+``) and quantity to the value, in the unit of the threshold. A joint member is held
    against the standard of every system in it. Verdicts are ``met``, ``missed``, ``unobserved`` (nothing was measured that could decide) and
    ``pending`` (the limit is not verified).
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
            rows.append((*about, threshold.conditions, threshold.verdict(value), threshold.verified, threshold.source, threshold.note))
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
