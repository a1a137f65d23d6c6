"""Armillary beside the programs people use now, on the same files, one after the other on the same machine; a Markdown table on standard output.

    PEERS_PYTHON=/path/to/venv/bin/python .venv/bin/python benchmarks/beside_peers.py

``PEERS_PYTHON`` is a Python that has some of pyrtklib5, sidereon, georinex, hatanaka; what is missing is left out and said. ``rnx2rtkp`` of RTKLIB
is taken from the PATH. A reading is timed inside its process, warm, median of rounds; a position is timed as a whole process; the peak of memory is
that of the whole process both times. Contenders take turns, so that a busy moment of the machine meets all of them.
"""

from __future__ import annotations

import gzip
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("ARMILLARY_DATA", HERE.parents[1] / "shared" / "data"))
PEERS = os.environ.get("PEERS_PYTHON")
TURNS = 5

GNSS = DATA / "gnss"
PACKED = GNSS / "2020-177" / "ESBC00DNK_R_20201770000_01D_30S_MO.crx.gz"
NAV = GNSS / "2020-177" / "ESBC00DNK_R_20201770000_01D_MN.rnx.gz"
MERGED = GNSS / "2023-001" / "BRDC00IGS_R_20230010000_01D_MN.rnx.gz"
ORBITS = GNSS / "2023-001" / "COD0MGXFIN_20230010000_01D_05M_ORB.SP3.gz"
CLOCKS = GNSS / "2020-177" / "GRG0MGXFIN_20201770000_01D_30S_CLK.CLK.gz"

TIMER = """
import json, resource, statistics, sys, time
{setup}
def work():
    {work}
times = []
for turn in range({rounds} + 1):
    start = time.perf_counter()
    work()
    times.append(time.perf_counter() - start)
print(json.dumps([statistics.median(times[1:] or times), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))
"""
SIDEREON = """
import sidereon
nav, obs = sidereon.load_rinex_nav({nav!r}), sidereon.load_rinex_obs({obs!r})
chosen = [f"{{letter}}{{number:02d}}" for letter in "RC" for number in range(1, 64)]
sidereon.solve_spp_from_rinex_obs(nav, obs, sidereon.RinexSppOptions(obs, satellites=chosen))
"""


@dataclass(frozen=True)
class Contender:
    """One program at one task: a snippet to be timed inside a Python, or a whole command."""

    name: str
    needs: str = ""
    setup: str = ""
    work: str = ""
    command: tuple[str, ...] = ()
    rounds: int = 3


def tasks(folder: Path) -> Iterator[tuple[str, list[Contender]]]:
    """What is measured, on plain files in ``folder``."""
    obs, nav = str(folder / "esbc.rnx"), str(folder / "esbc.nav")
    merged, orbits, clocks = (str(folder / name) for name in ("brdc.rnx", "cod.sp3", "grg.clk"))
    rtklib = "import pyrtklib5 as rtk"
    rinex = "rtk.readrnx({!r}, 1, '', rtk.obs_t(), rtk.nav_t(), rtk.sta_t())"
    yield (
        "GLONASS + BeiDou positions of a day (2880 epochs), whole process",
        [
            Contender(
                "armillary (each alone and both: three answers)", command=armillary("position", obs, "--nav", nav, "--mask-deg", "10", "--json")
            ),
            Contender(
                "RTKLIB rnx2rtkp (joint only)",
                "rnx2rtkp",
                command=("rnx2rtkp", "-p", "0", "-sys", "R,C", "-m", "10", "-o", str(folder / "o.pos"), obs, nav),
            ),
            Contender("sidereon (joint only)", "sidereon", command=(PEERS or "", "-c", SIDEREON.format(obs=obs, nav=nav))),
        ],
    )
    yield "Reading a day of six systems, 32.9 MB RINEX 3.05", [
        Contender("armillary (all observables)", setup="import armillary", work=f"armillary.read({obs!r})", rounds=5),
        Contender("pyrtklib5 (the codes that RTKLIB keeps)", "pyrtklib5", rtklib, rinex.format(obs)),
        Contender("sidereon (all observables)", "sidereon", "import sidereon", f"sidereon.load_rinex_obs({obs!r})"),
    ]  # fmt: skip
    unpack = "from armillary.io import crinex; from armillary.io.source import load_source"
    yield (
        "The same day, .crx.gz to RINEX text",
        [
            Contender("armillary", setup=unpack, work=f"crinex.decode(load_source({str(PACKED)!r}))", rounds=5),
            Contender("hatanaka", "hatanaka", "import hatanaka", f"hatanaka.decompress(open({str(PACKED)!r}, 'rb').read())"),
        ],
    )
    yield "Reading merged navigation messages of a day, 9 MB RINEX 3.04", [
        Contender("armillary", setup="import armillary", work=f"armillary.read({merged!r})", rounds=5),
        Contender("pyrtklib5", "pyrtklib5", rtklib, rinex.format(merged)),
        Contender("sidereon", "sidereon", "import sidereon", f"sidereon.load_rinex_nav({merged!r})"),
        Contender("georinex (GPS only)", "georinex", "import georinex", f"georinex.load({merged!r}, use='G')", rounds=0),
    ]  # fmt: skip
    yield (
        "Reading SP3 orbits, 289 epochs of 116 satellites",
        [
            Contender("armillary", setup="import armillary", work=f"armillary.read({orbits!r})", rounds=9),
            Contender("pyrtklib5", "pyrtklib5", rtklib, f"rtk.readsp3({orbits!r}, rtk.nav_t(), 0)", rounds=9),
            Contender("sidereon", "sidereon", "import sidereon", f"sidereon.load_sp3({orbits!r})", rounds=9),
            Contender("georinex", "georinex", "import georinex", f"georinex.load({orbits!r})"),
        ],
    )
    yield (
        "Reading a 30 s clock file, 17 MB",
        [
            Contender("armillary", setup="import armillary", work=f"armillary.read({clocks!r})", rounds=5),
            Contender("pyrtklib5", "pyrtklib5", rtklib, f"rtk.readrnxc({clocks!r}, rtk.nav_t())"),
            Contender("sidereon", "sidereon", "import sidereon", f"sidereon.load_rinex_clock({clocks!r})"),
        ],
    )


