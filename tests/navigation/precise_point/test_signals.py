"""Which signals are taken, by what clocks refer to: the day, the bias file, and what a receiver has."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from armillary.core.biases import Biases
from armillary.core.coordinates import ALWAYS_NS
from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.observations import Observations
from armillary.core.satellites import unpack
from armillary.core.scales import from_iso
from armillary.io.reading import read
from armillary.navigation.precise_point.signals import PreciseSignals, precise_signals

pytestmark = pytest.mark.real_data


def signals_on(observations: Observations, day: str, system: str = "beidou") -> PreciseSignals:
    """As if the station had been observed on another day."""
    moved = observations.epochs.tai_ns - observations.epochs.tai_ns[0] + from_iso(day, "GPST").tai_ns[0]
    return precise_signals(federation(system), replace(observations, epochs=Epochs(moved)), channels={})


@pytest.fixture(scope="module")
def nist(data_dir: Path) -> Observations:
    found = read(data_dir / "gnss/2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz")
    assert isinstance(found, Observations)
    return found


def pairs(signals: PreciseSignals) -> dict[str, tuple[str, str]]:
    return dict(zip(unpack(signals.rows.satellites).tolist(), signals.rows.signals, strict=True))


def test_bds_3_changes_its_signals_when_the_clocks_of_the_igs_did(nist: Observations) -> None:
    # igs20_2405 and the products of week 2405 (8 February 2026): BDS-3 by B1C and B2a, BDS-2 by B1I and B3I as before
    before, after = signals_on(nist, "2026-02-07"), signals_on(nist, "2026-02-08")
    for name in ("C20", "C30", "C45"):
        assert pairs(before)[name] == ("C2I", "C6I")
        assert pairs(after)[name] in (("C1P", "C5P"), ("C1X", "C5X"))
    for name in ("C11", "C12", "C14"):
        assert pairs(before)[name] == pairs(after)[name] == ("C2I", "C6I")
    assert not before.biased.any()
    assert not after.biased.any()


def test_a_receiver_without_the_new_signals_is_told_that_its_codes_are_others(data_dir: Path) -> None:
    jfng = read(data_dir / "gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz")
    assert isinstance(jfng, Observations)
    after = signals_on(jfng, "2026-03-01")
    names = np.array(unpack(after.rows.satellites))
    assert after.biased[names == "C23"].all()
    assert not after.biased[names == "C11"].any()
    assert any("codes C2I" in note and "(C1P)" in note for note in after.notes)


def test_codes_of_the_clocks_go_before_more_present_ones(data_dir: Path) -> None:
    jfng = read(data_dir / "gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz")
    assert isinstance(jfng, Observations)
    found = pairs(signals_on(jfng, "2019-02-14", "gps"))
    # G08: C2W at 62 of 75 epochs, C5X at 74, which is metres off; G32: C2W at 10 of 30 only
    assert found["G08"] == ("C1C", "C2W")
    assert found["G32"] == ("C1C", "C2X")


@pytest.fixture(scope="module")
def osb(data_dir: Path) -> Biases:
    found = read(data_dir / "gnss/2019-045/COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz")
    assert isinstance(found, Biases)
    return found


@pytest.fixture(scope="module")
def jfng(data_dir: Path) -> Observations:
    found = read(data_dir / "gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz")
    assert isinstance(found, Observations)
    return found


def test_ambiguities_are_whole_only_where_codes_and_phases_have_biases_of_one_file(jfng: Observations, osb: Biases) -> None:
    found = precise_signals(federation("gps"), jfng, channels={}, biases=[osb])
    whole = dict(zip(unpack(found.rows.satellites).tolist(), (found.integer_group >= 0).tolist(), strict=True))
    assert whole["G08"]
    # the file has phases L1C and L2X of G32, and no code C2X: its wide lane would be anywhere
    assert pairs(found)["G32"] == ("C1C", "C2X")
    assert not whole["G32"]


def test_wide_lanes_of_integer_clocks_are_not_those_of_codes_with_biases_of_a_file(data_dir: Path, osb: Biases) -> None:
    esbc = read(data_dir / "gnss/2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz", systems="G")
    assert isinstance(esbc, Observations)
    codes = np.char.startswith(osb.observable_1, "C")
    columns = {f.name: getattr(osb, f.name)[codes] for f in fields(osb) if isinstance(getattr(osb, f.name), np.ndarray)}
    always = columns | {"valid_from_ns": np.full(codes.sum(), -ALWAYS_NS), "valid_until_ns": np.full(codes.sum(), ALWAYS_NS)}
    wide = dict.fromkeys(range(7101, 7133), 0.3)
    plain = precise_signals(federation("gps"), esbc, channels={}, wide_lane_cycles=wide)
    biased = precise_signals(federation("gps"), esbc, channels={}, wide_lane_cycles=wide, biases=[replace(osb, **always)])
    assert (plain.integer_group >= 0).sum() > 20
    assert (biased.integer_group == -1).all()


def test_phase_biases_of_one_day_do_not_make_two_days_whole(jfng: Observations, osb: Biases) -> None:
    ns = jfng.epochs.tai_ns
    later = np.where(np.arange(len(ns)) < len(ns) - 10, ns, ns + 86_400_000_000_000)
    found = precise_signals(federation("gps"), replace(jfng, epochs=Epochs(later)), channels={}, biases=[osb])
    assert (found.integer_group == -1).all()


def test_a_bias_of_one_of_two_codes_alone_is_taken_against_the_code_of_the_clocks(jfng: Observations, osb: Biases) -> None:
    """One OSB of two moves the ionosphere-free code by metres; what it says is how far the code is from that of the clocks, C1W."""
    gps, sat = federation("gps"), ord("G") * 100 + 8

    def without(*codes: str) -> Biases:
        left = ~((osb.sat == sat) & np.isin(osb.observable_1, codes))
        return replace(osb, **{f.name: getattr(osb, f.name)[left] for f in fields(osb) if isinstance(getattr(osb, f.name), np.ndarray)})

    plain, both, one, none = (precise_signals(gps, jfng, channels={}, biases=given) for given in ((), (osb,), (without("C2W"),), (without("C1C"),)))
    mine, of = plain.rows.sat == sat, plain.rows.satellites == sat
    assert pairs(plain)["G08"] == ("C1C", "C2W") and not both.biased[of].any()
    taken = plain.rows.code_m[mine] - one.rows.code_m[mine]
    assert np.nanmedian(taken[:, 0]) == pytest.approx(299_792_458.0 * (osb.find(sat, ("C1C",)) - osb.find(sat, ("C1W",))), abs=1e-6)
    assert np.nanmax(np.abs(taken[:, 1])) == 0.0 and not one.biased[of].any()
    np.testing.assert_array_equal(none.rows.code_m[mine], plain.rows.code_m[mine])
    assert none.biased[of].all() and any("codes C1C" in note for note in none.notes)


def test_differences_of_the_day_and_absolute_biases_of_another_are_not_mixed(jfng: Observations, osb: Biases) -> None:
    """C1C by a DSB of the day, and C2W, a code of the clocks, by an OSB of another day alone: the two would not speak of the same reference."""
    gps, sat = federation("gps"), ord("G") * 100 + 8
    mine = np.flatnonzero((osb.sat == sat) & (osb.observable_1 == "C1C"))[:1]
    columns = {f.name: getattr(osb, f.name)[mine] for f in fields(osb) if isinstance(getattr(osb, f.name), np.ndarray)}
    difference = columns | {"kind": np.array(["DSB"]), "observable_2": np.array(["C1W"]), "bias_s": np.array([2e-9])}
    own = replace(osb, **difference, absolute=False)
    day_ns = 86_400_000_000_000
    near = replace(osb, valid_from_ns=osb.valid_from_ns - 3 * day_ns, valid_until_ns=osb.valid_until_ns - 3 * day_ns)
    alone, both = (precise_signals(gps, jfng, channels={}, biases=given) for given in ((own,), (own, near)))
    rows = alone.rows.sat == sat
    np.testing.assert_array_equal(alone.rows.code_m[rows], both.rows.code_m[rows])
    assert not both.biased[both.rows.satellites == sat].any()


def test_codes_are_brought_to_the_first_pair_that_clocks_may_refer_to(jfng: Observations, data_dir: Path) -> None:
    """GLONASS clocks by C1P and C2P, or by C1C and C2C: a receiver that has P codes keeps them, C/A codes go to P."""
    found = read(data_dir / "products/CAS0MGXRAP_20231920000_01D_01D_DCB.BSX.gz")
    always = replace(found, valid_from_ns=np.full(len(found), -ALWAYS_NS), valid_until_ns=np.full(len(found), ALWAYS_NS))
    glonass = federation("glonass")
    block = jfng.blocks["R"]
    coarse = {"C1P": "C9P", "C2P": "C9Q"}  # as if the receiver had no P codes
    without = replace(jfng, blocks=jfng.blocks | {"R": replace(block, codes=tuple(coarse.get(code, code) for code in block.codes))})
    for observations, first, changes in ((jfng, "C1P", False), (without, "C1C", True)):
        plain, known = (precise_signals(glonass, observations, channels={}, biases=given) for given in ((), (always,)))
        of = [i for i, pair in enumerate(plain.rows.signals) if pair[0] == first and all(pair)]
        assert of
        rows = np.isin(plain.rows.satellite_of, of)
        moved = np.nanmax(np.abs(plain.rows.code_m[rows, 0] - known.rows.code_m[rows, 0]))
        assert (moved > 0.05) == changes, first
