"""The two-level least squares against one dense least squares of everything at once, and what it excludes, flags and refuses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from armillary.navigation.biases import bias_layout
from armillary.navigation.links import NO_CODE, NO_ORBIT, OUTLIER, USED, Links, groups_of
from armillary.navigation.models import ionosphere_free
from armillary.navigation.single_point import EstimatorOptions, Solution, independent, solve
from tests.navigation.made_problem import Problem, expected, only_rows, problem

SOLVED, TOO_FEW, SINGULAR, POOR_GEOMETRY, INCONSISTENT = range(5)
NAMES = [f"R{i:02d}" for i in range(1, 9)] + ["C06", "C11", "C12", "C20", "C21", "C22", "C30", "C36"] + [f"G{i:02d}" for i in range(1, 8)]
EVERY = EstimatorOptions(correlation_s=120.0, layer_share=0.0, most_adapted=1.0)
"""Every epoch counts in full for the biases and no variance adapts, so that nothing but least squares is left."""
ROUGH = EstimatorOptions(satellite_biases=False, layer_share=0.0)
Floats = NDArray[np.float64]


def located(p: Problem, options: EstimatorOptions = EVERY, systems: NDArray[np.bool_] | None = None, links: Links | None = None) -> Solution:
    return solve(p.links if links is None else links, p.systems if systems is None else systems, p.prior, p.prior_sigma, options)


def dense(p: Problem, options: EstimatorOptions) -> tuple[Floats, Floats, int]:
    """Solution and covariance of all epochs and all biases in one least squares with priors; unknowns of epoch e start at ``e * n_local``."""
    links, rows = p.links, p.links.rows
    layout = bias_layout(links, np.ones(len(rows.satellites), bool), satellite_biases=True)
    n_epochs, n_systems = len(rows.epochs), len(rows.constellations)
    n_local = 7 + n_systems
    n = n_epochs * n_local + len(layout.names)
    shapes = {"offset": (n_epochs, 3), "clock": (n_epochs, n_systems), "ionosphere": (n_epochs, 3), "wet": (n_epochs,)}
    design = np.empty((2 * len(rows.sat), n))
    for column in range(n):  # the model is linear: its columns are what it says of unit unknowns
        given = {name: np.zeros(shape) for name, shape in shapes.items()}
        bias = np.zeros(len(layout.names))
        e, i = divmod(column, n_local)
        if e >= n_epochs:
            bias[column - n_epochs * n_local] = 1.0
        elif i < 3:
            given["offset"][e, i] = 1.0
        elif i < 3 + n_systems:
            given["clock"][e, i - 3] = 1.0
        elif i < 6 + n_systems:
            given["ionosphere"][e, i - 3 - n_systems] = 1.0
        else:
            given["wet"][e] = 1.0
        design[:, column] = expected(links, layout, bias=bias, **given).ravel()
    share = 1.0 - np.array([g.slow_share for _, g in groups_of(rows)])[rows.satellite_of]
    weight = np.zeros((2 * len(rows.sat), 2 * len(rows.sat)))
    for r in range(len(rows.sat)):
        slant = options.layer_sigma_m * links.ionosphere[r, 0] * links.k[r]
        covariance = links.variance_m2[r, 0] * share[r] + np.outer(slant, slant) + np.diag(links.variance_m2[r, 1:])
        weight[2 * r : 2 * r + 2, 2 * r : 2 * r + 2] = np.linalg.inv(covariance)
    normal, right = design.T @ weight @ design, design.T @ weight @ links.z_m.ravel()
    for e in range(n_epochs):
        first = e * n_local + 3 + n_systems
        for i, (mean, sigma) in enumerate(zip([*p.prior[e], 0.0], [*p.prior_sigma[e], options.wet_sigma_m], strict=True)):
            normal[first + i, first + i] += sigma**-2
            right[first + i] += mean * sigma**-2
    last = np.arange(n_epochs * n_local, n)
    normal[last, last] += layout.sigma_m**-2
    covariance = np.linalg.inv(normal)
    return covariance @ right, covariance, n_local


@pytest.mark.parametrize("names", [NAMES, NAMES[:8], NAMES[8:16], NAMES[8:]], ids=["RCG", "R", "C", "CG"])
def test_two_levels_are_one_dense_least_squares(names: list[str]) -> None:
    p = problem(names, 5, seed=3)
    found = located(p)
    x, covariance, n_local = dense(p, EVERY)
    n_epochs = 5
    assert (found.flag == SOLVED).all() and (found.state == USED).all()
    # priors of 30 m beside codes of decimetres: 1e5 in the normal matrix, twice over; metres in, so 1e-9 is a nanometre
    assert np.allclose(found.solution.ravel(), x[: n_epochs * n_local], atol=1e-9, rtol=0)
    assert np.allclose(found.bias_m, x[n_epochs * n_local :], atol=1e-9, rtol=0)
    assert np.allclose(found.bias_covariance, covariance[n_epochs * n_local :, n_epochs * n_local :], atol=1e-9, rtol=0)
    n_clocks = 3 + len(p.systems)
    for e in range(n_epochs):
        mine = slice(e * n_local, e * n_local + n_clocks)
        assert np.allclose(found.covariance[e, :n_clocks, :n_clocks], covariance[mine, mine], atol=1e-9, rtol=0)


def test_without_noise_the_truth_comes_back() -> None:
    p = problem(NAMES, 4, noise=False, biases=False)
    found = located(replace(p, prior=p.true_ionosphere))
    assert np.allclose(found.solution[:, :3], p.true_offset_m, atol=1e-9)
    assert np.allclose(found.solution[:, 3:6], p.true_clock_m, atol=1e-9)
    assert np.allclose(found.solution[:, 6:9], p.true_ionosphere, atol=1e-9)
    assert np.nanmax(np.abs(found.residual_m)) < 1e-9 and np.allclose(found.bias_m, 0.0, atol=1e-9)


def test_stated_covariance_is_the_scatter() -> None:
    """Normalised squares of position and clocks over many epochs have the mean of their number, 6: white noise, known biases."""
    p = problem(NAMES, 600, seed=5, biases=False)
    options = EstimatorOptions(correlation_s=120.0, layer_share=0.0, wet_sigma_m=1e-6)
    found = located(replace(p, prior=p.true_ionosphere, prior_sigma=np.full((600, 3), 1e-6)), options)
    error = np.concatenate([found.solution[:, :3] - p.true_offset_m, found.solution[:, 3:6] - p.true_clock_m], axis=1)
    squares = np.einsum("ei,eij,ej->e", error, np.linalg.inv(found.covariance[:, :6, :6]), error)
    # sigma of the mean is sqrt(12 / 600) = 0.14; the biases' part of the covariance (a fifth of it here) does not scatter: the biases are zero
    assert 4.0 < squares.mean() < 6.4


def test_residual_statistic_has_its_degrees_of_freedom() -> None:
    p = problem(NAMES, 300, seed=6, biases=False)
    found = located(p)
    assert (found.statistic[:, 1] == 2 * len(NAMES) - 3 - 3).all()
    # the mean of chi-square over its degrees of freedom, sigma sqrt(2 / 40 / 300) = 0.013; the ionosphere was drawn narrower than its prior,
    # which takes 3 of 40 away
    assert 0.88 < (found.statistic[:, 0] / found.statistic[:, 1]).mean() < 1.03


@pytest.mark.parametrize("letters", ["R", "C", "G", "RC", "CG"])
def test_a_member_is_the_same_whether_masked_or_alone(letters: str) -> None:
    p = problem(NAMES, 8, seed=7)
    rows = p.links.rows
    mine = np.array([c.letter in letters for c in rows.constellations])
    masked = located(p, EstimatorOptions(), mine)
    fewer = only_rows(p.links, mine[rows.constellation_of[rows.satellite_of]], letters)
    alone = located(p, EstimatorOptions(), np.ones(len(letters), bool), fewer)
    columns = [0, 1, 2, *(3 + np.flatnonzero(mine)), *range(6, 10)]
    assert np.allclose(masked.solution[:, columns], alone.solution, atol=1e-9, rtol=0)
    assert np.allclose(masked.covariance[:, columns][:, :, columns], alone.covariance, atol=1e-9, rtol=0)
    assert np.allclose(masked.bias_m, alone.bias_m, atol=1e-9, rtol=0)
    assert np.allclose(masked.dop, alone.dop, rtol=1e-12)
    assert (masked.state[mine[rows.constellation_of[rows.satellite_of]]] == alone.state).all()
    assert (masked.state[~mine[rows.constellation_of[rows.satellite_of]]] > OUTLIER).all()


def test_the_linearisation_point_does_not_matter() -> None:
    """Codes less the range from a point ``d`` away: the offset comes out ``d`` smaller."""
    p = problem(NAMES, 4, seed=8)
    moved = np.array([30.0, -20.0, 40.0])
    z = p.links.z_m + (p.links.line @ moved)[:, None]
    assert np.allclose(located(p, links=replace(p.links, z_m=z)).solution[:, :3], located(p).solution[:, :3] - moved, atol=1e-9)


def test_dilutions_of_a_ring_and_a_zenith() -> None:
    """n satellites at elevation e around one overhead: HDOP = 2 / (cos e sqrt n), VDOP = sqrt((n + 1) / n) / (1 - sin e),
    TDOP = sqrt((1 + n sin2 e) / n) / (1 - sin e)."""
    p = problem([f"G{i:02d}" for i in range(1, 8)], 1)
    n, elevation = 6, np.radians(20.0)
    azimuth = 2 * np.pi * np.arange(n) / n
    ring = np.stack([np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.full(n, np.sin(elevation))], axis=1)
    found = located(p, links=replace(p.links, line=np.concatenate([ring, [[0.0, 0.0, 1.0]]])))
    s = np.sin(elevation)
    h, v, t = 2 / (np.cos(elevation) * np.sqrt(n)), np.sqrt((n + 1) / n) / (1 - s), np.sqrt((1 + n * s * s) / n) / (1 - s)
    assert found.dop[0] == pytest.approx([np.sqrt(h * h + v * v + t * t), np.hypot(h, v), h, v, t], rel=1e-12)


# Faults --------------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n_faults", [1, 2, 3])
@pytest.mark.parametrize("size_m", [25.0, -40.0, 100.0])
def test_faults_are_excluded_and_nothing_else(n_faults: int, size_m: float) -> None:
    """23 satellites, noise of 0.5 to 3 m; every tenth epoch has faults of its own. What is larger links have left out before (test_links)."""
    n_epochs = 60
    p = problem(NAMES, n_epochs, seed=9)
    rng = np.random.default_rng(n_faults)
    z, wrong = p.links.z_m.copy(), np.zeros(len(p.links.state), bool)
    for e in range(0, n_epochs, 10):
        hit = e * len(NAMES) + rng.choice(len(NAMES), n_faults, replace=False)
        z[hit] += (size_m * np.linspace(1.0, 1.5, n_faults))[:, None]
        wrong[hit] = True
    found = located(p, links=replace(p.links, z_m=z))
    assert (found.flag == SOLVED).all()
    assert (found.state[wrong] == OUTLIER).all()
    assert (found.state[~wrong] == OUTLIER).sum() <= 2
    assert np.isnan(found.residual_m[wrong]).all()
    # losing up to three of 23 satellites costs little, and nothing of the faults is left
    assert np.abs(found.solution[:, :3] - p.true_offset_m).max() < np.abs(located(p).solution[:, :3] - p.true_offset_m).max() + 1.5


@pytest.mark.parametrize("signal", [0, 1])
def test_a_fault_of_one_signal_is_found(signal: int) -> None:
    p = problem(NAMES, 3, seed=10)
    z = p.links.z_m.copy()
    z[5, signal] += 30.0
    assert np.flatnonzero(located(p, links=replace(p.links, z_m=z)).state == OUTLIER).tolist() == [5]


def test_clean_noise_is_left_alone_as_often_as_said() -> None:
    """4.5 sigma is passed 7 times in a million: 23 satellites, two signals, 1500 epochs are 69,000 chances, 0.5 expected, 4 once in 600 runs."""
    p = problem(NAMES, 1500, seed=11, biases=False)
    assert (located(p, ROUGH).state == OUTLIER).sum() < 4


def test_a_tighter_limit_excludes_as_often_as_the_normal_distribution_says() -> None:
    p = problem(NAMES, 600, seed=12, biases=False)
    options = EstimatorOptions(correlation_s=120.0, layer_share=0.0, w_limit=3.0)
    rate = (located(p, options).state == OUTLIER).mean()
    # beyond 3 sigma lie 0.27 % of values; a satellite has two
    assert 0.003 < rate < 0.0075


@pytest.mark.parametrize("seed", range(3))
def test_a_satellite_that_is_always_bad_counts_less(seed: int) -> None:
    """A slow error of 8 m where 2 m are usual: too small for each epoch's test beside decimetres of noise, not for the file's."""
    p = problem(NAMES[:8] + NAMES[16:], 60, seed=seed, biases=False)
    rows = p.links.rows
    slow = np.where(rows.sat == rows.satellites[-1], 8.0 * np.sin(rows.epoch_of / 10.0), 0.0)
    hit = located(p, EstimatorOptions(), links=replace(p.links, z_m=p.links.z_m + slow[:, None]))
    clean = located(p, EstimatorOptions())
    worse, best = (np.sqrt(np.mean((s.solution[:, :3] - p.true_offset_m) ** 2)) for s in (hit, clean))
    assert worse < 1.5 * best


def test_what_cannot_be_excluded_is_flagged() -> None:
    """With one satellite more than needed a fault is seen, but not whose it is."""
    p = problem([f"G{i:02d}" for i in range(1, 6)], 2, seed=1)
    z = p.links.z_m.copy()
    z[2] += 300.0
    found = located(p, ROUGH, links=replace(p.links, z_m=z))
    assert found.flag.tolist() == [INCONSISTENT, SOLVED]
    assert (found.state == USED).all()


# Flags ---------------------------------------------------------------------------------------------------------------------------------------------


def test_a_receiver_needs_three_satellites_and_one_per_system() -> None:
    p = problem(["R01", "R02", "G01", "G02", "G03", "G04"], 1)
    for state, flag in (([0, 0, 0, 0, 0, 0], SOLVED), ([0, 2, 0, 0, 0, 0], SOLVED), ([0, 2, 0, 0, 0, 2], TOO_FEW), ([2, 2, 0, 0, 0, 0], SOLVED)):
        # G sorts before R
        links = replace(p.links, state=np.array([*state[2:], *state[:2]], np.uint8))
        found = located(p, links=links)
        assert found.flag.tolist() == [flag], state
        assert np.isnan(found.solution).all() == (flag != SOLVED)


def test_satellites_in_a_row_are_poor_geometry_not_a_position() -> None:
    p = problem([f"G{i:02d}" for i in range(1, 7)], 1)
    line = p.links.line.copy()
    line[:, 0] = 1e-3 * line[:, 0]
    found = located(p, links=replace(p.links, line=line / np.linalg.norm(line, axis=1, keepdims=True)))
    assert found.flag.tolist() == [POOR_GEOMETRY] and found.dop[0, 1] > 30.0
    line[:, 0] = 0.0
    assert located(p, links=replace(p.links, line=line)).flag.tolist() == [SINGULAR]


def test_a_system_without_rows_is_no_obstacle() -> None:
    p = problem(NAMES[8:], 3)
    links = replace(
        p.links, rows=replace(p.links.rows, constellations=(*p.links.rows.constellations, problem(["R01"], 1).links.rows.constellations[0]))
    )
    both = located(p, links=links, systems=np.array([True, True, True]))
    assert np.allclose(both.solution[:, [0, 1, 2]], located(p).solution[:, :3], atol=1e-9)
    nobody = located(p, links=links, systems=np.array([False, False, True]))
    assert (nobody.flag == TOO_FEW).all() and np.isnan(nobody.solution).all() and len(nobody.bias_m) == 0


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("n_epochs", [0, 1])
def test_no_epoch_and_one_epoch(n_epochs: int, causal: bool) -> None:
    p = problem(NAMES, n_epochs)
    found = located(p, EstimatorOptions(causal=causal))
    assert found.flag.tolist() == [SOLVED] * n_epochs and found.solution.shape == (n_epochs, 10)


def test_epochs_without_rows_between_others() -> None:
    p = problem(NAMES, 4)
    keep = p.links.rows.epoch_of != 2
    found = located(p, links=only_rows(p.links, keep, "RCG"))
    assert found.flag.tolist() == [SOLVED, SOLVED, TOO_FEW, SOLVED]


# Correlated errors ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("span_s", [60.0, 3600.0, 5 * 3600.0, 86_400.0])
def test_independent_values_of_a_correlated_error(span_s: float) -> None:
    """The variance of a mean of many values whose correlation fades exponentially, summed one by one; its integral over both sides is 7200 s."""
    n = 2000
    t = np.linspace(0.0, span_s, n)
    variance = np.exp(-np.abs(t[:, None] - t) / 3600.0).mean()
    assert independent(span_s, 7200.0) == pytest.approx(1.0 / variance, rel=2e-3)
    assert independent(0.0, 7200.0) == 1.0


@pytest.mark.slow
def test_an_hour_weighs_satellites_by_what_is_unknown_of_them() -> None:
    """Satellite biases from their priors, one hour: counted as half an epoch, they were hardly taken off and forgotten in the weights (3.1 m)."""
    names = [f"R{i:02d}" for i in range(1, 9)] + ["C19", "C20", "C21", "C22", "C30", "C36", "C40", "C41"]

    def error_m(options: EstimatorOptions) -> float:
        squares = []
        for seed in range(25):
            p = problem(names, 30, seed=100 + seed)
            squares.append(np.mean(np.sum((located(p, options).solution[:, :3] - p.true_offset_m) ** 2, axis=1)))
        return float(np.sqrt(np.mean(squares)))

    # least squares that knows the noise to be white, as it is here, is the best there is; who takes it for correlated may lose a quarter
    assert error_m(EstimatorOptions(layer_share=0.0)) < 1.25 * error_m(EVERY)


# Signals -------------------------------------------------------------------------------------------------------------------------------------------


def test_a_satellite_with_one_signal_stays_in_uncombined_and_says_so_in_ionosphere_free() -> None:
    p = problem(NAMES[8:16], 3, seed=2)
    rows = p.links.rows
    alone = rows.sat == rows.satellites[3]
    z, k = p.links.z_m.copy(), p.links.k.copy()
    z[alone, 1], k[alone, 1] = np.nan, 0.0
    signals = tuple(("C2I", "" if i == 3 else "C6I") for i in range(8))
    links = replace(p.links, z_m=z, k=k, rows=replace(rows, signals=signals))
    uncombined = located(p, links=links)
    assert (uncombined.state[alone] == USED).all() and np.isfinite(uncombined.residual_m[alone, 0]).all()
    free, prior = ionosphere_free(links)
    found = solve(free, p.systems, prior.mean, prior.sigma, EVERY)
    assert (found.state[alone] == NO_CODE).all() and (found.state[~alone] == USED).all() and (found.flag == SOLVED).all()


def test_rows_that_links_reject_stay_rejected() -> None:
    p = problem(NAMES, 2)
    state = p.links.state.copy()
    state[[1, 30]] = NO_ORBIT
    found = located(p, links=replace(p.links, state=state))
    assert np.flatnonzero(found.state == NO_ORBIT).tolist() == [1, 30]


def test_causal_answers_know_nothing_of_what_follows() -> None:
    p = problem(NAMES, 40, seed=4, step_s=30.0)
    options = EstimatorOptions(causal=True)
    before = located(p, options)
    z = p.links.z_m.copy()
    z[24 * len(NAMES) :] += np.random.default_rng(0).normal(0.0, 5.0, z[24 * len(NAMES) :].shape)
    after = located(p, options, links=replace(p.links, z_m=z))
    assert np.array_equal(before.solution[:24], after.solution[:24])
    assert np.array_equal(before.covariance[:24], after.covariance[:24])
    assert not np.array_equal(before.solution[24:], after.solution[24:])


def test_receiver_biases_are_learnt_causally() -> None:
    """A receiver's second signal is 3 m late: epoch after epoch that is less of a surprise."""
    p = problem(NAMES[8:16], 240, seed=13)
    layout = bias_layout(p.links, np.ones(8, bool), satellite_biases=True)
    at = layout.names.index("receiver C BDS-3 C6I-C2I")
    found = located(p, EstimatorOptions(causal=True))
    assert np.sqrt(found.bias_covariance[at, at]) < 2.0
    assert abs(found.bias_m[at] - p.true_bias_m[at]) < 3.0 * np.sqrt(found.bias_covariance[at, at])


@pytest.mark.parametrize("seed", range(4))
def test_first_causal_epochs_learn_receiver_biases_from_themselves(seed: int) -> None:
    """A second signal 25 m late is no fault of nine satellites: taken for zero it flagged the first epochs and moved them."""
    p = problem(NAMES[8:], 8, seed=seed, step_s=30.0, biases=False)
    z = p.links.z_m.copy()
    z[:, 1] += 25.0
    found = located(p, EstimatorOptions(causal=True), links=replace(p.links, z_m=z))
    assert (found.flag == SOLVED).all()
    assert np.abs(found.solution[:, :3] - p.true_offset_m).max() < 12.0
