"""Passwords from ``~/.netrc``: each is given to the host it is for, and to nobody else."""

from __future__ import annotations

import base64
import netrc
import os
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from armillary.io.fetching.catalogue import Archive

__all__ = ["Credentials", "read_credentials"]

LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Credentials:
    """User names and passwords by host. They never appear in its text."""

    path: str
    _entries: dict[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    problem: str = ""
    """Why the file could not be read; quotes nothing of it."""

    def lacking(self, archive: Archive) -> str:
        """Why there is no password for an archive; empty where there is one."""
        if self.known(archive):
            return ""
        return self.problem or f"{self.path} has no entry for {archive.login_host or archive.host}"

    def known(self, archive: Archive) -> bool:
        """Whether there is an entry for the host that asks for the archive's password."""
        return (archive.login_host or archive.host) in self._entries

    def header(self, url: str, archive: Archive) -> str:
        """The value of an ``Authorization`` header for a request to ``url`` made on behalf of ``archive``; empty where none must be sent.

        It is sent to the archive's own host and to its login host, over TLS (or to this very machine) only.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        if host not in archive.trusted_hosts or host not in self._entries or not (parts.scheme == "https" or host in LOOPBACK):
            return ""
        return "Basic " + base64.b64encode(":".join(self._entries[host]).encode()).decode()


def read_credentials(path: Path | None = None) -> Credentials:
    """The entries of ``path``, by default of the file that ``NETRC`` names or of ``~/.netrc``; none where there is no such file.

    An entry ``default`` is ignored: a password is for the host it is written for. A file that cannot be used gives no entries and its ``problem``, so
    that archives without a login are not held up by it.
    """
    where = path or Path(os.environ.get("NETRC") or os.path.expanduser("~/.netrc"))
    try:
        read = netrc.netrc(str(where))
    except FileNotFoundError:
        return Credentials(str(where))
    except netrc.NetrcParseError as error:
        return Credentials(
            str(where), problem=f"{where}, line {error.lineno}: cannot be read as a netrc file (machine HOST login NAME password WORD)"
        )
    except (OSError, UnicodeDecodeError) as error:
        return Credentials(str(where), problem=f"{where}: cannot be read ({getattr(error, 'strerror', None) or 'not text'})")
    return Credentials(str(where), {host: (entry[0], entry[2]) for host, entry in read.hosts.items() if host != "default" and entry[2]})
