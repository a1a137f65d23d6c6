"""A day in two runs of `armillary ppp --state` against the day in one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.errors import InputError
from armillary.io import rinex_obs
from armillary.io.reading import read
from armillary.services.ppp import PppAnswer, ppp

pytestmark = pytest.mark.real_data

BOTH = federation("glonass+beidou")
HOUR_NS = 3_600_000_000_000


@pytest.fixture(scope="module")
def given(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Six hours of NIST as one file and as two, with products."""
    day = data_dir / "gnss/2023-001"
    whole = read(day / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz", systems="RC")
    start, folder = int(whole.epochs.tai_ns[0]), tmp_path_factory.mktemp("halves")
    files = {}
    for name, begin, end in (("six", 0, 6), ("first", 0, 4), ("second", 4, 6)):
        files[name] = folder / f"{name}.rnx"
        files[name].write_bytes(rinex_obs.write(whole.between(start + begin * HOUR_NS, start + end * HOUR_NS)))
    products = {"sp3": [day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"], "clk": [day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"]}
    return {"files": files, "products": products}


def run(given: dict[str, Any], name: str, **more: Any) -> PppAnswer:
    answer = ppp(BOTH, [given["files"][name]], **given["products"], kinematic=True, **more)
    assert isinstance(answer, PppAnswer)
    return answer


@pytest.mark.slow
def test_the_second_run_goes_on(given: dict[str, Any], tmp_path: Path) -> None:
    whole = run(given, "six").epochs
    run(given, "first", state=tmp_path)
    second = run(given, "second", state=tmp_path).epochs
    for member in ("glonass", "beidou", "glonass+beidou"):
        one, two = (table.where(table["member"] == member) for table in (whole, second))
        one = one.where(np.isin(one.epochs.tai_ns, two.epochs.tai_ns))
        away = np.linalg.norm(np.stack([one[axis] - two[axis] for axis in ("x_m", "y_m", "z_m")]), axis=0)
        # the runs are linear about start positions some metres apart
        assert np.nanmax(away) < 1e-3, member
    assert [path.name for path in tmp_path.iterdir()] == ["NIST.npz"]


def test_the_same_epochs_again_are_refused_and_nothing_is_lost(given: dict[str, Any], tmp_path: Path) -> None:
    run(given, "first", state=tmp_path)
    before = (tmp_path / "NIST.npz").read_bytes()
    with pytest.raises(InputError, match=r"NIST\.npz: knows everything to 2023-01-01T03:59:30"):
        run(given, "first", state=tmp_path)
    assert (tmp_path / "NIST.npz").read_bytes() == before


def test_a_run_of_another_kind_is_refused(given: dict[str, Any], tmp_path: Path) -> None:
    run(given, "first", state=tmp_path)
    with pytest.raises(InputError, match="uncombined False, this one has True"):
        run(given, "second", state=tmp_path, model="uncombined")


def test_both_directions_need_everything(given: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--state and --smoothed exclude each other"):
        run(given, "first", state=tmp_path, smoothed=True)


def test_a_damaged_state_is_named(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "NIST.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match=r"NIST\.npz.*expected the state of a run"):
        run(given, "first", state=tmp_path)
