"""What every protocol has in common: bytes come in, are looked at, counted, timed and laid aside."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from armillary.io.fetching.checking import HEAD_BYTES, check_head
from armillary.io.fetching.failures import TooLargeError, TransferError
from armillary.io.fetching.manners import Pace
from armillary.io.fetching.partial import Identity, Partial

__all__ = ["Receiver", "StalledError"]

Told = Callable[[float], None]
"""Called with the fraction of a file that is here."""


class StalledError(TransferError):
    """The bytes come too slowly to wait for them."""


@dataclass(slots=True)
class Receiver:
    """Takes the bytes of one file, whatever the protocol, in as many attempts as it needs."""

    name: str
    """The file's name; empty for a text that is not a file (a listing)."""
    partial: Partial
    pace: Pace
    told: Told
    _window_s: float = field(default_factory=time.monotonic)
    _window_bytes: int = 0
    _have: int = 0
    _head: bytes = b""

    def begin(self, identity: Identity, *, at: int) -> None:
        """Bytes of ``identity`` from ``at`` on follow. TooLargeError where the server says that they will be too many."""
        self._refuse_size(identity.total or 0)
        self.partial.begin(identity, at=at)
        self._have, self._head = at, b"" if at == 0 else bytes(HEAD_BYTES)
        self._window_s, self._window_bytes = time.monotonic(), 0

    def take(self, data: bytes) -> None:
        """One piece. NotDataError, TooLargeError, StalledError and LateError say why no more should be asked for."""
        self.pace.check()
        self._have += len(data)
        self._refuse_size(self._have)
        if len(self._head) < HEAD_BYTES:
            self._head += data[:HEAD_BYTES]
            if len(self._head) >= HEAD_BYTES:
                check_head(self._head, self.name)
        self.partial.write(data)
        total = self.partial.identity.total
        if total:
            self.told(min(self._have / total, 1.0))
        self._refuse_crawl(len(data))

    @property
    def complete(self) -> bool:
        """Whether as much is here as the server said; where it did not say, whatever came is taken as all."""
        total = self.partial.identity.total
        return total is None or self._have == total

    @property
    def have(self) -> int:
        """Bytes that are here."""
        return self._have

    def _refuse_size(self, octets: int) -> None:
        largest = self.pace.manners.largest_bytes
        if octets > largest:
            raise TooLargeError(f"more than {largest:,} bytes, the limit for one file")

    def _refuse_crawl(self, octets: int) -> None:
        manners = self.pace.manners
        self._window_bytes += octets
        elapsed_s = time.monotonic() - self._window_s
        if elapsed_s < manners.slow_for_s:
            return
        if self._window_bytes < manners.slowest_bytes_s * elapsed_s:
            raise StalledError(f"too slow: {self._window_bytes} bytes in {elapsed_s:.0f} s")
        self._window_s, self._window_bytes = time.monotonic(), 0
