"""Tracking depth from made-up receptions: stations without a place stay out, receptions are put on the day's grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.scales import from_iso
from armillary.core.table import Table
from armillary.monitoring.tracking_depth import SatelliteTracks
from armillary.services._hosting import hosting_of, station_row
from armillary.services._sites import Site

START_NS = int(from_iso(["2025-06-21T00:00:00"], "GPST").tai_ns[0])
MINUTE_NS = 60 * 10**9
PLACE_M = (6378137.0, 0.0, 0.0)


@dataclass(frozen=True)
class Said:
    """Stands for a position or a quality."""

    observed: Epochs | None = None
    tracks: Table | None = None


@dataclass(frozen=True)
class Made:
    name: str
    position: Any
    quality: Any
    position_m: tuple[float, float, float] | None
    site: Site = field(default_factory=lambda: Site("Somebody", "Somewhere", "", True, "table"))


def tracks(minutes: list[int], received: list[bool]) -> Table:
    n = len(minutes)
    columns = {"elevation_deg": np.array([80.0] * (n - 1) + [5.0]), "received": np.array(received)}
    return Table(columns, Epochs(START_NS + np.array(minutes) * MINUTE_NS), np.full(n, 8207, np.int16))


def overhead() -> SatelliteTracks:
    """One satellite above the place all day."""
    instants = Epochs(START_NS + np.arange(288) * 5 * MINUTE_NS)
    return SatelliteTracks(instants, np.array([8207], np.int16), np.ones((1, 288), bool), np.full((1, 288, 3), (2.6e7, 0.0, 0.0)))


def observed(*minutes: int) -> Epochs:
    return Epochs(START_NS + np.array(minutes, np.int64) * MINUTE_NS)


def test_receptions_fall_on_the_grid_of_the_span_that_was_observed() -> None:
    # epochs at 2 minutes past each five: nearest instants 0, 5, 10; the last row is below the mask
    made = Made("AAAA", Said(observed(2, 17)), Said(tracks=tracks([2, 7, 12, 17], [True, False, True, True])), PLACE_M)
    answer = hosting_of(federation("glonass"), [made], overhead())
    assert answer is not None
    assert ((answer.visible.depth.instants.tai_ns - START_NS) // MINUTE_NS).tolist() == [0, 5, 10, 15]
    assert answer.visible.depth.seen_by.tolist() == [[[True, True, True, True]]]
    assert answer.received.depth.seen_by.tolist() == [[[True, False, True, False]]]
    assert answer.to_json()["station_sets"] == {"Somebody, hosted": ["AAAA"]}


def test_a_station_without_a_place_or_an_epoch_stays_out() -> None:
    rows = tracks([0, 5], [True, True])
    nowhere = Made("NONE", Said(observed(0, 5)), Said(tracks=rows), (0.0, 0.0, 0.0))
    silent = Made("MUTE", Said(observed()), Said(tracks=rows), PLACE_M)
    lost = Made("LOST", None, None, None)
    assert hosting_of(federation("glonass"), [nowhere, silent, lost], overhead()) is None
    there = Made("AAAA", Said(observed(0, 5)), Said(tracks=rows), PLACE_M)
    answer = hosting_of(federation("glonass"), [nowhere, there, silent], overhead())
    assert answer is not None and [station.name for station in answer.stations] == ["AAAA"]


def test_nothing_known_of_a_station_is_nan_not_zero() -> None:
    row = station_row(Made("LOST", None, None, None))
    assert row["station"] == "LOST" and row["position_m"] is None and row["truth"] is None
    assert all(np.isnan(row[name]) for name in ("received_percent", "mp_rms_m", "cn0_mean_dbhz", "p95_3d_m", "longest_gap_s"))
    assert row["operator"] == "Somebody" and row["hosted"] is True
