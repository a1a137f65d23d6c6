"""The page of an assessment: well formed, self-contained, readable without pictures, and drawn by a browser."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import Federation, federation
from armillary.core.registry import constellation
from armillary.core.scales import from_calendar
from armillary.core.stations import Station
from armillary.core.table import Table
from armillary.monitoring.quality import StationQuality
from armillary.monitoring.standards import standards
from armillary.monitoring.tracking_depth import TrackingDepth, hosting_by
from armillary.navigation.error_figures import error_figures
from armillary.navigation.solution_tables import gain_of_joining, summary_table
from armillary.report.assess_charts import availability_maps, sisre_bars
from armillary.report.assess_figures import station_map
from armillary.report.assess_hosting import depth_bars, errors_by_hour
from armillary.report.assess_limit_words import QUANTITIES
from armillary.report.assess_page import page, write
from armillary.report.assess_words import MOST_DETAILED, Cell, detailed, headline, members_of, number, verdicts
from armillary.report.svg import Scale, ticks
from armillary.services._earlier import EarlierDay
from armillary.services._hosting import HostingAnswer
from armillary.services._precise_day import PreciseDay
from armillary.services._precise_product import NO_PRODUCT, PreciseProduct
from armillary.services._sites import Site
from armillary.services._truth import Truth
from armillary.services.availability import AvailabilityAnswer, availability
from armillary.services.position import PositionAnswer, position
from armillary.services.signal_in_space import SignalInSpaceAnswer, signal_in_space

from .conftest import TRUTH_M, made_up_solution

HOSTS = {"AAAA": "Russia", "BBBB": "Russia", "CCCC": "China"}
VOID = {"meta", "br", "hr", "img", "link", "input", "path"}
SECTIONS = (
    "answer",
    "stations",
    "hosting",
    "positioning",
    "precise",
    "signal-in-space",
    "availability",
    "time-offset",
    "quality",
    "events",
    "standards",
    "inputs",
)
START_NS = int(from_calendar(2020, 6, 25, 0, 0, 0, scale="GPST").tai_ns[0])
HOUR_NS = 3_600 * 10**9


@dataclass(frozen=True)
class MadeUpInput:
    path: str
    role: str
    what: str
    sha256: str


@dataclass(frozen=True)
class MadeUpStation:
    name: str
    position: PositionAnswer | None
    quality: StationQuality | None
    position_m: tuple[float, float, float] | None
    site: Site = field(default_factory=Site)
    precise: PreciseDay | None = None

    @property
    def positioning(self) -> list[dict[str, Any]]:
        given = self.position
        return [] if given is None else [{**row, **error_figures(given.epochs, row["member"], len(given.observed))} for row in given.summary.rows()]

    @property
    def operator(self) -> str:
        return self.site.operator

    @property
    def host(self) -> str:
        return self.site.host

    @property
    def hosted(self) -> bool | None:
        return self.site.hosted


@dataclass(frozen=True)
class MadeUpAssessment:
    day: str = "2020-06-25"
    federation: Federation = field(default_factory=lambda: federation("glonass+beidou"))
    inputs: tuple[MadeUpInput, ...] = ()
    stations: tuple[MadeUpStation, ...] = ()
    signal_in_space: SignalInSpaceAnswer | None = None
    availability: AvailabilityAnswer | None = None
    time_offset: Table = field(default_factory=lambda: Table({}))
    events: Table = field(default_factory=lambda: Table({}))
    standards: Table = field(default_factory=lambda: Table({}))
    hosting: HostingAnswer | None = None
    warnings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    additions: tuple[dict[str, object], ...] = ()
    earlier: tuple[EarlierDay, ...] = ()
    precise: PreciseProduct = NO_PRODUCT


class Outline(HTMLParser):
    """Tags that do not match, headings, images and references of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.headings: list[int] = []
        self.images: list[str] = []
        self.references: list[str] = []
        self.ids: list[str] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag in ("svg", "img", "canvas"):
            self.images.append(given.get("aria-label") or given.get("alt") or "")
        if given.get("id"):
            self.ids.append(str(given["id"]))
        self.references += [str(given[name]) for name in ("href", "src", "xlink:href", "srcset", "data") if given.get(name)]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


