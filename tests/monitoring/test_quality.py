"""Multipath, slips, gaps and completeness put into made observations come back; on real files a plain recount gives the same."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path

import hatanaka
import numpy as np
import pytest

import armillary
from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.observations import Observations
from armillary.core.registry import constellation
from armillary.core.satellites import pack
from armillary.core.table import Table
from armillary.monitoring.quality import StationQuality, station_quality
from armillary.monitoring.quality_rows import system_rows
from armillary.monitoring.quality_signals import track_signals
from armillary.monitoring.sky_view import full_instants
from armillary.navigation.positioning import channels_of
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.orbits.state import NO_DATA, UNHEALTHY, OrbitState, empty_state
from tests.monitoring.made_observations import PLACE_M, STEP_S, Made, joined

DUAL = {"2I": 0.4, "6I": 0.2}
TRIPLE = {"2I": 0.4, "6I": 0.2, "5P": 0.3}
SYSTEMS = federation("glonass+beidou+gps")


def row(table: Table, **wanted: object) -> dict:
    """The one row with these values."""
    (found,) = [r for r in table.rows() if all(r[k] == v for k, v in wanted.items())]
    return found


def of(made: Made, **options: object) -> StationQuality:
    return station_quality(SYSTEMS, made.observations(), **options)


def test_multipath_of_every_signal_of_every_system_comes_back() -> None:
    made = [
        Made({"1C": 0.6, "2P": 0.4, "3Q": 0.3}, "R", tuple(range(1, 11)), seed=2),
        Made(TRIPLE, seed=3),
        Made({"1C": 0.35, "2W": 0.25, "5X": 0.15}, "G", tuple(range(1, 9)), seed=4),
    ]
    found = station_quality(SYSTEMS, joined(*made)).signals
    for system, what in zip(("glonass", "beidou", "gps"), made, strict=True):
        for signal, sigma in what.signals.items():
            # 3200 to 4000 values: the deviation of a standard deviation is 1.25 %, phase noise adds 1 mm
            assert row(found, constellation=system, signal="C" + signal)["mp_rms_m"] == pytest.approx(sigma, rel=0.05)


def test_multipath_of_frequency_division_needs_the_right_channels() -> None:
    made = Made({"1C": 0.3, "2C": 0.3}, "R", tuple(range(1, 11)))
    wrong = made.observations()
    header = replace(wrong.header, glonass_channels=dict.fromkeys(range(1, 11), 0))
    # a channel of 6 taken as 0 changes wavelengths by 0.2 %: kilometres of range come out as multipath or slips
    spoiled = station_quality(SYSTEMS, replace(wrong, header=header)).signals
    assert row(spoiled, signal="C1C")["slips"] > 1000 or row(spoiled, signal="C1C")["mp_rms_m"] > 10
    unknown = station_quality(SYSTEMS, replace(wrong, header=replace(header, glonass_channels={}))).signals
    assert np.isnan(row(unknown, signal="C1C")["mp_rms_m"])
    from_messages = {82 * 100 + slot: k for slot, k in wrong.header.glonass_channels.items()}
    told = station_quality(SYSTEMS, replace(wrong, header=replace(header, glonass_channels={})), channels=from_messages).signals
    assert row(told, signal="C1C")["mp_rms_m"] == pytest.approx(0.3, rel=0.05)


def test_a_quiet_file_has_no_slips_gaps_or_jumps() -> None:
    found = of(Made(TRIPLE))
    assert found.signals["slips"].tolist() == [0, 0, 0] and found.signals["gaps"].tolist() == [0, 0, 0]
    assert np.isnan(found.signals["observations_per_slip"]).all()
    assert found.signals["completeness"].tolist() == [1.0] * 3
    assert row(found.station)["clock_jumps"] == 0 and row(found.station)["missing_epochs"] == 0
    assert found.signals["cn0_mean_dbhz"].tolist() == [45.0] * 3


def test_slips_are_counted_and_go_to_the_signal_that_slipped() -> None:
    # one cycle of the second band is 24 cm of the geometry-free combination, above its 15 cm at 30 s
    found = of(Made(TRIPLE, slips=[("6I", 21, 100, 1.0), ("6I", 21, 220, -1.0), ("2I", 24, 57, 2.0), ("5P", 25, 300, 7.0)])).signals
    assert [row(found, signal=s)["slips"] for s in ("C2I", "C6I", "C5P")] == [1, 2, 1]
    assert row(found, signal="C6I")["observations_per_slip"] == 400 * 8 / 2


def test_of_two_signals_a_slip_is_that_of_the_pair() -> None:
    found = of(Made(DUAL, slips=[("6I", 21, 100, 1.0)])).signals
    assert found["slips"].tolist() == [1, 1]


def test_the_receiver_tells_slips_too_small_to_see() -> None:
    found = of(Made(TRIPLE, lost=[("2I", 20, 50), ("2I", 20, 0)])).signals
    # the first epoch of a pass has nothing to slip from
    assert found["slips"].tolist() == [1, 0, 0]


def test_multipath_does_not_grow_with_slips() -> None:
    slips = [("2I", k, e, 11.0) for k in (20, 21, 22) for e in range(40, 400, 40)]
    assert row(of(Made(TRIPLE, slips=slips)).signals, signal="C2I")["mp_rms_m"] == pytest.approx(0.4, rel=0.05)


def test_interruptions_are_gaps_not_slips() -> None:
    made = Made(TRIPLE, absent=[("6I", 22, 100, 110), ("6I", 22, 200, 201), ("6I", 23, 0, 30)])
    found = of(made).signals
    six = row(found, signal="C6I")
    assert (six["gaps"], six["slips"], six["observed"], six["expected"]) == (2, 0, 3200 - 41, 3200)
    assert six["completeness"] == pytest.approx(3159 / 3200, abs=1e-12)
    assert row(found, signal="C2I")["gaps"] == 0


def test_missing_epochs_are_told() -> None:
    found = row(of(Made(DUAL, missing_epochs=(100, 101, 102, 250))).station)
    assert (found["epoch_count"], found["missing_epochs"], found["longest_gap_s"], found["interval_s"]) == (396, 4, 120.0, 30.0)
    assert found["day_share"] == pytest.approx(396 / 2880)


def test_a_power_failure_is_no_slip() -> None:
    made = Made(TRIPLE, power_failures=(150,), slips=[(s, k, 150, 1000.0 + k) for s in TRIPLE for k in range(20, 28)])
    found = of(made)
    assert found.signals["slips"].tolist() == [0, 0, 0] and row(found.station)["power_failures"] == 1


@pytest.mark.parametrize("jump_s", [1e-3, -1e-3, 5e-3])
def test_codes_that_jump_by_milliseconds_are_found_and_joined(jump_s: float) -> None:
    found = of(Made(TRIPLE, code_jumps_s={77: jump_s, 300: -jump_s}))
    assert found.jumps["jump_s"].tolist() == [jump_s, -jump_s]
    assert set(found.jumps["jumped"]) == {"codes alone"}
    assert str(found.jumps["epoch"][0]).startswith("2024-03-20T00:38:30")  # 77 x 30 s
    assert found.signals["slips"].tolist() == [0, 0, 0]
    assert row(found.signals, signal="C2I")["mp_rms_m"] == pytest.approx(0.4, rel=0.05)


def test_codes_that_jump_by_another_amount_are_found() -> None:
    found = of(Made(TRIPLE, code_jumps_s={77: 3.3e-6})).jumps
    # the median of eight codes with 0.4 m noise, twice: 0.2 m are 0.7 ns
    assert found["jump_s"] == pytest.approx([3.3e-6], abs=3e-9)


def test_codes_and_phases_that_jump_together_are_found() -> None:
    found = of(Made(TRIPLE, common_jumps_s={120: 1e-3, 260: -2e-3}))
    assert found.jumps["jump_s"].tolist() == [1e-3, -2e-3] and set(found.jumps["jumped"]) == {"codes and phases"}
    assert found.signals["slips"].tolist() == [0, 0, 0]


def test_a_reset_of_all_phases_is_no_clock_jump() -> None:
    slips = [(s, k, 150, 1000.0 * k) for s in TRIPLE for k in range(20, 28)]
    assert len(of(Made(TRIPLE, slips=slips)).jumps) == 0


class Overhead:
    """An orbit: some satellites stand overhead, others below the horizon; from ``sets_s`` on all are below."""

    def __init__(self, up: list[str], down: list[str], *, sets_s: float = 1e9, unhealthy: tuple[str, ...] = ()) -> None:
        self.up, self.unhealthy = pack(up), pack(unhealthy)
        self.satellites = np.sort(pack([*up, *down]))
        self.sets_s = sets_s

    def state(self, sat: np.ndarray, epochs: Epochs) -> OrbitState:
        out = empty_state(len(sat))
        t = (epochs.tai_ns - epochs.tai_ns.min()) * 1e-9
        sign = np.where(np.isin(sat, self.up) & (t < self.sets_s), 1.0, -1.0)
        out.position_m[:] = sign[:, None] * np.array(PLACE_M) * 4.0
        out.velocity_m_s[:] = 0.0
        out.flag[:] = np.where(np.isin(sat, self.unhealthy), UNHEALTHY, 0)
        out.flag[~np.isin(sat, self.satellites)] = NO_DATA
        return out


NAMES = [f"C{k}" for k in range(20, 28)]


def test_completeness_is_against_what_was_visible() -> None:
    orbit = Overhead(NAMES[1:], NAMES[:1], unhealthy=("C27",))
    made = Made(TRIPLE, missing_epochs=(10, 11), absent=[("2I", 21, 100, 150), ("6I", 20, 0, 50)])
    found = of(made, orbit=orbit, satellites=orbit.satellites)
    # six satellites are up and healthy at 400 instants, the two missing ones included
    assert found.signals["expected"].tolist() == [2400] * 3
    assert [row(found.signals, signal=s)["observed"] for s in ("C2I", "C6I", "C5P")] == [2400 - 12 - 50, 2400 - 12, 2400 - 12]
    assert [row(found.signals, signal=s)["gaps"] for s in ("C2I", "C6I")] == [7, 6]
    apart = row(found.satellites, sat="C27")
    assert (apart["expected"], apart["unhealthy_seen"], apart["unhealthy_observed"]) == (0, 400, 398)
    assert set(found.signals["basis"]) == {"orbits above 10 deg"}
    assert set(found.by_elevation["elevation_from_deg"]) == {80}
    assert {str(s) for s in found.tracks["sat"]} == set(NAMES[1:])


def test_a_satellite_never_received_is_missed_and_named() -> None:
    orbit = Overhead([*NAMES, "C28", "C06"], [])
    # C06 is of another generation, of which nothing was received: it is expected on what all send
    found = of(Made(TRIPLE, absent=[("5P", 20, 0, 400)]), orbit=orbit, satellites=orbit.satellites)
    assert [row(found.signals, signal=s)["expected"] for s in ("C2I", "C6I", "C5P")] == [4000, 4000, 2800]
    assert row(found.satellites, sat="C28")["observed"] == 0
    assert row(found.signals, signal="C2I")["completeness"] == pytest.approx(0.8)


def test_a_signal_received_below_the_mask_only_has_no_row() -> None:
    orbit = Overhead([], NAMES)
    found = of(Made(DUAL), orbit=orbit, satellites=orbit.satellites)
    assert len(found.signals) == 0 and found.low == {"BeiDou": ["C2I", "C6I"]}


def test_without_orbits_or_position_it_says_what_it_measures_against() -> None:
    assert set(of(Made(DUAL)).signals["basis"]) == {"any signal"}
    orbit = Overhead(NAMES, [])
    made = Made(DUAL).observations()
    nowhere = replace(made, header=replace(made.header, position_m=(0.0, 0.0, 0.0)))
    found = station_quality(SYSTEMS, nowhere, orbit=orbit, satellites=orbit.satellites)
    assert "no position" in found.warnings[0] and set(found.signals["basis"]) == {"any signal"}
    given = station_quality(SYSTEMS, nowhere, orbit=orbit, satellites=orbit.satellites, position_m=PLACE_M)
    assert set(given.signals["basis"]) == {"orbits above 10 deg"}


def test_rows_without_an_orbit_are_told() -> None:
    orbit = Overhead(NAMES[1:], [])
    found = of(Made(DUAL), orbit=orbit, satellites=orbit.satellites)
    assert found.warnings == ("MADE: 400 of 3200 BeiDou rows have no orbit and are not counted (C20)",)


def test_orbits_of_another_day_are_no_orbits() -> None:
    found = of(Made(DUAL), orbit=LongAgo(), satellites=pack(NAMES))
    assert found.warnings == ("MADE: the orbits of BeiDou do not serve the time of the file",)
    assert set(found.signals["basis"]) == {"any signal"} and found.signals["completeness"].tolist() == [1.0, 1.0]


class LongAgo:
    """Messages of a day long ago."""

    def state(self, sat: np.ndarray, epochs: Epochs) -> OrbitState:
        return empty_state(len(sat))


def test_a_declared_signal_that_never_comes_is_unobserved() -> None:
    made = Made(TRIPLE, absent=[("5P", k, 0, 400) for k in range(20, 28)])
    found = of(made)
    assert found.silent == {"BeiDou": ("C5P",)} and "C5P" not in found.signals["signal"]


def test_one_epoch_and_one_signal_are_enough_to_run() -> None:
    found = of(Made({"2I": 0.4}, n_epochs=1))
    assert found.signals["completeness"].tolist() == [1.0] and np.isnan(found.signals["mp_rms_m"]).all()
    assert np.isnan(row(found.station)["interval_s"]) and len(found.jumps) == 0


def test_no_epochs_or_no_codes_give_no_rows() -> None:
    made = Made({"2I": 0.4}, n_epochs=20).observations()
    block = made.blocks["C"]
    none = replace(
        made,
        epochs=made.epochs[:0],
        epoch_flags=made.epoch_flags[:0],
        clock_offset_s=made.clock_offset_s[:0],
        blocks={"C": replace(block, offsets=np.zeros(1, np.int64), sat=block.sat[:0], values=block.values[:, :0], lli=block.lli[:, :0])},
    )
    assert len(station_quality(SYSTEMS, none).signals) == 0
    phases = replace(block, codes=("L2I",), values=block.values[1:2], lli=block.lli[1:2], ssi=block.ssi[1:2])
    orbit = Overhead(NAMES, [])
    found = station_quality(SYSTEMS, replace(made, blocks={"C": phases}), orbit=orbit, satellites=orbit.satellites)
    assert len(found.signals) == 0 and found.satellites["expected"].sum() == 160


def test_a_file_of_another_system_gives_no_rows() -> None:
    found = station_quality(federation("galileo"), Made(DUAL).observations())
    assert len(found.signals) == 0 and len(found.station) == 1


# Real files


def recounted_sky(observations: Observations, orbit: BroadcastOrbit, sats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Elevation, degrees, and health at every epoch by the orbit model itself, [satellite, epoch]; geodetic up by plain formulas."""
    x, y, z = station = np.array(observations.header.position_m)
    p, e2, a = np.hypot(x, y), 6.69437999014e-3, 6378137.0
    latitude = np.arctan2(z, p * (1 - e2))
    for _ in range(5):
        latitude = np.arctan2(z + e2 * a / np.sqrt(1 - e2 * np.sin(latitude) ** 2) * np.sin(latitude), p)
    up = np.array([np.cos(latitude) * x / p, np.cos(latitude) * y / p, np.sin(latitude)])
    n = len(observations.epochs)
    state = orbit.state(np.repeat(sats, n), Epochs(np.tile(observations.epochs.tai_ns, len(sats))))
    away = state.position_m - station
    elevation = np.degrees(np.arcsin(away @ up / np.linalg.norm(away, axis=1)))
    return elevation.reshape(-1, n), ((state.flag & UNHEALTHY) == 0).reshape(-1, n)


