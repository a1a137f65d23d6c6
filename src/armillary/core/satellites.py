"""Satellites as small integers: ``C21`` is ``ord("C") * 100 + 21``.

The packed form sorts like the text, fits int16 and lets one mask pick a system; text appears only at the borders.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["letter_of", "number_of", "pack", "pack_one", "unpack", "unpack_one"]


def pack_one(name: str) -> int:
    """The packed form of one satellite name in RINEX 3 spelling.

    >>> pack_one("C21")
    6721
    """
    return ord(name[0]) * 100 + int(name[1:3])


def pack(names: Iterable[str]) -> NDArray[np.int16]:
    """Packed forms, int16[n], of RINEX 3 satellite names.

    >>> pack(["R07", "C21"])
    array([8207, 6721], dtype=int16)
    """
    return np.array([pack_one(name) for name in names], np.int16)


def unpack_one(sat: int) -> str:
    """The RINEX 3 name of a packed satellite.

    >>> unpack_one(6721)
    'C21'
    """
    return f"{chr(int(sat) // 100)}{int(sat) % 100:02d}"


def unpack(sats: ArrayLike) -> NDArray[np.str_]:
    """RINEX 3 names, str[n], of packed satellites.

    >>> [str(name) for name in unpack([8207, 6721])]
    ['R07', 'C21']
    """
    return np.array([unpack_one(sat) for sat in np.asarray(sats).ravel()], "U3")


def letter_of(sat: int) -> str:
    """The system letter of a packed satellite.

    >>> letter_of(6721)
    'C'
    """
    return chr(int(sat) // 100)


def number_of(sats: ArrayLike) -> NDArray[np.int16]:
    """Slot or pseudo-random-noise numbers, int16[n], of packed satellites."""
    return (np.asarray(sats) % 100).astype(np.int16)
