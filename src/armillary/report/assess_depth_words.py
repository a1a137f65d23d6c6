"""What hosted stations bring, in words for the first screen: a figure and its explanation per member, and the gain."""

from __future__ import annotations

from collections.abc import Sequence

from armillary.core.federation import Federation
from armillary.services._hosting import HostingAnswer

__all__ = ["NOT_SAID", "depth_words"]

NOT_SAID = "unobserved"
Words = tuple[str, str]


def depth_words(hosting: HostingAnswer, federation: Federation, members: Sequence[str]) -> tuple[list[Words], Words]:
    """Per system what its operator's own stations receive, from home alone and with hosted ones; for several systems what all stations receive."""
    rows = {(str(row["station_set"]), str(row["constellation"])): row for row in hosting.received.summary.rows()}
    operators = {c.name: c.operator for c in federation}
    every = max(hosting.received.sets, key=lambda name: len(hosting.received.sets[name]))
    cells, changes = [], []
    for member in members:
        home, both = (rows.get((f"{operators.get(member, '')}, {word}", member)) for word in ("home", "home and hosted"))
        if home is not None and both is not None:
            changes.append(float(both["unseen_percent"] - home["unseen_percent"]))
            small = f"{operators[member]}: stations that receive a satellite, mean, at home → with hosted ones; "
            small += f"unseen {home['unseen_percent']:.1f} → {both['unseen_percent']:.1f} %"
            cells.append((f"{home['depth_mean']:.2f} → {both['depth_mean']:.2f}", small))
            continue
        mine = [row for (name, system), row in rows.items() if name == every and system in member.split("+")]
        count = sum(int(row["satellites"]) for row in mine)
        if not count:
            cells.append((NOT_SAID, "no orbit of its satellites"))
            continue
        depth, unseen = (sum(float(row[key]) * int(row["satellites"]) for row in mine) / count for key in ("depth_mean", "unseen_percent"))
        known = len(hosting.received.sets[every])
        receive = f"{known} stations receive" if known != 1 else "1 station receives"
        cells.append((f"{depth:.2f}", f"of {receive} a satellite, mean; unseen {unseen:.1f} %"))
    if not changes:
        return cells, ("–", "no operator is known to have stations at home and hosted abroad")
    return cells, (f"{' and '.join(f'{change:+.1f}' for change in changes)} points", "of the orbit unseen, by hosting")
