"""Receiver antennas: what the file says, on the line of sight."""

from __future__ import annotations

import numpy as np
import pytest

import armillary
from armillary.core.antennas import Antenna, AntennaSet, PhaseCenter
from armillary.core.coordinates import ALWAYS_NS, NEVER_NS
from armillary.errors import InputError
from armillary.navigation.precise_point.receiver_antenna import receiver_antenna, receiver_terms

L1, L2 = 1575.42e6, 1227.60e6
ZENITHS = np.radians(np.arange(0.0, 91.0, 10.0))


def centre(offset, level=0.0, azimuth=None):
    if azimuth is None:
        return PhaseCenter(np.array(offset), ZENITHS, np.full(10, level))
    around = np.radians(np.arange(0.0, 361.0, 10.0))
    return PhaseCenter(np.array(offset), ZENITHS, np.zeros(10), around, 0.002 * np.cos(around[:, None]) * np.sin(ZENITHS))


def one_set(frequencies, *, kind="MADE", radome="NONE", code="IGS20_2300", path="made.atx"):
    return AntennaSet((Antenna(kind, radome, "", 0, "", "", NEVER_NS, ALWAYS_NS, frequencies, "", code),), path=path)


def test_an_antenna_that_is_higher_makes_distances_shorter():
    found = receiver_antenna("MADE NONE", [one_set({"G01": centre([0.0, 0.0, 0.1]), "G02": centre([0.0, 0.0, 0.1])})])
    elevation = np.radians([90.0, 30.0])
    terms = receiver_terms(found, elevation, np.zeros(2), np.array([[L1, L2]] * 2))
    np.testing.assert_allclose(terms, [[-0.1, -0.1], [-0.05, -0.05]], atol=1e-12)


def test_north_and_east_are_as_azimuth_counts_them():
    found = receiver_antenna("MADE NONE", [one_set({"G01": centre([0.01, 0.02, 0.0]), "G02": centre([0.0, 0.0, 0.0])})])
    terms = receiver_terms(found, np.zeros(3), np.radians([0.0, 90.0, 180.0]), np.full((3, 2), L1))
    np.testing.assert_allclose(terms[:, 0], [-0.01, -0.02, 0.01], atol=1e-12)


def test_between_two_frequencies_lies_what_the_line_gives_and_beyond_them_nothing_new():
    found = receiver_antenna("MADE NONE", [one_set({"G01": centre([0, 0, 0.10], 0.001), "G02": centre([0, 0, 0.06], 0.003)})], letters="GRC")
    middle = 0.5 * (L1 + L2)
    frequencies = np.array([[middle, 1268.52e6], [1602.0e6, 1176.45e6]])
    terms = receiver_terms(found, np.full(2, np.pi / 2), np.zeros(2), frequencies)
    part = (1268.52 - 1227.60) / (1575.42 - 1227.60)
    np.testing.assert_allclose(terms[0], [-0.078, -(0.06 + part * 0.04) + 0.003 - part * 0.002], atol=1e-12)
    np.testing.assert_allclose(terms[1], [-0.099, -0.057], atol=1e-12)
    assert any("calibrated at" in note and "R C" in note for note in found.notes)


def test_variations_depend_on_azimuth_where_they_are_known():
    found = receiver_antenna("MADE NONE", [one_set({"G01": centre([0, 0, 0], azimuth=True), "G02": centre([0, 0, 0])})])
    terms = receiver_terms(found, np.zeros(2), np.radians([0.0, -180.0]), np.array([[L1, L2]] * 2))
    np.testing.assert_allclose(terms, [[0.002, 0.0], [-0.002, 0.0]], atol=1e-12)
    assert found.by_azimuth


def test_of_several_sets_the_one_of_the_frame_of_the_orbits():
    old = one_set({"G01": centre([0, 0, 0.2]), "G02": centre([0, 0, 0.2])}, code="IGS14_2000", path="old.atx")
    new = one_set({"G01": centre([0, 0, 0.1]), "G02": centre([0, 0, 0.1])}, path="new.atx")
    assert receiver_antenna("MADE NONE", [old, new], "IGS20").source == "new.atx"
    assert receiver_antenna("MADE NONE", [new, old], "IGb14").source == "old.atx"
    found = receiver_antenna("MADE NONE", [old], "IGS20")
    assert any("IGS14" in note and "IGS20" in note for note in found.notes)


def test_an_unknown_antenna_is_an_error_or_a_stated_point():
    given = [one_set({"G01": centre([0, 0, 0.1])})]
    with pytest.raises(InputError, match=r"OTHER.*made\.atx"):
        receiver_antenna("OTHER           NONE", given)
    found = receiver_antenna("OTHER           NONE", given, missing="zero")
    assert "not calibrated" in found.notes[0]
    np.testing.assert_array_equal(receiver_terms(found, np.array([1.0]), np.array([0.0]), np.array([[L1, L2]])), [[0.0, 0.0]])


def test_a_radome_that_is_not_calibrated_is_said():
    found = receiver_antenna("MADE            SCIS", [one_set({"G01": centre([0, 0, 0.1]), "G02": centre([0, 0, 0.1])})])
    assert any("SCIS" in note for note in found.notes)


def test_an_antenna_of_one_frequency_serves_all():
    found = receiver_antenna("MADE NONE", [one_set({"G01": centre([0, 0, 0.1])})])
    terms = receiver_terms(found, np.array([np.pi / 2]), np.array([0.0]), np.array([[L1, L2]]))
    np.testing.assert_allclose(terms, [[-0.1, -0.1]], atol=1e-12)


def test_what_is_missing_is_nan():
    found = receiver_antenna("MADE NONE", [one_set({"G01": centre([0, 0, 0.1]), "G02": centre([0, 0, 0.1])})])
    terms = receiver_terms(found, np.array([np.nan, 1.0]), np.array([0.0, 0.0]), np.array([[L1, L2], [L1, np.nan]]))
    np.testing.assert_array_equal(np.isnan(terms), [[True, True], [False, True]])


@pytest.mark.slow
@pytest.mark.real_data
def test_the_antenna_of_nist_is_that_of_its_sinex_block(data_dir):
    names = ("igs14-small.atx.gz", "igs05.atx.gz", "igs20-small.atx.gz", "bds3meo.atx")
    sets = [armillary.read(data_dir / "products" / name) for name in names]
    found = receiver_antenna("NOV750.R4       NONE", sets, "IGS20", letters="GRC")
    terms = receiver_terms(found, np.array([np.pi / 2]), np.array([0.0]), np.array([[L1, L2]]))
    # Up components of SITE/GPS_PHASE_CENTER in the IGS SINEX files: 0.1613 and 0.1583 m; at the zenith variations are zero.
    np.testing.assert_allclose(terms, [[-0.1613, -0.1583]], atol=1e-4)
    assert found.source == "igs05.atx.gz"
    assert any("IGS05" in note for note in found.notes)
