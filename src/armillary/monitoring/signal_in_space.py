"""Errors of broadcast orbits and clocks against a precise product, satellite by satellite and epoch by epoch.

Orbit errors (broadcast less precise) are turned into radial, along-track and cross-track of the inertial motion: the Earth-fixed velocity plus
omega x r. Clocks are compared for the ionosphere-free pair of signals that analysis centres use, so the broadcast clock first loses its group delay
for that pair; both sides keep the relativistic effect of eccentricity. What is common to all clocks of one system and hardware generation at an
epoch is the difference of two time scales, no error of a satellite: the median is taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from math import radians

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation, GroupDelay
from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.precise import PreciseClocks, PreciseOrbits
from armillary.core.satellites import number_of
from armillary.errors import InputError
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.orbits.group_delay import group_delay_s, rule_for
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.orbits.state import EXCLUDED, NO_CLOCK, NO_DATA, STALE, UNHEALTHY, OrbitState

__all__ = ["ComparisonOptions", "Differences", "GroupKey", "Product", "Status", "clock_pair", "compare"]

Floats = NDArray[np.float64]


class Status(IntEnum):
    """What became of one satellite at one epoch."""

    COMPARED = 0
    NO_MESSAGE = 1
    """The navigation data have no message of this satellite at all, or the caller left it out."""
    STALE = 2
    """No message serves the instant."""
    UNHEALTHY = 3
    """The message says that the satellite must not be used."""
    NO_REFERENCE = 4
    """The product has no orbit of the satellite at the instant."""
    NO_CLOCK = 5
    """Orbit compared, but one of the clocks, or the group delay, is missing."""
    OUTLIER = 6
    """Orbit or clock beyond the limit: counted, and left out of all other figures."""


@dataclass(frozen=True, slots=True)
class ComparisonOptions:
    """How broadcast and precise are compared."""

    step_s: float = 300.0
    """Epochs of the product at least this far apart are used."""
    mask_rad: float = radians(5.0)
    """Elevation above which users are counted in the weights."""
    orbit_limit_m: float = 100.0
    clock_limit_m: float = 50.0
    between_ns: tuple[int, int] | None = None
    """Epochs from the first instant (TAI nanoseconds) up to, not including, the second are compared; None: all of the product."""
    least_clocks: int = 3
    """A median over fewer satellites says more about them than about the time scale: their clocks are then not compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """A precise product to compare with: orbits, and clocks of the same centre where they come apart."""

    name: str
    orbits: PreciseOrbits
    clocks: PreciseClocks | None = None


@dataclass(frozen=True, slots=True)
class GroupKey:
    """A group of satellites of one system."""

    constellation: Constellation
    group: str
    """Name of the group; the title of the system for satellites of no known group."""
    datum: str
    """Satellites with the same word share the epoch-wise clock median."""


@dataclass(frozen=True, slots=True, eq=False)
class Differences:
    """Broadcast less precise, a row per satellite and epoch (satellite by satellite)."""

    product: str
    epochs: Epochs
    sat: NDArray[np.int16]
    groups: tuple[GroupKey, ...]
    group: NDArray[np.int16]
    """int16[n], index into ``groups``."""
    status: NDArray[np.uint8]
    """uint8[n], values of :class:`Status`."""
    orbit_m: Floats
    """float64[n, 3], radial, along, cross; the broadcast antenna against the centre of mass; NaN where one of the two is unknown."""
    clock_m: Floats
    """float64[n], of the ionosphere-free pair, epoch-wise median removed; NaN where one of the two, or the median, is unknown."""
    datum_m: Floats
    """float64[n], the median that was removed."""
    radius_m: Floats
    age_s: Floats
    """float64[n], instant less orbit reference of the message."""
    accuracy_m: Floats
    """float64[n], as broadcast (URA, SISA); NaN where the message says nothing."""

    def __len__(self) -> int:
        return len(self.sat)


def clock_pair(constellation: Constellation) -> tuple[str, str]:
    """The two observation codes whose ionosphere-free combination precise clocks of a system refer to.

    Bands are the first of ``combinations``; of the codes on a band, that which most message kinds (the first above all) serve with the fewest
    corrections: the signal that the operator's own clock refers to. InputError where the system's data name none.
    """
    if not constellation.combinations:
        raise InputError(f"{constellation.title} names no pair of bands for ionosphere-free clocks")
    first, second = (_reference_code(constellation, band) for band in constellation.combinations[0])
    return first, second


