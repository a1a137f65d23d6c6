"""What is written is read back the same."""

from __future__ import annotations

import dataclasses
import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.observations import ObservationBlock, ObservationEvent, ObservationHeader, Observations
from armillary.core.scales import from_calendar
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.io.rinex_obs import read_text, save, write

START = from_calendar(2024, 1, 1, 0, 0, 0, scale="GPST").tai_ns[0]
CODES = {"C": ("C2I", "L2I", "D2I", "S2I"), "R": ("C1C", "L1C"), "G": tuple(f"{kind}{band}" for kind in "CLDS" for band in ("1C", "2W", "5X", "1L"))}


def assert_same(written: Observations, back: Observations) -> None:
    assert back.losses == ()
    assert back.epochs == written.epochs
    assert np.array_equal(back.epoch_flags, written.epoch_flags)
    assert np.array_equal(back.clock_offset_s, written.clock_offset_s, equal_nan=True)
    filled = {letter: block for letter, block in written.blocks.items() if len(block.sat)}
    assert list(back.blocks) == list(filled)
    for letter, block in filled.items():
        other = back.blocks[letter]
        assert other.codes == block.codes
        for name in ("offsets", "sat", "lli", "ssi"):
            assert np.array_equal(getattr(other, name), getattr(block, name)), (letter, name)
        assert np.array_equal(other.values, block.values, equal_nan=True)


@st.composite
def observation_sets(draw):
    n_epochs = draw(st.integers(0, 4))
    steps = draw(st.lists(st.integers(1, 10**9), min_size=n_epochs, max_size=n_epochs))
    tai_ns = START + np.cumsum(np.array(steps, np.int64)) * 100  # the format keeps 100 ns
    blocks = {}
    for letter in draw(st.permutations(sorted(CODES)))[: draw(st.integers(1, 3))]:
        codes = CODES[letter]
        sats = [sorted(draw(st.sets(st.integers(1, 99), max_size=5))) for _ in range(n_epochs)]
        offsets = np.concatenate([[0], np.cumsum([len(s) for s in sats])]).astype(np.int64)
        shape = (len(codes), int(offsets[-1]))
        seed = np.random.default_rng(draw(st.integers(0, 2**32)))
        # Thousandths up to the width of the field: nine digits with a sign, ten without; never zero, which means missing.
        thousandths = seed.integers(1, 10 ** seed.integers(1, 13, shape)) * seed.choice([1, -1], shape)
        values = np.where(seed.random(shape) < 0.3, np.nan, thousandths / 1000.0)
        lli, ssi = (np.where(seed.random(shape) < 0.5, 0, seed.integers(0, 10, shape)).astype(np.uint8) for _ in range(2))
        sat = np.array([ord(letter) * 100 + number for epoch in sats for number in epoch], np.int16)
        blocks[letter] = ObservationBlock(letter, codes, offsets, sat, values, lli, ssi)
    clocks = draw(st.lists(st.one_of(st.just(np.nan), st.integers(-(10**11), 10**11).map(lambda k: k / 1e12)), min_size=n_epochs, max_size=n_epochs))
    flags = draw(st.lists(st.sampled_from([0, 1]), min_size=n_epochs, max_size=n_epochs))
    return Observations(
        ObservationHeader(),
        type(from_calendar(2024, 1, 1, 0, 0, 0, scale="GPST"))(tai_ns),
        np.array(flags, np.uint8),
        np.array(clocks, np.float64),
        blocks,
    )


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(observation_sets(), st.sampled_from([3.05, 4.02]), st.sampled_from(["GPST", "UTC", "BDT"]))
def test_round_trip(observations, version, scale):
    observations = dataclasses.replace(observations, header=dataclasses.replace(observations.header, time_scale=scale))
    text = write(observations, version=version)
    if not observations.blocks:
        return
    back = read_text(text, "x", strict=True)
    if len(observations.epochs):
        assert back.header.time_scale == scale
    assert_same(observations, back)
    assert max(len(line) for line in text.splitlines()) <= 3 + 16 * 16
    assert back.header.version == version


