"""NMEA 0183 sentences GGA, RMC and GST, in UTC, with talker GN (several satellite systems, or any of them).

One file per member: all together under the name given, each alone beside it as ``name_member.nmea``. There is no geoid here: the altitude
is the height above the ellipsoid and the geoid separation is 0, so that their sum is right.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import xor
from pathlib import Path

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.scales import to_calendar
from armillary.core.table import Table
from armillary.report.solutions import Solution
from armillary.report.solutions._rows import enu_covariance, enu_velocity, member_path, solved_by_member

__all__ = ["checksum", "write"]

KNOT_M_S = 1852.0 / 3600.0
CENTISECOND_NS = 10_000_000


def write(solution: Solution, path: Path) -> list[Path]:
    """Write one file per member and return their paths; epochs without a solution are left out."""
    written = []
    for member, rows in solved_by_member(solution.epochs):
        target = member_path(path, member, solution.epochs)
        target.write_text("".join(f"${body}*{checksum(body)}\r\n" for body in _sentences(rows)), encoding="ascii", newline="")
        written.append(target)
    return written


def checksum(body: str) -> str:
    """Exclusive or of the characters between ``$`` and ``*``, two hexadecimal digits.

    >>> checksum("GPGLL,4916.45,N,12311.12,W,225444,A,")
    '1D'
    """
    return f"{reduce(xor, body.encode('ascii'), 0):02X}"


def _sentences(rows: Table) -> Iterator[str]:
    if rows.epochs is None or not len(rows):
        return
    nearest = Epochs((rows.epochs.tai_ns + CENTISECOND_NS // 2) // CENTISECOND_NS * CENTISECOND_NS)
    deviation = np.sqrt(np.einsum("nii->ni", enu_covariance(rows)))
    east, north, _ = enu_velocity(rows).T
    speed, course = np.hypot(east, north) / KNOT_M_S, np.degrees(np.arctan2(east, north)) % 360.0
    when = np.stack(to_calendar(nearest, "UTC"), axis=-1).tolist()
    hdops = rows["hdop"] if "hdop" in rows.columns else np.full(len(rows), np.nan)
    for i, (year, month, day, hour, minute, second, ns) in enumerate(when):
        time = f"{hour:02d}{minute:02d}{second:02d}.{ns // CENTISECOND_NS:02d}"
        place = f"{_angle(rows['latitude_rad'][i], 2, 'NS')},{_angle(rows['longitude_rad'][i], 3, 'EW')}"
        used, hdop, height = int(rows["satellites_used"][i]), float(hdops[i]), float(rows["height_m"][i])
        moving = f"{speed[i]:.2f},{course[i]:.1f}" if np.isfinite(speed[i]) else ","
        e, n, u = deviation[i].tolist()
        yield f"GNGGA,{time},{place},1,{used:02d},{_number(hdop, 1)},{height:.3f},M,0.000,M,,"
        yield f"GNRMC,{time},A,{place},{moving},{day:02d}{month:02d}{year % 100:02d},,,A"
        yield f"GNGST,{time},,,,,{_number(n, 2)},{_number(e, 2)},{_number(u, 2)}"


def _angle(angle_rad: float, digits: int, letters: str) -> str:
    """Degrees and minutes with 7 decimals (0.2 mm), then the letter of the hemisphere."""
    units = round(abs(float(np.degrees(angle_rad))) * 60 * 10**7)
    degrees, rest = divmod(units, 60 * 10**7)
    minutes, decimals = divmod(rest, 10**7)
    return f"{degrees:0{digits}d}{minutes:02d}.{decimals:07d},{letters[int(angle_rad < 0)]}"


def _number(value: float, decimals: int) -> str:
    return f"{value:.{decimals}f}" if np.isfinite(value) else ""
