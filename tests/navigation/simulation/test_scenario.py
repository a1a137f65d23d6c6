from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.errors import FormatError, InputError
from armillary.navigation.simulation.scenario import built_in_scenarios, load_scenario, parse_scenario

SMALL = """title = "t"
start = "2025-01-01T00:00:00"
hours = 1
interval_s = 30
seed = 1
[system.beidou]
[[station]]
name = "A"
latitude_deg = 1
longitude_deg = 2
"""


@pytest.mark.parametrize("name", built_in_scenarios())
def test_every_built_in_scenario_reads(name: str) -> None:
    scenario = load_scenario(name)
    assert scenario.name == name and scenario.stations and scenario.systems and scenario.title


def test_the_scenarios_of_the_brief_are_there() -> None:
    assert set(built_in_scenarios()) >= {"demo", "faults", "network", "open-sky", "solar-maximum", "urban"}


def test_network_has_three_stations_of_each_operator_hosted_by_the_other() -> None:
    hosted = [s for s in load_scenario("network").stations if (s.host == "Russia") != (s.operator == "Roscosmos")]
    assert sum(s.operator == "Roscosmos" for s in hosted) == 3
    assert sum(s.host == "Russia" for s in hosted) == 3


def test_whole_numbers_may_stand_for_decimal_ones() -> None:
    scenario = parse_scenario(SMALL)
    assert scenario.hours == 1.0 and isinstance(scenario.stations[0].latitude_deg, float)


def test_receiver_fields_of_a_station_win_over_those_of_all() -> None:
    scenario = parse_scenario(SMALL + "mask_deg = 20\n[receiver]\nmask_deg = 10\nmultipath_m = 2\n")
    assert scenario.stations[0].receiver.mask_deg == 20.0 and scenario.stations[0].receiver.multipath_m == 2.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("seed = 1", 'seed = "one"'), "seed must be int"),
        (("seed = 1", "sede = 1"), "no key sede; it may hold"),
        (("hours = 1", "hours = -1"), "hours must lie"),
        (("interval_s = 30", "interval_s = 0"), "interval_s must lie"),
        (('name = "A"', 'name = "A B"'), "letters and digits"),
        (("latitude_deg = 1\n", ""), "latitude_deg"),
        (("[system.beidou]", "[system.beidou]\nsignals = 3"), "must be a list"),
        (("[system.beidou]", ""), "no [system.NAME]"),
        (("hours = 1", "hours = 1 ="), "not TOML"),
        (('start = "2025-01-01T00:00:00"', 'start = "tomorrow"'), "start"),
        (("[system.beidou]", "system = 3"), "[system]"),
        (("[[station]]", "[station]"), "[[station]]"),
        (("hours = 1", "hours = inf"), "finite"),
        (("[system.beidou]", "[system.beidou]\nreceiver_bias_sigma_m = -1"), "negative"),
        (("[system.beidou]", "[system.beidou]\nsignals = ['C9Z']"), "known are"),
        (("[system.beidou]", "[system.beidou]\ncode_noise_m = ['a']"), "list of numbers"),
        (("latitude_deg = 1", "latitude_deg = 91"), "between -90 and 90"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(change: tuple[str, str], says: str) -> None:
    with pytest.raises(FormatError, match=r"x\.toml") as caught:
        parse_scenario(SMALL.replace(*change), path="x.toml")
    assert says in str(caught.value)


def test_unknown_constellation_lists_those_there_are() -> None:
    with pytest.raises(InputError, match="glonass"):
        parse_scenario(SMALL.replace("beidou", "starfix"), path="x.toml")


def test_a_name_that_is_no_scenario_lists_those_there_are() -> None:
    with pytest.raises(InputError, match="demo, faults"):
        load_scenario("nowhere")


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="UTF-8"):
        load_scenario(str(path))


@given(st.text(alphabet='[]"=\n.abc123 {},-', max_size=80))
def test_any_text_gives_a_scenario_or_an_input_error(text: str) -> None:
    with suppress(InputError):
        parse_scenario(SMALL + text, path="x.toml")
