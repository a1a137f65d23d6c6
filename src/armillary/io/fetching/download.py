"""One wanted file: from the cache, else from the first mirror that has it, whole and recognised."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlsplit

from armillary.io.fetching.cache import Cache, Entry, is_complete, is_settled
from armillary.io.fetching.catalogue import Candidate
from armillary.io.fetching.checking import check_content, check_head
from armillary.io.fetching.credentials import Credentials
from armillary.io.fetching.failures import AbsentError, LateError, NotDataError, TooLargeError, TransferError, UnreachableError
from armillary.io.fetching.ftp_transfer import FtpTransfer
from armillary.io.fetching.http_transfer import HttpTransfer, Unchanged
from armillary.io.fetching.listing import guessed_names, names_files_of, station_files
from armillary.io.fetching.manners import AGAIN, Pace
from armillary.io.fetching.partial import Identity, Partial
from armillary.io.fetching.receiving import Receiver, Told

__all__ = ["Attempt", "Fetcher", "Outcome", "Wanted", "described"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file that is looked for, and where it may be, in order."""

    product: str
    centre: str
    """Centre or centres, or the station."""
    day: date
    places: tuple[Candidate, ...]
    station: str = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one mirror answered."""

    archive: str
    url: str
    said: str
    reached: bool | None = True
    """Whether its host answered; None where it was not asked."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a wanted file."""

    wanted: Wanted
    state: str
    """``fetched``, ``cached`` or ``missing``."""
    entry: Entry | None = None
    centre: str = ""
    quality: str = ""
    attempts: tuple[Attempt, ...] = ()
    note: str = ""
    why: str = ""
    """Why nobody was asked for it, where a plan had places for it."""