def outline(text: str) -> Outline:
    read = Outline()
    read.feed(text)
    read.close()
    return read


def made_up_station(name: str = "TEST", *, known: bool = True) -> MadeUpStation:
    epochs = made_up_solution(300, step_s=288.0, seed=len(name)).epochs
    member = epochs["member"] == epochs["member"][0]
    truth = Truth(tuple(TRUTH_M.tolist()), "made up coordinates") if known else None
    empty = Table({})
    observed = Epochs(epochs.epochs.tai_ns[member])
    position = PositionAnswer(name, observed, truth, summary_table(epochs), epochs, empty, empty, empty, None, gain=gain_of_joining(epochs))
    rng = np.random.default_rng(4)
    n = 400
    sat = np.where(rng.random(n) < 0.5, 8207, 6721).astype(np.int16)
    tracks = Table(
        {
            "sat": np.where(sat == 8207, "R07", "C21"),
            "azimuth_deg": rng.uniform(0, 360, n),
            "elevation_deg": rng.uniform(0, 90, n),
            "received": rng.random(n) < 0.9,
        },
        sat=sat,
    )
    signals = Table(
        {
            "station": np.full(3, name),
            "constellation": np.array(["glonass", "beidou", "beidou"]),
            "signal": np.array(["1C", "2I", "6I"]),
            "completeness": np.array([0.98, 0.995, 0.4]),
            "expected": np.array([100, 200, 200]),
            "observed": np.array([98, 199, 80]),
            "slips": np.array([3, 0, 1]),
            "gaps": np.array([1, 0, 9]),
            "mp_rms_m": np.array([0.4, 0.2, np.nan]),
            "cn0_mean_dbhz": np.array([44.0, 46.0, np.nan]),
            "basis": np.full(3, "orbits above 10 deg"),
        }
    )
    quality = StationQuality(signals, empty, empty, empty, empty, tracks, {}, {})
    return MadeUpStation(name, position, quality, tuple(TRUTH_M.tolist()), Site("CSNO", "Roscosmos", "", True, "made-up <stations>.csv"))


def made_up_hosting() -> HostingAnswer:
    """One satellite of each system over three stations of the operator of GLONASS, one of them hosted; geometry sees all, reception less."""
    operator = constellation("glonass").operator
    stations = tuple(Station(name, (6.37e6, 1.0, k), "", operator=operator, host=host) for k, (name, host) in enumerate(HOSTS.items(), 1))
    instants = Epochs(START_NS + np.arange(10) * 300 * 10**9)
    every = np.ones((3, 2, 10), bool)
    received = every.copy()
    received[0, 1, :5] = received[1:, 1, :] = False  # R07: by AAAA in the second half, by the hosted CCCC in the first two instants
    received[2, 1, :2] = True
    sats, known = np.array([6721, 8207], np.int16), np.ones((2, 10), bool)
    made = [hosting_by(maps_of(), stations, TrackingDepth(instants, sats, known, seen)) for seen in (every, received)]
    return HostingAnswer(stations, *made)


def made_up_signal_in_space() -> SignalInSpaceAnswer:
    sats = {"R07": ("glonass", "GLONASS", 1.8), "C21": ("beidou", "BDS-3 MEO", 0.5), "C22": ("beidou", "BDS-3 MEO", 0.4)}
    columns = {
        "reference": np.full(3, "ONE0MGXFIN"),
        "constellation": np.array([c for c, _, _ in sats.values()]),
        "group": np.array([g for _, g, _ in sats.values()]),
        "n": np.array([288, 288, 288]),
        "n_orbit": np.array([288, 288, 288]),
        "sisre_rms_m": np.array([s for _, _, s in sats.values()]),
        "sisre_p95_m": np.array([2 * s for _, _, s in sats.values()]),
    }
    left_out = {name: np.zeros(3, np.int64) for name in ("n_stale", "n_unhealthy", "n_no_reference", "n_no_clock", "n_outlier")}
    satellites = Table({**columns, **left_out, "sat": np.array(list(sats))})
    groups = Table({**columns, **left_out, "satellites": np.array([1, 2, 2])}).where(np.array([True, True, False]))
    return SignalInSpaceAnswer(groups, groups, satellites, Table({}), ("a rule",), ("a warning",))


