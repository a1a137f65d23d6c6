"""The command ``armillary``: a person's way into the services.

Only the service that was asked for is imported, so that ``armillary --help`` answers at once.
"""

from __future__ import annotations

import functools
import gc
import importlib
import inspect
import os
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from armillary import __version__
from armillary._lazy import lazy_module
from armillary.cli import quick_numba
from armillary.cli.services_folder import is_service

__all__ = ["application", "command", "run"]

derive = lazy_module("armillary.cli.derive")
discover = lazy_module("armillary.cli.discover")
outputs = lazy_module("armillary.cli.outputs")
overwriting = lazy_module("armillary.cli.overwriting")
progress_bars = lazy_module("armillary.cli.progress")
errors = lazy_module("armillary.errors")
jit = lazy_module("armillary.jit")
kept = lazy_module("armillary.jit.kept")

BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 2, 130, 141

ROOT_HELP = """Satellite systems of several operators: each alone, and all together.

\b
  $ armillary info STATION.crx.gz
  $ armillary position STATION.crx.gz --nav BROADCAST.rnx.gz
  $ armillary COMMAND --help"""


def run() -> None:
    """Run the command line as the console script does; the exit status is 0, 2 for input that cannot be used, 130 when interrupted."""
    warnings.showwarning = _warn
    quick_numba.install()
    jit.announce.append(_say_compiling)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no matrix here is worth a pool of threads
    gc.set_threshold(200_000)  # importing makes many objects and no garbage
    status: int | str | None = 0
    try:
        application(sys.argv[1:])(prog_name="armillary")
    except SystemExit as leaving:
        status = leaving.code
    _leave(status)


def _say_compiling(name: str) -> None:
    """One line at the first kernel, so that a first run does not look hung; a shorter one where earlier commands kept others already."""
    jit.announce.clear()
    words = "an inner loop" if kept.any_kept(Path(__file__).parents[1]) else "inner loops, once for this machine (a few seconds each)"
    print(f"armillary: compiling {words} ...", file=sys.stderr)


def _leave(status: int | str | None) -> None:
    """End the process without taking arrays and modules apart one by one, which takes longer than many commands."""
    if isinstance(status, str):
        print(status, file=sys.stderr)
    code = status if isinstance(status, int) else int(status is not None)
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    os._exit(code)


def _warn(message: Warning | str, category: type[Warning], filename: str, lineno: int, file: TextIO | None = None, line: str | None = None) -> None:
    print(f"armillary: warning: {message}", file=sys.stderr)


def application(arguments: Sequence[str] = (), *, package: str = "armillary.services") -> typer.Typer:
    """The Typer application that understands ``arguments``: the service they name, or where they name none, the list of all."""
    app = typer.Typer(add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback(help=ROOT_HELP)(_root)
    chosen = next((a for a in arguments if not a.startswith("-")), None)
    service = (chosen or "").replace("-", "_")
    if chosen is not None and is_service(service, package):
        function = getattr(importlib.import_module(f"{package}.{service}"), service)
        app.command(chosen, help=derive.help_text(function))(command(function))
        return app
    for name, summary in discover.service_summaries(package).items():
        app.command(name.replace("_", "-"), help=summary)(_unused)
    return app


def command(function: Callable[..., Any]) -> Callable[..., None]:
    """The Typer callback of a service: options from its signature, plus ``--json``, ``--out`` and ``--plot`` where its answer has such a form."""
    offered = derive.parameters(function)
    extras = outputs.options(function.__name__, derive.answer_type(function), taken={p.typed.name for p in offered})
    hooks = {"progress", "finished"} & set(inspect.signature(function).parameters)

    def callback(**typed: Any) -> None:
        try:
            wanted = outputs.wanted(**{option.name: typed.pop(option.name) for option in extras})
            outputs.check(wanted)
            given = {p.service_name: p.convert(typed[p.typed.name]) for p in offered}
            outputs.check_forms(wanted, given)
            overwriting.check_outputs(outputs.places(function.__name__, wanted, given), given)
            with progress_bars.Progress(shown=not wanted.json) as progress:
                offers = {"progress": progress, "finished": functools.partial(outputs.write_page, function.__name__)}
                answer = function(**given, **{name: offers[name] for name in hooks})
            outputs.show(function.__name__, answer, wanted)
            if getattr(answer, "failures", ()):
                raise typer.Exit(BAD_INPUT)
        except errors.ArmillaryError as error:
            _refuse(str(error))
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError) as error:
            _refuse(f"{error.filename}: {error.strerror}")
        except KeyboardInterrupt:
            print("armillary: interrupted; what was written before stands", file=sys.stderr)
            raise typer.Exit(INTERRUPTED) from None

    _sign(callback, [p.typed for p in offered] + list(extras))
    return callback


def _sign(callback: Callable[..., None], offered: Sequence[inspect.Parameter]) -> None:
    """Typer reads a callback's signature and annotations: give it those of the service."""
    parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in offered]
    callback.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    callback.__annotations__ = {p.name: p.annotation for p in parameters}


def _refuse(text: str) -> None:
    print("armillary: " + " ".join(text.split("\n")), file=sys.stderr)
    raise typer.Exit(BAD_INPUT) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"armillary {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    pass


def _unused() -> None:
    raise AssertionError("a command that was not asked for cannot run")
