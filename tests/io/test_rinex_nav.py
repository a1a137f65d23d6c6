"""The reader against hand-made records whose numbers are known; every trap seen in real files has its small copy here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from armillary.core.navigation_messages import MessageTable, Navigation
from armillary.core.satellites import pack_one
from armillary.core.scales import from_iso, from_week
from armillary.errors import FormatError
from armillary.io import rinex_nav
from armillary.io.source import Source

KEPLER = [
    [1.5e-4, 2.5e-12, 0.0],
    [7.0, 20.5, 4.5e-9, 0.25],
    [1e-6, 0.01, 2e-6, 5153.5],
    [7200.0, 1e-8, 1.25, 2e-8],
    [0.95, 250.25, 0.5, -8e-9],
    [1e-10, 0.0, 2295.0, 0.0],
    [2.0, 0.0, 5e-9, 7.0],
    [7000.0, 4.0],
]
"""A classic Kepler record of toe second 7200, transmission second 7000 of the week."""

STATE = [
    [-2e-5, 1e-12, 8100.0],
    [10000.5, 1.5, 0.0, 0.0],
    [-15000.25, -0.5, 1e-9, -7.0],
    [20000.125, 2.5, 0.0, 1.0],
    [3.0, 4e-9, 2.0, 1.0],
]
"""A position-velocity record in km."""


def header(version: float, system: str = "M", lines: Sequence[str] = (), kind: str = "NAVIGATION DATA") -> str:
    first = f"{version:9.2f}           {kind:<20}{system:<20}RINEX VERSION / TYPE\n"
    return first + "".join(f"{line}\n" for line in lines) + " " * 60 + "END OF HEADER\n"


def labelled(content: str, label: str) -> str:
    return f"{content:<60}{label}"


def field(value: float | None) -> str:
    return " " * 19 if value is None else f"{value:19.12E}"


def record(satellite: str, epoch: str, rows: Sequence[Sequence[float | None]], *, indent: int = 4) -> str:
    """Lines of a record: the first row follows satellite and epoch."""
    first = f"{satellite} {epoch}" + "".join(map(field, rows[0]))
    rest = (" " * indent + "".join(map(field, row)) for row in rows[1:])
    return "".join(f"{line}\n" for line in (first, *rest))


def old_record(number: int, epoch: str, rows: Sequence[Sequence[float | None]]) -> str:
    """A record of version 2; the epoch is 20 characters from column 3 on."""
    return record(f"{number:2d}", f"{epoch:<19}", rows, indent=3)


def modern(satellite: str, kind: str, epoch: str, rows: Sequence[Sequence[float | None]]) -> str:
    return f"> EPH {satellite} {kind}\n" + record(satellite, epoch, rows)


def changed(rows: Sequence[Sequence[float | None]], **places: float | None) -> list[list[float | None]]:
    """A copy with numbers replaced: ``r5c2=516.0`` is row 5, place 2."""
    copy = [list(row) for row in rows]
    for place, value in places.items():
        row, column = place[1:].split("c")
        copy[int(row)][int(column)] = value
    return copy


def read(text: str | bytes, *, strict: bool = True) -> Navigation:
    data = text.encode() if isinstance(text, str) else text
    return rinex_nav.read(Source("made-up", data), strict=strict)


def tai(text: str, scale: str) -> int:
    return int(from_iso(text, scale).tai_ns[0])


def only(navigation: Navigation, system: str, kind: str) -> MessageTable:
    assert list(navigation.messages) == [(system, kind)]
    return navigation.messages[system, kind]


def test_fields_of_a_record_of_version_3() -> None:
    table = only(read(header(3.05) + record("G05", "2024 01 07 02 00 00", KEPLER)), "G", "LNAV")
    assert table.sat.tolist() == [pack_one("G05")]
    assert table.reference.tai_ns[0] == tai("2024-01-07T02:00:00", "GPST") == table.ephemeris.tai_ns[0]
    assert table.transmission.tai_ns[0] == tai("2024-01-07T01:56:40", "GPST")
    assert table.transmission_known.all()
    columns = {name: column[0] for name, column in table.columns.items()}
    assert columns["sqrt_a_m05"] == 5153.5 and columns["omega_dot_rad_s"] == -8e-9 and columns["iodc"] == 7.0
    assert columns["transmission_s"] == 7000.0 and columns["fit_interval_h"] == 4.0


@pytest.mark.parametrize(
    "letter, scale, kind", [("G", "GPST", "LNAV"), ("J", "QZSST", "LNAV"), ("E", "GST", "INAV"), ("C", "BDT", "D1"), ("I", "GPST", "LNAV")]
)
def test_epochs_are_read_in_the_scale_of_the_system(letter: str, scale: str, kind: str) -> None:
    table = only(read(header(3.04) + record(f"{letter}06", "2024 01 07 02 00 00", KEPLER)), letter, kind)
    for epochs in (table.reference, table.ephemeris):
        assert epochs.tai_ns[0] == tai("2024-01-07T02:00:00", scale)


def test_state_vectors_become_metres_and_their_epoch_is_utc() -> None:
    table = only(read(header(3.05) + record("R03", "2024 01 07 02 15 00", STATE)), "R", "FDMA")
    assert table.reference.tai_ns[0] == tai("2024-01-07T02:15:00", "UTC")
    assert table.columns["x_m"][0] == 10000500.0 and table.columns["vx_m_s"][0] == 1500.0
    assert table.columns["ay_m_s2"][0] == 1e-9 * 1e3
    assert table.columns["frequency_number"][0] == -7.0 and table.columns["group_delay_s"][0] == 4e-9


def test_fourth_line_of_state_records_may_be_missing_before_version_3_05() -> None:
    table = only(read(header(3.04) + record("R03", "2024 01 07 02 15 00", STATE[:4])), "R", "FDMA")
    assert np.isnan(table.columns["urai"][0]) and table.columns["age_days"][0] == 1.0


def test_unsigned_frequency_number_is_made_negative() -> None:
    table = only(read(header(3.04) + record("R03", "2024 01 07 02 15 00", changed(STATE, r2c3=249.0))), "R", "FDMA")
    assert table.columns["frequency_number"][0] == -7.0


@pytest.mark.parametrize("version, frame_s", [(3.05, 3 * 86400 + 7200.0), (3.05, 7200.0), (2.11, 7200.0)])
def test_frame_time_of_the_week_or_of_the_day_gives_the_same_transmission(version: float, frame_s: float) -> None:
    # 2024-01-10 is a Wednesday: day 3 of the week.
    rows = changed(STATE[:4], r0c2=frame_s)
    if version < 3:
        text = header(version, "", kind="GLONASS NAV DATA") + old_record(3, "24  1 10  2 15  0.0", rows)
    else:
        text = header(version) + record("R03", "2024 01 10 02 15 00", rows)
    table = only(read(text), "R", "FDMA")
    assert table.transmission.tai_ns[0] == tai("2024-01-10T02:00:00", "UTC")
    assert table.columns["message_frame_s"][0] == 3 * 86400 + 7200.0


def test_frame_sent_before_a_leap_second_is_one_second_earlier() -> None:
    rows = changed(STATE, r0c2=6 * 86400 + 85500.0)
    table = only(read(header(3.05) + record("R03", "2017 01 01 00 15 00", rows)), "R", "FDMA")
    assert table.reference.tai_ns[0] - table.transmission.tai_ns[0] == 1801 * 1_000_000_000


def test_toe_across_the_week_boundary_is_nearest_to_toc_whatever_the_week_number() -> None:
    for week in (0.0, 939.0, 2295.0):
        rows = changed(KEPLER, r3c0=0.0, r5c2=week, r7c0=604500.0)
        table = only(read(header(3.05) + record("C21", "2024 01 06 23 00 00", rows)), "C", "D1")
        assert table.ephemeris.tai_ns[0] == tai("2024-01-07T00:00:00", "BDT")
        assert table.transmission.tai_ns[0] == tai("2024-01-06T23:55:00", "BDT")


@pytest.mark.parametrize("sent_s", [0.9999e9, None, 3 * 86400.0])
def test_unknown_transmission_time_falls_back_to_the_reference_epoch(sent_s: float | None) -> None:
    table = only(read(header(3.05) + record("G05", "2024 01 07 02 00 00", changed(KEPLER, r7c0=sent_s))), "G", "LNAV")
    assert not table.transmission_known.any()
    assert table.transmission == table.reference


def test_negative_transmission_time_lies_in_the_week_before() -> None:
    rows = changed(KEPLER, r3c0=0.0, r7c0=-7182.0)
    table = only(read(header(4.0) + modern("G05", "LNAV", "2024 01 07 00 00 00", rows)), "G", "LNAV")
    assert table.transmission.tai_ns[0] == tai("2024-01-06T22:00:18", "GPST")


def test_geostationary_records_are_of_the_second_kind() -> None:
    text = header(3.04) + "".join(record(f"C{n:02d}", "2024 01 07 02 00 00", KEPLER) for n in (1, 5, 6, 58, 59, 62))
    messages = read(text).messages
    assert (messages["C", "D2"].sat % 100).tolist() == [1, 5, 59, 62]
    assert (messages["C", "D1"].sat % 100).tolist() == [6, 58]


@pytest.mark.parametrize("word, kind", [(513.0, "INAV"), (516.0, "INAV"), (517.0, "INAV"), (258.0, "FNAV"), (0.0, "INAV"), (None, "INAV")])
def test_data_source_word_tells_the_kind(word: float | None, kind: str) -> None:
    only(read(header(3.04) + record("E01", "2024 01 07 02 00 00", changed(KEPLER, r5c1=word))), "E", kind)


def test_blank_and_missing_fields_are_nan() -> None:
    text = record("C21", "2024 01 07 02 00 00", changed(KEPLER, r6c0=None))
    table = only(read(header(3.05) + "\n".join(line.rstrip() for line in text.splitlines())), "C", "D1")
    assert np.isnan(table.columns["accuracy_m"][0]) and table.columns["tgd1_s"][0] == 5e-9


def test_exponents_of_every_spelling_and_line_ends_of_other_systems() -> None:
    plain = header(3.05) + record("G05", "2024 01 07 02 00 00", KEPLER)
    wanted = only(read(plain), "G", "LNAV")
    for text in (plain.replace("E+", "D+").replace("E-", "d-"), plain.replace("\n", "\r\n"), plain.rstrip("\n")):
        table = only(read(text), "G", "LNAV")
        assert all(np.array_equal(table.columns[name], wanted.columns[name]) for name in wanted.columns)


def test_repeated_records_are_kept_once_and_counted() -> None:
    one = record("R03", "2024 01 07 02 15 00", STATE)
    other = record("R03", "2024 01 07 02 15 00", changed(STATE, r1c0=9999.0))
    navigation = read(header(3.05) + one + other + one)
    assert len(only(navigation, "R", "FDMA")) == 2
    assert navigation.skipped == {"R FDMA repeated": 1}


def test_merging_stations_keeps_a_message_once_as_first_heard() -> None:
    early, late = (read(header(3.05) + record("G05", "2024 01 07 02 00 00", changed(KEPLER, r7c0=s))) for s in (6000.0, 7000.0))
    updated = read(header(3.05) + record("G05", "2024 01 07 02 00 00", changed(KEPLER, r1c0=8.0)))
    table = only(rinex_nav.merge([late, updated, early]), "G", "LNAV")
    assert table.columns["transmission_s"].tolist() == [6000.0, 7000.0]
    assert table.columns["iode"].tolist() == [7.0, 8.0]


def test_messages_are_sorted_by_satellite_then_transmission() -> None:
    text = header(3.05) + "".join(
        record(sat, "2024 01 07 02 00 00", changed(KEPLER, r7c0=s)) for sat, s in (("G09", 7000.0), ("G05", 6500.0), ("G05", 6000.0))
    )
    table = only(read(text), "G", "LNAV")
    assert table.sat.tolist() == [7105, 7105, 7109]
    assert table.columns["transmission_s"].tolist() == [6000.0, 6500.0, 7000.0]


def test_concatenated_files_of_two_versions() -> None:
    old = header(2.11, "", kind="GLONASS NAV DATA") + old_record(3, "24  1  7  2 15  0.0", changed(STATE[:4]))
    text = header(3.05) + record("G05", "2024 01 07 02 00 00", KEPLER) + old + modern_part()
    assert {key: len(table) for key, table in read(text).messages.items()} == {("G", "LNAV"): 1, ("R", "FDMA"): 1, ("C", "D1"): 1}


def modern_part() -> str:
    return header(4.0) + modern("C21", "D1", "2024 01 07 02 00 00", KEPLER)


def test_comments_among_the_data_are_passed_over() -> None:
    one = record("G05", "2024 01 07 02 00 00", KEPLER).splitlines()
    lines = [*one[:3], labelled("a comment", "COMMENT"), *one[3:]]
    assert len(only(read(header(3.05) + "\n".join(lines)), "G", "LNAV")) == 1


def test_other_systems_are_counted() -> None:
    sbas = record("S23", "2024 01 07 02 15 00", STATE[:4])
    text = header(4.0) + f"> EPH S23 SBAS\n{sbas}" * 2 + "> EPH G05 XXXX\n" + record("G05", "2024 01 07 02 00 00", KEPLER)
    assert read(text).skipped == {"S SBAS": 2, "G XXXX": 1}
    assert read(header(3.05) + sbas).skipped == {"S SBAS": 1}


def test_code_division_records_keep_their_fields() -> None:
    rows = [
        [-1e-5, 1e-12, -2e-17],
        *STATE[1:3],
        [20000.0, 2.5, 0.0, 3e-9],
        *([float(4 * i + j) for j in range(4)] for i in range(4)),
        [1.0, 2.0, None, 8000.0],
    ]
    table = only(read(header(4.02) + modern("R26", "L3OC", "2024 01 07 02 15 00", rows)), "R", "L3OC")
    columns = {name: column[0] for name, column in table.columns.items()}
    assert columns["relative_frequency_drift_s"] == -2e-17 and columns["isc_l3ocp_s"] == 3e-9
    assert columns["yaw_rad"] == 8.0 and columns["antenna_z_m"] == 15.0 and columns["urai_clock"] == 2.0
    assert table.transmission.tai_ns[0] == tai("2024-01-07T02:13:20", "UTC")


def test_header_of_version_2_gives_ionosphere_and_time_offsets() -> None:
    lines = [
        labelled("  " + "".join(f"{x:12.4E}" for x in (1e-8, 2e-8, -3e-8, -4e-8)), "ION ALPHA"),
        labelled("  " + "".join(f"{x:12.4E}" for x in (1e5, 2e5, -3e5, -4e5)), "ION BETA"),
        labelled(f"   {-1.5e-9:19.12E}{2e-15:19.12E}{503808:9d}{2295:9d}", "DELTA-UTC: A0,A1,T,W"),
        labelled("    18", "LEAP SECONDS"),
    ]
    navigation = read(header(2.11, "", lines, kind="N: GPS NAV DATA") + old_record(5, "24  1  7  2  0  0.0", KEPLER))
    assert navigation.ionosphere[0].values == (1e-8, 2e-8, -3e-8, -4e-8, 1e5, 2e5, -3e5, -4e5)
    offset = navigation.time_offsets[0]
    assert (offset.label, offset.a0_s, offset.a1_s_s) == ("GPUT", -1.5e-9, 2e-15)
    assert offset.reference_tai_ns == int(from_week(2295, 503808 * 10**9, "GPST").tai_ns[0])
    assert navigation.header.leap_seconds == 18 and navigation.header.system == "G"


def test_system_time_correction_of_version_2_is_the_offset_from_utc() -> None:
    lines = [labelled(f"{2024:6d}{1:6d}{7:6d}   {-1.25e-7:19.12E}", "CORR TO SYSTEM TIME")]
    navigation = read(header(2.11, "", lines, kind="GLONASS NAV DATA") + old_record(3, "24  1  7  2 15  0.0", STATE[:4]))
    offset = navigation.time_offsets[0]
    assert (offset.label, offset.a0_s, offset.reference_tai_ns) == ("GLUT", -1.25e-7, tai("2024-01-07T00:00:00", "UTC"))


def test_header_of_version_3_pairs_ionosphere_lines_by_satellite_and_hour() -> None:
    def line(label: str, first: float, tail: str) -> str:
        return labelled(f"{label:<4} " + "".join(f"{first * k:12.4E}" for k in (1, 2, 3, 4)) + tail, "IONOSPHERIC CORR")

    lines = [line("BDSA", 1e-8, " B 21"), line("BDSA", 2e-8, " C 22"), line("BDSB", 2e5, " C 22"), line("BDSB", 1e5, " B 21"), line("GAL", 10.0, "")]
    lines.append(labelled("BDUT -4.6566128731E-09 9.769962617E-15  86400  939   C21  7", "TIME SYSTEM CORR"))
    navigation = read(header(3.05, lines=lines) + record("C21", "2024 01 07 02 00 00", KEPLER))
    first, second, third = navigation.ionosphere
    assert (first.label, first.sat, first.source) == ("BDSA", pack_one("C21"), "B")
    assert first.values == (1e-8, 2e-8, 3e-8, 4e-8, 1e5, 2e5, 3e5, 4e5)
    assert first.tai_ns == tai("2024-01-07T01:00:00", "BDT")
    assert second.sat == pack_one("C22") and second.values[4] == 2e5
    assert (third.kind, third.system, third.values) == ("NEQN", "E", (10.0, 20.0, 30.0, 40.0))
    offset = navigation.time_offsets[0]
    assert (offset.label, offset.source, offset.utc_id) == ("BDUT", "C21", "UTC(NTSC)")
    assert offset.reference_tai_ns == int(from_week(939, 86400 * 10**9, "BDT").tai_ns[0])


def test_records_of_version_4_beside_ephemerides() -> None:
    def lines(title: str, *rows: Sequence[float | None], text: str = "") -> str:
        first = "    2024 01 07 02 00 00" + (text or "".join(map(field, rows[0])))
        return "\n".join([title, first, *("    " + "".join(map(field, row)) for row in rows[1:])]) + "\n"

    text = header(4.02)
    text += lines("> STO C21 CNVX", [], [7300.0, -2e-8, 1e-14, 0.0], text=" BDGA")
    text += lines("> ION C21 CNVX", [1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0], [8.0, 9.0])
    text += lines("> ION J04 LNAV JAPN", [1e-8, 2e-8, 3e-8], [4e-8, 1e5, 2e5, 3e5], [4e5, 1.0])
    text += lines("> EOP G05 CNVX", [3600.0, 0.0, 0.0], [None, 0.5, 86400.0, 0.0], [7200.0, -0.02, 8.64e-4, 0.0])
    navigation = read(text)
    offset = navigation.time_offsets[0]
    assert (offset.label, offset.a0_s, offset.source, offset.transmission_s) == ("BDGA", -2e-8, "C21 CNVX", 7300.0)
    assert offset.reference_tai_ns == tai("2024-01-07T02:00:00", "BDT")
    ionosphere = {record.kind: record for record in navigation.ionosphere}
    assert ionosphere["BDGIM"].values == tuple(float(k) for k in range(1, 10)) and ionosphere["BDGIM"].label == "ION C CNVX"
    regional = ionosphere["KLOB"]
    assert regional.values == (1e-8, 2e-8, 3e-8, 4e-8, 1e5, 2e5, 3e5, 4e5) and (regional.region, regional.source) == (1, "JAPN")
    pole = navigation.earth_orientation[0]
    # One degree, 0.5 arcseconds and one degree per day, in radians and seconds.
    assert pole.values[0] == pytest.approx(np.pi / 180, rel=1e-15)
    assert pole.values[3:5] == pytest.approx((0.5 * np.pi / 648000, np.pi / 648000), rel=1e-15)
    assert pole.values[6:8] == pytest.approx((-0.02, 1e-8), rel=1e-15) and pole.transmission_s == 7200.0


def test_a_record_years_away_is_kept_for_the_selection_by_time_to_pass_over() -> None:
    text = header(3.05) + record("G05", "2024 01 07 02 00 00", KEPLER) + record("G05", "2004 01 04 02 00 00", KEPLER)
    assert len(only(read(text), "G", "LNAV")) == 2


def test_the_start_of_the_file_is_recognised() -> None:
    assert rinex_nav.SNIFF(header(3.05).encode())
    assert rinex_nav.SNIFF(header(2.11, "", kind="GLONASS NAV DATA").encode())
    assert not rinex_nav.SNIFF(header(3.05, kind="OBSERVATION DATA").encode())
    assert not rinex_nav.SNIFF(b"")


def test_files_of_another_type_or_version_are_refused() -> None:
    for text in (header(5.0), header(3.05, kind="OBSERVATION DATA"), header(1.0), "nothing\n"):
        with pytest.raises(FormatError):
            read(text, strict=False)


def test_merge_takes_at_least_one_file() -> None:
    with pytest.raises(ValueError, match="at least one"):
        rinex_nav.merge([])
