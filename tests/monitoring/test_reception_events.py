"""Weak signals, multipath and slips put into made observations come back as events with their times; a quiet station has none."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.observations import Observations
from armillary.core.satellites import pack
from armillary.core.table import Table
from armillary.monitoring.events import quality_events
from armillary.monitoring.quality import station_quality
from armillary.orbits.state import OrbitState, empty_state

from .made_observations import PLACE_M, STEP_S, Made

BEIDOU = federation("beidou")
QUIET = Made({"2I": 0.2, "6I": 0.2}, n_epochs=480)
FIRST, LAST = 200, 280


class Hanging:
    """Satellites that hang 20000 km above the station, each a few degrees lower than the one before."""

    def state(self, sat: np.ndarray, epochs: Epochs) -> OrbitState:
        up = np.array(PLACE_M) / np.linalg.norm(PLACE_M)
        east = np.cross([0.0, 0.0, 1.0], up) / np.linalg.norm(np.cross([0.0, 0.0, 1.0], up))
        zenith = np.radians(5.0 * (np.asarray(sat) % 100 - min(QUIET.numbers)))[:, None]
        out = empty_state(len(sat))
        out.flag[:] = 0
        out.position_m[:] = np.array(PLACE_M) + 2.0e7 * (np.cos(zenith) * up + np.sin(zenith) * east)
        out.velocity_m_s[:] = 0.0
        return out


def events_of(observations: Observations) -> list[tuple[str, float, float, str]]:
    """Kind, first and last epoch (whole numbers of the interval), evidence."""
    quality = station_quality(BEIDOU, observations, orbit=Hanging(), satellites=pack(f"C{k:02d}" for k in QUIET.numbers))
    log = quality_events(quality, observed=observations.epochs)
    start = int(observations.epochs.tai_ns[0])
    return [(r["kind"], (r["start_tai_ns"] - start) / 1e9 / STEP_S, (r["end_tai_ns"] - start) / 1e9 / STEP_S, r["evidence"]) for r in log.rows()]


def changed(observations: Observations, kind: str, change: np.ndarray) -> Observations:
    """``change`` per epoch (or per row) added to all columns of one kind (C, L, S)."""
    block = observations.blocks["C"]
    per_row = np.repeat(change, np.diff(block.offsets)) if len(change) == len(block.offsets) - 1 else change
    values = block.values.copy()
    for i, code in enumerate(block.codes):
        if code[0] == kind:
            values[i] += per_row
    return replace(observations, blocks={"C": replace(block, values=values)})


def span(value: float) -> np.ndarray:
    return np.where((np.arange(QUIET.n_epochs) >= FIRST) & (np.arange(QUIET.n_epochs) < LAST), value, 0.0)


@pytest.fixture(scope="module")
def quiet() -> Observations:
    return QUIET.observations()


def test_a_quiet_station_has_no_event(quiet: Observations) -> None:
    assert events_of(quiet) == []


def test_weak_signals_of_all_satellites(quiet: Observations) -> None:
    ((kind, first, last, evidence),) = events_of(changed(quiet, "S", span(-8.0)))
    assert (kind, first, last) == ("weak signals", FIRST, LAST - 1)
    assert "-8.0 dB" in evidence and "beidou C2I beidou C6I" in evidence


def test_without_orbits_strength_says_nothing(quiet: Observations) -> None:
    weak = changed(quiet, "S", span(-8.0))
    assert len(quality_events(station_quality(BEIDOU, weak), observed=weak.epochs)) == 0


def test_satellites_of_different_power_that_come_and_go_are_no_event(quiet: Observations) -> None:
    # the four strong ones are away in the span; nobody is weaker than it always is
    block = quiet.blocks["C"]
    strong = changed(quiet, "S", np.where(np.isin(block.sat, pack(["C20", "C21", "C22", "C23", "C24"])), 9.0, 0.0))
    away = [(signal, number, FIRST, LAST) for signal in QUIET.signals for number in (20, 21, 22, 23, 24)]
    gone = replace(QUIET, absent=away).observations()
    powers = np.where(np.isin(gone.blocks["C"].sat, pack(["C20", "C21", "C22", "C23", "C24"])), 9.0, 0.0)
    assert events_of(strong) == [] and events_of(changed(gone, "S", powers)) == []


def test_one_weak_satellite_is_not_a_weak_station(quiet: Observations) -> None:
    block = quiet.blocks["C"]
    assert events_of(changed(quiet, "S", np.where(block.sat == block.sat[0], -20.0, 0.0))) == []


def test_strong_multipath_of_all_satellites(quiet: Observations) -> None:
    block = quiet.blocks["C"]
    rows = np.repeat(span(1.5), np.diff(block.offsets)) * np.random.default_rng(5).normal(size=len(block.sat))
    ((kind, first, last, evidence),) = events_of(changed(quiet, "C", rows))
    assert (kind, first, last) == ("strong multipath", FIRST, LAST - 1) and "times the usual" in evidence


def test_a_burst_of_slips(quiet: Observations) -> None:
    lost = [("2I", number, epoch) for number in QUIET.numbers for epoch in range(FIRST, LAST, 3)]
    found = events_of(replace(QUIET, lost=lost).observations())
    assert [(kind, first, last) for kind, first, last, _ in found] == [("slip burst", FIRST, LAST - 1)]
    assert f"{len(lost)} slips of up to 8 satellites" in found[0][3]


def test_a_receiver_that_slips_all_day_has_no_burst() -> None:
    lost = [("2I", number, epoch) for number in QUIET.numbers for epoch in range(0, QUIET.n_epochs, 4)]
    assert events_of(replace(QUIET, lost=lost).observations()) == []


def test_no_course_no_events() -> None:
    from armillary.monitoring.reception_events import reception_events

    assert reception_events("NONE", Table({})) == []
