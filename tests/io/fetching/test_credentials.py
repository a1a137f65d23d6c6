"""Passwords go to the host they are for and to nobody else: a data server, its login server, and a stranger, all on this machine."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from armillary.io.fetching.catalogue import Archive, Candidate, Layout
from armillary.io.fetching.credentials import read_credentials
from armillary.io.fetching.download import Fetcher, Outcome, Wanted
from tests.io.fetching.loopback import Loopback, led_to, loopback, page, status

NAME = "COD0MGXFIN_20241530000_01D_05M_ORB.SP3.gz"
NETRC = "machine localhost\nlogin analyst\npassword s3cret\n"
BASIC = "Basic " + base64.b64encode(b"analyst:s3cret").decode()
Make = Callable[..., Fetcher]


def ask(fetcher: Fetcher, base_url: str, login_host: str = "localhost") -> Outcome:
    archive = Archive("vault", "the vault", base_url, "login", login_host)
    layout = Layout("sp3", "COD", "final", "vault", None, None, "x/{ddd}", False, ())
    try:
        return fetcher.get(Wanted("sp3", "COD", date(2024, 6, 1), (Candidate(archive, layout, base_url + "/", NAME),)), lambda fraction: None)
    finally:
        fetcher.close()


@pytest.fixture
def servers(made: dict[str, bytes]) -> Iterator[tuple[Loopback, Loopback]]:
    """The data server (127.0.0.1) leads to the login server (localhost), which sets a cookie there and leads back with a code, as Earthdata does."""
    with loopback({f"/{NAME}": made["sp3"]}) as data, loopback() as login:

        def gate(handler: object, content: bytes) -> None:
            cookie = handler.headers.get("Cookie", "")  # type: ignore[attr-defined]
            (handler.good if "session=open" in cookie else lambda c: led_to(login.url("/oauth?x=1", host="localhost"))(handler, c))(content)  # type: ignore[attr-defined, arg-type]

        def let_in(handler: object, content: bytes) -> None:
            led_to(f"/{NAME}", Set_Cookie="session=open; Path=/")(handler, content)  # type: ignore[arg-type]

        def door(handler: object, content: bytes) -> None:
            known = handler.headers.get("Authorization") == BASIC  # type: ignore[attr-defined]
            (led_to(data.url("/login?code=7")) if known else status(401, WWW_Authenticate="Basic"))(handler, content)  # type: ignore[arg-type]

        data.misbehave = {f"/{NAME}": [gate] * 9, "/login": [let_in] * 9}
        login.misbehave = {"/oauth": [door] * 9}
        yield data, login


@pytest.mark.slow
def test_a_login_by_another_host_and_a_cookie_give_the_file(servers: tuple[Loopback, Loopback], fetcher: Make, made: dict[str, bytes]) -> None:
    data, login = servers
    outcome = ask(fetcher(netrc=NETRC), data.url())
    assert outcome.entry is not None and outcome.entry.path.read_bytes() == made["sp3"], outcome.attempts
    assert [headers.get("authorization") for _, headers in login.asked] == [BASIC]
    assert all("authorization" not in headers for _, headers in data.asked)


def test_a_stranger_that_is_led_to_gets_no_password(servers: tuple[Loopback, Loopback], fetcher: Make, made: dict[str, bytes]) -> None:
    """localhost is in the netrc file, but it is not this archive's login host."""
    data, login = servers
    netrc = NETRC + "machine 127.0.0.1\nlogin other\npassword w0rd\n"
    outcome = ask(fetcher(netrc=netrc), data.url(), login_host="")
    assert outcome.state == "missing" and "authorization" not in login.asked[0][1]
    assert outcome.attempts[0].said == "localhost does not allow it (401)"


def test_an_archives_own_host_gets_its_own_password_only(fetcher: Make, made: dict[str, bytes]) -> None:
    with loopback() as stranger, loopback() as own:
        stranger.misbehave = {f"/{NAME}": [status(404)]}
        own.misbehave = {f"/{NAME}": [led_to(stranger.url(f"/{NAME}"))]}
        ask(fetcher(netrc=NETRC), own.url(host="localhost"), login_host="")
        assert own.asked[0][1]["authorization"] == BASIC
        assert "authorization" not in stranger.asked[0][1]


def test_without_an_entry_the_archive_is_not_asked_at_all(servers: tuple[Loopback, Loopback], fetcher: Make) -> None:
    data, login = servers
    outcome = ask(fetcher(netrc="default login anonymous password me\n"), data.url())
    assert outcome.state == "missing" and data.asked == login.asked == []
    assert "needs a login: " in outcome.attempts[0].said and outcome.attempts[0].said.endswith("has no entry for localhost")


def test_a_wrong_password_is_said_without_being_told(servers: tuple[Loopback, Loopback], fetcher: Make) -> None:
    data, _ = servers
    outcome = ask(fetcher(netrc=NETRC.replace("s3cret", "0ther")), data.url())
    assert outcome.attempts[0].said == "localhost did not accept the login of ~/.netrc (401)"
    assert "0ther" not in repr(outcome)


def test_a_page_of_the_login_host_says_what_to_do(servers: tuple[Loopback, Loopback], fetcher: Make) -> None:
    """An account that has not allowed the archive yet gets a page with status 200."""
    data, login = servers
    login.misbehave = {"/oauth": [page()]}
    outcome = ask(fetcher(netrc=NETRC), data.url())
    assert "log in there once and allow the vault" in outcome.attempts[0].said


def archive(base_url: str) -> Archive:
    return Archive("vault", "", base_url, "login", "login.example.org")


def test_passwords_leave_over_tls_only(tmp_path: Path) -> None:
    path = tmp_path / "netrc"
    path.write_text("machine login.example.org login a password b\nmachine data.example.org login c password d\n")
    known = read_credentials(path)
    vault = archive("https://data.example.org/x")
    assert known.header("https://login.example.org/oauth", vault) == "Basic " + base64.b64encode(b"a:b").decode()
    assert known.header("https://data.example.org/x/y", vault) == "Basic " + base64.b64encode(b"c:d").decode()
    for url in (
        "http://login.example.org/oauth",
        "https://login.example.org.example.net/",
        "https://example.net/login.example.org",
        "ftp://data.example.org/",
    ):
        assert known.header(url, vault) == "", url
    assert repr(known) == f"Credentials(path={str(path)!r}, problem='')"


@pytest.mark.parametrize("content", [b"machine x login y\nhunter2 password\n", b"machine x login y password \xff\xfe hunter2\n"])
def test_a_file_that_is_no_netrc_holds_up_nobody_and_is_quoted_nowhere(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "netrc"
    path.write_bytes(content)
    known = read_credentials(path)
    said = known.lacking(archive("https://x.org"))
    assert said.startswith(str(path)) and "cannot be read" in said and "hunter2" not in said + repr(known)
    folder = read_credentials(tmp_path)
    assert "cannot be read" in folder.lacking(archive("https://x.org"))
    assert read_credentials(tmp_path / "nothing").lacking(archive("https://x.org")).endswith("nothing has no entry for login.example.org")
