"""Tables of answers: figures against plain arithmetic on small made-up answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.core.federation import Federation, federation
from armillary.core.table import declared_columns
from armillary.navigation import solution_tables as tables
from armillary.navigation.links import NO_ORBIT, OUTLIER
from armillary.navigation.positioning import MemberAnswer
from armillary.navigation.single_point import EstimatorOptions, solve
from tests.navigation.made_problem import Floats, Problem, problem
from tests.navigation.made_sky import LIGHT, enu_axes, place

NAMES = [f"R{i:02d}" for i in range(1, 8)] + ["C06", "C11", "C12", "C20", "C21", "C22", "C30"]
TWO = federation("glonass+beidou")
TRUTH = place(40.0, 116.0, 50.0)
NO_ANTENNA = np.zeros(3)


def answered(p: Problem, members: tuple[Federation, ...] = TWO.alone_and_joint()) -> list[MemberAnswer]:
    found = []
    for member in members:
        chosen = np.array([c in member.constellations for c in p.links.rows.constellations])
        s = solve(p.links, chosen, p.prior, p.prior_sigma, EstimatorOptions())
        found.append(MemberAnswer(member, s, p.links.position_m + s.solution[:, :3] @ enu_axes(40.0, 116.0)))
    return found


@pytest.fixture(scope="module")
def four() -> Problem:
    return problem(NAMES, 4, seed=1)


@pytest.fixture(scope="module")
def answers(four: Problem) -> list[MemberAnswer]:
    return answered(four)


def still(answers: list[MemberAnswer]) -> list[Floats]:
    return [np.zeros((4, 3)) for _ in answers]


def test_errors_are_east_north_up_of_the_truth(four: Problem, answers: list[MemberAnswer]) -> None:
    table = tables.epoch_table(four.links, answers, still(answers), truth_m=TRUTH, antenna_enu_m=NO_ANTENNA)
    assert len(table) == 12 and table["member"].tolist() == ["glonass"] * 4 + ["beidou"] * 4 + ["glonass+beidou"] * 4
    joint = table.where(table["member"] == "glonass+beidou")
    found = np.stack([joint["east_m"], joint["north_m"], joint["up_m"]], axis=1)
    # the truth is the linearisation point here, so errors are the offsets themselves; axes are those of the truth, metres away
    assert np.allclose(found, answers[2].solution.solution[:, :3], atol=1e-6)
    assert joint.epochs is not None and (joint.epochs.tai_ns == four.links.rows.epochs.tai_ns).all()


def test_the_marker_is_below_the_antenna(four: Problem, answers: list[MemberAnswer]) -> None:
    """Height, east and north of the antenna come off along the local axes."""
    antenna = np.array([0.1, -0.2, 1.05])
    plain = tables.epoch_table(four.links, answers, still(answers), truth_m=TRUTH, antenna_enu_m=NO_ANTENNA)
    raised = tables.epoch_table(four.links, answers, still(answers), truth_m=TRUTH, antenna_enu_m=antenna)
    for name, off in zip(("east_m", "north_m", "up_m"), antenna, strict=True):
        assert np.allclose(plain[name] - raised[name], off, atol=1e-5)  # axes turn by 1e-6 rad within the metres between the points
    assert np.allclose(plain["height_m"] - raised["height_m"], 1.05, atol=1e-6)


def test_covariance_turns_with_the_axes(four: Problem, answers: list[MemberAnswer]) -> None:
    table = tables.epoch_table(four.links, answers[2:], still(answers[2:]), truth_m=None, antenna_enu_m=NO_ANTENNA)
    axes = enu_axes(40.0, 116.0)
    for e in range(4):
        expected = axes.T @ answers[2].solution.covariance[e, :3, :3] @ axes
        for i in range(3):
            for j in range(i, 3):
                assert table[f"cov_{'xyz'[i]}{'xyz'[j]}_m2"][e] == pytest.approx(expected[i, j], rel=1e-4, abs=1e-5)


def test_without_a_truth_errors_are_unknown(four: Problem, answers: list[MemberAnswer]) -> None:
    table = tables.epoch_table(four.links, answers, still(answers), truth_m=None, antenna_enu_m=NO_ANTENNA)
    assert np.isnan(table["east_m"]).all() and np.isfinite(table["x_m"]).all()
    summary = tables.summary_table(table)
    assert np.isnan(summary["rms_3d_m"]).all() and summary["solved"].tolist() == [4, 4, 4]


def test_summary_is_plain_statistics(four: Problem, answers: list[MemberAnswer]) -> None:
    table = tables.epoch_table(four.links, answers, still(answers), truth_m=TRUTH, antenna_enu_m=NO_ANTENNA)
    summary = tables.summary_table(table)
    assert summary["member"].tolist() == ["glonass", "beidou", "glonass+beidou"]
    for row, member in enumerate(summary["member"]):
        mine = table["member"] == member
        e, n, u = (table[name][mine] for name in ("east_m", "north_m", "up_m"))
        expected = {
            "e_rms_m": np.sqrt(np.mean(e**2)),
            "n_rms_m": np.sqrt(np.mean(n**2)),
            "u_rms_m": np.sqrt(np.mean(u**2)),
            "h95_m": np.percentile(np.sqrt(e**2 + n**2), 95),
            "v95_m": np.percentile(abs(u), 95),
            "rms_3d_m": np.sqrt(np.mean(e**2 + n**2 + u**2)),
            "p95_3d_m": np.percentile(np.sqrt(e**2 + n**2 + u**2), 95),
            "mean_satellites": {"glonass": 7.0, "beidou": 7.0, "glonass+beidou": 14.0}[str(member)],
        }
        assert {name: summary[name][row] for name in expected} == pytest.approx(expected, rel=1e-9)


def test_unsolved_epochs_are_counted_out() -> None:
    p = problem(NAMES, 4, seed=1)
    state = p.links.state.copy()
    state[p.links.rows.epoch_of == 2] = NO_ORBIT
    p = replace(p, links=replace(p.links, state=state))
    table = tables.epoch_table(p.links, answered(p), still(answered(p)), truth_m=TRUTH, antenna_enu_m=NO_ANTENNA)
    assert tables.summary_table(table)["solved"].tolist() == [3, 3, 3]
    unsolved = table.where(table["flag"] != 0)
    assert np.isnan(unsolved["pdop"]).all() and np.isnan(unsolved["east_m"]).all()
    assert (unsolved["satellites_used"] == 0).all() and unsolved["satellites_excluded"].tolist() == [7, 7, 14]


def test_a_member_that_solves_nothing_has_a_row() -> None:
    p = problem(NAMES, 4, seed=1)
    state = np.where(p.links.rows.sat < 7000, NO_ORBIT, p.links.state).astype(np.uint8)  # C: 67 * 100 + number
    p = replace(p, links=replace(p.links, state=state))
    found = answered(p)
    summary = tables.summary_table(tables.epoch_table(p.links, found, still(found), truth_m=TRUTH, antenna_enu_m=NO_ANTENNA))
    assert summary["solved"].tolist() == [4, 0, 4]
    assert np.isnan(summary["rms_3d_m"][1]) and np.isnan(summary["mean_satellites"][1])
    clocks = tables.clock_table(p.links, found)
    assert set(clocks["member"]) == {"glonass", "glonass+beidou"} and set(clocks["system"]) == {"R"}


def test_clocks_and_offsets_between_systems(four: Problem, answers: list[MemberAnswer]) -> None:
    table = tables.clock_table(four.links, answers)
    joint = table.where(table["member"] == "glonass+beidou")
    assert joint["system"].tolist() == ["R"] * 4 + ["C"] * 4
    s = answers[2].solution
    first, second = joint.where(joint["system"] == "R"), joint.where(joint["system"] == "C")
    # constellations of the links stand in the order of the names: R, C
    assert np.allclose(second["isb_s"] * LIGHT, s.solution[:, 4] - s.solution[:, 3], atol=1e-9)
    variance = s.covariance[:, 3, 3] + s.covariance[:, 4, 4] - 2 * s.covariance[:, 3, 4]
    assert np.allclose(second["isb_sigma_s"] * LIGHT, np.sqrt(variance), atol=1e-9)
    assert (first["isb_s"] == 0.0).all() and (first["isb_sigma_s"] == 0.0).all()
    assert np.allclose(first["clock_s"] * LIGHT, s.solution[:, 3], atol=1e-9)


def test_offsets_only_where_both_systems_are_seen() -> None:
    p = problem(NAMES, 4, seed=1)
    state = np.where((p.links.rows.sat < 7000) & (p.links.rows.epoch_of == 1), NO_ORBIT, p.links.state).astype(np.uint8)
    p = replace(p, links=replace(p.links, state=state))
    table = tables.clock_table(p.links, answered(p, (TWO,)))
    assert (table["system"] == "C").sum() == 3 and (table["system"] == "R").sum() == 4


def test_excluded_satellites_have_reasons() -> None:
    p = problem(NAMES, 4, seed=1)
    state, z = p.links.state.copy(), p.links.z_m.copy()
    state[2] = NO_ORBIT
    z[20] += 60.0
    p = replace(p, links=replace(p.links, state=state, z_m=z))
    table = tables.excluded_table(p.links, answered(p))
    rows = {(str(m), str(s), str(r)) for m, s, r in zip(table["member"], table["sat"], table["reason"], strict=True)}
    # C sorts before R: row 2 is C12 at the first epoch, row 20 is C30 at the second
    assert rows == {
        (m, s, r) for m in ("beidou", "glonass+beidou") for s, r in (("C12", "no usable orbit or clock"), ("C30", "failed the residual test"))
    }


def test_residuals_name_their_signal(four: Problem, answers: list[MemberAnswer]) -> None:
    table = tables.residual_table(four.links, answers)
    joint = table.where(table["member"] == "glonass+beidou")
    assert len(joint) == 4 * 14 * 2
    assert {(s[0], c) for s, c in zip(joint["sat"], joint["signal"], strict=True)} == {("R", "C1C"), ("R", "C2C"), ("C", "C2I"), ("C", "C6I")}
    assert (joint["sigma_m"] > 0.3).all() and np.std(joint["residual_m"] / joint["sigma_m"]) < 1.0


def test_biases_name_their_satellite(four: Problem, answers: list[MemberAnswer]) -> None:
    table = tables.bias_table(four.links, answers)
    names = set(table.where(table["member"] == "glonass+beidou")["bias"])
    assert {"C06", "C06 second", "R07", "R07 second", "receiver C BDS-3 C6I-C2I", "channel R C1C"} <= names
    assert not any("satellite" in name for name in names)


def test_every_column_is_declared(four: Problem, answers: list[MemberAnswer]) -> None:
    made = [
        tables.epoch_table(four.links, answers, still(answers), truth_m=TRUTH, antenna_enu_m=NO_ANTENNA),
        tables.clock_table(four.links, answers),
        tables.excluded_table(four.links, answers),
        tables.residual_table(four.links, answers),
        tables.bias_table(four.links, answers),
    ]
    assert {name for table in (*made, tables.summary_table(made[0])) for name in table.columns} <= set(declared_columns())


def test_outlier_reason_is_told_apart_from_other_members(answers: list[MemberAnswer]) -> None:
    assert (answers[0].solution.state > OUTLIER).sum() == 4 * 7
