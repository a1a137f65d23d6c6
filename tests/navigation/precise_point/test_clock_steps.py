"""A receiver whose codes step by milliseconds is solved as if they did not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.core.observations import ObservationBlock, Observations
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.io.reading import read
from armillary.navigation.precise_point import tables
from armillary.navigation.precise_point.clock_steps import clock_steps_m
from armillary.navigation.precise_point.estimate import FilterOptions, observed_by, solve
from armillary.navigation.precise_point.station import Corrections, model_station
from armillary.navigation.signals import signal_rows
from armillary.orbits.sp3_table import PreciseOrbit

pytestmark = pytest.mark.real_data

BOTH = federation("glonass+beidou")


@pytest.fixture(scope="module")
def observations(nist_day: Observations) -> Observations:
    start = int(nist_day.epochs.tai_ns[0])
    return nist_day.between(start + 3 * 3_600_000_000_000, start + 6 * 3_600_000_000_000)


def stepping(given: Observations, at: dict[int, int]) -> Observations:
    """As a receiver writes it whose clock is set by milliseconds: codes step, and everything is measured a little earlier or later."""
    clock_s = np.zeros(len(given.epochs))
    for epoch, milliseconds in at.items():
        clock_s[epoch:] += milliseconds * 1e-3
    blocks = {}
    for letter, block in given.blocks.items():
        values = block.values.copy()
        epoch_of = np.repeat(np.arange(len(given.epochs)), np.diff(block.offsets))
        rate = range_rates(block)
        for i, code in enumerate(block.codes):
            if code[0] == "C":
                values[i] += (SPEED_OF_LIGHT_M_S - rate) * clock_s[epoch_of]
            if code[0] == "L":
                channel = np.array([given.header.glonass_channels.get(int(sat) % 100, 0) for sat in block.sat])
                band = next(c for c in BOTH if c.letter == letter).band(code[1])
                values[i] -= rate * clock_s[epoch_of] * (band.frequency_hz + band.step_hz * channel) / SPEED_OF_LIGHT_M_S
        blocks[letter] = replace(block, values=values)
    return replace(given, blocks=blocks)


def range_rates(block: ObservationBlock) -> np.ndarray:
    """Metres per second from the codes of neighbouring epochs, to centimetres per second; 0 where a satellite has no neighbour."""
    rate = np.zeros(len(block.sat))
    code = block.values[next(i for i, name in enumerate(block.codes) if name[0] == "C")]
    for sat in np.unique(block.sat):
        mine = np.flatnonzero((block.sat == sat) & np.isfinite(code))
        if len(mine) > 2:
            rate[mine] = np.gradient(code[mine]) / 30.0
    return rate


def test_steps_are_found_where_they_are(observations: Observations) -> None:
    given = stepping(observations, {100: 1, 200: -2})
    found = clock_steps_m(signal_rows(BOTH, given, channels={}))
    expected = np.zeros(len(given.epochs))
    expected[100:] += 1e-3 * SPEED_OF_LIGHT_M_S
    expected[200:] -= 2e-3 * SPEED_OF_LIGHT_M_S
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_without_steps_nothing_is_added(observations: Observations) -> None:
    assert (clock_steps_m(signal_rows(BOTH, observations, channels={})) == 0.0).all()


@pytest.mark.slow
def test_positions_do_not_feel_them(observations: Observations, data_dir: Path) -> None:
    day = data_dir / "gnss/2023-001"
    orbit = PreciseOrbit(read(day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"), read(day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"))
    found = []
    for given in (observations, stepping(observations, {100: 1, 200: -2})):
        rows = model_station(BOTH, given, orbit, Corrections())
        found.append(tables.marker_m(solve(observed_by(BOTH, rows), FilterOptions(static=False))))
    # range rates of the trial are good to centimetres per second, times two milliseconds
    assert np.nanmax(np.linalg.norm(found[0] - found[1], axis=1)) < 1e-3
