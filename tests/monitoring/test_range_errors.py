"""Range errors as standards state them, against figures counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from armillary.core.table import Table
from armillary.monitoring.range_errors import range_errors
from armillary.monitoring.standards import verdicts

Rows = list[tuple[str, int, str, str, float]]


def series(rows: Rows) -> Table:
    reference, tai_ns, sat, status, sisre_m = zip(*rows, strict=True) if rows else ((),) * 5
    return Table(
        {
            "reference": np.array(reference, "U16"),
            "tai_ns": np.array(tai_ns, np.int64),
            "sat": np.array(sat, "U3"),
            "status": np.array(status, "U16"),
            "sisre_m": np.array(sisre_m, np.float64),
        }
    )


def day(errors: dict[str, list[float]], product: str = "AAA") -> Rows:
    """A row per satellite and epoch, NaN: outlier."""
    return [
        (product, epoch, sat, "outlier" if math.isnan(value) else "compared", value)
        for sat, values in errors.items()
        for epoch, value in enumerate(values)
    ]


def test_each_figure_is_its_own_percentile() -> None:
    # 100 epochs: G01 always 1 m, G02 1..100 cm, G03 and G04 2 m
    rows = day({"G01": [1.0] * 100, "G02": [i / 100 for i in range(1, 101)], "G03": [2.0] * 100, "G04": [2.0] * 100})
    found = range_errors(series(rows))
    assert found["gps", "sisre_satellite_p95_m"] == 2.0
    assert found["gps", "sisre_pooled_p95_m"] == 2.0  # half of all rows hold 2 m
    # of the 100 root mean squares the 95th smallest: (1 + 0.95^2 + 4 + 4) / 4 under the root
    assert found["gps", "sisre_constellation_p95_m"] == pytest.approx(math.sqrt((9.0 + 0.95**2) / 4))
    assert found["gps", "satellites_operational"] == 4.0
    assert not [key for key in found if key[0] != "gps"]


def test_of_twenty_errors_nineteen_are_95_percent() -> None:
    assert range_errors(series(day({"E11": [0.1] * 19 + [50.0]})))["galileo", "sisre_satellite_p95_m"] == 0.1
    assert range_errors(series(day({"E11": [0.1] * 18 + [50.0] * 2})))["galileo", "sisre_satellite_p95_m"] == 50.0


def test_outliers_are_not_left_out() -> None:
    few, many = range_errors(series(day({"G01": [1.0] * 96 + [math.nan] * 4}))), range_errors(series(day({"G01": [1.0] * 94 + [math.nan] * 6})))
    assert few["gps", "sisre_satellite_p95_m"] == 1.0
    assert many["gps", "sisre_satellite_p95_m"] == math.inf
    row = next(row for row in verdicts(many, systems=["gps"]).rows() if row["quantity"] == "sisre_satellite_p95_m")
    assert row["verdict"] == "missed"


def test_too_little_says_nothing() -> None:
    assert range_errors(series([])) == {}
    assert range_errors(series([("AAA", 0, "G01", "no reference", math.nan)])) == {}
    nineteen = range_errors(series(day({"G01": [1.0] * 19})))
    assert set(nineteen) == {("gps", "satellites_operational")}
    three = range_errors(series(day({"G01": [1.0] * 20, "G02": [1.0] * 20, "G03": [1.0] * 20})))
    assert ("gps", "sisre_constellation_p95_m") not in three and three["gps", "sisre_pooled_p95_m"] == 1.0


def test_satellites_that_are_not_in_use_do_not_count() -> None:
    rows = day({f"R{slot:02d}": [1.0] * 30 for slot in range(1, 24)})
    rows += [("AAA", epoch, "R24", status, math.nan) for epoch in range(30) for status in ("unhealthy",)]
    assert range_errors(series(rows))["glonass", "satellites_operational"] == 23.0
    # a satellite that the product lacks is in use all the same
    rows = [(p, t, s, "no reference" if s == "R24" else w, v) for p, t, s, w, v in rows]
    assert range_errors(series(rows))["glonass", "satellites_operational"] == 24.0


def test_the_product_that_compares_most_counts() -> None:
    rows = day({"C19": [9.0] * 20}, "AAA") + day({"C19": [0.5] * 40}, "BBB")
    assert range_errors(series(rows))["beidou", "sisre_satellite_p95_m"] == 0.5
