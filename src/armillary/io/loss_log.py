"""Collects what a reader could not use; in strict mode the first entry is raised instead."""

from __future__ import annotations

from armillary.core.loss import Loss
from armillary.errors import FormatError

__all__ = ["LossLog"]

LARGEST_LOG = 1000
"""Entries kept; later ones are counted in a last entry, so that a file of noise does not become a list of noise."""


class LossLog:
    """Losses of one file, neighbouring lines with one reason joined."""

    def __init__(self, path: str, *, strict: bool) -> None:
        self.path, self.strict = path, strict
        self._kept: list[Loss] = []
        self._rest: Loss | None = None

    def add(self, first_line: int, reason: str, last_line: int | None = None) -> None:
        """Notes lines ``first_line`` to ``last_line`` (default the same); raises FormatError in strict mode."""
        last_line = first_line if last_line is None else last_line
        if self.strict:
            raise FormatError(self.path, first_line, reason)
        previous = self._kept[-1] if self._kept else None
        if previous and previous.reason == reason and previous.last_line + 1 == first_line:
            self._kept[-1] = Loss(previous.first_line, last_line, reason)
        elif len(self._kept) < LARGEST_LOG:
            self._kept.append(Loss(first_line, last_line, reason))
        else:
            start = self._rest.first_line if self._rest else first_line
            self._rest = Loss(start, last_line, "further damage of several kinds")

    def losses(self) -> tuple[Loss, ...]:
        """Everything noted, in the order noted."""
        return (*self._kept, self._rest) if self._rest else tuple(self._kept)
