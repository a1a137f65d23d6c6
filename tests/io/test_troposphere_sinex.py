"""Troposphere SINEX in the layouts that several programs write, read again by columns of its own when written, and its answer to damage."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.epochs import Epochs
from armillary.core.geodesy import to_geodetic
from armillary.core.scales import from_iso
from armillary.core.troposphere import TroposphereSeries
from armillary.errors import FormatError, InputError
from armillary.io import troposphere_sinex
from armillary.io.reading import read as read_any
from armillary.io.source import Source
from armillary.services.convert import convert
from armillary.services.info import info

VERSION_1 = """\
%=TRO 1.00 TST 26:001:43200 TST 26:001:00000 26:001:00600 P MIX
+TROP/DESCRIPTION
 SAMPLING INTERVAL                            300
 TROP MAPPING FUNCTION         WET NIELL
 SOLUTION_FIELDS_1             TROTOT STDDEV TGNTOT STDDEV TGETOT STDDEV
-TROP/DESCRIPTION
+SITE/ID
 ABMF  A 97103M001 P made up                298 28 20.9  16 15 44.3   -25.6
-SITE/ID
+TROP/STA_COORDINATES
*SITE PT SOLN T __STA_X_____ __STA_Y_____ __STA_Z_____ SYSTEM REMRK
 ABMF  A    1 P  2919785.771 -5383744.975  1774604.831 IGS14  TST
-TROP/STA_COORDINATES
+TROP/SOLUTION
*SITE ____EPOCH___ TROTOT STDDEV TGNTOT STDDEV TGETOT STDDEV
 ABMF 26:001:00000 2451.6    1.2   -0.4    0.3    0.1    0.3
 ABMF 26:001:00300 2452.0    1.1   -0.3    0.3    0.2    0.3
-TROP/SOLUTION
%ENDTRO
"""
VERSION_2 = """\
%=TRO 2.00 TST 2017:157:61760 TST 2013:169:00000 2013:181:21600 P MIX
*-------------------------------------------------------------------------------
+FILE/REFERENCE
*INFO_TYPE_________ INFO________________________________________________________
 DESCRIPTION        made delays
 VERSION NUMBER     001
-FILE/REFERENCE
+TROP/DESCRIPTION
*_________KEYWORD____________ ___VALUES(S)______________________________________
 TROPO PARAMETER NAMES        IWV TROTOT STDDEV TGETOT TGNTOT STDDEV
 TROPO PARAMETER UNITS          1  1e+03  1e+03  1e+03  1e+04  1e+03
 TROPO PARAMETER WIDTH          6      6      6      6      6      6
 TIME SYSTEM                  UTC
-TROP/DESCRIPTION
+SITE/COORDINATES
*STATION__ PT SOLN T __DATA_START__ __DATA_END____ __STA_X_____  __STA_Y_____  __STA_Z_____ SYSTEM REMRK
 ABMF00GLP  A    1 P 2013:169:00000 2013:181:21600  2919785.771  -5383744.975   1774604.831 IGS20  TST
-SITE/COORDINATES
+TROP/SOLUTION
*STATION__ ____EPOCH_____ IWV TROTOT STDDEV TGETOT TGNTOT STDDEV
 ABMF00GLP 2013:169:00000   33.1 2451.6    1.2    0.1   -4.0    0.3
 EZM_11520 2013:169:03600   13.0 2301.5    NaN   -0.1    NaN    NaN
