"""Where a station is to the centimetre: precise point positioning for each system alone and all together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import nan, radians
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from armillary.core.antennas import AntennaSet
from armillary.core.biases import Biases
from armillary.core.federation import Federation
from armillary.core.loss import Loss
from armillary.core.ocean_loading import OceanLoading, StationLoading
from armillary.core.scales import to_iso
from armillary.core.table import Table
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.navigation.positioning import channels_of
from armillary.navigation.precise_point import tables
from armillary.navigation.precise_point.convergence import LIMITS_M, Convergence, convergence
from armillary.navigation.precise_point.estimate import FilterOptions, Observed, PreciseSolution, observed_by, solve, solve_both_ways
from armillary.navigation.precise_point.station import Corrections, station_model
from armillary.navigation.precise_point.type_check import doubtful_types
from armillary.orbits.sp3_table import PreciseOrbit
from armillary.services._earth import earth_orientation
from armillary.services._inputs import Files, read_files
from armillary.services._products import need_phases, need_products, product_remarks
from armillary.services._truth import Truth, truth_of

__all__ = ["PppAnswer", "ppp"]

Floats = NDArray[np.float64]
_SWITCHES = ("solid-tide", "pole-tide", "wind-up", "satellite-antenna", "receiver-antenna")
"""What can be left out: to see what it is worth, or because observations were simulated without it."""
_THREADS = 2


@dataclass(frozen=True, slots=True, eq=False)
class PppAnswer:
    """Precise positions of one station for each member of a federation."""

    station: str
    mode: str
    """``static`` or ``kinematic``."""
    smoothed: bool
    truth: Truth | None
    summary: Table
    """A row per member."""
    answers: tuple[dict[str, Any], ...]
    """A row per member in plain values, with convergence."""
    epochs: Table
    """A row per member and epoch."""
    troposphere: Table
    clocks: Table
    residuals: Table | None = None
    ionosphere: Table | None = None
    """Slant ionospheres, where both signals stand for themselves."""
    convergence: tuple[Convergence | None, ...] = ()
    """Per member, errors over cold sessions; None without them."""
    losses: Mapping[str, Sequence[Loss]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    period: str = ""
    skip_h: float = 0.0

    @property
    def title(self) -> str:
        """What a person reads above the table."""
        against = (
            "no truth is known: errors are against the answer of all systems together at the end"
            if self.truth is None
            else f"against {self.truth.source}"
        )
        how = f"{self.mode}, both directions" if self.smoothed else f"{self.mode}, forward"
        return f"{self.station}  {self.period}; {how}; {against}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person reads below the table."""
        skipped = f" after the first {self.skip_h:g} h" if self.skip_h else ", convergence included"
        lines = [f"errors over all epochs{skipped}" if self.mode == "kinematic" else "errors of the position at the end of the file"]
        for row in self.answers:
            if "fixed" in row:
                held = row["fixed"]
                lines.append(
                    f"{row['member']}: ambiguities held at integers in {100 * held['share']:.0f} % of epochs, 3D RMS {held['rms_3d_m']:.3f} m there "
                    f"(float {held['float_rms_3d_m']:.3f} m)"
                )
            if row["sessions"]:
                told = ", ".join(
                    f"{100 * float(limit):.0f} cm in {'never' if minutes is None else f'{minutes:g} min'} ({100 * row['reached'][limit]:.0f} %)"
                    for limit, minutes in row["convergence_min"].items()
                )
                lines.append(f"{row['member']}, {row['sessions']} cold sessions: {told}")
        return tuple(lines)

    def to_json(self) -> dict[str, Any]:
        """The answer in plain values."""
        return {
            "station": self.station,
            "mode": self.mode,
            "smoothed": self.smoothed,
            "truth": None if self.truth is None else {"position_m": list(self.truth.position_m), "source": self.truth.source},
            "answers": list(self.answers),
            "warnings": list(self.warnings),
        }


