"""Where a station is according to each system alone and all together, and what joining brought."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import nan, radians
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.federation import Federation
from armillary.core.geodesy import to_geodetic
from armillary.core.loss import Loss
from armillary.core.scales import to_iso
from armillary.core.table import Table
from armillary.errors import InputError
from armillary.navigation import models
from armillary.navigation import solution_tables as tables
from armillary.navigation.ionosphere import has_broadcast, slant_model
from armillary.navigation.links import LinkOptions, Links
from armillary.navigation.models import IonospherePrior
from armillary.navigation.positioning import MemberAnswer, PositioningOptions, channels_of, locate, track
from armillary.navigation.single_point import EstimatorOptions
from armillary.navigation.velocity import doppler_velocity, range_rates
from armillary.services._coverage import gaps
from armillary.services._inputs import Files, read_files
from armillary.services._truth import Truth, truth_of

__all__ = ["FAR_M", "Located", "PositionAnswer", "distance_from_truth_m", "locate_station", "measured_against", "middle_m", "position"]


@dataclass(frozen=True, slots=True, eq=False)
class PositionAnswer:
    """Positions of one station for each member of a federation."""

    station: str
    observed: Epochs
    """Epochs of the observation files, [n_epochs]."""
    truth: Truth | None
    summary: Table
    """A row per member: solved epochs, errors against the truth, satellites."""
    epochs: Table
    """A row per member and epoch."""
    clocks: Table
    excluded: Table
    biases: Table
    residuals: Table | None
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    ionosphere: str = ""
    """Where delays taken from the codes come from; empty where none were."""
    gain: dict[str, Any] | None = None
    """What joining brought over the best single system, over the same epochs (factors above 1: better); None for one member.

    ``solved`` is the number of epochs gained."""

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        if not len(self.observed):
            return f"{self.station}: no epochs"
        first, last = to_iso(self.observed[np.array([0, -1])], "GPST", 0)
        against = (
            "no truth given: errors are not known (--truth X,Y,Z, a SINEX file or a table of stations)"
            if self.truth is None
            else f"against {self.truth.source}"
        )
        return f"{self.station}  {first} to {last} GPST, {len(self.observed)} epochs; {against}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        source = (f"single frequency: ionosphere from {self.ionosphere}",) if self.ionosphere else ()
        gain = self.gain
        if gain is None:
            return (*source, *(self._where if self.truth is None else ()))
        if self.truth is None:
            return (*source, *self._where, f"gain of joining: {gain['solved']:+d} epochs over the best alone")
        text = f"3D RMS x{gain['rms_3d_m']:.2f}, 3D 95 % x{gain['p95_3d_m']:.2f}, {gain['solved']:+d} epochs"
        return (*source, f"gain of joining over the best alone, on the epochs that one solved: {text}")

    @property
    def _where(self) -> tuple[str, ...]:
        """Where the last member says the marker is, and how its epochs scatter about that."""
        last = str(self.summary["member"][-1])
        rows = self.epochs.where((self.epochs["member"] == last) & (self.epochs["flag"] == 0))
        if not len(rows):
            return ()
        position = np.stack([rows[axis] for axis in ("x_m", "y_m", "z_m")], axis=1)
        middle = np.median(position, axis=0)
        place = to_geodetic(middle)
        spread = np.percentile(np.linalg.norm(position - middle, axis=1), 95)
        x, y, z = middle
        lat, lon = np.degrees(place.latitude_rad), np.degrees(place.longitude_rad)
        at = f"median position X {x:.2f} Y {y:.2f} Z {z:.2f} m ({lat:.6f}, {lon:.6f} deg, {place.height_m:.2f} m)"
        return (f"{last}: {at}; 95 % of epochs within {spread:.2f} m of it",)

    def __str__(self) -> str:
        rows = (
            " ".join(f"{name}={value:.3f}" if isinstance(value, float) else str(value) for name, value in row.items()) for row in self.summary.rows()
        )
        return "\n".join([self.title, *rows, *self.remarks])

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values (NaN where there is no truth)."""
        first_last = to_iso(self.observed[np.array([0, -1])], "GPST", 0).tolist() if len(self.observed) else [None, None]
        return {
            "station": self.station,
            "epochs": len(self.observed),
            "first_epoch_gpst": first_last[0],
            "last_epoch_gpst": first_last[1],
            "truth": None if self.truth is None else {"position_m": list(self.truth.position_m), "source": self.truth.source},
            "answers": list(self.summary.rows()),
            "gain": self.gain,
            "biases": list(self.biases.rows()),
        }


