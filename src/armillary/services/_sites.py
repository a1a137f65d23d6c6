"""Who owns each station, who hosts it and where it stands: from tables of stations, else from the observation file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from armillary.core.observations import Observations
from armillary.core.stations import Network, Station
from armillary.monitoring.tracking_depth import at_home
from armillary.services._truth import stations_named

__all__ = ["AGENCY", "Site", "site_of"]

AGENCY = "AGENCY of the observation file"


@dataclass(frozen=True, slots=True)
class Site:
    """What is known of a station beside its observations."""

    operator: str = ""
    host: str = ""
    operator_country: str = ""
    hosted: bool | None = None
    """Whether it stands on another's ground than its operator's; None where operator or host is not known."""
    said_by: str = ""
    """The table that names operator and host, :data:`AGENCY`, or empty where nothing does."""

    def station(self, name: str, position_m: tuple[float, float, float]) -> Station:
        """The station as a place."""
        return Station(name, position_m, "", operator=self.operator, host=self.host, operator_country=self.operator_country)


def site_of(name: str, observations: Observations, networks: Sequence[Network]) -> Site:
    """Operator and host of a station as the first table that names either says; else its operator by the header of its observations."""
    for network, station in stations_named(name, networks):
        if station.operator or station.host:
            known = Site(station.operator, station.host, station.operator_country, None, Path(network.name).name)
            return replace(known, hosted=not at_home(station)) if station.operator and station.host else known
    agency = " ".join(observations.header.agency.split())
    return Site(agency, said_by=AGENCY) if agency else Site()
