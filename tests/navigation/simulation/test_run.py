"""What is written is what was made: the library's readers get back the arrays the simulator built."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import armillary
from armillary.core.satellites import unpack_one
from armillary.errors import InputError
from armillary.navigation.simulation.run import Simulation, shortened, simulate_scenario, write_simulation
from armillary.navigation.simulation.scenario import Fault, Scenario


@pytest.fixture(scope="module")
def written(noisy: Simulation, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_simulation(noisy, tmp_path_factory.mktemp("run") / "deep" / "folder")


def test_observations_read_back_equal(noisy: Simulation, written: dict[str, Path]) -> None:
    got, made = armillary.read(written["AAAA"]), noisy.observations["AAAA"]
    assert not got.losses and got.epochs == made.epochs and got.blocks.keys() == made.blocks.keys()
    for letter, block in made.blocks.items():
        back = got.blocks[letter]
        assert back.codes == block.codes
        assert np.array_equal(back.sat, block.sat) and np.array_equal(back.offsets, block.offsets)
        assert np.array_equal(back.lli, block.lli) and np.array_equal(back.ssi, block.ssi)
        # The same decimals: doubles next to each other at most.
        assert np.abs(back.values - block.values).max() < 1e-6
    header, expected = got.header, made.header
    assert header.position_m == pytest.approx(expected.position_m, abs=1e-9)
    assert header.antenna_delta_hen_m == (1.5, 0.0, 0.0) and header.marker == "AAAA" and header.interval_s == 60.0
    assert header.glonass_channels == expected.glonass_channels and header.leap_seconds == 18
    assert any("SIMULATED" in text for text in header.comments)


def test_messages_read_back_equal(noisy: Simulation, written: dict[str, Path]) -> None:
    got, made = armillary.read(written["navigation"]), noisy.navigation
    assert not got.losses and set(got.messages) == set(made.messages)
    for key, table in made.messages.items():
        back = got.messages[key]
        assert np.array_equal(back.sat, table.sat)
        for name in ("reference", "ephemeris", "transmission"):
            assert getattr(back, name) == getattr(table, name), (key, name)
        for name, column in table.columns.items():
            if name in back.columns:
                # D19.12 keeps thirteen digits.
                assert np.allclose(back.columns[name], column, rtol=2e-12, atol=1e-30), (key, name)
        lacking = set(table.columns) - set(back.columns)
        assert lacking <= {"iodc", "iode"}, (key, lacking)
    # The file keeps five digits of coefficients, and of offsets seventeen.
    for record, twin in zip(made.ionosphere, sorted(got.ionosphere, key=lambda r: r.label), strict=True):
        assert record.label == twin.label and np.allclose(record.values, twin.values, rtol=1e-4, atol=1e-15)
    labels = {o.label: o.a0_s for o in got.time_offsets}
    assert labels == {o.label: pytest.approx(o.a0_s, rel=1e-9, abs=1e-18) for o in made.time_offsets}


def test_true_orbits_read_back_to_their_decimals(noisy: Simulation, written: dict[str, Path]) -> None:
    orbits = armillary.read(written["orbits"])
    sky = noisy.sky
    assert np.array_equal(orbits.sat, sky.sat)
    truth, _ = sky.earth_fixed(orbits.epochs.seconds_since(sky.origin))
    # Millimetres.
    assert np.abs(orbits.position_m - truth.transpose(1, 0, 2)).max() < 0.51e-3


def test_truth_is_complete_and_plain_json(noisy: Simulation, written: dict[str, Path]) -> None:
    truth = json.loads(written["truth"].read_text())
    station = truth["stations"]["AAAA"]
    assert station["operator"] == "Roscosmos" and station["host"] == "China"
    assert station["position_m"] == list(noisy.stations["AAAA"].position_m)
    assert set(truth["systems"]) == {"glonass", "beidou", "gps", "galileo"}
    assert truth["systems"]["glonass"]["time_minus_common_s"] == pytest.approx(30e-9)
    assert set(truth["satellites"]) == {unpack_one(int(s)) for s in noisy.sky.sat}
    assert station["receiver_code_bias_m"]["C BDS-3"].keys() == {"C2I", "C6I"}
    assert truth["files"]["navigation"] == written["navigation"].name
    rows = written["truth of AAAA"].read_text().splitlines()
    assert len(rows) == 1 + 120
    clock = np.array([float(row.split(",")[1]) for row in rows[1:]])
    assert np.allclose(clock, noisy.stations["AAAA"].clock_s, rtol=0, atol=1e-17)


def test_what_an_estimator_sees_follows_from_the_parts(noisy: Simulation, written: dict[str, Path]) -> None:
    station = json.loads(written["truth"].read_text())["stations"]["AAAA"]
    parts, seen = station["receiver_code_bias_m"]["C BDS-3"], station["seen_by_an_estimator_m"]["beidou"]["BDS-3"]
    assert seen["clock"] == pytest.approx(parts["C2I"] + 20e-9 * 299_792_458.0)
    assert seen["C6I"] == pytest.approx(parts["C6I"] - parts["C2I"])


def test_faults_are_listed_with_satellite_span_and_size(two_systems: Scenario, tmp_path: Path) -> None:
    faulty = replace(two_systems, hours=1.0, faults=(Fault("clock_jump", 0.25, 0.5, "C:highest", size_m=12.0),))
    simulation = simulate_scenario(faulty)
    (fault,) = json.loads(write_simulation(simulation, tmp_path)["truth"].read_text())["faults"]
    assert fault["kind"] == "clock_jump" and fault["sat"] == unpack_one(simulation.faults[0].sat) and fault["station"] == "every"
    assert (fault["start_s"], fault["end_s"], fault["size_m"]) == (900.0, 1800.0, 12.0)


def test_same_run_writes_the_same_bytes(two_systems: Scenario, tmp_path: Path) -> None:
    short = replace(two_systems, hours=0.5)
    first = write_simulation(simulate_scenario(short), tmp_path / "a")
    second = write_simulation(simulate_scenario(short), tmp_path / "b")
    for what, path in first.items():
        if what != "truth":
            old, new = (p.read_text().splitlines() for p in (path, second[what]))
            # The header's date of the run is the only line that may differ.
            assert [x for x in old if "PGM / RUN BY / DATE" not in x] == [x for x in new if "PGM / RUN BY / DATE" not in x]
    assert first["truth"].read_text() == second["truth"].read_text()


@pytest.mark.parametrize("change", [{"hours": -1.0}, {"hours": 1e9}, {"interval_s": 0.0}, {"hours": 0.001, "interval_s": 3600.0}])
def test_lengths_that_cannot_be_are_refused(two_systems: Scenario, change: dict[str, float]) -> None:
    with pytest.raises(InputError, match="cannot be simulated"):
        shortened(two_systems, **{"hours": None, "interval_s": None} | change)


def test_a_negative_seed_is_refused(two_systems: Scenario) -> None:
    with pytest.raises(InputError, match="seed"):
        simulate_scenario(two_systems, seed=-1)
