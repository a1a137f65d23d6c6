"""A day assessed: the simulator's network with known faults, and a real station-day with three products."""

from __future__ import annotations

import hashlib
import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.report.assess_days_page import days_page
from armillary.report.assess_page import page
from armillary.report.assess_page import write as write_page
from armillary.services._catalogue import catalogue, day_bounds_ns
from armillary.services.assess import AssessmentAnswer, AssessmentOfDays, assess
from armillary.services.query import query
from armillary.services.simulate import simulate

PAIR = federation("glonass+beidou")
KEYS = {
    "day",
    "systems",
    "inputs",
    "stations",
    "hosting",
    "additions",
    "gain",
    "positioning",
    "precise_positioning",
    "signal_in_space",
    "availability",
    "time_offset",
    "quality",
    "events",
    "standards",
    "warnings",
    "failures",
}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[AssessmentAnswer, Path]:
    folder = tmp_path_factory.mktemp("assessed")
    simulate("demo", out=folder / "day", hours=3.0, interval_s=60.0)
    (folder / "day" / "stations.csv").rename(folder / "stations.csv")
    answer = assess(PAIR, [folder / "day"], out=folder / "out", workers=1)
    assert isinstance(answer, AssessmentAnswer)
    return answer, folder


@pytest.mark.slow
def test_folders_are_searched_and_roles_found_by_reading(simulated: tuple[AssessmentAnswer, Path]) -> None:
    answer, _ = simulated
    roles = sorted(item.role for item in answer.inputs)
    assert roles.count("observations") == 2 and "navigation" in roles and "orbits" in roles
    # the truth files of the simulator are no format of the trade: named, not used, not fatal
    assert any(item.role in ("not read", "not used") for item in answer.inputs)
    assert {station.name for station in answer.stations} == {"WUHR", "PULC"}


@pytest.mark.slow
def test_json_has_every_part(simulated: tuple[AssessmentAnswer, Path]) -> None:
    _, folder = simulated
    written = json.loads((folder / "out" / "assessment.json").read_text())
    assert set(written) == KEYS and written["day"] == "2025-06-21"
    assert {row["member"] for row in written["positioning"]} == {"glonass", "beidou", "glonass+beidou"}
    assert written["signal_in_space"] and written["availability"] and written["quality"] and written["standards"]
    assert all(row["truth"].startswith("the day's median") for row in written["positioning"])
    assert {row["verdict"] for row in written["standards"]} <= {"met", "missed", "unobserved", "pending"}


@pytest.mark.slow
def test_scatter_about_a_median_meets_no_standard(simulated: tuple[AssessmentAnswer, Path]) -> None:
    answer, _ = simulated
    rows = [row for row in answer.standards.rows() if row["quantity"].startswith("position_")]
    assert all(row["verdict"] in ("unobserved", "pending") for row in rows)


@pytest.mark.slow
def test_scatter_is_not_printed_as_errors_without_remark(simulated: tuple[AssessmentAnswer, Path], told: AssessmentAnswer) -> None:
    answer, _ = simulated
    assert "errors of PULC, WUHR are about the day's median, no usable coordinate: scatter, not accuracy" in answer.remarks
    assert [text for text in told.remarks if "scatter" in text] == [
        "errors of PULC are about the day's median, no usable coordinate: scatter, not accuracy"
    ]


@pytest.mark.slow
def test_satellites_in_use_are_held_against_the_standard(simulated: tuple[AssessmentAnswer, Path]) -> None:
    answer, _ = simulated
    (row,) = [row for row in answer.standards.rows() if row["quantity"] == "satellites_operational"]
    assert row["member"] == "glonass" and row["measured"] == 24.0 and row["verdict"] == "met"


def test_the_store_knows_the_group_of_every_range_error(simulated: tuple[AssessmentAnswer, Path]) -> None:
    answer, folder = simulated
    sql = 'select constellation, "group", count(sisre_m) as n from signal_in_space group by all order by all'
    found = {(row["constellation"], row["group"]): row["n"] for row in query(sql, store=folder / "out" / "store").to_json()}
    assert answer.signal_in_space is not None
    assert found == {(row["constellation"], row["group"]): row["n"] for row in answer.signal_in_space.groups.rows()}


