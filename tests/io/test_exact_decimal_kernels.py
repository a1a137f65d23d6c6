"""The kernel against Python's own parser, which is correctly rounded."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.io import exact_decimal_kernels as kernels


def parse(text: str) -> tuple[float, int]:
    data = np.frombuffer(text.encode(), np.uint8)
    bits, state = kernels.decimal_bits(data, 0, len(data))
    return struct.unpack("<d", struct.pack("<Q", int(bits)))[0], int(state)


def same_bits(a: float, b: float) -> bool:
    return struct.pack("<d", a) == struct.pack("<d", b)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 17), st.sampled_from("eEdD"))
def test_formatted_doubles_come_back_as_python_reads_them(value: float, digits: int, letter: str) -> None:
    text = f"{value:.{digits}e}"
    number, state = parse(text.replace("e", letter))
    if state != kernels.UNDECIDED:
        assert state == kernels.GOOD
        assert same_bits(number, float(text))


@given(st.integers(0, 10**19 - 1), st.integers(-120, 100))
def test_every_mantissa_of_nineteen_digits_is_decided_and_exact(mantissa: int, exponent: int) -> None:
    text = f"{mantissa}e{exponent}"
    number, state = parse(text)
    assert state == kernels.GOOD
    assert same_bits(number, float(text))


@given(st.integers(2**52, 2**53 - 1))
def test_halfway_cases_round_to_even(mantissa: int) -> None:
    text = str(2 * mantissa + 1)
    assert parse(text) == (float(text), kernels.GOOD)


@pytest.mark.parametrize(
    "text, value",
    [
        (" .426337239332e-03", 0.000426337239332),
        ("-0.272848410532D-11", -0.272848410532e-11),
        ("5.", 5.0),
        ("+1.5", 1.5),
        ("1.234567890-100", 1.234567890e-100),
        ("-0.000000000000D+00", -0.0),
        ("  12  ", 12.0),
    ],
)
def test_spellings_that_files_use(text: str, value: float) -> None:
    number, state = parse(text)
    assert state == kernels.GOOD
    assert same_bits(number, value)


@pytest.mark.parametrize("text", ["", "   "])
def test_blank(text: str) -> None:
    assert parse(text)[1] == kernels.BLANK


@pytest.mark.parametrize("text", [".", "-", "1.2.3", "1e", "1e+", "1 2", "abc", "0x10", "1e5x", "nan", "inf", "*****", "1E 5"])
def test_not_a_number(text: str) -> None:
    assert parse(text)[1] == kernels.BAD


@pytest.mark.parametrize("text", ["1e400", "1e-400", "5e-324", "1e999999999"])
def test_what_is_beyond_the_table_is_left_to_the_caller(text: str) -> None:
    assert parse(text)[1] == kernels.UNDECIDED