def position(
    federation: Federation,
    observations: Annotated[Sequence[Path], "Observation files of one station."],
    *,
    nav: Annotated[Sequence[Path], "Broadcast navigation files; repeat for several."] = (),
    sp3: Annotated[Sequence[Path], "Precise orbits, used instead of broadcast ones."] = (),
    clk: Annotated[Sequence[Path], "Precise clocks for --sp3."] = (),
    ionex: Annotated[Sequence[Path], "Ionosphere maps; the single model prefers them to broadcast coefficients."] = (),
    truth: Annotated[str | None, "Known position: X,Y,Z in metres, or a SINEX file or table of stations that has the station."] = None,
    mask_deg: Annotated[float, "Elevation mask, degrees."] = 5.0,
    model: Annotated[
        Literal["uncombined", "single", "ionosphere-free"],
        "Both signals with an estimated ionosphere; the first signal with a model from elsewhere; or the ionosphere-free pair.",
    ] = "uncombined",
    smoothing: Annotated[Literal["full-arc", "causal", "none"], "Codes smoothed by phase over whole arcs, over the past only, or not."] = "full-arc",
    causal: Annotated[bool, "Only what a real-time user would have had: messages, smoothing and biases from the past."] = False,
    subsets: Annotated[bool, "Every combination of the systems, not only each alone and all together."] = False,
    residuals: Annotated[bool, "Keep the residuals of every code in the answer."] = False,
    progress: Callable[[str, float], None] | None = None,
) -> PositionAnswer:
    """Positions of a station from its files: each system alone, all together, and the gain.

    $ armillary position STATION.crx.gz --nav BROADCAST.rnx.gz --truth 3582104.768,532590.174,5232755.144
    """
    if not isinstance(federation, Federation):
        raise TypeError(f"expected a Federation, not {federation!r}: armillary.federation({str(federation)!r}) makes one")
    if not -90.0 <= mask_deg < 90.0:
        raise InputError(f"--mask-deg {mask_deg:g}: expected an elevation from -90 to 90")
    files = read_files(observations, systems=federation.letters, nav=nav, sp3=sp3, clk=clk, ionex=ionex)
    smooth = "causal" if causal and smoothing == "full-arc" else smoothing
    wanted = LinkOptions(radians(mask_deg), smooth, signals=1 if model == "single" else 2, precise=files.orbits is not None)
    options = PositioningOptions(wanted, EstimatorOptions(causal=causal))
    members = federation.members(subsets=subsets)
    known = truth_of(truth, files.observations)
    located = locate_station(federation, files, known, members, options=options, model=model, progress=progress)
    answer = located.answer
    return replace(answer, residuals=tables.residual_table(located.links, located.members)) if residuals else answer


FAR_M = 300.0
"""Single-point positions are right to some metres, coordinates of maps to some tens: farther off, the coordinate is of another place."""


@dataclass(frozen=True, slots=True, eq=False)
class Located:
    """The answer for a station, and the links and solutions that it was made from."""

    answer: PositionAnswer
    links: Links
    members: Sequence[MemberAnswer]


