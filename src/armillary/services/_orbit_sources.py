"""Orbits of whole systems from a word or from files of several kinds, for questions about geometry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from armillary._lazy import lazy_module
from armillary.core.constellation import Constellation
from armillary.core.element_sets import ElementSets
from armillary.core.epochs import Epochs
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.navigation_messages import Navigation
from armillary.core.precise import PreciseOrbits, merge
from armillary.core.scales import from_day, from_iso, to_day
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.navigation.availability import OrbitCatalogue, Sky, sky_of
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.orbits.sgp4_elements import MeanElementOrbit
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.orbits.walker import NominalConstellation
from armillary.services._kinds import kind_of

__all__ = ["NOMINAL", "OrbitSource", "orbit_source", "source_of"]

rinex_nav: Any = lazy_module("armillary.io.rinex_nav")

NOMINAL = "nominal"
_NOMINAL_ORIGIN = "2024-01-01"
"""Nominal orbits repeat from any day: this is when their axes coincide with those of the Earth."""

_NUMBERS = 100
"""Packed satellites have two digits."""
_OLD_DAYS = 14.0
"""Elements of high orbits stray by some kilometres in that time, which geometry does not notice."""
_MOST_NAMES = 3
_NODES = "the nominal planes of all systems begin at one node; turned against each other they can serve better together"


@dataclass(frozen=True, slots=True, eq=False)
class OrbitSource:
    """Orbits, what they are called and where their time begins."""

    name: str
    orbit: OrbitCatalogue
    first: Epochs
    more: OrbitCatalogue | None = None
    """Broadcast messages beside tables of orbits: they tell health, and where satellites are that the tables lack."""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)

    def sky(self, times: Epochs, letters: str) -> Sky:
        """The satellites of the systems ``letters`` at ``times``, unhealthy ones out of use."""
        sky = sky_of(self.orbit, times, letters)
        return sky if self.more is None else sky.completed_by(sky_of(self.more, times, letters))


def orbit_source(federation: Federation, orbits: Sequence[str]) -> OrbitSource:
    """The orbits that ``orbits`` names: the word ``nominal``, or paths of files that hold orbits; precise ones go before broadcast ones.

    InputError names a file that holds something else, a mixture of ``nominal`` and files, or systems without nominal orbits.
    """
    if list(orbits) == [NOMINAL]:
        return _nominal(federation)
    if not orbits or NOMINAL in orbits:
        raise InputError(f"either {NOMINAL!r} or files are needed; got {' '.join(orbits) or 'nothing'}")
    found = {path: read(Path(path)) for path in orbits}
    for path, content in found.items():
        if not isinstance(content, Navigation | PreciseOrbits | ElementSets):
            raise InputError(f"{path}: holds {kind_of(content)}, but orbits were expected (broadcast navigation, SP3 or two-line elements)")
    elements = [content for content in found.values() if isinstance(content, ElementSets)]
    if elements:
        if len(found) > 1:
            raise InputError("two-line elements are a source of their own: give one file of them and no other")
        return _from_elements(federation, elements[0])
    messages = [content for content in found.values() if isinstance(content, Navigation)]
    navigation = None if not messages else messages[0] if len(messages) == 1 else rinex_nav.merge(messages)
    tables = [content for content in found.values() if isinstance(content, PreciseOrbits)]
    return source_of(navigation, merge(tables) if tables else None, losses={path: content.losses for path, content in found.items()})


def source_of(navigation: Navigation | None, tables: PreciseOrbits | None, *, losses: Mapping[str, Sequence[Loss]] | None = None) -> OrbitSource:
    """Orbits already loaded: tables where given, completed by the messages and their health where both are; InputError for neither.

    Time begins with the table, or with the GPS day that the middle one of all messages belongs to.
    """
    kept = losses or {}
    broadcast = None if navigation is None else BroadcastOrbit.from_navigation(navigation)
    if tables is not None and len(tables.epochs):
        health = f", completed by the messages and health of {_file(navigation)}" if navigation is not None else ""
        warnings = () if navigation is not None else ("tables of orbits do not tell health: every satellite in them counts as usable",)
        return OrbitSource(f"orbits of {_file(tables)}{health}", PreciseOrbit(tables), tables.epochs[:1], broadcast, warnings, losses=kept)
    if navigation is None or broadcast is None or not broadcast.tables:
        raise InputError("no orbits were found")
    references = np.concatenate([table.reference.tai_ns for table in broadcast.tables])
    day, _ = to_day(Epochs(np.sort(references)[len(references) // 2 :][:1]), "GPST")
    return OrbitSource(f"messages of {_file(navigation)}", broadcast, from_day(day, 0, "GPST"), losses=kept)


def _nominal(federation: Federation) -> OrbitSource:
    lacking = [c.title for c in federation if not c.nominal_orbits]
    if lacking:
        raise InputError(f"no nominal orbits are known of {', '.join(lacking)}; give files with --orbits")
    first = from_iso(_NOMINAL_ORIGIN, "GPST")
    notes = (_NODES,) if len(federation) > 1 else ()
    return OrbitSource("nominal orbits", NominalConstellation.of(*federation, origin=first), first, notes=notes)


def _from_elements(federation: Federation, sets: ElementSets) -> OrbitSource:
    """Satellites by the names that catalogues give them; time begins with the day of their newest elements."""
    sat = np.full(len(sets), -1, np.int16)
    for system in federation:
        rows = _rows_of(system, sets)
        sat[rows] = [ord(system.letter) * 100 + number for number in _numbers(sets, rows)]
    used = sat >= 0
    newest = Epochs(sets.epochs.tai_ns[used].max(keepdims=True))
    day, _ = to_day(newest, "GPST")
    orbit = MeanElementOrbit.of(sets, sat)
    oldest_days = (newest.tai_ns[0] - orbit.epochs.tai_ns.min()) / 86_400e9
    warnings = ["two-line elements do not tell health: every object of a system counts as usable, spare and retired ones too"]
    if oldest_days > _OLD_DAYS:
        warnings.append(f"the oldest elements are {oldest_days:.0f} days older than the newest")
    return OrbitSource(
        f"two-line elements of {_file(sets)}", orbit, from_day(day, 0, "GPST"), warnings=tuple(warnings), losses={sets.path: sets.losses}
    )


def _rows_of(system: Constellation, sets: ElementSets) -> list[int]:
    rows = [i for i, name in enumerate(sets.names) if system.catalogue_name and re.search(system.catalogue_name, name)]
    if not 0 < len({int(sets.catalogue[i]) for i in rows}) < _NUMBERS:
        raise InputError(f"{_file(sets)}: {len(rows) or 'no'} names of objects are those of {system.title}; a list of active satellites is needed")
    return rows


def _numbers(sets: ElementSets, rows: Sequence[int]) -> list[int]:
    """A number for each object, from 1 in the order of the catalogue: names seldom tell the number that a satellite sends."""
    objects = sorted({int(sets.catalogue[i]) for i in rows})
    return [objects.index(int(sets.catalogue[i])) + 1 for i in rows]


def _file(content: Navigation | PreciseOrbits | ElementSets | None) -> str:
    """The name of the file, or how many files were merged and what the first ones are called."""
    names = [Path(part.strip()).name for part in content.path.split(",")] if content is not None and content.path else ["memory"]
    if len(names) == 1:
        return names[0]
    return f"{len(names)} files ({', '.join(names[:_MOST_NAMES])}{', ...' if len(names) > _MOST_NAMES else ''})"
