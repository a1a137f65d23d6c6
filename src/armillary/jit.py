"""Compiled kernels that start without Numba.

Numba needs half a second of a process before its first compiled function runs, and 120 MB; its machine code needs neither. ``njit`` here takes the
place of Numba's: a kernel is compiled by Numba at its first call with arguments of some kind, once per machine, and its machine code is kept on
disk; later processes load it with llvmlite alone. Anything the quick way cannot do (another platform, a damaged file, an exception inside a
kernel) is done by Numba itself, with the same result.

Kept code is used only while everything it was made from is unchanged: the kernel's module and the kernels modules that it imports, Numba,
llvmlite, Python and the processor. The files lie in ``__pycache__`` beside the module, or in the user's cache folder where that cannot be written;
``ARMILLARY_KERNELS=numba`` switches the quick way off.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.machinery
import importlib.util
import json
import os
import struct
import sys
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Kernel", "njit"]

_OK, _NONE = 0, -2
"""Status of a native function that returned; all others mean an exception."""
_SCALARS = {"b1": ctypes.c_uint8, "i4": ctypes.c_int32, "i8": ctypes.c_int64, "u8": ctypes.c_uint64, "f4": ctypes.c_float, "f8": ctypes.c_double}
_MAGIC = b"armillary kernel 1\n"
_LOCK = threading.RLock()

announce: list[Callable[[str], None]] = []
"""Called with the name of a kernel before it is compiled, which takes seconds: the command line says so."""

Kind = Any
"""What the machine code depends on of one argument: text for a scalar, a tuple for an array or a tuple of kinds."""


def njit(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """The kernel of a function; options are those of ``numba.njit`` (``cache`` is implied)."""
    options.pop("cache", None)
    if function is None:
        return functools.partial(Kernel, options=options)
    return Kernel(function, options=options)


class Kernel:
    """A function of numbers and arrays that runs as machine code. Call it with positional arguments."""

    def __init__(self, function: Callable[..., Any], *, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.options = options
        self._entries: dict[tuple[Kind, ...], Callable[..., Any]] = {}

    def __call__(self, *arguments: Any) -> Any:
        kinds = tuple([_kind(a) for a in arguments])
        entry = self._entries.get(kinds)
        if entry is None:
            with _LOCK:
                entry = self._entries.get(kinds) or self._prepare(kinds, arguments)
                self._entries[kinds] = entry
        return entry(*arguments)

    @functools.cached_property
    def dispatcher(self) -> Any:
        """Numba's own function, compiled when called."""
        import numba

        return numba.njit(**self.options)(self.function)

    @property
    def _numba_type_(self) -> Any:
        """What lets Numba compile calls from other kernels."""
        return self.dispatcher._numba_type_

    def _prepare(self, kinds: tuple[Kind, ...], arguments: tuple[Any, ...]) -> Callable[..., Any]:
        if not _quick() or any(kind is None for kind in kinds):
            return self._by_numba
        path = _place(self.function, kinds, self.options)
        kept = _load(path, self.function.__module__)
        if kept is not None:
            try:
                return _Native(kept, kinds, self._by_numba)
            except (OSError, RuntimeError, ValueError):
                pass
        self._compile(arguments, path)
        return self._by_numba

    def _by_numba(self, *arguments: Any) -> Any:
        return self.dispatcher(*arguments)

    def _compile(self, arguments: tuple[Any, ...], path: Path) -> None:
        """Compile for these arguments and keep the machine code."""
        import numba

        for tell in announce:
            tell(self.__name__)

        types = tuple(numba.typeof(a) for a in arguments)
        self.dispatcher.compile(types)
        compiled = self.dispatcher.overloads[types]
        returns = _returned(compiled.signature.return_type)
        if returns is not None:
            code = bytes(compiled.library._get_compiled_object())
            _keep(path, self.function.__module__, {"symbol": compiled.fndesc.llvm_func_name, "returns": returns}, code)


def _quick() -> bool:
    """Whether machine code may be kept and loaded here."""
    return sys.platform == "linux" and struct.calcsize("P") == 8 and os.environ.get("ARMILLARY_KERNELS") != "numba" and not _numba_is_altered()


