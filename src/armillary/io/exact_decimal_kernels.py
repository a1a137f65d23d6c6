"""Decimal text to the nearest double, exactly as Python's ``float`` does, without making a string.

The method of Eisel and Lemire ("Number parsing at a gigabyte per second", 2021): the mantissa times a 128-bit power of five decides all
but a handful of cases; those are reported as undecided for the caller to settle.
"""

from __future__ import annotations

import numpy as np

from armillary.jit import njit

__all__ = ["BAD", "BLANK", "GOOD", "UNDECIDED", "decimal_bits"]

GOOD, BLANK, BAD, UNDECIDED = 0, 1, 2, 3

_LOWEST, _HIGHEST = -130, 130


def _powers_of_five() -> np.ndarray:
    """uint64[n, 2]: the leading 128 bits of 5**q, high and low half; reciprocals are rounded up (the paper, section 5)."""
    table = np.empty((_HIGHEST - _LOWEST + 1, 2), np.uint64)
    for q in range(_LOWEST, _HIGHEST + 1):
        power = 5 ** abs(q)
        if q < 0:
            size = power.bit_length()
            bits = (1 << (size + 127 if q >= -27 else 2 * size + 128)) // power + 1
        else:
            bits = power << max(0, 128 - power.bit_length())
        bits >>= max(0, bits.bit_length() - 128)
        table[q - _LOWEST] = bits >> 64, bits & (2**64 - 1)
    return table


_FIVE = _powers_of_five()
_NAN_BITS = np.uint64(0x7FF8000000000000)
_SIGN_BIT = np.uint64(0x8000000000000000)
_U0, _U1, _U9, _U32, _U63 = np.uint64(0), np.uint64(1), np.uint64(9), np.uint64(32), np.uint64(63)
_LOW_HALF = np.uint64(0xFFFFFFFF)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_TAIL = np.uint64(0x1FF)


@njit(cache=True, nogil=True, inline="always")
def _product(a, b):
    """(high, low) of the 128-bit product of two uint64."""
    a0, a1 = a & _LOW_HALF, a >> _U32
    b0, b1 = b & _LOW_HALF, b >> _U32
    low = a0 * b0
    middle = a1 * b0 + (low >> _U32)
    other = a0 * b1 + (middle & _LOW_HALF)
    return a1 * b1 + (middle >> _U32) + (other >> _U32), (other << _U32) | (low & _LOW_HALF)


@njit(cache=True, nogil=True, inline="always")
def _rounded(mantissa, power):
    """(bits of the double nearest to mantissa * 10**power, state)."""
    if mantissa == _U0:
        return _U0, GOOD
    if power < _LOWEST or power > _HIGHEST:
        return _NAN_BITS, UNDECIDED
    shift = 0
    w = mantissa
    for step in (32, 16, 8, 4, 2, 1):
        if w >> np.uint64(64 - step) == _U0:
            w <<= np.uint64(step)
            shift += step
    high, low = _product(w, _FIVE[power - _LOWEST, 0])
    if high & _TAIL == _TAIL:
        carry, _ = _product(w, _FIVE[power - _LOWEST, 1])
        low += carry
        if carry > low:
            high += _U1
    if low == _ALL and (power < -27 or power > 55):
        return _NAN_BITS, UNDECIDED
    upper = high >> _U63
    cut = upper + _U9
    bits = high >> cut
    exponent = ((217706 * power) >> 16) + 63 + np.int64(upper) - shift + 1023
    if exponent <= 0:
        return _NAN_BITS, UNDECIDED
    if low <= _U1 and -4 <= power <= 23 and (bits & np.uint64(3)) == _U1 and (bits << cut) == high:
        bits &= ~_U1
    bits = (bits + (bits & _U1)) >> _U1
    if bits >= np.uint64(1 << 53):
        bits = np.uint64(1 << 52)
        exponent += 1
    if exponent >= 2047:
        return _NAN_BITS, UNDECIDED
    return (bits & np.uint64((1 << 52) - 1)) | (np.uint64(exponent) << np.uint64(52)), GOOD


@njit(cache=True, nogil=True)
def decimal_bits(data, first, last):
    """(bits of the double, state) of the number in bytes first <= i < last; blanks around it are allowed.

    The exponent is introduced by E or D of either case, or by its sign alone (a Fortran writer drops the letter of three-digit exponents).
    """
    mantissa = _U0
    digits = 0
    kept = 0
    power = 0
    negative = False
    point = False
    i = first
    while i < last and data[i] == 32:
        i += 1
    if i >= last:
        return _NAN_BITS, BLANK
    if data[i] == 45 or data[i] == 43:
        negative = data[i] == 45
        i += 1
    while i < last:
        c = data[i]
        if 48 <= c <= 57:
            digits += 1
            if kept < 19:
                mantissa = mantissa * np.uint64(10) + np.uint64(c - 48)
                kept += mantissa > _U0
                power -= point
            elif c != 48:
                return _NAN_BITS, UNDECIDED
            else:
                power += not point
        elif c == 46 and not point:
            point = True
        else:
            break
        i += 1
    if digits == 0:
        return _NAN_BITS, BAD
    if i < last and data[i] != 32:
        c = data[i]
        if c == 68 or c == 69 or c == 100 or c == 101:
            i += 1
            if i >= last:
                return _NAN_BITS, BAD
        elif c != 43 and c != 45:
            return _NAN_BITS, BAD
        down = data[i] == 45
        if down or data[i] == 43:
            i += 1
        exponent = 0
        begun = i
        while i < last and 48 <= data[i] <= 57:
            exponent = min(exponent * 10 + (data[i] - 48), 100000)
            i += 1
        if i == begun:
            return _NAN_BITS, BAD
        power += -exponent if down else exponent
        while i < last:
            if data[i] != 32:
                return _NAN_BITS, BAD
            i += 1
    else:
        while i < last:
            if data[i] != 32:
                return _NAN_BITS, BAD
            i += 1
    bits, state = _rounded(mantissa, power)
    if negative and state == GOOD:
        bits |= _SIGN_BIT
    return bits, state
