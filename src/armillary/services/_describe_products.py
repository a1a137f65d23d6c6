"""What files of orbits, clocks, coordinates, antennas, biases, ionosphere maps, Earth rotation and ocean loading hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from armillary.core.antennas import AntennaSet
from armillary.core.biases import Biases
from armillary.core.coordinates import ALWAYS_NS, NEVER_NS, StationCoordinates
from armillary.core.earth_orientation import EarthOrientation
from armillary.core.earth_rotation_series import EarthRotationSeries
from armillary.core.epochs import Epochs
from armillary.core.ionosphere_maps import IonosphereMaps
from armillary.core.ocean_loading import OceanLoading
from armillary.core.precise import PreciseClocks, PreciseOrbits
from armillary.core.scales import from_day
from armillary.core.stations import Network
from armillary.core.troposphere import TroposphereSeries
from armillary.services._content import Lines, SatelliteList, counted, plural, reach, satellite_lists, span
from armillary.services._describe import Description, describe

__all__ = [
    "AntennaContent",
    "BiasContent",
    "EarthOrientationContent",
    "IonosphereContent",
    "NetworkContent",
    "OceanLoadingContent",
    "StationContent",
    "TabulatedContent",
    "TroposphereContent",
]


@dataclass(frozen=True, slots=True)
class TabulatedContent:
    """Tabulated orbits or clocks: shares are of all satellite-epochs."""

    agency: str
    frame: str
    time_scale: str
    orbit_type: str
    data_used: str
    positions: float | None
    clocks: float | None
    """Of satellites; None for a file without any."""
    velocities: bool
    receivers: tuple[str, ...]
    receiver_clocks: float | None
    antenna_model: str
    systems: tuple[SatelliteList, ...]

    def lines(self) -> Lines:
        """Labels and values for people."""
        words = {"agency": self.agency, "frame": self.frame, "orbit type": self.orbit_type, "data used": self.data_used}
        out = [(name, text) for name, text in (words | {"antenna model": self.antenna_model}).items() if text]
        if self.positions is not None:
            out.append(("positions", f"{100 * self.positions:.1f}% there{', with velocities' if self.velocities else ''}"))
        if self.clocks is not None:
            out.append(("clocks", f"{100 * self.clocks:.1f}% there"))
        if self.receiver_clocks is not None:
            out.append(("receiver clocks", f"{100 * self.receiver_clocks:.1f}% there"))
        if self.receivers:
            out.append(("receivers", f"{len(self.receivers)}: {_shortened(self.receivers, 10)}"))
        return out + [line for system in self.systems for line in system.lines()]


@dataclass(frozen=True, slots=True)
class StationContent:
    """Station coordinates."""

    stations: int
    solutions: int
    estimated: int
    with_velocity: int
    frame: str
    agency: str
    codes: tuple[str, ...]

    def lines(self) -> Lines:
        """Labels and values for people."""
        out = [("stations", f"{self.stations} ({self.solutions} solutions, {self.estimated} estimated, {self.with_velocity} with velocity)")]
        out += [(name, text) for name, text in {"frame": self.frame, "agency": self.agency}.items() if text]
        return [*out, ("codes", _shortened(self.codes, 20))]


@dataclass(frozen=True, slots=True)
class AntennaContent:
    """Antenna calibrations."""

    receiver_antennas: int
    receiver_types: tuple[str, ...]
    satellite_antennas: int
    systems: tuple[SatelliteList, ...]
    frequencies: tuple[str, ...]

    def lines(self) -> Lines:
        """Labels and values for people."""
        out = [("receiver antennas", str(self.receiver_antennas)), ("satellite antennas", f"{self.satellite_antennas} (with past ones)")]
        if self.receiver_types:
            out.insert(1, ("", _shortened(self.receiver_types, 6, ", ")))
        return [*out, ("frequencies", " ".join(self.frequencies)), *(line for system in self.systems for line in system.lines())]


@describe.register
def _orbits(value: PreciseOrbits) -> Description:
    content = TabulatedContent(
        agency=value.agency,
        frame=value.frame,
        time_scale=value.time_scale,
        orbit_type=value.orbit_type,
        data_used=value.data_used,
        positions=_share(value.position_m[..., 0]),
        clocks=_share(value.clock_s),
        velocities=value.velocity_m_s is not None,
        receivers=(),
        receiver_clocks=None,
        antenna_model="",
        systems=satellite_lists(value.sat),
    )
    return Description("precise orbits", value.version, span(value.epochs, value.time_scale), content)


@describe.register
def _clocks(value: PreciseClocks) -> Description:
    content = TabulatedContent(
        agency=value.agency,
        frame=value.frame,
        time_scale=value.time_scale,
        orbit_type="",
        data_used="",
        positions=None,
        clocks=_share(value.bias_s) if len(value.sat) else None,
        velocities=False,
        receivers=value.receivers,
        receiver_clocks=_share(value.receiver_bias_s) if value.receivers else None,
        antenna_model=value.antenna_model,
        systems=satellite_lists(value.sat),
    )
    return Description("precise clocks", f"{value.version:.2f}", span(value.epochs, value.time_scale), content)


@describe.register
def _stations(value: StationCoordinates) -> Description:
    codes = tuple(dict.fromkeys(str(code) for code in value.code))
    moving = int(np.sum(~np.isnan(value.velocity_m_s).any(axis=1)))
    content = StationContent(len(codes), len(value), int(value.estimated.sum()), moving, value.frame, value.agency, codes)
    return Description("station coordinates", "", reach(value.epoch.tai_ns, "UTC") if len(value) else None, content)


@describe.register
def _antennas(value: AntennaSet) -> Description:
    on_ground = [a for a in value.antennas if not a.sat]
    in_space = [a for a in value.antennas if a.sat]
    content = AntennaContent(
        receiver_antennas=len(on_ground),
        receiver_types=tuple(dict.fromkeys(f"{a.type} {a.radome}".strip() for a in on_ground)),
        satellite_antennas=len(in_space),
        systems=satellite_lists(a.sat for a in in_space),
        frequencies=tuple(sorted({name for a in value.antennas for name in a.frequencies})),
    )
    return Description("antenna calibrations", str(getattr(value, "version", "")), None, content)


@dataclass(frozen=True, slots=True)
class BiasContent:
    """Signal delays: counts of satellite and station rows by kind, and the observables they are of."""

    satellite_biases: dict[str, int]
    station_biases: dict[str, int]
    stations: int
    absolute: bool
    observables: tuple[str, ...]
    antenna_model: str
    agency: str
    systems: tuple[SatelliteList, ...]

    def lines(self) -> Lines:
        """Labels and values for people."""
        out = [("mode", "absolute" if self.absolute else "relative")]
        named = {"satellite biases": self.satellite_biases, f"biases of {plural(self.stations, 'station')}": self.station_biases}
        out += [(name, counted(counts)) for name, counts in named.items() if counts]
        out += [(name, text) for name, text in {"agency": self.agency, "antenna model": self.antenna_model}.items() if text]
        return [*out, ("observables", " ".join(self.observables)), *(line for system in self.systems for line in system.lines())]


@dataclass(frozen=True, slots=True)
class IonosphereContent:
    """Ionosphere maps."""

    maps: int
    with_rms: bool
    latitudes: int
    longitudes: int
    height_km: float
    mean_tecu: float | None
    largest_tecu: float | None
    satellite_biases: int
    station_biases: int

    def lines(self) -> Lines:
        """Labels and values for people."""
        out = [("maps", f"{self.maps} of {self.latitudes} x {self.longitudes}{', with RMS maps' if self.with_rms else ''}")]
        out.append(("shell height", f"{self.height_km:g} km"))
        if self.mean_tecu is not None:
            out.append(("electron content", f"mean {self.mean_tecu:.1f}, largest {self.largest_tecu:.1f} TECU"))
        counts = {"satellite biases": self.satellite_biases, "station biases": self.station_biases}
        return out + [(name, str(n)) for name, n in counts.items() if n]


@dataclass(frozen=True, slots=True)
class EarthOrientationContent:
    """Earth orientation by day."""

    epochs: int
    predicted: int

    def lines(self) -> Lines:
        """Labels and values for people."""
        return [("values", f"{self.epochs}{f', {self.predicted} of them predicted' if self.predicted else ''}")]


@dataclass(frozen=True, slots=True)
class NetworkContent:
    """Stations by name and place."""

    stations: int
    names: tuple[str, ...]
    owners: dict[str, tuple[str, ...]]
    """``operator, hosted by host`` -> stations; empty where the file does not say."""

    def lines(self) -> Lines:
        """Labels and values for people."""
        owned = [("owned by", f"{who}: {_shortened(names, 20)}") for who, names in self.owners.items()]
        return [("stations", str(self.stations)), ("names", _shortened(self.names, 20)), *owned]


@dataclass(frozen=True, slots=True)
class OceanLoadingContent:
    """Coefficients of ocean tide loading."""

    stations: int
    names: tuple[str, ...]
    largest_mm: float
    """Of all amplitudes."""
    largest_at: str
    center_of_mass: bool | None
    """Whether the motion of the centre of mass is in the coefficients; None where the file does not say."""

    def lines(self) -> Lines:
        """Labels and values for people."""
        out = [("stations", f"{self.stations}: {_shortened(self.names, 20, ', ')}")]
        out.append(("largest amplitude", f"{self.largest_mm:.1f} mm ({self.largest_at})"))
        if self.center_of_mass is not None:
            out.append(("centre of mass", f"its motion is {'' if self.center_of_mass else 'not '}in the coefficients"))
        return out


@describe.register
def _biases(value: Biases) -> Description:
    of_station = value.station != ""
    content = BiasContent(
        satellite_biases=dict(Counter(value.kind[~of_station].tolist())),
        station_biases=dict(Counter(value.kind[of_station].tolist())),
        stations=len(np.unique(value.station[of_station])),
        absolute=value.absolute,
        observables=tuple(np.unique(np.concatenate([value.observable_1, value.observable_2[value.observable_2 != ""]])).tolist()),
        antenna_model=value.antenna_model,
        agency=value.agency,
        systems=satellite_lists(value.sat[~of_station & (value.sat % 100 > 0)]),
    )
    times = np.concatenate([value.valid_from_ns, value.valid_until_ns])
    times = times[(times > NEVER_NS) & (times < ALWAYS_NS)]
    return Description("signal biases", "", reach(times, value.time_scale) if len(times) else None, content)


@dataclass(frozen=True, slots=True)
class TroposphereContent:
    """Zenith delays of the troposphere."""

    delays: int
    stations: tuple[str, ...]
    with_gradients: int
    with_coordinates: int
    smallest_m: float | None
    largest_m: float | None
    agency: str
    frame: str

    def lines(self) -> Lines:
        """Labels and values for people."""
        out = [("zenith delays", f"{self.delays}, {self.with_gradients} with gradients")]
        if self.smallest_m is not None and self.largest_m is not None:
            out.append(("from", f"{self.smallest_m:.4f} to {self.largest_m:.4f} m"))
        out.append((plural(len(self.stations), "station"), _shortened(self.stations, 20)))
        out.append(("coordinates", f"of {plural(self.with_coordinates, 'station')}{f', {self.frame}' if self.frame else ''}"))
        return out + ([("agency", self.agency)] if self.agency else [])


@describe.register
def _troposphere(value: TroposphereSeries) -> Description:
    content = TroposphereContent(
        delays=len(value),
        stations=value.stations,
        with_gradients=int(np.isfinite(value.gradient_north_m).sum()),
        with_coordinates=len(value.site),
        smallest_m=float(value.zenith_delay_m.min()) if len(value) else None,
        largest_m=float(value.zenith_delay_m.max()) if len(value) else None,
        agency=value.agency,
        frame=value.frame,
    )
    times = Epochs(np.unique(value.epochs.tai_ns))
    return Description("troposphere delays", "", span(times, value.time_scale) if len(value) else None, content)


@describe.register
def _ionosphere(value: IonosphereMaps) -> Description:
    known = value.tec_tecu[~np.isnan(value.tec_tecu)]
    content = IonosphereContent(
        maps=len(value.epochs),
        with_rms=value.rms_tecu is not None,
        latitudes=len(value.latitude_rad),
        longitudes=len(value.longitude_rad),
        height_km=value.height_m / 1e3,
        mean_tecu=float(known.mean()) if len(known) else None,
        largest_tecu=float(known.max()) if len(known) else None,
        satellite_biases=len(value.sat),
        station_biases=len(value.station_biases),
    )
    return Description("ionosphere maps", "", span(value.epochs, "UTC"), content)


@describe.register
def _earth_orientation(value: EarthOrientation) -> Description:
    content = EarthOrientationContent(len(value.day), int(value.predicted.sum()))
    return Description("Earth orientation", "", span(from_day(value.day, np.zeros_like(value.day), "UTC"), "UTC"), content)


@describe.register
def _earth_rotation(value: EarthRotationSeries) -> Description:
    return Description("Earth orientation", "2", span(value.epochs, "UTC"), EarthOrientationContent(len(value.epochs), 0))


@describe.register
def _ocean_loading(value: OceanLoading) -> Description:
    largest = max(value.stations, key=lambda station: float(station.amplitude_m.max()))
    content = OceanLoadingContent(
        stations=len(value),
        names=tuple(station.name for station in value.stations),
        largest_mm=1e3 * float(largest.amplitude_m.max()),
        largest_at=largest.name,
        center_of_mass=value.center_of_mass,
    )
    return Description("ocean loading", "", None, content)


@describe.register
def _network(value: Network) -> Description:
    names = tuple(station.name for station in value)
    owners: dict[str, tuple[str, ...]] = {}
    for station in value:
        if station.operator or station.host:
            who = f"{station.operator or 'nobody named'}, hosted by {station.host or 'nobody named'}"
            owners[who] = (*owners.get(who, ()), station.name)
    return Description("stations", "", None, NetworkContent(len(value), names, owners))


def _share(values: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    return float(np.mean(~np.isnan(values))) if values.size else 0.0


def _shortened(names: Sequence[str], most: int, between: str = " ") -> str:
    """The first ``most`` names."""
    return between.join(names[:most]) + (" ..." if len(names) > most else "")
