"""Which daily files of a station a folder holds: from its listing, whatever form that has (a web page, plain text, the answer of an ftp server)."""

from __future__ import annotations

import re
from datetime import date

__all__ = ["guessed_names", "names_files_of", "station_files"]

_FROM = "RSU"
"""Where a file comes from, as the tenth letter of its name says, in order of preference: a receiver's own file, a stream, unknown."""


def station_files(text: str, station: str, day: date) -> list[str]:
    """Names of daily 30 s observation files (RINEX 3 or later) of a station in a listing, best first.

    ``station`` has four or nine characters. A file straight from the receiver comes before one made from a stream, compact RINEX before plain.

    >>> station_files('<a href="NIST00USA_R_20230010000_01D_30S_MO.crx.gz">', "nist", date(2023, 1, 1))
    ['NIST00USA_R_20230010000_01D_30S_MO.crx.gz']
    """
    wanted = re.escape(station.upper()) + (r"\d\d[A-Z]{3}" if len(station) == 4 else "")
    found = set(re.findall(rf"(?<![A-Z0-9]){wanted}_[{_FROM}]_{day.year:04d}{day:%j}0000_01D_30S_MO\.(?:crx|rnx)\.gz", text))
    return sorted(found, key=lambda name: (name[:9], _FROM.index(name[10]), name.endswith("rnx.gz")))


def names_files_of(text: str, day: date) -> bool:
    """Whether a listing names any daily observation file of a day; a page that some portal puts in its place does not."""
    return f"_{day.year:04d}{day:%j}0000_01D_" in text


def guessed_names(station: str, day: date) -> list[str]:
    """Names that a file of a station has most often, where no listing says; none for four characters, from which a name cannot be made."""
    if len(station) != 9:
        return []
    return [f"{station.upper()}_{source}_{day.year:04d}{day:%j}0000_01D_30S_MO.crx.gz" for source in _FROM[:2]]
