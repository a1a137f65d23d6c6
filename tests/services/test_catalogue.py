"""What files hold and for which days, told by their beginnings."""

from __future__ import annotations

import bz2
import gzip
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from armillary.core.epochs import NS_PER_SECOND, Epochs
from armillary.core.observations import ObservationBlock, ObservationHeader, Observations
from armillary.core.satellites import pack
from armillary.core.scales import from_iso
from armillary.errors import FormatError, InputError
from armillary.io import rinex_obs
from armillary.io.source import HEAD_BYTES
from armillary.services import _catalogue
from armillary.services._catalogue import catalogue

DATA = "gnss/2020-177"


def written(path: Path, first: str, epochs: int, step_s: float, *, marker: str = "TEST", promise: bool = True) -> Path:
    """An observation file of one satellite."""
    tai_ns = from_iso(first, "GPST").tai_ns[0] + (np.arange(epochs) * step_s * NS_PER_SECOND).astype(np.int64)
    block = ObservationBlock(
        "C",
        ("C2I",),
        np.arange(epochs + 1),
        np.full(epochs, pack(["C21"])[0]),
        np.full((1, epochs), 2.4e7),
        np.zeros((1, epochs), np.uint8),
        np.zeros((1, epochs), np.uint8),
    )
    header = ObservationHeader(marker=marker, interval_s=step_s)
    rinex_obs.save(Observations(header, Epochs(tai_ns), np.zeros(epochs, np.uint8), np.full(epochs, np.nan), {"C": block}), path)
    if not promise:
        path.write_bytes(b"".join(line for line in path.read_bytes().splitlines(True) if b"TIME OF LAST OBS" not in line))
    return path


@pytest.mark.parametrize("promise", [True, False])
@pytest.mark.parametrize(
    ("first", "epochs", "days"),
    [
        ("2024-05-01T00:00:00", 2880, ["2024-05-01"]),
        ("2024-05-01T12:00:00", 2880, ["2024-05-01", "2024-05-02"]),
        ("2024-05-01T23:59:42", 2880, ["2024-05-02"]),  # a day of UTC
        ("2024-05-01T23:00:00", 120, ["2024-05-01"]),
        ("2024-05-01T23:59:00", 4, ["2024-05-01", "2024-05-02"]),
    ],
)
def test_days_of_a_file(tmp_path: Path, first: str, epochs: int, days: list[str], promise: bool) -> None:
    path = written(tmp_path / "a.rnx", first, epochs, 30.0, promise=promise)
    assert list(catalogue([path]).by_day) == days


def test_a_week_in_one_file_is_found_by_what_its_header_promises(tmp_path: Path) -> None:
    path = written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 7 * 24 * 4, 900.0)
    assert len(catalogue([path]).by_day) == 7


def test_a_promise_of_centuries_is_not_believed(tmp_path: Path) -> None:
    path = written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 2880, 30.0)
    text = path.read_bytes()
    at = text.index(b"TIME OF LAST OBS") - 60
    path.write_bytes(text[:at] + b"  2624" + text[at + 6 :])
    assert list(catalogue([path]).by_day) == ["2024-05-01"]


def test_days_in_one_file_without_a_promise_are_found_by_its_size(tmp_path: Path) -> None:
    path = written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 3 * 2880, 30.0, promise=False)
    assert len(path.read_bytes()) > 2 * HEAD_BYTES and len(catalogue([path]).by_day) == 3


def test_a_promise_of_a_wrong_year_is_looked_up(tmp_path: Path) -> None:
    path = written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 2880, 30.0)
    text = path.read_bytes()
    at = text.index(b"TIME OF LAST OBS") - 60
    path.write_bytes(text[:at] + b"  2025" + text[at + 6 :])
    assert list(catalogue([path]).by_day) == ["2024-05-01"]


def test_a_file_in_a_folder_that_may_not_be_read_is_warned_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 100, 30.0)
    (tmp_path / "b.txt").write_text("notes\n")
    real = _catalogue.input_file

    def refusing(path: Path, *, role: str = "") -> object:
        if path.name == "b.txt":
            raise PermissionError(13, "Permission denied")
        return real(path, role=role)

    monkeypatch.setattr(_catalogue, "input_file", refusing)
    found = catalogue([tmp_path])
    assert [item.role for item in found.inputs] == ["observations", "not read"] and "b.txt" in found.warnings[0]


def test_hidden_folders_and_stores_are_passed_over(tmp_path: Path) -> None:
    written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 100, 30.0)
    for name in (".cache", "store", "out/2024-05-01"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "b.txt").write_text("left there\n")
    (tmp_path / "store/store.json").write_text("{}\n")
    assert [item.role for item in catalogue([tmp_path], out=tmp_path / "out").inputs] == ["observations"]


