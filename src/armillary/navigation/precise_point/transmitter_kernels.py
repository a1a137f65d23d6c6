"""Axes of transmitting satellites, where on them the antennas stand, and how their phase is wound up."""

from __future__ import annotations

import math

import numpy as np

from armillary.jit import njit
from armillary.navigation.geometry_kernels import geodetic
from armillary.navigation.precise_point.attitude_kernels import modelled_yaw, wrapped

_EARTH_RATE = 7.2921151467e-5
_EARTH_RADIUS_M = 6378137.0
_TWO_PI = 2.0 * math.pi
_FAST_RAD_S = 0.09 * math.pi / 180.0
"""No type is known to turn slower at its fastest (GPS III: about 0.09 deg/s)."""


@njit(cache=True)
def body_axes(law, position, velocity, sun, axes, angles):
    """Body axes of one satellite along Earth-fixed axes.

    position, velocity: Earth-fixed; sun: geocentric. axes: float64[3, 3] out, rows x, y, z. angles: float64[4] out: beta, mu, yaw, angle at the
    Earth's centre from the axis away from the Sun. Returns 1 in shadow (of a cylinder) + 2 off nominal yaw + 4 where yaw is not known well.
    """
    rx, ry, rz = position[0], position[1], position[2]
    vx, vy, vz = velocity[0] - _EARTH_RATE * ry, velocity[1] + _EARTH_RATE * rx, velocity[2]
    r = math.sqrt(rx * rx + ry * ry + rz * rz)
    s = math.sqrt(sun[0] * sun[0] + sun[1] * sun[1] + sun[2] * sun[2])
    ex, ey, ez = rx / r, ry / r, rz / r
    sx, sy, sz = sun[0] / s, sun[1] / s, sun[2] / s
    nx, ny, nz = ey * vz - ez * vy, ez * vx - ex * vz, ex * vy - ey * vx
    n = math.sqrt(nx * nx + ny * ny + nz * nz)
    rate = n / r
    nx, ny, nz = nx / n, ny / n, nz / n
    ax, ay, az = ny * ez - nz * ey, nz * ex - nx * ez, nx * ey - ny * ex
    above, along, out = sx * nx + sy * ny + sz * nz, sx * ax + sy * ay + sz * az, sx * ex + sy * ey + sz * ez
    beta = math.asin(min(1.0, max(-1.0, above)))
    mu = math.atan2(along, -out)
    yaw, departs = modelled_yaw(law, beta, mu, rate)
    c, d = math.cos(yaw), math.sin(yaw)
    axes[0, 0], axes[0, 1], axes[0, 2] = c * ax - d * nx, c * ay - d * ny, c * az - d * nz
    axes[1, 0], axes[1, 1], axes[1, 2] = -d * ax - c * nx, -d * ay - c * ny, -d * az - c * nz
    axes[2, 0], axes[2, 1], axes[2, 2] = -ex, -ey, -ez
    behind = math.acos(min(1.0, max(-1.0, -out)))
    angles[0], angles[1], angles[2], angles[3] = beta, mu, yaw, behind
    shaded = out < 0.0 and r * math.sin(behind) < _EARTH_RADIUS_M
    # Block IIA: the sense and the rate of a turn are its own. No law (0): a satellite may not follow where nominal yaw gets fast.
    fast = rate * abs(math.tan(beta) * math.cos(mu)) > _FAST_RAD_S * (math.sin(mu) ** 2 + math.tan(beta) ** 2)
    unknown = (law == 3 and departs) or (law == 0 and fast)
    return (1 if shaded else 0) + (2 if departs else 0) + (4 if unknown else 0)


@njit(cache=True)
def all_axes(law_of, position, velocity, sun, axes, angles, state):
    """:func:`body_axes` of every row; axes float64[n, 3, 3], angles float64[n, 4], state uint8[n] out."""
    for i in range(len(law_of)):
        state[i] = body_axes(law_of[i], position[i], velocity[i], sun[i], axes[i], angles[i])