def _reference_code(constellation: Constellation, band: str) -> str:
    def effort(code: str) -> tuple[bool, int, int]:
        rules = _rules(constellation, code)
        return constellation.message_kinds[0] not in {rule.kind for rule in rules}, -len(rules), sum(len(rule.terms) for rule in rules)

    codes = [code for code in (*constellation.first_signals, *constellation.second_signals) if code[1] == band]
    return min(codes, key=effort, default=f"C{band}")


def _rules(constellation: Constellation, code: str) -> list[GroupDelay]:
    return [rule for kind in constellation.message_kinds if (rule := rule_for(constellation, kind, code)) is not None]


def compare(
    broadcast: BroadcastOrbit, product: Product, constellations: Sequence[Constellation], options: ComparisonOptions | None = None
) -> Differences:
    """Broadcast against one product at the product's own epochs, for every satellite of ``constellations`` that either side knows."""
    chosen = options or ComparisonOptions()
    instants = _instants(product, chosen.step_s, chosen.between_ns)
    sats, systems = _satellites(broadcast, product, constellations)
    sat, epochs = np.repeat(sats, len(instants)), Epochs(np.tile(instants.tai_ns, len(sats)))
    system = np.repeat(systems, len(instants))
    sent = broadcast.state(sat, epochs)
    truth = PreciseOrbit(product.orbits, product.clocks).state(sat, epochs)
    orbit = _in_orbit_frame(sent.position_m - truth.position_m, truth, _rotation(constellations)[system])
    raw = (sent.clock_s - _pair_delay(broadcast, sent, constellations, system) - truth.clock_s) * SPEED_OF_LIGHT_M_S
    status = _status(sent, truth, raw)
    far = np.isin(status, _WITH_ORBIT) & ~((orbit**2).sum(axis=1) <= chosen.orbit_limit_m**2)
    status[far] = Status.OUTLIER
    groups, group, datum = _groups(sats, systems, constellations)
    group = np.repeat(group, len(instants))
    known = np.where(status == Status.COMPARED, raw, np.nan).reshape(len(sats), len(instants))
    median = _median_by_epoch(known, datum, chosen.least_clocks).ravel()
    clock = raw - median
    status[(status == Status.COMPARED) & np.isnan(median)] = Status.NO_CLOCK
    status[(status == Status.COMPARED) & ~(np.abs(clock) <= chosen.clock_limit_m)] = Status.OUTLIER
    return Differences(
        *(product.name, epochs, sat, groups, group, status),
        orbit_m=np.where(
            (status == Status.COMPARED)[:, np.newaxis] | np.isin(status, (*_WITH_ORBIT, Status.OUTLIER, Status.UNHEALTHY))[:, np.newaxis],
            orbit,
            np.nan,
        ),
        clock_m=clock,
        datum_m=median,
        radius_m=np.sqrt((truth.position_m**2).sum(axis=1)),
        age_s=sent.age_s,
        accuracy_m=sent.accuracy_m,
    )


_WITH_ORBIT = (Status.COMPARED, Status.NO_CLOCK)


def _instants(product: Product, step_s: float, between_ns: tuple[int, int] | None) -> Epochs:
    """Epochs of the product (of its clocks where they come apart) between two instants, at least ``step_s`` from one to the next."""
    if not step_s > 0.0:
        raise InputError(f"the step must be positive; got {step_s:g} s")
    orbits = product.orbits.epochs.tai_ns
    every = orbits if product.clocks is None else product.clocks.epochs.tai_ns
    every = every[(every >= orbits.min(initial=0)) & (every <= orbits.max(initial=0))]
    if between_ns is not None:
        every = every[(every >= between_ns[0]) & (every < between_ns[1])]
    if not len(every):
        return Epochs(every)
    step = round(step_s * NS_PER_SECOND)
    slot = (every - every[0]) // step
    first = np.concatenate([[True], np.diff(slot) > 0])
    return Epochs(every[first])


