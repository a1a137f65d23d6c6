"""Colours of members, the same in every picture and map: each alone has its own, all together is dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["JOINT", "member_colours"]

ALONE = ("#0072b2", "#e69f00", "#cc79a7", "#56b4e9", "#d55e00", "#8c8c00", "#7f7f7f")
"""After Okabe & Ito 2008: told apart with any colour vision. Blue is A, orange is B."""
JOINT = "#00664b"


def member_colours(members: Sequence[str]) -> Mapping[str, str]:
    """Member -> ``#rrggbb``; the last of several members is all together.

    >>> member_colours(["a", "b", "a+b"])["a+b"]
    '#00664b'
    """
    if len(members) < 2:
        return dict.fromkeys(members, JOINT)
    alone = {member: ALONE[i % len(ALONE)] for i, member in enumerate(members[:-1])}
    return {**alone, members[-1]: JOINT}


def lighter(colour: str) -> str:
    """A colour that stands out on dark paper: two fifths of the way to white.

    >>> lighter("#000000")
    '#666666'
    """
    parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return "#" + "".join(f"{round(part + 0.4 * (255 - part)):02x}" for part in parts)
