"""Wrong types and signs of satellite antennas are found by phases alone, on two station-days; right ones are left alone.

The types are known from elsewhere: R09, R11 and R22 are K1 or K2 by the IGS (2023), R09 in 2020; C21 was made by CAST, C43 by SECM.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.core.satellite_types import SatelliteTypes, satellite_types
from armillary.core.satellites import pack, pack_one, unpack_one
from armillary.io.reading import read
from armillary.navigation.precise_point.station import Corrections, StationModel, station_model
from armillary.navigation.precise_point.type_check import TypeDoubt, doubtful_types
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.services._inputs import read_files

pytestmark = pytest.mark.real_data

NIST = "gnss/2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz"
ESBC = "gnss/2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz"
WUM = ("gnss/2023-001/WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz",), ("gnss/2023-001/WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz",)
GFZ = ("gnss/2023-001/GFZ0MGXRAP_20230010000_01D_05M_ORB.SP3.gz",), ()
COD23 = ("gnss/2023-001/COD0MGXFIN_20230010000_01D_05M_ORB.SP3.gz",), ()
COD20 = ("gnss/2020-177/COD0MGXFIN_20201770000_01D_05M_ORB.SP3.gz",), ()
GRG = ("gnss/2020-177/GRG0MGXFIN_20201770000_01D_15M_ORB.SP3.gz",), ("gnss/2020-177/GRG0MGXFIN_20201770000_01D_30S_CLK.CLK.gz",)
ALL = "gps+glonass+galileo+beidou"
BOTH = "glonass+beidou"


@cache
def _read(data_dir: Path, observations: str, products: tuple[tuple[str, ...], tuple[str, ...]], systems: str):
    sp3, clk = ([data_dir / name for name in names] for names in products)
    files = read_files([data_dir / observations], systems=federation(systems).letters, nav=(), sp3=sp3, clk=clk)
    return files.observations, PreciseOrbit(files.orbits, files.clocks), [read(path) for path in sorted((data_dir / "products").glob("*.atx*"))]


def modelled(data_dir: Path, observations: str, products: tuple[tuple[str, ...], tuple[str, ...]], systems: str, **more) -> StationModel:
    observed, orbit, sets = _read(data_dir, observations, products, systems)
    return station_model(federation(systems), observed, orbit, Corrections(antennas=sets, **more))


def with_types(**types: str) -> SatelliteTypes:
    """The table with satellites called by other types."""
    return SatelliteTypes(tuple(replace(v, type=types.get(unpack_one(v.sat), v.type)) for v in satellite_types().vehicles))


def names(doubts: tuple[TypeDoubt, ...]) -> list[str]:
    return [unpack_one(doubt.sat) for doubt in doubts]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("observations", "products", "systems"),
    [(NIST, WUM, ALL), (NIST, WUM, BOTH), (NIST, COD23, ALL), (ESBC, GRG, "gps+glonass+galileo"), (ESBC, COD20, ALL), (ESBC, GRG, "glonass")],
)
def test_right_types_raise_no_doubt(data_dir, observations, products, systems):
    assert doubtful_types(modelled(data_dir, observations, products, systems)) == ()


@pytest.mark.slow
@pytest.mark.parametrize("systems", ["glonass", BOTH, ALL])
def test_glonass_k1_taken_for_m_is_found(data_dir, systems):
    wrong = with_types(R09="GLONASS-M", R11="GLONASS-M", R22="GLONASS-M")
    found = doubtful_types(modelled(data_dir, NIST, WUM, systems, types=wrong))
    assert names(found) == ["R09", "R11", "R22"]
    assert all(doubt.better == ("GLONASS-K1",) and doubt.rms_m > 2 * doubt.better_rms_m for doubt in found)
    # x = 0 of a K1 (a M has -0.545 m)
    assert all(np.hypot(*doubt.offset_m) < 0.15 for doubt in found)
    assert str(found[2]).startswith("R22: its phases fit GLONASS-K1 better (RMS ")
    assert str(found[2]).endswith("is the table of types out of date, or that of whoever made the clocks?")


@pytest.mark.slow
def test_glonass_m_taken_for_k1_is_found_at_another_station(data_dir):
    (doubt,) = doubtful_types(modelled(data_dir, ESBC, GRG, "gps+glonass+galileo", types=with_types(R01="GLONASS-K1")))
    assert (unpack_one(doubt.sat), doubt.better) == ("R01", ("GLONASS-M",))


@pytest.mark.slow
@pytest.mark.parametrize(("satellite", "wrong", "right"), [("C21", "BEIDOU-3M-SECM", "BEIDOU-3M-CAST"), ("C43", "BEIDOU-3M-CAST", "BEIDOU-3M-SECM")])
def test_makers_of_beidou_3_are_told_apart(data_dir, satellite, wrong, right):
    (doubt,) = doubtful_types(modelled(data_dir, NIST, WUM, BOTH, types=with_types(**{satellite: wrong})))
    assert unpack_one(doubt.sat) == satellite
    assert right in doubt.better


@pytest.mark.slow
def test_reversed_signs_of_x_are_found(data_dir):
    model = modelled(data_dir, NIST, WUM, BOTH, offset_factors=(-1.0, 1.0, 1.0))
    found = doubtful_types(model)
    types = dict(zip(model.satellites.sat.tolist(), model.satellites.type, strict=True))
    # 18 GLONASS-M have an orbit; with most of two systems wrong at once, some are not far enough beyond the scatter
    assert len([d for d in found if d.type == "GLONASS-M"]) >= 14
    assert all(d.better == ("GLONASS-M",) and -0.75 < d.offset_m[0] < -0.30 for d in found if d.type == "GLONASS-M")
    assert {"C11", "C12", "C14"} < set(names(found))
    assert all(d.better == (d.type,) for d in found)
    assert "are the signs of its offsets right?" in str(found[0])
    assert not any(types[doubt.sat] == "GLONASS-K1" for doubt in found)


@pytest.mark.slow
def test_a_centre_that_used_other_offsets_is_found(data_dir):
    # The clocks of GFZ of that day fit R22 as a GLONASS-M; those of Wuhan and CODE as the K1 it is.
    assert names(doubtful_types(modelled(data_dir, NIST, GFZ, ALL))) == ["R22"]


@pytest.mark.slow
def test_an_antenna_that_is_nowhere_on_its_type_is_told_where_it_is(data_dir):
    model = modelled(data_dir, NIST, WUM, BOTH)
    moved = model.satellites.offset_m.copy()
    moved[np.searchsorted(model.satellites.sat, pack_one("R22"))] += [0.0, 0.8, 0.0]
    change = modelled(data_dir, NIST, WUM, BOTH)
    k = int(np.searchsorted(model.satellites.sat, pack(["R22"]))[0])
    mine = np.flatnonzero((model.rows.signals.satellite_of == k) & model.rows.usable)
    # what 0.8 m too much on y does to the modelled range, and so to observed minus modelled
    change.rows.phase_m[mine] += 0.8 * model.body_directions(mine)[:, 1:2]
    wrong = replace(change, satellites=replace(model.satellites, offset_m=moved))
    (doubt,) = doubtful_types(wrong)
    assert unpack_one(doubt.sat) == "R22" and doubt.better == ()
    assert abs(doubt.offset_m[1]) < 0.1
    assert "fit no type of its system" in str(doubt)


@pytest.mark.slow
def test_a_receiver_that_moves_is_not_judged(data_dir):
    assert doubtful_types(replace(modelled(data_dir, NIST, WUM, BOTH, types=with_types(R22="GLONASS-M")), still=False)) == ()
