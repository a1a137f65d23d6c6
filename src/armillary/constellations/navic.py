"""NavIC (IRNSS): L5 and S from inclined and geostationary geosynchronous orbits; the clock is that of the L5 and S pair."""

from __future__ import annotations

from math import radians

from armillary.core.constellation import Band, Constellation, GroupDelay, HealthRule, NominalOrbit, SatelliteGroup

__all__ = ["CONSTELLATION"]

_GAMMA_L5 = (2492.028 / 1176.45) ** 2
_ASSUMED = "starting values: assumed as for other geosynchronous satellites"

CONSTELLATION = Constellation(
    name="navic",
    title="NavIC",
    letter="I",
    operator="Indian Space Research Organisation",
    country="India",
    time_scale="GPST",
    frame="WGS84",
    bands=(Band("1", "L1", 1575.42e6), Band("5", "L5", 1176.45e6), Band("9", "S", 2492.028e6)),
    groups=(
        SatelliteGroup("NavIC IGSO", frozenset((2, 4, 5, 8, 9)), "IGSO", "NavIC", 1.5, (0.30, 0.30), _ASSUMED),
        SatelliteGroup("NavIC GEO", frozenset((3, 6, 7, 10)), "GEO", "NavIC", 2.0, (0.30, 0.30), _ASSUMED),
    ),
    message_kinds=("LNAV",),
    orbit_model="broadcast_kepler",
    first_signals=("C5A", "C5X"),
    second_signals=("C9A", "C9X"),
    combinations=(("5", "9"),),
    group_delays=(
        # ICD for SPS 1.1, 6.2.1.5: S takes TGD, L5 takes (fS/fL5)^2 TGD.
        GroupDelay("LNAV", "C9", (("tgd_s", 1.0),)),
        GroupDelay("LNAV", "C5", (("tgd_s", _GAMMA_L5),)),
    ),
    message_lifetime_s=(7260.0, 7260.0),
    nominal_orbits=(
        NominalOrbit(
            "NavIC GEO",
            "GEO",
            42_164.0e3,
            0.0,
            3,
            longitudes_rad=(radians(32.5), radians(83.0), radians(131.5)),
            numbers=(6, 3, 7),
            source="NavIC SPS ICD 1.1: 32.5, 83 and 131.5 E",
        ),
    ),
    fit_interval_note="toe is the middle of a fit interval of 4 h",
    time_label="IR",
    sources=("NavIC Signal-in-Space ICD for SPS 1.1 (2017)",),
    gravitational_parameter_m3_s2=3.986005e14,
    earth_rotation_rad_s=7.2921151467e-5,
    health_rules=(HealthRule("LNAV"),),
    catalogue_name=r"^IRNSS-|^NVS-",
)
