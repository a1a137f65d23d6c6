"""Machine code made callable, with llvmlite alone."""

from __future__ import annotations

import ctypes
import functools
import importlib.machinery
import importlib.util
import pickle
import struct
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from armillary._lazy import lazy_module
from armillary.jit.kept import Code
from armillary.jit.values import Kind, c_types, layout, unpack

llvm = lazy_module("llvmlite.binding")

__all__ = ["Native", "can_link"]

_OK, _NONE, _RAISED = 0, -2, 1
"""Status of a compiled function: returned, returned None, raised what the exception says; others mean an error of Python's."""
_ELF64 = b"\x7fELF\x02\x01"
_SYMBOL_TABLE, _LOCAL = 2, 0


class _Exception(ctypes.Structure):
    """What a compiled function raised: pickled class, arguments and place; with ``made`` above zero the arguments are still to be made."""

    _fields_ = (
        ("pickled", ctypes.c_void_p),
        ("size", ctypes.c_int32),
        ("hash", ctypes.c_void_p),
        ("make", ctypes.c_void_p),
        ("made", ctypes.c_int32),
    )


class Native:
    """A compiled function as a Python callable."""

    def __init__(self, code: Code, kinds: Sequence[Kind], otherwise: Callable[..., Any]) -> None:
        arguments = [c_type for kind in kinds for c_type in c_types(kind)]
        prototype = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *arguments)
        self._call = prototype(_runtime().link(code.object_file, code.symbol))
        answer = layout(code.returns, _runtime().release)
        self._read = answer.read
        self._room = ctypes.c_int64 * max(1, -(-answer.size // 8))
        self._otherwise = otherwise

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns for arguments of its kinds; raises what it raises."""
        values: list[Any] = []
        for argument in arguments:
            unpack(argument, values)
        room, exception = self._room(), ctypes.c_void_p()
        status = self._call(ctypes.addressof(room), ctypes.addressof(exception), *values)
        if status == _OK:
            return self._read(ctypes.addressof(room), arguments)
        if status == _NONE:
            return None
        if status >= _RAISED and exception.value:
            raised = _Exception.from_address(exception.value)
            if raised.made <= 0:
                raise _unpickled(ctypes.string_at(raised.pickled, raised.size))
        return self._otherwise(*arguments)  # raises as Numba does, with a message made of values


def _unpickled(data: bytes) -> BaseException:
    kind, arguments, place = pickle.loads(data)
    error: BaseException = kind(*arguments)
    if place is not None:
        error.add_note("in {}, {}, line {}".format(*place))
    return error


def can_link(code: Code) -> bool:
    """Whether the function is there and everything that it needs is in this process (LLVM ends the process over a missing name)."""
    return _runtime().has_all(code.object_file, code.symbol)


@functools.cache
def _runtime() -> _Runtime:
    return _Runtime()


class _Runtime:
    """llvmlite's linker with the helper functions that Numba's machine code calls."""

    def __init__(self) -> None:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        root = _folder_of("numba")
        self._helpers = _extension("numba._helperlib", root).c_helpers
        memory = _extension("numba.core.runtime._nrt_python", root / "core" / "runtime").c_helpers
        self._helpers = {
            **self._helpers,
            **{f"numba_{name}": address for name, address in self._helpers.items()},
            **{name if name.startswith("_") else f"NRT_{name}": address for name, address in memory.items()},
            "_Py_NoneStruct": id(None),
        }
        self._destroy = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(memory["MemInfo_call_dtor"])
        self._target = llvm.Target.from_default_triple()
        self._engines: list[Any] = [self._engine()]  # the first one makes the symbols of this process known to LLVM

    def _engine(self) -> Any:
        return llvm.create_mcjit_compiler(llvm.parse_assembly(""), self._target.create_target_machine(jit=True))

    def has_all(self, code: bytes, symbol: str) -> bool:
        """Whether ``symbol`` is defined and every other name can be resolved; those that only Numba knows are told to LLVM."""
        there = False
        for name, defined in _symbols(code):
            if defined:
                there = there or name == symbol
                continue
            address = self._helpers.get(name)
            if address is not None:
                llvm.add_symbol(name, address)
            elif not llvm.address_of_symbol(name):
                return False
        return there

    def link(self, code: bytes, symbol: str) -> int:
        """The address of a function of an object file for which ``has_all`` holds. Every file has a linker of its own: names do not meet."""
        engine = self._engine()
        self._engines.append(engine)
        engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return int(engine.get_function_address(symbol))

    def release(self, owner: int) -> None:
        """Give back one reference to memory that a kernel allocated: its count is the first word; at zero the runtime frees it.

        The interpreter's lock is held, and no compiled function knows an owner beyond its return: nobody else counts at the same time.
        """
        count = ctypes.c_size_t.from_address(owner)
        count.value -= 1
        if count.value == 0:
            self._destroy(owner)


def _folder_of(package: str) -> Path:
    """Where a package is installed, without importing it."""
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise ImportError(f"{package} is not installed", name=package)
    return Path(found.origin).parent


def _extension(name: str, folder: Path) -> ModuleType:
    """An extension module of Numba, without importing Numba."""
    if name in sys.modules:
        return sys.modules[name]
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        path = folder / (name.rsplit(".", 1)[1] + suffix)
        if path.exists():
            loader = importlib.machinery.ExtensionFileLoader(name, str(path))
            module = importlib.util.module_from_spec(importlib.machinery.ModuleSpec(name, loader, origin=str(path)))
            loader.exec_module(module)
            return module
    raise ImportError(f"{name} was not found", name=name)


def _symbols(code: bytes) -> Iterator[tuple[str, bool]]:
    """Names that a 64-bit little-endian ELF object shares with others, strong or weak, and whether it defines them; none of any other file."""
    if code[:6] != _ELF64:
        return
    (sections,), (size, count) = struct.unpack_from("<Q", code, 40), struct.unpack_from("<HH", code, 58)
    headers = [struct.unpack_from("<IIQQQQIIQQ", code, sections + i * size) for i in range(count)]
    for _, kind, _, _, offset, length, link, _, _, entry in headers:
        if kind != _SYMBOL_TABLE:
            continue
        names = headers[link][4]
        for at in range(offset, offset + length, entry):
            name, info, _, section, _, _ = struct.unpack_from("<IBBHQQ", code, at)
            if name and info >> 4 != _LOCAL:
                yield code[names + name : code.index(b"\0", names + name)].decode(), section != 0
