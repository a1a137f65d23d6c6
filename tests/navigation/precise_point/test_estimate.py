"""Both directions of a filter whose states are kept stretch by stretch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.io.reading import read
from armillary.navigation.precise_point import estimate
from armillary.navigation.precise_point.estimate import FilterOptions, observed_by, solve_both_ways
from armillary.navigation.precise_point.station import Corrections, station_model
from armillary.orbits.sp3_table import PreciseOrbit

HOUR_NS = 3_600_000_000_000


@pytest.mark.slow
@pytest.mark.real_data
def test_ambiguities_that_the_filter_began_anew_last_through_stretches(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day = data_dir / "gnss/2023-001"
    systems = federation("gps+galileo")
    observations = read(day / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz", systems="GE")
    orbit = PreciseOrbit(read(day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"), read(day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"))
    start = int(observations.epochs.tai_ns[0])
    observed = observed_by(systems, station_model(systems, observations.between(start, start + 8 * HOUR_NS), orbit, Corrections()).rows)
    # an attentive filter begins many ambiguities anew
    options = FilterOptions(static=False, limit=3.0)
    forward, whole = solve_both_ways(observed, options)
    assert (forward.arc > observed.rows.arc.max()).any()
    monkeypatch.setattr(estimate, "_STRETCH", 50)
    _, parts = solve_both_ways(observed, options)
    np.testing.assert_allclose(parts.state[:, :3], whole.state[:, :3], atol=1e-6)
    np.testing.assert_allclose(parts.covariance[:, :3, :3], whole.covariance[:, :3, :3], rtol=1e-6, atol=1e-12)


@pytest.mark.slow
@pytest.mark.real_data
def test_room_is_made_for_every_satellite_that_may_come_back(data_dir: Path) -> None:
    """Half of the sky sets at once: many satellites are kept beside those in view, and no epoch goes without the backward pass."""
    day = data_dir / "gnss/2023-001"
    systems = federation("gps+glonass+galileo+beidou")
    observations = read(day / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz")
    orbit = PreciseOrbit(read(day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"), read(day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"))
    start = int(observations.epochs.tai_ns[0])
    rows = station_model(systems, observations.between(start, start + HOUR_NS), orbit, Corrections()).rows
    odd = rows.signals.sat % 2 == 1
    late = (rows.signals.epoch_of // 6) % 2 == 1  # for three minutes the ones, for three minutes the others
    observed = observed_by(systems, replace(rows, usable=rows.usable & (odd == late)))
    at_once = estimate._most_at_once(observed)
    time_s, of = rows.time_s[rows.signals.epoch_of], rows.signals.satellite_of
    counted = [len({*of[observed.usable & (time_s <= t) & (time_s >= t - 300.0)].tolist()}) for t in rows.time_s]
    assert at_once == max(counted)
    in_view = max(int(observed.usable[rows.signals.epoch_of == e].sum()) for e in range(len(rows.time_s)))
    assert at_once > in_view + 12
    forward, smoothed = solve_both_ways(observed, FilterOptions(static=False))
    solved = np.isfinite(forward.state[:, 0])
    middle = solved & (rows.time_s > 300.0) & (rows.time_s < 3000.0)
    assert middle.sum() > 80
    assert (smoothed.state[middle, 0] != forward.state[middle, 0]).all()
