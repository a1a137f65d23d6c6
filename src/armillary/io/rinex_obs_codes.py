"""Observation types of RINEX 2 as three-character codes of RINEX 3, and names that changed between versions of RINEX 3.

RINEX 2 does not say how a signal was tracked; each type becomes what receivers of its time meant by it: P on a band with an encrypted
code is the semi-codeless W, C on a later civil signal is X (combined channels). Phase, Doppler and strength belong to the code they were
measured with: the first type of the list below that the file has. Sources: RINEX 2.11 section 5.2 and table A1, RINEX 2.12 table 5.2.1,
RINEX 3.05 tables 9 to 18 (codes per system) and section 5.1 (attributes).
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

__all__ = ["LETTERS", "lent_again", "modern_codes", "renamed"]

LETTERS = "CEGIJRS"
"""System letters that RINEX 2 files may carry."""

# (system, band): code types in order of preference with the band and attribute they become; the first present lends them to L, D and S.
_TYPES: MappingProxyType[tuple[str, str], tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        ("G", "1"): (("C1", "1C"), ("CA", "1C"), ("P1", "1W"), ("CB", "1X")),
        ("G", "2"): (("P2", "2W"), ("C2", "2X"), ("CC", "2X")),
        ("G", "5"): (("C5", "5X"),),
        ("R", "1"): (("C1", "1C"), ("CA", "1C"), ("P1", "1P")),
        ("R", "2"): (("C2", "2C"), ("CD", "2C"), ("P2", "2P")),
        ("R", "3"): (("C3", "3X"),),
        ("E", "1"): (("C1", "1X"),),
        ("E", "5"): (("C5", "5X"),),
        ("E", "6"): (("C6", "6X"),),
        ("E", "7"): (("C7", "7X"),),
        ("E", "8"): (("C8", "8X"),),
        ("S", "1"): (("C1", "1C"), ("CA", "1C")),
        ("S", "5"): (("C5", "5X"),),
        ("J", "1"): (("C1", "1C"), ("CA", "1C"), ("CB", "1X")),
        ("J", "2"): (("C2", "2X"), ("CC", "2X")),
        ("J", "5"): (("C5", "5X"),),
        ("J", "6"): (("C6", "6X"),),
        # RINEX 2.12 numbers the lowest band 1, files in the wild 2: both are band 2 of RINEX 3.03 and later.
        ("C", "1"): (("C1", "2I"),),
        ("C", "2"): (("C2", "2I"),),
        ("C", "6"): (("C6", "6I"),),
        ("C", "7"): (("C7", "7I"),),
        ("I", "5"): (("C5", "5A"),),
        ("I", "9"): (("C9", "9A"),),
    }
)

# RINEX 2.12 writes the tracking into the type: letter of the type -> band and attribute per system.
_LETTERED = MappingProxyType(
    {
        "A": {"G": "1C", "R": "1C", "S": "1C", "J": "1C"},
        "B": {"G": "1X", "J": "1X"},
        "C": {"G": "2X", "J": "2X"},
        "D": {"R": "2C"},
    }
)

_RENAMED = (
    # RINEX 3.02 calls the band at 1561.098 MHz 1; 3.01 and all from 3.03 on call it 2. No other version has 1I or 1Q.
    ("C", "1I", "2I", None),
    ("C", "1Q", "2Q", None),
    ("C", "1X", "2X", 3.02),
)
"""System, band and attribute in the file, what they are now, and the only version it holds for (None: any)."""


def modern_codes(types: Sequence[str], system: str) -> tuple[str | None, ...]:
    """The RINEX 3 code of each RINEX 2 type for one system letter; None where the system has no such signal.

    >>> modern_codes(["C1", "P1", "L1", "L2", "P2"], "G")
    ('C1C', 'C1W', 'L1C', 'L2W', 'C2W')
    """
    codes: list[str | None] = []
    for name in types:
        code = _modern_code(name, types, system)
        codes.append(None if code in codes else code)
    return tuple(codes)


def _modern_code(name: str, types: Sequence[str], system: str) -> str | None:
    if len(name) != 2:
        return None
    kind, band = name[0], name[1]
    lettered = _LETTERED.get(band, {}).get(system)
    if lettered is not None and kind in "CLDS":
        return kind + lettered
    known = _TYPES.get((system, band))
    if known is None:
        return None
    if kind in "CP":
        signal = dict(known).get(name)
        return None if signal is None else "C" + signal
    if kind not in "LDS":
        return None
    present = [signal for code, signal in known if code in types]
    return kind + (present[0] if present else known[0][1])


def lent_again(codes: Sequence[str], system: str) -> tuple[str, ...]:
    """The codes that one system of a RINEX 2 file has values for, phase, Doppler and strength under a code that is among them.

    All systems share one list of types: where it has C2 for the L2C of GPS, and GLONASS fills only P2, the L2 of GLONASS belongs to P2.

    >>> lent_again(["C1C", "L1C", "C2P", "L2C", "S2C"], "R")
    ('C1C', 'L1C', 'C2P', 'L2P', 'S2P')
    """
    names: dict[str, str] = {}
    for (letter, _), known in _TYPES.items():
        signals = [signal for _, signal in known] if letter == system else []
        measured = [signal for signal in signals if "C" + signal in codes]
        for signal in signals if measured else []:
            if signal not in measured:
                names |= {kind + signal: kind + measured[0] for kind in "LDS" if kind + measured[0] not in codes}
    return tuple(names.get(code, code) for code in codes)


def renamed(codes: Sequence[str], system: str, version: float) -> tuple[str, ...]:
    """Codes under the names of RINEX 3.03 and later; a code whose new name is taken keeps its own.

    >>> renamed(["C1I", "L1I", "C7I"], "C", 3.02)
    ('C2I', 'L2I', 'C7I')
    """
    names = {old: new for letter, old, new, only in _RENAMED if letter == system and (only is None or abs(only - version) < 0.005)}
    return tuple(code[0] + names[code[1:]] if code[1:] in names and code[0] + names[code[1:]] not in codes else code for code in codes)
