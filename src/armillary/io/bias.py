"""Bias-SINEX 1.00: https://files.igs.org/pub/data/format/sinex_bias_100.pdf (Schaer, 2018)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from armillary.core.biases import Biases
from armillary.core.coordinates import ALWAYS_NS, NEVER_NS
from armillary.errors import FormatError
from armillary.io.loss_log import LossLog
from armillary.io.sinex_blocks import Blocks, Instants, fortran_float
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "TIME_SYSTEMS", "read"]

NAME = "Bias-SINEX signal biases"

TIME_SYSTEMS = {"G": "GPST", "R": "UTC", "E": "GST", "C": "BDT", "J": "QZSST", "I": "GPST", "UTC": "UTC", "TAI": "TAI", "": "GPST"}
"""TIME_SYSTEM of BIAS/DESCRIPTION -> scale."""

_KINDS = {"OSB", "DSB", "ISB"}
_BLOCK = "BIAS/SOLUTION"
_CLOCK_REFERENCE = "SATELLITE_CLOCK_REFERENCE_OBSERVABLES"


def SNIFF(head: bytes) -> bool:
    """Whether the file starts with ``%=BIA``."""
    return head.startswith(b"%=BIA")


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> Biases:
    """Every bias of the file, nanoseconds turned into seconds, cycles kept apart.

    Raises FormatError when the first line or the time system is not known, and in strict mode at the first damage.
    """
    log = LossLog(source.path, strict=strict)
    if not SNIFF(source.data[:10]):
        raise FormatError(source.path, 1, "a Bias-SINEX file starts with %=BIA")
    blocks = Blocks(source.data, log, ("FILE/COMMENT", "BIAS/DESCRIPTION", _BLOCK), ending=b"%=ENDBIA")
    description = [(text[1:40].strip(), text[40:].strip()) for _, text in blocks.lines("BIAS/DESCRIPTION")]
    words = dict(description)
    system = words.get("TIME_SYSTEM", "")
    if system not in TIME_SYSTEMS:
        raise FormatError(source.path, 0, f"time system {system!r} is not known; there are {' '.join(s for s in TIME_SYSTEMS if s)}")
    instants = Instants(TIME_SYSTEMS[system], reference)
    rows = []
    for number, text in blocks.lines(_BLOCK):
        row = _row(text, instants)
        if row is None:
            log.add(number, "not a bias: kind, satellite or station, observables, interval, unit and value were expected")
        else:
            rows.append(row)
    head = source.data.split(b"\n", 1)[0].decode("latin-1").split()
    declared = int(head[-1]) if re.fullmatch("[0-9]{1,12}", head[-1]) else None
    # Some files announce too few: nothing is lost then.
    if declared is not None and declared > len(rows):
        log.add(1, f"the header announces {declared} biases, {len(rows)} were read")
    references = [value.split() for keyword, value in description if keyword == _CLOCK_REFERENCE]
    return Biases(
        **_columns(rows),
        time_scale=TIME_SYSTEMS[system],
        absolute=words.get("BIAS_MODE", "ABSOLUTE") != "RELATIVE",
        clock_reference=tuple((v[0], v[1], v[2]) for v in references if len(v) == 3),
        antenna_model=words.get("APC_MODEL", ""),
        agency=head[2] if len(head) > 2 else "",
        description=tuple(description),
        comments=tuple(text.strip() for _, text in blocks.lines("FILE/COMMENT")),
        losses=log.losses(),
        path=source.path,
    )


_Row = tuple[str, int, str, str, str, str, int, int, float, float, float, float, float]


def _row(text: str, instants: Instants) -> _Row | None:
    """The columns of one line, or None when it is not a bias."""
    kind, unit = text[1:5].strip(), text[65:69].strip()
    first, last = instants(text[35:49]), instants(text[50:64])
    sat = _satellite(text[11:14].strip())
    if kind not in _KINDS or first is None or last is None or sat is None or unit not in ("ns", "cyc"):
        return None
    try:
        value = fortran_float(text[70:91])
        sigma = fortran_float(text[92:103]) if text[92:103].strip() else float("nan")
        slope = fortran_float(text[104:125]) if text[104:125].strip() else 0.0
    except ValueError:
        return None
    if not np.isfinite(value):
        return None
    nan = float("nan")
    numbers = (value / 1e9, sigma / 1e9, nan, nan, slope / 1e9) if unit == "ns" else (nan, nan, value, sigma, 0.0)
    names = (text[6:10].strip(), text[15:24].strip().upper(), text[25:29].strip(), text[30:34].strip())
    return (kind, sat, *names, first or NEVER_NS, last or ALWAYS_NS, *numbers)


def _satellite(name: str) -> int | None:
    """Packed satellite, with number 0 for a letter alone; 0 for no name."""
    if not name:
        return 0
    if not ("A" <= name[0] <= "Z") or len(name) > 3 or (len(name) > 1 and not (name[1:].isascii() and name[1:].isdigit())):
        return None
    return ord(name[0]) * 100 + int(name[1:] or 0)


_TYPES: tuple[Any, ...] = ("U3", np.int16, "U4", "U9", "U4", "U4", np.int64, np.int64, *[np.float64] * 5)
_NAMES = (
    "kind",
    "sat",
    "space_vehicle",
    "station",
    "observable_1",
    "observable_2",
    "valid_from_ns",
    "valid_until_ns",
    "bias_s",
    "sigma_s",
    "bias_cycles",
    "sigma_cycles",
    "slope_s_s",
)


def _columns(rows: list[_Row]) -> dict[str, Any]:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_NAMES)
    return {name: np.array(column, dtype) for name, column, dtype in zip(_NAMES, columns, _TYPES, strict=True)}
