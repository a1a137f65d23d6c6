"""What each correction of precise point positioning is worth: one left out or changed at a time; a Markdown table on standard output.

    .venv/bin/python benchmarks/ppp_corrections.py            # the corrections
    .venv/bin/python benchmarks/ppp_corrections.py air        # choices of the troposphere, two stations

Real files (``ARMILLARY_DATA``, or ``../shared/data`` beside the checkout): NIST on 2023-001 with orbits and clocks of WUM, and for the troposphere
ESBC on 2020-177 with those of GRG. Static: error of the last epoch of the day, forward filter. Kinematic: root mean square of the 3D error after two
hours. Residual: root mean square of the ionosphere-free phases after two hours, static.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.geodesy import to_enu
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.satellite_types import SatelliteTypes, satellite_types
from armillary.io.reading import read
from armillary.navigation.links import elevation_code_bias
from armillary.navigation.precise_point import tables
from armillary.navigation.precise_point.estimate import FilterOptions, observed_by, solve
from armillary.navigation.precise_point.receiver_antenna import receiver_antenna, receiver_terms
from armillary.navigation.precise_point.rows import PreciseRows
from armillary.navigation.precise_point.station import Corrections, StationModel, station_model
from armillary.navigation.precise_point.troposphere import slant_factors
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.services._inputs import read_files

DATA = Path(os.environ.get("ARMILLARY_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
NIST_M = np.array([-1288398.5806, -4721696.9345, 4078625.3480])
"""SINEX igs22P22264 moved by plate motion to 2023.0."""
ESBC_M = np.array([3582104.768, 532590.174, 5232755.144])
"""ITRF2014 at 2020.48."""
SKIP_S = 7200.0
DAY_NS = 86_400 * 10**9
Change = Callable[["Day", StationModel, PreciseRows], PreciseRows]


class Day:
    """Files of a station and a day."""

    def __init__(self, observations: str, sp3: tuple[str, ...], clk: str, systems: str) -> None:
        self.federation = federation(systems)
        paths = [DATA / "gnss" / observations], [DATA / "gnss" / name for name in sp3], [DATA / "gnss" / clk]
        self.files = read_files(paths[0], systems=self.federation.letters, nav=(), sp3=paths[1], clk=paths[2])
        self.antennas = [read(path) for path in sorted((DATA / "products").glob("*.atx*"))]
        self.orbit = PreciseOrbit(self.files.orbits, self.files.clocks)  # type: ignore[arg-type]

    def model(self, *, sp3_clocks: bool = False, **given: Any) -> StationModel:
        """Rows as the command models them, with other corrections."""
        orbit = PreciseOrbit(self.files.orbits) if sp3_clocks else self.orbit  # type: ignore[arg-type]
        return station_model(self.federation, self.files.observations, orbit, Corrections(antennas=self.antennas, **given))


@dataclass(frozen=True)
class Case:
    """One row of the table."""

    name: str
    given: dict[str, Any] = field(default_factory=dict)
    change: Change | None = None
    options: dict[str, Any] = field(default_factory=dict)


def added(delta_m: np.ndarray) -> Callable[[PreciseRows], PreciseRows]:
    """Rows whose model is longer by so much, float64[n] or [n, 2]."""
    both = delta_m if delta_m.ndim == 2 else delta_m[:, None]
    return lambda rows: replace(rows, code_m=rows.code_m - both, phase_m=rows.phase_m - both)


def shapiro(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
    far, near = np.linalg.norm(model.position_m, axis=1), np.linalg.norm(model.receiver_m, axis=1)
    between = np.linalg.norm(model.position_m - model.receiver_m, axis=1)
    return added(-8.870055e-3 * np.log((far + near + between) / (far + near - between)))(rows)


def relativity(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
    return added(-2.0 / SPEED_OF_LIGHT_M_S * np.sum(model.position_m * model.velocity_m_s, axis=1))(rows)


def sagnac(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
    s, r = model.position_m, model.receiver_m
    return added(-7.2921151467e-5 / SPEED_OF_LIGHT_M_S * (s[:, 0] * r[:, 1] - s[:, 1] * r[:, 0]))(rows)


def late(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
    """Satellites where they stand a satellite clock later."""
    code = np.where(np.isfinite(rows.signals.code_m[:, 0]), rows.signals.code_m[:, 0], rows.signals.code_m[:, 1])
    states = day.orbit.state_at_transmission(rows.signals.sat, rows.signals.epochs[rows.signals.epoch_of], code)
    line = model.position_m - model.receiver_m
    return added(np.sum(line * model.velocity_m_s, axis=1) / np.linalg.norm(line, axis=1) * states.clock_s)(rows)


def wind_up(factor: float) -> Change:
    def change(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
        without = day.model(wind_up=False).rows.phase_m
        return replace(rows, phase_m=without + factor * (rows.phase_m - without))

    return change


def receiver_at_nearest(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
    """The calibration of the nearest frequency, not a line between two."""
    header = day.files.observations.header
    antenna = receiver_antenna(header.antenna, day.antennas, "IGS20", letters=day.federation.letters)
    nearest = antenna.frequency_hz[np.argmin(np.abs(rows.signals.frequency_hz[:, :, None] - antenna.frequency_hz), axis=2)]
    given = rows.elevation_rad, rows.azimuth_rad
    return added(receiver_terms(antenna, *given, nearest) - receiver_terms(antenna, *given, rows.signals.frequency_hz))(rows)


def moved_z(letter: str, metres: float) -> Change:
    def change(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
        known = np.flatnonzero(np.isfinite(rows.elevation_rad) & (rows.signals.sat // 100 == ord(letter)))
        delta = np.zeros(len(rows.elevation_rad))
        delta[known] = -metres * model.body_directions(known)[:, 2]
        return added(delta)(rows)

    return change


def zenith_of(rows: PreciseRows) -> tuple[np.ndarray, np.ndarray]:
    return tuple(np.nan_to_num(rows.zenith_m[rows.signals.epoch_of]).T)  # type: ignore[return-value]


def air(mapping: str, pressure: str | None, *, day_of_year: float | None = None, dry_factor: float = 1.0) -> Change:
    """Other mapping functions; ``pressure`` None keeps the zenith delays of the rows."""

    def change(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
        place = np.nanmedian(rows.position_m, axis=0)
        known = np.isfinite(rows.elevation_rad)
        elevation, azimuth = np.where(known, rows.elevation_rad, 1.0), np.where(known, rows.azimuth_rad, 0.0)
        epochs = rows.signals.epochs
        when = epochs
        if day_of_year is not None:
            when = Epochs(epochs.tai_ns + int((day_of_year - 1) * DAY_NS))
        dry, wet = zenith_of(rows)
        mine = slant_factors(place, epochs, elevation, azimuth, mapping="niell")
        if mapping == "sine":
            new = mine._replace(hydrostatic=1.0 / np.sin(elevation), wet=1.0 / np.sin(elevation))
        else:
            new = slant_factors(place, when, elevation, azimuth, mapping=mapping, pressure=pressure or "global")  # type: ignore[arg-type]
        zenith = dry_factor * (dry if pressure is None else new.hydrostatic_zenith_m)
        delta = zenith * new.hydrostatic - dry * mine.hydrostatic + wet * (new.wet - mine.wet)
        partial = rows.partial.copy()
        partial[:, 3] = np.where(known, new.wet, np.nan)
        return replace(added(np.where(known, delta, np.nan))(rows), partial=partial)

    return change


def no_gradients(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
    partial = rows.partial.copy()
    partial[:, 4:] = 0.0
    return replace(rows, partial=partial)


def no_elevation_bias(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
    return replace(rows, code_m=rows.code_m - elevation_code_bias(rows.signals, rows.elevation_rad))


def no_beidou_2(day: Day, model: StationModel, rows: PreciseRows) -> PreciseRows:
    number = rows.signals.sat % 100
    return replace(rows, usable=rows.usable & ~((rows.signals.sat // 100 == ord("C")) & (number <= 16)))


def cases() -> Iterator[Case]:
    table = satellite_types()
    as_m = SatelliteTypes(tuple(replace(v, type="GLONASS-M") if v.type == "GLONASS-K1" else v for v in table.vehicles))
    yield Case("nothing")
    yield Case("instant of transmission without the satellite's clock", change=late)
    yield Case("rotation of the Earth during the travel (Sagnac)", change=sagnac)
    yield Case("relativity -2 r.v / c^2", change=relativity)
    yield Case("relativistic bending (Shapiro)", change=shapiro)
    yield Case("satellite antennas: offsets and variations", {"satellite_antenna": False})
    yield Case("satellite antennas: x and y", {"offset_factors": (0.0, 0.0, 1.0)})
    yield Case("satellite antennas: sign of x", {"offset_factors": (-1.0, 1.0, 1.0)})
    yield Case("satellite antennas: variations with nadir angle", {"satellite_variation": False})
    yield Case("R09, R11, R22 as GLONASS-M, not K1", {"types": as_m})
    yield Case("z of all GLONASS + 0.2 m", change=moved_z("R", 0.2))
    yield Case("z of all BeiDou + 0.2 m", change=moved_z("C", 0.2))
    yield Case("receiver antenna", {"receiver_antenna": False})
    yield Case("receiver antenna of the nearest frequency, not interpolated", change=receiver_at_nearest)
    yield Case("phase wind-up", {"wind_up": False})
    yield Case("phase wind-up: sign", change=wind_up(-1.0))
    yield Case("solid tide", {"solid_tide": False})
    yield Case("pole tide", {"pole_tide": False})
    yield Case("mapping 1 / sin(e)", change=air("sine", None))
    yield Case("mapping of day 180", change=air("niell", None, day_of_year=180.0))
    yield Case("dry delay + 1 % (8 hPa)", change=air("niell", None, dry_factor=1.01))
    yield Case("gradients", change=no_gradients)
    yield Case("clocks every 5 min (of the SP3 file)", {"sp3_clocks": True})
    yield Case("code bias of BeiDou-2 with elevation", change=no_elevation_bias)
    yield Case("BeiDou-2", change=no_beidou_2)
    yield Case("ambiguities constant", options={"ambiguity_walk": 0.0})
    yield Case("clocks between systems constant", options={"offset_walk": 0.0})
    yield Case("clocks between systems free at every epoch", options={"offset_walk": 10.0})
    for mask in (5.0, 10.0, 15.0):
        yield Case(f"mask {mask:g} deg, not 7", {"mask_rad": np.radians(mask)})


def airs() -> Iterator[Case]:
    yield Case("Niell, UNB3 climate (as built in)")
    yield Case("Niell, GPT", change=air("niell", "global"))
    yield Case("Niell, standard atmosphere", change=air("niell", "standard"))
    yield Case("GMF, UNB3 climate", change=air("global", None))
    yield Case("GMF, GPT", change=air("global", "global"))
    yield Case("GMF, standard atmosphere", change=air("global", "standard"))


def measured(rows: PreciseRows, systems: str, options: dict[str, Any]) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """The last position of the static filter, positions of the kinematic one after two hours, residuals in mm."""
    observed = observed_by(federation(systems), rows)
    still = solve(observed, FilterOptions(static=True, **options))
    moving = solve(observed, FilterOptions(static=False, **options))
    late_enough = rows.time_s >= SKIP_S
    last = tables.marker_m(still)[np.flatnonzero(tables.solved(still))[-1]]
    track = tables.marker_m(moving)[tables.solved(moving) & late_enough]
    left = np.where(late_enough[rows.signals.epoch_of], still.residual_m[:, 1], np.nan)
    of = {c.letter: rows.signals.sat // 100 == ord(c.letter) for c in federation(systems)}
    return last, track, {letter: 1e3 * float(np.sqrt(np.nanmean(left[mine] ** 2))) for letter, mine in of.items()}


def row(day: Day, case: Case, systems: str, truth_m: np.ndarray) -> tuple[np.ndarray, float, float, dict[str, float]]:
    model = day.model(**case.given)
    rows = case.change(day, model, model.rows) if case.change else model.rows
    last, track, left = measured(rows, systems, case.options)
    distance = np.linalg.norm(track - truth_m, axis=1)
    rms, p95 = float(np.sqrt(np.mean(distance**2))), float(np.percentile(distance, 95))
    return 1e3 * to_enu(last - truth_m, origin_m=truth_m), 1e2 * rms, 1e2 * p95, left


def corrections() -> None:
    wum = "2023-001/WUM0MGXFIN_20230010000_01D_"
    day = Day("2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz", (f"{wum}05M_ORB.SP3.gz",), f"{wum}30S_CLK.CLK.gz", "gps+glonass+beidou")
    print("| left out or changed | R+C static E/N/U, mm | R+C kinematic, cm | residual R / C, mm | G static, mm | G kinematic, cm |")
    print("|---|---|---|---|---|---|")
    for case in cases():
        cells = []
        for systems in ("glonass+beidou", "gps"):
            enu, rms, _, left = row(day, case, systems, NIST_M)
            cells += ["/".join(f"{v:.0f}" if abs(v) >= 99.5 else f"{v:.1f}" for v in enu), f"{rms:.3g}" if rms >= 10 else f"{rms:.1f}"]
            if systems != "gps":
                cells.append(f"{left['R']:.1f} / {left['C']:.1f}")
        print(f"| {case.name} | {' | '.join(cells)} |", flush=True)


def choices_of_air() -> None:
    wum, grg = "2023-001/WUM0MGXFIN_20230010000_01D_", "2020-177/GRG0MGXFIN_2020"
    nist = Day("2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz", (f"{wum}05M_ORB.SP3.gz",), f"{wum}30S_CLK.CLK.gz", "gps+glonass+beidou")
    orbits = f"{grg}1760000_01D_15M_ORB.SP3.gz", f"{grg}1770000_01D_15M_ORB.SP3.gz"
    esbc = Day("2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz", orbits, f"{grg}1770000_01D_30S_CLK.CLK.gz", "gps+glonass+galileo")
    print("| station, systems | mapping, pressure | static E/N/U, mm | kinematic 3D RMS / 95 %, cm | residuals, mm |")
    print("|---|---|---|---|---|")
    for name, day, systems, truth in (
        *(("NIST", nist, systems, NIST_M) for systems in ("glonass+beidou", "gps")),
        *(("ESBC", esbc, systems, ESBC_M) for systems in ("glonass", "gps+glonass+galileo")),
    ):
        for case in airs():
            enu, rms, p95, left = row(day, case, systems, truth)
            cells = ["/".join(f"{v:.1f}" for v in enu), f"{rms:.2f} / {p95:.2f}", " ".join(f"{letter} {v:.2f}" for letter, v in left.items())]
            print(f"| {name} {systems} | {case.name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["air"]:
        choices_of_air()
    else:
        corrections()
