"""Errors that were put into a product on purpose come out again, and nothing is dropped in silence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.core.antennas import Antenna, AntennaSet, PhaseCenter
from armillary.core.epochs import Epochs
from armillary.core.registry import by_letter
from armillary.core.satellites import pack, pack_one
from armillary.errors import InputError
from armillary.monitoring import signal_in_space_tables as tables
from armillary.monitoring.antenna_offsets import orbit_bands, radial_offsets
from armillary.monitoring.signal_in_space import ComparisonOptions, Product, Status, clock_pair, compare
from armillary.orbits.broadcast import BroadcastOrbit
from tests.monitoring.made_product import EPOCHS, LIGHT, PAIR_DELAY_S, START, messages, product

BEIDOU = by_letter()["C"]
NAMES = ["C19", "C20", "C21", "C22", "C23"]
ORBIT = np.array([[1.0, 2.0, -3.0], [-1.2, 0.4, 0.5], [0.0, -14.0, 0.0], [0.3, 0.0, 2.0], [-2.0, 1.0, 1.0]])
CLOCK = np.array([3.0, -1.0, 0.5, 40.0, -2.0])
MICROMETRES = 1e-5  # positions of 3e7 m in double precision, and a derivative by differences over a second in the test's own axes


def day(names: list[str] = NAMES, **changes: float) -> tuple[BroadcastOrbit, Product]:
    broadcast = BroadcastOrbit.from_navigation(messages(names, **changes), causal=True)
    n = len(names)
    truth = BroadcastOrbit.from_navigation(messages(names, **changes))
    return broadcast, Product("TST", product(truth, names, np.resize(ORBIT, (n, 3)), np.resize(CLOCK, n)))


def test_errors_come_out_in_the_frame_of_the_inertial_motion() -> None:
    found = compare(*day(), (BEIDOU,))
    assert (found.status == Status.COMPARED).all()
    assert found.sat.reshape(5, -1)[:, 0].tolist() == pack(NAMES).tolist()
    assert found.orbit_m.reshape(5, len(EPOCHS), 3) == pytest.approx(np.broadcast_to(ORBIT[:, np.newaxis], (5, len(EPOCHS), 3)), abs=MICROMETRES * 20)


def test_clock_is_that_of_the_pair_about_the_median() -> None:
    found = compare(*day(), (BEIDOU,))
    expected = np.broadcast_to((CLOCK - 0.5)[:, np.newaxis], (5, len(EPOCHS)))  # the median of the five is 0.5
    # 0.1 mm: clocks of 4e-4 s in double precision are good to 1e-11 m, the relativistic terms of two velocities differ by less.
    assert found.clock_m.reshape(5, -1) == pytest.approx(expected, abs=1e-4)
    assert found.datum_m == pytest.approx(0.5, abs=1e-4)


def test_hardware_groups_have_their_own_median() -> None:
    names = ["C06", "C07", "C08", *NAMES]
    broadcast = BroadcastOrbit.from_navigation(messages(names), causal=True)
    clock = np.array([10.0, 11.0, 12.0, *CLOCK])
    found = compare(broadcast, Product("TST", product(broadcast, names, np.zeros((8, 3)), clock)), (BEIDOU,))
    assert [key.group for key in found.groups] == ["BDS-3 MEO", "BDS-2 IGSO"]
    assert found.datum_m.reshape(8, -1)[:, 0] == pytest.approx([11.0] * 3 + [0.5] * 5, abs=1e-4)


def test_two_clocks_make_no_median() -> None:
    found = compare(*day(["C19", "C20"]), (BEIDOU,))
    assert (found.status == Status.NO_CLOCK).all() and np.isfinite(found.orbit_m).all()


def test_only_messages_already_sent_are_used() -> None:
    found = compare(*day(sent_s=-600.0), (BEIDOU,))
    early = found.epochs.tai_ns < START.shifted(-600.0).tai_ns[0]
    assert early.sum() == 5 * 8  # -3000 to -900 s
    assert (found.status[early] == Status.STALE).all() and (found.status[~early] == Status.COMPARED).all()


def test_what_is_not_compared_is_counted() -> None:
    names = [*NAMES, "C24", "C25", "C26"]
    health = np.array([0, 0, 0, 0, 0, 1, 0, 0])
    broadcast = BroadcastOrbit.from_navigation(messages(names, health=health), causal=True)
    orbit, clock = np.resize(ORBIT, (8, 3)), np.array([*CLOCK, 0.0, 0.0, 0.0])
    orbit[0, 1] = 500.0  # an outlier in orbit
    clock[1] = 80.0  # and one in clock
    table = product(broadcast, names, orbit, clock)
    table.clock_s[6] = np.nan
    kept = np.array([True] * 7 + [False])
    given = replace(table, sat=table.sat[kept], position_m=table.position_m[kept], clock_s=table.clock_s[kept], flags=table.flags[kept])
    satellites = tables.by_satellite(tables.evaluate(compare(broadcast, Product("TST", given), (BEIDOU,)), (), 0.0))
    n = len(EPOCHS)
    assert satellites["sat"].tolist() == names
    assert satellites["n_outlier"].tolist() == [n, n, 0, 0, 0, 0, 0, 0]
    assert satellites["n_unhealthy"].tolist() == [0, 0, 0, 0, 0, n, 0, 0]
    assert satellites["n_no_clock"].tolist() == [0, 0, 0, 0, 0, 0, n, 0]
    assert satellites["n_no_reference"].tolist() == [0, 0, 0, 0, 0, 0, 0, n]
    assert satellites["n"].tolist() == [0, 0, n, n, n, 0, 0, 0]
    assert satellites["n_orbit"].tolist() == [0, 0, n, n, n, 0, n, 0]


def test_satellite_without_any_message_is_reported() -> None:
    _, given = day()
    without = BroadcastOrbit.from_navigation(messages(NAMES), causal=True, exclude=pack(["C23"]))
    found = compare(without, given, (BEIDOU,))
    assert set(found.status[found.sat == pack_one("C23")]) == {Status.NO_MESSAGE}
    assert (found.status[found.sat != pack_one("C23")] == Status.COMPARED).all()


def test_figures_of_a_group() -> None:
    errors = tables.evaluate(compare(*day(), (BEIDOU,)), (), np.radians(5.0))
    row = next(tables.by_group(errors).rows())
    clock = CLOCK - 0.5
    assert (row["group"], row["satellites"], row["n"]) == ("BDS-3 MEO", 5, 5 * len(EPOCHS))
    assert row["radial_mean_m"] == pytest.approx(ORBIT[:, 0].mean(), abs=1e-3)
    assert row["along_rms_m"] == pytest.approx(np.sqrt(np.mean(ORBIT[:, 1] ** 2)), abs=1e-3)
    assert row["clock_rms_m"] == pytest.approx(np.sqrt(np.mean(clock**2)), abs=1e-3)
    # Without antenna calibrations the radial mean of the group is taken away; weights at 27 906 km and 5 deg from the published table (four digits).
    radial = ORBIT[:, 0] - ORBIT[:, 0].mean()
    across = 0.1325**2 * (ORBIT[:, 1] ** 2 + ORBIT[:, 2] ** 2)
    assert row["orbit_sisre_rms_m"] == pytest.approx(np.sqrt(np.mean((0.9823 * radial) ** 2 + across)), abs=2e-3)
    full = np.sqrt((0.9823 * radial - clock) ** 2 + across)
    assert row["sisre_rms_m"] == pytest.approx(np.sqrt(np.mean(full**2)), abs=5e-3)
    assert row["within_accuracy_percent"] == pytest.approx(100.0 * np.mean(full <= 2.0))
    assert np.isnan(row["radial_corrected_rms_m"]) and "unknown" in row["antenna"]


def antenna(sat: str, began: str, **along_z: float) -> Antenna:
    frequencies = {name: PhaseCenter(np.array([0.0, 0.0, z]), np.zeros(1), np.zeros(1)) for name, z in along_z.items()}
    began_ns = int(np.datetime64(began, "ns").astype(np.int64))
    return Antenna("KIND", "", "", pack_one(sat), "C000", "", began_ns, np.iinfo(np.int64).max, frequencies)


def test_antenna_of_the_signal_that_the_orbit_refers_to() -> None:
    broadcast, given = day()
    known = AntennaSet((antenna("C19", "2018-01-01", C02=1.4, C06=1.1), antenna("C20", "2018-01-01", C02=2.2, C06=2.2)), path="made.atx")
    errors = tables.evaluate(compare(broadcast, given, (BEIDOU,)), [known], 0.0)
    rows = {row["sat"]: row for row in tables.by_satellite(errors).rows()}
    assert rows["C19"]["radial_corrected_mean_m"] == pytest.approx(1.0 + 1.1, abs=1e-3)
    assert rows["C19"]["antenna"] == "made.atx"
    # One offset for all bands is a mean over bands: it does not say where the one of the broadcast orbit is.
    assert rows["C20"]["antenna"] == "" and np.isnan(rows["C20"]["radial_corrected_mean_m"])
    assert next(tables.by_group(errors).rows())["antenna"].startswith("1 of 5 from made.atx")


def test_offset_of_a_pair_is_ionosphere_free_and_the_later_calibration_wins() -> None:
    gps = by_letter()["G"]
    sets = [AntennaSet((antenna("G05", "2018-01-01", G01=1.0, G02=0.5),)), AntennaSet((antenna("G05", "2009-01-01", G01=3.0, G02=3.0),))]
    found = radial_offsets(sets, gps, ("C1W", "C2W"), [pack_one("G05"), pack_one("G06")], START)
    assert list(found) == [pack_one("G05")]
    # 77^2 / (77^2 - 60^2) = 2.5457 and 1.5457 (IS-GPS-200, the ratio of the two frequencies).
    assert found[pack_one("G05")].offset_m == pytest.approx(2.5457 * 1.0 - 1.5457 * 0.5, abs=1e-4)
    assert orbit_bands(gps, ("C1W", "C2W")) == ("1", "2")
    assert orbit_bands(BEIDOU, ("C2I", "C6I")) == ("6",)


def test_pairs_that_analysis_centres_use() -> None:
    pairs = {letter: clock_pair(constellation) for letter, constellation in by_letter().items() if constellation.combinations}
    assert pairs["G"] == ("C1W", "C2W") and pairs["C"] == ("C2I", "C6I")
    assert [code[:2] for code in pairs["R"]] == ["C1", "C2"] and [code[:2] for code in pairs["E"]] == ["C1", "C5"]


def test_signal_that_no_message_serves_takes_the_delay_of_the_other() -> None:
    kept = tuple(rule for rule in BEIDOU.group_delays if not rule.code.startswith("C2"))
    found = compare(*day(), (replace(BEIDOU, group_delays=kept),))
    # B3I is the reference and lacks nothing: all clocks are off by the delay of the pair, which is common and goes into the median.
    assert found.datum_m == pytest.approx(0.5 + PAIR_DELAY_S * LIGHT, abs=1e-4)


def test_steps_follow_the_product() -> None:
    broadcast, given = day()
    found = compare(broadcast, given, (BEIDOU,), ComparisonOptions(step_s=900.0))
    assert np.diff(found.epochs.tai_ns[:10]).tolist() == [900_000_000_000] * 9
    with pytest.raises(InputError):
        compare(broadcast, given, (BEIDOU,), ComparisonOptions(step_s=0.0))


def test_product_without_epochs_gives_empty_tables() -> None:
    broadcast, given = day()
    table = given.orbits
    nothing = replace(
        table, epochs=Epochs(EPOCHS.tai_ns[:0]), position_m=table.position_m[:, :0], clock_s=table.clock_s[:, :0], flags=table.flags[:, :0]
    )
    errors = tables.evaluate(compare(broadcast, Product("TST", nothing), (BEIDOU,)), (), 0.0)
    assert len(tables.series(errors)) == 0 and tables.by_group(errors)["n"].tolist() == [0]
