"""Galileo: the F/NAV clock is that of E1 and E5a, the I/NAV clock that of E1 and E5b."""

from __future__ import annotations

from math import radians

from armillary.core.constellation import Band, Constellation, GroupDelay, HealthRule, NominalOrbit, SatelliteGroup

__all__ = ["CONSTELLATION"]

_GAMMA_E5A = (1575.42 / 1176.45) ** 2
_GAMMA_E5B = (1575.42 / 1207.14) ** 2

CONSTELLATION = Constellation(
    name="galileo",
    title="Galileo",
    letter="E",
    operator="European Union Agency for the Space Programme",
    country="European Union",
    time_scale="GST",
    frame="GTRF",
    bands=(
        Band("1", "E1", 1575.42e6),
        Band("5", "E5a", 1176.45e6),
        Band("7", "E5b", 1207.14e6),
        Band("8", "E5", 1191.795e6),
        Band("6", "E6", 1278.75e6),
    ),
    groups=(
        SatelliteGroup(
            "Galileo",
            frozenset(range(1, 37)),
            "MEO",
            "Galileo",
            0.15,
            (0.20, 0.15),
            "starting values: residuals of ESBC 2020-177, NIST 2023-001; code: assumed",
            slow_share=0.4,
            precise_phase_sigma_m=0.006,
            precise_code_sigma_m=(0.6, 0.3),
        ),
    ),
    message_kinds=("INAV", "FNAV"),
    orbit_model="broadcast_kepler",
    first_signals=("C1C", "C1X", "C1B"),
    second_signals=("C5Q", "C5X", "C5I", "C7Q", "C7X", "C7I"),
    combinations=(("1", "5"), ("1", "7")),
    clock_signals=(("C1C", "C5Q"), ("C1X", "C5X")),
    group_delays=(
        # OS SIS ICD 2.1, 5.1.5: the clock of a pair is corrected by its BGD on E1 and by (f1/f)^2 BGD on the other.
        GroupDelay("FNAV", "C1", (("bgd_e5a_e1_s", 1.0),)),
        GroupDelay("FNAV", "C5", (("bgd_e5a_e1_s", _GAMMA_E5A),)),
        GroupDelay("INAV", "C1", (("bgd_e5b_e1_s", 1.0),)),
        GroupDelay("INAV", "C7", (("bgd_e5b_e1_s", _GAMMA_E5B),)),
        # I/NAV carries both BGD: E1 leaves at one instant, so clock - BGD(E1,E5b) = other clock - BGD(E1,E5a), which gives E5a.
        GroupDelay("INAV", "C5", (("bgd_e5b_e1_s", 1.0), ("bgd_e5a_e1_s", _GAMMA_E5A - 1.0))),
    ),
    message_lifetime_s=(1200.0, 10_800.0),
    nominal_orbits=(
        NominalOrbit(
            "Galileo",
            "MEO",
            29_600.318e3,
            radians(56),
            24,
            3,
            1,
            numbers=(*range(1, 14), 15, 19, 21, 24, 25, 26, 27, 30, 31, 33, 36),
            source="OS SDD 1.3: Walker 24/3/1, a 29,600.318 km, i 56 deg; the assignment of numbers to slots is arbitrary",
        ),
    ),
    fit_interval_note="4 h after toe are allowed, but the fit ends near 3 h (2023-001 against WUM: 0.07 m at 0, 0.31 at 3 h, 2.8 at 4 h)",
    time_label="GA",
    sources=("European GNSS OS SIS ICD 2.1 (2023)", "RINEX 4.02"),
    gravitational_parameter_m3_s2=3.986004418e14,
    earth_rotation_rad_s=7.2921151467e-5,
    # RINEX 4.02, record INAV/FNAV: bits 0-2 E1-B, 3-5 E5a, 6-8 E5b (data validity, then two of signal health).
    health_rules=(HealthRule("INAV", mask=0b111_000_111), HealthRule("FNAV", mask=0b000_111_000)),
    catalogue_name=r"^GSAT0\d{3} \(|^GALILEO \d",
)