HEADER = ObservationHeader(
    marker="ABCD",
    marker_number="12345M001",
    marker_type="GEODETIC",
    observer="Müller",
    agency="An agency with a name that takes forty c",
    receiver_number="1",
    receiver="RX",
    receiver_version="2.3",
    antenna_number="7",
    antenna="ANTENNA         NONE",
    position_m=(1000000.1, -2000000.25, 3000000.3333),
    antenna_delta_hen_m=(1.05, -0.0123, 0.0),
    interval_s=30.0,
    time_scale="BDT",
    glonass_channels={k: k % 13 - 7 for k in range(1, 25)},
    glonass_code_phase_bias_m={"C1C": -71.94, "C1P": 0.0, "C2C": 1.5, "C2P": 2.125},
    leap_seconds=18,
    phase_shifts=("C L2I -0.25000",),
    program="armillary",
    run_by="tests",
    date="20240101 000000 UTC",
    comments=("one", "  two"),
    other=(f"{'DBHZ':<60}SIGNAL STRENGTH UNIT",),
)


def one_row(values, **changes) -> Observations:
    values = np.array(values, np.float64).reshape(-1, 1)
    codes = ("C2I", "L2I", "D2I")[: len(values)]
    digits = np.zeros(values.shape, np.uint8)
    block = ObservationBlock("C", codes, np.array([0, 1]), np.array([6721], np.int16), values, digits, digits)
    header = dataclasses.replace(HEADER, **changes)
    return Observations(header, from_calendar(2024, 1, 1, 0, 0, 30, scale="GPST"), np.zeros(1, np.uint8), np.array([np.nan]), {"C": block})


@pytest.mark.parametrize("version", [3.05, 4.02])
def test_header_round_trip(version):
    back = read_text(write(one_row([1.0]), version=version), "x", strict=True)
    assert back.header == dataclasses.replace(HEADER, version=version)


def test_every_header_line_has_its_label_in_column_61():
    head = write(one_row([1.0])).split(b"END OF HEADER")[0].splitlines()[:-1]
    assert all(line[60:61].strip() and len(line) <= 80 for line in head)


def test_scale_factors_are_applied_again():
    observations = one_row([1234.56789, 2.001], scale_factors=("C  100   1 C2I",))
    assert_same(observations, read_text(write(observations), "x", strict=True))


def test_events_keep_their_place_and_lines():
    lines = (f"{'a word':<60}COMMENT", f"{'EFGH':<60}MARKER NAME")
    events = (ObservationEvent(0, 4, lines), ObservationEvent(1, 3, ()))
    back = read_text(write(dataclasses.replace(one_row([1.0]), events=events)), "x", strict=True)
    assert back.events == events


@pytest.mark.parametrize("value", [1e10, -1e9, np.inf])
def test_value_that_does_not_fit_is_refused(value):
    with pytest.raises(InputError, match="C21"):
        write(one_row([value]))


def test_widest_values_fit():
    values = [9_999_999_999.999, -999_999_999.999, -0.001]
    assert read_text(write(one_row(values)), "x").blocks["C"].values[:, 0].tolist() == values


def test_unknown_version_is_refused():
    with pytest.raises(InputError, match=r"3\.05 and 4\.02"):
        write(one_row([1.0]), version=2.11)


def test_save_is_whole_or_nothing(tmp_path):
    observations = one_row([1.0])
    for name in ("a.rnx", "a.rnx.gz"):
        save(observations, tmp_path / name)
        assert_same(observations, read(tmp_path / name, strict=True))
    assert gzip.decompress((tmp_path / "a.rnx.gz").read_bytes()) == (tmp_path / "a.rnx").read_bytes() == write(observations)
    with pytest.raises(InputError, match="cannot be written"):
        save(observations, tmp_path / "absent" / "a.rnx")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.rnx", "a.rnx.gz"]


@pytest.mark.real_data
@pytest.mark.parametrize("version", [3.05, 4.02])
@pytest.mark.parametrize(
    "name",
    [
        "gnss/2020-177/WTZZ00DEU_R_20201770000_01D_30S_MO_120epoch.rnx.gz",
        "gnss/2023-001/tlse001b.23o.gz",
        "rinex4/KMS300DNK_R_20221591000_01H_30S_MO.crx",
    ],
)
def test_real_files_round_trip(name, version, data_dir):
    observations = read(data_dir / name)
    back = read_text(write(observations, version=version), "x", strict=True)
    assert_same(observations, back)
    assert write(back, version=version) == write(observations, version=version)
