from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.epochs import Epochs
from armillary.core.frames import FRAMES, PendingTieWarning, frame, helmert_ties, path, transform
from armillary.core.geodesy import ELLIPSOIDS
from armillary.core.scales import from_calendar
from armillary.errors import InputError, OutOfRangeError

EARTH_FIXED = sorted(name for name, f in FRAMES.items() if not f.celestial)
YEAR_S = 365.25 * 86400


def at_year(year: float) -> Epochs:
    return from_calendar(2000, 1, 1, 12, scale="TT").shifted((year - 2000) * YEAR_S)


def moved(point: list[float], source: str, target: str, year: float) -> np.ndarray:
    return transform(point, source=source, target=target, epochs=at_year(year)).position_m - point


def test_itrf2020_to_itrf2014_at_its_epoch() -> None:
    # IERS: T = -1.4 -0.9 1.4 mm, D = -0.42 ppb at 2015.0; rates 0 -0.1 0.2 mm/yr.
    expected = np.array([-1.4e-3 - 0.42e-9 * 6378137, -0.9e-3, 1.4e-3])
    assert moved([6378137, 0, 0], "ITRF2020", "ITRF2014", 2015) == pytest.approx(expected, abs=2e-9)  # rounding of the coordinate
    assert moved([0, 0, 6.4e6], "ITRF2020", "ITRF2014", 2025)[1:] == pytest.approx([-1.9e-3, 3.4e-3 - 0.42e-9 * 6.4e6], abs=2e-9)


def test_published_chains_close() -> None:
    # ITRF2020 -> ITRF2008 as published, against ITRF2020 -> ITRF2014 -> ITRF2008: independent tables, given to 0.1 mm and 0.01 ppb.
    for year in (2010.0, 2015.0, 2020.0):
        for point in ([6.4e6, 0, 0], [0, 6.4e6, 0], [0, 0, 6.4e6]):
            direct = moved(point, "ITRF2020", "ITRF2008", year)
            middle = moved(point, "ITRF2020", "ITRF2014", year)
            chain = middle + moved((np.array(point) + middle).tolist(), "ITRF2014", "ITRF2008", year)
            assert direct == pytest.approx(chain, abs=0.6e-3)


def test_pz90_11_to_itrf2008_has_the_sign_of_epsg_7960() -> None:
    # Coordinate frame rotation: X' = X + T + (rz Y - ry Z, ...). At 6378 km 0.042 mas is 1.3 mm.
    mas = np.pi / 648_000_000
    x, y, z = point = np.array([1.0e6, 2.0e6, 6.0e6])
    rx, ry, rz = 0.019 * mas, -0.042 * mas, 0.002 * mas
    expected = np.array([-0.003 + rz * y - ry * z, -0.001 - rz * x + rx * z, ry * x - rx * y])
    assert moved(point.tolist(), "PZ-90.11", "ITRF2008", 2010) == pytest.approx(expected, abs=2e-9)
    assert np.linalg.norm(moved([25.5e6, 0, 0], "PZ-90.11", "ITRF2008", 2010)) == pytest.approx(0.0063, abs=0.0015)  # 3 mm and 0.042 mas at 25,500 km


@given(
    st.sampled_from(EARTH_FIXED),
    st.sampled_from(EARTH_FIXED),
    st.tuples(*[st.floats(-4.3e7, 4.3e7)] * 3),
    st.floats(1990, 2026),
)
def test_every_pair_goes_there_and_back(source: str, target: str, point: tuple[float, float, float], year: float) -> None:
    velocity = np.array([10.0, -3000.0, 4.0])
    there = transform(point, source=source, target=target, epochs=at_year(year), velocity_m_s=velocity)
    back = transform(there.position_m, source=target, target=source, epochs=at_year(year), velocity_m_s=there.velocity_m_s)
    assert np.abs(back.position_m - np.array(point)).max() < 1e-7  # 1 ulp is 7.5e-9 m, up to six steps
    assert back.velocity_m_s is not None
    assert np.abs(back.velocity_m_s - velocity).max() < 1e-11


