"""Many stations and days: joined where days follow each other, the same by every engine, kept in the store, and not stopped by one that fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from armillary.cli.main import application
from armillary.core.plain import dumps
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.monitoring.store import Store
from armillary.services.ppp import PppAnswer, PppOfStations
from armillary.services.query import query
from tests.services.ppp_inputs import PLACE, Nist

pytestmark = pytest.mark.real_data


def armillary(*words: object, status: int = 0) -> Result:
    done = CliRunner().invoke(application([str(words[0])]), [str(word) for word in words])
    assert done.exit_code == status, done.output
    return done


def same(one: Any, other: Any) -> None:
    """Two answers to the bit."""
    assert one.to_json() == other.to_json() or dumps(one) == dumps(other)
    for name in ("epochs", "troposphere", "clocks"):
        a, b = getattr(one, name), getattr(other, name)
        assert len(a) and (a.epochs.tai_ns == b.epochs.tai_ns).all()
        for column in a.columns:
            assert a[column].tobytes() == b[column].tobytes(), column


@pytest.fixture(scope="module")
def nist(data_dir: Path) -> Nist:
    return Nist(data_dir)


@pytest.fixture(scope="module")
def network(nist: Nist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder: three stations, one of which two files; a day without products; one station that no product serves; and a file of another kind."""
    folder = tmp_path_factory.mktemp("network") / "day"
    folder.mkdir()
    nist.cut(folder / "a.rnx", 0, 3, marker="AAAA")
    nist.cut(folder / "b1.rnx", 3, 5, marker="BBBB")
    nist.cut(folder / "b2.rnx", 5, 6, marker="BBBB")
    nist.cut(folder / "c.rnx", 6, 9, marker="CCCC")
    nist.cut(folder / "later.rnx", 6, 9, marker="CCCC", later_h=72)
    (folder / "notes.txt").write_text("nothing that anybody reads\n")
    return folder


@pytest.fixture(scope="module")
def alone(nist: Nist, network: Path, tmp_path_factory: pytest.TempPathFactory) -> PppOfStations:
    store = tmp_path_factory.mktemp("kept") / "store"
    found = nist.solve([network], workers=1, store=store)
    assert isinstance(found, PppOfStations)
    return found


@pytest.mark.slow
def test_every_station_gives_a_row_per_member(alone: PppOfStations) -> None:
    rows = list(alone.summary.rows())
    assert [(row["station"], row["member"]) for row in rows] == [
        (station, member) for station in ("AAAA", "BBBB", "CCCC") for member in ("glonass", "beidou", "glonass+beidou")
    ]
    assert {row["day"] for row in rows} == {"2023-01-01"} and all(row["solved"] > 300 for row in rows)
    assert not alone.failures and any("CCCC on 2023-01-04" in text and "nothing of that day" in text for text in alone.warnings)
    document = alone.to_json()
    assert [item["station"] for item in document["stations"]] == ["AAAA", "BBBB", "CCCC"]
    assert [row["member"] for row in document["stations"][1]["answers"]] == ["glonass", "beidou", "glonass+beidou"]


@pytest.mark.slow
def test_files_of_one_day_are_one_run(nist: Nist, alone: PppOfStations, tmp_path: Path) -> None:
    whole = nist.solve([nist.cut(tmp_path / "b.rnx", 3, 6, marker="BBBB")])
    assert isinstance(whole, PppAnswer)
    same(alone.runs[1], whole)


@pytest.mark.slow
def test_days_that_follow_each_other_are_one_run(nist: Nist, tmp_path: Path) -> None:
    """Files of 20 to 24 h and of 0 to 4 h: the filter does not start again at midnight."""
    given = nist.products_later(tmp_path, 12.0)
    days = [nist.cut(tmp_path / "d1.rnx", 8, 12, later_h=12), nist.cut(tmp_path / "d2.rnx", 12, 16, later_h=12)]
    joined = nist.solve(days, **given)
    whole = nist.solve([nist.cut(tmp_path / "d.rnx", 8, 16, later_h=12)], **given)
    assert isinstance(joined, PppAnswer) and len(joined.observed) == 960
    same(joined, whole)


