"""What the header of a RINEX observation file says, and the observation types that a header or an event inside the data sets.

Layouts are those of RINEX 2.11 table A1, RINEX 3.05 table A2 and RINEX 4.02 table A2.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType
from typing import Any

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss
from armillary.core.observations import ObservationHeader
from armillary.core.scales import from_calendar
from armillary.errors import ArmillaryError
from armillary.io.rinex_header import HeaderLine, RinexHeader, float_field, int_field, text_field
from armillary.io.rinex_obs_codes import LETTERS, modern_codes, renamed

__all__ = ["SCALES", "TEXT_FIELDS", "Layout", "last_observation", "observation_header", "observation_layout"]

TEXT_FIELDS = (
    ("PGM / RUN BY / DATE", (("program", 0, 20), ("run_by", 20, 40), ("date", 40, 60))),
    ("MARKER NAME", (("marker", 0, 60),)),
    ("MARKER NUMBER", (("marker_number", 0, 20),)),
    ("MARKER TYPE", (("marker_type", 0, 20),)),
    ("OBSERVER / AGENCY", (("observer", 0, 20), ("agency", 20, 60))),
    ("REC # / TYPE / VERS", (("receiver_number", 0, 20), ("receiver", 20, 40), ("receiver_version", 40, 60))),
    ("ANT # / TYPE", (("antenna_number", 0, 20), ("antenna", 20, 60))),
)
"""Label -> (header field, first column, column after the last), in the order they are written."""

SCALES = MappingProxyType({"GPS": "GPST", "GLO": "UTC", "GAL": "GST", "QZS": "QZSST", "BDT": "BDT", "IRN": "GPST"})
"""Time system of the header -> scale of the epochs. ``GLO`` epochs are UTC; ``IRN`` keeps GPST to the nanosecond level of its name."""

_DEFAULT_SCALES = MappingProxyType({"G": "GPST", "R": "UTC", "E": "GST", "J": "QZSST", "C": "BDT", "I": "GPST"})
_CODE = re.compile(r"[A-Z][0-9A-Z][A-Z ]?")
_LONGEST_SLOT = 8
_REBUILT = frozenset(
    {
        *(label for label, _ in TEXT_FIELDS),
        "# / TYPES OF OBSERV",
        "# OF SATELLITES",
        "ANTENNA: DELTA H/E/N",
        "APPROX POSITION XYZ",
        "COMMENT",
        "GLONASS COD/PHS/BIS",
        "GLONASS SLOT / FRQ #",
        "INTERVAL",
        "LEAP SECONDS",
        "PRN / # OF OBS",
        "SYS / # / OBS TYPES",
        "SYS / PHASE SHIFT",
        "SYS / SCALE FACTOR",
        "TIME OF FIRST OBS",
        "TIME OF LAST OBS",
    }
)
"""Labels whose content has its own field or follows from the observations."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a satellite line per system letter, from some line of the file on."""

    codes: Mapping[str, tuple[str | None, ...]]
    """RINEX 3 codes in file order; None for a field that has no name to be kept under."""
    factors: Mapping[tuple[str, str], float] = field(default_factory=dict)
    """(system, code) -> number the file's values were multiplied by."""
    fields_per_satellite: int = 0
    """RINEX 2: how many fields every satellite has; 0 in later versions."""

    def factor(self, system: str, code: str | None) -> float:
        """What values of a code are divided by."""
        return self.factors.get((system, code or ""), 1.0)


class _Reader:
    """Collects losses while lines are taken apart."""

    def __init__(self) -> None:
        self.losses: list[Loss] = []

    def lost(self, line: HeaderLine, reason: str) -> None:
        self.losses.append(Loss(line.number, line.number, reason))

    def numbers(self, line: HeaderLine | None, columns: Iterable[tuple[int, int]]) -> tuple[float, ...] | None:
        """Every number of a line, or None (a loss, unless all are blank)."""
        if line is None or not line.content.strip():
            return None
        values = [float_field(line.content, start, stop) for start, stop in columns]
        if any(v is None for v in values):
            self.lost(line, f"{line.label}: {line.content.strip()!r} are not the numbers expected")
            return None
        return tuple(v for v in values if v is not None)


