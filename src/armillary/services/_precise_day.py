"""Precise positions in an assessment: what a station makes of the product of the day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from math import radians
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.antennas import AntennaSet
from armillary.core.federation import Federation
from armillary.core.precise import PreciseClocks, PreciseOrbits, merge
from armillary.core.reference import Reference
from armillary.core.table import Table
from armillary.errors import InputError, OutOfRangeError
from armillary.navigation.positioning import channels_of
from armillary.navigation.precise_point.station import Corrections
from armillary.navigation.simulation.truth_marks import SIMULATED
from armillary.services._contents import content
from armillary.services._earth import earth_orientation
from armillary.services._inputs import Files
from armillary.services._ppp_answer import PppAnswer
from armillary.services._ppp_settings import PppSettings
from armillary.services._ppp_station import answered, distance_m, loading_of, located, modelled, solved_by
from armillary.services._precise_product import PreciseProduct
from armillary.services._truth import Truth

__all__ = ["KINEMATIC", "STATIC", "PreciseDay", "precise_day"]

KINEMATIC = PppSettings(kinematic=True, skip_h=2.0, sessions_h=3.0, sessions_every_h=2.0)
STATIC = PppSettings()
_STILL = "the static position of all systems together at the end of the day (agreement, not accuracy)"
_KEPT_COLUMNS = ("member", "flag", "east_m", "north_m", "up_m")


@dataclass(frozen=True, slots=True, eq=False)
class PreciseDay:
    """Precise positions of one station on one day."""

    kinematic: PppAnswer
    """Its epochs hold what a page draws, with the cold sessions; all columns are in the store."""
    static: PppAnswer
    product: str
    sessions_every_h: float
    about: str
    """What errors are against."""
    gain: dict[str, Any] | None = None
    """What joining brings over the best alone, kinematic, converged, on the same epochs; None for one member."""

    @property
    def agreement(self) -> bool:
        """Whether errors are against the station's own static position, no coordinate being known: agreement, not accuracy."""
        return self.about in ("", _STILL)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """A row per mode and member in plain values."""
        return [{"product": self.product, "truth": self.about, **row} for answer in (self.kinematic, self.static) for row in answer.answers]


def precise_day(
    federation: Federation, files: Files, product: PreciseProduct, known: Truth | None, *, subsets: bool, threads: int
) -> tuple[PreciseDay | None, tuple[PppAnswer, ...], tuple[str, ...]]:
    """What a station makes of a product: for the page, for the store (kinematic and static), and warnings."""
    if SIMULATED in files.observations.header.comments:
        return None, (), ("not solved: its observations are simulated",)
    moving, still = (replace(settings, subsets=subsets) for settings in (KINEMATIC, STATIC))
    orbits, clocks = _merged(tuple(content(path) for path in product.orbits), tuple(content(path) for path in product.clocks))
    try:
        reference, told = _rotation(product, files)
        loading, lacking = loading_of([content(path) for path in product.loading], files.observations.header.marker)
        given = Corrections(
            antennas=[held for path in product.antennas if isinstance(held := content(path), AntennaSet)],
            biases=tuple(content(path) for path in product.biases),
            ocean=loading,
            reference=reference,
            channels=channels_of(files.navigation),
            mask_rad=radians(still.mask_deg),
        )
        rows = modelled(federation, replace(files, orbits=orbits, clocks=clocks), given, still, notes=(*told, *lacking))
        solutions = solved_by(rows, still, threads=threads)
    except (InputError, OutOfRangeError) as error:
        return None, (), (f"not solved: {error}",)
    static = answered(rows, still, solutions, None)
    joint = static.answers[-1]
    notes: tuple[str, ...] = ()
    if known is not None and (far := distance_m(known, joint)) is not None:
        notes = (f"the coordinate of {known.source} is {far:.2f} m from the static position: errors are against that position",)
    elif known is not None:
        static = answered(rows, still, solutions, known)
    known = static.truth
    about = known or (None if joint["position_m"] is None else Truth(tuple(joint["position_m"]), _STILL))
    kinematic = located(rows, moving, about, threads=threads)
    drawn = replace(
        kinematic, epochs=_drawn(kinematic.epochs), troposphere=_none(kinematic.troposphere), clocks=_none(kinematic.clocks), losses={}, warnings=()
    )
    small = replace(static, epochs=_none(static.epochs), troposphere=_none(static.troposphere), clocks=_none(static.clocks), losses={}, warnings=())
    found = PreciseDay(
        drawn,
        small,
        product.name,
        moving.sessions_every_h,
        "" if about is None else about.source,
        kinematic.gain,
    )
    return found, (kinematic, static), (*notes, *kinematic.warnings)


@lru_cache(2)
def _merged(orbits: tuple[PreciseOrbits, ...], clocks: tuple[PreciseClocks, ...]) -> tuple[PreciseOrbits, PreciseClocks]:
    """Joined once for all stations of a process, as long as the files stay the same."""
    return merge(orbits), merge(clocks)


def _rotation(product: PreciseProduct, files: Files) -> tuple[Reference | None, tuple[str, ...]]:
    """Earth orientation with the rotation of the product, where that can be: a wrong file among many must not cost the day."""
    try:
        return earth_orientation(Path(product.rotation) if product.rotation else None, files.observations.epochs)
    except InputError as error:
        return None, (f"{error}: the built-in table serves",)


def _drawn(epochs: Table) -> Table:
    return Table({name: epochs[name] for name in _KEPT_COLUMNS}, epochs.epochs)


def _none(table: Table) -> Table:
    return table.where(np.zeros(len(table), np.bool_))
