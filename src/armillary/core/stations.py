"""Places on the ground and who owns and who hosts them: "stations of one hosted by the other" is a field, not a feature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss

__all__ = ["Network", "Station"]


@dataclass(frozen=True, slots=True)
class Station:
    """One place: Earth-fixed position in a frame at an epoch, with its velocity, its operator and its host."""

    name: str
    position_m: tuple[float, float, float]
    frame: str = "ITRF2020"
    epoch: Epochs | None = None
    velocity_m_s: tuple[float, float, float] = (0.0, 0.0, 0.0)
    operator: str = ""
    """Who owns the equipment (a constellation's operator, or any organisation)."""
    host: str = ""
    """On whose ground it stands: a country, or an organisation."""
    operator_country: str = ""
    """The country of the operator, to compare the host with; the operator itself where empty."""

    @property
    def hosted(self) -> bool:
        """Whether it stands on another's ground than its operator's."""
        home = self.operator_country or self.operator
        return bool(home and self.host and home != self.host)


@dataclass(frozen=True, slots=True)
class Network:
    """Stations under one name."""

    name: str
    stations: tuple[Station, ...]
    losses: tuple[Loss, ...] = ()
    """Lines of the file they came from that were not used."""

    def __iter__(self) -> Iterator[Station]:
        return iter(self.stations)

    def __len__(self) -> int:
        return len(self.stations)

    def of_operator(self, operator: str) -> Network:
        """The stations one operator owns, wherever they stand."""
        return Network(self.name, tuple(s for s in self.stations if s.operator == operator))

    def at_home(self, operator: str) -> Network:
        """The stations one operator owns that stand on its own ground."""
        return Network(self.name, tuple(s for s in self.stations if s.operator == operator and not s.hosted))
