"""Observations with known multipath, slips, gaps and clock jumps, made with plain numpy from smooth ranges and a smooth ionosphere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.observations import ObservationBlock, ObservationHeader, Observations
from armillary.core.satellites import pack
from armillary.core.scales import from_iso

LIGHT = 299_792_458.0
START = "2024-03-20T00:00:00"
STEP_S = 30.0
CHANNELS = {1: 1, 2: -4, 3: 5, 4: 6, 5: 1, 6: -4, 7: 5, 8: 6, 9: -2, 10: -7}
FREQUENCY = {
    "R": {"1": 1602.0e6, "2": 1246.0e6, "3": 1202.025e6},
    "C": {"2": 1561.098e6, "6": 1268.52e6, "5": 1176.45e6},
    "G": {"1": 1575.42e6, "2": 1227.6e6, "5": 1176.45e6},
}
FDMA_STEP = {"R1": 562_500.0, "R2": 437_500.0}
Floats = NDArray[np.float64]


def carrier_hz(letter: str, band: str, number: int) -> float:
    return FREQUENCY[letter][band] + FDMA_STEP.get(letter + band, 0.0) * (CHANNELS[number] if letter == "R" else 0)


@dataclass
class Made:
    """What is to be made. Arrays are [satellite, epoch]; multipath per signal is white with the standard deviation given."""

    signals: dict[str, float]
    """Signal such as ``2I`` -> standard deviation of its multipath, metres."""
    letter: str = "C"
    numbers: tuple[int, ...] = (20, 21, 22, 23, 24, 25, 26, 27)
    n_epochs: int = 400
    seed: int = 1
    cn0: float = 45.0
    slips: list[tuple[str, int, int, float]] = field(default_factory=list)
    """Signal, number, epoch from which on, cycles."""
    lost: list[tuple[str, int, int]] = field(default_factory=list)
    """Signal, number, epoch: loss-of-lock bit."""
    absent: list[tuple[str, int, int, int]] = field(default_factory=list)
    """Signal, number, first epoch, epoch past the last: code and phase blank."""
    missing_epochs: tuple[int, ...] = ()
    code_jumps_s: dict[int, float] = field(default_factory=dict)
    common_jumps_s: dict[int, float] = field(default_factory=dict)
    power_failures: tuple[int, ...] = ()

    def values(self) -> tuple[tuple[str, ...], Floats, NDArray[np.uint8]]:
        """Codes, values float64[codes, satellites, epochs], loss-of-lock."""
        rng = np.random.default_rng(self.seed)
        m, n = len(self.numbers), self.n_epochs
        t = np.arange(n) * STEP_S
        turn = 2 * np.pi * t / 43_000.0 + rng.uniform(0, 6, (m, 1))
        distance = 23.0e6 + 2.5e6 * np.sin(turn)
        clock = LIGHT * (1e-5 + 1e-8 * t) + sum(LIGHT * jump * (np.arange(n) >= e) for e, jump in self.common_jumps_s.items())
        code_clock = sum((LIGHT * jump * (np.arange(n) >= e) for e, jump in self.code_jumps_s.items()), np.zeros(n))
        ionosphere = 8.0 + 6.0 * np.cos(turn + 1.0)
        codes = tuple(kind + signal for signal in self.signals for kind in "CLS")
        values, lli = np.full((len(codes), m, n), np.nan), np.zeros((len(codes), m, n), np.uint8)
        for signal, sigma in self.signals.items():
            frequency = np.array([carrier_hz(self.letter, signal[0], k) for k in self.numbers])[:, None]
            wavelength = LIGHT / frequency
            delay = ionosphere * (1575.42e6 / frequency) ** 2
            common = distance + clock
            phase = (common - delay) / wavelength + rng.integers(-(10**6), 10**6, (m, 1)) + rng.normal(0, 0.003, (m, n))
            for which, number, epoch, cycles in self.slips:
                if which == signal:
                    phase[self.numbers.index(number), epoch:] += cycles
            at = codes.index("C" + signal)
            values[at] = common + delay + code_clock + rng.normal(0, sigma, (m, n)) if sigma else common + delay + code_clock
            values[at + 1], values[at + 2] = phase, self.cn0
            for which, number, epoch in self.lost:
                if which == signal:
                    lli[at + 1, self.numbers.index(number), epoch] = 1
            for which, number, first, last in self.absent:
                if which == signal:
                    values[at : at + 3, self.numbers.index(number), first:last] = np.nan
        return codes, values, lli

    def observations(self) -> Observations:
        codes, values, lli = self.values()
        kept = np.setdiff1d(np.arange(self.n_epochs), self.missing_epochs)
        sat = np.sort(pack(f"{self.letter}{k:02d}" for k in self.numbers))
        there = np.isfinite(values[:, :, kept]).any(axis=0)
        epoch, who = np.nonzero(there.T)
        block = ObservationBlock(
            system=self.letter,
            codes=codes,
            offsets=np.concatenate([[0], np.cumsum(there.sum(axis=0))]).astype(np.int64),
            sat=sat[who],
            values=values[:, who, kept[epoch]],
            lli=lli[:, who, kept[epoch]],
            ssi=np.zeros((len(codes), len(who)), np.uint8),
        )
        flags = np.isin(kept, self.power_failures).astype(np.uint8)
        header = ObservationHeader(marker="MADE", interval_s=STEP_S, glonass_channels=CHANNELS, position_m=PLACE_M)
        tai = from_iso([START], "GPST").tai_ns[0] + (kept * STEP_S * 1e9).astype(np.int64)
        return Observations(header, Epochs(tai), flags, np.full(len(kept), np.nan), {self.letter: block})


PLACE_M = (3582104.768, 532590.174, 5232755.144)


def joined(*made: Made) -> Observations:
    """Systems of one receiver in one file; the clock of the first."""
    parts = [m.observations() for m in made]
    return replace(parts[0], blocks={letter: block for part in parts for letter, block in part.blocks.items()})
