"""Where stations are to the centimetre: precise point positioning for each system alone and all together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Literal

from armillary.core.federation import Federation
from armillary.errors import InputError, OutOfRangeError
from armillary.monitoring.provenance import InputFile, input_file
from armillary.monitoring.store import Store
from armillary.services import _ppp_files as files
from armillary.services import _ppp_store as kept
from armillary.services._engine import Task, check_engine, engine_named
from armillary.services._ppp_answer import PppAnswer, PppOfStations
from armillary.services._ppp_runs import Run, Runs, one_file, station_runs
from armillary.services._ppp_settings import CORRECTIONS, PppProducts, PppSettings
from armillary.services._ppp_station import known_place, located, read_and_model
from armillary.services._telling import Report, nobody, said_once

__all__ = ["PppAnswer", "PppOfStations", "ppp"]

_THREADS = 2


def ppp(
    federation: Federation,
    observations: Annotated[Sequence[Path], "Observation files, or folders, of one station or of many; days that follow each other are one run."],
    *,
    sp3: Annotated[Sequence[Path], "Precise orbits; the days before and after help at midnight."],
    clk: Annotated[Sequence[Path], "Precise clocks of the same centre (30 s for GLONASS and GPS)."] = (),
    antex: Annotated[Sequence[Path], "Antenna calibrations; those of the frame of the orbits are taken first."] = (),
    erp: Annotated[Path | None, "Earth orientation: IERS finals2000A or C04, or an IGS ERP file of the centre; built in without."] = None,
    bias: Annotated[Sequence[Path], "Code and phase biases (Bias-SINEX, OSB or DSB)."] = (),
    blq: Annotated[Path | None, "Ocean tide loading of the station (BLQ)."] = None,
    nav: Annotated[Sequence[Path], "Broadcast messages, for channels of GLONASS that the observation header lacks."] = (),
    static: Annotated[bool, "The marker stands still: one position."] = False,
    kinematic: Annotated[bool, "A position for every epoch."] = False,
    smoothed: Annotated[bool, "Forward and backward together, for every epoch what the whole file knows."] = False,
    truth: Annotated[str | None, "Known position: X,Y,Z in metres, or a SINEX file or table of stations that has the station."] = None,
    skip_h: Annotated[float, "Hours at the beginning that do not count in the errors (a cold filter converges)."] = 0.0,
    sessions_h: Annotated[float | None, "Length of cold sessions, started every hour, that tell the time of convergence."] = None,
    model: Annotated[
        Literal["ionosphere-free", "uncombined"], "Ionosphere-free combinations, or both signals with an estimated slant ionosphere."
    ] = "ionosphere-free",
    mapping: Annotated[
        Literal["niell", "global"], "Troposphere: Niell's mapping, or the Global Mapping Functions with Global Pressure and Temperature."
    ] = "niell",
    mask_deg: Annotated[float, "Elevation mask, degrees."] = 7.0,
    subsets: Annotated[bool, "Every combination of the systems, not only each alone and all together."] = False,
    residuals: Annotated[bool, "Keep the residuals in the answer."] = False,
    without: Annotated[
        Sequence[str],
        "Leave a correction out (solid-tide, pole-tide, wind-up, satellite-antenna, receiver-antenna; repeat for several) or all of these, which "
        "simulated files lack.",
    ] = (),
    troposphere: Annotated[Path | None, "Write zenith delays and gradients here as troposphere SINEX; members alone beside it."] = None,
    clocks: Annotated[Path | None, "Write receiver clocks here as RINEX clock; members and groups of satellites alone beside it."] = None,
    store: Annotated[Path | None, "Put positions, zenith delays and clocks into the store in this folder; made if it is not there."] = None,
    state: Annotated[
        Path | None, "Folder: go on from what an earlier run (same settings) left of each station in it, and leave what this one knows there."
    ] = None,
    engine: Annotated[str, "Who solves several stations: local, dask (workers of its own), or dask:ADDRESS of a scheduler."] = "local",
    workers: Annotated[int | None, "Number of processes; one per processor by default."] = None,
    progress: Report | None = None,
) -> PppAnswer | PppOfStations:
    """Precise point positions of stations: each system alone and all together, with what joining brings.

    Static unless --kinematic is given. Without --truth, errors are against the position of all systems together at the end of the file.
    Several stations, or days apart, give a row each; one that cannot be solved does not end the work of others, but where its files
    were named themselves the exit status is 2.

    $ armillary ppp STATION.crx.gz --sp3 ORBITS.SP3.gz --clk CLOCKS.CLK.gz --antex igs20.atx --kinematic --skip-h 2
    """
    _check(static=static, kinematic=kinematic, mask_deg=mask_deg, skip_h=skip_h, sessions_h=sessions_h)
    if state is not None and smoothed:
        raise InputError("--state and --smoothed exclude each other: both directions need the whole run at once")
    settings = PppSettings(
        uncombined=model == "uncombined",
        without=_left_out(without),
        mapping=mapping,
        kinematic=kinematic,
        smoothed=smoothed,
        mask_deg=mask_deg,
        skip_h=skip_h,
        sessions_h=sessions_h,
        subsets=subsets,
        residuals=residuals,
    )
    check_engine(engine, workers)
    # from Python, paths may be text
    observations, sp3, clk, antex, bias, nav = (tuple(map(Path, given)) for given in (observations, sp3, clk, antex, bias, nav))
    products = PppProducts(sp3, clk, antex, None if erp is None else Path(erp), bias, None if blq is None else Path(blq), nav)
    told = progress or nobody
    told("reading", 0.0)
    runs = _runs(observations, products, told)
    files.check_places(federation, _paths(runs, products, truth), troposphere=troposphere, clocks=clocks)
    opened = None if store is None else Store.open(store)
    job = _Job(federation, products, settings, truth, None if opened is None else str(opened.folder.absolute()), state)
    if len(runs.runs) == 1 and not runs.not_covered:
        answer = job.alone(runs.runs[0], told)
        return replace(answer, warnings=(*runs.notes, *answer.warnings), written=_written([answer], troposphere, clocks, store))
    if truth is not None and truth.count(",") == 2 and not Path(truth).exists():
        raise InputError(f"--truth {truth}: is the position of one station, but {len(runs.runs)} runs were given; name a file of coordinates")
    found = _several(job, runs, told, engine, workers)
    return replace(found, written=_written(found.runs, troposphere, clocks, store))


def _check(*, static: bool, kinematic: bool, mask_deg: float, skip_h: float, sessions_h: float | None) -> None:
    if static and kinematic:
        raise InputError("--static and --kinematic exclude each other")
    if not 0.0 <= mask_deg < 90.0:
        raise InputError(f"--mask-deg {mask_deg:g}: expected an elevation from 0 to 90")
    if not skip_h >= 0.0:
        raise InputError(f"--skip-h {skip_h:g}: expected hours, 0 or more")
    if sessions_h is not None and not sessions_h > 0.0:
        raise InputError(f"--sessions-h {sessions_h:g}: expected hours, more than 0")


def _left_out(without: Sequence[str]) -> tuple[str, ...]:
    """Corrections that are not made; InputError for a name that is none."""
    for name in without:
        if name not in (*CORRECTIONS, "all"):
            raise InputError(f"--without {name}: expected one of {', '.join(CORRECTIONS)} or all")
    return CORRECTIONS if "all" in without else tuple(name for name in CORRECTIONS if name in without)


def _runs(observations: Sequence[Path], products: PppProducts, told: Report) -> Runs:
    if len(observations) == 1 and not observations[0].is_dir():
        return one_file(observations[0])
    return station_runs(observations, (products.sp3, products.clk), progress=lambda share: told("reading", share))


def _paths(runs: Runs, products: PppProducts, truth: str | None) -> Iterator[Path]:
    """Every file that is read."""
    yield from (path for run in runs.runs for path in run.observations)
    yield from (path for paths in products.roles.values() for path in paths)
    if truth is not None and Path(truth).is_file():
        yield Path(truth)


@dataclass(frozen=True, slots=True)
class _Job:
    """What all stations are solved with."""

    federation: Federation
    products: PppProducts
    settings: PppSettings
    truth: str | None
    store: str | None
    state: Path | None
    inputs: tuple[InputFile, ...] = ()

    def alone(self, run: Run, told: Report = nobody, *, several: bool = False) -> PppAnswer:
        """The answer of one run, whose rows are in the store then; InputError where there is none."""
        threads = 1 if several else _THREADS
        modelled = read_and_model(self.federation, run.observations, self.products, self.settings, told=told, state=self.state)
        span_h = float(modelled.rows.time_s[-1]) / 3600.0
        if self.settings.skip_h > span_h:
            raise InputError(f"--skip-h {self.settings.skip_h:g}: the observations last {span_h:.2f} h, and nothing of them is left")
        known, notes = known_place(self.truth, modelled.files, alone=not several)
        answer = located(modelled, self.settings, known, told=told, threads=threads, warnings=notes, state=self.state)
        if several:
            answer = replace(answer, station=run.station)
        if self.store is not None:
            shared = self.inputs or _inputs(self.products, self.truth)
            kept.keep(Store.existing(self.store), answer, (*run.inputs, *shared), self.settings.about(self.federation))
        return answer


@dataclass(frozen=True, slots=True)
class _RunTask:
    """One run and what it is solved with, as paths: whoever does it reads the files."""

    job: _Job
    run: Run


def _run(task: _RunTask) -> PppAnswer | InputError:
    """Solve one run. The error of files that cannot be used is returned, not raised: one bad file must not end the work of others."""
    try:
        return task.job.alone(task.run, several=True)
    except (InputError, OutOfRangeError) as error:
        return InputError(f"{task.run.station}: {error}")


def _several(job: _Job, runs: Runs, told: Report, engine: str, workers: int | None) -> PppOfStations:
    if job.store is not None:
        job = replace(job, inputs=_inputs(job.products, job.truth))
    if engine.startswith("dask"):  # workers may stand in other folders
        job = replace(job, products=_absolute(job.products), truth=None if job.truth is None else str(Path(job.truth).absolute()))
        job = replace(job, state=None if job.state is None else job.state.absolute())
        runs = replace(runs, runs=tuple(replace(run, observations=tuple(p.absolute() for p in run.observations)) for run in runs.runs))
    order = {run: i for i, run in enumerate(runs.runs)}
    done: list[PppAnswer | InputError | None] = [None] * len(order)
    with engine_named(engine, workers) as doing:
        for i, (task, answer) in enumerate(doing.run(_tasks(job, runs), len(order))):
            done[order[task.argument.run]] = answer
            told("stations", (i + 1) / len(order))
    solved = tuple(answer for answer in done if isinstance(answer, PppAnswer))
    failed = [(str(answer), run.named) for run, answer in zip(runs.runs, done, strict=True) if isinstance(answer, InputError)]
    failed += runs.not_covered
    if not solved:
        raise InputError("; ".join(words for words, _ in failed))
    return PppOfStations(
        runs=solved,
        systems=str(job.federation),
        warnings=(*runs.notes, *(words for words, named in failed if not named), *said_once([(run.station, run.warnings) for run in solved], "runs")),
        failures=tuple(words for words, named in failed if named),
        losses={path: lost for answer in solved for path, lost in answer.losses.items()},
    )


def _tasks(job: _Job, runs: Runs) -> Iterator[Task]:
    return (Task(run.station, _run, _RunTask(job, run)) for run in runs.runs)


def _absolute(products: PppProducts) -> PppProducts:
    def of(paths: Sequence[Path]) -> tuple[Path, ...]:
        return tuple(path.absolute() for path in paths)

    erp, blq = (None if path is None else path.absolute() for path in (products.erp, products.blq))
    return PppProducts(of(products.sp3), of(products.clk), of(products.antex), erp, of(products.bias), blq, of(products.nav))


def _inputs(products: PppProducts, truth: str | None) -> tuple[InputFile, ...]:
    """Every file that bears on all stations, by content."""
    coordinates = {"coordinates": (Path(truth),)} if truth is not None and Path(truth).is_file() else {}
    try:
        return tuple(input_file(path, role=role) for role, paths in (products.roles | coordinates).items() for path in paths)
    except OSError as error:
        raise InputError(f"{error.filename}: {error.strerror}") from None


def _written(runs: Sequence[PppAnswer], troposphere: Path | None, clocks: Path | None, store: Path | None) -> tuple[Path, ...]:
    """Write the files that were asked for; every path, and the store."""
    paths = [] if troposphere is None else files.write_troposphere(troposphere, runs)
    paths += [] if clocks is None else files.write_clocks(clocks, runs)
    return (*paths, *(() if store is None else (store,)))
