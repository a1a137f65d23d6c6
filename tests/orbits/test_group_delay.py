"""Group delays: the arithmetic of each interface document on made-up numbers."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.registry import constellation
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.orbits.group_delay import group_delay_s, rule_for
from tests.orbits.hand_made import navigation, table

T = Epochs(np.array([1_672_531_200 * 10**9]))
ORBIT = {"sqrt_a_m05": 5282.6, "e": 1e-3, "m0_rad": 0.3, "omega_rad": 0.1, "omega0_rad": 1.0, "i0_rad": 0.96, "clock_bias_s": 1e-4, "health": 0.0}
SIGNALS = {
    "tgd1_s": 1e-9,
    "tgd2_s": 2e-9,
    "tgd_s": 3e-9,
    "bgd_e5a_e1_s": 4e-9,
    "bgd_e5b_e1_s": 5e-9,
    "tgd_b1cp_s": 6e-9,
    "tgd_b2ap_s": 7e-9,
    "isc_b1cd_s": 8e-10,
    "isc_b2ad_s": 9e-10,
    "isc_l1ca_s": -1e-10,
    "isc_l5q5_s": 2e-10,
    "isc_l2c_s": 3e-10,
}
CASES = [
    ("C20", "D1", "C2I", 1e-9),
    ("C20", "D1", "C7I", 2e-9),
    ("C20", "D1", "C6I", 0.0),
    ("C03", "D2", "C2I", 1e-9),
    ("C20", "D1", "C5P", None),
    ("C20", "D1", "C1P", 1e-9),
    ("C20", "D1", "C1X", 1e-9),
    ("C20", "CNV1", "C1P", 6e-9),
    ("C20", "CNV1", "C1D", 6.8e-9),
    ("C20", "CNV2", "C5P", 7e-9),
    ("C20", "CNV2", "C5D", 7.9e-9),
    ("C20", "CNV1", "C2I", None),
    ("G05", "LNAV", "C1C", 3e-9),
    ("G05", "LNAV", "C2W", 3e-9 * (1575.42 / 1227.6) ** 2),
    ("G05", "LNAV", "C5Q", None),
    ("G05", "CNAV", "C1C", 3.1e-9),
    ("G05", "CNAV", "C2L", 2.7e-9),
    ("G05", "CNAV", "C5Q", 2.8e-9),
    ("E11", "FNAV", "C1C", 4e-9),
    ("E11", "FNAV", "C5Q", 4e-9 * (1575.42 / 1176.45) ** 2),
    ("E11", "FNAV", "C7Q", None),
    ("E11", "INAV", "C1X", 5e-9),
    ("E11", "INAV", "C7X", 5e-9 * (1575.42 / 1207.14) ** 2),
]


@pytest.mark.parametrize(("name", "kind", "code", "expected"), CASES)
def test_delay_of_a_signal(name, kind, code, expected):
    orbit = BroadcastOrbit.from_navigation(navigation(table([name], kind, T, **ORBIT, **SIGNALS)))
    delay = group_delay_s(orbit, orbit.state(orbit.satellites[0], T), code)[0]
    if expected is None:
        assert np.isnan(delay)
    else:
        assert delay == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_clock_of_both_galileo_messages_is_the_same_for_every_signal():
    """E1 leaves the antenna at one instant, whichever of the two clocks describes it: the I/NAV rule for E5a follows from that alone."""
    both = {"bgd_e5a_e1_s": 4e-9, "bgd_e5b_e1_s": 5e-9}
    offset = both["bgd_e5b_e1_s"] - both["bgd_e5a_e1_s"]
    clocks = {}
    for kind, bias in (("FNAV", 1e-4), ("INAV", 1e-4 + offset)):
        orbit = BroadcastOrbit.from_navigation(navigation(table(["E11"], kind, T, **(ORBIT | both | {"clock_bias_s": bias}))))
        state = orbit.state(orbit.satellites[0], T)
        clocks[kind] = [float((state.clock_s - group_delay_s(orbit, state, code))[0]) for code in ("C1C", "C5Q")]
    assert clocks["FNAV"] == pytest.approx(clocks["INAV"], abs=1e-18)


def test_missing_delay_is_nan_and_frequency_division_needs_none():
    orbit = BroadcastOrbit.from_navigation(navigation(table(["C20"], "D1", T, **ORBIT, tgd1_s=np.nan)))
    state = orbit.state(6720, T)
    assert np.isnan(group_delay_s(orbit, state, "C2I")[0])
    assert rule_for(constellation("glonass"), "FDMA", "C2C").terms == ()
    assert np.isnan(group_delay_s(orbit, orbit.state(6721, T), "C6I")[0])


def test_delay_no_message_can_hold_is_unknown():
    orbit = BroadcastOrbit.from_navigation(navigation(table(["C20"], "D1", T, **ORBIT, tgd1_s=1e3)))
    assert np.isnan(group_delay_s(orbit, orbit.state(6720, T), "C2I")[0])