@njit(cache=True)
def transmitter(laws, offset, step, variation, satellite_of, position, velocity, sun, receiver, range_m, wind_up, nadir, beta, state):
    """What antennas of satellites add to each row; rows in the order of time.

    laws: int8[n_sats]; offset: float64[n_sats, 2, 3] body axes; variation: float64[n_sats, 2, n_nadir] at multiples of ``step``.
    range_m: float64[n, 2] out; wind_up: float64[n] out, cycles, continuous per satellite; nadir, beta: float64[n] out, rad; state: uint8[n] out.
    NaN where position, velocity or receiver are.
    """
    axes = np.empty((3, 3))
    angles = np.empty(4)
    place = np.empty(3)
    last = np.full(len(laws), np.nan)
    px, py, pz = np.nan, np.nan, np.nan
    sin_lat, cos_lat, sin_lon, cos_lon = 0.0, 0.0, 0.0, 0.0
    top = variation.shape[2] - 1
    for i in range(len(satellite_of)):
        k = satellite_of[i]
        kx, ky, kz = receiver[i, 0] - position[i, 0], receiver[i, 1] - position[i, 1], receiver[i, 2] - position[i, 2]
        rho = math.sqrt(kx * kx + ky * ky + kz * kz)
        if k < 0 or math.isnan(rho + velocity[i, 0] + velocity[i, 1] + velocity[i, 2] + sun[i, 0]):
            range_m[i, 0] = range_m[i, 1] = wind_up[i] = nadir[i] = beta[i] = np.nan
            state[i] = 0
            continue
        kx, ky, kz = kx / rho, ky / rho, kz / rho
        state[i] = body_axes(laws[k], position[i], velocity[i], sun[i], axes, angles)
        beta[i] = angles[0]
        along_x = kx * axes[0, 0] + ky * axes[0, 1] + kz * axes[0, 2]
        along_y = kx * axes[1, 0] + ky * axes[1, 1] + kz * axes[1, 2]
        along_z = kx * axes[2, 0] + ky * axes[2, 1] + kz * axes[2, 2]
        nadir[i] = math.acos(min(1.0, max(-1.0, along_z)))
        place_on = nadir[i] / step
        node = min(int(place_on), top - 1)
        part = min(place_on - node, 1.0)
        for f in range(2):
            pattern = variation[k, f, node] * (1.0 - part) + variation[k, f, node + 1] * part
            range_m[i, f] = pattern - (along_x * offset[k, f, 0] + along_y * offset[k, f, 1] + along_z * offset[k, f, 2])
        if receiver[i, 0] != px or receiver[i, 1] != py or receiver[i, 2] != pz:
            px, py, pz = receiver[i, 0], receiver[i, 1], receiver[i, 2]
            geodetic(px, py, pz, place)
            sin_lat, cos_lat, sin_lon, cos_lon = math.sin(place[0]), math.cos(place[0]), math.sin(place[1]), math.cos(place[1])
        # Wu et al. (1993): dipoles of the satellite, x - k (k x) - k cross y, and of the receiver, x - k (k x) + k cross y, x north and y west.
        nx, ny, nz = -sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat
        wx, wy = sin_lon, -cos_lon
        dx = axes[0, 0] - kx * along_x - (ky * axes[1, 2] - kz * axes[1, 1])
        dy = axes[0, 1] - ky * along_x - (kz * axes[1, 0] - kx * axes[1, 2])
        dz = axes[0, 2] - kz * along_x - (kx * axes[1, 1] - ky * axes[1, 0])
        to_north = kx * nx + ky * ny + kz * nz
        qx = nx - kx * to_north - kz * wy
        qy = ny - ky * to_north + kz * wx
        qz = nz - kz * to_north + kx * wy - ky * wx
        # Both lie across k: the angle between them, signed by k . (satellite cross receiver).
        cosine = dx * qx + dy * qy + dz * qz
        sine = kx * (dy * qz - dz * qy) + ky * (dz * qx - dx * qz) + kz * (dx * qy - dy * qx)
        angle = math.atan2(sine, cosine)
        if not math.isnan(last[k]):
            angle = last[k] + wrapped(angle - last[k])
        last[k] = angle
        wind_up[i] = angle / _TWO_PI
