"""Injected faults: what goes wrong, where, when and by how much.

``clock_jump``, ``clock_ramp`` and ``range_step`` act on what is received, ``wrong_ephemeris`` on the messages sent in its span,
``late_unhealthy`` is a jump of the satellite clock whose unhealthy flag comes ``delay_h`` late, ``unhealthy`` only raises the flag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.satellites import pack_one, unpack_one
from armillary.errors import FormatError
from armillary.navigation.simulation.earth import east_north_up, position_m
from armillary.navigation.simulation.scenario import Fault, Scenario, StationPlan
from armillary.navigation.simulation.sky import TrueSky

__all__ = ["KINDS", "InjectedFault", "along_track_m", "range_error_m", "resolve_faults", "unhealthy"]

Array = NDArray[np.float64]
KINDS = ("clock_jump", "clock_ramp", "late_unhealthy", "range_step", "unhealthy", "wrong_ephemeris")


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """A fault with its satellite found. Times are seconds since the first epoch; ``station`` is empty when every receiver sees it."""

    kind: str
    sat: int
    station: str
    start_s: float
    end_s: float
    size_m: float
    rate_m_s: float
    delay_s: float

    def range_m(self, t_s: Array) -> Array:
        """What is added to the range [n_times]; zero outside the span."""
        inside = (t_s >= self.start_s) & (t_s < self.end_s)
        return np.where(inside, _RANGE[self.kind](self, t_s), 0.0)


_RANGE: dict[str, Callable[[InjectedFault, Array], Array]] = {
    "clock_jump": lambda f, t: np.full_like(t, f.size_m),
    "clock_ramp": lambda f, t: f.rate_m_s * (t - f.start_s),
    "late_unhealthy": lambda f, t: np.full_like(t, f.size_m),
    "range_step": lambda f, t: np.full_like(t, f.size_m),
    "unhealthy": lambda f, t: np.zeros_like(t),
    "wrong_ephemeris": lambda f, t: np.zeros_like(t),
}


def resolve_faults(scenario: Scenario, sky: TrueSky) -> tuple[InjectedFault, ...]:
    """The faults of a scenario, satellites found; FormatError for an unknown kind, station or satellite."""
    return tuple(_resolved(fault, scenario, sky) for fault in scenario.faults)


def _resolved(fault: Fault, scenario: Scenario, sky: TrueSky) -> InjectedFault:
    names = {s.name: s for s in scenario.stations}
    if fault.kind not in KINDS:
        raise FormatError(scenario.path, 0, f"no fault is called {fault.kind!r}; there are {', '.join(KINDS)}")
    if fault.station and fault.station not in names:
        raise FormatError(scenario.path, 0, f"a fault names station {fault.station!r}; there are {', '.join(names)}")
    station = fault.station or (scenario.stations[0].name if fault.kind == "range_step" else "")
    if not fault.end_h > fault.start_h:
        raise FormatError(scenario.path, 0, f"a fault ends ({fault.end_h} h) before it starts ({fault.start_h} h)")
    near = names.get(station, scenario.stations[0])
    sat = _satellite(fault, near, sky, scenario.path)
    start_s, end_s = fault.start_h * 3600.0, fault.end_h * 3600.0
    return InjectedFault(fault.kind, sat, station, start_s, end_s, fault.size_m, fault.rate_m_s, fault.delay_h * 3600.0)


def _satellite(fault: Fault, station: StationPlan, sky: TrueSky, path: str) -> int:
    letter, _, rule = fault.satellite.partition(":")
    if rule == "highest":
        if not (len(letter) == 1 and (sky.sat // 100 == ord(letter)).any()):
            raise FormatError(path, 0, f"a fault names {fault.satellite!r}, but there is no satellite of system {letter!r}")
        return _highest(letter, 1800.0 * (fault.start_h + fault.end_h), station, sky)
    try:
        sat = pack_one(fault.satellite)
    except (ValueError, IndexError):
        sat = 0
    if sat not in sky.sat:
        raise FormatError(
            path, 0, f"a fault names satellite {fault.satellite!r}, which is not simulated; write it like {unpack_one(int(sky.sat[0]))}"
        )
    return sat


def _highest(letter: str, t_s: float, station: StationPlan, sky: TrueSky) -> int:
    """The satellite of a system that stands highest above a station."""
    place = (np.radians(station.latitude_deg), np.radians(station.longitude_deg))
    at = position_m(*place, station.height_m)
    to = sky.earth_fixed(np.array([t_s]))[0][0] - at
    sine = (to @ east_north_up(*place)[2]) / np.linalg.norm(to, axis=-1)
    sine[sky.sat // 100 != ord(letter)] = -2.0
    return int(sky.sat[np.argmax(sine)])


def range_error_m(faults: tuple[InjectedFault, ...], sky: TrueSky, station: str, t_s: Array) -> Array:
    """Range errors [n_times, n] that one station sees."""
    total = np.zeros((len(t_s), len(sky.sat)))
    for fault in faults:
        if fault.station in ("", station):
            total[:, np.searchsorted(sky.sat, fault.sat)] += fault.range_m(t_s)
    return total


def along_track_m(faults: tuple[InjectedFault, ...], sky: TrueSky, sent_s: Array) -> Array:
    """Along-track errors [n_messages, n] of messages sent at ``sent_s`` [n_messages]."""
    total = np.zeros((len(sent_s), len(sky.sat)))
    for fault in faults:
        if fault.kind == "wrong_ephemeris":
            total[:, np.searchsorted(sky.sat, fault.sat)] += np.where((sent_s >= fault.start_s) & (sent_s < fault.end_s), fault.size_m, 0.0)
    return total


def unhealthy(faults: tuple[InjectedFault, ...], sky: TrueSky, sent_s: Array) -> NDArray[np.bool_]:
    """Whether messages sent at ``sent_s`` [n_messages] raise the unhealthy flag, [n_messages, n]."""
    flag = np.zeros((len(sent_s), len(sky.sat)), bool)
    for fault in faults:
        if fault.kind in ("late_unhealthy", "unhealthy"):
            flag[:, np.searchsorted(sky.sat, fault.sat)] |= (sent_s >= fault.start_s + fault.delay_s) & (sent_s < fault.end_s)
    return flag
