"""RINEX observation text, line by line: what each record means, and what damage costs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from armillary.core.satellites import unpack
from armillary.core.scales import from_calendar
from armillary.errors import FormatError, LimitError
from armillary.io import rinex_obs
from armillary.io.rinex_obs import SNIFF, read_text
from armillary.io.rinex_obs_codes import modern_codes


def head(content: str, label: str) -> str:
    return f"{content:<60}{label}"


def field(value: str, digits: str = "") -> str:
    return f"{value:>14}{digits:2}" if digits else f"{value:>14}  "


V3_HEADER = [
    head("     3.05           OBSERVATION DATA    M", "RINEX VERSION / TYPE"),
    head("R    2 C1C L1C", "SYS / # / OBS TYPES"),
    head("C    3 C2I L2I D2I", "SYS / # / OBS TYPES"),
    head("  2024     1     1     0     0    0.0000000     GPS", "TIME OF FIRST OBS"),
]
END = head("", "END OF HEADER")
C21 = "C21" + field("24000000.123") + field("125000000.456", "17") + field("-1234.500")
R03 = "R03" + field("20000000.001") + field("107000000.002", " 5")


def v3(*body: str, header: list[str] | None = None, end: str = "\n") -> bytes:
    return (end.join([*(V3_HEADER if header is None else header), END, *body]) + end).encode()


def epoch(text: str = "2024 01 01 00 00  0.0000000", flag: int = 0, count: int = 1, clock: str = "") -> str:
    return f"> {text:<27}  {flag}{count:3d}" + (f"      {clock:>15}" if clock else "")


def v2(*body: str, types: str = "     4    C1    P2    L1    L2", extra: tuple[str, ...] = (), system: str = "M") -> bytes:
    lines = [
        head(f"     2.11           OBSERVATION DATA    {system}", "RINEX VERSION / TYPE"),
        head(types, "# / TYPES OF OBSERV"),
        *extra,
        END,
        *body,
    ]
    return ("\n".join(lines) + "\n").encode()


def only_reason(observations) -> str:
    assert len(observations.losses) == 1, observations.losses
    return observations.losses[0].reason


# --- RINEX 3 and 4 ------------------------------------------------------------------------------------------------


def test_values_digits_and_epoch():
    observations = read_text(v3(epoch(count=2, clock="-.123456789012"), C21, R03), "x", strict=True)
    assert list(observations.blocks) == ["R", "C"]  # the order of the header
    block = observations.blocks["C"]
    assert block.codes == ("C2I", "L2I", "D2I")
    assert block.values[:, 0].tolist() == [24000000.123, 125000000.456, -1234.5]
    assert block.lli[:, 0].tolist() == [0, 1, 0]
    assert block.ssi[:, 0].tolist() == [0, 7, 0]
    assert observations.blocks["R"].ssi[:, 0].tolist() == [0, 5]
    assert observations.epochs == from_calendar(2024, 1, 1, 0, 0, 0, scale="GPST")
    assert observations.clock_offset_s.tolist() == [-0.123456789012]
    assert observations.epoch_flags.tolist() == [0]


def test_epoch_seconds_are_exact_to_the_last_digit():
    observations = read_text(v3(epoch("2024 12 31 23 59 59.9999999"), C21), "x", strict=True)
    assert observations.epochs == from_calendar(2024, 12, 31, 23, 59, 59, 999_999_900, scale="GPST")


@pytest.mark.parametrize("missing", ["", ".000", "0.000", "-0.000"])
def test_blank_and_zero_are_missing(missing):
    row = "C21" + field(missing) + field("125000000.456", "17") + field("1.000")
    block = read_text(v3(epoch(), row), "x", strict=True).blocks["C"]
    assert math.isnan(block.column("C2I")[0])
    assert block.column("L2I")[0] == 125000000.456


def test_short_lines_mean_missing_values():
    block = read_text(v3(epoch(), "C21" + field("24000000.123").rstrip()), "x", strict=True).blocks["C"]
    assert block.values[0, 0] == 24000000.123
    assert np.isnan(block.values[1:, 0]).all()


def test_satellites_ascend_inside_an_epoch():
    rows = [C21.replace("C21", name) for name in ("C30", "C05", "C21", "C 6")]
    block = read_text(v3(epoch(count=4), *rows), "x", strict=True).blocks["C"]
    assert unpack(block.sat).tolist() == ["C05", "C06", "C21", "C30"]


def test_epochs_without_a_system_are_empty_slices():
    body = (epoch(), C21, epoch("2024 01 01 00 00 30.0000000"), R03, epoch("2024 01 01 00 01  0.0000000", count=2), C21, R03)
    observations = read_text(v3(*body), "x", strict=True)
    assert observations.blocks["C"].offsets.tolist() == [0, 1, 1, 2]
    assert observations.blocks["R"].offsets.tolist() == [0, 0, 1, 2]


def test_carriage_returns_trailing_blanks_and_missing_last_line_end():
    plain = read_text(v3(epoch(count=2), C21, R03), "x", strict=True)
    windows = read_text(v3(epoch(count=2), C21 + "   ", R03, end="\r\n")[:-2], "x", strict=True)
    for letter, block in plain.blocks.items():
        assert np.array_equal(block.values, windows.blocks[letter].values, equal_nan=True)


@pytest.mark.parametrize(
    ("name", "scale"), [("GPS", "GPST"), ("GLO", "UTC"), ("GAL", "GST"), ("QZS", "QZSST"), ("BDT", "BDT"), ("IRN", "GPST"), ("   ", "GPST")]
)
def test_time_system_of_the_header(name, scale):
    header = [line.replace("     GPS", "     " + name) for line in V3_HEADER]
    observations = read_text(v3(epoch(), C21, header=header), "x", strict=True)
    assert observations.header.time_scale == scale
    assert observations.epochs == from_calendar(2024, 1, 1, 0, 0, 0, scale=scale)


def test_one_system_without_a_time_system_has_its_own():
    header = [V3_HEADER[0].replace("    M", "    R"), *V3_HEADER[1:3]]
    assert read_text(v3(epoch(), R03, header=header), "x").header.time_scale == "UTC"


def test_a_leap_second_is_an_epoch():
    header = [line.replace("     GPS", "     GLO") for line in V3_HEADER]
    times = ("2016 12 31 23 59 59.0000000", "2016 12 31 23 59 60.0000000", "2017 01 01 00 00  0.0000000")
    observations = read_text(v3(*(line for time in times for line in (epoch(time), C21)), header=header), "x", strict=True)
    assert np.diff(observations.epochs.tai_ns).tolist() == [10**9, 10**9]


def test_continued_types_and_scale_factors():
    header = [
        V3_HEADER[0],
        head("C   14 C2I L2I D2I S2I C6I L6I D6I S6I C7I L7I D7I S7I C1P", "SYS / # / OBS TYPES"),
        head("       L1P", "SYS / # / OBS TYPES"),
        head("C   10   2 L2I L1P", "SYS / SCALE FACTOR"),
    ]
    row = "C21" + "".join(field(f"{k}.123") for k in range(1, 15))
    block = read_text(v3(epoch(), row, header=header), "x", strict=True).blocks["C"]
    assert block.column("L1P")[0] == 1.4123
    assert block.column("L2I")[0] == 0.2123
    assert block.column("C1P")[0] == 13.123


def test_scale_factor_of_all_codes():
    header = [*V3_HEADER, head("C  100", "SYS / SCALE FACTOR")]
    block = read_text(v3(epoch(), C21, header=header), "x", strict=True).blocks["C"]
    assert block.values[:, 0].tolist() == [240000.00123, 1250000.00456, -12.345]


def test_version_302_called_the_lowest_band_1():
    header = [V3_HEADER[0].replace("3.05", "3.02"), head("C    4 C1I L1I C7I L7I", "SYS / # / OBS TYPES")]
    row = "C21" + field("24000000.123") + field("1.000") + field("2.000") + field("3.000")
    assert read_text(v3(epoch(), row, header=header), "x", strict=True).blocks["C"].codes == ("C2I", "L2I", "C7I", "L7I")


def test_header_fields():
    header = [
        *V3_HEADER,
        head("maker               me                  20240101 000000 UTC", "PGM / RUN BY / DATE"),
        head("ABCD", "MARKER NAME"),
        head("12345M001", "MARKER NUMBER"),
        head("GEODETIC", "MARKER TYPE"),
        head("Müller              École", "OBSERVER / AGENCY"),
        head("1                   RX                  v2", "REC # / TYPE / VERS"),
        head("2                   ANTENNA         NONE", "ANT # / TYPE"),
        head("  1000000.1000 -2000000.2000  3000000.3000", "APPROX POSITION XYZ"),
        head("        1.0500        0.0000        0.1000", "ANTENNA: DELTA H/E/N"),
        head("    30.000", "INTERVAL"),
        head("  2 R01  1 R02 -4", "GLONASS SLOT / FRQ #"),
        head(" C1C  -71.940 C2P    1.500", "GLONASS COD/PHS/BIS"),
        head("    18    18  1929     7", "LEAP SECONDS"),
        head("C L2I -0.25000", "SYS / PHASE SHIFT"),
        head("  indented note", "COMMENT"),
        head("DBHZ", "SIGNAL STRENGTH UNIT"),
    ]
    about = read_text(v3(epoch(), C21, header=header), "x", strict=True).header
    assert (about.marker, about.marker_number, about.marker_type) == ("ABCD", "12345M001", "GEODETIC")
    assert (about.program, about.run_by, about.date) == ("maker", "me", "20240101 000000 UTC")
    assert (about.receiver_number, about.receiver, about.receiver_version) == ("1", "RX", "v2")
    assert (about.antenna_number, about.antenna) == ("2", "ANTENNA         NONE")
    assert about.position_m == (1000000.1, -2000000.2, 3000000.3)
    assert about.antenna_delta_hen_m == (1.05, 0.0, 0.1)
    assert (about.interval_s, about.leap_seconds) == (30.0, 18)
    assert about.glonass_channels == {1: 1, 2: -4}
    assert about.glonass_code_phase_bias_m == {"C1C": -71.94, "C2P": 1.5}
    assert about.phase_shifts == ("C L2I -0.25000",)
    assert about.comments == ("  indented note",)
    assert about.other == (head("DBHZ", "SIGNAL STRENGTH UNIT"),)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-8"])
def test_text_in_another_encoding_keeps_its_letters(encoding):
    name = "Müller".encode(encoding).ljust(60)  # columns are bytes
    data = v3(epoch(), C21).replace(END.encode(), name + b"MARKER NAME\n" + END.encode())
    assert read_text(data, "x").header.marker == "Müller"


# --- events ---------------------------------------------------------------------------------------------------------


def test_event_with_a_blank_epoch_and_header_lines():
    body = (epoch(), C21, epoch("", 4, 2), head("SPLICE", "COMMENT"), head("EFGH", "MARKER NAME"), epoch("2024 01 01 00 00 30.0000000"), C21)
    observations = read_text(v3(*body), "x", strict=True)
    assert len(observations.epochs) == 2
    (event,) = observations.events
    assert (event.epoch_index, event.flag) == (1, 4)
    assert event.lines == (head("SPLICE", "COMMENT"), head("EFGH", "MARKER NAME"))


def test_event_changes_the_observation_types():
    body = (
        epoch(),
        C21,
        epoch("", 4, 1),
        head("C    2 C6I C2I", "SYS / # / OBS TYPES"),
        epoch("2024 01 01 00 00 30.0000000"),
        "C21" + field("6.000") + field("2.000"),
        epoch("2024 01 01 00 01  0.0000000"),
        R03,
    )
    observations = read_text(v3(*body), "x", strict=True)
    block = observations.blocks["C"]
    assert block.codes == ("C2I", "L2I", "D2I", "C6I")
    assert block.column("C2I").tolist() == [24000000.123, 2.0]
    assert np.isnan(block.column("C6I")[0])
    assert block.column("C6I")[1] == 6.0
    assert observations.blocks["R"].column("C1C").tolist() == [20000000.001]


def test_power_failure_flag_is_kept_and_cycle_slip_records_are_skipped():
    body = (epoch(), C21, epoch("2024 01 01 00 00  0.0000000", 6), C21, epoch("2024 01 01 00 00 30.0000000", 1), C21)
    observations = read_text(v3(*body), "x", strict=True)
    assert observations.epoch_flags.tolist() == [0, 1]
    assert observations.blocks["C"].offsets.tolist() == [0, 1, 2]


def test_event_after_the_last_epoch():
    observations = read_text(v3(epoch(), C21, epoch("", 3, 1), head("NEXT", "MARKER NAME")), "x", strict=True)
    assert observations.events[0].epoch_index == 1


# --- damage -----------------------------------------------------------------------------------------------------------


def damaged(*body: str, header: list[str] | None = None):
    data = v3(*body, header=header)
    observations = read_text(data, "name.rnx")
    with pytest.raises(FormatError, match=r"name\.rnx") as caught:
        read_text(data, "name.rnx", strict=True)
    assert caught.value.line == observations.losses[0].first_line
    return observations


def test_unreadable_epoch_is_lost_with_its_satellites():
    observations = damaged(epoch(), C21, epoch("2024 13 01 00 00 30.0000000"), C21, epoch("2024 01 01 00 01  0.0000000"), C21)
    assert len(observations.epochs) == 2
    assert (observations.losses[0].first_line, observations.losses[0].last_line) == (8, 9)


def test_wrong_satellite_count_loses_no_satellite():
    observations = damaged(epoch(count=1), C21, R03)
    assert len(observations.blocks["C"].sat) == len(observations.blocks["R"].sat) == 1
    assert "another number" in only_reason(observations)


def test_bad_number_costs_only_itself():
    observations = damaged(epoch(), C21.replace("125000000.456", "12500x000.456"))
    assert observations.blocks["C"].column("C2I")[0] == 24000000.123
    assert np.isnan(observations.blocks["C"].column("L2I")[0])
    assert observations.losses[0].first_line == 7


def test_value_cut_inside_its_decimals_is_not_believed():
    data = v3(epoch(), "C21" + field("24000000.123").rstrip()[:-1])
    observations = read_text(data, "x")
    assert np.isnan(observations.blocks["C"].values).all()
    assert "F14.3" in only_reason(observations)


def test_repeated_satellite_and_unknown_system():
    observations = damaged(epoch(count=3), C21, C21.replace("24000000.123", "24000009.999"), "E01" + field("1.000"))
    assert observations.blocks["C"].column("C2I").tolist() == [24000000.123]
    assert "E" not in observations.blocks
    assert {loss.first_line for loss in observations.losses} == {8, 9}


def test_repeated_and_backward_epochs_are_left_out():
    seconds = (0, 30, 30, 0, 60)
    body = [line for s in seconds for line in (epoch(f"2024 01 01 00 {s // 60:02d} {s % 60:2d}.0000000"), C21)]
    observations = damaged(*body)
    assert np.diff(observations.epochs.tai_ns).tolist() == [30 * 10**9] * 2
    assert len(observations.losses) == 2


def test_one_date_far_ahead_costs_one_epoch():
    times = ("2024 01 01 00 00  0.0000000", "2094 01 01 00 00 30.0000000", "2024 01 01 00 01  0.0000000", "2024 01 01 00 01 30.0000000")
    observations = damaged(*(line for time in times for line in (epoch(time), C21)))
    assert len(observations.epochs) == 3
    assert observations.losses[0].first_line == 8


def test_missing_end_of_header():
    data = ("\n".join([*V3_HEADER, epoch(), C21]) + "\n").encode()
    observations = read_text(data, "x")
    assert len(observations.epochs) == 1
    assert "END OF HEADER" in only_reason(observations)


def test_header_that_promises_too_much():
    header = [V3_HEADER[0], head("C  999 C2I L2I D2I", "SYS / # / OBS TYPES")]
    observations = damaged(epoch(), C21, header=header)
    assert observations.blocks["C"].codes == ("C2I", "L2I", "D2I")
    assert "999" in only_reason(observations)


def test_epoch_line_that_promises_too_much():
    observations = damaged(epoch(count=999), C21)
    assert len(observations.blocks["C"].sat) == 1


def test_trailing_garbage_is_one_loss():
    observations = damaged(epoch(), C21, epoch("2024 01 01 00 00 30.0000000"), C21, "\x7f\x01 garbage", "more garbage")
    assert len(observations.epochs) == 2
    assert all(loss.first_line >= 8 for loss in observations.losses)


def test_columns_far_larger_than_the_file_are_refused(monkeypatch):
    monkeypatch.setattr(rinex_obs, "FREE_VALUES", 10)
    monkeypatch.setattr(rinex_obs, "VALUES_PER_BYTE", 0)
    with pytest.raises(LimitError, match="observation values"):
        read_text(v3(epoch(count=5), *(C21.replace("C21", f"C{k:02d}") for k in range(1, 6))), "x")


def test_no_header_at_all():
    with pytest.raises(FormatError, match="RINEX VERSION"):
        read_text(b"nothing\n" * 100, "x")
    with pytest.raises(FormatError, match="observation types"):
        read_text(v3(epoch(), header=V3_HEADER[:1]), "x")


def test_line_without_end_in_the_header():
    with pytest.raises(FormatError, match="more than 4096"):
        read_text(V3_HEADER[0].encode() + b"\n" + b"x" * 1_000_000, "x")


def test_system_whose_only_code_is_no_code():
    header = [*V3_HEADER, head("E    1 ###", "SYS / # / OBS TYPES")]
    observations = damaged(epoch(count=2), C21, "E01" + field("1.000"), header=header)
    assert list(observations.blocks) == ["C"]


# --- RINEX 2 ----------------------------------------------------------------------------------------------------------

V2_EPOCH = " 21  1  1  0  0  0.0000000  0  2G07R01"
V2_ROW = field("24301128.370") + field("24301125.554") + field("127703288.996", " 7") + field("99509039.267", "15")


def test_version_2_values_and_codes():
    observations = read_text(v2(V2_EPOCH, V2_ROW, V2_ROW), "x", strict=True)
    assert observations.blocks["G"].codes == ("C1C", "C2W", "L1C", "L2W")
    assert observations.blocks["R"].codes == ("C1C", "C2P", "L1C", "L2P")
    assert observations.blocks["G"].values[:, 0].tolist() == [24301128.37, 24301125.554, 127703288.996, 99509039.267]
    assert observations.blocks["G"].lli[:, 0].tolist() == [0, 0, 0, 1]
    assert observations.blocks["G"].ssi[:, 0].tolist() == [0, 0, 7, 5]
    assert observations.epochs == from_calendar(2021, 1, 1, 0, 0, 0, scale="GPST")


def test_version_2_leaves_out_codes_a_system_never_has():
    row = field("24301128.370") + field("") + field("127703288.996")
    observations = read_text(v2(V2_EPOCH, V2_ROW, row), "x", strict=True)
    assert observations.blocks["R"].codes == ("C1C", "L1C")


def test_version_2_phase_of_glonass_is_not_lost_where_only_gps_fills_c2():
    """C2 stands in the shared list for the L2C of GPS; the L2 of GLONASS was kept as L2C, away from its only code, C2P."""
    types = "     4    C1    C2    P2    L2"
    rows = [field("1.000") + field("2.000") + field("3.000") + field("4.000"), field("1.000") + field("") + field("3.000") + field("4.000")]
    observations = read_text(v2(V2_EPOCH, *rows, types=types), "x", strict=True)
    assert observations.blocks["G"].codes == ("C1C", "C2X", "C2W", "L2W")
    assert observations.blocks["R"].codes == ("C1C", "C2P", "L2P")


def test_version_2_satellite_list_goes_on_after_twelve():
    names = [f"G{k:02d}" for k in range(1, 27)]
    lines = [" 99 12 31 23 59 59.9000000  1 26" + "".join(names[:12]) + " -.123456789"]
    lines += [" " * 32 + "".join(names[12:24]), " " * 32 + "".join(names[24:])]
    observations = read_text(v2(*lines, *[V2_ROW] * 26), "x", strict=True)
    assert unpack(observations.blocks["G"].sat).tolist() == names
    assert observations.clock_offset_s.tolist() == [-0.123456789]
    assert observations.epoch_flags.tolist() == [1]
    assert observations.epochs == from_calendar(1999, 12, 31, 23, 59, 59, 900_000_000, scale="GPST")


def test_version_2_five_values_to_a_line():
    types = "     7    C1    P1    P2    L1    L2    S1    S2"
    rows = ["".join(field(f"{k}.000") for k in range(1, 6)), field("6.000") + field("7.000")]
    observations = read_text(v2(V2_EPOCH, *rows, *rows, types=types), "x", strict=True)
    assert observations.blocks["G"].values[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert observations.blocks["G"].codes == ("C1C", "C1W", "C2W", "L1C", "L2W", "S1C", "S2W")


def test_version_2_types_go_on_after_nine():
    types = "    11    C1    P1    P2    L1    L2    S1    S2    D1    D2"
    more = (head("          C5    L5", "# / TYPES OF OBSERV"),)
    rows = ["".join(field(f"{k}.000") for k in range(j, min(j + 5, 12))) for j in (1, 6, 11)]
    observations = read_text(v2(V2_EPOCH.replace("  2G07R01", "  1G07"), *rows, types=types, extra=more), "x", strict=True)
    assert observations.blocks["G"].column("L5X").tolist() == [11.0]


@pytest.mark.parametrize(("system", "packed"), [("M", "G07"), ("G", "G07"), ("R", "R07")])
def test_version_2_blank_letter_is_the_system_of_the_header(system, packed):
    observations = read_text(v2(" 21  1  1  0  0  0.0000000  0  1  7", V2_ROW, system=system), "x", strict=True)
    (block,) = observations.blocks.values()
    assert unpack(block.sat).tolist() == [packed]


def test_version_2_events():
    body = (
        V2_EPOCH,
        V2_ROW,
        V2_ROW,
        " " * 28 + "4  2",
        head("a word", "COMMENT"),
        head("     2    C1    L1", "# / TYPES OF OBSERV"),
        " 21  1  1  0  0 30.0000000  0  1G07",
        field("1.000") + field("2.000"),
        " 21  1  1  0  0 30.0000000  6  1G07",
        field("1.000") + field("2.000"),
    )
    observations = read_text(v2(*body), "x", strict=True)
    assert observations.blocks["G"].column("L1C").tolist() == [127703288.996, 2.0]
    assert observations.events[0].lines[0] == head("a word", "COMMENT")
    assert observations.events[0].epoch_index == 1


def test_version_2_epoch_cut_off_keeps_the_others():
    body = (V2_EPOCH, V2_ROW, V2_EPOCH.replace(" 0.0000000", "30.0000000"), V2_ROW, V2_ROW)
    observations = read_text(v2(*body), "x")
    assert len(observations.epochs) == 2
    assert observations.blocks["G"].offsets.tolist() == [0, 1, 2]
    assert observations.blocks["R"].offsets.tolist() == [0, 0, 1]
    assert "cut off" in only_reason(observations)


def test_version_2_bad_epoch_line_loses_one_epoch():
    body = (V2_EPOCH, V2_ROW, V2_ROW, V2_EPOCH.replace(" 1  1 ", "99  1 ", 1), V2_ROW, V2_ROW, V2_EPOCH.replace(" 0.0000000", "30.0000000"))
    observations = read_text(v2(*body, V2_ROW, V2_ROW), "x")
    assert len(observations.epochs) == 2
    assert (observations.losses[0].first_line, observations.losses[0].last_line) == (7, 9)


@pytest.mark.parametrize(
    ("types", "system", "codes"),
    [
        (["C1", "P1", "L1", "D1", "S1"], "G", ("C1C", "C1W", "L1C", "D1C", "S1C")),
        (["P1", "L1"], "G", ("C1W", "L1W")),
        (["C2", "P2", "L2"], "G", ("C2X", "C2W", "L2W")),
        (["C2", "L2"], "G", ("C2X", "L2X")),
        (["C5", "L5", "S5"], "G", ("C5X", "L5X", "S5X")),
        (["C1", "P1", "L1", "C2", "P2", "L2"], "R", ("C1C", "C1P", "L1C", "C2C", "C2P", "L2C")),
        (["P2", "L2"], "R", ("C2P", "L2P")),
        (["C1", "C5", "C7", "C8", "L8", "P2"], "E", ("C1X", "C5X", "C7X", "C8X", "L8X", None)),
        (["C2", "L2", "C7", "C6"], "C", ("C2I", "L2I", "C7I", "C6I")),
        (["CA", "LA", "CB"], "G", ("C1C", "L1C", "C1X")),
        (["T1", "C1"], "G", (None, "C1C")),
    ],
)
def test_version_2_types_per_system(types, system, codes):
    """RINEX 2.11 table A1 and section 5.2 against the attributes of RINEX 3.05 tables 9 to 18."""
    assert modern_codes(types, system) == codes


def test_sniff():
    assert SNIFF(v3(epoch(), C21)[:4096])
    assert SNIFF(v2(V2_EPOCH)[:4096])
    compact = head("3.0                 COMPACT RINEX FORMAT", "CRINEX VERS   / TYPE").encode() + b"\n"
    assert not SNIFF(compact + v3(epoch()))
    assert not SNIFF(V3_HEADER[0].replace("OBSERVATION DATA", "NAVIGATION DATA ").encode())
