"""Files are written whole or not at all, and only over files."""

from __future__ import annotations

import gzip
import os
import threading
from pathlib import Path

import pytest

from armillary.errors import InputError
from armillary.io.saving import save_bytes


def test_file_is_written_and_nothing_left_beside_it(tmp_path: Path) -> None:
    save_bytes(b"first", tmp_path / "a")
    save_bytes(b"second", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"second"
    assert os.listdir(tmp_path) == ["a"]


def test_name_that_ends_in_gz_is_compressed_the_same_every_time(tmp_path: Path) -> None:
    for name in ("a.gz", "b.GZ"):
        save_bytes(b"text" * 100, tmp_path / name)
    assert (tmp_path / "a.gz").read_bytes() == (tmp_path / "b.GZ").read_bytes()
    assert gzip.decompress((tmp_path / "a.gz").read_bytes()) == b"text" * 100


def test_pipe_is_written_to_and_not_replaced_by_a_file(tmp_path: Path) -> None:
    """Writing to /dev/stdout as a privileged user put a file in the place of the device."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    save_bytes(b"through the pipe", pipe)
    reader.join(10)
    assert read == [b"through the pipe"]
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["there/is/no/folder", "file/below", "x" * 300, "nul\0", ""])
def test_what_cannot_be_written_is_an_input_error(tmp_path: Path, name: str) -> None:
    """Below a file the clean-up failed with the same error as the writing, and that was a traceback."""
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(InputError, match="cannot be written"):
        save_bytes(b"new", f"{tmp_path}/{name}")
    assert os.listdir(tmp_path) == ["file"]


def test_no_name_at_all_is_an_input_error() -> None:
    with pytest.raises(InputError, match="cannot be written"):
        save_bytes(b"new", "")


def test_name_of_the_unfinished_file_is_not_followed_elsewhere(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"old")
    (tmp_path / f".out.{os.getpid()}.part").symlink_to(victim)
    with pytest.raises(InputError, match="cannot be written"):
        save_bytes(b"new", tmp_path / "out")
    assert victim.read_bytes() == b"old"
