"""The store: what is put is there once, whole, and says where it came from."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from armillary.core.epochs import Epochs
from armillary.core.satellites import pack
from armillary.core.table import Table
from armillary.errors import InputError, StoreError
from armillary.monitoring import store_files
from armillary.monitoring.provenance import InputFile, Provenance, input_file
from armillary.monitoring.store import Store
from armillary.monitoring.store_layout import slot_of

DAY = "2023-01-01"
NOON_TAI_NS = 1_672_574_419_000_000_000  # 2023-01-01T12:00:00 GPS time
SOURCE = Provenance((InputFile("a.rnx", "aa", 3, "observations"),), {"mask_deg": 5.0})


def positions(count: int = 3, x_m: float = 1.0) -> dict[str, object]:
    return {"member": ["a"] * count, "tai_ns": NOON_TAI_NS + np.arange(count) * 30_000_000_000, "x_m": np.full(count, x_m), "flag": [0] * count}


def count(store: Store, table: str = "positions") -> int:
    return int(store.query(f"SELECT count(*) FROM {table}").values[0][0])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open(tmp_path / "store")


@pytest.mark.slow
def test_the_same_again_adds_nothing_and_touches_no_file(store: Store) -> None:
    first = store.put("positions", DAY, "NIST", positions(), source=SOURCE)
    stamp = first.path.stat().st_mtime_ns
    again = store.put("positions", DAY, "NIST", positions(), source=SOURCE)
    assert (first.state, again.state) == ("added", "unchanged")
    assert first.path.stat().st_mtime_ns == stamp
    assert count(store) == 3
    assert store.has("positions", DAY, "NIST", source=SOURCE)


@pytest.mark.parametrize(
    "other",
    [
        Provenance((InputFile("a.rnx", "bb", 3, "observations"),), {"mask_deg": 5.0}),
        Provenance(SOURCE.inputs, {"mask_deg": 10.0}),
        Provenance(SOURCE.inputs, {"mask_deg": 5.0}, version="0.0.1"),
    ],
    ids=["corrected file", "other settings", "other code"],
)
def test_other_inputs_replace_the_rows(store: Store, other: Provenance) -> None:
    store.put("positions", DAY, "NIST", positions(3), source=SOURCE)
    store.put("positions", DAY, "WUH2", positions(2), source=SOURCE)
    assert not store.has("positions", DAY, "NIST", source=other)
    assert store.put("positions", DAY, "NIST", positions(5, x_m=2.0), source=other).state == "replaced"
    assert store.query("SELECT station, count(*), max(x_m) FROM positions GROUP BY station ORDER BY station").values == [
        ("NIST", 5, 2.0),
        ("WUH2", 2, 1.0),
    ]


def test_other_rows_from_the_same_inputs_replace_too(store: Store) -> None:
    store.put("positions", DAY, "NIST", positions(3), source=SOURCE)
    assert store.put("positions", DAY, "NIST", positions(3, x_m=9.0), source=SOURCE).state == "replaced"


def test_identity_ignores_names_and_order_but_not_roles() -> None:
    a, b = InputFile("a", "1", 1, "observations"), InputFile("b", "2", 1, "orbits")
    assert Provenance((a, b)).identity == Provenance((InputFile("z", "2", 1, "orbits"), a)).identity
    assert Provenance((a,)).identity != Provenance((InputFile("a", "1", 1, "orbits"),)).identity


def test_input_file_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    # FIPS 180-2, appendix B.1
    assert input_file(path) == InputFile("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3)


def test_provenance_is_in_every_file_and_in_the_inputs_view(store: Store) -> None:
    path = store.put("positions", DAY, "NIST", positions(), source=SOURCE).path
    about = json.loads(pq.read_metadata(path).metadata[b"armillary"])
    assert about["inputs"] == [{"name": "a.rnx", "sha256": "aa", "bytes": 3, "role": "observations"}]
    assert about["settings"] == {"mask_deg": 5.0} and about["schema"] == 1 and about["rows"] == 3
    assert store.query("SELECT table_name, key, name, role, sha256, bytes, rows FROM inputs").values == [
        ("positions", "NIST", "a.rnx", "observations", "aa", 3, 3)
    ]


def test_a_table_brings_its_epochs_and_satellites(store: Store) -> None:
    table = Table(
        {"reference": np.array(["WUM"] * 3), "radial_m": np.array([1.0, np.nan, 3.0])},
        epochs=Epochs(NOON_TAI_NS + np.array([0, 1_000_000_000])),
        sat=pack(["C21", "C06", "R07"]),
        offsets=np.array([0, 2, 3]),
    )
    store.put("signal_in_space", DAY, "WUM", table, source=SOURCE)
    assert store.query("SELECT sat, tai_ns, radial_m, epoch::VARCHAR FROM signal_in_space").values == [
        ("C06", NOON_TAI_NS, None, "2023-01-01 12:00:00"),
        ("C21", NOON_TAI_NS, 1.0, "2023-01-01 12:00:00"),
        ("R07", NOON_TAI_NS + 1_000_000_000, 3.0, "2023-01-01 12:00:01"),
    ]


def test_no_rows_are_an_answer_too(store: Store) -> None:
    store.put("events", DAY, "network", {"kind": [], "evidence": []}, source=SOURCE)
    assert count(store, "events") == 0
    assert store.has("events", DAY, "network", source=SOURCE)
    assert store.query("SELECT DISTINCT table_name, rows FROM inputs").values == [("events", 0)]


def test_declared_columns_beyond_the_layout_are_kept(store: Store) -> None:
    store.put("quality", DAY, "NIST", {"signal": ["2I"], "completeness": [0.9]}, source=SOURCE)
    store.put("quality", DAY, "WUH2", {"signal": ["2I"], "completeness": [0.8], "mean_satellites": [7.5]}, source=SOURCE)
    assert store.query("SELECT station, mean_satellites FROM quality ORDER BY station").values == [("NIST", None), ("WUH2", 7.5)]


@pytest.mark.parametrize(
    "rows, told",
    [({"nonsense_m": [1.0]}, "not declared"), ({"x_m": [1.0, 2.0], "y_m": [1.0]}, "2 rows"), ({"east_m": ["far"]}, "could not convert")],
)
def test_rows_that_do_not_fit_change_nothing(store: Store, rows: dict[str, list[object]], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        store.put("positions", DAY, "NIST", rows, source=SOURCE)
    assert count(store) == 0


@pytest.mark.parametrize(
    "table, day, key", [("nothing", DAY, "A"), ("positions", "2023-1-1", "A"), ("positions", DAY, ""), ("positions", DAY, "A" * 201)]
)
def test_names_that_make_no_file(store: Store, table: str, day: str, key: str) -> None:
    with pytest.raises(InputError):
        store.put(table, day, key, positions(), source=SOURCE)


@pytest.mark.parametrize("key", ["../../etc", "_hidden", ".hidden", "a b", "Ж*[x]'\"", "a=b"])
def test_odd_keys_stay_inside_the_store(store: Store, key: str) -> None:
    path = store.put("positions", DAY, key, positions(), source=SOURCE).path
    assert path.parent == store.folder / "positions" / f"day={DAY}"
    assert store.query("SELECT DISTINCT station FROM positions").values == [(key,)]


def test_store_in_a_folder_with_odd_marks(tmp_path: Path) -> None:
    odd = Store.open(tmp_path / "it's [a] *day?")
    odd.put("positions", DAY, "NIST", positions(), source=SOURCE)
    assert count(odd) == 3
    assert len(odd.query("FROM inputs").values) == 1


def test_foreign_folders_and_other_versions_are_refused(tmp_path: Path, store: Store) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="no store"):
        Store.open(tmp_path)
    with pytest.raises(StoreError, match="no store here"):
        Store.existing(tmp_path)
    sign = store.folder / "store.json"
    for text, told in (('{"format": "armillary store", "schema": 99}', "update armillary"), ("[]", "not the sign"), ("", "not the sign")):
        sign.write_text(text)
        with pytest.raises(StoreError, match=told):
            Store.open(store.folder)


def test_damaged_file_is_named_and_replaced_by_the_next_put(store: Store) -> None:
    rng = np.random.default_rng(1)
    rows = {**positions(5000), "x_m": rng.normal(size=5000)}
    path = store.put("positions", DAY, "NIST", rows, source=SOURCE).path
    store.put("positions", DAY, "WUH2", positions(), source=SOURCE)
    content = path.read_bytes()
    for harm in (content[:-100], content[:4], b"", content[:300] + bytes(200) + content[500:]):
        path.write_bytes(harm)
        assert list(store.damaged()) == [path]
        if harm != content[:300] + bytes(200) + content[500:]:  # damage inside a page may leave other columns readable
            with pytest.raises(StoreError, match=r"NIST\.parquet"):
                store.query("SELECT sum(x_m) FROM positions")
        assert not store.has("positions", DAY, "NIST", source=SOURCE)
        assert store.put("positions", DAY, "NIST", rows, source=SOURCE).state == "replaced"
    assert store.damaged() == {} and count(store) == 5003


def test_killed_between_two_renames_is_finished_by_the_next_opening(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"positions": positions(1), "events": {"kind": ["old"]}}
    store.put_many(DAY, "NIST", before, source=SOURCE)
    renamed: list[Path] = []
    rename = Path.replace

    def first_only(self: Path, target: Path) -> Path:
        if target.suffix == ".parquet":
            if renamed:
                raise KeyboardInterrupt
            renamed.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", first_only)
    with pytest.raises(KeyboardInterrupt):
        store.put_many(DAY, "NIST", {"positions": positions(2), "events": {"kind": ["new", "new"]}}, source=Provenance(()))
    assert store.unfinished
    monkeypatch.undo()
    opened = Store.existing(store.folder)
    assert not opened.unfinished
    assert (count(opened), count(opened, "events")) == (2, 2)
    assert list((store.folder / ".writing").glob("*part")) == []


def test_what_a_killed_writer_left_half_written_is_removed(store: Store) -> None:
    slot = slot_of(DAY, "NIST")
    store.put("positions", DAY, "NIST", positions(), source=SOURCE)
    left = store.folder / ".writing" / f"{slot:02d}.0.part"
    left.write_bytes(b"half")
    store.put("positions", DAY, "NIST", positions(), source=SOURCE)
    assert not left.exists() and count(store) == 3


WRITER = """
import sys
import numpy as np
from armillary.monitoring.provenance import InputFile, Provenance
from armillary.monitoring.store import Store
store = Store.open(sys.argv[1])
key, first, turns = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
print("ready", flush=True)
for turn in range(first, first + turns):
    n = 200 + turn % 7
    rows = {"member": ["a"] * n, "tai_ns": np.arange(n), "x_m": np.full(n, float(turn))}
    events = {"kind": [str(turn)] * n, "start_tai_ns": np.arange(n)}
    store.put_many("2023-01-01", key, {"positions": rows, "events": events}, source=Provenance((InputFile("f", str(turn), 1),)))
