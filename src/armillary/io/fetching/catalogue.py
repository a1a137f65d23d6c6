"""Where public archives keep what, as data: ``archives.csv`` and ``layouts.csv`` beside this module.

A layout is one row: which product of which centre lies in which archive, under which path, from which day to which. Paths are filled with

========  ==========================================================
field     is
========  ==========================================================
yyyy yy   year of the day, four and two digits
ddd       day of the year
wwww d    GPS week and day of the week (Sunday is 0)
wyyyy     year of the Sunday on which that week starts; ``wyy`` in two digits
wddd      day of the year of that Sunday
station   left open: the file is looked up in the listing of its folder
========  ==========================================================

Every row names its evidence (``sources.csv``) and says whether somebody of this project has tried it (``verified``).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from urllib.parse import urlsplit

from armillary.errors import InputError

__all__ = [
    "PRODUCTS",
    "Archive",
    "Candidate",
    "Layout",
    "archives",
    "candidates",
    "centres_of",
    "filled",
    "gps_week",
    "layouts",
    "overridden",
    "sources",
    "week_start",
]

PRODUCTS: Mapping[str, str] = MappingProxyType(
    {
        "brdc": "merged broadcast navigation",
        "obs": "daily 30 s observations of stations",
        "sp3": "precise orbits",
        "clk": "precise clocks",
        "erp": "Earth rotation",
        "bias": "code and phase biases",
        "ionex": "ionosphere maps",
        "antex": "antennas",
        "sinex": "station coordinates",
    }
)
"""Word of a product -> what it is."""

QUALITIES = ("daily", "final", "weekly", "current", "rapid", "day", "full", "frame")
"""Better ones first: a final orbit is looked for everywhere before a rapid one. Of coordinates, those of the week come before those of the day, those
with all covariances (large files), and those of the frame."""

GPS_START = date(1980, 1, 6)


@dataclass(frozen=True, slots=True)
class Archive:
    """One archive, or somebody's mirror of it."""

    name: str
    title: str
    base_url: str
    access: str
    """``anonymous``, or ``login`` where a user name and password are needed."""
    login_host: str = ""
    """The host that asks for the password, where it is another one."""
    listing: str = "index"
    """How a folder is listed: ``index`` (the folder itself), ``none``, or what is appended to the folder's address."""
    evidence: str = ""
    note: str = ""

    @property
    def host(self) -> str:
        """Host name of the archive."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def trusted_hosts(self) -> frozenset[str]:
        """Hosts that may be given the password kept for them."""
        return frozenset(filter(None, (self.host, self.login_host)))


@dataclass(frozen=True, slots=True)
class Layout:
    """Where one archive keeps one product of one centre, in some span of days."""

    product: str
    centre: str
    quality: str
    archive: str
    since: date | None
    until: date | None
    path: str
    verified: bool
    evidence: tuple[str, ...]

    def covers(self, day: date) -> bool:
        """Whether the row is about this day."""
        return (self.since is None or day >= self.since) and (self.until is None or day <= self.until)

    @property
    def span(self) -> str:
        """What one file holds: a ``day``, a ``week``, or ``any`` time."""
        if "{ddd}" in self.path.rsplit("/", 1)[1] or "{d}" in self.path or "{station}" in self.path:
            return "day"
        return "week" if "{w" in self.path else "any"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One place where a wanted file may be."""

    archive: Archive
    layout: Layout
    folder: str
    """Address of the folder, with a slash at the end."""
    name: str
    """File name, or the station where it has to be looked up first."""

    @property
    def looked_up(self) -> bool:
        """Whether the name is only known after a look at the folder."""
        return self.layout.path.endswith("{station}")

    @property
    def url(self) -> str:
        """Address of the file; of its folder, with a pattern, where the name has to be looked up."""
        return self.folder + (f"{self.name}*_01D_30S_MO.crx.gz" if self.looked_up else self.name)


@cache
def archives() -> Mapping[str, Archive]:
    """Every archive by name, in the order in which they are asked: open ones over https first, those that need a login and ftp last."""
    names = ("title", "base_url", "access", "login_host", "listing", "evidence", "note")
    return MappingProxyType({row["archive"]: Archive(row["archive"], *(row[name] for name in names)) for row in _rows("archives.csv")})


@cache
def layouts() -> tuple[Layout, ...]:
    """Every row of the data file, in its order, which is that of preference between centres."""
    return tuple(
        Layout(
            **{name: row[name] for name in ("product", "centre", "quality", "archive", "path")},
            since=_day(row["since"]),
            until=_day(row["until"]),
            verified=row["verified"] == "yes",
            evidence=tuple(row["evidence"].split()),
        )
        for row in _rows("layouts.csv")
    )


