"""Codes of one satellite made wrong for hours in real files: it is named, and the others' positions stay what they are without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import radians
from pathlib import Path

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.core.satellites import pack_one
from armillary.navigation.links import LinkOptions
from armillary.navigation.positioning import PositioningOptions
from armillary.navigation.single_point import EstimatorOptions
from armillary.services._inputs import Files, read_files
from armillary.services._truth import Truth
from armillary.services.position import PositionAnswer, locate_station

pytestmark = [pytest.mark.real_data, pytest.mark.slow]

BOTH = "glonass+beidou"
Stations = Callable[[str], "Station"]


class Station:
    """A station's files, read once, and its answers by what was done to the codes of one satellite."""

    def __init__(self, files: Files, truth: tuple[float, float, float]) -> None:
        self.files, self.truth = files, Truth(truth, "the station's coordinates")

    def located(self, sat: str = "", codes: tuple[str, ...] = (), size_m: float = 0.0, first: int = 0) -> PositionAnswer:
        """With ``size_m`` added to codes of a satellite from epoch ``first`` on; NaN takes them out."""
        observations = self.files.observations
        if sat:
            block = observations.blocks[sat[0]]
            values = block.values.copy()
            epoch_of = np.repeat(np.arange(len(block.offsets) - 1), np.diff(block.offsets))
            rows = (block.sat == pack_one(sat)) & (epoch_of >= first)
            for code in codes:
                values[block.codes.index(code), rows] += size_m
            observations = replace(observations, blocks={**observations.blocks, sat[0]: replace(block, values=values)})
        member = federation(BOTH)
        options = PositioningOptions(LinkOptions(radians(5.0), "full-arc"), EstimatorOptions())
        return locate_station(member, replace(self.files, observations=observations), self.truth, member.alone_and_joint(), options=options).answer


@pytest.fixture(scope="module")
def stations(data_dir: Path) -> Stations:
    day = data_dir / "gnss"
    made = {
        "ESBC": lambda: Station(
            read_files(
                [day / "2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz"],
                systems="RC",
                nav=[day / "2020-177/ESBC00DNK_R_20201770000_01D_MN.rnx.gz"],
            ),
            (3582104.768, 532590.174, 5232755.144),
        ),
        "NIST": lambda: Station(
            read_files(
                [day / "2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz"],
                systems="RC",
                nav=[day / f"2023-001/BRDC00IGS_R_{name}0000_01D_MN.rnx.gz" for name in ("2022365", "2023001")],
            ),
            (-1288398.575, -4721696.936, 4078625.349),
        ),
    }
    kept: dict[str, Station] = {}
    return lambda name: kept.setdefault(name, made[name]()) if name not in kept else kept[name]


def rms(answer: PositionAnswer) -> dict[str, float]:
    return {str(row["member"]): float(row["rms_3d_m"]) for row in answer.summary.rows()}


@pytest.mark.parametrize(
    ("station", "sat", "codes", "size_m", "first"),
    [
        ("NIST", "C36", ("C2I", "C6I"), 140.0, 0),
        ("NIST", "C36", ("C2I", "C6I"), 30.0, 0),
        ("ESBC", "C06", ("C2I", "C7I"), 60.0, 0),
        ("ESBC", "C34", ("C2I",), -140.0, 0),
        ("NIST", "R09", ("C1C", "C2C"), 60.0, 0),
        ("NIST", "R09", ("C1C", "C2C"), -140.0, 1440),
        ("ESBC", "R08", ("C2C",), 60.0, 1440),
        ("ESBC", "R15", ("C1C", "C2C"), 1000.0, 0),
    ],
)
def test_a_satellite_wrong_for_hours_is_named_and_costs_no_more_than_its_absence(
    stations: Stations, station: str, sat: str, codes: tuple[str, ...], size_m: float, first: int
) -> None:
    here = stations(station)
    block = here.files.observations.blocks[sat[0]]
    answer, before = here.located(sat, codes, size_m, first), here.located()
    absent = here.located(sat, tuple(code for code in block.codes if code[0] == "C"), np.nan, first)
    clean, without, found = rms(before), rms(absent), rms(answer)
    epoch_of = np.repeat(np.arange(len(block.offsets) - 1), np.diff(block.offsets))
    seen = int(((block.sat == pack_one(sat)) & (epoch_of >= first)).sum())
    for member, error_m in found.items():
        # what the fault costs is the satellite
        assert error_m < 1.03 * max(clean[member], without[member]), member
        if {"R": "glonass", "C": "beidou"}[sat[0]] in member:
            usual = named(before, member, sat, first)
            assert named(answer, member, sat, first) - usual > 0.99 * (seen - usual), member


def named(answer: PositionAnswer, member: str, sat: str, first: int) -> int:
    """In how many epochs from ``first`` on a satellite is named among those that were left out."""
    table = answer.excluded
    assert table.epochs is not None
    return int(((table["member"] == member) & (table["sat"] == sat) & (table.epochs.tai_ns >= answer.observed.tai_ns[first])).sum())