@pytest.fixture(scope="module")
def esbc(data_dir: Path) -> tuple[Observations, BroadcastOrbit, StationQuality]:
    folder = data_dir / "gnss" / "2020-177"
    observed = armillary.read(folder / "ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz")
    messages = armillary.read(folder / "ESBC00DNK_R_20201770000_01D_MN.rnx.gz")
    orbit = BroadcastOrbit.from_navigation(messages)
    found = station_quality(SYSTEMS, observed, orbit=orbit, satellites=orbit.satellites, channels=channels_of(messages))
    return observed, orbit, found


@pytest.mark.real_data
def test_counts_of_a_real_day_are_those_of_a_plain_recount(esbc: tuple[Observations, BroadcastOrbit, StationQuality]) -> None:
    observed, orbit, found = esbc
    for letter, system, signal in (("C", "beidou", "6I"), ("G", "gps", "1C"), ("R", "glonass", "2P")):
        block = observed.blocks[letter]
        code, phase = block.column("C" + signal), block.column("L" + signal)
        epoch = np.repeat(np.arange(len(observed.epochs)), np.diff(block.offsets))
        sats = np.unique(block.sat[np.isfinite(code)])
        elevation, healthy = recounted_sky(observed, orbit, sats)
        expected = (elevation >= 10.0) & healthy
        mine = row(found.signals, constellation=system, signal="C" + signal)
        # where messages end while a satellite is up, its last node of 300 s is up to ten epochs before
        assert mine["expected"] == pytest.approx(expected.sum(), rel=3e-3)
        there = np.isfinite(code) & np.isfinite(phase) & np.isin(block.sat, sats)
        counted = expected[np.searchsorted(sats, block.sat[there]), epoch[there]]
        assert mine["observed"] == pytest.approx(counted.sum(), rel=3e-3)
        assert mine["cn0_mean_dbhz"] == pytest.approx(block.column("S" + signal)[there][counted].mean(), abs=0.01)


