"""Files and folders of anything, sorted by what they hold and by day: roles are found by reading, not by name.

Observation files, which are most, are read up to their first epochs only; whoever assesses a station-day reads them whole.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.antennas import AntennaSet
from armillary.core.biases import Biases
from armillary.core.coordinates import StationCoordinates
from armillary.core.earth_rotation_series import EarthRotationSeries
from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs
from armillary.core.loss import Loss
from armillary.core.navigation_messages import Navigation
from armillary.core.observations import Observations
from armillary.core.ocean_loading import OceanLoading
from armillary.core.precise import PreciseClocks, PreciseOrbits
from armillary.core.scales import from_iso, to_iso
from armillary.core.stations import Network
from armillary.errors import InputError, UnknownFormatError
from armillary.io.reading import read_source
from armillary.io.rinex_header import parse_header
from armillary.io.rinex_obs_header import last_observation
from armillary.io.source import HEAD_BYTES, Source, load_head, load_source
from armillary.monitoring.provenance import InputFile, input_file
from armillary.monitoring.store import SIGN as STORE_SIGN
from armillary.navigation.precise_point.biases_at import LONGEST_DAYS
from armillary.navigation.simulation.truth_marks import is_truth
from armillary.services._contents import content
from armillary.services._kinds import kind_of
from armillary.services._station_names import named_apart

__all__ = ["Catalogue", "InputRole", "catalogue", "day_bounds_ns"]

_READERS, _SEVERAL = 2, 2
_ROLES: Mapping[type, str] = {
    Observations: "observations",
    Navigation: "navigation",
    PreciseOrbits: "orbits",
    PreciseClocks: "clocks",
    AntennaSet: "antennas",
    Biases: "biases",
    OceanLoading: "ocean loading",
    EarthRotationSeries: "earth orientation",
    StationCoordinates: "coordinates",
    Network: "stations",
}
"""Type of content -> what it is used as; other content is named and not used."""
_UNUSED = ("not used", "not read")
_UNKNOWN = "no known format"
_TRUTH = "truth of a simulation"
_MOST_NAMES = 5
_LEFT_THERE = ("assessment.json", "report.html")
_EDGE_NS = 600 * NS_PER_SECOND
"""A file that reaches less than this into a day does not make it a day of its own: many end or begin an epoch beyond midnight."""
_A_DAY_AT_MOST = 1.3
"""What the size of a file and its first epochs say of its length is no surer than this."""


@dataclass(frozen=True, slots=True, eq=False)
class InputRole:
    """One file that was given."""

    path: str
    role: str
    """observations, navigation, orbits, clocks, antennas, biases, ocean loading, earth orientation, coordinates, stations, ``not used`` or
    ``not read``."""
    what: str
    """What it holds, or why it was not used."""
    file: InputFile
    station: str = ""
    """Marker in upper case, of observations."""
    position_m: tuple[float, float, float] | None = None
    """Approximate position in the header, of observations."""
    span_ns: tuple[int, int] | None = None
    """First and last instant, TAI; None where it holds for any time."""
    losses: Sequence[Loss] = ()
    """Lines that were not used; of observations those who read them whole know."""

    @property
    def sha256(self) -> str:
        """SHA-256 of the file as it lies on the disk."""
        return self.file.sha256

    def overlaps(self, begin_ns: int, end_ns: int) -> bool:
        """Whether it holds something for a time between two instants."""
        return self.span_ns is None or (self.span_ns[0] < end_ns and self.span_ns[1] >= begin_ns)


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """Everything that was given."""

    inputs: tuple[InputRole, ...]
    named: frozenset[str] = field(default_factory=frozenset)
    """Paths that were named themselves, not found in a folder."""

    by_day: Mapping[str, Mapping[str, tuple[InputRole, ...]]] = field(default_factory=dict)
    """Day (YYYY-MM-DD, GPS time) -> station -> its observation files, both in order."""
    notes: tuple[str, ...] = ()
    """Folders that could not be read, and what was decided about names of stations, after what the caller had to say."""

    def of(self, day: str, *roles: str) -> tuple[InputRole, ...]:
        """Files of some roles that hold something for a day or, because messages and orbits reach over midnight, for the day before or after."""
        begin, end = day_bounds_ns(day)
        # orbits are interpolated: neighbours help at the edges of a day; codes' biases and rows of Earth rotation hold for longer than they say
        reach = {"navigation": NS_PER_DAY, "orbits": _EDGE_NS, "biases": LONGEST_DAYS * NS_PER_DAY, "earth orientation": NS_PER_DAY // 2}
        return tuple(i for i in self.inputs if i.role in roles and i.overlaps(begin - reach.get(i.role, 0), end + reach.get(i.role, 0)))

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line for each file that serves nothing, and one for all that no format recognises; none for a simulation's truth that lay in a folder."""
        unknown = [Path(item.path).name for item in self.inputs if item.what == _UNKNOWN]
        more = f" and {len(unknown) - _MOST_NAMES} others" if len(unknown) > _MOST_NAMES else ""
        line = (f"no known format recognises {', '.join(unknown[:_MOST_NAMES])}{more}",) if unknown else ()
        unused = (i for i in self.inputs if i.role in _UNUSED and i.what != _UNKNOWN and (i.what != _TRUTH or i.path in self.named))
        return (*self.notes, *line, *(f"{i.path}: {i.role}: {i.what}" for i in unused))


