"""Precise positions in one picture: errors and standard deviations through the day, zenith delay, convergence, and figures.

Each system alone and all together are drawn; of other combinations the picture says how many there are.

Errors are against the truth where there is one, else against what all systems together say at the end of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, log10
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import optional_module
from armillary.core.epochs import Epochs
from armillary.core.scales import to_datetime64, to_iso
from armillary.core.table import Table
from armillary.report.palette import member_colours
from armillary.report.position_picture import DIRECTIONS, LABEL_BOX, STYLE, drawn_members, left_out, member_title, short_title, words_in_lines
from armillary.report.solutions._rows import enu_covariance, members, solved_by_member

if TYPE_CHECKING:
    from armillary.navigation.precise_point.convergence import Convergence
    from armillary.services.ppp import PppAnswer

__all__ = ["draw"]

Floats = NDArray[np.float64]
_SETTLED_S = 3600.0
"""Axes are made for the errors after this time; a filter that starts from nothing runs off the edge before."""
_WIDEST = 4.0
"""Axes are not wider than this many times what all together need."""
_FEWEST_LEFT = 30
_LIMITS_M = (0.30, 0.10, 0.05)
_MOST_MEMBERS = 5
"""As many are drawn with their standard deviations; of more only the last."""
_GREY = "#57606a"
_ROOM = 20
"""Characters of a member's name that fit among the figures of a panel."""
_NAME_ROOM = {"kinematic": 26, "static": 24}
"""Characters of a name that fit beside its figures."""
_CAPTION_ROOM = 84
_TITLE_ROOM = 98
_ENDS, _ENDS_STILL = (0.59, 0.73, 0.87, 1.0), (0.70, 0.85, 0.87, 1.0)
"""Right ends of the columns of the legend, shares of its width; of still ones without cold starts, whose third column is empty."""
_NONE = "none"


@dataclass(frozen=True, slots=True, eq=False)
class _Track:
    """One member: ``when`` datetime64[n] in GPS time, ``since_s`` float64[n] since the first epoch, errors and standard deviations float64[n, 3]."""

    name: str
    colour: str
    when: NDArray[np.datetime64]
    since_s: Floats
    enu_m: Floats
    sigma_m: Floats
    convergence: Convergence | None

    def counted(self, skip_h: float) -> NDArray[np.bool_]:
        """Epochs whose errors count."""
        return self.since_s >= skip_h * 3600.0

    def later(self, least_s: float) -> NDArray[np.bool_]:
        """Epochs after ``least_s``, or all where few are left."""
        late = self.since_s >= least_s
        return late if late.sum() >= _FEWEST_LEFT else np.ones(len(late), np.bool_)


def draw(answer: PppAnswer, path: Path) -> None:
    """Draw ``answer`` into ``path`` (.png, .svg or .pdf). MissingExtraError without matplotlib."""
    optional_module("matplotlib", "plot").use("Agg")
    pyplot = optional_module("matplotlib.pyplot", "plot")
    tracks = _tracks(answer)
    caption = _against(answer)
    with pyplot.rc_context(STYLE):
        figure = pyplot.figure(figsize=(13.4, 8.4), layout="constrained")
        left, right = figure.add_gridspec(1, 2, width_ratios=(1.35, 1.0), wspace=0.04)
        *series, zenith = left.subgridspec(4, 1).subplots(sharex=True)
        courses, legend = right.subgridspec(2, 1, height_ratios=(1.0, 0.08 + 0.07 * max(len(tracks), 1) + 0.03 * len(caption))).subplots()
        _draw_errors(series, tracks, answer)
        _draw_zenith(zenith, tracks, answer.troposphere)
        _draw_convergence(courses, tracks, answer)
        _draw_figures(legend, tracks, answer, caption)
        title = _title(answer)
        figure.suptitle(title, fontsize=14 * min(1.0, _TITLE_ROOM / len(title)), fontweight="bold", x=0.008, ha="left")
        figure.get_layout_engine().set(h_pad=0.08, w_pad=0.06)
        figure.savefig(path, dpi=130)
        pyplot.close(figure)