"""


def writer(store: Store, key: str, first: int, turns: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(store.folder), key, str(first), str(turns)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
def test_killed_at_any_moment_leaves_the_last_complete_state(store: Store) -> None:
    rng = np.random.default_rng(20230101)
    first = {"positions": {**positions(200, x_m=0.0)}, "events": {"kind": ["0"] * 200}}
    store.put_many(DAY, "NIST", first, source=SOURCE)
    for attempt in range(3):
        process = writer(store, "NIST", attempt * 7_000, 7_000)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        with suppress(subprocess.TimeoutExpired):
            process.wait(float(rng.uniform(0.05, 0.25)))  # the kill is to fall anywhere
        process.send_signal(signal.SIGKILL)
        process.communicate()
        opened = Store.existing(store.folder)
        turns = opened.query("SELECT DISTINCT x_m FROM positions").values
        kinds = opened.query("SELECT DISTINCT kind FROM events").values
        assert len(turns) == 1 and [(str(int(turns[0][0])),)] == kinds  # one state, the same in both tables
        assert count(opened) == count(opened, "events") == 200 + int(turns[0][0]) % 7
        assert not opened.unfinished and opened.damaged() == {}
    store.put("positions", DAY, "NIST", positions(3), source=SOURCE)
    assert count(store) == 3


@pytest.mark.slow
def test_four_writers_at_once(store: Store) -> None:
    keys = ("AAAA", "BBBB", "CCCC", "CCCC")  # two of them at the same rows
    processes = [writer(store, key, i * 1000, 8) for i, key in enumerate(keys)]
    assert [process.wait(60) for process in processes if process.communicate()] == [0, 0, 0, 0]
    rows = store.query("SELECT station, count(*), min(x_m), max(x_m) FROM positions GROUP BY station ORDER BY station").values
    kinds = dict(store.query("SELECT station, any_value(kind) FROM events GROUP BY station").values)
    assert [row[:1] for row in rows] == [("AAAA",), ("BBBB",), ("CCCC",)]
    for station, n, low, high in rows:
        assert low == high == float(kinds[station]) and n == 200 + int(low) % 7
    assert rows[0][2] == 7.0 and rows[1][2] == 1007.0 and rows[2][2] in {2007.0, 3007.0}


def test_full_disk_loses_nothing(store: Store) -> None:
    """A limit on the size of files stands in for the disk: the write breaks off in the same place."""
    store.put("positions", DAY, "NIST", positions(), source=SOURCE)
    many = {**positions(20_000), "x_m": np.random.default_rng(1).normal(size=20_000)}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(StoreError, match=r"cannot be written .*untouched"):
            store.put_many(DAY, "NIST", {"events": {"kind": ["new"]}, "positions": many}, source=Provenance(()))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert (count(store), count(store, "events")) == (3, 0)
    assert list((store.folder / ".writing").glob("*part")) == []


def test_read_only_disk_is_told_and_can_be_read(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Permissions do not bind every user who runs tests, so the refusal of the disk is made up."""
    store.put("positions", DAY, "NIST", positions(), source=SOURCE)
    (store.folder / ".writing" / "07.journal").write_text("[]")

    def refused(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system", str(store.folder / ".writing"))

    monkeypatch.setattr(store_files, "_write", refused)
    monkeypatch.setattr(store_files, "_lock", refused)
    with pytest.raises(StoreError, match="Read-only file system"):
        store.put("positions", DAY, "WUH2", positions(), source=SOURCE)
    reading = Store.existing(store.folder)
    assert count(reading) == 3 and reading.unfinished


def test_missing_extra_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(Exception, match=r"armillary\[store\]"):
        store.query("SELECT 1")


@pytest.mark.slow
def test_a_query_sees_one_state_while_files_are_replaced(store: Store) -> None:
    """DuckDB opens a file more than once; unguarded, one in fourteen such queries mixed two files or failed."""
    first = {"positions": {**positions(200, x_m=0.0)}, "events": {"kind": ["0"] * 200}}
    store.put_many(DAY, "NIST", first, source=SOURCE)
    process = writer(store, "NIST", 7000, 20)
    sql = "SELECT count(*), min(x_m), max(x_m), (SELECT min(kind::DOUBLE) FROM events) FROM positions"
    while process.poll() is None:
        ((n, low, high, kind),) = store.query(sql).values
        assert low == high == kind and n == 200 + int(low) % 7
    process.communicate()
    assert process.returncode == 0
