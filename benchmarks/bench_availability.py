"""Geometry of the whole globe for a day: each system alone and both, clocks free and offsets known."""

from __future__ import annotations

from math import radians

import numpy as np
import pytest

from armillary.core.epochs import Epochs
from armillary.core.federation import federation
from armillary.core.scales import from_iso
from armillary.navigation.availability import GeometryOptions, geometry_maps, globe, sky_of
from armillary.orbits.walker import NominalConstellation

PAIR = federation("glonass+beidou")


@pytest.mark.parametrize(("grid_deg", "step_s"), [(5.0, 600), (1.0, 300)])
def test_both_systems_and_their_union(benchmark, grid_deg, step_s):
    first = from_iso("2024-01-01", "GPST")
    sky = sky_of(NominalConstellation.of(*PAIR, origin=first), Epochs(first.tai_ns + np.arange(0, 86_400, step_s) * 10**9), PAIR.letters)
    places = globe(radians(grid_deg))
    geometry_maps(sky, globe(radians(45.0)), PAIR.alone_and_joint())  # compiled before it is measured
    benchmark.pedantic(geometry_maps, (sky, places, PAIR.alone_and_joint(), GeometryOptions()), rounds=3)
    benchmark.extra_info["million_place_epochs_per_second"] = round(len(places) * len(sky.epochs) / benchmark.stats.stats.min / 1e6, 2)
