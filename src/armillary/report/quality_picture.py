"""The quality of stations in one picture: where satellites were received and missed, C/N0 by elevation, multipath and completeness by signal.

A row per station. Without orbits there is no sky and no elevation, and the panels say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from armillary._lazy import optional_module
from armillary.core.registry import constellations
from armillary.core.satellites import letter_of
from armillary.core.table import Table
from armillary.monitoring.quality import StationQuality
from armillary.report.palette import member_colours
from armillary.report.position_picture import STYLE
from armillary.services.quality import QualityAnswer

__all__ = ["draw"]

MISSED = "#1f2328"
QUIET = "#57606a"
LINES = ("-", "--", ":", "-.")
ROW_HEIGHT, SIGNAL_HEIGHT = 5.6, 0.3
"""Inches: of a station, and of one signal among its bars."""


def draw(answer: QualityAnswer, path: Path) -> None:
    """Draw ``answer`` into ``path`` (.png, .svg or .pdf). MissingExtraError without matplotlib."""
    optional_module("matplotlib", "plot").use("Agg")
    pyplot = optional_module("matplotlib.pyplot", "plot")
    colours = _colours(answer)
    heights = [max(ROW_HEIGHT, SIGNAL_HEIGHT * len(q.signals) + 1.6) for q in answer.stations.values()]
    with pyplot.rc_context(STYLE):
        figure = pyplot.figure(figsize=(16.0, sum(heights)), layout="constrained")
        grid = figure.add_gridspec(len(heights), 3, width_ratios=(1.0, 1.05, 1.05), height_ratios=heights)
        for k, (name, quality) in enumerate(answer.stations.items()):
            sky = figure.add_subplot(grid[k, 0], projection="polar")
            _draw_sky(sky, quality.tracks, colours)
            sky.set_title(_title(name, quality), loc="left", fontsize=12, fontweight="bold", pad=26)
            _draw_by_elevation(figure.add_subplot(grid[k, 1]), quality.by_elevation, colours)
            _draw_multipath(figure.add_subplot(grid[k, 2]), quality.signals, colours)
        figure.get_layout_engine().set(h_pad=0.12, w_pad=0.12)
        figure.savefig(path, dpi=110)
        pyplot.close(figure)


def _colours(answer: QualityAnswer) -> Mapping[str, str]:
    """Colour of each system by name: those of members alone."""
    names = list(dict.fromkeys(str(name) for name in answer.signals["constellation"]))
    return member_colours([*names, "+".join(names)]) if names else {}


def _title(name: str, quality: StationQuality) -> str:
    (row,) = quality.station.rows()
    return f"{name}  ·  {row['first_epoch'][:10]}\n{row['missing_epochs']} epochs missing, {row['clock_jumps']} clock jumps"


def _draw_sky(axes: Any, tracks: Table, colours: Mapping[str, str]) -> None:
    axes.set_theta_zero_location("N")
    axes.set_theta_direction(-1)
    axes.set(ylim=(0, 90), yticks=(0, 30, 60), yticklabels=("", "60°", "30°"))
    axes.set_xticks(np.radians([0, 90, 180, 270]), ["N", "E", "S", "W"])
    axes.tick_params(labelsize=9, colors=QUIET)
    if not len(tracks) or tracks.sat is None:
        axes.text(0.5, 0.5, "no orbits:\nthe sky is not known", transform=axes.transAxes, ha="center", va="center", color=QUIET)
        return
    letters = np.array([letter_of(sat) for sat in tracks.sat])
    received = tracks["received"]
    known = constellations()
    for name, colour in colours.items():
        if name in known:
            mine = (letters == known[name].letter) & received
            axes.plot(*_polar(tracks, mine), linestyle="none", marker="o", markersize=2.2, markeredgewidth=0, color=colour, label=known[name].title)
    above = ~received & (tracks["elevation_deg"] >= 10.0)
    axes.plot(*_polar(tracks, above), linestyle="none", marker="x", markersize=3.5, color=MISSED, label="not received above 10°")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=3, fontsize=8.5, frameon=False, markerscale=2.0)


def _polar(tracks: Table, chosen: Any) -> tuple[Any, Any]:
    return np.radians(tracks["azimuth_deg"][chosen]), 90.0 - tracks["elevation_deg"][chosen]


def _draw_by_elevation(axes: Any, bins: Table, colours: Mapping[str, str]) -> None:
    """C/N0; multipath for a file without signal strengths."""
    told = len(bins) > 0 and bool(np.isfinite(bins["cn0_mean_dbhz"]).any())
    column = "cn0_mean_dbhz" if told or not len(bins) else "mp_rms_m"
    title = "C/N0 by elevation  [dB-Hz]" if column == "cn0_mean_dbhz" else "No signal strengths in the file: multipath by elevation  [m]"
    axes.set_title(title, loc="left", fontsize=10.5, color="#30363d")
    axes.set(xlim=(0, 90), xticks=range(0, 91, 15), xlabel="elevation  [°]")
    if not len(bins):
        axes.text(0.5, 0.5, "no orbits: elevations are not known", transform=axes.transAxes, ha="center", va="center", color=QUIET)
        axes.set_yticks([])
        return
    drawn: dict[str, int] = {}
    for name, signal in dict.fromkeys(zip(map(str, bins["constellation"]), map(str, bins["signal"]), strict=True)):
        rows = bins.where((bins["constellation"] == name) & (bins["signal"] == signal))
        middle = (rows["elevation_from_deg"] + rows["elevation_to_deg"]) / 2
        style = LINES[drawn.get(name, 0) % len(LINES)]
        drawn[name] = drawn.get(name, 0) + 1
        label = f"{_system(name)} {signal}"
        axes.plot(middle, rows[column], style, marker="o", markersize=3.5, linewidth=1.6, color=colours.get(name, QUIET), label=label)
    axes.legend(loc="upper left" if told else "upper right", ncols=2, fontsize=8.5, frameon=False)
    low, high = axes.get_ylim()
    axes.set_ylim(low, high + 0.035 * len(axes.lines) * (high - low))  # room for the legend


def _draw_multipath(axes: Any, signals: Table, colours: Mapping[str, str]) -> None:
    axes.set_title("Code multipath and noise, RMS  [m]", loc="left", fontsize=10.5, color="#30363d")
    if not len(signals):
        axes.text(0.5, 0.5, "no signal was received above the mask", transform=axes.transAxes, ha="center", va="center", color=QUIET)
        return
    level = np.nan_to_num(signals["mp_rms_m"])
    place = np.arange(len(level))
    axes.barh(place, level, height=0.7, color=[colours.get(str(name), QUIET) for name in signals["constellation"]])
    axes.set_yticks(place, [f"{_system(str(n))} {s}" for n, s in zip(signals["constellation"], signals["signal"], strict=True)])
    widest = max(float(level.max()), 0.1)
    for k, row in enumerate(signals.rows()):
        what = f"{row['mp_rms_m']:.2f}" if np.isfinite(row["mp_rms_m"]) else "not known"
        text = f" {what}   {100 * row['completeness']:.1f} %, {row['slips']} slips, {row['gaps']} gaps"
        axes.text(level[k], k, text, va="center", fontsize=8.5, color=QUIET)
    axes.set(xlim=(0, 1.9 * widest), ylim=(len(level) - 0.4, -0.6))
    axes.grid(visible=False, axis="y")
    axes.text(1.0, -0.09, "bar: multipath; then completeness, slips, gaps", transform=axes.transAxes, ha="right", fontsize=8.5, color=QUIET)


def _system(name: str) -> str:
    known = constellations()
    return known[name].title if name in known else name
