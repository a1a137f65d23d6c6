"""The true sky: satellites, their motion, clocks and equipment delays, and how far the broadcast ones will be from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation, NominalOrbit, SatelliteGroup
from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.registry import constellation
from armillary.navigation.simulation.earth import LIGHT_SPEED_M_S, MU_M3_S2, rotate_z, rotation_angle_rad
from armillary.navigation.simulation.motion import Motion, integrate
from armillary.navigation.simulation.scenario import Scenario

__all__ = ["BroadcastError", "TrueSky", "generator", "make_sky"]

Array = NDArray[np.float64]

MARGIN_S = 5 * 3600.0
"""How far the true motion reaches beyond the run: messages before and after it are fitted to it."""

CHANNELS = (1, -4, 5, 6, 1, -4, 5, 6, -2, -7, 0, -1, -2, -7, 0, -1, 4, -3, 3, 2, 4, -3, 3, 2)
"""Frequency-division channels of slots 1 to 24: antipodal satellites share one (the plan in force for years)."""

_J2000_TAI_NS = 946_728_000 * 1_000_000_000
"""2000-01-01T12:00 read as TAI; half a minute from J2000.0 in UT1, which only turns the whole sky."""


@dataclass(frozen=True, slots=True, eq=False)
class BroadcastError:
    """Broadcast minus true: a constant and a slow wave for radial, along-track, cross-track (m) and clock (m), n satellites."""

    constant_m: Array
    """float64[n, 4]."""
    wave_m: Array
    """float64[n, 4], amplitude."""
    period_s: Array
    """float64[n, 4]."""
    phase_rad: Array
    """float64[n, 4]."""

    def at(self, t_s: Array) -> Array:
        """The errors [n_times, n, 4] in metres."""
        angle = 2.0 * np.pi * t_s[:, None, None] / self.period_s + self.phase_rad
        return np.asarray(self.constant_m + self.wave_m * np.sin(angle))

    def clock_rate_m_s(self, t_s: Array) -> Array:
        """Rate of the clock error [n_times, n]."""
        rate = 2.0 * np.pi / self.period_s[:, 3]
        return np.asarray(self.wave_m[:, 3] * rate * np.cos(rate * t_s[:, None] + self.phase_rad[:, 3]))


@dataclass(frozen=True, slots=True, eq=False)
class TrueSky:
    """n satellites in ascending order of packed name; times are seconds since ``origin`` on the common scale of the receivers."""

    origin: Epochs
    days_since_j2000: float
    sat: NDArray[np.int16]
    systems: tuple[Constellation, ...]
    system_of: NDArray[np.int64]
    """int64[n], index into ``systems``."""
    groups: tuple[SatelliteGroup, ...]
    """Per satellite."""
    channel: NDArray[np.int64]
    """int64[n], frequency-division channel, 0 otherwise."""
    motion: Motion
    clock: Array
    """float64[n, 2]: bias (s) and drift (s/s) of each satellite clock against its own system time at t = 0."""
    offset: Array
    """float64[n, 2]: its system time minus the common scale at t = 0 (s), and the rate (s/s)."""
    error: BroadcastError
    delay_m: tuple[dict[str, float], ...]
    """Per satellite: band digit -> equipment delay of the carrier's code."""

    def relativity_s(self, position_m: Array, velocity_m_s: Array) -> Array:
        """Periodic relativistic clock term [...] from inertial states [..., 3] (IERS Conventions 2010, 10.7): -2 r.v / c2."""
        return np.asarray(-2.0 * np.sum(position_m * velocity_m_s, axis=-1) / LIGHT_SPEED_M_S**2)

    def clock_s(self, t_s: Array) -> Array:
        """Satellite clocks against their own system time [n_times, n], relativity and faults left out."""
        return np.asarray(self.clock[:, 0] + self.clock[:, 1] * t_s[:, None])

    def offset_s(self, t_s: Array) -> Array:
        """System time minus common scale [n_times, n]."""
        return np.asarray(self.offset[:, 0] + self.offset[:, 1] * t_s[:, None])

    def earth_angle_rad(self, t_s: Array) -> Array:
        """Earth rotation angle [n_times]."""
        return rotation_angle_rad(self.days_since_j2000, t_s)

    def earth_fixed(self, t_s: Array) -> tuple[Array, Array]:
        """True Earth-fixed positions and inertial velocities turned to Earth-fixed axes, [n_times, n, 3] each."""
        r, v = self.motion.state(t_s)
        angle = -self.earth_angle_rad(t_s)[:, None]
        return rotate_z(r, angle), rotate_z(v, angle)

    def broadcast_offset(self, t_s: Array, extra_along_m: Array | float = 0.0) -> Array:
        """Broadcast minus true position [n_times, n, 3] in inertial axes; ``extra_along_m`` [n_times, n] is added along track."""
        r, v = self.motion.state(t_s)
        radial = r / np.linalg.norm(r, axis=-1, keepdims=True)
        cross = np.cross(r, v)
        cross /= np.linalg.norm(cross, axis=-1, keepdims=True)
        error = self.error.at(t_s)
        along_m = error[..., 1:2] + np.asarray(extra_along_m)[..., None]
        return np.asarray(radial * error[..., 0:1] + np.cross(cross, radial) * along_m + cross * error[..., 2:3])


