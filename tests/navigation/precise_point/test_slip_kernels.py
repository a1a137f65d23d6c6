"""Slips of every size on made phases, and on the real station whose receiver slips in many satellites at once."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.navigation.precise_point import slip_kernels

F1, F2 = 1602.0e6, 1246.0e6
N = 240


def made(seed: int, noise_m: float = 0.003) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Codes and phases, float64[N, 2], of a satellite whose ionosphere changes by metres."""
    rng = np.random.default_rng(seed)
    t = 30.0 * np.arange(N)
    geometry = 2.2e7 + 400 * t + 0.02 * t**2
    ionosphere = 4.0 + 1.5 * np.sin(t / 2500) + 0.004 * np.cumsum(rng.normal(size=N))
    k = np.array([1.0, (F1 / F2) ** 2])
    code = geometry[:, None] + k * ionosphere[:, None] + rng.normal(0, 0.4, (N, 2))
    phase = geometry[:, None] - k * ionosphere[:, None] + rng.normal(0, noise_m, (N, 2))
    return code, phase


def arcs(
    code: NDArray[np.float64],
    phase: NDArray[np.float64],
    slipped: NDArray[np.bool_] | None = None,
    *,
    before: NDArray[np.float64] | None = None,
    start_s: float = 0.0,
) -> NDArray[np.int32]:
    return detected(code, phase, slipped, before=before, start_s=start_s)[0]


def detected(
    code: NDArray[np.float64],
    phase: NDArray[np.float64],
    slipped: NDArray[np.bool_] | None = None,
    *,
    before: NDArray[np.float64] | None = None,
    start_s: float = 0.0,
) -> tuple[NDArray[np.int32], NDArray[np.float64], int]:
    """Arcs, what is known at the end, and the arc that goes on from before."""
    n = len(code)
    arc, jump, goes_on, after = np.full(n, -1, np.int32), np.zeros(n), np.full(1, -1, np.int32), np.full((1, 9), np.nan)
    frequency = np.tile([F1, F2], (n, 1))
    flags = np.zeros(n, bool) if slipped is None else slipped
    known = np.full((1, 9), np.nan) if before is None else before
    time_s = start_s + 30.0 * np.arange(n)
    slip_kernels.arcs(np.arange(n), np.zeros(n, np.int32), time_s, code, phase, frequency, flags, 300.0, known, after, arc, jump, goes_on)
    return arc, after, int(goes_on[0])


@pytest.mark.parametrize("cycles", [(1, 0), (0, 1), (1, 1), (-1, -1), (4, 5), (18, 14), (77, 60)])
@pytest.mark.parametrize("seed", range(6))
def test_every_slip_is_found_where_it_is_and_nothing_else(cycles: tuple[int, int], seed: int) -> None:
    code, phase = made(seed)
    # 18 and 14 cycles leave L1 - L2 as it was on these carriers: the wide lane tells them. 9 and 7, two cycles of it, may hide in its noise; they
    # move the ionosphere-free phase by 1.7 m, which the filter's residuals do not miss.
    phase[100:] += np.array(cycles) * SPEED_OF_LIGHT_M_S / np.array([F1, F2])
    arc = arcs(code, phase)
    assert (arc[:100] == arc[0]).all()
    assert (arc[100:] == arc[100]).all()
    assert arc[100] != arc[99]


@pytest.mark.parametrize("seed", range(6))
def test_a_noisy_satellite_keeps_its_arc(seed: int) -> None:
    code, phase = made(seed, noise_m=0.012)
    assert len(np.unique(arcs(code, phase))) == 1  # 5 sigma of a scatter that is learned


def test_a_short_gap_is_bridged_a_long_one_is_not() -> None:
    code, phase = made(1)
    phase[50:55] = np.nan
    phase[150:162] = np.nan
    arc = arcs(code, phase)
    assert (arc[50:55] == -1).all()
    assert arc[49] == arc[55]
    assert arc[149] != arc[162]


def test_what_the_receiver_tells_counts() -> None:
    code, phase = made(2)
    flags = np.zeros(N, bool)
    flags[80] = True
    arc = arcs(code, phase, flags)
    assert arc[79] != arc[80]


def test_what_is_known_at_the_end_goes_on_in_the_next_file() -> None:
    code, phase = made(4)
    whole, at_end, _ = detected(code, phase)
    first, half, _ = detected(code[:120], phase[:120])
    second, last, goes_on = detected(code[120:], phase[120:], before=half, start_s=3600.0)
    assert len(np.unique(whole)) == len(np.unique(first)) == len(np.unique(second)) == 1
    assert goes_on == second[0]
    np.testing.assert_array_equal(last, at_end)


def test_a_slip_between_two_files_does_not_go_on() -> None:
    code, phase = made(5)
    phase[120:, 0] += SPEED_OF_LIGHT_M_S / F1
    _, half, _ = detected(code[:120], phase[:120])
    assert detected(code[120:], phase[120:], before=half, start_s=3600.0)[2] == -1
