"""Mean elements: against the published results of SGP4, and against where geostationary satellites stand."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from armillary.core.earth_rotation import itrf_to_teme
from armillary.core.element_sets import ElementSets
from armillary.core.epochs import Epochs
from armillary.core.geodesy import to_geodetic
from armillary.core.scales import from_iso
from armillary.io import tle
from armillary.io.source import Source, load_source
from armillary.orbits.sgp4_elements import MeanElementOrbit
from armillary.orbits.state import BAD_INPUT, NO_CLOCK, NO_DATA

pytest.importorskip("sgp4")

MADE = """MADE UP
1 12345U 24001A   24061.50000000 -.00000012  00000-0  12345-4 0  9993
2 12345  64.8000 120.5000 0012000  10.0000 350.0000  2.13100000  1238
"""


def made() -> MeanElementOrbit:
    return MeanElementOrbit.of(tle.read(Source("made.tle", MADE.encode())), np.array([8207], np.int16))


@pytest.mark.real_data
def test_published_results_of_sgp4_come_out_after_the_turn_to_the_earth_and_back(data_dir: Path) -> None:
    """Object 6251 of the verification set (AIAA 2006-6753); minutes since the epoch of its elements and TEME kilometres."""
    published, mine = [], False
    for line in gzip.decompress((data_dir / "tle" / "tcppver.out.gz").read_bytes()).decode().splitlines():
        if line.endswith(" xx"):
            mine = line.split()[0] == "6251"
        elif mine:
            published.append([float(text) for text in line.split()[:7]])
    expected = np.array(published)
    sets = tle.read(load_source(str(data_dir / "tle" / "SGP4-VER.TLE")))
    orbit = MeanElementOrbit.of(sets, np.where(sets.catalogue == 6251, 8207, -1).astype(np.int16))
    epochs = Epochs(orbit.epochs[:1].tai_ns + np.rint(expected[:, 0] * 60e9).astype(np.int64))
    state = orbit.state(8207, epochs)
    turn = itrf_to_teme(epochs)
    position = np.einsum("eij,ej->ei", turn.rotation, state.position_m)
    velocity = np.einsum("eij,ej->ei", turn.rotation, state.velocity_m_s) + np.cross(turn.angular_velocity_rad_s, position)
    # published to 1e-8 km; the epoch of the elements is kept to 1e-8 day (0.9 ms, 6 m along a low orbit) by rounding to Julian dates in both
    assert np.abs(position - 1e3 * expected[:, 1:4]).max() < 1.0
    assert np.abs(velocity - 1e3 * expected[:, 4:7]).max() < 1e-3


@pytest.mark.slow
@pytest.mark.real_data
def test_geostationary_satellites_stand_at_their_longitudes(data_dir: Path) -> None:
    """80, 110.5 and 140 E (performance standard of the system); kept within some tenths of a degree."""
    sets = tle.read(load_source(str(data_dir / "tle" / "active.txt.gz")))
    where = {"BEIDOU-3 G1": (6759, 140.0), "BEIDOU-3 G2": (6760, 80.0), "BEIDOU-3 G3": (6761, 110.5)}
    orbit = MeanElementOrbit.of(sets, np.array([where.get(name, (-1, 0.0))[0] for name in sets.names], np.int16))
    assert orbit.satellites.tolist() == [6759, 6760, 6761]
    times = Epochs(from_iso("2025-10-03", "GPST").tai_ns + 3600 * 10**9 * np.arange(24))
    for sat, longitude_deg in where.values():
        state = orbit.state(sat, times)
        place = to_geodetic(state.position_m)
        assert np.abs(np.degrees(place.longitude_rad) - longitude_deg).max() < 0.5
        assert np.abs(place.height_m - 35_786e3).max() < 60e3
        # at rest against the ground, but for an inclination of up to 2.93 deg (7.29e-5 rad/s * 42,164 km * sin 2.93 deg = 157 m/s)
        assert np.linalg.norm(state.velocity_m_s, axis=1).max() < 165.0


def test_velocity_is_the_derivative_of_position() -> None:
    orbit = made()
    at = from_iso("2024-03-02T03:04:05", "UTC")
    ends = orbit.state(8207, Epochs(at.tai_ns + np.array([-(10**9), 10**9])))
    # SGP4's velocity leaves out how slowly its own periodic terms change: 2 cm/s here; the turning Earth brings 1.9 km/s
    assert (ends.position_m[1] - ends.position_m[0]) / 2.0 == pytest.approx(orbit.state(8207, at).velocity_m_s[0], abs=0.05)


def test_the_latest_of_several_sets_is_used() -> None:
    one = tle.read(Source("made.tle", MADE.encode()))
    older = Epochs(one.epochs.tai_ns - 86_400 * 10**9)
    both = ElementSets(("MADE UP", "OLDER"), np.array([1, 1]), Epochs(np.concatenate([one.epochs.tai_ns, older.tai_ns])), (*one.lines, *one.lines))
    assert MeanElementOrbit.of(both, np.array([8207, 8207], np.int16)).epochs == one.epochs


def test_flags_and_unknown_satellites() -> None:
    orbit, at = made(), from_iso("2024-03-02", "UTC")
    state = orbit.state([8207, 8208], at)
    assert state.flag.tolist() == [NO_CLOCK, NO_DATA]
    assert np.isfinite(state.position_m[0]).all() and np.isnan(state.position_m[1]).all() and np.isnan(state.clock_s).all()
    assert state.age_s[0] == pytest.approx(43_200.0)
    sent = orbit.state_at_transmission([8207, 8207], at, [2.4e7, np.nan])
    assert sent.flag[1] & BAD_INPUT and np.isnan(sent.position_m[1]).all()
    earlier = orbit.state(8207, at.shifted(-2.4e7 / 299_792_458.0))
    assert sent.position_m[0] == pytest.approx(earlier.position_m[0], abs=1e-3)
