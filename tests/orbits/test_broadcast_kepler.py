"""Kepler messages against a plain transcription of the interface documents and between kinds of one satellite."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.navigation_messages import Navigation
from armillary.core.scales import from_week
from armillary.orbits.broadcast import BroadcastOrbit
from tests.orbits.hand_made import navigation, table

LIGHT = 299_792_458.0
ELEMENTS = {
    "sqrt_a_m05": 5282.62,
    "e": 8.2e-3,
    "m0_rad": 1.23,
    "omega_rad": -0.9,
    "omega0_rad": 2.1,
    "i0_rad": 0.96,
    "delta_n_rad_s": 3.7e-9,
    "omega_dot_rad_s": -6.7e-9,
    "idot_rad_s": 3.4e-10,
    "cuc_rad": -2.3e-7,
    "cus_rad": 7.1e-6,
    "crc_m": 223.0,
    "crs_m": -6.8,
    "cic_rad": 5.0e-8,
    "cis_rad": -5.1e-8,
    "clock_bias_s": 7.85e-4,
    "clock_drift_s_s": -1.4e-11,
    "clock_drift_rate_s_s2": 1e-19,
    "health": 0.0,
}
WEEK, TOE_S = 887, 302_400.0
SYSTEMS = [
    ("C", "D1", 20, "BDT", 3.986004418e14, 7.292115e-5),
    ("G", "LNAV", 5, "GPST", 3.986005e14, 7.2921151467e-5),
    ("E", "INAV", 11, "GST", 3.986004418e14, 7.2921151467e-5),
]


def rotation(axis: int, angle: float) -> NDArray[np.float64]:
    """The matrix R_axis(angle) of the interface documents."""
    i, j = (axis + 1) % 3, (axis + 2) % 3
    m = np.eye(3)
    m[i, i] = m[j, j] = np.cos(angle)
    m[i, j], m[j, i] = np.sin(angle), -np.sin(angle)
    return m


def by_the_book(p: dict[str, float], t: float, mu: float, rate: float, geostationary: bool = False) -> tuple[NDArray[np.float64], float]:
    """Position and relativistic clock term, step by step as the interface documents print them; bisection for the anomaly."""
    a = p["sqrt_a_m05"] ** 2 + p.get("a_dot_m_s", 0.0) * t
    n = np.sqrt(mu / p["sqrt_a_m05"] ** 6) + p["delta_n_rad_s"] + 0.5 * p.get("delta_n_dot_rad_s2", 0.0) * t
    m = p["m0_rad"] + n * t
    low, high = m - 1.0, m + 1.0
    for _ in range(80):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if middle - p["e"] * np.sin(middle) < m else (low, middle)
    ecc = 0.5 * (low + high)
    nu = 2.0 * np.arctan2(np.sqrt(1 + p["e"]) * np.sin(ecc / 2), np.sqrt(1 - p["e"]) * np.cos(ecc / 2))
    phi = nu + p["omega_rad"]
    u = phi + p["cus_rad"] * np.sin(2 * phi) + p["cuc_rad"] * np.cos(2 * phi)
    r = a * (1 - p["e"] * np.cos(ecc)) + p["crs_m"] * np.sin(2 * phi) + p["crc_m"] * np.cos(2 * phi)
    i = p["i0_rad"] + p["idot_rad_s"] * t + p["cis_rad"] * np.sin(2 * phi) + p["cic_rad"] * np.cos(2 * phi)
    node = p["omega0_rad"] + p["omega_dot_rad_s"] * t - rate * TOE_S - (0.0 if geostationary else rate * t)
    x = rotation(2, -node) @ rotation(0, -i) @ np.array([r * np.cos(u), r * np.sin(u), 0.0])
    if geostationary:
        x = rotation(2, rate * t) @ rotation(0, np.radians(-5.0)) @ x
    return x, -2.0 * np.sqrt(mu) / LIGHT**2 * p["e"] * p["sqrt_a_m05"] * np.sin(ecc)


def toe(scale: str) -> Epochs:
    return from_week(np.array([WEEK]), np.array([int(TOE_S * 1e9)]), scale)


@pytest.mark.parametrize(("letter", "kind", "number", "scale", "mu", "rate"), SYSTEMS)
@pytest.mark.parametrize("t", [-1100.0, 0.0, 17.25, 3599.0])
def test_position_velocity_clock_follow_the_interface_document(letter, kind, number, scale, mu, rate, t):
    orbit = BroadcastOrbit.from_navigation(navigation(table([f"{letter}{number:02d}"], kind, toe(scale), **ELEMENTS)), kinds={letter: (kind,)})
    state = orbit.state(ord(letter) * 100 + number, toe(scale).shifted(t))
    x, relativity = by_the_book(ELEMENTS, t, mu, rate)
    # 1e-6 m: rounding of trigonometric arguments (node angles of 20 rad) at a radius of 2.8e7 m.
    assert np.abs(state.position_m[0] - x).max() < 1e-6
    h = 0.5
    slope = (by_the_book(ELEMENTS, t + h, mu, rate)[0] - by_the_book(ELEMENTS, t - h, mu, rate)[0]) / (2 * h)
    # Central difference: h^2/6 of the third derivative (8e-5 m/s^3) = 4e-6 m/s.
    assert np.abs(state.velocity_m_s[0] - slope).max() < 1e-5
    clock = ELEMENTS["clock_bias_s"] + ELEMENTS["clock_drift_s_s"] * t + ELEMENTS["clock_drift_rate_s_s2"] * t * t
    assert state.clock_s[0] == pytest.approx(clock + relativity, abs=1e-18)
    assert state.flag[0] == 0
    assert state.age_s[0] == pytest.approx(t)


@pytest.mark.parametrize("number", [3, 59])
def test_geostationary_messages_are_turned_back(number):
    geo = ELEMENTS | {"sqrt_a_m05": 6493.4, "i0_rad": 0.09, "e": 4e-4}
    orbit = BroadcastOrbit.from_navigation(navigation(table([f"C{number:02d}"], "D2", toe("BDT"), **geo)))
    t = 1234.5
    state = orbit.state(6700 + number, toe("BDT").shifted(t))
    x, _ = by_the_book(geo, t, 3.986004418e14, 7.292115e-5, geostationary=True)
    # As above, for a radius of 4.2e7 m.
    assert np.abs(state.position_m[0] - x).max() < 2e-6
    before, after = (by_the_book(geo, t + h, 3.986004418e14, 7.292115e-5, geostationary=True)[0] for h in (-0.5, 0.5))
    assert np.abs(state.velocity_m_s[0] - (after - before)).max() < 1e-5
    # 5 deg of tilt would move the satellite by 3,700 km: it stays near the equator only when turned back with the right sign of both angles.
    assert np.linalg.norm(state.velocity_m_s[0]) < 500.0


def test_modern_kind_uses_its_two_rates():
    modern = ELEMENTS | {"a_dot_m_s": 0.0138, "delta_n_dot_rad_s2": -1.4e-13}
    orbit = BroadcastOrbit.from_navigation(navigation(table(["C20"], "CNV1", toe("BDT"), **modern)))
    for t in (-3000.0, 3000.0):
        state = orbit.state(6720, toe("BDT").shifted(t))
        x, _ = by_the_book(modern, t, 3.986004418e14, 7.292115e-5)
        assert np.abs(state.position_m[0] - x).max() < 1e-6
        slope = by_the_book(modern, t + 0.5, 3.986004418e14, 7.292115e-5)[0] - by_the_book(modern, t - 0.5, 3.986004418e14, 7.292115e-5)[0]
        assert np.abs(state.velocity_m_s[0] - slope).max() < 1e-5


@settings(max_examples=60, deadline=None)
@given(e=st.floats(0.0, 0.85), m0=st.floats(-3.2, 3.2))
def test_any_eccentricity_converges(e, m0):
    orbit = BroadcastOrbit.from_navigation(navigation(table(["C20"], "D1", toe("BDT"), **(ELEMENTS | {"e": e, "m0_rad": m0}))))
    state = orbit.state(6720, toe("BDT"))
    x, _ = by_the_book(ELEMENTS | {"e": e, "m0_rad": m0}, 0.0, 3.986004418e14, 7.292115e-5)
    # At e 0.85 the anomaly magnifies rounding of M (4e-16) by 1 / (1 - e) and the radius reaches 5e7 m.
    assert np.abs(state.position_m[0] - x).max() < 2e-5


def test_transmission_instant_solves_the_implicit_equation():
    nav = navigation(table(["C20"], "D1", toe("BDT"), **(ELEMENTS | {"e": 0.16})))
    orbit = BroadcastOrbit.from_navigation(nav)
    reception = toe("BDT").shifted(700.0)
    sent = orbit.state_at_transmission(6720, reception, 2.4e7)
    delay = 2.4e7 / LIGHT
    # The state asked for at the instant that its own clock gives must be the same one; epochs are rounded to 1 ns (3e-6 m at 3 km/s).
    again = orbit.state(6720, reception.shifted(-delay - sent.clock_s[0]))
    assert np.abs(sent.position_m - again.position_m).max() < 5e-6
    assert sent.clock_s[0] == pytest.approx(again.clock_s[0], abs=1e-15)


def test_week_rollover_keeps_the_orbit_continuous():
    """Messages on both sides of the end of a week refer their node to different weeks: positions must agree across it."""
    last = from_week(np.array([WEEK]), np.array([604_800 * 10**9 - 3600 * 10**9]), "BDT")
    first = from_week(np.array([WEEK + 1]), np.array([0]), "BDT")
    # The same orbit written twice: an hour later the mean anomaly and the node (over the new start of week) have moved on.
    rate, mu = 7.292115e-5, 3.986004418e14
    smooth = ELEMENTS | dict.fromkeys(("cuc_rad", "cus_rad", "crc_m", "crs_m", "cic_rad", "cis_rad", "idot_rad_s"), 0.0)
    n = np.sqrt(mu / smooth["sqrt_a_m05"] ** 6) + smooth["delta_n_rad_s"]
    later = smooth | {"m0_rad": smooth["m0_rad"] + 3600 * n, "omega0_rad": smooth["omega0_rad"] + 3600 * smooth["omega_dot_rad_s"] - rate * 604_800}
    parts = [BroadcastOrbit.from_navigation(navigation(table(["C20"], "D1", t, **p))) for t, p in ((last, smooth), (first, later))]
    one, two = (part.state(6720, first.shifted(-600.0)).position_m for part in parts)
    # Node angles of 44 rad carry 7e-15 rad of rounding each.
    assert np.abs(one - two).max() < 2e-6


def test_damaged_records_are_left_out():
    columns = {name: np.full(3, value) for name, value in ELEMENTS.items()}
    columns["sqrt_a_m05"][0] = np.nan
    columns["e"][1] = 1.5
    start = Epochs(np.repeat(toe("BDT").tai_ns, 3))
    orbit = BroadcastOrbit.from_navigation(navigation(table(["C20", "C21", "C22"], "D1", start, **columns)))
    assert orbit.satellites.tolist() == [6722]


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("letter", "one", "other", "limit_m"),
    [
        # Modern messages come from the same orbit determination; the two fits differ by centimetres, the forecasts of one hour by decimetres.
        ("C", "D1", "CNV1", 0.2),
        ("C", "D1", "CNV2", 0.2),
        ("E", "INAV", "FNAV", 0.5),
        ("G", "LNAV", "CNAV", 1.5),
    ],
)
def test_kinds_of_one_satellite_agree(modern_day: Navigation, letter, one, other, limit_m):
    orbits = [BroadcastOrbit.from_navigation(modern_day, kinds={letter: (kind,)}) for kind in (one, other)]
    sats = orbits[1].satellites[orbits[1].satellites // 100 == ord(letter)]
    start = int(modern_day.messages[letter, one].ephemeris.tai_ns.min()) + 3600 * 10**9
    epochs = start + np.arange(0, 75_000, 1500) * 10**9
    states = [o.state(np.repeat(sats, len(epochs)), Epochs(np.tile(epochs, len(sats)))) for o in orbits]
    both = states[0].good & states[1].good
    assert both.mean() > 0.5
    distance = np.linalg.norm(states[0].position_m - states[1].position_m, axis=1)[both]
    assert np.percentile(distance, 95) < limit_m
