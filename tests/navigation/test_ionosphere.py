"""Which model is taken, which set of a day, and what maps say."""

from __future__ import annotations

from dataclasses import replace
from math import asin, cos, pi, radians, sin, sqrt
from pathlib import Path

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.ionosphere_maps import IonosphereMaps
from armillary.core.navigation_messages import CorrectionRecord, Navigation, NavigationHeader
from armillary.core.scales import from_iso
from armillary.errors import InputError
from armillary.io import rinex_nav
from armillary.io.source import load_source
from armillary.navigation import ionosphere_kernels as kernels
from armillary.navigation.ionosphere import broadcast_model, coefficient_sets, has_broadcast, map_model, slant_model
from tests.navigation.made_links import made_links

GPSA = (1.0e-8, 2.2e-8, -6e-8, -1.2e-7, 96256.0, 131072.0, -65536.0, -589824.0)
BDSA = (2.7e-8, 1.3e-7, -1.3e-6, 2.0e-6, 143360.0, -442370.0, 1114100.0, 0.0)
BDGIM = (35.5, 2.0, 12.0, 13.375, -17.25, 1.125, 1.0, 3.0, 0.375)
METRES_PER_TECU = 0.162372
"""40.3e16 / f^2 at 1575.42 MHz, to six digits."""
NOON = from_iso("2023-03-12T04:00:00", "GPST")
"""Early afternoon at 116 E."""


def hours(*values: float) -> Epochs:
    day = from_iso("2023-03-12T00:00:00", "BDT").tai_ns[0]
    return Epochs(day + np.array([round(h * 3600e9) for h in values], np.int64))


def navigation(*records: CorrectionRecord) -> Navigation:
    return Navigation(NavigationHeader(), {}, tuple(records))


def klobuchar(system: str, values: tuple[float, ...], at: Epochs | None = None, sat: int | None = None) -> CorrectionRecord:
    return CorrectionRecord("KLOB", system, "", values, tai_ns=None if at is None else int(at.tai_ns[0]), sat=sat)


def constant_maps(tecu: float, *, mapping: str = "COSZ", times: Epochs | None = None) -> IonosphereMaps:
    epochs = hours(0.0, 24.0) if times is None else times
    latitude, longitude = np.radians(np.arange(-87.5, 88.0, 2.5)), np.radians(np.arange(-180.0, 181.0, 5.0))
    tec = np.full((len(epochs), len(latitude), len(longitude)), tecu)
    return IonosphereMaps(epochs, latitude, longitude, 450e3, 6371e3, tec, None, mapping_function=mapping, path="folder/made0710.23i")


def test_maps_come_before_broadcast_and_bdgim_before_klobuchar() -> None:
    links = made_links(NOON, [(40.0, 100.0)])
    records = [klobuchar("G", GPSA), klobuchar("C", BDSA), CorrectionRecord("BDGIM", "C", "ION C CNVX", BDGIM)]
    both, everything = federation("glonass+beidou"), navigation(*records)
    assert slant_model(links, everything, both, [constant_maps(20.0)]).error == 0.15
    assert slant_model(links, everything, both).error == 0.3
    assert slant_model(links, navigation(*records[:2]), both).error == 0.4
    assert "BDGIM" in slant_model(links, everything, both).source
    assert "made0710.23i" in slant_model(links, everything, both, [constant_maps(20.0)]).source
    assert "folder" not in slant_model(links, everything, both, [constant_maps(20.0)]).source


def test_own_messages_come_before_better_ones_of_others() -> None:
    links = made_links(NOON, [(40.0, 100.0)])
    records = [CorrectionRecord("BDGIM", "C", "", BDGIM), klobuchar("G", GPSA)]
    assert "GPS" in broadcast_model(links, navigation(*records), federation("gps")).source
    assert "BDGIM" in broadcast_model(links, navigation(*records), federation("glonass")).source


def test_each_system_has_its_own_form() -> None:
    links = made_links(NOON, [(40.0, 100.0)])
    place = [radians(v) for v in (40.0, 116.0, 40.0, 100.0)]
    gps = broadcast_model(links, navigation(klobuchar("G", GPSA)), federation("gps"))
    assert gps.slant_m[0] == pytest.approx(kernels.klobuchar(np.array(GPSA), *place, 4 * 3600.0), rel=1e-9)
    # 14 s between the time scales; the delay is of B1I and becomes one of 1575.42 MHz
    beidou = broadcast_model(links, navigation(klobuchar("C", BDSA)), federation("beidou"))
    expected = kernels.klobuchar_geographic(np.array(BDSA), *place, 4 * 3600.0 - 14.0) * (1561.098 / 1575.42) ** 2
    assert beidou.slant_m[0] == pytest.approx(expected, rel=1e-9)


