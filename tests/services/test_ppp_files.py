"""Zenith delays and receiver clocks as files: what is in them is what the answer says, read by our readers and column by column."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.precise import PreciseClocks
from armillary.core.scales import to_iso
from armillary.core.table import Table
from armillary.core.troposphere import TroposphereSeries
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.services._ppp_files import _whole_seconds
from armillary.services.ppp import PppAnswer
from tests.services.ppp_inputs import PLACE, Nist, near

pytestmark = [pytest.mark.real_data, pytest.mark.slow]
LIGHT_M_S = 299_792_458.0


@pytest.fixture(scope="module")
def nist(data_dir: Path) -> Nist:
    return Nist(data_dir)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ppp")


@pytest.fixture(scope="module")
def answer(nist: Nist, folder: Path) -> PppAnswer:
    found = nist.solve([nist.path], smoothed=True, troposphere=folder / "n.tro", clocks=folder / "n.clk")
    assert isinstance(found, PppAnswer)
    return found


def rows_of(table: Table, member: str, group: str = "") -> Table:
    return table.where((table["member"] == member) & ((table["group"] == group) if group else True))


@pytest.mark.parametrize(("name", "member"), [("n.tro", "glonass+beidou"), ("n_glonass.tro", "glonass"), ("n_beidou.tro", "beidou")])
def test_zenith_delays_are_those_of_the_answer(answer: PppAnswer, folder: Path, name: str, member: str) -> None:
    held = read(folder / name)
    assert isinstance(held, TroposphereSeries)
    mine = rows_of(answer.troposphere, member)
    assert mine.epochs is not None and (held.epochs.tai_ns == mine.epochs.tai_ns).all() and held.stations == ("NIST",)
    # hundredths of a millimetre, gradients thousandths
    assert near(held.zenith_delay_m, mine["zenith_total_m"], 0.0051e-3)
    assert near(held.zenith_delay_sigma_m, mine["zenith_sigma_m"], 0.0051e-3)
    assert near(held.gradient_north_m, mine["gradient_north_m"], 0.00051e-3)
    assert near(held.gradient_east_m, mine["gradient_east_m"], 0.00051e-3)
    assert near(held.gradient_north_sigma_m, mine["gradient_north_sigma_m"], 0.00051e-3)
    assert near(held.gradient_east_sigma_m, mine["gradient_east_sigma_m"], 0.00051e-3)
    assert held.frame == "IGS20" and held.position_m is not None
    assert np.linalg.norm(held.position_m[0] - PLACE) < 0.2  # without antenna calibrations
    told = dict(held.reference)
    assert member in told["DESCRIPTION"] and "kinematic smoothed" in told["DESCRIPTION"]
    model = dict(held.description)  # docs/explanation/precise-point.md: Niell, UNB3 climate, as built in
    assert model["TROPO MAPPING FUNCTION"] == "NIELL" and "UNB3" in model["A PRIORI TROPOSPHERE"]


def test_a_line_of_zenith_delays_by_its_columns(answer: PppAnswer, folder: Path) -> None:
    lines = (folder / "n.tro").read_text().splitlines()
    block = lines[lines.index("+TROP/SOLUTION") + 2 : lines.index("-TROP/SOLUTION")]
    mine = rows_of(answer.troposphere, "glonass+beidou")
    assert len(block) == len(mine)
    name, epoch, total, *_ = block[1000].split()
    second = int(epoch.split(":")[2])
    assert name == "NIST" and epoch.startswith("2023:001:")
    assert (
        mine.epochs is not None
        and to_iso(mine.epochs, "GPST", 0)[1000] == f"2023-01-01T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"
    )
    assert float(total) == pytest.approx(1e3 * mine["zenith_total_m"][1000], abs=0.0051)


@pytest.mark.parametrize(
    ("name", "member", "group"),
    [
        ("n.clk", "glonass+beidou", "BDS-3"),
        ("n_glonass+beidou_GLONASS.clk", "glonass+beidou", "GLONASS"),
        ("n_beidou.clk", "beidou", "BDS-3"),
        ("n_beidou_BDS-2.clk", "beidou", "BDS-2"),
        ("n_glonass.clk", "glonass", "GLONASS"),
    ],
)
def test_clocks_are_those_of_the_answer(answer: PppAnswer, folder: Path, name: str, member: str, group: str) -> None:
    held = read(folder / name)
    assert isinstance(held, PreciseClocks)
    mine = rows_of(answer.clocks, member, group)
    assert mine.epochs is not None and (held.epochs.tai_ns == mine.epochs.tai_ns).all()
    assert held.receivers == ("NIST",) and not len(held.sat) and held.frame == "IGS20"
    # twelve digits of less than a millisecond
    assert near(held.receiver_bias_s[0], mine["clock_s"], 1e-15)
    assert held.receiver_sigma_s is not None and near(held.receiver_sigma_s[0], mine["sigma_s"], 1e-18)
    assert any(group in text for text in held.comments) and any(member in text for text in held.comments)


def test_two_files_give_what_lies_between_systems(answer: PppAnswer, folder: Path) -> None:
    against, by = (read(folder / name).receiver_bias_s[0] for name in ("n.clk", "n_glonass+beidou_GLONASS.clk"))
    mine = rows_of(answer.clocks, "glonass+beidou", "GLONASS")
    assert near(by - against, mine["isb_s"], 2e-15)
    # others found R - BDS-3 = +24.57 ns, +- 0.32 over the day
    assert np.median(by - against) * 1e9 == pytest.approx(24.57, abs=1.0)


def test_the_clock_is_that_of_the_centre_but_for_delays_of_the_receiver(answer: PppAnswer, nist: Nist, folder: Path) -> None:
    """Wuhan's file has receivers too; NIST follows UTC by a maser: both say the same rate, and what differs is a constant."""
    mine = read(folder / "n.clk")
    drift_s = np.polyfit(mine.epochs.seconds_since(mine.epochs[0]), mine.receiver_bias_s[0], 1)[0] * 86400.0
    assert abs(drift_s) < 30e-9
    assert np.std(np.diff(mine.receiver_bias_s[0])) * LIGHT_M_S < 0.05


