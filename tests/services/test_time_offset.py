"""Which offsets are asked for, and a real day's against figures from elsewhere."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.navigation_messages import SystemTimeOffset
from armillary.io import rinex_obs
from armillary.io.reading import read
from armillary.monitoring.time_offset import Route
from armillary.services.simulate import simulate
from armillary.services.time_offset import offset_table, time_offset

NOON = Epochs(np.array([1_700_000_000_000_000_000]))
BROADCAST = [SystemTimeOffset(label, a0 * 1e-9, 0.0, 0.0, None) for label, a0 in (("GLUT", -6.0), ("BDUT", -4.0), ("GPUT", -3.0))]


def test_every_pair_of_the_federation_then_gps_time_and_utc() -> None:
    table = offset_table(federation("glonass+beidou"), BROADCAST, NOON, [])
    found = {row["pair"]: row["offset_ns"] for row in table.rows()}
    # second less first: BD - GL = -4 + 6; GP - GL = -3 + 6; UT - GL = 6
    assert list(found) == ["beidou-glonass", "gpst-glonass", "gpst-beidou", "utc-glonass", "utc-beidou"]
    assert_allclose(list(found.values()), [2.0, 3.0, 1.0, 6.0, 4.0])


def test_gps_time_is_not_asked_for_twice_where_gps_takes_part() -> None:
    table = offset_table(federation("gps+beidou"), BROADCAST, NOON, [])
    assert list(dict.fromkeys(table["pair"])) == ["beidou-gps", "utc-gps", "utc-beidou"]


def test_receivers_of_several_stations_get_a_common_row_and_their_own_delays() -> None:
    received = [{"beidou-glonass": [Route(f"receiver {name}", value * 1e-9, 1e-9, "receiver")]} for name, value in (("A", 10.0), ("B", 20.0))]
    rows = {row["route"]: row for row in offset_table(federation("glonass+beidou"), BROADCAST, NOON, received).rows()}
    assert rows["2 receivers together"]["offset_ns"] == pytest.approx(15.0)
    assert [rows[f"receiver {name}"]["receiver_bias_ns"] for name in "AB"] == pytest.approx([-5.0, 5.0])


@pytest.mark.slow
@pytest.mark.real_data
def test_nist_sees_what_precise_point_positioning_of_the_day_found(data_dir: Path) -> None:
    """24.57 ns from phases with a scatter of 0.32 ns; codes of one day hold the bias between two signals, known to some nanoseconds."""
    day = data_dir / "gnss/2023-001"
    answer = time_offset(federation("glonass+beidou"), [next(day.glob("NIST*01D_30S*"))], nav=[day / "BRDC00IGS_R_20230010000_01D_MN.rnx.gz"])
    row = next(r for r in answer.summary.rows() if r["route"] == "receiver NIST ionosphere-free")
    assert abs(row["offset_ns"] - 24.57) < 3.0 and row["sigma_ns"] < 4.0


@pytest.mark.slow
def test_files_of_one_receiver_are_one_route_and_those_without_a_marker_are_not_mixed(tmp_path: Path) -> None:
    simulate("demo", out=tmp_path, hours=2.0, interval_s=300.0)
    whole, other = sorted(tmp_path.glob("*MO.rnx"))
    navigation = next(tmp_path.glob("*MN.rnx"))
    for k, path in enumerate((whole, other)):
        text = path.read_bytes()
        lines = [line for line in text.splitlines(True) if b"MARKER NAME" not in line]
        (tmp_path / f"unnamed{k}.rnx").write_bytes(b"".join(lines))
    pair = federation("glonass+beidou")
    joined = time_offset(pair, [whole, whole], nav=[navigation]).summary
    alone = time_offset(pair, [whole], nav=[navigation]).summary
    assert joined["route"].tolist() == alone["route"].tolist()
    unnamed = time_offset(pair, [tmp_path / "unnamed0.rnx", tmp_path / "unnamed1.rnx"], nav=[navigation]).summary
    assert sum(route.startswith("receiver unnamed") and not route.endswith("free") for route in unnamed["route"]) == 2


@pytest.mark.slow
def test_a_receiver_of_one_signal_has_no_ionosphere_free_route(tmp_path: Path) -> None:
    simulate("demo", out=tmp_path, hours=2.0, interval_s=300.0)
    path, navigation = next(tmp_path.glob("WUHR*MO.rnx")), next(tmp_path.glob("*MN.rnx"))
    single = read(path)
    first = {
        letter: replace(
            block,
            values=np.where([[c[1] in "12"] for c in block.codes] if letter == "C" else [[c[1] == "1"] for c in block.codes], block.values, np.nan),
        )
        for letter, block in single.blocks.items()
    }
    rinex_obs.save(replace(single, blocks=first), tmp_path / "single.rnx")
    routes = time_offset(federation("glonass+beidou"), [tmp_path / "single.rnx"], nav=[navigation]).summary["route"].tolist()
    assert any(route.startswith("receiver") for route in routes) and not any("ionosphere-free" in route for route in routes)
