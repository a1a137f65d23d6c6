"""Observed minus modelled: every row of a station, once for all systems, ready for the filter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.geodesy import from_enu
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.navigation.links import elevation_code_bias
from armillary.navigation.precise_point.signals import PreciseSignals
from armillary.navigation.precise_point.troposphere import MappingName, global_air
from armillary.navigation.signals import SignalRows
from armillary.orbits.state import OrbitState

kernels: Any = lazy_module("armillary.navigation.precise_point.range_kernels")
slips: Any = lazy_module("armillary.navigation.precise_point.slip_kernels")

__all__ = ["AntennaTerms", "Before", "PreciseRows", "ionosphere_free", "longest_gap_s", "precise_rows"]

Floats = NDArray[np.float64]
_MANY, _MANY_SHARE, _SMALL_JUMP = 3, 0.25, 0.4
"""So many satellites, and such a share of those tracked, slip together when the receiver is disturbed; then less of a jump counts."""
_GAP_S = 300.0
"""An arc of phase ends where nothing was received for longer."""
_INTERVALS = 1.5
"""So many distances of epochs, where these are minutes apart."""


@dataclass(frozen=True, slots=True, eq=False)
class AntennaTerms:
    """What antennas add to the range of each signal, metres, float64[n, 2], and the turns that they add to the phase, cycles, float64[n]."""

    range_m: Floats
    wind_up_cycles: Floats
    usable: NDArray[np.bool_]
    """bool[n]: false where the attitude of the satellite is not known well enough."""


@dataclass(frozen=True, slots=True, eq=False)
class PreciseRows:
    """Rows of all systems (n rows, n_epochs epochs, n_sats satellites)."""

    signals: SignalRows
    biased: NDArray[np.bool_]
    """bool[n_sats], of :class:`PreciseSignals`."""
    position_m: Floats
    """float64[n_epochs, 3]: marker positions that partial derivatives are of, Earth-fixed, conventional (without tides)."""
    code_m: Floats
    """float64[n, 2], observed minus modelled."""
    phase_m: Floats
    """float64[n, 2], observed minus modelled; the ambiguity is left."""
    partial: Floats
    """float64[n, 6]: by position east, north, up, zenith wet delay, gradients north and east."""
    elevation_rad: Floats
    azimuth_rad: Floats
    zenith_m: Floats
    """float64[n_epochs, 2], a priori hydrostatic and wet zenith delays."""
    usable: NDArray[np.bool_]
    """bool[n]: there is an orbit and a clock, the satellite is above the mask and its antenna is known."""
    arc: NDArray[np.int32]
    """int32[n], arc of unbroken phase, -1 without two phases."""
    wide_cycles: Floats
    """float64[n], wide lane of codes and phases, whole but for the receiver where ``integer_group`` is not -1."""
    integer_group: NDArray[np.int64]
    """int64[n_sats], of :class:`PreciseSignals`."""
    notes: tuple[str, ...] = field(default=())
    course: Floats = field(default_factory=lambda: np.empty((0, 9)))
    """float64[n_sats, 9], course of the phases of each satellite at the end (:mod:`armillary.navigation.precise_point.slip_kernels`)."""
    goes_on: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    """int32[n_sats], the arc that goes on from an earlier file, -1 for none."""
    wind_up_cycles: Floats = field(default_factory=lambda: np.empty(0))
    """float64[n_sats], at the end; NaN for a satellite that was not seen."""
    stepped_m: float = 0.0
    """Of :class:`PreciseSignals`, at the end."""
    extra_variance_m2: Floats = field(default_factory=lambda: np.empty(0))
    """float64[n]: what the satellite's clock adds to the variance of a phase; empty for nothing."""

    @property
    def time_s(self) -> Floats:
        """Seconds since the first epoch, float64[n_epochs]."""
        return self.signals.epochs.seconds_since(self.signals.epochs[0]) if len(self.signals.epochs) else np.empty(0)


