"""Arcs that contradict all others: which are told when codes are wrong for hours, and that clean ones are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.navigation.contradiction import many_fail, normalised_biases, normalised_misfit
from armillary.navigation.links import CONTRADICTS, OUTLIER, REASONS, USED, Links
from armillary.navigation.single_point import EstimatorOptions, Solution, solve
from tests.navigation.made_problem import Problem, problem

NAMES = [f"R{i:02d}" for i in range(1, 10)] + [f"C{i:02d}" for i in range(19, 30)]
N_EPOCHS = 240
HALF = 120
PARTS = {"whole": (0, N_EPOCHS), "half": (HALF, N_EPOCHS)}


def made(seed: int) -> Problem:
    """Eight hours in 2 min steps in which every satellite has one arc for each half."""
    p = problem(NAMES, N_EPOCHS, seed=seed)
    rows = p.links.rows
    return replace(p, links=replace(p.links, arc=(2 * rows.satellite_of + (rows.epoch_of >= HALF)).astype(np.int32)))


def located(p: Problem, links: Links) -> Solution:
    return solve(links, p.systems, p.prior, p.prior_sigma, EstimatorOptions())


def wrong(p: Problem, name: str, part: str, signals: tuple[int, ...], size_m: float) -> tuple[Links, np.ndarray]:
    """Links with a fault, and the rows that have it."""
    rows = p.links.rows
    first, last = PARTS[part]
    hit = (rows.satellite_of == sorted(NAMES).index(name)) & (rows.epoch_of >= first) & (rows.epoch_of < last)
    z = p.links.z_m.copy()
    z[np.ix_(hit, signals)] += size_m
    return replace(p.links, z_m=z), hit


def error_m(p: Problem, found: Solution) -> float:
    return float(np.sqrt(np.mean(np.sum((found.solution[:, :3] - p.true_offset_m) ** 2, axis=1))))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("signals", [(0, 1), (0,), (1,)], ids=["both", "first", "second"])
@pytest.mark.parametrize(("name", "size_m"), [("R04", 60.0), ("R07", -140.0), ("C21", 30.0), ("C26", -140.0)])
def test_a_satellite_that_is_wrong_for_hours_is_named_and_harms_nobody(name: str, size_m: float, signals: tuple[int, ...], part: str) -> None:
    p = made(3)
    links, hit = wrong(p, name, part, signals, size_m)
    found = located(p, links)
    assert np.isin(found.state[hit], (OUTLIER, CONTRADICTS)).all()
    assert (found.state[~hit] != USED).sum() < 0.01 * (~hit).sum()
    # one of 20 satellites less; the position would be off by metres
    without = located(p, replace(p.links, state=np.where(hit, OUTLIER, p.links.state).astype(np.uint8)))
    assert error_m(p, found) < 1.01 * max(error_m(p, without), error_m(p, located(p, p.links)))
    assert REASONS[CONTRADICTS].startswith("contradicts all others")


def test_two_satellites_that_are_wrong_all_day_are_both_named() -> None:
    p = made(4)
    links, first = wrong(p, "R04", "whole", (0, 1), 100.0)
    links, second = wrong(replace(p, links=links), "C22", "whole", (0, 1), 100.0)
    found = located(p, links)
    assert (found.state[first | second] != USED).all() and (found.state[~(first | second)] == USED).mean() > 0.99
    assert error_m(p, found) < 1.2 * error_m(p, located(p, p.links))


@pytest.mark.parametrize("seed", range(4))
def test_clean_arcs_are_left_alone(seed: int) -> None:
    assert not (located(made(seed), made(seed).links).state == CONTRADICTS).any()


def test_jumps_that_break_no_arc_are_left_to_the_epochs() -> None:
    """Clocks of satellites jump by 900 m, and codes and phases with them: no bias of an arc, and no reason to distrust half of the sky."""
    p = made(5)
    rows = p.links.rows
    z = p.links.z_m.copy()
    hit = (rows.satellite_of < 3) & (rows.epoch_of > 80) & (rows.epoch_of < 160)
    z[hit] += 900.0 * np.where(rows.satellite_of[hit] == 1, -1.0, 1.0)[:, None]
    found = located(p, replace(p.links, z_m=z))
    assert (found.state[hit] != USED).all() and (found.state[~hit] == USED).mean() > 0.95


def test_a_receiver_that_delays_one_group_by_much_is_no_fault_of_its_satellites() -> None:
    """A metre is usual between BDS-2 and BDS-3 on one signal; a receiver with fifteen has them all the same."""
    p = problem([*NAMES, "C06", "C07", "C09"], N_EPOCHS, seed=6)
    rows = p.links.rows
    old = np.isin(rows.sat, [6706, 6707, 6709])
    z = p.links.z_m + np.where(old, 15.0, 0.0)[:, None]
    found = located(p, replace(p.links, z_m=z, arc=rows.satellite_of.astype(np.int32)))
    assert (found.state == USED).mean() > 0.99
    at = found.biases.names.index("receiver C BDS-2 C2I")
    assert found.bias_m[at] == pytest.approx(15.0 + p.true_bias_m[at], abs=2.0)


def test_normalised_biases_are_normal_where_the_priors_are_true() -> None:
    """Truth of variance v, told by an observation of variance n: the estimate scatters by v / sqrt(v + n), whatever v and n."""
    rng = np.random.default_rng(0)
    v, n = rng.uniform(0.1, 5.0, 20_000), rng.uniform(0.1, 5.0, 20_000)
    observed = rng.normal(0.0, np.sqrt(v)) + rng.normal(0.0, np.sqrt(n))
    estimate, after = observed * v / (v + n), v * n / (v + n)
    size = normalised_biases(estimate, v, after)
    # the mean square of 20,000 normal numbers scatters by 0.01
    assert np.mean(size**2) == pytest.approx(1.0, abs=0.04)
    assert normalised_biases(np.ones(1), np.ones(1), np.ones(1)) == 0.0


def test_misfit_of_rows_left_out_is_normal() -> None:
    """Rows that had no part in a solution, with biases known: their distance from it in its own sigma."""
    p = problem(NAMES, 400, seed=8, biases=False)
    rows = p.links.rows
    out = rows.satellite_of == 5
    options = EstimatorOptions(satellite_biases=False, layer_share=0.0, layer_sigma_m=0.0)
    found = solve(replace(p.links, state=np.where(out, OUTLIER, USED).astype(np.uint8)), p.systems, p.prior, p.prior_sigma, options)
    where = np.flatnonzero(out)
    size = normalised_misfit(p.links, where, found.biases, found.bias_m, p.links.variance_m2[where], found.solution, found.covariance)
    assert np.isfinite(size).all()
    # the larger of two numbers of unit variance, nearly the same one: mean square between 1 and 1.64; biases and layer are a part not stated
    assert 0.6 < np.mean(size**2) < 2.0
    lost = replace(p.links, z_m=p.links.z_m + 40.0)
    assert normalised_misfit(lost, where, found.biases, found.bias_m, p.links.variance_m2[where], found.solution, found.covariance).min() > 4.5


def test_some_rows_of_an_arc_fail_by_chance_and_many_do_not() -> None:
    arc = np.repeat(np.arange(4, dtype=np.int32), 100) - 1
    asked, failed = np.ones(400, np.bool_), np.zeros(400, np.bool_)
    assert not many_fail(arc, asked, failed)
    failed[[110, 150, 390]] = True
    assert not many_fail(arc, asked, failed)
    failed[110:130] = True
    assert many_fail(arc, asked, failed)
