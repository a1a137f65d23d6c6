from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

from armillary.core.epochs import Epochs
from armillary.core.navigation_messages import SystemTimeOffset
from armillary.core.registry import constellation
from armillary.core.table import Table
from armillary.monitoring.time_offset import Route, broadcast_routes, receiver_route, receivers_together, route_table

NOON = Epochs(np.array([1_700_000_000_000_000_000]))
R, C = constellation("R"), constellation("C")


def offset(label: str, a0_ns: float, a1: float = 0.0, age_s: float = 0.0) -> SystemTimeOffset:
    return SystemTimeOffset(label, a0_ns * 1e-9, a1, 0.0, int(NOON.tai_ns[0]) - int(age_s * 1e9))


def test_a_direct_offset_is_turned_to_goal_minus_start() -> None:
    # BDGL is time of BeiDou less time of GLONASS (RINEX 4.02, STO record), which is goal - start here
    (route,) = broadcast_routes("GL", "BD", [offset("BDGL", 18.0)], NOON)
    assert_allclose(route.offset_s, 18e-9)
    (back,) = broadcast_routes("BD", "GL", [offset("BDGL", 18.0)], NOON)
    assert_allclose(back.offset_s, -18e-9)


def test_chains_pass_through_other_times_and_add_their_variances() -> None:
    routes = broadcast_routes("GL", "BD", [offset("GLUT", -6.0), offset("BDUT", -4.0), offset("GLGP", 5.0), offset("BDGP", 9.0)], NOON)
    # BD - GL = (BD - UT) - (GL - UT) = 2 ns, and (BD - GP) - (GL - GP) = 4 ns
    assert_allclose(sorted(route.offset_s for route in routes), [2e-9, 4e-9])
    assert_allclose([route.sigma_s for route in routes], 2**0.5 * 10e-9)


def test_the_rate_carries_an_offset_to_the_instant() -> None:
    (route,) = broadcast_routes("GP", "UT", [offset("GPUT", 1.0, a1=1e-14, age_s=86_400.0)], NOON)
    assert_allclose(route.offset_s, -(1e-9 + 86_400 * 1e-14))


def test_an_offset_left_at_zero_is_no_route() -> None:
    assert broadcast_routes("GL", "BD", [offset("BDGL", 0.0)], NOON) == []


def clocks(c_less_r_ns: float, seed: int = 1) -> Table:
    noise = np.random.default_rng(seed).normal(0.0, 1e-9, 200)
    t = np.arange(100) * 30_000_000_000
    r = 1e-6 + noise[:100]
    c = r + c_less_r_ns * 1e-9 + noise[100:]
    return Table(
        {"member": np.repeat("both", 200), "system": np.repeat(["R", "C"], 100), "clock_s": np.concatenate([r, c])},
        epochs=Epochs(np.concatenate([t, t])),
    )


def test_a_receiver_that_reads_a_later_clock_sees_an_earlier_system() -> None:
    route = receiver_route("TEST", R, C, clocks(-24.8), "both")
    assert route is not None
    # the receiver less C is 24.8 ns smaller than the receiver less R, so C is ahead; 1 ns noise over 100 epochs: 0.13 ns, here five sigma
    assert_allclose(route.offset_s, 24.8e-9, atol=0.65e-9)
    assert_allclose(route.sigma_s, 1e-9, rtol=0.4)


def test_a_delay_moves_the_offset_and_widens_it() -> None:
    plain = receiver_route("TEST", R, C, clocks(-24.8), "both")
    moved = receiver_route("TEST", R, C, clocks(-24.8), "both", pair_delay_s={"R": (-13e-9, 3e-9), "C": (-4e-9, 4e-9)})
    assert plain is not None and moved is not None
    assert_allclose(moved.offset_s - plain.offset_s, -9e-9, atol=1e-15)
    assert moved.sigma_s > 5e-9


def test_no_common_epoch_is_no_route() -> None:
    table = clocks(1.0)
    only = table.where(table["system"] == "R")
    assert receiver_route("TEST", R, C, only, "both") is None


def test_a_route_far_from_the_broadcast_ones_is_flagged() -> None:
    table = route_table([Route("a", 1e-9, 2e-9, "broadcast"), Route("b", 2e-9, 2e-9, "broadcast"), Route("x", 40e-9, 2e-9, "receiver")])
    assert table["agrees"].tolist() == [True, True, False]


@pytest.mark.slow
@pytest.mark.real_data
def test_nist_sees_beidou_24_ns_from_glonass(data_dir) -> None:
    from armillary.core.federation import federation
    from armillary.services.time_offset import time_offset

    day = data_dir / "gnss" / "2023-001"
    answer = time_offset(federation("glonass+beidou"), [next(day.glob("NIST*01D_30S*"))], nav=[day / "BRDC00IGS_R_20230010000_01D_MN.rnx.gz"])
    rows = {row["route"]: row for row in answer.summary.rows() if row["pair"] == "beidou-glonass"}
    # precise point positioning on the same day: 24.57 ns, std 0.32; codes alone carry multipath and group delays of some nanoseconds
    assert abs(rows["receiver NIST ionosphere-free"]["offset_ns"] - 24.6) < 4.0
    assert "broadcast GLUT BDUT" in rows


def test_receivers_together_are_the_median_with_the_scatter_of_their_delays() -> None:
    seen = [Route(f"receiver S{i}", value * 1e-9, 1e-9, "receiver") for i, value in enumerate((10.0, 14.0, 30.0))]
    (together,) = receivers_together(
        [*seen, Route("receiver S0 ionosphere-free", 5e-9, 1e-9, "receiver"), Route("broadcast BDGL", 2e-9, 1e-9, "broadcast")]
    )
    assert together.name == "3 receivers together"
    assert_allclose(together.offset_s, 14e-9)
    # standard deviation of 10, 14, 30: sqrt((8^2 + 4^2 + 12^2) / 2) = 10.583; of a median of n normal values: sqrt(pi / 2n) of that
    assert_allclose(together.sigma_s, 10.583e-9 * (np.pi / 6) ** 0.5, rtol=1e-4)
    table = route_table([*seen, together])
    assert_allclose(table["receiver_bias_ns"], [-4.0, 0.0, 16.0, np.nan])


def test_receivers_that_agree_are_no_surer_than_their_own_sigma() -> None:
    seen = [Route(f"receiver S{i} ionosphere-free", 7e-9, 2e-9, "receiver") for i in range(4)]
    (together,) = receivers_together(seen)
    assert together.name == "4 receivers together ionosphere-free"
    assert_allclose(together.sigma_s, 2e-9 * (np.pi / 8) ** 0.5)


def test_one_receiver_cannot_be_told_from_its_delay() -> None:
    alone = [Route("receiver S0", 7e-9, 2e-9, "receiver")]
    assert receivers_together(alone) == []
    assert np.isnan(route_table(alone)["receiver_bias_ns"]).all()
