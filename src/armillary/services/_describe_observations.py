"""What an observation file holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from armillary.core.geodesy import to_geodetic
from armillary.core.observations import ObservationBlock, ObservationHeader, Observations
from armillary.core.satellites import unpack_one
from armillary.services._content import Lines, Signal, numbers, plural, span, system_title
from armillary.services._describe import Description, describe

__all__ = ["ObservationContent", "ObservedSystem", "Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """A position in its two common forms."""

    position_m: tuple[float, float, float]
    latitude_deg: float
    longitude_deg: float
    height_m: float

    def lines(self) -> Lines:
        """Labels and values for people."""
        x, y, z = self.position_m
        text = f"{self.latitude_deg:.7f} deg  {self.longitude_deg:.7f} deg  {self.height_m:.3f} m"
        return [("position", text), ("", f"X {x:.4f}  Y {y:.4f}  Z {z:.4f} m")]


@dataclass(frozen=True, slots=True)
class ObservedSystem:
    """Satellites and signals of one system; ``mean_satellites`` per epoch of the file."""

    system: str
    title: str
    satellites: tuple[str, ...]
    mean_satellites: float
    signals: tuple[Signal, ...]

    def lines(self) -> Lines:
        """Labels and values for people."""
        text = f"{plural(len(self.satellites), 'satellite')} ({self.mean_satellites:.1f} per epoch): {numbers(self.satellites)}"
        signals = [f"{s.code} {100 * s.completeness:.0f}%" for s in self.signals]
        rows = [" ".join(f"{s:<8}" for s in signals[i : i + 10]).rstrip() for i in range(0, len(signals), 10)]
        return [(self.title, text), *(("", row) for row in rows)]


@dataclass(frozen=True, slots=True)
class ObservationContent:
    """An observation file: what stood where and what it received."""

    marker: str
    marker_number: str
    receiver: str
    receiver_version: str
    antenna: str
    antenna_height_m: float
    observer: str
    agency: str
    position: Place | None
    header_interval_s: float | None
    time_scale: str
    power_failures: int
    events: int
    clock_offsets: int
    """Epochs with a receiver clock offset."""
    systems: tuple[ObservedSystem, ...]

    def lines(self) -> Lines:
        """Labels and values for people."""
        out = [("station", f"{self.marker} {self.marker_number}".strip()), ("receiver", f"{self.receiver} {self.receiver_version}".strip())]
        out.append(("antenna", f"{' '.join(self.antenna.split())}, {self.antenna_height_m:.4f} m above the marker"))
        out += self.position.lines() if self.position else [("position", "not stated")]
        counts = {"power failures": self.power_failures, "events": self.events, "receiver clock offsets": self.clock_offsets}
        out += [(name, str(n)) for name, n in counts.items() if n]
        return out + [line for system in self.systems for line in system.lines()]


@describe.register
def _observations(value: Observations) -> Description:
    head = value.header
    content = ObservationContent(
        marker=head.marker,
        marker_number=head.marker_number,
        receiver=head.receiver,
        receiver_version=head.receiver_version,
        antenna=head.antenna,
        antenna_height_m=head.antenna_delta_hen_m[0],
        observer=head.observer,
        agency=head.agency,
        position=_place(head),
        header_interval_s=None if np.isnan(head.interval_s) else head.interval_s,
        time_scale=head.time_scale,
        power_failures=int(np.sum(value.epoch_flags == 1)),
        events=len(value.events),
        clock_offsets=int(np.sum(~np.isnan(value.clock_offset_s))),
        systems=tuple(_observed(block, len(value.epochs)) for block in value.blocks.values()),
    )
    return Description("observations", f"{head.version:.2f}", span(value.epochs, head.time_scale), content)


def _place(header: ObservationHeader) -> Place | None:
    if header.position_m is None or not any(header.position_m):
        return None
    at = to_geodetic(header.position_m)
    return Place(header.position_m, float(np.degrees(at.latitude_rad)), float(np.degrees(at.longitude_rad)), float(at.height_m))


def _observed(block: ObservationBlock, n_epochs: int) -> ObservedSystem:
    sats, rows = np.unique(block.sat, return_inverse=True)
    there = ~np.isnan(block.values)
    n = len(block.sat)
    signals = tuple(Signal(code, float(there[k].sum() / n) if n else 0.0, len(np.unique(rows[there[k]]))) for k, code in enumerate(block.codes))
    names = tuple(unpack_one(sat) for sat in sats)
    return ObservedSystem(block.system, system_title(block.system), names, n / n_epochs if n_epochs else 0.0, signals)
