"""Thresholds are those of the documents that were read; a verdict needs a verified limit and a measurement."""

from __future__ import annotations

import json
from dataclasses import replace
from math import isnan, nan

import numpy as np
import pytest

from armillary.core.plain import dumps
from armillary.core.registry import constellations
from armillary.core.table import Table
from armillary.monitoring.standards import Threshold, fault_limits_m, standards, verdicts
from armillary.services.standards import standards as service


def verdict(table: Table, member: str, quantity: str, document: str) -> str:
    (row,) = [r for r in table.rows() if (r["member"], r["quantity"], r["document"]) == (member, quantity, document)]
    return str(row["verdict"])


def of(document: str, quantity: str) -> Threshold:
    (found,) = [t for t in standards() if (t.document, t.quantity) == (document, quantity)]
    return found


def test_every_row_names_its_document_and_a_known_system() -> None:
    names = {c.name for c in constellations().values()}
    for row in standards():
        assert row.document and row.table and row.quantity
        assert row.system in names
        assert row.sense in ("max", "min")
        assert row.known_from in ("document", "quotations", "quotation", "report", "none")
        assert isnan(row.percentile) or 50 < row.percentile < 100
        # what has no figure cannot be verified, and what is not verified says why
        assert not (row.verified and isnan(row.limit))
        assert row.verified or row.note


def test_a_verified_row_can_be_looked_up() -> None:
    for row in standards():
        assert row.source.startswith(("https://", "http://")), row
        if row.verified:
            assert row.table not in ("not found", "not noted"), row


def test_a_figure_stands_once() -> None:
    keys = [(row.document, row.system, row.quantity) for row in standards()]
    assert len(keys) == len(set(keys))


def test_the_unit_is_that_of_the_quantity() -> None:
    # a measurement is given in the unit that its key ends in: a limit in another would be compared in silence
    ends = {"_percent": "percent", "_ns": "ns", "_m_s": "m/s", "_m_s2": "m/s2", "_m": "m"}
    for row in standards():
        unit = next((unit for end, unit in ends.items() if row.quantity.endswith(end)), "")
        assert row.unit == unit, row


def test_figures_of_the_documents() -> None:
    # As read in the documents
    assert of("BDS OS PS v3.0", "pdop_availability_mean_percent").limit == 98.0
    assert of("BDS OS PS v3.0", "pdop_availability_worst_percent").limit == 88.0
    assert (of("BDS OS PS v3.0", "utc_offset_error_ns").limit, of("BDS OS PS v3.0", "utc_offset_error_ns").percentile) == (20.0, 95.0)
    assert of("Galileo OS SDD 1.3", "pdop_availability_worst_percent").limit == 87.0
    assert [t.limit for t in standards() if t.quantity == "satellites_operational"] == [24.0]
    # two rules give one system a fault limit: the lower one holds
    assert fault_limits_m() == {"R": 18.0}


@pytest.mark.parametrize(
    ("quantity", "table", "limit", "percentile"),
    [
        ("sisre_satellite_p95_m", "Table 9", 7.0, 95.0),
        ("sisre_constellation_p95_m", "Table 10", 2.0, 95.0),
        ("sisre_satellite_p999_m", "Table 11", 10.0, 99.9),
        ("urre_m_s", "Table 12", 0.005, nan),
        ("utc_offset_error_ns", "Table 13", 30.0, 95.0),
        ("position_global_h95_m", "Table 16", 5.0, 95.0),
        ("position_site_v95_m", "Table 17", 16.0, 95.0),
        ("slot_availability_percent", "Table 18", 92.0, nan),
        ("pdop_availability_mean_percent", "Table 20", 90.0, nan),
        ("time_gps_offset_error_ns", "Table 24", 20.0, 95.0),
        ("satellite_fault_probability", "Table 28", 3e-5, nan),
    ],
)
def test_galileo_performance_levels(quantity: str, table: str, limit: float, percentile: float) -> None:
    # Galileo OS SDD issue 1.3, sections 3.3 to 3.6
    row = of("Galileo OS SDD 1.3", quantity)
    assert (row.table, row.limit, row.verified) == (table, limit, True)
    assert row.percentile == percentile or (isnan(row.percentile) and isnan(percentile))


@pytest.mark.parametrize(
    ("quantity", "limit"),
    [
        ("sisre_satellite_p95_m", 7.0),
        ("sisre_pooled_p95_m", 2.0),
        ("urre_m_s", 0.006),
        ("urae_m_s2", 0.002),
        ("utc_offset_error_ns", 30.0),
        ("position_global_h95_m", 8.0),
        ("position_site_v95_m", 33.0),
        ("time_transfer_ns", 30.0),
    ],
)
def test_gps_assertions(quantity: str, limit: float) -> None:
    # GPS SPS PS, 5th edition, sections 3.4 and 3.8; all at 95 %
    row = of("GPS SPS PS 2020", quantity)
    assert (row.limit, row.percentile, row.verified) == (limit, 95.0, True)


