"""What one receiver observes, and what is true there.

Geometry is solved in inertial axes: the signal leaves the satellite at one instant and arrives at the moving station at another, so what Earth
rotation does to a range needs no correction formula here. Arrays are [n_epochs, n_satellites] until cells are picked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.observations import ObservationHeader, Observations
from armillary.core.scales import offset_s
from armillary.navigation.simulation.atmosphere import TroposphereTable, slant_tecu, trace_troposphere, utc_second_of_day, vertical_tecu, weather_at
from armillary.navigation.simulation.earth import EARTH_RATE_RAD_S, LIGHT_SPEED_M_S, MU_M3_S2, east_north_up, position_m, rotate_z
from armillary.navigation.simulation.faults import InjectedFault, StationEffects, range_error_m, station_effects
from armillary.navigation.simulation.scenario import StationPlan
from armillary.navigation.simulation.signals import Rays, Site, frequency_divided, observe_system, signals_of
from armillary.navigation.simulation.tracking import Tracking, tracked_cells
from armillary.navigation.simulation.truth_marks import SIMULATED

__all__ = ["Received", "StationTruth", "observe"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StationTruth:
    """What is true at one station; n_epochs instants."""

    plan: StationPlan
    position_m: tuple[float, float, float]
    """Marker, Earth-fixed."""
    clock_s: Array
    """Receiver clock minus common scale, at each time tag."""
    zenith_hydrostatic_m: Array
    zenith_wet_m: Array
    vertical_tecu: Array
    """Straight above the station."""
    code_bias_m: dict[str, dict[str, float]]
    """``letter group`` -> observation code -> receiver code bias."""
    channel_bias_m: dict[str, dict[str, float]]
    """Observation code -> frequency channel -> code bias."""
    slips: int
    """How many cycle slips were put in (arcs that begin after a loss of tracking not counted)."""


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """Observations of one station with their truth."""

    observations: Observations
    truth: StationTruth


@dataclass(frozen=True, slots=True, eq=False)
class _Clock:
    """Time tags (s), receiver clock (s) and its rate (s/s), [n_epochs]; ``t_s`` is when signals truly arrived."""

    tag_s: Array
    bias_s: Array
    rate: Array

    @property
    def t_s(self) -> Array:
        return self.tag_s - self.bias_s


@dataclass(frozen=True, slots=True, eq=False)
class _Air:
    """The troposphere of a station: ratios by elevation, zenith delays (m) per epoch."""

    table: TroposphereTable
    hydrostatic_m: Array
    wet_m: Array


def observe(site: Site, faults: tuple[InjectedFault, ...]) -> Received:
    """The observations of one station and what is true there."""
    effects = station_effects(faults, site.plan.name, _tags_s(site))
    clock, air = _clock(site, effects.clock_s), _air(site)
    rays = _rays(site, clock, air, faults, effects)
    signals = [observe_system(site, rays, index) for index in range(len(site.sky.systems))]
    x, y, z = (float(v) for v in _marker(site))
    truth = StationTruth(
        plan=site.plan,
        position_m=(x, y, z),
        clock_s=clock.bias_s,
        zenith_hydrostatic_m=air.hydrostatic_m,
        zenith_wet_m=air.wet_m,
        vertical_tecu=vertical_tecu(
            site.scenario.ionosphere, np.array(site.place[0]), np.array(site.place[1]), utc_second_of_day(site.sky, clock.tag_s)
        ),
        code_bias_m={key: bias for s in signals for key, bias in s.code_bias_m.items()},
        channel_bias_m={key: bias for s in signals for key, bias in s.channel_bias_m.items()},
        slips=sum(s.slips for s in signals),
    )
    count = len(clock.tag_s)
    tags = Epochs(site.sky.origin.tai_ns[0] + np.rint(clock.tag_s * 1e9).astype(np.int64))
    blocks = {s.block.system: s.block for s in signals}
    observations = Observations(_header(site, truth.position_m), tags, np.zeros(count, np.uint8), np.full(count, np.nan), blocks)
    return Received(_without_empty_epochs(observations), truth)


def _without_empty_epochs(observations: Observations) -> Observations:
    """Epochs at which nothing was observed do not exist in a file."""
    rows = np.sum([np.diff(block.offsets) for block in observations.blocks.values()], axis=0)
    keep = rows > 0
    blocks = {
        letter: replace(block, offsets=np.concatenate([[0], np.cumsum(np.diff(block.offsets)[keep])]).astype(np.int64))
        for letter, block in observations.blocks.items()
    }
    return Observations(observations.header, observations.epochs[keep], observations.epoch_flags[keep], observations.clock_offset_s[keep], blocks)


def _header(site: Site, place_m: tuple[float, float, float]) -> ObservationHeader:
    sky, plan = site.sky, site.plan
    divided = [frequency_divided(system) for system in sky.systems]
    channels = {int(s) % 100: int(k) for s, k, i in zip(sky.sat, sky.channel, sky.system_of, strict=True) if divided[i]}
    zero = {code: 0.0 for system, own in zip(sky.systems, divided, strict=True) if own for code in signals_of(site.scenario, system)}
    return ObservationHeader(
        marker=plan.name,
        marker_type="GEODETIC",
        observer="simulation",
        agency=plan.operator[:40],
        receiver_number="1",
        receiver="SIMULATED",
        receiver_version="1",
        antenna_number="1",
        antenna="SIMULATED       NONE",
        position_m=place_m,
        antenna_delta_hen_m=(plan.receiver.antenna_height_m, 0.0, 0.0),
        interval_s=site.scenario.interval_s,
        glonass_channels=channels,
        glonass_code_phase_bias_m=zero,
        leap_seconds=round(float(offset_s(sky.origin, "GPST", "UTC")[0])),
        program="armillary",
        run_by="simulation",
        comments=(SIMULATED, f"scenario {site.scenario.name}, host {plan.host}"[:60]),
    )


def _marker(site: Site) -> Array:
    """Earth-fixed marker; RINEX keeps a tenth of a millimetre, so the truth does too."""
    return np.round(position_m(*site.place, site.plan.height_m), 4)


def _tags_s(site: Site) -> Array:
    """Time tags, seconds since the first epoch."""
    interval_s = site.scenario.interval_s
    return np.asarray(np.arange(round(site.scenario.hours * 3600.0 / interval_s), dtype=np.float64) * interval_s)


def _clock(site: Site, jumped_s: Array) -> _Clock:
    """Drift and random walk, reset by whole milliseconds if so wished, and what faults add."""
    receiver, interval_s, tag_s = site.plan.receiver, site.scenario.interval_s, _tags_s(site)
    steps = site.draw("clock").normal(0.0, receiver.clock_walk_ns_sqrt_s * 1e-9 * np.sqrt(interval_s), len(tag_s))
    bias = receiver.clock_bias_us * 1e-6 + receiver.clock_rate_ns_s * 1e-9 * tag_s + np.cumsum(steps)
    rate = np.gradient(bias, interval_s) if len(tag_s) > 1 else np.zeros(1)
    if receiver.millisecond_jumps:
        bias = bias - 1e-3 * np.rint(bias / 1e-3)
    return _Clock(tag_s, np.asarray(bias + jumped_s), np.asarray(rate))


def _air(site: Site) -> _Air:
    """Weather of the day, then a pressure trend and a random walk of the wet delay."""
    model, interval_s = site.scenario.troposphere, site.scenario.interval_s
    draw = site.draw("weather")
    of_year = site.sky.days_since_j2000 % 365.25
    weather = weather_at(model, site.plan.height_m, site.place[0], day_of_year=of_year, draw=draw)
    table = trace_troposphere(weather)
    count = round(site.scenario.hours * 3600.0 / interval_s)
    walk = np.cumsum(draw.normal(0.0, model.wet_walk_mm_sqrt_h * 1e-3 * np.sqrt(interval_s / 3600.0), count))
    pressure = 1.0 + model.pressure_rate_hpa_h * np.arange(count) * interval_s / 3600.0 / weather.pressure_hpa
    return _Air(table, np.asarray(table.hydrostatic_m * pressure), np.maximum(table.wet_m + walk, 0.0))


def _rays(site: Site, clock: _Clock, air: _Air, faults: tuple[InjectedFault, ...], effects: StationEffects) -> Rays:
    """Geometry, clocks and atmosphere of all cells in view."""
    sky, t_s = site.sky, clock.t_s
    axes = east_north_up(*site.place)
    angle = sky.earth_angle_rad(t_s)
    antenna = _marker(site) + site.plan.receiver.antenna_height_m * axes[2]
    station = rotate_z(np.broadcast_to(antenna, (len(t_s), 3)), angle)
    r, v = sky.motion.state(t_s)
    # The sine of elevation needs no light time: a tenth of a second moves it by 1e-5.
    to = r - station[:, None]
    up = rotate_z(np.broadcast_to(axes[2], (len(t_s), 3)), angle)
    sine = np.einsum("tnk,tk->tn", to, up) / np.linalg.norm(to, axis=-1)
    tracking = tracked_cells(sine, site.plan, site.scenario.interval_s, site.draw("outage"), effects.silent)
    e, s = tracking.epoch, tracking.satellite
    distance_m, direction, sent = _light_time(r[e, s], v[e, s], station[e])
    look = axes @ rotate_z(direction, -angle[e]).T
    azimuth, elevation = np.arctan2(look[0], look[1]), np.arcsin(look[2])
    dry, wet = air.table.mapping(elevation)
    troposphere = air.hydrostatic_m[e] * dry + air.wet_m[e] * wet
    electrons = slant_tecu(site.scenario.ionosphere, site.place, (azimuth, elevation), utc_second_of_day(sky, t_s)[e])
    sent_s = t_s[e] - distance_m / LIGHT_SPEED_M_S
    satellite_clock = sky.clock[s, 0] + sky.offset[s, 0] + (sky.clock[s, 1] + sky.offset[s, 1]) * sent_s + sky.relativity_s(*sent)
    wrong = range_error_m(faults, sky, site.plan.name, t_s)[e, s]
    closing = np.sum(direction * (sent[1] - np.cross([0.0, 0.0, EARTH_RATE_RAD_S], station[e])), axis=-1)
    rate = closing / (1.0 + np.sum(direction * sent[1], axis=-1) / LIGHT_SPEED_M_S) + _rate(troposphere, tracking, site.scenario.interval_s)
    return Rays(
        tracking=tracking,
        common_m=distance_m + LIGHT_SPEED_M_S * (clock.bias_s[e] - satellite_clock) + troposphere + wrong,
        common_rate_m_s=rate + LIGHT_SPEED_M_S * (clock.rate[e] - sky.clock[s, 1] - sky.offset[s, 1]),
        elevation_rad=elevation,
        electrons_tecu=electrons,
        electrons_rate=_rate(electrons, tracking, site.scenario.interval_s),
        effects=effects,
    )


def _light_time(r: Array, v: Array, station: Array) -> tuple[Array, Array, tuple[Array, Array]]:
    """Distance [n], unit vectors from the station [n, 3], and the satellite's state when the signal left; inertial states at arrival are given."""
    gravity = -MU_M3_S2 * r / np.sum(r * r, axis=-1, keepdims=True) ** 1.5
    distance = np.linalg.norm(r - station, axis=-1)
    for _ in range(4):
        back = (distance / LIGHT_SPEED_M_S)[:, None]
        # Over 0.15 s the third derivative moves a satellite by 0.1 micrometre.
        left = r - v * back + 0.5 * gravity * back * back
        distance = np.linalg.norm(left - station, axis=-1)
    return distance, (left - station) / distance[:, None], (left, v - gravity * back)


def _rate(value: Array, tracking: Tracking, interval_s: float) -> Array:
    """Rate of change along each satellite's track, from neighbouring epochs; zero for lone ones."""
    order = np.lexsort((tracking.epoch, tracking.satellite))
    s, e, x = tracking.satellite[order], tracking.epoch[order], value[order]
    ahead = np.zeros(len(x), bool)
    ahead[:-1] = (s[1:] == s[:-1]) & (e[1:] == e[:-1] + 1)
    rate = np.zeros(len(x))
    step = np.diff(x, append=x[-1:]) / interval_s
    rate[ahead] = step[ahead]
    last = np.flatnonzero(~ahead[1:] & ahead[:-1]) + 1
    rate[last] = step[last - 1]
    out = np.empty(len(x))
    out[order] = rate
    return out
