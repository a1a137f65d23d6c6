"""IONEX maps of the ionosphere, version 1.0: https://files.igs.org/pub/data/format/ionex1.pdf (Schaer, Gurtner & Feltens, 1998)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.ionosphere_maps import IonosphereMaps, StationBias
from armillary.errors import FormatError, LimitError
from armillary.io.dates import instant_ns
from armillary.io.loss_log import LossLog
from armillary.io.source import Source

if TYPE_CHECKING:
    from armillary.core.reference import Reference

__all__ = ["NAME", "SNIFF", "read"]

NAME = "IONEX ionosphere maps"

_NOT_AVAILABLE = 9999
_DEFAULT_EXPONENT = -1
_LARGEST_GRID = 2_000_000
"""Nodes of one map; a quarter of a degree in both directions has 1,038,961."""
_CELLS_PER_BYTE = 0.5
_PER_LINE = 16
_WIDTH = 5


def SNIFF(head: bytes) -> bool:
    """Whether the first line says IONEX."""
    return head.split(b"\n", 1)[0][60:80].strip() == b"IONEX VERSION / TYPE"


@dataclass(slots=True)
class _Grid:
    """Ends and steps as the header gives them, degrees."""

    latitude: tuple[float, float, float] = (0.0, 0.0, 0.0)
    longitude: tuple[float, float, float] = (0.0, 0.0, 0.0)
    height_km: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(slots=True)
class _Header:
    grid: _Grid = field(default_factory=_Grid)
    exponent: int = _DEFAULT_EXPONENT
    base_radius_km: float = 6371.0
    mapping_function: str = ""
    cutoff_deg: float = 0.0
    interval_s: float = 0.0
    satellites: dict[int, tuple[float, float]] = field(default_factory=dict)
    stations: list[StationBias] = field(default_factory=list)
    description: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)


def read(source: Source, *, strict: bool = False, reference: Reference | None = None) -> IonosphereMaps:
    """The maps, with latitudes and longitudes ascending and the exponent applied; epochs are read as UTC.

    Raises FormatError when the first line is not IONEX's, when the grid is not readable or has more than one height, in strict mode at the first
    damage, and LimitError for a grid far larger than the file.
    """
    log = LossLog(source.path, strict=strict)
    if not SNIFF(source.data[:200]):
        raise FormatError(source.path, 1, "an IONEX file says IONEX VERSION / TYPE in its first line")
    lines = source.data.decode("latin-1").split("\n")
    header, body = _header(lines, log)
    latitude = _axis(header.grid.latitude, "LAT1 / LAT2 / DLAT", source.path)
    longitude = _axis(header.grid.longitude, "LON1 / LON2 / DLON", source.path)
    if header.grid.height_km[0] != header.grid.height_km[1]:
        raise FormatError(source.path, 0, "maps of more than one height are not read")
    if len(latitude) < 2 or len(longitude) < 2 or len(latitude) * len(longitude) > _LARGEST_GRID:
        raise LimitError(f"{source.path}: a grid of {len(latitude)} latitudes by {len(longitude)} longitudes")
    reader = _Maps(latitude, longitude, header.exponent, log, reference)
    reader.run(lines, body)
    return _assembled(reader, header, latitude, longitude, log)


def _assembled(reader: _Maps, header: _Header, latitude: NDArray[np.float64], longitude: NDArray[np.float64], log: LossLog) -> IonosphereMaps:
    times = sorted(reader.found["TEC"])
    rows, columns = np.argsort(latitude), np.argsort(longitude)

    def stack(kind: str) -> NDArray[np.float64]:
        empty = np.full((len(latitude), len(longitude)), np.nan)
        maps = np.array([reader.found[kind].get(t, empty) for t in times]).reshape(-1, *empty.shape)
        return np.ascontiguousarray(maps[:, rows][:, :, columns])

    sats = sorted(header.satellites)
    return IonosphereMaps(
        epochs=Epochs(np.array(times, np.int64)),
        latitude_rad=np.radians(latitude[rows]),
        longitude_rad=np.radians(longitude[columns]),
        height_m=header.grid.height_km[0] * 1e3,
        base_radius_m=header.base_radius_km * 1e3,
        tec_tecu=stack("TEC"),
        rms_tecu=stack("RMS") if reader.found["RMS"] else None,
        mapping_function=header.mapping_function,
        elevation_cutoff_rad=float(np.radians(header.cutoff_deg)),
        interval_s=header.interval_s,
        sat=np.array(sats, np.int16),
        satellite_bias_s=np.array([header.satellites[s][0] for s in sats], np.float64),
        satellite_bias_sigma_s=np.array([header.satellites[s][1] for s in sats], np.float64),
        station_biases=tuple(header.stations),
        description=tuple(header.description),
        comments=tuple(header.comments),
        losses=log.losses(),
        path=log.path,
    )


def _header(lines: list[str], log: LossLog) -> tuple[_Header, int]:
    """The header, and the index of the line after it."""
    header = _Header()
    for number, line in enumerate(lines, 1):
        content, label = f"{line[:60]:60s}", line[60:80].strip()
        if label == "END OF HEADER":
            return header, number
        if label == "START OF TEC MAP":
            log.add(number, "END OF HEADER is missing")
            return header, number - 1
        try:
            _header_field(header, content, label)
        except ValueError:
            log.add(number, f"{label} is not readable")
    log.add(len(lines), "END OF HEADER is missing: the file may be cut off")
    return header, len(lines)


def _header_field(header: _Header, content: str, label: str) -> None:
    """Keeps one header line; ValueError when a number in it is none."""
    grid = header.grid
    if label == "COMMENT":
        header.comments.append(content.rstrip())
    elif label == "DESCRIPTION":
        header.description.append(content.rstrip())
    elif label == "LAT1 / LAT2 / DLAT":
        grid.latitude = _three(content)
    elif label == "LON1 / LON2 / DLON":
        grid.longitude = _three(content)
    elif label == "HGT1 / HGT2 / DHGT":
        grid.height_km = _three(content)
    elif label == "EXPONENT":
        header.exponent = _exponent(content)
    elif label == "BASE RADIUS":
        header.base_radius_km = float(content[:8])
    elif label == "MAPPING FUNCTION":
        header.mapping_function = content.strip()
    elif label == "ELEVATION CUTOFF":
        header.cutoff_deg = float(content[:8])
    elif label == "INTERVAL":
        header.interval_s = float(content[:6])
    elif label == "PRN / BIAS / RMS":
        letter = content[3].strip() or "G"
        if not "A" <= letter <= "Z":
            raise ValueError
        header.satellites[ord(letter) * 100 + int(content[4:6])] = (float(content[6:16]) / 1e9, float(content[16:26]) / 1e9)
    elif label == "STATION / BIAS / RMS":
        bias, sigma = float(content[26:36]) / 1e9, float(content[36:46]) / 1e9
        header.stations.append(StationBias(content[3].strip() or "G", content[6:10].strip(), content[11:26].strip(), bias, sigma))


def _three(content: str) -> tuple[float, float, float]:
    return float(content[2:8]), float(content[8:14]), float(content[14:20])


def _exponent(content: str) -> int:
    value = int(content[:6])
    if abs(value) > 20:
        raise ValueError
    return value


def _axis(ends: tuple[float, float, float], label: str, path: str) -> NDArray[np.float64]:
    """Nodes in degrees in the order of the file."""
    first, last, step = ends
    count = (last - first) / step if step else -1.0
    if not 0 <= count < _LARGEST_GRID or abs(count - round(count)) > 1e-3:
        raise FormatError(path, 0, f"{label} is not a grid: {first} {last} {step}")
    return np.asarray(first + step * np.arange(round(count) + 1), np.float64)


class _Maps:
    """Goes over the body and keeps maps by kind and epoch."""

    def __init__(
        self, latitude: NDArray[np.float64], longitude: NDArray[np.float64], exponent: int, log: LossLog, reference: Reference | None
    ) -> None:
        self.latitude, self.longitude, self.header_exponent = latitude, longitude, exponent
        self.log, self.reference = log, reference
        self.found: dict[str, dict[int, NDArray[np.float64]]] = {"TEC": {}, "RMS": {}}
        self.rows_per_record = -(-len(longitude) // _PER_LINE)

    def run(self, lines: list[str], start: int) -> None:
        kind, opened, epoch, exponent = "", 0, None, self.header_exponent
        table: NDArray[np.float64] | None = None
        cells, allowed, at = 0, max(_LARGEST_GRID * 2.0, sum(map(len, lines)) * _CELLS_PER_BYTE), start
        while at < len(lines):
            line, number = lines[at], at + 1
            label = line[60:80].strip()
            at += 1
            if label.startswith("START OF ") and label.endswith(" MAP"):
                if kind:
                    self.log.add(opened, "a map without its end", number - 1)
                kind, opened, epoch, table, exponent = label[9:-4], number, None, None, self.header_exponent
            elif label.startswith("END OF ") and label.endswith(" MAP"):
                self._keep(kind, opened, number, epoch, table)
                kind = ""
            elif label == "EPOCH OF CURRENT MAP":
                epoch = self._instant(line)
                if epoch is None:
                    self.log.add(number, "not an epoch: year, month, day, hour, minute, second were expected")
            elif label == "EXPONENT":
                try:
                    exponent = _exponent(line)
                except ValueError:
                    self.log.add(number, "EXPONENT is not readable")
            elif label == "LAT/LON1/LON2/DLON/H" and kind in self.found:
                if table is None:
                    cells += len(self.latitude) * len(self.longitude)
                    if cells > allowed:
                        raise LimitError(f"{self.log.path}: more grid nodes than the file has room for")
                    table = np.full((len(self.latitude), len(self.longitude)), np.nan)
                at = self._record(lines, at, line, table, exponent)
            elif label == "END OF FILE":
                return
            elif line.strip() and label != "COMMENT" and kind in self.found:
                self.log.add(number, "not a line of a map")
        if kind:
            self.log.add(opened, "a map without its end", len(lines))
        self.log.add(len(lines), "END OF FILE is missing: the file may be cut off")

    def _keep(self, kind: str, opened: int, closed: int, epoch: int | None, table: NDArray[np.float64] | None) -> None:
        if kind not in self.found:
            self.log.add(opened or closed, f"maps of {kind.lower() or 'no'} kind are not kept", closed)
        elif epoch is None or table is None:
            self.log.add(opened, "a map without epoch or values", closed)
        elif epoch in self.found[kind]:
            self.log.add(opened, "a second map of the same epoch: the first was kept", closed)
        else:
            self.found[kind][epoch] = table

    def _record(self, lines: list[str], at: int, head: str, table: NDArray[np.float64], exponent: int) -> int:
        """Reads the values of one latitude; returns the index of the line after them."""
        stop = at + self.rows_per_record
        try:
            latitude, first = float(head[2:8]), float(head[8:14])
            row = int(np.argmin(np.abs(self.latitude - latitude)))
            if not (abs(self.latitude[row] - latitude) < 1e-3 and abs(first - self.longitude[0]) < 1e-3):
                raise ValueError
            values = _integers(lines[at:stop], len(self.longitude))
        except ValueError:
            while at < len(lines) and at < stop and not lines[at][60:80].strip(" \r-0123456789"):
                at += 1
            self.log.add(at, "a row of a map that does not fit the grid of the header, or is cut short")
            return at
        table[row] = np.where(values == _NOT_AVAILABLE, np.nan, values * 10.0**exponent if exponent > 0 else values / 10.0**-exponent)
        return stop

    def _instant(self, line: str) -> int | None:
        try:
            year, month, day, hour, minute, second = (int(line[at : at + 6].strip() or 0) for at in range(0, 36, 6))
        except ValueError:
            return None
        return instant_ns((year, month, day), (hour, minute, second, 0), "UTC", self.reference)


def _integers(lines: list[str], count: int) -> NDArray[np.float64]:
    """The values of one latitude: sixteen to a line, five columns each (they may touch); ValueError when they are not as many."""
    words = " ".join(lines).split()
    if len(words) != count:
        text = [line.rstrip()[i : i + _WIDTH] for line in lines for i in range(0, len(line.rstrip()), _WIDTH)]
        words = [word for word in text if word.strip()]
    if len(words) != count:
        raise ValueError
    if max(map(len, words)) > _WIDTH:
        raise ValueError
    return np.array(list(map(int, words)), np.float64)
