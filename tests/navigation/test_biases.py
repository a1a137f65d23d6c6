"""Which code biases each signal sees, and what is known of them beforehand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.navigation.biases import BiasLayout, bias_layout
from armillary.navigation.links import NO_ORBIT, Links
from tests.navigation.made_problem import problem

TWO = ("R01", "R02", "C06", "C20", "C21")


def layout_of(links: Links, *, satellite_biases: bool = True, chosen: tuple[int, ...] | None = None) -> BiasLayout:
    n = len(links.rows.satellites)
    mine = np.ones(n, bool) if chosen is None else np.isin(np.arange(n), chosen)
    return bias_layout(links, mine, satellite_biases=satellite_biases)


def seen(layout: BiasLayout, sat: int, signal: int) -> dict[str, float]:
    """Name and coefficient of what one signal of a satellite sees."""
    index, coefficient = layout.index[sat, signal], layout.coefficient[sat, signal]
    return {layout.names[i]: float(c) for i, c in zip(index, coefficient, strict=True) if i >= 0}


def sigma(layout: BiasLayout, name: str) -> float:
    return float(layout.sigma_m[layout.names.index(name)])


def with_signals(links: Links, signals: tuple[tuple[str, str], ...]) -> Links:
    return replace(links, rows=replace(links.rows, signals=signals))


def test_every_signal_of_two_systems() -> None:
    layout = layout_of(problem(TWO, 2).links)
    # satellites sort as C06 C20 C21 R01 R02; C20, C21 outnumber C06, so their group carries the clock
    assert seen(layout, 0, 0) == {"satellite 0": 1.0, "receiver C BDS-2 C2I": 1.0}
    assert seen(layout, 0, 1) == {"satellite 0": 1.0, "satellite 0 second": 1.0, "receiver C BDS-2 C6I-C2I": 1.0, "receiver C BDS-2 C2I": 1.0}
    assert seen(layout, 1, 0) == {"satellite 1": 1.0}
    assert seen(layout, 1, 1) == {"satellite 1": 1.0, "satellite 1 second": 1.0, "receiver C BDS-3 C6I-C2I": 1.0}
    assert seen(layout, 3, 0) == {"satellite 3": 1.0, "channel R C1C": -4.0}
    assert seen(layout, 4, 1) == {"satellite 4": 1.0, "satellite 4 second": 1.0, "receiver R GLONASS C2C-C1C": 1.0, "channel R C2C": -3.0}


def test_what_is_known_beforehand() -> None:
    layout = layout_of(problem(TWO, 2).links)
    # a share of the variance of broadcast errors is a satellite's own: four fifths of 0.55^2 and of 2.2^2
    assert sigma(layout, "satellite 1") == pytest.approx(0.55 * 0.8**0.5)
    assert sigma(layout, "satellite 3") == pytest.approx(2.2 * 0.8**0.5)
    # receivers' differences are unknown to 100 ns; between hardware groups on one signal hardly anything is expected
    assert sigma(layout, "receiver C BDS-3 C6I-C2I") == 30.0
    assert sigma(layout, "receiver C BDS-2 C2I") == 1.0
    assert sigma(layout, "satellite 1 second") == 0.3


def test_a_signal_whose_delay_is_not_broadcast_knows_less() -> None:
    links = problem(TWO, 2).links
    served = links.served.copy()
    served[1, 1] = False
    served[2] = False
    layout = layout_of(replace(links, served=served))
    assert sigma(layout, "satellite 1 second") == 2.0
    assert sigma(layout, "satellite 2") == pytest.approx(np.hypot(0.55 * 0.8**0.5, 2.0))


def test_another_first_signal_of_the_same_system_is_free() -> None:
    """A receiver delays B1C and B1I differently by nobody knows how much."""
    links = with_signals(problem(TWO, 2).links, (("C2I", "C6I"), ("C2I", "C6I"), ("C1P", "C5P"), ("C1C", "C2C"), ("C1C", "C2C")))
    layout = layout_of(links)
    assert sigma(layout, "receiver C BDS-3 C1P") == 30.0
    assert seen(layout, 2, 1)["receiver C BDS-3 C1P"] == 1.0 and "receiver C BDS-3 C5P-C1P" in seen(layout, 2, 1)
    # C2I of BDS-2 and of BDS-3 stand in one row each: the first in the alphabet carries the clock
    assert "receiver C BDS-3 C2I" in layout.names or "receiver C BDS-2 C2I" in layout.names


def test_one_signal_has_no_second_bias() -> None:
    links = with_signals(problem(TWO, 2).links, (("C2I", ""), ("C2I", "C6I"), ("C2I", "C6I"), ("C1C", "C2C"), ("C1C", "C2C")))
    layout = layout_of(links)
    assert "satellite 0 second" not in layout.names
    assert not any(name.startswith("receiver C BDS-2 C6I") for name in layout.names)


def test_combinations_have_no_channel_and_group_biases_of_their_own() -> None:
    signals = (("C2I-C7I", ""), ("C2I-C6I", ""), ("C2I-C6I", ""), ("C1C-C2C", ""), ("C1C-C2C", ""))
    layout = layout_of(with_signals(problem(TWO, 2).links, signals))
    assert not any(name.startswith("channel") for name in layout.names)
    assert sigma(layout, "receiver C BDS-2 C2I-C7I") == 30.0


def test_the_group_with_most_usable_rows_carries_the_clock() -> None:
    p = problem(TWO, 4)
    state = p.links.state.copy()
    state[np.isin(p.links.rows.sat, p.links.rows.satellites[1:3])] = NO_ORBIT
    assert "receiver C BDS-3 C2I" in layout_of(replace(p.links, state=state)).names


def test_only_the_satellites_of_the_member() -> None:
    layout = layout_of(problem(TWO, 2).links, chosen=(3, 4))
    assert all(" C" not in name[:10] or name.startswith("channel") for name in layout.names)
    assert (layout.index[:3] == -1).all()
    assert not layout_of(problem(TWO, 2).links, chosen=()).names


def test_without_satellite_biases_the_receiver_keeps_its_own() -> None:
    names = layout_of(problem(TWO, 2).links, satellite_biases=False).names
    assert names and all(name.startswith(("receiver", "channel")) for name in names)


def test_precise_clocks_leave_their_ionosphere_free_pair_alone() -> None:
    """A difference between the signals of a satellite must not move the combination its clock was made for."""
    links = replace(problem(TWO, 2).links, precise=True)
    layout = layout_of(links)
    assert sigma(layout, "satellite 1 second") == 4.0
    for sat in range(5):
        k1, k2 = links.k[links.rows.satellite_of == sat][0]
        first, second = (seen(layout, sat, j)[f"satellite {sat} second"] for j in (0, 1))
        assert second - first == pytest.approx(1.0)
        assert (k2 * first - k1 * second) / (k2 - k1) == pytest.approx(0.0, abs=1e-12)


def test_precise_clocks_leave_room_for_what_receivers_do_between_carriers() -> None:
    layout = layout_of(replace(problem(TWO, 2).links, precise=True))
    assert sigma(layout, "satellite 1") == pytest.approx(0.5 * 0.8**0.5)
    assert sigma(layout, "satellite 3") == pytest.approx(np.hypot(0.5 * 0.8**0.5, 2.0))