@pytest.mark.slow
def test_every_question_of_the_guide_has_an_answer(simulated: tuple[AssessmentAnswer, Path]) -> None:
    # a function that DuckDB does not have stood in the guide
    _, folder = simulated
    guide = Path(__file__).parents[2] / "docs" / "howto"
    questions = re.findall(r"```sql\n(.*?)```", (guide / "query.md").read_text(), re.DOTALL)
    questions += re.findall(
        r'^\$ armillary query "(.+?)" --store', "".join((guide / name).read_text() for name in ("query.md", "assess.md")), re.MULTILINE
    )
    assert len(questions) >= 9
    answered = [bool(query(question, store=folder / "out" / "store").to_json()) for question in questions]
    assert sum(answered) >= 7  # those that name a day, a station or a digest of their own find nothing here


@pytest.mark.slow
def test_the_same_files_again_add_nothing(simulated: tuple[AssessmentAnswer, Path]) -> None:
    _, folder = simulated
    count = "select count(*) as n from positions"
    before = query(count, store=folder / "out" / "store").to_json()
    assert before[0]["n"] == 2 * 3 * 180
    assess(PAIR, [folder / "day"], out=folder / "out")
    assert query(count, store=folder / "out" / "store").to_json() == before


def digest(folder: Path) -> dict[str, str]:
    """What a run of an assessment left, by file."""
    kept = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".writing" not in path.parts]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


@pytest.mark.slow
def test_several_workers_give_the_same_to_the_bit(simulated: tuple[AssessmentAnswer, Path]) -> None:
    _, folder = simulated
    assess(PAIR, [folder / "day"], out=folder / "by-two", workers=2)
    found = digest(folder / "by-two")
    assert len(found) > 8 and found == digest(folder / "out")


@pytest.mark.slow
def test_observations_are_kept_when_asked_for(simulated: tuple[AssessmentAnswer, Path]) -> None:
    """As many rows as the files hold satellites, epochs and signals with anything in them, and the values of the file."""
    _, folder = simulated
    out = folder / "with-observations"
    assess(PAIR, [folder / "day"], out=out, keep_observations=True)
    expected = 0
    for path in (folder / "day").glob("*MO.rnx"):
        for block in read(path, systems="RC").blocks.values():
            signals = {code[1:] for code in block.codes}
            expected += sum(np.isfinite([block.column(q + s) for q in "CLDS" if q + s in block.codes]).any(axis=0).sum() for s in signals)
    sql = "select count(*) as n, min(code_m) as least, max(code_m) as most from observations"
    (row,) = query(sql, store=out / "store").to_json()
    assert row["n"] == expected > 10_000 and 1.8e7 < row["least"] < row["most"] < 4.3e7
    assert not list((folder / "out/store").glob("observations/*"))


@pytest.mark.slow
def test_a_cluster_gives_the_same_to_the_bit(simulated: tuple[AssessmentAnswer, Path]) -> None:
    pytest.importorskip("distributed")
    _, folder = simulated
    assess(PAIR, [folder / "day"], out=folder / "by-cluster", engine="dask", workers=2)
    assert digest(folder / "by-cluster") == digest(folder / "out")


@pytest.mark.slow
def test_days_of_one_file_are_assessed_apart(tmp_path: Path) -> None:
    simulate("demo", out=tmp_path / "days", hours=36.0, interval_s=300.0)
    pages: list[Path] = []
    answer = assess(PAIR, [tmp_path / "days"], out=tmp_path / "out", finished=lambda found: pages.append(found.out))
    assert isinstance(answer, AssessmentOfDays) and list(answer.folders) == ["2025-06-21", "2025-06-22"]
    assert set(pages) == {tmp_path / "out", *answer.folders.values()} and pages[-1] == tmp_path / "out"
    counted = query("select day, station, count(*) as n from positions group by all order by all", store=tmp_path / "out/store").to_json()
    assert [row["n"] for row in counted] == [3 * 288, 3 * 288, 3 * 144, 3 * 144]
    written = json.loads((tmp_path / "out/assessment.json").read_text())
    assert [day["day"] for day in written["days"]] == ["2025-06-21", "2025-06-22"]
    assert all(row["stations"] == 2 and row["solved_percent"] == 100.0 for day in written["days"] for row in day["members"])
    for day in written["days"]:
        events = query(f"select count(*) as n from events where day = '{day['day']}'", store=tmp_path / "out/store").to_json()
        assert day["events"] == events[0]["n"] and 0.5 < day["gain_p95_3d"] < 2.0
    second = json.loads((answer.folders["2025-06-22"] / "assessment.json").read_text())
    assert second["day"] == "2025-06-22" and set(second) == KEYS