def ppp(
    federation: Federation,
    observations: Annotated[Sequence[Path], "Observation files of one station."],
    *,
    sp3: Annotated[Sequence[Path], "Precise orbits; the days before and after help at midnight."],
    clk: Annotated[Sequence[Path], "Precise clocks of the same centre (30 s for GLONASS and GPS)."] = (),
    antex: Annotated[Sequence[Path], "Antenna calibrations; those of the frame of the orbits are taken first."] = (),
    erp: Annotated[Path | None, "Earth orientation: IERS finals2000A or C04, or an IGS ERP file of the centre; built in without."] = None,
    bias: Annotated[Sequence[Path], "Code biases (Bias-SINEX, OSB or DSB)."] = (),
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
    mask_deg: Annotated[float, "Elevation mask, degrees."] = 7.0,
    subsets: Annotated[bool, "Every combination of the systems, not only each alone and all together."] = False,
    residuals: Annotated[bool, "Keep the residuals in the answer."] = False,
    without: Annotated[
        Sequence[str],
        "Leave a correction out (solid-tide, pole-tide, wind-up, satellite-antenna, receiver-antenna; repeat for several) or all of these, which "
        "simulated files lack.",
    ] = (),
    progress: Callable[[str, float], None] | None = None,
) -> PppAnswer:
    """Precise point positions of a station: each system alone and all together, with what joining brings.

    Static unless --kinematic is given. Without --truth, errors are against the position of all systems together at the end of the file.

    $ armillary ppp STATION.crx.gz --sp3 ORBITS.SP3.gz --clk CLOCKS.CLK.gz --antex igs20.atx --kinematic --skip-h 2
    """
    _check(static=static, kinematic=kinematic, mask_deg=mask_deg, skip_h=skip_h, sessions_h=sessions_h)
    left_out = _left_out(without)
    lacking = (f"left out: {', '.join(left_out)}",) if left_out else ()
    told = progress or _nobody
    told("reading", 0.0)
    files = read_files(observations, systems=federation.letters, nav=nav, sp3=sp3, clk=clk)
    need_products(federation, files)
    losses = dict(files.losses)
    loading, notes = _loading(blq, files, losses)
    reference, said = earth_orientation(erp, files.observations.epochs)
    given = Corrections(
        antennas=_all_of(antex, AntennaSet, "an ANTEX file", losses),
        biases=_all_of(bias, Biases, "a Bias-SINEX file", losses),
        ocean=loading,
        reference=reference,
        channels=channels_of(files.navigation),
        mask_rad=radians(mask_deg),
        solid_tide="solid-tide" not in left_out,
        pole_tide="pole-tide" not in left_out,
        wind_up="wind-up" not in left_out,
        satellite_antenna="satellite-antenna" not in left_out,
        receiver_antenna="receiver-antenna" not in left_out,
    )
    orbit = PreciseOrbit(files.orbits, files.clocks)  # type: ignore[arg-type]
    told("modelling", 0.2)
    modelled = station_model(federation, files.observations, orbit, given)
    rows = modelled.rows
    need_phases(rows, files)
    doubts = [] if kinematic or "satellite-antenna" in left_out else [str(doubt) for doubt in doubtful_types(modelled)]
    options = FilterOptions(static=not kinematic)
    members = federation.subsets() if subsets else federation.alone_and_joint()
    observed = [observed_by(member, rows, uncombined=model == "uncombined") for member in members]
    solutions = _solved(observed, options, smoothed=smoothed, told=told)
    known = truth_of(truth, files.observations)
    at = _reference(known, observed[-1])
    found = _sessions(observed, options, at, sessions_h, told)
    answers = tuple(_answer(s, options, at, skip_h, c) for s, c in zip(solutions, found, strict=True))
    return PppAnswer(
        station=files.observations.header.marker,
        mode="kinematic" if kinematic else "static",
        smoothed=smoothed,
        truth=known,
        summary=_summary(answers),
        answers=answers,
        epochs=tables.epoch_table(solutions, at),
        troposphere=tables.troposphere_table(solutions),
        clocks=tables.clock_table(solutions),
        residuals=tables.residual_table(solutions) if residuals else None,
        ionosphere=tables.ionosphere_table(solutions) if model == "uncombined" else None,
        convergence=tuple(found),
        losses=losses,
        warnings=(*lacking, *notes, *said, *rows.notes, *doubts, *product_remarks(federation, rows, files, orbit, given.biases)),
        period=_period(files),
        skip_h=skip_h,
    )


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
        if name not in (*_SWITCHES, "all"):
            raise InputError(f"--without {name}: expected one of {', '.join(_SWITCHES)} or all")
    return _SWITCHES if "all" in without else tuple(name for name in _SWITCHES if name in without)


def _nobody(what: str, share: float) -> None:
    """Progress that nobody watches."""


def _all_of(paths: Sequence[Path], kind: type[Any], wanted: str, losses: dict[str, Sequence[Loss]]) -> tuple[Any, ...]:
    """What files hold, which must be of a kind; lines that were not used go to ``losses``."""
    found = []
    for path in paths:
        content = read(path)
        if not isinstance(content, kind):
            raise InputError(f"{path}: holds {type(content).__name__}, but {wanted} was expected")
        losses[str(path)] = content.losses
        found.append(content)
    return tuple(found)


def _loading(path: Path | None, files: Files, losses: dict[str, Sequence[Loss]]) -> tuple[StationLoading | None, tuple[str, ...]]:
    """The station's ocean tide loading."""
    if path is None:
        return None, ()
    (content,) = _all_of((path,), OceanLoading, "a BLQ file of ocean tide loading", losses)
    found = content.find(files.observations.header.marker[:4])
    if found is None:
        return None, (f"{path}: has no station {files.observations.header.marker[:4]}: ocean tide loading is left out",)
    return found, ()