@dataclass(frozen=True, slots=True, eq=False)
class Before:
    """What an earlier file left of each satellite; fields as in :class:`PreciseRows`, times from the first epoch of this file."""

    course: Floats
    wind_up_cycles: Floats


def precise_rows(
    given: PreciseSignals,
    states: OrbitState,
    *,
    position_m: Floats,
    displacement_m: Floats,
    antenna_enu_m: Floats,
    mask_rad: float,
    antennas: Callable[[SignalRows, Floats, Floats, Floats, Floats, Floats], AntennaTerms],
    before: Before | None = None,
    mapping: MappingName = "niell",
) -> PreciseRows:
    """Model all rows from ``position_m`` float64[n_epochs, 3] of the marker.

    ``displacement_m``: float64[n_epochs, 3], what tides add; ``antenna_enu_m``: float64[3], antenna reference point above the marker;
    ``antennas``: from rows, satellite positions and velocities at reception, receiver positions by row, elevations and azimuths to their terms.
    ``mapping``: of the troposphere, Niell's with the climate of DO-229, or the Global Mapping Functions with Global Pressure and Temperature.
    """
    rows = given.rows
    n, n_epochs = len(rows.sat), len(rows.epochs)
    marker = np.where(np.isfinite(position_m), position_m, 6.4e6)
    raised = marker + displacement_m + from_enu(np.broadcast_to(antenna_enu_m, marker.shape), origin_m=marker)
    reference = np.where(np.isfinite(position_m), raised, np.nan)
    reception, line, partial = np.full((n, 3), np.nan), np.full((n, 3), np.nan), np.full((n, 6), np.nan)
    elevation, azimuth, modelled = (np.full(n, np.nan) for _ in range(3))
    zenith = np.full((n_epochs, 2), np.nan)
    satellite = np.ascontiguousarray(states.position_m)
    air = global_air(reference, rows.epochs) if mapping == "global" else np.empty((0, 8))
    given_to = rows.epoch_of, satellite, reference, _day_of_year(rows.epochs), air
    kernels.ranges(*given_to, reception, line, elevation, azimuth, modelled, partial, zenith)
    terms = antennas(rows, reception, states.velocity_m_s, reference[rows.epoch_of], elevation, azimuth)
    computed = (modelled - SPEED_OF_LIGHT_M_S * states.clock_s)[:, None] + terms.range_m
    with np.errstate(divide="ignore"):
        wavelength = np.where(rows.frequency_hz > 0, SPEED_OF_LIGHT_M_S / rows.frequency_hz, np.nan)
    turns = _continued(rows, terms.wind_up_cycles, before)
    arc, course, goes_on = _arcs(rows, before)
    code = rows.code_m + elevation_code_bias(rows, elevation)
    usable = (states.flag == 0) & (elevation >= mask_rad) & terms.usable & np.isfinite(computed).all(axis=1)
    return PreciseRows(
        signals=rows,
        biased=given.biased,
        position_m=position_m,
        code_m=code - computed,
        phase_m=rows.phase_m - computed - wavelength * turns[:, None],
        partial=partial,
        elevation_rad=elevation,
        azimuth_rad=azimuth,
        zenith_m=zenith,
        usable=usable,
        arc=arc,
        wide_cycles=_wide(replace(rows, code_m=code)) + given.wide_bias_cycles[rows.satellite_of],
        integer_group=given.integer_group,
        notes=given.notes,
        course=course,
        goes_on=goes_on,
        wind_up_cycles=_last(rows, turns),
        stepped_m=given.stepped_m,
    )


def ionosphere_free(rows: SignalRows, values: Floats) -> Floats:
    """The ionosphere-free combination, float64[n], of values of both signals [n, 2]; NaN where one is missing."""
    a, b = rows.frequency_hz[:, 0] ** 2, rows.frequency_hz[:, 1] ** 2
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((b > 0) & (a != b), (a * values[:, 0] - b * values[:, 1]) / (a - b), np.nan)


def longest_gap_s(time_s: Floats) -> float:
    """How long a satellite may be away until its phase is another one: five minutes, but no less than epochs are apart, told a little unevenly."""
    return max(_GAP_S, _INTERVALS * float(np.median(np.diff(time_s)))) if len(time_s) > 1 else _GAP_S