def _tracks(answer: PppAnswer) -> list[_Track]:
    names = members(answer.epochs)
    colours = member_colours(names)
    drawn = drawn_members(names)
    found = dict(zip(names, answer.convergence or (None,) * len(names), strict=False))
    first = answer.epochs.epochs.tai_ns.min() if answer.epochs.epochs is not None and len(answer.epochs.epochs) else 0
    tracks = []
    for name, rows in solved_by_member(answer.epochs):
        if name not in drawn or rows.epochs is None or not len(rows):
            continue
        sigma = np.sqrt(np.maximum(np.einsum("nii->ni", enu_covariance(rows)), 0.0))
        enu = np.stack([rows["east_m"], rows["north_m"], rows["up_m"]], axis=-1)
        since = (rows.epochs.tai_ns - first) * 1e-9
        tracks.append(_Track(name, colours[name], to_datetime64(rows.epochs, "GPST"), since, enu, sigma, found.get(name)))
    return tracks


def _draw_errors(panels: Sequence[Any], tracks: list[_Track], answer: PppAnswer) -> None:
    least_s = max(_SETTLED_S, answer.skip_h * 3600.0)
    limits = [_limit([(t.enu_m[t.later(least_s), i], t.sigma_m[t.later(least_s), i]) for t in tracks]) for i in range(3)]
    level = max(limits[:2])
    for i, (panel, name) in enumerate(zip(panels, DIRECTIONS, strict=True)):
        limit = limits[2] if i == 2 else level
        factor, unit = _unit(limit)
        panel.axhline(0.0, color="#8c959f", linewidth=0.9, zorder=1)
        for order, track in enumerate(tracks):
            last = order == len(tracks) - 1
            error, sigma = factor * track.enu_m[:, i], factor * track.sigma_m[:, i]
            if last or len(tracks) <= _MOST_MEMBERS:
                band = {"color": track.colour, "alpha": 0.22 if last else 0.10, "linewidth": 0, "zorder": 2 + order}
                panel.fill_between(track.when, error - sigma, error + sigma, **band)
            panel.plot(track.when, error, color=track.colour, linewidth=1.1 if last else 0.8, alpha=1.0 if last else 0.6, zorder=12 + order)
        words = _words(tracks, i, answer)
        panel.set_ylim(-factor * limit, (1.25 + 0.2 * words.count("\n")) * factor * limit)  # room for the figures
        panel.set_ylabel(f"{name}  [{unit}]")
        panel.margins(x=0.01)
        panel.text(0.012, 0.96, words, transform=panel.transAxes, va="top", fontsize=8.5, color=_GREY, zorder=30, bbox=LABEL_BOX)
    if tracks:
        panels[0].set_title("Errors, bands: one standard deviation", fontsize=10.5, color="#30363d", loc="left")


def _words(tracks: list[_Track], axis: int, answer: PppAnswer) -> str:
    """What a panel says in figures: RMS of moving positions, ends of still ones."""
    still = answer.mode == "static"
    if not still and tracks and not any(track.counted(answer.skip_h).any() for track in tracks):
        return f"no position after the first {answer.skip_h:g} h"
    parts = []
    for track in tracks:
        late = track.enu_m[track.counted(answer.skip_h), axis]
        value = float(track.enu_m[-1, axis]) if still else float(np.sqrt(np.mean(late**2))) if len(late) else np.nan
        parts.append(f"{short_title(member_title(track.name), _ROOM)} {_length(value, fine=still)}")
    return words_in_lines("at the end" if still else "RMS", parts)


def _length(metres: float, *, fine: bool = False) -> str:
    """Metres from one metre on, else centimetres, or millimetres where ``fine``.

    >>> _length(0.0371), _length(15.478), _length(-0.012, fine=True), _length(float("nan"))
    ('3.7 cm', '15.48 m', '-12 mm', 'none')
    """
    if not isfinite(metres):
        return _NONE
    if abs(metres) >= 0.9995:
        return f"{metres:.2f} m" if abs(metres) < 100.0 else f"{metres:.0f} m"
    return f"{round(1e3 * metres)} mm" if fine else f"{1e2 * metres:.1f} cm"


def _three(enu_m: Sequence[float]) -> str:
    """East, north and up with one unit.

    >>> _three((0.0123, -0.004, 0.1)), _three((0.0123, -0.004, 1.1))
    ('12, -4, 100 mm', '0.01, -0.00, 1.10 m')
    """
    if not all(map(isfinite, enu_m)):
        return _NONE
    if (most := max(map(abs, enu_m))) >= 0.9995:
        return ", ".join(f"{value:.{2 if most < 10.0 else 1}f}" for value in enu_m) + " m"
    return ", ".join(f"{round(1e3 * value)}" for value in enu_m) + " mm"


