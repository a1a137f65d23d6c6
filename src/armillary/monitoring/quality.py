"""How well a station received every signal of every system of a federation.

What counts is what should have been there: satellites that the orbits place above the mask and that do not call themselves unusable, at every epoch
of the file's interval, missing epochs included. A satellite is expected to send a signal when it was received on it at all; one that was never
received is expected to send what all received satellites of its group send. Where there are no orbits for a system, a signal is measured against the
epochs at which its satellite was received on any signal, and ``basis`` says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import nan, radians
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_DAY, NS_PER_SECOND, Epochs
from armillary.core.federation import Federation
from armillary.core.observations import Observations
from armillary.core.satellites import number_of, unpack_one
from armillary.core.scales import to_day, to_iso
from armillary.core.table import Table
from armillary.monitoring.clock_jumps import ClockJumps, clock_jumps
from armillary.monitoring.quality_course import Tracked, course
from armillary.monitoring.quality_rows import POWER_FAILURE, Signal, SystemRows, system_rows
from armillary.monitoring.quality_signals import SignalTrack, track_signals
from armillary.monitoring.sky_view import Instants, SkyView, full_instants, sky_view
from armillary.orbits.state import Orbit

__all__ = ["ANY_SIGNAL", "MASK_RAD", "StationQuality", "station_quality"]

MASK_RAD = radians(10.0)
ANY_SIGNAL = "any signal"
"""Basis of completeness without orbits: the epochs at which a satellite was received on any signal."""
BIN_DEG = 10
RECEIVED_SHARE = 0.01
"""A satellite sends a signal when it was received on it in this share of its rows: less is a false lock."""
TRACK_STEP_S = 300.0
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class StationQuality:
    """The quality of one station's observations."""

    signals: Table
    """A row per signal."""
    by_elevation: Table
    """A row per signal and ten degrees of elevation, where orbits are known."""
    satellites: Table
    """A row per satellite that was received or should have been."""
    station: Table
    """One row: epochs, missing ones, clock jumps, power failures."""
    jumps: Table
    """A row per clock jump."""
    tracks: Table
    """Where satellites stood and whether they were received, every five minutes."""
    silent: Mapping[str, Sequence[str]]
    """Title of a system -> codes that the file declares and never holds: unobserved."""
    low: Mapping[str, Sequence[str]]
    """Title of a system -> codes received although no satellite that sends them was expected; they have no row."""
    warnings: tuple[str, ...] = ()
    course: Table = field(default_factory=lambda: Table({}))
    """A row per signal and five minutes: what was unusual (:func:`armillary.monitoring.quality_course.course`)."""


@dataclass(frozen=True, slots=True, eq=False)
class _System:
    """One system at the station; m satellites (received or expected), N instants, n rows."""

    rows: SystemRows
    sat: NDArray[np.int16]
    row_sat: NDArray[np.int64]
    """int64[n], index into ``sat``."""
    sky: SkyView | None
    any_signal: NDArray[np.bool_]
    """bool[m, N]."""
    expected: NDArray[np.bool_]
    """bool[m, N]."""
    elevation_rad: Floats
    """float64[n], NaN where not known."""

    @property
    def counted(self) -> NDArray[np.bool_]:
        """bool[n], rows that were expected."""
        return np.asarray(self.expected[self.row_sat, self.rows.instant_of])


