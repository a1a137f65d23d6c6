"""Tasks done by this process, by others and by a cluster: the same answers, also when a worker is killed."""

from __future__ import annotations

import multiprocessing
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from armillary.core.federation import federation
from armillary.errors import InputError, StoreError
from armillary.services._engine import Task, engine_named
from armillary.services.ppp import ppp


def noise(seed: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(size=5)


def killed_once(flag: str) -> int:
    """Ends its process at the first call, as a system short of memory does; answers at the second."""
    try:
        os.close(os.open(flag, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return os.getpid()
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def killed_always(_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refused(_: object) -> None:
    raise StoreError("/store", "no space left")


def wrong(_: object) -> None:
    raise InputError("this file cannot be used")


def tasks(number: int) -> Iterator[Task]:
    return (Task(f"task {i}", noise, i) for i in range(number))


def bytes_of(engine: str, workers: int, number: int = 9) -> dict[str, bytes]:
    with engine_named(engine, workers) as doing:
        return {task.name: answer.tobytes() for task, answer in doing.run(tasks(number), number)}


@pytest.mark.slow
def test_processes_answer_as_this_process_does() -> None:
    expected = {f"task {i}": noise(i).tobytes() for i in range(9)}
    assert bytes_of("local", 1) == expected
    assert bytes_of("local", 2) == expected


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells how many threads there are, and copies are unsafe elsewhere")
def test_workers_are_copies_of_a_process_with_one_thread_only() -> None:
    script = (
        "import threading; from armillary.services import _engine as e; from tests.services.test_engine import bytes_of\n"
        "alone = e._start_method(); a = bytes_of('local', 2)\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "print(alone, e._start_method(), a == bytes_of('local', 2) == bytes_of('local', 1))\n"
    )
    command = [sys.executable, "-c", script]
    one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120, env=one_thread).stdout
    assert said.split() == ["fork", "forkserver", "True"]


@pytest.mark.slow
def test_a_killed_worker_is_replaced_and_its_task_done_again(tmp_path: Path) -> None:
    mine = [*tasks(6), Task("killed", killed_once, str(tmp_path / "flag")), *(Task(f"more {i}", noise, i) for i in range(3))]
    with engine_named("local", 2) as doing:
        done = {task.name: answer for task, answer in doing.run(iter(mine), len(mine))}
    assert set(done) == {task.name for task in mine} and done["killed"] not in (0, os.getpid())


@pytest.mark.slow
def test_a_worker_may_die_while_nobody_waits_for_it(tmp_path: Path) -> None:
    """As while the parent writes a page, or between the start of the workers and the first task."""
    with engine_named("local", 2) as doing:
        doing.warm()
        found = {}
        for task, answer in doing.run(tasks(12), 12):
            found[task.name] = answer
            if len(found) in (2, 6):
                for process in list(doing._pool._processes.values()):  # type: ignore[attr-defined]
                    process.kill()
                    _ends(process.pid)
    assert {name: answer.tobytes() for name, answer in found.items()} == {f"task {i}": noise(i).tobytes() for i in range(12)}


def test_errors_come_back_from_workers_as_they_are() -> None:
    mine = [Task("full disk", refused, "disk"), *tasks(5)]
    with pytest.raises(StoreError, match=r"/store: no space left"), engine_named("local", 2) as doing:
        list(doing.run(iter(mine), len(mine)))


@pytest.mark.slow
def test_a_task_that_always_kills_its_worker_is_named() -> None:
    mine = [Task("2023-001 NIST", killed_always, None), *tasks(3)]
    with pytest.raises(InputError, match=r"a worker ended 3 times"), engine_named("local", 2) as doing:
        list(doing.run(iter(mine), len(mine)))


def test_what_a_task_raises_is_raised() -> None:
    mine = [Task("wrong", wrong, None), *tasks(5)]
    for workers in (1, 2):
        with pytest.raises(InputError, match="cannot be used"), engine_named("local", workers) as doing:
            list(doing.run(iter(mine), len(mine)))


def test_tasks_are_taken_as_they_are_needed() -> None:
    taken = 0

    def counted() -> Iterator[Task]:
        nonlocal taken
        for task in tasks(100):
            taken += 1
            yield task

    with engine_named("local", 2) as doing:
        next(doing.run(counted(), 100))
    assert taken <= 6


@pytest.mark.parametrize("name", ["slurm", "local:8786", ""])
def test_unknown_engines_are_refused(name: str) -> None:
    with pytest.raises(InputError, match=r"expected local, dask or dask:ADDRESS"):
        engine_named(name, None)


def test_at_least_one_worker() -> None:
    with pytest.raises(InputError, match="at least one"):
        engine_named("local", 0)


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    """A parent that is killed cannot say goodbye: its workers must notice."""
    script = tmp_path / "parent.py"
    script.write_text(
        "import os, sys\n"
        "from armillary.services._engine import Task, engine_named\n"
        "if __name__ == '__main__':\n"
        "    with engine_named('local', 2) as doing:\n"
        "        for task, answer in doing.run(iter([Task(str(i), os.getpgid, 0) for i in range(6)]), 6):\n"
        "            print(answer, flush=True)\n"
        "        sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None and parent.stdout.readline()
        children = _descendants(parent.pid)
        parent.kill()
    assert len(children) >= 2
    assert all(_ends(pid) for pid in children)


def _descendants(pid: int) -> list[int]:
    found = []
    for child in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((child / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == pid:
            found += [int(child.name), *_descendants(int(child.name))]
    return found


def _ends(pid: int) -> bool:
    """Whether a process is gone within some seconds."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([process], [], [], 20.0)[0])
    finally:
        os.close(process)


@pytest.mark.slow
def test_a_cluster_answers_as_this_process_does_and_survives_a_killed_worker(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    mine = [*tasks(6), Task("killed", killed_once, str(tmp_path / "flag")), *(Task(f"more {i}", noise, i) for i in range(3))]
    with engine_named("dask", 2) as doing:
        done = {task.name: answer for task, answer in doing.run(iter(mine), len(mine))}
    assert set(done) == {task.name for task in mine} and done["killed"] not in (0, os.getpid())
    assert all(done[f"task {i}"].tobytes() == noise(i).tobytes() for i in range(6))


@pytest.mark.slow
def test_no_scheduler_at_the_address() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="no scheduler answers"):
        engine_named("dask:tcp://127.0.0.1:1", None)


@pytest.mark.parametrize(("engine", "workers"), [("slurm", None), ("local:host", None), ("local", 0)])
def test_ppp_refuses_engine_before_anything_is_read(engine: str, workers: int | None) -> None:
    with pytest.raises(InputError, match=r"--(engine|workers) "):
        ppp(federation("glonass+beidou"), [Path("not-there.rnx")], sp3=[Path("not-there.sp3")], engine=engine, workers=workers)


def test_an_engine_does_more_after_its_tasks_are_done() -> None:
    with engine_named("local", 2) as doing:
        for _ in range(2):
            assert len(list(doing.run(tasks(5), 5))) == 5
    assert not multiprocessing.active_children()
