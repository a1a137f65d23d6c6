"""How services tell what they do: progress to whoever watches, and what several stations say once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["nobody", "said_once"]

Report = Callable[[str, float], None]
"""Called with a name of the work and the share of it, 0 to 1, that is done."""


def nobody(what: str, share: float) -> None:
    """Progress that nobody watches."""


def said_once(said: Sequence[tuple[str, Sequence[str]]], what: str = "stations") -> tuple[str, ...]:
    """Warnings of several stations, or of ``what``, each with its name; what several say is said once.

    >>> said_once([("AAAA", ["no clocks"]), ("BBBB", ["no clocks", "moved"])])
    ('2 stations: no clocks', 'BBBB: moved')
    """
    who: dict[str, list[str]] = {}
    for name, texts in said:
        for words in dict.fromkeys(texts):
            who.setdefault(words, []).append(name)
    return tuple(f"{names[0] if len(names) == 1 else f'{len(names)} {what}'}: {words}" for words, names in who.items())
