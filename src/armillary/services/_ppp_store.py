"""Precise positions, zenith delays and receiver clocks as rows of the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.scales import to_iso
from armillary.core.table import Table
from armillary.monitoring.provenance import InputFile, Provenance
from armillary.monitoring.store import Rows, Store
from armillary.services._catalogue import day_bounds_ns
from armillary.services._ppp_answer import PppAnswer

__all__ = ["keep", "key_of", "rows_of_day"]


def keep(store: Store, answer: PppAnswer, inputs: tuple[InputFile, ...], settings: Mapping[str, Any]) -> None:
    """All rows of an answer into the store, day by day."""
    source = Provenance(inputs, settings)
    for day in _days(answer.observed):
        store.put_many(day, key_of(answer), rows_of_day(answer, day), source=source)


def key_of(answer: PppAnswer) -> str:
    """Under which rows are kept: a station standing still and moving, forward and smoothed, stand side by side."""
    return f"{_station(answer)} {answer.how}"


def _station(answer: PppAnswer) -> str:
    """As an assessment calls it."""
    return answer.station.strip().upper()


def rows_of_day(answer: PppAnswer, day: str) -> dict[str, Rows]:
    """Table -> the rows of an answer on one day, GPS time."""
    begin, end = day_bounds_ns(day)
    about = "" if answer.truth is None else answer.truth.source
    return {
        "precise_positions": _of_day(answer, answer.epochs, begin, end, truth=about),
        "troposphere": _of_day(answer, answer.troposphere, begin, end),
        "receiver_clocks": _of_day(answer, answer.clocks, begin, end),
    }


def _of_day(answer: PppAnswer, table: Table, begin_ns: int, end_ns: int, **same: str) -> Table:
    assert table.epochs is not None
    rows = table.where((table.epochs.tai_ns >= begin_ns) & (table.epochs.tai_ns < end_ns))
    texts = {"station": _station(answer), "mode": answer.how, **same}
    return Table({**{name: np.full(len(rows), text) for name, text in texts.items()}, **rows.columns}, rows.epochs)


def _days(epochs: Epochs) -> list[str]:
    """Days of GPS time in which there are epochs."""
    if not len(epochs):
        return []
    begin, _ = day_bounds_ns(str(to_iso(epochs[np.array([0])], "GPST", 0)[0])[:10])
    numbers = np.unique((epochs.tai_ns - begin) // NS_PER_DAY)
    middles = Epochs(begin + numbers * NS_PER_DAY + NS_PER_DAY // 2)
    return [str(text)[:10] for text in to_iso(middles, "GPST", 0)]
