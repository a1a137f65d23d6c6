"""The command ``query`` as scripts and people use it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from armillary.cli.main import application
from armillary.monitoring.provenance import Provenance
from armillary.monitoring.store import Store
from armillary.services.query import query


def armillary(*words: object, status: int = 0) -> Result:
    arguments = ["query", *(str(word) for word in words)]
    done = CliRunner().invoke(application(arguments), arguments, prog_name="armillary")
    assert done.exit_code == status, done.stderr
    return done


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Store.open(tmp_path_factory.mktemp("query") / "store")
    tai_ns = 1_672_531_219_000_000_000 + np.arange(120) * 30_000_000_000
    rows = {"member": ["beidou"] * 120, "tai_ns": tai_ns, "x_m": [*range(119), np.nan], "flag": [0] * 119 + [1]}
    made.put("positions", "2023-01-01", "NIST", rows, source=Provenance((), {"mask_deg": 5}))
    return made.folder


def test_json_is_a_list_of_rows(store: Path) -> None:
    assert json.loads(armillary("select count(*) as n from positions", "--store", store, "--json").stdout) == [{"n": 120}]
    sql = "SELECT day, epoch, x_m, flag FROM positions ORDER BY tai_ns DESC LIMIT 1"
    answer = json.loads(armillary(sql, "--store", store, "--json").stdout)
    assert answer == [{"day": "2023-01-01", "epoch": "2023-01-01T00:59:30", "x_m": None, "flag": 1}]


def test_csv_has_all_rows_and_empty_cells(store: Path) -> None:
    rows = list(csv.reader(armillary("SELECT station, x_m FROM positions", "--store", store, "--csv").stdout.splitlines()))
    assert rows[0] == ["station", "x_m"] and len(rows) == 121
    assert rows[1] == ["NIST", "0.0"] and rows[-1] == ["NIST", ""]


def test_people_see_a_table_and_how_much_there_is(store: Path) -> None:
    lines = armillary("SELECT member, x_m FROM positions", "--store", store).stdout.splitlines()
    assert lines[0].split() == ["member", "x_m"] and lines[1].split() == ["beidou", "0"]
    assert len(lines) == 102 and lines[-1] == "the first 100 of 120 rows; --json and --csv give all"
    assert armillary("SELECT 1 AS one", "--store", store).stdout.splitlines() == ["one", "  1", "1 row"]


def test_limit_is_told(store: Path) -> None:
    done = armillary("FROM positions", "--store", store, "--limit", 7, "--json")
    assert len(json.loads(done.stdout)) == 7 and "only the first 7 rows" in done.stderr
    assert len(json.loads(armillary("FROM positions", "--store", store, "--limit", 0, "--json").stdout)) == 120


@pytest.mark.parametrize(
    "words", [("SELEC", "--limit", 5), ("SELECT 1", "--limit", -1), ("SELECT 1", "--json", "--csv"), ("SELECT 1", "--store", "nowhere")]
)
def test_mistakes_are_one_line_and_status_2(store: Path, words: tuple[object, ...]) -> None:
    done = armillary("--store", store, *words, status=2)
    assert done.stdout == "" and len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_values_of_every_kind_reach_json(store: Path) -> None:
    sql = """SELECT 1.5::DECIMAL(4,2) AS a, [1, 2] AS b, {'c': DATE '2023-01-01'} AS d, INTERVAL 1 MINUTE AS e, 'x'::BLOB AS f,
             'nan'::DOUBLE AS g, 2::HUGEINT AS h"""
    row = json.loads(armillary(sql, "--store", store, "--json").stdout)[0]
    assert row == {"a": 1.5, "b": [1, 2], "d": {"c": "2023-01-01"}, "e": 60.0, "f": "78", "g": None, "h": 2}


def test_as_a_function(store: Path) -> None:
    answer = query("SELECT max(x_m) AS x_m FROM positions WHERE flag = 0", store=store)
    assert answer.values == ((118.0,),) and answer.to_json() == [{"x_m": 118.0}]
