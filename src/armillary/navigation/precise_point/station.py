"""A station's files become modelled rows: signals, states of satellites, tides, antennas, together with what a user should know about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.antennas import AntennaSet
from armillary.core.biases import Biases
from armillary.core.epochs import Epochs
from armillary.core.federation import Federation
from armillary.core.observations import Observations
from armillary.core.ocean_loading import StationLoading
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.reference import Reference
from armillary.core.satellite_types import SatelliteTypes
from armillary.core.sun_moon import sun_and_moon
from armillary.errors import InputError
from armillary.navigation.links import start_positions
from armillary.navigation.precise_point.antenna_frames import realisation
from armillary.navigation.precise_point.attitude import attitude
from armillary.navigation.precise_point.continuing import Continuation
from armillary.navigation.precise_point.displacement import station_displacement
from armillary.navigation.precise_point.receiver_antenna import receiver_antenna, receiver_terms
from armillary.navigation.precise_point.rows import AntennaTerms, PreciseRows, ionosphere_free, precise_rows
from armillary.navigation.precise_point.satellite_antennas import SatelliteAntennas, satellite_antennas
from armillary.navigation.precise_point.signals import precise_signals
from armillary.navigation.precise_point.transmitter import transmitter_terms
from armillary.navigation.precise_point.troposphere import MappingName
from armillary.navigation.signals import SignalRows
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.orbits.state import OrbitState

__all__ = ["Corrections", "StationModel", "model_station", "station_model"]

Floats = NDArray[np.float64]
_NEIGHBOURS = 2
_SAME_PLACE_M, _FEWEST_CODES = 15.0, 50
"""Ionosphere-free codes of some minutes are right to a metre or two, of GLONASS alone to some more."""
_ONE_TIDE_KM = 100.0
"""3 mm: solid tides of two places so far apart differ by no more."""
_STILL_M = 150.0
"""Start positions of a receiver that stands still scatter by the ionosphere and by multipath, not by more."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is modelled besides orbits and clocks; switches are there to see what a correction is worth."""

    antennas: Sequence[AntennaSet] = ()
    biases: Sequence[Biases] = ()
    ocean: StationLoading | None = None
    reference: Reference | None = None
    channels: dict[int, int] = field(default_factory=dict)
    """Frequency-division channels by packed satellite, from broadcast messages."""
    mask_rad: float = np.radians(7.0)
    moving: bool = False
    """The receiver may move."""
    solid_tide: bool = True
    pole_tide: bool = True
    wind_up: bool = True
    satellite_antenna: bool = True
    satellite_variation: bool = True
    offset_factors: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Of the offsets of satellite antennas along body x, y, z."""
    receiver_antenna: bool = True
    mapping: MappingName = "niell"
    """Of the troposphere, with its climate."""
    types: SatelliteTypes | None = None
    """Which satellite is of what type; the table that comes with armillary without."""


@dataclass(frozen=True, slots=True, eq=False)
class StationModel:
    """Modelled rows, the antennas they were modelled with, and how satellites were turned."""

    rows: PreciseRows
    satellites: SatelliteAntennas
    still: bool
    """The receiver stands still, as far as codes tell."""
    position_m: Floats
    """float64[n, 3]: satellites at reception, Earth-fixed, by row."""
    velocity_m_s: Floats
    sun_m: Floats
    """float64[n_epochs, 3]"""
    receiver_m: Floats
    """float64[n, 3], by row."""

    def body_directions(self, chosen: NDArray[np.intp]) -> Floats:
        """Unit vectors from satellites to the receiver along the body axes x, y, z of the satellites, float64[m, 3], of the chosen rows."""
        of = self.rows.signals.satellite_of[chosen]
        sun_m = self.sun_m[self.rows.signals.epoch_of[chosen]]
        turned = attitude(self.satellites.law[of], self.position_m[chosen], self.velocity_m_s[chosen], sun_m)
        toward = self.receiver_m[chosen] - self.position_m[chosen]
        return np.asarray(np.einsum("nij,nj->ni", turned.axes, toward / np.linalg.norm(toward, axis=1, keepdims=True)), np.float64)


def model_station(federation: Federation, observations: Observations, orbit: PreciseOrbit, given: Corrections) -> PreciseRows:
    """The rows of :func:`station_model`."""
    return station_model(federation, observations, orbit, given).rows


def station_model(
    federation: Federation, observations: Observations, orbit: PreciseOrbit, given: Corrections, *, going_on: Continuation | None = None
) -> StationModel:
    """Rows of all systems of ``federation``, modelled from the middle of start positions that codes give, or from each epoch's where it moves.

    ``going_on``: from the position of an earlier run, whose phases go on. InputError where no epoch has a position.
    """
    stepped_m = 0.0 if going_on is None else going_on.stepped_m
    signals = precise_signals(
        federation, observations, channels=given.channels, biases=given.biases, wide_lane_cycles=orbit.wide_lane_cycles, stepped_m=stepped_m
    )
    rows = signals.rows
    code = np.where(np.isfinite(rows.code_m[:, 0]), rows.code_m[:, 0], rows.code_m[:, 1])
    states = orbit.state_at_transmission(rows.sat, rows.epochs[rows.epoch_of], code)
    position, gross, odd = _positions(rows, states, moving=given.moving)
    if going_on is not None:
        if not (position == position[0]).all():
            raise InputError(f"{observations.path}: the receiver moves: it cannot go on from one position of an earlier run")
        position = np.broadcast_to(going_on.position_m, position.shape).copy()
    middle = np.nanmedian(position, axis=0)
    height, east, north = observations.header.antenna_delta_hen_m
    serving = np.bincount(rows.satellite_of[states.flag == 0], minlength=len(rows.satellites)) > 0
    serving &= np.array([all(pair) for pair in rows.signals], np.bool_)
    antennas = _Antennas(federation, observations, orbit, given, rows, serving)
    modelled = precise_rows(
        signals,
        states,
        position_m=position,
        displacement_m=_displacement(middle, rows.epochs, given),
        antenna_enu_m=np.array([east, north, height]),
        mask_rad=given.mask_rad,
        antennas=antennas.terms,
        before=None if going_on is None else going_on.before(rows),
        mapping=given.mapping,
    )
    whole, refused = _whole(np.where(serving, modelled.integer_group, -1), antennas, orbit)
    known = replace(
        modelled,
        usable=modelled.usable & ~gross,
        integer_group=whole,
        notes=(*odd, *_far(position, middle), *signals.notes, *antennas.notes, *refused),
        extra_variance_m2=_clock_variance_m2(rows, orbit),
    )
    if going_on is not None and (away := float(np.linalg.norm(_by_codes_m(known) - going_on.offset_m))) > _SAME_PLACE_M:
        raise InputError(
            f"{observations.path}: codes say {away:.0f} m from where {going_on.station} stood at the end of the earlier run; name another folder"
        )
    still = bool((position == position[0]).all())
    return StationModel(known, antennas.satellites, still, antennas.satellite_m, states.velocity_m_s, antennas.sun_m, antennas.receiver_m)


def _whole(group: NDArray[np.int64], antennas: _Antennas, orbit: PreciseOrbit) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Satellites whose ambiguities may be held at integers: their antennas must be those of the clocks, to a centimetre."""
    same = antennas.alike & (antennas.frame == realisation(orbit.antenna_model))
    lost = int(((group >= 0) & ~same).sum())
    told = f"{lost} satellites could have whole ambiguities, but are not calibrated in the antenna file of the clocks ({orbit.antenna_model}): float"
    return np.where(same, group, -1), (told,) if lost else ()


