"""Stations that see a satellite: counts by plain geometry, and what hosted stations add."""

from __future__ import annotations

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.geodesy import azimuth_elevation, from_geodetic
from armillary.core.registry import constellation
from armillary.core.satellites import pack_one
from armillary.core.scales import from_iso
from armillary.core.stations import Station
from armillary.errors import InputError
from armillary.monitoring.tracking_depth import at_home, hosting, station_sets, tracking_depth
from armillary.orbits.state import OrbitState, empty_state
from armillary.orbits.walker import NominalConstellation

START = from_iso(["2025-06-21T00:00:00"], "GPST")
DAY = Epochs(START.tai_ns[0] + np.arange(288) * 300_000_000_000)
BOTH = federation("glonass+beidou")
RUSSIAN, CHINESE = constellation("glonass").operator, constellation("beidou").operator


def at(name: str, latitude_deg: float, longitude_deg: float, operator: str = "", host: str = "") -> Station:
    x, y, z = from_geodetic(np.radians(latitude_deg), np.radians(longitude_deg), 100.0)
    return Station(name, (float(x), float(y), float(z)), operator=operator, host=host)


NETWORK = (
    at("MOSR", 56, 38, RUSSIAN, "Russia"),
    at("YAKR", 62, 130, RUSSIAN, "Russia"),
    at("SHAR", 31, 121, RUSSIAN, "China"),
    at("BRAR", -16, -48, RUSSIAN, "Brazil"),
    at("BEIC", 40, 116, CHINESE, "China"),
    at("PULC", 60, 30, CHINESE, "Russia"),
)
ORBIT = NominalConstellation.of(*BOTH, origin=START)


def test_home_is_the_ground_of_the_operator_by_name_or_country() -> None:
    assert [at_home(s) for s in NETWORK] == [True, True, False, False, True, False]
    assert at_home(at("OWN", 0, 0, "Somebody", "Somebody")) and at_home(at("NONE", 0, 0))
    assert not at_home(at("GUEST", 0, 0, "Somebody", "Somebody else"))


def test_sets_are_home_alone_home_and_hosted_and_all() -> None:
    assert station_sets(NETWORK) == {
        f"{RUSSIAN}, home": [0, 1],
        f"{RUSSIAN}, home and hosted": [0, 1, 2, 3],
        f"{CHINESE}, home": [4],
        f"{CHINESE}, home and hosted": [4, 5],
        "all stations": [0, 1, 2, 3, 4, 5],
    }
    assert station_sets(NETWORK[:2]) == {f"{RUSSIAN}, home": [0, 1]}
    assert station_sets(NETWORK[2:3]) == {f"{RUSSIAN}, hosted": [0]}
    assert station_sets([at("A", 0, 0), at("B", 1, 1)]) == {"all stations": [0, 1]}


def test_depth_is_a_count_of_stations_that_see_it() -> None:
    found = tracking_depth(NETWORK, ORBIT, ORBIT.satellites, DAY)
    n = len(DAY)
    for k in range(0, len(found.sat), 7):
        position = ORBIT.state(np.full(n, found.sat[k]), DAY).position_m
        up = [azimuth_elevation(position, s.position_m).elevation_rad >= np.radians(10.0) for s in NETWORK]
        assert (found.depth(range(6))[k] == np.sum(up, axis=0)).all()
        assert (found.depth([2])[k] == up[2]).all()


def test_hosted_stations_shorten_what_nobody_sees() -> None:
    found = hosting(BOTH, NETWORK, ORBIT, ORBIT.satellites, DAY)
    rows = {(r["station_set"], r["constellation"]): r for r in found.summary.rows()}
    home, more = rows[f"{RUSSIAN}, home", "glonass"], rows[f"{RUSSIAN}, home and hosted", "glonass"]
    assert more["unseen_percent"] < home["unseen_percent"] - 10 and more["depth_mean"] > home["depth_mean"]
    assert rows["all stations", "glonass"]["unseen_percent"] <= more["unseen_percent"]
    assert (home["station_count"], home["satellites"]) == (2, 24)
    # a satellite at 25,508 km is above 10 deg within 65.8 deg of its foot point: 29.5 % of a sphere, more or less with the latitude of the place
    alone = hosting(federation("glonass"), NETWORK[:1], ORBIT, ORBIT.satellites, DAY).summary
    assert 60 < alone["unseen_percent"][0] < 80 and alone["seen_twice_percent"][0] == 0.0
    assert alone["depth_mean"][0] == pytest.approx(1 - alone["unseen_percent"][0] / 100)
    assert len(found.satellites) == len(found.sets) * len(ORBIT.satellites)


class Overhead:
    """A satellite over the first station for the first half, on the other side of the Earth after it, and lost in the last tenth."""

    def state(self, sat: np.ndarray, epochs: Epochs) -> OrbitState:
        out = empty_state(len(sat))
        share = epochs.seconds_since(DAY[0]) / 86_400.0
        out.position_m[:] = np.where(share < 0.5, 4.0, -4.0)[:, None] * np.array(NETWORK[0].position_m)
        out.flag[:] = 0
        out.position_m[share >= 0.9] = np.nan
        return out


def test_instants_without_an_orbit_are_not_counted() -> None:
    found = hosting(BOTH, NETWORK[:1], Overhead(), [pack_one("R07")], DAY).satellites
    known = int(np.ceil(288 * 0.9))
    assert found["unseen_percent"][0] == pytest.approx(100 * (known - 144) / known)
    assert found["longest_unseen_s"][0] == (known - 144) * 300.0
    assert found["depth_mean"][0] == pytest.approx(144 / known)


def test_no_stations_is_said() -> None:
    with pytest.raises(InputError, match="needs stations"):
        hosting(BOTH, [], ORBIT, ORBIT.satellites, DAY)


def test_satellites_of_other_systems_are_left_out() -> None:
    assert {r["constellation"] for r in hosting(federation("beidou"), NETWORK, ORBIT, ORBIT.satellites, DAY).summary.rows()} == {"beidou"}
