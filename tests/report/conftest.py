"""A made-up solution: three members, one epoch without a solution each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.geodesy import from_enu, to_geodetic
from armillary.core.scales import from_calendar
from armillary.core.table import Table

TRUTH_M = np.array([3582104.768, 532590.174, 5232755.144])
MEMBERS = (("glonass", 2.0, 8), ("beidou", 1.2, 11), ("glonass+beidou", 0.9, 19))
"""Member, standard deviation of its horizontal error in metres, satellites."""


@dataclass(frozen=True)
class MadeUp:
    """The smallest answer that can be written and drawn."""

    epochs: Table
    station: str = "TEST00XYZ"

    def to_json(self) -> dict[str, Any]:
        return {"station": self.station, "epochs": len(self.epochs), "truth": None, "nothing": float("nan")}


def made_up_solution(n: int = 40, *, step_s: float = 30.0, seed: int = 1) -> MadeUp:
    """``n`` epochs per member; the fourth of each has no solution."""
    rng = np.random.default_rng(seed)
    start = from_calendar(2020, 6, 25, 0, 0, 0, scale="GPST")
    times = (start.tai_ns[0] + (np.arange(n) * step_s * 1e9).astype(np.int64)).astype(np.int64)
    parts: dict[str, list[np.ndarray]] = {}
    tai = []
    for member, sigma, used in MEMBERS:
        slow = np.cumsum(rng.normal(0, 1, (n, 3)), axis=0) / np.sqrt(n) * sigma * 1.5
        enu = (rng.normal(0, sigma * 0.45, (n, 3)) + slow) * (1, 1, 1.7)
        xyz = TRUTH_M + from_enu(enu, origin_m=TRUTH_M)
        geodetic = to_geodetic(xyz)
        covariance = from_enu(np.diag([sigma**2, sigma**2 * 1.5, sigma**2 * 4]), origin_m=TRUTH_M)
        covariance = from_enu(covariance.T, origin_m=TRUTH_M)
        flag = np.zeros(n, np.int16)
        flag[3] = 2
        columns = {
            "member": np.full(n, member),
            **{f"{a}_m": xyz[:, i].copy() for i, a in enumerate("xyz")},
            **{f"cov_{a}{b}_m2": np.full(n, covariance["xyz".index(a), "xyz".index(b)]) for a, b in ("xx", "yy", "zz", "xy", "xz", "yz")},
            "latitude_rad": np.array(geodetic.latitude_rad),
            "longitude_rad": np.array(geodetic.longitude_rad),
            "height_m": np.array(geodetic.height_m),
            **{f"{name}_m": enu[:, i].copy() for i, name in enumerate(("east", "north", "up"))},
            **{f"v{a}_m_s": np.full(n, 0.01) for a in "xyz"},
            **{f"{d}dop": np.full(n, 1.5) for d in "gphvt"},
            "satellites_used": np.full(n, used),
            "satellites_excluded": np.zeros(n, np.int64),
            "flag": flag,
        }
        for name, column in columns.items():
            if column.dtype.kind == "f":
                column[3] = np.nan
            parts.setdefault(name, []).append(column)
        tai.append(times)
    return MadeUp(Table({name: np.concatenate(columns) for name, columns in parts.items()}, Epochs(np.concatenate(tai))))


@pytest.fixture(scope="session")
def solution() -> MadeUp:
    """Forty epochs of three members."""
    return made_up_solution()


@pytest.fixture
def made_up() -> Callable[..., MadeUp]:
    """The maker, for tests that change what it makes."""
    return made_up_solution
