"""The layout of the store: declared columns, kinds, sizes, and nothing lost in the encodings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import armillary
from armillary.core.epochs import Epochs
from armillary.core.table import declared_columns
from armillary.monitoring.observation_rows import QUANTITIES, observation_rows
from armillary.monitoring.provenance import Provenance, input_file
from armillary.monitoring.store import Store
from armillary.monitoring.store_layout import KINDS, day_of, kind_of, slot_of, table_layouts

BYTES_PER_ROW = 14
"""What an observation row may cost."""


def test_every_stored_column_is_declared_and_of_a_known_kind() -> None:
    for table, columns in table_layouts().items():
        assert {c.name for c in columns} <= set(declared_columns()), table
        assert {c.kind for c in columns} <= set(KINDS)
        order = sorted(c.order for c in columns if c.order)
        assert order == list(range(1, len(order) + 1)), table
        assert len({c.name for c in columns}) == len(columns)


def test_kinds_of_columns_without_a_layout() -> None:
    assert [kind_of(v) for v in ([1.5], [1], [True], ["a"])] == ["f64", "i64", "bool", "text"]
    with pytest.raises(ValueError, match="complex"):
        kind_of([1j])


def test_day_is_that_of_the_middle_in_gps_time() -> None:
    midnight = 1_672_531_219_000_000_000
    assert day_of(Epochs(np.array([midnight - 1]))) == "2022-12-31"
    assert day_of(Epochs(np.array([midnight - 1, midnight, midnight + 1]))) == "2023-01-01"
    with pytest.raises(ValueError):
        day_of(Epochs(np.empty(0, np.int64)))


def test_slots_spread_over_the_locks() -> None:
    slots = {slot_of("2023-01-01", f"S{i:03d}") for i in range(500)}
    assert slots == set(range(64))


@pytest.mark.slow
@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(-(10**14), 10**14), st.integers(-(2**62), 2**62), st.floats(width=32, allow_nan=False, allow_infinity=False)),
        min_size=1,
        max_size=30,
        unique_by=lambda row: row[1],
    )
)
def test_what_is_put_comes_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, int, float]]) -> None:
    """Thousandths up to 1e11 (phases are below 1e10 cycles), any instant, any float32."""
    store = Store.open(tmp_path_factory.mktemp("back") / "store")
    rows = sorted(rows, key=lambda row: row[1])
    code = np.array([row[0] for row in rows]) / 1000.0
    tai_ns = np.array([row[1] for row in rows])
    given_rows = {"sat": ["C21"] * len(rows), "signal": ["2I"] * len(rows), "tai_ns": tai_ns, "code_m": code}
    store.put("observations", "2023-01-01", "A", given_rows, source=Provenance(()))
    store.put("residuals", "2023-01-01", "A", {"tai_ns": tai_ns, "residual_m": [row[2] for row in rows]}, source=Provenance(()))
    assert store.query("SELECT tai_ns, code_m FROM observations").values == list(zip(tai_ns.tolist(), code.tolist(), strict=True))
    assert store.query("SELECT residual_m FROM residuals").values == [(row[2],) for row in rows]


@pytest.mark.slow
@pytest.mark.real_data
def test_a_real_day_costs_little_and_loses_nothing(data_dir: Path, tmp_path: Path) -> None:
    path = data_dir / "gnss" / "2020-177" / "ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz"
    observations = armillary.read(path)
    rows = observation_rows(observations)
    store = Store.open(tmp_path / "store")
    stored = store.put("observations", day_of(observations.epochs), "ESBC00DNK", rows, source=Provenance((input_file(path),)))
    assert stored.path.parent.name == "day=2020-06-25"
    assert stored.path.stat().st_size / stored.rows <= BYTES_PER_ROW
    order = np.lexsort((rows["tai_ns"], rows["signal"], rows["sat"]))
    values = sum(int(np.isfinite(block.values).sum()) for block in observations.blocks.values())
    assert sum(int(np.isfinite(rows[name]).sum()) for name in QUANTITIES.values()) == values
    found = store.query("SELECT code_m, phase_cycles, doppler_hz, cn0_dbhz FROM observations").values
    back = np.array(found, np.float64)
    for i, name in enumerate(("code_m", "phase_cycles", "doppler_hz", "cn0_dbhz")):
        np.testing.assert_array_equal(back[:, i], rows[name][order], err_msg=name)  # files print three decimals: exactly equal