def test_velocity_is_the_derivative_of_position() -> None:
    point, velocity = np.array([6.4e6, 1e6, -2e6]), np.array([0.02, -0.01, 0.015]) / YEAR_S
    step = 10.0
    late, early = (
        transform(point + sign * step * YEAR_S * velocity, source="ITRF2000", target="ITRF2020", epochs=at_year(2010 + sign * step)).position_m
        for sign in (1, -1)
    )
    state = transform(point, source="ITRF2000", target="ITRF2020", epochs=at_year(2010), velocity_m_s=velocity)
    assert state.velocity_m_s is not None
    assert state.velocity_m_s * YEAR_S == pytest.approx((late - early) / (2 * step), abs=1e-9)  # 2 nm of rounding over 20 years


def test_equal_frames_do_not_move_a_bit() -> None:
    point = np.array([1234567.891, -4e6, 5e6])
    for source, target in (("IGS20", "ITRF2020"), ("WGS84", "ITRF2020"), ("BDCS", "ITRF2014"), ("GTRF", "GTRF")):
        assert np.array_equal(transform(point, source=source, target=target, epochs=at_year(2020)).position_m, point)


def test_every_tie_has_a_source_and_a_known_status() -> None:
    for tie in helmert_ties():
        assert tie.status in ("published", "aligned", "pending")
        assert tie.reference
        assert tie.accuracy_m > 0
        assert {tie.source, tie.target} <= set(FRAMES)
        assert tie.is_null == (tie.status == "aligned")


def test_pending_ties_are_not_used_while_sourced_ones_serve() -> None:
    assert all(step.status != "pending" for a in FRAMES for b in FRAMES for step in path(a, b))
    pending = [tie for tie in helmert_ties() if tie.status == "pending"]
    assert [(tie.source, tie.target) for tie in pending] == [("PZ-90.11", "ITRF2014")]


def test_a_pending_tie_that_must_serve_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    from armillary.core import frames

    only = tuple(tie for tie in helmert_ties() if tie.status == "pending")
    monkeypatch.setattr(frames, "helmert_ties", lambda: only)
    frames._edges.cache_clear()
    frames.path.cache_clear()
    try:
        with pytest.warns(PendingTieWarning, match="ICG-13"):
            transform([25e6, 0, 0], source="PZ-90.11", target="ITRF2014", epochs=at_year(2020))
        with pytest.raises(InputError, match="nothing connects"):
            path("BDCS", "ITRF2014")
    finally:
        frames._edges.cache_clear()
        frames.path.cache_clear()


def test_spellings_and_ellipsoids() -> None:
    assert frame("wgs 84").name == "WGS84"
    assert frame("ITR20").name == "ITRF2020"
    assert frame(" IGb14 ").name == "IGb14"
    assert frame("PZ-90.11").ellipsoid is ELLIPSOIDS["PZ-90.11"]
    with pytest.raises(InputError, match=r"'NAD27'.*ITRF2020"):
        frame("NAD27")
    with pytest.raises(InputError, match="NAD27"):
        transform([0, 0, 0], source="NAD27", target="GCRF", epochs=at_year(2020))


def test_celestial_frames_need_earth_orientation_and_terrestrial_ones_do_not() -> None:
    far = from_calendar(2100, 1, 1, scale="GPST")
    transform([6.4e6, 0, 0], source="PZ-90.11", target="ITRF2020", epochs=far)
    with pytest.warns(UserWarning, match="leap-second table"), pytest.raises(OutOfRangeError, match="Earth orientation table"):
        transform([6.4e6, 0, 0], source="PZ-90.11", target="GCRF", epochs=far)


def test_shapes_follow_the_position() -> None:
    epochs = Epochs(at_year(2020).tai_ns + np.arange(4))
    assert transform(np.ones((4, 3)), source="PZ-90.11", target="GCRF", epochs=epochs).position_m.shape == (4, 3)
    assert transform(np.ones((6, 4, 3)), source="PZ-90.11", target="GCRF", epochs=epochs).position_m.shape == (6, 4, 3)
    for target in ("PZ-90.11", "ITRF2008", "GCRF"):
        assert transform(np.ones((6, 3)), source="PZ-90.11", target=target, epochs=epochs[0:1]).position_m.shape == (6, 3)
        assert transform(np.ones(3), source="PZ-90.11", target=target, epochs=epochs[0:1]).position_m.shape == (3,)
        assert transform(np.ones(3), source="PZ-90.11", target=target, epochs=epochs).position_m.shape == (4, 3)
    none = Epochs(np.empty(0, np.int64))
    assert transform(np.empty((0, 3)), source="PZ-90.11", target="GCRF", epochs=none).position_m.shape == (0, 3)
