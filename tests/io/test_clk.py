"""RINEX clock files against the columns of their document, Python's own float and the real files; their answer to damage."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.precise import PreciseClocks, merge
from armillary.core.satellites import pack, unpack
from armillary.core.scales import from_calendar, from_iso
from armillary.errors import FormatError, InputError, LimitError
from armillary.io import clk, sp3
from armillary.io.source import Source, load_source

HEADER = """\
     3.00           C                   M                   RINEX VERSION / TYPE
made                TST                 20240229 000000 UTC PGM / RUN BY / DATE
a comment                                                   COMMENT
    30.00                                                   INTERVAL
   GPS                                                      TIME SYSTEM ID
G CC2NONCC          P1C1.DCB @ somewhere                    SYS / DCBS APPLIED
G MADE              IGS20_2303.ATX                          SYS / PCVS APPLIED
     2    AR    AS                                          # / TYPES OF DATA
TST  A CENTRE                                               ANALYSIS CENTER
     2    IGS20                                             # OF SOLN STA / TRF
G01 R09                                                     PRN LIST
                                                            END OF HEADER
"""
BODY = """\
AR BRUX 2024  2 29 23 59 30.000000  2   -0.123456789012E-03  0.100000000000E-10
AS G01  2024  2 29 23 59 30.000000  2    0.249342133555E-03  0.554433919553E-11
AS R09  2024  2 29 23 59 30.000000  1   -0.100000000000E-08
CR USNO 2024  2 29 23 59 30.000000  2    0.100000000000E-03  0.100000000000E-10
AS G01  2024  3  1  0  0  0.000000  6    0.249342133556E-03  0.554433919553E-11
-0.100000000000E-12  0.200000000000E-13  0.300000000000E-18  0.400000000000E-19
MS WTZR 2024  3  1  0  0  0.000000  1    0.500000000000E+00
AS R09  2024  3  1  0  0  0.000000  1   -0.200000000000E-08
"""
SAMPLE = HEADER + BODY


def read(text: str | bytes, **options: bool) -> PreciseClocks:
    return clk.read(Source("made.clk", text if isinstance(text, bytes) else text.encode()), **options)


def reasons(clocks: PreciseClocks) -> list[tuple[int, int, str]]:
    return [(loss.first_line, loss.last_line, loss.reason) for loss in clocks.losses]


def wide(text: str) -> str:
    """The made file in the columns of version 3.04: names of nine characters, labels from column 66."""
    head, body = text[: len(HEADER)], text[len(HEADER) :]
    head = "".join(f"{line[:60]:65s}{line[60:]}\n" for line in head.replace("3.00", "3.04").splitlines())
    body = "".join(f"{line[:7]}     {line[7:]}\n" if line[:1].isalpha() else f"{line}\n" for line in body.splitlines())
    return head + body.replace("BRUX     ", "BRUX00BEL")


def test_columns_of_a_made_file():
    clocks = read(SAMPLE, strict=True)
    assert list(unpack(clocks.sat)) == ["G01", "R09"]
    assert clocks.epochs == from_iso(["2024-02-29T23:59:30", "2024-03-01T00:00:00"], "GPST")
    assert clocks.bias_s.tolist() == [[0.249342133555e-3, 0.249342133556e-3], [-1e-9, -2e-9]]
    # Below 1e-22 a second division rounds too: two units in the last place of a double are far below the twelve digits written.
    assert clocks.sigma_s[0] == pytest.approx([0.554433919553e-11] * 2, rel=5e-16)
    assert np.isnan(clocks.sigma_s[1]).all()
    assert clocks.receivers == ("BRUX",)
    assert clocks.receiver_bias_s[0, 0] == -0.123456789012e-3 and np.isnan(clocks.receiver_bias_s[0, 1])
    assert clocks.receiver_sigma_s is not None and clocks.receiver_sigma_s[0, 0] == pytest.approx(1e-11, rel=5e-16)
    assert clocks.skipped == (("CR", 1), ("MS", 1))
    head = (clocks.version, clocks.agency, clocks.frame, clocks.antenna_model, clocks.bias_source, clocks.time_scale, clocks.interval_s)
    assert head == (3.0, "TST", "IGS20", "IGS20_2303", "P1C1.DCB @ somewhere", "GPST", 30.0)
    assert clocks.comments == ("a comment",)


def test_columns_of_version_3_04():
    narrow, broad = read(SAMPLE), read(wide(SAMPLE), strict=True)
    assert broad.version == 3.04 and broad.receivers == ("BRUX00BEL",)
    assert np.array_equal(broad.bias_s, narrow.bias_s) and np.array_equal(broad.sigma_s, narrow.sigma_s, equal_nan=True)
    assert (broad.agency, broad.frame, broad.antenna_model, broad.interval_s) == ("TST", "IGS20", "IGS20_2303", 30.0)


def test_labels_and_records_may_mix_the_two_layouts():
    # Seen in files of large centres: version 3.04 with the old columns.
    clocks = read(SAMPLE.replace("     3.00", "     3.04"), strict=True)
    assert np.array_equal(clocks.bias_s, read(SAMPLE).bias_s) and clocks.receivers == ("BRUX",)
    clocks = read(HEADER + wide(SAMPLE)[len(HEADER) + 5 * 12 :], strict=True)
    assert np.array_equal(clocks.bias_s, read(SAMPLE).bias_s) and clocks.receivers == ("BRUX00BEL",)


def test_two_blanks_before_sigma_as_in_the_document_of_version_3():
    clocks = read(SAMPLE.replace("E-03  0.55", "E-03   0.55"), strict=True)
    assert np.array_equal(clocks.sigma_s, read(SAMPLE).sigma_s, equal_nan=True)


@pytest.mark.parametrize(
    "code, scale", [("GPS", "GPST"), ("GLO", "UTC"), ("GAL", "GST"), ("BDT", "BDT"), ("QZS", "QZSST"), ("UTC", "UTC"), ("TAI", "TAI")]
)
def test_time_system(code, scale):
    clocks = read(SAMPLE.replace("   GPS  ", f"   {code}  "))
    assert clocks.time_scale == scale
    assert clocks.epochs[0] == from_calendar(2024, 2, 29, 23, 59, 30, scale=scale)


def test_unknown_time_system_is_refused():
    with pytest.raises(FormatError, match=r"line 5: time system 'XYZ'"):
        read(SAMPLE.replace("   GPS  ", "   XYZ  "))


# --- damage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, new, line, reason",
    [
        ("AS R09  2024  2", "AS R09  2024 22", 15, "not an epoch (year, month, day, hour, minute, second were expected)"),
        ("  1   -0.100000000000E-08", "  1   -0.1000x0000000E-08", 15, "a bias, a sigma or their count is not a number"),
        ("AS R09  2024  2", "AS ?09  2024  2", 15, "no satellite or station name"),
        ("AS R09  2024  2", "AX R09  2024  2", 15, "not a clock record (AS, AR, CR, DR or MS was expected)"),
        ("AS R09  2024  2 29 23 59 30.000000  1   -0.100000000000E-08", "AS R09  2024  2 29", 15, "a record that is cut short"),
    ],
)
def test_damaged_line_is_named(old, new, line, reason):
    clocks = read(SAMPLE.replace(old, new, 1))
    assert reasons(clocks) == [(line, line, reason)]
    assert np.isnan(clocks.bias_s[1, 0]) and clocks.bias_s[1, 1] == -2e-9
    with pytest.raises(FormatError) as caught:
        read(SAMPLE.replace(old, new, 1), strict=True)
    assert caught.value.line == line


def test_file_cut_in_a_number_does_not_give_another_number():
    clocks = read(SAMPLE[:-10])
    assert reasons(clocks) == [(20, 20, "a record that is cut short")]
    assert np.isnan(clocks.bias_s[1, 1])


def test_missing_end_of_header():
    clocks = read(SAMPLE.replace("END OF HEADER", ""))
    assert reasons(clocks) == [(0, 0, "END OF HEADER is missing")]
    assert np.array_equal(clocks.bias_s, read(SAMPLE).bias_s)


def test_a_clock_given_twice_keeps_the_later():
    clocks = read(SAMPLE + "AS R09  2024  3  1  0  0  0.000000  1   -0.300000000000E-08\n")
    assert clocks.bias_s[1, 1] == -3e-9
    assert reasons(clocks) == [(20, 20, "a clock given twice at one epoch: the later record was kept")]


def test_header_alone():
    clocks = read(HEADER)
    assert len(clocks.epochs) == 0 and clocks.bias_s.shape == (0, 0) and clocks.losses == ()


def test_carriage_returns_say_nothing():
    clocks = read(SAMPLE.replace("\n", "\r\n"), strict=True)
    assert np.array_equal(clocks.bias_s, read(SAMPLE).bias_s) and clocks.frame == "IGS20"


def test_not_a_clock_file():
    for text in ("", "x", SAMPLE.replace("   C     ", "   N     ", 1)):
        with pytest.raises(FormatError):
            read(text)


def test_noise_costs_little_and_a_sparse_table_is_refused():
    started = time.process_time()
    read((SAMPLE + "A" * 20_000_000).encode())
    read((HEADER + "\n" * 5_000_000).encode())
    assert time.process_time() - started < 1.0
    dates = [f"AS G01  2024  2 29 {h:2d} {m:2d} {s:2d}.000000  1    0.1E-3\n" for h in range(24) for m in range(60) for s in range(60)]
    names = [f"AR {i:04d} 2024  2 29  0  0  0.000000  1    0.1E-3\n" for i in range(10_000)]
    with pytest.raises(LimitError, match="10000 clocks by 86400 epochs"):
        read(HEADER + "".join(dates + names))


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, len(SAMPLE)), st.booleans())
def test_any_bytes_give_clocks_or_an_input_error(changes, stop, strict):
    data = bytearray(SAMPLE.encode())
    for at, value in changes:
        data[at] = value
    for text in (bytes(data), bytes(data[:stop])):
        try:
            clocks = read(text, strict=strict)
        except InputError:
            continue
        assert clocks.bias_s.shape == (len(clocks.sat), len(clocks.epochs))
        assert clocks.receiver_bias_s.shape == (len(clocks.receivers), len(clocks.epochs))


# --- writing and joining --------------------------------------------------------------------------------------------

VALUES = st.one_of(
    st.none(),
    # Twelve significant digits, from attoseconds to a second.
    st.tuples(st.integers(10**11, 10**12 - 1), st.sampled_from([-1, 1]), st.integers(-17, 0)).map(lambda t: float(f"{t[1] * t[0]}e{t[2] - 12}")),
    st.just(0.0),
)


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(VALUES, min_size=3, max_size=3), min_size=8, max_size=8), st.sampled_from(["GPST", "UTC", "BDT", "TAI"]))
def test_written_clocks_come_back(rows, scale):
    table = np.array([[np.nan if v is None else v for v in row] for row in rows])
    bias, sigma, receiver_bias, receiver_sigma = table[:2], np.abs(table[2:4]), table[4:6], np.abs(table[6:8])
    clocks = PreciseClocks(
        epochs=from_iso(["2016-12-31T23:59:30", "2017-01-01T00:00:00", "2017-01-01T00:00:30.5"], scale),
        sat=pack(["C21", "R09"]),
        bias_s=bias,
        sigma_s=sigma,
        receivers=("BRUX", "WTZR00DEU"),
        receiver_bias_s=receiver_bias,
        time_scale=scale,
        interval_s=30.0,
        receiver_sigma_s=receiver_sigma,
        frame="IGS20",
        agency="TST",
    )
    back = read(clk.write(clocks), strict=True)
    there = np.concatenate([bias, receiver_bias])
    assert (back.time_scale, back.frame, back.agency, back.version) == (scale, "IGS20", "TST", 3.04)
    for e, instant in enumerate(clocks.epochs.tai_ns):
        for r, name in enumerate(["C21", "R09", "BRUX", "WTZR00DEU"]):
            names = [*unpack(back.sat), *back.receivers]
            column = np.flatnonzero(back.epochs.tai_ns == instant)
            found = np.nan
            if name in names and len(column):
                found = np.concatenate([back.bias_s, back.receiver_bias_s])[names.index(name), column[0]]
            # The twelve digits are the same; below 1e-22 the double may differ by its last places.
            assert found == pytest.approx(there[r, e], rel=1e-15, nan_ok=True)


def test_what_the_format_cannot_hold_is_refused():
    clocks = read(SAMPLE)
    with pytest.raises(InputError, match="time scale TDB"):
        clk.write(replace(clocks, time_scale="TDB"))
    with pytest.raises(InputError, match="nine characters"):
        clk.write(replace(clocks, receivers=("TENLETTERS",)))


def test_days_join():
    first = read(SAMPLE)
    later = read(
        SAMPLE.replace("3  1  0  0  0", "3  1  0  0 30").replace("2 29 23 59 30", "3  1  0  0  0").replace("R09", "C21").replace("BRUX", "WTZR")
    )
    joined = merge([first, later])
    assert list(unpack(joined.sat)) == ["C21", "G01", "R09"] and joined.receivers == ("BRUX", "WTZR")
    assert joined.epochs == from_iso(["2024-02-29T23:59:30", "2024-03-01T00:00:00", "2024-03-01T00:00:30"], "GPST")
    # At midnight the later day's G01 wins.
    assert joined.bias_s[1].tolist() == [0.249342133555e-3, 0.249342133555e-3, 0.249342133556e-3]
    assert np.isnan(joined.bias_s[0, 0]) and np.isnan(joined.bias_s[2, 2])
    assert joined.receiver_bias_s[1, 1] == -0.123456789012e-3
    assert joined.skipped == (("CR", 2), ("MS", 2))


# --- real files -----------------------------------------------------------------------------------------------------

REAL = {
    "gnss/2020-177/GRG0MGXFIN_20201770000_01D_30S_CLK.CLK.gz": ({"G": 30, "R": 21, "E": 24}, 2880, "GRG", "IGb14", "igs14_2108"),
    "gnss/2023-001/WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz": ({"C": 40, "R": 21, "G": 31, "E": 26, "J": 3}, 2881, "WHU", "IGS14", "IGS20_2239"),
}


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("path", REAL)
def test_real_file(data_dir, path):
    counts, n_epochs, agency, frame, antennas = REAL[path]
    source = load_source(data_dir / path)
    clocks = clk.read(source, strict=True)
    names = [str(name) for name in unpack(clocks.sat)]
    assert Counter(name[0] for name in names) == counts
    assert (len(clocks.epochs), clocks.agency, clocks.frame, clocks.antenna_model) == (n_epochs, agency, frame, antennas)
    assert (clocks.interval_s, clocks.receivers, clocks.losses, clocks.skipped) == (30.0, (), (), ())
    assert (np.diff(clocks.epochs.tai_ns) == 30_000_000_000).all()
    # A second reader: every thirtieth line by splitting at blanks and Python's float.
    lines = [line for line in source.data.decode("latin-1").splitlines() if line.startswith("AS ")]
    assert np.isfinite(clocks.bias_s).sum() == len(lines)
    first = int(clocks.epochs.tai_ns[0])
    for line in lines[::30]:
        words = line.split()
        day = from_calendar(*(int(w) for w in words[2:7]), int(float(words[7])), scale="GPST")
        column = (int(day.tai_ns[0]) - first) // 30_000_000_000
        row = names.index(words[1])
        # Exact: twelve digits over at most 10**22 is correctly rounded.
        assert clocks.bias_s[row, column] == float(words[9])
        if words[8] == "2":
            assert clocks.sigma_s[row, column] == pytest.approx(float(words[10]), rel=5e-16)


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize("path", REAL)
def test_real_file_written_again_is_the_same(data_dir, path):
    clocks = clk.read(load_source(data_dir / path))
    back = clk.read(Source("again", clk.write(clocks)), strict=True)
    assert np.array_equal(clocks.bias_s, back.bias_s, equal_nan=True) and np.array_equal(clocks.sigma_s, back.sigma_s, equal_nan=True)
    assert clocks.epochs == back.epochs and np.array_equal(clocks.sat, back.sat)


@pytest.mark.real_data
def test_clock_file_agrees_with_the_same_centres_orbit_file(data_dir):
    clocks = clk.read(load_source(data_dir / "gnss/2023-001/WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"))
    orbits = sp3.read(load_source(data_dir / "gnss/2023-001/WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"))
    assert np.array_equal(clocks.sat, orbits.sat)
    common, at, place = np.intersect1d(clocks.epochs.tai_ns, orbits.epochs.tai_ns, return_indices=True)
    assert len(common) == 288
    difference = clocks.bias_s[:, at] - orbits.clock_s[:, place]
    # One solution in two files: the orbit file rounds to 1e-12 s.
    assert np.nanmax(np.abs(difference)) <= 0.51e-12
