from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from armillary.core.scales import to_iso
from armillary.errors import InputError
from armillary.report import solutions
from armillary.report.solutions.nmea import checksum

KML = {"k": "http://www.opengis.net/kml/2.2", "gx": "http://www.google.com/kml/ext/2.2"}
SOLVED = 39
"""Epochs with a solution per member of the made-up one: 40 less the fourth."""


def test_suffixes_are_the_files_of_the_folder() -> None:
    assert solutions.suffixes() == (".csv", ".geojson", ".json", ".kml", ".nmea", ".parquet", ".pos")


def test_an_unknown_suffix_says_which_there_are(solution: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.csv .*\.pos"):
        solutions.write(solution, tmp_path / "out.xlsx")


def test_a_place_that_cannot_be_written_is_bad_input(solution: Any, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        solutions.write(solution, tmp_path / "no" / "such" / "folder.csv")


def test_csv_holds_every_row_in_gps_time_and_degrees(solution: Any, tmp_path: Path) -> None:
    assert solutions.write(solution, tmp_path / "a.csv") == [tmp_path / "a.csv"]
    with (tmp_path / "a.csv").open(newline="") as f:
        rows = list(csv.DictReader(f))
    assert len(rows) == len(solution.epochs) == 120
    assert rows[0]["epoch"] == "2020-06-25T00:00:00.000" and rows[0]["station"] == "TEST00XYZ"
    assert {row["member"] for row in rows} == {"glonass", "beidou", "glonass+beidou"}
    latitude = np.degrees(solution.epochs["latitude_rad"])
    # Ten decimals of a degree: half a unit of the last is 5e-11.
    np.testing.assert_allclose([float(row["latitude_deg"] or "nan") for row in rows], latitude, rtol=0, atol=5.1e-11)
    np.testing.assert_allclose([float(row["x_m"] or "nan") for row in rows], solution.epochs["x_m"], rtol=0, atol=5.1e-5)
    assert rows[3]["flag"] == "2" and rows[3]["x_m"] == ""


def test_parquet_holds_the_columns_of_csv_with_their_meaning(solution: Any, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    solutions.write(solution, tmp_path / "a.parquet")
    solutions.write(solution, tmp_path / "a.csv")
    table = parquet.read_table(tmp_path / "a.parquet")
    assert table.column_names == (tmp_path / "a.csv").read_text().split("\n")[0].split(",")
    np.testing.assert_array_equal(table["z_m"].to_numpy(), solution.epochs["z_m"])
    assert table.schema.field("height_m").metadata[b"unit"] == b"m"
    assert str(table["epoch"][1].as_py()) == "2020-06-25 00:00:30"


def test_pos_has_the_columns_of_rtklib(solution: Any, tmp_path: Path) -> None:
    written = solutions.write(solution, tmp_path / "a.pos")
    assert [path.name for path in written] == ["a_glonass.pos", "a_beidou.pos", "a.pos"]
    lines = [line for line in (tmp_path / "a.pos").read_text().splitlines() if not line.startswith("%")]
    assert len(lines) == SOLVED
    day, time, latitude, longitude, height, quality, used, *deviations, age, ratio = lines[0].split()
    assert (day, time, quality, used, float(age), float(ratio)) == ("2020/06/25", "00:00:00.000", "5", "19", 0.0, 0.0)
    joint = solution.epochs.where(solution.epochs["member"] == "glonass+beidou")
    assert float(latitude) == pytest.approx(np.degrees(joint["latitude_rad"][0]), abs=5.1e-10)
    assert float(longitude) == pytest.approx(np.degrees(joint["longitude_rad"][0]), abs=5.1e-10)
    assert float(height) == pytest.approx(joint["height_m"][0], abs=5.1e-5)
    # The made-up covariance is diagonal in east, north, up: 0.81, 1.215, 3.24 m2. It was turned at the truth, a few metres away: 1e-3 m.
    north, east, up, *mixed = map(float, deviations)
    assert (north, east, up) == pytest.approx((np.sqrt(1.215), 0.9, 1.8), abs=1e-3)
    assert mixed == pytest.approx([0, 0, 0], abs=2e-3)


def test_nmea_sentences_have_right_checksums_and_utc(solution: Any, tmp_path: Path) -> None:
    assert checksum("GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,") == "47"  # a widely published example
    solutions.write(solution, tmp_path / "a.nmea")
    raw = (tmp_path / "a.nmea").read_bytes().decode("ascii")
    assert raw.count("\r\n") == raw.count("$") == 3 * SOLVED
    for line in raw.split("\r\n")[:-1]:
        body, _, given = line[1:].partition("*")
        assert checksum(body) == given
    gga = raw.split("\r\n")[0][1:].split("*")[0].split(",")
    # 18 leap seconds between GPS time and UTC in 2020: midnight in GPS time is 23:59:42 of the day before.
    assert gga[:2] == ["GNGGA", "235942.00"] and gga[3] == "N" and gga[5] == "E"
    joint = solution.epochs.where(solution.epochs["member"] == "glonass+beidou")
    latitude = int(gga[2][:2]) + float(gga[2][2:]) / 60
    assert latitude == pytest.approx(np.degrees(joint["latitude_rad"][0]), abs=1e-9)
    assert raw.split("\r\n")[1].split(",")[9] == "240620"


def test_geojson_is_points_in_longitude_latitude_order(solution: Any, tmp_path: Path) -> None:
    solutions.write(solution, tmp_path / "a.geojson")
    features = json.loads((tmp_path / "a.geojson").read_text())["features"]
    assert len(features) == 3 * SOLVED
    longitude, latitude, height = features[0]["geometry"]["coordinates"]
    assert (round(longitude, 2), round(latitude, 2), round(height, -1)) == (8.46, 55.49, 60.0)
    assert features[0]["properties"]["member"] == "glonass" and features[0]["properties"]["time"] == "2020-06-24T23:59:42.000Z"


def test_kml_has_a_track_per_member(solution: Any, tmp_path: Path) -> None:
    solutions.write(solution, tmp_path / "a.kml")
    tracks = ElementTree.parse(tmp_path / "a.kml").getroot().findall(".//gx:Track", KML)
    assert len(tracks) == 3
    for track in tracks:
        assert len(track.findall("k:when", KML)) == len(track.findall("gx:coord", KML)) == SOLVED


def test_json_has_no_nan(solution: Any, tmp_path: Path) -> None:
    solutions.write(solution, tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["nothing"] is None


@pytest.mark.parametrize("suffix", solutions.suffixes())
def test_a_solution_without_a_solved_epoch_is_written_all_the_same(made_up: Any, tmp_path: Path, suffix: str) -> None:
    empty = made_up(4)
    empty.epochs["flag"][:] = 1
    for path in solutions.write(empty, tmp_path / f"a{suffix}"):
        assert path.stat().st_size > 0 or suffix == ".nmea"


def test_epochs_of_the_made_up_solution_are_what_the_tests_say(solution: Any) -> None:
    assert str(to_iso(solution.epochs.epochs, "GPST", 0)[1]) == "2020-06-25T00:00:30"
