"""Files sorted by kind: what cannot be used is said before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from armillary.errors import InputError
from armillary.services._inputs import read_files

HEADER = (
    f"{'     3.05           OBSERVATION DATA    M':60}RINEX VERSION / TYPE\n"
    f"{'R    2 C1C L1C':60}SYS / # / OBS TYPES\n"
    f"{'  2023    01    01    00    00    0.0000000     GPS':60}TIME OF FIRST OBS\n"
    f"{'':60}END OF HEADER\n"
)


@pytest.mark.parametrize(("body", "why"), [("", "no epoch could be read$"), ("> 2023 01 01 00\n", r"no epoch could be read: .* \(line 5\)")])
def test_observations_without_an_epoch_are_an_error_and_no_traceback(tmp_path: Path, body: str, why: str) -> None:
    """A header alone ended in an IndexError, in the summary or where the day of a SINEX truth was looked for."""
    path = tmp_path / "empty.rnx"
    path.write_text(HEADER + body)
    with pytest.raises(InputError, match=why):
        read_files([path], nav=[path])


@pytest.mark.parametrize("marker", ["nist", "NIST", " Nist"])
def test_a_station_has_one_name_however_its_marker_is_written(tmp_path: Path, marker: str) -> None:
    """As an assessment and the store have it: rows of ``nist`` were not found under ``NIST``."""
    path, orbits = tmp_path / "s.rnx", tmp_path / "b.rnx"
    path.write_text(
        f"{HEADER.splitlines()[0]}\n{marker:60}MARKER NAME\n{HEADER.split(chr(10), 1)[1]}> 2023 01 01 00 00  0.0000000  0  1\nR07  21000000.000\n"
    )
    orbits.write_text(f"{'     3.05           N: GNSS NAV DATA    R: GLONASS':60}RINEX VERSION / TYPE\n{'':60}END OF HEADER\n")
    assert read_files([path], nav=[orbits]).observations.header.marker == "NIST"
