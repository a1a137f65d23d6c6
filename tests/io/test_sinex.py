"""SINEX coordinates and plain station lists: published positions, a made file, damage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armillary.core.coordinates import ALWAYS_NS, NEVER_NS, StationCoordinates
from armillary.core.scales import from_iso
from armillary.errors import FormatError, InputError
from armillary.io import sinex, station_list
from armillary.io.sinex_blocks import sinex_instant
from armillary.io.source import Source, load_source

SAMPLE = """\
%=SNX 2.02 TST 22:265:28552 TST 20:001:00000 22:252:43200 C     9 2 S E
*-------------------------------------------------------------------------------
+FILE/REFERENCE
 DESCRIPTION        A made solution
 OUTPUT             Positions aligned to IGb14
-FILE/REFERENCE
+SITE/ID
*CODE PT __DOMES__ T _STATION DESCRIPTION__ _LONGITUDE_ _LATITUDE__ HEIGHT_
 AAAA  A 10001M001 P A place                12 00 00.0  45 00 00.0   100.0
 BBBB  A 10002M002 P Another                12 00 00.0  45 00 00.0   100.0
-SITE/ID
+SITE/RECEIVER
 AAAA  A ---- P 20:001:00000 00:000:00000 SEPT POLARX5         12345 5.4.0
-SITE/RECEIVER
+SITE/ANTENNA
 AAAA  A ---- P 20:001:00000 21:182:00000 TRM59800.00     NONE 11111
 AAAA  A ---- P 21:182:00000 00:000:00000 LEIAR25.R4      LEIT 22222
-SITE/ANTENNA
+SITE/ECCENTRICITY
 AAAA  A ---- P 20:001:00000 00:000:00000 UNE   1.0530  -0.0020   0.0030
-SITE/ECCENTRICITY
+SOLUTION/EPOCHS
*CODE PT SOLN T _DATA_START_ __DATA_END__ _MEAN_EPOCH_
 AAAA  A    1 P 20:001:00000 20:366:86399 20:183:43200
 AAAA  A    2 P 21:001:00000 00:000:00000 21:183:43200
-SOLUTION/EPOCHS
+SOLUTION/APRIORI
*INDEX _TYPE_ CODE PT SOLN _REF_EPOCH__ UNIT S ____APRIORI_VALUE____ __STD_DEV__
     1 STAX   AAAA  A    1 20:001:00000 m    2 -1.00000000000000e+06 1.00000e-02
     7 STAX   BBBB  A    1 20:001:00000 m    2  4.40000000000000e+06 1.00000e-02
     8 STAY   BBBB  A    1 20:001:00000 m    2  9.00000000000000e+05 1.00000e-02
     9 STAZ   BBBB  A    1 20:001:00000 m    2  4.50000000000000e+06 1.00000e-02
-SOLUTION/APRIORI
+SOLUTION/ESTIMATE
*INDEX _TYPE_ CODE PT SOLN _REF_EPOCH__ UNIT S ___ESTIMATED_VALUE___ __STD_DEV__
     1 STAX   AAAA  A    1 20:001:00000 m    2 -1.28839857583290e+06 5.39974e-04
     2 STAY   AAAA  A    1 20:001:00000 m    2 -4.72169693447733D+06 1.16952D-03
     3 STAZ   AAAA  A    1 20:001:00000 m    2  4.07862534950167e+06 9.78298e-04
     4 VELX   AAAA  A    1 20:001:00000 m/y  2 -1.57788000000000e-02 1.00000e-04
     5 VELY   AAAA  A    1 20:001:00000 m/y  2  0.00000000000000e+00 1.00000e-04
     6 VELZ   AAAA  A    1 20:001:00000 m/y  2  3.15576000000000e-02 1.00000e-04
     7 STAX   AAAA  A    2 21:183:43200 m    2 -1.28839867583290e+06 5.39974e-04
     8 STAY   AAAA  A    2 21:183:43200 m    2 -4.72169693447733e+06 1.16952e-03
     9 STAZ   AAAA  A    2 21:183:43200 m    2  4.07862534950167e+06 9.78298e-04
    10 LOD    ---- --    1 20:001:00000 ms   2  1.00000000000000e+00 1.00000e-02
