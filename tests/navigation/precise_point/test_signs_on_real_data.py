"""Signs, types and turns, told by carrier phases of one station-day: with the position known, what does not fit is the model.

The ionosphere-free phases of NIST on 2023-001 against the final orbits and clocks of WUM, whose centre of mass these orbits give. A receiver
clock for every epoch, a zenith delay for every four hours, a gradient, one bias for every arc and the position are fitted by least squares.
No filter, and none of the estimation of the package, takes part.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import armillary
from armillary.core.registry import by_letter
from armillary.core.satellites import pack
from armillary.core.sun_moon import sun_and_moon
from armillary.navigation.geometry_kernels import geometry
from armillary.navigation.precise_point.displacement import station_displacement
from armillary.navigation.precise_point.receiver_antenna import receiver_antenna, receiver_terms
from armillary.navigation.precise_point.satellite_antennas import SatelliteAntennas, satellite_antennas
from armillary.navigation.precise_point.transmitter import transmitter_terms
from armillary.orbits.sp3_table import PreciseOrbit

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

C = 299_792_458.0
STATION = np.array([-1_288_398.576, -4_721_696.934, 4_078_625.350])
CODES = {"G": ("C1W", "L1C", "C2W", "L2W"), "R": ("C1C", "L1C", "C2C", "L2C"), "C": ("C2I", "L2I", "C6I", "L6I")}


@dataclass
class Day:
    """Rows of one system, every two minutes above 10 deg after the disturbed first hour."""

    letter: str
    sat: np.ndarray
    epoch: np.ndarray
    arc: np.ndarray
    phase_m: np.ndarray
    modelled_m: np.ndarray
    """Distance, troposphere, clocks and the receiver antenna."""
    factors: np.ndarray
    cycle_m: np.ndarray
    position: np.ndarray
    velocity: np.ndarray
    sun: np.ndarray
    line: np.ndarray
    elevation: np.ndarray
    azimuth: np.ndarray
    wet: np.ndarray
    antennas: SatelliteAntennas


@cache
def files(folder: Path):
    day = folder / "gnss" / "2023-001"
    orbits = armillary.read(day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz")
    clocks = armillary.read(day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz")
    sets = [armillary.read(path) for path in sorted((folder / "products").glob("*.atx*"))]
    return armillary.read(day / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz"), orbits, PreciseOrbit(orbits, clocks), sets


@cache
def rows(folder: Path, letter: str) -> Day:
    observations, orbits, orbit, sets = files(folder)
    block, system = observations.blocks[letter], by_letter()[letter]
    epoch = np.repeat(np.arange(len(observations.epochs)), np.diff(block.offsets))
    p1, l1, p2, l2 = (block.column(code) for code in CODES[letter])
    bands = CODES[letter][0][1], CODES[letter][2][1]
    channel = np.array([observations.header.glonass_channels.get(int(s) % 100, 0) for s in block.sat]) if letter == "R" else np.zeros(len(block.sat))
    steps = (562_500.0, 437_500.0)
    f1, f2 = (system.band(band).frequency_hz + channel * step for band, step in zip(bands, steps, strict=True))
    use = np.isfinite(p1 + l1 + p2 + l2) & (epoch >= 120) & (epoch < 2840) & np.isin(block.sat, orbits.sat)
    sat, epoch, p1, l1, p2, l2, f1, f2 = (a[use] for a in (block.sat, epoch, p1, l1, p2, l2, f1, f2))
    state = orbit.state_at_transmission(sat, observations.epochs[epoch], p1)
    place = STATION + station_displacement(STATION, observations.epochs)
    n = len(sat)
    line, elevation, azimuth, computed, wet = np.zeros((n, 3)), np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
    geometry(epoch, state.position_m, place, 1.0, line, elevation, azimuth, computed, np.zeros((n, 3)), wet)
    # Turn the Earth on by the travel time, as far as antennas care (a metre in 20,000 km).
    turn = 7.292115e-5 * np.linalg.norm(state.position_m - STATION, axis=1) / C
    spin = np.stack([np.cos(turn), np.sin(turn)])

    def rotated(v):
        return np.stack([spin[0] * v[:, 0] + spin[1] * v[:, 1], spin[0] * v[:, 1] - spin[1] * v[:, 0], v[:, 2]], axis=1)

    a = f1**2 / (f1**2 - f2**2)
    far = np.linalg.norm(state.position_m, axis=1)
    rho, near = np.linalg.norm(state.position_m - STATION, axis=1), np.linalg.norm(STATION)
    bend = 2 * 3.986004418e14 / C**2 * np.log((far + near + rho) / (far + near - rho))
    antenna = receiver_antenna(observations.header.antenna, sets, orbits.frame)
    of_receiver = receiver_terms(antenna, elevation, azimuth, np.stack([f1, f2], axis=1))
    modelled = computed - C * state.clock_s + bend + a * of_receiver[:, 0] - (a - 1) * of_receiver[:, 1]
    phase = a * l1 * C / f1 - (a - 1) * l2 * C / f2
    free = l1 * C / f1 - l2 * C / f2
    wide = C * (l1 - l2) / (f1 - f2) - (f1 * p1 + f2 * p2) / (f1 + f2)
    arc = np.zeros(n, np.int64)
    count = 0
    for s in np.unique(sat):
        mine = np.flatnonzero(sat == s)
        breaks = (np.diff(epoch[mine]) > 4) | (np.abs(np.diff(free[mine])) > 0.1) | (np.abs(np.diff(wide[mine])) > 4.0)
        arc[mine] = count + np.concatenate([[0], np.cumsum(breaks)])
        count = arc[mine].max() + 1
    keep = (elevation > np.radians(10)) & np.isfinite(modelled) & (epoch % 4 == 0)
    keep &= np.bincount(arc[keep], minlength=count)[arc] >= 15
    sats = np.unique(sat)
    antennas = satellite_antennas(sats, [bands] * len(sats), observations.epochs[:1], sets, orbits.frame)
    sun = sun_and_moon(observations.epochs).sun_m[epoch]
    factors = np.stack([a, 1 - a], axis=1)
    given = (sat, epoch, arc, phase, modelled, factors, C / (f1 + f2), rotated(state.position_m), rotated(state.velocity_m_s))
    return Day(letter, *(g[keep] for g in (*given, sun, line, elevation, azimuth, wet)), antennas)


def misfit(day: Day, antennas: SatelliteAntennas, wind_up: float = 1.0) -> tuple[float, dict[str, float]]:
    """RMS of the residuals, mm, weighted by elevation, and of each satellite."""
    index = np.searchsorted(antennas.sat, day.sat).astype(np.int32)
    place = np.tile(STATION, (len(index), 1))
    terms = transmitter_terms(antennas, index, day.position, day.velocity, day.sun, place)
    left = day.phase_m - day.modelled_m - np.sum(day.factors * terms.range_m, axis=1) - wind_up * terms.wind_up_cycles * day.cycle_m
    block = day.epoch // 480
    tilt = day.wet / np.tan(day.elevation)
    columns = [day.wet * (block == b) for b in np.unique(block)]
    columns += [tilt * np.cos(day.azimuth), tilt * np.sin(day.azimuth), *day.line.T]
    design = np.concatenate([np.stack(columns, axis=1), day.arc[:, None] == np.unique(day.arc)], axis=1).astype(np.float64)
    weight = np.sin(day.elevation) ** 2
    _, epoch = np.unique(day.epoch, return_inverse=True)
    total = np.bincount(epoch, weight)

    def without_clock(values):
        return values - (np.bincount(epoch, weight * values) / total)[epoch]

    design = np.stack([without_clock(column) for column in design.T], axis=1)
    left = without_clock(left)
    normal = design.T @ (design * weight[:, None]) + 1e-9 * np.eye(design.shape[1])
    left = left - design @ np.linalg.solve(normal, design.T @ (left * weight))
    rms = {armillary.core.satellites.unpack_one(s): 1e3 * float(np.sqrt(np.mean(left[day.sat == s] ** 2))) for s in np.unique(day.sat)}
    return 1e3 * float(np.sqrt(np.average(left**2, weights=weight))), rms


@pytest.mark.parametrize("letter", "GRC")
def test_phases_fit_offsets_as_they_are_and_no_other_sign(data_dir, letter):
    day = rows(data_dir, letter)
    fit, _ = misfit(day, day.antennas)
    assert fit < 6.0  # mm of the ionosphere-free phase, three times the noise of one
    # The sign of z shows in the height, which is free here: x tells.
    for signs, worse in (([-1, 1, 1], 4.0), ([0, 0, 0], 2.5), ([0, 0, 1], 2.5)):
        other, _ = misfit(day, replace(day.antennas, offset_m=day.antennas.offset_m * np.array(signs)))
        assert other > worse * fit, signs


@pytest.mark.parametrize("letter", "GRC")
def test_phases_fit_wind_up_with_its_sign(data_dir, letter):
    day = rows(data_dir, letter)
    fit, _ = misfit(day, day.antennas)
    without, _ = misfit(day, day.antennas, wind_up=0.0)
    reversed_, _ = misfit(day, day.antennas, wind_up=-1.0)
    assert 1.3 * fit < without < reversed_ / 1.3


def test_phases_tell_three_satellites_from_all_others_as_glonass_k1(data_dir):
    day = rows(data_dir, "R")
    fit, mine = misfit(day, day.antennas)
    swapped = day.antennas.offset_m.copy()
    swapped[np.searchsorted(day.antennas.sat, pack(["R09", "R11", "R22"]))] = [-0.545, 0.0, 2.4]
    wrong, theirs = misfit(day, replace(day.antennas, offset_m=swapped))
    assert wrong > 2 * fit
    assert all(theirs[name] > 2 * mine[name] for name in ("R09", "R11", "R22"))
    for name in mine.keys() - {"R09", "R11", "R22"}:
        swapped = day.antennas.offset_m.copy()
        swapped[np.searchsorted(day.antennas.sat, pack([name]))] = [0.0, 0.0, 2.0147]
        _, theirs = misfit(day, replace(day.antennas, offset_m=swapped))
        assert theirs[name] > 1.3 * mine[name], name


def test_phases_of_block_iif_fit_the_turn_through_the_shadow(data_dir):
    # G03 and G10 were seen in the shadow that day, at beta = 3.7 deg; other types seen there keep nominal yaw at their beta.
    day = rows(data_dir, "G")
    _, modelled = misfit(day, day.antennas)
    _, nominal = misfit(day, replace(day.antennas, law=np.zeros_like(day.antennas.law)))
    assert nominal["G10"] > 1.2 * modelled["G10"]
    assert nominal["G03"] > 1.1 * modelled["G03"]


def test_no_glonass_or_beidou_satellite_was_in_shadow_while_seen_and_some_gps_satellites_were(data_dir):
    seen = {}
    for letter in "GRC":
        day = rows(data_dir, letter)
        index = np.searchsorted(day.antennas.sat, day.sat).astype(np.int32)
        place = np.tile(STATION, (len(index), 1))
        seen[letter] = transmitter_terms(day.antennas, index, day.position, day.velocity, day.sun, place).in_shadow.sum()
    assert seen["R"] == seen["C"] == 0 < seen["G"]