def _solved(observed: Sequence[Observed], options: FilterOptions, *, smoothed: bool, told: Callable[[str, float], None]) -> list[PreciseSolution]:
    def run(given: Observed) -> PreciseSolution:
        return solve_both_ways(given, options)[1] if smoothed else solve(given, options)

    # the kernels release the interpreter
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting = [pool.submit(run, given) for given in observed]
        done = []
        for i, future in enumerate(waiting):
            done.append(future.result())
            told("filtering", 0.4 + 0.3 * (i + 1) / len(waiting))
    return done


def _reference(known: Truth | None, joint: Observed) -> Floats | None:
    """What errors are against: the truth, else the static answer of all systems together at the end; None where there is none."""
    if known is not None:
        return np.array(known.position_m)
    still = solve(joint, FilterOptions(static=True))
    good = np.flatnonzero(tables.solved(still))
    return tables.marker_m(still)[good[-1]] if len(good) else None


def _sessions(
    observed: Sequence[Observed], options: FilterOptions, at: Floats | None, hours: float | None, told: Callable[[str, float], None]
) -> list[Convergence | None]:
    if hours is None or at is None:
        return [None] * len(observed)
    with ThreadPoolExecutor(_THREADS) as pool:
        waiting = [pool.submit(convergence, given, options, at, hours=hours) for given in observed]
        done: list[Convergence | None] = []
        for i, future in enumerate(waiting):
            done.append(future.result())
            told("cold sessions", 0.7 + 0.3 * (i + 1) / len(waiting))
    return done


def _answer(solution: PreciseSolution, options: FilterOptions, at: Floats | None, skip_h: float, found: Convergence | None) -> dict[str, Any]:
    """One member in plain values: errors of the last epoch where the marker stands still, else means and root mean squares."""
    good = tables.solved(solution) & (solution.observed.rows.time_s >= skip_h * 3600.0)
    answer: dict[str, Any] = {
        "member": str(solution.observed.federation),
        "mode": "static" if options.static else "kinematic",
        **_figures(solution, good, at, last=options.static),
        "sessions": 0 if found is None else found.sessions,
        "convergence_min": {} if found is None else {f"{limit:.2f}": m for limit, m in zip(LIMITS_M, found.median_min, strict=True)},
        "reached": {} if found is None else {f"{limit:.2f}": r for limit, r in zip(LIMITS_M, found.reached, strict=True)},
    }
    whole = tables.held(solution)
    if (good & (solution.fixed > 0)).any():
        answer["fixed"] = {
            **_figures(whole, good & (solution.fixed > 0), at, last=options.static),
            "float_rms_3d_m": _figures(solution, good & (solution.fixed > 0), at, last=options.static)["rms_3d_m"],
            "share": float((good & (solution.fixed > 0)).sum() / good.sum()),
            "mean_ambiguities": float(solution.fixed[good & (solution.fixed > 0)].mean()),
        }
    return answer


def _figures(solution: PreciseSolution, good: NDArray[np.bool_], at: Floats | None, *, last: bool) -> dict[str, Any]:
    """Position, standard deviations and errors over good epochs: of the last one, or of all."""
    figures: dict[str, Any] = {
        "solved": int(good.sum()),
        **dict.fromkeys(("e_m", "n_m", "u_m", "sigma_e_m", "sigma_n_m", "sigma_u_m", "rms_3d_m", "p95_3d_m", "mean_satellites"), nan),
        "position_m": None,
    }
    if not good.any():
        return figures

    def of(values: Floats) -> list[float]:
        return [float(v) for v in (values[-1] if last else values.mean(axis=0))]

    sigma = np.sqrt(np.maximum(np.einsum("nii->ni", solution.covariance[good][:, :3, :3]), 0.0))
    figures |= {"mean_satellites": float(solution.satellites[good].mean()), "position_m": of(tables.marker_m(solution)[good])}
    figures |= dict(zip(("sigma_e_m", "sigma_n_m", "sigma_u_m"), of(sigma if last else np.median(sigma, axis=0)[None]), strict=True))
    if at is not None:
        error = tables.errors_m(solution, at)[good]
        distance = np.linalg.norm(error, axis=1)
        figures |= dict(zip(("e_m", "n_m", "u_m"), of(error), strict=True))
        figures |= {"rms_3d_m": float(np.sqrt(np.mean(distance**2))), "p95_3d_m": float(np.percentile(distance, 95))}
    return figures


_SHOWN = ("member", "solved", "e_m", "n_m", "u_m", "sigma_e_m", "sigma_n_m", "sigma_u_m", "rms_3d_m", "p95_3d_m", "mean_satellites")


def _summary(answers: Sequence[dict[str, Any]]) -> Table:
    return Table({name: np.array([row[name] for row in answers]) for name in _SHOWN})


def _period(files: Files) -> str:
    epochs = files.observations.epochs
    first, last = to_iso(epochs[np.array([0, -1])], "GPST", 0)
    return f"{first} to {last} GPST, {len(epochs)} epochs"
