"""Several observation files of one station as one: hour after hour, or system beside system."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss
from armillary.core.observations import ObservationBlock, ObservationEvent, ObservationHeader, Observations
from armillary.errors import InputError

__all__ = ["join_observations"]


def join_observations(parts: Sequence[Observations]) -> Observations:
    """One set of observations from files of one station, in any order.

    Epochs are merged in time order and codes united; a satellite that two files have at one epoch is taken from the file that starts first
    and reported as a loss. The header is that of the earliest file, with the frequency numbers of all. Raises InputError when nothing is
    given or the marker names differ (in more than upper and lower case).
    """
    if not parts:
        raise InputError("no observations to join")
    markers = sorted({part.header.marker.upper() for part in parts if part.header.marker})
    if len(markers) > 1:
        raise InputError(f"only files of one station are joined; these are of {', '.join(markers)}")
    if len(parts) == 1:
        return parts[0]
    parts = sorted(parts, key=lambda part: int(part.epochs.tai_ns[0]) if len(part.epochs) else np.iinfo(np.int64).max)
    tai_ns, first = np.unique(np.concatenate([part.epochs.tai_ns for part in parts]), return_index=True)
    places = [np.searchsorted(tai_ns, part.epochs.tai_ns) for part in parts]
    letters = list(dict.fromkeys(letter for part in parts for letter in part.blocks))
    blocks, losses = {}, [_named(loss, part) for part in parts for loss in part.losses]
    for letter in letters:
        chosen = [(part.blocks[letter], place) for part, place in zip(parts, places, strict=True) if letter in part.blocks]
        blocks[letter], repeated = _joined_block(letter, chosen, len(tai_ns))
        if repeated:
            losses.append(Loss(0, 0, f"{repeated} rows of system {letter} stand in two files: those of the earlier file are kept"))
    return Observations(
        header=_joined_header(parts),
        epochs=Epochs(tai_ns),
        epoch_flags=np.concatenate([part.epoch_flags for part in parts])[first],
        clock_offset_s=np.concatenate([part.clock_offset_s for part in parts])[first],
        blocks=MappingProxyType(blocks),
        events=_joined_events(parts, places, len(tai_ns)),
        losses=tuple(losses),
        path=", ".join(part.path for part in parts if part.path),
    )


def _named(loss: Loss, part: Observations) -> Loss:
    return replace(loss, reason=f"{part.path}: {loss.reason}") if part.path else loss


def _joined_header(parts: Sequence[Observations]) -> ObservationHeader:
    channels: dict[int, int] = {}
    for part in reversed(parts):
        channels |= part.header.glonass_channels
    return replace(parts[0].header, glonass_channels=channels)


def _joined_events(parts: Sequence[Observations], places: Sequence[NDArray[np.intp]], n_epochs: int) -> tuple[ObservationEvent, ...]:
    events = []
    for part, place in zip(parts, places, strict=True):
        for event in part.events:
            following = place[event.epoch_index] if event.epoch_index < len(place) else place[-1] + 1 if len(place) else n_epochs
            events.append(replace(event, epoch_index=int(following)))
    return tuple(sorted(events, key=lambda event: event.epoch_index))


def _joined_block(letter: str, chosen: Sequence[tuple[ObservationBlock, NDArray[np.intp]]], n_epochs: int) -> tuple[ObservationBlock, int]:
    """The rows of all blocks in order of epoch and satellite, and how many were left out because an earlier file has them."""
    codes = tuple(dict.fromkeys(code for block, _ in chosen for code in block.codes))
    epoch = np.concatenate([np.repeat(place, np.diff(block.offsets)) for block, place in chosen])
    sat = np.concatenate([block.sat for block, _ in chosen])
    order = np.lexsort((np.arange(len(sat)), sat, epoch))
    same = (np.diff(epoch[order]) == 0) & (np.diff(sat[order]) == 0)
    order = order[np.concatenate([[True], ~same])] if len(order) else order
    counts = np.bincount(epoch[order], minlength=n_epochs)
    columns = []
    for name, missing in (("values", np.nan), ("lli", 0), ("ssi", 0)):
        dtype = getattr(chosen[0][0], name).dtype
        merged = np.full((len(codes), len(order)), missing, dtype)
        for k, code in enumerate(codes):
            column = [_row(block, name, code, missing) for block, _ in chosen]
            merged[k] = np.concatenate(column)[order]
        columns.append(merged)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return ObservationBlock(letter, codes, offsets, sat[order], *columns), int(same.sum())


def _row(block: ObservationBlock, name: str, code: str, missing: float) -> NDArray[np.float64] | NDArray[np.uint8]:
    table: NDArray[np.float64] | NDArray[np.uint8] = getattr(block, name)
    return table[block.codes.index(code)] if code in block.codes else np.full(len(block.sat), missing, table.dtype)
