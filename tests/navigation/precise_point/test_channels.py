"""Channels told by phases, against the numbers that headers of real receivers carry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from armillary.core.federation import federation
from armillary.core.observations import Observations
from armillary.io.reading import read
from armillary.navigation.precise_point.channels import channel_notes, fitting_channels

GLONASS = next(iter(federation("glonass")))


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz", 24),
        ("2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz", 23),
        ("2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz", 9),
        ("2020-177/WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx.gz", 10),
        # ten epochs tell nothing
        ("2023-001/tlse001b.23o.gz", 0),
    ],
)
def test_phases_agree_with_headers(data_dir: Path, name: str, told: int) -> None:
    observations = read(data_dir / "gnss" / name)
    assert isinstance(observations, Observations)
    step_s = float(np.median(np.diff(observations.epochs.tai_ns))) * 1e-9
    found = fitting_channels(GLONASS, observations.blocks["R"], step_s)
    assert len(found) == told
    assert found == {8200 + slot: k for slot, k in observations.header.glonass_channels.items() if 8200 + slot in found}


@pytest.mark.real_data
def test_systems_without_channels_tell_none(data_dir: Path) -> None:
    observations = read(data_dir / "gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz")
    assert isinstance(observations, Observations)
    assert fitting_channels(next(iter(federation("beidou"))), observations.blocks["C"], 30.0) == {}


def test_words() -> None:
    assert channel_notes({}, {}) == ()
    assert channel_notes({8204: (7, 6)}, {8203: 5, 8210: None}) == (
        "frequency numbers contradict the phases, which are left out: R04 is given as 7, 6 fits",
        "frequency numbers are neither in the header nor in messages; taken are those that fit the phases: R03 5",
        "no frequency number of R10 is in the header or in messages and none can be told from the phases: only codes are used",
    )
