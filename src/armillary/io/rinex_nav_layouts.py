"""What stands where in a RINEX navigation record: one table per system and message kind, read by the reader and the writer.

Every line of a layout is a line of the record; its words are the column names of the fields D19.12, ``-`` marks a spare field.
The first line holds three fields behind satellite and epoch. Sources: RINEX 2.11 tables A4 and A11, RINEX 3.05 tables A6 to A19,
RINEX 4.02 appendix A8 to A30. Column names are those of :mod:`armillary.core.navigation_messages`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = [
    "CLASSIC_KINDS",
    "COLUMN_SCALE",
    "CORRECTION_LAYOUTS",
    "DEFAULT_MESSAGE",
    "GEOSTATIONARY_NUMBERS",
    "IONOSPHERE_KINDS",
    "LABEL_SYSTEMS",
    "LAYOUTS",
    "RINEX2_LETTERS",
    "SYSTEM_SCALE",
    "TRANSMISSION_COLUMNS",
    "UTC_NAMES",
    "WEEK_ORIGINS",
    "Layout",
]


@dataclass(frozen=True, slots=True)
class Layout:
    """Fields of one message kind: ``lines[i][j]``, four in each line, is a column name or empty (spare, or the epoch).

    The first ``required`` lines must be there.
    """

    lines: tuple[tuple[str, ...], ...]
    required: int

    @property
    def columns(self) -> tuple[str, ...]:
        """Column names in file order."""
        return tuple(name for line in self.lines for name in line if name)


def _layout(text: str, optional: int = 0) -> Layout:
    words = [["" if word == "-" else word for word in line.split()] for line in text.splitlines() if line.strip()]
    lines = (("", *words[0]), *(tuple(line) for line in words[1:]))
    return Layout(lines, len(lines) - optional)


_CLOCK = "clock_bias_s clock_drift_s_s clock_drift_rate_s_s2"

_KEPLER = f"""{_CLOCK}
    {{first}} crs_m delta_n_rad_s m0_rad
    cuc_rad e cus_rad sqrt_a_m05
    {{third}} cic_rad omega0_rad cis_rad
    i0_rad crc_m omega_rad omega_dot_rad_s
"""

_CLASSIC = _KEPLER.format(first="iode", third="toe_s")
_MODERN = _KEPLER.format(first="a_dot_m_s", third="top_s")
_MODERN_TOE = _KEPLER.format(first="a_dot_m_s", third="toe_s")

_LNAV = f"""{_CLASSIC}
    idot_rad_s l2_codes week l2p_flag
    accuracy_m health tgd_s iodc
    transmission_s fit_interval_h - -
"""
_CNAV = f"""{_MODERN}
    idot_rad_s delta_n_dot_rad_s2 urai_ned0 urai_ned1
    urai_ed health tgd_s urai_ned2
    isc_l1ca_s isc_l2c_s isc_l5i5_s isc_l5q5_s
"""
_CNAV_END = """
    transmission_s week flags -
"""
_D1 = f"""{_CLASSIC}
    idot_rad_s - week -
    accuracy_m health tgd1_s tgd2_s
    transmission_s iodc - -
"""
_INAV = f"""{_CLASSIC}
    idot_rad_s data_sources week -
    accuracy_m health bgd_e5a_e1_s bgd_e5b_e1_s
    transmission_s - - -
"""
_CNV_BDT = f"""{_MODERN_TOE}
    idot_rad_s delta_n_dot_rad_s2 satellite_type top_s
    sisai_oe sisai_ocb sisai_oc1 sisai_oc2
"""
_CNV_BDT_END = """
    sismai health integrity_flags iodc
    transmission_s - - iode
"""
_FDMA = """clock_bias_s relative_frequency_bias message_frame_s
    x_m vx_m_s ax_m_s2 health
    y_m vy_m_s ay_m_s2 frequency_number
    z_m vz_m_s az_m_s2 age_days
    status_flags group_delay_s urai health_flags