def whole(stations: tuple[MadeUpStation, ...] | None = None) -> MadeUpAssessment:
    """An assessment in which every part is there, with words that would break a page that does not escape them."""
    events = Table(
        {
            "kind": np.array(["satellite fault", "station gap"]),
            "station": np.array(["", "TEST"]),
            "sat": np.array(["R07", ""]),
            "start_tai_ns": np.array([START_NS + HOUR_NS, START_NS + 5 * HOUR_NS]),
            "end_tai_ns": np.array([START_NS + 3 * HOUR_NS, START_NS + 5 * HOUR_NS]),
            "evidence": np.array(['<script>alert("x")</script>', "3 epochs & more"]),
        }
    )
    offsets = Table(
        {
            "pair": np.array(["beidou-glonass", "beidou-glonass", "utc-beidou"]),
            "route": np.array(["broadcast <A0>", "receiver TEST", "broadcast BDUT"]),
            "offset_ns": np.array([3.0, 42.0, -1.0]),
            "sigma_ns": np.array([4.0, 0.8, np.nan]),
            "agrees": np.array([True, False, True]),
        }
    )
    standards = Table(
        {
            "document": np.array(["OS PS", "OS PS"]),
            "table": np.array(["Table 1", "Table 2"]),
            "member": np.array(["beidou", "glonass"]),
            "quantity": np.array(["pdop_availability_mean_percent", "range_error_m"]),
            "limit": np.array([98.0, np.nan]),
            "measured": np.array([97.0, np.nan]),
            "unit": np.array(["percent", "m"]),
            "conditions": np.array(["PDOP <= 6", ""]),
            "verdict": np.array(["missed", "pending"]),
        }
    )
    maps = availability(federation("glonass+beidou"), grid_deg=15.0, step_s=7200.0)
    given = (MadeUpInput("day/<b>.rnx", "navigation", "messages", "ab" * 32),)
    places = stations or (made_up_station(),)
    return MadeUpAssessment(
        "2020-06-25", maps_of(), given, places, made_up_signal_in_space(), maps, offsets, events, standards, made_up_hosting(), ("beware <of> this",)
    )


def maps_of() -> Federation:
    return federation("glonass+beidou")


@pytest.fixture(scope="module")
def assessed() -> MadeUpAssessment:
    return whole()


@pytest.fixture(scope="module")
def text(assessed: MadeUpAssessment) -> str:
    return page(assessed)


def test_every_tag_is_closed_and_every_section_is_there(text: str) -> None:
    read = outline(text)
    assert not read.wrong and not read.open
    assert set(SECTIONS) <= set(read.ids)
    assert len(read.ids) == len(set(read.ids))


def test_headings_go_down_one_level_at_a_time(text: str) -> None:
    levels = outline(text).headings
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_nothing_outside_the_page_is_asked_for(text: str) -> None:
    assert all(reference.startswith("#") for reference in outline(text).references)
    assert not re.search(r'(src|href)="(https?:)?//', text)
    assert not re.search(r"url\(|@import|<script|<link|<iframe", text)
    read = outline(text)
    assert {reference[1:] for reference in read.references} <= set(read.ids)


def test_every_picture_has_words_and_says_its_data(text: str) -> None:
    read = outline(text)
    # map, sky, tracking depth, 3 of errors by hour, errors, scatter, ranges, 2 x 3 maps, offsets, signals, events
    assert len(read.images) == 18
    assert all(len(words) > 10 for words in read.images)
    captions = re.findall(r"<figcaption>(.*?)</figcaption>", text)
    assert len(captions) == text.count("<figure>") == 12
    assert all("<b>Data:</b>" in caption and "<b>Method:</b>" in caption and "<b>Source:</b>" in caption for caption in captions)


