from __future__ import annotations

import erfa
import numpy as np
import pytest

from armillary.navigation.simulation import earth, motion

J2000 = 2451545.0


@pytest.fixture(scope="module")
def orbits() -> tuple[np.ndarray, np.ndarray]:
    """Circular states at navigation heights, many inclinations."""
    a = np.linspace(25.4e6, 42.2e6, 12)
    u, i = np.linspace(0.0, 6.0, 12), np.linspace(0.0, 1.2, 12)
    speed = np.sqrt(earth.MU_M3_S2 / a)
    along = np.stack([-np.sin(u), np.cos(u) * np.cos(i), np.cos(u) * np.sin(i)], axis=-1)
    out = np.stack([np.cos(u), np.sin(u) * np.cos(i), np.sin(u) * np.sin(i)], axis=-1)
    return a[:, None] * out, speed[:, None] * along


def test_there_and_back_returns_to_the_start(orbits: tuple[np.ndarray, np.ndarray]) -> None:
    r0, v0 = orbits
    there = motion.integrate(r0, v0, days_since_j2000=9300.0, from_s=0.0, to_s=86_400.0)
    r1, v1 = (x[0] for x in there.state(np.array([86_400.0])))
    back = motion.integrate(r1, v1, days_since_j2000=9301.0, from_s=-86_400.0, to_s=0.0)
    # Rounding of 48 hourly segments.
    assert np.abs(back.state(np.array([-86_400.0]))[0][0] - r0).max() < 1e-4


@pytest.mark.slow
def test_matches_a_classical_integrator(orbits: tuple[np.ndarray, np.ndarray]) -> None:
    """Runge-Kutta of fourth order at 10 s over an hour errs by about a tenth of a millimetre at these heights."""
    r, v = orbits
    got = motion.integrate(r, v, days_since_j2000=9300.0, from_s=0.0, to_s=3600.0).state(np.array([3600.0]))

    def rate(t: float, state: np.ndarray) -> np.ndarray:
        pull = motion._acceleration(state[None, :, :3], np.array([9300.0 + t / 86_400.0]))[0]
        return np.concatenate([state[:, 3:], pull], axis=1)

    y, h = np.concatenate([r, v], axis=1), 10.0
    for k in range(360):
        t = k * h
        k1 = rate(t, y)
        k2 = rate(t + h / 2, y + h / 2 * k1)
        k3 = rate(t + h / 2, y + h / 2 * k2)
        k4 = rate(t + h, y + h * k3)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    assert np.abs(got[0][0] - y[:, :3]).max() < 1e-3
    assert np.abs(got[1][0] - y[:, 3:]).max() < 1e-6


def test_acceleration_is_the_gradient_of_the_potential(orbits: tuple[np.ndarray, np.ndarray]) -> None:
    r = orbits[0]

    def potential(p: np.ndarray) -> np.ndarray:
        radius = np.linalg.norm(p, axis=-1)
        sine2 = (p[..., 2] / radius) ** 2
        return earth.MU_M3_S2 / radius * (1.0 - earth.J2 * (earth.EARTH_RADIUS_M / radius) ** 2 * (1.5 * sine2 - 0.5))

    step = 100.0
    gradient = np.stack([(potential(r + step * e) - potential(r - step * e)) / (2.0 * step) for e in np.eye(3)], axis=-1)
    days = np.array([9300.0])
    got = motion._acceleration(r[None], days)[0] - motion.attraction_of_sun_and_moon(r[None], days)[0]
    # Differences of a potential of 1.6e7 m2/s2 over 200 m keep 1e-11 m/s2.
    assert np.abs(got - gradient).max() < 1e-10


def test_node_turns_at_the_secular_rate_of_oblateness(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(motion, "_SUN_MU", 0.0)
    monkeypatch.setattr(motion, "_MOON_MU", 0.0)
    a, i = 25_508e3, np.radians(64.8)
    speed = np.sqrt(earth.MU_M3_S2 / a)
    r0, v0 = np.array([[a, 0.0, 0.0]]), speed * np.array([[0.0, np.cos(i), np.sin(i)]])
    track = motion.integrate(r0, v0, days_since_j2000=9300.0, from_s=0.0, to_s=5 * 86_400.0)
    r, v = track.state(np.arange(0.0, 5 * 86_400.0, 600.0))
    h = np.cross(r[:, 0], v[:, 0])
    rate = np.polyfit(np.arange(len(h)) * 600.0, np.unwrap(np.arctan2(h[:, 0], -h[:, 1])), 1)[0]
    expected = -1.5 * np.sqrt(earth.MU_M3_S2 / a**3) * earth.J2 * (earth.EARTH_RADIUS_M / a) ** 2 * np.cos(i)
    # First-order theory, and five days do not average the short periods fully.
    assert rate == pytest.approx(expected, rel=0.02)


def test_times_beyond_the_span_are_refused(orbits: tuple[np.ndarray, np.ndarray]) -> None:
    track = motion.integrate(*orbits, days_since_j2000=9300.0, from_s=0.0, to_s=3600.0)
    with pytest.raises(ValueError, match="covers 0"):
        track.state(np.array([3700.0, 8000.0]))


@pytest.mark.parametrize("days", [0.25, 4321.0, 9300.5])
def test_sun_and_moon_stand_where_erfa_has_them(days: float) -> None:
    def angle(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.degrees(np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))))

    _, barycentric = erfa.epv00(J2000, days)
    heliocentric, _ = erfa.epv00(J2000, days)
    del barycentric
    moon = erfa.moon98(J2000, days)["p"]
    # Of date against J2000: precession moves the equinox by 0.36 degrees until 2025.
    assert angle(earth.sun_position_m(days)[0], -heliocentric["p"]) < 0.45
    assert angle(earth.moon_position_m(days)[0], moon) < 0.8
    au = 1.495978707e11
    assert np.linalg.norm(earth.moon_position_m(days)[0]) == pytest.approx(np.linalg.norm(moon) * au, rel=0.005)


def test_rotation_angle_is_that_of_erfa() -> None:
    got = earth.rotation_angle_rad(9300.3, 5000.0)
    expected = erfa.era00(J2000, 9300.3 + 5000.0 / 86_400.0)
    # The rate is held constant: 1e-8 rad over hours.
    assert np.angle(np.exp(1j * (got - expected))) == pytest.approx(0.0, abs=1e-8)


def test_geodetic_position_is_that_of_erfa() -> None:
    for latitude, longitude, height in ((0.5, 2.0, 50.0), (-1.2, -3.0, 4000.0), (1.57, 0.1, -20.0)):
        assert np.abs(earth.position_m(latitude, longitude, height) - erfa.gd2gc(1, longitude, latitude, height)).max() < 1e-8
