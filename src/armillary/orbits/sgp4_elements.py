"""Orbits from two-line element sets, propagated by SGP4 (the package ``sgp4``, Vallado's code) and turned from TEME to Earth-fixed axes.

Good to a kilometre or a few near the epoch of the elements, and worse by the day: enough for geometry, not for positioning. There are no clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary._lazy import optional_module
from armillary.core.earth_rotation import itrf_to_teme
from armillary.core.element_sets import ElementSets
from armillary.core.epochs import Epochs
from armillary.core.scales import to_day
from armillary.orbits.state import BAD_INPUT, NO_CLOCK, NO_DATA, SATELLITE_LIMIT, OrbitState, delays_of, empty_state, rows_of

__all__ = ["MeanElementOrbit"]

_JD_OF_UNIX_DAY_0 = 2440587.5
_NS_PER_DAY = 86_400e9


@dataclass(frozen=True, slots=True, eq=False)
class MeanElementOrbit:
    """Element sets of satellites; implements :class:`armillary.orbits.state.Orbit`."""

    sat: NDArray[np.int16]
    """int16[m], packed."""
    slot_of: NDArray[np.int32]
    epochs: Epochs
    """[m], of the elements."""
    models: tuple[Any, ...]
    """SGP4 satellites, [m]."""

    @classmethod
    def of(cls, sets: ElementSets, sat: NDArray[np.int16]) -> MeanElementOrbit:
        """The orbits of the rows of ``sets`` whose packed satellite in ``sat`` (int16[n]) is not negative; of several rows of one, the latest.

        MissingExtraError without the package ``sgp4``.
        """
        satrec = optional_module("sgp4.api", "sgp4").Satrec
        order = np.argsort(sets.epochs.tai_ns, kind="stable")
        latest = {int(sat[row]): int(row) for row in order if sat[row] >= 0}
        rows = np.array([latest[key] for key in sorted(latest)], np.int64)
        known = sat[rows].astype(np.int16)
        slot_of = np.full(SATELLITE_LIMIT, -1, np.int32)
        slot_of[known] = np.arange(len(known))
        return cls(known, slot_of, sets.epochs[rows], tuple(satrec.twoline2rv(*sets.lines[row]) for row in rows))

    @property
    def satellites(self) -> NDArray[np.int16]:
        """Packed satellites, int16[m] ascending."""
        return self.sat

    def state(self, sat: ArrayLike, epochs: Epochs) -> OrbitState:
        """States at ``epochs`` [n] (or one) of packed satellites ``sat`` [n] (or one); clocks are NaN, flagged NO_CLOCK."""
        sats, t_ns = rows_of(sat, epochs)
        return self._at(sats, Epochs(t_ns))

    def state_at_transmission(self, sat: ArrayLike, reception: Epochs, pseudorange_m: ArrayLike) -> OrbitState:
        """States at reception - pseudorange / c (clocks are not known); no rotation of the Earth is applied."""
        sats, t_ns = rows_of(sat, reception)
        delay_s = delays_of(pseudorange_m, len(sats))
        bad = ~np.isfinite(delay_s)
        state = self._at(sats, Epochs(t_ns).shifted(-np.where(bad, 0.0, delay_s)))
        state.position_m[bad] = state.velocity_m_s[bad] = np.nan
        state.flag[bad] |= BAD_INPUT
        return state

    def _at(self, sat: NDArray[np.int16], epochs: Epochs) -> OrbitState:
        out = empty_state(len(sat))
        rows = np.flatnonzero(self.slot_of[sat] >= 0)
        if not len(rows):
            return out
        slots, which = np.unique(self.slot_of[sat[rows]], return_inverse=True)
        instants, when = np.unique(epochs.tai_ns[rows], return_inverse=True)
        position, velocity, good = self._propagated(slots, Epochs(instants))
        out.position_m[rows], out.velocity_m_s[rows] = position[which, when], velocity[which, when]
        out.flag[rows] = np.where(good[which, when], NO_CLOCK, NO_DATA | NO_CLOCK)
        out.age_s[rows] = (epochs.tai_ns[rows] - self.epochs.tai_ns[self.slot_of[sat[rows]]]) * 1e-9
        return out

    def _propagated(self, slots: NDArray[np.int32], epochs: Epochs) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
        """Positions and velocities float64[slots, epochs, 3], Earth-fixed, and where SGP4 gave one."""
        day, ns = to_day(epochs, "UTC")
        array = optional_module("sgp4.api", "sgp4").SatrecArray([self.models[slot] for slot in slots])
        error, r_km, v_km_s = array.sgp4(_JD_OF_UNIX_DAY_0 + day.astype(np.float64), ns / _NS_PER_DAY)
        good = error == 0
        r, v = (np.where(good[..., None], 1e3 * values, np.nan) for values in (r_km, v_km_s))
        turn = itrf_to_teme(epochs)
        v = v - np.cross(turn.angular_velocity_rad_s, r)
        return np.einsum("eji,sej->sei", turn.rotation, r), np.einsum("eji,sej->sei", turn.rotation, v), good
