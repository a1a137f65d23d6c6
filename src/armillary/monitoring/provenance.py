"""Where stored rows come from: the input files by content, the settings, and the version of the code."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any

from armillary._lazy import lazy_module

__all__ = ["InputFile", "Provenance", "code_version", "input_file"]

package = lazy_module("armillary")  # its root names the services above this layer, so it is looked into when asked only


def code_version() -> str:
    """The version of armillary that runs."""
    return str(package.__version__)


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input by content: ``sha256`` in hexadecimal of the file as it lies on the disk, compressed or not."""

    name: str
    sha256: str
    octets: int
    role: str = ""
    """What it was used as: observations, navigation, orbits..."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What rows were computed from. ``settings`` holds what JSON can hold."""

    inputs: tuple[InputFile, ...]
    settings: Mapping[str, Any] = field(default_factory=dict)
    version: str = field(default_factory=code_version)
    """Version of the code."""

    @property
    def identity(self) -> str:
        """SHA-256 of the inputs' contents and roles, the settings and the version; file names and the order of files do not matter.

        >>> a, b = InputFile("a.rnx", "00", 3), InputFile("elsewhere/b.rnx", "00", 3)
        >>> Provenance((a,)).identity == Provenance((b,)).identity
        True
        """
        inputs = sorted((i.role, i.sha256) for i in self.inputs)
        return hashlib.sha256(json.dumps([inputs, dict(self.settings), self.version], sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        """The provenance in plain values, as the metadata of a stored file holds it."""
        inputs = [{"name": i.name, "sha256": i.sha256, "bytes": i.octets, "role": i.role} for i in self.inputs]
        return {"identity": self.identity, "version": self.version, "settings": dict(self.settings), "inputs": inputs}


def input_file(path: str | PathLike[str], *, role: str = "") -> InputFile:
    """The file at ``path`` with the SHA-256 of its content; OSError where it cannot be read."""
    with Path(path).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256")
        return InputFile(Path(path).name, digest.hexdigest(), stream.tell(), role)
