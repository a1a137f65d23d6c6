"""Precise point positioning with the products of several centres: what fits together, what does not, and what is said of it."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.errors import InputError
from armillary.services._earth import earth_orientation
from armillary.services.ppp import PppAnswer, ppp

pytestmark = pytest.mark.real_data

NIST = "-1288398.5806,-4721696.9345,4078625.3480"
"""SINEX igs22P22264 moved by plate motion to 2023.0."""
JFNG = "-2279829.0574,5004706.4643,3219777.3941"
"""SINEX igs20P2131 (2020-316) moved back 1.75 years by 32 mm east and -11 mm north a year."""


class Products:
    """Runs on the station-days of the data set."""

    def __init__(self, data: Path) -> None:
        self.gnss = data / "gnss"
        self.antex = sorted((data / "products").glob("*.atx*"))

    def jfng(self, systems: str = "gps+glonass+galileo+beidou", **more: Any) -> PppAnswer:
        day = self.gnss / "2019-045"
        given = {
            "sp3": [day / "COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz"],
            "bias": [day / "COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz"],
            "antex": self.antex,
            "truth": JFNG,
        }
        observations = more.pop("observations", [day / "JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz"])
        return ppp(federation(systems), observations, **{**given, **more})

    def jfng_changed(self, folder: Path, *changes: tuple[str, str]) -> Path:
        """The hour of JFNG with words replaced."""
        text = gzip.decompress((self.gnss / "2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz").read_bytes()).decode()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = folder / "JFNG00CHN_R_20190450700_01H_30S_MO.rnx"
        path.write_text(text)
        return path

    def nist(self, systems: str = "glonass+beidou", **more: Any) -> PppAnswer:
        day = self.gnss / "2023-001"
        given = {"sp3": [day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"], "antex": self.antex, "truth": NIST}
        return ppp(federation(systems), [day / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz"], **{**given, **more})

    def tlse(self, **more: Any) -> PppAnswer:
        """Ten seconds of Toulouse every second, RINEX 2: no frequency numbers in the header."""
        day = self.gnss / "2023-001"
        given = {
            "sp3": [day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"],
            "clk": [day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"],
            "nav": [day / "BRDC00IGS_R_20230010000_01D_MN.rnx.gz"],
        }
        return ppp(federation("glonass"), [day / "tlse001b.23o.gz"], **{**given, **more})


@pytest.fixture(scope="module")
def products(data_dir: Path) -> Products:
    return Products(data_dir)


@pytest.mark.slow
def test_clocks_of_five_minutes_do_not_spoil_an_hour(products: Products) -> None:
    rows = {row["member"]: row for row in products.jfng().answers}
    # GPS alone ended 0.67 m east while lines between 5 min clocks were believed to 6 mm; measured here 0.10, 0.00, 0.11
    error = np.array([rows["gps"][axis] for axis in ("e_m", "n_m", "u_m")])
    assert np.linalg.norm(error) < 0.2
    # and what is said of it is about as large
    assert np.abs(error / [rows["gps"][f"sigma_{axis}_m"] for axis in "enu"]).max() < 4.0
    joint = rows["gps+glonass+galileo+beidou"]
    # an hour of all systems, a float solution: measured 12, 10, 32 mm
    assert max(abs(joint["e_m"]), abs(joint["n_m"])) < 0.03
    assert abs(joint["u_m"]) < 0.06


@pytest.mark.slow
def test_a_day_with_clocks_of_the_orbit_file(products: Products) -> None:
    rows = {row["member"]: row for row in products.nist("gps+glonass+beidou", kinematic=True, skip_h=2.0).answers}
    # before: GPS 19 cm, GLONASS 122 cm, all 4.0 cm; measured 3.3, 24 and 2.0
    assert rows["gps"]["rms_3d_m"] < 0.045
    assert rows["glonass"]["rms_3d_m"] < 0.35
    assert rows["gps+glonass+beidou"]["rms_3d_m"] < 0.025


@pytest.mark.slow
def test_the_first_epoch_of_the_day_is_solved(products: Products) -> None:
    answer = products.nist("gps+glonass+beidou", static=True)
    first = answer.epochs.where(answer.epochs["member"] == "gps+glonass+beidou")["flag"]
    assert first[0] == 0


@pytest.mark.slow
def test_a_wrong_and_a_missing_frequency_number(products: Products, tmp_path: Path) -> None:
    changed = products.jfng_changed(tmp_path, ("  9 R03  5 R04  6", "  8 R04  7       "))
    answer = products.jfng("glonass", observations=[changed], residuals=True)
    assert any("R04 is given as 7, 6 fits" in text for text in answer.warnings)
    assert any("taken are those that fit the phases: R03 5" in text for text in answer.warnings)
    assert answer.residuals is not None
    phase_of = {sat: np.isfinite(answer.residuals["phase_residual_m"][answer.residuals["sat"] == sat]).any() for sat in ("R03", "R04", "R05")}
    assert phase_of == {"R03": True, "R04": False, "R05": True}
    right = products.jfng("glonass").answers[0]
    # one satellite of nine less: measured 14 cm up instead of 6; believed, the wrong number made metres
    assert abs(answer.answers[0]["u_m"] - right["u_m"]) < 0.3


@pytest.mark.slow
def test_earth_rotation_of_another_day_is_said(products: Products, data_dir: Path) -> None:
    answer = products.jfng("galileo", erp=data_dir / "products/IGS0OPSFIN_20231900000_07D_01D_ERP.ERP")
    assert any("2023-07-15 covers no epoch of the observations" in text for text in answer.warnings)


def test_earth_rotation_of_the_days_is_taken(data_dir: Path) -> None:

    path = data_dir / "products/WUM0MGXFIN_20200010000_01D_01D_ERP.ERP.gz"
    noon_tai_ns = 18262 * 86_400 * 10**9 + 43_200 * 10**9 + 37 * 10**9
    reference, said = earth_orientation(path, Epochs(noon_tai_ns + np.arange(-10, 11) * 3_600 * 10**9))
    assert said == ()
    assert reference is not None
    assert "WUM0MGXFIN" in reference.earth_orientation.source
    reference, said = earth_orientation(path, Epochs(noon_tai_ns + np.arange(-20, 21) * 3_600 * 10**9))
    assert "covers 25 of 41 epochs" in said[0]


SP3_NAME = "COD0MGXFIN_20190450000_01D_05M_ORB.SP3"


@pytest.fixture(scope="module")
def orbits(products: Products) -> list[str]:
    """Lines of the orbits of JFNG's day, ends kept."""
    data = (products.gnss / "2019-045/COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz").read_bytes()
    return gzip.decompress(data).decode().splitlines(keepends=True)


