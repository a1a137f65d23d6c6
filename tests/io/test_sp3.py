"""SP3 against the columns of its document, decimal arithmetic and every real file; its answer to damage."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.epochs import Epochs
from armillary.core.precise import PreciseOrbits, merge
from armillary.core.satellites import pack, unpack
from armillary.core.scales import from_calendar, from_iso
from armillary.errors import FormatError, InputError, LimitError
from armillary.io import sp3
from armillary.io.source import Source, load_source

# Satellites by system as the data set's manifest counted them, epochs, agency, frame.
REAL = {
    "gnss/2019-045/COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz": ({"C": 10, "R": 23, "G": 32, "E": 24, "J": 3}, 289, "AIUB", "IGS14"),
    "gnss/2020-177/COD0MGXFIN_20201770000_01D_05M_ORB.SP3.gz": ({"C": 10, "R": 22, "G": 31, "E": 24, "J": 3}, 289, "AIUB", "IGb14"),
    "gnss/2020-177/GBM0MGXRAP_20201770000_01D_05M_ORB_120epoch.sp3.gz": ({"C": 43, "R": 21, "G": 31, "E": 24, "J": 4}, 24, "GFZ", "IGS14"),
    "gnss/2020-177/GRG0MGXFIN_20201760000_01D_15M_ORB.SP3.gz": ({"G": 30, "R": 21, "E": 24}, 96, "GRGS", "IGb14"),
    "gnss/2020-177/GRG0MGXFIN_20201770000_01D_15M_ORB.SP3.gz": ({"G": 30, "R": 21, "E": 24}, 96, "GRGS", "IGb14"),
    "gnss/2020-177/Sta21114.sp3.gz": ({"C": 40, "R": 22, "G": 31, "E": 24, "J": 4}, 97, "IAC", "IGS14"),
    "gnss/2023-001/COD0MGXFIN_20230010000_01D_05M_ORB.SP3.gz": ({"C": 36, "R": 20, "G": 31, "E": 26, "J": 3}, 289, "AIUB", "IGS20"),
    "gnss/2023-001/GFZ0MGXRAP_20230010000_01D_05M_ORB.SP3.gz": ({"C": 43, "R": 21, "G": 31, "E": 26, "J": 3}, 288, "GFZ", "IGS20"),
    "gnss/2023-001/WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz": ({"C": 40, "R": 21, "G": 31, "E": 26, "J": 3}, 288, "WHU", "IGS20"),
}

HEADER = """\
#cP2024  2 29 23 45  0.00000000       2 ORBIT IGS20 HLM  TST
## 2303 431100.00000000   900.00000000 60369 0.9895833333333
+    3   G01R09C21  0  0  0  0  0  0  0  0  0  0  0  0  0  0
++         5  6  0  0  0  0  0  0  0  0  0  0  0  0  0  0  0
%c M  cc GPS ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc
%c cc cc ccc ccc cccc cccc cccc cccc ccccc ccccc ccccc ccccc
%f  1.2500000  1.025000000  0.00000000000  0.000000000000000
%f  0.0000000  0.000000000  0.00000000000  0.000000000000000
%i    0    0    0    0      0      0      0      0         0
%i    0    0    0    0      0      0      0      0         0
/* a file made up for tests
"""

BODY = """\
*  2024  2 29 23 45  0.00000000
PG01  10000.000001 -20000.123456     -0.000002    123.456789 10 11 12 100 EP  MP
EP  55   55   55     222  1234567 -1234567  5999999      -30       21 -1230000
PR09  12345.678901  -1234.567890  22222.222222 999999.999999  9
PC21      0.000000      0.000000      0.000000     -0.000001
*  2024  3  1  0  0  0.00000000
PG01  10001.000001 -20001.123456      1.000002   -123.456789              E
PC21 -30000.000000  21000.000000   5000.500500      0.000000
EOF
"""
SAMPLE = HEADER + BODY


def read(text: str | bytes, **options: bool) -> PreciseOrbits:
    return sp3.read(Source("made.sp3", text if isinstance(text, bytes) else text.encode()), **options)


def reasons(orbits: PreciseOrbits) -> list[tuple[int, int, str]]:
    return [(loss.first_line, loss.last_line, loss.reason) for loss in orbits.losses]


def same(a: PreciseOrbits, b: PreciseOrbits) -> bool:
    """Whether every number is the same double."""
    pairs = [(a.position_m, b.position_m), (a.clock_s, b.clock_s), (a.velocity_m_s, b.velocity_m_s), (a.clock_rate_s_s, b.clock_rate_s_s)]
    numbers = all((x is None) == (y is None) and (x is None or np.array_equal(x, y, equal_nan=True)) for x, y in pairs)
    codes = [(a.sat, b.sat), (a.flags, b.flags), (a.sigma_exponent, b.sigma_exponent), (a.accuracy_exponent, b.accuracy_exponent)]
    return numbers and a.epochs == b.epochs and all(np.array_equal(x, y) for x, y in codes)


def test_columns_of_a_made_file():
    orbits = read(SAMPLE, strict=True)
    assert list(unpack(orbits.sat)) == ["C21", "G01", "R09"]
    assert orbits.epochs == from_iso(["2024-02-29T23:45:00", "2024-03-01T00:00:00"], "GPST")
    assert orbits.position_m.shape == (3, 2, 3)
    # Kilometres with six decimals, microseconds with six decimals: the nearest doubles to the decimal numbers.
    assert orbits.position_m[1, 0].tolist() == [10000000.001, -20000123.456, -0.002]
    assert orbits.clock_s[1].tolist() == [0.000123456789, -0.000123456789]
    assert np.isnan(orbits.clock_s[2]).all() and np.isfinite(orbits.position_m[2, 0]).all()
    assert np.isnan(orbits.position_m[0, 0]).all() and orbits.clock_s[0].tolist() == [-1e-12, 0.0]
    # R09 has no record at the second epoch.
    assert np.isnan(orbits.position_m[2, 1]).all()
    assert orbits.flags.tolist() == [[0, 0], [1 | 2 | 4 | 8, 1], [0, 0]]
    assert orbits.sigma_exponent is not None
    assert orbits.sigma_exponent[1, 0].tolist() == [10, 11, 12, 100]
    assert orbits.sigma_exponent[2, 0].tolist() == [9, -1, -1, -1]
    assert orbits.accuracy_exponent is not None and orbits.accuracy_exponent.tolist() == [0, 5, 6]
    head = (orbits.version, orbits.agency, orbits.orbit_type, orbits.data_used, orbits.file_type, orbits.frame, orbits.time_scale, orbits.interval_s)
    assert head == ("c", "TST", "HLM", "ORBIT", "M", "IGS20", "GPST", 900.0)
    assert (orbits.base_position, orbits.base_clock) == (1.25, 1.025)
    assert orbits.comments == ("a file made up for tests",)


def test_velocities_and_clock_rates():
    velocity = """\
VG01   -123.456789  30000.000001      0.000000   1234.567890
EV  22   22   22     111 1234567 1234567 1234567 1234567 1234567 1234567
"""
    lines = SAMPLE.replace("#cP", "#cV").splitlines(keepends=True)
    place = next(i for i, line in enumerate(lines) if line.startswith("EP"))
    orbits = read("".join([*lines[: place + 1], velocity, *lines[place + 1 :]]), strict=True)
    assert orbits.velocity_m_s is not None and orbits.clock_rate_s_s is not None
    # dm/s and 1e-4 microseconds per second (SP3-c document, velocity record).
    assert orbits.velocity_m_s[1, 0].tolist() == [-12.3456789, 3000.0000001, 0.0]
    assert orbits.clock_rate_s_s[1, 0] == 1234.56789e-10
    assert np.isnan(orbits.velocity_m_s[1, 1]).all() and np.isnan(orbits.clock_rate_s_s[0]).all()
    assert same(orbits, read(sp3.write(orbits), strict=True))


@pytest.mark.parametrize("name", ["  1", " 01", "G 1", "G01"])
def test_version_a_satellites_without_a_letter_are_the_first_systems(name):
    text = HEADER.replace("#cP", "#aP").replace("cc GPS", "cc ccc").replace("%c M ", "%c cc")
    body = f"*  2024  2 29 23 45  0.00000000\nP{name}  10000.000001 -20000.123456      0.000002    123.456789\nEOF\n"
    orbits = read(text.replace("      2 ORBIT", "      1 ORBIT") + body, strict=True)
    assert list(unpack(orbits.sat)) == ["G01"]
    assert (orbits.time_scale, orbits.version) == ("GPST", "a")
    assert orbits.accuracy_exponent is not None and orbits.accuracy_exponent.tolist() == [5]


@pytest.mark.parametrize(
    "code, scale",
    [("GPS", "GPST"), ("UTC", "UTC"), ("GLO", "UTC"), ("BDT", "BDT"), ("GAL", "GST"), ("QZS", "QZSST"), ("IRN", "GPST"), ("TAI", "TAI")],
)
def test_time_system_of_the_header(code, scale):
    orbits = read(SAMPLE.replace("cc GPS", f"cc {code}"))
    assert orbits.time_scale == scale
    assert orbits.epochs == from_calendar([2024, 2024], [2, 3], [29, 1], [23, 0], [45, 0], [0, 0], scale=scale)


def test_unknown_time_system_is_refused():
    with pytest.raises(FormatError, match="time system 'XYZ'"):
        read(SAMPLE.replace("cc GPS", "cc XYZ"))


def test_more_satellites_than_85_in_header_and_records():
    names = [f"{letter}{n:02d}" for letter in "CEGR" for n in range(1, 31)]
    template = read(SAMPLE)
    shape = (len(names), 2)
    orbits = replace(
        template,
        sat=pack(names),
        position_m=np.arange(np.prod(shape) * 3, dtype=float).reshape(*shape, 3) + 2e7,
        clock_s=np.zeros(shape),
        flags=np.zeros(shape, np.uint8),
        sigma_exponent=None,
        accuracy_exponent=np.arange(len(names), dtype=np.int16) % 20,
    )
    text = sp3.write(orbits, version="d")
    assert next(line for line in text.decode().splitlines() if line.startswith("+ ")).startswith("+  120   C01C02")
    assert same(orbits, read(text, strict=True))
    with pytest.raises(InputError, match="SP3-c holds 85"):
        sp3.write(orbits, version="c")


# --- damage ---------------------------------------------------------------------------------------------------------


def test_header_that_announces_twice_the_epochs():
    text = SAMPLE.replace("      2 ORBIT", "      4 ORBIT")
    orbits = read(text)
    assert reasons(orbits) == [(1, 1, "the header announces 4 epochs, the file holds 2")]
    assert same(orbits, read(SAMPLE))
    with pytest.raises(FormatError, match="announces 4"):
        read(text, strict=True)


def test_file_cut_in_a_record():
    cut = SAMPLE[: SAMPLE.index("PC21 -30000") + 40]
    orbits = read(cut)
    assert reasons(orbits) == [
        (19, 19, "a record that is cut short"),
        (19, 19, "no EOF record: the file may be cut off"),
    ]
    assert np.isnan(orbits.position_m[0]).all()
    with pytest.raises(FormatError, match=r"made.sp3, line 19: a record that is cut short"):
        read(cut, strict=True)


def test_record_cut_in_its_clock_is_not_read_as_another_clock():
    orbits = read(SAMPLE.replace("   -123.456789              E", "   -123.4"))
    assert reasons(orbits) == [(18, 18, "a record that is cut short")]
    assert np.isnan(orbits.clock_s[1, 1])


@pytest.mark.parametrize(
    "old, new, line, reason",
    [
        ("PR09  12345.678901", "PR09  12345.6x8901", 15, "a coordinate or a clock is not a number"),
        ("PR09", "P?09", 15, "no satellite in columns 2-4"),
        ("PR09", "PR00", 15, "no satellite in columns 2-4"),
        ("PR09", "QR09", 15, "not a record of this format"),
        ("*  2024  3  1", "*  2024  2 30", 17, "not an epoch record (year, month, day, hour, minute, second were expected)"),
        ("*  2024  3  1", "*  1024  3  1", 17, "not an epoch record (year, month, day, hour, minute, second were expected)"),
    ],
)
def test_damaged_line_is_named(old, new, line, reason):
    orbits = read(SAMPLE.replace(old, new, 1))
    assert (line, line, reason) in reasons(orbits)
    with pytest.raises(FormatError) as caught:
        read(SAMPLE.replace(old, new, 1), strict=True)
    assert caught.value.line == line


def test_records_after_a_damaged_epoch_do_not_join_the_epoch_before():
    orbits = read(SAMPLE.replace("*  2024  3  1", "*  2024 13  1"))
    assert len(orbits.epochs) == 1
    assert orbits.clock_s[1].tolist() == [0.000123456789]
    assert (18, 19, "a record before any readable epoch") in reasons(orbits)


def test_repeated_epoch_and_repeated_satellite_keep_the_later():
    again = BODY.replace("EOF\n", "*  2024  3  1  0  0  0.00000000\nPG01  10005.000000 -20001.123456      1.000002      5.000000\nEOF\n")
    orbits = read(HEADER + again)
    assert len(orbits.epochs) == 2
    assert orbits.position_m[1, 1, 0] == 10005000.0
    assert np.isfinite(orbits.position_m[0, 1]).all()
    assert reasons(orbits) == [(20, 20, "an epoch given twice: the later records were kept")]
    twice = SAMPLE.replace("PC21 -30000", "PG01  10005.000000 -20001.123456      1.000002      5.000000\nPC21 -30000")
    orbits = read(twice)
    assert orbits.clock_s[1, 1] == 5e-6
    assert reasons(orbits) == [(18, 18, "a satellite given twice at one epoch: the later record was kept")]


def test_epochs_out_of_order_are_sorted():
    second = BODY.index("*  2024  3")
    swapped = HEADER + BODY[second:].replace("EOF\n", "") + BODY[:second] + "EOF\n"
    assert same(read(swapped), read(SAMPLE))


def test_carriage_returns_and_trailing_blanks_say_nothing():
    assert same(read(SAMPLE.replace("\n", "\r\n"), strict=True), read(SAMPLE))
    assert same(read("\n".join(f"{line:80s}" for line in SAMPLE.splitlines()), strict=True), read(SAMPLE))


def test_not_sp3_at_all():
    for text in (b"", b"#", b"hello", b"#dP", b"#dPxxxx"):
        with pytest.raises(FormatError):
            read(text)


def test_header_alone_gives_no_epochs():
    orbits = read(HEADER)
    assert len(orbits.epochs) == 0 and orbits.position_m.shape == (0, 0, 3)
    assert {reason for _, _, reason in reasons(orbits)} == {
        "no EOF record: the file may be cut off",
        "the header announces 2 epochs, the file holds 0",
    }


@pytest.mark.slow
def test_promises_cost_nothing():
    started = time.process_time()
    read(SAMPLE.replace("      2 ORBIT", "9999999 ORBIT"))
    read((SAMPLE[:-4] + "P" * 20_000_000).encode())
    read((HEADER + "\n" * 5_000_000).encode())
    # 25 MB of noise at far less than 40 ns a byte.
    assert time.process_time() - started < 1.0


def test_a_sparse_table_is_refused():
    body = "".join(
        f"*  2024  2 29 {h:2d} {m:2d} {s:2d}.{k}0000000\n" for h in range(2) for m in range(60) for s in range(60) for k in range(0, 10, 2)
    )
    sats = "".join(f"P{letter}{n:02d}  10000.000001 -20000.123456     -0.000002    123.456789\n" for letter in "ABCDEFGHIJ" for n in range(1, 100))
    with pytest.raises(LimitError, match="990 satellites by 36000 epochs"):
        read(HEADER + body + sats)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, len(SAMPLE)), st.booleans())
def test_any_bytes_give_orbits_or_an_input_error(changes, stop, strict):
    data = bytearray(SAMPLE.encode())
    for at, value in changes:
        data[at] = value
    for text in (bytes(data), bytes(data[:stop])):
        try:
            orbits = read(text, strict=strict)
        except InputError:
            continue
        assert orbits.position_m.shape == (len(orbits.sat), len(orbits.epochs), 3)
        assert (np.diff(orbits.epochs.tai_ns) > 0).all()


# --- writing --------------------------------------------------------------------------------------------------------


@st.composite
def tables(draw) -> PreciseOrbits:
    n_sats, n_epochs = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    names = draw(st.lists(st.sampled_from(["C01", "C59", "E36", "G01", "J07", "R24", "R26", "S20"]), min_size=n_sats, max_size=n_sats, unique=True))
    # Digits as the format has them: whole micro-kilometres (millimetres) and whole 1e-12 seconds, below the marks for "bad".
    millimetres = st.integers(-(10**12) + 1, 10**12 - 1)
    picoseconds = st.one_of(st.none(), st.integers(-(10**11), 10**11))
    position = [[draw(st.one_of(st.none(), st.tuples(millimetres, millimetres, millimetres))) for _ in range(n_epochs)] for _ in range(n_sats)]
    clock = [[draw(picoseconds) for _ in range(n_epochs)] for _ in range(n_sats)]
    start = draw(st.integers(10**17, 17 * 10**17)) // 10 * 10
    steps = draw(st.lists(st.integers(1, 10**9).map(lambda s: s * 10), min_size=n_epochs, max_size=n_epochs))
    nan3 = (np.nan,) * 3
    flags = draw(st.lists(st.integers(0, 15), min_size=n_sats * n_epochs, max_size=n_sats * n_epochs))
    return PreciseOrbits(
        epochs=Epochs(start + np.cumsum(steps)),
        sat=np.sort(pack(names)),
        position_m=np.array([[nan3 if p is None or not any(p) else [v / 1e3 for v in p] for p in row] for row in position]),
        clock_s=np.array([[np.nan if c is None else c / 1e12 for c in row] for row in clock]),
        velocity_m_s=None,
        clock_rate_s_s=None,
        flags=np.array(flags, np.uint8).reshape(n_sats, n_epochs),
        sigma_exponent=None,
        time_scale=draw(st.sampled_from(["GPST", "UTC", "BDT", "GST", "QZSST", "TAI"])),
        frame="IGS20",
        interval_s=300.0,
        accuracy_exponent=np.array(draw(st.lists(st.integers(0, 99), min_size=n_sats, max_size=n_sats)), np.int16),
    )


@pytest.mark.slow
@settings(max_examples=80, deadline=None)
@given(tables(), st.sampled_from("cd"))
def test_written_tables_come_back_exactly(orbits, version):
    back = read(sp3.write(orbits, version=version), strict=True)
    assert same(orbits, back)
    assert (back.time_scale, back.frame, back.interval_s, back.version) == (orbits.time_scale, orbits.frame, 300.0, version)


def test_a_leap_second_is_written_as_second_60():
    epochs = from_iso(["2016-12-31T23:59:60.5"], "UTC")
    orbits = replace(read(SAMPLE), epochs=epochs, time_scale="UTC", position_m=np.full((3, 1, 3), 2e7), clock_s=np.zeros((3, 1)))
    orbits = replace(orbits, flags=np.zeros((3, 1), np.uint8), sigma_exponent=None)
    text = sp3.write(orbits)
    assert b"*  2016 12 31 23 59 60.50000000" in text
    assert read(text, strict=True).epochs == epochs


def test_what_the_format_cannot_hold_is_refused():
    orbits = read(SAMPLE)
    with pytest.raises(InputError, match="version 'a'"):
        sp3.write(orbits, version="a")
    with pytest.raises(InputError, match="time scale TDB"):
        sp3.write(replace(orbits, time_scale="TDB"))
    with pytest.raises(InputError, match="too large"):
        sp3.write(replace(orbits, position_m=orbits.position_m * 1e6))
    with pytest.raises(InputError, match="at least one epoch"):
        sp3.write(read(HEADER))
    with pytest.raises(InputError, match="comments"):
        sp3.write(replace(orbits, comments=("x" * 70,)), version="c")


# --- several days ---------------------------------------------------------------------------------------------------


def test_later_part_wins_where_parts_overlap():
    first = read(SAMPLE)
    later = read(SAMPLE.replace("*  2024  3  1  0", "*  2024  3  1  1").replace("*  2024  2 29 23 45", "*  2024  3  1  0  0").replace("R09", "R10"))
    joined = merge([first, later])
    assert list(unpack(joined.sat)) == ["C21", "G01", "R09", "R10"]
    assert joined.epochs == from_iso(["2024-02-29T23:45", "2024-03-01T00:00", "2024-03-01T01:00"], "GPST")
    # G01 at midnight is in both; C21 is absent (0 0 0) there in the later part, which wins whole.
    assert joined.position_m[1, 1, 0] == 10000000.001 and first.position_m[1, 1, 0] == 10001000.001
    assert np.isnan(joined.position_m[0, 1]).all()
    assert np.isnan(joined.position_m[2, 1:]).all() and np.isnan(joined.position_m[3, 0]).all()
    assert joined.flags[1].tolist() == [15, 15, 1]
    assert joined.accuracy_exponent is not None and joined.accuracy_exponent.tolist() == [0, 5, 6, 6]
    assert merge([first]) is first
    with pytest.raises(InputError, match="nothing to merge"):
        merge([])


def test_merging_frames_says_so():
    joined = merge([read(SAMPLE), read(SAMPLE.replace("IGS20", "IGb14"))])
    assert joined.frame == "IGb14"
    assert "merged from parts in the frames IGS20, IGb14; IGb14 is named" in joined.comments


# --- real files -----------------------------------------------------------------------------------------------------


def epoch_text(line: str) -> str:
    return " ".join(f"{float(word):g}" for word in line[1:].split())


def naive(data: bytes) -> dict[tuple[str, str], tuple[float, ...]]:
    """A second reader in a few lines: (epoch text, satellite) -> x y z clock in SI, by decimal arithmetic."""
    found, epoch = {}, ""
    for line in data.decode("latin-1").splitlines():
        if line.startswith("*"):
            epoch = epoch_text(line)
        elif line.startswith("P"):
            *place, clock = (Decimal(line[at : at + 14].strip()) for at in (4, 18, 32, 46))
            position = [float(v * 1000) if any(place) else np.nan for v in place]
            found[epoch, line[1:4]] = (*position, float(clock / 10**6) if clock < 999999 else np.nan)
    return found


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("path", REAL)
def test_real_file(data_dir, path):
    counts, n_epochs, agency, frame = REAL[path]
    source = load_source(data_dir / path)
    assert sp3.SNIFF(source.data[:4096])
    orbits = sp3.read(source, strict=True)
    names = [str(name) for name in unpack(orbits.sat)]
    assert Counter(name[0] for name in names) == counts
    assert (len(orbits.epochs), orbits.agency, orbits.frame, orbits.time_scale, orbits.losses) == (n_epochs, agency, frame, "GPST", ())
    truth = naive(source.data)
    assert len(truth) == len(names) * n_epochs
    days = [line for line in source.data.decode("latin-1").splitlines() if line.startswith("*")]
    expected = np.array([[truth[epoch_text(day), name] for day in days] for name in names])
    # Exact: both sides are the nearest double to the decimal number.
    assert np.array_equal(orbits.position_m, expected[..., :3], equal_nan=True)
    assert np.array_equal(orbits.clock_s, expected[..., 3], equal_nan=True)
    year, month, day, hour, minute = np.array([[int(word) for word in line[1:].split()[:5]] for line in days]).T
    assert orbits.epochs == from_calendar(year, month, day, hour, minute, np.zeros(n_epochs, int), scale="GPST")
    assert (np.diff(orbits.epochs.tai_ns) == orbits.interval_s * 1e9).all()


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize("path", REAL)
def test_real_file_written_again_has_the_same_digits(data_dir, path):
    source = load_source(data_dir / path)
    orbits = sp3.read(source)
    text = sp3.write(orbits)
    assert same(orbits, sp3.read(Source("again", text), strict=True))
    records = [sorted(line[:60].rstrip() for line in data.decode("latin-1").splitlines() if line.startswith("P")) for data in (source.data, text)]
    # Satellites may stand in another order.
    assert records[1] == records[0]


@pytest.mark.real_data
def test_iac_bad_clocks_next_midnight_and_header(data_dir):
    orbits = sp3.read(load_source(data_dir / "gnss/2020-177/Sta21114.sp3.gz"))
    beidou = orbits.sat // 100 == ord("C")
    assert np.isnan(orbits.clock_s[beidou]).sum() == 118
    assert orbits.epochs[-1] == from_iso("2020-06-26T00:00:00", "GPST")
    assert (orbits.data_used, orbits.orbit_type) == ("__u+U", "FIT")
    assert any("C:C2IC6I" in comment for comment in orbits.comments)


@pytest.mark.real_data
def test_code_of_2020_has_neither_bds_3_nor_geostationary_satellites(data_dir):
    for path in ("gnss/2019-045/COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz", "gnss/2020-177/COD0MGXFIN_20201770000_01D_05M_ORB.SP3.gz"):
        orbits = sp3.read(load_source(data_dir / path))
        numbers = [int(s) % 100 for s in orbits.sat if s // 100 == ord("C")]
        assert min(numbers) >= 6 and max(numbers) <= 16


@pytest.mark.real_data
def test_two_days_of_one_centre_join(data_dir):
    days = [sp3.read(load_source(data_dir / f"gnss/2020-177/GRG0MGXFIN_2020{day}0000_01D_15M_ORB.SP3.gz")) for day in (176, 177)]
    joined = merge(days)
    assert joined.position_m.shape == (75, 192, 3)
    assert (np.diff(joined.epochs.tai_ns) == 900_000_000_000).all()
    assert np.array_equal(joined.position_m[:, :96], days[0].position_m, equal_nan=True)
    assert np.array_equal(joined.position_m[:, 96:], days[1].position_m, equal_nan=True)


def test_importing_the_product_formats_loads_no_compiler():
    names = ", ".join(f"armillary.io.{name}" for name in ("sp3", "clk", "sinex", "antex", "ionex", "bias", "erp", "station_list", "station_table"))
    code = f"import sys, {names}; sys.exit(any(m in sys.modules for m in ('numba', 'scipy', 'erfa', 'matplotlib')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
