"""Bias files for a day: code biases of another day still serve, for they hardly change in weeks; phase biases do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import PurePath

import numpy as np

from armillary.core.biases import Biases
from armillary.core.coordinates import ALWAYS_NS
from armillary.core.epochs import NS_PER_DAY, Epochs

__all__ = ["LONGEST_DAYS", "BiasesAt", "biases_at"]

LONGEST_DAYS = 60
"""Satellites are reconfigured and clocks re-referenced: no bias file of another season is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class BiasesAt:
    """Biases as they serve at an instant."""

    own: tuple[Biases, ...]
    """Of files that hold then."""
    near: tuple[Biases, ...]
    """Code biases of files of other days, made to hold always."""
    notes: tuple[str, ...]


def biases_at(given: Sequence[Biases], when: Epochs | None) -> BiasesAt:
    """The files of ``given`` sorted by whether they hold at ``when``."""
    if when is None:
        return BiasesAt(tuple(given), (), ())
    at = int(when.tai_ns[0])
    own, near, notes = [], [], []
    for biases in given:
        name = PurePath(biases.path).name or "biases"
        mine = biases.station == ""
        if not mine.any():
            notes.append(f"{name}: holds no bias of a satellite")
            continue
        first, last = int(biases.valid_from_ns[mine].min()), int(biases.valid_until_ns[mine].max())
        if first <= at < last:
            own.append(biases)
            continue
        away = (first - at if at < first else at - last) / NS_PER_DAY
        if away > LONGEST_DAYS:
            notes.append(f"{name}: its biases hold {away:.0f} days away from the observations: not used")
        else:
            near.append(_always(biases))
            notes.append(
                f"{name}: its biases hold {max(away, 0.1):.1f} days away from the observations: its codes serve and weigh less, its phases do not"
            )
    return BiasesAt(tuple(own), tuple(near), tuple(notes))


def _always(biases: Biases) -> Biases:
    """The code biases of satellites, made to hold always."""
    codes = np.flatnonzero((biases.station == "") & np.char.startswith(biases.observable_1, "C"))
    columns = {f.name: getattr(biases, f.name)[codes] for f in fields(biases) if isinstance(getattr(biases, f.name), np.ndarray)}
    n = len(codes)
    return replace(biases, **(columns | {"valid_from_ns": np.full(n, -ALWAYS_NS), "valid_until_ns": np.full(n, ALWAYS_NS)}))