def test_stations_of_a_day_in_order_and_markers_in_upper_case(tmp_path: Path) -> None:
    for i, marker in enumerate(("zimm", "ABMF", "zimm")):
        written(tmp_path / f"{i}.rnx", f"2024-05-01T0{i}:00:00", 120, 30.0, marker=marker)
    day = catalogue([tmp_path]).by_day["2024-05-01"]
    assert {name: len(files) for name, files in day.items()} == {"ABMF": 1, "ZIMM": 2} and list(day) == ["ABMF", "ZIMM"]


@pytest.mark.parametrize("suffix", ["gz", "bz2", "zip"])
def test_wrapped_files(tmp_path: Path, suffix: str) -> None:
    """A gzip file gives its start alone; bzip2 and zip are unpacked whole."""
    path = written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 2880, 30.0)
    wrapped = tmp_path / f"b.rnx.{suffix}"
    if suffix == "zip":
        with zipfile.ZipFile(wrapped, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(path, "a.rnx")
    else:
        wrapped.write_bytes((gzip if suffix == "gz" else bz2).compress(path.read_bytes()))
    found = catalogue([wrapped]).inputs[0]
    assert (found.role, found.station) == ("observations", "TEST")


def test_files_in_folders_that_are_nothing_are_named_in_one_line(tmp_path: Path) -> None:
    written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 100, 30.0)
    for name in "bcdefghi":
        (tmp_path / f"{name}.txt").write_text("notes\n")
    assert catalogue([tmp_path]).warnings == ("no known format recognises b.txt, c.txt, d.txt, e.txt, f.txt and 3 others",)


def test_a_file_that_was_named_must_be_something(tmp_path: Path) -> None:
    good = written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 100, 30.0)
    bad = tmp_path / "b.txt"
    bad.write_text("notes\n")
    with pytest.raises(InputError, match=r"b\.txt"):
        catalogue([good, bad])


def test_no_epochs(tmp_path: Path) -> None:
    path = written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 100, 30.0)
    text = path.read_bytes()
    path.write_bytes(text[: text.index(b"END OF HEADER") + 14])
    with pytest.raises(InputError, match=r"a\.rnx: no epoch"):
        catalogue([path])


def test_an_empty_file_and_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty.rnx").touch()
    with pytest.raises(FormatError, match="is empty"):
        catalogue([tmp_path / "empty.rnx"])
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InputError, match="the folders are empty"):
        catalogue([tmp_path / "nothing"])


def test_the_second_observation_file_is_announced_once(tmp_path: Path) -> None:
    calls: list[int] = []
    for i in range(3):
        written(tmp_path / f"{i}.rnx", "2024-05-01T00:00:00", 100, 30.0, marker=f"ST{i}0")
        catalogue([tmp_path], several=lambda: calls.append(1))
    assert len(calls) == 2


@pytest.mark.slow
@pytest.mark.real_data
def test_real_files(data_dir: Path) -> None:
    """The day's own products and messages serve it; those of the day before reach over midnight."""
    given = catalogue([data_dir / DATA, data_dir / "gnss/2023-001"])
    assert {"2020-06-25", "2023-01-01"} <= set(given.by_day)
    assert {"ESBC00DNK"} <= set(given.by_day["2020-06-25"])
    names = {Path(item.path).name for item in given.of("2023-01-01", "navigation", "orbits", "clocks")}
    assert "BRDC00IGS_R_20223650000_01D_MN.rnx.gz" in names and "WUM0MGXFIN_20230010000_01D_30S_CLK.CLK.gz" in names
    assert not any("2020177" in name for name in names)


def test_a_folder_that_cannot_be_read_is_warned_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path / "a.rnx", "2024-05-01T00:00:00", 2880, 30.0)
    (tmp_path / "closed").mkdir()
    written(tmp_path / "closed" / "b.rnx", "2024-05-02T00:00:00", 2880, 30.0)
    assert len(catalogue([tmp_path]).by_day) == 2
    listed = os.scandir

    def refusing(place: str) -> object:
        if Path(place).name == "closed":
            raise PermissionError(13, "Permission denied", str(place))
        return listed(place)

    monkeypatch.setattr(os, "scandir", refusing)
    found = catalogue([tmp_path])
    line = f"{tmp_path / 'closed'}: this folder cannot be read (Permission denied), nothing of it is used"
    assert list(found.by_day) == ["2024-05-01"] and found.warnings == (line,)
    with pytest.raises(InputError, match=r"no observation file was given: .*closed: this folder cannot be read"):
        catalogue([tmp_path / "closed"])