"""
_CDMA = """clock_bias_s relative_frequency_bias relative_frequency_drift_s
    x_m vx_m_s ax_m_s2 health
    y_m vy_m_s ay_m_s2 data_validity
    z_m vz_m_s az_m_s2 {delay}
    satellite_type source_flags aode_days aodc_days
    attitude_flag attitude_reference_s attitude_tau1_s attitude_tau2_s
    yaw_rad yaw_sign yaw_rate_rad_s yaw_acceleration_rad_s2
    yaw_rate_limit_rad_s antenna_x_m antenna_y_m antenna_z_m
    urai_orbit urai_clock - transmission_s
"""
_LNAV_S = f"""{_CLASSIC}
    idot_rad_s - week -
    accuracy_m health tgd_s -
    transmission_s - - -
"""
_L1NV = f"""{_MODERN_TOE}
    idot_rad_s delta_n_dot_rad_s2 - reference_signal_flag
    urai health tgd_s tgd_s_l5_s
    isc_s_l1p_s isc_l1d_l1p_s isc_l1p_s_s isc_l1d_s_s
    transmission_s week - -
"""

LAYOUTS: Mapping[tuple[str, str], Layout] = MappingProxyType(
    {
        ("G", "LNAV"): _layout(_LNAV),
        ("G", "CNAV"): _layout(_CNAV + _CNAV_END),
        ("G", "CNV2"): _layout(_CNAV + "isc_l1cd_s isc_l1cp_s - -" + _CNAV_END),
        ("R", "FDMA"): _layout(_FDMA, optional=1),
        ("R", "L1OC"): _layout(_CDMA.format(delay="tgd_l2ocp_s")),
        ("R", "L3OC"): _layout(_CDMA.format(delay="isc_l3ocp_s")),
        ("E", "INAV"): _layout(_INAV),
        ("E", "FNAV"): _layout(_INAV),
        ("C", "D1"): _layout(_D1),
        ("C", "D2"): _layout(_D1),
        ("C", "CNV1"): _layout(_CNV_BDT + "isc_b1cd_s - tgd_b1cp_s tgd_b2ap_s" + _CNV_BDT_END),
        ("C", "CNV2"): _layout(_CNV_BDT + "- isc_b2ad_s tgd_b1cp_s tgd_b2ap_s" + _CNV_BDT_END),
        ("C", "CNV3"): _layout(_CNV_BDT + "sismai health integrity_flags tgd_b2bp_s\n transmission_s - - -"),
        ("J", "LNAV"): _layout(_LNAV),
        ("J", "CNAV"): _layout(_CNAV + _CNAV_END),
        ("J", "CNV2"): _layout(_CNAV + "isc_l1cd_s isc_l1cp_s - -" + _CNAV_END),
        ("I", "LNAV"): _layout(_LNAV_S),
        ("I", "L1NV"): _layout(_L1NV),
    }
)
"""(system letter, kind) -> layout."""

_REGION = "ai0_{0} ai1_{0} ai2_{0} disturbance_{0}\n lon_min_{0} lon_max_{0} modip_min_{0} modip_max_{0}\n"

CORRECTION_LAYOUTS: Mapping[str, tuple[Layout, ...]] = MappingProxyType(
    {
        "STO": (_layout("- - -\n transmission_s a0_s a1_s_s a2_s_s2"),),
        "EOP": (_layout("xp xp_rate xp_rate_rate\n - yp yp_rate yp_rate_rate\n transmission_s dut1 dut1_rate dut1_rate_rate"),),
        "KLOB": (_layout("alpha0 alpha1 alpha2\n alpha3 beta0 beta1 beta2\n beta3 region - -"),),
        "NEQN": (_layout("ai0 ai1 ai2\n disturbance - - -"),),
        "BDGIM": (_layout("alpha1 alpha2 alpha3\n alpha4 alpha5 alpha6 alpha7\n alpha8 alpha9 - -"),),
        "CDMS": (_layout("c_a c_f107 c_ap"),),
        "NAVIC": (
            _layout("iod - -\n alpha0 alpha1 alpha2 alpha3\n beta0 beta1 beta2 beta3\n lon_min lon_max modip_min modip_max"),
            _layout("iod - -\n" + "".join(_REGION.format(number) for number in "123")),
        ),
    }
)
"""STO, EOP and the kinds of ION records of RINEX 4 (appendix A31 to A40) -> layouts; the number of lines tells two of a kind apart."""

IONOSPHERE_KINDS: Mapping[tuple[str, str], str] = MappingProxyType(
    {("C", "CNVX"): "BDGIM", ("E", "IFNV"): "NEQN", ("I", "L1NV"): "NAVIC", ("R", "L1OC"): "CDMS", ("R", "L3OC"): "CDMS", ("R", "CNVX"): "CDMS"}
)
"""(system letter, message) of an ION record -> kind; KLOB for all others."""

LABEL_SYSTEMS: Mapping[str, str] = MappingProxyType({"GPS": "G", "GAL": "E", "QZS": "J", "BDS": "C", "IRN": "I"})
"""First letters of an IONOSPHERIC CORR label (RINEX 3.05 table A5) -> system letter."""

WEEK_ORIGINS: Mapping[str, tuple[str, int]] = MappingProxyType(
    {"GP": ("GPST", 0), "GA": ("GPST", 0), "QZ": ("GPST", 0), "SB": ("GPST", 0), "BD": ("BDT", 0), "IR": ("GPST", 1024), "GL": ("UTC", 0)}
)
"""First pair of letters of a TIME SYSTEM CORR label -> (scale, week of that scale where the label's week 0 lies)."""

UTC_NAMES = ("", "UTC(NIST)", "UTC(USNO)", "UTC(SU)", "UTC(BIPM)", "UTC(Europe Lab)", "UTC(CRL)", "UTC(NTSC)")
"""Realisations of UTC by the number that TIME SYSTEM CORR gives them."""

DEFAULT_MESSAGE: Mapping[str, str] = MappingProxyType({"G": "LNAV", "R": "FDMA", "E": "IFNV", "C": "D1D2", "J": "LNAV", "I": "LNAV", "S": "SBAS"})
"""System letter -> the message that carries its ionosphere and time offset parameters where the source did not say."""

COLUMN_SCALE: Mapping[str, float] = MappingProxyType(
    {f"{prefix}{axis}{unit}": 1e3 for prefix, unit in (("", "_m"), ("v", "_m_s"), ("a", "_m_s2")) for axis in "xyz"}
)
"""Column -> factor from the file's number to SI (state vectors are written in kilometres); 1 for all others."""

TRANSMISSION_COLUMNS = ("transmission_s", "message_frame_s")
"""Columns that say when a message was sent: the same message heard by two receivers may differ in them."""

SYSTEM_SCALE: Mapping[str, str] = MappingProxyType({"G": "GPST", "R": "UTC", "E": "GST", "C": "BDT", "J": "QZSST", "I": "GPST", "S": "GPST"})
"""System letter -> the scale of its epochs in navigation records (RINEX 3.05 section 8.3)."""

CLASSIC_KINDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"G": ("LNAV",), "R": ("FDMA",), "E": ("INAV", "FNAV"), "C": ("D1", "D2"), "J": ("LNAV",), "I": ("LNAV",), "S": ("SBAS",)}
)
"""System letter -> the kinds that RINEX 2 and 3 can hold; which of two applies is inferred from the record."""

GEOSTATIONARY_NUMBERS: Mapping[str, frozenset[int]] = MappingProxyType({"C": frozenset((*range(1, 6), *range(59, 64)))})
"""Satellites whose classic records are of the second kind (D2)."""

RINEX2_LETTERS: Mapping[str, str] = MappingProxyType({"N": "G", "G": "R", "H": "S", "L": "E"})
"""File type letter of a RINEX 2 navigation file -> system letter of its records."""
