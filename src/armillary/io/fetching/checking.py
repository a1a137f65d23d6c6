"""Whether what came is what was wanted: by its first bytes while it comes, by recognising its content when it is here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from armillary.errors import InputError
from armillary.io.fetching.failures import NotDataError
from armillary.io.reading import format_of
from armillary.io.source import source_from_bytes

__all__ = ["HEAD_BYTES", "check_content", "check_head"]

HEAD_BYTES = 64
"""As many bytes :func:`check_head` wants to see."""

FORMATS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "brdc": ("rinex_nav",),
        "obs": ("crinex", "rinex_obs"),
        "sp3": ("sp3",),
        "clk": ("clk",),
        "erp": ("erp",),
        "bias": ("bias",),
        "ionex": ("ionex",),
        "antex": ("antex",),
        "sinex": ("sinex",),
    }
)
"""Product -> modules of :mod:`armillary.io` that may recognise it."""

_MAGIC = {".gz": ((b"\x1f\x8b",), "gzip"), ".z": ((b"\x1f\x9d", b"\x1f\x8b"), "compress or gzip")}
"""Suffix in lower case -> what a file of that name begins with. Archives have put gzip under names ending in .Z."""

_PAGE = (b"<!doctype", b"<html", b"<head", b"<?xml")
_LIMIT_BYTES = 2 << 30


def check_head(head: bytes, name: str) -> None:
    """NotDataError where the first bytes of a file cannot be those of a file called ``name``."""
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_PAGE):
        raise NotDataError("a web page (a login page?), not data")
    magic, title = _MAGIC.get(PurePosixPath(name).suffix.lower(), ((), ""))
    if magic and not head.startswith(magic):
        raise NotDataError(f"not {title}, as the name says, but {head[:16]!r}")


def check_content(path: Path, name: str, product: str) -> None:
    """NotDataError where the file at ``path`` does not unpack to its end, or does not hold what ``product`` is."""
    try:
        source = source_from_bytes(path.read_bytes(), name, limit_bytes=_LIMIT_BYTES)
        if source.losses:
            raise NotDataError(source.losses[0].reason.split(":")[0])
        found = format_of(source).__name__.rsplit(".", 1)[-1]
    except InputError as error:
        raise NotDataError(str(error).removeprefix(f"{name}: ").split("; known are")[0]) from None
    if found not in FORMATS[product]:
        raise NotDataError(f"holds {found}, {' or '.join(FORMATS[product])} was expected")
