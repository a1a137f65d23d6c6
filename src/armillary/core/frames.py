"""Reference frames as nodes of one graph, and positions and velocities carried along its edges.

Edges between Earth-fixed frames are Helmert ties of 14 parameters, read from ``helmert.csv`` with source and status. Edges to celestial frames
are rotations (:mod:`armillary.core.earth_rotation`), tied to ITRF2020, in which the Earth orientation series is given.

Sign convention: ``position vector`` (the ITRF's) means X' = X + T + D X + R x X, all parameters at the epoch; ``coordinate frame`` (several
EPSG entries) means the same with R reversed. The status of a tie is ``published`` (parameters), ``aligned`` (the operator states agreement, within
``accuracy_m``; null parameters) or ``pending`` (no sufficient source). A pending tie is used only when nothing else connects two
frames, and then warns. A Helmert tie relates frames: it does not move a station with its plate.
"""

from __future__ import annotations

import csv
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core import earth_rotation
from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.geodesy import CGCS2000, GRS80, PZ90_11, WGS84, Ellipsoid
from armillary.core.reference import Reference
from armillary.errors import InputError

__all__ = ["FRAMES", "Frame", "HelmertTie", "PendingTieWarning", "Step", "Transformed", "frame", "helmert_ties", "path", "transform"]

Floats = NDArray[np.float64]


class PendingTieWarning(UserWarning):
    """Two frames are connected only by a tie that no sufficient source supports."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A reference frame: its name in the graph, its ellipsoid (None for celestial frames) and other spellings."""

    name: str
    ellipsoid: Ellipsoid | None
    aliases: tuple[str, ...] = ()

    @property
    def celestial(self) -> bool:
        """Whether the axes do not turn with the Earth."""
        return self.ellipsoid is None


_FRAMES = (
    Frame("ITRF2020", GRS80, ("ITRF20", "ITR20", "ITRF", "ITRS")),
    Frame("ITRF2014", GRS80, ("ITRF14", "ITR14")),
    Frame("ITRF2008", GRS80, ("ITRF08", "ITR08", "ITRF8")),
    Frame("ITRF2005", GRS80, ("ITRF05", "ITR05")),
    Frame("ITRF2000", GRS80, ("ITRF00", "ITR00")),
    Frame("ITRF97", GRS80, ("ITR97",)),
    Frame("IGS20", GRS80, ("IGc20",)),
    Frame("IGb20", GRS80),
    Frame("IGS14", GRS80, ("IGc14",)),
    Frame("IGb14", GRS80),
    Frame("IGS08", GRS80),
    Frame("IGb08", GRS80),
    Frame("PZ-90.11", PZ90_11, ("PZ90.11", "PZ9011", "PZ-90", "PZ90")),
    Frame("PZ-90.02", PZ90_11, ("PZ90.02", "PZ9002")),
    Frame("CGCS2000", CGCS2000, ("CGCS", "CGS00")),
    Frame("BDCS", CGCS2000),
    Frame("WGS84", WGS84, ("WGS-84", "WGS 84", "WGS_84")),
    Frame("WGS84-G2139", WGS84, ("WGS 84 (G2139)", "WGS84(G2139)")),
    Frame("WGS84-G2296", WGS84, ("WGS 84 (G2296)", "WGS84(G2296)")),
    Frame("GTRF", GRS80),
    Frame("GCRF", None, ("GCRS",)),
    Frame("TEME", None),
)

FRAMES: Mapping[str, Frame] = MappingProxyType({f.name: f for f in _FRAMES})
"""Every frame by name."""

_SPELLINGS = {spelling.upper(): f.name for f in _FRAMES for spelling in (f.name, *f.aliases)}

_CELESTIAL = {"GCRF": earth_rotation.itrf_to_gcrf, "TEME": earth_rotation.itrf_to_teme}
_CELESTIAL_HUB = "ITRF2020"

_J2000_TAI_NS = 946_727_967_816_000_000
"""2000-01-01T12:00 TT."""
_YEAR_S = 365.25 * 86400
_MAS_RAD = np.pi / 648_000_000
_UNITS = np.array([1e-3, 1e-3, 1e-3, 1e-9, _MAS_RAD, _MAS_RAD, _MAS_RAD])
_PARAMETERS = ("tx_mm", "ty_mm", "tz_mm", "d_ppb", "rx_mas", "ry_mas", "rz_mas")
_ROTATION_SIGN = {"position vector": 1.0, "coordinate frame": -1.0}