@cache
def sources() -> Mapping[str, str]:
    """Word of the column ``evidence`` -> what it stands for."""
    return MappingProxyType({row["key"]: row["what"] for row in _rows("sources.csv")})


def centres_of(product: str) -> tuple[str, ...]:
    """Centres that make a product, preferred ones first.

    >>> centres_of("sp3")[:3]
    ('COD', 'GFZ', 'WUM')
    """
    return tuple(dict.fromkeys(row.centre for row in layouts() if row.product == product))


def candidates(product: str, centre: str, day: date, asked: Sequence[Archive], station: str = "") -> Iterator[Candidate]:
    """Every place where a product of a centre may be on a day, in the order in which it is looked for: better qualities first, then by archive.

    ``asked`` are the archives to use, in order; ``station`` is wanted for the product ``obs``.
    """
    rows = [row for row in layouts() if row.product == product and row.centre == centre and row.covers(day)]
    for quality in QUALITIES:
        for archive in asked:
            for row in rows:
                if row.quality == quality and row.archive == archive.name:
                    folder, name = filled(row.path, day, station).rsplit("/", 1) if "/" in row.path else ("", row.path)
                    yield Candidate(archive, row, f"{archive.base_url.rstrip('/')}/{folder}/", name)


def filled(path: str, day: date, station: str = "") -> str:
    """A path of the data file for a day.

    >>> filled("{wwww}/com{wwww}{d}.eph.Z", date(2020, 6, 25))
    '2111/com21114.eph.Z'
    >>> filled("IGS0OPSFIN_{wyyyy}{wddd}0000_07D_01D_ERP.ERP.gz", date(2023, 7, 12))
    'IGS0OPSFIN_20231900000_07D_01D_ERP.ERP.gz'
    """
    week, day_of_week = gps_week(day)
    sunday = week_start(day)
    fields = {"yyyy": f"{day.year:04d}", "yy": f"{day.year % 100:02d}", "ddd": f"{day:%j}", "wwww": f"{week:04d}", "d": str(day_of_week)}
    fields |= {"wyyyy": f"{sunday.year:04d}", "wyy": f"{sunday.year % 100:02d}", "wddd": f"{sunday:%j}", "station": station}
    return path.format_map(fields)


def gps_week(day: date) -> tuple[int, int]:
    """GPS week and day of the week (Sunday is 0) of a calendar day; InputError for a day before the first week.

    >>> gps_week(date(2022, 11, 27))
    (2238, 0)
    """
    if day < GPS_START:
        raise InputError(f"{day}: no archive has anything before {GPS_START}, the first day of the first GPS week")
    return divmod((day - GPS_START).days, 7)


def week_start(day: date) -> date:
    """The Sunday on which the GPS week of a day starts."""
    return day - timedelta(days=gps_week(day)[1])


def overridden(known: Sequence[Archive], addresses: Sequence[str]) -> tuple[Archive, ...]:
    """Archives at other addresses: ``NAME=URL`` stands for one, a bare ``URL`` takes the place of scheme and host of every other one.

    What stands at an address of the user's own is asked without a login. InputError for a name that is none of ``known``, or for an address that is
    none of http, https, ftp and ftps, or that holds a password (which belongs into ``~/.netrc``).
    """
    named: dict[str, str] = {}
    everywhere = ""
    for text in addresses:
        name, found, url = text.partition("=")
        if not found or ":" in name:
            name, url = "", text
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https", "ftp", "ftps") or not parts.hostname:
            raise InputError(f"--base-url: expected URL or ARCHIVE=URL with http, https, ftp or ftps, not {url.split('@')[-1][:60]!r}")
        if parts.username or parts.password:
            raise InputError("--base-url: an address must not hold a user name or password; put them into ~/.netrc")
        if name and name not in {archive.name for archive in known}:
            raise InputError(f"--base-url: no archive is called {name!r}; there are {', '.join(archive.name for archive in known)}")
        if name:
            named[name] = url
        else:
            everywhere = url
    return tuple(_moved(archive, named.get(archive.name, ""), everywhere) for archive in known)


def _moved(archive: Archive, url: str, everywhere: str) -> Archive:
    if not url and everywhere:
        url = everywhere.rstrip("/") + urlsplit(archive.base_url).path
    return replace(archive, base_url=url, access="anonymous", login_host="", listing="index") if url else archive


def _rows(name: str) -> list[dict[str, str]]:
    with files("armillary.io.fetching").joinpath(name).open(encoding="utf-8") as f:
        return list(csv.DictReader(f))


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
