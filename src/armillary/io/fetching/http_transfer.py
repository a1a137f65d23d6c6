"""Files over http and https, with the library httpx (extra ``fetch``).

A file comes in as many pieces as the network makes of it: a connection that is cut is continued with ``Range`` where the server says (``If-Range``)
that the file is still the same, else begun again. The whole is measured against the length that was announced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

from armillary._lazy import lazy_module, optional_module
from armillary.io.fetching.catalogue import Archive
from armillary.io.fetching.credentials import Credentials
from armillary.io.fetching.failures import AbsentError, NotDataError, TransferError, UnreachableError, no_answer
from armillary.io.fetching.manners import Pace
from armillary.io.fetching.partial import Identity
from armillary.io.fetching.receiving import Receiver

package = lazy_module("armillary")  # its root names the services above this layer, so it is looked into when asked only

__all__ = ["HttpTransfer", "Unchanged"]

REDIRECTS = 10
LARGEST_LISTING = 32 << 20

_RETRIED = (408, 425, 429)


class Unchanged(Exception):  # noqa: N818 - an answer, not an error
    """The file at the server is the one that is here already."""


class _LaterError(TransferError):
    """The server cannot answer now; ``after_s`` is how long it asks to wait (None: not said)."""

    def __init__(self, text: str, after_s: float | None) -> None:
        super().__init__(text)
        self.after_s = after_s


@dataclass(slots=True)
class HttpTransfer:
    """Connections of one run; thread-safe. MissingExtraError without httpx."""

    pace: Pace
    credentials: Credentials
    _httpx: Any = field(init=False)
    _client: Any = field(init=False)

    def __post_init__(self) -> None:
        self._httpx = optional_module("httpx", "fetch")
        manners = self.pace.manners
        self._client = self._httpx.Client(
            # files as they lie there: what is gzip on the disk must not be unpacked on the way
            headers={"User-Agent": f"armillary/{package.__version__}", "Accept-Encoding": "identity"},
            timeout=self._httpx.Timeout(manners.silence_s, connect=manners.connect_s, pool=None),
            follow_redirects=False,
        )

    def close(self) -> None:
        """End all connections."""
        self._client.close()

    def file(self, url: str, archive: Archive, receiver: Receiver, *, known: Identity | None = None) -> Identity:
        """Bring the file at ``url`` into ``receiver``; the identity of what came. Unchanged is raised where it is still ``known``.

        TransferError and its children say what the server answered when it cannot be had.
        """
        fruitless, resumed, wait_s = 0, 0, 0.0
        while True:
            if wait_s:
                self.pace.wait(wait_s)
            wait_s = self.pace.manners.back_off_s * 2**fruitless
            before = receiver.have
            try:
                return self._attempt(url, archive, receiver, known)
            except _LaterError as error:
                if error.after_s is not None and error.after_s > self.pace.manners.longest_wait_s:
                    raise TransferError(f"{error}, and asks to come back in {error.after_s:.0f} s") from None
                wait_s, said = max(wait_s, error.after_s or 0.0), str(error)
            except (self._httpx.ConnectError, self._httpx.ConnectTimeout, self._httpx.ProxyError) as error:
                said = no_answer(error)
                if fruitless or "CERTIFICATE" in str(error):
                    self.pace.gave_no_answer(urlsplit(str(error.request.url)).hostname or "", said)
                    raise UnreachableError(said) from None
            except self._httpx.RequestError as error:
                said = "silent" if isinstance(error, self._httpx.TimeoutException) else f"connection cut ({_plain(error)})"
                if receiver.have:
                    said += f" after {receiver.have:,} bytes"
            if receiver.have > before:
                fruitless, resumed = 0, resumed + 1
            else:
                fruitless += 1
            if fruitless >= self.pace.manners.tries or resumed > self.pace.manners.resumptions:
                raise TransferError(f"{said}, {fruitless + resumed} times")

    def text(self, url: str, archive: Archive) -> str:
        """The text at ``url`` (a listing); failures as for :meth:`file`."""
        with self._opened(url, archive, {}) as response:
            _refuse(response, archive)
            pieces, size = [], 0
            for piece in response.iter_bytes():
                self.pace.check()
                pieces.append(piece)
                size += len(piece)
                if size > LARGEST_LISTING:
                    raise TransferError("a listing that does not end")
        return b"".join(pieces).decode("utf-8", "replace")

    def listing(self, url: str, archive: Archive) -> str:
        """As :meth:`text`, tried twice."""
        try:
            return self.text(url, archive)
        except (_LaterError, self._httpx.RequestError):
            self.pace.wait(self.pace.manners.back_off_s)
        try:
            return self.text(url, archive)
        except self._httpx.RequestError as error:
            said = no_answer(error)
            if isinstance(error, self._httpx.ConnectError | self._httpx.ConnectTimeout):
                self.pace.gave_no_answer(urlsplit(str(error.request.url)).hostname or "", said)
            raise UnreachableError(said) from None

    def _attempt(self, url: str, archive: Archive, receiver: Receiver, known: Identity | None) -> Identity:
        part = receiver.partial
        have = part.size if part.identity.url == url and part.identity.validator else 0
        headers = {}
        if have:
            headers = {"Range": f"bytes={have}-", "If-Range": part.identity.validator}
        elif known is not None:
            headers = _conditions(known)
        with self._opened(url, archive, headers) as response:
            if response.status_code == HTTPStatus.NOT_MODIFIED and not have and known is not None:
                raise Unchanged
            if response.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and have:
                part.discard()
                raise _LaterError("did not accept where to continue", 0.0)
            _refuse(response, archive)
            extent = _extent(response, have, part.identity.total)
            if extent is None:
                part.discard()
                raise _LaterError("sent another part than was asked for", 0.0)
            at, total = extent
            identity = Identity(url, response.headers.get("etag", ""), response.headers.get("last-modified", ""), total)
            receiver.begin(identity, at=at)
            for piece in response.iter_raw():  # as they come: gathering them would lose those before a cut
                receiver.take(piece)
            if not receiver.complete:
                raise self._httpx.RemoteProtocolError(f"{receiver.have} of {total} bytes")
            return identity

    @contextmanager
    def _opened(self, url: str, archive: Archive, headers: Mapping[str, str]) -> Iterator[Any]:
        """The response to a GET, redirects followed; a password goes to the hosts of the archive it is for, cookies to the hosts that set them."""
        for _ in range(REDIRECTS):
            host = urlsplit(url).hostname or ""
            authorization = self.credentials.header(url, archive)
            try:
                request = self._client.build_request("GET", url, headers={**headers, **({"Authorization": authorization} if authorization else {})})
            except self._httpx.InvalidURL:
                raise TransferError("leads to an address that cannot be read") from None
            with ExitStack() as held:
                held.enter_context(self.pace.turn(host))
                response = self._client.send(request, stream=True)
                held.callback(response.close)
                if not response.has_redirect_location:
                    yield response
                    return
                url = _led_to(response, url)
        raise TransferError("leads round in circles")


def _led_to(response: Any, url: str) -> str:
    """Where a redirect leads; TransferError for one that leaves TLS or carries a password."""
    try:
        target: str = urljoin(url, response.headers["location"])
        parts = urlsplit(target)
    except ValueError:
        raise TransferError("leads to an address that cannot be read") from None
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise TransferError("leads to an address that is not followed")
    if urlsplit(url).scheme == "https" and parts.scheme != "https":
        raise TransferError(f"leads from https to {parts.scheme}, which is not followed")
    return target


def _refuse(response: Any, archive: Archive) -> None:
    """What a response is, if not the wanted bytes, as an exception."""
    code = response.status_code
    host = response.url.host
    if code in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        if host == archive.login_host:
            raise NotDataError(f"a page of {host} instead of the file: log in there once and allow {archive.title}")
        return
    if code in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise AbsentError("not there")
    if code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        asked = f"{host} did not accept the login of ~/.netrc" if response.request.headers.get("authorization") else f"{host} does not allow it"
        raise TransferError(f"{asked} ({code})")
    if code in _RETRIED or code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _LaterError(f"answered {code}", _retry_after_s(response))
    raise TransferError(f"answered {code}")


def _retry_after_s(response: Any) -> float | None:
    text = response.headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0) if text else None
    except (ValueError, TypeError):
        return None


def _extent(response: Any, have: int, total_before: int | None) -> tuple[int, int | None] | None:
    """From which byte on a response goes, and how long the whole is (None: not said); None for a part that was not asked for."""
    length = response.headers.get("content-length", "")
    size = int(length) if length.isdigit() else None
    if response.status_code != HTTPStatus.PARTIAL_CONTENT:
        return 0, size
    unit, _, rest = response.headers.get("content-range", "").partition(" ")
    span, _, whole = rest.partition("/")
    total = int(whole) if whole.isdigit() else total_before
    if unit != "bytes" or span.split("-")[0] != str(have) or (total_before is not None and total != total_before):
        return None
    return have, total


def _conditions(known: Identity) -> dict[str, str]:
    return {name: value for name, value in (("If-None-Match", known.etag), ("If-Modified-Since", known.modified)) if value}


def _plain(error: Exception) -> str:
    """An error of httpx in a few words."""
    return (str(error) or type(error).__name__).split("\n")[0][:120]
