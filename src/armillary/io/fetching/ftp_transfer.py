"""Files over ftp and ftps, anonymously, with the standard library: some archives offer nothing else."""

from __future__ import annotations

import ftplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from armillary.io.fetching.failures import AbsentError, TransferError, UnreachableError, no_answer
from armillary.io.fetching.manners import Pace
from armillary.io.fetching.partial import Identity
from armillary.io.fetching.receiving import Receiver

__all__ = ["FtpTransfer"]

_GONE = "550"


class _CutError(TransferError):
    """The data connection ended early."""


@dataclass(slots=True)
class FtpTransfer:
    """Anonymous ftp: one connection per file, continued where it was cut if size and date are the same."""

    pace: Pace

    def file(self, url: str, receiver: Receiver) -> Identity:
        """Bring the file at ``url`` into ``receiver``; TransferError and its children say what the server answered when it cannot be had."""
        fruitless, resumed = 0, 0
        while True:
            before = receiver.have
            try:
                return self._attempt(url, receiver)
            except (OSError, EOFError, ftplib.Error, _CutError) as error:
                said = str(error) or type(error).__name__
            if receiver.have > before:
                fruitless, resumed = 0, resumed + 1
            else:
                fruitless += 1
            if fruitless >= self.pace.manners.tries or resumed > self.pace.manners.resumptions:
                raise TransferError(f"connection cut ({said[:120]}), {fruitless + resumed} times")
            self.pace.wait(self.pace.manners.back_off_s * 2 ** max(fruitless - 1, 0))

    def listing(self, url: str) -> str:
        """The names in the folder at ``url``, one per line."""
        with self._connected(url) as ftp:
            try:
                return "\n".join(ftp.nlst(_path(url)))
            except ftplib.Error as error:
                raise AbsentError(f"no such folder ({str(error)[:80]})") from None
            except (OSError, EOFError) as error:
                raise TransferError(f"gave no listing ({error})") from None

    def _attempt(self, url: str, receiver: Receiver) -> Identity:
        part, path = receiver.partial, _path(url)
        with self._connected(url) as ftp:
            ftp.voidcmd("TYPE I")
            identity = Identity(url, modified=_date(ftp, path), total=_size(ftp, path))
            have = part.size if part.identity == identity and identity.validator else 0
            try:
                connection = ftp.transfercmd(f"RETR {path}", rest=have or None)
            except ftplib.error_perm as error:
                if str(error).startswith(_GONE):
                    raise AbsentError("not there") from None
                raise TransferError(f"answered {str(error)[:80]}") from None
            with connection:
                receiver.begin(identity, at=have)
                while piece := connection.recv(1 << 16):
                    receiver.take(piece)
            if not receiver.complete:
                raise _CutError(f"{receiver.have:,} of {identity.total:,} bytes")
            ftp.voidresp()
            return identity

    @contextmanager
    def _connected(self, url: str) -> Iterator[ftplib.FTP]:
        parts = urlsplit(url)
        host, manners = parts.hostname or "", self.pace.manners
        secure = parts.scheme == "ftps"
        with self.pace.turn(host):
            ftp: ftplib.FTP = ftplib.FTP_TLS(context=ssl.create_default_context()) if secure else ftplib.FTP()
            try:
                ftp.connect(host, parts.port or ftplib.FTP_PORT, timeout=manners.connect_s)
                ftp.login()
                if isinstance(ftp, ftplib.FTP_TLS):
                    ftp.prot_p()
            except (OSError, EOFError, ftplib.Error) as error:
                ftp.close()
                said = no_answer(error)
                self.pace.gave_no_answer(host, said)
                raise UnreachableError(said) from None
            try:
                if ftp.sock is not None:
                    ftp.sock.settimeout(manners.silence_s)
                ftp.timeout = manners.silence_s
                yield ftp
            finally:
                ftp.close()


def _path(url: str) -> str:
    return unquote(urlsplit(url).path)


def _size(ftp: ftplib.FTP, path: str) -> int | None:
    """Size of a file; None where the server does not say. AbsentError where there is none."""
    try:
        return ftp.size(path)
    except ftplib.error_perm as error:
        if str(error).startswith(_GONE):
            raise AbsentError("not there") from None
        return None


def _date(ftp: ftplib.FTP, path: str) -> str:
    try:
        return ftp.voidcmd(f"MDTM {path}")[3:].strip()
    except ftplib.Error:
        return ""
