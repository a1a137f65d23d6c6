"""RTKLIB's solution format: GPS time, latitude, longitude, ellipsoidal height, quality 5 (single), standard deviations.

One file per member: all together under the name given, each alone beside it as ``name_member.pos``. The covariances follow the
format's convention: the square root of the magnitude, with the sign of the covariance (RTKLIB manual 2.4.2, appendix B.1).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armillary import __version__
from armillary.core.scales import to_calendar
from armillary.core.table import Table
from armillary.report.solutions import Solution
from armillary.report.solutions._rows import enu_covariance, member_path, solved_by_member

__all__ = ["write"]

SINGLE, PRECISE = 5, 6
COLUMNS = (
    "%  GPST                      latitude(deg) longitude(deg)  height(m)   Q  ns   sdn(m)   sde(m)   sdu(m)  sdne(m)  sdeu(m)  sdun(m) age(s)  ratio"
)


def write(solution: Solution, path: Path) -> list[Path]:
    """Write one file per member and return their paths; epochs without a solution are left out, as the format does."""
    written = []
    for member, rows in solved_by_member(solution.epochs):
        target = member_path(path, member, solution.epochs)
        head = [
            f"% program   : armillary {__version__}",
            f"% station   : {solution.station}",
            f"% systems   : {member}",
            "% (lat/lon/height=WGS84/ellipsoidal,Q=1:fix,2:float,3:sbas,4:dgps,5:single,6:ppp,ns=# of satellites)",
            COLUMNS,
        ]
        target.write_text(
            "\n".join([*head, *_lines(rows, PRECISE if getattr(solution, "precise", False) else SINGLE)]) + "\n",
            encoding="ascii",
            errors="replace",
            newline="\n",
        )
        written.append(target)
    return written


def _lines(rows: Table, quality: int) -> list[str]:
    if rows.epochs is None or not len(rows):
        return []
    covariance = enu_covariance(rows)
    deviations = _signed_root(covariance[:, (1, 0, 2, 1, 0, 2), (1, 0, 2, 0, 2, 1)])  # n e u ne eu un
    angles = np.degrees(np.stack([rows["latitude_rad"], rows["longitude_rad"]], axis=-1))
    return [
        f"{time} {latitude:14.9f} {longitude:14.9f} {height:10.4f} {quality:3d} {used:3d} "
        + " ".join(f"{d:8.4f}" for d in deviation)
        + "   0.00    0.0"
        for time, (latitude, longitude), height, used, deviation in zip(
            _times(rows), angles.tolist(), rows["height_m"].tolist(), rows["satellites_used"].tolist(), deviations.tolist(), strict=True
        )
    ]


def _signed_root(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.copysign(np.sqrt(np.abs(values)), values), np.float64)


def _times(rows: Table) -> list[str]:
    assert rows.epochs is not None
    rounded = rows.epochs.shifted(0.0005)  # the format keeps milliseconds
    when = np.stack(to_calendar(rounded, "GPST"), axis=-1)
    return [f"{y:04d}/{mo:02d}/{d:02d} {h:02d}:{mi:02d}:{s:02d}.{ns // 1_000_000:03d}" for y, mo, d, h, mi, s, ns in when.tolist()]
