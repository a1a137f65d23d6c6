"""The quantities of published limits in words for people, and what verdicts other than met and missed mean."""

from __future__ import annotations

__all__ = ["MEANING", "QUANTITIES", "quantity_words"]

QUANTITIES = {
    "every_quantity": "every quantity",
    "pdop_availability_mean_percent": "share of time with good geometry (PDOP), mean over the globe",
    "pdop_availability_worst_percent": "share of time with good geometry (PDOP), worst place",
    "position_availability_mean_percent": "share of time with the position accuracy kept, mean over the globe",
    "position_availability_worst_percent": "share of time with the position accuracy kept, worst place",
    "position_global_h95_m": "horizontal position error 95 %, mean over the globe",
    "position_global_v95_m": "vertical position error 95 %, mean over the globe",
    "position_regional_h95_m": "horizontal position error 95 %, in a region",
    "position_regional_v95_m": "vertical position error 95 %, in a region",
    "position_site_h95_m": "horizontal position error 95 %, worst place",
    "position_site_v95_m": "vertical position error 95 %, worst place",
    "range_error_fault_m": "range error of a satellite that counts as a fault",
    "satellite_fault_probability": "probability that a satellite is at fault",
    "satellite_readiness_percent": "share of time a satellite is ready for use",
    "satellites_operational": "satellites in operation",
    "service_availability_percent": "share of time the service is available",
    "sisre_constellation_p95_m": "signal-in-space range error 95 %, over the constellation",
    "sisre_pooled_p95_m": "signal-in-space range error 95 %, all satellites together",
    "sisre_satellite_p95_m": "signal-in-space range error 95 %, of any satellite",
    "sisre_satellite_p999_m": "signal-in-space range error 99.9 %, of any satellite",
    "sisre_worst_user_p999_m": "signal-in-space range error 99.9 %, worst user",
    "slot_availability_percent": "share of time a slot holds a healthy satellite",
    "time_gps_offset_error_ns": "error of the broadcast offset to GPS time",
    "time_transfer_ns": "error of time as users get it",
    "urae_m_s2": "range acceleration error (URAE)",
    "urre_m_s": "range rate error (URRE)",
    "utc_offset_error_ns": "error of the broadcast offset to UTC",
    "utc_offset_ns": "system time less UTC",
    "velocity_global_p95_m_s": "velocity error 95 %, mean over the globe",
}
"""Key of a quantity in ``standards.csv`` -> what it is, without its unit."""
MEANING = {
    "pending": "The limit, its document or its conditions could not be verified: no verdict is given.",
    "unobserved": "This day holds no measurement that could decide.",
}


def quantity_words(key: str) -> str:
    """Words for the key of a quantity; the key without underscores where it has none yet.

    >>> quantity_words("urre_m_s")
    'range rate error (URRE)'
    """
    return QUANTITIES.get(key, key.replace("_", " "))
