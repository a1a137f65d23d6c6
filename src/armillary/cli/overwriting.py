"""What a command writes is never what it reads: an output that is one of the inputs is refused before anything is computed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from armillary.core.federation import Federation
from armillary.errors import InputError

__all__ = ["check_outputs", "inputs_of"]

_OUTPUTS = ("out", "target", "plot", "cache", "troposphere", "clocks")
"""Parameters of services that name what is written."""


def check_outputs(outputs: Iterable[Path], given: Mapping[str, Any]) -> None:
    """InputError where a file of ``outputs`` is a file that an argument in ``given`` names, through links too."""
    inputs = list(inputs_of(given))
    for path in outputs:
        for name, source in inputs:
            if _same(path, source):
                also = "" if path == source else f", which is {source}"
                raise InputError(
                    f"{path}{also}: is an input of this command ({name.replace('_', '-')}) and would be overwritten; write to another name"
                )


def inputs_of(given: Mapping[str, Any]) -> Iterator[tuple[str, Path]]:
    """Parameter and path of every file that is there and that an argument names, whether the service takes it as a path or as text."""
    for name, value in given.items():
        if name in _OUTPUTS or isinstance(value, Federation):
            continue
        values: Sequence[Any] = value if isinstance(value, tuple | list) else (value,)
        for item in values:
            if isinstance(item, str | Path) and _is_file(Path(item)):
                yield name, Path(item)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # text that is no name at all
        return False


def _same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # not there yet: nothing to lose
        return False