def test_words_of_files_are_escaped(text: str) -> None:
    words = "".join(outline(text).words)
    for given in ('<script>alert("x")</script>', "broadcast <A0>", "beware <of> this", "<b>.rnx"):
        assert given in words or given in text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
    assert "<script" not in text and "beware <of>" not in text


def test_a_doubt_about_positions_stands_above_the_figures(assessed: MadeUpAssessment, text: str) -> None:
    doubt = "TEST: the median position is 55.6 km from <x>"
    said = page(replace(assessed, warnings=("beware /coordinates/x.bia: not used", doubt), failures=("NONE: no epoch",))).partition("<table")[0]
    assert "3 warnings</a>, 1 of them about positions:" in said and "55.6 km from &lt;x&gt;</li>" in said and "beware" not in said
    both = page(replace(assessed, warnings=("PPP, A: no calibration", "PPP, 2 stations: no orbit", doubt))).partition("<table")[0]
    assert "3 warnings</a>, 1 of them about positions, 2 of them about precise positions:" in both and "no calibration" not in both
    only = page(replace(assessed, warnings=("beware", "PPP, A: no calibration"))).partition("<table")[0]
    assert "2 warnings</a>, 1 of them about precise positions." in only
    assert "1 warning</a>, none of them" in text.partition("<table")[0] and "#warnings" not in page(replace(assessed, warnings=()))


def test_verdicts_have_a_cell_per_member_and_follow_the_standards(assessed: MadeUpAssessment) -> None:
    rows = {verdict.service: verdict for verdict in verdicts(assessed)}
    assert all(len(verdict.cells) == 3 for verdict in rows.values())
    assert rows["Availability"].cells[1].verdict == "missed"
    assert rows["Signal in space"].cells[0].verdict == "pending"
    # pooled over satellites with equal epochs: sqrt((1.8^2 + 0.5^2) / 2)
    assert rows["Signal in space"].cells[2].main == "1.32 m"
    # the smallest sigma is that of one receiver on its first signals, which does not know the receiver's own delay
    assert rows["Time offset"].cells[2].main == "+3.0 ns" and "1 disagrees with broadcast (± 4.0 ns)" in rows["Time offset"].cells[2].small


def test_the_offset_of_the_first_screen_is_the_one_whose_sigma_is_worth_most() -> None:
    """Figures of NIST on 2023-01-01, then two receivers together; distances worked out by hand."""
    routes = (("broadcast GLUT BDUT", 1.0, 12.0), ("receiver NIST ionosphere-free", 24.0, 2.5), ("receiver NIST", 32.4, 0.8))

    def cell(*more: tuple[str, float, float]) -> Cell:
        kinds = (("pair", "<U14"), ("route", "<U40"), ("offset_ns", "f8"), ("sigma_ns", "f8"), ("agrees", "?"))
        rows = [("beidou-glonass", *route, True) for route in (*routes, *more)]
        offsets = Table({name: np.array([row[i] for row in rows], kind) for i, (name, kind) in enumerate(kinds)})
        return next(row for row in verdicts(MadeUpAssessment(time_offset=offsets)) if row.service == "Time offset").cells[2]

    one = cell()
    assert one.main == "+24.0 ns" and "the receiver's own delay between the systems is not in the sigma" in one.small
    assert "3 routes, receivers agree within 2.6 sigma of broadcast (± 12.0 ns)" in one.small  # 31.4 / hypot(0.8, 12)
    assert cell(("2 receivers together", 20.0, 3.0), ("2 receivers together ionosphere-free", 18.0, 2.0)).main == "+18.0 ns"
    assert cell(("2 receivers together", 20.0, 1.0), ("2 receivers together ionosphere-free", 18.0, 2.0)).main == "+20.0 ns"


