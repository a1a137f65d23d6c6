"""RINEX clock files, versions 2.0 to 3.04: https://files.igs.org/pub/data/format/rinex_clock304.txt."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import lazy_module
from armillary.core.epochs import Epochs
from armillary.core.precise import PreciseClocks
from armillary.core.satellites import unpack
from armillary.core.scales import from_day, to_rinex
from armillary.errors import FormatError, InputError, LimitError
from armillary.io.loss_log import LossLog
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "TIME_SYSTEMS", "read", "write"]

NAME = "RINEX clock"

kernels = lazy_module("armillary.io.clk_kernels")

TIME_SYSTEMS = {"GPS": "GPST", "GLO": "UTC", "GAL": "GST", "QZS": "QZSST", "BDT": "BDT", "IRN": "GPST", "UTC": "UTC", "TAI": "TAI", "": "GPST"}
"""TIME SYSTEM ID -> scale. GLO is read as UTC, as in observation files; the scale of IRN keeps GPST's seconds."""

_CODES = {"GPST": "GPS", "UTC": "UTC", "GST": "GAL", "QZSST": "QZS", "BDT": "BDT", "TAI": "TAI"}

REASONS = (
    "not a clock record (AS, AR, CR, DR or MS was expected)",
    "no satellite or station name",
    "not an epoch (year, month, day, hour, minute, second were expected)",
    "a bias, a sigma or their count is not a number",
    "a record that is cut short",
    "further damage of several kinds",
)

SKIPPED_KINDS = ("CR", "DR", "MS")

FREE_CELLS = 2_000_000
CELLS_PER_RECORD = 50
"""A table of clocks by epochs may be this much larger than the records in it; more is a contrived file."""

_END = b"END OF HEADER"


def SNIFF(head: bytes) -> bool:
    """Whether the first line says RINEX version and a clock file."""
    first = head.split(b"\n", 1)[0]
    return b"RINEX VERSION / TYPE" in first and first[9:41].strip()[:1] == b"C"


@dataclass(slots=True)
class _Header:
    version: float = 3.0
    time_system: str = ""
    interval_s: float = np.nan
    agency: str = ""
    frame: str = ""
    antenna_model: str = ""
    bias_source: str = ""
    comments: list[str] = field(default_factory=list)


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> PreciseClocks:
    """Satellite (AS) and receiver (AR) clock biases and their sigmas in seconds; CR, DR and MS records are counted in ``skipped``.

    Rates and accelerations of the continuation lines are read over. Raises FormatError when the first line or the time system is not a clock
    file's, in strict mode at the first damage, and LimitError for a table far larger than the records in it.
    """
    log = LossLog(source.path, strict=strict)
    if not SNIFF(source.data[:200]):
        raise FormatError(source.path, 1, "a RINEX clock file says so in its first line (type C)")
    start = _body(source.data, log)
    text = source.data[:start].decode("latin-1")
    header = _header(text.split("\n"), source.path)
    data = np.frombuffer(source.data, np.uint8)
    dates, keys, values, runs, skipped, _ = kernels.records(data, start, text.count("\n") + 1, header.version >= 3.04)
    for first, last, reason in runs.tolist():
        log.add(first, REASONS[reason], last)
    scale = TIME_SYSTEMS[header.time_system]
    epochs, index = np.unique(from_day(dates[:, 0], dates[:, 1], scale, reference=reference).tai_ns, return_inverse=True)
    column = index.ravel()[keys[:, 0]]
    satellites = keys[:, 2] == 1
    sat, bias, sigma = _table(keys[satellites], column[satellites], values[satellites], len(epochs), log)
    names, receiver_bias, receiver_sigma = _table(keys[~satellites], column[~satellites], values[~satellites], len(epochs), log)
    # Packed names sort like the text only when equally long; the text decides.
    receivers = [_text(int(name)) for name in names]
    order = sorted(range(len(receivers)), key=receivers.__getitem__)
    step = float(np.median(np.diff(epochs))) / 1e9 if len(epochs) > 1 else float("nan")
    return PreciseClocks(
        epochs=Epochs(epochs),
        sat=sat.astype(np.int16),
        bias_s=bias,
        sigma_s=sigma,
        receivers=tuple(receivers[i] for i in order),
        receiver_bias_s=receiver_bias[order],
        time_scale=scale,
        interval_s=header.interval_s if header.interval_s > 0 else step,
        version=header.version,
        receiver_sigma_s=receiver_sigma[order],
        skipped=tuple((kind, count) for kind, count in zip(SKIPPED_KINDS, skipped.tolist(), strict=True) if count),
        agency=header.agency,
        frame=header.frame,
        antenna_model=header.antenna_model,
        bias_source=header.bias_source,
        wide_lane_cycles=_wide_lanes(header.comments),
        comments=tuple(header.comments),
        losses=log.losses(),
        path=source.path,
    )


