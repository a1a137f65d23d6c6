"""What a navigation file holds."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from armillary.core.navigation_messages import MessageTable, Navigation
from armillary.core.satellites import unpack_one
from armillary.services._content import Lines, counted, instant, numbers, plural, reach, system_title
from armillary.services._describe import Description, describe

__all__ = ["MessageContent", "NavigationContent"]


@dataclass(frozen=True, slots=True)
class MessageContent:
    """Messages of one system and kind."""

    system: str
    title: str
    kind: str
    messages: int
    satellites: tuple[str, ...]
    first: str
    last: str
    scale: str

    def lines(self) -> Lines:
        """Labels and values for people."""
        counts = f"{plural(self.messages, 'message')} of {plural(len(self.satellites), 'satellite')}"
        return [(f"{self.title} {self.kind}", f"{counts}: {numbers(self.satellites)}")]


@dataclass(frozen=True, slots=True)
class NavigationContent:
    """A navigation file: broadcast messages and system-wide records."""

    messages: tuple[MessageContent, ...]
    ionosphere: dict[str, int]
    time_offsets: dict[str, int]
    earth_orientation: dict[str, int]
    skipped: dict[str, int]
    leap_seconds: int | None

    def lines(self) -> Lines:
        """Labels and values for people."""
        out = [line for content in self.messages for line in content.lines()]
        named = {
            "ionosphere": self.ionosphere,
            "time offsets": self.time_offsets,
            "Earth orientation": self.earth_orientation,
            "left out": self.skipped,
        }
        out += [(name, counted(counts)) for name, counts in named.items() if counts]
        return out + ([("leap seconds", str(self.leap_seconds))] if self.leap_seconds is not None else [])


@describe.register
def _navigation(value: Navigation) -> Description:
    scale = "GPST"
    content = NavigationContent(
        messages=tuple(_messages(table, scale) for table in value.messages.values() if len(table)),
        ionosphere=dict(Counter(f"{r.kind} {r.label}".strip() for r in value.ionosphere)),
        time_offsets=dict(Counter(r.label for r in value.time_offsets)),
        earth_orientation=dict(Counter(r.label or r.kind for r in value.earth_orientation)),
        skipped=dict(value.skipped),
        leap_seconds=value.header.leap_seconds,
    )
    times = [table.reference.tai_ns for table in value.messages.values() if len(table)]
    return Description("navigation", f"{value.header.version:.2f}", reach(np.concatenate(times), scale) if times else None, content)


def _messages(table: MessageTable, scale: str) -> MessageContent:
    first, used = instant(int(table.reference.tai_ns.min()), scale)
    last = instant(int(table.reference.tai_ns.max()), used)[0]
    names = tuple(unpack_one(sat) for sat in np.unique(table.sat))
    return MessageContent(table.system, system_title(table.system), table.kind, len(table), names, first, last, used)
