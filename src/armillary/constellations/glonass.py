"""GLONASS: frequency-division signals, position-velocity messages in PZ-90.11, a time scale that keeps leap seconds.

Starting error levels are those measured in the project's own residuals on two days (a starting point, not a specification).

L2 is served with the clock as it stands. The broadcast L2 - L1 equipment delay (``group_delay_s``, absent before RINEX 3.05) is not applied: of the
satellites of 2023-071 it follows the differential code biases of 2023-192 (C1P - C2P, 2.5 ns RMS) with a correlation of -0.72 but half their size,
so subtracting it leaves 2.4 ns. What is left of L2 against L1 is therefore large: a sigma of 2 m covers those biases and their spread by channel.
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
            "GLONASS",
            frozenset(range(1, 28)),
            "MEO",
            "GLONASS",
            2.2,
            (0.30, 0.20),
            "starting values: residuals of ESBC 2020-177, NIST 2023-001",
            precise_code_sigma_m=(1.5, 1.0),
        ),
    ),
    message_kinds=("FDMA",),
    orbit_model="broadcast_glonass",
    first_signals=("C1C", "C1P", "C4X", "C4B", "C4A"),
    second_signals=("C2C", "C2P", "C3X", "C3Q", "C3I"),
    combinations=(("1", "2"), ("1", "3")),
    clock_signals=(("C1P", "C2P"), ("C1C", "C2C")),
    group_delays=(
        GroupDelay("FDMA", "C1", ()),
        GroupDelay("FDMA", "C2", (), left_sigma_m=2.0),
    ),
    message_lifetime_s=(1080.0, 1080.0),
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
            source="ICD L1, L2 GLONASS 5.1: 24 satellites in 3 planes, 45 deg apart, 15 deg between planes, i 64.8 deg; period 8/17 sidereal day",
        ),
    ),
    fit_interval_note="t_b is the middle of its 30 min; 3 min beyond +-15 min bridge late ones (radial scatter 0.28 m at t_b, 0.45 m at 18 min)",
    time_label="GL",
    sources=("ICD GLONASS, navigation radiosignal in bands L1, L2, edition 5.1, 2008", "RINEX 4.02, table of GLONASS bands"),
    gravitational_parameter_m3_s2=3.986004418e14,
    earth_rotation_rad_s=7.292115e-5,
    earth_radius_m=6_378_136.0,
    earth_j2=1.08262575e-3,
    health_rules=(HealthRule("FDMA"),),
    # ICD L1, L2 5.1, table 4.4 (F_T)
    accuracy_index_m=(1.0, 2.0, 2.5, 4.0, 5.0, 7.0, 10.0, 12.0, 14.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0, nan),
    catalogue_name=r"\[GLONASS-|^COSMOS \d+ \(7\d\d",
)
