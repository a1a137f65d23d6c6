"""Orbits and clocks from broadcast messages of any systems.

Of the messages of a satellite that serve an instant (``Constellation.message_lifetime_s``), the one whose age is nearest to the best age of its
system is used; with ``causal`` the one transmitted last at or before the instant: what a real-time user had. Kinds are tried in the order of
``Constellation.message_kinds``. A message that says "do not use" is not skipped for an older, healthy one: its state is given and flagged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary._lazy import lazy_module
from armillary.core.constellation import Constellation
from armillary.core.epochs import Epochs
from armillary.core.navigation_messages import MessageTable, Navigation
from armillary.core.registry import by_letter
from armillary.core.satellites import unpack_one
from armillary.orbits.message_index import MessageModel, Offer
from armillary.orbits.state import EXCLUDED, OrbitState, delays_of, empty_state, rows_of

__all__ = ["BroadcastOrbit"]


def _offers(navigation: Navigation, kinds: Mapping[str, tuple[str, ...]]) -> dict[str, list[Offer]]:
    """Tables that can be evaluated, by orbit model."""
    found: dict[str, list[Offer]] = {}
    number = 0
    for letter, constellation in by_letter().items():
        for rank, kind in enumerate(kinds.get(letter, constellation.message_kinds)):
            table = navigation.messages.get((letter, kind))
            if table is None or not len(table):
                continue
            usable = lazy_module(f"armillary.orbits.{constellation.orbit_model}").usable(table)
            if usable.any():
                found.setdefault(constellation.orbit_model, []).append(Offer(number, rank, table, constellation, usable))
                number += 1
    return found


@dataclass(frozen=True, slots=True, eq=False)
class BroadcastOrbit:
    """Broadcast orbits and clocks; implements :class:`armillary.orbits.state.Orbit`.

    Positions are those of the antenna phase centre (of the centre of mass where the operator says so), Earth-fixed in the frame of each system
    (:attr:`frames`); the centimetres between those frames are not removed here.
    """

    tables: tuple[MessageTable, ...]
    constellations: tuple[Constellation, ...]
    """Of each table."""
    models: tuple[MessageModel, ...]
    table_of: NDArray[np.int16]
    """int16[m], table of each message."""
    row_of: NDArray[np.int32]
    """int32[m], its row there."""
    causal: bool = False
    exclude: frozenset[int] = frozenset()

    @classmethod
    def from_navigation(
        cls,
        navigation: Navigation,
        *,
        kinds: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
        causal: bool = False,
        exclude: Iterable[int] = (),
        allow_unhealthy: bool = False,
    ) -> BroadcastOrbit:
        """The orbits of every system that ``navigation`` holds and that is known.

        ``kinds`` maps a system letter to the message kinds to use, best first (default: all, as the constellation prefers); ``exclude`` names
        packed satellites to leave out (flag EXCLUDED); ``allow_unhealthy`` drops the health flag.
        """
        left_out = frozenset(int(sat) for sat in exclude)
        offers = _offers(navigation, kinds)
        models = tuple(
            lazy_module(f"armillary.orbits.{name}").prepare(given, exclude=left_out, allow_unhealthy=allow_unhealthy)
            for name, given in offers.items()
        )
        every = sorted((offer for given in offers.values() for offer in given), key=lambda offer: offer.number)
        return cls(
            tables=tuple(offer.table for offer in every),
            constellations=tuple(offer.constellation for offer in every),
            models=models,
            table_of=np.concatenate([np.empty(0, np.int16), *(model.index.table for model in models)]),
            row_of=np.concatenate([np.empty(0, np.int32), *(model.index.row for model in models)]),
            causal=causal,
            exclude=left_out,
        )

    @property
    def frames(self) -> Mapping[str, str]:
        """System letter -> frame of its positions."""
        return {c.letter: c.frame for c in self.constellations}

    @property
    def satellites(self) -> NDArray[np.int16]:
        """Packed satellites, int16[n] ascending, that have at least one message."""
        return np.unique(np.concatenate([np.empty(0, np.int16), *(np.flatnonzero(m.index.slot_of >= 0).astype(np.int16) for m in self.models)]))

    def state(self, sat: ArrayLike, epochs: Epochs) -> OrbitState:
        """States at ``epochs`` [n] (or one) of packed satellites ``sat`` [n] (or one)."""
        return self._evaluate(*rows_of(sat, epochs), None)

    def state_at_transmission(self, sat: ArrayLike, reception: Epochs, pseudorange_m: ArrayLike) -> OrbitState:
        """States when the signals left: ``reception`` (receiver time) - pseudorange / c - satellite clock.

        The receiver clock cancels between the first two. The state stays in the Earth-fixed frame of transmission (no Sagnac correction).
        """
        sats, t_ns = rows_of(sat, reception)
        return self._evaluate(sats, t_ns, delays_of(pseudorange_m, len(sats)))

    def _evaluate(self, sat: NDArray[np.int16], t_ns: NDArray[np.int64], delay_s: NDArray[np.float64] | None) -> OrbitState:
        out = empty_state(len(sat))
        first = 0
        accuracy = []
        for model in self.models:
            model.fill(sat, t_ns, delay_s, (first, self.causal), out)
            first += len(model.index)
            accuracy.append(model.index.accuracy_m)
        out.accuracy_m[:] = np.concatenate([*accuracy, [np.nan]])[out.message]
        if self.exclude:
            out.flag[np.isin(sat, np.array(sorted(self.exclude)))] = EXCLUDED
        return out

    def per_message(self, values: Iterable[ArrayLike]) -> NDArray[np.float64]:
        """One value per message, float64[m + 1] to be indexed by ``OrbitState.message`` (the last is NaN), from one array [rows] per table."""
        result = np.full(len(self.table_of) + 1, np.nan)
        for number, column in enumerate(values):
            mine = np.flatnonzero(self.table_of == number)
            result[mine] = np.asarray(column, np.float64)[self.row_of[mine]]
        return result

    def column(self, state: OrbitState, name: str) -> NDArray[np.float64]:
        """The column ``name`` of the message behind each row of ``state``, float64[n]; NaN where there is none.

        KeyError names the columns there are when no message has it.
        """
        if not any(name in table.columns for table in self.tables):
            known = sorted({column for table in self.tables for column in table.columns})
            raise KeyError(f"no message has a column {name!r}; there are {' '.join(known)}")
        return self.per_message(table.columns.get(name, np.full(len(table), np.nan)) for table in self.tables)[state.message]

    def describe(self, message: int) -> str:
        """Which message this is, for a person: satellite, kind and row.

        ValueError for a number that names no message.
        """
        if not 0 <= message < len(self.table_of):
            raise ValueError(f"message {message} does not exist; there are {len(self.table_of)}")
        table, row = self.tables[self.table_of[message]], int(self.row_of[message])
        return f"{unpack_one(table.sat[row])} {table.kind} {table.ephemeris[row]!r}"
