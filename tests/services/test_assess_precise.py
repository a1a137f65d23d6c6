"""Precise positions in an assessment: the same as those of ``armillary ppp``, by every engine; which product serves; and why there are none."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.core.federation import Federation, federation
from armillary.core.scales import earth_orientation_at, from_iso
from armillary.report.assess_page import page
from armillary.services._precise_figures import precise_figures
from armillary.services._precise_product import PreciseProduct, chosen_product
from armillary.services.assess import AssessmentAnswer, assess
from armillary.services.ppp import PppAnswer, ppp
from armillary.services.query import query
from armillary.services.simulate import simulate
from tests.io.test_blq import HEAD, ONSALA
from tests.services.ppp_inputs import PAIR, PLACE, Nist

pytestmark = [pytest.mark.real_data, pytest.mark.slow]
MEMBERS = ("glonass", "beidou", "glonass+beidou")


@pytest.fixture(scope="module")
def nist(data_dir: Path) -> Nist:
    return Nist(data_dir)


@pytest.fixture(scope="module")
def shared(nist: Nist, data_dir: Path) -> list[Path]:
    """What a day is assessed from besides observations: messages, three products of which one has clocks, coordinates, calibrations."""
    day = nist.path.parent
    coordinates = data_dir / "gnss/coordinates/igs22P22264.ssc.gz"
    return [*sorted(day.glob("BRDC00IGS*")), *sorted(day.glob("*ORB.SP3.gz")), nist.clk, coordinates, *sorted((data_dir / "products").glob("*.atx*"))]


@pytest.fixture(scope="module")
def assessed(nist: Nist, shared: list[Path], tmp_path_factory: pytest.TempPathFactory) -> AssessmentAnswer:
    found = assess(PAIR, [nist.path, *shared], out=tmp_path_factory.mktemp("assessed"))
    assert isinstance(found, AssessmentAnswer)
    return found


@pytest.fixture(scope="module")
def by_hand(nist: Nist, data_dir: Path) -> PppAnswer:
    """As a person would ask for the same."""
    antex = sorted((data_dir / "products").glob("*.atx*"))
    truth = str(data_dir / "gnss/coordinates/igs22P22264.ssc.gz")
    found = ppp(PAIR, [nist.path], **nist.products, antex=antex, truth=truth, kinematic=True, skip_h=2.0)
    assert isinstance(found, PppAnswer)
    return found


def rows_of(answer: AssessmentAnswer, mode: str) -> dict[str, dict[str, Any]]:
    return {row["member"]: row for row in answer.to_json()["precise_positioning"] if row["mode"] == mode}


def test_a_row_per_mode_and_member(assessed: AssessmentAnswer) -> None:
    moving, still = rows_of(assessed, "kinematic"), rows_of(assessed, "static")
    assert tuple(moving) == MEMBERS == tuple(still)
    assert {row["product"] for row in moving.values()} == {"WUM0MGXFIN"} and all("igs22P22264" in row["truth"] for row in moving.values())
    both = moving["glonass+beidou"]
    # the limits that precise positions of this file are held to
    assert both["rms_3d_m"] <= 0.034 and both["p95_3d_m"] <= 0.060
    assert both["sessions"] == 11 and both["convergence_min"]["0.10"] <= 22.5 and both["reached"]["0.10"] == 1.0
    alone = min(moving[name]["rms_3d_m"] for name in MEMBERS[:2])
    assert both["rms_3d_m"] < 0.5 * alone
    joint = still["glonass+beidou"]
    assert abs(joint["e_m"]) <= 0.012 and abs(joint["n_m"]) <= 0.006 and abs(joint["u_m"]) <= 0.020


def test_they_are_those_of_the_command(assessed: AssessmentAnswer, by_hand: PppAnswer) -> None:
    """Channels of GLONASS are known from messages here and from the header there: all else is given alike."""
    mine = rows_of(assessed, "kinematic")
    for row in by_hand.answers:
        assert mine[row["member"]]["rms_3d_m"] == pytest.approx(row["rms_3d_m"], rel=1e-9)
        assert mine[row["member"]]["solved"] == row["solved"]


def test_they_are_in_the_store(assessed: AssessmentAnswer, by_hand: PppAnswer) -> None:
    store = assessed.out / "store"
    sql = "SELECT member, count(*) AS n, max(abs(east_m)) AS most FROM precise_positions WHERE mode = 'kinematic' AND flag = 0 GROUP BY ALL"
    found = {row["member"]: row for row in query(sql, store=store).to_json()}
    for member in MEMBERS:
        rows = by_hand.epochs.where((by_hand.epochs["member"] == member) & (by_hand.epochs["flag"] == 0))
        assert found[member]["n"] == len(rows) and found[member]["most"] == pytest.approx(np.abs(rows["east_m"]).max(), rel=1e-6)
    counts = query("SELECT mode, count(DISTINCT member) AS n FROM troposphere GROUP BY mode ORDER BY mode", store=store).to_json()
    assert counts == [{"mode": "kinematic", "n": 3}, {"mode": "static", "n": 3}]
    (isb,) = query(
        "SELECT 1e9 * median(isb_s) AS ns FROM receiver_clocks WHERE mode = 'static' AND member = 'glonass+beidou' AND \"group\" = 'GLONASS'",
        store=store,
    ).to_json()
    assert isb["ns"] == pytest.approx(24.57, abs=1.0)
    roles = query("SELECT DISTINCT role FROM inputs WHERE table_name = 'precise_positions' ORDER BY role", store=store).to_json()
    assert {row["role"] for row in roles} == {"antennas", "clocks", "coordinates", "navigation", "observations", "orbits"}
    names = query("SELECT DISTINCT name FROM inputs WHERE table_name = 'precise_positions' AND role = 'orbits'", store=store).to_json()
    assert names == [{"name": "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"}]  # the other two products did not bear on them


def test_questions_of_the_guide_have_answers(assessed: AssessmentAnswer) -> None:
    guide = Path(__file__).parents[2] / "docs" / "howto"
    questions: list[str] = re.findall(r"```sql\n(.*?)```", (guide / "query.md").read_text(), re.DOTALL)
    questions += re.findall(r'^\$ armillary query "(.+?)" --store', (guide / "precise-networks.md").read_text(), re.MULTILINE)
    mine = [sql for sql in questions if re.search(r"\b(precise_positions|troposphere|receiver_clocks)\b", sql)]
    assert len(mine) == 5 and all(query(sql, store=assessed.out / "store").values for sql in mine)


def test_the_page_tells_them(assessed: AssessmentAnswer) -> None:
    text = page(assessed)
    section = text.split('<section id="precise"')[1].split("</section>")[0]
    assert section.count("<svg") == 2 and "WUM0MGXFIN" in section and "How fast a cold start becomes good" in section
    moving = rows_of(assessed, "kinematic")
    verdict = text.split('<a href="#precise">Precise positioning</a>')[1].split("</tr>")[0]
    for member in MEMBERS:
        assert f"<b>{100 * moving[member]['rms_3d_m']:.1f} cm</b>" in verdict
    assert "better together" in verdict
    assert any("precise point positions with WUM0MGXFIN" in line for line in assessed.remarks)


def test_programs_get_gains_and_one_name_of_the_station(assessed: AssessmentAnswer) -> None:
    told = assessed.to_json()
    gains = {row["positions"]: row for row in told["gain"] if row["station"] == "NIST"}
    assert set(gains) == {"code", "precise"} and gains["precise"]["rms_3d_m"] > 2.0
    assert gains["precise"]["best_rms_3d"] in MEMBERS[:2] and gains["precise"]["best_p95_3d"] in MEMBERS[:2]
    # the file says nist
    assert {row["station"] for row in told["quality"]} == {"NIST"}
    names = query("SELECT DISTINCT station FROM quality JOIN positions USING (station)", store=assessed.out / "store").to_json()
    assert names == [{"station": "NIST"}]


def test_the_gain_is_over_the_same_epochs(assessed: AssessmentAnswer, by_hand: PppAnswer) -> None:
    epochs = by_hand.epochs
    late = epochs.epochs.seconds_since(by_hand.observed[0]) >= 7200.0
    error = {}
    for name in MEMBERS:
        mine = epochs["member"] == name
        squares = (epochs["east_m"] ** 2 + epochs["north_m"] ** 2 + epochs["up_m"] ** 2)[mine]
        error[name] = np.where((epochs["flag"][mine] == 0) & late[mine], squares, np.nan)
    alone = min(MEMBERS[:2], key=lambda name: np.nanmean(error[name]))
    common = np.isfinite(error[alone]) & np.isfinite(error["glonass+beidou"])
    expected = np.sqrt(error[alone][common].mean() / error["glonass+beidou"][common].mean())
    found = precise_figures(MEMBERS, [station.precise for station in assessed.stations if station.precise is not None])
    assert found is not None and found.gain_rms == pytest.approx(expected, rel=0.01)


def product(day: str = "2023-01-01", systems: Federation = PAIR, **given: Sequence[str | Path]) -> PreciseProduct:
    return chosen_product(systems, day, {role.replace("_", " "): [str(path) for path in paths] for role, paths in given.items()})


def test_the_first_product_with_clocks_of_every_system_serves(nist: Nist) -> None:
    orbits = sorted(nist.path.parent.glob("*ORB.SP3.gz"))
    assert "COD0" in orbits[0].name
    found = product(orbits=orbits, clocks=[nist.clk], antennas=["a.atx"])
    assert (found.name, found.orbits, found.clocks, found.antennas) == ("WUM0MGXFIN", (str(nist.sp3),), (str(nist.clk),), ("a.atx",))
    for none in (product(orbits=orbits), product(clocks=[nist.clk]), product("2023-01-05", orbits=orbits, clocks=[nist.clk])):
        assert none.reason and not none.orbits
    assert product(clocks=[nist.clk]).reason == "RINEX clocks (CLK) were given, but no precise orbits (SP3)"
    others = [path for path in orbits if "WUM0" not in path.name]
    assert len(others) == 2 and product(orbits=others, clocks=[nist.clk]).reason.startswith("RINEX clocks (CLK) belong to none")
    assert product().reason.startswith("no precise orbits and clocks")
    assert product(systems=federation("navic"), orbits=orbits, clocks=[nist.clk]).reason


class Beside:
    """What may go with Wuhan's product of the day: biases and Earth rotation of other days made to be of this one, ocean loading of another place."""

    def __init__(self, data: Path, folder: Path) -> None:
        text = gzip.decompress((data / "gnss/2019-045/COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz").read_bytes()).decode()
        now = text.replace("2019:045", "2023:001").replace("2019:046", "2023:002")
        self.own = self._written(folder / "WUM0MGXFIN_20230010000_01D_01D_OSB.BIA", now.replace("%=BIA 1.00 COD", "%=BIA 1.00 WHU"))
        self.of_another = self._written(folder / "COD0MGXFIN_20230010000_01D_01D_OSB.BIA", now)
        before = now.replace("2023:001", "2022:360").replace("2023:002", "2022:361").replace("%=BIA 1.00 COD", "%=BIA 1.00 WHU")
        self.before = self._written(folder / "WUM0MGXFIN_20223600000_01D_01D_OSB.BIA", before)
        text = gzip.decompress((data / "products/WUM0MGXFIN_20200010000_01D_01D_ERP.ERP.gz").read_bytes()).decode()
        self.stale = self._written(folder / "IGS0OPSFIN_20230010000_01D_01D_ERP.ERP", text.replace("58849.50", "59945.50"))
        known = earth_orientation_at(from_iso("2023-01-01T12:00:00", "UTC"))
        x, y = (round(float(np.degrees(pole[0]) * 3.6e9)) + 20_000 for pole in (known.xp_rad, known.yp_rad))  # 20 mas off: 60 cm
        ut1 = round(float(known.ut1_minus_utc_s[0]) * 1e7)
        text = text.replace("58849.50   75685  282557 -1773789", f"59945.50 {x:7d} {y:7d} {ut1:8d}")
        self.erp = self._written(folder / "WUM0MGXFIN_20230010000_01D_01D_ERP.ERP", text)
        self.blq = self._written(folder / "loading.blq", HEAD + ONSALA.replace("ONSALA", "NIST"))

    def _written(self, path: Path, text: str) -> Path:
        path.write_text(text)
        return path


