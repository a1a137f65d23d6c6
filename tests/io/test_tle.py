"""Two-line element sets: values of a made-up set read by hand, every kind of damage, and real catalogues."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.scales import to_iso
from armillary.errors import FormatError
from armillary.io import tle
from armillary.io.source import Source, load_source


def checked(line: str) -> str:
    """The 68 characters of a line with the check sum of its digits, minus signs counting one."""
    assert len(line) == 68
    return line + str((sum(int(c) for c in line if c.isdigit()) + line.count("-")) % 10)


def lines(number: str = "12345", epoch: str = "24061.50000000") -> tuple[str, str]:
    first = f"1 {number:>5}U 24001A   {epoch} -.00000012  00000-0  12345-4 0  999"
    return checked(first), checked(f"2 {number:>5}  64.8000 120.5000 0012000  10.0000 350.0000  2.13100000  123")


def source(text: str) -> Source:
    return Source("made.tle", text.encode("latin-1"))


SET = "\n".join(lines())


def test_two_and_three_lines_with_and_without_a_zero_and_comments() -> None:
    text = f"# a comment\n{SET}\nONE OBJECT  \n{SET}\n0 OTHER\n{SET}\r\n\n"
    sets = tle.read(source(text), strict=True)
    assert sets.names == ("", "ONE OBJECT", "OTHER") and len(sets) == 3
    assert set(sets.catalogue.tolist()) == {12345} and sets.lines[0] == lines() and sets.losses == ()
    # day 61 of a leap year is 1 March; half a day
    assert str(to_iso(sets.epochs[:1], "UTC", 3)[0]) == "2024-03-01T12:00:00.000"


@pytest.mark.parametrize(
    ("text", "number"), [("    5", 5), ("A0000", 100_000), ("H9999", 179_999), ("J0000", 180_000), ("P0000", 230_000), ("Z9999", 339_999)]
)
def test_numbers_beyond_five_digits(text: str, number: int) -> None:
    """As Space-Track lists them: I and O are left out."""
    assert tle.read(source("\n".join(lines(text)))).catalogue.tolist() == [number]


@pytest.mark.parametrize(
    ("epoch", "instant"), [("99365.99999999", "1999-12-31T23:59:59.999136000"), ("00001.00000001", "2000-01-01T00:00:00.000864000")]
)
def test_epochs_are_exact(epoch: str, instant: str) -> None:
    assert str(to_iso(tle.read(source("\n".join(lines(epoch=epoch)))).epochs, "UTC", 9)[0]) == instant


@pytest.mark.parametrize(
    ("damaged", "reason"),
    [
        (SET.replace("64.8000", "64.8001"), "check sum"),
        (lines()[0] + "\n" + lines("12346")[1], "different objects"),
        (lines()[0], "second line of the set is missing"),
        (lines()[0] + "\n" + lines()[1][:60], "second line of the set is missing"),
        (lines()[1], "second line without the first"),
        (lines()[0][:50] + "\n" + lines()[1], "not the first line"),
        ("\n".join(lines(epoch="24000.50000000")), "day of the year"),
        ("\n".join(lines(epoch="60061.50000000")), "before 1972"),
        ("ALONE", "a name without elements"),
    ],
)
def test_damage_is_told_and_the_rest_is_read(damaged: str, reason: str) -> None:
    text = f"BEFORE\n{SET}\n{damaged}\nAFTER\n{SET}\n"
    sets = tle.read(source(text))
    assert sets.names == ("BEFORE", "AFTER")
    assert any(reason in loss.reason for loss in sets.losses)
    with pytest.raises(FormatError):
        tle.read(source(text), strict=True)


def test_nothing_readable_is_an_error() -> None:
    with pytest.raises(FormatError, match="no set of two lines"):
        tle.read(source("nothing\nhere\n"))


@given(st.data())
def test_one_wrong_character_never_passes_unseen(data: st.DataObject) -> None:
    """A check sum sees every change of one digit."""
    digits = [i for i, c in enumerate(SET) if c.isdigit() and i not in (0, SET.index("\n") + 1)]
    at = data.draw(st.sampled_from(digits))
    other = data.draw(st.sampled_from([c for c in "0123456789" if c != SET[at]]))
    sets = tle.read(source(f"{SET[:at]}{other}{SET[at + 1 :]}\nGOOD\n{SET}\n"))
    assert sets.names == ("GOOD",) and sets.losses


def test_it_is_recognised_by_content() -> None:
    for head in (SET, f"NAME\n{SET}", f"0 NAME\n{SET}", f"# c\n{SET}"):
        assert tle.SNIFF(head.encode())
    for head in ("", "1 2 3", lines()[0], "NAME\n" + lines()[1]):
        assert not tle.SNIFF(head.encode())


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize(("name", "count"), [("active.txt.gz", 12_801), ("bei_tle.dat", 50)])
def test_real_catalogues_are_read_whole(data_dir: Path, name: str, count: int) -> None:
    """Counts of the manifest; all check sums are good."""
    sets = tle.read(load_source(str(data_dir / "tle" / name)), strict=True)
    assert len(sets) == count and sets.losses == ()
