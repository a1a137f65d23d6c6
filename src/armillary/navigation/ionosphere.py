"""Slant ionospheric delays from models that somebody else made: broadcast coefficients or global maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.federation import Federation
from armillary.core.geodesy import to_geodetic
from armillary.core.navigation_messages import CorrectionRecord, Navigation
from armillary.core.registry import by_letter
from armillary.core.scales import to_day
from armillary.errors import InputError
from armillary.navigation.links import Links

kernels: Any = lazy_module("armillary.navigation.atmosphere_kernels")

__all__ = ["SlantModel", "broadcast_model"]


@dataclass(frozen=True, slots=True, eq=False)
class SlantModel:
    """Slant delays of every row, and where they come from."""

    slant_m: NDArray[np.float64]
    """float64[n], metres at 1575.42 MHz."""
    source: str


def broadcast_model(links: Links, navigation: Navigation, federation: Federation) -> SlantModel:
    """Slant delays from broadcast coefficients: of the federation's own systems where they send some, else of any system in the file.

    InputError when the navigation files hold none.
    """
    own = [r for c in federation for r in navigation.ionosphere if r.kind == "KLOB" and r.system == c.letter]
    records = own or [r for r in navigation.ionosphere if r.kind == "KLOB"]
    if not records:
        raise InputError("the navigation files hold no broadcast ionosphere: give one that does, or leave the model at uncombined")
    return _klobuchar(links, records)


def _klobuchar(links: Links, records: list[CorrectionRecord]) -> SlantModel:
    """The eight-coefficient model; of several sets of one system the latest before each epoch, else the first."""
    chosen = records[0]
    same = [r for r in records if r.system == chosen.system and r.label == chosen.label and len(r.values) >= 8]
    constellation = by_letter()[chosen.system]
    rows = links.rows
    _, ns_of_day = to_day(rows.epochs, constellation.time_scale)
    place = to_geodetic(links.position_m)
    out = np.full(len(rows.sat), np.nan)
    start = int(rows.epochs.tai_ns[0]) if len(rows.epochs) else 0
    best = min(same, key=lambda r: abs((r.tai_ns or start) - start))
    kernels.klobuchar_rows(
        constellation.ionosphere_form == "geographic",
        np.array(best.values[:8]),
        place.latitude_rad[rows.epoch_of],
        place.longitude_rad[rows.epoch_of],
        links.elevation_rad,
        links.azimuth_rad,
        (ns_of_day * 1e-9)[rows.epoch_of],
        out,
    )
    return SlantModel(out, f"{chosen.label or chosen.kind} coefficients of {constellation.title}")
