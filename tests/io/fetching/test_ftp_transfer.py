"""Archives that offer ftp only."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from armillary.io.fetching.catalogue import Archive, Candidate, Layout
from armillary.io.fetching.download import Fetcher, Outcome, Wanted
from tests.io.fetching.loopback_ftp import LoopbackFtp, loopback_ftp

DAY = date(2024, 6, 1)
NAME = "WUM0MGXFIN_20241530000_01D_05M_ORB.SP3.gz"
STATION = "JFNG00CHN_R_20241530000_01D_30S_MO.rnx.gz"
Make = Callable[..., Fetcher]


@pytest.fixture
def server(made: dict[str, bytes]) -> Iterator[LoopbackFtp]:
    with loopback_ftp({f"/pub/{NAME}": made["sp3"], f"/pub/obs/{STATION}": made["obs"]}) as running:
        yield running


def ask(fetcher: Fetcher, server: LoopbackFtp, name: str = NAME) -> Outcome:
    archive = Archive("whu", "", server.url("/pub"), "anonymous")
    layout = Layout("sp3", "WUM", "final", "whu", None, None, "x/{ddd}", False, ())
    return fetcher.get(Wanted("sp3", "WUM", DAY, (Candidate(archive, layout, server.url("/pub/"), name),)), lambda fraction: None)


def test_a_file_comes_whole(server: LoopbackFtp, fetcher: Make, made: dict[str, bytes]) -> None:
    outcome = ask(fetcher(), server)
    assert outcome.entry is not None and outcome.entry.path.read_bytes() == made["sp3"], outcome.attempts
    assert "USER anonymous" in server.asked and "TYPE I" in server.asked


def test_a_cut_transfer_is_continued(server: LoopbackFtp, fetcher: Make, made: dict[str, bytes]) -> None:
    server.cuts = {f"/pub/{NAME}": [1500, 700]}
    outcome = ask(fetcher(), server)
    assert outcome.entry is not None and outcome.entry.path.read_bytes() == made["sp3"], outcome.attempts
    assert [word for word in server.asked if word.startswith("REST")] == ["REST 1500", "REST 2200"]


def test_a_server_that_always_cuts_at_the_start_is_left(server: LoopbackFtp, fetcher: Make) -> None:
    server.cuts = {f"/pub/{NAME}": [0] * 99}
    outcome = ask(fetcher(), server)
    assert outcome.state == "missing" and "connection cut" in outcome.attempts[0].said


def test_what_is_not_there_is_said(server: LoopbackFtp, fetcher: Make) -> None:
    assert [attempt.said for attempt in ask(fetcher(), server, "nothing.gz").attempts] == ["not there"]


def test_a_station_is_found_in_the_listing(server: LoopbackFtp, fetcher: Make, made: dict[str, bytes]) -> None:
    archive = Archive("whu", "", server.url("/pub"), "anonymous")
    layout = Layout("obs", "station", "daily", "whu", None, None, "obs/{station}", False, ())
    place = Candidate(archive, layout, server.url("/pub/obs/"), "JFNG")
    outcome = fetcher().get(Wanted("obs", "JFNG", DAY, (place,), "JFNG"), lambda fraction: None)
    assert outcome.entry is not None and outcome.entry.path.name == STATION, outcome.attempts
    nowhere = replace(place, folder=server.url("/none/"))
    outcome = fetcher(cache="other").get(Wanted("obs", "JFNG", DAY, (nowhere,), "JFNG"), lambda fraction: None)
    assert "no such folder" in outcome.attempts[0].said


def test_no_server_is_said(server: LoopbackFtp, fetcher: Make) -> None:
    gone = replace(server, port=1)
    assert "cannot be reached" in ask(fetcher(), gone).attempts[0].said


def test_a_cut_plain_file_is_continued_although_its_beginning_would_be_recognised(server: LoopbackFtp, fetcher: Make, made: dict[str, bytes]) -> None:
    """Nothing inside an uncompressed file says that its end is missing; its announced size does."""
    plain = gzip.decompress(made["sp3"])
    server.files["/pub/Sta23166.sp3"] = plain
    server.cuts = {"/pub/Sta23166.sp3": [2000]}
    outcome = ask(fetcher(), server, "Sta23166.sp3")
    assert outcome.entry is not None and outcome.entry.path.read_bytes() == plain, outcome.attempts
