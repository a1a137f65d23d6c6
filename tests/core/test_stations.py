from __future__ import annotations

from armillary.core.stations import Network, Station

HOME = Station("HOME", (0.0, 0.0, 6.4e6), operator="Roscosmos", host="Russia", operator_country="Russia")
GUEST = Station("GUES", (0.0, 0.0, 6.4e6), operator="Roscosmos", host="China", operator_country="Russia")
PLAIN = Station("PLAI", (0.0, 0.0, 6.4e6), operator="Russia", host="Russia")


def test_a_station_at_home_is_not_hosted() -> None:
    assert not HOME.hosted and GUEST.hosted and not PLAIN.hosted


def test_home_stations_of_an_operator() -> None:
    network = Network("all", (HOME, GUEST, PLAIN))
    assert [s.name for s in network.of_operator("Roscosmos")] == ["HOME", "GUES"]
    assert [s.name for s in network.at_home("Roscosmos")] == ["HOME"]
