"""A made-up services package, so that the derivation is tested apart from what armillary happens to offer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from armillary.cli.main import application

MEASURE = '''
"""Measures."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np

from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.table import Table
from armillary.errors import InputError


@dataclass(frozen=True)
class Answer:
    """What was asked for."""

    given: dict
    losses: dict
    warnings: tuple = ()
    failures: tuple = ()

    @property
    def summary(self) -> Table:
        return Table({"member": np.array(["a", "b"]), "e_rms_m": np.array([1.23456, np.nan]), "solved": np.array([2880, 3])})

    def to_json(self) -> dict:
        return {**self.given, "nothing": float("nan"), "count": np.int64(3)}


def measure(
    federation: Federation,
    files: Sequence[Path],
    *,
    nav: Annotated[Sequence[Path], "Navigation files."] = (),
    mask_deg: Annotated[float, "Elevation mask."] = 5.0,
    model: Literal["good", "plain"] = "good",
    truth: str | None = None,
    all_pairs: bool = False,
    rounded: bool = True,
    reference: object = None,
    progress: Callable[[str, float], None] | None = None,
) -> Answer:
    """Measure ``files`` with every system.

    Words about :func:`armillary.read`.

    >>> 1 + 1
    2

    $ armillary measure a.rnx --nav b.rnx
    """
    if progress:
        progress("measuring", 0.5)
    if files[0].name == "missing.rnx":
        raise InputError("missing.rnx: no such file")
    if files[0].name == "gone.rnx":
        files[0].read_bytes()
    if files[0].name == "stop.rnx":
        raise KeyboardInterrupt
    given = {"systems": str(federation), "files": [str(f) for f in files], "nav": [str(n) for n in nav], "mask_deg": mask_deg, "model": model}
    given |= {"truth": truth, "all_pairs": all_pairs, "rounded": rounded}
    if files[0].name == "partly.rnx":
        return Answer(given, {}, failures=("missing: b", "missing: c"))
    return Answer(given, {"damaged.rnx": (Loss(3, 4, "cut short"), Loss(9, 9, "no number"))} if files[0].name == "damaged.rnx" else {})
'''
LIST_THINGS = '''
"""Lists."""

import numpy as np

from armillary.core.table import Table


def things() -> Table:
    """List things.

    Nothing more.
    """
    return Table({"format": np.array(["a"]), "reads": np.array([True])})
'''


@pytest.fixture
def armillary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Runs a command line against the made-up services."""
    package = tmp_path / "made_up_services"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "measure.py").write_text(MEASURE)
    (package / "things.py").write_text(LIST_THINGS)
    (package / "_declare.py").write_text("def _declare(): 'Not a command.'\n")
    (package / "compare.py").write_text("def joint(): 'Not a command: another name than the file.'\n")
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(*arguments: str) -> Result:
        for name in [name for name in sys.modules if name.startswith("made_up_services")]:
            del sys.modules[name]
        app = application(arguments, package="made_up_services")
        return CliRunner().invoke(app, list(arguments), prog_name="armillary")

    return run