def test_tracking_depth_is_told_for_home_alone_and_with_hosted_stations(assessed: MadeUpAssessment) -> None:
    verdict = next(verdict for verdict in verdicts(assessed) if verdict.service == "Tracking depth")
    # R07 by the two at home in 5 of 10 instants; with the hosted one in 7 of 10
    assert verdict.cells[0].main == "0.50 → 0.70" and "unseen 50.0 → 30.0 %" in verdict.cells[0].small
    # no operator of BeiDou has stations here: what all three receive of C21
    assert verdict.cells[1].main == "3.00" and verdict.gain.main == "-20.0 points"
    (figure,) = depth_bars(assessed)
    assert "R07: 0.50 stations at home, 0.70 with hosted ones; unseen 50.0 %, 30.0 %" in figure.images[0]
    assert depth_bars(MadeUpAssessment())[0].images == ()


def test_one_station_receives_and_several_receive(assessed: MadeUpAssessment) -> None:
    # "of 1 stations receive a satellite" stood on the first screen
    assert assessed.hosting is not None
    told = page(assessed)
    assert "of 3 stations receive a satellite" in told
    first = assessed.hosting.stations[:1]
    depth = assessed.hosting.received.depth
    alone = hosting_by(maps_of(), first, replace(depth, seen_by=depth.seen_by[:1]))
    told = page(replace(assessed, hosting=HostingAnswer(first, alone, alone)))
    assert "of 1 station receives a satellite" in told and "1 stations" not in told


def test_pairs_of_systems_have_their_titles_everywhere(text: str) -> None:
    # "beidou − glonass" stood in the picture of time offsets
    assert ">BeiDou − GLONASS</text>" in text and ">UTC − BeiDou</text>" in text and "<td class=k>BeiDou − GLONASS</td>" in text
    assert "beidou −" not in text and "beidou-glonass" not in text


def test_the_map_tells_operators_and_rings_the_hosted(assessed: MadeUpAssessment) -> None:
    away, home = assessed.stations[0], replace(made_up_station("HOME"), site=Site("CSNO", "China", "China", False, "x"))
    figure = station_map(replace(assessed, stations=(away, home)))
    assert figure.images[0].count('class="ring') == 1 and "2 stations, 1 of them hosted by another" in figure.data
    assert [words for _, words in figure.legend] == ["CSNO"] and "made-up <stations>.csv" in figure.source


def test_errors_by_hour_are_those_of_the_epochs_of_the_hour() -> None:
    station = made_up_station()
    assert station.position is not None
    joint = station.position.epochs.where(station.position.epochs["member"] == "glonass+beidou")
    hours = (joint.epochs.tai_ns - START_NS) // HOUR_NS
    mine = joint.where((hours == 5) & (joint["flag"] == 0))
    expected = float(np.sqrt(np.mean(mine["east_m"] ** 2 + mine["north_m"] ** 2 + mine["up_m"] ** 2)))
    figure = errors_by_hour(MadeUpAssessment(stations=(station,)))
    assert f"TEST, 5 to 6 h: {expected:.2f} m" in figure.images[-1] and figure.images[-1].count("<rect") == 24
    assert "made up coordinates" in figure.data


def test_headline_tells_the_error_of_all_together_and_the_gain(assessed: MadeUpAssessment) -> None:
    position = assessed.stations[0].position
    assert position is not None
    gain = gain_of_joining(position.epochs)
    assert gain is not None
    said = headline(assessed)
    assert f"{position.summary['p95_3d_m'][-1]:.2f} m" in said
    factor = float(gain["p95_3d_m"])
    assert ("the same as" if abs(factor - 1) < 0.02 else f"{factor:.2f} times better than") + " BeiDou, the best alone," in said
    assert "0 met, 1 missed, 1 pending" in said


def made_up_short(name: str = "TINY", epochs: int = 10) -> MadeUpStation:
    """Ten epochs of one system: BeiDou has no position, so that the joint answer is that of GLONASS."""
    station = made_up_station(name)
    assert station.position is not None
    table = station.position.epochs
    kept = np.concatenate([np.flatnonzero(table["member"] == member)[20 : 20 + epochs] for member in ("glonass", "beidou", "glonass+beidou")])
    table = Table({key: column[kept] for key, column in table.columns.items()}, Epochs(table.epochs.tai_ns[kept]))
    table = Table({**table.columns, "flag": np.where(table["member"] == "beidou", 2, table["flag"])}, table.epochs)
    for axis in ("east_m", "north_m", "up_m"):
        table[axis][:] = np.where(table["member"] == "beidou", np.nan, 50.0)
    observed = Epochs(table.epochs.tai_ns[:epochs])
    return replace(station, position=replace(station.position, observed=observed, epochs=table, summary=summary_table(table)))


