"""An http server on this machine that serves given files under given paths, and misbehaves on demand. Nothing leaves the machine."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["_Handler", bytes], None]
"""Answers one request in place of the server; is given what a good server would send."""


@dataclass
class Loopback:
    """What is served, how, and what was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    """Path -> content. A path that ends in a slash is a listing."""
    misbehave: dict[str, list[Behaviour]] = field(default_factory=dict)
    """Path -> what happens to the next requests, one after the other; then the server is good."""
    ranges: bool = True
    """Whether it continues where it is asked to."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Every request: path, headers with names in lower case."""
    most_at_once: int = 0
    port: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str = "", host: str = "127.0.0.1") -> str:
        """Address of a path."""
        return f"http://{host}:{self.port}{path}"

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [path for path, _ in self.asked]

    def requests_for(self, ending: str) -> list[dict[str, str]]:
        """Headers of the requests for paths with an ending."""
        return [headers for path, headers in self.asked if path.endswith(ending)]


@contextmanager
def loopback(files: dict[str, bytes] | None = None) -> Iterator[Loopback]:
    """A server that runs until the end of the block."""
    about = Loopback(dict(files or {}))
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"about": about}))
    about.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield about
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    about: Loopback
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        about = self.about
        with about._lock:
            about._now += 1
            about.most_at_once = max(about.most_at_once, about._now)
            about.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            waiting = about.misbehave.get(self.path.split("?")[0], [])
            behaviour = waiting.pop(0) if waiting else None
        try:
            content = about.files.get(self.path, b"")
            if behaviour is not None:
                behaviour(self, content)
            elif self.path not in about.files:
                status(404)(self, content)
            else:
                self.good(content)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True
        finally:
            with about._lock:
                about._now -= 1

    def good(self, content: bytes) -> None:
        tag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        asked = self.headers.get("Range", "")
        if self.headers.get("If-None-Match") == tag:
            self.head(304, 0, ETag=tag)
            return
        if asked and self.about.ranges and self.headers.get("If-Range", tag) == tag:
            at = int(asked.removeprefix("bytes=").rstrip("-"))
            if at >= len(content):
                self.head(416, 0)
                return
            self.head(206, len(content) - at, **{"Content-Range": f"bytes {at}-{len(content) - 1}/{len(content)}", "ETag": tag})
            self.wfile.write(content[at:])
            return
        self.head(200, len(content), ETag=tag)
        self.wfile.write(content)

    def head(self, code: int, length: int, **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(length), **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def status(code: int, **headers: str) -> Behaviour:
    """An answer without the file."""
    text = b"<html><body>error</body></html>"

    def act(handler: _Handler, content: bytes) -> None:
        handler.head(code, len(text), **{name.replace("_", "-"): value for name, value in headers.items()})
        handler.wfile.write(text)

    return act


def page() -> Behaviour:
    """A login page with status 200, as portals send it."""
    text = b"<!DOCTYPE html>\n<html><head><title>Log in</title></head><body>" + b"Please log in. " * 50 + b"</body></html>"

    def act(handler: _Handler, content: bytes) -> None:
        handler.head(200, len(text), **{"Content-Type": "text/html"})
        handler.wfile.write(text)

    return act


def cut(at: int) -> Behaviour:
    """The connection ends after so many bytes of what was still to be sent."""

    def act(handler: _Handler, content: bytes) -> None:
        short = _Short(handler.wfile, at)
        handler.wfile = short  # type: ignore[assignment]
        handler.good(content)
        handler.close_connection = True

    return act


class _Short:
    """Lets the head of an answer through, and so many bytes of its body."""

    def __init__(self, file: object, left: int) -> None:
        self._file, self._left, self._body = file, left, False

    def write(self, data: bytes) -> int:
        if self._body:
            data, self._left = data[: self._left], max(self._left - len(data), 0)
        self._body = self._body or data.endswith(b"\r\n\r\n")
        return self._file.write(data)  # type: ignore[attr-defined, no-any-return]

    def __getattr__(self, name: str) -> object:
        return getattr(self._file, name)


def longer(by: int) -> Behaviour:
    """More bytes are promised than the file has."""

    def act(handler: _Handler, content: bytes) -> None:
        handler.head(200, len(content) + by, ETag='"wrong"')
        handler.wfile.write(content)
        handler.close_connection = True

    return act


def drip(step: int, every_s: float) -> Behaviour:
    """A few bytes now and then: never silent, never done."""

    def act(handler: _Handler, content: bytes) -> None:
        handler.head(200, len(content), ETag='"drip"')
        for at in range(0, len(content), step):
            handler.wfile.write(content[at : at + step])
            handler.wfile.flush()
            threading.Event().wait(every_s)

    return act


def silent(for_s: float) -> Behaviour:
    """Nothing at all for a while."""

    def act(handler: _Handler, content: bytes) -> None:
        threading.Event().wait(for_s)
        handler.close_connection = True

    return act


def led_to(url: str, **headers: str) -> Behaviour:
    """A redirect."""
    return status(302, Location=url, **headers)


def send(content: bytes, **headers: str) -> Behaviour:
    """Other bytes than the file's."""

    def act(handler: _Handler, _: bytes) -> None:
        handler.head(200, len(content), **{name.replace("_", "-"): value for name, value in headers.items()})
        handler.wfile.write(content)

    return act
