"""Share of time and place with good geometry for a position: each system alone, all together, and what joining brings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import inf, isfinite, nan, radians
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.scales import from_iso, to_iso
from armillary.core.table import Table
from armillary.errors import InputError, LimitError
from armillary.navigation.availability import FREE, KNOWN, GeometryMaps, GeometryOptions, Sky, geometry_maps, globe
from armillary.services._orbit_sources import OrbitSource, orbit_source

__all__ = ["AvailabilityAnswer", "availability", "availability_of"]

_SECONDS_PER_HOUR = 3600.0
_MOST_EPOCHS = 200_000
_UNKNOWN_PERCENT = 5.0
"""Of satellites and time without a message: above it the answer warns."""


@dataclass(frozen=True, slots=True, eq=False)
class AvailabilityAnswer:
    """Availability and geometry for each member of a federation."""

    orbits: str
    """Where the orbits come from."""
    times: Epochs
    mask_deg: float
    limit_pdop: float
    geometry: GeometryMaps
    summary: Table
    """A row per member."""
    systems: Table
    """A row per system: satellites, and what share of them could be used."""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)

    @property
    def maps(self) -> Table:
        """A row per member and place, places row by row from the south: availability and median DOPs, each system's clock free."""
        places, geometry = self.geometry.places, self.geometry
        n = len(geometry.members)
        return Table(
            {
                "member": np.repeat(np.array(geometry.members), len(places)),
                "latitude_deg": np.tile(np.degrees(places.latitude_rad), n),
                "longitude_deg": np.tile(np.degrees(places.longitude_rad), n),
                "availability_percent": 100.0 * geometry.available[:, FREE].ravel(),
                "median_pdop": geometry.median_pdop[:, FREE].ravel(),
                "median_hdop": geometry.median_hdop.ravel(),
                "median_vdop": geometry.median_vdop.ravel(),
                "mean_in_view": geometry.mean_in_view.ravel(),
            },
            notes={"shape": places.shape},
        )

    @property
    def gain(self) -> dict[str, Any] | None:
        """What joining brought against the best alone; None for one member.

        Percentage points of the mean and of the worst place, and the factor by which the median PDOP shrinks (NaN where alone it is infinite).
        """
        names = [str(name) for name in self.summary["member"]]
        alone = [i for i, name in enumerate(names) if "+" not in name]
        if len(names) == len(alone):
            return None
        joint = {name: float(self.summary[name][-1]) for name in ("mean_percent", "worst_percent", "median_pdop")}
        best_pdop = float(self.summary["median_pdop"][alone].min())
        return {
            "member": names[-1],
            "mean_percent": joint["mean_percent"] - float(self.summary["mean_percent"][alone].max()),
            "worst_percent": joint["worst_percent"] - float(self.summary["worst_percent"][alone].max()),
            "median_pdop": best_pdop / joint["median_pdop"] if best_pdop < inf else nan,
        }

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        first, last = _ends(self.times)
        rows, columns = self.geometry.places.shape
        grid = f"{rows} x {columns} cells" if rows > 1 else f"{len(self.geometry.places)} places"
        span = f"{len(self.times)} epochs from {first} to {last} GPST, {grid}"
        return f"PDOP <= {self.limit_pdop:g} above {self.mask_deg:g} deg; {self.orbits}; {span}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        gain = self.gain
        if gain is None:
            return self.notes
        points = f"{gain['mean_percent']:+.2f} points on average, {gain['worst_percent']:+.2f} at the worst place"
        factor = f", median PDOP x{gain['median_pdop']:.2f}" if isfinite(gain["median_pdop"]) else ""
        return (f"gain of joining over the best alone: {points}{factor}", *self.notes)

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values (an infinite PDOP is null); the maps are left out."""
        first, last = _ends(self.times)
        return {
            "orbits": self.orbits,
            "first_gpst": first,
            "last_gpst": last,
            "epochs": len(self.times),
            "places": len(self.geometry.places),
            "mask_deg": self.mask_deg,
            "limit_pdop": self.limit_pdop,
            "answers": list(self.summary.rows()),
            "gain": self.gain,
            "systems": list(self.systems.rows()),
            "notes": list(self.notes),
            "warnings": list(self.warnings),
        }


def availability(
    federation: Federation,
    *,
    orbits: Annotated[Sequence[str], "'nominal', or a file: broadcast navigation (with its health), SP3, two-line elements; repeat for several."] = (
        "nominal",
    ),
    mask_deg: Annotated[float, "Elevation mask, degrees."] = 5.0,
    limit_pdop: Annotated[float, "Largest PDOP that counts as available."] = 6.0,
    grid_deg: Annotated[float, "Step of the grid of latitudes and longitudes, degrees."] = 5.0,
    step_s: Annotated[float, "Step in time, seconds."] = 600.0,
    hours: Annotated[float, "Length of time."] = 24.0,
    start: Annotated[str | None, "First instant in GPS time, such as 2024-03-20T12:00; by default the day of the files."] = None,
    subsets: Annotated[bool, "Every combination of the systems, not only each alone and all together."] = False,
    progress: Callable[[str, float], None] | None = None,
) -> AvailabilityAnswer:
    """Share of time and place with good geometry: each system alone, all together, and the gain.

    $ armillary availability --systems glonass+beidou --mask-deg 25
    """
    source = orbit_source(federation, orbits)
    times = _instants(source.first if start is None else from_iso(start, "GPST"), hours, step_s)
    members = federation.members(subsets=subsets)
    answer = availability_of(source, members, times, mask_deg=mask_deg, limit_pdop=limit_pdop, grid_deg=grid_deg, progress=progress)
    return replace(answer, losses=source.losses)


def availability_of(
    source: OrbitSource,
    members: Sequence[Federation],
    times: Epochs,
    *,
    mask_deg: float = 5.0,
    limit_pdop: float = 6.0,
    grid_deg: float = 5.0,
    progress: Callable[[str, float], None] | None = None,
) -> AvailabilityAnswer:
    """As :func:`availability`, for orbits already loaded; instants at which nothing is known of some system are left out and warned about.

    InputError where nothing is known of a system at any instant.
    """
    letters = "".join(dict.fromkeys("".join(member.letters for member in members)))
    sky, left_out = _covered(source.sky(times, letters), members, source.name)
    options = GeometryOptions(radians(mask_deg), limit_pdop)
    geometry = geometry_maps(sky, globe(radians(grid_deg)), members, options, progress=progress)
    systems = _systems_table(sky, members)
    notes = (f"{left_out} of {len(times)} epochs left out: nothing is known of a system there",) if left_out else ()
    warnings = (*source.warnings, *notes, *_lacking(systems, members, source.name))
    return AvailabilityAnswer(source.name, sky.epochs, mask_deg, limit_pdop, geometry, _summary(geometry), systems, warnings, source.notes)


def _lacking(systems: Table, members: Sequence[Federation], name: str) -> Iterator[str]:
    """Where the answer is worse for what is not known of a system, in words."""
    nominal = {c.name: sum(len(orbit.numbers) for orbit in c.nominal_orbits) for member in members for c in member}
    for row in systems.rows():
        who = row["member"]
        if row["satellites"] < nominal[who]:
            yield f"{who}: {name} know {row['satellites']} satellites, fewer than the nominal {nominal[who]}; the others count as absent"
        if row["unknown_percent"] > _UNKNOWN_PERCENT:
            yield f"{who}: nothing is known of {row['unknown_percent']:.1f} % of satellites and time in {name}; they count as absent"


def _ends(times: Epochs) -> tuple[str, str]:
    first, last = to_iso(times[np.array([0, -1])], "GPST", 0)
    return str(first), str(last)


def _instants(first: Epochs, hours: float, step_s: float) -> Epochs:
    if not (hours > 0.0 and step_s > 0.0 and hours < inf):
        raise InputError(f"hours and step_s are positive; got {hours:g} and {step_s:g}")
    number = max(1, int(np.ceil(hours * _SECONDS_PER_HOUR / step_s - 1e-9)))
    if number > _MOST_EPOCHS:
        raise LimitError(f"{hours:g} hours every {step_s:g} s are {number} epochs, more than {_MOST_EPOCHS}: take a longer step")
    return Epochs(first.tai_ns[0] + np.rint(np.arange(number) * (step_s * NS_PER_SECOND)).astype(np.int64))


def _covered(sky: Sky, members: Sequence[Federation], name: str) -> tuple[Sky, int]:
    """The instants at which something is known of every system, and how many others there were."""
    served = np.ones(len(sky.epochs), np.bool_)
    for letter in sky.letters:
        known = sky.served[:, sky.sat // 100 == ord(letter)].any(axis=1)
        if not known.any():
            title = next(c.title for member in members for c in member if c.letter == letter)
            raise InputError(f"{name}: nothing about {title} at these instants ({_ends(sky.epochs)[0]} GPST and after)")
        served &= known
    if not served.any():
        raise InputError(f"{name}: no instant at which something is known of every system")
    return sky.at(served), int((~served).sum())


def _summary(geometry: GeometryMaps) -> Table:
    percent = 100.0 * geometry.mean(geometry.available)
    worst = 100.0 * geometry.available.min(axis=-1)
    return Table(
        {
            "member": np.array(geometry.members),
            "mean_percent": percent[:, FREE],
            "worst_percent": worst[:, FREE],
            "median_pdop": geometry.medians[:, 0],
            "median_hdop": geometry.medians[:, 1],
            "median_vdop": geometry.medians[:, 2],
            "mean_percent_offset_known": percent[:, KNOWN],
            "worst_percent_offset_known": worst[:, KNOWN],
            "median_pdop_offset_known": geometry.medians[:, 3],
            "mean_in_view": geometry.mean(geometry.mean_in_view),
        }
    )


def _systems_table(sky: Sky, members: Sequence[Federation]) -> Table:
    names = {c.letter: c.name for member in members for c in member}
    mine = [sky.sat // 100 == ord(letter) for letter in sky.letters]
    usable = np.isfinite(sky.position_m[..., 0])
    return Table(
        {
            "member": np.array([names[letter] for letter in sky.letters]),
            "satellites": np.array([int(m.sum()) for m in mine]),
            "usable_percent": _percent(usable, mine),
            "unhealthy_percent": _percent(sky.served & ~usable, mine),
            "unknown_percent": _percent(~sky.served, mine),
        }
    )


def _percent(what: NDArray[np.bool_], mine: Sequence[NDArray[np.bool_]]) -> NDArray[np.float64]:
    return np.array([100.0 * what[:, m].mean() for m in mine])
