"""Instants with the missing ones, and directions interpolated between nodes against directions at every instant."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.epochs import Epochs
from armillary.core.geodesy import azimuth_elevation
from armillary.core.registry import constellation
from armillary.core.scales import from_iso
from armillary.errors import LimitError
from armillary.monitoring.sky_view import full_instants, sky_view
from armillary.orbits.walker import NominalConstellation

START = from_iso(["2024-03-20T00:00:00"], "GPST")
PLACE_M = (3582104.768, 532590.174, 5232755.144)


@pytest.mark.slow
@given(st.sets(st.integers(0, 200), min_size=60))
def test_instants_are_the_epochs_and_the_missing_ones(present: set[int]) -> None:
    kept = np.array(sorted(present))
    found = full_instants(Epochs(kept * 30_000_000_000))
    if found.interval_s == 30.0:  # neighbours may be rarer than every second one
        assert (found.all.tai_ns // 30_000_000_000).tolist() == list(range(kept[0], kept[-1] + 1))
    assert (found.all.tai_ns[found.position] == kept * 30_000_000_000).all()
    assert (np.diff(found.all.tai_ns) > 0).all() and found.missing == len(found.all) - len(kept)


def test_an_interval_that_wavers_misses_nothing() -> None:
    t = np.arange(100) * 1_000_000_000 + np.random.default_rng(1).integers(-2_000_000, 2_000_000, 100) // 1_000_000 * 1_000_000
    assert full_instants(Epochs(t)).missing == 0


def test_a_file_of_years_at_a_second_is_refused() -> None:
    with pytest.raises(LimitError, match="the most is"):
        full_instants(Epochs(np.array([0, 1, 2, 200_000_000]) * 1_000_000_000))


@pytest.mark.parametrize("n", [0, 1])
def test_one_epoch_has_no_interval(n: int) -> None:
    found = full_instants(START[np.zeros(n, int)])
    assert np.isnan(found.interval_s) and len(found.all) == n


@pytest.mark.parametrize("step_s", [1.0, 30.0, 600.0])
def test_directions_between_nodes_are_those_of_the_orbit(step_s: float) -> None:
    orbit = NominalConstellation.of(constellation("beidou"), constellation("glonass"), origin=START)
    instants = Epochs(START.tai_ns[0] + (np.arange(500) * step_s * 1e9).astype(np.int64))
    view = sky_view(orbit, orbit.satellites, instants, PLACE_M)
    m, n = view.elevation_rad.shape
    truth = azimuth_elevation(orbit.state(np.repeat(view.sat, n), Epochs(np.tile(instants.tai_ns, m))).position_m, PLACE_M)
    # single precision holds 1e-7 rad
    np.testing.assert_allclose(view.elevation_rad.ravel(), truth.elevation_rad, atol=3e-7)
    turn = (view.azimuth_rad.ravel() - truth.azimuth_rad + np.pi) % (2 * np.pi) - np.pi
    assert np.abs(turn * np.cos(truth.elevation_rad)).max() < 1e-6
    assert view.healthy.all()


def test_no_satellites_or_instants_give_an_empty_sky() -> None:
    orbit = NominalConstellation.of(constellation("beidou"), origin=START)
    assert sky_view(orbit, np.empty(0, np.int16), START, PLACE_M).elevation_rad.shape == (0, 1)
    assert sky_view(orbit, orbit.satellites, START[np.zeros(0, int)], PLACE_M).elevation_rad.shape[1] == 0
