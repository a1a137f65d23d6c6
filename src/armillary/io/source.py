"""The bytes of a file, whatever wraps them: gzip, compress (.Z), bzip2 and zip are told by their first bytes, not by the name.

Decompression is bounded: it stops with LimitError when the result passes ``limit_bytes``, or passes both 64 MiB and 100 times the size
of the file (observation text shrinks 4 to 15 times; only a bomb shrinks more). At most two wrappings are taken off.
"""

from __future__ import annotations

import bz2
import io
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from armillary._lazy import lazy_module
from armillary.core.loss import Loss
from armillary.errors import FormatError, InputError, LimitError

if TYPE_CHECKING:
    from os import PathLike

kernels = lazy_module("armillary.io.compress_kernels")

__all__ = ["HEAD_BYTES", "LIMIT_BYTES", "Source", "load_head", "load_source", "source_from_bytes"]

LIMIT_BYTES = 2 << 30
"""A file may hold 2 GiB, wrapped or not."""

FREE_BYTES = 64 << 20
"""Results up to this size are never called a bomb."""

LARGEST_RATIO = 100
"""Decompressed over compressed size beyond which a larger result is called a bomb."""

HEAD_BYTES = 1 << 16
"""What :func:`load_head` reads of a file as it lies on the disk."""

_PIECE = 1 << 20
_LAYERS = 2


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader is given: the decompressed bytes of a file, and the name the caller used for it."""

    path: str
    data: bytes
    losses: tuple[Loss, ...] = ()
    """Damage to the wrapping (a cut-off gzip file); line 0 stands for the whole file."""


@dataclass(frozen=True, slots=True)
class _Unwrapped:
    data: bytes
    complete: bool = True
    reason: str = ""


def load_source(path: str | PathLike[str], *, limit_bytes: int = LIMIT_BYTES) -> Source:
    """The decompressed content of a file.

    A cut-off or damaged wrapping gives what could be decompressed and a loss. Raises InputError when there is no such readable file,
    FormatError when it is empty, a web page or an unreadable archive, and LimitError when it passes a size limit.
    """
    name = str(path)
    return source_from_bytes(_read_file(name, limit_bytes), name, limit_bytes=limit_bytes)


def load_head(path: str | PathLike[str]) -> Source:
    """The start of a file, decompressed: its header and some records, to tell what it is without reading it all.

    The cut gives losses that mean nothing. Raises as :func:`load_source`, and FormatError where a wrapping (zip, bzip2) gives nothing before its end.
    """
    name = str(path)
    try:
        if not Path(name).is_file():
            return load_source(path)
        with open(name, "rb", buffering=0) as f:
            return source_from_bytes(f.read(HEAD_BYTES), name)
    except OSError as error:
        raise InputError(f"{name}: cannot be read ({error.strerror})") from None


def source_from_bytes(data: bytes, path: str, *, limit_bytes: int = LIMIT_BYTES) -> Source:
    """The decompressed content of bytes that came from anywhere; raises as :func:`load_source`."""
    losses: list[Loss] = []
    for _ in range(_LAYERS):
        unwrap = _unwrapper(data)
        if unwrap is None:
            break
        result = unwrap(data, path, limit_bytes)
        if result.reason:
            losses.append(Loss(0, 0, result.reason))
        if not result.complete and not result.data:
            raise FormatError(path, 0, result.reason)
        data = result.data
    if not data:
        raise FormatError(path, 0, "is empty")
    start = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise FormatError(path, 0, "is a web page (a login page?), not data")
    return Source(path, data, tuple(losses))


def _read_file(name: str, limit_bytes: int) -> bytes:
    try:
        mode = Path(name).stat().st_mode
        if stat.S_ISDIR(mode):
            raise InputError(f"{name} is a directory, a file was expected")
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            raise InputError(f"{name} is a device, a file was expected")
        with open(name, "rb", buffering=0) as f:
            size = Path(name).stat().st_size
            if size > limit_bytes:
                raise LimitError(f"{name}: {size} bytes, the limit is {limit_bytes}")
            if stat.S_ISREG(mode):
                return f.readall()
            return _joined(iter(lambda: f.read(_PIECE), b""), name, limit_bytes, limit_bytes)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{name}: there is no such file") from None
    except PermissionError:
        raise InputError(f"{name}: reading it is not permitted") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{name}: cannot be read ({error})") from None


def _joined(pieces: Iterator[bytes], path: str, packed_bytes: int, limit_bytes: int) -> bytes:
    """All pieces as one; LimitError as soon as they pass a limit."""
    kept, total = [], 0
    allowed = min(limit_bytes, max(FREE_BYTES, LARGEST_RATIO * packed_bytes))
    for piece in pieces:
        total += len(piece)
        if total > allowed:
            raise LimitError(_too_large(path, packed_bytes, allowed, limit_bytes))
        kept.append(piece)
    return kept[0] if len(kept) == 1 else b"".join(kept)


def _too_large(path: str, packed_bytes: int, allowed: int, limit_bytes: int) -> str:
    if allowed == limit_bytes:
        return f"{path}: holds more than {limit_bytes} bytes when decompressed, the limit"
    return f"{path}: {packed_bytes} bytes decompress to more than {allowed}, over {LARGEST_RATIO} times as many: refused as a decompression bomb"


class _Stream:
    """Runs one decompressor class over concatenated streams and remembers how it ended."""

    def __init__(self, make: Callable[[], Any], data: bytes, magic: bytes) -> None:
        self.make, self.data, self.magic, self.reason = make, data, magic, ""

    def __iter__(self) -> Iterator[bytes]:
        rest: bytes | memoryview = memoryview(self.data)
        while rest:
            decoder = self.make()
            fed, full = 0, False
            while not decoder.eof:
                held = getattr(decoder, "unconsumed_tail", b"")
                if held or full or not getattr(decoder, "needs_input", True):
                    given = held
                elif fed < len(rest):
                    given = rest[fed : fed + _PIECE]
                    fed += len(given)
                else:
                    self.reason = "the compressed file is cut off: what came before was read"
                    return
                spare = decoder.copy() if hasattr(decoder, "copy") else None
                try:
                    piece = decoder.decompress(given, _PIECE)
                except (zlib.error, OSError, EOFError, ValueError) as error:
                    yield from _up_to_damage(spare, given)
                    self.reason = f"the compressed file is damaged ({error}): what came before was read"
                    return
                full = len(piece) == _PIECE
                if piece:
                    yield piece
            rest = rest[fed - len(decoder.unused_data) :]
            if bytes(rest[: len(self.magic)]) != self.magic:
                # Padding after the last member is common on tapes and some servers; gzip ignores it too.
                return


def _up_to_damage(spare: Any, given: bytes | memoryview) -> Iterator[bytes]:
    """What a decompressor still gives when it is asked for less and less before the place where it fails."""
    for size in (4096, 1) if spare is not None else ():
        piece = b"-"
        while piece:
            before = spare.copy()
            try:
                piece = spare.decompress(given, size)
            except zlib.error:
                spare = before
                break
            given = spare.unconsumed_tail
            yield piece


def _gunzip(data: bytes, path: str, limit_bytes: int) -> _Unwrapped:
    stream = _Stream(lambda: zlib.decompressobj(wbits=31), data, b"\x1f\x8b")
    return _run(stream, path, limit_bytes)


def _bunzip(data: bytes, path: str, limit_bytes: int) -> _Unwrapped:
    return _run(_Stream(bz2.BZ2Decompressor, data, b"BZh"), path, limit_bytes)


def _run(stream: _Stream, path: str, limit_bytes: int) -> _Unwrapped:
    joined = _joined(iter(stream), path, len(stream.data), limit_bytes)
    return _Unwrapped(joined, not stream.reason, stream.reason)


def _uncompress(data: bytes, path: str, limit_bytes: int) -> _Unwrapped:
    packed = np.frombuffer(data, np.uint8)
    allowed = min(limit_bytes, max(FREE_BYTES, LARGEST_RATIO * len(data)))
    size, status = kernels.uncompress(packed, np.empty(0, np.uint8), allowed)
    if size > allowed:
        raise LimitError(_too_large(path, len(data), allowed, limit_bytes))
    out = np.empty(size, np.uint8)
    if size:
        kernels.uncompress(packed, out, allowed)
    reason = "the compressed file is damaged (a code out of order): what came before was read" if status else ""
    return _Unwrapped(out.tobytes(), not status, reason)


def _unzip(data: bytes, path: str, limit_bytes: int) -> _Unwrapped:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
            if not members:
                raise FormatError(path, 0, "is a zip archive without a file in it")
            note = f"the archive holds {len(members)} files, only {members[0].filename!r} was read" if len(members) > 1 else ""
            with archive.open(members[0]) as member:
                return _Unwrapped(_joined(iter(lambda: member.read(_PIECE), b""), path, len(data), limit_bytes), True, note)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise FormatError(path, 0, f"is a zip archive that cannot be read ({error})") from None


_UNWRAPPERS = (
    (b"\x1f\x8b", _gunzip),
    (b"\x1f\x9d", _uncompress),
    (b"BZh", _bunzip),
    (b"PK\x03\x04", _unzip),
    (b"PK\x05\x06", _unzip),
)
"""First bytes of a wrapping and what takes it off."""


def _unwrapper(data: bytes) -> Callable[[bytes, str, int], _Unwrapped] | None:
    return next((unwrap for magic, unwrap in _UNWRAPPERS if data.startswith(magic)), None)