-SOLUTION/ESTIMATE
+SOLUTION/MATRIX_ESTIMATE L COVA
     1     1  2.91571920676000e-07
-SOLUTION/MATRIX_ESTIMATE L COVA
%ENDSNX
"""


def read(text: str | bytes, **options: bool) -> StationCoordinates:
    return sinex.read(Source("made.snx", text if isinstance(text, bytes) else text.encode("latin-1")), **options)


def test_a_made_solution():
    solution = read(SAMPLE, strict=True)
    assert solution.code.tolist() == ["AAAA", "AAAA", "BBBB"]
    assert solution.solution.tolist() == ["1", "2", "1"] and solution.domes.tolist() == ["10001M001", "10001M001", "10002M002"]
    assert solution.estimated.tolist() == [True, True, False]
    assert solution.position_m[0].tolist() == [-1288398.57583290, -4721696.93447733, 4078625.34950167]
    assert solution.sigma_m[0].tolist() == [5.39974e-4, 1.16952e-3, 9.78298e-4]
    # 3.15576 cm a Julian year (31,557,600 s) is a nanometre per second.
    assert solution.velocity_m_s[0].tolist() == pytest.approx([-0.5e-9, 0.0, 1e-9], rel=1e-15)
    assert np.isnan(solution.velocity_m_s[1:]).all()
    assert solution.valid_from_ns[:2].tolist() == from_iso(["2020-01-01", "2021-01-01"], "UTC").tai_ns.tolist()
    assert solution.valid_until_ns.tolist() == [int(from_iso("2020-12-31T23:59:59", "UTC").tai_ns[0]), ALWAYS_NS, ALWAYS_NS]
    assert solution.valid_from_ns[2] == NEVER_NS
    assert (solution.frame, solution.agency, solution.description) == ("IGb14", "TST", "A made solution")


def test_find_prefers_the_estimate_whose_data_hold_the_epoch():
    solution = read(SAMPLE)
    first, second = from_iso(["2020-06-01", "2023-01-01"], "UTC")
    assert solution.row("AAAA", first) == 0 and solution.row("aaaa00usa", second) == 1 and solution.row("AAAA") == 1
    assert solution.row("AAAA", from_iso("2010-01-01", "UTC")) == 0
    station = solution.find("BBBB")
    assert station.name == "BBBB" and station.position_m == (4.4e6, 9e5, 4.5e6) and station.frame == "IGb14"
    assert solution.find("AAAA", first).velocity_m_s[2] == pytest.approx(1e-9)
    with pytest.raises(InputError, match="no station 'NIST'; it has 2: AAAA, BBBB"):
        solution.find("NIST")


def test_position_moves_with_the_velocity():
    solution = read(SAMPLE)
    moved = solution.position_at("AAAA", from_iso("2020-12-31T06:00:00", "UTC"))
    # 365.25 days after the reference epoch: one Julian year at -1.57788 cm and 3.15576 cm a year. Doubles of 5e6 m hold 1e-9 m.
    assert moved - solution.position_m[0] == pytest.approx([-0.0157788, 0.0, 0.0315576], abs=2e-9)
    still = solution.position_at("AAAA", from_iso("2022-01-01", "UTC"))
    assert still.tolist() == solution.position_m[1].tolist()


def test_equipment_of_an_epoch():
    solution = read(SAMPLE)
    before, after, long_ago = (from_iso(text, "UTC") for text in ("2020-06-01", "2022-06-01", "2000-01-01"))
    old, new = solution.equipment_at("antenna", "AAAA", before), solution.equipment_at("antenna", "AAAA00ITA", after)
    assert old is not None and (old.type, old.serial) == ("TRM59800.00     NONE", "11111")
    assert new is not None and (new.type, new.serial) == ("LEIAR25.R4      LEIT", "22222")
    receiver, height = solution.equipment_at("receiver", "AAAA", after), solution.equipment_at("eccentricity", "AAAA", after)
    assert receiver is not None and (receiver.type, receiver.serial, receiver.firmware) == ("SEPT POLARX5", "12345", "5.4.0")
    assert height is not None and height.north_east_up_m == (-0.002, 0.003, 1.053)
    assert solution.equipment_at("antenna", "AAAA", long_ago) is None


@pytest.mark.parametrize(
    "text, iso",
    [
        ("22:251:43200", "2022-09-08T12:00:00"),
        ("2022:251:43200", "2022-09-08T12:00:00"),
        ("99:365:00000", "1999-12-31T00:00:00"),
        ("51:001:00000", None),
        ("20:366:86399", "2020-12-31T23:59:59"),
        ("80:006:00000", "1980-01-06T00:00:00"),
    ],
)
def test_dates(text, iso):
    assert sinex_instant(text) == (None if iso is None else int(from_iso(iso, "UTC").tai_ns[0]))


def test_open_and_broken_dates():
    assert sinex_instant("00:000:00000") == 0
    for text in ("22:400:00000", "22:001:99999", "2 :001:00000", "", "22-001-00000"):
        assert sinex_instant(text) is None


# --- damage ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "old, new, reason",
    [
        ("-4.72169693447733D+06", "-4.7216969344x733D+06", "not a SOLUTION/ESTIMATE line"),
        ("AAAA  A    1 20:001:00000 m    2 -4.72", "AAAA  A    1 20:901:00000 m    2 -4.72", "not a SOLUTION/ESTIMATE line"),
        ("m/y  2 -1.577", "f/y  2 -1.577", "not a SOLUTION/ESTIMATE line"),
        ("P 20:001:00000 20:366:86399", "P 20:0x1:00000 20:366:86399", "not a SOLUTION/EPOCHS line"),
        ("UNE   1.0530", "UNE   1.0x30", "not a SITE/ECCENTRICITY line"),
        ("-SOLUTION/ESTIMATE\n", "", "block SOLUTION/ESTIMATE has no end"),
        ("%ENDSNX\n", "", "%ENDSNX is missing"),
    ],
)
def test_damage_is_named(old, new, reason):
    damaged = SAMPLE.replace(old, new, 1)
    assert damaged != SAMPLE
    assert any(loss.reason.startswith(reason) for loss in read(damaged).losses)
    with pytest.raises(FormatError):
        read(damaged, strict=True)


def test_line_numbers_are_those_of_the_file():
    damaged = SAMPLE.replace("-4.72169693447733D+06", "-4.7216969344x733D+06", 1)
    line = 1 + damaged[: damaged.index("x733D")].count("\n")
    losses = read(damaged).losses
    assert losses[0].first_line == line
    assert losses[1].reason == "station AAAA lacks one of its three coordinates"
    assert read(damaged).solution.tolist() == ["2", "1"]


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), min_size=1, max_size=8), st.integers(0, len(SAMPLE)), st.booleans())
@pytest.mark.filterwarnings("ignore:the leap-second table ends")
def test_any_bytes_give_coordinates_or_an_input_error(changes, stop, strict):
    data = bytearray(SAMPLE.encode())
    for at, value in changes:
        data[at] = value
    for text in (bytes(data), bytes(data[:stop])):
        try:
            solution = read(text, strict=strict)
        except InputError:
            continue
        assert solution.position_m.shape == (len(solution), 3) and np.isfinite(solution.position_m).all()


# --- real files -----------------------------------------------------------------------------------------------------

REAL = {"gnss/coordinates/igs22P22264.ssc.gz": 585, "gnss/coordinates/igs20P2131_wocov.snx.gz": 549}


@pytest.mark.real_data
@pytest.mark.parametrize("path", REAL)
def test_real_solution(data_dir, path):
    source = load_source(data_dir / path)
    solution = sinex.read(source, strict=True)
    text = source.data.decode("latin-1")
    estimates = text[text.index("+SOLUTION/ESTIMATE") : text.index("-SOLUTION/ESTIMATE")]
    lines = [line.split() for line in estimates.splitlines() if " STA" in line[:10]]
    # A second reader: words of a line and Python's float.
    assert len(solution) == REAL[path] == len(lines) // 3
    assert solution.position_m.ravel().tolist() == [float(words[8]) for words in lines]
    assert solution.sigma_m.ravel().tolist() == [float(words[9]) for words in lines]
    assert solution.code.tolist() == [words[2] for words in lines[::3]]
    assert solution.estimated.all() and (solution.domes != "").all() and solution.agency == "IGN"
    assert (solution.valid_from_ns < solution.valid_until_ns).all()


@pytest.mark.real_data
def test_the_position_that_the_manifest_states(data_dir):
    solution = sinex.read(load_source(data_dir / "gnss/coordinates/igs22P22264.ssc.gz"))
    station = solution.find("NIST00USA", from_iso("2023-01-01", "GPST"))
    # Given to the millimetre; the epoch is day 251 of 2022, 12 h.
    assert station.position_m == pytest.approx((-1288398.575, -4721696.936, 4078625.349), abs=0.0021)
    assert station.epoch == from_iso("2022-09-08T12:00:00", "UTC")
    for code in ("NIST", "TLSE", "AJAC", "JFNG", "IENG", "ISTA", "DJIG", "WSRT"):
        assert solution.find(code).name == code
    antenna = solution.equipment_at("antenna", "NIST", from_iso("2023-01-01", "GPST"))
    assert antenna is not None and antenna.type == "NOV750.R4       NONE"


# --- plain lists ----------------------------------------------------------------------------------------------------

LIST = "ABMF00GLP 2919783.9017670606 -5383745.984618597 1774604.720581996\nABPO 4098113.5 4430085.8 -2061941.5\n"


def test_station_list():
    network = station_list.read(Source("list.txt", LIST.encode()), strict=True)
    assert [s.name for s in network] == ["ABMF00GLP", "ABPO"]
    assert network.stations[0].position_m == (2919783.9017670606, -5383745.984618597, 1774604.720581996)
    assert network.stations[0].frame == ""


def test_station_list_names_what_it_cannot_read():
    network = station_list.read(Source("list.txt", (LIST + "# a remark\nABCD 1 2 3\n").encode()))
    assert [(loss.first_line, loss.reason[:10]) for loss in network.losses] == [(4, "not a name")]
    with pytest.raises(FormatError, match=r"list.txt, line 4"):
        station_list.read(Source("list.txt", (LIST + "# a remark\nABCD 1 2 3\n").encode()), strict=True)
    with pytest.raises(FormatError, match="no line"):
        station_list.read(Source("list.txt", b"nothing here"))


def test_station_list_is_not_taken_for_other_text():
    assert station_list.SNIFF(LIST.encode())
    for head in (b"", b"name x y z\n", b"ABCD 1 2 3\n", SAMPLE.encode(), b"2023 1 2 3\n", LIST.encode() + b"but then something else\n"):
        assert not station_list.SNIFF(head)


@pytest.mark.real_data
def test_real_station_list(data_dir):
    source = load_source(data_dir / "gnss/coordinates/data_gnss_pos.txt.gz")
    assert station_list.SNIFF(source.data[:4096])
    network = station_list.read(source, strict=True)
    words = [line.split() for line in source.data.decode().splitlines()]
    assert [(s.name, *s.position_m) for s in network] == [(w[0], *map(float, w[1:])) for w in words]
