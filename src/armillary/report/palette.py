"""Colours of members, the same in every picture and map: a system has its own whichever others are asked for, all together is dark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from armillary.constellations import DEFAULT_FEDERATION
from armillary.core.registry import constellations

__all__ = ["JOINT", "lighter", "member_colours", "other_colours"]

ALONE = ("#0072b2", "#e69f00", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c00", "#7f7f7f")
"""After Okabe & Ito 2008: told apart with any colour vision."""
JOINT = "#00664b"


def member_colours(members: Sequence[str]) -> Mapping[str, str]:
    """Member -> ``#rrggbb``; the last of several members is all together, other combinations are mixed of their systems.

    >>> member_colours(["glonass", "beidou", "glonass+beidou"])["beidou"] == member_colours(["beidou", "gps", "beidou+gps"])["beidou"]
    True
    >>> member_colours(["glonass", "beidou", "glonass+beidou"])["glonass+beidou"]
    '#00664b'
    """
    systems = dict.fromkeys(system for member in members for system in member.split("+"))
    colours = _with_strangers(systems)
    every = {member: colours[member] if member in colours else _mixed([colours[system] for system in member.split("+")]) for member in members}
    return every | {members[-1]: JOINT} if members and "+" in members[-1] else every


def other_colours(members: Sequence[str], count: int) -> tuple[str, ...]:
    """Colours for what is none of the members: those that no member has, first."""
    used = set(member_colours(members).values())
    spare = [*(colour for colour in ALONE[2:] if colour not in used), *ALONE[2:]]
    return tuple(spare[i % len(spare)] for i in range(count))


@cache
def _of_systems() -> Mapping[str, str]:
    """System -> colour: the project's first pair, then the others in the order of the registry, in which third parties are last."""
    names = dict.fromkeys((*DEFAULT_FEDERATION.split("+"), *constellations()))
    return {name: ALONE[i % len(ALONE)] for i, name in enumerate(names)}


def _with_strangers(systems: Iterable[str]) -> dict[str, str]:
    """Also of names that are no known system: colours that none of the others has, in turn."""
    known = _of_systems()
    asked = list(systems)
    used = {known[name] for name in asked if name in known}
    spare = [colour for colour in ALONE if colour not in used] or list(ALONE)
    strangers = [name for name in asked if name not in known]
    return {name: known[name] for name in asked if name in known} | {name: spare[i % len(spare)] for i, name in enumerate(strangers)}


def _mixed(colours: Sequence[str]) -> str:
    """The middle of several colours."""
    parts = (sum(int(colour[i : i + 2], 16) for colour in colours) / len(colours) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part):02x}" for part in parts)


def lighter(colour: str) -> str:
    """A colour that stands out on dark paper: two fifths of the way to white.

    >>> lighter("#000000")
    '#666666'
    """
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + 0.4 * (255 - part)):02x}" for part in parts)
