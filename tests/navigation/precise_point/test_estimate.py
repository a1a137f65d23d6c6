"""Both directions of a filter whose states are kept stretch by stretch."""

from __future__ import annotations

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
