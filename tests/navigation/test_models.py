"""Links of single-frequency and ionosphere-free positioning, and what the priors say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.epochs import Epochs
from armillary.core.scales import from_iso
from armillary.navigation.links import BELOW_MASK, NO_CODE, USED
from armillary.navigation.models import ionosphere_free, single_frequency, uncombined
from tests.navigation.made_links import made_links

TWO = Epochs(from_iso("2023-03-12T04:00:00", "GPST").tai_ns[0] + np.array([0, 30_000_000_000]))
SKY = [(90.0, 0.0), (30.0, 120.0), (45.0, 240.0)]


@given(st.lists(st.floats(0.0, 100.0), min_size=6, max_size=6), st.lists(st.floats(-100.0, 100.0), min_size=6, max_size=6))
def test_ionosphere_free_pairs_do_not_feel_the_ionosphere(slant: list[float], geometry: list[float]) -> None:
    links = made_links(TWO, SKY)
    codes = np.array(geometry)[:, None] + links.k * np.array(slant)[:, None]
    free, prior = ionosphere_free(replace(links, z_m=codes))
    # up to 180 m of delay on the second code, factors up to 2.3
    assert free.z_m[:, 0] == pytest.approx(geometry, abs=1e-10)
    assert np.isnan(free.z_m[:, 1]).all()
    assert (free.k == 0.0).all()
    assert (prior.mean == 0.0).all()


def test_ionosphere_free_noise_is_that_of_the_pair() -> None:
    free, _ = ionosphere_free(made_links(TWO, SKY))
    # L1 and L5: 2.26 and -1.26 times codes of one metre each
    a = 1575.42**2 / (1575.42**2 - 1176.45**2)
    assert free.variance_m2[:, 1] == pytest.approx(a**2 + (1 - a) ** 2)
    assert np.sqrt(free.variance_m2[0, 1]) == pytest.approx(2.59, abs=0.01)
    assert free.rows.signals[0] == ("C1C-C5Q", "")


def test_a_satellite_with_one_signal_has_no_pair() -> None:
    free, _ = ionosphere_free(made_links(TWO, SKY, two=False))
    assert (free.state == NO_CODE).all()


@given(st.lists(st.floats(0.1, 50.0), min_size=6, max_size=6))
def test_single_frequency_takes_the_delay_of_the_model_out(slant: list[float]) -> None:
    links = made_links(TWO, SKY)
    single, prior = single_frequency(replace(links, z_m=links.k * np.array(slant)[:, None]), np.array(slant), error=0.3)
    assert single.z_m[:, 0] == pytest.approx(np.zeros(6), abs=1e-12)
    assert np.isnan(single.z_m[:, 1]).all()
    assert (prior.mean == 0.0).all()
    assert all(second == "" for _, second in single.rows.signals)


def test_the_prior_has_the_size_of_the_error() -> None:
    links = made_links(TWO, SKY)
    vertical = np.repeat([4.0, 8.0], 3)
    for error in (0.15, 0.4):
        _, prior = single_frequency(links, vertical * links.ionosphere[:, 0], error=error)
        # a share of the vertical delay of the epoch, and 0.3 m that no model knows
        assert prior.sigma[:, 0] == pytest.approx(error * np.array([4.0, 8.0]) + 0.3)
        assert (prior.sigma[:, 1:] < prior.sigma[:, :1]).all()


def test_rows_without_a_model_are_left_out() -> None:
    links = made_links(TWO, SKY)
    slant = np.array([1.0, np.nan, 2.0, 1.0, 2.0, 3.0])
    single, prior = single_frequency(links, slant)
    assert (single.state == NO_CODE).tolist() == np.isnan(slant).tolist()
    assert np.isfinite(prior.sigma).all()


def test_states_given_before_are_kept() -> None:
    links = made_links(TWO, SKY)
    links.state[0] = BELOW_MASK
    single, _ = single_frequency(links, np.full(6, np.nan))
    assert single.state.tolist() == [BELOW_MASK] + [NO_CODE] * 5
    assert links.state.tolist() == [BELOW_MASK] + [USED] * 5


def test_uncombined_takes_a_model_as_a_hint_only() -> None:
    links = made_links(TWO, SKY)
    same, nothing = uncombined(links)
    assert same is links
    _, hint = uncombined(links, 6.0 * links.ionosphere[:, 0])
    assert hint.mean[:, 0] == pytest.approx([6.0, 6.0])
    # wider than the model's own error, narrower than knowing nothing
    assert (hint.sigma[:, 0] > 0.4 * 6.0).all()
    assert (hint.sigma[:, 0] < nothing.sigma[:, 0]).all()
