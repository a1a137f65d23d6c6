"""Which calibration holds for the antenna of each satellite.

Taken is, from the realisation that the orbits are given in towards others (:func:`~armillary.navigation.precise_point.antenna_frames.ranked`): the
satellite's own calibration, else the median of what calibrated satellites of its type have. Where no set helps, typical offsets of the type. An
own calibration counts only while it is valid, for the satellite that the dated table of types names (files keep entries of satellites long gone),
and if its ionosphere-free z is near that of its type (offsets from an antenna's reference point instead of the centre of mass are not).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from armillary.core.antennas import Antenna, AntennaSet, PhaseCenter
from armillary.core.coordinates import ALWAYS_NS
from armillary.core.epochs import Epochs
from armillary.core.registry import by_letter
from armillary.core.satellite_types import KNOWN_UNTIL, SatelliteTypes, Vehicle, satellite_types
from armillary.core.satellites import letter_of, unpack_one
from armillary.core.scales import from_iso
from armillary.errors import InputError
from armillary.navigation.precise_point.antenna_frames import frame_at, frame_of, ionosphere_free_z, ranked, realisation, typical
from armillary.navigation.precise_point.attitude import law_of

__all__ = ["NADIR_STEP_RAD", "SatelliteAntennas", "satellite_antennas"]

Floats = NDArray[np.float64]

NADIR_STEP_RAD = float(np.radians(0.5))
_NODES = 41
_LISTED = 6
"""So many names are listed; of more only how many there are, and the first."""
_NEARLY_ALL = 0.8
_GRID: Floats = np.arange(_NODES, dtype=np.float64) * NADIR_STEP_RAD


@dataclass(frozen=True, slots=True, eq=False)
class SatelliteAntennas:
    """Antennas of satellites at two frequencies each."""

    sat: NDArray[np.int16]
    """int16[n_sats], packed."""
    type: tuple[str, ...]
    """As in ANTEX; empty where unknown."""
    space_vehicle: tuple[str, ...]
    offset_m: Floats
    """float64[n_sats, 2, 3], from the centre of mass, body x, y, z (axes of the IGS)."""
    nadir_rad: Floats
    """float64[n_nadir]: 0 to 20 deg, every 0.5 deg."""
    variation_m: Floats
    """float64[n_sats, 2, n_nadir], to be added to the distance; mean over azimuth."""
    law: NDArray[np.int8]
    """int8[n_sats], number of the law of attitude."""
    frame: tuple[str, ...]
    """Realisation of the calibration taken, empty where unknown."""
    source: tuple[str, ...]
    """Per satellite: the file, or what stands in."""
    alike: NDArray[np.bool_]
    """bool[n_sats]: its own calibration, in the frame that most satellites of its system have theirs in. A calibration that is not hurts an
    ambiguity that is to be whole; one that may be anything takes the difference."""
    notes: tuple[str, ...]
    """What a user should know: frames that differ, frequencies that stand in for others, calibrations refused and why."""


class _Calibration(NamedTuple):
    antenna: Antenna
    frame: str
    file: str


class _Taken(NamedTuple):
    offset_m: Floats
    variation_m: Floats
    frame: str
    source: str
    own: bool = False


def satellite_antennas(
    sats: NDArray[np.int16],
    bands: Sequence[tuple[str, str]],
    epoch: Epochs,
    sets: Sequence[AntennaSet],
    frame: str,
    *,
    types: SatelliteTypes | None = None,
    wanted: NDArray[np.bool_] | None = None,
) -> SatelliteAntennas:
    """Offsets and variations of ``sats`` (packed) on two RINEX bands each, at an epoch.

    ``sets`` are all the calibrations there are, in any order; ``frame`` is the one of the orbits (IGS20, IGb14), or empty: then the one of the
    products of that time. A satellite of which nothing is known has no offset, and a note; one that is not ``wanted`` (bool[n_sats], all without)
    has neither. Raises InputError for a satellite of no known system.
    """
    orbit_frame = realisation(frame) or frame_at(epoch)
    choice = _Choice(sets, orbit_frame, epoch)
    table = types or satellite_types()
    n = len(sats)
    offset, variation, law = np.zeros((n, 2, 3)), np.zeros((n, 2, _NODES)), np.zeros(n, np.int8)
    vehicles = [table.at(int(sat), epoch) for sat in sats]
    use = np.ones(n, np.bool_) if wanted is None else wanted
    everyone = list(zip(sats.tolist(), bands, vehicles, strict=True))
    asked = [item for item, chosen in zip(everyone, use.tolist(), strict=True) if chosen]
    for letter in sorted({letter_of(sat) for sat, _, _ in asked}):
        choice.settle(letter, [item for item in asked if letter_of(item[0]) == letter], table)
    taken = [
        choice.of(*item, table) if chosen else _Taken(np.zeros((2, 3)), np.zeros((2, _NODES)), "", "none")
        for item, chosen in zip(everyone, use.tolist(), strict=True)
    ]
    for i, (found, vehicle) in enumerate(zip(taken, vehicles, strict=True)):
        offset[i], variation[i], law[i] = found.offset_m, found.variation_m, law_of(vehicle)
    notes = choice.notes()
    if frame and not realisation(frame):
        notes.insert(0, f"the frame of the orbits, {frame}, is no realisation of the IGS: antennas are chosen for {orbit_frame}")
    other: dict[str, list[str]] = {}
    for sat, found in zip(sats, taken, strict=True):
        if found.frame and found.frame != orbit_frame:
            other.setdefault(found.frame, []).append(unpack_one(sat))
    notes += [f"antennas of {_listed(names)} belong to {key}, the orbits to {orbit_frame}" for key, names in other.items()]
    return SatelliteAntennas(
        np.asarray(sats, np.int16),
        tuple(v.type if v else "" for v in vehicles),
        tuple(v.space_vehicle if v else "" for v in vehicles),
        offset,
        _GRID,
        variation,
        law,
        tuple(found.frame for found in taken),
        tuple(found.source for found in taken),
        _alike([letter_of(sat) for sat in sats.tolist()], taken),
        tuple(dict.fromkeys(notes)),
    )


class _Choice:
    """Chooses for one satellite after the other and collects what is to be said."""

    def __init__(self, sets: Sequence[AntennaSet], frame: str, epoch: Epochs) -> None:
        self.ranked = ranked(frame)
        self.order: dict[str, tuple[str, ...]] = {}
        self.frame = frame
        self.epoch = epoch
        self.when = int(epoch.tai_ns[0])
        self.said: dict[str, dict[str, None]] = {}
        """Sentences with a place for the names of satellites -> the names."""
        self.refused: dict[str, dict[str, dict[str, None]]] = {}
        """File -> why entries of it are not used -> the names of these."""
        self.stand_ins: dict[str, dict[str, None]] = {}
        """Type -> satellites that have its typical offsets."""
        self.known: list[_Calibration] = []
        for given in sets:
            file = PurePath(given.path).name or "antenna set"
            if not given.absolute:
                self.say(f"{file} holds relative calibrations: not used")
                continue
            self.known += [_Calibration(a, frame_of(a, given), file) for a in given.antennas if a.sat]

    def say(self, sentence: str, name: str = "") -> None:
        """Notes a sentence; what is said of several satellites (``{}``) is said once."""
        self.said.setdefault(sentence, {})[name] = None

    def refuse(self, file: str, why: str, name: str) -> None:
        """Notes an entry of a file that is not used."""
        self.refused.setdefault(file, {}).setdefault(why, {})[name] = None

    def notes(self) -> list[str]:
        """One line per sentence, one per file of which entries are not used, one for all typical offsets."""
        lines = [sentence.format(_listed(names)) for sentence, names in self.said.items()]
        for file, reasons in self.refused.items():
            lines.append(f"{file}: not used " + "; ".join(f"{_listed(names)} ({why})" for why, names in reasons.items()))
        if self.stand_ins:
            few = sum(map(len, self.stand_ins.values())) <= _LISTED
            told = ", ".join(f"{kind} ({_listed(names) if few else len(names)})" for kind, names in self.stand_ins.items())
            lines.append(f"not calibrated in the files given: typical offsets without variations stand in for {told}")
        return lines

    def settle(self, letter: str, asked: Sequence[tuple[int, tuple[str, str], Vehicle | None]], table: SatelliteTypes) -> None:
        """Begin with a realisation that nearly all satellites of a system are calibrated in themselves, if there is one.

        What two realisations differ by is nearly the same for all satellites, and goes into clocks; a median of a few is decimetres off.
        """
        own = [{c.frame for c in self._own(sat, vehicle, table) if self._plausible(c, vehicle, bands)} for sat, bands, vehicle in asked]
        first = next((f for f in self.ranked[:-1] if sum(f in frames for frames in own) >= _NEARLY_ALL * len(own)), None)
        if first is not None:
            self.order[letter] = (first, *(f for f in self.ranked if f != first))

    def of(self, sat: int, bands: tuple[str, str], vehicle: Vehicle | None, table: SatelliteTypes) -> _Taken:
        name, letter = unpack_one(sat), letter_of(sat)
        system = by_letter().get(letter)
        if system is None:
            raise InputError(f"{name} is of no system that is known here")
        names = [f"{letter}{int(band):02d}" for band in bands]
        self._say_what_table_knows(name, vehicle)
        own = [c for c in self._own(sat, vehicle, table) if self._plausible(c, vehicle, bands)]
        alike = self._alike(vehicle, bands)
        for frame in self.order.get(letter, self.ranked):
            mine = [c for c in own if c.frame == frame]
            if mine:
                # Of several files of one frame the newest: its code ends in the GPS week.
                best = max(mine, key=lambda c: (c.antenna.sinex_code, c.antenna.valid_from_ns))
                centres = [self._centre(best.antenna, band, name) for band in bands]
                return _Taken(_offsets(centres), _variations(centres), frame, best.file, own=True)
            of_type = [c for c in alike if c.frame == frame]
            if of_type and vehicle:
                every = [[self._centre(c.antenna, band, vehicle.type) for band in bands] for c in of_type]
                offset = np.median([_offsets(centres) for centres in every], axis=0)
                text = f"median of {len(of_type)} {vehicle.type} in {' '.join(sorted({c.file for c in of_type}))}"
                return _Taken(offset, np.mean([_variations(centres) for centres in every], axis=0), frame, text)
        usual = typical(vehicle.type, names) if vehicle else None
        if vehicle and usual:
            fits = self.frame in usual[0].frames
            of_frame = self.frame if fits else (usual[0].frames[-1] if usual[0].frames else "")
            self.stand_ins.setdefault(vehicle.type, {})[name] = None
            return _Taken(np.array([u.offset_m for u in usual]), np.zeros((2, _NODES)), of_frame, f"nominal offsets of {vehicle.type}")
        self.say("{}: no antenna is known, signals are taken to come from the centre of mass", name)
        return _Taken(np.zeros((2, 3)), np.zeros((2, _NODES)), "", "none")

    def _say_what_table_knows(self, name: str, vehicle: Vehicle | None) -> None:
        known = KNOWN_UNTIL.get(name[0], "")
        if vehicle is None:
            self.say("{} not in the table of satellite types at this time: calibrations of the name are taken as they are", name)
        elif not vehicle.confirmed:
            self.say(f"{{}}: {vehicle.type} is not confirmed by a source", name)
        elif known and self.when > int(from_iso(known, "GPST").tai_ns[0]) and vehicle.until_ns == ALWAYS_NS:
            self.say(f"which {name[0]} satellite is of what type was last seen in a source of {known}")

    def _own(self, sat: int, vehicle: Vehicle | None, table: SatelliteTypes) -> list[_Calibration]:
        """Calibrations under the name, at the epoch, of the satellite that the table names."""
        found = []
        for c in self.known:
            a = c.antenna
            if a.sat != sat or not a.valid_from_ns <= self.when <= a.valid_until_ns:
                continue
            if vehicle is not None and a.space_vehicle != vehicle.space_vehicle:
                name = unpack_one(sat)
                # The entry of a predecessor with an open end names a satellite that was here at another time; a label that
                # was never here (files disagree which of two twins has which number) is of the satellite under this name.
                if a.type != vehicle.type or table.ever(sat, a.space_vehicle):
                    self.refuse(c.file, "now other satellites than in the file", name)
                    continue
                self.say(f"{c.file}: other vehicle numbers than in the table of types, taken as the same satellites: {{}}", name)
            elif vehicle is not None and a.type != vehicle.type:
                self.refuse(c.file, "other types than in the table of types", unpack_one(sat))
                continue
            found.append(c)
        return found

    def _alike(self, vehicle: Vehicle | None, bands: tuple[str, str]) -> list[_Calibration]:
        """One plausible calibration of each satellite of the type and of each frame."""
        if vehicle is None:
            return []
        best: dict[tuple[str, str], _Calibration] = {}
        for c in self.known:
            if c.antenna.type == vehicle.type and self._plausible(c, vehicle, bands):
                key = c.frame, c.antenna.space_vehicle
                if key not in best or c.antenna.sinex_code >= best[key].antenna.sinex_code:
                    best[key] = c
        return list(best.values())

    def _plausible(self, c: _Calibration, vehicle: Vehicle | None, bands: tuple[str, str]) -> bool:
        """Whether the ionosphere-free z is near the typical one of the type."""
        letter = letter_of(c.antenna.sat)
        usual = typical(vehicle.type, [f"{letter}{int(band):02d}" for band in bands]) if vehicle else None
        if usual is None:
            return True
        frequencies = [by_letter()[letter].band(band).frequency_hz for band in bands]
        if frequencies[0] == frequencies[1]:
            return True
        z = ionosphere_free_z([float(self._centre(c.antenna, band, None).offset_m[2]) for band in bands], frequencies)
        expected = ionosphere_free_z([u.offset_m[2] for u in usual], frequencies)
        if abs(z - expected) <= usual[0].tolerance_m:
            return True
        self.refuse(c.file, "z offsets too far from those of the type to be from the centre of mass", c.antenna.space_vehicle)
        return False

    def _centre(self, antenna: Antenna, band: str, name: str | None) -> PhaseCenter:
        """The calibration of a band, or of the nearest frequency that there is one of (said under ``name``)."""
        letter = letter_of(antenna.sat)
        wanted = f"{letter}{int(band):02d}"
        if wanted in antenna.frequencies:
            return antenna.frequencies[wanted]
        system = by_letter()[letter]
        known = {b.digit: b.frequency_hz for b in system.bands}
        there = [key for key in antenna.frequencies if key[1:].lstrip("0") in known]
        if not there:
            raise InputError(f"the calibration of {antenna.type} {antenna.space_vehicle} has no frequency of {system.title}")
        nearest = min(there, key=lambda key: abs(known[key[1:].lstrip("0")] - known[band]))
        if name is not None:
            self.say(f"{wanted} of {{}} is not calibrated: {nearest} stands in", name)
        return antenna.frequencies[nearest]


def _listed(names: Iterable[str]) -> str:
    """Names, or how many there are."""
    every = list(names)
    return " ".join(every) if len(every) <= _LISTED else f"{' '.join(every[:3])} ... ({len(every)} satellites)"


def _alike(letters: Sequence[str], taken: Sequence[_Taken]) -> NDArray[np.bool_]:
    """Which satellites have their own calibration in the frame of most of their system."""
    usual = {}
    for letter in set(letters):
        frames = [found.frame for of, found in zip(letters, taken, strict=True) if of == letter and found.own]
        usual[letter] = max(sorted(set(frames)), key=frames.count, default="")
    return np.array([found.own and found.frame == usual[letter] for letter, found in zip(letters, taken, strict=True)], np.bool_)


def _offsets(centres: Sequence[PhaseCenter]) -> Floats:
    return np.array([centre.offset_m for centre in centres])


def _variations(centres: Sequence[PhaseCenter]) -> Floats:
    return np.array([centre.variation(_GRID) for centre in centres])
