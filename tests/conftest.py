"""Fixtures that every test shares: where the real data stands."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A first example may compile a kernel, which takes seconds; in CI the same examples are tried every time.
settings.register_profile("armillary", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("armillary")

os.environ.pop("COLUMNS", None)  # a runner of tests may set it: then tables in pipes would have the width of its screen

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of real station files: ``ARMILLARY_DATA``, or ``../shared/data`` beside the checkout.

    Absent, the test is skipped with the reason; where ``CI`` is set it fails instead, so that nothing is skipped there unseen.
    """
    given = os.environ.get("ARMILLARY_DATA")
    folder = Path(given) if given else REPOSITORY.parent / "shared" / "data"
    if (folder / "gnss").is_dir():
        return folder
    text = f"the real data set is not at {folder}; set ARMILLARY_DATA to its folder"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)