@pytest.mark.slow
def test_days_of_an_earlier_run_stay_and_are_led_to(simulated: tuple[AssessmentAnswer, Path], tmp_path: Path) -> None:
    """Fewer days into the same folder: the pages of the others were left without a way to them."""
    _, folder = simulated
    simulate("demo", out=tmp_path / "days", hours=36.0, interval_s=900.0)
    out = tmp_path / "out"
    for other in ("2024-01-01", "2024-01-02", "2024-01-03", "notes"):  # what is not ours: no document, a broken one, one of another day
        (out / other).mkdir(parents=True)
    (out / "2024-01-02/assessment.json").write_bytes(b"\xff{")
    (out / "2024-01-03/assessment.json").write_text('{"day": "2024-01-04", "systems": "beidou"}')
    (out / "2024-01-05").write_text("a file")
    several = assess(PAIR, [tmp_path / "days"], out=out, workers=1, finished=lambda found: write_page(found, found.out / "report.html"))
    assert isinstance(several, AssessmentOfDays) and not several.earlier
    left = digest(out / "2025-06-22")
    one = assess(PAIR, [folder / "day"], out=out, workers=1, finished=lambda found: write_page(found, found.out / "report.html"))
    assert isinstance(one, AssessmentAnswer) and one.day == "2025-06-21"
    assert [item.day for item in one.earlier] == ["2025-06-21", "2025-06-22"] and digest(out / "2025-06-22") == left
    assert one.remarks[-1] == "from an earlier run, still there and in the store: 2025-06-21, 2025-06-22"
    assert 'href="2025-06-22/report.html">2025-06-22</a>: GLONASS + BeiDou' in (out / "report.html").read_text()
    (out / "2025-06-22").rename(out / "2025-06-25")  # as if a day more had been there
    document = out / "2025-06-25/assessment.json"
    document.write_text(document.read_text().replace('"day": "2025-06-22"', '"day": "2025-06-25"', 1))
    again = assess(PAIR, [tmp_path / "days"], out=out, workers=1, finished=lambda found: write_page(found, found.out / "report.html"))
    assert isinstance(again, AssessmentOfDays) and [item.day for item in again.earlier] == ["2025-06-25"]
    assert [row["day"] for row in json.loads((out / "assessment.json").read_text())["earlier"]] == ["2025-06-25"]
    text = (out / "report.html").read_text()
    assert "From an earlier run" in text and 'href="2025-06-25/report.html"' in text and "2024-01" not in text


@pytest.mark.slow
def test_a_header_that_promises_more_than_there_is(simulated: tuple[AssessmentAnswer, Path], tmp_path: Path) -> None:
    """As a download that broke off, or a receiver that died: the days that are there are assessed."""
    _, folder = simulated
    text = next((folder / "day").glob("WUHR*MO.rnx")).read_text()
    at = text.index("TIME OF LAST OBS") - 60
    (tmp_path / "cut.rnx").write_text(text[:at] + "  2025     6    22" + text[at + 18 :])
    answer = assess(PAIR, [tmp_path / "cut.rnx", next((folder / "day").glob("*MN.rnx"))], out=tmp_path / "out")
    assert isinstance(answer, AssessmentAnswer) and answer.day == "2025-06-21" and len(answer.stations) == 1 and not answer.failures


