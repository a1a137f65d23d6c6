"""The command ``fetch`` against a server on this machine that has the paths of the archives."""

from __future__ import annotations

import gzip
import json
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import gaierror

import pytest
from typer.testing import CliRunner, Result

import armillary.services.fetch as service
from armillary.cli.main import application
from armillary.errors import InputError, MissingExtraError
from armillary.io.fetching.manners import Manners
from armillary.services.fetch import FetchAnswer, fetch
from armillary.services.simulate import simulate
from tests.io.fetching.loopback import Loopback, cut, loopback, page, status

DAY = "2025-06-21"
QUICK = Manners(pause_s=0.0, connect_s=2.0, silence_s=3.0, slow_for_s=0.5, back_off_s=0.01, tries=2)
BRDC = "/root_ftp/IGS/BRDC/2025/172/BRDC00IGS_R_20251720000_01D_MN.rnx.gz"
OBS_FOLDER = "/root_ftp/IGS/obs/2025/172/"
OBS = OBS_FOLDER + "WUHR00CHN_R_20251720000_01D_30S_MO.rnx.gz"
COD_SP3 = "/download/CODE_MGEX/CODE/2025/COD0MGXFIN_20251720000_01D_05M_ORB.SP3.gz"
COD_CLK = "/download/CODE_MGEX/CODE/2025/COD0MGXFIN_20251720000_01D_30S_CLK.CLK.gz"
GFZ_SP3 = "/pub/products/2371/GFZ0MGXRAP_20251720000_01D_05M_ORB.SP3.gz"
GFZ_CLK = "/pub/products/2371/GFZ0MGXRAP_20251720000_01D_30S_CLK.CLK.gz"
CLOCKS = gzip.compress(f"{'     3.00           C':60}RINEX VERSION / TYPE\n{'':60}END OF HEADER\n".encode(), mtime=0)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the archives would have of half an hour of the simulator's day."""
    answer = simulate("demo", out=tmp_path_factory.mktemp("made"), hours=0.5)
    packed = {what: gzip.compress(answer.files[what].read_bytes(), mtime=0) for what in ("navigation", "orbits", "WUHR")}
    listing = f'<html><body><a href="{Path(OBS).name}">{Path(OBS).name}</a></body></html>'.encode()
    files = {BRDC: packed["navigation"], OBS: packed["WUHR"], OBS_FOLDER: listing, COD_SP3: packed["orbits"], COD_CLK: CLOCKS}
    return files | {GFZ_SP3: packed["orbits"], GFZ_CLK: CLOCKS}


@pytest.fixture
def server(made: dict[str, bytes]) -> Iterator[Loopback]:
    with loopback(made) as running:
        yield running