def written(folder: Path, lines: list[str], name: str = SP3_NAME) -> list[Path]:
    path = folder / name
    path.write_text("".join(lines))
    return [path]


def text_of(answer: PppAnswer) -> str:
    return "\n".join(answer.warnings)


@pytest.mark.slow
def test_products_of_another_day_or_hour_are_refused(products: Products, orbits: list[str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"orbits from 2019-02-14T00:00:00 to 2019-02-14T0.*observations from 2019-02-14T07:00:00"):
        products.jfng(sp3=written(tmp_path, orbits[:3000]))
    with pytest.raises(InputError, match=r"clocks from 2023-01-01 to 2023-01-02, observations on 2019-02-14: they have no time in common"):
        products.jfng(clk=[products.gnss / "2023-001/WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"])
    for station in ("2024-209/AJAC00FRA_R_20242090000_01D_30S_MO.crx.gz", "2025-290/ISTA00TUR_R_20252900000_01D_30S_MO.crx.gz"):
        with pytest.raises(InputError, match="they have no time in common"):
            products.jfng(observations=[products.gnss / station])


@pytest.mark.parametrize(
    ("lines", "said"), [(slice(0), "is empty"), (slice(20), "holds no epoch of orbits"), (slice(5, 400), "no known format recognises it")]
)
def test_orbits_without_content_are_refused(products: Products, orbits: list[str], tmp_path: Path, lines: slice, said: str) -> None:
    with pytest.raises(InputError, match=said):
        products.jfng("gps", sp3=written(tmp_path, orbits[lines]))


def test_orbits_without_clocks_ask_for_clocks(products: Products, orbits: list[str], tmp_path: Path) -> None:
    blank = [line[:46] + " 999999.999999\n" if line.startswith("P") else line for line in orbits]
    with pytest.raises(InputError, match="orbits without clocks: give the clocks of the same centre with --clk"):
        products.jfng("gps", sp3=written(tmp_path, blank))


@pytest.mark.slow
def test_predicted_orbits_are_said(products: Products, orbits: list[str], tmp_path: Path) -> None:
    assert "predicted" not in text_of(products.jfng("galileo"))
    # columns 76 and 80 of SP3-c and -d
    flagged = [line.rstrip("\n").ljust(75)[:75] + "P   P\n" if line.startswith("PE") else line for line in orbits]
    told = text_of(products.jfng("galileo", sp3=written(tmp_path, flagged)))
    assert "100 % of the orbits are predicted" in told
    assert "100 % of the clocks are predicted" in told


def test_a_hole_of_the_orbits_is_said_and_costs_its_epochs(products: Products, orbits: list[str], tmp_path: Path) -> None:
    whole, keep = [], True
    for line in orbits:
        if line.startswith("*"):
            keep = not (line.split()[4] == "7" and 15 <= int(line.split()[5]) < 45)
        whole += [line] if keep else []
    answer = products.jfng("galileo", sp3=written(tmp_path, whole))
    assert "orbits have a hole from 2019-02-14T07:10:00 to 2019-02-14T07:45:00 GPST: 69 epochs lie in it" in text_of(answer)
    # 150 s on both sides of the hole are extrapolated, but no clock is: 21 epochs before it, 30 from its end on
    assert answer.answers[0]["solved"] <= 51


def test_what_takes_no_part_is_named_with_the_reason(products: Products) -> None:
    told = text_of(products.jfng("gps+beidou+navic"))
    assert "navic was not observed" in told
    # geostationary satellites and BDS-3 are not in these orbits
    assert "satellites without part: C01 C02 C03 C04 C05 C18 C23 C25 C28 (no orbit)" in told
    assert "typical offsets" not in told or "C01" not in told.split("typical offsets")[1]
    with pytest.raises(InputError, match="nothing of navic was observed"):
        products.jfng("navic")


@pytest.mark.slow
def test_five_minute_clocks_are_said_where_they_matter(products: Products) -> None:
    assert "clocks every 300 s stray between their nodes (gps 3 cm)" in text_of(products.jfng("gps+galileo"))
    assert "30 s clocks (--clk) are better" in text_of(products.jfng("gps+galileo"))
    assert "stray" not in text_of(products.jfng("galileo"))


@pytest.mark.slow
def test_clocks_every_30_s_are_not_called_better_than_themselves(products: Products) -> None:
    """Observations every second lie between the clocks of Wuhan, and GLONASS clocks stray there."""
    dense = text_of(products.tlse())
    assert "clocks every 30 s stray between their nodes (glonass" in dense and "are better" not in dense
    assert "clocks every 300 s stray" in (sparse := text_of(products.tlse(clk=()))) and "30 s clocks (--clk) are better" in sparse


def test_missing_frequency_numbers_are_named(products: Products) -> None:
    """The header of a RINEX 2 file has none, and an hour at one place may tell none."""
    with pytest.raises(InputError, match=r"no satellite has phases.*glonass takes no part.*frequency number neither in the header nor from --nav"):
        products.tlse(nav=())


@pytest.mark.slow
def test_clocks_and_biases_of_other_centres_are_said(products: Products, data_dir: Path) -> None:
    day = products.gnss / "2023-001"
    observations = [day / "NIST00USA_R_20230010100_05M_30S_MO.crx.gz"]
    clocks = [day / "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz"]
    given: dict[str, Any] = {"clk": clocks, "antex": (), "truth": None}
    mixed = ppp(federation("gps"), observations, sp3=[day / "GFZ0MGXRAP_20230010000_01D_05M_ORB.SP3.gz"], **given)
    assert "orbits are of GFZ, clocks of WHU: they fit together only within one solution" in text_of(mixed)
    alike = ppp(federation("gps"), observations, sp3=[day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"], **given)
    assert "fit together" not in text_of(alike)
    both = [day / f"{name}_20230010000_01D_05M_ORB.SP3.gz" for name in ("GFZ0MGXRAP", "WUM0MGXFIN")]
    assert "orbits merged from parts of GFZ, WHU; WHU is named" in text_of(ppp(federation("gps"), observations, sp3=both, **given))
    # AIUB and COD are one centre
    assert "biases are of" not in text_of(products.jfng("gps"))
    far = text_of(products.jfng("gps", bias=[data_dir / "products/COD0MGXFIN_20231890000_01D_01D_OSB.BIA.gz"]))
    assert "its biases hold 1605 days away from the observations: not used" in far
    # of what is not used no more is said
    assert "biases were made with antennas" not in far and "biases are of" not in far


def test_biases_that_serve_but_are_of_another_centre_and_frame_are_said(products: Products, tmp_path: Path) -> None:
    text = gzip.decompress((products.gnss / "2019-045/COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz").read_bytes()).decode()
    other = tmp_path / "OTHER.BIA"
    begin = "%=BIA 1.00 COD"
    assert begin in text and "APC_MODEL" not in text
    text = re.sub(r"(\+BIAS/DESCRIPTION *\n(?:\*.*\n)?)", rf"\1 {'APC_MODEL':<39} IGS20\n", text)
    other.write_text(text.replace(begin, "%=BIA 1.00 GFZ"))
    told = text_of(products.jfng("gps", bias=[other]))
    assert "biases are of GFZ, clocks of" in told and "biases were made with antennas of IGS20, the orbits are in IGS14" in told


@pytest.mark.slow
def test_biases_of_the_day_before_serve_with_a_word(products: Products, tmp_path: Path) -> None:
    text = gzip.decompress((products.gnss / "2019-045/COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz").read_bytes()).decode()
    earlier = tmp_path / "COD0R03FIN_20190440000_01D_01D_OSB.BIA"
    earlier.write_text(text.replace("2019:045", "2019:044").replace("2019:046:00000", "2019:045:00000"))
    answer = products.jfng("gps", bias=[earlier])
    assert "its biases hold 0.3 days away from the observations: its codes serve and weigh less, its phases do not" in text_of(answer)
    # the values are those of the day: only weights differ
    right = products.jfng("gps").answers[0]
    assert abs(answer.answers[0]["e_m"] - right["e_m"]) < 0.1


def test_lines_of_every_file_that_were_not_used_are_losses(products: Products, tmp_path: Path, data_dir: Path) -> None:
    antex = gzip.decompress((data_dir / "products/igs14-small.atx.gz").read_bytes()).decode()
    cut = tmp_path / "cut.atx"
    cut.write_text(antex[:30_000])
    bias = gzip.decompress((products.gnss / "2019-045/COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz").read_bytes()).decode()
    short = tmp_path / "cut.bia"
    short.write_text(bias[:5_000])
    answer = products.jfng("galileo", antex=[cut], bias=[short])
    assert any("cut off" in loss.reason for loss in answer.losses[str(cut)])
    assert any("cut off" in loss.reason for loss in answer.losses[str(short)])


def values_of(line: str) -> list[str]:
    return [line[i : i + 16].ljust(16) for i in range(3, len(line), 16)]


def changed_rows(products: Products, folder: Path, blank: Any) -> Path:
    """The hour of JFNG with some columns of Galileo rows (C C C C D D D D L L L L S S S S) blanked."""
    lines = gzip.decompress((products.gnss / "2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz").read_bytes()).decode().splitlines()
    end = next(i for i, line in enumerate(lines) if "END OF HEADER" in line)
    for n, line in enumerate(lines):
        if n > end and line.startswith("E"):
            lines[n] = (line[:3] + "".join(" " * 16 if blank(i) else v for i, v in enumerate(values_of(line)))).rstrip()
    path = folder / "JFNG00CHN_R_20190450700_01H_30S_MO.rnx"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_no_phase_and_one_frequency_are_refused_with_the_reason(products: Products, tmp_path: Path) -> None:
    no_phase = changed_rows(products, tmp_path, lambda i: 8 <= i < 12)
    with pytest.raises(InputError, match=r"no satellite has phases on two frequencies.*no phase on one of two frequencies"):
        products.jfng("galileo", observations=[no_phase])
    # beside a system that is whole, it is only said
    assert "galileo takes no part" in text_of(products.jfng("gps+galileo", observations=[no_phase]))
    single = changed_rows(products, tmp_path, lambda i: i % 4 != 0)
    with pytest.raises(InputError, match=r"no satellite has phases on two frequencies.*\(one frequency\)"):
        products.jfng("galileo", observations=[single])


@pytest.mark.parametrize(("epochs", "solved"), [(1, 1), (2, 2), (0, None)])
def test_a_file_of_few_epochs(products: Products, tmp_path: Path, epochs: int, solved: int | None) -> None:
    lines = gzip.decompress((products.gnss / "2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz").read_bytes()).decode().splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if line.startswith(">")]
    path = tmp_path / "few.rnx"
    path.write_text("".join(lines[: starts[epochs]]))
    if solved is None:
        with pytest.raises(InputError, match="no epoch could be read"):
            products.jfng("galileo", observations=[path])
        return
    for more in ({"static": True}, {"kinematic": True, "smoothed": True}):
        answer = products.jfng("gps+galileo", observations=[path], **more)
        assert answer.answers[-1]["solved"] == solved
        # codes alone: metres, and said to be so
        assert answer.answers[-1]["sigma_u_m"] > 0.5


def test_event_records_and_power_failure(products: Products, tmp_path: Path) -> None:
    lines = gzip.decompress((products.gnss / "2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz").read_bytes()).decode().splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if line.startswith(">")]
    lines[starts[90]] = lines[starts[90]][:31] + "1" + lines[starts[90]][32:]
    lines.insert(starts[60], ">                              2  0\n")
    path = tmp_path / "events.rnx"
    path.write_text("".join(lines))
    answer = products.jfng("galileo", observations=[path])
    assert "an event record says that the antenna begins to move before 2019-02-14T07:30:00 GPST" in text_of(answer)
    assert answer.answers[0]["solved"] == 120


def test_an_outage_in_the_middle(products: Products, tmp_path: Path) -> None:
    lines = gzip.decompress((products.gnss / "2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz").read_bytes()).decode().splitlines(keepends=True)
    starts = [i for i, line in enumerate(lines) if line.startswith(">")]
    path = tmp_path / "outage.rnx"
    path.write_text("".join(lines[: starts[40]] + lines[starts[80] :]))
    row = products.jfng(observations=[path]).answers[-1]
    # twenty minutes twice, new ambiguities after ten minutes without data: a decimetre
    assert row["solved"] == 80
    assert np.hypot(row["e_m"], row["n_m"]) < 0.1


def test_files_of_two_stations_are_not_joined(products: Products) -> None:
    day = products.gnss / "2020-177"
    with pytest.raises(InputError, match=r"WTZR on 2020-06-25: .* hold nothing of that day; WTZZ00DEU on 2020-06-25: "):
        products.jfng(observations=sorted(day.glob("WTZ*")))


def test_a_wrong_kind_of_file_is_named(products: Products) -> None:
    bias = products.gnss / "2019-045/COD0R03FIN_20190450000_01D_01D_OSB.BIA.gz"
    for option, said in (("sp3", "an SP3 orbit file"), ("clk", "a RINEX clock file"), ("antex", "an ANTEX file")):
        with pytest.raises(InputError, match=rf"holds (signal b|B)iases, but {said} was expected"):
            products.jfng("gps", **{option: [bias]})
    with pytest.raises(InputError, match="holds signal biases, but Earth orientation is expected"):
        products.jfng("gps", erp=bias)


def test_warnings_stay_few_with_every_antenna_file_there_is(products: Products) -> None:
    warnings = products.jfng().warnings
    assert len(warnings) <= 12
    assert max(map(len, warnings)) < 300
    files = [text.split(":")[0] for text in warnings if ".atx" in text.split(":")[0]]
    assert len(files) == len(set(files))


@pytest.mark.slow
def test_epochs_beyond_the_clocks_of_an_sp3_file_are_counted_as_lost(products: Products) -> None:
    """Orbits are extrapolated for some minutes, clocks are not."""
    answer = products.nist("gps", static=True)
    flag = answer.epochs["flag"]
    assert (flag[-9:] != 0).all() and flag[-10] == 0
    assert "9 epochs lie after the last epoch of the orbits, 9 are lost" in text_of(answer)
