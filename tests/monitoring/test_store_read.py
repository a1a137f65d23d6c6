"""Reading a store by SQL: every view is there, nothing else is, and mistakes are told in one line."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from armillary.errors import InputError, StoreError
from armillary.monitoring.provenance import InputFile, Provenance
from armillary.monitoring.store import Store
from armillary.monitoring.store_read import views

DAYS = ("2023-01-01", "2023-01-02")
MIDNIGHT_TAI_NS = 1_672_531_219_000_000_000  # 2023-01-01T00:00:00 GPS time, 19 s behind TAI


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = Store.open(tmp_path_factory.mktemp("read") / "store")
    rng = np.random.default_rng(1)
    for i, day in enumerate(DAYS):
        for station in ("NIST", "WUH2"):
            rows = {
                "sat": np.repeat(np.array([6706, 6721, 8207], np.int16), 100),
                "signal": np.full(300, "2I"),
                "member": np.full(300, "beidou"),
                "tai_ns": MIDNIGHT_TAI_NS + i * 86_400_000_000_000 + np.tile(np.arange(100), 3) * 30_000_000_000,
                "residual_m": rng.normal(size=300),
            }
            made.put("residuals", day, station, rows, source=Provenance((InputFile(f"{station}{i}.rnx", f"{i}", 1),)))
    return made


@pytest.mark.slow
def test_every_view_is_there_and_typed_in_an_empty_store(tmp_path: Path) -> None:
    empty = Store.open(tmp_path / "empty")
    code_only = {"observations", "positions", "residuals", "signal_in_space", "quality", "time_offset", "events", "inputs"}
    assert set(views()) == code_only | {"precise_positions", "troposphere", "receiver_clocks"}
    for name in views():
        assert empty.query(f"SELECT count(*) FROM {name}").values == [(0,)]
    kinds = {row[0]: row[1] for row in empty.query("DESCRIBE observations").values}
    assert kinds["day"] == "DATE" and kinds["epoch"] == "TIMESTAMP_NS" and kinds["tai_ns"] == "BIGINT" and kinds["code_m"] == "DOUBLE"
    assert empty.query("SELECT avg(radial_m) FROM signal_in_space").values == [(None,)]


def test_views_have_the_same_types_with_and_without_rows(store: Store, tmp_path: Path) -> None:
    empty = Store.open(tmp_path / "empty")
    assert store.query("DESCRIBE residuals").values == empty.query("DESCRIBE residuals").values
    assert store.query("DESCRIBE inputs").values == empty.query("DESCRIBE inputs").values


def test_rows_lie_sorted_so_that_one_satellite_is_one_stretch(store: Store) -> None:
    found = store.query("SELECT sat, epoch FROM residuals WHERE station = 'NIST' AND day = '2023-01-02'").values
    assert found == sorted(found) and len(found) == 300
    assert str(found[0][1]) == "2023-01-02 00:00:00"


def test_views_join_and_group(store: Store) -> None:
    sql = """SELECT r.sat, count(*) AS n, quantile_cont(abs(residual_m), 0.95) AS p95
             FROM residuals AS r JOIN inputs AS i ON i.key = r.station AND i.day = r.day WHERE i.table_name = 'residuals'
             GROUP BY r.sat ORDER BY r.sat"""
    found = store.query(sql)
    assert found.columns == ("sat", "n", "p95")
    assert [row[:2] for row in found.values] == [("C06", 400), ("C21", 400), ("R07", 400)]
    # 95 % of |normal| is 1.96; with 400 values its standard deviation is about 0.1
    assert all(1.5 < row[2] < 2.5 for row in found.values)


def test_names_of_columns_are_made_distinct(store: Store) -> None:
    assert store.query("SELECT 1 AS a, 2 AS a, 3 AS a_1").columns == ("a", "a_1", "a_1_1")


def test_limit_says_whether_there_is_more(store: Store) -> None:
    few, all_of_them = store.query("FROM residuals", limit=10), store.query("FROM residuals", limit=1200)
    assert (len(few.values), few.more) == (10, True)
    assert (len(all_of_them.values), all_of_them.more) == (1200, False)


@pytest.mark.parametrize(
    "sql, told",
    [
        ("SELEC 1", "syntax error"),
        ("SELECT nonsense FROM residuals", "nonsense"),
        ("SELECT * FROM nothing", "Views: observations, positions"),
        ("SELECT 'x'::INTEGER", "Could not convert"),
        ("", "one SELECT"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("COPY residuals TO 'out.csv'", "one SELECT"),
        ("EXPLAIN ANALYZE COPY residuals TO 'out.csv'", "one SELECT"),
        ("CREATE TABLE a AS SELECT 1", "one SELECT"),
        ("ATTACH 'other.db'", "one SELECT"),
        ("SET enable_external_access = true", "one SELECT"),
        ("INSTALL httpfs", "one SELECT"),
    ],
)
def test_mistakes_are_told_in_one_line(store: Store, sql: str, told: str) -> None:
    with pytest.raises(InputError) as caught:
        store.query(sql)
    assert told in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("sql", ["SELECT * FROM read_text('{}')", "SELECT * FROM read_csv('{}')", "SELECT * FROM '{}'", "SELECT * FROM glob('{}')"])
def test_no_file_outside_the_store_is_seen(store: Store, tmp_path: Path, sql: str) -> None:
    other = tmp_path / "other.csv"
    other.write_text("secret\n1\n")
    with pytest.raises(InputError):
        store.query(sql.format(other))
    with pytest.raises(InputError):
        store.query(sql.format(store.folder / ".." / ".." / other.relative_to(other.parents[1])))


def test_variables_of_the_program_are_no_tables(store: Store) -> None:
    rows = [1, 2, 3]
    with pytest.raises(InputError):
        store.query("SELECT * FROM rows")
    assert rows


def test_other_readers_read_the_files_too(store: Store) -> None:
    import pyarrow.dataset

    found = pyarrow.dataset.dataset(store.folder / "residuals", partitioning="hive").to_table(filter=pyarrow.dataset.field("station") == "NIST")
    assert found.num_rows == 600 and set(found["day"].to_pylist()) == set(DAYS)
    unit = found.schema.field("residual_m").metadata[b"unit"]
    assert unit == b"m"


def test_folders_above_that_look_like_columns_are_refused(tmp_path: Path) -> None:
    misplaced = Store.open(tmp_path / "station=NIST" / "store")
    with pytest.raises(StoreError, match="station=NIST"):
        misplaced.query("FROM positions")


@pytest.fixture
def small(tmp_path: Path) -> Store:
    made = Store.open(tmp_path / "small")
    made.put(
        "residuals",
        DAYS[0],
        "NIST",
        {"sat": np.array([6706], np.int16), "residual_m": np.array([1.0])},
        source=Provenance((InputFile("a.rnx", "a", 1),)),
    )
    return made


@pytest.mark.parametrize("sql", ["SELECT count(*) FROM residuals", "SELECT count(*) FROM inputs"])
def test_a_table_that_is_gone_is_not_an_empty_one(small: Store, sql: str) -> None:
    assert small.query(sql).values == [(1,)]
    (small.folder / "residuals").rename(small.folder.parent / "elsewhere")
    with pytest.raises(StoreError, match="small/residuals: this table was stored and is gone"):
        small.query(sql)
    assert small.query("SELECT count(*) FROM positions").values == [(0,)]  # never stored
    assert small.query("SELECT 1").values == [(1,)]


@pytest.mark.parametrize("lost", ["residuals", f"residuals/day={DAYS[0]}"])
def test_a_link_to_nowhere_is_told(small: Store, lost: str) -> None:
    (small.folder / lost).rename(small.folder.parent / "elsewhere")
    (small.folder / lost).symlink_to(small.folder.parent / "nowhere")
    for sql in ("SELECT count(*) FROM residuals", "SELECT count(*) FROM inputs"):
        with pytest.raises(StoreError, match=f"small/{lost}: this folder of the store cannot be read"):
            small.query(sql)
    assert small.query("SELECT count(*) FROM positions").values == [(0,)]


def test_a_folder_that_may_not_be_read_is_told(small: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = os.listdir

    def refusing(place: Path) -> list[str]:
        if Path(place).name == "residuals":
            raise PermissionError(13, "Permission denied", str(place))
        return listed(place)

    monkeypatch.setattr(os, "listdir", refusing)
    with pytest.raises(StoreError, match=r"small/residuals: .* cannot be read \(Permission denied\)"):
        small.query("SELECT count(*) FROM residuals")
