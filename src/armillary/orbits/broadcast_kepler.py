"""Kepler messages: from the columns of a navigation file to the parameter block of the kernels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.constellation import Constellation
from armillary.core.navigation_messages import MessageTable
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.satellites import number_of
from armillary.core.scales import to_week
from armillary.orbits.message_index import MessageIndex, Offer, column_or, index_messages, within
from armillary.orbits.state import OrbitState

__all__ = ["KeplerMessages", "prepare", "usable"]

_kernels: Any = lazy_module("armillary.orbits.broadcast_kepler_kernels")

NEEDED = ("sqrt_a_m05", "e", "m0_rad", "omega_rad", "omega0_rad", "i0_rad", "clock_bias_s")
OPTIONAL = ("cuc_rad", "cus_rad", "crc_m", "crs_m", "cic_rad", "cis_rad")
LIMITS = {
    **dict.fromkeys(("m0_rad", "omega0_rad", "omega_rad", "i0_rad"), 1e3),
    **dict.fromkeys(("cuc_rad", "cus_rad", "cic_rad", "cis_rad"), 1e-2),
    **dict.fromkeys(("crc_m", "crs_m"), 1e5),
    **dict.fromkeys(("delta_n_rad_s", "idot_rad_s"), 1e-6),
    "omega_dot_rad_s": 1e-5,
    "delta_n_dot_rad_s2": 1e-8,
    "a_dot_m_s": 100.0,
    "clock_bias_s": 0.1,
    "clock_drift_s_s": 1e-6,
    "clock_drift_rate_s_s2": 1e-12,
}
"""Magnitudes that no message reaches: above the widest field of any interface document (angles may have turns in them). A number beyond is damage."""
ROOTS = (2_500.0, 8_000.0)
"""Square roots of semi-major axes (6,250 to 64,000 km) of satellites that send navigation messages."""
TILTED_KINDS = frozenset({"D1", "D2"})
"""Kinds whose geostationary orbits are given in a turned plane (modern kinds are not sent by geostationary satellites)."""


def usable(table: MessageTable) -> NDArray[np.bool_]:
    """bool[n]: rows that hold an ellipse and a clock that a message can hold (:data:`LIMITS`); a damaged or empty record is left out."""
    columns = [table.columns.get(name) for name in NEEDED]
    if any(column is None for column in columns):
        return np.zeros(len(table), np.bool_)
    good = np.all([np.isfinite(column) for column in columns if column is not None], axis=0)
    root, e = table.columns["sqrt_a_m05"], table.columns["e"]
    return np.asarray(good & within(table, LIMITS) & (root > ROOTS[0]) & (root < ROOTS[1]) & (e >= 0.0) & (e < 0.9))


def parameters(table: MessageTable, constellation: Constellation) -> NDArray[np.float64]:
    """The parameter block float64[n, 24] in the order of the kernels (rows that are not usable hold anything)."""
    mu, rate = constellation.gravitational_parameter_m3_s2, constellation.earth_rotation_rad_s
    geostationary = [n for group in constellation.groups if group.orbit == "GEO" for n in group.numbers]
    tilted = np.isin(number_of(table.sat), geostationary) & (table.kind in TILTED_KINDS) & (constellation.geostationary_tilt_rad != 0.0)
    root, e = column_or(table, "sqrt_a_m05", np.nan), column_or(table, "e", np.nan)
    node_rate = column_or(table, "omega_dot_rad_s", 0.0)
    # The node is given for the start of the week of the reference, in the scale of the messages.
    _, toe_of_week = to_week(table.ephemeris, constellation.time_scale)
    with np.errstate(invalid="ignore", divide="ignore"):
        columns = (
            root**2,
            column_or(table, "a_dot_m_s", 0.0),
            np.sqrt(mu) / root**3 + column_or(table, "delta_n_rad_s", 0.0),
            column_or(table, "delta_n_dot_rad_s2", 0.0),
            e,
            column_or(table, "m0_rad", np.nan),
            column_or(table, "omega_rad", np.nan),
            column_or(table, "omega0_rad", np.nan) - rate * toe_of_week * 1e-9,
            np.where(tilted, node_rate, node_rate - rate),
            column_or(table, "i0_rad", np.nan),
            column_or(table, "idot_rad_s", 0.0),
            *(column_or(table, name, 0.0) for name in OPTIONAL),
            column_or(table, "clock_bias_s", np.nan),
            column_or(table, "clock_drift_s_s", 0.0),
            column_or(table, "clock_drift_rate_s_s2", 0.0),
            -2.0 * np.sqrt(mu) / SPEED_OF_LIGHT_M_S**2 * e * root,
            np.full(len(table), rate),
            np.where(tilted, constellation.geostationary_tilt_rad, 0.0),
            np.sqrt(1.0 - e * e),
        )
    return np.stack(columns, axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class KeplerMessages:
    """Messages of one or several systems that send Kepler elements."""

    index: MessageIndex
    parameters: NDArray[np.float64]

    def fill(
        self, sat: NDArray[np.int16], t_ns: NDArray[np.int64], delay_s: NDArray[np.float64] | None, query: tuple[int, bool], out: OrbitState
    ) -> None:
        """Evaluate the rows of ``out`` whose satellite has a message here."""
        i = self.index
        _kernels.evaluate(
            *(sat, t_ns, np.empty(0) if delay_s is None else delay_s, delay_s is not None),
            *(i.slot_of, i.runs, i.reference_ns, i.toc_ns, i.transmission_ns, i.limits_ns, i.unhealthy, self.parameters, *query),
            *(out.position_m, out.velocity_m_s, out.clock_s, out.clock_drift_s_s, out.flag, out.message, out.age_s),
        )


def prepare(offers: Sequence[Offer], *, exclude: frozenset[int] = frozenset(), allow_unhealthy: bool = False) -> KeplerMessages:
    """The usable messages of ``offers``, ready to be evaluated."""
    index, order = index_messages(offers, exclude=exclude, allow_unhealthy=allow_unhealthy)
    block = np.concatenate([parameters(o.table, o.constellation) for o in offers])
    return KeplerMessages(index, np.ascontiguousarray(block[order]))
