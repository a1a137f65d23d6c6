"""The bits of a state's flag, for kernels and for :mod:`armillary.orbits.state` alike (plain numbers: nothing is compiled here)."""

from __future__ import annotations

__all__ = ["BAD_INPUT", "EXCLUDED", "NO_CLOCK", "NO_DATA", "STALE", "UNHEALTHY"]

NO_DATA = 1
UNHEALTHY = 2
STALE = 4
NO_CLOCK = 8
BAD_INPUT = 16
EXCLUDED = 32
