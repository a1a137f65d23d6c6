"""Scenarios: what is simulated, as a TOML file. Every number a file may set is a field here, with its unit and default.

A file that names an unknown key or gives a wrong type is refused with a :class:`~armillary.errors.FormatError` that lists the known keys.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from importlib.resources import files
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from armillary.core.epochs import Epochs
from armillary.core.registry import constellation
from armillary.core.scales import from_iso
from armillary.errors import ArmillaryError, FormatError, InputError

__all__ = [
    "Fault",
    "Ionosphere",
    "Receiver",
    "Scenario",
    "Sky",
    "StationPlan",
    "SystemPlan",
    "Troposphere",
    "built_in_scenarios",
    "load_scenario",
    "parse_scenario",
]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Sky:
    """Satellites and their messages."""

    broadcast_error_scale: float = 1.0
    """Multiplies the signal-in-space standard deviation of every satellite group."""
    quantised: bool = True
    """Whether message fields are rounded to the steps of the interface documents."""
    group_delay_sigma_m: float = 1.0
    """Standard deviation of the equipment delay of each satellite and carrier, served by the message to its rounding."""
    eccentricity: float = 0.002
    """Largest eccentricity of orbits that are nominally circular; each satellite draws its own."""


@dataclass(frozen=True, slots=True)
class SystemPlan:
    """One system in a scenario."""

    signals: tuple[str, ...] = ()
    """Code observations to track; empty takes the best liked of the first and of the second signals."""
    time_offset_ns: float = 0.0
    """Its time minus the common receiver time scale, whole seconds removed."""
    time_offset_rate_ns_day: float = 0.0
    code_noise_m: tuple[float, ...] = (0.20, 0.15)
    """Code noise at the zenith per signal, standard deviation."""
    receiver_bias_sigma_m: float = 3.0
    """Receiver code bias of each signal of each bias group, standard deviation."""
    channel_bias_m: float = 0.0
    """Code bias per frequency-division channel step (linear part), of the first signal; the second takes three quarters of it."""
    channel_bias_sigma_m: float = 0.0
    """Code bias of each channel beside the linear part, standard deviation."""


@dataclass(frozen=True, slots=True)
class Ionosphere:
    """Vertical electron content of a thin shell: a day curve, two crests beside the equator, travelling disturbances."""

    night_tecu: float = 8.0
    day_tecu: float = 20.0
    """Added at the local time of the peak where the crest factor is 1."""
    peak_local_time_h: float = 14.0
    crest: float = 0.8
    """Strength of the crests at 16 degrees north and south, relative to the day's peak."""
    disturbance_tecu: float = 0.15
    """Amplitude of travelling waves of some 300 km and 20 min."""
    shell_height_m: float = 420e3
    coefficient_error: float = 0.1
    """Relative error put on the broadcast coefficients on top of what their form cannot follow."""


@dataclass(frozen=True, slots=True)
class Troposphere:
    """A spherical atmosphere of two exponential layers, ray traced."""

    pressure_hpa: float = 1013.0
    """At sea level."""
    pressure_sigma_hpa: float = 6.0
    """The day's weather: each station draws its own departure."""
    pressure_rate_hpa_h: float = 0.1
    temperature_offset_c: float = 0.0
    """Added to the mean of the latitude and season."""
    temperature_sigma_c: float = 3.0
    """The day's weather: each station draws its own departure."""
    humidity: float = 0.7
    """Relative, 0 to 1, at the station."""
    wet_walk_mm_sqrt_h: float = 5.0
    """Random walk of the wet zenith delay."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Receiver and surroundings; the defaults of every station unless it says otherwise."""

    mask_deg: float = 5.0
    clock_bias_us: float = 50.0
    clock_rate_ns_s: float = 0.02
    clock_walk_ns_sqrt_s: float = 0.05
    millisecond_jumps: bool = False
    """Whether the clock is reset by whole milliseconds so that it stays within 0.5 ms."""
    noise_scale: float = 1.0
    multipath_m: float = 0.25
    """Code multipath at 30 degrees elevation, standard deviation; the phase takes 1/150 of it."""
    multipath_time_s: float = 240.0
    phase_noise_m: float = 0.002
    doppler_noise_m_s: float = 0.02
    slips_per_hour: float = 0.02
    """Per satellite and signal."""
    outages_per_hour: float = 0.05
    """Per satellite; each lasts some minutes."""
    antenna_height_m: float = 0.0


@dataclass(frozen=True, slots=True)
class StationPlan:
    """A named station: where it stands, who owns it and on whose ground."""

    name: str
    latitude_deg: float
    longitude_deg: float
    height_m: float = 100.0
    operator: str = ""
    host: str = ""
    place: str = ""
    gaps_h: tuple[tuple[float, float], ...] = ()
    """Spans without any observation, hours from the start."""
    receiver: Receiver = field(default_factory=Receiver)


