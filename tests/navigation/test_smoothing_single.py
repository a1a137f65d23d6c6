"""Smoothing with one phase: no lag behind a steady ionosphere, less noise, and nothing from the future when causal."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.navigation import smoothing_kernels as kernels

STEP_S = 30.0


def smoothed(code: np.ndarray, phase: np.ndarray, *, arc: np.ndarray | None = None, causal: bool = False) -> tuple[np.ndarray, np.ndarray]:
    n = len(code)
    blank = np.full(n, np.nan)
    out, count = np.stack([code, blank], axis=1), np.ones((n, 2))
    kernels.level_single(
        np.arange(n),
        np.zeros(n, np.int32) if arc is None else arc,
        STEP_S * np.arange(n),
        np.stack([code, blank], axis=1),
        np.stack([phase, blank], axis=1),
        np.ones(n),
        1.0,
        causal,
        out,
        count,
    )
    return out[:, 0], count[:, 0]


def pass_over(n: int, rate_m_s: float, curvature_m_s2: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Code and phase of a satellite whose slant delay changes at a rate: the phase sees it with the other sign."""
    t = STEP_S * np.arange(n)
    range_m = 2.2e7 + 500.0 * t
    delay = 5.0 + rate_m_s * t + 0.5 * curvature_m_s2 * t**2
    return range_m + delay, range_m - delay + 1234.5


@pytest.mark.parametrize("causal", [False, True])
def test_a_steady_ionosphere_leaves_no_lag(causal: bool) -> None:
    code, phase = pass_over(240, 1e-3)
    found, _ = smoothed(code, phase, causal=causal)
    error = found - code
    # a running mean of 300 s lags by 2 x 1e-3 x 300 = 0.6 m; on one side the held slope (4 % here) leaves its share of that, on both nothing
    assert np.abs(error[60:-60]).max() < (0.03 if causal else 1e-4)
    # while an arc is young the slope is held more
    assert np.abs(error).max() < 0.2


def test_curvature_is_what_is_left() -> None:
    curvature = 1e-6
    code, phase = pass_over(480, 0.0, curvature)
    found, _ = smoothed(code, phase)
    # twice the delay's curvature times tau^2; 2 % for the ends of the arc and the held slope
    assert (found - code)[240] == pytest.approx(2 * curvature * 300.0**2, rel=0.02)


@pytest.mark.parametrize("causal", [False, True])
def test_noise_falls_as_the_count_says(causal: bool) -> None:
    code, phase = pass_over(4000, 0.0)
    noise = np.random.default_rng(5).normal(0.0, 0.5, len(code))
    found, count = smoothed(code + noise, phase, causal=causal)
    middle = slice(100, -100)
    ratio = np.std((found - code)[middle]) / (0.5 / np.sqrt(count[middle].mean()))
    # windows of 4 tau: some 100 independent ones on either side of the ratio
    assert ratio == pytest.approx(1.0, abs=0.1)
    assert count[middle].mean() > (7.0 if causal else 35.0)
    assert count.min() >= 1.0 - 1e-9


def test_causal_smoothing_knows_nothing_of_the_future() -> None:
    code, phase = pass_over(200, 1e-3)
    noise = np.random.default_rng(6).normal(0.0, 0.5, 200)
    whole, _ = smoothed(code + noise, phase, causal=True)
    part, _ = smoothed((code + noise)[:120], phase[:120], causal=True)
    assert whole[:120].tolist() == part.tolist()


def test_arcs_stay_apart() -> None:
    code, phase = pass_over(100, 0.0)
    phase[50:] += 37.0
    arc = np.repeat(np.array([0, 1], np.int32), 50)
    found, _ = smoothed(code, phase, arc=arc)
    # rounding of ranges of 2e7 m under weights of a hundred
    assert found == pytest.approx(code, abs=1e-6)


def test_rows_without_phase_stay_as_they_are() -> None:
    code, phase = pass_over(5, 0.0)
    phase[2] = np.nan
    found, count = smoothed(code + 1.0, phase, arc=np.array([0, 0, -1, 0, 0], np.int32))
    assert found[2] == code[2] + 1.0
    assert count[2] == 1.0
