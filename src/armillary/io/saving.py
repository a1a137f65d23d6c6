"""Files written whole or not at all: the bytes go beside the target, then take its name."""

from __future__ import annotations

import gzip
import os
from contextlib import suppress
from os import PathLike
from pathlib import Path

from armillary.errors import InputError

__all__ = ["save_bytes"]


def save_bytes(data: bytes, path: str | PathLike[str]) -> None:
    """Writes a file, gzip-compressed when its name ends in ``.gz``; what stood there before stays until the new one is complete.

    A pipe or a device (``/dev/stdout``) is written to, not replaced. InputError names the file when it cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() == ".gz":
        # No time stamp inside: the same content gives the same file.
        data = gzip.compress(data, 6, mtime=0)
    try:
        if target.exists() and not (target.is_file() or target.is_dir()):
            target.write_bytes(data)
            return
        _write_aside(data, target.with_name(f".{target.name}.{os.getpid()}.part"), target)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be written ({getattr(error, 'strerror', None) or error})") from None


def _write_aside(data: bytes, aside: Path, target: Path) -> None:
    # opened as a new file only: whatever else has that name is somebody else's
    with open(aside, "xb") as file:
        try:
            file.write(data)
            file.close()
            aside.replace(target)
        finally:
            # gone already when it has taken the name of the target
            with suppress(OSError):
                aside.unlink()
