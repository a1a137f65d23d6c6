"""What only shows over TLS and between real host names: a transport in place of the network answers for all of them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import date
from functools import partial

import httpx
import pytest

from armillary.io.fetching.catalogue import archives, candidates
from armillary.io.fetching.download import Fetcher, Outcome, Wanted

DAY = date(2024, 6, 1)
NETRC = "machine urs.earthdata.nasa.gov login analyst password s3cret\n"
BASIC = "Basic " + base64.b64encode(b"analyst:s3cret").decode()
Make = Callable[..., Fetcher]
Answer = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def ask(fetcher: Make, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Outcome, list[httpx.Request]]]:
    """Asks for an orbit file at one archive of the data file; ``answer`` stands for the whole network."""

    def run(archive: str, answer: Answer, centre: str = "COD", netrc: str = NETRC) -> tuple[Outcome, list[httpx.Request]]:
        seen: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return answer(request)

        monkeypatch.setattr(httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(handle)))
        places = tuple(candidates("sp3", centre, DAY, (archives()[archive],)))
        running = fetcher(netrc=netrc)
        outcome = running.get(Wanted("sp3", centre, DAY, places[:1]), lambda fraction: None)
        running.close()
        return outcome, seen

    return run


def led_to(url: str, **headers: str) -> httpx.Response:
    return httpx.Response(302, headers={"Location": url, **{name.replace("_", "-"): value for name, value in headers.items()}})


def test_the_way_through_earthdata(ask: Callable[..., tuple[Outcome, list[httpx.Request]]], made: dict[str, bytes]) -> None:
    """The archive leads to the login host, that back with a code, the archive sets its cookie and leads to the file."""

    def network(request: httpx.Request) -> httpx.Response:
        url = request.url
        if url.host == "urs.earthdata.nasa.gov":
            known = request.headers.get("authorization") == BASIC
            return led_to("https://cddis.nasa.gov/proxyauth?code=1", Set_Cookie="urs=secret; Path=/") if known else httpx.Response(401)
        if url.path == "/proxyauth":
            return led_to(f"https://cddis.nasa.gov{PATH}", Set_Cookie="cddis=open; Path=/")
        if "cddis=open" in request.headers.get("cookie", ""):
            return httpx.Response(200, stream=httpx.ByteStream(made["sp3"]))
        return led_to("https://urs.earthdata.nasa.gov/oauth/authorize?app=cddis")

    PATH = "/archive/gnss/products/2316/COD0MGXFIN_20241530000_01D_05M_ORB.SP3.gz"
    outcome, seen = ask("cddis", network)
    assert outcome.state == "fetched", outcome.attempts
    assert [request.url.host for request in seen] == ["cddis.nasa.gov", "urs.earthdata.nasa.gov", "cddis.nasa.gov", "cddis.nasa.gov"]
    for request in seen:
        ours = request.url.host == "urs.earthdata.nasa.gov"
        assert request.headers.get("authorization", "") == (BASIC if ours else "")
        assert "urs=secret" not in request.headers.get("cookie", "")
    assert outcome.entry is not None and outcome.entry.url == f"https://cddis.nasa.gov{PATH}"


def test_aiub_leads_on_to_an_object_store(ask: Callable[..., tuple[Outcome, list[httpx.Request]]], made: dict[str, bytes]) -> None:
    store = "https://zhw-b.s3.cloud.switch.ch/aiub/x.SP3.gz"
    outcome, seen = ask(
        "aiub", lambda r: httpx.Response(200, stream=httpx.ByteStream(made["sp3"])) if r.url.host.startswith("zhw") else led_to(store)
    )
    assert outcome.state == "fetched" and len(seen) == 2 and not any("authorization" in request.headers for request in seen)


def test_a_redirect_from_https_to_http_is_not_followed(ask: Callable[..., tuple[Outcome, list[httpx.Request]]]) -> None:
    outcome, seen = ask("aiub", lambda request: led_to("http://www.aiub.unibe.ch/x"))
    assert outcome.attempts[0].said == "leads from https to http, which is not followed" and len(seen) == 1


def test_a_refused_certificate_is_not_tried_again(ask: Callable[..., tuple[Outcome, list[httpx.Request]]]) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate", request=request)

    outcome, seen = ask("bkg", refuse, centre="IGS")
    assert len(seen) == 1 and "CERTIFICATE_VERIFY_FAILED" in outcome.attempts[0].said


def test_without_a_login_cddis_is_not_asked(ask: Callable[..., tuple[Outcome, list[httpx.Request]]]) -> None:
    outcome, seen = ask("cddis", lambda request: httpx.Response(500), netrc="")
    assert seen == [] and outcome.attempts[0].said.endswith("has no entry for urs.earthdata.nasa.gov")
