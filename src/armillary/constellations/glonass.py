"""GLONASS: frequency-division signals, position-velocity messages in PZ-90.11, a time scale that keeps leap seconds.

Starting error levels are those measured in the project's own residuals on two days (a starting point, not a specification). The equipment delay
between L2 and L1 is broadcast as t_L2 - t_L1 (ICD L1, L2, 5.1, 4.4), so the L2 signal leaves that much later; files before RINEX 3.05 lack it.
"""

from __future__ import annotations

from math import nan, radians

from armillary.core.constellation import Band, Constellation, GroupDelay, HealthRule, NominalOrbit, SatelliteGroup

__all__ = ["CONSTELLATION"]

CONSTELLATION = Constellation(
    name="glonass",
    title="GLONASS",
    letter="R",
    operator="Roscosmos",
    country="Russia",
    time_scale="GLONASST",
    frame="PZ-90.11",
    bands=(
        Band("1", "L1", 1602.0e6, 562_500.0),
        Band("2", "L2", 1246.0e6, 437_500.0),
        Band("3", "L3OC", 1202.025e6),
        Band("4", "L1OC", 1600.995e6),
        Band("6", "L2OC", 1248.06e6),
    ),
    groups=(
        SatelliteGroup(
            "GLONASS", frozenset(range(1, 28)), "MEO", "GLONASS", 2.2, (0.30, 0.20), "starting values: residuals of ESBC 2020-177, NIST 2023-001"
        ),
    ),
    message_kinds=("FDMA",),
    orbit_model="broadcast_glonass",
    first_signals=("C1C", "C1P", "C4X", "C4B", "C4A"),
    second_signals=("C2C", "C2P", "C3X", "C3Q", "C3I"),
    combinations=(("1", "2"), ("1", "3")),
    group_delays=(
        GroupDelay("FDMA", "C1", ()),
        GroupDelay("FDMA", "C2", ()),
    ),
    message_lifetime_s=(960.0, 960.0),
    nominal_orbits=(
        NominalOrbit(
            "GLONASS",
            "MEO",
            25_508.0e3,
            radians(64.8),
            24,
            3,
            1,
            numbers=tuple(range(1, 25)),
            source="ICD L1, L2 GLONASS 5.1, 3.3.1: 24 satellites, 3 planes, 8 in each, 45 deg apart and 15 deg from plane to plane, i 64.8 deg; a 8/17 sidereal day",
        ),
    ),
    fit_interval_note="t_b is the middle of its 30 min; one minute beyond +-15 min bridges late messages",
    sources=("ICD GLONASS, navigation radiosignal in bands L1, L2, edition 5.1, 2008", "RINEX 4.02, table of GLONASS bands"),
    gravitational_parameter_m3_s2=3.986004418e14,
    earth_rotation_rad_s=7.292115e-5,
    earth_radius_m=6_378_136.0,
    earth_j2=1.08262575e-3,
    health_rules=(HealthRule("FDMA"),),
    # ICD L1, L2 5.1, table 4.4 (F_T)
    accuracy_index_m=(1.0, 2.0, 2.5, 4.0, 5.0, 7.0, 10.0, 12.0, 14.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, nan),
)