@pytest.fixture
def run(server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., FetchAnswer]:
    """Calls the service with the server in place of every archive, a cache and a folder of its own, and nobody's passwords."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    monkeypatch.setenv("NETRC", str(tmp_path / "no netrc"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user cache"))
    monkeypatch.chdir(tmp_path)

    def call(**words: object) -> FetchAnswer:
        given = {"day": [DAY], "base_url": [server.url()], "out": tmp_path / "day", "manners": QUICK, **words}
        return fetch(**given)  # type: ignore[arg-type]

    return call


def commanded(*words: object, status: int = 0) -> Result:
    arguments = ["fetch", *(str(word) for word in words)]
    done = CliRunner().invoke(application(arguments), arguments, prog_name="armillary")
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == status, done.stderr
    return done


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_a_day_is_brought_into_a_folder(run: Callable[..., FetchAnswer], tmp_path: Path) -> None:
    answer = run(stations=["WUHR"])
    assert names(tmp_path / "day") == sorted(Path(path).name for path in (BRDC, OBS, COD_SP3, COD_CLK))
    assert [(row.product, row.centre, row.archive, row.state) for row in answer.rows] == [
        ("brdc", "IGS", "bkg", "fetched"),
        ("obs", "WUHR", "bkg", "fetched"),
        ("sp3", "COD", "aiub", "fetched"),
        ("clk", "COD", "aiub", "fetched"),
    ]
    assert answer.failures == () and answer.warnings == ()
    assert (tmp_path / "user cache" / "armillary" / "archives" / "sp3" / "2025" / "172" / Path(COD_SP3).name).is_file()


def test_a_second_run_asks_nothing_and_mends_what_was_changed(run: Callable[..., FetchAnswer], server: Loopback, tmp_path: Path) -> None:
    run(stations=["WUHR"])
    server.asked.clear()
    spoiled = tmp_path / "day" / Path(BRDC).name
    spoiled.write_text("spoiled")
    answer = run(stations=["WUHR00CHN"])
    assert server.asked == [] and {row.state for row in answer.rows} == {"cached"}
    assert spoiled.read_bytes() == server.files[BRDC]


def test_what_cannot_be_had_is_listed_with_every_answer_and_the_rest_is_kept(
    run: Callable[..., FetchAnswer], server: Loopback, tmp_path: Path
) -> None:
    server.misbehave[BRDC] = [page()]
    server.misbehave["/pub/data/igs/2025/172/" + Path(BRDC).name] = [status(500)] * 9
    answer = run(stations=["WUHR", "GONE"])
    assert [row.product for row in answer.missing] == ["brdc", "obs"]
    brdc, obs = answer.failures
    assert brdc.startswith("missing: brdc any 2025-06-21: bkg: a web page (a login page?), not data; cas: answered 500, 2 times; ")
    assert obs.startswith("missing: obs GONE 2025-06-21: bkg: no such file in the folder; ")
    assert names(tmp_path / "day") == sorted(Path(path).name for path in (OBS, COD_SP3, COD_CLK))
    told = json.loads(json.dumps(answer.to_json(), allow_nan=False))
    assert told["missing"] == 2 and all(tried["url"].startswith(server.url("/")) for row in told["files"] for tried in row["tried"])


def test_orbits_and_clocks_come_from_one_centre(run: Callable[..., FetchAnswer], server: Loopback, tmp_path: Path) -> None:
    """CODE has orbits without clocks that day: both are taken from the next centre that has both."""
    del server.files[COD_CLK]
    answer = run(products=["sp3,clk"])
    assert [(row.product, row.centre) for row in answer.rows] == [("sp3", "GFZ"), ("clk", "GFZ")] and answer.failures == ()
    assert names(tmp_path / "day") == sorted(Path(path).name for path in (GFZ_SP3, GFZ_CLK))


def test_a_set_from_another_centre_is_not_asked_about_again(run: Callable[..., FetchAnswer], server: Loopback) -> None:
    del server.files[COD_CLK]
    run(products=["sp3", "clk"])
    server.asked.clear()
    answer = run(products=["sp3", "clk"])
    assert server.asked == [] and {(row.centre, row.state) for row in answer.rows} == {("GFZ", "cached")}


def test_where_no_centre_has_all_the_best_one_is_taken_and_the_rest_is_missing(run: Callable[..., FetchAnswer], server: Loopback) -> None:
    del server.files[COD_CLK], server.files[GFZ_SP3]
    answer = run(products=["sp3", "clk"])
    assert [(row.product, row.centre, row.state) for row in answer.rows] == [("sp3", "COD", "fetched"), ("clk", "COD", "missing")]
    assert (
        answer.failures[0].startswith("missing: clk COD 2025-06-21: aiub") and "gfz" not in answer.failures[0]
    )  # GFZ's are no mirrors of CODE's clocks


def test_where_no_archive_can_be_reached_that_is_said_in_few_words(
    run: Callable[..., FetchAnswer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    answer = run(stations=["WUHR"], mirrors=["bkg,aiub,gfz,cddis"], base_url=["aiub=ftp://archive.example", "gfz=http://archive.example"])
    *missing, last = answer.failures
    login = f"cddis: needs a login: {tmp_path / 'no netrc'}"
    assert [line.partition(login)[0] for line in missing] == [
        "missing: brdc any 2025-06-21: bkg: host name not found; ",
        "missing: obs WUHR 2025-06-21: bkg, gfz: host name not found; ",
        "missing: sp3 any 2025-06-21: aiub, gfz, bkg: host name not found; ",
        "missing: clk any 2025-06-21: not asked for, as no sp3 was found",
    ]
    assert last == "no archive could be reached: is there a network?"
    assert answer.remarks == ("0 bytes fetched, 0 files were here already, 4 missing",) and not (tmp_path / "day").exists()
    assert [row["why"] for row in answer.to_json()["files"]] == ["", "", "", "not asked for, as no sp3 was found"]


def test_where_one_archive_answers_the_network_is_not_doubted(run: Callable[..., FetchAnswer], server: Loopback) -> None:
    del server.files[BRDC]
    with loopback() as gone:
        nowhere = gone.url("/a").replace("127.0.0.1", "localhost")
    answer = run(products=["brdc"], mirrors=["bkg,sopac"], base_url=[f"bkg={nowhere}", f"sopac={server.url('/')}"])
    assert answer.failures == ("missing: brdc any 2025-06-21: bkg: cannot be reached (Connection refused); sopac: not there",)


def test_named_centres_are_each_asked(run: Callable[..., FetchAnswer]) -> None:
    answer = run(products=["brdc", "sp3"], centres=["gfz,COD"])
    assert [(row.product, row.centre) for row in answer.rows] == [("brdc", "IGS"), ("sp3", "GFZ"), ("sp3", "COD")]


def test_mirrors_can_be_chosen_and_ordered(run: Callable[..., FetchAnswer], server: Loopback) -> None:
    answer = run(products=["brdc"], mirrors=["sopac,bkg"])
    assert answer.rows[0].archive == "bkg"
    assert server.paths()[0] == "/pub/nav/2025/172/" + Path(BRDC).name


def test_several_days_have_a_folder_each(run: Callable[..., FetchAnswer], server: Loopback, tmp_path: Path) -> None:
    server.files[BRDC.replace("172", "173")] = server.files[BRDC]
    answer = run(day=["2025-172..2025-06-22"], products=["brdc"])
    assert answer.days == ("2025-06-21", "2025-06-22") and answer.folders == (tmp_path / "day" / "2025-06-21", tmp_path / "day" / "2025-06-22")
    assert all(len(names(folder)) == 1 for folder in answer.folders)
    assert "day" in (answer.summary or {}).columns  # type: ignore[union-attr]


def test_without_out_a_folder_is_named_after_the_day(run: Callable[..., FetchAnswer], tmp_path: Path) -> None:
    run(products=["brdc"], out=None)
    assert names(tmp_path / DAY) == [Path(BRDC).name]


def test_dry_run_lists_addresses_and_asks_nobody(run: Callable[..., FetchAnswer], server: Loopback, tmp_path: Path) -> None:
    answer = run(stations=["WUHR"], dry_run=True)
    urls = [row.url for row in answer.rows]
    assert urls[0] == server.url(BRDC) and server.url(OBS_FOLDER) + "WUHR*_01D_30S_MO.crx.gz" in urls and server.url(COD_SP3) in urls
    assert server.asked == [] and not (tmp_path / "day").exists() and not (tmp_path / "user cache").exists()
    *listed, last = str(answer).splitlines()
    assert [line.split()[-1] for line in listed] == urls and answer.summary is None and answer.failures == ()
    assert last == f"of each file the first address that has it is taken; files would go to {tmp_path / 'day'}"


def test_progress_ends_at_one(run: Callable[..., FetchAnswer]) -> None:
    said: list[tuple[str, float]] = []
    run(stations=["WUHR"], progress=lambda what, fraction: said.append((what, fraction)))
    assert said[-1] == ("fetching", 1.0) and all(0.0 <= fraction <= 1.0 for _, fraction in said)


def test_a_weekly_file_of_several_days_is_fetched_once(run: Callable[..., FetchAnswer], server: Loopback) -> None:
    weekly = "/pub/products/2371/IGS0OPSFIN_20251660000_07D_01D_ERP.ERP.gz"
    server.files[weekly] = gzip.compress(b"version 2\n  MJD    Xpole Ypole UT1-UTC LOD\n")
    answer = run(day=["2025-06-20", "2025-06-21"], products=["erp"], centres=["IGS"])
    assert [row.file for row in answer.rows] == [Path(weekly).name] * 2 and server.paths().count(weekly) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ({"day": ["yesterday"]}, "--day: expected YYYY-MM-DD or YYYY-DDD"),
        ({"day": ["2023-366"]}, "--day: expected"),
        ({"day": ["2024-02-30"]}, "--day: expected"),
        ({"day": []}, "--day: name a day"),
        ({"day": ["2024-06-02..2024-06-01"]}, "the last day is before the first"),
        ({"day": ["2020-01-01..2024-06-01"]}, "more than 366 days"),
        ({"day": ["1979-01-01"]}, "1980-01-06"),
        ({"day": ["2999-01-01"]}, "has not come yet"),
        ({"products": ["sp4"]}, "no product is called 'sp4'; there are brdc, obs"),
        ({"products": ["obs"]}, "name the stations"),
        ({"stations": ["TOOLONG"]}, "four characters"),
        ({"stations": ["../x"]}, "four characters"),
        ({"centres": ["XYZ"]}, "no centre is called 'XYZ'; there are IGS, DLR"),
        ({"mirrors": ["mars"]}, "no archive is called 'mars'; there are igs, bkg"),
        ({"base_url": ["mars"]}, "--base-url"),
        ({"time_limit_s": 0.0}, "more than 0"),
    ],
)
def test_mistakes_are_said_before_anybody_is_asked(run: Callable[..., FetchAnswer], server: Loopback, words: dict[str, object], why: str) -> None:
    with pytest.raises(InputError, match=why):
        run(**words)
    assert server.asked == []


def test_a_file_in_the_way_of_the_folder_is_refused(run: Callable[..., FetchAnswer], tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(InputError, match="is a file"):
        run(out=tmp_path / "taken")


def test_without_httpx_the_extra_is_named_and_a_dry_run_still_works(run: Callable[..., FetchAnswer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtraError, match=r"armillary\[fetch\]"):
        run(products=["brdc"])
    assert run(products=["brdc"], dry_run=True).rows


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line waits as little as these tests do."""
    monkeypatch.setattr(service, "_MANNERS", QUICK)


