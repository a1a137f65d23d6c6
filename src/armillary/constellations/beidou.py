"""BeiDou: BDS-2 and BDS-3, in medium, inclined geosynchronous and geostationary orbits; all broadcast clocks refer to B3I.

Satellite numbers are those in force until early 2026. From April 2026 the operator moves BDS-3 satellites onto numbers of retired BDS-2
satellites (IGSO-02 from 39 to 7, GEO-01 from 62 to 4, MEO-26 from 48 to 12 ...; IGSMAIL of 2026-04-16 and 2026-04-20): the groups of
C01-C16 then name the wrong hardware.
Starting error levels are those measured in the project's own residuals on two days (a starting point, not a specification).
"""

from __future__ import annotations

from math import radians

from armillary.core.constellation import Band, ClockSwitch, Constellation, GroupDelay, HealthRule, NominalOrbit, SatelliteGroup

__all__ = ["CONSTELLATION"]

_MEASURED = "starting values: residuals of ESBC 2020-177, NIST 2023-001"
_BDS3_MEO = (*range(19, 31), *range(32, 38), *range(41, 47))
_LEGACY = tuple(
    delay
    for kind in ("D1", "D2")
    for delay in (
        # B1I ICD 3.0, 5.2.4.10: B1I takes TGD1, B2I takes TGD2, B3I is the reference of the clock.
        GroupDelay(kind, "C2I", (("tgd1_s", 1.0),)),
        GroupDelay(kind, "C2X", (("tgd1_s", 1.0),)),
        GroupDelay(kind, "C2Q", (("tgd1_s", 1.0),)),
        GroupDelay(kind, "C7I", (("tgd2_s", 1.0),)),
        GroupDelay(kind, "C7Q", (("tgd2_s", 1.0),)),
        GroupDelay(kind, "C7X", (("tgd2_s", 1.0),)),
        GroupDelay(kind, "C6", ()),
        # These messages say nothing of B1C, but B1I leaves beside it: over the 27 satellites that sent both on 2023-071 TGD_B1Cp - TGD1 is
        # 0.8 m with a standard deviation of 0.6 m (the receiver's bias takes what is common), TGD1 itself has one of 4.7 m.
        *(GroupDelay(kind, code, (("tgd1_s", 1.0),), left_sigma_m=0.6) for code in ("C1P", "C1X", "C1D")),
    )
)
_CIVIL = tuple(
    delay
    for kind in ("CNV1", "CNV2")
    for delay in (
        # B1C ICD 1.0, 7.6 and B2a ICD 1.0, 7.6: the pilot takes TGD, the data component TGD + ISC. X (both) is served as the pilot.
        GroupDelay(kind, "C1P", (("tgd_b1cp_s", 1.0),)),
        GroupDelay(kind, "C1X", (("tgd_b1cp_s", 1.0),)),
        GroupDelay(kind, "C5P", (("tgd_b2ap_s", 1.0),)),
        GroupDelay(kind, "C5X", (("tgd_b2ap_s", 1.0),)),
        GroupDelay(kind, "C6", ()),
    )
)
# Wanninger and Beer (2015), GPS Solutions 19, table 3: satellite-induced code bias of the second generation, to be added to the code at
# elevations 0, 10 ... 90 deg; bands B1I (2), B2I (7), B3I (6). Geostationary satellites and the third generation show none.
_IGSO_CODE_BIAS = (
    ("2", (-0.55, -0.40, -0.34, -0.23, -0.15, -0.04, 0.09, 0.19, 0.27, 0.35)),
    ("7", (-0.71, -0.36, -0.33, -0.19, -0.14, -0.03, 0.08, 0.17, 0.24, 0.33)),
    ("6", (-0.27, -0.23, -0.21, -0.15, -0.11, -0.04, 0.05, 0.14, 0.19, 0.32)),
)
_MEO_CODE_BIAS = (
    ("2", (-0.47, -0.38, -0.32, -0.23, -0.11, 0.06, 0.34, 0.69, 0.97, 1.05)),
    ("7", (-0.40, -0.31, -0.26, -0.18, -0.06, 0.09, 0.28, 0.48, 0.64, 0.69)),
    ("6", (-0.22, -0.15, -0.13, -0.10, -0.04, 0.05, 0.14, 0.27, 0.36, 0.47)),
)