@dataclass(frozen=True, slots=True)
class Fault:
    """One injected fault. ``kind`` is one of :data:`armillary.navigation.simulation.faults.KINDS`."""

    kind: str
    start_h: float
    end_h: float
    satellite: str = ""
    """A name, or a system letter with ``:highest`` for the satellite that stands highest in the middle of the fault."""
    station: str = ""
    """Empty for every station (where the kind concerns one receiver: the first)."""
    size_m: float = 0.0
    """In range; of a receiver clock one millisecond is 299792.458 m."""
    rate_m_s: float = 0.0
    delay_h: float = 0.0
    """How late the unhealthy flag comes."""
    loss_db: float = 0.0
    """What interference takes from the strength of every signal."""
    slips_per_hour: float = 0.0
    """Per satellite and signal, on top of the receiver's own."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything a run needs beside its seed."""

    name: str
    title: str
    start: str
    """First epoch, GPST, ISO 8601."""
    hours: float
    interval_s: float
    seed: int
    systems: Mapping[str, SystemPlan]
    stations: tuple[StationPlan, ...]
    sky: Sky = field(default_factory=Sky)
    ionosphere: Ionosphere = field(default_factory=Ionosphere)
    troposphere: Troposphere = field(default_factory=Troposphere)
    faults: tuple[Fault, ...] = ()
    path: str = ""

    @property
    def origin(self) -> Epochs:
        """The first epoch."""
        return from_iso(self.start, "GPST")


def built_in_scenarios() -> tuple[str, ...]:
    """Names of the scenarios that come with the package, sorted.

    >>> "demo" in built_in_scenarios()
    True
    """
    folder = files("armillary.navigation.simulation").joinpath("scenarios")
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def load_scenario(scenario: str) -> Scenario:
    """The built-in scenario of a name, or the one in a TOML file. InputError where neither exists, FormatError for what it cannot mean."""
    if scenario in built_in_scenarios():
        text = files("armillary.navigation.simulation").joinpath("scenarios", f"{scenario}.toml").read_text(encoding="utf-8")
        return parse_scenario(text, path=f"{scenario}.toml")
    path = Path(scenario)
    if not path.is_file():
        raise InputError(f"no scenario {scenario!r}: neither a file nor one of {', '.join(built_in_scenarios())}")
    try:
        return parse_scenario(path.read_text(encoding="utf-8"), path=scenario)
    except UnicodeDecodeError as error:
        raise FormatError(scenario, 0, f"not UTF-8 text: {error.reason}") from None


def parse_scenario(text: str, *, path: str = "") -> Scenario:
    """The scenario that a TOML text describes."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FormatError(path, 0, f"not TOML: {error}") from None
    parts = {key: document.pop(key, {}) for key in ("sky", "ionosphere", "troposphere", "receiver")}
    systems, stations, faults = (document.pop(key, {}) for key in ("system", "station", "fault"))
    for where, table in (*((f"[{key}]", part) for key, part in parts.items()), ("[system]", systems)):
        _expect(isinstance(table, dict), where, "must be a table", path)
    for where, tables in (("[[station]]", stations), ("[[fault]]", faults)):
        _expect(not tables or isinstance(tables, list), where, "must be given with double brackets", path)
    receiver = parts.pop("receiver")
    known = {**document, **{key: _made(kind, parts[key], f"[{key}]", path) for key, kind in _PARTS.items()}}
    known["systems"] = {constellation(name).name: _made(SystemPlan, given, f"[system.{name}]", path) for name, given in systems.items()}
    known["stations"] = tuple(_station(given, receiver, path) for given in stations)
    known["faults"] = tuple(_made(Fault, given, "[[fault]]", path) for given in faults)
    scenario = _made(Scenario, {"name": Path(path).stem, "path": path, **known}, "the top level", path)
    _check(scenario)
    _check_signals(scenario)
    return scenario


_PARTS: dict[str, type[Any]] = {"sky": Sky, "ionosphere": Ionosphere, "troposphere": Troposphere}


def _station(given: Mapping[str, Any], receiver: Mapping[str, Any], path: str) -> StationPlan:
    """A station whose table may hold receiver fields too: they win over the scenario's ``[receiver]``."""
    mine = {f.name for f in fields(Receiver)} & set(given)
    merged = {**receiver, **{key: given[key] for key in mine}}
    rest = {key: value for key, value in given.items() if key not in mine}
    return _made(StationPlan, {**rest, "receiver": _made(Receiver, merged, "[receiver]", path)}, "[[station]]", path)


