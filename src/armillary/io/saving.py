"""Files written whole or not at all: the bytes go beside the target, then take its name."""

from __future__ import annotations

import gzip
import os
from os import PathLike
from pathlib import Path

from armillary.errors import InputError

__all__ = ["save_bytes"]


def save_bytes(data: bytes, path: str | PathLike[str]) -> None:
    """Writes a file, gzip-compressed when its name ends in ``.gz``; what stood there before stays until the new one is complete.

    InputError names the file when it cannot be written.
    """
    target = Path(path)
    if target.suffix == ".gz":
        # No time stamp inside: the same content gives the same file.
        data = gzip.compress(data, 6, mtime=0)
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        aside.write_bytes(data)
        aside.replace(target)
    except (OSError, ValueError) as error:
        aside.unlink(missing_ok=True)
        raise InputError(f"{path}: cannot be written ({getattr(error, 'strerror', None) or error})") from None
