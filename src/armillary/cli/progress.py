"""Progress of work that takes more than a second, on standard error and only where a person watches."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Self

from armillary._lazy import lazy_module

__all__ = ["Progress"]

rich_progress = lazy_module("rich.progress")
rich_console = lazy_module("rich.console")

PATIENCE_S = 1.0


class Progress:
    """A callable ``progress(what, fraction)`` for services; shows a bar per ``what`` once a second has passed.

    Use as a context manager. With ``shown`` False, or where standard error is no terminal, it is silent.
    """

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown and sys.stderr.isatty()
        self._start_s = time.monotonic()
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}

    def __call__(self, what: str, fraction: float) -> None:
        """Say that the fraction (0 to 1) of the work ``what`` is done."""
        if not self._shown or time.monotonic() - self._start_s < PATIENCE_S:
            return
        if self._bars is None:
            self._bars = rich_progress.Progress(console=rich_console.Console(stderr=True), transient=True)
            self._bars.start()
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=1.0)
        self._bars.update(self._tasks[what], completed=min(max(fraction, 0.0), 1.0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._bars is not None:
            self._bars.stop()