@pytest.mark.usefixtures("quick")
def test_the_command_prints_a_table_and_its_status_says_whether_all_is_there(
    run: Callable[..., FetchAnswer], server: Loopback, tmp_path: Path
) -> None:
    words = ("--day", DAY, "--base-url", server.url(), "--out", tmp_path / "day", "--products", "brdc,sp3")
    done = commanded(*words, "--stations", "WUHR")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines[:5]] == ["product", "brdc", "obs", "sp3", *lines[4].split()[:1]]
    assert "0 missing" in done.stdout and str(tmp_path / "day") in done.stdout.replace("\n", "") and done.stderr == ""
    failed = commanded(*words, "--stations", "WUHR,GONE", status=2)
    assert failed.stderr.startswith("armillary: missing: obs GONE 2025-06-21: bkg: no such file") and failed.stderr.count("\n") == 1
    assert "cached" in failed.stdout
    told = json.loads(commanded(*words, "--stations", "GONE", "--json", status=2).stdout)
    assert told["missing"] == 1 and {row["state"] for row in told["files"]} == {"cached", "missing"}
    assert told["files"][0]["sha256"] and told["files"][0]["url"] == server.url(BRDC)


@pytest.mark.usefixtures("quick")
def test_the_command_lists_addresses(run: Callable[..., FetchAnswer], server: Loopback) -> None:
    done = commanded("--day", DAY, "--products", "brdc", "--mirrors", "bkg,cddis", "--dry-run")
    assert done.stdout.splitlines()[0].split() == ["brdc", DAY, "IGS", "daily", "bkg", "https://igs.bkg.bund.de" + BRDC]
    assert all("urs.earthdata" not in line for line in done.stdout.splitlines()) and server.asked == []


