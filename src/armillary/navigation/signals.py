"""From an observation file to one row per satellite and epoch: which two code signals, with their phases.

The two signals of a satellite are chosen once for the whole file, so that its code biases stay the same biases: the pair of bands that serves
most of its epochs, in the order of preference of its constellation. A satellite with one usable signal keeps its single row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.constellation import Constellation
from armillary.core.epochs import Epochs
from armillary.core.federation import Federation
from armillary.core.observations import ObservationBlock, Observations
from armillary.core.physics import SPEED_OF_LIGHT_M_S

__all__ = ["SignalRows", "first_signal", "signal_rows"]

_ENOUGH = 0.9
"""A better liked signal is taken when it is present in at least this share of the epochs of the most present one."""
_POWER_FAILURE = 1
"""Epoch flag of a receiver that was off since the epoch before: no phase goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class SignalRows:
    """Rows sorted by epoch, then satellite. n rows, n_epochs epochs; column 0 is the first signal, 1 the second; NaN where absent."""

    epochs: Epochs
    offsets: NDArray[np.int64]
    """int64[n_epochs + 1]."""
    epoch_of: NDArray[np.int32]
    """int32[n], index of the epoch of each row."""
    sat: NDArray[np.int16]
    code_m: NDArray[np.float64]
    """float64[n, 2]."""
    phase_m: NDArray[np.float64]
    """float64[n, 2], metres, without ambiguity resolution."""
    doppler_m_s: NDArray[np.float64]
    """float64[n], range rate (positive when the range grows) from the first signal's Doppler."""
    cn0_dbhz: NDArray[np.float64]
    """float64[n, 2]."""
    slipped: NDArray[np.bool_]
    """bool[n], the loss-of-lock indicator of either phase is set, or the receiver was off."""
    frequency_hz: NDArray[np.float64]
    """float64[n, 2]; 0 where there is no second signal."""
    satellites: NDArray[np.int16]
    """int16[n_sats], ascending."""
    satellite_of: NDArray[np.int32]
    """int32[n], index into ``satellites``."""
    signals: tuple[tuple[str, str], ...]
    """Per satellite, the observation codes chosen; empty text where there is none."""
    channels: NDArray[np.int16]
    """int16[n_sats], frequency-division channel, 0 otherwise."""
    constellation_of: NDArray[np.int32]
    """int32[n_sats], index into ``constellations``."""
    constellations: tuple[Constellation, ...]
    phases: tuple[tuple[str, str], ...] = ()
    """Per satellite, the phase observations that go with ``signals``; empty text where there is none."""


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """The rows of one block before all systems are merged."""

    sat: NDArray[np.int16]
    epoch_of: NDArray[np.int32]
    columns: dict[str, NDArray[np.float64]]
    slipped: NDArray[np.bool_]
    signals: dict[int, tuple[str, str]]
    phases: dict[int, tuple[str, str]]
    channels: dict[int, int]


def signal_rows(federation: Federation, observations: Observations, *, channels: dict[int, int], enough: float = _ENOUGH) -> SignalRows:
    """One row per satellite and epoch for every system of ``federation``.

    ``channels`` maps packed satellites to frequency-division channels (from broadcast messages; the observation header's own table wins);
    a satellite of a frequency-division system without a channel cannot give a phase in metres, so its phases are NaN. A better liked signal is
    taken when it is present in at least the share ``enough`` of the epochs of the most present one.
    """
    parts = []
    for constellation in federation:
        block = observations.blocks.get(constellation.letter)
        if block is not None and len(block.sat):
            parts.append(_part(constellation, block, {**channels, **_header_channels(constellation, observations)}, observations.epoch_flags, enough))
    return _merge(parts, observations.epochs, tuple(federation))


