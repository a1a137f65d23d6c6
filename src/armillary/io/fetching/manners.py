"""How archives are asked: few connections, pauses, patience with limits."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from armillary.io.fetching.failures import LateError, UnreachableError

__all__ = ["AGAIN", "Manners", "Pace"]

AGAIN = "; not asked again"
"""Stands behind what a host said, or did not say, to an earlier request."""


@dataclass(frozen=True, slots=True)
class Manners:
    """Limits of a run; times in seconds, sizes in bytes."""

    connections_per_host: int = 2
    pause_s: float = 0.25
    """Between the starts of two requests to one host."""
    connect_s: float = 15.0
    silence_s: float = 30.0
    """Without a single byte, after which a connection counts as dead."""
    slowest_bytes_s: float = 1024.0
    slow_for_s: float = 30.0
    """A transfer slower than ``slowest_bytes_s`` for this long is given up."""
    tries: int = 4
    """Per file and mirror: attempts that bring nothing."""
    resumptions: int = 20
    """Per file and mirror: attempts that continue where the one before was cut off."""
    back_off_s: float = 2.0
    """Before the second attempt; twice as long before each further one."""
    longest_wait_s: float = 120.0
    """A server that asks to come back later than this is given up."""
    largest_bytes: int = 512 << 20
    total_s: float = 3600.0


@dataclass(slots=True)
class Pace:
    """What the transfers of one run share: turns at hosts, the clock, hosts that do not answer, and whether everything shall stop."""

    manners: Manners
    stop: threading.Event = field(default_factory=threading.Event)
    _start_s: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _turns: dict[str, threading.Semaphore] = field(default_factory=dict)
    _next_s: dict[str, float] = field(default_factory=dict)
    _silent: dict[str, str] = field(default_factory=dict)

    def check(self) -> None:
        """LateError when the run was interrupted or its time is over."""
        if self.stop.is_set():
            raise LateError("interrupted")
        if time.monotonic() - self._start_s > self.manners.total_s:
            raise LateError(f"the time limit of {self.manners.total_s:g} s for the whole run is over")

    def wait(self, seconds: float) -> None:
        """Let time pass; LateError as from :meth:`check`."""
        left = self.manners.total_s - (time.monotonic() - self._start_s)
        self.stop.wait(min(seconds, max(left, 0.0) + 0.001))
        self.check()

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """A connection to ``host``: so many at a time, their starts apart by the pause. UnreachableError for a host that did not answer before."""
        if host in self._silent:
            raise UnreachableError(f"{self._silent[host]}{AGAIN}")
        with self._lock:
            turns = self._turns.setdefault(host, threading.Semaphore(self.manners.connections_per_host))
        while not turns.acquire(timeout=0.2):
            self.check()
        try:
            with self._lock:
                start_s = max(time.monotonic(), self._next_s.get(host, 0.0))
                self._next_s[host] = start_s + self.manners.pause_s
            self.wait(max(start_s - time.monotonic(), 0.0))
            yield
        finally:
            turns.release()

    def gave_no_answer(self, host: str, said: str) -> None:
        """Remember that a host cannot be reached, so that other files do not wait for it."""
        self._silent[host] = said
