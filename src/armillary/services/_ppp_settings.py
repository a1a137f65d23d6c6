"""How stations are solved by precise point positioning, and what with: plain values and paths, which any worker can be sent."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from armillary.core.federation import Federation
from armillary.navigation.precise_point.troposphere import MappingName

__all__ = ["CORRECTIONS", "PppProducts", "PppSettings"]

CORRECTIONS = ("solid-tide", "pole-tide", "wind-up", "satellite-antenna", "receiver-antenna")
"""What can be left out: to see what it is worth, or because observations were simulated without it."""


@dataclass(frozen=True, slots=True)
class PppSettings:
    """How a station is solved; plain values, so that the store can say what rows were computed with."""

    kinematic: bool = False
    smoothed: bool = False
    mask_deg: float = 7.0
    skip_h: float = 0.0
    sessions_h: float | None = None
    sessions_every_h: float = 1.0
    subsets: bool = False
    residuals: bool = False
    uncombined: bool = False
    """Both signals for themselves with slant ionospheres, instead of their ionosphere-free combination."""
    mapping: MappingName = "niell"
    """Of the troposphere, with its climate."""
    without: tuple[str, ...] = ()
    """Corrections left out."""

    @property
    def mode(self) -> str:
        """``static`` or ``kinematic``."""
        return "kinematic" if self.kinematic else "static"

    def about(self, federation: Federation) -> dict[str, Any]:
        """What the store says of how rows were computed: what bears on them, not what the answer tells besides."""
        kept = {name: value for name, value in asdict(self).items() if name in ("kinematic", "smoothed", "mask_deg", "subsets", "uncombined")}
        kept |= {"mapping": self.mapping} if self.mapping != "niell" else {}  # older rows stay what they are
        kept |= {"without": list(self.without)} if self.without else {}
        return {"systems": str(federation), "service": "ppp", **kept}


@dataclass(frozen=True, slots=True)
class PppProducts:
    """What comes beside observations, as paths."""

    sp3: tuple[Path, ...]
    clk: tuple[Path, ...] = ()
    antex: tuple[Path, ...] = ()
    erp: Path | None = None
    bias: tuple[Path, ...] = ()
    blq: Path | None = None
    nav: tuple[Path, ...] = ()

    @property
    def roles(self) -> dict[str, tuple[Path, ...]]:
        """Role of an input -> its files."""
        one = {"earth orientation": self.erp, "ocean loading": self.blq}
        found = {"orbits": self.sp3, "clocks": self.clk, "antennas": self.antex, "biases": self.bias, "navigation": self.nav}
        return found | {role: (path,) for role, path in one.items() if path is not None}
