"""QZSS: signals and messages of the GPS family from inclined geosynchronous and geostationary orbits."""

from __future__ import annotations

from math import radians

from armillary.core.constellation import Band, Constellation, GroupDelay, HealthRule, NominalOrbit, SatelliteGroup

__all__ = ["CONSTELLATION"]

_GAMMA_L2 = (77.0 / 60.0) ** 2
_MEASURED = "starting values: assumed between those of medium and geostationary orbits"
_MODERN = tuple(
    delay
    for kind in ("CNAV", "CNV2")
    for delay in (
        # IS-QZSS-PNT-005, 5.3 and 5.4: subtract TGD - ISC of the signal.
        GroupDelay(kind, "C1C", (("tgd_s", 1.0), ("isc_l1ca_s", -1.0))),
        *(GroupDelay(kind, code, (("tgd_s", 1.0), ("isc_l2c_s", -1.0))) for code in ("C2L", "C2S", "C2X")),
        GroupDelay(kind, "C5I", (("tgd_s", 1.0), ("isc_l5i5_s", -1.0))),
        *(GroupDelay(kind, code, (("tgd_s", 1.0), ("isc_l5q5_s", -1.0))) for code in ("C5Q", "C5X")),
    )
)

CONSTELLATION = Constellation(
    name="qzss",
    title="QZSS",
    letter="J",
    operator="Cabinet Office, Government of Japan",
    country="Japan",
    time_scale="QZSST",
    frame="ITRF2014",
    bands=(Band("1", "L1", 1575.42e6), Band("2", "L2", 1227.60e6), Band("5", "L5", 1176.45e6), Band("6", "L6", 1278.75e6)),
    groups=(
        SatelliteGroup("QZSS QZO", frozenset((1, 2, 3, 4, 5)), "IGSO", "QZSS", 0.8, (0.25, 0.20), _MEASURED),
        SatelliteGroup("QZSS GEO", frozenset((7, 8, 9)), "GEO", "QZSS", 0.8, (0.25, 0.20), _MEASURED),
    ),
    message_kinds=("LNAV", "CNAV", "CNV2"),
    orbit_model="broadcast_kepler",
    first_signals=("C1C", "C1X", "C1L", "C1Z"),
    second_signals=("C2L", "C2X", "C2S", "C5Q", "C5X", "C5I"),
    combinations=(("1", "2"), ("1", "5")),
    clock_signals=(("C1C", "C2L"), ("C1X", "C2X")),
    group_delays=(
        GroupDelay("LNAV", "C1", (("tgd_s", 1.0),)),
        GroupDelay("LNAV", "C2", (("tgd_s", _GAMMA_L2),)),
        *_MODERN,
        GroupDelay("CNV2", "C1S", (("tgd_s", 1.0), ("isc_l1cd_s", -1.0))),
        *(GroupDelay("CNV2", code, (("tgd_s", 1.0), ("isc_l1cp_s", -1.0))) for code in ("C1L", "C1X")),
    ),
    message_lifetime_s=(4500.0, 4500.0),
    nominal_orbits=(
        NominalOrbit(
            "QZSS QZO",
            "IGSO",
            42_165.0e3,
            radians(41),
            3,
            3,
            eccentricity=0.075,
            argument_of_perigee_rad=radians(270),
            longitudes_rad=(radians(136),) * 3,
            numbers=(1, 2, 3),
            source="IS-QZSS-PNT-005, 3.1: a 42,165 km, e 0.075, perigee 270 deg, i 36-47 deg, central longitude 130-140 E; middle values here",
        ),
        NominalOrbit("QZSS GEO", "GEO", 42_165.0e3, 0.0, 1, longitudes_rad=(radians(127),), numbers=(7,), source="IS-QZSS-PNT-005, 3.1: 127 E"),
    ),
    fit_interval_note="fitted from about toe - 75 min to toe + 75 min; the later message has the fresher clock (2023-001 against WUM)",
    time_label="QZ",
    sources=("IS-QZSS-PNT-005", "RINEX 4.02"),
    gravitational_parameter_m3_s2=3.986005e14,
    earth_rotation_rad_s=7.2921151467e-5,
    message_centre_s=-1800.0,
    # The lowest bit of the LNAV word speaks of L6 and the other way of modulating L1, not of those used here. CNAV: one bit each for L1, L2, L5.
    health_rules=(HealthRule("LNAV", mask=0b111110), HealthRule("CNAV", mask=0b110), HealthRule("CNV2")),
    catalogue_name=r"^QZS-|^MICHIBIKI",
)
