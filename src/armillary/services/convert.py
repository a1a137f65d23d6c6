"""A file in another version or compression of its format."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from armillary.core.loss import Loss
from armillary.errors import InputError
from armillary.io.reading import formats, read
from armillary.io.saving import save_bytes
from armillary.services._kinds import kind_of

__all__ = ["ConvertAnswer", "convert"]

_COMPACT = (".crx",)
_PACKED = (".z", ".bz2", ".zip", ".xz", ".zst")
_SUFFIXES: Mapping[str, tuple[str, str]] = {
    "Observations": (r"\.(rnx|obs|\d\do)", ".rnx, .obs or, as in RINEX 2, .23o"),
    "Navigation": (r"\.(rnx|nav|\d\d[nglfpqih])", ".rnx, .nav or, as in RINEX 2, .23n .23g .23l .23f .23p"),
    "PreciseOrbits": (r"\.(sp3|eph)", ".sp3 or .eph"),
    "PreciseClocks": (r"\.(clk|clk_\d\ds|\d\dc)", ".clk, .clk_30s or .23c"),
    "TroposphereSeries": (r"\.(tro|\d\dzpd)", ".tro or .23zpd"),
    "Network": (r"\.csv", ".csv"),
}
"""Type of content -> suffixes under which people and programs look for it: as a pattern, and in words."""


@dataclass(frozen=True, slots=True, eq=False)
class ConvertAnswer:
    """What was written where."""

    source: str
    target: str
    format: str
    version: str
    octets: int
    losses: Mapping[str, Sequence[Loss]]
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        return {"source": self.source, "target": self.target, "format": self.format, "version": self.version, "bytes": self.octets}

    def __str__(self) -> str:
        return f"{self.target}: {self.format} {self.version}, {self.octets:,} bytes"


def convert(
    source: Annotated[Path, "Any file armillary reads and writes, compressed or not."],
    target: Annotated[Path, "Where to write; a name that ends in .gz is compressed."],
    *,
    to: Annotated[str | None, "Version to write: 3.05 or 4.02 for RINEX observations and navigation, c or d for SP3."] = None,
) -> ConvertAnswer:
    """Write a file again: Hatanaka or RINEX 2 observations as RINEX 3 or 4, navigation files as RINEX 3 or 4, SP3 as SP3-c or -d, clocks.

    $ armillary convert STATION.crx.gz STATION.rnx
    """
    if target.suffix in _COMPACT or target.suffixes[-2:-1] in [[suffix] for suffix in _COMPACT]:
        raise InputError(f"{target}: compact RINEX is read but not written; name the target .rnx or .rnx.gz")
    if str(target) == "-":
        raise InputError("-: name a file to write to (/dev/stdout is one, where the system has it)")
    if target.suffix.lower() in _PACKED:
        raise InputError(f"{target}: of the compressed forms only .gz is written")
    if target.exists() and source.exists() and target.samefile(source):
        raise InputError(f"{target}: source and target are the same file; write to another name")
    content = read(source)
    module = _writer_for(content, source)
    _check_suffix(target, type(content).__name__, module.NAME)
    parameters = inspect.signature(module.write).parameters
    options: dict[str, Any] = {}
    if to is not None:
        if "version" not in parameters:
            raise InputError(f"--to {to}: {module.NAME} files are written in one version only")
        options["version"] = _version(to, parameters["version"].default)
    data = module.write(content, **options)
    save_bytes(data, target)
    version = options.get("version", parameters["version"].default if "version" in parameters else "")
    left_out = module.left_out(content, version=version) if hasattr(module, "left_out") else {}
    warnings = tuple(f"{source}: {count} {what} have no place in version {version} and were left out" for what, count in left_out.items())
    return ConvertAnswer(str(source), str(target), module.NAME, str(version), len(data), {str(source): content.losses}, warnings)


def _writer_for(content: Any, source: Path) -> ModuleType:
    """The format that writes what was read; InputError names the formats that can be written."""
    writers = [module for module in formats() if hasattr(module, "write")]
    for module in writers:
        # the annotation as text: resolving it would need the names that only type checkers import
        subject = next(iter(inspect.signature(module.write).parameters.values())).annotation
        if type(content).__name__ == subject:
            return module
    raise InputError(f"{source}: holds {kind_of(content)}, which cannot be written; what can be: {', '.join(m.NAME for m in writers)}")


def _check_suffix(target: Path, kind: str, name: str) -> None:
    """InputError where the suffix of ``target`` is none of those that files of ``kind`` have; a name without one promises nothing.

    A pipe or a device (``/dev/stdout``) may have any name, and so may a format from elsewhere.
    """
    suffix = Path(target.stem).suffix if target.suffix.lower() == ".gz" else target.suffix
    if kind not in _SUFFIXES or not suffix or (target.exists() and not (target.is_file() or target.is_dir())):
        return
    pattern, words = _SUFFIXES[kind]
    if not re.fullmatch(pattern, suffix, re.IGNORECASE):
        raise InputError(f"{target}: {name} would not be looked for in a name that ends in {suffix}; expected is {words}, with .gz or without")


def _version(text: str, like: Any) -> Any:
    """The version as the writer takes it: a number where its default is one."""
    if not isinstance(like, float):
        return text
    try:
        return float(text)
    except ValueError:
        raise InputError(f"--to {text}: expected a version number such as {like:.2f}") from None
