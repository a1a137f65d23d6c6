"""Machine code on disk: where it lies, and when it may still be used."""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import struct
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from armillary._lazy import lazy_module
from armillary.jit.sources import digest, stamp, unchanged
from armillary.jit.values import Kind

llvmlite = lazy_module("llvmlite")
llvm = lazy_module("llvmlite.binding")

__all__ = ["Code", "Entry", "any_kept"]

_MAGIC = b"armillary kernel 2\n"


@dataclass(frozen=True, slots=True)
class Code:
    """An object file, the name of the function in it, and what that returns (None where only Numba can call it)."""

    symbol: str
    returns: Any
    object_file: bytes
    sources: dict[str, str]
    """Stamps of the modules it was made from, by name."""


class Entry:
    """The place of a function's machine code for arguments of some kinds."""

    def __init__(self, function: Callable[..., Any], options: dict[str, Any], kinds: tuple[Kind, ...]) -> None:
        source = Path(function.__code__.co_filename)
        self._about = {
            "function": f"{function.__module__}.{function.__qualname__}:{function.__code__.co_firstlineno}",
            "kinds": repr((kinds, sorted(options.items()))),
            "toolchain": _toolchain(),
        }
        which = digest(repr((self._about["function"], self._about["kinds"], sys.implementation.cache_tag, _processor())).encode())
        self._places = [folder / f"{source.stem}.{function.__name__}.{which}.kernel" for folder in _folders(source.parent)]

    def load(self) -> Code | None:
        """Machine code that is whole and still true, or None."""
        for place in self._places:
            found = _read(place)
            if found is None:
                continue
            head, code = found
            if all(head[name] == value for name, value in self._about.items()) and unchanged(head["sources"]):
                return Code(head["symbol"], head["returns"], code, head["sources"])
        return None

    def keep(self, code: Code) -> None:
        """Write machine code where that can be done: aside first, then under its name. Where it cannot, the next process compiles again."""
        head = json.dumps({**self._about, "symbol": code.symbol, "returns": code.returns, "sources": code.sources}).encode()
        rest = head + code.object_file
        data = _MAGIC + struct.pack("<QQ", len(head), zlib.crc32(rest)) + rest
        for place in self._places:
            aside = place.with_name(f".{place.name}.{os.getpid()}.{threading.get_ident()}")
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                aside.write_bytes(data)
                aside.replace(place)
                return
            except OSError:
                with suppress(OSError):
                    aside.unlink()


def any_kept(package: Path) -> bool:
    """Whether machine code for any module of a package (its folder) was kept before, true or no longer true."""
    return any(next(folder.glob("*.kernel"), None) for part in package.rglob("__init__.py") for folder in _folders(part.parent))


def _read(place: Path) -> tuple[dict[str, Any], bytes] | None:
    """Head and object file, or None unless there is a whole file."""
    try:
        data = place.read_bytes()
    except OSError:
        return None
    at = len(_MAGIC)
    if data[:at] != _MAGIC or len(data) < at + 16:
        return None
    length, check = struct.unpack_from("<QQ", data, at)
    rest = memoryview(data)[at + 16 :]
    if zlib.crc32(rest) != check:
        return None
    return json.loads(bytes(rest[:length])), bytes(rest[length:])


def _folders(beside: Path) -> Iterator[Path]:
    """``__pycache__`` beside the module, and a folder of the user's for where that cannot be written."""
    yield beside / "__pycache__"
    base = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    if base.is_absolute():
        yield base / "armillary" / digest(os.fsencode(beside))


@functools.cache
def _processor() -> str:
    """The machine that code is made for: different ones may share a folder."""
    features = ",".join(sorted(name for name, on in llvm.get_host_cpu_features().items() if on))
    return f"{llvm.get_host_cpu_name()} {digest(features.encode())}"


@functools.cache
def _toolchain() -> str:
    """What besides the source decides the machine code."""
    numba = importlib.util.find_spec("numba")
    own = "".join(str(stamp(str(path))) for path in sorted(Path(__file__).parent.glob("[a-z]*.py")))
    settings = sorted(f"{name}={value}" for name, value in os.environ.items() if name.startswith("NUMBA_"))
    version = stamp(str(Path(str(numba.origin)).with_name("_version.py"))) if numba else None
    return " ".join([str(version), llvmlite.__version__, np.__version__, sys.version, _processor(), digest(own.encode()), *settings])
