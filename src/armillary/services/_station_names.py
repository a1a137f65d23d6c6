"""Which observation files are of one station: markers are short, repeated over the world, and written in two lengths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np

__all__ = ["named_apart"]

_APART_M = 100e3
"""Approximate positions in headers may be wrong by kilometres; stations of one name are of different countries."""
_SHORT, _LONG = 4, 9


class _Named(Protocol):
    @property
    def station(self) -> str: ...
    @property
    def position_m(self) -> tuple[float, float, float] | None: ...


Item = TypeVar("Item", bound=_Named)


def named_apart(items: Sequence[Item]) -> tuple[list[Item], tuple[str, ...]]:
    """The same items (those with a ``station``) with one name per station, and notes on every change.

    A four-character marker is the station whose nine-character name begins with it, when there is just one; files of one marker whose
    positions are more than 100 km apart are of two stations, the second named ``MARKER-2``.
    """
    notes: list[str] = []
    names = {item.station for item in items if item.station}
    longer = {}
    for short in sorted(name for name in names if len(name) == _SHORT):
        found = [name for name in names if len(name) == _LONG and name.startswith(short)]
        if len(found) == 1 and not _apart(_places(items, short), _places(items, found[0])):
            longer[short] = found[0]
            notes.append(f"{short} is taken for {found[0]}")
    places: dict[str, list[tuple[float, float, float] | None]] = {}
    out: list[Item] = []
    for item in items:
        if not item.station:
            out.append(item)
            continue
        name = longer.get(item.station, item.station)
        known = places.setdefault(name, [])
        k = next((k for k, place in enumerate(known) if not _apart([place], [item.position_m])), len(known))
        if k == len(known):
            known.append(item.position_m)
            if k:
                notes.append(f"{name}: files stand more than {_APART_M / 1e3:g} km apart: taken for another station, {name}-{k + 1}")
        elif known[k] is None:
            known[k] = item.position_m
        out.append(replace(item, station=name if k == 0 else f"{name}-{k + 1}"))  # type: ignore[type-var]
    return out, tuple(notes)


def _places(items: Sequence[Item], name: str) -> list[tuple[float, float, float] | None]:
    return [item.position_m for item in items if item.station == name]


def _apart(a: Sequence[tuple[float, float, float] | None], b: Sequence[tuple[float, float, float] | None]) -> bool:
    """Whether any place of one is far from any of the other; unknown ones are far from none."""
    return any(float(np.linalg.norm(np.subtract(p, q))) > _APART_M for p in a for q in b if p is not None and q is not None)
