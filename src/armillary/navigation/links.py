"""Everything between satellites and one receiver, computed once on the union of all systems; an answer for a member is a mask over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.constellation import Constellation, SatelliteGroup
from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.physics import SPEED_OF_LIGHT_M_S
from armillary.core.satellites import number_of
from armillary.navigation.signals import SignalRows

kernels: Any = lazy_module("armillary.navigation.geometry_kernels")
smoothing: Any = lazy_module("armillary.navigation.smoothing_kernels")
starting: Any = lazy_module("armillary.navigation.start_kernels")

__all__ = [
    "BELOW_MASK",
    "CONTRADICTS",
    "NO_CODE",
    "NO_ORBIT",
    "NO_POSITION",
    "OUTLIER",
    "REASONS",
    "USED",
    "LinkOptions",
    "Links",
    "SatelliteStates",
    "elevation_code_bias",
    "groups_of",
    "link",
    "start_positions",
]

USED, BELOW_MASK, NO_ORBIT, NO_CODE, OUTLIER, NO_POSITION, CONTRADICTS = 0, 1, 2, 3, 4, 5, 6
REASONS = (
    "used",
    "below the elevation mask",
    "no usable orbit or clock",
    "no code",
    "failed the residual test",
    "too few satellites to see it from anywhere",
    "contradicts all others for much of the file",
)
"""What the state of a row means."""
REFERENCE_FREQUENCY_HZ = 1_575.42e6
"""The frequency ionospheric delays in metres refer to."""
_START_LIMIT_M = 60.0
"""Residual of a single-frequency start position that only a fault explains: ionosphere stays below 50 m on the slant."""
_GROSS_M = 150.0
"""Beyond what ionosphere (90 m at the horizon under the equatorial crests) and receiver biases (30 m) do together to a code or between two codes."""
_FARTHEST_M = 3e7
"""Distances to satellites in view differ by 23,000 km at most (a medium orbit overhead, a geosynchronous one at the horizon)."""
_MULTIPATH_TIME_S = 100.0
"""Correlation time of code multipath of a station: codes closer than this are not independent."""
_CODE_FLOOR = 0.25
"""What smoothing cannot go below, as a share of the code's sigma: multipath and group delays that an arc does not average out."""
_REFERENCE_CN0_DBHZ = 45.0
_PRECISE_SIGMA_M = 0.5
"""Precise orbits are of the centre of mass: without the antenna offsets (1 to 2.7 m, 0.5 m between makes) they serve like this."""


class SatelliteStates(Protocol):
    """What linking needs to know of the satellites at transmission; rows as in SignalRows."""

    @property
    def position_m(self) -> NDArray[np.float64]:
        """float64[n, 3], Earth-fixed in the frame of the instant itself."""

    @property
    def velocity_m_s(self) -> NDArray[np.float64]:
        """float64[n, 3], of the Earth-fixed position."""

    @property
    def clock_s(self) -> NDArray[np.float64]:
        """float64[n], satellite clock - system time, before any group delay."""

    @property
    def clock_drift_s_s(self) -> NDArray[np.float64]:
        """float64[n], rate of the satellite clock."""

    @property
    def flag(self) -> NDArray[np.uint8]:
        """uint8[n], 0 good."""

    @property
    def accuracy_m(self) -> NDArray[np.float64]:
        """float64[n], as the source states it; NaN where it says nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Rows of all systems against the linearisation point of their epoch (n rows, n_epochs epochs, n_sats satellites)."""

    rows: SignalRows
    position_m: NDArray[np.float64]
    """float64[n_epochs, 3], linearisation points, Earth-fixed; NaN where there is none."""
    z_m: NDArray[np.float64]
    """float64[n, 2], code minus everything modelled: what is left holds position, clocks, ionosphere, biases and noise."""
    k: NDArray[np.float64]
    """float64[n, 2], ionospheric delay of each code relative to 1575.42 MHz."""
    line: NDArray[np.float64]
    """float64[n, 3], unit vector to the satellite, east north up."""
    elevation_rad: NDArray[np.float64]
    azimuth_rad: NDArray[np.float64]
    ionosphere: NDArray[np.float64]
    wet: NDArray[np.float64]
    variance_m2: NDArray[np.float64]
    """float64[n, 3]: slow orbit and clock error, noise of the first and of the second code."""
    state: NDArray[np.uint8]
    """uint8[n], why a row cannot be used, or USED."""
    satellite_m: NDArray[np.float64]
    satellite_m_s: NDArray[np.float64]
    clock_drift_s_s: NDArray[np.float64]
    served: NDArray[np.bool_]
    """bool[n_sats, 2], the broadcast clock is corrected for the group delay of this signal."""
    precise: bool
    """The clocks are precise ones: good to centimetres, and meant for the ionosphere-free pair of signals."""
    arc: NDArray[np.int32]
    """int32[n], arc of unbroken phase, -1 without phase."""


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """How links are made."""

    mask_rad: float
    smoothing: str
    """``full-arc``, ``causal`` or ``none``."""
    signals: int = 2
    """Signals of a satellite to use: two, or the first alone."""
    precise: bool = False
    """Orbits and clocks are precise ones."""


