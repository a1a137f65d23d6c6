"""GPS: the clock of LNAV, CNAV and CNAV-2 is that of the L1 P(Y) and L2 P(Y) ionosphere-free combination."""

from __future__ import annotations

from math import radians

from armillary.core.constellation import Band, Constellation, GroupDelay, HealthRule, NominalOrbit, SatelliteGroup

__all__ = ["CONSTELLATION"]

_GAMMA_L2 = (77.0 / 60.0) ** 2
_MODERN = tuple(
    delay
    for kind in ("CNAV", "CNV2")
    for delay in (
        # IS-GPS-200, 30.3.3.3.1.1 and IS-GPS-705, 20.3.3.3.1.1: subtract TGD - ISC of the signal.
        GroupDelay(kind, "C1C", (("tgd_s", 1.0), ("isc_l1ca_s", -1.0))),
        GroupDelay(kind, "C1W", (("tgd_s", 1.0),)),
        GroupDelay(kind, "C1P", (("tgd_s", 1.0),)),
        GroupDelay(kind, "C2W", (("tgd_s", _GAMMA_L2),)),
        GroupDelay(kind, "C2P", (("tgd_s", _GAMMA_L2),)),
        *(GroupDelay(kind, code, (("tgd_s", 1.0), ("isc_l2c_s", -1.0))) for code in ("C2L", "C2S", "C2X")),
        GroupDelay(kind, "C5I", (("tgd_s", 1.0), ("isc_l5i5_s", -1.0))),
        *(GroupDelay(kind, code, (("tgd_s", 1.0), ("isc_l5q5_s", -1.0))) for code in ("C5Q", "C5X")),
    )
)

CONSTELLATION = Constellation(
    name="gps",
    title="GPS",
    letter="G",
    operator="United States Space Force",
    country="United States",
    time_scale="GPST",
    frame="WGS84",
    bands=(Band("1", "L1", 1575.42e6), Band("2", "L2", 1227.60e6), Band("5", "L5", 1176.45e6)),
    groups=(
        SatelliteGroup(
            "GPS",
            frozenset(range(1, 33)),
            "MEO",
            "GPS",
            0.55,
            (0.25, 0.20),
            "starting values: residuals of ESBC 2020-177, NIST 2023-001; code: assumed",
            slow_share=0.65,
            precise_phase_sigma_m=0.006,
            precise_code_sigma_m=(0.7, 0.4),
        ),
    ),
    message_kinds=("LNAV", "CNAV", "CNV2"),
    orbit_model="broadcast_kepler",
    first_signals=("C1C", "C1W", "C1P", "C1X", "C1L"),
    second_signals=("C2W", "C2P", "C2L", "C2S", "C2X", "C2C", "C5Q", "C5X", "C5I"),
    combinations=(("1", "2"), ("1", "5")),
    clock_signals=(("C1W", "C2W"), ("C1P", "C2P")),
    group_delays=(
        # IS-GPS-200, 20.3.3.3.3.2. LNAV knows no inter-signal corrections: C/A and L2C (about 1 ns off) are served as P(Y).
        GroupDelay("LNAV", "C1", (("tgd_s", 1.0),)),
        GroupDelay("LNAV", "C2", (("tgd_s", _GAMMA_L2),)),
        *_MODERN,
        GroupDelay("CNV2", "C1S", (("tgd_s", 1.0), ("isc_l1cd_s", -1.0))),
        *(GroupDelay("CNV2", code, (("tgd_s", 1.0), ("isc_l1cp_s", -1.0))) for code in ("C1L", "C1X")),
    ),
    message_lifetime_s=(7260.0, 7260.0),
    nominal_orbits=(
        NominalOrbit(
            "GPS",
            "MEO",
            26_559.7e3,
            radians(55),
            24,
            6,
            2,
            numbers=tuple(range(1, 25)),
            source="GPS SPS PS 2020: 24 slots in 6 planes, a 26,559.7 km, i 55 deg; evenly spaced here, the real slots are not",
        ),
    ),
    fit_interval_note="toe is the middle of a fit interval of 4 h",
    time_label="GP",
    sources=("IS-GPS-200N", "IS-GPS-705J", "IS-GPS-800J", "RINEX 4.02"),
    gravitational_parameter_m3_s2=3.986005e14,
    earth_rotation_rad_s=7.2921151467e-5,
    # CNAV: one bit each for L1, L2, L5; L5 stays marked while it is not declared operational, so it does not speak for the satellite.
    health_rules=(HealthRule("LNAV"), HealthRule("CNAV", mask=0b110), HealthRule("CNV2")),
    catalogue_name=r"^GPS B|^NAVSTAR \d",
)