def first_signal(rows: SignalRows) -> SignalRows:
    """The same rows as a receiver of one frequency would have them: without second signals."""

    def without(values: NDArray[np.float64], blank: float) -> NDArray[np.float64]:
        out = values.copy()
        out[:, 1] = blank
        return out

    return replace(
        rows,
        code_m=without(rows.code_m, np.nan),
        phase_m=without(rows.phase_m, np.nan),
        cn0_dbhz=without(rows.cn0_dbhz, np.nan),
        frequency_hz=without(rows.frequency_hz, 0.0),
        signals=tuple((first, "") for first, _ in rows.signals),
    )


def _header_channels(constellation: Constellation, observations: Observations) -> dict[int, int]:
    """Channels of the observation header for a frequency-division system."""
    if not any(band.step_hz for band in constellation.bands):
        return {}
    return {ord(constellation.letter) * 100 + slot: k for slot, k in observations.header.glonass_channels.items()}


def _part(constellation: Constellation, block: ObservationBlock, channels: dict[int, int], epoch_flags: NDArray[np.uint8], enough: float) -> _Part:
    n = len(block.sat)
    n_epochs = len(block.offsets) - 1
    present = np.isfinite(block.values) & (block.values != 0.0)
    epoch_of = np.repeat(np.arange(n_epochs, dtype=np.int32), np.diff(block.offsets))
    columns = {f"{kind}{j}": np.full(n, np.nan) for kind in ("code", "phase", "cn0", "frequency") for j in (0, 1)}
    columns["doppler"] = np.full(n, np.nan)
    slipped = epoch_flags[epoch_of] == _POWER_FAILURE
    signals: dict[int, tuple[str, str]] = {}
    phases: dict[int, tuple[str, str]] = {}
    chosen_channels: dict[int, int] = {}
    order = np.argsort(block.sat, kind="stable")
    starts = np.flatnonzero(np.diff(block.sat[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        sat = int(block.sat[rows[0]])
        pair = _choose(constellation, block.codes, present[:, rows], enough)
        signals[sat] = pair
        k = channels.get(sat)
        chosen_channels[sat] = 0 if k is None else k
        found = [_fill(columns, slipped, j, rows, block, code, _frequency(constellation, code, k)) if code else "" for j, code in enumerate(pair)]
        phases[sat] = found[0], found[1]
    return _Part(block.sat, epoch_of, columns, slipped, signals, phases, chosen_channels)


def _frequency(constellation: Constellation, code: str, channel: int | None) -> tuple[float, float]:
    """Carrier of a signal, and its wavelength in metres: NaN without a channel where one is needed.

    The middle of the band then still tells how the ionosphere delays the code (half a percent at most).
    """
    band = constellation.band(code[1])
    frequency_hz = band.frequency_hz + band.step_hz * (channel or 0)
    return frequency_hz, float("nan") if band.step_hz and channel is None else SPEED_OF_LIGHT_M_S / frequency_hz


def _choose(constellation: Constellation, codes: tuple[str, ...], present: NDArray[np.bool_], enough: float) -> tuple[str, str]:
    """The two code signals of one satellite: those of the best liked pair of bands among the most present, or the one signal there is."""

    def best(candidates: Sequence[str]) -> tuple[str, NDArray[np.bool_]]:
        there = {c: present[codes.index(c)] for c in candidates if c in codes}
        most = max((int(seen.sum()) for seen in there.values()), default=0)
        code = next((c for c, seen in there.items() if most and seen.sum() >= enough * most), "")
        return code, there[code] if code else np.zeros(present.shape[1], np.bool_)

    pairs = []
    for bands in constellation.combinations:
        (first, seen), (second, also) = (
            best([c for c in liked if c[1] == band])
            for liked, band in zip((constellation.first_signals, constellation.second_signals), bands, strict=True)
        )
        pairs.append((int((seen & also).sum()), first, second))
    most = max((count for count, _, _ in pairs), default=0)
    for count, first, second in pairs:
        if count and count >= enough * most:
            return first, second
    only, _ = best((*constellation.first_signals, *constellation.second_signals))
    return only, ""


def _fill(
    columns: dict[str, NDArray[np.float64]],
    slipped: NDArray[np.bool_],
    j: int,
    rows: NDArray[np.int64],
    block: ObservationBlock,
    code: str,
    carrier: tuple[float, float],
) -> str:
    """Copy the code, phase, Doppler and C/N0 of one signal of one satellite; ``carrier``: frequency and wavelength. Returns the phase's name."""
    frequency_hz, wavelength_m = carrier

    def values(kind: str) -> NDArray[np.float64] | None:
        name = kind + code[1:]
        return _column(block, name, rows) if name in block.codes else None

    columns[f"code{j}"][rows] = block.column(code)[rows]
    columns[f"frequency{j}"][rows] = frequency_hz
    if name := _phase_of(block, code, rows):
        columns[f"phase{j}"][rows] = _column(block, name, rows) * wavelength_m
        slipped[rows] |= (block.lli[block.codes.index(name), rows] & 1) != 0
    if (strength := values("S")) is not None:
        columns[f"cn0{j}"][rows] = strength
    if j == 0 and (doppler := values("D")) is not None:
        columns["doppler"][rows] = -doppler * wavelength_m
    return name


def _column(block: ObservationBlock, name: str, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Values of one observable, NaN where there is none."""
    v = block.values[block.codes.index(name), rows]
    return np.where(v == 0.0, np.nan, v)


def _phase_of(block: ObservationBlock, code: str, rows: NDArray[np.int64]) -> str:
    """The phase that goes with a code, empty for none: of the same tracking, else the most present one of the same carrier.

    Receivers write C1W without L1W, for instance.

    Phases of one carrier differ by a constant, which an ambiguity takes.
    """
    own = "L" + code[1:]
    if own in block.codes and np.isfinite(_column(block, own, rows)).any():
        return own
    others = [name for name in block.codes if name[0] == "L" and name[1] == code[1]]
    counts = [int(np.isfinite(_column(block, name, rows)).sum()) for name in others]
    return others[int(np.argmax(counts))] if any(counts) else ""


def _merge(parts: list[_Part], epochs: Epochs, constellations: tuple[Constellation, ...]) -> SignalRows:
    n_epochs = len(epochs)
    sat = np.concatenate([p.sat for p in parts]) if parts else np.empty(0, np.int16)
    epoch_of = np.concatenate([p.epoch_of for p in parts]) if parts else np.empty(0, np.int32)
    order = np.lexsort((sat, epoch_of))

    def gather(*names: str) -> NDArray[np.float64]:
        stacked = [np.concatenate([p.columns[name] for p in parts])[order] if parts else np.empty(0) for name in names]
        return np.ascontiguousarray(np.stack(stacked, axis=-1))

    satellites, satellite_of = np.unique(sat[order], return_inverse=True)
    signals = {s: pair for p in parts for s, pair in p.signals.items()}
    phases = {s: pair for p in parts for s, pair in p.phases.items()}
    channels = {s: k for p in parts for s, k in p.channels.items()}
    letters = [c.letter for c in constellations]
    counts = np.bincount(epoch_of, minlength=n_epochs)
    return SignalRows(
        epochs=epochs,
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        epoch_of=epoch_of[order].astype(np.int32),
        sat=sat[order],
        code_m=gather("code0", "code1"),
        phase_m=gather("phase0", "phase1"),
        doppler_m_s=gather("doppler")[:, 0],
        cn0_dbhz=gather("cn00", "cn01"),
        slipped=np.concatenate([p.slipped for p in parts])[order] if parts else np.empty(0, bool),
        frequency_hz=np.nan_to_num(gather("frequency0", "frequency1")),
        satellites=satellites.astype(np.int16),
        satellite_of=satellite_of.astype(np.int32),
        signals=tuple(signals[int(s)] for s in satellites),
        channels=np.array([channels[int(s)] for s in satellites], np.int16),
        constellation_of=np.array([letters.index(chr(int(s) // 100)) for s in satellites], np.int32),
        constellations=constellations,
        phases=tuple(phases[int(s)] for s in satellites),
    )