def _clock_variance_m2(rows: SignalRows, orbit: PreciseOrbit) -> Floats:
    """What interpolated clocks add to the variance of a phase, float64[n].

    Between two nodes the errors of neighbouring epochs are alike: of n epochs in an interval whose ends are known, the sum of 1 / (u (1 - u)) says
    more than the ends of the interval let it, by the harmonic number of n - 1 (1 for two epochs, 2.8 for 30 s in 5 min).
    """
    sigma = orbit.clock_interpolation_sigma_s(rows.sat, rows.epochs[rows.epoch_of]) * SPEED_OF_LIGHT_M_S
    step_s = float(np.median(np.diff(rows.epochs.tai_ns))) * 1e-9 if len(rows.epochs) > 1 else orbit.clock_interval_s
    within = max(round(orbit.clock_interval_s / max(step_s, 1e-3)), 1)
    alike = max(float((1.0 / np.arange(1, within)).sum()), 1.0)
    return np.asarray(np.nan_to_num(alike * sigma**2))


def _positions(rows: SignalRows, states: OrbitState, *, moving: bool) -> tuple[Floats, NDArray[np.bool_], tuple[str, ...]]:
    """A position for every epoch, float64[n_epochs, 3]; rows that only a fault explains; and what is odd about them.

    The same for all epochs unless the receiver is allowed to move, and does.
    """
    raw = np.where((states.flag == 0)[:, None], rows.code_m + SPEED_OF_LIGHT_M_S * states.clock_s[:, None], np.nan)
    position, gross = start_positions(rows, raw, states, np.zeros(3))
    known = np.isfinite(position[:, 0])
    if not known.any():
        raise InputError("no epoch has enough satellites with precise orbits and clocks to find the station")
    middle = np.median(position[known], axis=0)
    away = np.linalg.norm(position[known] - middle, axis=1)
    if moving and np.percentile(away, 99) > _STILL_M:
        return _without_wild(position, known), gross, ()
    scattered = np.percentile(away, 90)
    odd = () if scattered < _STILL_M else (f"code positions scatter by {scattered:.0f} m: a receiver that moves needs --kinematic",)
    return np.broadcast_to(middle, position.shape).copy(), gross, odd


