"""Which precise product of a day serves an assessment: orbits and clocks of one solution, and what fits beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from armillary.core.biases import Biases
from armillary.core.earth_rotation_series import EarthRotationSeries
from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND
from armillary.core.federation import Federation
from armillary.core.precise import PreciseClocks, PreciseOrbits
from armillary.navigation.simulation.truth_marks import SIMULATED
from armillary.services._catalogue import day_bounds_ns
from armillary.services._contents import content
from armillary.services._products import same_centre
from armillary.services.signal_in_space import product_name, product_of

_ROUGHLY_MIN = 10
"""Rows of Earth rotation stand at noon of UTC, days are of GPS time."""

__all__ = ["NO_PRODUCT", "PRODUCT_ROLES", "PreciseProduct", "chosen_product", "why_unused"]

PRODUCT_ROLES = ("orbits", "clocks", "antennas", "biases", "ocean loading", "earth orientation")
"""Roles of files that precise positions are made with, besides observations and messages."""


@dataclass(frozen=True, slots=True)
class PreciseProduct:
    """Orbits and clocks of one solution with what goes with them, as paths; or why there are none."""

    name: str = ""
    orbits: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    antennas: tuple[str, ...] = ()
    biases: tuple[str, ...] = ()
    loading: tuple[str, ...] = ()
    """Ocean tide loading of stations (BLQ)."""
    rotation: str = ""
    """Earth rotation (ERP), mostly of the same centre; empty: the table that is built in."""
    reason: str = ""
    """Empty where there is a product."""

    @property
    def paths(self) -> frozenset[str]:
        """Every file of it."""
        return frozenset((*self.orbits, *self.clocks, *self.antennas, *self.biases, *self.loading, *filter(None, [self.rotation])))


NO_PRODUCT = PreciseProduct(reason="no precise orbits and clocks (SP3 and RINEX clock) of the day were given")


def chosen_product(federation: Federation, day: str, given: Mapping[str, Sequence[str]]) -> PreciseProduct:
    """The first product that has orbits and clocks of the day for every system, else for most of them.

    ``given``: paths by role (:data:`PRODUCT_ROLES`). Absolute biases serve only with clocks of their centre, differences of codes with any.
    """
    orbits, clocks = given.get("orbits", ()), given.get("clocks", ())
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
    if best is not None and served[best]:
        return PreciseProduct(
            name=best,
            orbits=tuple(part.path for part in held[best]),
            clocks=tuple(part.path for part in beside[best]),
            antennas=tuple(given.get("antennas", ())),
            biases=_biases(day, best, [content(path) for path in given.get("biases", ())]),
            loading=tuple(given.get("ocean loading", ())),
            rotation=_rotation(day, best, [content(path) for path in given.get("earth orientation", ())]),
        )
    if simulated and not held:
        return PreciseProduct(reason="the orbits are of a simulation, whose signals have no tides, no wind-up and no antennas")
    if best is not None:
        return PreciseProduct(reason="no product has orbits and clocks of the systems for the day")
    if held:
        lacking = "belong to none of the precise orbits (SP3) given" if clocks else "were not given, only precise orbits (SP3)"
        return PreciseProduct(reason=f"RINEX clocks (CLK) {lacking}")
    return PreciseProduct(reason="RINEX clocks (CLK) were given, but no precise orbits (SP3)") if clocks else NO_PRODUCT


def why_unused(path: str, products: Sequence[PreciseProduct]) -> str:
    """Why a file of biases, Earth rotation or ocean loading serves none of the products."""
    made = [product.name for product in products if not product.reason]
    held = content(path)
    if not made:
        return "there are no precise orbits and clocks"
    if isinstance(held, Biases) and held.absolute and not any(same_centre(product_name(held), name) for name in made):
        return f"absolute biases of another centre than the clocks ({' '.join(dict.fromkeys(made))})"
    return "it covers nothing of the day, or less than another one"


def _biases(day: str, name: str, given: Sequence[Biases]) -> tuple[str, ...]:
    """Paths of biases that fit a product: absolute ones, and differences, of the day, else those of other days, of which only codes serve."""
    begin, end = day_bounds_ns(day)
    own = [part for part in given if part.absolute and same_centre(product_name(part), name)]
    chosen: list[Biases] = []
    for fit in (own, [part for part in given if not part.absolute]):
        chosen += [part for part in fit if ((part.valid_from_ns < end) & (part.valid_until_ns > begin)).any()] or fit
    return tuple(part.path for part in chosen)


def _rotation(day: str, name: str, given: Sequence[EarthRotationSeries]) -> str:
    """Path of the Earth rotation that covers most of the day, of those that cover as much that of the centre of the product; empty without any."""
    begin, end = day_bounds_ns(day)

    def covered(series: EarthRotationSeries) -> int:
        first, last = series.epochs.tai_ns[[0, -1]]
        minutes = (min(int(last) + NS_PER_DAY // 2, end) - max(int(first) - NS_PER_DAY // 2, begin)) // (60 * NS_PER_SECOND)
        return minutes // _ROUGHLY_MIN

    best = max(given, key=lambda series: (covered(series), same_centre(product_name(series), name)), default=None)
    return "" if best is None or covered(best) <= 0 else best.path


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
