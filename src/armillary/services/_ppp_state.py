"""What a run of precise point positioning leaves in a folder, a file per station, and the next one goes on from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.scales import to_iso
from armillary.errors import InputError
from armillary.io.saving import save_bytes
from armillary.navigation.precise_point.continuing import Continuation
from armillary.navigation.precise_point.estimate import PreciseSolution
from armillary.navigation.precise_point.rows import PreciseRows

__all__ = ["known_before", "leave", "state_file"]


def state_file(folder: Path, station: str) -> Path:
    """The file of a station."""
    if folder.is_file():
        raise InputError(f"--state {folder}: is a file, a folder is expected")
    if not station.strip():
        raise InputError("--state: the observations name no station (MARKER NAME), by which its state would be found again")
    return folder / (re.sub(r"[^A-Za-z0-9_-]", "_", station) + ".npz")


def known_before(path: Path, station: str, settings: dict[str, Any], observed: Epochs) -> Continuation | None:
    """What an earlier run left, None where there was none. InputError where it was of another station or kind, or of these epochs already."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    found = Continuation.from_bytes(str(path), data)
    if found.station != station:
        raise InputError(f"{path}: was left by {found.station}, the observations are of {station}; name another folder")
    for name in dict.fromkeys((*settings, *found.settings)):
        old, new = found.settings.get(name), settings.get(name)
        if old != new:
            raise InputError(f"{path}: was left by a run with {_told(name, old)}, this one has {_told(name, new)}; name another folder")
    if int(observed.tai_ns[0]) <= found.last_ns:
        last, first = (str(to_iso(Epochs(np.array([ns])), "GPST", 0)[0]) for ns in (found.last_ns, int(observed.tai_ns[0])))
        raise InputError(f"{path}: knows everything to {last} GPST, and the observations begin at {first}: only later ones can go on")
    return found


def _told(name: str, value: Any) -> str:
    """A setting in words; one that is not kept is as it is without its option."""
    if name in ("kinematic", "uncombined"):
        return {"kinematic": ("static", "kinematic"), "uncombined": ("ionosphere-free", "uncombined")}[name][bool(value)] + " solutions"
    usual = {"mapping": "niell", "without": "nothing"}.get(name)
    words = " ".join(value) if isinstance(value, list | tuple) else value
    return f"{name} {usual if value is None else words}"


def leave(path: Path, station: str, settings: dict[str, Any], rows: PreciseRows, solutions: Sequence[PreciseSolution]) -> None:
    """Put what a run knows in the place of what was known."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{path.parent}: cannot be made ({error.strerror})") from None
    save_bytes(Continuation.of(station, settings, rows, solutions).to_bytes(), path)
