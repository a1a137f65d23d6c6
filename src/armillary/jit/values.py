"""Arguments and answers as Numba's machine code has them.

A compiled function is a C function ``int32 f(answer *, exception **, arguments...)`` that writes its answer where the first argument points. A number
is an argument; an array is several (owner, Python object, count, size of an item, address, shape, strides); a tuple is those of its items.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["SCALARS", "Kind", "Layout", "c_types", "kind_of", "layout", "unpack"]

SCALARS: dict[str, Any] = {
    "b1": ctypes.c_uint8,
    "i1": ctypes.c_int8,
    "i2": ctypes.c_int16,
    "i4": ctypes.c_int32,
    "i8": ctypes.c_int64,
    "u1": ctypes.c_uint8,
    "u2": ctypes.c_uint16,
    "u4": ctypes.c_uint32,
    "u8": ctypes.c_uint64,
    "f4": ctypes.c_float,
    "f8": ctypes.c_double,
}
"""Numbers that can be passed, by NumPy's name."""
_ARRAYS = (np.ndarray, np.memmap)
"""Other kinds of arrays mean more than their numbers."""

Kind = str | tuple[Any, ...]
"""What the machine code depends on of one argument: the name of a scalar; type, dimensions, layout and writability of an array; a tuple of kinds."""


def kind_of(value: object) -> Kind | None:
    """The kind of an argument, or None for one that only Numba can pass."""
    if type(value) in _ARRAYS:
        return _kind_of_array(value)  # type: ignore[arg-type]
    if type(value) is float:
        return "f8"
    if type(value) is int:
        return "i8" if -(2**63) <= value < 2**63 else None
    if type(value) is bool:
        return "b1"
    if isinstance(value, np.generic):
        name = value.dtype.str[1:]
        return name if name in SCALARS else None
    if type(value) is tuple:
        kinds = tuple([kind_of(item) for item in value])
        return None if None in kinds else ("tuple", *kinds)
    return None


def _kind_of_array(array: np.ndarray[Any, np.dtype[Any]]) -> Kind | None:
    flags, dtype = array.flags, array.dtype
    name = dtype.str[1:]
    if name not in SCALARS or not flags.aligned or not dtype.isnative:
        return None
    return (name, array.ndim, "C" if flags.c_contiguous else "F" if flags.f_contiguous else "A", flags.writeable)


def c_types(kind: Kind) -> Iterator[Any]:
    """The C types of the arguments that an argument of this kind becomes."""
    if isinstance(kind, str):
        yield SCALARS[kind]
    elif kind[0] == "tuple":
        for item in kind[1:]:
            yield from c_types(item)
    else:
        yield from (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
        yield from [ctypes.c_int64] * (2 * kind[1])


def unpack(value: Any, out: list[Any]) -> None:
    """Append the values of those C arguments. An array has no owner that could be given back: the caller holds it."""
    if isinstance(value, np.ndarray):
        out += (None, id(value), value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides)
    elif isinstance(value, tuple):
        for item in value:
            unpack(item, out)
    else:
        out.append(value.item() if isinstance(value, np.generic) else value)


@dataclass(frozen=True, slots=True)
class Layout:
    """How an answer lies in memory, and what it is in Python."""

    size: int
    alignment: int
    read: Callable[[int, tuple[Any, ...]], Any]
    """The value at an address; the arguments of the call are needed where it is one of them."""


def layout(returns: Any, release: Callable[[int], None]) -> Layout:
    """The layout of an answer described as "none", the name of a scalar, ["tuple", ...] or ["array", scalar, dimensions, writable].

    ``release`` gives back the memory whose owner has the address given.
    """
    if returns == "none":
        return Layout(0, 1, lambda address, arguments: None)
    if isinstance(returns, str):
        return _scalar(returns)
    if returns[0] == "tuple":
        return _tuple([layout(item, release) for item in returns[1:]])
    return _array(returns[1], returns[2], returns[3], release)


def _scalar(name: str) -> Layout:
    kind = SCALARS[name]
    size = ctypes.sizeof(kind)
    if name == "b1":
        return Layout(size, size, lambda address, arguments: bool(kind.from_address(address).value))
    return Layout(size, size, lambda address, arguments: kind.from_address(address).value)


def _tuple(items: list[Layout]) -> Layout:
    """A C structure of the items."""
    offset, places = 0, []
    for item in items:
        offset = -(-offset // item.alignment) * item.alignment
        places.append((offset, item.read))
        offset += item.size
    alignment = max([item.alignment for item in items], default=1)
    return Layout(
        -(-offset // alignment) * alignment, alignment, lambda address, arguments: tuple([read(address + at, arguments) for at, read in places])
    )


class _Memory:
    """Memory that a kernel allocated, given back when the last array on it is gone."""

    __slots__ = ("__array_interface__", "_keeps", "_owner", "_release")

    def __init__(self, interface: dict[str, Any], owner: int, release: Callable[[int], None], keeps: object) -> None:
        self.__array_interface__ = interface
        self._owner, self._release, self._keeps = owner, release, keeps

    def __del__(self) -> None:
        if self._owner:
            self._release(self._owner)


def _array(name: str, ndim: int, writable: bool, release: Callable[[int], None]) -> Layout:
    dtype, words = np.dtype(name), ctypes.c_int64 * (5 + 2 * ndim)

    def read(address: int, arguments: tuple[Any, ...]) -> Any:
        owner, given, _, _, data, *rest = words.from_address(address)
        shape, strides = tuple(rest[:ndim]), tuple(rest[ndim:])
        for argument in arguments if given else ():
            if id(argument) == given and argument.shape == shape and argument.strides == strides:
                if owner:
                    release(owner)
                return argument
        if not math.prod(shape):
            if owner:
                release(owner)
            return np.empty(shape, dtype)
        interface = {"data": (data, not writable), "shape": shape, "strides": strides, "typestr": dtype.str, "version": 3}
        # without an owner it is part of an argument (or a constant of the code, which stays)
        return np.asarray(_Memory(interface, owner, release, None if owner else arguments))

    return Layout(8 * (5 + 2 * ndim), 8, read)
