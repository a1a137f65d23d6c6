"""How far broadcast orbits and clocks are from precise ones, satellite by satellite, and how much of it reaches a user."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import radians
from pathlib import Path, PurePath
from typing import Annotated, Any

import numpy as np

from armillary._lazy import lazy_module
from armillary.core.antennas import AntennaSet
from armillary.core.biases import Biases
from armillary.core.constellation import Constellation
from armillary.core.earth_rotation_series import EarthRotationSeries
from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.navigation_messages import Navigation
from armillary.core.precise import PreciseClocks, PreciseOrbits, merge
from armillary.core.scales import to_iso
from armillary.core.table import Table
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.monitoring import signal_in_space_tables as tables
from armillary.monitoring.signal_in_space import ComparisonOptions, Product, clock_pair, compare
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.services._coverage import days
from armillary.services._kinds import expected

rinex_nav: Any = lazy_module("armillary.io.rinex_nav")

__all__ = ["SignalInSpaceAnswer", "assess_signal_in_space", "pair_products", "product_name", "product_of", "signal_in_space"]

_SHOWN = (
    *("reference", "group", "satellites", "n", "radial_mean_m", "radial_rms_m", "along_rms_m", "cross_rms_m", "clock_rms_m"),
    *("orbit_sisre_rms_m", "sisre_rms_m", "sisre_p95_m", "worst_user_p95_m", "radial_corrected_rms_m", "accuracy_mean_m", "within_accuracy_percent"),
)
_LEFT_OUT = ("n_stale", "n_unhealthy", "n_no_reference", "n_no_clock", "n_outlier")
_MET = ("n_orbit", "n_unhealthy", "n_outlier")
"""Epochs for which both sides knew a satellite; the others say that one of them did not."""
_READERS = 2
_OLD_NS = 5 * 365 * NS_PER_DAY
_UNEXPLAINED_M = 0.3
"""Mean radial error of a group after antenna offsets that points to offsets of another convention: orbits of a group scatter about 0.1 m."""


@dataclass(frozen=True, slots=True, eq=False)
class SignalInSpaceAnswer:
    """Broadcast against every precise product given."""

    groups: Table
    """A row per product and group of satellites that either side knows."""
    systems: Table
    """A row per product and system."""
    satellites: Table
    """A row per product and satellite."""
    series: Table
    """A row per product, satellite and epoch, with what became of it."""
    rules: tuple[str, ...] = ()
    """Conventions behind the figures, for a person."""
    warnings: tuple[str, ...] = ()
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)

    @property
    def summary(self) -> Table:
        """The groups that could be compared, and the figures a person looks at first."""
        compared = self.groups.where(self.groups["n_orbit"] > 0)
        return Table({name: compared[name] for name in _SHOWN})

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        if not len(self.series):
            return "nothing to compare"
        when = self.series.epochs
        span = "" if when is None else " to ".join(to_iso(when[np.array([when.tai_ns.argmin(), when.tai_ns.argmax()])], "GPST", 0))
        return f"broadcast less precise, {span} GPST"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table: the rules, and what was not compared."""
        return (*self.rules, *_left_out(self.systems))

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values: groups that were compared, those that were not, systems and satellites."""
        compared = self.groups["n_orbit"] > 0
        return {
            "signal_in_space": list(self.groups.where(compared).rows()),
            "not_compared": list(self.groups.where(~compared).rows()),
            "systems": list(self.systems.rows()),
            "satellites": list(self.satellites.rows()),
            "rules": list(self.rules),
            "warnings": list(self.warnings),
        }


def signal_in_space(
    federation: Federation,
    *,
    nav: Annotated[Sequence[Path], "Broadcast navigation files; repeat for several (the day before serves the first hours)."],
    sp3: Annotated[Sequence[Path], "Precise orbits to compare with; each centre's product is a reference of its own."],
    clk: Annotated[Sequence[Path], "Precise clocks, used with the orbits of the same centre instead of the clocks in them."] = (),
    antex: Annotated[Sequence[Path], "Satellite antenna calibrations."] = (),
    step_s: Annotated[float, "Seconds from one compared epoch to the next, at least."] = 300.0,
    mask_deg: Annotated[float, "Users above this elevation count, degrees."] = 5.0,
    causal: Annotated[bool, "The message transmitted last before each epoch, as a user had it; otherwise the one that fits best."] = True,
) -> SignalInSpaceAnswer:
    """Signal-in-space range error of each system: broadcast orbits and clocks against precise ones.

    $ armillary signal-in-space --nav BROADCAST.rnx.gz --sp3 PRECISE.sp3.gz --antex igs20.atx
    """
    if not nav or not sp3:
        raise InputError("signal-in-space needs broadcast navigation files (--nav) and precise orbits (--sp3)")
    with ThreadPoolExecutor(_READERS) as pool:
        reading = {path: pool.submit(read, path, systems=federation.letters) for path in dict.fromkeys((*nav, *sp3, *clk, *antex))}
        found = {path: task.result() for path, task in reading.items()}
    messages = [expected(found[path], Navigation, path, "a RINEX navigation file") for path in nav]
    orbits = [expected(found[path], PreciseOrbits, path, "an SP3 orbit file") for path in sp3]
    clocks = [expected(found[path], PreciseClocks, path, "a RINEX clock file") for path in clk]
    antennas = [expected(found[path], AntennaSet, path, "an ANTEX file") for path in antex]
    products, unused = pair_products(orbits, clocks)
    broadcast = BroadcastOrbit.from_navigation(rinex_nav.merge(messages) if len(messages) > 1 else messages[0], causal=causal)
    answer = assess_signal_in_space(federation, broadcast, products, antennas, options=ComparisonOptions(step_s, radians(mask_deg)))
    return SignalInSpaceAnswer(
        *(answer.groups, answer.systems, answer.satellites, answer.series, answer.rules),
        warnings=(*unused, *answer.warnings),
        losses={str(path): content.losses for path, content in found.items() if content.losses},
    )


def assess_signal_in_space(
    federation: Federation,
    broadcast: BroadcastOrbit,
    products: Sequence[Product],
    antennas: Sequence[AntennaSet] = (),
    *,
    options: ComparisonOptions | None = None,
) -> SignalInSpaceAnswer:
    """As :func:`signal_in_space`, for content already read. InputError for no product, or none that knows what the messages know."""
    if not products:
        raise InputError("no precise product to compare with was given")
    chosen = options or ComparisonOptions()
    constellations = tuple(c for c in federation if c.letter and c.combinations)
    compared = [compare(broadcast, product, constellations, chosen) for product in products]
    errors = [tables.evaluate(differences, antennas, chosen.mask_rad) for differences in compared]
    satellites = _joined([tables.by_satellite(e) for e in errors])
    groups = _joined([tables.by_group(e) for e in errors])
    if not any(groups[name].any() for name in _MET):
        raise InputError("nothing to compare: " + _spans(constellations, broadcast, products))
    return SignalInSpaceAnswer(
        groups=groups,
        systems=_joined([tables.by_system(e) for e in errors]),
        satellites=satellites,
        series=_joined([tables.series(e) for e in errors]),
        rules=_rules(federation, broadcast, chosen, antennas=bool(antennas)),
        warnings=(*_antenna_warnings(antennas, errors), *_warnings(products, groups, satellites)),
    )


def _spans(constellations: Sequence[Constellation], broadcast: BroadcastOrbit, products: Sequence[Product]) -> str:
    """When messages and products speak of the systems, in words."""
    letters = [ord(c.letter) for c in constellations]
    sent = [t.reference.tai_ns[np.isin(t.sat // 100, letters)] for t in broadcast.tables]
    known = []
    for product in products:
        mine = np.isin(product.orbits.sat // 100, letters)
        known.append(product.orbits.epochs.tai_ns[np.isfinite(product.orbits.position_m[mine, :, 0]).any(axis=0)])
    messages, orbits = (days(Epochs(np.sort(np.concatenate([np.empty(0, np.int64), *parts])))) for parts in (sent, known))
    return f"the messages know satellites of {'+'.join(c.name for c in constellations)} {messages}, the precise orbits {orbits}"


def pair_products(orbits: Sequence[PreciseOrbits], clocks: Sequence[PreciseClocks] = ()) -> tuple[list[Product], list[str]]:
    """One product per centre and solution, files of several days joined, clocks beside the orbits of their centre; and what could not be used.

    Names are the first field of long file names (``WUM0MGXFIN``), the first letters of short ones (``igs``), else the agency in the file.
    """
    named: dict[str, list[PreciseOrbits]] = {}
    for part in orbits:
        named.setdefault(product_name(part), []).append(part)
    of_product: dict[str, list[PreciseClocks]] = {}
    unused = []
    for clock in clocks:
        owner = product_of(clock, list(named))
        if owner is None:
            unused.append(f"{clock.path}: no orbits of the same centre were given; these clocks are not used")
        else:
            of_product.setdefault(owner, []).append(clock)
    products = [Product(name, merge(parts), merge(of_product[name]) if name in of_product else None) for name, parts in named.items()]
    return products, unused


def product_of(clock: PreciseClocks, names: Sequence[str]) -> str | None:
    """Which of the products of these names the clocks belong to: that of the same name, the only one of the centre, or the only one."""
    name = product_name(clock)
    centre = [other for other in names if other[:3].lower() == name[:3].lower()]
    return name if name in names else centre[0] if len(centre) == 1 else names[0] if len(names) == 1 else None


def product_name(product: PreciseOrbits | PreciseClocks | Biases | EarthRotationSeries) -> str:
    """The first field of a long file name, the first letters of a short one, else the agency in the file."""
    stem = PurePath(product.path).name.split(".")[0]
    long = re.match(r"([A-Za-z0-9]{10})_\d{11}_", stem)
    short = re.match(r"([A-Za-z]{2,3}\d?)\d{5}(_|$)", stem) or re.match(r"([A-Za-z]{3})", stem)
    return long.group(1) if long else short.group(1) if short else getattr(product, "agency", "") or "unnamed"


def _joined(parts: Sequence[Table]) -> Table:
    epochs = [part.epochs for part in parts if part.epochs is not None]
    sats = [part.sat for part in parts if part.sat is not None]
    return Table(
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0].columns},
        Epochs.concatenate(epochs) if epochs else None,
        np.concatenate(sats) if sats else None,
    )


def _rules(federation: Federation, broadcast: BroadcastOrbit, options: ComparisonOptions, *, antennas: bool) -> tuple[str, ...]:
    pairs = []
    for constellation in federation:
        if constellation.letter and constellation.combinations:
            names = [constellation.band(code[1]).name for code in clock_pair(constellation)]
            pairs.append(f"{constellation.title} {'/'.join(names)}")
    choice = "transmitted last at or before each epoch" if broadcast.causal else "that fits each epoch best, even if it was sent later"
    return (
        f"message: the one {choice}; clocks: ionosphere-free {', '.join(pairs)}, median of each hardware group taken away at every epoch",
        f"outliers: orbit beyond {options.orbit_limit_m:g} m or clock beyond {options.clock_limit_m:g} m from the median; weights: users above "
        f"{np.degrees(options.mask_rad):g} deg",
        "radial, along and cross: no antenna offset applied; "
        + ("corrected radial: body z offset only" if antennas else "SISRE: radial mean of each group taken away (no antenna calibrations given)"),
    )


def _left_out(systems: Table) -> tuple[str, ...]:
    lines = []
    for row in systems.rows():
        counts = [f"{row[name]} {name.removeprefix('n_').replace('_', ' ')}" for name in _LEFT_OUT if row[name]]
        if counts:
            lines.append(f"{row['reference']} {row['group']}: {row['n']} epochs of satellites compared; left out: {', '.join(counts)}")
    return tuple(lines)


def _antenna_warnings(antennas: Sequence[AntennaSet], errors: Sequence[tables.Errors]) -> list[str]:
    """Sets used that know no satellite of the last years: a slot may have changed hands since."""
    used = {offset.source for e in errors for offset in e.offsets.values()}
    days = [int(e.differences.epochs.tai_ns.min()) for e in errors if len(e.differences)]
    lines = []
    for given in antennas:
        newest = max((antenna.valid_from_ns for antenna in given.antennas if antenna.sat), default=0)
        if days and PurePath(given.path).name in used and min(days) - newest > _OLD_NS:
            when = to_iso(Epochs(np.array([newest])), "GPST", 0)[0][:10]
            lines.append(f"{given.path}: no calibration newer than {when}; a satellite launched since may pass for its predecessor")
    return lines


def _warnings(products: Sequence[Product], groups: Table, satellites: Table) -> list[str]:
    lines = []
    for product in products:
        predicted = (product.orbits.flags & 8 != 0) & np.isfinite(product.orbits.position_m[..., 0])
        if predicted.any():
            lines.append(f"{product.name}: {100.0 * predicted.mean():.0f} % of its orbits are predicted, not measured")
    for row in groups.where(np.abs(groups["radial_corrected_mean_m"]) > _UNEXPLAINED_M).rows():
        lines.append(
            f"{row['reference']} {row['group']}: antenna offsets ({row['antenna']}) leave {row['radial_corrected_mean_m']:+.2f} m of radial mean: "
            "they are not those that the broadcast orbits refer to"
        )
    for row in satellites.where(satellites["n_outlier"] > 0).rows():
        lines.append(f"{row['reference']} {row['sat']}: {row['n_outlier']} epochs beyond the outlier limits")
    return lines
