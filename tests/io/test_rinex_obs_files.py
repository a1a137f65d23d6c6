"""Real observation files: counts as in the data set's manifest, values against a second reader, and the traps seen in them."""

from __future__ import annotations

import re

import numpy as np
import pytest

from armillary.core.satellites import number_of, unpack_one
from armillary.io.reading import read
from armillary.io.source import load_source

pytestmark = pytest.mark.real_data

# From MANIFEST.md: epochs, satellites of C and R, all systems ("GREC+S" means those and S).
FILES = {
    "gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz": (120, {"C": 15, "R": 9}, "GRECJS"),
    "gnss/2020-177/WTZR00DEU_R_20201770000_01D_30S_MO_120epoch.rnx.gz": (120, {"C": 8, "R": 10}, "GRECIS"),
    "gnss/2020-177/WTZZ00DEU_R_20201770000_01D_30S_MO_120epoch.rnx.gz": (120, {"C": 14, "R": 11}, "GRECIS"),
    "gnss/2023-001/NIST00USA_R_20230010100_05M_30S_MO.crx.gz": (10, {}, "GRECS"),
    "gnss/2023-001/tlse001b.23o.gz": (10, {"G": 10, "R": 10, "E": 9, "S": 4}, "GRES"),
    "rinex4/KMS300DNK_R_20221591000_01H_30S_MO.crx": (19, {}, "GRECJS"),
}
DAYS = {
    "gnss/2020-177/ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz": (2880, {"C": 29, "R": 23}, "GRECJS"),
    "gnss/2023-001/NIST00USA_R_20230010000_01D_30S_MO.crx.gz": (2880, {"C": 31, "R": 24}, "GRECS"),
    "gnss/2024-124/NYA100NOR_S_20241240000_01D_30S_MO.crx.gz": (2880, {"C": 18, "R": 24}, "GREC"),
    "gnss/2024-209/AJAC00FRA_R_20242090000_01D_30S_MO.crx.gz": (2880, {"C": 41}, "GRECS"),
    "gnss/2025-290/IENG00ITA_R_20252900000_01D_30S_MO.crx.gz": (2880, {"C": 39}, "GRECIS"),
    "gnss/2025-290/IGM200ITA_R_20252900000_01D_30S_MO.crx.gz": (2858, {"C": 24}, "GRECS"),
    "gnss/2025-290/ISTA00TUR_R_20252900000_01D_30S_MO.crx.gz": (2879, {"C": 21}, "GRECS"),
    "rinex2/eijs0010.21d.gz": (2880, {"G": 32, "R": 24}, "GR"),
    "rinex2/zegv0010.21d.gz": (2880, {"G": 31, "R": 23}, "GR"),
}


def check_counts(path, expected):
    epochs, satellites, systems = expected
    observations = read(path, strict=True)  # no loss at all
    assert len(observations.epochs) == epochs
    assert set(observations.blocks) == set(systems)
    seen = {letter: len(np.unique(block.sat)) for letter, block in observations.blocks.items()}
    assert {letter: seen[letter] for letter in satellites} == satellites
    for block in observations.blocks.values():
        check_invariants(block, epochs)
    return observations


def check_invariants(block, epochs):
    assert block.offsets[0] == 0
    assert block.offsets[-1] == len(block.sat) == block.values.shape[1]
    assert len(block.offsets) == epochs + 1
    assert block.values.shape == block.lli.shape == block.ssi.shape == (len(block.codes), len(block.sat))
    inside = np.ones(len(block.sat) - 1, bool)
    inside[block.offsets[1:-1][(block.offsets[1:-1] > 0) & (block.offsets[1:-1] < len(block.sat))] - 1] = False
    assert (np.diff(block.sat.astype(int))[inside] > 0).all()
    assert {chr(sat // 100) for sat in block.sat.tolist()} == {block.system}


@pytest.mark.parametrize("name", FILES)
def test_counts_of_short_files(name, data_dir):
    check_counts(data_dir / name, FILES[name])


@pytest.mark.parametrize("name", DAYS)
def test_counts_of_days(name, data_dir):
    check_counts(data_dir / name, DAYS[name])


@pytest.mark.parametrize("name", ["gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz"])
def test_every_value_equals_float_of_its_text(name, data_dir):
    """Against a second reader of a few lines that takes the columns literally."""
    source = load_source(data_dir / name)
    lines = source.data.decode("latin-1").splitlines()
    start = next(i for i, line in enumerate(lines) if line[60:].startswith("END OF HEADER")) + 1
    observations = read(data_dir / name)
    ordered: dict[str, list[tuple[int, str]]] = {letter: [] for letter in observations.blocks}
    number = -1
    for line in lines[start:]:
        if line.startswith(">"):
            number += 1
        else:
            ordered[line[0]].append((number, line))
    for letter, block in observations.blocks.items():
        for r, (_, line) in enumerate(sorted(ordered[letter], key=lambda pair: (pair[0], pair[1][:3]))):
            assert line[:3].replace(" ", "0") == unpack_one(block.sat[r])
            for k in range(len(block.codes)):
                text, lli, ssi = line[3 + 16 * k : 17 + 16 * k], line[17 + 16 * k : 18 + 16 * k], line[18 + 16 * k : 19 + 16 * k]
                value = float(text) if text.strip() else 0.0
                assert block.values[k, r] == value or (value == 0.0 and np.isnan(block.values[k, r]))
                assert block.lli[k, r] == int(lli.strip() or 0)
                assert block.ssi[k, r] == int(ssi.strip() or 0)


def test_zero_filled_observables_are_missing(data_dir):
    """NYA1 writes .000 where nothing was measured."""
    observations = read(data_dir / "gnss/2024-124/NYA100NOR_S_20241240000_01D_30S_MO.crx.gz")
    for block in observations.blocks.values():
        assert not (block.values == 0.0).any()
        assert np.isnan(block.values).any()


@pytest.mark.parametrize(("name", "missing"), [("ISTA00TUR_R", 1), ("IGM200ITA_R", 22)])
def test_missing_epochs_stay_missing(name, missing, data_dir):
    observations = read(data_dir / f"gnss/2025-290/{name}_20252900000_01D_30S_MO.crx.gz")
    steps = np.diff(observations.epochs.tai_ns)
    assert steps.min() == 30 * 10**9
    assert int((steps // (30 * 10**9) - 1).sum()) == missing


def test_older_and_newer_satellites_of_one_system(data_dir):
    """JFNG: twelve satellites below number 19, three above."""
    block = read(data_dir / "gnss/2019-045/JFNG00CHN_R_20190450700_01H_30S_MO.rnx.gz").blocks["C"]
    numbers = np.unique(number_of(block.sat))
    assert ((numbers < 19).sum(), (numbers >= 19).sum()) == (12, 3)


def test_header_of_a_real_station(data_dir):
    header = read(data_dir / "gnss/2023-001/NIST00USA_R_20230010100_05M_30S_MO.crx.gz").header
    assert header.marker == "nist"
    assert (header.marker_number, header.receiver) == ("49507M002", "SEPT POLARX5TR")
    assert re.fullmatch(r"NOV750\.R4 +NONE", header.antenna)
    assert header.glonass_channels[10] == header.glonass_channels[14] == -7
    # SINEX position of the manifest: the header is good to a few metres.
    assert np.allclose(header.position_m, (-1288398.575, -4721696.936, 4078625.349), atol=5.0)
