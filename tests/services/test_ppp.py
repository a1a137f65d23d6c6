"""Precise point positioning on real stations, against published coordinates, and what the command refuses."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from armillary.cli.main import application
from armillary.core.federation import federation
from armillary.core.satellite_types import SatelliteTypes, satellite_types
from armillary.errors import InputError
from armillary.navigation.precise_point import estimate, satellite_antennas
from armillary.report.solutions import suffixes, write
from armillary.services.ppp import PppAnswer, ppp

pytestmark = pytest.mark.real_data

NIST = "-1288398.5806,-4721696.9345,4078625.3480"
"""SINEX igs22P22264 moved by plate motion to 2023.0."""
DAY = "gnss/2023-001"


class Given:
    """Files of NIST and of Wuhan's products."""

    def __init__(self, data: Path) -> None:
        day = data / DAY
        self.observations = [day / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz"]
        self.products: dict[str, Any] = {
            "sp3": [day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"],
            "clk": [day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"],
            "antex": sorted((data / "products").glob("*.atx*")),
        }

    def run(self, systems: str = "glonass+beidou", **more: Any) -> PppAnswer:
        return ppp(federation(systems), self.observations, **{**self.products, "truth": NIST, **more})


@pytest.fixture(scope="module")
def given(data_dir: Path) -> Given:
    return Given(data_dir)


@pytest.fixture(scope="module")
def kinematic(given: Given) -> PppAnswer:
    return given.run(kinematic=True, skip_h=2.0, sessions_h=3.0)


def test_kinematic_without_gps_is_good_to_centimetres(kinematic: PppAnswer) -> None:
    rows = {row["member"]: row for row in kinematic.answers}
    both = rows["glonass+beidou"]
    # a throw-away prototype reached 3.3 cm and 5.8 cm; measured here 2.9 and 5.2
    assert both["rms_3d_m"] <= 0.032
    assert both["p95_3d_m"] <= 0.057
    assert both["solved"] == 2636
    assert both["rms_3d_m"] < 0.5 * min(rows[name]["rms_3d_m"] for name in ("glonass", "beidou"))
    # 22 sessions of 3 h; measured 18.75 min
    assert both["sessions"] == 22
    assert both["convergence_min"]["0.10"] <= 22.0
    assert both["reached"]["0.10"] == 1.0


def test_a_standard_deviation_is_about_as_large_as_the_error(kinematic: PppAnswer) -> None:
    epochs = kinematic.epochs
    mine = epochs.where((epochs["member"] == "glonass+beidou") & (epochs["flag"] == 0))
    mine = mine.where(mine.epochs.seconds_since(mine.epochs[0]) > 7200)
    trace = mine["cov_xx_m2"] + mine["cov_yy_m2"] + mine["cov_zz_m2"]
    squares = mine["east_m"] ** 2 + mine["north_m"] ** 2 + mine["up_m"] ** 2
    # white noise alone gave standard deviations ten times too small
    assert 0.6 < np.sqrt(np.mean(squares / trace)) < 1.5


@pytest.mark.slow
def test_static_agrees_with_the_coordinate_of_the_igs(given: Given) -> None:
    both = {row["member"]: row for row in given.run(static=True).answers}["glonass+beidou"]
    # tolerances: the sum of what is not known of truth (plate motion, frame) and of satellite antennas
    assert abs(both["e_m"]) < 0.012
    assert abs(both["n_m"]) < 0.006
    assert abs(both["u_m"]) < 0.020


@pytest.mark.slow
def test_a_table_of_types_that_is_out_of_date_is_told(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("fit" in warning for warning in given.run().warnings)
    old = SatelliteTypes(tuple(replace(v, type="GLONASS-M") if v.type == "GLONASS-K1" else v for v in satellite_types().vehicles))
    monkeypatch.setattr(satellite_antennas, "satellite_types", lambda: old)
    told = [warning for warning in given.run().warnings if "its phases fit GLONASS-K1 better" in warning]
    assert [warning[:3] for warning in told] == ["R09", "R11", "R22"]
    # a vehicle is not judged as one that stands still
    assert not any("fit" in warning for warning in given.run(kinematic=True).warnings)


@pytest.mark.slow
def test_both_directions_are_better_than_one(given: Given, kinematic: PppAnswer) -> None:
    smoothed = given.run(kinematic=True, smoothed=True, skip_h=2.0)
    forward, both = ({row["member"]: row["rms_3d_m"] for row in answer.answers} for answer in (kinematic, smoothed))
    assert both["glonass+beidou"] < forward["glonass+beidou"]
    assert both["glonass"] < forward["glonass"]


@pytest.mark.slow
def test_four_systems(given: Given) -> None:
    answer = given.run("gps+glonass+galileo+beidou", kinematic=True, skip_h=2.0).answers[-1]
    assert answer["rms_3d_m"] <= 0.020
    assert answer["p95_3d_m"] <= 0.030


@pytest.mark.slow
def test_zenith_delay_of_both_systems_is_the_same(given: Given) -> None:
    found = given.run(static=True, smoothed=True)
    table = found.troposphere
    alone = [table.where(table["member"] == name) for name in ("glonass", "beidou")]
    common, first, second = np.intersect1d(alone[0].epochs.tai_ns, alone[1].epochs.tai_ns, return_indices=True)
    difference = alone[0]["zenith_total_m"][first] - alone[1]["zenith_total_m"][second]
    assert len(common) > 2800
    # two independent systems see the same air: a centimetre is the accuracy of a float solution of an hour of geometry
    assert np.sqrt(np.mean(difference**2)) < 0.012
    # 1648 m above the ellipsoid: 1.9 m
    assert 1.80 < np.median(alone[0]["zenith_total_m"]) < 2.00


@pytest.mark.slow
def test_receiver_clock_between_systems(given: Given) -> None:
    clocks = given.run(static=True, smoothed=True).clocks
    mine = clocks.where((clocks["member"] == "glonass+beidou") & (clocks["group"] == "GLONASS"))
    offset_ns = np.median(mine["isb_s"]) * 1e9
    # a prototype of others found R - BDS-3 = +24.57 ns, +- 0.32 over the day
    assert abs(abs(offset_ns) - 24.57) < 1.0


@pytest.mark.slow
def test_json_of_the_command(given: Given, tmp_path: Path) -> None:
    arguments = [str(given.observations[0]), *(f for key in ("sp3", "clk") for p in given.products[key] for f in (f"--{key}", str(p)))]
    done = CliRunner().invoke(application(["ppp"]), ["ppp", *arguments, "--systems", "glonass+beidou", "--truth", NIST, "--kinematic", "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert [row["member"] for row in document["answers"]] == ["glonass", "beidou", "glonass+beidou"]
    assert {"mode", "solved", "e_m", "n_m", "u_m", "rms_3d_m", "p95_3d_m", "convergence_min", "sessions", "reached"} <= set(document["answers"][0])


def test_orbits_of_another_day_are_refused(given: Given, data_dir: Path) -> None:
    other = data_dir / "gnss/2020-177/COD0MGXFIN_20201770000_01D_05M_ORB.SP3.gz"
    with pytest.raises(InputError, match=r"2020-06-25.*2023-01-01|2023-01-01.*2020-06-25"):
        given.run(sp3=[other], clk=[])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"static": True, "kinematic": True}, "exclude each other"),
        ({"mask_deg": 95.0}, "--mask-deg 95"),
        ({"skip_h": -1.0}, "--skip-h -1"),
        ({"sessions_h": 0.0}, "--sessions-h 0"),
    ],
)
def test_what_cannot_be_asked(given: Given, more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        given.run(**more)


def test_a_file_of_another_kind_is_named(given: Given) -> None:
    with pytest.raises(InputError, match=r"NIST00USA.*an ANTEX file was expected"):
        given.run(antex=given.observations)


@pytest.mark.slow
def test_both_signals_give_the_same_as_their_combination(given: Given, kinematic: PppAnswer, tmp_path: Path) -> None:
    uncombined = given.run(model="uncombined", kinematic=True, skip_h=2.0)
    one, two = ({row["member"]: row for row in answer.answers}["glonass+beidou"] for answer in (kinematic, uncombined))
    assert abs(one["rms_3d_m"] - two["rms_3d_m"]) < 0.003
    assert uncombined.ionosphere is not None
    joint = uncombined.ionosphere.where(uncombined.ionosphere["member"] == "glonass+beidou")
    # slant ionospheres of two pairs of signals, as they come from codes too: smooth to centimetres within a pass, metres over the day
    sat = joint.where(joint["sat"] == "C29")
    change = np.diff(sat["slant_ionosphere_m"])[np.diff(sat.epochs.tai_ns) == 30_000_000_000]
    assert np.median(np.abs(change)) < 0.05
    assert np.ptp(sat["slant_ionosphere_m"]) > 0.5


@pytest.mark.slow
def test_both_directions_are_the_same_in_short_stretches(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = given.run("beidou", kinematic=True, smoothed=True)
    monkeypatch.setattr(estimate, "_STRETCH", 400)
    parts = given.run("beidou", kinematic=True, smoothed=True)
    for name in ("x_m", "y_m", "z_m", "cov_zz_m2"):
        np.testing.assert_allclose(parts.epochs[name], whole.epochs[name], rtol=1e-9, atol=1e-9)


@pytest.mark.slow
def test_a_cold_session_of_a_whole_file_is_the_file(given: Given, kinematic: PppAnswer) -> None:
    """One session of 24 h: the curve of its errors is that of the epochs."""
    answer = given.run(kinematic=True, sessions_h=24.0)
    (curve,) = [c for row, c in zip(answer.answers, answer.convergence, strict=True) if row["member"] == "glonass+beidou"]
    assert curve is not None and curve.error_m.shape == (1, 2880) and curve.since_s[1] == 30.0
    mine = kinematic.epochs.where(kinematic.epochs["member"] == "glonass+beidou")
    distance = np.sqrt(mine["east_m"] ** 2 + mine["north_m"] ** 2 + mine["up_m"] ** 2)
    found = curve.share_m(50.0)
    assert (np.isfinite(found) == (mine["flag"] == 0)).all()
    np.testing.assert_allclose(found[mine["flag"] == 0], distance[mine["flag"] == 0], rtol=1e-9)


def test_the_middle_of_cold_sessions_comes_down(kinematic: PppAnswer) -> None:
    for row, curve in zip(kinematic.answers, kinematic.convergence, strict=True):
        assert curve is not None and len(curve.since_s) == 360
        middle = curve.share_m(50.0)
        assert np.nanmedian(middle[-60:]) < 0.5 * np.nanmedian(middle[1:20]), row["member"]
        minutes = row["convergence_min"]["0.10"]
        if minutes is not None:  # the median of errors is about there when the median session has come there
            assert middle[np.searchsorted(curve.since_s, 60.0 * minutes)] == pytest.approx(0.10, abs=0.05)


def test_what_joining_brings(kinematic: PppAnswer) -> None:
    assert kinematic.gain is not None
    rows = {row["member"]: row for row in kinematic.answers}
    alone = min(rows[name]["rms_3d_m"] for name in ("glonass", "beidou"))
    # over the epochs that the better one alone solved: all that count but some
    assert kinematic.gain["rms_3d_m"] == pytest.approx(alone / rows["glonass+beidou"]["rms_3d_m"], rel=0.05)
    assert any(words.startswith("gain of joining") for words in kinematic.remarks)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", suffixes())
def test_every_format_of_solutions(kinematic: PppAnswer, suffix: str, tmp_path: Path) -> None:
    written = write(kinematic, tmp_path / f"nist{suffix}")
    assert all(path.stat().st_size > 1000 for path in written)
    if suffix == ".pos":
        line = written[0].read_text().splitlines()[-1]
        assert line.split()[5] == "6"  # PPP, for programs that read RTKLIB's solutions


@pytest.mark.slow
def test_a_truth_elsewhere_is_doubted(given: Given, kinematic: PppAnswer) -> None:
    assert not any("from the truth" in words for words in kinematic.warnings)
    moved = given.run("glonass+beidou", static=True, truth="-1288398.5806,-4721697.5345,4078625.3480")
    assert any("0.6" in words and "is it the coordinate of this marker" in words for words in moved.warnings)


@pytest.mark.slow
def test_nothing_left_to_count_is_refused(given: Given) -> None:
    with pytest.raises(InputError, match=r"--skip-h 30: the observations last 23\.99 h"):
        given.run(kinematic=True, skip_h=30.0)


@pytest.mark.slow
def test_a_session_longer_than_the_file_is_said(given: Given) -> None:
    assert any("no cold session of 30 h fits" in words for words in given.run("beidou", kinematic=True, sessions_h=30.0).warnings)


def test_every_way_has_a_name_of_its_own(kinematic: PppAnswer) -> None:
    ways = {replace(kinematic, smoothed=smoothed, uncombined=uncombined).how for smoothed in (False, True) for uncombined in (False, True)}
    assert ways == {"kinematic", "kinematic smoothed", "kinematic uncombined", "kinematic smoothed uncombined"}