@pytest.mark.slow
def test_days_apart_are_runs_of_their_own(nist: Nist, tmp_path: Path) -> None:
    given = nist.products_later(tmp_path, 48.0)
    both = {kind: [*nist.products[kind], *given[kind]] for kind in ("sp3", "clk")}
    found = nist.solve([nist.cut(tmp_path / "a.rnx", 0, 2), nist.cut(tmp_path / "b.rnx", 0, 2, later_h=48)], **both, clocks=tmp_path / "out.clk")
    assert [run.period[:10] for run in found.runs] == ["2023-01-01", "2023-01-03"]
    assert [name for name, _ in found.parts] == ["NIST_2023-01-01", "NIST_2023-01-03"]
    held = read(tmp_path / "out.clk")
    instants = [run.clocks.epochs.tai_ns[(run.clocks["member"] == "glonass+beidou") & (run.clocks["group"] == "BDS-3")] for run in found.runs]
    assert held.receivers == ("NIST",) and (held.epochs.tai_ns == np.concatenate(instants)).all() and min(map(len, instants)) > 230


@pytest.mark.slow
def test_workers_answer_as_this_process_does(nist: Nist, network: Path, alone: PppOfStations, tmp_path: Path) -> None:
    found = nist.solve([network], workers=2, store=tmp_path / "store")
    for one, other in zip(alone.runs, found.runs, strict=True):
        same(one, other)
    count = "SELECT station, member, sum(x_m) AS x, count(*) AS n FROM precise_positions GROUP BY ALL ORDER BY ALL"
    assert query(count, store=tmp_path / "store").values == query(count, store=alone.written[-1]).values


@pytest.mark.slow
def test_a_cluster_answers_as_this_process_does(nist: Nist, network: Path, alone: PppOfStations) -> None:
    pytest.importorskip("distributed")
    for one, other in zip(alone.runs, nist.solve([network], engine="dask", workers=2).runs, strict=True):
        same(one, other)


def test_what_is_stored_is_the_answer(alone: PppOfStations) -> None:
    store = alone.written[-1]
    for table, kept, column in (
        ("precise_positions", "epochs", "x_m"),
        ("troposphere", "troposphere", "zenith_total_m"),
        ("receiver_clocks", "clocks", "clock_s"),
    ):
        sql = f"SELECT station, member, tai_ns, {column} FROM {table} WHERE mode = 'kinematic' ORDER BY station, member, tai_ns, {column}"
        found = query(sql, store=store, limit=0).values
        expected = []
        for run in alone.runs:
            rows = getattr(run, kept)
            expected += zip([run.station] * len(rows), rows["member"].tolist(), rows.epochs.tai_ns.tolist(), rows[column].tolist(), strict=True)
        assert len(found) == len(expected) > 2000
        plain = [tuple(None if value != value else value for value in row) for row in expected]
        assert sorted(map(repr, found)) == sorted(map(repr, plain))


@pytest.mark.slow
def test_the_same_again_changes_nothing_and_another_mode_stands_beside(nist: Nist, tmp_path: Path) -> None:
    path = nist.cut(tmp_path / "a.rnx", 0, 1)
    store = tmp_path / "store"
    nist.solve([path], store=store)
    before = {file: file.read_bytes() for file in store.rglob("*.parquet")}
    assert len(before) == 3
    nist.solve([path], store=store)
    assert {file: file.read_bytes() for file in store.rglob("*.parquet")} == before
    nist.solve([path], store=store, kinematic=False, static=True)
    modes = query("SELECT mode, count(*) AS n FROM precise_positions GROUP BY mode ORDER BY mode", store=store)
    assert [mode for mode, _ in modes.values] == ["kinematic", "static"] and len({n for _, n in modes.values}) == 1
    files = query("SELECT DISTINCT role FROM inputs WHERE table_name = 'troposphere' ORDER BY role", store=store)
    assert [role for (role,) in files.values] == ["clocks", "observations", "orbits"]
    assert not Store.existing(store).damaged()