def _satellites(broadcast: BroadcastOrbit, product: Product, constellations: Sequence[Constellation]) -> tuple[NDArray[np.int16], NDArray[np.int64]]:
    """Packed satellites of ``constellations`` that either side knows, system by system, and the index of the system of each."""
    known = np.unique(np.concatenate([broadcast.satellites, product.orbits.sat]))
    order = {ord(c.letter): i for i, c in enumerate(constellations) if c.letter}
    system = np.array([order.get(int(sat) // 100, -1) for sat in known], np.int64)
    kept = np.flatnonzero(system >= 0)
    kept = kept[np.argsort(system[kept], kind="stable")]
    return known[kept].astype(np.int16), system[kept]


def _rotation(constellations: Sequence[Constellation]) -> Floats:
    return np.array([c.earth_rotation_rad_s for c in constellations])


def _in_orbit_frame(error: Floats, truth: OrbitState, rotation_rad_s: Floats) -> Floats:
    """Components along radial, along-track and cross-track directions, float64[n, 3], of Earth-fixed vectors float64[n, 3]."""
    r, v = truth.position_m, truth.velocity_m_s.copy()
    v[:, 0] -= rotation_rad_s * r[:, 1]
    v[:, 1] += rotation_rad_s * r[:, 0]
    radial = r / np.sqrt((r**2).sum(axis=1))[:, np.newaxis]
    cross = np.cross(r, v)
    cross /= np.sqrt((cross**2).sum(axis=1))[:, np.newaxis]
    along = np.cross(cross, radial)
    return np.stack([(error * axis).sum(axis=1) for axis in (radial, along, cross)], axis=1)


def _pair_delay(broadcast: BroadcastOrbit, sent: OrbitState, constellations: Sequence[Constellation], system: NDArray[np.int64]) -> Floats:
    """Seconds to subtract from the broadcast clock for the pair of each system, float64[n].

    A signal that no message of a system serves takes the delay of the other one; where neither is served, the clock stands as it is.
    """
    delay = np.full(len(sent), np.nan)
    for i, constellation in enumerate(constellations):
        pair = clock_pair(constellation)
        f1, f2 = (constellation.band(code[1]).frequency_hz for code in pair)
        share = f1**2 / (f1**2 - f2**2)
        served = [code for code in pair if _rules(constellation, code)]
        known = [group_delay_s(broadcast, sent, code) for code in served] or [np.zeros(len(sent))]
        combined = share * known[0] + (1.0 - share) * known[-1]
        delay[system == i] = combined[system == i]
    return delay


def _status(sent: OrbitState, truth: OrbitState, clock: Floats) -> NDArray[np.uint8]:
    """Why a row is not compared, or that it is; the first reason that holds, as listed."""
    reasons = (
        (sent.flag & (NO_DATA | EXCLUDED) != 0, Status.NO_MESSAGE),
        ((sent.flag & STALE != 0) | ~np.isfinite(sent.position_m).all(axis=1), Status.STALE),
        (~np.isfinite(truth.position_m).all(axis=1), Status.NO_REFERENCE),
        (sent.flag & UNHEALTHY != 0, Status.UNHEALTHY),
        ((sent.flag | truth.flag) & NO_CLOCK != 0, Status.NO_CLOCK),
        (~np.isfinite(clock), Status.NO_CLOCK),
    )
    return np.select([held for held, _ in reasons], [np.uint8(status) for _, status in reasons], np.uint8(Status.COMPARED)).astype(np.uint8)


def _groups(
    sats: NDArray[np.int16], systems: NDArray[np.int64], constellations: Sequence[Constellation]
) -> tuple[tuple[GroupKey, ...], NDArray[np.int16], NDArray[np.int16]]:
    """Groups in the order of the constellations' facts, the group of each satellite, and a number of its clock datum."""
    found: dict[GroupKey, None] = {}
    keys = []
    for sat, system in zip(number_of(sats), systems, strict=True):
        constellation = constellations[system]
        group = constellation.group_of(int(sat))
        keys.append(
            GroupKey(constellation, constellation.title, constellation.title)
            if group is None
            else GroupKey(constellation, group.name, f"{constellation.title} {group.bias_group}")
        )
    for constellation in constellations:
        names = [group.name for group in constellation.groups]
        mine = {key for key in keys if key.constellation is constellation}
        found |= dict.fromkeys(sorted(mine, key=lambda key: names.index(key.group) if key.group in names else len(names)))
    groups = tuple(found)
    words = list(dict.fromkeys(key.datum for key in groups))
    return groups, np.array([groups.index(key) for key in keys], np.int16), np.array([words.index(key.datum) for key in keys], np.int16)


def _median_by_epoch(clock: Floats, datum: NDArray[np.int16], least: int) -> Floats:
    """The median over satellites of one datum at each epoch, float64[sats, epochs]; NaN where fewer than ``least`` are known."""
    median = np.full(clock.shape, np.nan)
    for word in np.unique(datum):
        mine = datum == word
        ordered = np.sort(clock[mine], axis=0)  # NaN last
        count = np.isfinite(ordered).sum(axis=0)
        column = np.arange(clock.shape[1])
        low, high = np.maximum((count - 1) // 2, 0), np.minimum(count // 2, len(ordered) - 1)
        median[mine] = np.where(count >= least, 0.5 * (ordered[low, column] + ordered[high, column]), np.nan)
    return median
