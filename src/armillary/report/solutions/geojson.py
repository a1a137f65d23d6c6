"""GeoJSON (RFC 7946): a point per member and epoch, longitude and latitude in degrees, height above the ellipsoid, epochs in UTC."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from armillary.core.scales import to_iso
from armillary.report.solutions import Solution
from armillary.report.solutions._rows import enu_covariance, solved_by_member

__all__ = ["write"]


def write(solution: Solution, path: Path) -> list[Path]:
    """Write one file for all members and return its path; epochs without a solution are left out."""
    features = []
    for member, rows in solved_by_member(solution.epochs):
        if rows.epochs is None or not len(rows):
            continue
        deviation = np.round(np.sqrt(np.einsum("nii->ni", enu_covariance(rows))), 3).tolist()
        places = np.degrees(np.stack([rows["longitude_rad"], rows["latitude_rad"]], axis=-1)).round(9).tolist()
        columns = (to_iso(rows.epochs, "UTC", 3).tolist(), places, rows["height_m"].round(4).tolist(), rows["satellites_used"].tolist(), deviation)
        for time, place, height, used, (east, north, up) in zip(*columns, strict=True):
            sigmas = {"east_sigma_m": east, "north_sigma_m": north, "up_sigma_m": up}
            properties = {"station": solution.station, "member": member, "time": time + "Z", "satellites_used": used, **sigmas}
            features.append({"type": "Feature", "geometry": {"type": "Point", "coordinates": [*place, height]}, "properties": properties})
    collection = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(collection, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    return [path]