@pytest.mark.real_data
def test_multipath_of_real_passes_is_that_of_the_published_combination(esbc: tuple[Observations, BroadcastOrbit, StationQuality]) -> None:
    observed, _, found = esbc
    block = observed.blocks["G"]
    rows = system_rows(constellation("gps"), observed, full_instants(observed.epochs), {})
    n = len(observed.epochs)
    (track,) = [t for t in track_signals(rows, np.zeros(n), np.zeros(n, np.bool_)) if t.signal.name == "C1C"]
    f1, f2 = 1575.42e6, 1227.6e6
    alpha = (f1 / f2) ** 2
    l1, l2 = block.column("L1C") * 299_792_458.0 / f1, block.column("L2W") * 299_792_458.0 / f2
    mp1 = block.column("C1C") - (1 + 2 / (alpha - 1)) * l1 + 2 / (alpha - 1) * l2
    epoch = np.repeat(np.arange(n), np.diff(block.offsets))
    compared = 0
    for k, sat in enumerate(rows.sat):
        mine = np.flatnonzero((block.sat == sat) & np.isfinite(mp1))
        for part in np.split(mine, np.flatnonzero(np.diff(epoch[mine]) > 1) + 1):
            # unbroken passes of at least an hour of satellites compared with this very second signal
            if track.partners[k] == "C2W" and len(part) >= 120 and not track.slipped[part].any():
                level = np.sqrt(np.mean((mp1[part] - mp1[part].mean()) ** 2))
                # an arc may go on over a short pause, which moves its mean
                assert np.sqrt(np.mean(track.multipath_m[part] ** 2)) == pytest.approx(level, rel=0.03)
                compared += 1
    assert compared >= 10
    # published levels of geodetic receivers, arc means removed: 0.2 to 0.5 m for this code
    assert 0.15 < row(found.signals, constellation="gps", signal="C1C")["mp_rms_m"] < 0.5