def locate_station(
    federation: Federation,
    files: Files,
    known: Truth | None,
    members: Sequence[Federation],
    *,
    options: PositioningOptions,
    model: str = "uncombined",
    progress: Callable[[str, float], None] | None = None,
) -> Located:
    """As :func:`position`, for content already read."""
    tracked = track(federation, files.observations, files.orbit(causal=options.estimator.causal), channels_of(files.navigation), options)
    missing = gaps(federation, tracked.links, files)
    links, prior, source = _MODELS[model](tracked.links, files, federation)
    answers = locate(links, prior, members, options, progress=progress)
    answer = _answer(files, links, answers, known, ahead=not options.estimator.causal)
    return Located(replace(answer, ionosphere=source, warnings=(*missing, *_far_from_truth(answer))), links, answers)


def middle_m(answer: PositionAnswer) -> tuple[float, float, float] | None:
    """Median position of all systems together, Earth-fixed metres; None where nothing was solved."""
    rows = answer.epochs.where((answer.epochs["member"] == answer.summary["member"][-1]) & (answer.epochs["flag"] == 0))
    if not len(rows):
        return None
    x, y, z = (float(np.median(rows[axis])) for axis in ("x_m", "y_m", "z_m"))
    return x, y, z


def distance_from_truth_m(answer: PositionAnswer) -> float:
    """How far the median position of all systems together is from the truth, metres; NaN where one of them is not known."""
    middle = middle_m(answer)
    return nan if middle is None or answer.truth is None else float(np.linalg.norm(np.subtract(middle, answer.truth.position_m)))


def _far_from_truth(answer: PositionAnswer) -> tuple[str, ...]:
    distance_m = distance_from_truth_m(answer)
    if answer.truth is None or not distance_m > FAR_M:
        return ()
    return (f"the median position is {distance_m / 1e3:.2f} km from {answer.truth.source}: is that the place of this station?",)


def measured_against(found: Located, known: Truth) -> Located:
    """The same positions with their errors against a truth that was not known when they were computed."""
    epochs = tables.against(found.answer.epochs, np.array(known.position_m))
    fresh = replace(found.answer, truth=known, summary=tables.summary_table(epochs), epochs=epochs, gain=tables.gain_of_joining(epochs))
    return replace(found, answer=fresh)


def _uncombined(links: Links, files: Files, federation: Federation) -> tuple[Links, IonospherePrior, str]:
    known = bool(files.maps) or has_broadcast(files.navigation)
    return *models.uncombined(links, slant_model(links, files.navigation, federation, files.maps).slant_m if known else None), ""


def _ionosphere_free(links: Links, files: Files, federation: Federation) -> tuple[Links, IonospherePrior, str]:
    return *models.ionosphere_free(links), ""


def _single(links: Links, files: Files, federation: Federation) -> tuple[Links, IonospherePrior, str]:
    model = slant_model(links, files.navigation, federation, files.maps)
    return *models.single_frequency(links, model.slant_m, error=model.error), model.source


_MODELS = {"uncombined": _uncombined, "single": _single, "ionosphere-free": _ionosphere_free}


def _answer(files: Files, links: Links, answers: Sequence[MemberAnswer], known: Truth | None, *, ahead: bool) -> PositionAnswer:
    rates = range_rates(links, ahead=ahead)
    velocities = [doppler_velocity(links, a.solution.state, rates) for a in answers]
    height, east, north = files.observations.header.antenna_delta_hen_m
    truth_m = None if known is None else np.array(known.position_m)
    epochs = tables.epoch_table(links, answers, velocities, truth_m=truth_m, antenna_enu_m=np.array([east, north, height]))
    return PositionAnswer(
        station=files.observations.header.marker,
        observed=files.observations.epochs,
        truth=known,
        summary=tables.summary_table(epochs),
        epochs=epochs,
        clocks=tables.clock_table(links, answers),
        excluded=tables.excluded_table(links, answers),
        biases=tables.bias_table(links, answers),
        residuals=None,
        losses=files.losses,
        gain=tables.gain_of_joining(epochs),
    )