def frame(name: str) -> Frame:
    """The frame with a name or one of its other spellings, any case (``WGS 84``, ``ITR20``); InputError lists those there are.

    >>> frame("itr14").name
    'ITRF2014'
    """
    try:
        return FRAMES[_SPELLINGS[name.strip().upper()]]
    except KeyError:
        raise InputError(f"no frame is called {name!r}; there are {', '.join(FRAMES)}") from None


@dataclass(frozen=True, slots=True)
class HelmertTie:
    """Fourteen parameters that carry ``source`` to ``target``, in SI units and the position-vector convention."""

    source: str
    target: str
    epoch_year: float
    values: tuple[float, ...]
    """Translation x y z (m), scale, rotation x y z (rad) at ``epoch_year``."""
    rates: tuple[float, ...]
    """The same per year."""
    accuracy_m: float
    status: str
    reference: str

    @property
    def is_null(self) -> bool:
        """Whether the two frames are taken as equal."""
        return not any(self.values) and not any(self.rates)

    def at(self, epochs: Epochs) -> tuple[Floats, Floats, Floats, Floats]:
        """Translation [n, 3] (m), matrix [n, 3, 3], and the rate of each per second."""
        years = 2000.0 + (epochs.tai_ns - _J2000_TAI_NS) / NS_PER_SECOND / _YEAR_S
        rates = np.array(self.rates)
        values = np.array(self.values) + (years - self.epoch_year)[:, None] * rates
        per_second = np.broadcast_to(rates / _YEAR_S, values.shape)
        return values[:, :3], np.eye(3) + _matrix(values), per_second[:, :3], _matrix(per_second)


def _matrix(values: Floats) -> Floats:
    """Scale and small rotations, float64[n, 7] parameters, as matrices [n, 3, 3] (without the unit matrix)."""
    _, _, _, d, rx, ry, rz = np.moveaxis(values, -1, 0)
    return np.stack([np.stack([d, -rz, ry], -1), np.stack([rz, d, -rx], -1), np.stack([-ry, rx, d], -1)], -2)


@cache
def helmert_ties() -> tuple[HelmertTie, ...]:
    """Every tie of ``helmert.csv``."""
    text = files("armillary.core").joinpath("helmert.csv").read_text("utf-8")
    return tuple(_tie(row) for row in csv.DictReader(text.splitlines()))


def _tie(row: Mapping[str, str]) -> HelmertTie:
    signs = np.array([1, 1, 1, 1] + [_ROTATION_SIGN[row["convention"]]] * 3)
    values = np.array([float(row[name]) for name in _PARAMETERS]) * _UNITS * signs
    rates = np.array([float(row[f"{name}_yr"]) for name in _PARAMETERS]) * _UNITS * signs
    return HelmertTie(
        row["source"],
        row["target"],
        float(row["epoch_year"]),
        tuple(values.tolist()),
        tuple(rates.tolist()),
        float(row["accuracy_m"]),
        row["status"],
        row["reference"],
    )


class Step(NamedTuple):
    """One edge on the way between two frames."""

    source: str
    target: str
    tie: HelmertTie | None
    """None for a rotation between Earth-fixed and celestial axes."""
    forward: bool
    """Whether the edge is used as it is written (tie: source to target; rotation: Earth-fixed to celestial)."""
    status: str
    accuracy_m: float


@cache
def _edges(with_pending: bool) -> Mapping[str, tuple[Step, ...]]:
    steps = [Step(_CELESTIAL_HUB, name, None, True, "published", 0.0) for name in _CELESTIAL]
    steps += [Step(t.source, t.target, t, True, t.status, t.accuracy_m) for t in helmert_ties() if with_pending or t.status != "pending"]
    steps += [step._replace(source=step.target, target=step.source, forward=False) for step in steps]
    return {name: tuple(step for step in steps if step.source == name) for name in FRAMES}


