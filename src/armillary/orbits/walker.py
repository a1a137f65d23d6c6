"""Nominal constellations: circular (or near-circular) orbits about a spherical Earth, for simulation and availability.

At the origin instant the inertial axes coincide with the Earth-fixed ones. Unit of everything: SI and radians.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core.constellation import Constellation, NominalOrbit
from armillary.core.epochs import Epochs
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.orbits.state import BAD_INPUT, SATELLITE_LIMIT, OrbitState, delays_of, empty_state, rows_of

__all__ = ["EARTH_ROTATION_RAD_S", "GRAVITATIONAL_PARAMETER_M3_S2", "NominalConstellation", "slot_angles"]

GRAVITATIONAL_PARAMETER_M3_S2 = 3.986004418e14
"""WGS 84, PZ-90, CGCS2000."""
EARTH_ROTATION_RAD_S = 7.2921151467e-5


def slot_angles(nominal: NominalOrbit) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Right ascension of the node and mean argument of latitude (float64[total] each, rad) at the origin instant, plane by plane.

    Walker delta: planes 2 pi / planes apart, slots 2 pi / (total / planes) apart, 2 pi phasing / total more from plane to plane. With
    ``longitudes_rad``, satellites of a day's period cross the equator northwards (or stand) at those longitudes, one plane each.

    >>> raan, u = slot_angles(NominalOrbit("any", "MEO", 2.55e7, 1.13, total=24, planes=3, phasing=1))
    >>> [round(float(np.degrees(x))) for x in (raan[8], u[1], u[8])]
    [120, 45, 15]
    """
    slots = nominal.total // nominal.planes
    plane, slot = np.divmod(np.arange(nominal.total), slots)
    raan = nominal.raan0_rad + 2 * np.pi / nominal.planes * plane
    if nominal.longitudes_rad:
        return raan, np.array(nominal.longitudes_rad) - raan
    return raan, 2 * np.pi * (slot / slots + nominal.phasing / nominal.total * plane)


@dataclass(frozen=True, slots=True, eq=False)
class NominalConstellation:
    """The nominal orbits of one or several systems from an origin instant; implements :class:`armillary.orbits.state.Orbit` with perfect clocks."""

    origin: Epochs
    sat: NDArray[np.int16]
    """int16[m], packed satellites."""
    elements: NDArray[np.float64]
    """float64[m, 6]: semi-major axis, eccentricity, inclination, node, argument of perigee, mean anomaly at the origin."""
    slot_of: NDArray[np.int32]

    @classmethod
    def of(cls, *constellations: Constellation, origin: Epochs) -> NominalConstellation:
        """All nominal satellites of ``constellations``; a slot without a number is left out."""
        sats, rows = [], []
        for constellation in constellations:
            for nominal in constellation.nominal_orbits:
                raan, u = slot_angles(nominal)
                for number, node, latitude in zip(nominal.numbers, raan, u, strict=False):
                    perigee = nominal.argument_of_perigee_rad
                    sats.append(ord(constellation.letter) * 100 + number)
                    rows.append((nominal.semi_major_axis_m, nominal.eccentricity, nominal.inclination_rad, node, perigee, latitude - perigee))
        slot_of = np.full(SATELLITE_LIMIT, -1, np.int32)
        slot_of[sats] = np.arange(len(sats))
        return cls(origin, np.array(sats, np.int16), np.array(rows, np.float64).reshape(-1, 6), slot_of)

    @property
    def satellites(self) -> NDArray[np.int16]:
        """Packed satellites, int16[m]."""
        return self.sat

    def state(self, sat: ArrayLike, epochs: Epochs) -> OrbitState:
        """States at ``epochs`` [n] (or one) of packed satellites ``sat`` [n] (or one)."""
        sats, t_ns = rows_of(sat, epochs)
        return self._at(sats, Epochs(t_ns).seconds_since(self.origin))

    def state_at_transmission(self, sat: ArrayLike, reception: Epochs, pseudorange_m: ArrayLike) -> OrbitState:
        """States at reception - pseudorange / c (the clocks are perfect); no rotation of the Earth is applied."""
        sats, t_ns = rows_of(sat, reception)
        return self._at(sats, Epochs(t_ns).seconds_since(self.origin) - delays_of(pseudorange_m, len(sats)))

    def _at(self, sat: NDArray[np.int16], seconds: NDArray[np.float64]) -> OrbitState:
        out = empty_state(len(sat))
        slot = self.slot_of[sat]
        known = (slot >= 0) & np.isfinite(seconds)
        a, e, inclination, node, perigee, mean = self.elements[slot[known]].T
        t = seconds[known]
        n = np.sqrt(GRAVITATIONAL_PARAMETER_M3_S2 / a**3)
        # Nominal geosynchronous orbits keep their longitude: their period is the sidereal day by definition, whatever the rounding of a.
        n = np.where(np.abs(n / EARTH_ROTATION_RAD_S - 1.0) < 1e-3, EARTH_ROTATION_RAD_S, n)
        m = mean + n * t
        anomaly = m + e * np.sin(m)
        for _ in range(8):
            anomaly -= (anomaly - e * np.sin(anomaly) - m) / (1.0 - e * np.cos(anomaly))
        root = np.sqrt(1.0 - e * e)
        along = np.stack([a * (np.cos(anomaly) - e), a * root * np.sin(anomaly)])
        rate = n / (1.0 - e * np.cos(anomaly))
        speed = np.stack([-a * np.sin(anomaly) * rate, a * root * np.cos(anomaly) * rate])
        turn = node - EARTH_ROTATION_RAD_S * t
        x = np.stack([_turned(along, perigee, inclination, turn), _turned(speed, perigee, inclination, turn)])
        x[1, 0] += EARTH_ROTATION_RAD_S * x[0, 1]
        x[1, 1] -= EARTH_ROTATION_RAD_S * x[0, 0]
        out.position_m[known], out.velocity_m_s[known] = x[0].T, x[1].T
        out.clock_s[known] = -2.0 * (x[0] * x[1]).sum(axis=0) / SPEED_OF_LIGHT_M_S**2
        out.clock_drift_s_s[known] = 0.0
        out.flag[known] = 0
        out.age_s[known] = t
        out.flag[(slot >= 0) & ~np.isfinite(seconds)] = BAD_INPUT
        return out


def _turned(
    plane: NDArray[np.float64], perigee: NDArray[np.float64], inclination: NDArray[np.float64], node: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Perifocal components [2, n] turned by perigee, inclination and node: float64[3, n]."""
    c, s = np.cos(perigee), np.sin(perigee)
    u, v = plane[0] * c - plane[1] * s, plane[0] * s + plane[1] * c
    w, z = v * np.cos(inclination), v * np.sin(inclination)
    return np.stack([u * np.cos(node) - w * np.sin(node), u * np.sin(node) + w * np.cos(node), z])