def station_quality(
    federation: Federation,
    observations: Observations,
    *,
    orbit: Orbit | None = None,
    satellites: NDArray[np.int16] | None = None,
    channels: Mapping[int, int] = MappingProxyType({}),
    position_m: tuple[float, float, float] | None = None,
    mask_rad: float = MASK_RAD,
) -> StationQuality:
    """The quality of every signal of ``federation`` at one station.

    ``orbit`` and the packed ``satellites`` it knows give what was visible from ``position_m`` (the header's by default); without them signals are
    measured against each other. ``channels`` maps packed satellites to frequency-division channels; the header's own table wins.
    LimitError when the file spans too many epochs.
    """
    name = observations.header.marker
    instants = full_instants(observations.epochs)
    place = position_m or observations.header.position_m
    place = place if place is not None and any(place) else None
    warnings = []
    if orbit is not None and place is None:
        warnings.append(f"{name}: the file gives no position, so what was visible is not known; signals are measured against each other")
    known = np.empty(0, np.int16) if orbit is None or place is None or satellites is None else satellites
    every = [rows for c in federation if (rows := system_rows(c, observations, instants, channels)) is not None]
    jumps = clock_jumps(every, len(instants.all), instants.interval_s)
    steered = np.zeros(len(instants.all), np.bool_)
    steered[jumps.instant] = True
    offset_m = jumps.code_offset_m(len(instants.all))
    parts = []
    for rows in every:
        letter = ord(rows.constellation.letter)
        mine = known[known // 100 == letter]
        sky = sky_view(orbit, mine, instants.all, place) if orbit is not None and place is not None and len(mine) else None
        if sky is not None and not np.isfinite(sky.elevation_rad).any():
            warnings.append(f"{name}: the orbits of {rows.constellation.title} do not serve the time of the file")
            sky = None
        system = _system(rows, sky, len(instants.all), mask_rad)
        warnings += _not_counted(name, system)
        parts.append((system, track_signals(rows, offset_m, steered)))
    measured = [(system, _signal_row(name, system, t, mask_rad)) for system, tracks in parts for t in tracks]
    low: dict[str, list[str]] = {}
    for system, row in measured:
        if not row["expected"]:
            low.setdefault(system.rows.constellation.title, []).append(row["signal"])
    return StationQuality(
        signals=_table(_SIGNAL_COLUMNS, [row for _, row in measured if row["expected"]]),
        by_elevation=_table(_BIN_COLUMNS, [row for system, tracks in parts for t in tracks for row in _bins(name, system, t)]),
        satellites=_table(_SATELLITE_COLUMNS, [row for system, _ in parts for row in _satellites(name, system, mask_rad)]),
        station=_table(_STATION_COLUMNS, [_station_row(name, observations, instants, len(jumps.instant))]),
        jumps=_jump_table(name, jumps, instants),
        tracks=_tracks([system for system, _ in parts], instants),
        silent={rows.constellation.title: rows.silent for rows in every if rows.silent},
        low=low,
        warnings=tuple(warnings),
        course=course([_tracked(system, track) for system, tracks in parts for track in tracks], instants),
    )


def _tracked(system: _System, track: SignalTrack) -> Tracked:
    return Tracked(system.rows.constellation.name, track, system.row_sat, system.rows.instant_of, system.counted, system.elevation_rad)


def _system(rows: SystemRows, sky: SkyView | None, n: int, mask_rad: float) -> _System:
    up = np.empty(0, np.int16) if sky is None else sky.sat[((sky.elevation_rad >= mask_rad) & sky.healthy).any(axis=1)]
    sat = np.union1d(rows.sat, up).astype(np.int16)
    row_sat = np.searchsorted(sat, rows.sat)[rows.satellite_of]
    any_signal = np.zeros((len(sat), n), np.bool_)
    there = np.logical_or.reduce([np.isfinite(s.code_m) for s in rows.signals]) if rows.signals else np.zeros(len(row_sat), np.bool_)
    any_signal[row_sat[there], rows.instant_of[there]] = True
    if sky is None:
        return _System(rows, sat, row_sat, None, any_signal, any_signal, np.full(len(row_sat), nan))
    whole = _among(sky, sat)
    expected = (whole.elevation_rad >= mask_rad) & whole.healthy
    elevation = whole.elevation_rad[row_sat, rows.instant_of].astype(np.float64)
    return _System(rows, sat, row_sat, whole, any_signal, expected, elevation)


def _among(sky: SkyView, sat: NDArray[np.int16]) -> SkyView:
    """The same sky with a row for each of ``sat``; satellites without an orbit are never anywhere."""
    shape = (len(sat), sky.elevation_rad.shape[1])
    out = SkyView(sat, np.full(shape, np.nan, np.float32), np.full(shape, np.nan, np.float32), np.zeros(shape, np.bool_))
    _, mine, theirs = np.intersect1d(sat, sky.sat, return_indices=True)
    out.elevation_rad[mine], out.azimuth_rad[mine], out.healthy[mine] = sky.elevation_rad[theirs], sky.azimuth_rad[theirs], sky.healthy[theirs]
    return out


def _not_counted(station: str, system: _System) -> list[str]:
    if system.sky is None:
        return []
    lost = ~np.isfinite(system.elevation_rad)
    if not lost.any():
        return []
    names = " ".join(unpack_one(s) for s in system.sat[np.unique(system.row_sat[lost])])
    return [f"{station}: {int(lost.sum())} of {len(lost)} {system.rows.constellation.title} rows have no orbit and are not counted ({names})"]


def _sends(system: _System, signal: Signal) -> NDArray[np.bool_]:
    """bool[m], the satellites expected to send a signal: its code was received, whether a phase was or not."""
    m, received = len(system.sat), np.isfinite(signal.code_m)
    rows = np.bincount(system.row_sat, minlength=m)
    sends = np.bincount(system.row_sat[received], minlength=m) > RECEIVED_SHARE * rows
    seen = system.any_signal.any(axis=1)
    groups = [system.rows.constellation.group_of(int(number)) for number in number_of(system.sat)]
    for k in np.flatnonzero(~seen):
        alike = [j for j in np.flatnonzero(seen) if groups[j] is groups[k]] or np.flatnonzero(seen)
        sends[k] = bool(sends[alike].all())
    return np.asarray(sends)


def _basis(system: _System, mask_rad: float) -> str:
    return ANY_SIGNAL if system.sky is None else f"orbits above {np.degrees(mask_rad):g} deg"


_SIGNAL_COLUMNS = (
    *("station", "constellation", "signal", "completeness", "expected", "observed", "slips", "observations_per_slip", "gaps", "mp_rms_m"),
    *("cn0_mean_dbhz", "basis"),
)


def _signal_row(station: str, system: _System, track: SignalTrack, mask_rad: float) -> dict[str, Any]:
    signal = track.signal
    received = signal.received
    expected = system.expected & _sends(system, track.signal)[:, None]
    counted = expected[system.row_sat, system.rows.instant_of]
    got = np.zeros_like(expected)
    got[system.row_sat[received & counted], system.rows.instant_of[received & counted]] = True
    n_expected, n_observed = int(expected.sum()), int(got.sum())
    slips = int((track.slipped & counted).sum())
    return {
        "station": station,
        "constellation": system.rows.constellation.name,
        "signal": signal.name,
        "completeness": n_observed / n_expected if n_expected else nan,
        "expected": n_expected,
        "observed": n_observed,
        "slips": slips,
        "observations_per_slip": n_observed / slips if slips else nan,
        "gaps": _gaps(got, expected),
        "mp_rms_m": _rms(track.multipath_m[counted]),
        "cn0_mean_dbhz": _mean(signal.strength_dbhz[received & counted]),
        "basis": _basis(system, mask_rad),
    }


def _gaps(got: NDArray[np.bool_], expected: NDArray[np.bool_]) -> int:
    """Interruptions: an observation, then expected instants without one, then an observation, all the time expected."""
    row, at = np.nonzero(got)
    apart = (row[1:] == row[:-1]) & (np.diff(at) > 1)
    row, first, second = row[1:][apart], at[:-1][apart], at[1:][apart]
    awaited = np.cumsum(expected, axis=1)
    return int((awaited[row, second - 1] - awaited[row, first] == second - first - 1).sum())


def _rms(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(known**2))) if len(known) else nan


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if len(known) else nan


