"""What one receiver observes: code, phase, Doppler and strength of every signal in view, from the truth and the receiver's own faults.

Geometry is solved in inertial axes: the signal leaves the satellite at one instant and arrives at the moving station at another, so what Earth
rotation does to a range needs no correction formula here. Arrays are [n_epochs, n_satellites] until rows are picked.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.core.epochs import Epochs
from armillary.core.observations import ObservationBlock, ObservationHeader, Observations
from armillary.core.scales import offset_s
from armillary.navigation.simulation.atmosphere import DELAY_M_HZ2_TECU, slant_tecu, trace_troposphere, utc_second_of_day, vertical_tecu
from armillary.navigation.simulation.earth import EARTH_RATE_RAD_S, LIGHT_SPEED_M_S, MU_M3_S2, east_north_up, position_m, rotate_z
from armillary.navigation.simulation.faults import InjectedFault, range_error_m
from armillary.navigation.simulation.scenario import Receiver, Scenario, StationPlan
from armillary.navigation.simulation.sky import TrueSky, generator
from armillary.navigation.simulation.tracking import Tracking, carrier_ambiguities, slowly_varying, tracked_cells

__all__ = ["Received", "StationTruth", "observe", "signals_of"]

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
class _Rays:
    """Noise-free geometry of the tracked cells, [n_cells] each, ordered by epoch and satellite."""

    epoch: NDArray[np.int64]
    satellite: NDArray[np.int64]
    common_m: Array
    """Everything that code and phase of every signal share."""
    common_rate_m_s: Array
    elevation_rad: Array
    electrons_tecu: Array
    electrons_rate: Array


def signals_of(scenario: Scenario, system: Constellation) -> tuple[str, ...]:
    """Code observations of a system in a scenario: those named, or the best liked of the first and of the second signals."""
    given = scenario.systems[system.name].signals
    return given or (system.first_signals[0], next(s for s in system.second_signals if s[1] != system.first_signals[0][1]))


def observe(scenario: Scenario, sky: TrueSky, plan: StationPlan, faults: tuple[InjectedFault, ...], seed: int) -> Received:
    """The observations of one station and what is true there."""
    count = round(scenario.hours * 3600.0 / scenario.interval_s)
    tag_s = np.arange(count) * scenario.interval_s
    clock, clock_rate = _receiver_clock(plan, scenario.interval_s, count, seed)
    rays, weather, tracking = _rays(scenario, sky, plan, (tag_s, clock, clock_rate), faults, seed)
    blocks, code_bias, channel_bias = {}, {}, {}
    for index, system in enumerate(sky.systems):
        block, biases, channel = _block(scenario, sky, plan, index, rays, tracking, seed)
        blocks[system.letter] = block
        code_bias |= biases
        channel_bias |= channel
    marker = position_m(np.radians(plan.latitude_deg), np.radians(plan.longitude_deg), plan.height_m)
    # RINEX keeps a tenth of a millimetre.
    marker = np.round(marker, 4)
    place = (float(marker[0]), float(marker[1]), float(marker[2]))
    utc = utc_second_of_day(sky, tag_s)
    above = vertical_tecu(scenario.ionosphere, np.radians(plan.latitude_deg), np.radians(plan.longitude_deg), utc)
    truth = StationTruth(plan, place, clock, weather[0], weather[1], above, code_bias, channel_bias, tracking.slips)
    header = _header(scenario, sky, plan, place)
    tags = Epochs(sky.origin.tai_ns[0] + np.rint(tag_s * 1e9).astype(np.int64))
    observations = Observations(header, tags, np.zeros(count, np.uint8), np.full(count, np.nan), blocks)
    return Received(_without_empty_epochs(observations), truth)


def _without_empty_epochs(observations: Observations) -> Observations:
    """Epochs at which nothing was observed do not exist in a file."""
    rows = sum(np.diff(block.offsets) for block in observations.blocks.values())
    keep = np.asarray(rows) > 0
    if keep.all():
        return observations
    blocks = {}
    for letter, block in observations.blocks.items():
        offsets = np.concatenate([[0], np.cumsum(np.diff(block.offsets)[keep])]).astype(np.int64)
        blocks[letter] = ObservationBlock(letter, block.codes, offsets, block.sat, block.values, block.lli, block.ssi)
    kept = observations.epochs[keep]
    return Observations(observations.header, kept, observations.epoch_flags[keep], observations.clock_offset_s[keep], blocks)


def _header(scenario: Scenario, sky: TrueSky, plan: StationPlan, place: tuple[float, float, float]) -> ObservationHeader:
    divided = {int(s) % 100: int(k) for s, k, i in zip(sky.sat, sky.channel, sky.system_of, strict=True) if _divided(sky.systems[i])}
    zero = {code: 0.0 for system in sky.systems if _divided(system) for code in signals_of(scenario, system)}
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
        position_m=place,
        antenna_delta_hen_m=(plan.receiver.antenna_height_m, 0.0, 0.0),
        interval_s=scenario.interval_s,
        glonass_channels=divided,
        glonass_code_phase_bias_m=zero,
        leap_seconds=round(float(offset_s(sky.origin, "GPST", "UTC")[0])),
        program="armillary",
        run_by="simulation",
        comments=("SIMULATED: nothing here was observed", f"scenario {scenario.name}, host {plan.host}"[:60]),
    )


def _divided(system: Constellation) -> bool:
    return any(band.step_hz for band in system.bands)


def _receiver_clock(plan: StationPlan, interval_s: float, count: int, seed: int) -> tuple[Array, Array]:
    """Clock (s) at each epoch and its rate (s/s): drift and random walk, reset by whole milliseconds if so wished."""
    receiver = plan.receiver
    draw = generator(seed, plan.name, "clock")
    steps = draw.normal(0.0, receiver.clock_walk_ns_sqrt_s * 1e-9 * np.sqrt(interval_s), count)
    clock = receiver.clock_bias_us * 1e-6 + receiver.clock_rate_ns_s * 1e-9 * interval_s * np.arange(count) + np.cumsum(steps)
    rate = np.gradient(clock, interval_s) if count > 1 else np.zeros(count)
    if receiver.millisecond_jumps:
        clock = clock - 1e-3 * np.rint(clock / 1e-3)
    return clock, rate


def _weather(scenario: Scenario, plan: StationPlan, tag_s: Array, seed: int) -> tuple[Array, Array, Array]:
    """Hydrostatic and wet zenith delays relative to their first values, and the random walk (m) of the wet one."""
    model = scenario.troposphere
    draw = generator(seed, plan.name, "weather")
    walk = np.cumsum(draw.normal(0.0, model.wet_walk_mm_sqrt_h * 1e-3 * np.sqrt(scenario.interval_s / 3600.0), len(tag_s)))
    pressure = 1.0 + model.pressure_rate_hpa_h * tag_s / 3600.0 / model.pressure_hpa
    return pressure, np.ones_like(pressure), walk


def _rays(
    scenario: Scenario,
    sky: TrueSky,
    plan: StationPlan,
    time: tuple[Array, Array, Array],
    faults: tuple[InjectedFault, ...],
    seed: int,
) -> tuple[_Rays, tuple[Array, Array], Tracking]:
    """Geometry, clocks and atmosphere of all cells in view; ``time`` is time tags, receiver clock and its rate."""
    tag_s, clock, clock_rate = time
    t_s = tag_s - clock
    place = (float(np.radians(plan.latitude_deg)), float(np.radians(plan.longitude_deg)))
    axes = east_north_up(*place)
    marker = np.round(position_m(*place, plan.height_m), 4)
    antenna = marker + plan.receiver.antenna_height_m * axes[2]
    angle = sky.earth_angle_rad(t_s)
    station = rotate_z(np.broadcast_to(antenna, (len(t_s), 3)), angle)
    station_velocity = np.cross([0.0, 0.0, EARTH_RATE_RAD_S], station)
    r, v = sky.motion.state(t_s)
    # The sine of elevation needs no light time: a tenth of a second moves it by 1e-5.
    to = r - station[:, None]
    up = rotate_z(np.broadcast_to(axes[2], (len(t_s), 3)), angle)
    sine = np.einsum("tnk,tk->tn", to, up) / np.linalg.norm(to, axis=-1)
    tracking = tracked_cells(sine, plan, scenario.interval_s, seed)
    e, s = tracking.epoch, tracking.satellite
    distance, to, r_sent, v_sent = _light_time(r[e, s], v[e, s], station[e])
    direction = to / distance[:, None]
    closing = np.sum(direction * (v_sent - station_velocity[e]), axis=-1)
    rate = closing / (1.0 + np.sum(direction * v_sent, axis=-1) / LIGHT_SPEED_M_S)
    enu = np.einsum("ij,nj->ni", axes, rotate_z(direction, -angle[e]))
    elevation, azimuth = np.arcsin(enu[:, 2]), np.arctan2(enu[:, 0], enu[:, 1])
    table = trace_troposphere(scenario.troposphere, plan.height_m, place[0])
    pressure, _, walk = _weather(scenario, plan, tag_s, seed)
    hydrostatic, wet = table.hydrostatic_m * pressure, table.wet_m + walk
    dry_ratio, wet_ratio = table.mapping(elevation)
    troposphere = hydrostatic[e] * dry_ratio + wet[e] * wet_ratio
    utc = utc_second_of_day(sky, t_s)
    electrons = slant_tecu(scenario.ionosphere, place, (azimuth, elevation), utc[e])
    sent_s = t_s[e] - distance / LIGHT_SPEED_M_S
    satellite_clock = sky.clock[s, 0] + sky.clock[s, 1] * sent_s + sky.offset[s, 0] + sky.offset[s, 1] * sent_s
    satellite_clock = satellite_clock + sky.relativity_s(r_sent, v_sent)
    wrong = range_error_m(faults, sky, plan.name, t_s)[e, s]
    common = distance + LIGHT_SPEED_M_S * (clock[e] - satellite_clock) + troposphere + wrong
    slow = {"troposphere": troposphere, "electrons": electrons}
    slow_rate = {name: _rate(value, tracking, scenario.interval_s) for name, value in slow.items()}
    common_rate = rate + LIGHT_SPEED_M_S * (clock_rate[e] - sky.clock[s, 1]) + slow_rate["troposphere"]
    return _Rays(e, s, common, common_rate, elevation, electrons, slow_rate["electrons"]), (hydrostatic, wet), tracking


def _light_time(r: Array, v: Array, station: Array) -> tuple[Array, Array, Array, Array]:
    """Distance, vector from the station, and satellite state when the signal left; inertial states at arrival are given, [n, 3] each."""
    gravity = -MU_M3_S2 * r / np.sum(r * r, axis=-1, keepdims=True) ** 1.5
    distance = np.linalg.norm(r - station, axis=-1)
    for _ in range(4):
        back = (distance / LIGHT_SPEED_M_S)[:, None]
        # Over 0.15 s the third derivative moves a satellite by 0.1 micrometre.
        left = r - v * back + 0.5 * gravity * back * back
        distance = np.linalg.norm(left - station, axis=-1)
    return distance, left - station, left, v - gravity * back


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


def _block(
    scenario: Scenario, sky: TrueSky, plan: StationPlan, index: int, rays: _Rays, tracking: Tracking, seed: int
) -> tuple[ObservationBlock, dict[str, dict[str, float]], dict[str, dict[str, float]]]:
    """All rows of one system, with the receiver biases that went into them."""
    system = sky.systems[index]
    signals = signals_of(scenario, system)
    rows = np.flatnonzero(sky.system_of[rays.satellite] == index)
    sat = rays.satellite[rows]
    biases = _code_biases(scenario, sky, plan, index, signals, seed)
    channels = _channel_biases(scenario, plan, system, signals, seed)
    values, lli, ssi = [], [], []
    for j, signal in enumerate(signals):
        columns, flags = _signal(scenario, sky, plan, (system, signal, j), rays, rows, tracking, seed)
        columns[0] += _looked_up(biases, sky, sat, signal)
        if channels:
            columns[0] += np.array([channels[signal][str(k)] for k in sky.channel])[sat]
        strength = np.clip(columns[3] // 6.0, 1, 9).astype(np.uint8)
        values += columns
        lli += [np.zeros_like(flags), flags, np.zeros_like(flags), np.zeros_like(flags)]
        ssi += [strength, strength, np.zeros_like(strength), np.zeros_like(strength)]
    codes = tuple(kind + signal[1:] for signal in signals for kind in "CLDS")
    offsets = np.searchsorted(rays.epoch[rows], np.arange(tracking.epochs + 1)).astype(np.int64)
    block = ObservationBlock(system.letter, codes, offsets, sky.sat[sat], np.array(values), np.array(lli, np.uint8), np.array(ssi, np.uint8))
    return block, biases, channels


def _looked_up(biases: dict[str, dict[str, float]], sky: TrueSky, sat: NDArray[np.int64], signal: str) -> Array:
    each = [biases.get(f"{chr(int(s) // 100)} {g.bias_group}", {}).get(signal, 0.0) for s, g in zip(sky.sat, sky.groups, strict=True)]
    return np.array(each)[sat]


def _code_biases(
    scenario: Scenario, sky: TrueSky, plan: StationPlan, index: int, signals: tuple[str, ...], seed: int
) -> dict[str, dict[str, float]]:
    system = sky.systems[index]
    words = sorted({g.bias_group for g, i in zip(sky.groups, sky.system_of, strict=True) if i == index})
    sigma = scenario.systems[system.name].receiver_bias_sigma_m
    drawn = {word: generator(seed, plan.name, system.letter, word, "bias").normal(0.0, sigma, len(signals)) for word in words}
    return {f"{system.letter} {word}": dict(zip(signals, map(float, drawn[word]), strict=True)) for word in words}


def _channel_biases(
    scenario: Scenario, plan: StationPlan, system: Constellation, signals: tuple[str, ...], seed: int
) -> dict[str, dict[str, float]]:
    """Code biases of the channels of a frequency-division system; empty for the others."""
    if not _divided(system):
        return {}
    settings = scenario.systems[system.name]
    draw = generator(seed, plan.name, system.letter, "channel")
    channels = np.arange(-7, 7)
    out = {}
    for j, signal in enumerate(signals):
        bias = settings.channel_bias_m * (1.0 if j == 0 else 0.75) * channels + draw.normal(0.0, settings.channel_bias_sigma_m, len(channels))
        out[signal] = {str(k): float(b) for k, b in zip(channels, bias, strict=True)}
    return out


_ZENITH_STRENGTH_DBHZ = (50.0, 47.0, 46.0)
_STRENGTH_LOSS_DB = 13.0


def _signal(
    scenario: Scenario,
    sky: TrueSky,
    plan: StationPlan,
    which: tuple[Constellation, str, int],
    rays: _Rays,
    rows: NDArray[np.int64],
    tracking: Tracking,
    seed: int,
) -> tuple[list[Array], NDArray[np.uint8]]:
    """Code (m), phase (cycles), Doppler (Hz) and strength (dB-Hz) of one signal, receiver biases left out, and loss-of-lock flags."""
    system, signal, j = which
    receiver = plan.receiver
    draw = generator(seed, plan.name, system.letter, signal)
    band = system.band(signal[1])
    sat = rays.satellite[rows]
    frequency = band.frequency_hz + band.step_hz * sky.channel[sat]
    wavelength = LIGHT_SPEED_M_S / frequency
    ionosphere = DELAY_M_HZ2_TECU / frequency**2 * rays.electrons_tecu[rows]
    ionosphere_rate = DELAY_M_HZ2_TECU / frequency**2 * rays.electrons_rate[rows]
    zenith = _ZENITH_STRENGTH_DBHZ[min(j, 2)]
    strength = zenith - _STRENGTH_LOSS_DB * (1.0 - np.sin(rays.elevation_rad[rows])) ** 2 + draw.normal(0.0, 0.4, len(rows))
    levels = scenario.systems[system.name].code_noise_m
    sigma = levels[min(j, len(levels) - 1)] * receiver.noise_scale * 10.0 ** ((zenith - strength) / 20.0)
    reflected = _multipath(receiver, rays.elevation_rad[rows]) * slowly_varying(tracking, rows, receiver.multipath_time_s / scenario.interval_s, draw)
    equipment = np.array([d[signal[1]] for d, i in zip(sky.delay_m, sky.system_of, strict=True) if sky.systems[i] is system])
    first = int(np.flatnonzero(sky.sat // 100 == ord(system.letter))[0])
    code = rays.common_m[rows] + ionosphere + equipment[sat - first] + reflected + draw.normal(0.0, 1.0, len(rows)) * sigma
    cycles, slipped = carrier_ambiguities(tracking, rows, receiver.slips_per_hour * scenario.interval_s / 3600.0, draw)
    phase_noise = receiver.phase_noise_m * receiver.noise_scale * draw.normal(0.0, 1.0, len(rows)) / np.sin(rays.elevation_rad[rows]) ** 0.5
    phase = (rays.common_m[rows] - ionosphere + reflected / 150.0 + phase_noise) / wavelength + cycles
    rate = rays.common_rate_m_s[rows] - ionosphere_rate + draw.normal(0.0, receiver.doppler_noise_m_s * receiver.noise_scale, len(rows))
    columns = [np.round(code, 3), np.round(phase, 3), np.round(-rate / wavelength, 3), np.round(strength, 3)]
    return columns, slipped


def _multipath(receiver: Receiver, elevation_rad: Array) -> Array:
    """Standard deviation of code multipath (m): as stated at 30 degrees, less above, three times as much at the horizon."""
    return np.asarray(receiver.multipath_m * np.exp(-(np.degrees(elevation_rad) - 30.0) / 27.0))