def _draw_zenith(panel: Any, tracks: list[_Track], table: Table) -> None:
    dates = optional_module("matplotlib.dates", "plot")
    shown: list[Floats] = []
    for order, track in enumerate(tracks):
        rows = table.where(table["member"] == track.name)
        if rows.epochs is None or not len(rows):
            continue
        last = order == len(tracks) - 1
        when, value, sigma = to_datetime64(rows.epochs, "GPST"), rows["zenith_total_m"], rows["zenith_sigma_m"]
        if last:
            panel.fill_between(when, value - sigma, value + sigma, color=track.colour, alpha=0.22, linewidth=0)
        panel.plot(when, value, color=track.colour, linewidth=1.1 if last else 0.8, alpha=1.0 if last else 0.6, zorder=12 + order)
        late = rows.epochs.seconds_since(rows.epochs[0]) >= _SETTLED_S
        shown.append(value[late] if late.sum() >= _FEWEST_LEFT else value)
    if shown:
        low, high = (float(np.percentile(np.concatenate(shown), p)) for p in (0.5, 99.5))
        panel.set_ylim(low - 0.15 * (high - low) - 0.002, high + 0.15 * (high - low) + 0.002)
    panel.set_ylabel("Zenith delay  [m]")
    panel.set_xlabel("GPS time")
    panel.margins(x=0.01)
    panel.xaxis.set_major_locator(dates.AutoDateLocator(minticks=3, maxticks=9))
    panel.xaxis.set_major_formatter(dates.DateFormatter("%H:%M"))
    panel.ticklabel_format(axis="y", useOffset=False)


def _draw_convergence(axes: Any, tracks: list[_Track], answer: PppAnswer) -> None:
    sessions = max((t.convergence.sessions for t in tracks if t.convergence is not None), default=0)
    lowest = np.inf
    axes.set_xscale("log")
    axes.set_yscale("log")
    for order, track in enumerate(tracks):
        last = order == len(tracks) - 1
        width = 1.9 if last else 1.2
        if track.convergence is not None and track.convergence.sessions:
            minutes = track.convergence.since_s / 60.0
            for percent, style in ((50.0, "-"), (90.0, "--")):
                curve = track.convergence.share_m(percent)
                axes.plot(minutes[1:], curve[1:], style, color=track.colour, linewidth=width, zorder=3 + order)
                lowest = min(lowest, float(np.nanmin(curve, initial=np.inf)))
        elif not sessions:
            minutes, distance = track.since_s / 60.0, np.linalg.norm(track.enu_m, axis=1)
            begun = minutes > 0.0
            axes.plot(minutes[begun], distance[begun], color=track.colour, linewidth=width * 0.7, alpha=1.0 if last else 0.7, zorder=3 + order)
            lowest = min(lowest, float(np.percentile(distance, 1)) if len(distance) else np.inf)
    for limit in _LIMITS_M:
        axes.axhline(limit, color="#8c959f", linewidth=0.9, zorder=1)
        place = {
            "transform": axes.get_yaxis_transform(),
            "ha": "left",
            "va": "center",
            "fontsize": 8.5,
            "color": _GREY,
            "zorder": 30,
            "bbox": LABEL_BOX,
        }
        axes.text(0.01, limit, f"{100 * limit:.0f} cm", **place)
    axes.set_ylim(max(0.5 * min(lowest, 0.03), 0.001), 20.0)
    axes.set_xlabel("Minutes since a cold start" if sessions else "Minutes since the first epoch")
    axes.set_ylabel("3D error  [m]")
    plain = optional_module("matplotlib.ticker", "plot").FuncFormatter(lambda value, _: f"{value:g}")
    axes.xaxis.set_major_formatter(plain)
    axes.yaxis.set_major_formatter(plain)
    for axis, span in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        axis.set_minor_formatter(_between(log10(span[1] / span[0])))
    if sessions:
        heading = f"Convergence of {sessions} cold starts   (median; dashed: 90 %)"
    else:
        heading = "Error since the beginning of the file" + (", both directions together" if answer.smoothed else "")
    axes.set_title(heading, fontsize=10.5, color="#30363d", loc="left")


