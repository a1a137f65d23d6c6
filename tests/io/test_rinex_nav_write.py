"""Write-read round trips: of every kind with arbitrary numbers of 13 digits, and of every real file, column for column."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.epochs import Epochs
from armillary.core.navigation_messages import CorrectionRecord, MessageTable, Navigation, NavigationHeader, SystemTimeOffset
from armillary.core.scales import from_calendar, from_iso, to_week
from armillary.errors import InputError
from armillary.io import rinex_nav
from armillary.io.rinex_nav_layouts import CLASSIC_KINDS, LAYOUTS, SYSTEM_SCALE
from armillary.io.source import Source, load_source

VERSIONS = (3.05, 4.02)
REAL_FILES = (
    "gnss/2020-177/ESBC00DNK_R_20201770000_01D_MN.rnx.gz",
    "gnss/2023-001/BRDC00IGS_R_20230010000_01D_MN.rnx.gz",
    "gnss/2024-092/CORD00ARG_R_20240920000_01D_MN.rnx.gz",
    "gnss/2024-124/NYA100NOR_S_20241240000_01D_EN.rnx.gz",
    "rinex2/AMEL00NLD_R_20210010000_01D_MN.rnx.gz",
    "rinex2/brdc0910.09g.gz",
    "rinex4/233h_rnx.nav.gz",
    "rinex4/BRD400DLR_S_20230710000_01D_MN.rnx.gz",
    "rinex4/KMS300DNK_R_20221591000_01H_MN.rnx.gz",
)


def reread(navigation: Navigation, version: float) -> Navigation:
    return rinex_nav.read(Source("written", rinex_nav.write(navigation, version=version)), strict=True)


def assert_same_table(a: MessageTable, b: MessageTable) -> None:
    assert np.array_equal(a.sat, b.sat) and np.array_equal(a.transmission_known, b.transmission_known)
    assert a.reference == b.reference and a.ephemeris == b.ephemeris and a.transmission == b.transmission
    assert list(a.columns) == list(b.columns)
    for name, column in a.columns.items():
        assert np.array_equal(column, b.columns[name], equal_nan=True), name


# Doubles that 13 significant digits name, as files hold them.
decimals = st.builds(lambda m, e: float(f"{m}e{e}"), st.integers(-(10**13) + 1, 10**13 - 1), st.integers(-30, 2))


@st.composite
def tables(draw: st.DrawFn, system: str, kind: str) -> MessageTable:
    """Messages of one kind from the 2020s; times of the week agree with the epochs, everything else is arbitrary."""
    n = draw(st.integers(1, 3))
    scale = SYSTEM_SCALE[system]
    numbers = sorted(draw(st.lists(st.integers(6, 37), min_size=n, max_size=n, unique=True)))
    minutes = np.array(draw(st.lists(st.integers(0, 2_000_000), min_size=n, max_size=n)))
    reference = from_calendar(2021, 1, 1, 0, minutes, scale=scale)
    # A pool of drawn numbers dealt out to the columns: drawing every number costs seconds.
    pool = np.array(draw(st.lists(decimals | st.just(math.nan), min_size=4, max_size=12)))
    deal = np.random.default_rng(draw(st.integers(0, 2**32)))
    columns = {name: deal.choice(pool, n) for name in LAYOUTS[system, kind].columns}
    for name in ("toe_s", "transmission_s", "message_frame_s", "data_sources", "frequency_number"):
        columns.pop(name, None)
    if "data_sources" in LAYOUTS[system, kind].columns:
        columns["data_sources"] = np.full(n, {"INAV": 517.0, "FNAV": 258.0}[kind])
    if "frequency_number" in LAYOUTS[system, kind].columns:
        columns["frequency_number"] = np.array(draw(st.lists(st.integers(-7, 6), min_size=n, max_size=n)), np.float64)
    sent = reference.shifted(-np.array(draw(st.lists(st.integers(0, 1800), min_size=n, max_size=n)), np.float64))
    sat = np.array([ord(system) * 100 + number for number in numbers], np.int16)
    return MessageTable(system, kind, sat, reference, reference, sent, np.ones(n, bool), columns)


@pytest.mark.parametrize("system, kind", LAYOUTS)
@settings(deadline=None, max_examples=6)  # the first example loads the kernels
@given(data=st.data())
def test_what_is_written_is_read_back(system: str, kind: str, data: st.DataObject) -> None:
    table = data.draw(tables(system, kind))
    navigation = Navigation(NavigationHeader(system=system), {(system, kind): table})
    # Geostationary numbers are not drawn, so a table of the second kind needs the file that names kinds.
    classic = kind in CLASSIC_KINDS[system] and kind != "D2"
    for version in VERSIONS if classic else VERSIONS[1:]:
        back = reread(navigation, version).messages[system, kind]
        assert np.array_equal(back.sat, table.sat)
        assert back.reference == table.reference and back.ephemeris == table.ephemeris and back.transmission == table.transmission
        for name, column in table.columns.items():
            # Kilometres are written: 1 ulp of the double may change once, the 13 digits do not.
            scaled = system == "R" and name[:2] in ("x_", "y_", "z_", "vx", "vy", "vz", "ax", "ay", "az")
            np.testing.assert_allclose(back.columns[name], column, rtol=6e-13 if scaled else 0, atol=0, equal_nan=True)
        assert_same_table(reread(Navigation(navigation.header, {(system, kind): back}), version).messages[system, kind], back)


@settings(deadline=None, max_examples=50)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_any_double_keeps_twelve_digits(value: float) -> None:
    table = single("G", "LNAV", clock_bias_s=np.array([value]))
    back = reread(Navigation(NavigationHeader(), {("G", "LNAV"): table}), 3.05).messages["G", "LNAV"]
    # Exponents of three digits leave room for 12 digits: half a unit of the last is 5e-12; denormals have fewer bits still.
    assert back.columns["clock_bias_s"][0] == pytest.approx(value, rel=5e-12, abs=1e-310)


def single(system: str, kind: str, **columns: np.ndarray) -> MessageTable:
    epoch = from_iso("2024-01-07T02:00:00", SYSTEM_SCALE[system])
    sat = np.array([ord(system) * 100 + 21], np.int16)
    return MessageTable(system, kind, sat, epoch, epoch, epoch.shifted(-90.0), np.array([True]), columns)


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("name", REAL_FILES)
@pytest.mark.parametrize("version", VERSIONS)
def test_real_files_come_back_column_for_column(name: str, version: float, data_dir: Path) -> None:
    first = rinex_nav.read(load_source(data_dir / name))
    second = reread(first, version)
    dropped = rinex_nav.left_out(first, version=version)
    kept = {key: table for key, table in first.messages.items() if f"{key[0]} {key[1]}" not in dropped}
    assert set(second.messages) == set(kept)
    for key, table in kept.items():
        assert len(table) == len(second.messages[key])
        assert_same_table(table, second.messages[key])
    if int(first.header.version) == int(version):
        assert second.ionosphere == first.ionosphere
        assert second.earth_orientation == first.earth_orientation
        assert second.time_offsets == first.time_offsets
        assert second.header == replace(first.header, version=version, system=second.header.system)


def test_columns_of_time_follow_from_the_epochs_where_a_table_lacks_them() -> None:
    table = single("C", "D1", sqrt_a_m05=np.array([5282.6]))
    back = reread(Navigation(NavigationHeader(), {("C", "D1"): table}), 3.05).messages["C", "D1"]
    assert back.columns["toe_s"][0] == 7200.0 and back.columns["transmission_s"][0] == 7110.0
    assert back.columns["week"][0] == to_week(table.reference, "BDT")[0][0]
    assert back.columns["sqrt_a_m05"][0] == 5282.6 and np.isnan(back.columns["health"][0])


def test_version_3_names_what_it_leaves_out() -> None:
    navigation = Navigation(
        NavigationHeader(),
        {key: single(*key) for key in (("C", "D1"), ("C", "CNV1"))},
        (CorrectionRecord("BDGIM", "C", "ION C CNVX", (1.0,) * 9, int(single("C", "D1").reference.tai_ns[0])),),
    )
    assert rinex_nav.left_out(navigation, version=3.05) == {"C CNV1": 1, "C BDGIM": 1}
    assert rinex_nav.left_out(navigation, version=4.02) == {}
    assert list(reread(navigation, 3.05).messages) == [("C", "D1")]
    assert len(reread(navigation, 4.02).messages) == 2


def test_corrections_of_a_version_3_file_become_records_of_version_4() -> None:
    klobuchar = tuple(float(k) for k in range(1, 9))
    offset = SystemTimeOffset("BDUT", 1e-9, 2e-15, 0.0, int(from_iso("2024-01-07T00:00:00", "BDT").tai_ns[0]), "C21", "UTC(NTSC)")
    navigation = Navigation(
        NavigationHeader(),
        {("C", "D1"): single("C", "D1")},
        (CorrectionRecord("KLOB", "C", "BDSA", klobuchar, int(from_iso("2024-01-07T01:00:00", "BDT").tai_ns[0]), 6721, "B"),),
        time_offsets=(offset,),
    )
    back = reread(navigation, 4.02)
    assert (back.ionosphere[0].values, back.ionosphere[0].label, back.ionosphere[0].sat) == (klobuchar, "ION C D1D2", 6721)
    assert back.time_offsets[0] == replace(offset, source="C21 D1D2")
    assert reread(navigation, 3.05).ionosphere == navigation.ionosphere
    assert reread(navigation, 3.05).time_offsets == navigation.time_offsets


def test_what_cannot_be_written_is_said() -> None:
    table = single("G", "LNAV")
    with pytest.raises(InputError, match=r"3\.05 or 4\.02"):
        rinex_nav.write(Navigation(NavigationHeader(), {}), version=2.11)
    with pytest.raises(InputError, match="infinite"):
        rinex_nav.write(Navigation(NavigationHeader(), {("G", "LNAV"): replace(table, columns={"e": np.array([np.inf])})}))
    half = Epochs(table.reference.tai_ns + 500_000_000)
    with pytest.raises(InputError, match="whole second"):
        rinex_nav.write(Navigation(NavigationHeader(), {("G", "LNAV"): replace(table, reference=half)}))
    with pytest.raises(InputError, match="layout"):
        rinex_nav.write(Navigation(NavigationHeader(), {("G", "XNAV"): replace(table, kind="XNAV")}), version=4.02)


def test_an_empty_file_is_a_header() -> None:
    for version in VERSIONS:
        assert reread(Navigation(NavigationHeader(), {}), version).messages == {}


def test_every_layout_has_four_places_a_line_and_each_column_once() -> None:
    for layout in LAYOUTS.values():
        assert all(len(line) == 4 for line in layout.lines)
        assert not layout.lines[0][0]
        assert len(set(layout.columns)) == len(layout.columns)


def test_every_kind_and_column_is_in_the_reference_page() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "navigation-messages.md").read_text("utf-8")
    rows = [line.split("|") for line in page.splitlines() if line.startswith("| ")]
    documented = {kind.strip(): tuple(row[2].replace("`", "").split()) for row in rows for kind in row[1].split(",")}
    for (system, kind), layout in LAYOUTS.items():
        assert documented[f"{system} {kind}"] == layout.columns