-TROP/SOLUTION
%=ENDTROP
"""


def read(text: str | bytes, *, strict: bool = False) -> TroposphereSeries:
    return troposphere_sinex.read(Source("made.tro", text if isinstance(text, bytes) else text.encode("latin-1")), strict=strict)


def test_a_file_of_version_1() -> None:
    series = read(VERSION_1, strict=True)
    assert series.stations == series.site == ("ABMF",) and len(series) == 2
    assert series.zenith_delay_m.tolist() == pytest.approx([2.4516, 2.4520], abs=1e-12)
    assert series.zenith_delay_sigma_m.tolist() == pytest.approx([0.0012, 0.0011], abs=1e-12)
    assert series.gradient_north_m.tolist() == pytest.approx([-0.0004, -0.0003], abs=1e-12)
    assert series.gradient_east_m.tolist() == pytest.approx([0.0001, 0.0002], abs=1e-12) and series.gradient_east_sigma_m[1] == pytest.approx(3e-4)
    assert (series.epochs.tai_ns == from_iso(["2026-01-01T00:00:00", "2026-01-01T00:05:00"], "GPST").tai_ns).all()
    assert series.position_m is not None and series.position_m.tolist() == [[2919785.771, -5383744.975, 1774604.831]]
    assert (series.frame, series.domes, series.agency, series.time_scale) == ("IGS14", ("97103M001",), "TST", "GPST")
    assert ("TROP MAPPING FUNCTION", "WET NIELL") in series.description
    assert series.created_ns == from_iso("2026-01-01T12:00:00", "UTC").tai_ns[0]


def test_parameters_are_told_by_their_names_and_units() -> None:
    series = read(VERSION_2, strict=True)
    assert series.zenith_delay_m.tolist() == pytest.approx([2.4516, 2.3015], abs=1e-12)
    # its unit is 1e+04: tenths of a millimetre; the sigma stands after it, that of the east gradient is not there
    assert series.gradient_north_m[0] == pytest.approx(-0.0004, abs=1e-12) and series.gradient_north_sigma_m[0] == pytest.approx(3e-4, abs=1e-12)
    assert series.gradient_east_m.tolist() == pytest.approx([1e-4, -1e-4], abs=1e-12) and np.isnan(series.gradient_east_sigma_m).all()
    assert np.isnan([series.gradient_north_m[1], series.zenith_delay_sigma_m[1]]).all()
    assert (series.epochs.tai_ns == from_iso(["2013-06-18T00:00:00", "2013-06-18T01:00:00"], "UTC").tai_ns).all()
    assert series.stations == ("ABMF00GLP", "EZM_11520") and series.site == ("ABMF00GLP",) and series.frame == "IGS20"
    assert series.reference == (("DESCRIPTION", "made delays"), ("VERSION NUMBER", "001"))
    assert series.rows("abmf").tolist() == [0] and series.rows("EZM_11520").tolist() == [1] and not len(series.rows("EZM_1"))


def test_a_file_without_a_description_is_read_by_its_heading() -> None:
    bare = VERSION_1[: VERSION_1.index("+TROP/DES")] + VERSION_1[VERSION_1.index("+TROP/STA") :]
    assert read(bare, strict=True).gradient_north_m[0] == pytest.approx(-4e-4)
    other = VERSION_1.replace("TROTOT STDDEV TGNTOT STDDEV TGETOT STDDEV\n-TROP", "TROTOT STDEV\n-TROP")
    assert np.isnan(read(other).gradient_north_m).all() and read(other).zenith_delay_sigma_m[0] == pytest.approx(0.0012)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("%=TRO", "%=TRX", "starts with %=TRO"),
        ("TIME SYSTEM                  UTC", "TIME SYSTEM                  MARS", "time system 'MARS'"),
        ("IWV TROTOT", "IWV TROWET", "total zenith delay"),
        ("  1  1e+03", "  1  metres", "a factor such as"),
        ("  1  1e+03", "  1  0", "a factor such as"),
    ],
)
def test_what_cannot_be_understood_is_refused(old: str, new: str, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        read(VERSION_2.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "line", "rows"),
    [
        ("2013:169:03600   13.0 2301.5", "2013:169:03600   13.0 ******", 22, 1),
        ("2013:169:03600", "2013:367:03600", 22, 1),
        ("2013:169:03600   13.0 2301.5    NaN   -0.1    NaN    NaN", "2013:169:03600   13.0 2301.5", 22, 1),
        (" EZM_11520 2013:169:03600   13.0 2301.5    NaN   -0.1    NaN    NaN", " EZM", 22, 1),
        ("2301.5    NaN", "inf    NaN", 22, 1),
        ("-5383744.975   1774604.831", "-5383744.975", 17, 2),
        ("%=ENDTROP", "", 25, 2),
    ],
)
def test_damage_is_named_and_the_rest_read(old: str, new: str, line: int, rows: int) -> None:
    text = VERSION_2.replace(old, new)
    series = read(text)
    assert len(series) == rows and [loss.first_line for loss in series.losses] == [line]
    with pytest.raises(FormatError):
        read(text, strict=True)


def made(n: int = 3, **changed: object) -> TroposphereSeries:
    """``n`` epochs of two stations."""
    start = from_iso("2024-02-29T23:59:30", "GPST").tai_ns[0]
    rows = 2 * n
    columns = {
        "station": np.repeat(["NIST00USA", "TLSE"], n),
        "epochs": Epochs(np.tile(start + 30 * 10**9 * np.arange(n), 2)),
        "zenith_delay_m": np.linspace(1.987, 2.4, rows),
        "zenith_delay_sigma_m": np.full(rows, 0.0025),
        "gradient_north_m": np.linspace(-0.0011, 0.002, rows),
        "gradient_north_sigma_m": np.full(rows, 0.0003),
        "gradient_east_m": np.linspace(0.0004, -0.0007, rows),
        "gradient_east_sigma_m": np.full(rows, 0.0002),
        "site": ("NIST00USA", "TLSE"),
        "position_m": np.array([[-1288398.574, -4721696.932, 4078625.36], [4627851.85, 119639.94, 4372993.5]]),
        "domes": ("", "10003M009"),
        "frame": "IGS20",
        "agency": "TST",
        "description": (("TROPO MAPPING FUNCTION", "GMF"), ("ELEVATION CUTOFF ANGLE", "7")),
        "created_ns": int(start) + 10**9 * 86400,
    }
    return TroposphereSeries(**(columns | changed))  # type: ignore[arg-type]


def test_what_is_written_has_the_columns_of_the_format() -> None:
    """Read by the columns that the headings of version 2.00 draw, with nothing of the reader."""
    lines = troposphere_sinex.write(made()).decode().splitlines()
    assert lines[0] == "%=TRO 2.00 TST 2024:061:86352 TST 2024:060:86370 2024:061:00030 P MIX" and lines[-1] == "%=ENDTRO"
    heading = next(i for i, line in enumerate(lines) if line.startswith("*STATION__ ____EPOCH"))
    assert lines[heading - 1] == "+TROP/SOLUTION" and lines[heading].split()[2:] == ["TROTOT", "STDDEV", "TGNTOT", "STDDEV", "TGETOT", "STDDEV"]
    row = lines[heading + 1]
    assert (row[1:10], row[11:25]) == ("NIST00USA", "2024:060:86370") and lines[heading + 2][11:25] == "2024:061:00000"
    assert [float(row[26 + 9 * k : 34 + 9 * k]) for k in range(6)] == [1987.0, 2.5, -1.1, 0.3, 0.4, 0.2] and len(row) <= 80
    place = lines[lines.index("+SITE/COORDINATES") + 3]
    assert (place[1:10], place[11:13], place[14:18], place[19], place[90:95]) == ("TLSE     ", " A", "   1", "P", "IGS20")
    assert [float(place[a:b]) for a, b in ((51, 63), (64, 76), (77, 89))] == [4627851.85, 119639.94, 4372993.5]
    site = lines[lines.index("+SITE/ID") + 2]
    west, north = (np.degrees(angle) for angle in (to_geodetic(made().position_m[0]).longitude_rad, to_geodetic(made().position_m[0]).latitude_rad))
    assert float(site[49:59]) == pytest.approx(360.0 + west, abs=1e-6) and float(site[60:70]) == pytest.approx(north, abs=1e-6)
    assert site[14:23] == "---------" and lines[lines.index("+SITE/ID") + 3][14:23] == "10003M009"
    assert (
        " TROPO SAMPLING INTERVAL       30" in lines and " TIME SYSTEM                   G" in lines and " TROPO MAPPING FUNCTION        GMF" in lines
    )


LENGTHS = st.floats(0.5, 5.0)
SMALL = st.one_of(st.floats(-0.5, 0.5), st.just(float("nan")))


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 5), st.sampled_from(["GPST", "UTC", "BDT", "GST", "TAI"]))
def test_written_and_read_back(data: st.DataObject, n: int, scale: str) -> None:
    columns = {"zenith_delay_m": np.array(data.draw(st.lists(LENGTHS, min_size=2 * n, max_size=2 * n)))}
    others = ("zenith_delay_sigma_m", "gradient_north_m", "gradient_north_sigma_m", "gradient_east_m", "gradient_east_sigma_m")
    columns |= {name: np.array(data.draw(st.lists(SMALL, min_size=2 * n, max_size=2 * n))) for name in others}
    series = made(n, **columns, time_scale=scale)
    back = read(troposphere_sinex.write(series), strict=True)
    assert (back.station == series.station).all() and (back.epochs.tai_ns == series.epochs.tai_ns).all() and back.time_scale == scale
    gradients = np.isfinite([series.gradient_north_m, series.gradient_east_m]).any()
    for name, column in columns.items():
        if gradients or name.startswith("zenith"):
            # half of the last digit: hundredths of a millimetre of delays, thousandths of gradients
            assert np.allclose(getattr(back, name), column, rtol=0, atol=5.01e-6 if name.startswith("zenith") else 5.01e-7, equal_nan=True), name
        else:
            assert np.isnan(getattr(back, name)).all()
    assert back.position_m is not None and np.allclose(back.position_m, series.position_m, atol=5.01e-4, rtol=0)
    assert (back.site, back.domes, back.frame, back.agency, back.created_ns) == (series.site, series.domes, "IGS20", "TST", series.created_ns)
    again = troposphere_sinex.write(back)
    assert troposphere_sinex.write(read(again)) == again


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"station": np.full(6, "TEN_LETTER")}, "one to nine characters"),
        ({"station": np.full(6, "TWO WORDS")}, "one to nine characters"),
        ({"zenith_delay_m": np.array([2.0, np.nan, 2, 2, 2, 2])}, "NIST00USA: a zenith delay is not known"),
        ({"zenith_delay_m": np.full(6, 1e5)}, "no room"),
        ({"epochs": Epochs(from_iso("2024-01-01T00:00:00", "GPST").tai_ns[0] + np.arange(6) * 500_000_000)}, "whole seconds"),
        ({"time_scale": "TT"}, "no word for the time scale TT"),
        ({"position_m": np.full((2, 3), 1e9)}, "no room"),
    ],
)
def test_what_cannot_be_written_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        troposphere_sinex.write(made(**changed))


def test_nothing_is_no_file() -> None:
    empty = made(0, site=(), position_m=None, domes=())
    with pytest.raises(InputError, match="there is none"):
        troposphere_sinex.write(empty)


def test_words_of_others_stay_on_their_lines() -> None:
    text = troposphere_sinex.write(made(description=(("A\n+TROP/SOLUTION\n KEY", "b\nc"),), frame="IGS20 and more", agency="A B")).decode()
    assert text.count("+TROP/SOLUTION\n") == 1 and "b c\n" in text
    back = read(text, strict=True)
    assert len(back) == 6 and back.frame == "IGS20" and back.agency == "AB"


WORDS = [
    b"nan",
    b"-inf",
    b"1e999",
    b"9" * 400,
    b"\x00",
    b"\x85",
    b"\n",
    b"\r",
    b" " * 80,
    b"*",
    b"+",
    b"1_0",
    b"\n+TROP/SOLUTION\n",
    b"TROTOT",
    b":",
    b"\xb2",
]


@pytest.mark.filterwarnings("ignore:the leap-second table ends")
@pytest.mark.parametrize("text", [VERSION_1, VERSION_2, troposphere_sinex.write(made()).decode()], ids=["1", "2", "written"])
def test_any_word_anywhere(text: str) -> None:
    chance = random.Random(len(text))
    for _ in range(400):
        damaged = bytearray(text.encode())
        for _ in range(chance.randint(1, 4)):
            at, word = chance.randrange(len(damaged)), chance.choice(WORDS)
            damaged[at : at + chance.choice([0, len(word), 200])] = word
        with contextlib.suppress(InputError):
            series = read(bytes(damaged))
            assert np.isfinite(series.zenith_delay_m).all() and len(series) == len(series.epochs)


def test_a_file_is_recognised_told_and_converted(tmp_path: Path) -> None:
    (tmp_path / "some name").write_text(VERSION_1)
    assert isinstance(read_any(tmp_path / "some name"), TroposphereSeries)
    (file,) = info([tmp_path / "some name"]).to_json()["files"]
    assert (file["kind"], file["content"]["delays"], file["content"]["frame"], file["span"]["interval_s"]) == (
        "troposphere delays",
        2,
        "IGS14",
        300.0,
    )
    convert(tmp_path / "some name", tmp_path / "new.tro.gz")
    assert read_any(tmp_path / "new.tro.gz", strict=True).zenith_delay_m.tolist() == pytest.approx([2.4516, 2.4520], abs=1e-9)
    with pytest.raises(InputError, match=r"expected is \.tro"):
        convert(tmp_path / "some name", tmp_path / "new.snx")