def generator(seed: int, *keys: int | str) -> np.random.Generator:
    """A random generator that depends on the seed and on what it is for, so that adding a station or a system changes nothing else."""
    words = [int.from_bytes(key.encode(), "big") if isinstance(key, str) else int(key) for key in keys]
    return np.random.default_rng([seed, *words])


def make_sky(scenario: Scenario, seed: int) -> TrueSky:
    """The true sky of a scenario."""
    origin = scenario.origin
    days = (int(origin.tai_ns[0]) - _J2000_TAI_NS) / NS_PER_DAY
    systems = tuple(constellation(name) for name in scenario.systems)
    angle = float(rotation_angle_rad(days, 0.0))
    rows = []
    for index, system in enumerate(systems):
        for orbit in system.nominal_orbits:
            for number, state in zip(orbit.numbers, _states(orbit, angle, scenario.sky.eccentricity, seed), strict=True):
                group = next(g for g in system.groups if g.name == orbit.group)
                rows.append((ord(system.letter) * 100 + number, index, group, state))
    rows.sort(key=lambda row: row[0])
    states = np.array([row[3] for row in rows])
    motion = integrate(states[:, 0], states[:, 1], days_since_j2000=days, from_s=-MARGIN_S, to_s=scenario.hours * 3600.0 + MARGIN_S)
    sat = np.array([row[0] for row in rows], np.int16)
    plans = tuple(scenario.systems.values())
    day = 86_400.0
    return TrueSky(
        origin=origin,
        days_since_j2000=days,
        sat=sat,
        systems=systems,
        system_of=np.array([row[1] for row in rows]),
        groups=tuple(row[2] for row in rows),
        channel=np.array([_channel(systems[row[1]], row[0]) for row in rows]),
        motion=motion,
        clock=np.array([generator(seed, s, "clock").normal(0.0, [1e-4, 3e-12]) for s in sat]),
        offset=np.array([[plans[row[1]].time_offset_ns * 1e-9, plans[row[1]].time_offset_rate_ns_day * 1e-9 / day] for row in rows]),
        error=_broadcast_error(rows, states, scenario.sky.broadcast_error_scale, seed),
        delay_m=tuple(_delays(systems[row[1]], row[0], scenario.sky.group_delay_sigma_m, seed) for row in rows),
    )


def _channel(system: Constellation, sat: int) -> int:
    divided = any(band.step_hz for band in system.bands)
    return CHANNELS[(sat % 100 - 1) % len(CHANNELS)] if divided else 0


def _delays(system: Constellation, sat: int, sigma_m: float, seed: int) -> dict[str, float]:
    draw = generator(seed, sat, "delay")
    return {band.digit: float(draw.normal(0.0, sigma_m)) for band in system.bands}


