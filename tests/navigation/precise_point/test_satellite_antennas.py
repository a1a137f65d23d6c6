"""Which calibration is taken for a satellite: made sets, and all real files at once."""

from __future__ import annotations

import numpy as np
import pytest

import armillary
from armillary.core.antennas import Antenna, AntennaSet, PhaseCenter
from armillary.core.coordinates import ALWAYS_NS, NEVER_NS
from armillary.core.satellite_types import SatelliteTypes, Vehicle
from armillary.core.satellites import letter_of, pack, unpack
from armillary.core.scales import from_iso
from armillary.navigation.precise_point.attitude import LAWS
from armillary.navigation.precise_point.satellite_antennas import satellite_antennas

DAY = from_iso("2023-01-01T12:00:00", "GPST")
BANDS = {"G": ("1", "2"), "R": ("1", "2"), "E": ("1", "5"), "C": ("2", "6"), "J": ("1", "2")}
NADIR = np.radians(np.arange(0.0, 15.0))


def centre(x, z, slope=0.0):
    return PhaseCenter(np.array([x, 0.0, z]), NADIR, slope * np.degrees(NADIR))


def entry(sat, vehicle, kind, x, z, *, slope=0.0, code="IGS20_2300", since=NEVER_NS, until=ALWAYS_NS, names=("R01", "R02")):
    frequencies = {name: centre(x, z, slope) for name in names}
    return Antenna(kind, "", "", int(pack([sat])[0]), vehicle, "", since, until, frequencies, "", code)


def choose(sats, antennas, frame="IGS20", types=None, epoch=DAY, **of_set):
    sets = [AntennaSet(tuple(antennas), path="made.atx", **of_set)]
    return satellite_antennas(pack(sats), [BANDS[sat[0]] for sat in sats], epoch, sets, frame, types=types)


def test_the_own_calibration_in_the_frame_of_the_orbits_is_taken():
    old = entry("R01", "R730", "GLONASS-M", -0.545, 2.3, code="IGS14_1972")
    new = entry("R01", "R730", "GLONASS-M", -0.545, 2.4, slope=1e-3)
    for frame, z in (("IGS20", 2.4), ("IGb14", 2.3), ("ITR20", 2.4)):
        found = choose(["R01"], [old, new], frame)
        np.testing.assert_allclose(found.offset_m[0], [[-0.545, 0, z]] * 2)
    found = choose(["R01"], [new])
    # 1 mm per degree up to the last node at 14 deg, then constant.
    np.testing.assert_allclose(found.variation_m[0, 0], 1e-3 * np.minimum(np.degrees(found.nadir_rad), 14.0), atol=1e-15)
    assert found.source == ("made.atx",)
    assert found.notes == ()


def test_the_entry_of_a_satellite_long_gone_is_not_used_although_its_end_is_open():
    # R22 was R731 in 2010, a GLONASS-M; in 2023 it is R806, a GLONASS-K1.
    stale = entry("R22", "R731", "GLONASS-M", -0.545, 2.3, code="IGS05_1627")
    found = choose(["R22"], [stale])
    np.testing.assert_allclose(found.offset_m[0], [[0, 0, 2.0147]] * 2)
    assert found.source == ("nominal offsets of GLONASS-K1",)
    assert found.law[0] == 0
    assert any("R22" in note and "not used" in note for note in found.notes)


def test_a_predecessor_of_the_same_type_is_not_the_same_satellite():
    stale = entry("R02", "R728", "GLONASS-M", -0.545, 2.3)
    other = entry("R01", "R730", "GLONASS-M", -0.545, 2.5)
    found = choose(["R02"], [stale, other])
    # The type's own: the median over R728 and R730, which are both calibrated satellites of the type.
    np.testing.assert_allclose(found.offset_m[0, 0, 2], 2.4)
    assert found.source[0].startswith("median of 2 GLONASS-M")


def test_a_calibration_that_has_ended_is_not_used():
    until = int(from_iso("2022-12-01", "GPST").tai_ns[0])
    found = choose(["R01"], [entry("R01", "R730", "GLONASS-M", -0.545, 2.3, until=until)])
    assert found.source[0] != "made.atx"


