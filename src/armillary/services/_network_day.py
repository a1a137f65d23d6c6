"""What of a day no single station says: signal in space, availability, broadcast time offsets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs
from armillary.core.federation import Federation
from armillary.core.navigation_messages import Navigation, SystemTimeOffset
from armillary.core.table import Table
from armillary.errors import InputError
from armillary.monitoring.message_series import message_series
from armillary.monitoring.signal_in_space import ComparisonOptions
from armillary.monitoring.tracking_depth import SatelliteTracks, satellite_tracks
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.services._catalogue import day_bounds_ns
from armillary.services._contents import content, navigation_of
from armillary.services._hosting import STEP_S
from armillary.services._orbit_sources import source_of
from armillary.services._station_day import MASK_DEG
from armillary.services.availability import AvailabilityAnswer, availability_of
from armillary.services.signal_in_space import SignalInSpaceAnswer, assess_signal_in_space, pair_products

__all__ = ["NetworkDay", "NetworkTask", "network_day"]

_STEP_S = 600


@dataclass(frozen=True, slots=True)
class NetworkTask:
    """What to assess, as paths."""

    federation: Federation
    day: str
    """YYYY-MM-DD, GPS time."""
    navigation: tuple[str, ...]
    orbits: tuple[str, ...]
    clocks: tuple[str, ...]
    antennas: tuple[str, ...]
    subsets: bool = False
    """As of a station's task."""


@dataclass(frozen=True, slots=True, eq=False)
class NetworkDay:
    """What messages and products of a day say; None where nothing was given for it."""

    signal_in_space: SignalInSpaceAnswer | None
    availability: AvailabilityAnswer | None
    time_offsets: Sequence[SystemTimeOffset]
    middle: Epochs
    tracks: SatelliteTracks | None = None
    """Where the satellites were, for the tracking depth of the stations."""
    messages: Table | None = None
    """What the messages of satellites that no product compares say of themselves (:func:`armillary.monitoring.message_series.message_series`)."""
    warnings: tuple[str, ...] = ()


def network_day(task: NetworkTask) -> NetworkDay:
    """Broadcast messages against every precise product, and the geometry of the day by its own messages with their health."""
    navigation = navigation_of(task.navigation)
    begin, _ = day_bounds_ns(task.day)
    space, unused = _space(task, navigation)
    sky, unseen = _availability(task, navigation, begin)
    return NetworkDay(
        signal_in_space=space,
        availability=sky,
        time_offsets=navigation.time_offsets,
        middle=Epochs(np.array([begin + NS_PER_DAY // 2])),
        tracks=_tracks(task, navigation, begin),
        messages=_messages(task, navigation, begin, space),
        warnings=(*unused, *unseen, *(() if space is None else space.warnings), *(() if sky is None else sky.warnings)),
    )


def _tracks(task: NetworkTask, navigation: Navigation, begin_ns: int) -> SatelliteTracks | None:
    """Where the satellites of the systems were through the day by its own messages."""
    orbit = BroadcastOrbit.from_navigation(navigation)
    letters = [ord(letter) for letter in task.federation.letters]
    sats = [s for s in orbit.satellites.tolist() if s // 100 in letters] if orbit.tables else []
    instants = Epochs(begin_ns + np.arange(0, NS_PER_DAY, round(STEP_S * NS_PER_SECOND), dtype=np.int64))
    return satellite_tracks(orbit, sats, instants) if sats else None


def _messages(task: NetworkTask, navigation: Navigation, begin_ns: int, space: SignalInSpaceAnswer | None) -> Table | None:
    """The day's messages, as a user had them, of satellites that are in no product."""
    if not navigation.messages:
        return None
    instants = Epochs(begin_ns + np.arange(0, NS_PER_DAY, round(STEP_S * NS_PER_SECOND), dtype=np.int64))
    rows = message_series(BroadcastOrbit.from_navigation(navigation, causal=True), list(task.federation), instants)
    known = np.empty(0, "U3") if space is None else np.unique(space.series["sat"][space.series["status"] != "no reference"])
    return rows.where(~np.isin(rows["sat"], known))


def _space(task: NetworkTask, navigation: Navigation) -> tuple[SignalInSpaceAnswer | None, tuple[str, ...]]:
    """Broadcast against every precise product, or None where either is not given."""
    if not task.orbits or not navigation.messages:
        return None, ("signal in space is unobserved: it needs navigation files and precise orbits",)
    products, unused = pair_products([content(path) for path in task.orbits], [content(path) for path in task.clocks])
    causal = BroadcastOrbit.from_navigation(navigation, causal=True)
    begin, end = day_bounds_ns(task.day)
    of_the_day = [p for p in products if ((p.orbits.epochs.tai_ns >= begin) & (p.orbits.epochs.tai_ns < end)).any()]
    if not of_the_day:
        return None, ("signal in space is unobserved: no precise orbits of the day were given", *unused)
    try:
        answer = assess_signal_in_space(
            task.federation, causal, of_the_day, [content(path) for path in task.antennas], options=ComparisonOptions(between_ns=(begin, end))
        )
    except InputError as error:
        return None, (*unused, f"signal in space is unobserved: {error}")
    return answer, tuple(unused)


def _availability(task: NetworkTask, navigation: Navigation, begin_ns: int) -> tuple[AvailabilityAnswer | None, tuple[str, ...]]:
    """Geometry of the whole day by its own messages, or None where there are none of it."""
    if not navigation.messages:
        return None, ("availability is unobserved: it needs navigation files",)
    times = Epochs(begin_ns + np.arange(0, NS_PER_DAY, _STEP_S * NS_PER_SECOND, dtype=np.int64))
    try:
        return availability_of(source_of(navigation, None), task.federation.members(subsets=task.subsets), times, mask_deg=MASK_DEG), ()
    except InputError as error:
        return None, (f"availability is unobserved: {error}",)
