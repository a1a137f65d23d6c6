"""What a receiver keeps hold of: cells (epoch, satellite) in view, outages, slips of the carrier, errors that vary slowly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from armillary.navigation.simulation.scenario import StationPlan

__all__ = ["Tracking", "carrier_ambiguities", "slowly_varying", "tracked_cells"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Tracking:
    """Cells ordered by epoch, then satellite."""

    epochs: int
    satellites: int
    epoch: NDArray[np.int64]
    satellite: NDArray[np.int64]


def tracked_cells(sine: Array, plan: StationPlan, interval_s: float, draw: np.random.Generator, silent: NDArray[np.bool_]) -> Tracking:
    """The cells above the mask, less outages of single satellites and gaps of the station.

    ``sine`` [n_epochs, n] is that of the elevation; at ``silent`` epochs [n_epochs] a fault keeps the station from receiving anything.
    """
    receiver = plan.receiver
    seen = sine > np.sin(np.radians(receiver.mask_deg))
    starts = draw.random(seen.shape) < receiver.outages_per_hour * interval_s / 3600.0
    # Each loss lasts 1 to 10 min.
    lasts = np.maximum(1, np.rint(draw.uniform(60.0, 600.0, seen.shape) / interval_s)).astype(np.int64)
    for e, s in zip(*np.nonzero(starts & seen), strict=True):
        seen[e : e + lasts[e, s], s] = False
    hours = np.arange(len(seen)) * interval_s / 3600.0
    for first, last in plan.gaps_h:
        seen[(hours >= first) & (hours < last)] = False
    seen[silent] = False
    epoch, satellite = np.nonzero(seen)
    return Tracking(seen.shape[0], seen.shape[1], epoch, satellite)


def slowly_varying(tracking: Tracking, rows: NDArray[np.int64], epochs: float, draw: np.random.Generator) -> Array:
    """A first-order autoregressive process of unit variance per satellite, at ``rows``; ``epochs`` is its correlation time in epochs."""
    satellites, column = np.unique(tracking.satellite[rows], return_inverse=True)
    white = draw.normal(0.0, 1.0, (tracking.epochs, len(satellites)))
    keep = float(np.exp(-1.0 / max(epochs, 1e-3)))
    white[1:] *= np.sqrt(1.0 - keep * keep)
    for e in range(1, tracking.epochs):
        white[e] += keep * white[e - 1]
    return np.asarray(white[tracking.epoch[rows], column])


def carrier_ambiguities(
    tracking: Tracking, rows: NDArray[np.int64], slip_chance: Array, draw: np.random.Generator
) -> tuple[Array, NDArray[np.uint8], int]:
    """Whole cycles of each row, and the loss-of-lock indicator (1 where the count starts anew; first arcs are not flagged), and the number of slips.

    A new arc begins after any missing epoch and, with ``slip_chance`` [n_rows], without one.
    """
    order = np.lexsort((tracking.epoch[rows], tracking.satellite[rows]))
    s, e = tracking.satellite[rows][order], tracking.epoch[rows][order]
    new_satellite = np.ones(len(s), bool)
    new_satellite[1:] = s[1:] != s[:-1]
    lost = np.zeros(len(s), bool)
    lost[1:] = ~new_satellite[1:] & (e[1:] != e[:-1] + 1)
    slip = ~new_satellite & ~lost & (draw.random(len(s)) < slip_chance[order])
    start = draw.integers(-1_000_000, 1_000_000, len(s))
    size = draw.integers(1, 60, len(s)) * draw.choice([-1, 1], len(s))
    fresh = new_satellite | lost
    # Slips add up from the start of each arc.
    summed = np.cumsum(np.where(slip, size, 0))
    first = np.maximum.accumulate(np.where(fresh, np.arange(len(s)), 0))
    cycles = (start[first] + summed - summed[first]).astype(np.float64)
    out, flags = np.empty(len(s)), np.empty(len(s), np.uint8)
    out[order], flags[order] = cycles, (slip | lost).astype(np.uint8)
    return out, flags, int(slip.sum())
