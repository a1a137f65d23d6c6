"""GLONASS FDMA messages: from the columns of a navigation file to interpolation tables in PZ-90.11."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.constellation import Constellation
from armillary.core.navigation_messages import MessageTable
from armillary.orbits.message_index import MessageIndex, Offer, column_or, index_messages, within
from armillary.orbits.state import OrbitState

__all__ = ["FrequencyDivisionMessages", "gravity_model", "prepare", "usable"]

_kernels: Any = lazy_module("armillary.orbits.broadcast_glonass_kernels")

STATE_COLUMNS = ("x_m", "y_m", "z_m", "vx_m_s", "vy_m_s", "vz_m_s")
LUNI_SOLAR_COLUMNS = ("ax_m_s2", "ay_m_s2", "az_m_s2")
LIMITS = {**dict.fromkeys(LUNI_SOLAR_COLUMNS, 1e-3), "clock_bias_s": 0.1, "relative_frequency_bias": 1e-6}
"""Magnitudes that no message reaches (ICD L1, L2 5.1, table 4.5: 6.2e-6 m/s2, 2 ms, 1e-9). A number beyond is damage of the file."""


def usable(table: MessageTable) -> NDArray[np.bool_]:
    """bool[n]: rows that hold a state at navigation heights (20,000 to 60,000 km from the centre) within :data:`LIMITS`; others are left out."""
    needed = [table.columns.get(name) for name in (*STATE_COLUMNS, "clock_bias_s")]
    if any(column is None for column in needed):
        return np.zeros(len(table), np.bool_)
    block = np.stack([column for column in needed if column is not None])
    with np.errstate(over="ignore"):
        radius = np.sqrt((block[:3] ** 2).sum(axis=0))
    return np.asarray(
        within(table, LIMITS) & np.isfinite(block).all(axis=0) & (radius > 2e7) & (radius < 6e7) & (np.abs(block[3:6]) < 1e4).all(axis=0)
    )


def gravity_model(constellation: Constellation) -> tuple[float, float, float, float]:
    """What the equations of motion need: gravitational parameter, J2, equatorial radius and rotation rate (SI)."""
    c = constellation
    return c.gravitational_parameter_m3_s2, c.earth_j2, c.earth_radius_m, c.earth_rotation_rad_s


@dataclass(frozen=True, slots=True, eq=False)
class FrequencyDivisionMessages:
    """Messages that give position and velocity, each integrated once over the time it serves."""

    index: MessageIndex
    clocks: NDArray[np.float64]
    """float64[m, 2], bias and drift at the reference."""
    tables: NDArray[np.float64]
    """float64[m, nodes, 9], position, velocity, acceleration every 120 s about the reference."""

    def fill(
        self, sat: NDArray[np.int16], t_ns: NDArray[np.int64], delay_s: NDArray[np.float64] | None, query: tuple[int, bool], out: OrbitState
    ) -> None:
        """Evaluate the rows of ``out`` whose satellite has a message here."""
        i = self.index
        _kernels.evaluate(
            *(sat, t_ns, np.empty(0) if delay_s is None else delay_s, delay_s is not None),
            *(i.slot_of, i.runs, i.reference_ns, i.transmission_ns, i.limits_ns, i.unhealthy, self.clocks, self.tables, *query),
            *(out.position_m, out.velocity_m_s, out.clock_s, out.clock_drift_s_s, out.flag, out.message, out.age_s),
        )


def prepare(offers: Sequence[Offer], *, exclude: frozenset[int] = frozenset(), allow_unhealthy: bool = False) -> FrequencyDivisionMessages:
    """The usable messages of ``offers``, integrated (about 7 us each) and ready to be evaluated."""
    index, order = index_messages(offers, exclude=exclude, allow_unhealthy=allow_unhealthy)
    names = (*STATE_COLUMNS, *LUNI_SOLAR_COLUMNS)
    states = np.concatenate([np.stack([column_or(o.table, name, 0.0) for name in names], axis=-1) for o in offers])[order]
    clock_names = ("clock_bias_s", "relative_frequency_bias")
    clocks = np.concatenate([np.stack([column_or(o.table, name, 0.0) for name in clock_names], axis=-1) for o in offers])[order]
    tables = np.empty((len(index), 2 * _kernels.HALF + 1, 9))
    _kernels.tabulate(np.ascontiguousarray(states), gravity_model(offers[0].constellation), tables)
    return FrequencyDivisionMessages(index, np.ascontiguousarray(clocks), tables)
