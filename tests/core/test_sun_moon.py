"""Sun and Moon against JPL ephemerides as Horizons and SPICE print them, and along Earth-fixed axes against textbook formulas."""

from __future__ import annotations

import time

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.reference import Reference
from armillary.core.scales import from_calendar, from_iso, offset_s
from armillary.core.sun_moon import _series, sun_and_moon, sun_and_moon_gcrf
from armillary.errors import OutOfRangeError

J2000_TAI_NS = int(from_calendar(2000, 1, 1, 12, scale="TT").tai_ns[0])

# The accuracy that ERFA states of its shortened series: at most 13.4 km for the Sun, 31.7 km for the Moon.
SUN_M, MOON_M = 13.4e3, 31.7e3


def at_seconds_past_j2000(seconds: int) -> Epochs:
    return Epochs(np.array([J2000_TAI_NS + seconds * 1_000_000_000]))


@pytest.mark.parametrize(
    "seconds, sun_km",
    [  # DE440, geocentric, ICRF
        (0, (26499033.677425086, -132757417.33833946, -57556718.47053819)),
        (840_000_000, (-118712249.69105619, 86411021.19463784, 37458224.08346179)),
    ],
)
def test_sun_against_jpl(seconds, sun_km):
    assert np.linalg.norm(sun_and_moon_gcrf(at_seconds_past_j2000(seconds)).sun_m[0] - np.array(sun_km) * 1e3) < SUN_M


@pytest.mark.parametrize(
    "seconds, moon_km",
    [  # Horizons, DE441, geocentric, ICRF: 2000-01-01T12:00 and 2025-04-21T12:00 TDB
        (0, (-2.916083841877129e5, -2.667168338540655e5, -7.610248730658794e4)),
        (9242 * 86400, (2.277022952914551e5, -2.716040172219414e5, -1.468436314218936e5)),
    ],
)
def test_moon_against_jpl(seconds, moon_km):
    assert np.linalg.norm(sun_and_moon_gcrf(at_seconds_past_j2000(seconds)).moon_m[0] - np.array(moon_km) * 1e3) < MOON_M


def test_interpolation_is_as_good_as_the_series():
    epochs = Epochs(J2000_TAI_NS + 8401 * 86_400_000_000_000 + np.arange(2880) * 30_000_000_000)
    found, direct = sun_and_moon_gcrf(epochs), _series(epochs)
    assert np.abs(found.sun_m - direct[:, 0]).max() < 0.1
    assert np.abs(found.moon_m - direct[:, 1]).max() < 0.1


def test_earth_fixed_against_another_program():
    # Earth-fixed positions from a JPL ephemeris and Earth orientation of the IERS, given with a test case of the solid tide: 2019-07-18T04:59:12 UTC.
    found = sun_and_moon(from_iso("2019-07-18T04:59:12", "UTC"))
    assert np.linalg.norm(found.sun_m - (-40911673203.204002, 135847503359.17343, 54660205331.259735)) < SUN_M
    assert np.linalg.norm(found.moon_m - (202952994.54523405, -319652979.70541549, -135514223.45872557)) < MOON_M


def test_earth_fixed_against_low_precision_formulas():
    # Astronomical Almanac, page C5 (Sun, 0.01 deg) and page D22 (Moon, 0.3 deg), of date, with the mean sidereal time of page B8.
    epochs = from_iso(
        [f"{year}-{month:02d}-11T{hour:02d}:20:00" for year in (2004, 2013, 2022) for month in (1, 4, 8, 11) for hour in (3, 17)], "UTC"
    )
    n = epochs.seconds_since(J2000_TAI_NS) / 86400
    utc = n + offset_s(epochs, "UTC", "TT") / 86400
    sidereal = np.radians(280.46062 + 360.98564737 * utc)
    obliquity = np.radians(23.439 - 0.0000004 * n)
    anomaly = np.radians(357.528 + 0.9856003 * n)
    longitude = np.radians(280.460 + 0.9856474 * n + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly) + 0.0057)  # aberration taken off
    sun = _of_date(longitude, np.zeros_like(longitude), obliquity)
    t = n / 36525

    def wave(amplitude: float, phase: float, rate: float) -> np.ndarray:
        return amplitude * np.sin(np.radians(phase + rate * t))

    moon_longitude = 218.32 + 481267.881 * t + wave(6.29, 135.0, 477198.87) - wave(1.27, 259.3, -413335.36) + wave(0.66, 235.7, 890534.22)
    moon_longitude += wave(0.21, 269.9, 954397.74) - wave(0.19, 357.5, 35999.05) - wave(0.11, 186.5, 966404.03)
    moon_latitude = wave(5.13, 93.3, 483202.02) + wave(0.28, 228.2, 960400.89) - wave(0.28, 318.3, 6003.15) - wave(0.17, 217.6, -407332.21)
    moon = _of_date(np.radians(moon_longitude), np.radians(moon_latitude), obliquity)
    found = sun_and_moon(epochs)
    for direction, position, limit_deg in ((sun, found.sun_m, 0.02), (moon, found.moon_m, 0.5)):
        c, s = np.cos(sidereal), np.sin(sidereal)
        fixed = np.stack([c * direction[:, 0] + s * direction[:, 1], -s * direction[:, 0] + c * direction[:, 1], direction[:, 2]], 1)
        cosine = np.einsum("ij,ij->i", fixed, position) / np.linalg.norm(position, axis=1)
        assert np.degrees(np.arccos(np.minimum(cosine, 1.0))).max() < limit_deg


def _of_date(longitude: np.ndarray, latitude: np.ndarray, obliquity: np.ndarray) -> np.ndarray:
    """Ecliptic to equatorial unit vectors."""
    x, y, z = np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)
    return np.stack([x, y * np.cos(obliquity) - z * np.sin(obliquity), y * np.sin(obliquity) + z * np.cos(obliquity)], 1)


def test_outside_the_earth_orientation_table_is_an_error():
    with pytest.raises(OutOfRangeError):
        sun_and_moon(from_iso("1950-01-01", "TT"), Reference.builtin())


def test_a_day_is_fast():
    epochs = Epochs(J2000_TAI_NS + np.arange(2880) * 30_000_000_000)
    sun_and_moon(epochs)
    times = []
    for _ in range(5):
        start = time.perf_counter()
        sun_and_moon(epochs)
        times.append(time.perf_counter() - start)
    assert min(times) < 0.03  # 6 ms on the machine it was written on
