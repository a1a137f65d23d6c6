"""Physical constants that more than one system shares; constants of one interface document stand in that system's file."""

from __future__ import annotations

__all__ = ["SPEED_OF_LIGHT_M_S"]

SPEED_OF_LIGHT_M_S = 299_792_458.0
"""Speed of light in vacuum, exact (SI)."""