def test_figures_side_by_side_are_of_the_same_stations() -> None:
    """A station that one system does not serve, and one of a few minutes, change no figure of the first screen."""
    good = made_up_station("GOOD")
    alone, joined = MadeUpAssessment(stations=(good,)), MadeUpAssessment(stations=(good, made_up_short()))
    before, after = (next(row for row in verdicts(answer) if row.service == "Positioning") for answer in (alone, joined))
    assert [cell.main for cell in after.cells] == [cell.main for cell in before.cells] and after.gain.main == before.gain.main
    assert all(cell.small.startswith("GOOD, 3D 95 %") for cell in after.cells) and "BeiDou, the best alone," in after.gain.small
    assert "at GOOD (of 2, those that compare): 95 %" in headline(joined)
    assert "1 of 2 stations, the same for every system. Not in them: TINY: no or hardly any positions by BeiDou." in page(joined)
    assert "the same for every system" not in page(alone)


def test_scatter_and_errors_are_not_averaged() -> None:
    known, unknown = made_up_station("KNWN"), made_up_station("UNKNOWN", known=False)
    answer = MadeUpAssessment(stations=(known, unknown))
    assert next(iter(verdicts(answer))).cells[0].small.startswith("KNWN") and "UNKNOWN: no known coordinate" in page(answer)


def test_where_no_station_has_every_system_nothing_is_compared() -> None:
    answer = MadeUpAssessment(stations=(made_up_short("ONE1"), made_up_short("TWO2")))
    row = next(iter(verdicts(answer)))
    assert row.gain.main == "unobserved" and row.cells[0].main == "86.60 m" and row.cells[1].main == "unobserved"
    assert "the systems are not compared" in headline(answer) and "better than" not in headline(answer)


def test_limits_are_told_in_words(text: str) -> None:
    assert {threshold.quantity for threshold in standards()} == set(QUANTITIES)
    words = "".join(outline(text).words)
    assert "share of time with good geometry (PDOP), mean over the globe" in words and "pdop availability" not in words
    assert "OS PS, Table 1" in words


def test_pending_is_explained_beside_its_badge(text: str) -> None:
    badges = re.findall(r'<span class="chip wait"( title="[^"]+")?>(?:limit )?pending</span>', text)
    assert len(badges) >= 2 and all("could not be verified" in title for title in badges)
    assert "Limit pending: the limit, its document" in text.partition("<nav")[0]
    assert "Limit pending" not in page(MadeUpAssessment(stations=(made_up_station(),)))


