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
from armillary.navigation.simulation.truth_marks import SIMULATED

__all__ = ["SentMessages", "make_messages"]

Array = NDArray[np.float64]
_SAMPLE_S = 900.0
_WEEK_S = 604_800.0
_ISSUES = 240


@dataclass(frozen=True, slots=True, eq=False)
class SentMessages:
    """The navigation data of a run and how well the fits went."""

    navigation: Navigation
    fit_error_m: Mapping[str, float]
    """``letter kind`` -> largest distance between a fitted orbit and what it was fitted to, before rounding; Kepler kinds only."""


@dataclass(frozen=True, slots=True, eq=False)
class _Control:
    """A control segment: what it knows, and the satellites (rows of the sky) of the system and kind it serves."""

    scenario: Scenario
    sky: TrueSky
    faults: tuple[InjectedFault, ...]
    system: Constellation
    kind: str
    rows: NDArray[np.int64]

    @property
    def key(self) -> tuple[str, str]:
        return self.system.letter, self.kind

    def references(self, since_grid_s: float, interval_s: float) -> Array:
        """Reference times [m], seconds since the first epoch, from one interval before the run to one after.

        ``since_grid_s`` is how long before the first epoch any of them lay.
        """
        first = -(since_grid_s % interval_s) - interval_s
        count = int(np.ceil((self.scenario.hours * 3600.0 - first) / interval_s)) + 2
        return np.asarray(first + interval_s * np.arange(count))

    def rounded(self, columns: Mapping[str, Array], steps: Mapping[str, float]) -> dict[str, Array]:
        """The columns with the steps of the message, where the scenario wants that."""
        if not self.scenario.sky.quantised:
            return dict(columns)
        return {name: np.rint(c / steps[name]) * steps[name] if name in steps else c for name, c in columns.items()}

    def stated(self, levels: tuple[float, ...]) -> list[float]:
        """Per satellite, the smallest accuracy level a message can state that is not below its standard deviation (or the largest)."""
        scale = self.scenario.sky.broadcast_error_scale
        sigmas = [scale * self.sky.groups[i].signal_in_space_sigma_m for i in self.rows]
        return [next((level for level in levels if level >= sigma), levels[-1]) for sigma in sigmas]

    def clock_error_m(self, reference: Array) -> Array:
        """Broadcast minus true clock [m, k]."""
        return self.sky.error.at(reference)[:, self.rows, 3]

    def clock_drift(self, reference: Array) -> Array:
        """Drift (s/s) of the clock that the messages shall describe [m, k]."""
        error = self.sky.error.clock_rate_m_s(reference)[:, self.rows] / LIGHT_SPEED_M_S
        return np.asarray(self.sky.clock[self.rows, 1] + error)

    def delays(self, wanted: Mapping[str, Delay]) -> dict[str, list[float]]:
        """Group delays (s) per satellite, for bands that the system has."""
        known = {band.digit for band in self.system.bands}
        columns = {}
        for name, d in wanted.items():
            if {d.first, d.second} <= known:
                scale = (1.0 - _gamma(self.system, d.first, d.second) if d.scaled else 1.0) * LIGHT_SPEED_M_S
                delays = (self.sky.delay_m[i] for i in self.rows)
                columns[name] = [(delay[d.first] - delay[d.second]) / scale for delay in delays]
        return columns

    def clock_delay_m(self, bands: tuple[str, ...]) -> Array:
        """Equipment delay, per satellite, of the signal or ionosphere-free pair that the broadcast clock describes."""
        delays = [self.sky.delay_m[i] for i in self.rows]
        if len(bands) == 1:
            return np.array([delay[bands[0]] for delay in delays])
        gamma = _gamma(self.system, *bands)
        return np.array([(gamma * delay[bands[0]] - delay[bands[1]]) / (gamma - 1.0) for delay in delays])


def _gamma(system: Constellation, first: str, second: str) -> float:
    return (system.band(first).frequency_hz / system.band(second).frequency_hz) ** 2