def test_the_latest_set_before_each_epoch_is_used() -> None:
    sets = coefficient_sets([klobuchar("C", BDSA, hours(h)) for h in (4.0, 0.0, 2.0)], 8)
    assert sets.at(hours(-1.0, 0.0, 1.9, 2.0, 3.0, 4.0, 30.0)).tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_sets_of_one_hour_are_voted_on() -> None:
    odd = tuple(v * 1.1 for v in BDSA)
    sets = coefficient_sets([klobuchar("C", v, hours(2.0), sat) for v, sat in ((odd, 6735), (BDSA, 6705), (BDSA, 6708))], 8)
    assert sets.values.tolist() == [list(BDSA)]


def test_a_set_without_an_instant_serves_before_all() -> None:
    late = tuple(v * 2 for v in BDSA)
    sets = coefficient_sets([klobuchar("C", late, hours(2.0)), klobuchar("C", BDSA)], 8)
    assert sets.values[sets.at(hours(1.0, 3.0))].tolist() == [list(BDSA), list(late)]


def test_epochs_use_their_own_sets() -> None:
    stronger = tuple(v * 2 for v in BDSA[:4]) + BDSA[4:]
    records = navigation(klobuchar("C", BDSA, hours(0.0)), klobuchar("C", stronger, hours(5.0)))
    both = broadcast_model(made_links(hours(4.0, 6.0), [(40.0, 100.0), (70.0, 0.0)]), records, federation("beidou"))
    first = broadcast_model(made_links(hours(4.0, 6.0), [(40.0, 100.0), (70.0, 0.0)]), navigation(klobuchar("C", BDSA)), federation("beidou"))
    assert (both.slant_m == first.slant_m).tolist() == [True, True, False, False]
    assert "2 sets" in both.source


def test_coefficients_for_one_region_are_not_used_elsewhere() -> None:
    links = made_links(NOON, [(40.0, 100.0)])
    country = replace(klobuchar("J", BDSA), region=1)
    assert not has_broadcast(navigation(country))
    # a regional system in the file comes after one that serves the world
    assert "GPS" in broadcast_model(links, navigation(country, klobuchar("J", BDSA), klobuchar("G", GPSA)), federation("glonass")).source


def test_incomplete_records_are_no_model() -> None:
    half = klobuchar("G", (*GPSA[:4], *(float("nan"),) * 4))
    assert not has_broadcast(navigation(half))
    with pytest.raises(InputError, match="--ionex"):
        slant_model(made_links(NOON, [(40.0, 100.0)]), navigation(half), federation("gps"))


@pytest.mark.parametrize(("mapping", "radius_km", "scale"), [("COSZ", 6821.0, 1.0), ("NONE", 6877.7, 0.9782), ("", 6877.7, 0.9782)])
@pytest.mark.parametrize("elevation_deg", [5.0, 30.0, 90.0])
def test_constant_maps_give_their_value_times_the_slant_factor(mapping: str, radius_km: float, scale: float, elevation_deg: float) -> None:
    model = map_model(made_links(NOON, [(elevation_deg, 77.0)]), constant_maps(20.0, mapping=mapping))
    factor = 1 / cos(asin(6371.0 / radius_km * sin(scale * radians(90.0 - elevation_deg))))
    # six digits of metres per TECU
    assert model.slant_m[0] == pytest.approx(20.0 * METRES_PER_TECU * factor, rel=1e-5)


