"""Facts of the constellations hold together and agree with published numbers."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.registry import constellation, constellations
from armillary.core.scales import SCALES
from armillary.io.reading import read
from armillary.orbits.group_delay import rule_for

# RINEX 4.02, tables of observation codes: system, band digit, MHz.
FREQUENCIES = """
G 1 1575.42 / G 2 1227.60 / G 5 1176.45 / R 1 1602.0 / R 2 1246.0 / R 3 1202.025 / R 4 1600.995 / R 6 1248.06
E 1 1575.42 / E 5 1176.45 / E 7 1207.14 / E 8 1191.795 / E 6 1278.75 / C 2 1561.098 / C 1 1575.42 / C 5 1176.45
C 7 1207.14 / C 8 1191.795 / C 6 1268.52 / J 1 1575.42 / J 2 1227.60 / J 5 1176.45 / J 6 1278.75 / I 5 1176.45 / I 9 2492.028
"""


@pytest.mark.parametrize("row", [row.split() for row in FREQUENCIES.replace("\n", "/").split("/") if row.strip()])
def test_frequencies(row):
    assert constellation(row[0]).band(row[1]).frequency_hz == pytest.approx(float(row[2]) * 1e6, abs=0.1)


def test_frequency_division_keeps_nine_to_seven_on_every_channel():
    l1, l2 = constellation("glonass").band("1"), constellation("glonass").band("2")
    for k in range(-7, 7):
        assert (l1.frequency_hz + k * l1.step_hz) / (l2.frequency_hz + k * l2.step_hz) == pytest.approx(9 / 7)


@pytest.mark.parametrize("name", sorted(constellations()))
def test_facts_hold_together(name):
    c = constellation(name)
    numbers = [n for group in c.groups for n in group.numbers]
    assert len(numbers) == len(set(numbers))
    assert c.operator and c.country and c.sources and c.time_scale in SCALES
    for code in (*c.first_signals, *c.second_signals):
        assert c.band(code[1])
    for pair in c.combinations:
        assert c.band(pair[0]).frequency_hz != c.band(pair[1]).frequency_hz
    for rule in c.group_delays:
        assert rule.kind in c.message_kinds
        assert c.band(rule.code[1])
    # The best first and second signals must be usable with a message of the system: some kind serves each.
    for signals in (c.first_signals, c.second_signals):
        assert any(rule_for(c, kind, signals[0]) for kind in c.message_kinds)
    assert {rule.kind for rule in c.health_rules} >= set(c.message_kinds)
    assert np.isfinite(c.message_lifetime_s).all()


def test_band_error_names_what_there_is():
    with pytest.raises(KeyError, match="BeiDou has no band '4'; there are 2 1 5 7 8 6"):
        constellation("beidou").band("4")


def test_groups_of_beidou():
    beidou = constellation("beidou")
    expected = {3: "BDS GEO", 8: "BDS-2 IGSO", 16: "BDS-2 IGSO", 14: "BDS-2 MEO", 21: "BDS-3 MEO", 39: "BDS-3 IGSO", 60: "BDS GEO (BDS-3)"}
    assert {n: beidou.group_of(n).name for n in expected} == expected
    assert beidou.group_of(17) is None


def test_b1c_leaves_beside_b1i(data_dir):
    """D1 serves B1C with the delay of B1I: what B-CNAV1 says instead differs by a common part (the receiver's bias takes it) and 0.6 m."""
    day = read(data_dir / "rinex4" / "BRD400DLR_S_20230710000_01D_MN.rnx.gz")
    old, new = day.messages["C", "D1"], day.messages["C", "CNV1"]
    delays = [(np.median(old.columns["tgd1_s"][old.sat == s]), np.median(new.columns["tgd_b1cp_s"][new.sat == s])) for s in np.unique(new.sat)]
    b1i, b1c = SPEED_OF_LIGHT_M_S * np.array(delays).T
    assert np.std(b1i) > 4.0
    assert np.std(b1c - b1i) < 0.7 and abs(np.mean(b1c - b1i)) < 1.0


def test_receivers_of_b1i_and_b2a_have_two_signals():
    """Two-band receivers of L1 and L5 pair B1I with B2a; that pair was not among the combinations, so they were taken for single-frequency ones."""
    beidou = constellation("beidou")
    assert {("2", "5"), ("1", "5"), ("2", "6"), ("2", "7"), ("1", "7")} <= set(beidou.combinations)