@pytest.mark.slow
def test_a_station_without_a_position_does_not_end_the_work_of_others(simulated: tuple[AssessmentAnswer, Path], tmp_path: Path) -> None:
    """Its satellites are of a system that was not asked for."""
    _, folder = simulated
    for path in (folder / "day").iterdir():
        (tmp_path / path.name).symlink_to(path)
    head, _, body = next((folder / "day").glob("WUHR*MO.rnx")).read_text().partition("END OF HEADER\n")
    lines = [line if line.startswith(">") else "G" + line[1:] for line in body.splitlines(True)]
    (tmp_path / "lost.rnx").write_text((head + "END OF HEADER\n" + "".join(lines)).replace("WUHR", "LOST"))
    answer = assess(PAIR, [tmp_path], out=tmp_path / "out")
    assert isinstance(answer, AssessmentAnswer)
    assert {station.name for station in answer.stations} == {"PULC", "WUHR"}
    assert any(text.startswith("LOST: nothing to position with") for text in answer.warnings) and not answer.failures
    named = assess(PAIR, [tmp_path, tmp_path / "lost.rnx"], out=tmp_path / "again")
    assert [text[:28] for text in named.failures] == ["LOST: nothing to position with"[:28]]  # and the exit status is 2
    with pytest.raises(InputError, match="LOST: nothing to position with"):
        assess(PAIR, [tmp_path / "lost.rnx", *(folder / "day").glob("*MN.rnx")], out=tmp_path / "alone")


def test_without_a_table_the_operator_is_the_agency_of_the_file(simulated: tuple[AssessmentAnswer, Path]) -> None:
    _, folder = simulated
    rows = {row["station"]: row for row in json.loads((folder / "out" / "assessment.json").read_text())["stations"]}
    assert rows["WUHR"]["operator"] == "Roscosmos" and rows["WUHR"]["said_by"] == "AGENCY of the observation file"
    assert all(row["host"] == "" and row["hosted"] is None for row in rows.values())


@pytest.fixture(scope="module")
def told(simulated: tuple[AssessmentAnswer, Path]) -> AssessmentAnswer:
    """The same day with a table of stations, one of them without a place."""
    _, folder = simulated
    for name in ("mine.txt", "minutes.doc"):
        (folder / "day" / name).write_text("what we had for lunch\n")
    lines = (folder / "stations.csv").read_text().splitlines()
    bare = [line if not line.startswith("PULC") else ",".join([*line.split(",")[:4], "", "", "", ""]) for line in lines]
    (folder / "mine.csv").write_text("\n".join(bare) + "\n")
    answer = assess(PAIR, [folder / "day", folder / "mine.csv"], out=folder / "told")
    assert isinstance(answer, AssessmentAnswer)
    return answer


@pytest.mark.slow
def test_a_table_of_stations_tells_operator_host_and_place(told: AssessmentAnswer) -> None:
    stations = {station.name: station for station in told.stations}
    assert (stations["WUHR"].operator, stations["WUHR"].host, stations["WUHR"].hosted) == ("Roscosmos", "China", True)
    assert (stations["PULC"].host, stations["PULC"].hosted) == ("Russia", True)
    sources = {name: station.position.truth.source for name, station in stations.items() if station.position.truth is not None}
    assert sources["WUHR"] == "mine.csv (place given, IGS20)" and sources["PULC"].startswith("the day's median")
    assert [item.role for item in told.inputs if item.path.endswith("mine.csv")] == ["stations"]


TRIO = ("glonass", "beidou", "galileo", "glonass+beidou", "glonass+galileo", "beidou+galileo", "glonass+beidou+galileo")


