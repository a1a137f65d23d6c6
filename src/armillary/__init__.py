"""One core for satellite systems of several operators: each alone, and all together.

>>> import armillary
>>> str(armillary.federation("glonass+beidou"))
'glonass+beidou'

The names below are imported when first used, so that ``import armillary`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from armillary.core.epochs import Epochs
    from armillary.core.federation import Federation, federation
    from armillary.core.reference import Reference
    from armillary.core.registry import constellation
    from armillary.core.stations import Network, Station
    from armillary.core.table import Table
    from armillary.errors import ArmillaryError, FormatError
    from armillary.io.reading import read
    from armillary.services.convert import convert
    from armillary.services.info import info
    from armillary.services.position import PositionAnswer, position
    from armillary.services.ppp import PppAnswer, ppp
    from armillary.services.simulate import simulate

__version__ = "0.1.0"

__all__ = [
    "ArmillaryError",
    "Epochs",
    "Federation",
    "FormatError",
    "Network",
    "PositionAnswer",
    "PppAnswer",
    "Reference",
    "Station",
    "Table",
    "constellation",
    "convert",
    "federation",
    "info",
    "position",
    "ppp",
    "read",
    "simulate",
]

_HOMES = {
    "ArmillaryError": "errors",
    "Epochs": "core.epochs",
    "Federation": "core.federation",
    "FormatError": "errors",
    "Network": "core.stations",
    "PositionAnswer": "services.position",
    "PppAnswer": "services.ppp",
    "Reference": "core.reference",
    "Station": "core.stations",
    "Table": "core.table",
    "constellation": "core.registry",
    "convert": "services.convert",
    "federation": "core.federation",
    "info": "services.info",
    "position": "services.position",
    "ppp": "services.ppp",
    "read": "io.reading",
    "simulate": "services.simulate",
}
"""Public name -> module that defines it."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; there are {', '.join(__all__)}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
