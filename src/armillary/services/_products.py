"""Whether precise products fit the observations and each other: what cannot work is refused, what is lost or doubtful is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray

from armillary.core.biases import Biases
from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.federation import Federation
from armillary.core.observations import Observations
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.precise import PreciseClocks, PreciseOrbits
from armillary.core.satellites import unpack_one
from armillary.core.scales import to_iso
from armillary.errors import InputError
from armillary.navigation.positioning import channels_of
from armillary.navigation.precise_point.antenna_frames import realisation
from armillary.navigation.precise_point.biases_at import biases_at
from armillary.navigation.precise_point.rows import PreciseRows
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.services._coverage import days
from armillary.services._inputs import Files

__all__ = ["need_phases", "need_products", "product_remarks", "same_centre"]

Bools = NDArray[np.bool_]
_EDGE_S = 150.0
_HOLE = 2.5
"""Epochs of a table further apart than so many intervals are a hole."""
_WANDER_M = 0.01
"""Clocks that stray less between two nodes are not worth a word."""
_DENSE_S = 30.0
"""Clocks of a centre are hardly to be had denser."""
_NO_NUMBER = "frequency number neither in the header nor from --nav"
_CLOCK_PREDICTED, _ORBIT_PREDICTED = 2, 8
_MOVES = {2: "says that the antenna begins to move", 3: "says that a new site is occupied"}
_OF_THE_ANTENNA = ("ANT # / TYPE", "ANTENNA: DELTA H/E/N", "MARKER NAME")
_CENTRES = {"AIU": "COD", "COM": "COD", "ESO": "ESA", "GBM": "GFZ", "GRM": "GRG", "WUM": "WHU"}
"""Other beginnings of names of analysis centres."""


def need_products(federation: Federation, files: Files) -> None:
    """InputError where nothing can be positioned: products of another time, no clock at all, no system that was observed."""
    observed = files.observations
    there = {letter for letter, block in observed.blocks.items() if len(block.sat)}
    if not any(c.letter in there for c in federation):
        wanted = ", ".join(c.name for c in federation)
        raise InputError(f"{observed.path}: nothing of {wanted} was observed")
    for what, product in (("orbits", files.orbits), ("clocks", files.clocks)):
        if product is None:
            continue
        if not len(product.epochs):
            raise InputError(f"{product.path}: holds no epoch of {what}")
        if product.epochs.tai_ns[-1] < observed.epochs.tai_ns[0] or product.epochs.tai_ns[0] > observed.epochs.tai_ns[-1]:
            told, other = days(product.epochs), days(observed.epochs)
            if told == other:
                told, other = _span(product.epochs), _span(observed.epochs)
            raise InputError(f"{product.path}: {what} {told}, observations {other}: they have no time in common")
    if files.orbits is None:
        raise InputError("precise orbits are needed: give SP3 files with --sp3")
    if files.clocks is None and not np.isfinite(files.orbits.clock_s).any():
        raise InputError(f"{files.orbits.path}: holds orbits without clocks: give the clocks of the same centre with --clk")


def need_phases(rows: PreciseRows, files: Files) -> None:
    """InputError where no satellite has phases on two frequencies, an orbit and a clock."""
    if files.orbits is not None and not (rows.usable & (rows.arc >= 0)).any():
        why = "; ".join(_systems(rows, files, files.orbits, files.clocks))
        raise InputError(f"{files.observations.path}: no satellite has phases on two frequencies, an orbit and a clock: {why}")


def product_remarks(federation: Federation, rows: PreciseRows, files: Files, orbit: PreciseOrbit, biases: Sequence[Biases]) -> tuple[str, ...]:
    """What the products lack and where they may not fit together."""
    orbits, clocks, epochs = files.orbits, files.clocks, rows.signals.epochs
    if orbits is None or not len(epochs):
        return ()
    at = biases_at(biases, epochs[len(epochs) // 2])
    used = (*at.own, *at.near)  # of a file that is not used nothing else need be said
    return (
        *_systems(rows, files, orbits, clocks),
        *_events(files.observations),
        *_makers(orbits, clocks, used),
        *_frames(orbits, clocks, used),
        *_wander(rows, orbit),
        *_predicted(rows, orbits, own_clocks=clocks is None),
        *_ends("orbits", orbits.epochs, epochs, 1.0 if clocks is None else _EDGE_S),  # clocks are not extrapolated
        *(() if clocks is None else _ends("clocks", clocks.epochs, epochs, 1.0)),
        *_holes("orbits", orbits.epochs, orbits.interval_s, epochs),
        *(() if clocks is None else _holes("clocks", clocks.epochs, clocks.interval_s, epochs)),
    )


def _span(epochs: Epochs) -> str:
    first, last = to_iso(epochs[np.array([0, -1])], "GPST", 0)
    return f"from {first} to {last} GPST"


def _named(sats: Iterable[int]) -> str:
    return " ".join(unpack_one(sat) for sat in sats)


def _systems(rows: PreciseRows, files: Files, orbits: PreciseOrbits, clocks: PreciseClocks | None) -> list[str]:
    """Whole systems, then single satellites, that take no part."""
    signals = rows.signals
    lines: list[str] = []
    if not len(signals.satellites):
        return [f"{c.name} was not observed" for c in signals.constellations]
    usable = np.bincount(signals.satellite_of[rows.usable], minlength=len(signals.satellites)) > 0
    phased = np.bincount(signals.satellite_of[rows.arc >= 0], minlength=len(signals.satellites)) > 0
    usable &= phased
    reasons = [_lacks(int(sat), pair, signals.epochs, orbits, clocks) for sat, pair in zip(signals.satellites.tolist(), signals.signals, strict=True)]
    numberless = _numberless(rows, files)
    for j, why in enumerate(reasons):
        if not why and not phased[j]:
            reasons[j] = _NO_NUMBER if numberless[j] else "no phase on one of two frequencies"
    out: dict[str, list[int]] = {}
    for i, constellation in enumerate(signals.constellations):
        mine = np.flatnonzero(signals.constellation_of == i)
        if not len(mine):
            lines.append(f"{constellation.name} was not observed")
            continue
        if not usable[mine].any():
            why = ", ".join(sorted({reasons[k] for k in mine if reasons[k]})) or "all are below the mask or shaded"
            lines.append(f"{constellation.name} takes no part: of its {len(mine)} satellites observed none can be used ({why})")
            continue
        for k in mine:
            if reasons[k]:
                out.setdefault(reasons[k], []).append(int(signals.satellites[k]))
    if out:
        lines.append("satellites without part: " + "; ".join(f"{_named(sats)} ({why})" for why, sats in out.items()))
    return lines


def _numberless(rows: PreciseRows, files: Files) -> Bools:
    """Satellites of frequency division, bool[n_sats], whose channel neither the header nor messages give."""
    signals = rows.signals
    divided = np.array([any(band.step_hz for band in constellation.bands) for constellation in signals.constellations], np.bool_)
    slots = files.observations.header.glonass_channels
    given = channels_of(files.navigation)
    known = [sat in given or (sat // 100 == ord("R") and sat % 100 in slots) for sat in signals.satellites.tolist()]
    return divided[signals.constellation_of] & ~np.array(known, np.bool_)


def _lacks(sat: int, pair: tuple[str, str], observed: Epochs, orbits: PreciseOrbits, clocks: PreciseClocks | None) -> str:
    """Why no row of a satellite can be used; empty where products and signals are there."""

    def known(table: PreciseOrbits | PreciseClocks, finite: Bools, interval_s: float) -> bool:
        reach = round(max(interval_s, 1.0) * NS_PER_SECOND)
        inside = (table.epochs.tai_ns >= observed.tai_ns[0] - reach) & (table.epochs.tai_ns <= observed.tai_ns[-1] + reach)
        return bool((finite[table.sat == sat] & inside).any())

    if not known(orbits, np.isfinite(orbits.position_m[:, :, 0]), orbits.interval_s):
        return "no orbit"
    of_clock = (
        known(orbits, np.isfinite(orbits.clock_s), orbits.interval_s)
        if clocks is None
        else known(clocks, np.isfinite(clocks.bias_s), clocks.interval_s)
    )
    if not of_clock:
        return "no clock"
    return "" if all(pair) else "one frequency"


def _events(observations: Observations) -> list[str]:
    """What event records say of a station that is taken to stand still with one antenna."""
    lines = []
    for event in observations.events:
        changed = [label for label in _OF_THE_ANTENNA if any(line[60:].startswith(label) for line in event.lines)]
        what = _MOVES.get(event.flag, "") or (f"changes {', '.join(changed)} (not followed)" if changed else "")
        if what and len(observations.epochs):
            at = min(event.epoch_index, len(observations.epochs) - 1)
            lines.append(f"an event record {what} before {to_iso(observations.epochs[np.array([at])], 'GPST', 0)[0]} GPST")
    return lines


def same_centre(one: str, other: str) -> bool:
    """Whether names of products, or agencies, are of one analysis centre.

    >>> same_centre("GBM0MGXRAP", "GFZ"), same_centre("COD0MGXFIN", "WUM0MGXFIN")
    (True, False)
    """
    return _centre(one) == _centre(other)


def _centre(agency: str) -> str:
    short = agency.strip()[:3].upper()
    return _CENTRES.get(short, short)


def _makers(orbits: PreciseOrbits, clocks: PreciseClocks | None, biases: Sequence[Biases]) -> list[str]:
    """What headers say of products that are not of one solution."""
    lines = []
    maker = clocks.agency if clocks is not None and clocks.agency else orbits.agency
    if clocks is not None and orbits.agency and clocks.agency and not same_centre(orbits.agency, clocks.agency):
        lines.append(f"orbits are of {orbits.agency}, clocks of {clocks.agency}: they fit together only within one solution")
    for given in biases:
        if given.absolute and given.agency and maker and not same_centre(given.agency, maker):
            lines.append(f"{_file(given)}: biases are of {given.agency}, clocks of {maker}: absolute biases fit the clocks that they were made with")
    return lines


def _frames(orbits: PreciseOrbits, clocks: PreciseClocks | None, biases: Sequence[Biases]) -> list[str]:
    """Realisations of antennas that differ."""
    lines = []
    frame = realisation(orbits.frame)
    used = realisation(clocks.antenna_model) if clocks is not None else ""
    if used and frame and used != frame:
        lines.append(f"the clocks were made with antennas of {used}, the orbits are in {orbits.frame}")
    for given in biases:
        with_antennas = realisation(given.antenna_model)
        if given.absolute and with_antennas and frame and with_antennas != frame:
            lines.append(f"{_file(given)}: biases were made with antennas of {with_antennas}, the orbits are in {orbits.frame}")
    for what, product in (("orbits", orbits), ("clocks", clocks)):
        if product is not None:
            lines += [f"{what} {comment}" for comment in product.comments if comment.startswith("merged from parts")]
    return lines


def _file(given: Biases) -> str:
    return PurePath(given.path).name or "biases"


def _wander(rows: PreciseRows, orbit: PreciseOrbit) -> list[str]:
    """Clocks that stray between their nodes, where epochs of the observations lie between."""
    signals = rows.signals
    if len(signals.epochs) < 2 or float(np.median(np.diff(signals.epochs.tai_ns))) * 1e-9 > 0.5 * orbit.clock_interval_s:
        return []
    sigma = orbit.clock_interpolation_sigma_s(signals.sat, signals.epochs[signals.epoch_of]) * SPEED_OF_LIGHT_M_S
    told = []
    for i, constellation in enumerate(signals.constellations):
        mine = sigma[(signals.constellation_of[signals.satellite_of] == i) & rows.usable]
        mine = mine[np.isfinite(mine)]
        if len(mine) and (worst := float(np.percentile(mine, 90))) > _WANDER_M:
            told.append(f"{constellation.name} {100 * worst:.0f} cm")
    if not told:
        return []
    every = f"clocks every {orbit.clock_interval_s:g} s stray between their nodes ({', '.join(told)})"
    better = ": 30 s clocks (--clk) are better" if orbit.clock_interval_s > _DENSE_S else ""
    return [f"{every}, for which phases weigh less{better}"]


def _predicted(rows: PreciseRows, orbits: PreciseOrbits, *, own_clocks: bool) -> list[str]:
    """How much of what was used is predicted."""
    signals = rows.signals
    reach = round(max(orbits.interval_s, 1.0) * NS_PER_SECOND)
    inside = (orbits.epochs.tai_ns >= signals.epochs.tai_ns[0] - reach) & (orbits.epochs.tai_ns <= signals.epochs.tai_ns[-1] + reach)
    seen = np.isin(orbits.sat, signals.satellites) & np.isfinite(orbits.position_m[:, :, 0]).any(axis=1)
    flags = orbits.flags[np.ix_(seen, inside)]
    lines = []
    for bit, what, told in ((_ORBIT_PREDICTED, "orbits", "5 cm"), (_CLOCK_PREDICTED, "clocks", "a metre (3 ns)")):
        share = float(((flags & bit) != 0).mean()) if flags.size else 0.0
        if share and (what == "orbits" or own_clocks):
            lines.append(f"{max(100 * share, 1):.0f} % of the {what} are predicted: those of the IGS err by {told} then")
    return lines


def _ends(what: str, table: Epochs, observed: Epochs, reach_s: float) -> list[str]:
    """Epochs of the observations before and after a table."""
    lines = []
    reach = round(reach_s * NS_PER_SECOND)
    before, after = table.tai_ns[0] - observed.tai_ns, observed.tai_ns - table.tai_ns[-1]
    for beyond, where, day in ((before, "before the first", "day before"), (after, "after the last", "day after")):
        outside, lost = int((beyond > 0).sum()), int((beyond > reach).sum())
        if lost or (outside and what == "orbits"):
            near = f"; up to {reach_s:.0f} s are extrapolated (about a centimetre)" if outside > lost else ""
            lines.append(f"{outside} epochs lie {where} epoch of the {what}, {lost} are lost{near}: give the {what} of the {day} too")
    return lines


def _holes(what: str, table: Epochs, interval_s: float, observed: Epochs) -> list[str]:
    """Holes of a table that observations fall into."""
    if len(table) < 2:
        return []
    step = np.diff(table.tai_ns)
    usual = interval_s if interval_s > 0 else float(np.median(step)) / NS_PER_SECOND
    lines = []
    for i in np.flatnonzero(step > _HOLE * usual * NS_PER_SECOND).tolist():
        lost = int(((observed.tai_ns > table.tai_ns[i]) & (observed.tai_ns < table.tai_ns[i + 1])).sum())
        if lost:
            first, last = to_iso(table[np.array([i, i + 1])], "GPST", 0)
            lines.append(f"{what} have a hole from {first} to {last} GPST: {lost} epochs lie in it")
    return lines
