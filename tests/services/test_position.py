"""The position service on real stations: how good it must be, what it says, and what it refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from armillary.cli.main import application
from armillary.core.federation import federation
from armillary.core.observations import ObservationHeader, Observations
from armillary.core.plain import plain
from armillary.errors import ArmillaryError, InputError
from armillary.io import rinex_obs
from armillary.io.reading import read
from armillary.report.solutions import suffixes, write
from armillary.services.position import PositionAnswer, position

pytestmark = pytest.mark.real_data

BOTH = "glonass+beidou"
FIGURES = ("e_rms_m", "n_rms_m", "u_rms_m", "h95_m", "v95_m", "rms_3d_m", "p95_3d_m")
ESBC_TRUTH = "3582104.768,532590.174,5232755.144"
NIST_TRUTH = "-1288398.575,-4721696.936,4078625.349"


COORDINATES = "gnss/coordinates/igs22P22264.ssc.gz"


class Station:
    """Files of one station."""

    def __init__(self, data_dir: Path, observations: str, *nav: str) -> None:
        self.observations, self.nav = data_dir / observations, [data_dir / name for name in nav]

    def __call__(self, systems: str, **options: Any) -> PositionAnswer:
        return position(federation(systems), [self.observations], **{"nav": self.nav, **options})

    @property
    def words(self) -> list[str]:
        return [str(self.observations), *(word for n in self.nav for word in ("--nav", str(n)))]


@pytest.fixture(scope="module")
def esbc(data_dir: Path) -> Station:
    return Station(data_dir, "gnss/2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz", "gnss/2020-177/ESBC00DNK_R_20201770000_01D_MN.rnx.gz")


@pytest.fixture(scope="module")
def nist(data_dir: Path) -> Station:
    nav = (f"gnss/2023-001/BRDC00IGS_R_{day}0000_01D_MN.rnx.gz" for day in ("2022365", "2023001"))
    return Station(data_dir, "gnss/2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz", *nav)


@pytest.fixture(scope="module")
def hour(data_dir: Path) -> Station:
    """WTZZ for one hour, satellites as two Danish stations saw them."""
    nav = (f"gnss/2020-177/{name}00DNK_R_20201770000_01D_MN.rnx.gz" for name in ("ESBC", "MOJN"))
    return Station(data_dir, "gnss/2020-177/WTZZ00DEU_R_20201770000_01D_30S_MO_120epoch.rnx.gz", *nav)


def figures(answer: PositionAnswer) -> dict[str, dict[str, float]]:
    return {str(row["member"]): row for row in answer.summary.rows()}


def xyz(answer: PositionAnswer, member: str) -> np.ndarray:
    rows = answer.epochs.where(answer.epochs["member"] == member)
    return np.stack([rows[f"{axis}_m"] for axis in "xyz"], axis=1)


# How good ------------------------------------------------------------------------------------------------------------------------------------------
# Limits with a margin over what was measured (docs/explanation/positioning.md); rnx2rtkp's figures are for R 3.04, C 1.72, R+C 1.58 m at ESBC and
# 6.42, 3.57, 3.83 m at NIST.


@pytest.mark.parametrize(
    ("name", "truth", "solved", "limits_m"),
    [("esbc", ESBC_TRUTH, (2879, 2879, 2879), (2.4, 0.75, 0.70)), ("nist", NIST_TRUTH, (2780, 2870, 2875), (2.6, 0.9, 0.9))],
)
def test_a_day_of_both_systems(request: pytest.FixtureRequest, name: str, truth: str, solved: tuple[int, ...], limits_m: tuple[float, ...]) -> None:
    rows = figures(request.getfixturevalue(name)(BOTH, truth=truth))
    assert list(rows) == ["glonass", "beidou", BOTH]
    for row, least, limit in zip(rows.values(), solved, limits_m, strict=True):
        assert row["solved"] >= least and row["rms_3d_m"] < limit
    # joining never hurts
    assert rows[BOTH]["rms_3d_m"] <= 1.02 * min(rows["glonass"]["rms_3d_m"], rows["beidou"]["rms_3d_m"])
    assert rows[BOTH]["solved"] >= max(rows["glonass"]["solved"], rows["beidou"]["solved"])


@pytest.mark.slow
def test_a_day_of_every_system(esbc: Station) -> None:
    rows = figures(esbc("gps+glonass+galileo+beidou+qzss", truth=ESBC_TRUTH))
    assert list(rows)[-1] == "gps+glonass+galileo+beidou+qzss" and len(rows) == 6
    assert list(rows.values())[-1]["rms_3d_m"] < 0.5
    # three satellites below the Danish horizon solve nothing, and are no obstacle
    assert rows["qzss"]["solved"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "limit_m"),
    [
        ({"causal": True}, 1.0),
        ({"smoothing": "none"}, 1.3),
        ({"smoothing": "causal"}, 0.8),
        ({"model": "single"}, 1.6),
        ({"model": "ionosphere-free"}, 1.5),
    ],
)
def test_other_models_of_a_day(esbc: Station, options: dict[str, Any], limit_m: float) -> None:
    rows = figures(esbc(BOTH, truth=ESBC_TRUTH, **options))
    assert rows[BOTH]["solved"] >= 2875 and rows[BOTH]["rms_3d_m"] < limit_m
    assert rows[BOTH]["rms_3d_m"] < 1.05 * min(rows["glonass"]["rms_3d_m"], rows["beidou"]["rms_3d_m"])


@pytest.mark.parametrize(
    ("observations", "sp3", "limit_m"),
    [
        # GLONASS with precise clocks: a receiver's biases between carriers pulled the joint answer to 1.2 m from the 0.6 m of the best alone
        ("gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz", "gnss/2019-045/COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz", 0.8),
        ("gnss/2020-177/WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx.gz", "gnss/2020-177/GBM0MGXRAP_20201770000_01D_05M_ORB_120epoch.sp3.gz", 0.9),
    ],
)
def test_an_hour_with_precise_orbits(data_dir: Path, observations: str, sp3: str, limit_m: float) -> None:
    systems = "gps+glonass+galileo+beidou"
    truth = str(data_dir / "gnss/coordinates/igs20P2131_wocov.snx.gz")
    rows = figures(position(federation(systems), [data_dir / observations], sp3=[data_dir / sp3], truth=truth))
    assert rows[systems]["solved"] >= 119 and rows[systems]["rms_3d_m"] < limit_m
    assert rows[systems]["rms_3d_m"] < 1.1 * min(rows[member]["rms_3d_m"] for member in systems.split("+"))


@pytest.mark.slow
def test_half_a_sky(esbc: Station) -> None:
    """Above 25 degrees neither system serves all day; both do."""
    rows = figures(esbc(BOTH, truth=ESBC_TRUTH, mask_deg=25.0))
    assert rows["glonass"]["solved"] < 2700 and rows["beidou"]["solved"] < 2800
    assert rows[BOTH]["solved"] >= 2875 and rows[BOTH]["rms_3d_m"] < 2.5


# What it says --------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_json_is_what_scripts_rely_on(hour: Station, data_dir: Path) -> None:
    """A process of its own, as a script runs it."""
    words = ["position", *hour.words, "--systems", "beidou+glonass", "--truth", str(data_dir / COORDINATES), "--json"]
    done = subprocess.run([sys.executable, "-m", "armillary", *words], capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    assert {"station", "epochs", "truth", "answers", "gain"} <= set(answer)
    assert answer["station"] == "WTZZ00DEU" and answer["epochs"] == 120
    assert [row["member"] for row in answer["answers"]] == ["beidou", "glonass", "beidou+glonass"]
    for row in answer["answers"]:
        assert {"member", "solved", "mean_satellites", *FIGURES} <= set(row)
        assert row["solved"] == 120 and isinstance(row["solved"], int)
        assert all(0.0 < row[name] < 20.0 for name in FIGURES)
    assert set(FIGURES) <= set(answer["gain"]) and answer["gain"]["member"] == "beidou+glonass"


def test_figures_are_unknown_without_a_truth(hour: Station) -> None:
    answer = plain(hour(BOTH).to_json())
    assert answer["truth"] is None
    assert all(row[name] is None for row in answer["answers"] for name in FIGURES)
    assert [row["solved"] for row in answer["answers"]] == [120, 120, 120]


def test_every_combination(hour: Station) -> None:
    answer = hour("gps+glonass+beidou", subsets=True)
    expected = ["gps", "glonass", "beidou", "gps+glonass", "gps+beidou", "glonass+beidou", "gps+glonass+beidou"]
    assert answer.summary["member"].tolist() == expected


def test_a_system_alone_has_one_row_and_no_gain(hour: Station) -> None:
    answer = hour("beidou")
    assert answer.summary["member"].tolist() == ["beidou"] and answer.gain is None


@pytest.mark.slow
@pytest.mark.parametrize("model", ["uncombined", "single", "ionosphere-free"])
def test_a_member_of_a_federation_is_the_same_alone(hour: Station, model: str) -> None:
    """A mask over what was computed once. The linearisation point is that of all, metres away: the troposphere there differs by millimetres."""
    joint = hour("gps+glonass+galileo+beidou", model=model)
    for member in ("gps", "glonass", "galileo", "beidou"):
        assert np.nanmax(np.abs(xyz(joint, member) - xyz(hour(member, model=model), member))) < 0.02


def cut(observations: Observations, n: int) -> Observations:
    """The first ``n`` epochs."""
    blocks = {}
    for letter, b in observations.blocks.items():
        last = b.offsets[n]
        kept = {name: getattr(b, name)[:, :last] for name in ("values", "lli", "ssi")}
        blocks[letter] = replace(b, offsets=b.offsets[: n + 1], sat=b.sat[:last], **kept)
    chosen = {name: getattr(observations, name)[:n] for name in ("epoch_flags", "clock_offset_s")}
    return replace(observations, epochs=observations.epochs[:n], blocks=blocks, **chosen)


def shorter(station: Station, n: int, folder: Path) -> Station:
    found = Station(folder, "cut.rnx")
    found.nav = station.nav
    found.observations.write_bytes(rinex_obs.write(cut(read(station.observations), n)))
    return found


def test_a_causal_answer_does_not_change_when_more_epochs_come(hour: Station, tmp_path: Path) -> None:
    later, now = hour(BOTH, causal=True), shorter(hour, 60, tmp_path)(BOTH, causal=True)
    for member in ("glonass", "beidou", BOTH):
        before, after = xyz(now, member), xyz(later, member)[:60]
        assert np.allclose(before, after, atol=1e-6, rtol=0, equal_nan=True) and np.isfinite(before).mean() > 0.9


def test_one_epoch_and_no_epoch(hour: Station, tmp_path: Path) -> None:
    alone = shorter(hour, 1, tmp_path)(BOTH)
    assert alone.summary["solved"].tolist() == [1, 1, 1]
    with pytest.raises(InputError, match="no epoch"):
        shorter(hour, 0, tmp_path)(BOTH)


def test_too_few_satellites_are_flags(hour: Station) -> None:
    answer = hour(BOTH, mask_deg=70.0)
    assert answer.summary["solved"][0] == 0
    assert (answer.epochs["flag"][answer.epochs["member"] == "glonass"] == 1).all()


@pytest.mark.slow
def test_every_format_of_solutions(hour: Station, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    answer = hour(BOTH, residuals=True)
    for suffix in suffixes():
        for path in write(answer, tmp_path / f"wtzz{suffix}"):
            assert path.stat().st_size > 100, path


# Truth ---------------------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_truth_from_a_coordinate_solution(nist: Station, data_dir: Path, tmp_path: Path) -> None:
    """The solution of week 2226 has NIST; the same to the millimetre as written in the manifest of the data."""
    answer = shorter(nist, 20, tmp_path)(BOTH, truth=str(data_dir / COORDINATES))
    assert answer.truth is not None and "NIST" in answer.truth.source
    assert np.abs(np.array(answer.truth.position_m) - np.array([float(x) for x in NIST_TRUTH.split(",")])).max() < 0.002


@pytest.mark.parametrize(
    ("truth", "said"),
    [("1,2", "expected three numbers"), ("a,b,c", "a,b,c"), ("nosuch.snx", "nosuch.snx"), ("{nav}", "SINEX")],
)
def test_a_truth_that_is_none(hour: Station, truth: str, said: str) -> None:
    with pytest.raises(ArmillaryError, match=said):
        hour(BOTH, truth=truth.format(nav=hour.nav[0]))


@pytest.mark.slow
def test_a_truth_that_does_not_have_the_station(esbc: Station, data_dir: Path) -> None:
    with pytest.raises(ArmillaryError, match="ESBC"):
        esbc(BOTH, truth=str(data_dir / COORDINATES))


# What it refuses -----------------------------------------------------------------------------------------------------------------------------------


def test_orbits_of_another_day_are_an_error_that_says_so(hour: Station, nist: Station) -> None:
    with pytest.raises(InputError, match=r"2020-06-25.*2022-12-31"):
        hour(BOTH, nav=nist.nav)


def test_systems_that_cannot_take_part_are_named(hour: Station, data_dir: Path) -> None:
    precise = data_dir / "gnss/2020-177/GRG0MGXFIN_20201770000_01D_15M_ORB.SP3.gz"
    answer = hour(BOTH, nav=[], sp3=[precise])
    (warning,) = answer.warnings
    assert warning.startswith("beidou has no healthy orbit")
    assert answer.summary["solved"][1] == 0 and answer.summary["solved"][0] > 110
    assert hour("beidou+qzss").warnings == ("qzss was not observed",)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("{nav}", "--nav", "{nav}"), "observation file was expected"),
        (("{obs}", "--nav", "{obs}"), "navigation file was expected"),
        (("{obs}", "--sp3", "{nav}"), "SP3"),
        (("{obs}",), "--nav"),
        (("{obs}", "--nav", "{nav}", "--systems", "glonas"), "glonass"),
        (("{obs}", "--nav", "{nav}", "--mask-deg", "95"), "--mask-deg"),
        (("{obs}", "{other}", "--nav", "{nav}"), "one station"),
        (("{obs}", "--nav", "{nav}", "--truth", "1,2"), "three numbers"),
    ],
)
def test_mistakes_are_one_line_and_exit_status_2(hour: Station, esbc: Station, words: tuple[str, ...], said: str) -> None:
    arguments = ["position", *(w.format(obs=hour.observations, nav=hour.nav[0], other=esbc.observations) for w in words)]
    done = CliRunner().invoke(application(arguments), arguments, prog_name="armillary")
    assert done.exit_code == 2
    assert said in done.stderr and done.stderr.startswith("armillary: ") and done.stderr.count("\n") == 1


def test_a_station_without_a_name_is_positioned(hour: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = read(hour.observations)
    nameless = replace(cut(known, 3), header=replace(ObservationHeader(), interval_s=30.0))
    path = tmp_path / "nameless.rnx"
    path.write_bytes(rinex_obs.write(nameless))
    answer = position(federation(BOTH), [path], nav=hour.nav)
    assert answer.summary["solved"][-1] == 3


def test_progress_is_told(hour: Station) -> None:
    said: list[str] = []
    tell: Callable[[str, float], None] = lambda text, share: said.append(text)  # noqa: E731
    hour(BOTH, progress=tell)
    assert said[-1] == f"solving {BOTH}"