def _day_of_year(epochs: Epochs) -> Floats:
    """Day of the year with its fraction, for climates."""
    day = epochs.tai_ns // NS_PER_DAY
    start = day.astype("datetime64[D]").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return np.asarray(day - start + 1.0)


def _wide(rows: SignalRows) -> Floats:
    """Melbourne-Wuebbena combination in cycles of the wide lane, float64[n]."""
    f1, f2 = rows.frequency_hz.T
    with np.errstate(divide="ignore", invalid="ignore"):
        phase = (f1 * rows.phase_m[:, 0] - f2 * rows.phase_m[:, 1]) / (f1 - f2)
        code = (f1 * rows.code_m[:, 0] + f2 * rows.code_m[:, 1]) / (f1 + f2)
        return np.asarray((phase - code) * (f1 - f2) / SPEED_OF_LIGHT_M_S)


def _last(rows: SignalRows, values: Floats) -> Floats:
    """The last finite value of each satellite, float64[n_sats]."""
    out = np.full(len(rows.satellites), np.nan)
    known = np.isfinite(values)
    out[rows.satellite_of[known]] = values[known]  # rows ascend: the last one stays
    return out


def _continued(rows: SignalRows, turns: Floats, before: Before | None) -> Floats:
    """Wind-up with the whole turns that make it go on from before, float64[n]."""
    if before is None:
        return turns
    first = _last(rows, turns)
    known = np.isfinite(turns)
    first[rows.satellite_of[known][::-1]] = turns[known][::-1]
    whole = np.nan_to_num(np.rint(before.wind_up_cycles - first))
    return np.asarray(turns + whole[rows.satellite_of])


def _arcs(rows: SignalRows, before: Before | None) -> tuple[NDArray[np.int32], Floats, NDArray[np.int32]]:
    """Arcs of unbroken phase on both signals int32[n], the course of phases at the end, and which arcs go on from before."""
    n, n_sats = len(rows.sat), len(rows.satellites)
    arc, goes_on = np.full(n, -1, np.int32), np.full(n_sats, -1, np.int32)
    known = np.full((n_sats, 9), np.nan) if before is None else before.course
    after = np.full((n_sats, 9), np.nan)
    if not n:
        return arc, known, goes_on
    order = np.lexsort((rows.epoch_of, rows.satellite_of))
    of_epoch = rows.epochs.seconds_since(rows.epochs[0])
    time_s, gap_s = of_epoch[rows.epoch_of], longest_gap_s(of_epoch)
    phase = np.where(rows.frequency_hz > 0, rows.phase_m, np.nan)
    jump = np.zeros(n)
    given = (order, rows.satellite_of, time_s, rows.code_m, phase, rows.frequency_hz)
    slips.arcs(*given, rows.slipped, gap_s, known, after, arc, jump, goes_on)
    together = _together(rows, order, arc, jump)
    if together.any():
        after[:], goes_on[:] = np.nan, -1
        slips.arcs(*given, rows.slipped | together, gap_s, known, after, arc, jump, goes_on)
    return arc, after, goes_on


def _together(rows: SignalRows, order: NDArray[np.int64], arc: NDArray[np.int32], jump: Floats) -> NDArray[np.bool_]:
    """Smaller jumps at instants when many satellites slip: what happened to the receiver happened to all of them, bool[n]."""
    begun = np.zeros(len(arc), np.bool_)
    mine = order[arc[order] >= 0]
    begun[mine[1:]] = (np.diff(arc[mine]) != 0) & (np.diff(rows.satellite_of[mine]) == 0)
    n_epochs = len(rows.epochs)
    slipping, tracked = (np.bincount(rows.epoch_of[chosen], minlength=n_epochs) for chosen in (begun, arc >= 0))
    event = (slipping >= _MANY) & (slipping >= _MANY_SHARE * tracked)
    return np.asarray(event[rows.epoch_of] & (jump > _SMALL_JUMP))
