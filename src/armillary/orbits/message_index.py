"""Broadcast messages put in the order in which kernels look them up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.core.navigation_messages import MessageTable
from armillary.orbits.state import SATELLITE_LIMIT, OrbitState

__all__ = ["MessageIndex", "MessageModel", "Offer", "column_or", "index_messages", "within"]


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """One table on offer: which of the tables of the orbit it is, its place in the order of preference, and the rows that can be evaluated."""

    number: int
    rank: int
    table: MessageTable
    constellation: Constellation
    usable: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class MessageIndex:
    """Rows of several tables sorted by satellite, rank, reference, transmission; all arrays are contiguous."""

    table: NDArray[np.int16]
    """int16[m], number of the table each row came from."""
    row: NDArray[np.int32]
    """int32[m], its row there."""
    slot_of: NDArray[np.int32]
    """int32[9200], packed satellite -> slot, -1 where unknown."""
    runs: NDArray[np.int64]
    """int64[slots, ranks, 2], first row and one past the last."""
    reference_ns: NDArray[np.int64]
    toc_ns: NDArray[np.int64]
    transmission_ns: NDArray[np.int64]
    limits_ns: NDArray[np.int64]
    """int64[m, 3], served before and after the reference, and the best age."""
    unhealthy: NDArray[np.bool_]
    accuracy_m: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.table)


class MessageModel(Protocol):
    """Messages of one orbit model, ready to be evaluated."""

    index: MessageIndex

    def fill(
        self, sat: NDArray[np.int16], t_ns: NDArray[np.int64], delay_s: NDArray[np.float64] | None, query: tuple[int, bool], out: OrbitState
    ) -> None:
        """Evaluate the rows of ``out`` whose satellite this model knows; ``query`` is the number of its first message and whether causally."""


def column_or(table: MessageTable, name: str, default: float) -> NDArray[np.float64]:
    """A column, float64[n], with ``default`` where the table lacks it or holds NaN."""
    column = table.columns.get(name)
    return np.full(len(table), default) if column is None else np.where(np.isnan(column), default, column)


_LARGEST_WORD = 2.0**31
"""Beyond it a health word is damage, and its satellite not to be trusted."""


def within(table: MessageTable, limits: Mapping[str, float]) -> NDArray[np.bool_]:
    """bool[n]: rows in which no column of ``limits`` is larger in magnitude than its limit (missing columns and NaN are not)."""
    good = np.ones(len(table), np.bool_)
    for name, limit in limits.items():
        if name in table.columns:
            good &= ~(np.abs(table.columns[name]) > limit)
    return good


def _unhealthy(offer: Offer) -> NDArray[np.bool_]:
    bad = np.zeros(len(offer.table), np.bool_)
    for rule in offer.constellation.health_rules:
        if rule.kind == offer.table.kind:
            word = column_or(offer.table, rule.column, 0.0)
            sane = np.abs(word) < _LARGEST_WORD
            bad |= ~sane | (np.where(sane, word, 0.0).astype(np.int64) & rule.mask != 0)
    return bad


def _accuracy(offer: Offer) -> NDArray[np.float64]:
    columns = offer.table.columns
    if "accuracy_m" in columns:
        return np.where(columns["accuracy_m"] >= 0.0, columns["accuracy_m"], np.nan)
    known = np.array([*offer.constellation.accuracy_index_m, np.nan])
    if "urai" not in columns:
        return np.full(len(offer.table), np.nan)
    index = columns["urai"]
    inside = (index >= 0) & (index < len(known) - 1)
    return np.asarray(known[np.where(inside, index, len(known) - 1).astype(np.int64)])


def _limits(offer: Offer) -> NDArray[np.int64]:
    before, after = offer.constellation.message_lifetime_s
    row = np.rint(np.array([before, after, offer.constellation.message_centre_s]) * 1e9).astype(np.int64)
    return np.tile(row, (len(offer.table), 1))


def index_messages(offers: Sequence[Offer], *, exclude: frozenset[int], allow_unhealthy: bool) -> tuple[MessageIndex, NDArray[np.int64]]:
    """The index of all usable rows of ``offers``, and the permutation int64[m] from the rows of all offers put one after another to it."""
    sat = np.concatenate([o.table.sat for o in offers])
    rank = np.concatenate([np.full(len(o.table), o.rank) for o in offers])
    reference = np.concatenate([o.table.ephemeris.tai_ns for o in offers])
    transmission = np.concatenate([o.table.transmission.tai_ns for o in offers])
    usable = np.concatenate([o.usable for o in offers]) & ~np.isin(sat, np.array(sorted(exclude), np.int64))
    order = np.lexsort((transmission, reference, rank, sat))
    order = order[usable[order]]
    sats, slots = np.unique(sat[order], return_inverse=True)
    slot_of = np.full(SATELLITE_LIMIT, -1, np.int32)
    slot_of[sats] = np.arange(len(sats))
    ranks = int(rank.max(initial=0)) + 1
    keys = slots * ranks + rank[order]
    edges = np.searchsorted(keys, np.arange(len(sats) * ranks + 1))
    unhealthy = np.concatenate([_unhealthy(o) for o in offers])[order]
    index = MessageIndex(
        table=np.concatenate([np.full(len(o.table), o.number, np.int16) for o in offers])[order],
        row=np.concatenate([np.arange(len(o.table), dtype=np.int32) for o in offers])[order],
        slot_of=slot_of,
        runs=np.ascontiguousarray(np.stack([edges[:-1], edges[1:]], axis=-1).reshape(len(sats), ranks, 2), np.int64),
        reference_ns=reference[order],
        toc_ns=np.concatenate([o.table.reference.tai_ns for o in offers])[order],
        transmission_ns=transmission[order],
        limits_ns=np.concatenate([_limits(o) for o in offers])[order],
        unhealthy=np.zeros_like(unhealthy) if allow_unhealthy else unhealthy,
        accuracy_m=np.concatenate([_accuracy(o) for o in offers])[order],
    )
    return index, order
