"""One file from mirrors that misbehave: a server on this machine does what archives have been seen to do."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from armillary.errors import InputError
from armillary.io.fetching.cache import Cache
from armillary.io.fetching.catalogue import Archive, Candidate, Layout
from armillary.io.fetching.credentials import Credentials
from armillary.io.fetching.download import Fetcher, Outcome, Wanted
from armillary.io.fetching.manners import Pace
from tests.io.fetching.conftest import QUICK
from tests.io.fetching.loopback import Loopback, cut, drip, led_to, longer, loopback, page, send, silent, status

DAY = date(2024, 6, 1)
NAME = "COD0MGXFIN_20241530000_01D_05M_ORB.SP3.gz"
PATH = f"/a/{NAME}"
MIRROR = f"/b/{NAME}"
Make = Callable[..., Fetcher]


def candidate(base_url: str, name: str = NAME, *, archive: Archive | None = None, product: str = "sp3", quality: str = "final") -> Candidate:
    archive = archive or Archive(base_url.rstrip("/").rsplit("/", 1)[1], "", base_url, "anonymous")
    # a date in the path of the row makes it a daily file
    layout = Layout(product, "COD", quality, archive.name, None, None, "x/{ddd}" if name != "{station}" else "x/{station}", False, ())
    return Candidate(archive, layout, base_url.rstrip("/") + "/", name if name != "{station}" else "NIST")


def wanted(server: Loopback, *folders: str, product: str = "sp3", name: str = NAME) -> Wanted:
    places = tuple(candidate(server.url(f"/{folder}"), name, product=product) for folder in folders or ("a", "b"))
    return Wanted(product, "COD", DAY, places)


def get(fetcher: Fetcher, what: Wanted) -> Outcome:
    try:
        return fetcher.get(what, lambda fraction: None)
    finally:
        fetcher.close()


@pytest.fixture
def server(made: dict[str, bytes]) -> Iterator[Loopback]:
    """Two mirrors of the orbit file, /a and /b."""
    with loopback({PATH: made["sp3"], MIRROR: made["sp3"]}) as running:
        yield running


def whole(outcome: Outcome, content: bytes) -> bool:
    assert outcome.entry is not None, outcome.attempts
    assert outcome.entry.sha256 == hashlib.sha256(content).hexdigest() and outcome.entry.octets == len(content)
    return outcome.entry.path.read_bytes() == content


def left_behind(outcome: Outcome) -> list[str]:
    assert outcome.entry is not None
    return sorted(path.name for path in outcome.entry.path.parent.iterdir() if path.name.endswith(".part"))


@pytest.mark.slow
def test_a_good_mirror_gives_the_file_and_its_name_says_who_asks(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    outcome = get(fetcher(), wanted(server))
    assert outcome.state == "fetched" and whole(outcome, made["sp3"])
    assert server.paths() == [PATH]
    headers = server.asked[0][1]
    assert headers["user-agent"].startswith("armillary/") and headers["accept-encoding"] == "identity" and "authorization" not in headers
    assert left_behind(outcome) == []


def test_not_there_means_the_next_mirror(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    del server.files[PATH]
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and server.paths() == [PATH, MIRROR]
    assert [(attempt.archive, attempt.said) for attempt in outcome.attempts] == [("a", "not there")]


def test_twice_500_then_the_file(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [status(500), status(503)]
    assert whole(get(fetcher(), wanted(server)), made["sp3"])
    assert server.paths() == [PATH] * 3


def test_always_500_means_the_next_mirror_and_says_how_often(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [status(500)] * 9
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and server.paths() == [PATH] * QUICK.tries + [MIRROR]
    assert outcome.attempts[0].said == "answered 500, 3 times"


def test_retry_after_is_waited_for(server: Loopback, fetcher: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    made_fetcher = fetcher()
    monkeypatch.setattr(type(made_fetcher.pace), "wait", lambda self, seconds: waited.append(seconds))
    server.misbehave[PATH] = [status(429, Retry_After="7"), status(503, Retry_After="Fri, 31 Dec 1999 23:59:59 GMT")]
    get(made_fetcher, wanted(server))
    assert max(waited) == 7.0 and server.paths() == [PATH] * 3


def test_a_server_that_asks_for_too_much_patience_is_left(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [status(503, Retry_After="86400")]
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and server.paths() == [PATH, MIRROR]
    assert "asks to come back in 86400 s" in outcome.attempts[0].said


def test_a_cut_connection_is_continued_where_it_ended(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [cut(1000), cut(500)]
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"])
    asked = [headers.get("range") for headers in server.requests_for(NAME)]
    assert asked == [None, "bytes=1000-", "bytes=1500-"]
    assert all(headers["if-range"].startswith('"') for headers in server.requests_for(NAME)[1:])


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(st.integers(0, 30_000), st.sampled_from(["500", "page", "longer", "no range"])), max_size=8))
def test_whatever_happens_the_file_is_whole_or_missing(made: dict[str, bytes], tmp_path: Path, accidents: list[int | str]) -> None:
    """Any series of cuts and wrong answers, with and without ranges: what has the final name is the file, byte for byte."""
    content = made["sp3"]
    with loopback({PATH: content}) as server, TemporaryDirectory(dir=tmp_path) as folder:
        server.ranges = "no range" not in accidents
        kinds = {"500": status(500), "page": page(), "longer": longer(7), "no range": status(503)}
        server.misbehave[PATH] = [cut(accident) if isinstance(accident, int) else kinds[accident] for accident in accidents]
        cache = Cache(Path(folder))
        outcome = get(Fetcher(cache, Pace(QUICK), Credentials("none")), wanted(server, "a"))
        named = [path for path in Path(folder).rglob("*") if path.is_file() and not path.name.startswith(".")]
        assert [path.read_bytes() for path in named] == ([content] if outcome.state == "fetched" else [])


@pytest.mark.slow
def test_a_killed_process_leaves_nothing_under_the_final_name_and_the_next_run_succeeds(
    server: Loopback, fetcher: Make, made: dict[str, bytes], tmp_path: Path
) -> None:
    folder = "/download/CODE_MGEX/CODE/2024/"
    server.files[folder + NAME] = made["sp3"]
    server.misbehave[folder + NAME] = [drip(20, 0.02)]
    words = ["fetch", "--day", "2024-06-01", "--products", "sp3", "--mirrors", "aiub", "--centres", "COD", "--base-url", server.url()]
    words += ["--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "day")]
    with subprocess.Popen([sys.executable, "-m", "armillary", *words]) as process:
        while not any(path.stat().st_size for path in tmp_path.rglob(".*.part")):
            assert process.poll() is None, "it ended before it was killed"
            threading.Event().wait(0.02)
        process.kill()
    assert [path for path in tmp_path.rglob("*.gz") if not path.name.startswith(".")] == []
    subprocess.run([sys.executable, "-m", "armillary", *words], check=True, capture_output=True)
    assert (tmp_path / "day" / NAME).read_bytes() == made["sp3"]


def test_a_file_that_changed_in_between_is_begun_again(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    """Half of the old and half of the new would pass for whole where both have one length."""
    changed = gzip.compress(gzip.decompress(made["sp3"]).replace(b"EOF", b"EOF\n"), mtime=0)

    def cut_and_change(handler: object, content: bytes) -> None:
        cut(1000)(handler, content)  # type: ignore[arg-type]
        server.files[PATH] = changed

    server.misbehave[PATH] = [cut_and_change]
    assert whole(get(fetcher(), wanted(server)), changed)


def test_a_server_that_ignores_range_is_read_from_the_start(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.ranges = False
    server.misbehave[PATH] = [cut(1000)]
    assert whole(get(fetcher(), wanted(server)), made["sp3"])


def test_a_server_that_always_cuts_is_left(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.ranges = False
    server.misbehave[PATH] = [cut(1000)] * 50
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and "connection cut" in outcome.attempts[0].said and "after 1,000 bytes" in outcome.attempts[0].said
    assert len(server.requests_for(NAME)) < 10


def test_the_part_of_an_interrupted_run_is_continued_by_the_next(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [cut(2000), *[status(500)] * 9]
    first = get(fetcher(replace(QUICK, tries=1)), wanted(server, "a"))
    assert first.state == "missing"
    server.misbehave.clear()
    server.asked.clear()
    assert whole(get(fetcher(), wanted(server, "a")), made["sp3"])
    assert server.asked[0][1]["range"] == "bytes=2000-"


def test_parts_of_two_mirrors_are_never_joined(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    """Mirrors compress again: same name, same data, other bytes."""
    other = gzip.compress(gzip.decompress(made["sp3"]), 1, mtime=0)
    assert other != made["sp3"]
    server.files[MIRROR] = other
    server.misbehave[PATH] = [cut(1000), *[status(500)] * 9]
    assert whole(get(fetcher(), wanted(server)), other)
    assert "range" not in server.asked[-1][1]


def test_a_login_page_with_status_200_is_not_data(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [page()]
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and "web page" in outcome.attempts[0].said


def test_a_compressed_login_page_is_not_data_either(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.files[PATH] = gzip.compress(b"<!DOCTYPE html><html><body>Log in</body></html>" * 40)
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and "web page" in outcome.attempts[0].said


def test_another_kind_of_file_is_not_what_was_asked_for(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.files[PATH] = made["brdc"]
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and outcome.attempts[0].said == "holds rinex_nav, sp3 was expected"


def test_bytes_unpacked_on_the_way_are_refused_under_a_gz_name(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.files[PATH] = gzip.decompress(made["sp3"])
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and "not gzip, as the name says" in outcome.attempts[0].said


@pytest.mark.parametrize(
    "damage", [lambda c: c[:-200], lambda c: c[: len(c) // 2] + b"\0\1\2\3" + c[len(c) // 2 + 4 :], lambda c: c[:-8] + b"\0" * 8]
)
def test_damaged_gzip_is_refused(server: Loopback, fetcher: Make, made: dict[str, bytes], damage: Callable[[bytes], bytes]) -> None:
    """Cut off, changed inside, and with a wrong checksum, at the length that the server announced."""
    server.files[PATH] = damage(made["sp3"])
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and "compressed file is" in outcome.attempts[0].said


def test_fewer_bytes_than_announced_are_not_the_file(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [longer(10)] * 9
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and outcome.attempts[0].archive == "a"
    server.misbehave[PATH] = [longer(10)] * 9
    assert get(fetcher(cache="other"), wanted(server, "a")).state == "missing"


def test_an_empty_file_is_not_data(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.files[PATH] = b""
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and outcome.attempts[0].archive == "a"


@pytest.mark.slow
def test_a_drip_is_given_up(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [drip(20, 0.05)]
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and outcome.attempts[0].said.startswith("too slow: ")


@pytest.mark.slow
def test_a_silent_server_is_given_up(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [silent(0.6)] * 9
    outcome = get(fetcher(replace(QUICK, tries=2, silence_s=0.3)), wanted(server))
    assert whole(outcome, made["sp3"]) and outcome.attempts[0].said == "silent, 2 times"


def test_a_host_that_does_not_answer_is_asked_once_for_all_files(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    with loopback() as gone:
        nowhere = gone.url("/a").replace("127.0.0.1", "localhost")
    running = fetcher()
    places = (candidate(nowhere), candidate(server.url("/b")))
    first = running.get(Wanted("sp3", "COD", DAY, places), lambda fraction: None)
    second = running.get(Wanted("sp3", "COD", date(2024, 6, 2), places), lambda fraction: None)
    running.close()
    assert whole(first, made["sp3"]) and whole(second, made["sp3"])
    assert "cannot be reached" in first.attempts[0].said and second.attempts[0].said.endswith("not asked again")


def test_too_large_is_refused_by_its_announcement_and_by_its_bytes(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    small = replace(QUICK, largest_bytes=1000)
    outcome = get(fetcher(small), wanted(server, "a"))
    assert outcome.state == "missing" and "more than 1,000 bytes" in outcome.attempts[0].said

    def without_length(handler: object, content: bytes) -> None:
        handler.send_response(200)  # type: ignore[attr-defined]
        handler.end_headers()  # type: ignore[attr-defined]
        handler.wfile.write(content)  # type: ignore[attr-defined]
        handler.close_connection = True  # type: ignore[attr-defined]

    server.misbehave[PATH] = [without_length] * 2
    assert "more than 1,000 bytes" in get(fetcher(small), wanted(server, "a")).attempts[0].said
    assert whole(get(fetcher(), wanted(server, "a")), made["sp3"])  # unpacking to its end shows that nothing is missing


@pytest.mark.slow
def test_a_bomb_is_refused(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.files[PATH] = gzip.compress(b"#dP2024" + bytes(100 << 20))
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and "bomb" in outcome.attempts[0].said


def test_time_is_limited_for_everything(server: Loopback, fetcher: Make) -> None:
    server.misbehave[PATH] = [drip(20, 0.05)]
    outcome = get(fetcher(replace(QUICK, total_s=0.2, slow_for_s=9.0)), wanted(server))
    assert outcome.state == "missing" and "time limit of 0.2 s" in outcome.attempts[-1].said
    assert MIRROR not in server.paths()


@pytest.mark.slow
def test_an_interruption_ends_a_transfer_and_keeps_its_part(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    running = fetcher(replace(QUICK, slow_for_s=9.0))
    server.misbehave[PATH] = [drip(20, 0.02)]
    threading.Timer(0.3, running.pace.stop.set).start()
    assert get(running, wanted(server)).attempts[-1].said == "interrupted"
    parts = list(running.cache.root.rglob(".*.part"))
    assert len(parts) == 1 and 0 < parts[0].stat().st_size < len(made["sp3"])


def test_nothing_half_written_ever_has_the_final_name(server: Loopback, fetcher: Make, tmp_path: Path) -> None:
    seen: list[str] = []
    server.misbehave[PATH] = [cut(1000), status(500), page()]
    running = fetcher()

    def look(fraction: float) -> None:
        seen.extend(path.name for path in tmp_path.rglob("*") if path.is_file() and not path.name.startswith(".") and path.name != "netrc")

    running.get(wanted(server, "a"), look)
    running.close()
    assert seen == []


def test_a_second_run_asks_nothing(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    get(fetcher(), wanted(server))
    server.asked.clear()
    outcome = get(fetcher(), wanted(server))
    assert outcome.state == "cached" and whole(outcome, made["sp3"]) and server.asked == []


@pytest.mark.parametrize("spoil", [lambda p: p.write_bytes(p.read_bytes()[:-1] + b"!"), lambda p: p.with_name(f".{p.name}.json").write_text("{")])
def test_a_spoiled_cache_is_fetched_again(server: Loopback, fetcher: Make, made: dict[str, bytes], spoil: Callable[[Path], object]) -> None:
    first = get(fetcher(), wanted(server))
    assert first.entry is not None
    spoil(first.entry.path)
    again = get(fetcher(), wanted(server))
    assert again.state == "fetched" and whole(again, made["sp3"])


def aged(outcome: Outcome, fetched: str) -> None:
    """Make a file in the cache as old as ``fetched``."""
    assert outcome.entry is not None
    about = outcome.entry.path.with_name(f".{outcome.entry.path.name}.json")
    about.write_text(json.dumps(json.loads(about.read_text()) | {"fetched": fetched}))


def forget_absent(outcome: Outcome) -> None:
    """As if nobody had said that something is not there."""
    assert outcome.entry is not None
    (outcome.entry.path.parent / ".absent.json").unlink()


def test_a_file_fetched_on_its_own_day_is_asked_about_and_not_sent_twice(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    aged(get(fetcher(), wanted(server)), "2024-06-01T12:00:00+00:00")
    server.asked.clear()
    outcome = get(fetcher(), wanted(server))
    assert outcome.state == "cached" and "if-none-match" in server.asked[0][1]
    server.asked.clear()
    assert get(fetcher(), wanted(server)).state == "cached" and server.asked == []  # found unchanged today: complete


def test_a_file_fetched_on_its_own_day_is_replaced_where_it_grew(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    aged(get(fetcher(), wanted(server)), "2024-06-01T12:00:00+00:00")
    grown = gzip.compress(gzip.decompress(made["sp3"]) + b"\n", mtime=0)
    server.files[PATH] = grown
    outcome = get(fetcher(), wanted(server))
    assert outcome.state == "fetched" and whole(outcome, grown)


def test_a_young_file_serves_where_no_archive_answers_and_that_is_said(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    aged(get(fetcher(), wanted(server)), "2024-06-01T12:00:00+00:00")
    server.misbehave |= {PATH: [status(500)] * 9, MIRROR: [status(500)] * 9}
    outcome = get(fetcher(), wanted(server))
    assert outcome.state == "cached" and whole(outcome, made["sp3"]) and "could not be asked" in outcome.note


def test_a_rapid_file_gives_way_to_the_final_one_when_that_comes(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    rapid = NAME.replace("FIN", "RAP")
    server.files = {f"/a/{rapid}": made["sp3"]}
    both = Wanted("sp3", "COD", DAY, (candidate(server.url("/a")), candidate(server.url("/a"), rapid, quality="rapid")))
    first = get(fetcher(), both)
    assert first.entry is not None and first.entry.path.name == rapid and first.quality == "rapid"
    server.asked.clear()
    assert get(fetcher(), both).state == "cached" and server.asked == []  # long after the day: nothing better is awaited
    aged(first, "2024-06-05T12:00:00+00:00")
    forget_absent(first)
    assert get(fetcher(), both).state == "cached" and server.paths() == [PATH]  # asked for the final one, not for the rapid one again
    forget_absent(first)
    server.files[PATH] = made["sp3"]
    assert get(fetcher(), both).quality == "final"


def test_what_was_not_there_long_ago_is_not_asked_for_again_this_week(server: Loopback, fetcher: Make, tmp_path: Path) -> None:
    server.files.clear()
    assert {attempt.said for attempt in get(fetcher(), wanted(server)).attempts} == {"not there"}
    server.asked.clear()
    again = get(fetcher(), wanted(server))
    assert again.state == "missing" and server.asked == [] and all(attempt.said.startswith("not there on 20") for attempt in again.attempts)
    (note,) = tmp_path.rglob(".absent.json")
    note.write_text(json.dumps(dict.fromkeys(json.loads(note.read_text()), "2024-07-20")))
    get(fetcher(), wanted(server))
    assert server.paths() == [PATH, MIRROR]


def test_what_is_not_there_yet_is_asked_for_every_time(server: Loopback, fetcher: Make) -> None:
    server.files.clear()
    today = replace(wanted(server), day=datetime.now(UTC).date())
    for _ in range(2):
        get(fetcher(), today)
    assert server.paths() == [PATH, MIRROR] * 2


def test_refresh_asks_again_whatever_the_cache_says(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    get(fetcher(), wanted(server))
    server.asked.clear()
    running = fetcher()
    running.refresh = True
    assert get(running, wanted(server)).state == "cached" and "if-none-match" in server.asked[0][1]
    server.files[PATH] = gzip.compress(gzip.decompress(made["sp3"]), 1, mtime=0)
    running = fetcher()
    running.refresh = True
    outcome = get(running, wanted(server))
    assert outcome.state == "fetched" and whole(outcome, server.files[PATH])


def test_one_file_wanted_twice_at_once_is_fetched_once(server: Loopback, fetcher: Make) -> None:
    running = fetcher()
    threads = [threading.Thread(target=running.get, args=(wanted(server, "a"), lambda fraction: None)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    running.close()
    assert server.paths() == [PATH]


@pytest.mark.slow
def test_at_most_two_connections_to_a_host(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    running = fetcher(replace(QUICK, slow_for_s=9.0))
    names = [f"COD0MGXFIN_2024{doy}0000_01D_05M_ORB.SP3.gz" for doy in range(153, 159)]
    for name in names:
        server.files[f"/a/{name}"] = made["sp3"]
        server.misbehave[f"/a/{name}"] = [drip(len(made["sp3"]) // 4, 0.02)]
    wants = [Wanted("sp3", "COD", DAY, (candidate(server.url("/a"), name),)) for name in names]
    threads = [threading.Thread(target=running.get, args=(want, lambda fraction: None)) for want in wants]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    running.close()
    assert server.most_at_once == 2 and len(server.asked) == len(names)


def test_redirects_are_followed_but_not_round_in_circles(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    """AIUB leads on to an object store at another host."""
    with loopback({"/store/x": made["sp3"]}) as store:
        server.misbehave[PATH] = [led_to(store.url("/store/x", host="localhost"))]
        outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and outcome.entry is not None and outcome.entry.url.endswith(PATH)
    server.misbehave[PATH] = [led_to(PATH)] * 99
    assert get(fetcher(cache="other"), wanted(server)).attempts[0].said == "leads round in circles"


@pytest.mark.parametrize("where", ["ftp://127.0.0.1/x", "file:///etc/passwd", "http://name:word@127.0.0.1/x", "http://[::1/x", "http://127.0.0.1:x/"])
def test_redirects_to_elsewhere_are_not_followed(server: Loopback, fetcher: Make, made: dict[str, bytes], where: str) -> None:
    server.misbehave[PATH] = [led_to(where)] * 9
    outcome = get(fetcher(), wanted(server))
    said = outcome.attempts[0].said
    assert whole(outcome, made["sp3"]) and ("leads to an address" in said or "Invalid URL in location" in said) and "word" not in said


def test_a_redirect_without_a_target_is_no_file(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    server.misbehave[PATH] = [status(302)]
    outcome = get(fetcher(), wanted(server))
    assert whole(outcome, made["sp3"]) and outcome.attempts[0].said == "answered 302"


def test_a_station_is_found_in_the_listing_that_is_asked_for_once(fetcher: Make, made: dict[str, bytes]) -> None:
    name, other = "NIST00USA_R_20241530000_01D_30S_MO.rnx.gz", "NISU00USA_R_20241530000_01D_30S_MO.rnx.gz"
    index = f'<html><a href="{name}">{name[:20]}..&gt;</a><a href="{other}">x</a></html>'.encode()
    with loopback({"/a/": index, f"/a/{name}": made["obs"], f"/a/{other}": made["obs"]}) as server:
        running = fetcher()
        place = candidate(server.url("/a"), "{station}", product="obs")
        for station in ("NIST", "NISU00USA", "GONE"):
            outcome = running.get(Wanted("obs", station, DAY, (replace(place, name=station),), station), lambda fraction: None)
            assert (outcome.state == "missing") == (station == "GONE"), outcome
        running.close()
        assert outcome.attempts[0].said == "no such file in the folder"
        assert server.paths() == ["/a/", f"/a/{name}", f"/a/{other}"]


def test_a_portals_page_in_place_of_a_listing_is_not_taken_for_an_empty_folder(fetcher: Make, made: dict[str, bytes]) -> None:
    """It would be remembered for a week that the station is not there."""
    name = "NIST00USA_R_20241530000_01D_30S_MO.rnx.gz"
    with loopback({"/a/": f'<a href="{name}">'.encode(), f"/a/{name}": made["obs"]}) as server:
        server.misbehave["/a/"] = [page()]
        want = Wanted("obs", "NIST", DAY, (replace(candidate(server.url("/a"), "{station}", product="obs"), name="NIST"),), "NIST")
        first, second = get(fetcher(), want), get(fetcher(), want)
    assert first.attempts[0].said == "the folder was not listed: what came names no file of that day" and second.state == "fetched"


def test_a_station_of_nine_characters_is_tried_where_there_is_no_listing(fetcher: Make, made: dict[str, bytes]) -> None:
    name = "NIST00USA_S_20241530000_01D_30S_MO.crx.gz"
    with loopback({f"/a/{name}": made["obs"]}) as server:
        place = candidate(server.url("/a"), "{station}", product="obs")
        nine = get(fetcher(), Wanted("obs", "NIST00USA", DAY, (place,), "NIST00USA"))
        four = get(fetcher(cache="other"), Wanted("obs", "NIST", DAY, (place,), "NIST"))
    assert nine.state == "fetched" and nine.entry is not None and nine.entry.path.name == name
    assert four.state == "missing" and "the folder was not listed: not there" in four.attempts[0].said


def test_a_cache_that_cannot_be_written_is_bad_input(server: Loopback, fetcher: Make, tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="cannot be"):
        get(fetcher(cache="taken"), wanted(server))


def test_no_content_length_and_content_encoding_leave_the_bytes_alone(server: Loopback, fetcher: Make, made: dict[str, bytes]) -> None:
    """Some servers say Content-Encoding: x-gzip for every .gz file; unpacking it would change what the name promises."""
    server.misbehave[PATH] = [send(made["sp3"], Content_Encoding="gzip")]
    assert whole(get(fetcher(), wanted(server, "a")), made["sp3"])
