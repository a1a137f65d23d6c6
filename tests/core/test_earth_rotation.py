from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from armillary.core.earth_orientation import EarthOrientation, OrientationValues
from armillary.core.earth_rotation import celestial_pole, celestial_pole_full, rotation_itrf_to_gcrf, rotation_itrf_to_gcrf_full
from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs
from armillary.core.frames import transform
from armillary.core.reference import Reference
from armillary.core.scales import from_calendar, from_iso
from armillary.errors import OutOfRangeError

ARCSECOND = np.pi / 648_000
GEOSTATIONARY_M = 42_164_000.0


def with_orientation(xp: float, yp: float, ut1: float, dx: float, dy: float, length_excess: float = 0.0) -> Reference:
    """A reference with one published set of Earth orientation (arc seconds, seconds)."""
    values = OrientationValues(*np.array([xp * ARCSECOND, yp * ARCSECOND, ut1, dx * ARCSECOND, dy * ARCSECOND, length_excess]))
    return dataclasses.replace(Reference.builtin(), earth_orientation_table=EarthOrientation.constant(12_000, 15_000, values=values))


def test_sofa_cookbook_celestial_to_terrestrial_matrix() -> None:
    # SOFA Tools for Earth Attitude, 5.5 (IAU 2006/2000A, CIO based): 2007-04-05 12:00 UTC.
    reference = with_orientation(0.0349282, 0.4833163, -0.072073685, 0.0001750, -0.0002259)
    at = from_calendar(2007, 4, 5, 12, scale="UTC")
    published = [
        [+0.973104317697535, +0.230363826239128, -0.000703163482198],
        [-0.230363800456037, +0.973104570632801, +0.000118545366625],
        [+0.000711560162668, +0.000046626403995, +0.999999745754024],
    ]
    assert np.abs(rotation_itrf_to_gcrf_full(at, reference=reference)[0].T - published).max() < 3e-15  # printed to 15 decimals
    assert np.abs(rotation_itrf_to_gcrf(at, reference=reference)[0].T - published).max() < 2e-12  # 0.1 mm at geostationary distance


VALLADO_UTC = "2004-04-06T07:51:28.386009"
VALLADO_ITRF = np.array([-1033.4793830, 7901.2952754, 6380.3565958]) * 1e3, np.array([-3.225636520, -2.872451450, 5.531924446]) * 1e3


def test_vallado_teme_example() -> None:
    # AIAA 2006-6753, appendix C.
    reference = with_orientation(-0.140682, 0.333309, -0.4399619, 0.0, 0.0, 0.0015563)
    at = from_iso(VALLADO_UTC, "UTC")
    position, velocity = VALLADO_ITRF
    state = transform(position, source="ITRF2020", target="TEME", epochs=at, velocity_m_s=velocity, reference=reference)
    assert state.position_m == pytest.approx(np.array([5094.18016210, 6127.64465950, 6380.34453270]) * 1e3, abs=0.02)
    # The printed UT1 is a single Julian date, good to 40 us: 2 cm in position, 2e-5 m/s in velocity.
    assert state.velocity_m_s == pytest.approx(np.array([-4.746131487, 0.785818041, 5.531931288]) * 1e3, abs=2e-5)
    back = transform(state.position_m, source="TEME", target="ITRF2020", epochs=at, velocity_m_s=state.velocity_m_s, reference=reference)
    assert back.position_m == pytest.approx(position, abs=1e-8)
    assert back.velocity_m_s == pytest.approx(velocity, abs=1e-11)


def test_vallado_gcrf_example() -> None:
    # Vallado, Fundamentals of Astrodynamics, example 3-14 (IAU 2000/2006, CIO): positions to 0.1 mm, with dX, dY of the day.
    reference = with_orientation(-0.140682, 0.333309, -0.4399619, -0.000199, -0.000252, 0.0015563)
    at = from_iso(VALLADO_UTC, "UTC")
    state = transform(VALLADO_ITRF[0], source="ITRF2020", target="GCRF", epochs=at, velocity_m_s=VALLADO_ITRF[1], reference=reference)
    assert state.position_m == pytest.approx(np.array([5102.50895290, 6123.01139910, 6378.13693380]) * 1e3, abs=0.02)  # UT1 as above
    # He leaves out the motion of the pole, 8e-12 rad/s on 10,000 km: 8e-5 m/s.
    assert state.velocity_m_s == pytest.approx(np.array([-4.7432201610, 0.7905364950, 5.5337557240]) * 1e3, abs=1.2e-4)