def test_written_paths_are_in_the_answer(answer: PppAnswer, folder: Path) -> None:
    assert {path.name for path in answer.written} == {path.name for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"troposphere": "same", "clocks": "same"}, "are two files"),
        ({"clocks": "."}, "is a folder; --clocks"),
        ({"troposphere": "nowhere/n.tro"}, "the folder .*nowhere is not there"),
        ({"clocks": "in.clk"}, "is an input of this command"),
        ({"clocks": "linked.clk"}, "is an input of this command"),
        ({"clocks": "out.clk"}, r"out_glonass\.clk: is an input of this command"),
    ],
)
def test_names_that_are_refused(nist: Nist, tmp_path: Path, more: dict[str, str], said: str) -> None:
    for name in ("in.clk", "linked.clk", "out_glonass.clk"):
        (tmp_path / name).symlink_to(nist.clk) if name == "linked.clk" else (tmp_path / name).write_bytes(nist.clk.read_bytes())
    clk = [tmp_path / "in.clk"] if more != {"clocks": "out.clk"} else [tmp_path / "out_glonass.clk"]
    if "linked.clk" in more.values():
        clk = [nist.clk]
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(InputError, match=said):
        nist.solve([nist.path], clk=clk, **{option: tmp_path / name for option, name in more.items()})
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_of_several_epochs_about_one_second_the_nearest_is_written() -> None:
    ns = np.arange(60, dtype=np.int64) * 50_000_000 + 1_000_000  # 20 Hz, a millisecond late
    part, instants = _whole_seconds(Table({"zenith_total_m": np.arange(60.0)}, epochs=Epochs(ns)))
    assert instants.tolist() == [0, 10**9, 2 * 10**9, 3 * 10**9][: len(instants)] and len(instants) in (3, 4)
    assert part["zenith_total_m"][:3].tolist() == [0.0, 20.0, 40.0]
