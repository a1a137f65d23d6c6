"""What people call the content of a file, for messages: the name of a core type is a word of the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["kind_of"]

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
