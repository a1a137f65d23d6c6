"""Links: the robust start from nowhere, geometry, and what state a row gets, on a sky made with plain numpy."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from armillary.navigation.links import BELOW_MASK, NO_CODE, NO_ORBIT, NO_POSITION, OUTLIER, REASONS, USED, LinkOptions, Links, link
from armillary.navigation.signals import SignalRows
from tests.navigation.made_sky import Walker, at_rest, enu_axes, made_rows, place, with_range

RAW = LinkOptions(0.0, "none")
TWO = (Walker("E", turn_deg=20.0), Walker("G", inclination_deg=55.0, planes=6))
TROPOSPHERE_M = 60.0
"""Codes here cross a vacuum, and the model takes a troposphere off: up to 2.6 m at the zenith, 25 m at 5 degrees."""


def linked(rows: SignalRows, states: SimpleNamespace, options: LinkOptions = RAW) -> Links:
    return link(rows, states, np.zeros((len(rows.sat), 2)), options, np.zeros(3))


@pytest.mark.parametrize(
    ("latitude_deg", "longitude_deg", "height_m"),
    [
        (0, 0, 0),
        (30.5, 114.3, 50),
        (-33.9, 18.4, 100),
        (90, 0, 0),
        (-90, 0, 2800),
        (89.999, 135, 0),
        (0, 180, -400),
        (46.5, 8, 8848),
        (-20, -179.99, 0),
    ],
)
def test_start_needs_no_position_anywhere_on_earth(latitude_deg: float, longitude_deg: float, height_m: float) -> None:
    true = place(latitude_deg, longitude_deg, height_m)
    rows, states = made_rows(TWO, at_rest(true), np.arange(3) * 30.0)
    start = linked(with_range(rows, np.full(len(rows.sat), 3e5)), states).position_m
    # the receiver clock is 1 ms off as well
    assert np.linalg.norm(start - true, axis=1).max() < TROPOSPHERE_M


def test_start_of_a_receiver_in_low_orbit() -> None:
    true = place(20.0, 40.0, 500e3)
    rows, states = made_rows(TWO, at_rest(true), np.zeros(1), mask_deg=-5.0)
    assert np.linalg.norm(linked(rows, states).position_m - true, axis=1).max() < TROPOSPHERE_M


@pytest.mark.parametrize("clock_s", [-0.5, -1e-3, 0.02, 0.5])
def test_start_does_not_mind_the_receiver_clock(clock_s: float) -> None:
    """Codes of some receivers are off by as much as their clock; the instant of transmission is not."""
    true = place(50.0, 10.0, 100.0)
    rows, states = made_rows(TWO, at_rest(true), np.zeros(1))
    start = linked(with_range(rows, np.full(len(rows.sat), clock_s * 299_792_458.0)), states).position_m
    assert np.linalg.norm(start - true) < TROPOSPHERE_M


def test_systems_have_clocks_of_their_own() -> None:
    true = place(50.0, 10.0, 100.0)
    rows, states = made_rows(TWO, at_rest(true), np.zeros(1))
    apart = np.where(rows.constellation_of[rows.satellite_of] == 1, 4e5, -2e5)
    assert np.linalg.norm(linked(with_range(rows, apart), states).position_m - true) < TROPOSPHERE_M


@pytest.mark.parametrize("n_faults", [1, 2, 3])
@pytest.mark.parametrize("size_m", [300.0, 20e3, -3e5, 5e6])
def test_gross_faults_do_not_move_the_start(n_faults: int, size_m: float) -> None:
    """One to three satellites of some twenty are wrong by as much, at the very first epoch: nothing before it can help."""
    true = place(-35.0, 149.0, 600.0)
    rows, states = made_rows(TWO, at_rest(true), np.zeros(1))
    rng = np.random.default_rng(n_faults)
    for _ in range(10):
        error = np.zeros(len(rows.sat))
        error[rng.choice(len(error), n_faults, replace=False)] = size_m * np.linspace(1.0, 1.7, n_faults)
        assert np.linalg.norm(linked(with_range(rows, error), states).position_m - true) < TROPOSPHERE_M


def test_gross_faults_of_either_code_are_marked_and_low_satellites_are_not() -> None:
    """An ionosphere of 60 m at the horizon is no fault, 200 m are."""
    rows, states = made_rows(TWO, at_rest(place(5.0, 10.0, 100.0)), np.arange(2) * 30.0)
    clean = linked(rows, states)
    ionosphere = 20.0 / np.sin(np.maximum(clean.elevation_rad, 0.34))
    error = np.stack([ionosphere, 1.8 * ionosphere], axis=1)
    assert (linked(with_range(rows, error), states).state == USED).all()
    error[3] += 250.0
    error[7, 1] -= 250.0
    found = linked(with_range(rows, error), states)
    assert np.flatnonzero(found.state == OUTLIER).tolist() == [3, 7]


def test_too_few_satellites_give_no_position_and_no_crash() -> None:
    true = place(50.0, 10.0, 100.0)
    rows, states = made_rows(TWO[:1], at_rest(true), np.arange(2) * 30.0)
    states.flag[rows.epoch_of == 0] = 1
    states.flag[np.flatnonzero(rows.epoch_of == 0)[:3]] = 0
    found = linked(rows, states)
    assert np.isnan(found.position_m[0]).all()
    assert np.linalg.norm(found.position_m[1] - true) < TROPOSPHERE_M
    # without a position nothing is seen in any direction, so nothing of the epoch is used
    assert (found.state[(rows.epoch_of == 0) & (states.flag == 0)] == NO_POSITION).all()


def test_an_epoch_of_the_wrong_day_does_not_spoil_the_next() -> None:
    """The last good start is tried first; where it does not lead home the centre of the Earth is."""
    near, far = place(50.0, 10.0, 100.0), place(-50.0, -170.0, 0.0)
    rows, states = made_rows(TWO, lambda t: np.where((t < 15.0)[..., None], near, far), np.array([0.0, 30.0]))
    start = linked(rows, states).position_m
    assert np.linalg.norm(start - np.array([near, far]), axis=1).max() < TROPOSPHERE_M


def test_no_rows_at_all() -> None:
    rows, states = made_rows(TWO, at_rest(place(50.0, 10.0, 100.0)), np.arange(2) * 30.0, mask_deg=89.9)
    assert not len(rows.sat)
    found = linked(rows, states, LinkOptions(0.1, "full-arc"))
    assert np.isnan(found.position_m).all() and found.z_m.shape == (0, 2)


def test_state_says_why() -> None:
    rows, states = made_rows(TWO, at_rest(place(50.0, 10.0, 100.0)), np.zeros(1), mask_deg=1.0)
    states.flag[0] = 2
    code = rows.code_m.copy()
    code[1] = np.nan
    states.flag[1] = 16  # orbits cannot tell when a signal left whose travel time is unknown
    code[2, 1] = np.nan
    found = linked(replace(rows, code_m=code), states, LinkOptions(np.radians(15.0), "none"))
    low = (found.elevation_rad < np.radians(15.0)) & (np.arange(len(rows.sat)) > 1)
    assert low.sum() > 3
    assert found.state[0] == NO_ORBIT and found.state[1] == NO_CODE
    assert (found.state[low] == BELOW_MASK).all()
    # one code is enough
    assert found.state[2] == (BELOW_MASK if low[2] else USED)
    assert [REASONS[i] for i in (USED, BELOW_MASK, NO_ORBIT, NO_CODE)] == [
        "used",
        "below the elevation mask",
        "no usable orbit or clock",
        "no code",
    ]


def test_range_has_sagnac_and_troposphere_only() -> None:
    """What is left of a perfect code is minus the troposphere: the same in every direction but for its mapping."""
    latitude, longitude = 35.0, 110.0
    true = place(latitude, longitude, 0.0)
    rows, states = made_rows(TWO, at_rest(true), np.arange(40) * 600.0, mask_deg=10.0)
    found = linked(rows, states)
    # take the start's own error out through the direction cosines, with exact lines from the truth
    axes = enu_axes(latitude, longitude)
    error = (found.position_m - true) @ axes.T
    left = found.z_m[:, 0] - np.sum(found.line * error[rows.epoch_of], axis=1)
    zenith = left * np.sin(found.elevation_rad)
    # a climatological zenith delay at sea level is 2.3 to 2.6 m; Niell and 1/sin differ by 5 % at 10 deg. Sagnac reaches 37 m: unmodelled
    # (or with the wrong sign) it would scatter these by metres.
    high = found.elevation_rad > np.radians(20.0)
    assert zenith[high].min() > -2.65 and zenith[high].max() < -2.25
    assert np.std(zenith[high]) < 0.03


def test_lines_point_to_the_satellites() -> None:
    latitude, longitude = -12.0, 77.0
    rows, states = made_rows(TWO, at_rest(place(latitude, longitude, 200.0)), np.zeros(1))
    found = linked(rows, states)
    toward = states.position_m - place(latitude, longitude, 200.0)
    expected = toward @ enu_axes(latitude, longitude).T / np.linalg.norm(toward, axis=1, keepdims=True)
    # the Earth turns by 5e-6 rad in flight, and the start is metres off
    assert np.abs(found.line - expected).max() < 1e-5
    assert np.allclose(np.sin(found.elevation_rad), found.line[:, 2], atol=1e-12)
    assert np.allclose(np.tan(found.azimuth_rad) * found.line[:, 1], found.line[:, 0], atol=1e-9)


def test_weaker_signals_and_lower_satellites_weigh_less() -> None:
    rows, states = made_rows(TWO[:1], at_rest(place(50.0, 10.0, 100.0)), np.zeros(1))
    strong = linked(rows, states)
    order = np.argsort(strong.elevation_rad)
    assert (np.diff(strong.variance_m2[order, 1]) <= 1e-12).all()
    weak = linked(replace(rows, cn0_dbhz=np.full((len(rows.sat), 2), 35.0)), states)
    assert (weak.variance_m2[:, 1] > strong.variance_m2[:, 1]).all()
    assert (weak.variance_m2[:, 0] == strong.variance_m2[:, 0]).all()


def test_a_message_that_calls_itself_bad_weighs_less_within_bounds() -> None:
    rows, states = made_rows(TWO[1:], at_rest(place(50.0, 10.0, 100.0)), np.zeros(1))
    states.accuracy_m[:] = 2.0
    states.accuracy_m[0], states.accuracy_m[1] = 8.0, 6144.0
    sigma = np.sqrt(linked(rows, states).variance_m2[:, 0])
    assert sigma[0] / sigma[2] == pytest.approx(4.0)
    assert sigma[1] / sigma[2] == pytest.approx(10.0)


def test_elevation_table_goes_to_the_code_before_an_arc_is_levelled() -> None:
    """Levelled codes are phase and a constant; only codes that were corrected before have the right one, and no bend along the arc."""
    rows, states = made_rows((Walker("C"),), at_rest(place(50.0, 10.0, 100.0)), np.arange(120) * 120.0)
    table = np.array([-0.47, -0.38, -0.32, -0.23, -0.11, 0.06, 0.34, 0.69, 0.97, 1.05])
    up = linked(rows, states).elevation_rad
    mine = np.isin(rows.sat, [6711, 6712, 6714])
    assert mine.sum() > 20
    error = np.where(mine, -np.interp(np.degrees(up), np.arange(0.0, 91.0, 10.0), table), 0.0)
    biased = replace(rows, code_m=rows.code_m + np.stack([error, np.zeros(len(error))], axis=1), phase_m=rows.code_m.copy())
    levelled, plain = linked(biased, states, LinkOptions(0.0, "full-arc")), linked(biased, states)
    assert (levelled.arc[mine] >= 0).all()
    # the elevation that the table is read at is that of the start, metres off: micrometres of table
    assert np.abs((levelled.z_m - plain.z_m)[mine, 0]).max() < 1e-4