def test_completeness_is_in_percent_in_the_picture_and_the_table(text: str) -> None:
    table = text.partition("Signals of the stations</caption>")[2].partition("</table>")[0]
    assert "Completeness, %" in table and "<td class=n>99.50</td>" in table and ">99.5</text>" in text and "0.995" not in table


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    nothing = MadeUpAssessment()
    write(nothing, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    read = outline(text)
    assert not read.wrong and set(SECTIONS) <= set(read.ids)
    assert not read.images
    assert text.count("<b>Not given.</b>") >= 8
    assert "unobserved" in text and "unavailable" not in text.split("<footer>")[0]


@pytest.mark.slow
@pytest.mark.real_data
def test_a_real_day_is_drawn_whole(data_dir: Path, tmp_path: Path) -> None:
    """A station-day with a precise product: below 4 MB and nothing but positions of other systems unobserved."""
    day = data_dir / "gnss" / "2023-001"
    messages = sorted(day.glob("BRDC00IGS*"))
    joint = federation("glonass+beidou")
    located = position(joint, [day / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz"], nav=messages)
    space = signal_in_space(joint, nav=messages, sp3=sorted(day.glob("WUM*SP3*")), clk=sorted(day.glob("WUM*CLK*")), step_s=900.0)
    real = MadeUpAssessment("2023-01-01", stations=(MadeUpStation("NIST", located, None, None),), signal_in_space=space)
    write(real, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(text) < 4_000_000 and not outline(text).wrong
    assert "<title>C21:" in text and "<title>R07:" in text


def test_a_station_without_truth_is_drawn_about_its_median() -> None:
    text = page(MadeUpAssessment(stations=(made_up_station(known=False),)))
    assert "median position of all systems together (no known coordinate was given)" in text


@pytest.mark.parametrize("names", ["glonass", "glonass+beidou+galileo"])
def test_any_number_of_systems(names: str) -> None:
    text = page(replace(MadeUpAssessment(stations=(made_up_station(),)), federation=federation(names)))
    assert not outline(text).wrong
    assert ("Gain of joining" in text) == ("+" in names)


def test_days_of_an_earlier_run_are_linked(tmp_path: Path) -> None:
    (tmp_path / "2020-06-20").mkdir()
    (tmp_path / "2020-06-20/report.html").touch()
    days = tuple(EarlierDay(day, tmp_path / day, "glonass+beidou") for day in ("2020-06-20", "2020-06-21"))
    read = outline(page(MadeUpAssessment(earlier=days)))
    assert not read.wrong and {"2020-06-20/report.html", "2020-06-21/assessment.json"} <= set(read.references)


def test_twelve_stations_stay_below_the_limit(assessed: MadeUpAssessment) -> None:
    many = replace(assessed, stations=tuple(made_up_station(f"ST{i:02d}") for i in range(12)))
    assert len(page(many)) < 4_000_000


def test_products_without_a_satellite_in_common_are_named() -> None:
    answer = made_up_signal_in_space()
    lost = replace(answer, satellites=Table({**answer.satellites.columns, "n": np.zeros(3, np.int64)}))
    (figure,) = sisre_bars(MadeUpAssessment(signal_in_space=lost))
    assert not figure.images and "ONE0MGXFIN" in figure.data


def test_maps_cover_every_place_once(assessed: MadeUpAssessment) -> None:
    share, _ = availability_maps(assessed)
    bands = re.findall(r'<path class="r\d" d="M([\d.]+) ([\d.]+)H([\d.]+)', share.images[-1])
    widths: dict[str, float] = {}
    for left, top, right in bands:
        widths[top] = widths.get(top, 0.0) + float(right) - float(left) - 0.3
    # a row of 15 degrees each, 360 units wide; cells are rounded to 0.1
    assert len(widths) == 12
    assert all(width == pytest.approx(360.0, abs=2.0) for width in widths.values())


def test_number_and_scales() -> None:
    assert number(float("inf")) == "unobserved"
    assert members_of(MadeUpAssessment()) == ("glonass", "beidou", "glonass+beidou")
    assert ticks(-0.3, 0.3) == [-0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3]
    assert Scale(0, 1, 10, 20).at(5.0) == 20.0


def _browser() -> str:
    found = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no Chromium here: the page is not drawn")
    return found


def _in_browser(folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    fixed = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={folder / 'profile'}")
    return subprocess.run([_browser(), *fixed, *options], capture_output=True, timeout=60, check=True)


def _measured_in_frame(folder: Path, text: str, script: str, width: int) -> str:
    """What an expression of a script that only this test adds says of the page in a frame of ``width`` pixels."""
    measure = f"<script>addEventListener('load',()=>{{document.title=JSON.stringify({script})}})</script>"
    framed = folder / "frame.html"
    (folder / "report.html").write_text(text.replace("</body>", measure + "</body>"), encoding="utf-8")
    framed.write_text(
        f"<!doctype html><iframe id=f src=report.html style='width:{width}px;height:800px;border:0' "
        "onload=\"setTimeout(()=>document.body.append('said '+document.getElementById('f').contentDocument.title),300)\"></iframe>",
        encoding="utf-8",
    )
    done = _in_browser(folder, "--allow-file-access-from-files", "--virtual-time-budget=4000", "--dump-dom", framed.as_uri())
    said = re.search(r"said (\[.*?\])<", done.stdout.decode())
    assert said, done.stdout.decode()[-500:]
    return said.group(1)


@pytest.mark.slow
def test_a_browser_draws_it_and_nothing_is_wider_than_a_phone(text: str, tmp_path: Path) -> None:
    heights = "[...document.querySelectorAll('svg')].map(x=>x.getBoundingClientRect().height)"
    script = f"(s=>[innerWidth,document.documentElement.scrollWidth,s.length,Math.min(...s)])({heights})"
    width, scrolled, pictures, lowest = json.loads(_measured_in_frame(tmp_path, text, script, 390))
    assert width == 390 and scrolled <= 390
    assert pictures == 18 and lowest > 50


@pytest.mark.slow
@pytest.mark.parametrize(("width", "told"), [(400, True), (500, True), (1200, False)])
def test_a_picture_wider_than_the_screen_says_so(text: str, tmp_path: Path, width: int, told: bool) -> None:
    """Letters of a picture keep nine pixels or more on a phone."""
    script = (
        "[...document.querySelectorAll('figure .scroll')].map(x=>[x.scrollWidth>x.clientWidth,"
        "getComputedStyle(x,'::before').content!='none',13*x.querySelector('svg').getBoundingClientRect().width/960])"
    )
    found = json.loads(_measured_in_frame(tmp_path, text, script, width))
    assert len(found) >= 6
    assert all(wider == said == told and letters >= 9.0 for wider, said, letters in found)


@pytest.mark.slow
def test_a_printed_page_is_not_half_empty(text: str, tmp_path: Path) -> None:
    """The made-up day took eleven sheets when a heading and its picture went over together, and pictures were as large as the sheet is wide."""
    _in_browser(tmp_path, f"--print-to-pdf={tmp_path / 'page.pdf'}", _written(tmp_path, text))
    sheets = re.findall(rb"/Type /Page\b", (tmp_path / "page.pdf").read_bytes())
    assert 3 <= len(sheets) <= 8, len(sheets)


@pytest.mark.slow
def test_stations_are_printed_two_in_a_row(assessed: MadeUpAssessment, tmp_path: Path) -> None:
    """Twelve stations took 20 sheets."""
    many = replace(assessed, stations=tuple(made_up_station(f"ST{i:02d}") for i in range(12)))
    _in_browser(tmp_path, f"--print-to-pdf={tmp_path / 'page.pdf'}", _written(tmp_path, page(many)))
    sheets = re.findall(rb"/Type /Page\b", (tmp_path / "page.pdf").read_bytes())
    assert 5 <= len(sheets) <= 13, len(sheets)


def _written(folder: Path, text: str) -> str:
    (folder / "report.html").write_text(text, encoding="utf-8")
    return (folder / "report.html").as_uri()


@pytest.mark.slow
def test_of_a_large_network_the_worst_stations_are_drawn_one_by_one() -> None:
    every = [made_up_station(f"S{k:02d}") for k in range(MOST_DETAILED + 4)]
    for k in (3, 9):  # far worse than all others; and one without a position
        better = every[k].position
        assert better is not None
        worse = Table({**better.summary.columns, "p95_3d_m": better.summary["p95_3d_m"] + 100.0})
        every[k] = replace(every[k], position=None if k == 9 else replace(better, summary=worse))
    answer = MadeUpAssessment(stations=tuple(every))
    names = [station.name for station in detailed(answer)]
    assert len(names) == MOST_DETAILED and {"S03", "S09"} <= set(names) and names == sorted(names)
    left_out = {station.name for station in every} - set(names)
    drawn = page(answer)
    assert f"Of {len(every)} stations the {MOST_DETAILED}" in drawn
    assert all(f"{name}: position errors" not in drawn for name in left_out) and "S03: position errors" in drawn


def test_of_a_small_network_every_station_is_drawn() -> None:
    answer = MadeUpAssessment(stations=tuple(made_up_station(f"S{k:02d}") for k in range(3)))
    assert len(detailed(answer)) == 3 and "one by one" not in page(answer)
