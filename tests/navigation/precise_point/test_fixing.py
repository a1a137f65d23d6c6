"""Whole ambiguities: recovered from made observations, and on a real day with the integer clocks of CNES/CLS."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.core.precise import PreciseClocks, merge
from armillary.io.reading import read
from armillary.navigation.precise_point import tables
from armillary.navigation.precise_point.estimate import FilterOptions, observed_by, solve, solve_both_ways
from armillary.navigation.precise_point.rows import PreciseRows
from armillary.navigation.precise_point.station import Corrections, station_model
from armillary.orbits.sp3_table import PreciseOrbit

pytestmark = pytest.mark.real_data

TRUTH = np.array([3582104.768, 532590.174, 5232755.144])


@pytest.fixture(scope="module")
def clocks(data_dir: Path) -> PreciseClocks:
    return read(data_dir / "gnss/2020-177/GRG0MGXFIN_20201770000_01D_30S_CLK.CLK.gz")


@pytest.fixture(scope="module")
def rows(data_dir: Path, clocks: PreciseClocks) -> PreciseRows:
    """GPS at ESBC; calibrations of igs20 for clocks of igs14, so that narrow lanes keep a part of each satellite's own."""
    day = data_dir / "gnss/2020-177"
    gps = federation("gps")
    orbits = merge([read(day / f"GRG0MGXFIN_2020{d}0000_01D_15M_ORB.SP3.gz") for d in ("176", "177")])
    sets = [read(path) for path in sorted((data_dir / "products").glob("*.atx*"))]
    observations = read(day / "ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz", systems="G")
    pretended = replace(clocks, antenna_model="igs20")
    return station_model(gps, observations, PreciseOrbit(orbits, pretended), Corrections(antennas=sets)).rows


@pytest.mark.slow
def test_wide_lanes_of_the_clocks_make_whole_numbers(rows: PreciseRows) -> None:
    wide = [
        (np.nanmean(rows.wide_cycles[mine]))
        for a in np.unique(rows.arc[rows.arc >= 0])
        if (mine := (rows.arc == a) & rows.usable).sum() > 240 and rows.integer_group[rows.signals.satellite_of[np.flatnonzero(mine)[0]]] >= 0
    ]
    assert len(wide) > 40
    turned = np.exp(2j * np.pi * np.array(wide))
    common = np.angle(turned.mean()) / (2 * np.pi)
    away = np.mod(np.array(wide) - common + 0.5, 1.0) - 0.5
    # of the receiver and of codes; without the biases of the clocks 0.25, as of any numbers
    assert np.sqrt(np.mean(away**2)) < 0.08


@pytest.mark.slow
def test_antennas_of_another_file_leave_ambiguities_float(data_dir: Path, clocks: PreciseClocks) -> None:
    day = data_dir / "gnss/2020-177"
    orbits = read(day / "GRG0MGXFIN_20201770000_01D_15M_ORB.SP3.gz")
    sets = [read(data_dir / "products/igs20_pasa_scoa_gps.atx.gz")]
    observations = read(day / "ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz", systems="G")
    found = station_model(federation("gps"), observations, PreciseOrbit(orbits, clocks), Corrections(antennas=sets)).rows
    assert (found.integer_group == -1).all()
    assert any("igs14_2108" in note for note in found.notes)


@pytest.mark.slow
def test_held_at_integers_a_position_is_better(rows: PreciseRows) -> None:
    observed = observed_by(federation("gps"), rows)
    z = observed.z_m.copy()
    z[:, 1] -= _left_in_narrow_lanes(rows)[rows.signals.satellite_of]
    found = solve(replace(observed, z_m=z), FilterOptions(static=False))
    later = (rows.time_s > 7200) & tables.solved(found) & (found.fixed > 0)
    assert later.sum() > 1200
    floating, whole = (np.sqrt(np.mean(np.sum(tables.errors_m(s, TRUTH)[later] ** 2, axis=1))) for s in (found, tables.held(found)))
    assert whole < 0.85 * floating
    assert whole < 0.035


def _left_in_narrow_lanes(rows: PreciseRows) -> np.ndarray:
    """Metres per satellite by which its ambiguities are not whole, the same in all passes: what the other antenna file left, from the day itself."""
    observed = observed_by(federation("gps"), rows)
    _, smoothed = solve_both_ways(observed, FilterOptions(static=True, integers=False, ambiguity_walk=0.0))
    signals = rows.signals
    state = smoothed.state[signals.epoch_of]
    left = observed.z_m[:, 1] - np.einsum("ij,ij->i", rows.partial, state[:, :6]) - state[:, 6]
    f1, f2 = 1575.42e6, 1227.60e6
    narrow, share = 299792458.0 / (f1 + f2), 299792458.0 * f2 / (f1**2 - f2**2)
    found: dict[int, list[complex]] = {}
    arcs = [mine for a in np.unique(smoothed.arc[smoothed.arc >= 0]) if (mine := (smoothed.arc == a) & np.isfinite(left)).sum() >= 240]
    wide = np.array([np.nanmean(rows.wide_cycles[mine]) for mine in arcs])
    common = np.angle(np.exp(2j * np.pi * wide).mean()) / (2 * np.pi)
    for mine, lane in zip(arcs, wide, strict=True):
        sat = int(signals.satellite_of[np.flatnonzero(mine)[0]])
        found.setdefault(sat, []).append(np.exp(2j * np.pi * (np.mean(left[mine]) - share * np.rint(lane - common)) / narrow))
    turns = np.array([np.angle(np.mean(found[s])) / (2 * np.pi) if s in found else 0.0 for s in range(len(signals.satellites))])
    return turns * narrow
