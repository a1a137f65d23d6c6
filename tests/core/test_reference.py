from __future__ import annotations

import contextlib
import gzip
from pathlib import Path

import astropy_iers_data
import erfa
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.core.earth_orientation import EarthOrientation, read_earth_orientation
from armillary.core.leap_seconds import read_leap_seconds
from armillary.core.reference import Reference
from armillary.core.scales import earth_orientation_at, from_calendar
from armillary.errors import FormatError, OutOfRangeError

LEAP_FILE = """# a table made up for this test
#  File expires on 28 December 2030
    41317.0    1  1 1972       10
    41499.0    1  7 1972       11
"""


def finals_line(mjd: int, ut1: float, flag: str = "I", length_excess_ms: str = " 1.0000", offsets: bool = True) -> str:
    line = f"73 1 1 {mjd:8.2f} {flag}  0.100000 0.000010  0.200000 0.000010  {flag}{ut1:10.7f} 0.0000100{length_excess_ms:>7s} 0.0100  {flag}"
    return line + ("     0.100    0.010    -0.200    0.010" if offsets else "")


def c04_line(mjd: int, ut1: float) -> str:
    return f"2020   1   1   0 {mjd:9.2f}    0.100000    0.200000  {ut1:10.7f}    0.000100   -0.000200" + "    0.0 0.0 0.0010000" + " 0.0" * 8


def test_builtin_leap_seconds_are_those_of_erfa() -> None:
    table = Reference.builtin().leap_seconds
    published = [row for row in erfa.leap_seconds.get() if row["year"] >= 1972]
    assert table.tai_minus_utc_s.tolist() == [int(row["tai_utc"]) for row in published]
    assert [str(np.datetime64(int(day), "D"))[:7] for day in table.day] == [f"{row['year']}-{row['month']:02d}" for row in published]
    assert Reference.builtin().leap_seconds_valid_until > np.datetime64("2026-06-01")


def test_builtin_is_read_once_and_names_its_range() -> None:
    assert Reference.builtin() is Reference.builtin()
    table = Reference.builtin().earth_orientation
    assert table is Reference.builtin().earth_orientation
    assert str(np.datetime64(int(table.day[0]), "D")) == "1973-01-02"
    assert table.predicted[-1] and not table.predicted[0]
    assert "covers 1973-01-02 to" in table.range_text


@pytest.mark.slow
def test_two_institutes_agree() -> None:
    # Paris Observatory's C04 beside the rapid service of the US Naval Observatory.
    c04 = read_earth_orientation(astropy_iers_data.IERS_B_FILE)
    finals = Reference.builtin().earth_orientation
    common = np.intersect1d(c04.day, finals.day[~finals.predicted])
    recent = common[common > 18_000]
    i, j = np.searchsorted(c04.day, recent), np.searchsorted(finals.day, recent)
    mas = np.pi / 648_000_000
    # Two institutes' series: their stated uncertainties are 0.05 mas and 20 us; allow five times that.
    assert np.abs(c04.xp_rad[i] - finals.xp_rad[j]).max() < 0.3 * mas
    assert np.abs(c04.yp_rad[i] - finals.yp_rad[j]).max() < 0.3 * mas
    assert np.abs(c04.ut1_minus_utc_s[i] - finals.ut1_minus_utc_s[j]).max() < 2e-4
    assert np.abs(c04.dx_rad[i] - finals.dx_rad[j]).max() < 1.0 * mas
    assert np.abs(c04.lod_s[i] - finals.lod_s[j]).max() < 2e-4


def test_user_files_beside_the_builtin_ones(tmp_path: Path) -> None:
    leap = tmp_path / "Leap_Second.dat"
    leap.write_text(LEAP_FILE)
    finals = tmp_path / "finals.all"
    finals.write_text("\n".join(finals_line(41684 + k, 0.8 - 0.001 * k) for k in range(6)) + "\n")
    given = Reference.load(earth_orientation=finals, leap_seconds=leap)
    assert given.leap_seconds.tai_minus_utc_s.tolist() == [10, 11]
    assert str(given.leap_seconds_valid_until) == "2030-12-28"
    assert len(given.earth_orientation.day) == 6
    assert len(Reference.builtin().earth_orientation.day) > 19_000
    assert Reference.load().leap_seconds is Reference.builtin().leap_seconds


def test_columns_of_both_formats(tmp_path: Path) -> None:
    arcsecond = np.pi / 648_000
    texts = {"finals": finals_line, "c04": c04_line}
    for name, line in texts.items():
        path = tmp_path / name
        path.write_bytes(gzip.compress("\n".join(line(58849 + k, -0.1 - 0.001 * k) for k in range(5)).encode()))
        table = read_earth_orientation(path)
        assert str(np.datetime64(int(table.day[0]), "D")) == "2020-01-01"
        assert table.xp_rad == pytest.approx(0.1 * arcsecond)
        assert table.yp_rad == pytest.approx(0.2 * arcsecond)
        assert table.dx_rad == pytest.approx(0.0001 * arcsecond)
        assert table.dy_rad == pytest.approx(-0.0002 * arcsecond)
        assert table.lod_s == pytest.approx(0.001)
        assert table.ut1_minus_utc_s[4] == pytest.approx(-0.104)


