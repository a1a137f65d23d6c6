"""Events put into made tables come back with their times; faults that the simulator injected are found, named, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.federation import federation
from armillary.core.satellites import pack, unpack_one
from armillary.core.table import Table
from armillary.monitoring.events import KINDS, EventRules, confirmed, excluded_events, joined, quality_events, runs, signal_in_space_events
from armillary.monitoring.message_series import message_series
from armillary.monitoring.quality import StationQuality
from armillary.navigation.simulation.run import simulate_scenario
from armillary.navigation.simulation.scenario import Fault
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.services.position import position
from armillary.services.signal_in_space import signal_in_space
from armillary.services.simulate import SimulationAnswer, simulate

START_NS = 1_750_000_000 * NS_PER_SECOND
ALL = federation("glonass+beidou+gps+galileo")


def ns(seconds: float) -> int:
    return START_NS + round(seconds * NS_PER_SECOND)


def found(events: Table) -> list[tuple[str, str, str, float, float]]:
    """Kind, station, satellite, start and end (seconds) of each event."""
    return [(r["kind"], r["station"], r["sat"], (r["start_tai_ns"] - START_NS) / 1e9, (r["end_tai_ns"] - START_NS) / 1e9) for r in events.rows()]


def excluded(*rows: tuple[str, float], member: str = "all", reason: str = "failed the residual test") -> Table:
    sats, when = zip(*rows, strict=True)
    columns = {
        "member": np.full(len(rows), member),
        "sat": np.array(sats),
        "elevation_rad": np.full(len(rows), 0.5),
        "reason": np.full(len(rows), reason),
    }
    return Table(columns, Epochs(np.array([ns(t) for t in when])), pack(sats))


def series(sat: str, status: list[str], *, reference: str = "REF", step_s: float = 300.0, message_s: float = 3600.0, **columns: object) -> Table:
    """Rows of one satellite; messages change every ``message_s``."""
    n = len(status)
    t = np.arange(n) * step_s
    zero = np.zeros(n)
    filled = {
        "reference": np.full(n, reference),
        "tai_ns": np.array([ns(x) for x in t]),
        "sat": np.full(n, sat),
        "status": np.array(status),
        **dict.fromkeys(("radial_m", "along_m", "cross_m", "clock_m", "radial_corrected_m", "orbit_sisre_m", "sisre_m", "worst_user_m"), zero),
        "age_s": t % message_s,
        "accuracy_m": np.full(n, 2.0),
    }
    return Table({**filled, **{name: np.asarray(value) for name, value in columns.items()}})


def stacked(*tables: Table) -> Table:
    return Table({name: np.concatenate([t[name] for t in tables]) for name in tables[0].columns})


@given(st.lists(st.integers(0, 10_000), unique=True), st.integers(1, 500), st.integers(1, 4))
def test_runs_are_the_longest_without_a_gap(seconds: list[int], gap_s: int, least: int) -> None:
    t = np.sort(np.array(seconds, np.int64)) * NS_PER_SECOND
    every = runs(t, gap_s=gap_s)
    assert sum(s.stop - s.start for s in every) == len(t)
    for s in every:
        assert (np.diff(t[s]) <= gap_s * NS_PER_SECOND).all()
    assert all(t[b.start] - t[a.stop - 1] > gap_s * NS_PER_SECOND for a, b in pairwise(every))
    assert runs(t, gap_s=gap_s, least=least) == [s for s in every if s.stop - s.start >= least]


def test_steps_of_a_clock_in_one_direction_are_a_ramp_and_its_end_a_jump() -> None:
    clock = np.zeros(96)
    clock[6:18] = 6.0 * np.arange(1, 13)
    table = signal_in_space_events(series("C21", ["compared"] * 96, message_s=900.0, clock_m=clock))
    # the fall back to zero goes the other way: a jump of its own
    assert found(table) == [("clock ramp", "", "C21", 1500.0, 5100.0), ("clock jump", "", "C21", 5100.0, 5400.0)]
    assert "+72.0 m in 60 min" in table["evidence"][0] and "72.0 m with a new message" in table["evidence"][1]


def test_an_orbit_that_jumps_beyond_the_outlier_limits_jumps_all_the_same() -> None:
    along = np.where((np.arange(48) >= 12) & (np.arange(48) < 24), 200.0, 0.0)
    status = ["outlier" if x else "compared" for x in along]
    kinds = found(signal_in_space_events(series("R05", status, message_s=900.0, along_m=along)))
    assert ("ephemeris jump", "", "R05", 3300.0, 3600.0) in kinds and ("ephemeris jump", "", "R05", 6900.0, 7200.0) in kinds


def test_strong_multipath_explains_range_faults_of_its_station_only() -> None:
    def row(kind: str, station: str, sat: str, start: float, end: float) -> Table:
        columns = {"kind": kind, "station": station, "sat": sat, "start_tai_ns": ns(start), "end_tai_ns": ns(end), "evidence": "seen"}
        return Table({name: np.array([value]) for name, value in columns.items()})

    parts = [
        row("strong multipath", "AAAA", "", 3600.0, 7200.0),
        row("range fault", "AAAA", "C21", 4000.0, 5000.0),
        row("range fault", "AAAA", "C22", 9000.0, 9600.0),
        row("range fault", "BBBB", "C23", 4000.0, 5000.0),
    ]
    log = confirmed(joined(parts))
    assert [(kind, sat) for kind, _, sat, *_ in found(log)] == [("strong multipath", ""), ("range fault", "C23"), ("range fault", "C22")]
    assert "C21 failed the residual test" in log["evidence"][0]


def test_range_faults_need_three_epochs_and_bridge_five_minutes() -> None:
    rows = [("C21", t) for t in (0, 30, 60, 360, 390)] + [("C21", 1000), ("C21", 1030)] + [("R07", 30), ("R07", 60)]
    events = excluded_events(excluded(*rows), "all", 30.0, station="WUHR")
    assert found(events) == [("range fault", "WUHR", "C21", 0.0, 390.0)]
    assert "5 epochs" in events["evidence"][0]
    assert "elevation 29" in events["evidence"][0]


def test_other_members_and_other_reasons_are_no_faults() -> None:
    rows = [("C21", 30.0 * k) for k in range(10)]
    assert len(excluded_events(excluded(*rows, member="beidou"), "all", 30.0)) == 0
    assert len(excluded_events(excluded(*rows, reason="below the elevation mask"), "all", 30.0)) == 0


def test_states_of_the_message() -> None:
    good = ["compared"] * 12
    rows = stacked(
        series("C21", [*good, *["unhealthy"] * 4, *good]),
        series("C22", [*["stale"] * 3, *good, *["stale"] * 4, *["compared"] * 9]),
        series("C23", ["no message"] * 28),
        *(series(f"C{k}", ["compared"] * 28) for k in range(31, 40)),
    )
    assert found(signal_in_space_events(rows)) == [
        # what is missing before the first message, or altogether, was not observed: no fault of the satellite
        ("unobserved", "", "C22", 0.0, 600.0),
        ("unobserved", "", "C23", 0.0, 8100.0),
        ("unhealthy", "", "C21", 3600.0, 4500.0),
        ("no current message", "", "C22", 4500.0, 5400.0),
    ]


def test_local_navigation_files_say_nothing_of_other_satellites() -> None:
    rows = stacked(*(series(f"C{k}", ["compared" if k == 31 else "stale"] * 20) for k in range(31, 36)))
    events = signal_in_space_events(rows)
    assert found(events) == [("unobserved", "", "", 0.0, 5700.0)]
    assert events["evidence"][0].startswith("C: ")


def test_errors_beyond_accuracy_and_standard() -> None:
    n = 24
    sisre = np.where((np.arange(n) >= 6) & (np.arange(n) < 12), 10.5, 1.0)
    nothing = np.full(n, np.nan)
    beyond = series("C21", ["compared"] * n, sisre_m=sisre)
    assert found(signal_in_space_events(beyond)) == [("signal-in-space fault", "", "C21", 1800.0, 3300.0)]
    # without a stated accuracy the limit of the standard decides, for the worst user: 18 m for the system that has one, none for the other
    assert len(signal_in_space_events(series("R07", ["compared"] * n, worst_user_m=sisre, accuracy_m=nothing))) == 0
    assert len(signal_in_space_events(series("R07", ["compared"] * n, worst_user_m=2 * sisre, accuracy_m=nothing))) == 1
    assert len(signal_in_space_events(series("R07", ["compared"] * n, sisre_m=2 * sisre, accuracy_m=nothing))) == 0
    assert len(signal_in_space_events(series("C21", ["compared"] * n, worst_user_m=2 * sisre, accuracy_m=nothing))) == 0


def test_two_products_tell_one_event() -> None:
    status = [*["compared"] * 6, *["outlier"] * 4, *["compared"] * 6]
    both = stacked(series("C21", status, along_m=np.full(16, 800.0)), series("C21", status, reference="OTHER"))
    events = signal_in_space_events(both)
    assert found(events) == [("signal-in-space fault", "", "C21", 1800.0, 2700.0)]
    assert "REF" in events["evidence"][0] and "OTHER" in events["evidence"][0] and "800.0 m" in events["evidence"][0]


def test_jumps_with_a_new_message_stand_out_from_the_usual_ones() -> None:
    n = 60
    usual = 0.2 * (np.arange(n) // 12 % 2)
    clock = usual + np.where(np.arange(n) >= 36, 5.0, 0.0)
    assert found(signal_in_space_events(series("R07", ["compared"] * n, clock_m=clock))) == [("clock jump", "", "R07", 10500.0, 10800.0)]
    along = np.where(np.arange(n) >= 24, 30.0, 0.0)
    assert found(signal_in_space_events(series("R07", ["compared"] * n, along_m=along))) == [("ephemeris jump", "", "R07", 6900.0, 7200.0)]
    assert len(signal_in_space_events(series("R07", ["compared"] * n, clock_m=10.0 * usual))) == 0


def test_a_message_that_stays_is_a_missing_upload() -> None:
    n = 120
    t = np.arange(n) * 300.0
    held = np.where((t >= 7200) & (t < 21600), t - 7200, t % 3600.0)
    rows = stacked(series("C21", ["compared"] * n, age_s=held), series("C22", ["compared"] * n))
    assert found(signal_in_space_events(rows)) == [("missing upload", "", "C21", 7200.0, 21300.0)]


def quality(*, power_failures: int = 0, received: np.ndarray | None = None) -> StationQuality:
    n = 24
    silent = np.ones(n, np.bool_) if received is None else received
    at = Epochs(np.array([ns(300.0 * k) for k in range(n)]))
    station = {
        "station": np.array(["PULC"]),
        "first_epoch": np.array(["2025-06-15T15:06:22"]),
        "last_epoch": np.array(["2025-06-15T17:06:22"]),
        "interval_s": np.array([30.0]),
        "power_failures": np.array([power_failures]),
    }
    jump = {"station": np.array(["PULC"]), "tai_ns": np.array([ns(600.0)]), "jump_s": np.array([1e-3]), "jumped": np.array(["codes alone"])}
    tracks = Table({"sat": np.full(n, "C21"), "received": silent}, at, pack(["C21"] * n))
    empty = Table({})
    return StationQuality(empty, empty, empty, Table(station), Table(jump), tracks, {}, {})


def test_a_station_has_gaps_clock_jumps_and_power_failures() -> None:
    when = np.array([ns(30.0 * k) for k in range(200) if not 40 <= k < 80])
    events = quality_events(quality(power_failures=2), observed=Epochs(when))
    assert [row[0] for row in found(events)] == ["power failure", "receiver clock jump", "station gap"]
    assert found(events)[1][3:] == (600.0, 600.0)
    assert found(events)[2][3:] == (1170.0, 2400.0)
    assert "+1 ms" in events["evidence"][1]


def test_without_epochs_gaps_come_from_the_tracks() -> None:
    received = ~((np.arange(24) >= 6) & (np.arange(24) < 9))
    assert found(quality_events(quality(received=received)))[1] == ("station gap", "PULC", "", 1800.0, 2400.0)


def test_two_stations_make_a_satellite_fault_and_one_alone_does_not() -> None:
    rows = [("C21", 30.0 * k) for k in range(20)] + [("R07", 30.0 * k) for k in range(20)]
    here = excluded_events(excluded(*rows), "all", 30.0, station="WUHR")
    there = excluded_events(excluded(*((sat, t + 120.0) for sat, t in rows if sat == "C21")), "all", 30.0, station="PULC")
    log = confirmed(joined([here, there]))
    assert found(log) == [("range fault", "WUHR", "R07", 0.0, 570.0), ("satellite fault", "", "C21", 0.0, 690.0)]
    assert "PULC, WUHR" in log["evidence"][1]
    # the order of the parts does not matter, and a confirmed log stays as it is
    assert found(confirmed(joined([there, here]))) == found(log)
    assert confirmed(log)["evidence"].tolist() == log["evidence"].tolist()


def test_an_unhealthy_flag_confirms_and_keeps_its_row() -> None:
    fault = excluded_events(excluded(*(("C21", 30.0 * k) for k in range(120))), "all", 30.0, station="WUHR")
    flag = signal_in_space_events(series("C21", [*["compared"] * 12, *["unhealthy"] * 6]))
    assert [row[0] for row in found(confirmed(joined([fault, flag])))] == ["satellite fault", "unhealthy"]
    later = replace(flag, columns={**flag.columns, "start_tai_ns": flag["start_tai_ns"] + 3600 * NS_PER_SECOND})
    assert [row[0] for row in found(confirmed(joined([fault, later])))] == ["range fault", "unhealthy"]


def test_no_events_are_an_empty_log() -> None:
    log = confirmed(joined([]))
    assert len(log) == 0
    assert log["start_tai_ns"].dtype == np.int64
    assert len(signal_in_space_events(series("C21", []))) == 0


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> SimulationAnswer:
    return simulate("faults", out=tmp_path_factory.mktemp("faults"), interval_s=60.0)


@pytest.fixture(scope="module")
def log(simulated: SimulationAnswer) -> Table:
    files = simulated.files
    parts = []
    for name in simulated.simulation.stations:
        answer = position(ALL, [files[name]], nav=[files["navigation"]], causal=True)
        parts.append(excluded_events(answer.excluded, str(answer.summary["member"][-1]), 60.0, station=name))
    space = signal_in_space(ALL, nav=[files["navigation"]], sp3=[files["orbits"]])
    parts.append(signal_in_space_events(space.series))
    return confirmed(joined(parts))


SMALLEST_M = 6.0
"""A ramp is found once it exceeds what the residual test lets pass: five sigma of a code of about one metre with its orbit and ionosphere."""


@pytest.mark.slow
def test_every_injected_fault_is_found_and_named(simulated: SimulationAnswer, log: Table) -> None:
    origin = int(simulated.simulation.scenario.origin.tai_ns[0])
    for fault in simulated.simulation.faults:
        start = origin + round((fault.start_s + (SMALLEST_M / fault.rate_m_s if fault.rate_m_s else 0.0)) * NS_PER_SECOND)
        # a late flag ends the fault: the messages that carry it serve from the full hour after the one that was sent before
        late = fault.kind == "late_unhealthy"
        end = origin + round((fault.start_s + 3600.0 if late else fault.end_s) * NS_PER_SECOND)
        kind = "range fault" if fault.station else "satellite fault"
        rows = [
            r for r in log.rows() if r["sat"] == unpack_one(fault.sat) and r["kind"] == kind and r["start_tai_ns"] < end and r["end_tai_ns"] > start
        ]
        (row,) = rows
        assert row["station"] == fault.station
        # one epoch, 60 s; a ramp by its slope: half the limit or double
        slack_s = 60.0 + (0.5 * SMALLEST_M / fault.rate_m_s if fault.rate_m_s else 0.0)
        assert abs(row["start_tai_ns"] - start) <= slack_s * NS_PER_SECOND
        assert abs(row["end_tai_ns"] - end) <= 60 * NS_PER_SECOND
    flagged = [r for r in log.rows() if r["kind"] == "unhealthy"]
    assert [r["sat"] for r in flagged] == ["C38"]


@pytest.mark.slow
def test_nothing_else_is_reported(simulated: SimulationAnswer, log: Table) -> None:
    # eight faults and the one flag that was raised; no false event at all in eight hours
    jumps = {"clock jump", "clock ramp", "ephemeris jump"}
    faults, rows = simulated.simulation.faults, list(log.rows())
    assert sum(row["kind"] not in jumps for row in rows) == len(faults) + 1
    assert set(log["kind"]) <= set(KINDS)
    # what is wrong for everybody begins and ends with a jump against the true clocks or orbits, 300 s apart; messages change half an hour later
    origin = int(simulated.simulation.scenario.origin.tai_ns[0])
    edges = {(unpack_one(f.sat), origin + round(t * NS_PER_SECOND)) for f in faults if not f.station for t in (f.start_s, f.end_s)}
    for row in (row for row in rows if row["kind"] in jumps):
        near = [t for sat, t in edges if sat == row["sat"] and row["start_tai_ns"] - 1800e9 <= t <= row["end_tai_ns"] + 300e9]
        assert near, row
    ramps = {unpack_one(f.sat) for f in faults if f.kind == "clock_ramp" and not f.station}
    assert {row["sat"] for row in rows if row["kind"] == "clock ramp"} == ramps


@pytest.mark.slow
def test_flags_need_no_precise_product(simulated: SimulationAnswer) -> None:
    orbit = BroadcastOrbit.from_navigation(simulated.simulation.navigation, causal=True)
    start = int(simulated.simulation.scenario.origin.tai_ns[0])
    rows = message_series(orbit, list(ALL), Epochs(start + np.arange(96) * 300 * NS_PER_SECOND))
    with_product = signal_in_space(ALL, nav=[simulated.files["navigation"]], sp3=[simulated.files["orbits"]]).series
    assert set(rows.columns) <= set(with_product.columns) and set(rows["sat"]) == set(with_product["sat"])
    (flag,) = signal_in_space_events(rows).rows()
    (same,) = (r for r in signal_in_space_events(with_product).rows() if r["kind"] == "unhealthy")
    assert flag == same


@pytest.mark.slow
def test_a_satellite_without_new_messages_is_told_from_messages_alone(simulated: SimulationAnswer) -> None:
    scenario = simulated.simulation.scenario
    silent = Fault("missing_upload", 2.0, 6.0, "R05")
    run = simulate_scenario(replace(scenario, systems={"glonass": scenario.systems["glonass"]}, stations=scenario.stations[:1], faults=(silent,)))
    start = int(scenario.origin.tai_ns[0])
    orbit = BroadcastOrbit.from_navigation(run.navigation, causal=True)
    rows = message_series(orbit, list(federation("glonass")), Epochs(start + np.arange(96) * 300 * NS_PER_SECOND))
    ((kind, _, sat, first, last),) = found(signal_in_space_events(rows))
    # the last message before the silence serves until 18 minutes after its reference time; the next is sent after 6 h
    assert (kind, sat) == ("no current message", "R05")
    offset = (start - START_NS) / 1e9
    assert 2.0 < (first - offset) / 3600 < 2.75 and 5.75 < (last - offset) / 3600 < 6.5


@pytest.mark.slow
@pytest.mark.real_data
def test_a_real_day(data_dir: Path) -> None:
    day = data_dir / "gnss" / "2023-001"
    nav = [day / f"BRDC00IGS_R_{name}_01D_MN.rnx.gz" for name in ("20223650000", "20230010000")]
    space = signal_in_space(ALL, nav=nav, sp3=[day / "WUM0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"])
    rows = list(signal_in_space_events(space.series, rules=EventRules()).rows())
    # E14 and E18, in eccentric orbits, are marked unusable all day; R25 had no current messages for hours
    assert {r["sat"] for r in rows if r["kind"] == "unhealthy"} == {"E14", "E18"}
    assert {r["sat"] for r in rows if r["kind"] == "no current message"} == {"R25"}
    # of 125 satellites: two clock jumps of 3.3 m, five of the others above
    assert len(rows) <= 10
    assert not {"signal-in-space fault", "unobserved"} & {r["kind"] for r in rows}
