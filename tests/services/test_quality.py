"""The quality command on real stations: rows, words and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from armillary.core.federation import federation
from armillary.core.plain import dumps
from armillary.errors import InputError
from armillary.services.quality import QualityAnswer, quality

PAIR = federation("glonass+beidou")


@pytest.fixture(scope="module")
def nist(data_dir: Path) -> QualityAnswer:
    folder = data_dir / "gnss" / "2023-001"
    station = folder / "NIST00USA_R_20230010000_01D_30S_MO.crx.gz"
    return quality(PAIR, [station], nav=[folder / "BRDC00IGS_R_20230010000_01D_MN.rnx.gz"])


@pytest.mark.slow
@pytest.mark.real_data
def test_a_day_has_a_row_per_signal(nist: QualityAnswer) -> None:
    rows = json.loads(dumps(nist))["quality"]
    assert [row["signal"] for row in rows if row["constellation"] == "glonass"] == ["C1C", "C2C"]
    assert len(rows) >= 8 and all(0 < row["completeness"] <= 1 for row in rows)
    # a geodetic receiver under an open sky: what was visible was received, and codes are good to decimetres
    assert all(row["completeness"] > 0.99 and 0.1 < row["mp_rms_m"] < 0.7 for row in rows)
    assert all(row["cn0_mean_dbhz"] is None for row in rows)  # the file holds no strengths


@pytest.mark.real_data
def test_multipath_falls_with_elevation(nist: QualityAnswer) -> None:
    bins = [row for row in nist.by_elevation.rows() if row["signal"] == "C2I"]
    low, high = (next(r["mp_rms_m"] for r in bins if r["elevation_from_deg"] == at) for at in (10, 50))
    assert low > 1.5 * high


@pytest.mark.real_data
def test_what_a_person_reads(nist: QualityAnswer) -> None:
    assert nist.title.startswith("NIST  2023-01-01T00:00:00 to 2023-01-01T23:59:30 GPST, 2880 epochs every 30 s, 0 missing")
    assert "completeness_percent" in nist.summary.columns and len(nist.summary) == len(nist.signals)
    (station,) = nist.to_json()["stations"]
    assert station["latency"].startswith("unobserved")


@pytest.mark.real_data
def test_several_stations_without_orbits(data_dir: Path) -> None:
    folder = data_dir / "gnss" / "2020-177"
    files = [folder / f"WTZ{x}00DEU_R_20201770000_01D_30S_MO_120epoch.rnx.gz" for x in "RZ"]
    found = quality(PAIR, files)
    assert list(found.stations) == ["WTZR", "WTZZ00DEU"]
    assert {row["station"] for row in found.signals.rows()} == {"WTZR", "WTZZ00DEU"}
    assert any("no orbits for beidou, glonass" in text for text in found.remarks)
    assert "WTZR: GLONASS codes declared and never observed: C3Q" in found.remarks
    assert found.to_json()["by_elevation"] == []


@pytest.mark.real_data
def test_precise_orbits_serve_too(data_dir: Path) -> None:
    folder = data_dir / "gnss" / "2019-045"
    found = quality(
        federation("glonass"), [folder / "JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz"], sp3=[folder / "COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz"]
    )
    assert set(found.signals["basis"]) == {"orbits above 10 deg"} and (found.signals["completeness"] > 0.98).all()


@pytest.mark.slow
@pytest.mark.real_data
def test_satellites_marked_unhealthy_stand_apart(data_dir: Path) -> None:
    folder = data_dir / "gnss" / "2020-177"
    station = folder / "ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz"
    found = quality(federation("galileo"), [station], nav=[folder / "ESBC00DNK_R_20201770000_01D_MN.rnx.gz"])
    apart = {row["sat"] for row in found.to_json()["satellites"] if row["unhealthy_seen"]}
    # two satellites in eccentric orbits and one with a failed clock were not in service in 2020
    assert apart <= {"E14", "E18", "E20"}


@pytest.mark.real_data
def test_a_file_of_another_kind_is_named(data_dir: Path) -> None:
    orbits = data_dir / "gnss" / "2019-045" / "COD0MGXFIN_20190450000_01D_05M_ORB.sp3.gz"
    with pytest.raises(InputError, match="holds precise orbits, but a RINEX observation file was expected"):
        quality(PAIR, [orbits])


def test_refusals() -> None:
    with pytest.raises(InputError, match="no observation file"):
        quality(PAIR, [])
    with pytest.raises(InputError, match="--mask-deg"):
        quality(PAIR, [], mask_deg=95.0)
