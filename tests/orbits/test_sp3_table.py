"""Tables: an analytic orbit, real ones with nodes left out, gaps, edges, days joined, clocks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.precise import PreciseClocks, PreciseOrbits, merge
from armillary.errors import InputError
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.orbits.state import BAD_INPUT, NO_CLOCK, NO_DATA, STALE

T0 = 1_672_531_200 * 10**9
LIGHT = 299_792_458.0
DRIFT = 3e-11


def place(t: NDArray[np.float64]) -> NDArray[np.float64]:
    """A circular orbit of 12.9 h seen from the turning Earth, float64[n, 3]."""
    r, n, w = 2.7906e7, 1.354e-4, 7.292e-5
    x, y = r * np.cos(n * t), r * np.sin(n * t) * np.cos(0.96)
    return np.stack([x * np.cos(w * t) + y * np.sin(w * t), -x * np.sin(w * t) + y * np.cos(w * t), r * np.sin(n * t) * np.sin(0.96)], axis=-1)


def made(count: int = 40, start_s: float = 0.0, interval_s: float = 300.0, digits: int | None = 3) -> PreciseOrbits:
    t = start_s + np.arange(count) * interval_s
    position = place(t) if digits is None else np.round(place(t), digits)
    return PreciseOrbits(
        epochs=Epochs((T0 + t * 1e9).astype(np.int64)),
        sat=np.array([6720], np.int16),
        position_m=position[None],
        clock_s=(1e-4 + DRIFT * t)[None],
        velocity_m_s=None,
        clock_rate_s_s=None,
        flags=np.zeros((1, count), np.uint8),
        sigma_exponent=None,
        time_scale="GPST",
        frame="IGS20",
        interval_s=interval_s,
    )


def at(*seconds: float) -> Epochs:
    return Epochs(np.array([T0 + round(s * 1e9) for s in seconds]))


def test_position_and_velocity_inside():
    orbit = PreciseOrbit(made(digits=None))
    t = np.array([3000.0, 3000.001, 4321.5, 5999.9])
    state = orbit.state(6720, at(*t))
    # 11 nodes of 300 s: the 11th derivative of 2.8e7 m at 2e-4 rad/s leaves under 1e-6 m.
    assert np.abs(state.position_m - place(t)).max() < 1e-5
    assert np.abs(state.velocity_m_s - (place(t + 0.5) - place(t - 0.5))).max() < 1e-5
    assert (state.flag == 0).all()


def test_relativity_is_added_and_clock_is_linear():
    state = PreciseOrbit(made()).state(6720, at(4321.5))
    r, v = state.position_m[0], state.velocity_m_s[0]
    # 1e-15 s: rounding of a clock of 1e-4 s in tables of float64.
    assert state.clock_s[0] == pytest.approx(1e-4 + DRIFT * 4321.5 - 2 * r @ v / LIGHT**2, abs=1e-15)
    assert state.clock_drift_s_s[0] == pytest.approx(DRIFT, rel=1e-6)


def test_edges_reach_half_an_interval_and_no_further():
    orbit = PreciseOrbit(made())
    last = 39 * 300.0
    t = np.array([-150.0, -60.0, 10.0, last - 10, last + 60, last + 150])
    state = orbit.state(6720, at(*t))
    # reference/ppp.md: 7 nodes rounded to the millimetre err by 0.2 cm at 60 s and 1.3 cm at 150 s outside.
    assert np.abs(state.position_m - place(t)).max() < 0.02
    assert orbit.state(6720, at(-151.0, last + 151.0)).flag.tolist() == [STALE, STALE]


def test_one_missing_node_is_bridged_and_two_are_a_gap():
    table = made()
    table.position_m[0, 20] = np.nan
    state = PreciseOrbit(table).state(6720, at(20 * 300.0))
    assert np.abs(state.position_m - place(np.array([6000.0]))).max() < 0.01
    table.position_m[0, 21] = np.nan
    orbit = PreciseOrbit(table)
    state = orbit.state(6720, at(19.4 * 300, 20 * 300.0, 20.5 * 300, 21 * 300, 21.6 * 300))
    assert state.flag.tolist() == [0, STALE, STALE, STALE, 0]


def test_a_stretch_too_short_for_a_polynomial_is_not_used():
    table = made()
    table.position_m[0, [10, 11, 16, 17]] = np.nan
    assert PreciseOrbit(table).state(6720, at(13.5 * 300)).flag[0] == STALE


def test_manoeuvre_splits_the_table():
    table = made()
    table.flags[0, 20] = 4
    table.position_m[0, 20:] += 500.0
    orbit = PreciseOrbit(table)
    t = np.array([18.5 * 300, 19.6 * 300, 20.5 * 300])
    # The jump of 500 m stands between nodes 19 and 20: an instant belongs to the side whose last node is within 150 s.
    expected = place(t) + np.array([[0.0], [500.0], [500.0]])
    assert np.abs(orbit.state(6720, at(*t)).position_m - expected).max() < 0.02


def test_clock_is_not_interpolated_across_gaps_and_events():
    table = made()
    table.clock_s[0, [10, 11]] = np.nan
    table.flags[0, 20] = 1
    orbit = PreciseOrbit(table)
    state = orbit.state(6720, at(9.5 * 300, 10.5 * 300, 19.5 * 300, 20.5 * 300))
    assert state.flag.tolist() == [NO_CLOCK, NO_CLOCK, NO_CLOCK, 0]
    assert np.isfinite(state.position_m).all()
    assert np.isnan(state.clock_s[:3]).all()


def test_a_clock_reaches_a_second_beyond_its_nodes_and_no_farther():
    orbit = PreciseOrbit(made(), clock_table(3000, 20, 5e-5))
    # a signal received at the first node left 0.07 s before it
    first = orbit.state_at_transmission(6720, at(3000.0), 2.1e7)
    assert first.flag[0] == 0
    state = orbit.state(6720, at(2999.01, 2998.99, 3570.99, 3571.01))
    assert state.flag.tolist() == [0, NO_CLOCK, 0, NO_CLOCK]
    r, v = state.position_m[0], state.velocity_m_s[0]
    assert state.clock_s[0] == pytest.approx(5e-5 + DRIFT * 2999.01 - 2 * r @ v / LIGHT**2, abs=1e-15)
    assert state.clock_drift_s_s[[0, 2]] == pytest.approx(DRIFT, rel=1e-6)
    # inside, an event and a gap stay what they are
    table = made()
    table.flags[0, 20] = 1
    assert PreciseOrbit(table).state(6720, at(19.999 * 300)).flag[0] == NO_CLOCK


def test_transmission_instant_solves_the_implicit_equation():
    orbit = PreciseOrbit(made())
    sent = orbit.state_at_transmission(6720, at(5000.0), 2.4e7)
    again = orbit.state(6720, at(5000.0).shifted(-2.4e7 / LIGHT - sent.clock_s[0]))
    # Epochs are rounded to 1 ns (3e-6 m).
    assert np.abs(sent.position_m - again.position_m).max() < 5e-6
    assert orbit.state_at_transmission(6720, at(5000.0), np.nan).flag[0] == BAD_INPUT


def test_unknown_satellite_and_bad_windows():
    assert PreciseOrbit(made()).state(8201, at(5000.0)).flag[0] == NO_DATA
    with pytest.raises(InputError, match="edge_nodes <= nodes"):
        PreciseOrbit(made(), nodes=5, edge_nodes=7)


def test_days_joined_have_no_seam():
    one, two = made(30), made(30, start_s=29 * 300.0)
    joined = merge([one, two])
    assert len(joined.epochs) == 59
    t = np.array([28.5 * 300, 29.0 * 300, 29.5 * 300])
    state = PreciseOrbit(joined).state(6720, at(*t))
    # Rounding of the nodes to 1 mm.
    assert np.abs(state.position_m - place(t)).max() < 1e-3


def clock_table(start: int, count: int, offset: float) -> PreciseClocks:
    t = start + np.arange(count) * 30
    return PreciseClocks(
        epochs=Epochs(T0 + t * 10**9),
        sat=np.array([6720], np.int16),
        bias_s=(offset + DRIFT * t)[None],
        sigma_s=np.full((1, count), np.nan),
        receivers=(),
        receiver_bias_s=np.empty((0, count)),
        time_scale="GPST",
        interval_s=30.0,
    )


def test_clock_file_replaces_the_table_of_the_orbit():
    clocks = merge([clock_table(3000, 20, 5e-5), clock_table(3600, 20, 5e-5)])
    orbit = PreciseOrbit(made(), clocks)
    state = orbit.state(6720, at(3315.0, 3585.0, 6000.0))
    r, v = state.position_m[0], state.velocity_m_s[0]
    assert state.clock_s[0] == pytest.approx(5e-5 + DRIFT * 3315.0 - 2 * r @ v / LIGHT**2, abs=1e-15)
    assert state.flag.tolist() == [0, 0, NO_CLOCK]


@pytest.mark.real_data
def test_nodes_left_out_of_a_real_table_come_back(wuhan: PreciseOrbits):
    thin = replace(
        wuhan,
        epochs=wuhan.epochs[::2],
        position_m=wuhan.position_m[:, ::2],
        clock_s=wuhan.clock_s[:, ::2],
        flags=wuhan.flags[:, ::2],
        interval_s=600.0,
    )
    left_out = np.arange(21, 267, 2)
    sat = np.repeat(wuhan.sat, len(left_out))
    state = PreciseOrbit(thin).state(sat, Epochs(np.tile(wuhan.epochs.tai_ns[left_out], len(wuhan.sat))))
    error = np.linalg.norm(state.position_m - wuhan.position_m[:, left_out].reshape(-1, 3), axis=1)
    # Both the nodes and the answer are rounded to 1 mm per component (0.5 mm RMS in 3D); truncation of 11 nodes of 10 min is 0.2 mm.
    assert np.nanpercentile(error, 99) < 2e-3
    assert np.nanmax(error) < 5e-3


@pytest.mark.real_data
def test_clocks_of_the_file_agree_with_those_of_the_orbit_table(wuhan: PreciseOrbits, wuhan_clocks: PreciseClocks):
    epochs = wuhan.epochs[::12]
    common = np.intersect1d(wuhan.sat, wuhan_clocks.sat)
    sat, when = np.repeat(common, len(epochs)), Epochs(np.tile(epochs.tai_ns, len(common)))
    a = PreciseOrbit(wuhan).state(sat, when).clock_s
    b = PreciseOrbit(wuhan, wuhan_clocks).state(sat, when).clock_s
    both = np.isfinite(a) & np.isfinite(b)
    assert both.sum() > 2000
    # The orbit table is rounded to 1 ps.
    assert np.percentile(np.abs(a - b)[both], 99) < 2e-12