def _body(data: bytes, log: LossLog) -> int:
    """Offset of the first line after the header."""
    found = data.find(_END)
    if found >= 0:
        stop = data.find(b"\n", found)
        return len(data) if stop < 0 else stop + 1
    starts = [at + 1 for at in (data.find(b"\nAS "), data.find(b"\nAR ")) if at >= 0]
    log.add(0, "END OF HEADER is missing")
    return min(starts, default=len(data))


def _table(
    keys: NDArray[np.int64], column: NDArray[np.int64], values: NDArray[np.float64], n_epochs: int, log: LossLog
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Sorted names and their biases and sigmas [n_names, n_epochs]; later records win."""
    names, row = np.unique(keys[:, 1], return_inverse=True)
    size = len(names) * n_epochs
    if size > FREE_CELLS and size > CELLS_PER_RECORD * len(keys):
        raise LimitError(f"{log.path}: {len(keys)} records would fill a table of {len(names)} clocks by {n_epochs} epochs")
    cell = row.ravel() * n_epochs + column
    table = np.full((2, size), np.nan)
    table[0, cell], table[1, cell] = values[:, 0], values[:, 1]
    last = np.full(size, -1, np.int64)
    order = np.arange(len(cell))
    last[cell] = order
    for line in keys[last[cell] != order, 3].tolist():
        log.add(line, "a clock given twice at one epoch: the later record was kept")
    bias, sigma = table.reshape(2, len(names), n_epochs)
    return names, bias, sigma


def _text(name: int) -> str:
    """The name that seven bits per character hold."""
    characters = []
    while name:
        characters.append(chr(name & 127))
        name >>= 7
    return "".join(reversed(characters))


_LABELS = {
    "RINEX VERSION / TYPE",
    "TIME SYSTEM ID",
    "INTERVAL",
    "ANALYSIS CENTER",
    "# OF SOLN STA / TRF",
    "SYS / PCVS APPLIED",
    "SYS / DCBS APPLIED",
    "COMMENT",
}


def _label(line: str) -> tuple[str, str]:
    """(label, content) of a header line; labels stand from column 61, in version 3.04 from column 66, and some files mix."""
    for at in (60, 65):
        if line[at:].strip() in _LABELS:
            return line[at:].strip(), line[:at]
    return "", line


def _header(lines: list[str], path: str) -> _Header:
    """The header's fields of use; others (station lists, reference clocks) are read over."""
    header = _Header()
    for number, line in enumerate(lines, 1):
        label, content = _label(line)
        if label == "RINEX VERSION / TYPE":
            header.version = _number(next(iter(content[:20].split()), ""))
        elif label == "TIME SYSTEM ID":
            header.time_system = content.strip()[:3]
            if header.time_system not in TIME_SYSTEMS:
                known = " ".join(sorted(code for code in TIME_SYSTEMS if code))
                raise FormatError(path, number, f"time system {header.time_system!r} is not known; there are {known}")
        elif label == "INTERVAL":
            header.interval_s = _number(content[:10])
        elif label == "ANALYSIS CENTER":
            header.agency = content[:4].strip()
        elif label == "# OF SOLN STA / TRF":
            header.frame = content[9:].strip()
        elif label == "SYS / PCVS APPLIED" and not header.antenna_model:
            header.antenna_model = _before_suffix(content[20:].strip())
        elif label == "SYS / DCBS APPLIED" and not header.bias_source:
            header.bias_source = content[20:].strip()
        elif label == "COMMENT":
            header.comments.append(content.rstrip())
    return header


def _wide_lanes(comments: list[str]) -> dict[int, float]:
    """Wide-lane biases of satellites as the integer-clock products of CNES/CLS carry them: ``WL G01 2020 6 25 12 0 0.000000 1 -1.103 0102``."""
    found: dict[int, float] = {}
    for text in comments:
        words = text.split()
        if len(words) >= 10 and words[0] == "WL" and len(words[1]) == 3 and words[1][1:].isdigit():
            value = _number(words[9])
            if value == value:
                found[ord(words[1][0]) * 100 + int(words[1][1:])] = value
    return found


def _before_suffix(name: str) -> str:
    return name[:-4] if name.lower().endswith(".atx") else name


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return float("nan")


def write(clocks: PreciseClocks) -> bytes:
    """The file, version 3.04 (nine-character names): AS and AR records, with sigmas where they are known.

    Biases keep twelve digits. Raises InputError for a time scale the format has no word for, and names longer than nine characters.
    """
    if clocks.time_scale not in _CODES:
        raise InputError(f"RINEX clock has no word for the time scale {clocks.time_scale}; it has {' '.join(_CODES)}")
    long = [name for name in clocks.receivers if len(name) > 9]
    if long:
        raise InputError(f"a receiver name in a RINEX clock file has at most nine characters: {long[0]!r}")
    names = [*(f"AR {name:<9s}" for name in clocks.receivers), *(f"AS {name:<9s}" for name in unpack(clocks.sat))]
    no_sigma = np.full(clocks.receiver_bias_s.shape, np.nan)
    bias = np.concatenate([clocks.receiver_bias_s, clocks.bias_s])
    sigma = np.concatenate([no_sigma if clocks.receiver_sigma_s is None else clocks.receiver_sigma_s, clocks.sigma_s])
    dates = [_date(str(text)) for text in to_rinex(clocks.epochs, clocks.time_scale, 6)]
    lines = _header_lines(clocks)
    for e, date in enumerate(dates):
        for name, b, s in zip(names, bias[:, e].tolist(), sigma[:, e].tolist(), strict=True):
            if b == b:
                lines.append(f"{name} {date}  2   {_e19(b)} {_e19(s)}" if s == s else f"{name} {date}  1   {_e19(b)}")
    return "\n".join([*lines, ""]).encode("latin-1", "replace")


def _date(text: str) -> str:
    """The 26 columns of a date from year, month, day, hour, minute and second in words."""
    year, month, day, hour, minute, second = text.replace("-", " ").replace("T", " ").replace(":", " ").split()
    return f"{int(year):4d} {int(month):02d} {int(day):02d} {int(hour):02d} {int(minute):02d}{float(second):10.6f}"


def _e19(value: float) -> str:
    """E19.12: a mantissa below one, as these files write it."""
    if value == 0.0:
        return " 0.000000000000E+00"
    mantissa, exponent = f"{value:.11e}".split("e")
    sign, digits = ("-", mantissa[1:]) if mantissa[0] == "-" else (" ", mantissa)
    return f"{sign}0.{digits.replace('.', '')}E{int(exponent) + 1:+03d}"


def _header_lines(clocks: PreciseClocks) -> list[str]:
    letters = "".join(dict.fromkeys(str(name)[0] for name in unpack(clocks.sat)))
    system = letters if len(letters) == 1 else "M"
    rows = [
        ("     3.04" + " " * 12 + f"C{'':20s}{system}", "RINEX VERSION / TYPE"),
        (f"{'armillary':21s}{clocks.agency:21.21s}", "PGM / RUN BY / DATE"),
    ]
    rows += [(comment, "COMMENT") for comment in clocks.comments]
    if clocks.interval_s > 0:
        rows.append((f"{clocks.interval_s:9.2f}", "INTERVAL"))
    rows.append((f"   {_CODES[clocks.time_scale]}", "TIME SYSTEM ID"))
    for letter in letters:
        rows += [(f"{letter} {'':17s} {text}", label) for text, label in ((clocks.bias_source, _DCBS), (clocks.antenna_model, _PCVS)) if text]
    kinds = [kind for kind, some in (("AR", clocks.receivers), ("AS", len(clocks.sat))) if some]
    rows.append((f"{len(kinds):6d}" + "".join(f"    {kind}" for kind in kinds), "# / TYPES OF DATA"))
    rows.append((f"{clocks.agency:3.3s}", "ANALYSIS CENTER"))
    rows.append((f"{len(clocks.receivers):6d}    {clocks.frame}", "# OF SOLN STA / TRF"))
    return [f"{content:65.65s}{label}" for content, label in (*rows, ("", "END OF HEADER"))]


_DCBS, _PCVS = "SYS / DCBS APPLIED", "SYS / PCVS APPLIED"
