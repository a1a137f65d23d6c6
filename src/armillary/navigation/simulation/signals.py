"""Signals as a receiver measures them: code, phase, Doppler and strength of one system, with the biases of the receiver's own channels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.core.observations import ObservationBlock
from armillary.navigation.simulation.atmosphere import DELAY_M_HZ2_TECU
from armillary.navigation.simulation.earth import LIGHT_SPEED_M_S
from armillary.navigation.simulation.faults import StationEffects
from armillary.navigation.simulation.scenario import Scenario, StationPlan
from armillary.navigation.simulation.sky import TrueSky, generator
from armillary.navigation.simulation.tracking import Tracking, carrier_ambiguities, slowly_varying

__all__ = ["Rays", "Site", "SystemSignals", "frequency_divided", "observe_system", "signals_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Site:
    """One station of a run."""

    scenario: Scenario
    sky: TrueSky
    plan: StationPlan
    seed: int

    @property
    def place(self) -> tuple[float, float]:
        """Geodetic latitude and longitude, rad."""
        return float(np.radians(self.plan.latitude_deg)), float(np.radians(self.plan.longitude_deg))

    def draw(self, *keys: str) -> np.random.Generator:
        """The random numbers of this station for one purpose."""
        return generator(self.seed, self.plan.name, *keys)


@dataclass(frozen=True, slots=True, eq=False)
class Rays:
    """What all signals of the tracked cells share, [n_cells] each, ordered by epoch and satellite."""

    tracking: Tracking
    common_m: Array
    """Everything that code and phase of every signal have in common."""
    common_rate_m_s: Array
    elevation_rad: Array
    electrons_tecu: Array
    electrons_rate: Array
    effects: StationEffects
    """Faults of the station, per epoch."""


@dataclass(frozen=True, slots=True, eq=False)
class SystemSignals:
    """The rows of one system, and the receiver biases that went into them."""

    block: ObservationBlock
    code_bias_m: dict[str, dict[str, float]]
    """``letter group`` -> observation code -> bias."""
    channel_bias_m: dict[str, dict[str, float]]
    """Observation code -> frequency channel -> bias; empty for systems that share one frequency."""
    slips: int


def frequency_divided(system: Constellation) -> bool:
    """Whether the satellites of a system send on frequencies of their own."""
    return any(band.step_hz for band in system.bands)


def signals_of(scenario: Scenario, system: Constellation) -> tuple[str, ...]:
    """Code observations of a system in a scenario: those named, or the best liked of the first and of the second signals."""
    given = scenario.systems[system.name].signals
    return given or (system.first_signals[0], next(s for s in system.second_signals if s[1] != system.first_signals[0][1]))


def observe_system(site: Site, rays: Rays, index: int) -> SystemSignals:
    """All rows of the system at ``index`` of the sky."""
    sky, tracking = site.sky, rays.tracking
    system = sky.systems[index]
    rows = np.flatnonzero(sky.system_of[tracking.satellite] == index)
    biases, channels = _code_biases(site, index), _channel_biases(site, system)
    signals = signals_of(site.scenario, system)
    values, lli, ssi, slips = [], [], [], 0
    for j, code in enumerate(signals):
        signal = _Signal(site, system, code, j)
        bias = np.array(
            [biases[f"{system.letter} {g.bias_group}"][code] if i == index else 0.0 for g, i in zip(sky.groups, sky.system_of, strict=True)]
        )
        if channels:
            bias += np.array([channels[code][str(k)] for k in sky.channel])
        columns, flags, slipped = _measured(signal, rays, rows, bias[tracking.satellite[rows]])
        slips += slipped
        strength = np.clip(columns[3] // 6.0, 1, 9).astype(np.uint8)
        none = np.zeros_like(flags)
        values += columns
        lli += [none, flags, none, none]
        ssi += [strength, strength, none, none]
    codes = tuple(kind + signal[1:] for signal in signals for kind in "CLDS")
    offsets = np.searchsorted(tracking.epoch[rows], np.arange(tracking.epochs + 1)).astype(np.int64)
    block = ObservationBlock(system.letter, codes, offsets, sky.sat[tracking.satellite[rows]], np.array(values), np.array(lli), np.array(ssi))
    return SystemSignals(block, biases, channels, slips)


def _code_biases(site: Site, index: int) -> dict[str, dict[str, float]]:
    """One constant per bias group of satellites and signal."""
    system = site.sky.systems[index]
    words = sorted({g.bias_group for g, i in zip(site.sky.groups, site.sky.system_of, strict=True) if i == index})
    sigma = site.scenario.systems[system.name].receiver_bias_sigma_m
    signals = signals_of(site.scenario, system)
    drawn = {word: site.draw(system.letter, word, "bias").normal(0.0, sigma, len(signals)) for word in words}
    return {f"{system.letter} {word}": dict(zip(signals, map(float, drawn[word]), strict=True)) for word in words}


def _channel_biases(site: Site, system: Constellation) -> dict[str, dict[str, float]]:
    """A line and a scatter over the channels of a frequency-division system; empty for the others."""
    if not frequency_divided(system):
        return {}
    settings = site.scenario.systems[system.name]
    draw = site.draw(system.letter, "channel")
    channels = np.arange(-7, 7)
    out = {}
    for j, signal in enumerate(signals_of(site.scenario, system)):
        line = settings.channel_bias_m * (1.0 if j == 0 else 0.75) * channels
        bias = line + draw.normal(0.0, settings.channel_bias_sigma_m, len(channels))
        out[signal] = {str(k): float(b) for k, b in zip(channels, bias, strict=True)}
    return out


_ZENITH_STRENGTH_DBHZ = (50.0, 47.0, 46.0)
_STRENGTH_LOSS_DB = 13.0
_STRENGTH_NOISE_DB = 0.4
_PHASE_SHARE = 1.0 / 150.0
"""Multipath of the phase relative to that of the code."""


@dataclass(frozen=True, slots=True, eq=False)
class _Signal:
    """One signal at one station; ``rank`` is its place among the system's signals."""

    site: Site
    system: Constellation
    code: str
    rank: int

    @property
    def zenith_dbhz(self) -> float:
        return _ZENITH_STRENGTH_DBHZ[min(self.rank, len(_ZENITH_STRENGTH_DBHZ) - 1)]

    @property
    def noise_m(self) -> float:
        levels = self.site.scenario.systems[self.system.name].code_noise_m
        return levels[min(self.rank, len(levels) - 1)] * self.site.plan.receiver.noise_scale

    def frequency_hz(self, satellite: NDArray[np.int64]) -> Array:
        band = self.system.band(self.code[1])
        return np.asarray(band.frequency_hz + band.step_hz * self.site.sky.channel[satellite])

    def equipment_m(self, satellite: NDArray[np.int64]) -> Array:
        return np.array([delays.get(self.code[1], 0.0) for delays in self.site.sky.delay_m])[satellite]


