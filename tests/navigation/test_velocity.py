"""Velocities from Doppler, against range rates differentiated numerically from exact light times."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.navigation.links import OUTLIER, LinkOptions, Links, link
from armillary.navigation.velocity import doppler_velocity, range_rates
from tests.navigation.made_sky import LIGHT, Floats, Walker, enu_axes, made_rows, place

HERE = (48.0, 11.0, 500.0)
TWO = (Walker("E", turn_deg=20.0), Walker("G", inclination_deg=55.0, planes=6))


def moving(velocity_m_s: Floats, n_epochs: int = 2) -> tuple[Links, Floats]:
    """Links of a receiver in steady motion, and its exact range rates."""
    start = place(*HERE)
    rows, states = made_rows(TWO, lambda t: start + np.asarray(t)[..., None] * velocity_m_s, np.arange(n_epochs) * 1.0)
    made = link(rows, states, np.zeros((len(rows.sat), 2)), LinkOptions(np.radians(5.0), "none"), np.zeros(3))
    return made, states.true_range_rate


def with_doppler(links: Links, rate_m_s: Floats) -> Links:
    return replace(links, rows=replace(links.rows, doppler_m_s=rate_m_s))


def velocity_of(links: Links) -> Floats:
    return doppler_velocity(links, links.state, range_rates(links))


@pytest.mark.parametrize("enu_m_s", [(0.0, 0.0, 0.0), (30.0, -20.0, 0.5), (-250.0, 100.0, 15.0)])
def test_motion_comes_back(enu_m_s: tuple[float, float, float]) -> None:
    true = np.array(enu_m_s) @ enu_axes(*HERE[:2])
    links, rate = moving(true)
    # the start is 10 m off, which turns lines of sight by 4e-7 rad: 2 mm/s of 4 km/s. The Sagnac term of the receiver's own motion,
    # omega r v / c, is 0.4 mm/s at 250 m/s and is left out.
    assert np.abs(velocity_of(with_doppler(links, rate)) - true).max() < 5e-3


def test_a_receiver_at_rest_has_no_range_rate_left() -> None:
    """Without the rate of the Sagnac term up to 2 cm/s would remain, with the wrong sign 4."""
    links, rate = moving(np.zeros(3))
    assert np.abs(range_rates(with_doppler(links, rate))).max() < 4e-3


def test_clock_drifts_of_receiver_and_satellites() -> None:
    links, rate = moving(np.zeros(3))
    drift = 1e-9 * np.cos(links.rows.satellite_of)
    measured = rate + LIGHT * (2e-7 - drift)
    links = replace(with_doppler(links, measured), clock_drift_s_s=drift)
    assert np.abs(velocity_of(links)).max() < 5e-3


def test_one_wrong_doppler_per_epoch_is_left_out() -> None:
    """Also where every epoch of the file has one."""
    links, rate = moving(np.zeros(3), 20)
    rate = rate.copy()
    rate[links.rows.satellite_of == links.rows.satellite_of[3]] += 50.0
    assert np.abs(velocity_of(with_doppler(links, rate))).max() < 0.05


def test_several_wrong_dopplers_now_and_then_are_left_out() -> None:
    links, rate = moving(np.zeros(3), 20)
    rate = rate.copy()
    for e in (0, 7):
        rate[links.rows.offsets[e] : links.rows.offsets[e + 1] : 6] += 50.0
    assert np.abs(velocity_of(with_doppler(links, rate))).max() < 0.05


def test_noise_is_averaged_over_satellites() -> None:
    true = np.array([5.0, -3.0, 2.0])
    links, rate = moving(true, 200)
    noise = np.random.default_rng(1).normal(0.0, 0.03, len(rate)) / np.sin(links.elevation_rad)
    error = velocity_of(with_doppler(links, rate + noise)) - true
    # 16 satellites: PDOP about 1.7 with unit weights, noise 3 cm/s at the zenith
    assert 0.01 < np.sqrt(np.mean(error**2)) < 0.08


def test_no_velocity_without_enough_dopplers() -> None:
    links, rate = moving(np.zeros(3))
    assert np.isnan(velocity_of(links)).all()
    few = np.full(len(rate), np.nan)
    few[:4] = rate[:4]
    assert np.isnan(velocity_of(with_doppler(links, few))).all()
    state = np.full(len(rate), OUTLIER, np.uint8)
    assert np.isnan(doppler_velocity(links, state, rate)).all()


def test_an_epoch_without_a_position_has_no_velocity() -> None:
    links, rate = moving(np.zeros(3))
    position = links.position_m.copy()
    position[1] = np.nan
    found = velocity_of(replace(with_doppler(links, rate), position_m=position))
    assert np.isfinite(found[0]).all() and np.isnan(found[1]).all()


def test_phase_tells_the_velocity_where_there_is_no_doppler() -> None:
    """Half the difference of the phases of the epochs before and after, within an arc: not at its ends."""
    true = np.array([30.0, -20.0, 0.5]) @ enu_axes(*HERE[:2])
    start = place(*HERE)
    rows, states = made_rows(TWO, lambda t: start + np.asarray(t)[..., None] * true, np.arange(5) * 1.0)
    smoothed = LinkOptions(np.radians(5.0), "full-arc")
    made = link(replace(rows, phase_m=rows.code_m + 1000.0), states, np.zeros((len(rows.sat), 2)), smoothed, np.zeros(3))
    found = velocity_of(made)
    assert np.isnan(found[[0, 4]]).all()
    assert np.abs(found[1:4] - true).max() < 5e-3


@pytest.mark.parametrize("step_s", [1.0, 30.0])
def test_phase_tells_the_velocity_without_looking_ahead(step_s: float) -> None:
    """The mean velocity of the step that ends here; changing what follows changes nothing."""
    true = np.array([3.0, -2.0, 0.5]) @ enu_axes(*HERE[:2])
    start = place(*HERE)
    rows, states = made_rows(TWO, lambda t: start + np.asarray(t)[..., None] * true, np.arange(5) * step_s)
    smoothed = LinkOptions(np.radians(5.0), "causal")

    def found(phase_m: Floats) -> Floats:
        made = link(replace(rows, phase_m=phase_m), states, np.zeros((len(rows.sat), 2)), smoothed, np.zeros(3))
        return doppler_velocity(made, made.state, range_rates(made, ahead=False))

    now = found(rows.code_m + 1000.0)
    assert np.isnan(now[0]).all()
    # the trapezium over 30 s leaves 2 mm/s of the third derivative of the range, the start's 10 m another 2
    assert np.abs(now[1:] - true).max() < 1e-2
    later = rows.code_m + np.where(rows.epoch_of == 4, 1003.0, 1000.0)[:, None]
    assert np.array_equal(found(later)[:4], now[:4], equal_nan=True)
