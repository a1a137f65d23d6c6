"""Earth orientation as a user gives it: a table of the IERS, or the Earth rotation that belongs to the orbits of a centre."""

from __future__ import annotations

from pathlib import Path, PurePath

import numpy as np

from armillary.core.earth_rotation_overlay import with_series
from armillary.core.earth_rotation_series import EarthRotationSeries
from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.reference import Reference
from armillary.errors import FormatError, InputError
from armillary.io import erp as earth_rotation
from armillary.io.reading import read
from armillary.io.source import load_head
from armillary.services._coverage import days
from armillary.services._kinds import kind_of

__all__ = ["earth_orientation"]

_EXPECTED = "Earth orientation is expected: IERS finals2000A or EOP C04, or an IGS ERP file (version 2)"


def earth_orientation(path: Path | None, observed: Epochs) -> tuple[Reference | None, tuple[str, ...]]:
    """The reference for ``path`` (None: what is built in), and what a user should know of it. InputError for a file of anything else.

    Taken are IERS finals2000A and C04, and IGS Earth rotation files (ERP) of any number of days, which are laid over the built-in table.
    """
    if path is None:
        return None, ()
    if not earth_rotation.SNIFF(bytes(load_head(path).data)[:4096]):
        return _of_the_iers(path), ()
    series = read(path)
    assert isinstance(series, EarthRotationSeries)
    reference = with_series(Reference.builtin(), series)
    name, (first, last) = PurePath(path).name, series.epochs.tai_ns[[0, -1]]
    half = NS_PER_DAY // 2
    inside = (observed.tai_ns >= first - half) & (observed.tai_ns <= last + half)
    if inside.all():
        return reference, ()
    where = "no epoch of the observations" if not inside.any() else f"{int(inside.sum())} of {np.size(inside)} epochs of the observations"
    return reference, (f"{name}: Earth rotation {days(series.epochs)} covers {where}: the built-in table serves the others",)


def _of_the_iers(path: Path) -> Reference:
    try:
        return Reference.load(earth_orientation=path)
    except FormatError as error:
        try:
            held = kind_of(read(path))
        except InputError:
            held = ""
        if held or error.text.startswith("expected an Earth orientation series"):  # not a damaged one
            raise InputError(f"{path}: {f'holds {held}, but ' if held else ''}{_EXPECTED}") from None
        raise
