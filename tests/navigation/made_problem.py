"""Links drawn from the model itself: directions that move, known unknowns, noise with the covariance that the links state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.registry import by_letter
from armillary.core.satellites import pack
from armillary.core.scales import from_iso
from armillary.navigation.biases import BiasLayout, bias_layout
from armillary.navigation.links import USED, Links, groups_of
from armillary.navigation.signals import SignalRows
from tests.navigation.made_sky import FREQUENCY, SIGNALS, place

Floats = NDArray[np.float64]
ONE = 1575.42e6


@dataclass(frozen=True)
class Problem:
    """Links, what is known beforehand of the ionosphere, and the truth they were drawn from."""

    links: Links
    prior: Floats
    prior_sigma: Floats
    true_offset_m: Floats
    """float64[n_epochs, 3], east north up."""
    true_clock_m: Floats
    true_ionosphere: Floats
    true_bias_m: Floats

    @property
    def systems(self) -> NDArray[np.bool_]:
        return np.ones(len(self.links.rows.constellations), bool)


def directions(n_epochs: int, n_sats: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Elevation and azimuth, float64[n_epochs, n_sats] each: an even fan that turns slowly."""
    u = rng.permutation(n_sats) / n_sats
    t = np.arange(n_epochs)[:, None]
    elevation = np.radians(8.0 + 75.0 * np.abs(np.sin(np.pi * u + 0.01 * t)))
    azimuth = 2.0 * np.pi * (0.618 * np.arange(n_sats) + 0.003 * t)
    return elevation, azimuth


def problem(
    names: Sequence[str],
    n_epochs: int,
    *,
    seed: int = 0,
    step_s: float = 120.0,
    noise: bool = True,
    biases: bool = True,
    code_sigma_m: tuple[float, float] = (0.5, 0.35),
    layer_sigma_m: float = 0.1,
) -> Problem:
    """Satellites ``names`` at every epoch. Noise is white in what the links call noise; satellite and receiver biases come from their priors."""
    rng = np.random.default_rng(seed)
    sats = np.sort(pack(names))
    order = [f"{chr(s // 100)}{s % 100:02d}" for s in sats]
    letters = tuple(dict.fromkeys(name[0] for name in names))
    n_sats = len(sats)
    elevation, azimuth = directions(n_epochs, n_sats, rng)
    el, az = elevation.ravel(), azimuth.ravel()
    n = n_epochs * n_sats
    satellite_of = np.tile(np.arange(n_sats, dtype=np.int32), n_epochs)
    frequency = np.array([FREQUENCY[name[0]] for name in order])[satellite_of]
    channels = np.array([(i % 14) - 7 if name[0] == "R" else 0 for i, name in enumerate(order)], np.int16)
    blank = np.full((n, 2), np.nan)
    rows = SignalRows(
        epochs=Epochs(from_iso("2024-03-20T00:00:00", "GPST").tai_ns[0] + np.rint(step_s * 1e9 * np.arange(n_epochs)).astype(np.int64)),
        offsets=np.arange(0, n + 1, n_sats).astype(np.int64),
        epoch_of=np.repeat(np.arange(n_epochs, dtype=np.int32), n_sats),
        sat=sats[satellite_of],
        code_m=blank,
        phase_m=blank,
        doppler_m_s=blank[:, 0],
        cn0_dbhz=blank,
        slipped=np.zeros(n, bool),
        frequency_hz=frequency,
        satellites=sats,
        satellite_of=satellite_of,
        signals=tuple(SIGNALS[name[0]] for name in order),
        channels=channels,
        constellation_of=np.array([letters.index(name[0]) for name in order], np.int32),
        constellations=tuple(by_letter()[letter] for letter in letters),
    )
    space = np.array([g.signal_in_space_sigma_m for _, g in groups_of(rows)])[satellite_of]
    shell = 6371.0 / 6877.7 * np.cos(el)
    away = (np.pi / 2 - el - np.arcsin(shell)) * 6.878
    links = Links(
        rows=rows,
        position_m=np.tile(place(40.0, 116.0, 50.0), (n_epochs, 1)),
        z_m=np.zeros((n, 2)),
        k=(ONE / frequency) ** 2,
        line=np.stack([np.cos(el) * np.sin(az), np.cos(el) * np.cos(az), np.sin(el)], axis=1),
        elevation_rad=el,
        azimuth_rad=az,
        ionosphere=np.stack([1.0 / np.sqrt(1.0 - shell**2), away * np.cos(az), away * np.sin(az)], axis=1),
        wet=1.0 / np.sin(el),
        variance_m2=np.stack([space**2, (code_sigma_m[0] / np.sin(el)) ** 2, (code_sigma_m[1] / np.sin(el)) ** 2], axis=1),
        state=np.full(n, USED, np.uint8),
        satellite_m=np.zeros((n, 3)),
        satellite_m_s=np.zeros((n, 3)),
        clock_drift_s_s=np.zeros(n),
        served=np.ones((n_sats, 2), bool),
        precise=False,
        arc=np.full(n, -1, np.int32),
    )
    return _filled(links, rng, noise=noise, biases=biases, layer_sigma_m=layer_sigma_m)


