"""How a satellite is turned about the axis to the Earth.

Angles in radians. beta: elevation of the Sun above the orbital plane; mu: angle in the orbit from midnight (furthest from the Sun), in the
direction of motion; rate: d mu / dt. Yaw: 0 when body x points along the motion, nominal yaw keeps x in the plane of Earth and Sun.
"""

from __future__ import annotations

import math

from armillary.jit import njit

_DEG = math.pi / 180.0
_TWO_PI = 2.0 * math.pi

_SHADOW_GPS = 13.25 * _DEG
_SHADOW_GLONASS = 14.2 * _DEG
_IIA_RATE = 0.12 * _DEG
_IIR_RATE = 0.20 * _DEG
_IIF_RATE = 0.11 * _DEG
_GLONASS_RATE = 0.25 * _DEG
_IIF_REVERSED = -0.9 * _DEG
_AFTER_SHADOW_S = 1800.0


@njit(cache=True)
def wrapped(angle):
    """The angle within -pi to pi."""
    return angle - _TWO_PI * math.floor(angle / _TWO_PI + 0.5)


@njit(cache=True)
def turned(angle):
    """The angle within 0 to 2 pi."""
    return angle - _TWO_PI * math.floor(angle / _TWO_PI)


@njit(cache=True)
def nominal_yaw(beta, mu):
    return math.atan2(-math.tan(beta), math.sin(mu))


@njit(cache=True)
def catching_up(beta, mu, centre, rate, limit, sense):
    """A turn at the rate ``limit`` that starts where nominal yaw gets faster and ends where it has caught up; returns yaw and whether it turns.

    centre: mu of noon or midnight; sense: +1 or -1, the direction of the turn.
    """
    yaw = nominal_yaw(beta, mu)
    small = abs(beta)
    largest = math.atan(rate / limit)
    if small >= largest:
        return yaw, False
    start = -math.sqrt(largest * small - small * small)
    at = wrapped(mu - centre)
    if at <= start or at > 0.7:
        return yaw, False
    first = nominal_yaw(beta, centre + start)
    done = limit * (at - start) / rate
    if done >= turned(sense * (yaw - first)):
        return yaw, False
    return wrapped(first + sense * done), True


@njit(cache=True)
def half_width(angle, beta):
    """Half the arc of an orbit that lies within ``angle`` of the axis to the Sun; 0 where none does."""
    cosine = math.cos(angle) / math.cos(beta)
    return math.acos(cosine) if cosine < 1.0 else 0.0


@njit(cache=True)
def modelled_yaw(law, beta, mu, rate):
    """Yaw by the law of a type (numbers: ``attitude.LAWS``), and whether it departs from nominal yaw."""
    yaw = nominal_yaw(beta, mu)
    side = 1.0 if beta >= 0.0 else -1.0
    from_midnight = wrapped(mu)
    from_noon = wrapped(mu - math.pi)
    at_night = abs(from_midnight) < 0.5 * math.pi
    near = from_midnight if at_night else from_noon
    centre = 0.0 if at_night else math.pi
    if law == 0:
        return yaw, False
    if law == 1:
        return 0.0, True
    if law == 2:
        return (0.0, True) if abs(beta) < 4.0 * _DEG else (yaw, False)
    if law == 3:  # GPS II, IIA: turns on through the shadow with a bias to one side, and comes back within half an hour
        half = half_width(_SHADOW_GPS, beta)
        if at_night and half > 0.0:
            if abs(near) <= half:
                return wrapped(nominal_yaw(beta, -half) + _IIA_RATE * (near + half) / rate), True
            if half < near <= half + rate * _AFTER_SHADOW_S:
                return yaw, True
            return yaw, False
        return catching_up(beta, mu, math.pi, rate, _IIA_RATE, -side)
    if law == 4:  # GPS IIR
        return catching_up(beta, mu, centre, rate, _IIR_RATE, side if at_night else -side)
    if law == 5:  # GPS IIF
        half = half_width(_SHADOW_GPS, beta)
        if at_night:
            if half > 0.0 and abs(near) < half:
                first = nominal_yaw(beta, -half)
                whole = turned(side * (nominal_yaw(beta, half) - first))
                return wrapped(first + side * whole * (near + half) / (2.0 * half)), True
            return yaw, False
        sense = side if _IIF_REVERSED < beta < 0.0 else -side
        return catching_up(beta, mu, math.pi, rate, _IIF_RATE, sense)
    if law == 6:  # GLONASS-M
        half = half_width(_SHADOW_GLONASS, beta)
        if at_night:
            if half > 0.0 and abs(near) < half:
                first = nominal_yaw(beta, -half)
                whole = turned(side * (nominal_yaw(beta, half) - first))
                return wrapped(first + side * min(whole, _GLONASS_RATE * (near + half) / rate)), True
            return yaw, False
        # The turn at noon is centred: it is under way where the nominal yaw is further from that of noon than the satellite could turn.
        middle = -side * 0.5 * math.pi
        reach = _GLONASS_RATE * abs(near) / rate
        if abs(beta) < math.atan(rate / _GLONASS_RATE) and reach < abs(wrapped(yaw - middle)):
            return wrapped(middle - side * _GLONASS_RATE * near / rate), True
        return yaw, False
    if law == 7:  # Galileo IOV
        sx, sy = math.sin(mu) * math.cos(beta), -math.sin(beta)
        widest, highest = math.sin(15.0 * _DEG), math.sin(2.0 * _DEG)
        if abs(sx) < widest and abs(sy) < highest:
            sign = 1.0 if sy >= 0.0 else -1.0
            sy = 0.5 * (sign * highest + sy) + 0.5 * (sign * highest - sy) * math.cos(math.pi * abs(sx) / widest)
            return math.atan2(sy, sx), True
        return yaw, False
    if law == 8:  # Galileo FOC
        return _cosine(beta, mu, rate, half_width(10.0 * _DEG, beta) if abs(beta) < 4.1 * _DEG else 0.0, 5656.0)
    if law == 9:  # BeiDou-3 MEO by CAST
        return _cosine(beta, mu, rate, 6.0 * _DEG if abs(beta) < 3.0 * _DEG else 0.0, 3090.0)
    if law == 10:  # BeiDou-3 IGSO by CAST, BeiDou-2 I06
        return _cosine(beta, mu, rate, 6.0 * _DEG if abs(beta) < 3.0 * _DEG else 0.0, 5740.0)
    if law == 11:  # BeiDou-3 by SECM
        if abs(beta) < 3.0 * _DEG:
            s = math.sin(mu)
            weight = 1.0 / (1.0 + 80000.0 * s * s * s * s)
            return nominal_yaw(beta + weight * (side * 3.0 * _DEG - beta), mu), True
        return yaw, False
    if law == 12:  # QZS-1
        return (0.0, True) if abs(beta) < 20.0 * _DEG else (yaw, False)
    return yaw, False


@njit(cache=True)
def _cosine(beta, mu, rate, half, period_s):
    """A turn along a cosine, within ``half`` of noon or midnight, from the yaw that it begins with to the mirrored one."""
    from_noon = wrapped(mu - math.pi)
    at_night = abs(from_noon) > 0.5 * math.pi
    centre = 0.0 if at_night else math.pi
    near = wrapped(mu - centre)
    if abs(near) >= half:
        return nominal_yaw(beta, mu), False
    first = nominal_yaw(beta, centre - half)
    middle = 0.5 * math.pi if first >= 0.0 else -0.5 * math.pi
    return middle + (first - middle) * math.cos(_TWO_PI * (near + half) / (rate * period_s)), True
