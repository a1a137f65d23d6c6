"""A file on its way: its first part stays when the connection or the program ends, and is continued if the same file is still there."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from armillary.errors import InputError

__all__ = ["Identity", "Partial"]

ABANDONED_S = 3600.0
"""A part that another process has not touched for this long was left by one that was killed."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which bytes at which address: only with the same ones a part may be continued."""

    url: str = ""
    etag: str = ""
    modified: str = ""
    total: int | None = None
    """Size of the whole, where the server says it."""

    @property
    def validator(self) -> str:
        """What ``If-Range`` takes: a strong entity tag, else the date of the last change; empty where there is neither."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified


class Partial:
    """The part ``.NAME.part`` in ``folder``; a context manager that holds it for this process alone.

    ``identity`` is what the part is of. Leaving the context keeps what is there for a later run, unless it was discarded or taken away.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._kept = folder / f".{name}.part"
        self.path = folder / f".{name}.{os.getpid()}-{time.monotonic_ns()}.part"
        self.identity = Identity()
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self._kept.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._unwritable(error) from None
        self._claim()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._close()
        if self.path.exists() and self.identity.validator and self.size:
            _about(self._kept).write_text(json.dumps(asdict(self.identity)), encoding="utf-8")
            self.path.replace(self._kept)
        else:
            self.path.unlink(missing_ok=True)
            _about(self._kept).unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Bytes that are here."""
        if self._file is not None:
            self._file.flush()
        return self.path.stat().st_size if self.path.exists() else 0

    def begin(self, identity: Identity, *, at: int) -> None:
        """What comes next are the bytes from ``at`` on of ``identity``; what is here beyond is dropped. InputError where nothing can be written."""
        self._close()
        try:
            self._file = self.path.open("r+b" if self.path.exists() else "w+b")
            self._file.truncate(at)
            self._file.seek(at)
        except OSError as error:
            raise self._unwritable(error) from None
        self.identity = identity

    def write(self, data: bytes) -> None:
        """Append; InputError where the disk is full."""
        assert self._file is not None, "begin first"
        try:
            self._file.write(data)
        except OSError as error:
            raise self._unwritable(error) from None

    def finish(self) -> Path:
        """The path of the part, now forced to the disk and closed; InputError where the disk is full."""
        try:
            if self._file is not None:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._close()
        except OSError as error:
            raise self._unwritable(error) from None
        return self.path

    def discard(self) -> None:
        """Forget what is here: it is not what was wanted."""
        self._close()
        self.path.unlink(missing_ok=True)
        self.identity = Identity()

    def _unwritable(self, error: OSError) -> InputError:
        return InputError(f"{self._kept.parent}: cannot be written ({error.strerror})")

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _claim(self) -> None:
        """Take over what an earlier run left. Renaming is done by one process only, so two never write to one part."""
        try:
            self._kept.replace(self.path)
            self.identity = Identity(**json.loads(_about(self._kept).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            self.path.unlink(missing_ok=True)
            self.identity = Identity()
        pattern = self._kept.name.removesuffix(".part") + ".*.part"
        for left in self._kept.parent.glob(pattern.replace("[", "[[]")):
            if left != self.path and _age_s(left) > ABANDONED_S:
                left.unlink(missing_ok=True)


def _about(kept: Path) -> Path:
    return kept.with_suffix(".part.json")


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