@cache
def path(source: str, target: str) -> tuple[Step, ...]:
    """The fewest edges from one frame to another: sourced ties if any chain of them does, else pending ones too. InputError for unknown frames.

    >>> [(step.target, step.status) for step in path("PZ-90.11", "BDCS")]
    [('ITRF2008', 'published'), ('ITRF2014', 'published'), ('BDCS', 'aligned')]
    """
    start, end = frame(source).name, frame(target).name
    for with_pending in (False, True):
        reached: dict[str, tuple[Step, ...]] = {start: ()}
        frontier = [start]
        while frontier and end not in reached:
            here = frontier.pop(0)
            for step in _edges(with_pending)[here]:
                if step.target not in reached:
                    reached[step.target] = (*reached[here], step)
                    frontier.append(step.target)
        if end in reached:
            return reached[end]
    raise InputError(f"nothing connects the frames {start} and {end}")


class Transformed(NamedTuple):
    """A state in the target frame, float64[..., 3]."""

    position_m: Floats
    velocity_m_s: Floats | None
    """None when no velocity was given."""


def transform(
    position_m: ArrayLike,
    *,
    source: str,
    target: str,
    epochs: Epochs,
    velocity_m_s: ArrayLike | None = None,
    reference: Reference | None = None,
) -> Transformed:
    """Positions [..., 3], and velocities where given, carried from frame ``source`` to ``target`` at ``epochs``.

    ``epochs`` has one instant for all, or [n] that go along the last axis but one of the position ([n, 3], [m, n, 3]). Velocities are relative to the
    axes of their frame: from Earth-fixed to celestial axes they gain the Earth's rotation. Raises InputError for unknown frames, OutOfRangeError
    outside the Earth orientation table (celestial frames only); PendingTieWarning where only a pending tie connects the two.
    """
    state = Transformed(_as_vectors(position_m, epochs), None if velocity_m_s is None else _as_vectors(velocity_m_s, epochs))
    for step in path(source, target):
        if step.status == "pending" and step.tie is not None:
            text = f"{step.source} and {step.target} are tied by parameters without a sufficient source: {step.tie.reference}"
            warnings.warn(text, PendingTieWarning, stacklevel=2)
        if step.tie is None:
            state = _rotated(state, step, epochs, reference)
        elif not step.tie.is_null:
            state = _tied(state, step.tie, step.forward, epochs)
    return state


def _as_vectors(values: ArrayLike, epochs: Epochs) -> Floats:
    vectors = np.asarray(values, np.float64)
    return vectors if len(epochs) == 1 else np.broadcast_to(vectors, np.broadcast_shapes(vectors.shape, (len(epochs), 3)))


def _per_epoch(arrays: tuple[Floats, ...]) -> tuple[Floats, ...]:
    """A single epoch serves vectors of any shape."""
    return tuple(array[0] if len(array) == 1 else array for array in arrays)


def _apply(matrix: Floats, vector: Floats) -> Floats:
    return np.asarray(np.einsum("...ij,...j->...i", matrix, vector))


def _tied(state: Transformed, tie: HelmertTie, forward: bool, epochs: Epochs) -> Transformed:
    translation, matrix, translation_rate, matrix_rate = _per_epoch(tie.at(epochs))
    position, velocity = state
    if forward:
        moved = _apply(matrix, position) + translation
        if velocity is not None:
            velocity = _apply(matrix, velocity) + _apply(matrix_rate, position) + translation_rate
        return Transformed(moved, velocity)
    inverse = np.asarray(np.linalg.inv(matrix), np.float64)
    moved = _apply(inverse, position - translation)
    if velocity is not None:
        velocity = _apply(inverse, velocity - translation_rate - _apply(matrix_rate, moved))
    return Transformed(moved, velocity)


def _rotated(state: Transformed, step: Step, epochs: Epochs, reference: Reference | None) -> Transformed:
    rotation, spin = _per_epoch(_CELESTIAL[step.target if step.forward else step.source](epochs, reference=reference))
    position, velocity = state
    if step.forward:
        turned = _apply(rotation, position)
        return Transformed(turned, None if velocity is None else _apply(rotation, velocity) + np.cross(spin, turned))
    back = np.swapaxes(rotation, -1, -2)
    return Transformed(_apply(back, position), None if velocity is None else _apply(back, velocity - np.cross(spin, position)))
