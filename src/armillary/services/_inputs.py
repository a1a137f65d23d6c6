"""Files sorted by what they hold, joined by kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from armillary._lazy import lazy_module
from armillary.core.ionosphere_maps import IonosphereMaps
from armillary.core.loss import Loss
from armillary.core.navigation_messages import Navigation, NavigationHeader
from armillary.core.observations import Observations
from armillary.core.precise import PreciseClocks, PreciseOrbits, merge
from armillary.errors import InputError
from armillary.io.reading import read
from armillary.orbits.broadcast import BroadcastOrbit
from armillary.services._contents import content
from armillary.services._kinds import all_of

rinex_nav: Any = lazy_module("armillary.io.rinex_nav")
joining: Any = lazy_module("armillary.io.joining")
sp3_table: Any = lazy_module("armillary.orbits.sp3_table")

__all__ = ["Files", "read_files"]

_READERS = 2
_NOTHING = Navigation(NavigationHeader(), {})


@dataclass(frozen=True, slots=True, eq=False)
class Files:
    """What a service was given, read."""

    observations: Observations
    navigation: Navigation
    orbits: PreciseOrbits | None
    clocks: PreciseClocks | None
    maps: Sequence[IonosphereMaps]
    losses: Mapping[str, Sequence[Loss]]

    def orbit(self, *, causal: bool) -> Any:
        """Precise orbits where given, else broadcast ones."""
        if self.orbits is not None:
            return sp3_table.PreciseOrbit(self.orbits, self.clocks)
        return BroadcastOrbit.from_navigation(self.navigation, causal=causal)


def read_files(
    observations: Sequence[Path],
    *,
    systems: str | None = None,
    nav: Sequence[Path] = (),
    sp3: Sequence[Path] = (),
    clk: Sequence[Path] = (),
    ionex: Sequence[Path] = (),
    keep: bool = False,
) -> Files:
    """Read and join files by kind; InputError names a file that holds something else or no epoch, or says that orbits are missing.

    ``systems`` are the RINEX letters of the systems whose observations are needed (all by default). With ``keep``, what is of no single station
    stays in memory for the next call of this process. The marker is in upper case, as several stations and the store have it.
    """
    losses: dict[str, Sequence[Loss]] = {}
    # the readers' kernels release the interpreter: a second file is parsed while the first one is
    pool = ThreadPoolExecutor(_READERS)
    reading = {path: pool.submit(read, path, systems=systems) for path in observations}
    products = dict.fromkeys((*nav, *sp3, *clk, *ionex))
    reading |= {path: pool.submit(content, str(path)) if keep else pool.submit(read, path, systems=systems) for path in products}
    pool.shutdown(wait=False)

    def held(paths: Sequence[Path], kind: type[Any], wanted: str) -> list[Any]:
        return all_of(paths, kind, wanted, losses, lambda path: reading[path].result())

    observed = held(observations, Observations, "a RINEX observation file")
    if not observed:
        raise InputError("no observation file was given")
    _need_epochs(observed, observations)
    navigations = held(nav, Navigation, "a RINEX navigation file")
    orbits = held(sp3, PreciseOrbits, "an SP3 orbit file")
    clocks = held(clk, PreciseClocks, "a RINEX clock file")
    maps = held(ionex, IonosphereMaps, "an IONEX file")
    if clocks and not orbits:
        raise InputError("precise clocks (--clk) were given without precise orbits (--sp3): broadcast orbits have clocks of their own")
    if not navigations and not orbits:
        raise InputError("no orbits were given: name broadcast navigation files with --nav or precise orbits with --sp3")
    return Files(
        observations=_named(observed[0] if len(observed) == 1 else joining.join_observations(observed)),
        navigation=_NOTHING if not navigations else navigations[0] if len(navigations) == 1 else rinex_nav.merge(navigations),
        orbits=None if not orbits else orbits[0] if len(orbits) == 1 else merge(orbits),
        clocks=None if not clocks else clocks[0] if len(clocks) == 1 else merge(clocks),
        maps=maps,
        losses=losses,
    )


def _named(observations: Observations) -> Observations:
    """With the marker in upper case: receivers write ``nist`` and ``NIST`` for one station."""
    header = observations.header
    name = header.marker.strip().upper()
    return observations if name == header.marker else replace(observations, header=replace(header, marker=name))


def _need_epochs(observed: Sequence[Observations], paths: Sequence[Path]) -> None:
    if not any(len(part.epochs) for part in observed):
        first = next((f": {loss.reason} (line {loss.first_line})" for part in observed for loss in part.losses), "")
        raise InputError(f"{', '.join(str(path) for path in paths)}: no epoch could be read{first}")
