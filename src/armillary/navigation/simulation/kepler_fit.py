"""Broadcast Kepler elements fitted to a trajectory, as a control segment does: fifteen parameters by least squares.

The user algorithm (IS-GPS-200, 20.3.3.4.3; BDS-SIS-ICD-B1I, 5.2.4.12) is written here from the documents, apart from
:mod:`armillary.orbits`, with equinoctial-like unknowns so that near-circular orbits fit as well as others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["FitFrame", "fit_kepler", "kepler_columns", "kepler_position"]

Array = NDArray[np.float64]

# Unknowns: sqrt a, e cos w, e sin w, w + M0, i0, Omega0, delta n, idot, Omega dot, Cuc, Cus, Crc, Crs, Cic, Cis.
_STEP = np.array([1e-2, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6, 1e-10, 1e-10, 1e-10, 1e-7, 1e-7, 1.0, 1.0, 1e-7, 1e-7])
# Sizes the messages can hold: the weakly separable ones are kept near them (they change the orbit by less than a millimetre).
_SIZE = np.array([1e2, 1.0, 1.0, 1e2, 1e2, 1e2, 1e-8, 1e-9, 2e-8, 2e-5, 2e-5, 500.0, 500.0, 1e-6, 1e-6])
_PRIOR = np.array([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1], np.float64) * 1e-3
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class FitFrame:
    """Constants of the user algorithm; ``tilt_rad`` above 0 turns on the geostationary form."""

    mu_m3_s2: float
    rate_rad_s: float
    tilt_rad: float = 0.0


def kepler_position(p: Array, since_toe_s: Array, toe_s: Array, frame: FitFrame) -> Array:
    """Earth-fixed positions [..., q, 3] of unknowns ``p`` [15, ...] at ``since_toe_s`` [q] after ``toe_s`` [...] (seconds of week)."""
    tk = since_toe_s
    root_a, ec, es, lam, i0, node0, dn, idot, node_dot, cuc, cus, crc, crs, cic, cis = (x[..., None] for x in p)
    e, perigee, a = np.hypot(ec, es), np.arctan2(es, ec), root_a**2
    mean = lam - perigee + (np.sqrt(frame.mu_m3_s2 / a**3) + dn) * tk
    anomaly = mean + e * np.sin(mean)
    for _ in range(4):
        anomaly = anomaly - (anomaly - e * np.sin(anomaly) - mean) / (1.0 - e * np.cos(anomaly))
    true = np.arctan2(np.sqrt(1.0 - e * e) * np.sin(anomaly), np.cos(anomaly) - e)
    phi = true + perigee
    c2, s2 = np.cos(2.0 * phi), np.sin(2.0 * phi)
    u = phi + cus * s2 + cuc * c2
    r = a * (1.0 - e * np.cos(anomaly)) + crs * s2 + crc * c2
    i = i0 + idot * tk + cis * s2 + cic * c2
    turn = frame.rate_rad_s * tk
    node = node0 + node_dot * tk - frame.rate_rad_s * toe_s[..., None] - (0.0 if frame.tilt_rad else turn)
    x, y = r * np.cos(u), r * np.sin(u)
    cn, sn = np.cos(node), np.sin(node)
    position = np.stack([x * cn - y * np.cos(i) * sn, x * sn + y * np.cos(i) * cn, y * np.sin(i)], axis=-1)
    return _from_tilted(position, turn, frame.tilt_rad) if frame.tilt_rad else position


def _from_tilted(g: Array, turn: Array, tilt: float) -> Array:
    """Rz(turn) Rx(-tilt) of the document, both rotations of the axes."""
    c, s = np.cos(-tilt), np.sin(-tilt)
    x, y, z = g[..., 0], c * g[..., 1] + s * g[..., 2], -s * g[..., 1] + c * g[..., 2]
    ct, st = np.cos(turn), np.sin(turn)
    return np.stack([ct * x + st * y, -st * x + ct * y, z], axis=-1)


def fit_kepler(target_m: Array, since_toe_s: Array, toe_s: Array, start: tuple[Array, Array], frame: FitFrame) -> tuple[Array, Array]:
    """Unknowns [15, m, k] that best give ``target_m`` [m, k, q, 3], and the largest residual of each fit [m, k].

    ``start`` holds Earth-fixed positions and inertial velocities in Earth-fixed axes at toe, [m, k, 3] each; ``toe_s`` [m].
    """
    toe = np.broadcast_to(toe_s[:, None], target_m.shape[:2])
    p = _osculating(*start, toe, frame)
    model = kepler_position(p, since_toe_s, toe, frame)
    columns = []
    for j, step in enumerate(_STEP):
        moved = p.copy()
        moved[j] += step
        columns.append((kepler_position(moved, since_toe_s, toe, frame) - model).reshape(*toe.shape, -1) * (_SIZE[j] / step))
    design = np.stack(columns, axis=-1)
    prior = np.broadcast_to(np.diag(_PRIOR), (*toe.shape, 15, 15))
    inverse = np.linalg.pinv(np.concatenate([design, prior], axis=-2), rcond=1e-13)
    for _ in range(_ROUNDS):
        residual = (target_m - model).reshape(*toe.shape, -1)
        pull = -_PRIOR * np.moveaxis(p, 0, -1) / _SIZE
        step = inverse @ np.concatenate([residual, pull], axis=-1)[..., None]
        p = p + np.moveaxis(step[..., 0] * _SIZE, -1, 0)
        model = kepler_position(p, since_toe_s, toe, frame)
    return p, np.linalg.norm(target_m - model, axis=-1).max(axis=-1)


def _osculating(position_m: Array, velocity_m_s: Array, toe_s: Array, frame: FitFrame) -> Array:
    """First unknowns [15, ...] from a state; harmonics and rates are zero."""
    if frame.tilt_rad:
        position_m, velocity_m_s = (_to_tilted(v, frame.tilt_rad) for v in (position_m, velocity_m_s))
    mu = frame.mu_m3_s2
    radius = np.linalg.norm(position_m, axis=-1)
    speed2 = np.sum(velocity_m_s**2, axis=-1)
    a = 1.0 / (2.0 / radius - speed2 / mu)
    momentum = np.cross(position_m, velocity_m_s)
    eccentric = np.cross(velocity_m_s, momentum) / mu - position_m / radius[..., None]
    node = np.arctan2(momentum[..., 0], -momentum[..., 1])
    i = np.arctan2(np.hypot(momentum[..., 0], momentum[..., 1]), momentum[..., 2])
    along_node = np.stack([np.cos(node), np.sin(node), np.zeros_like(node)], axis=-1)
    normal = np.cross(momentum / np.linalg.norm(momentum, axis=-1, keepdims=True), along_node)
    ec, es = np.sum(eccentric * along_node, axis=-1), np.sum(eccentric * normal, axis=-1)
    phi = np.arctan2(np.sum(position_m * normal, axis=-1), np.sum(position_m * along_node, axis=-1))
    e, perigee = np.hypot(ec, es), np.arctan2(es, ec)
    true = phi - perigee
    anomaly = np.arctan2(np.sqrt(1.0 - e * e) * np.sin(true), e + np.cos(true))
    zero = np.zeros_like(a)
    mean_longitude = anomaly - e * np.sin(anomaly) + perigee
    return np.stack([np.sqrt(a), ec, es, mean_longitude, i, node + frame.rate_rad_s * toe_s, *([zero] * 9)])


def _to_tilted(v: Array, tilt: float) -> Array:
    """Rx(tilt) as a rotation of the axes."""
    c, s = np.cos(tilt), np.sin(tilt)
    return np.stack([v[..., 0], c * v[..., 1] + s * v[..., 2], -s * v[..., 1] + c * v[..., 2]], axis=-1)


def kepler_columns(p: Array) -> dict[str, Array]:
    """Message columns of unknowns [15, ...]; angles lie within a half turn of zero, as messages write them."""
    root_a, ec, es, lam, i0, node0, dn, idot, node_dot, cuc, cus, crc, crs, cic, cis = p
    perigee = np.arctan2(es, ec)
    return {
        "sqrt_a_m05": root_a,
        "e": np.hypot(ec, es),
        "omega_rad": perigee,
        "m0_rad": _wrapped(lam - perigee),
        "i0_rad": i0,
        "omega0_rad": _wrapped(node0),
        "delta_n_rad_s": dn,
        "idot_rad_s": idot,
        "omega_dot_rad_s": node_dot,
        "cuc_rad": cuc,
        "cus_rad": cus,
        "crc_m": crc,
        "crs_m": crs,
        "cic_rad": cic,
        "cis_rad": cis,
    }


def _wrapped(angle: Array) -> Array:
    return np.asarray((angle + np.pi) % (2.0 * np.pi) - np.pi)
