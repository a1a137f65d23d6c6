"""Numba at work: a kernel's machine code as one object file.

Numba compiles every function that a kernel calls to machine code of its own, with entries from Python and C, before it does so again inside the
kernel. Only the kernel is called here, so only the kernel is optimised and turned into machine code: that halves the wait and the size.
"""

from __future__ import annotations

import ast
import functools
import gc
import importlib.util
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from armillary._lazy import lazy_module
from armillary.jit.kept import Code
from armillary.jit.sources import stamp
from armillary.jit.values import SCALARS

codegen = lazy_module("numba.core.codegen")
compiler_lock = lazy_module("numba.core.compiler_lock")
errors = lazy_module("numba.core.errors")
numba = lazy_module("numba")
registry = lazy_module("numba.core.registry")
types = lazy_module("numba.core.types")

__all__ = ["inner", "machine_code", "whole"]

_UNTRACKED = {*sys.stdlib_module_names, "llvmlite", "numba", "numpy"}
"""Packages whose version says enough."""
_ADDRESS = "numba.dynamic.globals"
"""Beginning of the names under which Numba keeps addresses of the process: of large global arrays, of functions of other languages."""
_OTHER_NUMBA = (AttributeError, AssertionError, LookupError, NotImplementedError, RuntimeError, TypeError, ValueError)
"""What a Numba whose inner parts are not those known here may raise: it then does the work in its own way."""


def whole(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """The function as Numba compiles it, kept by Numba where it can be, and until any of its sources changes."""
    sources = _sources(function.__module__)
    try:
        made = numba.njit(cache=sources is not None, **options)(function)
    except RuntimeError:  # Numba finds no place to keep it
        return numba.njit(**options)(function)
    index = getattr(getattr(made, "_cache", None), "_cache_file", None)
    if index is not None:  # Numba itself looks at the function's own file only
        index._source_stamp = (index._source_stamp, sorted((sources or {}).items()))
    return made


def inner(function: Callable[..., Any], options: dict[str, Any]) -> Any:
    """The function as kernels call it: no entry from Python, and a constant argument is a number like any other, not a reason to compile again."""
    made = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **options)(function)
    template = getattr(made, "get_call_template", None)
    if template is not None:  # else compilation is switched off
        made.get_call_template = lambda args, kws: template(
            tuple(types.unliteral(a) for a in args), {name: types.unliteral(a) for name, a in kws.items()}
        )
    return made


def machine_code(dispatcher: Any, arguments: tuple[Any, ...]) -> Code | None:
    """The machine code of an inner function for arguments like these; ``returns`` is None where only Numba can call it.

    None where it cannot be made, because of the function (Numba will say why) or of Numba.
    """
    sources = _sources(dispatcher.py_func.__module__)
    if sources is None:
        return None
    signature = tuple(numba.typeof(a) for a in arguments)
    try:
        with compiler_lock.global_compiler_lock, _no_garbage_collection(), _unfinished_libraries() as generator:
            dispatcher.compile(signature)
            compiled = dispatcher.overloads[signature]
            returns = _returned(compiled.signature.return_type)
            symbol = compiled.fndesc.llvm_func_name
            made = None if returns is None or compiled.reload_init else _object_file(generator, compiled.library, symbol)
            return Code("", None, b"", sources) if made is None else Code(symbol, returns, made, sources)
    except (errors.NumbaError, *_OTHER_NUMBA):
        return None


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Numba makes millions of objects that live until a kernel is compiled: looking through them again and again takes a tenth of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@contextmanager
def _unfinished_libraries() -> Iterator[Any]:
    """Let Numba's code generator stop before optimising: what is compiled meanwhile can be linked into others, and is nothing that runs."""
    generator = registry.cpu_target.target_context.codegen()
    generator._library_class = _unfinished()
    generator.set_env = lambda name, environment: None
    try:
        yield generator
    finally:
        del generator._library_class, generator.set_env


@functools.cache
def _unfinished() -> Any:
    class Unfinished(codegen.JITCodeLibrary):  # type: ignore[misc, name-defined]
        def _optimize_functions(self, module: Any) -> None:
            module.data_layout = self._codegen._data_layout

        def _optimize_final_module(self) -> None:
            pass

        def _finalize_final_module(self) -> None:
            self._finalize_dynamic_globals()
            self._verify_declare_only_symbols()
            self._finalized = True

        def get_pointer_to_function(self, name: str) -> int:
            self._ensure_finalized()
            if any(function.name == name for function in self._final_module.functions):
                raise NotImplementedError("a function that Python may call must be finished")
            return 0

    return Unfinished


def _object_file(generator: Any, library: Any, symbol: str) -> bytes | None:
    """An optimised object file that offers one function and keeps all others to itself; None where it holds addresses of this process."""
    finished = codegen.JITCodeLibrary(generator, library.name)
    module = finished._final_module = library._final_module.clone()
    for item in (*module.functions, *module.global_variables):
        if not item.is_declaration and item.name != symbol:
            item.linkage = "internal"
    finished._optimize_final_module()
    finished._final_module.verify()
    if any(item.name.startswith(_ADDRESS) for item in finished._final_module.global_variables):
        return None
    return bytes(generator._tm.emit_object(finished._final_module))


def _returned(numba_type: Any) -> Any:
    """A return type of Numba as :func:`armillary.jit.values.layout` has it, or None for one that is not handled there."""
    numba_type = types.unliteral(numba_type)
    if isinstance(numba_type, types.NoneType):
        return "none"
    if isinstance(numba_type, types.Tuple | types.UniTuple):
        items = [_returned(item) for item in numba_type]
        return None if None in items or "none" in items else ["tuple", *items]
    if isinstance(numba_type, types.Array):
        item = _returned(numba_type.dtype)
        return ["array", item, numba_type.ndim, numba_type.mutable] if item in SCALARS else None
    if isinstance(numba_type, types.Boolean):
        return "b1"
    if isinstance(numba_type, types.Integer | types.Float):
        prefix = "f" if isinstance(numba_type, types.Float) else "i" if numba_type.signed else "u"
        name = f"{prefix}{numba_type.bitwidth // 8}"
        return name if name in SCALARS else None
    return None


def _sources(module: str) -> dict[str, str] | None:
    """Stamps of a module and of all that it imports, but for packages whose version is known; None where one of them is no file.

    What other installed packages import in their turn is not followed.
    """
    found: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or name not in sys.modules or name.split(".")[0] in _UNTRACKED or name.startswith("armillary.jit"):
            continue
        file = getattr(sys.modules[name], "__file__", None)
        made = stamp(str(file))
        if made is None:
            return None
        found[name] = made
        if name.split(".")[0] == module.split(".")[0] or "site-packages" not in Path(str(file)).parts:
            waiting += _imported(name, Path(str(file)))
    return found if module in found else None


@functools.cache
def _imported(module: str, file: Path) -> frozenset[str]:
    """Names of the modules that a file may import: of an import from a package both the package and what is taken from it."""
    package = str(getattr(sys.modules[module], "__package__", "") or "")
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            names.update([base, *(f"{base}.{alias.name}" for alias in node.names)])
    return frozenset(names)
