"""Where antennas transmit and receive: phase centre offsets and variations, per frequency, of satellites and receivers.

Conventions of ANTEX: a receiver's offset runs from the antenna reference point (north, east, up), a satellite's from its centre of mass (body
x, y, z); a variation is added to the distance (observed = geometric + offset projected + variation), as the format's document says.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss
from armillary.errors import InputError

__all__ = ["Antenna", "AntennaSet", "PhaseCenter", "RadomeWarning"]


class RadomeWarning(UserWarning):
    """The calibration of the antenna without a radome stands in for one with a radome that was not calibrated."""


@dataclass(frozen=True, slots=True, eq=False)
class PhaseCenter:
    """The calibration of one frequency."""

    offset_m: NDArray[np.float64]
    """float64[3]: north, east, up of a receiver antenna; body x, y, z of a satellite antenna."""
    zenith_rad: NDArray[np.float64]
    """float64[n_zenith], ascending: zenith angle at a receiver, nadir angle at a satellite."""
    variation_m: NDArray[np.float64]
    """float64[n_zenith], mean over azimuth."""
    azimuth_rad: NDArray[np.float64] | None = None
    """float64[n_azimuth], 0 to 2 pi, both ends included; None where only the mean is known."""
    variation_by_azimuth_m: NDArray[np.float64] | None = None
    """float64[n_azimuth, n_zenith]."""

    def variation(self, zenith_rad: ArrayLike, azimuth_rad: ArrayLike | None = None) -> NDArray[np.float64]:
        """Metres, linear between the nodes and constant beyond the last; with an azimuth, from the azimuth-dependent grid where there is one."""
        zenith = np.asarray(zenith_rad, np.float64)
        if azimuth_rad is None or self.azimuth_rad is None or self.variation_by_azimuth_m is None:
            return np.asarray(np.interp(zenith, self.zenith_rad, self.variation_m))
        azimuth = np.mod(np.asarray(azimuth_rad, np.float64), 2 * np.pi)
        row = np.clip(np.searchsorted(self.azimuth_rad, azimuth, "right") - 1, 0, len(self.azimuth_rad) - 2)
        column = np.clip(np.searchsorted(self.zenith_rad, zenith, "right") - 1, 0, len(self.zenith_rad) - 2)
        along = (azimuth - self.azimuth_rad[row]) / (self.azimuth_rad[row + 1] - self.azimuth_rad[row])
        across = np.clip((zenith - self.zenith_rad[column]) / (self.zenith_rad[column + 1] - self.zenith_rad[column]), 0.0, 1.0)
        grid = self.variation_by_azimuth_m
        near = grid[row, column] * (1 - across) + grid[row, column + 1] * across
        far = grid[row + 1, column] * (1 - across) + grid[row + 1, column + 1] * across
        return np.asarray(near * (1 - along) + far * along)


@dataclass(frozen=True, slots=True, eq=False)
class Antenna:
    """One calibrated antenna: a satellite's during an interval, or a receiver antenna type with its radome."""

    type: str
    """Without the radome: LEIAR25.R4, BEIDOU-3M-CAST."""
    radome: str
    """Four letters of a receiver antenna; empty for a satellite."""
    serial: str
    """Of an individually calibrated receiver antenna; empty for a type mean."""
    sat: int
    """Packed satellite; 0 for a receiver antenna."""
    space_vehicle: str
    """Such as C201; empty for a receiver antenna."""
    cospar: str
    valid_from_ns: int
    """TAI nanoseconds; the least int64 where open."""
    valid_until_ns: int
    """TAI nanoseconds, included; the largest int64 where open."""
    frequencies: Mapping[str, PhaseCenter]
    """By ANTEX name: system letter and two digits of the RINEX band (C02, R01)."""
    method: str = ""
    sinex_code: str = ""

    def frequency(self, name: str) -> PhaseCenter:
        """The calibration of a frequency; InputError names those there are."""
        try:
            return self.frequencies[name]
        except KeyError:
            raise InputError(
                f"antenna {self.type} {self.radome}{self.space_vehicle} has no frequency {name}; it has {' '.join(self.frequencies)}"
            ) from None


@dataclass(frozen=True, slots=True, eq=False)
class AntennaSet:
    """The antennas of one file. Calibrations of different realisations (igs05, igs14, igs20) differ by millimetres to centimetres: do not mix."""

    antennas: tuple[Antenna, ...]
    absolute: bool = True
    """False where variations are relative to a reference antenna."""
    version: float = 1.4
    system: str = ""
    comments: tuple[str, ...] = ()
    losses: tuple[Loss, ...] = ()
    path: str = ""

    def __len__(self) -> int:
        return len(self.antennas)

    def find_satellite(self, sat: int, epoch: Epochs) -> Antenna | None:
        """The antenna a satellite carried at an epoch, or None (not every satellite is calibrated); of several, the one that began last."""
        when = int(epoch.tai_ns[0])
        found = [a for a in self.antennas if a.sat == sat and a.valid_from_ns <= when <= a.valid_until_ns]
        return max(found, key=lambda a: a.valid_from_ns) if found else None

    def find_receiver(self, name: str, serial: str = "") -> Antenna:
        """The calibration of a receiver antenna named as in an observation file: type, and radome in columns 17-20 or after a blank.

        The individual calibration where ``serial`` has one, else the type mean. Without a calibration of that radome the one of NONE is returned
        with a RadomeWarning, as the IGS does. Raises InputError when the type is not there at all, or only with other radomes.
        """
        kind, radome = _split(name)
        known = [a for a in self.antennas if not a.sat and a.type == kind]
        for wanted in dict.fromkeys((radome, "NONE")):
            matches = [a for a in known if a.radome == wanted]
            own = [a for a in matches if serial and a.serial == serial.strip()] or [a for a in matches if not a.serial]
            if own:
                if wanted != radome:
                    text = f"antenna {kind} is not calibrated with radome {radome} in {self.path or 'this set'}: the values without a radome are used"
                    warnings.warn(text, RadomeWarning, stacklevel=2)
                return own[-1]
        there = f"only with radome {', '.join(sorted({a.radome for a in known}))}" if known else "not at all"
        raise InputError(f"{self.path or 'this antenna set'} has receiver antenna {kind} {there}; {radome} was asked for")


def _split(name: str) -> tuple[str, str]:
    """Type and radome of an antenna name."""
    if len(name.rstrip()) > 16:
        return name[:16].strip(), name[16:20].strip() or "NONE"
    kind, _, radome = name.strip().rpartition(" ")
    return (kind.strip(), radome) if kind and len(radome) == 4 else (name.strip(), "NONE")
