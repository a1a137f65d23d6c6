"""Whether the carrier phases of a station that stands still fit the types of satellites that the table of types names.

The offset of an antenna across the axis to the Earth turns with the satellite's yaw: its trace in the phases of a pass is a bend of some centimetres
that neither an ambiguity nor the troposphere takes. So the phases of all systems together say where on its satellite each antenna stands,
without any truth: GLONASS-M (x = -0.55 m) and K1 (x = 0) are told apart in a day, two types that differ along the axis to the Earth only are not.

Fitted by least squares to ionosphere-free phases every few minutes: the position, a zenith delay with a knot every two hours, gradients, a receiver
clock for every epoch and an ambiguity for every arc. For each satellite the offsets of every other type of its system, and of its own type turned
half about, are tried, everything else free; the best change of all is made, then the next, until none helps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.satellite_types import SatelliteTypes, Vehicle, satellite_types
from armillary.core.satellites import letter_of, unpack_one
from armillary.navigation.precise_point.antenna_frames import typical
from armillary.navigation.precise_point.rows import ionosphere_free
from armillary.navigation.precise_point.station import StationModel

__all__ = ["TypeDoubt", "doubtful_types"]

Floats = NDArray[np.float64]
_EVERY_S = 240.0
_LOWEST_RAD = np.radians(10.0)
_FEWEST, _FEWEST_OF_ARC = 30, 8
"""Phases of a satellite (two hours) and of an arc that are enough to say something."""
_KNOTS_S = 7200.0
_GROSS_M = 0.10
"""Residual at the zenith that no offset explains."""
_KNOWN_M = 1000.0
_Z_SHARE = 0.03
"""Offsets along the axis to the Earth differ within a type, and depend on the frame: 0.3 m of them are free, for about 0.01 m of noise."""
_APART_M = 0.15
"""Types whose offsets across are nearer than this are not told apart."""
_SIGMAS = 5.5
"""How much better another type must fit, in the scatter over all satellites: right ones reach 3.7 in a day, 5.1 in two hours of one system."""
_NOWHERE_SIGMAS = 8.0
"""How far from its offset an antenna must seem to stand to be reported where no type fits."""
_LEAST_GAIN = 1e-6
_MEDIAN_OF_TWO = 1.386
"""Median of the sum of two squared normal deviates."""


@dataclass(frozen=True, slots=True)
class TypeDoubt:
    """A satellite whose phases fit other offsets better."""

    sat: int
    """Packed."""
    type: str
    """That the table names."""
    better: tuple[str, ...]
    """Types whose offsets fit; the same type means turned half about (signs of x and y reversed); empty where none fits."""
    rms_m: float
    """Of the residuals of its phases as the table has it, the offsets of other satellites already mended."""
    better_rms_m: float
    sigmas: float
    """How much better, in scatters of all satellites."""
    offset_m: tuple[float, float]
    """Where its phases put the antenna: body x and y, ionosphere-free."""

    def __str__(self) -> str:
        mine = self.type or "an unknown type"
        x, y = self.offset_m
        if not self.better:
            return (
                f"{unpack_one(self.sat)}: its phases fit no type of its system: with its antenna at x = {x:.2f} m, y = {y:.2f} m "
                f"their RMS is {1e3 * self.better_rms_m:.1f} mm, as {mine} {1e3 * self.rms_m:.1f} mm"
            )
        turned = self.better == (self.type,)
        other = f"{mine} turned half about" if turned else " or ".join(self.better)
        doubt = "are the signs of its offsets right?" if turned else "is the table of types out of date, or that of whoever made the clocks?"
        return (
            f"{unpack_one(self.sat)}: its phases fit {other} better (RMS {1e3 * self.better_rms_m:.1f} mm) than {mine} "
            f"({1e3 * self.rms_m:.1f} mm): {doubt}"
        )


def doubtful_types(model: StationModel, *, types: SatelliteTypes | None = None) -> tuple[TypeDoubt, ...]:
    """Satellites whose phases fit another type significantly better; empty where the receiver moves or was not observed for long enough.

    ``types`` gives the types that are tried: all those of a system that the table has at the epoch.
    """
    if not model.still or not len(model.rows.signals.epochs):
        return ()
    chosen = _chosen(model)
    if not len(chosen):
        return ()
    fit = _Fit(model, chosen)
    left = fit.residuals()
    again = chosen[np.abs(left) * np.sin(model.rows.elevation_rad[chosen]) < _GROSS_M]
    if len(again) < len(chosen):
        again = again[_long_arcs(model, again)]
        if not len(again):
            return ()
        fit = _Fit(model, again)
    return _Search(fit, model, types or satellite_types()).doubts()


def _chosen(model: StationModel) -> NDArray[np.intp]:
    """Rows that are fitted, in the order of time."""
    rows = model.rows
    signals = rows.signals
    step_s = float(np.median(np.diff(rows.time_s))) if len(signals.epochs) > 1 else _EVERY_S
    every = max(1, round(_EVERY_S / step_s))
    known = np.isfinite(ionosphere_free(signals, rows.phase_m)) & np.isfinite(rows.partial).all(axis=1)
    good = rows.usable & (rows.arc >= 0) & known & (rows.elevation_rad >= _LOWEST_RAD) & (signals.epoch_of % every == 0)
    chosen = np.flatnonzero(good)
    return chosen[_long_arcs(model, chosen)]


def _long_arcs(model: StationModel, chosen: NDArray[np.intp]) -> NDArray[np.bool_]:
    arc = model.rows.arc[chosen]
    return np.bincount(arc, minlength=1)[arc] >= _FEWEST_OF_ARC


class _Fit:
    """Normal equations of common unknowns, ambiguities and three offsets of every satellite; receiver clocks are eliminated."""

    def __init__(self, model: StationModel, chosen: NDArray[np.intp]) -> None:
        rows = model.rows
        self.sats, self.of = np.unique(rows.signals.satellite_of[chosen], return_inverse=True)
        _, self.epoch = np.unique(rows.signals.epoch_of[chosen], return_inverse=True)
        arc_ids, arc = np.unique(rows.arc[chosen], return_inverse=True)
        self.weight = np.sin(rows.elevation_rad[chosen]) ** 2
        phase = ionosphere_free(rows.signals, rows.phase_m)[chosen]
        self.y = phase - (np.bincount(arc, self.weight * phase) / np.bincount(arc, self.weight))[arc]
        self.y -= (np.bincount(self.epoch, self.weight * self.y) / np.bincount(self.epoch, self.weight))[self.epoch]
        common = np.concatenate(
            [rows.partial[chosen][:, [0, 1, 2, 4, 5]], rows.partial[chosen, 3:4] * _hats(rows.time_s, rows.signals.epoch_of[chosen])], axis=1
        )
        n_common, n_arcs = common.shape[1], len(arc_ids)
        self.n_free = n_common + n_arcs
        size = self.n_free + 3 * len(self.sats)
        directions = -model.body_directions(chosen)
        normal, right = np.zeros((size, size)), np.zeros(size)
        by_epoch, y_by_epoch = np.zeros((self.epoch.max() + 1, size)), np.bincount(self.epoch, self.weight * self.y)
        self.parts: list[tuple[NDArray[np.intp], NDArray[np.intp], Floats]] = []
        for s in range(len(self.sats)):
            mine = np.flatnonzero(self.of == s)
            own, which = np.unique(arc[mine], return_inverse=True)
            ambiguities = (which[:, None] == np.arange(len(own))).astype(np.float64)
            columns = np.concatenate([np.arange(n_common), n_common + own, self.n_free + 3 * s + np.arange(3)])
            design = np.concatenate([common[mine], ambiguities, directions[mine]], axis=1)
            weighted = design * self.weight[mine, None]
            normal[np.ix_(columns, columns)] += design.T @ weighted
            right[columns] += weighted.T @ self.y[mine]
            by_epoch[self.epoch[mine][:, None], columns] += weighted
            self.parts.append((mine, columns, design))
        self.total = np.bincount(self.epoch, self.weight)
        normal -= by_epoch.T @ (by_epoch / self.total[:, None])
        right -= by_epoch.T @ (y_by_epoch / self.total)
        n = self.n_free
        free = normal[:n, :n] + np.eye(n) / _KNOWN_M**2
        solved = np.linalg.solve(free, np.concatenate([normal[:n, n:], right[:n, None]], axis=1))
        self.response, self.free = -solved[:, :-1], solved[:, -1]
        """What the other unknowns become where an offset changes by a metre, and where none does."""
        self.information = normal[n:, n:] + normal[n:, :n] @ self.response
        """Of the offsets, everything else free."""
        self.pull = right[n:] - normal[n:, :n] @ self.free

    def residuals(self, offsets: Floats | None = None) -> Floats:
        """What is left of the phases, float64[m], with offsets [3 n_sats] added to those of the model."""
        change = np.zeros(len(self.pull)) if offsets is None else offsets
        x = np.concatenate([self.free + self.response @ change, change])
        left = self.y.copy()
        for mine, columns, design in self.parts:
            left[mine] -= design @ x[columns]
        return np.asarray(left - (np.bincount(self.epoch, self.weight * left) / self.total)[self.epoch])


class _Search:
    """Tries other types of satellites, one after the other."""

    def __init__(self, fit: _Fit, model: StationModel, types: SatelliteTypes) -> None:
        self.fit = fit
        self.model = model
        epochs = model.rows.signals.epochs
        self.tried = [_other_types(model, int(s), epochs[len(epochs) // 2], types) for s in fit.sats]
        self.enough = np.bincount(fit.of, minlength=len(fit.sats)) >= _FEWEST
        n = len(fit.sats)
        own = fit.information.reshape(n, 3, n, 3)[np.arange(n), :, np.arange(n), :] + np.diag([0.0, 0.0, _Z_SHARE**2])
        self.by_z = own[:, :2, 2] / own[:, 2:, 2]
        self.across = own[:, :2, :2] - self.by_z[:, :, None] * own[:, 2:, :2]
        """Information of x and y, z free within its share."""
        self.spread = np.linalg.inv(self.across + 1e-9 * np.eye(2))
        self.made = np.zeros((n, 3))
        self.choice: dict[int, int] = {}

    def doubts(self) -> tuple[TypeDoubt, ...]:
        """Changes that are left when those within the scatter are taken back."""
        while (step := self._best()) is not None:
            s, self.choice[s] = step[0], step[1]
            self.made[s, :2] = self.tried[s][step[1]][1]
        while self.choice:
            losses = {s: -self._gain(s, -self.made[s, :2], self._pulls()) for s in self.choice}
            s = min(losses, key=lambda k: losses[k])
            if losses[s] > _SIGMAS**2 * self._noise2():
                break
            self.made[s] = 0.0
            del self.choice[s]
        noise2 = self._noise2()
        far = np.flatnonzero(self.enough & (self._departures2() > _NOWHERE_SIGMAS**2 * noise2)).tolist()
        for s in far:  # a type that fits better, but not well, is none
            self.choice.pop(s, None)
            self.made[s] = 0.0
        found = [self._doubt(s, noise2) for s in sorted({*self.choice, *far})]
        return tuple(sorted(found, key=lambda doubt: doubt.sat))

    def _best(self) -> tuple[int, int] | None:
        """The satellite and the type that help most."""
        best, most = None, _LEAST_GAIN
        pulls = self._pulls()
        for s in np.flatnonzero(self.enough).tolist():
            for i, (_, change) in enumerate(self.tried[s]):
                if (now := self._gain(s, change - self.made[s, :2], pulls)) > most:
                    best, most = (s, i), now
        return best

    def _pulls(self) -> Floats:
        """Right sides of x, y of all satellites at their changed offsets, z free, float64[n_sats, 2]."""
        both = (self.fit.pull - self.fit.information @ self.made.ravel()).reshape(-1, 3)
        return np.asarray(both[:, :2] - self.by_z * both[:, 2:])

    def _gain(self, s: int, change: Floats, pulls: Floats) -> float:
        """By how much the squares of residuals fall with a change of x, y, everything else free."""
        return float(2.0 * change @ pulls[s] - change @ self.across[s] @ change)

    def _departures2(self) -> Floats:
        pulls = self._pulls()
        return np.asarray(np.einsum("ni,nij,nj->n", pulls, self.spread, pulls))

    def _noise2(self) -> float:
        """What squares of departures scatter by, from the middle satellite: systematic errors of orbits and antennas are in it."""
        return max(float(np.median(self._departures2())) / _MEDIAN_OF_TWO, 1e-8)

    def _doubt(self, s: int, noise2: float) -> TypeDoubt:
        k = int(self.fit.sats[s])
        satellites = self.model.satellites
        now = _ionosphere_free_offset(satellites.offset_m[k], self.model, k)[:2] + self.made[s, :2]
        pulls = self._pulls()
        seen = self.spread[s] @ pulls[s]
        if s in self.choice:
            gain = -self._gain(s, -self.made[s, :2], pulls)
            names, with_it = self.tried[s][self.choice[s]][0], self.made.copy()
        else:
            gain, names, with_it = float(seen @ pulls[s]), (), self.made.copy()
            with_it[s, :2] = seen
        without = self.made.copy()
        without[s] = 0.0
        x, y = now + seen
        rms, better = (self._rms(s, offsets) for offsets in (without, with_it))
        return TypeDoubt(int(satellites.sat[k]), satellites.type[k], names, rms, better, sqrt(max(gain, 0.0) / noise2), (float(x), float(y)))

    def _rms(self, s: int, offsets: Floats) -> float:
        left = self.fit.residuals(offsets.ravel())[self.fit.of == s]
        return float(np.sqrt(np.mean(left**2)))


def _other_types(model: StationModel, k: int, epoch: Epochs, types: SatelliteTypes) -> list[tuple[tuple[str, ...], Floats]]:
    """Names of types, and the change of x and y that each asks for: types of the system that exist at the epoch, and the own one turned about."""
    satellites, rows = model.satellites, model.rows.signals
    letter = letter_of(int(satellites.sat[k]))
    first, second = rows.signals[k]
    names = [f"{letter}{int(code[1]):02d}" for code in (first, second or first)]
    now = _ionosphere_free_offset(satellites.offset_m[k], model, k)[:2]
    mine = satellites.type[k]
    out: list[tuple[tuple[str, ...], Floats]] = []
    if not _near(now, -now):
        out.append(((mine,), -2.0 * now))
    own = _usual(mine, names, model, k)
    for name in sorted({v.type for v in _vehicles(types, letter, epoch)} - {mine}):
        usual = _usual(name, names, model, k)
        if usual is None or _near(usual, now) or (own is not None and _near(usual, own)):
            continue
        alike = next((i for i, (known, change) in enumerate(out) if known != (mine,) and _near(usual, now + change)), None)
        if alike is None:
            out.append(((name,), usual - now))
        else:
            out[alike] = (*out[alike][0], name), out[alike][1]
    return out


def _near(a: Floats, b: Floats) -> bool:
    return float(np.hypot(*(a - b))) < _APART_M


def _usual(name: str, frequencies: Sequence[str], model: StationModel, k: int) -> Floats | None:
    """Typical x and y of a type."""
    found = typical(name, frequencies)
    return None if found is None else _ionosphere_free_offset(np.array([u.offset_m for u in found]), model, k)[:2]


def _vehicles(types: SatelliteTypes, letter: str, epoch: Epochs) -> list[Vehicle]:
    when = int(epoch.tai_ns[0])
    return [v for v in types.vehicles if v.from_ns <= when < v.until_ns and letter_of(v.sat) == letter]


def _ionosphere_free_offset(offset_m: Floats, model: StationModel, k: int) -> Floats:
    """The offset that the ionosphere-free combination of a satellite's two signals has, float64[3]."""
    rows = model.rows.signals
    mine = np.flatnonzero((rows.satellite_of == k) & (rows.frequency_hz[:, 1] > 0))
    if not len(mine):
        return np.zeros(3)
    a, b = rows.frequency_hz[mine[0]] ** 2
    return np.asarray((a * offset_m[0] - b * offset_m[1]) / (a - b))


def _hats(time_s: Floats, epoch_of: NDArray[np.int32]) -> Floats:
    """Weights of the knots of a polygon through the day, by row."""
    at = time_s[epoch_of] / _KNOTS_S
    return np.asarray(np.maximum(0.0, 1.0 - np.abs(at[:, None] - np.arange(int(at.max()) + 2))))