def _filled(links: Links, rng: np.random.Generator, *, noise: bool, biases: bool, layer_sigma_m: float) -> Problem:
    rows = links.rows
    n_epochs = len(rows.epochs)
    layout = bias_layout(links, np.ones(len(rows.satellites), bool), satellite_biases=True)
    prior = np.tile([5.0, 0.2, -0.1], (n_epochs, 1))
    prior_sigma = np.tile([8.0, 0.5, 0.5], (n_epochs, 1))
    offset = rng.normal(0.0, 5.0, (n_epochs, 3))
    clock = rng.normal(0.0, 100.0, (n_epochs, len(rows.constellations)))
    ionosphere = prior + rng.normal(0.0, 0.3, (n_epochs, 3))
    bias = rng.normal(0.0, np.minimum(layout.sigma_m, 3.0)) if biases else np.zeros(len(layout.names))
    z = expected(links, layout, offset, clock, ionosphere, np.zeros(n_epochs), bias)
    if noise:
        share = 1.0 - np.array([g.slow_share for _, g in groups_of(rows)])[rows.satellite_of]
        common = rng.normal(0.0, np.sqrt(links.variance_m2[:, 0] * share))
        layer = rng.normal(0.0, layer_sigma_m, len(common)) * links.ionosphere[:, 0]
        z += common[:, None] + links.k * layer[:, None] + rng.normal(0.0, np.sqrt(links.variance_m2[:, 1:]))
    return Problem(replace(links, z_m=z), prior, prior_sigma, offset, clock, ionosphere, bias)


def expected(links: Links, layout: BiasLayout, offset: Floats, clock: Floats, ionosphere: Floats, wet: Floats, bias: Floats) -> Floats:
    """What codes less everything modelled are: the model of the explanation page, written out."""
    rows = links.rows
    e, system = rows.epoch_of, rows.constellation_of[rows.satellite_of]
    vertical = ionosphere[e, 0] + links.ionosphere[:, 1] * ionosphere[e, 1] + links.ionosphere[:, 2] * ionosphere[e, 2]
    common = -np.sum(links.line * offset[e], axis=1) + clock[e, system] + links.wet * wet[e]
    z = common[:, None] + links.k * (links.ionosphere[:, 0] * vertical)[:, None]
    known = np.concatenate([bias, [0.0]])
    return z + np.sum(layout.coefficient * known[layout.index], axis=2)[rows.satellite_of]


def only_rows(links: Links, keep: NDArray[np.bool_], letters: str) -> Links:
    """The links that would be there had only the rows ``keep`` of the systems ``letters`` been given."""
    rows = links.rows
    satellites, satellite_of = np.unique(rows.sat[keep], return_inverse=True)
    old = np.searchsorted(rows.satellites, satellites)
    constellations = tuple(c for c in rows.constellations if c.letter in letters)
    fewer = replace(
        rows,
        offsets=np.searchsorted(rows.epoch_of[keep], np.arange(len(rows.epochs) + 1)).astype(np.int64),
        epoch_of=rows.epoch_of[keep],
        sat=rows.sat[keep],
        code_m=rows.code_m[keep],
        phase_m=rows.phase_m[keep],
        doppler_m_s=rows.doppler_m_s[keep],
        cn0_dbhz=rows.cn0_dbhz[keep],
        slipped=rows.slipped[keep],
        frequency_hz=rows.frequency_hz[keep],
        satellites=satellites,
        satellite_of=satellite_of.astype(np.int32),
        signals=tuple(rows.signals[i] for i in old),
        channels=rows.channels[old],
        constellation_of=np.array([constellations.index(rows.constellations[rows.constellation_of[i]]) for i in old], np.int32),
        constellations=constellations,
    )
    names = ("z_m", "k", "line", "elevation_rad", "azimuth_rad", "ionosphere", "wet", "variance_m2", "state", "satellite_m", "satellite_m_s")
    columns = {name: getattr(links, name)[keep] for name in (*names, "clock_drift_s_s", "arc")}
    return replace(links, rows=fewer, served=links.served[old], **columns)