@pytest.mark.slow
def test_one_that_fails_does_not_stop_the_others(nist: Nist, tmp_path: Path) -> None:
    good = nist.cut(tmp_path / "good.rnx", 0, 2, marker="GOOD")
    bad = nist.cut(tmp_path / "bad.rnx", 0, 2, marker="LATE", later_h=24 * 9)
    words = ("--sp3", nist.sp3, "--clk", nist.clk, "--systems", "glonass+beidou", "--kinematic")
    done = armillary("ppp", good, bad, *words, "--json", "--out", tmp_path / "o.csv", "--plot", tmp_path / "p.svg", status=2)
    document = json.loads(done.stdout)
    assert [item["station"] for item in document["stations"]] == ["GOOD"] and "LATE on 2023-01-10" in document["failures"][0]
    assert (tmp_path / "o_GOOD.csv").is_file() and (tmp_path / "p_GOOD.svg").is_file() and not (tmp_path / "p.svg").exists()
    armillary("ppp", bad, words[0], nist.sp3, "--systems", "glonass+beidou", status=2)
    # found in a folder, it is a warning
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (good, bad):
        path.rename(folder / path.name)
    found = nist.solve([folder])
    assert isinstance(found, PppOfStations) and not found.failures and any("LATE" in text for text in found.warnings)


def test_what_cannot_be_asked_of_several(nist: Nist, network: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is the position of one station, but 3 runs"):
        nist.solve([network], truth="-1288398.5806,-4721696.9345,4078625.3480")
    with pytest.raises(InputError, match="holds precise orbits, but a RINEX observation file was expected"):
        nist.solve([nist.path, nist.sp3])
    with pytest.raises(InputError, match=r"CCCC on 2023-01-04: the orbits and clocks given hold nothing"):
        nist.solve([network / "later.rnx", network / "later.rnx", tmp_path])


@pytest.mark.slow
def test_truth_of_some_stations(nist: Nist, network: Path, tmp_path: Path) -> None:
    table = tmp_path / "stations.csv"
    table.write_text("station,operator,x_m,y_m,z_m\nBBBB,NIST,-1288398.5806,-4721696.9345,4078625.3480\n")
    found = nist.solve([network], truth=str(table))
    assert [run.truth is None for run in found.runs] == [True, False, True]
    assert np.isfinite(found.summary["rms_3d_m"]).all()
    assert any(text.startswith("AAAA: no truth") for text in found.warnings)


def test_files_may_be_named_as_text(nist: Nist, tmp_path: Path) -> None:
    """As the tutorial does in Python."""
    path = nist.cut(tmp_path / "a.rnx", 0, 1)
    same(nist.solve([str(path)], sp3=[str(nist.sp3)], clk=[str(nist.clk)]), nist.solve([path]))


@pytest.mark.slow
def test_another_mapping_moves_heights_by_millimetres(nist: Nist, tmp_path: Path) -> None:
    part = nist.cut(tmp_path / "a.rnx", 0, 6)
    one, other = (nist.solve([part], kinematic=False, truth=",".join(map(str, PLACE)), mapping=name) for name in ("niell", "global"))
    assert 1e-4 < abs(one.answers[-1]["u_m"] - other.answers[-1]["u_m"]) < 0.01
    assert one.troposphere["zenith_hydrostatic_m"][0] != other.troposphere["zenith_hydrostatic_m"][0]
    # the filter takes what pressure leaves: the total is one
    assert other.troposphere["zenith_total_m"][-1] == pytest.approx(one.troposphere["zenith_total_m"][-1], abs=0.005)
