"""Where signals arrive in a receiver antenna."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit

_TWO_PI = 2.0 * math.pi
_STEP = 5.0 * math.pi / 180.0


@njit(cache=True)
def receiver(calibrated, offset, variation, elevation, azimuth, frequency, out):
    """Offset on the line of sight and variation, metres.

    calibrated: float64[n_f] Hz, ascending; offset: float64[n_f, 3] north, east, up; variation: float64[n_f, n_azimuth, n_zenith] every 5 deg;
    elevation, azimuth: float64[n]; frequency: float64[n, n_signals]; out: float64[n, n_signals].
    """
    known = len(calibrated)
    for i in range(len(elevation)):
        if math.isnan(elevation[i] + azimuth[i]):
            for s in range(out.shape[1]):
                out[i, s] = np.nan
            continue
        level, up = math.cos(elevation[i]), math.sin(elevation[i])
        north, east = level * math.cos(azimuth[i]), level * math.sin(azimuth[i])
        around = azimuth[i] - _TWO_PI * math.floor(azimuth[i] / _TWO_PI)
        a = min(int(around / _STEP), variation.shape[1] - 2)
        part_a = min(around / _STEP - a, 1.0)
        down = max(0.0, 0.5 * math.pi - elevation[i])
        z = min(int(down / _STEP), variation.shape[2] - 2)
        part_z = min(down / _STEP - z, 1.0)
        for s in range(out.shape[1]):
            f = frequency[i, s]
            if math.isnan(f):
                out[i, s] = np.nan
                continue
            if known == 0:
                out[i, s] = 0.0
                continue
            k = 0
            while k < known - 2 and calibrated[k + 1] < f:
                k += 1
            high = min(k + 1, known - 1)
            weight = 0.0
            if high > k:
                weight = min(1.0, max(0.0, (f - calibrated[k]) / (calibrated[high] - calibrated[k])))
            total = 0.0
            for node in range(2):
                j = k if node == 0 else high
                w = 1.0 - weight if node == 0 else weight
                near = variation[j, a, z] * (1.0 - part_z) + variation[j, a, z + 1] * part_z
                far = variation[j, a + 1, z] * (1.0 - part_z) + variation[j, a + 1, z + 1] * part_z
                pattern = near * (1.0 - part_a) + far * part_a
                total += w * (pattern - (offset[j, 0] * north + offset[j, 1] * east + offset[j, 2] * up))
            out[i, s] = total
