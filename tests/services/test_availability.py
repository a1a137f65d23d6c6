"""What ``armillary availability`` answers: from nominal orbits, from real messages and tables, and from made-up gaps."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.plain import dumps, plain
from armillary.core.scales import from_iso
from armillary.errors import InputError, LimitError
from armillary.navigation.availability import OrbitCatalogue
from armillary.orbits.state import NO_DATA, OrbitState
from armillary.orbits.walker import NominalConstellation
from armillary.services._contents import navigation_of
from armillary.services._orbit_sources import OrbitSource, orbit_source, source_of
from armillary.services.availability import AvailabilityAnswer, availability, availability_of
from armillary.services.simulate import simulate

PAIR = federation("glonass+beidou")
DAY = "gnss/2023-001"
MESSAGES, TABLES = "BRDC00IGS_R_20230010000_01D_MN.rnx.gz", "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"


def rows(answer: AvailabilityAnswer) -> dict[str, dict[str, float]]:
    return {row["member"]: row for row in answer.summary.rows()}


# Reference notes of the project, mean % of PDOP <= 6; acceptance allows 2.0 points, ours differ by 0.2 (starting longitudes of the planes)
@pytest.mark.parametrize(
    ("mask_deg", "expected"),
    [(25.0, {"glonass": 49.1, "beidou": 73.8, "glonass+beidou": 93.9}), (15.0, {"glonass": 91.9, "beidou": 98.5, "glonass+beidou": 99.7})],
)
def test_nominal_orbits_serve_as_published(mask_deg: float, expected: dict[str, float]) -> None:
    answer = availability(PAIR, mask_deg=mask_deg)
    found = rows(answer)
    assert {name: row["mean_percent"] for name, row in found.items()} == pytest.approx(expected, abs=0.5)
    gain = answer.gain
    assert gain is not None and gain["member"] == "glonass+beidou"
    assert gain["mean_percent"] == pytest.approx(expected["glonass+beidou"] - expected["beidou"], abs=0.7)


def test_answer_in_plain_values_and_for_people() -> None:
    answer = availability(PAIR, mask_deg=40.0, grid_deg=20.0, step_s=3600.0)
    told = plain(answer)
    assert [row["member"] for row in told["answers"]] == ["glonass", "beidou", "glonass+beidou"]
    assert told["answers"][0]["median_pdop"] is None  # more than half of all places and instants have no position
    assert told["gain"]["median_pdop"] is None and "PDOP" not in answer.remarks[0]
    assert told["epochs"] == 24 and told["places"] == 9 * 18
    assert "Infinity" not in dumps(answer)
    assert answer.title.startswith("PDOP <= 6 above 40 deg; nominal orbits; 24 epochs from 2024-01-01T00:00:00 to 2024-01-01T23:00:00 GPST, 9 x 18")
    assert "one node" in answer.remarks[-1]


def test_maps_have_a_row_per_member_and_place() -> None:
    answer = availability(PAIR, mask_deg=25.0, grid_deg=15.0, step_s=1800.0)
    maps = answer.maps
    assert len(maps) == 3 * 12 * 24 and maps.notes["shape"] == (12, 24)
    joint = maps.where(maps["member"] == "glonass+beidou")
    mean = np.average(joint["availability_percent"], weights=np.cos(np.radians(joint["latitude_deg"])))
    assert mean == pytest.approx(rows(answer)["glonass+beidou"]["mean_percent"], rel=1e-12)
    assert joint["availability_percent"].min() == rows(answer)["glonass+beidou"]["worst_percent"]
    assert (joint["latitude_deg"][0], joint["longitude_deg"][0], joint["longitude_deg"][1]) == pytest.approx((-82.5, -172.5, -157.5))


def test_one_system_has_one_answer_and_no_gain() -> None:
    answer = availability(federation("glonass"), grid_deg=30.0, step_s=7200.0)
    assert len(answer.summary) == 1 and answer.gain is None and answer.remarks == ()
    assert answer.summary["mean_percent"][0] == answer.summary["mean_percent_offset_known"][0]


def test_three_systems_by_subsets() -> None:
    answer = availability(federation("glonass+beidou+gps"), grid_deg=30.0, step_s=7200.0, mask_deg=30.0, subsets=True)
    found = rows(answer)
    assert len(found) == 7
    assert found["glonass+beidou+gps"]["mean_percent"] >= max(row["mean_percent"] for row in found.values())


def test_time_may_start_and_last_as_wished() -> None:
    answer = availability(PAIR, grid_deg=30.0, step_s=900.0, hours=1.1, start="2030-02-03T04:05:06")
    assert answer.times == Epochs(from_iso("2030-02-03T04:05:06", "GPST").tai_ns + 900 * 10**9 * np.arange(5))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"orbits": ()}, "nothing"),
        ({"orbits": ("nominal", "a.rnx")}, "either 'nominal' or files"),
        ({"orbits": ("no-such-file.rnx",)}, "no-such-file"),
        ({"hours": 0.0}, "positive"),
        ({"hours": float("nan")}, "positive"),
        ({"step_s": -1.0}, "positive"),
        ({"grid_deg": 0.001}, "grid step"),
        ({"mask_deg": 95.0}, "elevation mask"),
        ({"limit_pdop": 0.0}, "limit of PDOP"),
        ({"start": "yesterday"}, "yesterday"),
    ],
)
def test_a_question_without_an_answer_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises((InputError, FileNotFoundError), match=words):
        availability(PAIR, **({"grid_deg": 30.0} | options))  # type: ignore[arg-type]


def test_an_endless_question_is_refused() -> None:
    with pytest.raises(LimitError, match="longer step"):
        availability(PAIR, hours=1e7, step_s=0.001)


class Partly:
    """Nominal orbits of which nothing is known of one system in the second half, and of some satellites never."""

    def __init__(self, whole: OrbitCatalogue, *, letter: str, until: Epochs, lost: frozenset[int]) -> None:
        self.whole, self.letter, self.until, self.lost = whole, letter, until, lost
        self.satellites = whole.satellites

    def state(self, sat: np.ndarray, epochs: Epochs) -> OrbitState:
        state = self.whole.state(sat, epochs)
        late = (sat // 100 == ord(self.letter)) & (epochs.tai_ns >= self.until.tai_ns[0])
        gone = late | np.isin(sat, sorted(self.lost))
        state.position_m[gone] = np.nan
        state.flag[gone] = NO_DATA
        return state

    def state_at_transmission(self, sat: np.ndarray, reception: Epochs, pseudorange_m: np.ndarray) -> OrbitState:
        raise AssertionError


def test_what_is_not_known_is_not_called_unavailable() -> None:
    first = from_iso("2024-01-01", "GPST")
    times = Epochs(first.tai_ns + 3600 * 10**9 * np.arange(24))
    whole = NominalConstellation.of(*PAIR, origin=first)
    orbit = Partly(whole, letter="R", until=times[12:13], lost=frozenset({6719, 6720, 6721}))
    source = OrbitSource("a made-up file", orbit, first)
    answer = availability_of(source, PAIR.alone_and_joint(), times, grid_deg=20.0)
    assert answer.times == times[:12]
    assert "12 of 24 epochs left out: nothing is known of a system there" in answer.warnings
    assert any("beidou: nothing is known of 10.0 %" in text for text in answer.warnings)  # 3 of 30 satellites
    assert answer.systems["unknown_percent"].tolist() == pytest.approx([0.0, 10.0])
    lost = Partly(whole, letter="R", until=times[:1], lost=frozenset())
    with pytest.raises(InputError, match="nothing about GLONASS at these instants"):
        availability_of(OrbitSource("a made-up file", lost, first), PAIR.alone_and_joint(), times)


@pytest.mark.slow
def test_every_file_that_orbits_are_from_is_named(tmp_path: Path) -> None:
    """As an assessment does, which merges the messages of a day with those of the day before."""
    made = simulate("demo", out=tmp_path / "made", hours=0.5, interval_s=600.0).files
    for name in ("before", "day", "after", "later"):
        shutil.copy(made["navigation"], tmp_path / f"{name}.rnx")
    one, two, four = ([str(tmp_path / f"{name}.rnx") for name in ("before", "day", "after", "later")[:count]] for count in (1, 2, 4))
    assert source_of(navigation_of(tuple(one)), None).name == "messages of before.rnx"
    assert source_of(navigation_of(tuple(two)), None).name == "messages of 2 files (before.rnx, day.rnx)"
    assert orbit_source(PAIR, four).name == "messages of 4 files (before.rnx, day.rnx, after.rnx, ...)"
    table = made["orbits"]
    assert (
        orbit_source(PAIR, [str(table), *two]).name
        == f"orbits of {table.name}, completed by the messages and health of 2 files (before.rnx, day.rnx)"
    )


@pytest.mark.real_data
def test_messages_of_a_day_with_their_health(data_dir: Path) -> None:
    answer = availability(PAIR, orbits=[str(data_dir / DAY / MESSAGES)], mask_deg=25.0, grid_deg=10.0, step_s=1200.0)
    found = rows(answer)
    assert str(answer.title).count("2023-01-01T00:00:00") == 1
    # 24 GLONASS satellites close to their nominal slots: as the nominal 49.2 %; BeiDou has its second generation besides the nominal 30
    assert found["glonass"]["mean_percent"] == pytest.approx(49.2, abs=3.0)
    assert 73.0 < found["beidou"]["mean_percent"] < found["glonass+beidou"]["mean_percent"] < 100.0
    told = {row["member"]: row for row in answer.systems.rows()}
    assert told["glonass"]["satellites"] >= 24 and told["beidou"]["satellites"] >= 40


@pytest.mark.slow
@pytest.mark.real_data
def test_tables_completed_by_messages_agree_with_messages_alone(data_dir: Path) -> None:
    tables, messages = str(data_dir / DAY / TABLES), str(data_dir / DAY / MESSAGES)
    options = {"mask_deg": 25.0, "grid_deg": 10.0, "step_s": 1200.0}
    alone, both = availability(PAIR, orbits=[tables], **options), availability(PAIR, orbits=[tables, messages], **options)  # type: ignore[arg-type]
    heard = availability(PAIR, orbits=[messages], **options)  # type: ignore[arg-type]
    assert any("do not tell health" in text for text in alone.warnings)
    assert any("know 21 satellites, fewer than the nominal 24" in text for text in alone.warnings)
    # a metre of orbit does not move geometry; a satellite at the very mask may change sides
    assert both.summary["mean_percent"] == pytest.approx(heard.summary["mean_percent"], abs=0.05)


@pytest.mark.real_data
def test_a_file_that_holds_no_orbits_is_named(data_dir: Path) -> None:
    clocks = data_dir / DAY / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"
    with pytest.raises(InputError, match="holds precise clocks, but orbits were expected"):
        availability(PAIR, orbits=[str(clocks)])


@pytest.mark.slow
@pytest.mark.real_data
def test_two_line_elements_of_active_satellites(data_dir: Path) -> None:
    pytest.importorskip("sgp4")
    answer = availability(PAIR, orbits=[str(data_dir / "tle" / "active.txt.gz")], mask_deg=25.0, grid_deg=10.0, step_s=1200.0)
    found, told = rows(answer), {row["member"]: row for row in answer.systems.rows()}
    # counts of the manifest: GLONASS 28, BeiDou 56 of which 4 are experimental
    assert told["glonass"]["satellites"] == 28 and told["beidou"]["satellites"] == 52
    assert answer.title.count("2025-10-03T00:00:00") == 1
    # more satellites than the nominal 24 and 30, whose shares are 49.2, 73.6 and 93.9 %
    assert 49.2 < found["glonass"]["mean_percent"] < 60.0 and found["beidou"]["mean_percent"] > 85.0
    assert found["glonass+beidou"]["mean_percent"] > 98.0
    assert any("do not tell health" in text for text in answer.warnings)


@pytest.mark.slow
@pytest.mark.real_data
def test_a_catalogue_of_all_objects_is_refused(data_dir: Path) -> None:
    """It holds every satellite since 1982; those in use cannot be told."""
    with pytest.raises(InputError, match="a list of active satellites is needed"):
        availability(PAIR, orbits=[str(data_dir / "tle" / "TLE_20201201txt.txt.gz")])


@pytest.mark.slow
@pytest.mark.real_data
def test_elements_are_not_mixed_with_other_orbits(data_dir: Path) -> None:
    with pytest.raises(InputError, match="a source of their own"):
        availability(PAIR, orbits=[str(data_dir / "tle" / "active.txt.gz"), str(data_dir / DAY / TABLES)])