def link(rows: SignalRows, states: SatelliteStates, delay_s: NDArray[np.float64], options: LinkOptions, guess: NDArray[np.float64]) -> Links:
    """Links of all rows. ``delay_s``: float64[n, 2], group delays to take from the satellite clock, NaN where the message does not serve the signal.

    ``guess``: float64[3], a position to start from, or zeros: none is needed.
    """
    usable = states.flag == 0
    clock_m = np.where(usable[:, None], SPEED_OF_LIGHT_M_S * (states.clock_s[:, None] - np.nan_to_num(delay_s)), np.nan)
    position, gross = start_positions(rows, rows.code_m + clock_m, states, guess)
    view = _view(rows, states, position)
    # the bias follows the elevation, so it goes to the code before an arc is levelled on it
    code = rows.code_m + elevation_code_bias(rows, view.elevation_rad)
    arc, smoothed, count = _smooth(rows, code, view.elevation_rad, options.smoothing)
    z = smoothed + clock_m - view.computed_m[:, None]
    state = _states(rows, usable, gross)
    seen = (state == USED) | (state == OUTLIER)
    state[seen & ~(view.elevation_rad >= options.mask_rad)] = BELOW_MASK
    state[seen & np.isnan(view.elevation_rad)] = NO_POSITION
    return Links(
        rows=rows,
        position_m=position,
        z_m=z,
        k=_relative_delay(rows),
        line=view.line,
        elevation_rad=view.elevation_rad,
        azimuth_rad=view.azimuth_rad,
        ionosphere=view.ionosphere,
        wet=view.wet,
        variance_m2=_variance(rows, view.elevation_rad, _space_sigma(rows, states.accuracy_m, options), count),
        state=state,
        satellite_m=np.ascontiguousarray(states.position_m),
        satellite_m_s=states.velocity_m_s,
        clock_drift_s_s=states.clock_drift_s_s,
        served=_served(rows, delay_s),
        precise=options.precise,
        arc=arc,
    )


