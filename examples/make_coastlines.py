"""Make src/armillary/report/coastlines.csv: the coastlines of Natural Earth (public domain), reduced for small world maps.

$ npm pack world-atlas@2 && tar xzf world-atlas-2.*.tgz
$ python examples/make_coastlines.py package/land-110m.json src/armillary/report/coastlines.csv
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

TOLERANCE_DEG, SMALLEST_DEG = 0.4, 1.5
"""Points nearer to the line between their neighbours, and islands smaller, are left out."""


def main(source: Path, target: Path) -> None:
    """Write one line per coastline, cut at the date line: longitude and latitude in tenths of a degree, alternating."""
    topology = json.loads(source.read_text())
    scale, shift = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    lines = []
    for arc in topology["arcs"]:
        points = np.cumsum(np.array(arc), axis=0) * scale + shift
        if np.ptp(points, axis=0).max() < SMALLEST_DEG:
            continue
        for part in np.split(points, np.flatnonzero(np.abs(np.diff(points[:, 0])) > 180.0) + 1):
            kept = np.rint(10 * part[reduced(part)]).astype(int)
            if len(kept) > 1:
                lines.append(" ".join(map(str, kept.ravel().tolist())))
    head = "# Natural Earth 4.1 land 1:110m (public domain), reduced: longitude latitude ... in tenths of a degree, a line per coast"
    target.write_text("\n".join([head, *lines]) + "\n")


def reduced(points: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points to keep so that no other is further than the tolerance from the line (Douglas and Peucker 1973)."""
    keep = np.zeros(len(points), np.bool_)
    keep[[0, -1]] = True
    waiting = [(0, len(points) - 1)]
    while waiting:
        first, last = waiting.pop()
        if last - first < 2:
            continue
        along = points[last] - points[first]
        off = points[first + 1 : last] - points[first]
        length = np.hypot(*along)
        away = np.hypot(*off.T) if length == 0 else np.abs(along[0] * off[:, 1] - along[1] * off[:, 0]) / length
        worst = int(np.argmax(away))
        if away[worst] > TOLERANCE_DEG:
            keep[first + 1 + worst] = True
            waiting += [(first, first + 1 + worst), (first + 1 + worst, last)]
    return keep


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