def test_maps_are_read_at_the_pierce_point_and_turn_with_the_sun() -> None:
    """Maps of one moving hill, 10 TECU cos(local time angle) + 0.1 TECU per degree of latitude, against the same hill evaluated directly."""
    times = hours(0.0, 2.0, 4.0, 6.0)
    maps = constant_maps(0.0, mapping="COSZ", times=times)
    turn = (times.tai_ns - times.tai_ns[0]) * (2 * pi / 86400e9)
    hill = 20.0 + 10.0 * np.cos(maps.longitude_rad[None, None, :] + turn[:, None, None]) + 0.1 * np.degrees(maps.latitude_rad)[None, :, None]
    links = made_links(hours(3.1), [(30.0, 60.0)])
    model = map_model(links, replace(maps, tec_tecu=hill))
    psi = pi / 2 - radians(30.0) - asin(6371 / 6821 * cos(radians(30.0)))
    # geocentric latitude: 0.19 deg south of the geodetic one at 40 deg
    start = radians(40.0) - radians(0.1893)
    latitude = asin(sin(start) * cos(psi) + cos(start) * sin(psi) * cos(radians(60.0)))
    longitude = radians(116.0) + asin(sin(psi) * sin(radians(60.0)) / cos(latitude))
    vertical = 20.0 + 10.0 * cos(longitude + 3.1 / 24 * 2 * pi) + 0.1 * np.degrees(latitude)
    factor = 1 / sqrt(1 - (6371 / 6821 * cos(radians(30.0))) ** 2)
    # a chord of 5 deg of a cosine of 10 TECU sags by 0.01 TECU, 0.002 m on this slant
    assert model.slant_m[0] == pytest.approx(vertical * METRES_PER_TECU * factor, abs=4e-3)


def test_rows_on_which_maps_are_silent_take_the_broadcast_model() -> None:
    links = made_links(hours(1.0, 3.0), [(40.0, 100.0), (60.0, 20.0)])
    short, broadcast = constant_maps(20.0, times=hours(2.0, 4.0)), navigation(klobuchar("G", GPSA))
    model = slant_model(links, broadcast, federation("gps"), [short])
    alone = broadcast_model(links, broadcast, federation("gps"))
    assert model.slant_m[:2].tolist() == alone.slant_m[:2].tolist()
    assert model.slant_m[2:].tolist() == map_model(links, short).slant_m[2:].tolist()
    assert "Klobuchar" in model.source
    assert "50.0% of the rows" in model.source
    silent = slant_model(links, navigation(), federation("gps"), [short])
    assert np.isnan(silent.slant_m).tolist() == [True, True, False, False]


def test_files_of_several_days_follow_each_other() -> None:
    links = made_links(hours(1.0, 25.0), [(40.0, 100.0)])
    days = [constant_maps(20.0), constant_maps(40.0, times=hours(24.0, 48.0))]
    slant = slant_model(links, navigation(), federation("gps"), days).slant_m
    assert slant[1] == pytest.approx(2 * slant[0])


def test_gaps_in_maps_stay_gaps() -> None:
    maps = constant_maps(20.0)
    maps.tec_tecu[:, 50:, :] = np.nan
    north, south = map_model(made_links(NOON, [(30.0, 0.0), (30.0, 180.0)]), maps).slant_m
    assert np.isnan(north)
    assert np.isfinite(south)


def test_below_the_horizon_there_is_no_delay() -> None:
    links = made_links(NOON, [(-1.0, 0.0)])
    assert np.isnan(map_model(links, constant_maps(20.0)).slant_m).all()
    assert np.isnan(broadcast_model(links, navigation(CorrectionRecord("BDGIM", "C", "", BDGIM)), federation("beidou")).slant_m).all()


@pytest.mark.real_data
def test_models_of_one_day_agree_within_their_errors(data_dir: Path) -> None:
    """2023-03-12, 11 to 17 h local time in Wuhan: both models of one operator, each from its own broadcast coefficients, where they are best."""
    day = rinex_nav.read(load_source(str(data_dir / "rinex4" / "BRD400DLR_S_20230710000_01D_MN.rnx.gz")))
    links = made_links(hours(*np.arange(3.5, 10.0)), [(90.0, 0.0), (30.0, 180.0)], place_deg=(30.0, 114.0))
    models = {}
    for kind in ("BDGIM", "KLOB"):
        records = tuple(r for r in day.ionosphere if r.kind == kind and r.system == "C")
        models[kind] = broadcast_model(links, replace(day, ionosphere=records), federation("beidou"))
    bdgim, klob = models["BDGIM"].slant_m, models["KLOB"].slant_m
    # solar maximum, near the northern crest: 60 to 100 TECU at the zenith
    assert 9.0 < bdgim[::2].max() < 17.0
    # errors of 30 % and 40 %, independent
    assert (np.abs(bdgim - klob) < 0.5 * np.maximum(bdgim, klob)).all()