def test_blank_columns_of_predictions(tmp_path: Path) -> None:
    path = tmp_path / "finals.all"
    lines = [finals_line(58849, -0.1), finals_line(58850, -0.101)]
    lines += [finals_line(58851 + k, -0.102 - 0.001 * k, flag="P", length_excess_ms="", offsets=False) for k in range(3)]
    path.write_text("\n".join([*lines, "20 1 6 58854.00" + " " * 170]))
    table = read_earth_orientation(path)
    assert table.predicted.tolist() == [False, False, True, True, True]
    assert table.offsets_known.tolist() == [True, True, False, False, False]
    assert table.dx_rad[2:].tolist() == [0.0, 0.0, 0.0]
    assert table.lod_s == pytest.approx(0.001)  # the slope of UT1 where blank


def test_interpolation_is_exact_for_a_cubic(tmp_path: Path) -> None:
    day = np.arange(18_000, 18_010)
    x = (day - 18_004) / 10.0
    zero = np.zeros(len(day))
    table = EarthOrientation(day, x**3 - x, x**2, zero, zero, zero, zero, zero > 0, zero == 0)
    at = np.array([18_000.0, 18_000.7, 18_004.25, 18_008.9, 18_009.0])
    got = table.interpolated(np.floor(at).astype(np.int64), at % 1, np.zeros(5), np.zeros(len(day)))
    u = (at - 18_004) / 10.0
    assert got.xp_rad == pytest.approx(u**3 - u, abs=1e-14)
    assert got.yp_rad == pytest.approx(u**2, abs=1e-14)


def test_interpolation_near_the_ends_says_when_it_leaves() -> None:
    table = Reference.builtin().earth_orientation
    earth_orientation_at(from_calendar(1973, 1, 2, scale="UTC"))
    with pytest.raises(OutOfRangeError):
        earth_orientation_at(from_calendar(1973, 1, 1, 23, 59, 59, scale="UTC"))
    assert len(table.day) == table.day[-1] - table.day[0] + 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense\n" * 10,
        "\n".join(finals_line(58849 + 2 * k, -0.1) for k in range(6)),  # gaps
        "\n".join(finals_line(58849 + k, -0.1) for k in range(3)),  # too short to interpolate
        "\n".join(finals_line(58849 + k, -0.1) for k in range(5)).replace("0.200000", "0.2x0000"),
        "\n".join(c04_line(58849 + k, -0.1) for k in range(5)).replace("0.200000", "0.2x0000"),
    ],
)
def test_what_is_no_series_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "series"
    path.write_text(text)
    with pytest.raises(FormatError, match="series"):
        read_earth_orientation(path)


@pytest.mark.parametrize(
    "text",
    ["", "garbage\n", LEAP_FILE.replace("41499.0", "41498.0"), LEAP_FILE.replace("28 December", "28 Brumaire"), LEAP_FILE + "41317.0 1 1 1972 12\n"],
)
def test_what_is_no_leap_second_table_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "Leap_Second.dat"
    path.write_text(text)
    with pytest.raises(FormatError, match="Leap_Second"):
        read_leap_seconds(path)


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 255)), min_size=1, max_size=4), st.booleans())
def test_damaged_bytes_raise_format_errors_only(tmp_path: Path, changes: list[tuple[int, int]], packed: bool) -> None:
    data = bytearray("\n".join(finals_line(58849 + k, -0.1) for k in range(6)).encode())
    if packed:
        data = bytearray(gzip.compress(bytes(data)))
    for at, value in changes:
        data[at % len(data)] = value
    path = tmp_path / "series"
    path.write_bytes(bytes(data))
    with contextlib.suppress(FormatError):
        read_earth_orientation(path)


@pytest.mark.real_data
def test_real_series_read(data_dir: Path) -> None:
    finals = read_earth_orientation(data_dir / "physics" / "finals.all.iau2000.txt.gz")
    c04 = read_earth_orientation(data_dir / "physics" / "iau2000A_c04_14.txt.gz")
    common = np.intersect1d(finals.day, c04.day)
    common = common[common > 14_000]
    i, j = np.searchsorted(finals.day, common), np.searchsorted(c04.day, common)
    assert np.abs(finals.ut1_minus_utc_s[i] - c04.ut1_minus_utc_s[j]).max() < 3e-4
    reference = Reference.load(earth_orientation=data_dir / "physics" / "finals.all.iau2000.txt.gz")
    at = from_calendar(2020, 6, 25, 12, scale="GPST")
    ours, builtin = earth_orientation_at(at, reference=reference), earth_orientation_at(at)
    assert ours.ut1_minus_utc_s == pytest.approx(builtin.ut1_minus_utc_s, abs=1e-5)
