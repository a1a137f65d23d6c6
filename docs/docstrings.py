"""Docstrings are written for ``help()``: this griffe extension turns their doctests and roles into Markdown for the site."""

from __future__ import annotations

import re
from typing import Any

import griffe

ROLE = re.compile(r":(?:mod|class|func|meth|data|attr|exc):`~?([^`]*)`")


class Docstrings(griffe.Extension):
    """Rewrites every docstring as it is loaded."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Fence doctests and literal blocks, show the names that roles point at, make double backticks single."""
        if obj.docstring is not None:
            paragraphs = re.split(r"\n\s*\n", obj.docstring.value)
            obj.docstring.value = "\n\n".join(_markdown(paragraph) for paragraph in paragraphs)


def _markdown(paragraph: str) -> str:
    if paragraph.lstrip().startswith(">>>"):
        return f"```pycon\n{paragraph}\n```"
    if paragraph.lstrip().startswith("$ "):
        return f"```console\n{paragraph}\n```"
    return re.sub(r"::$", ":", ROLE.sub(r"`\1`", paragraph).replace("``", "`"))
