"""Files that were fetched before, by name and not by address: mirrors of one file are one entry."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from armillary.errors import InputError
from armillary.io.fetching.catalogue import Candidate, gps_week, week_start
from armillary.io.saving import save_bytes

__all__ = ["Cache", "Entry", "default_folder", "is_complete", "is_settled", "sha256_of"]

REVISED_DAYS = 2
"""A daily file fetched earlier than this after its day may not have been complete: the archive is asked whether it changed."""

BETTER_DAYS = 30
"""Fetched later than this after its day, a lesser product (rapid) is no longer compared with a better one (final) that may come."""

UNDATED_DAYS = 7
"""Files without a date in their name (antennas) are asked about again after this."""

ASKED_AGAIN_DAYS = 7
"""An archive that had no file of a day long ago is asked about it again after this."""

_ABSENT = ".absent.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """One file in the cache."""

    path: Path
    url: str
    archive: str
    sha256: str
    octets: int
    fetched: str
    """When, UTC, ISO 8601."""
    etag: str = ""
    modified: str = ""

    @property
    def fetched_day(self) -> date:
        """The day, UTC, on which it was fetched or last found unchanged."""
        return datetime.fromisoformat(self.fetched).date()

    def copy_to(self, folder: Path) -> Path:
        """Put a copy into ``folder`` under its own name, whole or not at all; its path. InputError where that cannot be written."""
        target = folder / self.path.name
        aside = folder / f".{self.path.name}.{os.getpid()}.part"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not (target.is_file() and target.stat().st_size == self.octets and sha256_of(target) == self.sha256):
                try:
                    shutil.copyfile(self.path, aside)
                    aside.replace(target)
                finally:
                    aside.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"{target}: cannot be written ({error.strerror})") from None
        return target


def default_folder() -> Path:
    """``armillary/archives`` in the user's cache folder (``XDG_CACHE_HOME``, else ``~/.cache``)."""
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")) / "armillary" / "archives"


@dataclass(frozen=True, slots=True)
class Cache:
    """The cache below a folder."""

    root: Path

    def folder(self, candidate: Candidate, day: date) -> Path:
        """Where files of the kind of ``candidate`` are kept: by product and the day or week that they are of."""
        base = self.root / candidate.layout.product
        if candidate.layout.span == "any":
            return base
        return base / (f"w{gps_week(day)[0]:04d}" if candidate.layout.span == "week" else f"{day.year:04d}/{day:%j}")

    def find(self, candidate: Candidate, day: date, name: str) -> Entry | None:
        """The entry of a file, where it lies there unchanged: size and SHA-256 are checked."""
        path = self.folder(candidate, day) / name
        try:
            about = json.loads(_about(path).read_text(encoding="utf-8"))
            entry = Entry(path=path, **about)
            if path.stat().st_size != entry.octets or sha256_of(path) != entry.sha256:
                return None
            datetime.fromisoformat(entry.fetched)
        except (OSError, ValueError, TypeError):
            return None
        return entry

    def stations(self, candidate: Candidate, day: date) -> str:
        """Names of what lies beside ``candidate``, one per line: a listing to look a station up in."""
        folder = self.folder(candidate, day)
        return "\n".join(path.name for path in folder.glob("[!.]*")) if folder.is_dir() else ""

    def add(self, part: Path, name: str, candidate: Candidate, day: date, *, url: str, etag: str, modified: str) -> Entry:
        """Take a complete file over under its final name; ``part`` must be on the same disk. InputError where the cache cannot be written."""
        path = self.folder(candidate, day) / name
        entry = Entry(path, url, candidate.archive.name, sha256_of(part), part.stat().st_size, _now(), etag, modified)
        try:
            # the old description goes first: killed in between, a file without one counts as none
            _about(path).unlink(missing_ok=True)
            part.replace(path)
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror})") from None
        self._describe(entry)
        return entry

    def not_there(self, candidate: Candidate, day: date, url: str) -> str:
        """The day on which an archive said that a file of long ago is not there, if that was lately; else empty."""
        said = self._absent(candidate, day).get(url, "")
        try:
            return said if said and datetime.now(UTC).date() - date.fromisoformat(said) < timedelta(ASKED_AGAIN_DAYS) else ""
        except ValueError:
            return ""

    def remember_absent(self, candidate: Candidate, day: date, url: str) -> None:
        """Remember that an archive has no such file, where the file is of a day so long ago that it would be there by now."""
        today = datetime.now(UTC).date()
        if today - _last_day(candidate, day) >= timedelta(BETTER_DAYS):
            said = self._absent(candidate, day) | {url: today.isoformat()}
            folder = self.folder(candidate, day)
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise InputError(f"{folder}: cannot be written ({error.strerror})") from None
            save_bytes(json.dumps(said).encode(), folder / _ABSENT)

    def _absent(self, candidate: Candidate, day: date) -> dict[str, str]:
        try:
            said = json.loads((self.folder(candidate, day) / _ABSENT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(url): str(when) for url, when in said.items()} if isinstance(said, dict) else {}

    def confirm(self, entry: Entry) -> Entry:
        """The entry, found unchanged at its archive today."""
        entry = replace(entry, fetched=_now())
        self._describe(entry)
        return entry

    def _describe(self, entry: Entry) -> None:
        about = {name: value for name, value in asdict(entry).items() if name != "path"}
        save_bytes(json.dumps(about).encode(), _about(entry.path))


def is_complete(entry: Entry, candidate: Candidate, day: date) -> bool:
    """Whether a file as old as this one need not be asked about again."""
    if candidate.layout.span == "any":
        return datetime.now(UTC).date() - entry.fetched_day < timedelta(UNDATED_DAYS)
    return entry.fetched_day - _last_day(candidate, day) >= timedelta(REVISED_DAYS)


def is_settled(entry: Entry, candidate: Candidate, day: date) -> bool:
    """Whether nothing better than this file is to be expected any more."""
    return entry.fetched_day - _last_day(candidate, day) >= timedelta(BETTER_DAYS)


def _last_day(candidate: Candidate, day: date) -> date:
    return week_start(day) + timedelta(6) if candidate.layout.span == "week" else day


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _about(path: Path) -> Path:
    return path.with_name(f".{path.name}.json")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
