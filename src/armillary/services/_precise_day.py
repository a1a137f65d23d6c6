"""Precise positions in an assessment: which product of the day serves, and what a station makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import radians
from typing import Any

import numpy as np

from armillary.core.antennas import AntennaSet
from armillary.core.federation import Federation
from armillary.core.precise import PreciseClocks, PreciseOrbits, merge
from armillary.core.table import Table
from armillary.errors import InputError, OutOfRangeError
from armillary.navigation.positioning import channels_of
from armillary.navigation.precise_point.station import Corrections
from armillary.navigation.simulation.truth_marks import SIMULATED
from armillary.services._catalogue import day_bounds_ns
from armillary.services._contents import content
from armillary.services._inputs import Files
from armillary.services._ppp_answer import PppAnswer
from armillary.services._ppp_settings import PppSettings
from armillary.services._ppp_station import answered, distance_m, located, modelled, solved_by
from armillary.services._truth import Truth
from armillary.services.signal_in_space import product_name, product_of

__all__ = ["KINEMATIC", "NO_PRODUCT", "STATIC", "PreciseDay", "PreciseProduct", "chosen_product", "precise_day"]

KINEMATIC = PppSettings(kinematic=True, skip_h=2.0, sessions_h=3.0, sessions_every_h=2.0)
STATIC = PppSettings()
_STILL = "the static position of all systems together at the end of the day (agreement, not accuracy)"
_KEPT_COLUMNS = ("member", "flag", "east_m", "north_m", "up_m")


@dataclass(frozen=True, slots=True)
class PreciseProduct:
    """Orbits and clocks of one solution, as paths; or why there are none."""

    name: str = ""
    orbits: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    antennas: tuple[str, ...] = ()
    reason: str = ""
    """Empty where there is a product."""

    @property
    def paths(self) -> frozenset[str]:
        """Every file of it."""
        return frozenset((*self.orbits, *self.clocks, *self.antennas))


NO_PRODUCT = PreciseProduct(reason="no precise orbits and clocks (SP3 and RINEX clock) of the day were given")


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


def chosen_product(federation: Federation, day: str, orbits: Sequence[str], clocks: Sequence[str], antennas: Sequence[str]) -> PreciseProduct:
    """The first product of those given that has orbits and clocks of the day for every system, else for most of them."""
    held: dict[str, list[PreciseOrbits]] = {}
    simulated = False
    for path in orbits:
        part: PreciseOrbits = content(path)
        if SIMULATED in part.comments:
            simulated = True
        else:
            held.setdefault(product_name(part), []).append(part)
    beside: dict[str, list[PreciseClocks]] = {}
    for path in clocks:
        of: PreciseClocks = content(path)
        owner = product_of(of, list(held)) if held else None
        if owner is not None:
            beside.setdefault(owner, []).append(of)
    served = {name: _systems(day, held[name], beside[name]) & set(federation.letters) for name in held if name in beside}
    best = max(served, key=lambda name: len(served[name]), default=None)  # the first of those that serve most
    if best is None or not served[best]:
        if simulated and not held:
            return PreciseProduct(reason="the orbits are of a simulation, whose signals have no tides, no wind-up and no antennas")
        if best is not None:
            return PreciseProduct(reason="no product has orbits and clocks of the systems for the day")
        if held:
            lacking = "belong to none of the precise orbits (SP3) given" if clocks else "were not given, only precise orbits (SP3)"
            return PreciseProduct(reason=f"RINEX clocks (CLK) {lacking}")
        return PreciseProduct(reason="RINEX clocks (CLK) were given, but no precise orbits (SP3)") if clocks else NO_PRODUCT
    return PreciseProduct(best, tuple(p.path for p in held[best]), tuple(p.path for p in beside[best]), tuple(antennas))


def _systems(day: str, orbits: Sequence[PreciseOrbits], clocks: Sequence[PreciseClocks]) -> set[str]:
    """Letters of the systems with an orbit and a clock at any time of the day."""
    begin, end = day_bounds_ns(day)
    found = []
    for parts in (orbits, clocks):
        sats: set[int] = set()
        for part in parts:
            inside = (part.epochs.tai_ns >= begin) & (part.epochs.tai_ns < end)
            values = part.position_m[:, inside, 0] if isinstance(part, PreciseOrbits) else part.bias_s[:, inside]
            sats.update(part.sat[np.isfinite(values).any(axis=1)].tolist())
        found.append(sats)
    return {chr(sat // 100) for sat in found[0] & found[1]}


def precise_day(
    federation: Federation, files: Files, product: PreciseProduct, known: Truth | None, *, subsets: bool, threads: int
) -> tuple[PreciseDay | None, tuple[PppAnswer, ...], tuple[str, ...]]:
    """What a station makes of a product: for the page, for the store (kinematic and static), and warnings."""
    if SIMULATED in files.observations.header.comments:
        return None, (), ("not solved: its observations are simulated",)
    moving, still = (replace(settings, subsets=subsets) for settings in (KINEMATIC, STATIC))
    orbits, clocks = _merged(tuple(content(path) for path in product.orbits), tuple(content(path) for path in product.clocks))
    given = Corrections(
        antennas=[held for path in product.antennas if isinstance(held := content(path), AntennaSet)],
        channels=channels_of(files.navigation),
        mask_rad=radians(still.mask_deg),
    )
    try:
        rows = modelled(federation, replace(files, orbits=orbits, clocks=clocks), given, still)
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


def _drawn(epochs: Table) -> Table:
    return Table({name: epochs[name] for name in _KEPT_COLUMNS}, epochs.epochs)


def _none(table: Table) -> Table:
    return table.where(np.zeros(len(table), np.bool_))
