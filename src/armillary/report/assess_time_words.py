"""The offset between system times that a first screen names, how well routes agree, and what its sigma does not know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot, inf, isfinite
from typing import Any

__all__ = ["agreement", "best_route", "what_sigma_lacks"]

Row = Mapping[str, Any]


def best_route(rows: Sequence[Row]) -> Row:
    """Several receivers together, else one ionosphere-free, else broadcast, else one on its first signals; of equals the smallest sigma.

    The sigma of one receiver on its first signals is only its scatter: small, and no measure of how well the offset is known.
    """
    return min(rows, key=lambda row: (_rank(str(row["route"])), row["sigma_ns"] if isfinite(row["sigma_ns"]) else inf))


def _rank(route: str) -> int:
    if "receivers together" in route:
        return 0
    if not route.startswith("receiver "):
        return 2
    return 1 if route.endswith("ionosphere-free") else 3


def what_sigma_lacks(route: str) -> str:
    """What the sigma of a route says nothing of; empty for broadcast ones.

    >>> what_sigma_lacks("receiver NIST")
    "; the receiver's own delay between the systems is not in the sigma"
    """
    if "receivers together" in route:
        return "; delays that all receivers have in common are not in the sigma"
    return "; the receiver's own delay between the systems is not in the sigma" if route.startswith("receiver ") else ""


def agreement(rows: Sequence[Row]) -> str:
    """How far receivers are from the weighted mean of broadcast routes, in sigma of both; what the mean itself is worth."""
    if len(rows) < 2:
        return ""
    away: list[float] = []
    means: list[float] = []
    for pair in dict.fromkeys(str(row["pair"]) for row in rows):
        mine = [row for row in rows if row["pair"] == pair]
        told = [row for row in mine if str(row["route"]).startswith("broadcast ") and isfinite(row["sigma_ns"])]
        if not told:
            continue
        weights = [max(float(row["sigma_ns"]), 1e-3) ** -2 for row in told]
        mean = sum(weight * row["offset_ns"] for weight, row in zip(weights, told, strict=True)) / sum(weights)
        means.append(sum(weights) ** -0.5)
        others = [row for row in mine if not str(row["route"]).startswith("broadcast ") and isfinite(row["sigma_ns"])]
        away += [abs(row["offset_ns"] - mean) / hypot(row["sigma_ns"], means[-1]) for row in others]
    off = sum(not row["agrees"] for row in rows)
    count = f"; {len(rows)} routes"
    if not away:
        return f"{count}, none by a receiver and by broadcast to compare"
    worth = f"broadcast (± {max(means):.1f} ns)"
    return (
        f"{count}, {off} disagree{'s' if off == 1 else ''} with {worth}"
        if off
        else f"{count}, receivers agree within {max(away):.1f} sigma of {worth}"
    )
