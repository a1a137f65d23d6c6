from __future__ import annotations

import erfa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.geodesy import ELLIPSOIDS, GRS80, WGS84, azimuth_elevation, enu_rotation, from_enu, from_geodetic, to_enu, to_geodetic

latitudes = st.floats(-np.pi / 2, np.pi / 2)
longitudes = st.floats(-np.pi, np.pi)


@given(latitudes, longitudes, st.floats(-6.3e6, 5e7), st.sampled_from(sorted(ELLIPSOIDS)))
def test_round_trip_anywhere(latitude: float, longitude: float, height: float, name: str) -> None:
    ellipsoid = ELLIPSOIDS[name]
    position = from_geodetic(latitude, longitude, height, ellipsoid)
    again = from_geodetic(*to_geodetic(position, ellipsoid), ellipsoid)
    # Below 5.5e7 m one unit in the last place is 7.5e-9 m; the way there and back adds a few of them.
    tolerance = 4e-9 if height < 1e6 else 3e-8
    assert np.abs(again - position).max() <= tolerance


@given(st.tuples(*[st.floats(-5e7, 5e7)] * 3))
def test_any_point_comes_back_and_height_is_the_distance_to_the_foot(point: tuple[float, float, float]) -> None:
    place = to_geodetic(point)
    assert np.abs(from_geodetic(*place) - np.array(point)).max() <= 4e-8
    foot = from_geodetic(place.latitude_rad, place.longitude_rad, 0.0)
    assert np.linalg.norm(foot - np.array(point)) == pytest.approx(abs(float(place.height_m)), abs=4e-8)


def test_agrees_with_erfa_near_the_surface() -> None:
    rng = np.random.default_rng(2)
    latitude, longitude, height = rng.uniform(-np.pi / 2, np.pi / 2, 5000), rng.uniform(-np.pi, np.pi, 5000), rng.uniform(-1e4, 9e3, 5000)
    for number, ellipsoid in ((1, WGS84), (2, GRS80)):
        position = from_geodetic(latitude, longitude, height, ellipsoid)
        # Two units in the last place of an Earth radius.
        assert np.abs(position - erfa.gd2gc(number, longitude, latitude, height)).max() < 2e-9
        lon, lat, h = erfa.gc2gd(number, position)
        place = to_geodetic(position, ellipsoid)
        assert np.abs(place.height_m - h).max() < 5e-9
        assert np.abs(place.latitude_rad - lat).max() * 6.4e6 < 5e-9
        assert np.abs(place.longitude_rad - lon).max() < 1e-15


@pytest.mark.parametrize(
    ("point", "latitude_deg", "height_m"),
    [
        ((0, 0, 6356752.314245179), 90, 0),
        ((0, 0, -6356752.314245179 - 1000), -90, 1000),
        ((-6378137, 0, 0), 0, 0),
        ((0, 42164e3, 0), 0, 42164e3 - 6378137),
        ((0, 0, 0), 90, -6356752.314245179),
        ((0, 0, -5), -90, -6356747.314245179),
        ((3e6, 0, 0), 0, 3e6 - 6378137),
    ],
)
def test_poles_equator_and_centre(point: tuple[float, float, float], latitude_deg: float, height_m: float) -> None:
    place = to_geodetic(point)
    assert np.degrees(place.latitude_rad) == pytest.approx(latitude_deg, abs=1e-14)
    assert place.height_m == pytest.approx(height_m, abs=2e-9)


def test_published_ellipsoid_shape() -> None:
    # NGA.STND.0036: semi-minor axis 6356752.3142 m, first eccentricity squared 6.694379990141e-3.
    assert WGS84.semi_minor_axis_m == pytest.approx(6356752.3142, abs=5e-5)
    assert WGS84.eccentricity_squared == pytest.approx(6.694379990141e-3, abs=1e-15)
    # Moritz 2000: GRS80 semi-minor axis 6356752.3141 m.
    assert GRS80.semi_minor_axis_m == pytest.approx(6356752.3141, abs=5e-5)


@given(latitudes, longitudes)
def test_local_axes_are_a_right_handed_frame(latitude: float, longitude: float) -> None:
    rotation = enu_rotation(latitude, longitude)
    assert np.abs(rotation @ rotation.T - np.eye(3)).max() < 1e-15
    assert np.linalg.det(rotation) == pytest.approx(1, abs=1e-15)
    step = from_geodetic(latitude, longitude, 1.0) - from_geodetic(latitude, longitude, 0.0)
    assert rotation @ step == pytest.approx([0, 0, 1], abs=4e-9)


@given(latitudes, longitudes, st.tuples(*[st.floats(-1e7, 1e7)] * 3))
def test_enu_round_trip(latitude: float, longitude: float, vector: tuple[float, float, float]) -> None:
    origin = from_geodetic(latitude, longitude, 100.0)
    assert from_enu(to_enu(vector, origin_m=origin), origin_m=origin) == pytest.approx(np.array(vector), abs=1e-8)


def test_azimuth_and_elevation_of_known_directions() -> None:
    station = from_geodetic(np.radians(55), np.radians(37), 150.0)
    local = np.array([[0, 1, 0], [1, 0, 0], [0, -1, 0], [-1, 0, 0], [0, 0, 1], [1, 1, np.sqrt(2)]]) * 1e6
    seen = azimuth_elevation(station + from_enu(local, origin_m=station), station)
    assert np.degrees(seen.azimuth_rad[:4]) % 360 == pytest.approx([0, 90, 180, 270], abs=1e-9)
    assert np.degrees(seen.elevation_rad) == pytest.approx([0, 0, 0, 0, 90, 45], abs=1e-9)
    assert seen.distance_m == pytest.approx(np.linalg.norm(local, axis=1), rel=1e-14)


def test_one_epoch_of_satellites_seen_from_many_stations() -> None:
    satellites, stations = np.full((7, 1, 3), 26e6), from_geodetic(np.linspace(-1, 1, 5), 0.5, 0.0)
    assert azimuth_elevation(satellites, stations).elevation_rad.shape == (7, 5)


def test_geostationary_elevation_from_the_textbook() -> None:
    # Satellite and station on one meridian: tan(elevation) = (cos(g) - R / r) / sin(g) on a sphere; here against the exact triangle.
    for latitude in np.radians([1.0, 30.0, 60.0]):
        station = from_geodetic(latitude, 0.0, 0.0)
        target = np.array([42164e3, 0.0, 0.0])
        up = np.array([np.cos(latitude), 0.0, np.sin(latitude)])
        line = target - station
        expected = np.arcsin(line @ up / np.linalg.norm(line))
        seen = azimuth_elevation(target, station)
        assert float(seen.elevation_rad) == pytest.approx(expected, abs=1e-12)  # arcsin loses half the digits near the zenith
        assert float(seen.azimuth_rad) == pytest.approx(np.pi, abs=1e-12)
