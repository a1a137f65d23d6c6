"""Where on Earth, and for what share of the time, the geometry of one or several systems lets a position be computed.

Satellites are placed once for the union of all systems; each member of a federation is then a selection of systems, so three answers cost
little more than one. Every answer comes twice: each system's receiver clock free (nothing known about the offset between their time scales),
and with the offsets known, where all systems share one clock.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import radians, sin
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.epochs import Epochs
from armillary.core.federation import Federation
from armillary.core.geodesy import enu_rotation, from_geodetic
from armillary.errors import InputError, LimitError
from armillary.orbits.state import NO_CLOCK, NO_DATA, STALE, UNHEALTHY, Orbit

__all__ = ["FREE", "KNOWN", "GeometryMaps", "GeometryOptions", "OrbitCatalogue", "Places", "Sky", "geometry_maps", "globe", "sky_of"]

_kernels: Any = lazy_module("armillary.navigation.availability_kernels")

_KINDS = 4
"""PDOP, HDOP and VDOP with free clocks, PDOP with the offsets known."""
FREE, KNOWN = 0, 1
"""Index of the answer with each system's clock free, and of that with the offsets known."""
_BINS, _BINS_PER_UNIT = 32_768, 1_000.0
"""Of the distribution of DOPs: medians are good to half a thousandth up to 32.7, and infinite beyond."""
_BLOCK = 4_000_000
"""Values of DOPs held at a time by each thread (16 MB)."""
_LARGEST = 2_000_000_000
"""Most places times instants: a minute or two of computing on one core for each thousand million."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Places on the ellipsoid, height 0, with the area that each stands for."""

    latitude_rad: Floats
    longitude_rad: Floats
    weight: Floats
    """float64[n], positive; only their ratios count."""
    shape: tuple[int, int] = (1, -1)
    """Rows and columns, for places on a grid (row by row from the south, from the date line east)."""

    def __len__(self) -> int:
        return len(self.latitude_rad)


