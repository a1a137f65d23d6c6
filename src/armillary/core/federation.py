"""Federations: "A alone", "B alone" and "A + B" are three arguments of a service, never three modes.

>>> from armillary.core.federation import federation
>>> [str(member) for member in federation("glonass+beidou").alone_and_joint()]
['glonass', 'beidou', 'glonass+beidou']
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from armillary.core.constellation import Constellation
from armillary.core.registry import constellation
from armillary.core.stations import Network
from armillary.errors import InputError

__all__ = ["Federation", "federation"]


@dataclass(frozen=True, slots=True)
class Federation:
    """An ordered set of constellations and the networks that serve them. ``a | b`` joins, keeping order and dropping repeats."""

    constellations: tuple[Constellation, ...]
    networks: tuple[Network, ...] = ()

    def __or__(self, other: Federation | Constellation) -> Federation:
        if isinstance(other, Constellation):
            other = Federation((other,))
        new = tuple(c for c in other.constellations if c not in self.constellations)
        nets = tuple(n for n in other.networks if n not in self.networks)
        return Federation(self.constellations + new, self.networks + nets)

    def __iter__(self) -> Iterator[Constellation]:
        return iter(self.constellations)

    def __len__(self) -> int:
        return len(self.constellations)

    def __str__(self) -> str:
        return "+".join(c.name for c in self.constellations)

    @property
    def letters(self) -> str:
        """RINEX system letters, in order."""
        return "".join(c.letter for c in self.constellations)

    def alone_and_joint(self) -> tuple[Federation, ...]:
        """Each constellation alone, then all together (the default question everywhere); one answer when there is one system."""
        alone = tuple(Federation((c,), self.networks) for c in self.constellations)
        return alone if len(alone) < 2 else (*alone, self)

    def members(self, *, subsets: bool) -> tuple[Federation, ...]:
        """:meth:`subsets` where every combination is asked for, else :meth:`alone_and_joint`; all together is the last of both."""
        return self.subsets() if subsets else self.alone_and_joint()

    def subsets(self) -> tuple[Federation, ...]:
        """Every combination, small ones first: 3 for two systems, 7 for three.

        >>> len(federation("glonass+beidou+galileo").subsets())
        7
        """
        sizes = range(1, len(self.constellations) + 1)
        return tuple(Federation(chosen, self.networks) for n in sizes for chosen in combinations(self.constellations, n))


def federation(names: str) -> Federation:
    """The federation of systems written ``glonass+beidou`` (``,`` works too); InputError names what exists.

    >>> federation("beidou,glonass").letters
    'CR'
    """
    parts = [part.strip() for part in names.replace(",", "+").split("+") if part.strip()]
    if not parts:
        raise InputError("no system was named; write them like glonass+beidou")
    joined = Federation(())
    for part in parts:
        joined = joined | constellation(part)
    return joined
