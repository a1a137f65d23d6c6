"""How much sooner two workers assess ten station-days, beside what the machine gives two programs at once.

    python benchmarks/workers.py [RUNS [FOLDER]]

Without FOLDER, ten stations of the scenario ``network`` are simulated for 24 hours every 30 s. Every run does, one after the other: one worker, two
workers, half of the stations by one worker, and both halves at once by two commands that know nothing of each other. The last over the one before
is what this machine loses when two programs run: no workers can do better than that. Where the clock of the machine changes, so do seconds; how many
processors are busy with two workers does not, and where the work is the same (processor seconds) it says how much faster they are.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from armillary.services.simulate import simulate

STATIONS = 10
WORDS = "one worker {:5.2f} s, two {:5.2f} s: {:.2f} times faster; processor {:.2f} and {:.2f} s, {:.2f} busy; two commands at once {:.2f}"
ARMILLARY = Path(sys.executable).with_name("armillary")


def timed(*jobs: tuple[Sequence[Path], Path, int]) -> tuple[float, float]:
    """Seconds until assessments (files, folder for the answer, workers) that are started together have all ended, and their processor seconds."""
    for _, out, _ in jobs:
        shutil.rmtree(out, ignore_errors=True)
    start, busy = time.perf_counter(), 0.0
    running = [
        subprocess.Popen([ARMILLARY, "assess", *map(str, paths), "--out", out, "--workers", str(workers)], stdout=-3, stderr=-3)
        for paths, out, workers in jobs
    ]
    for process in running:
        _, status, used = os.wait4(process.pid, 0)
        if status:
            raise SystemExit("an assessment failed")
        busy += used.ru_utime + used.ru_stime
    return time.perf_counter() - start, busy


def main(runs: int = 9, folder: str | None = None) -> None:
    with tempfile.TemporaryDirectory() as text:
        scratch = Path(text)
        days = Path(folder) if folder else simulated(scratch / "days")
        stations = [path for path in sorted(days.iterdir()) if "_MO." in path.name]
        shared = [path for path in sorted(days.iterdir()) if path not in stations]
        halves = [[*stations[i::2], *shared] for i in (0, 1)]
        a, b = scratch / "a", scratch / "b"
        timed(([days], a, 2))  # machine code is made and files are in memory
        rows = []
        for _ in range(runs):
            (one, work), (two, work_of_two) = timed(([days], a, 1)), timed(([days], a, 2))
            (half, _), (both, _) = timed((halves[0], a, 1)), timed((halves[0], a, 1), (halves[1], b, 1))
            rows.append((one, two, one / two, work, work_of_two, work_of_two / two, both / half))
            print(WORDS.format(*rows[-1]), flush=True)
        print(f"median of {runs}, {len(stations)} stations:\n{WORDS.format(*map(statistics.median, zip(*rows, strict=True)))}")
        print(f"quickest: {WORDS.format(*map(min, zip(*rows, strict=True)))[:32]}{min(r[0] for r in rows) / min(r[1] for r in rows):.2f} times")


def simulated(folder: Path) -> Path:
    simulate("network", out=folder, hours=24.0, interval_s=30.0)
    stations = sorted(path for path in folder.iterdir() if "_MO." in path.name)
    for path in folder.iterdir():
        if path not in stations[:STATIONS] and "_MN." not in path.name:
            path.unlink()
    return folder


if __name__ == "__main__":
    main(*(kind(text) for kind, text in zip((int, str), sys.argv[1:], strict=False)))
