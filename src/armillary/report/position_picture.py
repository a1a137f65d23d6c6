"""A station's positions in one picture: east, north and up through the day, and the scatter on the ground, for each member.

Errors are drawn against the truth where the answer has one, else about the median position of all systems together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import optional_module
from armillary.core.epochs import Epochs
from armillary.core.geodesy import to_enu
from armillary.core.registry import constellations
from armillary.core.scales import to_datetime64, to_iso
from armillary.core.table import Table
from armillary.report.palette import member_colours
from armillary.report.solutions import Solution
from armillary.report.solutions._rows import members, solved_by_member

__all__ = ["draw", "drawn_members", "left_out", "member_title", "short_title", "words_in_lines"]

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": "#b0b7bf",
    "axes.labelcolor": "#30363d",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#e6e9ed",
    "grid.linewidth": 0.8,
    "xtick.color": "#57606a",
    "ytick.color": "#57606a",
    "text.color": "#1f2328",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "armillary",
}
LABEL_BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5}
SHOWN_PERCENTILE = 99.5
"""Axes hold this share of the errors; single wild epochs run off the edge instead of squeezing all others."""
DIRECTIONS = ("East", "North", "Up")
COLUMN_ENDS = (0.62, 0.75, 0.88, 1.0)
"""Right ends of the columns of the legend, shares of its width."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One member's errors: ``when`` datetime64[n] in GPS time, ``enu_m`` float64[n, 3]."""

    title: str
    colour: str
    when: NDArray[np.datetime64]
    enu_m: NDArray[np.float64]

    @property
    def rms_3d_m(self) -> float:
        """Root mean square distance from the reference, metres."""
        return float(np.sqrt(np.mean(np.sum(self.enu_m**2, axis=1))))

    @property
    def horizontal_95_m(self) -> float:
        """Radius that holds 95 % of the epochs, metres."""
        return float(np.percentile(np.hypot(self.enu_m[:, 0], self.enu_m[:, 1]), 95))

    @property
    def distance_95_m(self) -> float:
        """Distance that holds 95 % of the epochs, metres."""
        return float(np.percentile(np.linalg.norm(self.enu_m, axis=1), 95))


def draw(answer: Solution, path: Path) -> None:
    """Draw ``answer`` into ``path`` (.png, .svg or .pdf). MissingExtraError without matplotlib."""
    optional_module("matplotlib", "plot").use("Agg")
    pyplot = optional_module("matplotlib.pyplot", "plot")
    tracks, more = _tracks(answer.epochs), left_out(members(answer.epochs))
    with pyplot.rc_context(STYLE):
        figure = pyplot.figure(figsize=(13.4, 7.4), layout="constrained")
        series, ground = figure.add_gridspec(1, 2, width_ratios=(1.3, 1.0), wspace=0.04)
        panels = series.subgridspec(3, 1).subplots(sharex=True)
        scatter, legend = ground.subgridspec(2, 1, height_ratios=(1.0, 0.05 + 0.045 * (len(tracks) + bool(more)))).subplots()
        _draw_series(panels, tracks)
        _draw_scatter(scatter, tracks, about=_about(answer.epochs))
        _draw_figures(legend, tracks, more)
        figure.suptitle(_title(answer), fontsize=14, fontweight="bold", x=0.008, ha="left")
        figure.get_layout_engine().set(h_pad=0.09, w_pad=0.06)
        figure.savefig(path, dpi=130)
        pyplot.close(figure)


def _tracks(epochs: Table) -> list[Track]:
    reference = _median_joint_position(epochs) if _about(epochs) else None
    names = members(epochs)
    colours = member_colours(names)
    tracks = []
    for name, rows in solved_by_member(epochs):
        if name not in drawn_members(names) or rows.epochs is None or not len(rows):
            continue
        if reference is None:
            enu = np.stack([rows["east_m"], rows["north_m"], rows["up_m"]], axis=-1)
        else:
            enu = to_enu(np.stack([rows["x_m"], rows["y_m"], rows["z_m"]], axis=-1) - reference, origin_m=reference)
        tracks.append(Track(member_title(name), colours[name], to_datetime64(rows.epochs, "GPST"), enu))
    return tracks


