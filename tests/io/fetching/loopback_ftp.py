"""A small anonymous ftp server on this machine, which cuts connections on demand."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class LoopbackFtp:
    """What is served and what was asked."""

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: dict[str, list[int]] = field(default_factory=dict)
    """Path -> bytes after which the next transfers end."""
    asked: list[str] = field(default_factory=list)
    """Every command."""
    port: int = 0

    def url(self, path: str = "") -> str:
        """Address of a path."""
        return f"ftp://127.0.0.1:{self.port}{path}"


@contextmanager
def loopback_ftp(files: dict[str, bytes]) -> Iterator[LoopbackFtp]:
    """A server that runs until the end of the block."""
    about = LoopbackFtp(dict(files))
    server = _Server(("127.0.0.1", 0), type("Control", (_Control,), {"about": about}))
    about.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield about
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news."""


class _Control(socketserver.StreamRequestHandler):
    about: LoopbackFtp

    def say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())

    def handle(self) -> None:
        self.at, self.data = 0, b""
        self.say("220 here")
        for line in self.rfile:
            word, _, rest = line.decode().strip().partition(" ")
            self.about.asked.append(f"{word} {rest}".strip())
            act = getattr(self, f"do_{word.lower()}", None)
            if act is None:
                self.say("502 unknown")
            else:
                act(rest)
            if word == "QUIT":
                return

    def do_user(self, name: str) -> None:
        self.say("331 password" if name == "anonymous" else "530 who?")

    def do_pass(self, _: str) -> None:
        self.say("230 in")

    def do_type(self, _: str) -> None:
        self.say("200 so be it")

    def do_quit(self, _: str) -> None:
        self.say("221 bye")

    def do_size(self, path: str) -> None:
        self.say(f"213 {len(self.about.files[path])}" if path in self.about.files else "550 no such file")

    def do_mdtm(self, path: str) -> None:
        self.say("213 20240101000000")

    def do_rest(self, at: str) -> None:
        self.at = int(at)
        self.say("350 from there")

    def do_pasv(self, _: str) -> None:
        self.listener = socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        port = self.listener.server_address[1]
        self.say(f"227 at (127,0,0,1,{port // 256},{port % 256})")

    def do_retr(self, path: str) -> None:
        if path not in self.about.files:
            self.refuse("550 no such file")
            return
        content, cuts = self.about.files[path][self.at :], self.about.cuts.get(path, [])
        whole = not cuts
        # some servers do not notice: only the size tells
        self.transfer(content if whole else content[: cuts.pop(0)], "226 done")
        self.at = 0

    def do_nlst(self, folder: str) -> None:
        names = [path for path in self.about.files if path.startswith(folder)]
        if names:
            self.transfer("".join(f"{name}\r\n" for name in names).encode(), "226 done")
        else:
            self.refuse("550 no such folder")

    def refuse(self, text: str) -> None:
        self.listener.server_close()
        self.say(text)

    def transfer(self, content: bytes, last: str) -> None:
        self.say("150 coming")
        connection, _ = self.listener.get_request()
        connection.sendall(content)
        connection.close()
        self.listener.server_close()
        self.say(last)
