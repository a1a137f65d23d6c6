"""How an answer reaches a person or a program: a table, one JSON object, a file, a picture.

An answer is a :class:`~armillary.core.table.Table`, or an object with ``to_json()`` and, to be read by people, a ``summary`` table or
its own ``str``. One with ``epochs`` can be written to a file in every format of :mod:`armillary.report.solutions`; one for which
``armillary.report`` has a module ``<service>_picture`` can be drawn. A service for which it has ``<service>_page`` takes a callback ``finished`` and
calls it with every answer that gets a page, which is written into the folder ``out`` of that answer.

One with ``parts`` (pairs of a name and an answer with ``epochs``) is written to, and drawn into, a file for each. One with ``written`` (paths) wrote
files of its own, which are named with the others. One with ``failures`` (texts) is shown like any other, and the command then ends with the status
of an error.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args

import typer

from armillary._lazy import lazy_module
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.table import Table
from armillary.errors import InputError

__all__ = ["Wanted", "check", "check_forms", "has_page", "loss_line", "options", "parts", "places", "show", "wanted", "write_page"]

people_table = lazy_module("armillary.cli.people_table")
derive = lazy_module("armillary.cli.derive")
solutions = lazy_module("armillary.report.solutions")
plain = lazy_module("armillary.core.plain")


PICTURES = (".png", ".svg", ".pdf")
PAGE, DOCUMENT, DAY = "report.html", "assessment.json", "[0-9]*-[0-9]*-[0-9]*"
"""What a service with a page leaves in its folder, and in a folder for each of several days."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person asked for besides the answer."""

    json: bool = False
    out: Path | None = None
    plot: Path | None = None


def options(service: str, answer: Any, *, taken: Collection[str]) -> tuple[inspect.Parameter, ...]:
    """The output options that a service with this type of ``answer`` gets, but for names it takes itself."""
    offered: dict[str, tuple[Any, Any, Any]] = {}
    if answer not in (None, NoneType):
        offered["json"] = (bool, typer.Option("--json", help="Print one JSON object."), False)
    kinds = get_args(answer) or (answer,)
    if any(hasattr(kind, "to_json") and "epochs" in (*getattr(kind, "__dataclass_fields__", ()), *vars(kind)) for kind in kinds):
        text = "Write the epochs to this file; its suffix says the format: " + " ".join(_suffixes()) + "."
        offered["out"] = (str | None, typer.Option("--out", help=text, metavar="FILE"), None)
    if find_spec(f"armillary.report.{service}_picture"):
        offered["plot"] = (str | None, typer.Option("--plot", help="Draw the answer into this .png, .svg or .pdf.", metavar="FILE"), None)
    return tuple(
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=Annotated[kind, option], default=default)
        for name, (kind, option, default) in offered.items()
        if name not in taken
    )


def wanted(*, json: bool = False, out: str | None = None, plot: str | None = None) -> Wanted:
    """The options as they were typed; InputError for an empty name."""
    return Wanted(json, *(None if text is None else derive.path_of(f"--{name}", text) for name, text in (("out", out), ("plot", plot))))


def check(wanted: Wanted) -> None:
    """Refuse what cannot be written before anything is computed: InputError for a folder, an unknown suffix or a folder that is not there."""
    for option, path, known in (("--out", wanted.out, _suffixes), ("--plot", wanted.plot, lambda: list(PICTURES))):
        if path is None:
            continue
        if path.is_dir():
            raise InputError(f"{path}: is a folder; {option} takes the name of a file, whose suffix says the format: {' '.join(known())}")
        if not path.parent.is_dir():
            raise InputError(f"{path}: the folder {path.parent} is not there")
    if wanted.out is not None:
        solutions.writer_for(wanted.out)
    if wanted.plot is not None and wanted.plot.suffix.lower() not in PICTURES:
        raise InputError(f"{wanted.plot}: {solutions.unknown_suffix(wanted.plot, 'picture')}; there are {' '.join(PICTURES)}")


