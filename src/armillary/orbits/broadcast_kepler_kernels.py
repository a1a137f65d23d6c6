"""Kepler messages: position, velocity and clock of satellites at many instants.

The user algorithm that the interface documents of all systems with Kepler elements share (each constellation's file names its own), with the
analytic derivative of every step for the velocity. Geostationary orbits of kinds that say so are computed in a plane turned by ``TILT`` about x and
turned back.
"""

from __future__ import annotations

from math import atan2, cos, isnan, sin

from armillary.jit import njit
from armillary.orbits.flag_kernels import BAD_INPUT, NO_DATA, STALE, UNHEALTHY
from armillary.orbits.selection_kernels import select

__all__ = ["evaluate", "kepler"]

# Columns of the parameter block, float64[n, 24].
A, A_DOT, N0, N_DOT, E, M0, OMEGA, NODE, NODE_RATE, I0, I_DOT = 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
CUC, CUS, CRC, CRS, CIC, CIS, AF0, AF1, AF2, RELATIVITY, EARTH_RATE, TILT, ROOT = 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23


@njit(cache=True, nogil=True, error_model="numpy")
def kepler(p, dt):
    """Position, velocity, relativistic clock term and its rate, ``dt`` seconds after the orbit's reference: x y z vx vy vz s s/s."""
    e = p[E]
    mean = p[M0] + (p[N0] + 0.5 * p[N_DOT] * dt) * dt
    mean_rate = p[N0] + p[N_DOT] * dt
    ecc = mean + e * sin(mean) * (1.0 + e * cos(mean))
    for _ in range(12):
        s, c = sin(ecc), cos(ecc)
        step = (ecc - e * s - mean) / (1.0 - e * c)
        ecc -= step
        # The error left after a Newton step is below step^2 e / 2: 5e-15 rad at this bound for any e < 1.
        if abs(step) < 1e-7:
            break
    # Turn the sine and cosine by the last, tiny step instead of evaluating them again.
    s, c = s - c * step - 0.5 * s * step * step, c + s * step - 0.5 * c * step * step
    q = 1.0 - e * c
    ecc_rate = mean_rate / q
    nu = atan2(p[ROOT] * s, c - e)
    nu_rate = ecc_rate * p[ROOT] / q
    phi = nu + p[OMEGA]
    s2, c2 = sin(2.0 * phi), cos(2.0 * phi)
    u = phi + p[CUS] * s2 + p[CUC] * c2
    u_rate = nu_rate * (1.0 + 2.0 * (p[CUS] * c2 - p[CUC] * s2))
    a = p[A] + p[A_DOT] * dt
    r = a * q + p[CRS] * s2 + p[CRC] * c2
    r_rate = p[A_DOT] * q + a * e * s * ecc_rate + 2.0 * nu_rate * (p[CRS] * c2 - p[CRC] * s2)
    inclination = p[I0] + p[I_DOT] * dt + p[CIS] * s2 + p[CIC] * c2
    inclination_rate = p[I_DOT] + 2.0 * nu_rate * (p[CIS] * c2 - p[CIC] * s2)
    su, cu, si, ci = sin(u), cos(u), sin(inclination), cos(inclination)
    node = p[NODE] + p[NODE_RATE] * dt
    so, co = sin(node), cos(node)
    px, py = r * cu, r * su
    pvx, pvy = r_rate * cu - py * u_rate, r_rate * su + px * u_rate
    yc = py * ci
    yc_rate = pvy * ci - py * si * inclination_rate
    x, y, z = px * co - yc * so, px * so + yc * co, py * si
    vx = pvx * co - yc_rate * so - y * p[NODE_RATE]
    vy = pvx * so + yc_rate * co + x * p[NODE_RATE]
    vz = pvy * si + py * ci * inclination_rate
    if p[TILT] != 0.0:
        st, ct = sin(p[TILT]), cos(p[TILT])
        y, z, vy, vz = y * ct + z * st, z * ct - y * st, vy * ct + vz * st, vz * ct - vy * st
        se, ce = sin(p[EARTH_RATE] * dt), cos(p[EARTH_RATE] * dt)
        x, y = x * ce + y * se, y * ce - x * se
        vx, vy = vx * ce + vy * se + p[EARTH_RATE] * y, vy * ce - vx * se - p[EARTH_RATE] * x
    return x, y, z, vx, vy, vz, p[RELATIVITY] * s, p[RELATIVITY] * c * ecc_rate


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate(
    sat,
    t_ns,
    delay_s,
    at_transmission,
    slot_of,
    runs,
    reference,
    toc,
    transmission,
    limits,
    unhealthy,
    params,
    first,
    causal,
    pos,
    vel,
    clock,
    rate,
    flag,
    message,
    age,
):
    """Fill the outputs of every row whose satellite has a slot here; other rows are left alone.

    ``delay_s`` [n] is pseudorange / c when ``at_transmission`` (t_ns then is the reception in receiver time), else ignored. ``clock``
    and ``rate`` get bias and drift, ``message`` row + ``first``.
    """
    for i in range(sat.shape[0]):
        slot = slot_of[sat[i]]
        if slot < 0:
            continue
        delay = delay_s[i] if at_transmission else 0.0
        if isnan(delay):
            flag[i] = BAD_INPUT
            continue
        t = t_ns[i] - int(delay * 1e9) if at_transmission else t_ns[i]
        row = select(slot, t, runs, reference, transmission, limits, causal)
        if row < 0:
            flag[i] = NO_DATA if row == -1 else STALE
            continue
        p = params[row]
        # Differences of nanoseconds are exact in float64 up to 104 days.
        dt_clock = (t_ns[i] - toc[row]) * 1e-9 - delay
        dt = (t_ns[i] - reference[row]) * 1e-9 - delay
        bias = p[AF0] + (p[AF1] + p[AF2] * dt_clock) * dt_clock
        if at_transmission:
            dt_clock -= bias
            dt -= bias
            bias = p[AF0] + (p[AF1] + p[AF2] * dt_clock) * dt_clock
        x, y, z, vx, vy, vz, relativity, relativity_rate = kepler(p, dt)
        if at_transmission:
            # The relativistic part of the clock (below 0.5 us) moves the instant too: first order is exact to 1e-13 m.
            x, y, z = x - vx * relativity, y - vy * relativity, z - vz * relativity
        pos[i, 0], pos[i, 1], pos[i, 2] = x, y, z
        vel[i, 0], vel[i, 1], vel[i, 2] = vx, vy, vz
        clock[i] = bias + relativity
        rate[i] = p[AF1] + 2.0 * p[AF2] * dt_clock + relativity_rate
        flag[i] = UNHEALTHY if unhealthy[row] else 0
        message[i] = row + first
        age[i] = dt
