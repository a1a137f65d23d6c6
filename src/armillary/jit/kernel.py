"""A function that runs as machine code: found on disk, else compiled, else left to Numba."""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from armillary._lazy import lazy_module
from armillary.jit.announcing import announce
from armillary.jit.sources import stamp
from armillary.jit.values import Kind, kind_of

compiling = lazy_module("armillary.jit.compiling")
kept = lazy_module("armillary.jit.kept")
linking = lazy_module("armillary.jit.linking")

__all__ = ["Kernel", "njit"]

_LOCK = threading.RLock()
_ALTERING = ("NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK", "NUMBA_DEBUGINFO")
"""Settings with which Numba is asked for checks or debugging: then it does everything."""
_VARIADIC = 0x04 | 0x08
"""Code flags of ``*args`` and ``**kwargs`` (see :mod:`inspect`)."""


def njit(function: Callable[..., Any] | None = None, /, **options: Any) -> Any:
    """The kernel of a function; options are those of ``numba.njit``.

    ``cache`` is implied, and so is ``error_model="numpy"``: a division by zero is infinite or not a number, which flags can tell, not an exception.
    """
    options.pop("cache", None)
    options.setdefault("error_model", "numpy")
    if function is None:
        return functools.partial(Kernel, options=options)
    return Kernel(function, options=options)


class Kernel:
    """A function of numbers, arrays and tuples of them that runs as machine code. Call it with all its arguments, by position."""

    def __init__(self, function: Callable[..., Any], *, options: dict[str, Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.options = options
        self._entries: dict[tuple[Kind | None, ...], Callable[..., Any]] = {}
        stamp(function.__code__.co_filename)  # of the source as it is imported, not as it is when something is compiled

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns; exceptions are those that Numba would raise."""
        kinds = tuple([kind_of(a) for a in arguments])
        entry = self._entries.get(kinds)
        if entry is None:
            with _LOCK:
                entry = self._entries.get(kinds) or self._prepare(kinds, arguments)
                self._entries[kinds] = entry
        return entry(*arguments)

    @functools.cached_property
    def dispatcher(self) -> Any:
        """Numba's own function, for what cannot be done the quick way."""
        return compiling.whole(self.function, self.options)

    @functools.cached_property
    def inner(self) -> Any:
        """The function as other kernels call it once compiled: without what calls from Python need."""
        return compiling.inner(self.function, self.options)

    @property
    def _numba_type_(self) -> Any:
        """What Numba asks of an object that compiled code calls."""
        return self.inner._numba_type_

    def _prepare(self, kinds: tuple[Kind | None, ...], arguments: tuple[Any, ...]) -> Callable[..., Any]:
        if not (_quick() and self._is_plain(arguments)) or None in kinds:
            return self._by_numba
        entry = kept.Entry(self.function, self.options, kinds)
        code = entry.load()
        if code is None:
            for tell in announce:
                tell(self.function.__name__)
            code = compiling.machine_code(self.inner, arguments)
            if code is None:
                return self._by_numba
            if code.returns is not None and not linking.can_link(code):
                code = replace(code, returns=None, object_file=b"")
            entry.keep(code)
        if code.returns is None or not linking.can_link(code):
            return self._by_numba
        native: Callable[..., Any] = linking.Native(code, kinds, self._by_numba)
        return native

    def _is_plain(self, arguments: tuple[Any, ...]) -> bool:
        """Whether the name and the arguments say all about the function: none made inside another one, no defaults, no ``*args``."""
        code = self.function.__code__
        return self.function.__closure__ is None and len(arguments) == code.co_argcount and not code.co_flags & _VARIADIC

    def _by_numba(self, *arguments: Any) -> Any:
        return self.dispatcher(*arguments)


def _quick() -> bool:
    """Whether machine code may be kept and loaded here: its conventions are known for one platform."""
    altered = any(os.environ.get(name, "0") not in ("", "0") for name in _ALTERING)
    known = sys.platform == "linux" and os.uname().machine == "x86_64" and sys.maxsize > 2**32
    return known and not altered and os.environ.get("ARMILLARY_KERNELS") != "numba"