def check_forms(wanted: Wanted, given: Mapping[str, Any]) -> None:
    """InputError where an answer is asked for in two forms at once, by ``--json`` and a service's own ``--csv``."""
    if wanted.json and given.get("csv") is True:
        raise InputError("--json and --csv are two forms of the same answer; give one of them")


def places(service: str, wanted: Wanted, given: Mapping[str, Any]) -> list[Path]:
    """Every file that the answer of ``service`` may be written to: its solution with what goes beside it, its picture, its pages."""
    members = [str(m) for value in given.values() if isinstance(value, Federation) for m in value.subsets()]
    paths = [] if wanted.out is None else solutions.places(wanted.out, members)
    paths += [] if wanted.plot is None else [wanted.plot]
    if has_page(service):
        folder = given["out"]
        paths += [place for name in (PAGE, DOCUMENT) for place in (folder / name, *folder.glob(f"{DAY}/{name}"))]
    return paths


def has_page(service: str) -> bool:
    """Whether answers of a service are pages."""
    return find_spec(f"armillary.report.{service}_page") is not None


def write_page(service: str, answer: Any) -> None:
    """Write the page of one answer into its folder."""
    importlib.import_module(f"armillary.report.{service}_page").write(answer, answer.out / PAGE)


def show(service: str, answer: Any, wanted: Wanted) -> None:
    """Print ``answer`` on standard output and write the files that were asked for; warnings and file names go to standard error."""
    for path, losses in getattr(answer, "losses", {}).items():
        if losses:
            _say("warning: " + loss_line(path, losses))
    for text in getattr(answer, "warnings", ()):
        _say(f"warning: {text}")
    for text in getattr(answer, "failures", ()):
        _say(text)
    written = list(getattr(answer, "written", ()))
    if wanted.out is not None:
        for part, path in parts(answer, wanted.out):
            written += solutions.write(part, path)
    if wanted.plot is not None:
        for part, path in parts(answer, wanted.plot):
            importlib.import_module(f"armillary.report.{service}_picture").draw(part, path)
            written.append(path)
    if has_page(service):
        written.append(answer.out / PAGE)
    if wanted.json:
        print(plain.dumps({"rows": answer} if isinstance(answer, Table) else answer))
    elif answer is not None:
        _print_for_people(answer)
    if written:
        sys.stdout.flush()
        _say("wrote " + " ".join(map(str, written)))


def parts(answer: Any, path: Path) -> list[tuple[Any, Path]]:
    """What is written where for ``--out path`` or ``--plot path``: the answer, or each of its ``parts`` (pairs of a name and an answer) beside it."""
    if not hasattr(answer, "parts"):
        return [(answer, path)]
    return [(part, path.with_name(f"{path.stem}_{name}{path.suffix}")) for name, part in answer.parts]


def loss_line(path: str, losses: Collection[Loss]) -> str:
    """One line that says what of a file was not used.

    >>> loss_line("a.rnx", [Loss(3, 4, "cut short"), Loss(9, 9, "no number")])
    'a.rnx: 3 lines in 2 places were not used; lines 3-4: cut short; ...'
    """
    first, *others = losses
    lines = sum(loss.last_line - loss.first_line + 1 for loss in losses)
    if not others:
        return f"{path}: {first}"
    return f"{path}: {lines} lines in {len(losses)} places were not used; {first}; ..."


def _suffixes() -> list[str]:
    return list(solutions.suffixes())


def _say(text: str) -> None:
    print(f"armillary: {text}", file=sys.stderr)


def _print_for_people(answer: Any) -> None:
    table = answer if isinstance(answer, Table) else getattr(answer, "summary", None)
    if not isinstance(table, Table):
        print(answer)
        return
    title = getattr(answer, "title", None)
    if title:
        people_table.print_sentence(title)
    if len(table):
        people_table.print_table(table)
    for text in getattr(answer, "remarks", ()):
        people_table.print_sentence(text)