def test_one_quotation_verifies_nothing() -> None:
    row = of("BDS OS PS v3.0", "sisre_pooled_p95_m")
    assert row.known_from == "quotation" and not row.verified
    assert row.verdict(0.1) == "pending"
    assert replace(row, known_from="quotations").verdict(0.1) == "met"
    assert replace(row, known_from="document").verdict(2.1) == "missed"


@pytest.mark.parametrize(
    ("sense", "measured", "two_sided", "one_sided"),
    [
        ("max", 7.0, "met", "met"),
        ("max", 7.0000001, "missed", "unobserved"),
        ("max", np.inf, "missed", "unobserved"),
        ("max", nan, "unobserved", "unobserved"),
        ("min", 7.0, "met", "met"),
        ("min", 6.9999999, "missed", "unobserved"),
        ("min", nan, "unobserved", "unobserved"),
    ],
)
def test_what_may_be_worse_than_the_promise_is_never_missed(sense: str, measured: float, two_sided: str, one_sided: str) -> None:
    row = replace(of("GPS SPS PS 2020", "sisre_satellite_p95_m"), sense=sense)
    assert row.limit == 7.0
    assert (row.verdict(measured), replace(row, one_sided=True).verdict(measured)) == (two_sided, one_sided)


def test_a_station_alone_misses_no_promise_of_the_signal() -> None:
    found = verdicts({("gps", "position_site_h95_m"): 15.1, ("gps", "position_site_v95_m"): 32.9}, systems=["gps"])
    assert verdict(found, "gps", "position_site_h95_m", "GPS SPS PS 2020") == "unobserved"
    assert verdict(found, "gps", "position_site_v95_m", "GPS SPS PS 2020") == "met"
    # a mean over the globe is another quantity: what a station measures is not held against it
    assert verdict(found, "gps", "position_global_h95_m", "GPS SPS PS 2020") == "unobserved"


def test_the_four_verdicts() -> None:
    measured = {
        ("beidou", "pdop_availability_mean_percent"): 98.0,
        ("beidou", "pdop_availability_worst_percent"): 87.9,
        ("beidou", "position_site_h95_m"): 1.0,
        ("beidou", "position_regional_h95_m"): 1.0,
    }
    found = verdicts(measured, systems=["beidou"])
    assert verdict(found, "beidou", "pdop_availability_mean_percent", "BDS OS PS v3.0") == "met"
    assert verdict(found, "beidou", "pdop_availability_worst_percent", "BDS OS PS v3.0") == "missed"
    assert verdict(found, "beidou", "utc_offset_ns", "BDS OS PS v3.0") == "unobserved"
    assert verdict(found, "beidou", "position_site_h95_m", "BDS OS PS v3.0") == "pending"
    # known from the press only: the limit is shown, but nothing is judged by it
    assert verdict(found, "beidou", "position_regional_h95_m", "BDS OS PS v2.0") == "pending"
    assert set(found["member"]) == {"beidou"}


@pytest.mark.parametrize(("value", "expected"), [(50.0, "met"), (50.1, "missed"), (nan, "unobserved")])
def test_a_maximum_may_be_reached(value: float, expected: str) -> None:
    assert verdict(verdicts({("beidou", "utc_offset_ns"): value}, systems=["beidou"]), "beidou", "utc_offset_ns", "BDS OS PS v3.0") == expected


def test_nothing_measured_is_never_missed() -> None:
    found = verdicts({}, systems=[c.name for c in constellations().values()])
    assert len(found) == len(standards())
    assert set(found["verdict"]) == {"unobserved", "pending"}


def test_a_joint_answer_is_held_against_the_standard_of_each_system() -> None:
    measured = {("glonass+beidou", "pdop_availability_mean_percent"): 99.9, ("beidou", "pdop_availability_mean_percent"): 90.0}
    found = verdicts(measured, systems=["glonass", "beidou"])
    assert verdict(found, "beidou", "pdop_availability_mean_percent", "BDS OS PS v3.0") == "missed"
    assert verdict(found, "glonass+beidou", "pdop_availability_mean_percent", "BDS OS PS v3.0") == "met"


def test_systems_without_standards_give_an_empty_table() -> None:
    found = verdicts({}, systems=["navic"])
    assert len(found) == 0
    assert found["limit"].dtype == np.float64


def test_the_command_lists_them() -> None:
    answer = service()
    assert len(answer.summary) == len(standards()) == len(answer.to_json()["standards"])
    assert ">= 98 percent" in answer.summary["limit"]
    assert "<= 20 ns (95 %)" in answer.summary["limit"]
    assert "not known" in answer.summary["limit"]
    assert "quotations" in answer.summary["known_from"]
    rows = json.loads(dumps(answer))["standards"]
    assert all(row["source"] and isinstance(row["verified"], bool) for row in rows)
    assert answer.remarks[0].startswith(f"{sum(not row['verified'] for row in rows)} of {len(rows)} ")