def _about(epochs: Table) -> str:
    """What the errors are drawn about where there is no truth; empty where there is one."""
    return "" if np.isfinite(epochs["east_m"]).any() else "about the median position"


def _median_joint_position(epochs: Table) -> NDArray[np.float64]:
    *_, (_, rows) = solved_by_member(epochs)
    if not len(rows):
        return np.zeros(3)
    return np.array([np.median(rows[axis]) for axis in ("x_m", "y_m", "z_m")])


def member_title(member: str) -> str:
    """A member as people read it: ``GLONASS + BeiDou``."""
    known = constellations()
    return " + ".join(known[name].title if name in known else name for name in member.split("+"))


def drawn_members(names: Sequence[str]) -> list[str]:
    """Each system alone and all together: more cannot be told apart.

    >>> drawn_members(["a", "b", "c", "a+b", "a+c", "b+c", "a+b+c"])
    ['a', 'b', 'c', 'a+b+c']
    """
    return [name for name in names if "+" not in name or name == names[-1]]


def left_out(names: Sequence[str]) -> str:
    """How many members are not drawn, and where they are; empty where all are."""
    more = len(names) - len(drawn_members(names))
    return f"{more} further combination{'s' if more > 1 else ''}: --json" if more else ""


def words_in_lines(first: str, parts: Sequence[str]) -> str:
    """Entries after a heading in lines of a panel; no entry is broken."""
    first, *kept = (words.replace(" ", _HARD_SPACE) for words in (first, *parts))
    return "\n".join(wrap(f"{first}  {'   '.join(kept)}", _LINE)).replace(_HARD_SPACE, " ")


_HARD_SPACE = "\u00a0"
_LINE = 92
"""Characters that fit into a line of a panel."""
_ROOM = 24
"""Characters of a member's name that fit beside its figures."""


def short_title(title: str, room: int = _ROOM) -> str:
    """A member's name where there is little room."""
    return title if len(title) <= room else f"all {title.count('+') + 1} together"


def _draw_series(panels: list[Any], tracks: list[Track]) -> None:
    dates = optional_module("matplotlib.dates", "plot")
    limits = [_limit([track.enu_m[:, i] for track in tracks]) for i in range(3)]
    level = max(limits[:2])
    for i, (panel, name) in enumerate(zip(panels, DIRECTIONS, strict=True)):
        panel.axhline(0.0, color="#8c959f", linewidth=0.9, zorder=1)
        for order, track in enumerate(tracks):
            last = order == len(tracks) - 1
            panel.plot(track.when, track.enu_m[:, i], **_dots(track, strong=last), zorder=2 + order)
        limit = limits[2] if i == 2 else level
        words = words_in_lines("RMS", [f"{short_title(t.title)} {np.sqrt(np.mean(t.enu_m[:, i] ** 2)):.2f}" for t in tracks])
        panel.set_ylim(-limit, (1.25 + 0.2 * words.count("\n")) * limit)  # room for the figures
        panel.set_ylabel(f"{name}  [m]")
        panel.margins(x=0.01)
        panel.text(0.012, 0.96, words, transform=panel.transAxes, va="top", fontsize=8.5, color="#57606a", zorder=30, bbox=LABEL_BOX)
        locator = dates.AutoDateLocator(minticks=3, maxticks=9)
        panel.xaxis.set_major_locator(locator)
        panel.xaxis.set_major_formatter(dates.DateFormatter("%H:%M" if _minutes_tell(tracks) else "%H:%M:%S"))
    panels[-1].set_xlabel("GPS time")


