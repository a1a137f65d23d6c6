"""A day in two runs, the second of which goes on from what the first left, against the day in one run."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.core.observations import Observations
from armillary.errors import FormatError, InputError
from armillary.navigation.precise_point import tables
from armillary.navigation.precise_point.continuing import Continuation
from armillary.navigation.precise_point.estimate import FilterOptions, observed_by, solve
from armillary.navigation.precise_point.station import Corrections, station_model
from armillary.orbits.sp3_table import PreciseOrbit

pytestmark = pytest.mark.real_data

BOTH = federation("glonass+beidou")
HOUR_NS = 3_600_000_000_000


@pytest.fixture(scope="module")
def observations(nist_day: Observations) -> Observations:
    return nist_day


@pytest.mark.slow
@pytest.mark.parametrize("uncombined", [False, True])
@pytest.mark.parametrize("static", [False, True])
@pytest.mark.parametrize("systems", ["glonass+beidou", "beidou"])
def test_two_runs_are_one(observations: Observations, orbit: PreciseOrbit, uncombined: bool, static: bool, systems: str) -> None:
    start = int(observations.epochs.tai_ns[0])
    options, member = FilterOptions(static=static), federation(systems)
    whole_model = station_model(BOTH, observations.between(start, start + 6 * HOUR_NS), orbit, Corrections()).rows
    whole = solve(observed_by(member, whole_model, uncombined=uncombined), options)

    first_model = station_model(BOTH, observations.between(start, start + 4 * HOUR_NS), orbit, Corrections()).rows
    first = solve(observed_by(member, first_model, uncombined=uncombined), options)
    kept = Continuation.from_bytes("made", Continuation.of("NIST", {}, first_model, [first]).to_bytes())
    later = observations.between(start + 4 * HOUR_NS, start + 6 * HOUR_NS)
    rows = station_model(BOTH, later, orbit, Corrections(), going_on=kept).rows
    observed = observed_by(member, rows, uncombined=uncombined, groups_before=kept.groups(systems))
    rest = solve(observed, options, memory=kept.memory(observed, options))

    n = len(later.epochs)
    away = np.linalg.norm(tables.marker_m(rest) - tables.marker_m(whole)[-n:], axis=1)
    assert np.isfinite(away).sum() > 0.9 * n
    # the runs are linear about start positions some metres apart (codes of 4 h and of 6 h)
    assert np.nanmax(away) < 1e-3
    np.testing.assert_allclose(rest.covariance[:, :3, :3], whole.covariance[-n:, :3, :3], rtol=2e-2, atol=1e-9)
    # nothing converges again
    assert np.sqrt(np.trace(rest.covariance[0, :3, :3])) < 0.12


def test_without_what_is_known_it_begins_again(observations: Observations, orbit: PreciseOrbit) -> None:
    start = int(observations.epochs.tai_ns[0])
    rows = station_model(BOTH, observations.between(start + 4 * HOUR_NS, start + 5 * HOUR_NS), orbit, Corrections()).rows
    fresh = solve(observed_by(BOTH, rows), FilterOptions(static=False))
    assert np.sqrt(np.trace(fresh.covariance[0, :3, :3])) > 0.5


def test_what_is_no_state_is_refused() -> None:
    with pytest.raises(FormatError, match="expected the state of a run"):
        Continuation.from_bytes("some.npz", b"not a file of arrays")


def test_a_receiver_that_moves_leaves_no_state(observations: Observations, orbit: PreciseOrbit) -> None:
    start = int(observations.epochs.tai_ns[0])
    rows = station_model(BOTH, observations.between(start, start + HOUR_NS), orbit, Corrections()).rows
    rows.position_m[5] += 1.0
    with pytest.raises(InputError, match="moves"):
        Continuation.of("NIST", {}, rows, [])


def test_a_place_of_long_ago_is_known_no_better_than_plates_move(observations: Observations, orbit: PreciseOrbit) -> None:
    start = int(observations.epochs.tai_ns[0])
    rows = station_model(BOTH, observations.between(start, start + HOUR_NS // 4), orbit, Corrections()).rows
    options = FilterOptions(static=True)
    solved = solve(observed_by(BOTH, rows), options)
    kept = Continuation.of("NIST", {}, rows, [solved])
    later = station_model(BOTH, observations.between(start + HOUR_NS, start + HOUR_NS + HOUR_NS // 4), orbit, Corrections()).rows
    observed = observed_by(BOTH, later, groups_before=kept.groups(str(BOTH)))
    now, old = (state.memory(observed, options).p[:3, :3] for state in (kept, replace(kept, last_ns=kept.last_ns - 365 * 24 * HOUR_NS)))
    assert np.diag(old - now) == pytest.approx([0.01] * 3, rel=0.01)  # (10 cm)^2
    assert np.diag(now) == pytest.approx(np.diag(solved.covariance[-1])[:3], rel=1e-6)
