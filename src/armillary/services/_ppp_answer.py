"""What precise point positioning answers: one station, or several stations and days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss
from armillary.core.scales import to_iso
from armillary.core.table import Table
from armillary.navigation.precise_point.convergence import Convergence
from armillary.services._content import plural
from armillary.services._truth import Truth

__all__ = ["PppAnswer", "PppOfStations"]


@dataclass(frozen=True, slots=True, eq=False)
class PppAnswer:
    """Precise positions of one station for each member of a federation."""

    station: str
    mode: str
    """``static`` or ``kinematic``."""
    smoothed: bool
    truth: Truth | None
    summary: Table
    """A row per member."""
    answers: tuple[dict[str, Any], ...]
    """A row per member in plain values, with convergence."""
    epochs: Table
    """A row per member and epoch."""
    troposphere: Table
    clocks: Table
    observed: Epochs
    """Epochs of the observation files, [n_epochs]."""
    residuals: Table | None = None
    ionosphere: Table | None = None
    """Slant ionospheres, where both signals stand for themselves."""
    convergence: tuple[Convergence | None, ...] = ()
    """Per member, errors over cold sessions; None without them."""
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    skip_h: float = 0.0
    frame: str = ""
    """Of the orbits, and so of the positions."""
    written: tuple[Path, ...] = ()
    """Files of zenith delays and clocks, and the store."""
    uncombined: bool = False
    mapping: str = "niell"
    """Of the troposphere."""
    gain: dict[str, Any] | None = None
    """What joining brought over the best single system in kinematic errors, over the same epochs (factors above 1: better); None otherwise."""

    @property
    def precise(self) -> bool:
        """What solution formats call the kind of position by."""
        return True

    @property
    def how(self) -> str:
        """Mode, direction and observables in words; the column ``mode`` of the store, where runs of other ways stand side by side."""
        more = (("smoothed", self.smoothed), ("uncombined", self.uncombined), ("global mapping", self.mapping == "global"))
        return " ".join((self.mode, *(word for word, so in more if so)))

    @property
    def period(self) -> str:
        """When it was observed."""
        if not len(self.observed):
            return "no epochs"
        first, last = to_iso(self.observed[np.array([0, -1])], "GPST", 0)
        return f"{first} to {last} GPST, {len(self.observed)} epochs"

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        how = f"{self.mode}, both directions" if self.smoothed else f"{self.mode}, forward"
        signals = ", both signals uncombined" if self.uncombined else ""
        mapped = ", global mapping" if self.mapping == "global" else ""
        return f"{self.station}  {self.period}; {how}{signals}{mapped}; {self.against}"

    @property
    def against(self) -> str:
        """What errors are against."""
        if self.truth is None:
            return "no truth is known: errors are against the answer of all systems together at the end"
        return f"against {self.truth.source}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        lines = [self.meaning, *self._held]
        if self.gain is not None:
            lines.append(
                "gain of joining over the best alone, on the epochs that one solved: "
                f"3D RMS x{self.gain['rms_3d_m']:.2f} over {self.gain['best_rms_3d']}, "
                f"3D 95 % x{self.gain['p95_3d_m']:.2f} over {self.gain['best_p95_3d']}; {self.gain['solved']:+d} epochs over the one that solved most"
            )
        return (*lines, *self.sessions)

    @property
    def meaning(self) -> str:
        """What the errors of the table are."""
        skipped = f" after the first {self.skip_h:g} h" if self.skip_h else ", convergence included"
        if self.mode == "kinematic":
            return f"e, n, u: mean errors; all errors over the epochs{skipped}"
        return f"e, n, u: errors of the position at the end of the file; rms 3d and p95 3d: of the filter at all epochs{skipped}"

    @property
    def _held(self) -> Iterator[str]:
        """What integers brought."""
        for row in self.answers:
            if "fixed" in row:
                held = row["fixed"]
                yield (
                    f"{row['member']}: ambiguities held at integers in {100 * held['share']:.0f} % of epochs, 3D RMS {held['rms_3d_m']:.3f} m there "
                    f"(float {held['float_rms_3d_m']:.3f} m)"
                )

    @property
    def sessions(self) -> tuple[str, ...]:
        """How fast cold starts became good, a line per member."""
        lines = []
        for row in self.answers:
            if row["sessions"]:
                told = ", ".join(_reached(float(limit), minutes, row["reached"][limit]) for limit, minutes in row["convergence_min"].items())
                lines.append(f"{row['member']}, {plural(row['sessions'], 'cold session')}: {told}")
        return tuple(lines)

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        return {**self.plain, "warnings": list(self.warnings)}

    @property
    def plain(self) -> dict[str, Any]:
        """The answer in plain values, but for its warnings."""
        first_last = to_iso(self.observed[np.array([0, -1])], "GPST", 0).tolist() if len(self.observed) else [None, None]
        return {
            "station": self.station,
            "first_epoch_gpst": first_last[0],
            "last_epoch_gpst": first_last[1],
            "epochs": len(self.observed),
            "mode": self.mode,
            "smoothed": self.smoothed,
            "truth": None if self.truth is None else {"position_m": list(self.truth.position_m), "source": self.truth.source},
            "model": "uncombined" if self.uncombined else "ionosphere-free",
            "mapping": self.mapping,
            "answers": list(self.answers),
            "gain": self.gain,
        }


@dataclass(frozen=True, slots=True, eq=False)
class PppOfStations:
    """Precise positions of several stations, or of one station on days apart: a run is a station through days that follow each other."""

    runs: tuple[PppAnswer, ...]
    systems: str
    warnings: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    """Runs whose files were named themselves and that could not be solved, with the reason; of stations found in folders warnings tell."""
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)
    written: tuple[Path, ...] = ()

    @property
    def parts(self) -> Iterator[tuple[str, PppAnswer]]:
        """A name for the files of each run, and the run: the station, with its first day where the station has several runs."""
        names = [run.station for run in self.runs]
        for run in self.runs:
            yield (run.station if names.count(run.station) == 1 else f"{run.station}_{_day(run)}"), run

    @property
    def summary(self) -> Table:
        """A row per run and member."""
        counts = [len(run.summary) for run in self.runs]
        columns = {
            "station": np.repeat([run.station for run in self.runs], counts),
            "day": np.repeat([_day(run) for run in self.runs], counts),
        }
        names = self.runs[0].summary.columns
        return Table(columns | {name: np.concatenate([run.summary[name] for run in self.runs]) for name in names})

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        stations = len({run.station for run in self.runs})
        known = sum(run.truth is not None for run in self.runs)
        of = "their own answer of all systems together at the end" if not known else f"known positions at {known} of {len(self.runs)}"
        return f"{plural(stations, 'station')}, {plural(len(self.runs), 'run')}, {self.systems}; {self.runs[0].how}; errors against {of}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        several = [run for run in self.runs if len(run.observed) and _day(run) != _day(run, -1)]
        joined = [f"{run.station}: {_day(run)} to {_day(run, -1)} are one run" for run in several]
        unknown = [run.station for run in self.runs if run.truth is None]
        if unknown and len(unknown) < len(self.runs):
            joined.append(f"no truth is known of {' '.join(unknown)}: errors there are against all systems together at the end")
        sessions = (f"{run.station}, {words}" for run in self.runs for words in run.sessions)
        return (self.runs[0].meaning, *joined, *sessions)

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        stations = [run.plain for run in self.runs]
        return {"systems": self.systems, "stations": stations, "warnings": list(self.warnings), "failures": list(self.failures)}


def _reached(limit_m: float, minutes: float | None, share: float) -> str:
    """When cold starts stayed below a limit, and how many of them did."""
    when = f"{100 * limit_m:.0f} cm never" if minutes is None else f"{100 * limit_m:.0f} cm in {minutes:.4g} min"
    return f"{when} ({100 * share:.0f} %)"


def _day(run: PppAnswer, which: int = 0) -> str:
    """The day, GPS time, of the first or the last epoch."""
    return str(to_iso(run.observed[np.array([which])], "GPST", 0)[0])[:10] if len(run.observed) else "-"
