"""The files of a day, from the public archives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np

from armillary.core.table import Table
from armillary.errors import InputError
from armillary.io.fetching.cache import Cache, default_folder
from armillary.io.fetching.credentials import read_credentials
from armillary.io.fetching.download import Attempt, Fetcher, Outcome, Wanted, described
from armillary.io.fetching.manners import Manners, Pace
from armillary.services._fetch_plan import Plan, plan
from armillary.services._telling import Report, nobody

__all__ = ["FetchAnswer", "FileRow", "fetch"]

_MANNERS = Manners()
_WORKERS = 4
_SHA_SHOWN = 12
_NO_NETWORK = "no archive could be reached: is there a network?"


@dataclass(frozen=True, slots=True)
class FileRow:
    """What became of one file that was asked for."""

    product: str
    day: str
    centre: str
    """Centre that made it, or the station."""
    quality: str
    state: str
    """``fetched``, ``cached`` (it was here already), ``missing``, or ``planned`` in a dry run."""
    file: str = ""
    path: str = ""
    archive: str = ""
    url: str = ""
    octets: int = 0
    sha256: str = ""
    tried: tuple[Attempt, ...] = ()
    """Mirrors that did not give it, and what they answered."""
    why: str = ""
    """Why no mirror was asked for it."""

    def to_json(self) -> dict[str, Any]:
        """The row in plain values."""
        names = ("product", "day", "centre", "quality", "state", "file", "path", "archive", "url", "sha256", "why")
        tried = [{"archive": attempt.archive, "url": attempt.url, "said": attempt.said} for attempt in self.tried]
        return {name: getattr(self, name) for name in names} | {"bytes": self.octets, "tried": tried}


@dataclass(frozen=True, slots=True)
class FetchAnswer:
    """What was asked for: where it is now, or why it is not."""

    days: tuple[str, ...]
    folders: tuple[Path, ...]
    """Where the files of each day are."""
    rows: tuple[FileRow, ...]
    warnings: tuple[str, ...] = ()

    @property
    def summary(self) -> Table | None:
        """A row per file, the hash shortened; None in a dry run, which is printed as addresses."""
        if any(row.state == "planned" for row in self.rows):
            return None
        names = ("product", *(("day",) if len(self.days) > 1 else ()), "centre", "quality", "file", "archive")
        columns: dict[str, Any] = {name: np.array([getattr(row, name) for row in self.rows], np.str_) for name in names}
        columns["bytes"] = np.array([row.octets for row in self.rows], np.int64)
        columns["sha256"] = np.array([row.sha256[:_SHA_SHOWN] for row in self.rows], np.str_)
        columns["state"] = np.array([row.state for row in self.rows], np.str_)
        return Table(columns)

    @property
    def missing(self) -> tuple[FileRow, ...]:
        """What could not be had."""
        return tuple(row for row in self.rows if row.state == "missing")

    @property
    def failures(self) -> tuple[str, ...]:
        """One line for each file that could not be had: what every mirror answered; and one that concludes where no mirror answered at all."""
        lines = tuple(f"missing: {row.product} {row.centre} {row.day}: {row.why or described(row.tried)}" for row in self.missing)
        return (*lines, _NO_NETWORK) if lines and self._reached is False else lines

    @property
    def _reached(self) -> bool | None:
        """Whether any archive answered; None where none was asked."""
        answered = [attempt.reached for row in self.rows for attempt in row.tried if attempt.reached is not None]
        return any(answered) or any(row.state == "fetched" for row in self.rows) if answered else None

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        fetched = sum(row.octets for row in self.rows if row.state == "fetched")
        cached = sum(row.state == "cached" for row in self.rows)
        counts = f"{fetched:,} bytes fetched, {cached} files were here already, {len(self.missing)} missing"
        folders = dict.fromkeys(str(Path(row.path).parent) for row in self.rows if row.path)
        return (counts, "in " + " ".join(folders)) if folders else (counts,)

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values: every file with its address, size and SHA-256, and what other mirrors answered."""
        folders = dict(zip(self.days, map(str, self.folders), strict=True))
        return {"folders": folders, "files": [row.to_json() for row in self.rows], "missing": len(self.missing), "warnings": list(self.warnings)}

    def __str__(self) -> str:
        lines = [f"{row.product:6}{row.day}  {row.centre:9} {row.quality:8} {row.archive:8} {row.url}" for row in self.rows]
        where = " ".join(dict.fromkeys(map(str, self.folders)))
        return "\n".join([*lines, f"of each file the first address that has it is taken; files would go to {where}"])


