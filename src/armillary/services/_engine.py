"""Who does independent tasks: this process, several processes of this machine, or a Dask cluster.

A task is a function of a module and one argument, both of which another process can be sent; its answer comes back the same way. Answers come in
the order in which they are done. Whoever does a task, the answer is the same to the bit: nothing but the argument goes in.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_all_start_methods, get_context, parent_process
from pathlib import Path
from pkgutil import iter_modules
from types import TracebackType
from typing import Any, Protocol, Self

from armillary._lazy import optional_module
from armillary.errors import InputError

__all__ = ["Engine", "Task", "check_engine", "engine_named"]

_AHEAD = 2
"""Tasks handed out per worker: one that it does and one that waits for it."""
_ATTEMPTS = 3
"""A task is tried again when its worker dies: it may have been killed for what another one did."""
_FEW = 2
"""So many tasks are done before workers would have started."""
_WORKER_BYTES = 1 << 30
_ANSWER_S = 20.0
_ROOT, _LAYERS = Path(__file__).parent.parent, ("constellations", "io", "orbits", "navigation")
_WHY_WORKERS_END = "killed for want of memory, or the work of a script that does not say: if __name__ == '__main__'"


@dataclass(frozen=True, slots=True)
class Task:
    """One independent piece of work."""

    name: str
    """What people call it."""
    function: Callable[[Any], Any]
    argument: Any


class Engine(Protocol):
    """Does tasks."""

    def warm(self) -> None:
        """Told as soon as there will be several tasks: workers may start while the tasks are still made up."""
        ...

    def run(self, tasks: Iterator[Task], number: int) -> Iterator[tuple[Task, Any]]:
        """Each of ``number`` tasks with its answer, in any order; tasks are taken as they are needed. What a task raises is raised."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


def check_engine(text: str, workers: int | None) -> tuple[str, str]:
    """Name and address in the text that names an engine; raises InputError for another name or number of workers, before anything is read."""
    if workers is not None and workers < 1:
        raise InputError(f"--workers {workers}: expected at least one")
    name, _, address = text.partition(":")
    if name not in ("local", "dask") or (name == "local" and address):
        raise InputError(f"--engine {text}: expected local, dask or dask:ADDRESS")
    return name, address


def engine_named(text: str, workers: int | None) -> Engine:
    """The engine called ``local``, ``dask`` (workers of its own on this machine) or ``dask:ADDRESS`` (of a scheduler that runs).

    ``workers`` is the number of processes, by default one per processor that this process may use; one worker of the local engine is this process.
    Raises InputError for another name or number, MissingExtraError without the extra ``cluster``.
    """
    name, address = check_engine(text, workers)
    number = workers or _processors()
    return _Dask(address, number) if name == "dask" else _Local(number)


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Local:
    """This process for few tasks or one worker, else processes of this machine. One that is killed is replaced, and what it did is done again."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._ending: list[threading.Thread] = []

    def warm(self) -> None:
        if self._workers == 1 or self._pool is not None:
            return
        self._pool, method = self._new()
        if method == "fork":  # at once: it takes no time, and a thread would make the next fork unsafe
            _start(self._pool)
        else:  # a submission waits for the first worker to live
            threading.Thread(target=_start, args=(self._pool,), daemon=True).start()

    def _new(self) -> tuple[ProcessPoolExecutor, str]:
        method = _start_method()
        context = get_context(method)
        if method == "forkserver":
            context.set_forkserver_preload(_loaded())
        return ProcessPoolExecutor(self._workers, context, _begin), method

    def run(self, tasks: Iterator[Task], number: int) -> Iterator[tuple[Task, Any]]:
        if self._workers == 1 or number <= _FEW:
            for task in tasks:
                yield task, task.function(task.argument)
            return
        self.warm()
        yield from self._by_processes(tasks)

    def _by_processes(self, tasks: Iterator[Task]) -> Iterator[tuple[Task, Any]]:
        waiting: dict[Future[Any], tuple[Task, int]] = {}
        again: list[tuple[Task, int]] = []
        while self._pool is not None:
            while len(waiting) < _AHEAD * self._workers:
                task, attempt = again.pop() if again else (next(tasks, None), 1)
                if task is None:
                    break
                try:
                    waiting[self._pool.submit(task.function, task.argument)] = task, attempt
                except BrokenProcessPool:  # a worker died while nobody waited for it
                    again += [(task, attempt), *self._replaced(waiting)]
                    waiting.clear()
            if not waiting:
                # workers end while the caller makes something of the last answer
                self._ending.append(threading.Thread(target=self._pool.shutdown, daemon=True))
                self._ending[-1].start()
                self._pool = None
                return
            done, _ = wait(waiting, return_when=FIRST_COMPLETED)
            broken = [future for future in done if isinstance(future.exception(), BrokenProcessPool)]
            for future in done.difference(broken):
                yield waiting.pop(future)[0], future.result()
            if broken:
                again += self._replaced(waiting)
                waiting.clear()

    def _replaced(self, waiting: dict[Future[Any], tuple[Task, int]]) -> list[tuple[Task, int]]:
        """Tasks of a pool that lost a worker, to be done again by a new pool."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._pool, _ = self._new()
        for task, attempt in waiting.values():
            if attempt == _ATTEMPTS:
                raise InputError(
                    f"{task.name}: a worker ended {_ATTEMPTS} times while it was done ({_WHY_WORKERS_END}); what was stored before stands"
                )
        return [(task, attempt + 1) for task, attempt in waiting.values()]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)  # waits for tasks that are being done or handed out, some seconds each
        for thread in self._ending:
            thread.join()


