"""What the filter knows between two epochs: kept in a file, it goes on with the next one as if both were one."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

__all__ = ["Memory"]

Floats = NDArray[np.float64]
_UNKNOWN_OFFSET_M = 1e5
"""Standard deviation of the offset of a clock group before it was seen (a third of a millisecond): any value, not none."""


@dataclass(frozen=True, slots=True, eq=False)
class Memory:
    """States and what belongs to them, as :mod:`armillary.navigation.precise_point.filter_kernels` changes them in place."""

    x: Floats
    p: Floats
    slot: NDArray[np.int64]
    """int64[n_sats]: where the block of a satellite begins, -1 for none."""
    owner: NDArray[np.int64]
    arc_of: NDArray[np.int64]
    own_arc: NDArray[np.int64]
    seen_s: Floats
    known: NDArray[np.bool_]
    """bool[n_groups]: the clock (offset) of a group has a value."""
    wide_sum: Floats
    wide_weight: Floats
    scalars: Floats
    """Number of states, seconds of the last epoch (NaN: none)."""
    information: Floats
    """float64[n_sats], what the codes of a satellite have said so far, 1 / m2."""

    @staticmethod
    def fresh(n_sats: int, n_groups: int, size: int, sigmas: tuple[float, float, float]) -> Memory:
        """Nothing known but standard deviations of position, zenith delay and gradients; ``size`` states for each satellite."""
        base = 6 + n_groups
        full = base + size * n_sats
        p = np.zeros((full, full))
        position, zenith, gradient = sigmas
        p[np.arange(7, base), np.arange(7, base)] = _UNKNOWN_OFFSET_M**2
        p[np.diag_indices(6)] = np.array([position, position, position, zenith, gradient, gradient]) ** 2
        return Memory(
            x=np.zeros(full),
            p=p,
            slot=np.full(n_sats, -1),
            owner=np.full(full, -1),
            arc_of=np.full(n_sats, -1),
            own_arc=np.full(n_sats, -1),
            seen_s=np.zeros(n_sats),
            known=np.zeros(n_groups, np.bool_),
            wide_sum=np.zeros(n_sats),
            wide_weight=np.zeros(n_sats),
            scalars=np.array([float(base), np.nan]),
            information=np.zeros(n_sats),
        )

    def copy(self) -> Memory:
        """One that does not change with this one."""
        return Memory(**{f.name: getattr(self, f.name).copy() for f in fields(self)})

    def arrays(self) -> tuple[NDArray[np.generic], ...]:
        """In the order of the kernel."""
        return (
            *(self.x, self.p, self.slot, self.owner, self.arc_of, self.own_arc, self.seen_s),
            *(self.known, self.wide_sum, self.wide_weight, self.scalars),
        )
