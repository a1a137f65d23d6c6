"""GLONASS FDMA messages: integrated once per message, then interpolated.

Equations of motion and Runge-Kutta 4 of ICD L1, L2 GLONASS 5.1, A.3.1.2 (central field, J2, rotation of the frame, luni-solar acceleration
of the message held constant). A message is integrated in steps of 60 s (error <= 1 mm after 15 min against 1 s); every second state is kept with its
acceleration, and a quintic Hermite polynomial through two of them (120 s) is exact to 1e-7 m.
"""

from __future__ import annotations

from math import isnan, sqrt

from armillary.jit import njit
from armillary.orbits.flag_kernels import BAD_INPUT, NO_DATA, STALE, UNHEALTHY
from armillary.orbits.selection_kernels import select

__all__ = ["HALF", "NODE_S", "acceleration", "evaluate", "integrate", "rk4_step", "tabulate"]

STEP_S = 60.0
NODE_S = 120.0
HALF = 9
"""Nodes on either side of the reference: a table covers +-1080 s."""


@njit(cache=True, nogil=True, error_model="numpy")
def acceleration(x, y, z, vx, vy, ax, ay, az, model):
    """Acceleration in the rotating frame; ``model`` is mu, J2, equatorial radius, Earth rotation rate."""
    mu, j2, radius, rate = model
    r2 = x * x + y * y + z * z
    g = mu / (r2 * sqrt(r2))
    flat = 1.5 * j2 * g * radius * radius / r2
    zz = 5.0 * z * z / r2
    central = -g - flat * (1.0 - zz) + rate * rate
    return central * x + 2.0 * rate * vy + ax, central * y - 2.0 * rate * vx + ay, (-g - flat * (3.0 - zz)) * z + az


@njit(cache=True, nogil=True, error_model="numpy")
def rk4_step(s, h, ax, ay, az, model):
    """The state (x y z vx vy vz) ``h`` seconds later."""
    x, y, z, u, v, w = s
    a1, b1, c1 = acceleration(x, y, z, u, v, ax, ay, az, model)
    k = 0.5 * h
    u2, v2, w2 = u + k * a1, v + k * b1, w + k * c1
    a2, b2, c2 = acceleration(x + k * u, y + k * v, z + k * w, u2, v2, ax, ay, az, model)
    u3, v3, w3 = u + k * a2, v + k * b2, w + k * c2
    a3, b3, c3 = acceleration(x + k * u2, y + k * v2, z + k * w2, u3, v3, ax, ay, az, model)
    u4, v4, w4 = u + h * a3, v + h * b3, w + h * c3
    a4, b4, c4 = acceleration(x + h * u3, y + h * v3, z + h * w3, u4, v4, ax, ay, az, model)
    k = h / 6.0
    return (
        x + k * (u + 2.0 * (u2 + u3) + u4),
        y + k * (v + 2.0 * (v2 + v3) + v4),
        z + k * (w + 2.0 * (w2 + w3) + w4),
        u + k * (a1 + 2.0 * (a2 + a3) + a4),
        v + k * (b1 + 2.0 * (b2 + b3) + b4),
        w + k * (c1 + 2.0 * (c2 + c3) + c4),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def integrate(state, duration_s, step_s, model):
    """The state, 6 numbers, ``duration_s`` after ``state`` (9 numbers: position, velocity, luni-solar acceleration) in steps of ``step_s``."""
    s = (state[0], state[1], state[2], state[3], state[4], state[5])
    left = abs(duration_s)
    sign = 1.0 if duration_s >= 0.0 else -1.0
    while left > 0.0:
        h = min(step_s, left)
        s = rk4_step(s, sign * h, state[6], state[7], state[8], model)
        left -= h
    return s


@njit(cache=True, nogil=True, error_model="numpy")
def _keep(table, s, ax, ay, az, model):
    a, b, c = acceleration(s[0], s[1], s[2], s[3], s[4], ax, ay, az, model)
    table[0], table[1], table[2], table[3], table[4], table[5] = s
    table[6], table[7], table[8] = a, b, c


@njit(cache=True, nogil=True, error_model="numpy")
def tabulate(states, model, tables):
    """Fill ``tables`` [n, 2 HALF + 1, 9] with position, velocity and acceleration every NODE_S about the reference of ``states`` [n, 9]."""
    for row in range(states.shape[0]):
        ax, ay, az = states[row, 6], states[row, 7], states[row, 8]
        start = (states[row, 0], states[row, 1], states[row, 2], states[row, 3], states[row, 4], states[row, 5])
        _keep(tables[row, HALF], start, ax, ay, az, model)
        for sign in (-1, 1):
            s = start
            for node in range(1, HALF + 1):
                s = rk4_step(s, sign * STEP_S, ax, ay, az, model)
                s = rk4_step(s, sign * STEP_S, ax, ay, az, model)
                _keep(tables[row, HALF + sign * node], s, ax, ay, az, model)


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate(
    sat,
    t_ns,
    delay_s,
    at_transmission,
    slot_of,
    runs,
    reference,
    transmission,
    limits,
    unhealthy,
    clocks,
    tables,
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

    As ``evaluate`` of the Kepler kernels; ``clocks`` is [n, 2]: bias and drift at the reference. The broadcast clock holds the relativistic
    effect already: none is added.
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
        drift = clocks[row, 1]
        dt = (t_ns[i] - reference[row]) * 1e-9 - delay
        bias = clocks[row, 0] + drift * dt
        if at_transmission:
            dt -= bias
            bias = clocks[row, 0] + drift * dt
        node = min(max(int((dt + HALF * NODE_S) / NODE_S), 0), 2 * HALF - 1)
        h = NODE_S
        s = (dt - (node - HALF) * h) / h
        left, right = tables[row, node], tables[row, node + 1]
        # Quintic Hermite about the left node: d0, d1, d2 are what cubic extrapolation in s of position, velocity, acceleration leaves.
        for axis in range(3):
            p0, v0, a0 = left[axis], left[axis + 3] * h, left[axis + 6] * h * h
            v1, a1 = right[axis + 3] * h, right[axis + 6] * h * h
            d0 = right[axis] - p0 - v0 - 0.5 * a0
            d1 = v1 - v0 - a0
            d2 = a1 - a0
            c3 = 10.0 * d0 - 4.0 * d1 + 0.5 * d2
            c4 = -15.0 * d0 + 7.0 * d1 - d2
            c5 = 6.0 * d0 - 3.0 * d1 + 0.5 * d2
            pos[i, axis] = p0 + s * (v0 + s * (0.5 * a0 + s * (c3 + s * (c4 + s * c5))))
            vel[i, axis] = (v0 + s * (a0 + s * (3.0 * c3 + s * (4.0 * c4 + s * 5.0 * c5)))) / h
        clock[i] = bias
        rate[i] = drift
        flag[i] = UNHEALTHY if unhealthy[row] else 0
        message[i] = row + first
        age[i] = dt
