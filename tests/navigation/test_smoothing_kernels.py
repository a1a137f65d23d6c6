"""Arcs of unbroken phase and codes levelled on them: one simulated pass after another, with every part of the signals known."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from numpy.typing import NDArray

from armillary.navigation import smoothing_kernels as kernels

LIGHT = 299_792_458.0
PAIRS = {"G": (1575.42e6, 1227.6e6), "R": (1602.0e6, 1246.0e6), "C": (1561.098e6, 1268.52e6), "E": (1575.42e6, 1176.45e6)}
STEP_S = 30.0
GAP_S = 300.0
Floats = NDArray[np.float64]


@dataclass
class Pass:
    """Codes and phases of one satellite: range + ionosphere with its sign + constant + noise."""

    pair: str = "G"
    n: int = 480
    code_sigma_m: float = 0.3
    phase_sigma_m: float = 0.003
    seed: int = 1
    time_s: Floats = field(init=False)
    code: Floats = field(init=False)
    phase: Floats = field(init=False)
    clean: Floats = field(init=False)
    noise: Floats = field(init=False)

    def __post_init__(self) -> None:
        rng = np.random.default_rng(self.seed)
        self.time_s = STEP_S * np.arange(self.n)
        k = (PAIRS["G"][0] / np.array(PAIRS[self.pair])) ** 2
        u = np.linspace(-1, 1, self.n)
        # 12 m on the horizon, 4 m at the zenith, over 4 h: what a mid-latitude noon makes
        ionosphere = 4.0 + 8.0 * u**2
        range_m = 2.1e7 + 3e6 * u**2
        self.clean = range_m[:, None] + k * ionosphere[:, None]
        self.noise = rng.normal(0.0, self.code_sigma_m, (self.n, 2))
        self.code = self.clean + self.noise
        constants = np.array([1234.5, -777.7])
        self.phase = range_m[:, None] - k * ionosphere[:, None] + constants + rng.normal(0.0, self.phase_sigma_m, (self.n, 2))

    @property
    def wavelength(self) -> Floats:
        return LIGHT / np.array(PAIRS[self.pair])


def arcs(p: Pass, *, slipped: NDArray[np.bool_] | None = None, satellite_of: NDArray[np.int32] | None = None) -> tuple[NDArray[np.int32], int]:
    arc = np.full(p.n, -7, np.int32)
    n = kernels.arcs(
        np.arange(p.n),
        np.zeros(p.n, np.int32) if satellite_of is None else satellite_of,
        p.time_s,
        p.code,
        p.phase,
        np.tile(PAIRS[p.pair], (p.n, 1)),
        np.zeros(p.n, bool) if slipped is None else slipped,
        GAP_S,
        arc,
    )
    return arc, n


def level(p: Pass, weight: Floats | None = None, *, causal: bool = False) -> tuple[Floats, Floats]:
    arc, n = arcs(p)
    smoothed, count = np.zeros((p.n, 2)), np.zeros((p.n, 2))
    w = np.ones(p.n) if weight is None else weight
    kernels.level(np.arange(p.n), arc, n, p.code, p.phase, np.tile(PAIRS[p.pair], (p.n, 1)), w, causal, smoothed, count)
    return smoothed, count


def single(p: Pass, *, causal: bool = False, redundancy: float = 10.0 / 3.0) -> tuple[Floats, Floats]:
    p.phase[:, 1] = np.nan
    arc, _ = arcs(p)
    smoothed, count = p.code.copy(), np.ones((p.n, 2))
    kernels.level_single(np.arange(p.n), arc, p.time_s, p.code, p.phase, np.ones(p.n), redundancy, causal, smoothed, count)
    return smoothed, count


# Arcs ----------------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("seed", range(5))
def test_an_unbroken_pass_is_one_arc(pair: str, seed: int) -> None:
    arc, n = arcs(Pass(pair, seed=seed))
    assert n == 1 and (arc == 0).all()


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize("cycles", [(1, 0), (0, 1), (-1, 0), (0, -1), (4, 4), (-4, -4), (5, 0), (100, 100), (1000, -3)])
def test_slips_split_the_arc_where_they_happen(pair: str, cycles: tuple[int, int]) -> None:
    """One cycle of one carrier is 19 to 26 cm of L1 - L2; of four on both 17 to 26 cm are left; the limit is 15 cm at 30 s."""
    p = Pass(pair)
    p.phase[200:] += np.array(cycles) * p.wavelength
    arc, n = arcs(p)
    assert n == 2
    assert (arc[:200] == 0).all() and (arc[200:] == 1).all()


@pytest.mark.parametrize("cycles", [(9, 7), (77, 60), (5, 4)])
def test_slips_that_leave_the_geometry_free_combination_alone_show_in_the_wide_lane(cycles: tuple[int, int]) -> None:
    """Of (9, 7) 3 mm of L1 - L2 are left and two wide lanes, of (5, 4) one wide lane: the promise begins at three."""
    p = Pass("G", code_sigma_m=0.1)
    p.phase[200:] += np.array(cycles) * p.wavelength
    assert arcs(p)[1] == (2 if cycles[0] - cycles[1] > 2 else 1)


@pytest.mark.parametrize("cycles", [80, -200, 10_000])
def test_a_large_slip_of_a_single_carrier_splits(cycles: int) -> None:
    """80 cycles are 15 m, the jump of code minus phase that no noise makes."""
    p = Pass()
    p.phase[:, 1] = np.nan
    p.phase[200:, 0] += 1.01 * cycles * p.wavelength[0]
    arc, n = arcs(p)
    assert n == 2 and arc[199] == 0 and arc[200] == 1


def test_loss_of_lock_splits() -> None:
    slipped = np.zeros(480, bool)
    slipped[[100, 300]] = True
    arc, n = arcs(Pass(), slipped=slipped)
    assert n == 3 and np.flatnonzero(np.diff(arc)).tolist() == [99, 299]


def test_loss_of_lock_told_at_a_row_without_a_code_is_not_forgotten() -> None:
    p = Pass()
    p.code[100] = np.nan
    slipped = np.zeros(480, bool)
    slipped[100] = True
    arc, n = arcs(p, slipped=slipped)
    assert n == 2 and arc[99] == 0 and arc[100] == -1 and arc[101] == 1


@pytest.mark.parametrize("missing, n_arcs", [(9, 1), (10, 2), (100, 2)])
def test_gaps_longer_than_allowed_split(missing: int, n_arcs: int) -> None:
    p = Pass()
    p.phase[200 : 200 + missing] = np.nan
    arc, n = arcs(p)
    assert n == n_arcs
    assert (arc[200 : 200 + missing] == -1).all()


def test_the_next_satellite_begins_its_own_arc() -> None:
    arc, n = arcs(Pass(), satellite_of=np.repeat(np.array([3, 5], np.int32), 240))
    assert n == 2 and np.flatnonzero(np.diff(arc)).tolist() == [239]


def test_no_phase_no_arc() -> None:
    p = Pass()
    p.phase[:] = np.nan
    arc, n = arcs(p)
    assert n == 0 and (arc == -1).all()


# Two phases ----------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", PAIRS)
def test_levelled_codes_are_off_by_the_mean_of_their_noise_whatever_the_ionosphere_does(pair: str) -> None:
    p = Pass(pair, phase_sigma_m=0.0)
    smoothed, count = level(p)
    # 4 h of ionosphere swing by 8 m: none of it may remain. Metres of 2e7 m in float64 leave 1e-8.
    assert np.allclose(smoothed - p.clean, p.noise.mean(axis=0), atol=1e-6)
    assert (count == p.n).all()


def test_weights_weigh() -> None:
    p = Pass(phase_sigma_m=0.0)
    weight = np.random.default_rng(0).uniform(0.1, 1.0, p.n)
    smoothed, count = level(p, weight)
    assert np.allclose(smoothed - p.clean, np.average(p.noise, axis=0, weights=weight), atol=1e-6)
    assert np.allclose(count[:, 0], weight.sum() / weight)


def test_phase_noise_is_amplified_no_more_than_the_combination_does() -> None:
    p = Pass("G", code_sigma_m=0.0, phase_sigma_m=0.003)
    smoothed, _ = level(p)
    # sigma of L1 + 2 (L1 - L2) / 0.647 is 5.1 times that of a phase
    assert 4.0 * 0.003 < np.std(smoothed[:, 0] - p.clean[:, 0]) < 6.0 * 0.003


def test_causal_levels_are_running_means() -> None:
    p = Pass(phase_sigma_m=0.0)
    smoothed, count = level(p, causal=True)
    running = np.cumsum(p.noise, axis=0) / np.arange(1, p.n + 1)[:, None]
    assert np.allclose(smoothed - p.clean, running, atol=1e-6)
    assert count[:, 0].tolist() == list(range(1, p.n + 1))


@pytest.mark.parametrize("phases", [2, 1])
def test_causal_knows_nothing_of_what_follows(phases: int) -> None:
    def smoothed_of(p: Pass) -> Floats:
        return level(p, causal=True)[0] if phases == 2 else single(p, causal=True)[0]

    one, other = Pass(), Pass()
    other.code[300:] += 50.0
    other.phase[300:] -= 777.0
    assert np.array_equal(smoothed_of(one)[:300], smoothed_of(other)[:300], equal_nan=True)


def test_whole_arcs_do_know_what_follows() -> None:
    one, other = Pass(), Pass()
    other.code[300:] += 0.5
    # 180 of 480 codes moved by half a metre
    assert np.allclose(level(other)[0][:300] - level(one)[0][:300], 0.5 * 180 / 480, atol=1e-6)


def test_an_arc_does_not_speak_for_the_next() -> None:
    p = Pass(phase_sigma_m=0.0)
    p.phase[200:] += 1e4
    smoothed, count = level(p)
    assert np.allclose(smoothed[:200] - p.clean[:200], p.noise[:200].mean(axis=0), atol=1e-6)
    assert np.allclose(smoothed[200:] - p.clean[200:], p.noise[200:].mean(axis=0), atol=1e-6)
    assert count[0, 0] == 200 and count[-1, 0] == 280


def test_rows_without_phase_keep_their_code() -> None:
    p = Pass()
    p.phase[50:60] = np.nan
    smoothed, count = level(p)
    assert np.array_equal(smoothed[50:60], p.code[50:60]) and (count[50:60] == 1.0).all()


# One phase -----------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("causal", [False, True])
def test_a_steady_divergence_leaves_no_lag(causal: bool) -> None:
    """The ordinary filter of 100 epochs lags by twice the rate of the ionosphere times 50 min: metres."""
    p = Pass(code_sigma_m=0.0, phase_sigma_m=0.0)
    k = np.linspace(0.0, 8.0, p.n)
    p.code[:, 0], p.phase[:, 0] = 2e7 + k, 2e7 - k
    smoothed, _ = single(p, causal=causal)
    # 1.1 mm/s times 300 s would be 0.33 m. The slope is held to 1.5 mm/s by a prior, which leaves a tenth of it where codes stand on one side
    # only, more while an arc is young.
    assert np.abs(smoothed[:, 0] - p.code[:, 0]).max() < 0.1
    if not causal:
        assert np.abs(smoothed[100:-100, 0] - p.code[100:-100, 0]).max() < 1e-4


@pytest.mark.parametrize("causal, factor", [(False, 0.35), (True, 0.75)])
def test_noise_comes_down_and_the_curve_of_a_pass_stays(causal: bool, factor: float) -> None:
    """The window of 300 s holds some 20 codes on each side at 30 s; independent noise here, so the line fit leaves 1/4 of it (1/2 from one side)."""
    p = Pass(phase_sigma_m=0.0)
    smoothed, count = single(p, causal=causal)
    error = smoothed[:, 0] - p.clean[:, 0]
    assert np.sqrt(np.mean(error[100:-100] ** 2)) < factor * 0.3
    # what is claimed agrees with what is there, apart from the curvature (d'' tau^2 is 0.06 m in this pass) and, from one side, a tenth of the lag
    claimed = 0.3 / np.sqrt(count[100:-100, 0])
    assert 0.7 < np.sqrt(np.mean(error[100:-100] ** 2)) / np.sqrt(np.mean(claimed**2)) < 1.6


def test_single_leaves_rows_with_two_phases_alone() -> None:
    p = Pass()
    arc, _ = arcs(p)
    smoothed, count = np.full((p.n, 2), 5.0), np.full((p.n, 2), 6.0)
    kernels.level_single(np.arange(p.n), arc, p.time_s, p.code, p.phase, np.ones(p.n), 1.0, False, smoothed, count)
    assert (smoothed == 5.0).all() and (count == 6.0).all()


def test_order_says_which_rows_follow_each_other() -> None:
    """Rows of two satellites interleaved by epoch, as files have them, against each by itself."""
    p = Pass()
    q = Pass("C", seed=2)
    code, phase = (np.stack([getattr(p, a), getattr(q, a)], axis=1).reshape(960, 2) for a in ("code", "phase"))
    frequency = np.tile([PAIRS["G"], PAIRS["C"]], (480, 1))
    order = np.concatenate([np.arange(0, 960, 2), np.arange(1, 960, 2)])
    arc = np.empty(960, np.int32)
    n = kernels.arcs(order, np.tile(np.array([0, 1], np.int32), 480), np.repeat(p.time_s, 2), code, phase, frequency, np.zeros(960, bool), GAP_S, arc)
    smoothed, count = np.empty((960, 2)), np.empty((960, 2))
    kernels.level(order, arc, n, code, phase, frequency, np.ones(960), False, smoothed, count)
    assert n == 2
    assert np.allclose(smoothed[0::2], level(p)[0], atol=1e-7) and np.allclose(smoothed[1::2], level(q)[0], atol=1e-7)
