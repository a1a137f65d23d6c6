"""Where a station is modelled from: one place where it stands still, each epoch's own where it moves."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.core.observations import Observations
from armillary.navigation.precise_point import station as module
from armillary.navigation.precise_point import tables
from armillary.navigation.precise_point.estimate import FilterOptions, observed_by, solve
from armillary.navigation.precise_point.station import Corrections, model_station
from armillary.orbits.sp3_table import PreciseOrbit

pytestmark = pytest.mark.real_data

BOTH = federation("glonass+beidou")


@pytest.fixture(scope="module")
def observations(nist_day: Observations) -> Observations:
    start = int(nist_day.epochs.tai_ns[0])
    return nist_day.between(start + 3 * 3_600_000_000_000, start + 5 * 3_600_000_000_000)


def wandering(monkeypatch: pytest.MonkeyPatch, amount_m: float) -> None:
    """Start positions that go away from where the codes say, as of a receiver that moves, with one wild one."""
    found = module.start_positions

    def moved(*arguments: object) -> tuple[np.ndarray, np.ndarray]:
        position, gross = found(*arguments)  # type: ignore[arg-type]
        position = np.nanmedian(position, axis=0) + np.outer(np.linspace(-1.0, 1.0, len(position)), [amount_m, 0.0, 0.0])
        position[50] += 9_000.0
        return position, gross

    monkeypatch.setattr(module, "start_positions", moved)


@pytest.mark.slow
def test_a_receiver_that_stands_still_has_one_place(observations: Observations, orbit: PreciseOrbit) -> None:
    for moving in (False, True):
        rows = model_station(BOTH, observations, orbit, Corrections(moving=moving))
        assert (rows.position_m == rows.position_m[0]).all()
        assert not any("scatter" in note for note in rows.notes)


def test_one_place_is_kept_where_a_position_is_to_be_one_and_the_scatter_is_said(
    observations: Observations, orbit: PreciseOrbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    wandering(monkeypatch, 2_000.0)
    rows = model_station(BOTH, observations, orbit, Corrections())
    assert (rows.position_m == rows.position_m[0]).all()
    assert any("needs --kinematic" in note for note in rows.notes)


def test_where_codes_put_the_start_does_not_matter_to_positions_of_epochs(
    observations: Observations, orbit: PreciseOrbit, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = solve(observed_by(BOTH, model_station(BOTH, observations, orbit, Corrections(moving=True))), FilterOptions(static=False))
    wandering(monkeypatch, 200.0)
    rows = model_station(BOTH, observations, orbit, Corrections(moving=True))
    step = np.linalg.norm(np.diff(rows.position_m, axis=0), axis=1)
    assert 0.5 < np.median(step) < 5.0
    assert step.max() < 20.0  # the wild one went to the middle of its neighbours
    other = solve(observed_by(BOTH, rows), FilterOptions(static=False))
    away = np.linalg.norm(tables.marker_m(plain) - tables.marker_m(other), axis=1)
    # 200 m from the start: 100 m are believed beforehand, which codes and phases outweigh to centimetres; the model is linear to a millimetre
    assert np.nanmedian(away[60:]) < 0.03


def test_wide_lanes_of_bds_2_have_their_bias_by_elevation(nist_day: Observations, orbit: PreciseOrbit) -> None:
    """Codes of BDS-2 MEO stray by a metre from horizon to zenith; without the table (Wanninger & Beer 2015) the wide lane strays by 0.8 cycles."""
    rows = model_station(BOTH, nist_day, orbit, Corrections())
    signals = rows.signals
    strays = []
    for sat in (11, 12, 14):
        mine = (signals.sat == ord("C") * 100 + sat) & rows.usable & (rows.arc >= 0) & np.isfinite(rows.wide_cycles)
        away = rows.wide_cycles[mine] - np.array([np.median(rows.wide_cycles[mine & (rows.arc == arc)]) for arc in rows.arc[mine]])
        degrees = np.degrees(rows.elevation_rad[mine])
        bins = [
            away[(degrees >= low) & (degrees < low + 20.0)].mean() for low in (10.0, 30.0, 50.0) if ((degrees >= low) & (degrees < low + 20.0)).any()
        ]
        strays.append(np.ptp(bins))
    assert max(strays) < 0.2  # raw codes: 0.45 to 0.57


@pytest.mark.parametrize(("far_km", "said"), [(50.0, 0), (400.0, 1)])
def test_tides_of_a_long_track_are_said(far_km: float, said: int) -> None:
    track = np.array([[6.4e6, -1e3 * far_km, 0.0], [6.4e6, 0.0, 0.0], [6.4e6, 1e3 * far_km, 0.0]])
    told = module._far(track, track[1])
    assert len(told) == said and all("400 km" in words and "12 mm" in words for words in told)
