"""Slant ionospheric delays from models that somebody else made: global maps or broadcast coefficients.

Of what is at hand the best is taken: maps (they leave about 15 % of the delay), then the nine-coefficient global model (30 %), then the
eight-coefficient model in its system's own form (40 %: its interface document promises half); a federation's own messages go before those of others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.constellation import Constellation
from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.federation import Federation
from armillary.core.geodesy import to_geodetic
from armillary.core.ionosphere_maps import IonosphereMaps
from armillary.core.navigation_messages import CorrectionRecord, Navigation
from armillary.core.registry import by_letter
from armillary.core.scales import to_day
from armillary.errors import InputError
from armillary.navigation.links import REFERENCE_FREQUENCY_HZ, Links

kernels: Any = lazy_module("armillary.navigation.ionosphere_kernels")

__all__ = ["CoefficientSets", "SlantModel", "broadcast_model", "coefficient_sets", "has_broadcast", "map_model", "slant_model"]

_METRES_PER_TECU = 40.3e16 / REFERENCE_FREQUENCY_HZ**2
_MAP_ERROR = 0.15
_MJD_OF_1970 = 40587
_ZENITH_SCALES = {"COSZ": 1.0}
_MODIFIED_LAYER = (6371.0e3 / (6371.0e3 + 506.7e3), 0.9782)
"""Shell ratio and zenith scale for maps whose header names no mapping function: their makers fit with the modified single layer of CODE or with the
extended slab that it approximates."""


@dataclass(frozen=True, slots=True, eq=False)
class SlantModel:
    """Slant delays of every row, and where they come from."""

    slant_m: NDArray[np.float64]
    """float64[n], metres at 1575.42 MHz; NaN below the horizon and where the model says nothing."""
    source: str
    error: float
    """Standard error as a share of the delay."""


@dataclass(frozen=True, slots=True, eq=False)
class CoefficientSets:
    """Sets of broadcast coefficients of one system in the order of transmission."""

    tai_ns: NDArray[np.int64]
    """int64[n_sets], ascending."""
    values: NDArray[np.float64]
    """float64[n_sets, n_coefficients]."""

    def at(self, epochs: Epochs) -> NDArray[np.int64]:
        """int64[n], for each epoch the latest set sent at or before it; the first set for epochs before all."""
        return np.maximum(np.searchsorted(self.tai_ns, epochs.tai_ns, "right") - 1, 0).astype(np.int64)


@dataclass(frozen=True, slots=True)
class _Kind:
    """A broadcast model: the kind of its records, how many coefficients, what it is called and leaves, and its evaluation."""

    kind: str
    size: int
    title: str
    error: float
    evaluate: Callable[[Links, CoefficientSets, Constellation], NDArray[np.float64]]


def slant_model(links: Links, navigation: Navigation, federation: Federation, maps: Sequence[IonosphereMaps] = ()) -> SlantModel:
    """Slant delays of the best model at hand: of several files of maps the first that speaks, then the best broadcast model.

    Rows on which maps are silent (gaps, times outside) fall to the next. InputError when there are neither maps nor broadcast coefficients.
    """
    models = [map_model(links, each) for each in maps]
    if not models or (_silent(links, models).any() and has_broadcast(navigation)):
        models.append(broadcast_model(links, navigation, federation))
    slant, sources = models[0].slant_m, [models[0].source]
    for model in models[1:]:
        wanted = np.isnan(slant) & np.isfinite(model.slant_m)
        if wanted.any():
            slant = np.where(wanted, model.slant_m, slant)
            sources.append(f"{model.source} on {wanted.sum() / max(np.isfinite(model.slant_m).sum(), 1):.1%} of the rows")
    return SlantModel(slant, ", ".join(sources), models[0].error)


def has_broadcast(navigation: Navigation) -> bool:
    """Whether there are coefficients that :func:`broadcast_model` could use."""
    return next(_candidates(navigation, Federation(())), None) is not None


def broadcast_model(links: Links, navigation: Navigation, federation: Federation) -> SlantModel:
    """Slant delays from broadcast coefficients: of the federation's own systems where they send some, else of any system in the file.

    InputError when the navigation files hold none.
    """
    found = next(_candidates(navigation, federation), None)
    if found is None:
        raise InputError("the navigation files hold no broadcast ionosphere: give ones that do, or maps with --ionex, or another --model")
    kind, constellation, records = found
    sets = coefficient_sets(records, kind.size)
    slant = kind.evaluate(links, sets, constellation)
    return SlantModel(slant, f"{kind.title} coefficients of {constellation.title} ({_counted(sets)})", kind.error)


def map_model(links: Links, maps: IonosphereMaps) -> SlantModel:
    """Slant delays from global maps: pierce point on their shell, bilinear between nodes, linear in time between maps turned with the Sun.

    The slant factor is 1 / cos z' on the maps' shell where the header says COSZ, else that of the modified single layer.
    """
    rows = links.rows
    x, y, z = links.position_m[rows.epoch_of].T
    shell = maps.base_radius_m / (maps.base_radius_m + maps.height_m)
    place = np.empty((len(rows.sat), 2))
    # latitudes of the maps are geocentric
    kernels.pierce_rows(np.arctan2(z, np.hypot(x, y)), np.arctan2(y, x), links.elevation_rad, links.azimuth_rad, shell, place)
    vertical = np.maximum(maps.vertical_tec(rows.epochs[rows.epoch_of], place[:, 0], place[:, 1]), 0.0)
    ratio, scale = (shell, _ZENITH_SCALES[maps.mapping_function]) if maps.mapping_function in _ZENITH_SCALES else _MODIFIED_LAYER
    slant = vertical / np.sqrt(1.0 - (ratio * np.sin(scale * (np.pi / 2 - links.elevation_rad))) ** 2)
    return SlantModel(_METRES_PER_TECU * slant, f"maps {PurePath(maps.path).name}".rstrip(), _MAP_ERROR)


def coefficient_sets(records: Sequence[CorrectionRecord], size: int) -> CoefficientSets:
    """The sets of one system by time of transmission.

    Of several at one instant the one that most satellites send. Sets without an instant come before all.
    """
    votes: dict[int, Counter[tuple[float, ...]]] = {}
    for record in records:
        instant = np.iinfo(np.int64).min if record.tai_ns is None else record.tai_ns
        votes.setdefault(instant, Counter())[record.values[:size]] += 1
    instants = sorted(votes)
    values = [votes[instant].most_common(1)[0][0] for instant in instants]
    return CoefficientSets(np.array(instants, np.int64), np.array(values, np.float64).reshape(-1, size))


def _silent(links: Links, models: Sequence[SlantModel]) -> NDArray[np.bool_]:
    """bool[n], rows above the horizon of which no model says anything."""
    return np.asarray((links.elevation_rad >= 0.0) & np.isnan([m.slant_m for m in models]).all(axis=0))


def _candidates(navigation: Navigation, federation: Federation) -> Iterator[tuple[_Kind, Constellation, list[CorrectionRecord]]]:
    """Broadcast models in the order of preference."""
    own = [c.letter for c in federation]
    known = by_letter()
    others = [letter for letter in dict.fromkeys(r.system for r in navigation.ionosphere) if letter in known and letter not in own]
    # a regional system fits its coefficients to its region
    others.sort(key=lambda letter: all(group.orbit != "MEO" for group in known[letter].groups))
    for letters in (own, others):
        for kind in _KINDS:
            for letter in letters:
                records = [r for r in navigation.ionosphere if (r.kind, r.system) == (kind.kind, letter) and _complete(r, kind.size)]
                if records:
                    yield kind, known[letter], records


def _complete(record: CorrectionRecord, size: int) -> bool:
    """Whether all coefficients are there, and not meant for one country only."""
    return not record.region and len(record.values) >= size and bool(np.isfinite(record.values[:size]).all())


def _counted(sets: CoefficientSets) -> str:
    return f"{len(sets.tai_ns)} set{'s' if len(sets.tai_ns) != 1 else ''}"


def _view(links: Links) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Geodetic latitude and longitude of the station, elevation and azimuth, of every row."""
    place, epoch_of = to_geodetic(links.position_m), links.rows.epoch_of
    return place.latitude_rad[epoch_of], place.longitude_rad[epoch_of], links.elevation_rad, links.azimuth_rad


def _klobuchar(links: Links, sets: CoefficientSets, constellation: Constellation) -> NDArray[np.float64]:
    rows, out = links.rows, np.empty(len(links.rows.sat))
    _, ns_of_day = to_day(rows.epochs, constellation.time_scale)
    second = (ns_of_day * 1e-9)[rows.epoch_of]
    kernels.klobuchar_rows(
        constellation.ionosphere_form == "geographic", sets.values, sets.at(rows.epochs)[rows.epoch_of], *_view(links), second, out
    )
    return out


def _bdgim(links: Links, sets: CoefficientSets, constellation: Constellation) -> NDArray[np.float64]:
    rows, out = links.rows, np.empty(len(links.rows.sat))
    day, ns_of_day = to_day(rows.epochs, constellation.time_scale)
    mjd = day + _MJD_OF_1970 + ns_of_day / NS_PER_DAY
    kernels.bdgim_rows(sets.values, sets.at(rows.epochs)[rows.epoch_of], *_view(links), mjd[rows.epoch_of], out)
    return out


_KINDS = (_Kind("BDGIM", 9, "BDGIM", 0.3, _bdgim), _Kind("KLOB", 8, "Klobuchar", 0.4, _klobuchar))
"""Best first."""
