"""What one satellite system is, as data: signals, satellites, time scale, frame, nominal orbits, group delays.

A file in :mod:`armillary.constellations` fills one of these; no other code names the system.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Band", "Constellation", "GroupDelay", "HealthRule", "NominalOrbit", "SatelliteGroup"]


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """One carrier. ``digit`` is the RINEX band digit; frequency = ``frequency_hz`` + channel * ``step_hz`` (frequency division)."""

    digit: str
    name: str
    frequency_hz: float
    step_hz: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class GroupDelay:
    """What a broadcast clock lacks for one signal: subtract sum(coefficient * column) seconds from the satellite clock.

    Applies to observation codes that start with ``code`` (``C2I``, or ``C5`` for the whole band) when the clock comes from a message of ``kind``.
    No row for a code means the message does not serve it; an empty ``terms`` means it is the clock's own reference signal.
    """

    kind: str
    code: str
    terms: tuple[tuple[str, float], ...]
    left_sigma_m: float = 0.3
    """Differential code bias of a satellite that the delay leaves in the signal, standard deviation."""


@dataclass(frozen=True, slots=True, eq=False)
class HealthRule:
    """When a broadcast message of ``kind`` says that its satellite must not be used: any bit of ``mask`` set in the health word ``column``."""

    kind: str
    column: str = "health"
    mask: int = -1


@dataclass(frozen=True, slots=True, eq=False)
class SatelliteGroup:
    """Satellites that share hardware and orbit: a group has its own error level and its own receiver code bias."""

    name: str
    """As published tables call it: ``BDS-3 MEO``."""
    numbers: frozenset[int]
    orbit: str
    """MEO, IGSO or GEO."""
    bias_group: str
    """Groups with the same word share one receiver code bias per signal (``BDS-3``)."""
    signal_in_space_sigma_m: float
    """Starting value of the broadcast orbit and clock error along the line of sight, standard deviation."""
    code_sigma_m: tuple[float, float]
    """Starting code noise and multipath at the zenith for the first and second signal, standard deviation."""
    source: str = ""
    elevation_code_bias_m: tuple[tuple[str, tuple[float, ...]], ...] = ()
    """Band digit -> correction to add to the code at elevations 0, 10 ... 90 deg, metres (satellite-induced code variation)."""
    slow_share: float = 0.8
    """Share of the signal-in-space error variance that stays the same for hours (a satellite's own mean over a day)."""
    precise_phase_sigma_m: float = 0.008
    """Ionosphere-free phase against precise orbits and clocks at the zenith, standard deviation."""
    precise_code_sigma_m: tuple[float, float] = (1.0, 0.7)
    """Ionosphere-free code against precise orbits and clocks at the zenith: noise, and the unknown constant of each satellite and receiver."""


@dataclass(frozen=True, slots=True, eq=False)
class NominalOrbit:
    """A set of satellites with one nominal circular or near-circular orbit: a Walker pattern, or single slots.

    Walker delta ``total/planes/phasing`` with ascending node of plane 0 at ``raan0_rad`` (inertial, at the constellation's reference instant,
    stated in the file); geostationary slots give ``longitudes_rad``; inclined geosynchronous slots give both longitude of the node crossing.
    """

    group: str
    orbit: str
    semi_major_axis_m: float
    inclination_rad: float
    total: int
    planes: int = 1
    phasing: int = 0
    raan0_rad: float = 0.0
    eccentricity: float = 0.0
    argument_of_perigee_rad: float = 0.0
    longitudes_rad: tuple[float, ...] = ()
    numbers: tuple[int, ...] = ()
    """Satellite numbers in slot order, plane by plane."""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ClockSwitch:
    """A day from which on precise clocks of a group of satellites refer to other signals."""

    since: str
    """Date (GPST)."""
    bias_group: str
    signals: tuple[tuple[str, str], ...]
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class Constellation:
    """Facts of one system. Data only."""

    name: str
    """Lower case, as typed in ``--systems``."""
    title: str
    """As printed."""
    letter: str
    """RINEX system letter; empty for systems that RINEX does not know."""
    operator: str
    country: str
    time_scale: str
    """A name of :mod:`armillary.core.scales`: the scale of its broadcast clocks."""
    frame: str
    bands: tuple[Band, ...]
    groups: tuple[SatelliteGroup, ...]
    message_kinds: tuple[str, ...]
    """Navigation message kinds, most used first."""
    orbit_model: str
    """Name of the module of :mod:`armillary.orbits` that evaluates its broadcast messages."""
    first_signals: tuple[str, ...]
    """Code observations for the first row of a satellite, best first (tracking attributes included): the first present is used."""
    second_signals: tuple[str, ...]
    """Code observations for the second row, on another band than the first one chosen."""
    combinations: tuple[tuple[str, str], ...]
    """Ionosphere-free pairs of bands, best first, such as (("2", "6"), ("1", "5"))."""
    group_delays: tuple[GroupDelay, ...]
    message_lifetime_s: tuple[float, float]
    """A message serves from reference - first to reference + second."""
    nominal_orbits: tuple[NominalOrbit, ...] = ()
    clock_signals: tuple[tuple[str, str], ...] = ()
    """Pairs of code observations whose ionosphere-free combination precise clocks refer to, by the convention of the IGS analysis centres."""
    clock_switches: tuple[ClockSwitch, ...] = ()
    """Where that convention changed."""
    time_label: str = ""
    """Two letters that name its time in broadcast time offsets (RINEX TIME SYSTEM CORR)."""
    ionosphere_form: str = "geomagnetic"
    """How its eight broadcast coefficients are meant: ``geomagnetic`` (IS-GPS-200 form) or ``geographic`` pierce points."""
    fit_interval_note: str = ""
    sources: tuple[str, ...] = ()
    gravitational_parameter_m3_s2: float = 0.0
    """Constant of the user algorithm in the interface document (not the best known value)."""
    earth_rotation_rad_s: float = 0.0
    """Constant of the user algorithm in the interface document."""
    earth_radius_m: float = 0.0
    """Equatorial radius of the user algorithm, where it integrates a gravity field."""
    earth_j2: float = 0.0
    """Second zonal harmonic (positive), where the user algorithm integrates a gravity field."""
    geostationary_tilt_rad: float = 0.0
    """Messages of satellites in groups with orbit GEO are given in a plane turned by this angle about x (0: as the others)."""
    message_centre_s: float = 0.0
    """Age (instant - reference) at which a message fits best: of several that serve, the one nearest to this age is used in post-processing."""
    health_rules: tuple[HealthRule, ...] = ()
    accuracy_index_m: tuple[float, ...] = ()
    """Metres for each value of an accuracy index, where messages carry the index ``urai`` instead of metres (NaN: not predicted)."""
    catalogue_name: str = ""
    """Pattern (regular expression, searched for) of the names that catalogues of space objects give its satellites; empty where unknown."""

    def band(self, digit: str) -> Band:
        """The carrier with a RINEX band digit; KeyError names those there are."""
        for band in self.bands:
            if band.digit == digit:
                return band
        raise KeyError(f"{self.title} has no band {digit!r}; there are {' '.join(b.digit for b in self.bands)}")

    def group_of(self, number: int) -> SatelliteGroup | None:
        """The group of a satellite number, or None."""
        for group in self.groups:
            if number in group.numbers:
                return group
        return None