def globe(step_rad: float) -> Places:
    """Centres of cells of equal angles that cover the globe, weighted by area (the cosine of the latitude).

    The step is rounded so that whole cells fill the globe. InputError unless it lies between 0.1 and 90 degrees.

    >>> places = globe(radians(5))
    >>> len(places), places.shape, round(float(np.degrees(places.latitude_rad[0])), 9)
    (2592, (36, 72), -87.5)
    """
    if not radians(0.1) * (1 - 1e-9) <= step_rad <= radians(90.0) * (1 + 1e-9):
        raise InputError(f"a grid step between 0.1 and 90 degrees is needed; got {np.degrees(step_rad):g}")
    rows, columns = round(np.pi / step_rad), round(2 * np.pi / step_rad)
    latitude = -np.pi / 2 + np.pi / rows * (np.arange(rows) + 0.5)
    longitude = -np.pi + 2 * np.pi / columns * (np.arange(columns) + 0.5)
    every = np.repeat(latitude, columns)
    return Places(every, np.tile(longitude, rows), np.cos(every), (rows, columns))


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """Where the satellites of some systems are, instant by instant."""

    epochs: Epochs
    sat: NDArray[np.int16]
    """int16[m], packed, grouped by system in the order of ``letters``."""
    letters: str
    position_m: Floats
    """float64[n_epochs, m, 3], Earth-fixed; NaN where the satellite cannot be used."""
    flag: NDArray[np.uint8]
    """uint8[n_epochs, m], why: bits of :mod:`armillary.orbits.state`."""

    @property
    def edges(self) -> NDArray[np.int64]:
        """int64[systems + 1]: satellites edges[k]:edges[k + 1] belong to system k."""
        return np.concatenate([[0], np.cumsum([int((self.sat // 100 == ord(letter)).sum()) for letter in self.letters])]).astype(np.int64)

    @property
    def served(self) -> NDArray[np.bool_]:
        """bool[n_epochs, m]: something is known of the satellite, be it that it is unhealthy."""
        return np.asarray((self.flag & (NO_DATA | STALE)) == 0)

    def at(self, chosen: NDArray[np.bool_]) -> Sky:
        """The instants where ``chosen`` (bool[n_epochs]) holds."""
        return Sky(self.epochs[chosen], self.sat, self.letters, self.position_m[chosen], self.flag[chosen])

    def completed_by(self, other: Sky) -> Sky:
        """The satellites of both (same instants and systems): where this one knows nothing of a satellite, ``other`` fills in.

        A satellite that either calls unhealthy cannot be used at that time.
        """
        letters = self.letters
        both = np.union1d(self.sat, other.sat)
        sat = np.concatenate([np.empty(0, np.int16), *(both[both // 100 == ord(letter)] for letter in letters)]).astype(np.int16)
        (position, flag), (spare, spare_flag) = self._spread(sat), other._spread(sat)
        bad = ((flag | spare_flag) & UNHEALTHY) != 0
        empty = (flag & (NO_DATA | STALE)) != 0
        position[empty], flag[empty] = spare[empty], spare_flag[empty]
        position[bad] = np.nan
        flag[bad] |= UNHEALTHY
        return Sky(self.epochs, sat, letters, position, flag)

    def _spread(self, sat: NDArray[np.int16]) -> tuple[Floats, NDArray[np.uint8]]:
        """Positions and flags for the satellites ``sat``; those that this sky lacks are NaN and NO_DATA."""
        position, flag = np.full((len(self.epochs), len(sat), 3), np.nan), np.full((len(self.epochs), len(sat)), NO_DATA, np.uint8)
        _, theirs, mine = np.intersect1d(sat, self.sat, return_indices=True)
        position[:, theirs], flag[:, theirs] = self.position_m[:, mine], self.flag[:, mine]
        return position, flag


class OrbitCatalogue(Orbit, Protocol):
    """Orbits that also tell which satellites they know."""

    @property
    def satellites(self) -> NDArray[np.int16]:
        """Packed satellites, int16[m]."""


def sky_of(orbit: OrbitCatalogue, epochs: Epochs, letters: str) -> Sky:
    """The satellites of ``orbit`` that belong to the systems ``letters``, at ``epochs``.

    A missing clock in a table does not make a satellite unusable: that is a gap of the product, not of the service.
    """
    known = np.asarray(orbit.satellites)
    sat = np.concatenate([np.sort(known[known // 100 == ord(letter)]) for letter in letters]).astype(np.int16)
    if not len(sat):
        return Sky(epochs, sat, letters, np.empty((len(epochs), 0, 3)), np.empty((len(epochs), 0), np.uint8))
    state = orbit.state(np.tile(sat, len(epochs)), Epochs(np.repeat(epochs.tai_ns, len(sat))))
    usable = (state.flag & ~np.uint8(NO_CLOCK)) == 0
    position = np.where(usable[:, None], state.position_m, np.nan).reshape(len(epochs), len(sat), 3)
    return Sky(epochs, sat, letters, np.ascontiguousarray(position), state.flag.reshape(len(epochs), len(sat)))


@dataclass(frozen=True, slots=True)
class GeometryOptions:
    """When a place counts as served."""

    mask_rad: float = radians(5.0)
    """Least elevation."""
    limit_pdop: float = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class GeometryMaps:
    """Availability and dilution of precision of each member; the second axis is FREE or KNOWN."""

    places: Places
    members: tuple[str, ...]
    available: Floats
    """float64[members, 2, places], share of the instants with PDOP within the limit, 0 to 1."""
    median_pdop: Floats
    """float64[members, 2, places], over the instants; infinite where most have no solution."""
    median_hdop: Floats
    """float64[members, places], with free clocks."""
    median_vdop: Floats
    """float64[members, places], with free clocks."""
    mean_in_view: Floats
    """float64[members, places], satellites above the mask, mean over the instants."""
    medians: Floats
    """float64[members, 4], over all places and instants by area: PDOP, HDOP and VDOP with free clocks, PDOP with the offsets known."""

    def mean(self, values: Floats) -> Floats:
        """The mean over the places by area of float64[..., places]."""
        mean = values @ (self.places.weight / self.places.weight.sum())
        return np.asarray(np.clip(mean, values.min(axis=-1), values.max(axis=-1)))  # rounding must not make 100.00000000000001 %


def geometry_maps(
    sky: Sky,
    places: Places,
    members: Sequence[Federation],
    options: GeometryOptions = GeometryOptions(),
    *,
    progress: Callable[[str, float], None] | None = None,
) -> GeometryMaps:
    """Availability and dilution of precision of ``members`` at ``places`` over the instants of ``sky``.

    Elevations are geometric, above the horizontal of the ellipsoid. A receiver clock is eliminated for each system in view (FREE) or one for
    all (KNOWN); fewer satellites than unknowns, or a degenerate geometry, have infinite PDOP. InputError for a mask outside 0 to 90 degrees,
    no instants, a PDOP limit that is not positive, or a member with systems that ``sky`` was not made for; LimitError for absurd sizes.
    """
    _check(sky, places, options)
    chosen = _selection(sky, members)
    latitude, longitude = places.latitude_rad, places.longitude_rad
    point_m, axes = from_geodetic(latitude, longitude), np.ascontiguousarray(enu_rotation(latitude, longitude))
    weight = np.ascontiguousarray(places.weight / (places.weight.sum() * len(sky.epochs)))
    limits = (sin(options.mask_rad), float(options.limit_pdop), _BINS_PER_UNIT)
    edges = sky.edges

    def work(block: slice) -> tuple[Any, ...]:
        n = block.stop - block.start
        available, in_view = np.empty((len(members), 2, n), np.int64), np.empty((len(members), n), np.int64)
        dop = np.empty((len(members), _KINDS, n, len(sky.epochs)), np.float32)
        histogram = np.zeros((len(members), _KINDS, _BINS))
        given = (point_m[block], axes[block], weight[block])
        _kernels.dilutions(sky.position_m, edges, *given, chosen, limits, available, in_view, dop, histogram)
        return block, available, in_view, _medians(dop, chosen), histogram

    size = max(1, min(len(places), _BLOCK // (_KINDS * len(members) * len(sky.epochs))))
    blocks = [slice(first, min(first + size, len(places))) for first in range(0, len(places), size)]
    return _collect(sky, places, members, _run(work, blocks, progress))


def _run(work: Callable[[slice], tuple[Any, ...]], blocks: Sequence[slice], progress: Callable[[str, float], None] | None) -> list[tuple[Any, ...]]:
    """Results of all blocks, in order; histograms are added up at once, in that order, so that the sum is the same for any number of threads."""
    done: list[tuple[Any, ...]] = []
    with ThreadPoolExecutor(min(len(blocks), os.cpu_count() or 1)) as pool:
        for result in pool.map(work, blocks):
            if done:
                done[0][-1][...] += result[-1]
                result = result[:-1]
            done.append(result)
            if progress is not None:
                progress("geometry", len(done) / len(blocks))
    return done


def _collect(sky: Sky, places: Places, members: Sequence[Federation], done: Sequence[tuple[Any, ...]]) -> GeometryMaps:
    available, median = np.empty((len(members), 2, len(places))), np.empty((len(members), _KINDS, len(places)))
    in_view = np.empty((len(members), len(places)))
    for block, part_available, part_in_view, part_median, *_ in done:
        available[..., block], in_view[:, block], median[..., block] = part_available, part_in_view, part_median
    n = len(sky.epochs)
    return GeometryMaps(
        places,
        tuple(map(str, members)),
        available=available / n,
        median_pdop=median[:, [0, 3]],
        median_hdop=median[:, 1],
        median_vdop=median[:, 2],
        mean_in_view=in_view / n,
        medians=_from_histogram(done[0][-1]),
    )


def _check(sky: Sky, places: Places, options: GeometryOptions) -> None:
    if not 0.0 <= options.mask_rad < np.pi / 2:
        raise InputError(f"an elevation mask from 0 to less than 90 degrees is needed; got {np.degrees(options.mask_rad):g}")
    if not options.limit_pdop > 0.0:
        raise InputError(f"a positive limit of PDOP is needed; got {options.limit_pdop:g}")
    if not len(sky.epochs) or not len(places):
        raise InputError("at least one instant and one place are needed")
    if len(sky.epochs) * len(places) > _LARGEST:
        raise LimitError(f"{len(places)} places at {len(sky.epochs)} instants are more than {_LARGEST} together: take a coarser grid or step")


def _selection(sky: Sky, members: Sequence[Federation]) -> NDArray[np.uint8]:
    """uint8[members, systems]: which systems take part in which member."""
    lacking = sorted({letter for member in members for letter in member.letters} - set(sky.letters))
    if lacking or not members:
        raise InputError(f"satellites of {sky.letters or 'no system'} were placed, but {' '.join(lacking) or 'no member'} was asked for")
    return np.array([[letter in member.letters for letter in sky.letters] for member in members], np.uint8)


def _medians(dop: NDArray[np.float32], chosen: NDArray[np.uint8]) -> Floats:
    """Median over the last axis, float64[members, 4, places]; one system alone has the same PDOP with its offset known."""
    result = np.empty(dop.shape[:3])
    for m, systems in enumerate(chosen):
        own = _KINDS - 1 if systems.sum() == 1 else _KINDS
        result[m, :own] = np.median(dop[m, :own], axis=-1)
        result[m, own:] = result[m, 0]
    return result


def _from_histogram(histogram: Floats) -> Floats:
    """Medians [...] of distributions [..., bins], linear within a bin; infinite where they lie in the last."""
    below = np.cumsum(histogram, axis=-1)
    half = below[..., -1:] / 2
    place = np.minimum((below < half).sum(axis=-1), histogram.shape[-1] - 1)[..., None]
    mass = np.take_along_axis(histogram, place, -1)
    start = np.take_along_axis(below, place, -1) - mass
    inside = (half - start) / np.where(mass > 0.0, mass, 1.0)
    return np.asarray(np.where(place == histogram.shape[-1] - 1, np.inf, (place + inside) / _BINS_PER_UNIT)[..., 0])