def test_beside_a_product_serves_what_is_of_its_centre_and_day(nist: Nist, data_dir: Path, tmp_path: Path) -> None:
    beside = Beside(data_dir, tmp_path)
    given = {"orbits": [nist.sp3], "clocks": [nist.clk]}
    assert product(**given, biases=[beside.of_another]).biases == ()
    assert product(**given, biases=[beside.of_another, beside.before, beside.own]).biases == (str(beside.own),)
    assert product(**given, biases=[beside.before]).biases == (str(beside.before),)
    assert product(**given, earth_orientation=[beside.stale, beside.erp]).rotation == str(beside.erp)
    assert product(**given, earth_orientation=[beside.stale]).rotation == str(beside.stale)
    # daily files: that of the day before ends at noon of this one, half a minute of GPS time into it
    earlier = tmp_path / "WUM0MGXFIN_20223650000_01D_01D_ERP.ERP"
    earlier.write_text(beside.erp.read_text().replace("59945.50", "59944.50"))
    assert product(**given, earth_orientation=[earlier, beside.erp]).rotation == str(beside.erp)
    # differences of codes of any centre stand beside the absolute ones of the product, however near in time these are
    differences = data_dir / "products/CAS0MGXRAP_20231920000_01D_01D_DCB.BSX.gz"
    if differences.exists():
        assert product(**given, biases=[differences, beside.before]).biases == (str(beside.before), str(differences))
    assert product(**given, ocean_loading=[beside.blq]).paths == {str(nist.sp3), str(nist.clk), str(beside.blq)}