def fetch(
    *,
    day: Annotated[Sequence[str], "YYYY-MM-DD or YYYY-DDD, or two of them with .. between; several joined by commas."],
    products: Annotated[Sequence[str], "brdc, sp3, clk, erp, bias, ionex, antex, sinex, obs; joined by commas."] = ("brdc", "sp3", "clk"),
    stations: Annotated[Sequence[str], "Stations whose observations are wanted, four or nine characters; joined by commas."] = (),
    centres: Annotated[Sequence[str], "A file of each of these centres, such as WUM,COD; without: of the first that has it."] = (),
    out: Annotated[Path | None, "Folder for the files; a folder per day in it for several days. Without: a folder named after the day."] = None,
    mirrors: Annotated[Sequence[str], "Archives to ask, in this order, such as bkg,sopac; without: all, open ones first."] = (),
    base_url: Annotated[Sequence[str], "Another address: ARCHIVE=URL for one archive, URL instead of scheme and host of all."] = (),
    cache: Annotated[Path | None, "Folder of the cache; without: armillary/archives in the user's cache folder."] = None,
    refresh: Annotated[bool, "Ask the archives again, whatever the cache says."] = False,
    dry_run: Annotated[bool, "Only list the addresses that would be tried, in order."] = False,
    time_limit_s: Annotated[float, "For everything together, seconds."] = 3600.0,
    size_limit_mb: Annotated[float, "For one file, millions of bytes."] = 512.0,
    manners: Manners | None = None,
    progress: Report | None = None,
) -> FetchAnswer:
    """Observations, broadcast messages and precise products of a day, from the public archives, ready for an assessment.

    Mirrors are asked in order until one gives the file whole and recognised. What was fetched once is kept and not fetched again. Orbits, clocks,
    Earth rotation and biases come from one centre unless centres are named. What could not be had is listed with every mirror's answer, and the
    exit status is 2. Logins are read from ~/.netrc.

    $ armillary fetch --day 2024-06-01 --stations NIST,WTZR --products brdc,sp3,clk --out day
    """
    if not (time_limit_s > 0 and size_limit_mb > 0):
        raise InputError("--time-limit-s and --size-limit-mb: expected more than 0")
    wanted = plan(day, products=products, stations=stations, centres=centres, mirrors=mirrors, base_url=base_url)
    if out is not None and out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file; --out takes a folder")
    folders = {when: (out or Path()) / (str(when) if out is None or len(wanted.days) > 1 else "") for when in wanted.days}
    days, places = tuple(map(str, wanted.days)), tuple(folders.values())
    if dry_run:
        return FetchAnswer(days, places, tuple(_planned(wanted)))
    limits = replace(manners or _MANNERS, total_s=time_limit_s, largest_bytes=int(size_limit_mb * 1e6))
    fetcher = Fetcher(Cache(cache or default_folder()), Pace(limits), read_credentials(), refresh)
    outcomes = _run(fetcher, wanted, progress or nobody)
    rows = []
    for outcome in outcomes:
        path = "" if outcome.entry is None else str(outcome.entry.copy_to(folders[outcome.wanted.day]))
        rows.append(_row(outcome, path))
    return FetchAnswer(days, places, tuple(rows), tuple(outcome.note for outcome in outcomes if outcome.note))


class _Progress:
    """The share of several jobs that is done, from several threads."""

    def __init__(self, report: Report, jobs: int) -> None:
        self._report, self._done = report, [0.0] * jobs
        self._lock = threading.Lock()

    def told(self, job: int, fraction: float) -> None:
        """The fraction (0 to 1) of one job that is done."""
        with self._lock:
            self._done[job] = fraction
            self._report("fetching", sum(self._done) / len(self._done))


def _run(fetcher: Fetcher, wanted: Plan, report: Report) -> list[Outcome]:
    """What became of everything, in the order of days and of what was asked."""
    jobs: list[Callable[[Callable[[float], None]], list[Outcome]]] = [partial(_single, fetcher, item) for item in wanted.single]
    jobs += [partial(_of_one_centre, fetcher, centres) for centres in wanted.sets]
    progress = _Progress(report, len(jobs))
    try:
        with ThreadPoolExecutor(_WORKERS) as pool:
            try:
                running = [pool.submit(job, partial(progress.told, i)) for i, job in enumerate(jobs)]
                outcomes = [outcome for task in running for outcome in task.result()]
            finally:
                # after an interruption, or an error in one job, the others end at their next byte
                fetcher.pace.stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
    finally:
        fetcher.close()
    return sorted(outcomes, key=lambda outcome: outcome.wanted.day)


def _single(fetcher: Fetcher, item: Wanted, told: Callable[[float], None]) -> list[Outcome]:
    outcome = fetcher.get(item, told)
    told(1.0)
    return [outcome]


def _of_one_centre(fetcher: Fetcher, centres: Sequence[Sequence[Wanted]], told: Callable[[float], None]) -> list[Outcome]:
    """The products of the first centre that has them all; where none has, of the one that has most."""
    best: list[Outcome] = []
    tried: dict[str, list[Attempt]] = {}
    for products in centres:
        outcomes = []
        for i, item in enumerate(products):
            outcomes.append(fetcher.get(item, partial(_told_part, told, i, len(products))))
            tried.setdefault(item.product, []).extend(outcomes[-1].attempts)
            if i == 0 and outcomes[-1].entry is None:
                # without the first (orbits, where they are asked for) the others of this centre are of little use
                outcomes += [Outcome(other, "missing", why=f"not asked for, as no {item.product} was found") for other in products[1:]]
                break
        if not best or _found(outcomes) > _found(best):
            best = outcomes
        if _found(best) == len(best):
            break
    told(1.0)
    if _found(best) or len(centres) == 1:
        return best
    # what is missing is that of any centre, and all of them were asked
    return [replace(o, wanted=replace(o.wanted, centre="any"), attempts=tuple(tried.get(o.wanted.product, ()))) for o in best]


def _told_part(told: Callable[[float], None], part: int, parts: int, fraction: float) -> None:
    told((part + fraction) / parts)


def _found(outcomes: Sequence[Outcome]) -> int:
    return sum(outcome.entry is not None for outcome in outcomes)


def _row(outcome: Outcome, path: str) -> FileRow:
    wanted, entry = outcome.wanted, outcome.entry
    centre = wanted.station or outcome.centre or wanted.centre
    row = FileRow(wanted.product, str(wanted.day), centre, outcome.quality, outcome.state, tried=outcome.attempts, why=outcome.why)
    if entry is None:
        return row
    return replace(row, file=entry.path.name, path=path, archive=entry.archive, url=entry.url, octets=entry.octets, sha256=entry.sha256)


def _planned(wanted: Plan) -> Iterator[FileRow]:
    for item in wanted.every:
        for place in item.places:
            centre = item.station or place.layout.centre
            yield FileRow(item.product, str(item.day), centre, place.layout.quality, "planned", archive=place.archive.name, url=place.url)
