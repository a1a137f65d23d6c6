"""Code biases that hold over a file, and what is known of them beforehand.

Every signal of a satellite reads: clock of its system + biases. The biases are

- of the satellite, on both signals: the part of its broadcast orbit and clock error that does not change over hours;
- of the satellite, on the second signal only: what the broadcast group delay leaves (or all of it where none is broadcast);
- of the receiver, per hardware group and signal: second signal against first, and first signal of a further group against the system's main group;
- of the receiver, per frequency-division channel and signal: linear in the channel number.

All have a prior of zero mean and a stated sigma, so a short file or a single system never makes them singular: with no data they stay zero and
the answer is the weighted least squares of an epoch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.navigation.links import Links, groups_of
from armillary.orbits.group_delay import rule_for

__all__ = ["BiasLayout", "bias_layout"]

_UNSERVED_SIGMA_M = 2.0
_PRECISE_SIGMA_M = 0.5
_PAIR_SIGMA_M = 4.0
"""Differential code biases of satellites: +-15 ns."""
_RECEIVER_SIGMA_M = 30.0
_GROUP_SIGMA_M = 1.0
"""Between hardware groups on the same signal: none was seen between BDS-2 and BDS-3 on B1I; a metre allows for other receivers."""
_OTHER_SIGNAL_SIGMA_M = 30.0
"""Between different signals (or combinations) of one system, as receivers delay them differently."""
_CHANNEL_SIGMA_M = 0.1
_CARRIER_SIGMA_M = 2.0
"""Codes on different carriers of a frequency-division system differ in a receiver by metres, by no simple rule of the channel. Errors of broadcast
clocks have room for it; precise clocks have not."""
_TERMS = 5


@dataclass(frozen=True, slots=True, eq=False)
class BiasLayout:
    """Which biases each signal of each satellite sees."""

    names: tuple[str, ...]
    sigma_m: NDArray[np.float64]
    """float64[n_biases], prior standard deviation."""
    index: NDArray[np.int64]
    """int64[n_sats, 2, 5], -1 where unused."""
    coefficient: NDArray[np.float64]


class _Builder:
    """Collects names, priors and references."""

    def __init__(self, n_sats: int) -> None:
        self.names: list[str] = []
        self.sigma: list[float] = []
        self.index = np.full((n_sats, 2, _TERMS), -1, np.int64)
        self.coefficient = np.zeros((n_sats, 2, _TERMS))
        self.place: dict[str, int] = {}

    def add(self, name: str, sigma_m: float, sat: int, signal: int, factor: float = 1.0) -> None:
        """Let one signal of one satellite see a bias, creating it at first sight."""
        if name not in self.place:
            self.place[name] = len(self.names)
            self.names.append(name)
            self.sigma.append(sigma_m)
        free = int(np.argmax(self.index[sat, signal] < 0))
        self.index[sat, signal, free] = self.place[name]
        self.coefficient[sat, signal, free] = factor


def bias_layout(links: Links, satellites: NDArray[np.bool_], *, satellite_biases: bool) -> BiasLayout:
    """The biases of the satellites marked in ``satellites`` (bool[n_sats]). Without ``satellite_biases`` only receiver biases are there."""
    rows = links.rows
    groups = groups_of(rows)
    main = _main_groups(links, satellites)
    build = _Builder(len(rows.satellites))
    for i in map(int, np.flatnonzero(satellites)):
        constellation, group = groups[i]
        letter, signals = constellation.letter, rows.signals[i]
        if satellite_biases:
            _satellite_biases(build, links, i)
        if signals[1]:
            build.add(f"receiver {letter} {group.bias_group} {signals[1]}-{signals[0]}", _RECEIVER_SIGMA_M, i, 1)
        key = (group.bias_group, signals[0])
        if key != main[letter]:
            between = _GROUP_SIGMA_M if signals[0] == main[letter][1] else _OTHER_SIGNAL_SIGMA_M
            between = _OTHER_SIGNAL_SIGMA_M if "-" in signals[0] and key != main[letter] else between
            for j in (0, 1):
                build.add(f"receiver {letter} {group.bias_group} {signals[0]}", between, i, j)
        for j, code in enumerate(signals):
            if code and "-" not in code and constellation.band(code[1]).step_hz:
                build.add(f"channel {letter} {code}", _CHANNEL_SIGMA_M, i, j, float(rows.channels[i]))
    return BiasLayout(tuple(build.names), np.array(build.sigma), build.index, build.coefficient)


def _satellite_biases(build: _Builder, links: Links, i: int) -> None:
    """What satellite ``i`` adds to its signals for as long as the file lasts."""
    constellation, group = groups_of(links.rows)[i]
    signals = links.rows.signals[i]
    slow = (_PRECISE_SIGMA_M if links.precise else group.signal_in_space_sigma_m) * group.slow_share**0.5
    if links.precise and any(constellation.band(code[1]).step_hz for code in signals if code):
        slow = float(np.hypot(slow, _CARRIER_SIGMA_M))
    alone = _UNSERVED_SIGMA_M if not (links.precise and signals[1]) and not links.served[i, 0] else 0.0
    for j in (0, 1):
        build.add(f"satellite {i}", float(np.hypot(slow, alone)), i, j)
    if not signals[1]:
        return
    if links.precise:
        # the clock is right for the ionosphere-free pair: a difference d between the signals is -(1 - a) d on one and a d on the other
        k = links.k[links.rows.satellite_of == i][0]
        a = float(k[1] / (k[1] - k[0]))
        for j, factor in enumerate((a - 1.0, a)):
            build.add(f"satellite {i} second", _PAIR_SIGMA_M, i, j, factor)
    else:
        build.add(f"satellite {i} second", _left_sigma(constellation, signals[1]) if links.served[i, 1] else _UNSERVED_SIGMA_M, i, 1)


def _left_sigma(constellation: Constellation, code: str) -> float:
    """What the group delay of the most used message that serves a signal leaves in it."""
    rules = (rule_for(constellation, kind, code) for kind in constellation.message_kinds)
    return next((rule.left_sigma_m for rule in rules if rule is not None), _UNSERVED_SIGMA_M)


def _main_groups(links: Links, satellites: NDArray[np.bool_]) -> dict[str, tuple[str, str]]:
    """Per system letter, the hardware group and first signal with most rows: its code carries the system's clock."""
    rows = links.rows
    groups = groups_of(rows)
    counts = np.bincount(rows.satellite_of[links.state == 0], minlength=len(rows.satellites))
    tally: dict[str, dict[tuple[str, str], int]] = {}
    for i in np.flatnonzero(satellites):
        constellation, group = groups[i]
        mine = tally.setdefault(constellation.letter, {})
        key = (group.bias_group, rows.signals[i][0])
        mine[key] = mine.get(key, 0) + int(counts[i])
    return {letter: max(sorted(mine), key=lambda key: mine[key]) for letter, mine in tally.items()}
