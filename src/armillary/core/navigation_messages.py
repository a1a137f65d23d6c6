"""Broadcast navigation messages as columns, one table per system and message kind.

Kinds are RINEX 4 names: LNAV CNAV CNV2 (GPS, QZSS), FDMA L1OC L3OC (GLONASS), D1 D2 CNV1 CNV2 CNV3 (BeiDou), INAV FNAV
(Galileo). A reader of RINEX 2 or 3 infers the kind (D2 for geostationary satellites, INAV or FNAV from the data source word).

Column names carry the unit. Kepler kinds share: clock_bias_s clock_drift_s_s clock_drift_rate_s_s2 iode crs_m delta_n_rad_s m0_rad
cuc_rad e cus_rad sqrt_a_m05 toe_s cic_rad omega0_rad cis_rad i0_rad crc_m omega_rad omega_dot_rad_s idot_rad_s week
accuracy_m health transmission_s; modern kinds add a_dot_m_s delta_n_dot_rad_s2 top_s and their group delays. FDMA: clock_bias_s (that is
-tau_n) relative_frequency_bias (gamma_n) message_frame_s x_m vx_m_s ax_m_s2 (y, z alike) health frequency_number age_days and, from
RINEX 3.05, status_flags group_delay_s urai health_flags. Group delays keep the name of the interface document: tgd_s, bgd_e5a_e1_s,
bgd_e5b_e1_s, tgd1_s, tgd2_s, tgd_b1cp_s, tgd_b2ap_s, tgd_b2bp_s, isc_b1cd_s, isc_b2ad_s, isc_l1ca_s, isc_l2c_s, isc_l5i5_s, isc_l5q5_s,
isc_l1cd_s, isc_l1cp_s. Columns hold what the file holds (a blank is NaN), in SI units and radians.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from armillary.core.epochs import Epochs
from armillary.core.loss import Loss

__all__ = ["CorrectionRecord", "MessageTable", "Navigation", "NavigationHeader", "SystemTimeOffset"]


@dataclass(frozen=True, slots=True, eq=False)
class MessageTable:
    """Messages of one system and kind, sorted by satellite, then transmission time, then reference time."""

    system: str
    kind: str
    sat: NDArray[np.int16]
    """int16[n], packed satellites."""
    reference: Epochs
    """[n] clock reference epoch toc (FDMA: t_b)."""
    ephemeris: Epochs
    """[n] orbit reference epoch toe, week wrapped to lie within half a week of toc (FDMA: t_b)."""
    transmission: Epochs
    """[n] time of transmission; where the file has none or nonsense (more than a day from toc), toc itself (``transmission_known`` False)."""
    transmission_known: NDArray[np.bool_]
    columns: Mapping[str, NDArray[np.float64]]
    """Name -> float64[n]."""

    def __len__(self) -> int:
        return len(self.sat)


@dataclass(frozen=True, slots=True)
class CorrectionRecord:
    """An ionosphere or Earth-orientation record: where it came from and its numbers.

    ``kind`` is KLOB, NEQN, BDGIM, NAVIC, CDMS or EOP; ``label`` what the file calls it (GPSA, BDSB, ``ION C CNVX``); for Klobuchar, ``values`` are
    alpha0..3 then beta0..3 (seconds, seconds per semicircle^n). EOP values are x, y pole coordinates and UT1-UTC, each with its first
    and second rate, in rad and s.
    """

    kind: str
    system: str
    label: str
    values: tuple[float, ...]
    tai_ns: int | None = None
    sat: int | None = None
    source: str = ""
    """The time mark of RINEX 3 (``A`` first hour of the day, ...) or the message subtype of RINEX 4."""
    transmission_s: float | None = None
    """Seconds of the week at which it was sent, where the record says so apart from its epoch."""
    region: int | None = None
    """Region code of Klobuchar parameters: 0 wide area, 1 Japan."""


@dataclass(frozen=True, slots=True)
class SystemTimeOffset:
    """One STO record or TIME SYSTEM CORR line: offset = a0 + a1 (t - reference) + a2 (t - reference)^2, seconds.

    ``label`` is the two pairs of letters of RINEX, such as BDUT, GLUT, GLGP, BDGP.
    """

    label: str
    a0_s: float
    a1_s_s: float
    a2_s_s2: float
    reference_tai_ns: int | None
    source: str = ""
    """Satellite, or satellite and message (``C21 CNVX``)."""
    utc_id: str = ""
    transmission_s: float | None = None
    sbas_id: str = ""


@dataclass(frozen=True, slots=True)
class NavigationHeader:
    """What the header of a navigation file says."""

    version: float = 3.05
    system: str = "M"
    program: str = ""
    run_by: str = ""
    date: str = ""
    leap_seconds: int | None = None
    comments: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Navigation:
    """One navigation file, or several merged (duplicates removed)."""

    header: NavigationHeader
    messages: Mapping[tuple[str, str], MessageTable]
    """(system letter, kind) -> table."""
    ionosphere: tuple[CorrectionRecord, ...] = ()
    earth_orientation: tuple[CorrectionRecord, ...] = ()
    time_offsets: tuple[SystemTimeOffset, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    """What was recognised and left out on purpose -> count, such as ``S SBAS``."""
    losses: tuple[Loss, ...] = ()
    path: str = ""