@pytest.mark.slow
def test_what_a_third_system_adds(simulated: tuple[AssessmentAnswer, Path]) -> None:
    """Seven combinations in every table when asked for; additions are what the stored positions give by SQL."""
    _, folder = simulated
    trio = federation("glonass+beidou+galileo")
    out = folder / "trio"
    answer = assess(trio, [folder / "day", folder / "stations.csv"], out=out, workers=1, subsets=True)
    plain = assess(trio, [folder / "day", folder / "stations.csv"], out=folder / "trio-plain", workers=1)
    assert isinstance(answer, AssessmentAnswer) and isinstance(plain, AssessmentAnswer) and not plain.additions
    written = json.loads((out / "assessment.json").read_text())
    assert [row["member"] for row in written["positioning"]] == [*TRIO, *TRIO]
    assert [row["member"] for row in written["availability"]] == list(TRIO)
    # each alone and all together are what they are without the others, and so are verdicts
    alone_and_joint = [*TRIO[:3], TRIO[-1]]
    before = json.loads((folder / "trio-plain/assessment.json").read_text())
    for part in ("positioning", "availability"):
        assert [row for row in written[part] if row["member"] in alone_and_joint] == before[part]
    assert written["standards"] == before["standards"] and answer.title == plain.title
    added = {(row["member"], row["added"]): row for row in written["additions"]}
    assert len(added) == 9 and ("glonass+beidou", "galileo") in added and ("galileo", "beidou") in added
    sql = """select station, quantile_cont(sqrt(a.east_m**2 + a.north_m**2 + a.up_m**2), 0.95)
        / quantile_cont(sqrt(b.east_m**2 + b.north_m**2 + b.up_m**2), 0.95) as gain
        from positions a join positions b using (station, tai_ns)
        where a.member = 'beidou' and b.member = 'beidou+galileo' and a.flag = 0 and b.flag = 0 group by station"""
    gains = [row["gain"] for row in query(sql, store=out / "store").to_json()]
    # the store keeps millimetres
    assert len(gains) == 2 and added["beidou", "galileo"]["gain_p95_3d"] == pytest.approx(float(np.median(gains)), rel=5e-3)
    sky = {row["member"]: row for row in written["availability"]}
    row = added["glonass+beidou", "galileo"]
    assert row["mean_points"] == pytest.approx(sky[TRIO[-1]]["mean_percent"] - sky["glonass+beidou"]["mean_percent"])
    assert row["gain_pdop"] == pytest.approx(sky["glonass+beidou"]["median_pdop"] / sky[TRIO[-1]]["median_pdop"]) and row["gain_pdop"] > 1.0
    drawn = page(answer)
    first_screen, _, rest = drawn.partition("<nav")
    assert "</span>BeiDou + Galileo</th>" not in first_screen and "GLONASS + BeiDou + Galileo</th>" in first_screen
    assert rest.count(">BeiDou + Galileo</td>") >= 3 and "What one system more brings" in rest  # two stations, the globe
    assert "What one system more brings" not in page(plain)
    assert drawn.count("<svg") == page(plain).count("<svg")


@pytest.mark.slow
def test_combinations_through_days(tmp_path: Path) -> None:
    simulate("demo", out=tmp_path / "days", hours=36.0, interval_s=900.0)
    answer = assess(federation("glonass+beidou+galileo"), [tmp_path / "days"], out=tmp_path / "out", workers=1, subsets=True)
    assert isinstance(answer, AssessmentOfDays) and list(answer.summary["member"]) == [*TRIO, *TRIO]
    drawn = days_page(answer, tmp_path / "out/report.html")
    assert drawn.count("GLONASS + Galileo</td>") == 2 and "GLONASS + Galileo</span>" not in drawn  # in the table, not in the picture


