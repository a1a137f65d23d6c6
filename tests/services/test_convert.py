"""Writing a file again: what went in comes out, in the version and compression asked for."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from armillary.core.navigation_messages import Navigation
from armillary.core.observations import Observations
from armillary.core.precise import PreciseOrbits
from armillary.errors import ArmillaryError, InputError
from armillary.io.reading import read
from armillary.services.convert import convert

pytestmark = pytest.mark.real_data

KMS3 = "rinex4/KMS300DNK_R_20221591000_01H_30S_MO.crx"
KMS3_NAV = "rinex4/KMS300DNK_R_20221591000_01H_MN.rnx.gz"
TLSE = "gnss/2023-001/tlse001b.23o.gz"
IAC = "gnss/2020-177/Sta21114.sp3.gz"


def same_observations(one: Observations, other: Observations, *, only_common: bool = False) -> None:
    assert (one.epochs.tai_ns == other.epochs.tai_ns).all()
    assert one.header.marker == other.header.marker and one.header.antenna_delta_hen_m == other.header.antenna_delta_hen_m
    assert set(one.blocks) == set(other.blocks)
    for letter, block in one.blocks.items():
        back = other.blocks[letter]
        assert (block.sat == back.sat).all() and (block.offsets == back.offsets).all()
        for code in back.codes if only_common else block.codes:
            assert np.array_equal(block.column(code), back.column(code), equal_nan=True), code
            assert (block.lli[block.codes.index(code)] == back.lli[back.codes.index(code)]).all()


@pytest.mark.parametrize("version", ["3.05", "4.02"])
@pytest.mark.parametrize("name", ["out.rnx", "out.rnx.gz"])
def test_compact_observations_become_plain_ones(data_dir: Path, tmp_path: Path, version: str, name: str) -> None:
    answer = convert(data_dir / KMS3, tmp_path / name, to=version)
    written = read(tmp_path / name)
    assert isinstance(written, Observations) and written.header.version == float(version)
    same_observations(read(data_dir / KMS3), written)
    assert answer.version == version and f"{version}" in str(answer) and answer.to_json()["bytes"] == answer.octets
    assert answer.losses == {str(data_dir / KMS3): ()} and not answer.warnings


def test_old_observations_become_new_ones(data_dir: Path, tmp_path: Path) -> None:
    convert(data_dir / TLSE, tmp_path / "tlse.rnx")
    head = (tmp_path / "tlse.rnx").read_text().splitlines()[0]
    assert float(head[:9]) >= 3.0 and head[20] == "O"
    same_observations(read(data_dir / TLSE), read(tmp_path / "tlse.rnx"))


@pytest.mark.parametrize("version", ["3.05", "4.02"])
def test_navigation_files(data_dir: Path, tmp_path: Path, version: str) -> None:
    answer = convert(data_dir / KMS3_NAV, tmp_path / "nav.rnx", to=version)
    before, after = read(data_dir / KMS3_NAV), read(tmp_path / "nav.rnx")
    assert isinstance(before, Navigation) and isinstance(after, Navigation)
    for key, table in before.messages.items():
        if key not in after.messages:
            assert any(str(len(table)) in warning for warning in answer.warnings), (key, answer.warnings)
            continue
        back = after.messages[key]
        assert (table.sat == back.sat).all() and (table.reference.tai_ns == back.reference.tai_ns).all()
        for name in set(table.columns) & set(back.columns):
            # twelve digits after the point of a mantissa below one
            assert np.allclose(table.columns[name], back.columns[name], rtol=1e-11, atol=0, equal_nan=True), (key, name)


@pytest.mark.slow
def test_what_an_older_version_cannot_hold_is_counted(data_dir: Path, tmp_path: Path) -> None:
    answer = convert(data_dir / "rinex4/BRD400DLR_S_20230710000_01D_MN.rnx.gz", tmp_path / "nav.rnx", to="3.05")
    assert answer.warnings and all("no place in version 3.05" in warning for warning in answer.warnings)
    newer = convert(data_dir / "rinex4/BRD400DLR_S_20230710000_01D_MN.rnx.gz", tmp_path / "nav4.rnx", to="4.02")
    assert not newer.warnings


def test_orbits_of_more_satellites_than_a_version_holds(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="85 satellites"):
        convert(data_dir / IAC, tmp_path / "out.sp3", to="c")


@pytest.mark.parametrize(("name", "version"), [("gnss/2020-177/GRG0MGXFIN_20201770000_01D_15M_ORB.SP3.gz", "c"), (IAC, "d")])
def test_precise_orbits(data_dir: Path, tmp_path: Path, name: str, version: str) -> None:
    convert(data_dir / name, tmp_path / "out.sp3", to=version)
    assert (tmp_path / "out.sp3").read_text()[:2] == f"#{version}"
    before, after = read(data_dir / name), read(tmp_path / "out.sp3")
    assert isinstance(before, PreciseOrbits) and isinstance(after, PreciseOrbits)
    assert (before.sat == after.sat).all() and (before.epochs.tai_ns == after.epochs.tai_ns).all()
    # millimetres and picoseconds are what the format holds
    assert np.allclose(before.position_m, after.position_m, atol=5.1e-4, equal_nan=True)
    assert np.allclose(before.clock_s, after.clock_s, atol=5.1e-13, equal_nan=True)


def test_a_name_that_ends_in_gz_is_compressed(data_dir: Path, tmp_path: Path) -> None:
    convert(data_dir / KMS3, tmp_path / "a.rnx")
    convert(data_dir / KMS3, tmp_path / "a.rnx.gz")
    assert gzip.decompress((tmp_path / "a.rnx.gz").read_bytes()) == (tmp_path / "a.rnx").read_bytes()


def test_what_cannot_be_written_is_refused_with_what_can(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can be"):
        convert(data_dir / "products/bds3meo.atx", tmp_path / "out.atx")
    assert not (tmp_path / "out.atx").exists()


@pytest.mark.parametrize(
    ("source", "to", "said"), [(KMS3, "seven", "--to seven"), (KMS3, "2.11", "2.11"), (IAC, "a", "a"), (KMS3_NAV, "9.99", "9.99")]
)
def test_versions_that_are_not_written(data_dir: Path, tmp_path: Path, source: str, to: str, said: str) -> None:
    with pytest.raises((ArmillaryError, ValueError), match=said):
        convert(data_dir / source, tmp_path / "out", to=to)
    assert not (tmp_path / "out").exists()


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ArmillaryError, match=r"missing\.rnx"):
        convert(tmp_path / "missing.rnx", tmp_path / "out.rnx")


def test_a_folder_that_is_not_there_is_named(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(ArmillaryError, match="nowhere"):
        convert(data_dir / KMS3, tmp_path / "nowhere" / "out.rnx")


def test_damage_is_said_and_the_rest_written(data_dir: Path, tmp_path: Path) -> None:
    plain = tmp_path / "plain.rnx"
    convert(data_dir / KMS3, plain)
    lines = plain.read_text().splitlines(keepends=True)
    cut = tmp_path / "cut.rnx"
    cut.write_text("".join(lines[:-7]) + lines[-7][:20])
    answer = convert(cut, tmp_path / "again.rnx")
    assert sum(len(losses) for losses in answer.losses.values()) >= 1
    assert len(read(tmp_path / "again.rnx").epochs) == len(read(data_dir / KMS3).epochs)


NAMED = {
    KMS3: ("a.rnx", "a.RNX.gz", "a.obs", "a.22o", "a.22O.GZ", "a", "a.gz"),
    KMS3_NAV: ("a.rnx", "a.nav.gz", "a.22n", "a.22P", "a.RNX.gz", "a", "a.gz"),
    IAC: ("a.sp3", "a.SP3.gz", "a.eph", "a", "a.gz"),
}


@pytest.mark.parametrize("source", NAMED)
@pytest.mark.parametrize(
    "name", sorted({name for names in NAMED.values() for name in names} | {"a.clk", "a.csv", "a.atx", "a.crx", "a.txt", "a.b.c", "a.dat.gz", "a.22x"})
)
def test_a_name_says_what_the_file_holds_or_nothing(data_dir: Path, tmp_path: Path, source: str, name: str) -> None:
    to = "d" if source == IAC else None  # more satellites than version c holds
    if name in NAMED[source]:
        convert(data_dir / source, tmp_path / name, to=to)
        assert type(read(tmp_path / name)) is type(read(data_dir / source))
        return
    with pytest.raises(InputError, match=r"expected is \.(rnx, \.(obs|nav)|sp3) or.*with \.gz or without|compact RINEX is read but not written"):
        convert(data_dir / source, tmp_path / name, to=to)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("name", "said"), [("-", "name a file to write to"), ("a.rnx.Z", "only .gz is written"), ("a.zip", "only .gz is written")])
def test_what_is_no_name_of_a_target(data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=said):
        convert(data_dir / KMS3, Path(name))
    assert not list(tmp_path.iterdir())