def _measured(signal: _Signal, rays: Rays, rows: NDArray[np.int64], bias_m: Array) -> tuple[list[Array], NDArray[np.uint8], int]:
    """Code (m), phase (cycles), Doppler (Hz) and strength (dB-Hz) at ``rows``, loss-of-lock flags, and how many slips were put in."""
    site, receiver, effects = signal.site, signal.site.plan.receiver, rays.effects
    interval_s = site.scenario.interval_s
    draw = site.draw(signal.system.letter, signal.code)
    satellite, epoch = rays.tracking.satellite[rows], rays.tracking.epoch[rows]
    elevation = rays.elevation_rad[rows]
    frequency = signal.frequency_hz(satellite)
    wavelength = LIGHT_SPEED_M_S / frequency
    per_tecu = DELAY_M_HZ2_TECU / frequency**2
    ionosphere = per_tecu * rays.electrons_tecu[rows]
    strength = signal.zenith_dbhz - _STRENGTH_LOSS_DB * (1.0 - np.sin(elevation)) ** 2 + draw.normal(0.0, _STRENGTH_NOISE_DB, len(rows))
    strength = strength - effects.loss_db[epoch]
    sigma = signal.noise_m * 10.0 ** ((signal.zenith_dbhz - strength) / 20.0)
    reflected = _multipath_m(receiver.multipath_m + effects.multipath_m[epoch], elevation) * slowly_varying(
        rays.tracking, rows, receiver.multipath_time_s / interval_s, draw
    )
    code = rays.common_m[rows] + ionosphere + signal.equipment_m(satellite) + bias_m + reflected + draw.normal(0.0, 1.0, len(rows)) * sigma
    slip_chance = (receiver.slips_per_hour + effects.slips_per_hour[epoch]) * interval_s / 3600.0
    cycles, flags, slips = carrier_ambiguities(rays.tracking, rows, slip_chance, draw)
    phase_sigma = receiver.phase_noise_m * receiver.noise_scale / np.sqrt(np.sin(elevation))
    phase = rays.common_m[rows] - ionosphere + reflected * _PHASE_SHARE + draw.normal(0.0, 1.0, len(rows)) * phase_sigma
    rate_noise = draw.normal(0.0, 1.0, len(rows)) * receiver.doppler_noise_m_s * receiver.noise_scale
    rate = rays.common_rate_m_s[rows] - per_tecu * rays.electrons_rate[rows] + rate_noise
    # RINEX keeps three decimals.
    return [np.round(column, 3) for column in (code, phase / wavelength + cycles, -rate / wavelength, strength)], flags, slips


def _multipath_m(at_30_deg_m: Array, elevation_rad: Array) -> Array:
    """Standard deviation of code multipath: as stated at 30 degrees, less above, three times as much at the horizon."""
    return np.asarray(at_30_deg_m * np.exp(-(np.degrees(elevation_rad) - 30.0) / 27.0))
