"""Colours of systems do not depend on what else is asked for."""

from __future__ import annotations

from itertools import combinations, permutations

from armillary.core.federation import federation
from armillary.core.registry import constellations
from armillary.report.palette import ALONE, JOINT, member_colours, other_colours


def names(systems: tuple[str, ...], *, subsets: bool = False) -> list[str]:
    return [str(member) for member in federation("+".join(systems)).members(subsets=subsets)]


def test_a_system_keeps_its_colour_whatever_else_is_asked_for() -> None:
    first = {name: member_colours([name])[name] for name in constellations()}
    assert len(set(first.values())) == len(first) and JOINT not in first.values() and set(first.values()) <= set(ALONE)
    for systems in (*permutations(first, 2), *combinations(first, 4), tuple(reversed(list(first)))):
        found = member_colours(names(systems))
        assert {name: found[name] for name in systems} == {name: first[name] for name in systems}
        assert found["+".join(systems)] == JOINT


def test_the_default_pair_stays_blue_and_orange() -> None:
    assert member_colours(["glonass", "beidou", "glonass+beidou"]) == {"glonass": "#0072b2", "beidou": "#e69f00", "glonass+beidou": JOINT}


def test_every_combination_of_four_systems_has_its_own_colour() -> None:
    found = member_colours(names(("gps", "glonass", "beidou", "galileo"), subsets=True))
    assert len(found) == 15 and len(set(found.values())) == 15


def test_names_that_are_no_system_take_what_is_left() -> None:
    found = member_colours(["glonass", "rover", "base", "glonass+rover+base"])
    assert len(set(found.values())) == 4 and found["glonass"] == "#0072b2"


def test_operators_of_other_systems_take_colours_that_no_member_has() -> None:
    members = names(("gps", "glonass", "beidou", "galileo"))
    others = other_colours(members, 3)
    assert len(set(others)) == 3 and not set(others) & set(member_colours(members).values())
