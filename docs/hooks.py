"""What the site takes from the code when it is built: command help, columns, formats, constellations. Pages hold ``{{ name }}`` marks."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any

from typer.testing import CliRunner

from armillary.cli.discover import service_summaries
from armillary.cli.main import application
from armillary.core.registry import constellations
from armillary.core.table import declared_columns
from armillary.io.fetching.catalogue import archives, layouts, sources
from armillary.io.reading import formats

SECTIONS = {"Tutorials": "Tutorials", "Howto": "How-to guides", "Reference": "Reference", "Explanation": "Explanation"}
"""Folder title -> title shown, in the order of the site. New folders follow."""


def on_nav(nav: Any, **_: Any) -> Any:
    """Order and name the sections; pages inside them are found by their files."""
    order = list(SECTIONS)
    nav.items.sort(key=lambda item: order.index(item.title) + 1 if item.title in order else len(order) + 1 if item.is_section else 0)
    for section in (item for item in nav.items if item.is_section):
        section.title = SECTIONS.get(section.title, section.title)
    return nav


def on_page_markdown(markdown: str, page: Any, files: Any, **_: Any) -> str:
    """Replace ``{{ name }}`` by what the code says, ``{{ pages }}`` by the pages of the same folder."""
    makers = {"columns": _columns, "commands": _commands, "formats": _formats, "constellations": _constellations}
    makers |= {"archives": _archives, "layouts": _layouts, "evidence": _evidence}
    makers["pages"] = lambda: _pages(PurePosixPath(page.file.src_uri), files)
    return re.sub(r"^\{\{ (\w+) \}\}$", lambda mark: makers[mark[1]](), markdown, flags=re.MULTILINE)


def _pages(index: PurePosixPath, files: Any) -> str:
    """A link per page beside ``index``, under its title."""
    beside = [file for file in files.documentation_pages() if PurePosixPath(file.src_uri).parent == index.parent and file.src_uri != str(index)]
    titles = {PurePosixPath(file.src_uri).name: file.content_string.split("\n", 1)[0].removeprefix("# ") for file in beside}
    return "\n".join(f"- [{title}]({name})" for name, title in sorted(titles.items()))


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def _columns() -> str:
    rows = [_row(f"`{c.name}`", c.unit, c.frame, c.meaning) for c in declared_columns().values()]
    return "\n".join([_row("column", "unit", "frame", "meaning"), _row("---", "---", "---", "---"), *rows])


def _formats() -> str:
    rows = [_row(f"`{m.__name__.rsplit('.', 1)[-1]}`", m.NAME, "yes", "yes" if hasattr(m, "write") else "", _first_line(m)) for m in formats()]
    return "\n".join([_row("name", "format", "read", "written", "what"), _row("---", "---", "---", "---", "---"), *rows])


def _first_line(module: Any) -> str:
    return (inspect.getdoc(module) or "").split("\n")[0]


def _constellations() -> str:
    rows = [_row(c.title, f"`{c.name}`", c.letter, c.country, c.time_scale, c.frame, " ".join(c.message_kinds)) for c in constellations().values()]
    return "\n".join([_row("system", "written", "letter", "country", "time", "frame", "messages"), _row(*["---"] * 7), *rows])


def _archives() -> str:
    rows = [_row(f"`{a.name}`", a.title, f"`{a.base_url}`", a.access, a.note) for a in archives().values()]
    return "\n".join([_row("name", "archive", "address", "access", "note"), _row(*["---"] * 5), *rows])


def _layouts() -> str:
    rows = [_row(r.product, r.centre, r.quality, r.archive, r.since or "", r.until or "", f"`{r.path}`", " ".join(r.evidence)) for r in layouts()]
    return "\n".join([_row("product", "centre", "quality", "archive", "from", "to", "path", "evidence"), _row(*["---"] * 8), *rows])


def _evidence() -> str:
    return "\n".join([_row("word", "stands for"), _row("---", "---"), *(_row(f"`{key}`", what) for key, what in sources().items())])


def _commands() -> str:
    parts = []
    for name in service_summaries():
        typed = name.replace("_", "-")
        text = CliRunner().invoke(application([typed]), [typed, "--help"], prog_name="armillary", env={"COLUMNS": "100"}).stdout
        parts.append(f"## armillary {typed}\n\n```text\n{text.rstrip()}\n```\n\nIn Python: `armillary.services.{name}.{_signature(name)}`")
    return "\n\n".join(parts)


def _signature(name: str) -> str:
    function = getattr(import_module(f"armillary.services.{name}"), name)
    return f"{name}({', '.join(_argument(p) for p in inspect.signature(function).parameters.values())})"


def _argument(parameter: inspect.Parameter) -> str:
    return parameter.name if parameter.default is inspect.Parameter.empty else f"{parameter.name}={parameter.default!r}"
