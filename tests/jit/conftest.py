"""Kernels modules made for one test: written to a folder, imported, and imported again as a new process would."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from armillary import jit
from armillary.jit import sources


class Workshop:
    """A folder of modules, and the names of the kernels that were compiled rather than found."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.compiled: list[str] = []
        self.names: set[str] = set()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.py"
        path.write_text("import numpy as np\nfrom armillary.jit import njit\n" + textwrap.dedent(text), encoding="utf-8")
        self.names.add(name)
        return path

    def start(self, name: str) -> ModuleType:
        """The module as a new process imports it: nothing of what was imported before is remembered."""
        self.compiled.clear()
        self.forget()
        importlib.invalidate_caches()
        return importlib.import_module(name)

    def forget(self) -> None:
        for made in self.names:
            sys.modules.pop(made, None)
        sources.stamp.cache_clear()

    def kept(self) -> list[Path]:
        """The files of machine code beside the modules."""
        return sorted(self.folder.rglob("*.kernel"))


@pytest.fixture
def workshop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a source written twice within a second may not be taken from its byte code
    shop = Workshop(folder)
    monkeypatch.setattr(jit, "announce", jit.announce)
    jit.announce.append(shop.compiled.append)
    yield shop
    jit.announce.remove(shop.compiled.append)
    shop.forget()


@pytest.fixture
def make(workshop: Workshop) -> Callable[[str], ModuleType]:
    """A module of the text given."""

    def made(text: str) -> ModuleType:
        workshop.write("made_kernels", text)
        return workshop.start("made_kernels")

    return made
