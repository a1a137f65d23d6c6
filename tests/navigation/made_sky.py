"""A sky made with plain numpy: satellites on circular orbits, exact light times, codes and Doppler of one receiver.

Nothing here comes from the project but the types it fills, so that the answers of the project are compared with something else than themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.registry import by_letter
from armillary.core.satellites import pack
from armillary.core.scales import from_iso
from armillary.navigation.signals import SignalRows

LIGHT = 299_792_458.0
EARTH_RATE = 7.2921151467e-5
MU = 3.986004418e14
SIGNALS = {"R": ("C1C", "C2C"), "C": ("C2I", "C6I"), "G": ("C1C", "C2W"), "E": ("C1C", "C5Q")}
FREQUENCY = {"R": (1602.0e6, 1246.0e6), "C": (1561.098e6, 1268.52e6), "G": (1575.42e6, 1227.6e6), "E": (1575.42e6, 1176.45e6)}
START = "2024-03-20T12:00:00"
Floats = NDArray[np.float64]
Path = Callable[[Floats], Floats]
"""Seconds [n] to Earth-fixed positions [n, 3]."""


def place(latitude_deg: float, longitude_deg: float, height_m: float) -> Floats:
    """Earth-fixed position on the ellipsoid of WGS 84."""
    lat, lon, e2 = np.radians(latitude_deg), np.radians(longitude_deg), 6.69437999014e-3
    n = 6378137.0 / np.sqrt(1.0 - e2 * np.sin(lat) ** 2)
    return np.array(
        [(n + height_m) * np.cos(lat) * np.cos(lon), (n + height_m) * np.cos(lat) * np.sin(lon), (n * (1.0 - e2) + height_m) * np.sin(lat)]
    )


def enu_axes(latitude_deg: float, longitude_deg: float) -> Floats:
    """Rows east, north, up."""
    lat, lon = np.radians(latitude_deg), np.radians(longitude_deg)
    return np.array(
        [
            [-np.sin(lon), np.cos(lon), 0.0],
            [-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)],
            [np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)],
        ]
    )


def at_rest(position_m: Floats) -> Path:
    return lambda t: np.broadcast_to(position_m, (*np.shape(t), 3))


def _turned(vectors: Floats, angle: Floats) -> Floats:
    """Vectors expressed in axes turned by ``angle`` about z."""
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c * vectors[..., 0] + s * vectors[..., 1], -s * vectors[..., 0] + c * vectors[..., 1], vectors[..., 2]], axis=-1)


@dataclass(frozen=True)
class Walker:
    """A Walker pattern of circular orbits."""

    letter: str
    total: int = 24
    planes: int = 3
    radius_m: float = 26_600e3
    inclination_deg: float = 60.0
    turn_deg: float = 0.0

    def inertial(self, number: NDArray[np.int64], t: Floats) -> Floats:
        per_plane = self.total // self.planes
        plane, slot = np.divmod(number, per_plane)
        node = np.radians(self.turn_deg) + 2 * np.pi * plane / self.planes
        u = np.sqrt(MU / self.radius_m**3) * t + 2 * np.pi * (slot / per_plane + plane / self.total)
        i = np.radians(self.inclination_deg)
        x, y, z = np.cos(u), np.sin(u) * np.cos(i), np.sin(u) * np.sin(i)
        return self.radius_m * np.stack([np.cos(node) * x - np.sin(node) * y, np.sin(node) * x + np.cos(node) * y, z], axis=-1)

    def fixed(self, number: NDArray[np.int64], t: Floats) -> Floats:
        """Earth-fixed positions; inertial and Earth-fixed axes agree at t = 0."""
        return _turned(self.inertial(number, t), EARTH_RATE * t)


def flight(walker: Walker, number: NDArray[np.int64], t: Floats, path: Path) -> tuple[Floats, Floats]:
    """Range in metres and time of transmission for signals received at ``t``, iterated in the inertial frame to convergence."""
    receiver = _turned(path(t), -EARTH_RATE * t)
    sent = t - 0.075
    for _ in range(6):
        range_m = np.linalg.norm(walker.inertial(number, sent) - receiver, axis=-1)
        sent = t - range_m / LIGHT
    return range_m, sent


def made_rows(walkers: Sequence[Walker], path: Path, times_s: Floats, *, mask_deg: float = 5.0) -> tuple[SignalRows, SimpleNamespace]:
    """What a receiver on ``path`` sees above ``mask_deg`` with perfect clocks in a vacuum: rows, and states of the satellites with perfect clocks.

    The frequency-division channel is 0 for all; the second code equals the first. ``true_range_rate`` of the states is the exact Doppler.
    """
    parts = []
    for w in walkers:
        number, k = (a.ravel() for a in np.meshgrid(np.arange(w.total), np.arange(len(times_s))))
        t = times_s[k]
        here = path(t)
        range_m, sent = flight(w, number, t, path)
        up = here / np.linalg.norm(here, axis=-1, keepdims=True)
        toward = w.fixed(number, t) - here
        sine = np.sum(up * toward, axis=-1) / np.linalg.norm(toward, axis=-1)
        seen = np.flatnonzero(sine > np.sin(np.radians(mask_deg)))
        h = 0.5
        after, before = (flight(w, number, t + d, path)[0] for d in (h, -h))
        rate = (after - before) / (2 * h)
        speed = (w.fixed(number, sent + h) - w.fixed(number, sent - h)) / (2 * h)
        sat = pack([f"{w.letter}{n + 1:02d}" for n in range(w.total)])[number]
        parts.append([a[seen] for a in (k, sat, range_m, w.fixed(number, sent), speed, rate)])
    k, sat, range_m, fixed, speed, rate = (np.concatenate([p[i] for p in parts]) for i in range(6))
    order = np.lexsort((sat, k))
    letters = tuple(w.letter for w in walkers)
    rows = _rows(k[order], sat[order], range_m[order], letters, Epochs(from_iso(START, "GPST").tai_ns[0] + np.rint(times_s * 1e9).astype(np.int64)))
    n = len(order)
    states = SimpleNamespace(
        position_m=fixed[order],
        velocity_m_s=speed[order],
        clock_s=np.zeros(n),
        clock_drift_s_s=np.zeros(n),
        flag=np.zeros(n, np.uint8),
        accuracy_m=np.full(n, np.nan),
        true_range_rate=rate[order],
    )
    return rows, states


def _rows(k: NDArray[np.int64], sat: NDArray[np.int16], range_m: Floats, letters: tuple[str, ...], epochs: Epochs) -> SignalRows:
    satellites, satellite_of = np.unique(sat, return_inverse=True)
    letter_of = [chr(int(s) // 100) for s in satellites]
    frequency = np.array([FREQUENCY[letter] for letter in letter_of]).reshape(-1, 2)
    return SignalRows(
        epochs=epochs,
        offsets=np.searchsorted(k, np.arange(len(epochs) + 1)).astype(np.int64),
        epoch_of=k.astype(np.int32),
        sat=sat,
        code_m=np.stack([range_m, range_m], axis=1),
        phase_m=np.full((len(k), 2), np.nan),
        doppler_m_s=np.full(len(k), np.nan),
        cn0_dbhz=np.full((len(k), 2), np.nan),
        slipped=np.zeros(len(k), bool),
        frequency_hz=frequency[satellite_of],
        satellites=satellites,
        satellite_of=satellite_of.astype(np.int32),
        signals=tuple(SIGNALS[letter] for letter in letter_of),
        channels=np.zeros(len(satellites), np.int16),
        constellation_of=np.array([letters.index(letter) for letter in letter_of], np.int32),
        constellations=tuple(by_letter()[letter] for letter in letters),
    )


def with_range(rows: SignalRows, extra_m: Floats) -> SignalRows:
    """The same rows with metres added to both codes: float64[n] or [n, 2]."""
    return replace(rows, code_m=rows.code_m + (extra_m if extra_m.ndim == 2 else extra_m[:, None]))