_BIN_COLUMNS = (
    *("station", "constellation", "signal", "elevation_from_deg", "elevation_to_deg", "completeness", "observed", "slips", "mp_rms_m"),
    "cn0_mean_dbhz",
)


def _bins(station: str, system: _System, track: SignalTrack) -> list[dict[str, Any]]:
    """The same by elevation, below the mask too (nothing is expected there)."""
    if system.sky is None:
        return []
    received = track.signal.received
    expected = system.expected & _sends(system, track.signal)[:, None]
    counted = expected[system.row_sat, system.rows.instant_of]
    last = 90 // BIN_DEG - 1
    awaited = np.bincount(_bin_of(system.sky.elevation_rad[expected], last), minlength=last + 1)
    placed = np.flatnonzero(np.isfinite(system.elevation_rad) & (system.elevation_rad >= 0.0))
    which = np.full(len(received), -1)
    which[placed] = _bin_of(system.elevation_rad[placed], last)
    out = []
    for k in np.unique(which[received & (which >= 0)]):
        mine = which == k
        out.append(
            {
                "station": station,
                "constellation": system.rows.constellation.name,
                "signal": track.signal.name,
                "elevation_from_deg": int(k) * BIN_DEG,
                "elevation_to_deg": (int(k) + 1) * BIN_DEG,
                "completeness": float((received & counted & mine).sum() / awaited[k]) if awaited[k] else nan,
                "observed": int((received & mine).sum()),
                "slips": int((track.slipped & mine).sum()),
                "mp_rms_m": _rms(track.multipath_m[mine]),
                "cn0_mean_dbhz": _mean(track.signal.strength_dbhz[received & mine]),
            }
        )
    return out


