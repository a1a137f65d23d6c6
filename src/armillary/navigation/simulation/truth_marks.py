"""What the files of truth of a simulation begin with, so that others know them for what they are: neither data nor of an unknown format."""

from __future__ import annotations

__all__ = ["ABOUT", "COLUMNS", "SIMULATED", "is_truth"]

SIMULATED = "SIMULATED: nothing here was observed"
"""First comment of every observation, navigation and orbit file of a simulation."""

ABOUT = "truth of an armillary simulation"
"""First value, of the key ``about``, in the JSON document."""
COLUMNS = "epoch_gpst,clock_s,zenith_hydrostatic_m,zenith_wet_m,vertical_tecu"
"""First line of the table of a station."""
_FIRST = 200


def is_truth(head: bytes) -> bool:
    """Whether a file that begins with ``head`` is what a simulation wrote about the truth.

    >>> is_truth(b'{"about": "truth of an armillary simulation", "scenario": "demo"}'), is_truth(b'{"scenario": "demo"}')
    (True, False)
    """
    text = head[:_FIRST].decode("utf-8", "replace").lstrip()
    first_key, _, rest = text.removeprefix("{").lstrip().partition(":")
    return text.splitlines()[:1] == [COLUMNS] or (text.startswith("{") and first_key.strip() == '"about"' and rest.lstrip().startswith(f'"{ABOUT}"'))