def _minutes_tell(tracks: list[Track]) -> bool:
    """Whether the span is long enough for ticks at whole minutes."""
    spans = [track.when[-1] - track.when[0] for track in tracks if len(track.when)]
    return not spans or max(spans) > np.timedelta64(10, "m")


def _dots(track: Track, *, strong: bool) -> Mapping[str, Any]:
    size = float(np.clip(90.0 / np.sqrt(max(len(track.when), 1)), 1.3, 5.0))
    return {"linestyle": "none", "marker": "o", "markersize": size, "markeredgewidth": 0, "color": track.colour, "alpha": 0.75 if strong else 0.4}


def _draw_scatter(axes: Any, tracks: list[Track], *, about: str) -> None:
    patches = optional_module("matplotlib.patches", "plot")
    radius = 1.05 * max([_limit([np.hypot(t.enu_m[:, 0], t.enu_m[:, 1]) for t in tracks]), *(t.horizontal_95_m for t in tracks)])
    axes.axhline(0.0, color="#8c959f", linewidth=0.9, zorder=1)
    axes.axvline(0.0, color="#8c959f", linewidth=0.9, zorder=1)
    for order, track in enumerate(tracks):
        last = order == len(tracks) - 1
        axes.plot(track.enu_m[:, 0], track.enu_m[:, 1], **_dots(track, strong=last), zorder=2 + order)
        circle = patches.Circle((0, 0), track.horizontal_95_m, fill=False, color=track.colour, linewidth=1.8, zorder=20 + order)
        axes.add_patch(circle)
    axes.set(xlim=(-radius, radius), ylim=(-radius, radius), xlabel="East  [m]", ylabel="North  [m]", aspect="equal")
    axes.set_title("On the ground" + (f", {about}" if about else "") + "   (circles hold 95 %)", fontsize=10.5, color="#30363d", loc="left")


def _draw_figures(axes: Any, tracks: list[Track], more: str) -> None:
    """The legend as a small table: one row per member with the figures people compare."""
    axes.set_axis_off()
    axes.set(xlim=(0, 1), ylim=(len(tracks) + (1.2 if more else 0.2), -0.6))
    axes.text(0.0, len(tracks) + 0.75, more, fontsize=8.5, color="#57606a", va="center")
    for x, heading in zip(COLUMN_ENDS, ("horizontal 95 %", "3D RMS", "3D 95 %", "epochs"), strict=True):
        axes.text(x, -0.15, heading, ha="right", va="center", fontsize=9, color="#57606a")
    for row, track in enumerate(tracks):
        last = {"fontweight": "bold"} if row == len(tracks) - 1 else {}
        axes.plot([0.015], [row + 0.75], marker="s", markersize=8, color=track.colour, clip_on=False)
        axes.text(0.045, row + 0.75, short_title(track.title), va="center", **last)
        cells = (f"{track.horizontal_95_m:.2f} m", f"{track.rms_3d_m:.2f} m", f"{track.distance_95_m:.2f} m", f"{len(track.when)}")
        for x, cell in zip(COLUMN_ENDS, cells, strict=True):
            axes.text(x, row + 0.75, cell, ha="right", va="center", **last)


def _limit(parts: list[NDArray[np.float64]]) -> float:
    """Half-width of an axis, metres: a share of every member's errors, at least 10 cm."""
    shown = [float(np.percentile(np.abs(part), SHOWN_PERCENTILE)) for part in parts if len(part)]
    return max([0.1, *(1.15 * limit for limit in shown)])


def _title(answer: Solution) -> str:
    epochs = answer.epochs.epochs
    if epochs is None or not len(epochs):
        return f"{answer.station}: no epochs"
    ends = Epochs(np.array([epochs.tai_ns.min(), epochs.tai_ns.max()]))
    first, last = (str(text)[:10] for text in to_iso(ends, "GPST", 0))
    day = first if first == last else f"{first} to {last}"
    return f"{answer.station}  ·  {day}  ·  {member_title(members(answer.epochs)[-1])}, each alone and together"
