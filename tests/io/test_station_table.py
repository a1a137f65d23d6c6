"""Tables of stations as people write them: any order of headings, any separator, places in two ways or not at all."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

import armillary
from armillary.core.stations import Network, Station
from armillary.errors import FormatError, UnknownFormatError
from armillary.io import station_table
from armillary.io.reading import format_of
from armillary.io.source import Source

WUHR_M = (-2267749.1, 5009154.3, 3221290.8)


def table(text: str, *, strict: bool = True) -> Network:
    source = Source("stations.csv", text.encode())
    assert format_of(source) is station_table
    return station_table.read(source, strict=strict)


def test_headings_in_any_order_with_any_separator() -> None:
    for separator in (",", ";", "\t"):
        lines = ("host|station|operator|x_m|y_m|z_m", "China|wuhr|Roscosmos|" + "|".join(map(str, WUHR_M)))
        (station,) = table("# made by hand\n\n" + "\r\n".join(lines).replace("|", separator))
        assert station == Station("WUHR", WUHR_M, "", operator="Roscosmos", host="China")
        assert station.hosted


def test_operator_and_host_are_enough() -> None:
    home, guest = table('\ufeffstation,operator,host,place\nMOSR,Roscosmos,Russia,Moscow\nBRAR,"Roscosmos, Moscow",Brazil,\n')
    assert all(math.isnan(x) for x in home.position_m) and home.frame == ""
    assert guest.operator == "Roscosmos, Moscow" and guest.host == "Brazil"


def test_latitude_and_longitude_are_turned_to_metres() -> None:
    # WGS 84: on the equator the radius is 6378137 m, at the pole 6356752.3142 m
    equator, pole = table("station,latitude_deg,longitude_deg,height_m\nAAAA,0,90,10\nBBBB,-90,0,0\n")
    assert equator.position_m == pytest.approx((0.0, 6378147.0, 0.0), abs=1e-6)
    assert pole.position_m == pytest.approx((0.0, 0.0, -6356752.3142), abs=1e-4)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",Somebody,,,", "without the name"),
        ("AAAA,Somebody,1,2,3", "no place on the ground"),
        ("AAAA,Somebody,6378137,,", "a place needs x_m, y_m, z_m"),
        ("AAAA,Somebody,six,0,0", "six"),
        ("GOOD,Somebody,6378137,0,0", "GOOD is there twice; line 2 counts"),
        ("AAAA,Somebody,6378137,0,3,5", "6 values below 5 headings; a value with a comma in it"),
    ],
)
def test_a_bad_line_is_a_loss_with_its_number(line: str, reason: str) -> None:
    text = f"station,operator,x_m,y_m,z_m\nGOOD,Somebody,6378137,0,0\n# a remark\n{line}\n"
    network = table(text, strict=False)
    assert [station.name for station in network] == ["GOOD"]
    assert [(loss.first_line, reason in loss.reason) for loss in network.losses] == [(4, True)]
    with pytest.raises(FormatError, match="line 4"):
        table(text)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("latitude_deg,longitude_deg,height_m\n\nAAAA,120.5,30.5,10\n", 3, "latitude 120.5, longitude 30.5, height 10 is no place on the ground"),
        ("latitude_deg,longitude_deg,height_m\nAAAA,52,5,13,4,34\n", 2, "a value with a comma in it, such as a decimal comma"),
        ("latitude_deg;longitude_deg;height_m\nAAAA;north;30,5;10\n", 2, "latitude_deg 'north' is no number"),
        ("latitude_deg;longitude_deg;height_m\nAAAA;1.052,5;30,5;10\n", 2, "latitude_deg '1.052,5' is no number"),
        ("operator,host\n# nothing\n", 1, "no line below the headings"),
    ],
)
def test_why_no_line_holds_a_station_is_said(text: str, line: int, said: str) -> None:
    heading = ";" if ";" in text else ","
    with pytest.raises(FormatError) as caught:
        table(f"station{heading}{text}", strict=False)
    assert caught.value.line == line and said in str(caught.value) and "holds a station" in str(caught.value)


@pytest.mark.parametrize("line", ["AAAA;0,0;90,5;10,25", "AAAA\t0,0\t90,5\t10,25", 'AAAA,"0,0","90,5","10,25"', "AAAA;0;90.5;10,25"])
def test_a_decimal_comma_is_a_point(line: str) -> None:
    separator = next((mark for mark in ";\t" if mark in line), ",")
    (station,) = table(separator.join(("station", "latitude_deg", "longitude_deg", "height_m")) + f"\n{line}\n")
    angle = math.radians(90.5)  # WGS 84: on the equator the radius is 6378137 m
    assert station.position_m == pytest.approx((6378147.25 * math.cos(angle), 6378147.25 * math.sin(angle), 0.0), abs=1e-6)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stationn,operator,x_m\nAAAA,B,1\n", "'stationn' is no heading of one, there is no heading 'station'"),
        ("# mine\nStation;Operatorr\nAAAA;B\n", "'operatorr' is no heading of one"),
        ("station,operator,colour\nAAAA,B,red\n", "'colour' is no heading of one"),
        ("station,host,host\nAAAA,B,C\n", "'host' is there twice"),
        ("operator,host\nA,B\n", "there is no heading 'station'"),
    ],
)
def test_a_misspelled_heading_is_named(text: str, said: str) -> None:
    with pytest.raises(UnknownFormatError) as caught:
        format_of(Source("mine.csv", text.encode()))
    told = str(caught.value)
    assert told.startswith("mine.csv: looks like a table of stations, but ") and said in told and "latitude_deg" in told and "RINEX" not in told


@pytest.mark.parametrize("text", ["name,colour,size\na,b,c\n", "station\n", "", "epoch_gpst,clock_s\n", ",".join(f"station{i}" for i in range(900))])
def test_what_is_no_table_of_stations_is_of_no_known_format(text: str) -> None:
    with pytest.raises(UnknownFormatError, match="no known format recognises it"):
        format_of(Source("mine.csv", text.encode()))


def test_other_tables_are_not_taken_for_one() -> None:
    for text in ("station,operator,colour\nAAAA,B,red\n", "epoch_gpst,clock_s\n", "station\nAAAA\n", "station,station\nA,B\n", ""):
        assert not station_table.SNIFF(text.encode())


words = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), max_size=20).map(str.strip)


@pytest.mark.slow
@given(st.lists(st.tuples(st.from_regex("[A-Z][A-Z0-9]{3}", fullmatch=True), words, words), min_size=1, max_size=5, unique_by=lambda row: row[0]))
def test_what_is_written_is_read_back(rows: list[tuple[str, str, str]]) -> None:
    stations = tuple(Station(name, (6378137.0, -0.5, 12.25), "IGS20", operator=a, host=b) for name, a, b in rows)
    assert station_table.read(Source("s", station_table.write(Network("made", stations))), strict=True).stations == stations


def test_the_simulator_writes_one(tmp_path) -> None:  # type: ignore[no-untyped-def]
    answer = armillary.simulate("network", out=tmp_path, hours=0.1)
    network = armillary.read(answer.files["stations"])
    assert len(network) == 12 and sum(station.host == "China" for station in network.of_operator("Roscosmos")) == 3
    assert network.stations[0].position_m == answer.simulation.stations["CHNR"].position_m