def test_biases_rotation_and_loading_of_the_folder_are_used_as_by_the_command(nist: Nist, shared: list[Path], data_dir: Path, tmp_path: Path) -> None:
    beside = Beside(data_dir, tmp_path)
    short = nist.cut(tmp_path / "a.rnx", 0, 4)
    files = [beside.own, beside.of_another, beside.erp, beside.blq]
    found = assess(PAIR, [short, *shared, *files], out=tmp_path / "out")
    assert isinstance(found, AssessmentAnswer)
    antex = sorted((data_dir / "products").glob("*.atx*"))
    truth = str(data_dir / "gnss/coordinates/igs22P22264.ssc.gz")
    more: dict[str, Any] = {"bias": [beside.own], "erp": beside.erp, "blq": beside.blq}
    by_hand, plain = (
        ppp(PAIR, [short], **nist.products, antex=antex, truth=truth, nav=shared[:2], kinematic=True, skip_h=2.0, **given) for given in (more, {})
    )
    assert isinstance(by_hand, PppAnswer) and isinstance(plain, PppAnswer)
    for row, other, without in zip(rows_of(found, "kinematic").values(), by_hand.answers, plain.answers, strict=True):
        assert row["e_m"] == pytest.approx(other["e_m"], abs=1e-6) and row["u_m"] == pytest.approx(other["u_m"], abs=1e-6)
        assert abs(row["e_m"] - without["e_m"]) > 3e-4  # loading alone moves it by 0.8 mm
    roles = query("SELECT DISTINCT role FROM inputs WHERE table_name = 'precise_positions'", store=tmp_path / "out/store").to_json()
    assert {"biases", "ocean loading", "earth orientation"} <= {row["role"] for row in roles}
    unused = [words for words in found.warnings if "not used" in words and "COD0MGXFIN_20230010000_01D_01D_OSB" in words]
    assert len(unused) == 1 and "absolute biases of another centre than the clocks (WUM0MGXFIN)" in unused[0]