def sinex_of(place_m: tuple[float, float, float], first: str, last: str, epoch: str) -> str:
    """A solution of WUHR for a span of data."""
    axes = zip((1, 2, 3), "XYZ", place_m, strict=True)
    return "\n".join(
        [
            f"%=SNX 2.02 TST 25:200:00000 TST {first} {last} C     3 2 S",
            "+SOLUTION/EPOCHS",
            f" WUHR  A    1 P {first} {last} {epoch}",
            "-SOLUTION/EPOCHS",
            "+SOLUTION/ESTIMATE",
            *(f"{i:6d} STA{axis}   WUHR  A    1 {epoch} m    2 {value:21.14e} 5.00000e-04" for i, axis, value in axes),
            "-SOLUTION/ESTIMATE",
            "%ENDSNX\n",
        ]
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (("before", "later", "of_the_week"), "of_the_week"),
        (("before", "for_ever", "later"), "for_ever"),
        (("before", "for_ever", "of_the_week"), "of_the_week"),
        (("before", "later"), "later"),
        (("before",), "before"),
    ],
    ids=["valid on the day", "open to the future", "both valid: the nearer", "none valid: the nearer", "the only one"],
)
def test_of_several_coordinate_files_the_one_of_the_day_is_taken(
    simulated: tuple[AssessmentAnswer, Path], tmp_path: Path, given: tuple[str, ...], taken: str
) -> None:
    """The day is 2025-172; names are in another order than times."""
    _, folder = simulated
    (row,) = [line.split(",") for line in (folder / "stations.csv").read_text().splitlines() if line.startswith("WUHR")]
    x, y, z = (float(word) for word in row[4:7])
    spans = {
        "before": ("25:158:00000", "25:164:86370", "25:161:43200"),
        "of_the_week": ("25:172:00000", "25:178:86370", "25:175:43200"),
        "later": ("25:179:00000", "25:185:86370", "25:182:00000"),
        "for_ever": ("15:001:00000", "00:000:00000", "15:001:00000"),
    }
    for i, name in enumerate(given):
        (tmp_path / f"{name}.snx").write_text(sinex_of((x + i, y, z), *spans[name]))
    paths = [next((folder / "day").glob("WUHR*MO.rnx")), *(folder / "day").glob("*MN.rnx"), *(tmp_path / f"{name}.snx" for name in given)]
    answer = assess(PAIR, paths, out=tmp_path / "out")
    assert isinstance(answer, AssessmentAnswer)
    truth = answer.stations[0].position.truth
    assert truth is not None and truth.source.startswith(f"{taken}.snx (WUHR, epoch 20")
    assert truth.position_m == pytest.approx((x + given.index(taken), y, z), abs=1e-6)


@pytest.mark.slow
def test_tracking_depth_as_received_is_less_than_in_view_and_follows_the_observations(told: AssessmentAnswer) -> None:
    assert told.hosting is not None
    view, got = told.hosting.visible.depth, told.hosting.received.depth
    assert not (got.seen_by & ~view.seen_by)[:, :, 1:-1].sum() > 0.01 * got.seen_by.sum()
    # by counting rows of the files: instants of five minutes at which a satellite above 10 degrees is in the file of WUHR
    station = next(s for s in told.stations if s.name == "WUHR")
    i = [s.name for s in told.hosting.stations].index("WUHR")
    tracks = station.quality.tracks
    expected = int((tracks["received"] & (tracks["elevation_deg"] >= 10.0)).sum())
    assert int(got.seen_by[i].sum()) == expected > 300
    sets = told.hosting.received.sets
    assert set(sets) == {"Roscosmos, hosted", "China Satellite Navigation Office, hosted", "all stations"}


@pytest.mark.slow
def test_files_of_no_known_format_make_one_warning(told: AssessmentAnswer) -> None:
    """The truth that the simulator left beside its files is known, not used, and warned about only where it was named as an input."""
    (warning,) = [text for text in told.warnings if "no known format" in text or "not used" in text or "truth" in text]
    assert warning == "no known format recognises mine.txt, minutes.doc"
    left = {Path(item.path).name: (item.role, item.what) for item in told.inputs if "truth" in item.path}
    assert left == dict.fromkeys(("truth-PULC.csv", "truth-WUHR.csv", "truth.json"), ("not used", "truth of a simulation"))


def test_truth_that_was_named_as_an_input_is_warned_about(simulated: tuple[AssessmentAnswer, Path]) -> None:
    day = simulated[1] / "day"
    named = catalogue([next(day.glob("WUHR*MO.rnx")), day / "truth.json"])
    assert named.warnings == (f"{day / 'truth.json'}: not used: truth of a simulation",)


@pytest.mark.slow
def test_what_is_stored_of_a_day_lies_in_the_day(tmp_path: Path) -> None:
    """The product and the messages reach over three days; every epoch is compared once, with the day that it lies in."""
    simulate("demo", out=tmp_path / "days", hours=50.0, interval_s=600.0)
    assess(PAIR, [tmp_path / "days"], out=tmp_path / "out")
    sql = """select day, count(*) as n, count(distinct (tai_ns, sat)) as d, min(tai_ns) as first, max(tai_ns) as last
             from signal_in_space group by day order by day"""
    rows = query(sql, store=tmp_path / "out/store").to_json()
    assert [row["day"] for row in rows] == ["2025-06-21", "2025-06-22", "2025-06-23"]
    for row in rows:
        begin, end = day_bounds_ns(row["day"])
        assert row["n"] == row["d"] and begin <= row["first"] <= row["last"] < end
    sizes = [json.loads((tmp_path / f"out/{row['day']}/assessment.json").read_text())["signal_in_space"][0]["n"] for row in rows]
    assert sizes[0] == sizes[1] > 5 * sizes[2] > 0


