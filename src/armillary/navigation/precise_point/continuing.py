"""What a run of precise point positioning leaves in a file, so that the next one goes on as if both were one.

Kept are the states of every member, the course of each satellite's phases (so that a slip between two files is found and an unbroken phase goes on),
its wind-up, and the position that partial derivatives are of. Times are nanoseconds of TAI; inside, seconds from the last epoch.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary.errors import FormatError, InputError
from armillary.navigation.precise_point.estimate import FilterOptions, Observed, PreciseSolution, fresh
from armillary.navigation.precise_point.memory import Memory
from armillary.navigation.precise_point.rows import Before, PreciseRows
from armillary.navigation.signals import SignalRows

__all__ = ["Continuation"]

Floats = NDArray[np.float64]
_VERSION = 1
_PLATES_M_S = 0.1 / 3.15e7
"""The fastest plates move by a decimetre a year: what was known long ago is known no better."""
_COURSE_TIME = 7
"""Column of the course that is a time."""


@dataclass(frozen=True, slots=True, eq=False)
class _Member:
    """The memory of one member; slots are of the satellites of the file."""

    groups: tuple[str, ...]
    memory: Memory


@dataclass(frozen=True, slots=True, eq=False)
class Continuation:
    """What is known at the end of a run."""

    station: str
    settings: Mapping[str, Any]
    """Mode and model: what goes on must be of the same kind."""
    last_ns: int
    position_m: Floats
    """float64[3]."""
    sat: NDArray[np.int16]
    """int16[n_sats], packed."""
    signals: tuple[str, ...]
    """Pair of signals of each satellite, such as ``C2I C6I``: another pair does not go on."""
    course: Floats
    wind_up_cycles: Floats
    members: Mapping[str, _Member]
    stepped_m: float = 0.0
    """Of :class:`PreciseRows`."""

    @property
    def offset_m(self) -> Floats:
        """float64[3]: east, north, up of the receiver from ``position_m``, as the last member (all together) knew it."""
        return np.asarray(list(self.members.values())[-1].memory.x[:3])

    @staticmethod
    def of(station: str, settings: Mapping[str, Any], rows: PreciseRows, solutions: Sequence[PreciseSolution]) -> Continuation:
        """What a run knows after its last epoch. InputError where the receiver moves: there is no one position to go on from."""
        if not (rows.position_m == rows.position_m[0]).all():
            raise InputError(f"{station} moves: its run cannot be continued (the state is linear about one position)")
        signals = rows.signals
        course = rows.course.copy()
        course[:, _COURSE_TIME] -= rows.time_s[-1]
        members = {}
        for solution in solutions:
            memory = solution.memory
            scalars = np.array([memory.scalars[0], 0.0])
            kept = replace(memory, seen_s=memory.seen_s - rows.time_s[-1], scalars=scalars)
            members[str(solution.observed.federation)] = _Member(solution.observed.groups, kept)
        pairs = tuple(" ".join(pair) for pair in signals.signals)
        last_ns = int(signals.epochs.tai_ns[-1])
        known = (rows.position_m[0].copy(), signals.satellites, pairs, course, rows.wind_up_cycles)
        return Continuation(station, settings, last_ns, *known, members, rows.stepped_m)

    def to_bytes(self) -> bytes:
        """As a file of NumPy arrays (.npz)."""
        head = {"version": _VERSION, "station": self.station, "settings": dict(self.settings), "last_ns": self.last_ns, "signals": list(self.signals)}
        arrays: dict[str, NDArray[Any]] = {
            "position_m": self.position_m,
            "sat": self.sat,
            "course": self.course,
            "wind_up_cycles": self.wind_up_cycles,
        }
        head["stepped_m"] = self.stepped_m
        head["members"] = {name: list(member.groups) for name, member in self.members.items()}
        for name, member in self.members.items():
            memory = member.memory
            n = int(memory.scalars[0])
            arrays |= {f"{name}/x": memory.x[:n], f"{name}/p": memory.p[:n, :n], f"{name}/slot": memory.slot, f"{name}/seen_s": memory.seen_s}
            arrays |= {f"{name}/known": memory.known, f"{name}/wide_sum": memory.wide_sum, f"{name}/wide_weight": memory.wide_weight}
            arrays |= {f"{name}/information": memory.information}
        out = BytesIO()
        np.savez_compressed(out, head=np.frombuffer(json.dumps(head).encode(), np.uint8), **arrays)  # type: ignore[arg-type]
        return out.getvalue()

    @staticmethod
    def from_bytes(path: str, data: bytes) -> Continuation:
        """From a file; FormatError where it is none."""
        try:
            with np.load(BytesIO(data), allow_pickle=False) as content:
                head = json.loads(content["head"].tobytes())
                arrays = {name: content[name] for name in content.files if name != "head"}
        except (ValueError, OSError, KeyError, EOFError, zipfile.BadZipFile):
            raise FormatError(path, 0, "expected the state of a run of precise point positioning") from None
        if head.get("version") != _VERSION:
            raise FormatError(path, 0, f"expected version {_VERSION} of the state of a run, found {head.get('version')}")
        members = {}
        for name, groups in head["members"].items():
            mine = {key.partition("/")[2]: value for key, value in arrays.items() if key.startswith(f"{name}/")}
            n_sats = len(arrays["sat"])
            none, scalars = np.full(n_sats, -1), np.array([float(len(mine["x"])), 0.0])
            memory = Memory(owner=none, arc_of=none, own_arc=none, scalars=scalars, **mine)
            members[name] = _Member(tuple(groups), memory)
        given = (arrays["position_m"], arrays["sat"], tuple(head["signals"]), arrays["course"], arrays["wind_up_cycles"])
        return Continuation(head["station"], head["settings"], head["last_ns"], *given, members, head.get("stepped_m", 0.0))

    def before(self, signals: SignalRows) -> Before:
        """What is known of the satellites of another file."""
        mine, theirs = self._common(signals)
        course, turns = np.full((len(signals.satellites), 9), np.nan), np.full(len(signals.satellites), np.nan)
        course[theirs] = self.course[mine]
        course[:, _COURSE_TIME] -= self._gap_s(signals)
        turns[theirs] = self.wind_up_cycles[mine]
        return Before(course, turns)

    def groups(self, member: str) -> tuple[str, ...]:
        """Clock groups of a member in their order; none where the member was not in the run."""
        return self.members[member].groups if member in self.members else ()

    def memory(self, observed: Observed, options: FilterOptions) -> Memory:
        """The memory of a member for the satellites of another file."""
        memory = fresh(observed, options)
        found = self.members.get(str(observed.federation))
        if found is None:
            return memory
        signals, old = observed.rows.signals, found.memory
        mine, theirs = self._common(signals)
        to = dict(zip(mine.tolist(), theirs.tolist(), strict=True))
        size = 3 if observed.uncombined else 1
        base, new_base = 6 + len(found.groups), 6 + len(observed.groups)
        index = list(range(base))
        n = new_base
        for s in np.flatnonzero(old.slot >= 0).tolist():
            if s in to:
                index += range(int(old.slot[s]), int(old.slot[s]) + size)
                memory.slot[to[s]], memory.owner[n] = n, to[s]
                n += size
        at = np.array([*range(base), *range(new_base, n)])
        memory.x[at] = old.x[index]
        memory.p[np.ix_(at, at)] = old.p[np.ix_(index, index)]
        memory.p[np.diag_indices(3)] += (_PLATES_M_S * self._gap_s(signals)) ** 2
        memory.known[: len(found.groups)] = old.known
        memory.seen_s[theirs] = old.seen_s[mine] - self._gap_s(signals)
        memory.arc_of[:] = memory.own_arc[:] = np.where(observed.rows.goes_on >= 0, observed.rows.goes_on, -1)
        for name in ("wide_sum", "wide_weight", "information"):
            getattr(memory, name)[theirs] = getattr(old, name)[mine]
        memory.scalars[:] = float(n), -self._gap_s(signals)
        return memory

    def _gap_s(self, signals: SignalRows) -> float:
        """Seconds from the last epoch of the run to the first one of another file."""
        return float(int(signals.epochs.tai_ns[0]) - self.last_ns) * 1e-9

    def _common(self, signals: SignalRows) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Satellites that both have, with the same signals: indices here and there."""
        _, mine, theirs = np.intersect1d(self.sat, signals.satellites, return_indices=True)
        same = np.array([self.signals[i] == " ".join(signals.signals[j]) for i, j in zip(mine, theirs, strict=True)], np.bool_)
        return mine[same], theirs[same]
