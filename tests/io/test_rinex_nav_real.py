"""Every navigation file of the real data set, against MANIFEST.md and against a slow reading of the same text by Python alone."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import armillary.io.rinex_nav as rinex_nav
from armillary.core.navigation_messages import Navigation
from armillary.core.scales import to_day
from armillary.io.rinex_nav_layouts import COLUMN_SCALE, LAYOUTS, SYSTEM_SCALE
from armillary.io.source import load_source

pytestmark = pytest.mark.real_data

MANIFEST = {
    # file: satellites by system as MANIFEST.md counted them (augmentation satellites are not kept)
    "gnss/2020-177/ESBC00DNK_R_20201770000_01D_MN.rnx.gz": {"C": 29, "R": 23, "G": 31, "E": 24, "J": 3},
    "gnss/2020-177/MOJN00DNK_R_20201770000_01D_MN.rnx.gz": {"C": 29, "R": 23, "G": 31, "E": 24, "J": 3},
    "gnss/2023-001/BRDC00IGS_R_20230010000_01D_MN.rnx.gz": {"C": 43, "R": 25, "G": 31, "E": 26, "J": 4, "I": 4},
    "gnss/2023-001/BRDC00IGS_R_20223650000_01D_MN.rnx.gz": {"C": 43, "R": 25, "G": 31, "E": 26, "J": 4, "I": 4},
    "gnss/2024-092/CORD00ARG_R_20240920000_01D_MN.rnx.gz": {"C": 29, "R": 26, "G": 32, "E": 25},
    "gnss/2024-124/NYA100NOR_S_20241240000_01D_CN.rnx.gz": {"C": 18},
    "gnss/2024-124/NYA100NOR_S_20241240000_01D_EN.rnx.gz": {"E": 23},
    "gnss/2024-124/NYA100NOR_S_20241240000_01D_GN.rnx.gz": {"G": 31},
    "rinex2/AMEL00NLD_R_20210010000_01D_MN.rnx.gz": {"C": 23, "R": 24, "G": 31, "E": 22, "J": 3},
    "rinex2/brdc0910.09g.gz": {"R": 19},
    "rinex2/p1462100.18g": {"R": 16},
}

KINDS = {
    "rinex4/BRD400DLR_S_20230710000_01D_MN.rnx.gz": {("C", "D1"): 893, ("C", "D2"): 168, ("C", "CNV1"): 634, ("C", "CNV2"): 926, ("R", "FDMA"): 1240},
    "rinex4/233h_rnx.nav.gz": {("C", "CNV1"): 17, ("C", "CNV2"): 17, ("C", "CNV3"): 17, ("R", "FDMA"): 32},
    "rinex4/KMS300DNK_R_20221591000_01H_MN.rnx.gz": {("C", "D1"): 33, ("C", "D2"): 3, ("R", "FDMA"): 24},
}


@cache
def read(path: Path) -> Navigation:
    return rinex_nav.read(load_source(path), strict=True)


@pytest.mark.parametrize("name", MANIFEST)
def test_satellites_of_each_file(name: str, data_dir: Path) -> None:
    seen: dict[str, set[int]] = {}
    navigation = read(data_dir / name)
    for (system, _), table in navigation.messages.items():
        seen.setdefault(system, set()).update(table.sat.tolist())
    assert {system: len(sats) for system, sats in seen.items()} == MANIFEST[name]
    assert not navigation.losses


@pytest.mark.parametrize("name", KINDS)
def test_messages_of_each_kind(name: str, data_dir: Path) -> None:
    navigation = read(data_dir / name)
    counts = {key: len(table) for key, table in navigation.messages.items()}
    assert {key: counts[key] for key in KINDS[name]} == KINDS[name]
    assert not navigation.losses


def rows_of_text(text: str) -> dict[tuple[str, str], list[tuple[float, ...]]]:
    """Every ephemeris record of version 4 text as a tuple of satellite, day, second and its numbers, by system and kind."""
    found: dict[tuple[str, str], list[tuple[float, ...]]] = {}
    for block in text.split("\n> EPH ")[1:]:
        title, *lines = block.split("\n> ")[0].splitlines()
        key = (title[0], title[4:8].strip())
        layout = LAYOUTS.get(key)
        if layout is None:
            continue
        numbers = []
        for i, names in enumerate(layout.lines):
            line = lines[i] if i < len(lines) else ""
            for j, name in enumerate(names):
                word = line[4 + 19 * j : 23 + 19 * j].strip()
                if name:
                    numbers.append(float(word) * COLUMN_SCALE.get(name, 1.0) if word else -1e300)
        epoch = np.datetime64(f"{lines[0][4:8]}-{lines[0][9:11]}-{lines[0][12:14]}")
        second = int(lines[0][15:17]) * 3600 + int(lines[0][18:20]) * 60 + int(lines[0][21:23])
        found.setdefault(key, []).append((float(title[1:3]), float(epoch.astype(int)), second, *numbers))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_every_number_is_the_double_that_python_reads(name: str, data_dir: Path) -> None:
    raw = (data_dir / name).read_bytes()
    wanted = rows_of_text("\n" + gzip.decompress(raw).decode())
    navigation = read(data_dir / name)
    assert set(navigation.messages) == set(wanted)
    for key, table in navigation.messages.items():
        day, ns = to_day(table.reference, SYSTEM_SCALE[key[0]])
        columns = [np.where(np.isnan(column), -1e300, column) for column in table.columns.values()]
        got = np.stack([table.sat % 100, day, ns / 1e9, *columns], axis=1)
        # No tolerance: both sides are the nearest double; repeated records stand once in the table.
        assert sorted(map(tuple, got.tolist())) == sorted(set(wanted[key]))


def test_orbit_reference_is_the_clock_reference_in_all_files(data_dir: Path) -> None:
    for name in (*MANIFEST, *KINDS):
        for table in read(data_dir / name).messages.values():
            # toe and toc of one data set are the same instant in every record of these files.
            assert table.ephemeris == table.reference


def test_transmission_of_state_records_is_within_half_an_hour(data_dir: Path) -> None:
    """One of these files counts the frame time from midnight although its version counts from the start of the week."""
    for name in (*MANIFEST, *KINDS):
        table = read(data_dir / name).messages.get(("R", "FDMA"))
        if table is not None:
            assert table.transmission_known.all()
            assert np.abs(table.transmission.seconds_since(0) - table.reference.seconds_since(0)).max() <= 900.0


def test_two_stations_merge_into_fewer_messages_than_their_sum(data_dir: Path) -> None:
    first, second = (read(data_dir / name) for name in list(MANIFEST)[:2])
    merged = rinex_nav.merge([first, second])
    for key, table in merged.messages.items():
        a, b = (len(part.messages[key]) for part in (first, second))
        assert max(a, b) <= len(table) < a + b
        # Both stations heard the geostationary satellite and the same messages: nothing that either had is lost.
        for part in (first.messages[key], second.messages[key]):
            assert set(zip(part.sat.tolist(), part.reference.tai_ns.tolist(), strict=True)) <= set(
                zip(table.sat.tolist(), table.reference.tai_ns.tolist(), strict=True)
            )


def test_two_days_merge_and_stay_sorted(data_dir: Path) -> None:
    names = [name for name in MANIFEST if "BRDC00IGS" in name]
    merged = rinex_nav.merge([read(data_dir / name) for name in names])
    for table in merged.messages.values():
        order = np.lexsort((table.reference.tai_ns, table.transmission.tai_ns, table.sat))
        assert np.array_equal(order, np.arange(len(table)))


def test_corrections_of_the_merged_file_of_version_4(data_dir: Path) -> None:
    navigation = read(data_dir / "rinex4/BRD400DLR_S_20230710000_01D_MN.rnx.gz")
    kinds = [record.kind for record in navigation.ionosphere]
    # "> ION" lines of the file: 15 D1D2, 47 + 47 QZSS, 3 + 2 GPS, 2 NavIC are Klobuchar, 12 BDGIM, 2 NeQuick; each of these is distinct.
    assert (kinds.count("KLOB"), kinds.count("BDGIM"), kinds.count("NEQN")) == (116, 12, 2)
    assert len(navigation.earth_orientation) == 32 and len(navigation.time_offsets) == 126
    assert {offset.label for offset in navigation.time_offsets} >= {"BDGP", "BDGA", "BDGL", "BDUT", "GLGP", "GLUT", "GAGP", "GPUT"}
    assert navigation.skipped == {"S SBAS": 9072}
