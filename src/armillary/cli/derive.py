"""From the signature of a service to the options of its command, so that the two cannot drift apart.

A parameter without default is a positional argument, every other one an option of the same name. Paths, numbers, text and choices
(``Literal``) keep their types; a sequence is an option that may be repeated; a federation is written ``--systems a+b``; a boolean is a
flag; a callable is the progress report, which the command line gives itself. ``Annotated[..., "text"]`` carries the help text.
Parameters of any other type (loaded reference data, say) keep their default: they are for Python.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import typer

from armillary.constellations import DEFAULT_FEDERATION
from armillary.core.federation import Federation, federation
from armillary.errors import InputError

__all__ = ["Parameter", "answer_type", "help_text", "parameters", "path_of"]

PLAIN = (str, int, float, Path)
_TEXT_OF = {Path: str, Path | None: str | None}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a service as the command line offers it: ``convert`` turns what was typed into the service's argument."""

    service_name: str
    typed: inspect.Parameter
    convert: Callable[[Any], Any]


def help_text(function: Callable[..., Any]) -> str:
    """The docstring as help: doctests left out, reStructuredText marks removed, ``$ armillary ...`` lines kept as a block."""
    paragraphs = re.split(r"\n\s*\n", inspect.getdoc(function) or "")
    kept = [p.strip() for p in paragraphs if ">>>" not in p]
    plain = [re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"\1", p).replace("``", "").replace("::", ":") for p in kept]
    blocks = ["\b\n" + p if re.search(r"^\s*([$|*-] |\d\. )", p, re.MULTILINE) else p for p in plain]
    if not any("$ armillary" in p for p in plain):
        blocks.append("\b\nExample:\n  $ armillary " + " ".join([function.__name__, *_required(function)]))
    return "\n\n".join(blocks)


def answer_type(function: Callable[..., Any]) -> Any:
    """The declared return type of a service."""
    return get_type_hints(function).get("return", NoneType)


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    """What the command line offers of a service's parameters, in order; the progress callback and Python-only ones are left out."""
    hints = get_type_hints(function, include_extras=True)
    offered = (_offer(p, hints[p.name]) for p in inspect.signature(function).parameters.values())
    return sorted((p for p in offered if p is not None), key=lambda p: p.typed.default is not inspect.Parameter.empty)


def _required(function: Callable[..., Any]) -> list[str]:
    return [p.typed.name.upper() for p in parameters(function) if p.typed.default is inspect.Parameter.empty]


def _offer(parameter: inspect.Parameter, hint: Any) -> Parameter | None:
    text = next((m for m in getattr(hint, "__metadata__", ()) if isinstance(m, str)), None)
    bare = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    required = parameter.default is inspect.Parameter.empty
    if bare is Federation:
        named = DEFAULT_FEDERATION if required else str(parameter.default)
        option = typer.Option("--systems", help=text or "Systems, joined by +; each is answered alone and all together.", metavar="A+B")
        return _parameter(parameter.name, "systems", Annotated[str, option], named, federation)
    typed = _typed(bare)
    if typed is None:
        return None
    kind, convert = typed
    flag = "--" + parameter.name.replace("_", "-")
    positional = required and parameter.kind is not inspect.Parameter.KEYWORD_ONLY
    holds_path = Path in (kind, *get_args(kind))
    if holds_path:  # asked for as text: Typer makes the folder one stands in of an empty name
        label = parameter.name.upper() if positional else flag
        kind, convert = _TEXT_OF.get(kind, GenericAlias(list, (str,))), partial(_paths, label)
    argument = typer.Argument(help=text, show_default=False, metavar=parameter.name.upper())
    if positional:
        return _parameter(parameter.name, parameter.name, Annotated[kind, argument], parameter.default, convert)
    declarations = [f"{flag}/--no-{flag[2:]}"] if bare is bool and parameter.default is True else [flag]
    default = list(parameter.default) if isinstance(parameter.default, Sequence) and not isinstance(parameter.default, str) else parameter.default
    show = not required and default not in (None, [], False, "")
    option = typer.Option(*declarations, help=text, show_default=show, metavar=_path_word(text) if holds_path else None)
    return _parameter(parameter.name, parameter.name, Annotated[kind, option], default, convert)


def _path_word(text: str | None) -> str:
    """What an option with a path takes, as its help says."""
    return "FOLDER" if re.search(r"\bfolder\b", text or "", re.IGNORECASE) else "FILE"


def _parameter(service_name: str, name: str, annotation: Any, default: Any, convert: Callable[[Any], Any]) -> Parameter:
    typed = inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=annotation, default=default)
    return Parameter(service_name, typed, convert)


def _typed(hint: Any) -> tuple[Any, Callable[[Any], Any]] | None:
    """The type Typer is told and the conversion back, or None for a type that has no form on the command line."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint in PLAIN or hint is bool or origin is Literal:
        return hint, _same
    if origin in (Union, UnionType):
        known = [kind for a in arguments if a is not NoneType and (kind := _typed(a)) is not None]
        best = next((kind for kind in known if kind[0] is Path), known[0] if known else None)
        return best if best is None or NoneType not in arguments else (best[0] | None, best[1])
    if isinstance(origin, type) and issubclass(origin, Sequence):
        item = _typed(arguments[0])
        return None if item is None else (GenericAlias(list, (item[0],)), _as_tuple)
    return None


def path_of(label: str, text: str) -> Path:
    """The path that was typed for an option or argument; InputError for an empty one, as an unset variable of a shell leaves it."""
    if not text:
        raise InputError(f"{label}: an empty name was given; a file or a folder is expected ('.' is the one you are in)")
    return Path(text)


def _paths(label: str, typed: Any) -> Any:
    """One path, none, or several, as they were typed."""
    if isinstance(typed, list | tuple):
        return tuple(path_of(label, str(item)) for item in typed)
    return typed if typed is None else path_of(label, str(typed))


def _same(value: Any) -> Any:
    return value


def _as_tuple(values: Any) -> tuple[Any, ...]:
    return tuple(values or ())