def _states(rows: SignalRows, usable: NDArray[np.bool_], gross: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Why a row cannot be used, before it is known where it stands in the sky: uint8[n]."""
    state = np.where(gross, OUTLIER, USED)
    state[~usable] = NO_ORBIT
    state[np.isnan(rows.code_m).all(axis=1)] = NO_CODE
    return state.astype(np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """What rows see from the linearisation points: fields as in Links, and the computed range with troposphere."""

    line: NDArray[np.float64]
    elevation_rad: NDArray[np.float64]
    azimuth_rad: NDArray[np.float64]
    computed_m: NDArray[np.float64]
    ionosphere: NDArray[np.float64]
    wet: NDArray[np.float64]


def _view(rows: SignalRows, states: SatelliteStates, position_m: NDArray[np.float64]) -> _View:
    n = len(rows.sat)
    line, ionosphere = np.full((n, 3), np.nan), np.full((n, 3), np.nan)
    elevation, azimuth, computed, wet = (np.full(n, np.nan) for _ in range(4))
    satellite = np.ascontiguousarray(states.position_m)
    kernels.geometry(rows.epoch_of, satellite, position_m, _day_of_year(rows.epochs), line, elevation, azimuth, computed, ionosphere, wet)
    return _View(line, elevation, azimuth, computed, ionosphere, wet)


def groups_of(rows: SignalRows) -> list[tuple[Constellation, SatelliteGroup]]:
    """The constellation and group of each satellite; a number no group lists joins the first group."""
    numbers = number_of(rows.satellites)
    found = []
    for number, c in zip(numbers, rows.constellation_of, strict=True):
        constellation = rows.constellations[c]
        found.append((constellation, constellation.group_of(int(number)) or constellation.groups[0]))
    return found


def _served(rows: SignalRows, delay_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether most rows of a satellite have a group delay for each signal."""
    n_sats = len(rows.satellites)
    total = np.maximum(np.bincount(rows.satellite_of, minlength=n_sats), 1)
    shares = [np.bincount(rows.satellite_of, weights=np.isfinite(delay_s[:, j]), minlength=n_sats) / total for j in (0, 1)]
    return np.stack(shares, axis=1) > 0.5


def _smooth(
    rows: SignalRows, code_m: NDArray[np.float64], elevation_rad: NDArray[np.float64], how: str
) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.float64]]:
    """Arc numbers, smoothed codes and the number of independent codes in each, float64[n, 2]."""
    n = len(rows.sat)
    arc = np.full(n, -1, np.int32)
    smoothed, count = code_m.copy(), np.ones((n, 2))
    if how == "none" or not n:
        return arc, smoothed, count
    order = np.lexsort((rows.epoch_of, rows.satellite_of))
    time_s = rows.epochs.seconds_since(rows.epochs[0])[rows.epoch_of]
    step_s = float(np.median(np.diff(rows.epochs.tai_ns))) * 1e-9 if len(rows.epochs) > 1 else 1.0
    phase = np.where(rows.frequency_hz > 0, rows.phase_m, np.nan)
    n_arcs = smoothing.arcs(order, rows.satellite_of, time_s, code_m, phase, rows.frequency_hz, rows.slipped, max(10 * step_s, 60.0), arc)
    weight = np.sin(np.maximum(np.nan_to_num(elevation_rad), np.radians(2.0))) ** 2
    causal = how == "causal"
    smoothing.level(order, arc, n_arcs, code_m, phase, rows.frequency_hz, weight, causal, smoothed, count)
    smoothing.level_single(order, arc, time_s, code_m, phase, weight, max(_MULTIPATH_TIME_S / step_s, 1.0), causal, smoothed, count)
    count = 1.0 + (np.maximum(count, 1.0) - 1.0) * min(1.0, step_s / _MULTIPATH_TIME_S)
    return arc, smoothed, count