def test_without_an_own_calibration_the_median_and_mean_of_the_type():
    others = [
        entry(s, v, "GLONASS-M", -0.545, z, slope=k)
        for s, v, z, k in (("R01", "R730", 2.3, 1e-3), ("R02", "R747", 2.4, 2e-3), ("R03", "R744", 2.55, 6e-3))
    ]
    found = choose(["R04"], others)
    np.testing.assert_allclose(found.offset_m[0], [[-0.545, 0, 2.4]] * 2)
    np.testing.assert_allclose(found.variation_m[0, 1], 3e-3 * np.minimum(np.degrees(found.nadir_rad), 14.0), atol=1e-15)
    assert found.law[0] == LAWS["GLONASS-M"]


def test_the_type_in_the_frame_of_the_orbits_goes_before_the_own_calibration_in_another():
    own = entry("C20", "C202", "BEIDOU-3M-CAST", -0.2, 2.239, code="ESA14_2018", names=("C02", "C06"))
    other = entry("C19", "C201", "BEIDOU-3M-CAST", -0.2, 2.0, names=("C02", "C06"))
    found = choose(["C20", "C19", "C22"], [own, other], "IGS20")
    assert found.source[0].startswith("median")
    assert found.alike.tolist() == [False, True, False]
    in_14 = choose(["C20"], [own, other], "IGS14")
    np.testing.assert_allclose(in_14.offset_m[0, :, 2], 2.239)


def test_a_frame_in_which_every_satellite_is_calibrated_goes_before_one_with_a_few():
    every = [entry(s, v, "GLONASS-M", -0.545, z, code="IGS20_2270") for s, v, z in (("R01", "R730", 2.3), ("R02", "R747", 2.4), ("R03", "R744", 2.5))]
    one = entry("R01", "R730", "GLONASS-M", -0.545, 2.45, code="IGS14_2108")
    found = choose(["R01", "R02", "R03"], [one, *every], "IGS14")
    np.testing.assert_allclose(found.offset_m[:, 0, 2], [2.3, 2.4, 2.5])
    assert found.frame == ("IGS20",) * 3
    assert found.alike.all()


def test_offsets_from_an_antenna_reference_point_are_refused():
    ground = entry("E01", "E210", "GALILEO-2", 0.0, 0.07, code="GSAT_2023", names=("E01", "E05"))
    found = choose(["E01"], [ground])
    np.testing.assert_allclose(found.offset_m[0, 0], [0.1213, -0.0091, 0.7261])
    assert any("E210" in note and "centre of mass" in note for note in found.notes)


def test_relative_calibrations_are_refused():
    found = choose(["R01"], [entry("R01", "R730", "GLONASS-M", -0.545, 2.3)], absolute=False)
    assert any("relative" in note for note in found.notes)
    assert found.source[0] == "nominal offsets of GLONASS-M"


def test_a_frequency_that_is_not_calibrated_takes_the_nearest_and_says_so():
    found = satellite_antennas(
        pack(["G01"]),
        [("1", "5")],
        DAY,
        [AntennaSet((entry("G01", "G063", "BLOCK IIF", 0.394, 1.4, names=("G01", "G02")),), path="made.atx")],
        "IGS20",
    )
    np.testing.assert_allclose(found.offset_m[0, 1], [0.394, 0, 1.4])
    assert any("G05" in note and "G02" in note for note in found.notes)


def test_another_frame_is_said():
    found = choose(["R01"], [entry("R01", "R730", "GLONASS-M", -0.545, 2.3, code="IGS14_1972")])
    assert found.frame == ("IGS14",)
    assert "antennas of R01 belong to IGS14, the orbits to IGS20" in found.notes


def test_orbits_of_an_unnamed_frame_take_that_of_their_time():
    old = entry("R01", "R730", "GLONASS-M", -0.545, 2.3, code="IGS14_1972")
    new = entry("R01", "R730", "GLONASS-M", -0.545, 2.4)
    assert choose(["R01"], [old, new], "").offset_m[0, 0, 2] == 2.4
    early = choose(["R01"], [old, new], "WGS84", epoch=from_iso("2020-06-25", "GPST"))
    assert early.offset_m[0, 0, 2] == 2.3
    assert "WGS84" in early.notes[0]


