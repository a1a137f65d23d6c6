"""Clocks between nodes: made random walks of known rate, and real clocks of 30 s thinned to 5 min, which know what lies between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.precise import PreciseClocks, PreciseOrbits
from armillary.orbits.clock_interpolation import interpolation_variance_s2, walk_s2_s
from armillary.orbits.sp3_table import PreciseOrbit

LIGHT = 299_792_458.0


def nodes(count: int, interval_s: float = 300.0) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    return np.array([0, count]), (np.arange(count) * interval_s * 1e9).astype(np.int64), np.append(np.ones(count - 1, np.bool_), False)


def walked(rate: float, seed: int, count: int = 28_801, step_s: float = 30.0) -> NDArray[np.float64]:
    """A clock with drift whose variance grows by ``rate`` s^2 a second."""
    steps = np.random.default_rng(seed).normal(0.0, np.sqrt(rate * step_s), count)
    return 1e-4 + 1e-11 * step_s * np.arange(count) + np.cumsum(steps)


def test_the_walk_of_a_made_clock_is_found():
    clock = walked(4e-24, seed=1)[::10]
    offsets, grid, joined = nodes(len(clock))
    (found,) = walk_s2_s(offsets, grid, clock, joined)
    # the median of 2879 correlated differences scatters by 3 %, its square by twice that
    assert found == pytest.approx(4e-24, rel=0.15)
    clock[1000:] += 1e-6
    assert walk_s2_s(offsets, grid, clock, joined)[0] == pytest.approx(found, rel=0.01)


def test_variance_between_nodes_is_that_of_a_made_clock():
    clock = walked(4e-24, seed=2)
    offsets, grid, joined = nodes(len(clock[::10]))
    fraction = np.array([0.0, 0.1, 0.3, 0.5, 0.9])
    said = interpolation_variance_s2(
        np.zeros(5, np.int64), (fraction * 3e11).astype(np.int64) + grid[7], offsets, grid, joined, walk_s2_s(offsets, grid, clock[::10], joined)
    )
    inside = clock[:-1].reshape(-1, 10)
    ends = np.append(inside[1:, 0], clock[-1])
    steps = (fraction * 10).astype(int)
    missed = inside[:, steps] - (inside[:, :1] + (ends - inside[:, 0])[:, None] * fraction)
    assert said[0] == 0.0
    assert said[1:] == pytest.approx(missed.var(axis=0)[1:], rel=0.15)


def test_too_few_nodes_gaps_and_strangers_have_no_variance():
    offsets, grid, joined = nodes(40)
    assert np.isnan(walk_s2_s(np.array([0, 5]), grid[:5], np.zeros(5), joined[:5])).all()
    joined[20] = False
    t = np.array([19.5, 20.5, 21.0, 21.5, 3.0])
    said = interpolation_variance_s2(np.array([0, 0, 0, 0, -1]), (t * 3e11).astype(np.int64), offsets, grid, joined, np.array([1e-24]))
    assert np.isnan(said).tolist() == [False, True, False, False, True]


@pytest.mark.real_data
@pytest.mark.parametrize("letter", "GRCE")
def test_five_minute_clocks_know_how_far_they_stray(wuhan: PreciseOrbits, wuhan_clocks: PreciseClocks, letter: str):
    thin = replace(wuhan_clocks, epochs=wuhan_clocks.epochs[::10], bias_s=wuhan_clocks.bias_s[:, ::10], sigma_s=wuhan_clocks.sigma_s[:, ::10])
    orbit, truth = PreciseOrbit(wuhan, replace(thin, interval_s=300.0)), PreciseOrbit(wuhan, wuhan_clocks)
    between = np.arange(5, 2860, 10)
    sats = np.intersect1d(wuhan.sat[wuhan.sat // 100 == ord(letter)], wuhan_clocks.sat)
    sat, when = np.repeat(sats, len(between)), Epochs(np.tile(wuhan_clocks.epochs.tai_ns[between], len(sats)))
    missed = (orbit.state(sat, when).clock_s - truth.state(sat, when).clock_s).reshape(len(sats), -1)
    said = np.nanmedian(orbit.clock_interpolation_sigma_s(sat, when).reshape(len(sats), -1), axis=1)
    ratio = np.nanstd(missed, axis=1)[np.isfinite(said)] / said[np.isfinite(said)]
    # one satellite more or less like a random walk: GPS clocks wander more from one second to the next than the walk of 5 min says
    assert 0.85 < np.median(ratio) < 1.3
    assert np.percentile(ratio, 90) < 1.5
    # the 30 s table strays less between its nodes, and not at all on them
    fine = truth.clock_interpolation_sigma_s(sat, when)
    assert np.nanmax(fine) == 0.0