def _start_method() -> str:
    """How workers start: as copies of this process, a second sooner, where it has one thread; a copy of one with several may never wake."""
    known = get_all_start_methods()
    try:
        alone = len(os.listdir("/proc/self/task")) == 1
    except OSError:  # a system that does not tell, or where copies are unsafe anyway
        alone = False
    return next(method for method in (*(["fork"] if alone else []), "forkserver", "spawn") if method in known)


def _start(pool: ProcessPoolExecutor) -> None:
    with suppress(RuntimeError, OSError, EOFError):  # shut down already, or interrupted: whoever runs tasks will see
        pool.submit(_nothing)


def _nothing() -> None:
    """A task that is done when a worker lives."""


def _loaded() -> list[str]:
    """What is loaded before the first task comes: modules that are loaded here, that tasks load when they need them, and what writes the store."""
    package = __name__.partition(".")[0]
    here = [name for name in sys.modules if name.startswith(f"{package}.")]
    later = [f"{package}.{layer}.{module.name}" for layer in _LAYERS for module in iter_modules([str(_ROOT / layer)]) if not module.ispkg]
    return [*here, *later, "llvmlite.binding", "pyarrow.parquet", "pyarrow.compute"]


def _begin() -> None:
    """Ready a worker that ends when the process it works for is gone, however that went, and leaves interruptions from the keyboard to that one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(200_000)  # a station-day makes many objects and little garbage
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    for module in _loaded():
        with suppress(ImportError):
            import_module(module)


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


class _Dask:
    """Workers of a Dask cluster, which must see the same files under the same names."""

    def __init__(self, address: str, workers: int) -> None:
        distributed = optional_module("distributed", "cluster")
        logging.getLogger("distributed").setLevel(logging.CRITICAL)  # what matters is raised
        self._as_completed = distributed.as_completed
        self._killed = distributed.KilledWorker
        self._lost = (distributed.CancelledError, CancelledError)
        self._cluster = None
        try:
            if not address:
                self._cluster = distributed.LocalCluster(
                    n_workers=workers, threads_per_worker=1, processes=True, memory_limit=2 * _WORKER_BYTES, dashboard_address=None
                )
            self._client = distributed.Client(self._cluster if self._cluster is not None else address, timeout=_ANSWER_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            self._end()
            raise InputError(f"--engine dask:{address}: no scheduler answers there ({error})") from None
        try:
            self._client.wait_for_workers(1, timeout=_ANSWER_S)
        except TimeoutError:
            self.__exit__(None, None, None)
            raise InputError(f"--engine dask:{address}: the scheduler has no workers") from None
        self._workers = max(len(self._client.scheduler_info(n_workers=-1)["workers"]), workers if self._cluster is not None else 1)

    def warm(self) -> None:
        pass

    def run(self, tasks: Iterator[Task], number: int) -> Iterator[tuple[Task, Any]]:
        given: dict[str, Task] = {}

        def more(number: int) -> list[Any]:
            futures = []
            for _, task in zip(range(number), tasks, strict=False):  # in this order: no task is taken and dropped
                future = self._client.submit(task.function, task.argument, pure=False, retries=_ATTEMPTS - 1)
                given[future.key] = task
                futures.append(future)
            return futures

        done = self._as_completed(more(_AHEAD * self._workers), loop=self._client.loop)
        for future in done:
            task = given.pop(future.key)
            try:
                answer = future.result()
            except self._killed:
                raise InputError(f"{task.name}: its worker ended several times (killed for want of memory?); what was stored before stands") from None
            except self._lost:
                raise InputError(f"{task.name}: the cluster was lost; what was stored before stands") from None
            done.update(more(1))
            yield task, answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()
        self._end()

    def _end(self) -> None:
        if self._cluster is not None:
            self._cluster.close()