@pytest.mark.slow
@pytest.mark.real_data
def test_blanks_written_as_zero_are_missing(data_dir: Path) -> None:
    path = data_dir / "gnss" / "2024-124" / "NYA100NOR_S_20241240000_01D_30S_MO.crx.gz"
    text = hatanaka.crx2rnx(gzip.decompress(path.read_bytes())).decode("ascii")
    header, body = text.split("END OF HEADER", 1)
    declared = next(line for line in header.splitlines() if line.startswith("C ") and line.rstrip().endswith("OBS TYPES"))
    place = declared[7:60].split().index("C7X")
    written = [line[3 + 16 * place : 17 + 16 * place] for line in body.splitlines() if line.startswith("C")]
    real = sum(1 for value in written if value.strip() and float(value) != 0.0)
    assert real < len(written)
    (seven,) = [r for r in station_quality(federation("beidou"), armillary.read(path, systems="C")).signals.rows() if r["signal"] == "C7X"]
    assert seven["observed"] == real


@pytest.mark.real_data
def test_missing_epochs_of_a_real_file(data_dir: Path) -> None:
    path = data_dir / "gnss" / "2025-290" / "IGM200ITA_R_20252900000_01D_30S_MO.crx.gz"
    found = row(station_quality(federation("beidou"), armillary.read(path, systems="C")).station)
    assert (found["epoch_count"], found["missing_epochs"], found["interval_s"]) == (2858, 22, STEP_S)
