"""What every format needs of a solution: members, solved rows, local covariance, columns as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.geodesy import enu_rotation
from armillary.core.scales import to_iso
from armillary.core.table import Table
from armillary.report.solutions import COMPANIONS, Solution

__all__ = ["companions", "enu_covariance", "enu_velocity", "member_path", "members", "readable_columns", "solved_by_member"]


def members(epochs: Table) -> tuple[str, ...]:
    """Members in the order in which they appear; the last is all together."""
    names, first = np.unique(epochs["member"], return_index=True)
    return tuple(str(name) for name in names[np.argsort(first)])


def solved_by_member(epochs: Table) -> Iterator[tuple[str, Table]]:
    """(member, its rows that have a solution) for each member."""
    solved = (epochs["flag"] == 0) & np.isfinite(epochs["height_m"])
    return ((name, epochs.where(solved & (epochs["member"] == name))) for name in members(epochs))


def member_path(path: Path, member: str, epochs: Table) -> Path:
    """Where a format that holds one track writes ``member``: all together at ``path``, the others beside it as ``name_member.suffix``."""
    return path if member == members(epochs)[-1] else path.with_name(f"{path.stem}_{member}{path.suffix}")


def enu_covariance(rows: Table) -> NDArray[np.float64]:
    """Covariance of east, north, up at each row, float64[n, 3, 3], square metres."""
    xx, yy, zz, xy, xz, yz = (rows[f"cov_{axes}_m2"] for axes in ("xx", "yy", "zz", "xy", "xz", "yz"))
    fixed = np.moveaxis(np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]), -1, 0)
    rotation = enu_rotation(rows["latitude_rad"], rows["longitude_rad"])
    return np.asarray(rotation @ fixed @ np.swapaxes(rotation, -1, -2), np.float64)


def enu_velocity(rows: Table) -> NDArray[np.float64]:
    """Velocity along east, north, up at each row, float64[n, 3], m/s; NaN where there is none."""
    if "vx_m_s" not in rows.columns:
        return np.full((len(rows), 3), np.nan)
    velocity = np.stack([rows["vx_m_s"], rows["vy_m_s"], rows["vz_m_s"]], axis=-1)
    return np.asarray(np.einsum("nij,nj->ni", enu_rotation(rows["latitude_rad"], rows["longitude_rad"]), velocity))


def companions(solution: Solution, path: Path) -> Iterator[tuple[Path, Table]]:
    """The other tables of an answer that are not empty, and where a format for tables writes them: ``name_clocks.suffix`` and so on."""
    for name in COMPANIONS:
        table = getattr(solution, name, None)
        if isinstance(table, Table) and len(table):
            yield path.with_name(f"{path.stem}_{name}{path.suffix}"), table


def readable_columns(station: str, table: Table) -> dict[str, NDArray[Any]]:
    """Columns of every row as files carry them: station, ``epoch`` as ISO text in GPS time, then the table with angles in degrees."""
    columns: dict[str, NDArray[Any]] = {"station": np.full(len(table), station)}
    if table.epochs is not None:
        columns["epoch"] = to_iso(table.epochs, "GPST", 3)
    for name, column in table.columns.items():
        if name.endswith("_rad"):
            columns[name.removesuffix("_rad") + "_deg"] = np.degrees(column)
        else:
            columns[name] = column
    return columns