@dataclass(slots=True)
class Fetcher:
    """Brings files; thread-safe. MissingExtraError without httpx, once something has to be asked for over http."""

    cache: Cache
    pace: Pace
    credentials: Credentials
    refresh: bool = False
    """Ask the archives about everything again, whatever the cache says."""
    _http: HttpTransfer | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _busy: dict[str, threading.Lock] = field(default_factory=dict)
    _listings: dict[str, str | TransferError] = field(default_factory=dict)

    def close(self) -> None:
        """End all connections."""
        if self._http is not None:
            self._http.close()

    def get(self, wanted: Wanted, told: Told) -> Outcome:
        """The file, from the cache where it is complete there, else from the first place that has it. InputError for an unwritable cache."""
        held = self._held(wanted)
        if held is not None and not self.refresh:
            candidate, entry, is_best = held
            if is_complete(entry, candidate, wanted.day) and (is_best or is_settled(entry, candidate, wanted.day)):
                return Outcome(wanted, "cached", entry, candidate.layout.centre, candidate.layout.quality)
        attempts: list[Attempt] = []
        for candidate in wanted.places:
            try:
                found = self._from(candidate, wanted, attempts, told)
            except LateError as error:
                attempts.append(Attempt(candidate.archive.name, candidate.url, str(error), None))
                break
            if found is not None:
                return found
        if held is not None:
            candidate, entry, _ = held
            note = f"{entry.path.name}: the copy of {entry.fetched[:10]} in the cache; whether there is a newer one could not be asked"
            return Outcome(wanted, "cached", entry, candidate.layout.centre, candidate.layout.quality, tuple(attempts), note)
        return Outcome(wanted, "missing", attempts=tuple(attempts))

    def _held(self, wanted: Wanted) -> tuple[Candidate, Entry, bool] | None:
        """The first of the wanted names that lies in the cache, and whether no better one is looked for."""
        for candidate in wanted.places:
            names = [candidate.name]
            if candidate.looked_up:
                names = station_files(self.cache.stations(candidate, wanted.day), wanted.station, wanted.day)
            for name in names:
                entry = self.cache.find(candidate, wanted.day, name)
                if entry is not None:
                    return candidate, entry, candidate.looked_up or candidate.name == wanted.places[0].name
        return None

    def _from(self, candidate: Candidate, wanted: Wanted, attempts: list[Attempt], told: Told) -> Outcome | None:
        """What one place gives; None, with a line in ``attempts``, where it gives nothing."""
        archive, layout = candidate.archive, candidate.layout

        def failed(url: str, error: object, *, asked: bool = True) -> None:
            attempts.append(Attempt(archive.name, url, str(error), not isinstance(error, UnreachableError) if asked else None))

        if archive.access == "login" and not self.credentials.known(archive):
            failed(candidate.url, f"needs a login: {self.credentials.lacking(archive)}", asked=False)
            return None
        before = "" if self.refresh else self.cache.not_there(candidate, wanted.day, candidate.url)
        if before:
            failed(candidate.url, f"not there on {before}", asked=False)
            return None
        names = [candidate.name]
        if candidate.looked_up:
            try:
                names = self._names(candidate, wanted)
            except LateError:
                raise
            except TransferError as error:
                failed(candidate.url, error if isinstance(error, UnreachableError) else f"the folder was not listed: {error}")
                names = guessed_names(wanted.station, wanted.day)
                if not names and isinstance(error, AbsentError):
                    self._remember_absent(candidate, wanted)
            else:
                if not names:
                    failed(candidate.url, "no such file in the folder")
                    self._remember_absent(candidate, wanted)
        for name in names:
            url = candidate.folder + name
            try:
                entry, state = self._bring(candidate, name, wanted, told)
                return Outcome(wanted, state, entry, layout.centre, layout.quality, tuple(attempts))
            except LateError:
                raise
            except TransferError as error:
                failed(url, error)
                if isinstance(error, AbsentError) and not candidate.looked_up:
                    self._remember_absent(candidate, wanted)
        return None

    def _remember_absent(self, candidate: Candidate, wanted: Wanted) -> None:
        with self._alone(str(self.cache.folder(candidate, wanted.day))):
            self.cache.remember_absent(candidate, wanted.day, candidate.url)

    def _names(self, candidate: Candidate, wanted: Wanted) -> list[str]:
        """File names of the station in the folder of the candidate; TransferError where what came is no listing of the day."""
        text = self._listing(candidate)
        if not names_files_of(text, wanted.day):
            raise TransferError("what came names no file of that day")
        return station_files(text, wanted.station, wanted.day)

    def _listing(self, candidate: Candidate) -> str:
        """The listing of a folder, asked for once in a run."""
        archive, folder = candidate.archive, candidate.folder
        if archive.listing == "none":
            raise AbsentError("it has no listing")
        with self._alone(folder):
            if folder not in self._listings:
                url = folder + ("" if archive.listing == "index" else archive.listing)
                try:
                    self._listings[folder] = FtpTransfer(self.pace).listing(url) if _is_ftp(url) else self._web().listing(url, archive)
                except LateError:
                    raise
                except TransferError as error:
                    self._listings[folder] = error
            known = self._listings[folder]
        if isinstance(known, TransferError):
            raise known
        return known

    def _bring(self, candidate: Candidate, name: str, wanted: Wanted, told: Told) -> tuple[Entry, str]:
        """The entry of a file, new or still the same, and which of the two; TransferError where this place does not give it."""
        url, folder = candidate.folder + name, self.cache.folder(candidate, wanted.day)
        with self._alone(str(folder / name)):
            entry = self.cache.find(candidate, wanted.day, name)
            if entry is not None and not self.refresh and is_complete(entry, candidate, wanted.day):
                return entry, "cached"
            with Partial(folder, name) as part:
                receiver = Receiver(name, part, self.pace, told)
                try:
                    came = self._receive(candidate, url, receiver, entry)
                    path = part.finish()
                    with path.open("rb") as stream:
                        check_head(stream.read(64), name)
                    check_content(path, name, wanted.product)
                except Unchanged:
                    assert entry is not None, "only a known file can be unchanged"
                    return self.cache.confirm(entry), "cached"
                except (NotDataError, TooLargeError):
                    part.discard()
                    raise
                return self.cache.add(path, name, candidate, wanted.day, url=url, etag=came.etag, modified=came.modified), "fetched"

    def _receive(self, candidate: Candidate, url: str, receiver: Receiver, entry: Entry | None) -> Identity:
        if _is_ftp(url):
            return FtpTransfer(self.pace).file(url, receiver)
        known = Identity(url, entry.etag, entry.modified) if entry is not None and entry.url == url and (entry.etag or entry.modified) else None
        return self._web().file(url, candidate.archive, receiver, known=known)

    def _web(self) -> HttpTransfer:
        with self._lock:
            if self._http is None:
                self._http = HttpTransfer(self.pace, self.credentials)
            return self._http

    @contextmanager
    def _alone(self, what: str) -> Iterator[None]:
        """One thread at a time for one file or folder: a weekly file is fetched once, whoever of seven days wants it first."""
        with self._lock:
            lock = self._busy.setdefault(what, threading.Lock())
        with lock:
            yield


def _is_ftp(url: str) -> bool:
    return urlsplit(url).scheme in ("ftp", "ftps")


def described(attempts: Sequence[Attempt]) -> str:
    """What the mirrors answered, in one line: those that said the same together.

    >>> described([Attempt("a", "", "not there"), Attempt("b", "", "silent"), Attempt("c", "", "not there")])
    'a, c: not there; b: silent'
    """
    said: dict[str, list[str]] = {}
    for attempt in attempts:
        names = said.setdefault(attempt.said.removesuffix(AGAIN), [])
        if attempt.archive not in names:
            names.append(attempt.archive)
    return "; ".join(f"{', '.join(names)}: {text}" for text, names in said.items()) or "no archive is known to have it"
