"""What the page of an assessment is made of: the shape of an answer, of its stations and of its inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from armillary.core.federation import Federation
from armillary.core.table import Table
from armillary.monitoring.quality import StationQuality
from armillary.services._earlier import EarlierDay
from armillary.services._hosting import HostingAnswer
from armillary.services._precise_day import PreciseDay
from armillary.services._precise_product import PreciseProduct
from armillary.services._sites import Site
from armillary.services.availability import AvailabilityAnswer
from armillary.services.position import PositionAnswer
from armillary.services.signal_in_space import SignalInSpaceAnswer

__all__ = ["AssessedStation", "Assessment", "Input"]


class Input(Protocol):
    """One file that was read."""

    @property
    def path(self) -> str: ...  # noqa: D102
    @property
    def role(self) -> str: ...  # noqa: D102
    @property
    def what(self) -> str: ...  # noqa: D102
    @property
    def sha256(self) -> str: ...  # noqa: D102


class AssessedStation(Protocol):
    """One station of an assessment."""

    @property
    def name(self) -> str: ...  # noqa: D102
    @property
    def position(self) -> PositionAnswer | None: ...  # noqa: D102
    @property
    def positioning(self) -> Sequence[Mapping[str, Any]]: ...  # noqa: D102
    @property
    def quality(self) -> StationQuality | None: ...  # noqa: D102
    @property
    def position_m(self) -> tuple[float, float, float] | None: ...  # noqa: D102
    @property
    def operator(self) -> str: ...  # noqa: D102
    @property
    def host(self) -> str: ...  # noqa: D102
    @property
    def hosted(self) -> bool | None: ...  # noqa: D102
    @property
    def site(self) -> Site: ...  # noqa: D102
    @property
    def precise(self) -> PreciseDay | None: ...  # noqa: D102


class Assessment(Protocol):
    """What the page is made of: the answer of an assessment of one day."""

    @property
    def day(self) -> str: ...  # noqa: D102
    @property
    def federation(self) -> Federation: ...  # noqa: D102
    @property
    def inputs(self) -> Sequence[Input]: ...  # noqa: D102
    @property
    def stations(self) -> Sequence[AssessedStation]: ...  # noqa: D102
    @property
    def signal_in_space(self) -> SignalInSpaceAnswer | None: ...  # noqa: D102
    @property
    def availability(self) -> AvailabilityAnswer | None: ...  # noqa: D102
    @property
    def time_offset(self) -> Table: ...  # noqa: D102
    @property
    def events(self) -> Table: ...  # noqa: D102
    @property
    def standards(self) -> Table: ...  # noqa: D102
    @property
    def hosting(self) -> HostingAnswer | None: ...  # noqa: D102
    @property
    def precise(self) -> PreciseProduct: ...  # noqa: D102
    @property
    def additions(self) -> Sequence[Mapping[str, Any]]: ...  # noqa: D102
    @property
    def earlier(self) -> Sequence[EarlierDay]: ...  # noqa: D102
    @property
    def warnings(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def failures(self) -> Sequence[str]: ...  # noqa: D102