CONSTELLATION = Constellation(
    name="beidou",
    title="BeiDou",
    letter="C",
    operator="China Satellite Navigation Office",
    country="China",
    time_scale="BDT",
    frame="BDCS",
    bands=(
        Band("2", "B1I", 1561.098e6),
        Band("1", "B1C", 1575.42e6),
        Band("5", "B2a", 1176.45e6),
        Band("7", "B2I/B2b", 1207.14e6),
        Band("8", "B2a+b", 1191.795e6),
        Band("6", "B3I", 1268.52e6),
    ),
    groups=(
        SatelliteGroup("BDS-3 MEO", frozenset((*_BDS3_MEO, 47, 48, 49, 50, 57, 58)), "MEO", "BDS-3", 0.55, (0.20, 0.10), _MEASURED),
        SatelliteGroup("BDS-3 IGSO", frozenset((38, 39, 40, 31, 56)), "IGSO", "BDS-3", 0.55, (0.20, 0.10), _MEASURED),
        SatelliteGroup(
            "BDS-2 MEO",
            frozenset((11, 12, 14)),
            "MEO",
            "BDS-2",
            0.8,
            (0.35, 0.20),
            _MEASURED,
            _MEO_CODE_BIAS,
            precise_phase_sigma_m=0.018,
            precise_code_sigma_m=(1.5, 1.0),
        ),
        SatelliteGroup(
            "BDS-2 IGSO",
            frozenset((6, 7, 8, 9, 10, 13, 16)),
            "IGSO",
            "BDS-2",
            0.8,
            (0.35, 0.20),
            _MEASURED,
            _IGSO_CODE_BIAS,
            precise_phase_sigma_m=0.018,
            precise_code_sigma_m=(1.5, 1.0),
        ),
        SatelliteGroup(
            "BDS GEO",
            frozenset((1, 2, 3, 4, 5)),
            "GEO",
            "BDS-2",
            2.0,
            (0.35, 0.20),
            _MEASURED,
            precise_phase_sigma_m=0.05,
            precise_code_sigma_m=(1.5, 1.5),
        ),
        SatelliteGroup("BDS GEO (BDS-3)", frozenset((59, 60, 61, 62, 63)), "GEO", "BDS-3", 2.0, (0.20, 0.10), _MEASURED, precise_phase_sigma_m=0.05),
    ),
    message_kinds=("D1", "D2", "CNV1", "CNV2", "CNV3"),
    orbit_model="broadcast_kepler",
    first_signals=("C2I", "C2X", "C1P", "C1X", "C1D"),
    second_signals=("C6I", "C6X", "C5P", "C5X", "C5D", "C7I", "C7X", "C7D", "C7Z"),
    combinations=(("2", "6"), ("1", "5"), ("2", "7"), ("1", "6"), ("2", "5"), ("1", "7")),
    clock_signals=(("C2I", "C6I"),),
    clock_switches=(
        ClockSwitch(
            "2026-02-08",
            "BDS-3",
            (("C1P", "C5P"), ("C1X", "C5X")),
            "IGSMAIL-8666 (igs20_2405.atx, according to IGSMAIL-8653); GFZ to IGSMAIL, 2026-02-18: products since 2026-02-08",
        ),
    ),
    group_delays=(
        *_LEGACY,
        *_CIVIL,
        GroupDelay("CNV1", "C1D", (("tgd_b1cp_s", 1.0), ("isc_b1cd_s", 1.0))),
        GroupDelay("CNV2", "C5D", (("tgd_b2ap_s", 1.0), ("isc_b2ad_s", 1.0))),
        # B2b ICD 1.0, 7.6: the data (I) component takes TGD_B2bI.
        GroupDelay("CNV3", "C7D", (("tgd_b2bp_s", 1.0),)),
        GroupDelay("CNV3", "C7Z", (("tgd_b2bp_s", 1.0),)),
        GroupDelay("CNV3", "C6", ()),
    ),
    message_lifetime_s=(4500.0, 7500.0),
    nominal_orbits=(
        NominalOrbit(
            "BDS-3 MEO",
            "MEO",
            27_906.0e3,
            radians(55),
            24,
            3,
            1,
            numbers=_BDS3_MEO,
            source="BDS OS PS 3.0: Walker 24/3/1, height 21,528 km, i 55 deg",
        ),
        NominalOrbit(
            "BDS-3 IGSO",
            "IGSO",
            42_164.0e3,
            radians(55),
            3,
            3,
            longitudes_rad=(radians(118),) * 3,
            numbers=(38, 39, 40),
            source="BDS OS PS 3.0: height 35,786 km, i 55 deg, one ground track crossing the equator at 118 E",
        ),
        NominalOrbit(
            "BDS GEO (BDS-3)",
            "GEO",
            42_164.0e3,
            0.0,
            3,
            longitudes_rad=(radians(140), radians(80), radians(110.5)),
            numbers=(59, 60, 61),
            source="BDS OS PS 3.0: 80, 110.5 and 140 E",
        ),
    ),
    fit_interval_note="sent in the hour that toe starts, fitted from toe - 1 h to toe + 2 h; a later message has the fresher clock "
    "(2023-001 against WUM, satellite means removed: 0.27 m at -1 h, 0.43 at 0, 0.60 at +1 h, 0.77 at +2 h, then metres)",
    time_label="BD",
    sources=(
        "BDS-SIS-ICD-B1I-3.0 (2019), B3I-1.0 (2018), B1C-1.0, B2a-1.0 (2017), B2b-1.0 (2020)",
        "RINEX 4.02, table of BDS bands",
        "IGS satellite metadata (numbers)",
    ),
    gravitational_parameter_m3_s2=3.986004418e14,
    earth_rotation_rad_s=7.292115e-5,
    geostationary_tilt_rad=radians(-5),
    ionosphere_form="geographic",
    message_centre_s=-1800.0,
    health_rules=tuple(HealthRule(kind) for kind in ("D1", "D2", "CNV1", "CNV2", "CNV3")),
    catalogue_name=r"^BEIDOU[- ][23] ",
)
