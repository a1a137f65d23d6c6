"""The source files that machine code was made from, by content: times of files change with every checkout and say nothing."""

from __future__ import annotations

import functools
import sys
import zlib
from collections.abc import Mapping

__all__ = ["digest", "stamp", "unchanged"]


def digest(data: bytes) -> str:
    """A short name for some bytes (hashlib would load OpenSSL: 10 ms)."""
    return f"{len(data):x}-{zlib.crc32(data):08x}{zlib.adler32(data):08x}"


@functools.cache
def stamp(file: str) -> str | None:
    """The digest of a file, taken once per process; None where there is no such file."""
    try:
        with open(file, "rb") as source:
            return digest(source.read())
    except OSError:
        return None


def unchanged(stamps: Mapping[str, str]) -> bool:
    """Whether the modules named are those imported here, with the stamps given."""
    return all(stamp(str(getattr(sys.modules.get(name), "__file__", None))) == given for name, given in stamps.items())
