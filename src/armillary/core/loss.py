"""What a reader could not use: nothing readable is thrown away in silence."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Loss"]


@dataclass(frozen=True, slots=True)
class Loss:
    """Lines ``first_line`` to ``last_line`` (1-based, inclusive; 0 for the file as a whole) that were not used, and why."""

    first_line: int
    last_line: int
    reason: str

    def __str__(self) -> str:
        if not self.first_line:
            return self.reason
        lines = f"line {self.first_line}" if self.first_line == self.last_line else f"lines {self.first_line}-{self.last_line}"
        return f"{lines}: {self.reason}"
