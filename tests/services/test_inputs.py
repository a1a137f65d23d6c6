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