def make_messages(scenario: Scenario, sky: TrueSky, faults: tuple[InjectedFault, ...]) -> SentMessages:
    """Every message that serves the run, and the ionosphere coefficients and time offsets that go with them."""
    tables: dict[tuple[str, str], MessageTable] = {}
    worst: dict[str, float] = {}
    records, offsets = [], []
    for index, system in enumerate(sky.systems):
        for key in ((system.letter, kind) for kind in system.message_kinds):
            recipe: KeplerRecipe | StateRecipe | None = KEPLER_RECIPES.get(key) or STATE_RECIPES.get(key)
            if recipe is None:
                continue
            rows = np.flatnonzero((sky.system_of == index) & [g.orbit in recipe.orbits for g in sky.groups])
            control = _Control(scenario, sky, faults, system, key[1], rows)
            if isinstance(recipe, StateRecipe):
                tables[key] = _state_table(control, recipe)
            elif len(rows):
                tables[key], worst[" ".join(key)] = _kepler_table(control, recipe)
            if recipe.klobuchar is not None:
                records.append(klobuchar_records(scenario, sky, system, recipe.klobuchar))
            offsets += _time_offsets(sky, index, recipe.time_offsets)
    # Each label once: two kinds of one system carry the same offsets.
    unique = {o.label: o for o in offsets}
    leap = round(float(offset_s(sky.origin, "GPST", "UTC")[0]))
    header = NavigationHeader(program="armillary", run_by="simulation", leap_seconds=leap, comments=(SIMULATED,))
    return SentMessages(Navigation(header, tables, tuple(records), (), tuple(unique.values())), worst)


def _time_offsets(sky: TrueSky, index: int, labels: tuple[str, ...]) -> list[SystemTimeOffset]:
    bias, rate = sky.offset[np.flatnonzero(sky.system_of == index)[0]]
    return [SystemTimeOffset(label, float(bias), float(rate), 0.0, int(sky.origin.tai_ns[0])) for label in labels]


def _kepler_table(control: _Control, recipe: KeplerRecipe) -> tuple[MessageTable, float]:
    """The messages of one kind and the largest fit residual (m)."""
    sky, rows = control.sky, control.rows
    week0, ns0 = (int(x[0]) for x in to_week(sky.origin, recipe.scale))
    second0 = ns0 / NS_PER_SECOND
    reference = control.references(second0, recipe.interval_s)
    sent = reference + recipe.sent_after_reference_s
    weeks_later = np.floor((second0 + reference) / _WEEK_S)
    toe_s = second0 + reference - weeks_later * _WEEK_S
    since = np.arange(recipe.window_s[0], recipe.window_s[1] + 1.0, _SAMPLE_S)
    target = _broadcast_track(sky, rows, reference, since, fault.along_track_m(control.faults, sky, sent))
    position, velocity = (x[:, rows] for x in sky.earth_fixed(reference))
    p, residual = fit_kepler(target, since, toe_s, (position, velocity), FitFrame(recipe.mu_m3_s2, recipe.rate_rad_s, recipe.tilt_rad))
    shape = (len(reference), len(rows))
    clock_s = sky.clock_s(reference)[:, rows] + (control.clock_error_m(reference) - control.clock_delay_m(recipe.clock_bands)) / LIGHT_SPEED_M_S
    columns = kepler_columns(p) | {"clock_bias_s": clock_s, "clock_drift_s_s": control.clock_drift(reference)}
    columns |= {name: np.broadcast_to(values, shape) for name, values in control.delays(recipe.delays).items()}
    columns = control.rounded(columns, recipe.steps)
    issue = np.broadcast_to((np.arange(len(reference)) % _ISSUES + 1.0)[:, None], shape)
    columns |= {name: np.full(shape, value) for name, value in recipe.extra.items()}
    columns |= {
        "clock_drift_rate_s_s2": np.zeros(shape),
        "iode": issue,
        "iodc": issue,
        "health": np.where(fault.unhealthy(control.faults, sky, sent)[:, rows], recipe.unhealthy, 0.0),
        "toe_s": np.broadcast_to(toe_s[:, None], shape),
        "week": np.broadcast_to((week0 + weeks_later)[:, None], shape),
        "transmission_s": np.broadcast_to((toe_s + recipe.sent_after_reference_s)[:, None], shape),
        "accuracy_m": np.broadcast_to(control.stated(recipe.accuracy_m), shape),
    }
    return _table(control, reference, sent, columns), float(residual.max())


def _broadcast_track(sky: TrueSky, rows: NDArray[np.int64], reference: Array, since: Array, extra: Array) -> Array:
    """Earth-fixed positions [m, k, q, 3] that the messages shall describe: the truth and the stated orbit error."""
    t = (reference[:, None] + since).ravel()
    r, _ = sky.motion.state(t)
    wrong = sky.broadcast_offset(t, np.repeat(extra, len(since), axis=0))
    fixed = rotate_z(r + wrong, -sky.earth_angle_rad(t)[:, None])[:, rows]
    return np.moveaxis(fixed.reshape(len(reference), len(since), len(rows), 3), 1, 2)