def start_positions(
    rows: SignalRows, raw: NDArray[np.float64], states: SatelliteStates, guess: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """A robust position for every epoch that can have one, float64[n_epochs, 3] (NaN elsewhere), and the rows that only a fault explains, bool[n].

    Those may not speak about biases either, so they are left out before anything is estimated.
    """
    absurd = _absurd(rows, raw)
    one = np.where(np.isfinite(raw[:, 0]), raw[:, 0], raw[:, 1])
    one[absurd] = np.nan
    sigma = np.array([g.signal_in_space_sigma_m for _, g in groups_of(rows)])[rows.satellite_of] + 1.0
    position, residual = np.full((len(rows.epochs), 3), np.nan), np.full(len(one), np.nan)
    system_of = rows.constellation_of[rows.satellite_of].astype(np.int64)
    satellite = np.ascontiguousarray(states.position_m)
    starting.start_positions(rows.offsets, system_of, len(rows.constellations), one, satellite, sigma, _START_LIMIT_M, guess, position, residual)
    return position, absurd | (np.abs(residual) > _GROSS_M) | (np.abs(raw[:, 1] - raw[:, 0]) > _GROSS_M)


def _absurd(rows: SignalRows, raw: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Rows with a code farther from the middle one of its epoch than any two satellites of the Earth are, bool[n].

    Such a number would carry the start so far away that all directions become one and no geometry tells which satellite it was.
    """
    n_epochs = len(rows.epochs)
    out = np.zeros(len(raw), np.bool_)
    if not np.isfinite(raw).any() or np.nanmax(raw) - np.nanmin(raw) < _FARTHEST_M:
        return out
    epoch, code = np.concatenate([rows.epoch_of, rows.epoch_of]), raw.T.ravel()
    known = np.flatnonzero(~np.isnan(code))
    order = known[np.lexsort((code[known], epoch[known]))]
    count = np.bincount(epoch[known], minlength=n_epochs)
    middle = np.full(n_epochs, np.nan)
    middle[count > 0] = code[order][(np.cumsum(count) - count + count // 2)[count > 0]]
    for j in (0, 1):
        out |= np.abs(raw[:, j] - middle[rows.epoch_of]) > _FARTHEST_M
    return out


def _relative_delay(rows: SignalRows) -> NDArray[np.float64]:
    with np.errstate(divide="ignore"):
        k: NDArray[np.float64] = np.where(rows.frequency_hz > 0, (REFERENCE_FREQUENCY_HZ / rows.frequency_hz) ** 2, 0.0)
    return k


def elevation_code_bias(rows: SignalRows, elevation_rad: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corrections of groups whose code bias varies with elevation, float64[n, 2], metres to add."""
    out = np.zeros((len(rows.sat), 2))
    nodes = np.radians(np.arange(0.0, 91.0, 10.0))
    for i, (_, group) in enumerate(groups_of(rows)):
        tables = dict(group.elevation_code_bias_m)
        for j, code in enumerate(rows.signals[i]):
            if code and code[1] in tables:
                mine = rows.satellite_of == i
                out[mine, j] = np.interp(elevation_rad[mine], nodes, tables[code[1]])
    return out


def _space_sigma(rows: SignalRows, accuracy_m: NDArray[np.float64], options: LinkOptions) -> NDArray[np.float64]:
    """Orbit and clock error of each row along the line of sight, standard deviation, float64[n]."""
    if options.precise:
        return np.full(len(rows.sat), _PRECISE_SIGMA_M)
    groups = groups_of(rows)
    space = np.array([g.signal_in_space_sigma_m for _, g in groups])[rows.satellite_of] if groups else np.empty(0)
    return np.asarray(space * _accuracy_factor(rows, accuracy_m))


def _variance(rows: SignalRows, elevation_rad: NDArray[np.float64], space_m: NDArray[np.float64], count: NDArray[np.float64]) -> NDArray[np.float64]:
    """Starting variances by group, elevation, C/N0, broadcast accuracy and smoothing, float64[n, 3]."""
    groups = groups_of(rows)
    zenith = np.array([g.code_sigma_m for _, g in groups])[rows.satellite_of].reshape(-1, 2)
    sine = np.sin(np.maximum(elevation_rad, np.radians(2.0)))
    weak = np.clip(10.0 ** ((_REFERENCE_CN0_DBHZ - np.nan_to_num(rows.cn0_dbhz, nan=_REFERENCE_CN0_DBHZ)) / 20.0), 1.0, 3.0)
    noise = (zenith / sine[:, None]) ** 2 * weak
    out = np.empty((len(rows.sat), 3))
    out[:, 0] = space_m**2
    out[:, 1:] = noise / count + (_CODE_FLOOR * zenith) ** 2
    return out


def _accuracy_factor(rows: SignalRows, accuracy_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much worse than usual a message calls itself: its accuracy over the median of its group, between 1 and 10."""
    factor = np.ones(len(rows.sat))
    names = [g.name for _, g in groups_of(rows)]
    for name in set(names):
        mine = np.array([n == name for n in names])[rows.satellite_of] & np.isfinite(accuracy_m)
        if mine.any():
            usual = float(np.median(accuracy_m[mine]))
            if usual > 0:
                factor[mine] = np.clip(accuracy_m[mine] / usual, 1.0, 10.0)
    return factor


def _day_of_year(epochs: Epochs) -> float:
    """Day of year of the first epoch, for climates that change over weeks."""
    if not len(epochs):
        return 1.0
    day = epochs.tai_ns[0] // NS_PER_DAY
    start = np.datetime64(int(day), "D").astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return float(day - start + 1)
