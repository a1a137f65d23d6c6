"""Compiled kernels that start without Numba.

Numba needs half a second of a process before its first compiled function runs, and 70 MB; its machine code needs neither. ``njit`` here takes the
place of Numba's: a kernel is compiled by Numba at its first call with arguments of some kind, once per machine, and its machine code is kept on
disk; later processes load it with llvmlite alone. Anything the quick way cannot do (another platform, an argument or an answer of an unusual type)
is done by Numba itself, with the same result.

Kept code is used only while everything it was made from is unchanged: the kernel's module and the modules that it imports (by content), Numba,
llvmlite, NumPy, Python, this package and the processor. The files lie in ``__pycache__`` beside the module, or in the user's cache folder where
that cannot be written. ``ARMILLARY_KERNELS=numba`` switches the quick way off.

A kernel runs without the interpreter's lock, and shares nothing between calls: threads may call it at the same time on different output arrays.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from armillary.jit.announcing import announce

if TYPE_CHECKING:
    from armillary.jit.kernel import Kernel, njit

__all__ = ["Kernel", "announce", "njit"]


def __getattr__(name: str) -> Any:
    """Kernels need NumPy, what is said of them does not."""
    if name not in ("Kernel", "njit"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("armillary.jit.kernel"), name)
