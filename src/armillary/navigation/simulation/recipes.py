"""How the simulated control segments write each kind of message: how often, fitted over what, with which constants and rounding.

The constants of the interface documents stand here a second time on purpose: messages made with one table and read with another show a slip
in either. Group delays are described as what they are (differences of equipment delays), never through the library's correction tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import pi

__all__ = ["KEPLER_RECIPES", "STATE_RECIPES", "KeplerRecipe", "StateRecipe"]


@dataclass(frozen=True, slots=True)
class Delay:
    """A broadcast group delay: ``(delay of first band - delay of second) / (1 - (f_first / f_second)^2 if ``scaled`` else 1)``."""

    first: str
    second: str
    scaled: bool


@dataclass(frozen=True, slots=True)
class KeplerRecipe:
    """One kind of Kepler message."""

    scale: str
    """Scale of toe and of the week."""
    interval_s: float
    """From one reference time to the next."""
    sent_after_reference_s: float
    window_s: tuple[float, float]
    """Span about the reference time to which the orbit is fitted."""
    mu_m3_s2: float
    rate_rad_s: float
    """Earth rotation of the user algorithm."""
    clock_bands: tuple[str, ...]
    """The carriers whose (ionosphere-free combination of) signals the broadcast clock describes."""
    delays: Mapping[str, Delay]
    unhealthy: float
    accuracy_m: tuple[float, ...]
    """Accuracies the message can state, ascending."""
    extra: Mapping[str, float] = field(default_factory=dict)
    """Columns with one value for all messages."""
    orbits: tuple[str, ...] = ("MEO", "IGSO", "GEO")
    """Kinds of orbit that send it."""
    tilt_rad: float = 0.0
    """Turn about x of the plane in which the orbit of a geostationary satellite is given."""
    steps: Mapping[str, float] = field(default_factory=dict)
    """Column -> rounding step of the message."""
    klobuchar: tuple[str, str, bool] | None = None
    """Label of its ionosphere coefficients, the band they are for, whether latitudes are geomagnetic."""
    time_offsets: tuple[str, ...] = ()
    """RINEX labels under which it sends its own time minus the common scale."""


@dataclass(frozen=True, slots=True)
class StateRecipe:
    """A message of position, velocity and luni-solar acceleration. Times of day are UTC."""

    interval_s: float
    first_s: float
    """Second of the UTC day of one reference time."""
    sent_after_reference_s: float
    clock_band: str
    delays: Mapping[str, Delay]
    accuracy_m: tuple[float, ...]
    """By index."""
    extra: Mapping[str, float]
    steps: Mapping[str, float]
    orbits: tuple[str, ...] = ("MEO",)
    klobuchar: tuple[str, str, bool] | None = None
    time_offsets: tuple[str, ...] = ()


_SEMICIRCLE = pi
# IS-GPS-200 tables 20-I and 20-III, OS SIS ICD tables 60 to 63, BDS-SIS-ICD-B1I tables 5-8 and 5-10. Semicircles are turned to radians.
_LONG_STEPS = {
    "m0_rad": 2.0**-31 * _SEMICIRCLE,
    "omega0_rad": 2.0**-31 * _SEMICIRCLE,
    "i0_rad": 2.0**-31 * _SEMICIRCLE,
    "omega_rad": 2.0**-31 * _SEMICIRCLE,
    "delta_n_rad_s": 2.0**-43 * _SEMICIRCLE,
    "omega_dot_rad_s": 2.0**-43 * _SEMICIRCLE,
    "idot_rad_s": 2.0**-43 * _SEMICIRCLE,
    "e": 2.0**-33,
    "sqrt_a_m05": 2.0**-19,
}
_GPS_LIKE = _LONG_STEPS | dict.fromkeys(("cuc_rad", "cus_rad", "cic_rad", "cis_rad"), 2.0**-29) | dict.fromkeys(("crc_m", "crs_m"), 2.0**-5)
_D_STEPS = _LONG_STEPS | dict.fromkeys(("cuc_rad", "cus_rad", "cic_rad", "cis_rad"), 2.0**-31) | dict.fromkeys(("crc_m", "crs_m"), 2.0**-6)
_D_STEPS |= {"clock_bias_s": 2.0**-33, "clock_drift_s_s": 2.0**-50, "tgd1_s": 1e-10, "tgd2_s": 1e-10}
_NAV_STEPS = _GPS_LIKE | {"clock_bias_s": 2.0**-34, "clock_drift_s_s": 2.0**-46, "bgd_e5a_e1_s": 2.0**-32, "bgd_e5b_e1_s": 2.0**-32}
_URA = (2.0, 2.8, 4.0, 5.7, 8.0, 11.3, 16.0, 32.0, 64.0, 128.0)
_SISA = tuple(
    [0.01 * i for i in range(50)] + [0.5 + 0.02 * i for i in range(25)] + [1.0 + 0.04 * i for i in range(25)] + [2.0 + 0.16 * i for i in range(26)]
)
_BGD = {"bgd_e5a_e1_s": Delay("1", "5", True), "bgd_e5b_e1_s": Delay("1", "7", True)}

_LNAV = KeplerRecipe(
    scale="GPST",
    interval_s=7200.0,
    sent_after_reference_s=-7170.0,
    window_s=(-7200.0, 7200.0),
    mu_m3_s2=3.986005e14,
    rate_rad_s=7.2921151467e-5,
    clock_bands=("1", "2"),
    delays={"tgd_s": Delay("1", "2", True)},
    unhealthy=63.0,
    accuracy_m=_URA,
    extra={"l2_codes": 1.0, "l2p_flag": 0.0, "fit_interval_h": 4.0},
    steps=_GPS_LIKE | {"clock_bias_s": 2.0**-31, "clock_drift_s_s": 2.0**-43, "tgd_s": 2.0**-31},
    klobuchar=("GPSA", "1", True),
    time_offsets=("GPUT",),
)


def _nav(clock_bands: tuple[str, str], data_sources: float) -> KeplerRecipe:
    return KeplerRecipe(
        scale="GPST",
        interval_s=1800.0,
        sent_after_reference_s=300.0,
        window_s=(-1800.0, 10_800.0),
        mu_m3_s2=3.986004418e14,
        rate_rad_s=7.2921151467e-5,
        clock_bands=clock_bands,
        delays=_BGD,
        # Health status 1 (out of service) of E1-B, E5a and E5b.
        unhealthy=146.0,
        accuracy_m=_SISA,
        extra={"data_sources": data_sources},
        steps=_NAV_STEPS,
        time_offsets=("GAUT", "GAGP"),
    )


def _d(orbits: tuple[str, ...], tilt_rad: float) -> KeplerRecipe:
    return KeplerRecipe(
        scale="BDT",
        interval_s=3600.0,
        sent_after_reference_s=0.0,
        window_s=(-3600.0, 7200.0),
        mu_m3_s2=3.986004418e14,
        rate_rad_s=7.292115e-5,
        clock_bands=("6",),
        delays={"tgd1_s": Delay("2", "6", False), "tgd2_s": Delay("7", "6", False)},
        unhealthy=1.0,
        accuracy_m=_URA,
        orbits=orbits,
        tilt_rad=tilt_rad,
        steps=_D_STEPS,
        klobuchar=("BDSA", "2", False) if tilt_rad == 0.0 else None,
        time_offsets=("BDUT",) if tilt_rad == 0.0 else (),
    )


KEPLER_RECIPES: Mapping[tuple[str, str], KeplerRecipe] = {
    ("G", "LNAV"): _LNAV,
    ("J", "LNAV"): _LNAV,
    ("E", "INAV"): _nav(("1", "7"), 517.0),
    ("E", "FNAV"): _nav(("1", "5"), 258.0),
    ("C", "D1"): _d(("MEO", "IGSO"), 0.0),
    ("C", "D2"): _d(("GEO",), 5.0 * pi / 180.0),
}
"""(system letter, kind) -> recipe."""

_POSITION_STEPS = {
    f"{p}{axis}{unit}": step for p, unit, step in (("", "_m", 2.0**-11), ("v", "_m_s", 2.0**-20), ("a", "_m_s2", 2.0**-30)) for axis in "xyz"
}

STATE_RECIPES: Mapping[tuple[str, str], StateRecipe] = {
    ("R", "FDMA"): StateRecipe(
        interval_s=1800.0,
        first_s=900.0,
        sent_after_reference_s=-870.0,
        clock_band="1",
        delays={"group_delay_s": Delay("2", "1", False)},
        accuracy_m=(1.0, 2.0, 2.5, 4.0, 5.0, 7.0, 10.0, 12.0, 14.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0),
        extra={"age_days": 0.0, "status_flags": 4.0, "health_flags": 0.0},
        steps={name: 1e3 * step for name, step in _POSITION_STEPS.items()}
        | {"clock_bias_s": 2.0**-30, "relative_frequency_bias": 2.0**-40, "group_delay_s": 2.0**-30},
        time_offsets=("GLUT", "GLGP"),
    )
}
"""(system letter, kind) -> recipe."""
