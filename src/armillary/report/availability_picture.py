"""World maps of availability and of median PDOP for each member, side by side.

A column per member, the joint one last; the upper row shows the share of time with PDOP within the limit, the lower one the median PDOP. All maps
of a row share one scale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from armillary._lazy import optional_module
from armillary.core.registry import constellations
from armillary.core.scales import to_iso
from armillary.navigation.availability import FREE
from armillary.report.coastlines import coastlines
from armillary.services.availability import AvailabilityAnswer

__all__ = ["draw"]

STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": "#b0b7bf",
    "axes.labelcolor": "#30363d",
    "xtick.color": "#57606a",
    "ytick.color": "#57606a",
    "text.color": "#1f2328",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "armillary",
}
NO_POSITION = "#d0d5da"
"""Where most of the time there is no position."""
SHOWN_SHARE = 0.02
"""Share of the places that may lie beyond an end of a scale."""
MOST_COLUMNS = 3
EDGES_DEG = (-180.0, 180.0, -90.0, 90.0)


def draw(answer: AvailabilityAnswer, path: Path) -> None:
    """Draw ``answer`` into ``path`` (.png, .svg or .pdf). MissingExtraError without matplotlib; members beyond three are left out but the last."""
    optional_module("matplotlib", "plot").use("Agg")
    pyplot = optional_module("matplotlib.pyplot", "plot")
    members = answer.geometry.members
    chosen = list(range(len(members)))
    if len(chosen) > MOST_COLUMNS:
        chosen = [*chosen[: MOST_COLUMNS - 1], chosen[-1]]
    with pyplot.rc_context(STYLE):
        figure, panels = pyplot.subplots(
            *(2, len(chosen)), figsize=(1.2 + 4.6 * len(chosen), 6.1), sharex=True, sharey=True, squeeze=False, layout="constrained"
        )
        _draw_row(figure, panels[0], _percent(answer, chosen), _percent_scale(answer, chosen))
        _draw_row(figure, panels[1], _pdop(answer, chosen), _pdop_scale(answer, chosen))
        for column, member in enumerate(chosen):
            panels[0, column].set_title(_heading(answer, member), fontsize=11, loc="left")
            figures = _median_text(float(answer.summary["median_pdop"][member]))
            panels[1, column].set_title(figures, fontsize=10, loc="left", color="#57606a")
        figure.suptitle(_title(answer), fontsize=13, fontweight="bold", x=0.008, ha="left")
        figure.get_layout_engine().set(h_pad=0.07, w_pad=0.05)
        figure.savefig(path, dpi=130)
        pyplot.close(figure)


def _percent(answer: AvailabilityAnswer, chosen: list[int]) -> NDArray[np.float64]:
    return 100.0 * answer.geometry.available[chosen, FREE].reshape(len(chosen), *answer.geometry.places.shape)


def _pdop(answer: AvailabilityAnswer, chosen: list[int]) -> NDArray[np.float64]:
    return answer.geometry.median_pdop[chosen, FREE].reshape(len(chosen), *answer.geometry.places.shape)


def _percent_scale(answer: AvailabilityAnswer, chosen: list[int]) -> dict[str, Any]:
    """From a round number below the lowest to 100 %."""
    low = float(np.quantile(_percent(answer, chosen), SHOWN_SHARE))
    step = 10.0 if low < 80.0 else 2.0 if low < 96.0 else 0.5
    floor = min(step * np.floor(low / step), 100.0 - 2 * step)
    return {"label": f"PDOP ≤ {answer.limit_pdop:g}, % of the time", "colours": "cividis", "low": floor, "high": 100.0}


def _pdop_scale(answer: AvailabilityAnswer, chosen: list[int]) -> dict[str, Any]:
    """From the best to nearly the worst, but not beyond twice the limit."""
    values = _pdop(answer, chosen)
    known = values[np.isfinite(values)]
    low, high = (1.0, 2.0) if not len(known) else np.quantile(known, [SHOWN_SHARE, 1.0 - SHOWN_SHARE])
    high = min(float(high), 2.0 * answer.limit_pdop)
    low = min(float(low), high - 0.5)
    return {"label": "median PDOP", "colours": "cividis_r", "low": np.floor(low * 4) / 4, "high": np.ceil(high * 4) / 4}


def _draw_row(figure: Any, panels: Any, values: NDArray[np.float64], scale: dict[str, Any]) -> None:
    pyplot = optional_module("matplotlib.pyplot", "plot")
    colours = pyplot.get_cmap(scale["colours"]).with_extremes(bad=NO_POSITION)
    image = None
    for panel, shown in zip(panels, values, strict=True):
        image = panel.imshow(
            np.ma.masked_invalid(shown),
            origin="lower",
            extent=EDGES_DEG,
            cmap=colours,
            vmin=scale["low"],
            vmax=scale["high"],
            interpolation="nearest",
        )
        for line in coastlines():
            panel.plot(line[:, 0], line[:, 1], color="white", linewidth=1.5, alpha=0.6)
            panel.plot(line[:, 0], line[:, 1], color="#1f2328", linewidth=0.6)
        panel.set(xlim=EDGES_DEG[:2], ylim=EDGES_DEG[2:], aspect="equal")
        panel.set_xticks([-120, -60, 0, 60, 120], ["120°W", "60°W", "0°", "60°E", "120°E"])
        panel.set_yticks([-60, -30, 0, 30, 60], ["60°S", "30°S", "0°", "30°N", "60°N"])
        panel.grid(color="white", linewidth=0.5, alpha=0.5)
        panel.tick_params(labelsize=8, length=0)
    ends = {(False, False): "neither", (True, False): "min", (False, True): "max", (True, True): "both"}
    finite = values[np.isfinite(values)]
    beyond = (bool((finite < scale["low"]).any()), bool((finite > scale["high"]).any()))
    bar = figure.colorbar(image, ax=list(panels), shrink=0.86, pad=0.012, aspect=18, extend=ends[beyond])
    bar.set_label(scale["label"])
    bar.outline.set_visible(False)


def _heading(answer: AvailabilityAnswer, member: int) -> str:
    known = constellations()
    title = " + ".join(known[name].title if name in known else name for name in answer.geometry.members[member].split("+"))
    mean, worst = float(answer.summary["mean_percent"][member]), float(answer.summary["worst_percent"][member])
    return f"{title}   mean {_percent_text(mean)}, worst {_percent_text(worst)}"


def _percent_text(value: float) -> str:
    """Rounded, but nothing less than 100 % is called so.

    >>> _percent_text(99.99), _percent_text(100.0), _percent_text(73.597)
    ('99.9 %', '100 %', '73.6 %')
    """
    return "100 %" if value >= 100.0 else f"{min(value, 99.9):.1f} %"


def _median_text(value: float) -> str:
    return f"median {value:.2f}" if np.isfinite(value) else "no position most of the time (grey)"


def _title(answer: AvailabilityAnswer) -> str:
    first, last = to_iso(answer.times[np.array([0, -1])], "GPST", 0)
    hours = (int(answer.times.tai_ns[-1]) - int(answer.times.tai_ns[0])) / 3.6e12
    when = f"{str(first)[:10]}, {hours:.0f} h" if str(first)[:10] == str(last)[:10] else f"{str(first)[:10]} to {str(last)[:10]}"
    nominal = "nominal" in answer.orbits
    return f"Availability above {answer.mask_deg:g}°  ·  {answer.orbits if nominal else f'{answer.orbits}, {when}'}"
