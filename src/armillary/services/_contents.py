"""What files hold, read once per process: a station-day asks for the day's messages and coordinates as every other station-day does."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from armillary._lazy import lazy_module
from armillary.core.navigation_messages import Navigation, NavigationHeader
from armillary.errors import InputError
from armillary.io.reading import read

rinex_nav: Any = lazy_module("armillary.io.rinex_nav")

__all__ = ["content", "navigation_of"]

_KEPT, _KEPT_DAYS = 24, 2
"""Files kept (products of a day or two, some tens of MB in all), and merged sets of navigation messages."""


def content(path: str) -> Any:
    """What the file at ``path`` holds, as :func:`armillary.io.reading.read` says; the last ones read are kept while the files do not change."""
    return _content(path, *_state(path))


def _state(path: str) -> tuple[int, int]:
    """What changes when a file does; InputError where it is not there."""
    try:
        status = Path(path).stat()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    return status.st_mtime_ns, status.st_size


@lru_cache(_KEPT)
def _content(path: str, changed_ns: int, octets: int) -> Any:
    return read(path)


def navigation_of(paths: tuple[str, ...]) -> Navigation:
    """The messages of navigation files, merged; no messages where there is no file."""
    return _navigation(tuple((path, _state(path)) for path in paths))


@lru_cache(_KEPT_DAYS)
def _navigation(files: tuple[tuple[str, tuple[int, int]], ...]) -> Navigation:
    parts = [content(path) for path, _ in files]
    return rinex_nav.merge(parts) if len(parts) > 1 else parts[0] if parts else Navigation(NavigationHeader(), {})
