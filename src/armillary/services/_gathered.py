"""Files and folders of anything, sorted by what they hold: roles are found by reading, not by name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from armillary._lazy import lazy_module
from armillary.core.antennas import AntennaSet
from armillary.core.coordinates import StationCoordinates
from armillary.core.loss import Loss
from armillary.core.navigation_messages import Navigation, NavigationHeader
from armillary.core.observations import Observations
from armillary.core.precise import PreciseClocks, PreciseOrbits
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.monitoring.provenance import InputFile, input_file

rinex_nav: Any = lazy_module("armillary.io.rinex_nav")
joining: Any = lazy_module("armillary.io.joining")

__all__ = ["Gathered", "InputRole", "gather"]

_READERS = 2
_ROLES: Mapping[type, str] = {
    Observations: "observations",
    Navigation: "navigation",
    PreciseOrbits: "orbits",
    PreciseClocks: "clocks",
    AntennaSet: "antennas",
    StationCoordinates: "coordinates",
}
"""Type of content -> what it is used as; other content is named and not used."""


@dataclass(frozen=True, slots=True, eq=False)
class InputRole:
    """One file that was given."""

    path: str
    role: str
    """observations, navigation, orbits, clocks, antennas, coordinates, ``not used`` or ``not read``."""
    what: str
    """What it holds, or why it was not used."""
    file: InputFile

    @property
    def sha256(self) -> str:
        """SHA-256 of the file as it lies on the disk."""
        return self.file.sha256


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Everything that was given, read and joined by kind."""

    inputs: tuple[InputRole, ...]
    stations: Mapping[str, Observations]
    """Marker in upper case -> its observations, files of one station joined."""
    station_inputs: Mapping[str, tuple[InputFile, ...]]
    navigation: Navigation
    orbits: tuple[PreciseOrbits, ...]
    clocks: tuple[PreciseClocks, ...]
    antennas: tuple[AntennaSet, ...]
    coordinates: tuple[StationCoordinates, ...]
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def inputs_of(self, *roles: str) -> tuple[InputFile, ...]:
        """The files of some roles."""
        return tuple(item.file for item in self.inputs if item.role in roles)


def gather(paths: Sequence[Path], *, systems: str) -> Gathered:
    """Read ``paths`` (files, or folders and all below them) and sort their content by role.

    ``systems`` are the RINEX letters of the systems whose observations are kept. A file that nothing recognises or that is damaged beyond reading is
    named in ``inputs`` and warned about, unless it was named itself: then its InputError is raised. InputError where there is no observation file.
    """
    named = [path for path in paths if not path.is_dir()]
    files = list(dict.fromkeys([*named, *_below(paths)]))
    with ThreadPoolExecutor(_READERS) as pool:
        waiting = {path: pool.submit(_content, path, systems) for path in files}
        found = {path: task.result() for path, task in waiting.items()}
    for path in named:
        if isinstance(found[path], InputError):
            raise found[path]
    inputs = tuple(_role(path, content) for path, content in found.items())
    return _sorted(inputs, list(found.values()))


def _below(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(child for child in path.rglob("*") if child.is_file() and not child.name.startswith("."))


def _content(path: Path, systems: str) -> Any:
    try:
        return read(path, systems=systems)
    except InputError as error:
        return error


def _role(path: Path, content: Any) -> InputRole:
    role = _ROLES.get(type(content), "not read" if isinstance(content, InputError) else "not used")
    what = str(content) if isinstance(content, InputError) else type(content).__name__
    return InputRole(str(path), role, what, _file(path, role))


def _file(path: Path, role: str) -> InputFile:
    try:
        return input_file(path, role=role)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None


def _sorted(inputs: tuple[InputRole, ...], contents: Sequence[Any]) -> Gathered:
    def of(kind: type[Any]) -> tuple[Any, ...]:
        return tuple(content for content in contents if isinstance(content, kind))

    parts: dict[str, list[Observations]] = {}
    sources: dict[str, list[InputFile]] = {}
    for item, content in zip(inputs, contents, strict=True):
        if isinstance(content, Observations):
            name = content.header.marker.strip().upper() or Path(item.path).name
            parts.setdefault(name, []).append(content)
            sources.setdefault(name, []).append(item.file)
    if not parts:
        raise InputError("no observation file was given: " + ", ".join(f"{Path(i.path).name} holds {i.what}" for i in inputs[:6]))
    messages = of(Navigation)
    return Gathered(
        inputs=inputs,
        stations={name: same[0] if len(same) == 1 else joining.join_observations(same) for name, same in sorted(parts.items())},
        station_inputs={name: tuple(files) for name, files in sources.items()},
        navigation=rinex_nav.merge(messages) if len(messages) > 1 else messages[0] if messages else Navigation(NavigationHeader(), {}),
        orbits=of(PreciseOrbits),
        clocks=of(PreciseClocks),
        antennas=of(AntennaSet),
        coordinates=of(StationCoordinates),
        losses={item.path: content.losses for item, content in zip(inputs, contents, strict=True) if getattr(content, "losses", ())},
        warnings=tuple(f"{item.path}: {item.role}: {item.what}" for item in inputs if item.role in ("not read", "not used")),
    )
