"""Days that an earlier assessment left in a folder: they stay there and in the store, and pages lead to them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

__all__ = ["EarlierDay", "earlier_days", "earlier_words"]

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_BEGINNING = re.compile(rb'\{\s*"day":\s*"([^"]*)",\s*"systems":\s*"([^"]*)"')
"""How the document of a day begins; reading all of a year of them would take seconds."""
_HEAD_BYTES = 1024
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True, order=True)
class EarlierDay:
    """A day with a folder of its own that is not of this run."""

    day: str
    folder: Path
    systems: str

    @property
    def page(self) -> Path:
        """What there is to read: the report, or the document where the command line did not write one."""
        report = self.folder / "report.html"
        return report if report.is_file() else self.folder / "assessment.json"


def earlier_days(out: Path, assessed: Collection[str]) -> tuple[EarlierDay, ...]:
    """The folders of days in ``out`` that an assessment wrote, without the days ``assessed`` now; in order of days.

    A folder that is named like a day and holds something else is none of them.
    """
    try:
        children = sorted(child for child in out.iterdir() if _DAY.fullmatch(child.name) and child.name not in assessed)
    except OSError:
        return ()
    return tuple(found for child in children if (found := _earlier(child)) is not None)


def earlier_words(days: Collection[EarlierDay]) -> tuple[str, ...]:
    """A sentence that names them; nothing where there are none."""
    if not days:
        return ()
    names = [item.day for item in days]
    shown = ", ".join(names[:_MOST_NAMED]) + (f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else "")
    return (f"from an earlier run, still there and in the store: {shown}",)


def _earlier(folder: Path) -> EarlierDay | None:
    try:
        with open(folder / "assessment.json", "rb") as file:
            said = _BEGINNING.match(file.read(_HEAD_BYTES))
    except OSError:
        return None
    if said is None or said[1].decode("utf-8", "replace") != folder.name:
        return None
    return EarlierDay(folder.name, folder, said[2].decode("utf-8", "replace"))