def _without_wild(position_m: Floats, known: NDArray[np.bool_]) -> Floats:
    """Positions of a receiver that moves; one far from the middle of its neighbours is replaced by that."""
    mine = position_m[known]
    padded = np.pad(mine, ((_NEIGHBOURS, _NEIGHBOURS), (0, 0)), mode="edge")
    around = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * _NEIGHBOURS + 1, axis=0), axis=-1)
    out = position_m.copy()
    out[known] = np.where((np.linalg.norm(mine - around, axis=1) > _STILL_M)[:, None], around, mine)
    return out


def _far(position_m: Floats, middle_m: Floats) -> tuple[str, ...]:
    """A track so long that tides differ along it."""
    far_km = float(np.nanmax(np.linalg.norm(position_m - middle_m, axis=1))) / 1e3
    if far_km < _ONE_TIDE_KM:
        return ()
    return (
        f"tides are those of the middle of the track, which reaches {far_km:.0f} km from there: about {0.03 * far_km:.0f} mm are wrong at its ends",
    )


def _by_codes_m(rows: PreciseRows) -> Floats:
    """East, north, up of the receiver from the position that rows were modelled from, by the codes of all epochs together; NaN where they are few."""
    signals = rows.signals
    level = np.where(rows.usable, ionosphere_free(signals, rows.code_m), np.nan)
    good = np.flatnonzero(np.isfinite(level) & np.isfinite(rows.partial[:, 0]))
    clock = signals.epoch_of[good].astype(np.int64) * len(signals.constellations) + signals.constellation_of[signals.satellite_of[good]]
    _, of, count = np.unique(clock, return_inverse=True, return_counts=True)
    both = np.column_stack([rows.partial[good, :3], level[good]])
    middle = np.stack([np.bincount(of, column) / count for column in both.T], axis=1)
    left = (both - middle[of]) * np.sin(rows.elevation_rad[good])[:, None]
    if len(good) < _FEWEST_CODES:
        return np.full(3, np.nan)
    return np.asarray(np.linalg.lstsq(left[:, :3], left[:, 3], rcond=None)[0])


def _displacement(position_m: Floats, epochs: Epochs, given: Corrections) -> Floats:
    return station_displacement(position_m, epochs, reference=given.reference, ocean=given.ocean, solid=given.solid_tide, pole=given.pole_tide)


class _Antennas:
    """Antennas of both ends, and what they add to every row."""

    def __init__(
        self,
        federation: Federation,
        observations: Observations,
        orbit: PreciseOrbit,
        given: Corrections,
        rows: SignalRows,
        serving: NDArray[np.bool_],
    ) -> None:
        middle = rows.epochs[len(rows.epochs) // 2]
        bands = [(first[1:2], (second or first)[1:2]) for first, second in rows.signals]
        self._given = given
        self.sun_m = sun_and_moon(rows.epochs, given.reference).sun_m
        chosen = satellite_antennas(rows.satellites, bands, middle, given.antennas, orbit.frame, types=given.types, wanted=serving)
        self.satellites = _switched(chosen, given)
        header = observations.header
        self._receiver = receiver_antenna(
            header.antenna, given.antennas, orbit.frame, serial=header.antenna_number, letters=federation.letters, missing="zero"
        )
        self.alike, self.frame = self.satellites.alike, np.array(self.satellites.frame)
        self.notes = (*(self.satellites.notes if given.satellite_antenna else ()), *(self._receiver.notes if given.receiver_antenna else ()))
        self.satellite_m = self.receiver_m = np.empty((0, 3))

    def terms(
        self, rows: SignalRows, satellite_m: Floats, velocity_m_s: Floats, receiver_m: Floats, elevation: Floats, azimuth: Floats
    ) -> AntennaTerms:
        """As :func:`armillary.navigation.precise_point.rows.precise_rows` asks for them."""
        self.satellite_m, self.receiver_m = satellite_m, receiver_m
        sent = transmitter_terms(self.satellites, rows.satellite_of, satellite_m, velocity_m_s, self.sun_m[rows.epoch_of], receiver_m)
        range_m = sent.range_m
        if self._given.receiver_antenna:
            range_m = range_m + receiver_terms(self._receiver, elevation, azimuth, rows.frequency_hz)
        wind_up = sent.wind_up_cycles if self._given.wind_up else np.zeros_like(sent.wind_up_cycles)
        return AntennaTerms(range_m, wind_up, ~sent.doubtful)


def _switched(found: SatelliteAntennas, given: Corrections) -> SatelliteAntennas:
    factors = np.array(given.offset_factors) * given.satellite_antenna
    variation = found.variation_m * (given.satellite_antenna and given.satellite_variation)
    return replace(found, offset_m=found.offset_m * factors, variation_m=variation)