def _state_table(control: _Control, recipe: StateRecipe) -> MessageTable:
    """The messages of a kind that carries position, velocity and acceleration."""
    sky, rows = control.sky, control.rows
    _, ns0 = to_day(sky.origin, "UTC")
    reference = control.references(float(ns0[0]) / NS_PER_SECOND - recipe.first_s, recipe.interval_s)
    sent = reference + recipe.sent_after_reference_s
    shape = (len(reference), len(rows))
    columns = _states(control, reference, fault.along_track_m(control.faults, sky, sent))
    # The message has no relativity of its own: its clock and drift take the periodic term in.
    before, now, after = (sky.relativity_s(*sky.motion.state(reference + h))[:, rows] for h in (-1.0, 0.0, 1.0))
    error_s = (control.clock_error_m(reference) - control.clock_delay_m((recipe.clock_band,))) / LIGHT_SPEED_M_S
    columns["clock_bias_s"] = sky.clock_s(reference)[:, rows] + now + error_s
    columns["relative_frequency_bias"] = control.clock_drift(reference) + (after - before) / 2.0
    columns |= {name: np.broadcast_to(values, shape) for name, values in control.delays(recipe.delays).items()}
    columns = control.rounded(columns, recipe.steps)
    days, ns = to_day(Epochs(sky.origin.tai_ns + np.rint(sent * 1e9).astype(np.int64)), "UTC")
    # Day 0 of 1970 was a Thursday; weeks start on Sunday.
    frame_s = (days + 4) % 7 * 86_400.0 + ns / NS_PER_SECOND
    columns |= {name: np.full(shape, value) for name, value in recipe.extra.items()}
    columns |= {
        "message_frame_s": np.broadcast_to(frame_s[:, None], shape),
        "health": np.where(fault.unhealthy(control.faults, sky, sent)[:, rows], 1.0, 0.0),
        "frequency_number": np.broadcast_to(sky.channel[rows].astype(np.float64), shape),
        "urai": np.broadcast_to([float(recipe.accuracy_m.index(level)) for level in control.stated(recipe.accuracy_m)], shape),
    }
    return _table(control, reference, sent, columns)


def _states(control: _Control, reference: Array, extra_along_m: Array) -> dict[str, Array]:
    """Earth-fixed position, velocity and luni-solar acceleration [m, k] of what the messages shall describe."""
    sky = control.sky
    r, v = sky.motion.state(reference)
    before, now, after = (sky.broadcast_offset(reference + h, extra_along_m) for h in (-1.0, 0.0, 1.0))
    angle = -sky.earth_angle_rad(reference)[:, None]
    position = rotate_z(r + now, angle)
    velocity = rotate_z(v + (after - before) / 2.0, angle) - np.cross([0.0, 0.0, EARTH_RATE_RAD_S], position)
    pull = rotate_z(attraction_of_sun_and_moon(r, sky.days_since_j2000 + reference / 86_400.0), angle)
    return {
        f"{prefix}{axis}{unit}": vector[:, control.rows, j]
        for prefix, unit, vector in (("", "_m", position), ("v", "_m_s", velocity), ("a", "_m_s2", pull))
        for j, axis in enumerate("xyz")
    }


def _table(control: _Control, reference: Array, sent: Array, columns: Mapping[str, Array]) -> MessageTable:
    """Columns [m, k] as one table, satellite by satellite, in order of transmission."""

    def instants(t_s: Array) -> Epochs:
        return Epochs(np.tile(control.sky.origin.tai_ns[0] + np.rint(t_s * 1e9).astype(np.int64), len(control.rows)))

    kept = fault.sent(control.faults, control.sky, sent)[:, control.rows].T.ravel()
    flat = {name: np.ascontiguousarray(np.asarray(c, np.float64).T).ravel()[kept] for name, c in columns.items()}
    sat = np.repeat(control.sky.sat[control.rows], len(reference))[kept]
    epochs = instants(reference)[kept]
    return MessageTable(*control.key, sat, epochs, epochs, instants(sent)[kept], np.ones(len(sat), bool), flat)
