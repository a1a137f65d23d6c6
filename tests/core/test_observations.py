"""A part of observations in time."""

from __future__ import annotations

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.observations import ObservationBlock, ObservationEvent, ObservationHeader, Observations


def made() -> Observations:
    """Ten epochs a nanosecond apart; at epoch i, i satellites with values 100 i + k."""
    counts = np.arange(10)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    sat = np.concatenate([np.arange(n) for n in counts]).astype(np.int16)
    values = np.concatenate([100.0 * n + np.arange(n) for n in counts])[None, :]
    block = ObservationBlock("C", ("C2I",), offsets, sat, values, np.zeros_like(values, np.uint8), np.zeros_like(values, np.uint8))
    events = tuple(ObservationEvent(i, 4, ()) for i in (0, 3, 7))
    flags = np.arange(10, dtype=np.uint8)
    return Observations(ObservationHeader(), Epochs(np.arange(1000, 1010)), flags, np.full(10, np.nan), {"C": block}, events)


def test_epochs_rows_and_events_between_two_instants() -> None:
    part = made().between(1003, 1007)
    assert part.epochs.tai_ns.tolist() == [1003, 1004, 1005, 1006] and part.epoch_flags.tolist() == [3, 4, 5, 6]
    block = part.blocks["C"]
    assert block.offsets.tolist() == [0, 3, 7, 12, 18]
    assert block.values[0].tolist() == [300, 301, 302, 400, 401, 402, 403, 500, 501, 502, 503, 504, 600, 601, 602, 603, 604, 605]
    assert block.lli.shape == block.values.shape == block.ssi.shape and block.values.flags.c_contiguous
    assert [event.epoch_index for event in part.events] == [0]


def test_all_of_it_is_itself_and_nothing_is_empty() -> None:
    whole = made()
    assert whole.between(0, 2000) is whole
    empty = whole.between(2000, 3000)
    assert len(empty.epochs) == 0 and len(empty.blocks["C"].sat) == 0 and empty.blocks["C"].offsets.tolist() == [0]