def _between(decades: float) -> Any:
    """Formatter of the ticks between powers of ten: plain numbers where an axis has few of these."""
    shown = frozenset(range(2, 10)) if decades < 0.5 else frozenset((2, 5)) if decades < 1.5 else frozenset()

    def words(value: float, _: object) -> str:
        return f"{value:g}" if round(value / 10.0 ** np.floor(log10(value) + 1e-9)) in shown else ""

    return optional_module("matplotlib.ticker", "plot").FuncFormatter(words)


def _draw_figures(axes: Any, tracks: list[_Track], answer: PppAnswer, caption: Sequence[str]) -> None:
    """The legend as a small table: one row per member with the figures people compare."""
    rows = {row["member"]: row for row in answer.answers}
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(tracks) + 0.3 + 0.42 * len(caption), -0.6))
    still = answer.mode == "static"
    cold = any(row["sessions"] for row in answer.answers)
    headings = ("east, north, up" if still else "3D RMS", "sigma" if still else "3D 95 %", "to 10 cm" if cold else "", "epochs")
    ends = _ENDS_STILL if still and not cold else _ENDS
    for x, heading in zip(ends, headings, strict=True):
        axes.text(x, -0.15, heading, ha="right", va="center", fontsize=9, color=_GREY)
    for i, track in enumerate(tracks):
        row = rows[track.name]
        last = {"fontweight": "bold"} if i == len(tracks) - 1 else {}
        axes.plot([0.015], [i + 0.75], marker="s", markersize=8, color=track.colour, clip_on=False)
        name = wrap(member_title(track.name), _NAME_ROOM[answer.mode])
        axes.text(0.045, i + 0.75, "\n".join(name), va="center", fontsize=10 if len(name) < 2 else 8, linespacing=1.1, **last)
        if still:
            error = _three([row[key] for key in ("e_m", "n_m", "u_m")])
            sigma = _length(float(np.sqrt(sum(row[key] ** 2 for key in ("sigma_e_m", "sigma_n_m", "sigma_u_m")))), fine=True)
        else:
            error, sigma = _length(row["rms_3d_m"]), _length(row["p95_3d_m"])
        reached = row["convergence_min"].get("0.10")
        converged = "" if not row["sessions"] else "never" if reached is None else f"{reached:.0f} min"
        for x, cell in zip(ends, (error, sigma, converged, str(row["solved"])), strict=True):
            axes.text(x, i + 0.75, cell, ha="right", va="center", **last)
    axes.text(0.0, len(tracks) + 0.25, "\n".join(caption), fontsize=8.5, color=_GREY, va="top", in_layout=False)


def _against(answer: PppAnswer) -> list[str]:
    """Lines below the figures: what they are of, what errors are against, and what is left out."""
    skipped = f", without the first {answer.skip_h:g} h" if answer.skip_h else ""
    what = "at the end of the file" if answer.mode == "static" else f"all epochs{skipped}"
    said = "no truth: errors from where all together are at the end, static" if answer.truth is None else f"truth: {answer.truth.source}"
    return [line for words in (f"{what}; {said}", left_out(members(answer.epochs))) for line in wrap(words, _CAPTION_ROOM)]


def _limit(parts: list[tuple[Floats, Floats]]) -> float:
    """Half-width of an axis, metres: most of what every member needs, not more than four times what the last one needs."""
    needs = [float(np.percentile(np.abs(error) + sigma, 95)) for error, sigma in parts if len(error)]
    if not needs:
        return 0.1
    return max(1.2 * min(max(needs), _WIDEST * needs[-1]), 0.004)


def _unit(limit_m: float) -> tuple[float, str]:
    return (1.0, "m") if limit_m > 2.0 else (1e2, "cm") if limit_m > 0.02 else (1e3, "mm")


def _title(answer: PppAnswer) -> str:
    epochs = answer.epochs.epochs
    if epochs is None or not len(epochs):
        return f"{answer.station}: no epochs"
    ends = Epochs(np.array([epochs.tai_ns.min(), epochs.tai_ns.max()]))
    first, last = (str(text)[:10] for text in to_iso(ends, "GPST", 0))
    day = first if first == last else f"{first} to {last}"
    how = f"{answer.mode}, {'both directions' if answer.smoothed else 'forward'}, {'uncombined' if answer.uncombined else 'ionosphere-free'}"
    return f"{answer.station}  ·  {day}  ·  precise positions, {how}  ·  {member_title(members(answer.epochs)[-1])}"
