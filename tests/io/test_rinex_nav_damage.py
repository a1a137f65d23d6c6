"""Damaged navigation files: what is whole comes back, what is lost is named with its lines, nothing but FormatError or LimitError leaves."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss
from armillary.core.navigation_messages import MessageTable, Navigation, NavigationHeader
from armillary.core.scales import from_iso
from armillary.errors import FormatError, LimitError
from armillary.io import rinex_nav
from armillary.io.rinex_nav_layouts import LAYOUTS, SYSTEM_SCALE
from armillary.io.source import Source

# A mutated year of a UTC epoch may lie beyond the leap-second table, which is said in a warning, rightly.
pytestmark = pytest.mark.filterwarnings("ignore::armillary.core.leap_seconds.StaleTableWarning")


def table(system: str, kind: str, number: int, messages: int) -> MessageTable:
    start = from_iso("2024-01-07T02:00:00", SYSTEM_SCALE[system])
    epochs = Epochs(start.tai_ns + 3600 * 10**9 * np.arange(messages))
    columns = {
        name: np.arange(messages) + 1.5 for name in LAYOUTS[system, kind].columns if name not in ("toe_s", "transmission_s", "message_frame_s")
    }
    sat = np.full(messages, ord(system) * 100 + number, np.int16)
    return MessageTable(system, kind, sat, epochs, epochs, epochs, np.ones(messages, bool), columns)


def text(version: float, messages: int = 3) -> bytes:
    """A file of two kinds, three records each: lines 1 to 3 header, then records of 8 (Kepler) and 5 (state) lines, one more in version 4."""
    tables = {("G", "LNAV"): table("G", "LNAV", 5, messages), ("R", "FDMA"): table("R", "FDMA", 3, messages)}
    return rinex_nav.write(Navigation(NavigationHeader(), tables), version=version)


OLD = (
    b"     2.11           GLONASS NAV DATA                        RINEX VERSION / TYPE\n"
    b"                                                            END OF HEADER\n"
    b" 3 24  1  7  2 15  0.0-2.000000000000D-05 1.000000000000D-12 8.100000000000D+03\n"
    b"    1.000050000000D+04 1.500000000000D+00 0.000000000000D+00 0.000000000000D+00\n"
    b"   -1.500025000000D+04-5.000000000000D-01 1.000000000000D-09-7.000000000000D+00\n"
    b"    2.000012500000D+04 2.500000000000D+00 0.000000000000D+00 1.000000000000D+00\n"
)
BASES = {2.11: OLD, 3.05: text(3.05), 4.02: text(4.02)}


def read(data: bytes, *, strict: bool = False) -> Navigation:
    return rinex_nav.read(Source("damaged", data), strict=strict)


def counts(navigation: Navigation) -> dict[str, int]:
    return {" ".join(key): len(part) for key, part in navigation.messages.items()}


def edited(version: float, line: int, change: object) -> bytes:
    """The file with one line (1-based) replaced by what ``change`` makes of it."""
    lines = BASES[version].splitlines(keepends=True)
    lines[line - 1] = change(lines[line - 1])  # type: ignore[operator]
    return b"".join(lines)


def assert_one_kepler_record_lost(data: bytes, loss: Loss) -> None:
    navigation = read(data)
    assert counts(navigation) == {"G LNAV": 2, "R FDMA": 3}
    assert navigation.losses == (loss,)
    with pytest.raises(FormatError) as error:
        read(data, strict=True)
    assert (error.value.line, error.value.path) == (loss.first_line, "damaged")


def test_the_undamaged_files() -> None:
    assert counts(read(BASES[3.05], strict=True)) == counts(read(BASES[4.02], strict=True)) == {"G LNAV": 3, "R FDMA": 3}
    assert counts(read(OLD, strict=True)) == {"R FDMA": 1}


def test_a_field_that_is_not_a_number() -> None:
    data = edited(3.05, 14, lambda line: line[:30] + b"#" + line[31:])
    assert_one_kepler_record_lost(data, Loss(12, 19, "the record holds a field that is not a number"))


def test_a_lost_line() -> None:
    assert_one_kepler_record_lost(edited(3.05, 15, lambda line: b""), Loss(12, 18, "the record has 7 lines, its kind has 8"))


def test_an_added_line() -> None:
    assert_one_kepler_record_lost(edited(3.05, 15, lambda line: line * 2), Loss(12, 20, "the record has 9 lines, its kind has 8"))


def test_a_line_of_noise() -> None:
    data = edited(3.05, 15, lambda line: b"@@noise@@\n" + line)
    assert_one_kepler_record_lost(data, Loss(12, 20, "a line is neither the start of a record nor part of one"))


def test_an_impossible_date() -> None:
    data = edited(3.05, 12, lambda line: line.replace(b"2024 01", b"2024 13"))
    assert_one_kepler_record_lost(data, Loss(12, 19, "the epoch of the record is not a date and time"))


def test_a_record_of_version_4_under_another_name() -> None:
    data = edited(4.02, 13, lambda line: line.replace(b"> EPH G05", b"> EPH G06"))
    assert_one_kepler_record_lost(data, Loss(13, 21, "a line is neither the start of a record nor part of one"))


def test_a_file_cut_off_within_its_last_record() -> None:
    data = BASES[3.05][: -2 * 81 - 40]
    navigation = read(data)
    assert counts(navigation) == {"G LNAV": 3, "R FDMA": 2}
    assert [loss.first_line for loss in navigation.losses] == [38]


def test_lines_before_the_first_record() -> None:
    data = edited(3.05, 3, lambda line: line + b"    1.0\nnothing known\n")
    navigation = read(data)
    assert counts(navigation) == {"G LNAV": 3, "R FDMA": 3}
    assert navigation.losses == (Loss(4, 5, "the line belongs to no record"),)


def test_header_lines_among_the_data() -> None:
    leap = b"    18".ljust(60) + b"LEAP SECONDS\n"
    navigation = read(edited(3.05, 12, lambda line: leap + line))
    assert counts(navigation) == {"G LNAV": 3, "R FDMA": 3}
    assert navigation.losses == (Loss(12, 12, "a header line among the data"),)


def test_a_second_header_that_cannot_be_read_ends_the_file_with_a_loss() -> None:
    first = b"     9.99           N: GNSS NAV DATA    M".ljust(60) + b"RINEX VERSION / TYPE\n"
    navigation = read(BASES[3.05] + first + BASES[3.05])
    assert counts(navigation) == {"G LNAV": 3, "R FDMA": 3}
    assert navigation.losses[0].first_line == BASES[3.05].count(b"\n") + 1


def test_header_corrections_that_cannot_be_read_are_named() -> None:
    bad = b"GPSA      abc".ljust(60) + b"IONOSPHERIC CORR\n" + b"GPUT      abc".ljust(60) + b"TIME SYSTEM CORR\n"
    navigation = read(edited(3.05, 3, lambda line: bad + line))
    assert [loss.first_line for loss in navigation.losses] == [3, 4]
    assert counts(navigation) == {"G LNAV": 3, "R FDMA": 3}


@pytest.mark.slow
@settings(deadline=None, max_examples=80)
@given(st.sampled_from(sorted(BASES)), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=20), st.data())
def test_changed_bytes_never_raise_anything_else(version: float, changes: list[tuple[int, int]], data: st.DataObject) -> None:
    damaged = bytearray(BASES[version])
    for place, value in changes:
        damaged[place % len(damaged)] = value
    start = data.draw(st.integers(0, 200))
    if data.draw(st.booleans()):
        del damaged[-start:]
    for strict in (False, True):
        try:
            navigation = read(bytes(damaged), strict=strict)
        except (FormatError, LimitError):
            continue
        assert all(np.isfinite(part.reference.tai_ns).all() for part in navigation.messages.values())


@pytest.mark.slow
@settings(deadline=None, max_examples=50)
@given(st.sampled_from(sorted(BASES)), st.binary(max_size=500))
def test_noise_after_a_header_never_raises(version: float, noise: bytes) -> None:
    read(BASES[version].split(b"END OF HEADER")[0] + b"END OF HEADER\n" + noise)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(sorted(BASES)), st.lists(st.integers(0, 45), max_size=60))
def test_lines_in_any_order_never_raise(version: float, order: list[int]) -> None:
    head, body = BASES[version].split(b"END OF HEADER\n")
    lines = body.splitlines(keepends=True)
    read(head + b"END OF HEADER\n" + b"".join(lines[i % len(lines)] for i in order))


@pytest.mark.parametrize(
    "filler",
    [
        b"x",
        b"\n",
        b" \n",
        b"    \n",
        b"> EPH G05 ABCD\n",
        b"G05 2024 01 07 02 00 00\n",
        b"RINEX VERSION / TYPE",
        b"1e-400 ",
        b"A" * 60 + b"RINEX VERSION / TYPE\n",
    ],
)
def test_time_stays_linear_in_the_size(filler: bytes) -> None:
    head = BASES[4.02].split(b"END OF HEADER\n")[0] + b"END OF HEADER\n"
    if filler.startswith(b"G05"):
        head = head.replace(b"4.02", b"3.05")
    size = 1_500_000
    start = time.process_time()
    navigation = read(head + filler * (size // len(filler)))
    assert len(navigation.losses) <= 1001
    # A quadratic step would take minutes; 10 s of CPU leaves room for a slow and busy machine.
    assert time.process_time() - start < 10.0


def test_many_kinds_that_nobody_knows_take_linear_time() -> None:
    head = BASES[4.02].split(b"END OF HEADER\n")[0] + b"END OF HEADER\n"
    body = b"".join(b"> EPH G05 %04X\n" % (k % 65536) for k in range(30_000))
    start = time.process_time()
    assert sum(read(head + body).skipped.values()) == 30_000
    assert time.process_time() - start < 10.0


def test_a_thousand_concatenated_files_are_the_limit() -> None:
    one = BASES[3.05].split(b"END OF HEADER\n")[0] + b"END OF HEADER\n"
    with pytest.raises(LimitError, match="1000"):
        read(one * 1500)
