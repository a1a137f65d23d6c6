"""What was true in a run, for people and programs: one JSON document, one table per station, the orbits as SP3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.core.epochs import Epochs
from armillary.core.precise import PreciseOrbits
from armillary.core.satellites import unpack_one
from armillary.core.scales import to_iso
from armillary.navigation.simulation.earth import LIGHT_SPEED_M_S
from armillary.navigation.simulation.faults import InjectedFault, clock_error_m
from armillary.navigation.simulation.receiver import StationTruth
from armillary.navigation.simulation.scenario import Scenario
from armillary.navigation.simulation.signals import signals_of
from armillary.navigation.simulation.sky import TrueSky
from armillary.navigation.simulation.truth_marks import ABOUT, COLUMNS, SIMULATED

__all__ = ["TRUE_FRAME", "code_offsets_m", "precise_orbits", "truth_document", "truth_rows"]

Array = NDArray[np.float64]
TRUE_FRAME = "IGS20"
"""Name of the frame of true positions and orbits."""
_ORBIT_STEP_S = 300.0
_HALF_TABLE = 6
"""Nodes before the first and after the last epoch, so that interpolation is never at an edge."""


def code_offsets_m(scenario: Scenario, sky: TrueSky, station: StationTruth, system: Constellation) -> dict[str, dict[str, float]]:
    """Bias group -> {``clock``: receiver clock minus the common one as its first code shows it, code: bias beside that} in metres.

    What an estimator can see of a system: ``clock`` = first code's bias - c (system time - common scale at t = 0); the other codes' biases
    are relative to the first one's.
    """
    index = sky.systems.index(system)
    offset_m = float(sky.offset[np.flatnonzero(sky.system_of == index)[0], 0]) * LIGHT_SPEED_M_S
    first, *others = signals_of(scenario, system)
    found = {}
    for key, biases in station.code_bias_m.items():
        letter, word = key.split(" ", 1)
        if letter == system.letter:
            found[word] = {"clock": biases[first] - offset_m} | {code: biases[code] - biases[first] for code in others}
    return found


def truth_document(
    scenario: Scenario,
    seed: int,
    sky: TrueSky,
    stations: Mapping[str, StationTruth],
    faults: tuple[InjectedFault, ...],
    fit_error_m: Mapping[str, float],
) -> dict[str, Any]:
    """Everything that is true in a run, in plain values; per-epoch values are in :func:`truth_rows`."""
    return {
        "about": ABOUT,
        "scenario": scenario.name,
        "title": scenario.title,
        "seed": seed,
        "start_gpst": scenario.start,
        "hours": scenario.hours,
        "interval_s": scenario.interval_s,
        "stations": {name: _station(scenario, sky, truth) for name, truth in stations.items()},
        "systems": {system.name: _system(scenario, sky, index) for index, system in enumerate(sky.systems)},
        "satellites": {unpack_one(int(sat)): _satellite(sky, k) for k, sat in enumerate(sky.sat)},
        "message_fit_error_m": dict(fit_error_m),
        "settings": {"sky": asdict(scenario.sky), "ionosphere": asdict(scenario.ionosphere), "troposphere": asdict(scenario.troposphere)},
        "faults": [_fault(f) for f in faults],
    }


def _fault(fault: InjectedFault) -> dict[str, Any]:
    return asdict(fault) | {"sat": unpack_one(fault.sat) if fault.sat else "", "station": fault.station or "every"}


def _station(scenario: Scenario, sky: TrueSky, truth: StationTruth) -> dict[str, Any]:
    plan = truth.plan
    return {
        "position_m": list(truth.position_m),
        "latitude_deg": plan.latitude_deg,
        "longitude_deg": plan.longitude_deg,
        "height_m": plan.height_m,
        "antenna_height_m": plan.receiver.antenna_height_m,
        "operator": plan.operator,
        "host": plan.host,
        "place": plan.place,
        "clock_s": {"first": float(truth.clock_s[0]), "last": float(truth.clock_s[-1])},
        "receiver_code_bias_m": truth.code_bias_m,
        "channel_code_bias_m": truth.channel_bias_m,
        "seen_by_an_estimator_m": {system.name: code_offsets_m(scenario, sky, truth, system) for system in sky.systems},
        "cycle_slips": truth.slips,
        "receiver": asdict(plan.receiver),
    }


def _system(scenario: Scenario, sky: TrueSky, index: int) -> dict[str, Any]:
    system = sky.systems[index]
    bias, rate = sky.offset[np.flatnonzero(sky.system_of == index)[0]]
    return {
        "signals": list(signals_of(scenario, system)),
        "time_minus_common_s": float(bias),
        "rate_s_s": float(rate),
        "settings": asdict(scenario.systems[system.name]),
    }


def _satellite(sky: TrueSky, k: int) -> dict[str, Any]:
    names = ("radial_m", "along_m", "cross_m", "clock_m")
    error = sky.error
    return {
        "group": sky.groups[k].name,
        "channel": int(sky.channel[k]),
        "clock_s": float(sky.clock[k, 0]),
        "clock_drift_s_s": float(sky.clock[k, 1]),
        "equipment_delay_m": sky.delay_m[k],
        "broadcast_error": {
            name: {
                "constant": float(error.constant_m[k, j]),
                "amplitude": float(error.wave_m[k, j]),
                "period_s": float(error.period_s[k, j]),
                "phase_rad": float(error.phase_rad[k, j]),
            }
            for j, name in enumerate(names)
        },
    }


def truth_rows(scenario: Scenario, truth: StationTruth) -> str:
    """A CSV table with a row per time tag: receiver clock, zenith delays, vertical electron content above the station."""
    count = len(truth.clock_s)
    t_s = np.arange(count) * scenario.interval_s
    epochs = Epochs(scenario.origin.tai_ns[0] + np.rint(t_s * 1e9).astype(np.int64))
    lines = [COLUMNS]
    columns = (truth.clock_s, truth.zenith_hydrostatic_m, truth.zenith_wet_m, truth.vertical_tecu)
    for text, *values in zip(to_iso(epochs, "GPST", 3), *(c.tolist() for c in columns), strict=True):
        clock, dry, wet, electrons = values
        lines.append(f"{text},{clock:.13e},{dry:.5f},{wet:.5f},{electrons:.4f}")
    return "\n".join(lines) + "\n"


def precise_orbits(scenario: Scenario, sky: TrueSky, faults: tuple[InjectedFault, ...] = ()) -> PreciseOrbits:
    """True positions every 5 min; clocks on the common scale for the ionosphere-free combination of the two simulated signals.

    As in such products, the periodic relativistic term is left out of the clocks. Antenna and centre of mass are one point here.
    Jumps and ramps of satellite clocks that every receiver sees are in, as they are in a product made from what a network received; wrong messages
    and what single stations see are not.
    """
    count = int(np.ceil(scenario.hours * 3600.0 / _ORBIT_STEP_S)) + 1
    t_s: Array = (np.arange(count + 2 * _HALF_TABLE, dtype=np.float64) - _HALF_TABLE) * _ORBIT_STEP_S
    position, _ = sky.earth_fixed(t_s)
    delay_m = np.array([_pair_delay_m(scenario, sky, k) for k in range(len(sky.sat))])
    clock = sky.clock_s(t_s) + sky.offset_s(t_s) - (delay_m + clock_error_m(faults, sky, t_s)) / LIGHT_SPEED_M_S
    return PreciseOrbits(
        epochs=Epochs(sky.origin.tai_ns[0] + np.rint(t_s * 1e9).astype(np.int64)),
        sat=sky.sat,
        position_m=np.ascontiguousarray(position.transpose(1, 0, 2)),
        clock_s=np.ascontiguousarray(clock.T),
        velocity_m_s=None,
        clock_rate_s_s=None,
        flags=np.zeros((len(sky.sat), len(t_s)), np.uint8),
        sigma_exponent=None,
        time_scale="GPST",
        frame=TRUE_FRAME,
        interval_s=_ORBIT_STEP_S,
        agency="SIM",
        orbit_type="FIT",
        data_used="u+U",
        file_type="M",
        comments=(SIMULATED,),
    )


def _pair_delay_m(scenario: Scenario, sky: TrueSky, k: int) -> float:
    """Equipment delay of the ionosphere-free combination of a satellite's first two signals (of the one there is)."""
    system = sky.systems[sky.system_of[k]]
    bands = list(dict.fromkeys(signal[1] for signal in signals_of(scenario, system)))[:2]
    delays = [sky.delay_m[k][digit] for digit in bands]
    if len(delays) == 1:
        return delays[0]
    f1, f2 = (system.band(d).frequency_hz + system.band(d).step_hz * int(sky.channel[k]) for d in bands)
    gamma = (f1 / f2) ** 2
    return float((gamma * delays[0] - delays[1]) / (gamma - 1.0))
