"""A precise product made from broadcast messages by taking known errors away from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.navigation_messages import MessageTable, Navigation, NavigationHeader
from armillary.core.precise import PreciseOrbits
from armillary.core.satellites import pack
from armillary.core.scales import from_iso
from armillary.orbits.broadcast import BroadcastOrbit

START = from_iso("2023-01-01T12:00:00", "GPST")
EPOCHS = START.shifted(np.arange(-3000.0, 5401.0, 300.0))
LIGHT = 299_792_458.0
EARTH_RATE = 7.292115e-5
TGD1_S = 12.3e-9
# B1I 1561.098 MHz, B3I 1268.52 MHz (BDS-SIS-ICD-B1I-3.0, B3I-1.0): what the ionosphere-free pair lacks of a B3I clock.
PAIR_DELAY_S = 1561.098**2 / (1561.098**2 - 1268.52**2) * TGD1_S


def messages(names: list[str], *, sent_s: float = -3600.0, **changes: float | NDArray[np.float64]) -> Navigation:
    """One message for each satellite, all transmitted ``sent_s`` after the reference, evenly spread along one orbit."""
    n = len(names)
    columns: dict[str, float | NDArray[np.float64]] = {
        "sqrt_a_m05": np.sqrt(27_906e3),
        "e": 0.002,
        "m0_rad": np.linspace(0.0, 5.0, n),
        "omega_rad": 0.3,
        "omega0_rad": 1.0,
        "i0_rad": 0.96,
        "clock_bias_s": np.linspace(-4e-4, 4e-4, n),
        "clock_drift_s_s": 1e-12,
        "tgd1_s": TGD1_S,
        "tgd2_s": 0.0,
        "health": 0.0,
        "accuracy_m": 2.0,
    } | changes
    reference = Epochs(np.repeat(START.tai_ns, n))
    table = MessageTable(
        system="C",
        kind="D1",
        sat=pack(names),
        reference=reference,
        ephemeris=reference,
        transmission=reference.shifted(sent_s),
        transmission_known=np.ones(n, np.bool_),
        columns={name: np.broadcast_to(np.asarray(value, np.float64), (n,)).copy() for name, value in columns.items()},
    )
    return Navigation(NavigationHeader(), {("C", "D1"): table})


def orbit_axes(broadcast: BroadcastOrbit, sat: int) -> NDArray[np.float64]:
    """Radial, along and cross directions, float64[epochs, 3, 3], from inertial positions half a second before and after each epoch."""

    def inertial(seconds: float) -> NDArray[np.float64]:
        angle = EARTH_RATE * (EPOCHS.seconds_since(START) + seconds)
        x, y, z = broadcast.state(sat, EPOCHS.shifted(seconds)).position_m.T
        return np.stack([np.cos(angle) * x - np.sin(angle) * y, np.sin(angle) * x + np.cos(angle) * y, z], axis=1)

    r, v = inertial(0.0), inertial(0.5) - inertial(-0.5)
    radial = r / np.linalg.norm(r, axis=1)[:, np.newaxis]
    normal = np.cross(r, v)
    normal /= np.linalg.norm(normal, axis=1)[:, np.newaxis]
    axes = np.stack([radial, np.cross(normal, radial), normal], axis=1)
    angle = EARTH_RATE * EPOCHS.seconds_since(START)
    x, y, z = np.moveaxis(axes, 2, 0)
    back = [np.cos(angle)[:, np.newaxis] * x + np.sin(angle)[:, np.newaxis] * y, np.cos(angle)[:, np.newaxis] * y - np.sin(angle)[:, np.newaxis] * x]
    return np.stack([*back, z], axis=2)


def product(broadcast: BroadcastOrbit, names: list[str], orbit_m: NDArray[np.float64], clock_m: NDArray[np.float64]) -> PreciseOrbits:
    """Tables such that broadcast less precise is ``orbit_m`` [sats, 3] (radial, along, cross) and ``clock_m`` [sats], at all epochs."""
    position, clock = np.empty((len(names), len(EPOCHS), 3)), np.empty((len(names), len(EPOCHS)))
    for i, sat in enumerate(pack(names)):
        state = broadcast.state(sat, EPOCHS)
        position[i] = state.position_m - np.einsum("c,ecx->ex", orbit_m[i], orbit_axes(broadcast, int(sat)))
        relativity = -2.0 * (state.position_m * state.velocity_m_s).sum(axis=1) / LIGHT**2  # tables hold clocks without it
        clock[i] = state.clock_s - PAIR_DELAY_S - relativity - clock_m[i] / LIGHT
    return PreciseOrbits(
        epochs=EPOCHS,
        sat=pack(names),
        position_m=position,
        clock_s=clock,
        velocity_m_s=None,
        clock_rate_s_s=None,
        flags=np.zeros(clock.shape, np.uint8),
        sigma_exponent=None,
        time_scale="GPST",
        frame="IGS20",
        interval_s=300.0,
        path="TST0MGXFIN_20230010000_03H_05M_ORB.SP3",
    )