def armillary(*words: str) -> tuple[str, ...]:
    """A command of armillary of this environment."""
    return (sys.executable, "-m", "armillary", *words)


def unpacked(folder: Path) -> None:
    """The files of the tasks, as plain text."""
    subprocess.run(armillary("convert", str(PACKED), str(folder / "esbc.rnx")), check=True, capture_output=True)
    for name, packed in {"esbc.nav": NAV, "brdc.rnx": MERGED, "cod.sp3": ORBITS, "grg.clk": CLOCKS}.items():
        # in pieces: what this process once held would count as the peak of every process that it starts
        with gzip.open(packed) as source, (folder / name).open("wb") as target:
            shutil.copyfileobj(source, target)


def is_there(contender: Contender) -> bool:
    """Whether what a contender needs is installed."""
    if contender.needs in ("", "rnx2rtkp"):
        return not contender.needs or shutil.which(contender.needs) is not None
    return PEERS is not None and subprocess.run([PEERS, "-c", f"import {contender.needs}"], capture_output=True, check=False).returncode == 0


def turn(contender: Contender) -> tuple[float, float]:
    """Seconds and peak megabytes of one turn."""
    if contender.command:
        start = time.perf_counter()
        process = subprocess.Popen(contender.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"{contender.name}: exit {process.returncode}: {' '.join(contender.command)[:300]}")
        return time.perf_counter() - start, usage.ru_maxrss / 1024
    python = PEERS if contender.needs else sys.executable
    code = TIMER.format(setup=contender.setup, work=contender.work, rounds=contender.rounds)
    done = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{contender.name}: {done.stderr[-500:]}")
    seconds, megabytes = json.loads(done.stdout.splitlines()[-1])
    return seconds, megabytes


def rows(task: str, contenders: Sequence[Contender]) -> Iterator[str]:
    """A line of the table per contender that is there."""
    there = [c for c in contenders if is_there(c)]
    for contender in there:
        if not contender.needs:
            turn(contender)  # kernels are compiled once per machine
    measured: dict[str, list[tuple[float, float]]] = {c.name: [] for c in there}
    for _ in range(TURNS):
        for contender in there:
            measured[contender.name].append(turn(contender))
    ours = statistics.median(seconds for seconds, _ in measured[there[0].name])
    for contender in there:
        seconds = statistics.median(s for s, _ in measured[contender.name])
        megabytes = max(m for _, m in measured[contender.name])
        yield f"| {task if contender is there[0] else ''} | {contender.name} | {seconds:.3f} | {seconds / ours:.1f} | {megabytes:.0f} |"
    for contender in contenders:
        if contender not in there:
            print(f"left out, not installed: {contender.name}", file=sys.stderr)


def processor() -> str:
    """The name of the processor where the system tells it."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")] if info.exists() else []
    return f"{names[0]}, {len(names)} cores" if names else platform.processor()


def main() -> None:
    """Measure and print."""
    if not PACKED.exists():
        raise SystemExit(f"the real data set is not at {DATA}; set ARMILLARY_DATA to its folder")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        unpacked(folder)
        print(f"{processor()}; Python {platform.python_version()}; load {os.getloadavg()[0]:.1f} at the start; medians of {TURNS} turns\n")
        print("| task | program | seconds | ratio | peak MB |\n|---|---|---|---|---|")
        for task, contenders in tasks(folder):
            for row in rows(task, contenders):
                print(row, flush=True)


if __name__ == "__main__":
    main()
