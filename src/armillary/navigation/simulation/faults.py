"""Injected faults: what goes wrong, where, when and by how much.

Of a satellite: ``clock_jump``, ``clock_ramp`` and ``range_step`` act on what is received, ``wrong_ephemeris`` on the messages sent in its span,
``late_unhealthy`` is a jump of the satellite clock whose unhealthy flag comes ``delay_h`` late, ``unhealthy`` only raises the flag, and with
``missing_upload`` no message is sent. Of a station: ``station_outage``, ``receiver_clock_jump``, ``interference`` (weaker signals), ``multipath``
(added reflections) and ``slip_burst``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.satellites import pack_one, unpack_one
from armillary.errors import FormatError
from armillary.navigation.simulation.earth import LIGHT_SPEED_M_S, east_north_up, position_m
from armillary.navigation.simulation.scenario import Fault, Scenario, StationPlan
from armillary.navigation.simulation.sky import TrueSky

__all__ = [
    "KINDS",
    "STATION_KINDS",
    "InjectedFault",
    "StationEffects",
    "along_track_m",
    "clock_error_m",
    "range_error_m",
    "resolve_faults",
    "sent",
    "station_effects",
    "unhealthy",
]

Array = NDArray[np.float64]
SATELLITE_KINDS = ("clock_jump", "clock_ramp", "late_unhealthy", "missing_upload", "range_step", "unhealthy", "wrong_ephemeris")
STATION_KINDS = ("interference", "multipath", "receiver_clock_jump", "slip_burst", "station_outage")
"""Faults of one receiver or its surroundings; they have no satellite."""
KINDS = tuple(sorted(SATELLITE_KINDS + STATION_KINDS))
_CLOCK_KINDS = ("clock_jump", "clock_ramp", "late_unhealthy")


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """A fault with its satellite found (0 for one of a station). Times are seconds since the first epoch; ``station`` is empty if all see it."""

    kind: str
    sat: int
    station: str
    start_s: float
    end_s: float
    size_m: float = 0.0
    rate_m_s: float = 0.0
    delay_s: float = 0.0
    loss_db: float = 0.0
    slips_per_hour: float = 0.0

    def inside(self, t_s: Array) -> NDArray[np.bool_]:
        """Which times lie in the span."""
        return np.asarray((t_s >= self.start_s) & (t_s < self.end_s))

    def range_m(self, t_s: Array) -> Array:
        """What is added to the range [n_times]; zero outside the span."""
        made = _RANGE.get(self.kind)
        return np.zeros_like(t_s) if made is None else np.where(self.inside(t_s), made(self, t_s), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class StationEffects:
    """What faults do to one station, per epoch [n_epochs]."""

    silent: NDArray[np.bool_]
    clock_s: Array
    """Added to the receiver clock."""
    loss_db: Array
    """Taken from the strength of every signal."""
    multipath_m: Array
    """Added to the standard deviation of code multipath at 30 degrees elevation."""
    slips_per_hour: Array
    """Added, per satellite and signal."""


_RANGE: dict[str, Callable[[InjectedFault, Array], Array]] = {
    "clock_jump": lambda f, t: np.full_like(t, f.size_m),
    "clock_ramp": lambda f, t: f.rate_m_s * (t - f.start_s),
    "late_unhealthy": lambda f, t: np.full_like(t, f.size_m),
    "range_step": lambda f, t: np.full_like(t, f.size_m),
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
    of_station = fault.kind in STATION_KINDS
    if of_station and fault.satellite:
        raise FormatError(scenario.path, 0, f"a fault of kind {fault.kind} is one of a station; it names satellite {fault.satellite!r}")
    station = fault.station or (scenario.stations[0].name if of_station or fault.kind == "range_step" else "")
    if not fault.end_h > fault.start_h:
        raise FormatError(scenario.path, 0, f"a fault ends ({fault.end_h} h) before it starts ({fault.start_h} h)")
    near = names.get(station, scenario.stations[0])
    sat = 0 if of_station else _satellite(fault, near, sky, scenario.path)
    span = (fault.start_h * 3600.0, fault.end_h * 3600.0)
    return InjectedFault(fault.kind, sat, station, *span, fault.size_m, fault.rate_m_s, fault.delay_h * 3600.0, fault.loss_db, fault.slips_per_hour)


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
        if fault.sat and fault.station in ("", station):
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


def sent(faults: tuple[InjectedFault, ...], sky: TrueSky, sent_s: Array) -> NDArray[np.bool_]:
    """Whether messages are sent at ``sent_s`` [n_messages], [n_messages, n]."""
    kept = np.ones((len(sent_s), len(sky.sat)), bool)
    for fault in faults:
        if fault.kind == "missing_upload":
            kept[:, np.searchsorted(sky.sat, fault.sat)] &= ~fault.inside(sent_s)
    return kept


def clock_error_m(faults: tuple[InjectedFault, ...], sky: TrueSky, t_s: Array) -> Array:
    """By how much satellite clocks are slow because of faults, as ranges [n_times, n]: faults that every receiver sees."""
    clocks = tuple(fault for fault in faults if fault.kind in _CLOCK_KINDS and not fault.station)
    return range_error_m(clocks, sky, "", t_s)


def station_effects(faults: tuple[InjectedFault, ...], station: str, t_s: Array) -> StationEffects:
    """What faults do to one station at ``t_s`` [n_epochs]."""
    mine = [fault for fault in faults if fault.station == station]

    def total(kind: str, size: Callable[[InjectedFault], float]) -> Array:
        return np.asarray(sum((np.where(f.inside(t_s), size(f), 0.0) for f in mine if f.kind == kind), np.zeros(len(t_s))))

    return StationEffects(
        silent=total("station_outage", lambda f: 1.0) > 0.0,
        clock_s=total("receiver_clock_jump", lambda f: f.size_m / LIGHT_SPEED_M_S),
        loss_db=total("interference", lambda f: f.loss_db),
        multipath_m=total("multipath", lambda f: f.size_m),
        slips_per_hour=total("slip_burst", lambda f: f.slips_per_hour),
    )
