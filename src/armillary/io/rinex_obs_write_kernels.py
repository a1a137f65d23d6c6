"""Satellite lines of RINEX 3 and 4 observation text from columns: F14.3 and two digits per value."""

from __future__ import annotations

import numpy as np

from armillary.jit import njit

__all__ = ["format_rows"]

LARGEST = 9_999_999_999_999
SMALLEST = -999_999_999_999
"""Thousandths that ten digits, a point and three decimals hold; a sign takes one digit."""


@njit(cache=True, nogil=True)
def format_rows(values, lli, ssi, sat, factors, out, ends):
    """Writes the rows of one block one after the other into ``out``; ``ends`` int64[n_rows] receives where each ends.

    Returns -1, or the first row with a value that does not fit. ``factors``: float64[n_codes], what values are multiplied by.
    """
    at = 0
    for r in range(sat.size):
        out[at] = sat[r] // 100
        number = sat[r] % 100
        out[at + 1] = 48 + number // 10
        out[at + 2] = 48 + number % 10
        at += 3
        filled = at
        for k in range(values.shape[0]):
            v = values[k, r]
            if np.isnan(v):
                for i in range(14):
                    out[at + i] = 32
            else:
                scaled = np.rint(v * (1000.0 * factors[k]))
                if not (SMALLEST <= scaled <= LARGEST):
                    return r
                thousandths = np.int64(scaled)
                negative = thousandths < 0
                if negative:
                    thousandths = -thousandths
                i = at + 13
                for _ in range(3):
                    out[i] = 48 + thousandths % 10
                    thousandths //= 10
                    i -= 1
                out[i] = 46
                i -= 1
                out[i] = 48 + thousandths % 10
                thousandths //= 10
                i -= 1
                while thousandths > 0:
                    out[i] = 48 + thousandths % 10
                    thousandths //= 10
                    i -= 1
                if negative:
                    out[i] = 45
                    i -= 1
                while i >= at:
                    out[i] = 32
                    i -= 1
                filled = at + 14
            out[at + 14] = 48 + lli[k, r] if lli[k, r] > 0 else 32
            out[at + 15] = 48 + ssi[k, r] if ssi[k, r] > 0 else 32
            if lli[k, r] > 0:
                filled = at + 15
            if ssi[k, r] > 0:
                filled = at + 16
            at += 16
        at = filled
        out[at] = 10
        at += 1
        ends[r] = at
    return -1
