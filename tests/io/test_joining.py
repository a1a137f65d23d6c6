"""Files of one station joined: nothing lost, nothing twice, order restored."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.observations import ObservationBlock, ObservationEvent, ObservationHeader, Observations
from armillary.core.satellites import pack, unpack
from armillary.errors import InputError
from armillary.io.joining import join_observations
from armillary.io.reading import read


def station(tai_ns, rows, codes=("C2I", "L2I"), **header) -> Observations:
    """``rows``: per epoch a mapping of satellite name to its values."""
    letters = sorted({name[0] for epoch in rows for name in epoch})
    blocks = {}
    for letter in letters:
        names = [[name for name in sorted(epoch) if name[0] == letter] for epoch in rows]
        offsets = np.concatenate([[0], np.cumsum([len(n) for n in names])]).astype(np.int64)
        values = np.array([epoch[name] for epoch, n in zip(rows, names, strict=True) for name in n], np.float64).reshape(-1, len(codes)).T.copy()
        digits = np.ones(values.shape, np.uint8)
        blocks[letter] = ObservationBlock(letter, codes, offsets, pack([name for n in names for name in n]), values, digits, digits)
    n = len(tai_ns)
    return Observations(ObservationHeader(marker="ABCD", **header), Epochs(np.array(tai_ns)), np.zeros(n, np.uint8), np.full(n, np.nan), blocks)


FIRST = station([0, 30], [{"C01": (1, 2)}, {"C01": (3, 4), "R01": (5, 6)}], glonass_channels={1: 1})
SECOND = replace(
    station([60, 90], [{"C02": (7, 8)}, {"C01": (9, 10)}], codes=("C6I", "C2I"), glonass_channels={2: -4}), events=(ObservationEvent(1, 4, ("x",)),)
)


def test_files_in_any_order_become_one_in_time_order():
    joined = join_observations([SECOND, FIRST])
    assert joined.epochs.tai_ns.tolist() == [0, 30, 60, 90]
    block = joined.blocks["C"]
    assert block.codes == ("C2I", "L2I", "C6I")
    assert block.offsets.tolist() == [0, 1, 2, 3, 4]
    assert unpack(block.sat).tolist() == ["C01", "C01", "C02", "C01"]
    assert block.column("C2I").tolist() == [1, 3, 8, 10]
    assert np.array_equal(block.column("C6I"), [np.nan, np.nan, 7, 9], equal_nan=True)
    assert block.lli[block.codes.index("L2I")].tolist() == [1, 1, 0, 0]
    assert joined.blocks["R"].offsets.tolist() == [0, 0, 1, 1, 1]
    assert joined.header.glonass_channels == {1: 1, 2: -4}
    assert joined.events == (ObservationEvent(3, 4, ("x",)),)


def test_systems_in_separate_files_meet_at_their_epochs():
    joined = join_observations([station([0, 30], [{"C01": (1, 2)}] * 2), station([0, 30], [{"R01": (3, 4)}] * 2)])
    assert joined.epochs.tai_ns.tolist() == [0, 30]
    assert set(joined.blocks) == {"C", "R"}
    assert joined.losses == ()


def test_overlap_is_kept_once_and_reported():
    joined = join_observations([FIRST, station([30, 60], [{"C01": (99, 99)}, {"C01": (5, 6)}])])
    assert joined.blocks["C"].column("C2I").tolist() == [1, 3, 5]
    assert "1 rows of system C" in joined.losses[0].reason


def test_one_file_stays_as_it_is_and_none_is_an_error():
    assert join_observations([FIRST]) is FIRST
    with pytest.raises(InputError, match="no observations"):
        join_observations([])


def test_two_stations_are_not_joined():
    with pytest.raises(InputError, match="ABCD, EFGH"):
        join_observations([FIRST, replace(SECOND, header=replace(SECOND.header, marker="EFGH"))])


@pytest.mark.real_data
def test_a_file_cut_in_two_joins_to_itself(data_dir):
    whole = read(data_dir / "gnss/2023-001/NIST00USA_R_20230010100_05M_30S_MO.crx.gz")

    def piece(first: int, last: int) -> Observations:
        blocks = {}
        for letter, block in whole.blocks.items():
            rows = slice(block.offsets[first], block.offsets[last])
            offsets = block.offsets[first : last + 1] - block.offsets[first]
            blocks[letter] = ObservationBlock(
                letter, block.codes, offsets, block.sat[rows], block.values[:, rows], block.lli[:, rows], block.ssi[:, rows]
            )
        return replace(
            whole,
            epochs=whole.epochs[first:last],
            epoch_flags=whole.epoch_flags[first:last],
            clock_offset_s=whole.clock_offset_s[first:last],
            blocks=blocks,
        )

    joined = join_observations([piece(4, 10), piece(0, 4)])
    assert joined.epochs == whole.epochs
    for letter, block in whole.blocks.items():
        assert np.array_equal(joined.blocks[letter].values, block.values, equal_nan=True)
        assert np.array_equal(joined.blocks[letter].sat, block.sat)
        assert np.array_equal(joined.blocks[letter].offsets, block.offsets)