def observation_header(header: RinexHeader) -> tuple[ObservationHeader, tuple[Loss, ...]]:
    """The header's content in its fields, and the lines that could not be read."""
    reader = _Reader()
    text: dict[str, Any] = {}
    for label, columns in TEXT_FIELDS:
        line = header.first(label)
        for name, start, stop in columns:
            text[name] = "" if line is None else text_field(line.content, start, stop)
    triple = tuple((14 * i, 14 * i + 14) for i in range(3))
    position = reader.numbers(header.first("APPROX POSITION XYZ"), triple)
    delta = reader.numbers(header.first("ANTENNA: DELTA H/E/N"), triple) or (0.0, 0.0, 0.0)
    interval = reader.numbers(header.first("INTERVAL"), ((0, 10),)) or (float("nan"),)
    leap = header.first("LEAP SECONDS")
    result = ObservationHeader(
        version=header.version,
        position_m=None if position is None or not any(position) else (position[0], position[1], position[2]),
        antenna_delta_hen_m=(delta[0], delta[1], delta[2]),
        interval_s=interval[0] if isfinite(interval[0]) and interval[0] > 0 else float("nan"),
        time_scale=_time_scale(header, reader),
        glonass_channels=_channels(header, reader),
        glonass_code_phase_bias_m=_code_phase_biases(header, reader),
        leap_seconds=None if leap is None else int_field(leap.content, 0, 6),
        phase_shifts=_contents(header, "SYS / PHASE SHIFT"),
        scale_factors=_contents(header, "SYS / SCALE FACTOR"),
        comments=tuple(_comment(line) for line in header.all("COMMENT")),
        other=tuple(line.text for line in header.lines if line.label not in _REBUILT),
        **text,
    )
    return result, tuple(reader.losses)


def last_observation(header: RinexHeader) -> Epochs | None:
    """The instant that TIME OF LAST OBS names, or None: most files do not say it, some say it wrongly."""
    line = header.first("TIME OF LAST OBS")
    fields = None if line is None else [float_field(line.content, 6 * i, 6 * i + 6) for i in range(5)]
    if line is None or fields is None or any(field is None or field % 1 for field in fields):
        return None
    scale = SCALES.get(line.content[43:60].strip(), _time_scale(header, _Reader()))
    try:
        year, month, day, hour, minute = (int(field) for field in fields if field is not None)
        return from_calendar(year, month, day, hour, minute, scale=scale)  # seconds do not matter here
    except (ArmillaryError, ValueError):
        return None


def _comment(line: HeaderLine) -> str:
    indent = len(line.content) - len(line.content.lstrip(" "))
    return (" " * indent + text_field(line.content, 0, 60)).rstrip()


def _contents(header: RinexHeader, label: str) -> tuple[str, ...]:
    return tuple(line.content.rstrip() for line in header.all(label) if line.content.strip())


def _time_scale(header: RinexHeader, reader: _Reader) -> str:
    default = _DEFAULT_SCALES.get(header.system, "GPST")
    line = header.first("TIME OF FIRST OBS")
    name = "" if line is None else line.content[43:60].strip()
    if line is not None and name and name not in SCALES:
        reader.lost(line, f"{name!r} is no time system ({' '.join(SCALES)}); {default} was taken")
    return SCALES.get(name, default)


def _channels(header: RinexHeader, reader: _Reader) -> Mapping[int, int]:
    found: dict[int, int] = {}
    for line in header.all("GLONASS SLOT / FRQ #"):
        for at in range(4, 60, 7):
            if line.content[at : at + 7].strip():
                slot, channel = int_field(line.content, at + 1, at + 3), int_field(line.content, at + 3, at + 6)
                if slot is None or channel is None:
                    reader.lost(line, f"{line.content[at : at + 7].strip()!r} is not a slot with its frequency number")
                else:
                    found[slot] = channel
    return found


def _code_phase_biases(header: RinexHeader, reader: _Reader) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for line in header.all("GLONASS COD/PHS/BIS"):
        for at in range(0, 52, 13):
            code = line.content[at + 1 : at + 4].strip()
            if code:
                value = float_field(line.content, at + 5, at + 13)
                if value is None and line.content[at + 5 : at + 13].strip():
                    reader.lost(line, f"the bias of {code} is not a number")
                elif value is not None:
                    found[code] = value
    return found


