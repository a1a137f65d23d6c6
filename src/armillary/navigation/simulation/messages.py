"""Broadcast messages fitted to the true sky, with stated errors added: what a receiver would have been sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.navigation_messages import MessageTable, Navigation, NavigationHeader, SystemTimeOffset
from armillary.core.scales import offset_s, to_day, to_week
from armillary.navigation.simulation import faults as fault
from armillary.navigation.simulation.atmosphere import klobuchar_records
from armillary.navigation.simulation.earth import EARTH_RATE_RAD_S, LIGHT_SPEED_M_S, rotate_z
from armillary.navigation.simulation.faults import InjectedFault
from armillary.navigation.simulation.kepler_fit import FitFrame, fit_kepler, kepler_columns
from armillary.navigation.simulation.motion import attraction_of_sun_and_moon
from armillary.navigation.simulation.recipes import KEPLER_RECIPES, STATE_RECIPES, Delay, KeplerRecipe, StateRecipe
from armillary.navigation.simulation.scenario import Scenario
from armillary.navigation.simulation.sky import TrueSky

__all__ = ["SentMessages", "make_messages"]

Array = NDArray[np.float64]
_SAMPLE_S = 900.0


@dataclass(frozen=True, slots=True, eq=False)
class SentMessages:
    """The navigation data of a run and how well the fits went."""

    navigation: Navigation
    fit_error_m: Mapping[str, float]
    """``letter kind`` -> largest distance between a fitted orbit and what it was fitted to, before rounding; Kepler kinds only."""


def make_messages(scenario: Scenario, sky: TrueSky, faults: tuple[InjectedFault, ...]) -> SentMessages:
    """Every message that serves the run, and the ionosphere coefficients and time offsets that go with them."""
    tables: dict[tuple[str, str], MessageTable] = {}
    worst: dict[str, float] = {}
    records, offsets = [], []
    for index, system in enumerate(sky.systems):
        for kind in system.message_kinds:
            key = (system.letter, kind)
            rows = sky.system_of == index
            if key in STATE_RECIPES:
                state_recipe = STATE_RECIPES[key]
                tables[key] = _state_table(scenario, sky, np.flatnonzero(rows), system, kind, state_recipe, faults)
                offsets += _time_offsets(sky, index, state_recipe.time_offsets)
            elif key in KEPLER_RECIPES:
                recipe = KEPLER_RECIPES[key]
                rows &= np.array([g.orbit in recipe.orbits for g in sky.groups])
                if rows.any():
                    tables[key], worst[" ".join(key)] = _kepler_table(scenario, sky, np.flatnonzero(rows), system, kind, recipe, faults)
                if recipe.klobuchar is not None:
                    records.append(klobuchar_records(scenario, sky, system, recipe.klobuchar))
                offsets += _time_offsets(sky, index, recipe.time_offsets)
    # Each label once: two kinds of one system carry the same offsets.
    unique = {o.label: o for o in offsets}
    leap = round(float(offset_s(sky.origin, "GPST", "UTC")[0]))
    header = NavigationHeader(program="armillary", run_by="simulation", leap_seconds=leap, comments=("SIMULATED: nothing here was observed",))
    return SentMessages(Navigation(header, tables, tuple(records), (), tuple(unique.values())), worst)


def _time_offsets(sky: TrueSky, index: int, labels: tuple[tuple[str, float], ...]) -> list[SystemTimeOffset]:
    bias, rate = sky.offset[np.flatnonzero(sky.system_of == index)[0]]
    return [SystemTimeOffset(label, sign * float(bias), sign * float(rate), 0.0, int(sky.origin.tai_ns[0])) for label, sign in labels]


def _references(scenario: Scenario, since_grid_s: float, interval_s: float) -> Array:
    """Reference times [m], seconds since the first epoch: one interval before the run to one after. ``since_grid_s``: age of any grid point at t = 0."""
    first = -(since_grid_s % interval_s) - interval_s
    return np.asarray(first + interval_s * np.arange(int(np.ceil((scenario.hours * 3600.0 - first) / interval_s)) + 2))


def _kepler_table(
    scenario: Scenario, sky: TrueSky, rows: NDArray[np.int64], system: Constellation, kind: str, recipe: KeplerRecipe, faults: tuple[InjectedFault, ...]
) -> tuple[MessageTable, float]:
    week0, ns0 = (int(x[0]) for x in to_week(sky.origin, recipe.scale))
    second0 = ns0 / NS_PER_SECOND
    reference = _references(scenario, second0, recipe.interval_s)
    sent = reference + recipe.sent_after_reference_s
    week = week0 + np.floor((second0 + reference) / 604_800.0)
    toe_s = second0 + reference - (week - week0) * 604_800.0
    since = np.arange(recipe.window_s[0], recipe.window_s[1] + 1.0, _SAMPLE_S)
    extra = fault.along_track_m(faults, sky, sent)
    columns: dict[str, Array] = {}
    worst = 0.0
    shape = (len(reference), len(rows))
    parts = [r for r in (rows,) if len(r)]
    for part in parts:
        frame = FitFrame(recipe.mu_m3_s2, recipe.rate_rad_s, recipe.tilt_rad)
        target = _broadcast_track(sky, part, reference, since, extra)
        start = (x[:, part] for x in sky.earth_fixed(reference))
        p, residual = fit_kepler(target, since, toe_s, (next(start), next(start)), frame)
        columns |= kepler_columns(p)
        worst = float(residual.max())
    clock_m = sky.error.at(reference)[:, rows, 3]
    bands = np.array([_reference_delay(system, sky.delay_m[i], recipe.clock_bands) for i in rows])
    columns["clock_bias_s"] = sky.clock_s(reference)[:, rows] + (clock_m - bands) / LIGHT_SPEED_M_S
    columns["clock_drift_s_s"] = np.broadcast_to(sky.clock[rows, 1], shape)
    columns |= _delay_columns(system, sky, rows, recipe.delays, shape)
    columns = _rounded(columns, recipe.steps if scenario.sky.quantised else {})
    issue = np.broadcast_to((np.arange(len(reference)) % 240 + 1.0)[:, None], shape)
    health = np.where(fault.unhealthy(faults, sky, sent)[:, rows], recipe.unhealthy, 0.0)
    sigma = np.array([scenario.sky.broadcast_error_scale * sky.groups[i].signal_in_space_sigma_m for i in rows])
    columns |= {"clock_drift_rate_s_s2": np.zeros(shape), "iode": issue, "iodc": issue, "health": health}
    columns["toe_s"] = np.broadcast_to(toe_s[:, None], shape)
    columns["week"] = np.broadcast_to(week[:, None], shape)
    columns["transmission_s"] = columns["toe_s"] + recipe.sent_after_reference_s
    columns["accuracy_m"] = np.broadcast_to([_at_least(recipe.accuracy_m, s) for s in sigma], shape)
    columns |= {name: np.full(shape, value) for name, value in recipe.extra.items()}
    return _table(sky, rows, (system.letter, kind), reference, sent, columns), worst


def _broadcast_track(sky: TrueSky, rows: NDArray[np.int64], reference: Array, since: Array, extra: Array) -> Array:
    """Earth-fixed positions [m, k, q, 3] that the messages shall describe: the truth and the stated orbit error."""
    t = (reference[:, None] + since).ravel()
    r, _ = sky.motion.state(t)
    wrong = sky.broadcast_offset(t, np.repeat(extra, len(since), axis=0))
    fixed = rotate_z(r + wrong, -sky.earth_angle_rad(t)[:, None])[:, rows]
    return np.moveaxis(fixed.reshape(len(reference), len(since), len(rows), 3), 1, 2)


def _state_table(
    scenario: Scenario, sky: TrueSky, rows: NDArray[np.int64], system: Constellation, kind: str, recipe: StateRecipe, faults: tuple[InjectedFault, ...]
) -> MessageTable:
    _, ns0 = to_day(sky.origin, "UTC")
    reference = _references(scenario, ns0[0] / NS_PER_SECOND - recipe.first_s, recipe.interval_s)
    sent = reference + recipe.sent_after_reference_s
    r, v = sky.motion.state(reference)
    extra = fault.along_track_m(faults, sky, sent)
    wrong = {h: sky.broadcast_offset(reference + h, extra) for h in (-1.0, 0.0, 1.0)}
    angle = -sky.earth_angle_rad(reference)[:, None]
    spin = np.array([0.0, 0.0, EARTH_RATE_RAD_S])
    position = rotate_z(r + wrong[0.0], angle)
    velocity = rotate_z(v + (wrong[1.0] - wrong[-1.0]) / 2.0, angle) - np.cross(spin, position)
    pull = rotate_z(attraction_of_sun_and_moon(r, sky.days_since_j2000 + reference / 86_400.0), angle)
    columns = {
        f"{prefix}{axis}{unit}": vector[:, rows, j]
        for prefix, unit, vector in (("", "_m", position), ("v", "_m_s", velocity), ("a", "_m_s2", pull))
        for j, axis in enumerate("xyz")
    }
    shape = (len(reference), len(rows))
    # The message has no relativity of its own: its clock and drift take the periodic term in.
    relativity = {h: sky.relativity_s(*sky.motion.state(reference + h))[:, rows] for h in (-1.0, 0.0, 1.0)}
    error_m = sky.error.at(reference)[:, rows, 3]
    bands = np.array([sky.delay_m[i][recipe.clock_band] for i in rows])
    columns["clock_bias_s"] = sky.clock_s(reference)[:, rows] + relativity[0.0] + (error_m - bands) / LIGHT_SPEED_M_S
    columns["relative_frequency_bias"] = sky.clock[rows, 1] + (relativity[1.0] - relativity[-1.0]) / 2.0
    columns |= _delay_columns(system, sky, rows, recipe.delays, shape)
    columns = _rounded(columns, recipe.steps if scenario.sky.quantised else {})
    sigma = [scenario.sky.broadcast_error_scale * sky.groups[i].signal_in_space_sigma_m for i in rows]
    accuracy = [float(recipe.accuracy_m.index(_at_least(recipe.accuracy_m, s))) for s in sigma]
    days, ns = to_day(Epochs(sky.origin.tai_ns + np.rint(sent * 1e9).astype(np.int64)), "UTC")
    # Day 0 of 1970 was a Thursday; weeks start on Sunday.
    frame_s = (days + 4) % 7 * 86_400.0 + ns / NS_PER_SECOND
    columns["message_frame_s"] = np.broadcast_to(frame_s[:, None], shape)
    columns["health"] = np.where(fault.unhealthy(faults, sky, sent)[:, rows], 1.0, 0.0)
    columns["frequency_number"] = np.broadcast_to(sky.channel[rows].astype(np.float64), shape)
    columns["urai"] = np.broadcast_to(accuracy, shape)
    columns |= {name: np.full(shape, value) for name, value in recipe.extra.items()}
    return _table(sky, rows, (system.letter, kind), reference, sent, columns)


def _table(
    sky: TrueSky, rows: NDArray[np.int64], key: tuple[str, str], reference: Array, sent: Array, columns: Mapping[str, Array]
) -> MessageTable:
    """Columns [m, k] as one table, satellite by satellite, in order of transmission."""

    def instants(t_s: Array) -> Epochs:
        return Epochs(np.tile(sky.origin.tai_ns[0] + np.rint(t_s * 1e9).astype(np.int64), len(rows)))

    flat = {name: np.ascontiguousarray(np.asarray(c, np.float64).T).ravel() for name, c in columns.items()}
    sat = np.repeat(sky.sat[rows], len(reference))
    epochs = instants(reference)
    return MessageTable(key[0], key[1], sat, epochs, epochs, instants(sent), np.ones(len(sat), bool), flat)


def _frequency_hz(system: Constellation, digit: str) -> float:
    return system.band(digit).frequency_hz


def _reference_delay(system: Constellation, delay_m: Mapping[str, float], bands: tuple[str, ...]) -> float:
    """Equipment delay (m) of the signal, or ionosphere-free pair of signals, that the broadcast clock describes."""
    if len(bands) == 1:
        return delay_m[bands[0]]
    gamma = (_frequency_hz(system, bands[0]) / _frequency_hz(system, bands[1])) ** 2
    return (gamma * delay_m[bands[0]] - delay_m[bands[1]]) / (gamma - 1.0)


def _delay_columns(system: Constellation, sky: TrueSky, rows: NDArray[np.int64], delays: Mapping[str, Delay], shape: tuple[int, int]) -> dict[str, Array]:
    known = {band.digit for band in system.bands}
    columns = {}
    for name, d in delays.items():
        if {d.first, d.second} <= known:
            gamma = (_frequency_hz(system, d.first) / _frequency_hz(system, d.second)) ** 2
            scale = 1.0 - gamma if d.scaled else 1.0
            value = [(sky.delay_m[i][d.first] - sky.delay_m[i][d.second]) / scale / LIGHT_SPEED_M_S for i in rows]
            columns[name] = np.broadcast_to(value, shape)
    return columns


def _rounded(columns: Mapping[str, Array], steps: Mapping[str, float]) -> dict[str, Array]:
    return {name: np.rint(c / steps[name]) * steps[name] if name in steps else c for name, c in columns.items()}


def _at_least(levels: tuple[float, ...], sigma_m: float) -> float:
    """The smallest level a message can state that is not below ``sigma_m``; the largest there is otherwise."""
    return next((level for level in levels if level >= sigma_m), levels[-1])
