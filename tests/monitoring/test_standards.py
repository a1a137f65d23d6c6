"""Thresholds are those of the documents that were read; a verdict needs a verified limit and a measurement."""

from __future__ import annotations

import json
from math import isnan, nan

import numpy as np
import pytest

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
        # what has no figure cannot be verified, and what is not verified says why
        assert not (row.verified and isnan(row.limit))
        assert row.verified or row.note


def test_figures_of_the_documents() -> None:
    # As read in the documents: PDOP availability and offset to UTC
    assert of("BDS OS PS v3.0", "pdop_availability_mean_percent").limit == 98.0
    assert of("BDS OS PS v3.0", "pdop_availability_worst_percent").limit == 88.0
    assert (of("BDS OS PS v3.0", "utc_offset_error_ns").limit, of("BDS OS PS v3.0", "utc_offset_error_ns").percentile) == (20.0, 95.0)
    assert of("Galileo OS SDD 1.3", "pdop_availability_worst_percent").limit == 87.0
    assert of("GPS SPS PS 2020", "range_error_m").limit == 2.0
    assert [t.limit for t in standards() if t.quantity == "satellites_operational"] == [24.0]
    assert isnan(of("BDS OS PS v3.0", "position_h95_m").limit)
    # two rules give one system a fault limit: the lower one holds
    assert fault_limits_m() == {"R": 18.0}


def test_the_four_verdicts() -> None:
    measured = {
        ("beidou", "pdop_availability_mean_percent"): 98.0,
        ("beidou", "pdop_availability_worst_percent"): 87.9,
        ("beidou", "position_h95_m"): 1.0,
    }
    found = verdicts(measured, systems=["beidou"])
    assert verdict(found, "beidou", "pdop_availability_mean_percent", "BDS OS PS v3.0") == "met"
    assert verdict(found, "beidou", "pdop_availability_worst_percent", "BDS OS PS v3.0") == "missed"
    assert verdict(found, "beidou", "utc_offset_ns", "BDS OS PS v3.0") == "unobserved"
    assert verdict(found, "beidou", "position_h95_m", "BDS OS PS v3.0") == "pending"
    # known from the press only: the limit is shown, but nothing is judged by it
    assert verdict(found, "beidou", "position_h95_m", "BDS OS PS v2.0") == "pending"
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
    assert json.dumps(answer.to_json())
