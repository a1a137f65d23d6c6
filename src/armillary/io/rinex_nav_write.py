"""Navigation messages as RINEX 3.05 or 4.02 text."""

from __future__ import annotations

from collections.abc import Mapping

from armillary.core.navigation_messages import Navigation

__all__ = ["left_out", "write"]


def left_out(navigation: Navigation, *, version: float) -> Mapping[str, int]:
    """What a version cannot hold."""
    raise NotImplementedError


def write(navigation: Navigation, *, version: float = 3.05) -> bytes:
    """RINEX text."""
    raise NotImplementedError
