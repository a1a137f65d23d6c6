"""What a person asked to be fetched, as files that are looked for: words into days, products, stations, centres, archives."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from armillary.errors import InputError
from armillary.io.fetching.catalogue import PRODUCTS, Archive, archives, candidates, centres_of, gps_week, overridden
from armillary.io.fetching.download import Wanted

__all__ = ["Plan", "plan"]

LONGEST_DAYS = 366
TOGETHER = ("sp3", "clk", "erp", "bias")
"""Products that belong together: those of different centres do not fit to the centimetre, so without a named centre they come from one."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is looked for."""

    days: tuple[date, ...]
    single: tuple[Wanted, ...]
    """Files that are independent of each other."""
    sets: tuple[tuple[tuple[Wanted, ...], ...], ...]
    """Per day: the same products by each centre in order of preference; those of the first centre that has them all are taken."""

    @property
    def every(self) -> tuple[Wanted, ...]:
        """Everything that may be looked for, in order."""
        found = [*self.single, *(wanted for centres in self.sets for products in centres for wanted in products)]
        return tuple(sorted(found, key=lambda wanted: wanted.day))


def plan(
    day: Sequence[str],
    *,
    products: Sequence[str],
    stations: Sequence[str],
    centres: Sequence[str],
    mirrors: Sequence[str],
    base_url: Sequence[str],
) -> Plan:
    """The plan for what was typed; InputError names the word that cannot be used and what there is."""
    days = _days(_words(day))
    places = _archives(_words(mirrors), _words(base_url))
    who = _stations(_words(stations))
    kinds = _known(_words(products), PRODUCTS, "--products", "product")
    if who and "obs" not in kinds:
        kinds = (*kinds, "obs")
    if "obs" in kinds and not who:
        raise InputError("--products obs: name the stations with --stations")
    named = _known([name.upper() for name in _words(centres)], [c for p in kinds for c in centres_of(p) if p != "obs"], "--centres", "centre")
    by_product = {kind: tuple(c for c in named if c in centres_of(kind)) for kind in kinds if kind != "obs"}
    free = tuple(kind for kind in TOGETHER if kind in by_product and not by_product[kind])
    single: list[Wanted] = []
    sets = []
    for when in days:
        for kind in kinds:
            if kind not in free:
                single += _obs(when, who, places) if kind == "obs" else _files(kind, when, by_product[kind], places)
        if free:
            sets.append(_sets(free, when, places))
    return Plan(days, tuple(single), tuple(sets))


def _obs(day: date, stations: Sequence[str], places: Sequence[Archive]) -> list[Wanted]:
    return [Wanted("obs", name, day, tuple(candidates("obs", "station", day, places, name)), name) for name in stations]


def _files(product: str, day: date, centres: Sequence[str], places: Sequence[Archive]) -> list[Wanted]:
    """A file of each of the named centres; where none is named, one of whichever centre has it."""
    if centres:
        return [Wanted(product, centre, day, tuple(candidates(product, centre, day, places))) for centre in centres]
    every = centres_of(product)
    found = tuple(candidate for centre in every for candidate in candidates(product, centre, day, places))
    return [Wanted(product, every[0] if len(every) == 1 else "any", day, found)]


def _sets(products: Sequence[str], day: date, places: Sequence[Archive]) -> tuple[tuple[Wanted, ...], ...]:
    """By centre, those that are known to make most of the products first."""
    sets = []
    for centre in dict.fromkeys(centre for product in products for centre in centres_of(product)):
        made = tuple(Wanted(product, centre, day, tuple(candidates(product, centre, day, places))) for product in products)
        if any(wanted.places for wanted in made):
            sets.append(made)
    sets.sort(key=lambda made: sum(not wanted.places for wanted in made))
    return tuple(sets) or (tuple(Wanted(product, "any", day, ()) for product in products),)


def _words(given: Sequence[str]) -> list[str]:
    """Words of an option that may be repeated, or hold several joined by commas."""
    texts = [given] if isinstance(given, str) else given
    return list(dict.fromkeys(word.strip() for text in texts for word in text.split(",") if word.strip()))


def _known(words: Sequence[str], there_are: Iterable[str], option: str, what: str) -> tuple[str, ...]:
    known = dict.fromkeys(there_are)
    for word in words:
        if word not in known:
            raise InputError(f"{option}: no {what} is called {word[:40]!r}; there are {', '.join(known)}")
    return tuple(words)


def _days(words: Sequence[str]) -> tuple[date, ...]:
    days: list[date] = []
    for word in words:
        first, dots, last = word.partition("..")
        start, end = _day(first), _day(last if dots else first)
        if end < start:
            raise InputError(f"--day {word}: the last day is before the first")
        if (end - start).days >= LONGEST_DAYS or len(days) > LONGEST_DAYS:
            raise InputError(f"--day {word}: more than {LONGEST_DAYS} days at once are not fetched; ask in parts")
        days += [start + timedelta(i) for i in range((end - start).days + 1)]
    if not days:
        raise InputError("--day: name a day, YYYY-MM-DD or YYYY-DDD")
    return tuple(dict.fromkeys(days))


def _day(text: str) -> date:
    ordinal = re.fullmatch(r"(\d{4})-(\d{3})", text)
    try:
        if ordinal:
            found = date(int(ordinal[1]), 1, 1) + timedelta(int(ordinal[2]) - 1)
            if ordinal[2] == "000" or found.year != int(ordinal[1]):
                raise ValueError
        elif re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            found = date.fromisoformat(text)
        else:
            raise ValueError
    except ValueError:
        raise InputError(f"--day: expected YYYY-MM-DD or YYYY-DDD, or two of them with .. between, not {text[:40]!r}") from None
    gps_week(found)
    if found > datetime.now(UTC).date():
        raise InputError(f"--day {found}: that day has not come yet")
    return found


def _stations(words: Sequence[str]) -> tuple[str, ...]:
    names = [word.upper() for word in words]
    for name in names:
        if not re.fullmatch(r"[A-Z0-9]{4}(\d\d[A-Z]{3})?", name):
            raise InputError(f"--stations: expected four characters (NIST) or nine (NIST00USA), not {name[:40]!r}")
    return tuple(dict.fromkeys(names))


def _archives(mirrors: Sequence[str], base_url: Sequence[str]) -> tuple[Archive, ...]:
    names = _known(mirrors, archives(), "--mirrors", "archive") or tuple(archives())
    return overridden([archives()[name] for name in names], base_url)
