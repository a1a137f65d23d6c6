"""Zenith delays and receiver clocks of precise point positioning as files: troposphere SINEX and RINEX clock.

All systems together are written under the name given, the other members beside it as ``name_member.suffix``. RINEX clock files have one clock per
receiver and no word for what lies between systems: the clock is that against the satellites of one group (GLONASS, BDS-3, ...), and further groups
get files of their own, ``name_member_group.suffix``; the difference of two is the inter-system bias.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from armillary import __version__
from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.federation import Federation
from armillary.core.precise import PreciseClocks
from armillary.core.table import Table
from armillary.core.troposphere import TroposphereSeries
from armillary.errors import InputError
from armillary.io import clk, troposphere_sinex
from armillary.io.saving import save_bytes
from armillary.services._ppp_answer import PppAnswer

__all__ = ["check_places", "clock_files", "troposphere_files", "write_clocks", "write_troposphere"]

_NAME = 9
"""Characters of a station in both formats."""
_MODELS = {"niell": ("NIELL", "Saastamoinen, UNB3 climate"), "global": ("GMF", "Saastamoinen, GPT climate")}
"""Mapping -> its name, and the a priori delay that goes with it, in troposphere SINEX."""
_NEAR_NS = 50_000_000
"""Troposphere SINEX counts whole seconds: an epoch so near to one is taken for it, others are left out."""


def check_places(federation: Federation, inputs: Iterable[Path], *, troposphere: Path | None, clocks: Path | None) -> None:
    """InputError, before anything is computed, for a name that is a folder, lies in none, is given twice, or would replace an input."""
    given = list(inputs)
    members = [str(member) for member in federation.subsets()]
    groups = {group.bias_group for system in federation for group in system.groups}
    for option, path, further in (("troposphere", troposphere, ()), ("clocks", clocks, groups)):
        if path is None:
            continue
        if path.is_dir():
            raise InputError(f"{path}: is a folder; --{option} takes the name of a file")
        if not path.parent.is_dir():
            raise InputError(f"{path}: the folder {path.parent} is not there")
        for place in (path, *(beside(path, member, *group) for member in members for group in ((), *((name,) for name in further)))):
            same = next((source for source in given if place.exists() and source.exists() and place.samefile(source)), None)
            if same is not None:
                raise InputError(f"{place}: is an input of this command ({same.name}) and would be overwritten; write to another name")
    if troposphere is not None and troposphere == clocks:
        raise InputError(f"{clocks}: --troposphere and --clocks are two files")


def beside(path: Path, *words: str) -> Path:
    """``name_word.suffix``, where a compressed name keeps both suffixes.

    >>> beside(Path("a/run.clk.gz"), "gps+beidou", "BDS-3").name
    'run_gps+beidou_BDS-3.clk.gz'
    """
    suffix = "".join(path.suffixes[-2:]) if path.suffix.lower() == ".gz" else path.suffix
    return path.with_name("_".join([path.name.removesuffix(suffix), *(re.sub(r"[^\w.+-]", "-", word) for word in words)]) + suffix)


def write_troposphere(path: Path, runs: Sequence[PppAnswer]) -> list[Path]:
    """Write the zenith delays of all runs, a file per member, and return the paths."""
    return _save(path, {place: troposphere_sinex.write(series) for place, series in troposphere_files(path, runs).items()})


def write_clocks(path: Path, runs: Sequence[PppAnswer]) -> list[Path]:
    """Write the receiver clocks of all runs, a file per member and group of satellites, and return the paths."""
    return _save(path, {place: clk.write(clocks) for place, clocks in clock_files(path, runs).items()})


def _save(path: Path, files: Mapping[Path, bytes]) -> list[Path]:
    if not files:
        raise InputError(f"{path}: nothing was solved, so there is nothing to write")
    for place, data in files.items():
        save_bytes(data, place)
    return list(files)


def troposphere_files(path: Path, runs: Sequence[PppAnswer]) -> dict[Path, TroposphereSeries]:
    """Where -> zenith delays and gradients of a member at all stations; members without any are left out."""
    members = [row["member"] for row in runs[0].answers]
    names = _site_names(runs)
    found = {}
    for member in reversed(members):
        series = _troposphere(runs, names, member)
        if len(series):
            found[path if member == members[-1] else beside(path, member)] = series
    return found


def _troposphere(runs: Sequence[PppAnswer], names: Sequence[str], member: str) -> TroposphereSeries:
    parts = [_whole_seconds(run.troposphere.where(run.troposphere["member"] == member)) for run in runs]
    rows = {name: np.concatenate([part[name] for part, _ in parts]) for name in parts[0][0].columns}
    mapping, climate = _MODELS[runs[0].mapping]
    places: dict[str, NDArray[np.float64]] = {}
    for run, name in zip(runs, names, strict=True):
        place = next(row["position_m"] for row in run.answers if row["member"] == member)
        if place is not None:
            places.setdefault(name, np.array(place))
    return TroposphereSeries(
        station=np.repeat(np.array(names), [len(part) for part, _ in parts]),
        epochs=Epochs(np.concatenate([ns for _, ns in parts])),
        zenith_delay_m=rows["zenith_total_m"],
        zenith_delay_sigma_m=rows["zenith_sigma_m"],
        gradient_north_m=rows["gradient_north_m"],
        gradient_north_sigma_m=rows["gradient_north_sigma_m"],
        gradient_east_m=rows["gradient_east_m"],
        gradient_east_sigma_m=rows["gradient_east_sigma_m"],
        site=tuple(places),
        position_m=np.array(list(places.values())) if places else None,
        frame=runs[0].frame,
        description=(
            ("TROPO MODELING METHOD", f"Filter, {runs[0].how}"),
            ("TROPO MAPPING FUNCTION", mapping),
            ("A PRIORI TROPOSPHERE", climate),
        ),
        reference=(
            ("DESCRIPTION", f"PPP, {runs[0].how}: {member}"),
            ("SOFTWARE", f"armillary {__version__}"),
        ),
    )


def _whole_seconds(rows: Table) -> tuple[Table, NDArray[np.int64]]:
    """Rows at whole seconds and their instants, rounded; of several about one second the nearest."""
    assert rows.epochs is not None
    ns = rows.epochs.tai_ns
    whole = (ns + NS_PER_SECOND // 2) // NS_PER_SECOND * NS_PER_SECOND
    order = np.lexsort((np.abs(ns - whole), whole))
    first = np.zeros(len(ns), np.bool_)
    first[order[np.r_[True, np.diff(whole[order]) != 0]] if len(ns) else order] = True
    near = first & (np.abs(ns - whole) <= _NEAR_NS)
    return rows.where(near), whole[near]


def clock_files(path: Path, runs: Sequence[PppAnswer]) -> dict[Path, PreciseClocks]:
    """Where -> clocks of all stations against one group of satellites, as a member sees them.

    The group without a name in the path is the one that most stations have most observations of.
    """
    members = [row["member"] for row in runs[0].answers]
    names = _site_names(runs)
    found = {}
    for member in reversed(members):
        tables = [run.clocks.where(run.clocks["member"] == member) for run in runs]
        seen = [list(dict.fromkeys(table["group"].tolist())) for table in tables]
        first = Counter(groups[0] for groups in seen if groups)
        if not first:
            continue
        main = first.most_common(1)[0][0]
        for group in [main, *sorted({name for groups in seen for name in groups} - {main})]:
            place = beside(path, member, group) if group != main else path if member == members[-1] else beside(path, member)
            found[place] = _clocks([table.where(table["group"] == group) for table in tables], names, member, group, runs[0])
    return found


def _clocks(tables: Sequence[Table], names: Sequence[str], member: str, group: str, about: PppAnswer) -> PreciseClocks:
    receivers = sorted({name for name, table in zip(names, tables, strict=True) if len(table)})
    ns = np.unique(np.concatenate([table.epochs.tai_ns for table in tables if table.epochs is not None]))
    bias, sigma = np.full((2, len(receivers), len(ns)), np.nan)
    for name, table in zip(names, tables, strict=True):
        if len(table) and table.epochs is not None:
            at = np.searchsorted(ns, table.epochs.tai_ns)
            bias[receivers.index(name), at] = table["clock_s"]
            sigma[receivers.index(name), at] = table["sigma_s"]
    steps = np.diff(ns)
    return PreciseClocks(
        epochs=Epochs(ns),
        sat=np.empty(0, np.int16),
        bias_s=np.empty((0, len(ns))),
        sigma_s=np.empty((0, len(ns))),
        receivers=tuple(receivers),
        receiver_bias_s=bias,
        receiver_sigma_s=sigma,
        time_scale="GPST",
        interval_s=float(np.median(steps)) / NS_PER_SECOND if len(steps) else np.nan,
        frame=about.frame,
        comments=(
            f"Receiver clocks by precise point positioning, {about.how}",
            f"systems: {member}",
            f"against the satellite clocks of the products, seen by {group}",
            "clocks seen by further groups are in files of their own:",
            "the difference of two is the inter-system bias",
        ),
    )


def _site_names(runs: Sequence[PppAnswer]) -> list[str]:
    """Names of nine characters at most without blanks, one per station."""
    names: dict[str, str] = {}
    for run in runs:
        if run.station not in names:
            name = re.sub(r"[^!-~]", "_", run.station.strip().upper())[:_NAME] or "STATION"
            tries = [name, *(f"{name[:7]}{i:02d}" for i in range(100))]
            names[run.station] = next(other for other in tries if other not in names.values())
    return [names[run.station] for run in runs]
