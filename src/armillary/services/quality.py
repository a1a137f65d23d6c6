"""How well did stations receive every signal: completeness, gaps, slips, multipath, strength, clock jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from math import radians
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from armillary._lazy import lazy_module
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.navigation_messages import Navigation
from armillary.core.observations import Observations
from armillary.core.precise import PreciseOrbits, merge
from armillary.core.table import Table
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.monitoring.quality import ANY_SIGNAL, StationQuality, station_quality
from armillary.navigation.positioning import channels_of
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.services._kinds import all_of
from armillary.services._truth import truth_of

rinex_nav: Any = lazy_module("armillary.io.rinex_nav")
joining: Any = lazy_module("armillary.io.joining")
sp3_table: Any = lazy_module("armillary.orbits.sp3_table")

__all__ = ["QualityAnswer", "quality"]

_SHOWN = ("observed", "expected", "gaps", "slips", "observations_per_slip", "mp_rms_m", "cn0_mean_dbhz")
LATENCY = "unobserved: a file does not tell when its epochs arrived"


@dataclass(frozen=True, slots=True, eq=False)
class QualityAnswer:
    """The quality of one or several stations."""

    stations: Mapping[str, StationQuality]
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)

    @property
    def summary(self) -> Table:
        """A row per station, system and signal, for people."""
        rows = self.signals
        shown = {name: rows[name] for name in ("station", "constellation", "signal")}
        shown["completeness_percent"] = 100.0 * rows["completeness"]
        return Table(shown | {name: rows[name] for name in _SHOWN})

    @property
    def signals(self) -> Table:
        """A row per station, system and signal."""
        return self._joined("signals")

    @property
    def by_elevation(self) -> Table:
        """A row per station, signal and ten degrees of elevation."""
        return self._joined("by_elevation")

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        return "\n".join(_headline(name, quality) for name, quality in self.stations.items())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What could not be counted."""
        return tuple(text for quality in self.stations.values() for text in quality.warnings)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        return tuple(text for name, quality in self.stations.items() for text in _remarks(name, quality))

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        return {
            "stations": [{**row, "latency": LATENCY} for row in self._joined("station").rows()],
            "quality": list(self.signals.rows()),
            "by_elevation": list(self.by_elevation.rows()),
            "satellites": list(self._joined("satellites").rows()),
            "clock_jumps": list(self._joined("jumps").rows()),
            "unobserved": {name: _lists(q.silent) for name, q in self.stations.items()},
            "below_mask": {name: _lists(q.low) for name, q in self.stations.items()},
        }

    def _joined(self, which: str) -> Table:
        tables: list[Table] = [getattr(quality, which) for quality in self.stations.values()]
        filled = [t for t in tables if len(t)] or tables[:1]
        return Table({name: np.concatenate([t[name] for t in filled]) for name in filled[0].columns})


def quality(
    federation: Federation,
    observations: Annotated[Sequence[Path], "Observation files of one or several stations."],
    *,
    nav: Annotated[Sequence[Path], "Broadcast navigation files, which tell what was visible; repeat for several."] = (),
    sp3: Annotated[Sequence[Path], "Precise orbits, used instead of broadcast ones (they know no health)."] = (),
    truth: Annotated[str | None, "Known position: X,Y,Z in metres, or a SINEX file or table that has the stations; the header's by default."] = None,
    mask_deg: Annotated[float, "Elevation above which satellites are expected, degrees."] = 10.0,
    progress: Callable[[str, float], None] | None = None,
) -> QualityAnswer:
    """Completeness, gaps, cycle slips, code multipath and C/N0 of every signal, and clock jumps of the receiver.

    With orbits, observations are counted against the healthy satellites above the mask; without, against the satellites received on any signal.

    $ armillary quality STATION.crx.gz --nav BROADCAST.rnx.gz --systems glonass+beidou
    """
    if not 0.0 <= mask_deg < 90.0:
        raise InputError(f"--mask-deg must lie from 0 to below 90; got {mask_deg:g}")
    losses: dict[str, Sequence[Loss]] = {}
    navigations = all_of(nav, Navigation, "a RINEX navigation file", losses, read)
    tables = all_of(sp3, PreciseOrbits, "an SP3 orbit file", losses, read)
    stations = _by_station(all_of(observations, Observations, "a RINEX observation file", losses, partial(read, systems=federation.letters)))
    messages = None if not navigations else navigations[0] if len(navigations) == 1 else rinex_nav.merge(navigations)
    orbit: Any = None
    if tables:
        orbit = sp3_table.PreciseOrbit(tables[0] if len(tables) == 1 else merge(tables), None)
    elif messages is not None:
        orbit = BroadcastOrbit.from_navigation(messages)
    answers = {}
    for k, (name, observed) in enumerate(stations.items()):
        known = truth_of(truth, observed)
        answers[name] = station_quality(
            federation,
            observed,
            orbit=orbit,
            satellites=None if orbit is None else np.asarray(orbit.satellites, np.int16),
            channels={} if messages is None else channels_of(messages),
            position_m=None if known is None else known.position_m,
            mask_rad=radians(mask_deg),
        )
        if progress is not None:
            progress(f"assessing {name}", (k + 1) / len(stations))
    return QualityAnswer(answers, losses)


def _by_station(files: Sequence[Observations]) -> dict[str, Observations]:
    """Files of one marker joined."""
    parts: dict[str, list[Observations]] = {}
    for content in files:
        parts.setdefault(content.header.marker.strip().upper(), []).append(content)
    if not parts:
        raise InputError("no observation file was given")
    return {name: same[0] if len(same) == 1 else joining.join_observations(same) for name, same in parts.items()}


def _lists(codes: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {title: list(names) for title, names in codes.items()}


def _headline(name: str, quality: StationQuality) -> str:
    row = next(quality.station.rows())
    missing = f"{row['missing_epochs']} missing" + (f", the longest gap {row['longest_gap_s']:g} s" if row["missing_epochs"] else "")
    jumps = f"{row['clock_jumps']} clock jumps, {row['power_failures']} power failures"
    return f"{name}  {row['first_epoch']} to {row['last_epoch']} GPST, {row['epoch_count']} epochs every {row['interval_s']:g} s, {missing}; {jumps}"


def _remarks(name: str, quality: StationQuality) -> list[str]:
    out = []
    rows = list(quality.satellites.rows())
    never = [row["sat"] for row in rows if row["expected"] and not row["observed"]]
    if never:
        out.append(f"{name}: visible, healthy and never received: {' '.join(never)}")
    apart = [f"{row['sat']} ({row['unhealthy_observed']} of {row['unhealthy_seen']})" for row in rows if row["unhealthy_seen"]]
    if apart:
        out.append(f"{name}: marked unhealthy, not counted (epochs received of those above the mask): {' '.join(apart)}")
    systems = sorted({row["constellation"] for row in quality.signals.rows() if row["basis"] == ANY_SIGNAL})
    if systems:
        out.append(f"{name}: no orbits for {', '.join(systems)}: completeness is against the epochs at which a satellite was received on any signal")
    out += [f"{name}: {title} codes declared and never observed: {' '.join(codes)}" for title, codes in quality.silent.items()]
    out += [f"{name}: {title} was received, but never above the mask: {' '.join(codes)}" for title, codes in quality.low.items()]
    return out
