"""Files that are replaced whole, several at once, whatever happens in between.

Everything is written and forced to the disk under ``.writing`` first. Several files become visible together: a journal that lists the renames
is put in place, then they are done; whoever takes the lock next finishes what a killed process left. Locks are the operating system's, so
they end with the process that held them.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

__all__ = ["exclusive", "finish", "keep", "replace_all", "standing_still", "unfinished", "was_kept", "write_whole"]

WRITING = ".writing"
KEPT = ".kept"


def write_whole(data: bytes, target: Path) -> None:
    """``target`` holds ``data`` entirely, or what it held before. OSError where it cannot be written."""
    aside = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        _write(aside, data)
        aside.replace(target)
    finally:
        aside.unlink(missing_ok=True)
    _sync_folder(target.parent)


@contextmanager
def exclusive(root: Path, slot: int, *, wait: bool = True) -> Iterator[bool]:
    """Hold the lock ``slot`` of the store at ``root``; gives False where another process has it and ``wait`` is off."""
    folder = root / WRITING
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{slot:02d}.lock").open("ab") as handle:
        yield _lock(handle, wait=wait)


@contextmanager
def standing_still(root: Path) -> Iterator[None]:
    """Hold off everybody who would replace files of the store at ``root``; where its disk cannot be written, nobody would."""
    with ExitStack() as held:
        for path in sorted((root / WRITING).glob("[0-9][0-9].lock")):
            _lock_shared(held.enter_context(path.open("rb")))
        yield


def replace_all(root: Path, slot: int, contents: Mapping[Path, bytes]) -> None:
    """Every file of ``contents`` (paths below ``root``) is replaced, or none; the lock ``slot`` must be held.

    OSError where they cannot be written. Should that happen after the journal stands, :func:`finish` completes them later.
    """
    folder = root / WRITING
    parts = {folder / f"{slot:02d}.{i}.part": (target, data) for i, (target, data) in enumerate(contents.items())}
    journal = folder / f"{slot:02d}.journal"
    try:
        for part, (target, data) in parts.items():
            _write(part, data)
            _make_folder(target.parent, root)
        if len(parts) > 1:
            moves = [[part.name, target.relative_to(root).as_posix()] for part, (target, _) in parts.items()]
            write_whole(json.dumps(moves).encode(), journal)
    except OSError:
        for part in parts:
            part.unlink(missing_ok=True)
        raise
    for part, (target, _) in parts.items():
        part.replace(target)
    for parent in {target.parent for target in contents}:
        _sync_folder(parent)
    journal.unlink(missing_ok=True)


def finish(root: Path, slot: int) -> None:
    """Complete what the journal of ``slot`` lists and remove what was left half-written; its lock must be held."""
    folder = root / WRITING
    journal = folder / f"{slot:02d}.journal"
    if journal.exists():
        moves = [(folder / part, root / target) for part, target in json.loads(journal.read_bytes())]
        for part, target in moves:
            if part.exists():
                part.replace(target)
        for parent in {target.parent for _, target in moves}:
            _sync_folder(parent)
        journal.unlink()
    for part in folder.glob(f"{slot:02d}.*part"):
        part.unlink(missing_ok=True)


def keep(root: Path, table: str) -> None:
    """Remember that files of ``table`` lie in the store at ``root``, so that a folder that is lost is missed."""
    mark = root / WRITING / f"{table}{KEPT}"
    if not mark.exists():
        mark.touch()


def was_kept(root: Path, table: str) -> bool:
    """Whether files of ``table`` were ever put into the store at ``root``."""
    return (root / WRITING / f"{table}{KEPT}").exists()


def unfinished(root: Path) -> list[int]:
    """The slots with a journal: a process is publishing files, or was killed while it did."""
    return sorted(int(path.name.split(".")[0]) for path in (root / WRITING).glob("[0-9][0-9].journal"))


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _make_folder(folder: Path, root: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        for parent in (folder, *folder.parents):
            if parent == root.parent:
                break
            _sync_folder(parent)


def _sync_folder(folder: Path) -> None:
    """A rename outlives a power failure only when the folder itself is on the disk."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: IO[bytes], *, wait: bool) -> bool:
        handle.seek(0)
        try:
            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            if wait:
                raise
            return False
        return True

    def _lock_shared(handle: IO[bytes]) -> None:
        """Nothing: an open file cannot be replaced there."""
else:
    import fcntl

    def _lock(handle: IO[bytes], *, wait: bool) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True

    def _lock_shared(handle: IO[bytes]) -> None:
        fcntl.flock(handle, fcntl.LOCK_SH)