@pytest.mark.slow
@pytest.mark.usefixtures("quick")
def test_what_was_fetched_can_be_assessed(run: Callable[..., FetchAnswer], server: Loopback, tmp_path: Path) -> None:
    """From the archives' paths, a connection cut in between, to a report."""
    server.misbehave[OBS] = [cut(5000)]
    commanded("--day", DAY, "--stations", "WUHR", "--products", "brdc,sp3", "--base-url", server.url(), "--out", tmp_path / "day")
    arguments = ["assess", str(tmp_path / "day"), "--out", str(tmp_path / "assessed"), "--json"]
    done = CliRunner().invoke(application(arguments), arguments, prog_name="armillary")
    assert done.exit_code == 0, done.stderr
    answer = json.loads(done.stdout)
    assert {item["role"] for item in answer["inputs"]} == {"observations", "navigation", "orbits"}
    assert {row["station"] for row in answer["positioning"]} == {"WUHR"} and all(row["solved"] == 60 for row in answer["positioning"])


@pytest.mark.slow
@pytest.mark.real_data
def test_real_files_pass_the_checks(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day as archives gave it: compact RINEX, merged messages, orbits and clocks of several centres, biases, coordinates, maps."""
    gnss, day = data_dir / "gnss" / "2023-001", "/2023/001/"
    obs = gnss / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz"
    files = {
        "/root_ftp/IGS/BRDC" + day: gnss / "BRDC00IGS_R_20230010000_01D_MN.rnx.gz",
        "/root_ftp/IGS/obs" + day: obs,
        "/download/CODE_MGEX/CODE/2023/": gnss / "COD0MGXFIN_20230010000_01D_05M_ORB.SP3.gz",
        "/pub/products/2243/": gnss / "GFZ0MGXRAP_20230010000_01D_05M_ORB.SP3.gz",
        "/archive/gnss/products/2243/": gnss / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz",
        "/pub/igs/products/mgex/2243/": gnss / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz",
    }
    monkeypatch.setenv("NETRC", str(tmp_path / "none"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with loopback({folder + path.name: path.read_bytes() for folder, path in files.items()}) as server:
        server.files["/root_ftp/IGS/obs" + day] = f'<a href="{obs.name}">{obs.name}</a>'.encode()
        words = {"base_url": [server.url()], "cache": tmp_path / "cache", "manners": QUICK}
        answer = fetch(day=["2023-001"], stations=["NIST"], products=["brdc,sp3,clk"], centres=["IGS,COD,GFZ,WUM"], out=tmp_path / "day", **words)  # type: ignore[arg-type]
    had = {row.file: row for row in answer.rows if row.state == "fetched"}
    assert set(had) == {path.name for path in files.values()}
    for path in files.values():
        assert (tmp_path / "day" / path.name).read_bytes() == path.read_bytes()
    assert had[obs.name].sha256 == "01c1d687caa6519e873b74d962d5f6dcffac25114c4359518b137f98bc8bf90c"  # as the data set's manifest has it
    assert {(row.product, row.centre) for row in answer.missing} == {("sp3", "IGS"), ("clk", "IGS"), ("clk", "COD"), ("clk", "GFZ")}