def _made(kind: type[_T], given: Mapping[str, Any], where: str, path: str) -> _T:
    """``kind`` from a TOML table, with lists as tuples and whole numbers as floats where a float is meant."""
    _expect(isinstance(given, dict), where, "must be a table", path)
    hints = get_type_hints(kind)
    unknown = sorted(set(given) - set(hints))
    if unknown:
        raise FormatError(path, 0, f"{where} has no key {', '.join(unknown)}; it may hold {', '.join(hints)}")
    values = {key: _value(value, hints[key], f"{where} {key}", path) for key, value in given.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise FormatError(path, 0, f"{where}: {str(error).split('() ')[-1]}") from None


def _value(value: Any, hint: Any, where: str, path: str) -> Any:
    if isinstance(value, list):
        value = tuple(tuple(v) if isinstance(v, list) else v for v in value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if hint in (float, int, str, bool) and type(value) is not hint:
        raise FormatError(path, 0, f"{where} must be {hint.__name__}, not {value!r}")
    if hint is float:
        _expect(isfinite(value), where, "must be a finite number", path)
        _expect(value >= 0.0 or not any(word in where for word in _NEVER_NEGATIVE), where, "cannot be negative", path)
    if hint in _LISTS:
        what, fits = _LISTS[hint]
        _expect(isinstance(value, tuple) and all(map(fits, value)), where, f"must be a list of {what}, not {value!r}", path)
    return value


def _expect(holds: bool, where: str, text: str, path: str) -> None:
    if not holds:
        raise FormatError(path, 0, f"{where} {text}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


_LISTS: dict[Any, tuple[str, Callable[[Any], bool]]] = {
    tuple[str, ...]: ("texts", lambda v: isinstance(v, str)),
    tuple[float, ...]: ("numbers from 0", lambda v: _is_number(v) and v >= 0),
    tuple[tuple[float, float], ...]: ("pairs of numbers", lambda v: isinstance(v, tuple) and len(v) == 2 and all(map(_is_number, v))),
}
"""Type of a field that holds a list -> what its items are and how one is recognised."""

_NEVER_NEGATIVE = (
    "sigma",
    "noise",
    "walk",
    "per_hour",
    "multipath",
    "scale",
    "eccentricity",
    "humidity",
    "pressure_hpa",
    "shell_height",
    "delay_h",
    "loss_db",
)
"""Words in names of numbers that are sizes."""


def _starts(scenario: Scenario) -> bool:
    try:
        return len(scenario.origin) == 1
    except ArmillaryError:
        return False


def _check_signals(scenario: Scenario) -> None:
    for name, plan in scenario.systems.items():
        system = constellation(name)
        known = (*system.first_signals, *system.second_signals)
        wrong = [s for s in plan.signals if s not in known]
        _expect(not wrong, f"[system.{name}] signals", f"has {' '.join(wrong)}; known are {' '.join(known)}", scenario.path)
        _expect(len(plan.code_noise_m) > 0, f"[system.{name}] code_noise_m", "needs at least one number", scenario.path)


MAX_CELLS = 200_000_000
"""Epochs x satellites x stations a run may ask for (about 40 bytes each in memory)."""


def _check(scenario: Scenario) -> None:
    """InputError (FormatError with the path) for what no run can mean."""
    problems = (
        (not scenario.systems, "no [system.NAME] is given"),
        (not _starts(scenario), f"start must be a date like 2025-06-21T00:00:00, not {scenario.start!r}"),
        (not 0 <= scenario.seed < 2**63, "seed must lie between 0 and 2^63 - 1"),
        (any(not -90 <= s.latitude_deg <= 90 for s in scenario.stations), "latitude_deg must lie between -90 and 90"),
        (any(not -500 <= s.height_m <= 20_000 for s in scenario.stations), "height_m must lie between -500 and 20000"),
        (any(not 2 <= s.receiver.mask_deg < 90 for s in scenario.stations), "mask_deg must lie between 2 and 90"),
        (not scenario.stations, "no [[station]] is given"),
        (len({s.name for s in scenario.stations}) < len(scenario.stations), "two stations have the same name"),
        (any(not 1 <= len(s.name) <= 9 or not s.name.isalnum() for s in scenario.stations), "a station name has 1 to 9 letters and digits"),
        (not 0 < scenario.hours <= 24 * 8, "hours must lie between 0 and 192"),
        (not 0.1 <= scenario.interval_s <= 3600, "interval_s must lie between 0.1 and 3600"),
        (scenario.hours * 3600 / max(scenario.interval_s, 0.1) * 120 * len(scenario.stations) > MAX_CELLS, "more epochs than a run may have"),
    )
    for wrong, text in problems:
        if wrong:
            raise FormatError(scenario.path or scenario.name, 0, text)
