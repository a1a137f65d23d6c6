"""KML 2.2 for globe programs: one coloured track per member, epochs in UTC, heights above the ellipsoid."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from armillary.core.scales import to_iso
from armillary.core.table import Table
from armillary.report.palette import member_colours
from armillary.report.solutions import Solution
from armillary.report.solutions._rows import members, solved_by_member

__all__ = ["write"]

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2">\n<Document>'


def write(solution: Solution, path: Path) -> list[Path]:
    """Write one file for all members and return its path; epochs without a solution are left out."""
    colours = member_colours(members(solution.epochs))
    lines = [HEAD, f"<name>{escape(solution.station)}</name>"]
    for number, (member, rows) in enumerate(solved_by_member(solution.epochs)):
        red, green, blue = (colours[member][i : i + 2] for i in (1, 3, 5))
        colour = f"ff{blue}{green}{red}"
        lines.append(f'<Style id="m{number}"><LineStyle><color>{colour}</color><width>2</width></LineStyle>')
        lines.append(f"<IconStyle><color>{colour}</color><scale>0.6</scale></IconStyle></Style>")
        lines.append(f"<Placemark><name>{escape(member)}</name><styleUrl>#m{number}</styleUrl>")
        lines += ["<gx:Track><altitudeMode>absolute</altitudeMode>", *_track(rows), "</gx:Track></Placemark>"]
    lines.append("</Document>\n</kml>\n")
    path.write_text("\n".join(lines), encoding="utf-8", newline="\n")
    return [path]


def _track(rows: Table) -> list[str]:
    if rows.epochs is None or not len(rows):
        return []
    places = np.degrees(np.stack([rows["longitude_rad"], rows["latitude_rad"]], axis=-1)).tolist()
    when = [f"<when>{time}Z</when>" for time in to_iso(rows.epochs, "UTC", 3).tolist()]
    coordinates = zip(places, rows["height_m"].tolist(), strict=True)
    return when + [f"<gx:coord>{longitude:.9f} {latitude:.9f} {height:.4f}</gx:coord>" for (longitude, latitude), height in coordinates]
