"""Links made up for tests: one station, directions and delays as asked for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from armillary.core.epochs import Epochs
from armillary.core.geodesy import from_geodetic
from armillary.core.registry import by_letter
from armillary.core.satellites import pack
from armillary.navigation.links import USED, Links
from armillary.navigation.signals import SignalRows

SECOND = 1176.45e6


def made_links(
    epochs: Epochs,
    directions_deg: Sequence[tuple[float, float]],
    *,
    place_deg: tuple[float, float] = (40.0, 116.0),
    system: str = "G",
    two: bool = True,
) -> Links:
    """Every satellite at every epoch, at the given (elevation, azimuth); everything that is left of the codes is zero."""
    n_epochs, n_sats = len(epochs), len(directions_deg)
    n = n_epochs * n_sats
    elevation, azimuth = np.radians(np.tile(np.array(directions_deg, float), (n_epochs, 1))).T
    names = [f"{system}{i + 1:02d}" for i in range(n_sats)]
    frequency = np.tile([1575.42e6, SECOND if two else 0.0], (n, 1))
    blank = np.full((n, 2), np.nan)
    rows = SignalRows(
        epochs=epochs,
        offsets=np.arange(0, n + 1, n_sats),
        epoch_of=np.repeat(np.arange(n_epochs, dtype=np.int32), n_sats),
        sat=np.tile(pack(names), n_epochs),
        code_m=blank,
        phase_m=blank,
        doppler_m_s=blank[:, 0],
        cn0_dbhz=blank,
        slipped=np.zeros(n, np.bool_),
        frequency_hz=frequency,
        satellites=pack(names),
        satellite_of=np.tile(np.arange(n_sats, dtype=np.int32), n_epochs),
        signals=(("C1C", "C5Q" if two else ""),) * n_sats,
        channels=np.zeros(n_sats, np.int16),
        constellation_of=np.zeros(n_sats, np.int32),
        constellations=(by_letter()[system],),
    )
    z = np.zeros((n, 2))
    z[:, 1] = 0.0 if two else np.nan
    return Links(
        rows=rows,
        position_m=np.tile(from_geodetic(*np.radians(place_deg), 50.0), (n_epochs, 1)),
        z_m=z,
        k=np.tile([1.0, (1575.42e6 / SECOND) ** 2 if two else 0.0], (n, 1)),
        line=np.stack([np.cos(elevation) * np.sin(azimuth), np.cos(elevation) * np.cos(azimuth), np.sin(elevation)], axis=1),
        elevation_rad=elevation,
        azimuth_rad=azimuth,
        ionosphere=np.stack([1.0 / np.sin(elevation), np.zeros(n), np.zeros(n)], axis=1),
        wet=1.0 / np.sin(elevation),
        variance_m2=np.ones((n, 3)),
        state=np.full(n, USED, np.uint8),
        satellite_m=np.zeros((n, 3)),
        satellite_m_s=np.zeros((n, 3)),
        clock_drift_s_s=np.zeros(n),
        served=np.ones((n_sats, 2), np.bool_),
        precise=False,
        arc=np.full(n, -1, np.int32),
    )