@pytest.mark.slow
def test_an_output_folder_inside_the_input_is_no_input(simulated: tuple[AssessmentAnswer, Path], tmp_path: Path) -> None:
    _, folder = simulated
    for path in (folder / "day").iterdir():
        (tmp_path / path.name).symlink_to(path)
    for out in (tmp_path / "assessed", tmp_path):
        assess(PAIR, [tmp_path], out=out)
        first = digest(out) if out != tmp_path else {"assessment": (tmp_path / "assessment.json").read_text()}
        assess(PAIR, [tmp_path], out=out)
        assert first == (digest(out) if out != tmp_path else {"assessment": (tmp_path / "assessment.json").read_text()})
        shutil.rmtree(tmp_path / "assessed", ignore_errors=True)


@pytest.mark.slow
def test_medians_of_a_day_are_over_stations_that_have_the_system(tmp_path: Path) -> None:
    simulate("demo", out=tmp_path / "days", hours=26.0, interval_s=900.0)
    (tmp_path / "days" / "stations.csv").unlink()
    path = next((tmp_path / "days").glob("PULC*MO.rnx"))
    head, _, body = path.read_text().partition("END OF HEADER\n")
    path.write_text(head + "END OF HEADER\n" + "".join(line for line in body.splitlines(True) if not line.startswith("C")))
    answer = assess(PAIR, [tmp_path / "days"], out=tmp_path / "out")
    assert isinstance(answer, AssessmentOfDays)
    rows = [row for row in answer.summary.rows() if row["member"] == "beidou"]
    assert any("errors of PULC, WUHR are about the day's median" in text for text in answer.remarks)
    assert [row["stations"] for row in rows] == [1, 1] and all(math.isfinite(row["rms_3d_m"]) for row in rows)


@pytest.mark.slow
def test_a_coordinate_of_another_place_is_warned_about_and_not_used(simulated: tuple[AssessmentAnswer, Path], tmp_path: Path) -> None:
    _, folder = simulated
    (tmp_path / "places.csv").write_text("station,latitude_deg,longitude_deg,height_m\nWUHR,31.0317,114.3572,26\n")  # half a degree north
    files = [next((folder / "day").glob("WUHR*MO.rnx")), next((folder / "day").glob("*MN.rnx")), tmp_path / "places.csv"]
    answer = assess(PAIR, files, out=tmp_path / "out")
    assert isinstance(answer, AssessmentAnswer)
    (warning,) = [text for text in answer.warnings if "is that the place of this station" in text]
    assert warning.startswith("WUHR: the median position is 55.") and "places.csv" in warning
    rows = answer.to_json()["positioning"]
    assert all(row["truth"].startswith("the day's median") and row["rms_3d_m"] < 10.0 for row in rows)


def test_the_unobserved_part_of_a_day_is_in_the_log(simulated: tuple[AssessmentAnswer, Path]) -> None:
    """Three hours of simulated observations: 21 hours are unobserved at each station, not unavailable."""
    answer, _ = simulated
    rows = [row for row in answer.events.rows() if row["kind"] == "unobserved" and row["station"]]
    assert sorted(row["station"] for row in rows) == ["PULC", "WUHR"]
    assert all(round((row["end_tai_ns"] - row["start_tai_ns"]) / 3.6e12) == 21 for row in rows)
    assert "180 epochs in 3.0 hours" in rows[0]["evidence"]


@pytest.mark.slow
def test_an_assessment_of_other_systems_is_not_replaced_in_silence(simulated: tuple[AssessmentAnswer, Path], tmp_path: Path) -> None:
    _, folder = simulated
    for systems, count in (("glonass", 0), ("glonass", 0), ("beidou", 1)):
        answer = assess(federation(systems), [folder / "day"], out=tmp_path)
        assert isinstance(answer, AssessmentAnswer)
        assert sum("held an assessment of glonass" in text for text in answer.warnings) == count


