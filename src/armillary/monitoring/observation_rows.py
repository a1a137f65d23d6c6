"""Observations as rows of the store: one per satellite, epoch and signal, with its code, phase, Doppler and strength."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.core.observations import ObservationBlock, Observations

__all__ = ["observation_rows"]

QUANTITIES = {"C": "code_m", "L": "phase_cycles", "D": "doppler_hz", "S": "cn0_dbhz"}
"""First letter of an observation code -> column; the rest of the code is the signal."""


def observation_rows(observations: Observations) -> Mapping[str, NDArray[Any]]:
    """Columns of the stored table ``observations``: sat (int16, packed), signal, tai_ns, the four quantities (NaN where missing) and lli.

    A row stands for each satellite, epoch and signal of which anything was observed.
    """
    tai_ns = observations.epochs.tai_ns
    parts = [
        _signal_rows(block, signal, np.repeat(tai_ns, np.diff(block.offsets)))
        for block in observations.blocks.values()
        for signal in sorted({code[1:] for code in block.codes})
    ]
    names = ("sat", "signal", "tai_ns", *QUANTITIES.values(), "lli")
    return {name: np.concatenate([part[name] for part in parts]) if parts else np.empty(0) for name in names}


def _signal_rows(block: ObservationBlock, signal: str, tai_ns: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    nothing = np.full(len(block.sat), np.nan)
    found = {column: block.column(letter + signal) if letter + signal in block.codes else nothing for letter, column in QUANTITIES.items()}
    phase = "L" + signal
    lli = block.lli[block.codes.index(phase)] if phase in block.codes else np.zeros(len(block.sat), np.uint8)
    seen = np.isfinite(np.stack(list(found.values()))).any(axis=0)
    rows: dict[str, NDArray[Any]] = {"sat": block.sat, "tai_ns": tai_ns, "lli": lli, **found}
    return {"signal": np.full(int(seen.sum()), signal), **{name: values[seen] for name, values in rows.items()}}
