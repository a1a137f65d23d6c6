"""Other ways to deal with the ionosphere than to estimate it from uncombined signals: links in, links out.

The estimator stays the same: single-frequency links carry one code with a model's delay taken out and a correction with a prior of the
model's size; ionosphere-free links carry one combination that the ionosphere does not touch.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from armillary.navigation.links import NO_CODE, USED, Links

__all__ = ["IonospherePrior", "ionosphere_free", "single_frequency", "uncombined"]

_VERTICAL_M = 5.0
_VERTICAL_SIGMA_M = 8.0
"""Vertical delay at 1575.42 MHz before anything is known: 0.3 m at night to 20 m under the equatorial crests."""
_GRADIENT_SIGMA_M = 0.5
"""Per 1000 km, of a vertical delay nothing is known of."""
_MODEL_ERROR = 0.4
"""Broadcast models leave 30 to 50 % of the delay (IS-GPS-200: at least 50 % removed)."""
_MODEL_FLOOR_M = 0.3
_WIDE_ERROR = 0.4
_WIDE_FLOOR_M = 0.2
"""A broadcast model as a hint: its own error, with less of a floor, for a vertical delay cannot be negative either."""


@dataclass(frozen=True, slots=True, eq=False)
class IonospherePrior:
    """What is known of the vertical delay (m at 1575.42 MHz) and its north and east gradients (m per 1000 km): float64[n_epochs, 3] each."""

    mean: NDArray[np.float64]
    sigma: NDArray[np.float64]


def uncombined(links: Links, slant_m: NDArray[np.float64] | None = None) -> tuple[Links, IonospherePrior]:
    """The links as they are, with a vertical delay that the two signals themselves tell.

    A short file separates the delay from the receiver's code bias weakly: the slant delays of a broadcast model (float64[n], metres at
    1575.42 MHz), where there is one, say where to look.
    """
    n_epochs = len(links.rows.epochs)
    mean = np.tile([_VERTICAL_M, 0.0, 0.0], (n_epochs, 1))
    sigma = np.tile([_VERTICAL_SIGMA_M, _GRADIENT_SIGMA_M, _GRADIENT_SIGMA_M], (n_epochs, 1))
    if slant_m is not None:
        mean[:, 0] = _mean_by_epoch(links, np.where(links.state == USED, slant_m / links.ionosphere[:, 0], np.nan))
        sigma[:, 0] = _WIDE_ERROR * mean[:, 0] + _WIDE_FLOOR_M
    return links, IonospherePrior(mean, sigma)


def single_frequency(links: Links, slant_m: NDArray[np.float64], *, error: float = _MODEL_ERROR) -> tuple[Links, IonospherePrior]:
    """The first signal alone, less a model's slant delay (float64[n], metres at 1575.42 MHz), whose relative standard error is ``error``.

    A row of which the model says nothing (NaN) is left out.
    """
    z = links.z_m.copy()
    missing = np.isnan(z[:, 0]) | np.isnan(slant_m)
    z[:, 0] -= links.k[:, 0] * slant_m
    z[:, 1] = np.nan
    state = links.state.copy()
    state[(state == USED) & missing] = NO_CODE
    vertical = _mean_by_epoch(links, np.where(state == USED, slant_m / links.ionosphere[:, 0], np.nan))
    size = error * vertical + _MODEL_FLOOR_M
    sigma = np.stack([size, 0.2 * size, 0.2 * size], axis=1)
    rows = replace(links.rows, signals=tuple((first, "") for first, _ in links.rows.signals))
    return replace(links, z_m=z, state=state, rows=rows), IonospherePrior(np.zeros(sigma.shape), sigma)


def ionosphere_free(links: Links) -> tuple[Links, IonospherePrior]:
    """The combination of both signals that removes the ionosphere; a satellite with one signal is left out and says so."""
    k1, k2 = links.k[:, 0], links.k[:, 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(k2 > k1, k2 / (k2 - k1), np.nan)
    z = np.full(links.z_m.shape, np.nan)
    z[:, 0] = a * links.z_m[:, 0] + (1.0 - a) * links.z_m[:, 1]
    variance = links.variance_m2.copy()
    variance[:, 1] = a**2 * variance[:, 1] + (1.0 - a) ** 2 * variance[:, 2]
    state = links.state.copy()
    state[(state == USED) & np.isnan(z[:, 0])] = NO_CODE
    rows = replace(links.rows, signals=tuple((f"{first}-{second}" if second else first, "") for first, second in links.rows.signals))
    nothing = np.zeros((len(links.rows.epochs), 3))
    served = np.repeat(links.served.all(axis=1, keepdims=True) | links.precise, 2, axis=1)
    combined = replace(links, z_m=z, k=np.zeros(links.k.shape), variance_m2=variance, state=state, rows=rows, served=served)
    return combined, IonospherePrior(nothing, np.full(nothing.shape, 1e-3))


def _mean_by_epoch(links: Links, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the finite values of each epoch; the overall mean where an epoch has none."""
    epoch_of = links.rows.epoch_of
    good = np.isfinite(values)
    n_epochs = len(links.rows.epochs)
    total = np.bincount(epoch_of[good], weights=values[good], minlength=n_epochs)
    count = np.bincount(epoch_of[good], minlength=n_epochs)
    overall = float(values[good].mean()) if good.any() else 0.0
    return np.where(count > 0, total / np.maximum(count, 1), overall)
