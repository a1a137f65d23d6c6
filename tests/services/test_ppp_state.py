"""A day in two runs of `armillary ppp --state` against the day in one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.errors import InputError
from armillary.io import rinex_obs
from armillary.io.reading import read
from armillary.navigation.precise_point.continuing import Continuation
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
    with pytest.raises(InputError, match="ionosphere-free solutions, this one has uncombined solutions"):
        run(given, "second", state=tmp_path, model="uncombined")


def test_both_directions_need_everything(given: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--state and --smoothed exclude each other"):
        run(given, "first", state=tmp_path, smoothed=True)


def test_a_damaged_state_is_named(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "NIST.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match=r"NIST\.npz.*expected the state of a run"):
        run(given, "first", state=tmp_path)


@pytest.mark.slow
def test_a_station_that_stands_elsewhere_does_not_go_on(given: dict[str, Any], tmp_path: Path) -> None:
    run(given, "first", state=tmp_path)
    kept = tmp_path / "NIST.npz"
    held = Continuation.from_bytes("NIST.npz", kept.read_bytes())
    kept.write_bytes(replace(held, position_m=held.position_m + np.array([30.0, 0.0, 0.0])).to_bytes())
    with pytest.raises(InputError, match=r"codes say 3\d m from where NIST stood"):
        run(given, "second", state=tmp_path)
    kept.write_bytes(replace(held, station="GOLD").to_bytes())
    with pytest.raises(InputError, match=r"was left by GOLD, the observations are of NIST"):
        run(given, "second", state=tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "said"),
    [({"mapping": "global"}, "mapping global"), ({"without": ("solid-tide",)}, "without solid-tide"), ({"mask_deg": 9.0}, "mask_deg 9.0")],
)
def test_a_state_of_other_settings_is_refused_both_ways(given: dict[str, Any], tmp_path: Path, more: dict[str, Any], said: str) -> None:
    run(given, "first", state=tmp_path, **more)
    with pytest.raises(InputError, match=f"was left by a run with {said}, this one has"):
        run(given, "second", state=tmp_path)
    run(given, "first", state=tmp_path / "usual")
    with pytest.raises(InputError, match=f"this one has {said}"):
        run(given, "second", state=tmp_path / "usual", **more)


@pytest.mark.slow
def test_steps_of_the_receivers_clock_go_on_through_files(given: dict[str, Any], tmp_path: Path) -> None:
    """A millisecond in the codes of the first file, from half of it on: the phases of the second are that far from its codes."""
    files = {}
    for name in ("first", "second"):
        whole = read(given["files"][name])
        blocks = {}
        for constellation in BOTH:
            block = whole.blocks[constellation.letter]
            epoch = np.repeat(np.arange(len(whole.epochs)), np.diff(block.offsets))
            late = (epoch >= len(whole.epochs) // 2) | (name == "second")
            channel = np.array([whole.header.glonass_channels.get(sat % 100, 0) if constellation.letter == "R" else 0 for sat in block.sat.tolist()])
            values = block.values.copy()
            for i, code in enumerate(block.codes):
                if code[0] == "L":
                    band = constellation.band(code[1])
                    values[i][late] -= 1e-3 * (band.frequency_hz + (band.step_hz or 0.0) * channel[late])
            blocks[constellation.letter] = replace(block, values=values)
        files[name] = tmp_path / f"{name}.rnx"
        files[name].write_bytes(rinex_obs.write(replace(whole, blocks=blocks)))
    stepped = given | {"files": files}
    run(given, "first", state=tmp_path / "a")
    run(stepped, "first", state=tmp_path / "b")
    plain, other = run(given, "second", state=tmp_path / "a"), run(stepped, "second", state=tmp_path / "b")
    for one, two in zip(plain.answers, other.answers, strict=True):
        assert two["position_m"] == pytest.approx(one["position_m"], abs=2e-3)


def test_a_file_is_no_folder_of_states(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(InputError, match=r"--state .*: is a file, a folder is expected"):
        run(given, "first", state=tmp_path / "a")
