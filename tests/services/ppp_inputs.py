"""A morning of NIST with Wuhan's products, as files of several stations and days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.federation import federation
from armillary.core.observations import Observations
from armillary.io import clk, rinex_obs, sp3
from armillary.io.reading import read
from armillary.services.ppp import ppp

PAIR = federation("glonass+beidou")
PLACE = (-1288398.5806, -4721696.9345, 4078625.3480)
"""NIST, from SINEX igs22P22264 moved by plate motion to 2023.0."""
H = 3600 * NS_PER_SECOND


class Nist:
    """Observations and products of 2023-01-01, whole and cut."""

    def __init__(self, data: Path) -> None:
        day = data / "gnss/2023-001"
        self.path = day / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz"
        self.sp3 = day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"
        self.clk = day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"
        self.products: dict[str, Any] = {"sp3": [self.sp3], "clk": [self.clk]}
        self.whole: Observations = read(self.path, systems="RC")

    def cut(self, path: Path, from_h: float, to_h: float, *, marker: str = "NIST", later_h: float = 0.0) -> Path:
        """Some hours as a file, under another name, moved in time."""
        begin = int(self.whole.epochs.tai_ns[0])
        part = self.whole.between(begin + int(from_h * H), begin + int(to_h * H))
        moved = Epochs(part.epochs.tai_ns + int(later_h * H))
        rinex_obs.save(replace(part, epochs=moved, events=(), header=replace(part.header, marker=marker)), path)
        return path

    def products_later(self, folder: Path, later_h: float) -> dict[str, Any]:
        """The products moved in time: Earth-fixed orbits serve there as well as here."""
        orbits, clocks = read(self.sp3), read(self.clk)
        named = folder / "WUM0MGXFIN_20230011200_01D_05M_ORB.SP3", folder / "WUM0MGXFIN_20230011200_01D_30S_CLK.CLK"
        named[0].write_bytes(sp3.write(replace(orbits, epochs=Epochs(orbits.epochs.tai_ns + int(later_h * H)))))
        named[1].write_bytes(clk.write(replace(clocks, epochs=Epochs(clocks.epochs.tai_ns + int(later_h * H)))))
        return {"sp3": [named[0]], "clk": [named[1]]}

    def solve(self, observations: Sequence[Path], **more: Any) -> Any:
        """The answer of the pair."""
        return ppp(PAIR, observations, **{**self.products, "kinematic": True, **more})


def near(found: Any, expected: Any, most: float) -> bool:
    """Whether arrays agree everywhere."""
    return len(found) == len(expected) > 0 and float(np.max(np.abs(np.asarray(found) - np.asarray(expected)))) <= most
