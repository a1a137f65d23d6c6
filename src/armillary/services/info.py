"""What a file holds, whatever its format: told from its content, not its name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from armillary.core.loss import Loss
from armillary.errors import InputError
from armillary.io.reading import format_of, read_source
from armillary.io.source import load_source
from armillary.services import _describe_navigation, _describe_observations, _describe_products
from armillary.services._content import Lines, Span
from armillary.services._describe import Content, Description, describe

__all__ = ["FileInfo", "FileInfos", "info"]

SHOWN_LOSSES = 5

DESCRIBERS = (_describe_navigation, _describe_observations, _describe_products)
"""Modules that register their describers when imported."""


@dataclass(frozen=True, slots=True)
class FileInfo:
    """What one file holds."""

    path: str
    format: str
    """Name of the format's module, such as ``crinex``; empty where the file could not be read."""
    title: str
    kind: str
    """observations, navigation, precise orbits, ..."""
    version: str
    n_bytes: int
    """Size of the decompressed content."""
    span: Span | None = None
    content: Content | None = None
    losses: tuple[Loss, ...] = ()
    error: str = ""
    """Why the file could not be read; only where other files could."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, nested as the typed fields are."""
        return asdict(self)

    def lines(self) -> Lines:
        """Labels and values for people, in order; an empty label continues the line above."""
        out = [("file", self.path)]
        if self.error:
            return [*out, ("error", self.error)]
        out.append(("holds", f"{self.kind}: {self.title}{' ' + self.version if self.version else ''}"))
        out += self.span.lines() if self.span else []
        out += self.content.lines() if self.content else []
        out += [("not used" if i == 0 else "", str(loss)) for i, loss in enumerate(self.losses[:SHOWN_LOSSES])]
        if len(self.losses) > SHOWN_LOSSES:
            out.append(("", f"and {len(self.losses) - SHOWN_LOSSES} more"))
        return out


class FileInfos(tuple[FileInfo, ...]):
    """The answers for several files, in the order asked; prints for people."""

    __slots__ = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line for each file that could not be read."""
        return tuple(f.error for f in self if f.error)

    def to_json(self) -> dict[str, Any]:
        """Plain values: ``files`` has one object per file."""
        return {"files": [f.to_json() for f in self]}

    def __str__(self) -> str:
        return "\n\n".join(_columns(f.lines()) for f in self)


def info(paths: Annotated[Sequence[Path], "Files of any known format, compressed or not."]) -> FileInfos:
    """What each file holds: kind, station, receiver and antenna, interval, gaps, satellites and signals, position.

    Files are recognised by their content. Damage is listed with its lines. A file that cannot be read does not hide the others; where none
    can be read, the InputError of the first is raised.

    $ armillary info STATION.crx.gz BROADCAST.rnx.gz

    >>> info(["no such file"])
    Traceback (most recent call last):
    armillary.errors.InputError: no such file: there is no such file
    """
    found: list[FileInfo] = []
    errors: list[InputError] = []
    for path in paths:
        try:
            found.append(_info_of(str(path)))
        except InputError as error:
            errors.append(error)
            found.append(FileInfo(str(path), "", "", "", "", 0, error=str(error)))
    if errors and len(errors) == len(found):
        raise errors[0]
    return FileInfos(found)


def _info_of(path: str) -> FileInfo:
    source = load_source(path)
    module = format_of(source)
    value = read_source(source)
    told: Description = describe(value)
    name = module.__name__.rsplit(".", 1)[-1]
    losses = tuple(getattr(value, "losses", ()))
    return FileInfo(path, name, module.NAME, told.kind, told.version, len(source.data), told.span, told.content, losses)


def _columns(lines: Iterable[tuple[str, str]]) -> str:
    lines = list(lines)
    width = max(len(label) for label, _ in lines)
    return "\n".join(f"{label:<{width}}  {text}".rstrip() for label, text in lines)
