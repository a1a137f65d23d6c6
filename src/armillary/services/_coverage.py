"""Whether what was given fits together: systems that were not observed, orbits of another day."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import NS_PER_DAY, Epochs
from armillary.core.federation import Federation
from armillary.core.scales import to_iso
from armillary.errors import InputError
from armillary.navigation.links import NO_CODE, NO_ORBIT, Links
from armillary.services._inputs import Files

__all__ = ["days", "gaps"]


def gaps(federation: Federation, links: Links, files: Files) -> tuple[str, ...]:
    """A line for each system of ``federation`` that cannot take part; InputError when none can."""
    rows = links.rows
    system_of = rows.constellation_of[rows.satellite_of]
    lines = []
    for i, constellation in enumerate(federation):
        state = links.state[(system_of == i) & (links.state != NO_CODE)]
        if not len(state):
            lines.append(f"{constellation.name} was not observed")
        elif (state == NO_ORBIT).all():
            known = _orbit_epochs(files, rows.satellites[rows.constellation_of == i])
            told = f"the satellites observed {days(known)}" if len(known) else "none of its satellites observed"
            lines.append(f"{constellation.name} has no healthy orbit {days(rows.epochs)}; the orbit files know {told}")
    if len(lines) == len(federation) and len(rows.epochs):
        raise InputError("nothing to position with: " + "; ".join(lines))
    return tuple(lines)


def _orbit_epochs(files: Files, satellites: NDArray[np.int16]) -> Epochs:
    """Epochs at which the orbit files speak of any of ``satellites``, ascending."""
    if files.orbits is not None:
        mine = np.isin(files.orbits.sat, satellites)
        known = np.isfinite(files.orbits.position_m[mine, :, 0]).any(axis=0)
        return files.orbits.epochs[np.flatnonzero(known)]
    tables = [table.ephemeris[np.flatnonzero(np.isin(table.sat, satellites))] for table in files.navigation.messages.values()]
    return Epochs(np.sort(np.concatenate([np.empty(0, np.int64), *(t.tai_ns for t in tables)])))


def days(epochs: Epochs) -> str:
    """The days of ascending epochs in words."""
    if not len(epochs):
        return "at no time"
    first, last = (to_iso(epochs[np.array([i])], "GPST", 0)[0][:10] for i in (0, -1))
    one_day = epochs.tai_ns[-1] - epochs.tai_ns[0] < NS_PER_DAY and first == last
    return f"on {first}" if one_day else f"from {first} to {last}"