def _broadcast_error(rows: Sequence[tuple[int, int, SatelliteGroup, Array]], states: Array, scale: float, seed: int) -> BroadcastError:
    """Draws each satellite's errors so that the line-of-sight variance is its group's (split: see docs/explanation/simulator.md)."""
    # Radial and clock count fully, along and cross track by about 0.14: .85^2 + .4^2 + (.14 2.0)^2 + (.14 1.5)^2 = 1.
    share = np.array([0.4, 2.0, 1.5, 0.85])
    period = 2.0 * np.pi * np.sqrt(np.linalg.norm(states[:, 0], axis=-1) ** 3 / MU_M3_S2)
    constant, wave, phase, periods = [], [], [], []
    for (sat, _, group, _), orbit_s in zip(rows, period, strict=True):
        draw = generator(seed, sat, "error")
        sigma = scale * group.signal_in_space_sigma_m * share
        constant.append(draw.normal(0.0, 0.85 * sigma))
        wave.append(np.abs(draw.normal(0.0, 0.53 * np.sqrt(2.0) * sigma)))
        phase.append(draw.uniform(0.0, 2.0 * np.pi, 4))
        periods.append([orbit_s, orbit_s, orbit_s, draw.uniform(5.0, 14.0) * 3600.0])
    return BroadcastError(np.array(constant), np.array(wave), np.array(periods), np.array(phase))


def _states(orbit: NominalOrbit, earth_angle_rad: float, eccentricity: float, seed: int) -> Array:
    """Inertial states [n, 2, 3] at t = 0 of a nominal orbit; the prime meridian then stands at ``earth_angle_rad``."""
    count = len(orbit.numbers)
    slot = np.arange(count)
    plane = slot * orbit.planes // orbit.total
    node = orbit.raan0_rad + 2.0 * np.pi * plane / orbit.planes
    if orbit.longitudes_rad:
        # The sub-satellite point crosses the node at the given longitude; a geostationary one stays there.
        node = np.zeros(count) if orbit.orbit == "GEO" else node
        latitude_argument = earth_angle_rad + np.array(orbit.longitudes_rad) - node
    else:
        in_plane = slot % (orbit.total // orbit.planes)
        latitude_argument = 2.0 * np.pi * (in_plane * orbit.planes + plane * orbit.phasing) / orbit.total
    draw = generator(seed, orbit.group, orbit.orbit)
    e = np.full(count, orbit.eccentricity) if orbit.eccentricity else draw.uniform(0.1, 1.0, count) * min(eccentricity, 0.02)
    perigee = np.full(count, orbit.argument_of_perigee_rad) if orbit.eccentricity else draw.uniform(0.0, 2.0 * np.pi, count)
    # A mean anomaly of (argument of latitude - perigee): the satellite stays within 2 e of its slot.
    return _elements_to_state(orbit.semi_major_axis_m, e, orbit.inclination_rad, node, perigee, latitude_argument - perigee)


def _elements_to_state(a: float, e: Array, i: float, node: Array, perigee: Array, mean_anomaly: Array) -> Array:
    """Inertial states [n, 2, 3] of osculating Kepler elements."""
    anomaly = mean_anomaly + e * np.sin(mean_anomaly)
    for _ in range(8):
        anomaly -= (anomaly - e * np.sin(anomaly) - mean_anomaly) / (1.0 - e * np.cos(anomaly))
    rate = np.sqrt(MU_M3_S2 / a**3) / (1.0 - e * np.cos(anomaly))
    root = np.sqrt(1.0 - e * e)
    zero = np.zeros_like(e)
    position = a * np.stack([np.cos(anomaly) - e, root * np.sin(anomaly), zero], axis=-1)
    velocity = (a * rate)[:, None] * np.stack([-np.sin(anomaly), root * np.cos(anomaly), zero], axis=-1)

    def turned(vector: Array) -> Array:
        in_plane = rotate_z(vector, perigee)
        x, y = in_plane[:, 0], in_plane[:, 1]
        return rotate_z(np.stack([x, y * np.cos(i), y * np.sin(i)], axis=-1), node)

    return np.stack([turned(position), turned(velocity)], axis=1)