def test_a_wrong_earth_rotation_does_not_cost_the_day(nist: Nist, shared: list[Path], data_dir: Path, tmp_path: Path) -> None:
    found = assess(PAIR, [nist.cut(tmp_path / "a.rnx", 0, 3), *shared, Beside(data_dir, tmp_path).stale], out=tmp_path / "out")
    assert isinstance(found, AssessmentAnswer) and rows_of(found, "kinematic")["glonass+beidou"]["solved"] > 100
    assert any("are not those of these days" in words and "the built-in table serves" in words for words in found.warnings)


def test_without_clocks_they_are_unobserved(nist: Nist, shared: list[Path], tmp_path: Path) -> None:
    given = [path for path in shared if path != nist.clk and "atx" not in path.name]
    found = assess(PAIR, [nist.cut(tmp_path / "a.rnx", 0, 1), *given], out=tmp_path / "out")
    assert isinstance(found, AssessmentAnswer) and not found.to_json()["precise_positioning"]
    section = page(found).split('<section id="precise"')[1].split("</section>")[0]
    assert "Precise positions are unobserved: RINEX clocks (CLK) were not given, only precise orbits (SP3)." in section
    assert not list((tmp_path / "out/store").glob("precise_positions/*"))


def test_a_simulation_is_not_solved(tmp_path: Path) -> None:
    simulate("demo", out=tmp_path / "day", hours=1.0, interval_s=120.0)
    found = assess(PAIR, [tmp_path / "day"], out=tmp_path / "out")
    assert isinstance(found, AssessmentAnswer) and not found.to_json()["precise_positioning"]
    assert "of a simulation" in found.precise.reason and found.precise.reason in page(found)


