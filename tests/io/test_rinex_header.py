"""Header lines that every RINEX reader shares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.errors import FormatError, LimitError
from armillary.io.rinex_header import float_field, header_line, int_field, is_rinex, padded, parse_header, text_field


def head(content: str, label: str, column: int = 60) -> bytes:
    return f"{content:<{column}}{label}\n".encode()


VERSION = head("     3.05           OBSERVATION DATA    M", "RINEX VERSION / TYPE")
END = head("", "END OF HEADER")


def test_lines_and_where_the_data_begin():
    text = VERSION + head("one", "COMMENT") + head("ABCD", "MARKER NAME") + head("two", "COMMENT") + END + b"data"
    header = parse_header(text, "x", strict=True)
    assert (header.version, header.type_letter, header.system) == (3.05, "O", "M")
    assert text[header.body_offset :] == b"data"
    assert header.body_line == 6
    assert [line.content.strip() for line in header.all("COMMENT")] == ["one", "two"]
    assert header.first("MARKER NAME").number == 3
    assert header.first("MARKER NAME").text == head("ABCD", "MARKER NAME").decode().rstrip("\n")
    assert header.first("INTERVAL") is None


def test_clock_files_of_version_304_have_65_columns():
    text = (
        head("     3.04           CLOCK DATA          M", "RINEX VERSION / TYPE", 65) + head("x" * 65, "COMMENT", 65) + head("", "END OF HEADER", 65)
    )
    header = parse_header(text, "x", strict=True)
    assert header.type_letter == "C"
    assert header.first("COMMENT").content == "x" * 65
    assert is_rinex(text, "C")
    assert not is_rinex(text, "ON")


def test_carriage_returns():
    header = parse_header((VERSION + head("ABCD", "MARKER NAME") + END).replace(b"\n", b"\r\n"), "x", strict=True)
    assert header.first("MARKER NAME").content.strip() == "ABCD"


@pytest.mark.parametrize("body", [b"> 2024 01 01 00 00  0.0000000  0  1\n", b" 24  1  1  0  0  0.0000000  0  1G01\n" * 40, b""])
def test_missing_end_is_a_loss(body):
    text = VERSION + head("ABCD", "MARKER NAME") + body
    header = parse_header(text, "x")
    assert text[header.body_offset :] == body
    assert header.body_line == header.losses[0].first_line == 3
    with pytest.raises(FormatError, match="END OF HEADER"):
        parse_header(text, "x", strict=True)


def test_line_without_a_label_inside_the_header_is_a_loss():
    header = parse_header(VERSION + b"damage\n" + head("ABCD", "MARKER NAME") + END, "x")
    assert header.first("MARKER NAME") is not None
    assert [loss.first_line for loss in header.losses] == [2]


@pytest.mark.slow
def test_long_headers_are_read_and_endless_ones_refused():
    many = head("note", "COMMENT")
    assert len(parse_header(VERSION + many * 5000 + END, "x").lines) == 5000
    with pytest.raises(LimitError, match="header has more than"):
        parse_header(VERSION + many * 200_001 + END, "x")


@pytest.mark.parametrize("version", ["", "abc", "99", "-3.0", "nan"])
def test_version_that_is_none(version):
    with pytest.raises(FormatError, match=r"version|VERSION"):
        parse_header(head(f"{version:>9}           OBSERVATION DATA    M", "RINEX VERSION / TYPE") + END, "x")


def test_fields():
    content = " 1.5D+03   12  abc "
    assert float_field(content, 0, 9) == 1500.0
    assert int_field(content, 9, 14) == 12
    assert text_field(content, 14, 19) == "abc"
    for bad in ("", "inf", "nan", "1_000", "1 2", "x"):
        assert float_field(bad, 0, 10) is None
        assert int_field(bad, 0, 10) is None


@given(st.text(max_size=40), st.integers(0, 30))
def test_padded_text_is_never_cut_inside_a_character(text, width):
    field = padded(text, width)
    assert len(field) == width
    assert b"\n" not in field
    field.decode("utf-8")


def test_header_line():
    assert header_line("Zürich", "MARKER NAME") == "Zürich".encode().ljust(60) + b"MARKER NAME\n"