def _bin_of(elevation_rad: NDArray[Any], last: int) -> NDArray[np.int64]:
    return np.asarray(np.clip((np.degrees(elevation_rad) // BIN_DEG).astype(np.int64), 0, last), np.int64)


_SATELLITE_COLUMNS = ("station", "constellation", "sat", "completeness", "expected", "observed", "unhealthy_seen", "unhealthy_observed", "basis")


def _satellites(station: str, system: _System, mask_rad: float) -> list[dict[str, Any]]:
    """A satellite counts as observed with any signal."""
    above = np.zeros_like(system.expected) if system.sky is None else (system.sky.elevation_rad >= mask_rad) & ~system.sky.healthy
    expected = system.expected.sum(axis=1)
    observed = (system.expected & system.any_signal).sum(axis=1)
    return [
        {
            "station": station,
            "constellation": system.rows.constellation.name,
            "sat": unpack_one(sat),
            "completeness": float(observed[k] / expected[k]) if expected[k] else nan,
            "expected": int(expected[k]),
            "observed": int(observed[k]),
            "unhealthy_seen": int(above[k].sum()),
            "unhealthy_observed": int((above[k] & system.any_signal[k]).sum()),
            "basis": _basis(system, mask_rad),
        }
        for k, sat in enumerate(system.sat)
    ]


_STATION_COLUMNS = (
    *("station", "first_epoch", "last_epoch", "interval_s", "epoch_count", "missing_epochs", "longest_gap_s", "day_share", "clock_jumps"),
    "power_failures",
)


def _station_row(station: str, observations: Observations, instants: Instants, jumps: int) -> dict[str, Any]:
    epochs = observations.epochs
    first, last = to_iso(epochs[np.array([0, -1])], "GPST", 0) if len(epochs) else ("", "")
    days = np.unique(to_day(epochs, "GPST")[0])
    per_day = NS_PER_DAY / NS_PER_SECOND / instants.interval_s
    return {
        "station": station,
        "first_epoch": str(first),
        "last_epoch": str(last),
        "interval_s": instants.interval_s,
        "epoch_count": len(epochs),
        "missing_epochs": instants.missing,
        "longest_gap_s": instants.longest_gap_s,
        "day_share": len(epochs) / (per_day * len(days)) if len(days) else nan,
        "clock_jumps": jumps,
        "power_failures": int((observations.epoch_flags == POWER_FAILURE).sum()),
    }


def _jump_table(station: str, jumps: ClockJumps, instants: Instants) -> Table:
    at = instants.all[jumps.instant]
    epoch = to_iso(at, "GPST", 3) if len(at) else np.empty(0, "U1")
    return Table(
        {
            "station": np.full(len(at), station),
            "epoch": np.asarray(epoch),
            "tai_ns": at.tai_ns,
            "jump_s": jumps.jump_s,
            "jumped": np.where(jumps.with_phase, "codes and phases", "codes alone"),
        },
        at,
    )


def _tracks(systems: Sequence[_System], instants: Instants) -> Table:
    stride = max(1, round(TRACK_STEP_S / instants.interval_s)) if instants.interval_s > 0 else 1
    sat, at, azimuth, elevation, received = [], [], [], [], []
    for system in systems:
        if system.sky is None:
            continue
        thin = slice(None, None, stride)
        here = system.sky.elevation_rad[:, thin] > 0.0
        row, column = np.nonzero(here)
        sat.append(system.sat[row])
        at.append(instants.all.tai_ns[thin][column])
        azimuth.append(np.degrees(system.sky.azimuth_rad[:, thin][here]))
        elevation.append(np.degrees(system.sky.elevation_rad[:, thin][here]))
        received.append(system.any_signal[:, thin][here])
    packed = np.concatenate([np.empty(0, np.int16), *sat])
    columns: dict[str, NDArray[Any]] = {
        "sat": np.array([unpack_one(s) for s in packed], "U3"),
        "azimuth_deg": np.concatenate([np.empty(0), *azimuth]),
        "elevation_deg": np.concatenate([np.empty(0), *elevation]),
        "received": np.concatenate([np.empty(0, np.bool_), *received]),
    }
    return Table(columns, Epochs(np.concatenate([np.empty(0, np.int64), *at])), packed)


def _table(names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Table:
    return Table({name: np.array([row[name] for row in rows], None if rows else np.float64) for name in names})