def observation_layout(lines: Iterable[HeaderLine], version: float, before: Layout | None = None) -> tuple[Layout, tuple[Loss, ...]]:
    """Observation types and scale factors that header lines set, on top of those in force ``before``; and lines not understood."""
    reader = _Reader()
    before = before or Layout({})
    codes, width = dict(before.codes), before.fields_per_satellite
    lines = tuple(lines)
    if version < 3:
        types = _types_unmarked([line for line in lines if line.label == "# / TYPES OF OBSERV"], reader)
        if types:
            codes = {letter: modern_codes(types, letter) for letter in LETTERS}
            width = len(types)
    else:
        codes |= _types_per_system([line for line in lines if line.label == "SYS / # / OBS TYPES"], version, reader)
    factors = dict(before.factors)
    _scale_factors([line for line in lines if line.label == "SYS / SCALE FACTOR"], codes, version, factors, reader)
    return Layout(codes, factors, width), tuple(reader.losses)


def _types_unmarked(lines: list[HeaderLine], reader: _Reader) -> list[str]:
    """RINEX 2 types; one list for all systems, nine to a line."""
    if not lines:
        return []
    names = [line.content[at : at + 2].strip() for line in lines for at in range(10, 60, 6)]
    while names and not names[-1]:
        names.pop()
    return _as_promised(lines[0], int_field(lines[0].content, 0, 6), names, reader)


def _as_promised(line: HeaderLine, promised: int | None, names: list[str], reader: _Reader) -> list[str]:
    """The names up to the number that the header promises; a different number is a loss."""
    if promised == len(names):
        return names
    reader.lost(line, f"{'no number' if promised is None else promised} of observation types promised, {len(names)} listed")
    return names if promised is None or promised < 1 else names[:promised]


def _types_per_system(lines: list[HeaderLine], version: float, reader: _Reader) -> dict[str, tuple[str | None, ...]]:
    """RINEX 3 and 4 codes; thirteen to a line, further lines without a letter."""
    found: dict[str, tuple[HeaderLine, list[str]]] = {}
    letter = ""
    for line in lines:
        if line.content[0] != " ":
            letter = line.content[0]
            if not ("A" <= letter <= "Z"):
                reader.lost(line, f"{letter!r} is no system letter")
                letter = ""
            else:
                found[letter] = (line, [])
        elif not letter:
            reader.lost(line, "observation types without a system")
        if letter:
            found[letter][1].extend(line.content[at : at + 3] for at in range(7, 59, 4))
    result: dict[str, tuple[str | None, ...]] = {}
    for letter, (line, names) in found.items():
        while names and not names[-1].strip():
            names.pop()
        promised = _as_promised(line, int_field(line.content, 3, 6), names, reader)
        result[letter] = _valid(line, renamed([name.strip() for name in promised], letter, version), reader)
    return result


def _valid(line: HeaderLine, names: tuple[str, ...], reader: _Reader) -> tuple[str | None, ...]:
    """Names, with None for one that is no observation code or stands twice."""
    kept: list[str | None] = []
    for name in names:
        good = _CODE.fullmatch(name) is not None and name not in kept
        if not good:
            reader.lost(line, f"{name!r} {'stands twice' if name in kept else 'is no observation code'}: its values are skipped")
        kept.append(name if good else None)
    return tuple(kept)


def _scale_factors(
    lines: list[HeaderLine],
    codes: Mapping[str, tuple[str | None, ...]],
    version: float,
    factors: dict[tuple[str, str], float],
    reader: _Reader,
) -> None:
    letter, factor = "", 1
    for line in lines:
        if line.content[0] != " ":
            given = int_field(line.content, 2, 6)
            letter, factor = line.content[0], given or 0
            if factor not in (1, 10, 100, 1000):
                reader.lost(line, f"{line.content[2:6].strip()!r} is not one of the scale factors 1, 10, 100, 1000")
                letter = ""
        names = [line.content[at : at + 3].strip() for at in range(11, 59, 4)]
        named = renamed([name for name in names if name], letter, version)
        whole = not named and not (int_field(line.content, 8, 10) or 0)
        for code in (code for code in codes.get(letter, ()) if whole and code) if whole else named:
            factors[letter, code] = float(factor)
