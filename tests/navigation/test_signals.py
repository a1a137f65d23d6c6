"""Which signals of an observation file become rows, on small files made here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import Federation, federation
from armillary.core.observations import ObservationBlock, ObservationHeader, Observations
from armillary.core.satellites import pack, pack_one
from armillary.core.scales import from_iso
from armillary.navigation.signals import SignalRows, first_signal, signal_rows

LIGHT = 299_792_458.0
TWO = federation("glonass+beidou")


def block(letter: str, codes: str, satellites: list[list[str]], values: Mapping[str, Mapping[str, float]], n_epochs: int) -> ObservationBlock:
    """A block with ``satellites[e]`` at epoch e; ``values[satellite][code]`` at every epoch, NaN where not named."""
    names = [name for epoch in satellites for name in epoch]
    table = np.array([[values.get(name, {}).get(code, np.nan) for name in names] for code in codes.split()]).reshape(len(codes.split()), -1)
    return ObservationBlock(
        system=letter,
        codes=tuple(codes.split()),
        offsets=np.concatenate([[0], np.cumsum([len(epoch) for epoch in satellites])]).astype(np.int64),
        sat=pack(names),
        values=table,
        lli=np.zeros(table.shape, np.uint8),
        ssi=np.zeros(table.shape, np.uint8),
    )


def observations(*blocks: ObservationBlock, header: ObservationHeader | None = None) -> Observations:
    n = len(blocks[0].offsets) - 1
    first = from_iso("2024-03-20T00:00:00", "GPST").tai_ns[0]
    epochs = Epochs(first + 30_000_000_000 * np.arange(n))
    return Observations(header or ObservationHeader(), epochs, np.zeros(n, np.uint8), np.full(n, np.nan), {b.system: b for b in blocks})


def of(rows: SignalRows, name: str) -> tuple[str, str]:
    return rows.signals[int(np.flatnonzero(rows.satellites == pack_one(name))[0])]


def test_best_liked_pair_of_what_each_satellite_sends() -> None:
    codes = "C2I C6I C7I C1P C5P"
    values = {
        "C06": {"C2I": 1.0, "C7I": 2.0},
        "C07": {"C2I": 1.0, "C7I": 2.0, "C6I": 3.0},
        "C20": {"C2I": 1.0, "C6I": 3.0, "C1P": 4.0, "C5P": 5.0},
        "C21": {"C1P": 4.0, "C5P": 5.0},
        "C22": {"C2I": 1.0},
        "C23": {"C6I": 3.0},
    }
    rows = signal_rows(TWO, observations(block("C", codes, [list(values)], values, 1)), channels={})
    assert of(rows, "C06") == ("C2I", "C7I")
    assert of(rows, "C07") == ("C2I", "C6I")
    assert of(rows, "C20") == ("C2I", "C6I")
    assert of(rows, "C21") == ("C1P", "C5P")
    # one signal is enough to stay, whichever it is
    assert of(rows, "C22") == ("C2I", "") and of(rows, "C23") == ("C6I", "")
    assert np.isfinite(rows.code_m[:, 0]).all()
    assert rows.frequency_hz[-1].tolist() == [1268.52e6, 0.0]


def test_a_pair_that_is_rarely_there_gives_way_to_one_that_is() -> None:
    """A satellite keeps its signals for the whole file, so they must be those of most epochs."""
    n = 20
    made = block("C", "C2I C6I C7I", [["C09"]] * n, {"C09": {"C2I": 1.0, "C6I": 2.0, "C7I": 3.0}}, n)
    for missing, expected in ((1, "C6I"), (3, "C7I")):
        values = made.values.copy()
        values[1, :missing] = np.nan
        rows = signal_rows(TWO, observations(replace(made, values=values)), channels={})
        assert of(rows, "C09") == ("C2I", expected)
        assert np.isnan(rows.code_m[:, 1]).sum() == (missing if expected == "C6I" else 0)


def test_tracking_attributes_in_order_of_preference() -> None:
    both = block("R", "C1P C1C C2P C2C", [["R01"]], {"R01": {"C1P": 1.0, "C1C": 2.0, "C2P": 3.0, "C2C": 4.0}}, 1)
    assert of(signal_rows(TWO, observations(both), channels={}), "R01") == ("C1C", "C2C")
    military = block("R", "C1P C2P", [["R01"]], {"R01": {"C1P": 1.0, "C2P": 3.0}}, 1)
    assert of(signal_rows(TWO, observations(military), channels={}), "R01") == ("C1P", "C2P")


def test_rows_stand_by_epoch_then_satellite_with_all_systems_merged() -> None:
    r = block("R", "C1C", [["R02", "R05"], [], ["R02"]], {"R02": {"C1C": 2e7}, "R05": {"C1C": 2.1e7}}, 3)
    c = block("C", "C2I", [["C08"], ["C08"], ["C08", "C30"]], {"C08": {"C2I": 3.8e7}, "C30": {"C2I": 2.4e7}}, 3)
    rows = signal_rows(TWO, observations(r, c), channels={})
    assert rows.offsets.tolist() == [0, 3, 4, 7]
    assert rows.sat.tolist() == pack(["C08", "R02", "R05", "C08", "C08", "C30", "R02"]).tolist()
    assert rows.epoch_of.tolist() == [0, 0, 0, 1, 2, 2, 2]
    assert [c.letter for c in rows.constellations] == ["R", "C"]
    assert rows.constellation_of[rows.satellite_of].tolist() == [1, 0, 0, 1, 1, 1, 0]


def test_only_systems_that_were_asked_for() -> None:
    r = block("R", "C1C", [["R02"]], {"R02": {"C1C": 2e7}}, 1)
    g = block("G", "C1C", [["G02"]], {"G02": {"C1C": 2e7}}, 1)
    assert signal_rows(federation("gps"), observations(r, g), channels={}).sat.tolist() == [pack_one("G02")]


@pytest.mark.parametrize("systems", ["beidou", "beidou+galileo"])
def test_a_system_that_the_file_lacks_gives_no_rows(systems: str) -> None:
    rows = signal_rows(federation(systems), observations(block("R", "C1C", [["R02"]], {"R02": {"C1C": 2e7}}, 1)), channels={})
    assert len(rows.sat) == 0 and rows.offsets.tolist() == [0, 0] and rows.code_m.shape == (0, 2)
    assert len(rows.constellations) == systems.count("+") + 1


def test_a_file_without_epochs() -> None:
    rows = signal_rows(TWO, observations(block("R", "C1C", [], {}, 0)), channels={})
    assert len(rows.sat) == 0 and rows.offsets.tolist() == [0]


def test_zero_is_missing() -> None:
    rows = signal_rows(
        TWO, observations(block("C", "C2I C6I L2I D2I S2I", [["C08"]] * 2, {"C08": {"C2I": 3.8e7, "L2I": 0.0, "D2I": 0.0}}, 2)), channels={}
    )
    assert np.isnan(rows.phase_m).all() and np.isnan(rows.doppler_m_s).all() and np.isnan(rows.cn0_dbhz).all()


def phases(name: str, channel_of_message: dict[int, int], header: ObservationHeader) -> SignalRows:
    made = block("R", "C1C L1C D1C C2C L2C", [[name]], {name: {"C1C": 2e7, "L1C": 1e8, "D1C": -1000.0, "C2C": 2e7, "L2C": 8e7}}, 1)
    return signal_rows(TWO, observations(made, header=header), channels=channel_of_message)


def test_phases_are_metres_on_the_channel_of_the_satellite() -> None:
    """ICD: L1 = 1602 + 0.5625 k MHz, L2 = 1246 + 0.4375 k MHz."""
    rows = phases("R10", {pack_one("R10"): -7}, ObservationHeader())
    assert rows.frequency_hz[0] == pytest.approx([1602e6 - 7 * 562.5e3, 1246e6 - 7 * 437.5e3], rel=1e-15)
    assert rows.phase_m[0] == pytest.approx([1e8 * LIGHT / (1602e6 - 7 * 562.5e3), 8e7 * LIGHT / (1246e6 - 7 * 437.5e3)], rel=1e-14)
    # the frequency comes down, so the range grows
    assert rows.doppler_m_s[0] == pytest.approx(1000.0 * LIGHT / (1602e6 - 7 * 562.5e3), rel=1e-14)


def test_the_channel_of_the_header_wins() -> None:
    rows = phases("R10", {pack_one("R10"): -7}, replace(ObservationHeader(), glonass_channels={10: 3}))
    assert rows.channels.tolist() == [3]
    assert rows.frequency_hz[0, 0] == 1602e6 + 3 * 562.5e3


def test_without_a_channel_codes_stay_and_phases_go() -> None:
    """The middle of the band is good enough for the ionosphere of a code (it was left out once, and the code with it had no ionosphere at all)."""
    rows = phases("R10", {}, ObservationHeader())
    assert np.isfinite(rows.code_m).all() and np.isnan(rows.phase_m).all() and np.isnan(rows.doppler_m_s).all()
    assert rows.frequency_hz[0].tolist() == [1602e6, 1246e6]


def test_loss_of_lock_is_the_first_bit_of_either_phase() -> None:
    made = block("C", "C2I L2I C6I L6I", [["C08"]] * 5, {"C08": {"C2I": 3.8e7, "L2I": 2e8, "C6I": 3.8e7, "L6I": 1.6e8}}, 5)
    made.lli[1, 1] = 1
    made.lli[3, 2] = 3
    made.lli[1, 3] = 2  # a half cycle that may be missing is no slip
    made.lli[0, 4] = 1  # a code has no lock to lose
    assert signal_rows(TWO, observations(made), channels={}).slipped.tolist() == [False, True, True, False, False]


def test_no_phase_goes_on_over_a_power_failure() -> None:
    made = block("C", "C2I L2I", [["C08"]] * 3, {"C08": {"C2I": 3.8e7, "L2I": 2e8}}, 3)
    off = replace(observations(made), epoch_flags=np.array([0, 1, 0], np.uint8))
    assert signal_rows(TWO, off, channels={}).slipped.tolist() == [False, True, False]


def test_first_signal_alone() -> None:
    values = {"C08": {"C2I": 1.0, "C6I": 2.0}, "C09": {"C6I": 3.0}}
    both = signal_rows(TWO, observations(block("C", "C2I C6I", [["C08", "C09"]], values, 1)), channels={})
    alone = first_signal(both)
    assert alone.signals == (("C2I", ""), ("C6I", ""))
    assert alone.code_m[:, 0].tolist() == [1.0, 3.0] and np.isnan(alone.code_m[:, 1]).all()
    assert (alone.frequency_hz[:, 1] == 0.0).all()
    assert np.isfinite(both.code_m[0, 1])  # what it was made from is untouched


def test_systems_keep_the_order_in_which_they_were_given() -> None:
    turned = Federation(tuple(reversed(TWO.constellations)))
    made = block("C", "C2I", [["C08"]], {"C08": {"C2I": 1.0}}, 1)
    assert [c.letter for c in signal_rows(turned, observations(made), channels={}).constellations] == ["C", "R"]