def catalogue(
    paths: Sequence[Path],
    *,
    notes: tuple[str, ...] = (),
    out: Path | None = None,
    several: Callable[[], None] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Catalogue:
    """What ``paths`` (files, or folders and all below them) hold; ``several`` is called once when a second observation file was seen.

    Hidden folders, folders that hold a store, and what an assessment left in ``out`` are passed over.
    A file that nothing recognises or that is damaged beyond reading is in ``inputs`` with the role ``not read`` and warned about, unless it was
    named itself: then its InputError is raised. InputError where there is no observation file.
    """
    named = [path for path in paths if not path.is_dir()]
    unread: list[str] = []
    files = list(dict.fromkeys([*named, *(child for path in paths if path.is_dir() for child in _below(path, out, unread))]))
    inputs: list[InputRole] = []
    observed = 0
    with ThreadPoolExecutor(_READERS) as pool:
        for i, found in enumerate(pool.map(_looked_at, files)):
            if isinstance(found, InputError):
                if files[i] in named:
                    raise found
                why = _UNKNOWN if isinstance(found, UnknownFormatError) else str(found).removeprefix(f"{files[i]}: ")
                found = InputRole(str(files[i]), "not read", why, _unread(files[i]))
            inputs.append(found)
            observed += found.role == "observations"
            if several is not None and observed == _SEVERAL and found.role == "observations":
                several()
            if progress is not None:
                progress((i + 1) / len(files))
    if not any(item.role == "observations" for item in inputs):
        held = ", ".join(f"{Path(i.path).name} holds {i.what}" for i in inputs[:6])
        raise InputError("no observation file was given: " + ("; ".join(unread) or held or "the folders are empty"))
    told_apart, told = named_apart(inputs)
    return Catalogue(tuple(told_apart), frozenset(map(str, named)), _by_day(told_apart), (*notes, *unread, *told))


def day_bounds_ns(day: str) -> tuple[int, int]:
    """Begin and end of a day of GPS time, TAI nanoseconds.

    >>> day_bounds_ns("1980-01-06")[0] == int(from_iso("1980-01-06T00:00:00", "GPST").tai_ns[0])
    True
    """
    begin = int(from_iso(f"{day}T00:00:00", "GPST").tai_ns[0])
    return begin, begin + NS_PER_DAY


def _below(folder: Path, out: Path | None, unread: list[str]) -> Iterator[Path]:
    """Every file below a folder, in order, but for what an assessment itself left there; ``unread`` gets a line for each unreadable folder."""

    def told(error: OSError) -> None:
        unread.append(f"{error.filename}: this folder cannot be read ({error.strerror}), nothing of it is used")

    kept_out = None if out is None else out.resolve()
    for at, folders, files in os.walk(folder, onerror=told):
        here = Path(at)
        inside = kept_out is not None and here.resolve().is_relative_to(kept_out)
        if here != folder and (STORE_SIGN in files or (inside and kept_out != folder.resolve())):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (here / name for name in sorted(files) if not name.startswith(".") and not (inside and name in _LEFT_THERE))


def _looked_at(path: Path) -> InputRole | InputError:
    """What a file holds and for when; the InputError that reading it raises."""
    try:
        source, start = _start(path)
        if isinstance(start, Observations):
            name = start.header.marker.strip().upper() or path.name
            place, span = start.header.position_m, _span_of(start, source)
            return InputRole(str(path), "observations", kind_of(start), _file(path, "observations"), name, place, span)
        held = content(str(path))
    except UnknownFormatError as error:
        if is_truth(bytes(load_head(path).data)):
            return InputRole(str(path), "not used", _TRUTH, _file(path, "not used"))
        return error
    except InputError as error:
        return error
    role = _ROLES.get(type(held), "not used")
    return InputRole(str(path), role, kind_of(held), _file(path, role), span_ns=_span(held), losses=getattr(held, "losses", ()))


def _start(path: Path) -> tuple[Source, Any]:
    """The start of a file and what it holds so far; None where a start alone cannot be read."""
    try:
        source = load_head(path)
        found = read_source(source)
    except InputError:
        source = load_source(path)
        return source, read_source(source) if _is_observations(source) else None
    if isinstance(found, Observations) and not len(found.epochs):
        source = load_source(path)  # a header longer than the start
        return source, read_source(source)
    return source, found


def _is_observations(source: Source) -> bool:
    """Whether a file that could not be told by its start, being wrapped whole, holds observations."""
    try:
        return isinstance(read_source(source), Observations)
    except InputError:
        return False


def _unread(path: Path) -> InputFile:
    """A file that could not be used; one that cannot even be opened has no content to name."""
    try:
        return _file(path, "not read")
    except InputError:
        return InputFile(path.name, "", 0, "not read")


def _file(path: Path, role: str) -> InputFile:
    try:
        return input_file(path, role=role)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _span_of(start: Observations, source: Source) -> tuple[int, int]:
    """First and last epoch: the last one as the header promises within the day, at its end for a daily file, else looked up in the whole file."""
    if not len(start.epochs):
        reason = next((f": {loss.reason} (line {loss.first_line})" for loss in start.losses), "")
        raise InputError(f"{source.path}: no epoch could be read{reason}")
    first = int(start.epochs.tai_ns[0])
    begin, end = day_bounds_ns(_day(first))
    at = source.data.find(b"\n", source.data.find(b"\n") + 1) + 1 if source.data[60:80].startswith(b"CRINEX") else 0
    promised = last_observation(parse_header(memoryview(source.data)[at:], source.path))
    if promised is not None and first <= int(promised.tai_ns[0]) < end + _EDGE_NS:
        return first, int(promised.tai_ns[0])
    size = Path(source.path).stat().st_size
    whole_ns = (int(start.epochs.tai_ns[-1]) - first) * size / min(size, HEAD_BYTES)
    if promised is None and first - begin < _EDGE_NS and whole_ns < _A_DAY_AT_MOST * NS_PER_DAY:
        return first, end - 1
    return first, int(read_source(load_source(source.path)).epochs.tai_ns[-1])


def _span(held: Any) -> tuple[int, int] | None:
    if isinstance(held, Biases):
        return (int(held.valid_from_ns.min()), int(held.valid_until_ns.max()) - 1) if len(held) else None
    if isinstance(held, Navigation):
        instants = [table.ephemeris.tai_ns for table in held.messages.values() if len(table)]
    else:
        instants = [held.epochs.tai_ns] if isinstance(held, PreciseOrbits | PreciseClocks | EarthRotationSeries) and len(held.epochs) else []
    return (min(int(t.min()) for t in instants), max(int(t.max()) for t in instants)) if instants else None


def _by_day(inputs: Sequence[InputRole]) -> dict[str, dict[str, tuple[InputRole, ...]]]:
    found: dict[str, dict[str, list[InputRole]]] = {}
    for item in inputs:
        for day in _days_of(item):
            found.setdefault(day, {}).setdefault(item.station, []).append(item)
    return {day: {name: tuple(items) for name, items in sorted(stations.items())} for day, stations in sorted(found.items())}


def _day(tai_ns: int) -> str:
    return str(to_iso(Epochs(np.array([tai_ns], np.int64)), "GPST", 0)[0])[:10]


def _days_of(item: InputRole) -> list[str]:
    """Days that an observation file reaches into; the one that holds most of it where it reaches a little into others."""
    if item.role != "observations" or item.span_ns is None:
        return []
    first, last = item.span_ns
    days = []
    begin = day_bounds_ns(_day(first))[0]
    for start in range(begin, last + 1, NS_PER_DAY):
        if min(last, start + NS_PER_DAY) - max(first, start) >= _EDGE_NS or last - first < 2 * _EDGE_NS:
            days.append(_day(start + NS_PER_DAY // 2))
    return days or [_day((first + last) // 2)]