def _numba_is_altered() -> bool:
    """Whether the environment asks Numba for code that is not the usual one (checks, debugging, no compilation)."""
    return any(os.environ.get(f"NUMBA_{name}", "0") not in ("", "0") for name in ("DISABLE_JIT", "BOUNDSCHECK", "DEBUGINFO"))


# Kinds of arguments --------------------------------------------------------------------------------------------------------------------------------


def _kind(value: Any) -> Kind:
    """The kind of an argument, or None for one that only Numba can pass."""
    if isinstance(value, np.ndarray):
        flags = value.flags
        if not flags.aligned or not value.dtype.isnative or value.dtype.kind not in "biuf":
            return None
        layout = "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A"
        return (value.dtype.char, value.ndim, layout, flags.writeable)
    if isinstance(value, bool | np.bool_):
        return "b1"
    if isinstance(value, np.generic):
        name = value.dtype.str[1:]
        return name if name in _SCALARS else None
    if isinstance(value, int):
        return "i8"
    if isinstance(value, float):
        return "f8"
    if isinstance(value, tuple):
        kinds = tuple(_kind(item) for item in value)
        return None if any(kind is None for kind in kinds) else ("tuple", *kinds)
    return None


def _c_types(kind: Kind) -> Iterator[Any]:
    """The C arguments that one argument becomes in Numba's calling convention."""
    if isinstance(kind, str):
        yield _SCALARS[kind]
    elif kind[0] == "tuple":
        for item in kind[1:]:
            yield from _c_types(item)
    else:
        yield from (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
        yield from [ctypes.c_int64] * (2 * kind[1])


def _unpack(value: Any, out: list[Any]) -> None:
    """The values of those C arguments: an array is its address, counts, shape and strides, owned by nobody."""
    if isinstance(value, np.ndarray):
        out += (None, None, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides)
    elif isinstance(value, tuple):
        for item in value:
            _unpack(item, out)
    else:
        out.append(value)


# What comes back -----------------------------------------------------------------------------------------------------------------------------------


def _returned(numba_type: Any) -> list[Any] | str | None:
    """A return type of Numba as plain values, or None for one that is not handled here."""
    from numba import types

    numba_type = types.unliteral(numba_type)
    if isinstance(numba_type, types.NoneType):
        return "none"
    if isinstance(numba_type, types.BaseTuple):
        items = [_returned(item) for item in numba_type]
        return None if None in items or "none" in items else ["tuple", *items]
    if isinstance(numba_type, types.Array):
        dtype = np.dtype(str(numba_type.dtype))
        return ["array", dtype.str, numba_type.ndim]
    if isinstance(numba_type, types.Boolean | types.Integer | types.Float):
        name = "b1" if isinstance(numba_type, types.Boolean) else np.dtype(str(numba_type)).str[1:]
        return name if name in _SCALARS else None
    return None


def _layout(returns: list[Any] | str, offset: int = 0) -> tuple[Callable[[int], Any], int]:
    """A function that reads the value at an address, and where it ends when it begins at ``offset`` from there (natural alignment)."""
    if isinstance(returns, str):
        kind = _SCALARS[returns]
        size = ctypes.sizeof(kind)
        start = -(-offset // size) * size
        plain = bool if returns == "b1" else (lambda value: value)
        return (lambda address: plain(kind.from_address(address + start).value)), start + size
    if returns[0] == "tuple":
        readers = []
        for item in returns[1:]:
            reader, offset = _layout(item, offset)
            readers.append(reader)
        return (lambda address: tuple(reader(address) for reader in readers)), offset
    dtype, ndim = np.dtype(returns[1]), returns[2]
    start = -(-offset // 8) * 8
    words = 5 + 2 * ndim

    def array(address: int) -> NDArray[Any]:
        numbers = (ctypes.c_int64 * words).from_address(address + start)
        owner, _, size, itemsize, data = numbers[:5]
        shape, strides = tuple(numbers[5 : 5 + ndim]), tuple(numbers[5 + ndim :])
        if not size:
            result: NDArray[Any] = np.empty(shape, dtype)
        else:
            extent = sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) + itemsize
            raw = (ctypes.c_char * extent).from_address(data)
            result = np.ndarray(shape, dtype, raw, 0, strides).copy()
        _release(owner)
        return result

    return array, start + 8 * words


def _release(owner: int) -> None:
    """Give back one reference to memory that a kernel allocated: its count is the first word, and at zero the runtime's destructor frees it."""
    if owner:
        count = ctypes.c_size_t.from_address(owner)
        count.value -= 1
        if count.value == 0:
            _runtime().destroy(owner)


class _Native:
    """Machine code behind a Python call."""

    def __init__(self, kept: tuple[dict[str, Any], bytes], kinds: Sequence[Kind], otherwise: Callable[..., Any]) -> None:
        about, code = kept
        address = _runtime().link(code, about["symbol"])
        c_types = [c_type for kind in kinds for c_type in _c_types(kind)]
        self._call = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *c_types)(address)
        self._read, size = (None, 8) if about["returns"] == "none" else _layout(about["returns"])
        self._room = ctypes.c_int64 * (-(-size // 8))
        self._otherwise = otherwise

    def __call__(self, *arguments: Any) -> Any:
        values: list[Any] = []
        for argument in arguments:
            _unpack(argument, values)
        room, exception = self._room(), ctypes.c_void_p()
        status = self._call(ctypes.addressof(room), ctypes.addressof(exception), *values)
        if status not in (_OK, _NONE):
            return self._otherwise(*arguments)  # raises as Numba does, with its message
        return None if self._read is None else self._read(ctypes.addressof(room))


# Linking -------------------------------------------------------------------------------------------------------------------------------------------


@functools.cache
def _runtime() -> _Runtime:
    return _Runtime()


class _Runtime:
    """llvmlite's linker with the helper functions that Numba's machine code calls."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        self.llvm = llvm
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        root = Path(_spec("numba").submodule_search_locations[0])  # type: ignore[index]
        helpers = _extension("numba._helperlib", root).c_helpers
        memory = _extension("numba.core.runtime._nrt_python", root / "core" / "runtime").c_helpers
        for name, address in helpers.items():
            llvm.add_symbol(name if name.startswith("_") else f"numba_{name}", address)
        for name in ("sin", "cos", "tan", "asin", "acos", "atan", "atan2", "exp", "log", "log10", "pow", "sqrt", "floor", "ceil", "hypot"):
            if name in helpers:
                llvm.add_symbol(name, helpers[name])
        for name, address in memory.items():
            llvm.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)
        llvm.add_symbol("_Py_NoneStruct", id(None))
        self.destroy = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(memory["MemInfo_call_dtor"])
        module = llvm.parse_assembly("")
        self.engine = llvm.create_mcjit_compiler(module, llvm.Target.from_default_triple().create_target_machine(jit=True))

    def link(self, code: bytes, symbol: str) -> int:
        """The address of a function of an object file; RuntimeError when something that it calls is not there (linking would end the process)."""
        for name in _undefined(code):
            if not self.llvm.address_of_symbol(name) and not _of_python(name):
                raise RuntimeError(f"nothing is called {name}")
        self.engine.add_object_file(self.llvm.object_file.ObjectFileRef.from_data(code))
        self.engine.finalize_object()
        address = self.engine.get_function_address(symbol)
        if not address:
            raise RuntimeError(f"no function {symbol}")
        return int(address)


def _of_python(name: str) -> bool:
    try:
        ctypes.cast(getattr(ctypes.pythonapi, name), ctypes.c_void_p)
    except (AttributeError, ValueError):
        return False
    return True


def _spec(name: str) -> importlib.machinery.ModuleSpec:
    found = importlib.util.find_spec(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed")
    return found


def _extension(name: str, folder: Path) -> ModuleType:
    """An extension module of Numba, without importing Numba."""
    if name in sys.modules:
        return sys.modules[name]
    for suffix in importlib.machinery.EXTENSION_SUFFIXES:
        path = folder / (name.rsplit(".", 1)[1] + suffix)
        if path.exists():
            loader = importlib.machinery.ExtensionFileLoader(name, str(path))
            spec = importlib.util.spec_from_loader(name, loader)
            module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
            loader.exec_module(module)
            return module
    raise RuntimeError(f"{name} was not found")


def _undefined(code: bytes) -> Iterator[str]:
    """Names that a 64-bit little-endian ELF object expects from elsewhere; ValueError for any other file."""
    if code[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit ELF object")
    (sections,), (size, count) = struct.unpack_from("<Q", code, 40), struct.unpack_from("<HH", code, 58)
    headers = [struct.unpack_from("<IIQQQQIIQQ", code, sections + i * size) for i in range(count)]
    for _, kind, _, _, offset, length, link, _, _, entry in headers:
        if kind != 2:
            continue
        names = headers[link][4]
        for at in range(offset, offset + length, entry):
            name, info, _, where, _, _ = struct.unpack_from("<IBBHQQ", code, at)
            if where == 0 and name and info >> 4 == 1:
                yield code[names + name : code.index(b"\0", names + name)].decode()


# Keeping -------------------------------------------------------------------------------------------------------------------------------------------


@functools.cache
def _toolchain() -> str:
    """What besides the source decides the machine code."""
    import llvmlite
    import llvmlite.binding as llvm

    root = Path(_spec("numba").submodule_search_locations[0])  # type: ignore[index]
    numba = os.stat(root / "__init__.py"), os.stat(root / "_version.py")
    features = ",".join(sorted(name for name, on in llvm.get_host_cpu_features().items() if on))
    parts = [*(f"{s.st_size} {s.st_mtime_ns}" for s in numba), llvmlite.__version__, np.__version__, sys.version, llvm.get_host_cpu_name(), features]
    return "\n".join(parts)


def _digest(data: bytes) -> str:
    """A short name for some bytes (hashlib would load OpenSSL: 10 ms)."""
    return f"{zlib.crc32(data):08x}{zlib.adler32(data):08x}"


def _place(function: Callable[..., Any], kinds: tuple[Kind, ...], options: dict[str, Any]) -> Path:
    """Where the machine code of a function for these kinds of arguments is kept."""
    assert isinstance(function, FunctionType)
    digest = _digest(repr((kinds, sorted(options.items()), sys.implementation.cache_tag)).encode())
    source = Path(function.__code__.co_filename)
    return _folder(source.parent) / f"{source.stem}.{function.__name__}.{digest}.kernel"


@functools.cache
def _folder(beside: Path) -> Path:
    """``__pycache__`` beside the module, or a folder of the user's where that cannot be written."""
    folder = beside / "__pycache__"
    if os.access(folder if folder.exists() else beside, os.W_OK):
        return folder
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "armillary" / _digest(str(beside).encode())


@functools.cache
def _sources(module: str) -> dict[str, list[int]]:
    """The files a kernel is made from, with size and time of change: its module and the kernels modules that it imports."""
    found: dict[str, list[int]] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        source = sys.modules[name]
        if name in found:
            continue
        status = os.stat(str(source.__file__))
        found[name] = [status.st_size, status.st_mtime_ns]
        waiting += {value.function.__module__ for value in vars(source).values() if isinstance(value, Kernel)} - {name}
        waiting += [value.__name__ for value in vars(source).values() if isinstance(value, ModuleType) and value.__name__.endswith("kernels")]
    return found


def _keep(path: Path, module: str, about: dict[str, Any], code: bytes) -> None:
    """Write machine code aside and give it its name; where nothing can be written, the next process compiles again."""
    head = json.dumps({**about, "toolchain": _toolchain(), "sources": _sources(module)}).encode()
    check = zlib.crc32(head + code)
    aside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(_MAGIC + struct.pack("<QQ", len(head), check) + head + code)
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)


def _load(path: Path, module: str) -> tuple[dict[str, Any], bytes] | None:
    """Machine code that is whole and still true, or None."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    at = len(_MAGIC)
    if data[:at] != _MAGIC or len(data) < at + 16:
        return None
    length, check = struct.unpack_from("<QQ", data, at)
    rest = data[at + 16 :]
    if zlib.crc32(rest) != check:
        return None
    about = json.loads(rest[:length])
    if about["toolchain"] != _toolchain() or about["sources"] != _sources(module):
        return None
    return about, rest[length:]
