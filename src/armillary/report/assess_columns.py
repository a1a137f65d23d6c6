"""Columns of the tables on the page of an assessment, in order, with what a person reads above them."""

from __future__ import annotations

from armillary.navigation.error_figures import PERCENTILES

__all__ = ["ADDED", "AVAILABLE", "DEPTH", "GROUPS", "LIMITS", "OFFSETS", "POSITIONS", "PRECISE", "SIGNALS", "STATE"]

POSITIONS = {
    "station": "Station",
    "epochs": "Epochs",
    "member": "Systems",
    "solved_percent": "Solved, %",
    **{f"{key}{p}_m": f"{word} {p} %, m" for key, word in (("h", "H"), ("v", "V"), ("d3", "3D")) for p in PERCENTILES},
    "rms_3d_m": "3D RMS, m",
    "mean_satellites": "Satellites",
}
STATE = {
    "station": "Station",
    "operator": "Operator",
    "host": "Host",
    "hosting": "Stands",
    "received_percent": "Received, %",
    "epoch_count": "Epochs",
    "longest_gap_min": "Longest gap, min",
    "clock_jumps": "Clock jumps",
    "slips": "Slips",
    "mp_rms_m": "Multipath, m",
    "cn0_mean_dbhz": "C/N0, dB-Hz",
    "p95_3d_m": "3D 95 %, m",
}
DEPTH = {
    "station_set": "Stations of",
    "station_count": "Stations",
    "constellation": "System",
    "satellites": "Satellites",
    "depth_visible": "In view, mean",
    "depth_mean": "Received, mean",
    "unseen_percent": "Unseen, %",
    "seen_twice_percent": "By two or more, %",
    "longest_unseen_h": "Longest unseen, h",
}
GROUPS = {
    "reference": "Product",
    "group": "Group",
    "satellites": "Sats",
    "n": "Epochs",
    "radial_rms_m": "Radial, m",
    "along_rms_m": "Along, m",
    "cross_rms_m": "Cross, m",
    "clock_rms_m": "Clock, m",
    "orbit_sisre_rms_m": "Orbit SISRE, m",
    "sisre_rms_m": "SISRE, m",
    "sisre_p95_m": "SISRE 95 %, m",
    "worst_user_p95_m": "Worst user 95 %, m",
    "radial_corrected_rms_m": "Radial corrected, m",
}
AVAILABLE = {
    "member": "Systems",
    "mean_percent": "Mean, %",
    "worst_percent": "Worst place, %",
    "median_pdop": "Median PDOP",
    "median_hdop": "HDOP",
    "median_vdop": "VDOP",
    "mean_percent_offset_known": "Mean, offset known, %",
    "mean_in_view": "In view",
}
ADDED = {
    "member": "To",
    "added": "is added",
    "gain_p95_3d": "3D 95 %, × smaller",
    "solved": "Epochs more",
    "mean_points": "Good geometry, points",
    "worst_points": "at the worst place, points",
    "gain_pdop": "Median PDOP, × smaller",
}
OFFSETS = {
    "pair": "Second − first",
    "route": "Route",
    "offset_ns": "Offset, ns",
    "sigma_ns": "Sigma, ns",
    "receiver_bias_ns": "Receiver's own, ns",
    "agrees": "Agrees",
}
PRECISE = {
    "station": "Station",
    "member": "Systems",
    "solved": "Epochs",
    "rms_cm": "3D RMS, cm",
    "p95_cm": "3D 95 %, cm",
    "to_30_min": "To 30 cm, min",
    "to_10_min": "To 10 cm, min",
    "to_5_min": "To 5 cm, min",
    "reached_percent": "Starts to 10 cm, %",
    "static_e_mm": "Static east, mm",
    "static_n_mm": "North, mm",
    "static_u_mm": "Up, mm",
    "mean_satellites": "Satellites",
}
SIGNALS = {
    "station": "Station",
    "constellation": "System",
    "signal": "Signal",
    "completeness": "Completeness, %",
    "expected": "Expected",
    "observed": "Observed",
    "gaps": "Gaps",
    "slips": "Slips",
    "mp_rms_m": "Multipath, m",
    "cn0_mean_dbhz": "C/N0, dB-Hz",
}
LIMITS = {
    "document": "Document and table",
    "member": "Systems",
    "quantity": "Quantity",
    "limit": "Limit",
    "measured": "Measured",
    "conditions": "Conditions",
    "verdict": "Verdict",
    "note": "Remark",
}
