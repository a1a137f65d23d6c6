"""One name per station."""

from __future__ import annotations

from dataclasses import dataclass

from armillary.services._station_names import named_apart

KAMCHATKA, MOSCOW = (-3_576_000.0, 1_400_000.0, 5_079_000.0), (2_853_000.0, 2_194_000.0, 5_249_000.0)


@dataclass(frozen=True)
class File:
    station: str
    position_m: tuple[float, float, float] | None = None


def names(*files: File) -> tuple[list[str], tuple[str, ...]]:
    found, notes = named_apart(files)
    return [item.station for item in found], notes


def test_a_short_marker_is_the_station_with_the_long_one() -> None:
    assert names(File("KAMC", KAMCHATKA), File("KAMC00RUS", KAMCHATKA)) == (["KAMC00RUS", "KAMC00RUS"], ("KAMC is taken for KAMC00RUS",))


def test_a_short_marker_of_two_long_ones_or_far_away_stays() -> None:
    assert names(File("KAMC"), File("KAMC00RUS"), File("KAMC01RUS")) == (["KAMC", "KAMC00RUS", "KAMC01RUS"], ())
    assert names(File("KAMC", MOSCOW), File("KAMC00RUS", KAMCHATKA)) == (["KAMC", "KAMC00RUS"], ())


def test_two_stations_of_one_marker_are_told_apart_by_where_they_stand() -> None:
    found, notes = names(File("KAMC", KAMCHATKA), File("KAMC", MOSCOW), File("KAMC", (KAMCHATKA[0] + 3000.0, *KAMCHATKA[1:])), File("KAMC"))
    assert found == ["KAMC", "KAMC-2", "KAMC", "KAMC"] and notes == ("KAMC: files stand more than 100 km apart: taken for another station, KAMC-2",)


def test_other_files_are_left_alone() -> None:
    assert names(File(""), File("WUHN"), File("")) == (["", "WUHN", ""], ())
