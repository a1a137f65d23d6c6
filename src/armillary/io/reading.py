"""``read(path)``: the file tells what it is, and the format that recognises it reads it.

A format is a module of :mod:`armillary.io` (or of the entry-point group ``armillary.formats``) with ``NAME``, ``SNIFF`` and ``read``.
One may have ``ALMOST`` too: what is wrong with a file that was meant to be of that format, from its beginning, or None.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass, replace
from functools import cache
from importlib import import_module
from os import PathLike
from types import ModuleType
from typing import TYPE_CHECKING, Any

from armillary.core.registry import modules_with, third_party
from armillary.errors import FormatError, UnknownFormatError
from armillary.io.source import Source, load_source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["HEAD_BYTES", "format_of", "formats", "read", "read_source"]

HEAD_BYTES = 4096
"""What a format sees of a file when it is asked whether it knows it."""


_OFTEN = ("rinex_obs", "crinex", "rinex_nav", "sp3", "clk")
"""Formats asked first, because most files are of these; all others follow by name. It saves importing modules that are not needed."""


@cache
def formats() -> tuple[ModuleType, ...]:
    """Every known format, one module each with ``NAME``, ``SNIFF``, ``read`` and maybe ``write``."""
    return (*modules_with("armillary.io", "SNIFF"), *third_party("armillary.formats"))


def _asked() -> Iterator[ModuleType]:
    """Formats in the order in which they are asked."""
    for name in _OFTEN:
        yield import_module(f"armillary.io.{name}")
    yield from formats()


def format_of(source: Source) -> ModuleType:
    """The format that recognises the content; UnknownFormatError lists those there are, or says what is wrong where one nearly does (``ALMOST``)."""
    head = bytes(source.data[:HEAD_BYTES])
    for module in _asked():
        if module.SNIFF(head):
            return module
    for module in formats():
        almost = module.ALMOST(head) if hasattr(module, "ALMOST") else None
        if almost:
            raise UnknownFormatError(f"{source.path}: {almost}")
    known = ", ".join(sorted({module.NAME for module in formats()}))
    raise UnknownFormatError(f"{source.path}: no known format recognises it; known are {known}")


def read(path: str | PathLike[str], *, strict: bool = False, reference: Reference | None = None, systems: str | None = None) -> Any:
    """What a file holds, as the core type of its format (observations, navigation messages, precise orbits, ...).

    By default everything readable is returned and ``losses`` says what was not; ``strict`` raises FormatError at the first damage.
    ``reference`` gives leap seconds where the built-in table must not serve; ``systems`` are the RINEX letters of the systems to keep, for
    formats that can leave the others out (reading less is faster). Raises InputError (no such file), FormatError
    (damaged beyond reading), LimitError (a decompression bomb) and UnknownFormatError.
    """
    return read_source(load_source(path), strict=strict, reference=reference, systems=systems)


def read_source(source: Source, *, strict: bool = False, reference: Reference | None = None, systems: str | None = None) -> Any:
    """As :func:`read`, for content already loaded."""
    if strict and source.losses:
        raise FormatError(source.path, 0, source.losses[0].reason)
    module = format_of(source)
    selection = {"systems": systems} if systems is not None and "systems" in module.read.__kwdefaults__ else {}
    result = module.read(source, strict=strict, reference=reference, **selection)
    if source.losses and is_dataclass(result) and not isinstance(result, type) and hasattr(result, "losses"):
        return replace(result, losses=source.losses + result.losses)
    return result
