"""What hosted stations bring to an assessment: how many stations see each satellite from home alone and with those hosted abroad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite, nan, radians
from typing import Any, Protocol

import numpy as np

from armillary.core.epochs import NS_PER_SECOND
from armillary.core.federation import Federation
from armillary.core.scales import to_iso
from armillary.core.stations import Station
from armillary.core.table import Table
from armillary.monitoring.quality import StationQuality
from armillary.monitoring.tracking_depth import Hosting, SatelliteTracks, TrackingDepth, hosting_by, seen_from
from armillary.services._sites import Site
from armillary.services.position import PositionAnswer

__all__ = ["HostingAnswer", "Watched", "hosting_of", "station_row"]

MASK_DEG = 10.0
STEP_S = 300.0


class Watched(Protocol):
    """A station of an assessment."""

    @property
    def name(self) -> str: ...
    @property
    def position(self) -> PositionAnswer | None: ...
    @property
    def position_m(self) -> tuple[float, float, float] | None: ...
    @property
    def site(self) -> Site: ...
    @property
    def quality(self) -> StationQuality | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class HostingAnswer:
    """Tracking depth of a day, as geometry allows and as stations received."""

    stations: tuple[Station, ...]
    visible: Hosting
    """Every satellite above the mask is seen."""
    received: Hosting
    """A satellite is seen where a signal of it was received above the mask."""
    mask_deg: float = MASK_DEG
    step_s: float = STEP_S

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        instants = self.visible.depth.instants
        return {
            "first": str(to_iso(instants[:1], "GPST", 0)[0]),
            "last": str(to_iso(instants[-1:], "GPST", 0)[0]),
            "step_s": self.step_s,
            "mask_deg": self.mask_deg,
            "station_sets": {name: [self.stations[i].name for i in indices] for name, indices in self.visible.sets.items()},
            "visible": list(self.visible.summary.rows()),
            "received": list(self.received.summary.rows()),
            "satellites_visible": list(self.visible.satellites.rows()),
            "satellites_received": list(self.received.satellites.rows()),
        }


def hosting_of(federation: Federation, watched: Sequence[Watched], tracks: SatelliteTracks) -> HostingAnswer | None:
    """Tracking depth from the first to the last epoch that any station observed; None without placed stations or orbits.

    ``tracks`` are those of the satellites of the systems, every :data:`STEP_S` seconds.
    """
    placed = [of for of in watched if _somewhere(of.position_m) and of.position is not None and len(of.position.observed)]
    if not placed:
        return None
    every = np.concatenate([of.position.observed.tai_ns for of in placed if of.position is not None])
    first, last = int(every.min()), int(every.max())
    half = round(STEP_S * NS_PER_SECOND) // 2
    stations = tuple(of.site.station(of.name, of.position_m) for of in placed if of.position_m is not None)
    visible = seen_from(stations, tracks.between(first - half + 1, last + half), mask_rad=radians(MASK_DEG))
    if not visible.known.any():
        return None
    received = _received(visible, [Table({}) if of.quality is None else of.quality.tracks for of in placed])
    return HostingAnswer(stations, hosting_by(federation, stations, visible), hosting_by(federation, stations, received))


def station_row(station: Watched) -> dict[str, Any]:
    """A station in one row: whose it is, where it stands, and its state of the day in figures; NaN where nothing was observed."""
    quality, position = station.quality, station.position
    signals = Table({}) if quality is None else quality.signals
    about = {} if quality is None else next(quality.station.rows(), {})
    expected = int(signals["expected"].sum()) if len(signals) else 0
    joint = {} if position is None else next(iter(list(position.summary.rows())[-1:]), {})
    truth = None if position is None else position.truth
    return {
        "station": station.name,
        **{name: value for name, value in asdict(station.site).items() if name != "operator_country"},
        "position_m": list(station.position_m) if station.position_m is not None and _somewhere(station.position_m) else None,
        "truth": None if truth is None else truth.source,
        "epoch_count": about.get("epoch_count", 0),
        "missing_epochs": about.get("missing_epochs", 0),
        "longest_gap_s": about.get("longest_gap_s", nan),
        "clock_jumps": about.get("clock_jumps", 0),
        "received_percent": 100.0 * int(signals["observed"].sum()) / expected if expected else nan,
        "slips": int(signals["slips"].sum()) if len(signals) else 0,
        "mp_rms_m": _median(signals, "mp_rms_m"),
        "cn0_mean_dbhz": _median(signals, "cn0_mean_dbhz"),
        "p95_3d_m": joint.get("p95_3d_m", nan),
    }


def _median(signals: Table, name: str) -> float:
    known = signals[name][np.isfinite(signals[name])] if len(signals) else np.empty(0)
    return float(np.median(known)) if len(known) else nan


def _somewhere(position_m: tuple[float, float, float] | None) -> bool:
    return position_m is not None and all(isfinite(x) for x in position_m) and any(position_m)


def _received(visible: TrackingDepth, tracks: Sequence[Table]) -> TrackingDepth:
    """The same depth from what each station received."""
    seen = np.zeros_like(visible.seen_by)
    start = int(visible.instants.tai_ns[0])
    for i, table in enumerate(tracks):
        if table.epochs is None or table.sat is None or not len(table):
            continue
        column = np.rint((table.epochs.tai_ns - start) / (STEP_S * NS_PER_SECOND)).astype(np.int64)
        row = np.searchsorted(visible.sat, table.sat)
        used = table["received"].astype(np.bool_) & (table["elevation_deg"] >= MASK_DEG) & (column >= 0) & (column < len(visible.instants))
        used &= visible.sat[np.minimum(row, len(visible.sat) - 1)] == table.sat
        seen[i, row[used], column[used]] = True
    return TrackingDepth(visible.instants, visible.sat, visible.known, seen & visible.known)