@pytest.mark.slow
def test_fast_path_keeps_a_tenth_of_a_millimetre_at_geostationary_distance() -> None:
    # Two years of odd instants, and one day densely: against the full series at every epoch.
    start = int(from_calendar(2019, 1, 1, scale="UTC").tai_ns[0])
    for tai_ns in (start + np.arange(700) * (NS_PER_DAY + 3_333_333_333_333), start + np.arange(600) * 144 * NS_PER_SECOND):
        epochs = Epochs(tai_ns)
        difference = rotation_itrf_to_gcrf(epochs) - rotation_itrf_to_gcrf_full(epochs)
        assert np.linalg.norm(difference, axis=(1, 2)).max() * GEOSTATIONARY_M < 1e-5  # required 1e-4 m; measured 2e-6 m


def test_rates_of_the_pole_are_derivatives() -> None:
    epochs = from_calendar(2020, np.arange(1, 13), 1, 5, scale="TT")
    step = 600 * NS_PER_SECOND
    late, early = celestial_pole_full(Epochs(epochs.tai_ns + step)), celestial_pole_full(Epochs(epochs.tai_ns - step))
    pole = celestial_pole(epochs)
    # 1e-15 rad/s is 1e-7 m/s at a tenth of the lunar distance; rounding of X over 1200 s gives 1e-19.
    assert pole.x_rate_s == pytest.approx((late.x - early.x) / 1200, abs=1e-15)
    assert pole.y_rate_s == pytest.approx((late.y - early.y) / 1200, abs=1e-15)


def test_velocity_in_gcrf_is_the_derivative_of_position() -> None:
    epochs = from_calendar(2020, np.arange(1, 13), 3, 7, scale="UTC")
    position, velocity = np.array([20e6, -15e6, 30e6]), np.array([150.0, 3000.0, -20.0])
    sides = {}
    for sign in (1, -1):
        moved = position + sign * velocity
        sides[sign] = transform(moved, source="ITRF2020", target="GCRF", epochs=Epochs(epochs.tai_ns + sign * NS_PER_SECOND)).position_m
    state = transform(position, source="ITRF2020", target="GCRF", epochs=epochs, velocity_m_s=velocity)
    # Central difference over 1 s leaves w^3 r / 6 = 3e-6 m/s, and 3 w^2 v / 6.
    assert np.abs((sides[1] - sides[-1]) / 2 - state.velocity_m_s).max() < 2e-5


def test_rotations_are_orthonormal() -> None:
    rotation = rotation_itrf_to_gcrf(from_calendar(2020, np.arange(1, 13), 1, scale="UTC"))
    assert np.abs(rotation @ np.swapaxes(rotation, 1, 2) - np.eye(3)).max() < 1e-15 * 4


def test_through_a_leap_second_the_earth_turns_evenly() -> None:
    start = int(from_iso("2016-12-31T23:59:57", "UTC").tai_ns[0])
    station = np.array([6378137.0, 0.0, 0.0])
    track = transform(station, source="ITRF2020", target="GCRF", epochs=Epochs(start + np.arange(8) * NS_PER_SECOND)).position_m
    steps = np.linalg.norm(np.diff(track, axis=0), axis=1)
    assert np.ptp(steps) < 1e-6  # a step of UT1 by one second would show as 465 m
    assert steps[0] == pytest.approx(7.292115e-5 * 6378137, rel=1e-6)


def test_orientation_outside_the_table_raises_with_a_mask() -> None:
    at = from_calendar([1970 + 2, 2020], 7, 2, scale="UTC")
    with pytest.raises(OutOfRangeError, match="covers 1973-01-02") as caught:
        rotation_itrf_to_gcrf(at)
    assert caught.value.mask is not None and caught.value.mask.tolist() == [True, False]


def test_a_day_of_seconds_is_fast() -> None:
    epochs = Epochs(int(from_calendar(2020, 6, 25, scale="GPST").tai_ns[0]) + np.arange(20_000) * NS_PER_SECOND)
    rotation_itrf_to_gcrf(epochs[:2])
    start = time.process_time()
    rotation_itrf_to_gcrf(epochs)
    assert time.process_time() - start < 0.3  # measured 0.03 s; the full series takes 1.3 s
