"""Machine code on disk is used while everything it was made from is unchanged, and only then."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from armillary.jit import kept

pytestmark = pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="here Numba itself keeps machine code")

INNER = "@njit\ndef inner(x):\n    return x + {}\n"
OUTER = """
from made_constants import FACTOR
from made_inner_kernels import inner


@njit
def outer(x):
    return inner(x) * FACTOR
"""


@pytest.fixture
def shop(workshop: Any) -> Any:
    """A kernel that takes a constant from one module and calls a kernel of another; compiled and kept."""
    workshop.write("made_constants", "FACTOR = 10\n")
    workshop.write("made_inner_kernels", INNER.format(1))
    workshop.write("made_kernels", OUTER)
    assert workshop.start("made_kernels").outer(2) == 30
    assert workshop.compiled == ["outer"]
    return workshop


def again(shop: Any) -> int:
    return int(shop.start("made_kernels").outer(2))


@pytest.mark.slow
def test_the_next_process_finds_it(shop: Any) -> None:
    assert again(shop) == 30 and shop.compiled == []
    assert len(shop.kept()) == 1, "what is only called by kernels is not kept by itself"


@pytest.mark.slow
def test_another_time_of_the_same_source_changes_nothing(shop: Any) -> None:
    """A checkout, an installation or a copy gives files new times."""
    for path in shop.folder.glob("*.py"):
        os.utime(path, (0, 0))
    assert again(shop) == 30 and shop.compiled == []


CHANGES = [("made_constants", "FACTOR = 20\n", 60), ("made_inner_kernels", INNER.format(3), 50), ("made_kernels", OUTER + "\n", 30)]


@pytest.mark.parametrize(("name", "text", "answer"), CHANGES)
def test_a_changed_source_is_compiled_again(shop: Any, name: str, text: str, answer: int) -> None:
    path = shop.folder / f"{name}.py"
    before = path.stat()
    shop.write(name, text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # even where its time and its size say nothing
    assert again(shop) == answer and shop.compiled == ["outer"]
    assert again(shop) == answer and shop.compiled == []


def test_a_source_changed_after_its_import_is_not_taken_for_what_was_compiled(workshop: Any) -> None:
    workshop.write("made_constants", "FACTOR = 10\n")
    workshop.write("made_inner_kernels", INNER.format(1))
    workshop.write("made_kernels", OUTER)
    module = workshop.start("made_kernels")
    workshop.write("made_inner_kernels", INNER.format(3))
    assert module.outer(2) == 30, "what was imported"
    assert again(workshop) == 50, "what stands there now"


def test_numbas_own_cache_is_no_longer_true_either(shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMILLARY_KERNELS", "numba")
    assert again(shop) == 30
    shop.write("made_inner_kernels", INNER.format(3))
    assert again(shop) == 50
    module = shop.start("made_kernels")
    assert module.outer(2) == 50 and sum(module.outer.dispatcher.stats.cache_hits.values()) == 1


@pytest.mark.parametrize("change", ["cut", "start only", "empty", "flipped", "noise", "other magic"])
def test_a_damaged_file_is_compiled_again(shop: Any, change: str) -> None:
    (path,) = shop.kept()
    whole = path.read_bytes()
    middle = len(whole) // 2
    damaged = {
        "cut": whole[:middle],
        "start only": whole[:25],
        "empty": b"",
        "flipped": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        "noise": os.urandom(len(whole)),
        "other magic": whole.replace(b"kernel 2", b"kernel 1", 1),
    }
    path.write_bytes(damaged[change])
    assert again(shop) == 30 and shop.compiled == ["outer"]
    assert again(shop) == 30 and shop.compiled == []


def test_every_cut_is_noticed(shop: Any) -> None:
    (path,) = shop.kept()
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        assert kept._read(path) is None
    path.write_bytes(whole)
    assert kept._read(path) is not None


@pytest.mark.parametrize("part", ["_toolchain", "_processor"])
def test_another_toolchain_or_processor_compiles_again(shop: Any, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(kept, part, lambda: "another one")
        assert again(shop) == 30 and shop.compiled == ["outer"]
    assert len(shop.kept()) == (2 if part == "_processor" else 1), "machines that share a folder do not overwrite each other"


def test_other_arguments_and_options_have_their_own(shop: Any) -> None:
    shop.start("made_kernels").outer(2.0)
    assert shop.compiled == ["outer"] and len(shop.kept()) == 2


def test_a_folder_that_cannot_be_written(workshop: Any, tmp_path: Path) -> None:
    workshop.write("made_kernels", "@njit\ndef add(x):\n    return x + 1\n")
    (workshop.folder / "__pycache__").write_text("in the way, also for root")
    assert workshop.start("made_kernels").add(1) == 2
    assert workshop.kept() == []
    assert [path.suffix for path in (tmp_path / "cache" / "armillary").rglob("*.*")] == [".kernel"]
    assert workshop.start("made_kernels").add(1) == 2 and workshop.compiled == []


def test_nowhere_to_write(workshop: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop.write("made_kernels", "@njit\ndef add(x):\n    return x + 1\n")
    (workshop.folder / "__pycache__").write_text("in the way, also for root")
    for place in (str(tmp_path / "cache"), "not/absolute"):
        Path(tmp_path / "cache").write_text("in the way too")
        monkeypatch.setenv("XDG_CACHE_HOME", place)
        for _ in range(2):
            assert workshop.start("made_kernels").add(1) == 2 and workshop.compiled == ["add"]
    assert not Path("not").exists()


@pytest.mark.parametrize("blocked", [False, True], ids=["beside the module", "in the user's folder"])
def test_whether_any_was_kept_is_known(workshop: Any, blocked: bool) -> None:
    """So that a command tells its first compilation on a machine from a later one."""
    package = workshop.folder / "made"
    package.mkdir()
    (package / "__init__.py").touch()
    if blocked:
        (package / "__pycache__").write_text("in the way, also for root")
    workshop.write("made/kernels", "@njit\ndef add(x):\n    return x + 1\n")
    assert not kept.any_kept(package)
    assert workshop.start("made.kernels").add(1) == 2
    workshop.names |= {"made", "made.kernels"}
    assert kept.any_kept(package) and bool(workshop.kept()) != blocked
    assert not kept.any_kept(workshop.folder / "nothing")


def test_nothing_unfinished_stays(shop: Any) -> None:
    assert [path.name for path in (shop.folder / "__pycache__").iterdir() if not path.name.startswith("made_kernels.outer.")] == []


@pytest.mark.slow
def test_processes_that_compile_at_once(workshop: Any) -> None:
    workshop.write("made_kernels", "@njit\ndef add(x):\n    return x + 1\n")
    code = "import made_kernels; print(made_kernels.add(1))"
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(workshop.folder), *sys.path]),
    }  # the package of this process, not an installed one
    started = [subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=60)[0] for process in started] == ["2\n"] * 3
    assert workshop.start("made_kernels").add(1) == 2 and workshop.compiled == []
    assert len(workshop.kept()) == 1