def test_a_coordinate_that_is_not_good_enough_is_not_measured_against(nist: Nist, shared: list[Path], tmp_path: Path) -> None:
    table = tmp_path / "stations.csv"
    table.write_text(f"station,operator,x_m,y_m,z_m\nNIST,NIST,{PLACE[0] + 3.0},{PLACE[1]},{PLACE[2]}\n")
    given = [path for path in shared if ".ssc" not in path.name and "atx" not in path.name]
    found = assess(PAIR, [nist.cut(tmp_path / "a.rnx", 0, 6), table, *given], out=tmp_path / "out")
    assert isinstance(found, AssessmentAnswer)
    assert any("m from the static position: errors are against that position" in text for text in found.warnings)
    still = rows_of(found, "static")["glonass+beidou"]
    assert abs(still["e_m"]) < 1e-6 and "agreement, not accuracy" in still["truth"]
    assert rows_of(found, "kinematic")["glonass+beidou"]["rms_3d_m"] < 0.5
    assert "about the static position (no known coordinate)" in page(found)


def digest(folder: Path) -> dict[str, str]:
    kept = [path for path in sorted(folder.rglob("*")) if path.is_file() and ".writing" not in path.parts]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in kept}


@pytest.mark.parametrize("engine", ["local", pytest.param("dask", marks=pytest.mark.slow)])
def test_every_engine_gives_the_same_to_the_bit(nist: Nist, shared: list[Path], tmp_path: Path, engine: str) -> None:
    if engine == "dask":
        pytest.importorskip("distributed")
    files = [nist.cut(tmp_path / f"{name}.rnx", 4 * i, 4 * i + 4, marker=name) for i, name in enumerate(("AAAA", "BBBB", "CCCC"))]
    given = [*files, *(path for path in shared if "atx" not in path.name)]
    assess(PAIR, given, out=tmp_path / "one", workers=1)
    assess(PAIR, given, out=tmp_path / "two", workers=2, engine=engine)
    found = digest(tmp_path / "two")
    assert found == digest(tmp_path / "one")
    assert sum(name.startswith("store/precise_positions/") for name in found) == 6
    document = json.loads((tmp_path / "two/assessment.json").read_text())
    assert {row["station"] for row in document["precise_positioning"]} == {"AAAA", "BBBB", "CCCC"}
    # what all say is said once
    assert any(text.startswith("PPP, 3 stations: ") for text in document["warnings"])
