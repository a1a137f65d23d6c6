"""What people call the content of a file, for messages: the name of a core type is a word of the code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from armillary.core.loss import Loss
from armillary.errors import InputError

__all__ = ["all_of", "expected", "kind_of"]

Content = TypeVar("Content")

# by name, so that no type need be imported for a message
_WORDS: Mapping[str, str] = {
    "AntennaSet": "antenna calibrations",
    "Biases": "signal biases",
    "EarthOrientation": "Earth orientation",
    "EarthRotationSeries": "Earth rotation parameters",
    "ElementSets": "two-line elements",
    "IonosphereMaps": "ionosphere maps",
    "Navigation": "navigation messages",
    "Network": "a table of stations",
    "Observations": "observations",
    "OceanLoading": "ocean loading",
    "PreciseClocks": "precise clocks",
    "PreciseOrbits": "precise orbits",
    "StationCoordinates": "station coordinates",
    "TroposphereSeries": "troposphere delays",
}


def kind_of(content: Any) -> str:
    """What a reader returned, in words; the name of its type where it is of a format from elsewhere.

    >>> from armillary.core.navigation_messages import Navigation, NavigationHeader
    >>> kind_of(Navigation(NavigationHeader(), {}))
    'navigation messages'
    """
    name = type(content).__name__
    return _WORDS.get(name, name)


def expected(held: Any, kind: type[Content], path: Path | str, wanted: str) -> Content:
    """What was read from a file, which must be of a kind; InputError says what it holds and what was ``wanted``."""
    if not isinstance(held, kind):
        raise InputError(f"{path}: holds {kind_of(held)}, but {wanted} was expected")
    return held


def all_of(paths: Sequence[Path], kind: type[Content], wanted: str, losses: dict[str, Sequence[Loss]], read: Callable[[Path], Any]) -> list[Content]:
    """What ``read`` returns for files, which must be of a kind, or InputError; lines that were not used go to ``losses``."""
    found = []
    for path in paths:
        held = expected(read(path), kind, path, wanted)
        losses[str(path)] = getattr(held, "losses", ())
        found.append(held)
    return found
