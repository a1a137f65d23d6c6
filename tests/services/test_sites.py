"""Who owns and hosts a station: the first table that says so, whatever way the marker is written; else the header."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.observations import ObservationHeader, Observations
from armillary.core.stations import Network, Station
from armillary.errors import InputError
from armillary.services._sites import AGENCY, Site, site_of
from armillary.services._truth import place_given, truth_of

NAN = float("nan")
NOWHERE, PLACE_M = (NAN, NAN, NAN), (6378137.0, 0.0, 0.0)


def observed(agency: str = "") -> Observations:
    none = np.empty(0, np.int64)
    return Observations(ObservationHeader(marker="WUHR", agency=agency), Epochs(none), none.astype(np.uint8), none.astype(np.float64), {})


def table(name: str, *stations: Station) -> Network:
    return Network(f"somewhere/{name}", stations)


RUSSIAN = Station("WUHR", NOWHERE, "", operator="Roscosmos", host="China")


def test_the_first_table_that_names_an_operator_or_host_wins() -> None:
    bare, later = table("list.txt", Station("WUHR", PLACE_M, "")), table("later.csv", replace(RUSSIAN, host="Russia"))
    site = site_of("WUHR", observed("Somebody"), (bare, table("mine.csv", RUSSIAN), later))
    assert site == Site("Roscosmos", "China", "", True, "mine.csv")
    place = place_given("WUHR", (table("mine.csv", RUSSIAN), bare))
    assert place is not None and place.position_m == PLACE_M and place.source == "list.txt (place given)"


def test_four_and_nine_characters_meet_but_not_two_stations_of_one_city() -> None:
    four, nine = table("a.csv", RUSSIAN), table("b.csv", replace(RUSSIAN, name="WUHR00CHN"))
    assert site_of("WUHR00CHN", observed(), (four,)).operator == site_of("wuhr", observed(), (nine,)).operator == "Roscosmos"
    assert site_of("WUHR01CHN", observed(), (nine,)) == Site()


def test_a_country_makes_home_of_an_operator_that_runs_no_system() -> None:
    own = Station("WUHR", NOWHERE, "", operator="Institute", host="China", operator_country="China")
    assert site_of("WUHR", observed(), (table("a.csv", own),)).hosted is False
    assert site_of("WUHR", observed(), (table("a.csv", replace(own, host="Brazil")),)).hosted is True
    assert site_of("WUHR", observed(), (table("a.csv", replace(own, host="")),)).hosted is None


def test_a_table_is_a_truth_for_positions(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("station,x_m,y_m,z_m\nWUHR,6378137,0,0\n")
    truth = truth_of(str(tmp_path / "mine.csv"), observed())
    assert truth is not None and truth.position_m == PLACE_M and truth.source == "mine.csv (place given)"
    (tmp_path / "other.csv").write_text("station,operator,host\nWUHR,Roscosmos,China\n")
    with pytest.raises(InputError, match=r"other.csv: has the station WUHR but no coordinates of it \(x_m"):
        truth_of(str(tmp_path / "other.csv"), observed())
    (tmp_path / "other.csv").write_text("station,operator,host\nMOSR,Roscosmos,Russia\n")
    with pytest.raises(InputError, match=r"no place of a station 'WUHR'; it has 1: MOSR"):
        truth_of(str(tmp_path / "other.csv"), observed())


def test_the_agency_is_an_operator_without_a_host() -> None:
    assert site_of("WUHR", observed(" Institute  of Time "), ()) == Site("Institute of Time", said_by=AGENCY)
    assert site_of("WUHR", observed(), ()) == Site() and place_given("WUHR", ()) is None