def test_a_satellite_that_nothing_is_known_of_has_no_offset_and_a_note():
    found = choose(["R27"], [])
    assert not found.offset_m.any() and found.source == ("none",)
    assert any("R27" in note for note in found.notes)


def test_what_is_not_confirmed_or_newer_than_the_sources_is_said():
    row = Vehicle(int(pack(["R01"])[0]), "R999", "GLONASS-K2", NEVER_NS, ALWAYS_NS, False, "recalled")
    found = choose(["R01"], [], types=SatelliteTypes((row,)))
    assert any("not confirmed" in note for note in found.notes)
    late = choose(["R01"], [entry("R01", "R730", "GLONASS-M", -0.545, 2.3)], epoch=from_iso("2025-06-01", "GPST"))
    assert any("2024-02-07" in note for note in late.notes)


def all_sets(data_dir):
    return [armillary.read(path) for path in sorted((data_dir / "products").glob("*.atx*"))]


@pytest.mark.slow
@pytest.mark.real_data
def test_all_files_at_once_for_the_orbits_of_2023_001(data_dir):
    orbits = armillary.read(data_dir / "gnss" / "2023-001" / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz")
    sats = np.array([s for s in orbits.sat if letter_of(s) in "GREC"], np.int16)
    found = satellite_antennas(sats, [BANDS[letter_of(s)] for s in sats], DAY, all_sets(data_dir), orbits.frame)
    names = [str(name) for name in unpack(sats)]
    kinds = dict(zip(names, found.type, strict=True))
    # From the phase residuals of that day: R09, R11 and R22 have the offset of a GLONASS-K1, all others that of a GLONASS-M.
    glonass = {name for name in names if name[0] == "R"}
    assert {name for name in glonass if kinds[name] == "GLONASS-K1"} == {"R09", "R11", "R22"}
    assert {name for name in glonass if kinds[name] == "GLONASS-M"} == glonass - {"R09", "R11", "R22"}
    at = {name: i for i, name in enumerate(names)}
    for name in glonass:
        np.testing.assert_allclose(found.offset_m[at[name], :, 0], 0.0 if kinds[name] == "GLONASS-K1" else -0.545)
        low, high = (2.0147, 2.0147) if kinds[name] == "GLONASS-K1" else (2.30, 2.52)
        assert low <= found.offset_m[at[name], 0, 2] <= high
    # The ionosphere-free offsets that the residuals of that day fit: CAST 2.02 m, SECM 1.108 m, C40 2.71 m.
    for name, expected in (("C23", 2.02), ("C28", 1.108), ("C40", 2.71)):
        z1, z2 = found.offset_m[at[name], :, 2]
        assert abs(2.944 * z1 - 1.944 * z2 - expected) < 0.005
    for name in names:
        if name[0] == "G":
            assert found.frame[at[name]] == "IGS20"
        if name[0] == "E":
            assert abs(found.offset_m[at[name], 0, 2] - 0.77) < 0.06 and abs(found.offset_m[at[name], 0, 0]) > 0.1
    assert "ANTEX_GAL_FOC_IOV.atx.gz" not in found.source and "igs05.atx.gz" not in found.source
    assert all(kinds[name] for name in names)


@pytest.mark.slow
@pytest.mark.real_data
def test_all_files_at_once_for_orbits_of_igb14_in_2020(data_dir):
    # R22 was a GLONASS-M then, R11 R853 a GLONASS-M too; R09 already a K1.
    sats = pack(["G01", "R01", "R09", "R11", "R22", "C19", "C27"])
    found = satellite_antennas(sats, [BANDS[letter_of(s)] for s in sats], from_iso("2020-06-01", "GPST"), all_sets(data_dir), "IGb14")
    assert found.type == ("BLOCK IIF", "GLONASS-M", "GLONASS-K1", "GLONASS-M", "GLONASS-M", "BEIDOU-3M-CAST", "BEIDOU-3M-SECM")
    assert set(found.frame) == {"IGS14"}
    np.testing.assert_allclose(found.offset_m[0, 0, 2], 1.5018)  # igs14: 1501.8 mm, igs20: 1421.5 mm
    np.testing.assert_allclose(found.offset_m[5, 0, 2], 2.183)  # bds3meo.atx, of the scale of IGS14