@pytest.mark.slow
def test_without_messages_it_is_said_in_one_line(tmp_path: Path) -> None:
    made = simulate("demo", out=tmp_path / "day", hours=0.1)
    with pytest.raises(InputError) as caught:
        assess(PAIR, [made.files["WUHR"], made.files["orbits"]], out=tmp_path / "out", workers=1)
    told = "no navigation file was given: positions need the broadcast messages of the day"
    assert str(caught.value) == told
    # what was passed over in a folder may be why
    folder = tmp_path / "folder"
    folder.mkdir()
    made.files["WUHR"].rename(folder / "WUHR.rnx")
    (folder / "brdc.rnx").write_text("<!DOCTYPE html><html><body>Please log in</body></html>\n")
    with pytest.raises(InputError, match=rf"^{told}; .*brdc.rnx: not read: is a web page"):
        assess(PAIR, [folder], out=tmp_path / "out", workers=1)
    (folder / "brdc.rnx").write_bytes(made.files["navigation"].read_bytes()[:100])  # a header and no message
    with pytest.raises(InputError, match=r"nothing to position with: .*; the orbit files know none of its satellites observed"):
        assess(PAIR, [folder], out=tmp_path / "out", workers=1)


@pytest.mark.slow
@pytest.mark.real_data
def test_a_station_without_one_system_is_in_no_joint_verdict(data_dir: Path, tmp_path: Path) -> None:
    """TLSE holds ten epochs without BeiDou: its 4 m of GLONASS stood as what the joint solution does against the standard of BeiDou."""
    day, places = data_dir / "gnss" / "2023-001", data_dir / "gnss" / "coordinates"
    answer = assess(PAIR, [day, places], out=tmp_path / "out", workers=1)
    assert isinstance(answer, AssessmentAnswer) and {station.name for station in answer.stations} == {"NIST", "TLSE"}
    nist = {row["member"]: row for row in answer.to_json()["positioning"] if row["station"] == "NIST"}
    held = {row["member"]: row["measured"] for row in answer.standards.rows() if row["quantity"] == "position_site_h95_m"}
    assert held == {member: nist[member]["h95_m"] for member in ("beidou", "glonass+beidou")}
    assert held["glonass+beidou"] < 1.0


def test_nothing_to_assess_is_an_input_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing of the trade\n")
    with pytest.raises(InputError, match="no observation file"):
        assess(PAIR, [tmp_path], out=tmp_path / "out")


@pytest.mark.real_data
def test_a_real_station_day(data_dir: Path, tmp_path: Path) -> None:
    day = data_dir / "gnss" / "2023-001"
    paths = [next(day.glob("NIST*01D_30S*")), *day.glob("BRDC*"), *day.glob("WUM*"), data_dir / "gnss/coordinates/igs22P22264.ssc.gz"]
    answer = assess(PAIR, [*paths, *(data_dir / "products").glob("*.atx*")], out=tmp_path).to_json()
    groups = {row["group"]: row for row in answer["signal_in_space"]}
    # published sizes of the day, no antenna offset: see reference of tests/monitoring/test_signal_in_space.py
    assert abs(groups["GLONASS"]["along_rms_m"] - 2.48) < 0.5 and abs(groups["BDS-3 MEO"]["cross_rms_m"] - 0.49) < 0.1
    joint = next(row for row in answer["positioning"] if row["member"] == "glonass+beidou")
    assert joint["solved_percent"] == 100.0 and joint["rms_3d_m"] < 1.0 and "igs22P22264" in joint["truth"]
    routes = {row["route"]: row for row in answer["time_offset"] if row["pair"] == "beidou-glonass"}
    assert abs(routes["receiver NIST ionosphere-free"]["offset_ns"] - 24.6) < 4.0
    assert len(answer["quality"]) >= 8 and all(0 < row["completeness"] <= 1 for row in answer["quality"])
    assert all(math.isfinite(row["mean_percent"]) for row in answer["availability"])
